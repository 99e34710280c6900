"""`nameplate import` and `nameplate export`: seen, written, repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.twin.exchange.samples import gb300_site, two_sided

EXAMPLES = Path(__file__).parents[2] / "examples" / "imports"
RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _own_database(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'cli.db'}"
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", url)
    monkeypatch.setenv("NAMEPLATE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("NAMEPLATE_DATA_DIR", raising=False)
    monkeypatch.delenv("NAMEPLATE_SERVER", raising=False)


def run(*words, code=0):
    found = RUNNER.invoke(app, [str(w) for w in words])
    assert found.exit_code == code, found.output
    return found.stdout


def as_json(*words, code=0):
    return json.loads(run(*words, "--json", code=code))


@pytest.mark.parametrize(
    ("kind", "source", "names"),
    [
        ("csv", "hall.csv", ["SWB-A", "ROW-B", "K2"]),
        ("netbox", "netbox", ["PANEL-A/F1", "PANEL-B/F1", "K1"]),
        ("opendcim", "opendcim", ["LV-A", "K1-B", "Row A"]),
        ("price", "prices.csv", ["prices"]),
    ],
)
def test_the_examples_show_their_diff(kind, source, names):
    shown = run("import", kind, EXAMPLES / source)

    assert shown.startswith("previewed:")
    for name in names:
        assert name in shown


def test_the_autumn_hours_of_the_example_are_both_there():
    facts = as_json("import", "price", EXAMPLES / "prices.csv")["facts"]

    assert (facts["steps"], facts["gaps"], facts["duplicates"]) == (6, 1, 0)


def test_an_import_into_a_file_can_be_repeated(tmp_path):
    source, out = tmp_path / "netbox.json", tmp_path / "site.yaml"
    source.write_text(json.dumps(two_sided()))
    run("import", "netbox", source, "--out", out, "--apply")

    again = as_json("import", "netbox", source, "--scenario", out)
    assert again["changes"] == []
    source.write_text(json.dumps(two_sided(name="F9")))
    renamed = as_json("import", "netbox", source, "--scenario", out)
    assert [c["action"] for c in renamed["changes"]] == ["changed"]


def test_nothing_is_written_without_apply(tmp_path):
    out = tmp_path / "site.yaml"
    run("import", "csv", EXAMPLES / "hall.csv", "--out", out)

    assert not out.exists()


def test_rows_with_errors_and_reasons_are_printed(tmp_path):
    source = tmp_path / "netbox.json"
    source.write_text(json.dumps(two_sided(amperage=-3)))

    shown = run("import", "netbox", source)
    assert "power-feeds row 1: amperage must be a number" in shown
    assert "got -3" in shown


def test_kept_content_is_summed_up_by_reason(tmp_path):
    source = tmp_path / "gb300.json"
    source.write_text(json.dumps(gb300_site()))

    shown = run("import", "dps", source)
    assert "kept beside, 144x: Policy, Redfish, TelemetryId" in shown
    assert "kept beside, 1x: policies of ours belong to rows" in shown


def test_dps_is_written_and_read_back_without_a_difference(tmp_path):
    site, out = EXAMPLES.parent / "site.yaml", tmp_path / "dps.json"
    run("export", "dps", site, "--out", out)

    again = as_json("import", "dps", out, "--scenario", site)
    assert again["changes"] == []
    assert again["counts"]["unchanged"] > 50


def test_an_applied_import_is_exported_from_the_store(tmp_path):
    found = as_json("import", "csv", EXAMPLES / "hall.csv", "--apply")
    out = tmp_path / "hall.csv"
    run("export", "csv", found["scenario_id"], "--out", out)

    assert "ROW-A;ROW-B" in out.read_text()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["import", "nonsense", EXAMPLES / "hall.csv"], 2, id="kind"),
        pytest.param(["import", "netbox", "http://127.0.0.1:9"], 2, id="host"),
        pytest.param(["export", "dps", "nobody", "--out", "x.json"], 2, id="scenario"),
    ],
)
def test_what_cannot_be_done_has_its_code(words, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert RUNNER.invoke(app, [str(w) for w in words]).exit_code == code


@pytest.mark.parametrize(
    "arguments",
    [("import", "csv"), ("run",), ("datasets", "import", "mine"), ("study",)],
    ids=" ".join,
)
def test_a_missing_file_is_wrong_input_everywhere(nameplate, answer, arguments):
    result = nameplate(*arguments, "/no/such/file.csv", "--json")

    (error,) = answer(result)["error"]["errors"]
    assert result.exit_code == 2
    assert error["rule"] == "must be a file that can be read"
    assert "check the path" in error["repair"]

"""Reports on the command line: of scenarios, answers and ids; formats and refusals."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import SHORT


def test_a_scenario_is_run_and_reported(nameplate, scenario_file, tmp_path):
    page = tmp_path / "sub" / "report.html"
    result = nameplate("report", scenario_file(SHORT), "--out", page)

    assert result.exit_code == 0, result.output
    text = page.read_text()
    assert text.startswith("<!DOCTYPE html>")
    assert "Row: what-if" in text


def test_an_id_is_looked_up(nameplate, tmp_path):
    from api.client import Client
    from api.main import create_app
    from store.settings import Settings

    with Client.in_process(create_app(Settings(), warm=False)) as client:
        runs = [client.wait(client.create_run(SHORT | {"seed": seed})["id"])["result"]
                ["id"] for seed in (1, 2)]  # fmt: skip
    one, both = tmp_path / "one.html", tmp_path / "both.html"

    assert nameplate("report", runs[0], "--out", one).exit_code == 0
    assert "Row: stored run" in one.read_text()
    assert nameplate("report", *runs, "--out", both).exit_code == 0
    assert "Comparison of 2" in both.read_text()


def test_two_scenarios_are_compared(nameplate, scenario_file, tmp_path):
    more = SHORT | {"fleet": {"server_count": 44}}
    files = [scenario_file(SHORT, "a.yaml"), scenario_file(more, "b.yaml")]
    page = tmp_path / "r.html"

    assert nameplate("report", *files, "--out", page).exit_code == 0
    assert "fleet.server_count" in page.read_text()


def test_an_answer_in_a_file_needs_no_database(
    nameplate, scenario_file, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    assert nameplate("run", scenario_file(SHORT), "--out", out).exit_code == 0
    page = tmp_path / "r.html"
    monkeypatch.setenv("NAMEPLATE_DATABASE_URL", "nothing://nowhere")

    assert nameplate("report", out / "run.json", "--out", page).exit_code == 0
    assert "Row: stored run" in page.read_text()
    assert "not part of this document" in page.read_text()


def test_a_pdf_is_written_on_the_sheets_asked_for(nameplate, scenario_file, tmp_path):
    pytest.importorskip("weasyprint", exc_type=ImportError)
    page = tmp_path / "r.pdf"
    result = nameplate(
        "report", scenario_file(SHORT), "--out", page, "--paper", "letter"
    )

    assert result.exit_code == 0, result.output
    assert page.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run_x", "--out", "r.docx"], "must end in .html, .htm, .pdf"),
        (["nobody"], "must be a file or the id of a run or plan or study"),
        (["plan_x", "run_x"], "must be a file or the id of a run"),
        (["run_1", "run_2", "run_3", "run_4", "run_5"], "must be at most 4"),
        (["none.yaml"], "must be a file that can be read"),
        (["run_unknown"], "must exist"),
    ],
    ids=["format", "no id", "plans side by side", "too many", "no file", "no run"],
)
def test_what_cannot_be_reported_is_refused_by_name(
    nameplate, tmp_path, monkeypatch, arguments, said
):
    monkeypatch.chdir(tmp_path)
    result = nameplate("report", *arguments)

    assert result.exit_code == 2
    assert said in result.output
    assert list(tmp_path.glob("*.html")) == []


def test_a_question_of_a_study_is_refused_with_the_way(nameplate, scenario_file):
    path = scenario_file({"axes": [{"field": "seed", "values": [1]}]}, "study.yaml")
    result = nameplate("report", path)

    assert result.exit_code == 2
    assert f"nameplate study {path}" in result.output.replace("\n", "")


def test_a_mistake_in_a_scenario_names_its_line(nameplate, scenario_file):
    path = scenario_file("name: x\nrow:\n  base_server_count: -4\n")
    result = nameplate("report", path)

    assert result.exit_code == 2
    assert "row.yaml:3: row.base_server_count" in result.output.replace("\n", "")


def test_without_its_library_no_pdf_is_begun(nameplate, monkeypatch, tmp_path):
    from api.problems import Refusal
    from app.report import pdf

    def missing():
        raise Refusal(501, "no pango")

    monkeypatch.setattr(pdf, "_library", missing)
    result = nameplate("report", "run_x", "--out", tmp_path / "r.pdf")

    assert result.exit_code == 3
    assert "no pango" in result.output


def test_json_that_is_no_answer_is_read_as_a_scenario(nameplate, tmp_path):
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"not_a_key": 1}))
    result = nameplate("report", path)

    assert result.exit_code == 2
    assert "not_a_key" in result.output

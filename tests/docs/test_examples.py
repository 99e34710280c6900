"""Every example is run, or read, by some test."""

from __future__ import annotations

import os

import pytest
import yaml

from cli.scenario_file import load_scenario
from scripts.documentation.picture import ROOT
from tests.cli.conftest import answer, example_scenarios, home, nameplate
from twin.scenario import apply_changes, dataset_names

__all__ = ["answer", "home", "nameplate"]  # fixtures
EXAMPLES = ROOT / "examples"
FOLDERS = {"netbox", "opendcim", "grid_rules"}
"""Read as a whole: one file is not named alone."""


def test_every_example_is_run_or_read_by_a_test():
    run = {p.name for p in example_scenarios()}  # by tests/cli/test_commands.py
    run |= {"gentle.py"}  # by row-own-policy.yaml
    read = "\n".join(p.read_text() for p in sorted((ROOT / "tests").rglob("*.py")))
    files = [p for p in EXAMPLES.rglob("*") if p.is_file() and p.suffix != ".pyc"]
    assert len(files) > 20

    unused = [
        str(path.relative_to(EXAMPLES))
        for path in files
        if path.name not in run
        and (path.parent.name if path.parent.name in FOLDERS else path.name) not in read
    ]
    assert unused == []


def test_the_study_of_a_site_is_answered(nameplate, answer, tmp_path, monkeypatch):
    monkeypatch.setenv("NAMEPLATE_STUDY_ENGINE", "serial")
    study = yaml.safe_load((EXAMPLES / "study_site.yaml").read_text())
    study["design"]["points"] = 2
    study["base"]["scenario"]["horizon"] = {"days": 0.02, "tick_s": 5}
    study["base"]["scenario"]["facility"]["template"] |= {
        "rows_per_hall": 1, "racks_per_row": 2,
    }  # fmt: skip
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(study))

    result = nameplate("sweep", path, "--json")

    assert result.exit_code == 0, result.output
    assert set(study["outputs"]) <= set(find_names(answer(result)))


def find_names(document):
    """Every text in a document."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        yield from document
        for value in document.values():
            yield from find_names(value)
    elif isinstance(document, list):
        for value in document:
            yield from find_names(value)


@pytest.mark.data
def test_the_example_on_recorded_traffic_runs(nameplate, answer, tmp_path, monkeypatch):
    if not os.environ.get("NAMEPLATE_DATA_DIR"):
        pytest.skip("NAMEPLATE_DATA_DIR is not set")
    scenario = load_scenario(EXAMPLES / "row-servegen.yaml").scenario
    assert dataset_names(scenario) == {
        "servegen-m-large", "azure-llm-2023-conv", "azure-llm-2023-code",
    }  # fmt: skip
    short = apply_changes(
        scenario, {"horizon.days": 0.02, "workload.load.requests_per_server_s": 0.1}
    )
    path = tmp_path / "row.yaml"
    path.write_text(yaml.safe_dump(short.model_dump(mode="json")))

    result = nameplate("run", path, "--json")

    assert result.exit_code == 0, result.output
    assert answer(result)["low"]["arrived"] > 0

"""Values that no parser can hold, and names that look like markup."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from cli.problem import BAD_INPUT, Problem
from cli.render import plan_table
from cli.scenario_file import load_scenario
from twin.scenario import ScenarioErrors, apply_changes, parse_scenario


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.yaml", "seed: " + "9" * 5000, id="long number in YAML"),
        pytest.param("a.yaml", "seed: 0x" + "f" * 5000, id="long hexadecimal"),
        pytest.param("a.json", '{"seed": ' + "9" * 5000 + "}", id="long in JSON"),
        pytest.param("a.yaml", "horizon:\n  start: 2026-13-45", id="no such month"),
    ],
)
def test_a_value_that_cannot_be_held_is_bad_input(tmp_path: Path, name, text):
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(Problem) as caught:
        load_scenario(path)

    assert caught.value.code == BAD_INPUT
    assert caught.value.lines


def test_a_file_without_an_end_is_refused():
    with pytest.raises(Problem, match="not a valid scenario") as caught:
        load_scenario(Path("/dev/zero"))

    assert "at most" in caught.value.lines[0].rule


def test_a_superscript_is_no_index_of_a_list():
    with pytest.raises(ScenarioErrors, match="not a field"):
        apply_changes(parse_scenario({}), {"workload.classes.²": 1})


def test_a_name_in_brackets_is_text_and_not_markup():
    scenario = {"name": "a [/b]", "horizon": {"days": 1.0}, "plan": {"seeds": 1}}
    console = Console(record=True, width=100)

    console.print(plan_table({"scenario": scenario, "cells": []}))

    assert "a [/b]" in console.export_text()

"""A scenario file is read right, or the line that is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import scenario_file as module
from cli.problem import Problem
from cli.scenario_file import load_scenario
from tests.cli.conftest import example_scenarios

EXAMPLES = Path(__file__).parents[2] / "examples"


def refusal(path):
    with pytest.raises(Problem) as caught:
        load_scenario(path)
    assert caught.value.code == 2
    return caught.value.lines[0]


def test_keys_left_out_take_their_defaults(scenario_file):
    source = load_scenario(scenario_file("fleet: {server_count: 44}\n"))

    assert source.scenario.fleet.server_count == 44
    assert source.scenario.fleet.model == "bloom-176b"
    assert source.document()["fleet"]["server_count"] == 44


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        pytest.param("row:\n  base_server_count: 40\nfleet:\n  server_cuont: 3\n", 4,
                     "fleet.server_cuont", "server_count", id="unknown key"),
        pytest.param("fleet:\n  server: dgx-a100\n  server_count: 0\n", 3,
                     "fleet.server_count", "got 0", id="no servers"),
        pytest.param("policy:\n  name: polca\n  t1_frac: 0.95\n", 3, "policy.t1_frac",
                     "below t2_frac", id="threshold order"),
        pytest.param("workload:\n  classes:\n    - name: a\n      share: -1\n"
                     "      prompt_tokens: {min: 1, max: 2}\n"
                     "      output_tokens: {min: 1, max: 2}\n", 4,
                     "workload.classes.0.share", "got -1", id="negative in a list"),
        pytest.param("horizon:\n  days: .nan\n", 2, "horizon.days", "nan", id="nan"),
        pytest.param("fleet:\n  server_count: 3\n  server_count: 4\n", 3,
                     "fleet.server_count", "first on line 2", id="key twice"),
        pytest.param("fleet:\n\tserver_count: 3\n", 2, "", "spaces, not tabs",
                     id="tab"),
        pytest.param("fleet: [1\n", 2, "", "valid YAML", id="open bracket"),
        pytest.param("", None, "", "must not be empty", id="empty"),
        pytest.param("# only a comment\n", None, "", "keys and values",
                     id="only a comment"),
        pytest.param("- 1\n- 2\n", None, "", "keys and values", id="a list"),
        pytest.param("fleet: {\"²\": 1}\n", 1, "fleet.²", "not a known key",
                     id="a digit that is no number"),
        pytest.param("policy: {name: user, file: gone.py}\n", 1, "policy.file",
                     "gone.py", id="policy file missing"),
        pytest.param("policy: {name: polca, file: gone.py}\n", 1, "policy.file",
                     "named user", id="file of a built-in policy"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(scenario_file, text, line, field, says):
    wrong = refusal(scenario_file(text))

    assert wrong.line == line
    assert wrong.field == field
    assert says in str(wrong)
    assert wrong.repair


def test_several_mistakes_are_all_named(scenario_file):
    path = scenario_file("fleet:\n  server_count: 0\nhorizon:\n  days: -1\n")

    with pytest.raises(Problem) as caught:
        load_scenario(path)

    assert {line.line for line in caught.value.lines} == {2, 4}


def test_a_huge_file_is_refused_before_it_is_read(scenario_file):
    wrong = refusal(scenario_file("# " + "x" * module.MAX_BYTES))

    assert "at most 1,000,000 bytes" in wrong.rule


def test_aliases_that_multiply_are_refused(scenario_file):
    rows = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for name, before in zip("bcdefg", "abcdef", strict=True):
        rows.append(f"{name}: &{name} [{', '.join(['*' + before] * 10)}]")

    wrong = refusal(scenario_file("\n".join(rows)))

    assert "at most 20,000 values" in wrong.rule


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "row.yaml"
    path.write_bytes(b"\xff\xfe\x00\x01")

    assert "UTF-8" in refusal(path).rule


@pytest.mark.parametrize("name", ["gone.yaml", "."])
def test_what_is_no_file_is_refused(tmp_path, name):
    assert "must be a file" in refusal(tmp_path / name).rule


def test_json_is_read_too_and_its_mistakes_have_lines(scenario_file):
    good = scenario_file(json.dumps({"seed": 7}), "row.json")
    bad = scenario_file('{\n\t"seed": -1\n}', "bad.json")
    broken = scenario_file('{\n"seed": \n}', "broken.json")
    twice = scenario_file('{"seed": 1, "seed": 2}', "twice.json")

    assert load_scenario(good).scenario.seed == 7
    assert refusal(bad).line == 2
    assert refusal(broken).line == 3
    assert refusal(twice).field == "seed"


def test_a_policy_file_becomes_source(tmp_path, scenario_file):
    (tmp_path / "mine.py").write_text("def decide(a, b, c, d, e):\n    pass\n")

    source = load_scenario(
        scenario_file(
            "policy: {name: user, file: mine.py}\n"
            "plan:\n  policies: [polca, {name: user, file: mine.py}]\n"
        )
    )

    assert source.scenario.policy.label == "mine"
    assert "def decide" in source.scenario.policy.source
    assert source.scenario.plan.policies[1].label == "mine"


@pytest.mark.parametrize("path", example_scenarios(), ids=lambda p: p.name)
def test_every_example_is_valid(path):
    assert load_scenario(path).scenario.name


@pytest.mark.parametrize("name", ["build_out", "cost", "placement", "study"])
def test_inputs_of_another_question_are_refused_by_their_keys(name):
    with pytest.raises(Problem) as caught:
        load_scenario(EXAMPLES / f"{name}.yaml")

    assert {line.rule for line in caught.value.lines} >= {"is not a known key"}
    assert all(line.field for line in caught.value.lines)

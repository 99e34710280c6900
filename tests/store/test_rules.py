"""Rules of ours are complete and right; a user's own are read or refused by name."""

from __future__ import annotations

import pytest

from store.grid_files import grid_rules, read_rule
from twin.errors import ScenarioError

GOOD = """
key: ours
authority: Stadtwerke
title: at most 1 MW in any 10 s
kind: change
limit: 1.0e+6
window_s: 10
source: contract
date: 2026-03-01
"""


def test_every_rule_of_ours_names_its_source_and_date():
    rules = grid_rules()

    assert len(rules) >= 10
    assert {"ercot-2026", "ieso-15s", "caiso-ramp", "aeso-ramp"} <= set(rules)
    for rule in rules.values():
        assert rule.source
        assert rule.date
        assert rule.title
    ercot = rules["ercot-2026"]
    assert (ercot.limit, ercot.window_s, ercot.low_hz, ercot.high_hz) == (
        10e6, 5.0, 0.1, 55.0,
    )  # fmt: skip
    assert rules["ieso-ramp"].limit * 60 == pytest.approx(20e6)


def test_a_users_rule_stands_beside_ours_or_takes_its_place(tmp_path):
    (tmp_path / "mine.yaml").write_text(GOOD)
    (tmp_path / "other.yaml").write_text(GOOD.replace("ours", "aeso-ramp"))
    rules = grid_rules(tmp_path)

    assert rules["ours"].limit == 1e6
    assert rules["ours"].date == "2026-03-01"
    assert rules["aeso-ramp"].authority == "Stadtwerke"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "no YAML"),
        ("- 1", "must be a mapping"),
        (GOOD + "colour: red\n", "colour"),
        (GOOD.replace("source: contract\n", ""), "add source"),
        (GOOD.replace("1.0e+6", "10 MW"), "must be a number"),
        (GOOD.replace("window_s: 10\n", ""), "window_s must be above 0"),
    ],
)
def test_a_file_that_is_no_rule_is_refused_by_name(text, words):
    with pytest.raises(ScenarioError, match=r"mine\.yaml") as caught:
        read_rule(text, "mine.yaml")
    assert words in str(caught.value)

"""Modes of ours are complete; a user's own are read or refused by name."""

from __future__ import annotations

import pytest

from store.grid_files import critical_modes, read_modes
from twin.errors import ScenarioError

GOOD = """
- key: ours
  title: our own turbine
  low_hz: 18
  high_hz: 22
  limit_w: 1.0e+6
  source: maker
"""


def test_every_mode_of_ours_names_its_source():
    modes = critical_modes()

    assert list(modes) == ["inter-area", "close-plants", "torsion", "dominion",
                           "ercot-2024"]  # fmt: skip
    for mode in modes.values():
        assert mode.source
        assert mode.title
        assert (mode.limit_w, mode.limit_frac) == (2.5e6, 0.0025)
    assert (modes["dominion"].low_hz, modes["dominion"].high_hz) == (14.7, 14.8)
    assert modes["ercot-2024"].low_hz < 23.0 < modes["ercot-2024"].high_hz


def test_a_users_mode_stands_beside_ours_or_takes_its_place(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(GOOD + GOOD.replace("ours", "torsion"))
    modes = critical_modes(mine)

    assert modes["ours"].limit_w == 1e6
    assert modes["ours"].date == "unknown"
    assert modes["torsion"].title == "our own turbine"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "no YAML"),
        ("a: 1", "must be a list"),
        ("- 1", "must be a mapping"),
        (GOOD + "  colour: red\n", "colour"),
        (GOOD.replace("  source: maker\n", ""), "add source"),
        (GOOD.replace("1.0e+6", "1 MW"), "must be a number"),
        (GOOD.replace("high_hz: 22", "high_hz: 2"), "below high_hz"),
        (GOOD + GOOD, "twice"),
    ],
)
def test_a_file_that_holds_no_modes_is_refused_by_name(text, words):
    with pytest.raises(ScenarioError, match=r"mine\.yaml") as caught:
        read_modes(text, "mine.yaml")
    assert words in str(caught.value)

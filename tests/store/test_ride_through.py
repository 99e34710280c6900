"""Tables of ours are complete and right; a user's own are read or refused by name."""

from __future__ import annotations

import math

import pytest

from store.grid_files import read_ride_table, ride_tables
from twin.errors import ScenarioError

GOOD = """
key: ours
authority: Stadtwerke
title: stay for 0.2 s
voltage:
  - {from_pu: 0.0, to_pu: 0.9, least_s: 0.2}
  - {from_pu: 0.9, to_pu: 1.1, least_s: .inf}
recovery_frac: 0.9
recovery_s: 1
source: contract
date: 2026-03-01
"""


def test_every_table_of_ours_names_its_source_and_date():
    tables = ride_tables()

    assert set(tables) == {
        "nogrr282", "itic", "caiso", "spp", "ieso", "eirgrid", "aemc", "aemc-minimum",
    }  # fmt: skip
    for table in tables.values():
        assert table.source
        assert table.date
        assert table.title


def test_the_texas_table_is_as_listed():
    table = ride_tables()["nogrr282"]
    rows = [(band.low, band.high, band.least_s) for band in table.voltage]

    assert rows == [
        (0.0, 0.2, 0.15), (0.2, 0.5, 0.25), (0.5, 0.8, 0.5), (0.8, 0.9, 2.0),
        (0.9, 1.1, math.inf), (1.1, 1.2, 2.0),
    ]  # fmt: skip
    assert (table.recovery_frac, table.recovery_s) == (0.9, 2.0)
    assert table.counting_forbidden


def test_a_users_table_stands_beside_ours_or_takes_its_place(tmp_path):
    (tmp_path / "mine.yaml").write_text(GOOD)
    (tmp_path / "other.yaml").write_text(GOOD.replace("key: ours", "key: spp"))
    tables = ride_tables(tmp_path)

    assert tables["ours"].recovery_s == 1
    assert tables["ours"].date == "2026-03-01"
    assert tables["spp"].authority == "Stadtwerke"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "no YAML"),
        ("- 1", "must be a mapping"),
        (GOOD + "colour: red\n", "colour"),
        (GOOD.replace("source: contract\n", ""), "add source"),
        (GOOD.replace("recovery_s: 1", "recovery_s: 1 s"), "must be a number"),
        (GOOD.replace("least_s: 0.2", "least_s: short"), "voltage.least_s"),
        (GOOD.replace("to_pu: 0.9,", ""), "write {from_pu: …"),
        (GOOD.replace("to_pu: 0.9,", "to_pu: 0.8,"), "must touch"),
        (GOOD.replace("from_pu: 0.0,", "from_pu: 2.0,"), "no band"),
        (GOOD + "frequency: 3\n", "must be a list of bands"),
        (GOOD + "counting_forbidden: 1\n", "true or false"),
        (GOOD.replace("recovery_frac: 0.9", "recovery_frac: 90"), "divided by 100"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_name(text, words):
    with pytest.raises(ScenarioError, match=r"mine\.yaml") as caught:
        read_ride_table(text, "mine.yaml")
    assert words in str(caught.value)

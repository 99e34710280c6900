"""One row of the validation table: what holds, what is a sign, what is an input."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from cli.validation.document import validation_table
from cli.validation.row import ValidationRow, tally, verdict

ROW = ValidationRow(
    id="some.row", system="Some", quantity="a gain", unit="x", published=3.3, most=5.5,
    rule="within", source="somewhere", mark="read", ours=4.0, tolerance=0.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "difference", "passes"),
    [
        pytest.param(1.3, -2.0, False, id="below"),
        pytest.param(3.3, 0.0, True, id="at the low end"),
        pytest.param(4.6, 0.0, True, id="inside"),
        pytest.param(7.0, 1.5, False, id="above"),
    ],
)
def test_a_range_has_both_ends(ours, difference, passes):
    row = replace(ROW, ours=ours)

    assert row.difference == pytest.approx(difference)
    assert row.passes is passes


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"most": None}, id="range without a high end"),
        pytest.param({"rule": "near"}, id="high end without a range"),
    ],
)
def test_a_high_end_belongs_to_a_range_alone(changes):
    with pytest.raises(ValueError, match=r"some\.row"):
        replace(ROW, **changes)


def test_figures_of_numpy_are_written_as_plain_json():
    near = replace(ROW, rule="near", most=None, ours=np.float64(9.0))

    found = json.loads(json.dumps(near.to_json()))

    assert found["passes"] is False
    assert found["difference"] == pytest.approx(5.7)


def test_signs_and_inputs_are_not_counted_as_holding():
    rows = [
        ROW, replace(ROW, ours=9.0), replace(ROW, shows="sign"),
        replace(ROW, shows="input"), replace(ROW, shows="input", ours=9.0),
    ]  # fmt: skip
    told = [row.to_json() for row in rows]

    assert [verdict(row) for row in told] == ["yes", "no", "sign", "input", "no"]
    assert tally(told) == "1 of 2 hold, 1 of 1 in sign alone, 2 not counted: inputs"


def test_the_document_shows_a_range_and_what_a_row_is_worth():
    table = validation_table([replace(ROW, shows="sign").to_json()])

    assert "| 3.3 x to 5.5 x | 4 x | +0 x | sign only |" in table

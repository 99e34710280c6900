"""A placement as a question of studies, and the example that the page starts from."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml

from twin.plan.memo import Memo
from twin.scenario.parse import parse_inputs
from twin.scenario.placement import PlacementInput
from twin.study.questions import find_question
from twin.study.questions.base import Ground

EXAMPLE = Path(__file__).parents[3] / "examples" / "placement.yaml"
QUESTION = find_question("placement")


def inputs(**changes):
    document = yaml.safe_load(EXAMPLE.read_text("utf-8")) | changes
    return parse_inputs(PlacementInput, document, example="examples/placement.yaml")


def test_the_example_places_a_quarter_to_a_third_more_and_proves_it():
    """POLCA's published 30 % rests on the same difference of plate and peak."""
    outputs = QUESTION.evaluate(inputs(), Ground(), Memo())

    assert set(outputs) == {metric.key for metric in QUESTION.metrics}
    assert all(math.isfinite(value) for value in outputs.values())
    assert 0.25 <= outputs["placed_server_count"] / 160 <= 0.33
    assert outputs["worst_load_frac"] <= 1.0
    assert (outputs["gap_frac"], outputs["verified"]) == (0.0, 1.0)


def test_the_same_inputs_give_the_same_bytes():
    asked = inputs(planned_for="peak", present="may-move")

    one = QUESTION.evaluate(asked, Ground(), Memo())
    assert QUESTION.evaluate(asked, Ground(), Memo()) == one


@pytest.mark.parametrize(
    ("planned_for", "read"),
    [("peak", ()), ("percentile", (("scenario.workload.arrivals.dataset", "days"),))],
)
def test_traffic_is_read_only_where_watts_depend_on_it(planned_for, read):
    document = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    document["scenario"]["workload"] = {
        "arrivals": {"kind": "rates", "dataset": "days"}
    }
    asked = inputs(scenario=document["scenario"], planned_for=planned_for)

    assert QUESTION.needs(asked).datasets == read

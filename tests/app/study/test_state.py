"""The view of the Study page: its URL, selected ranges, texts that were typed."""

from __future__ import annotations

import pytest

from api.client import ApiProblem
from app.pages.study import state
from app.pages.study.define import (
    as_yaml,
    checked,
    draft_of,
    read_text,
    spec_of,
    values_of,
)
from app.pages.study.examples import EXAMPLES
from tests.app.study.conftest import GRID
from twin.study.prepare import parse_study


def test_a_view_is_read_from_its_address():
    view = state.view_from({
        "study": "study_1", "output": "peak_w", "hx": "a.b", "stat": "worst",
        "select": '{"a.b":[3,1]}', "point": "12", "units": "core", "theme": "dark",
    })  # fmt: skip

    assert view.brushes == {"a.b": (1.0, 3.0)}
    assert view.point == 12


@pytest.mark.parametrize(
    "text", ["nonsense", "[1]", '{"a":[1]}', '{"a":[1,"b"]}', '{"a":[1,NaN]}']
)
def test_nonsense_in_the_url_selects_nothing(text):
    assert state.brushes_from(text) == {}


def test_nonsense_of_a_choice_falls_to_its_default():
    view = state.view_from({"stat": "least", "units": "horses", "point": "-1"})

    assert (view.stat, view.units, view.point) == ("mean", "auto", None)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("40, 46, 52", [40, 46, 52]),
        ("[0.5, 1e-3]", [0.5, "1e-3"]),
        ("eco, double-conversion", ["eco", "double-conversion"]),
        ("{name: polca}, {name: no-cap}", [{"name": "polca"}, {"name": "no-cap"}]),
    ],
)
def test_a_list_is_read_as_people_type_it(text, values):
    assert values_of(text, "axes.0.values") == values


@pytest.mark.parametrize("text", ["", "[1, 2", "1,,", "a: [b"])
def test_what_is_no_list_is_refused_at_its_axis(text):
    with pytest.raises(ApiProblem) as caught:
        values_of(text, "axes.3.values")

    assert caught.value.problem["errors"][0]["field"] == "axes.3.values"


def test_a_pasted_study_becomes_a_draft_and_the_same_study_again():
    draft = draft_of(read_text(as_yaml(GRID), "study"))
    spec, scenario = spec_of(draft)

    assert draft["base"] == "own"
    assert scenario is None
    assert spec["axes"][0]["values"] == GRID["axes"][0]["values"]
    assert {k: spec[k] for k in GRID} == GRID
    assert parse_study(spec) == parse_study(GRID)


def test_a_stored_scenario_as_the_base_takes_the_place_of_what_is_written():
    draft = draft_of(GRID) | {"base": "sample-row"}
    spec, scenario = spec_of(draft)

    assert scenario == "sample-row"
    assert "base" not in spec


@pytest.mark.parametrize("text", ["a: [b", "- 1", "a: &x [1]\nb: [*x, *x]"])
def test_what_is_no_document_is_refused(text):
    with pytest.raises(ApiProblem):
        read_text(text, "study")


@pytest.mark.parametrize("key", EXAMPLES)
def test_every_example_can_be_run_as_it_is(client, key):
    found = checked(client, draft_of(EXAMPLES[key][0]))

    assert found["ok"], found["errors"]
    assert found["points"] > 1


def test_what_is_wrong_with_a_draft_is_said_at_its_field(client):
    draft = draft_of(GRID)
    draft["spec"]["axes"][1] = {"field": "workload.load.level",
                                "range": {"low": 2, "high": 1, "count": 3}}  # fmt: skip
    draft["spec"]["axes"][0]["field"] = "fleet.server_cont"
    found = checked(client, draft)
    fields = {e["field"] for e in found["errors"]}

    assert not found["ok"]
    assert fields <= {"axes.0.field", "axes.1.range.low"}
    assert all(e["repair"] for e in found["errors"])


def test_a_sound_draft_says_how_many_points_it_has(client):
    found = checked(client, draft_of(GRID))

    assert found["ok"]
    assert found["points"] == 3 * 2
    assert "server_count" in found["yaml"]

"""The view of the Compare page: URL and back, tokens and what they ask."""

from __future__ import annotations

import pytest

from app.pages.compare import state


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"base": "7"}, id="baseline beyond the items"),
        pytest.param({"base": "-1"}, id="negative baseline"),
        pytest.param({"show": "nothing"}, id="unknown filter"),
        pytest.param({"units": "hp"}, id="unknown unit"),
        pytest.param({"theme": 3}, id="unknown theme"),
    ],
)
def test_nonsense_falls_to_its_default(given):
    assert state.view_from(given) == state.view_from({})


def test_the_same_item_twice_counts_once_and_eight_are_the_most():
    tokens = ",".join(f"run:{k % 10}" for k in range(20))

    assert state.view_from({"items": tokens}).items == tuple(
        f"run:{k}" for k in range(8)
    )


@pytest.mark.parametrize(
    ("kind", "parts", "changes", "item"),
    [
        pytest.param("run", ("run_1",), None, {"run_id": "run_1"}, id="run"),
        pytest.param("plan", ("plan_1", 12, "no-cap"), None,
                     {"plan_id": "plan_1", "added_servers": 12, "policy": "no-cap"},
                     id="cell of a plan"),
        pytest.param("study", ("study_1", 3), None,
                     {"study_id": "study_1", "point": 3}, id="point of a study"),
        pytest.param("scenario", ("a",), {"fleet.server_count": 52},
                     {"scenario_id": "a", "changes": {"fleet.server_count": 52}},
                     id="changed number"),
        pytest.param("scenario", ("a",), {"policy": {"name": "no-cap"}},
                     {"scenario_id": "a", "changes": {"policy": {"name": "no-cap"}}},
                     id="changed part"),
        pytest.param("plan", ("p", 0, "my: own, ~50 %"), None,
                     {"plan_id": "p", "added_servers": 0, "policy": "my: own, ~50 %"},
                     id="marks inside a name"),
    ],
)  # fmt: skip
def test_an_item_survives_the_url(kind, parts, changes, item):
    token = state.token(kind, *parts, changes=changes)
    view = state.view_from({"items": token})

    assert [state.item_of(t) for t in view.items] == [item]


def test_a_bare_name_is_a_scenario():
    assert state.item_of("sample-row") == {"scenario_id": "sample-row"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("52", 52),
        ("0.5", 0.5),
        ("true", True),
        ("no-cap", "no-cap"),
        ("[0, 4]", [0, 4]),
    ],
)
def test_a_typed_value_is_read_as_people_mean_it(text, value):
    assert state.read_value(text) == value


def test_a_problem_names_items_as_the_page_numbers_them():
    problem = {"errors": [{"field": "items.1.run_id"}, {"field": "baseline"}]}
    said = [e["field"] for e in state.in_words(problem)["errors"]]

    assert said == ["Item 2, run_id", "baseline"]
    assert state.place_of(problem) == 1
    assert state.place_of({"errors": []}) is None

"""A view goes to the URL and comes back the same, and asks for the right scenario."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pages.explore import state
from app.pages.explore.state import CONTROLS
from twin.scenario import apply_changes, parse_scenario


@given(
    st.fixed_dictionaries(
        {
            c.key: st.integers(0, round((c.high - c.low) / c.step)).map(
                lambda n, c=c: c.low + n * c.step
            )
            for c in CONTROLS
        }
    ),
    st.fixed_dictionaries(
        {
            "policy": st.sampled_from(state.POLICIES),
            "units": st.sampled_from(["W", "kW", "MW"]),
            "theme": st.sampled_from(["auto", "light", "dark"]),
            "days": st.sampled_from(["1", "3", "7"]),
            "seed": st.integers(1, 10**6).map(str),
            "zoom": st.sampled_from(["", "2026-01-05 03:00~2026-01-05 09:00"]),
            "scenario": st.sampled_from(["", "row & 7=?#"]),
        }
    ),
)
def test_every_view_survives_the_url(sliders, choices):
    view = state.view_from({**sliders, **choices})

    assert state.view_from(dict(parse_qsl(view.to_query()))) == view


@pytest.mark.parametrize("wrong", ["nan", "abc", "", None])
def test_a_broken_slider_value_falls_to_its_default(wrong):
    assert state.view_from({"t1": wrong})["t1"] == 80


def test_values_outside_the_range_are_pulled_inside():
    assert state.view_from({"added": 1000, "peak": -5}).sliders["added"] == 24
    assert state.view_from({"peak": -5}).sliders["peak"] == 60


def test_the_default_view_is_the_published_row_with_twelve_servers_more():
    asked = state.changes(state.view_from({}))
    scenario = apply_changes(parse_scenario({}), asked)

    assert scenario.fleet.server_count == 52
    assert scenario.policy == parse_scenario({}).policy
    assert scenario.control == parse_scenario({}).control
    assert scenario.workload == parse_scenario({}).workload


@pytest.mark.parametrize("policy", state.POLICIES)
def test_every_policy_makes_a_valid_scenario_and_plan(policy):
    view = state.view_from({"policy": policy, "clk2": 1200, "seeds": "3"})

    run = apply_changes(parse_scenario({}), state.changes(view))
    searched = apply_changes(parse_scenario({}), state.plan_changes(view, policy))

    assert run.policy.name == policy
    assert [p.name for p in searched.plan.policies] == [policy]
    assert searched.plan.seeds == 3


def test_a_dataset_sets_arrivals_of_its_kind():
    view = state.view_from({"traffic": "azure-llm-2023-conv"})
    asked = state.changes(view, {"azure-llm-2023-conv": "requests"})

    assert asked["workload.arrivals"] == {
        "kind": "requests", "dataset": "azure-llm-2023-conv",
    }  # fmt: skip


def test_count_policy_and_display_keep_the_risk_curve():
    base = state.risk_key(state.view_from({}))
    for same in (
        {"added": 3},
        {"policy": "no-cap"},
        {"units": "MW"},
        {"theme": "dark"},
    ):
        assert state.risk_key(state.view_from(same)) == base
    for other in ({"t1": 70}, {"seed": "2"}, {"cap": 10}, {"days": "3"}):
        assert state.risk_key(state.view_from(other)) != base


def test_a_stored_scenario_sets_the_controls_it_came_from():
    view = state.view_from({
        "added": 8, "t1": 75, "tele": 4, "seed": "9", "days": "3", "clk2": 1005,
    })  # fmt: skip
    scenario = apply_changes(parse_scenario({}), state.changes(view))
    opened = state.view_of_scenario(
        scenario.model_dump(mode="json"), "abc", state.view_from({})
    )

    assert opened.sliders == view.sliders
    assert opened["scenario"] == "abc"
    assert state.changes(opened) == state.changes(view)


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("policy.t1_frac", "t1"),
        ("workload.load.target_peak_frac", "peak"),
        ("fleet.server_count", "added"),
        ("site.name", ""),
    ],
)
def test_a_refused_field_points_at_its_control(field, key):
    assert state.control_of_field(field) == key

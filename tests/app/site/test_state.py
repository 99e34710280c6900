"""A view goes to the URL and back, and means one scenario."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from app.pages.site import state
from twin.scenario import apply_changes, parse_scenario


def test_nonsense_in_a_url_falls_to_the_default():
    view = state.view_from(
        dict(parse_qsl("view=moon&rows=many&racks=1e9&events=x~y;60~moon"))
    )

    assert view["view"] == "site"
    assert view["rows"] == 4
    assert view["racks"] == 30
    assert state.events_of(view["events"]) == []


@pytest.mark.parametrize("design", [key for key, _ in state.DESIGNS])
@pytest.mark.parametrize("plant", [key for key, _ in state.PLANTS])
def test_every_choice_is_a_valid_scenario(design, plant):
    view = state.view_from({"design": design, "plant": plant, "ups": "eco"})
    asked = state.question(view, model="bloom-176b")
    scenario = apply_changes(parse_scenario({}), asked["changes"])

    assert scenario.facility.template.design == design
    assert scenario.facility.cooling.plant == plant
    assert scenario.facility.template.ups_mode == "eco"


def test_events_survive_their_text_and_reach_the_scenario():
    text = (
        "36000~utility-outage~~1200;50000~lose-node~UPS-H1-A~3600;60000~heat-wave~~~8"
    )
    events = state.events_of(text)
    asked = state.question(state.view_from({"events": text}), events=True)
    scenario = apply_changes(parse_scenario({}), asked["changes"])

    assert [e["t_s"] for e in events] == [36_000, 50_000, 60_000]
    assert scenario.facility.events[1].target == "UPS-H1-A"
    assert scenario.facility.events[1].duration_s == 3_600
    assert [e.kind for e in scenario.facility.events] == [
        "utility-outage", "lose-node", "heat-wave",
    ]  # fmt: skip
    assert scenario.facility.events[2].severity == 8


def test_a_stored_site_answers_as_it_is():
    view = state.view_from({"scenario": "scenario_1", "rows": 9})

    assert state.question(view) == {"scenario_id": "scenario_1", "changes": {}}


def test_a_refusal_is_put_at_its_knob():
    problem = {"errors": [{"field": "facility.cooling.supply_c", "repair": "lower it"}]}

    assert state.field_errors(problem) == {"supply": "lower it"}

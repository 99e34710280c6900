"""Small campuses: three halls, an hour or so, everything that a large one has."""

from __future__ import annotations

from typing import Any

import pytest

from twin.cooling.weather import Weather, generated
from twin.facility.activity import row_activity
from twin.facility.answer import facility_of
from twin.facility.assemble import Assembled, assemble
from twin.scenario import parse_scenario
from twin.scenario.model import Scenario
from twin.serving.traffic import Recordings

NONE = Recordings.none()
HOUR = 3600.0


def campus_scenario(
    *, hours: float = 1.0, events: Any = (), policy: str = "polca", cooling: Any = None,
    campus: Any = None, **template: Any,
) -> Scenario:  # fmt: skip
    """Three halls of three rows of five racks."""
    shape = {
        "design": "2n", "halls": 3, "rows_per_hall": 3, "racks_per_row": 5,
        "rack_pdus": True,
    }  # fmt: skip
    return parse_scenario({
        "horizon": {"days": hours / 24.0}, "policy": {"name": policy},
        "workload": {"load": {"requests_per_server_s": 0.06}},
        "facility": {
            "template": shape | template, "events": list(events),
            "cooling": cooling or {}, "campus": campus,
        },
    })  # fmt: skip


def assembled(scenario: Scenario, weather: Weather) -> Assembled:
    return assemble(scenario, row_activity(scenario, NONE), weather)


def behind_one_transformer(setting_w: float, **given: Any) -> Scenario:
    """The same halls behind one transformer, with one generator bus for all."""
    scenario = campus_scenario(rack_pdus=False, **given)
    found = facility_of(scenario)
    nodes: list[dict[str, Any]] = [
        {"name": "MAIN", "kind": "transformer", "fed_by": ["UTIL"], "rated_w": 5e6,
         "protection": "electronic-lsi", "protection_rated_w": setting_w},
        {"name": "GEN", "kind": "generator", "rated_w": 5e6, "start_s": 10},
        {"name": "GENBUS", "kind": "switchboard", "fed_by": ["GEN"], "rated_w": 5e6},
    ]  # fmt: skip
    for node in found.electrical:
        told = node.model_dump()
        if node.kind == "transformer":
            told["fed_by"] = ["MAIN"]
        if node.kind == "switchboard":
            told["fed_by"] = [node.fed_by[0], "GENBUS"]
        if node.kind != "generator":
            nodes.append(told)
    document = scenario.model_dump()
    facility = document["facility"] | {"template": None, "electrical": nodes}
    facility["racks"] = [rack.model_dump() for rack in found.racks]
    return parse_scenario(document | {"facility": facility})


@pytest.fixture(scope="session")
def weather() -> Weather:
    return generated()

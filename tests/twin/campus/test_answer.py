"""What a campus answers, in words, numbers and figures of a study."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import yaml

from tests.twin.campus.conftest import NONE, assembled, campus_scenario
from twin.campus.answer import answer_campus, begin, run_campus
from twin.errors import Cancelled, PolicyError, ScenarioError
from twin.plan.memo import Memo
from twin.scenario import parse_scenario
from twin.scenario.model import Scenario
from twin.scenario.site_templates import expand
from twin.study.questions.base import Ground
from twin.study.questions.campus import QUESTION

EXAMPLE = Path(__file__).parents[3] / "examples" / "campus.yaml"
OUTAGE = {"t_s": 600, "kind": "utility-outage", "duration_s": 120}


def test_the_document_is_plain_and_says_what_the_result_says(weather):
    scenario = campus_scenario(hours=0.5, campus={"contract_w": 600e3}, events=[OUTAGE])
    found = answer_campus(scenario, NONE, weather).result
    told = json.loads(json.dumps(found.document(), allow_nan=False))

    assert told["server_count"] == 3 * 3 * 5 * 4
    assert [h["name"] for h in told["halls"]] == ["H1", "H2", "H3"]
    assert told["pue"] == found.facility_wh / found.it_wh
    assert told["contract"]["contract_w"] == 600e3
    assert told["contract"]["exceeded_s"] == found.contract.exceeded_s
    assert {"t_s": 600.0, "kind": "event", "target": "node lost UTIL",
            "value": 0.0} in told["events"]  # fmt: skip
    kinds = [one["kind"] for one in told["fullest"]]
    assert len(kinds) == len(set(kinds)) > 1
    assert len(told["series"]["share_w"]) == len(told["series"]["t_s"])


def test_records_do_not_grow_with_the_horizon(weather):
    """1.2 hours at 1 s are 720 records of 6 s; racks and their PDUs have none."""
    a = assembled(campus_scenario(hours=1.2), weather)
    _, ledger = begin(a)
    hall = ledger.halls[0]
    above_racks = 2 * (1 + 1 + 1 + 1 + 1) + 2 * 3 + 1  # chains, busways, cooling
    port = 1

    assert all(len(rows) == 720 for rows in hall.records)
    assert hall.records[0].shape[1] == above_racks + port
    assert hall.part.nodes.size == above_racks + port + 15 * 2 + 15


def test_every_node_and_rack_belongs_to_one_part(weather):
    a = assembled(campus_scenario(design="3n2"), weather)
    coordinator, ledger = begin(a)
    parts = [coordinator.own.part, *(hall.part for hall in ledger.halls)]
    owned = sorted(int(i) for part in parts for i in part.nodes if i >= 0)

    assert owned == list(range(len(a.network.nodes)))
    assert [part.racks.size for part in parts] == [0, 15, 15, 15]


def test_figures_of_a_study_are_those_of_the_result(weather):
    scenario = campus_scenario(hours=0.25, campus={"contract_w": 600e3})
    asked = Ground()
    found = QUESTION.evaluate(scenario, asked, Memo())

    assert set(found) == {metric.key for metric in QUESTION.metrics}
    assert all(isinstance(value, float) for value in found.values())
    assert found["server_count"] == 180.0
    assert found["pue"] == pytest.approx(found["facility_wh"] / found["it_wh"])
    assert not math.isnan(found["utility_peak_w"])
    assert QUESTION.needs(scenario).weather == ()


def test_the_example_is_a_gigawatt_of_forty_thousand_nodes():
    """100,800 servers of 10.2 kW nameplate."""
    scenario = parse_scenario(yaml.safe_load(EXAMPLE.read_text()))
    facility = expand(scenario.facility, 400e3)
    servers = sum(rack.server_count for rack in facility.racks)

    assert servers == 100_800
    assert servers * 10_200 >= 1e9
    assert len(facility.electrical) >= 40_000
    assert len({rack.hall for rack in facility.racks}) == 12


def test_a_run_can_be_stopped(weather):
    a = assembled(campus_scenario(hours=0.1), weather)
    with pytest.raises(Cancelled):
        run_campus(a, cancelled=lambda: True)


def test_a_scenario_without_a_facility_is_refused(weather):
    with pytest.raises(ScenarioError, match="facility"):
        answer_campus(Scenario(), NONE, weather)


def test_a_policy_that_was_not_compiled_is_refused(weather):
    source = """
def decide(time_s, load_frac, in_force, memory, command):
    command[0] = {"full": 0.0}["full"]
    command[1] = float(str(0))
"""
    scenario = campus_scenario(hours=0.1)
    asked = scenario.model_dump() | {"policy": {"name": "user", "source": source}}
    with pytest.raises(PolicyError, match="compiled"):
        run_campus(assembled(parse_scenario(asked), weather))

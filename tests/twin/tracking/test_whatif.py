"""A scenario that begins from now: what is carried, and what is said not to be."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from twin.calibrate.power_fit import fit_server
from twin.errors import ScenarioError
from twin.facility.answer import facility_of
from twin.scenario import parse_scenario
from twin.scenario.parse import apply_changes
from twin.tracking.whatif import SiteNow, scenario_from_now

AT = dt.datetime(2026, 3, 2, 14, 30, tzinfo=dt.UTC)
ROW = parse_scenario({"row": {"provisioned_w": 200_000.0}})
SITE = parse_scenario({"facility": {"template": {"row_limit_w": 100_000.0}}})
RACKS = parse_scenario({
    "facility": {
        "electrical": [
            {"name": "UTIL", "kind": "utility", "rated_w": 5e6},
            {"name": "PDU", "kind": "pdu", "rated_w": 4e5, "fed_by": ["UTIL"]},
        ],
        "racks": [
            {"name": "K1", "fed_by": ["PDU"], "server_count": 4},
            {"name": "K2", "fed_by": ["PDU"], "server_count": 4},
        ],
        "row_limits_w": {"R1": 50_000.0},
    }
})  # fmt: skip


def now(**more):
    return SiteNow(**{
        "at": AT, "row_w": {"R1": 30_000.0}, "row_peak_w": {"R1": 40_000.0}, **more,
    })  # fmt: skip


def test_a_row_alone_begins_with_its_servers_and_its_peak():
    found = scenario_from_now(ROW, now(servers={"Row 7": 44}))
    begun = apply_changes(ROW, found.changes)

    assert begun.horizon.start == AT
    assert begun.fleet.server_count == 44
    # 40 of 200 kW
    assert begun.workload.load.target_peak_frac == pytest.approx(0.2)


def test_a_site_plays_what_was_measured():
    found = scenario_from_now(SITE, now(series="yesterday", series_from_s=3600.0))
    begun = apply_changes(SITE, found.changes)

    assert begun.workload.replay.series == "yesterday"
    assert begun.workload.replay.from_s == 3600.0


def test_the_fullest_row_sets_the_load_of_all():
    found = scenario_from_now(SITE, now(row_peak_w={"R1": 60_000.0, "R2": 80_000.0}))

    assert found.changes["workload.load.target_peak_frac"] == pytest.approx(0.8)
    assert any("differences between rows" in one for one in found.not_carried)


@pytest.mark.parametrize("explicit", [False, True])
def test_a_row_is_as_full_as_its_planned_servers_say(explicit):
    """Six servers of 5,113 W make 30,678 W, whatever was added; 15,339 W are half."""
    template = {"racks_per_row": 2, "servers_per_rack": 3, "added_servers_per_row": 2}
    base = parse_scenario({"facility": {"template": template}})
    if explicit:
        base = base.model_copy(update={"facility": facility_of(base)})
    found = scenario_from_now(base, now(row_peak_w={"H1R1": 15_339.0}))

    assert found.changes["workload.load.target_peak_frac"] == 0.5


def test_racks_that_lost_a_server_begin_without_it():
    found = scenario_from_now(RACKS, now(servers={"K1": 4, "K2": 3, "K9": 1}))
    begun = apply_changes(RACKS, found.changes)

    assert [rack.server_count for rack in begun.facility.racks] == [4, 3]
    assert "facility.racks.0.server_count" not in found.changes
    assert any("K9" in one for one in found.not_carried)
    # 40 of the row's own 50 kW
    assert begun.workload.load.target_peak_frac == pytest.approx(0.8)


def test_a_calibrated_server_unlike_the_catalogues_is_said_unless_it_is_played():
    gpus = np.random.default_rng(1).uniform(500.0, 3200.0, 400)
    fit = fit_server(
        "node1", t_s=np.arange(400.0), server_w=600.0 + 1.1 * gpus, gpus_w=gpus,
        host_w=867.0, slope=1.279,
    )  # fmt: skip

    said = scenario_from_now(SITE, now(server_fits=(fit,))).not_carried
    played = scenario_from_now(SITE, now(server_fits=(fit,), series="day")).not_carried

    assert any("full power" in one for one in said)
    assert not any("full power" in one for one in played)


def test_lines_of_other_servers_are_named_and_not_compared():
    found = scenario_from_now(SITE, now(other_fits=("old1 (8 × NVIDIA A100)",)))

    assert any("old1 (8 × NVIDIA A100)" in one for one in found.not_carried)
    assert not any("full power" in one for one in found.not_carried)


def test_what_no_scenario_carries_is_always_said():
    found = scenario_from_now(ROW, now())

    assert any("batteries" in one for one in found.not_carried)


def test_supply_air_is_carried_to_a_site():
    found = scenario_from_now(SITE, now(supply_c=26.04))

    assert found.changes["facility.cooling.supply_c"] == 26.04


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param({"at": AT.replace(tzinfo=None)}, "UTC offset", id="no offset"),
        pytest.param({"row_peak_w": {}}, "at least one row", id="nothing measured"),
    ],
)
def test_a_state_that_says_too_little_is_refused(state, words):
    with pytest.raises(ScenarioError, match=words):
        scenario_from_now(ROW, now(**state))

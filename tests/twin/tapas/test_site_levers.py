"""A site becomes the fleet it is; levers are compared on one demand."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.catalogue import find_server
from twin.catalogue.cooling import server_thermal
from twin.catalogue.servers import SERVERS
from twin.errors import Cancelled, ScenarioError
from twin.facility.answer import facility_of
from twin.scenario import parse_scenario
from twin.tapas.answer import TRIED, schedule
from twin.tapas.ladder import PREFILL_PART, ladder
from twin.tapas.simulate import Levers, run_week
from twin.tapas.site import NOT_TAKEN, fleet_of

PROVISIONED_W = find_server("dgx-a100").provisioned_w.value


def site(more=None, **template):
    """A small site of one design, two rows of three racks unless said otherwise."""
    shape = {"design": "n", "rows_per_hall": 2, "racks_per_row": 3} | template
    return parse_scenario({"facility": {"template": shape} | (more or {})})


def explicit(*racks, **more):
    """A site of one utility with these racks."""
    nodes = [{"name": "UTIL", "kind": "utility", "rated_w": 1e6}]
    named = [
        {"name": f"K{k}", "fed_by": ["UTIL"]} | rack for k, rack in enumerate(racks)
    ]
    return parse_scenario({"facility": {"electrical": nodes, "racks": named}} | more)


def fleet(scenario, **asked):
    return fleet_of(scenario, facility_of(scenario), **({"days": 1} | asked))


# --- the facility as a fleet --------------------------------------------------------


def test_halls_rows_aisles_and_limits_are_the_facilitys():
    grounds = fleet(site(halls=2, rows_per_hall=3, added_servers_per_row=4)).grounds

    assert (grounds.halls, grounds.rows, grounds.servers) == (2, 6, 6 * 16)
    # three rows a hall: two face each other, the third has an aisle of its own
    assert grounds.aisle_of.tolist() == [0, 0, 1, 2, 2, 3]
    assert grounds.hall_of.tolist() == [0, 0, 0, 1, 1, 1]
    assert grounds.planned.tolist() == [12.0] * 6
    assert_allclose(grounds.row_limit_w, 12 * PROVISIONED_W)


def test_an_aisles_air_is_what_its_planned_servers_draw_and_the_halls_spare():
    grounds = fleet(site({"cooling": {"airflow_frac": 1.25}}, rows_per_hall=3)).grounds
    one_m3_s = server_thermal(SERVERS["dgx-a100"]).airflow_m3_s

    assert_allclose(
        grounds.aisle_air_m3_s, [24 * one_m3_s * 1.25, 12 * one_m3_s * 1.25]
    )


def test_added_servers_leave_limits_and_air_alone():
    plain, more = fleet(site()), fleet(site(), oversubscription_frac=0.25)

    assert more.grounds.servers == 30  # 12 + 25 % in each of two rows
    assert more.planned == plain.planned == 24
    assert_allclose(more.grounds.row_limit_w, plain.grounds.row_limit_w)
    assert_allclose(more.grounds.aisle_air_m3_s, plain.grounds.aisle_air_m3_s)


def test_the_supply_is_the_setpoint_and_rises_by_what_a_full_hall_adds():
    cool, warm = (
        run_week(found.grounds, found.demand, Levers())
        for found in (fleet(site({"cooling": {"supply_c": c}})) for c in (20, 27))
    )

    assert warm.hottest_c - cool.hottest_c == pytest.approx(7.0)


def test_racks_at_the_ends_of_a_row_are_warmer():
    grounds = fleet(site(racks_per_row=9)).grounds
    row = grounds.position_k[grounds.row_of == 0].reshape(9, 4)
    lowest = row - np.random.Generator(np.random.Philox(key=1)).uniform(
        0, 1, grounds.servers
    )[:36].reshape(9, 4)  # fmt: skip

    assert_allclose(lowest[:, 0], [1, 0.75, 0.5, 0.25, 0, 0.25, 0.5, 0.75, 1])


def test_a_row_has_the_limit_of_its_own_servers_or_the_one_it_was_given():
    """Eight servers make a row of eight; 30 kW are 5.87 servers of 5,113 W."""
    racks = [{"row": f"R{k}", "server_count": 8} for k in (1, 2)]
    asked = explicit(*racks)
    limits = {"row_limits_w": {"R2": 30_000.0}}
    facility = facility_of(asked).model_copy(update=limits)
    asked = asked.model_copy(update={"facility": facility})
    grounds = fleet(asked).grounds

    assert_allclose(grounds.row_limit_w, [8 * PROVISIONED_W, 30_000.0])
    assert grounds.planned.tolist() == [8.0, 6.0]
    one_m3_s = server_thermal(SERVERS["dgx-a100"]).airflow_m3_s
    assert_allclose(grounds.aisle_air_m3_s, [14 * one_m3_s * 1.1])  # face each other


def test_a_site_made_explicit_is_the_fleet_of_its_template():
    asked = site(added_servers_per_row=4)
    made = asked.model_copy(update={"facility": facility_of(asked)})

    np.testing.assert_equal(asdict(fleet(made).grounds), asdict(fleet(asked).grounds))


def test_explicit_racks_keep_their_counts_and_say_what_was_simplified():
    found = fleet(
        explicit(
            {"row": "R1", "server_count": 3, "aisle": "A"},
            {"row": "R1", "server_count": 5, "aisle": "B", "position": 2},
            {"row": "R2", "server_count": 0},
            {"row": "R3", "server_count": 2, "server": "dgx-h100"},
        )
    )

    assert found.grounds.row_servers.tolist() == [8, 0, 2]
    assert found.grounds.server.key == "dgx-a100"
    said = " ".join(found.notes)
    assert "2 servers of other types" in said
    assert "R1 stands in several aisles" in said
    assert "racks name no aisle" in said


def test_racks_that_say_iaas_set_the_share():
    kinds = [
        {"row": "R1", "server_count": 6},
        {"row": "R1", "server_count": 2, "kind": "iaas", "position": 2},
    ]

    assert fleet(explicit(*kinds), iaas_frac=0.9).iaas_frac == 0.25
    assert fleet(explicit(kinds[0]), iaas_frac=0.9).iaas_frac == 0.9


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        pytest.param(explicit({"server_count": 0}), "no server", id="empty"),
        pytest.param(
            site(halls=64, rows_per_hall=100, racks_per_row=1), "20,000", id="too many"
        ),
    ],
)
def test_a_site_without_servers_or_with_too_many_is_refused(scenario, says):
    with pytest.raises(ScenarioError, match=says):
        fleet(scenario)


# --- levers --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowded():
    """A day at a third more servers than planned, and a cut of power."""
    return schedule(
        site(rows_per_hall=4, racks_per_row=6), days=1, oversubscription_frac=1 / 3,
        emergency="power",
    )  # fmt: skip


def test_each_lever_alone_and_all_are_compared_with_none(crowded):
    assert [lever.levers for lever in crowded.levers] == [
        "oblivious", "place", "route", "configure", "place + route + configure",
    ]  # fmt: skip
    assert len(TRIED) == len(crowded.levers)
    none = crowded.levers[0]
    for lever in crowded.levers:
        change = lever.change
        assert change.hottest_k == lever.hottest_c - none.hottest_c
        assert change.throttle_min == lever.throttle_min - none.throttle_min
        assert change.saas_p99 == lever.saas_p99 - none.saas_p99
        assert lever.peak_row_frac == lever.peak_row_w / lever.row_limit_w
        assert lever.unplaced == none.unplaced == 0


def test_levers_together_lower_the_peak_and_spare_opaque_machines(crowded):
    none, together = crowded.levers[0], crowded.levers[-1]

    assert none.peak_row_frac > 1.0
    assert none.throttle_min > 0
    assert together.change.peak_row_frac < 0
    assert together.throttle_min < 0.1 * none.throttle_min
    assert none.emergency is not None
    assert together.emergency is not None
    assert none.emergency.iaas_lost_frac > 0.05
    assert together.emergency.iaas_lost_frac < 0.5 * none.emergency.iaas_lost_frac
    assert together.emergency.quality_lost_frac > 0.0  # what it is paid with


def test_an_emergency_strikes_the_last_afternoon(crowded):
    assert crowded.emergency_start_s == 15 * 3600
    assert crowded.emergency_duration_s == 300
    assert crowded.added_frac == pytest.approx(1 / 3)


def test_less_air_warms_gpus_where_the_hall_has_none_to_spare():
    tight = site({"cooling": {"airflow_frac": 0.8}})
    usual = schedule(tight, days=1)
    short = schedule(tight, days=1, emergency="airflow")

    assert short.levers[0].hottest_c > usual.levers[0].hottest_c
    assert short.emergency_duration_s == 3600
    assert usual.emergency_start_s is None
    assert usual.levers[0].emergency is None


def test_a_site_of_opaque_machines_has_no_response_and_loses_no_quality():
    found = schedule(site(), days=1, iaas_frac=1.0, emergency="power")

    assert found.iaas_drawn_frac == 1.0
    for lever in found.levers:
        assert math.isnan(lever.saas_p99)
        assert lever.quality_lost_frac == 0.0
        assert lever.emergency.quality_lost_frac == 0.0


def test_the_same_question_has_the_same_answer_and_says_what_it_leaves_out():
    first, again = schedule(site(), days=1), schedule(site(), days=1)

    assert first == again
    assert first.not_taken == NOT_TAKEN


def test_it_stops_when_asked_and_says_how_far_it_is():
    told = []
    schedule(site(), days=1, on_progress=lambda part, text: told.append((part, text)))

    parts = [part for part, _ in told]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert {"oblivious", "place"} <= {text for _, text in told}
    with pytest.raises(Cancelled):
        schedule(site(), days=1, cancelled=lambda: True)


def test_a_row_alone_is_no_site():
    with pytest.raises(ScenarioError, match="facility"):
        schedule(parse_scenario({}))


# --- the ladder's parallelism --------------------------------------------------------


def test_half_the_gpus_is_a_step_between_batch_and_precision():
    names = [step.name for step in ladder()]
    at = names.index("945 MHz, half the batch, half the GPUs")

    assert names[at - 1] == "945 MHz, half the batch"
    assert names[at + 1] == "8-bit weights"
    assert ladder()[at].quality == 1.0


def test_half_the_gpus_serves_what_the_tables_leave():
    # Llama-2 70B on A100: prefill of 2,048 tokens 0.27422 -> 0.40333 s, decode of a
    # batch of 32 0.05302 -> 0.05235 s, from eight to four GPUs
    before, after = ladder()[4], ladder()[5]
    time = PREFILL_PART * 0.40333 / 0.27422 + (1 - PREFILL_PART) * 0.05235 / 0.05302

    assert after.throughput / before.throughput == pytest.approx(1 / time)
    assert 0.5 < after.power / before.power < after.throughput / before.throughput

"""A site keeps its energy, feeds nobody from the dead, and trips what it must."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.catalogue.electrical import STORES
from twin.facility import kernel
from twin.facility.memory import new_meter, new_state

DESIGNS = ("n", "n+1", "2n", "3n2", "catcher")
SMALL = {"rows_per_hall": 2, "racks_per_row": 3}


SUMMER = "2025-07-20T12:00:00Z"


def node(result, name):
    """A node by name."""
    return next(n for n in result.nodes if n.name == name)


def happened(result, kind, target=None):
    """Times at which something happened. [s]"""
    return [
        e.t_s for e in result.events
        if e.kind == kind and (target is None or e.target == target)
    ]  # fmt: skip


def kernel_run(assembled):
    """Meters and final state, straight from the kernel."""
    state, meter = new_state(assembled), new_meter(assembled)
    kernel.advance(
        assembled.site, state, meter, 0, assembled.tick_count,
        assembled.timeline.tick, assembled.timeline.change,
        assembled.controller.decide, assembled.controller.params,
    )  # fmt: skip
    return state, meter


# --- power ------------------------------------------------------------------------


@pytest.mark.parametrize("design", DESIGNS)
def test_every_rack_is_fed_and_every_limit_holds_when_all_is_well(run, design):
    _, result, _ = run(design=design, **SMALL)

    assert result.lost_server_s == 0.0
    assert all(n.headroom_w > 0 for n in result.nodes if math.isfinite(n.limit_w))
    assert not happened(result, "trip")


@pytest.mark.parametrize("design", ["2n", "3n2", "catcher"])
def test_no_single_ups_pdu_or_board_takes_a_redundant_site_down(run, design):
    assembled, _, _ = run(design=design, **SMALL)
    names = [
        n.name for n in assembled.facility.electrical
        if n.kind in ("ups", "pdu", "switchboard", "transformer", "busway")
    ]  # fmt: skip
    for name in names:
        event = {"t_s": 60, "kind": "lose-node", "target": name}
        _, result, _ = run(design=design, hours=0.05, events=[event], **SMALL)
        assert result.lost_server_s == 0.0, name


def test_one_chain_alone_loses_every_server_with_its_ups(run):
    event = {"t_s": 600, "kind": "lose-node", "target": "UPS-H1", "duration_s": 60}
    assembled, result, _ = run(design="n", hours=1.0, events=[event], **SMALL)
    servers = assembled.site.servers.sum()

    # dead for 60 s, then 600 s until they serve again
    assert_allclose(result.lost_server_s, servers * 660.0)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    design=st.sampled_from(DESIGNS),
    rows=st.integers(1, 4),
    activity=st.floats(0.0, 1.0),
    lost=st.lists(st.integers(0, 200), max_size=3),
    outage=st.booleans(),
)  # fmt: skip
def test_energy_closes_and_the_dead_feed_nobody(
    run, design, rows, activity, lost, outage
):
    plan = {"design": design, "rows_per_hall": rows, "racks_per_row": 2}
    assembled, _, _ = run(hours=0.002, **plan)
    names = [n.name for n in assembled.facility.electrical]
    events = [
        {"t_s": 30 + 40 * k, "kind": "lose-node", "target": names[i % len(names)],
         "duration_s": 70}
        for k, i in enumerate(lost)
    ]  # fmt: skip
    if outage:
        events.append({"t_s": 100, "kind": "utility-outage", "duration_s": 50})
    assembled, _, _ = run(hours=0.1, activity=activity, events=events, **plan)
    state, meter = kernel_run(assembled)
    wiring = assembled.site.wiring
    owner = np.repeat(np.arange(wiring.role.size), np.diff(wiring.first))
    drawn = np.bincount(owner, weights=meter.edge_j, minlength=wiring.role.size)
    given_ = np.bincount(wiring.feed, weights=meter.edge_j, minlength=wiring.role.size)
    has_feed = np.diff(wiring.first) > 0
    in_j, out_j, discharged, charged = meter.energy_j.T
    loss_j = in_j - out_j + discharged - charged
    leaf = np.isin(np.arange(wiring.role.size), assembled.site.cooling_node)
    leaf[assembled.site.rack_first :] = True

    # what a node draws came over its feeds; what it gives left over its edges
    assert_allclose(in_j[has_feed], drawn[has_feed], rtol=1e-9, atol=1e-6)
    assert_allclose(out_j[~leaf], given_[~leaf], rtol=1e-9, atol=1e-6)
    assert (loss_j >= -1e-6).all()
    sources = ~has_feed
    supplied = in_j[sources].sum() + discharged.sum() - charged.sum()
    assert_allclose(supplied, out_j[leaf].sum() + loss_j.sum(), rtol=1e-9)
    dead = ~state.live
    assert not state.out_w[dead].any()
    assert (state.weight[dead[wiring.feed]] == 0.0).all()


def test_losses_are_the_curve_times_the_time(run):
    assembled, result, _ = run(design="n", activity=0.5, hours=0.25, **SMALL)
    i = assembled.network.index["UPS-H1"]
    spec, ups = assembled.network.nodes[i], node(result, "UPS-H1")
    out_w = ups.mean_w  # constant but for fans, which follow a steady inlet
    expected_w = spec.fixed_w + spec.linear * out_w + spec.quadratic_per_w * out_w**2

    assert_allclose(ups.loss_wh, expected_w * 0.25, rtol=1e-3)


@pytest.mark.parametrize("tick_s", [0.5, 2.0, 5.0])
def test_energy_does_not_depend_on_the_tick(run, tick_s):
    _, base, _ = run(hours=1.0, **SMALL)
    _, other, _ = run(hours=1.0, tick_s=tick_s, **SMALL)

    assert_allclose(other.facility_wh, base.facility_wh, rtol=1e-3)


def test_the_same_site_gives_the_same_bytes(run):
    assembled, _, _ = run(design="3n2", policy="polca", **SMALL)
    first, second = kernel_run(assembled), kernel_run(assembled)

    for one, other in zip(first[1], second[1], strict=True):
        assert one.tobytes() == other.tobytes()


# --- stores and generators --------------------------------------------------------


def test_the_battery_bridges_the_generators_start(run):
    outage = {"t_s": 300, "kind": "utility-outage", "duration_s": 600}
    _, result, _ = run(hours=0.5, events=[outage], **SMALL)

    assert happened(result, "generator-start") == [300.0, 300.0]
    assert happened(result, "generator-ready") == [310.0, 310.0]
    assert result.lost_server_s == 0.0
    assert node(result, "UPS-H1-A").discharged_wh > 0.0


def test_without_a_generator_the_site_lives_as_long_as_its_batteries(run):
    # each second uses up 1 / runtime(load) of the charge, by the catalogue's curve
    events = [
        {"t_s": 0, "kind": "generator-fails-to-start"},
        {"t_s": 300, "kind": "utility-outage"},
    ]
    assembled, result, _ = run(hours=1.0, activity=0.5, events=events, **SMALL)
    spec = assembled.network.nodes[assembled.network.index["UPS-H1-A"]]
    empty_s = happened(result, "store-empty", "UPS-H1-A")[0]
    t_s = result.series.t_s
    out_w = node(result, "UPS-H1-A").mean_series_w
    out_w = out_w[(t_s >= 300) & (t_s < empty_s)]
    battery = STORES["battery"].store(300.0)
    runtime_s = 300.0 * (out_w / spec.rated_w) ** -battery.exponent
    used = ((t_s[1] - t_s[0]) / np.minimum(runtime_s, battery.longest_s)).sum()

    assert_allclose(used, 1.0, atol=0.02)
    assert result.lost_server_s > 0


def test_cooling_stops_with_its_power_and_the_hall_warms(run):
    events = [
        {"t_s": 0, "kind": "generator-fails-to-start"},
        {"t_s": 300, "kind": "utility-outage", "duration_s": 120},
    ]
    _, result, _ = run(hours=0.5, activity=0.8, events=events, **SMALL)
    hall = result.series.hall_c[:, 0]

    assert_allclose(hall[0], 24.0, atol=0.1)
    assert hall.max() > 26.0
    assert hall[-1] < hall.max()


# --- protection -------------------------------------------------------------------


def one_breaker(rated_w):
    """A single chain whose PDU is too small."""
    nodes = [
        {"name": "UTIL", "kind": "utility", "rated_w": 1e6},
        {"name": "PDU", "kind": "pdu", "rated_w": rated_w, "fed_by": ["UTIL"],
         "protection": "electronic-lsi"},
    ]  # fmt: skip
    racks = [{"name": "K1", "row": "R1", "fed_by": ["PDU"], "server_count": 4}]
    return {"electrical": nodes, "racks": racks}


def test_an_overloaded_breaker_trips_when_its_curve_says(run):
    # catalogue: electronic-lsi passes 108 s at twice its setting
    _, free, _ = run(activity=0.8, facility=one_breaker(1e6))
    load_w = node(free, "PDU").mean_w
    _, result, _ = run(activity=0.8, facility=one_breaker(load_w / 2.0))
    trip_s = node(result, "PDU").trip_t_s

    assert_allclose(trip_s, 108.0, atol=3.0)
    assert result.racks[0].lost_s > 0


def test_a_breaker_at_its_rating_never_trips(run):
    _, free, _ = run(activity=0.8, facility=one_breaker(1e6))
    peak_w = node(free, "PDU").peak_w
    _, result, _ = run(activity=0.8, hours=4.0, facility=one_breaker(peak_w))

    assert node(result, "PDU").trip_t_s is None
    assert node(result, "PDU").trip_heat < 1.0


# --- control ----------------------------------------------------------------------


def test_a_cap_never_raises_power(run):
    busy = {"activity": 0.95, "hours": 0.5, "added_servers_per_row": 6, **SMALL}
    _, free, _ = run(policy="no-cap", **busy)
    _, capped, _ = run(policy="polca", **busy)

    assert capped.it_wh <= free.it_wh
    assert sum(r.caps_low for r in capped.rows) > 0
    assert capped.rows[0].capped_low_s > 0


BUSY = {"policy": "polca", "activity": 0.72, "added_servers_per_row": 2, **SMALL}
"""Above the first threshold, below the limit: caps but no brake."""


def test_caps_land_where_the_way_is_free(run):
    _, result, _ = run(**BUSY)

    assert 0.8 < result.rows[0].peak_frac < 1.0
    assert result.rows[0].brakes == 0
    assert result.rows[0].capped_low_s > 0


def test_no_cap_is_sent_over_a_path_that_is_down(run):
    down = {"t_s": 0, "kind": "command-path-down"}
    _, result, _ = run(events=[down], **BUSY)

    assert not happened(result, "command")
    assert result.rows[0].capped_low_s == 0


def test_caps_that_a_running_site_has_are_in_force_at_once(run):
    _, begun, _ = run(**BUSY)
    _, running, _ = run(**BUSY, warm_up_s=900)

    assert begun.rows[0].capped_low_s == begun.horizon_s - 40.0  # its first cap's way
    assert running.rows[0].capped_low_s == running.horizon_s
    assert running.rows[0].peak_w < begun.rows[0].peak_w
    assert running.rows[0].caps_low < begun.rows[0].caps_low
    assert all(e.t_s >= 0.0 for e in running.events)

    _, braked, _ = run(
        activity=0.9, policy="no-cap", control={"brake_threshold_frac": 0.3,
        "brake_release_frac": 0.1}, warm_up_s=900, halls=1, rows_per_hall=1,
    )  # fmt: skip
    assert braked.rows[0].brakes == 1
    assert braked.rows[0].capped_high_s == braked.horizon_s


def test_a_stuck_cap_is_sent_and_changes_nothing(run):
    _, result, _ = run(events=[{"t_s": 0, "kind": "stuck-cap"}], **BUSY)

    assert happened(result, "command")
    assert result.rows[0].capped_low_s == 0


def test_a_slow_bmc_makes_caps_land_late(run):
    # 40 s out of band, three times as long
    _, quick, _ = run(**BUSY)
    _, slow, _ = run(events=[{"t_s": 0, "kind": "slow-bmc", "severity": 3}], **BUSY)
    first = [
        happened(r, "landed")[0] - happened(r, "command")[0] for r in (quick, slow)
    ]

    assert first == [40.0, 120.0]


def test_a_telemetry_blackout_hides_the_overload(run):
    rising = np.concatenate([np.full(300, 0.2), np.full(3600, 0.72)])
    dark = {"t_s": 200, "kind": "telemetry-blackout"}
    busy = BUSY | {"activity": rising, "rows_per_hall": 1}  # one row: no offset
    _, seen, _ = run(**busy)
    _, blind, _ = run(events=[dark], **busy)

    assert happened(seen, "command")
    assert not happened(blind, "command")


# --- heat -------------------------------------------------------------------------


def test_less_air_makes_warmer_inlets_and_hotter_chips(run):
    short = {"t_s": 0, "kind": "lose-crah", "severity": 0.6}
    _, well, _ = run(activity=0.9, **SMALL)
    _, weak, _ = run(activity=0.9, events=[short], **SMALL)

    assert weak.racks[0].inlet_peak_c > well.racks[0].inlet_peak_c + 2.0
    assert weak.hottest_c > well.hottest_c


def test_servers_of_a_hall_without_cooling_switch_off_before_they_burn(run):
    lost = {"t_s": 60, "kind": "lose-chiller", "severity": 0.0, "duration_s": 7200}
    assembled, result, _ = run(
        activity=0.9, hours=4.0, events=[lost], start=SUMMER, **SMALL
    )
    servers = assembled.site.servers.sum()
    off = happened(result, "too-hot")

    assert off
    assert result.lost_server_s > servers * 3600.0
    assert 45.0 < result.racks[0].inlet_peak_c < 46.0
    assert result.racks[0].gpu_peak_c < assembled.site.gpu_limit_c + 10.0
    assert result.series.hall_c.max() < 47.0
    # they are back once the chillers are
    assert result.series.lost_servers[-1] == 0
    assert result.series.it_w[-1] > 0.9 * result.series.it_w[0]


def test_servers_that_are_too_hot_throttle_first_where_their_chips_allow(run):
    lost = {"t_s": 60, "kind": "lose-chiller", "severity": 0.0}
    facility = {"template": {"design": "2n"} | SMALL, "cooling": {"shutdown_c": 70}}
    assembled, result, _ = run(
        activity=0.9, hours=1.0, events=[lost], facility=facility, start=SUMMER
    )

    assert result.racks[0].throttled_s > 0
    assert result.racks[0].gpu_peak_c < assembled.site.gpu_limit_c + 12.0


def test_a_heat_wave_costs_cooling_power(run):
    wave = {"t_s": 0, "kind": "heat-wave", "severity": 10}
    _, usual, _ = run(**SMALL)
    _, hot, _ = run(events=[wave], **SMALL)

    assert hot.mechanical_wh > usual.mechanical_wh
    assert hot.pue > usual.pue > 1.0

"""Power per server and electrical losses that differ from the catalogue's."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.rows import arrivals_of, compiled_row, run_arrivals, small_row
from twin.catalogue import find_server
from twin.cooling.weather import generated
from twin.errors import ScenarioErrors
from twin.facility.activity import Activity, row_activity
from twin.facility.answer import facility_of
from twin.facility.assemble import assemble
from twin.facility.electrical import electrical_loss_w
from twin.facility.simulate import run_site
from twin.plan import Memo, what_if
from twin.power.network import flow
from twin.recording import Played
from twin.scenario import apply_changes, parse_scenario
from twin.serving.kernel import M_ENERGY_J, M_PEAK_W
from twin.serving.traffic import Recordings
from twin.simulate import compile_scenario
from twin.tapas.site import fleet_of

A100 = find_server("dgx-a100")
NONE = Recordings.none()


def drawing(scenario, power_frac):
    """The same scenario with another power per server."""
    return apply_changes(scenario, {"fleet.server_power_frac": power_frac})


def site_of(power_frac=1.0, loss_frac=1.0, activity=0.5):
    """A hall of one row, its servers half busy."""
    scenario = parse_scenario(
        {
            "fleet": {"server_power_frac": power_frac},
            "policy": {"name": "no-cap"},
            "horizon": {"days": 0.01},
            "facility": {
                "template": {"design": "n", "rows_per_hall": 1},
                "loss_frac": loss_frac,
            },
        }
    )
    busy = Activity(
        frac=np.array([activity]), curve_mhz=np.array([210.0, 1410.0]),
        curve_power=np.array([0.3, 1.0]), curve_slowdown=np.array([3.0, 1.0]),
    )  # fmt: skip
    return assemble(scenario, busy, generated())


def test_an_idle_row_draws_its_power_factor_times_idle_servers():
    compiled = compile_scenario(drawing(small_row(servers=4), 1.25), NONE)
    nobody = arrivals_of((1e9, 0, 1, 1))

    _, meter = run_arrivals(compiled, nobody, groups_low=1)

    # DGX A100: 867 W + 1.279 W/W x 8 x 63 W idle
    assert_allclose(meter.totals[M_PEAK_W], 4 * 1.25 * (867 + 1.279 * 8 * 63))


def test_a_busy_row_draws_its_power_factor_times_as_much_every_watt_alike():
    requests = arrivals_of((1.0, 0, 2048, 300), (2.0, 1, 1024, 200))
    usual = compiled_row(servers=4, seconds=120)
    hungry = compile_scenario(drawing(small_row(servers=4, seconds=120), 1.5), NONE)

    _, one = run_arrivals(usual, requests, groups_low=1)
    _, more = run_arrivals(hungry, requests, groups_low=1)

    assert one.totals[M_PEAK_W] > 4 * A100.idle_w
    assert_allclose(more.totals[M_PEAK_W], 1.5 * one.totals[M_PEAK_W])
    assert_allclose(more.totals[M_ENERGY_J], 1.5 * one.totals[M_ENERGY_J])


def test_limits_stay_at_the_nameplate():
    compiled = compile_scenario(drawing(small_row(servers=4), 1.5), NONE)

    assert compiled.provisioned_w == 4 * 5113.0
    assert compiled.server.rated_w == A100.rated_w


def test_traffic_is_the_same_whatever_a_server_draws():
    row = small_row(servers=4, seconds=1800)
    target = {"workload.load": {"target_peak_frac": 0.7}}
    usual, memo = apply_changes(row, target), Memo()

    before = what_if(usual, NONE, memo=memo)
    after = what_if(drawing(usual, 0.8), NONE, memo=memo)
    fresh = what_if(drawing(usual, 0.8), NONE)

    assert after.run.rate_per_server_s == before.run.rate_per_server_s
    assert fresh.run.rate_per_server_s == before.run.rate_per_server_s
    assert_allclose(after.run.energy_wh, 0.8 * before.run.energy_wh)
    assert_allclose(after.baseline.peak_w, 0.8 * before.baseline.peak_w)


def test_a_power_factor_of_one_is_the_catalogue_itself():
    assert A100.drawing(1.0) is A100


def test_every_watt_of_a_server_is_scaled_and_its_host_line_is_not_bent():
    double = A100.drawing(2.0)

    assert double.idle_w == pytest.approx(2 * (867 + 1.279 * 8 * 63))
    assert double.full_w == pytest.approx(2 * (867 + 1.279 * 8 * 400))
    assert double.provisioned_w.value == 5113.0
    assert double.host_slope == A100.host_slope


def test_a_site_takes_power_per_server_from_the_scenario():
    site = site_of(power_frac=1.2).site

    assert_allclose(site.idle_w, 1.2 * A100.idle_w)
    assert_allclose(site.idle_w + site.swing_w, 1.2 * A100.full_w)
    assert_allclose(site.host_w, 1.2 * 867.0)
    assert_allclose(site.gpu_idle_w, 1.2 * 63.0)
    assert_allclose(site.row_limit_w, 40 * 5113.0)


def test_a_site_of_hungrier_servers_is_warmer_and_draws_at_least_its_share_more():
    usual, hungry = run_site(site_of()), run_site(site_of(power_frac=1.2))

    # leakage of warmer chips comes on top of the factor
    assert 1.2 < hungry.it_wh / usual.it_wh < 1.25
    assert hungry.racks[0].gpu_peak_c > usual.racks[0].gpu_peak_c


def test_activity_is_the_same_whatever_a_server_draws():
    scenario = small_row(servers=4, seconds=600)

    usual = row_activity(scenario, NONE)
    hungry = row_activity(drawing(scenario, 1.7), NONE)

    assert usual.frac.max() > 0.0
    assert np.array_equal(usual.frac, hungry.frac)


def test_recorded_power_is_scaled_like_any_other():
    record = Played(power_w=np.full((1, 10), 3000.0), hold_ticks=1, filled_frac=0.0)
    bare = dataclasses.replace(
        Activity(
            frac=np.zeros(1), curve_mhz=np.array([210.0, 1410.0]),
            curve_power=np.array([0.3, 1.0]), curve_slowdown=np.array([3.0, 1.0]),
        ),
        played=record,
    )  # fmt: skip
    scenario = site_of(power_frac=1.2).scenario

    site = assemble(scenario, bare, generated()).site

    drawn_w = site.idle_w[0] + site.swing_w[0] * site.activity[0]
    assert_allclose(drawn_w, 1.2 * 3000.0)


def test_a_rented_fleet_takes_power_per_server_from_the_scenario():
    scenario = site_of(power_frac=1.2).scenario

    fleet = fleet_of(scenario, facility_of(scenario))

    assert fleet.grounds.server.full_w == pytest.approx(1.2 * A100.full_w)


def test_losses_of_every_node_are_scaled():
    def lost_w(loss_frac):
        network = site_of(loss_frac=loss_frac).network
        busway = network.index["ROW-H1R1"]
        steady = flow(network, np.full(10, 10_000.0), np.array([], dtype=np.int64))
        return float(steady.in_w[busway] - steady.out_w[busway])

    # the last node above the racks carries the same 100 kW whatever is lost above it
    assert lost_w(1.0) > 0.0
    assert_allclose(lost_w(2.5), 2.5 * lost_w(1.0))
    assert lost_w(0.0) == 0.0


def test_a_ups_own_curve_is_scaled_too_and_a_site_without_losses_loses_nothing():
    facility = {
        "electrical": [
            {"name": "UTIL", "kind": "utility", "rated_w": 1e6},
            {
                "name": "UPS", "kind": "ups", "rated_w": 1e5, "fed_by": ["UTIL"],
                "loss": {"fixed": 0.02, "linear": 0.03, "quadratic": 0.04},
            },
        ],
        "racks": [{"name": "K1", "fed_by": ["UPS"]}],
    }  # fmt: skip

    def lost_w(loss_frac):
        parsed = parse_scenario({"facility": facility | {"loss_frac": loss_frac}})
        return electrical_loss_w(parsed.facility, {"R1": 50_000.0}, 1.0)

    by_hand_w = 0.02 * 1e5 + 0.03 * 5e4 + 0.04 * 5e4**2 / 1e5
    assert_allclose(lost_w(1.0), by_hand_w)
    assert_allclose(lost_w(3.0), 3 * by_hand_w)
    assert_allclose(lost_w(0.0), 0.0)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"fleet": {"server_power_frac": 0.2}}, id="too little power"),
        pytest.param({"fleet": {"server_power_frac": 2.1}}, id="too much power"),
        pytest.param(
            {"facility": {"template": {}, "loss_frac": 5.1}}, id="too much loss"
        ),
        pytest.param(
            {"facility": {"template": {}, "loss_frac": -0.1}}, id="losses that give"
        ),
    ],
)
def test_factors_out_of_range_are_refused(document):
    with pytest.raises(ScenarioErrors):
        parse_scenario(document)

"""Server air, GPU temperature, throttling, fans and leakage."""

from __future__ import annotations

import csv
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.catalogue.cooling import (
    M3_S_PER_CFM,
    THERMAL_FIGURES,
    ServerThermal,
    server_thermal,
)
from twin.catalogue.servers import SERVERS
from twin.cooling import server


@pytest.mark.parametrize(
    ("outdoor_c", "load", "supply_c"),
    [
        pytest.param(-10.0, 0.0, 18.0, id="flat in the cold"),
        pytest.param(15.0, 0.0, 18.0, id="flat to 15 C"),
        pytest.param(20.0, 0.0, 20.5, id="half a kelvin per kelvin"),
        pytest.param(25.0, 1.0, 25.0, id="end of the steep part, full hall"),
        pytest.param(35.0, 0.5, 26.0, id="a fifth of a kelvin above 25 C"),
    ],
)
def test_outside_air_supply_has_the_published_shape(outdoor_c, load, supply_c):
    assert server.supply_c(outdoor_c, load) == pytest.approx(supply_c)


def test_inlet_adds_recirculation_with_load_and_place():
    # 22 + 2 * 0.5 + 1.5
    assert server.inlet_c(22.0, 2.0, 1.5, 0.5) == pytest.approx(24.5)


def test_gpu_sits_above_its_inlet_by_resistance_times_power():
    # 25 + 0.085 * 400 + 3
    assert server.gpu_c(25.0, 400.0, 0.085, 3.0) == pytest.approx(62.0)


def test_relaxing_one_time_constant_leaves_1_over_e_of_the_gap():
    assert server.relax(30.0, 60.0, 45.0, 45.0) == pytest.approx(60 - 30 / math.e)


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0.01, 60), st.floats(0.01, 60))
def test_two_short_steps_equal_one_long(now, target, first_s, second_s):
    halfway = server.relax(now, target, first_s, 45.0)
    twice = server.relax(halfway, target, second_s, 45.0)
    assert_allclose(
        twice, server.relax(now, target, first_s + second_s, 45.0), atol=1e-9
    )


def test_throttled_clock_settles_exactly_at_the_limit():
    """Power at the lower clock, put back into the temperature, gives the limit."""
    clock = server.throttle_frac(85.0, 60.0, 400.0, 63.0, 0.085, 0.0, 2.5, 0.2)
    power_w = 63.0 + (400.0 - 63.0) * clock**2.5

    assert 0.2 < clock < 1.0
    assert server.gpu_c(60.0, power_w, 0.085, 0.0) == pytest.approx(85.0)


@pytest.mark.parametrize(
    ("inlet_c", "clock"),
    [
        pytest.param(30.0, 1.0, id="cool: full clock"),
        pytest.param(80.0, 0.2, id="idle heat alone is too much: the floor"),
    ],
)
def test_throttling_stays_between_floor_and_full(inlet_c, clock):
    found = server.throttle_frac(85.0, inlet_c, 400.0, 63.0, 0.085, 0.0, 2.5, 0.2)
    assert found == pytest.approx(clock)


@given(st.floats(10, 60), st.floats(100, 1000))
def test_leakage_and_temperature_agree_when_settled(inlet_c, gpu_w):
    settled_w = server.settled_gpu_w(gpu_w, inlet_c, 0.05, 2.0, 0.003, 60.0)
    hot_c = server.gpu_c(inlet_c, settled_w, 0.05, 2.0)

    assert_allclose(settled_w, gpu_w * server.leakage_factor(hot_c, 0.003, 60.0))


def test_leakage_that_feeds_itself_without_end_is_infinite():
    # k R P0 = 0.005 * 0.2 * 1000 = 1
    assert server.settled_gpu_w(1000.0, 25.0, 0.2, 0.0, 0.005, 60.0) == math.inf


def test_fan_power_goes_with_the_cube_of_speed():
    # 10 K above 25 C is 1.3 times the speed, 2.197 times the power
    warm = server.fan_power_frac(1.0, 35.0) / server.fan_power_frac(1.0, 25.0)
    assert warm == pytest.approx(1.3**3)
    assert server.fan_power_frac(1.0, 80.0) == pytest.approx(
        1.5**3 * server.fan_share(1.0)
    )


def test_fans_cost_nothing_more_up_to_25_c():
    assert server.fan_extra_w(5000.0, 6500.0, 25.0) == 0.0
    assert server.fan_extra_w(5000.0, 6500.0, 26.0) > 0.0


@pytest.mark.data
def test_fan_share_follows_azures_table(data_dir):
    """The fit's own error, 1.2 points of 9 to 15, is the tolerance."""
    path = data_dir / "cooling_curves" / "azure_server_fan_power.csv"
    with path.open() as lines:
        table = [
            (float(r["server_power_w"]), float(r["fan_fraction"]))
            for r in csv.DictReader(lines)
        ]
    rated_w = max(power for power, _share in table)
    for power_w, share in table:
        assert server.fan_share(power_w / rated_w) == pytest.approx(share, abs=0.012)


def test_air_through_a_dgx_a100_warms_by_its_power():
    # 840 CFM = 0.39644 m3/s; 6500 W / (1206 * 0.39644) = 13.6 K
    flow = server.airflow_m3_s(1.0, 840.0 * M3_S_PER_CFM, 0.4)
    assert flow == pytest.approx(0.39644, rel=1e-4)
    assert server.air_rise_k(6500.0, flow) == pytest.approx(13.595, rel=1e-3)


def test_an_aisle_short_of_air_mixes_its_exhaust_back():
    """A tenth of the air missing: inlet settles where the mix balances."""
    rise_k = server.short_air_k(1.0, 0.9, 13.5)
    supply_c, part = 20.0, 0.1
    inlet_c = supply_c + rise_k
    mixed_c = (1 - part) * supply_c + part * (inlet_c + 13.5)

    assert rise_k == pytest.approx(1.5)
    assert mixed_c == pytest.approx(inlet_c)
    assert server.short_air_k(1.0, 1.0, 13.5) == 0.0
    assert server.short_air_k(1.0, 0.0, 13.5) == math.inf


def test_gpus_of_a_server_spread_evenly_round_the_middle():
    thermal = server_thermal(SERVERS["dgx-a100"])
    places = [thermal.position_k(i, 8) for i in range(8)]

    assert places[0] == -5.0
    assert places[-1] == 5.0
    assert sum(places) == pytest.approx(0.0)
    assert thermal.position_k(0, 1) == 0.0


def test_every_server_has_thermal_data_that_runs_cool_at_25_c():
    """At TDP from 25 C (35 C water for the liquid one) no GPU needs throttling."""
    assert set(THERMAL_FIGURES) == set(SERVERS)
    for key, machine in SERVERS.items():
        thermal = server_thermal(SERVERS[key])
        inlet_c = 35.0 if key == "gb200-nvl72" else 25.0
        hot_c = server.gpu_c(
            inlet_c, machine.gpu.tdp_w.value, thermal.r_k_per_w,
            thermal.position_spread_k,
        )  # fmt: skip
        assert 50.0 < hot_c < thermal.limit_c


def test_thermal_data_that_cannot_be_is_refused():
    values = {k: f.value for k, f in THERMAL_FIGURES["dgx-a100"].items()}
    with pytest.raises(ValueError, match="r_k_per_w must be positive, got 0"):
        ServerThermal(**{**values, "r_k_per_w": 0.0})
    with pytest.raises(ValueError, match=r"clock_floor_frac must be 0 to 1, got 1.5"):
        ServerThermal(**{**values, "clock_floor_frac": 1.5})
    with pytest.raises(ValueError, match="leakage_frac_per_k must not be negative"):
        ServerThermal(**{**values, "leakage_frac_per_k": -0.1})

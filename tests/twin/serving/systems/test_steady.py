"""Constant power over a time: energy, cost and carbon by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.twin.serving.systems.small_ground import small_ground
from twin.serving.systems.steady import mean_carbon_g_per_kwh, steady_outcome


@pytest.mark.parametrize(
    ("time_s", "mean"),
    [
        pytest.param(3600.0, 100.0, id="the first hour"),
        pytest.param(5400.0, 500 / 3, id="an hour and half of the next"),
        pytest.param(7200.0, 200.0, id="both"),
        pytest.param(3 * 3600.0, 500 / 3, id="hours come around again"),
    ],
)
def test_grid_intensity_is_weighted_by_time(time_s, mean):
    assert mean_carbon_g_per_kwh((100.0, 300.0), time_s) == pytest.approx(mean)


@pytest.mark.parametrize(
    ("rent_includes_energy", "usd"),
    [
        pytest.param(True, 64.0, id="rent alone"),
        pytest.param(False, 64.25, id="rent, and energy on top"),
    ],
)
def test_a_kilowatt_for_two_hours(rent_includes_energy, usd):
    ground = replace(small_ground(), rent_includes_energy=rent_includes_energy)
    outcome = steady_outcome(
        ground, system="x", label="X", unit="job", units=1, it_power_w=1000.0,
        time_s=7200.0, gpus=16,
    )  # fmt: skip

    # PUE 1.25: 1.25 kW × 2 h = 2.5 kWh; 16 GPUs × 2 h × 2 $ + 2.5 × 0.1 $
    assert outcome.energy_j == pytest.approx(2.5 * 3.6e6)
    assert outcome.gpu_hours == pytest.approx(32)
    assert outcome.cost_usd == pytest.approx(usd)
    assert outcome.carbon_g == pytest.approx(500)

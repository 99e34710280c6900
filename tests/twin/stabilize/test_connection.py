"""Voltage behind an impedance, against hand calculations and the circuit's law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.stabilize.connection import PointOfConnection, voltage_change_frac

# 1 ohm a phase: R 0.8, X 0.6
GRID = {"nominal_v": 10e3, "short_circuit_va": 100e6, "x_over_r": 0.75}


def test_impedance_is_the_short_circuit_power_split_by_x_over_r():
    assert PointOfConnection(**GRID).impedance_ohm == pytest.approx(0.8 + 0.6j)


@pytest.mark.parametrize(
    ("x_over_r", "power_factor", "power_w", "change"),
    [
        # R P + X Q = 0.0475 V², X P - R Q = 0: u (1 - u) = 0.0475
        pytest.param(0.75, 0.8, 3.8e6, -0.05, id="drop along the voltage"),
        # R = Q = 0, X P = 0.48 V²: u² (1 - u²) = 0.48²
        pytest.param(1e9, 1.0, 48e6, -0.2, id="drop across the voltage"),
        pytest.param(0.75, 0.8, 0.0, 0.0, id="no load"),
        # u (u - 1) = 0.0525
        pytest.param(0.75, 0.8, -4.2e6, 0.05, id="export raises it"),
    ],
)
def test_voltage_change_matches_hand_calculation(
    x_over_r, power_factor, power_w, change
):
    poc = PointOfConnection(**GRID | {"x_over_r": x_over_r}, power_factor=power_factor)

    found = voltage_change_frac(np.array([power_w]), poc)

    assert_allclose(found, [change], atol=1e-8)


def test_source_voltage_stays_what_it_is():
    poc = PointOfConnection(nominal_v=138e3, short_circuit_va=1e9, x_over_r=10.0)
    power_w = np.linspace(0.0, 3.5e8, 36)

    u = 1.0 + voltage_change_frac(power_w, poc)

    power_va = power_w * (1 + 1j * math.tan(math.acos(0.99)))
    current_a = np.conj(power_va) / (math.sqrt(3) * 138e3 * u)
    source_v = 138e3 * u + math.sqrt(3) * poc.impedance_ohm * current_a
    assert_allclose(np.abs(source_v), 138e3)


def test_small_load_changes_it_as_the_screening_formula_says():
    poc = PointOfConnection(**GRID, power_factor=0.95)
    small_w = np.array([1e4])

    found = voltage_change_frac(small_w, poc)

    reactive_var = small_w * math.tan(math.acos(0.95))
    assert_allclose(found, -(0.8 * small_w + 0.6 * reactive_var) / 10e3**2, rtol=1e-3)


def test_screening_formula_misses_three_tenths_of_a_swing_at_a_tenth_of_short_circuit():
    poc = PointOfConnection(nominal_v=138e3, short_circuit_va=1e9, x_over_r=10.0)

    low, high = voltage_change_frac(np.array([0.8e8, 1.0e8]), poc)

    # along (R + X tan) ÷ Z = 0.0995 + 0.9950 · 0.1425 = 0.2413, across 0.9809:
    # u = 0.977012 at 0.08 and 0.969998 at 0.1 of short-circuit power
    assert 0.2413 * 0.2e8 / 1e9 / (low - high) == pytest.approx(0.69, abs=0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nominal_v": 13.8}, "nominal_v must be at least 100.*13.8; kV typed"),
        ({"short_circuit_va": 500.0}, "short_circuit_va must be .*500; MVA typed"),
        ({"short_circuit_va": math.inf}, "short_circuit_va .*got inf"),
        ({"x_over_r": -1.0}, "x_over_r must be 0 or more and finite, got -1"),
        ({"power_factor": 0.0}, "power_factor must be above 0, at most 1, got 0"),
        ({"power_factor": 1.1}, "power_factor .*at most 1, got 1.1"),
        ({"frequency_hz": 16.7}, r"frequency_hz must be one of \(50.0, 60.0\).*16.7"),
        ({"lamp_v": 100}, r"lamp_v must be one of \(120, 230\), got 100"),
    ],
)
def test_impossible_connections_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        PointOfConnection(**GRID | change)


@pytest.mark.parametrize(
    ("power_w", "message"),
    [
        ([1e6, 60e6], "power_w reaches 6e\\+07 W, beyond what 1e\\+08 VA"),
        ([1e6, math.nan], "power_w must be finite"),
    ],
)
def test_powers_that_cannot_be_are_refused(power_w, message):
    with pytest.raises(ValueError, match=message):
        voltage_change_frac(np.array(power_w), PointOfConnection(**GRID))

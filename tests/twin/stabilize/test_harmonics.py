"""Harmonics behind a short-circuit impedance, against figures worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.stabilize.connection import PointOfConnection
from twin.stabilize.harmonics import (
    Harmonics,
    harmonic_voltage_frac,
    interharmonic_frac,
    judge_harmonics,
    total_demand_distortion,
)
from twin.training.waveform import Waveform

# 1 ohm a phase: R 0.8, X 0.6
GRID = PointOfConnection(
    nominal_v=10e3, short_circuit_va=100e6, x_over_r=0.75, power_factor=1.0
)
TWO = Harmonics(order=(5, 7), current_frac=(0.03, 0.02))


def test_demand_distortion_is_the_root_of_squares_over_the_maximum_demand():
    found = total_demand_distortion(TWO, load_w=10e6, demand_w=20e6)

    assert found == pytest.approx(math.sqrt(0.03**2 + 0.02**2) / 2)


def test_harmonic_voltage_is_the_current_times_resistance_and_h_times_reactance():
    found = harmonic_voltage_frac(TWO, GRID, load_w=10e6)

    # sqrt 3 · I1 ÷ V = 0.1 per ohm; |0.8 + 3.0j| = 3.10483, |0.8 + 4.2j| = 4.27551
    assert_allclose(found, [3.10483 * 0.03 * 0.1, 4.27551 * 0.02 * 0.1], rtol=1e-5)


def test_verdict_matches_hand_calculation():
    found = judge_harmonics(TWO, GRID, load_w=10e6)

    assert found.short_circuit_ratio == pytest.approx(10.0)
    assert found.tdd.value_frac == pytest.approx(0.0360555, rel=1e-5)
    assert found.tdd.limit_frac == 0.05
    assert found.tdd.margin_frac == pytest.approx(1 - 0.0360555 / 0.05, rel=1e-5)
    assert (found.current.order, found.current.limit_frac) == (5, 0.04)
    assert found.current.margin_frac == pytest.approx(0.25)
    assert found.thd.value_frac == pytest.approx(0.0126446, rel=1e-4)
    assert found.thd.limit_frac == 0.05
    assert (found.voltage.order, found.voltage.limit_frac) == (5, 0.03)
    assert found.voltage.value_frac == pytest.approx(0.0093145, rel=1e-4)
    assert found.passes


def test_half_the_power_factor_is_twice_the_current():
    poc = PointOfConnection(
        nominal_v=10e3, short_circuit_va=100e6, x_over_r=0.75, power_factor=0.5
    )

    found = judge_harmonics(TWO, poc, load_w=10e6)

    assert found.short_circuit_ratio == pytest.approx(5.0)
    assert found.voltage.value_frac == pytest.approx(2 * 0.0093145, rel=1e-4)


@pytest.mark.parametrize(
    ("nominal_v", "single", "total"),
    [
        (480.0, 0.05, 0.08),
        (1e3, 0.05, 0.08),
        (13.8e3, 0.03, 0.05),
        (69e3, 0.03, 0.05),
        (138e3, 0.015, 0.025),
        (161e3, 0.015, 0.025),
        (345e3, 0.01, 0.015),
    ],
)
def test_voltage_limits_are_those_of_the_class(nominal_v, single, total):
    poc = PointOfConnection(nominal_v=nominal_v, short_circuit_va=1e9, x_over_r=10.0)

    found = judge_harmonics(Harmonics(), poc, load_w=1e7)

    assert (found.voltage.limit_frac, found.thd.limit_frac) == (single, total)


@pytest.mark.parametrize(
    ("nominal_v", "ratio", "tdd"),
    [
        (34.5e3, 19.9, 0.05),
        (34.5e3, 20.1, 0.08),
        (34.5e3, 60.0, 0.12),
        (34.5e3, 500.0, 0.15),
        (34.5e3, 2000.0, 0.20),
        (138e3, 10.0, 0.025),
        (138e3, 30.0, 0.04),
        (138e3, 60.0, 0.06),
        (138e3, 500.0, 0.075),
        (138e3, 2000.0, 0.10),
        (345e3, 24.0, 0.015),
        (345e3, 30.0, 0.025),
        (345e3, 60.0, 0.0375),
    ],
)
def test_demand_distortion_limit_is_that_of_class_and_ratio(nominal_v, ratio, tdd):
    poc = PointOfConnection(
        nominal_v=nominal_v, short_circuit_va=1e10, x_over_r=10.0, power_factor=1.0
    )

    found = judge_harmonics(Harmonics(), poc, load_w=1e10 / ratio)

    assert found.short_circuit_ratio == pytest.approx(ratio)
    assert found.tdd.limit_frac == tdd


@pytest.mark.parametrize(
    ("order", "limit"),
    [
        pytest.param(3, 0.04, id="odd, low"),
        pytest.param(2, 0.02, id="even up to 6: half"),
        pytest.param(6, 0.02, id="6: half"),
        pytest.param(8, 0.04, id="even above 6: whole"),
        pytest.param(11, 0.02, id="11 begins a band"),
        pytest.param(17, 0.015, id="17 begins a band"),
        pytest.param(23, 0.006, id="23 begins a band"),
        pytest.param(35, 0.003, id="35 begins a band"),
        pytest.param(50, 0.003, id="50 is the last"),
    ],
)
def test_limit_of_a_current_harmonic_falls_with_its_order(order, limit):
    one = Harmonics(order=(order,), current_frac=(0.001,))

    assert judge_harmonics(one, GRID, load_w=10e6).current.limit_frac == limit


def test_worst_current_is_the_nearest_to_its_limit_not_the_largest():
    mixed = Harmonics(order=(5, 23), current_frac=(0.03, 0.0066))

    found = judge_harmonics(mixed, GRID, load_w=10e6)

    assert found.current.order == 23
    assert found.current.margin_frac == pytest.approx(-0.1)
    assert not found.current.passes
    assert not found.passes


def test_assumed_supplies_make_less_than_their_class_allows():
    found = judge_harmonics(Harmonics(), GRID, load_w=10e6)

    # per cent squared: 0.09 + 4 + 2.25 + 0.01 + 0.64 + 0.36 + 0.16 + 0.09 + 2 · 0.04
    assert found.tdd.value_frac == pytest.approx(math.sqrt(7.68) / 100)
    assert found.tdd.value_frac < 0.05


def test_swing_of_a_tenth_puts_a_twentieth_in_each_sideband():
    t_s = np.arange(60_000) * 1e-3
    power_w = 1e8 + 1e7 * np.sin(2 * math.pi * 5.0 * t_s)

    found = interharmonic_frac(Waveform(power_w=power_w, sample_s=1e-3))

    assert found.current_frac == pytest.approx(0.05, rel=1e-3)
    assert found.modulation_hz == pytest.approx(5.0)
    assert (found.lower_hz, found.upper_hz) == pytest.approx((55.0, 65.0))


def test_line_between_two_lines_of_the_spectrum_keeps_its_height():
    t_s = np.arange(60_000) * 1e-3
    power_w = 1e8 + 1e7 * np.sin(2 * math.pi * (5.0 + 0.5 / 60) * t_s)

    found = interharmonic_frac(Waveform(power_w=power_w, sample_s=1e-3))

    assert found.current_frac == pytest.approx(0.05, rel=2e-3)


def test_strongest_of_two_swings_is_named():
    t_s = np.arange(60_000) * 1e-3
    slow, fast = (np.sin(2 * math.pi * hertz * t_s) for hertz in (2.0, 20.0))

    found = interharmonic_frac(
        Waveform(power_w=1e8 + 1e6 * slow + 4e6 * fast, sample_s=1e-3),
        frequency_hz=50.0,
    )

    assert found.current_frac == pytest.approx(0.02, rel=1e-3)
    assert (found.lower_hz, found.upper_hz) == pytest.approx((30.0, 70.0))


@pytest.mark.parametrize(
    ("order", "frac", "message"),
    [
        ((5, 7), (0.01,), "as long as each other, got 2 and 1"),
        ((), (), "as long as each other, got 0 and 0"),
        ((5, 5), (0.01, 0.01), "each order once"),
        ((1,), (0.01,), "whole number from 2 to 50, got 1"),
        ((51,), (0.01,), "whole number from 2 to 50, got 51"),
        ((2.5,), (0.01,), "whole number from 2 to 50, got 2.5"),
        ((5,), (2.0,), "order 5 must be 0 to 1, got 2.0; a per cent value"),
        ((5,), (-0.1,), "order 5 must be 0 to 1, got -0.1"),
        ((5,), (math.nan,), "order 5 must be 0 to 1, got nan"),
    ],
)
def test_impossible_spectra_are_refused(order, frac, message):
    with pytest.raises(ValueError, match=message):
        Harmonics(order=order, current_frac=frac)


@pytest.mark.parametrize(
    ("load_w", "demand_w", "message"),
    [
        (0.0, 1e6, "load_w must be above 0 and finite, got 0"),
        (1e6, -1.0, "demand_w must be above 0 and finite, got -1"),
    ],
)
def test_loads_that_are_none_are_refused(load_w, demand_w, message):
    with pytest.raises(ValueError, match=message):
        judge_harmonics(TWO, GRID, load_w=load_w, demand_w=demand_w)


@pytest.mark.parametrize(
    ("power_w", "sample_s", "message"),
    [
        (np.full(1000, 1e6), 1e-3, "at least 1.67 s, got 1 s; lengthen"),
        (np.full(1000, 1e6), 0.01, "samples of 0.01 s do not; 0.00833 s or finer"),
        (np.full(5000, -1.0), 1e-3, "mean power must be above 0, got -1"),
    ],
)
def test_waveforms_without_sidebands_to_find_are_refused(power_w, sample_s, message):
    with pytest.raises(ValueError, match=message):
        interharmonic_frac(Waveform(power_w=power_w, sample_s=sample_s))

"""
The flickermeter against the standard's own test points.

Numbers are IEC 61000-4-15:2010 (edition 2), tables 1, 2 and 5, second-hand: as a
metrology institute's public check of its flickermeter has them. The 8.8 Hz thresholds,
39 changes a minute at 0.894 % and the edition of 2003 stand in other programs too. The
standard asks a meter for 8 % of Pinst and 5 % of Pst; here 2 % and 1 %, 1.5 % at the
low-pass corner.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.stabilize.connection import PointOfConnection
from twin.stabilize.flicker import (
    Flicker,
    flicker,
    instantaneous_flicker,
    long_term,
    planning_levels,
    pst,
)
from twin.training.waveform import Waveform

MS = 1e-3
GRID = PointOfConnection(
    nominal_v=10e3, short_circuit_va=100e6, x_over_r=0.75, power_factor=0.8,
    frequency_hz=50.0, lamp_v=230,
)  # fmt: skip
"""Voltage u of a load P: u (1 - u) = 1.25e-8 P (test_connection.py)."""

SINE = {
    (230, 50.0): {
        0.5: 2.325, 1.0: 1.397, 2.0: 0.879, 3.0: 0.645, 5.0: 0.396, 7.0: 0.280,
        8.8: 0.250, 10.0: 0.261, 12.0: 0.314, 15.0: 0.438, 18.0: 0.590, 20.0: 0.704,
        22.0: 0.828, 25.0: 1.037, 100 / 3: 2.128,
    },
    (120, 60.0): {
        0.5: 2.453, 1.0: 1.465, 2.0: 0.942, 3.0: 0.717, 5.0: 0.466, 7.0: 0.346,
        8.8: 0.321, 10.0: 0.341, 12.0: 0.417, 15.0: 0.592, 18.0: 0.811, 20.0: 0.977,
        22.0: 1.160, 25.0: 1.464, 100 / 3: 2.570, 40.0: 4.393,
    },
}  # fmt: skip
"""Table 1: ΔV/V [%] of a sine that peaks at Pinst 1, by lamp and grid, by frequency."""

RECTANGLE = {
    (230, 50.0): {
        0.5: 0.509, 1.0: 0.467, 2.0: 0.398, 3.0: 0.352, 4.0: 0.332, 5.0: 0.291,
        7.0: 0.216, 8.8: 0.196, 10.0: 0.203, 12.0: 0.245, 15.0: 0.341, 17.0: 0.411,
        18.0: 0.446, 20.0: 0.553, 21.5: 0.592, 22.0: 0.612, 25.0: 0.764,
    },
    (120, 60.0): {
        0.5: 0.598, 1.0: 0.548, 2.0: 0.469, 3.0: 0.419, 4.0: 0.394, 5.0: 0.348,
        7.0: 0.269, 8.8: 0.252, 10.0: 0.266, 12.0: 0.324, 15.0: 0.457, 17.0: 0.575,
        18.0: 0.626, 20.0: 0.746, 21.5: 0.837, 22.0: 0.851, 25.0: 1.088,
    },
}  # fmt: skip
"""Table 2: the same of a rectangle."""

SEVERITY = {
    (230, 50.0): {
        1: 2.715, 2: 2.191, 7: 1.450, 39: 0.894, 110: 0.722, 1620: 0.407, 4000: 2.343,
    },
    (120, 60.0): {
        1: 3.181, 2: 2.564, 7: 1.694, 39: 1.040, 110: 0.844, 1620: 0.548, 4800: 4.837,
    },
    (120, 50.0): {
        1: 3.178, 2: 2.561, 7: 1.694, 39: 1.045, 110: 0.844, 1620: 0.545, 4000: 3.426,
    },
    (230, 60.0): {
        1: 2.719, 2: 2.194, 7: 1.450, 39: 0.895, 110: 0.723, 1620: 0.409, 4800: 3.263,
    },
}  # fmt: skip
"""Table 5: ΔV/V [%] of rectangular changes with Pst 1, by changes per minute."""


def points(table):
    """One case a point: lamp, grid, place, ΔV/V."""
    return [
        pytest.param(lamp_v, grid_hz, place, per_cent / 100.0,
                     id=f"{lamp_v} V {grid_hz:g} Hz at {place:.3g}")
        for (lamp_v, grid_hz), row in table.items()
        for place, per_cent in row.items()
    ]  # fmt: skip


def sine(hertz, seconds, sample_s=MS):
    return np.sin(2 * math.pi * hertz * np.arange(round(seconds / sample_s)) * sample_s)


def rectangle(hertz, seconds, sample_s=MS):
    """Between -1 and 1, each sample the exact mean over its time, as waveforms are."""
    turns = np.arange(round(seconds / sample_s) + 1) * sample_s * hertz % 1.0
    return np.diff(np.minimum(turns, 1.0 - turns)) / (hertz * sample_s)


def sensation(change_frac, lamp_v, grid_hz, sample_s=MS):
    return instantaneous_flicker(
        change_frac, sample_s, lamp_v=lamp_v, frequency_hz=grid_hz
    )


@pytest.mark.parametrize(("lamp_v", "grid_hz", "hertz", "change"), points(SINE))
def test_sine_at_the_threshold_peaks_at_one(lamp_v, grid_hz, hertz, change):
    found = sensation(change / 2 * sine(hertz, 40.0), lamp_v, grid_hz)

    assert found[20_000:].max() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(("lamp_v", "grid_hz", "hertz", "change"), points(RECTANGLE))
def test_rectangle_at_the_threshold_peaks_at_one(lamp_v, grid_hz, hertz, change):
    found = sensation(change / 2 * rectangle(hertz, 40.0), lamp_v, grid_hz)

    assert found[20_000:].max() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("hertz", "change"),
    [(28.0, 0.01383), (30.5, 0.01602), (37.0, 0.01304), (40.0, 0.03451)],
)
def test_finer_samples_close_the_gap_above_25_hz(hertz, change):
    # at 1 ms these read 2 to 4 % low; the rest is the samples', not the filters'
    found = sensation(change / 2 * rectangle(hertz, 40.0, MS / 4), 120, 60.0, MS / 4)

    assert found[80_000:].max() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("lamp_v", "grid_hz", "per_minute", "change"),
                         points(SEVERITY))  # fmt: skip
def test_rectangular_changes_of_the_standard_make_a_severity_of_one(
    lamp_v, grid_hz, per_minute, change
):
    wave = change / 2 * rectangle(per_minute / 120, 660.0)

    found = pst(sensation(wave, lamp_v, grid_hz)[60_000:])

    # 4000 and 4800 lie at the low-pass corner, where 1 ms costs most
    assert found == pytest.approx(1.0, abs=0.015 if per_minute >= 4000 else 0.01)


def test_sampling_just_fine_enough_keeps_the_severity_of_slow_changes():
    sample_s = 1.0 / 420.0
    wave = 0.01040 / 2 * rectangle(39 / 120, 660.0, sample_s)

    found = pst(sensation(wave, 120, 60.0, sample_s)[-252_000:])

    assert found == pytest.approx(1.0, abs=0.01)


def test_twice_the_change_is_twice_the_severity():
    wave = 0.004 * rectangle(1.3, 120.0)

    once, twice = (pst(sensation(k * wave, 120, 60.0)) for k in (1, 2))

    assert twice / once == pytest.approx(2.0, rel=1e-3)


def test_steady_voltage_does_not_flicker_and_does_not_start_up():
    found = sensation(np.full(20_000, -0.03), 230, 50.0)

    # what the low-pass lets through of the carrier itself
    assert found.max() < 2e-4


def test_severity_of_a_steady_sensation_is_its_weights_together():
    # 0.0314 + 0.0525 + 0.0657 + 0.28 + 0.08 = 0.5096
    assert pst(np.full(1000, 4.0)) == pytest.approx(math.sqrt(4.0 * 0.5096))


def test_sensation_for_a_twentieth_of_the_time_counts_in_the_rare_levels_only():
    rare = np.zeros(100_000)
    rare[:5_000] = 1.0

    assert pst(rare) == pytest.approx(math.sqrt(0.0314 + 0.0525 + 0.0657))


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        pytest.param([0.5, 1.0], ((0.125 + 1.0) / 2) ** (1 / 3), id="fewer than 12"),
        pytest.param([1.0] * 11 + [2.0], (19 / 12) ** (1 / 3), id="12"),
        pytest.param([0.0] * 5 + [2.0] * 6 + [0.0] * 9, 4 ** (1 / 3),
                     id="worst 12 of 20"),
    ],
)  # fmt: skip
def test_long_term_severity_is_the_cube_root_mean(severity, expected):
    assert long_term(np.array(severity)) == pytest.approx(expected)


def test_load_whose_drop_is_the_standards_change_flickers_at_one():
    # u = 0.99110 is 0.894 % of the mean below 1: u (1 - u) = 0.0088208
    high_w = 0.0088208 / 1.25e-8
    power_w = high_w / 2 * (1.0 + rectangle(39 / 120, 1200.0))

    found = flicker(Waveform(power_w=power_w, sample_s=MS), GRID)

    assert_allclose(found.pst, [1.0, 1.0], atol=0.01)
    assert found.plt == pytest.approx(1.0, abs=0.01)
    assert (found.block_s, found.plt_blocks, found.is_short) == (600.0, 2, False)


def test_worst_block_is_where_the_load_swings_most():
    swing = np.where(np.arange(1_300_000) < 600_000, 0.1, 1.0)
    power_w = 5e5 + 2e5 * swing * rectangle(1.0, 1300.0)

    found = flicker(Waveform(power_w=power_w, sample_s=MS), GRID)

    assert found.pst.size == 2
    assert found.worst_at_s == 600.0
    assert found.worst_pst == found.pst[1] > 5 * found.pst[0]
    assert found.unused_s == pytest.approx(100.0)


def test_waveform_shorter_than_a_block_says_so():
    power_w = 5e5 + 2e5 * rectangle(1.0, 180.0)

    found = flicker(Waveform(power_w=power_w, sample_s=MS), GRID)

    assert found.is_short
    assert found.block_s == pytest.approx(180.0)
    assert found.plt == found.worst_pst


@pytest.mark.parametrize(
    ("nominal_v", "levels"),
    [(480.0, (1.0, 0.8)), (34.5e3, (0.9, 0.7)), (138e3, (0.8, 0.6))],
)
def test_planning_levels_fall_with_voltage(nominal_v, levels):
    found = planning_levels(nominal_v)

    assert (found.pst, found.plt) == levels


@pytest.mark.parametrize(
    ("seconds", "sample_s", "message"),
    [
        (119.0, MS, "at least 120 s .a Pst is 600 s., got 119 s; lengthen"),
        (200.0, 0.01, r"reaches to 35 Hz, samples of 0.01 s do not; 0.00286 s \(350"),
    ],
)
def test_waveforms_the_meter_cannot_judge_are_refused(seconds, sample_s, message):
    wave = Waveform(power_w=np.full(round(seconds / sample_s), 5e5), sample_s=sample_s)

    with pytest.raises(ValueError, match=message):
        flicker(wave, GRID)


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (np.zeros(0), {}, "at least one sample"),
        (np.array([0.0, math.nan]), {}, "each between -1 and 1"),
        (np.array([0.0, -1.0]), {}, "each between -1 and 1"),
        (np.zeros(9), {"lamp_v": 100}, "lamp_v must be one of .*got 100"),
        (np.zeros(9), {"frequency_hz": 400.0}, "frequency_hz must be one of .*got 400"),
    ],
)
def test_inputs_the_meter_is_not_made_for_are_refused(change, settings, message):
    with pytest.raises(ValueError, match=message):
        instantaneous_flicker(change, MS, **settings)


def test_samples_must_be_finer_on_60_hz():
    with pytest.raises(ValueError, match=r"reaches to 42 Hz.*0.00238 s"):
        instantaneous_flicker(np.zeros(9), 0.0025, lamp_v=120, frequency_hz=60.0)


def test_the_record_is_frozen():
    found = Flicker(pst=np.ones(1), block_s=600.0, plt=1.0, plt_blocks=1, unused_s=0.0)

    with pytest.raises(AttributeError):
        found.plt = 0.0

"""UPS and gensets against their own equations, solved on paper or by another way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.stabilize.upstream import (
    GENSET_CLASSES,
    Generator,
    UpsFilter,
    islanded,
    judge_genset,
    ups_input,
)
from twin.training.waveform import Waveform

RATED_W = 1e6
LOSSLESS = {"fixed_frac": 0.0, "linear_frac": 0.0, "quadratic_frac": 0.0}
SET = Generator(rated_va=1e6, power_factor=0.8)


def ups_gain(ups, frequency_hz):
    """Gain of a mass-spring-damper: 1 ÷ |1 - r² + 2 i d r|; a bypass passes all."""
    ratio = frequency_hz / ups.natural_hz
    gain = 1.0 / np.hypot(1.0 - ratio**2, 2.0 * ups.damping * ratio)
    return np.ones_like(gain) if ups.eco else gain


def wave(power_w, sample_s=1e-3):
    return Waveform(power_w=np.asarray(power_w, dtype=np.float64), sample_s=sample_s)


def step(before_w, after_w, *, seconds=20.0, at_s=1.0, sample_s=1e-3):
    power = np.full(round(seconds / sample_s), float(before_w))
    power[round(at_s / sample_s) :] = after_w
    return wave(power, sample_s)


def height_at(values, hertz, sample_s):
    """Amplitude of one frequency in the second half, a whole number of periods."""
    half = values[values.size // 2 :]
    periods = math.floor(half.size * sample_s * hertz)
    count = round(periods / hertz / sample_s)
    half = half[:count] - half[:count].mean()
    turn = 2j * math.pi * hertz * np.arange(count) * sample_s
    return 2 * abs((half * np.exp(-turn)).mean())


def sine(hertz, *, mean_w=6e5, height_w=1e5, seconds=40.0, sample_s=1e-3):
    t = np.arange(round(seconds / sample_s)) * sample_s
    return wave(mean_w + height_w * np.sin(2 * math.pi * hertz * t), sample_s)


# --- UPS ------------------------------------------------------------------------------


@pytest.mark.parametrize("damping", [0.2, 0.5, math.sqrt(0.5), 1.5])
@pytest.mark.parametrize("hertz", [1.0, 4.0, 10.0, 25.0])
def test_a_sine_comes_through_as_the_gain_curve_says(damping, hertz):
    ups = UpsFilter(rated_w=RATED_W, damping=damping, **LOSSLESS)
    found = ups_input(sine(hertz), ups)
    gain = height_at(found.wave.power_w, hertz, 1e-3) / 1e5

    # samples are held for 1 ms, and averaged over 1 ms
    by_hand = ups_gain(ups, np.array([hertz]))[0] * np.sinc(hertz * 1e-3) ** 2
    assert gain == pytest.approx(by_hand, rel=1e-4)


@pytest.mark.parametrize("damping", [0.1, 0.5, math.sqrt(0.5), 2.0])
def test_the_bandwidth_is_where_71_per_cent_pass(damping):
    ups = UpsFilter(rated_w=RATED_W, bandwidth_hz=7.0, damping=damping)

    assert_allclose(ups_gain(ups, np.array([0.0, 7.0])), [1.0, math.sqrt(0.5)])


def test_little_damping_makes_swings_larger():
    """Damping 0.3: 1 ÷ (2 · 0.3 · √(1 - 0.09)) = 1.747 at √(1 - 0.18) of natural."""
    ups = UpsFilter(rated_w=RATED_W, damping=0.3)
    hertz = np.geomspace(0.01, 100, 20_001)
    gain = ups_gain(ups, hertz)

    assert ups.peak_gain == pytest.approx(1.7471, abs=1e-4)
    assert ups.peak_hz == pytest.approx(ups.natural_hz * math.sqrt(0.82))
    assert gain.max() == pytest.approx(ups.peak_gain, rel=1e-6)
    assert hertz[gain.argmax()] == pytest.approx(ups.peak_hz, rel=1e-3)
    assert hertz[gain > 1].max() == pytest.approx(ups.amplifies_below_hz, rel=1e-3)


@pytest.mark.parametrize("ups", [
    UpsFilter(rated_w=RATED_W), UpsFilter(rated_w=RATED_W, damping=1.2),
    UpsFilter(rated_w=RATED_W, damping=0.1, eco=True),
], ids=["critical", "slow", "eco"])  # fmt: skip
def test_enough_damping_or_a_bypass_makes_none_larger(ups):
    assert ups.peak_gain == 1.0
    assert math.isnan(ups.peak_hz)
    assert ups.amplifies_below_hz == 0.0
    assert ups_gain(ups, np.geomspace(0.01, 100, 1000)).max() <= 1.0 + 1e-12


def test_a_steady_load_stays_steady_and_costs_the_catalogues_loss():
    """Half load: 0.011 + 0.0087 · 0.5 + 0.022 · 0.25 = 0.02085 of the rating."""
    found = ups_input(wave(np.full(5000, 5e5)), UpsFilter(rated_w=RATED_W))

    assert_allclose(found.wave.power_w, 520_850.0)
    assert found.lost_j == pytest.approx(20_850.0 * 5)
    assert_allclose(found.link_j, 0.0, atol=1e-6)


def test_a_step_borrows_two_damping_over_the_natural_frequency():
    """Critically damped at 10 Hz natural: 2 · 100 kW ÷ (2π · 10 Hz) = 3183 J."""
    ups = UpsFilter(
        rated_w=RATED_W, damping=1.0, **LOSSLESS,
        bandwidth_hz=10.0 * math.sqrt(math.sqrt(2.0) - 1.0),
    )  # fmt: skip
    found = ups_input(step(5e5, 6e5), ups)

    assert ups.natural_hz == pytest.approx(10.0)
    assert found.gained_j == pytest.approx(-3183.1, abs=0.1)
    assert found.borrowed_j == pytest.approx(3183.1, abs=0.1)


def test_eco_mode_passes_everything_at_once():
    load = step(5e5, 6e5)
    found = ups_input(load, UpsFilter(rated_w=RATED_W, eco=True, fixed_frac=0.01,
                                      linear_frac=0.0, quadratic_frac=0.0))  # fmt: skip

    assert_allclose(found.wave.power_w, load.power_w + 1e4)
    assert (found.borrowed_j, found.gained_j) == (0.0, 0.0)
    assert found.lost_j == pytest.approx(1e4 * 20)


def test_a_rectifier_cannot_feed_back_and_the_answer_says_so():
    ups = UpsFilter(rated_w=RATED_W, damping=0.1, **LOSSLESS)

    assert ups_input(step(1e6, 1e5), ups).feeds_back
    assert not ups_input(step(1e6, 9e5), ups).feeds_back


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.0, 1.1), min_size=3, max_size=60), st.floats(0.2, 200.0),
    st.floats(0.05, 3.0), st.floats(1e-4, 0.2), st.booleans(),
)  # fmt: skip
def test_input_is_load_and_loss_and_what_the_link_gained(
    levels, bandwidth, damping, sample_s, eco
):
    load = wave(np.repeat(levels, 7) * RATED_W, sample_s)
    ups = UpsFilter(rated_w=RATED_W, bandwidth_hz=bandwidth, damping=damping, eco=eco)
    found = ups_input(load, ups)

    assert_allclose(
        found.wave.energy_j, load.energy_j + found.lost_j + found.gained_j, rtol=1e-9
    )
    assert found.lost_j >= 0.011 * RATED_W * load.horizon_s * (1 - 1e-12)
    assert found.borrowed_j >= abs(found.gained_j) * (1 - 1e-12)


# --- gensets --------------------------------------------------------------------------


def test_droop_is_what_the_governor_says():
    """A fifth of 0.8 MW at 5 % droop: 0.2 · 0.05 · 60 Hz = 0.6 Hz lower."""
    found = islanded(step(4e5, 5.6e5, seconds=60.0), SET)

    assert found.frequency_hz[999] == pytest.approx(60.0)
    assert found.frequency_hz[-1] == pytest.approx(59.4, abs=1e-4)


def test_load_relief_helps_the_droop():
    """1 ÷ (1 ÷ 0.05 + 2) = 0.04545 of nominal for all of the rating."""
    island = Generator(rated_va=1e6, damping_frac=2.0)
    found = islanded(step(4e5, 5.6e5, seconds=60.0), island)

    assert found.frequency_hz[-1] == pytest.approx(60 * (1 - 0.2 / 22), abs=1e-4)


@pytest.mark.parametrize("change_w", [1.6e5, -1.6e5])
def test_frequency_begins_to_move_by_power_over_twice_the_inertia(change_w):
    """160 kW · 60 Hz ÷ (2 · 1 s · 1 MVA) = 4.8 Hz/s."""
    found = islanded(step(4e5, 4e5 + change_w), SET)

    assert found.rocof_hz_per_s == pytest.approx(-4.8 * np.sign(change_w))
    assert found.rocof_at_s == pytest.approx(1.0)
    # the first milliseconds go straight down, before the engine answers
    moved_hz = found.frequency_hz[1001] - 60.0
    assert moved_hz == pytest.approx(-4.8e-3 * 2 * np.sign(change_w), rel=0.01)


@pytest.mark.parametrize("hertz", [0.1, 0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("damping", [0.0, 2.0])
def test_a_swinging_load_is_answered_as_the_transfer_function_says(hertz, damping):
    island = Generator(rated_va=1e6, damping_frac=damping)
    found = islanded(sine(hertz, mean_w=4e5, height_w=2e4), island)
    height_hz = height_at(found.frequency_hz, hertz, 1e-3)

    assert found.fuel_limited_frac == 0.0
    s, pf = 2j * math.pi * hertz, island.power_factor
    engine = pf / island.droop_frac * (1 + s * island.lead_s) / (
        (1 + s * island.governor_s) * (1 + s * island.engine_s)
    )  # fmt: skip
    pu = 1 / (2 * island.inertia_s * s + island.damping_frac * pf + engine)
    by_hand = 2e4 * abs(pu) * island.nominal_hz / island.rated_va
    assert height_hz == pytest.approx(by_hand, rel=1e-3)


def test_a_turbocharger_makes_a_large_step_worse():
    """The same by small Euler steps of the equations as they are written."""
    load = step(8e4, 7.2e5, seconds=8.0)
    found = islanded(load, SET)
    free = islanded(load, Generator(rated_va=1e6, step_frac=math.inf, most_frac=1.5))

    lowest = _euler_lowest_hz(SET, 8e4, 7.2e5)
    assert found.fuel_limited_frac > 0.05
    assert found.lowest_hz == pytest.approx(lowest, abs=0.02)
    assert found.lowest_hz < free.lowest_hz - 0.5


def _euler_lowest_hz(island, before_w, after_w):
    f, g, m = 0.0, 0.0, before_w / island.rated_va
    boost, point, lowest, small_s = m, m, 0.0, 1e-4
    pf = island.power_factor
    for k in range(80_000):
        load = (after_w if k * small_s >= 1.0 else before_w) / island.rated_va
        error = -f * pf / island.droop_frac
        lead = island.lead_s / island.governor_s
        fuel = point + g * (1 - lead) + error * lead
        fuel = max(0.0, min(fuel, pf * island.most_frac, boost + pf * island.step_frac))
        df = (m - load) / (2 * island.inertia_s)
        dg = (error - g) / island.governor_s
        dm = (fuel - m) / island.engine_s
        boost += (m - boost) / island.turbo_s * small_s
        f, g, m = f + df * small_s, g + dg * small_s, m + dm * small_s
        lowest = min(lowest, f)
    return 60.0 * (1 + lowest)


def test_overload_is_counted_in_time_and_height():
    found = islanded(step(4e5, 8.4e5, seconds=5.0), SET)

    assert found.load_frac == pytest.approx(1.05)
    assert found.overload_s == pytest.approx(4.0)


def test_mean_rate_over_half_a_second():
    """Nothing answers within 500 ms of an engine this slow: 4.8 Hz/s all the way."""
    heavy = Generator(
        rated_va=1e6, engine_s=500.0, governor_s=0.05, lead_s=0.0, droop_frac=0.9,
        inertia_s=60.0, damping_frac=5.0,
    )  # fmt: skip
    found = islanded(step(4e5, 5.6e5, seconds=5.0), heavy)

    assert found.rocof_500ms_hz_per_s == pytest.approx(4.8 / 60, rel=0.05)
    assert found.rocof_hz_per_s == pytest.approx(-4.8 / 60)
    assert math.isnan(islanded(step(4e5, 5e5, seconds=0.3), heavy).rocof_500ms_hz_per_s)


def test_a_class_is_held_against_fall_and_rise():
    """A fall of 3.6 Hz is 6 %: inside the 7 % of G3, with a seventh to spare."""
    found = islanded(step(4e5, 5.6e5), SET)
    classes = {c.key: c for c in GENSET_CLASSES}
    verdict = judge_genset(found, SET, classes["G3"])
    by_hand = (60.0 - found.lowest_hz) / 60.0

    assert verdict.fall_frac == pytest.approx(by_hand)
    assert verdict.margin_frac == pytest.approx(1 - by_hand / 0.07)
    assert verdict.passes
    assert verdict.rise_frac == 0.0
    assert verdict.steady
    all_off = islanded(step(8e5, 0.0), SET)
    assert judge_genset(all_off, SET, classes["G1"]).rise_frac > 0.05
    limits = [(c.fall_frac, c.rise_frac, c.band_frac) for c in GENSET_CLASSES]
    assert limits == sorted(limits, reverse=True)


# --- bad input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"rated_w": 0.0}, "rated_w must be above 0"),
        ({"bandwidth_hz": math.inf}, "bandwidth_hz"),
        ({"damping": -0.1}, "got -0.1"),
        ({"fixed_frac": 1.1}, "divided by 100"),
        ({"quadratic_frac": -0.1}, "quadratic_frac"),
    ],
)
def test_a_ups_without_sense_is_refused(wrong, match):
    with pytest.raises(ValueError, match=match):
        UpsFilter(**({"rated_w": RATED_W} | wrong))


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"rated_va": -1.0}, "rated_va"),
        ({"inertia_s": 0.0}, "inertia_s must be above 0"),
        ({"power_factor": 1.2}, "power_factor"),
        ({"droop_frac": 5.0}, "divided by 100"),
        ({"step_frac": 0.0}, "step_frac"),
        ({"most_frac": 0.9}, "most_frac"),
        ({"lead_s": -0.1}, "lead_s"),
        (
            {"lead_s": 0.0, "droop_frac": 0.0159},
            "raise droop_frac, inertia_s or lead_s",
        ),
    ],
)
def test_gensets_without_sense_are_refused(wrong, match):
    with pytest.raises(ValueError, match=match):
        Generator(**({"rated_va": 1e6} | wrong))


def test_the_edge_of_stability_is_rouths():
    """2 s (1 + 0.05 s)(1 + 0.2 s) + 0.8 ÷ R swings for ever at R = 0.016."""
    assert Generator(rated_va=1e6, lead_s=0.0, droop_frac=0.0161).droop_frac == 0.0161

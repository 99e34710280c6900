"""What a record says about what follows it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import ScenarioError
from twin.tracking.gather import gather, total_w
from twin.tracking.given import expect_given, learn_use, range_given_w
from twin.tracking.judge import busy_period, halves, judge_half, judge_half_given
from twin.tracking.settled import expect, settle, startup_readings
from twin.training.recorded import Trace


def steady(seed, n, level=5000.0, noise=50.0):
    return level + np.random.default_rng(seed).normal(0.0, noise, n)


def seconds(power):
    return np.arange(power.size) * 1.0


# --- start-up -------------------------------------------------------------------------


def test_a_startup_is_cut_off_where_it_ends():
    power = steady(1, 400)
    power[:60] = 2500.0

    settled = settle(seconds(power), power)

    assert 60 <= settled.cut_s <= 66
    assert not settled.settling


def test_a_steady_record_loses_little():
    cuts = [startup_readings(steady(seed, 400)) for seed in range(50)]

    # the rule's minimum is flat: what it cuts of noise is chance
    assert np.median(cuts) <= 40


def test_a_record_that_still_rises_says_so():
    power = steady(1, 400) + np.linspace(-3000.0, 0.0, 400)

    settled = settle(seconds(power), power)

    assert settled.settling
    assert "still settling" in settled.warnings[0]


def test_a_dip_that_comes_back_is_not_a_startup():
    power = steady(1, 600)
    for at in (100, 300, 500):
        power[at : at + 20] = 2000.0

    settled = settle(seconds(power), power)

    # three of three dips stay: 60 of 600 readings at 2000 W
    assert settled.power_w.mean() == pytest.approx(4700.0, rel=0.01)


@given(
    level=st.floats(10.0, 1e6), scale=st.floats(1e-3, 1e3), seed=st.integers(0, 10_000)
)
@settings(max_examples=40, deadline=None)
def test_the_cut_does_not_depend_on_the_unit(level, scale, seed):
    power = steady(seed, 100, level, 0.05 * level)

    assert startup_readings(power * scale) == startup_readings(power)


# --- ranges ---------------------------------------------------------------------------


def test_ranges_of_steady_noise_hold_nine_in_ten():
    held = {"reading": [], "mean": 0, "p95": 0}
    for seed in range(200):
        power = steady(seed, 800)
        said = expect(settle(seconds(power)[:400], power[:400]), horizon_s=400.0)
        came = power[400:]
        low, high = said.range_w
        held["reading"].append(np.mean((came >= low) & (came <= high)))
        held["mean"] += said.mean_range_w[0] <= came.mean() <= said.mean_range_w[1]
        p95 = np.percentile(came, 95.0)
        held["p95"] += said.p95_range_w[0] <= p95 <= said.p95_range_w[1]

    assert np.mean(held["reading"]) == pytest.approx(0.9, abs=0.03)
    # wander is estimated at zero or more, never less: ranges are a little wide
    assert 0.85 <= held["mean"] / 200 <= 0.99
    assert 0.85 <= held["p95"] / 200 <= 0.99


def test_a_level_that_wanders_widens_the_range():
    rng = np.random.default_rng(1)
    held = []
    for _ in range(100):
        level = np.cumsum(rng.normal(0.0, 5.0, 800))
        power = 5000.0 + level + rng.normal(0.0, 20.0, 800)
        said = expect(settle(seconds(power)[:400], power[:400]), horizon_s=400.0)
        held.append(said.mean_range_w[0] <= power[400:].mean() <= said.mean_range_w[1])

    # a start-up is cut from a wander too, which the range does not count
    assert 0.65 <= np.mean(held) <= 0.99


def test_a_longer_horizon_is_known_no_better():
    power = 5000.0 + np.cumsum(np.random.default_rng(3).normal(0.0, 5.0, 800))
    settled = settle(seconds(power), power)
    widths = [
        np.diff(expect(settled, horizon_s=horizon_s).range_w)[0]
        for horizon_s in (10.0, 100.0, 1000.0)
    ]

    assert widths[0] < widths[1] < widths[2]


def test_a_few_readings_are_refused():
    with pytest.raises(ScenarioError, match="got 5"):
        settle(np.arange(5.0), np.ones(5))


# --- protocol -------------------------------------------------------------------------


def test_the_busy_period_is_between_rest_and_rest():
    power = np.concatenate(
        [np.full(50, 1000.0), np.full(100, 5000.0), np.full(30, 900)]
    )

    assert busy_period(seconds(power), power) == (50.0, 149.0)


def test_halves_are_of_time_not_of_readings():
    t = np.concatenate([np.arange(0.0, 50.0), np.arange(50.0, 100.0, 5.0)])

    first, second = halves(t, (0.0, 99.0))

    assert (first.sum(), second.sum()) == (50, 10)


def test_the_second_half_does_not_reach_the_prediction():
    power = steady(1, 400)
    other = power.copy()
    other[200:] *= 0.7
    period = (0.0, 399.0)

    one, two = (judge_half(seconds(p), p, period_s=period) for p in (power, other))

    assert one.mean_expected_w == two.mean_expected_w
    assert one.p95_expected_w == two.p95_expected_w
    assert two.mean_expected_w / two.mean_w == pytest.approx(1.0 / 0.7, abs=0.01)


# --- given use ------------------------------------------------------------------------


def used(seed, n=2000):
    rng = np.random.default_rng(seed)
    use = rng.uniform(0.0, 1.0, n)
    return use, 60.0 + 290.0 * use + rng.normal(0.0, 15.0, n)


def test_power_given_use_comes_back():
    use, power = used(1)

    model = learn_use(power, use)

    assert model.idle_w == pytest.approx(60.0, abs=3.0)
    assert model.swing_w == pytest.approx(290.0, abs=5.0)


def test_a_change_of_use_is_followed():
    use, power = used(1)
    heavy = np.full(500, 0.9)
    said = expect_given(learn_use(power, use), heavy)

    assert said.mean_w == pytest.approx(60.0 + 290.0 * 0.9, abs=3.0)
    # the scatter's own 95th percentile is above it: 1.645 × 15 W
    assert said.p95_w == pytest.approx(321.0 + 24.7, abs=4.0)


def test_nine_in_ten_readings_lie_in_the_range_at_their_use():
    use, power = used(1)
    more, came = used(2)
    low, high = range_given_w(learn_use(power, use), more)

    assert np.mean((came >= low) & (came <= high)) == pytest.approx(0.9, abs=0.03)


def test_missing_use_stays_missing():
    use, power = used(1)

    mean = learn_use(power, use).mean_w(np.array([0.5, np.nan]))

    assert np.isfinite(mean).tolist() == [True, False]


def test_use_that_does_not_move_is_refused():
    _, power = used(1)

    with pytest.raises(ScenarioError, match="must span"):
        learn_use(power, np.full(2000, 0.5))


def test_use_given_beats_nothing_given_where_use_changes():
    use, _ = used(1, 4000)
    use[2000:] = 0.5 + 0.5 * use[2000:]
    power = 60.0 + 290.0 * use
    t = np.arange(4000) * 3600.0

    told = judge_half_given(t, power, use)
    blind = judge_half(t, power, period_s=(0.0, float(t[-1])))

    assert told.mean_expected_w == pytest.approx(told.mean_w, rel=0.01)
    # 205 W expected, 277.5 W came
    assert blind.mean_expected_w / blind.mean_w == pytest.approx(
        205.0 / 277.5, abs=0.02
    )


# --- gathering ------------------------------------------------------------------------


def test_a_silent_meter_is_given_the_others_mean_and_all_silent_is_missing():
    t = np.arange(0.0, 400.0, 2.0)
    holed = (t < 100.0) | (t >= 150.0)
    short = (t < 100.0) | (t >= 130.0)
    nodes = [
        Trace(t_s=t[holed], power_w=np.full(holed.sum(), 1000.0), gaps_allowed=True),
        Trace(t_s=t[short], power_w=np.full(short.sum(), 3000.0), gaps_allowed=True),
    ]

    grid = gather(nodes)
    total = total_w(grid[1:])

    assert total[grid[0] == 50.0] == pytest.approx(4000.0)
    assert np.isnan(total[grid[0] == 110.0]).all()
    assert total[grid[0] == 140.0] == pytest.approx(6000.0)


def test_meters_without_time_in_common_are_refused():
    early = Trace(t_s=np.arange(20.0), power_w=np.ones(20))
    late = Trace(t_s=np.arange(50.0, 70.0), power_w=np.ones(20))

    with pytest.raises(ScenarioError, match="time in common"):
        gather([early, late])

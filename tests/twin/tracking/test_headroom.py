"""Forecasts: what repeats comes back, ranges hold, limits are seen coming."""

from __future__ import annotations

import math

import numpy as np
import pytest

from twin.errors import ScenarioError
from twin.tracking.backtest import backtest
from twin.tracking.headroom import forecast_headroom
from twin.tracking.seasons import DAY_S, WEEK_S

HOUR = 3600.0


def office(weeks, seed=1, noise=10.0, trend_w_per_day=0.0):
    """A load with a day of 200 W of swing and idle weekends."""
    hours = np.arange(weeks * 168)
    day = 200.0 * np.sin(2 * np.pi * (hours % 24) / 24.0)
    weekend = -150.0 * ((hours // 24) % 7 >= 5)
    rising = trend_w_per_day * hours / 24.0
    return (
        1000.0 + day + weekend + rising
        + np.random.default_rng(seed).normal(0.0, noise, hours.size)
    )  # fmt: skip


def ahead(power, horizon_s, **more):
    return forecast_headroom(
        power, step_s=HOUR, end_s=power.size * HOUR, horizon_s=horizon_s, **more
    )


def test_day_and_week_come_back():
    whole = office(13)
    said = ahead(whole[: 12 * 168], WEEK_S)
    came = whole[12 * 168 :]

    assert (said.model, said.season) == ("seasonal", "week")
    # noise of 10 W, and a profile of twelve noisy weeks that is drawn in by 2 in 14
    assert np.abs(said.mean_w - came).mean() < 25.0
    assert np.mean((came >= said.low_w) & (came <= said.high_w)) > 0.8


def test_a_trend_is_followed_where_it_is_clear_and_not_where_it_is_chance():
    rising = ahead(office(16, trend_w_per_day=5.0), WEEK_S)
    flat = [ahead(office(16, seed=seed), WEEK_S) for seed in range(10)]

    assert rising.trend_w_per_day == pytest.approx(5.0, rel=0.05)
    assert sum(one.trend_w_per_day != 0.0 for one in flat) <= 1


@pytest.mark.parametrize(
    ("hours", "model", "season"),
    [
        pytest.param(100, "naive", "none", id="four days"),
        pytest.param(24 * 8, "seasonal", "day", id="eight days"),
        pytest.param(24 * 43, "seasonal", "week", id="six weeks"),
    ],
)
def test_the_model_is_as_large_as_the_history(hours, model, season):
    said = ahead(office(8)[:hours], DAY_S)

    assert (said.model, said.season) == (model, season)


def test_little_history_gives_wide_ranges_and_says_so():
    power = office(8)
    naive, whole = ahead(power[:100], DAY_S), ahead(power, DAY_S)

    width = [np.mean(one.high_w - one.low_w) for one in (naive, whole)]
    assert width[0] > 3.0 * width[1]
    assert "the last level is held" in naive.warnings[0]


def test_less_than_twice_the_horizon_is_refused():
    with pytest.raises(ScenarioError, match="twice the horizon") as refused:
        ahead(office(1)[:40], DAY_S)

    assert refused.value.field == "node.history"


def test_a_history_without_a_reading_is_said_to_be_none():
    with pytest.raises(ScenarioError, match="reading in the last day") as refused:
        ahead(np.zeros(0), DAY_S)

    assert refused.value.value == "none"


def test_a_silent_last_day_is_refused_and_a_silent_hour_is_bridged():
    power = office(8)
    silent = power.copy()
    silent[-30:] = np.nan
    with pytest.raises(ScenarioError, match="reading in the last day"):
        ahead(silent, DAY_S)

    late = power.copy()
    late[-2:] = np.nan
    said = ahead(late, DAY_S)
    assert said.t_s.size == 24
    assert "last 2 steps" in said.warnings[0]


@pytest.mark.parametrize("seed", range(3))
def test_ranges_hold_nine_in_ten(seed):
    rng = np.random.default_rng(seed)
    slow = np.zeros(168 * 26)
    for k in range(1, slow.size):
        slow[k] = 0.95 * slow[k - 1] + rng.normal(0.0, 30.0)
    power = office(26, seed=seed) + slow + 500.0

    tried = backtest(
        power, step_s=HOUR, end_s=power.size * HOUR, horizon_s=DAY_S, origins=100
    )

    assert 0.80 <= tried.covered_frac <= 0.97
    assert tried.peak_above_frac <= 0.12
    assert abs(tried.bias_w) < 25.0


def test_a_limit_far_above_is_never_passed_and_one_below_at_once():
    power = office(8)
    far, near = (ahead(power, DAY_S, limit_w=limit) for limit in (5000.0, 500.0))

    assert (far.passed_frac, near.passed_frac) == (0.0, 1.0)
    assert math.isnan(far.passed_s)
    assert near.passed_s == near.t_s[0]
    assert far.headroom_w == pytest.approx(5000.0 - far.peak_range_w[1])
    assert near.headroom_w < 0.0


def test_the_hour_of_passing_is_the_hour_of_the_days_peak():
    power = office(8, noise=2.0)
    # from midnight the day passes 1,150 W where 200 sin = 150: after 3.24 h
    said = ahead(power, DAY_S, limit_w=1150.0)

    hours = (said.passed_s - power.size * HOUR) / HOUR
    assert said.passed_frac > 0.95
    assert 3.0 <= hours <= 6.0


def test_the_chance_of_passing_falls_with_the_limit():
    power = office(8, noise=40.0)
    chances = [
        ahead(power, DAY_S, limit_w=limit).passed_frac
        for limit in (1150.0, 1220.0, 1260.0, 1300.0, 1400.0)
    ]

    assert chances == sorted(chances, reverse=True)
    assert 0.0 < chances[2] < 1.0


def test_the_peak_is_no_less_than_the_highest_expected_hour():
    said = ahead(office(8), DAY_S)

    assert said.peak_range_w[0] <= said.peak_w <= said.peak_range_w[1]
    assert said.peak_w >= said.mean_w.max() - 1e-6


@pytest.mark.data
@pytest.mark.parametrize("horizon_s", [DAY_S, WEEK_S], ids=["a day", "a week"])
@pytest.mark.parametrize("gpu", ["cbsugpu05", "cbsugpu08"])
def test_ranges_hold_on_measured_hours(data_dir, gpu, horizon_s):
    from cli.validation.tracking import traces

    trace = next(t for t in traces(data_dir) if t.name == f"biohpc.{gpu}")
    hour = np.round(trace.t_s / HOUR).astype(int)
    power = np.full(hour[-1] - hour[0] + 1, np.nan)
    power[hour - hour[0]] = trace.power_w

    tried = backtest(
        power, step_s=HOUR, end_s=(hour[-1] + 1.0) * HOUR, horizon_s=horizon_s,
        origins=120,
    )  # fmt: skip

    assert tried.origins > 80
    assert 0.80 <= tried.covered_frac <= 0.97
    assert tried.peak_above_frac <= 0.10


def test_a_power_that_never_moves_goes_on():
    said = ahead(np.full(24 * 10, 5000.0), DAY_S)

    assert said.mean_w == pytest.approx([5000.0] * 24)
    assert said.peak_range_w == pytest.approx((5000.0, 5000.0))

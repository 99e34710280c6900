"""Arrivals have the rate, the burstiness, the mix and the times they were asked for."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.twin.rows import request_class
from twin.errors import ScenarioError
from twin.load import find_rate
from twin.scenario import parse_scenario
from twin.scenario.workload import (
    DiurnalArrivals,
    RateArrivals,
    RequestArrivals,
    RequestClass,
    TokenRange,
    Workload,
)
from twin.serving.traffic import (
    RecordedRates,
    RecordedRequests,
    Recordings,
    arrivals_between,
    build_traffic,
    peak_part,
    rate_shape,
)
from twin.simulate import compile_scenario, simulate, uncontrolled

MONDAY = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
DAY_S = 86_400.0
FLAT = DiurnalArrivals(swing_frac=0, noise_frac=0, weekend_frac=1)


def traffic_of(arrivals=FLAT, *, days=1.0, seed=3, classes=None, **given):
    workload = {"arrivals": arrivals}
    if classes is not None:
        workload["classes"] = classes
    return build_traffic(
        Workload(**workload), low_priority_frac=given.get("low_frac", 0.5),
        horizon_s=days * DAY_S, start=given.get("start", MONDAY),
        time_zone_offset_s=given.get("offset_s", 0.0), seed=seed,
        recordings=given.get("recordings", Recordings.none()),
    )  # fmt: skip


def whole(traffic, rate_rps, *, edges_s=None):
    """All arrivals, joined over the given chunks."""
    edges_s = [0.0, traffic.horizon_s] if edges_s is None else edges_s
    chunks = list(
        arrivals_between(traffic, rate_rps=rate_rps, edges_s=np.array(edges_s))
    )
    return [np.concatenate(column) for column in zip(*chunks, strict=True)]


# --- rate and burstiness --------------------------------------------------------------


@pytest.mark.parametrize(
    "arrivals",
    [pytest.param(FLAT, id="flat"), pytest.param(DiurnalArrivals(), id="daily")],
)
def test_the_mean_rate_is_the_one_asked_for(arrivals):
    at_s = whole(traffic_of(arrivals), 2.0)[0]

    # 172,800 arrivals; four standard deviations of a Poisson count are 1 %
    assert at_s.size == pytest.approx(2.0 * DAY_S, rel=0.01)
    assert at_s.min() >= 0
    assert at_s.max() < DAY_S
    assert np.all(np.diff(at_s) >= 0)


@pytest.mark.parametrize("cv", [0.4, 1.0, 2.0, 3.5])
def test_gaps_between_arrivals_vary_as_asked(cv):
    arrivals = DiurnalArrivals(swing_frac=0, noise_frac=0, weekend_frac=1, burst_cv=cv)

    gaps_s = np.diff(whole(traffic_of(arrivals), 2.0)[0])

    assert gaps_s.mean() == pytest.approx(0.5, rel=0.03)
    assert gaps_s.std() / gaps_s.mean() == pytest.approx(cv, rel=0.04)


def test_with_variation_one_counts_are_poisson_and_gaps_exponential():
    at_s = whole(traffic_of(FLAT), 2.0)[0]
    per_minute = np.bincount((at_s // 60).astype(int), minlength=1440)
    gaps_s = np.diff(at_s)

    # variance over mean of 1440 counts: standard error sqrt(2 / 1440) = 0.037
    assert per_minute.var() / per_minute.mean() == pytest.approx(1.0, abs=0.15)
    # share of gaps longer than the mean: exp(-1); longer than three means: exp(-3)
    assert (gaps_s > 0.5).mean() == pytest.approx(np.exp(-1), abs=0.005)
    assert (gaps_s > 1.5).mean() == pytest.approx(np.exp(-3), abs=0.003)


def test_more_load_moves_the_same_requests_closer_together():
    slow, fast = (whole(traffic_of(FLAT), rate) for rate in (1.0, 2.0))

    n = slow[0].size
    assert_allclose(fast[0][:n], slow[0] / 2.0, rtol=1e-9)
    for column in (1, 2, 3):
        assert_array_equal(fast[column][:n], slow[column])


@pytest.mark.parametrize(
    "edges_s",
    [
        pytest.param(np.arange(0.0, DAY_S + 1, 6 * 3600.0), id="six hours"),
        pytest.param(np.arange(0.0, DAY_S + 1, 600.0), id="ten minutes"),
    ],
)
def test_chunks_change_no_bit_of_the_arrivals(edges_s):
    once = whole(traffic_of(DiurnalArrivals()), 0.5)

    for one, other in zip(
        once, whole(traffic_of(DiurnalArrivals()), 0.5, edges_s=edges_s), strict=True
    ):
        assert one.tobytes() == other.tobytes()


def test_chunks_of_an_odd_length_move_no_arrival_by_a_microsecond():
    once = whole(traffic_of(DiurnalArrivals()), 0.5)
    edges_s = [*np.arange(0.0, DAY_S, 777.7), DAY_S]

    parts = whole(traffic_of(DiurnalArrivals()), 0.5, edges_s=edges_s)

    assert_allclose(parts[0], once[0], atol=1e-6, rtol=0)
    assert_array_equal(parts[1], once[1])


def test_the_seed_decides_the_arrivals():
    first, same, other = (whole(traffic_of(FLAT, seed=s), 0.1)[0] for s in (1, 1, 2))

    assert_array_equal(first, same)
    assert first.size != other.size or not np.array_equal(first, other)


# --- the mix --------------------------------------------------------------------------


def test_published_classes_split_priorities_in_half_and_keep_their_shares():
    traffic = traffic_of()
    group = whole(traffic, 1.0)[1]

    share = np.bincount(group, minlength=4) / group.size

    # low: summarize and half of chat, 25 % each; high: search and the other half
    assert traffic.group_names == (
        ("low", "summarize"), ("low", "chat"), ("high", "search"), ("high", "chat"),
    )  # fmt: skip
    assert_allclose(share, 0.25, atol=0.01)


def test_the_priority_split_is_the_fleet_s_and_scales_each_side():
    group = whole(traffic_of(low_frac=0.2), 1.0)[1]

    share = np.bincount(group, minlength=4) / group.size

    assert_allclose(share, [0.1, 0.1, 0.4, 0.4], atol=0.01)


def test_lengths_are_uniform_over_their_closed_ranges():
    _, _, prompt, output = whole(
        traffic_of(classes=(request_class((5, 9), (1, 3)),)), 1.0
    )

    for length, values in ((prompt, range(5, 10)), (output, range(1, 4))):
        kinds, counts = np.unique(length, return_counts=True)
        assert_array_equal(kinds, list(values))
        assert_allclose(counts / length.size, 1 / len(values), atol=0.01)


def test_recorded_lengths_are_drawn_as_pairs():
    pairs = RecordedRequests(
        arrived_s=np.array([0.0, 1.0]), prompt_tokens=np.array([10, 2000]),
        output_tokens=np.array([400, 7]),
    )  # fmt: skip
    classes = (RequestClass(name="code", share=1, lengths="pairs"),)
    recordings = Recordings(rates={}, requests={"pairs": pairs})

    with_pairs = traffic_of(classes=classes, recordings=recordings)
    _, _, prompt, output = whole(with_pairs, 0.1)

    assert {*zip(prompt.tolist(), output.tolist(), strict=True)} <= {
        (10, 400),
        (2000, 7),
    }
    assert prompt.mean() == pytest.approx(1005, rel=0.05)


def test_a_priority_with_servers_but_no_class_is_refused_with_the_repair():
    only_low = RequestClass(
        name="batch", share=1, low_priority_frac=1.0,
        prompt_tokens=TokenRange(min=1, max=2), output_tokens=TokenRange(min=1, max=2),
    )  # fmt: skip

    with pytest.raises(
        ScenarioError, match=r"high-priority traffic.*low_priority_frac"
    ):
        traffic_of(classes=(only_low,), low_frac=0.5)


# --- the day --------------------------------------------------------------------------


def hourly(at_s, days=1):
    return np.bincount((at_s // 3600).astype(int), minlength=24 * days)


def test_traffic_peaks_at_the_peak_hour_of_the_site():
    arrivals = DiurnalArrivals(peak_hour=15, swing_frac=0.34, noise_frac=0)
    east = traffic_of(arrivals, offset_s=3 * 3600.0)

    at_utc = hourly(whole(traffic_of(arrivals), 5.0)[0])
    at_east = hourly(whole(east, 5.0)[0])

    # the hours before and after 15:00 are the busiest; three hours earlier in UTC
    assert abs(int(at_utc.argmax()) + 0.5 - 15) <= 1.5
    assert abs(int(at_east.argmax()) + 0.5 - 12) <= 1.5
    # highest over lowest hour: 1.34 / 0.66, each averaged over an hour (factor 0.9971)
    assert at_utc.max() / at_utc.min() == pytest.approx(1.339 / 0.661, rel=0.05)


def test_weekends_carry_the_part_asked_for():
    arrivals = DiurnalArrivals(noise_frac=0, weekend_frac=0.5)

    per_day = hourly(whole(traffic_of(arrivals, days=7), 1.0)[0], 7).reshape(7, 24)

    weekday, weekend = per_day[:5].sum(axis=1).mean(), per_day[5:].sum(axis=1).mean()
    assert weekend / weekday == pytest.approx(0.5, rel=0.02)


def test_the_noise_has_the_spread_asked_for():
    arrivals = DiurnalArrivals(swing_frac=0, noise_frac=0.2, weekend_frac=1)

    _, shape = rate_shape(traffic_of(arrivals, days=60))

    # neighbouring windows are alike for an hour: about 480 independent values
    assert np.log(shape).std() == pytest.approx(0.2, rel=0.15)
    assert shape.mean() == pytest.approx(1.0)


# --- recorded rates -------------------------------------------------------------------


def recorded_rates(cv):
    return Recordings(
        rates={"two": RecordedRates(
            window_s=600.0, rate_rps=np.array([1.0, 3.0]), cv=np.array([cv, cv])
        )},
        requests={},
    )  # fmt: skip


def test_recorded_rates_give_the_shape_and_repeat():
    traffic = traffic_of(
        RateArrivals(dataset="two"), days=0.5, recordings=recorded_rates(1.0)
    )

    at_s = whole(traffic, 2.0)[0]

    in_second = (at_s // 600).astype(int) % 2 == 1
    assert in_second.mean() == pytest.approx(0.75, abs=0.01)
    assert at_s.size == pytest.approx(2.0 * 0.5 * DAY_S, rel=0.02)


@pytest.mark.parametrize(
    ("bursty", "cv"),
    [pytest.param(False, 1.0, id="Poisson"), pytest.param(True, 3.0, id="cut")],
)
def test_recorded_variation_is_used_cut_or_left_out(bursty, cv):
    recordings = Recordings(
        rates={"r": RecordedRates(
            window_s=600.0, rate_rps=np.array([1.0]), cv=np.array([9.0])
        )},
        requests={},
    )  # fmt: skip
    arrivals = RateArrivals(dataset="r", bursty=bursty, max_cv=3.0)

    gaps_s = np.diff(whole(traffic_of(arrivals, recordings=recordings), 3.0)[0])

    assert gaps_s.std() / gaps_s.mean() == pytest.approx(cv, rel=0.05)


def test_the_busiest_stretch_keeps_its_rates():
    rate = np.ones(144)
    rate[100:106] = 4.0
    recordings = Recordings(
        rates={"r": RecordedRates(window_s=600.0, rate_rps=rate, cv=np.ones(144))},
        requests={},
    )  # fmt: skip
    traffic = traffic_of(RateArrivals(dataset="r"), recordings=recordings)

    part, start_s = peak_part(traffic, length_s=3600.0)

    assert start_s == 100 * 600.0
    assert_allclose(rate_shape(part)[1], 4.0 / rate.mean())


# --- replay ---------------------------------------------------------------------------

N, LENGTH_S = 2000, 3600.0


def replayed():
    rng = np.random.default_rng(11)
    at_s = np.sort(rng.random(N)) * LENGTH_S
    at_s -= at_s[0]
    return RecordedRequests(
        arrived_s=at_s, prompt_tokens=np.arange(N) + 1, output_tokens=np.full(N, 50)
    )


def replay(days=LENGTH_S / DAY_S, **given):
    recordings = Recordings(rates={}, requests={"hour": replayed()})
    return traffic_of(
        RequestArrivals(dataset="hour"), days=days, recordings=recordings, **given
    )


OWN_RATE = N / (replayed().arrived_s[-1] * N / (N - 1))


def test_replay_at_its_own_rate_is_the_recording_itself():
    at_s, _, prompt, output = whole(replay(), OWN_RATE)

    inside = replayed().arrived_s < LENGTH_S
    assert_allclose(at_s[: inside.sum()], replayed().arrived_s[inside])
    assert_array_equal(prompt[: inside.sum()], np.arange(N)[inside] + 1)
    assert np.all(output == 50)


@pytest.mark.parametrize("times", [0.5, 1.0, 2.3])
def test_replay_at_another_rate_keeps_count_and_order(times):
    at_s, _, prompt, _ = whole(replay(days=4 * LENGTH_S / DAY_S), times * OWN_RATE)

    # thinning is binomial: five standard deviations of 8,000 draws at a half are 3 %
    assert at_s.size == pytest.approx(4 * times * N, rel=0.03)
    assert np.all(np.diff(at_s) >= 0)
    kinds, counts = np.unique(prompt, return_counts=True)
    assert kinds.min() >= 1
    assert kinds.max() <= N
    assert counts.max() <= 4 * np.ceil(times) + 1


def test_a_thinned_replay_is_in_the_order_of_the_recording():
    _, _, prompt, _ = whole(replay(), 0.5 * OWN_RATE)

    once = prompt[: int(0.45 * N)]  # the next cycle begins after this
    assert np.all(np.diff(once) > 0)


def test_replay_does_not_depend_on_chunks():
    traffic = replay(days=2 * LENGTH_S / DAY_S)
    once = whole(traffic, 2.3 * OWN_RATE)

    parts = whole(traffic, 2.3 * OWN_RATE, edges_s=[0.0, 777.0, 4000.0, 2 * LENGTH_S])

    for one, other in zip(once, parts, strict=True):
        assert_array_equal(one, other)


def test_replayed_requests_get_the_priority_split_of_the_fleet():
    group = whole(replay(days=0.5, low_frac=0.3), OWN_RATE)[1]

    assert (group == 0).mean() == pytest.approx(0.3, abs=0.015)


def test_a_dataset_that_is_not_loaded_is_refused_with_the_command_that_loads_it():
    with pytest.raises(ScenarioError, match="nameplate datasets pull nothing"):
        traffic_of(RateArrivals(dataset="nothing"))


# --- many clients, a part of them here ------------------------------------------------


def bursty(cv, *, rate_rps=1.0, clients=1):
    return Recordings(
        rates={"r": RecordedRates(
            window_s=600.0, rate_rps=np.array([rate_rps]), cv=np.array([cv]),
            client_count=clients,
        )},
        requests={},
    )  # fmt: skip


def test_a_row_that_gets_a_tenth_of_bursty_traffic_sees_it_nearly_poisson():
    traffic = traffic_of(
        RateArrivals(dataset="r"), recordings=bursty(3.0, rate_rps=10.0)
    )

    gaps_s = np.diff(whole(traffic, 1.0)[0])

    # thinning by 0.1: squared variation 1 + 0.1 × (9 - 1) = 1.8
    assert gaps_s.std() / gaps_s.mean() == pytest.approx(np.sqrt(1.8), rel=0.04)


def test_many_bursty_clients_together_have_calmer_gaps_but_the_same_slow_swings():
    arrivals = RateArrivals(dataset="r")
    one = traffic_of(arrivals, days=10, recordings=bursty(2.0))
    many = traffic_of(arrivals, days=10, recordings=bursty(2.0, clients=8))

    at_one, at_many = whole(one, 1.0)[0], whole(many, 1.0)[0]

    # gaps of eight gamma streams (shape 1/4) laid over each other, by integrating
    # sf(t) · (1 - equilibrium cdf(t))^7: standard deviation 1.574 of the mean
    for at_s, cv in ((at_one, 2.0), (at_many, 1.574)):
        gaps_s = np.diff(at_s)
        assert gaps_s.std() / gaps_s.mean() == pytest.approx(cv, rel=0.02)
    # counts over windows far longer than a client's gap: variance ÷ mean → cv² = 4
    for at_s in (at_one, at_many):
        counts = np.bincount((at_s // 1200).astype(int), minlength=720)
        assert counts.var() / counts.mean() == pytest.approx(4.0, rel=0.25)


@pytest.mark.parametrize(
    ("server", "model"),
    [
        pytest.param("dgx-a100", "bloom-176b", id="cache full long before the batch"),
        pytest.param("dgx-b200", "llama-3.1-70b", id="cache never full"),
    ],
)
def test_the_base_row_peaks_near_the_target_whatever_the_capacity_estimate(
    server, model
):
    asked = parse_scenario({
        "horizon": {"days": 0.25}, "fleet": {"server": server, "model": model},
        "workload": {"load": {"target_peak_frac": 0.7}},
    })  # fmt: skip
    rate = find_rate(asked, Recordings.none())
    base = simulate(
        uncontrolled(compile_scenario(asked, Recordings.none())), rate_per_server_s=rate
    )

    # one run's peak scatters by a point or two between seeds
    assert base.peak_frac == pytest.approx(0.7, abs=0.02)

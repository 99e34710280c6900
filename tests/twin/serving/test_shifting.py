"""Shifting deferrable work: by hand, against brute force, laws with random jobs."""

from __future__ import annotations

import csv
import gzip
import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pydantic import ValidationError

from twin.errors import ScenarioError
from twin.serving.shifting import ShiftInput, shift

DAY = {"headroom_w": [1000.0] * 4, "carbon_g_per_kwh": [400.0, 300.0, 100.0, 200.0]}


def job(name="a", **changes):
    return {"name": name, "energy_wh": 1000.0, "power_w": 1000.0, "deadline_h": 4.0} | (
        changes
    )


def shifted(jobs, **changes):
    return shift(ShiftInput.model_validate(DAY | {"jobs": jobs} | changes))


# --- by hand --------------------------------------------------------------------------


def test_work_goes_to_the_cleanest_hour():
    found = shifted([job()])

    assert_allclose(found.power_w, [[0, 0, 1000, 0]])
    assert_allclose([found.shifted.carbon_kg, found.at_arrival.carbon_kg], [0.1, 0.4])
    assert_allclose(found.saved_frac, 0.75)
    assert (found.jobs[0].start_h, found.jobs[0].end_h) == (2.0, 3.0)
    assert_allclose(found.jobs[0].delay_h, 2.0)


def test_a_deadline_keeps_work_from_a_cleaner_hour():
    assert_allclose(shifted([job(deadline_h=2.0)]).power_w, [[0, 1000, 0, 0]])


def test_part_of_a_step_before_the_deadline_is_worth_that_part():
    found = shifted([job(deadline_h=2.5)])

    assert_allclose(found.power_w, [[0, 500, 500, 0]])


def test_two_jobs_share_the_clean_hour_within_the_headroom():
    found = shifted([job("a"), job("b")], headroom_w=[2000, 2000, 1000, 1000])

    assert found.method == "linear"
    assert_allclose(found.total_w, [0, 0, 1000, 1000], atol=1e-3)
    assert_allclose(found.shifted.carbon_kg, 0.3, rtol=1e-6)


def test_a_job_in_one_piece_takes_the_best_window_not_the_best_hours():
    carbon = [100.0, 900.0, 100.0, 350.0]
    split = shifted([job(energy_wh=2000.0)], carbon_g_per_kwh=carbon)
    whole = shifted([job(energy_wh=2000.0, contiguous=True)], carbon_g_per_kwh=carbon)

    assert_allclose(split.power_w, [[1000, 0, 1000, 0]])
    assert_allclose(whole.power_w, [[0, 0, 1000, 1000]])


def test_the_last_step_of_a_job_in_one_piece_is_filled_in_part():
    found = shifted([job(energy_wh=1500.0, contiguous=True)])

    assert_allclose(found.power_w, [[0, 0, 1000, 500]])
    assert found.jobs[0].end_h == 3.5


def test_price_is_followed_where_it_is_the_aim_and_may_be_negative():
    found = shifted([job()], aim="price", price_usd_per_mwh=[50, -20, 10, 30], pue=1.5)

    assert_allclose(found.power_w, [[0, 1000, 0, 0]])
    assert_allclose(found.shifted.cost_usd, -0.03)
    assert_allclose(found.at_arrival.cost_usd, 0.075)


def test_headroom_as_the_aim_keeps_the_tightest_step_as_free_as_can_be():
    found = shifted(
        [job(energy_wh=1400.0)], aim="headroom", headroom_w=[1000, 400, 1000, 600]
    )

    # 3,000 W of headroom less 1,400 leaves 400 W in each step
    assert_allclose(found.total_w, [600, 0, 600, 200], atol=0.1)
    assert_allclose(found.shifted.least_spare_w, 400, atol=0.1)


def test_gpu_hours_are_energy_at_a_gpus_power():
    by_hours = {
        "name": "a", "gpu_hours": 8, "gpu_w": 125, "power_w": 1000, "deadline_h": 4
    }  # fmt: skip

    assert_allclose(shifted([by_hours]).shifted.energy_wh, 1000.0)


def test_a_forecast_decides_and_the_actual_signal_is_charged():
    found = shifted([job()], forecast=[300.0, 100.0, 200.0, 400.0])

    assert_allclose(found.power_w, [[0, 1000, 0, 0]])
    assert_allclose(found.shifted.carbon_kg, 0.3)
    assert_allclose(found.foresight.carbon_kg, 0.1)
    assert_allclose(found.regret_frac, 2.0)


def test_a_perfect_forecast_costs_nothing():
    assert shifted([job()], forecast=DAY["carbon_g_per_kwh"]).regret_frac == 0.0


def test_running_at_arrival_may_break_the_headroom_and_says_so():
    found = shifted([job("a"), job("b")])

    assert_allclose(found.at_arrival.over_headroom_wh, 1000.0)
    assert_allclose(found.at_arrival.least_spare_w, -1000.0)
    assert found.shifted.over_headroom_wh <= 1e-3


# --- against brute force --------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_jobs_in_one_piece_are_within_the_gap_of_trying_every_start(seed):
    rng = np.random.default_rng(seed)
    carbon = rng.uniform(50, 500, 8)
    sizes = [(int(rng.integers(1, 4)), float(rng.uniform(400, 900))) for _ in range(4)]
    jobs = [
        job(f"j{k}", energy_wh=n * w, power_w=w, deadline_h=8.0, contiguous=True)
        for k, (n, w) in enumerate(sizes)
    ]
    best = np.inf
    for starts in itertools.product(*(range(8 - n + 1) for n, _ in sizes)):
        total = np.zeros(8)
        for start, (n, w) in zip(starts, sizes, strict=True):
            total[start : start + n] += w
        if total.max() <= 1500:
            best = min(best, float(total @ carbon))

    found = shifted(jobs, headroom_w=[1500.0] * 8, carbon_g_per_kwh=list(carbon))

    assert found.shifted.carbon_kg * 1e6 >= best * (1 - 1e-9)
    assert found.shifted.carbon_kg * 1e6 <= best * 1.01
    assert found.gap_frac <= 0.011


# --- laws -----------------------------------------------------------------------------


@st.composite
def studies(draw):
    steps = draw(st.integers(3, 12))
    step_h = draw(st.sampled_from([0.25, 1.0]))
    jobs = []
    for k in range(draw(st.integers(1, 6))):
        earliest = draw(st.floats(0, 0.5)) * steps * step_h
        window = steps * step_h - earliest
        power = draw(st.floats(100, 1000))
        jobs.append({
            "name": f"j{k}", "power_w": power, "earliest_h": earliest,
            "deadline_h": steps * step_h, "contiguous": draw(st.booleans()),
            "energy_wh": draw(st.floats(0.05, 0.4)) * power * window,
        })  # fmt: skip
    signal = st.lists(st.floats(0, 900), min_size=steps, max_size=steps)
    return {
        "jobs": jobs, "step_h": step_h, "aim": draw(st.sampled_from(["carbon", "price",
        "headroom"])), "headroom_w": draw(st.lists(st.floats(300, 2000),
        min_size=steps, max_size=steps)), "carbon_g_per_kwh": draw(signal),
        "price_usd_per_mwh": draw(signal),
    }  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(studies())
def test_every_job_gets_its_energy_in_its_window_below_its_power_and_the_headroom(
    study,
):
    asked = ShiftInput.model_validate(study)
    try:
        found = shift(asked)
    except ScenarioError:
        assume(False)  # what does not fit is refused, see below
    edges = np.arange(len(asked.headroom_w) + 1) * asked.step_h
    energy = found.power_w.sum(axis=1) * asked.step_h

    assert_allclose(energy, [one.needed_wh for one in asked.jobs], rtol=1e-5)
    assert_allclose(found.shifted.energy_wh, found.at_arrival.energy_wh, rtol=1e-5)
    assert np.all(found.total_w <= np.array(asked.headroom_w) * (1 + 1e-5) + 1e-6)
    for one, power, plan in zip(asked.jobs, found.power_w, found.jobs, strict=True):
        assert np.all(power >= 0)
        open_h = np.minimum(edges[1:], one.deadline_h) - np.maximum(
            edges[:-1], one.earliest_h
        )
        most_wh = one.power_w * np.maximum(open_h, 0)
        assert np.all(power * asked.step_h <= most_wh * (1 + 1e-6) + 1e-6)
        assert plan.end_h <= one.deadline_h
        if one.contiguous:
            busy = np.flatnonzero(power > 0)
            assert len(busy) == busy[-1] - busy[0] + 1


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(1, 900), min_size=6, max_size=6),
    st.lists(st.floats(1, 900), min_size=6, max_size=6),
)
def test_no_forecast_beats_foresight(actual, expected):
    found = shifted(
        [job("a", deadline_h=6.0, energy_wh=1500.0), job("b", deadline_h=5.0)],
        headroom_w=[800.0] * 6, carbon_g_per_kwh=actual, forecast=expected,
    )  # fmt: skip

    assert found.foresight.carbon_kg <= found.shifted.carbon_kg * (1 + 1e-5)


# --- refusals -------------------------------------------------------------------------


def test_a_window_too_short_names_the_job_and_the_energy_left_over():
    with pytest.raises(ScenarioError, match=r"jobs\[late\].*500 Wh of 2,500 Wh"):
        shifted([job("late", energy_wh=2500.0, deadline_h=2.0)])


def test_a_piece_may_only_start_at_a_step():
    with pytest.raises(ScenarioError, match="500 Wh of 1,500 Wh"):
        shifted([job(energy_wh=1500.0, earliest_h=0.5, deadline_h=2, contiguous=True)])


@pytest.mark.parametrize("contiguous", [False, True], ids=["pauses", "one piece"])
def test_too_little_headroom_names_a_job_and_the_lacking_energy(contiguous):
    with pytest.raises(ScenarioError, match=r"jobs\[(a|b)\].*1,000 Wh") as caught:
        shifted(
            [job("a", deadline_h=1.0, contiguous=contiguous),
             job("b", deadline_h=1.0, contiguous=contiguous)],
        )  # fmt: skip
    assert "headroom" in caught.value.rule


@pytest.mark.parametrize("contiguous", [False, True], ids=["pauses", "one piece"])
def test_a_site_without_any_headroom_is_refused_not_solved(contiguous):
    with pytest.raises(ScenarioError, match="1,000 Wh of 1,000 Wh lacking"):
        shifted([job(contiguous=contiguous)], headroom_w=[0.0] * 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"carbon_g_per_kwh": [1.0]}, "per step, 4, got 1", id="short"),
        pytest.param({"carbon_g_per_kwh": None}, "needs its series", id="no series"),
        pytest.param({"headroom_w": [1.0, -5.0, 1, 1]}, "lowest is -5", id="negative"),
        pytest.param({"jobs": [job(), job()]}, r"twice there: \['a'\]", id="twice"),
        pytest.param({"jobs": [job(gpu_hours=5)]}, "not both", id="energy twice"),
        pytest.param({"jobs": [job(energy_wh=None)]}, "needs energy_wh", id="none"),
        pytest.param({"jobs": [job(earliest_h=5)]}, "after earliest_h", id="order"),
        pytest.param(
            {"aim": "headroom", "forecast": [1.0] * 4}, "takes no forecast",
            id="forecast of headroom",
        ),
    ],
)  # fmt: skip
def test_inputs_that_mean_nothing_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        ShiftInput.model_validate(DAY | {"jobs": [job()]} | changes)


def test_a_deadline_after_the_grid_is_refused():
    with pytest.raises(ScenarioError, match="within the grid, 4 h"):
        shifted([job(deadline_h=5.0)])


# --- recorded grids -------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize("region", ["US-CAL-CISO", "US-MIDA-PJM", "US-TEX-ERCO"])
def test_a_recorded_week_saves_with_yesterday_as_forecast_and_more_with_foresight(
    data_dir, region
):
    path = data_dir / "grid_weather_hourly" / f"{region}_2022.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        cells = [row["avg_ci_g_per_kwh"] for row in csv.DictReader(file)]
    carbon = [float(cell) for cell in cells[24 * 100 : 24 * 108]]
    rng = np.random.default_rng(1)
    jobs = [
        job(
            f"j{k}", energy_wh=float(rng.uniform(1, 8)) * 1e4, power_w=1e4,
            earliest_h=float(at), deadline_h=float(at) + 24.0,
        )
        for k, at in enumerate(rng.uniform(0, 144, 300))
    ]  # fmt: skip
    found = shifted(
        jobs, headroom_w=[1.8e5] * 168, carbon_g_per_kwh=carbon[24:],
        forecast=carbon[:-24],
    )  # fmt: skip

    assert found.foresight.carbon_kg <= found.shifted.carbon_kg
    assert found.foresight.carbon_kg < 0.99 * found.at_arrival.carbon_kg
    assert found.regret_frac < 0.2
    assert found.shifted.over_headroom_wh < 1.0

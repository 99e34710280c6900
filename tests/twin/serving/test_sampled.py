"""Part of the windows tells the whole, and says how far it may be off."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import ScenarioError
from twin.serving.fleet.autoscale import Autoscaler
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import (
    Fleet,
    FleetClass,
    Plan,
    Pool,
    Requests,
    plain_requests,
)
from twin.serving.fleet.run import run_fleet
from twin.serving.fleet.sampled import sample_fleet

HORIZON_S = 14_400.0
WINDOW_S = 60.0
RATES = 3.0 + 2.0 * np.sin(2 * np.pi * (np.arange(240) + 0.5) / 240)
FLEET = Fleet(
    pools=(
        Pool(
            name="main",
            engine=make_engine("llama2-70b", "dgx-h100", tensor_parallel=8),
            count=3,
        ),
    ),
    classes=(
        FleetClass(name="all", prompt_pool="main", ttft_slo_s=0.15, tbt_slo_s=0.05),
    ),
)


def whole(seed: int) -> Requests:
    """Four hours of Poisson arrivals whose rate swells and falls."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(RATES * WINDOW_S)
    starts = np.repeat(np.arange(240) * WINDOW_S, counts)
    at_s = np.sort(starts + rng.uniform(0, WINDOW_S, starts.size))
    return plain_requests(
        at_s, rng.integers(50, 2000, at_s.size), rng.integers(1, 300, at_s.size)
    )


def draw(from_s: float, to_s: float, seed: int) -> Requests:
    """A stretch of a traffic of its own, drawn alike."""
    full = whole(1000 + seed)
    here = (full.arrived_s >= from_s) & (full.arrived_s < to_s)
    return plain_requests(
        full.arrived_s[here] - from_s, full.prompt[here], full.output[here]
    )


@pytest.fixture(scope="module")
def exact():
    return run_fleet(Plan(fleet=FLEET), [whole(1)], horizon_s=HORIZON_S)


def estimate(seed: int):
    return sample_fleet(
        Plan(fleet=FLEET), draw, RATES, window_s=WINDOW_S, horizon_s=HORIZON_S,
        windows=40, strata=10, warm_up_s=30.0, seed=seed,
    )  # fmt: skip


def test_three_in_four_estimates_lie_within_two_errors(exact):
    found = [estimate(seed) for seed in range(8)]

    off = [abs(f.energy_j.value - exact.site_j) / f.energy_j.error for f in found]
    assert sum(o <= 2.0 for o in off) >= 6
    assert all(f.energy_j.error < 0.01 * exact.site_j for f in found)


def test_limits_met_and_latencies_agree_with_the_whole(exact):
    found = estimate(3)

    slack = 4 * found.attained_frac.error + 0.005
    assert found.attained_frac.value == pytest.approx(exact.attained_frac, abs=slack)
    assert found.percentile_s["ttft"]["p50"].value == pytest.approx(
        exact.percentile("ttft", 0.5), rel=0.03
    )
    assert found.arrived.value == pytest.approx(exact.arrived, rel=0.03)


def test_a_sixth_of_the_windows_is_run_and_says_so():
    found = estimate(1)

    assert (found.windows, found.windows_all) == (40, 240)


def test_every_window_leaves_no_error_of_sampling():
    found = sample_fleet(
        Plan(fleet=FLEET), draw, RATES, window_s=WINDOW_S, horizon_s=HORIZON_S,
        windows=240,
    )  # fmt: skip

    assert found.windows == 240
    assert found.energy_j.error == 0.0


def test_a_fleet_that_is_steered_is_refused():
    plan = Plan(fleet=FLEET, controller=Autoscaler(targets=()))

    with pytest.raises(ScenarioError, match="stand still"):
        sample_fleet(plan, draw, RATES, window_s=WINDOW_S, horizon_s=HORIZON_S)


def test_a_backlog_is_refused_because_no_error_covers_it():
    rates = np.where(np.arange(240) % 60 < 15, 25.0, 3.0)

    def rush(from_s: float, to_s: float, seed: int) -> Requests:
        rng = np.random.default_rng(seed)
        at_s = np.sort(rng.uniform(0, to_s - from_s, 1500))
        return plain_requests(at_s, np.full(1500, 900), np.full(1500, 200))

    with pytest.raises(ScenarioError, match="backlog"):
        sample_fleet(
            Plan(fleet=FLEET), rush, rates, window_s=WINDOW_S, horizon_s=HORIZON_S,
            windows=4, strata=2,
        )  # fmt: skip

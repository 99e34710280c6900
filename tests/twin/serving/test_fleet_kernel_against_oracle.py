"""The compiled fleet and the step-by-step oracle tell the same story."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from tests.twin.serving.fleet_oracle import run_oracle
from tests.twin.serving.scenes import SCENES
from twin.serving.fleet.parts import Plan
from twin.serving.fleet.run import run_fleet

WITHIN = 0.01
"""Percentiles come from bins 0.55 to 0.78 % wide."""
ENERGY_WITHIN = 1e-9
"""The bar is 0.1 %; both are exact but for rounding."""
FRACS = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


@cache
def both(name):
    """One scene through the kernel and through the oracle."""
    scene = SCENES[name]
    plan = Plan(fleet=scene.fleet, events=scene.events)
    fleet = run_fleet(plan, [scene.requests], horizon_s=scene.horizon_s)
    oracle = run_oracle(scene.fleet, scene.requests, scene.horizon_s, scene.events)
    return fleet, oracle


def one_rank_around(exact, frac):
    """The sample at the rank, or the next where the rank lies between two."""
    rank = 100 * np.array([frac - 0.51 / exact.size, frac + 0.51 / exact.size])
    return np.percentile(exact, np.clip(rank, 0, 100), method="inverted_cdf")


def samples(oracle, klass, metric):
    seen = [job for job in oracle.requests if job.klass.name == klass]
    if metric == "gap":  # counted where a class decodes
        decodes_in = seen[0].klass.token_pool or seen[0].klass.prompt_pool
        return np.array(oracle.gaps_s[decodes_in])
    taken = [getattr(job, f"{metric}_s") for job in seen]
    return np.array([x for x in taken if x is not None])


@pytest.mark.parametrize("name", SCENES)
def test_every_request_meets_the_same_end(name):
    fleet, oracle = both(name)

    for klass, got in fleet.classes.items():
        jobs = [job for job in oracle.requests if job.klass.name == klass]
        refused = Counter(job.refused for job in jobs if job.refused)
        assert got.arrived == len(jobs)
        assert got.finished == sum(job.last_s is not None for job in jobs)
        assert {k: n for k, n in got.refused.items() if n} == refused
        assert got.in_flight == got.arrived - got.finished - sum(refused.values())
        assert got.attained == sum(job.attained for job in jobs)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("metric", ["ttft", "tbt", "e2e", "gap"])
def test_latencies_agree_within_the_bins(name, metric):
    fleet, oracle = both(name)

    for klass, got in fleet.classes.items():
        exact = samples(oracle, klass, metric)
        assert exact.size > 90
        assert got.latency[metric]["mean"] == pytest.approx(exact.mean(), rel=1e-3)
        for key, frac in FRACS.items():
            low_s, high_s = one_rank_around(exact, frac)
            got_s = got.latency[metric][key]
            assert low_s * (1 - WITHIN) <= got_s <= high_s * (1 + WITHIN), (klass, key)


@pytest.mark.parametrize("name", SCENES)
def test_each_instance_spends_the_same_joules_in_each_phase(name):
    fleet, oracle = both(name)

    for phase in ("idle", "prefill", "decode"):
        spent_j = np.array([getattr(one, f"{phase}_j") for one in oracle.instances])
        np.testing.assert_allclose(
            fleet.instances[f"energy_{phase}_j"], spent_j, rtol=ENERGY_WITHIN, atol=1e-6
        )


@pytest.mark.parametrize("name", SCENES)
def test_each_instance_works_through_the_same_tokens(name):
    fleet, oracle = both(name)

    for count in ("prompt_tokens", "finished"):
        seen = [getattr(one, count) for one in oracle.instances]
        np.testing.assert_allclose(fleet.instances[count], seen, rtol=1e-9)
    for got, one in zip(
        fleet.instances["output_tokens"], oracle.instances, strict=True
    ):
        # iterations cut by a failure or the horizon: the continuous clock counts a part
        cut = one.cut_short + len(one.decoding)
        assert one.output_tokens - 1e-6 <= got <= one.output_tokens + cut + 1e-6

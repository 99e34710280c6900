"""
How fast a training site is: warm, medians, on one core; sizing on two.

The ten minutes count everything: laying the job out, GPU smoothing, stores in supplies
and at the site, and every rule that ten minutes can answer, flicker and harmonics among
them (CAISO's asks for twenty).
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from bench.test_row import peak_memory_bytes, record, record_seconds
from store.grid_files import grid_rules
from twin.catalogue.gpus import CLOCK_CURVES
from twin.stabilize.at_connection import Contract
from twin.stabilize.chain import Measures, Plant, Site, stabilized
from twin.stabilize.connection import PointOfConnection
from twin.stabilize.costs import Prices
from twin.stabilize.options import Options, combinations
from twin.stabilize.rules import judge_all
from twin.stabilize.sizing import Case, size
from twin.stabilize.smoothing import Smoothing
from twin.stabilize.storage import Storage
from twin.training.job import TrainingJob

CLOCKS = CLOCK_CURVES["gb200-186gb"]
RULES = tuple(grid_rules().values())
MEASURES = Measures(
    smoothing=Smoothing(floor_frac=0.8),
    psu=Storage(power_w=500.0, energy_j=65.0, filter_s=1.0, return_s=5.0),
    site=Storage(power_w=3e7, energy_j=1e10, filter_s=60.0),
)
CONTRACT = Contract(
    power_w=2e8,
    poc=PointOfConnection(nominal_v=138e3, short_circuit_va=5e9, x_over_r=10.0),
)


def job(gpu_count=100_000, **more):
    """One job with stragglers, evaluations, a start and an end."""
    return TrainingJob(
        gpu_count=gpu_count, tdp_w=1200.0, compute_s=1.6, communicate_s=0.4,
        evaluate_every=60, evaluate_s=12.0, jitter_s=0.01, straggle_frac=0.01,
        start_s=30.0, **more,
    )  # fmt: skip


def answer(horizon_s=600.0, gpu_count=100_000):
    """Everything, once."""
    site = Site(
        jobs=(job(gpu_count),), plant=Plant(host_w_per_gpu=350.0, cooling_frac=0.2),
        clocks=CLOCKS,
    )  # fmt: skip
    found = stabilized(site, MEASURES, horizon_s=horizon_s)
    return judge_all(found.grid, RULES, CONTRACT)


@pytest.fixture(scope="module", autouse=True)
def _warm():
    answer(120.0)


def test_ten_minutes_of_a_hundred_thousand_gpus(benchmark):
    name = "stabilize.ten_minutes_s"
    record_seconds(benchmark, name, answer, rounds=7, warmup_rounds=1)


def test_the_cost_does_not_know_the_gpu_count(benchmark):
    """Ratio of medians, taken in turns."""

    def seconds(count):
        start_s = time.perf_counter()
        answer(300.0, count)
        return time.perf_counter() - start_s

    def ratio():
        taken = [(seconds(1_000_000), seconds(1_000)) for _ in range(7)]
        many, few = np.median(taken, axis=0)
        return float(many / few)

    value = benchmark.pedantic(ratio, rounds=1, warmup_rounds=0)
    record(benchmark, "stabilize.gpu_count_ratio", value)


def test_an_hour_at_a_millisecond(benchmark):
    record_seconds(benchmark, "stabilize.hour_s", lambda: answer(3600.0), rounds=3)


MEMORY = """
from bench.test_stabilize import answer
answer(3600.0)
"""


def test_memory_of_an_hour(benchmark):
    value = benchmark.pedantic(peak_memory_bytes, (MEMORY,), rounds=1)
    record(benchmark, "stabilize.hour_memory_mb", value / 2**20)


OPTIONS = Options(
    floors_frac=(0.0, 0.6, 0.7, 0.8, 0.9), ballasts_frac=(0.0, 0.9),
    ramps_s=(0.0, 120.0), psu_j_per_gpu=(0.0, 65.0), rack_kwh=(0.0, 1.0),
    site_power_frac=(0.0, 0.1, 0.25, 0.5), site_hours=(0.1, 0.25, 0.5, 1.0),
    site_filter_s=(30.0, 300.0),
)  # fmt: skip
PRICES = Prices(
    energy_per_mwh=60.0, gpu_hour=2.0, psu_store_per_gpu=30.0, store_per_kw=250.0,
    store_per_kwh=350.0, rack_store_per_kwh=1200.0, years=7.0, starts_per_year=100.0,
)  # fmt: skip
SIZED = ("ercot-2026", "ieso-15s", "stabilization-share", "caiso-ramp", "southern-6s")


def test_sizing_a_thousand_combinations(benchmark):
    """Twenty minutes with a start and an end, five rules; given as if 1,000."""
    case = Case(
        site=Site(jobs=(job(32_768, end_s=1140.0),), plant=Plant(), clocks=CLOCKS),
        base=Measures(), rules=tuple(r for r in RULES if r.key in SIZED),
        contract=CONTRACT, horizon_s=1200.0, sample_s=1e-3,
    )  # fmt: skip
    count = len(list(combinations(OPTIONS)))
    assert count >= 1000
    benchmark.pedantic(lambda: size(case, OPTIONS, PRICES), rounds=1)
    value = benchmark.stats.stats.median * 1000 / count
    record(benchmark, "stabilize.sizing_s", value)

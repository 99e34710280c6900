"""
How fast the row planner is: warm, medians, on one core where the bar says so.

Run through `scripts/bench row --json out.json`. Each benchmark leaves its rows
in `benchmark.extra_info`, so that the report needs no second formula.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

from bench.rows import ROW_BARS
from twin.load import find_rate
from twin.plan import Memo, plan
from twin.scenario import Scenario, apply_changes
from twin.serving.traffic import Recordings, arrivals_between
from twin.simulate import (
    compile_scenario,
    new_meter,
    new_state,
    simulate,
    uncontrolled,
)

NONE = Recordings.none()


@contextmanager
def one_core():
    """Keep this process on one core, so that a bar means one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@pytest.fixture(scope="module")
def day():
    scenario = Scenario()
    return scenario, find_rate(scenario, NONE)


def record(benchmark, name: str, value: float | None = None, **about) -> None:
    """Leave a row; its value is the median time where none is given."""
    value = benchmark.stats.stats.median if value is None else value
    rows = benchmark.extra_info.setdefault("rows", [])
    rows.append(ROW_BARS[name] | {"id": name, "value": value} | about)


def record_seconds(benchmark, name: str, work, **rounds) -> None:
    """Leave the row of a median time on one core."""
    with one_core():
        benchmark.pedantic(work, **rounds)
    record(benchmark, name)


def test_kernel_requests_per_second(benchmark, day):
    scenario, rate = day
    compiled = uncontrolled(compile_scenario(scenario, NONE))
    edges = np.array([0.0, compiled.tick_count * compiled.setup.tick_s])
    arrivals = next(
        arrivals_between(compiled.traffic, rate_rps=rate * 40, edges_s=edges)
    )

    def fresh():
        return (new_state(compiled), new_meter(compiled)), {}

    def serve(state, meter):
        compiled.controller.advance(
            compiled.setup, state, meter, 0, compiled.tick_count, arrivals,
            compiled.traffic.groups_low,
        )  # fmt: skip

    with one_core():
        benchmark.pedantic(serve, setup=fresh, rounds=15, warmup_rounds=1)
    median_s = benchmark.stats.stats.median
    record(benchmark, "row.kernel_requests_per_s", arrivals.prompt.size / median_s)


def test_one_day_of_forty_servers(benchmark, day):
    scenario, rate = day
    compiled = compile_scenario(scenario, NONE)
    record_seconds(
        benchmark, "row.day_s", lambda: simulate(compiled, rate_per_server_s=rate),
        rounds=11, warmup_rounds=1,
    )  # fmt: skip


def test_six_weeks_of_fifty_two_servers(benchmark, day):
    scenario, rate = day
    long = apply_changes(scenario, {"horizon.days": 42, "fleet.server_count": 52})
    compiled = compile_scenario(long, NONE)
    record_seconds(
        benchmark, "row.six_weeks_s",
        lambda: simulate(compiled, rate_per_server_s=rate), rounds=3,
    )  # fmt: skip


def test_plan_of_four_policies_and_eight_counts(benchmark, day):
    scenario, _ = day
    with ThreadPoolExecutor(2) as executor:
        benchmark.pedantic(
            lambda: plan(scenario, NONE, executor=executor, memo=Memo(4096)),
            rounds=3, warmup_rounds=1,
        )  # fmt: skip
    record(benchmark, "row.plan_s")


_MEMORY = """
import sys
from twin.scenario import Scenario, apply_changes
from twin.serving.traffic import Recordings
from twin.simulate import compile_scenario, simulate
days = float(sys.argv[1])
asked = apply_changes(Scenario(), {"horizon.days": days, "fleet.server_count": 52})
simulate(compile_scenario(asked, Recordings.none()), rate_per_server_s=0.07)
"""
_SAY_PEAK = """
with open("/proc/self/status") as status:  # ru_maxrss has the parent's peak in it
    print(next(int(x.split()[1]) * 1024 for x in status if x.startswith("VmHWM")))
"""


def peak_memory_bytes(program: str, *given: object) -> int:
    """Peak resident memory of a fresh process that runs a program. [B]"""
    done = subprocess.run(
        [sys.executable, "-c", program + _SAY_PEAK, *map(str, given)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout)


def test_memory_at_six_weeks(benchmark):
    value = benchmark.pedantic(peak_memory_bytes, (_MEMORY, 42), rounds=1)
    one_day_mb = peak_memory_bytes(_MEMORY, 1) / 1e6
    record(benchmark, "row.six_weeks_memory_mb", value / 1e6, one_day_mb=one_day_mb)

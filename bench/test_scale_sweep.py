"""
How fast studies are: row-days by the thousand, what a point costs besides its answer.

Everything a study does counts, from its document to its analysis: the start of two
worker processes, what each of them builds, answers kept in SQLite. Requests come at a
given rate, so no load has to be found; every point draws its own traffic.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

import pytest

from api.engines import open_engine
from bench.cluster import dask_cluster
from bench.sweeps import database, row_study, sweep, tree_cpu_s
from bench.test_row import record
from twin.study import points as study_points
from twin.study.questions import find_question

WORKERS = 2
DAYS, ROW_DAYS = 1000, 10_000
CHEAP = 3000
DASK_POINTS, DASK_ROUNDS = 40, 3


def swept(document, name="processes", workers=WORKERS):
    """A study on fresh workers and a fresh database, with what it cost."""
    engine = open_engine(name, workers=workers)
    try:
        with database() as kept:
            before_s = tree_cpu_s()
            found = sweep(document, engine, kept)
            return found, tree_cpu_s() - before_s
    finally:
        engine.close()


def record_study(benchmark, name, document):
    """Leave a study's time and what is in it; its CPU time shows a crowded machine."""
    found, cpu_s = benchmark.pedantic(swept, args=(document,), rounds=1)
    assert found.failed == found.cached == 0
    caps = [sum(one[k] for k in one if k.startswith("caps")) for one in found.outputs]
    record(
        benchmark, name, found.wall_s, first_point_s=found.first_s, cpu_s=cpu_s,
        points=found.points, capped_frac=sum(c > 0 for c in caps) / len(caps),
    )  # fmt: skip


def test_a_thousand_days_request_by_request(benchmark):
    record_study(benchmark, "scale.request_days_s", row_study("row", DAYS))


def test_ten_thousand_row_days(benchmark):
    record_study(benchmark, "scale.row_days_s", row_study("row-day", ROW_DAYS))


@pytest.fixture(scope="module", autouse=True)
def _warm():
    """Have the kernels compiled and on disk; workers load them."""
    for question in ("row", "row-day"):
        swept(row_study(question, 2, days=0.05), "serial")


class Timed:
    """Adds up what pure answers take, in this process. [s]"""

    def __init__(self, monkeypatch):
        self.spent_s = 0.0
        self._questions = {}
        monkeypatch.setattr(study_points, "find_question", self._found)

    def _found(self, key):
        if key not in self._questions:
            question = find_question(key)
            timed = replace(question, evaluate=self._timed(question.evaluate))
            self._questions[key] = timed
        return self._questions[key]

    def _timed(self, evaluate):
        def measured(*given):
            start_s = time.perf_counter()
            outputs = evaluate(*given)
            self.spent_s += time.perf_counter() - start_s
            return outputs

        return measured


def cheap(seed):
    """Points whose answer takes less than a millisecond."""
    return row_study("row-day", CHEAP, days=0.05) | {"seed": seed}


def overheads_s(monkeypatch):
    """
    Time per point besides its answer: one at a time, in one process, all known. [s]

    One at a time nothing overlaps, so wall time less the answers' own is all there is:
    inputs, address, look-up, hand-over, result, store. Beside a process, the main
    process prepares while the worker answers; what hand-over costs shows there.
    """
    with database() as kept, monkeypatch.context() as patch:
        engine = open_engine("serial", workers=1)
        sweep(cheap(0), engine, kept)  # the library
        timed = Timed(patch)
        alone = sweep(cheap(1), engine, kept)
        known = sweep(cheap(1), engine, kept)
    assert (alone.cached, known.cached) == (0, CHEAP)
    engine = open_engine("processes", workers=1)
    try:
        with database() as kept:
            sweep(cheap(0), engine, kept)
            beside = sweep(cheap(1), engine, kept)
    finally:
        engine.close()
    spent = {"serial": alone.asking_s - timed.spent_s, "cached": known.asking_s,
             "process": beside.asking_s - timed.spent_s,
             "answer": timed.spent_s}  # fmt: skip
    return {name: value / CHEAP for name, value in spent.items()}


def test_what_a_point_costs_besides_its_answer(benchmark, monkeypatch):
    """The worse of one at a time and of one worker process; and one known before."""

    def work():
        rounds = [overheads_s(monkeypatch) for _ in range(3)]
        return {k: 1e3 * statistics.median(r[k] for r in rounds) for k in rounds[0]}

    each_ms = benchmark.pedantic(work, rounds=1)
    worse_ms = max(each_ms["serial"], each_ms["process"])
    record(benchmark, "scale.overhead_ms", worse_ms, each_ms=each_ms)
    record(benchmark, "scale.overhead_cached_ms", each_ms["cached"])


def dask_times_s(cluster, workers):
    """Wall time of rounds of the same work on so many workers, the first left out."""
    engine = cluster.connect(workers)
    try:
        walls_s = []
        for seed in range(DASK_ROUNDS + 1):
            asked = row_study("row", DASK_POINTS) | {"seed": seed}
            with database() as kept:
                walls_s.append(sweep(asked, engine, kept).wall_s)
    finally:
        engine.close()
    return walls_s[1:]


def test_two_dask_workers_beside_one(benchmark):
    def measured():
        with dask_cluster() as cluster:
            cluster.add_worker()
            one_s = dask_times_s(cluster, 1)
            cluster.add_worker()
            return one_s, dask_times_s(cluster, 2)

    one_s, two_s = benchmark.pedantic(measured, rounds=1)
    ratio = statistics.median(one_s) / statistics.median(two_s)
    record(benchmark, "scale.dask_ratio", ratio, one_s=one_s, two_s=two_s)

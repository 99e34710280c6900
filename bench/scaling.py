"""
How time grows with servers, horizon and workers: the curves of docs/benchmarks.md.

Run through `scripts/bench --scaling`. Times are medians of three where one takes
less than five seconds, warm; points of a study are days of a row, some 200 ms each.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from api.engines import open_engine
from bench.cluster import dask_cluster
from bench.sweeps import RATE, database, row_study, sweep
from bench.test_site import NONE, site
from twin.cooling.weather import generated
from twin.facility.answer import answer_site
from twin.scenario import Scenario, parse_scenario
from twin.simulate import compile_scenario, simulate

ROW_SERVERS = 40
SITE_ROWS = ((1, 3), (1, 8), (1, 25), (3, 25), (10, 25))
"""Halls and rows in each: 120 to 10,000 servers."""
HORIZON_DAYS = (1 / 24, 0.25, 1.0, 3.0, 10.0, 30.0)
POINTS = 60
SOON_S = 5.0
Curve = dict[str, Any]


def row(servers: int, days: float) -> Scenario:
    """One row request by request."""
    return parse_scenario({
        "horizon": {"days": days}, "fleet": {"server_count": servers},
        "workload": {"load": {"requests_per_server_s": RATE}},
    })  # fmt: skip


def servers_curve(
    sites: Sequence[tuple[int, int]] = SITE_ROWS, days: float = 1.0
) -> Curve:
    """One day of sites of more and more servers, on one thread."""
    weather = generated()
    answer_site(site(1, 1, days=0.01), NONE, weather)

    def run_site(halls: int, rows: int) -> None:
        answer_site(site(halls, rows, days=days), NONE, weather)

    found = [
        (ROW_SERVERS * h * r, timed_s(lambda h=h, r=r: run_site(h, r)))
        for h, r in sites
    ]
    return {
        "id": "servers", "x": "servers", "y": "time of one day",
        "series": [series("a site at 1 s", found)],
    }  # fmt: skip


def horizon_curve(horizons: Sequence[float] = HORIZON_DAYS) -> Curve:
    """A row request by request and a site of 1,000 servers, longer and longer."""
    weather = generated()

    def run_row(days: float) -> None:
        simulate(compile_scenario(row(52, days), NONE), rate_per_server_s=RATE)

    run_row(0.01)
    rows = [(24 * d, timed_s(lambda d=d: run_row(d))) for d in horizons]
    sites = [
        (24 * d, timed_s(lambda d=d: answer_site(site(1, 25, days=d), NONE, weather)))
        for d in horizons
    ]
    return {
        "id": "horizon", "x": "simulated hours", "y": "time",
        "series": [
            series("a row of 52, request by request", rows),
            series("a site of 1,000 at 1 s", sites),
        ],
    }  # fmt: skip


def workers_curve(
    points: int = POINTS, days: float = 1.0, counts: Sequence[int] = ()
) -> Curve:
    """Points a second of a study on each engine, its workers started before."""
    counts = counts or [n for n in (1, 2, 4) if n <= (os.cpu_count() or 1)]
    found: dict[str, list[tuple[float, float]]] = {}
    for name in ("processes", "threads"):
        for count in counts:
            engine = open_engine(name, workers=count)
            found.setdefault(name, []).append(
                (count, points_per_s(engine, points, days))
            )
    with dask_cluster() as cluster:
        for count in range(1, max(counts) + 1):
            cluster.add_worker()
            if count in counts:
                engine = cluster.connect(count)
                found.setdefault("dask", []).append(
                    (count, points_per_s(engine, points, days))
                )
    return {
        "id": "workers", "x": "workers", "y": "points per second", "unit": "1/s",
        "series": [series(name, pairs) for name, pairs in found.items()],
    }  # fmt: skip


def points_per_s(engine: Any, points: int, days: float) -> float:
    """Points a second once workers are warm; the engine is closed. [1/s]"""
    try:
        with database() as kept:
            sweep(row_study("row", 4 * engine.workers, days=0.05), engine, kept)
            rates = [
                points / sweep(
                    row_study("row", points, days=days) | {"seed": seed}, engine, kept
                ).asking_s
                for seed in (2, 3, 4)
            ]  # fmt: skip
    finally:
        engine.close()
    return float(np.median(rates))


def timed_s(work: Callable[[], Any]) -> float:
    """Median of three, or the only one where that takes long. [s]"""
    times_s: list[float] = []
    while len(times_s) < 3 and (not times_s or times_s[0] < SOON_S):
        start_s = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - start_s)
    return float(np.median(times_s))


def series(name: str, pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """One line of a curve, as it is recorded."""
    return {"name": name, "x": [x for x, _ in pairs], "values": [y for _, y in pairs]}


def curves() -> list[Curve]:
    """All of them."""
    return [servers_curve(), horizon_curve(), workers_curve()]

"""
Studies as the benchmarks run them: the product's runner, engines and answers.

A study here does what a server's job does: it asks, answers on the engine, keeps
every answer and every point in a database file, and analyses. HTTP alone is left out.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Engine as Database

from api.engines import StudyEngine
from store.engine import open_engine as open_database
from store.migrate import upgrade_engine
from store.studies import Answers, Studies
from twin.study.analysis import analyse
from twin.study.points import Cargo
from twin.study.prepare import parse_study, prepare
from twin.study.questions.base import Ground
from twin.study.runner import Solved, run_study

RATE = 0.09
"""Requests per server and second: a given rate, so that no load has to be found."""
STAMP = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """
    A study that ran.

    Args:
        wall_s: From its document to its analysis. [s]
        asking_s: The same without the analysis. [s]
        first_s: Until the first point came back: start-up of workers and, of
            row-days, their library. [s]
        points: How many.
        failed: How many without an answer.
        cached: How many were known before.
        outputs: What came out, in order.
    """

    wall_s: float
    asking_s: float
    first_s: float
    points: int
    failed: int
    cached: int
    outputs: tuple[Any, ...]


def row_study(
    question: str, points: int, *, days: float = 1.0, tick_s: float | None = None
) -> dict[str, Any]:
    """A row of 40 servers whose power, cap latency and chance vary."""
    horizon: dict[str, float] = {"days": days}
    return {
        "question": question,
        "base": {
            "workload": {"load": {"requests_per_server_s": RATE}},
            "horizon": horizon if tick_s is None else horizon | {"tick_s": tick_s},
        },
        "axes": [
            {
                "field": "fleet.server_power_frac",
                "distribution": {"kind": "normal", "mean": 1.0, "sd": 0.03},
            },
            {"field": "control.cap_latency_s", "range": {"low": 5, "high": 60}},
        ],
        "design": {"kind": "latin-hypercube", "points": points},
        "outputs": ["peak_frac", "brakes", "energy_wh"],
        "limits": [{"output": "peak_frac", "at_most": 1.0}],
        "seed": 1,
    }  # fmt: skip


@contextlib.contextmanager
def database() -> Iterator[Database]:
    """Make a fresh SQLite file with the product's tables; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="nameplate-bench-") as folder:
        found = open_database(f"sqlite:///{Path(folder) / 'bench.db'}")
        upgrade_engine(found)
        try:
            yield found
        finally:
            found.dispose()


def sweep(document: dict[str, Any], engine: StudyEngine, kept: Database) -> Swept:
    """Run a study from its document to its analysis; workers start with it."""
    start_s = time.perf_counter()
    study = prepare(parse_study(document))
    table = Studies(kept)
    name = f"study-{time.time_ns():x}"
    table.add(
        id=name, name="", body=document, question=study.question.key,
        scenario_sha256="", seed=1, model_version=STAMP, status="running", job_id="",
        engine=engine.name, stamp=STAMP, asked_count=0, done_count=0, failed_count=0,
        cached_count=0, stopped="",
    )  # fmt: skip
    came_s: list[float] = []

    def on_points(points: Sequence[Solved]) -> None:
        came_s.append(time.perf_counter())
        table.add_points(name, points)

    found = run_study(
        study, Cargo.of(Ground()), engine=engine, stamp=STAMP,
        cache=Answers(kept, study.question.key), on_points=on_points,
    )  # fmt: skip
    asking_s = time.perf_counter() - start_s
    analyse(study, found)
    return Swept(
        wall_s=time.perf_counter() - start_s, asking_s=asking_s,
        first_s=came_s[0] - start_s,
        points=len(found.points),
        failed=sum(p.outputs is None for p in found.points),
        cached=sum(p.cached for p in found.points),
        outputs=tuple(p.outputs for p in found.points),
    )  # fmt: skip


def tree_cpu_s() -> float:
    """Processor time of this process and all that descend from it and live. [s]"""
    here = psutil.Process()
    spent_s = 0.0
    for one in (here, *here.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            spent_s += times.user + times.system
    return spent_s

"""
How large one model may be: a campus of a gigawatt, one day at 1 s.

Everything counts: reading the scenario, the row served request by request, the
assembly, the run on two threads, the result. The contract binds in the afternoon.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from bench.test_row import peak_memory_bytes, record
from twin.campus.answer import answer_campus
from twin.campus.run import Engine
from twin.cooling.weather import generated
from twin.scenario import parse_scenario
from twin.serving.traffic import Recordings

CAMPUS = Path(__file__).parents[1] / "examples" / "campus.yaml"
CAMPUS_THREADS = 2


def campus(days=1.0):
    """The example campus, of any length."""
    document = yaml.safe_load(CAMPUS.read_text())
    return parse_scenario(document | {"horizon": {"days": days}})


def answer(days=1.0):
    """A campus from its file to its result."""
    with ThreadPoolExecutor(CAMPUS_THREADS) as executor:
        found = answer_campus(
            campus(days),
            Recordings.none(),
            generated(),
            engine=Engine(executor=executor),
        )
    found.result.document()
    return found


def test_campus_day(benchmark):
    answer(0.002)
    found = benchmark.pedantic(answer, rounds=1)
    record(
        benchmark, "scale.campus_day_s", repeated_frac=found.effort.repeated_frac,
        server_count=found.result.server_count, node_count=found.result.node_count,
    )  # fmt: skip


MEMORY = """
from bench.test_scale import answer
answer()
"""


def test_campus_memory(benchmark):
    value = benchmark.pedantic(peak_memory_bytes, (MEMORY,), rounds=1)
    record(benchmark, "scale.campus_memory_mb", value / 1e6)

"""
How much live telemetry a server takes, how soon it says so, and what an agent costs.

Server and client are two processes on the same cores. Everything of a request counts:
HTTP, the token, validation, the commit to disk; the folder works beside it. Values are
medians of rounds, for other work on the machine shows in single ones; what a sample
costs the server's processor is recorded beside.

NAMEPLATE_BENCH_MINUTES sets how long the thousand agents send: 10 is the contract's
length, 1 what runs by default.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

from bench.agent_cost import measure
from bench.telemetry_fleet import run_fleet
from bench.telemetry_load import Stream, Taken, cpu_s, memory_mb, send_all, stream
from bench.telemetry_month import DAYS, fill_month
from bench.test_row import record
from scripts.with_postgres import programs
from store.access import Tokens
from store.engine import open_engine
from store.migrate import upgrade_engine
from tests.live.processes import Postgres, Server

AGENTS = 64
LARGE, MIDDLE, SMALL = 600, 60, 5
"""Instants in a batch of eight GPUs: a minute at 10 Hz or after an outage, and 5 s."""
ROUNDS = 5
LIMITS = {"token_requests_per_s": "1e6", "token_bytes_per_s": "1e12"}
MINUTES = float(os.environ.get("NAMEPLATE_BENCH_MINUTES", "1"))


class Bench:
    """A server on a database of its own, and tokens of agents."""

    def __init__(self, folder: Path, url: str, agents: int) -> None:
        self.url = url
        engine = open_engine(url)
        upgrade_engine(engine)
        tokens = Tokens(engine)
        self.names = [f"host{i:04d}" for i in range(agents)]
        self.tokens = [
            tokens.create(name=n, scopes=["telemetry:write"], agent=n)[1]
            for n in self.names
        ]
        self.reader = tokens.create(
            name="reader", scopes=["telemetry:read", "scenarios:read"]
        )[1]
        engine.dispose()
        self.server = Server(folder, url, **LIMITS)
        self._sent = 0

    @property
    def pid(self) -> int:
        assert self.server.process is not None
        return self.server.process.pid

    def streams(self, ticks: int, batches: int, period_us: int) -> list[Stream]:
        """The next batches of every agent; they end now."""
        first, self._sent = self._sent, self._sent + batches
        start_us = time.time_ns() // 1000 - (first + batches) * ticks * period_us
        return [
            stream(name, token, start_us=start_us, batches=batches, ticks=ticks,
                   period_us=period_us, first=first)
            for name, token in zip(self.names, self.tokens, strict=True)
        ]  # fmt: skip


@contextlib.contextmanager
def bench(database: str, agents: int = AGENTS):
    with tempfile.TemporaryDirectory(prefix="nameplate-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = Postgres(folder / "postgres") if database == "postgres" else None
        url = f"sqlite:///{folder / 'bench.db'}"
        if postgres is not None:
            postgres.start()
            url = postgres.url
        try:
            found = Bench(folder, url, agents)
            with found.server:
                yield found
        finally:
            if postgres is not None:
                postgres.stop()


def rate(found: Bench, ticks: int, batches: int, period_us: int) -> dict[str, float]:
    """Samples a second: the median of rounds, the first left out."""
    rates, costs = [], []
    for _ in range(ROUNDS + 1):
        streams = found.streams(ticks, batches, period_us)
        before_s = cpu_s(found.pid)
        taken: Taken = send_all(found.server.port, streams)
        assert not taken.refused, taken.refused[0]
        rates.append(taken.samples / taken.seconds)
        costs.append(1e6 * (cpu_s(found.pid) - before_s) / taken.samples)
    return {
        "per_s": statistics.median(rates[1:]),
        "server_us_per_sample": statistics.median(costs[1:]),
    }


def measured(benchmark, database: str, row: str) -> None:
    def work() -> dict[str, dict[str, float]]:
        with bench(database) as found:
            return {
                "large": rate(found, LARGE, 2, 100_000),
                "middle": rate(found, MIDDLE, 8, 100_000),
                "small": rate(found, SMALL, 20, 1_000_000),
            }

    value = benchmark.pedantic(work, rounds=1)
    record(benchmark, row, value["large"]["per_s"], batches=value)


def test_ingest_into_sqlite(benchmark):
    measured(benchmark, "sqlite", "telemetry.ingest_sqlite_per_s")


def test_ingest_into_postgres(benchmark):
    if programs() is None:
        pytest.skip("needs PostgreSQL: Debian's package postgresql")
    measured(benchmark, "postgres", "telemetry.ingest_postgres_per_s")


def test_a_thousand_agents_are_answered_soon_and_memory_does_not_grow(benchmark):
    """Each has eight GPUs at 1 Hz and sends every five seconds."""

    def work():
        with bench("sqlite", agents=1000) as found:
            return run_fleet(
                found.server.port, found.names, found.tokens, seconds=60 * MINUTES,
                memory_mb=lambda: memory_mb(found.pid),
            )  # fmt: skip

    fleet = benchmark.pedantic(work, rounds=1)
    about = {"minutes": MINUTES, "fleet": asdict(fleet)}
    record(benchmark, "telemetry.ack_p99_s", fleet.p99_s, **about)
    growth_mb = fleet.growth_mb
    record(benchmark, "telemetry.ack_memory_growth_mb", growth_mb, minutes=MINUTES)


def test_a_month_of_a_thousand_gpus_opens(benchmark):
    """What the page asks for when a month is chosen: series, now, sources, events."""

    def work() -> float:
        with bench("sqlite", agents=1) as found:
            found.server.stop()
            start_us, end_us = fill_month(found.url)
            found.server.start()
            headers = {"authorization": f"Bearer {found.reader}"}
            address = f"{found.server.url}/api/v1/telemetry"
            asked = [
                ("/series", {"of": "site", "start_us": start_us, "end_us": end_us}),
                ("/series", {"of": "host000", "start_us": start_us, "end_us": end_us}),
                ("/now", {"node": "all"}),
                ("/sources", {}),
                ("/events", {"start_us": start_us, "end_us": end_us}),
            ]
            took = []
            with httpx.Client(headers=headers, timeout=60) as client:
                for _ in range(ROUNDS):
                    began = time.perf_counter()
                    for path, params in asked:
                        answer = client.get(address + path, params=params)
                        assert answer.status_code == 200, answer.text
                        if "of" in params:
                            assert len(answer.json()["time_us"]) >= 24 * DAYS
                    took.append(time.perf_counter() - began)
            return statistics.median(took)

    value = benchmark.pedantic(work, rounds=1)
    record(benchmark, "telemetry.month_open_s", value)


def test_what_an_agent_costs_its_host(benchmark):
    agent = benchmark.pedantic(measure, (30.0,), rounds=1)
    record(benchmark, "telemetry.agent_cpu_frac", agent["cpu_frac"], agent=agent)
    record(benchmark, "telemetry.agent_memory_mb", agent["peak_rss_mb"])

"""
Planners who slide and agents who send, all at once, on one server; docs/hardening.md.

`scripts/load --planners 50 --agents 1000 --seconds 60`. A planner does what the page
Explore does: moves of one slider come four a second in bursts with pauses to read
between them, one question is in flight, the newest follows it, and 429 or 503 is asked
again when Retry-After says. An agent sends what `nameplate-agent` sends at its defaults: eight GPUs
read once a second, a batch every five seconds, kept and sent again until acknowledged.
"""  # noqa: E501

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psutil

from store.access import Tokens
from store.engine import open_engine
from store.scopes import ROLES
from tests.hostile.fire import Gun, Memory, Shot
from tests.hostile.pages import callbacks
from tests.hostile.site import ROOT, Site

RESULT = ROOT / "docs" / "results" / "load.json"
GPUS, BATCH_S = 8, 5.0
MOVES_PER_S, BURST_S, READING_S = 4.0, 3.0, (2.0, 6.0)
PATIENCE_S = 60.0
KNOBS = {"added": (0, 24), "t1": (70, 81), "t2": (82, 95), "low": (35, 65)}
"""Sliders of Explore and where they go; of a burst one is moved, as a hand does."""


@dataclass(slots=True)
class Group:
    """What one group met."""

    took_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    count: Counter[int] = field(default_factory=Counter)
    superseded: int = 0
    passed_over: int = 0
    acknowledged: int = 0

    def document(self) -> dict[str, Any]:
        """Percentiles and counts."""
        ordered = sorted(self.took_s) or [0.0]
        found: dict[str, Any] = {
            f"p{p}_ms": round(
                1e3 * ordered[min(len(ordered) - 1, len(ordered) * p // 100)]
            )
            for p in (50, 95, 99)
        }
        each = list(self.count.values()) or [0]
        return found | {
            "most_ms": round(1e3 * ordered[-1]), "answers": len(self.took_s),
            "statuses": {str(k): n for k, n in sorted(self.statuses.items())},
            "asked_to_wait": self.statuses[429] + self.statuses[503],
            "errors": dict(self.errors), "superseded": self.superseded,
            "moves_passed_over": self.passed_over,
            "fairness": round(jain(each), 4), "fewest": min(each), "most": max(each),
        }  # fmt: skip


def jain(each: list[int]) -> float:
    """Jain's index of fairness: 1 where all get the same, 1/n where one gets all."""
    squares = sum(n * n for n in each)
    return sum(each) ** 2 / (len(each) * squares) if squares else 0.0


class Link:
    """A connection kept open, as a browser and an agent keep theirs."""

    def __init__(self, port: int) -> None:
        self._port, self._streams = port, None

    async def ask(self, method: str, path: str, headers: str, body: bytes) -> (
        tuple[int, float, bytes]
    ):  # fmt: skip
        """Status, Retry-After [s] and body; status 0 where the connection broke."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._asked(method, path, headers, body)
        except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError):
            self._streams = None
            return 0, 1.0, b""

    async def _asked(self, method: str, path: str, headers: str, body: bytes) -> (
        tuple[int, float, bytes]
    ):  # fmt: skip
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        head = (f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}"
                f"content-length: {len(body)}\r\n\r\n")  # fmt: skip
        writer.write(head.encode() + body)
        told = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        names = dict(line.lower().split(": ", 1) for line in told[1:] if ": " in line)
        content = b""
        if names.get("transfer-encoding") == "chunked":
            while size := int(await reader.readline(), 16):
                content += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        elif "content-length" in names:
            content = await reader.readexactly(int(names["content-length"]))
        if names.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        return int(told[0].split()[1]), float(names.get("retry-after", 0)), content


class Planner:
    """One who slides."""

    def __init__(
        self, number: int, port: int, saved: dict[str, Any], group: Group
    ) -> None:
        self._number, self._link, self._group = number, Link(port), group
        self._rng = Random(number)
        self._text = json.dumps(saved)
        self._moved = asyncio.Event()
        self._moved_s, self._waiting, self._seq = 0.0, 0, 0
        self._knob, self._view = "added", dict[str, int]()

    async def work(self, end_s: float) -> None:
        """Slide and read until the end, then wait for the last answer."""
        await asyncio.sleep(self._rng.uniform(0, 3))
        asking = asyncio.create_task(self._ask())
        while time.monotonic() < end_s:
            self._knob = self._rng.choice(list(KNOBS))
            for _ in range(int(BURST_S * MOVES_PER_S)):
                self._moved_s, self._waiting = time.monotonic(), self._waiting + 1
                self._moved.set()
                await asyncio.sleep(1 / MOVES_PER_S)
            await asyncio.sleep(self._rng.uniform(*READING_S))
        while self._moved.is_set() or self._busy:
            await asyncio.sleep(0.05)
        asking.cancel()

    _busy = False

    async def _ask(self) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            self._busy, moved_s = True, self._moved_s
            self._group.passed_over += self._waiting - 1
            self._waiting = 0
            await self._until_answered(moved_s)
            self._busy = False

    async def _until_answered(self, moved_s: float) -> None:
        body = self._question()
        while True:
            status, wait_s, content = await self._link.ask(
                "POST", "/_dash-update-component",
                "content-type: application/json\r\naccept-encoding: gzip\r\n", body,
            )  # fmt: skip
            self._group.statuses[status] += 1
            if status in {429, 503} and wait_s:
                await asyncio.sleep(wait_s * self._rng.uniform(1.0, 1.25))
                continue
            break
        kept = {}
        if status == 200:
            kept = json.loads(content)["response"]["explore-answer"]["data"]
        if kept.get("ok"):
            self._group.took_s.append(time.monotonic() - moved_s)
            self._group.count[self._number] += 1
        elif kept.get("superseded"):
            self._group.superseded += 1
        else:
            self._group.errors[f"{status} {str(kept)[:80]}"] += 1

    def _question(self) -> bytes:
        self._seq += 1
        found = json.loads(self._text)
        request = next(c for c in found["inputs"] if c["id"] == "explore-request")[
            "value"
        ]
        request |= {"seq": self._seq, "tab": f"load{self._number}"}
        self._view[self._knob] = self._rng.randrange(*KNOBS[self._knob])
        request["view"] |= self._view
        return json.dumps(found).encode()


class Agent:
    """One host with eight GPUs."""

    def __init__(self, number: int, port: int, token: str, group: Group) -> None:
        self._number, self._link, self._group = number, Link(port), group
        self._headers = (
            f"authorization: Bearer {token}\r\ncontent-type: application/json\r\n"
            "content-encoding: gzip\r\n"
        )
        self.sent = 0

    async def work(self, end_s: float) -> None:
        """Send a batch every five seconds, each until it is acknowledged."""
        next_s = time.monotonic() + Random(self._number).uniform(0, BATCH_S)
        sequence = 0
        while next_s < end_s:
            await asyncio.sleep(max(0.0, next_s - time.monotonic()))
            await self._deliver(self._batch(sequence))
            sequence += 1
            next_s = max(next_s + BATCH_S, time.monotonic())

    async def _deliver(self, body: bytes) -> None:
        began_s = time.monotonic()
        while True:
            status, wait_s, content = await self._link.ask(
                "POST", "/api/v1/telemetry", self._headers, body
            )
            self._group.statuses[status] += 1
            if status == 200:
                break
            if status not in {0, 429, 503}:
                self._group.errors[f"{status} {content[:80]!r}"] += 1
                return
            await asyncio.sleep(max(wait_s, 1.0))
        answer = json.loads(content)
        self.sent += GPUS * int(BATCH_S)
        self._group.acknowledged += answer["stored"]
        self._group.took_s.append(time.monotonic() - began_s)
        self._group.count[self._number] += 1

    def _batch(self, sequence: int) -> bytes:
        rows = range(GPUS * int(BATCH_S))
        found = {
            "format": 1, "sequence": sequence, "clock": {}, "events": [],
            "agent": {"name": f"load{self._number:04d}", "version": "0.1.0",
                      "spool": f"{self._number:032x}"},
            "start_us": time.time_ns() // 1000 - int(BATCH_S * 1e6),
            "devices": [{"key": f"GPU-{n}", "kind": "gpu"} for n in range(GPUS)],
            "columns": {"device": [r % GPUS for r in rows],
                        "offset_us": [r // GPUS * 1_000_000 for r in rows],
                        "power_w": [400.0 + (r * 7 + sequence) % 90 for r in rows]},
        }  # fmt: skip
        return gzip.compress(json.dumps(found).encode(), 1)


async def probe(port: int, end_s: float, group: Group) -> None:
    """Ask /healthz twice a second, as a supervisor does."""
    link = Link(port)
    while time.monotonic() < end_s:
        began_s = time.monotonic()
        status, _, _ = await link.ask("GET", "/healthz", "", b"")
        group.statuses[status] += 1
        group.took_s.append(time.monotonic() - began_s)
        if status != 200:
            group.errors[str(status)] += 1
        await asyncio.sleep(0.5)


def _tokens(folder: Path, count: int) -> list[str]:
    engine = open_engine(f"sqlite:///{folder / 'site.db'}")
    tokens = Tokens(engine)
    made = [
        tokens.create(name=f"load{n:04d}", scopes=ROLES["agent"], agent=f"load{n:04d}")[
            1
        ]
        for n in range(count)
    ]
    engine.dispose()
    return made


async def _all(
    port: int, saved: dict[str, Any], tokens: list[str], planners: int, seconds: float
) -> dict[str, Group]:
    groups = {name: Group() for name in ("planners", "agents", "healthz")}
    end_s = time.monotonic() + seconds
    people = [Planner(n, port, saved, groups["planners"]) for n in range(planners)]
    hosts = [Agent(n, port, t, groups["agents"]) for n, t in enumerate(tokens)]
    working = [p.work(end_s) for p in people] + [h.work(end_s) for h in hosts]
    await asyncio.gather(*working, probe(port, end_s, groups["healthz"]))
    for number in range(planners):
        groups["planners"].count.setdefault(number, 0)
    return groups


def _stored(gun: Gun, hosts: int, start_us: int) -> int:
    """Readings the server says it holds, host by host."""
    total, period = 0, f"start_us={start_us}&end_us={time.time_ns() // 1000 + 10**8}"
    for number in range(hosts):
        path = f"/api/v1/telemetry/sources/load{number:04d}/stored?{period}"
        found = gun.send(Shot(part="", method="GET", target=path))
        if found.status == 404:
            continue  # its first batch was never acknowledged
        if found.status != 200:
            raise RuntimeError(f"{path}: {found.status} {found.body[:200]!r}")
        document = json.loads(found.body)
        total += document["readings"] + document["waiting"]
    return total


def measure(planners: int, agents: int, seconds: float) -> dict[str, Any]:
    """One run on a server of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Site(folder, what_if_wait_s="2.0") as site:
            tokens, gun = _tokens(folder, agents), Gun(site.port)
            asked = [c for c in callbacks(gun, "/")
                     if "explore-request.data" in c["changedPropIds"]]  # fmt: skip
            saved = next(c for c in asked if "explore-answer.data" in c["output"])
            gun.send(Shot(part="", target="/_dash-update-component",
                          headers={"content-type": "application/json"},
                          body=json.dumps(saved).encode()))  # fmt: skip
            memory, before_s = Memory(site.process.pid), _cpu_s(site.process.pid)
            load, began_s = os.getloadavg()[0], time.monotonic()
            start_us = time.time_ns() // 1000 - 10**8
            groups = asyncio.run(_all(site.port, saved, tokens, planners, seconds))
            took_s = time.monotonic() - began_s
            cores = (_cpu_s(site.process.pid) - before_s) / took_s
            memory.stop()
            acknowledged = groups["agents"].acknowledged
            return {
                "planners": planners, "agents": agents, "seconds": round(took_s),
                "load_average_before": round(load, 1), "server_cores": round(cores, 2),
                "server_peak_rss_mb": round(memory.peak_mb),
                "readings_acknowledged": acknowledged,
                "readings_stored": _stored(gun, agents, start_us),
                "groups": {name: g.document() for name, g in groups.items()},
                "tracebacks_in_log": site.tracebacks(),
            }  # fmt: skip


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def main(arguments: list[str] | None = None) -> int:
    """Run, print, and add to the results; exit code 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--planners", type=int, default=50)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--out", type=Path, default=RESULT)
    asked = parser.parse_args(arguments)
    found = measure(asked.planners, asked.agents, asked.seconds)
    print(json.dumps(found, indent=1))
    runs = json.loads(asked.out.read_text())["runs"] if asked.out.exists() else []
    machine = f"{os.cpu_count()} shared cores, generator and server together"
    document = {"machine": machine, "runs": [*runs, found]}
    asked.out.write_text(json.dumps(document, indent=1) + "\n")
    wrong = any(group["errors"] for group in found["groups"].values())
    return int(wrong or found["readings_acknowledged"] != found["readings_stored"])


if __name__ == "__main__":
    sys.exit(main())

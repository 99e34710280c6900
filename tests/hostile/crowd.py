"""
A crowd of clients on one server: what each group met, and those that any load has.

An agent sends what `nameplate-agent` sends at its defaults: eight GPUs read once a
second, a batch every five seconds, kept and sent again until acknowledged.
"""

from __future__ import annotations

import asyncio
import gzip
import json
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
from tests.hostile.fire import Gun, Shot

GPUS, BATCH_S = 8, 5.0
PATIENCE_S = 60.0
WAIT = frozenset({429, 503})
"""Statuses that ask a client to come again; each has to say when."""


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
    accepted_s: list[float] = field(default_factory=list)
    retry_after_s: list[float] = field(default_factory=list)

    def note(self, status: int, wait_s: float) -> bool:
        """Count an answer, and say whether it asks to come again later."""
        self.statuses[status] += 1
        if status not in WAIT:
            return False
        self.retry_after_s.append(wait_s)
        if not wait_s:
            self.errors[f"{status} without Retry-After"] += 1
        return True

    def document(self) -> dict[str, Any]:
        """Percentiles and counts."""
        found: dict[str, Any] = {f"p{p}_ms": _ms(self.took_s, p) for p in (50, 95, 99)}
        if self.accepted_s:
            found["accepted_p95_ms"] = _ms(self.accepted_s, 95)
        each = list(self.count.values()) or [0]
        return found | {
            "most_ms": _ms(self.took_s, 100), "answers": len(self.took_s),
            "statuses": {str(k): n for k, n in sorted(self.statuses.items())},
            "asked_to_wait": len(self.retry_after_s),
            "longest_retry_after_s": max(self.retry_after_s, default=0.0),
            "errors": dict(self.errors), "superseded": self.superseded,
            "moves_passed_over": self.passed_over,
            "fairness": round(jain(each), 4), "fewest": min(each), "most": max(each),
        }  # fmt: skip


def _ms(took_s: list[float], percentile: int) -> int:
    ordered = sorted(took_s) or [0.0]
    place = min(len(ordered) - 1, len(ordered) * percentile // 100)
    return round(1e3 * ordered[place])


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


class Agent:
    """One host with eight GPUs; a pause of 0 s is one that sends as fast as it can."""

    def __init__(
        self, number: int, port: int, token: str, group: Group,
        *, pause_s: float = BATCH_S,
    ) -> None:  # fmt: skip
        self._number, self._link, self._group = number, Link(port), group
        self._pause_s = pause_s
        self._headers = (
            f"authorization: Bearer {token}\r\ncontent-type: application/json\r\n"
            "content-encoding: gzip\r\n"
        )
        self.sent = 0

    async def work(self, end_s: float) -> None:
        """Send a batch after each pause, again until it is acknowledged."""
        next_s = time.monotonic() + Random(self._number).uniform(0, BATCH_S)
        sequence = 0
        while next_s < end_s:
            await asyncio.sleep(max(0.0, next_s - time.monotonic()))
            await self._deliver(self._batch(sequence))
            sequence += 1
            next_s = max(next_s + self._pause_s, time.monotonic())

    async def _deliver(self, body: bytes) -> None:
        began_s = time.monotonic()
        while True:
            status, wait_s, content = await self._link.ask(
                "POST", "/api/v1/telemetry", self._headers, body
            )
            wait = self._group.note(status, wait_s)
            if status == 200:
                break
            if not wait and status != 0:
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
        status, wait_s, _ = await link.ask("GET", "/healthz", "", b"")
        group.note(status, wait_s)
        group.took_s.append(time.monotonic() - began_s)
        if status != 200:
            group.errors[str(status)] += 1
        await asyncio.sleep(0.5)


def tokens_of(folder: Path, count: int) -> list[str]:
    """Tokens of as many agents, in a site's database."""
    engine = open_engine(f"sqlite:///{folder / 'site.db'}")
    tokens = Tokens(engine)
    names = [f"load{n:04d}" for n in range(count)]
    made = [tokens.create(name=n, scopes=ROLES["agent"], agent=n)[1] for n in names]
    engine.dispose()
    return made


def stored(gun: Gun, hosts: int, start_us: int) -> int:
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


def cpu_s(pid: int) -> float:
    """Time of all cores that a process took."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system

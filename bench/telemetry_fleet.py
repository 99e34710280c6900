"""
A thousand agents on a running server: each sends its last five seconds, spread evenly.

Agents keep their connections, as the real one does. A batch is made just before it is
sent, from columns drawn once, so that times are true. One that is asked to wait counts
with its whole waiting, until it is stored.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.telemetry_load import GPUS, Taken, batch, exchange, request
from cli.serve import allow_many_connections

EVERY_S = 5.0
WARM_S = 15.0
"""The first answers are left out: every agent registers its devices then."""
Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Fleet:
    """
    What came of it.

    Attributes:
        batches, samples: Stored.
        p50_s, p99_s, longest_s: From the first byte sent to the acknowledgement. [s]
        asked_to_wait: Answers 429 and 503.
        behind_s: How late the client itself was at most; it shares the cores. [s]
        memory_mb: Of the server, every ten seconds. [MB]
        growth_mb: Last third's median less that of the third after the warm-up. [MB]
    """

    batches: int = 0
    samples: int = 0
    p50_s: float = 0.0
    p99_s: float = 0.0
    longest_s: float = 0.0
    asked_to_wait: int = 0
    behind_s: float = 0.0
    memory_mb: list[float] = field(default_factory=list)
    growth_mb: float = 0.0


def run_fleet(
    port: int, names: Sequence[str], tokens: Sequence[str], *, seconds: float,
    memory_mb: Callable[[], float],
) -> Fleet:  # fmt: skip
    """Send for so long."""
    allow_many_connections()
    return asyncio.run(_run(port, names, tokens, seconds, memory_mb))


async def _run(
    port: int, names: Sequence[str], tokens: Sequence[str], seconds: float,
    memory_mb: Callable[[], float],
) -> Fleet:  # fmt: skip
    fleet, waits_s = Fleet(), []
    began = time.perf_counter()
    ends = began + seconds + WARM_S

    async def agent(i: int) -> None:
        link = await asyncio.open_connection("127.0.0.1", port)
        make = _maker(names[i], i)
        due = began + EVERY_S * (1 + i / len(names))
        sequence = 0
        while due < ends:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            fleet.behind_s = max(fleet.behind_s, time.perf_counter() - due)
            body = request(tokens[i], make(sequence))
            waited_s = await _until_stored(link, body, fleet)
            if due > began + WARM_S:
                waits_s.append(waited_s)
            sequence += 1
            due += EVERY_S
        link[1].close()

    async def watch() -> None:
        await asyncio.sleep(WARM_S)
        while time.perf_counter() < ends:
            fleet.memory_mb.append(memory_mb())
            await asyncio.sleep(min(10.0, seconds / 12))

    await asyncio.gather(watch(), *(agent(i) for i in range(len(names))))
    fleet.batches = len(waits_s)
    fleet.p50_s, fleet.p99_s = np.quantile(waits_s, [0.5, 0.99]).tolist()
    fleet.longest_s = max(waits_s)
    third = max(1, len(fleet.memory_mb) // 3)
    late, early = fleet.memory_mb[-third:], fleet.memory_mb[:third]
    fleet.growth_mb = float(np.median(late) - np.median(early))
    return fleet


async def _until_stored(link: Link, body: bytes, fleet: Fleet) -> float:
    began = time.perf_counter()
    while True:
        taken = Taken()
        await exchange(link, body, int(GPUS * EVERY_S), taken)
        if taken.samples:
            fleet.samples += taken.samples
            return time.perf_counter() - began
        if b"429" not in taken.refused[0][:16].encode():
            raise RuntimeError(taken.refused[0])
        fleet.asked_to_wait += 1
        await asyncio.sleep(1.0)


def _maker(name: str, seed: int) -> Callable[[int], bytes]:
    """Batches of one agent: the same columns, their own number and times."""
    ticks = int(EVERY_S)
    whole = json.loads(gzip.decompress(batch(name, 0, 0, ticks, seed=seed)))
    marked = json.dumps(whole | {"sequence": "@n", "start_us": "@t"},
                        separators=(",", ":"))  # fmt: skip

    def make(sequence: int) -> bytes:
        start_us = time.time_ns() // 1000 - int(EVERY_S * 1e6)
        text = marked.replace('"@n"', str(sequence)).replace('"@t"', str(start_us))
        return gzip.compress(text.encode(), compresslevel=1, mtime=0)

    return make

"""
Load on a running server: batches as agents send them, made beforehand, over raw HTTP.

A sample is one GPU's reading with all eleven fields of a GPU at one instant, in the
agent's own encoding: doubles in base64 in JSON in gzip.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

GPUS = 8
WALK_W = 12.0


@dataclass(slots=True)
class Stream:
    """One agent's batches in order, and what they take to send."""

    name: str
    token: str
    requests: list[bytes] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Taken:
    """What came of sending: samples, wall time, and how long each answer took. [s]"""

    samples: int = 0
    seconds: float = 0.0
    waits_s: list[float] = field(default_factory=list)
    late_s: float = 0.0
    refused: list[str] = field(default_factory=list)


def batch(
    name: str, sequence: int, start_us: int, ticks: int, *, period_us: int = 1_000_000,
    seed: int = 0,
) -> bytes:  # fmt: skip
    """One gzipped batch of eight GPUs at so many instants."""
    columns = columns_of(ticks, seed=seed + sequence, period_us=period_us)
    device = np.tile(np.arange(GPUS, dtype="<i4"), ticks)
    offset_us = np.repeat(np.arange(ticks, dtype="<i8") * period_us, GPUS) + 2 * device
    packed = {name: {"f8": _text(v.astype("<f8"))} for name, v in columns.items()}
    document = {
        "format": 1,
        "agent": {"name": name, "version": "0.1.0", "spool": spool_of(name)},
        "sequence": sequence, "start_us": start_us,
        "clock": {"offset_s": 0.0, "uncertainty_s": 0.001, "steps": 0},
        "devices": [
            {"key": f"GPU-{name}-{i}", "kind": "gpu", "model": "NVIDIA H100 80GB HBM3",
             "index": i, "parent": "",
             "facts": {"slowdown_c": 87.0, "shutdown_c": 92.0, "memory_max_c": 95.0}}
            for i in range(GPUS)
        ],
        "columns": {
            "device": {"i4": _text(device)},
            "offset_us": {"i8": _text(offset_us.astype("<i8"))}, **packed,
        },
        "events": [],
    }  # fmt: skip
    text = json.dumps(document, separators=(",", ":")).encode()
    return gzip.compress(text, compresslevel=1, mtime=0)


def columns_of(ticks: int, *, seed: int, period_us: int) -> dict[str, np.ndarray]:
    """Eleven fields in the steps NVML has: milliwatts, millijoules, 15 MHz, degrees."""
    draws = np.random.default_rng(seed)
    shape = (ticks, GPUS)
    power_w = np.clip(
        450.0 + np.cumsum(draws.normal(0, WALK_W, shape), axis=0), 80.0, 700.0
    ).round(3)
    energy_j = 1e6 * (1 + seed) + np.cumsum(power_w, axis=0) * period_us * 1e-6
    busy = draws.integers(60, 101, shape) / 100.0
    clocks = 1e6 * (1980 - 15 * draws.integers(0, 20, shape))
    found = {
        "power_w": power_w, "power_average_w": (power_w * 0.99).round(3),
        "energy_j": energy_j.round(3), "sm_clock_hz": clocks,
        "memory_clock_hz": np.full(shape, 2.619e9),
        "gpu_c": draws.integers(55, 75, shape).astype(float),
        "memory_c": draws.integers(60, 85, shape).astype(float),
        "utilisation_frac": busy, "memory_utilisation_frac": (busy * 0.5).round(2),
        "throttle_reasons": draws.choice([0.0, 4.0], shape),
        "power_limit_w": np.full(shape, 700.0),
    }  # fmt: skip
    return {name: values.ravel() for name, values in found.items()}


def spool_of(name: str) -> str:
    """A spool's number made of an agent's name."""
    return name.encode().hex().rjust(32, "0")[-32:]


def request(token: str, body: bytes) -> bytes:
    """A whole HTTP request."""
    return (
        b"POST /api/v1/telemetry HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Authorization: Bearer " + token.encode() + b"\r\n"
        b"Content-Type: application/json\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )  # fmt: skip


def stream(
    name: str, token: str, *, start_us: int, batches: int, ticks: int,
    period_us: int = 1_000_000, first: int = 0,
) -> Stream:  # fmt: skip
    """An agent's next batches, each where the one before ended."""
    made = Stream(name, token)
    for i in range(first, first + batches):
        body = batch(
            name, i, start_us + i * ticks * period_us, ticks, period_us=period_us,
            seed=sum(name.encode()),
        )  # fmt: skip
        made.requests.append(request(token, body))
        made.samples.append(ticks * GPUS)
    return made


def send_all(port: int, streams: Sequence[Stream]) -> Taken:
    """Send as fast as answers come, one connection an agent."""
    return asyncio.run(_send_all(port, streams))


async def _send_all(port: int, streams: Sequence[Stream]) -> Taken:
    taken = Taken()
    links = [await asyncio.open_connection("127.0.0.1", port) for _ in streams]
    began = time.perf_counter()
    await asyncio.gather(
        *(_send(one, link, taken) for one, link in zip(streams, links, strict=True))
    )
    taken.seconds = time.perf_counter() - began
    for _, writer in links:
        writer.close()
    return taken


async def _send(
    stream: Stream, link: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    taken: Taken,
) -> None:  # fmt: skip
    for body, samples in zip(stream.requests, stream.samples, strict=True):
        await exchange(link, body, samples, taken)


async def exchange(
    link: tuple[asyncio.StreamReader, asyncio.StreamWriter], body: bytes, samples: int,
    taken: Taken,
) -> None:  # fmt: skip
    """One request and its answer, counted where every sample was stored."""
    reader, writer = link
    sent_s = time.perf_counter()
    writer.write(body)
    head = await reader.readuntil(b"\r\n\r\n")
    size = next(
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    answer = await reader.readexactly(size)
    taken.waits_s.append(time.perf_counter() - sent_s)
    if head.startswith(b"HTTP/1.1 200") and json.loads(answer)["stored"] == samples:
        taken.samples += samples
    else:
        taken.refused.append((head + answer).decode(errors="replace")[:500])


def cpu_s(pid: int) -> float:
    """Processor time a process has had. [s]"""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int, what: str = "VmRSS") -> float:
    """Memory of a process: resident, or "VmHWM", its peak. [MB]"""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return float(line.split()[1]) / 1e3
    raise RuntimeError(f"process {pid} has no memory")


def _text(values: np.ndarray) -> str:
    return b64encode(values.tobytes()).decode()

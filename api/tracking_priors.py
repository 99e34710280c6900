"""What is believed before readings: the catalogue's figures of a GPU and its server."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from twin.catalogue import GPUS, SERVERS, find_server
from twin.catalogue.gpus import Gpu
from twin.catalogue.servers import Server
from twin.types import FloatArray

HZ_PER_MHZ = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuPrior:
    """Idle and full power [W], highest clock [Hz], and where they come from."""

    idle_w: float
    full_w: float
    highest_hz: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPrior:
    """Constant part [W], server watts per GPU watt [1], and where they come from."""

    host_w: float
    slope: float
    words: str


def known_gpu(model: str) -> Gpu | None:
    """The catalogue's GPU that a device's name speaks of, None if there is none."""
    words = set(re.split(r"[^A-Z0-9]+", model.upper()))
    named = (g for g in GPUS.values() if g.key.split("-")[0].upper() in words)
    return next(named, None)


def gpu_prior(
    model: str, server: str | None, power_w: FloatArray, clock_hz: FloatArray
) -> GpuPrior:
    """
    Prior of a GPU: its own figures, the named server's, else what its readings span.

    Args:
        model: What the device is called.
        server: Catalogue key of its server, or None.
        power_w: Its readings. [W], NaN is missing
        clock_hz: Its clocks. [Hz], NaN is missing
    """
    gpu = find_server(server).gpu if server else known_gpu(model)
    if gpu is not None:
        return GpuPrior(
            idle_w=gpu.idle_w.value, full_w=gpu.tdp_w.value,
            highest_hz=gpu.clock_max_mhz.value * HZ_PER_MHZ,
            words=f"catalogue: {gpu.key}",
        )  # fmt: skip
    known, clocks = power_w[np.isfinite(power_w)], clock_hz[np.isfinite(clock_hz)]
    low, high = np.percentile(known, [5.0, 95.0]) if known.size else (0.0, 1.0)
    return GpuPrior(
        idle_w=float(low), full_w=max(float(high), 1.0),
        highest_hz=float(clocks.max()) if clocks.size else 1.0,
        words=f"its own readings: the catalogue has no {model or 'such GPU'}",
    )  # fmt: skip


def server_prior(models: list[str], server: str | None) -> ServerPrior:
    """
    Prior of a server: the named one, else the catalogue's with the same GPUs.

    Args:
        models: What its GPUs are called.
        server: Catalogue key, or None.
    """
    found = find_server(server) if server else _with_gpus(models)
    if found is None:
        return ServerPrior(
            host_w=0.0, slope=1.0,
            words="none: the catalogue has no server with these GPUs",
        )  # fmt: skip
    return ServerPrior(
        host_w=found.host_w.value, slope=found.host_slope.value,
        words=f"catalogue: {found.key}",
    )  # fmt: skip


def is_like(models: list[str], server: Server) -> bool:
    """Whether a host with these GPUs is a server of this type."""
    gpu = known_gpu(models[0]) if models else None
    same = gpu is not None and gpu.key == server.gpu.key
    return same and len(models) == server.gpu_count


def _with_gpus(models: list[str]) -> Server | None:
    gpu = known_gpu(models[0]) if models else None
    same = [s for s in SERVERS.values() if gpu is not None and s.gpu.key == gpu.key]
    exact = [s for s in same if s.gpu_count == len(models)]
    return next(iter([*exact, *same]), None)

"""Hosts whose power follows known laws, for tests of the tracking twin."""

from __future__ import annotations

import time

import numpy as np

from store.telemetry.writer import Delivery
from twin.telemetry.readings import Device, Readings

S = 1_000_000
HOUR = 3600
STEP_S = 10
IDLE_W, SWING_W, HOST_W, SLOPE = 80.0, 600.0, 700.0, 1.1
GPUS = 2
PATIENCE_S = 120.0


def law_readings(first_s, last_s, *, seed, more_w=0.0, more_from_s=None):
    """Two GPUs that follow their use and a server that follows them, with noise."""
    t_s = np.arange(first_s, last_s, STEP_S)
    rng, n = np.random.default_rng(seed), t_s.size
    devices = [
        Device(key=f"GPU-{i}", model="NVIDIA H100 80GB HBM3", index=i)
        for i in range(GPUS)
    ]
    use = np.clip(
        0.5 + 0.4 * np.sin(t_s / 700.0 + np.arange(GPUS)[:, None])
        + rng.normal(0.0, 0.1, (GPUS, n)), 0.0, 1.0,
    )  # fmt: skip
    gpu_w = IDLE_W + SWING_W * use + rng.normal(0.0, 8.0, (GPUS, n))
    server_w = HOST_W + SLOPE * gpu_w.sum(axis=0) + rng.normal(0.0, 5.0, n)
    if more_from_s is not None:
        server_w = server_w + np.where(t_s >= more_from_s, more_w, 0.0)
    missing = np.full((1, n), np.nan)
    return Readings(
        devices=(*devices, Device(key="host", kind="host")),
        device=np.repeat(np.arange(GPUS + 1), n),
        time_us=np.tile(t_s * S, GPUS + 1).astype(np.int64),
        columns={
            "power_w": np.concatenate([gpu_w, server_w[None]]).ravel(),
            "utilisation_frac": np.concatenate([use, missing]).ravel(),
            "sm_clock_hz": np.concatenate([np.full((GPUS, n), 1.7e9), missing]).ravel(),
        },
    )  # fmt: skip


def store_readings(telemetry, name, readings):
    """Store readings and wait until all closed windows are folded."""
    delivery = Delivery(source=name, kind="upload", readings=readings)
    telemetry.writer.put(delivery).result(60)


def wait_until_folded(telemetry, names, end_us):
    """Wait for the folder's thread."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        if all(_is_folded(telemetry, name, end_us) for name in names):
            return
        time.sleep(0.1)
    raise AssertionError(f"not folded within {PATIENCE_S} s")


def _is_folded(telemetry, name, end_us):
    """Newest windows are folded first, so there may still be a hole before them."""
    reader, source = telemetry.reader, telemetry.source(name)
    if reader.folded_until_us(source) < end_us:
        return False
    return not reader.gaps(source, source.first_us, end_us)

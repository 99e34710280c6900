"""A month of a thousand GPUs at one minute, written as the folder writes it."""

from __future__ import annotations

import time

import numpy as np

from store.engine import open_engine
from store.telemetry import blocks
from store.telemetry.codec import pack_rollup
from store.telemetry.folder import SITE
from store.telemetry.levels import DAY_US, HOURS, MINUTES, Level
from store.telemetry.registry import Registry
from twin.telemetry.readings import Device
from twin.telemetry.rollup import COLUMNS, Rollup, coarsen, sum_of

HOSTS, GPUS, DAYS = 125, 8, 30
BLOCK_US = MINUTES.block_us


def fill_month(url: str) -> tuple[int, int]:
    """
    Fill a database that no server uses now.

    Returns:
        Start and end of what is there. [µs]
    """
    engine = open_engine(url)
    registry = Registry(engine)
    end_us = time.time_ns() // 1000 // HOURS.block_us * HOURS.block_us
    start_us = end_us - DAYS * DAY_US
    with engine.connect() as connection:
        devices = tuple(Device(key=f"gpu{i}", index=i) for i in range(GPUS))
        of_hosts = []
        for i in range(HOSTS):
            source = registry.source(connection, f"host{i:03d}", "agent", start_us)
            registry.ensure(connection, source, devices)
            source.touch(first_us=start_us, last_us=end_us)
            registry.write_times(connection, [source])
            found = _month(devices, start_us, seed=i)
            _write(
                connection, source.id, blocks.DEVICES, found, source.device_ids(devices)
            )
            whole = sum_of([found], name="total", kind="total", bin_us=MINUTES.bin_us)
            _write(connection, source.id, blocks.SUM, whole, np.zeros(1, np.int64))
            of_hosts.append(whole)
        site = registry.source(connection, SITE, "sum", start_us)
        summed = sum_of(of_hosts, name="total", kind="total", bin_us=MINUTES.bin_us)
        _write(connection, site.id, blocks.SUM, summed, np.zeros(1, np.int64))
        connection.commit()
    engine.dispose()
    return start_us, end_us


def _month(devices: tuple[Device, ...], start_us: int, *, seed: int) -> Rollup:
    minutes = DAYS * 24 * 60
    draws = np.random.default_rng(seed)
    size = minutes * len(devices)
    mean_w = draws.uniform(80.0, 700.0, size)
    missing = np.full(size, np.nan)
    columns = dict.fromkeys(COLUMNS, missing) | {
        "power_mean_w": mean_w, "power_least_w": 0.8 * mean_w,
        "power_highest_w": 1.1 * mean_w, "energy_j": 60.0 * mean_w,
        "covered_s": np.full(size, 60.0), "readings": np.full(size, 60.0),
        "sm_clock_hz": draws.choice([1.98e9, 1.7e9], size),
        "gpu_c": draws.integers(40, 80, size).astype(float),
        "utilisation_frac": draws.uniform(0.0, 1.0, size),
        "throttle_reasons": draws.choice([0.0, 4.0], size),
    }  # fmt: skip
    return Rollup(
        devices=devices, device=np.repeat(np.arange(len(devices)), minutes),
        start_us=np.tile(start_us + MINUTES.bin_us * np.arange(minutes), len(devices)),
        bin_us=MINUTES.bin_us, columns=columns,
    )  # fmt: skip


def _write(
    connection, source_id: int, part: int, found: Rollup, ids: np.ndarray
) -> None:
    for level, bins in ((MINUTES, found), (HOURS, coarsen(found, HOURS.bin_us))):
        _write_level(connection, level, source_id, part, bins, ids)


def _write_level(
    connection, level: Level, source_id: int, part: int, bins: Rollup, ids: np.ndarray
) -> None:
    block = bins.start_us // level.block_us
    for one in np.unique(block):
        some = bins.take(np.flatnonzero(block == one))
        blocks.put_block(
            connection, level, source_id=source_id, part=part,
            start_us=int(one) * level.block_us, readings=len(some),
            body=pack_rollup(some, ids),
        )  # fmt: skip

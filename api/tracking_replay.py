"""
Stored power as a scenario's workload: `workload.replay.series` names a period.

    telemetry:site                  the newest day that is folded
    telemetry:START_US:END_US       a period, microseconds since 1970

Every placed host is one recorded server that stands in its rack.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from api.tracking_data import has_meter
from api.tracking_priors import server_prior
from store.telemetry.levels import (
    BY_NAME,
    DAY_US,
    HOUR_US,
    HOURS,
    MINUTES,
    SECOND_US,
    SECONDS,
    WINDOW_US,
    Level,
)
from store.telemetry.registry import Source
from twin.errors import ScenarioError
from twin.recording import MOST_MISSING_FRAC, RecordedPower, servers_from_gpus
from twin.telemetry.rollup import Rollup, roll_up, sum_of
from twin.types import FloatArray

if TYPE_CHECKING:
    from api.telemetry_service import TelemetryService

PREFIX = "telemetry:"
FIELD = "workload.replay.series"
_NAME = re.compile(r"telemetry:(?:site|(\d{1,18}):(\d{1,18}))")
MOST_VALUES = 20_000_000
"""Servers times steps read for one replay."""
LEVELS = (("1s", 2 * HOUR_US), ("1min", 60 * DAY_US), ("1h", 3660 * DAY_US))
"""Levels and the longest period played of each, finest first."""
COVERED_FRAC = 0.95
"""A step counts where a host was read for at least this part of it. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Start and end. [µs]"""

    start_us: int
    end_us: int

    @property
    def name(self) -> str:
        """How a scenario calls it."""
        return f"{PREFIX}{self.start_us}:{self.end_us}"


def period_of(name: str, now_us: int) -> Period:
    """
    Read the name of a stored period.

    Raises:
        ScenarioError: If it is no such name, or ends before it begins.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise wrong(
            name, "must be telemetry:site or telemetry:START_US:END_US",
            "give microseconds since 1970",
        )  # fmt: skip
    if found[1] is None:
        end_us = now_us // WINDOW_US * WINDOW_US - WINDOW_US
        return Period(start_us=end_us - DAY_US, end_us=end_us)
    start_us, end_us = int(found[1]), int(found[2])
    if not start_us < end_us <= now_us:
        raise wrong(
            name, "must begin before it ends, and end before now",
            f"the present is {now_us}",
        )  # fmt: skip
    return Period(start_us=start_us, end_us=end_us)


def record(
    telemetry: TelemetryService, placed: Mapping[str, str], racks: Sequence[str],
    period: Period, lines: Mapping[str, tuple[float, float]], server: str,
) -> RecordedPower:  # fmt: skip
    """
    Read a stored period as recorded power.

    Args:
        telemetry: Where readings are.
        placed: Node by source.
        racks: Racks of the scenario that plays it.
        period: Which time.
        lines: Calibrated host watts and slope, by host: used where a host has no meter.
        server: Catalogue key for hosts that have neither.

    Returns:
        One server for each placed host that was read.

    Raises:
        ScenarioError: If no host stands in a rack, or one was read too little.
    """
    known = set(racks)
    hosts = [
        s for s in telemetry.hosts() if placed.get(s.name) in known and not s.is_meter
    ]
    if not hosts:
        raise wrong(
            period.name, "needs hosts that stand in racks of the scenario",
            "watch a scenario and put hosts into its racks (telemetry/placement)",
        )  # fmt: skip
    lined = {h.id for h in hosts if _by_its_gpus(telemetry, h, period)}
    level, found = _read(telemetry, hosts, lined, period)
    start_us = period.start_us // level.bin_us * level.bin_us
    count = (period.end_us - start_us) // level.bin_us
    rows = [_steps(found.get(h.id), start_us, count, level) for h in hosts]
    read = [k for k, one in enumerate(rows) if np.isfinite(one).any()]
    if not read:
        raise wrong(
            period.name, "must be a period in which placed hosts were read",
            _where(hosts),
        )  # fmt: skip
    _refuse_gaps(telemetry, hosts, rows, period)
    power_w = np.stack([
        _at_the_inlet(hosts[k], rows[k], lines, server)
        if hosts[k].id in lined
        else rows[k]
        for k in read
    ])  # fmt: skip
    return RecordedPower(
        step_s=level.bin_us / SECOND_US, power_w=power_w,
        rack_names=tuple(placed[hosts[k].name] for k in read),
    )  # fmt: skip


def wrong(name: str, rule: str, repair: str) -> ScenarioError:
    """Refuse a replay."""
    return ScenarioError(FIELD, rule, name[:120], repair)


def _read(
    telemetry: TelemetryService,
    hosts: Sequence[Source],
    lined: Collection[int],
    period: Period,
) -> tuple[Level, dict[int, Rollup]]:
    """Power of hosts at the finest level that is kept and not too long."""
    span_us = period.end_us - period.start_us
    level, found = MINUTES, dict[int, Rollup]()
    for name, most_us in LEVELS:
        level = BY_NAME[name]
        if span_us > most_us or span_us < level.bin_us:
            continue
        if span_us // level.bin_us * len(hosts) > MOST_VALUES:
            continue
        found = _of_level(telemetry, hosts, lined, period, level)
        if found:
            break
    return level, found


def _of_level(
    telemetry: TelemetryService,
    hosts: Sequence[Source],
    lined: Collection[int],
    period: Period,
    level: Level,
) -> dict[int, Rollup]:
    reader = telemetry.reader
    found = reader.sums(hosts, period.start_us, period.end_us, level)
    for host in hosts:  # what waits to be folded is summed on the way
        if host.id in lined:
            found[host.id] = _gpus(telemetry, host, period, level)
        elif period.end_us > reader.folded_until_us(host):
            found[host.id] = reader.host_sum(
                host, period.start_us, period.end_us, level
            )
    return {key: one for key, one in found.items() if len(one)}


def _by_its_gpus(telemetry: TelemetryService, host: Source, period: Period) -> bool:
    """
    Whether a host is played by a line through its GPUs: no meter read it whole then.

    An agent always names its host, also where nothing tells the host's power.
    """
    found = telemetry.reader.bins(host, period.start_us, period.end_us, HOURS)
    read = found.device[np.isfinite(found.columns["power_mean_w"])]
    kinds = {found.devices[i].kind for i in np.unique(read)}
    return "gpu" in kinds and not has_meter(kinds)


def _gpus(
    telemetry: TelemetryService, host: Source, period: Period, level: Level
) -> Rollup:
    """Power of a host's GPUs alone."""
    reader = telemetry.reader
    if level is SECONDS:  # stored ones leave out those between two readings
        start_us = period.start_us // SECOND_US * SECOND_US
        found = roll_up(
            reader.raw(host, start_us - WINDOW_US, period.end_us + WINDOW_US),
            start_us=start_us, bins=-(-(period.end_us - start_us) // SECOND_US),
            bin_us=SECOND_US, whole=True,
        )  # fmt: skip
    else:
        found = reader.bins(host, period.start_us, period.end_us, level)
    gpus = np.array([d.kind == "gpu" for d in found.devices] or [False])
    own = found.take(gpus[found.device])
    return sum_of([own], name="total", kind="total", bin_us=level.bin_us)


def _steps(sums: Rollup | None, start_us: int, count: int, level: Level) -> FloatArray:
    """Power in each step; NaN where it was read for too little of it. [W]"""
    out: FloatArray = np.full(count, np.nan)
    if sums is None:
        return out
    place = (sums.start_us - start_us) // level.bin_us
    covered = sums.columns["covered_s"] >= COVERED_FRAC * level.bin_us / SECOND_US
    inside = (place >= 0) & (place < count) & covered
    out[place[inside]] = sums.columns["power_mean_w"][inside]
    return out


def _refuse_gaps(
    telemetry: TelemetryService, hosts: Sequence[Source], rows: Sequence[FloatArray],
    period: Period,
) -> None:  # fmt: skip
    for host, row in zip(hosts, rows, strict=True):
        missing = float(np.mean(~np.isfinite(row)))
        if missing <= MOST_MISSING_FRAC or missing == 1.0:
            continue
        gaps = telemetry.reader.gaps(host, period.start_us, period.end_us)
        longest = max(gaps, key=lambda g: g[1] - g[0], default=(0, 0))
        raise wrong(
            period.name, f"must miss at most {MOST_MISSING_FRAC:.0%} of a host's power",
            f"{host.name} misses {missing:.0%}, most from {longest[0]} to "
            f"{longest[1]}: choose another period, or take it off its rack",
        )  # fmt: skip


def _at_the_inlet(
    host: Source, power_w: FloatArray, lines: Mapping[str, tuple[float, float]],
    server: str,
) -> FloatArray:  # fmt: skip
    """Power at a host's inlet by the line through its GPUs. [W]"""
    models = [d.model for d in list(host.devices.values()) if d.kind == "gpu"]
    prior = server_prior(models, server)
    host_w, slope = lines.get(host.name, (prior.host_w, prior.slope))
    gpu_w = power_w[None, None, :]
    return np.asarray(servers_from_gpus(gpu_w, host_w=host_w, slope=slope)[0])


def _where(hosts: Sequence[Source]) -> str:
    first = min(h.first_us for h in hosts)
    last = max(h.last_us for h in hosts)
    return f"their readings run from {first} to {last}"

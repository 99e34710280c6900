"""
Which recorded power each rack follows, as a part of its servers' swing.

Racks whose servers share a record follow their mean. `docs/models/tracking.md`,
section Replay.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.errors import ScenarioError
from twin.recording import Played
from twin.scenario.facility import Rack
from twin.types import FloatArray, IntArray


class Drive(NamedTuple):
    """Activity by series and sample, and the series of each rack."""

    activity: FloatArray
    rack_series: IntArray
    hold_ticks: int


def drive(
    played: Played, racks: tuple[Rack, ...], idle_w: FloatArray, swing_w: FloatArray
) -> Drive:
    """
    Give each rack the power that was recorded for its servers.

    Servers with a rack's name stand in it, and the rack's servers draw their mean. The
    others are dealt out in the order of the racks, and again from the first one where
    a site has more servers than were recorded.

    Args:
        played: Servers' power on the run's ticks.
        racks: In the order of the kernel.
        idle_w: Idle power of a server of each rack. [W]
        swing_w: Full power above it. [W], > 0

    Returns:
        What racks follow: power above idle ÷ swing, which may be below 0 (servers that
        were off) and above 1.

    Raises:
        ScenarioError: If more servers were recorded than the site has, or a named rack
            does not exist.
    """
    members = _members(played, racks)
    found: dict[tuple[object, ...], int] = {}
    rows, series = list[FloatArray](), np.zeros(len(racks), dtype=np.int64)
    for r, group in enumerate(members):
        key = (*group, float(idle_w[r]), float(swing_w[r]))
        if key not in found:
            found[key] = len(rows)
            mean_w = played.power_w[list(group)].mean(axis=0)
            rows.append((mean_w - idle_w[r]) / swing_w[r])
        series[r] = found[key]
    return Drive(np.ascontiguousarray(np.stack(rows)), series, played.hold_ticks)


def _members(played: Played, racks: tuple[Rack, ...]) -> list[tuple[int, ...]]:
    """Recorded servers of each rack."""
    recorded = played.power_w.shape[0]
    count = sum(rack.server_count for rack in racks)
    if recorded > count:
        raise ScenarioError("workload.replay.series",
                            f"must be of at most the site's {count} servers", recorded,
                            "add servers, or choose servers of the record")  # fmt: skip
    names = {rack.name for rack in racks}
    unknown = sorted({n for n in played.rack_names if n and n not in names})
    if unknown:
        raise ScenarioError("workload.replay.series", "must name racks of the site",
                            unknown[0], "correct the record's rack names, or leave "
                            "them out")  # fmt: skip
    placed: dict[str, list[int]] = {}
    for k, name in enumerate(played.rack_names):
        if name:
            placed.setdefault(name, []).append(k)
    free = [k for k in range(recorded) if not (played.rack_names and
            played.rack_names[k])] or list(range(recorded))  # fmt: skip
    members, turn = [], 0
    for rack in racks:
        own = placed.get(rack.name)
        if own is None:
            size = max(1, rack.server_count)
            own = [free[(turn + k) % len(free)] for k in range(size)]
            turn += rack.server_count
        members.append(tuple(own))
    return members

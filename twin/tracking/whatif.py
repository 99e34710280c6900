"""
A what-if that begins from now: measured state as changes to a base scenario.

What a scenario has no field for is said, not dropped silently.
`docs/models/tracking.md`, section From now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from twin.calibrate.record import Fit
from twin.errors import ScenarioError
from twin.scenario.model import Scenario
from twin.scenario.row_limits import planned_row_w, row_limits_w

_STATE = (
    "charge of batteries, heat in breakers and halls, caps in force: a run begins with "
    "full stores, settled halls and nothing capped"
)
BEGINNING = (_STATE, "requests in flight: a run begins with empty queues")
"""What no scenario carries."""
WORTH_SAYING = 0.02
"""A catalogue figure nearer to the measured one is not mentioned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNow:
    """
    What is measured of a site at a moment.

    Args:
        at: The moment, with its UTC offset.
        row_peak_w: Highest minute of each row in the last days. [W], by name
        row_w: Its mean over the last minutes. [W], by name
        servers: Servers that report, by rack (of a site) or by row.
        series: Recorded power, by the name it is stored under, that the what-if plays;
            empty generates traffic that peaks as measured.
        series_from_s: First second of it to play. [s]
        server_fits: Calibrated server lines of servers like the scenario's, of kind
            "server".
        other_fits: Hosts with such a line that are another server, in words.
        supply_c: Air supplied to the servers. [C]
    """

    at: dt.datetime
    row_w: Mapping[str, float]
    row_peak_w: Mapping[str, float]
    servers: Mapping[str, int] = field(default_factory=dict)
    series: str = ""
    series_from_s: float = 0.0
    server_fits: tuple[Fit, ...] = ()
    other_fits: tuple[str, ...] = ()
    supply_c: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FromNow:
    """
    Changes that make a scenario begin from now.

    Args:
        changes: Value per dotted path, for `twin.scenario.parse.apply_changes`.
        carried: What was taken over, in words.
        not_carried: What is measured and has no place in a scenario, in words.
    """

    changes: Mapping[str, Any]
    carried: tuple[str, ...]
    not_carried: tuple[str, ...]


def scenario_from_now(base: Scenario, now: SiteNow) -> FromNow:
    """
    Find the changes that make a scenario begin from now.

    Args:
        base: The scenario to start from.
        now: What is measured.

    Returns:
        The changes; what a run begins with besides (full stores, settled halls, nothing
        capped) is said under `not_carried`.

    Raises:
        ScenarioError: If the moment has no UTC offset, or no row is measured.

    Source:
        docs/models/tracking.md, section From now.
    """
    if now.at.tzinfo is None:
        raise ScenarioError("at", "must have its UTC offset", str(now.at),
                            "add it, for example Z")  # fmt: skip
    found = _Found()
    found.set("horizon.start", now.at.isoformat(), "the moment")
    _servers(base, now, found)
    _load(base, now, found)
    if now.supply_c is not None and base.facility is not None:
        found.set("facility.cooling.supply_c", round(now.supply_c, 2),
                  f"supply air of {now.supply_c:.1f} C")  # fmt: skip
    _line(base, now, found)
    found.lost += BEGINNING
    return FromNow(
        changes=found.changes, carried=tuple(found.kept), not_carried=tuple(found.lost)
    )


# --- parts ----------------------------------------------------------------------------


class _Found:
    """Changes under way."""

    def __init__(self) -> None:
        self.changes: dict[str, Any] = {}
        self.kept: list[str] = []
        self.lost: list[str] = []

    def set(self, path: str, value: Any, words: str) -> None:
        self.changes[path] = value
        self.kept.append(words)


def _servers(base: Scenario, now: SiteNow, found: _Found) -> None:
    """Servers that report, by rack or in all."""
    if not now.servers:
        return
    total = sum(now.servers.values())
    facility = base.facility
    if facility is None:
        found.set("fleet.server_count", total, f"{total} servers report")
        return
    if not facility.racks:
        found.lost.append(
            f"{total} servers report: a template has the same number in every rack; "
            "use explicit racks to carry them"
        )
        return
    places = {rack.name: k for k, rack in enumerate(facility.racks)}
    for name, count in sorted(now.servers.items()):
        if name not in places:
            found.lost.append(f"rack {name}, which the scenario does not have")
        elif facility.racks[places[name]].server_count != count:
            found.set(f"facility.racks.{places[name]}.server_count", count,
                      f"{count} servers report from rack {name}")  # fmt: skip


def _load(base: Scenario, now: SiteNow, found: _Found) -> None:
    """Measured power itself, or traffic that peaks where the site did."""
    if now.series and base.facility is not None:
        found.set("workload.replay", {"series": now.series,
                  "from_s": now.series_from_s}, f"measured power {now.series!r}, "
                  "with its level and swings")  # fmt: skip
        return
    if now.series:
        found.lost.append("measured power is played by sites only: this is a row alone")
    if not now.row_peak_w:
        raise ScenarioError("row_peak_w", "must have at least one row", "none",
                            "wait until servers of a row report, or name a stored "
                            "period")  # fmt: skip
    limit_w = planned_row_w(base)
    racks = base.facility.racks if base.facility is not None else ()
    limits = row_limits_w(base, racks)
    name, frac = max(
        (
            (row, peak / limits.get(row, limit_w))
            for row, peak in now.row_peak_w.items()
        ),
        key=lambda one: one[1],
    )
    found.changes["workload.replay"] = None
    found.changes["workload.load.level"] = 1.0
    found.set(
        "workload.load.target_peak_frac", round(min(max(frac, 1e-3), 1.5), 4),
        f"the highest measured peak: row {name} at {frac:.1%} of its limit",
    )  # fmt: skip
    if len(now.row_peak_w) > 1:
        found.lost.append("differences between rows: all are loaded like the fullest")


def _line(base: Scenario, now: SiteNow, found: _Found) -> None:
    """Say where the catalogue's server is not the measured one."""
    if found.changes["workload.replay"]:
        return  # played power carries it
    if now.other_fits:
        found.lost.append(
            f"calibrated lines of servers that are no {base.fleet.server}: "
            + ", ".join(now.other_fits)
        )
    if not now.server_fits:
        return
    server = base.server()
    gpus_w = server.gpu_count * server.gpu.tdp_w.value
    for words, gpu_w in (("idle", server.gpu_count * server.gpu.idle_w.value),
                         ("full", gpus_w)):  # fmt: skip
        ours = server.power_w(gpu_w)
        lines = [f.value("host_w") + f.value("slope") * gpu_w for f in now.server_fits]
        measured = sum(lines) / len(lines)
        off = measured / ours - 1.0
        if abs(off) > WORTH_SAYING:
            found.lost.append(
                f"a server's {words} power: calibrated {measured:,.0f} W, the "
                f"catalogue's {ours:,.0f} W is used ({off:+.1%}); play measured power "
                "to carry it"
            )

"""What halls did: their state between windows, records and log, kept in bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from twin.campus.control import Rules
from twin.campus.hall import KEPT_OVER_TIME, Constants, Done, Job
from twin.campus.packed import layout_of, pack
from twin.campus.parts import Part, PolicySpec
from twin.campus.signals import Signals, Told, hall_events
from twin.facility import kernel
from twin.types import AnyArray, FloatArray

MOST_EVENTS = 5_000
"""Entries of the log that are kept of each hall, and of the head."""
_COUNTED = (kernel.L_COMMAND, kernel.L_LANDED, kernel.L_BRAKE, kernel.L_BRAKE_LANDED)
"""Entries that rows count; a campus has too many to keep them one by one."""


@dataclass(slots=True)
class PartLedger:
    """One hall, or the head: its packed state and meters, its records, its log."""

    number: int
    part: Part
    constants: Constants
    block: AnyArray
    records: tuple[AnyArray, ...]
    log: list[FloatArray] = field(default_factory=list)
    logged: int = 0
    dropped: int = 0

    def open_record(self, tick: int) -> tuple[AnyArray, ...]:
        """The record that a tick falls into, as it stands."""
        at = tick // self.part.site.ticks_per_record
        return tuple(rows[at] for rows in self.records)

    def keep(
        self,
        first: int,
        block: AnyArray,
        records: tuple[AnyArray, ...],
        log: FloatArray,
    ) -> None:
        """Take over what a window came to."""
        self.block = block
        at = first // self.part.site.ticks_per_record
        for rows, new in zip(self.records, records, strict=True):
            rows[at : at + len(new)] = new
        shown = log[~np.isin(log[:, 1], _COUNTED) & ~self._of_port(log)]
        room = MOST_EVENTS - self.logged
        self.log.append(shown[:room])
        self.logged += min(room, len(shown))
        self.dropped += max(0, len(shown) - room)

    def _of_port(self, log: FloatArray) -> np.ndarray:
        """Entries about ports: the head tells them of the node itself."""
        ports = np.flatnonzero(self.part.nodes < 0)
        about_node = ~np.isin(log[:, 1], (kernel.L_EVENT,))
        found: np.ndarray = about_node & np.isin(log[:, 2], ports)
        return found


def part_ledger(
    part: Part, tick_count: int, period_ticks: int, policy: PolicySpec, number: int
) -> PartLedger:
    """Set up a part at time zero; `number` is its hall's, -1 for the head."""
    arrays = part.state._asdict() | _meters(part)
    layout = layout_of(arrays)
    records = math.ceil(tick_count / part.site.ticks_per_record)
    return PartLedger(
        number=number, part=part,
        constants=Constants(
            site=part.site, layout=layout, own=part.own, servers=part.servers,
            ports=part.ports.size if part.name else 0, recorded=part.recorded,
            period_ticks=period_ticks, policy=policy,
        ),
        block=pack(layout, arrays), records=_records(part, records),
    )  # fmt: skip


def _meters(part: Part) -> dict[str, AnyArray]:
    """Meters whose size does not grow with the horizon."""
    n, racks, rows = part.nodes.size, part.racks.size, part.rows.size
    return {
        "peak_w": np.zeros(n), "peak_tick": np.zeros(n, dtype=np.int64),
        "energy_j": np.zeros((n, 4)), "edge_j": np.zeros(part.site.wiring.feed.size),
        "trip_tick": np.full(n, -1, dtype=np.int64), "heat_max": np.zeros(n),
        "inlet_max_c": np.zeros(racks), "gpu_max_c": np.zeros(racks),
        "throttle_s": np.zeros(racks), "lost_s": np.zeros(racks),
        "dark_s": np.zeros(racks), "row_peak_w": np.zeros(rows),
        "row_counts": np.zeros((rows, 6)), "log_count": np.zeros(1, dtype=np.int64),
        "origin": np.zeros(1, dtype=np.int64),
    }  # fmt: skip


def _records(part: Part, count: int) -> tuple[AnyArray, ...]:
    """Rows over time, in the order of KEPT_OVER_TIME."""
    halls = part.site.cooling_node.size
    shapes = {
        "mean_w": (part.recorded, np.float32), "max_w": (part.recorded, np.float32),
        "hall_c": (halls, np.float64), "hottest_c": (halls, np.float64),
        "site": (5, np.float64),
    }  # fmt: skip
    return tuple(
        np.zeros((count, shapes[name][0]), dtype=shapes[name][1])
        for name in KEPT_OVER_TIME
    )


@dataclass(slots=True)
class Ledger:
    """All halls between two windows."""

    rules: Rules
    halls: list[PartLedger]
    told: Told

    def job(self, hall: int, first: int, end: int, signals: Signals) -> Job:
        """A hall's task for a window."""
        own = self.halls[hall]
        part = own.part
        inside = (part.event_tick >= first) & (part.event_tick < end)
        given = hall_events(self.rules, self.told, signals, hall)
        tick = np.array([*part.event_tick[inside], *(e[0] for e in given)], np.int64)
        change = np.array([*part.events[inside], *(e[1:] for e in given)])
        order = np.argsort(tick, kind="stable")
        return Job(
            constants=own.constants, block=own.block,
            open_record=own.open_record(first), first_tick=first, end_tick=end,
            event_tick=tick[order], events=change.reshape(-1, 3)[order],
            feed=signals.feeds[hall],
        )  # fmt: skip

    def commit(self, first: int, done: Sequence[Done], signals: Signals) -> None:
        """Take a window over."""
        for own, found in zip(self.halls, done, strict=True):
            own.keep(first, found.block, found.records, found.log)
        self.told = self.told.after(signals)

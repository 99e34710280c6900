"""
One part of a load walked through an event, from change to change; times are exact.

Between two changes every power is a straight line, so energies are exact too. Power a
store gives is positive. `docs/models/ride_through.md`, eq. 1 to 4.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from twin.stabilize.disturbance import (
    Event,
    Piece,
    Stretch,
    above,
    below,
    frequency_pieces,
    joined,
    rocof_pieces,
    value_at,
    voltage_pieces,
)
from twin.stabilize.load_protection import UNITS, Part, Trip
from twin.types import FloatArray

SAME_S = 1e-10
"""Times closer than this are one."""
Kind = Literal["voltage", "frequency", "rocof", "store", "counter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """
    A part that let go of the grid, or was kept from coming back.

    Args:
        part: Its key.
        at_s: When. [s]
        power_w: What it drew before. [W]
        kind: What made it go; "counter": sags were counted.
        cause: In words.
        behind_relay: Whether the site's own breaker was open by then.
    """

    part: str
    at_s: float
    power_w: float
    kind: Kind
    cause: str
    behind_relay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRide:
    """
    How one part went through an event.

    Args:
        part: Its key.
        title: In words.
        power_w: What it drew before. [W]
        start_s: Begin of each straight piece. [s], shape (pieces,)
        first_w: What the grid gives at a piece's begin. [W], shape (pieces,)
        last_w: What it gives at its end. [W], shape (pieces,)
        end_s: End of the last piece. [s]
        left: When it let go, and why.
        store_j: Energy its store gave. [J]
        refilled_j: Energy that went back. [J]
        cut_at_s: When what it feeds lost power; NaN if never. [s]
        locked_at_s: When it was kept from coming back by itself; NaN if never. [s]
        away: Stretches in which it drew nothing because it had let go. [s]
    """

    part: str
    title: str
    power_w: float
    start_s: FloatArray
    first_w: FloatArray
    last_w: FloatArray
    end_s: float
    left: tuple[Left, ...]
    store_j: float
    refilled_j: float
    cut_at_s: float
    locked_at_s: float
    away: tuple[Stretch, ...]


class _Fault(NamedTuple):
    """A stretch of bad input, and when and why it makes the part let go, if it does."""

    start_s: float
    end_s: float
    trip_s: float
    kind: Kind
    cause: str


class Signals(NamedTuple):
    """An event as straight pieces."""

    voltage: list[Piece]
    frequency: list[Piece]
    rocof: list[Piece]


def signals_of(event: Event, open_: Sequence[Stretch] = ()) -> Signals:
    """
    Take an event apart.

    Args:
        event: The event.
        open_: Stretches in which the site's own breaker is open: no voltage behind it.
    """
    volts = voltage_pieces(event)
    if open_:
        edges = sorted(
            {piece.start_s for piece in volts} | {t for part in open_ for t in part}
        )
        ends = [*edges[1:], math.inf]
        volts = [
            Piece(start, end, pu, pu)
            for start, end in zip(edges, ends, strict=True) if start < end
            for pu in [0.0 if any(a <= start < b for a, b in open_)
                       else value_at(volts, start)]
        ]  # fmt: skip
    return Signals(volts, frequency_pieces(event), rocof_pieces(event))


def trips_in(trip: Trip, signals: Signals) -> list[tuple[float, float, str]]:
    """Stretches beyond a setting, each with what it is in words."""
    pieces: list[Piece] = getattr(signals, trip.quantity)
    name = "rate of change" if trip.quantity == "rocof" else trip.quantity
    tail = f"{UNITS[trip.quantity]} for {trip.after_s * 1e3:g} ms"
    under, over = (
        f"{name} below {trip.low:g} {tail}",
        f"{name} above {trip.high:g} {tail}",
    )
    return [(*part, under) for part in below(pieces, trip.low)] + [
        (*part, over) for part in above(pieces, trip.high)
    ]


def _faults(part: Part, signals: Signals) -> list[_Fault]:
    """Stretches of bad input in order, each with its first trip."""
    bad = below(signals.voltage, part.carries_pu)
    acts: list[tuple[float, Kind, str]] = []
    for trip in part.trips:
        for start, end, cause in trips_in(trip, signals):
            bad.append((start, end))
            if end - start > trip.after_s + SAME_S:
                acts.append((start + trip.after_s, trip.quantity, cause))
    acts.sort()
    found = []
    for start, end in joined(bad):
        here = [act for act in acts if start <= act[0] < end]
        trip_s, kind, cause = here[0] if here else (math.inf, "voltage", "")
        found.append(_Fault(start, end, trip_s, kind, cause))
    return found


class _Walk:
    """State of a part on its way through an event; powers in parts of its own."""

    def __init__(self, part: Part, signals: Signals, end_s: float) -> None:
        self.part, self.volts, self.end_s = part, signals.voltage, end_s
        self.faults = _faults(part, signals)
        times = {piece.start_s for piece in self.volts} | {end_s}
        for fault in self.faults:
            times |= {fault.start_s, fault.end_s, fault.trip_s}
        self.times = sorted(t for t in times if t <= end_s)
        self.on_s = -math.inf  # begin of the ramp it is in or has done
        self.off_s = math.nan  # since when it is off
        self.alive, self.locked_s, self.cut_s = True, math.nan, math.nan
        self.store_s, self.gave_s, self.took_s = part.store_s, 0.0, 0.0
        self.counted: list[float] = []
        self.left: list[Left] = []
        self.away: list[Stretch] = []
        self.pieces: list[tuple[float, float, float]] = []

    @property
    def on(self) -> bool:
        return math.isnan(self.off_s)

    def go(self) -> None:
        now = 0.0
        self._change(now)
        while now < self.end_s - SAME_S:
            first, slope = self._draws(now)
            then = self._next(now, first, slope)
            self._store(then - now, first, slope)
            last = min(1.0, first + slope * (then - now)) if slope else first
            self.pieces.append((now, first, last))
            now = then
            self._change(now)
        if not self.on:
            self.away.append((self.off_s, self.end_s))

    def _avail(self, now: float) -> float:
        pu = value_at(self.volts, now + 2.0 * SAME_S)  # just after, however it rounds
        if pu < self.part.least_pu or pu <= 0.0:
            return 0.0
        return pu * self.part.most_current_frac

    def _draws(self, now: float) -> tuple[float, float]:
        """Power ÷ its own just after a time, and its slope. [1, 1/s]"""
        if not self.on:
            return 0.0, 0.0
        avail = self._avail(now)
        if now < self.on_s + self.part.ramp_s - SAME_S:
            ramped = (now - self.on_s) / self.part.ramp_s
            if ramped < avail - 1e-12:
                return ramped, 1.0 / self.part.ramp_s
            return avail, 0.0
        short = self.store_s < self.part.store_s - SAME_S
        return min(1.0 + (self.part.refill_frac if short else 0.0), avail), 0.0

    def _lacks(self, first: float) -> float:
        """Power the store gives just after a time ÷ the part's; below 0 it takes."""
        if self.part.store_s == 0.0 or not self.alive:
            return 0.0
        return 1.0 - first

    def _next(self, now: float, first: float, slope: float) -> float:
        """When the next change comes."""
        found = [self.times[bisect.bisect_right(self.times, now + SAME_S)]]
        if self.on and slope > 0.0:
            found.append(self.on_s + self.part.ramp_s)
            found.append(self.on_s + self._avail(now) * self.part.ramp_s)
        elif self.on:
            found.append(self.on_s + self.part.ramp_s)
        else:
            found.append(self._return_s(now))
        lacks = self._lacks(first)
        root = lacks * lacks - 2.0 * slope * self.store_s
        if lacks > 0.0 and root >= 0.0:
            found.append(now + 2.0 * self.store_s / (lacks + math.sqrt(root)))
        elif lacks < 0.0:
            found.append(now + (self.part.store_s - self.store_s) / -lacks)
        return min(t for t in found if t > now + SAME_S)

    def _return_s(self, now: float) -> float:
        if not math.isnan(self.locked_s):
            return math.inf
        good_s = 0.0
        for fault in self.faults:
            if fault.start_s <= now + SAME_S:
                good_s = max(good_s, fault.end_s)
        return max(good_s, self.off_s) + self.part.return_s

    def _store(self, over_s: float, first: float, slope: float) -> None:
        """Let the store give or take for a time."""
        lacks = self._lacks(first)
        given = lacks * over_s - slope * over_s * over_s / 2.0 if lacks else 0.0
        self.store_s = min(self.part.store_s, max(0.0, self.store_s - given))
        self.gave_s += max(0.0, given)
        self.took_s += max(0.0, -given)

    def _change(self, now: float) -> None:
        """Do what falls due now."""
        for fault in self.faults:
            if abs(fault.trip_s - now) < SAME_S:
                if self.on:
                    self._leave(now, fault.kind, fault.cause)
                self._count(now)
        self._cut_if_empty(now)
        if not self.on and now >= self._return_s(now) - SAME_S:
            self.away.append((self.off_s, now))
            self.on_s, self.off_s = now, math.nan
        if self.on and now >= self.on_s + self.part.ramp_s - SAME_S:
            self.alive = True
        self._cut_if_empty(now)

    def _cut_if_empty(self, now: float) -> None:
        first, _ = self._draws(now)
        if self.store_s > SAME_S or self._lacks(first) <= 1e-12:
            return
        self.alive = False
        if math.isnan(self.cut_s):
            self.cut_s = now
        if self.on:
            self._leave(now, "store", f"{self.part.store_title} is empty")

    def _leave(self, now: float, kind: Kind, cause: str) -> None:
        self.off_s = now
        self._note(now, kind, cause)

    def _note(self, now: float, kind: Kind, cause: str) -> None:
        self.left.append(
            Left(part=self.part.key, at_s=now, power_w=self.part.power_w, kind=kind,
                 cause=cause)
        )  # fmt: skip

    def _count(self, now: float) -> None:
        """Count a sag that makes it transfer, or would if it had not already."""
        if self.part.count == 0 or not math.isnan(self.locked_s):
            return
        within = self.part.count_window_s
        self.counted = [t for t in self.counted if now - t <= within] + [now]
        if len(self.counted) >= self.part.count:
            self.locked_s = now
            self._note(now, "counter", f"{len(self.counted)} sags within {within:g} s: "
                       "stays on battery until put back by hand")  # fmt: skip


def walk(part: Part, signals: Signals, end_s: float) -> PartRide:
    """
    Take a part through an event.

    Args:
        part: The part.
        signals: What its input sees.
        end_s: How far. [s]

    Returns:
        What the grid gives it, and what happened. While it is alive, grid = its power
        - store + refill, exactly.
    """
    found = _Walk(part, signals, end_s)
    found.go()
    table = np.array(found.pieces)
    return PartRide(
        part=part.key, title=part.title, power_w=part.power_w, start_s=table[:, 0],
        first_w=table[:, 1] * part.power_w, last_w=table[:, 2] * part.power_w,
        end_s=end_s, left=tuple(found.left), store_j=found.gave_s * part.power_w,
        refilled_j=found.took_s * part.power_w, cut_at_s=found.cut_s,
        locked_at_s=found.locked_s, away=tuple(found.away),
    )  # fmt: skip

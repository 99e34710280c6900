"""What halls are told over a window: the life of their ports, and decisions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.campus.control import Decision, Rules
from twin.campus.kernel import F_ACCEPT, F_BLINK, F_DOWN
from twin.facility import kernel
from twin.types import FloatArray, IntArray

_CODES = (
    (F_DOWN, kernel.SOURCE_DOWN), (F_ACCEPT, kernel.SOURCE_ACCEPT),
    (F_BLINK, kernel.SOURCE_BLINK),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """
    What halls are told from a tick on.

    Args:
        first: First tick.
        feeds: Life of each hall's ports. (ticks, ports, FEED_COLUMNS)
        starts: Ticks within the window at which a period begins, rising.
        decisions: What holds from each of them on.
    """

    first: int
    feeds: tuple[FloatArray, ...]
    starts: tuple[int, ...]
    decisions: tuple[Decision, ...]

    @property
    def halls(self) -> IntArray:
        """Numbers of the halls."""
        return np.arange(len(self.feeds))

    def until(self, first: int, end: int) -> Signals:
        """The same over a shorter window."""
        count = sum(start < end for start in self.starts)
        return Signals(
            first=first, feeds=tuple(feed[: end - first] for feed in self.feeds),
            starts=self.starts[:count], decisions=self.decisions[:count],
        )  # fmt: skip

    def first_difference(self, other: Signals) -> int | None:
        """First tick at which a hall would notice; None if it never does."""
        found = [
            start
            for start, mine, theirs in zip(
                self.starts, self.decisions, other.decisions, strict=True
            )
            if not mine.same(theirs)
        ][:1]
        for mine, theirs in zip(self.feeds, other.feeds, strict=True):
            differs = (mine != theirs).any(axis=(1, 2))
            if differs.any():
                found.append(self.first + int(differs.argmax()))
        return min(found, default=None)

    def differing(self, other: Signals) -> IntArray:
        """Halls that would notice a difference."""
        stale = [
            not np.array_equal(mine, theirs)
            for mine, theirs in zip(self.feeds, other.feeds, strict=True)
        ]
        for mine, theirs in zip(self.decisions, other.decisions, strict=True):
            place = (mine.place != theirs.place).any(axis=1)
            heat = mine.heat_w != theirs.heat_w
            stale = [a or bool(b) for a, b in zip(stale, place | heat, strict=True)]
        return np.flatnonzero(stale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What halls were told last: their ports' life, and the decision that holds."""

    feeds: tuple[FloatArray, ...]  # (ports, FEED_COLUMNS)
    decision: Decision | None

    def after(self, signals: Signals) -> Told:
        """After a window."""
        decision = signals.decisions[-1] if signals.decisions else self.decision
        return Told(
            feeds=tuple(feed[-1].copy() for feed in signals.feeds), decision=decision
        )


def hall_events(
    rules: Rules, told: Told, signals: Signals, hall: int
) -> list[tuple[int, int, float, float]]:
    """Changes that a hall is told in a window: tick, code, target, value."""
    feed = signals.feeds[hall]
    found = []
    for column, code in _CODES:
        line = np.vstack([told.feeds[hall][None, :, column], feed[:, :, column]])
        for k, port in np.argwhere(line[1:] != line[:-1]).tolist():
            value = float(line[k + 1, port])
            found.append((signals.first + k, code, float(port), value))
    before = told.decision
    for start, now in zip(signals.starts, signals.decisions, strict=True):
        found += _orders(rules, before, now, hall, start)
        before = now
    return sorted(found, key=lambda event: event[0])


def _orders(
    rules: Rules, before: Decision | None, now: Decision, hall: int, start: int
) -> list[tuple[int, int, float, float]]:
    """What changes for a hall when a period begins."""
    found = []
    clocks = np.append(rules.clock_mhz, 0.0)
    for p in range(2):
        place = int(now.place[hall, p])
        if before is None or place != before.place[hall, p]:
            found.append((start, kernel.CEILING, float(p), float(clocks[place])))
    heat_w = float(now.heat_w[hall])
    if before is None or heat_w != before.heat_w[hall]:
        found.append((start, kernel.HEAT_SHARE, 0.0, heat_w))
    return found

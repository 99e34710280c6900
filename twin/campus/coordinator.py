"""
What halls share, run after them: the network above, meters, decisions.

A window is followed on copies; `commit` takes them over once the halls' signals agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.campus import kernel as k
from twin.campus.control import Decision, Rules, Totals, decide, per_it_w
from twin.campus.hall import Done, empty_feed, meter_of, new_records, state_of
from twin.campus.ledger import PartLedger
from twin.campus.packed import views
from twin.campus.parts import Head
from twin.campus.series import Series
from twin.campus.signals import Signals, Told
from twin.types import AnyArray, BoolArray, FloatArray

LOG_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """What the campus measures, tick by tick. Columns are halls."""

    drawn_w: FloatArray  # (ticks,) from utilities
    sources_w: FloatArray  # (ticks,) from all sources
    hall_w: FloatArray  # drawn through ports and from own utilities
    saved_w: FloatArray  # taken off servers by ceilings
    trace: FloatArray  # (ticks, halls, TRACE_COLUMNS)

    def __getitem__(self, part: slice) -> Ticks:
        """Some of the ticks."""
        names = self.__dataclass_fields__
        return Ticks(**{name: getattr(self, name)[part] for name in names})

    def then(self, later: Ticks) -> Ticks:
        """These ticks and later ones."""
        return Ticks(**{
            name: np.concatenate([getattr(self, name), getattr(later, name)])
            for name in self.__dataclass_fields__
        })  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a window came to on the campus's side."""

    first: int
    end: int
    signals: Signals
    block: AnyArray
    leaf: BoolArray
    records: tuple[AnyArray, ...]
    log: FloatArray
    draws: FloatArray
    needs: BoolArray
    ticks: Ticks
    open: Ticks
    coming: Decision
    changed: bool


@dataclass(slots=True, kw_only=True)
class Coordinator:
    """
    The campus between two windows.

    Args:
        rules: What it keeps to.
        head: What halls share.
        own: State, meters and records of the head.
        tick_s: Tick. [s]
        tick_count: Ticks of the horizon.
        told: What halls were told last.
        coming: What holds from the next start of a period on.
        series: Curves and sums of the campus.
        open: Ticks of the period under way.
        draws: Of the last tick, by port. [W]
        needs: Of the last tick, by port.
    """

    rules: Rules
    head: Head
    own: PartLedger
    tick_s: float
    tick_count: int
    told: Told
    coming: Decision
    series: Series
    open: Ticks
    draws: FloatArray
    needs: BoolArray

    def guess(self, first: int, end: int) -> Signals:
        """
        Assume that halls go on as in the last tick, and that no decision changes.

        What the scenario does to shared nodes is in it.
        """
        ticks = end - first
        draws = np.tile(self.draws, (ticks, 1))
        needs = np.tile(self.needs, (ticks, 1))
        feed = self._head(first, end, draws, needs)[0]
        starts = self._starts(first, end)
        return Signals(
            first=first, feeds=self._by_hall(feed), starts=starts,
            decisions=(self.coming,) * len(starts),
        )  # fmt: skip

    def follow(self, first: int, end: int, done: Sequence[Done]) -> Outcome:
        """Run what halls share on what they did; nothing is taken over."""
        draws = np.concatenate([d.draws for d in done], axis=1)
        needs = np.concatenate([d.needs for d in done], axis=1)
        feed, leaf, block, records, log, trace = self._head(first, end, draws, needs)
        ticks = self._ticks(done, draws, trace)
        survey = np.stack([d.survey for d in done], axis=1)
        decisions, left, coming = self._decide(first, end, ticks, survey)
        starts = self._starts(first, end)
        signals = Signals(
            first=first, feeds=self._by_hall(feed), starts=starts, decisions=decisions
        )
        return Outcome(
            first=first, end=end, signals=signals, block=block, leaf=leaf,
            records=records, log=log, draws=draws[-1], needs=needs[-1], ticks=ticks,
            open=left, coming=coming, changed=self._changed(signals, coming),
        )  # fmt: skip

    def commit(self, outcome: Outcome) -> None:
        """Take a window over."""
        self.own.keep(outcome.first, outcome.block, outcome.records, outcome.log)
        self.own.part.site.leaf[:] = outcome.leaf
        self.series.add(self.rules, outcome.first, outcome.ticks, outcome.signals)
        self.told = self.told.after(outcome.signals)
        self.draws, self.needs = outcome.draws, outcome.needs
        self.open, self.coming = outcome.open, outcome.coming

    def _head(
        self, first: int, end: int, draws: FloatArray, needs: BoolArray
    ) -> tuple[Any, ...]:
        """Run the shared network over a window, on copies."""
        own, part = self.own, self.own.part
        block, leaf = own.block.copy(), part.site.leaf.copy()
        records = new_records(part.site, own.open_record(first), first, end)
        log = np.zeros((LOG_ROWS, 4))
        arrays = views(own.constants.layout, block)
        state, meter = state_of(arrays), meter_of(arrays, records, log)
        state.flags[1] = 0
        meter.origin[0] = first // part.site.ticks_per_record
        meter.log_count[0] = 0
        inside = (part.event_tick >= first) & (part.event_tick < end)
        feed = empty_feed(end - first, draws.shape[1])
        trace = np.zeros((end - first, 2))
        k.advance_head(
            part.site._replace(leaf=leaf), state, meter, first, end,
            part.event_tick[inside], part.events[inside], draws, needs,
            self.head.path_first, self.head.path_node, feed, trace,
        )  # fmt: skip
        logged = min(LOG_ROWS, int(meter.log_count[0]))
        return feed, leaf, block, records, log[:logged].copy(), trace

    def _by_hall(self, feed: FloatArray) -> tuple[FloatArray, ...]:
        halls = range(len(self.told.feeds))
        return tuple(
            np.ascontiguousarray(feed[:, self.head.port_hall == h]) for h in halls
        )

    def _starts(self, first: int, end: int) -> tuple[int, ...]:
        per = self.rules.period_ticks
        return tuple(range(-(-first // per) * per, end, per))

    def _ticks(
        self, done: Sequence[Done], draws: FloatArray, head: FloatArray
    ) -> Ticks:
        trace = np.stack([d.trace for d in done], axis=1)
        hall_w = trace[:, :, k.T_UTILITY].copy()
        for port, hall in enumerate(self.head.port_hall.tolist()):
            hall_w[:, hall] += draws[:, port]
        return Ticks(
            drawn_w=head[:, k.H_UTILITY] + _added(trace[:, :, k.T_UTILITY]),
            sources_w=head[:, k.H_SOURCES] + _added(trace[:, :, k.T_SOURCES]),
            hall_w=hall_w, trace=trace,
            saved_w=trace[:, :, k.T_SAVED_LOW] + trace[:, :, k.T_SAVED_HIGH],
        )  # fmt: skip

    def _decide(
        self, first: int, end: int, ticks: Ticks, survey: FloatArray
    ) -> tuple[tuple[Decision, ...], Ticks, Decision]:
        """Decide at each end of a period; what begins in the window is a signal."""
        per = self.rules.period_ticks
        coming, told = self.coming, list[Decision]()
        if first % per == 0:
            told.append(coming)
        done, left = 0, self.open
        for at in range((first // per + 1) * per, end + 1, per):
            period = left.then(ticks[done : at - first])
            swing_w = survey[(at - 1) // per - first // per]
            coming = decide(self.rules, coming, _totals(at, period, swing_w))
            done, left = at - first, period[slice(0, 0)]
            if at < end:
                told.append(coming)
        return tuple(told), left.then(ticks[done:]), coming

    def _changed(self, signals: Signals, coming: Decision) -> bool:
        """Whether anything halls are told differs from what they were told before."""
        before = self.told.decision
        for now in (*signals.decisions, coming):
            if before is not None and not now.same(before):
                return True
            before = now
        pairs = zip(self.told.feeds, signals.feeds, strict=True)
        return any(bool((feed != last).any()) for last, feed in pairs)


def _added(by_hall: FloatArray) -> FloatArray:
    """Sum over halls, one after the other. (ticks,)"""
    total: FloatArray = np.zeros(by_hall.shape[0])
    for h in range(by_hall.shape[1]):
        total += by_hall[:, h]
    return total


def _totals(tick: int, period: Ticks, swing_w: FloatArray) -> Totals:
    """What the campus sees of a period."""
    end = period.trace[-1]
    ratio = per_it_w(period.hall_w[-1], end[:, k.T_IT])
    demand_w = period.drawn_w + _added(period.saved_w * ratio)
    return Totals(
        tick=tick, demand_w=float(demand_w.max()), drawn_w=float(period.drawn_w[-1]),
        hall_w=period.hall_w[-1], it_w=end[:, k.T_IT], saved_w=period.saved_w[-1],
        swing_w=swing_w, wish_w=period.trace[:, :, k.T_WISH].max(axis=0),
        removed_w=end[:, k.T_REMOVED], water_kg_s=end[:, k.T_WATER],
    )  # fmt: skip


def no_ticks(halls: int) -> Ticks:
    """A period that has just begun."""
    none = np.zeros((0, halls))
    return Ticks(
        drawn_w=np.zeros(0), sources_w=np.zeros(0), hall_w=none, saved_w=none,
        trace=np.zeros((0, halls, k.TRACE_COLUMNS)),
    )  # fmt: skip

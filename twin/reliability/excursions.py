"""
Lost server-hours by simulation: ways from the first failure until all is well again.

Time between such excursions is known, so only they are simulated. Failures inside one
are made likelier (failure biasing) and each way is weighted by how much likelier it
was made: states of many failures are met often enough to be counted. Times of stay are
drawn from the true rates, so weights hold for the jumps alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.reliability.items import YEAR_H, Item
from twin.reliability.judge import NOTHING, RESTART_H, Failed, Judge, Outcome
from twin.types import BoolArray, FloatArray

BIAS = 0.5
"""Probability that a failure comes before a repair, while few items are failed."""
BIAS_DEPTH = 2
"""Up to this many failed items; beyond, ways home are the true ones."""
START_BIAS = 0.25
"""Called generators fail to start this often, all of them together."""
Z95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """
    A year, by simulated excursions.

    Args:
        lost_h: Lost server-hours a year. [h]
        capped_h: Server-hours under a cap a year. [h]
        deep_prob: Probability of a year with a deep loss. 0..1
        deep_count: Excursions with one, as simulated.
        excursions_per_year: How many there are. [1/year]
    """

    lost_h: Estimate
    capped_h: float
    deep_prob: Estimate
    deep_count: int
    excursions_per_year: float


def simulate_years(
    items: Sequence[Item], judge: Judge, *, count: int, seed: int, deep_frac: float,
    biased: bool = True,
) -> Simulated:  # fmt: skip
    """
    Simulate excursions and read a year off them.

    Args:
        items: What fails.
        judge: What follows.
        count: Excursions.
        seed: Of every draw.
        deep_frac: Servers lost at once ÷ all above which a loss is deep.
        biased: Whether failures are made likelier; without, it is brute force.

    Returns:
        The year.
    """
    ways = _Ways(items, judge, deep_frac, biased=biased)
    if ways.first_per_h == 0.0:
        none = Estimate(mean=0.0, low=0.0, high=0.0)
        return Simulated(
            lost_h=none, capped_h=0.0, deep_prob=none, deep_count=0,
            excursions_per_year=0.0,
        )  # fmt: skip
    rng = np.random.Generator(np.random.Philox(key=seed))
    found = np.array([ways.go(rng) for _ in range(count)])
    lost_h, capped_h, hours, deep = found.T
    cycle_h = 1.0 / ways.first_per_h + float(hours.mean())
    per_year = YEAR_H / cycle_h
    times = _rate(deep, per_year)
    hits = int(np.count_nonzero(deep))
    if hits == 0:  # 3 ÷ count: nothing in so many, at 95 %
        times = Estimate(mean=0.0, low=0.0, high=3.0 / count * per_year)
    return Simulated(
        lost_h=_rate(lost_h, per_year), capped_h=float(capped_h.mean()) * per_year,
        deep_prob=Estimate(
            mean=-math.expm1(-times.mean), low=-math.expm1(-times.low),
            high=-math.expm1(-times.high),
        ),
        deep_count=hits, excursions_per_year=per_year,
    )  # fmt: skip


def _rate(values: FloatArray, per_year: float) -> Estimate:
    mean = float(values.mean())
    half = Z95 * float(values.std(ddof=1)) / math.sqrt(values.size)
    return Estimate(
        mean=mean * per_year, low=max(0.0, mean - half) * per_year,
        high=(mean + half) * per_year,
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Tally:
    """One excursion under way."""

    weight: float = 1.0
    lost_h: float = 0.0
    capped_h: float = 0.0
    hours: float = 0.0
    deep: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A state of the chain: what is failed, how it is left, where to."""

    failed: Failed
    outcome: Outcome
    leave: float  # rate at which it is left [1/h]
    fail: float  # of that, by failures
    likelier: FloatArray  # true ÷ drawn probability of each item's failure
    steps: FloatArray  # drawn probabilities, added up


class _Ways:
    """The chain of failures and repairs, and how its jumps are drawn."""

    def __init__(
        self, items: Sequence[Item], judge: Judge, deep_frac: float, *, biased: bool
    ) -> None:
        self.items, self.judge, self.biased = items, judge, biased
        self.servers = judge.servers
        self.deep = deep_frac * float(judge.servers.sum())
        demand = np.array([x.on_demand for x in items], dtype=np.bool_)
        self.demand = [int(k) for k in np.flatnonzero(demand)]
        self.planned = np.array([x.planned for x in items], dtype=np.bool_)
        self.per_h = np.array([x.per_h for x in items])
        self.usual_per_h = np.where(demand, 0.0, self.per_h)
        self.repair_per_h = np.array([1.0 / x.repair_h for x in items])
        self.first_per_h = float(self.usual_per_h.sum())
        self.places: dict[frozenset[int], _Place] = {}

    def go(self, rng: np.random.Generator) -> tuple[float, float, float, float]:
        """Lost and capped server-hours, length and deep loss of one excursion."""
        tally = _Tally()
        down: list[int] = []
        was = self._place(down)
        self._fail(rng, tally, down, was)
        dark: BoolArray = np.zeros(self.servers.size, dtype=np.bool_)
        began = True
        while down:
            self._start(rng, tally, down, was)
            here = self._place(down)
            dark = self._stay(rng, tally, here, was, dark, began=began)
            began = self._jump(rng, tally, down, here)
            was = here
        return tally.lost_h, tally.capped_h, tally.hours, tally.deep

    def _place(self, down: Sequence[int]) -> _Place:
        key = frozenset(down)
        found = self.places.get(key)
        if found is None:
            found = self.places[key] = self._work_out(down)
        return found

    def _work_out(self, down: Sequence[int]) -> _Place:
        failed = NOTHING.union(*(self.items[k].failed for k in down))
        outcome = self.judge.outcome(failed)
        per_h = self.usual_per_h.copy()
        if down:
            per_h[self.planned] = 0.0
        for k in self.demand:
            if self.items[k].failed & outcome.called:
                per_h[k] = self.per_h[k]
        per_h[list(down)] = 0.0
        fail = float(per_h.sum())
        true = per_h / max(fail, 1e-300)
        drawn = true
        if self.biased:
            able = per_h > 0.0
            drawn = 0.5 * true + 0.5 * able / max(1, int(able.sum()))
        with np.errstate(invalid="ignore"):
            likelier = np.where(drawn > 0.0, true / drawn, 0.0)
        return _Place(
            failed=failed, outcome=outcome, fail=fail, likelier=likelier,
            leave=fail + float(self.repair_per_h[list(down)].sum()),
            steps=np.cumsum(drawn),
        )  # fmt: skip

    def _fail(
        self, rng: np.random.Generator, tally: _Tally, down: list[int], here: _Place
    ) -> None:
        """Draw which item fails, rare ones oftener than they do."""
        drawn = rng.random() * float(here.steps[-1])
        k = int(np.searchsorted(here.steps, drawn, side="right"))
        tally.weight *= float(here.likelier[k])
        down.append(k)

    def _start(
        self, rng: np.random.Generator, tally: _Tally, down: list[int], was: _Place
    ) -> None:
        """Call generators that the failures ask for and that did not run before."""
        asked = was.outcome.called
        while self.demand:
            called = self._place(down).outcome.called - asked
            new = [
                k for k in self.demand
                if self.items[k].failed & called and k not in down
                and self.items[k].start_prob > 0.0
            ]  # fmt: skip
            if not new:
                return
            asked = asked | called
            for k in new:
                true = self.items[k].start_prob
                drawn = max(true, START_BIAS / len(new)) if self.biased else true
                if rng.random() < drawn:
                    tally.weight *= true / drawn
                    down.append(k)
                else:
                    tally.weight *= (1.0 - true) / (1.0 - drawn)

    def _stay(
        self, rng: np.random.Generator, tally: _Tally, here: _Place, was: _Place,
        dark: BoolArray, *, began: bool,
    ) -> BoolArray:  # fmt: skip
        """Stay in a state; returns racks whose servers are down at its end."""
        hours = rng.exponential(1.0 / here.leave)
        tally.hours += tally.weight * hours
        outcome = here.outcome
        if outcome.harmless:
            return np.zeros_like(dark)
        already = dark & np.isfinite(outcome.loss_h)
        since = np.where(already, 0.0, outcome.loss_h)
        end = since < hours
        # a repair interrupts nobody
        dropped = outcome.dropped & ~was.outcome.dropped & ~dark & began
        new = (end & ~already) | dropped
        down_h = np.where(end, hours - np.where(end, since, 0.0), 0.0)
        lost_h = float(self.servers @ (down_h + RESTART_H * new))
        tally.lost_h += tally.weight * lost_h
        tally.capped_h += tally.weight * outcome.slowed_servers * hours
        if tally.deep == 0.0 and float(self.servers @ (end | dropped)) > self.deep:
            tally.deep = tally.weight
        return np.asarray(end)

    def _jump(
        self, rng: np.random.Generator, tally: _Tally, down: list[int], here: _Place
    ) -> bool:
        """Draw a repair or a failure; true if something failed."""
        true = here.fail / here.leave
        drawn = true
        if self.biased and len(down) <= BIAS_DEPTH and true > 0.0:
            drawn = max(true, BIAS)
        if rng.random() < drawn:
            tally.weight *= true / drawn
            self._fail(rng, tally, down, here)
            return True
        tally.weight *= (1.0 - true) / (1.0 - drawn)
        rates = np.cumsum(self.repair_per_h[down])
        k = int(np.searchsorted(rates, rng.random() * float(rates[-1]), side="right"))
        del down[k]
        return False

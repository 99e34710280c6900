"""
Importance splitting: walk to a rare event by steps that are not rare.

Subset simulation in standard normal space. A population of independent points is
thinned to its best part, which sets a level; the part is grown back by random walks
that never fall below the level; and so on until enough points are in the event. The
probability is the product of the parts. Several populations run side by side and know
nothing of each other: how far apart they end is what the interval is made of.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

from twin.types import FloatArray
from twin.uncertainty.checks import Side, check_count, check_frac, check_level
from twin.uncertainty.rare import Asked, RareEvent, half_error, joined, plain_event

WANTED_ACCEPTANCE = 0.44
"""Part of the walk's proposals to be accepted (Papaioannou et al. 2015)."""
FIRST_STEP = 0.6
LEAST_PROBABILITY = 1e-12
"""A population gives up below: the limit may be out of reach."""


class Population:
    """One replica: its points, the level they are above, and the probability so far."""

    def __init__(
        self, dim: int, count: int, keep_frac: float, rng: np.random.Generator
    ) -> None:
        self._rng = rng
        self._count = count
        self._keep = max(1, int(keep_frac * count))
        self._step = FIRST_STEP
        self._level = -np.inf
        self._rounds = 0
        self._z = np.empty((0, dim))
        self._score = np.empty(0)
        self._heads = np.empty((0, dim))
        self._head_score = np.empty(0)
        self.asked = rng.standard_normal((count, dim))
        self.plain = np.empty(0)
        self.log_probability = 0.0
        self.levels = 0
        self.done = False
        self.gave_up = False
        self.flat = False

    def tell(self, score: FloatArray) -> None:
        """Take the scores of `asked`, and set `asked` to what comes next."""
        if self.levels == 0:
            self.plain, self._z, self._score = score, self.asked, score
        else:
            self._walked(score)
        if len(self._z) < self._count:
            self._propose()
        else:
            self._thin()

    def _walked(self, score: FloatArray) -> None:
        """Accept what stays above the level; every chain adds its place."""
        moved = score > self._level
        asked = len(score)
        self._heads[:asked][moved] = self.asked[moved]
        self._head_score[:asked][moved] = score[moved]
        self._z = np.concatenate([self._z, self._heads[:asked]])
        self._score = np.concatenate([self._score, self._head_score[:asked]])
        self._rounds += 1
        gain = (float(moved.mean()) - WANTED_ACCEPTANCE) / math.sqrt(self._rounds)
        self._step = min(1.0, self._step * math.exp(gain))

    def _propose(self) -> None:
        chains = min(len(self._heads), self._count - len(self._z))
        heads = self._heads[:chains]
        noise = self._rng.standard_normal(heads.shape)
        self.asked = math.sqrt(1.0 - self._step**2) * heads + self._step * noise

    def _thin(self) -> None:
        """Finish, or keep the best part and start walking from it."""
        inside = self._score > 0.0
        if int(inside.sum()) >= self._keep:
            self.log_probability += math.log(inside.mean())
            self._finish()
            return
        falling = np.sort(self._score)[::-1]
        level = float(falling[self._keep])
        if level == falling[0]:  # the best are a plateau: stay on it
            level = float(np.nextafter(level, -np.inf))
        best = self._score > level
        self.flat = bool(best.all()) or not best.any()
        grown = math.log(best.mean()) if best.any() else 0.0
        if self.flat or self.log_probability + grown < math.log(LEAST_PROBABILITY):
            self.gave_up = True
            self._finish()
            return
        self.log_probability += grown
        self._level, self.levels, self._rounds = level, self.levels + 1, 0
        order = self._rng.permutation(np.flatnonzero(best))
        self._z, self._score = self._z[order], self._score[order]
        self._heads, self._head_score = self._z.copy(), self._score.copy()
        self._propose()

    def _finish(self) -> None:
        self.done = True
        self.asked = self.asked[:0]


class Splitting:
    """
    Estimator of a rare event by importance splitting; see `rare` for the protocol.

    Args:
        dim: Inputs of the output, >= 1.
        limit: Limit of the output, in its unit.
        side: The event is an output strictly above, or strictly below it.
        seed: Seed of the walks.
        points: Points of one population.
        replicas: Populations; the interval needs at least five.
        keep_frac: Best part of a population that the next level is grown from.
        level: Confidence of the interval.

    Raises:
        ScenarioError: If a value is out of range.
    """

    def __init__(
        self,
        dim: int,
        limit: float,
        *,
        side: Side = "above",
        seed: int = 0,
        points: int = 250,
        replicas: int = 20,
        keep_frac: float = 0.1,
        level: float = 0.95,
    ) -> None:
        check_count("dim", dim, 1)
        check_count("points", points, 50)
        check_count("replicas", replicas, 5)
        check_level(level)
        check_frac("keep_frac", keep_frac, 0.02, 0.5, 0.1)
        self._asked = Asked(limit, side)
        self._level = level
        streams = np.random.SeedSequence(seed).spawn(replicas)
        self._populations = [
            Population(dim, points, keep_frac, np.random.default_rng(stream))
            for stream in streams
        ]

    def ask(self) -> FloatArray | None:
        """Points to evaluate next, shape (points, dim); None when done."""
        if all(one.done for one in self._populations):
            return None
        return self._asked.points(np.concatenate([p.asked for p in self._populations]))

    def tell(self, values: FloatArray) -> None:
        """Take the outputs at the points asked for last, in their order."""
        scores = self._asked.scores(values)
        ends = np.cumsum([len(p.asked) for p in self._populations])
        for population, part in zip(
            self._populations, np.split(scores, ends[:-1]), strict=True
        ):
            if not population.done:
                population.tell(part)

    def result(self) -> RareEvent:
        """
        Say the probability; after `ask` gave None.

        Source:
            docs/models/uncertainty.md, eq. 3 to 5.
        """
        levels = max(one.levels for one in self._populations)
        if levels == 0 or any(one.flat for one in self._populations):
            return plain_event(
                np.concatenate([one.plain for one in self._populations]), self._asked,
                level=self._level, levels=levels, replicas=len(self._populations),
                note=_FLAT if levels or any(p.flat for p in self._populations) else "",
            )  # fmt: skip
        reached = np.exp([one.log_probability for one in self._populations])
        lost = np.array([one.gave_up for one in self._populations])
        found = np.where(lost, 0.0, reached)
        low, _ = replica_interval(found, self._level)
        _, high = replica_interval(reached, self._level)
        mean = float(found.mean())
        scatter = float(found.var(ddof=1)) / len(found)
        return RareEvent(
            probability=mean, low=low, high=high, level=self._level,
            evaluations=self._asked.evaluations, levels=levels, replicas=len(found),
            effective_points=mean**2 / scatter if scatter > 0.0 else 0.0,
            undefined=self._asked.undefined, method="splitting",
            note=joined(_LOST.format(lost.sum()) if lost.any() else "",
                        self._asked.said()),
        )  # fmt: skip


_FLAT = (
    "the output has plateaus that show no way to the limit; this is the share of the "
    "plain points alone"
)
_LOST = f"{{}} replicas had not reached the limit at {LEAST_PROBABILITY:g}"


def replica_interval(estimates: FloatArray, level: float) -> tuple[float, float]:
    """
    Interval of the mean of independent estimates that are skewed.

    The hull of Student's interval and, if no estimate is 0, Cox's for the mean of a
    log-normal law; each at half of the error allowed, see `half_error`.

    Args:
        estimates: One per replica, >= 0, at least two.
        level: Confidence.

    Returns:
        Low and high end, within 0..1.

    Source:
        docs/models/uncertainty.md, eq. 4 and 5.
    """
    count = len(estimates)
    wide = float(stdtrit(count - 1, half_error(level)))
    mean = float(estimates.mean())
    error = wide * float(estimates.std(ddof=1)) / math.sqrt(count)
    low, high = mean - error, mean + error
    if np.all(estimates > 0.0):
        logs = np.log(estimates)
        variance = float(logs.var(ddof=1))
        middle = float(logs.mean()) + 0.5 * variance
        error = wide * math.sqrt(variance / count + 0.5 * variance**2 / (count - 1))
        low = min(low, math.exp(middle - error))
        high = max(high, math.exp(middle + error))
    return max(low, 0.0), min(high, 1.0)

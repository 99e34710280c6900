"""
Importance sampling: draw where the event is, and weigh by how odd that is.

The cross-entropy method in standard normal space: several searches, each by itself,
follow their best points towards the event and fit a mixture of normal distributions to
what they find. Then all draw once more, from the mean of all their mixtures and the
plain distribution (the defence: no weight can exceed 1 ÷ its share), and only these
last draws are counted. The searches never see them, so the estimate has no bias.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import logsumexp, stdtrit

from twin.types import BoolArray, FloatArray
from twin.uncertainty.checks import Side, check_count, check_frac, check_level
from twin.uncertainty.mixture import Mixture, fit_mixture, standard_log_density
from twin.uncertainty.rare import Asked, RareEvent, half_error, plain_event

COMPONENTS = 4
MOST_LEVELS = 12
SURE = 0.999
"""Confidence with which plain points have to contradict the weighted ones."""
LEAST_WORTH = 200
"""Fewer effective points in the event, and the weights are said to degenerate."""


class Search:
    """One search: follows its best points until enough of them are in the event."""

    def __init__(
        self,
        dim: int,
        count: int,
        keep_frac: float,
        defence_frac: float,
        rng: np.random.Generator,
    ) -> None:
        self._rng = rng
        self._count = count
        self._keep = max(1, int(keep_frac * count))
        self._defence = defence_frac
        self.mixture: Mixture | None = None
        self.ladder: list[Mixture] = []
        self.plain = np.empty(0)
        self.asked = rng.standard_normal((count, dim))
        self.levels = 0
        self.reached = False
        self.done = False

    def tell(self, score: FloatArray) -> None:
        """Take the scores of `asked`; fit, and set `asked` to what comes next."""
        if self.levels == 0:
            self.plain = score
        inside = score > 0.0
        self.reached = int(inside.sum()) >= self._keep
        best = inside if self.reached else _best(score, self._keep)
        lost = not best.any() or bool(best.all() and not self.reached)
        if not lost:
            found = self.asked[best]
            weight = np.exp(-self._log_ratio(found))
            self.mixture = fit_mixture(found, weight, COMPONENTS, self._rng)
            self.ladder.append(self.mixture)
        self.levels += 1
        self.done = self.reached or lost or self.levels >= MOST_LEVELS
        self.asked = self.asked[:0] if self.done else self._draw()

    def _draw(self) -> FloatArray:
        plain = round(self._defence * self._count)
        dim = self.asked.shape[1]
        return np.concatenate([
            self._rng.standard_normal((plain, dim)),
            _known(self.mixture).draw(self._count - plain, self._rng),
        ])  # fmt: skip

    def _log_ratio(self, z: FloatArray) -> FloatArray:
        """Log of the density drawn from over the plain one."""
        if self.mixture is None:
            return np.zeros(len(z))
        drawn = self.mixture.log_density(z) - standard_log_density(z)
        return np.logaddexp(math.log(self._defence), math.log1p(-self._defence) + drawn)


def _known(mixture: Mixture | None) -> Mixture:
    if mixture is None:
        raise RuntimeError("a search draws after it was told scores")
    return mixture


def _shares(levels: int) -> FloatArray:
    """Half of the draws for the event itself, half for the levels on the way to it."""
    shares = np.full(levels, 0.5 / max(levels - 1, 1))
    shares[-1] = 0.5 if levels > 1 else 1.0
    return shares


def _best(score: FloatArray, keep: int) -> BoolArray:
    """Points above the level that `keep` points reach; else the plateau at the top."""
    falling = np.sort(score)[::-1]
    above = score > falling[keep]
    if not above.any():
        above = (score == falling[0]) & np.isfinite(score)
    return np.asarray(above)


class Importance:
    """
    Estimator of a rare event by importance sampling; see `rare` for the protocol.

    Args:
        dim: Inputs of the output, >= 1; beyond about 15 weights often degenerate.
        limit: Limit of the output, in its unit.
        side: The event is an output strictly above, or strictly below it.
        seed: Seed of the draws.
        points: Points of one search at each level, and of its last draw.
        replicas: Searches.
        keep_frac: Best part of a search's points that the next fit is made of.
        defence_frac: Part of the points drawn from the plain distribution.
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
        points: int = 1000,
        replicas: int = 4,
        keep_frac: float = 0.1,
        defence_frac: float = 0.2,
        level: float = 0.95,
    ) -> None:
        check_count("dim", dim, 1)
        check_count("points", points, 100)
        check_count("replicas", replicas, 2)
        check_level(level)
        check_frac("keep_frac", keep_frac, 0.02, 0.5, 0.1)
        check_frac("defence_frac", defence_frac, 0.05, 0.9, 0.2)
        self._asked = Asked(limit, side)
        self._dim, self._points, self._level = dim, points, level
        self._defence = defence_frac
        streams = np.random.SeedSequence(seed).spawn(replicas + 1)
        self._searches = [
            Search(dim, points, keep_frac, defence_frac, np.random.default_rng(stream))
            for stream in streams[:-1]
        ]
        self._rng = np.random.default_rng(streams[-1])
        self._last = np.empty((0, dim))
        self._last_score: FloatArray | None = None

    def ask(self) -> FloatArray | None:
        """Points to evaluate next, shape (points, dim); None when done."""
        if not all(one.done for one in self._searches):
            return self._asked.points(np.concatenate([s.asked for s in self._searches]))
        if self._last_score is not None or not self._parts:
            return None
        self._last = self._draw_last()
        return self._asked.points(self._last)

    def tell(self, values: FloatArray) -> None:
        """Take the outputs at the points asked for last, in their order."""
        scores = self._asked.scores(values)
        if len(self._last):
            self._last_score = scores
            return
        ends = np.cumsum([len(one.asked) for one in self._searches])
        for search, part in zip(
            self._searches, np.split(scores, ends[:-1]), strict=True
        ):
            if not search.done:
                search.tell(part)

    def result(self) -> RareEvent:
        """
        Say the probability; after `ask` gave None.

        Source:
            docs/models/uncertainty.md, eq. 6 to 8.
        """
        if self._last_score is None:
            return self._plain("" if self._common else _LOST)
        weight = np.exp(standard_log_density(self._last) - self._log_density())
        counted = np.where(self._last_score > 0.0, weight, 0.0)
        mean = float(counted.mean())
        worth = float(counted.sum() ** 2 / (counted**2).sum()) if mean > 0.0 else 0.0
        if worth < LEAST_WORTH:
            return self._plain(_DEGENERATE.format(worth, LEAST_WORTH))
        error = float(counted.std(ddof=1)) / math.sqrt(len(counted))
        wide = error * float(stdtrit(worth - 1.0, half_error(self._level)))
        low = max(mean - wide, 0.0)
        high = min(max(mean + wide, mean * math.exp(wide / mean)), 1.0)
        told = self._plain("", level=SURE)
        if high < told.low or low > told.high:
            return self._plain(_AGAINST.format(mean))
        return RareEvent(
            probability=mean, low=low, high=high, level=self._level,
            evaluations=self._asked.evaluations, levels=self._levels,
            replicas=len(self._searches), effective_points=worth,
            undefined=self._asked.undefined, method="importance",
            note=self._asked.said(),
        )  # fmt: skip

    @property
    def _levels(self) -> int:
        return max(one.levels for one in self._searches) - 1

    @property
    def _common(self) -> bool:
        """Whether the event is so common that no search had to move."""
        return all(one.reached and one.levels == 1 for one in self._searches)

    @property
    def _parts(self) -> list[tuple[float, Mixture]]:
        """What is drawn from besides the plain distribution, with shares; sum to 1."""
        found = [] if self._common else [s.ladder for s in self._searches if s.reached]
        return [
            (share / len(found), one)
            for ladder in found
            for share, one in zip(_shares(len(ladder)), ladder, strict=True)
        ]

    @property
    def _plain_count(self) -> int:
        return round(self._defence * self._points * len(self._searches))

    def _draw_last(self) -> FloatArray:
        """Plain points first, then as many of each mixture as of the others."""
        left = self._points * len(self._searches) - self._plain_count
        parts = self._parts
        ends = np.rint(left * np.cumsum([share for share, _ in parts])).astype(int)
        counts = np.diff(ends, prepend=0)
        drawn = [
            one.draw(n, self._rng) for (_, one), n in zip(parts, counts, strict=True)
        ]
        plain = self._rng.standard_normal((self._plain_count, self._dim))
        return np.concatenate([plain, *drawn])

    def _log_density(self) -> FloatArray:
        """Log density of the mean of all that the last points were drawn from."""
        plain = self._plain_count / len(self._last)
        parts = [math.log(plain) + standard_log_density(self._last)]
        parts += [
            math.log((1.0 - plain) * share) + one.log_density(self._last)
            for share, one in self._parts
        ]
        return np.asarray(logsumexp(parts, axis=0))

    def _plain(self, note: str, level: float | None = None) -> RareEvent:
        """What the points drawn from the plain distribution say by themselves."""
        scores = [one.plain for one in self._searches]
        if self._last_score is not None:
            scores.append(self._last_score[: self._plain_count])
        return plain_event(
            np.concatenate(scores), self._asked, level=level or self._level,
            levels=self._levels, replicas=len(self._searches), note=note,
        )  # fmt: skip


_LOST = (
    "no search reached the limit; this is the share of the plain points alone, "
    "splitting may do better"
)
_DEGENERATE = (
    "weights degenerate: they are worth {:.0f} points of at least {}; this is the "
    "share of the plain points alone, use splitting or more points"
)
_AGAINST = (
    "weighted points say {:.3g}, plain points contradict them; this is the share of "
    "the plain points alone, use splitting"
)

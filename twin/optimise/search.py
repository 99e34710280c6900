"""
Search without derivatives: the best point of a study, or a front of them.

One point in three comes from a model of what is good so far (the tree-structured Parzen
estimator of optuna), the others are steps around the best, or around the front, whose
length follows their luck: the first finds the valley, the second its floor. Points are
asked for in batches and told in order, so an answer depends on the batch and the seed
and on nothing that runs them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import optuna
import scipy  # its parts load when they are used: stats takes half a second

from twin.pareto import pareto_front
from twin.scenario.study import Limit, Objective
from twin.types import FloatArray, IntArray

Outputs = Mapping[str, float]
START_FRAC = 0.25
"""Part of the evaluations that fills the space before anything is learnt."""
MOST_CORNERS = 16
"""All corners of the cube are asked for up to this many; then two opposite ones."""
_TRIES = 32
"""Times a point that was asked before is drawn anew."""
_FIRST_STEP, _LEAST_STEP, _MOST_STEP = 0.15, 1e-5, 0.5
_LONGER, _SHORTER = 1.7, 0.85
"""One success in four keeps the step: the one-fifth rule of evolution strategies."""
_WALK = 3
"""Steps per axis, and one more, before another valley is tried."""
_END_STEP = 0.01
"""First step of the last walk, from the best of all."""
_APART = 0.1
"""Another valley begins this far away, along any axis."""
_LAST_FRAC = 0.15
"""Part of the evaluations that goes back to the best of all."""
_ANYWHERE = 0.2
"""Part of the points not stepped to that may lie anywhere."""
_ALL_AT_ONCE = 0.4
"""Part of the steps that move along every axis."""
_BROKEN = 1e12
"""How far a limit is passed by an output that is not defined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """
    One axis of the unit cube.

    Args:
        kind: "continuous"; "whole": whole numbers of a range, both ends included;
            "ordered": a list in order, cut into equal parts; "choice": a list in none.
        count: How many values a dimension that is not continuous has.
    """

    kind: Literal["continuous", "whole", "ordered", "choice"] = "continuous"
    count: int = 0

    def __post_init__(self) -> None:
        if self.kind != "continuous" and self.count < 1:
            raise ValueError(
                f"count must be at least 1 for a {self.kind} dimension, got "
                f"{self.count}"
            )

    def place(self, level: int) -> float:
        """Place of a value in the unit interval."""
        if self.kind == "whole":
            return level / (self.count - 1) if self.count > 1 else 0.5
        return (level + 0.5) / self.count

    def level(self, u: float) -> int:
        """Value nearest to a place of the unit interval."""
        if self.kind == "whole":
            return round(u * (self.count - 1))
        return min(int(u * self.count), self.count - 1)

    def snap(self, u: float) -> float:
        """Move a place onto the nearest value; a continuous one stays."""
        u = min(1.0, max(0.0, u))
        return u if self.kind == "continuous" else self.place(self.level(u))


class Search:
    """
    Asks for points of the unit cube and learns from what they give.

    Args:
        dims: Axes.
        objectives: What is made large or small; several give a front.
        limits: What must not be passed.
        evaluations: Most points asked for.
        batch: Points asked for at a time.
        seed: Of every draw.
        patience: Stop after so many points without progress; None goes on.
        known: Points answered before, with their outputs; they count for nothing.

    Raises:
        ValueError: If there is nothing to search, or nothing to search for.
    """

    def __init__(
        self,
        dims: Sequence[Dimension],
        objectives: Sequence[Objective],
        limits: Sequence[Limit] = (),
        *,
        evaluations: int = 200,
        batch: int = 8,
        seed: int = 1,
        patience: int | None = None,
        known: Sequence[tuple[Sequence[float], Outputs | None]] = (),
    ) -> None:
        for name, value in (
            ("dims", len(dims)), ("objectives", len(objectives)),
            ("evaluations", evaluations), ("batch", batch),
            ("patience", 1 if patience is None else patience),
        ):  # fmt: skip
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        self._dims, self._objectives = tuple(dims), tuple(objectives)
        self._limits, self._patience = tuple(limits), patience
        self._evaluations, self._batch = evaluations, batch
        self._rng = np.random.Generator(np.random.Philox(key=seed))
        self._model = _Model(self._dims, self._objectives, seed)
        self._points: list[FloatArray] = []
        self._costs: list[FloatArray] = []
        self._passed: list[float] = []
        self._seen: set[bytes] = set()
        self._pending: list[tuple[FloatArray, Any, float]] = []
        self._step, self._stale = _FIRST_STEP, 0
        self._ended: list[FloatArray] = []
        self._walk: int | None = None
        self._walked, self._outside = 0, False
        for point, outputs in known:
            self._take(self._snap(np.asarray(point, dtype=np.float64)), None, outputs)
        self._known, self._asked, self._stale = len(self._points), 0, 0
        self._start = _start(self._dims, evaluations, seed)

    @property
    def most(self) -> int:
        """Most points it asks for."""
        return self._evaluations

    def ask(self) -> FloatArray | None:
        """
        Ask for the next points.

        Returns:
            Points of the unit cube, shape (points, dims); None when done.

        Raises:
            RuntimeError: If points asked for before were not told.
        """
        if self._pending:
            raise RuntimeError("tell the outputs of the points asked for, then ask")
        tired = self._patience is not None and self._stale >= self._patience
        if tired and not self._start:
            return None
        while len(self._pending) < min(self._batch, self._evaluations - self._asked):
            found = self._next()
            if found is None:
                break
            self._pending.append(found)
            self._seen.add(found[0].tobytes())
            self._asked += 1
        if not self._pending:
            return None
        return np.array([point for point, _, _ in self._pending])

    def tell(self, outputs: Sequence[Outputs | None]) -> None:
        """
        Take the outputs of the points just asked for.

        Args:
            outputs: In their order; None where a point could not be answered.

        Raises:
            ValueError: If there is not one per point.
        """
        if len(outputs) != len(self._pending):
            raise ValueError(
                f"outputs must be one per point asked for, got {len(outputs)} for "
                f"{len(self._pending)}"
            )
        for (point, trial, step), found in zip(self._pending, outputs, strict=True):
            better = self._take(point, trial, found)
            self._stale = 0 if better else self._stale + 1
            if step > 0.0:
                self._follow(step)
        self._pending = []

    def _follow(self, step: float) -> None:
        """After a step from the walker: go there if it is better; how long is next?"""
        new = len(self._points) - 1
        lucky = self._walk is None or self._aim(new) < self._aim(self._walk)
        if lucky:
            self._walk = new
            self._step = min(_MOST_STEP, max(self._step, step) * _LONGER)
        else:
            self._step = max(_LEAST_STEP, self._step * _SHORTER)
        self._walked += 1
        if self._walked >= _WALK * (1 + len(self._dims)) and not self._last:
            self._ended.append(self._points[self._walker()])
            self._step, self._walked = _FIRST_STEP, 0
            self._walk, self._outside = self._elsewhere()

    @property
    def best(self) -> int | None:
        """Index of the best point within the limits, of those asked for; None: none."""
        able = [k for k in self._within() if k >= self._known]
        if not able:
            return None
        return min(able, key=lambda k: (*self._costs[k], k)) - self._known

    @property
    def front(self) -> IntArray:
        """Indices of the points within the limits that no other beats."""
        able = np.array([k for k in self._within() if k >= self._known], dtype=np.int64)
        if not able.size:
            return able
        costs = np.array([self._costs[k] for k in able])
        return able[pareto_front(costs, ["min"] * costs.shape[1])] - self._known

    # --- choosing -------------------------------------------------------------------

    def _next(self) -> tuple[FloatArray, Any, float] | None:
        """Choose a point that was not asked for: it, its trial, and its step."""
        while self._start:
            point = self._start.pop(0)
            if point.tobytes() not in self._seen:
                return point, None, 0.0
        several = len(self._objectives) > 1
        modelled = self._asked % (4 if several else 3) == 0
        if not modelled and self._within(any_limit=True):
            for _ in range(_TRIES):
                if several:  # a front needs steps of every length
                    step = float(10.0 ** self._rng.uniform(-2.5, -0.3))
                else:
                    step = self._step * float(np.exp(self._rng.normal(0.0, 0.7)))
                point = self._near(step)
                if point.tobytes() not in self._seen:
                    return point, None, 0.0 if several else step
        if self._rng.random() < _ANYWHERE:
            return self._anywhere()
        for _ in range(2):
            trial, point = self._model.ask()
            if point.tobytes() not in self._seen:
                return point, trial, 0.0
            self._model.drop(trial)
        return self._anywhere()

    def _anywhere(self) -> tuple[FloatArray, Any, float] | None:
        """Any point not asked for; None where every one was."""
        for _ in range(_TRIES):
            point = self._snap(self._rng.random(len(self._dims)))
            if point.tobytes() not in self._seen:
                return point, None, 0.0
        counts = [d.count if d.kind != "continuous" else 0 for d in self._dims]
        if 0 in counts or np.prod(np.array(counts, dtype=float)) > 1e6:
            return None
        for levels in product(*(range(n) for n in counts)):
            places = [d.place(k) for d, k in zip(self._dims, levels, strict=True)]
            point = np.array(places)
            if point.tobytes() not in self._seen:
                return point, None, 0.0
        return None

    def _near(self, step: float) -> FloatArray:
        """Step away from the best point, or from one of the front."""
        base = self._base()
        dims, rng = len(self._dims), self._rng
        # all at once follows a slanted valley, one or two at once an exchange
        few = set(rng.permutation(dims)[: rng.geometric(0.5)].tolist())
        if rng.random() < _ALL_AT_ONCE:
            few |= {k for k, d in enumerate(self._dims) if d.kind == "continuous"}
        point, sign = base.copy(), float(rng.choice([-1.0, 1.0]))
        for k in sorted(few):
            dim = self._dims[k]
            if dim.kind == "choice":
                point[k] = dim.place(int(rng.integers(dim.count)))
                continue
            away = step * float(rng.normal())
            if dim.kind != "continuous":  # at least one value on, the next one back
                least = 1.0 / max(1, dim.count - (dim.kind == "whole"))
                away = sign * max(abs(away), least)
                sign = -sign
            point[k] = base[k] + away
        return self._snap(_folded(point))

    def _base(self) -> FloatArray:
        """The point to step away from."""
        able = self._within() or self._within(any_limit=True)
        if len(self._objectives) == 1 or not self._within():
            return self._points[self._walker()]
        costs = np.array([self._costs[k] for k in able])
        front = pareto_front(costs, ["min"] * costs.shape[1])
        chosen = costs[front]
        spread = np.maximum(np.ptp(chosen, axis=0), 1e-12)
        apart = np.abs(chosen[:, None] - chosen[None]) / spread
        lonely = np.sort(apart.sum(axis=2), axis=1)[:, : 1 + chosen.shape[1]].sum(
            axis=1
        )
        two = self._rng.integers(front.size, size=2)
        pick = two[int(lonely[two[1]] > lonely[two[0]])]
        base = self._points[able[int(front[pick])]].copy()
        if self._rng.random() < 0.5:  # cross it with another of the front
            other = self._points[able[int(front[self._rng.integers(front.size)])]]
            mixed = self._rng.random(base.size) < 0.5
            base[mixed] = other[mixed]
        return base

    def _walker(self) -> int:
        """Point that steps start from; the best of all towards the end."""
        if self._walk is None or self._last:
            able = self._within(any_limit=True)
            best = min(able, key=self._rank)
            if self._last and self._walk != best:
                self._step = _END_STEP
            self._walk = best
        return self._walk

    @property
    def _last(self) -> bool:
        return self._evaluations - self._asked <= _LAST_FRAC * self._evaluations

    def _elsewhere(self) -> tuple[int | None, bool]:
        """Where another valley may begin; whether limits are still to be met there."""
        ended = np.array(self._ended)
        away = [
            k for k in self._within(any_limit=True)
            if (np.abs(ended - self._points[k]).max(axis=1) > _APART).all()
        ]  # fmt: skip
        if len(self._ended) % 2 and (beyond := [k for k in away if self._beats(k)]):
            return min(beyond, key=lambda k: self._passed[k]), True
        return min(away, key=self._rank, default=None), False

    def _beats(self, k: int) -> bool:
        """Whether a point would be the best, were it within the limits."""
        within = self._within()
        return bool(within) and self._costs[k][0] < min(
            self._costs[j][0] for j in within
        )

    def _aim(self, k: int) -> tuple[float, ...]:
        """
        What a walk makes small.

        A walk outside the limits stays where the best would be beaten, and so finds
        how they are met there; by the rank alone it would give the objective up.
        """
        return (float(self._outside and not self._beats(k)), *self._rank(k))

    # --- learning -------------------------------------------------------------------

    def _take(self, point: FloatArray, trial: Any, outputs: Outputs | None) -> bool:
        """Keep a point; whether it is progress."""
        costs, over = self._judge(outputs)
        self._model.tell(trial, point, costs, over)
        self._seen.add(point.tobytes())
        before = self._record()
        self._points.append(point)
        self._costs.append(costs)
        self._passed.append(float(over.sum()) if np.isfinite(costs).all() else np.inf)
        if not np.isfinite(costs).all():
            return False
        new, within = len(self._points) - 1, self._within()
        if len(self._objectives) == 1 or before is None or not within:
            return before is None or self._rank(new) < before
        if new not in within:
            return False
        every = np.array([self._costs[k] for k in within])
        mine = every[-1]
        others = every[:-1]
        return not bool((others <= mine).all(axis=1).any())

    def _record(self) -> tuple[float, ...] | None:
        able = self._within(any_limit=True)
        return min(map(self._rank, able)) if able else None

    def _rank(self, k: int) -> tuple[float, ...]:
        """Within limits before outside, then by how far outside, then by objective."""
        return (self._passed[k], *self._costs[k])

    def _within(self, *, any_limit: bool = False) -> list[int]:
        """Points that were answered, within the limits or whatever these say."""
        return [
            k for k, over in enumerate(self._passed)
            if over == 0.0 or (any_limit and np.isfinite(over))
        ]  # fmt: skip

    def _judge(self, outputs: Outputs | None) -> tuple[FloatArray, FloatArray]:
        """Objectives wanted small, and how far each limit is passed; NaN: no answer."""
        none = np.full(len(self._objectives), np.nan)
        if outputs is None:
            return none, np.zeros(len(self._limits))
        costs = np.array([
            (-1.0 if o.goal == "max" else 1.0) * float(outputs[o.output])
            for o in self._objectives
        ])  # fmt: skip
        over = np.array(
            [_over(lim, float(outputs[lim.output])) for lim in self._limits]
        )
        return costs if np.isfinite(costs).all() else none, over

    def _snap(self, point: FloatArray) -> FloatArray:
        found = [d.snap(float(u)) for d, u in zip(self._dims, point, strict=True)]
        return np.array(found)


def _over(limit: Limit, value: float) -> float:
    """How far a limit is passed, of its size; an undefined value passes any."""
    if not limit.passed(value):
        return 0.0
    bound = limit.at_most if limit.at_most is not None else limit.at_least
    assert bound is not None  # noqa: S101 - a limit has exactly one side
    if not np.isfinite(value):
        return _BROKEN
    return min(_BROKEN, abs(value - bound) / max(abs(bound), 1e-9))


def _folded(point: FloatArray) -> FloatArray:
    """Fold what left the cube back into it."""
    inside = np.abs(point) % 2.0
    folded: FloatArray = np.where(inside > 1.0, 2.0 - inside, inside)
    return folded


def _start(
    dims: tuple[Dimension, ...], evaluations: int, seed: int
) -> list[FloatArray]:
    """The middle, corners, and points that fill the space between."""
    n = len(dims)
    most = max(4, min(evaluations, round(START_FRAC * evaluations)))
    corners = [np.zeros(n), np.ones(n)]
    if 2**n <= min(MOST_CORNERS, most // 2):
        corners = [np.array(c, dtype=float) for c in product((0.0, 1.0), repeat=n)]
    sobol = scipy.stats.qmc.Sobol(n, scramble=True, rng=np.random.default_rng(seed))
    fill = sobol.random_base2(max(1, int(np.ceil(np.log2(most)))))
    every = [np.full(n, 0.5), *corners, *fill][:most]
    return [
        np.array([d.snap(float(u)) for d, u in zip(dims, point, strict=True)])
        for point in every
    ]


# --- the model ------------------------------------------------------------------------


class _Model:
    """Optuna behind the three things that are needed of it."""

    def __init__(
        self, dims: tuple[Dimension, ...], objectives: tuple[Objective, ...], seed: int
    ) -> None:
        self._dims = dims
        self._spaces = {f"u{k}": _space(dim) for k, dim in enumerate(dims)}
        self._worst: FloatArray = np.full(len(objectives), -_BROKEN)
        level = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study = optuna.create_study(
            storage=optuna.storages.InMemoryStorage(),
            sampler=optuna.samplers.TPESampler(
                seed=seed, n_startup_trials=1, multivariate=True
            ),
            directions=["minimize"] * len(objectives),
        )
        optuna.logging.set_verbosity(level)

    def ask(self) -> tuple[Any, FloatArray]:
        """Draw a trial: it and its point."""
        trial = self._study.ask(fixed_distributions=self._spaces)
        places = [
            _place(dim, trial.params[f"u{k}"]) for k, dim in enumerate(self._dims)
        ]
        return trial, np.array(places)

    def drop(self, trial: Any) -> None:
        """Give a trial back unanswered."""
        self._study.tell(trial, state=optuna.trial.TrialState.FAIL)

    def tell(
        self, trial: Any, point: FloatArray, costs: FloatArray, over: FloatArray
    ) -> None:
        """Answer a trial; None stands for a point that was chosen elsewhere."""
        if trial is None:
            params = {
                f"u{k}": float(u) if dim.kind == "continuous" else dim.level(float(u))
                for k, (dim, u) in enumerate(zip(self._dims, point, strict=True))
            }
            self._study.enqueue_trial(params)
            trial = self._study.ask(fixed_distributions=self._spaces)
        answered = bool(np.isfinite(costs).all())
        trial.set_constraint("answered", 0.0 if answered else _BROKEN)
        for k, passed in enumerate(over.tolist()):
            trial.set_constraint(str(k), passed)
        if answered:
            self._worst = np.maximum(self._worst, costs)
        # where there is no answer is learnt as a limit passed
        self._study.tell(trial, (costs if answered else self._worst).tolist())


def _space(dim: Dimension) -> optuna.distributions.BaseDistribution:
    if dim.kind == "continuous":
        return optuna.distributions.FloatDistribution(0.0, 1.0)
    if dim.kind == "choice":
        return optuna.distributions.CategoricalDistribution(tuple(range(dim.count)))
    return optuna.distributions.IntDistribution(0, dim.count - 1)


def _place(dim: Dimension, value: Any) -> float:
    return float(value) if dim.kind == "continuous" else dim.place(int(value))

"""
Levels that power rests at: idle, waiting, busy. A mixture of normal deviates in 1-D.

How many there are is settled by the Bayesian information criterion on the effective
number of readings, so readings that hang together do not make levels up.
`docs/models/calibration.md`, eq. 12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.calibrate.effective import effective_samples
from twin.calibrate.record import (
    Fit,
    HeldOut,
    Parameter,
    content_version,
    held_out_errors,
)
from twin.errors import ScenarioError
from twin.types import FloatArray, IntArray

MOST_LEVELS = 4
FEWEST_READINGS = 32
"""A shorter record has no levels to tell. Assumed."""
LEAST_SHARE = 0.01
"""A level with less of the time than this is an outlier. Assumed."""
APART = 2.0
"""Levels nearer than this many of their standard deviations are one. Assumed."""
ROUNDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """
    Levels, lowest first.

    Args:
        level_w: Mean of each. [W], rising, shape (levels,)
        spread_w: Standard deviation about it. [W]
        share: Part of the time. 0..1, sum 1
    """

    level_w: FloatArray
    spread_w: FloatArray
    share: FloatArray

    def nearest(self, power_w: FloatArray) -> IntArray:
        """Most probable level of each reading."""
        return np.asarray(np.argmax(self.log_density(power_w), axis=0), dtype=np.int64)

    def log_likelihood(self, power_w: FloatArray) -> float:
        """Sum over the readings."""
        return float(np.logaddexp.reduce(self.log_density(power_w), axis=0).sum())

    def log_density(self, power_w: FloatArray) -> FloatArray:
        """Logarithm of each level's share of the density, shape (levels, readings)."""
        z = (power_w - self.level_w[:, None]) / self.spread_w[:, None]
        weight = np.log(self.share / self.spread_w) - 0.5 * math.log(2.0 * math.pi)
        return np.asarray(weight[:, None] - 0.5 * z**2)


def fit_levels(
    name: str, *, t_s: FloatArray, power_w: FloatArray, held_out_frac: float = 0.3
) -> Fit:
    """
    Fit the levels that a power rests at.

    Args:
        name: What is calibrated.
        t_s: Times, rising. [s], shape (readings,)
        power_w: Power. [W], NaN is missing
        held_out_frac: Last part that is held out. [1], 0..0.9

    Returns:
        `level_1_w`, `spread_1_w`, `share_1`, `dwell_1_s` and so on, lowest first. The
        held-out error before is that of one level, the mean.

    Raises:
        ScenarioError: If readings are too few.

    Source:
        docs/models/calibration.md, eq. 12.
    """
    good = np.isfinite(power_w)
    t_s, power_w = t_s[good], power_w[good]
    kept = power_w.size - int(held_out_frac * power_w.size)
    if kept < FEWEST_READINGS:
        raise ScenarioError(f"{name}.readings", f"must be at least {FEWEST_READINGS} "
                            "to learn from", kept, "record for longer")  # fmt: skip
    learned = power_w[:kept]
    effective = effective_samples(learned)
    mixture = find_levels(learned, effective=effective)
    where = mixture.nearest(learned)
    parameters = list[Parameter]()
    for k in range(mixture.level_w.size):
        parameters += _level(mixture, k, where, t_s[:kept], learned)
    about = learned - mixture.level_w[where]
    power = float(about @ about)
    lag = float(about[1:] @ about[:-1] / power) if power else 0.0
    return Fit(
        name=name, kind="levels", unit="W", parameters=tuple(parameters),
        residual_rms=float(np.sqrt(np.mean(about**2))), residual_autocorrelation=lag,
        samples=kept, effective_samples=effective, from_s=float(t_s[0]),
        to_s=float(t_s[-1]), held_out=_held_out(mixture, learned, power_w[kept:]),
        warnings=(), refused=(),
        version=content_version(
            "levels", {"t_s": t_s, "power_w": power_w},
            {"name": name, "held_out_frac": held_out_frac},
        ),
    )  # fmt: skip


def find_levels(power_w: FloatArray, *, effective: float | None = None) -> Mixture:
    """
    Tell how many levels there are, and where.

    Args:
        power_w: Readings. [W], shape (readings,), at least 2
        effective: Independent readings they are worth; None counts them all.

    Returns:
        The mixture.
    """
    weight = (effective or power_w.size) / power_w.size
    # a reading is worth no more than a meter resolves
    floor = max(1e-3 * float(np.mean(np.abs(power_w))), 1e-9)
    best, best_score = _one(power_w, floor), math.inf
    for count in range(1, MOST_LEVELS + 1):
        mixture = _expectation(power_w, count, floor)
        score = (3 * count - 1) * math.log(max(2.0, weight * power_w.size))
        score -= 2.0 * weight * mixture.log_likelihood(power_w)
        if score < best_score and _distinct(mixture):
            best, best_score = mixture, score
    return best


def stays_s(where: IntArray, t_s: FloatArray, level: int) -> FloatArray:
    """
    How long each stay in a level lasted.

    Args:
        where: Level of each reading.
        t_s: Their times. [s], at least 2
        level: Which one.

    Returns:
        Lengths. [s], shape (stays,); those cut off by the record's ends included.
    """
    change = np.flatnonzero(np.diff(where)) + 1
    edges = np.concatenate([[0], change, [where.size]])
    own = where[edges[:-1]] == level
    lengths: FloatArray = np.diff(edges)[own] * float(np.median(np.diff(t_s)))
    return lengths


# --- parts ----------------------------------------------------------------------------


def _level(
    mixture: Mixture, k: int, where: IntArray, t_s: FloatArray, power_w: FloatArray
) -> list[Parameter]:
    own = where == k
    inside = effective_samples(power_w[own]) if own.any() else 1.0
    spread, share = float(mixture.spread_w[k]), float(mixture.share[k])
    stays = stays_s(where, t_s, k)
    dwell = float(stays.mean()) if stays.size else math.nan
    turns = effective_samples(own.astype(np.float64))
    return [
        Parameter(name=f"level_{k + 1}_w", value=float(mixture.level_w[k]),
                  standard_error=spread / math.sqrt(inside), unit="W"),
        Parameter(name=f"spread_{k + 1}_w", value=spread,
                  standard_error=spread / math.sqrt(2.0 * inside), unit="W"),
        Parameter(name=f"share_{k + 1}", value=share, unit="1",
                  standard_error=math.sqrt(share * (1.0 - share) / turns)),
        Parameter(name=f"dwell_{k + 1}_s", value=dwell, unit="s",
                  standard_error=dwell / math.sqrt(max(1, stays.size))),
    ]  # fmt: skip


def _one(power_w: FloatArray, floor: float) -> Mixture:
    return Mixture(
        level_w=np.array([power_w.mean()]),
        spread_w=np.array([max(float(power_w.std()), floor)]), share=np.ones(1),
    )  # fmt: skip


def _expectation(power_w: FloatArray, count: int, floor: float) -> Mixture:
    """Expectation and maximization from levels at evenly spaced heights."""
    low, high = (float(q) for q in np.percentile(power_w, [1.0, 99.0]))
    places = (np.arange(count) + 0.5) / count
    mixture = Mixture(
        level_w=low + places * (high - low),
        spread_w=np.full(count, max((high - low) / (2.0 * count), floor)),
        share=np.full(count, 1.0 / count),
    )  # fmt: skip
    before = -math.inf
    for _ in range(ROUNDS):
        log = mixture.log_density(power_w)
        whole = np.logaddexp.reduce(log, axis=0)
        part = np.exp(log - whole)
        mass = np.maximum(part.sum(axis=1), 1e-12)
        level = part @ power_w / mass
        spread = np.sqrt((part * (power_w - level[:, None]) ** 2).sum(axis=1) / mass)
        mixture = Mixture(
            level_w=level, spread_w=np.maximum(spread, floor), share=mass / mass.sum()
        )
        now = float(whole.sum())
        if now - before < 1e-6 * abs(now):
            break
        before = now
    order = np.argsort(mixture.level_w)
    return Mixture(
        level_w=mixture.level_w[order], spread_w=mixture.spread_w[order],
        share=mixture.share[order],
    )  # fmt: skip


def _distinct(mixture: Mixture) -> bool:
    """Whether every level is apart from the next and there for long enough."""
    apart = np.diff(mixture.level_w)
    spread = np.maximum(mixture.spread_w[:-1], mixture.spread_w[1:])
    return bool((apart >= APART * spread).all() and mixture.share.min() >= LEAST_SHARE)


def _held_out(
    mixture: Mixture, learned: FloatArray, rest: FloatArray
) -> HeldOut | None:
    """Distance of readings not seen from the mean, and from their nearest level."""
    if not rest.size:
        return None
    before = float(learned.mean()) - rest
    after = mixture.level_w[mixture.nearest(rest)] - rest
    return held_out_errors(rest, before, after)

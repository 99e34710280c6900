"""
What a power will be, from what it was: the settled part of a record goes on.

A causal predictor without any input. The start-up is cut off by a rule of simulation
output analysis, and what is left stands for what comes; its slow wander widens the
interval. `docs/models/tracking.md`, eq. 1 to 4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.calibrate.effective import effective_samples
from twin.errors import ScenarioError
from twin.types import FloatArray

FEWEST_READINGS = 16
"""A shorter record says nothing about what comes. Assumed."""
MOST_CUT_FRAC = 0.5
"""A start-up that takes more of the record is not known to be over. White 1997."""
BLOCKS = 10
"""Parts whose medians show the wander. Assumed."""
RESAMPLES = 400
Z_90 = 1.645
"""Normal deviate that 90 % lie within."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """
    The settled part of a record.

    Args:
        power_w: Its readings. [W], shape (readings,)
        interval_s: Usual time between them. [s]
        cut_s: Length of the start-up that was cut off. [s]
        settling: Whether the start-up reaches as far as the rule looks: it may not be
            over.
        wander_w: Standard deviation of the level's change over one block. [W]
        block: Readings in a block.
    """

    power_w: FloatArray
    interval_s: float
    cut_s: float
    settling: bool
    wander_w: float
    block: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know."""
        if not self.settling:
            return ()
        return (f"power was still settling after {self.cut_s:.4g} s: record longer",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """
    What a stretch to come is expected to show; each range holds 90 %.

    Args:
        mean_w: Mean. [W]
        mean_range_w: Where the mean will be. [W]
        p95_w: 95th percentile of the readings. [W]
        p95_range_w: Where that will be. [W]
        range_w: Where nine readings in ten will be. [W]
    """

    mean_w: float
    mean_range_w: tuple[float, float]
    p95_w: float
    p95_range_w: tuple[float, float]
    range_w: tuple[float, float]


def settle(t_s: FloatArray, power_w: FloatArray, *, name: str = "trace") -> Settled:
    """
    Cut the start-up off a record.

    The cut is where the mean of what follows has the least standard error for its
    length (marginal standard error rule), in the first half of the record.

    Args:
        t_s: Times, rising. [s], shape (readings,)
        power_w: Readings. [W], NaN is missing
        name: What messages call it.

    Returns:
        The settled part.

    Raises:
        ScenarioError: If readings are too few.

    Source:
        White, An effective truncation heuristic for bias reduction in simulation
        output, 1997 (memory); docs/models/tracking.md, eq. 1 and 3.
    """
    good = np.isfinite(power_w)
    t_s, power_w = t_s[good], power_w[good]
    if power_w.size < FEWEST_READINGS:
        raise ScenarioError(f"{name}.readings", f"must be at least {FEWEST_READINGS}",
                            int(power_w.size), "record for longer")  # fmt: skip
    cut = startup_readings(power_w)
    rest = power_w[cut:]
    block = max(1, rest.size // BLOCKS)
    return Settled(
        power_w=rest, interval_s=float(np.median(np.diff(t_s))),
        cut_s=float(t_s[cut] - t_s[0]),
        settling=cut >= int(MOST_CUT_FRAC * power_w.size),
        wander_w=_wander_w(rest, block), block=block,
    )  # fmt: skip


def startup_readings(power_w: FloatArray) -> int:
    """Readings of the start-up, at most half of them. Eq. 1."""
    n = power_w.size
    left = np.arange(n, 0, -1)
    mean = np.cumsum(power_w[::-1])[::-1] / left
    about = power_w - power_w.mean()  # squares of large numbers would lose digits
    total, square = (np.cumsum(a[::-1])[::-1] for a in (about, about**2))
    spread = np.maximum(square - total**2 / left, 0.0)
    # what differs by less than the meter can tell is not a difference
    error = spread / left**2.0 + (1e-9 * mean.max()) ** 2
    return int(np.argmin(error[: int(MOST_CUT_FRAC * n) + 1]))


def expect(settled: Settled, *, horizon_s: float, seed: int = 1) -> Expected:
    """
    Say what a stretch that follows will show.

    Args:
        settled: The settled part of what was recorded.
        horizon_s: Length of the stretch. [s], > 0
        seed: Of the resampling.

    Returns:
        Mean, 95th percentile and readings, each with a range.

    Source:
        docs/models/tracking.md, eq. 2 to 4.
    """
    power = settled.power_w
    count = max(1, round(horizon_s / settled.interval_s))
    blocks = count / settled.block
    behind = power.size / settled.block
    wander = settled.wander_w * math.sqrt((blocks + behind) / 3.0)
    means, peaks = _resampled(power, count, seed)
    mean, p95 = float(power.mean()), float(np.percentile(power, 95.0))
    middle = float(np.median(power))
    low, high = (float(q) for q in np.percentile(power, [5.0, 95.0]))
    return Expected(
        mean_w=mean, p95_w=p95,
        mean_range_w=_around(mean, float(means.std()), wander),
        p95_range_w=_around(p95, float(peaks.std()), wander),
        range_w=(
            middle - math.hypot(middle - low, Z_90 * wander),
            middle + math.hypot(high - middle, Z_90 * wander),
        ),
    )  # fmt: skip


# --- parts ----------------------------------------------------------------------------


def _around(value: float, spread: float, wander: float) -> tuple[float, float]:
    reach = Z_90 * math.hypot(spread, wander)
    return value - reach, value + reach


def _wander_w(power_w: FloatArray, block: int) -> float:
    """
    Standard deviation of the level's step from block to block. [W] Eq. 3.

    A level that wanders plus noise: the variance of successive differences is the
    step's plus twice the noise's, and neighbours' covariance is minus the noise's.
    """
    count = power_w.size // block
    medians = np.median(power_w[: count * block].reshape(count, block), axis=1)
    steps = np.diff(medians)
    if steps.size < 3:
        return 0.0
    variance = float(np.mean(steps**2)) + 2.0 * float(np.mean(steps[1:] * steps[:-1]))
    return math.sqrt(max(0.0, variance))


def _resampled(
    power_w: FloatArray, count: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Means and 95th percentiles of stretches put together from runs of readings."""
    n = power_w.size
    rng = np.random.Generator(np.random.Philox(key=seed))
    run = min(n, max(1, round(2.0 * n / effective_samples(power_w))))
    pieces = math.ceil(count / run)
    starts = rng.integers(0, n, size=(RESAMPLES, pieces))
    place = (starts[:, :, None] + np.arange(run)) % n
    drawn = power_w[place].reshape(RESAMPLES, -1)[:, :count]
    # both halves are samples: what was learned from scatters as much as what comes
    both = math.sqrt(1.0 + count / n)
    means, peaks = drawn.mean(axis=1), np.percentile(drawn, 95.0, axis=1)
    return (
        means.mean() + both * (means - means.mean()),
        peaks.mean() + both * (peaks - peaks.mean()),
    )

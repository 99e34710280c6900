"""
Drift: when a twin and the site it shadows part for good.

Two-sided cumulative sums of the residual's block means, in units of what they scatter
by on time held out. Blocks are as long as residuals hang together, so that the
published run lengths hold. `docs/models/tracking.md`, eq. 6 and 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.calibrate.effective import effective_samples
from twin.errors import ScenarioError
from twin.types import FloatArray

SLACK = 0.5
"""Shifts under this many sigma are not looked for; half of one sigma, the shift that is
found soonest. Page 1954 (memory)."""
THRESHOLD = 8.0
"""Sum that is an alarm, in sigma: one false alarm in about 9,500 blocks, eq. 7."""
FEWEST_BLOCKS = 30
"""With fewer, sigma itself is not known well enough. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """
    How a node's residual behaves while all is well, on time held out.

    Args:
        bias_w: Mean of measured minus predicted. [W]
        sigma_w: Standard deviation of its block means, times the root of what is left
            of their correlation time. [W], > 0
        block: Readings in a block.
        blocks: Blocks it was learned from.
    """

    bias_w: float
    sigma_w: float
    block: int
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """
    A drift that was found.

    Args:
        since_s: When it began: the sum last left zero. [s]
        found_s: When the sum passed the threshold. [s]
        size_w: Mean of measured minus predicted since then, bias taken off. [W]
        direction: Whether more or less is drawn than predicted.
        sigmas: The same ÷ sigma of a block.
    """

    since_s: float
    found_s: float
    size_w: float
    direction: Literal["more", "less"]
    sigmas: float


def baseline(residual_w: FloatArray, *, name: str = "node") -> Baseline:
    """
    Learn how a residual behaves while all is well.

    Args:
        residual_w: Measured minus predicted on time held out. [W], NaN is missing
        name: What messages call it.

    Returns:
        The baseline.

    Raises:
        ScenarioError: If it is too short for `FEWEST_BLOCKS` blocks.

    Source:
        docs/models/tracking.md, eq. 6.
    """
    known = residual_w[np.isfinite(residual_w)]
    block = 1
    if known.size >= FEWEST_BLOCKS:
        # block means of two correlation times are close to independent
        block = max(1, math.ceil(2.0 * known.size / effective_samples(known) - 1.0))
    means = _block_means(known, block)
    if means.size < FEWEST_BLOCKS:
        raise ScenarioError(f"{name}.residual", f"must be at least {FEWEST_BLOCKS} "
                            f"blocks of {block} readings, for as long as they hang "
                            "together", f"{means.size} blocks",
                            "hold out a longer time")  # fmt: skip
    scale = max(float(np.mean(np.abs(known))), 1e-9)
    # blocks that still hang together add up further than their own spread says
    slower = math.sqrt(means.size / effective_samples(means))
    return Baseline(
        bias_w=float(means.mean()),
        sigma_w=max(float(means.std(ddof=1)) * slower, 1e-9 * scale),
        block=block, blocks=int(means.size),
    )  # fmt: skip


def find_drift(
    t_s: FloatArray,
    residual_w: FloatArray,
    usual: Baseline,
    *,
    slack: float = SLACK,
    threshold: float = THRESHOLD,
) -> Drift | None:
    """
    Look for a lasting change of a residual.

    Args:
        t_s: Times, rising. [s], shape (readings,)
        residual_w: Measured minus predicted. [W], NaN is missing and skipped
        usual: How it behaves while all is well.
        slack: Shift that counts for nothing. [sigma]
        threshold: Sum that is an alarm. [sigma]

    Returns:
        The first drift, or None.

    Source:
        Page, Continuous inspection schemes, 1954; Siegmund, Sequential Analysis, 1985
        (both memory); docs/models/tracking.md, eq. 6 and 7.
    """
    good = np.isfinite(residual_w)
    times, values = t_s[good], residual_w[good]
    z = (_block_means(values, usual.block) - usual.bias_w) / usual.sigma_w
    found: list[tuple[int, int, bool]] = []
    for more in (True, False):
        steps = (z if more else -z) - slack
        reached = _cusum(steps)
        over = np.flatnonzero(reached >= threshold)
        if over.size:
            at = int(over[0])
            zero = np.flatnonzero(reached[: at + 1] <= 0.0)
            found.append((at, int(zero[-1]) + 1 if zero.size else 0, more))
    if not found:
        return None
    at, since, more = min(found)
    first, last = since * usual.block, (at + 1) * usual.block - 1
    size = float(values[first:].mean()) - usual.bias_w
    return Drift(
        since_s=float(times[first]), found_s=float(times[last]), size_w=size,
        direction="more" if more else "less", sigmas=size / usual.sigma_w,
    )  # fmt: skip


# --- parts ----------------------------------------------------------------------------


def _block_means(values: FloatArray, block: int) -> FloatArray:
    count = values.size // block
    means: FloatArray = values[: count * block].reshape(count, block).mean(axis=1)
    return means


def _cusum(steps: FloatArray) -> FloatArray:
    """Sum that starts again at zero whenever it would fall below."""
    total = np.cumsum(steps)
    lowest = np.minimum.accumulate(np.minimum(total, 0.0))
    return np.asarray(total - lowest)

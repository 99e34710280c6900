"""
Power given utilisation: what a power model answers where the load is known.

The line that calibration fits (`docs/models/calibration.md`, eq. 5) and the readings'
scatter about it, which holds the peaks: the same utilisation may be a heavy kernel or a
light one. `docs/models/tracking.md`, eq. 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.calibrate.effective import effective_samples
from twin.errors import ScenarioError
from twin.tracking.settled import Z_90, Expected
from twin.types import FloatArray

FEWEST_READINGS = 100
"""Fewer readings do not show the scatter. Assumed."""
LEAST_SPAN = 0.2
"""Utilisation must move by this much. Assumed; calibration asks the same."""
PARTS = (np.arange(100) + 0.5) / 100.0
"""Quantiles kept of the scatter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerGivenUse:
    """
    A line and the scatter about it.

    Args:
        idle_w: Power at no utilisation. [W]
        swing_w: More at full utilisation. [W]
        scatter_w: Quantiles of readings minus the line. [W], shape (quantiles,)
        effective: Independent readings learned from.
    """

    idle_w: float
    swing_w: float
    scatter_w: FloatArray
    effective: float

    def mean_w(self, utilisation_frac: FloatArray) -> FloatArray:
        """Power on the line; NaN stays NaN. [W]"""
        return self.idle_w + self.swing_w * utilisation_frac


def learn_use(
    power_w: FloatArray, utilisation_frac: FloatArray, *, name: str = "trace"
) -> PowerGivenUse:
    """
    Learn power by utilisation.

    Args:
        power_w: Readings. [W], NaN is missing, shape (readings,)
        utilisation_frac: Part of the time busy. 0..1, NaN is missing
        name: What messages call it.

    Returns:
        The model.

    Raises:
        ScenarioError: If readings are too few or utilisation does not move.

    Source:
        docs/models/tracking.md, eq. 5.
    """
    good = np.isfinite(power_w) & np.isfinite(utilisation_frac)
    power, use = power_w[good], utilisation_frac[good]
    if power.size < FEWEST_READINGS:
        raise ScenarioError(f"{name}.readings", f"must be at least {FEWEST_READINGS}",
                            int(power.size), "record for longer")  # fmt: skip
    if float(np.ptp(use)) < LEAST_SPAN:
        raise ScenarioError(f"{name}.utilisation_frac",
                            f"must span at least {LEAST_SPAN:g}", float(np.ptp(use)),
                            "record light and heavy load")  # fmt: skip
    swing, idle = (float(one) for one in np.polyfit(use, power, 1))
    about = power - idle - swing * use
    return PowerGivenUse(
        idle_w=idle, swing_w=swing, scatter_w=np.quantile(about, PARTS),
        effective=effective_samples(about),
    )  # fmt: skip


def expect_given(model: PowerGivenUse, utilisation_frac: FloatArray) -> Expected:
    """
    Say what power a stretch of known utilisation will show.

    Args:
        model: What was learned.
        utilisation_frac: Of the stretch. 0..1, NaN is missing, shape (readings,)

    Returns:
        Mean and 95th percentile; `range_w` is of all readings together.
    """
    use = utilisation_frac[np.isfinite(utilisation_frac)]
    every = model.mean_w(use)[:, None] + model.scatter_w
    low, p95 = (float(q) for q in np.percentile(every, [5.0, 95.0]))
    mean = float(model.mean_w(use).mean() + model.scatter_w.mean())
    # what was learned and what comes scatter alike
    error = float(model.scatter_w.std()) * np.sqrt(2.0 / max(1.0, model.effective))
    reach = Z_90 * float(error)
    return Expected(
        mean_w=mean, mean_range_w=(mean - reach, mean + reach), p95_w=p95,
        p95_range_w=(p95 - reach, p95 + reach), range_w=(low, p95),
    )  # fmt: skip


def range_given_w(
    model: PowerGivenUse, utilisation_frac: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """
    Range that holds 90 % of the power at each utilisation.

    Args:
        model: What was learned.
        utilisation_frac: 0..1; NaN stays NaN.

    Returns:
        Lower and upper end. [W], same shape each.
    """
    low, high = (float(np.quantile(model.scatter_w, q)) for q in (0.05, 0.95))
    base = model.mean_w(utilisation_frac)
    return base + low, base + high

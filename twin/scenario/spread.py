"""How an input scatters: a quantile function per kind, so that draws are an axis."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from scipy.special import ndtr, ndtri

from twin.scenario.base import Checked, Model, quantity
from twin.types import FloatArray

_Z95 = 1.6448536269514722
_UNIT = "of the input"
_MOST_SAMPLES = 100_000


class Fixed(Model):
    """Always the same value."""

    kind: Literal["fixed"] = "fixed"
    value: float = quantity(..., "The value", unit=_UNIT, example=500, ge=0, le=1e12)

    def at(self, u: FloatArray) -> FloatArray:
        """Quantiles at `u`, 0..1."""
        return np.full(np.shape(u), self.value)


class LogNormal(Checked):
    """
    Log-normal by its median and the ratio of two percentiles.

    The median need not lie between the percentiles' logarithms: published spreads
    give all three. The width follows their ratio, the place the median.
    """

    kind: Literal["lognormal"] = "lognormal"
    median: float = quantity(..., "Median", unit=_UNIT, example=1.21, gt=0, le=1e12)
    p5: float = quantity(..., "P5", unit=_UNIT, example=1.05, gt=0, le=1e12)
    p95: float = quantity(..., "P95", unit=_UNIT, example=1.4, gt=0, le=1e12)
    least: float = quantity(
        0.0, "Lower values are taken as this", unit=_UNIT, example=1, ge=0, le=1e12
    )
    most: float = quantity(
        1e12, "Higher values are taken as this", unit=_UNIT, example=2, gt=0, le=1e12
    )

    def _check(self) -> None:
        if not self.p5 <= self.p95:
            raise ValueError(f"p5 must not exceed p95, got {self.p5} and {self.p95}")
        if not self.least <= self.median <= self.most:
            raise ValueError(f"median must be in least..most, got {self.median}")

    def at(self, u: FloatArray) -> FloatArray:
        """Quantiles at `u`, 0..1."""
        sigma = math.log(self.p95 / self.p5) / (2 * _Z95)
        drawn = self.median * np.exp(sigma * ndtri(u))
        return np.asarray(np.clip(drawn, self.least, self.most), dtype=np.float64)


class Exponential(Model):
    """Exponential by its median."""

    kind: Literal["exponential"] = "exponential"
    median: float = quantity(..., "Median", unit=_UNIT, example=300, gt=0, le=1e9)
    least: float = quantity(
        1.0, "Lower values are taken as this", unit=_UNIT, ge=0, le=1e9
    )

    def at(self, u: FloatArray) -> FloatArray:
        """Quantiles at `u`, 0..1."""
        return np.maximum(-self.median / math.log(2.0) * np.log1p(-u), self.least)


class Uniform(Checked):
    """Every value of a range alike, or alike in its logarithm."""

    kind: Literal["uniform", "loguniform"] = "uniform"
    low: float = quantity(..., "Lowest", unit=_UNIT, example=1.5, ge=0, le=1e12)
    high: float = quantity(..., "Highest", unit=_UNIT, example=2.5, ge=0, le=1e12)

    def _check(self) -> None:
        if self.low > self.high:
            raise ValueError(f"low must not exceed high, got {self.low}, {self.high}")
        if self.kind == "loguniform" and self.low <= 0:
            raise ValueError(f"low of a loguniform must be positive, got {self.low}")

    def at(self, u: FloatArray) -> FloatArray:
        """Quantiles at `u`, 0..1."""
        if self.kind == "uniform":
            return np.asarray(self.low + u * (self.high - self.low), dtype=np.float64)
        return np.asarray(self.low * (self.high / self.low) ** u, dtype=np.float64)


class Samples(Checked):
    """Recorded values, such as token counts of a trace or the hours of a year."""

    kind: Literal["samples"] = "samples"
    values: tuple[float, ...] = quantity(
        ..., "Values, each as likely as its weight", unit=_UNIT, example=[310.0, 250.5],
        min_length=1, max_length=_MOST_SAMPLES,
    )  # fmt: skip
    weights: tuple[float, ...] | None = quantity(
        None, "Weight of each value, such as queries in that hour. Empty weighs all "
        "alike", example=[1.0, 3.0],
    )  # fmt: skip

    def _check(self) -> None:
        if min(self.values) < 0:
            raise ValueError(f"values must not be negative, got {min(self.values)}")
        if self.weights is None:
            return
        if len(self.weights) != len(self.values):
            raise ValueError(
                f"weights must be as many as values, got {len(self.weights)} for "
                f"{len(self.values)}"
            )
        if min(self.weights) < 0 or sum(self.weights) <= 0:
            raise ValueError("weights must not be negative, and one must be positive")

    def at(self, u: FloatArray) -> FloatArray:
        """Quantiles at `u`, 0..1."""
        values = np.array(self.values)
        order = np.argsort(values, kind="stable")
        weights = np.ones(len(values)) if self.weights is None else self.weights
        up_to = np.cumsum(np.asarray(weights, dtype=np.float64)[order])
        found = np.searchsorted(up_to, u * up_to[-1], side="right")
        return np.asarray(values[order][np.minimum(found, len(values) - 1)])


class Normal(Checked):
    """Normal, cut off at its ends where they are given."""

    kind: Literal["normal"] = "normal"
    mean: float = quantity(..., "Mean before the cut", unit=_UNIT, example=0.79)
    sd: float = quantity(
        ..., "Standard deviation before the cut", unit=_UNIT, example=0.03, gt=0,
        le=1e12,
    )  # fmt: skip
    least: float | None = quantity(
        None, "Lowest value; the rest is spread anew", unit=_UNIT, example=0.6
    )
    most: float | None = quantity(
        None, "Highest value; the rest is spread anew", unit=_UNIT, example=0.95
    )

    def _check(self) -> None:
        low, high = self._ends()
        if not high > low:
            raise ValueError(
                f"least {self.least} and most {self.most} leave no mass of a normal of "
                f"mean {self.mean:g} and sd {self.sd:g}; widen them"
            )

    def _ends(self) -> tuple[float, float]:
        """Cumulative probability at both ends."""
        low = 0.0 if self.least is None else ndtr((self.least - self.mean) / self.sd)
        high = 1.0 if self.most is None else ndtr((self.most - self.mean) / self.sd)
        return float(low), float(high)

    def at(self, u: FloatArray) -> FloatArray:
        """Quantiles at `u`, 0..1."""
        low, high = self._ends()
        drawn = self.mean + self.sd * ndtri(low + u * (high - low))
        return np.asarray(np.clip(drawn, self.least, self.most), dtype=np.float64)


class Triangular(Checked):
    """Lowest, most likely and highest: what an expert can say."""

    kind: Literal["triangular"] = "triangular"
    low: float = quantity(..., "Lowest", unit=_UNIT, example=0.9)
    mode: float = quantity(..., "Most likely", unit=_UNIT, example=1.0)
    high: float = quantity(..., "Highest", unit=_UNIT, example=1.3)

    def _check(self) -> None:
        if not (self.low <= self.mode <= self.high and self.low < self.high):
            raise ValueError(
                f"low, mode and high must rise, got {self.low}, {self.mode}, "
                f"{self.high}; put them in order"
            )

    def at(self, u: FloatArray) -> FloatArray:
        """Quantiles at `u`, 0..1."""
        width = self.high - self.low
        rise, fall = self.mode - self.low, self.high - self.mode
        lower = self.low + np.sqrt(u * width * rise)
        upper = self.high - np.sqrt((1.0 - u) * width * fall)
        return np.asarray(np.where(u < rise / width, lower, upper), dtype=np.float64)


class Scatter(Uniform):
    """Every value of a range alike; negative ones too where `kind` is uniform."""

    low: float = quantity(..., "Lowest", unit=_UNIT, example=-2.0)
    high: float = quantity(..., "Highest", unit=_UNIT, example=2.5)


Spread = Annotated[
    Fixed | LogNormal | Exponential | Uniform | Samples, Field(discriminator="kind")
]
"""An input with its scatter; `at(u)` is its quantile function."""

AxisSpread = Annotated[
    Normal | Triangular | Scatter | LogNormal | Exponential | Samples,
    Field(discriminator="kind"),
]
"""The scatter of a study's axis."""

"""Inputs of a study: a question, what varies, how points are chosen, what counts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from twin.scenario.base import Checked, Model, described, part, quantity
from twin.scenario.spread import AxisSpread

MOST_POINTS = 200_000
"""Points of one study."""
MOST_AXES = 32
Scalar = bool | int | float | str | dict[str, Any] | list[Any] | None


class Range(Checked):
    """Values at equal distances, both ends included."""

    low: float = quantity(..., "Lowest", unit="of the field", example=0.7)
    high: float = quantity(..., "Highest", unit="of the field", example=0.9)
    count: int = quantity(5, "Values on a grid", unit="values", ge=2, le=MOST_POINTS)

    def _check(self) -> None:
        if not self.low < self.high:
            raise ValueError(
                f"low must be below high, got {self.low} and {self.high}; swap them"
            )


class LogRange(Range):
    """Values at equal ratios, both ends included."""

    low: float = quantity(..., "Lowest", unit="of the field", example=0.1, gt=0)


class Axis(Checked):
    """One thing that varies: a field of the inputs, and its values or its scatter."""

    field: str = described(
        ..., "Dotted path of a field of the inputs", example="fleet.server_count",
        min_length=1, max_length=200,
    )  # fmt: skip
    label: str | None = described(
        None, "Name on charts; empty is the field's", example="Load", max_length=60
    )
    values: tuple[Scalar, ...] | None = described(
        None, "A list of values, of any kind the field takes", example=[40, 44, 48, 52],
        min_length=1, max_length=MOST_POINTS,
    )  # fmt: skip
    range: Range | None = described(
        None, "Equal distances", example={"low": 0.7, "high": 0.9}
    )
    log: LogRange | None = described(
        None, "Equal ratios", example={"low": 0.1, "high": 10}
    )
    distribution: AxisSpread | None = described(
        None, "How an unknown scatters",
        example={"kind": "normal", "mean": 1.0, "sd": 0.05},
    )  # fmt: skip

    def _check(self) -> None:
        kinds = ("values", "range", "log", "distribution")
        given = [k for k in kinds if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError(
                f"{self.field} must have exactly one of {', '.join(kinds)}, it has "
                f"{', '.join(given) or 'none'}; keep one"
            )

    @property
    def kind(self) -> str:
        """Which of the four it is."""
        for name in ("values", "range", "log"):
            if getattr(self, name) is not None:
                return name
        return "distribution"


class Grid(Model):
    """Every combination of every axis' values."""

    kind: Literal["grid"] = "grid"
    levels: int = quantity(
        5, "Values of an axis with a distribution: the middles of as many equally "
        "likely parts", unit="values", ge=1, le=1000,
    )  # fmt: skip


class Spaced(Model):
    """Points that fill the space between the axes' ends."""

    kind: Literal["latin-hypercube", "sobol", "random"] = "latin-hypercube"
    points: int = quantity(
        256, "Points; a power of two suits Sobol sequences best", unit="points", ge=1,
        le=MOST_POINTS,
    )  # fmt: skip
    vary_seed: bool = quantity(
        True, "Whether every point draws its own traffic and noise; if not, all share "
        "the inputs' seed",
    )  # fmt: skip


class Saltelli(Model):
    """The design of Sobol's indices: how much of the scatter each axis explains."""

    kind: Literal["saltelli"] = "saltelli"
    points: int = quantity(
        128, "Base points, a power of two; axes + 2 times as many are answered",
        unit="points", ge=4, le=MOST_POINTS,
    )  # fmt: skip


class OneAtATime(Model):
    """Each axis at its low and high end while the others stay in the middle."""

    kind: Literal["one-at-a-time"] = "one-at-a-time"
    tail_frac: float = quantity(
        0.05, "Part of an axis left out at each end", ge=0, lt=0.5
    )


class Search(Model):
    """Looks for the best point; `objectives` and `limits` say what is best."""

    kind: Literal["search"] = "search"
    evaluations: int = quantity(
        200, "Most points answered", unit="points", ge=4, le=5_000
    )
    batch: int = quantity(
        8, "Points answered at the same time; the answer depends on it, not on the "
        "workers", unit="points", ge=1, le=256,
    )  # fmt: skip
    patience: int | None = quantity(
        None, "Stop after so many without progress", unit="points", example=80, ge=8,
        le=5_000,
    )  # fmt: skip


class Rare(Checked):
    """How likely a rare event is: the first of `limits` passed."""

    kind: Literal["rare"] = "rare"
    method: Literal["splitting", "importance"] = described(
        "splitting",
        "splitting: step by step towards the event, sturdy; importance: draw where it "
        "happens, fewer points where it has one place",
    )
    points: int = quantity(
        250, "Points of a step and replica", unit="points", ge=100, le=20_000
    )
    replicas: int = quantity(
        20, "Independent repetitions; their scatter gives the interval",
        unit="replicas", ge=5, le=200,
    )  # fmt: skip
    most_points: int = quantity(
        50_000, "Most points answered", unit="points", ge=100, le=MOST_POINTS
    )

    def _check(self) -> None:
        first = self.points * self.replicas
        if first > self.most_points:
            raise ValueError(
                f"most_points {self.most_points} must be at least points × replicas, "
                f"{first}, the first step; raise it"
            )


Design = Annotated[
    Grid | Spaced | Saltelli | OneAtATime | Search | Rare, Field(discriminator="kind")
]


class Limit(Checked):
    """What an output must not pass."""

    output: str = described(
        ..., "Key of an output", example="peak_frac", max_length=100
    )
    at_most: float | None = quantity(
        None, "It must not be above", unit="of the output", example=1.0
    )
    at_least: float | None = quantity(
        None, "It must not be below", unit="of the output", example=0.99
    )

    def _check(self) -> None:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError(
                f"{self.output} must have exactly one of at_most and at_least; use two "
                "limits for two sides"
            )

    def passed(self, value: float) -> bool:
        """Whether a value breaks it; an undefined one does."""
        if self.at_most is not None:
            return not value <= self.at_most
        assert self.at_least is not None  # noqa: S101 - the validator saw to it
        return not value >= self.at_least


class Objective(Model):
    """What a search makes as large or as small as it can."""

    output: str = described(
        ..., "Key of an output, or field of an axis with numbers", example="energy_wh",
        max_length=200,
    )  # fmt: skip
    goal: Literal["max", "min"] = described(..., "Which way", example="min")


class Stop(Model):
    """When enough points are answered."""

    output: str = described(
        ..., "Key of an output", example="peak_frac", max_length=100
    )
    of: Literal["mean", "probability"] = described(
        "mean",
        "mean: its half-width relative to it; probability: the half-width of the "
        "probability that its limit is passed",
    )
    half_width: float = quantity(
        0.01, "Half-width of the 95 % interval at which to stop", gt=0, lt=1
    )
    every: int = quantity(
        64, "Looked at whenever so many more are answered", unit="points", ge=8,
        le=MOST_POINTS,
    )  # fmt: skip


class StudySpec(Checked):
    """One question at many points. The same study and seed give the same bytes."""

    name: str = described(
        "Study", "Name", example="Row 7, uncertain load", min_length=1, max_length=120
    )
    question: str = described("row", "Key of the question", max_length=40)
    base: dict[str, Any] = part(
        dict,
        "Inputs of the question; absent keys take defaults",
        {"fleet": {"server_count": 52}},
    )
    axes: tuple[Axis, ...] = described(
        ..., "What varies",
        example=[{"field": "fleet.server_count", "values": [40, 46, 52]}], min_length=1,
        max_length=MOST_AXES,
    )  # fmt: skip
    design: Design = part(
        Grid, "How points are chosen", {"kind": "sobol", "points": 256}
    )
    outputs: tuple[str, ...] = described(
        (), "Outputs that are analysed; empty means all",
        example=["peak_frac", "energy_wh"], max_length=64,
    )  # fmt: skip
    limits: tuple[Limit, ...] = described(
        (), "What must not be passed",
        example=[{"output": "peak_frac", "at_most": 1.0}], max_length=16,
    )  # fmt: skip
    objectives: tuple[Objective, ...] = described(
        (), "What is best; two or more give a front",
        example=[{"output": "energy_wh", "goal": "min"}], max_length=4,
    )  # fmt: skip
    stop: Stop | None = described(
        None, "Ends the study early", example={"output": "peak_frac"}
    )
    seed: int = quantity(1, "Seed of the design", ge=0, le=2**31 - 1)

    def _check(self) -> None:
        fields = [axis.field for axis in self.axes]
        twice = sorted({f for f in fields if fields.count(f) > 1})
        if twice:
            raise ValueError(f"axes has {twice[0]} twice; keep one of them")
        for one, other in ((a, b) for a in fields for b in fields):
            if other.startswith(f"{one}."):
                raise ValueError(
                    f"axes has {one} and {other} inside it; keep one of the two"
                )
        if self.stop is not None and not isinstance(self.design, Spaced):
            raise ValueError(
                f"stop must be left out with design {self.design.kind}: only of points "
                "drawn one like another can be said that enough are known; use "
                "latin-hypercube, sobol or random"
            )
        if self.design.kind == "search" and not self.objectives:
            raise ValueError(
                'objectives must not be empty in a search; add {"output": ..., '
                '"goal": "max"}'
            )
        if self.design.kind == "rare" and not self.limits:
            raise ValueError(
                "limits must not be empty where the design is rare; the first says "
                "which event is meant"
            )

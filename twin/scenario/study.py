"""Inputs of a study: a question, what varies, how points are chosen, what counts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from twin.scenario.base import Model, quantity
from twin.scenario.spread import AxisSpread

MOST_POINTS = 200_000
"""Points of one study."""
MOST_AXES = 32
Scalar = bool | int | float | str | dict[str, Any] | list[Any] | None


class Range(Model):
    """Values at equal distances, both ends included."""

    low: float = quantity(unit="of the field", doc="Lowest", example=0.7)
    high: float = quantity(unit="of the field", doc="Highest", example=0.9)
    count: int = quantity(
        5, unit="values", doc="Values on a grid", example=5, ge=2, le=MOST_POINTS
    )

    @model_validator(mode="after")
    def _rises(self) -> Range:
        if not self.low < self.high:
            raise ValueError(
                f"low must be below high, got {self.low} and {self.high}; swap them"
            )
        return self


class LogRange(Range):
    """Values at equal ratios, both ends included."""

    low: float = quantity(unit="of the field", doc="Lowest", example=0.1, gt=0)


class Axis(Model):
    """One thing that varies: a field of the inputs, and its values or its scatter."""

    field: str = Field(
        description="Dotted path of a field of the inputs",
        examples=["fleet.server_count"], min_length=1, max_length=200,
    )  # fmt: skip
    label: str | None = Field(
        None, description="Name on charts; empty is the field's", max_length=60,
        examples=["Load"],
    )  # fmt: skip
    values: tuple[Scalar, ...] | None = Field(
        None, description="A list of values, of any kind the field takes",
        examples=[[40, 44, 48, 52]], min_length=1, max_length=MOST_POINTS,
    )  # fmt: skip
    range: Range | None = Field(
        None, description="Equal distances", examples=[{"low": 0.7, "high": 0.9}]
    )
    log: LogRange | None = Field(
        None, description="Equal ratios", examples=[{"low": 0.1, "high": 10}]
    )
    distribution: AxisSpread | None = Field(
        None, description="How an unknown scatters",
        examples=[{"kind": "normal", "mean": 1.0, "sd": 0.05}],
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_kind(self) -> Axis:
        kinds = ("values", "range", "log", "distribution")
        given = [k for k in kinds if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError(
                f"{self.field} must have exactly one of {', '.join(kinds)}, it has "
                f"{', '.join(given) or 'none'}; keep one"
            )
        return self

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
        5, unit="values", doc="Values of an axis with a distribution: the middles of "
        "as many equally likely parts", example=5, ge=1, le=1000,
    )  # fmt: skip


class Spaced(Model):
    """Points that fill the space between the axes' ends."""

    kind: Literal["latin-hypercube", "sobol", "random"] = "latin-hypercube"
    points: int = quantity(
        256, unit="points", doc="Points; a power of two suits Sobol sequences best",
        example=256, ge=1, le=MOST_POINTS,
    )  # fmt: skip
    vary_seed: bool = quantity(
        True, unit="1", doc="Whether every point draws its own traffic and noise; if "
        "not, all share the inputs' seed", example=True,
    )  # fmt: skip


class Saltelli(Model):
    """The design of Sobol's indices: how much of the scatter each axis explains."""

    kind: Literal["saltelli"] = "saltelli"
    points: int = quantity(
        128, unit="points", doc="Base points, a power of two; axes + 2 times as many "
        "are answered", example=128, ge=4, le=MOST_POINTS,
    )  # fmt: skip


class OneAtATime(Model):
    """Each axis at its low and high end while the others stay in the middle."""

    kind: Literal["one-at-a-time"] = "one-at-a-time"
    tail_frac: float = quantity(
        0.05, unit="1", doc="Part of an axis left out at each end", example=0.05, ge=0,
        lt=0.5,
    )  # fmt: skip


class Search(Model):
    """Looks for the best point; `objectives` and `limits` say what is best."""

    kind: Literal["search"] = "search"
    evaluations: int = quantity(
        200, unit="points", doc="Most points answered", example=200, ge=4, le=5_000
    )
    batch: int = quantity(
        8, unit="points", doc="Points answered at the same time; the answer depends "
        "on it, not on the workers", example=8, ge=1, le=256,
    )  # fmt: skip
    patience: int | None = quantity(
        None, unit="points", doc="Stop after so many without progress", example=80,
        ge=8, le=5_000,
    )  # fmt: skip


class Rare(Model):
    """How likely a rare event is: the first of `limits` passed."""

    kind: Literal["rare"] = "rare"
    method: Literal["splitting", "importance"] = Field(
        "splitting",
        description="splitting: step by step towards the event, sturdy; importance: "
        "draw where it happens, fewer points where it has one place",
        examples=["splitting"],
    )
    points: int = quantity(
        250, unit="points", doc="Points of a step and replica", example=250, ge=100,
        le=20_000,
    )  # fmt: skip
    replicas: int = quantity(
        20, unit="replicas", doc="Independent repetitions; their scatter gives the "
        "interval", example=20, ge=5, le=200,
    )  # fmt: skip
    most_points: int = quantity(
        50_000, unit="points", doc="Most points answered", example=50_000, ge=100,
        le=MOST_POINTS,
    )  # fmt: skip

    @model_validator(mode="after")
    def _has_a_step(self) -> Rare:
        first = self.points * self.replicas
        if first > self.most_points:
            raise ValueError(
                f"most_points {self.most_points} must be at least points × replicas, "
                f"{first}, the first step; raise it"
            )
        return self


Design = Annotated[
    Grid | Spaced | Saltelli | OneAtATime | Search | Rare, Field(discriminator="kind")
]


class Limit(Model):
    """What an output must not pass."""

    output: str = Field(
        description="Key of an output", examples=["peak_frac"], max_length=100
    )
    at_most: float | None = quantity(
        None, unit="of the output", doc="It must not be above", example=1.0
    )
    at_least: float | None = quantity(
        None, unit="of the output", doc="It must not be below", example=0.99
    )

    @model_validator(mode="after")
    def _one_side(self) -> Limit:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError(
                f"{self.output} must have exactly one of at_most and at_least; use two "
                "limits for two sides"
            )
        return self

    def passed(self, value: float) -> bool:
        """Whether a value breaks it; an undefined one does."""
        if self.at_most is not None:
            return not value <= self.at_most
        assert self.at_least is not None  # noqa: S101 - the validator saw to it
        return not value >= self.at_least


class Objective(Model):
    """What a search makes as large or as small as it can."""

    output: str = Field(
        description="Key of an output, or field of an axis with numbers",
        examples=["energy_wh"], max_length=200,
    )  # fmt: skip
    goal: Literal["max", "min"] = Field(description="Which way", examples=["min"])


class Stop(Model):
    """When enough points are answered."""

    output: str = Field(
        description="Key of an output", examples=["peak_frac"], max_length=100
    )
    of: Literal["mean", "probability"] = Field(
        "mean",
        description="mean: its half-width relative to it; probability: the half-width "
        "of the probability that its limit is passed",
        examples=["mean"],
    )
    half_width: float = quantity(
        0.01, unit="1", doc="Half-width of the 95 % interval at which to stop",
        example=0.01, gt=0, lt=1,
    )  # fmt: skip
    every: int = quantity(
        64, unit="points", doc="Looked at whenever so many more are answered",
        example=64, ge=8, le=MOST_POINTS,
    )  # fmt: skip


class StudySpec(Model):
    """One question at many points. The same study and seed give the same bytes."""

    name: str = Field(
        "Study", description="Name", examples=["Row 7, uncertain load"], min_length=1,
        max_length=120,
    )  # fmt: skip
    question: str = Field(
        "row", description="Key of the question", examples=["row"], max_length=40
    )
    base: dict[str, Any] = Field(
        default_factory=dict,
        description="Inputs of the question; absent keys take defaults",
        examples=[{"fleet": {"server_count": 52}}],
    )
    axes: tuple[Axis, ...] = Field(
        description="What varies",
        examples=[[{"field": "fleet.server_count", "values": [40, 46, 52]}]],
        min_length=1, max_length=MOST_AXES,
    )  # fmt: skip
    design: Design = Field(
        default_factory=Grid, description="How points are chosen",
        examples=[{"kind": "sobol", "points": 256}],
    )  # fmt: skip
    outputs: tuple[str, ...] = Field(
        (), description="Outputs that are analysed; empty means all",
        examples=[["peak_frac", "energy_wh"]], max_length=64,
    )  # fmt: skip
    limits: tuple[Limit, ...] = Field(
        (), description="What must not be passed",
        examples=[[{"output": "peak_frac", "at_most": 1.0}]], max_length=16,
    )  # fmt: skip
    objectives: tuple[Objective, ...] = Field(
        (), description="What is best; two or more give a front",
        examples=[[{"output": "energy_wh", "goal": "min"}]], max_length=4,
    )  # fmt: skip
    stop: Stop | None = Field(
        None, description="Ends the study early", examples=[{"output": "peak_frac"}]
    )
    seed: int = quantity(
        1, unit="1", doc="Seed of the design", example=1, ge=0, le=2**31 - 1
    )

    @model_validator(mode="after")
    def _fits(self) -> StudySpec:
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
        return self

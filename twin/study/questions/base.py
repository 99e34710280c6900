"""What a question is: inputs, figures that come out, and how one point is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from twin.compliance.study import Known
from twin.cooling.weather import Weather
from twin.plan.memo import Memo
from twin.scenario.base import Model
from twin.serving.grid_year import GridYear
from twin.serving.traffic import Recordings

Better = Literal["less", "more", "neither"]
Outputs = dict[str, float]


@dataclass(frozen=True, slots=True)
class Metric:
    """
    One figure that a question yields at every point.

    Args:
        key: Name, its unit last, such as "peak_w".
        unit: Unit as printed; "1" is a bare ratio or a count.
        label: What it is, in words.
        better: Which way is better, for colours, limits and searches.
    """

    key: str
    unit: str
    label: str
    better: Better = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Names of what has to be read before a point can be answered."""

    datasets: tuple[tuple[str, str], ...] = ()
    weather: tuple[tuple[str, str], ...] = ()
    grid: tuple[tuple[str, str], ...] = ()
    rules: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """
    What points of a study may need besides their inputs; workers get it once.

    Args:
        recordings: Recorded traffic, by name.
        weather: Recorded years of weather, by name.
        known: Grid rules, ride-through tables and critical frequencies.
        grid: Years of prices and carbon by hour, by name.
    """

    recordings: Recordings = field(default_factory=Recordings.none)
    weather: dict[str, Weather] = field(default_factory=dict)
    known: Known | None = None
    grid: dict[str, GridYear] = field(default_factory=dict)


def no_needs(_document: Any) -> Needs:
    """Nothing has to be read."""
    return Needs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    A question that can be asked at any point of a study.

    Args:
        key: Name in study files and REST.
        label: Name for people.
        doc: What it answers, in one sentence.
        model: Type of its inputs.
        metrics: Figures that come out, the most asked first.
        evaluate: Answers one point: inputs, ground, and a memory that points of one
            worker share. The same inputs give the same figures, bit for bit.
        needs: What has to be read for a document; field and name of each.
        version: Raised whenever figures change for the same inputs.
    """

    key: str
    label: str
    doc: str
    model: type[Model]
    metrics: tuple[Metric, ...]
    evaluate: Callable[[Any, Ground, Memo], Outputs]
    needs: Callable[[Any], Needs] = no_needs
    version: int = 1

"""A study's points as columns, with the names and units of its axes and outputs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.compare_documents import field_label
from app.report.units import Scale, inner, scale_of

Json = dict[str, Any]
SAMPLED = frozenset({"latin-hypercube", "sobol", "random", "saltelli"})
"""Designs whose points are drawn from the axes' distributions, each as likely."""


def thinned(points: Iterable[Json], document: Json, most: int = 20_000) -> list[Json]:
    """
    Keep as many points as a report draws, the best and the front among them.

    Args:
        points: Every point in order.
        document: The study.
        most: Most points kept besides.
    """
    analysis = document.get("analysis") or {}
    wanted = {analysis.get("best"), *(analysis.get("pareto") or ())}
    every = 1 + document["points"]["done"] // most
    return [p for p in points if p["index"] % every == 0 or p["index"] in wanted]


@dataclass(slots=True)
class Study:
    """
    A study ready to be drawn.

    Args:
        document: As `GET /studies/{id}` answers it.
        points: As `GET /studies/{id}/points` lists them.
    """

    document: Json
    points: Sequence[Json]
    answered: list[Json] = field(init=False)
    _scales: dict[str, Scale] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.answered = [p for p in self.points if p["outputs"] is not None]

    @property
    def spec(self) -> Json:
        """What was asked."""
        return dict(self.document["spec"])

    @property
    def analysis(self) -> Json:
        """What was found over all points; empty while there is nothing yet."""
        return dict(self.document.get("analysis") or {})

    @property
    def axes(self) -> list[Json]:
        """What varies."""
        return list(self.document["axes"])

    @property
    def design(self) -> str:
        """How points were chosen."""
        return str((self.spec.get("design") or {}).get("kind", "grid"))

    @property
    def sampled(self) -> bool:
        """Whether the share of points is a probability."""
        return self.design in SAMPLED

    @property
    def limits(self) -> list[Json]:
        """Limits, each with its output, side and value."""
        found = []
        for one in self.spec.get("limits") or ():
            above = one.get("at_most") is not None
            found.append({
                "output": one["output"], "above": above,
                "limit": one["at_most"] if above else one["at_least"],
            })  # fmt: skip
        return found

    @property
    def objectives(self) -> list[Json]:
        """What is best: output or axis, and which way."""
        return list(self.spec.get("objectives") or ())

    @property
    def outputs(self) -> list[str]:
        """Outputs, those asked for first: limits, objectives, chosen, all."""
        known = [m["key"] for m in self.document["question"]["metrics"]]
        named = [one["output"] for one in (*self.limits, *self.objectives)]
        chosen = list(self.spec.get("outputs") or ()) or known
        return [k for k in dict.fromkeys([*named, *chosen]) if k in known]

    def metric(self, key: str) -> Json:
        """Name, unit and better side of an output or an axis."""
        for one in self.document["question"]["metrics"]:
            if one["key"] == key:
                return dict(one)
        axis = next((a for a in self.axes if a["field"] == key), {})
        return {"key": key, "label": axis.get("label") or key,
                "whole": bool(axis.get("whole")),
                "unit": axis.get("unit") or "1", "better": "neither"}  # fmt: skip

    def label(self, key: str) -> str:
        """Name of an output or an axis; a bare path is written in words."""
        name = str(self.metric(key)["label"])
        return field_label(name) if name == key and "." in key else name

    @property
    def counted(self) -> int:
        """Points that have an answer."""
        points = self.document["points"]
        return int(points["done"] - points["failed"])

    def scale(self, key: str) -> Scale:
        """How an output or axis is shown, the same everywhere."""
        if key not in self._scales:
            values = [v for v in self.column(key) if isinstance(v, int | float)]
            row = self.summary(key)
            values += [row[k] for k in ("p95", "most") if row.get(k) is not None]
            self._scales[key] = scale_of(self.metric(key)["unit"], values, key=key)
        return self._scales[key]

    def column(self, key: str) -> list[Any]:
        """Value of every answered point: of an output, else of what varied."""
        return [value_at(p, key) for p in self.answered]

    def numbers(self, key: str) -> list[float]:
        """Finite values of an output."""
        return [float(v) for v in self.column(key)
                if isinstance(v, int | float) and math.isfinite(v)]  # fmt: skip

    def summary(self, key: str) -> Json:
        """
        Distribution of an output over all points; empty for none.

        Returns:
            `count, mean, sd, least, most, level`, and of each quantile `p5`, `p5_low`,
            `p5_high` and the like.
        """
        found = self._of("outputs", key).get("summary")
        if not found:
            return {}
        row = {k: v for k, v in found.items() if k != "quantiles"}
        for one in found["quantiles"]:
            name = f"p{100 * one['frac']:g}"
            row |= {name: one["value"], f"{name}_low": one["low"],
                    f"{name}_high": one["high"]}  # fmt: skip
        return row

    def histogram(self, key: str) -> tuple[list[float], list[int]] | None:
        """Edges and counts of an output over all points; None for none."""
        found = self._of("outputs", key).get("histogram")
        if not found or not found["counts"]:
            return None
        return list(found["edges"]), list(found["counts"])

    @property
    def chances(self) -> list[Json]:
        """Limits with how often they are passed, each in one row."""
        return [one | one["found"] for one in self.analysis.get("exceedance") or ()]

    def effects(self, key: str) -> list[Json]:
        """What each axis does to an output, the most first; empty if unknown."""
        rows = self._of("influence", key).get("effects") or []
        return sorted(rows, key=lambda r: -_size(r["total"], r["rank_correlation"]))

    def method(self, key: str) -> str:
        """How the effects were found, and what a reader must know."""
        one = self._of("influence", key)
        return ": ".join(p for p in (one.get("method"), one.get("note")) if p)

    def bars(self, key: str) -> list[Json]:
        """An output with each axis alone at its ends, the widest first."""
        rows = self._of("tornado", key).get("bars") or []
        known = [r for r in rows if None not in (r["at_low"], r["at_high"])]
        return sorted(known, key=lambda r: -abs(r["at_high"] - r["at_low"]))

    def _of(self, part: str, key: str) -> Json:
        rows = self.analysis.get(part) or ()
        return next((dict(r) for r in rows if r["output"] == key), {})

    def broken(self, point: Json) -> bool:
        """Whether an answered point passes a limit; an undefined value does."""
        found = ((point["outputs"].get(one["output"]), one) for one in self.limits)
        return any(
            value is None
            or (value > one["limit"] if one["above"] else value < one["limit"])
            for value, one in found
        )

    def point(self, index: int | None) -> Json | None:
        """Answered point of an index."""
        return next((p for p in self.answered if p["index"] == index), None)

    def changes_words(self, point: Json) -> str:
        """Write what was set at a point."""
        named = {a["field"] for a in self.axes}
        return ", ".join(
            f"{inner(self.label(k))} {self.value(k, v)}"
            for k, v in point["changes"].items() if k in named
        )  # fmt: skip

    def value(self, key: str, value: Any) -> str:
        """Write a value of an output or an axis."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int | float):
            return self.scale(key).text(float(value))
        return "–" if value is None else str(value)


def value_at(point: Json, key: str) -> Any:
    """Value of an output, else of what varied, at an answered point."""
    return point["outputs"].get(key, point["changes"].get(key))


def _size(*values: float | None) -> float:
    """Size of the first value that is known."""
    return next((abs(v) for v in values if v is not None), 0.0)

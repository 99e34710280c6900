"""A study with its points as columns, ready for figures of pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.report.study_data import Study
from app.report.units import FAHRENHEIT, SIGNS, Scale
from twin.types import BoolArray, FloatArray

Json = dict[str, Any]
_MINUTES, _HOURS = 600.0, 7200.0
"""Seconds from which times are shown in minutes, in hours."""
UNDER_WAY = ("queued", "running")


class Seen(Study):
    """
    A study with its points as columns, for figures.

    Args:
        document: As `GET /studies/{id}` answers it.
        points: Those that were read.
        core: Whether figures keep the model's own units.
        warm: Whether temperatures are read in °F.
    """

    def __init__(
        self, document: Json, points: Sequence[Json], *, core: bool = False,
        warm: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(document, points)
        self._core, self._warm = core, warm
        self._columns: dict[str, FloatArray] = {}
        self.index = np.array([p["index"] for p in self.answered], dtype=np.int64)

    @property
    def under_way(self) -> bool:
        """Whether points still come."""
        return self.document["status"] in UNDER_WAY

    @property
    def fields(self) -> list[str]:
        """Fields of the axes."""
        return [axis["field"] for axis in self.axes]

    @property
    def keys(self) -> list[str]:
        """Axes and outputs, axes first."""
        return [*self.fields, *self.outputs]

    def scale(self, key: str) -> Scale:
        """How an output or axis is shown."""
        unit = str(self.metric(key)["unit"])
        found = Scale(unit=SIGNS.get(unit, unit)) if self._core else super().scale(key)
        if self._warm and found.unit == "°C":
            return FAHRENHEIT
        return self._span(key) if found.unit == "s" and not self._core else found

    def _span(self, key: str) -> Scale:
        """Hours or minutes where seconds are many."""
        values = self.values(key)[np.isfinite(self.values(key))]
        limits = [one["limit"] for one in self.limits if one["output"] == key]
        most = max([0.0, *np.abs(values).tolist(), *map(abs, limits)])
        if most >= _HOURS:
            return Scale(per=3600.0, unit="h")
        return Scale(per=60.0, unit="min") if most >= _MINUTES else Scale(unit="s")

    def numeric(self, key: str) -> bool:
        """Whether all its values are numbers; an undefined one is none, and passes."""
        axis = next((a for a in self.axes if a["field"] == key), None)
        return axis is None or bool(axis.get("numeric", True))

    def words(self, key: str) -> list[str]:
        """Value of every answered point as text, of an axis without numbers."""
        return [str(v) for v in self.column(key)]

    def values(self, key: str) -> FloatArray:
        """Value of every answered point; of an axis without numbers, its place."""
        if key not in self._columns:
            if self.numeric(key):
                column = [np.nan if v is None else float(v) for v in self.column(key)]
            else:
                found = self.words(key)
                places = {w: k for k, w in enumerate(dict.fromkeys(found))}
                column = [float(places[w]) for w in found]
            self._columns[key] = np.array(column, dtype=np.float64)
        return self._columns[key]

    def selected(self, brushes: dict[str, tuple[float, float]]) -> BoolArray:
        """Which answered points lie within every range."""
        kept = np.ones(len(self.answered), dtype=np.bool_)
        for key, (low, high) in brushes.items():
            if key in self.keys:
                values = self.values(key)
                kept &= (values >= low) & (values <= high)
        return kept

    def broken_ones(self) -> BoolArray:
        """Which answered points pass a limit; an undefined value does."""
        found = np.zeros(len(self.answered), dtype=np.bool_)
        for one in self.limits:
            values = self.values(one["output"])
            found |= ~(
                values <= one["limit"] if one["above"] else values >= one["limit"]
            )
        return found

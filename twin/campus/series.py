"""Curves and sums of a campus: lowest, mean and highest tick of each record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.campus import kernel as k
from twin.campus.control import Rules
from twin.campus.signals import Signals
from twin.types import FloatArray

if TYPE_CHECKING:
    from twin.campus.coordinator import Ticks

CAMPUS_CURVES = (
    "utility_w", "facility_w", "it_w", "mechanical_w", "lost_servers",
    "capped_servers", "water_kg_s", "removed_w",
)  # fmt: skip
HALL_CURVES = ("drawn_w", "it_w", "mechanical_w", "water_kg_s", "capped_servers")
_HALL_TRACE = (k.T_IT, k.T_MECHANICAL, k.T_WATER, k.T_CAPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Sum, lowest and highest tick of each record. (records, columns)"""

    total: FloatArray
    least: FloatArray
    most: FloatArray

    def add(self, values: FloatArray, first: int, per_record: int) -> None:
        """Add ticks; the sums do not tell how they were cut into windows."""
        k.gather(values, first, per_record, self.total, self.least, self.most)


def _curves(records: int, columns: int) -> Curves:
    return Curves(
        total=np.zeros((records, columns)), least=np.full((records, columns), np.inf),
        most=np.full((records, columns), -np.inf),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """
    What a campus measured.

    Args:
        per_record: Ticks of a record.
        campus: Columns of CAMPUS_CURVES.
        halls: Columns of HALL_CURVES, hall by hall.
        share_w: Sum of the shares allotted within a record. (records, halls)
        heat_w: Sum of the heat shares. (records, halls)
        ceiling: Lowest clock of low and high priority asked of any hall, as a place
            in `Rules.clock_mhz`. (records, 2)
        decided: Decisions of each record. (records,)
        short_w: Load that no clock took away, highest of each record. [W]
        noted: Of `kernel.note_excess`.
    """

    per_record: int
    campus: Curves
    halls: Curves
    share_w: FloatArray
    heat_w: FloatArray
    ceiling: FloatArray
    decided: FloatArray
    short_w: FloatArray
    noted: FloatArray

    def add(self, rules: Rules, first: int, ticks: Ticks, signals: Signals) -> None:
        """Add a window."""
        self.campus.add(_campus_values(ticks), first, self.per_record)
        by_hall = ticks.trace[:, :, _HALL_TRACE]
        values = np.concatenate([ticks.hall_w[:, :, None], by_hall], axis=2)
        flat = np.ascontiguousarray(values.reshape(len(values), -1))
        self.halls.add(flat, first, self.per_record)
        most_w = rules.contract_w(first + np.arange(ticks.drawn_w.size))
        k.note_excess(ticks.drawn_w, most_w, rules.tick_s, first, self.noted)
        for start, now in zip(signals.starts, signals.decisions, strict=True):
            at = start // self.per_record
            self.share_w[at] += now.share_w
            self.heat_w[at] += now.heat_w
            self.ceiling[at] = np.minimum(self.ceiling[at], now.place.min(axis=0))
            self.short_w[at] = max(self.short_w[at], now.short_w)
            self.decided[at] += 1.0


def new_series(tick_count: int, per_record: int, halls: int, clocks: int) -> Series:
    """Nothing measured yet."""
    records = math.ceil(tick_count / per_record)
    return Series(
        per_record=per_record, campus=_curves(records, len(CAMPUS_CURVES)),
        halls=_curves(records, halls * len(HALL_CURVES)),
        share_w=np.zeros((records, halls)), heat_w=np.zeros((records, halls)),
        ceiling=np.full((records, 2), float(clocks)), decided=np.zeros(records),
        short_w=np.zeros(records), noted=k.nothing_noted(),
    )  # fmt: skip


def _campus_values(ticks: Ticks) -> FloatArray:
    """Columns of CAMPUS_CURVES."""
    columns = (
        k.T_IT, k.T_MECHANICAL, k.T_LOST, k.T_CAPPED, k.T_WATER, k.T_REMOVED,
    )  # fmt: skip
    found: FloatArray = np.zeros((ticks.drawn_w.size, 2 + len(columns)))
    found[:, 0], found[:, 1] = ticks.drawn_w, ticks.sources_w
    for place, column in enumerate(columns, start=2):
        for h in range(ticks.trace.shape[1]):
            found[:, place] += ticks.trace[:, h, column]
    return found

"""Rows of a file, column by column, to readings; every wrong cell is named."""

# mypy: disable-error-code="attr-defined,no-untyped-call,name-defined"
# pyarrow ships no types of its own

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from store.telemetry_columns import Column, Columns
from store.telemetry_times import MOST_DIGITS, Clock
from twin.errors import ScenarioError, ScenarioErrors
from twin.telemetry.fields import BY_NAME
from twin.telemetry.names import KEY
from twin.telemetry.readings import Device, Readings
from twin.types import FloatArray, IntArray

MOST_ERRORS = 50
MISSING = frozenset(
    {
        "",
        "n/a",
        "[n/a]",
        "[not supported]",
        "[unknown error]",
        "nan",
        "null",
        "none",
        "-",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """
    What a file does not say itself.

    Attributes:
        kind: What its devices are.
        device: Key of the one device, where no column tells.
        zone: Of times that name none.
        start_us: Start of a recording whose times count from it. [µs]
    """

    kind: str = "gpu"
    device: str = ""
    zone: ZoneInfo | None = None
    start_us: int | None = None


class Errors:
    """What is wrong in a file, up to a number that a person reads."""

    def __init__(self) -> None:
        self.found: list[ScenarioError] = []

    @property
    def full(self) -> bool:
        """Whether more of them help nobody."""
        return len(self.found) >= MOST_ERRORS

    def add(self, error: ScenarioError) -> None:
        """Note one."""
        if not self.full:
            self.found.append(error)

    def check(self) -> None:
        """Raise them, if there are any."""
        if self.found:
            raise ScenarioErrors(self.found)


class Rows:
    """
    Rows of a file as they are turned into readings.

    Args:
        clock: How the file tells the time.
        about: What the file does not say itself.
        first: Number of the first row.
        cells: Its columns: lists of text, or arrow arrays.
        errors: Takes what is wrong.
    """

    def __init__(
        self, clock: Clock, about: FileSource, first: int, cells: list[Any],
        errors: Errors,
    ) -> None:  # fmt: skip
        self._clock, self._about, self._first = clock, about, first
        self._cells, self._errors = cells, errors

    def readings(self, columns: Columns) -> Readings:
        """What the rows tell; what is wrong in them is added to the errors."""
        time_us = self._times(columns.time)
        devices, device = self._devices(columns, time_us.size)
        values = {c.field: self._numbers(c) * c.factor for c in columns.fields}
        return Readings(devices=devices, device=device, time_us=time_us, columns=values)

    def _line(self, row: int, column: Column) -> str:
        return f"line {self._first + row}, {column.header[:60]}"

    def _times(self, column: Column) -> IntArray:
        cells = self._cells[column.place]
        if isinstance(cells, pa.Array) and pa.types.is_timestamp(cells.type):
            whole = cells.cast(pa.timestamp("us", cells.type.tz), safe=False)
            at_us = np.asarray(whole.cast(pa.int64()).fill_null(0), np.int64)
            missing = np.asarray(cells.is_null())
            unclear = np.zeros(at_us.size, np.bool_)
            if cells.type.tz is None:
                at_us, unclear = self._clock.local(at_us)
            wrong = missing | unclear
            self._clock.said = self._clock.said or "times are stored with their zone"
        elif isinstance(cells, pa.Array) and _is_number(cells):
            at_us, wrong = self._clock.numbers(_floats(cells))
        else:
            cells = [cell.strip() for cell in _texts(cells)]
            at_us, wrong = self._clock.texts(cells)
        for row in np.flatnonzero(wrong).tolist()[:MOST_ERRORS]:
            value = str(cells[row])[:80]
            self._errors.add(self._clock.error(self._line(row, column), value))
        return at_us

    def _devices(
        self, columns: Columns, count: int
    ) -> tuple[tuple[Device, ...], IntArray]:
        kind = self._about.kind
        if columns.device is None and columns.index is None:
            one = self._about.device or "host"
            return (Device(key=one, kind=kind),), np.zeros(count, np.int64)
        keys = self._keys(columns)
        models = self._column_texts(columns.model, count)
        numbers = self._column_texts(columns.index, count)
        found: dict[str, Device] = {}
        for key, model, number in zip(keys, models, numbers, strict=True):
            if key not in found:
                index = int(number) if number.isdecimal() and len(number) < 6 else 0
                found[key] = Device(key=key, kind=kind, model=model[:120], index=index)
        place = {key: i for i, key in enumerate(found)}
        return tuple(found.values()), np.array([place[k] for k in keys], np.int64)

    def _keys(self, columns: Columns) -> list[str]:
        column = columns.device or columns.index
        assert column is not None  # noqa: S101 - the caller has looked
        cells = [cell.strip() for cell in _texts(self._cells[column.place])]
        keys = cells if columns.device else [f"gpu{cell}" for cell in cells]
        wrong = {k for k in set(keys) if not KEY.fullmatch(k)}
        if wrong:
            for row in [i for i, k in enumerate(keys) if k in wrong][:MOST_ERRORS]:
                self._errors.add(ScenarioError(self._line(row, column),
                                               "must be a short name of a device",
                                               cells[row][:80], "use the GPU's UUID or "
                                               "its index"))  # fmt: skip
        return keys

    def _column_texts(self, column: Column | None, count: int) -> Sequence[str]:
        if column is None:
            return [""] * count
        return [cell.strip() for cell in _texts(self._cells[column.place])]

    def _numbers(self, column: Column) -> FloatArray:
        cells = self._cells[column.place]
        if isinstance(cells, pa.Array) and _is_number(cells):
            values = _floats(cells)
        else:
            values = self._parsed(column, _texts(cells))
        for row in np.flatnonzero(np.isinf(values)).tolist()[:MOST_ERRORS]:
            self._errors.add(self._no_number(row, column, str(cells[row])))
        return values

    def _parsed(self, column: Column, cells: Sequence[str]) -> FloatArray:
        unit = f" {column.unit}" if column.unit else ""
        plain = [cell.strip().removesuffix(unit) for cell in cells]
        plain = ["nan" if cell.lower() in MISSING else cell for cell in plain]
        if BY_NAME[column.field].kind == "bits":
            plain = [_decimal(cell) for cell in plain]
        try:
            if not any("_" in c or len(c) > MOST_DIGITS for c in plain):
                return np.array(plain).astype(np.float64)
        except ValueError:
            pass
        values = np.full(len(plain), np.nan)
        for row, cell in enumerate(plain):
            try:
                wrong = "_" in cell or len(cell) > MOST_DIGITS
                values[row] = float("no number" if wrong else cell)
            except ValueError:
                self._errors.add(self._no_number(row, column, cells[row]))
                if self._errors.full:
                    break
        return values

    def _no_number(self, row: int, column: Column, cell: str) -> ScenarioError:
        return ScenarioError(
            self._line(row, column),
            f"must be a number in {column.unit}" if column.unit else "must be a number",
            cell[:80], "leave it empty where it is not known; formulas are text here"
        )  # fmt: skip


def _decimal(cell: str) -> str:
    """Bits are written in hexadecimal by nvidia-smi."""
    if cell[:2].lower() != "0x":
        return cell
    try:
        return str(int(cell, 16))
    except ValueError:
        return cell


def _is_number(cells: pa.Array) -> bool:
    kind = cells.type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _floats(cells: pa.Array) -> FloatArray:
    whole = cells.cast(pa.float64(), safe=False)
    return np.asarray(whole.fill_null(float("nan")), np.float64)


def _texts(cells: Any) -> Sequence[str]:
    if isinstance(cells, pa.DictionaryArray):
        places = np.asarray(cells.indices.fill_null(-1))
        used, where = np.unique(places, return_inverse=True)
        known = _texts(cells.dictionary.take(pa.array(used[used >= 0])))
        known = [*[""] * int((used < 0).sum()), *known]
        return [known[i] for i in where.tolist()]
    if isinstance(cells, pa.Array):
        return ["" if cell is None else str(cell) for cell in cells.to_pylist()]
    return list(cells)

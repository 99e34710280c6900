"""
Telemetry out of CSV and Parquet files: all of a file or nothing of it.

A file is read twice in blocks of bounded size, whatever its own: once to look at every
row, once to hand it on. Text is text: a cell that starts with = is never worked out,
and where a number belongs it is refused.
"""

# mypy: disable-error-code="attr-defined,no-untyped-call"
# pyarrow ships no types of its own

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from store.telemetry_columns import Column, Columns, recognise
from store.telemetry_rows import Errors, FileSource, Rows, bad
from store.telemetry_times import Clock
from twin.errors import Cancelled, ScenarioError
from twin.telemetry.names import KEY
from twin.telemetry.readings import Readings

ROWS_AT_ONCE = 50_000
MOST_ROWS = 50_000_000
MOST_LINE = 100_000
MOST_TEXT = 20_000_000_000
MOST_GROUP_BYTES = 2_000_000_000
MOST_COLUMNS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a first look at a file found."""

    rows: int
    devices: tuple[str, ...]
    fields: dict[str, str]
    ignored: tuple[str, ...]
    times: str


Block = tuple[int, list[Any]]
"""Number of its first row, and its columns: lists of text, or arrow arrays."""


class TelemetryFile:
    """
    A file of readings.

    Args:
        path: CSV, gzipped or not, or Parquet.
        about: What it does not say itself.

    Raises:
        ScenarioError: If it is neither, or lacks a column.
    """

    def __init__(self, path: Path, about: FileSource) -> None:
        self._path, self._about = path, about
        with path.open("rb") as file:
            head = file.read(4)
        self._parquet, self._gzip = head == b"PAR1", head[:2] == b"\x1f\x8b"
        with _readable():
            self.columns: Columns = recognise(self._headers())
        self._clock = Clock(
            self.columns.time.scale, zone=about.zone, start_us=about.start_us
        )
        if self.columns.device is None and self.columns.index is None:
            self._one = about.device or ("host" if about.kind == "host" else "")
            if not KEY.fullmatch(self._one):
                raise ScenarioError(
                    field="device", rule="is required: no column tells devices apart",
                    value=about.device or None,
                    repair="add device=GPU-8f6c…, or a column uuid or index",
                )  # fmt: skip

    def look(self, cancelled: Callable[[], bool] = lambda: False) -> Looked:
        """
        Look at every row.

        Raises:
            ScenarioErrors: What is wrong in which row, at most `MOST_ERRORS` entries.
        """
        rows, devices = 0, dict[str, None]()
        for readings in self.readings(cancelled):
            rows += len(readings)
            devices |= dict.fromkeys(d.key for d in readings.devices)
        if not rows:
            raise ScenarioError(
                field="file", rule="must have rows", value=0, repair="send another file"
            )
        return Looked(
            rows=rows, devices=tuple(devices), ignored=self.columns.ignored,
            fields={c.header: c.field for c in self.columns.fields},
            times=self._clock.said,
        )  # fmt: skip

    def readings(
        self, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Readings]:
        """Readings in blocks, in the order of the file."""
        errors = Errors()
        with _readable():
            for first, cells in self._blocks():
                if cancelled():
                    raise Cancelled
                if first > MOST_ROWS:
                    raise bad("file", f"may have {MOST_ROWS} rows", first, "split it")
                block = Rows(self._clock, self._about, first, cells, errors)
                found = block.readings(self.columns)
                if errors.full:
                    break
                if not errors.found:
                    yield found
        errors.check()

    # --- the two kinds ------------------------------------------------------------

    def _headers(self) -> list[str]:
        if self._parquet:
            names = list(pq.ParquetFile(self._path).schema_arrow.names)
        else:
            with self._text() as file:
                names = next(csv.reader(_lines(file)), [])
        if len(names) > MOST_COLUMNS:
            raise bad("line 1", f"may have {MOST_COLUMNS} columns", len(names), "fewer")
        return names

    def _blocks(self) -> Iterator[Block]:
        return self._parquet_blocks() if self._parquet else self._csv_blocks()

    def _csv_blocks(self) -> Iterator[Block]:
        with self._text() as file:
            reader = csv.reader(_lines(file))
            width, first = len(next(reader)), 2
            while rows := list(islice(reader, ROWS_AT_ONCE)):
                kept = [row for row in rows if row]
                for i, row in enumerate(rows):
                    if row and len(row) != width:
                        raise bad(
                            f"line {first + i}", f"must have {width} cells", len(row),
                            "quote cells that hold a comma",
                        )  # fmt: skip
                if kept:
                    yield first, list(zip(*kept, strict=True))
                first += len(rows)

    @contextmanager
    def _text(self) -> Iterator[TextIO]:
        opener: Callable[..., Any] = gzip.open if self._gzip else open
        with opener(self._path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file

    def _parquet_blocks(self) -> Iterator[Block]:
        file = pq.ParquetFile(self._path)
        data = file.metadata
        sizes = [data.row_group(i).total_byte_size for i in range(data.num_row_groups)]
        if data.num_rows > MOST_ROWS or max(sizes, default=0) > MOST_GROUP_BYTES:
            raise bad(
                "file", f"may have {MOST_ROWS} rows, in groups of 2 GB", data.num_rows,
                "write it in smaller row groups, or as several files",
            )  # fmt: skip
        wanted = _used(self.columns)
        names = [file.schema_arrow.names[c.place] for c in wanted]
        first = 1
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=names):
            cells: list[Any] = [None] * len(file.schema_arrow.names)
            for column, name in zip(wanted, names, strict=True):
                cells[column.place] = batch.column(name)
            yield first, cells
            first += batch.num_rows


def _used(columns: Columns) -> list[Column]:
    some = (columns.time, columns.device, columns.index, columns.model)
    return [c for c in (*some, *columns.fields) if c is not None]


def _lines(file: TextIO) -> Iterator[str]:
    """Lines of bounded length, and not without end."""
    seen = 0
    while line := file.readline(MOST_LINE):
        seen += len(line)
        if len(line) == MOST_LINE or seen > MOST_TEXT:
            raise bad(
                "file", f"may have lines of {MOST_LINE} characters, and 20 GB in all",
                seen, "split it",
            )  # fmt: skip
        yield line


@contextmanager
def _readable() -> Iterator[None]:
    """Say in our words what the readers of formats complain about."""
    try:
        yield
    except (
        csv.Error,
        UnicodeDecodeError,
        EOFError,
        OSError,
        pa.ArrowException,
    ) as error:
        raise bad(
            "file", "must be CSV in UTF-8, gzipped or not, or Parquet",
            f"{type(error).__name__}: {str(error)[:120]}", "write it again",
        ) from error  # fmt: skip

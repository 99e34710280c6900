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
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from store.telemetry_columns import Column, Columns, recognise
from store.telemetry_rows import Errors, FileSource, Rows
from store.telemetry_times import Clock
from twin.errors import Cancelled, ScenarioError
from twin.telemetry.names import KEY
from twin.telemetry.readings import Readings

ROWS_AT_ONCE, ROWS_LOOKED_AT = 50_000, 500
MOST_ROWS = 50_000_000
MOST_LINE = 100_000
MOST_TEXT = 20_000_000_000
MOST_COLUMNS = 500
MOST_DEVICES = 4096
MOST_CELL = 200
"""Letters of a text in a column that is used."""
TEXT_AT_ONCE = 8_000_000
"""Letters of a CSV after which a block ends, however few its rows."""
MOST_GROUP_BYTES, MOST_GROUP_TEXT = 400_000_000, 40_000_000
"""Columns that are used of one row group of Parquet, unpacked: all, and the texts."""
_BUFFER = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a first look at a file found."""

    rows: int
    devices: tuple[str, ...]
    fields: dict[str, str]
    ignored: tuple[str, ...]
    times: str


_TAKEN = (
    pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal,
    pa.types.is_timestamp, pa.types.is_date, pa.types.is_null,
)  # fmt: skip
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
                raise ScenarioError("device",
                                    "is required: no column tells devices apart",
                                    about.device or None, "add device=GPU-8f6c…, or a "
                                    "column uuid or index")  # fmt: skip

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
            if len(devices) > MOST_DEVICES:
                raise ScenarioError("file", f"may tell of {MOST_DEVICES} devices",
                                    len(devices),
                                    "use the same key for the same device")  # fmt: skip
        if not rows:
            raise ScenarioError("file", "must have rows", 0, "send another file")
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
                    raise ScenarioError("file", f"may have {MOST_ROWS} rows", first,
                                        "split it")  # fmt: skip
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
                names = next(csv.reader(_Lines(file)), [])
        if len(names) > MOST_COLUMNS:
            raise ScenarioError("line 1", f"may have {MOST_COLUMNS} columns",
                                len(names), "fewer")  # fmt: skip
        return names

    def _blocks(self) -> Iterator[Block]:
        return self._parquet_blocks() if self._parquet else self._csv_blocks()

    def _csv_blocks(self) -> Iterator[Block]:
        with self._text() as file:
            lines = _Lines(file)
            reader = csv.reader(lines)
            width = len(next(reader))
            places = [c.place for c in _used(self.columns)]
            first, rows, seen, number = 2, list[list[str]](), lines.seen, 2
            step = min(ROWS_LOOKED_AT, ROWS_AT_ONCE)
            while some := list(islice(reader, step)):
                _check_width(some, width, number)
                rows += [[row[place] for place in places] for row in some if row]
                number += len(some)
                whole = number - first >= ROWS_AT_ONCE
                if rows and (whole or lines.seen - seen > TEXT_AT_ONCE):
                    yield first, _columns(rows, places, width)
                    first, rows, seen = number, [], lines.seen
            if rows:
                yield first, _columns(rows, places, width)

    @contextmanager
    def _text(self) -> Iterator[TextIO]:
        opener: Callable[..., Any] = gzip.open if self._gzip else open
        with opener(self._path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file

    def _parquet_blocks(self) -> Iterator[Block]:
        schema = pq.read_schema(self._path)
        wanted = _used(self.columns)
        names = [schema.names[c.place] for c in wanted]
        texts = [name for name in names if _plain(schema, name) == "text"]
        file = pq.ParquetFile(
            self._path, read_dictionary=texts, buffer_size=_BUFFER, pre_buffer=False
        )
        _check_sizes(file.metadata, names, texts)
        first = 1
        # one text for all rows stands in a dictionary once, and is looked at there
        # before any row gets a copy of it
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=names, use_threads=False):
            cells: list[Any] = [None] * len(schema.names)
            for column, name in zip(wanted, names, strict=True):
                cells[column.place] = _short(batch.column(name), name)
            yield first, cells
            first += batch.num_rows


def _used(columns: Columns) -> list[Column]:
    some = (columns.time, columns.device, columns.index, columns.model)
    return [c for c in (*some, *columns.fields) if c is not None]


class _Lines:
    """Lines of bounded length, and not without end; `seen` counts their letters."""

    def __init__(self, file: TextIO) -> None:
        self._file, self.seen = file, 0

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(MOST_LINE):
            self.seen += len(line)
            if len(line) == MOST_LINE or self.seen > MOST_TEXT:
                raise ScenarioError("file", f"may have lines of {MOST_LINE} "
                                    "characters, 20 GB in all", self.seen,
                                    "split it")  # fmt: skip
            yield line


def _check_width(rows: list[list[str]], width: int, first: int) -> None:
    if set(map(len, rows)) <= {0, width}:
        return
    for number, row in enumerate(rows, first):
        if row and len(row) != width:
            raise ScenarioError(f"line {number}", f"must have {width} cells", len(row),
                                "quote cells that hold a comma")  # fmt: skip


def _columns(rows: list[list[str]], places: list[int], width: int) -> list[Any]:
    """Columns of rows, each at its place; those that are not used stay empty."""
    cells: list[Any] = [None] * width
    for place, column in zip(places, zip(*rows, strict=True), strict=True):
        cells[place] = column
    return cells


def _plain(schema: Any, name: str) -> str:
    """Whether a column of Parquet is of texts, or else of numbers or times."""
    if len(schema.get_all_field_indices(name)) != 1:
        raise ScenarioError("file", "must have each column once", name[:60],
                            "rename one")  # fmt: skip
    kind = schema.field(name).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    if not any(is_one(kind) for is_one in _TAKEN):
        raise ScenarioError(f"column {name[:60]}", "must hold numbers, times or texts",
                            str(kind)[:80], "cast it before it is written")  # fmt: skip
    return "other"


def _check_sizes(data: Any, names: list[str], texts: list[str]) -> None:
    """Refuse what says of itself that it is too large to be taken apart."""
    groups = [data.row_group(number) for number in range(data.num_row_groups)]
    for most, some in ((MOST_GROUP_BYTES, names), (MOST_GROUP_TEXT, texts)):
        largest = max((_bytes_of(group, some) for group in groups), default=0)
        if largest > most:
            raise ScenarioError("file", f"may have {most // 1_000_000} MB of "
                                f"{', '.join(some)[:200]} in a row group", largest,
                                "write it in smaller row groups")  # fmt: skip
    if data.num_rows > MOST_ROWS:
        raise ScenarioError("file", f"may have {MOST_ROWS} rows", data.num_rows,
                            "split it")  # fmt: skip


def _bytes_of(group: Any, names: list[str]) -> int:
    chunks = map(group.column, range(group.num_columns))
    return sum(c.total_uncompressed_size for c in chunks if c.path_in_schema in names)


def _short(cells: Any, name: str) -> Any:
    """Cells, if their texts are short."""
    if not pa.types.is_dictionary(cells.type):
        return cells
    texts = cells.dictionary
    lengths = pc.binary_length(texts) if len(texts) else None
    longest = pc.max(lengths).as_py() or 0 if lengths is not None else 0
    if longest > 4 * MOST_CELL:
        raise ScenarioError(f"column {name[:60]}",
                            f"may have texts of {MOST_CELL} letters", longest,
                            "send device keys and models as they are")  # fmt: skip
    return cells


@contextmanager
def _readable() -> Iterator[None]:
    """Say in our words what the readers of formats complain about."""
    try:
        yield
    except (
        csv.Error, zlib.error, EOFError, OSError, pa.ArrowException,
        ArithmeticError, LookupError, TypeError, ValueError,
    ) as error:  # fmt: skip
        raise ScenarioError("file", "must be CSV in UTF-8, gzipped or not, or Parquet",
                            f"{type(error).__name__}: {str(error)[:120]}",
                            "write it again") from error  # fmt: skip

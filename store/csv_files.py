"""Lines and cells of CSV files, gzipped or not, and exactly what is wrong with one."""

from __future__ import annotations

import csv
import gzip
import io
import math
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from twin.errors import ScenarioError

MAX_BYTES = 1_000_000_000
"""Text larger than this, after decompression, is refused."""
MAX_LINE_BYTES = 1_000_000
"""A line longer than this is refused: it would be held whole."""
MAX_ROWS = 5_000_000


class ImportProblem(ScenarioError):  # noqa: N818 - it reports, per line
    """
    A file cannot be used; names line, column, value and repair.

    Args:
        line: Line of the file, the header is 1; 0 is the file as a whole.
        column: Column as the header spells it; "" is the whole line.
    """

    def __init__(
        self, rule: str, value: Any, repair: str, *, line: int = 0, column: str = ""
    ) -> None:
        self.line, self.column = line, column
        where = f"line {line}" if line else "file"
        field = f"{where}, column {column}" if column else where
        super().__init__(field, rule, value, repair)


class Line(NamedTuple):
    """A line that is not blank, as wide as the header."""

    number: int
    header: list[str]
    cells: list[str]

    def wrong(self, at: int, rule: str, repair: str) -> ImportProblem:
        """Refuse one of its cells."""
        return ImportProblem(
            rule, self.cells[at], repair, line=self.number, column=self.header[at]
        )

    def amount(self, at: int) -> float:
        """
        Read a cell that holds a number of 0 or more.

        Raises:
            ImportProblem: If it does not.
        """
        value = number(self.cells[at])
        if not math.isfinite(value) or value < 0:
            raise self.wrong(at, "must be a number of 0 or more",
                             "correct or remove that line")  # fmt: skip
        return value


def read_lines(path: Path) -> tuple[list[str], Iterator[Line]]:
    """
    Read a CSV file, gzipped or not: its header, and line by line what follows.

    Raises:
        ImportProblem: Here or at a line, if it is no such file.
    """
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        raise ImportProblem("must not be empty", "0 lines",
                            "start it with a line of column names")  # fmt: skip
    return first[1], _as_wide(first[1], rows)


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a table as rows of text by column."""
    header, lines = read_lines(path)
    table = [dict(zip(header, line.cells, strict=True)) for line in lines]
    check_rows(len(table))
    return table


def number(cell: str) -> float:
    """Value of a cell; NaN where it holds no number."""
    try:
        return float(cell)
    except ValueError:
        return math.nan


def check_rows(count: int, least: int = 1) -> None:
    """Refuse a file with too few lines."""
    if count < least:
        raise ImportProblem(f"must have at least {least} data lines", count,
                            "choose a file with recordings in it")  # fmt: skip


def no_column(header: Iterable[str], what: str, names: Iterable[str]) -> ImportProblem:
    """Refuse a header without a column that is needed."""
    return ImportProblem(
        f"must have a column of {what}", ", ".join(header)[:200],
        f"name it {' or '.join(names)}", line=1,
    )  # fmt: skip


# --- bytes ----------------------------------------------------------------------------


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """Write under a temporary name, then rename: the file is whole or absent."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class _Counted(io.RawIOBase):
    """Bytes of a file, plain or gzipped, with limits on what comes out."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._file = raw
        self._out = self._line = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._file.read(len(buffer))
        self._out += len(chunk)
        if self._out > MAX_BYTES:
            raise ImportProblem(f"must be at most {MAX_BYTES:,} bytes of text",
                                f"more than {MAX_BYTES:,} bytes",
                                "cut it into shorter recordings")  # fmt: skip
        ended = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        self._line = len(chunk) + (self._line if ended < 0 else -1 - ended)
        if self._line > MAX_LINE_BYTES:
            raise ImportProblem(f"must have lines of at most {MAX_LINE_BYTES:,} bytes",
                                f"a line of more than {MAX_LINE_BYTES:,} bytes",
                                "save it as CSV with one record a line")  # fmt: skip
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of every line that is not blank."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            data: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
            text = io.TextIOWrapper(
                io.BufferedReader(_Counted(data)), encoding="utf-8-sig", newline=""
            )
            reader = csv.reader(text, strict=True)
            for row in reader:
                if len(row) == 0 or not any(cell.strip() for cell in row):
                    continue
                if any("\x00" in cell for cell in row):
                    raise _not_text()
                if reader.line_num > MAX_ROWS:
                    raise ImportProblem(
                        f"must be one of at most {MAX_ROWS:,} lines", reader.line_num,
                        "cut it into shorter recordings", line=reader.line_num,
                    )  # fmt: skip
                yield reader.line_num, [cell.strip() for cell in row]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ImportProblem("must be a whole gzip file", str(error),
                            "copy or download it again") from error  # fmt: skip
    except UnicodeDecodeError as error:
        raise _not_text() from error
    except csv.Error as error:
        raise ImportProblem(
            "must be comma-separated text", str(error), "save it as CSV in UTF-8",
            line=reader.line_num,
        ) from error  # fmt: skip
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> ImportProblem:
    """Refuse a file that cannot be opened."""
    return ImportProblem("must be a file that can be read",
                         f"{path} ({error.strerror})",
                         "check the path and its rights")  # fmt: skip


def _as_wide(
    header: list[str], rows: Iterator[tuple[int, list[str]]]
) -> Iterator[Line]:
    for place, cells in rows:
        if len(cells) != len(header):
            raise ImportProblem(
                f"must have {len(header)} cells like the header", f"{len(cells)} cells",
                "add or remove cells on that line", line=place,
            )  # fmt: skip
        yield Line(place, header, cells)


def _not_text() -> ImportProblem:
    return ImportProblem("must be text in UTF-8", "other bytes",
                         "save it as CSV in UTF-8, gzipped or not")  # fmt: skip

"""Read recorded requests, rates and tables from CSV, and say exactly what is wrong."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import math
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from twin.errors import ScenarioError
from twin.serving.traffic import RecordedRates, RecordedRequests

MAX_BYTES = 1_000_000_000
"""Text larger than this, after decompression, is refused."""
MAX_LINE_BYTES = 1_000_000
"""A line longer than this is refused: it would be held whole."""
MAX_ROWS = 5_000_000
MAX_TOKENS = 10_000_000
MIN_SPAN_S = 1.0
"""A recording, or one window of rates, shorter than this is refused."""
MAX_SPAN_S = 10 * 366 * 86_400.0
MAX_RATE_RPS = 1e6
_REPORT_EVERY = 20_000
_SAME_WINDOW_S = 1e-6
_STAMP = re.compile(r"(.*?)(\.\d+)?(Z|[+-]\d\d:?\d\d)?", re.DOTALL)

TIME_S = ("t_s", "arrived_s", "time_s")
TIME_STAMP = ("timestamp", "timestamp_utc")
PROMPT = ("contexttokens", "context_tokens", "prompt_tokens", "input_tokens")
OUTPUT = ("generatedtokens", "generated_tokens", "output_tokens")
RATE = ("rate_rps", "total_rate_rps")
CV = ("cv", "rate_weighted_cv")
CLIENTS = ("active_clients", "client_count")

OnPart = Callable[[float], None]


class ImportProblem(ScenarioError):  # noqa: N818 - it reports, per line
    """
    A file cannot be used; names line, column, value and repair.

    Args:
        line: Line of the file, the header is 1; 0 is the file as a whole.
        column: Column as the header spells it; "" is the whole line.
    """

    def __init__(
        self, *, line: int, column: str, rule: str, value: Any, repair: str
    ) -> None:
        self.line = line
        self.column = column
        where = f"line {line}" if line else "file"
        super().__init__(
            field=f"{where}, column {column}" if column else where,
            rule=rule,
            value=value,
            repair=repair,
        )


# --- whole files ----------------------------------------------------------------------


def read_requests(path: Path, on_part: OnPart | None = None) -> RecordedRequests:
    """
    Read recorded requests from the publisher's CSV, a copy of it, or a user's file.

    Args:
        path: CSV, gzipped or not. Columns: a time (`t_s` in seconds, or `TIMESTAMP`),
            prompt tokens and output tokens under any of the known names.
        on_part: Called with the part of the file read, 0..1.

    Returns:
        Requests; the first arrives at 0 s.

    Raises:
        ImportProblem: With line, column, value and repair.
    """
    times, prompts, outputs = [], [], []
    rows = _rows(path, on_part)
    header = _header(rows)
    time_at, stamped = _time_column(header)
    prompt_at = _column(header, PROMPT, "prompt tokens")
    output_at = _column(header, OUTPUT, "output tokens")
    before = -math.inf
    for line, row in rows:
        _check_width(line, row, header)
        at_s = _time(line, header, row, time_at, stamped=stamped)
        _check_order(line, header[time_at], row[time_at], at_s, before)
        before = at_s
        times.append(at_s)
        prompts.append(_tokens(line, header, row, prompt_at))
        outputs.append(_tokens(line, header, row, output_at))
    _check_rows(len(times))
    arrived_s = np.array(times)
    _check_span(header[time_at], times[-1] - times[0])
    return RecordedRequests(
        arrived_s=arrived_s - arrived_s[0],
        prompt_tokens=np.array(prompts, dtype=np.int64),
        output_tokens=np.array(outputs, dtype=np.int64),
    )


def read_rates(path: Path, on_part: OnPart | None = None) -> RecordedRates:
    """
    Read request rates in equal windows.

    Args:
        path: CSV, gzipped or not. Columns: `t_s` [s], `rate_rps` or `total_rate_rps`
            [1/s], and optionally `cv` or `rate_weighted_cv` [1], an empty one is 1,
            and `active_clients`, whose mean is the number of clients.
        on_part: Called with the part of the file read, 0..1.

    Returns:
        The rates.

    Raises:
        ImportProblem: With line, column, value and repair.
    """
    rates: list[float] = []
    cvs: list[float] = []
    clients: list[float] = []
    rows = _rows(path, on_part)
    header = _header(rows)
    time_at, stamped = _time_column(header)
    rate_at = _column(header, RATE, "requests per second")
    cv_at = _optional(header, CV)
    clients_at = _optional(header, CLIENTS)
    window_s = first_s = before = math.nan
    for line, row in rows:
        _check_width(line, row, header)
        at_s = _time(line, header, row, time_at, stamped=stamped)
        if len(rates) == 0:
            first_s = at_s
        else:
            _check_order(line, header[time_at], row[time_at], at_s, before, equal=False)
            window_s = at_s - first_s if len(rates) == 1 else window_s
            _check_window(line, header[time_at], at_s - before, window_s)
        before = at_s
        rates.append(_rate(line, header, row, rate_at))
        cvs.append(_cv(line, header, row, cv_at))
        if clients_at is not None:
            clients.append(_number(line, header, row, clients_at))
    _check_rows(len(rates), least=2)
    _check_span(header[time_at], window_s)
    if not any(rates):
        raise ImportProblem(
            line=0, column=header[rate_at], rule="must have some traffic",
            value="all 0", repair="choose a file with a rate above 0",
        )  # fmt: skip
    return RecordedRates(
        window_s=window_s,
        rate_rps=np.array(rates),
        cv=np.array(cvs),
        client_count=max(1, round(float(np.mean(clients)))) if clients else 1,
    )


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a benchmark table as rows of text by column."""
    rows = _rows(path, None)
    header = _header(rows)
    table = []
    for line, row in rows:
        _check_width(line, row, header)
        table.append(dict(zip(header, row, strict=True)))
    _check_rows(len(table))
    return table


# --- lines ----------------------------------------------------------------------------


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
            raise ImportProblem(
                line=0, column="", rule=f"must be at most {MAX_BYTES:,} bytes of text",
                value=f"more than {MAX_BYTES:,} bytes",
                repair="cut it into shorter recordings",
            )  # fmt: skip
        ended = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        self._line = len(chunk) + (self._line if ended < 0 else -1 - ended)
        if self._line > MAX_LINE_BYTES:
            raise ImportProblem(
                line=0, column="",
                rule=f"must have lines of at most {MAX_LINE_BYTES:,} bytes",
                value=f"a line of more than {MAX_LINE_BYTES:,} bytes",
                repair="save it as CSV with one record a line",
            )  # fmt: skip
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _rows(path: Path, on_part: OnPart | None) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of every line that is not blank."""
    try:
        size = max(1, path.stat().st_size)
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
                        line=reader.line_num, column="",
                        rule=f"must be one of at most {MAX_ROWS:,} lines",
                        value=reader.line_num, repair="cut it into shorter recordings",
                    )  # fmt: skip
                if on_part is not None and reader.line_num % _REPORT_EVERY == 0:
                    on_part(min(1.0, raw.tell() / size))
                yield reader.line_num, [cell.strip() for cell in row]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ImportProblem(
            line=0, column="", rule="must be a whole gzip file", value=str(error),
            repair="copy or download it again",
        ) from error  # fmt: skip
    except UnicodeDecodeError as error:
        raise _not_text() from error
    except csv.Error as error:
        raise ImportProblem(
            line=reader.line_num, column="", rule="must be comma-separated text",
            value=str(error), repair="save it as CSV in UTF-8",
        ) from error  # fmt: skip
    except OSError as error:
        raise ImportProblem(
            line=0, column="", rule="must be a file that can be read",
            value=f"{path} ({error.strerror})", repair="check the path and its rights",
        ) from error  # fmt: skip


def _not_text() -> ImportProblem:
    return ImportProblem(
        line=0, column="", rule="must be text in UTF-8", value="other bytes",
        repair="save it as CSV in UTF-8, gzipped or not",
    )  # fmt: skip


def _header(rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    first = next(rows, None)
    if first is None:
        raise ImportProblem(
            line=0, column="", rule="must not be empty", value="0 lines",
            repair="start it with a line of column names",
        )  # fmt: skip
    return first[1]


# --- cells ----------------------------------------------------------------------------


def _column(header: list[str], names: tuple[str, ...], what: str) -> int:
    for index, cell in enumerate(header):
        if cell.lower() in names:
            return index
    raise ImportProblem(
        line=1, column="", rule=f"must have a column of {what}",
        value=", ".join(header)[:200], repair=f"name it {' or '.join(names)}",
    )  # fmt: skip


def _optional(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((i for i, c in enumerate(header) if c.lower() in names), None)


def _time_column(header: list[str]) -> tuple[int, bool]:
    """Index of the time column, and whether it holds calendar stamps."""
    lower = [cell.lower() for cell in header]
    for names, stamped in ((TIME_S, False), (TIME_STAMP, True)):
        for index, cell in enumerate(lower):
            if cell in names:
                return index, stamped
    return _column(header, TIME_S + TIME_STAMP, "time"), False


def _check_width(line: int, row: list[str], header: list[str]) -> None:
    if len(row) != len(header):
        raise ImportProblem(
            line=line, column="", rule=f"must have {len(header)} cells like the header",
            value=f"{len(row)} cells", repair="add or remove cells on that line",
        )  # fmt: skip


def _number(line: int, header: list[str], row: list[str], at: int) -> float:
    try:
        value = float(row[at])
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise ImportProblem(
            line=line, column=header[at], rule="must be a number of 0 or more",
            value=row[at], repair="correct or remove that line",
        )  # fmt: skip
    return value


def _rate(line: int, header: list[str], row: list[str], at: int) -> float:
    value = _number(line, header, row, at)
    if value > MAX_RATE_RPS:
        raise ImportProblem(
            line=line, column=header[at],
            rule=f"must be at most {MAX_RATE_RPS:,.0f} requests per second",
            value=row[at], repair="give requests per second",
        )  # fmt: skip
    return value


def _tokens(line: int, header: list[str], row: list[str], at: int) -> int:
    value = _number(line, header, row, at)
    if value != int(value) or not 1 <= value <= MAX_TOKENS:
        raise ImportProblem(
            line=line, column=header[at],
            rule=f"must be a whole number of tokens, 1 to {MAX_TOKENS:,}",
            value=row[at], repair="correct or remove that line",
        )  # fmt: skip
    return int(value)


def _cv(line: int, header: list[str], row: list[str], at: int | None) -> float:
    """Variation of a window; no column, an empty cell or 0 (no traffic) is Poisson."""
    if at is None or not row[at]:
        return 1.0
    return _number(line, header, row, at) or 1.0


def _time(
    line: int, header: list[str], row: list[str], at: int, *, stamped: bool
) -> float:
    if not stamped:
        return _number(line, header, row, at)
    text = row[at]
    # the publisher writes seven decimals, one more than datetime holds
    head, part, offset = _STAMP.fullmatch(text).groups("")  # type: ignore[union-attr]
    try:
        moment = dt.datetime.fromisoformat(head + offset)
    except ValueError as error:
        raise ImportProblem(
            line=line, column=header[at],
            rule="must be a time such as 2023-11-16 18:15:46.6805900",
            value=text, repair="correct it, or give seconds in a column t_s",
        ) from error  # fmt: skip
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return moment.timestamp() + float(part or 0.0)


def _check_order(
    line: int,
    column: str,
    value: str,
    at_s: float,
    before: float,
    *,
    equal: bool = True,
) -> None:
    if at_s < before or (at_s == before and not equal):
        raise ImportProblem(
            line=line, column=column, rule="must not go back in time", value=value,
            repair="sort the file by time",
        )  # fmt: skip


def _check_window(line: int, column: str, step_s: float, window_s: float) -> None:
    if abs(step_s - window_s) > _SAME_WINDOW_S * max(1.0, window_s):
        raise ImportProblem(
            line=line, column=column,
            rule=f"must follow in equal windows of {window_s:g} s",
            value=f"{step_s:g} s", repair="fill the gap or resample to equal windows",
        )  # fmt: skip


def _check_span(column: str, span_s: float) -> None:
    """Refuse what cannot be seconds: it would repeat without end, or never."""
    if not MIN_SPAN_S <= span_s <= MAX_SPAN_S:
        raise ImportProblem(
            line=0, column=column,
            rule=f"must span {MIN_SPAN_S:g} s to {MAX_SPAN_S:,.0f} s",
            value=f"{span_s:g} s", repair="give times in seconds",
        )  # fmt: skip


def _check_rows(count: int, least: int = 1) -> None:
    if count < least:
        raise ImportProblem(
            line=0, column="", rule=f"must have at least {least} data lines",
            value=count, repair="choose a file with recordings in it",
        )  # fmt: skip

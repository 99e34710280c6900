"""Read recorded requests and request rates from CSV, and say exactly what is wrong."""

from __future__ import annotations

import datetime as dt
import math
import re
from pathlib import Path

import numpy as np

from store.csv_files import (
    ImportProblem,
    Line,
    check_rows,
    no_column,
    read_lines,
)
from twin.serving.traffic import RecordedRates, RecordedRequests

MAX_TOKENS = 10_000_000
MIN_SPAN_S = 1.0
"""A recording, or one window of rates, shorter than this is refused."""
MAX_SPAN_S = 10 * 366 * 86_400.0
MAX_RATE_RPS = 1e6
_SAME_WINDOW_S = 1e-6
_STAMP = re.compile(r"(.*?)(\.\d+)?(Z|[+-]\d\d:?\d\d)?", re.DOTALL)

TIME_S = ("t_s", "arrived_s", "time_s")
TIME_STAMP = ("timestamp", "timestamp_utc")
PROMPT = ("contexttokens", "context_tokens", "prompt_tokens", "input_tokens")
OUTPUT = ("generatedtokens", "generated_tokens", "output_tokens")
RATE = ("rate_rps", "total_rate_rps")
CV = ("cv", "rate_weighted_cv")
CLIENTS = ("active_clients", "client_count")


# --- whole files ----------------------------------------------------------------------


def read_requests(path: Path) -> RecordedRequests:
    """
    Read recorded requests from the publisher's CSV, a copy of it, or a user's file.

    Args:
        path: CSV, gzipped or not. Columns: a time (`t_s` in seconds, or `TIMESTAMP`),
            prompt tokens and output tokens under any of the known names.

    Returns:
        Requests; the first arrives at 0 s.

    Raises:
        ImportProblem: With line, column, value and repair.
    """
    times, prompts, outputs = [], [], []
    header, lines = read_lines(path)
    time_at, stamped = _time_column(header)
    prompt_at = _column(header, PROMPT, "prompt tokens")
    output_at = _column(header, OUTPUT, "output tokens")
    before = -math.inf
    for line in lines:
        at_s = _time(line, time_at, stamped=stamped)
        if at_s < before:
            raise _goes_back(line, time_at)
        before = at_s
        times.append(at_s)
        prompts.append(_tokens(line, prompt_at))
        outputs.append(_tokens(line, output_at))
    check_rows(len(times))
    arrived_s = np.array(times)
    _check_span(header[time_at], times[-1] - times[0])
    return RecordedRequests(
        arrived_s=arrived_s - arrived_s[0],
        prompt_tokens=np.array(prompts, dtype=np.int64),
        output_tokens=np.array(outputs, dtype=np.int64),
    )


def read_rates(path: Path) -> RecordedRates:
    """
    Read request rates in equal windows.

    Args:
        path: CSV, gzipped or not. Columns: `t_s` [s], `rate_rps` or `total_rate_rps`
            [1/s], and optionally `cv` or `rate_weighted_cv` [1], an empty one is 1,
            and `active_clients`, whose mean is the number of clients.

    Returns:
        The rates.

    Raises:
        ImportProblem: With line, column, value and repair.
    """
    rates: list[float] = []
    cvs: list[float] = []
    clients: list[float] = []
    header, lines = read_lines(path)
    time_at, stamped = _time_column(header)
    rate_at = _column(header, RATE, "requests per second")
    cv_at, clients_at = _place(header, CV), _place(header, CLIENTS)
    window_s = first_s = before = math.nan
    for line in lines:
        at_s = _time(line, time_at, stamped=stamped)
        if len(rates) == 0:
            first_s = at_s
        else:
            if at_s <= before:
                raise _goes_back(line, time_at)
            window_s = at_s - first_s if len(rates) == 1 else window_s
            _check_window(line, time_at, at_s - before, window_s)
        before = at_s
        rates.append(_rate(line, rate_at))
        cvs.append(_cv(line, cv_at))
        if clients_at is not None:
            clients.append(line.amount(clients_at))
    check_rows(len(rates), least=2)
    _check_span(header[time_at], window_s)
    if not any(rates):
        raise ImportProblem(
            "must have some traffic", "all 0", "choose a file with a rate above 0",
            column=header[rate_at],
        )  # fmt: skip
    return RecordedRates(
        window_s=window_s,
        rate_rps=np.array(rates),
        cv=np.array(cvs),
        client_count=max(1, round(float(np.mean(clients)))) if clients else 1,
    )


# --- columns --------------------------------------------------------------------------


def _column(header: list[str], names: tuple[str, ...], what: str) -> int:
    found = _place(header, names)
    if found is None:
        raise no_column(header, what, names)
    return found


def _place(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((i for i, c in enumerate(header) if c.lower() in names), None)


def _time_column(header: list[str]) -> tuple[int, bool]:
    """Index of the time column, and whether it holds calendar stamps."""
    seconds = _place(header, TIME_S)
    if seconds is not None:
        return seconds, False
    stamps = _place(header, TIME_STAMP)
    if stamps is None:
        raise no_column(header, "time", TIME_S + TIME_STAMP)
    return stamps, True


# --- cells ----------------------------------------------------------------------------


def _rate(line: Line, at: int) -> float:
    value = line.amount(at)
    if value > MAX_RATE_RPS:
        raise line.wrong(at, f"must be at most {MAX_RATE_RPS:,.0f} requests per second",
                         "give requests per second")  # fmt: skip
    return value


def _tokens(line: Line, at: int) -> int:
    value = line.amount(at)
    if value != int(value) or not 1 <= value <= MAX_TOKENS:
        raise line.wrong(at, f"must be a whole number of tokens, 1 to {MAX_TOKENS:,}",
                         "correct or remove that line")  # fmt: skip
    return int(value)


def _cv(line: Line, at: int | None) -> float:
    """Variation of a window; no column, an empty cell or 0 (no traffic) is Poisson."""
    if at is None or not line.cells[at]:
        return 1.0
    return line.amount(at) or 1.0


def _time(line: Line, at: int, *, stamped: bool) -> float:
    if not stamped:
        return line.amount(at)
    # the publisher writes seven decimals, one more than datetime holds
    head, part, offset = _STAMP.fullmatch(line.cells[at]).groups("")  # type: ignore[union-attr]
    try:
        moment = dt.datetime.fromisoformat(head + offset)
    except ValueError as error:
        raise line.wrong(
            at, "must be a time such as 2023-11-16 18:15:46.6805900",
            "correct it, or give seconds in a column t_s",
        ) from error  # fmt: skip
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return moment.timestamp() + float(part or 0.0)


def _goes_back(line: Line, at: int) -> ImportProblem:
    return line.wrong(at, "must not go back in time", "sort the file by time")


def _check_window(line: Line, at: int, step_s: float, window_s: float) -> None:
    if abs(step_s - window_s) > _SAME_WINDOW_S * max(1.0, window_s):
        raise ImportProblem(
            f"must follow in equal windows of {window_s:g} s", f"{step_s:g} s",
            "fill the gap or resample to equal windows", line=line.number,
            column=line.header[at],
        )  # fmt: skip


def _check_span(column: str, span_s: float) -> None:
    """Refuse what cannot be seconds: it would repeat without end, or never."""
    if not MIN_SPAN_S <= span_s <= MAX_SPAN_S:
        raise ImportProblem(
            f"must span {MIN_SPAN_S:g} s to {MAX_SPAN_S:,.0f} s", f"{span_s:g} s",
            "give times in seconds", column=column,
        )  # fmt: skip

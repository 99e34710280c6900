"""
Read price and carbon series from CSV: Electricity Maps, ENTSO-E, EIA-like and our own.

A stamp with an offset, or in a column that says UTC, is an instant. Any other is local
time: of the hour that the autumn clock change gives twice, the first row is summer
time, the second winter time; the hour that spring skips does not exist.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from store.exchange.files import Rows, read_csv, refuse
from twin.exchange.series import RANGES, Evened, SeriesKind, even
from twin.exchange.topology import RowError

_TIME = re.compile(
    r"datetime|time|timestamp|period|mtu|date|interval|hour beginning", re.IGNORECASE
)
_VALUE = {
    "price": re.compile(r"price|lmp|cost", re.IGNORECASE),
    "carbon": re.compile(
        r"carbon.?intensity|gco|co2|(^|_)ci(_|$)|avg_ci", re.IGNORECASE
    ),
}
_UTC = re.compile(r"utc|gmt", re.IGNORECASE)
_CURRENCY = re.compile(r"(EUR|USD|GBP|NOK|SEK|DKK|CHF|PLN|AUD|CAD|JPY)", re.IGNORECASE)
_PER_KWH = re.compile(r"(?<![a-z])(/|per_|per )?\s*kwh", re.IGNORECASE)
_FORMS = (
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
)  # fmt: skip
_OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
_MISSING = frozenset({"", "-", "n/e", "na", "nan", "null", "none"})
MAX_ERRORS = 1000
_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFile:
    """A series, what its columns were, and rows that could not be used."""

    evened: Evened
    time_column: str
    value_column: str
    zone: str
    errors: tuple[RowError, ...]
    unused: tuple[str, ...]


def read_series(
    kind: SeriesKind, content: bytes, *, column: str = "", zone: str = "",
    unit: str = "",
) -> SeriesFile:  # fmt: skip
    """
    Read a series from CSV.

    Args:
        kind: "price" or "carbon".
        content: The file.
        column: Column with the values; "" takes the one that looks like it.
        zone: IANA time zone of stamps that name none; "" needs a column in UTC.
        unit: For example "EUR/MWh"; "" takes it from the column's name.

    Raises:
        ScenarioError: If columns, zone or unit cannot be told, or too few rows can.
    """
    rows = read_csv(content)
    if not rows:
        raise refuse("must have rows", 0, "choose another file")
    header = list(rows[0])
    time_column = _pick(header, _TIME, "time", "")
    value_column = _pick(
        [h for h in header if h != time_column], _VALUE[kind], kind, column
    )
    known_zone = _zone(time_column, zone, rows)
    per_mwh, named_unit = _unit(kind, unit, value_column)
    times, values, errors = _cells(
        rows, time_column, value_column, known_zone, kind, per_mwh
    )
    return SeriesFile(
        evened=even(times, values, kind=kind, unit=named_unit), zone=str(known_zone),
        time_column=time_column, value_column=value_column, errors=tuple(errors),
        unused=tuple(h for h in header if h not in {time_column, value_column}),
    )  # fmt: skip


def _pick(header: Sequence[str], looks: re.Pattern[str], what: str, said: str) -> str:
    if said:
        if said in header:
            return said
        raise refuse("must be a column", said, f"columns are {header[:12]}", "column")
    found = next((name for name in header if looks.search(name)), None)
    if found is None:
        raise refuse(
            f"must have a column of {what}", ", ".join(header)[:200],
            "name it in the option column, or in the header",
        )  # fmt: skip
    return found


def _zone(column: str, said: str, rows: Rows) -> dt.tzinfo:
    if _UTC.search(column) or _OFFSET.search(str(rows[0].get(column) or "").strip()):
        return dt.UTC
    if not said and re.search(r"CET|CEST", column):
        said = "Europe/Brussels"
    if not said:
        raise refuse(
            "must say a time zone", column, "give zone, for example Europe/Madrid, or "
            "UTC", "zone",
        )  # fmt: skip
    try:
        return dt.UTC if said == "UTC" else ZoneInfo(said)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise refuse(
            "must be an IANA time zone", said[:60], "for example Europe/Madrid", "zone"
        ) from error


def _unit(kind: SeriesKind, said: str, column: str) -> tuple[float, str]:
    """Factor to our unit, and our unit."""
    text = said or column
    if kind == "carbon":
        tonnes = re.search(r"\bt(co2)?/?mwh|tonne", text, re.IGNORECASE)
        pounds = re.search(r"\blbs?\b", text, re.IGNORECASE)
        return (1000.0 if tonnes else 0.45359237 if pounds else 1.0), "g/kWh"
    currency = _CURRENCY.search(text) or ("$" in text and re.match("USD", "USD"))
    if not currency:
        raise refuse(
            "must say its money", column, "give unit, for example EUR/MWh", "unit"
        )
    kwh = bool(_PER_KWH.search(text)) and "mwh" not in text.lower()
    return (1000.0 if kwh else 1.0), f"{currency[0].upper()}/MWh"


def _cells(
    rows: Rows, time_column: str, value_column: str, zone: dt.tzinfo,
    kind: SeriesKind, factor: float,
) -> tuple[list[int], list[float], list[RowError]]:  # fmt: skip
    times, values, errors = [], [], []
    low, high = RANGES[kind]
    before: set[dt.datetime] = set()
    for line, row in enumerate(rows, start=2):
        at, value = row.get(time_column), row.get(value_column)
        try:
            at_us = _instant(str(at or ""), zone, before)
        except ValueError as error:
            errors.append(_wrong(line, time_column, str(error), at))
            continue
        number = _number(value)
        if number is None or not (math.isnan(number) or low <= number * factor <= high):
            rule = f"must be a number of {low:g} to {high:g}"
            errors.append(_wrong(line, value_column, rule, value))
            continue
        times.append(at_us)
        values.append(number * factor)
        if len(errors) > MAX_ERRORS:
            break
    return times, values, errors[:MAX_ERRORS]


def _wrong(line: int, column: str, rule: str, value: Any) -> RowError:
    return RowError(
        table="rows", row=line, field=column, rule=rule, value=str(value)[:80],
        repair="correct that line; it is left out, and its step is a gap",
    )  # fmt: skip


def _number(cell: Any) -> float | None:
    text = str(cell or "").strip().lower()
    if text in _MISSING:
        return math.nan
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _instant(cell: str, zone: dt.tzinfo, before: set[dt.datetime]) -> int:
    """
    Instant of a stamp. [us]

    Raises:
        ValueError: Says what it must be.
    """
    text = re.split(r"\s+-\s+", cell.strip())[0].strip()
    text = re.sub(r"\s*\(.*\)$", "", text)
    offset = _OFFSET.search(text) if re.search(r"\d[T ]\d", text) else None
    if offset is not None:
        return _us(dt.datetime.fromisoformat(text))
    naive = _parsed(text)
    if zone is dt.UTC:
        return _us(naive.replace(tzinfo=dt.UTC))
    first, second = (naive.replace(tzinfo=zone, fold=k) for k in (0, 1))
    if first.utcoffset() != second.utcoffset():
        there = first.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None)
        if there != naive:
            raise ValueError("does not exist: the clock skips it in spring")
        if naive in before:
            return _us(second)
        before.add(naive)
    return _us(first)


def _parsed(text: str) -> dt.datetime:
    text = re.sub(r"\.\d+$", "", text)
    for form in _FORMS:
        try:
            return dt.datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError("must be a date and time, such as 2026-01-05 13:00")


def _us(at: dt.datetime) -> int:
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return (at - epoch) // dt.timedelta(microseconds=1)

"""Ride-through tables from files: ours, and a user's own beside them."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import yaml

from store.own_files import yaml_texts
from twin.errors import ScenarioError
from twin.stabilize.ride_table import Band, RideTable

OURS = "ride_through"
_FIELDS = {f.name: f for f in fields(RideTable)}
_NEEDED = {
    name for name, f in _FIELDS.items()
    if f.default is MISSING and f.default_factory is MISSING
}  # fmt: skip
_UNITS = {"voltage": "pu", "frequency": "hz"}
_NUMBERS = (
    "rocof_limit_hz_per_s", "rocof_window_s", "recovery_frac", "recovery_most_frac",
    "recovery_s", "recovered_pu", "most_current_frac",
)  # fmt: skip


def ride_tables(folder: Path | None = None) -> dict[str, RideTable]:
    """
    Read every table.

    Args:
        folder: A user's own; a table of a name of ours takes its place.

    Returns:
        Tables by key, ours first.

    Raises:
        ScenarioError: If a file is no table; names it, what is wrong, and the repair.
    """
    texts = yaml_texts(OURS, folder)
    found = (read_ride_table(text, name) for name, text in texts)
    return {table.key: table for table in found}


def read_ride_table(text: str, name: str) -> RideTable:
    """
    Read one table.

    Args:
        text: YAML.
        name: Of its file, for errors.

    Raises:
        ScenarioError: If it is no table.
    """
    data = _mapping(text, name)
    for key in _NUMBERS:
        if not _is_number(data.get(key, 0.0)):
            raise _wrong(f"{name}.{key}", "must be a number", data[key], "in SI units")
    forbidden = data.get("counting_forbidden", False)
    if not isinstance(forbidden, bool):
        field = f"{name}.counting_forbidden"
        raise _wrong(field, "must be true or false", forbidden, "write true or false")
    bands = {
        key: tuple(_band(row, f"{name}.{key}", unit) for row in _rows(data, key, name))
        for key, unit in _UNITS.items()
    }
    try:
        return RideTable(**(data | bands | {"date": str(data["date"])}))
    except (TypeError, ValueError) as error:
        raise _wrong(
            name, "is no ride-through table", str(error), "mend that"
        ) from error


def _mapping(text: str, name: str) -> dict[str, Any]:
    """A file's fields, all known and none missing."""
    try:
        data: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _wrong(name, "is no YAML", str(error), "mend its syntax") from error
    if not isinstance(data, dict):
        raise _wrong(name, "must be a mapping", type(data).__name__, "write key: value")
    strange = sorted(str(key) for key in set(data) - set(_FIELDS))
    if strange:
        known = ", ".join(_FIELDS)
        raise _wrong(name, "has an unknown field", strange[0], f"known are {known}")
    missing = sorted(_NEEDED - set(data))
    if missing:
        raise _wrong(name, "lacks a field", missing[0], f"add {missing[0]}")
    return data


def _rows(data: dict[str, Any], key: str, name: str) -> list[Any]:
    rows = data.get(key, [])
    if not isinstance(rows, list):
        field, got = f"{name}.{key}", type(rows).__name__
        raise _wrong(field, "must be a list of bands", got, "write one band per line")
    return rows


def _band(row: Any, field: str, unit: str) -> Band:
    """One row of a table."""
    names = (f"from_{unit}", f"to_{unit}", "least_s")
    repair = f"write {{{names[0]}: …, {names[1]}: …, {names[2]}: …}}"
    if not isinstance(row, dict) or set(row) != set(names):
        raise _wrong(field, "has a row that is no band", row, repair)
    for key in names:
        if not _is_number(row[key]):
            raise _wrong(f"{field}.{key}", "must be a number", row[key], "in SI units")
    try:
        return Band(low=row[names[0]], high=row[names[1]], least_s=row["least_s"])
    except ValueError as error:
        raise _wrong(field, "has a row that is no band", str(error), repair) from error


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong(field: str, rule: str, value: Any, repair: str) -> ScenarioError:
    return ScenarioError(field=field, rule=rule, value=value, repair=repair)

"""Ride-through tables from files: ours, and a user's own beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from store.own_files import check_numbers, parsed, record_fields, yaml_texts
from twin.errors import ScenarioError
from twin.stabilize.ride_table import Band, RideTable

OURS = "ride_through"
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
    data = record_fields(parsed(text, name), name, RideTable)
    check_numbers(data, _NUMBERS, name)
    forbidden = data.get("counting_forbidden", False)
    if not isinstance(forbidden, bool):
        field = f"{name}.counting_forbidden"
        raise ScenarioError(field, "must be true or false", forbidden,
                            "write true or false")  # fmt: skip
    bands = {
        key: tuple(_band(row, f"{name}.{key}", unit) for row in _rows(data, key, name))
        for key, unit in _UNITS.items()
    }
    try:
        return RideTable(**(data | bands | {"date": str(data["date"])}))
    except (TypeError, ValueError) as error:
        raise ScenarioError(name, "is no ride-through table", str(error),
                            "mend that") from error  # fmt: skip


def _rows(data: dict[str, Any], key: str, name: str) -> list[Any]:
    rows = data.get(key, [])
    if not isinstance(rows, list):
        field, got = f"{name}.{key}", type(rows).__name__
        raise ScenarioError(field, "must be a list of bands", got,
                            "write one band per line")  # fmt: skip
    return rows


def _band(row: Any, field: str, unit: str) -> Band:
    """One row of a table."""
    names = (f"from_{unit}", f"to_{unit}", "least_s")
    repair = f"write {{{names[0]}: …, {names[1]}: …, {names[2]}: …}}"
    if not isinstance(row, dict) or set(row) != set(names):
        raise ScenarioError(field, "has a row that is no band", row, repair)
    check_numbers(row, names, field)
    try:
        return Band(low=row[names[0]], high=row[names[1]], least_s=row["least_s"])
    except ValueError as error:
        raise ScenarioError(field, "has a row that is no band", str(error),
                            repair) from error  # fmt: skip

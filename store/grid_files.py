"""Grid rules, ride-through tables and critical frequencies: ours, and a user's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from store.own_files import (
    MODES_FILE,
    check_numbers,
    parsed,
    record_fields,
    text_of,
    yaml_texts,
)
from twin.errors import ScenarioError
from twin.stabilize.resonance import CriticalMode
from twin.stabilize.ride_table import Band, RideTable
from twin.stabilize.rules import Rule

R = TypeVar("R", Rule, RideTable, CriticalMode)
_UNITS = {"voltage": "pu", "frequency": "hz"}
_TABLE_NUMBERS = (
    "rocof_limit_hz_per_s", "rocof_window_s", "recovery_frac", "recovery_most_frac",
    "recovery_s", "recovered_pu", "most_current_frac",
)  # fmt: skip


def grid_rules(folder: Path | None = None) -> dict[str, Rule]:
    """
    Read every rule.

    Args:
        folder: A user's own; a rule of a name of ours takes its place.

    Returns:
        Rules by key, ours first.

    Raises:
        ScenarioError: If a file is no rule; names it, what is wrong, and the repair.
    """
    found = (read_rule(text, name) for name, text in yaml_texts("grid_rules", folder))
    return {rule.key: rule for rule in found}


def ride_tables(folder: Path | None = None) -> dict[str, RideTable]:
    """Read every ride-through table; as `grid_rules`."""
    texts = yaml_texts("ride_through", folder)
    found = (read_ride_table(text, name) for name, text in texts)
    return {table.key: table for table in found}


def critical_modes(path: Path | None = None) -> dict[str, CriticalMode]:
    """Read every mode, a user's own of one file; else as `grid_rules`."""
    found = read_modes(files("store").joinpath(MODES_FILE).read_text(), MODES_FILE)
    if path is not None:
        found |= read_modes(text_of(path), path.name)
    return found


# --- one file -------------------------------------------------------------------------


def read_rule(text: str, name: str) -> Rule:
    """
    Read one rule.

    Args:
        text: YAML.
        name: Of its file, for errors.

    Raises:
        ScenarioError: If it is no rule.
    """
    data = _checked(Rule, parsed(text, name), name, "limit", "window_s", "low_hz",
                    "high_hz")  # fmt: skip
    return _made(Rule, data, name, "is no rule")


def read_ride_table(text: str, name: str) -> RideTable:
    """Read one table; as `read_rule`."""
    data = _checked(RideTable, parsed(text, name), name, *_TABLE_NUMBERS)
    forbidden = data.get("counting_forbidden", False)
    if not isinstance(forbidden, bool):
        raise ScenarioError(f"{name}.counting_forbidden", "must be true or false",
                            forbidden, "write true or false")  # fmt: skip
    bands = {
        key: tuple(_band(row, f"{name}.{key}", unit) for row in _rows(data, key, name))
        for key, unit in _UNITS.items()
    }
    return _made(RideTable, data | bands, name, "is no ride-through table")


def read_modes(text: str, name: str) -> dict[str, CriticalMode]:
    """Read a list of modes; as `read_rule`."""
    data = parsed(text, name)
    if not isinstance(data, list):
        raise ScenarioError(name, "must be a list", type(data).__name__,
                            "begin each with '-'")  # fmt: skip
    found: dict[str, CriticalMode] = {}
    for k, entry in enumerate(data):
        place = f"{name}[{k}]"
        fields = _checked(CriticalMode, entry, place, "low_hz", "high_hz", "limit_w",
                          "limit_frac")  # fmt: skip
        mode = _made(CriticalMode, fields, place, "is no mode")
        if mode.key in found:
            raise ScenarioError(f"{place}.key", "is there twice", mode.key,
                                "rename one")  # fmt: skip
        found[mode.key] = mode
    return found


def _checked(record: type[R], data: Any, name: str, *numbers: str) -> dict[str, Any]:
    """Fields of a record, those that must be numbers looked at."""
    fields = record_fields(data, name, record)
    check_numbers(fields, numbers, name)
    return fields


def _made(record: type[R], data: dict[str, Any], name: str, rule: str) -> R:
    """Make a record; YAML may read its date as one."""
    date = {"date": str(data["date"])} if "date" in data else {}
    try:
        return record(**(data | date))
    except (TypeError, ValueError) as error:
        raise ScenarioError(name, rule, str(error), "mend that") from error


def _rows(data: dict[str, Any], key: str, name: str) -> list[Any]:
    rows = data.get(key, [])
    if not isinstance(rows, list):
        raise ScenarioError(f"{name}.{key}", "must be a list of bands",
                            type(rows).__name__,
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

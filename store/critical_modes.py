"""Critical frequencies from a file: ours, and a user's own beside them."""

from __future__ import annotations

from dataclasses import MISSING, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from twin.errors import ScenarioError
from twin.stabilize.resonance import CriticalMode

OURS = "critical_modes.yaml"
_FIELDS = {f.name: f for f in fields(CriticalMode)}
_NEEDED = {
    name for name, f in _FIELDS.items()
    if f.default is MISSING and f.default_factory is MISSING
}  # fmt: skip


def critical_modes(path: Path | None = None) -> dict[str, CriticalMode]:
    """
    Read every mode.

    Args:
        path: A user's own file; a mode of a name of ours takes its place.

    Returns:
        Modes by key, ours first.

    Raises:
        ScenarioError: If a file holds no modes; names it, what is wrong, and the
            repair.
    """
    found = read_modes(files("store").joinpath(OURS).read_text(), OURS)
    if path is not None:
        found |= read_modes(path.read_text(), path.name)
    return found


def read_modes(text: str, name: str) -> dict[str, CriticalMode]:
    """
    Read a list of modes.

    Args:
        text: YAML.
        name: Of its file, for errors.

    Raises:
        ScenarioError: If it is none.
    """
    try:
        data: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _wrong(name, "is no YAML", str(error), "mend its syntax") from error
    if not isinstance(data, list):
        raise _wrong(name, "must be a list", type(data).__name__, "begin each with '-'")
    found: dict[str, CriticalMode] = {}
    for k, entry in enumerate(data):
        mode = _mode(entry, f"{name}[{k}]")
        if mode.key in found:
            raise _wrong(f"{name}[{k}].key", "is there twice", mode.key, "rename one")
        found[mode.key] = mode
    return found


def _mode(data: Any, name: str) -> CriticalMode:
    if not isinstance(data, dict):
        raise _wrong(name, "must be a mapping", type(data).__name__, "write key: value")
    strange = sorted(str(key) for key in set(data) - set(_FIELDS))
    if strange:
        known = ", ".join(_FIELDS)
        raise _wrong(name, "has an unknown field", strange[0], f"known are {known}")
    missing = sorted(_NEEDED - set(data))
    if missing:
        raise _wrong(name, "lacks a field", missing[0], f"add {missing[0]}")
    for key in ("low_hz", "high_hz", "limit_w", "limit_frac"):
        value = data.get(key, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong(f"{name}.{key}", "must be a number", value, "in SI units")
    try:
        return CriticalMode(**(data | {"date": str(data.get("date", "unknown"))}))
    except (TypeError, ValueError) as error:
        raise _wrong(name, "is no mode", str(error), "mend that") from error


def _wrong(field: str, rule: str, value: Any, repair: str) -> ScenarioError:
    return ScenarioError(field=field, rule=rule, value=value, repair=repair)

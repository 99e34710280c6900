"""Grid rules from files: ours, and a user's own beside them."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import yaml

from store.own_files import yaml_texts
from twin.errors import ScenarioError
from twin.stabilize.rules import Rule

OURS = "grid_rules"
_FIELDS = {f.name: f for f in fields(Rule)}
_NEEDED = {
    name for name, f in _FIELDS.items()
    if f.default is MISSING and f.default_factory is MISSING
}  # fmt: skip


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
    texts = yaml_texts(OURS, folder)
    return {rule.key: rule for rule in (read_rule(t, name) for name, t in texts)}


def read_rule(text: str, name: str) -> Rule:
    """
    Read one rule.

    Args:
        text: YAML.
        name: Of its file, for errors.

    Raises:
        ScenarioError: If it is no rule.
    """
    try:
        data: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _wrong(name, "is no YAML", str(error), "mend its syntax") from error
    if not isinstance(data, dict):
        raise _wrong(name, "must be a mapping", type(data).__name__, "write key: value")
    strange = sorted(set(data) - set(_FIELDS))
    if strange:
        known = ", ".join(_FIELDS)
        raise _wrong(name, "has an unknown field", strange[0], f"known are {known}")
    missing = sorted(_NEEDED - set(data))
    if missing:
        raise _wrong(name, "lacks a field", missing[0], f"add {missing[0]}")
    for key in ("limit", "window_s", "low_hz", "high_hz"):
        if not isinstance(data.get(key, 0.0), int | float):
            raise _wrong(
                f"{name}.{key}", "must be a number", data[key],
                "give it in SI units, an exponent with its sign: 5.0e+6",
            )  # fmt: skip
    try:
        return Rule(**(data | {"date": str(data["date"])}))
    except (TypeError, ValueError) as error:
        raise _wrong(name, "is no rule", str(error), "mend that") from error


def _wrong(field: str, rule: str, value: Any, repair: str) -> ScenarioError:
    return ScenarioError(field=field, rule=rule, value=value, repair=repair)

"""
Data files that ship with the product, and a user's own beside them.

One mechanism for all kinds: a folder by setting, one YAML file per entry, read anew for
each question, refused by file, field, rule and repair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from twin.errors import ScenarioError

MODES_FILE = "critical_modes.yaml"
"""Stands among a user's rules and is none."""


def yaml_texts(ours: str, own: Path | None) -> Iterator[tuple[str, str]]:
    """
    Read every YAML file of a kind.

    Args:
        ours: Folder inside `store`.
        own: A user's folder, read after ours.

    Yields:
        Name and text of each, ours first, each in order of names.

    Raises:
        ScenarioError: If the user's folder is not there, or a file cannot be read.
    """
    shipped = files("store").joinpath(ours)
    for name in sorted(entry.name for entry in shipped.iterdir()):
        if name.endswith(".yaml"):
            yield name, shipped.joinpath(name).read_text()
    if own is not None:
        yield from own_texts(own, "NAMEPLATE_GRID_RULES_DIR")


def own_texts(own: Path, setting: str) -> Iterator[tuple[str, str]]:
    """Read the YAML files of a user's folder that a setting names."""
    if not own.is_dir():
        raise ScenarioError(setting, "must be a folder", str(own),
                            "create it, or leave the variable out")  # fmt: skip
    for path in sorted(own.glob("*.yaml")):
        if path.name != MODES_FILE:
            yield path.name, text_of(path)


def text_of(path: Path) -> str:
    """
    Text of a user's file.

    Raises:
        ScenarioError: If it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(path.name, "must be text that can be read", str(error),
                            "save it as UTF-8") from error  # fmt: skip


def parsed(text: str, name: str) -> Any:
    """
    Parse the YAML of a file.

    Raises:
        ScenarioError: If it is none.
    """
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise ScenarioError(name, "is no YAML", str(error),
                            "mend its syntax") from error  # fmt: skip


def record_fields(data: Any, name: str, record: type) -> dict[str, Any]:
    """
    Fields of a record as a file gives them, all known and none missing.

    Args:
        data: What the file holds.
        name: Of the file, for errors.
        record: The dataclass.

    Raises:
        ScenarioError: If it is no mapping, or a field is unknown or missing.
    """
    if not isinstance(data, dict):
        raise ScenarioError(name, "must be a mapping", type(data).__name__,
                            "write key: value")  # fmt: skip
    known = {f.name: f for f in fields(record)}
    strange = sorted(str(key) for key in set(data) - set(known))
    if strange:
        raise ScenarioError(name, "has an unknown field", strange[0],
                            f"known are {', '.join(known)}")  # fmt: skip
    needed = {
        key for key, f in known.items()
        if f.default is MISSING and f.default_factory is MISSING
    }  # fmt: skip
    missing = sorted(needed - set(data))
    if missing:
        raise ScenarioError(name, "lacks a field", missing[0], f"add {missing[0]}")
    return data


def check_numbers(data: dict[str, Any], keys: Iterable[str], name: str) -> None:
    """
    Look whether fields that are given are numbers.

    Raises:
        ScenarioError: If one is not.
    """
    for key in keys:
        if not is_number(data.get(key, 0.0)):
            raise ScenarioError(f"{name}.{key}", "must be a number", data[key],
                                "give it in SI units, an exponent with its sign: "
                                "5.0e+6")  # fmt: skip


def is_number(value: Any) -> bool:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)

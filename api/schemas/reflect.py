"""Schemas of the core's records, read off them: one truth for units and words."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from pydantic import create_model

from api.schemas.base import Out, said

_ARGUMENT = re.compile(r"^ {8}(\w+): (.+(?:\n {12}.+)*)", re.MULTILINE)
_UNIT = re.compile(r"\[([^\]]+)\]")
_SIMPLE: dict[Any, tuple[Any, Any]] = {
    int: (int, 1), bool: (bool, True), str: (str, "UPS-H1-A"),
    float: (float | None, 1.0),
}  # fmt: skip
_UNITS = {"°C": "C"}


@cache
def schema_of(record: type) -> type[Out]:
    """
    Build the schema of a dataclass from its types and its `Args` lines.

    Args:
        record: A dataclass of the core whose docstring says every field, its unit in
            brackets.

    Returns:
        A model of the same name with `Out` behind it; not-a-number is null.

    Raises:
        TypeError: If a field is not said in the docstring.
    """
    hints, said_of = get_type_hints(record), _said(record)
    body: dict[str, Any] = {}
    for part in fields(record):
        if part.name not in said_of:
            raise TypeError(f"{record.__name__}.{part.name} is not in its docstring")
        text, unit = said_of[part.name]
        kind, example = _kind(hints[part.name])
        body[part.name] = (kind, said(text, example, unit=unit))
    return create_model(
        f"{record.__name__}Out", __base__=Out, __doc__=_first_line(record), **body
    )


def _first_line(record: type) -> str:
    """What a record is, in its own words."""
    return (inspect.getdoc(record) or "").split("\n\n")[0]


def _said(record: type) -> dict[str, tuple[str, str]]:
    """Meaning and unit of each field."""
    found = {}
    for name, text in _ARGUMENT.findall(record.__doc__ or ""):
        words = " ".join(text.split())
        unit = _UNIT.search(words)
        plain = _UNIT.sub("", words).replace(" .", ".").strip().rstrip(".,")
        found[name] = plain, _UNITS.get(unit[1], unit[1]) if unit else ""
    return found


def _kind(hint: Any) -> tuple[Any, Any]:
    """Type in JSON, and an example."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if is_dataclass(hint) and isinstance(hint, type):
        return schema_of(hint), {}
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        kind, example = _kind(next(a for a in inner if a is not type(None)))
        return kind | None, example
    if origin is tuple:
        kind, _ = _kind(inner[0])
        return list[kind], []  # type: ignore[valid-type]
    if origin is np.ndarray:
        return list[Any] | None, [1.0]
    if origin in (dict, Mapping):
        kind, _ = _kind(inner[1])
        return dict[str, kind], {}  # type: ignore[valid-type]
    return Any, None

"""
What pages post, checked where it comes in: against its callback, and value by value.

A link, a script or another version of a page may send anything. What passes here can be
read by the callback that asked for it; what fails after it is a fault of ours.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.pages.posted import PROPERTIES, STORES, VALUES
from twin.errors import ScenarioError

Json = dict[str, Any]
MOST_DEEP = 100
"""Levels of what is posted: YAML and models go through it by calling themselves."""


def check(body: Any, callbacks: Mapping[str, Json]) -> None:
    """
    Refuse what a page would not send.

    Args:
        body: The question, parsed; None where it is no JSON.
        callbacks: The page's callbacks by their outputs, as Dash keeps them.

    Raises:
        ScenarioError: If it names no callback, or not the inputs of that one, or if a
            value has not the shape that it has on the page.
    """
    _readable(body)
    output = body.get("output")
    found = callbacks.get(output) if isinstance(output, str) else None
    if found is None or "callback" not in found:
        raise _wrong("output", "must name a callback of this page", output)
    if body.get("outputs") != _outputs(output):
        raise _wrong("outputs", "must be those that output names", body.get("outputs"))
    declared = [*found["inputs"], *found["state"]]
    posted = [_list_of(body, "inputs"), _list_of(body, "state")]
    if list(map(len, posted)) != [len(found["inputs"]), len(found["state"])]:
        raise _wrong("inputs", "must be as many as declared", list(map(len, posted)))
    asked: set[str] = set()
    for place, (cell, known) in enumerate(zip(chain(*posted), declared, strict=True)):
        of_one = len(found["inputs"]) == 1 and place == 0
        asked |= set(_checked(cell, known, needed=of_one))
    changed = _list_of(body, "changedPropIds")
    if not all(isinstance(name, str) and name in asked for name in changed):
        raise _wrong("changedPropIds", "must be among the inputs", changed)


def _readable(body: Any) -> None:
    try:
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise _wrong("body", "must be JSON in UTF-8, not deep", str(error)) from error
    level = [body]
    for _ in range(MOST_DEEP):
        level = [part for whole in level for part in _parts(whole)]
    if level:
        raise _wrong("body", f"must not be nested more than {MOST_DEEP} deep", "more")
    if not isinstance(body, dict):
        raise _wrong("body", "must be an object in JSON", body)


def _parts(whole: Any) -> Iterable[Any]:
    if isinstance(whole, dict):
        return whole.values()
    return whole if isinstance(whole, list) else ()


def _list_of(body: Json, name: str) -> list[Any]:
    found = body.get(name, [])
    if not isinstance(found, list):
        raise _wrong(name, "must be a list", found)
    return found


def _outputs(output: str) -> Any:
    """Outputs as a page lists them, of their names in one text."""
    names = output.strip(".").split("...") if output.startswith("..") else [output]
    pairs = (name.rsplit(".", 1) for name in names)
    cells = [{"id": name, "property": prop} for name, prop in pairs]
    return cells if output.startswith("..") else cells[0]


def _checked(cell: Any, known: Json, *, needed: bool) -> Iterator[str]:
    """Check what was posted for one input or state; yields the names it is known by."""
    many, prop = known["id"].startswith("{"), known["property"]
    keys = json.loads(known["id"]).keys() if many else ()
    for one in cell if many and isinstance(cell, list) else [cell]:
        name = one.get("id") if isinstance(one, dict) else None
        meant = name == known["id"] if not many else (
            isinstance(name, dict) and name.keys() == keys
            and all(isinstance(part, str) for part in name.values())
        )  # fmt: skip
        if not meant or one.get("property") != prop:
            raise _wrong("inputs", "must be those that the callback declares", one)
        _shaped(
            f"{'' if many else name}.{prop}", one.get("value"),
            needed=needed and prop == "data",
        )  # fmt: skip
        written = json.dumps(name, sort_keys=True, separators=(",", ":"))
        yield f"{written if many else name}.{prop}"


def _shaped(name: str, value: Any, *, needed: bool) -> None:
    if value is None and not needed:
        return
    try:
        shape_of(name).validate_python(value, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join([name, *map(str, first["loc"])])
        raise _wrong(where, first["msg"], first["input"]) from error


@cache
def shape_of(name: str) -> TypeAdapter[Any]:
    """
    Return what checks a value.

    Args:
        name: Id and property, as `site-kept.data`.

    Raises:
        KeyError: If nobody has said what it holds.
    """
    key, _, prop = name.rpartition(".")
    known = STORES[key] if prop == "data" else VALUES.get(name, PROPERTIES[prop])
    return TypeAdapter(known)


def _wrong(field: str, rule: str, value: Any) -> ScenarioError:
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)
    return ScenarioError(field, rule, value, "load the page again")

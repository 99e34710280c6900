"""Fields of inputs by dotted path: what exists, its unit and limits."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Kind = Literal["number", "whole", "choice", "text", "flag", "part"]
_DEPTH = 6
_INDEX_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFact:
    """
    One field of some inputs.

    Args:
        path: Dotted path; list items by number.
        doc: What it is.
        unit: Its unit, "" where it has none.
        kind: number, whole number, one of `choices`, text, flag, or a part of its own.
        low: Lowest value allowed, None for no limit.
        high: Highest value allowed.
        low_open: Whether the lowest itself is not allowed.
        high_open: The same for the highest.
        choices: What a choice may be.
    """

    path: str
    doc: str
    unit: str
    kind: Kind
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    choices: tuple[str, ...] = ()


def find_field(model: type[BaseModel], path: str) -> FieldFact | None:
    """
    Look a field up by its dotted path.

    Args:
        model: Type of the inputs.
        path: For example "fleet.server_count" or "workload.classes.0.share".

    Returns:
        The field; None if no alternative of the inputs has it.
    """
    *parents, last = path.split(".")
    models = models_at(model, parents)
    facts = [
        _fact(path, m.model_fields[last]) for m in models if last in m.model_fields
    ]
    return _merged(facts) if facts else None


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[FieldFact]:
    """List every field that an axis may name, list items by the number 0."""
    found: dict[str, list[FieldFact]] = {}
    for fact in _walk(model, prefix, _DEPTH):
        if fact.kind != "part":
            found.setdefault(fact.path, []).append(fact)
    for facts in found.values():
        yield _merged(facts)


def models_at(
    model: type[BaseModel], path: Iterable[int | str]
) -> list[type[BaseModel]]:
    """Models that stand at a path, all alternatives of a union together."""
    models = [model]
    for part in path:
        if not isinstance(part, int) and not is_index(part):
            models = [
                inner
                for one in models
                if part in one.model_fields
                for inner in models_in(one.model_fields[part].annotation)
            ]
    return models


def is_index(part: str) -> bool:
    """Whether a part of a path counts; `isdigit` alone takes superscripts too."""
    plain = part.isascii() and part.isdigit() and len(part) <= _INDEX_DIGITS
    return plain and str(int(part)) == part


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Models that an annotation may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in get_args(annotation) for m in models_in(part)]


def _merged(facts: list[FieldFact]) -> FieldFact:
    """One field of several alternatives: what either of them may be."""
    choices = tuple(dict.fromkeys(c for f in facts for c in f.choices))
    return replace(facts[0], choices=choices)


def _walk(model: type[BaseModel], prefix: str, depth: int) -> Iterator[FieldFact]:
    for name, info in model.model_fields.items():
        path = f"{prefix}{name}"
        fact = _fact(path, info)
        yield fact
        if fact.kind != "part" or depth == 0:
            continue
        step = f"{path}.0." if _is_list(info.annotation) else f"{path}."
        for inner in models_in(info.annotation):
            if inner is not model:
                yield from _walk(inner, step, depth - 1)


def _is_list(annotation: Any) -> bool:
    plain = _without_none(annotation)
    return any(get_origin(part) in (tuple, list) for part in plain)


def _without_none(annotation: Any) -> list[Any]:
    """Alternatives of an annotation, None and wrappers left out."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _without_none(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        parts = [p for p in get_args(annotation) if p is not type(None)]
        return [found for part in parts for found in _without_none(part)]
    return [annotation]


def _fact(path: str, info: FieldInfo) -> FieldFact:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    low = high = None
    low_open = high_open = False
    for limit in info.metadata:
        if getattr(limit, "ge", None) is not None:
            low = float(limit.ge)
        if getattr(limit, "gt", None) is not None:
            low, low_open = float(limit.gt), True
        if getattr(limit, "le", None) is not None:
            high = float(limit.le)
        if getattr(limit, "lt", None) is not None:
            high, high_open = float(limit.lt), True
    kind, choices = _kind(info.annotation)
    return FieldFact(
        path=path, doc=(info.description or "").rpartition(" [")[0] or
        (info.description or ""), unit=str(extra.get("unit", "")), kind=kind, low=low,
        high=high, low_open=low_open, high_open=high_open, choices=choices,
    )  # fmt: skip


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    plain = _without_none(annotation)
    choices = [c for p in plain if get_origin(p) is Literal for c in get_args(p)]
    if choices:
        return "choice", tuple(str(c) for c in choices)
    for kind, wanted in (("flag", bool), ("whole", int), ("number", float)):
        if wanted in plain:
            return ("number" if float in plain else kind), ()  # type: ignore[return-value]
    if str in plain:
        return "text", ()
    return "part", ()

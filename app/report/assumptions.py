"""Inputs of any question: those given, and the defaults with their source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from pydantic import BaseModel

from app.format import MISSING
from app.markup import Markup, table, text
from app.report.page import Html, code, folded
from twin.catalogue.figure import Figure

MARKS = (
    "assumed", "memory", "second-hand", "fitted", "published", "measured", "choice",
)  # fmt: skip
"""How far to trust a default, the least sure first; a choice is no claim at all."""
MARK_WORDS = {"memory": "from memory", "choice": "no source: a choice"}
_WORDS = (
    ("assumed", ("assume", "assumption", "ours", "a choice")),
    ("memory", ("memory",)),
    ("second-hand", ("second-hand", "second hand")),
    ("fitted", ("fit", "inferred")),
    ("measured", ("measur", "trace", "recorded")),
)
_MEANINGS = {
    "rated_w": "Rated power of a server",
    "provisioned_w": "Power set aside for a server",
    "height_u": "Height of a server", "host_w": "Server with GPUs drawing nothing",
    "host_slope": "Server watts per GPU watt", "gpu.tdp_w": "TDP of a GPU",
    "gpu.idle_w": "Idle GPU", "gpu.clock_min_mhz": "Lowest clock",
    "gpu.clock_max_mhz": "Highest clock",
    "gpu.brake_clock_mhz": "Clock under the brake",
    "gpu.memory_gb": "Memory of a GPU",
}  # fmt: skip
_MOST_ITEMS = 3
"""Items of a list whose fields are listed; those after repeat them."""
_LONG_TEXT = 160
_QUIET = {"name", "notes", "schema_version", "source"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """
    One input.

    Args:
        path: Dotted path.
        meaning: What it is.
        value: As printed.
        unit: Its unit, "" for none.
        source: Where its default is from, "" where none is stated.
        mark: One of `MARKS`.
        given: Whether it differs from its default.
    """

    path: str
    meaning: str
    value: str
    unit: str
    source: str
    mark: str
    given: bool


def inputs_of(model: BaseModel, *, leave: Iterable[str] = ()) -> list[Input]:
    """
    List every input of a model of parts.

    Args:
        model: What was asked.
        leave: Paths of parts to leave out.
    """
    return list(_walk(model, "", frozenset(leave)))


def mark_of(source: str) -> str:
    """Read from a source's words how far to trust it."""
    if not source:
        return "choice"
    lower = source.lower()
    for mark, words in _WORDS:
        if any(re.search(rf"\b{word}", lower) for word in words):
            return mark
    return "published"


def given_table(inputs: Iterable[Input]) -> Html:
    """Write what the planner set; words where it is nothing."""
    rows = [[_named(i), i.value, _unit(i.unit)] for i in inputs if i.given]
    if not rows:
        return "<p>Nothing was set: every input is at its default.</p>"
    return table(("Input", "Value", "Unit"), rows, kind="assumed")


def assumed_table(inputs: Iterable[Input], *, first: Iterable[str] = ()) -> Html:
    """
    Write the defaults a report rests on, the ones that matter first.

    Args:
        inputs: All inputs.
        first: Paths known to matter, in that order; then the least sure come first.
    """
    ahead = {path: k for k, path in enumerate(first)}

    def order(one: Input) -> tuple[int, int]:
        return ahead.get(one.path, len(ahead)), MARKS.index(one.mark)

    found = sorted((i for i in inputs if not i.given), key=order)
    sourced = [i for i in found if i.mark != "choice" or i.path in ahead]
    choices = [i for i in found if i not in sourced]
    parts = [_rows(sourced)] if sourced else []
    if choices:
        shown = folded(
            f"{len(choices)} further defaults that state no source: settings and "
            "choices of how to look", _rows(choices),
        )  # fmt: skip
        parts.append(shown)
    return "".join(parts) or "<p>No input is at its default.</p>"


def catalogue_table(record: Any) -> Html:
    """Write the sourced values of a catalogue entry, the least sure first."""
    found = sorted(_figures(record, ""), key=lambda f: MARKS.index(f[1].mark))
    rows = [
        [Markup(f"{text(_MEANINGS.get(path, path))} {code(path)}"),
         _value(figure.value), _unit(figure.unit), _source(figure.mark, figure.source)]
        for path, figure in found
    ]  # fmt: skip
    head = ("Figure of the catalogue", "Value", "Unit", "How sure, and source")
    return table(head, rows, kind="assumed") if rows else ""


def _rows(inputs: Iterable[Input]) -> Html:
    rows = [
        [_named(i), i.value, _unit(i.unit), _source(i.mark, i.source)] for i in inputs
    ]
    return table(
        ("Default", "Value", "Unit", "How sure, and source"), rows, kind="assumed"
    )


def _named(one: Input) -> Markup:
    return Markup(f"{text(one.meaning)} {code(one.path)}")


def _source(mark: str, source: str) -> Markup:
    words = MARK_WORDS.get(mark, mark)
    rest = re.sub(rf"^{re.escape(words)}\b[:;,]?\s*", "", source)
    more = f": {text(rest)}" if rest else ""
    return Markup(f'<b class="mark">{text(words)}</b>{more}')


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def _walk(
    model: BaseModel, path: str, leave: frozenset[str], kept: str | None = None
) -> Iterator[Input]:
    """
    List the inputs of one part.

    Where the whole part is the default of the one above, `kept` is that one's source:
    nothing inside was given, whatever its own defaults are.
    """
    for name, info in type(model).model_fields.items():
        here, value = f"{path}{name}", getattr(model, name)
        if here in leave or name in _QUIET:
            continue
        default = info.get_default(call_default_factory=True)
        same = kept is not None or (not info.is_required() and value == default)
        extra = info.json_schema_extra
        extra = extra if isinstance(extra, dict) else {}
        source = str(extra.get("source", "")) or kept or ""
        inside = source if same else None
        if isinstance(value, BaseModel):
            yield from _walk(value, f"{here}.", leave, inside)
            continue
        if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            yield from _items(value, here, leave, inside)
            continue
        if value is None and same:
            continue
        meaning = (info.description or name).rsplit(" [", maxsplit=1)[0]
        yield Input(
            path=here, meaning=meaning.rstrip("."), value=_value(value),
            unit=str(extra.get("unit", "")), source=source, mark=mark_of(source),
            given=not same,
        )  # fmt: skip


def _items(
    value: tuple[BaseModel, ...], path: str, leave: frozenset[str], kept: str | None
) -> Iterator[Input]:
    for k, item in enumerate(value[:_MOST_ITEMS]):
        yield from _walk(item, f"{path}.{k}.", leave, kept)
    if len(value) > _MOST_ITEMS:
        yield Input(
            path=path, meaning="Items of this list; the first three are listed, all "
            "are in the inputs below", value=f"{len(value):,}", unit="", source="",
            mark="choice", given=kept is None,
        )  # fmt: skip


def _figures(record: Any, path: str) -> Iterator[tuple[str, Figure]]:
    if isinstance(record, Figure):
        yield path, record
        return
    if isinstance(record, dict):
        for key, value in record.items():
            yield from _figures(value, f"{path}.{key}" if path else str(key))
        return
    if is_dataclass(record):
        for f in fields(record):
            if f.name == "measured":
                continue  # seen, not used
            name = f"{path}.{f.name}" if path else f.name
            yield from _figures(getattr(record, f.name), name)


def _value(value: Any) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return f"{value:,.10g}"
    if isinstance(value, tuple | list):
        return ", ".join(_value(v) for v in value) or "none"
    words = str(value) if value != {} else "none"
    return words if len(words) <= _LONG_TEXT else f"{words[:_LONG_TEXT]}…"

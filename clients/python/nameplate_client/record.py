"""Answers as records: fields by attribute, units beside them, tables in notebooks."""

from __future__ import annotations

import inspect
import math
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    import pandas as pd

Document = dict[str, Any]
MOST_ROWS = 60
"""Rows a notebook shows of one record."""
DIGITS = 6
SMALL, LARGE = 1e-4, 1e15
"""Figures between are written out."""
_UNIT = re.compile(r"\[([^\[\]]+)\]$")
_CELL = 'style="text-align:{}"'


class _Doc:
    """A record's docstring with what its fields mean, made where somebody reads it."""

    def __init__(self, about: str | None) -> None:
        self._about = about or ""

    def __get__(self, record: Record | None, kind: type[Record]) -> str:
        fields = [f"    {name}: {said}" for name, said in meanings_of(kind).items()]
        head = ["", "Attributes:"] if fields else []
        return "\n".join([inspect.cleandoc(self._about), *head, *fields])


class Record:
    """
    One object of an answer.

    Its class says of each field the type and what it means, with its unit at the end:
    `energy_wh: Annotated[float | None, "Energy above the headroom [Wh]"]`.

    Attributes:
        document: The object as it was sent, for whatever has no attribute.
    """

    __slots__ = ("document",)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__doc__ = _Doc(cls.__doc__)  # type: ignore[assignment]  # a string once read

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document: Document = dict(document)

    if not TYPE_CHECKING:  # declared attributes only, where types are checked

        def __getattr__(self, name: str) -> Any:
            hints = hints_of(type(self))
            if name not in hints:
                raise AttributeError(f"{type(self).__name__} has no {name}")
            key = name.removesuffix("_")
            if key in self.document:
                return converted(self.document[key], hints[name])
            if type(None) in typing.get_args(hints[name]):
                return None
            raise AttributeError(f"the server's {type(self).__name__} has no {key}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *hints_of(type(self))})

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}={short(v)}" for k, v in self.document.items())
        return f"{type(self).__name__}({shown})"

    def _repr_html_(self) -> str:
        rows = list(table_rows(self))
        left = len(rows) - MOST_ROWS
        if left > 0:
            rows = [*rows[:MOST_ROWS], ("…", f"{left} more", "")]
        return html_table(type(self).__name__, ("field", "value", "unit"), rows)

    def frame(self, field: str | None = None) -> pd.DataFrame:
        """
        Make a pandas frame; `frame.attrs["units"]` has the units of its columns.

        Args:
            field: A field with a list of objects: one row each. Without it the record
                itself: columns where it holds lists of one length, as time series do,
                else one row with its figures, inner ones by dotted names.

        Returns:
            The frame.

        Raises:
            ImportError: Without pandas: install nameplate-client[frame].
            KeyError: If there is no such field.
        """
        if field is not None:
            items = getattr(self, field, None)
            if not isinstance(items, list):
                raise KeyError(f"{field!r} is no list of {type(self).__name__}")
            return frame_of(items)
        lengths = {
            len(v) if isinstance(v, list) else -1 for v in self.document.values()
        }
        if len(lengths) == 1 and lengths != {-1}:
            return table_frame(self.document, units_of(type(self)))
        return frame_of([self])


_KNOWN: dict[Any, tuple[dict[str, Any], dict[str, str], dict[str, str]]] = {}
"""What the functions below say by record, as far as asked for: it never changes."""


def hints_of(kind: type[Record]) -> dict[str, Any]:
    """Types of a record's attributes."""
    return _known(kind)[0]


def meanings_of(kind: type[Record]) -> dict[str, str]:
    """What a record's attributes mean, but those whose names say it all."""
    return _known(kind)[1]


def units_of(kind: type[Record]) -> dict[str, str]:
    """Unit of each of a record's numbers; "1" is a count or a ratio."""
    return _known(kind)[2]


def _known(kind: type[Record]) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    if kind not in _KNOWN:
        hints = typing.get_type_hints(kind)
        hints.pop("document", None)  # the attribute every record has
        meanings = {
            name: hint.__metadata__[0]
            for name, hint in typing.get_type_hints(kind, include_extras=True).items()
            if typing.get_origin(hint) is Annotated
        }
        units = {
            name.removesuffix("_"): unit[1]
            for name, said in meanings.items()
            if (unit := _UNIT.search(said))
        }
        _KNOWN[kind] = hints, meanings, units
    return _KNOWN[kind]


def converted(value: Any, hint: Any) -> Any:
    """A value of an answer as its annotation says: records where it has them."""
    if value is None:
        return None
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return _as_one_of(value, [h for h in inner if h is not type(None)])
    if origin is list and isinstance(value, list):
        return [converted(v, inner[0]) for v in value] if _holds(inner[0]) else value
    if origin is dict and isinstance(value, dict) and _holds(inner[1]):
        return {k: converted(v, inner[1]) for k, v in value.items()}
    if isinstance(hint, type) and issubclass(hint, Record) and isinstance(value, dict):
        return hint(value)
    return value


def _as_one_of(value: Any, hints: Sequence[Any]) -> Any:
    """Convert by the first annotation that fits, records by all of their fields."""
    if not isinstance(value, dict):
        return converted(value, hints[0]) if len(hints) == 1 else value
    for hint in hints:
        if not (isinstance(hint, type) and issubclass(hint, Record)):
            continue
        if len(hints) == 1 or set(value) == {
            n.removesuffix("_") for n in hints_of(hint)
        }:
            return hint(value)
    return converted(value, hints[0]) if len(hints) == 1 else value


def _holds(hint: Any) -> bool:
    """Whether there is a record in a type."""
    if isinstance(hint, type) and typing.get_origin(hint) is None:
        return issubclass(hint, Record)
    return any(_holds(h) for h in typing.get_args(hint))


# --- tables -----------------------------------------------------------------------


def table_rows(record: Record, above: str = "") -> Iterator[tuple[str, str, str]]:
    """Field, value and unit of each line that a notebook shows."""
    for name, value in record.document.items():
        unit = units_of(type(record)).get(name, "")
        inner = getattr(record, name, value)
        if isinstance(inner, Record) and not above:
            yield from table_rows(inner, f"{name}.")
        else:
            yield above + name, short(value), "" if unit == "1" else unit


def short(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return figure(value)
    if isinstance(value, list):
        return f"{len(value):,} items" if len(value) != 1 else "1 item"
    if isinstance(value, Mapping):
        return f"{len(value)} fields"
    text = "—" if value is None else str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def figure(value: float) -> str:
    """A number with `DIGITS` digits, thousands apart; powers of ten at the extremes."""
    size = abs(value)
    if isinstance(value, int) or size == 0.0:
        return f"{value:,.0f}"
    if not SMALL <= size < LARGE:
        return f"{value:.{DIGITS}g}"
    decimals = max(0, DIGITS - 1 - math.floor(math.log10(size)))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def html_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A small table; whatever is in it is text."""
    names = "".join(f"<th {_CELL.format('left')}>{escape(h)}</th>" for h in head)
    lines = "".join(
        "<tr>" + "".join(f"<td {_CELL.format('left')}>{escape(c)}</td>" for c in row)
        + "</tr>" for row in rows
    )  # fmt: skip
    return (
        f"<table><caption>{escape(title)}</caption><thead><tr>{names}</tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


# --- frames -----------------------------------------------------------------------


def frame_of(items: Sequence[Any]) -> pd.DataFrame:
    """
    Make a frame with one row per item.

    Args:
        items: Records or plain objects.

    Returns:
        The frame; objects within are spread over columns with dotted names.
    """
    units: dict[str, str] = {}
    rows = []
    for item in items:
        row: Document = {}
        _flatten(item, "", row, units)
        rows.append(row)
    return table_frame(rows, units)


def _flatten(item: Any, above: str, row: Document, units: dict[str, str]) -> None:
    document = item.document if isinstance(item, Record) else item
    if not isinstance(document, Mapping):
        row[above or "value"] = document
        return
    for name, value in document.items():
        inner = getattr(item, name, value) if isinstance(item, Record) else value
        key = f"{above}.{name}" if above else name
        if isinstance(inner, (Record, Mapping)):
            _flatten(inner, key, row, units)
            continue
        row[key] = value
        if isinstance(item, Record) and name in (known := units_of(type(item))):
            units[key] = known[name]


def table_frame(data: Any, units: Mapping[str, str]) -> pd.DataFrame:
    """Make a frame that knows the units of its columns."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "frames need pandas; install nameplate-client[frame]"
        ) from error
    made = pd.DataFrame(data)
    made.attrs["units"] = dict(units)
    return made

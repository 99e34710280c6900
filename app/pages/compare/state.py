"""The view of the Compare page: what is compared, its URL, the question it means."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from app.pages.view import json_of, one_of

Json = dict[str, Any]

MOST_ITEMS = 8
SHOWS = ("differences", "everything")
UNITS = ("kW", "MW", "W")
THEMES = ("auto", "light", "dark")
DEFAULTS: dict[str, str] = {
    "items": "", "base": "0", "show": "differences", "curves": "", "units": "kW",
    "theme": "auto",
}  # fmt: skip
"""Everything in the URL, as text."""
EXAMPLE = ("scenario:sample-row", "scenario:sample-row~fleet.server_count=52")
"""What an empty page offers: today's row, and the same with twelve more servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """
    What the page shows.

    Args:
        items: Tokens such as `run:ID` or `scenario:ID~fleet.server_count=52`.
        base: Place of the baseline.
        show: "differences" or "everything".
        curves: Names of the curves drawn; empty takes the first that differ.
        units: Power unit.
        theme: "auto", "light" or "dark".
    """

    items: tuple[str, ...]
    base: int
    show: str
    curves: tuple[str, ...]
    units: str
    theme: str


def view_from(data: Json | None) -> View:
    """Read a view from loose data; nonsense falls to its default."""
    given = {k: str((data or {}).get(k) or v) for k, v in DEFAULTS.items()}
    items = tuple(dict.fromkeys(t for t in given["items"].split(",") if t))[:MOST_ITEMS]
    base = int(given["base"]) if given["base"].isdigit() else 0
    return View(
        items=items, base=base if base < len(items) else 0,
        show=one_of(given["show"], SHOWS),
        curves=tuple(name for name in given["curves"].split(",") if name),
        units=one_of(given["units"], UNITS), theme=one_of(given["theme"], THEMES),
    )  # fmt: skip


# --- tokens ---------------------------------------------------------------------------

_ESCAPED = ("%", ",", "~", ":")


def token(kind: str, *parts: Any, changes: Json | None = None) -> str:
    """
    Write one item for the URL.

    Args:
        kind: run, plan, scenario or study.
        *parts: Its id, and which cell or point of it.
        changes: New value per dotted path.
    """
    written = ":".join([kind, *(_escaped(str(part)) for part in parts)])
    return "".join([
        written, *(f"~{_escaped(path)}={_escaped(_text(value))}"
                   for path, value in sorted((changes or {}).items()))
    ])  # fmt: skip


def item_of(text: str) -> Json:
    """
    Read one item as the server takes it; what cannot be read is left to it to refuse.

    Args:
        text: As `token` writes it.
    """
    head, *changes = text.split("~")
    kind, *parts = (unquote(part) for part in head.split(":"))
    at = [*parts, "", "", ""]
    item: Json = {
        "run": {"run_id": at[0]},
        "plan": {"plan_id": at[0], "added_servers": _number(at[1]), "policy": at[2]},
        "study": {"study_id": at[0], "point": _number(at[1])},
    }.get(kind, {"scenario_id": at[0] or kind})
    moved = dict(_change(one) for one in changes)
    return item | ({"changes": moved} if moved else {})


def _change(text: str) -> tuple[str, Any]:
    path, _, value = text.partition("=")
    return unquote(path), read_value(unquote(value))


def read_value(text: str) -> Any:
    """Read a value as people type it: a number, true, a list, or a word."""
    try:
        return json_of(text)
    except ValueError:
        return text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _escaped(text: str) -> str:
    return "".join(f"%{ord(c):02X}" if c in _ESCAPED else c for c in text)


def _number(text: str) -> Any:
    return int(text) if text.lstrip("-").isdigit() else text


def question(view: View) -> Json:
    """Return what the server is asked."""
    return {"items": [item_of(t) for t in view.items], "baseline": view.base}


def place_of(problem: Json) -> int | None:
    """Return which item a problem is about; None if none."""
    for error in problem.get("errors") or []:
        head, _, rest = str(error.get("field") or "").partition(".")
        place = rest.partition(".")[0]
        if head == "items" and place.isdigit():
            return int(place)
    return None


def in_words(problem: Json) -> Json:
    """Name items of a problem as the page numbers them: `items.1.run_id` is item 2."""
    errors = [
        error | {"field": _in_words(str(error.get("field") or ""))}
        for error in problem.get("errors") or []
    ]
    return problem | {"errors": errors}


def _in_words(field: str) -> str:
    head, _, rest = field.partition(".")
    place, _, name = rest.partition(".")
    if head != "items" or not place.isdigit():
        return field
    return f"Item {int(place) + 1}" + (f", {name}" if name else "")

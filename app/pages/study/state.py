"""The view of the Study page: which study, what is drawn of it, what is selected."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from app.pages.view import json_of, one_of

Json = dict[str, Any]
Brush = tuple[float, float]

THEMES = ("auto", "light", "dark")
STATS = ("mean", "worst")
DEFAULTS: dict[str, str] = {
    "study": "", "output": "", "hx": "", "hy": "", "stat": "mean", "sx": "", "sy": "",
    "select": "", "point": "", "units": "auto", "theme": "auto",
}  # fmt: skip
"""Everything in the URL, as text. Empty picks are made for the reader."""
UNITS = ("auto", "core")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """
    What the page shows.

    Args:
        study: Id of the study; empty for none.
        output: Output that is looked at.
        hx: Axis of the heat map from left to right.
        hy: Axis of the heat map from bottom to top.
        stat: What a cell of the heat map says of its points: mean or worst.
        sx: Axis or output of the scatter from left to right.
        sy: Axis or output of the scatter from bottom to top.
        brushes: Range kept per axis or output, in its core unit.
        point: Place of the point in the drawer; None for none.
        units: "auto" takes kW, MWh and per cent where they suit; "core" the model's.
        theme: "auto", "light" or "dark".
    """

    study: str
    output: str
    hx: str
    hy: str
    stat: str
    sx: str
    sy: str
    brushes: dict[str, Brush]
    point: int | None
    units: str
    theme: str


def view_from(data: Json | None) -> View:
    """Read a view from loose data; nonsense falls to its default."""
    given = {k: str((data or {}).get(k) or v) for k, v in DEFAULTS.items()}
    return View(
        **{k: given[k] for k in ("study", "output", "hx", "hy", "sx", "sy")},
        stat=one_of(given["stat"], STATS),
        brushes=brushes_from(given["select"]),
        point=int(given["point"]) if given["point"].isdigit() else None,
        units=one_of(given["units"], UNITS), theme=one_of(given["theme"], THEMES),
    )  # fmt: skip


def brushes_from(text: str) -> dict[str, Brush]:
    """Read selected ranges from the URL's text; nonsense means none."""
    try:
        found = json_of(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    kept = {}
    for key, ends in found.items():
        if isinstance(ends, list) and len(ends) == 2 and all(map(_finite, ends)):
            kept[str(key)] = (float(min(ends)), float(max(ends)))
    return kept


def _finite(value: Any) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and math.isfinite(value)

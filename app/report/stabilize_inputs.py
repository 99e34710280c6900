"""Inputs of the compliance report, part by part, and what the models leave out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from app.format import MISSING
from app.markup import Markup, table, text

Json = dict[str, Any]
_LONG = 1e5
LEFT_OUT = (
    "Time a job loses does not stretch the waveform; it is stated beside it.",
    (
        "Phases apart, unbalance, reactive power of the UPS, and fault currents: "
        "power is taken as three-phase and balanced."
    ),
    (
        "The grid's reaction: power moves voltage and frequency here; they move "
        "power only in ride-through."
    ),
    (
        "Whether a critical frequency is present, and its damping: a margin says "
        "how hard the site pushes, not how far a grid swings."
    ),
    "Ageing of stores by time and temperature; throughput alone wears them.",
    (
        "Secondary floor and window multipliers of GPU power smoothing, whose "
        "behaviour is not public."
    ),
    "Several UPSs or gensets with settings of their own: each kind acts as one.",
    (
        "Inrush of transformers, motors that stall or feed a fault, transfer to "
        "gensets while on battery, recovery of the servers' work."
    ),
    (
        "Voltage regulators, dead time of engines, and the sets' own over- and "
        "underspeed trips."
    ),
    "Power that depends on training data and temperature.",
)
"""What the models behind a study leave out: docs/models, each under "Left out"."""

PARTS = {
    "training": "The run", "jobs": "Job", "levels": "Power by phase ÷ TDP",
    "plant": "Between GPUs and the grid", "connection": "Point of connection",
    "ups": "UPS", "generator": "Gensets", "protection": "Protection",
    "disturbance": "Disturbance", "scheduling": "Scheduling",
    "ballast": "Software ballast", "smoothing": "GPU power smoothing",
    "psu": "Supply stores", "rack": "Rack stores", "row": "Row stores",
    "site": "Site store",
}  # fmt: skip
"""Parts of `training`, as a report calls them."""


def assumptions(items: Iterable[Json]) -> str:
    """Write inputs by the part they belong to; those given are marked."""
    return "".join(
        _part(path, list(part))
        for path, part in groupby(items, lambda a: a["path"].rpartition(".")[0])
    )


def _part(path: str, items: list[Json]) -> str:
    rows = [
        [
            a["meaning"], Markup(f"<code>{text(a['path'].rpartition('.')[2])}</code>"),
            _value(a["value"]), "" if a["unit"] == "1" else a["unit"],
            Markup('<b class="given">given</b>') if a["source"] == "given"
            else a["source"],
        ]
        for a in items
    ]  # fmt: skip
    head = ("Input", "Field", "Value", "Unit", "Given, or source of the default")
    caption = Markup(f"<b>{text(_part_title(path))}</b> <code>{text(path)}</code>")
    return table(head, rows, caption=caption, kind="inputs")


def _part_title(path: str) -> str:
    names = path.split(".")
    last = next((n for n in reversed(names) if not n.isdecimal()), path)
    title = PARTS.get(last, last)
    number_ = next((int(n) + 1 for n in names if n.isdecimal()), None)
    if number_ is None:
        return title
    return f"Job {number_}" if last == "jobs" else f"{title}, job {number_}"


def _value(value: Any) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value) or "none"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if abs(value) >= _LONG else f"{value:,.10g}"
    return str(value)

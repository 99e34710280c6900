"""The view of the Serving page: its knobs, its URL, and the study it means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from app.pages.knobs import Control
from app.pages.serving.controls import CONTROLS
from app.pages.view import KnobView, errors_at, json_of

Json = dict[str, Any]

BASELINE = "baseline"
COARSE_S = 600.0
"""Traffic of the first answer while a knob is being moved."""
_COUNTS = (0.5, 0.625, 0.75, 0.875, 1.25)
_LARGEST_COUNT = 2000
CHOICES: dict[str, str] = {
    "lengths": "chat", "arrivals": "day", "model": "llama2-70b", "server": "dgx-h100",
    "gpus": "8", "grid": "", "rent": "with", "systems": "splitwise,greener",
    "knobs": "", "look": "", "preset": "v2", "units": "kW", "theme": "auto",
}  # fmt: skip
"""Everything in the view that is not a slider, as text, with its default."""
GENERATED = (("chat", "Chat, generated"), ("code", "Code, generated"))
ARRIVALS = (("day", "A day, generated"), ("steady", "Steady, generated"))
RENTS = (("with", "Energy included"), ("without", "Energy on top"))
PRESETS = (
    ("v1", "Published, v1"), ("v2", "Published, v2"),
    ("nvidia-405b", "NVIDIA 405B"), ("measured-llama-405b", "Llama 405B"),
    ("measured-qwen3-235b", "Qwen3 235B"),
)  # fmt: skip
_RANGES = {"chat": ((60, 2250), (10, 412)), "code": ((60, 4036), (2, 54))}
"""Prompt and output tokens, even; means of the recorded traffic of Azure 2023:
1,155 and 211 of chat (twin.scenario.serving), 2,048 and 28 of code (splitwise-sim)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View(KnobView):
    """What the page shows: slider values by key, and choices by name."""

    CONTROLS: ClassVar[tuple[Control, ...]] = CONTROLS
    CHOICES: ClassVar[dict[str, str]] = CHOICES
    PLAIN: ClassVar[str] = ",:"

    def systems(self) -> list[str]:
        """Keys of the systems compared, without the baseline."""
        return [key for key in self.listed("systems") if key != BASELINE]

    def knobs(self) -> dict[str, Json]:
        """Knobs of systems that differ from their defaults; system -> name -> value."""
        return knobs_from(self.choices["knobs"])


def view_from(data: Json | None) -> View:
    """Read a view from loose data; what is absent or unknown falls to its default."""
    given = dict(data or {})
    given["knobs"] = knobs_text(knobs_from(str(given.get("knobs") or "")))
    if not re.fullmatch("[0-9]{1,4}", str(given.get("gpus"))):
        given.pop("gpus", None)
    return View.read(given)


def knobs_from(text: str) -> dict[str, Json]:
    """Read knobs from the URL's text; nonsense means none."""
    try:
        found = json_of(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, dict) and v}


def knobs_text(knobs: dict[str, Json]) -> str:
    """Write knobs for the URL, as short as they get."""
    return json.dumps(knobs, separators=(",", ":"), sort_keys=True) if knobs else ""


# --- the study a view means -----------------------------------------------------------


def study(view: View, *, coarse: bool = False) -> Json:
    """
    Return the study of a view.

    Args:
        view: The view.
        coarse: Whether the first minutes of the traffic are enough for now.
    """
    length_s = view["minutes"] * 60
    return {
        "model": view["model"], "server": view["server"],
        "server_count": int(view["servers"]), "gpus_per_instance": int(view["gpus"]),
        "traffic": {
            "classes": [_requests(view["lengths"])],
            "arrivals": _arrivals(view["arrivals"]),
            "rate_rps": view["rate"],
            "length_s": min(COARSE_S, length_s) if coarse else length_s,
            "start": f"2022-07-05T{int(view['hour']):02d}:00:00Z",
        },
        "slo": {
            "ttft_short_s": view["short"] / 1e3, "ttft_medium_s": view["medium"] / 1e3,
            "ttft_long_s": view["long"] / 1e3, "tbt_s": view["tbt"] / 1e3,
        },
        "site": {
            "pue": view["pue"], "energy_usd_per_kwh": round(view["price"] / 100, 6),
            "rent_includes_energy": view["rent"] == "with",
            "carbon_g_per_kwh": view["carbon"], "grid": view["grid"] or None,
        },
        "systems": _chosen(view, view.systems()),
    }  # fmt: skip


def sweep(view: View, fleets: Iterable[str]) -> Json:
    """
    Return the study that runs a view's systems at further server counts.

    Args:
        view: The view.
        fleets: Systems on the study's terms; others have no place among the points.
    """
    known = set(fleets)
    count = int(view["servers"])
    counts = {min(_LARGEST_COUNT, max(1, round(f * count))) for f in _COUNTS}
    asked = study(view)
    asked["systems"] = _chosen(view, [k for k in view.systems() if k in known])
    return asked | {"server_counts": sorted(counts - {count})}


def query(view: View, preset: str) -> Json:
    """Return what is asked about the energy of a query."""
    return {"preset": preset, "long_frac": round(view["long_frac"] / 100, 4)}


def _chosen(view: View, keys: list[str]) -> list[Json]:
    knobs = view.knobs()
    return [
        {"key": key} | ({"parameters": knobs[key]} if key in knobs else {})
        for key in (BASELINE, *keys)
    ]


def _requests(lengths: str) -> Json:
    if lengths not in _RANGES:
        return {"name": lengths[:40], "share": 1.0, "lengths": lengths}
    prompt, output = (
        {"min": low, "max": high} for low, high in _RANGES[lengths]
    )  # fmt: skip
    return {
        "name": lengths, "share": 1.0, "prompt_tokens": prompt, "output_tokens": output,
    }  # fmt: skip


def _arrivals(name: str) -> Json:
    kind, _, dataset = name.partition(":")
    if dataset:
        return {"kind": kind, "dataset": dataset}
    if kind == "steady":
        flat = {"swing_frac": 0.0, "weekend_frac": 1.0, "noise_frac": 0.0}
        return {"kind": "diurnal"} | flat
    return {"kind": "diurnal"}


_FIELDS = {
    "server_count": "servers", "traffic.rate_rps": "rate", "site.pue": "pue",
    "traffic.length_s": "minutes", "traffic.start": "hour", "slo.tbt_s": "tbt",
    "slo.ttft_short_s": "short", "slo.ttft_medium_s": "medium", "traffic": "rate",
    "slo.ttft_long_s": "long", "site.energy_usd_per_kwh": "price",
    "site.carbon_g_per_kwh": "carbon",
}  # fmt: skip


def field_errors(problem: Json) -> dict[str, str]:
    """Messages to put at the knobs they concern, by knob."""
    return errors_at(
        problem,
        lambda e: _FIELDS.get(str(e.get("field") or "").removeprefix("serving.")),
    )

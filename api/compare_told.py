"""What a stored run or a site's answer says of itself, whatever version wrote it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from api.compare_catalogue import COUNTS, ROW_COUNTS
from twin.types import Document, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """
    What one answer says of itself.

    Args:
        figures: By key of `FIGURES`; absent where it has none.
        low, high: Least and greatest over repetitions, where there were several.
        curves: Starts of records [s] and values, by name of `CURVES`.
        limit_w: Line that power should stay below. [W]
        horizon_s: Length; 0 where unknown. [s]
        counts: What happened how often, by key of `COUNTS`.
        meets: Whether it holds what it promises; None where nothing is promised.
        breaches: What it does not hold.
        server_count: Servers deployed; None where unknown.
        repetitions: Runs with seeds of their own that the figures are means of.
    """

    figures: dict[str, float]
    curves: dict[str, tuple[FloatArray, FloatArray]]
    limit_w: float | None
    horizon_s: float
    counts: dict[str, int]
    meets: bool | None
    breaches: list[str]
    server_count: int | None = None
    low: dict[str, float] | None = None
    high: dict[str, float] | None = None
    repetitions: int = 1


# --- a row ----------------------------------------------------------------------------


def row_told(run: Document) -> Told:
    """Read a run of a row; keys that an older version did not write are left out."""
    low, high = run.get("low") or {}, run.get("high") or {}
    ends = (low, high)
    found: dict[str, Any] = {
        name: run.get(name)
        for name in ("peak_w", "peak_frac", "mean_w", "rise_2s_frac",
                     "rise_40s_frac", "energy_per_token_j", "caps_low", "caps_high",
                     "brakes", "brake_s")
    }  # fmt: skip
    found |= {
        "it_wh": run.get("energy_wh"),
        "requests_per_server_s": run.get("rate_per_server_s"),
        "finished": _sum(ends, "finished"),
        "rejected": _sum(ends, "rejected_queue_full", "rejected_too_long"),
        "throughput_tokens_per_s": _sum(ends, "throughput_tokens_per_s"),
        "capped_low_s": low.get("capped_s"), "capped_high_s": high.get("capped_s"),
    }  # fmt: skip
    for name, one in (("low", low), ("high", high)):
        for q in ("p50", "p99"):
            found[f"{name}_{q}_impact_frac"] = one.get(f"{q}_impact_frac")
            for part in ("ttft", "tbt", "e2e"):
                found[f"{name}_{part}_{q}_s"] = (one.get(part) or {}).get(f"{q}_s")
    breaches = list(run.get("slo_breaches") or [])
    return Told(
        figures=_known(found), curves=_row_curves(run.get("series")),
        limit_w=run.get("provisioned_w"), horizon_s=float(run.get("horizon_s") or 0.0),
        counts={name: int(run.get(name) or 0) for name in ROW_COUNTS},
        meets=not breaches, breaches=breaches, server_count=run.get("server_count"),
    )  # fmt: skip


def rows_told(runs: list[Document]) -> Told:
    """Read repetitions of a run under seeds of their own: means, and their range."""
    each = [row_told(run) for run in runs]
    if len(each) == 1:
        return each[0]
    keys = set.intersection(*(set(one.figures) for one in each))
    table = {key: [one.figures[key] for one in each] for key in keys}
    return Told(
        figures={key: math.fsum(v) / len(v) for key, v in table.items()},
        low={key: min(v) for key, v in table.items()},
        high={key: max(v) for key, v in table.items()},
        curves={}, limit_w=each[0].limit_w, horizon_s=each[0].horizon_s, counts={},
        meets=all(one.meets for one in each), repetitions=len(each),
        server_count=each[0].server_count,
        breaches=list(dict.fromkeys(b for one in each for b in one.breaches)),
    )  # fmt: skip


def _row_curves(series: Document | None) -> dict[str, tuple[FloatArray, FloatArray]]:
    if not series:
        return {}
    names = {
        "it_w": "row_mean_w", "it_peak_w": "row_max_w", "queued": "queued",
        "brake": "brake", "arrivals_rps": "arrivals_rps",
    }  # fmt: skip
    found = _curves(series, names)
    for name in ("low_clock_mhz", "high_clock_mhz"):
        for key, (at, clock) in _curves(series, {name: name}).items():
            found[key] = at, np.where(clock > 0, clock, np.nan)  # 0 is no cap
    return found


# --- a point of a study ---------------------------------------------------------------

_DAY_S = 86_400.0
_SAME_AS = {"energy_wh": "it_wh"}
"""Figures of the row question under the name that runs have them by."""


def point_told(outputs: Document, question: str, inputs: Document) -> Told:
    """Read a point's outputs; it keeps neither curves nor events."""
    days = (inputs.get("horizon") or {}).get("days") or 0.0
    found = {
        _SAME_AS.get(key, key) if question == "row" else key: value
        for key, value in outputs.items()
    }
    count = outputs.get("server_count")
    meets = outputs.get("meets_slo")
    return Told(
        figures=_known(found), curves={}, limit_w=None, counts={},
        horizon_s=float(days) * _DAY_S, breaches=[],
        meets=None if meets is None else bool(meets),
        server_count=None if count is None else int(count),
    )  # fmt: skip


# --- a site ---------------------------------------------------------------------------


def site_told(run: Document) -> Told:
    """Read a run of a site."""
    nodes, racks, rows = run["nodes"], run["racks"], run["rows"]
    series = run["series"]
    horizon_s = float(run["horizon_s"])
    limit_w = _total(rows, "limit_w")
    over = [n for n in nodes if (_used(n) or 0.0) > 1.0]
    throttled_s = _total(racks, "throttled_s") or 0.0
    found: dict[str, Any] = {
        name: run.get(name)
        for name in ("it_wh", "facility_wh", "mechanical_wh", "pue",
                     "hottest_c")
    }  # fmt: skip
    found |= {
        name: _total(rows, name)
        for name in ("caps_low", "caps_high", "brakes", "capped_low_s", "capped_high_s")
    }
    found |= {
        "mean_w": run["it_wh"] * 3600 / horizon_s,
        "peak_frac": max((r["peak_frac"] for r in rows), default=None),
        "facility_peak_w": max((w for w in series["facility_w"] if w is not None),
                               default=None),
        "tightest_frac": max((_used(n) or 0.0 for n in nodes), default=None),
        "stranded_w": _total([n for n in nodes if n["kind"] == "utility"],
                             "stranded_w"),
        "lost_server_h": run["lost_server_s"] / 3600,
        "throttled_server_h": throttled_s / 3600,
        "inlet_peak_c": max((r["inlet_peak_c"] for r in racks), default=None),
    }  # fmt: skip
    breaches = [
        f"{n['name']} at {100 * (_used(n) or 0.0):.0f} % of its limit"
        + (f" after the loss of {n['failover_cause']}" if n["failover_cause"] else "")
        for n in over
    ]
    if run["lost_server_s"]:
        breaches.append(f"{run['lost_server_s'] / 3600:,.1f} server-hours lost")
    if throttled_s:
        breaches.append(f"{throttled_s / 3600:,.1f} server-hours throttled by heat")
    happened = Counter(e["kind"] for e in run["events"])
    names = {n: n for n in ("it_w", "facility_w", "mechanical_w", "lost_servers",
                            "capped_rows")}  # fmt: skip
    return Told(
        figures=_known(found), curves=_curves(series, names), limit_w=limit_w,
        horizon_s=horizon_s, meets=not breaches, breaches=breaches,
        server_count=run.get("server_count"),
        counts={
            key: int(_total(rows, key) or 0) if key in ROW_COUNTS else happened[key]
            for key in COUNTS
        },
    )  # fmt: skip


def _used(node: Document) -> float | None:
    """Load after the worst single loss ÷ limit; None where there is no limit."""
    if not node["limit_w"]:
        return None
    return float(max(node["peak_w"], node["failover_w"] or 0.0) / node["limit_w"])


# --- both -----------------------------------------------------------------------------


def _known(found: dict[str, Any]) -> dict[str, float]:
    return {
        key: float(value)
        for key, value in found.items()
        if value is not None and math.isfinite(value)
    }


def _sum(parts: tuple[Document, ...], *names: str) -> float | None:
    values = [part.get(name) for part in parts for name in names]
    return None if None in values else math.fsum(values)  # type: ignore[arg-type]


def _total(parts: list[Document], name: str) -> float | None:
    values = [part[name] for part in parts if part.get(name) is not None]
    return math.fsum(values) if values else None


def _curves(
    series: Document, names: dict[str, str]
) -> dict[str, tuple[FloatArray, FloatArray]]:
    t_s = np.array(series["t_s"], dtype=np.float64)
    return {
        name: (t_s, np.array(series[key], dtype=np.float64))
        for name, key in names.items()
        if series.get(key)
    }

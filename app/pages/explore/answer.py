"""An answer of the what-if call, drawn: everything the page shows in one go."""

from __future__ import annotations

from typing import Any

from app import format as say
from app import frames
from app.figures.latency import latency_figure
from app.figures.power import DEFAULT_START, band_s, power_figure
from app.figures.risk import risk_figure, risk_table
from app.pages import parts
from app.pages.explore import panels
from app.pages.explore.state import View

Json = dict[str, Any]

PARTS = (
    ("verdict", "children"), ("numbers", "children"), ("headroom", "children"),
    ("power", "figure"), ("latency", "figure"), ("risk", "figure"),
    ("power-table", "children"), ("latency-table", "children"),
    ("risk-table", "children"),
    ("power-note", "children"), ("events-grid", "rowData"), ("events-note", "children"),
    ("status", "children"),
)  # fmt: skip
"""Component and property of each part of `draw`, in its order."""

_EVENT_ROWS = 60


def draw(
    whatif: Json,
    view: View,
    *,
    cells: list[Json],
    rated_w: float | None,
    narrow: bool = False,
    tables: frozenset[str] = frozenset(),
) -> tuple[Any, ...]:
    """
    Draw every part of the answer.

    Args:
        whatif: Answer of the what-if call.
        view: The view that asked.
        cells: Cells of the risk curve so far.
        rated_w: Nameplate power of one server. [W]
        narrow: Whether the screen is a phone's.
        tables: Tables that are open; the others stay empty, to draw quickly.

    Returns:
        One value per entry of `PARTS`.
    """
    run, unit = whatif["run"], view["units"]
    scenario = whatif.get("scenario") or {}
    slo = scenario.get("slo")
    return (
        parts.verdict(frames.verdict_frame(whatif, unit=unit)),
        panels.numbers(frames.numbers_frame(whatif, unit=unit)),
        panels.headroom(frames.headroom_frame(whatif, rated_w), unit=unit),
        power_figure(
            run, whatif["baseline"], unit=unit, start=start_of(whatif),
            narrow=narrow, fine=bool(view["zoom"]), zoom=view["zoom"],
        ).document(),
        latency_figure(run, slo=slo).document(),
        risk(cells, view, slo=slo),
        power_rows(run, unit) if "power" in tables else None,
        latency_rows(run, slo) if "latency" in tables else None,
        risk_rows(cells, slo) if "risk" in tables else None,
        power_note(whatif),
        frames.events_frame(run, limit=_EVENT_ROWS),
        events_note(run),
        panels.status(whatif),
    )  # fmt: skip


def power_rows(run: Json, unit: str) -> Any:
    """Table beside the power chart."""
    head = ["From start", "Lowest", "Mean", "Highest", "Highest ÷ limit"]
    return parts.table(head, frames.hourly_frame(run, unit=unit), "Row power by hour")


def latency_rows(run: Json, slo: Json | None) -> Any:
    """Table beside the latency chart."""
    head = ["Service level", "No control", "Policy", "Rise", "Allowed", "Used"]
    rows = frames.levels_table(run, slo)
    return parts.table(head, rows, "End-to-end latency, median and P99")


def start_of(whatif: Json) -> str:
    """First instant of the horizon, ISO."""
    horizon = (whatif.get("scenario") or {}).get("horizon") or {}
    return str(horizon.get("start") or DEFAULT_START)


def risk(cells: list[Json], view: View, *, slo: Json | None) -> Json:
    """Risk figure of a view."""
    figure = risk_figure(
        cells, policy=view["policy"], added=round(view["added"]),
        metric=view["metric"], slo=slo,
    )  # fmt: skip
    return figure.document()


def risk_rows(cells: list[Json], slo: Json | None = None) -> Any:
    """Table beside the risk figure."""
    head = ["Policy", "Added", "Peak ÷ limit", "Brakes", "High P99", "Low P99",
            "Limit used", "Service levels"]  # fmt: skip
    return parts.table(head, risk_table(cells, slo), "Worst over the seeds")


def power_note(whatif: Json) -> str:
    """One line that explains the marks of the power chart."""
    run = whatif["run"]
    block = say.duration(band_s(run))
    return (
        f"line: mean, band: lowest to highest tick of each {block}; "
        f"dotted: base row, {whatif['baseline']['server_count']} servers, no control"
    )


def events_note(run: Json) -> str:
    """Say how many control events there were and how many are listed."""
    total = len(run["events"]) + run["events_dropped"]
    if not total and any(run[side]["capped_s"] for side in ("low", "high")):
        return "What was in force at the start stayed so: no cap or brake was moved."
    if not total:
        return "The row stayed below every threshold: nothing was capped or braked."
    shown = min(total, _EVENT_ROWS)
    return f"{total:,} events; the first {shown:,} are listed."


# --- what the browser keeps -----------------------------------------------------------


def slim_cell(cell: Json) -> Json:
    """Keep of a plan cell what the risk curve draws: the browser holds it."""
    sides = ("p50_impact_frac", "p99_impact_frac")
    runs = [
        {
            "peak_frac": run["peak_frac"], "brakes": run["brakes"],
            **{side: {k: run[side][k] for k in sides}
               | {"e2e": {"p50_s": None, "p99_s": None}} for side in ("low", "high")},
        }
        for run in cell["runs"]
    ]  # fmt: skip
    return {
        "policy": cell["policy"], "added_servers": cell["added_servers"],
        "meets_slo": cell["meets_slo"], "runs": runs,
    }  # fmt: skip


def pin_of(whatif: Json, view: View) -> Json:
    """
    What pinning this answer stores: figures, text, a thin curve and the URL query.

    Args:
        whatif: Answer of the what-if call.
        view: The view that asked.

    Returns:
        A small document for the browser's own storage.
    """
    run, base, unit = whatif["run"], whatif["baseline"], view["units"]
    verdict = frames.verdict_frame(whatif, unit=unit)
    by_key = {f.key: f for f in frames.numbers_frame(whatif, unit=unit)}
    sides = {
        f"{side}_{q}_impact_frac": run[side][f"{q}_impact_frac"]
        for side in ("low", "high")
        for q in ("p50", "p99")
    }
    tokens = sum(run[side]["throughput_tokens_per_s"] for side in ("low", "high"))
    thin = max(1, len(run["series"]["t_s"]) // 144)
    return {
        "label": f"+{run['server_count'] - run['base_server_count']} "
        f"{say.policy_title(run['policy'])}",
        "query": view.to_query(),
        "servers": run["server_count"], "policy": say.policy_title(run["policy"]),
        "verdict": "✓ held" if verdict.fits else "✕ broken",
        "peak": by_key["peak"].value, "peak_delta": by_key["peak"].delta,
        "caps": by_key["caps"].value, "brakes": by_key["brakes"].value,
        "low": _pair(run["low"]), "high": _pair(run["high"]),
        "throughput": by_key["throughput"].value,
        "throughput_delta": by_key["throughput"].delta,
        "energy": say.number(run["energy_per_token_j"], 1),
        "numbers": {
            "peak_w": run["peak_w"], "peak_frac": run["peak_frac"],
            "mean_w": run["mean_w"], "tokens_per_s": tokens,
            "energy_per_token_j": run["energy_per_token_j"],
            "caps": run["caps_low"] + run["caps_high"], "brakes": run["brakes"],
            **sides,
        },
        "curve_w": [round(w) for w in run["series"]["row_mean_w"][::thin]],
        "horizon_s": run["horizon_s"], "limit_w": run["provisioned_w"],
        "base_peak_w": base["peak_w"],
    }  # fmt: skip


def _pair(side: Json) -> str:
    return (
        f"{say.percent(side['p50_impact_frac'], 1, signed=True)} / "
        f"{say.percent(side['p99_impact_frac'], 1, signed=True)}"
    )

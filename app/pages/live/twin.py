"""The twin beside the site: what it predicts, where it drifts, what it forecasts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from api.client import ApiProblem, Client
from app.components import html
from app.figures import tracking as figures
from app.figures.template import note
from app.format import duration, number, percent, power
from app.pages import parts
from app.pages.live import state
from app.pages.live.answer import clock

Json = dict[str, Any]

AHEAD_S = (86_400.0, 21_600.0, 3_600.0)
"""Horizons of the forecast: the longest that the history allows is shown."""
MOST_ROWS = 40
_BASIS = {
    "calibrated": "calibrated", "expected": "usual level", "mixed": "both",
    "none": "nothing",
}  # fmt: skip


def respond_twin(client: Client, request: Json) -> tuple[Any, ...]:
    """
    Draw what the twin says of a view.

    Args:
        client: Way to the server.
        request: `{view, root}`; `root` is the node compared where none is chosen.

    Returns:
        Shadow's figure, title and table; forecast's figure and words.
    """
    view = state.view_from(request["view"])
    root = str(request.get("root") or "")
    unit = view["units"]
    of = view.of if view.of != "site" else f"node/{root}" if root else ""
    return (
        *_shadow(client, of, unit=unit),
        *_forecast(client, view.of, unit=unit),
    )


def _shadow(client: Client, of: str, *, unit: str) -> tuple[Any, ...]:
    title = "Measured against predicted, last hour"
    try:
        found = client.shadow(node=of)
    except ApiProblem as error:
        return _said(error), title, parts.problem(error.problem)
    figure = figures.shadow_figure(found["series"], unit=unit)
    named = f"{title}: {of.removeprefix('node/')}" if of else title
    return figure.document(), named, shadow_table(found, unit)


def _forecast(client: Client, of: str, *, unit: str) -> tuple[Any, ...]:
    why: Json = {}
    for horizon_s in AHEAD_S:
        try:
            found = client.forecast(of, horizon_s)
        except ApiProblem as error:
            why = (error.problem.get("errors") or [{}])[0]
            continue
        figure = figures.forecast_figure(found, unit=unit)
        return figure.document(), forecast_words(found, unit)
    name = str(why.get("field", "")).rpartition(".")[2]
    is_now = f"is {why['value']}" if why.get("value") else ""
    ruled = ", ".join(filter(None, [f"{name} {why.get('rule', '')}".strip(), is_now]))
    said = "; ".join(filter(None, [ruled, why.get("repair")]))
    words = f"No forecast: {said or 'the server gave none'}."
    figure = note("Not enough history to look ahead.")
    return figure.document(), html.P(words, className="np-quiet")


def _said(error: ApiProblem) -> Json:
    return note(str(error.problem.get("title"))).document()


def shadow_table(found: Json, unit: str) -> Any:
    """Nodes and hosts with measured beside predicted, what drifts first."""
    entries = [e for e in (*found["nodes"], *found["hosts"]) if e["basis"] != "none"]
    if not entries:
        why = (
            "Nothing is predicted yet: no calibration is active, and history is too "
            "short to expect a usual level. "
        )
        link = html.A("Calibrate a host", href="/data/#calibrations")
        return html.P([why, link, "."], className="np-quiet")
    entries.sort(key=lambda e: (e["drift"] is None, -abs(_off(e) or 0.0)))
    rows = [
        [e["name"], power(e["measured_w"], unit), power(e["predicted_w"], unit),
         percent(_off(e), 1, signed=True), _BASIS[e["basis"]],
         f"{e['hosts_predicted']} of {e['hosts']}", drift_words(e, found, unit)]
        for e in entries[:MOST_ROWS]
    ]  # fmt: skip
    head = ["Node or host", "Measured", "Predicted", "Off", "Rests on", "Hosts",
            "Drift"]  # fmt: skip
    caption = (
        f"Means of minutes with both, {clock(found['start_us'])} to "
        f"{clock(found['end_us'])[-8:]} UTC; modelled. Drift first, then the farthest "
        "off"
    )
    return parts.table(head, rows, caption)


def _off(entry: Json) -> float | None:
    if not entry["measured_w"] or entry["bias_w"] is None:
        return None
    return float(entry["bias_w"] / entry["measured_w"])


def drift_words(entry: Json, found: Json, unit: str) -> str:
    """Say what changed for good, or why that is not looked for."""
    drift = entry["drift"]
    if drift is None:
        return "not looked for" if entry["unwatched"] else "none"
    begins = "; begins here" if entry["of"] in found["origins"] else ""
    size = power(abs(drift["size_w"] or 0.0), unit)
    return f"▲ {size} {drift['direction']} since {clock(drift['since_us'])}{begins}"


def forecast_words(found: Json, unit: str) -> Any:
    """Headroom of the next day in words, and how far to trust it."""
    horizon = duration(found["horizon_s"])
    low, high = power(found["peak_low_w"], unit), power(found["peak_high_w"], unit)
    peak = power(found["peak_w"], unit)
    said = [f"Peak of the next {horizon}: {peak}; 90 % between {low} and {high}."]
    if found["limit_w"] is not None:
        said.append(
            f"Headroom then {power(found['headroom_w'], unit)} below the limit of "
            f"{power(found['limit_w'], unit)}; chance of passing it "
            f"{percent(found['passed_frac'], 1)}."
        )
    told = found["backtest"]
    history = found["history"]
    trust = f"{number(history['have_days'], 1)} days of history"
    if told:
        trust += (
            f"; {told['origins']} forecast{'s' if told['origins'] != 1 else ''} of its "
            "past held "
            f"{percent(told['covered_frac'], 0)} of what came"
        )
    elif found["backtest_missing"]:
        trust += f"; not tried on its past: {found['backtest_missing']}"
    return html.Div([
        html.P(html.B(said[0])), *(html.P(s) for s in said[1:]),
        html.P(f"{found['model'].capitalize()} model, {trust}.", className="np-quiet"),
        *(html.P(f"▲ {w}", className="np-quiet") for w in found["warnings"]),
    ])  # fmt: skip


def begin(client: Client, now_s: float) -> Any:
    """Store the watched scenario as it is now, and lead to the Site page."""
    try:
        found = client.from_now()
        at = dt.datetime.fromtimestamp(now_s, dt.UTC)
        name = f"{found['scenario']['name'][:80]} from {at:%Y-%m-%d %H:%M} UTC"
        stored = client.create_scenario(found["scenario"] | {"name": name})
    except ApiProblem as error:
        return parts.problem(error.problem)
    return html.Div(className="lv-begun", children=[
        html.P([html.B("Stored as "), html.A(
            name, href=f"/site/?scenario={stored['id']}", id="live-begun"),
            ": opens on Site, where every knob is yours."]),
        html.P("Taken over: " + "; ".join(found["carried"]) + "."),
        html.P("Not taken over: " + "; ".join(found["not_carried"]) + ".",
               className="np-quiet"),
    ])  # fmt: skip

"""Calibrations: asked for, listed with their error before and after, looked into."""

from __future__ import annotations

import time
from typing import Any

from api.client import ApiProblem, Client
from app.components import Input, Output, State, ctx, dcc, dmc, html, no_update
from app.figures.template import CONFIG
from app.figures.tracking import residual_figure
from app.format import MISSING, number, percent
from app.pages import parts
from app.pages.asking import away
from app.pages.data.state import PERIOD_S, PERIODS
from app.pages.knobs import options, pick, segmented

Json = dict[str, Any]

KINDS = (
    ("gpu-utilisation", "GPU power by utilisation"),
    ("gpu-clock", "GPU power by clock"),
    ("levels", "GPU phase levels"), ("server", "Server power"),
    ("thermal", "GPU heat"), ("conversion", "Conversion losses"),
)  # fmt: skip
TITLES = dict(KINDS)


# --- layout ---------------------------------------------------------------------------


def section() -> list[Any]:
    """Form, list, and the calibration that is open."""
    return [
        html.P("Fits a model to stored readings and judges it on their last part, "
               "which the fit has not seen. What the readings cannot tell is refused.",
               className="np-quiet"),
        html.Div(className="dt-form", children=[
            _box(pick("data-fit-kind", "Model", options(KINDS), KINDS[0][0])),
            _box(pick("data-fit-source", "Host", [], "")),
            html.Div(className="dt-pick dt-period", children=[
                html.Span("Last", className="np-label"),
                segmented("data-fit-period", options(PERIODS), "Period fitted", "1d"),
            ]),
            _box(pick("data-fit-output", "Its output", [], ""), "data-fit-output-box"),
            html.Div(className="dt-pick", id="data-fit-rated-box", children=html.Div(
                className="np-pick", children=[
                    html.Label("Rated W", htmlFor="data-fit-rated"),
                    dmc.NumberInput(id="data-fit-rated", value="", min=1, size="xs",
                                    hideControls=True, thousandSeparator=","),
                ])),
            dmc.Checkbox(id="data-fit-count", label="Fits count at once", size="xs",
                         checked=False),
            dmc.Button("Calibrate", id="data-fit", size="compact-sm"),
        ]),
        html.P(id="data-fit-note", role="status", className="np-quiet"),
        html.Div(id="data-fit-problem", role="alert"),
        html.Div(id="data-fits", className="np-scroll dt-left"),
        html.Div(id="data-fit-open", className="np-hidden", children=[
            html.Div(id="data-fit-words"),
            dcc.Graph(id="data-fit-fig", config=CONFIG, responsive=True,
                      figure={"data": [], "layout": {}}, style={"height": 340}),
            html.Div(className="dt-row", children=[
                dmc.Button("Let it count", id="data-fit-activate", size="compact-sm",
                           variant="default"),
                dmc.Button("Delete", id="data-fit-delete", size="compact-sm",
                           variant="subtle", color="red"),
            ]),
        ]),
    ]  # fmt: skip


def _box(what: Any, name: str = "") -> Any:
    return html.Div(what, className="dt-pick", **({"id": name} if name else {}))


# --- answers --------------------------------------------------------------------------


def fits_table(found: list[Json], chosen: str) -> Any:
    """All calibrations with their error on time not seen, before and after."""
    if not found:
        return html.P("Nothing is calibrated: predictions rest on usual levels.",
                      className="np-quiet")  # fmt: skip
    head = ["Of", "Model", "Status", "Error before", "Error after", "Readings",
            "Made, UTC"]  # fmt: skip
    rows = [
        html.Tr(className="np-chosen-row" if c["id"] == chosen else "", children=[
            html.Th(html.Button(c["target"], type="button", className="np-rule-name",
                                **{"data-fit": c["id"]}), scope="row"),
            html.Td(TITLES[c["kind"]]),
            html.Td(status_words(c), className="dt-refused"
                    if c["status"] == "refused" else "dt-applied"
                    if c["active"] else ""),
            *(html.Td(_error(c, when)) for when in ("before", "after")),
            html.Td(number(c["samples"])),
            html.Td(str(c["created_at"])[:16].replace("T", " ")),
        ])
        for c in found
    ]  # fmt: skip
    return html.Table(className="np-table", children=[
        html.Caption("Newest first; press one for its parameters and residuals. Error "
                     "is the mean of |modelled − measured| ÷ measured"),
        html.Thead(html.Tr([html.Th(h, scope="col") for h in head])),
        html.Tbody(rows),
    ])  # fmt: skip


def status_words(found: Json) -> str:
    """Whether a calibration stands, and counts."""
    if found["status"] == "refused":
        return "refused"
    return "fitted, counts" if found["active"] else "fitted"


def _error(found: Json, when: str) -> str:
    held = found["held_out"]
    if held is None:
        return MISSING
    share, rms = held[f"mape_{when}"], held[f"rms_{when}"]
    if share is None:
        return f"{number(rms, 1)} {found['unit']} rms"
    return f"{percent(share, 1)}, {number(rms, 1)} {found['unit']} rms"


def fit_words(found: Json) -> list[Any]:
    """Parameters with their errors, what could not be told, and why."""
    rows = [
        [p["name"], parameter(p), p["unit"], "fitted" if p["fitted"] else "prior kept"]
        for p in found["parameters"]
    ]
    error = found["error"]
    refused = found["refused"]
    return [
        html.P(className="dt-answer", children=[
            html.B(f"{found['target']}: "), TITLES[found["kind"]], ", ",
            status_words(found), "."]),
        parts.problem({"title": "The readings do not tell it", "errors": [error],
                       "id": ""}) if error else None,
        html.P(f"Prior: {found['prior']}. Version {found['version']}, bins of "
               f"{found['level']}; {number(found['samples'])} readings, worth "
               f"{number(found['effective_samples'])} independent ones.",
               className="np-quiet") if found["parameters"] else None,
        html.Div(parts.table(["Parameter", "Value", "Unit", "From"], rows, ""),
                 className="np-scroll") if rows else None,
        html.Ul([html.Li(f"{r['parameter']}: {r['why']}; {r['needs']}")
                 for r in refused], className="dt-notes") if refused else None,
        html.Ul([html.Li(w) for w in found["warnings"]], className="dt-notes")
        if found["warnings"] else None,
        html.P(f"No residuals: {found['residuals_missing']}.", className="np-quiet")
        if found["residuals_missing"] else None,
    ]  # fmt: skip


def parameter(found: Json) -> str:
    """A value with its standard error, to two digits of that error."""
    value, error = found["value"], found["standard_error"]
    if value is None:
        return MISSING
    if not error:
        return f"{value:.4g}"
    return f"{value:.4g} ± {error:.2g}"


# --- callbacks ------------------------------------------------------------------------


def register_calibrations(dash: Any, client: Client) -> None:
    """Attach the callbacks of this section."""

    @dash.callback(
        Output("data-fit-source", "data"), Output("data-fit-source", "value"),
        Output("data-fit-output", "data"),
        Input("data-boot", "data"), Input("data-reload", "data"),
        State("data-fit-source", "value"),
    )  # fmt: skip
    async def hosts(_: int, __: Any, chosen: str) -> tuple[Any, ...]:
        try:
            names = [s["name"] for s in await away(client.telemetry_sources)]
        except ApiProblem:  # the request that draws the sources says why
            return (no_update,) * 3
        return names, chosen or (names or [""])[0], names

    @dash.callback(
        Output("data-fit-note", "children"), Output("data-fit-problem", "children"),
        Output("data-fit-chosen", "data"),
        Input("data-fit", "n_clicks"), State("data-fit-kind", "value"),
        State("data-fit-source", "value"), State("data-fit-period", "value"),
        State("data-fit-output", "value"), State("data-fit-rated", "value"),
        State("data-fit-count", "checked"),
        running=[(Output("data-fit", "loading"), True, False)],
        prevent_initial_call=True,
    )  # fmt: skip
    async def fit(clicks: int | None, *asked: Any) -> tuple[Any, ...]:
        if not clicks or None in asked[:3]:  # kind, source and period are chosen
            return (no_update,) * 3
        return await away(fitted, client, asked, time.time())

    @dash.callback(
        Output("data-fits", "children"), Output("data-fit-open", "className"),
        Output("data-fit-words", "children"), Output("data-fit-fig", "figure"),
        Input("data-fit-chosen", "data"), Input("data-boot", "data"),
        Input("data-fit-activate", "n_clicks"), Input("data-fit-delete", "n_clicks"),
        Input("data-kept", "data"),
    )  # fmt: skip
    async def show(chosen: Json | None, *_: Any) -> tuple[Any, ...]:
        return await away(shown_fit, client, chosen or {}, str(ctx.triggered_id))


def fitted(
    client: Client, asked: tuple[Any, ...], now_s: float
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Calibrate, and open what came of it: note, problem, what is open."""
    kind, source, period, output, rated, counts = asked
    body = {
        "kind": kind, "source": source, "end_us": round(now_s * 1e6),
        "start_us": round((now_s - PERIOD_S[period]) * 1e6), "activate": bool(counts),
    }  # fmt: skip
    if kind == "conversion":
        body |= {"output_source": output or None, "rated_w": rated or None}
    try:
        client.calibrate(**body)
        newest = client.calibrations(source=source, kind=kind)
    except ApiProblem as error:
        return "", parts.problem(error.problem), no_update
    good = sum(
        c["status"] == "fitted" and c["end_us"] == body["end_us"] for c in newest
    )
    word = "fit" if good == 1 else "fits"
    opened = {"id": newest[0]["id"]} if newest else no_update
    after = "they count now" if counts else "open one and let it count"
    return f"{good} {word} of {source}; {after}.", None, opened


def shown_fit(client: Client, chosen: Json, act: str) -> tuple[Any, Any, Any, Any]:
    """List of calibrations, and the one that is open; after doing what is asked."""
    key = chosen.get("id", "")
    try:
        if key and act == "data-fit-activate":
            client.activate_calibration(key)
        if key and act == "data-fit-delete":
            client.delete_calibration(key)
            key = ""
        listed = fits_table(client.calibrations(), key)
        if not key:
            return listed, "np-hidden", None, no_update
        found = client.calibration(key)
    except ApiProblem as error:
        return no_update, "", parts.problem(error.problem), no_update
    residuals = found["residuals"]
    empty: Json = {"data": [], "layout": {}}
    figure = (
        residual_figure(residuals, unit=found["unit"]).document()
        if residuals else empty
    )  # fmt: skip
    return listed, "", fit_words(found), figure

"""Callbacks of the Stabilize page: ask the client, hand answers to plain functions."""

from __future__ import annotations

from functools import partial
from typing import Any

from api.client import ApiProblem, Client
from app.components import Input, State, no_update
from app.figures import grid_side
from app.figures import stabilize as figures
from app.pages.asking import (
    SUPERSEDED,
    bind,
    bind_answer,
    call_of,
    respond_to,
)  # fmt: skip
from app.pages.exports import bind_exports, of_call
from app.pages.knobs import bind_knobs, bind_view
from app.pages.stabilize import answer, state
from app.pages.stabilize.controls import CONTROLS
from app.pages.stabilize.layout import rule_boxes, table_boxes
from app.pages.stabilize.search import Searches, bind_search

Json = dict[str, Any]

CHOSEN = ("scenario", "own", "gpu", "law", "rules", "tables", "event", "theme",
          "units", "search", "objective", "against")  # fmt: skip
POINTS = 900
"""Buckets of a waveform: about one a pixel."""
COARSE_POINTS = 600
"""The same while a knob is being moved."""
LATER = ("fig-resonance", "fig-ride", "rides", "assumptions", "notes")
PARTS = (
    ("verdict", "children"), ("numbers", "children"), ("fig-wave", "figure"),
    ("window", "children"), ("notes", "children"), ("compliance", "children"),
    ("fig-spectrum", "figure"), ("fig-resonance", "figure"), ("fig-ride", "figure"),
    ("rides", "children"), ("assumptions", "children"), ("status", "children"),
)  # fmt: skip
ZOOM_PARTS = (("fig-wave", "figure"), ("window", "children"), ("zoom-kept", "data"))
OPTIONS = (
    ("scenario", "data"), ("gpu", "data"), ("rules", "children"),
    ("tables", "children"),
)  # fmt: skip


def register(dash: Any, client: Client) -> None:
    """Attach every callback of the page to the application."""
    _browser_side(dash)
    bind_answer(
        dash, "stab", PARTS, partial(respond, client), shared=("fig-wave", "window")
    )
    bind(dash, "stab", "zoom-request", ZOOM_PARTS,
         lambda asked, kept: look_closer(client, asked, kept or {}),
         State("stab-kept", "data"), shared=("fig-wave", "window"))  # fmt: skip
    known = Known(client)
    bind(dash, "stab", "boot", OPTIONS, lambda _: known.options(), at_start=True)
    bind_search(dash, Searches(client))
    bind_exports(dash, "stab", partial(of_call, client), [State("stab-kept", "data")])


class Known:
    """What the server has: GPU types, rules, tables, stored jobs."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._training: dict[tuple[str, int], bool] = {}

    def options(self) -> tuple[Any, ...]:
        """Options of jobs and GPU types, boxes of rules and tables."""
        gpus = {s["gpu"]["key"]: s["gpu"]["label"] for s in self._client.servers()}
        rules = self._client.grid_rules()
        jobs = [
            {"value": s["id"], "label": s["name"]}
            for s in self._client.scenarios(archived=False) if self._trains(s)
        ]  # fmt: skip
        return (
            [{"value": "", "label": "Ready-made job"}, *jobs],
            [{"value": key, "label": label} for key, label in gpus.items()],
            rule_boxes(rules["rules"]), table_boxes(rules["tables"]),
        )  # fmt: skip

    def _trains(self, stored: Json) -> bool:
        """Whether a stored scenario has training; read once for each version."""
        key = (stored["id"], stored["version"])
        if key not in self._training:
            found = self._client.scenario(stored["id"])["scenario"]
            self._training[key] = bool(found.get("training"))
        return self._training[key]


# --- in the browser -------------------------------------------------------------------


def _browser_side(dash: Any) -> None:
    """Gather the knobs, pace the questions, keep the URL: assets/stabilize.js."""
    bind_knobs(dash, "stab", CONTROLS)
    inputs = [Input(f"stab-{c.key}-slider", "value") for c in CONTROLS]
    inputs += [Input(f"stab-{name}", "value") for name in CHOSEN]
    inputs += [Input(f"stab-{name}", "checked") for name in state.SWITCHES]
    bind_view(dash, "stab", inputs, steps=(
        ("zoomed", [Input("stab-fig-wave", "relayoutData")]),
        ("looked", [Input("stab-zoom-kept", "data")]),
        ("searching", [Input("stab-search-step", "data")]),
        ("find", [Input("stab-find", "n_clicks"), Input("stab-cancel", "n_clicks")]),
        ("use", [Input("stab-use", "n_clicks"), State("stab-search-use", "data"),
          State("stab-defaults", "data")]),
        ("reset", [Input("stab-reset", "n_clicks"), State("stab-defaults", "data")]),
    ))  # fmt: skip


# --- the answer -----------------------------------------------------------------------


def respond(client: Client, request: Json) -> tuple[Any, ...]:
    """
    Answer one request of the page.

    Args:
        client: Way to the server.
        request: `{seq, tab, coarse, assumed, view}` of the page.

    Returns:
        PARTS, the problem, and what the browser keeps.
    """
    return respond_to(
        state, request, lambda view: draw(client, view, request), len(PARTS)
    )


def draw(
    client: Client, view: state.View, request: Json
) -> tuple[tuple[Any, ...], Json]:
    """Draw everything that hangs on the knobs: PARTS, and what the browser keeps."""
    coarse, unit = bool(request.get("coarse")), view["units"]
    asked = state.question(view, coarse=coarse)
    points = COARSE_POINTS if coarse else POINTS
    study = client.stabilize_run(view=request["tab"], points=points, **asked)
    coarse = coarse and not view["scenario"]
    window = _window(client, view, request, asked, study["horizon_s"])
    window = window or study["window"]
    focus = answer.focus_of(study, view["focus"])
    found = (
        answer.verdict(study, coarse=coarse), answer.numbers(study, unit=unit),
        figures.waveform_figure(
            study, window, focus=focus, unit=unit
        ).document(),
        answer.window_words(window), answer.notes(study),
        answer.compliance(study, focus=focus, unit=unit, coarse=coarse),
        figures.spectrum_figure(study, focus=focus).document(),
        grid_side.resonance_figure(study).document(),
        grid_side.ride_figure(study, unit=unit).document(),
        answer.rides(study, unit=unit),
        answer.assumptions(study) if request.get("assumed") else no_update,
        answer.status(study, coarse=coarse),
    )  # fmt: skip
    if coarse:  # what hardly moves waits until the knobs rest
        found = tuple(
            no_update if name in LATER else part
            for (name, _), part in zip(PARTS, found, strict=True)
        )
    more = {
        "call": call_of("/stabilize/run", state.question(view)),
        "horizon_s": study["horizon_s"], "study": slim(study), "focus": focus,
        "bare_w": study["before"]["highest_w"], "sizing_key": state.sizing_key(view),
    }  # fmt: skip
    return found, more


def slim(study: Json) -> Json:
    """What a closer look needs of a study besides its window."""
    names = ("key", "authority", "kind", "window_s", "unit")
    figures_kept = ("highest_w", "mean_w", "lowest_w")
    return {
        "verdicts": [
            {k: v[k] for k in names} | {
                "after": v["after"] and {
                    k: v["after"][k] for k in ("worst", "limit", "at_s", "passes")
                }
            }
            for v in study["verdicts"]
        ],
        **{side: {k: study[side][k] for k in figures_kept}
           for side in ("before", "after")},
    }  # fmt: skip


def _window(
    client: Client, view: state.View, request: Json, asked: Json, horizon_s: float
) -> Json | None:
    """Look closer where the view does; none where the window is outside the run."""
    window = view.zoom()
    if window is None or window[0] >= horizon_s:
        return None
    return client.stabilize_zoom(
        from_s=window[0],
        to_s=min(window[1], horizon_s),
        points=POINTS,
        view=f"{request['tab']}-zoom",
        **asked,
    )


def look_closer(client: Client, request: Json, kept: Json) -> tuple[Any, ...]:
    """
    Draw another window of the study on the page.

    Args:
        client: Way to the server.
        request: `{seq, tab, coarse, view}` of the page.
        kept: What the page keeps of the study.

    Returns:
        Figure, words on the window, and what the browser keeps.
    """
    done: Json = {"seq": request["seq"]}
    study, view = kept.get("study"), state.view_from(request["view"])
    if study is None:
        return no_update, no_update, done
    asked = state.question(view, coarse=bool(request.get("coarse")))
    from_s, to_s = view.zoom() or (0.0, kept["horizon_s"])
    try:
        window = client.stabilize_zoom(
            from_s=min(from_s, 0.999 * kept["horizon_s"]),
            to_s=min(to_s, kept["horizon_s"]),
            points=POINTS,
            view=f"{request['tab']}-zoom",
            **asked,
        )
    except ApiProblem as error:
        words = "" if error.status == SUPERSEDED else str(error)
        return no_update, words or no_update, done
    figure = figures.waveform_figure(
        study, window, focus=kept["focus"], unit=view["units"]
    )
    done |= {"sample_s": window["sample_s"], "ok": True}
    return figure.document(), answer.window_words(window), done

"""Questions beside the main one: server counts, a query's energy, progress, cancel."""

from __future__ import annotations

from functools import partial
from typing import Any

import anyio.to_thread

from api.client import ApiProblem
from app import format as say
from app.components import Input, Output, no_update
from app.figures import query as query_figures
from app.figures import serving as figures
from app.pages.serving import answer, state
from app.pages.serving.answers import Answers
from app.pages.serving.compare import compare_frame
from app.pages.serving.known import Known

Json = dict[str, Any]
TITLES = dict(state.PRESETS)
_SUPERSEDED = 409
QUERY_PARTS = (
    ("fig-query", "figure"), ("fig-savings", "figure"), ("fig-tornado", "figure"),
    ("query-words", "children"), ("query-table", "children"),
    ("query-sources", "children"),
)  # fmt: skip


def bind_more(dash: Any, answers: Answers, known: Known) -> None:
    """Attach the questions that run beside the main one."""

    @dash.callback(
        Output("serv-fig-pareto", "figure"), Output("serv-sweep-words", "children"),
        Output("serv-sweep-kept", "data"),
        Input("serv-sweep-request", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def sweep_view(request: Json) -> tuple[Any, ...]:
        return await anyio.to_thread.run_sync(partial(sweep, answers, known, request))

    @dash.callback(
        *(Output(f"serv-{name}", prop) for name, prop in QUERY_PARTS),
        Output("serv-query-kept", "data"),
        Input("serv-query-request", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def query_view(request: Json) -> tuple[Any, ...]:
        return await anyio.to_thread.run_sync(partial(query, answers, request))

    @dash.callback(
        Output("serv-progress", "data"), Input("serv-progress-ask", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def progress(asked: Json) -> Json:
        return answers.progress(asked["tab"]) | {"n": asked["n"]}

    @dash.callback(
        Output("serv-cancelled", "data"), Input("serv-cancel-ask", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def cancel(asked: Json) -> Json:
        await anyio.to_thread.run_sync(answers.cancel, asked["tab"], asked["view"])
        return asked


def sweep(answers: Answers, known: Known, request: Json) -> tuple[Any, ...]:
    """
    Run a view's systems at other server counts and draw SLO against watts.

    Args:
        answers: Way to the server.
        known: Which systems serve requests.
        request: `{seq, tab, dark, view}` of the page.

    Returns:
        Figure, words, and what the browser keeps.
    """
    view = state.view_from(request["view"])
    kept: Json = {"seq": request["seq"]}
    try:
        asked = state.sweep(view, known.fleets())
        found = answers.study(asked, tab=request["tab"], view="sweep")
    except ApiProblem as error:
        if error.status == _SUPERSEDED:
            return no_update, no_update, kept | {"superseded": True}
        words = f"No other server counts: {error.problem.get('detail')}"
        return no_update, words, kept
    figure = figures.pareto_figure(
        found, look_of=figures.looks(found, view.systems()), dark=request["dark"],
        target_frac=view["target"] / 100, unit=view["units"],
    )  # fmt: skip
    counts = sorted({p["server_count"] for p in found["pareto"]})
    return (
        figure.document(),
        _sweep_words(found, counts, view["target"] / 100, view["units"]),
        kept | {"ok": True},
    )


def least_of(pareto: list[Json], target_frac: float, unit: str) -> str:
    """Say which system at which server count is within the SLO at the fewest watts."""
    fits = [p for p in pareto if (p["attained_frac"] or 0.0) >= target_frac]
    if not fits:
        return ""
    least = min(fits, key=lambda p: p["mean_power_w"])
    power = say.power(least["mean_power_w"], unit)
    return f"fewest watts: {least['label']} on {least['server_count']} servers, {power}"


def _sweep_words(found: Json, counts: list[int], target_frac: float, unit: str) -> str:
    words = f"{counts[0]} to {counts[-1]} servers, thick: front" if counts else ""
    least = least_of(found["pareto"], target_frac, unit)
    words = f"{least}; {words}" if least else words
    rows = compare_frame(found, target_frac=target_frac)
    apart = {row.label: row.work for row in rows if row.work}
    late = sorted({r["label"] for r in found["refused"]})
    words += "".join(f"; {label}: {work}" for label, work in apart.items())
    return words + (f"; {', '.join(late)} not at all" if late else "")


def query(answers: Answers, request: Json) -> tuple[Any, ...]:
    """
    Work out what a query takes, every preset, and draw it.

    Args:
        answers: Way to the server.
        request: `{seq, tab, dark, view}` of the page.

    Returns:
        QUERY_PARTS and what the browser keeps.
    """
    view, kept = state.view_from(request["view"]), {"seq": request["seq"]}
    preset = view["preset"] if view["preset"] in TITLES else state.CHOICES["preset"]
    usual = state.view_from({})
    tab, dark = request["tab"], request["dark"]
    try:
        found = {
            # the scatter of one query does not hang on the share of long ones
            name: answers.query(
                state.query(view if name == preset else usual, name), tab=tab
            )
            for name in TITLES
        }
    except ApiProblem as error:
        same = (no_update,) * len(QUERY_PARTS)
        return (*same, kept | {"superseded": error.status == _SUPERSEDED})
    chosen = found[preset]
    return (
        query_figures.query_figure(
            found, titles=TITLES, chosen=preset, dark=dark
        ).document(),
        query_figures.savings_figure(chosen, dark=dark).document(),
        query_figures.tornado_figure(chosen, dark=dark).document(),
        answer.query_words(chosen), answer.query_table(found, TITLES),
        answer.query_sources(chosen), kept | {"ok": True},
    )  # fmt: skip

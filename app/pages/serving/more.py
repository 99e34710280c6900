"""Questions beside the main one: server counts, a query's energy, progress, cancel."""

from __future__ import annotations

from functools import partial
from typing import Any

from api.client import ApiProblem
from app import format as say
from app.components import no_update
from app.figures import query as query_figures
from app.figures import serving as figures
from app.pages.asking import SUPERSEDED, bind, bind_progress
from app.pages.serving import answer, state
from app.pages.serving.answers import Answers
from app.pages.serving.compare import compare_frame
from app.pages.serving.known import Known

Json = dict[str, Any]
TITLES = dict(state.PRESETS)
SWEEP_PARTS = (
    ("fig-pareto", "figure"), ("sweep-words", "children"), ("sweep-kept", "data"),
)  # fmt: skip
QUERY_PARTS = (
    ("fig-query", "figure"), ("fig-savings", "figure"), ("fig-tornado", "figure"),
    ("query-words", "children"), ("query-table", "children"),
    ("query-sources", "children"), ("query-kept", "data"),
)  # fmt: skip


def bind_more(dash: Any, answers: Answers, known: Known) -> None:
    """Attach the questions that run beside the main one."""
    bind(dash, "serv", "sweep-request", SWEEP_PARTS, partial(sweep, answers, known))
    bind(dash, "serv", "query-request", QUERY_PARTS, partial(query, answers))
    bind_progress(
        dash, "serv", lambda asked: answers.progress(asked["tab"]),
        lambda asked: answers.cancel(asked["tab"], asked["view"]),
    )  # fmt: skip


def sweep(answers: Answers, known: Known, request: Json) -> tuple[Any, ...]:
    """
    Run a view's systems at other server counts and draw SLO against watts.

    Args:
        answers: Way to the server.
        known: Which systems serve requests.
        request: `{seq, tab, view}` of the page.

    Returns:
        Figure, words, and what the browser keeps.
    """
    view = state.view_from(request["view"])
    kept: Json = {"seq": request["seq"]}
    try:
        asked = state.sweep(view, known.fleets())
        found = answers.study(asked, tab=request["tab"], view="sweep")
    except ApiProblem as error:
        if error.status == SUPERSEDED:
            return no_update, no_update, kept | {"superseded": True}
        words = f"No other server counts: {error.problem.get('detail')}"
        return no_update, words, kept
    figure = figures.pareto_figure(
        found, look_of=figures.looks(found, view.systems()),
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
        request: `{seq, tab, view}` of the page.

    Returns:
        QUERY_PARTS, the last of them what the browser keeps.
    """
    view, kept = state.view_from(request["view"]), {"seq": request["seq"]}
    preset = view["preset"] if view["preset"] in TITLES else state.CHOICES["preset"]
    usual = state.view_from({})
    tab = request["tab"]
    try:
        found = {
            # the scatter of one query does not hang on the share of long ones
            name: answers.query(
                state.query(view if name == preset else usual, name), tab=tab
            )
            for name in TITLES
        }
    except ApiProblem as error:
        same = (no_update,) * (len(QUERY_PARTS) - 1)
        return (*same, kept | {"superseded": error.status == SUPERSEDED})
    chosen = found[preset]
    return (
        query_figures.query_figure(
            found, titles=TITLES, chosen=preset
        ).document(),
        query_figures.savings_figure(chosen).document(),
        query_figures.tornado_figure(chosen).document(),
        answer.query_words(chosen), answer.query_table(found, TITLES),
        answer.query_sources(chosen), kept | {"ok": True},
    )  # fmt: skip

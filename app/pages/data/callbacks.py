"""Callbacks of the Data page: ask the client, hand answers to plain functions."""

from __future__ import annotations

import copy
import time
from functools import partial
from typing import Any

from api.client import ApiProblem, Client
from app.components import Input, Output, State, no_update
from app.pages import parts
from app.pages.asking import answered, away, bind_answer
from app.pages.data import answer, state
from app.pages.data.calibrations import register_calibrations
from app.pages.data.layout import NUMBERS, PLACE_COLUMNS
from app.pages.exports import Found, bind_exports, of_readings
from app.pages.knobs import bind_view
from app.pages.live.answer import events_list

Json = dict[str, Any]

_CONFLICT = 412
ALONE = [{"value": "", "label": "No scenario: hosts alone"}]


PARTS = (
    ("verdict", "children"),
    *((f"number-{name}", "children") for name, _, _ in NUMBERS),
    ("sources", "children"), ("page-words", "children"), ("events", "children"),
)  # fmt: skip


def register(dash: Any, client: Client) -> None:
    """Attach every callback of the page to the application."""
    _browser_side(dash)
    bind_answer(dash, "data", PARTS, lambda asked: respond(client, asked, time.time()))
    _placement(dash, client)
    _imports(dash, client)
    register_calibrations(dash, client)
    bind_exports(dash, "data", partial(found, client), [State("data-request", "data")])


def _browser_side(dash: Any) -> None:
    """Files, pages of sources, URL: assets/data.js."""
    fields = ("kind", "name", "into", "servers", "column", "zone", "unit")
    bind_view(dash, "data", [*(Input(f"data-{name}", "value")
          for name in ("theme", "period", "search", "kind", "fit-kind"))], steps=(
        ("placed", [Input("data-placed", "data")]),
        ("refresh", [Input("data-refresh", "n_clicks")]),
        ("sent", [Input("data-file", "contents"), State("data-file", "filename"),
          *(State(f"data-{field}", "value") for field in fields)]),
    ))  # fmt: skip


def found(client: Client, request: Json | None) -> Found | None:
    """Return what was measured in the period of the page."""
    if request is None:
        return None
    view, now_s = state.view_from(request["view"]), time.time()
    return of_readings(client, "site", (now_s - view.period_s, now_s))


# --- sources --------------------------------------------------------------------------


def respond(client: Client, request: Json, now_s: float) -> tuple[Any, ...]:
    """
    Draw the sources of a view.

    Args:
        client: Way to the server.
        request: `{seq, view}` of the page.
        now_s: The server's clock. [s]

    Returns:
        Verdict, numbers, table, words on its page, events, problem, what is kept.
    """
    view = state.view_from(request["view"])
    kept = {"seq": request["seq"]}
    return answered(lambda: draw(client, view, now_s), kept, parts_count=len(PARTS))


def draw(
    client: Client, view: state.View, now_s: float
) -> tuple[tuple[Any, ...], Json]:
    """Everything that is read again, and how many pages of sources there are."""
    sources, placement = client.telemetry_sources(), client.placement()
    end_us = round(now_s * 1e6)
    period = (end_us - view.period_s * 1_000_000, end_us)
    known = state.found_sources(sources, view["search"])
    pages = max(1, -(-len(known) // state.PER_PAGE))
    page = min(view.page, pages)
    first = (page - 1) * state.PER_PAGE
    shown = known[first : first + state.PER_PAGE]
    stored = {s["name"]: client.telemetry_stored(s["name"], *period) for s in shown}
    words = f"{first + 1 if shown else 0}-{first + len(shown)} of {len(known):,}"
    found = (
        answer.verdict(sources, placement),
        *(_cell(title, value, part) for (_, title, _), (value, part)
          in zip(NUMBERS, answer.numbers(sources, placement), strict=True)),
        answer.sources_table(shown, stored, period), words,
        events_list(client.telemetry_events(*period)),
    )  # fmt: skip
    return found, {"pages": pages}


def _cell(title: str, value: str, part: str) -> Any:
    return parts.number_cell("", title, value, part).children


# --- placement ------------------------------------------------------------------------


def _placement(dash: Any, client: Client) -> None:
    @dash.callback(
        Output("data-place-grid", "style"),
        Output("data-place-grid", "rowData"), Output("data-watched", "data"),
        Output("data-watched", "value"), Output("data-placed", "data"),
        Output("data-into", "data"),
        Input("data-boot", "data"), Input("data-reload", "data"),
    )  # fmt: skip
    async def load(_: int, __: Any) -> tuple[Any, ...]:
        rows, *rest = await away(loaded, client)
        return {"height": min(300, 64 + 28 * max(2, len(rows)))}, rows, *rest

    @dash.callback(
        Output("data-place-grid", "columnDefs"), Input("data-watched", "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def choose(scenario_id: str) -> Any:
        names = await away(nodes_of, client, scenario_id)
        return columns(names)

    @dash.callback(
        Output("data-place-grid", "rowData", allow_duplicate=True),
        Output("data-place-note", "children", allow_duplicate=True),
        Input("data-match", "n_clicks"), State("data-place-grid", "rowData"),
        State("data-watched", "value"), prevent_initial_call=True,
    )  # fmt: skip
    async def match(clicks: int | None, rows: list[Json], watched: str) -> Any:
        if not clicks:
            return no_update, no_update
        if not watched:
            return no_update, "Choose a scenario to watch first."
        names = await away(nodes_of, client, watched)
        found, count = state.matched(rows, names)
        return found, f"{count} placed by equal names; not saved yet."

    @dash.callback(
        Output("data-place-note", "children"), Output("data-place-problem", "children"),
        Output("data-placed", "data", allow_duplicate=True),
        Input("data-place", "n_clicks"), State("data-place-grid", "rowData"),
        State("data-watched", "value"), State("data-placed", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def save(
        clicks: int | None, rows: list[Json] | None, watched: str, placed: Json | None
    ) -> tuple[Any, ...]:
        if not clicks or rows is None or placed is None:  # nothing is shown yet
            return (no_update,) * 3
        return await away(saved, client, rows, watched, placed)


def loaded(client: Client) -> tuple[Any, ...]:
    """Rows, scenarios to watch, the one that is, its version, scenarios to change."""
    try:
        placement, sources = client.placement(), client.telemetry_sources()
        stored = [
            s for s in client.scenarios(archived=False) if s["has_facility"]
        ]  # fmt: skip
    except ApiProblem:  # the request that draws the sources says why
        return (no_update,) * 5
    options = [{"value": s["id"], "label": s["name"]} for s in stored]
    return (
        state.placement_rows(sources, placement["nodes"]), [*ALONE, *options],
        placement["scenario_id"] or "", {"version": placement["version"]},
        [{"value": "", "label": "A new scenario"}, *options],
    )  # fmt: skip


def nodes_of(client: Client, scenario_id: str) -> list[str]:
    """Nodes and racks of a scenario; none where there is none."""
    if not scenario_id:
        return []
    try:
        return state.node_names(client.site_network(scenario_id=scenario_id))
    except ApiProblem:  # deleted meanwhile; saving says so
        return []


def columns(names: list[str]) -> list[Json]:
    """Columns of the grid with these nodes to choose from."""
    found = copy.deepcopy(PLACE_COLUMNS)
    found[1]["cellEditorParams"] = {"values": ["", *names]}
    return found


def saved(
    client: Client, rows: list[Json], watched: str, placed: Json
) -> tuple[Any, ...]:
    """Store a placement: note, problem, and the version it has now."""
    nodes = {row["name"]: row["node"] for row in rows if row["node"]}
    try:
        found = client.place(watched or None, nodes, version=placed["version"])
    except ApiProblem as error:
        document = error.problem
        if error.status == _CONFLICT:
            document = document | {
                "title": "Somebody else changed the placement",
                "detail": "Yours is kept below and not saved. Load the page again to "
                "see theirs.",
            }
        return "", parts.problem(document), no_update
    note = f"Saved as version {found['version']}: {len(nodes)} placed."
    return note, None, {"version": found["version"]}


# --- imports --------------------------------------------------------------------------


def _imports(dash: Any, client: Client) -> None:
    @dash.callback(
        Output("data-preview", "children"), Output("data-apply-box", "className"),
        Output("data-imports", "children"),
        Input("data-open", "data"), Input("data-boot", "data"),
        Input("data-reload", "data"),
    )  # fmt: skip
    async def show(opened: Json | None, _: int, __: Any) -> tuple[Any, ...]:
        return await away(shown, client, opened or {})

    @dash.callback(
        Output("data-preview", "children", allow_duplicate=True),
        Output("data-apply-box", "className", allow_duplicate=True),
        Output("data-imports", "children", allow_duplicate=True),
        Output("data-reload", "data"),
        Input("data-apply", "n_clicks"), State("data-open", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def apply(clicks: int | None, opened: Json | None) -> tuple[Any, ...]:
        if not clicks or not (opened or {}).get("id"):
            return (no_update,) * 4
        return await away(applied, client, opened or {}, clicks)


def shown(client: Client, opened: Json) -> tuple[Any, ...]:
    """Diff of the import that is open, whether it can be applied, and the list."""
    hidden = "np-hidden"
    try:
        listed = answer.imports_list(client.imports(), opened.get("id", ""))
        if opened.get("problem"):
            return parts.problem(opened["problem"]), hidden, listed
        if opened.get("readings"):
            return answer.uploaded(opened["readings"]), hidden, listed
        if not opened.get("id"):
            return None, hidden, listed
        found = client.read_import(opened["id"])
    except ApiProblem as error:
        return parts.problem(error.problem), hidden, no_update
    ready = found["status"] == "previewed" and not found["problems"]
    return answer.preview(found), "" if ready else hidden, listed


def applied(client: Client, opened: Json, clicks: int) -> tuple[Any, ...]:
    """Apply the import that is open."""
    try:
        client.apply_import(opened["id"])
    except ApiProblem as error:
        return parts.problem(error.problem), no_update, no_update, no_update
    return (*shown(client, opened), clicks)

"""Callbacks of the Study page: ask the client, hand answers to plain functions."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from api.client import ApiProblem, Client
from app.components import Input, State, no_update
from app.figures.study_heat import cell_brush
from app.pages import parts
from app.pages.asking import bind, bind_answer
from app.pages.exports import Found, bind_exports
from app.pages.knobs import bind_view
from app.pages.study import exports, opened, state
from app.pages.study.define import checked, draft_of, errors_of, read_text, spec_of
from app.pages.study.draw import PARTS, draw, nothing, picks_of
from app.pages.study.points import Points
from app.pages.study.stored import listed
from app.study_seen import UNDER_WAY, Seen

Json = dict[str, Any]

_MISSING = 404
_PICKS = ("output", "hx", "hy", "stat", "sx", "sy", "units", "theme")
LIST_PARTS = (("list", "children"), ("listed", "data"))
ACT_PARTS = (("acted", "data"), ("problem", "children"))
POINT_PARTS = (("drawer-body", "children"), ("drawer", "title"), ("pointed", "data"))
OPEN_PARTS = (("opened", "data"), ("open-words", "children"))


def register(dash: Any, client: Client) -> None:
    """Attach every callback of the page to the application."""
    points, known = Points(client), Known(client)
    _browser_side(dash)
    bind_answer(dash, "study", PARTS, partial(respond, points))
    for name, drawn, call in (
        ("list", LIST_PARTS, partial(list_stored, client)),
        ("question", [("question", "data")], partial(question, known)),
        ("check", [("check", "data")], partial(check, client)),
        ("act", ACT_PARTS, partial(act_on, client)),
        ("point", POINT_PARTS, partial(show_point, points)),
        ("open", OPEN_PARTS, partial(open_run, points)),
        ("cell", [("cell", "data")], partial(cell_of, points)),
    ):
        bind(dash, "study", f"{name}-ask", drawn, call, shared=["problem"])
    bind(
        dash, "study", "boot", [("bases", "data")], lambda _: bases(client),
        at_start=True,
    )  # fmt: skip
    bind_exports(
        dash, "study", partial(found, points), [State("study-request", "data")],
        [name for name, _ in exports.KINDS],
    )  # fmt: skip


class Known:
    """Questions of the server; they come with it, so they are read once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._questions: dict[str, Json] = {}

    def questions(self) -> dict[str, Json]:
        """Every question by its key, with outputs and fields."""
        with self._lock:
            if not self._questions:
                self._questions = {q["key"]: q for q in self._client.study_questions()}
            return self._questions


def _browser_side(dash: Any) -> None:
    """Keep the URL, the pace and the links between charts: assets/study.js."""
    bind_view(dash, "study", (Input(f"study-{n}", "value") for n in _PICKS), steps=(
        ("lines", [Input("study-lines", "data")]),
        ("bases", [Input("study-bases", "data")]),
        ("question", [Input("study-question", "data")]),
        ("checked", [Input("study-check", "data")]),
        ("acted", [Input("study-acted", "data")]),
        ("pointed", [Input("study-pointed", "data")]),
        ("closed", [Input("study-drawer", "opened")]),
        ("opened", [Input("study-opened", "data")]),
        ("cell", [Input("study-cell", "data")]),
        ("row", [Input("study-grid", "cellClicked")]),
        ("mark", [Input("study-fig-scatter", "clickData")]),
        ("square", [Input("study-fig-heat", "clickData")]),
        ("hover", [Input("study-fig-scatter", "hoverData")]),
        ("run", [Input("study-run", "n_clicks")]),
        ("savePng", [Input("study-png", "n_clicks")]),
        ("saveSvg", [Input("study-svg", "n_clicks")]),
    ))  # fmt: skip


# --- the answer -----------------------------------------------------------------------


def list_stored(client: Client, asked: Json) -> tuple[Any, Json]:
    """List stored studies, the one on the page marked."""
    try:
        found = client.studies()
    except ApiProblem as error:
        return parts.problem(error.problem), asked
    return listed(found, chosen=asked["study"]), asked


def respond(points: Points, request: Json) -> tuple[Any, ...]:
    """
    Answer one request of the page.

    Args:
        points: Way to studies and their points.
        request: `{seq, view, have, fresh}` of the page: `have` is what it has
            drawn of this view, `fresh` whether it needs the definition too.

    Returns:
        PARTS, the problem, and what the browser keeps.
    """
    view = state.view_from(request["view"])
    kept: Json = {"seq": request["seq"], "study": view.study}
    if not view.study:
        return (*nothing(), None, kept | {"ok": True})
    try:
        document, found, whole = points.study(view.study)
    except ApiProblem as error:
        gone = error.status == _MISSING
        return (*nothing(), parts.problem(error.problem), kept | {"gone": gone})
    have = [document["status"], len(found)]
    kept |= {
        "ok": True, "status": document["status"], "job": document["job_id"],
        "asked": document["points"]["asked"], "done": done_of(document, found),
        "have": have, "more": not whole, "name": document["name"],
    }  # fmt: skip
    if document["status"] == "failed":
        kept["why"] = why_of(points.client, document["job_id"])
    if request.get("fresh"):
        kept["draft"] = draft_of(document["spec"])
    if request.get("have") == have:
        return (*nothing(), None, kept)
    drawn, more = draw(seen_of(document, found, request), view)
    return (*drawn, None, kept | more)


def why_of(client: Client, job_id: str | None) -> str:
    """Say why a study has failed, where its job is still known."""
    try:
        error = client.job(job_id)["error"] if job_id else None
    except ApiProblem:
        return ""
    return str(error["detail"]) if error else ""


def seen_of(document: Json, found: list[Json], asked: Json) -> Seen:
    """Return a study in the units that a page has."""
    view = asked["view"]
    return Seen(
        document, found, core=view.get("units") == "core", warm=view.get("temps") == "F"
    )


def done_of(document: Json, found: list[Json]) -> int:
    """Points that have come: the server counts in strides, what was read may lag."""
    return max(int(document["points"]["done"]), len(found))


# --- definition -----------------------------------------------------------------------


def bases(client: Client) -> list[Json]:
    """Stored scenarios that a study may start from; the list says what is wrong."""
    try:
        found = client.scenarios(archived=False)
    except ApiProblem:
        return []
    return [{"id": s["id"], "name": s["name"]} for s in found]


def question(known: Known, key: str) -> Any:
    """Return a question with its outputs and fields."""
    return known.questions().get(key) or no_update


def check(client: Client, asked: Json) -> Json:
    """Check a definition, as it is typed."""
    return checked(client, asked["draft"]) | {"n": asked["n"]}


def act_on(client: Client, asked: Json) -> tuple[Json, Any]:
    """Carry out one act on a study, or say what is wrong with it."""
    try:
        return {"n": asked["n"]} | carry_out(client, asked), None
    except ApiProblem as error:
        errors, read = errors_of(error.problem), asked["act"] == "read"
        wrong = {"n": asked["n"], "act": asked["act"], "errors": errors}
        return wrong, no_update if read else parts.problem(error.problem)


def carry_out(client: Client, asked: Json) -> Json:
    """
    Carry out one act on a study.

    Args:
        client: Way to the server.
        asked: `{act, draft, study, job, text, engine}`; act is run, cancel, resume,
            delete or read.

    Returns:
        `{act, study}`, or of `read` the draft of a pasted text.

    Raises:
        ApiProblem: If the server refuses.
    """
    act = asked["act"]
    if act == "read":
        found = read_text(str(asked.get("text") or ""), "study")
        return {"act": act, "draft": draft_of(found)}
    if act == "run":
        spec, scenario = spec_of(asked["draft"])
        engine = asked["draft"].get("engine") or None
        job = client.start_study(spec, scenario_id=scenario, engine=engine)
        return {"act": act, "study": job["result"]["id"]}
    key = str(asked["study"])
    if act == "cancel":
        client.cancel_job(str(client.study(key)["job_id"]))
    elif act == "resume":
        client.resume_study(key)
    elif act == "delete":
        if client.study(key)["status"] in UNDER_WAY:
            raise ApiProblem({
                "title": "The study is under way", "status": 409,
                "detail": "cancel it before it is deleted",
            })  # fmt: skip
        client.delete_study(key)
    return {"act": act, "study": key}


# --- one point ------------------------------------------------------------------------


def show_point(points: Points, asked: Json) -> tuple[Any, ...]:
    """Show one point of a study: body and title of the drawer, and what was asked."""
    view = state.view_from(asked["view"])
    try:
        document, found, _ = points.study(view.study)
        point = points.client.study_point(view.study, int(asked["point"]))
        body = opened.drawer(seen_of(document, found, asked), point)
    except ApiProblem as error:
        body = parts.problem(error.problem)
    return body, f"Point {asked['point']}", asked


def open_run(points: Points, asked: Json) -> tuple[Any, Any]:
    """Say where a point opens as a run, or why it does not."""
    try:
        return {"n": asked["n"]} | open_as_run(points, asked), ""
    except ApiProblem as error:
        return no_update, parts.problem(error.problem)


def open_as_run(points: Points, asked: Json) -> Json:
    """Address of the page that shows a point as a run."""
    document = points.client.study(asked["study"])
    point = points.client.study_point(asked["study"], int(asked["point"]))
    href, words = opened.open_point(points.client, document, point)
    return {"href": href, "words": words}


def cell_of(points: Points, asked: Json) -> Json:
    """Ranges of both axes that a cell of the heat map covers."""
    view = state.view_from(asked["view"])
    document, found, _ = points.study(view.study)
    seen = seen_of(document, found, asked)
    picks = picks_of(seen, view)
    pairs = ((picks["hx"], asked["x"]), (picks["hy"], asked["y"]))
    return {
        "n": asked["n"],
        "brushes": {key: list(cell_brush(seen, key, int(at))) for key, at in pairs},
    }


# --- files ----------------------------------------------------------------------------


def found(points: Points, request: Json | None) -> Found | None:
    """Return the study on the page, for files of it."""
    view = state.view_from((request or {}).get("view"))
    if not view.study:
        return None
    document, read, _ = points.study(view.study)
    return exports.found(points.client, document, read)

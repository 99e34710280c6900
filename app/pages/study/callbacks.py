"""Callbacks of the Study page: ask the client, hand answers to plain functions."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

from api.client import ApiProblem, Client
from api.problems import Refusal, problem_of
from app.components import (
    Input,
    Output,
    State,
    ctx,
    dcc,
    no_update,
)  # fmt: skip
from app.figures.study_heat import cell_brush
from app.pages import parts
from app.pages.asking import away
from app.pages.knobs import bind_view
from app.pages.study import exports, opened, state
from app.pages.study.define import checked, draft_of, errors_of, read_text, spec_of
from app.pages.study.draw import PARTS, draw, nothing, picks_of
from app.pages.study.examples import EXAMPLES
from app.pages.study.points import Points
from app.pages.study.stored import listed
from app.study_seen import UNDER_WAY, Seen

Json = dict[str, Any]
T = TypeVar("T")

_MISSING = 404
_PICKS = ("output", "hx", "hy", "stat", "sx", "sy", "units", "theme")


def register(dash: Any, client: Client) -> None:
    """Attach every callback of the page to the application."""
    points, known = Points(client), Known(client)
    _browser_side(dash)
    _answer(dash, points)
    _define(dash, client, known)
    _point(dash, points)
    _keep(dash, points)


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
        ("told", [Input("study-told", "data")]),
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


def _answer(dash: Any, points: Points) -> None:
    @dash.callback(
        *(Output(f"study-{name}", prop) for name, prop in PARTS),
        Output("study-problem", "children"), Output("study-kept", "data"),
        Input("study-request", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def answer_view(request: Json) -> tuple[Any, ...]:
        return await away(respond, points, request)

    @dash.callback(
        Output("study-list", "children"), Output("study-listed", "data"),
        Input("study-list-ask", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def list_stored(asked: Json) -> tuple[Any, Json]:
        try:
            found = await away(points.client.studies)
        except ApiProblem as error:
            return parts.problem(error.problem), asked
        return listed(found, chosen=asked["study"]), asked


def respond(points: Points, request: Json) -> tuple[Any, ...]:
    """
    Answer one request of the page.

    Args:
        points: Way to studies and their points.
        request: `{seq, dark, view, have, fresh}` of the page: `have` is what it has
            drawn of this view, `fresh` whether it needs the definition too.

    Returns:
        PARTS, the problem, and what the browser keeps.
    """
    view = state.view_from(request["view"])
    kept: Json = {"seq": request["seq"], "dark": request["dark"], "study": view.study}
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
    if request.get("fresh"):
        kept["draft"] = draft_of(document["spec"])
    if request.get("have") == have:
        return (*nothing(), None, kept)
    seen = Seen(document, found, core=view.units == "core")
    drawn, more = draw(seen, view, dark=request["dark"])
    return (*drawn, None, kept | more)


def done_of(document: Json, found: list[Json]) -> int:
    """Points that have come: the server counts in strides, what was read may lag."""
    return max(int(document["points"]["done"]), len(found))


# --- definition -----------------------------------------------------------------------


def _define(dash: Any, client: Client, known: Known) -> None:
    @dash.callback(Output("study-told", "data"), Input("study-boot", "data"))
    async def boot(_: int) -> Json:
        return await away(told, client, known)

    @dash.callback(
        Output("study-question", "data"), Input("study-question-ask", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def question(key: str) -> Any:
        questions = await away(known.questions)
        return questions.get(key) or no_update

    @dash.callback(
        Output("study-check", "data"), Input("study-check-ask", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def check(asked: Json) -> Json:
        found = await away(checked, client, asked["draft"])
        return found | {"n": asked["n"]}

    @dash.callback(
        Output("study-acted", "data"),
        Output("study-problem", "children", allow_duplicate=True),
        Input("study-act-ask", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def act(asked: Json) -> tuple[Json, Any]:
        try:
            return {"n": asked["n"]} | await away(carry_out, client, asked), None
        except ApiProblem as error:
            wrong = {"n": asked["n"], "act": asked["act"],
                     "errors": errors_of(error.problem)}  # fmt: skip
            shown = no_update if asked["act"] == "read" else parts.problem(
                error.problem
            )  # fmt: skip
            return wrong, shown


def told(client: Client, known: Known) -> Json:
    """What the definition needs before its first row: questions, scenarios, engines."""
    scenarios: list[Json] = []
    wrong = None
    try:
        scenarios = client.scenarios(archived=False)
    except ApiProblem as error:
        wrong = error.problem.get("detail")
    return {
        "questions": [
            {k: q[k] for k in ("key", "label", "doc")}
            for q in known.questions().values()
        ],
        "scenarios": [{"id": s["id"], "name": s["name"]} for s in scenarios],
        "examples": {k: draft_of(study) for k, (study, _) in EXAMPLES.items()},
        "wrong": wrong,
    }  # fmt: skip


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


def _point(dash: Any, points: Points) -> None:
    @dash.callback(
        Output("study-drawer-body", "children"), Output("study-drawer", "title"),
        Output("study-pointed", "data"),
        Input("study-point-ask", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def show_point(asked: Json) -> tuple[Any, ...]:
        try:
            body = await away(point_drawer, points, asked)
        except ApiProblem as error:
            body = parts.problem(error.problem)
        return body, f"Point {asked['point']}", asked

    @dash.callback(
        Output("study-opened", "data"),
        Output("study-open-words", "children"),
        Input("study-open-ask", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def open_run(asked: Json) -> tuple[Any, Any]:
        try:
            return {"n": asked["n"]} | await away(open_as_run, points, asked), ""
        except ApiProblem as error:
            return no_update, parts.problem(error.problem)

    @dash.callback(
        Output("study-cell", "data"), Input("study-cell-ask", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def cell(asked: Json) -> Json:
        return await away(cell_of, points, asked)


def point_drawer(points: Points, asked: Json) -> Any:
    """Show one point of a study."""
    view = state.view_from(asked["view"])
    document, found, _ = points.study(view.study)
    point = points.client.study_point(view.study, int(asked["point"]))
    return opened.drawer(Seen(document, found, core=view.units == "core"), point)


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
    seen = Seen(document, found, core=view.units == "core")
    picks = picks_of(seen, view)
    pairs = ((picks["hx"], asked["x"]), (picks["hy"], asked["y"]))
    return {
        "n": asked["n"],
        "brushes": {key: list(cell_brush(seen, key, int(at))) for key, at in pairs},
    }


# --- files ----------------------------------------------------------------------------


def _keep(dash: Any, points: Points) -> None:
    kinds = [name for name, _ in exports.KINDS if name not in exports.IN_BROWSER]

    @dash.callback(
        Output("study-download", "data"),
        Output("study-problem", "children", allow_duplicate=True),
        *(Input(f"study-{name}", "n_clicks") for name in kinds),
        State("study-request", "data"), prevent_initial_call=True,
    )  # fmt: skip
    async def download(*given: Any) -> Any:
        *clicks, request = given
        view = state.view_from((request or {}).get("view"))
        if not any(clicks) or not view.study:
            return no_update, no_update
        wanted = str(ctx.triggered_id).removeprefix("study-")
        try:
            content, name = await away(save, points, view.study, wanted)
        except ApiProblem as error:
            return no_update, parts.problem(error.problem)
        except Refusal as error:
            return no_update, parts.problem(problem_of(error))
        return dcc.send_bytes(content, name), no_update


def save(points: Points, key: str, wanted: str) -> tuple[bytes, str]:
    """Make a file of a study."""
    document, found, _ = points.study(key)
    return exports.export(points.client, document, found, wanted)

"""What pages post: the shape of every store, and of every control that is read."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, Field, FiniteFloat
from typing_extensions import TypedDict

Json = dict[str, Any]
_EXACT = 2**53


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        raise ValueError("must be text, a number, true, false or nothing")
    if isinstance(value, int | float) and not -1e300 < value < 1e300:
        raise ValueError("must be a number that can be counted with")
    return value


Plain = Annotated[Any, AfterValidator(_plain)]
"""What a control holds, or one entry of a view."""
Whole = Annotated[int, Field(gt=-_EXACT, lt=_EXACT)]
Id = Annotated[str, Field(max_length=2000)]
View = dict[str, Plain]


class Numbered(TypedDict):
    """What is asked again where its number rises."""

    n: Whole


class Request(TypedDict):
    """What a page asks its server: a view, and which question of the page it is."""

    seq: Whole
    view: View
    coarse: NotRequired[bool | None]
    narrow: NotRequired[bool | None]
    tables: NotRequired[list[str] | None]


class TabRequest(Request):
    """The same of a page whose newest question ends its older ones."""

    tab: str


class Progress(Numbered):
    """Which tab wants to know how far its question is."""

    tab: str


class Cancel(Numbered):
    """Which question of which tab is to stop."""

    tab: str
    seq: Whole


class ViewCancel(Cancel):
    """Which of a tab's questions is to stop."""

    view: str


class Opened(TypedDict):
    """What was opened by its id; empty where nothing is."""

    id: NotRequired[Id]
    problem: NotRequired[Json | None]
    readings: NotRequired[Json | None]


class Identified(TypedDict):
    """What was opened by its id."""

    id: Id


# --- Explore --------------------------------------------------------------------------


class Side(TypedDict):
    """Rise of one priority's latencies."""

    p50_impact_frac: FiniteFloat | None
    p99_impact_frac: FiniteFloat | None


class CellRun(TypedDict):
    """One seed of a plan's cell."""

    peak_frac: FiniteFloat
    brakes: Whole
    low: Side
    high: Side


class Cell(TypedDict):
    """A policy and a server count of the risk curve."""

    policy: str
    added_servers: Whole
    meets_slo: bool
    runs: Annotated[list[CellRun], Field(min_length=1)]


class Plan(TypedDict):
    """The risk curve as far as it is."""

    cells: NotRequired[list[Cell]]
    running: NotRequired[bool]
    text: NotRequired[str]


class PlanPoll(TypedDict):
    """The next step of a risk curve: start, look, or stop."""

    view: View
    key: NotRequired[Plain]
    tab: NotRequired[str]
    queue: NotRequired[Annotated[list[str], Field(max_length=4)] | None]
    job: NotRequired[Id | None]
    cancel: NotRequired[Id | None]


class Answer(TypedDict):
    """What Explore keeps of its answer."""

    slo: NotRequired[dict[str, FiniteFloat] | None]


class Pin(TypedDict):
    """A pinned run."""

    label: str
    numbers: dict[str, FiniteFloat | None]
    curve_w: list[FiniteFloat]
    horizon_s: FiniteFloat


# --- Site and Stabilize ---------------------------------------------------------------


class Named(TypedDict):
    """A node that was pressed."""

    name: str


class Body(TypedDict):
    """The question behind an answer."""

    scenario_id: NotRequired[Id | None]
    changes: NotRequired[Json | None]


class Call(TypedDict):
    """The call behind an answer."""

    path: Literal["/site/run", "/site/failures", "/site/cooling-year", "/stabilize/run"]
    body: Body


class SiteKept(TypedDict):
    """What the site pages keep of an answer."""

    call: NotRequired[Call]


class Worst(TypedDict):
    """A rule's worst moment."""

    worst: FiniteFloat | None
    limit: FiniteFloat | None
    at_s: FiniteFloat | None
    passes: bool | None


class Verdict(TypedDict):
    """A rule and how the site does by it."""

    key: str
    authority: str
    kind: str
    window_s: FiniteFloat | None
    unit: str
    after: Worst | None


class Level(TypedDict):
    """Power of a run."""

    highest_w: FiniteFloat
    mean_w: FiniteFloat
    lowest_w: FiniteFloat


class Trained(TypedDict):
    """What a closer look needs of a training site."""

    verdicts: list[Verdict]
    before: Level
    after: Level


class StabKept(SiteKept):
    """What Stabilize keeps of an answer."""

    study: NotRequired[Trained | None]
    horizon_s: NotRequired[Annotated[FiniteFloat, Field(gt=0)]]
    focus: NotRequired[str | None]
    bare_w: NotRequired[Annotated[FiniteFloat, Field(gt=0)]]


def _looked_at(kept: StabKept) -> StabKept:
    if kept.get("study") and not {"horizon_s", "focus"} <= kept.keys():
        raise ValueError("must have horizon_s and focus beside study")
    return kept


Looked = Annotated[StabKept, AfterValidator(_looked_at)]
"""The same where a closer look can be made of it."""


class SearchPoll(TypedDict):
    """The next step of a search: start, look, or stop."""

    view: View
    tab: str
    n: NotRequired[Plain]
    name: NotRequired[str | None]
    cancel: NotRequired[Plain]


class SearchStep(TypedDict):
    """How far a search is."""

    view: View
    done: NotRequired[str | None]


# --- the other pages ------------------------------------------------------------------


class DrawerAsk(TypedDict):
    """A system whose knobs are opened."""

    system: str
    knobs: str


class Draft(TypedDict):
    """A study as it is being defined."""

    spec: NotRequired[Json | None]
    base: NotRequired[str | None]
    base_text: NotRequired[str | None]
    engine: NotRequired[str | None]


class Drafted(Numbered):
    """A draft to be checked."""

    draft: Draft


class Act(Numbered):
    """What is to be done with a study."""

    act: str
    draft: NotRequired[Draft]
    study: NotRequired[Id]
    text: NotRequired[str | None]


class StudyRequest(Request):
    """What is asked of a study, and what is drawn of it."""

    fresh: NotRequired[bool]
    have: NotRequired[list[Plain] | None]


class Listing(Numbered):
    """Which study is marked in the list."""

    study: str


class PointAsk(Numbered):
    """A point of the study of a view."""

    point: Whole
    view: View


class OpenAsk(Numbered):
    """A point to open as a run."""

    study: Id
    point: Whole


class CellAsk(Numbered):
    """A cell of the heat map."""

    x: Whole
    y: Whole
    view: View


class Twin(TypedDict):
    """A view of Live, and its root."""

    view: View
    root: NotRequired[str | None]


class Placed(TypedDict):
    """The version of a placement."""

    version: Whole


class Place(TypedDict):
    """Where a source stands."""

    name: str
    node: str


STORES: dict[str, Any] = {
    "explore-request": TabRequest, "explore-plan": Plan, "explore-answer": Answer,
    "explore-plan-poll": PlanPoll, "explore-scenario-open": Identified,
    **dict.fromkeys(("site-request-site", "site-request-failures",
                     "site-request-cooling", "site-request-seeds"), TabRequest),
    "site-node": Named, "site-kept": SiteKept,
    "stab-request": TabRequest, "stab-zoom-request": TabRequest,
    "stab-kept": Looked, "stab-search-poll": SearchPoll,
    "stab-search-step": SearchStep,
    **dict.fromkeys(("serv-request", "serv-sweep-request", "serv-query-request"),
                    TabRequest),
    "serv-drawer-ask": DrawerAsk, "cmp-request": TabRequest,
    **dict.fromkeys(("site-progress-ask", "serv-progress-ask", "cmp-progress-ask"),
                    Progress),
    "site-cancel-ask": Cancel, "serv-cancel-ask": ViewCancel, "cmp-cancel-ask": Cancel,
    "study-request": StudyRequest, "study-list-ask": Listing, "study-question-ask": str,
    "study-check-ask": Drafted, "study-act-ask": Act, "study-point-ask": PointAsk,
    "study-open-ask": OpenAsk, "study-cell-ask": CellAsk,
    "live-request": Request, "live-side": View, "live-twin": Twin,
    "data-request": Request, "data-open": Opened, "data-fit-chosen": Opened,
    "data-placed": Placed, "data-kept": Json, "data-reload": Plain,
    "site-scenario-list": Any,
    **{f"{page}-boot": Plain
       for page in ("explore", "site", "stab", "serv", "study", "data")},
}  # fmt: skip
"""What the stores of pages hold."""
PROPERTIES: dict[str, Any] = {
    "value": Plain, "n_clicks": Whole, "checked": bool, "searchValue": str,
    "forceColorScheme": str, "rowData": list[Place], "selectedRows": list[Pin],
    "children": Any,
}  # fmt: skip
"""What a control of any page holds."""
VALUES: dict[str, Any] = {
    "explore-server.value": str, "stab-against.value": str, "data-watched.value": str,
    "data-fit-kind.value": str, "data-fit-source.value": str,
    "data-fit-period.value": Literal["1h", "1d", "1w", "1mo"],
}  # fmt: skip
"""Controls that hold less than others of their kind may."""

"""Searches for measures that run while their page looks on."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Any

from api.client import ApiProblem, Client
from app.components import Input, State, no_update
from app.figures.sizing import front_figure
from app.pages.asking import bind
from app.pages.recent import Recent
from app.pages.stabilize import found as found_words
from app.pages.stabilize import state

Json = dict[str, Any]
KEPT = 16


@dataclass(slots=True)
class Search:
    """One search: how far it is, and what it found or why not."""

    view: str
    part: float = 0.0
    text: str = "starting"
    found: Json | None = None
    problem: Json | None = None
    cancelled: bool = False


class Searches:
    """
    Searches by name; the oldest are forgotten.

    The client waits for an answer, so each search waits on a thread of its own.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: Recent[Search] = Recent(KEPT)

    def start(self, asked: Json, tab: str) -> str:
        """Begin a search and return its name."""
        name = uuid.uuid4().hex[:12]
        search = self._known.keep(name, Search(view=f"{tab}-size-{name}"))
        reader = contextvars.copy_context()  # it asks with the rights of this reader
        threading.Thread(
            target=reader.run, args=(self._run, search, asked), daemon=True
        ).start()
        return name

    def look(self, name: str | None) -> Search | None:
        """Return a search, none where it is not known any more."""
        return self._known.get(name or "")

    def cancel(self, name: str | None) -> None:
        """Stop a search: a newer question of its view takes over and is refused."""
        search = self.look(name)
        if search is None or search.found or search.problem:
            return
        search.cancelled = True
        with contextlib.suppress(ApiProblem):
            self._client.stabilize_size(view=search.view)

    def _run(self, search: Search, asked: Json) -> None:
        def told(part: float, text: str) -> None:
            search.part, search.text = part, text

        try:
            search.found = self._client.stabilize_size(
                view=search.view, on_progress=told, **asked
            )
        except ApiProblem as error:
            search.problem = error.problem
        except Exception as error:
            search.problem = {"title": "The search ended early", "detail": str(error)}


def bind_search(dash: Any, searches: Searches) -> None:
    """Start, watch, stop and show searches."""

    def show(step: Json | None, against: str, kept: Json) -> Any:
        search = searches.look((step or {}).get("done"))
        if search is None or search.found is None or step is None:
            return (no_update,) * 4
        return found_parts(
            search.found, against, state.view_from(step["view"]), bare_w=kept["bare_w"],
        )  # fmt: skip

    bind(dash, "stab", "search-poll", [("search-step", "data")],
         partial(search_step, searches))  # fmt: skip
    bind(dash, "stab", "search-step", (
        ("fig-front", "figure"), ("best", "children"), ("sensitivity", "children"),
        ("search-use", "data"),
    ), show, Input("stab-against", "value"),
        State("stab-kept", "data"))  # fmt: skip


def found_parts(
    found: Json, against: str, view: state.View, *, bare_w: float
) -> tuple[Any, ...]:
    """Draw what a search found: figure, words, sensitivity, knobs that mean it."""
    best = found["best"]
    values = None
    if best is not None:
        values = state.chosen(view, found["tried"][best]["choice"], bare_w)
    return (
        front_figure(found, against=against).document(),
        found_words.best_words(found), found_words.sensitivity(found), values,
    )  # fmt: skip


def search_step(searches: Searches, poll: Json) -> Json:
    """
    Move a search one step: start, look, or stop.

    Args:
        searches: Those that run.
        poll: `{view, tab, name, cancel}` of the page.

    Returns:
        `running` with part and text, `done` with its name, or a text on why not.
    """
    view, name = state.view_from(poll["view"]), poll.get("name")
    step: Json = {"n": poll.get("n"), "view": poll["view"], "name": name}
    if poll.get("cancel"):
        searches.cancel(name)
        return step | {"text": "Stopped."}
    if not name:
        name = searches.start(state.sizing_question(view), poll["tab"])
        return step | {"running": True, "name": name, "part": 0.0, "text": "starting"}
    search = searches.look(name)
    if search is None:
        return step | {"text": "The server forgot this search; start it again."}
    if search.problem and search.cancelled:
        return step | {"text": "Stopped."}
    if search.problem:
        words = search.problem.get("detail") or search.problem.get("title")
        return step | {"text": f"No answer: {words}"}
    if search.found is None:
        return step | {"running": True, "part": search.part, "text": search.text}
    count = len(search.found["tried"])
    took_s = search.found["timing"]["computed_s"]
    return step | {
        "done": name, "best": search.found["best"], "key": state.sizing_key(view),
        "text": f"{count} combinations in {took_s:.0f} s, on samples of "
        f"{1e3 * search.found['sample_s']:.2g} ms.",
    }  # fmt: skip

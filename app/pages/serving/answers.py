"""Answers on studies: asked once, kept for a while, with how far each question is."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import OrderedDict
from typing import Any

from api.client import ApiProblem, Client
from app.pages.serving.state import BASELINE

Json = dict[str, Any]
KEPT = 24
POINTS = 500
"""Records of a timeline: about one for two pixels."""
SLOW = frozenset({"splitwise", "dynamollm", "ssjf", "murakkab", "brane"})
"""Systems that search, solve or profile before they serve: they wait until the knobs
rest, whatever the length of the traffic."""


class Answers:
    """
    The last answers by tab and question; the oldest are forgotten.

    A tab sees only what it asked itself: rights differ between readers.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Json] = OrderedDict()
        self._settled: OrderedDict[str, Json] = OrderedDict()
        self._under_way: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def study(self, asked: Json, *, tab: str, view: str) -> Json:
        """
        Answer a study, from memory where this tab has asked it before.

        Args:
            asked: The study.
            tab: Who asks.
            view: Name of the question; a newer one under the same name ends this one.
        """
        key = _key(tab, asked)
        found = self.look(self._known, key)
        if found is None:
            name = f"{tab}-{view}"
            found = self._client.serve_study(
                asked, points=POINTS, view=name,
                on_progress=lambda part, text: self._told(name, part, text),
            )  # fmt: skip
            self._keep(self._known, key, found)
        return found

    def query(self, asked: Json, *, tab: str) -> Json:
        """Answer on the energy of a query."""
        key = _key(tab, asked)
        found = self.look(self._known, key)
        if found is None:
            found = self._client.query_energy(asked, view=f"{tab}-{asked['preset']}")
            self._keep(self._known, key, found)
        return found

    def known(self, asked: Json, *, tab: str) -> Json | None:
        """Answer of this tab to a question, if it is still in memory."""
        return self.look(self._known, _key(tab, asked))

    def settle(self, tab: str, study: Json) -> None:
        """Keep a whole answer, to lend its slow systems to coarse ones."""
        self._keep(self._settled, tab, study)

    def quick(self, tab: str, asked: Json, *, view: str) -> tuple[Json, frozenset[str]]:
        """
        Answer a coarse study with quick systems; slow ones as they were last.

        Returns:
            The study, and labels whose values are of the last settled answer.
        """
        quick = [s for s in asked["systems"] if s["key"] not in SLOW]
        left = {s["key"] for s in asked["systems"] if s["key"] in SLOW}
        found = self.study(asked | {"systems": quick}, tab=tab, view=view)
        before = self.look(self._settled, tab) or {"outcomes": [], "pareto": []}
        lent = [o for o in before["outcomes"] if o["system"] in left]
        order = [s["key"] for s in asked["systems"]]
        outcomes = sorted(
            (*found["outcomes"], *lent), key=lambda o: order.index(o["system"])
        )
        whole = found["study"] | {"systems": asked["systems"]}
        labels = frozenset(o["label"] for o in lent)
        return found | {"outcomes": outcomes, "study": whole}, labels

    def progress(self, tab: str) -> Json:
        """How far the questions of a tab are: name -> part and what is under way."""
        with self._lock:
            return {
                view: self._under_way.get(f"{tab}-{view}") for view in ("main", "sweep")
            }

    def cancel(self, tab: str, view: str) -> None:
        """Stop a question: a newer one of its name takes over, and is over at once."""
        tiny = {
            "systems": [{"key": BASELINE}],
            "traffic": {"length_s": 60, "rate_rps": 1}, "server_count": 1,
        }  # fmt: skip
        with contextlib.suppress(ApiProblem):
            self._client.serve_study(tiny, points=2, view=f"{tab}-{view}")

    def _told(self, name: str, part: float, text: str) -> None:
        with self._lock:
            self._under_way[name] = (part, text)
            while len(self._under_way) > KEPT:
                self._under_way.popitem(last=False)

    def look(self, kept: OrderedDict[str, Json], key: str) -> Json | None:
        """Return what is kept under a key and mark it as used."""
        with self._lock:
            if key in kept:
                kept.move_to_end(key)
            return kept.get(key)

    def _keep(self, kept: OrderedDict[str, Json], key: str, found: Json) -> None:
        with self._lock:
            kept[key] = found
            while len(kept) > KEPT:
                kept.popitem(last=False)


def _key(tab: str, asked: Json) -> str:
    return tab + json.dumps(asked, sort_keys=True)

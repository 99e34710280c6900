"""Answers on studies: asked once, kept for a while, with how far each question is."""

from __future__ import annotations

import contextlib
import json
from functools import partial
from typing import Any

from api.client import ApiProblem, Client
from app.pages.recent import Recent
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
        self._known: Recent[Json] = Recent(KEPT)
        self._settled: Recent[Json] = Recent(KEPT)
        self._under_way: Recent[tuple[float, str]] = Recent(KEPT)

    def study(self, asked: Json, *, tab: str, view: str) -> Json:
        """
        Answer a study, from memory where this tab has asked it before.

        Args:
            asked: The study.
            tab: Who asks.
            view: Name of the question; a newer one under the same name ends this one.
        """
        key = _key(tab, asked)
        name = f"{tab}-{view}"
        return self._known.get(key) or self._known.keep(key, self._client.serving_run(
            asked, points=POINTS, view=name,
            on_progress=partial(self._told, name),
        ))  # fmt: skip

    def query(self, asked: Json, *, tab: str) -> Json:
        """Answer on the energy of a query."""
        key = _key(tab, asked)
        return self._known.get(key) or self._known.keep(
            key, self._client.query_energy(asked, view=f"{tab}-{asked['preset']}")
        )

    def known(self, asked: Json, *, tab: str) -> Json | None:
        """Answer of this tab to a question, if it is still in memory."""
        return self._known.get(_key(tab, asked))

    def settle(self, tab: str, study: Json) -> None:
        """Keep a whole answer, to lend its slow systems to coarse ones."""
        self._settled.keep(tab, study)

    def quick(self, tab: str, asked: Json, *, view: str) -> tuple[Json, frozenset[str]]:
        """
        Answer a coarse study with quick systems; slow ones as they were last.

        Returns:
            The study, and labels whose values are of the last settled answer.
        """
        quick = [s for s in asked["systems"] if s["key"] not in SLOW]
        left = {s["key"] for s in asked["systems"] if s["key"] in SLOW}
        found = self.study(asked | {"systems": quick}, tab=tab, view=view)
        before = self._settled.get(tab) or {"outcomes": [], "pareto": []}
        lent = [o for o in before["outcomes"] if o["system"] in left]
        order = [s["key"] for s in asked["systems"]]
        outcomes = sorted(
            (*found["outcomes"], *lent), key=lambda o: order.index(o["system"])
        )
        whole = found["inputs"] | {"systems": asked["systems"]}
        labels = frozenset(o["label"] for o in lent)
        return found | {"outcomes": outcomes, "inputs": whole}, labels

    def progress(self, tab: str) -> Json:
        """How far the questions of a tab are: name -> part and what is under way."""
        return {v: self._under_way.get(f"{tab}-{v}") for v in ("main", "sweep")}

    def cancel(self, tab: str, view: str) -> None:
        """Stop a question: a newer one of its name takes over, and is over at once."""
        tiny = {
            "systems": [{"key": BASELINE}],
            "traffic": {"length_s": 60, "rate_rps": 1}, "server_count": 1,
        }  # fmt: skip
        with contextlib.suppress(ApiProblem):
            self._client.serving_run(tiny, points=2, view=f"{tab}-{view}")

    def _told(self, name: str, part: float, text: str) -> None:
        self._under_way.keep(name, (part, text))


def _key(tab: str, asked: Json) -> str:
    return tab + json.dumps(asked, sort_keys=True)

"""Comparisons, asked once and kept for a while, with how far each is."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import OrderedDict
from typing import Any

from api.client import ApiProblem, Client

Json = dict[str, Any]
KEPT = 24
_TINY: Json = {
    "scenario": {
        "horizon": {"days": 0.001},
        "workload": {"load": {"requests_per_server_s": 0.01, "target_peak_frac": None}},
    }
}
"""Takes over from a question that is no longer wanted, and is over at once."""


class Answers:
    """
    The last comparisons by tab; a tab sees only what it asked itself.

    Scenarios change under their id, so only what has just been asked is kept: a change
    of units or of what is shown asks nothing.

    Args:
        client: Way to the server.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[str, Json]] = OrderedDict()
        self._under_way: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def comparison(self, asked: Json, *, tab: str, fresh: bool) -> Json:
        """
        Compare, from memory where this tab asked just that before.

        Args:
            asked: The question.
            tab: Who asks; its newer question ends this one.
            fresh: Whether the question is put anew in any case.
        """
        key = json.dumps(asked, sort_keys=True)
        with self._lock:
            before = self._known.get(tab)
        if before is not None and before[0] == key and not fresh:
            return before[1]
        found = self.client.compare(
            asked["items"], baseline=asked["baseline"], view=tab,
            on_progress=lambda part, text: self._told(tab, part, text),
        )  # fmt: skip
        with self._lock:
            self._known[tab] = key, found
            self._known.move_to_end(tab)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found

    def progress(self, tab: str) -> tuple[float, str] | None:
        """How far the question of a tab is; None where it has not said."""
        with self._lock:
            return self._under_way.get(tab)

    def cancel(self, tab: str) -> None:
        """Stop the question of a tab."""
        with contextlib.suppress(ApiProblem):
            self.client.compare([_TINY, _TINY], series=False, view=tab)

    def _told(self, tab: str, part: float, text: str) -> None:
        with self._lock:
            self._under_way[tab] = part, text
            while len(self._under_way) > KEPT:
                self._under_way.popitem(last=False)

"""Comparisons, asked once and kept for a while, with how far each is."""

from __future__ import annotations

import contextlib
import json
from functools import partial
from typing import Any

from api.client import ApiProblem, Client
from app.pages.recent import Recent

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
        self._known: Recent[tuple[str, Json]] = Recent(KEPT)
        self._under_way: Recent[tuple[float, str]] = Recent(KEPT)

    def comparison(self, asked: Json, *, tab: str, fresh: bool) -> Json:
        """
        Compare, from memory where this tab asked just that before.

        Args:
            asked: The question.
            tab: Who asks; its newer question ends this one.
            fresh: Whether the question is put anew in any case.
        """
        key = json.dumps(asked, sort_keys=True)
        before = self._known.get(tab)
        if before is not None and before[0] == key and not fresh:
            return before[1]
        found = self.client.compare(
            asked["items"], baseline=asked["baseline"], view=tab,
            on_progress=partial(self._told, tab),
        )  # fmt: skip
        self._known.keep(tab, (key, found))
        return found

    def progress(self, tab: str) -> tuple[float, str] | None:
        """How far the question of a tab is; None where it has not said."""
        return self._under_way.get(tab)

    def cancel(self, tab: str) -> None:
        """Stop the question of a tab."""
        with contextlib.suppress(ApiProblem):
            self.client.compare([_TINY, _TINY], series=False, view=tab)

    def _told(self, tab: str, part: float, text: str) -> None:
        self._under_way.keep(tab, (part, text))

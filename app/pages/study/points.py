"""A study's points, read as they come; a page asks again and again."""

from __future__ import annotations

import threading
import time
from typing import Any

from api.client import Client
from app.pages.recent import Recent
from app.study_seen import UNDER_WAY

Json = dict[str, Any]

MOST_KEPT = 20_000
"""Points held of one study; of more, every n-th, the best and the front always."""
MOST_STUDIES = 6
READ_S = 0.6
"""Longest spell of reading before what there is is drawn."""


class _Kept:
    """Points of one study, as far as they were read."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.job = ""
        self.start()
        self.live = False

    def start(self) -> None:
        """Begin with the first point."""
        self.points: dict[int, Json] = {}
        self.after = -1
        self.ahead: set[int] = set()
        self.whole = False

    def add(self, point: Json, *, hold: bool) -> None:
        """Take a point; they may come out of order, and gaps are asked for again."""
        place = point["index"]
        if place <= self.after or place in self.ahead:
            return
        if hold:
            self.points[place] = point
        self.ahead.add(place)
        while self.after + 1 in self.ahead:
            self.after += 1
            self.ahead.remove(self.after)


class Points:
    """
    Studies and points by way of the client.

    Args:
        client: Way to the server. Who may not read a study is refused before its
            points are looked at.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._kept: Recent[_Kept] = Recent(MOST_STUDIES)

    def study(self, key: str) -> tuple[Json, list[Json], bool]:
        """
        Read a study and what points have come.

        Returns:
            The study, its points in order, and whether all that there are were read.
        """
        document = self.client.study(key)
        kept = self._kept.get_or(key, _Kept)
        with kept.lock:
            if _starts_anew(kept, document):
                kept.start()
                kept.job = document["job_id"] or ""
            kept.live = _under_way(document)
            if not kept.whole:
                self._read(kept, document)
            points = [kept.points[k] for k in sorted(kept.points)]
            return document, points, kept.whole or _under_way(document)

    def _read(self, kept: _Kept, document: Json) -> None:
        end_s = time.monotonic() + READ_S
        every = _every(document)
        analysis = document.get("analysis") or {}
        wanted = {analysis.get("best"), *(analysis.get("pareto") or ())}
        found = self.client.study_points(document["id"], after=kept.after)
        for count, point in enumerate(found):
            place = point["index"]
            kept.add(point, hold=every == 1 or place % every == 0 or place in wanted)
            if count % 500 == 499 and time.monotonic() > end_s:
                return
        kept.whole = not _under_way(document)


def _every(document: Json) -> int:
    """Every which point is held."""
    asked = int(document["points"]["asked"])
    return 1 + max(asked - 1, 0) // MOST_KEPT


def _starts_anew(kept: _Kept, document: Json) -> bool:
    """Whether points were given up, or the front of a thinned study is known now."""
    front = kept.live and not _under_way(document) and _every(document) > 1
    return front or kept.job != (document["job_id"] or "")


def _under_way(document: Json) -> bool:
    return document["status"] in UNDER_WAY

"""A question that takes long: how far it is, what is left, and the way to stop it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from api.client import ApiProblem
from app.pages.asking import SUPERSEDED
from app.pages.recent import Recent

Json = dict[str, Any]
Ask = Callable[..., Json]
KEPT = 256
TRIES = 3


def at_once(call: Ask, **asked: Any) -> Json:
    """Put a call that nobody waits for with a page in front of them."""
    return call(**asked)


@dataclass(slots=True)
class Newest:
    """The newest question of a tab; its `seq` is None once it was stopped."""

    seq: int | None
    part: float = 0.0
    text: str = ""
    since_s: float = 0.0


class UnderWay:
    """
    The newest question of each tab, put in one call after another.

    All calls of a tab have one view, so that the server ends an older question's where
    a newer one's begins. One ended though it is still the newest is put again.

    Args:
        stop: Puts any question for a view that is over at once.
    """

    def __init__(self, stop: Callable[..., object]) -> None:
        self._stop = stop
        self._newest: Recent[Newest] = Recent(KEPT)

    def begin(self, tab: str, seq: int) -> Ask:
        """Take a question as the newest of its tab; returns what puts its calls."""
        self._newest.keep(tab, Newest(seq))
        return self.further(tab, seq)

    def further(self, tab: str, seq: int) -> Ask:
        """Return what puts more calls of a question, as long as it is the newest."""
        return partial(self._ask, tab, seq)

    def _ask(self, tab: str, seq: int, call: Ask, **asked: Any) -> Json:
        for tried in range(1, TRIES + 1):
            newest = self._wanted(tab, seq)
            newest.part, newest.text, newest.since_s = 0.0, "", time.monotonic()
            try:
                found = call(view=tab, on_progress=partial(_told, newest), **asked)
            except ApiProblem as error:
                if error.status != SUPERSEDED or tried == TRIES:
                    raise
                continue
            self._wanted(tab, seq)
            return found
        raise AssertionError

    def _wanted(self, tab: str, seq: int) -> Newest:
        newest = self._newest.get(tab) or self._newest.keep(tab, Newest(seq))
        if newest.seq != seq:
            raise ApiProblem({
                "status": SUPERSEDED, "title": "Not wanted any more",
                "detail": "it was stopped, or a newer question of this page came",
            })  # fmt: skip
        return newest

    def progress(self, tab: str) -> tuple[float, str, float] | None:
        """Part, phase and seconds since its call began; None where it has not said."""
        newest = self._newest.get(tab)
        if newest is None or not newest.text:
            return None
        return newest.part, newest.text, time.monotonic() - newest.since_s

    def cancel(self, tab: str, seq: int) -> None:
        """Stop a question of a tab, unless a newer one has taken over."""
        newest = self._newest.get(tab)
        if newest is None or newest.seq != seq:
            return
        newest.seq = None
        with contextlib.suppress(ApiProblem):
            self._stop(view=tab)


def _told(newest: Newest, part: float, text: str) -> None:
    newest.part, newest.text = part, text

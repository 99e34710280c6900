"""
Sessions of readers' browsers: kept in this process, known by a random number.

The browser has the number, this process its hash and whom it stands for. A login never
takes over a number it was shown, so nobody can be given one that another knows.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from api.caller import Caller

SESSION_S = 12 * 3600.0
"""A session ends so long after its login, whatever is done in it."""
IDLE_S = 2 * 3600.0
"""And so long after the last request; an open page asks now and then by itself."""
MOST_OF_ONE = 20
"""Sessions of one holder; a further login ends the one longest unused."""


@dataclass(slots=True)
class _Session:
    caller: Caller
    began_s: float
    used_s: float

    def ended(self, now_s: float) -> bool:
        return now_s - self.began_s >= SESSION_S or now_s - self.used_s >= IDLE_S


class Sessions:
    """
    All sessions of this process.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def begin(self, caller: Caller, shown: str | None = None) -> str:
        """
        Begin a session.

        Args:
            caller: Whose it is.
            shown: Number of the session that the browser had until now; it ends.

        Returns:
            Its number, for the browser alone.
        """
        number, now_s = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            self._open.pop(_key(shown or ""), None)
            self._open = {k: s for k, s in self._open.items() if not s.ended(now_s)}
            own = [k for k, s in self._open.items()
                   if s.caller.token_id == caller.token_id]  # fmt: skip
            if len(own) >= MOST_OF_ONE:
                del self._open[min(own, key=lambda k: self._open[k].used_s)]
            self._open[_key(number)] = _Session(caller, now_s, now_s)
        return number

    def find(self, shown: str) -> Caller | None:
        """Whose session this is; None if there is none, or it has ended."""
        now_s = self._clock()
        with self._lock:
            found = self._open.get(_key(shown))
            if found is None or found.ended(now_s):
                return None
            found.used_s = now_s
            return found.caller

    def end(self, shown: str) -> Caller | None:
        """End a session here, and say whose it was."""
        with self._lock:
            found = self._open.pop(_key(shown), None)
        return None if found is None else found.caller


def _key(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()

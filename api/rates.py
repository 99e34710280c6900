"""Token buckets: how much a caller may do in a while. Memory is bounded."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEYS = 10_000


class Buckets:
    """
    One bucket per key, filled at a rate; the longest unused are forgotten.

    Args:
        per_s: What flows in. [1/s]
        burst: What a full bucket holds.
        clock: Seconds that never go back.
        most: Keys kept at most.
    """

    def __init__(
        self,
        per_s: float,
        burst: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST_KEYS,
    ) -> None:
        self._per_s, self._burst, self._clock, self._most = per_s, burst, clock, most
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take one, or say how long to wait until one is there. [s]"""
        with self._lock:
            level = self._level(key)
            if level < 1.0:
                return (1.0 - level) / self._per_s
            self._put(key, level - 1.0)
            return 0.0

    def owe(self, key: str, amount: float) -> None:
        """Take more than may be there: who sent much waits before the next."""
        with self._lock:
            self._put(key, self._level(key) - amount)

    def wait_s(self, key: str, least: float = 0.0) -> float:
        """How long until a bucket holds this much; 0 where it does. [s]"""
        with self._lock:
            return max(0.0, (least - self._level(key)) / self._per_s)

    def _level(self, key: str) -> float:
        level, at_s = self._levels.get(key, (self._burst, self._clock()))
        return min(self._burst, level + (self._clock() - at_s) * self._per_s)

    def _put(self, key: str, level: float) -> None:
        self._levels[key] = (level, self._clock())
        self._levels.move_to_end(key)
        if len(self._levels) > self._most:
            self._levels.popitem(last=False)

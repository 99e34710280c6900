"""What was used last, by name; the oldest is forgotten."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """
    The last values by name, for threads that share them.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, T] = OrderedDict()

    def get(self, name: str) -> T | None:
        """Return what is kept under a name, and mark it as used."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def get_or(self, name: str, make: Callable[[], T]) -> T:
        """Return what is kept under a name; made anew if there is nothing."""
        with self._lock:
            return self._put(name, self._kept.get(name) or make())

    def keep(self, name: str, value: T) -> T:
        """Keep a value, which is the newest now."""
        with self._lock:
            return self._put(name, value)

    def _put(self, name: str, value: T) -> T:
        self._kept[name] = value
        self._kept.move_to_end(name)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

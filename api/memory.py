"""Keep the server's memory small: few heaps, and what is free goes back."""

from __future__ import annotations

import contextlib
import ctypes
import threading
import time

_M_ARENA_MAX = -8  # of <malloc.h>
_GIVE_BACK_EVERY_S = 2.0
_lock = threading.Lock()
_given_s = 0.0


def keep_together() -> None:
    """
    Let all threads share two heaps, where the C library can do that.

    Each thread else gets one of its own, and what one of them freed is of no use to the
    others: a server of fifty threads then holds twice the memory that it uses.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):  # no glibc
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def give_back() -> None:
    """
    Return what is free to the system, where the C library can, at most every 2 s.

    The arrays of a large answer lie among small things that stay; without this their
    room would be kept for good.
    """
    global _given_s  # of the process, as its heaps are
    with _lock:
        if time.monotonic() - _given_s < _GIVE_BACK_EVERY_S:
            return
        _given_s = time.monotonic()
    with contextlib.suppress(OSError, AttributeError, TypeError):  # no glibc
        ctypes.CDLL(None).malloc_trim(0)

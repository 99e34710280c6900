"""Keep the server's memory small: few heaps, what is free goes back, few large ones."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from twin.errors import Cancelled

_M_ARENA_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -3, -1  # of <malloc.h>
_OWN_PAGES_BYTES = 4_000_000
"""Arrays from this size have pages of their own, which go back when they are freed."""
_AT_MOST_EVERY_S = 2.0
_LOOK_S = 0.1
TIGHT_BYTES = 650_000_000
"""Held by the process: from here on, a large question has what is remembered forgot."""
FULL_BYTES = 800_000_000
"""From here on every question has, and code that may be read again is let go."""
_CODE_BYTES, _READ_ONLY = 1_000_000, ("r--p", "r-xp")
_MADV_DONTNEED = 4  # of <sys/mman.h>
_lock = threading.Lock()
_given_s = _dropped_s = 0.0


def keep_together() -> None:
    """
    Let all threads share two heaps without large arrays, where the C library can.

    Each thread else gets one of its own, and what one of them freed is of no use to the
    others: a server of fifty threads then holds twice the memory that it uses. And an
    array of up to 32 MB lies in a heap once such a one was freed: the small things that
    come to lie behind it keep its room for good.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):  # no glibc
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, _OWN_PAGES_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, 4 * _OWN_PAGES_BYTES)


def keep_for_good() -> None:
    """
    Never look through what is loaded by now for garbage again.

    It is a million objects, and a large site's 60,000 racks and nodes have them looked
    through several times: they then take twice as long to make.
    """
    gc.collect()
    gc.freeze()


def give_back(*, now: bool = False) -> None:
    """
    Return what is free to the system, where the C library can, at most every 2 s.

    The arrays of a large answer lie among small things that stay; without this their
    room would be kept for good.

    Args:
        now: However short ago it was done.
    """
    global _given_s  # of the process, as its heaps are
    with _lock:
        if not now and time.monotonic() - _given_s < _AT_MOST_EVERY_S:
            return
        _given_s = time.monotonic()
    with contextlib.suppress(OSError, AttributeError, TypeError):  # no glibc
        ctypes.CDLL(None).malloc_trim(0)


def drop_code() -> None:
    """
    Let go of what large libraries have in memory as it is in their files, on Linux.

    Code and constants come back from the system's cache when they are used: of the
    compiler's 90 MB next to nothing is, once the kernels are there. What was written
    to since it was read is left alone. At most every 2 s: the search takes 0.05 s.
    """
    global _dropped_s
    with _lock:
        if time.monotonic() - _dropped_s < _AT_MOST_EVERY_S:
            return
        _dropped_s = time.monotonic()
    with contextlib.suppress(OSError, AttributeError, TypeError, ValueError):
        libc = ctypes.CDLL(None)
        for first, last in _as_in_files(Path("/proc/self/smaps").read_text("utf-8")):
            libc.madvise(
                ctypes.c_void_p(first), ctypes.c_size_t(last - first), _MADV_DONTNEED
            )


def relieve() -> None:
    """Let go of what comes back by itself, where the process holds much."""
    if held_bytes() > TIGHT_BYTES:
        drop_code()
        give_back(now=True)


def _as_in_files(smaps: str) -> Iterator[tuple[int, int]]:
    """Edges of large stretches that may only be read and are as their file has them."""
    span, mode, inode = "", "", "0"
    for line in smaps.splitlines():
        name, _, rest = line.partition(" ")
        if not name.endswith(":"):
            span, (mode, _, _, inode, *_) = name, rest.split()
        elif name == "Anonymous:" and rest.split()[0] == "0":
            first, last = (int(edge, 16) for edge in span.split("-"))
            if mode in _READ_ONLY and inode != "0" and last - first >= _CODE_BYTES:
                yield first, last


def held_bytes() -> int:
    """Memory of this process; 0 where the system does not say. [B]"""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


class Large:
    """
    Turns of large questions: each takes hundreds of megabytes while it is answered.

    Args:
        at_once: How many are answered at once; others wait on their threads.
    """

    def __init__(self, at_once: int) -> None:
        self._turn = threading.BoundedSemaphore(at_once)

    @contextlib.contextmanager
    def turn(
        self, cancelled: Callable[[], bool], forget: Callable[[], None]
    ) -> Iterator[None]:
        """
        Wait for a turn, with room for it.

        Args:
            cancelled: Asked while it waits.
            forget: Lets go of what is remembered where memory is tight.

        Raises:
            Cancelled: If asked to stop before it came.
        """
        while not self._turn.acquire(timeout=_LOOK_S):
            if cancelled():
                raise Cancelled
        try:
            if held_bytes() > TIGHT_BYTES:
                forget()
            yield
        finally:
            self._turn.release()

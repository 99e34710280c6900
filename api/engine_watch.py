"""End a pool of processes that waits for an answer which never comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait
from typing import Any

LOOK_S = 0.5
GRACE_S = 1.0
"""Time a pool has to see by itself that a worker is lost."""


def watch(pool: ProcessPoolExecutor) -> None:
    """
    See to it that the loss of a worker ends a pool's work, whenever it happens.

    A pool sees by itself that a worker is gone, but not where it was half way through
    writing its answer: it reads on, for a rest that never comes, as long as anybody
    holds the other end of the pipe. So all others are ended, and our own end is closed.

    Args:
        pool: The pool; workers that it starts later are watched too.
    """
    inside: Any = pool  # there is no other way to what it hides
    held = (inside._processes, inside._result_queue._writer)  # noqa: SLF001
    threading.Thread(target=_watch, args=held, name="watch", daemon=True).start()


def _watch(workers: Mapping[int, Any], writer: Any) -> None:
    while not wait([process.sentinel for process in list(workers.values())], 0):
        time.sleep(LOOK_S)
    time.sleep(GRACE_S)
    for process in list(workers.values()):
        process.kill()
    writer.close()

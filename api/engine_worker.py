"""What a worker process does besides its work: it ends with whom it works for."""

from __future__ import annotations

import os
import threading
import time

LOOK_S = 1.0


def end_with(pid: int) -> None:
    """
    Watch a process and end this one when it is gone.

    A killed server cannot tell its workers, and a fork server keeps them alive.

    Args:
        pid: The process that works are done for.
    """
    threading.Thread(target=_watch, args=(pid,), daemon=True).start()


def _watch(pid: int) -> None:
    while is_alive(pid):
        time.sleep(LOOK_S)
    os._exit(1)


def is_alive(pid: int) -> bool:
    """Whether a process of this machine runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

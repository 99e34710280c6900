"""
The agent itself, telling a witness what its spool has called durable.

    python -m tests.live.journal run ...

Each chunk is written to the pipe named by NAMEPLATE_JOURNAL_FD once `Spool.append` has
returned that it is on disk, and never before. So the witness knows of nothing that was
not promised, and a spool that forgets a promise is found out; nothing else of the agent
is changed.
"""

from __future__ import annotations

import os
import struct
import sys
from typing import Any

from agent.cli import main
from agent.spool import Spool

HEAD = struct.Struct("<I")


def watched(fd: int) -> None:
    """Wrap the spool's promise."""
    promise = Spool.append
    waiting: list[bytes] = []

    def append(self: Spool, payload: bytes, readings: int) -> bool:
        waiting.append(payload)
        durable = promise(self, payload, readings)
        if durable:
            told = b"".join(HEAD.pack(len(p)) + p for p in waiting)
            waiting.clear()
            while told:
                told = told[os.write(fd, told) :]
        return durable

    changed: Any = Spool
    changed.append = append


if __name__ == "__main__":
    watched(int(os.environ["NAMEPLATE_JOURNAL_FD"]))
    sys.exit(main())

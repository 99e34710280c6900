"""A clock of a whole process that the test holds; only its monotonic one is left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


class Clock:
    """
    Debian's libfaketime before a process, and what it reads.

    Args:
        folder: Where that is kept.
    """

    def __init__(self, folder: Path) -> None:
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            needs = "needs a clock to hold: install Debian's package libfaketime"
            if os.environ.get("CI") == "true":
                pytest.fail(needs, pytrace=False)
            pytest.skip(needs)
        self._said = folder / "clock"
        self.jump("+0")
        self.env = {
            "LD_PRELOAD": str(found[0]), "FAKETIME_TIMESTAMP_FILE": str(self._said),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip

    def jump(self, off: str) -> None:
        """Let it be off by so much from now on, as in "+1d" or "-1h"."""
        part = self._said.with_suffix(".part")
        part.write_text(f"{off}\n")
        part.replace(self._said)

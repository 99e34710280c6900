"""Batches the server did not take whole, kept for a person; the oldest go first."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

MOST_BYTES = 64_000_000
BLOCK_BYTES = 4096
"""What the smallest file takes on most disks."""


class Quarantine:
    """A bounded folder of refused batches."""

    def __init__(self, folder: Path, *, size: int = MOST_BYTES) -> None:
        self.folder = folder
        self._bytes = size

    def keep(self, name: str, body: bytes, why: dict[str, Any]) -> int:
        """
        Set a batch's bytes aside, and the server's reason beside them.

        Returns:
            How many older batches were removed to make room.
        """
        self.folder.mkdir(exist_ok=True, mode=0o700)
        (self.folder / f"{name}.why.json").write_text(json.dumps(why, indent=1))
        with (self.folder / f"{name}.json.gz").open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())  # the spool lets go of it next
        kept = self.bodies()
        taken = sum(map(_bytes_of, kept))
        removed = 0
        while taken > self._bytes and removed < len(kept) - 1:
            taken -= _bytes_of(kept[removed])
            _remove(kept[removed])
            removed += 1
        return removed

    def bodies(self) -> list[Path]:
        """The batches set aside, the oldest first."""
        found = self.folder.glob("*.json.gz")
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)


def _bytes_of(body: Path) -> int:
    """What a batch and its reason take on disk."""
    return BLOCK_BYTES * (-(-body.stat().st_size // BLOCK_BYTES) + 1)


def _remove(body: Path) -> None:
    body.unlink(missing_ok=True)
    why = body.with_name(body.name.removesuffix(".json.gz") + ".why.json")
    why.unlink(missing_ok=True)

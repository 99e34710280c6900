"""Batches the server refused, kept for a person to look at; the oldest go first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MOST_FILES = 50
MOST_BYTES = 16 << 20


class Quarantine:
    """A bounded folder of refused batches."""

    def __init__(
        self, folder: Path, *, files: int = MOST_FILES, size: int = MOST_BYTES
    ) -> None:
        self.folder = folder
        self._files = files
        self._bytes = size

    def keep(self, name: str, body: bytes, why: dict[str, Any]) -> None:
        """Set a batch's bytes aside, and the server's reason beside them."""
        self.folder.mkdir(exist_ok=True, mode=0o700)
        (self.folder / f"{name}.json.gz").write_bytes(body)
        (self.folder / f"{name}.why.json").write_text(json.dumps(why, indent=1))
        kept = self.bodies()
        while kept and (
            len(kept) > self._files or sum(p.stat().st_size for p in kept) > self._bytes
        ):
            self._remove(kept.pop(0))

    def bodies(self) -> list[Path]:
        """The batches set aside, the oldest first."""
        found = self.folder.glob("*.json.gz")
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)

    def _remove(self, body: Path) -> None:
        body.unlink(missing_ok=True)
        why = body.with_name(body.name.removesuffix(".json.gz") + ".why.json")
        why.unlink(missing_ok=True)

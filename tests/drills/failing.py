"""A disk that fails while a process has files open on it; needs no rights."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


class FailingDisk:
    """
    A library before a process, and what it reads.

    A kernel lets nobody mount a disk read-only while files on it are open to write,
    as it does by itself when the disk fails.

    Args:
        folder: What fails.
        work: Where the library and its switch are kept; not below `folder`.
    """

    def __init__(self, folder: Path, work: Path) -> None:
        library, self._switch = work / "failing.so", work / "failing"
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"],
            check=True,
        )
        self.env = {"LD_PRELOAD": str(library), "FAILING_FOLDER": f"{folder}/",
                    "FAILING_SWITCH": str(self._switch)}  # fmt: skip

    @contextlib.contextmanager
    def being(self, kind: str) -> Iterator[None]:
        """Until the block ends it is "read-only", or "full"."""
        self._switch.write_text(kind)
        try:
            yield
        finally:
            self._switch.unlink()

"""Progress of a job: a callback, or one line that is written over."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Literal, TextIO

Progress = Callable[[float, str], None]
"""Told the part done, 0..1, and what is under way."""
Wish = Progress | Literal["auto"] | None
WIDTH = 79


class Line:
    """A line in a terminal or below a notebook's cell; gone when the work is done."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = ""

    def __call__(self, part: float, text: str) -> None:
        """Show how far it is."""
        line = f"{part:4.0%} {text}"[:WIDTH]
        if line != self._shown:
            self._stream.write("\r" + line.ljust(len(self._shown)))
            self._stream.flush()
            self._shown = line

    def clear(self) -> None:
        """Wipe the line."""
        if self._shown:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
            self._stream.flush()
            self._shown = ""


def line_for_here() -> Line | None:
    """
    A line where somebody would see it.

    A notebook shows standard output below its cell, a terminal standard error, which
    is not what a pipe reads. Elsewhere a line would only fill a log.
    """
    if "ipykernel" in sys.modules:
        return Line(sys.stdout)
    return Line(sys.stderr) if sys.stderr.isatty() else None

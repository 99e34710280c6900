"""A file of data that a command sends on as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.problem import ProblemLine, refusal
from cli.scenario_file import SourceFile


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile(SourceFile):
    """A file whose lines the planner checks; its answer names them as fields."""

    def locate(self, errors: Iterable[Mapping[str, Any]]) -> list[ProblemLine]:
        """Name the file where one of its lines, or all of it, is wrong."""
        return [
            ProblemLine(**error, file=str(self.path))
            if str(error["field"]).startswith(("line ", "file"))
            else ProblemLine(**error)
            for error in errors
        ]


def readable(path: Path) -> DataFile:
    """
    Look whether there is a file, before any work is done.

    Raises:
        Problem: Where there is none.
    """
    if path.is_file():
        return DataFile(path=path)
    raise refusal("The file cannot be read", "FILE", "must be a file that can be read",
                  str(path), "check the path")  # fmt: skip

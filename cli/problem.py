"""
What the command says when it cannot answer, and the exit code that goes with it.

Exit codes: 0 answered, 1 the answer is no, 2 the input is wrong, 3 it cannot be done
here and now (network, database, disk), 130 stopped by the user.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from twin.errors import ScenarioError, ScenarioErrors

ANSWER_IS_NO = 1
BAD_INPUT = 2
CANNOT = 3
CANCELLED = 130

_BAD_REQUEST = 400
_SERVER_ERROR = 500
CANNOT_FIELDS = frozenset({"network", "publisher", "disk", "database"})
"""Fields of an error that speak of the world and not of the input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLine:
    """One thing that is wrong: field, rule, value got, repair, and where it stands."""

    field: str
    rule: str
    value: Any
    repair: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """Say it as a compiler would: file:line: field rule, got value; repair."""
        place = "" if self.file is None else self.file
        if self.line is not None:
            place += f":{self.line}"
        place = f"{place}: " if place else ""
        got = f", got {self.value!r}" if self.value not in (None, "") else ""
        return f"{place}{self.field} {self.rule}{got}; {self.repair}".replace("  ", " ")


class Problem(Exception):  # noqa: N818 - it is shown, not only raised
    """The command ends with a message and an exit code, never with a traceback."""

    def __init__(
        self, title: str, lines: Sequence[ProblemLine] = (), *, code: int = BAD_INPUT
    ) -> None:
        self.title = title
        self.lines = tuple(lines)
        self.code = code
        super().__init__(title)

    def document(self) -> dict[str, Any]:
        """Return it for `--json`."""
        errors = [asdict(line) for line in self.lines]
        return {"error": {"title": self.title, "code": self.code, "errors": errors}}


def refusal(
    title: str, field: str, rule: str, value: Any, repair: str, *,
    code: int = BAD_INPUT, **place: Any,
) -> Problem:  # fmt: skip
    """Make the problem of one thing that is wrong, in a file and line if given."""
    line = ProblemLine(field=field, rule=rule, value=value, repair=repair, **place)
    return Problem(title, [line], code=code)


def parts(error: ScenarioError | ScenarioErrors) -> list[dict[str, Any]]:
    """List what an error of the core names, each with field, rule, value, repair."""
    found = error.errors if isinstance(error, ScenarioErrors) else (error,)
    return [
        {"field": e.field, "rule": e.rule, "value": e.value, "repair": e.repair}
        for e in found
    ]


def code_for(status: int, fields: Sequence[str]) -> int:
    """
    Exit code for an API's refusal.

    Args:
        status: HTTP status.
        fields: Fields its errors name.
    """
    if CANNOT_FIELDS.intersection(fields) or status >= _SERVER_ERROR:
        return CANNOT
    return BAD_INPUT if status >= _BAD_REQUEST else CANNOT

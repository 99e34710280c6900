"""
What can go wrong, as one tree.

    NameplateError
    ├── ServerUnreachable    no answer at all
    ├── JobTimeout           a job takes longer than the caller waits
    └── Problem              the server refused or failed, and says why
        ├── InvalidInput     400, 413, 422: the input breaks a rule
        ├── NotAllowed       401, 403: no token, or one without the scope
        ├── NotFound         404
        ├── Conflict         409, 412: cancelled, superseded or changed meanwhile
        ├── TooMuchWork      429
        └── Unavailable      503
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Fault:
    """
    One field that is wrong.

    Attributes:
        field: Which; a dotted path.
        rule: The rule it breaks.
        value: What it is.
        repair: What to do.
    """

    field: str
    rule: str
    value: Any
    repair: str

    def __str__(self) -> str:
        return f"{self.field}: {self.rule}, got {self.value!r}; {self.repair}"


class NameplateError(Exception):
    """Anything this client raises by itself."""


class ServerUnreachable(NameplateError):  # noqa: N818 - reads as what happened
    """The server gave no answer."""


class JobTimeout(NameplateError):  # noqa: N818 - reads as what happened
    """A job is not done within the time allowed; it goes on."""


class Problem(NameplateError):  # noqa: N818 - reads as what happened
    """
    The server refused or failed.

    Attributes:
        document: The problem document as it was sent (RFC 9457).
        status: HTTP status.
        title: What kind of problem.
        detail: What happened here.
        id: Under which the server's log has it.
        errors: Each wrong field with its rule, value and repair.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = dict(document)
        self.status = int(document.get("status") or 500)
        self.title = str(document.get("title", ""))
        self.detail = str(document.get("detail", ""))
        self.id = str(document.get("id", ""))
        self.errors = tuple(
            Fault(e["field"], e["rule"], e.get("value"), e.get("repair", ""))
            for e in document.get("errors") or ()
        )
        shown = [str(e) for e in self.errors] or [self.detail]
        super().__init__("\n".join([f"{self.title} ({self.status})", *shown]))


class InvalidInput(Problem):
    """The input breaks a rule; `errors` says which, and the repair."""


class NotAllowed(Problem):
    """There is no token, or it does not have the scope."""


class NotFound(Problem):
    """Nothing has this id."""


class Conflict(Problem):
    """Cancelled, overtaken by a newer question, or changed by somebody else."""


class TooMuchWork(Problem):
    """More than the server takes at once, even after waiting as it asked."""


class Unavailable(Problem):
    """The server starts, stops, or has lost its database."""


_KINDS: dict[int, type[Problem]] = {
    400: InvalidInput, 413: InvalidInput, 422: InvalidInput,
    401: NotAllowed, 403: NotAllowed, 404: NotFound, 409: Conflict, 412: Conflict,
    429: TooMuchWork, 503: Unavailable,
}  # fmt: skip


def problem_from(document: Mapping[str, Any]) -> Problem:
    """Make the exception of a problem document."""
    return _KINDS.get(int(document.get("status") or 500), Problem)(document)


def problem_in(response: httpx.Response) -> Problem:
    """Make the exception of a refused request, whoever refused it."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if not (isinstance(document, dict) and "title" in document):
        detail = f"The server answered {response.status_code} without a reason"
        document = {"title": "Unexpected answer", "detail": detail}
    return problem_from({"status": response.status_code, **document})

"""Problem documents (RFC 9457) with one entry per wrong field."""

from __future__ import annotations

from typing import Any

from api.schemas.base import Out, said


class FieldError(Out):
    """One wrong input."""

    field: str = said("Dotted path of the field", "fleet.server_count")
    rule: str = said("What it must be", "input should be greater than or equal to 1")
    value: Any = said("What was given", 0, unit="as the field")
    repair: str = said("How to mend it", "raise it")


class Problem(Out):
    """Why a request was refused, or why a job failed."""

    type: str = said("Kind of problem", "urn:nameplate:problem:invalid-input")
    title: str = said("The kind in words", "The input breaks a rule")
    status: int = said("HTTP status", 422)
    detail: str = said(
        "What happened here", "fleet.server_count must be at least 1, got 0; raise it"
    )
    id: str = said("Names this one occurrence in the server's log", "9f2c4e1ab07d")
    errors: list[FieldError] = said(
        "One entry per wrong field; empty where no field is to blame",
        [
            {
                "field": "fleet.server_count",
                "rule": "must be at least 1",
                "value": 0,
                "repair": "raise it",
            }
        ],
    )

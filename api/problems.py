"""Problem documents: how each kind of refusal reads, as a plain mapping."""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from store.repositories import ConflictError, NotFoundError
from store.trouble import trouble_of
from twin.errors import (
    Cancelled,
    EngineLostError,
    NameplateError,
    PolicyError,
    ScenarioError,
    ScenarioErrors,
)
from twin.types import Document

log = logging.getLogger("nameplate.api")

MAX_TEXT = 200
MAX_ERRORS = 50
MAX_ITEMS = 10
_EXACT = 2**53
"""Whole numbers beyond are not exact in JavaScript."""

KINDS = {
    400: ("unreadable", "The request cannot be read"),
    401: ("token-needed", "A token is needed"),
    403: ("not-allowed", "Not allowed here"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Method not allowed"),
    406: ("no-such-representation", "No such representation"),
    408: ("too-slow", "The request took too long"),
    409: ("conflict", "In conflict with the present state"),
    412: ("changed", "Changed by somebody else"),
    413: ("too-large", "The request is too large"),
    415: ("unsupported-media-type", "Unsupported media type"),
    422: ("invalid-input", "The input breaks a rule"),
    429: ("too-much-work", "Too much work at once"),
    500: ("failure", "The server failed"),
    503: ("unavailable", "Not available now"),
    507: ("no-space", "The disk takes no more"),
}
"""Kind of problem, and the same in words, by status."""


class Refusal(NameplateError):  # noqa: N818 - it answers, it did not fail
    """
    A request the API itself refuses, with the status it answers.

    Args:
        status: HTTP status.
        detail: What happened here.
        errors: Wrong fields.
        headers: More headers of the answer.
        retry_s: When to ask again, rounded up. [s]
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Iterable[ScenarioError] = (),
        headers: dict[str, str] | None = None,
        retry_s: float | None = None,
    ) -> None:
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_s = retry_s
        self.headers = dict(headers or {})
        if retry_s is not None:
            self.headers["retry-after"] = str(max(1, math.ceil(retry_s)))
        super().__init__(detail)


def problem(status: int, detail: str, errors: Iterable[ScenarioError] = ()) -> Document:
    """
    Build a problem document.

    Args:
        status: HTTP status.
        detail: What happened here.
        errors: Wrong fields; at most `MAX_ERRORS` are listed.

    Returns:
        The document, safe to write as JSON.
    """
    kind, title = KINDS.get(status, ("refused", "Refused"))
    return {
        "type": f"urn:nameplate:problem:{kind}",
        "title": title,
        "status": status,
        "detail": as_text(detail, 2000),
        "id": secrets.token_hex(6),
        "errors": [_entry(e) for e in list(errors)[:MAX_ERRORS]],
    }


def problem_of(error: BaseException) -> Document:
    """
    Say what an error means to the caller; what nobody foresaw is logged.

    Args:
        error: Raised by a route or a job.

    Returns:
        The problem document. A failure of our own tells its id, never a traceback.
    """
    if isinstance(error, ScenarioErrors):
        return problem(422, str(error), error.errors)
    if isinstance(error, ScenarioError):
        return problem(422, str(error), [error])
    if isinstance(error, Refusal):
        return problem(error.status, error.detail, error.errors or _said_by(error))
    if isinstance(error, NotFoundError):
        return problem(404, str(error), [_unknown(error)])
    if isinstance(error, ConflictError):
        return problem(
            412, f"{error}; read it again and repeat the change", error.errors
        )
    if isinstance(error, Cancelled):
        return problem(409, "cancelled on request")
    if isinstance(error, EngineLostError):
        return problem(503, str(error))
    trouble = trouble_of(error)
    if trouble is not None:
        log.error("%s", trouble)
        return problem(
            507 if trouble.field == "disk" else 503,
            f"{trouble}. Nothing was changed.", [trouble],
        )  # fmt: skip
    return _failure(error)


def _said_by(error: Refusal) -> list[ScenarioError]:
    """What a refused body broke, where the refusal says it in one sentence only."""
    if error.status not in {400, 422}:
        return []
    rule, _, repair = error.detail.partition("; ")
    repair = repair or "correct it before it is sent again"
    return [ScenarioError("body", rule, None, repair)]


def _unknown(error: NotFoundError) -> ScenarioError:
    """An id nobody has, as field, rule, value and repair."""
    repair = f"list the {error.noun}s to find one"
    if error.noun == "job":
        repair = "use the id that the call which made the job answered"
    return ScenarioError(f"{error.noun}_id", "must exist", error.key, repair)


def _failure(error: BaseException) -> Document:
    database = isinstance(error, SQLAlchemyError)
    what = "The database did not answer" if database else "This is a fault of ours"
    document = problem(
        503 if database else 500,
        f"{what}: {type(error).__name__}. Nothing was changed.",
    )
    document["detail"] += f" The log has it under {document['id']}."
    log.error("problem %s", document["id"], exc_info=error)
    return document


def _entry(error: ScenarioError) -> Document:
    return {
        "field": as_text(error.field),
        "rule": as_text(error.rule),
        "value": printable(error.value),
        "repair": as_text(error.repair, 1000),
    }


def printable(value: Any) -> Any:
    """Make a value short and safe to write as JSON, whatever was sent."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < _EXACT else "a whole number beyond 2^53"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict) and _is_flat(value.values()):
        shown = list(value.items())[:MAX_ITEMS]
        return {as_text(k): printable(v) for k, v in shown}
    if isinstance(value, (list, tuple)) and _is_flat(value):
        return [printable(v) for v in value[:MAX_ITEMS]]
    if isinstance(value, (dict, list, tuple)):
        return f"a nested {'mapping' if isinstance(value, dict) else 'list'}"
    return as_text(value)


def _is_flat(values: Iterable[Any]) -> bool:
    return not any(isinstance(v, (dict, list, tuple)) for v in values)


def as_text(value: Any, limit: int = MAX_TEXT) -> str:
    """Text of anything: short, no lone surrogates, no control characters."""
    text = value if isinstance(value, str) else str(value)
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    text = text.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def policy_refusal() -> Refusal:
    """Refuse a Python policy on a server that does not allow them."""
    rule = "Python policies are not accepted by this server"
    detail = f"{rule}: they are executed, and its owner has not allowed that."
    return Refusal(
        403,
        detail,
        errors=[
            PolicyError(
                field="policy.name", rule=rule, value="user",
                repair="run it on your own machine with `nameplate plan`, or start the "
                "server with NAMEPLATE_ALLOW_USER_POLICY=true",
            )
        ],
    )  # fmt: skip

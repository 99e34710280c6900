"""Turns every error into a problem document; nothing else answers with an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.problems import MAX_ERRORS, Refusal, problem, problem_of
from twin.errors import NameplateError, ScenarioError
from twin.types import Document

MEDIA_TYPE = "application/problem+json"


def answer(document: Document, headers: Mapping[str, str] | None = None) -> Response:
    """Send a problem document."""
    return Response(
        to_json(document), status_code=document["status"], media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )  # fmt: skip


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(NameplateError, _refused)
    app.add_exception_handler(SQLAlchemyError, _refused)
    app.add_exception_handler(Exception, _refused)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the refusals of a route for OpenAPI; any may answer 401 and 422."""
    return {
        status: {
            "description": "Problem document",
            "content": {MEDIA_TYPE: {"schema": _REFERENCE}},
        }
        for status in sorted({400, 401, 403, 413, 422, 429, 503, 507, *statuses})
    }


_REFERENCE = {"$ref": "#/components/schemas/Problem"}


def refused(error: Exception) -> Response:
    """Say what an error means and, where it may pass, when to ask again."""
    document = problem_of(error)
    headers = error.headers if isinstance(error, Refusal) else {}
    if document["status"] in {503, 507}:
        headers = {"retry-after": "5"} | headers
    return answer(document, headers)


async def _refused(_request: Request, error: Exception) -> Response:
    return refused(error)


async def _gone(_request: Request, _error: Exception) -> Response:
    """Nobody reads this; it is no failure of ours, and goes into no log."""
    return answer(problem(400, "The connection ended before the body did"))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    detail = str(error.detail)
    if error.status_code == 404:
        path = request.url.path
        detail = f"{path} is not an address of this API; see /api/v1/openapi.json"
    if error.status_code == 405:
        offered = (error.headers or {}).get("allow", "")
        detail = f"{request.method} is not offered here" + (
            f"; offered: {offered}" if offered else ""
        )
    if error.status_code == 400:  # FastAPI could not parse the body, nor say why
        wrong = ScenarioError("body", "must be JSON in UTF-8", "unreadable",
                              "look for a very long number, deep nesting or a byte "
                              "that is not UTF-8")  # fmt: skip
        return answer(problem(400, str(wrong), [wrong]), error.headers)
    return answer(problem(error.status_code, detail), error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - see above
    found = error.errors()
    if found and found[0]["type"] == "json_invalid":
        return answer(problem(422, "The body is not JSON", [_json_error(found[0])]))
    if any(isinstance(item.get("input"), bytes) for item in found):
        return answer(problem(422, *_not_json(request)))
    wrong = [_translated(item) for item in found[:MAX_ERRORS]]
    return answer(problem(422, "\n".join(str(e) for e in wrong), wrong))


def _not_json(request: Request) -> tuple[str, list[ScenarioError]]:
    """A body that FastAPI left as bytes, because its type is not JSON."""
    wrong = ScenarioError("content-type", "must be application/json",
                          request.headers.get("content-type", "absent"),
                          "send the header content-type: application/json")  # fmt: skip
    return str(wrong), [wrong]


def _json_error(item: Mapping[str, Any]) -> ScenarioError:
    place = item["loc"][-1] if item["loc"] else 0
    reason = item.get("ctx", {}).get("error", "is not JSON")
    return ScenarioError("body", "must be JSON", f"{reason} at character {place}",
                         "correct the body there")  # fmt: skip


def _translated(item: Mapping[str, Any]) -> ScenarioError:
    where = [str(p) for p in item["loc"]]
    field = ".".join(where[1:]) or (where[0] if where else "request")
    kind, value = item["type"], item.get("input")
    message = str(item["msg"]).removeprefix("Value error, ")
    rule, _, repair = message.partition("; ")
    if kind == "extra_forbidden":
        rule, repair = "is not a known key", "remove it, or see /api/v1/openapi.json"
    elif kind == "missing":
        rule, value, repair = "is required", None, "add it"
    return ScenarioError(field, rule[:1].lower() + rule[1:], value,
                         repair or "correct the value")  # fmt: skip

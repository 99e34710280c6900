"""What a client raises: what the server refused, or that there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from api.problems import problem, problem_of
from twin.errors import ScenarioError
from twin.types import Document

_REST: Document = {"type": "about:blank", "id": "", "errors": []}
"""Of a problem that says no more than its title, status and detail."""


class ApiProblem(Exception):  # noqa: N818 - the document's own name
    """
    The server refused or failed; `problem` is its problem document.

    `problem` has `type, title, status, detail, id` and `errors`, a list of
    `{field, rule, value, repair}`.
    """

    def __init__(self, problem: Mapping[str, Any]) -> None:
        self.problem: Document = _REST | dict(problem)
        self.status: int = int(problem.get("status", 500))
        super().__init__(f"{problem.get('title')}: {problem.get('detail')}")


def no_address(text: str) -> ApiProblem:
    """Refuse an id that makes no address."""
    wrong = ScenarioError("id", "must make an address", text[:80],
                          "list what there is to find one")  # fmt: skip
    return ApiProblem(problem_of(wrong))


def problem_in(response: httpx.Response) -> ApiProblem:
    """Read what a server refused."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if isinstance(document, dict) and "title" in document:
        return ApiProblem(document)
    return ApiProblem(
        {
            "title": "Unexpected answer",
            "status": response.status_code,
            "detail": f"The server answered {response.status_code} without a reason.",
        }
    )


def no_server(url: str, error: httpx.TransportError | httpx.InvalidURL) -> ApiProblem:
    """Say that a server is out of reach, or that its address is none."""
    shown = _without_user(url)
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        status = 422
        wrong = ScenarioError("--server", "must be an address with http:// or https://",
                              shown, "write it as http://127.0.0.1:8050")  # fmt: skip
    else:
        status = 503
        wrong = ScenarioError(
            "--server", "must answer", shown,
            "start it with `nameplate serve`, or leave --server out",
        )  # fmt: skip
    why = f"{wrong} ({type(error).__name__}: {error})"
    return ApiProblem(problem(status, why, [wrong]) | {"title": "Server not reachable"})


def _without_user(url: str) -> str:
    """An address without the name and the password it may hold."""
    scheme, slashes, rest = url.rstrip("/").rpartition("//")
    return scheme + slashes + rest.rpartition("@")[2]

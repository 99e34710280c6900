"""
What a page's request that fails is answered: a problem document, and a line in the log.

Dash turns every exception of a callback into a bare 500 that no log tells of. A page's
state comes from the page itself, so what cannot be read in it was forged, is of another
version, or shows a fault of ours; the log has the traceback of each under its id.
"""

from __future__ import annotations

import logging
from typing import Any

from dash.exceptions import DashException, PreventUpdate
from httpx import InvalidURL
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.client import ApiProblem
from api.errors import answer
from api.problems import problem, problem_of
from twin.errors import ScenarioError

log = logging.getLogger("nameplate.app")
STATE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError,
         RecursionError, DashException, InvalidURL)  # fmt: skip
"""What reading a state raises that is not what the page sends."""
MOST_STATE_BYTES = 5_000_000


class PageFaults:
    """ASGI middleware around the pages; Dash's own must be outside of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer in words where it fails."""
        if scope["type"] != "http" or "/_dash-" not in scope["path"]:
            await self._app(scope, receive, send)
            return
        size, begun = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MOST_STATE_BYTES:
                raise HTTPException(413)
            return message

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, sent)
        except PreventUpdate:
            raise
        except Exception as error:
            if begun:
                raise
            await answer(_document(scope["path"], error))(scope, receive, send)


def _document(path: str, error: Exception) -> dict[str, Any]:
    if isinstance(error, HTTPException):
        return problem(error.status_code, "The state of the page is too large")
    if isinstance(error, ApiProblem):
        return error.problem  # the API has said what is wrong
    if "/_dash-component-suites/" in path:
        return problem(404, "There is no such script")
    if not isinstance(error, STATE):
        return problem_of(error)
    wrong = ScenarioError(
        field="state of the page", rule="must be what the page itself sends",
        value=f"{type(error).__name__}: {error}"[:120], repair="load the page again",
    )  # fmt: skip
    document = problem(422, str(wrong), [wrong])
    log.warning("problem %s at %s", document["id"], path[:200], exc_info=error)
    return document

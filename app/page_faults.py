"""
What a page's request that fails is answered: a problem document, and a line in the log.

What a page would not send is refused before its callback runs (`app/page_inputs.py`):
422. What a callback raises after that is a fault of ours: 500, its traceback in the log
under the id that the page shows, and counted. Dash by itself says neither.
"""

from __future__ import annotations

import logging
from typing import Any

from dash.exceptions import PreventUpdate
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.client import ApiProblem
from api.errors import answer
from api.problems import problem, problem_of
from app.page_inputs import check

log = logging.getLogger("nameplate.app")
ASKED = "_dash-update-component"


class PageFaults:
    """ASGI middleware around the pages; Dash's own, which parse, must be outside."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer in words where it fails."""
        if scope["type"] != "http" or "/_dash-" not in scope["path"]:
            await self._app(scope, receive, send)
            return
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            page = scope["path"].removesuffix(ASKED)
            callbacks = scope["app"].state.callbacks.get(page)
            if callbacks is not None and scope["method"] == "POST":
                check(scope.get("state", {}).get("json_body"), callbacks)
            await self._app(scope, receive, sent)
        except PreventUpdate:
            raise
        except Exception as error:
            if begun:
                raise
            document = _document(scope, error)
            await answer(document)(scope, receive, send)


def _document(scope: Scope, error: Exception) -> dict[str, Any]:
    if isinstance(error, ApiProblem):
        return error.problem  # the API has said what is wrong
    if "/_dash-component-suites/" in scope["path"]:
        return problem(404, "There is no such script")
    document = problem_of(error)
    services = getattr(scope["app"].state, "services", None)
    if document["status"] == 500 and services is not None:
        services.metrics.page_failed()
    return document

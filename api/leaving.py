"""Who goes away before his answer: what he asked for stops at its next look."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEFT: ContextVar[threading.Event | None] = ContextVar("nameplate_left", default=None)
"""Set where whoever this process works for just now has gone away."""


class Leaving:
    """
    ASGI middleware that notices where a connection ends before its answer.

    A reader who goes to another page would else wait there for cores that still answer
    the page before. What a page asks within this process ends with the page's request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and listen while it is answered."""
        if scope["type"] != "http" or LEFT.get() is not None:
            await self._app(scope, receive, send)
            return
        left, answered = threading.Event(), False
        listening: asyncio.Task[Message] | None = None

        async def gone() -> Message:
            message = await receive()
            if not answered:
                left.set()
            return message

        async def heard() -> Message:
            nonlocal listening
            if listening is not None:
                return await asyncio.shield(listening)
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                listening = asyncio.create_task(gone())
            return message

        async def said(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.body":
                answered = not message.get("more_body", False)
            await send(message)

        token = LEFT.set(left)
        try:
            await self._app(scope, heard, said)
        finally:
            LEFT.reset(token)
            if listening is not None:
                listening.cancel()

"""Refuses bodies that are too large or too slow before they fill the memory."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import answer
from api.problems import problem

MAX_BODY_BYTES = 5_000_000
MAX_IMPORT_BYTES = 500_000_000
LARGER = {
    "/api/v1/datasets/import": MAX_IMPORT_BYTES,
    "/api/v1/imports/preview": 20_000_000,
    "/api/v1/telemetry/upload": MAX_IMPORT_BYTES,
    "/api/v1/telemetry": 8_000_000,
    "/api/v1/prometheus/write": 16_000_000,
    "/api/v1/otlp/v1/metrics": 16_000_000,
}
"""Bodies that may be larger than others, by address."""
MOST_HELD_BYTES = 256_000_000
"""Bodies of all requests together; those that go to disk, the imports, do not count."""
FIRST_WAIT_S, LEAST_BYTES_PER_S = 30.0, 50_000.0
"""A body must come within this, and a second more for each so many bytes of it."""


class BodyLimit:
    """ASGI middleware that counts a body as it comes in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 413, or 408 or 503 on the way."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (
            path.startswith("/api/") or "/_dash-" in path
        ):
            await self._app(scope, receive, send)
            return
        limit = LARGER.get(path, MAX_BODY_BYTES)
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if said.isdigit() and int(said) > limit:  # bytes: ASCII digits alone
            await answer(problem(413, _too_large(limit)))(scope, receive, send)
            return
        body = _Body(self, limit)
        try:
            await self._app(scope, body.counting(receive), send)
        finally:
            self.hold(-body.held_bytes)

    def hold(self, size: int) -> None:
        """
        Count bytes that are in memory now.

        Raises:
            HTTPException: With status 503 where there would be too many.
        """
        self._held_bytes += size
        if size > 0 and self._held_bytes > MOST_HELD_BYTES:
            raise HTTPException(
                503, "Too many bodies come in at once; send it again",
                headers={"retry-after": "2"},
            )  # fmt: skip


class _Body:
    """One body on its way in."""

    def __init__(self, all_of_them: BodyLimit, limit: int) -> None:
        self._all, self._limit = all_of_them, limit
        self._seen, self._whole = 0, False
        self.held_bytes = 0

    def counting(self, receive: Receive) -> Receive:
        """Count what comes in, and end the waiting for it."""
        began_s = asyncio.get_running_loop().time()

        async def counted() -> Message:
            if self._whole:  # only the end of the connection is waited for
                return await receive()
            wait_s = FIRST_WAIT_S + self._seen / LEAST_BYTES_PER_S
            try:
                async with asyncio.timeout_at(began_s + wait_s):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(
                    408, f"The body did not come within {wait_s:.0f} s"
                ) from None
            self._whole = not message.get("more_body", False)
            self._add(len(message.get("body", b"")))
            return message

        return counted

    def _add(self, size: int) -> None:
        self._seen += size
        if self._seen > self._limit:
            raise HTTPException(413, _too_large(self._limit))
        if self._limit < MAX_IMPORT_BYTES:
            self.held_bytes += size
            self._all.hold(size)


def _too_large(limit: int) -> str:
    return f"The body is larger than {limit // 1_000_000} MB; send less at once"

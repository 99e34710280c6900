"""Speak to an ASGI application in this process, without a socket."""

from __future__ import annotations

import queue
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Any

import anyio
import httpx
from anyio.abc import TaskStatus
from anyio.from_thread import BlockingPortal, start_blocking_portal

from api.caller import ACTING, CALLER, PROCESS, Caller

Message = MutableMapping[str, Any]
App = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[Message]],
        Callable[[Message], Awaitable[None]],
    ],
    Awaitable[None],
]


class InProcessTransport(httpx.BaseTransport):
    """
    Run an application on an event loop in a thread of its own.

    Args:
        app: The application.
        lifespan: Start and stop it. False where a server beside us already does.
        acting: Ask with the rights of whomever this process works for just now, as
            pages do for their reader. Otherwise with this program's own.
    """

    def __init__(
        self, app: App, *, lifespan: bool = True, acting: bool = False
    ) -> None:
        self._app = app
        self._acting = acting
        self._stack = ExitStack()
        self._portal: BlockingPortal = self._stack.enter_context(
            start_blocking_portal()
        )
        try:
            if lifespan:
                self._start_lifespan()
        except BaseException:
            self._stack.close()
            raise

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the body of the answer streams as it is made."""
        caller = ACTING.get() if self._acting else PROCESS
        exchange = _Exchange(self._app, request, caller)
        task = self._portal.start_task_soon(exchange.run)
        start = exchange.next_message()
        if start is None:
            raise httpx.RemoteProtocolError("the application gave no answer")
        return httpx.Response(
            start["status"], headers=start["headers"], stream=_Body(exchange, task)
        )

    def close(self) -> None:
        """Stop the application and its event loop."""
        self._stack.close()

    def _start_lifespan(self) -> None:
        stop = self._portal.call(anyio.Event)
        task, _ = self._portal.start_task(_serve_lifespan, self._app, stop)
        self._stack.callback(task.result)
        self._stack.callback(self._portal.call, stop.set)


async def _serve_lifespan(
    app: App, stop: anyio.Event, *, task_status: TaskStatus[None]
) -> None:
    """Hold an application between start-up and shutdown."""
    started = False

    async def receive() -> Message:
        if not started:
            return {"type": "lifespan.startup"}
        await stop.wait()
        return {"type": "lifespan.shutdown"}

    async def send(message: Message) -> None:
        nonlocal started
        if message["type"] == "lifespan.startup.complete":
            started = True
            task_status.started()

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}},
              receive, send)  # fmt: skip


class _Exchange:
    """One request and the messages that answer it."""

    def __init__(self, app: App, request: httpx.Request, caller: Caller | None) -> None:
        self._app = app
        self._caller = caller
        self._request = request
        self._chunks: Iterator[bytes] = iter(request.stream)  # type: ignore[arg-type]
        self._sent_all = False
        self._messages: queue.SimpleQueue[Message | BaseException | None]
        self._messages = queue.SimpleQueue()

    async def run(self) -> None:
        """Let the application answer; runs on the event loop."""
        url = self._request.url
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(k.lower(), v) for k, v in self._request.headers.raw],
            "client": ("in-process", 0),
            "server": (url.host, url.port or 80),
            "state": {},
            CALLER: self._caller,
        }
        try:
            await self._app(scope, self._receive, self._send)
        except Exception as error:
            self._messages.put(error)
        finally:
            self._messages.put(None)

    def next_message(self) -> Message | None:
        """Wait for the next message; None is the end. Runs in the caller's thread."""
        message = self._messages.get()
        if isinstance(message, BaseException):
            raise httpx.RemoteProtocolError(f"the application failed: {message!r}")
        return message

    async def _receive(self) -> Message:
        if self._sent_all:
            await anyio.sleep_forever()
        chunk = next(self._chunks, None)
        self._sent_all = chunk is None
        return {
            "type": "http.request",
            "body": chunk or b"",
            "more_body": chunk is not None,
        }

    async def _send(self, message: Message) -> None:
        self._messages.put(message)


class _Body(httpx.SyncByteStream):
    """The body of an answer; closing it early stops the application's work on it."""

    def __init__(self, exchange: _Exchange, task: Future[None]) -> None:
        self._exchange = exchange
        self._task = task

    def __iter__(self) -> Iterator[bytes]:
        more = True
        while more:
            message = self._exchange.next_message()
            if message is None:
                return
            if message.get("body"):
                yield message["body"]
            more = message.get("more_body", False)

    def close(self) -> None:
        self._task.cancel()

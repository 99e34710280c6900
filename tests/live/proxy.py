"""
The network between agents and server, with faults to order.

It speaks HTTP, so that it knows where a request ends: it may answer itself, send a
request twice, keep one back and send it after later ones, or swallow an answer after
the server has stored what it is about. One request at a time on a connection.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from dataclasses import dataclass, field

BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
BROKEN = b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n"
FAULTS = ("500", "503", "twice", "held", "unanswered", "torn", "slow")
"""What may befall a request: see `Proxy._befall`."""


@dataclass(slots=True)
class Weather:
    """How the network is: change it at any time, from any thread."""

    chances: dict[str, float] = field(default_factory=dict)
    all_cut: bool = False
    cut: set[str] = field(default_factory=set)

    def clear(self) -> None:
        """Let everything through."""
        self.chances, self.all_cut, self.cut = {}, False, set()


class Proxy:
    """Listens on its own port until closed."""

    def __init__(self, server_port: int, seed: int) -> None:
        self.weather = Weather()
        self.counts: Counter[str] = Counter()
        self._server_port = server_port
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._later: set[asyncio.Task[None]] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._listener = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 24)
        )
        self.port: int = self._listener.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """What agents are given as the server."""
        return f"http://127.0.0.1:{self.port}"

    def held(self) -> int:
        """Requests that are still kept back."""
        return len(self._later)

    def close(self) -> None:
        """Stop listening and forget what is kept back."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _end(self) -> None:
        self._listener.close()
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- one connection -----------------------------------------------------------

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            while not self.weather.all_cut:
                request = await _message(reader)
                answer = await self._befall(request)
                if answer is None or self.weather.all_cut:
                    break
                writer.write(answer)
                await writer.drain()
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass  # one of the two was killed
        finally:
            writer.transport.abort()

    async def _befall(self, request: bytes) -> bytes | None:
        """The answer for the agent; None cuts its connection."""
        self.counts["requests"] += 1
        if _token(request) in self.weather.cut:
            self.counts["cut"] += 1
            return None
        fault = self._draw() if request.startswith(b"POST") else ""
        if fault:
            self.counts[fault] += 1
        if fault == "500":
            return BROKEN
        if fault == "503":
            return BUSY
        if fault == "slow":
            await asyncio.sleep(self._random.uniform(0.2, 3.0))
        elif fault == "torn":
            await self._send_torn(request)
            return None
        elif fault == "held":
            self._keep_back(request)
            return None
        elif fault == "twice":
            first, _ = await asyncio.gather(self._ask(request), self._ask(request))
            return first
        answer = await self._ask(request)
        return None if fault == "unanswered" else answer

    def _draw(self) -> str:
        draw = self._random.random()
        for name, chance in self.weather.chances.items():
            if draw < chance:
                return name
            draw -= chance
        return ""

    def _keep_back(self, request: bytes) -> None:
        async def later() -> None:
            await asyncio.sleep(self._random.uniform(1.0, 15.0))
            await self._ask(request)

        task = asyncio.get_running_loop().create_task(later())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _send_torn(self, request: bytes) -> None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._server_port)
            writer.write(request[: len(request) // 2])
            await writer.drain()
            writer.transport.abort()
        except OSError:
            pass

    async def _ask(self, request: bytes) -> bytes | None:
        """The server's answer; None where there is none."""
        try:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self._server_port, limit=1 << 24
            )
        except OSError:
            return None
        try:
            writer.write(request)
            await writer.drain()
            return await _message(reader)
        except (OSError, EOFError, asyncio.IncompleteReadError):
            return None
        finally:
            writer.transport.abort()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One HTTP message, its body by Content-Length or chunks."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    for line in lines:
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return head + await reader.readexactly(int(value))
        if name == b"transfer-encoding" and b"chunked" in value:
            return head + await _chunks(reader)
    return head


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while True:
        size = await reader.readuntil(b"\r\n")
        body = await reader.readexactly(int(size, 16) + 2)
        parts += [size, body]
        if int(size, 16) == 0:
            return b"".join(parts)


def _token(request: bytes) -> str:
    head = request.partition(b"\r\n\r\n")[0]
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"authorization: bearer "):
            return line[22:].decode("latin-1").strip()
    return ""

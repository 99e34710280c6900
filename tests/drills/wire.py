"""A wire to a database that can be slow, silent or cut; it knows no protocol."""

from __future__ import annotations

import asyncio
import contextlib
import threading


class Wire:
    """Listens on a port of its own and passes bytes on, both ways, until closed."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self.delay_s = 0.0
        self.silent = False
        self._loop = asyncio.new_event_loop()
        self._ends: set[asyncio.StreamWriter] = set()
        self._cut = False
        self._listener = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0)
        )
        self.port: int = self._listener.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """End every connection and take no other."""
        self._cut = True
        self._loop.call_soon_threadsafe(self._drop)

    def heal(self) -> None:
        """Pass everything on; what was swallowed is gone with its connection."""
        self._cut, self.delay_s = False, 0.0
        if self.silent:
            self._loop.call_soon_threadsafe(self._drop)
        self.silent = False

    def close(self) -> None:
        """Stop listening."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _end(self) -> None:
        self._listener.close()
        self._drop()
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drop(self) -> None:
        for end in list(self._ends):
            end.transport.abort()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        ends = {writer}
        try:
            if self._cut:
                return
            far_reader, far_writer = await asyncio.open_connection(*self._to)
            ends.add(far_writer)
            self._ends |= ends
            await asyncio.gather(
                self._pass(reader, far_writer, ends),
                self._pass(far_reader, writer, ends),
            )
        except OSError:
            pass
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
        ends: set[asyncio.StreamWriter],
    ) -> None:  # fmt: skip
        with contextlib.suppress(OSError):
            while piece := await reader.read(1 << 16):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if not self.silent:
                    writer.write(piece)
                    await writer.drain()
        for end in ends:
            end.transport.abort()

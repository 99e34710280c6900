"""
Turns under load: who is served next, how many may wait, and when to ask again.

Clients take turns, however much each of them asks; a client's newest question of a view
stands where the older one stood. Beyond the bounds one is refused with 429, where that
client asks too much, or 503, where all of them together do, and a Retry-After that
comes from how long answers took of late. Who was told to come again finds a place when
he does, so that others who come meanwhile do not take it. Telemetry, health and all
that only reads pass by: what waits here holds no thread of theirs.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from api.caller import ACTING, CALLER, Caller
from api.errors import refused
from api.problems import Refusal

T = TypeVar("T")
MOST_WAITING, MOST_OF_ONE = 64, 16
PAGES_AT_ONCE, MOST_PAGES, MOST_PAGES_OF_ONE = 16, 400, 40
"""Callbacks hold a thread each; the server has 40, and others need some of them."""
FIRST_GUESS_S, NEWS = 0.5, 0.1
"""What an answer is thought to take at first, and how much the last one weighs."""
LONGEST_WAIT_S, BUSY = 60, 2
"""Who is told to come again is told at most this; a worker has so many in reserve."""
LATE_FRAC, LATE_S = 0.1, 5.0
"""How long a place is kept beyond the time to come again: a part of it, and seconds."""
BACKGROUND_NICE = 10
"""A thread of it gets a tenth of a core that another one wants, too."""


def in_background() -> None:
    """
    Leave the cores to whoever waits for an answer, from now on in this thread.

    Kernels run side by side; without this a risk curve takes half of the cores from a
    slider. Only Linux has priorities of threads.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BACKGROUND_NICE)


class Turns(Generic[T]):
    """
    A bounded queue that clients take turns in; not safe between threads by itself.

    Args:
        workers: How many are served at once; sets the time to ask again.
        most: How many may wait.
        most_of_one: How many of one client.
        clock: Seconds that never go back.
    """

    def __init__(
        self, workers: int, *, most: int, most_of_one: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._workers, self._most, self._most_of_one = workers, most, most_of_one
        self._clients: OrderedDict[Hashable, OrderedDict[Hashable, T]] = OrderedDict()
        self._kept: dict[Hashable, tuple[float, float]] = {}
        """Who was told to come again: from when on, and until when."""
        self._count, self._clock = 0, clock
        self.service_s = FIRST_GUESS_S

    def __len__(self) -> int:
        """How many wait."""
        return self._count

    def put(self, client: Hashable, view: Hashable | None, item: T) -> None:
        """
        Let something wait; it takes the place of what waits for the same view.

        Raises:
            Refusal: With status 429 or 503 and the time to ask again.
        """
        mine = self._clients.get(client, OrderedDict())
        place = object() if view is None else view
        if place not in mine:
            if len(mine) >= self._most_of_one:
                wait_s = self._wait_s(len(mine) * len(self._clients))
                raise _refused(429, "You ask more than is answered in time", wait_s)
            if self._is_full(client):
                raise self._later(client)
            self._kept.pop(client, None)
            self._count += 1
        mine[place] = item
        self._clients.setdefault(client, mine)

    def take(self) -> T | None:
        """The oldest of the client whose turn it is, or None; then it is the next's."""
        if not self._clients:
            return None
        client, mine = self._clients.popitem(last=False)
        _, item = mine.popitem(last=False)
        self._count -= 1
        if mine:
            self._clients[client] = mine
        return item

    def took(self, seconds: float) -> None:
        """Learn from an answer how long one takes. [s]"""
        self.service_s += NEWS * (seconds - self.service_s)

    def _is_full(self, client: Hashable) -> bool:
        """
        Whether a client has to come later, for those who wait or were told to come.

        A place that is kept leaves no worker idle: where next to nobody waits, whoever
        comes is served, so that those who never come again keep nobody out.
        """
        now_s = self._clock()
        self._kept = {c: kept for c, kept in self._kept.items() if now_s <= kept[1]}
        if client in self._kept and now_s >= self._kept[client][0]:
            return self._count >= self._most
        ahead = self._count + len(self._kept.keys() - {client})
        return ahead >= self._most and self._count >= BUSY * self._workers

    def _later(self, client: Hashable) -> Refusal:
        """Refuse, and keep a place for when it comes again, if one is left."""
        text, now_s = "The server answers as much as it can", self._clock()
        due_s, _ = self._kept.get(client, (0.0, 0.0))
        if due_s > now_s:  # it came too early: its place stays the same
            return _refused(503, text, math.ceil(due_s - now_s))
        wait_s = self._wait_s(self._count + len(self._kept))
        if client in self._kept or len(self._kept) < self._most:
            late_s = LATE_S + LATE_FRAC * wait_s
            self._kept[client] = (now_s + wait_s, now_s + wait_s + late_s)
        return _refused(503, text, wait_s)

    def _wait_s(self, ahead: int) -> int:
        wait_s = math.ceil(self.service_s * (ahead + 1) / self._workers)
        return min(max(wait_s, 1), LONGEST_WAIT_S)


def _refused(status: int, text: str, wait_s: int) -> Refusal:
    return Refusal(status, f"{text}; ask again in {wait_s} s", retry_s=wait_s)


class FairPool:
    """
    Threads that serve clients in turn.

    Args:
        workers: How many threads.
        name: What they are called.
        clock: Seconds that never go back.
    """

    def __init__(
        self, workers: int, name: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._turns: Turns[tuple[Future[Any], Callable[[], Any]]] = Turns(
            workers, most=MOST_WAITING, most_of_one=MOST_OF_ONE
        )
        self._clock, self._closed = clock, False
        self._ready = threading.Condition()
        self._threads = [
            threading.Thread(target=self._serve, name=f"{name}_{n}", daemon=True)
            for n in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(
        self, view: str | None, call: Callable[..., T], *given: Any
    ) -> Future[T]:
        """
        Let a call wait for its turn, in the name of whoever asks just now.

        Raises:
            Refusal: With status 429 or 503 where too much waits.
            RuntimeError: If the pool is closed.
        """
        future: Future[T] = Future()
        with self._ready:
            if self._closed:
                raise RuntimeError("the pool is closed")
            client = client_of(ACTING.get(), view)
            self._turns.put(client, view, (future, lambda: call(*given)))
            self._ready.notify()
        return future

    def shutdown(self, *, wait: bool = True) -> None:
        """Serve what waits, then end."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
        for thread in self._threads if wait else ():
            thread.join()

    def _serve(self) -> None:
        while True:
            with self._ready:
                while (found := self._turns.take()) is None:
                    if self._closed:
                        return
                    self._ready.wait()
            future, call = found
            if not future.set_running_or_notify_cancel():
                continue
            began_s = self._clock()
            try:
                future.set_result(call())
            except BaseException as error:  # whoever waits for it is told
                future.set_exception(error)
            with self._ready:
                self._turns.took(self._clock() - began_s)
            del found, future, call  # an idle thread holds on to no answer


class PageTurns:
    """ASGI middleware that lets so many callbacks of pages run at once, in turn."""

    def __init__(self, app: ASGIApp, *, at_once: int = PAGES_AT_ONCE) -> None:
        self._app, self._free = app, at_once
        self._turns: Turns[asyncio.Future[None]] = Turns(
            at_once, most=MOST_PAGES, most_of_one=MOST_PAGES_OF_ONE
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, at once or when it is its turn."""
        if scope["type"] != "http" or not scope["path"].endswith(
            "/_dash-update-component"
        ):
            await self._app(scope, receive, send)
            return
        try:
            await self._turn(scope)
        except Refusal as error:
            await refused(error)(scope, receive, send)
            return
        began_s = time.monotonic()
        try:
            await self._app(scope, receive, send)
        finally:
            self._turns.took(time.monotonic() - began_s)
            self._next()

    async def _turn(self, scope: Scope) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        address, port = scope.get("client") or ("", 0)
        reader = client_of(scope.get(CALLER), f"{address}:{port}")
        self._turns.put(reader, None, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next()  # it had its turn and goes without using it
            raise

    def _next(self) -> None:
        while (turn := self._turns.take()) is not None:
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


def client_of(caller: Caller | None, view: str | None) -> Hashable:
    """Whose turn a question takes: its token's or session's; without one its view's."""
    if caller is None or caller.token_id is None:
        return (caller.address if caller else "", view)
    return caller.token_id

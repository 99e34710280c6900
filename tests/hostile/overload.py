"""
More than can be answered: who is served, who is told to wait, and what is left after.

`scripts/load --overload`. Planners ask one distinct question each, a day of a row, and
ask again when Retry-After says; there are more of them than may wait. One client keeps
more questions waiting than one may, and heeds no Retry-After. Most agents send at their
pace; some send without a pause, on a server that lets a token make few requests. When
all of that has ended a newcomer asks, and must be answered at once.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from tests.hostile.crowd import Agent, Group, Link, cpu_s, probe, stored, tokens_of
from tests.hostile.fire import Gun, Memory
from tests.hostile.site import Site

READING_S = (0.5, 1.5)
GREEDY, HEEDLESS_S = 24, 0.25
"""Questions one client keeps asking at once (16 may wait), and after which pause."""
HASTY, REQUESTS_PER_S = 10, 1.0
"""Agents that send without a pause, and what a token may; others send 0.2 a second."""
POLL_S = 1.0
QUESTION = {"horizon.days": 1.0, "workload.load.requests_per_server_s": 0.08}
AT_ONCE_S = 5.0
"""A newcomer's question has to be answered within this, once the crowd is gone."""


class Asker:
    """One who asks question after question, each of them new to the server."""

    seeds = itertools.count(1)

    def __init__(
        self, number: int, port: int, group: Group, *, heedless: bool = False
    ) -> None:
        self._number, self._link, self._group = number, Link(port), group
        self._heedless, self._rng = heedless, Random(number)
        self._view = None if heedless else f"load{number}"
        group.count.setdefault(number, 0)

    async def work(self, end_s: float) -> None:
        """Ask and read until the end; what waits by then is waited for."""
        if not self._heedless:
            await asyncio.sleep(self._rng.uniform(*READING_S))
        while time.monotonic() < end_s:
            await self.ask(end_s)
            if not self._heedless:
                await asyncio.sleep(self._rng.uniform(*READING_S))

    async def ask(self, end_s: float) -> None:
        """One question until it is answered; nothing is asked after the end."""
        began_s = time.monotonic()
        body = json.dumps({
            "scenario": {}, "changes": QUESTION | {"seed": next(self.seeds)},
            "view": self._view, "series": False,
        }).encode()  # fmt: skip
        while True:
            tried_s = time.monotonic()
            status, wait_s, content = await self._sent("POST", "what-if", body)
            if not self._group.note(status, wait_s):
                break
            if self._heedless:
                wait_s = HEEDLESS_S
            wait_s *= self._rng.uniform(1.0, 1.25)
            await asyncio.sleep(min(wait_s, max(0.0, end_s - time.monotonic())))
            if time.monotonic() >= end_s:
                return
        if status == 202:
            status, content = await self._followed(json.loads(content)["id"])
        if status != 200:
            self._group.errors[f"{status} {content[:80]!r}"] += 1
            return
        now_s = time.monotonic()
        self._group.took_s.append(now_s - began_s)
        self._group.accepted_s.append(now_s - tried_s)
        self._group.count[self._number] += 1

    async def _followed(self, job: str) -> tuple[int, bytes]:
        while True:
            await asyncio.sleep(POLL_S)
            status, _, content = await self._sent("GET", f"jobs/{job}", b"")
            state = json.loads(content)["state"] if status == 200 else ""
            if state not in {"queued", "running"}:
                return (200 if state == "done" else status or 1), content

    async def _sent(
        self, method: str, path: str, body: bytes
    ) -> tuple[int, float, bytes]:
        head = "content-type: application/json\r\n"
        return await self._link.ask(method, f"/api/v1/{path}", head, body)


async def _all(
    port: int, tokens: list[str], planners: int, hasty: int, seconds: float
) -> tuple[dict[str, Group], float]:
    """What each group met, and how long the last waited after the end. [s]"""
    names = ("planners", "greedy", "agents", "hasty", "healthz")
    groups = {name: Group() for name in names}
    end_s = time.monotonic() + seconds
    people = [Asker(n, port, groups["planners"]) for n in range(planners)]
    people += [Asker(n, port, groups["greedy"], heedless=True) for n in range(GREEDY)]
    calm = len(tokens) - hasty
    hosts = [
        Agent(n, port, token, groups["agents"]) if n < calm
        else Agent(n, port, token, groups["hasty"], pause_s=0.0)
        for n, token in enumerate(tokens)
    ]  # fmt: skip
    working = [one.work(end_s) for one in (*people, *hosts)]
    await asyncio.gather(*working, probe(port, end_s, groups["healthz"]))
    return groups, time.monotonic() - end_s


async def _afterwards(port: int, tokens: list[str]) -> dict[str, Group]:
    """A newcomer's first question and batch, and the server's health."""
    found = {name: Group() for name in ("question", "batch", "healthz")}
    far_s = time.monotonic() + 60.0
    await Asker(-1, port, found["question"]).ask(far_s)
    host = Agent(len(tokens) - 1, port, tokens[-1], found["batch"], pause_s=120.0)
    await asyncio.gather(
        host.work(time.monotonic() + 5.0),
        probe(port, time.monotonic() + 1.0, found["healthz"]),
    )
    return found


def measure(planners: int, agents: int, seconds: float) -> dict[str, Any]:
    """One run on a server of its own."""
    limit = str(REQUESTS_PER_S)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Site(folder, what_if_wait_s="2.0", token_requests_per_s=limit) as site:
            tokens, gun = tokens_of(folder, agents + HASTY + 1), Gun(site.port)
            _warm(site.port)
            memory, before_s = Memory(site.process.pid), cpu_s(site.process.pid)
            load, began_s = os.getloadavg()[0], time.monotonic()
            start_us = time.time_ns() // 1000 - 10**8
            groups, rest_s = asyncio.run(
                _all(site.port, tokens[:-1], planners, HASTY, seconds)
            )
            took_s = time.monotonic() - began_s
            cores = (cpu_s(site.process.pid) - before_s) / took_s
            after = asyncio.run(_afterwards(site.port, tokens))
            memory.stop()
            sent = (groups["agents"], groups["hasty"], after["batch"])
            return {
                "overload": True, "planners": planners, "agents": agents,
                "hasty": HASTY, "seconds": round(took_s),
                "load_average_before": round(load, 1), "server_cores": round(cores, 2),
                "server_peak_rss_mb": round(memory.peak_mb),
                "readings_acknowledged": sum(g.acknowledged for g in sent),
                "readings_stored": stored(gun, len(tokens), start_us),
                "last_answer_after_end_s": round(rest_s, 1),
                "groups": {name: g.document() for name, g in groups.items()},
                "afterwards": {name: g.document() for name, g in after.items()},
                "tracebacks_in_log": site.tracebacks(),
            }  # fmt: skip


def complaints(found: dict[str, Any]) -> list[str]:
    """What an overload must show and did not."""
    groups, after = found["groups"], found["afterwards"]
    late = after["question"]["most_ms"] > 1000 * AT_ONCE_S
    wrong = {
        "no planner met 503": "503" not in groups["planners"]["statuses"],
        "the greedy client met no 429": "429" not in groups["greedy"]["statuses"],
        "the hasty agents met no 429": "429" not in groups["hasty"]["statuses"],
        "agents at their pace were told to wait": groups["agents"]["asked_to_wait"],
        "a planner was never answered": not groups["planners"]["fewest"],
        "a newcomer afterwards waited": late or after["question"]["asked_to_wait"],
        "a batch afterwards was not taken": after["batch"]["answers"] != 1,
        "the server was not alive": set(groups["healthz"]["statuses"]) != {"200"},
        "the log has tracebacks": found["tracebacks_in_log"],
    }
    return [words for words, so in wrong.items() if so]


def _warm(port: int) -> None:
    """Wait until kernels are compiled: one question, answered."""
    asyncio.run(Asker(-2, port, Group()).ask(time.monotonic() + 120.0))

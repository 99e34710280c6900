"""
Planners who slide and agents who send, all at once, on one server; docs/hardening.md.

`scripts/load --planners 50 --agents 1000 --seconds 60`. A planner does what the page
Explore does: moves of one slider come four a second in bursts with pauses to read
between them, one question is in flight, the newest follows it, and 429 or 503 is asked
again when Retry-After says. With `--overload` more is asked than can be answered:
`tests/hostile/overload.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from tests.hostile import overload
from tests.hostile.crowd import Agent, Group, Link, cpu_s, probe, stored, tokens_of
from tests.hostile.fire import Gun, Memory, Shot
from tests.hostile.pages import callbacks
from tests.hostile.site import ROOT, Site

RESULT = ROOT / "docs" / "results" / "load.json"
MOVES_PER_S, BURST_S, READING_S = 4.0, 3.0, (2.0, 6.0)
KNOBS = {"added": (0, 24), "t1": (70, 81), "t2": (82, 95), "low": (35, 65)}
"""Sliders of Explore and where they go; of a burst one is moved, as a hand does."""


class Planner:
    """One who slides."""

    def __init__(
        self, number: int, port: int, saved: dict[str, Any], group: Group
    ) -> None:
        self._number, self._link, self._group = number, Link(port), group
        self._rng = Random(number)
        self._text = json.dumps(saved)
        self._moved = asyncio.Event()
        self._moved_s, self._waiting, self._seq = 0.0, 0, 0
        self._knob, self._view = "added", dict[str, int]()

    async def work(self, end_s: float) -> None:
        """Slide and read until the end, then wait for the last answer."""
        await asyncio.sleep(self._rng.uniform(0, 3))
        asking = asyncio.create_task(self._ask())
        while time.monotonic() < end_s:
            self._knob = self._rng.choice(list(KNOBS))
            for _ in range(int(BURST_S * MOVES_PER_S)):
                self._moved_s, self._waiting = time.monotonic(), self._waiting + 1
                self._moved.set()
                await asyncio.sleep(1 / MOVES_PER_S)
            await asyncio.sleep(self._rng.uniform(*READING_S))
        while self._moved.is_set() or self._busy:
            await asyncio.sleep(0.05)
        asking.cancel()

    _busy = False

    async def _ask(self) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            self._busy, moved_s = True, self._moved_s
            self._group.passed_over += self._waiting - 1
            self._waiting = 0
            await self._until_answered(moved_s)
            self._busy = False

    async def _until_answered(self, moved_s: float) -> None:
        body = self._question()
        while True:
            status, wait_s, content = await self._link.ask(
                "POST", "/_dash-update-component",
                "content-type: application/json\r\naccept-encoding: gzip\r\n", body,
            )  # fmt: skip
            if self._group.note(status, wait_s) and wait_s:
                await asyncio.sleep(wait_s * self._rng.uniform(1.0, 1.25))
                continue
            break
        kept = {}
        if status == 200:
            kept = json.loads(content)["response"]["explore-answer"]["data"]
        if kept.get("ok"):
            self._group.took_s.append(time.monotonic() - moved_s)
            self._group.count[self._number] += 1
        elif kept.get("superseded"):
            self._group.superseded += 1
        else:
            self._group.errors[f"{status} {str(kept)[:80]}"] += 1

    def _question(self) -> bytes:
        self._seq += 1
        found = json.loads(self._text)
        request = next(c for c in found["inputs"] if c["id"] == "explore-request")[
            "value"
        ]
        request |= {"seq": self._seq, "tab": f"load{self._number}"}
        self._view[self._knob] = self._rng.randrange(*KNOBS[self._knob])
        request["view"] |= self._view
        return json.dumps(found).encode()


async def _all(
    port: int, saved: dict[str, Any], tokens: list[str], planners: int, seconds: float
) -> dict[str, Group]:
    groups = {name: Group() for name in ("planners", "agents", "healthz")}
    end_s = time.monotonic() + seconds
    people = [Planner(n, port, saved, groups["planners"]) for n in range(planners)]
    hosts = [Agent(n, port, t, groups["agents"]) for n, t in enumerate(tokens)]
    working = [p.work(end_s) for p in people] + [h.work(end_s) for h in hosts]
    await asyncio.gather(*working, probe(port, end_s, groups["healthz"]))
    for number in range(planners):
        groups["planners"].count.setdefault(number, 0)
    return groups


def measure(planners: int, agents: int, seconds: float) -> dict[str, Any]:
    """One run on a server of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Site(folder, what_if_wait_s="2.0") as site:
            tokens, gun = tokens_of(folder, agents), Gun(site.port)
            asked = [c for c in callbacks(gun, "/")
                     if "explore-request.data" in c["changedPropIds"]]  # fmt: skip
            saved = next(c for c in asked if "explore-answer.data" in c["output"])
            gun.send(Shot(part="", target="/_dash-update-component",
                          headers={"content-type": "application/json"},
                          body=json.dumps(saved).encode()))  # fmt: skip
            memory, before_s = Memory(site.process.pid), cpu_s(site.process.pid)
            load, began_s = os.getloadavg()[0], time.monotonic()
            start_us = time.time_ns() // 1000 - 10**8
            groups = asyncio.run(_all(site.port, saved, tokens, planners, seconds))
            took_s = time.monotonic() - began_s
            cores = (cpu_s(site.process.pid) - before_s) / took_s
            memory.stop()
            acknowledged = groups["agents"].acknowledged
            return {
                "planners": planners, "agents": agents, "seconds": round(took_s),
                "load_average_before": round(load, 1), "server_cores": round(cores, 2),
                "server_peak_rss_mb": round(memory.peak_mb),
                "readings_acknowledged": acknowledged,
                "readings_stored": stored(gun, agents, start_us),
                "groups": {name: g.document() for name, g in groups.items()},
                "tracebacks_in_log": site.tracebacks(),
            }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run, print, and add to the results; exit code 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--overload", action="store_true")
    parser.add_argument("--planners", type=int, help="50, or 100 for an overload")
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--out", type=Path, default=RESULT)
    asked = parser.parse_args(arguments)
    load = overload.measure if asked.overload else measure
    planners = asked.planners or (100 if asked.overload else 50)
    found = load(planners, asked.agents, asked.seconds)
    print(json.dumps(found, indent=1))
    runs = json.loads(asked.out.read_text())["runs"] if asked.out.exists() else []
    machine = f"{os.cpu_count()} shared cores, generator and server together"
    document = {"machine": machine, "runs": [*runs, found]}
    asked.out.write_text(json.dumps(document, indent=1) + "\n")
    wrong = any(group["errors"] for group in found["groups"].values())
    wrong = wrong or found["readings_acknowledged"] != found["readings_stored"]
    lacking = overload.complaints(found) if asked.overload else []
    print(*lacking, sep="\n", file=sys.stderr)
    return int(bool(wrong or lacking))


if __name__ == "__main__":
    sys.exit(main())

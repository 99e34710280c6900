"""
Everything goes wrong in random order, then heals; then every sample is counted.

    scripts/chaos [--minutes 10] [--agents 50] [--database sqlite|postgresql] [--seed N]

Real processes on loopback: the server, PostgreSQL where asked, agents over the stand-in
for NVML, and between them a proxy that this process controls. docs/nothing_lost.md says
what each fault is and what counts as lost.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from store.access import Tokens
from store.engine import open_engine
from store.migrate import upgrade_engine
from tests.agent.fake import build, build_wall
from tests.live.hosts import Host, Pace, Witness
from tests.live.processes import Postgres, Server
from tests.live.proxy import FAULTS, Proxy
from tests.live.truth import Found, compare, watch_inbox

DRAIN_S = 240.0
Undo = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long, how many, and how quickly one fault follows another."""

    seconds: float
    agents: int
    database: str
    seed: int
    every_s: float = 2.0
    longest_s: float = 15.0
    pace: Pace = field(default_factory=Pace)


class Chaos:
    """One run."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self.folder = plan, folder
        self.random = random.Random(plan.seed)
        self.counts: Counter[str] = Counter()
        self._undo: list[tuple[float, int, Undo]] = []
        self._down: set[str] = set()
        self.postgres = (
            Postgres(folder / "postgres") if plan.database == "postgresql" else None
        )
        self.url = f"sqlite:///{folder / 'chaos.db'}"
        if self.postgres is not None:
            self.postgres.start()
            self.url = self.postgres.url
        self.witness = Witness()
        self.server = Server(folder, self.url)
        self.proxy = Proxy(self.server.port, plan.seed)
        self.hosts: list[Host] = []

    def _hosts(self) -> list[Host]:
        engine = open_engine(self.url)
        upgrade_engine(engine)
        watch_inbox(engine)
        tokens = Tokens(engine)
        library, wall = build(self.folder / "lib"), build_wall(self.folder / "lib")
        hosts = []
        for i in range(self.plan.agents):
            name = f"node{i:03d}"
            _, token = tokens.create(name=name, scopes=["telemetry:write"], agent=name)
            host = Host(
                self.folder / name, name, token, library=library, wall_library=wall,
                url=self.proxy.url, pace=self.plan.pace, witness=self.witness,
            )  # fmt: skip
            hosts.append(host)
        engine.dispose()
        return hosts

    # --- the course ---------------------------------------------------------------

    def run(self) -> Found:
        """Start, break, heal, drain, compare."""
        try:
            self.hosts = self._hosts()
            self.server.start()
            for host in self.hosts:
                host.start()
            self._break_things()
            self._heal()
            self._drain()
            self.server.stop()
            self.witness.close()
            return compare(self.url, self.hosts, self.witness)
        finally:
            self.close()

    def close(self) -> None:
        """End every process that was started."""
        for host in self.hosts:
            host.kill()
        self.server.kill()
        self.proxy.close()
        if self.postgres is not None:
            self.postgres.stop()

    def _break_things(self) -> None:
        end = time.monotonic() + self.plan.seconds
        faults: list[tuple[Callable[[], None], float]] = [
            (self._kill_agents, 4), (self._kill_server, 1), (self._cut_network, 2),
            (self._bad_weather, 4), (self._fill_disks, 2), (self._set_clocks, 2),
        ]  # fmt: skip
        if self.postgres is not None:
            faults.append((self._kill_database, 1))
        works, weights = zip(*faults, strict=True)
        order: list[Callable[[], None]] = list(works)  # each at least once
        self.random.shuffle(order)
        while time.monotonic() < end:
            self._supervise()
            work = order.pop() if order else self.random.choices(works, weights)[0]
            work()
            self._undo_until(
                time.monotonic() + self._draw(0.2, 2.0) * self.plan.every_s
            )

    def _supervise(self) -> None:
        """As an init system does: a server that found no database is started again."""
        process = self.server.process
        if "server" in self._down or process is None or process.poll() is None:
            return
        self.counts["server started again"] += 1
        self.server.launch()

    def _draw(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)

    def _undo_until(self, until: float) -> None:
        """Wait, and take back what is due."""
        while True:
            due = min(until, self._undo[0][0] if self._undo else until)
            time.sleep(max(0.0, due - time.monotonic()))
            if not self._undo or self._undo[0][0] > until:
                return
            heapq.heappop(self._undo)[2]()

    def _later(self, undo: Undo) -> None:
        at = time.monotonic() + self._draw(0.05, 1.0) * self.plan.longest_s
        heapq.heappush(self._undo, (at, self.counts.total(), undo))

    def _some(self) -> list[Host]:
        most = max(1, len(self.hosts) // 8)
        up = [h for h in self.hosts if h.name not in self._down]
        return self.random.sample(up, min(len(up), self.random.randint(1, most)))

    # --- faults ---------------------------------------------------------------------

    def _kill_agents(self) -> None:
        for host in self._some():
            host.kill()
            self._down.add(host.name)
            self.counts["agents killed"] += 1
            self._later(lambda host=host: self._start_agent(host))  # type: ignore[misc]

    def _start_agent(self, host: Host) -> None:
        self._down.discard(host.name)
        host.start()

    def _kill_server(self) -> None:
        if "server" in self._down:
            return
        self.server.kill()
        self._down.add("server")
        self.counts["server killed"] += 1
        self._later(self._start_server)

    def _start_server(self) -> None:
        self._down.discard("server")
        self.server.launch()

    def _kill_database(self) -> None:
        if self.postgres is None or "database" in self._down:
            return
        self.postgres.kill()
        self._down.add("database")
        self.counts["database killed"] += 1
        self._later(self._start_database)

    def _start_database(self) -> None:
        assert self.postgres is not None
        self._down.discard("database")
        self.postgres.start()

    def _cut_network(self) -> None:
        weather = self.proxy.weather
        if self.random.random() < 0.4:
            weather.all_cut = True
            self.counts["network cut"] += 1
            self._later(lambda: setattr(weather, "all_cut", False))
            return
        names = {host.token for host in self._some()}
        weather.cut |= names
        self.counts["hosts cut off"] += len(names)
        self._later(lambda: weather.cut.difference_update(names))

    def _bad_weather(self) -> None:
        names = self.random.sample(FAULTS, 3)
        self.proxy.weather.chances = {name: self._draw(0.05, 0.3) for name in names}
        self.counts["bad weather"] += 1
        self._later(lambda: setattr(self.proxy.weather, "chances", {}))

    def _fill_disks(self) -> None:
        for host in self._some():
            host.fill_disk(full=True)
            self.counts["disks filled"] += 1
            self._later(lambda host=host: host.fill_disk(full=False))  # type: ignore[misc]

    def _set_clocks(self) -> None:
        for host in self._some():
            host.fake.shift_wall(self.random.choice([-3600, 0, 3600]))
            self.counts["clocks set"] += 1

    # --- afterwards -----------------------------------------------------------------

    def _heal(self) -> None:
        self._undo_until(time.monotonic() + self.plan.longest_s + 0.1)
        self.proxy.weather.clear()
        for host in self.hosts:
            host.fill_disk(full=False)
        self._supervise()

    def _drain(self) -> None:
        """End the reading, then send until nothing waits and nothing is kept back."""
        for host in self.hosts:
            host.stop()
            host.start(reading=False)
        end = time.monotonic() + DRAIN_S
        waiting = self.hosts
        while waiting or self.proxy.held():
            time.sleep(1.0)
            waiting = [host for host in waiting if host.unsent()]
            if time.monotonic() > end:
                raise RuntimeError(
                    f"after {DRAIN_S} s {len(waiting)} spools are not empty, such as "
                    f"{waiting[0].spool if waiting else ''}"
                )
        for host in self.hosts:
            host.stop()


def report(chaos: Chaos, found: Found) -> dict[str, Any]:
    """What was done and what came of it."""
    return {
        "seconds": chaos.plan.seconds, "agents": chaos.plan.agents,
        "database": chaos.plan.database, "seed": chaos.plan.seed,
        "faults": dict(sorted(chaos.counts.items())),
        "network": dict(sorted(chaos.proxy.counts.items())),
        "samples": found.document(),
    }  # fmt: skip


def main() -> int:
    """The long form."""
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--database", choices=("sqlite", "postgresql"),
                        default="sqlite")  # fmt: skip
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--rate-hz", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, help="kept where given")
    asked = parser.parse_args()
    plan = Plan(
        seconds=60 * asked.minutes, agents=asked.agents, database=asked.database,
        seed=asked.seed, pace=replace(Pace(), rate_hz=asked.rate_hz),
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="nameplate-chaos-") as name:
        folder = asked.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # the database's user passes through it
        chaos = Chaos(plan, folder)
        found = chaos.run()
    sys.stdout.write(json.dumps(report(chaos, found), indent=1) + "\n")
    return 0 if found.whole else 1


if __name__ == "__main__":
    sys.exit(main())

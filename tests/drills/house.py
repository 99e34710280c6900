"""A server over a database and a crowd at work on it; then the books are compared."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from api.client import ApiProblem, Client
from store.access import Tokens
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.scopes import ROLES
from tests.live.hostile import good
from tests.live.processes import Server, wait_for_port
from tests.twin.exchange.samples import two_sided
from tests.twin.study.conftest import LEVEL, SMALL

LONG = SMALL | {"horizon": {"days": 0.05, "tick_s": 1}}
STUDY = {"name": "Cut off", "base": LONG, "axes": [LEVEL],
         "design": {"kind": "random", "points": 30}}  # fmt: skip
REQUESTS = "t_s,prompt_tokens,output_tokens\n" + "".join(
    f"{i},{100 + i % 7},{20 + i % 5}\n" for i in range(4000)
)
START_WITHIN_S = 300.0
"""Two servers start beside a crowd and whatever else the machine does."""
ENDED = {"done", "failed", "cancelled"}
TOLD_TO_WAIT = {429, 503, 507}
Acknowledged = dict[str, list[Any]]


class House:
    """A database, tokens for it, and two servers that can be killed."""

    def __init__(self, folder: Path, url: str, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.url = folder, url
        engine = open_engine(url)
        upgrade_engine(engine)
        tokens = Tokens(engine)
        self.admin = tokens.create(name="admin", scopes=ROLES["admin"])[1]
        self.agent = tokens.create(name="node", scopes=ROLES["agent"], agent="node")[1]
        engine.dispose()
        self.server = Server(folder, url, **settings)
        self.second = Server(folder, url, **settings)
        self.second.log = folder / "second.log"

    def with_pages(self) -> None:
        """Have both start as people start them: pages, kernels, studies that go on."""
        for one in (self.server, self.second):
            one.command = ["-m", "cli.main", "serve", "--port", str(one.port),
                           "--access", "tokens"]  # fmt: skip

    def start(self, *servers: Server) -> float:
        """Start these at once and wait until they answer; how long that took. [s]"""
        began_s = time.monotonic()
        for one in servers:
            one.launch()
        for one in servers:
            assert one.process is not None
            wait_for_port(one.port, one.process, START_WITHIN_S)
        return time.monotonic() - began_s

    def kill(self, *servers: Server) -> None:
        """kill -9 of these at once, and wait for the workers they leave behind."""
        for one in servers:
            if one.process is not None:
                one.process.kill()
        for one in servers:
            one.kill()
        if not any(one.lives() for one in (self.server, self.second)):
            until(lambda: not self.processes(), START_WITHIN_S)

    def processes(self) -> list[int]:
        """Processes that have this database."""
        mine = f"NAMEPLATE_DATABASE_URL={self.url}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mine in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
        return found

    def client(self, server: Server | None = None) -> Client:
        """The typed client of a server."""
        return Client.connect((server or self.server).url, token=self.admin)

    def http(self, token: str, server: Server | None = None) -> httpx.Client:
        """Plain HTTP."""
        base = f"{(server or self.server).url}/api/v1"
        headers = {"authorization": f"Bearer {token}"}
        return httpx.Client(base_url=base, headers=headers, timeout=60)

    def rows(self, asked: str, **values: Any) -> list[Any]:
        """Ask the database itself."""
        engine = open_engine(self.url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(text(asked), values))
        finally:
            engine.dispose()

    def at_rest(self) -> bool:
        """Whether no work is under way."""
        asked = "SELECT id FROM jobs WHERE state IN ('queued', 'running') "
        return not self.rows(asked + "AND kind <> 'server'")

    def log(self) -> str:
        """What the servers have said."""
        logs = (one.log for one in (self.server, self.second))
        return "".join(p.read_text(errors="replace") for p in logs if p.exists())


class Crowd:
    """Everybody at once, until the server is gone; each notes what was promised."""

    def __init__(self, house: House, *servers: Server) -> None:
        self.house, self.servers = house, servers or (house.server,)
        self.promised: Acknowledged = defaultdict(list)
        self.sent: set[int] = set()
        self.wrong: list[str] = []
        self._names = itertools.count()
        self._stop = threading.Event()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[Acknowledged]:
        """Work while the block lasts."""
        self._stop.clear()
        works = (self._runs, self._study, self._topology, self._dataset, self._ingest)
        threads = [
            threading.Thread(target=self._do, args=(work, server))
            for work in works
            for server in self.servers
        ]
        for thread in threads:
            thread.start()
        try:
            yield self.promised
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(60)

    def _do(self, work: Callable[[Server], None], server: Server) -> None:
        while not self._stop.is_set():
            try:
                work(server)
            except (httpx.HTTPError, OSError):
                self._stop.wait(0.05)  # the server is gone
            except ApiProblem as problem:
                if problem.status not in {409, *TOLD_TO_WAIT} and problem.status:
                    self.wrong.append(f"{work.__name__}: {problem}")
                self._stop.wait(0.05)

    def _runs(self, server: Server) -> None:
        with self.house.client(server) as client:
            job = client.create_run(LONG)
            self.promised["run"].append(job["result"]["id"])
            client.wait(job["id"], timeout_s=60)
            self.promised["ended"].append(job["result"]["id"])

    def _study(self, server: Server) -> None:
        with self.house.client(server) as client:
            seed = 1000 + next(self._names)
            study = STUDY | {"base": LONG | {"seed": seed}}
            job = client.start_study(study)
            self.promised["study"].append(job["result"]["id"])
            client.wait(job["id"], timeout_s=60)

    def _topology(self, server: Server) -> None:
        with self.house.client(server) as client:
            name = f"hall-{next(self._names)}"
            shown = client.preview_import(
                "netbox", name, json.dumps(two_sided()).encode()
            )
            self.promised["preview"].append(shown["id"])
            self.promised["applied"].append(client.apply_import(shown["id"])["id"])

    def _dataset(self, server: Server) -> None:
        name = f"mine-{next(self._names)}"
        with self.house.http(self.house.admin, server) as http:
            asked = {"name": name, "kind": "requests"}
            answer = http.post("/datasets/import", params=asked, content=REQUESTS)
            if answer.status_code == 201:
                self.promised["dataset"].append(name)

    def _ingest(self, server: Server) -> None:
        with self.house.http(self.house.agent, server) as http:
            for number in itertools.count(len(self.sent)):
                if self._stop.is_set():
                    break
                self.sent.add(number)
                answer = send(http, number)
                if answer.status_code == 200:
                    self.promised["batch"].append(number)
                elif answer.status_code not in TOLD_TO_WAIT:
                    self.wrong.append(f"batch {number}: {answer.text}")
                self._stop.wait(0.05)


def send(http: httpx.Client, number: int, **changed: Any) -> httpx.Response:
    """
    One batch of the agent's, the same bytes for the same number.

    No two have a reading at the same time: equal ones are kept once, and the books
    would miss them.
    """
    columns = good()["columns"] | {"offset_us": [0, 500]}
    body = good(NOW_US + number * 1000, columns=columns, sequence=number, **changed)
    content = gzip.compress(json.dumps(body).encode(), mtime=0)
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    return http.post("/telemetry", content=content, headers=headers)


def until(true: Callable[[], object], within_s: float = 30.0) -> float:
    """Wait until something holds; how long that took. [s]"""
    began_s = time.monotonic()
    while not true():
        if time.monotonic() > began_s + within_s:
            raise AssertionError(f"not within {within_s} s")
        time.sleep(0.02)
    return time.monotonic() - began_s


NOW_US = int(time.time() - 30) * 1_000_000  # of the import: a run of all tests is long


def readings(house: House) -> int:
    """Readings of the agent in the store, wherever they are by now."""
    asked = (
        "SELECT coalesce(sum(readings), 0) FROM {} WHERE source_id IN "
        "(SELECT id FROM telemetry_sources WHERE name = 'node')"
    )
    parts = (asked.format("telemetry_inbox"),
             asked.format("telemetry_raw") + " AND part = 0")  # fmt: skip
    return sum(int(house.rows(one)[0][0]) for one in parts)


def faults(house: House, crowd: Crowd, *, serving: int = 1) -> list[str]:
    """
    Compare what was promised with what a server that runs again has.

    Args:
        house: Its server runs.
        crowd: Who was promised what.
        serving: Servers that live.

    Returns:
        What is lost, half written or for ever under way; empty where all is well.
    """
    promised, found = crowd.promised, list(crowd.wrong)
    alive = house.server if house.server.lives() else house.second
    with house.client(alive) as client:
        for key in promised["run"]:
            status = client.run(key)["status"]
            if status not in ENDED:
                found.append(f"{key} is {status} though nobody works on it")
            if key in promised["ended"] and not client.run_result(key):
                found.append(f"{key} was done and has no result")
        found += [f"{key} is under way though nobody works on it"
                  for key in promised["study"]
                  if client.study(key)["status"] not in ENDED]  # fmt: skip
        here = {d["name"]: d for d in client.datasets() if d["origin"] == "imported"}
    found += [f"{n} was taken in and is gone" for n in promised["dataset"]
              if n not in here]  # fmt: skip
    for name, one in here.items():
        with gzip.open(one["path"], "rt") as file:
            lines = sum(1 for _ in file)
        if name.startswith(".") or lines != 4001:
            found.append(f"{name} has {lines} lines of 4001")
    found += _imports(house, promised) + _batches(house, crowd, alive)
    under_way = house.rows(
        "SELECT id, kind FROM jobs WHERE state IN ('queued', 'running')"
    )
    if [row.kind for row in under_way] != ["server"] * serving:
        found.append(f"for ever under way: {under_way}")
    if house.url.startswith("sqlite"):
        whole = [r[0] for r in house.rows("PRAGMA integrity_check")]
        found += [] if whole == ["ok"] else [str(whole)]
    return found


def _imports(house: House, promised: Acknowledged) -> list[str]:
    rows = house.rows(
        "SELECT i.id, i.status, s.id AS made FROM imports i "
        "LEFT JOIN scenarios s ON s.id = i.scenario_id"
    )
    known = {row.id: row for row in rows}
    found = [f"{k} is gone" for k in promised["preview"] if k not in known]
    found += [f"{k} was applied and is not" for k in promised["applied"]
              if known[k].status != "applied"]  # fmt: skip
    found += [f"{row.id} is half applied: {tuple(row)}" for row in rows
              if (row.status == "applied") != (row.made is not None)]  # fmt: skip
    made = house.rows("SELECT count(*) FROM scenarios WHERE name LIKE 'hall-%'")[0][0]
    applied = sum(row.status == "applied" for row in rows)
    if made != applied:
        found.append(f"{made} scenarios of {applied} applied imports")
    return found


def _batches(house: House, crowd: Crowd, server: Server) -> list[str]:
    """Send everything again, as an agent does: what was promised is known already."""
    found = []
    with house.http(house.agent, server) as http:
        for number in sorted(crowd.sent):
            while (answer := send(http, number)).status_code in TOLD_TO_WAIT:
                time.sleep(0.05)
            if not answer.is_success:
                found.append(f"batch {number} is refused: {answer.text}")
            elif number in crowd.promised["batch"] and not answer.json()["duplicate"]:
                found.append(f"batch {number} was stored and is gone: {answer.text}")
    each = len(good(NOW_US)["columns"]["device"])
    stored = readings(house)
    if stored != each * len(crowd.sent):
        found.append(f"{stored} readings of {each} times {len(crowd.sent)}")
    return found

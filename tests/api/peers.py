"""A Prometheus and a server of ours as processes of their own, on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import create_engine

from store.access import Tokens
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.scopes import ROLES
from store.telemetry.reader import Reader
from store.telemetry.registry import Registry

PATIENCE_S = 60.0
QUEUE = "batch_send_deadline: 1s, min_backoff: 100ms, max_backoff: 500ms"
SERVER = """
import sys, uvicorn
from api.main import create_app
uvicorn.run(create_app(warm=False), host="127.0.0.1", port=int(sys.argv[1]),
            log_level="warning")
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def process(arguments, log, **more):
    """A process that is ended with the test, however that ends."""
    with log.open("ab") as out:
        running = subprocess.Popen(arguments, stdout=out, stderr=out, **more)
    try:
        yield running
    finally:
        running.kill()
        running.wait(30)


def until(check, log):
    """Wait for something to become true."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        if check():
            return
        time.sleep(0.1)
    pytest.fail(f"not within {PATIENCE_S} s; the log ends: {log.read_text()[-2000:]}")


def answers(address):
    try:
        return httpx.get(address, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


class Served:
    """
    A server of ours whose address and database outlive its process.

    Args:
        folder: Where database, token and log lie.
    """

    def __init__(self, folder):
        self._folder, self._port = folder, free_port()
        self.log = folder / "server.log"
        self.address = f"http://127.0.0.1:{self._port}"
        self.database = f"sqlite:///{folder / 'peer.db'}"
        self.token = folder / "token"
        engine = open_engine(self.database)
        upgrade_engine(engine)
        _, token = Tokens(engine).create(name="peer", scopes=ROLES["collector"])
        engine.dispose()
        self.token.write_text(token)

    @contextmanager
    def running(self):
        """Start it; on the same address and database after a kill."""
        environment = {**os.environ, "NAMEPLATE_DATABASE_URL": self.database,
                       "NAMEPLATE_ACCESS": "tokens",
                       "NAMEPLATE_CACHE_DIR": str(self._folder / "cache")}  # fmt: skip
        arguments = [sys.executable, "-c", SERVER, str(self._port)]
        with process(arguments, self.log, env=environment) as running:
            until(lambda: answers(f"{self.address}/healthz"), self.log)
            yield running

    def stored(self, host):
        """Readings of a host as they are in the database; None if there are none."""
        return stored_in(self.database, host)


@contextmanager
def prometheus(folder, *, scraped, writes_to=None):
    """A Prometheus that scrapes a page each second, and may write to a server."""
    port, log = free_port(), folder / "prometheus.log"
    lines = [
        "global: {scrape_interval: 1s}",
        "scrape_configs:",
        "- job_name: dcgm",
        f"  static_configs: [{{targets: ['127.0.0.1:{scraped}']}}]",
    ]
    if writes_to:
        lines += [
            "remote_write:",
            f"- url: {writes_to.address}/api/v1/prometheus/write",
            f"  authorization: {{credentials_file: {writes_to.token}}}",
            f"  queue_config: {{{QUEUE}}}",
        ]
    config = folder / "prometheus.yml"
    config.write_text("\n".join(lines) + "\n")
    arguments = ["prometheus", f"--config.file={config}",
                 f"--storage.tsdb.path={folder / 'tsdb'}",
                 f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    with process(arguments, log):
        until(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), log)
        yield f"http://127.0.0.1:{port}"


def stored_in(database, host):
    """Readings of the host as they are in the database; None if there are none."""
    engine = create_engine(database)
    try:
        registry = Registry(engine)
        source = registry.by_name.get(host)
        if source is None:
            return None
        return Reader(engine, registry).raw(source, 0, 2**62)
    finally:
        engine.dispose()

"""Real processes on loopback that can be killed and come back: server, database."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from scripts.with_postgres import demotion, programs, server_user

ROOT = Path(__file__).parents[2]
START_S = 90.0


def quiet_port() -> int:
    """A free port that no outgoing connection takes while its owner is down."""
    for _ in range(200):
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port between 20000 and 32000")


def wait_for_port(
    port: int, process: subprocess.Popen[bytes], within_s: float = START_S
) -> None:
    """Return once somebody listens there."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens on {port} after {within_s} s")


class Server:
    """The API on a fixed port over a database."""

    def __init__(
        self, folder: Path, url: str, *, port: int = 0, **settings: str
    ) -> None:
        self.port = port or quiet_port()
        self.log = folder / "server.log"
        self.env = {
            **os.environ,
            "NAMEPLATE_DATABASE_URL": url,
            "NAMEPLATE_CACHE_DIR": str(folder / "cache"),
            "NAMEPLATE_WORKERS": "1",
            **{f"NAMEPLATE_{k.upper()}": v for k, v in settings.items()},
        }
        self.command = ["-m", "tests.live.serve", str(self.port)]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Begin to start; does not wait."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                env=self.env, cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip

    def start(self) -> None:
        """Start and wait until it answers."""
        self.launch()
        assert self.process is not None
        wait_for_port(self.port, self.process)

    def lives(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)

    def stop(self) -> None:
        """Ask it to stop, as an init system does."""
        if self.process is not None and self.lives():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Postgres:
    """PostgreSQL with fsync on, whose postmaster can be killed."""

    def __init__(self, folder: Path) -> None:
        found = programs()
        if found is None:
            raise RuntimeError("PostgreSQL is not installed")
        self._programs, self._folder = found, folder
        self._user = server_user()
        self.port = quiet_port()
        self.url = f"postgresql+psycopg://nameplate@127.0.0.1:{self.port}/postgres"
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        folder.chmod(0o700)
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", self._data, "-U", "nameplate", "-A", "trust",
                  "-E", "UTF8")  # fmt: skip

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        with (self._folder / "log").open("ab") as log:
            subprocess.run(
                [self._programs / program, *arguments], check=True, stdout=log,
                stderr=log, cwd=self._folder, **demotion(self._user),
            )  # fmt: skip

    def start(self) -> None:
        """Start, with recovery; again until those of the killed one are gone."""
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            with (self._folder / "log").open("ab") as log:
                self.process = subprocess.Popen(
                    [
                        self._programs / "postgres", "-D", self._data, "-h",
                        "127.0.0.1", "-p", str(self.port), "-k", str(self._folder),
                        "-c", "fsync=on", "-c", "max_connections=60",
                    ],
                    stdout=log, stderr=log, cwd=self._folder, **demotion(self._user),
                )  # fmt: skip
            while self.process.poll() is None and time.monotonic() < end:
                if self._is_ready():
                    return
                time.sleep(0.1)
            time.sleep(0.3)
        raise RuntimeError(f"PostgreSQL did not start: {self._folder / 'log'}")

    def _is_ready(self) -> bool:
        done = subprocess.run(
            [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p",
             str(self.port), "-t", "1"],
            check=False,
        )  # fmt: skip
        return done.returncode == 0

    def kill(self) -> None:
        """kill -9 the postmaster; its children notice and end by themselves."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)

    def stop(self) -> None:
        """Fast shutdown."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

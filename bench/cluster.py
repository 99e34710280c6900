"""A scheduler and workers of dask, started as docs/studies.md says, gone afterwards."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from api.engines import StudyEngine, open_engine
from twin.errors import ScenarioError

DASK = str(Path(sys.executable).with_name("dask"))
PATIENCE_S = 120.0


class Cluster:
    """
    One scheduler of dask and as many workers as were asked for.

    Args:
        folder: What workers leave behind.
    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        self._run("scheduler", "--host", "127.0.0.1", "--port", str(port))

    def add_worker(self) -> None:
        """Start one more worker."""
        self._run(
            "worker", self.address, "--nthreads", "1",
            "--local-directory", str(self._folder),
        )  # fmt: skip

    def connect(self, workers: int) -> StudyEngine:
        """Return the engine, once so many workers are there."""
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            with contextlib.suppress(ScenarioError):
                engine = open_engine(self.address, workers=workers)
                if engine.workers >= workers:
                    return engine
                engine.close()
            time.sleep(0.2)
        raise RuntimeError(f"no {workers} workers after {PATIENCE_S:g} s")

    def stop(self) -> None:
        """Stop workers first, then the scheduler."""
        for process in reversed(self._running):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _run(self, what: str, *more: str) -> None:
        command = [DASK, what, *more, "--no-dashboard"]
        self._running.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))


@contextlib.contextmanager
def dask_cluster() -> Iterator[Cluster]:
    """Start a scheduler on loopback; it and its workers are stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="nameplate-dask-") as folder:
        made = Cluster(Path(folder))
        try:
            yield made
        finally:
            made.stop()

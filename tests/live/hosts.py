"""Agents as processes: the real one, stand-in cards, and a witness of its promises."""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import signal
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from agent.spool_view import summary
from tests.agent.fake import Fake
from tests.live.journal import HEAD
from tests.live.processes import ROOT

FULL_BYTES = 4096
"""No file may grow or be written beyond this: the disk is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How quick agents are; the product's defaults are gentler."""

    rate_hz: float = 1.0
    gpus: int = 2
    flush_s: float = 1.0
    batch_s: float = 2.0
    retry_max_s: float = 4.0


class Witness:
    """Reads the journals of all agents from their pipes, in a thread of its own."""

    def __init__(self) -> None:
        self.chunks: dict[str, list[bytes]] = {}
        self._selector = selectors.DefaultSelector()
        self._rest: dict[int, bytes] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def pipe(self, name: str) -> int:
        """A new pipe for an agent's journal; returns the end to write to."""
        out, into = os.pipe()
        self._rest[out] = b""
        self._selector.register(out, selectors.EVENT_READ, name)
        return into

    def close(self) -> None:
        """Stop; what was written by ended agents has been read."""
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        while True:
            ready = self._selector.select(0.2)
            for key, _ in ready:
                data = os.read(key.fd, 1 << 20)
                if not data:
                    self._selector.unregister(key.fd)
                    os.close(key.fd)
                    continue
                self._rest[key.fd] = self._take(key.data, self._rest[key.fd] + data)
            if self._stop.is_set() and not ready:
                return

    def _take(self, name: str, data: bytes) -> bytes:
        kept = self.chunks.setdefault(name, [])
        while len(data) >= HEAD.size:
            (size,) = HEAD.unpack_from(data)
            if len(data) < HEAD.size + size:
                break
            kept.append(data[HEAD.size : HEAD.size + size])
            data = data[HEAD.size + size :]
        return data


class Host:
    """One host: its cards, its spool, and its agent while that runs."""

    def __init__(
        self, folder: Path, name: str, token: str, *, library: Path,
        wall_library: Path, url: str, pace: Pace, witness: Witness,
    ) -> None:  # fmt: skip
        folder.mkdir(parents=True)
        self.name, self.token, self.spool = name, token, folder / "spool"
        self.fake = Fake(folder / "cards", gpus=pace.gpus)
        self._folder, self._library, self._wall = folder, library, wall_library
        self._url, self._pace, self._witness = url, pace, witness
        self._token_file = folder / "token"
        self._token_file.write_text(token)
        self._token_file.chmod(0o600)
        self.process: subprocess.Popen[bytes] | None = None
        for gpu in range(pace.gpus):
            self.fake.profile(gpu, _course(name, gpu), period_s=60.0)

    def start(self, *, reading: bool = True) -> None:
        """Start the agent; without reading it only sends what is spooled."""
        pipe = self._witness.pipe(self.name)
        env = self.fake.env(self._library, wall_library=self._wall)
        with (self._folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "tests.live.journal", "run", "--server",
                    self._url, "--name", self.name, "--token-file",
                    str(self._token_file), "--spool-dir", str(self.spool),
                    "--rate-hz", str(self._pace.rate_hz),
                    "--gpu" if reading else "--no-gpu",
                ],
                env={**env, **self._settings(), "NAMEPLATE_JOURNAL_FD": str(pipe)},
                cwd=ROOT, stderr=log, stdout=log, pass_fds=(pipe,),
            )  # fmt: skip
        os.close(pipe)

    def _settings(self) -> dict[str, str]:
        told = {
            "flush_s": self._pace.flush_s, "batch_s": self._pace.batch_s,
            "retry_s": 0.2, "retry_max_s": self._pace.retry_max_s, "denied_s": 1.0,
            "timeout_s": 10.0, "leave_s": 5.0, "spool_mb": 64, "keep_sent": 1,
            "rapl": 0, "ipmi": "off",
        }  # fmt: skip
        return {f"NAMEPLATE_AGENT_{k.upper()}": str(v) for k, v in told.items()}

    def kill(self) -> None:
        """kill -9; the spool stays as it is."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)

    def stop(self) -> None:
        """Ask it to stop; it spools what it read."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.kill()

    def fill_disk(self, *, full: bool) -> None:
        """Let the agent write no file beyond a few kB, or let it again."""
        most = FULL_BYTES if full else resource.RLIM_INFINITY
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(
                    self.process.pid, resource.RLIMIT_FSIZE,
                    (most, resource.RLIM_INFINITY),
                )  # fmt: skip

    def unsent(self) -> int:
        """Readings in no settled batch, by what is on disk."""
        found = summary(self.spool) if self.spool.exists() else {}
        return int(found.get("unsent_readings", 0) or found.get("batches_under_way", 0))


def _course(name: str, gpu: int) -> list[tuple[float, float]]:
    """Power that tells hosts, cards and seconds apart."""
    (salt,) = struct.unpack("<H", name.encode()[-2:])
    return [(k / 4, 200.0 + (k * 7.3 + gpu * 101 + salt) % 450) for k in range(240)]

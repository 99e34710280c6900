"""Readers of the host's own power, each in a thread of its own: BMCs are slow."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.recorder import Recorder
from agent.records import Device, Reading

log = logging.getLogger("nameplate.agent")
LONGEST_PAUSE_S = 300.0


class SourceError(Exception):
    """A source could not be read; the message says why and what would mend it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Values of one device, read just now."""

    device: Device
    values: Mapping[str, float]


class Source(Protocol):
    """Something that measures the host."""

    name: str
    period_s: float

    def read(self) -> Sequence[Measured]:
        """Values of now; raises `SourceError`."""


class SourceThread:
    """Reads a source at its pace, and less often while it fails."""

    def __init__(self, source: Source, recorder: Recorder) -> None:
        self.source = source
        self.recorder = recorder
        self.trouble: str | None = None
        self.read_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=source.name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; a BMC that does not answer is not waited for."""
        self._stop.set()

    def _run(self) -> None:
        pause_s = self.source.period_s
        while not self._stop.wait(0.0 if self.trouble is None else pause_s):
            started = time.monotonic()
            pause_s = self._once(pause_s)
            self.read_s = time.monotonic() - started
            if self.trouble is None:
                self._stop.wait(max(0.0, self.source.period_s - self.read_s))

    def _once(self, pause_s: float) -> float:
        before_us = self.recorder.clock.boot_us()
        try:
            measured = self.source.read()
        except SourceError as error:
            self._failed(str(error))
            return min(2 * pause_s, LONGEST_PAUSE_S)
        except Exception as error:
            self._failed(f"answers what cannot be understood: {error!r}")
            return min(2 * pause_s, LONGEST_PAUSE_S)
        at_us = (before_us + self.recorder.clock.boot_us()) // 2 & ~1
        if self.trouble is not None:
            self.trouble = None
            self.recorder.event("source", f"{self.source.name} answers again")
        self.recorder.describe(m.device for m in measured)
        self.recorder.add(Reading(m.device.key, at_us, m.values) for m in measured)
        return self.source.period_s

    def _failed(self, why: str) -> None:
        if why != self.trouble:
            self.recorder.event("source", f"{self.source.name}: {why}")
            log.warning("%s: %s", self.source.name, why)
        self.trouble = why

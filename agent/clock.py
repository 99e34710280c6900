"""
Time that a wall clock cannot spoil: the boot clock, and the server's clock over it.

Readings are stamped with CLOCK_BOOTTIME, which never jumps and counts on in suspend.
What the server's clock says is boot time plus an offset, estimated from its answers as
NTP does: the answer's time belongs to the middle of the exchange, give or take half of
the round trip. The exchange with the least uncertainty in a window is believed.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STEP_US = 100_000
"""A wall clock that moves this much against the boot clock between looks was set."""
LOOKS, TIGHT_NS = 5, 20_000
DRIFT = 50e-6
"""How fast two clocks may part: crystals of computers are within 50 ppm (assumed)."""
WINDOW_S = 900.0
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def _boot_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def read_boot_id(path: Path = BOOT_ID) -> str:
    """The kernel's name of this boot; one of our own where it cannot be read."""
    try:
        return path.read_text().strip()
    except OSError:
        return str(uuid.uuid4())


class HostClock:
    """This host's boot clock and, beside it, where its wall clock stands."""

    def __init__(
        self,
        *,
        wall_ns: Callable[[], int] = time.time_ns,
        boot_ns: Callable[[], int] = _boot_ns,
        boot_id: str | None = None,
    ) -> None:
        self._wall_ns = wall_ns
        self._boot_ns = boot_ns
        self.boot_id = read_boot_id() if boot_id is None else boot_id
        self.steps = 0
        self._mutex = threading.Lock()
        self.wall_minus_boot_us = self._difference_us()
        self.before_step_us = self.wall_minus_boot_us

    def boot_us(self) -> int:
        """Now. [µs] of CLOCK_BOOTTIME"""
        return self._boot_ns() // 1000

    def look(self) -> int:
        """Compare the clocks; how far the wall clock was set since, [µs], 0 if not."""
        with self._mutex:
            now_us = self._difference_us()
            step_us = now_us - self.wall_minus_boot_us
            if abs(step_us) > STEP_US:
                self.steps += 1
                self.before_step_us = self.wall_minus_boot_us
            else:
                step_us = 0
            self.wall_minus_boot_us = now_us
            return step_us

    def _difference_us(self) -> int:
        """Wall minus boot, from the tightest of a few looks: we may be held between."""
        looks = []
        for _ in range(LOOKS):
            before = self._boot_ns()
            wall = self._wall_ns()
            after = self._boot_ns()
            looks.append((after - before, (wall - (before + after) // 2) // 1000))
            if after - before < TIGHT_NS:
                break
        return min(looks)[1]


@dataclass(frozen=True, slots=True)
class Offset:
    """Server time minus boot time, and how sure that is."""

    us: int
    uncertainty_s: float


@dataclass(frozen=True, slots=True)
class _Exchange:
    offset_us: int
    half_trip_s: float
    at_us: int

    def uncertainty_s(self, now_us: int) -> float:
        return self.half_trip_s + DRIFT * abs(now_us - self.at_us) / 1e6


class ServerClock:
    """The server's clock as its answers show it."""

    def __init__(self) -> None:
        self._exchanges: deque[_Exchange] = deque(maxlen=64)
        self.steps = 0

    def add(self, *, sent_us: int, received_us: int, server_us: int) -> None:
        """
        Take an answer into account.

        Args:
            sent_us: When it was asked. [µs] of boot time
            received_us: When the answer was there. [µs] of boot time
            server_us: The server's time in it. [µs] since 1970
        """
        if received_us < sent_us:
            return
        new = _Exchange(
            server_us - (sent_us + received_us) // 2,
            (received_us - sent_us) / 2e6,
            received_us,
        )
        known = self.offset(received_us)
        if known is not None:
            apart_s = abs(new.offset_us - known.us) / 1e6
            if apart_s > new.half_trip_s + known.uncertainty_s:
                self._exchanges.clear()  # the server's clock was set
                self.steps += 1
        self._exchanges.append(new)

    def offset(self, now_us: int) -> Offset | None:
        """The best estimate now; None before the first answer."""
        while len(self._exchanges) > 1 and (
            now_us - self._exchanges[0].at_us > WINDOW_S * 1e6
        ):
            self._exchanges.popleft()
        if not self._exchanges:
            return None
        best = min(self._exchanges, key=lambda e: e.uncertainty_s(now_us))
        return Offset(best.offset_us, best.uncertainty_s(now_us))

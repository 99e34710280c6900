"""
The driver's buffer of power samples, where it is finer than our own polling.

NVML stamps samples with the wall clock. They are moved onto the boot clock with where
the wall clock stands now, or with where it stood before it was last set.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from agent.clock import HostClock
from agent.nvml import Gpu
from agent.records import Reading

FINER = 0.8
"""Samples this much closer together than our ticks are worth having."""
TRIES = 3


class SampleReader:
    """Drains one GPU's sample buffer."""

    def __init__(self, gpu: Gpu, clock: HostClock, *, tick_s: float) -> None:
        self.gpu = gpu
        self.clock = clock
        self.tick_s = tick_s
        self.period_s: float | None = None
        self.stale = 0
        self._last_wall_us = 0
        self._last_boot_us = clock.boot_us()
        self._tries = 0
        self._steps = clock.steps

    @property
    def worth(self) -> bool:
        """Whether the buffer is there, and finer than our ticks as far as is known."""
        if "samples" in self.gpu.missing:
            return False
        if self.period_s is None:
            return self._tries < TRIES
        return self.period_s < FINER * self.tick_s

    def drain(self) -> list[Reading]:
        """Samples since the last call, stamped on the boot clock."""
        self.clock.look()
        if self.clock.steps != self._steps:
            self._steps = self.clock.steps
            self._last_wall_us = 0  # a clock set back would hide an hour of samples
        found = self.gpu.samples(self._last_wall_us)
        self._tries += 1
        if len(found) > 2:
            gaps = [b - a for (a, _), (b, _) in pairwise(found)]
            self.period_s = median(gaps) / 1e6
        if not found:
            return []
        self._last_wall_us = found[-1][0]
        readings = [r for t, watts in found if (r := self._reading(t, watts))]
        if readings:
            self._last_boot_us = readings[-1].boot_us
        return readings if self.worth else []

    def _reading(self, wall_us: int, watts: float) -> Reading | None:
        now_us = self.clock.boot_us()
        # after a step the last samples are read once more, some microseconds off
        after_us = self._last_boot_us + 5e5 * (self.period_s or 0.0)
        for shift_us in (self.clock.wall_minus_boot_us, self.clock.before_step_us):
            # odd stamps: those of ticks are even, so none ever coincide
            boot_us = (wall_us - shift_us) | 1
            if after_us < boot_us <= now_us + 1000:
                return Reading(self.gpu.key, boot_us, {"power_w": watts})
        self.stale += 1
        return None

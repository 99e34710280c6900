"""
A reader of your own in the agent: power of the host from the kernel's hwmon sensors.

It stands beside `agent/rapl.py`; a line in `host_sources` of `agent/service.py` starts
it: `sources.append(Hwmon())`. Stamps, spool, sending and the rest come with it.
"""

from __future__ import annotations

from pathlib import Path

from agent.host import Measured, SourceError
from agent.records import HOST_DEVICE


class Hwmon:
    """Sum of all power sensors of this machine."""

    name = "hwmon"

    def __init__(
        self, root: Path = Path("/sys/class/hwmon"), *, period_s: float = 1.0
    ) -> None:
        self.root, self.period_s = root, period_s

    def read(self) -> list[Measured]:
        """Power now; a `SourceError` is told once, and the reader asked less often."""
        sensors = sorted(self.root.glob("hwmon*/power*_input"))
        if not sensors:
            raise SourceError(f"no power sensor under {self.root}; load its driver")
        total_uw = sum(int(sensor.read_text()) for sensor in sensors)
        return [Measured(HOST_DEVICE, {"power_w": total_uw / 1e6})]

"""Host power through IPMI: what `ipmitool dcmi power reading` prints."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from agent.host import Measured, SourceError
from agent.records import HOST_DEVICE

READING = re.compile(r"Instantaneous power reading:\s*(\d+)\s*Watts")
ACTIVE = re.compile(r"Power reading state is:\s*(\S+)")
DEVICES = ("/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0")


class Ipmi:
    """The host's BMC over the local interface."""

    name = "ipmi"

    def __init__(self, *, period_s: float = 5.0, timeout_s: float = 10.0) -> None:
        self.period_s = period_s
        self.timeout_s = timeout_s

    def read(self) -> list[Measured]:
        """Power of the host as the BMC has it now."""
        watts = parse(self._ask())
        return [Measured(HOST_DEVICE, {"power_w": watts})]

    def _ask(self) -> str:
        tool = shutil.which("ipmitool")
        if tool is None:
            raise SourceError("ipmitool is not installed (Debian: package ipmitool)")
        try:
            asked = subprocess.run(  # noqa: S603 - a fixed command, no shell
                [tool, "dcmi", "power", "reading"],
                capture_output=True, text=True, timeout=self.timeout_s, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SourceError(f"ipmitool did not answer: {error}") from None
        if asked.returncode:
            said = (asked.stderr or asked.stdout).strip().split("\n")[0]
            raise SourceError(f"ipmitool failed: {said or asked.returncode}")
        return asked.stdout


def parse(printed: str) -> float:
    """
    Power in what ipmitool printed. [W]

    Raises:
        SourceError: If there is none, or the BMC says that it does not measure.
    """
    state, reading = ACTIVE.search(printed), READING.search(printed)
    if state and state.group(1) != "activated":
        raise SourceError(f"the BMC's power reading is {state.group(1)}")
    if reading is None:
        raise SourceError("the BMC gives no power reading (DCMI not supported)")
    return float(reading.group(1))


def present() -> bool:
    """Whether this host has the tool and the device it needs."""
    return shutil.which("ipmitool") is not None and any(
        Path(device).exists() for device in DEVICES
    )

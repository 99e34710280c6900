"""What readers return: plain records in our units. Consumption is positive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

HOST = "host"
"""Key of the device that stands for the whole machine, and for the agent itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """
    Something that is measured.

    Attributes:
        key: Its identity on this host: a GPU's UUID, "host", "cpu0".
        kind: gpu, mig, host or cpu.
        model: What it is called in shops; "" if unknown.
        index: Its place in the host.
        parent: Key of the GPU a MIG instance is part of, or "".
        facts: What does not change: thresholds, limits, driver.
    """

    key: str
    kind: str
    model: str = ""
    index: int = 0
    parent: str = ""
    facts: Mapping[str, float | str] = field(default_factory=dict)


HOST_DEVICE = Device(key=HOST, kind="host")


@dataclass(frozen=True, slots=True)
class Reading:
    """
    Values of one device at one instant.

    Attributes:
        key: The device.
        boot_us: When. [µs] of CLOCK_BOOTTIME
        values: Field name to value; a field that could not be read is absent.
    """

    key: str
    boot_us: int
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a device or (key "host") to the agent."""

    key: str
    boot_us: int
    kind: str
    text: str

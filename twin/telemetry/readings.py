"""Readings of one source's devices, as columns. Consumption is positive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from twin.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """
    Something that is measured.

    Attributes:
        key: Identity inside its source: a GPU's UUID, or "host".
        kind: One of `twin.telemetry.fields.KINDS`.
        model: What it is called in shops; "" if unknown.
        index: Its place in the host.
        parent: Key of the device it is part of (a MIG instance's GPU), or "".
        facts: What does not change: thresholds, default limits, labels.
    """

    key: str
    kind: str = "gpu"
    model: str = ""
    index: int = 0
    parent: str = ""
    facts: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """
    Readings of a source, one per device and instant.

    Attributes:
        devices: The devices, numbered by their place.
        device: Which device each reading is of. shape (reading,)
        time_us: When, UTC. [µs] since 1970, shape (reading,)
        columns: Field name to values, shape (reading,); NaN is missing.
    """

    devices: tuple[Device, ...]
    device: IntArray
    time_us: IntArray
    columns: Mapping[str, FloatArray]

    def __len__(self) -> int:
        return int(self.device.size)

    def take(self, which: np.ndarray) -> Readings:
        """Some of the readings, by mask or by index."""
        return Readings(
            devices=self.devices, device=self.device[which],
            time_us=self.time_us[which],
            columns={name: values[which] for name, values in self.columns.items()},
        )  # fmt: skip

"""What was read since the last flush, between the readers and the spool."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from agent.chunk import Anchor, Chunk, make_chunk
from agent.clock import HostClock, ServerClock
from agent.records import HOST, HOST_DEVICE, Device, Event, Reading

MOST_READINGS = 30_000
"""Kept in memory while the disk does not answer; about a minute at the highest rate."""
MOST_EVENTS = 500


class Recorder:
    """Collects readings, events and devices; hands them out as chunks."""

    def __init__(self, clock: HostClock, server: ServerClock) -> None:
        self.clock = clock
        self.server = server
        self.devices: dict[str, Device] = {HOST: HOST_DEVICE}
        self.latest: dict[str, dict[str, float]] = {}
        self.lost = 0
        self._readings: list[Reading] = []
        self._events: list[Event] = []
        self._mutex = threading.Lock()

    def describe(self, devices: Iterable[Device]) -> None:
        """Learn of devices, or of what changed about them."""
        with self._mutex:
            self.devices.update((device.key, device) for device in devices)

    def describe_parts(self, parent: str, parts: Iterable[Device]) -> None:
        """Replace the parts of a device: a GPU's MIG instances."""
        with self._mutex:
            kept = {k: d for k, d in self.devices.items() if d.parent != parent}
            self.devices = kept | {part.key: part for part in parts}

    def forget(self, keys: Iterable[str]) -> None:
        """Devices that are there no more; their readings so far stay."""
        with self._mutex:
            for key in keys:
                self.latest.pop(key, None)

    def add(self, readings: Iterable[Reading], *, newest: bool = True) -> None:
        """Take readings; `newest` if they are what the devices say now."""
        with self._mutex:
            for reading in readings:
                if len(self._readings) >= MOST_READINGS:
                    self.lost += 1
                    continue
                self._readings.append(reading)
                if newest:
                    self.latest.setdefault(reading.key, {}).update(reading.values)

    def event(self, kind: str, text: str, key: str = HOST) -> None:
        """Note that something happened, now."""
        with self._mutex:
            if len(self._events) < MOST_EVENTS:
                self._events.append(Event(key, self.clock.boot_us(), kind, text[:400]))

    def present(self) -> Mapping[str, Mapping[str, float]]:
        """The last known value of every field, by device."""
        with self._mutex:
            return MappingProxyType({k: dict(v) for k, v in self.latest.items()})

    def take(self) -> Chunk | None:
        """All since the last call; None if there was nothing."""
        with self._mutex:
            readings, self._readings = self._readings, []
            events, self._events = self._events, []
            devices = tuple(self.devices.values())
        if not readings and not events:
            return None
        return make_chunk(readings, events, devices, self.anchor())

    def anchor(self) -> Anchor:
        """Where the clocks stand now."""
        boot_us = self.clock.boot_us()
        offset = self.server.offset(boot_us)
        return Anchor(
            boot_id=self.clock.boot_id,
            boot_us=boot_us,
            wall_us=self.clock.wall_minus_boot_us,
            server_us=offset.us if offset else None,
            uncertainty_s=offset.uncertainty_s if offset else 0.0,
            steps=self.clock.steps,
        )

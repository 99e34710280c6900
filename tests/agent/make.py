"""Chunks for tests of the spool and of what is sent."""

from __future__ import annotations

from agent.chunk import Anchor, Chunk, make_chunk
from agent.records import HOST_DEVICE, Device, Event, Reading

GPU = Device(key="GPU-0", kind="gpu", model="H100", facts={"slowdown_c": 87.0})
WALL_US = 1_763_733_600_000_000


def anchor(boot_id="b1", server_us=None, wall_us=WALL_US, steps=0, boot_us=0) -> Anchor:
    return Anchor(
        boot_id=boot_id, boot_us=boot_us, wall_us=wall_us, server_us=server_us,
        uncertainty_s=0.001, steps=steps,
    )  # fmt: skip


def chunk(start_us=0, count=10, *, step_us=100_000, events=(), **where) -> Chunk:
    """Readings of one GPU whose power is the number of the reading."""
    readings = [
        Reading("GPU-0", start_us + i * step_us, {"power_w": float(i)})
        for i in range(count)
    ]
    told = [Event("host", start_us, kind, "it did") for kind in events]
    return make_chunk(readings, told, (HOST_DEVICE, GPU), anchor(**where))


def applied(_):
    """The server's clock is the boot clock plus a thousand seconds."""
    return 1_000_000_000, {"offset_s": 0.0, "uncertainty_s": 0.001, "steps": 0}

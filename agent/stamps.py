"""The server's time of what was read: which offset a batch is frozen with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent.chunk import Anchor
from agent.clock import DRIFT, HostClock
from agent.recorder import Recorder
from agent.spool_state import Batch

WALL_UNCERTAINTY_S = 10.0
"""Of times from before a restart that no server had confirmed (assumed)."""


def applied(
    recorder: Recorder, anchors: Sequence[Anchor]
) -> tuple[int, dict[str, Any]] | None:
    """
    Server minus boot time for a batch's chunks, and what it says of that.

    What was known when they were written counts where it is surer than what is
    known now less the drift since; but a server that was set since is followed.
    """
    clock = recorder.clock
    then = min(anchors, key=lambda a: (a.server_us is None, a.uncertainty_s))
    if then.boot_id != clock.boot_id:
        return _of_earlier_boot(then)
    now_us = clock.boot_us()
    offset = recorder.server.offset(now_us)
    if offset is None:
        return None
    now_s = offset.uncertainty_s + DRIFT * abs(now_us - then.boot_us) / 1e6
    if then.server_us is not None and then.uncertainty_s < now_s:
        apart_s = abs(then.server_us - offset.us) / 1e6
        if apart_s <= then.uncertainty_s + now_s:
            return _known(then.server_us, then.uncertainty_s, then)
    return _known(offset.us, now_s, then)


def was_never_true(clock: HostClock, batch: Batch) -> bool:
    """Whether no server confirmed its times, and they are ahead of this host's too."""
    freeze = batch.freeze
    if freeze.clock["uncertainty_s"] < WALL_UNCERTAINTY_S:
        return False
    read_us = min((t for part in batch.parts for t in part.boot_us), default=0)
    return read_us + freeze.offset_us > clock.boot_us() + clock.wall_minus_boot_us


def _of_earlier_boot(anchor: Anchor) -> tuple[int, dict[str, Any]]:
    if anchor.server_us is None:
        return _known(anchor.wall_us, WALL_UNCERTAINTY_S, anchor)
    return _known(anchor.server_us, anchor.uncertainty_s, anchor)


def _known(
    offset_us: int, uncertainty_s: float, anchor: Anchor
) -> tuple[int, dict[str, Any]]:
    return offset_us, {
        "offset_s": (offset_us - anchor.wall_us) / 1e6,
        "uncertainty_s": round(uncertainty_s, 6),
        "steps": anchor.steps,
    }

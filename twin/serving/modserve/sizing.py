"""How many instances each stage gets of a hall: for its peak, or all there are."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from twin.errors import ScenarioError
from twin.serving.modserve.stages import Stage
from twin.types import FloatArray

WINDOW_S = 60.0
"""Work is counted in windows of this length; the busiest is the peak. Assumed."""


def share_out(
    needs: Sequence[float], gpus: Sequence[int], at_hand: int
) -> tuple[tuple[int, ...], bool]:
    """
    Divide a hall so that the stage that is worst off is as well off as can be.

    Every stage has what it needs, or one instance where the hall cannot give that;
    then the one with the fewest for its need gets another, until none fits.

    Args:
        needs: Instances each stage asks for. >= 0
        gpus: GPUs of one instance of each.
        at_hand: GPUs of the hall.

    Returns:
        Instances of each stage, and whether the hall falls short of the needs.

    Raises:
        ScenarioError: If one of each does not fit.
    """
    size, need = np.array(gpus), np.maximum(needs, 1e-9)
    whole = np.maximum(np.ceil(need - 1e-9), 1).astype(np.int64)
    short = int((whole * size).sum()) > at_hand
    counts = np.ones_like(whole) if short else whole
    left = at_hand - int((counts * size).sum())
    if left < 0:
        raise ScenarioError("fleet.server_count", "must hold one instance of every "
                            f"pool, {size.sum()} GPUs", f"{at_hand} GPUs",
                            "add servers or take smaller instances")  # fmt: skip
    while (size <= left).any():
        worst = int(np.argmin(np.where(size <= left, counts / need, np.inf)))
        counts[worst] += 1
        left -= int(size[worst])
    return tuple(int(n) for n in counts), short


def loads(stages: Sequence[Stage], arrived_s: FloatArray) -> FloatArray:
    """Instances that each window's work asks for. shape (stages, windows)"""
    return np.array([s.wanted(arrived_s, window_s=WINDOW_S) for s in stages])


def check_hall(
    stages: Sequence[Stage], horizon_s: float, counts: Sequence[int], *,
    server_gpus: int, server_count: int,
) -> None:  # fmt: skip
    """
    Refuse a hall that falls short of the mean load, however it is divided.

    Raises:
        ScenarioError: Names the stage and the servers that would do.
    """
    mean = [float(s.work_s.sum()) / horizon_s / s.able for s in stages]
    short = max(range(len(stages)), key=lambda k: mean[k] / counts[k])
    if mean[short] <= counts[short]:
        return
    total = sum(m * s.engine.gpu_count for m, s in zip(mean, stages, strict=True))
    raise ScenarioError("fleet.server_count", "must carry the mean load of every "
                        f"stage; {stages[short].name} asks for {mean[short]:.3g} "
                        f"instances and gets {counts[short]}", server_count,
                        "use at least "
                        f"{max(math.ceil(total / server_gpus), server_count + 1)} "
                        "servers, or lower the rate or the share of "
                        "images")  # fmt: skip

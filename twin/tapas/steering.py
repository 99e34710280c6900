"""
Power Reservation Steering: domains under one parent lend what they do not need.

Measure, predict, cap the low-priority part of some, lend the rest to others; never
above the parent, never above a domain's own breaker. Shedding is the last resort, by
priority. NVIDIA names the steps (Mission Control); sizes and rules here are ours.
"""

from __future__ import annotations

import numpy as np

from twin.types import FloatArray


def predict_w(history_w: FloatArray, *, quantile: float = 0.95) -> FloatArray:
    """
    Power each domain will want, from what it drew.

    Args:
        history_w: Power. [W], shape (domains, samples)
        quantile: Part of the samples that stays below. 0..1

    Returns:
        Prediction. [W], shape (domains,)
    """
    predicted: FloatArray = np.quantile(history_w, quantile, axis=1)
    return predicted


def reserve_w(
    wanted_w: FloatArray, floor_w: FloatArray, breaker_w: FloatArray, parent_w: float
) -> FloatArray:
    """
    Share a parent's power out: floors first, then wants, all slowed alike.

    Args:
        wanted_w: Predicted power per domain. [W], >= 0
        floor_w: Least a domain can be capped to: idle and high priority. [W]
        breaker_w: What each domain's own breaker carries for ever. [W]
        parent_w: What the parent carries for ever. [W]

    Returns:
        Reservation per domain. [W]; never above its breaker or want, and in sum never
        above the parent. Where even the floors do not fit they are cut in proportion:
        then somebody has to be shed.
    """
    most = np.minimum(wanted_w, breaker_w)
    floor = np.minimum(floor_w, most)
    total = float(floor.sum())
    if total >= parent_w:
        return floor * (parent_w / total) if total > 0 else floor
    above = most - floor
    need = float(above.sum())
    part = min(1.0, (parent_w - total) / need) if need > 0 else 0.0
    reserved: FloatArray = floor + part * above
    return reserved


def lent_w(reserved_w: FloatArray, entitled_w: FloatArray) -> FloatArray:
    """Power a domain lends (positive) or borrows (negative) against its share. [W]"""
    return entitled_w - reserved_w


def shed(load_w: FloatArray, priority: FloatArray, limit_w: float) -> np.ndarray:
    """
    Choose who is shed until a limit holds: lowest priority first, then the largest.

    Args:
        load_w: Power per load. [W]
        priority: Higher stays longer.
        limit_w: What may be drawn. [W]

    Returns:
        True where shed. Shape of `load_w`; nobody is shed without need.
    """
    order = np.lexsort((-load_w, priority))
    off = np.zeros(load_w.size, dtype=np.bool_)
    # sums of the same loads may differ by rounding: that is no excess
    excess = float(load_w.sum()) * (1.0 - 1e-12) - limit_w
    for k in order:
        if excess <= 0:
            break
        off[k] = True
        excess -= float(load_w[k])
    return off

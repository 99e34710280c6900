"""Compiled loops of what stands upstream: one pass over the samples each."""

from __future__ import annotations

from typing import Any

from numba import njit

from twin.types import FloatArray

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def second_order(
    load_w: FloatArray, rated_w: float, loss: FloatArray, step: FloatArray,
    natural_per_s: float, damping: float, out_w: FloatArray, link_j: FloatArray,
) -> float:  # fmt: skip
    """
    Let a converter's input follow its load and loss through a second-order low-pass.

    Args:
        load_w: Load, mean of each sample. [W], (samples,)
        rated_w: Rated output. [W]
        loss: Loss ÷ rating: fixed, linear, quadratic. (3,)
        step: Exact step over a sample. Rows: power after it, slope after it, mean of
            power in it. Columns: power, slope, load with loss. (3, 3); the slope is in
            W, slope ÷ `natural_per_s`
        natural_per_s: Natural frequency. [rad/s]
        damping: Damping ratio.
        out_w: Filled: input, mean of each sample. [W], (samples,)
        link_j: Filled: energy of the link after each sample, from what it began with.
            [J], (samples,)

    Returns:
        Sum of losses. [W × samples]
    """
    u = load_w[0]
    power = u + rated_w * loss[0] + u * (loss[1] + loss[2] * u / rated_w)
    start = power
    slope = 0.0
    lost = 0.0
    for k in range(load_w.size):
        u = load_w[k]
        part = rated_w * loss[0] + u * (loss[1] + loss[2] * u / rated_w)
        lost += part
        u += part
        out_w[k] = step[2, 0] * power + step[2, 1] * slope + step[2, 2] * u
        after = step[0, 0] * power + step[0, 1] * slope + step[0, 2] * u
        slope = step[1, 0] * power + step[1, 1] * slope + step[1, 2] * u
        power = after
        # the integral of the filter's own equation: no sum, so it checks the sums
        link_j[k] = (2.0 * damping * (start - power) - slope) / natural_per_s
    return lost


@njit(**_OPTIONS)
def swing(
    load_pu: FloatArray, free: FloatArray, held: FloatArray, gain: float, lead: float,
    most: float, step: float, boost_keep: float, damping: float, twice_inertia_s: float,
    off_pu: FloatArray,
) -> tuple[float, int, int]:  # fmt: skip
    """
    Integrate speed, governor and engine of a generator; everything ÷ its VA.

    Args:
        load_pu: Load, mean of each sample. (samples,)
        free: Exact step while the governor has its way. Rows: speed, governor, engine
            after it; columns: the same three before it, load, set point. (3, 5)
        held: The same while the fuel is held; the last column is the fuel. (3, 5)
        gain: Fuel ÷ speed error: 1 ÷ droop.
        lead: Lead time ÷ lag time of the governor.
        most: Most fuel.
        step: Most fuel above what the turbocharger has built up.
        boost_keep: Part of the turbocharger's lag left after a sample.
        damping: Load relief ÷ speed.
        twice_inertia_s: 2H. [s]
        off_pu: Filled: speed off nominal after each sample. (samples,)

    Returns:
        Steepest rate of change of speed [1/s]; its sample; samples with fuel held.
    """
    speed = 0.0
    governor = 0.0
    engine = load_pu[0]
    boost = engine
    point = engine
    steepest = 0.0
    steepest_at = 0
    limited = 0
    for k in range(load_pu.size):
        load = load_pu[k]
        rate = (engine - load - damping * speed) / twice_inertia_s
        if abs(rate) > abs(steepest):
            steepest = rate
            steepest_at = k
        fuel = point + governor * (1.0 - lead) - gain * speed * lead
        top = min(most, boost + step)
        last = point
        m = free
        if fuel > top or fuel < 0.0:
            limited += 1
            last = top if fuel > top else 0.0
            m = held
        a = m[0, 0] * speed + m[0, 1] * governor + m[0, 2] * engine
        b = m[1, 0] * speed + m[1, 1] * governor + m[1, 2] * engine
        c = m[2, 0] * speed + m[2, 1] * governor + m[2, 2] * engine
        speed = a + m[0, 3] * load + m[0, 4] * last
        governor = b + m[1, 3] * load + m[1, 4] * last
        engine = c + m[2, 3] * load + m[2, 4] * last
        boost = engine + (boost - engine) * boost_keep
        off_pu[k] = speed
    return steepest, steepest_at, limited

"""
Protection: how long a device carries an overload before it trips.

Ratio is load ÷ rating. The state of a device is one number, 0 cold, 1 trips. Two
kinds of memory: heat, which follows the square of the load with one time constant
(thermal-magnetic breakers), and used-up time, dt ÷ allowed time of a curve (trip
units, UPS, engines). Both are exact for a load that is constant over the step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from twin.types import FloatArray

NONE, THERMAL, DAMAGE = 0.0, 1.0, 2.0
"""Kinds of device, the first number of its row."""

POINTS_MAX = 12
"""Most points a curve may have."""

KIND, PICKUP, INSTANT, TAU_S, STEP_S, STEP_DECAY, COUNT, FIRST = range(8)
DEVICE_WIDTH = FIRST + 3 * POINTS_MAX
"""Numbers in a device's row: settings, then its curve's ratios, times and slopes."""

_BELOW_ONE = 1.0 - 2.0**-53

# Inlined and without the check for division by zero, a step costs a tenth: the loop
# over devices keeps no views of rows alive. No divisor here can be zero.
inlined = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thermal:
    """
    A device that trips on heat: d(heat)/dt = (ratio² - heat) ÷ tau.

    Args:
        pickup: Highest ratio it carries for ever. > 0
        tau_s: Time constant of heating and cooling. [s], > 0
        instant: Ratio from which it trips at once. > pickup, may be infinite
    """

    pickup: float
    tau_s: float
    instant: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """
    A device that adds up dt ÷ allowed time, and forgets once the load is carried.

    Args:
        points: (ratio, allowed time [s]) with rising ratios and times that do not
            rise; straight in log-log between, flat beyond the last. Two points of
            one ratio make a step, of which the ratio itself gets the longer time.
            The first ratio is the highest carried for ever.
        reset_s: Time constant of forgetting. [s], > 0
        instant: Ratio from which it trips at once. Above the first point's.
    """

    points: tuple[tuple[float, float], ...]
    reset_s: float
    instant: float = math.inf


Device = Thermal | Damage | None
"""None is no protection: it carries anything for ever."""


def thermal_through(
    ratio: float, time_s: float, *, pickup: float, instant: float = math.inf
) -> Thermal:
    """
    Make the thermal device that trips from cold after a given time at a given load.

    Args:
        ratio: Load ÷ rating. > pickup
        time_s: Time to trip from cold. [s], > 0
        pickup: Highest ratio carried for ever.
        instant: Ratio from which it trips at once.

    Returns:
        The device, tau = t ÷ ln(r² ÷ (r² - pickup²)).

    Raises:
        ValueError: If the ratio is not above the pickup.

    Source:
        docs/models/protection.md, eq. 2.
    """
    if ratio <= pickup:
        raise ValueError(f"ratio {ratio} must be above the pickup {pickup} to trip")
    tau_s = time_s / -math.log1p(-((pickup / ratio) ** 2))
    return Thermal(pickup=pickup, tau_s=tau_s, instant=instant)


def device_row(device: Device, step_s: float = 0.0) -> FloatArray:
    """
    Encode a device for compiled code.

    Args:
        device: The device.
        step_s: Tick most steps will have; its decay is worked out once. [s]

    Returns:
        Shape (DEVICE_WIDTH,).

    Raises:
        ValueError: If a setting makes no trip curve; names it.
    """
    row = np.zeros(DEVICE_WIDTH)
    if device is None:
        row[PICKUP] = row[INSTANT] = math.inf
        return row
    if isinstance(device, Thermal):
        _check(device.pickup, device.tau_s, "tau_s", device.instant)
        row[KIND], row[PICKUP], row[TAU_S] = THERMAL, device.pickup, device.tau_s
    else:
        _check_points(device.points)
        _check(device.points[0][0], device.reset_s, "reset_s", device.instant)
        row[KIND], row[PICKUP], row[TAU_S] = DAMAGE, device.points[0][0], device.reset_s
        row[COUNT] = len(device.points)
        row[FIRST : FIRST + 3 * len(device.points)] = _curve(device.points)
    row[INSTANT] = device.instant
    row[STEP_S], row[STEP_DECAY] = step_s, math.exp(-step_s / row[TAU_S])
    return row


def _check(pickup: float, time_s: float, name: str, instant: float) -> None:
    if not pickup > 0:
        raise ValueError(f"pickup must be positive, got {pickup}")
    if not 0 < time_s < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {time_s}")
    if not instant > pickup:
        raise ValueError(f"instant must be above the pickup {pickup}, got {instant}")


def _check_points(points: tuple[tuple[float, float], ...]) -> None:
    if not 1 <= len(points) <= POINTS_MAX:
        raise ValueError(f"a curve has 1 to {POINTS_MAX} points, got {len(points)}")
    ratio, time_s = np.array(points).T
    if not (np.isfinite(points).all() and (np.array(points) > 0).all()):
        raise ValueError(f"ratios and times must be positive and finite, got {points}")
    if (np.diff(ratio) < 0).any() or (np.diff(time_s) > 0).any():
        raise ValueError(f"ratios must rise and times must not, got {points}")


def _curve(points: tuple[tuple[float, float], ...]) -> FloatArray:
    """Ratios, times and log-log slopes to the right; 0 at a step and at the end."""
    ratio, time_s = np.array(points).T
    run, rise = np.diff(np.log(ratio)), np.diff(np.log(time_s))
    slope = np.divide(rise, run, out=np.zeros_like(run), where=run > 0)
    return np.concatenate((ratio, time_s, slope, [0.0]))


@inlined
def allowed_s(row, ratio):
    """Time [s] a DAMAGE device carries a load above its pickup, from cold."""
    count = int(row[COUNT])
    i = 0
    while i + 1 < count and ratio > row[FIRST + i + 1]:
        i += 1
    time_s, slope = row[FIRST + count + i], row[FIRST + 2 * count + i]
    if slope == 0.0:
        return time_s
    return time_s * (ratio / row[FIRST + i]) ** slope


@inlined
def protection_step(row, ratio, state, dt_s):
    """
    State of a device after a load was constant for a while.

    Never trips at or below its pickup. After a trip the caller starts again at 0.

    Args:
        row: The device, see `device_row`.
        ratio: Load ÷ rating. >= 0
        state: State before. 0 (cold) to 1
        dt_s: Length of the step. [s], >= 0

    Returns:
        State after; 1 or more: trips within the step.

    Source:
        docs/models/protection.md, eq. 1 and 3.
    """
    kind = row[KIND]
    if kind == NONE:
        return 0.0
    if ratio >= row[INSTANT]:
        return max(state, 1.0)
    if kind == DAMAGE and ratio > row[PICKUP]:
        return state + dt_s / allowed_s(row, ratio)
    if state == 0.0 and (kind == DAMAGE or ratio == 0.0):
        return 0.0
    decay = row[STEP_DECAY] if dt_s == row[STEP_S] else math.exp(-dt_s / row[TAU_S])
    if kind == DAMAGE:
        return state * decay
    load = ratio / row[PICKUP]
    after = load * load + (state - load * load) * decay
    return min(after, _BELOW_ONE) if load <= 1.0 else after


@inlined
def time_to_trip_s(row, ratio, state=0.0):
    """
    Time until a device trips under a constant load.

    Args:
        row: The device, see `device_row`.
        ratio: Load ÷ rating. >= 0
        state: State before. 0 (cold) to 1

    Returns:
        Time [s]; infinite where it never trips.

    Source:
        docs/models/protection.md, eq. 2 and 4.
    """
    if row[KIND] == NONE:
        return math.inf
    if ratio >= row[INSTANT] or state >= 1.0:
        return 0.0
    if ratio <= row[PICKUP]:
        return math.inf
    if row[KIND] == DAMAGE:
        return (1.0 - state) * allowed_s(row, ratio)
    load = ratio / row[PICKUP]
    above = load * load - 1.0
    if above <= 0.0:  # a pickup missed by rounding only
        return math.inf
    return row[TAU_S] * math.log1p((1.0 - state) / above)

"""Ask a policy what it would do: under which lasting load, and how far it goes."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from twin.control.controller import Controller
from twin.types import FloatArray

TWICE = 2.0
"""A load no policy can take for anything but an overload."""
LONG_S = 600.0
_STEP_S = 20.0
_GRID = np.round(np.arange(0.30, 1.205, 0.005), 3)


def lasting_clocks_mhz(controller: Controller, load_frac: float) -> FloatArray:
    """
    Lowest clocks a compiled policy asks for while a load lasts.

    Args:
        controller: The policy; its commands land within one step of 20 s.
        load_frac: Load ÷ limit, constant for ten minutes.

    Returns:
        Clock of low and high priority [MHz]; infinite where it asks for none.
    """
    command, memory, seen = np.zeros(2), np.zeros(16), np.zeros(5)
    clocks_mhz: FloatArray = np.full(2, np.inf)
    policy: Any = controller.decide
    for time_s in np.arange(0.0, LONG_S, _STEP_S):
        policy.__wrapped__(time_s, load_frac, seen, controller.params, memory, command)
        asked = command > 0
        clocks_mhz[asked] = np.minimum(clocks_mhz, command)[asked]
        seen[:2] = np.where(asked, command, seen[:2])
    return clocks_mhz


class Landing(NamedTuple):
    """A moment at which clocks change: low and high priority [MHz], infinite: none."""

    t_s: float
    clocks_mhz: tuple[float, float]


def landings(
    controller: Controller, *, tick_s: float, telemetry_ticks: int, cap_ticks: int
) -> tuple[Landing, ...]:
    """
    Follow a compiled policy from a sudden overload of twice the limit.

    Args:
        controller: The policy.
        tick_s: Tick. [s]
        telemetry_ticks: Ticks by which readings are late.
        cap_ticks: Ticks from a command to the clock.

    Returns:
        Every change of a clock within ten minutes; the load does not react.
    """
    policy: Any = controller.decide
    command, memory = np.zeros(2), np.zeros(16)
    held, asked, lands = np.zeros(2), np.zeros(2), np.full(2, -1)
    found: list[Landing] = []
    for tick in range(math.ceil(LONG_S / tick_s)):
        load_frac = TWICE if tick >= telemetry_ticks else 0.0
        seen = np.array([*held, 0.0, *(lands >= 0)], dtype=np.float64)
        command[:] = asked
        policy.__wrapped__(
            (tick + 1) * tick_s, load_frac, seen, controller.params, memory, command
        )
        before = held.copy()
        for k in range(2):
            if lands[k] < 0 and command[k] != asked[k]:
                asked[k], lands[k] = command[k], tick + cap_ticks
            if 0 <= lands[k] <= tick:
                held[k], lands[k] = asked[k], -1
        if (held != before).any():
            low, high = np.where(held > 0, held, np.inf).tolist()
            found.append(Landing((tick + 1) * tick_s, (low, high)))
    return tuple(found)


def lowest_trigger(controller: Controller) -> float:
    """Load ÷ limit above which a policy asks for anything; infinite for never."""
    if not controller.is_compiled:
        return 0.0
    return _first(controller, np.full(2, np.inf), equal=False)


def deepest_trigger(controller: Controller) -> float:
    """Load ÷ limit above which a policy goes as far as it ever does."""
    deepest = lasting_clocks_mhz(controller, TWICE)
    if np.isinf(deepest).all():
        return np.inf
    return _first(controller, deepest, equal=True)


def _first(controller: Controller, clocks_mhz: FloatArray, *, equal: bool) -> float:
    """Grid point below the first at which the clocks are, or are not, these."""
    for k, load_frac in enumerate(_GRID):
        same = bool((lasting_clocks_mhz(controller, load_frac) == clocks_mhz).all())
        if same == equal:
            return float(_GRID[max(0, k - 1)])
    return np.inf

"""
Stores and generators: how long the load is carried after the feed is lost.

Discharging is positive. A store's charge is a fraction, 1 full, 0 empty; energies are
in seconds of rated output (energy ÷ rated power), so one row fits any rating. What a
store gives up is the load's energy plus a loss that is never negative, and no more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from twin.power.protection import inlined
from twin.types import FloatArray

RATED_S, EXPONENT, LONGEST_S, PARASITIC, STORED_S, RECHARGE_S, CHARGE_EFF = range(7)
STORE_WIDTH = 7
"""Numbers in a store's row."""

STEPS_MAX = 4
START_S, STEP_COUNT, STEP_FIRST = range(3)
GENERATOR_WIDTH = STEP_FIRST + 2 * STEPS_MAX
"""Numbers in a generator's row: start, then time and fraction of each load step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """
    A battery: the faster it is emptied, the less it gives (Peukert).

    Args:
        runtime_s: Time it carries rated output, full. [s], > 0
        exponent: Runtime goes with load to the minus this. >= 1
        longest_s: Longest runtime, however low the load. [s], >= runtime_s
        recharge_s: Empty to full. [s], > 0
        charge_efficiency: Energy stored ÷ energy drawn while charging. 0..1
    """

    runtime_s: float
    exponent: float
    longest_s: float
    recharge_s: float
    charge_efficiency: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flywheel:
    """
    A flywheel: fixed energy, of which drag takes its part.

    Args:
        runtime_s: Time it carries rated output, full. [s], > 0
        parasitic_frac: Drag ÷ rated output. > 0
        recharge_s: Empty to full. [s], > 0
        charge_efficiency: Energy stored ÷ energy drawn while charging. 0..1
    """

    runtime_s: float
    parasitic_frac: float
    recharge_s: float
    charge_efficiency: float = 1.0


Store = Battery | Flywheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """
    A generator set that has to start and takes load in blocks.

    Args:
        start_s: From the start signal to ready for load. [s], >= 0
        load_steps: (time since ready [s], allowed load ÷ rating), both rising; the
            first at 0.
    """

    start_s: float
    load_steps: tuple[tuple[float, float], ...] = ((0.0, 1.0),)


def store_row(store: Store) -> FloatArray:
    """
    Encode a store for compiled code.

    Args:
        store: The store.

    Returns:
        Shape (STORE_WIDTH,). Its energy is the most it can deliver at any load: at
        the load where the longest runtime begins (battery), or all of it (flywheel).

    Raises:
        ValueError: If a setting makes no store; names it.

    Source:
        docs/models/stores.md, eq. 2 and 3.
    """
    _positive("runtime_s", store.runtime_s)
    _positive("recharge_s", store.recharge_s)
    eff = store.charge_efficiency
    if not 0 < eff <= 1:
        raise ValueError(f"charge_efficiency must be in 0..1, got {eff}")
    rated_s = store.runtime_s
    if isinstance(store, Flywheel):
        drag = store.parasitic_frac
        _positive("parasitic_frac", drag)
        stored_s = rated_s * (1 + drag)
        row = (rated_s, 1.0, stored_s / drag, drag, stored_s, store.recharge_s, eff)
        return np.array(row)
    k, longest_s = store.exponent, store.longest_s
    if not 1 <= k < math.inf:
        raise ValueError(f"exponent must be 1 or more, got {k}")
    if not rated_s <= longest_s < math.inf:
        raise ValueError(f"longest_s must be {rated_s} or more, got {longest_s}")
    stored_s = rated_s * (longest_s / rated_s) ** (1 - 1 / k)
    return np.array((rated_s, k, longest_s, 0.0, stored_s, store.recharge_s, eff))


def _positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value}")


@inlined
def runtime_s(row, load_frac):
    """
    Time a full store carries a load.

    Args:
        row: The store, see `store_row`.
        load_frac: Load ÷ rated output. >= 0

    Returns:
        Time [s], finite: even without load a store runs down.

    Source:
        docs/models/stores.md, eq. 1 and 3.
    """
    if row[PARASITIC] > 0.0:
        return row[STORED_S] / (load_frac + row[PARASITIC])
    if load_frac <= 0.0:
        return row[LONGEST_S]
    if load_frac == 1.0:
        return row[RATED_S]
    return min(row[LONGEST_S], row[RATED_S] * load_frac ** -row[EXPONENT])


@inlined
def store_step(row, load_frac, soc, dt_s):
    """
    Charge left after a store carried a constant load for a while.

    Args:
        row: The store, see `store_row`.
        load_frac: Load ÷ rated output. >= 0
        soc: Charge before. 0..1
        dt_s: Length of the step. [s], >= 0

    Returns:
        Charge after, 0..1; 0 where it ran empty within the step.
    """
    return max(0.0, soc - dt_s / runtime_s(row, load_frac))


@inlined
def recharge_step(row, soc, dt_s):
    """Charge after a store was fed for a while; linear, empty to full in recharge_s."""
    return min(1.0, soc + dt_s / row[RECHARGE_S])


def generator_row(generator: Generator) -> FloatArray:
    """
    Encode a generator for compiled code.

    Args:
        generator: The generator.

    Returns:
        Shape (GENERATOR_WIDTH,).

    Raises:
        ValueError: If the start is negative or the load steps do not rise.
    """
    if not 0 <= generator.start_s < math.inf:
        raise ValueError(f"start_s must not be negative, got {generator.start_s}")
    steps = generator.load_steps
    if not 1 <= len(steps) <= STEPS_MAX:
        raise ValueError(f"1 to {STEPS_MAX} load_steps, got {len(steps)}")
    rising = all(b[0] > a[0] and b[1] > a[1] for a, b in pairwise(steps))
    if steps[0][0] != 0 or steps[0][1] <= 0 or not rising:
        raise ValueError(f"load_steps must start at 0 s and rise, got {steps}")
    row = np.zeros(GENERATOR_WIDTH)
    row[START_S], row[STEP_COUNT] = generator.start_s, len(steps)
    row[STEP_FIRST : STEP_FIRST + 2 * len(steps)] = np.ravel(steps)
    return row


@inlined
def generator_allowed_frac(row, since_start_s):
    """
    Load a starting generator may take.

    Args:
        row: The generator, see `generator_row`.
        since_start_s: Time since the start signal. [s]; negative: not started

    Returns:
        Allowed load ÷ rating; 0 until it is ready.

    Source:
        docs/models/stores.md, eq. 5.
    """
    allowed = 0.0
    for i in range(int(row[STEP_COUNT])):
        at = STEP_FIRST + 2 * i
        if since_start_s >= row[START_S] + row[at]:
            allowed = row[at + 1]
    return allowed

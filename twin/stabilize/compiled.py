"""Compiled loops of the measures: one pass over the samples each."""

from __future__ import annotations

import math
from typing import Any

from numba import njit

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def smooth(
    wanted, sample_s, floor, ceiling, up_per_s, down_per_s, hold_s, at_once, start, out
):
    """
    Hold a GPU's power above a floor and its ramps within limits.

    Args:
        wanted: Power the work would draw ÷ TDP. (samples,)
        sample_s: Length of a sample. [s]
        floor: Least power ÷ TDP while active.
        ceiling: Most power ÷ TDP.
        up_per_s: Fastest rise. [1/s]
        down_per_s: Fastest fall. [1/s]
        hold_s: Power is held this long before it falls. [s]
        at_once: Whether it falls without ramp below the floor (end of a job).
        start: Power before the first sample.
        out: Filled with what is drawn. (samples,)

    Returns:
        Energy burnt beyond the work's [TDP × s]; energy the work lacked [TDP × s].
    """
    now = start
    held_s = 0.0
    burnt = 0.0
    lacked = 0.0
    for k in range(wanted.size):
        goal = min(ceiling, max(wanted[k], floor))
        if goal > now:
            now = min(goal, now + up_per_s * sample_s)
            held_s = 0.0
        elif goal < now:
            if held_s < hold_s:
                held_s += sample_s
            elif at_once and goal <= floor:
                now = goal
            else:
                now = max(goal, now - down_per_s * sample_s)
        else:
            held_s = 0.0
        out[k] = now
        if now > wanted[k]:
            burnt += (now - wanted[k]) * sample_s
        else:
            lacked += (wanted[k] - now) * sample_s
    return burnt, lacked


@njit(**_OPTIONS)
def follow(
    load_w, sample_s, tau_s, most_w, energy_j, in_eff, out_eff, response_s, centre,
    pull_per_s, start_j, grid_w, stored_w, charge_j,
):  # fmt: skip
    """
    Let a store carry what the grid's low-passed share of the load leaves.

    Args:
        load_w: Load behind the store. [W], (samples,)
        sample_s: Length of a sample. [s]
        tau_s: Time constant of the grid's share. [s]
        most_w: Power of the store, either way. [W]
        energy_j: Energy of the store. [J]
        in_eff: Energy stored ÷ drawn. 0..1
        out_eff: Energy delivered ÷ taken out. 0..1
        response_s: Time constant of the store's own power. [s]
        centre: Charge ÷ energy that control returns to. 0..1
        pull_per_s: How fast it does: power ÷ (energy off centre). [1/s]
        start_j: Charge before the first sample. [J]
        grid_w: Filled: what the grid gives. [W], (samples,)
        stored_w: Filled: what the store gives, charging negative. [W], (samples,)
        charge_j: Filled: charge after each sample. [J], (samples,)

    Returns:
        Energy lost in the store [J]; energy delivered [J].
    """
    keep = math.exp(-sample_s / tau_s) if tau_s > 0.0 else 0.0
    lag = math.exp(-sample_s / response_s) if response_s > 0.0 else 0.0
    smooth_w = load_w[0]
    power = 0.0
    charge = start_j
    lost = 0.0
    given = 0.0
    for k in range(load_w.size):
        smooth_w = load_w[k] + (smooth_w - load_w[k]) * keep
        # off its centre the store asks the grid for more, or less
        goal = load_w[k] - smooth_w - pull_per_s * (centre * energy_j - charge)
        goal = min(most_w, max(-most_w, goal))
        power = goal + (power - goal) * lag
        if power >= 0.0:
            power = min(power, charge * out_eff / sample_s)
            taken = power * sample_s / out_eff
            charge -= taken
            lost += taken - power * sample_s
            given += power * sample_s
        else:
            power = max(power, -(energy_j - charge) / (in_eff * sample_s))
            put = -power * sample_s * in_eff
            charge += put
            lost += -power * sample_s - put
        grid_w[k] = load_w[k] - power
        stored_w[k] = power
        charge_j[k] = charge
    return lost, given

"""Compiled loops of the measures: one pass over the samples each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def smooth(
    wanted, sample_s, floor, ceiling, up_per_s, down_per_s, hold_s, at_once, active,
    release_s, out,
):  # fmt: skip
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
        at_once: Whether a floor that is let go is left without hold and ramp.
        active: Power ÷ TDP above which the GPU is at work.
        release_s: The floor is let go this long after the last work. [s]
        out: Filled with what is drawn. (samples,)

    Returns:
        Energy burnt beyond the work's [TDP × s]; energy the work lacked [TDP × s].
    """
    busy_s = 0.0 if wanted[0] >= active else release_s
    now = min(ceiling, max(wanted[0], floor) if wanted[0] >= active else wanted[0])
    held_s = 0.0
    burnt = 0.0
    lacked = 0.0
    for k in range(wanted.size):
        busy_s = 0.0 if wanted[k] >= active else busy_s + sample_s
        free = busy_s >= release_s
        goal = min(ceiling, wanted[k] if free else max(wanted[k], floor))
        if goal > now:
            now = min(goal, now + up_per_s * sample_s)
            held_s = 0.0
        elif goal < now:
            if free and at_once:
                now = goal
            elif held_s < hold_s:
                held_s += sample_s
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
def low_pass(x, sample_s, tau_s, start, out):
    """First-order low-pass of x, settled at a value before the first sample."""
    keep = math.exp(-sample_s / tau_s)
    now = start
    for k in range(x.size):
        now = x[k] + (now - x[k]) * keep
        out[k] = now


@njit(**_OPTIONS)
def moving_mean(x, count, start, out):
    """Mean of the last `count` samples; before the first, x had a steady value."""
    total = start * count
    for k in range(x.size):
        total += x[k] - (x[k - count] if k >= count else start)
        out[k] = total / count


@njit(**_OPTIONS)
def follow(
    load_w, target_w, sample_s, most_w, energy_j, in_eff, out_eff, response_s, centre,
    pull_per_s, state, grid_w, stored_w, charge_j,
):  # fmt: skip
    """
    Let a store carry what the grid should not see, as far as it can.

    Args:
        load_w: Load behind the store. [W], (samples,)
        target_w: What the grid should see. [W], (samples,)
        sample_s: Length of a sample. [s]
        most_w: Power of the store, either way. [W]
        energy_j: Energy of the store. [J]
        in_eff: Energy stored ÷ drawn. 0..1
        out_eff: Energy delivered ÷ taken out. 0..1
        response_s: Time constant of the store's own power. [s]
        centre: Charge ÷ energy that control returns to. 0..1
        pull_per_s: How fast it does: power ÷ (energy off centre). [1/s]
        state: Power [W] and charge [J] before; left as they are after. (2,)
        grid_w: Filled: what the grid gives. [W], (samples,)
        stored_w: Filled: what the store gives, charging negative. [W], (samples,)
        charge_j: Filled: charge after each sample. [J], (samples,)

    Returns:
        Energy lost in the store [J]; energy delivered [J].
    """
    lag = math.exp(-sample_s / response_s) if response_s > 0.0 else 0.0
    power, charge = state
    lost = 0.0
    given = 0.0
    for k in range(load_w.size):
        # off its centre the store asks the grid for more, or less
        goal = load_w[k] - target_w[k] - pull_per_s * (centre * energy_j - charge)
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
    state[0], state[1] = power, charge
    return lost, given


@njit(**_OPTIONS)
def ballast(
    wanted, sample_s, target, active, detect_s, kernel_s, grain, ceiling, out
):  # fmt: skip
    """
    Fill idle gaps with a second workload, found late and stopped late.

    Args:
        wanted: Power the work would draw ÷ TDP. (samples,)
        sample_s: Length of a sample. [s]
        target: Power ÷ TDP that gaps are lifted to.
        active: Power ÷ TDP below which the GPU waits.
        detect_s: A gap is seen this long after it began. [s]
        kernel_s: A kernel that has begun runs to its end. [s]
        grain: Power of one unit of the second workload ÷ TDP.
        ceiling: Most power ÷ TDP.
        out: Filled with what is drawn. (samples,)

    Returns:
        Energy burnt [TDP × s]; how often the work came back while ballast ran.
    """
    low_s = 0.0
    runs_s = 0.0
    added = 0.0
    burnt = 0.0
    met = 0
    was_gap = False
    for k in range(wanted.size):
        gap = wanted[k] < active
        if was_gap and not gap and added > 0.0:
            met += 1
        was_gap = gap
        low_s = low_s + sample_s if gap else 0.0
        if runs_s <= 0.0:  # a kernel ends: is another one launched?
            if low_s > detect_s + 0.5 * sample_s:
                missing = max(0.0, target - wanted[k])
                added = math.floor(missing / grain + 1e-9) * grain
                runs_s = kernel_s if added > 0.0 else 0.0
            else:
                added = 0.0
        drawn = wanted[k]
        if added > 0.0:
            drawn = max(wanted[k], min(ceiling, wanted[k] + added))
            burnt += (drawn - wanted[k]) * sample_s
            runs_s -= sample_s
        out[k] = drawn
    return burnt, met


@njit(**_OPTIONS)
def swing(x, count):
    """
    Largest difference inside any window, by two queues of rising and falling values.

    Args:
        x: Values. (samples,)
        count: Samples in a window. > 1

    Returns:
        The difference, and the window's first index.
    """
    high = np.empty(count + 1, np.int64)
    low = np.empty(count + 1, np.int64)
    size = count + 1
    high_first = high_last = low_first = low_last = 0
    worst = 0.0
    where = 0
    for k in range(x.size):
        while high_last > high_first and x[high[(high_last - 1) % size]] <= x[k]:
            high_last -= 1
        high[high_last % size] = k
        high_last += 1
        while low_last > low_first and x[low[(low_last - 1) % size]] >= x[k]:
            low_last -= 1
        low[low_last % size] = k
        low_last += 1
        if high[high_first % size] <= k - count:
            high_first += 1
        if low[low_first % size] <= k - count:
            low_first += 1
        apart = x[high[high_first % size]] - x[low[low_first % size]]
        if apart > worst:
            worst = apart
            where = max(0, k - count + 1)
    return worst, where


@njit(**_OPTIONS)
def dynamic_range(x, up, down):
    """
    Least width of a band around a baseline that keeps its ramps.

    The baseline rises by at most `up` and falls by at most `down` per sample. It
    exists for a width w exactly where no later value passes an earlier one by more
    than the ramps between them plus w.

    Args:
        x: Values. (samples,)
        up: Fastest rise of the baseline per sample.
        down: Fastest fall of the baseline per sample.

    Returns:
        The width, the index it is reached at, and whether by a rise (1) or a fall (0).
    """
    least = x[0]
    most = x[0]
    worst = 0.0
    where = 0
    rising = 1
    for k in range(1, x.size):
        least = min(least + up, x[k])
        most = max(most - down, x[k])
        if x[k] - least > worst:
            worst, where, rising = x[k] - least, k, 1
        if most - x[k] > worst:
            worst, where, rising = most - x[k], k, 0
    return worst, where, rising


@njit(**_OPTIONS)
def extremes(x, edges, lows, highs, means):
    """Lowest, highest and mean value between edges of buckets. (buckets,) each."""
    for b in range(lows.size):
        low = high = x[edges[b]]
        total = 0.0
        for k in range(edges[b], edges[b + 1]):
            low = min(low, x[k])
            high = max(high, x[k])
            total += x[k]
        lows[b], highs[b] = low, high
        means[b] = total / (edges[b + 1] - edges[b])

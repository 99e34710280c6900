"""
The compiled heart of row-days: activity and clocks to watts, watts to commands.

Order inside a tick, as in the site's kernel: what the row draws, telemetry, policy,
brake, commands that land. A command decided in a tick acts from the next one. Draws
are an axis: each is independent of the others, so one alone gives the same figures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from twin.serving.kernel import (
    BRAKE_HELD,
    BRAKE_LAND,
    BRAKE_WANT,
    HELD_LOW,
    LAND_LOW,
    WANT_LOW,
)
from twin.serving.primitives import NEVER

DRAW = np.dtype(
    [
        ("fast", "f8"),  # factor on what differs between seconds
        ("still_w", "f8"),  # the row with every server idle
        ("low_w", "f8"),  # full minus idle, of all low-priority servers
        ("high_w", "f8"),
        ("limit_w", "f8"),
        ("wake_w", "f8"),  # up to this neither policy nor brake starts anything
        ("brake_on_w", "f8"),
        ("brake_off_w", "f8"),
        ("brake_mhz", "f8"),
        ("asked", "f8"),  # work asked for ÷ what full clocks have room for
        ("telemetry_ticks", "i8"),
        ("cap_ticks", "i8"),
        ("brake_ticks", "i8"),
    ],
    align=True,
)
"""What one draw varies, besides the policy's parameters, its blocks and its level."""

# columns of the figures
(
    F_PEAK_W, F_ENERGY_J, F_ABOVE_S, F_BRAKES, F_CAPS_LOW, F_CAPS_HIGH, F_RELEASES,
    F_CAPPED_LOW_S, F_CAPPED_HIGH_S, F_LOST_LOW, F_LOST_HIGH,
) = range(11)  # fmt: skip
FIGURES = 11

SCRATCH = 36
"""Control 9, memory 16, in force 5, command 2, power 2, speed 2."""

LEVEL_TOP = 2.0
"""Activity above this is taken for this; a GPU at its TDP is 1."""
LEVEL_KNOTS = 401

# No array is allocated in here, so reference counts, which cost more than a tick, are
# switched off.
_OPTIONS: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
}
compiled = njit(**_OPTIONS)
inlined = njit(**_OPTIONS, forceinline=True)


@inlined
def _at_clock(knots, values, mhz):
    """Value of a clock curve; 0 MHz is uncapped, which is 1 by definition."""
    if mhz <= 0.0:
        return 1.0
    if mhz >= knots[-1]:
        return values[-1]
    if mhz <= knots[0]:
        return values[0]
    k = 1
    while mhz > knots[k]:
        k += 1
    part = (mhz - knots[k - 1]) / (knots[k] - knots[k - 1])
    return values[k - 1] + part * (values[k] - values[k - 1])


@inlined
def _set_clocks(draw, control, curve, power, speed):
    """Put the lower of cap and brake in force on both priorities."""
    for priority in range(2):
        mhz = control[HELD_LOW + priority]
        if control[BRAKE_HELD] > 0.0 and (mhz == 0.0 or mhz > draw.brake_mhz):
            mhz = draw.brake_mhz
        power[priority] = _at_clock(curve[0], curve[1], mhz)
        speed[priority] = 1.0 / _at_clock(curve[0], curve[2], mhz)


@inlined
def _brake(draw, control, figures, tick, reading_w):
    """Pull or release the row's own fast protection; true if it landed."""
    if control[BRAKE_LAND] == NEVER:
        wanted = control[BRAKE_WANT]
        if wanted == 0.0 and reading_w > draw.brake_on_w:
            wanted = 1.0
            figures[F_BRAKES] += 1.0
        elif wanted == 1.0 and reading_w < draw.brake_off_w:
            wanted = 0.0
        if wanted != control[BRAKE_WANT]:
            control[BRAKE_WANT] = wanted
            control[BRAKE_LAND] = tick + draw.brake_ticks
    if tick >= control[BRAKE_LAND]:
        control[BRAKE_LAND] = NEVER
        control[BRAKE_HELD] = control[BRAKE_WANT]
        return True
    return False


@inlined
def _command(draw, control, command, curve, figures, tick):
    """Send wanted clocks whose path is free, land those that are due; did any?"""
    landed = False
    for priority in range(2):
        if control[LAND_LOW + priority] == NEVER:
            asked = command[priority]
            within = min(max(asked, curve[0, 0]), curve[0, -1])
            asked = within if asked > 0.0 else 0.0  # not a number lifts the cap
            before = control[WANT_LOW + priority]
            if asked != before:
                slower = asked > 0.0 and (before == 0.0 or asked < before)
                figures[F_CAPS_LOW + (priority if slower else 2)] += 1.0
                control[WANT_LOW + priority] = asked
                control[LAND_LOW + priority] = tick + draw.cap_ticks
        if tick >= control[LAND_LOW + priority]:
            control[LAND_LOW + priority] = NEVER
            control[HELD_LOW + priority] = control[WANT_LOW + priority]
            landed = True
    return landed


@inlined
def _at_rest(control, memory):
    """Nothing is held, wanted or under way, and the policy remembers nothing."""
    for k in range(control.size):
        resting = NEVER if LAND_LOW <= k < LAND_LOW + 2 or k == BRAKE_LAND else 0.0
        if control[k] != resting:
            return False
    for k in range(memory.size):  # noqa: SIM110 - compiled code has no generators
        if memory[k] != 0.0:
            return False
    return True


@inlined
def _begin(control, memory):
    """Nothing is held, nothing is under way."""
    control[:] = 0.0
    control[LAND_LOW] = NEVER
    control[LAND_LOW + 1] = NEVER
    control[BRAKE_LAND] = NEVER
    memory[:] = 0.0


@inlined
def _see(control, seen, command):
    """What a policy is shown before it decides."""
    seen[0] = control[HELD_LOW]
    seen[1] = control[HELD_LOW + 1]
    seen[2] = control[BRAKE_HELD]
    seen[3] = 1.0 if control[LAND_LOW] < NEVER else 0.0
    seen[4] = 1.0 if control[LAND_LOW + 1] < NEVER else 0.0
    command[0] = control[WANT_LOW]
    command[1] = control[WANT_LOW + 1]


@compiled
def run_days(
    slow, fast, curves, tick_s, block_ticks, warm_up_ticks, tick_count, draws, blocks,
    levels, decide, params, figures, series, ring_w, scratch,
):  # fmt: skip
    """
    Run every draw through its horizon.

    Args:
        slow: Activity of the library's runs, averaged over minutes. (runs, ticks)
        fast: Activity less that. (runs, ticks)
        curves: Clocks [MHz], power above idle and time of a request at that clock ÷
            the same at full clock. (draws, 3, knots)
        tick_s: Tick. [s]
        block_ticks: Ticks that are taken from one run before another is drawn.
        warm_up_ticks: Ticks before the horizon, its first ones mirrored; control lives
            through them, and no figure counts them.
        tick_count: Ticks of the horizon; the library repeats where it is shorter.
        draws: DRAW, (draws,)
        blocks: Run of each block. int64 (draws, blocks)
        levels: Activity at a draw's load by activity in the library, at LEVEL_KNOTS
            steps from 0 to LEVEL_TOP. (draws, LEVEL_KNOTS)
        decide: Compiled policy of `POLICY_SIGNATURE`.
        params: Its parameters. (draws, parameters)
        figures: Filled. (draws, FIGURES)
        series: Filled with each tick's power [W], or of size 0 where nobody looks.
            (draws, ticks)
        ring_w: Room for the longest telemetry delay. (ticks + 1,)
        scratch: Room for what a row remembers. (SCRATCH,)
    """
    length = slow.shape[1]
    step = (LEVEL_KNOTS - 1) / LEVEL_TOP
    control, memory, seen = scratch[:9], scratch[9:25], scratch[25:30]
    command, power, speed = scratch[30:32], scratch[32:34], scratch[34:36]
    for d in range(draws.size):
        draw, level, found, curve = draws[d], levels[d], figures[d], curves[d]
        _begin(control, memory)
        power[:] = 1.0
        speed[:] = 1.0
        size = draw.telemetry_ticks + 1
        still_w, low_w, high_w, gain = draw.still_w, draw.low_w, draw.high_w, draw.fast
        limit_w, wake_w = draw.limit_w, draw.wake_w
        free_w = low_w + high_w
        found[:] = 0.0
        peak_w, sum_w, above = 0.0, 0.0, 0
        rest = True
        place, head = 0, 0
        for first in range(0, tick_count, block_ticks):
            run = blocks[d, first // block_ticks]
            start = first if first > 0 else -warm_up_ticks
            for tick in range(start, min(first + block_ticks, tick_count)):
                if tick == 0:
                    found[:] = 0.0
                    found[F_BRAKES] = control[BRAKE_WANT]
                    peak_w, sum_w, above = 0.0, 0.0, 0
                at = place if tick >= 0 else (-1 - tick) % length
                x = step * max(0.0, slow[run, at] + gain * fast[run, at])
                k = min(int(x), LEVEL_KNOTS - 2)
                act = level[k] + min(1.0, x - k) * (level[k + 1] - level[k])
                if rest:
                    now_w = still_w + act * free_w
                else:
                    now_w = still_w + act * (low_w * power[0] + high_w * power[1])
                if tick >= 0:
                    place = place + 1 if place + 1 < length else 0
                sum_w += now_w
                peak_w = max(peak_w, now_w)
                if now_w > limit_w:
                    above += 1
                if series.size > 0 and tick >= 0:
                    series[d, tick] = now_w
                ring_w[head] = now_w
                # the oldest reading is the next to be written over; before it has
                # travelled, the first one stands in for it
                head = head + 1 if head + 1 < size else 0
                reading_w = (
                    ring_w[head] if tick + warm_up_ticks >= size - 1 else ring_w[0]
                )
                if rest and reading_w <= wake_w:
                    continue
                for priority in range(2):
                    if speed[priority] < 1.0:
                        unserved = min(1.0, draw.asked) - speed[priority]
                        found[F_LOST_LOW + priority] += max(0.0, unserved)
                _see(control, seen, command)
                decide(
                    (tick + 1) * tick_s, reading_w / limit_w, seen, params[d], memory,
                    command,
                )  # fmt: skip
                changed = _brake(draw, control, found, tick, reading_w)
                changed = (
                    _command(draw, control, command, curve, found, tick) or changed
                )
                if changed:
                    _set_clocks(draw, control, curve, power, speed)
                braked = control[BRAKE_HELD] > 0.0
                for priority in range(2):
                    if braked or control[HELD_LOW + priority] > 0.0:
                        found[F_CAPPED_LOW_S + priority] += tick_s
                rest = _at_rest(control, memory)
        found[F_PEAK_W] = peak_w
        found[F_ENERGY_J] = sum_w * tick_s
        found[F_ABOVE_S] = above * tick_s


@compiled
def slow_part(activity, window, slow):
    """Centred mean over `window` ticks, over what there is at the ends."""
    n = activity.size
    half = window // 2
    total, first, end = 0.0, 0, 0
    for i in range(n):
        while end < min(n, i + half + 1):
            total += activity[end]
            end += 1
        while first < max(0, i - half):
            total -= activity[first]
            first += 1
        slow[i] = total / (end - first)

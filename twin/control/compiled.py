"""Built-in policies as compiled functions of one signature."""

from __future__ import annotations

from numba import cfunc

from twin.serving.kernel import POLICY_SIGNATURE


@cfunc(POLICY_SIGNATURE, cache=True)
def no_cap(time_s, load_frac, in_force, params, memory, command):
    """Ask for nothing: the brake alone protects the row."""
    command[0] = 0.0
    command[1] = 0.0


@cfunc(POLICY_SIGNATURE, cache=True)
def one_threshold(time_s, load_frac, in_force, params, memory, command):
    """
    Slow down above one threshold, speed up below another.

    params: threshold, release level, low clock, high clock (0 = left alone).
    """
    if load_frac > params[0]:
        memory[0] = 1.0
    elif load_frac < params[1]:
        memory[0] = 0.0
    command[0] = params[2] if memory[0] == 1.0 else 0.0
    command[1] = params[3] if memory[0] == 1.0 else 0.0


@cfunc(POLICY_SIGNATURE, cache=True)
def polca(time_s, load_frac, in_force, params, memory, command):
    """
    Two thresholds: low priority first, high priority only if that was not enough.

    params: t1, t1 release, t2, t2 release, low clock at t1, low clock at t2, high
    clock at t2, telemetry delay [s]. memory: above t1, above t2, time at which the
    second low-priority cap was first seen in force (0 = not), high capped.
    """
    if load_frac > params[0]:
        memory[0] = 1.0
    elif load_frac < params[1]:
        memory[0] = 0.0
    if load_frac > params[2]:
        memory[1] = 1.0
    elif load_frac < params[3]:
        memory[1] = 0.0
        memory[3] = 0.0
    low_acted = in_force[0] == params[5] and in_force[3] == 0.0
    if not low_acted:
        memory[2] = 0.0
    elif memory[2] == 0.0:
        memory[2] = time_s
    seen = low_acted and time_s - memory[2] >= params[7]
    if memory[1] == 1.0 and seen and load_frac > params[2]:
        memory[3] = 1.0
    if memory[1] == 1.0:
        command[0] = params[5]
    elif memory[0] == 1.0:
        command[0] = params[4]
    else:
        command[0] = 0.0
    command[1] = params[6] if memory[3] == 1.0 else 0.0

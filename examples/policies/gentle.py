# ruff: noqa: ANN001, ANN201, ARG001 - numba infers the types
"""
Slow low priority in proportion to load, and high priority only near the limit.

The planner calls `decide` at every control tick. `load_frac` is row power divided by
provisioned power as telemetry reports it, `in_force` what is set now, `memory` sixteen
numbers that persist. Write the clocks you want into `command`: low priority, high
priority, in MHz, 0 for uncapped. The power brake is not a policy's to refuse.
"""


def decide(time_s, load_frac, in_force, memory, command):
    """Three rungs with a hysteresis of five points, so that clocks do not flutter."""
    rung = memory[0]
    if load_frac > 0.93:
        rung = 3.0
    elif load_frac > 0.87:
        rung = max(rung, 2.0)
    elif load_frac > 0.81:
        rung = max(rung, 1.0)
    if load_frac < 0.76:
        rung = 0.0
    elif load_frac < 0.82:
        rung = min(rung, 1.0)
    elif load_frac < 0.88:
        rung = min(rung, 2.0)
    memory[0] = rung
    command[0] = 0.0
    command[1] = 0.0
    if rung >= 1.0:
        command[0] = 1335.0
    if rung >= 2.0:
        command[0] = 1200.0
    if rung >= 3.0:
        command[0] = 1110.0
        command[1] = 1305.0

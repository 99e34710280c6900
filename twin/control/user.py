"""
A user's own policy: one Python function, checked before anything runs.

    def decide(time_s, load_frac, in_force, memory, command):
        command[0] = 1110.0 if load_frac > 0.85 else 0.0

`time_s` counts from the horizon's start and is negative in the warm-up. `load_frac` is
row power ÷ provisioned as telemetry reports it. `in_force` holds the
low clock, the high clock, the brake (0 or 1) and whether a command to low or high is
in flight. `memory` is 16 numbers that persist. The function writes the clocks it
wants into `command`: low, high, in MHz, 0 for uncapped. The power brake is not a
policy's to refuse. The file is executed: run only policies you trust.
"""

from __future__ import annotations

import ast
import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cfunc, njit

from twin.errors import PolicyError
from twin.serving.kernel import POLICY_SIGNATURE

ARGUMENTS = ("time_s", "load_frac", "in_force", "memory", "command")
_TRIAL_BEFORE = 4
"""So many of the loads are tried at a time before the horizon."""
_TRIAL_LOADS = (0.0, 0.5, 0.79, 0.85, 0.9, 0.95, 1.0, 1.05, 0.9, 0.8, 0.7, 0.0)


def load_user_policy(
    source: str, *, clock_min_mhz: float, clock_max_mhz: float
) -> tuple[Callable[..., Any], bool]:
    """
    Execute a policy's source, try it on made-up readings, compile it if possible.

    Args:
        source: Python text that defines `decide`.
        clock_min_mhz: Lowest clock a policy may ask for. [MHz]
        clock_max_mhz: Highest. [MHz]

    Returns:
        The function with the kernel's arguments, and whether it was compiled.

    Raises:
        PolicyError: With the line or the value that is wrong.
    """
    decide = _function(source)
    _try_out(decide, clock_min_mhz, clock_max_mhz)
    try:
        return _compiled(source), True
    except Exception:  # numba raises many kinds; plain Python still works

        def plain(time_s, load_frac, in_force, params, memory, command):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
            decide(time_s, load_frac, in_force, memory, command)

        return plain, False


@functools.lru_cache(maxsize=32)
def _compiled(source: str) -> Callable[..., Any]:
    """
    Compile a policy; once per source, for a slider asks for it at every step.

    Compiled code holds no state of its own: its globals are constants. A policy in
    plain Python might, so that one is loaded afresh for every run.
    """
    if _raises(source):
        raise TypeError("a compiled callback cannot hand an exception on")
    # without the bounds check `memory[99]` would write over the process
    inner = njit(_function(source), error_model="numpy", boundscheck=True)

    @cfunc(POLICY_SIGNATURE)
    def compiled(time_s, load_frac, in_force, params, memory, command):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        try:
            inner(time_s, load_frac, in_force, memory, command)
        except Exception:  # cannot leave compiled code: note where, raise later
            if params[0] == 0.0:
                params[0] = 1.0
                params[1] = time_s
                params[2] = load_frac

    return compiled  # type: ignore[no-any-return]


def _raises(source: str) -> bool:
    """Whether a policy raises on purpose."""
    found = ast.walk(ast.parse(source))
    return any(isinstance(node, ast.Raise | ast.Assert) for node in found)


def _function(source: str) -> Callable[..., Any]:
    """Execute the source and pick out `decide`."""
    scope: dict[str, Any] = {
        "__name__": "nameplate_user_policy",
        "math": math,
        "np": np,
    }
    try:
        exec(compile(source, "policy", "exec"), scope)  # noqa: S102 - that is the feature
    except SyntaxError as error:
        raise PolicyError("policy.source", "must be valid Python",
                          f"line {error.lineno}: {error.msg}",
                          "correct that line") from error  # fmt: skip
    except (Exception, SystemExit) as error:
        raise PolicyError("policy.source", "must load without an error",
                          f"{type(error).__name__}: {error}",
                          "correct it and try again") from error  # fmt: skip
    decide = scope.get("decide")
    if not inspect.isfunction(decide):
        names = sorted(k for k, v in scope.items() if inspect.isfunction(v))
        raise PolicyError("policy.source", "must define a function named decide",
                          ", ".join(names) or "no function",
                          f"name it decide({', '.join(ARGUMENTS)})")  # fmt: skip
    found = tuple(inspect.signature(decide).parameters)
    if found != ARGUMENTS:
        raise PolicyError("policy.source", f"decide must take ({', '.join(ARGUMENTS)})",
                          f"({', '.join(found)})",
                          "use these names in this order")  # fmt: skip
    return decide


def _try_out(decide: Callable[..., Any], low_mhz: float, high_mhz: float) -> None:
    """Call the policy on a rise and fall of load; refuse values out of range."""
    memory, in_force, command = np.zeros(16), np.zeros(5), np.zeros(2)
    for step, load in enumerate(_TRIAL_LOADS):
        try:
            decide(float(step - _TRIAL_BEFORE), load, in_force, memory, command)
        except (Exception, SystemExit) as error:
            raise PolicyError("policy.source", "decide must not fail",
                              f"{type(error).__name__} at load_frac={load}, "
                              f"time_s={step - _TRIAL_BEFORE}: {error}",
                              "handle that load, and times before the horizon, which "
                              "are negative") from error  # fmt: skip
        for name, asked in zip(("low", "high"), command, strict=True):
            ok = asked == 0.0 or low_mhz <= asked <= high_mhz
            if not (math.isfinite(asked) and ok):
                raise PolicyError("policy.source", f"{name} clock must be 0 or "
                                  f"{low_mhz:g} to {high_mhz:g} MHz",
                                  f"{asked} at load_frac={load}",
                                  "return such a clock")  # fmt: skip
        in_force[:2] = command

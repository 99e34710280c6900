"""
Where compiled kernels lie below the roofs of the machine.

Speeds are measured on one core, on arrays that do not fit its caches. What a kernel
does per step is *estimated*: additions, multiplications, divisions and comparisons of
floating-point numbers counted in its source on the usual path, and eight bytes for
every number it reads from or writes to a long array.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from twin.rowdays import case_of, library_of, replay
from twin.scenario import parse_scenario
from twin.serving.traffic import Recordings
from twin.stabilize import compiled as measures

SAMPLES = 1 << 23
ROUNDS = 5
Line = dict[str, Any]


@njit(cache=True, nogil=True)
def _chain(steps, factor, start):
    """Each step waits for the last: one multiplication and one addition."""
    now = start
    for _ in range(steps):
        now = now * factor + 1.0
    return now


def roofline(samples: int = SAMPLES) -> Line:
    """
    Measure kernels and the roof of steps that wait for each other.

    Args:
        samples: Length of the arrays; shorter ones fit caches and mean nothing.

    Returns:
        `id`, `chain_flop_per_s`, and `kernels` of `{name, flop, bytes,
        steps_per_s}`; flop and bytes are those of one step.
    """
    rng = np.random.default_rng(1)
    power = 0.6 + 0.3 * rng.random(samples)
    goal, out = np.full(samples, 0.75), np.empty(samples)
    stored, charge = np.empty(samples), np.empty(samples)
    dt_s, state = 0.02, np.array([0.0, 10.0])

    def smooth() -> None:
        measures.smooth(
            power, dt_s, 0.5, 1.0, 0.1, 0.1, 1.0, False, 0.3, 5.0, out
        )  # fmt: skip

    def follow() -> None:
        measures.follow(
            power, goal, dt_s, 0.5, 20.0, 0.95, 0.95, 0.1, 0.5, 0.01, state, out,
            stored, charge,
        )  # fmt: skip

    row_day, ticks = _row_days(max(1, samples // 43_200))
    found = [
        _kernel("low-pass filter", 3, 16, samples,
                lambda: measures.low_pass(power, dt_s, 0.1, 0.7, out)),
        _kernel("GPU power smoothing", 14, 16, samples, smooth),
        _kernel("energy store", 22, 40, samples, follow),
        _kernel("row-day, control", 15, 16, ticks, row_day),
    ]  # fmt: skip
    steps = 8 * samples
    chain_s = _median_s(lambda: _chain(steps, 0.999, 1.0))
    return {
        "id": "roofline", "kernels": found, "chain_flop_per_s": 2 * steps / chain_s,
    }  # fmt: skip


def _row_days(count: int) -> tuple[Callable[[], Any], int]:
    """Replay of so many row-days, and their ticks; the policy rests most of the day."""
    asked = parse_scenario({"workload": {"load": {"requests_per_server_s": 0.09}}})
    library = library_of(asked, Recordings.none())
    cases = [
        case_of(asked.model_copy(update={"seed": k}), library) for k in range(count)
    ]
    return lambda: replay(library, cases), count * cases[0].tick_count


def _kernel(
    name: str, flop: int, byte: int, steps: int, work: Callable[[], Any]
) -> Line:
    work()
    rate = steps / _median_s(work)
    return {"name": name, "flop": flop, "bytes": byte, "steps_per_s": rate}


def _median_s(work: Callable[[], Any]) -> float:
    times_s = []
    for _ in range(ROUNDS):
        start_s = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - start_s)
    return float(np.median(times_s))

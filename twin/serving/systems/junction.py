"""
Junction: functions behind a kernel-bypass stack answer faster on fewer cores.

Function platforms spend most of a short call in the kernel's network stack and
scheduler. Junction runs each function as a library operating system that polls its
queues in user space: 10 times the calls on the same cores, median latency down by
37.33 %, P99 by 63.42 %. A core polls for the whole server all the time.

Here every request of the traffic makes a few calls on the servers' processors
(gateway, tokens, retrieval, logging). Calls queue for cores in order of arrival; time
outside the cores is the same for both stacks. Power is that of cores: the GPUs do not
notice. The comparison is with the kernel's stack on the same calls.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from twin.scenario.base import Model, quantity
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.loads import busiest_rate
from twin.serving.systems.outcome import check_traffic, spread_s
from twin.serving.systems.steady import steady_outcome
from twin.types import FloatArray

SOURCE = (
    "Junctiond, arXiv 2403.03377 v2 (2024): abstract read; its mechanism from memory"
)
STREAM = 841
"""Number of this system's stream of draws."""
BUSY_WINDOW_S = 60.0
"""Cores are provisioned for the busiest window of this length."""


class JunctionParameters(Model):
    """Calls, the two stacks, cores and their watts."""

    calls_per_request: int = quantity(
        10, "Functions called on the processors per request.", unit="calls",
        source="assumed", ge=1, le=1000,
    )  # fmt: skip
    spread_s: float = quantity(
        5.0, "Time after its arrival over which a request's calls are even.", unit="s",
        source="assumed", ge=0.0,
    )  # fmt: skip
    off_core_s: float = quantity(
        0.0005, "Time of a call outside the cores: wire, client, waiting for others.",
        unit="s", source="assumed", ge=0.0,
    )  # fmt: skip
    kernel_core_s: float = quantity(
        0.0005, "Median time of a call on a core with the kernel's stack.", unit="s",
        source="assumed: half of an idle call's latency", gt=0.0,
    )  # fmt: skip
    throughput_ratio: float = quantity(
        10.0, "Calls per core with Junction ÷ with the kernel's stack.",
        source="published: abstract of v2; a copy says 5", ge=1.0,
    )  # fmt: skip
    core_spread: float = quantity(
        0.5, "Standard deviation of the logarithm of core time, both stacks.",
        source="assumed", ge=0.0, le=2.0,
    )  # fmt: skip
    core_load_frac: float = quantity(
        0.5, "Load of the cores in the busiest minute that they are provisioned for.",
        source="assumed", gt=0.0, lt=1.0,
    )  # fmt: skip
    polling_cores_per_server: int = quantity(
        1, "Cores that poll for Junction, always busy.", unit="cores",
        source="the scheduler core of such systems, from memory", ge=0, le=64,
    )  # fmt: skip
    busy_core_w: float = quantity(
        6.0, "Power of a busy core, memory and uncore included.", unit="W",
        source="assumed: 400 W ÷ 64 cores", ge=0.0,
    )  # fmt: skip
    idle_core_w: float = quantity(
        1.5, "Power of an idle core that is kept for calls.", unit="W",
        source="assumed", ge=0.0,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def call_waits(
    arrived_s: FloatArray, core_s: FloatArray, cores: int
) -> FloatArray:  # fmt: skip
    """
    Wait of every call for the first core that is free, in order of arrival.

    Args:
        arrived_s: Rising. [s], shape (calls,)
        core_s: Time on a core. [s], shape (calls,)
        cores: Cores, >= 1.

    Returns:
        Waits. [s], shape (calls,)
    """
    free = np.zeros(cores)  # a heap: the core free first on top
    waits = np.zeros(arrived_s.size)
    for i in range(arrived_s.size):
        start = max(arrived_s[i], free[0])
        waits[i] = start - arrived_s[i]
        end = start + core_s[i]
        hole = 0
        child = 1
        while child < cores:
            if child + 1 < cores and free[child + 1] < free[child]:
                child += 1
            if free[child] >= end:
                break
            free[hole] = free[child]
            hole = child
            child = 2 * hole + 1
        free[hole] = end
    return waits


def draw_calls(
    arrived_s: FloatArray, parameters: JunctionParameters, seed: int
) -> tuple[FloatArray, FloatArray]:
    """
    Calls of some requests: when they come, and their core time ÷ its median.

    Returns:
        Arrivals, rising [s]; log-normal stretches of median 1. shape (calls,)
    """
    p = parameters
    rng = np.random.default_rng((seed, STREAM))
    after_s = rng.random((arrived_s.size, p.calls_per_request)) * p.spread_s
    times = np.sort((arrived_s[:, None] + after_s).ravel())
    stretch = np.exp(p.core_spread * rng.standard_normal(times.size))
    return times, stretch


def cores_for(rate_per_s: float, core_s: float, load_frac: float) -> int:
    """Cores that a rate loads to a share of their time, at least one."""
    return max(math.ceil(rate_per_s * core_s / load_frac), 1)


def cores_power_w(
    *, busy: float, kept: int, polling: int, parameters: JunctionParameters
) -> float:
    """
    Mean power of the cores kept for calls. [W]

    Args:
        busy: Mean cores busy with calls.
        kept: Cores kept for calls.
        polling: Cores that poll besides.
        parameters: Watts per core.

    Source:
        docs/models/junction.md, eq. 3.
    """
    idle = kept - busy
    return (busy + polling) * parameters.busy_core_w + idle * parameters.idle_core_w


def evaluate(ground: Ground, parameters: JunctionParameters) -> Outcome:
    """
    The calls of the traffic on both stacks.

    Raises:
        ScenarioError: If there is no traffic.
    """
    check_traffic(ground.requests)
    leaders = ground.requests.arrived_s[ground.requests.chain == 0]
    calls = draw_calls(leaders, parameters, ground.seed)
    kernel = _stack(ground, parameters, calls, junction=False)
    return _stack(ground, parameters, calls, junction=True, baseline=kernel)


def _stack(
    ground: Ground, parameters: JunctionParameters,
    calls: tuple[FloatArray, FloatArray], *, junction: bool,
    baseline: Outcome | None = None,
) -> Outcome:  # fmt: skip
    """Run the calls on one stack."""
    p, (times, stretch) = parameters, calls
    core_s = p.kernel_core_s / (p.throughput_ratio if junction else 1.0) * stretch
    kept = cores_for(
        busiest_rate(times, BUSY_WINDOW_S), float(core_s.mean()), p.core_load_frac
    )
    polling = p.polling_cores_per_server * ground.server_count if junction else 0
    latency_s = p.off_core_s + call_waits(times, core_s, kept) + core_s
    time_s = max(ground.horizon_s, float(times[-1]))
    busy = float(core_s.sum()) / time_s
    power_w, peak_w = (
        cores_power_w(busy=cores, kept=kept, polling=polling, parameters=p)
        for cores in (busy, busiest_rate(times, BUSY_WINDOW_S) * float(core_s.mean()))
    )
    return steady_outcome(
        ground,
        system=SYSTEM.key if junction else "kernel_stack",
        label=SYSTEM.label if junction else "The kernel's stack",
        unit="call", units=int(times.size), it_power_w=power_w, time_s=time_s, gpus=0,
        latency_s={"e2e": spread_s(latency_s)},
        peak_power_w=peak_w * ground.pue,
        baseline=baseline,
        figures={
            "cores_count": float(kept + polling),
            "busy_cores_count": busy,
            "mean_core_s": float(core_s.mean()),
        },
        notes=(
            "power of processor cores alone; GPUs and fans do not notice",
            "times of a call and watts of a core are assumed",
        ),
    )  # fmt: skip


SYSTEM = System(
    key="junction", label="Junction", kind="host",
    summary="Functions around the model answer behind a kernel-bypass stack: less core "
    "time per call, and a core that always polls.", source=SOURCE, mark="published",
    page="junction.md", parameters=JunctionParameters, evaluate=evaluate,
    own_terms="calls of CPU-side functions, not tokens",
)  # fmt: skip

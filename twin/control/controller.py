"""Join a policy's settings to the function that carries it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.control import compiled as built_in
from twin.control.user import load_user_policy
from twin.errors import PolicyError, ScenarioError
from twin.scenario.policy import NoCap, OneThreshold, Polca, UserPolicy, policy_label
from twin.serving import kernel
from twin.serving.kernel import Meter, Setup, State
from twin.serving.traffic import Arrivals
from twin.types import FloatArray, IntArray

CLOCK_STEP_MHZ = 15.0
"""Granularity of SM clocks on these GPUs."""

_A100_TOP_MHZ = 1410.0

FAILED, FAILED_AT_S, FAILED_LOAD = 0, 1, 2
"""Slots of a user policy's `params`, written where its compiled form failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """
    A policy ready to run.

    Args:
        label: Name shown.
        decide: Compiled function of `kernel.POLICY_SIGNATURE`, or a plain Python
            function of the same arguments.
        params: Parameters of the function.
        thresholds_frac: Levels drawn into charts, by name.
        threshold_driven: Whether nothing happens below the lowest threshold.
        is_compiled: Whether `decide` runs inside the compiled loop.
        is_user: Whether it is a user's own; `params` then tells where it failed.
    """

    label: str
    decide: Callable[..., Any]
    params: FloatArray
    thresholds_frac: dict[str, float] = field(default_factory=dict)
    threshold_driven: bool = True
    is_compiled: bool = True
    is_user: bool = False

    def advance(
        self,
        setup: Setup,
        state: State,
        meter: Meter,
        first_tick: int,
        end_tick: int,
        chunk: Arrivals,
        groups_low: int,
    ) -> None:
        """Run ticks `first_tick` to `end_tick`; state and meter change in place."""
        run = kernel.advance if self.is_compiled else _advance_in_python
        run(
            setup, state, meter, first_tick, end_tick, chunk.arrived_s, chunk.group,
            groups_low, chunk.prompt, chunk.output, self.decide, self.params,
        )  # fmt: skip
        if self.is_user and self.params[FAILED] != 0.0:
            raise _failed(self.params[FAILED_AT_S], self.params[FAILED_LOAD])


def controller_for(
    policy: NoCap | OneThreshold | Polca | UserPolicy,
    *,
    clock_max_mhz: float,
    clock_min_mhz: float,
    telemetry_delay_s: float,
) -> Controller:
    """
    Build the controller of a policy for one GPU type.

    Args:
        policy: Settings.
        clock_max_mhz: Highest SM clock. [MHz]
        clock_min_mhz: Lowest SM clock. [MHz]
        telemetry_delay_s: Age of readings. [s]

    Returns:
        The controller.

    Raises:
        ScenarioError: If a clock is outside the GPU's range.
        PolicyError: If a user's policy does not hold up.
    """

    def clock(name: str, given: float | None, on_a100: float) -> float:
        if given is None:
            scaled = on_a100 * clock_max_mhz / _A100_TOP_MHZ
            return round(scaled / CLOCK_STEP_MHZ) * CLOCK_STEP_MHZ
        if not clock_min_mhz <= given <= clock_max_mhz:
            raise ScenarioError(f"policy.{name}", f"must be {clock_min_mhz:g} to "
                                f"{clock_max_mhz:g} MHz here", given, "use a clock in "
                                "that range, or leave it empty")  # fmt: skip
        return given

    if isinstance(policy, UserPolicy):
        decide, is_compiled = load_user_policy(
            policy.source, clock_min_mhz=clock_min_mhz, clock_max_mhz=clock_max_mhz
        )
        return Controller(
            label=policy_label(policy), decide=decide, params=np.zeros(3),
            threshold_driven=False, is_compiled=is_compiled, is_user=True,
        )  # fmt: skip
    if isinstance(policy, NoCap):
        return Controller(label=policy.name, decide=built_in.no_cap, params=np.zeros(1))
    if isinstance(policy, OneThreshold):
        capped = clock("capped_clock_mhz", policy.capped_clock_mhz, 1110.0)
        everyone = capped if policy.name == "one-threshold-all" else 0.0
        release = policy.threshold_frac - policy.hysteresis_frac
        return Controller(
            label=policy.name,
            decide=built_in.one_threshold,
            params=np.array([policy.threshold_frac, release, capped, everyone]),
            thresholds_frac={"threshold": policy.threshold_frac},
        )
    low_1 = clock("low_clock_t1_mhz", policy.low_clock_t1_mhz, 1275.0)
    low_2 = clock("low_clock_t2_mhz", policy.low_clock_t2_mhz, 1110.0)
    high_2 = clock("high_clock_t2_mhz", policy.high_clock_t2_mhz, 1305.0)
    return Controller(
        label=policy.name,
        decide=built_in.polca,
        params=np.array([
            policy.t1_frac, policy.t1_frac - policy.hysteresis_frac,
            policy.t2_frac, policy.t2_frac - policy.hysteresis_frac,
            low_1, low_2, high_2, telemetry_delay_s,
        ]),
        thresholds_frac={"T1": policy.t1_frac, "T2": policy.t2_frac},
    )  # fmt: skip


def _advance_in_python(
    setup: Setup,
    state: State,
    meter: Meter,
    first_tick: int,
    end_tick: int,
    arrived_s: FloatArray,
    group: IntArray,
    groups_low: int,
    prompt: IntArray,
    output: IntArray,
    decide: Callable[..., Any],
    params: FloatArray,
) -> None:
    """The same tick order as `kernel.advance`, with a policy in plain Python."""
    position = 0
    for tick in range(first_tick, end_tick):
        position = kernel.serve_tick(
            setup, state, meter, tick, position, arrived_s, group, groups_low, prompt,
            output,
        )  # fmt: skip
        reading_w = kernel.observe(setup, state, tick)
        kernel.prepare_policy(state)
        now_s, load_frac = (tick + 1) * setup.tick_s, reading_w / setup.provisioned_w
        try:
            decide(
                now_s, load_frac, state.in_force, params, state.memory, state.command
            )
        except Exception as error:
            kind = type(error).__name__
            raise _failed(now_s, load_frac, kind, f": {error}") from error
        kernel.act(setup, state, meter, tick, reading_w)


def _failed(
    time_s: float, load_frac: float, kind: str = "error", detail: str = ""
) -> PolicyError:
    """Say where a user's policy failed in mid-run."""
    return PolicyError("policy.source", "decide must not fail",
                       f"{kind} at time_s={time_s:g}, "
                       f"load_frac={load_frac:.3f}{detail}", "handle that reading, and "
                       "keep indices inside memory (16) and command (2)")  # fmt: skip

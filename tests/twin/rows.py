"""Small rows for the tests of the core, built the way a scenario file would be."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.control import Controller
from twin.scenario.model import Control, Fleet, Horizon, Row, Scenario
from twin.scenario.policy import NoCap
from twin.scenario.workload import (
    DiurnalArrivals,
    Load,
    RequestClass,
    TokenRange,
    Workload,
)
from twin.serving.traffic import Arrivals, Recordings
from twin.simulate import Compiled, compile_scenario, new_meter, new_state

DAY_S = 86_400.0


def request_class(
    prompt: tuple[int, int], output: tuple[int, int], *, name: str = "any"
) -> RequestClass:
    """One class of requests with lengths drawn from two closed ranges."""
    return RequestClass(
        name=name,
        share=1.0,
        prompt_tokens=TokenRange(min=prompt[0], max=prompt[1]),
        output_tokens=TokenRange(min=output[0], max=output[1]),
    )


def small_row(**given: Any) -> Scenario:
    """
    Build a small row without control.

    Args:
        **given: `servers`, `rate` [1/s per server], `seconds`, `tick_s`, `seed`,
            `low_frac`, `model`, `classes`, `policy`, `control`, `provisioned_w`,
            `arrivals`, `warm_up_s`: an empty row at the start unless asked for.

    Returns:
        The scenario.
    """
    known = {
        "servers", "rate", "seconds", "tick_s", "seed", "low_frac", "model", "classes",
        "policy", "control", "provisioned_w", "arrivals", "warm_up_s",
    }  # fmt: skip
    assert set(given) <= known, set(given) - known
    servers = given.get("servers", 4)
    workload: dict[str, Any] = {
        "arrivals": given.get("arrivals", DiurnalArrivals(swing_frac=0, noise_frac=0)),
        "load": Load(requests_per_server_s=given.get("rate", 0.05)),
    }
    if "classes" in given:
        workload["classes"] = given["classes"]
    return Scenario(
        seed=given.get("seed", 1),
        row=Row(base_server_count=servers, provisioned_w=given.get("provisioned_w")),
        fleet=Fleet(
            server_count=servers,
            low_priority_frac=given.get("low_frac", 0.5 if servers > 1 else 1.0),
            model=given.get("model", "bloom-176b"),
        ),
        workload=Workload(**workload),
        policy=given.get("policy", NoCap()),
        control=given.get("control", Control(brake_threshold_frac=2.0)),
        horizon=Horizon(
            days=given.get("seconds", 1200) / DAY_S,
            tick_s=given.get("tick_s", 1.0),
            warm_up_s=given.get("warm_up_s", 0.0),
        ),
    )


def compiled_row(**given: Any) -> Compiled:
    """Build a small row and compile it; arguments of `small_row`."""
    return compile_scenario(small_row(**given), Recordings.none())


def arrivals_of(*requests: tuple[float, int, int, int]) -> Arrivals:
    """Arrivals from (time, group, prompt tokens, output tokens)."""
    times, groups, prompts, outputs = zip(*requests, strict=True)
    return Arrivals(
        np.array(times, dtype=np.float64), np.array(groups, dtype=np.int64),
        np.array(prompts, dtype=np.int64), np.array(outputs, dtype=np.int64),
    )  # fmt: skip


def run_arrivals(compiled: Compiled, arrivals: Arrivals, *, groups_low: int):
    """Run given arrivals through the whole horizon; returns state and meter."""
    state, meter = new_state(compiled), new_meter(compiled)
    controller: Controller = compiled.controller
    controller.advance(
        compiled.setup, state, meter, 0, compiled.tick_count, arrivals, groups_low
    )
    return state, meter

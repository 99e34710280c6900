"""From a scenario to row-days: draw the blocks of one, and run its control."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.catalogue import CLOCK_CURVES
from twin.control import Controller
from twin.errors import PolicyError
from twin.rowdays import kernel
from twin.rowdays.kernel import DRAW, FIGURES
from twin.rowdays.library import clock_curve, level_table
from twin.rowdays.records import Case, Library
from twin.scenario.model import Scenario
from twin.simulate import (
    fleet_server,
    low_server_count,
    provisioned_power_w,
    row_controller,
    warm_up_ticks,
)
from twin.types import FloatArray

BLOCK_S = 3600.0
"""A draw takes each hour from a library run of its own, at the same time of day."""
_SHORT = 1e-12


def case_of(scenario: Scenario, library: Library) -> Case:
    """
    Draw one row-day.

    Args:
        scenario: The point; its seed chooses the blocks.
        library: Of the same traffic.

    Returns:
        The case.

    Raises:
        ScenarioError: If a clock is out of range, or a priority has no server.
        PolicyError: If the policy is a Python function that does not compile.
    """
    server = fleet_server(scenario)
    control, fleet = scenario.control, scenario.fleet
    controller = _controller(scenario)
    tick_s = library.tick_s
    tick_count = max(1, round(scenario.horizon.days * 86_400.0 / tick_s))
    count = fleet.server_count
    low = low_server_count(count, fleet.low_priority_frac)
    limit_w = provisioned_power_w(scenario, server)
    swing_w = server.full_w - server.idle_w
    triggers = [*controller.thresholds_frac.values(), control.brake_threshold_frac]
    wake = min(triggers) if controller.threshold_driven else -math.inf
    draw = np.zeros(1, dtype=DRAW)[0]
    draw["fast"] = math.sqrt(library.server_count / count)
    draw["still_w"] = count * server.idle_w
    draw["low_w"], draw["high_w"] = low * swing_w, (count - low) * swing_w
    draw["limit_w"] = limit_w
    draw["wake_w"] = wake * limit_w * (1.0 - _SHORT)
    draw["brake_on_w"] = control.brake_threshold_frac * limit_w
    draw["brake_off_w"] = control.brake_release_frac * limit_w
    level = scenario.workload.load.level
    draw["asked"] = level * library.rate_per_server_s / library.room_per_server_s
    draw["brake_mhz"] = control.brake_clock_mhz or server.gpu.brake_clock_mhz.value
    for name in ("telemetry_delay_s", "cap_latency_s", "brake_latency_s"):
        into = name.split("_", maxsplit=1)[0] + "_ticks"
        draw[into] = math.ceil(getattr(control, name) / tick_s - 1e-9)
    blocks = math.ceil(tick_count / _block_ticks(tick_s))
    rng = np.random.Generator(np.random.Philox(key=scenario.seed))
    return Case(
        draw=draw, blocks=rng.integers(library.slow.shape[0], size=blocks),
        level=level_table(library, level), curve=clock_curve(library, level),
        controller=controller, warm_up_ticks=warm_up_ticks(scenario, tick_count),
        tick_count=tick_count, servers=(low, count - low),
        provisioned_w=limit_w,
    )  # fmt: skip


def _block_ticks(tick_s: float) -> int:
    return max(1, round(BLOCK_S / tick_s))


def _controller(scenario: Scenario) -> Controller:
    server = fleet_server(scenario)
    controller = row_controller(scenario, server, CLOCK_CURVES[server.gpu.key])
    if not controller.is_compiled:
        raise PolicyError("policy", "must be compiled to run row-days",
                          controller.label, "use a built-in policy")  # fmt: skip
    return controller


def replay(
    library: Library, cases: Sequence[Case], *, keep_series: bool = False
) -> tuple[FloatArray, FloatArray]:
    """
    Run row-days of one policy and one horizon; each is independent of the others.

    Args:
        library: What they replay.
        cases: The draws.
        keep_series: Whether each tick's power is kept.

    Returns:
        Figures, shape (cases, `kernel.FIGURES`), and power [W], shape (cases, ticks)
        or empty.
    """
    first = cases[0]
    figures = np.zeros((len(cases), FIGURES))
    shape = (len(cases), first.tick_count) if keep_series else (0, 0)
    series: FloatArray = np.zeros(shape)
    advance: Any = kernel.run_days
    advance(
        library.slow, library.fast, np.stack([case.curve for case in cases]),
        library.tick_s,
        _block_ticks(library.tick_s), first.warm_up_ticks, first.tick_count,
        np.array([case.draw for case in cases], dtype=DRAW),
        np.stack([case.blocks for case in cases]),
        np.stack([case.level for case in cases]), first.controller.decide,
        np.stack([case.controller.params for case in cases]), figures, series,
        np.zeros(max(int(case.draw["telemetry_ticks"]) for case in cases) + 1),
        np.zeros(kernel.SCRATCH),
    )  # fmt: skip
    return figures, series


def figures(library: Library, case: Case, found: FloatArray) -> dict[str, float]:
    """
    Read one row-day's figures.

    Args:
        library: What it replayed.
        case: The draw.
        found: Its row of what `replay` returns.

    Returns:
        By name, unit last; a part of lost work is NaN where no server could lose any.
    """
    energy_j = float(found[kernel.F_ENERGY_J])
    peak_w, asked = float(found[kernel.F_PEAK_W]), float(case.draw["asked"])

    def lost(column: int, servers: int) -> float:
        if servers == 0:
            return math.nan
        return float(found[column]) / (asked * case.tick_count)

    return {
        "peak_frac": peak_w / case.provisioned_w,
        "peak_w": peak_w,
        "mean_w": energy_j / (case.tick_count * library.tick_s),
        "energy_wh": energy_j / 3600.0,
        "above_limit_s": float(found[kernel.F_ABOVE_S]),
        "brakes": float(found[kernel.F_BRAKES]),
        "caps_low": float(found[kernel.F_CAPS_LOW]),
        "caps_high": float(found[kernel.F_CAPS_HIGH]),
        "capped_low_s": float(found[kernel.F_CAPPED_LOW_S]),
        "capped_high_s": float(found[kernel.F_CAPPED_HIGH_S]),
        "lost_low_frac": lost(kernel.F_LOST_LOW, case.servers[0]),
        "lost_high_frac": lost(kernel.F_LOST_HIGH, case.servers[1]),
    }

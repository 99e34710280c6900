"""
How much traffic: the rate at which the base row peaks where it is meant to.

A row is planned for a share of its limit, and traffic is scaled until the row without
any control reaches it. The search simulates; nothing about the peak is assumed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from twin.errors import ScenarioError
from twin.scenario.model import Scenario
from twin.scenario.policy import NoCap
from twin.serving import kernel
from twin.serving.traffic import Recordings, arrivals_between, peak_part, rate_shape
from twin.simulate import (
    Compiled,
    compile_scenario,
    new_meter,
    new_state,
    run_chunks,
    uncontrolled,
)

PEAK_STRETCH_S = 86_400.0
PEAK_TICK_S = 1.0
"""A target peak is a mean over this, whatever the control tick: else a longer tick,
which hides spikes, would mean more traffic. [s]"""
PEAK_SCATTER = 0.015
"""How far peaks of the same load lie apart between seeds, as part of provisioned."""
CLOSE_FRAC = 0.2
"""Halving ends when the bracket is this narrow: the line's points span as much."""
MOST_HALVINGS = 16
MOST_FITS = 4
CAPACITY_MARGIN = 1.05
"""The estimate of capacity is a little low: queues grow only above this."""


def find_rate(
    scenario: Scenario,
    recordings: Recordings,
    *,
    cancelled: Callable[[], bool] | None = None,
) -> float:
    """
    Mean request rate per server that the scenario's load asks for.

    A target peak is what the base row without any control is expected to reach, as a
    mean over `PEAK_TICK_S`: halving on the busiest day of the horizon, then a line
    through five simulated peaks around it (of the whole horizon, where that is
    longer). A single run's peak scatters around the target by about a point, and a
    target within `PEAK_SCATTER` of saturation is met as nearly as a saturated row can;
    every result says where its peak was. Servers draw what the catalogue says while the
    rate is sought, so `fleet.server_power_frac` moves watts and not requests.

    Args:
        scenario: Inputs.
        recordings: Datasets.
        cancelled: Asked between chunks; true ends the search.

    Returns:
        Rate, the load level included. [1/s]

    Raises:
        ScenarioError: If the base row cannot reach the target at any load.
        Cancelled: If `cancelled` said so.
    """
    load = scenario.workload.load
    if load.requests_per_server_s is not None:
        return load.requests_per_server_s * load.level
    target = load.target_peak_frac or 0.0
    base = scenario.model_copy(update={
        "fleet": scenario.fleet.model_copy(
            update={
                "server_count": scenario.row.base_server_count,
                "server_power_frac": 1.0,
            }
        ),
        "policy": NoCap(),
        # a row without control needs no warm-up, and its load is not to move with one
        "horizon": scenario.horizon.model_copy(
            update={"tick_s": PEAK_TICK_S, "warm_up_s": 0.0}
        ),
    })  # fmt: skip
    whole = uncontrolled(compile_scenario(base, recordings))
    part, _ = peak_part(whole.traffic, length_s=PEAK_STRETCH_S)
    ticks = min(whole.tick_count, round(part.horizon_s / whole.setup.tick_s))
    busiest = replace(whole, traffic=part, tick_count=ticks)
    ceiling = capacity_per_server_s(busiest)
    peak = partial(_peak_frac, busiest, cancelled)
    rate = _solve_peak(peak, target, ceiling)
    if ticks < whole.tick_count:
        peak = partial(_peak_frac, whole, cancelled)
        rate = _fit_rate(peak, target, rate, ceiling)
    return rate * load.level


Peak = Callable[[float], float]


def _peak_frac(
    compiled: Compiled, cancelled: Callable[[], bool] | None, rate: float
) -> float:
    """Peak row power ÷ provisioned at a rate."""
    state, meter = new_state(compiled), new_meter(compiled)
    run_chunks(compiled, state, meter, rate, None, cancelled)
    return float(meter.totals[kernel.M_PEAK_W]) / compiled.provisioned_w


def _solve_peak(peak: Peak, target: float, ceiling: float) -> float:
    """Rate at which the base row is expected to peak at `target`."""
    low, high = 0.0, ceiling
    low_peak, high_peak = peak(0.0), peak(ceiling)
    if high_peak < target <= high_peak + PEAK_SCATTER:
        return ceiling  # met as nearly as a saturated row can
    if not low_peak < target <= high_peak:
        word = "idle" if target <= low_peak else "saturated"
        reached = low_peak if target <= low_peak else high_peak
        repair = math.floor(98 * high_peak) / 100
        raise ScenarioError("workload.load.target_peak_frac", "must lie between "
                            f"{low_peak:.3f} (idle) and {high_peak:.3f} (saturated)",
                            target, f"the base row peaks at {reached:.3f} when {word}; "
                            f"set it to {repair:.2f}, or change "
                            "row.provisioned_w")  # fmt: skip
    steps = 0
    while steps < 4 or (high - low > CLOSE_FRAC * high and steps < MOST_HALVINGS):
        middle = 0.5 * (low + high)
        if peak(middle) < target:
            low = middle
        else:
            high = middle
        steps += 1
    return _fit_rate(peak, target, 0.5 * (low + high), ceiling)


def _fit_rate(peak: Peak, target: float, guess: float, ceiling: float) -> float:
    """
    Rate at which a line through peaks around a guess meets the target.

    One peak is the largest of many noisy ticks: half a point of noise would move the
    rate by a tenth or more. A line through five of them still leaves 0.94 to 1.11
    times the rate between seeds: they share the seed's extremes, and a row that
    peaks at 79 % is nearly saturated.
    """
    for _ in range(MOST_FITS):
        rates = np.minimum(guess * np.array([0.8, 0.9, 1.0, 1.1, 1.2]), ceiling)
        peaks = np.array([peak(float(rate)) for rate in rates])
        slope, level = np.polyfit(rates, peaks, 1)
        if slope <= 0:
            return guess
        found = float((target - level) / slope)
        guess = float(np.clip(found, rates[0], rates[-1]))
        if rates[0] <= found <= rates[-1] or guess >= ceiling:
            break  # else the answer lies outside the line: look again around its end
    return guess


def capacity_per_server_s(compiled: Compiled) -> float:
    """
    Mean rate that would keep every server busy in the busiest hour. [1/s]

    Estimated from mean lengths with the cache full; only brackets the search.
    """
    sample = next(
        arrivals_between(
            compiled.traffic, rate_rps=1.0, edges_s=np.array([0.0, 10_000.0])
        )
    )
    if sample.prompt.size == 0:
        return 1.0
    table = compiled.table
    whole = float((sample.prompt + sample.output).mean())
    batch = max(1.0, min(table.max_batch, table.kv_capacity_tokens / whole))
    iteration_s = np.interp(batch, table.decode_batch, table.decode_s)
    iteration_s += table.decode_kv_token_s * whole * batch
    prefill_s = float(
        np.interp(sample.prompt, table.prefill_tokens, table.prefill_s).mean()
    )
    busy_s = prefill_s + float(sample.output.mean()) * iteration_s / batch
    per_server = compiled.server.gpu_count // table.tensor_parallel
    window_s, rate = rate_shape(compiled.traffic)
    hour = np.ones(min(rate.size, max(1, round(3600.0 / window_s))))
    crest = float(np.convolve(rate, hour / hour.size, mode="valid").max())
    return CAPACITY_MARGIN * per_server / busy_s / crest

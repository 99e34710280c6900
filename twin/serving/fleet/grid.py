"""
The knob grid of one instance: latency, throughput, power and energy in steady state.

Knobs are the engine (its parallel degree), the SM clock and the batch; prompt, output
and load are the traffic's. Prompts arrive at random; each pauses the sequences in the
batch for its prefill and then decodes with them. No queue is stepped: `run` does that.
docs/models/greener.md has the equations.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from twin.catalogue.performance import decode_iteration_s, decode_power_frac
from twin.errors import ScenarioError
from twin.serving.fleet.compile import engine_clocks
from twin.serving.fleet.parts import Engine
from twin.serving.fleet.scaling import beyond
from twin.types import BoolArray, FloatArray, IntArray

AXES = ("engine", "clock_mhz", "batch", "prompt", "output", "load")


@dataclass(frozen=True, slots=True, kw_only=True)
class GridInput:
    """
    The knob grid.

    Args:
        engines: One per parallel degree, all on the same GPU type.
        clock_mhz: SM clocks, within the engines' curve. [MHz]
        batch: Most sequences that decode together. >= 1
        prompt: Prompt lengths. >= 1 [tokens]
        output: Output lengths. >= 1 [tokens]
        load: Request rate ÷ the highest the knobs sustain. 0..1, not 0
        requests_per_gpu_s: Request rates of one GPU to use instead of `load`; they
            take its axis, and points that cannot keep up are NaN. > 0 [1/s]
    """

    engines: tuple[Engine, ...]
    clock_mhz: tuple[float, ...]
    batch: tuple[int, ...]
    prompt: tuple[int, ...]
    output: tuple[int, ...]
    load: tuple[float, ...] = (1.0,)
    requests_per_gpu_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GridResult:
    """
    What every point of the grid gives; axes as in `AXES`.

    NaN where the batch does not fit the cache or the table, or a given rate is not
    kept up with. Watts and joules are those
    of the instance's GPUs, with the host's share only in `server_power_w`.

    Args:
        axes: Name of the axis -> its values.
        ttft_s: Mean time to first token; at full load the wait for a place in the
            batch has no end and is left out. [s]
        tbt_s: Mean time between tokens, pauses by other prompts included. [s]
        e2e_s: Mean time of a request. [s]
        requests_per_s: Requests served. [1/s]
        tokens_per_s: Output tokens. [1/s]
        gpu_power_w: Mean power of the instance's GPUs. [W]
        server_power_w: The same with the host's share. [W]
        energy_per_request_j: GPU joules of a request, idling included. [J]
        energy_per_token_j: GPU joules of an output token. [J]
        decoding: Mean sequences in the batch while there are any. [1]
    """

    axes: dict[str, tuple[float, ...]]
    ttft_s: FloatArray
    tbt_s: FloatArray
    e2e_s: FloatArray
    requests_per_s: FloatArray
    tokens_per_s: FloatArray
    gpu_power_w: FloatArray
    server_power_w: FloatArray
    energy_per_request_j: FloatArray
    energy_per_token_j: FloatArray
    decoding: FloatArray

    def at(self, quantity: str, **knobs: float) -> FloatArray:
        """
        Values of one quantity at given values of some axes.

        Args:
            quantity: Name of an array.
            knobs: Axis -> value on it; `engine` is the place.

        Returns:
            The array with those axes taken out.

        Raises:
            ScenarioError: If an axis has no such value.
        """
        index: list[int | slice] = []
        for name in AXES:
            if name not in knobs:
                index.append(slice(None))
                continue
            if knobs[name] not in self.axes[name]:
                raise ScenarioError(f"grid.{name}", "must be on the grid", knobs[name],
                                    f"use one of {self.axes[name]}")  # fmt: skip
            index.append(self.axes[name].index(knobs[name]))
        values: FloatArray = getattr(self, quantity)[tuple(index)]
        return values


def knob_grid(grid: GridInput) -> GridResult:
    """
    Latency, throughput, power and energy of every point of a knob grid.

    Args:
        grid: The axes.

    Returns:
        Arrays over all axes.

    Raises:
        ScenarioError: If an axis is empty or out of range.

    Source:
        docs/models/greener.md, eq. 1 to 6.
    """
    _check(grid)
    names = [f.name for f in fields(GridResult) if f.name != "axes"]
    parts = [_engine_grid(engine, grid) for engine in grid.engines]
    arrays = {name: np.stack([part[name] for part in parts]) for name in names}
    axes: dict[str, tuple[float, ...]] = {
        "engine": tuple(range(len(grid.engines))),
        "clock_mhz": grid.clock_mhz, "batch": grid.batch, "prompt": grid.prompt,
        "output": grid.output,
        "load": grid.requests_per_gpu_s or grid.load,
    }  # fmt: skip
    return GridResult(axes=axes, **arrays)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phases:
    """
    One engine on the grid, axes (clock, batch, prompt, output, load).

    Args:
        allowed: Whether the batch fits table and cache.
        prefill_s: Prefill of one prompt. [s]
        step_s: Decode iteration by sequences on a further last axis, from 1. [s]
        rates: Highest request rate by sequences, the same axis. [1/s]
    """

    allowed: BoolArray
    prefill_s: FloatArray
    step_s: FloatArray
    rates: FloatArray


def _columns(grid: GridInput) -> tuple[FloatArray, IntArray, FloatArray, FloatArray]:
    """Clock, batch, prompt and output, each on its own axis; load is the last."""
    return (
        np.array(grid.clock_mhz).reshape(-1, 1, 1, 1, 1),
        np.array(grid.batch).reshape(-1, 1, 1, 1),
        np.array(grid.prompt, dtype=np.float64).reshape(-1, 1, 1),
        np.array(grid.output, dtype=np.float64).reshape(-1, 1),
    )


def _phases(engine: Engine, grid: GridInput) -> _Phases:
    """Times of both phases and the rates they allow."""
    table = engine.table
    clock, limit, prompt, output = _columns(grid)
    mhz, factors = engine_clocks(engine)
    slow, decode_slow = (np.interp(clock, mhz, factors[:, k]) for k in (0, 1))
    capped = engine.capped_slowdown if engine.gpu_cap_frac < 1 else 1.0
    prefill_s = beyond(prompt, table.prefill_tokens, table.prefill_s) * slow * capped
    most = min(table.max_batch, max(grid.batch))
    batches = np.arange(1.0, most + 1.0)
    held = prompt + 0.5 * output + 0.5  # half a token: one iteration's own growth
    base_s = decode_iteration_s(table)[1 : most + 1]
    cache_s = table.decode_kv_token_s * batches * held[..., None]
    step_s = decode_slow[..., None] * (base_s + cache_s)
    life_s = (output[..., None] - 1.0) * step_s + batches * prefill_s[..., None]
    rates = np.maximum.accumulate(batches / life_s, axis=-1)
    shape = (*np.broadcast_shapes(limit.shape, rates.shape[:-1]), most)
    return _Phases(
        allowed=(limit <= table.max_batch)
        & (limit * (prompt + output) <= table.kv_capacity_tokens),
        prefill_s=prefill_s,
        step_s=np.broadcast_to(step_s, shape),
        rates=np.broadcast_to(rates, shape),
    )


def _engine_grid(engine: Engine, grid: GridInput) -> dict[str, FloatArray]:
    """All arrays of one engine."""
    _, limit, _prompt, output = _columns(grid)
    phases = _phases(engine, grid)
    prefill_s = phases.prefill_s
    place = np.minimum(limit, phases.rates.shape[-1])
    highest = _at(phases.rates, np.broadcast_to(place, phases.rates.shape[:-1]))
    asked = np.array(grid.requests_per_gpu_s) * engine.gpu_count / highest
    load = np.array(grid.load) if not grid.requests_per_gpu_s else asked
    keeps_up = load < 1.0 if grid.requests_per_gpu_s else load <= 1.0
    load = np.where(keeps_up, load, 1.0)
    rate = load * highest
    busy, waiting = _occupancy(phases.rates, rate, load, place)
    sequences = (busy * np.arange(1, busy.shape[-1] + 1)).sum(axis=-1)
    prefill_part = rate * prefill_s
    power = _power_w(engine, grid, phases, busy)
    step_s = (busy * phases.step_s).sum(axis=-1)
    several = output > 1.0
    gaps = np.where(several, output - 1.0, 1.0)
    tbt = np.where(several, (sequences / rate - prefill_s) / gaps, 0.0)
    behind = 0.5 * prefill_part * prefill_s / np.where(several, 1.0 - prefill_part, 1.0)
    boundary = 0.5 * step_s * (1.0 - prefill_part)
    between = np.where(several, behind + boundary, 0.0)
    ttft = waiting / rate + prefill_s + between
    share = engine.gpu_count / engine.server.gpu_count
    host_w = share * engine.server.host_w.value
    found = {
        "ttft_s": ttft, "tbt_s": np.where(several, tbt, np.nan),
        "e2e_s": ttft + gaps * tbt, "requests_per_s": rate,
        "tokens_per_s": rate * output, "gpu_power_w": power,
        "server_power_w": host_w + engine.server.host_slope.value * power,
        "energy_per_request_j": power / rate,
        "energy_per_token_j": power / rate / output,
        "decoding": sequences / busy.sum(axis=-1),
    }  # fmt: skip
    allowed = phases.allowed & keeps_up
    return {
        name: np.where(allowed, np.broadcast_to(values, rate.shape), np.nan)
        for name, values in found.items()
    }


def _at(values: FloatArray, batch: IntArray) -> FloatArray:
    """Values at a batch on the last axis, whose entry 0 is batch 1."""
    return np.asarray(np.take_along_axis(values, batch[..., None] - 1, axis=-1)[..., 0])


def _occupancy(
    rates: FloatArray, rate: FloatArray, load: FloatArray, limit: IntArray
) -> tuple[FloatArray, FloatArray]:
    """
    Part of time with 1, 2, ... sequences in the batch, and prompts waiting for a place.

    Arrivals at random meet a server whose rate grows with the sequences in it, up to
    the limit: the balance of each step up with the step down. At full load the batch
    is always full and the endless queue is not counted.
    """
    batches = np.arange(1, rates.shape[-1] + 1)
    steps = np.log(rate[..., None] / rates)
    weights = np.where(batches <= limit[..., None], np.cumsum(steps, axis=-1), -np.inf)
    highest = np.maximum(weights.max(axis=-1), 0.0)
    parts = np.exp(weights - highest[..., None])
    at_limit = _at(parts, np.broadcast_to(limit, parts.shape[:-1]))
    full = np.minimum(load, 1.0 - 1e-9)  # queue beyond the limit: a geometric tail
    total = np.exp(-highest) + parts.sum(axis=-1) + at_limit * full / (1.0 - full)
    tail = at_limit * full / (1.0 - full) / total
    waiting = np.where(load < 1.0, tail / (1.0 - full), 0.0)
    busy = parts / total[..., None]
    busy += np.where(batches == limit[..., None], tail[..., None], 0.0)
    return busy, waiting


def _power_w(
    engine: Engine, grid: GridInput, phases: _Phases, busy: FloatArray
) -> FloatArray:
    """Mean GPU power over the times with 0, 1, 2, ... sequences in the batch."""
    table, n_gpu = engine.table, engine.gpu_count
    idle_w, tdp_w = engine.gpu.idle_w.value, engine.gpu.tdp_w.value
    clock, _, prompt, _ = _columns(grid)
    mhz, factors = engine_clocks(engine)
    cap_w = engine.gpu_cap_frac * tdp_w if engine.gpu_cap_frac < 1 else np.inf

    def above_idle_w(frac: FloatArray, column: int) -> FloatArray:
        part = np.interp(clock, mhz, factors[:, column]) * engine.dynamic_power_factor
        part = part[..., None]
        above: FloatArray = np.minimum((frac * tdp_w - idle_w) * part, cap_w - idle_w)
        return above

    at_prompt = np.interp(prompt, table.prefill_tokens, table.prefill_power_frac)
    at_batch = decode_power_frac(table)[1 : busy.shape[-1] + 1]
    prefill_part = phases.rates * phases.prefill_s[..., None]
    dynamic = prefill_part * above_idle_w(at_prompt[..., None], 2)
    dynamic = dynamic + (1.0 - prefill_part) * above_idle_w(at_batch, 3)
    return np.asarray(n_gpu * (idle_w + (busy * dynamic).sum(axis=-1)))


_MOST_COUNT = 1e9
"""Tokens or sequences beyond this are no question."""


def _check(grid: GridInput) -> None:
    """Every axis filled and in range."""
    clocks = [engine_clocks(engine)[0] for engine in grid.engines]
    low = max((float(mhz[0]) for mhz in clocks), default=0.0)
    high = min((float(mhz[-1]) for mhz in clocks), default=np.inf)
    ranges: dict[str, tuple[tuple[float, ...], float, float]] = {
        "engines": (tuple(float(e.gpu_count) for e in grid.engines), 1.0, np.inf),
        "clock_mhz": (grid.clock_mhz, low, high),
        "batch": (grid.batch, 1.0, _MOST_COUNT),
        "prompt": (grid.prompt, 1.0, _MOST_COUNT),
        "output": (grid.output, 1.0, _MOST_COUNT),
        "load": (grid.load, np.nextafter(0.0, 1.0), 1.0),
    }
    if grid.requests_per_gpu_s:
        rates = grid.requests_per_gpu_s
        ranges["requests_per_gpu_s"] = (rates, np.nextafter(0.0, 1.0), np.inf)
    for name, (values, least, highest) in ranges.items():
        wrong = [v for v in values if not least <= v <= highest]
        if wrong or not values:
            raise ScenarioError(
                f"grid.{name}", f"must hold values from {least:g} to {highest:g}",
                wrong[0] if wrong else values,
                f"take out what lies outside {least:g} to {highest:g}"
                if wrong else "give at least one value",
            )  # fmt: skip

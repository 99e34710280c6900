"""
How busy servers are: the serving kernel's own row, one value per tick.

Every row of a site is fed by the same workload, so one row is simulated request by
request and its power, freed of idle power, is replayed on every row at an offset of
minutes. Offsets keep second-to-second peaks of rows from falling together, and keep
the day's shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.catalogue import CLOCK_CURVES
from twin.errors import ScenarioError
from twin.plan.memo import Memo
from twin.plan.whatif import base_row, scaled_rate
from twin.recording import Played, play
from twin.scenario.model import Scenario
from twin.scenario.workload import Replay
from twin.serving.kernel import S_MEAN
from twin.serving.traffic import Recordings
from twin.simulate import (
    Compiled,
    compile_scenario,
    new_meter,
    new_state,
    run_chunks,
    uncontrolled,
)
from twin.types import FloatArray

TRACE_DAYS = 7.0
"""Longer horizons repeat the week."""
SPREAD_S = 2400.0
"""Rows are offset by up to this much, plus and minus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """
    What one row's servers do.

    Args:
        frac: Power above idle ÷ full power above idle. 0..1, shape (ticks,)
        curve_mhz: Clocks. [MHz]
        curve_power: Power above idle at that clock ÷ the same at full clock.
        curve_slowdown: Time of a request at that clock ÷ at full clock; prompt and
            token phases weighted by their energy, which counts the prompt, the more
            sensitive of the two, a little too much.
        played: Recorded power that counts in place of `frac`.
    """

    frac: FloatArray
    curve_mhz: FloatArray
    curve_power: FloatArray
    curve_slowdown: FloatArray
    played: Played | None = None


def row_activity(
    scenario: Scenario,
    recordings: Recordings,
    *,
    memo: Memo | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Activity:
    """
    Simulate one row without control and read its activity off its power.

    Args:
        scenario: The site's scenario; its row, fleet and workload count.
        recordings: The datasets it names.
        memo: Remembers loads between questions.
        cancelled: Asked between chunks.

    Returns:
        The activity, as long as the horizon but at most a week.

    Raises:
        ScenarioError: If the scenario cannot be answered as it stands.
        Cancelled: If asked to stop.
    """
    if scenario.workload.replay is not None:
        return _played(scenario, scenario.workload.replay, recordings)
    base = _at_catalogue_power(base_row(scenario))
    days = min(TRACE_DAYS, scenario.horizon.days)
    base = base.model_copy(
        update={"horizon": base.horizon.model_copy(update={"days": days})}
    )
    memo = memo or Memo()
    rate = scaled_rate(base, recordings, memo, cancelled)
    return activity_at(base, recordings, rate, cancelled)


def activity_at(
    scenario: Scenario,
    recordings: Recordings,
    rate_per_server_s: float,
    cancelled: Callable[[], bool] | None = None,
) -> Activity:
    """
    Activity of a scenario's servers at a given rate, over its whole horizon.

    Args:
        scenario: Row, fleet, workload, seed and horizon count.
        recordings: The datasets it names.
        rate_per_server_s: Mean request rate per server. [1/s]
        cancelled: Asked between chunks.
    """
    free = uncontrolled(compile_scenario(scenario, recordings))
    setup = free.setup._replace(ticks_per_record=1)
    return _read(_with_setup(free, setup), rate_per_server_s, cancelled)


def _at_catalogue_power(scenario: Scenario) -> Scenario:
    """Activity is a part of what a server can draw, so it needs no other power."""
    fleet = scenario.fleet.model_copy(update={"server_power_frac": 1.0})
    return scenario.model_copy(update={"fleet": fleet})


def _played(scenario: Scenario, replay: Replay, recordings: Recordings) -> Activity:
    """
    Recorded power in place of a simulated row.

    What kind of work it was is not known: clocks cut its power and slow it as they do
    compute-bound work, and work that is slowed is not made up for later.
    """
    if replay.series not in recordings.power:
        has = ", ".join(sorted(recordings.power)) or "none"
        raise ScenarioError("workload.replay.series",
                            "must name recorded power at hand", replay.series,
                            f"choose a stored period; at hand: {has}")  # fmt: skip
    played = play(
        recordings.power[replay.series], tick_s=scenario.horizon.tick_s,
        speed=replay.speed, from_s=replay.from_s, to_s=replay.to_s,
    )  # fmt: skip
    gpu = scenario.server().gpu
    curve = CLOCK_CURVES[gpu.key]
    clocks = np.array(curve.clock_mhz)
    return Activity(
        frac=np.zeros(1), curve_mhz=clocks * (gpu.clock_max_mhz.value / clocks[-1]),
        curve_power=np.array(curve.dynamic_power_frac, dtype=np.float64),
        curve_slowdown=np.array(curve.slowdown, dtype=np.float64), played=played,
    )  # fmt: skip


def _with_setup(compiled: Compiled, setup: object) -> Compiled:
    from dataclasses import replace

    return replace(compiled, setup=setup)  # type: ignore[arg-type]


def _read(
    compiled: Compiled, rate: float, cancelled: Callable[[], bool] | None
) -> Activity:
    state, meter = new_state(compiled), new_meter(compiled)
    run_chunks(compiled, state, meter, rate, None, cancelled)
    count = compiled.scenario.fleet.server_count
    server = compiled.server
    idle_w, full_w = count * server.idle_w, count * server.full_w
    frac = (meter.series[:, S_MEAN] - idle_w) / (full_w - idle_w)
    curve = compiled.setup.curve
    prefill = float(state.inst["energy_prefill_j"].sum())
    decode = float(state.inst["energy_decode_j"].sum())
    share = prefill / max(1.0, prefill + decode)
    # slower work takes longer, so the same requests keep the server busy for longer
    power = share * curve[:, 0] * curve[:, 2] + (1 - share) * curve[:, 1] * curve[:, 3]
    return Activity(
        frac=np.clip(frac, 0.0, None),
        curve_mhz=np.ascontiguousarray(compiled.setup.curve_mhz),
        curve_power=np.minimum(1.0, np.maximum.accumulate(power)),
        curve_slowdown=share * curve[:, 0] + (1 - share) * curve[:, 1],
    )

"""
The library of row-days: the base row served request by request, remembered.

It depends on what traffic and servers are, not on how many servers stand there, how
much they draw, how the row is controlled or which seed a draw has.
"""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from twin.facility.activity import TRACE_DAYS, Activity, activity_at
from twin.load import capacity_per_server_s, find_rate
from twin.plan.memo import Memo, load_key
from twin.rowdays import kernel
from twin.rowdays.kernel import LEVEL_KNOTS, LEVEL_TOP
from twin.rowdays.records import Library
from twin.scenario.model import Scenario
from twin.serving.traffic import Recordings
from twin.simulate import compile_scenario
from twin.types import Cancel, FloatArray

LIBRARY_DAYS = 8
"""Days served request by request, at least: whole horizons of independent seeds."""
LEAST_RUNS = 3
LIBRARY_LEVELS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Loads ÷ the scenario's at which the first run's first day is served once more."""
SLOW_S = 600.0
"""Traffic's own noise is drawn by stretches of this length; faster is chance."""
QUANTILES = 401
MOST_LIBRARIES = 8
"""A memory keeps so many; one takes up to 30 MB."""
_WORKERS = 2


def library_of(
    scenario: Scenario,
    recordings: Recordings,
    memo: Memo | None = None,
    cancelled: Cancel | None = None,
) -> Library:
    """
    Serve the base row's days request by request, or remember them.

    Args:
        scenario: Traffic, server type, base row and horizon count; server count,
            power, load level, policy, delays and seed do not.
        recordings: The datasets it names.
        memo: Remembers libraries.
        cancelled: Asked between chunks.

    Returns:
        The library.

    Raises:
        ScenarioError: If the scenario cannot be answered as it stands.
        Cancelled: If asked to stop.
    """
    plain = _plain(scenario)
    return (memo or Memo()).remember(
        _key(plain, recordings), lambda: _serve(plain, recordings, cancelled),
        most=MOST_LIBRARIES,
    )  # fmt: skip


def _plain(scenario: Scenario) -> Scenario:
    """Return the base row as the library has it: everything a draw varies at rest."""
    load = scenario.workload.load.model_copy(update={"level": 1.0})
    days = min(TRACE_DAYS, scenario.horizon.days)
    return scenario.model_copy(update={
        "seed": 1,
        "fleet": scenario.fleet.model_copy(update={
            "server_count": scenario.row.base_server_count, "server_power_frac": 1.0,
        }),
        "workload": scenario.workload.model_copy(update={"load": load}),
        "horizon": scenario.horizon.model_copy(update={"days": days}),
    })  # fmt: skip


def _key(plain: Scenario, recordings: Recordings) -> str:
    """
    Name a library by all it depends on.

    Hashing large recordings takes longer than a row-day; a scenario that names none
    does not depend on them.
    """
    named = json.dumps(plain.workload.model_dump(mode="json")).find('"dataset"') >= 0
    lengths = any(one.lengths is not None for one in plain.workload.classes)
    used = recordings if named or lengths else Recordings.none()
    return f"row-days:{load_key(plain, used)}:{plain.horizon.tick_s!r}"


def _serve(
    plain: Scenario, recordings: Recordings, cancelled: Cancel | None
) -> Library:
    rate = find_rate(plain, recordings, cancelled=cancelled)
    runs = max(LEAST_RUNS, math.ceil(LIBRARY_DAYS / plain.horizon.days))
    runs = min(runs, LIBRARY_DAYS)
    others = [level for level in LIBRARY_LEVELS if level != 1.0]

    one_day = plain.horizon.model_copy(update={"days": min(1.0, plain.horizon.days)})

    def serve(asked: tuple[int, float]) -> Activity:
        seed, level = asked
        changes = {"seed": seed} if level == 1.0 else {"horizon": one_day}
        chosen = plain.model_copy(update=changes)
        return activity_at(chosen, recordings, level * rate, cancelled)

    wanted = [(seed, 1.0) for seed in range(1, runs + 1)]
    wanted += [(1, level) for level in others]
    with ThreadPoolExecutor(_WORKERS) as pool:  # the kernel releases the GIL
        served = list(pool.map(serve, wanted))
    days = np.stack([one.frac for one in served[:runs]])
    slow = np.empty_like(days)
    window = round(SLOW_S / plain.horizon.tick_s)
    for one, into in zip(days, slow, strict=True):
        kernel.slow_part(one, window, into)
    by_level = {x: y.frac for x, y in zip(others, served[runs:], strict=True)}
    by_level[1.0] = days[0, : served[-1].frac.size]
    steps = np.linspace(0.0, 1.0, QUANTILES)
    first = served[0]
    power = first.curve_power / first.curve_slowdown  # without being busy for longer
    return Library(
        slow=slow, fast=days - slow,
        curve=np.stack([first.curve_mhz, power, first.curve_slowdown]),
        levels=np.array(LIBRARY_LEVELS),
        quantiles=np.stack(
            [np.quantile(by_level[x], steps) for x in LIBRARY_LEVELS]
        ),
        rate_per_server_s=rate,
        room_per_server_s=capacity_per_server_s(compile_scenario(plain, recordings)),
        server_count=plain.fleet.server_count, tick_s=plain.horizon.tick_s,
    )  # fmt: skip


# --- other loads ------------------------------------------------------------------


def level_table(library: Library, level: float) -> FloatArray:
    """
    Activity at a load, by activity in the library.

    What is exceeded for a given part of the time there is exceeded for the same part
    here: the runs at other loads say what that is. Between two loads the tables are
    interpolated, below the lowest towards none, above the highest along the last two.

    Args:
        library: Holds the runs.
        level: Load ÷ the library's. > 0

    Returns:
        Activity at `LEVEL_KNOTS` steps from 0 to `LEVEL_TOP`. 0..LEVEL_TOP
    """
    knots = np.linspace(0.0, LEVEL_TOP, LEVEL_KNOTS)
    if level == 1.0:
        return knots
    own = library.quantiles[int(np.flatnonzero(library.levels == 1.0)[0])]
    known = [np.zeros(LEVEL_KNOTS)]
    known += [_carried(knots, own, there) for there in library.quantiles]
    levels = np.array([0.0, *library.levels])
    k = int(np.clip(np.searchsorted(levels, level), 1, levels.size - 1))
    part = (level - levels[k - 1]) / (levels[k] - levels[k - 1])
    table = known[k - 1] + part * (known[k] - known[k - 1])
    if level > levels[-1]:  # nobody can be busier than a saturated run was
        table = np.minimum(table, max(1.0, float(library.quantiles[-1, -1])))
    bounded: FloatArray = np.clip(table, 0.0, LEVEL_TOP)
    return bounded


def clock_curve(library: Library, level: float) -> FloatArray:
    """
    Power above idle by clock at a load: slower servers are as busy as under more of it.

    A request that takes twice as long keeps servers as busy as twice as many requests.

    Args:
        library: Holds the curve and how busy servers are at which load.
        level: Load ÷ the library's. > 0

    Returns:
        Clocks [MHz], power and time there ÷ at full clock. (3, knots)
    """
    mhz, power, slowdown = library.curve
    levels = np.array([0.0, *library.levels])
    busy = np.array([0.0, *library.quantiles.mean(axis=1)])
    more = np.interp(level * slowdown, levels, busy) / np.interp(level, levels, busy)
    return np.stack([mhz, np.minimum(1.0, power * more), slowdown])


def _carried(knots: FloatArray, own: FloatArray, there: FloatArray) -> FloatArray:
    """Where each activity of one run lies in another; beyond its ends, shifted."""
    inside = np.interp(knots, own, there)
    below = knots < own[0]
    inside[below] = knots[below] * (there[0] / own[0] if own[0] > 0.0 else 0.0)
    above = knots > own[-1]
    inside[above] = there[-1] + knots[above] - own[-1]
    return inside

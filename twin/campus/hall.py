"""
One hall over one window: what an engine runs, on a thread or another machine.

Pure: a job holds all that is needed, what comes back is all that changed. So a window
can be run again, anywhere, with the same answer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.campus.kernel import FEED_COLUMNS, TRACE_COLUMNS, advance_hall
from twin.campus.packed import Layout, views
from twin.campus.parts import PolicySpec
from twin.control import controller_for
from twin.facility.kernel import Meter, Site, State
from twin.types import AnyArray, BoolArray, FloatArray, IntArray

LOG_ROWS = 200_000
"""Room for what happens in a hall in one window."""
KEPT_OVER_TIME = ("mean_w", "max_w", "hall_c", "hottest_c", "site")
"""Meters with a row per record: a window brings its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """What a hall's jobs have in common."""

    site: Site
    layout: Layout
    own: IntArray
    servers: FloatArray
    ports: int
    recorded: int
    period_ticks: int
    policy: PolicySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    A hall from one tick to another.

    Args:
        constants: Its constants.
        block: Its state and meters, packed.
        open_record: The record under way: one row for each of KEPT_OVER_TIME.
        first_tick: First tick to run.
        end_tick: One past the last.
        event_tick: Ticks of what happens and of what it is told.
        events: Code, target, value.
        feed: Life of its ports. (ticks, ports, FEED_COLUMNS)
    """

    constants: Constants
    block: AnyArray
    open_record: tuple[AnyArray, ...]
    first_tick: int
    end_tick: int
    event_tick: IntArray
    events: FloatArray
    feed: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """
    A hall after a window.

    Args:
        block: Its state and meters.
        records: Rows of each of KEPT_OVER_TIME, from the record of the first tick on.
        log: What happened. (entries, 4)
        is_full: Whether more happened than the log holds.
        trace: Of each tick. (ticks, TRACE_COLUMNS)
        draws: Through each port. [W], (ticks, ports)
        needs: Whether it wants each port to be live. (ticks, ports)
        survey: Power above idle by priority at each period's end. [W], (periods, 2)
    """

    block: AnyArray
    records: tuple[AnyArray, ...]
    log: FloatArray
    is_full: bool
    trace: FloatArray
    draws: FloatArray
    needs: BoolArray
    survey: FloatArray


def run_halls(jobs: tuple[Job, ...]) -> tuple[Done, ...]:
    """Run some halls, one after the other: a partition's part of a window."""
    return tuple(run_hall(job) for job in jobs)


def try_halls(jobs: tuple[Job, ...]) -> tuple[Done, ...] | None:
    """
    Run some halls; None where that fails.

    What a future raises is then the loss of a worker, whatever the engine; a failure
    of the hall itself comes again where it is run by its caller.
    """
    try:
        return run_halls(jobs)
    except Exception:
        return None


def run_hall(job: Job) -> Done:
    """Run one hall over one window."""
    c, ticks = job.constants, job.end_tick - job.first_tick
    site, block = _writable(c.site), job.block.copy()
    arrays = views(c.layout, block)
    records = new_records(site, job.open_record, job.first_tick, job.end_tick)
    log = np.zeros((LOG_ROWS, 4))
    state, meter = state_of(arrays), meter_of(arrays, records, log)
    state.flags[1] = 0
    meter.origin[0] = job.first_tick // site.ticks_per_record
    meter.log_count[0] = 0
    trace = np.zeros((ticks, TRACE_COLUMNS))
    draws = np.zeros((ticks, c.ports))
    needs = np.zeros((ticks, c.ports), dtype=np.bool_)
    survey = np.zeros((ticks // c.period_ticks + 2, 2))
    decide, params = _policy(c.policy)
    advance_hall(
        site, state, meter, job.first_tick, job.end_tick, job.event_tick, job.events,
        np.array(job.feed), np.array(c.own), np.array(c.servers), c.period_ticks,
        np.zeros(4), trace, draws, needs, survey, decide, params.copy(),
    )  # fmt: skip
    logged = int(meter.log_count[0])
    return Done(
        block=block, records=records, log=log[:logged].copy(),
        is_full=logged > LOG_ROWS, trace=trace, draws=draws, needs=needs, survey=survey,
    )  # fmt: skip


def state_of(arrays: dict[str, Any]) -> State:
    """The state among a block's arrays."""
    return State(**{name: arrays[name] for name in State._fields})


def meter_of(
    arrays: dict[str, Any], records: tuple[AnyArray, ...], log: FloatArray
) -> Meter:
    """The meters of a block, with rows of a window."""
    rows = dict(zip(KEPT_OVER_TIME, records, strict=True))
    kept = {name: arrays[name] for name in Meter._fields if name in arrays}
    return Meter(**kept | rows, log=log)


def new_records(
    site: Site, open_record: tuple[AnyArray, ...], first_tick: int, end_tick: int
) -> tuple[AnyArray, ...]:
    """Rows for the records of a window, the first as it stands."""
    per = site.ticks_per_record
    count = (end_tick - 1) // per - first_tick // per + 1
    found = []
    for row in open_record:
        rows = np.zeros((count, *row.shape), dtype=row.dtype)
        rows[0] = row
        found.append(rows)
    return tuple(found)


def empty_feed(ticks: int, ports: int) -> FloatArray:
    """Ports that live on without an incident."""
    feed: FloatArray = np.zeros((ticks, ports, FEED_COLUMNS))
    feed[:, :, 1] = 1.0
    return feed


def _writable(site: Site) -> Site:
    """Constants as they are; copied where an engine handed them over read-only."""
    if site.limit_w.flags.writeable and site.activity.flags.writeable:
        return site
    fields: dict[str, Any] = {
        name: value.copy()
        for name, value in site._asdict().items()
        if isinstance(value, np.ndarray)
    }
    wiring = type(site.wiring)(*(part.copy() for part in site.wiring))
    return site._replace(**fields, wiring=wiring)


@functools.lru_cache(maxsize=16)
def _policy(spec: PolicySpec) -> tuple[Callable[..., Any], FloatArray]:
    """A policy's function and parameters; compiled once by each worker."""
    found = controller_for(
        spec.policy, clock_max_mhz=spec.clock_max_mhz,
        clock_min_mhz=spec.clock_min_mhz, telemetry_delay_s=spec.telemetry_delay_s,
    )  # fmt: skip
    return found.decide, found.params

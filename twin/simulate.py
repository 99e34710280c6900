"""
Compile a scenario into flat arrays, run it, and read the result off the meters.

`compile_scenario` is the one place where names become numbers. `simulate` runs the
horizon chunk by chunk, so progress can be shown, a run can be cancelled, and memory
stays flat however long the horizon is.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np

from twin.catalogue import CLOCK_CURVES, find_table
from twin.catalogue.performance import (
    ClockCurve,
    PhaseTable,
    clock_factors,
    decode_iteration_s,
    decode_power_frac,
)
from twin.catalogue.servers import Server
from twin.control import Controller, controller_for
from twin.errors import Cancelled, ScenarioError
from twin.meters import read_result
from twin.result import PriorityResult, RunResult
from twin.scenario.model import Scenario
from twin.scenario.policy import NoCap
from twin.serving import kernel
from twin.serving.kernel import Meter, Setup, State
from twin.serving.primitives import BINS, NEVER, SEQUENCE
from twin.serving.traffic import (
    Arrivals,
    Recordings,
    Traffic,
    arrivals_before,
    arrivals_between,
    build_traffic,
)

MAX_RECORDS = 1440
MAX_EVENTS = 5_000
QUEUE_LIMIT = 2048
MAX_PREFILL_TOKENS = 2048.0
"""Prompt tokens batched into one prefill; throughput falls beyond (Splitwise)."""
CHUNK_S = 6 * 3600.0
MOST_IN_CHUNK = 2_000_000
"""Requests drawn at once: a chunk is shorter where more are expected in it."""
MOST_REQUESTS = 2e9
"""Expected requests of one run beyond which it is refused; these take 15 minutes."""
FILL_S = 900.0
"""Rises of power count from here after a row was empty: it fills up first. [s]"""
_SAME = 1e-9

Progress = Callable[[float], None]
Draw = Callable[..., Iterator[Arrivals]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A scenario as arrays, ready to run any number of times."""

    scenario: Scenario
    server: Server
    table: PhaseTable
    curve: ClockCurve
    traffic: Traffic
    setup: Setup
    controller: Controller
    tick_count: int
    warm_up_ticks: int
    provisioned_w: float
    controlled: bool = True


# --- compile ------------------------------------------------------------------------


def compile_scenario(
    scenario: Scenario,
    recordings: Recordings,
    *,
    table: PhaseTable | None = None,
    curve: ClockCurve | None = None,
) -> Compiled:
    """
    Resolve a scenario against the catalogue and its datasets.

    Args:
        scenario: Inputs.
        recordings: The datasets the scenario names.
        table: Phase table instead of the catalogue's, to see what rests on it.
        curve: Clock curve instead of the catalogue's, likewise.

    Returns:
        The compiled scenario.

    Raises:
        ScenarioError: If a name is unknown or values do not go together; it names
            the field and the repair.
    """
    if scenario.workload.replay is not None:
        raise ScenarioError("workload.replay", "drives a whole site, not one row alone",
                            scenario.workload.replay.series, "add facility: {template: "
                            "{halls: 1, rows_per_hall: 1}} and ask for the "
                            "site")  # fmt: skip
    server = fleet_server(scenario)
    fleet = scenario.fleet
    table = table or find_table(fleet.model, server, fleet.gpus_per_instance)
    curve = curve or CLOCK_CURVES[server.gpu.key]
    provisioned_w = provisioned_power_w(scenario, server)
    traffic = _traffic(scenario, recordings)
    horizon_s = scenario.horizon.days * 86_400.0
    tick_count = max(1, round(horizon_s / scenario.horizon.tick_s))
    controller = row_controller(scenario, server, curve)
    setup = _setup(
        scenario, server, table, curve, provisioned_w, controller, tick_count
    )
    return Compiled(
        scenario=scenario, server=server, table=table, curve=curve, traffic=traffic,
        setup=setup, controller=controller, tick_count=tick_count,
        warm_up_ticks=warm_up_ticks(scenario, tick_count), provisioned_w=provisioned_w,
    )  # fmt: skip


def warm_up_ticks(scenario: Scenario, tick_count: int) -> int:
    """Ticks that rows have run before the horizon, at most as many as it has."""
    horizon = scenario.horizon
    return min(tick_count, math.ceil(horizon.warm_up_s / horizon.tick_s - _SAME))


def fleet_server(scenario: Scenario, key: str | None = None) -> Server:
    """Return a server type, the fleet's if none is named, with the power it draws."""
    server = scenario.server(key)
    return server.drawing(scenario.fleet.server_power_frac)


def provisioned_power_w(scenario: Scenario, server: Server) -> float:
    """Power limit of the row: given, or base servers × the catalogue's figure. [W]"""
    if scenario.row.provisioned_w is not None:
        return float(scenario.row.provisioned_w)
    return float(scenario.row.base_server_count * server.provisioned_w.value)


def clock_range_mhz(server: Server, curve: ClockCurve) -> tuple[float, float]:
    """Clocks a server can be held at: within the GPU's range and the curve's. [MHz]"""
    top_mhz = server.gpu.clock_max_mhz.value
    first_mhz = math.ceil(curve.clock_mhz[0] * top_mhz / curve.clock_mhz[-1])
    return max(server.gpu.clock_min_mhz.value, float(first_mhz)), top_mhz


def row_controller(scenario: Scenario, server: Server, curve: ClockCurve) -> Controller:
    """Policy of rows; a brake clock their servers cannot be held at is refused."""
    low_mhz, top_mhz = clock_range_mhz(server, curve)
    given_mhz = scenario.control.brake_clock_mhz
    if given_mhz is not None and not low_mhz <= given_mhz <= top_mhz:
        raise ScenarioError("control.brake_clock_mhz",
                            f"must be {low_mhz:g} to {top_mhz:g} MHz here", given_mhz,
                            "use a clock in that range, or leave it empty")  # fmt: skip
    return controller_for(
        scenario.policy, clock_max_mhz=top_mhz, clock_min_mhz=low_mhz,
        telemetry_delay_s=scenario.control.telemetry_delay_s,
    )  # fmt: skip


def low_server_count(server_count: int, low_priority_frac: float) -> int:
    """Servers that carry low priority; a priority with traffic keeps one at least."""
    low = round(server_count * low_priority_frac)
    if low_priority_frac > 0:
        low = max(1, low)
    if low_priority_frac < 1:
        low = min(server_count - 1, low)
    return low


def _traffic(scenario: Scenario, recordings: Recordings) -> Traffic:
    start = scenario.horizon.start
    try:
        zone = ZoneInfo(scenario.site.time_zone)
    except Exception as error:  # zoneinfo raises several kinds for bad names
        raise ScenarioError(
            "site.time_zone", "must be an IANA time zone", scenario.site.time_zone,
            'use a name such as "Europe/Madrid"'
        ) from error  # fmt: skip
    offset = start.astimezone(zone).utcoffset() or dt.timedelta(0)
    return build_traffic(
        scenario.workload, low_priority_frac=scenario.fleet.low_priority_frac,
        horizon_s=scenario.horizon.days * 86_400.0, start=start,
        time_zone_offset_s=offset.total_seconds(), seed=scenario.seed,
        recordings=recordings,
    )  # fmt: skip


def _setup(
    scenario: Scenario,
    server: Server,
    table: PhaseTable,
    curve: ClockCurve,
    provisioned_w: float,
    controller: Controller,
    tick_count: int,
) -> Setup:
    control = scenario.control
    tick_s = scenario.horizon.tick_s
    count = scenario.fleet.server_count
    per_server = server.gpu_count // table.tensor_parallel
    low = low_server_count(count, scenario.fleet.low_priority_frac)
    if count < 2 and 0 < scenario.fleet.low_priority_frac < 1:
        raise ScenarioError("fleet.server_count", "two priorities need two servers",
                            count, "use 2 servers or more, or low_priority_frac 0 or "
                            "1")  # fmt: skip
    group_w = table.tensor_parallel * server.gpu.tdp_w.value
    clocks, factors = clock_factors(curve, table, server.gpu.clock_max_mhz.value)
    idle_w = float(table.tensor_parallel * server.gpu.idle_w.value)
    # GPUs outside any instance idle for ever; they belong to the constant part
    spare = server.gpu_count - per_server * table.tensor_parallel
    spare_w = spare * server.gpu.idle_w.value * server.host_slope.value
    thresholds = [*controller.thresholds_frac.values(), 1.0]
    brake = float(control.brake_clock_mhz or server.gpu.brake_clock_mhz.value)
    return Setup(
        tick_s=tick_s, provisioned_w=provisioned_w,
        host_w=float(count * (server.host_w.value + spare_w)),
        host_slope=float(server.host_slope.value),
        first=np.array([0, low, count], dtype=np.int64) * per_server,
        max_batch=table.max_batch, queue_limit=QUEUE_LIMIT,
        kv_capacity=float(table.kv_capacity_tokens),
        max_prefill_tokens=MAX_PREFILL_TOKENS,
        prefill_tokens=np.array(table.prefill_tokens),
        prefill_s=np.array(table.prefill_s),
        prefill_w=np.array(table.prefill_power_frac) * group_w,
        decode_base_s=decode_iteration_s(table),
        kv_token_s=float(table.decode_kv_token_s),
        decode_w=decode_power_frac(table) * group_w, idle_w=idle_w, curve_mhz=clocks,
        curve=np.ascontiguousarray(factors), brake_mhz=brake,
        brake_on_w=control.brake_threshold_frac * provisioned_w,
        brake_off_w=control.brake_release_frac * provisioned_w,
        telemetry_ticks=math.ceil(control.telemetry_delay_s / tick_s - _SAME),
        cap_ticks=math.ceil(control.cap_latency_s / tick_s - _SAME),
        brake_ticks=math.ceil(control.brake_latency_s / tick_s - _SAME),
        thresholds_w=np.array(thresholds) * provisioned_w,
        ticks_per_record=max(1, math.ceil(tick_count / MAX_RECORDS)),
        rise_from_tick=max(
            0, round(FILL_S / tick_s) - warm_up_ticks(scenario, tick_count)
        ),
        ticks_2s=max(1, round(2.0 / tick_s)), ticks_40s=max(1, round(40.0 / tick_s)),
    )  # fmt: skip


# --- run -----------------------------------------------------------------------------


def simulate(
    compiled: Compiled,
    *,
    rate_per_server_s: float,
    reference: RunResult | None = None,
    on_progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RunResult:
    """
    Run a compiled scenario over its horizon.

    Args:
        compiled: The scenario.
        rate_per_server_s: Mean request rate per server. [1/s], see `find_rate`.
        reference: The same traffic without any control; gives the impacts. None
            leaves them NaN.
        on_progress: Called with the part done, 0..1.
        cancelled: Asked between chunks; true ends the run.

    Returns:
        The result.

    Raises:
        Cancelled: If `cancelled` said so.
    """
    if reference is not None and _never_acts(compiled, reference):
        return _as_controlled(compiled, reference)
    state, meter = new_state(compiled), new_meter(compiled)
    run_chunks(compiled, state, meter, rate_per_server_s, on_progress, cancelled)
    result = read_result(compiled, state, meter, rate_per_server_s=rate_per_server_s)
    return (
        result if reference is None else compare(compiled.scenario, result, reference)
    )


def uncontrolled(compiled: Compiled) -> Compiled:
    """Return the same scenario without caps and without a brake: the reference."""
    scenario = compiled.scenario.model_copy(update={"policy": NoCap()})
    controller = controller_for(
        scenario.policy, clock_max_mhz=0.0, clock_min_mhz=0.0, telemetry_delay_s=0.0
    )
    setup = compiled.setup._replace(brake_on_w=math.inf)
    return replace(
        compiled, scenario=scenario, setup=setup, controller=controller,
        controlled=False,
    )  # fmt: skip


def run_chunks(
    compiled: Compiled,
    state: State,
    meter: Meter,
    rate_per_server_s: float,
    on_progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> None:
    """
    Advance state and meter through warm-up and horizon, changed in place.

    The warm-up is the row's life before the horizon, under the same control. What it
    leaves behind counts: requests under way, caps in force, the policy's memory, a
    brake that still holds. What was metered in it does not, but for its peak, which a
    shortcut has to know.
    """
    ticks, before = compiled.tick_count, compiled.warm_up_ticks
    setup = compiled.setup
    rate_rps = rate_per_server_s * compiled.scenario.fleet.server_count
    per_tick = rate_rps * setup.tick_s
    _insist_countable(rate_per_server_s, per_tick, before + ticks)
    per_chunk = max(1, min(
        round(CHUNK_S / setup.tick_s), int(MOST_IN_CHUNK / max(per_tick, 1e-9))
    ))  # fmt: skip

    def advance(into: Meter, first: int, last: int, drawn: Draw) -> None:
        edges = [*range(first, last, per_chunk), last]
        chunks = drawn(
            compiled.traffic, rate_rps=rate_rps, edges_s=np.array(edges) * setup.tick_s
        )
        for start, end, chunk in zip(edges[:-1], edges[1:], chunks, strict=False):
            if cancelled is not None and cancelled():
                raise Cancelled
            compiled.controller.advance(
                setup, state, into, start, end, chunk, compiled.traffic.groups_low
            )
            if on_progress is not None:
                on_progress((before + end) / (before + ticks))
        kernel.settle(setup, state, into, last * setup.tick_s)

    if before:
        state.inst["synced_s"] = state.row[2] = -before * setup.tick_s
        earlier = new_meter(replace(compiled, tick_count=before))
        advance(earlier, -before, 0, arrivals_before)
        _hand_over(state, earlier, meter)
    advance(meter, 0, ticks, arrivals_between)


def _hand_over(state: State, earlier: Meter, meter: Meter) -> None:
    """Begin to meter: requests under way, a brake not released and the peak remain."""
    for name in ("energy_idle_j", "energy_decode_j", "energy_prefill_j"):
        state.inst[name] = 0.0
    counts = earlier.counts
    gone = [kernel.C_FINISHED, kernel.C_REJECTED_FULL, kernel.C_REJECTED_LONG]
    carried = counts[:, kernel.C_ARRIVED] - counts[:, gone].sum(axis=1)
    meter.counts[:, kernel.C_CARRIED] = carried
    meter.totals[kernel.M_BRAKES] = state.control[kernel.BRAKE_WANT]
    meter.totals[kernel.M_WARM_UP_PEAK_W] = earlier.totals[kernel.M_PEAK_W]


def _insist_countable(rate_per_server_s: float, per_tick: float, ticks: int) -> None:
    """Refuse traffic that no machine could go through request by request."""
    if per_tick * ticks > MOST_REQUESTS or per_tick > 5 * MOST_IN_CHUNK:
        raise ScenarioError("workload.load.requests_per_server_s", "times servers and "
                            f"horizon makes {per_tick * ticks:.3g} requests, "
                            f"{per_tick:.3g} a tick; more than {MOST_REQUESTS:g} or "
                            f"{5 * MOST_IN_CHUNK:g}", rate_per_server_s,
                            "lower it, shorten horizon.days, or take fewer "
                            "servers")  # fmt: skip


def _never_acts(compiled: Compiled, reference: RunResult) -> bool:
    """Whether the row never reaches a level that anything acts on or that is timed."""
    peak_frac = max(reference.peak_frac, reference.warm_up_peak_frac)
    levels = [*compiled.controller.thresholds_frac.values()]
    levels += [compiled.scenario.control.brake_threshold_frac, 1.0]
    return compiled.controller.threshold_driven and peak_frac <= min(levels)


def _as_controlled(compiled: Compiled, reference: RunResult) -> RunResult:
    """Relabel the reference as the run of a policy that never acted."""
    names = [*compiled.controller.thresholds_frac.items(), ("provisioned", 1.0)]
    above = tuple(
        replace(reference.above[-1], name=n, level_frac=v, above_s=0.0, crossings=0)
        for n, v in names
    )
    same = replace(reference, policy=compiled.controller.label, above=above)
    return compare(compiled.scenario, same, reference)


def compare(scenario: Scenario, run: RunResult, reference: RunResult) -> RunResult:
    """
    Fill a run's impacts and breaches from the reference run.

    Args:
        scenario: Holds the service levels.
        run: The run under a policy.
        reference: Same traffic and servers, no caps, no brake.

    Returns:
        The run with impacts and `slo_breaches`.
    """
    low = _impact(run.low, reference.low)
    high = _impact(run.high, reference.high)
    slo = scenario.slo
    breaches = []
    for name, value, limit in (
        ("high-priority P50 latency", high.p50_impact_frac, slo.high_p50_impact_frac),
        ("high-priority P99 latency", high.p99_impact_frac, slo.high_p99_impact_frac),
        ("low-priority P50 latency", low.p50_impact_frac, slo.low_p50_impact_frac),
        ("low-priority P99 latency", low.p99_impact_frac, slo.low_p99_impact_frac),
    ):
        if math.isnan(value):
            breaches.append(f"{name} unknown: no request finished")
        elif value > limit:
            breaches.append(f"{name} +{value:.1%}, allowed +{limit:.1%}")
    if run.brakes > slo.max_brakes:
        breaches.append(f"{run.brakes} power brakes, allowed {slo.max_brakes}")
    rejected = run.low.rejected_queue_full + run.high.rejected_queue_full
    if rejected:
        breaches.append(f"{rejected} requests refused: queue full")
    return replace(run, low=low, high=high, slo_breaches=tuple(breaches))


def _impact(run: PriorityResult, reference: PriorityResult) -> PriorityResult:
    """Fill one priority's impacts; nobody is hurt where nobody asked."""

    def rise(now: float, before: float) -> float:
        if run.arrived == 0:
            return 0.0
        return now / before - 1.0 if before > 0 else math.nan

    return replace(
        run,
        p50_impact_frac=rise(run.e2e.p50_s, reference.e2e.p50_s),
        p99_impact_frac=rise(run.e2e.p99_s, reference.e2e.p99_s),
        throughput_impact_frac=-rise(
            run.throughput_tokens_per_s, reference.throughput_tokens_per_s
        ),
    )


# --- memory of a run ------------------------------------------------------------


def new_state(compiled: Compiled) -> State:
    """Allocate the state of a run at time zero, every instance idle."""
    setup = compiled.setup
    n = int(setup.first[2])
    slot_count = n * (setup.max_batch + setup.queue_limit) + 1
    leaves = 1 << max(1, (n - 1).bit_length())
    inst = np.zeros(n, dtype=kernel.INSTANCE)
    inst["next_s"] = np.inf
    inst["power_w"] = setup.idle_w
    for name in ("queue_head", "queue_tail", "prefill_head"):
        inst[name] = -1
    for column, name in enumerate(
        ("slow_prefill", "slow_decode", "power_prefill", "power_decode")
    ):
        inst[name] = setup.curve[-1, column]
    slots = np.zeros(slot_count, dtype=kernel.SLOT)  # memory comes when first used
    state = State(
        inst=inst, load=np.zeros(n, dtype=np.int64), slots=slots,
        heap=np.zeros((n, setup.max_batch + 1), dtype=SEQUENCE),
        free=np.array([-1, 0], dtype=np.int64), tree=np.full(2 * leaves, np.inf),
        turn=np.zeros(2, dtype=np.int64), row=np.array([n * setup.idle_w, 0.0, 0.0]),
        telemetry_w=np.full(setup.telemetry_ticks + 1, np.nan),
        recent_w=np.zeros(max(2, setup.ticks_40s + 1)), control=np.zeros(9),
        memory=np.zeros(16), command=np.zeros(2), in_force=np.zeros(5),
    )  # fmt: skip
    for slot in (kernel.LAND_LOW, kernel.LAND_HIGH, kernel.BRAKE_LAND):
        state.control[slot] = NEVER
    return state


def new_meter(compiled: Compiled) -> Meter:
    """Allocate the meters of a run."""
    setup = compiled.setup
    groups = len(compiled.traffic.group_names)
    records = math.ceil(compiled.tick_count / setup.ticks_per_record)
    levels = setup.thresholds_w.size
    return Meter(
        series=np.zeros((records, 8)), totals=np.zeros(15), above_s=np.zeros(levels),
        crossings=np.zeros(levels), counts=np.zeros((groups, 7)),
        histogram=np.zeros((groups + 2, 3, BINS)),
        latency_sum_s=np.zeros((groups + 2, 3)), events=np.zeros((MAX_EVENTS, 4)),
        event_count=np.zeros(1, dtype=np.int64),
    )  # fmt: skip

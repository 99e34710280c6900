"""Read a run's meters into a result."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twin.result import (
    ClassResult,
    ControlEvent,
    EnergySplit,
    Latency,
    PriorityResult,
    RunResult,
    Series,
    ThresholdTime,
)
from twin.serving import kernel as k
from twin.serving.histogram import percentile_s

if TYPE_CHECKING:
    from twin.serving.kernel import Meter, State
    from twin.simulate import Compiled

_KINDS = {
    k.EV_COMMAND: "command", k.EV_LANDED: "landed",
    k.EV_BRAKE_COMMAND: "brake-command", k.EV_BRAKE_LANDED: "brake-landed",
}  # fmt: skip
_TARGETS = ("low", "high", "all")


def read_result(
    compiled: Compiled, state: State, meter: Meter, *, rate_per_server_s: float
) -> RunResult:
    """
    Turn meters into a result; impacts are NaN until compared with a reference.

    Args:
        compiled: The scenario that ran.
        state: Its final state.
        meter: Its meters.
        rate_per_server_s: Mean request rate per server. [1/s]

    Returns:
        The result.
    """
    setup, totals = compiled.setup, meter.totals
    horizon_s = compiled.tick_count * setup.tick_s
    energy_j = float(totals[k.M_ENERGY_J])
    provisioned_w = compiled.provisioned_w
    low = _priority(compiled, meter, "low", horizon_s, totals[k.M_CAPPED_LOW_S])
    high = _priority(compiled, meter, "high", horizon_s, totals[k.M_CAPPED_HIGH_S])
    tokens = low.output_tokens + high.output_tokens
    names = [*compiled.controller.thresholds_frac.items(), ("provisioned", 1.0)]
    if not compiled.controlled:
        names = names[-1:]
    levels = zip(names, meter.above_s[-len(names):], meter.crossings[-len(names):],
                 strict=True)  # fmt: skip
    return RunResult(
        policy=compiled.controller.label if compiled.controlled else "uncontrolled",
        server_count=compiled.scenario.fleet.server_count,
        base_server_count=compiled.scenario.row.base_server_count,
        seed=compiled.scenario.seed,
        horizon_s=horizon_s,
        tick_s=setup.tick_s,
        provisioned_w=provisioned_w,
        rate_per_server_s=rate_per_server_s,
        peak_w=float(totals[k.M_PEAK_W]),
        peak_frac=float(totals[k.M_PEAK_W]) / provisioned_w,
        peak_t_s=float(totals[k.M_PEAK_TICK]) * setup.tick_s,
        warm_up_peak_frac=float(totals[k.M_WARM_UP_PEAK_W]) / provisioned_w,
        mean_w=energy_j / horizon_s,
        mean_frac=energy_j / horizon_s / provisioned_w,
        energy_wh=energy_j / 3600.0,
        energy_per_token_j=energy_j / tokens if tokens else math.nan,
        energy_split=_energy(compiled, state, horizon_s),
        rise_2s_frac=float(totals[k.M_RISE_2S_W]) / provisioned_w,
        rise_40s_frac=float(totals[k.M_RISE_40S_W]) / provisioned_w,
        above=tuple(
            ThresholdTime(
                name=name, level_frac=level, above_s=float(s), crossings=int(n)
            )
            for (name, level), s, n in levels
        ),
        caps_low=int(totals[k.M_CAPS_LOW]),
        caps_high=int(totals[k.M_CAPS_HIGH]),
        releases=int(totals[k.M_RELEASES]),
        brakes=int(totals[k.M_BRAKES]),
        brake_s=float(totals[k.M_BRAKE_S]),
        low=low,
        high=high,
        classes=_classes(compiled, meter),
        series=_series(compiled, meter),
        events=_events(meter),
        events_dropped=int(totals[k.M_EVENTS_DROPPED]),
        slo_breaches=(),
    )


def _latency(meter: Meter, rows: list[int], metric: int) -> Latency:
    counts = meter.histogram[rows, metric].sum(axis=0)
    total = float(counts.sum())
    mean = float(meter.latency_sum_s[rows, metric].sum()) / total if total else math.nan
    return Latency(
        p50_s=percentile_s(counts, 0.5), p90_s=percentile_s(counts, 0.9),
        p99_s=percentile_s(counts, 0.99), mean_s=mean,
    )  # fmt: skip


def _priority(
    compiled: Compiled, meter: Meter, name: str, horizon_s: float, capped_s: float
) -> PriorityResult:
    rows = [i for i, (p, _) in enumerate(compiled.traffic.group_names) if p == name]
    counts = meter.counts[rows].sum(axis=0)
    first = compiled.setup.first
    side = 0 if name == "low" else 1
    per_server = compiled.server.gpu_count // compiled.table.tensor_parallel
    arrived, finished = int(counts[k.C_ARRIVED]), int(counts[k.C_FINISHED])
    carried = int(counts[k.C_CARRIED])
    full, long = int(counts[k.C_REJECTED_FULL]), int(counts[k.C_REJECTED_LONG])
    tbt_row = len(compiled.traffic.group_names) + side
    return PriorityResult(
        priority=name, server_count=int(first[side + 1] - first[side]) // per_server,
        arrived=arrived, carried_over=carried, finished=finished,
        in_flight=carried + arrived - finished - full - long,
        rejected_queue_full=full, rejected_too_long=long,
        output_tokens=float(counts[k.C_OUTPUT_TOKENS]),
        throughput_tokens_per_s=float(counts[k.C_OUTPUT_TOKENS]) / horizon_s,
        ttft=_latency(meter, rows, k.TTFT), tbt=_latency(meter, [tbt_row], k.TBT),
        e2e=_latency(meter, rows, k.E2E), capped_s=float(capped_s),
        p50_impact_frac=math.nan, p99_impact_frac=math.nan,
        throughput_impact_frac=math.nan,
    )  # fmt: skip


def _classes(compiled: Compiled, meter: Meter) -> tuple[ClassResult, ...]:
    return tuple(
        ClassResult(
            priority=priority, name=name, finished=int(meter.counts[i, k.C_FINISHED]),
            ttft=_latency(meter, [i], k.TTFT), e2e=_latency(meter, [i], k.E2E),
        )
        for i, (priority, name) in enumerate(compiled.traffic.group_names)
    )  # fmt: skip


def _energy(compiled: Compiled, state: State, horizon_s: float) -> EnergySplit:
    setup = compiled.setup
    per_wh = setup.host_slope / 3600.0
    return EnergySplit(
        prefill_wh=float(state.inst["energy_prefill_j"].sum()) * per_wh,
        decode_wh=float(state.inst["energy_decode_j"].sum()) * per_wh,
        gpu_idle_wh=float(state.inst["energy_idle_j"].sum()) * per_wh,
        host_wh=setup.host_w * horizon_s / 3600.0,
    )


def _series(compiled: Compiled, meter: Meter) -> Series:
    setup = compiled.setup
    raw = meter.series
    per = np.full(raw.shape[0], float(setup.ticks_per_record))
    per[-1] = compiled.tick_count - setup.ticks_per_record * (raw.shape[0] - 1)
    return Series(
        t_s=np.arange(raw.shape[0], dtype=np.float64)
        * (setup.ticks_per_record * setup.tick_s),
        row_min_w=raw[:, k.S_MIN].copy(),
        row_mean_w=raw[:, k.S_MEAN] / per,
        row_max_w=raw[:, k.S_MAX].copy(),
        low_clock_mhz=raw[:, k.S_LOW_CLOCK].copy(),
        high_clock_mhz=raw[:, k.S_HIGH_CLOCK].copy(),
        brake=raw[:, k.S_BRAKE].copy(),
        queued=raw[:, k.S_QUEUE].copy(),
        arrivals_rps=raw[:, k.S_ARRIVED] / (per * setup.tick_s),
    )


def _events(meter: Meter) -> tuple[ControlEvent, ...]:
    rows = meter.events[: int(meter.event_count[0])].tolist()
    return tuple(
        ControlEvent(t_s=t, kind=_KINDS[kind], target=_TARGETS[int(g)], value=value)
        for t, kind, g, value in rows
    )

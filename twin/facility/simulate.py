"""Run a site over its horizon and read its meters."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from twin.catalogue.electrical import find_loss
from twin.catalogue.servers import Server
from twin.errors import Cancelled, PolicyError
from twin.facility import kernel
from twin.facility.assemble import Assembled
from twin.facility.cascade import Stage
from twin.facility.kernel import Meter, State
from twin.facility.memory import chunk_ticks, new_meter, new_state
from twin.facility.result import (
    NodeResult,
    RackResult,
    RowResult,
    SiteEvent,
    SiteResult,
    SiteSeries,
)
from twin.facility.screening import failover
from twin.facility.stage import set_stage
from twin.power.sweep import GENERATOR
from twin.types import FloatArray

EVENT_NAMES = (
    "event", "trip", "dead", "alive", "on-store", "store-empty", "generator-start",
    "generator-ready", "command", "landed", "brake", "brake-landed", "too-hot",
    "generator-stop",
)  # fmt: skip
EVENT_CODES = (
    ("node lost", "node back"), ("module lost", "modules back"),
    ("airflow lost", "airflow back"), ("chillers lost", "chillers back"),
    ("CDU pumps lost", "CDU pumps back"), ("telemetry blackout", "telemetry back"),
    ("command path down", "command path back"), ("stuck cap", "caps land again"),
    ("slow BMC", "BMC as usual"),
    ("generator does not start", "generator starts again"),
)  # fmt: skip
"""What begins, and what ends, by the kernel's code."""


def run_site(
    a: Assembled,
    *,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SiteResult:
    """
    Run a site.

    Args:
        a: The site as arrays.
        on_progress: Told the part done, 0..1.
        cancelled: Asked between chunks; true ends the run.

    Returns:
        The result, with each node's load under the loss of any other node.

    Raises:
        Cancelled: If asked to stop.
        PolicyError: If the policy is a Python function.
    """
    return run_and_stage(a, on_progress=on_progress, cancelled=cancelled)[0]


def run_and_stage(
    a: Assembled,
    *,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[SiteResult, Stage]:
    """Run a site, and set the stage for screening at its worst record."""
    if not a.controller.is_compiled:
        raise PolicyError("policy", "must be compiled to run a whole site",
                          a.controller.label, "use a built-in policy")  # fmt: skip
    state, meter, chunk = new_state(a, cancelled), new_meter(a), chunk_ticks(a)
    for first in range(0, a.tick_count, chunk):
        if cancelled is not None and cancelled():
            raise Cancelled
        end = min(a.tick_count, first + chunk)
        kernel.advance(
            a.site, state, meter, first, end, a.timeline.tick, a.timeline.change,
            a.controller.decide, a.controller.params,
        )  # fmt: skip
        if on_progress is not None:
            on_progress(end / a.tick_count)
    stage = set_stage(a)
    return _result(a, state, meter, stage), stage


# --- reading ------------------------------------------------------------------------


def _ticks_of(a: Assembled) -> FloatArray:
    """Ticks of each record; the last may be short."""
    records = math.ceil(a.tick_count / a.site.ticks_per_record)
    per = np.full(records, float(a.site.ticks_per_record))
    per[-1] = a.tick_count - a.site.ticks_per_record * (records - 1)
    return per


def _result(a: Assembled, state: State, meter: Meter, stage: Stage) -> SiteResult:
    site, network = a.site, a.network
    failover_w, cause = failover(network, stage)
    per, depth = _ticks_of(a), network.depth()
    failover_w = np.maximum(failover_w, meter.peak_w)
    stranded_w = _stranded_w(a, failover_w)
    sides = {n.name: n.side for n in a.facility.electrical}
    nodes = tuple(
        replace(
            _node(a, state, meter, i, per),
            side=sides.get(network.nodes[i].name, ""), depth=int(depth[i]),
            failover_w=float(failover_w[i]), stranded_w=float(stranded_w[i]),
            failover_cause=network.nodes[cause[i]].name if cause[i] >= 0 else "",
        )
        for i in range(network.rack_first)
    )  # fmt: skip
    racks = tuple(_rack(a, meter, r, nodes) for r in range(len(a.racks)))
    sums = meter.site[:, : kernel.S_LOST] / per[:, None]
    total = float(site.servers.sum())
    planned = sum(row.limit_w for row in a.rows)
    per_server = a.servers[0].provisioned_w.value
    wh = a.site.tick_s / 3600.0
    horizon_s = a.tick_count * site.tick_s
    logged = int(meter.log_count[0])
    series = SiteSeries(
        t_s=np.arange(per.size, dtype=np.float64)
        * (site.ticks_per_record * site.tick_s),
        it_w=sums[:, kernel.S_IT], facility_w=sums[:, kernel.S_FACILITY],
        mechanical_w=sums[:, kernel.S_MECHANICAL],
        lost_servers=meter.site[:, kernel.S_LOST],
        capped_rows=meter.site[:, kernel.S_CAPPED] / per,
        hall_c=meter.hall_c, hottest_c=meter.hottest_c,
    )  # fmt: skip
    return SiteResult(
        name=a.scenario.site.name, policy=a.controller.label, server_count=round(total),
        provisioned_servers=round(planned / per_server), seed=a.scenario.seed,
        horizon_s=horizon_s, tick_s=site.tick_s, nodes=nodes, racks=racks,
        rows=tuple(_row(a, meter, k) for k in range(len(a.rows))), halls=a.halls,
        series=series, events=_events(a, meter),
        events_dropped=max(0, logged - meter.log.shape[0]),
        it_wh=float(meter.site[:, kernel.S_IT].sum()) * wh,
        facility_wh=float(meter.site[:, kernel.S_FACILITY].sum()) * wh,
        mechanical_wh=float(meter.site[:, kernel.S_MECHANICAL].sum()) * wh,
        binding=_binding(nodes, a.timeline.planned_out),
    )  # fmt: skip


def _stranded_w(a: Assembled, most_w: FloatArray) -> FloatArray:
    """Room of each node that the rows below it cannot use. [W], shape (nodes,)"""
    site, wiring = a.site, a.site.wiring
    headroom_w = site.limit_w - most_w
    usable_w = np.zeros(headroom_w.size)
    for k in range(site.row_limit_w.size):
        path = site.path_node[site.path_first[k] : site.path_first[k + 1]]
        room_w = max(0.0, float(headroom_w[path].min()))
        feeds = {
            int(f) for i in path
            for f in wiring.feed[wiring.first[i] : wiring.first[i + 1]]
        }  # fmt: skip
        usable_w[sorted(feeds | set(path.tolist()))] += room_w
    limited = np.isfinite(headroom_w)
    return np.where(limited, np.maximum(0.0, headroom_w - usable_w), 0.0)


def _node(
    a: Assembled, state: State, meter: Meter, i: int, per: FloatArray
) -> NodeResult:
    """Read one node's meters; what needs the whole site is filled in by the caller."""
    spec, wiring = a.network.nodes[i], a.site.wiring
    in_j, out_j, given_j, taken_j = meter.energy_j[i]
    owed_j = state.owed_j[i]
    horizon_s = a.tick_count * a.site.tick_s
    trip = int(meter.trip_tick[i])
    peak_w = float(meter.peak_w[i])
    phases = a.phase_parts[i] * peak_w
    return NodeResult(
        name=spec.name, kind=spec.kind, side="", fed_by=spec.fed_by, depth=0,
        rated_w=spec.rated_w, limit_w=float(a.site.limit_w[i]),
        provisioned_w=float(a.provisioned_w[i]), nameplate_w=float(a.nameplate_w[i]),
        peak_w=peak_w, peak_t_s=float(meter.peak_tick[i]) * a.site.tick_s,
        mean_w=out_j / horizon_s, failover_w=peak_w, failover_cause="", stranded_w=0.0,
        in_wh=in_j / 3600.0,
        feed_wh=tuple(
            float(j) / 3600.0
            for j in meter.edge_j[wiring.first[i] : wiring.first[i + 1]]
        ),
        out_wh=out_j / 3600.0, loss_wh=(in_j - out_j + owed_j) / 3600.0,
        discharged_wh=given_j / 3600.0, charged_wh=taken_j / 3600.0,
        owed_wh=owed_j / 3600.0,
        trip_t_s=trip * a.site.tick_s if trip >= 0 else None,
        trip_heat=float(meter.heat_max[i]),
        phase_w=(float(phases[0]), float(phases[1]), float(phases[2])),
        mean_series_w=meter.mean_w[:, i] / per, max_series_w=meter.max_w[:, i],
    )  # fmt: skip


def _rack(
    a: Assembled, meter: Meter, r: int, nodes: tuple[NodeResult, ...]
) -> RackResult:
    rack, i = a.racks[r], a.site.rack_first + r
    wiring = a.site.wiring
    peak_w = float(meter.peak_w[i])
    limit_w, weakest = _weakest(a, nodes, i, peak_w)
    horizon_s, wh = a.tick_count * a.site.tick_s, float(meter.energy_j[i, 1]) / 3600.0
    powered_s = rack.server_count * horizon_s - float(meter.dark_s[r])
    gpu_wh, supply_loss_wh = _within(a.servers[r], wh, powered_s / 3600.0)
    return RackResult(
        name=rack.name, hall=rack.hall, row=rack.row, aisle=rack.aisle,
        position=rack.position, server=a.servers[r].key,
        server_u=a.servers[r].height_u.value, fed_by=rack.fed_by,
        feed_wh=tuple(
            float(j) / 3600.0
            for j in meter.edge_j[wiring.first[i] : wiring.first[i + 1]]
        ),
        server_count=rack.server_count, peak_w=peak_w,
        mean_w=wh * 3600.0 / horizon_s, gpu_wh=gpu_wh, supply_loss_wh=supply_loss_wh,
        limit_w=limit_w, weakest=weakest,
        inlet_peak_c=float(meter.inlet_max_c[r]), gpu_peak_c=float(meter.gpu_max_c[r]),
        throttled_s=float(meter.throttle_s[r]), lost_s=float(meter.lost_s[r]),
    )  # fmt: skip


def _within(server: Server, wh: float, powered_h: float) -> tuple[float, float]:
    """
    Split servers' energy: what reaches the GPUs, what their supplies lose. [Wh]

    Server power is a line in GPU power. Two banks of supplies, each rated for the
    whole server, share its mean draw.
    """
    if wh <= 0 or powered_h <= 0:
        return 0.0, 0.0
    gpu_wh = max(0.0, wh - server.host_w.value * powered_h) / server.host_slope.value
    rated_w = server.rated_w.value
    out_frac = 0.5 * wh / powered_h / rated_w
    psu = find_loss("psu")
    kept = psu.efficiency(out_frac)
    return min(gpu_wh, wh * kept), wh * (1.0 - kept)


def _weakest(
    a: Assembled, nodes: tuple[NodeResult, ...], i: int, peak_w: float
) -> tuple[float, str]:
    """
    What a rack may draw: its peak plus the least headroom on its path.

    With two cords the weaker path counts, for it has to carry the rack alone.
    """
    least, name = math.inf, ""
    wiring = a.site.wiring
    waiting = list(wiring.feed[wiring.first[i] : wiring.first[i + 1]])
    seen = set(waiting)
    while waiting:
        k = int(waiting.pop())
        if wiring.role[k] != GENERATOR and nodes[k].headroom_w < least:
            least, name = nodes[k].headroom_w, nodes[k].name
        new = list(wiring.feed[wiring.first[k] : wiring.first[k + 1]])
        waiting += [f for f in new if f not in seen]
        seen.update(new)
    return peak_w + least, name


def _row(a: Assembled, meter: Meter, k: int) -> RowResult:
    low, high, releases, brakes, low_s, high_s = meter.row_counts[k]
    row = a.rows[k]
    return RowResult(
        name=row.name, nodes=row.nodes, limit_w=row.limit_w,
        peak_w=float(meter.row_peak_w[k]), caps_low=int(low), caps_high=int(high),
        releases=int(releases), brakes=int(brakes), capped_low_s=float(low_s),
        capped_high_s=float(high_s),
    )  # fmt: skip


def _events(a: Assembled, meter: Meter) -> tuple[SiteEvent, ...]:
    count = min(int(meter.log_count[0]), meter.log.shape[0])
    return tuple(site_event(a, row) for row in meter.log[:count].tolist())


def site_event(a: Assembled, row: list[float]) -> SiteEvent:
    """Put an entry of the kernel's log into words."""
    tick, kind, target, value = row
    name = EVENT_NAMES[int(kind)]
    k = int(target)
    if name == "event":
        ended = value < 0.0
        code = int(-1.0 - value if ended else value)
        whom = ""
        if code in (kernel.NODE_DOWN, kernel.MODULES, kernel.NO_START):
            whom = a.network.nodes[k].name
        elif code in (kernel.AIRFLOW, kernel.CHILLERS, kernel.CDU):
            whom = a.halls[k]
        elif code == kernel.STUCK:
            whom = a.rows[k].name
        value = float(code)
        target_name = f"{EVENT_CODES[code][ended]} {whom}".strip()
    elif name in ("command", "landed"):
        target_name = f"{a.rows[k // 2].name} {('low', 'high')[k % 2]} priority"
    elif name in ("brake", "brake-landed"):
        target_name = a.rows[k].name
    else:
        target_name = a.network.nodes[k].name
    t_s = tick * a.site.tick_s
    return SiteEvent(t_s=t_s, kind=name, target=target_name, value=value)


def _binding(nodes: tuple[NodeResult, ...], planned_out: tuple[str, ...]) -> str:
    """Name the node nearest to its limit and why, in words."""
    real = [n for n in nodes if math.isfinite(n.limit_w) and n.kind != "generator"]
    if not real:
        return "no node has a limit"
    worst = max(real, key=lambda n: max(n.peak_w, n.failover_w) / n.limit_w)
    if worst.failover_w > worst.peak_w and worst.failover_cause:
        part = 100 * worst.failover_w / worst.limit_w
        out = f" while {' and '.join(planned_out)} is out" if planned_out else ""
        return f"{worst.name} at {part:.0f} % on loss of {worst.failover_cause}{out}"
    return f"{worst.name} at {100 * worst.peak_w / worst.limit_w:.0f} %, all well"

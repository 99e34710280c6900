"""Read a campus's meters once its run is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.campus.control import Rules
from twin.campus.coordinator import Coordinator
from twin.campus.ledger import Ledger, PartLedger
from twin.campus.packed import views
from twin.campus.result import (
    CampusResult,
    CampusSeries,
    ContractResult,
    HallResult,
    NodeArrays,
    RackArrays,
)
from twin.campus.series import CAMPUS_CURVES, HALL_CURVES
from twin.facility import kernel
from twin.facility.assemble import Assembled
from twin.facility.result import SiteEvent
from twin.facility.simulate import site_event
from twin.power.sweep import GENERATOR
from twin.types import FloatArray

_WH = 3600.0


@dataclass(frozen=True, slots=True)
class _Meters:
    """Meters of one part, and which nodes of the site it has."""

    own: PartLedger
    arrays: dict[str, Any]
    real: np.ndarray  # its nodes that are the site's
    nodes: np.ndarray  # their numbers there


def _meters(own: PartLedger) -> _Meters:
    real = np.flatnonzero(own.part.nodes >= 0)
    arrays = views(own.constants.layout, own.block)
    return _Meters(own, arrays, real, own.part.nodes[real])


def read_result(a: Assembled, c: Coordinator, ledger: Ledger) -> CampusResult:
    """
    Read a campus's meters.

    Args:
        a: The site as arrays.
        c: What halls shared.
        ledger: What halls did.
    """
    head, halls = _meters(c.own), [_meters(own) for own in ledger.halls]
    parts = [head, *halls]
    series, curves = _series(a, c), c.series.campus
    total = {
        name: float(curves.total[:, at].sum()) * c.tick_s
        for at, name in enumerate(CAMPUS_CURVES)
    }
    events = _events(a, parts)
    return CampusResult(
        name=a.scenario.site.name, policy=a.controller.label, seed=a.scenario.seed,
        server_count=round(float(a.site.servers.sum())), node_count=a.site.rack_first,
        horizon_s=a.tick_count * c.tick_s, tick_s=c.tick_s,
        utility_peak_w=float(c.series.noted[4]),
        utility_peak_t_s=float(c.series.noted[5]) * c.tick_s,
        utility_wh=total["utility_w"] / _WH, facility_wh=total["facility_w"] / _WH,
        it_wh=total["it_w"] / _WH, mechanical_wh=total["mechanical_w"] / _WH,
        shared_loss_wh=_loss_wh(head), water_kg=total["water_kg_s"],
        lost_server_h=sum(float(m.arrays["lost_s"].sum()) for m in halls) / _WH,
        capped_server_h=total["capped_servers"] / _WH,
        contract=_contract(c.rules, c, series),
        halls=tuple(_hall(a, c, h, m, series) for h, m in enumerate(halls)),
        nodes=_nodes(a, parts, c.tick_s), racks=_racks(a, halls, c.tick_s),
        series=series, events=events,
        events_dropped=sum(m.own.dropped for m in parts),
    )  # fmt: skip


def _loss_wh(m: _Meters) -> float:
    """What a part's nodes take in and do not hand on; stores' fill counts."""
    energy_j = m.arrays["energy_j"][m.real]
    return float((energy_j[:, 0] - energy_j[:, 1]).sum()) / _WH


def _hall(
    a: Assembled, c: Coordinator, h: int, m: _Meters, series: CampusSeries
) -> HallResult:
    part, curves = m.own.part, c.series.halls
    columns = {name: h * len(HALL_CURVES) + at for at, name in enumerate(HALL_CURVES)}

    def wh(name: str) -> float:
        return float(curves.total[:, columns[name]].sum()) * c.tick_s / _WH

    def peak(name: str) -> float:
        return float(curves.most[:, columns[name]].max())

    share_w = series.share_w[:, h][np.isfinite(series.share_w[:, h])]
    racks = part.site.rack_first
    made = part.own[part.site.wiring.role[part.own] == GENERATOR]
    of_nodes = m.arrays["energy_j"][m.real[m.real < racks]]
    return HallResult(
        name=a.halls[h], server_count=round(float(part.site.servers.sum())),
        drawn_peak_w=peak("drawn_w"), drawn_wh=wh("drawn_w"),
        generated_wh=float(m.arrays["energy_j"][made, 0].sum()) / _WH,
        it_peak_w=peak("it_w"), it_wh=wh("it_w"), mechanical_wh=wh("mechanical_w"),
        loss_wh=float((of_nodes[:, 0] - of_nodes[:, 1]).sum()) / _WH,
        water_kg=wh("water_kg_s") * _WH, capped_server_h=wh("capped_servers"),
        lost_server_h=float(m.arrays["lost_s"].sum()) / _WH,
        inlet_peak_c=float(m.arrays["inlet_max_c"].max()),
        gpu_peak_c=float(m.arrays["gpu_max_c"].max()),
        share_min_w=float(share_w.min()) if share_w.size else float("nan"),
        share_max_w=float(share_w.max()) if share_w.size else float("nan"),
        trips=int((m.arrays["trip_tick"][m.real] >= 0).sum()),
        brakes=int(m.arrays["row_counts"][:, 3].sum()),
    )  # fmt: skip


# --- nodes and racks ----------------------------------------------------------------


def _nodes(a: Assembled, parts: list[_Meters], tick_s: float) -> NodeArrays:
    count = a.site.rack_first

    def by_node(name: str, column: int | None = None) -> FloatArray:
        found: FloatArray = np.zeros(len(a.network.nodes))
        for m in parts:
            values = m.arrays[name]
            values = values if column is None else values[:, column]
            found[m.nodes] = values[m.real]
        return found[:count]

    trip = by_node("trip_tick")
    recorded, mean_w, max_w = _recorded(parts, a)
    nodes = a.network.nodes[:count]
    return NodeArrays(
        name=tuple(n.name for n in nodes), kind=tuple(n.kind for n in nodes),
        limit_w=a.site.limit_w[:count].copy(), peak_w=by_node("peak_w"),
        peak_t_s=by_node("peak_tick") * tick_s, in_wh=by_node("energy_j", 0) / _WH,
        out_wh=by_node("energy_j", 1) / _WH,
        discharged_wh=by_node("energy_j", 2) / _WH,
        charged_wh=by_node("energy_j", 3) / _WH,
        trip_t_s=np.where(trip >= 0, trip * tick_s, np.nan),
        recorded=recorded, mean_w=mean_w, max_w=max_w,
    )  # fmt: skip


def _recorded(
    parts: list[_Meters], a: Assembled
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes that are kept over time, and their curves."""
    per = _ticks_of(a)[:, None].astype(np.float32)
    numbers, means, tops = [], [], []
    for m in parts:
        part, (mean_w, max_w, *_) = m.own.part, m.own.records
        here = np.flatnonzero(part.nodes[: part.recorded] >= 0)
        numbers.append(part.nodes[here])
        means.append(np.asarray(mean_w[:, here], dtype=np.float32) / per)
        tops.append(max_w[:, here])
    return np.concatenate(numbers), np.hstack(means), np.hstack(tops)


def _racks(a: Assembled, halls: list[_Meters], tick_s: float) -> RackArrays:
    def by_rack(name: str) -> FloatArray:
        found: FloatArray = np.zeros(len(a.racks))
        for m in halls:
            found[m.own.part.racks] = m.arrays[name]
        return found

    peak_w, out_j = np.zeros(len(a.racks)), np.zeros(len(a.racks))
    for m in halls:
        first, racks = m.own.part.site.rack_first, m.own.part.racks
        peak_w[racks] = m.arrays["peak_w"][first:]
        out_j[racks] = m.arrays["energy_j"][first:, 1]
    return RackArrays(
        name=tuple(r.name for r in a.racks), hall=a.site.rack_hall.copy(),
        server_count=a.site.servers.sum(axis=1).astype(np.int64), peak_w=peak_w,
        mean_w=out_j / (a.tick_count * tick_s), inlet_peak_c=by_rack("inlet_max_c"),
        gpu_peak_c=by_rack("gpu_max_c"), throttled_s=by_rack("throttle_s"),
        lost_s=by_rack("lost_s"),
    )  # fmt: skip


# --- curves -------------------------------------------------------------------------


def _ticks_of(a: Assembled) -> FloatArray:
    """Ticks of each record; the last may be short."""
    per = a.site.ticks_per_record
    starts = np.arange(0, a.tick_count, per)
    return np.minimum(per, a.tick_count - starts).astype(np.float64)


def _series(a: Assembled, c: Coordinator) -> CampusSeries:
    s, per = c.series, _ticks_of(a)[:, None]
    mean, halls = s.campus.total / per, len(a.halls)
    hall_mean = (s.halls.total / per).reshape(-1, halls, len(HALL_CURVES))
    hall_most = s.halls.most.reshape(-1, halls, len(HALL_CURVES))
    starts = np.arange(0, a.tick_count, a.site.ticks_per_record)
    decided = s.decided[:, None]
    clocks = np.append(c.rules.clock_mhz, np.nan)
    return CampusSeries(
        t_s=np.asarray(starts * c.tick_s, dtype=np.float64),
        least={n: s.campus.least[:, at] for at, n in enumerate(CAMPUS_CURVES)},
        mean={n: mean[:, at] for at, n in enumerate(CAMPUS_CURVES)},
        most={n: s.campus.most[:, at] for at, n in enumerate(CAMPUS_CURVES)},
        hall_mean={n: hall_mean[:, :, at] for at, n in enumerate(HALL_CURVES)},
        hall_most={n: hall_most[:, :, at] for at, n in enumerate(HALL_CURVES)},
        contract_w=c.rules.contract_w(starts),
        share_w=_held(s.share_w, decided), heat_w=_held(s.heat_w, decided),
        ceiling_mhz=clocks[_last_known(s.ceiling, decided).astype(np.int64)],
    )  # fmt: skip


def _held(total: FloatArray, decided: FloatArray) -> FloatArray:
    """Mean of a record's decisions; where none falls into it, the one before."""
    return _last_known(total / np.maximum(decided, 1.0), decided)


def _last_known(values: FloatArray, decided: FloatArray) -> FloatArray:
    """Rows without a decision repeat the row before; the first always has one."""
    known = np.where(decided[:, 0] > 0.0, np.arange(decided.size), 0)
    found: FloatArray = values[np.maximum.accumulate(known)]
    return found


def _contract(rules: Rules, c: Coordinator, series: CampusSeries) -> ContractResult:
    noted, given = c.series.noted, rules.inputs.contract_w
    ceiling = series.ceiling_mhz
    per = np.diff(np.append(series.t_s, c.tick_count * c.tick_s))
    held = np.isfinite(ceiling).any(axis=1)

    def least(column: int) -> float:
        here = ceiling[:, column][np.isfinite(ceiling[:, column])]
        return float(here.min()) if here.size else float("nan")

    return ContractResult(
        contract_w=float("inf") if given is None else given,
        exceeded_s=float(noted[0]), longest_s=float(noted[1]),
        exceeded_wh=float(noted[3]) / _WH, ceiling_s=float(per[held].sum()),
        least_mhz=(least(0), least(1)), short_w=float(c.series.short_w.max()),
    )  # fmt: skip


# --- what happened ------------------------------------------------------------------


def _events(a: Assembled, parts: list[_Meters]) -> tuple[SiteEvent, ...]:
    """Logs of all parts in one, in the numbers of the site, by time."""
    rows: list[tuple[float, int, list[float]]] = []
    for order, m in enumerate(parts):
        log = np.concatenate([np.zeros((0, 4)), *m.own.log])
        rows += [(row[0], order, _in_site(m, row)) for row in log.tolist()]
    rows.sort(key=lambda entry: (entry[0], entry[1]))
    found = dict.fromkeys(tuple(row) for _, _, row in rows)  # halls say the same
    return tuple(site_event(a, list(row)) for row in found)


def _in_site(m: _Meters, row: list[float]) -> list[float]:
    """A log's entry with the site's numbers instead of the part's."""
    tick, kind, target, value = row
    part = m.own.part
    code = -1.0 - value if value < 0.0 else value
    at = int(target)
    if kind != kernel.L_EVENT or int(code) in (
        kernel.NODE_DOWN, kernel.MODULES, kernel.NO_START,
    ):  # fmt: skip
        at = int(part.nodes[at])
    elif int(code) == kernel.STUCK:
        at = int(part.rows[at])
    elif int(code) in (
        kernel.AIRFLOW, kernel.CHILLERS, kernel.CDU,
    ):  # fmt: skip
        at = m.own.number
    return [tick, kind, float(at), value]

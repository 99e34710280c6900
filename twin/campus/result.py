"""What a campus answers: totals, halls, nodes and racks as arrays, what happened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.facility.result import SiteEvent
from twin.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class HallResult:
    """
    One hall over the horizon.

    Args:
        name: Its name.
        server_count: Servers in it.
        drawn_peak_w: Highest tick drawn from shared nodes and own utilities. [W]
        drawn_wh: Energy of it. [Wh]
        generated_wh: Energy of the hall's own generators. [Wh]
        it_peak_w: Highest tick of its servers. [W]
        it_wh: Energy of its servers. [Wh]
        mechanical_wh: Energy of its cooling. [Wh]
        loss_wh: Energy its nodes turned into heat, and its stores kept. [Wh]
        water_kg: Fresh water for it.
        capped_server_h: Server-hours below full clock. [h]
        lost_server_h: Server-hours without service. [h]
        inlet_peak_c: Warmest air at its servers. [°C]
        gpu_peak_c: Hottest GPU. [°C]
        share_min_w: Lowest share of power in a record; NaN without a contract. [W]
        share_max_w: Highest. [W]
        trips: Breakers that tripped.
        brakes: Power brakes of its rows.
    """

    name: str
    server_count: int
    drawn_peak_w: float
    drawn_wh: float
    generated_wh: float
    it_peak_w: float
    it_wh: float
    mechanical_wh: float
    loss_wh: float
    water_kg: float
    capped_server_h: float
    lost_server_h: float
    inlet_peak_c: float
    gpu_peak_c: float
    share_min_w: float
    share_max_w: float
    trips: int
    brakes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeArrays:
    """
    All nodes but racks, in the order of the site's network.

    Args:
        name: Names.
        kind: Kinds.
        limit_w: What each may carry; infinite where nothing limits it. [W]
        peak_w: Highest tick. [W]
        peak_t_s: When. [s]
        in_wh: Energy in. [Wh]
        out_wh: Energy out. [Wh]
        discharged_wh: Energy out of stores. [Wh]
        charged_wh: Energy into stores. [Wh]
        trip_t_s: When the breaker tripped; NaN where it did not. [s]
        recorded: Places of those whose load is kept over time.
        mean_w: Mean load of each record of them. [W], (records, recorded)
        max_w: Highest tick of each record. [W], (records, recorded)
    """

    name: tuple[str, ...]
    kind: tuple[str, ...]
    limit_w: FloatArray
    peak_w: FloatArray
    peak_t_s: FloatArray
    in_wh: FloatArray
    out_wh: FloatArray
    discharged_wh: FloatArray
    charged_wh: FloatArray
    trip_t_s: FloatArray
    recorded: IntArray
    mean_w: np.ndarray  # float32
    max_w: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class RackArrays:
    """
    All racks, in the order of the site's network.

    Args:
        name: Names.
        hall: Number of the hall of each, from 0.
        server_count: Servers in each.
        peak_w: Highest tick. [W]
        mean_w: Mean. [W]
        inlet_peak_c: Warmest air at its servers. [°C]
        gpu_peak_c: Hottest GPU. [°C]
        throttled_s: Server time in which heat held clocks down. [s]
        lost_s: Server time without service. [s]
    """

    name: tuple[str, ...]
    hall: IntArray
    server_count: IntArray
    peak_w: FloatArray
    mean_w: FloatArray
    inlet_peak_c: FloatArray
    gpu_peak_c: FloatArray
    throttled_s: FloatArray
    lost_s: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractResult:
    """
    How the utility's contract was kept; zeros without one.

    Args:
        contract_w: What may be drawn when nothing is curtailed; infinite without. [W]
        exceeded_s: Time above what may be drawn. [s]
        longest_s: Longest stretch of it. [s]
        exceeded_wh: Energy above. [Wh]
        ceiling_s: Time in which clocks were held down by the campus. [s]
        least_mhz: Lowest clock asked of low and of high priority; NaN if none. [MHz]
        short_w: Most load that no clock takes away and the contract does not carry. [W]
    """

    contract_w: float
    exceeded_s: float
    longest_s: float
    exceeded_wh: float
    ceiling_s: float
    least_mhz: tuple[float, float]
    short_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CampusSeries:
    """
    Curves over time, one record per block of ticks.

    Args:
        t_s: Start of each record. [s]
        least: Lowest tick by name (`series.CAMPUS_CURVES`).
        mean: Mean by name.
        most: Highest tick by name.
        hall_mean: Mean by name (`series.HALL_CURVES`), (records, halls).
        hall_most: Highest tick likewise.
        contract_w: What may be drawn; infinite without a contract. [W]
        share_w: Share of power of each hall, NaN where none was given. [W]
        heat_w: Share of common cooling of each hall; infinite without. [W]
        ceiling_mhz: Lowest clock asked of low and high priority; NaN for none. [MHz]
    """

    t_s: FloatArray
    least: dict[str, FloatArray]
    mean: dict[str, FloatArray]
    most: dict[str, FloatArray]
    hall_mean: dict[str, FloatArray]
    hall_most: dict[str, FloatArray]
    contract_w: FloatArray
    share_w: FloatArray
    heat_w: FloatArray
    ceiling_mhz: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class CampusResult:
    """
    A run of a campus.

    Args:
        name: Name of the site.
        policy: Policy of its rows.
        seed: Seed of the traffic.
        server_count: Servers deployed.
        node_count: Power nodes, racks not counted.
        horizon_s: Length. [s]
        tick_s: Tick. [s]
        utility_peak_w: Highest tick at the utility's meters. [W]
        utility_peak_t_s: When. [s]
        utility_wh: Energy from utilities. [Wh]
        facility_wh: Energy from all sources. [Wh]
        it_wh: Energy of servers. [Wh]
        mechanical_wh: Energy of cooling. [Wh]
        shared_loss_wh: Energy that shared nodes turned into heat or stores kept. [Wh]
        water_kg: Fresh water.
        lost_server_h: Server-hours without service. [h]
        capped_server_h: Server-hours below full clock. [h]
        contract: How the contract was kept.
        halls: Every hall.
        nodes: Every node.
        racks: Every rack.
        series: Curves.
        events: What happened, in order, commands left out.
        events_dropped: Events beyond what is kept.
    """

    name: str
    policy: str
    seed: int
    server_count: int
    node_count: int
    horizon_s: float
    tick_s: float
    utility_peak_w: float
    utility_peak_t_s: float
    utility_wh: float
    facility_wh: float
    it_wh: float
    mechanical_wh: float
    shared_loss_wh: float
    water_kg: float
    lost_server_h: float
    capped_server_h: float
    contract: ContractResult
    halls: tuple[HallResult, ...]
    nodes: NodeArrays
    racks: RackArrays
    series: CampusSeries
    events: tuple[SiteEvent, ...]
    events_dropped: int

    @property
    def pue(self) -> float:
        """Facility energy ÷ IT energy over the horizon; NaN without load."""
        return self.facility_wh / self.it_wh if self.it_wh > 0.0 else math.nan

    @property
    def trips(self) -> int:
        """Breakers that tripped."""
        return int(np.isfinite(self.nodes.trip_t_s).sum())

    def document(self) -> dict[str, Any]:
        """
        Plain form: numbers, texts, lists; NaN and infinity are None.

        Nodes and racks are left out but for the fullest node of each kind.
        """
        fields = (
            "name", "policy", "seed", "server_count", "node_count", "horizon_s",
            "tick_s", "utility_peak_w", "utility_peak_t_s", "utility_wh", "facility_wh",
            "it_wh", "mechanical_wh", "shared_loss_wh", "pue", "water_kg",
            "lost_server_h", "capped_server_h", "trips", "events_dropped",
        )  # fmt: skip
        found: dict[str, Any] = {name: getattr(self, name) for name in fields}
        found["contract"] = _record(self.contract)
        found["halls"] = [_record(hall) for hall in self.halls]
        found["fullest"] = self._fullest()
        found["series"] = _record(self.series)
        found["events"] = [_record(event) for event in self.events]
        plain: dict[str, Any] = _plain(found)
        return plain

    def _fullest(self) -> list[dict[str, Any]]:
        """The node of each kind that came nearest to its limit, the fullest first."""
        nodes = self.nodes
        frac = np.where(np.isfinite(nodes.limit_w), nodes.peak_w / nodes.limit_w, 0.0)
        first: dict[str, int] = {}
        for i in np.argsort(-frac, kind="stable").tolist():
            if frac[i] > 0.0:
                first.setdefault(nodes.kind[i], i)
        return [
            {
                "name": nodes.name[i], "kind": nodes.kind[i], "peak_w": nodes.peak_w[i],
                "limit_w": nodes.limit_w[i], "peak_frac": frac[i],
            }
            for i in first.values()
        ]  # fmt: skip


def _record(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


def _plain(value: Any) -> Any:
    """Lists for arrays, None for what is no number."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

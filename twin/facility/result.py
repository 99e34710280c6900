"""What a run of a site answers: nodes, racks, rows, halls, and what happened when."""

from __future__ import annotations

from dataclasses import dataclass

from twin.types import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeResult:
    """
    One node of the power network over the horizon.

    Args:
        name: Its name.
        kind: "utility", "ups", "busway", ...
        side: "A", "B", ... or "".
        fed_by: Its feeds.
        depth: Longest way from a source, in nodes.
        rated_w: What it can carry. [W]
        limit_w: What may be planned with: rating × derating, its fullest phase
            counting. [W]
        provisioned_w: Sum of what was promised to the racks below. [W]
        nameplate_w: Sum of the rated power of the servers below. [W]
        peak_w: Highest output of a tick. [W]
        peak_t_s: When. [s]
        mean_w: Mean output. [W]
        failover_w: Highest output when any single other node is lost. [W]
        failover_cause: The node whose loss does that, "" for none.
        in_wh: Energy drawn from its feeds. [Wh]
        feed_wh: The same by feed, in the order of `fed_by`. [Wh]
        out_wh: Energy delivered. [Wh]
        loss_wh: Energy turned into heat. [Wh]
        discharged_wh: Energy its store gave. [Wh]
        charged_wh: Energy its store took. [Wh]
        owed_wh: Energy its store is short of at the end. [Wh]
        stranded_w: Room after the worst single loss that no row below can use,
            because something else on its path is full first. [W]
        trip_t_s: When its protection tripped; None if it did not. [s]
        trip_heat: How near to tripping it came; 1 trips. [1]
        phase_w: Load of each phase at the peak. [W]
        mean_series_w: Output per record. [W], shape (records,)
        max_series_w: Highest tick of each record. [W], shape (records,)
    """

    name: str
    kind: str
    side: str
    fed_by: tuple[str, ...]
    depth: int
    rated_w: float
    limit_w: float
    provisioned_w: float
    nameplate_w: float
    peak_w: float
    peak_t_s: float
    mean_w: float
    failover_w: float
    failover_cause: str
    in_wh: float
    feed_wh: tuple[float, ...]
    out_wh: float
    loss_wh: float
    discharged_wh: float
    charged_wh: float
    owed_wh: float
    stranded_w: float
    trip_t_s: float | None
    trip_heat: float
    phase_w: tuple[float, float, float]
    mean_series_w: FloatArray
    max_series_w: FloatArray

    @property
    def headroom_w(self) -> float:
        """Limit minus the load when the worst single other node is lost. [W]"""
        return self.limit_w - max(self.peak_w, self.failover_w)

    @property
    def spare_w(self) -> float:
        """Limit minus the highest load of the run. [W]"""
        return self.limit_w - self.peak_w

    @property
    def oversubscription_ratio(self) -> float:
        """Nameplate of the servers below ÷ limit."""
        return self.nameplate_w / self.limit_w

    @property
    def imbalance_frac(self) -> float:
        """Largest departure of a phase from the mean of the three ÷ that mean."""
        mean = sum(self.phase_w) / 3
        return max(abs(w - mean) for w in self.phase_w) / mean if mean else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RackResult:
    """
    One rack over the horizon.

    Args:
        name: Its name.
        hall: Its hall.
        row: Its row.
        aisle: Its aisle.
        position: Place in the row.
        server: Type of its servers.
        server_u: Height of one. [U]
        fed_by: Its feeds.
        feed_wh: Energy over each feed. [Wh]
        server_count: Servers in it.
        peak_w: Highest draw of a tick. [W]
        mean_w: Mean draw. [W]
        gpu_wh: Energy of its GPUs, by its servers' measured lines. [Wh]
        supply_loss_wh: Energy lost in its servers' supplies, assumed Titanium. [Wh]
        limit_w: What the weakest element of its best path still lets through. [W]
        weakest: That element.
        inlet_peak_c: Warmest air at its servers. [°C]
        gpu_peak_c: Hottest GPU. [°C]
        throttled_s: Server seconds of thermal throttling. [s]
        lost_s: Server seconds without service. [s]
    """

    name: str
    hall: str
    row: str
    aisle: str
    position: int
    server: str
    server_u: float
    fed_by: tuple[str, ...]
    feed_wh: tuple[float, ...]
    server_count: int
    peak_w: float
    mean_w: float
    gpu_wh: float
    supply_loss_wh: float
    limit_w: float
    weakest: str
    inlet_peak_c: float
    gpu_peak_c: float
    throttled_s: float
    lost_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """
    One row, the unit that a policy watches.

    Args:
        name: Its name.
        nodes: The nodes whose sum is its load.
        limit_w: Its limit. [W]
        peak_w: Its highest tick. [W]
        caps_low: Cap commands to low priority.
        caps_high: Cap commands to high priority.
        releases: Commands that lifted a cap.
        brakes: Pulls of the power brake.
        capped_low_s: Time with low priority slowed. [s]
        capped_high_s: Time with high priority slowed. [s]
    """

    name: str
    nodes: tuple[str, ...]
    limit_w: float
    peak_w: float
    caps_low: int
    caps_high: int
    releases: int
    brakes: int
    capped_low_s: float
    capped_high_s: float

    @property
    def peak_frac(self) -> float:
        """Highest tick ÷ limit."""
        return self.peak_w / self.limit_w


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEvent:
    """
    Something that happened.

    Args:
        t_s: When. [s]
        kind: "event", "trip", "dead", "alive", "on-store", "store-empty",
            "generator-start", "generator-ready", "command", "landed", "brake",
            "brake-landed".
        target: Node, row or hall concerned.
        value: What it came to: load ratio at a trip, clock of a command [MHz].
    """

    t_s: float
    kind: str
    target: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSeries:
    """
    Curves over time, one record per block of ticks.

    Args:
        t_s: Start of each record. [s]
        it_w: Power of live racks. [W]
        facility_w: Power drawn from all sources. [W]
        mechanical_w: Power of cooling. [W]
        lost_servers: Servers without service, worst tick.
        capped_rows: Mean number of rows with a clock below full.
        hall_c: Warmest supply air per hall. [°C], shape (records, halls)
        hottest_c: Hottest GPU per hall. [°C], shape (records, halls)
    """

    t_s: FloatArray
    it_w: FloatArray
    facility_w: FloatArray
    mechanical_w: FloatArray
    lost_servers: FloatArray
    capped_rows: FloatArray
    hall_c: FloatArray
    hottest_c: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteResult:
    """
    A run of a site.

    Args:
        name: Name of the site.
        policy: Policy of its rows.
        server_count: Servers deployed.
        provisioned_servers: Servers its power was planned for.
        seed: Seed of the traffic.
        horizon_s: Length. [s]
        tick_s: Tick. [s]
        nodes: Power nodes in topological order, without racks.
        racks: Racks.
        rows: Rows.
        halls: Names of the halls.
        series: Curves.
        events: What happened, in order; cut after a few thousand.
        events_dropped: How many more there were.
        it_wh: Energy of the racks. [Wh]
        facility_wh: Energy drawn from all sources. [Wh]
        mechanical_wh: Energy of cooling. [Wh]
        binding: The node nearest to its limit and why, in words.
    """

    name: str
    policy: str
    server_count: int
    provisioned_servers: int
    seed: int
    horizon_s: float
    tick_s: float
    nodes: tuple[NodeResult, ...]
    racks: tuple[RackResult, ...]
    rows: tuple[RowResult, ...]
    halls: tuple[str, ...]
    series: SiteSeries
    events: tuple[SiteEvent, ...]
    events_dropped: int
    it_wh: float
    facility_wh: float
    mechanical_wh: float
    binding: str

    @property
    def pue(self) -> float:
        """Facility energy ÷ IT energy over the horizon."""
        return self.facility_wh / self.it_wh if self.it_wh else float("nan")

    @property
    def lost_server_s(self) -> float:
        """Server seconds without service. [s]"""
        return sum(rack.lost_s for rack in self.racks)

    @property
    def hottest_c(self) -> float:
        """Hottest GPU of the site. [°C]"""
        return max((rack.gpu_peak_c for rack in self.racks), default=float("nan"))

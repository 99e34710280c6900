"""
A physical site: what feeds what, what stands where, how it is cooled, what fails.

Either a template that is expanded (`twin.scenario.site_templates`) or explicit nodes
and racks. Both end as the same lists, so everything behind them knows one form.
"""

from __future__ import annotations

from typing import Literal, get_args

from twin.scenario.base import Checked, Model, described, part, quantity
from twin.scenario.campus import Campus
from twin.scenario.facility_checks import (
    check_cords,
    check_kind,
    check_nodes,
    check_racks,
    check_severity,
    nearest_name,
)
from twin.scenario.facility_warnings import facility_warnings as facility_warnings

NodeKind = Literal[
    "utility", "generator", "transformer", "switchboard", "ups", "sts", "pdu", "rpp",
    "busway", "rack-pdu", "psu",
]  # fmt: skip
NODE_KINDS: tuple[str, ...] = get_args(NodeKind)
Phases = Literal["abc", "ab", "bc", "ca", "a", "b", "c"]
Design = Literal["n", "n+1", "2n", "3n2", "catcher"]
EventKind = Literal[
    "lose-node", "maintenance", "lose-module", "utility-outage",
    "generator-fails-to-start", "lose-crah", "lose-chiller", "lose-cdu-pump",
    "heat-wave", "telemetry-blackout", "command-path-down", "stuck-cap", "slow-bmc",
]  # fmt: skip


class Loss(Model):
    """Losses of a node as fractions of its rated output."""

    fixed: float = quantity(
        0.0, "Loss at any load ÷ rated output", example=0.01, ge=0, lt=1
    )
    linear: float = quantity(0.0, "Loss ÷ output", example=0.01, ge=0, lt=1)
    quadratic: float = quantity(
        0.0, "Loss at rated output that grows with its square", example=0.01, ge=0, lt=1
    )


class Store(Model):
    """What carries a node's load when its feed is lost."""

    kind: Literal["battery", "battery-li", "flywheel"] = described(
        "battery", "Kind of store"
    )
    runtime_s: float = quantity(
        300.0, "Time it carries rated output", unit="s",
        source="assumed: five minutes, a common choice", gt=0, le=86_400,
    )  # fmt: skip
    recharge_s: float = quantity(
        14_400.0, "Time from empty to full", unit="s", source="assumed", gt=0,
        le=864_000,
    )  # fmt: skip


class ElectricalNode(Checked):
    """One node of the power network."""

    name: str = described(
        ..., "Unique name", example="UPS-A1", min_length=1, max_length=60
    )
    kind: NodeKind = described(..., "What it is", example="ups")
    fed_by: tuple[str, ...] = described(
        (), "Names of its feeds, the preferred one first", example=["SWB-A"],
        max_length=8,
    )  # fmt: skip
    transfer: Literal["share", "first"] | None = described(
        None,
        "With several feeds: share the draw equally over the live ones, or take the "
        "first live one (a transfer switch). Must be said where there are two",
        example="first",
    )
    rated_w: float = quantity(
        ..., "Output it can carry for ever", unit="W", example=2_500_000, gt=0, le=1e10
    )
    derate_frac: float | None = quantity(
        None, unit="1", doc="Part of the rating that may be planned with. Empty means "
        "0.8 for busway, RPP and rack PDU, 1 for the rest", example=0.8,
        source="a breaker carries 80 % of its rating continuously unless listed for "
        "more (NEC, memory)", gt=0, le=1,
    )  # fmt: skip
    module_count: int = quantity(
        1, "Parallel modules inside the node", unit="modules", example=4, ge=1, le=64
    )
    modules_needed: int = quantity(
        1, "Modules that together carry the rating", unit="modules", example=3, ge=1,
        le=64,
    )  # fmt: skip
    loss: Loss | None = described(
        None, "Losses; empty means the catalogue's for the kind",
        example={"fixed": 0.01, "linear": 0.01, "quadratic": 0.01},
    )  # fmt: skip
    ups_mode: Literal["double-conversion", "eco"] = described(
        "double-conversion", "How a UPS runs", example="eco"
    )
    protection: str | None = described(
        None, "Trip curve of the catalogue; empty means the kind's own, \"none\" means "
        "unprotected", example="electronic-lsi",
    )  # fmt: skip
    protection_rated_w: float | None = quantity(
        None, "Setting of the protection. Empty means the rating", unit="W",
        example=2_500_000, gt=0, le=1e10,
    )  # fmt: skip
    store: Store | None = described(
        None, "Battery or flywheel", example={"runtime_s": 300}
    )
    start_s: float | None = quantity(
        None, "A generator's time to ready. Empty means the catalogue's", unit="s",
        example=10, ge=0, le=600,
    )  # fmt: skip
    transfer_s: float | None = quantity(
        None, "Dead time of a transfer switch. Empty means the catalogue's: "
        "milliseconds for an STS, a tenth of a second otherwise", unit="s",
        example=0.004, ge=0, le=600,
    )  # fmt: skip
    phases: Phases = described("abc", "Phases it carries")
    side: Literal["", "A", "B", "C", "R"] = described(
        "", "Side it belongs to, for people", example="A"
    )

    def _check(self) -> None:
        if len(self.fed_by) > 1 and self.transfer is None:
            raise ValueError(
                f"{self.name} has {len(self.fed_by)} feeds and does not say how to use "
                'them; set transfer to "share" or "first"'
            )
        if len(set(self.fed_by)) != len(self.fed_by):
            raise ValueError(f"{self.name} names a feed twice; remove the double")
        if self.kind == "utility" and self.fed_by:
            raise ValueError(f"{self.name} is a utility and has feeds; remove fed_by")
        if self.kind == "generator" and self.fed_by:
            raise ValueError(f"{self.name} is a generator and has feeds; remove fed_by")
        if self.modules_needed > self.module_count:
            raise ValueError(
                f"{self.name}: modules_needed {self.modules_needed} must not exceed "
                f"module_count {self.module_count}; lower it"
            )
        check_kind(self)


class Rack(Checked):
    """One rack: where it stands, what feeds it, what is in it."""

    name: str = described(
        ..., "Unique name", example="H1R2K07", min_length=1, max_length=60
    )
    hall: str = described("H1", "Hall", max_length=40)
    row: str = described("R1", "Row", example="H1R2", max_length=40)
    aisle: str = described("", "Cold aisle", example="H1A1", max_length=40)
    position: int = quantity(
        1, "Place in the row, from one end", unit="place", example=7, ge=1, le=1000
    )
    fed_by: tuple[str, ...] = described(
        ..., "Nodes that feed it; two share its draw equally",
        example=["ROW-H1R2-A", "ROW-H1R2-B"], min_length=1, max_length=4,
    )  # fmt: skip
    server: str | None = described(
        None, "Server type; empty means the fleet's", example="dgx-a100"
    )
    server_count: int = quantity(4, "Servers in the rack", unit="servers", ge=0, le=144)
    low_priority_frac: float | None = quantity(
        None, "Part of its servers that is low priority. Empty means the fleet's",
        example=0.5, ge=0, le=1,
    )  # fmt: skip
    kind: Literal["saas", "iaas"] = described(
        "saas", "Served endpoints, or opaque virtual machines"
    )
    phases: Phases = described("abc", "Phases its supplies hang on")

    def _check(self) -> None:
        check_cords(self)


class SiteTemplate(Model):
    """A regular site by its counts; expanded to nodes and racks."""

    design: Design = described(
        "2n",
        "Redundancy: n, n+1 (parallel UPS modules), 2n (two chains), 3n2 (three "
        "chains, rows on pairs of them), catcher (a reserve UPS, switched in)",
    )
    halls: int = quantity(1, "Halls", unit="halls", ge=1, le=64)
    rows_per_hall: int = quantity(4, "Rows in a hall", unit="rows", ge=1, le=100)
    racks_per_row: int = quantity(10, "Racks in a row", unit="racks", ge=1, le=100)
    servers_per_rack: int = quantity(
        4, "Servers a rack was planned for", unit="servers", ge=1, le=72
    )
    added_servers_per_row: int = quantity(
        0, "Servers added to each row, spread over its racks", unit="servers",
        example=12, ge=0, le=1000,
    )  # fmt: skip
    row_limit_w: float | None = quantity(
        None, "Power limit of a row. Empty means its planned servers × the catalogue's "
        "provisioned power", unit="W", example=204_512.0, gt=0, le=1e9,
    )  # fmt: skip
    margin_frac: float = quantity(
        0.1, "Room that nodes above the rows have beyond their rows' limits and "
        "cooling", source="assumed", ge=0, le=2,
    )  # fmt: skip
    ups_mode: Literal["double-conversion", "eco"] = described(
        "double-conversion", "How the UPS run", example="eco"
    )
    rack_pdus: bool = described(
        False, "Whether each rack's PDUs are nodes of their own", example=True
    )
    battery_s: float = quantity(
        300.0, "Time a UPS carries its rating", unit="s",
        source="assumed: five minutes", gt=0, le=86_400,
    )  # fmt: skip


class Cooling(Model):
    """How heat leaves the halls."""

    plant: str = described(
        "water-cooled", "Ready-made plant (water-cooled, cold-water, air-cooled, "
        "outside-air, rear-door, liquid-cooled), or one of your own",
        example="air-cooled", min_length=1, max_length=60,
    )  # fmt: skip
    supply_c: float = quantity(
        24.0, "Air supplied to the servers", unit="C",
        source="assumed: inside ASHRAE's recommended range", ge=10, le=40,
    )  # fmt: skip
    capacity_frac: float = quantity(
        1.2, "Heat the plant can take out ÷ the rows' limits",
        source="assumed: one unit in six spare", gt=0, le=10,
    )  # fmt: skip
    airflow_frac: float = quantity(
        1.1, "Air the hall can move ÷ what its planned servers draw at full load",
        source="assumed: one unit in ten spare", gt=0, le=10,
    )  # fmt: skip
    buffer_s: float = quantity(
        0.0, "Cold stored in tanks, as time at the rows' limits", unit="s", example=300,
        ge=0, le=86_400,
    )  # fmt: skip
    inlet_limit_c: float = quantity(
        32.0, "Server inlet that must not be passed", unit="C",
        source="ASHRAE TC 9.9 allowable, class A1 (memory)", ge=20, le=60,
    )  # fmt: skip
    containment: Literal["none", "aisle"] = described(
        "aisle", "Whether aisles are closed: what exhaust warms inlets falls to a "
        "quarter (assumed)",
    )  # fmt: skip
    shutdown_c: float = quantity(
        45.0, "Server inlet at which servers switch themselves off", unit="C",
        source="assumed: ASHRAE class A4's allowable end (memory)", ge=25, le=80,
    )  # fmt: skip


class SiteWeather(Model):
    """Outdoor air: a dataset, or a year generated from four figures."""

    dataset: str | None = described(
        None, "Name of a weather dataset; empty means generated",
        example="tmy3_tucson_az",
    )  # fmt: skip
    mean_c: float = quantity(
        12.0, "Mean of the year", unit="C", source="assumed", ge=-40, le=45
    )
    annual_swing_k: float = quantity(
        11.0, "Warmest month's mean above the year's", unit="K", source="assumed", ge=0,
        le=40,
    )  # fmt: skip
    daily_swing_k: float = quantity(
        5.0, "Afternoon above the day's mean", unit="K", source="assumed", ge=0, le=25
    )
    dew_point_c: float = quantity(
        6.0, "Mean dew point", unit="C", source="assumed", ge=-40, le=35
    )


class Event(Checked):
    """Something that happens to the site at a moment of the horizon."""

    t_s: float = quantity(
        ..., "When, from the horizon's start", unit="s", example=3600, ge=0, le=4e7
    )
    kind: EventKind = described(..., "What happens", example="lose-node")
    target: str = described(
        "", "Node, hall or row concerned; empty where there is no choice",
        example="UPS-A1", max_length=60,
    )  # fmt: skip
    duration_s: float | None = quantity(
        None, "How long it lasts. Empty means to the end", unit="s", example=900, gt=0,
        le=4e7,
    )  # fmt: skip
    severity: float | None = quantity(
        None, "What is left of airflow or capacity (0..1), kelvin of a heat wave, "
        "factor of a slow BMC's latency, modules lost. Empty means the usual",
        example=0.9, ge=0, le=100,
    )  # fmt: skip

    def _check(self) -> None:
        check_severity(self)


class Facility(Checked):
    """The building around the rows."""

    template: SiteTemplate | None = described(
        None, "A regular site; or give nodes and racks", example={"design": "2n"}
    )
    electrical: tuple[ElectricalNode, ...] = described(
        (), "Power nodes, in any order",
        example=[{"name": "UTIL", "kind": "utility", "rated_w": 5_000_000}],
        max_length=60_000,
    )  # fmt: skip
    racks: tuple[Rack, ...] = described(
        (), "Racks", example=[{"name": "H1R1K01", "fed_by": ["PDU-A"]}],
        max_length=30_000,
    )  # fmt: skip
    cooling: Cooling = part(Cooling, "Cooling", {"supply_c": 24})
    weather: SiteWeather = part(SiteWeather, "Outdoor air", {"mean_c": 12})
    row_limits_w: dict[str, float] = part(
        dict,
        "Power limit by row [W], for explicit racks. A row that is not named may draw "
        "the catalogue's provisioned power of its servers",
        {"H1R1": 204_520.0},
    )
    design: Design | None = described(
        None, "Redundancy that explicit nodes were designed for: a cost is told, the "
        "nodes decide what happens. A template says its own", example="2n",
    )  # fmt: skip
    loss_frac: float = quantity(
        1.0, "Electrical losses of every node ÷ its own or the catalogue's",
        example=1.2, source="assumed: nodes lose what their curves say", ge=0, le=5,
    )  # fmt: skip
    campus: Campus | None = described(
        None, "What several halls share: a contract, cooling water",
        example={"contract_w": 800e6},
    )  # fmt: skip
    events: tuple[Event, ...] = described(
        (), "What happens, in any order",
        example=[{"t_s": 3600, "kind": "utility-outage", "duration_s": 900}],
        max_length=1000,
    )  # fmt: skip

    def _check(self) -> None:
        if self.template is not None and (self.electrical or self.racks):
            raise ValueError(
                "template and electrical exclude each other; keep one of them"
            )
        if self.template is not None and self.design is not None:
            raise ValueError("template has a design of its own; leave out design")
        if self.template is None and not (self.electrical and self.racks):
            raise ValueError(
                "electrical and racks are both needed without a template; add "
                "template: {design: 2n} or the missing list"
            )
        if self.electrical:
            check_nodes(self.electrical)
            check_racks(self.racks, self.electrical)
        rows = {rack.row for rack in self.racks}
        for row, limit_w in self.row_limits_w.items():
            if row not in rows:
                known = sorted(rows)
                where = (
                    nearest_name(row, known)
                    if known
                    else ("a template's rows have one limit: template.row_limit_w")
                )
                raise ValueError(f"row_limits_w names {row}, which is no row; {where}")
            if not 0 < limit_w <= 1e9:
                raise ValueError(
                    f"row_limits_w of {row} is {limit_w:g}; give watts above 0"
                )


# --- checks -----------------------------------------------------------------------


def event_targets(facility: Facility) -> dict[str, tuple[str, ...]]:
    """Targets each kind of event may name, for an explicit facility."""
    nodes = tuple(n.name for n in facility.electrical)
    halls = tuple(dict.fromkeys(r.hall for r in facility.racks))
    rows = tuple(dict.fromkeys(r.row for r in facility.racks))
    generators = tuple(n.name for n in facility.electrical if n.kind == "generator")
    utilities = tuple(n.name for n in facility.electrical if n.kind == "utility")
    every: dict[str, tuple[str, ...]] = {
        "lose-node": nodes, "maintenance": nodes,
        "lose-module": tuple(n.name for n in facility.electrical if n.module_count > 1),
        "utility-outage": ("", *utilities),
        "generator-fails-to-start": ("", *generators),
        "lose-crah": ("", *halls), "lose-chiller": ("", *halls),
        "lose-cdu-pump": ("", *halls), "stuck-cap": ("", *rows),
        "heat-wave": ("",), "telemetry-blackout": ("",), "command-path-down": ("",),
        "slow-bmc": ("",),
    }  # fmt: skip
    return every


def check_events(facility: Facility) -> None:
    """
    Look whether every event's target exists.

    Raises:
        ValueError: Names the event, its target and the nearest one that exists.
    """
    targets = event_targets(facility)
    for index, event in enumerate(facility.events):
        known = targets[event.kind]
        if event.target not in known:
            raise ValueError(
                f"events.{index} ({event.kind}) has target {event.target!r}, which "
                f"does not exist; {nearest_name(event.target, [k for k in known if k])}"
            )
        if event.kind in {"lose-node", "maintenance"} and not event.target:
            raise ValueError(
                f"events.{index} ({event.kind}) needs a target; name a node"
            )

"""
A physical site: what feeds what, what stands where, how it is cooled, what fails.

Either a template that is expanded (`twin.scenario.site_templates`) or explicit nodes
and racks. Both end as the same lists, so everything behind them knows one form.
"""

from __future__ import annotations

import difflib
from typing import Literal

from pydantic import Field, model_validator

from twin.scenario.base import Model, quantity

NODE_KINDS = (
    "utility", "generator", "transformer", "switchboard", "ups", "sts", "pdu", "rpp",
    "busway", "rack-pdu",
)  # fmt: skip
NodeKind = Literal[
    "utility", "generator", "transformer", "switchboard", "ups", "sts", "pdu", "rpp",
    "busway", "rack-pdu",
]  # fmt: skip
SOURCES = frozenset({"utility", "generator"})
Design = Literal["n", "n+1", "2n", "3n2", "catcher"]
EventKind = Literal[
    "lose-node", "maintenance", "utility-outage", "generator-fails-to-start",
    "lose-crah", "lose-chiller", "lose-cdu-pump", "heat-wave", "telemetry-blackout",
    "command-path-down", "stuck-cap", "slow-bmc",
]  # fmt: skip
_WATTS_PER_KW = 1000.0
_SUSPECT_RATIO = 200.0
"""A rating this far off its neighbours' is taken for a slip of the unit."""


class Loss(Model):
    """Losses of a node as fractions of its rated output."""

    fixed: float = quantity(
        0.0, unit="1", doc="Loss at any load ÷ rated output", example=0.01, ge=0, lt=1
    )
    linear: float = quantity(
        0.0, unit="1", doc="Loss ÷ output", example=0.01, ge=0, lt=1
    )
    quadratic: float = quantity(
        0.0, unit="1", doc="Loss at rated output that grows with its square",
        example=0.01, ge=0, lt=1,
    )  # fmt: skip


class Store(Model):
    """What carries a node's load when its feed is lost."""

    kind: Literal["battery", "battery-li", "flywheel"] = Field(
        "battery", description="Kind of store", examples=["battery"]
    )
    runtime_s: float = quantity(
        300.0, unit="s", doc="Time it carries rated output", example=300,
        source="assumed: five minutes, a common choice", gt=0, le=86_400,
    )  # fmt: skip
    recharge_s: float = quantity(
        14_400.0, unit="s", doc="Time from empty to full", example=14_400,
        source="assumed", gt=0, le=864_000,
    )  # fmt: skip


class ElectricalNode(Model):
    """One node of the power network."""

    name: str = Field(
        ..., description="Unique name", examples=["UPS-A1"], min_length=1, max_length=60
    )
    kind: NodeKind = Field(..., description="What it is", examples=["ups"])
    fed_by: tuple[str, ...] = Field(
        (), description="Names of its feeds, the preferred one first",
        examples=[["SWB-A"]], max_length=8,
    )  # fmt: skip
    transfer: Literal["share", "first"] | None = Field(
        None,
        description="With several feeds: share the draw equally over the live ones, or "
        "take the first live one (a transfer switch). Must be said where there are two",
        examples=["first"],
    )
    rated_w: float = quantity(
        ..., unit="W", doc="Output it can carry for ever", example=2_500_000, gt=0,
        le=1e10,
    )  # fmt: skip
    derate_frac: float = quantity(
        1.0, unit="1", doc="Part of the rating that may be planned with",
        example=0.8, source="0.8 for continuous load on breakers (NEC, memory)",
        gt=0, le=1,
    )  # fmt: skip
    module_count: int = quantity(
        1, unit="modules", doc="Parallel modules inside the node", example=4, ge=1,
        le=64,
    )  # fmt: skip
    modules_needed: int = quantity(
        1, unit="modules", doc="Modules that together carry the rating", example=3,
        ge=1, le=64,
    )  # fmt: skip
    loss: Loss | None = Field(
        None, description="Losses; empty means the catalogue's for the kind",
        examples=[{"fixed": 0.01, "linear": 0.01, "quadratic": 0.01}],
    )  # fmt: skip
    ups_mode: Literal["double-conversion", "eco"] = Field(
        "double-conversion", description="How a UPS runs", examples=["eco"]
    )
    protection: str | None = Field(
        None,
        description='Trip curve of the catalogue; empty means the kind\'s own, "none" '
        "means unprotected",
        examples=["electronic-lsi"],
    )
    protection_rated_w: float | None = quantity(
        None, unit="W", doc="Setting of the protection. Empty means the rating",
        example=2_500_000, gt=0, le=1e10,
    )  # fmt: skip
    store: Store | None = Field(
        None, description="Battery or flywheel", examples=[{"runtime_s": 300}]
    )
    start_s: float | None = quantity(
        None, unit="s", doc="A generator's time to ready. Empty means the catalogue's",
        example=10, ge=0, le=600,
    )  # fmt: skip
    transfer_s: float | None = quantity(
        None, unit="s", doc="Dead time of a transfer switch. Empty means the "
        "catalogue's: milliseconds for an STS, a tenth of a second otherwise",
        example=0.004, ge=0, le=600,
    )  # fmt: skip
    phases: Literal["abc", "ab", "bc", "ca", "a", "b", "c"] = Field(
        "abc", description="Phases it carries", examples=["abc"]
    )
    side: Literal["", "A", "B", "C", "R"] = Field(
        "", description="Side it belongs to, for people", examples=["A"]
    )
    hall: str = Field("", description="Hall it serves; empty for all", examples=["H1"])

    @model_validator(mode="after")
    def _sane(self) -> ElectricalNode:
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
        return self


class Rack(Model):
    """One rack: where it stands, what feeds it, what is in it."""

    name: str = Field(
        ..., description="Unique name", examples=["H1R2K07"], min_length=1,
        max_length=60,
    )  # fmt: skip
    hall: str = Field("H1", description="Hall", examples=["H1"], max_length=40)
    row: str = Field("R1", description="Row", examples=["H1R2"], max_length=40)
    aisle: str = Field("", description="Cold aisle", examples=["H1A1"], max_length=40)
    position: int = quantity(
        1, unit="place", doc="Place in the row, from one end", example=7, ge=1, le=1000
    )
    fed_by: tuple[str, ...] = Field(
        ..., description="Nodes that feed it; two share its draw equally",
        examples=[["ROW-H1R2-A", "ROW-H1R2-B"]], min_length=1, max_length=4,
    )  # fmt: skip
    server: str | None = Field(
        None, description="Server type; empty means the fleet's", examples=["dgx-a100"]
    )
    server_count: int = quantity(
        4, unit="servers", doc="Servers in the rack", example=4, ge=0, le=144
    )
    low_priority_frac: float | None = quantity(
        None, unit="1", doc="Part of its servers that is low priority. Empty means the "
        "fleet's", example=0.5, ge=0, le=1,
    )  # fmt: skip
    kind: Literal["saas", "iaas"] = Field(
        "saas", description="Served endpoints, or opaque virtual machines",
        examples=["saas"],
    )  # fmt: skip
    phases: Literal["abc", "ab", "bc", "ca", "a", "b", "c"] = Field(
        "abc", description="Phases its supplies hang on", examples=["abc"]
    )


class SiteTemplate(Model):
    """A regular site by its counts; expanded to nodes and racks."""

    design: Design = Field(
        "2n",
        description="Redundancy: n, n+1 (parallel UPS modules), 2n (two chains), 3n2 "
        "(three chains, rows on pairs of them), catcher (a reserve UPS, switched in)",
        examples=["2n"],
    )
    halls: int = quantity(1, unit="halls", doc="Halls", example=1, ge=1, le=64)
    rows_per_hall: int = quantity(
        4, unit="rows", doc="Rows in a hall", example=4, ge=1, le=100
    )
    racks_per_row: int = quantity(
        10, unit="racks", doc="Racks in a row", example=10, ge=1, le=100
    )
    servers_per_rack: int = quantity(
        4, unit="servers", doc="Servers a rack was planned for", example=4, ge=1, le=72
    )
    added_servers_per_row: int = quantity(
        0, unit="servers", doc="Servers added to each row, spread over its racks",
        example=12, ge=0, le=1000,
    )  # fmt: skip
    row_limit_w: float | None = quantity(
        None, unit="W", doc="Power limit of a row. Empty means its planned servers × "
        "the catalogue's provisioned power",
        example=204_512.0, gt=0, le=1e9,
    )  # fmt: skip
    margin_frac: float = quantity(
        0.1, unit="1", doc="Room that nodes above the rows have beyond their rows' "
        "limits and cooling", example=0.1, source="assumed", ge=0, le=2,
    )  # fmt: skip
    ups_mode: Literal["double-conversion", "eco"] = Field(
        "double-conversion", description="How the UPS run", examples=["eco"]
    )
    battery_s: float = quantity(
        300.0, unit="s", doc="Time a UPS carries its rating", example=300,
        source="assumed: five minutes", gt=0, le=86_400,
    )  # fmt: skip


class Cooling(Model):
    """How heat leaves the halls."""

    plant: Literal[
        "water-cooled", "cold-water", "air-cooled", "outside-air", "rear-door",
        "liquid-cooled",
    ] = Field(
        "water-cooled", description="Ready-made plant", examples=["air-cooled"]
    )  # fmt: skip
    supply_c: float = quantity(
        24.0, unit="C", doc="Air supplied to the servers", example=24,
        source="assumed: inside ASHRAE's recommended range", ge=10, le=40,
    )  # fmt: skip
    capacity_frac: float = quantity(
        1.2, unit="1", doc="Heat the plant can take out ÷ the rows' limits",
        example=1.2, source="assumed: one unit in six spare", gt=0, le=10,
    )  # fmt: skip
    airflow_frac: float = quantity(
        1.1, unit="1", doc="Air the hall can move ÷ what its planned servers draw at "
        "full load", example=1.1, source="assumed: one unit in ten spare", gt=0, le=10,
    )  # fmt: skip
    buffer_s: float = quantity(
        0.0, unit="s", doc="Cold stored in tanks, as time at the rows' limits",
        example=300, ge=0, le=86_400,
    )  # fmt: skip
    inlet_limit_c: float = quantity(
        32.0, unit="C", doc="Server inlet that must not be passed", example=32,
        source="ASHRAE TC 9.9 allowable, class A1 (memory)", ge=20, le=60,
    )  # fmt: skip


class SiteWeather(Model):
    """Outdoor air: a dataset, or a year generated from four figures."""

    dataset: str | None = Field(
        None, description="Name of a weather dataset; empty means generated",
        examples=["tmy3_tucson_az"],
    )  # fmt: skip
    mean_c: float = quantity(
        12.0, unit="C", doc="Mean of the year", example=12, source="assumed", ge=-40,
        le=45,
    )  # fmt: skip
    annual_swing_k: float = quantity(
        11.0, unit="K", doc="Warmest month's mean above the year's", example=11,
        source="assumed", ge=0, le=40,
    )  # fmt: skip
    daily_swing_k: float = quantity(
        5.0, unit="K", doc="Afternoon above the day's mean", example=5,
        source="assumed", ge=0, le=25,
    )  # fmt: skip
    dew_point_c: float = quantity(
        6.0, unit="C", doc="Mean dew point", example=6, source="assumed", ge=-40, le=35
    )


class Event(Model):
    """Something that happens to the site at a moment of the horizon."""

    t_s: float = quantity(
        ..., unit="s", doc="When, from the horizon's start", example=3600, ge=0, le=4e7
    )
    kind: EventKind = Field(..., description="What happens", examples=["lose-node"])
    target: str = Field(
        "", description="Node, hall or row concerned; empty where there is no choice",
        examples=["UPS-A1"], max_length=60,
    )  # fmt: skip
    duration_s: float | None = quantity(
        None, unit="s", doc="How long it lasts. Empty means to the end", example=900,
        gt=0, le=4e7,
    )  # fmt: skip
    severity: float | None = quantity(
        None, unit="1", doc="What is left of airflow or capacity (0..1), kelvin of a "
        "heat wave, factor of a slow BMC's latency. Empty means the usual",
        example=0.9, ge=0, le=100,
    )  # fmt: skip


class Facility(Model):
    """The building around the rows."""

    template: SiteTemplate | None = Field(
        None, description="A regular site; or give nodes and racks",
        examples=[{"design": "2n"}],
    )  # fmt: skip
    electrical: tuple[ElectricalNode, ...] = Field(
        (), description="Power nodes, in any order", max_length=60_000,
        examples=[[{"name": "UTIL", "kind": "utility", "rated_w": 5_000_000}]],
    )  # fmt: skip
    racks: tuple[Rack, ...] = Field(
        (), description="Racks", max_length=30_000,
        examples=[[{"name": "H1R1K01", "fed_by": ["PDU-A"]}]],
    )  # fmt: skip
    cooling: Cooling = Field(
        default_factory=Cooling, description="Cooling", examples=[{"supply_c": 24}]
    )
    weather: SiteWeather = Field(
        default_factory=SiteWeather, description="Outdoor air",
        examples=[{"mean_c": 12}],
    )  # fmt: skip
    events: tuple[Event, ...] = Field(
        (), description="What happens, in any order", max_length=1000,
        examples=[[{"t_s": 3600, "kind": "utility-outage", "duration_s": 900}]],
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_form(self) -> Facility:
        if self.template is not None and (self.electrical or self.racks):
            raise ValueError(
                "template and electrical exclude each other; keep one of them"
            )
        if self.template is None and not (self.electrical and self.racks):
            raise ValueError(
                "electrical and racks are both needed without a template; add "
                "template: {design: 2n} or the missing list"
            )
        if self.electrical:
            _check_nodes(self.electrical)
            _check_racks(self.racks, self.electrical)
        return self


# --- checks -----------------------------------------------------------------------


def _check_nodes(nodes: tuple[ElectricalNode, ...]) -> None:
    names = [n.name for n in nodes]
    known = set(names)
    if len(known) != len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"electrical has two nodes named {double}; rename one")
    for node in nodes:
        for feed in node.fed_by:
            if feed not in known:
                raise ValueError(
                    f"{node.name} is fed by {feed}, which does not exist; "
                    f"{_nearest(feed, names)}"
                )
    ring = _ring(nodes)
    if ring:
        raise ValueError(
            f"nodes feed each other in a ring: {' -> '.join(ring)}; cut it at one feed"
        )
    for node in nodes:
        if node.kind not in SOURCES and not node.fed_by:
            raise ValueError(
                f"{node.name} is an orphan: no feed, and no utility or generator; "
                "add fed_by"
            )


def _ring(nodes: tuple[ElectricalNode, ...]) -> list[str]:
    """First ring found, its first node named again at the end; empty for none."""
    feeds = {n.name: n.fed_by for n in nodes}
    done: set[str] = set()
    for start in feeds:
        path: list[str] = []
        on_path: set[str] = set()
        stack = [(start, iter(feeds[start]))]
        while stack:
            name, left = stack[-1]
            if name not in on_path:
                if name in done:
                    stack.pop()
                    continue
                path.append(name)
                on_path.add(name)
            following = next(left, None)
            if following is None:
                done.add(name)
                on_path.discard(path.pop())
                stack.pop()
            elif following in on_path:
                return [*path[path.index(following) :], following]
            else:
                stack.append((following, iter(feeds[following])))
    return []


def _check_racks(racks: tuple[Rack, ...], nodes: tuple[ElectricalNode, ...]) -> None:
    by_name = {n.name: n for n in nodes}
    names = [r.name for r in racks]
    taken = set(names) & set(by_name)
    if len(set(names)) != len(names) or taken:
        double = next((n for n in names if names.count(n) > 1), None) or min(taken)
        raise ValueError(f"racks has the name {double} twice; rename one")
    for rack in racks:
        for feed in rack.fed_by:
            if feed not in by_name:
                raise ValueError(
                    f"rack {rack.name} is fed by {feed}, which does not exist; "
                    f"{_nearest(feed, list(by_name))}"
                )
            missing = set(rack.phases) - set(by_name[feed].phases)
            if missing:
                raise ValueError(
                    f"rack {rack.name} hangs on phase {min(missing)}, which {feed} "
                    f"does not carry; use one of {by_name[feed].phases}"
                )
    fed = {feed for n in nodes for feed in n.fed_by}
    fed |= {feed for rack in racks for feed in rack.fed_by}
    idle = [n.name for n in nodes if n.name not in fed]
    if idle:
        raise ValueError(f"{idle[0]} feeds nothing; name it in a fed_by, or remove it")


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known[:6])}"


def unit_warnings(facility: Facility) -> tuple[str, ...]:
    """
    Ratings that look like a slip of the unit: far off both feeds and fed nodes.

    Args:
        facility: An explicit facility.

    Returns:
        One sentence each, with the suspected unit and the repair.
    """
    by_name = {n.name: n for n in facility.electrical}
    found = []
    for node in facility.electrical:
        near = [by_name[f].rated_w for f in node.fed_by]
        near += [n.rated_w for n in facility.electrical if node.name in n.fed_by]
        if not near:
            continue
        if all(w / node.rated_w > _SUSPECT_RATIO for w in near):
            unit, factor = "kW typed where W is meant", _WATTS_PER_KW
        elif all(node.rated_w / w > _SUSPECT_RATIO for w in near):
            unit, factor = "mW typed where W is meant", 1 / _WATTS_PER_KW
        else:
            continue
        found.append(
            f"{node.name}: rated_w {node.rated_w:g} W stands beside "
            f"{min(near):g} to {max(near):g} W; probably {unit}: "
            f"try {node.rated_w * factor:g}"
        )
    return tuple(found)


def event_targets(facility: Facility) -> dict[str, tuple[str, ...]]:
    """Targets each kind of event may name, for an explicit facility."""
    nodes = tuple(n.name for n in facility.electrical)
    halls = tuple(dict.fromkeys(r.hall for r in facility.racks))
    rows = tuple(dict.fromkeys(r.row for r in facility.racks))
    generators = tuple(n.name for n in facility.electrical if n.kind == "generator")
    utilities = tuple(n.name for n in facility.electrical if n.kind == "utility")
    every: dict[str, tuple[str, ...]] = {
        "lose-node": nodes, "maintenance": nodes,
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
                f"does not exist; {_nearest(event.target, [k for k in known if k])}"
            )
        if event.kind in {"lose-node", "maintenance"} and not event.target:
            raise ValueError(
                f"events.{index} ({event.kind}) needs a target; name a node"
            )

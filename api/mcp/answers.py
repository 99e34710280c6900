"""What tools answer: figures with their units, never curves, and short lists."""

from __future__ import annotations

from typing import Any

from api.schemas.base import Out, said
from api.schemas.results import ProvenanceOut

_W = "W"
_PROVENANCE = said(
    "What it rests on; the same gives the same numbers again",
    {"scenario_sha256": "9c1e", "model_version": "2", "seed": 1},
)


class RowFigures(Out):
    """One row of servers over the horizon."""

    policy: str = said("Policy", "polca")
    server_count: int = said("Servers deployed", 52, unit="servers")
    added_servers: int = said("Servers beyond the base count", 12, unit="servers")
    provisioned_w: float | None = said("Power limit of the row", 204_520.0, unit=_W)
    peak_w: float | None = said("Highest row power of a tick", 197_000.0, unit=_W)
    peak_frac: float | None = said("The same ÷ the limit", 0.963)
    headroom_w: float | None = said("Limit less peak", 7_520.0, unit=_W)
    mean_w: float | None = said("Mean row power", 161_000.0, unit=_W)
    energy_wh: float | None = said("Row energy", 3.2e6, unit="Wh")
    energy_per_token_j: float | None = said("Per token produced", 2.1, unit="J")
    caps_low: int = said("Caps commanded on low priority", 40, unit="commands")
    caps_high: int = said("Caps commanded on high priority", 0, unit="commands")
    brakes: int = said("Times the power brake was pulled", 0, unit="brakes")
    low_p99_impact_frac: float | None = said(
        "Rise of low priority's P99 latency against no control", 0.08
    )
    high_p99_impact_frac: float | None = said(
        "Rise of high priority's P99 latency against no control", 0.01
    )
    meets_slo: bool = said("Whether every service level holds", True)
    slo_breaches: list[str] = said("Service levels that were passed, the first ten", [])


class RowEvent(Out):
    """A command of the row's control."""

    t_s: float | None = said("Time from the start", 31_204.0, unit="s")
    kind: str = said("command, landed, brake-command or brake-landed", "command")
    target: str = said("low, high or all", "low")
    value: float | None = said("Clock cap, 0 for none; brake: 1 on", 1275.0, unit="MHz")


class WhatIfFound(Out):
    """A row as asked, beside the same without control and beside what stands today."""

    run: RowFigures = said("The row as asked", {})
    reference: RowFigures = said("Same traffic and servers, no control", {})
    baseline: RowFigures = said("The base row without control: what stands today", {})
    binding: str = said("What stops it, or comes nearest to", "power: peak 0.963")
    events: list[RowEvent] = said("The first events", [])
    events_left: int = said("Events beyond those", 0, unit="events")
    provenance: ProvenanceOut = _PROVENANCE


class PlanCell(Out):
    """One server count under one policy."""

    policy: str = said("Policy", "polca")
    server_count: int = said("All servers", 52, unit="servers")
    added_servers: int = said("Servers beyond the base count", 12, unit="servers")
    highest_peak_frac: float | None = said("Peak ÷ limit, worst seed", 0.97)
    meets_slo: bool = said("Whether every seed held every service level", True)
    meets_slo_confidence: float | None = said(
        "Lower 95 % bound of the chance that another seed holds", 0.72
    )
    breaches: list[str] = said("What was passed, the first three", [])


class PlanFound(Out):
    """Server counts × policies, and the largest count that holds."""

    plan_id: str = said("Where it is kept", "plan_0f9a1c22d3e4b5a6")
    best_added_servers: dict[str, int | None] = said(
        "Largest added count inside the service levels, per policy; null for none",
        {"polca": 12}, unit="servers",
    )  # fmt: skip
    cells: list[PlanCell] = said("By policy, then by server count", [])
    cells_left: int = said("Cells beyond those", 0, unit="cells")
    baseline: RowFigures = said("The base row without control", {})
    provenance: ProvenanceOut = _PROVENANCE


class NodeFound(Out):
    """A power node, the nearest to its limit first."""

    name: str = said("Name", "ups-A")
    kind: str = said("Kind", "ups")
    limit_w: float | None = said("What may be planned with", 9.0e5, unit=_W)
    peak_w: float | None = said("Highest output of a tick", 7.1e5, unit=_W)
    failover_w: float | None = said(
        "Highest output when any single other node is lost", 8.8e5, unit=_W
    )
    failover_cause: str = said("The node whose loss does that", "ups-B")
    headroom_w: float | None = said("Limit less load after that loss", 2e4, unit=_W)
    trip_t_s: float | None = said("When it tripped; null if not", None, unit="s")


class SiteEvent(Out):
    """Something that happened on a site."""

    t_s: float | None = said("When", 10.0, unit="s")
    kind: str = said("What", "trip")
    target: str = said("Node, row or hall", "busway-1A")
    value: float | None = said("Load ratio at a trip, clock of a command", 1.2)


class SiteFound(Out):
    """A site over its horizon."""

    name: str = said("Site", "Sample site")
    policy: str = said("Policy of its rows", "polca")
    server_count: int = said("Servers deployed", 480, unit="servers")
    horizon_s: float | None = said("Length", 86_400.0, unit="s")
    it_wh: float | None = said("Energy of the racks", 4.1e7, unit="Wh")
    facility_wh: float | None = said("Energy from all sources", 5.0e7, unit="Wh")
    mechanical_wh: float | None = said("Energy of cooling", 6e6, unit="Wh")
    pue: float | None = said("Facility energy ÷ IT energy", 1.21)
    lost_server_s: float = said("Server time without service", 0.0, unit="s")
    hottest_c: float | None = said("Hottest GPU", 78.0, unit="C")
    binding: str = said("The node nearest to its limit and why", "ups-A: ...")
    nodes: list[NodeFound] = said("Nodes with the least headroom", [])
    nodes_left: int = said("Nodes beyond those", 0, unit="nodes")
    events: list[SiteEvent] = said("The first events", [])
    events_left: int = said("Events beyond those", 0, unit="events")
    warnings: list[str] = said("What looks wrong about the inputs", [])
    provenance: ProvenanceOut = _PROVENANCE


class FailureCase(Out):
    """What the loss of one node, or two, does."""

    failed: list[str] = said("What is lost at time zero", ["ups-A"])
    lost_servers: int = said("Servers lost at the end", 0, unit="servers")
    lost_at_once: int = said("Of these, from the first moment", 0, unit="servers")
    trips: int = said("Breakers that tripped", 0, unit="breakers")
    first_trip_s: float | None = said("Time to the first trip", None, unit="s")
    worst_node: str = said("Node that comes nearest to its limit", "ups-B")
    worst_frac: float | None = said("Its load ÷ its limit after the failure", 1.12)
    saved_by_cap: bool = said("Whether a cap beat a breaker", True)
    slowed_servers: int = said("Servers a cap slows at the end", 96, unit="servers")
    slo_damage_frac: float | None = said("Part of the hour's work that suffers", 0.02)
    binding: str = said("The constraint that binds, in words", "ups-B at 1.12")
    race: str = said("Who wins, the cap or the breaker", "the cap by 4 s")


class FailuresFound(Out):
    """Failures of a site, worst first."""

    cases: list[FailureCase] = said("Cases, worst first", [])
    cases_left: int = said("Cases beyond those", 0, unit="cases")
    single: int = said("Single failures followed", 20, unit="failures")
    pairs: int = said("Pairs followed", 190, unit="pairs")
    losing: int = said("Cases that lose a server", 3, unit="cases")
    worst_t_s: float = said("The moment the loads are taken from", 54_000.0, unit="s")
    server_count: int = said("Servers of the site", 480, unit="servers")
    provenance: ProvenanceOut = _PROVENANCE


class RuleFound(Out):
    """A grid rule, before and after measures."""

    key: str = said("Name", "ercot-band")
    title: str = said("What it asks", "Swing in a band")
    unit: str = said("Unit of limit and worst value", "W")
    limit: float | None = said("Limit that held, in its unit", 1e7)
    worst_before: float | None = said("Worst value without measures, in its unit", 2e7)
    worst_after: float | None = said("Worst value with measures, in its unit", 8e6)
    margin_after_frac: float | None = said("(limit - worst) ÷ limit", 0.2)
    passes_before: bool | None = said("Kept without measures; null unjudged", False)
    passes_after: bool | None = said("Kept with measures; null unjudged", True)
    why_not: str | None = said("Why it could not be judged", None)


class GridFigures(Out):
    """What the grid sees."""

    highest_w: float = said("Highest power from the grid", 5.1e7, unit=_W)
    lowest_w: float = said("Lowest", 1.2e7, unit=_W)
    mean_w: float = said("Mean", 4.0e7, unit=_W)
    wasted_frac: float | None = said("Burnt and lost in stores ÷ work", 0.03)
    slowdown_frac: float | None = said("Time the jobs lose", 0.01)


class RideFound(Out):
    """A disturbance under one ride-through table."""

    key: str = said("Table", "itic")
    title: str = said("What it asks", "Ride through a dip")
    passes: bool = said("Whether every requirement is kept", True)
    lost_w: float | None = said("Most the grid missed", 0.0, unit=_W)
    recovered_s: float | None = said("Until the load was back", 1.0, unit="s")


class StabilizeFound(Out):
    """A training site before and after its measures, against every grid rule."""

    passes: bool = said("Whether every rule that can be judged is kept", True)
    contract_w: float = said("Contracted power", 6e7, unit=_W)
    horizon_s: float = said("Length of the run", 120.0, unit="s")
    binding: str = said("The rule with the least margin", "ercot-band: ...")
    before: GridFigures = said("Without measures", {})
    after: GridFigures = said("With measures", {})
    rules: list[RuleFound] = said("Rules, the least margin first", [])
    rides: list[RideFound] = said("The disturbance under each table", [])
    notes: list[str] = said("What a reader must know", [])
    provenance: ProvenanceOut = _PROVENANCE


class ScenarioName(Out):
    """A stored scenario."""

    id: str = said("Id", "sample-row")
    name: str = said("Name", "Sample row")
    version: int = said("Version", 1)


class ScenariosFound(Out):
    """Stored scenarios, newest first."""

    items: list[ScenarioName] = said("Scenarios", [])
    left: int = said("Scenarios beyond those", 0, unit="scenarios")


class ScenarioFound(ScenarioName):
    """A stored scenario with its inputs, every default filled in."""

    scenario: dict[str, Any] = said("The inputs", {"fleet": {"server_count": 40}})

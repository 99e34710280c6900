"""
What placing, routing and configuring would do for a site, against doing nothing.

One demand, five runs of it: nothing, each lever alone, all of them. Figures are of the
simulation in `twin.tapas.simulate`, on the fleet that `twin.tapas.site` makes of the
facility; a change is a lever's figure minus the one without levers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from twin.facility.answer import facility_of
from twin.scenario.model import Scenario
from twin.tapas.fleet import IAAS, MINUTES_PER_DAY
from twin.tapas.simulate import Emergency, Levers, Outcome, run_week
from twin.tapas.site import NOT_TAKEN, Fleet, fleet_of

EmergencyKind = Literal["none", "power", "airflow"]
POWER_LEFT_FRAC = 0.75
POWER_MINUTES = 5
"""A power emergency: 75 % of every row's limit for five minutes (TAPAS)."""
AIR_LEFT_FRAC = 0.9
AIR_MINUTES = 60
"""An airflow emergency: 90 % of every aisle's air (TAPAS) for an hour (assumed)."""
EMERGENCY_HOUR = 15
"""It strikes when customers and endpoints peak, on the last day."""
MOST_DAYS = 7

TRIED: tuple[Levers, ...] = (
    Levers(),
    Levers(place=True),
    Levers(route=True),
    Levers(configure=True),
    Levers(place=True, route=True, configure=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyLoss:
    """
    What an emergency costs.

    Args:
        iaas_lost_frac: Work of opaque machines lost during it. 0..1
        saas_lost_frac: Requests not served during it. 0..1
        quality_lost_frac: Quality of answers lost during it. 0..1
    """

    iaas_lost_frac: float
    saas_lost_frac: float
    quality_lost_frac: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverChange:
    """
    A lever's figures minus those without levers; below zero is better.

    Args:
        peak_row_frac: Of the highest row power ÷ its limit.
        hottest_k: Of the hottest GPU. [K]
        throttle_min: Of server minutes slowed. [min]
        saas_p99: Of the P99 response ÷ an idle instance's.
        saas_lost_frac: Of requests not served.
        iaas_slowdown_frac: Of opaque work lost to slowing.
        quality_lost_frac: Of quality lost.
    """

    peak_row_frac: float
    hottest_k: float
    throttle_min: float
    saas_p99: float
    saas_lost_frac: float
    iaas_slowdown_frac: float
    quality_lost_frac: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverResult:
    """
    A fleet under one set of levers.

    Args:
        levers: Which: "oblivious" is none of them.
        peak_row_w: Wanted power of the row nearest to its limit, before slowing. [W]
        row_limit_w: That row's limit. [W]
        peak_row_frac: The former ÷ the latter.
        hottest_c: Hottest GPU, before it is slowed. [°C]
        power_throttle_min: Server minutes slowed because of their row. [min]
        thermal_throttle_min: Server minutes slowed because of heat. [min]
        throttle_min: Server minutes slowed for either reason. [min]
        saas_p99: 99th percentile over served requests of response time ÷ an idle
            instance's; NaN without SaaS.
        saas_lost_frac: Requests not served in their minute. 0..1
        iaas_slowdown_frac: Work of opaque machines lost to slowing. 0..1
        quality_lost_frac: Mean quality of answers lost to smaller configurations. 0..1
        unplaced: Machines that found no server.
        emergency: What the emergency costs; None without one.
        change: Against no levers.
    """

    levers: str
    peak_row_w: float
    row_limit_w: float
    peak_row_frac: float
    hottest_c: float
    power_throttle_min: float
    thermal_throttle_min: float
    throttle_min: float
    saas_p99: float
    saas_lost_frac: float
    iaas_slowdown_frac: float
    quality_lost_frac: float
    unplaced: int
    emergency: EmergencyLoss | None
    change: LeverChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduling:
    """
    What each lever does for a site.

    Args:
        name: Name of the site.
        server: Server type of the fleet.
        server_count: Servers deployed.
        planned_servers: Servers that power was planned for.
        added_frac: Servers beyond those planned ÷ those planned.
        halls: Halls.
        rows: Rows.
        aisles: Aisles.
        iaas_frac: Share of IaaS machines asked for. 0..1
        iaas_drawn_frac: Share of IaaS among the machines drawn; they come in batches,
            so a small site misses what was asked. 0..1
        days: Length. [d]
        seed: Seed of places, machines and loads.
        emergency: "none", "power" or "airflow".
        emergency_start_s: When it strikes; None without one. [s]
        emergency_duration_s: How long it lasts; None without one. [s]
        levers: Figures by lever, without levers first.
        notes: What of this site had to be simplified.
        not_taken: What of the scenario such runs do not use.
    """

    name: str
    server: str
    server_count: int
    planned_servers: int
    added_frac: float
    halls: int
    rows: int
    aisles: int
    iaas_frac: float
    iaas_drawn_frac: float
    days: int
    seed: int
    emergency: EmergencyKind
    emergency_start_s: float | None
    emergency_duration_s: float | None
    levers: tuple[LeverResult, ...]
    notes: tuple[str, ...]
    not_taken: tuple[str, ...]


def schedule(
    scenario: Scenario,
    *,
    emergency: EmergencyKind = "none",
    oversubscription_frac: float | None = None,
    iaas_frac: float = 0.5,
    days: int = 2,
    on_progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Scheduling:
    """
    Try the levers on a site.

    Args:
        scenario: The question; its facility is set.
        emergency: What strikes on the last day's afternoon.
        oversubscription_frac: Servers added to each row ÷ those planned; None takes
            the racks as they are.
        iaas_frac: Share of IaaS where no rack says that it is IaaS. 0..1
        days: Length. [d], 1..7
        on_progress: Told the part done, 0..1, and what is under way.
        cancelled: Asked by the hour of each run.

    Returns:
        Figures by lever and their change against none; the same for the same inputs.

    Raises:
        ScenarioError: If there is no facility, no server, or too many.
        Cancelled: If asked to stop.

    Source:
        docs/models/tapas.md; TAPAS's structure, our coefficients.
    """
    report = on_progress or (lambda _part, _text: None)
    fleet = fleet_of(
        scenario, facility_of(scenario), oversubscription_frac=oversubscription_frac,
        iaas_frac=iaas_frac, days=days,
    )  # fmt: skip
    struck = _emergency(emergency, days)
    found = []
    for k, levers in enumerate(TRIED):

        def hour(part: float, k: int = k, text: str = levers.label) -> None:
            report((k + part) / len(TRIED), text)

        outcome = run_week(
            fleet.grounds, fleet.demand, levers, emergency=struck, on_progress=hour,
            cancelled=cancelled,
        )  # fmt: skip
        found.append(outcome)
    report(1.0, "done")
    return _answer(scenario, fleet, found, emergency, struck, days)


def _emergency(kind: EmergencyKind, days: int) -> Emergency | None:
    start = (days - 1) * MINUTES_PER_DAY + EMERGENCY_HOUR * 60
    if kind == "power":
        return Emergency(start=start, minutes=POWER_MINUTES, power_frac=POWER_LEFT_FRAC)
    if kind == "airflow":
        return Emergency(start=start, minutes=AIR_MINUTES, air_frac=AIR_LEFT_FRAC)
    return None


def _answer(
    scenario: Scenario, fleet: Fleet, found: list[Outcome], kind: EmergencyKind,
    struck: Emergency | None, days: int,
) -> Scheduling:  # fmt: skip
    grounds = fleet.grounds
    return Scheduling(
        name=scenario.site.name, server=grounds.server.key,
        server_count=grounds.servers, planned_servers=fleet.planned,
        added_frac=(grounds.servers - fleet.planned) / fleet.planned,
        halls=grounds.halls, rows=grounds.rows, aisles=grounds.aisles,
        iaas_frac=fleet.iaas_frac,
        iaas_drawn_frac=float((fleet.demand.kind == IAAS).mean()), days=days,
        seed=scenario.seed, emergency=kind,
        emergency_start_s=None if struck is None else 60.0 * struck.start,
        emergency_duration_s=None if struck is None else 60.0 * struck.minutes,
        levers=tuple(_lever(o, found[0], struck is not None) for o in found),
        notes=fleet.notes, not_taken=NOT_TAKEN,
    )  # fmt: skip


_AS_FOUND = (
    "peak_row_w", "row_limit_w", "peak_row_frac", "hottest_c", "power_throttle_min",
    "thermal_throttle_min", "throttle_min", "saas_p99", "unplaced",
)  # fmt: skip


def _lever(after: Outcome, before: Outcome, struck: bool) -> LeverResult:
    lost, lost_before = _lost(after), _lost(before)
    emergency = None
    if struck:
        iaas, saas, quality = (_share(part) for part in after.lost_in_emergency)
        emergency = EmergencyLoss(
            iaas_lost_frac=iaas, saas_lost_frac=saas, quality_lost_frac=quality
        )
    return LeverResult(
        levers=after.levers.label, **{n: getattr(after, n) for n in _AS_FOUND}, **lost,
        emergency=emergency,
        change=LeverChange(
            peak_row_frac=after.peak_row_frac - before.peak_row_frac,
            hottest_k=after.hottest_c - before.hottest_c,
            throttle_min=after.throttle_min - before.throttle_min,
            saas_p99=after.saas_p99 - before.saas_p99,
            **{name: part - lost_before[name] for name, part in lost.items()},
        ),
    )  # fmt: skip


def _lost(outcome: Outcome) -> dict[str, Any]:
    """What was lost, as a lever's result calls it."""
    return {
        "saas_lost_frac": _share(outcome.saas_lost_frac),
        "iaas_slowdown_frac": _share(outcome.iaas_lost_frac),
        "quality_lost_frac": _share(1.0 - outcome.quality_frac),
    }


def _share(part: float) -> float:
    """A share of a sum over many minutes, without what rounding left there."""
    return max(0.0, round(part, 12))

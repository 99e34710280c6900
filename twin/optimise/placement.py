"""
Servers on racks, feeds and phases, within every limit and under any single loss.

Positive power flows towards the racks. `place` is the whole of it: the site's inputs
go in, racks with what they hold come out, with what binds, a proof, and the verdict of
the site's own model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.catalogue import CLOCK_CURVES
from twin.cooling.weather import Weather
from twin.errors import ScenarioError
from twin.facility.activity import Activity, row_activity
from twin.facility.answer import facility_of
from twin.facility.assemble import Assembled, assemble
from twin.optimise.placement_bindings import Binding, binding_at, bindings
from twin.optimise.placement_build import build_model, room
from twin.optimise.placement_check import Verified, verify, warm_activity
from twin.optimise.placement_ground import Ground, Option, build_ground
from twin.optimise.placement_kinds import kinds_of
from twin.optimise.placement_model import Model
from twin.optimise.placement_solve import Proof, Solver
from twin.plan.memo import Memo
from twin.scenario.facility import Rack
from twin.scenario.facility_checks import check_racks
from twin.scenario.model import Scenario
from twin.scenario.placement import PlacementInput
from twin.scenario.row_limits import row_limits_w
from twin.serving.traffic import Recordings
from twin.types import Cancel, FloatArray, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class RackPlan:
    """
    What one rack holds and how it hangs.

    Args:
        rack: Its name.
        row: Its row.
        hall: Its hall.
        server: Type of its servers; "" for an empty rack.
        server_count: Servers in it.
        added: Of these, those placed now.
        of: Servers by the name of their kind.
        fed_by: Its feeds.
        phases: Its phases.
        planned_w: Power planned for it. [W]
    """

    rack: str
    row: str
    hall: str
    server: str
    server_count: int
    added: int
    of: dict[str, int]
    fed_by: tuple[str, ...]
    phases: str
    planned_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedKind:
    """
    One kind of servers that was to be placed.

    Args:
        name: Its name for people.
        server: Server type.
        planned_w: Power planned per server. [W]
        asked: Servers asked for; None is as many as possible.
        placed: Servers placed.
    """

    name: str
    server: str
    planned_w: float
    asked: int | None
    placed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """
    A placement.

    Args:
        racks: What every rack holds.
        kinds: What was placed.
        server_count: Servers in all racks, those present among them.
        placed: Servers placed now.
        unplaced: Servers asked for that are not.
        planned_w: Power planned for all racks. [W]
        worst_frac: Highest load ÷ limit under any case that is survived; nodes that
            feed one rack alone are held to their limits and not counted.
        worst: Where and after what, in words.
        imbalance_frac: Fullest phase above the mean of its phases ÷ that mean, the
            worst three-phase node, nothing lost.
        moved: Servers present that left their rack, or whose rack was hung anew.
        unused: Nodes that nothing hangs on any more; the scenario leaves them out.
        bindings: Limits that keep one more server out, the fullest first.
        proofs: One per objective.
        rounds: Programs solved.
        planes: Limits that were added on the way.
        variables: Whole numbers that were sought.
        verified: What the site's own model says.
        scenario: The site with the servers in place.
    """

    racks: tuple[RackPlan, ...]
    kinds: tuple[PlacedKind, ...]
    server_count: int
    placed: int
    unplaced: int
    planned_w: float
    worst_frac: float
    worst: str
    imbalance_frac: float
    moved: int
    unused: tuple[str, ...]
    bindings: tuple[Binding, ...]
    proofs: tuple[Proof, ...]
    rounds: int
    planes: int
    variables: int
    verified: Verified
    scenario: Scenario


def place(
    inputs: PlacementInput,
    recordings: Recordings,
    weather: Weather,
    *,
    memo: Memo | None = None,
    on_progress: Report | None = None,
    cancelled: Cancel | None = None,
) -> Placement:
    """
    Place servers.

    Args:
        inputs: The question.
        recordings: The traffic datasets its scenario names.
        weather: Outdoor air by hour.
        memo: Remembers how busy servers are between questions.
        on_progress: Told the part done, 0..1, and what is under way.
        cancelled: Asked between programs.

    Returns:
        The placement.

    Raises:
        ScenarioError: If the question cannot be answered as it stands.
        Cancelled: If asked to stop.

    Source:
        docs/models/placement.md.
    """
    report = on_progress or (lambda _part, _text: None)
    report(0.0, "reading the site")
    activity = _activity(inputs, recordings, memo or Memo(), cancelled)
    a = present_site(inputs, weather, activity)
    kinds = kinds_of(inputs, a, activity)
    ground = build_ground(inputs, a, kinds)
    _refuse_what_fits_nowhere(ground)
    solver = Solver(build_model(ground), report, cancelled)
    servers, proofs = solver.run()
    report(0.9, "following failures")
    return _result(ground, solver.model, servers, proofs, activity, weather)


def present_site(
    inputs: PlacementInput, weather: Weather, activity: Activity
) -> Assembled:
    """Assemble a placement's site as it stands."""
    facility_of(inputs.scenario)  # refuse before working
    return assemble(inputs.scenario, activity, weather)


def _activity(
    inputs: PlacementInput, recordings: Recordings, memo: Memo,
    cancelled: Cancel | None,
) -> Activity:  # fmt: skip
    """How busy servers are; fully, where nothing planned depends on it."""
    scenario = inputs.scenario
    if inputs.planned_for == "percentile" or inputs.after_loss == "capped":
        return memo.activity(
            scenario, recordings,
            lambda: row_activity(scenario, recordings, memo=memo, cancelled=cancelled),
        )  # fmt: skip
    gpu = scenario.server().gpu
    curve = CLOCK_CURVES[gpu.key]
    clocks = np.array(curve.clock_mhz)
    return Activity(
        frac=np.ones(1), curve_mhz=clocks * (gpu.clock_max_mhz.value / clocks[-1]),
        curve_power=np.array(curve.dynamic_power_frac, dtype=np.float64),
        curve_slowdown=np.array(curve.slowdown, dtype=np.float64),
    )  # fmt: skip


def _refuse_what_fits_nowhere(ground: Ground) -> None:
    for kind in ground.kinds:
        rooms = [
            room(ground, p_group=g, option=o, key=kind.server.key)
            for g, group in enumerate(ground.groups)
            for o in range(len(group.options))
        ]
        if kind.field and max(rooms, default=0) < 1:
            most_w = max(float(q.limit_w.max()) for q in ground.groups)
            raise ScenarioError(f"{kind.field}.planned_w",
                                f"is more than any rack can carry, {most_w:.0f} W",
                                kind.planned_w, "raise rack_limit_w or the rack PDUs, "
                                "or plan less")  # fmt: skip


# --- the result ---------------------------------------------------------------------


class _Chosen(NamedTuple):
    """What a rack holds, by kind, and the way it hangs."""

    held: FloatArray
    option: int


def _chosen(model: Model, servers: FloatArray) -> dict[int, _Chosen]:
    """By rack; a rack that stays empty hangs as it does now, if that is open to it."""
    g, found = model.ground, {}
    for group in g.groups:
        for k, rack in enumerate(group.racks.tolist()):
            held = servers[group.virtual[k]]
            used = int(held.sum(axis=1).argmax()) if held.any() else max(0, group.own)
            found[rack] = _Chosen(held[used], used)
    return found


def _result(
    ground: Ground, model: Model, servers: FloatArray,
    proofs: list[Proof], activity: Activity, weather: Weather,
) -> Placement:  # fmt: skip
    kinds, inputs = ground.kinds, ground.inputs
    chosen = _chosen(model, servers)
    racks = tuple(
        _rack_plan(ground, rack, chosen[k], ground.ways[k][chosen[k].option])
        for k, rack in enumerate(ground.a.racks)
    )
    by_kind = servers.sum(axis=0)
    placed = [
        PlacedKind(
            name=k.name, server=k.server.key, planned_w=k.planned_w,
            asked=k.count, placed=int(by_kind[e]),
        )
        for e, k in enumerate(kinds) if not k.present
    ]  # fmt: skip
    worst = max(model.broken(servers, 0.0), key=lambda b: b.frac, default=None)
    uneven_w, total_w = model.uneven(servers)
    scenario = _filled(inputs.scenario, ground.a, racks)
    watts = {draws: model.rack_w(servers, draws) for draws in ("planned", "capped")}
    by_rack = {
        draws: {
            ground.a.racks[r].name: float(w[g.virtual[k]].sum())
            for g in ground.groups for k, r in enumerate(g.racks.tolist())
        }
        for draws, w in watts.items()
    }  # fmt: skip
    main = inputs.scenario.server()
    mean_w = float(watts["planned"].sum()) / max(1.0, float(servers.sum()))
    busy = (mean_w - main.idle_w) / (main.full_w - main.idle_w)
    return Placement(
        racks=racks, kinds=tuple(placed), server_count=int(servers.sum()),
        placed=sum(p.placed for p in placed),
        unplaced=sum((p.asked or 0) - p.placed for p in placed if p.asked is not None),
        planned_w=float(watts["planned"].sum()),
        worst_frac=worst.frac if worst else 0.0,
        worst=binding_at(model, worst).words if worst else "",
        imbalance_frac=float((uneven_w / np.maximum(total_w, 1.0)).max()),
        moved=_moved(ground, chosen), unused=_unused(ground.a, racks),
        bindings=bindings(model, servers),
        proofs=tuple(proofs), rounds=model.rounds, planes=model.planes,
        variables=model.columns.servers + model.columns.racks,
        verified=verify(
            scenario, warm_activity(activity, busy), weather, by_rack["planned"],
            survives=inputs.survive == "any-one",
            capped_w=by_rack["capped"] if inputs.after_loss == "capped" else None,
        ),
        scenario=scenario,
    )  # fmt: skip


def _rack_plan(
    ground: Ground, rack: Rack, chosen: _Chosen, option: Option
) -> RackPlan:  # fmt: skip
    kinds, held = ground.kinds, chosen.held
    here = [e for e in range(len(kinds)) if held[e]]
    return RackPlan(
        rack=rack.name, row=rack.row, hall=rack.hall,
        server=kinds[here[0]].server.key if here else "",
        server_count=int(held.sum()),
        added=int(sum(held[e] for e in here if not kinds[e].present)),
        of={kinds[e].name: int(held[e]) for e in here}, fed_by=option[0],
        phases=option[1],
        planned_w=float(sum(held[e] * kinds[e].planned_w for e in here)),
    )  # fmt: skip


def _moved(ground: Ground, chosen: dict[int, _Chosen]) -> int:
    """Servers present that left their rack, or whose rack was hung anew."""
    moved = 0
    for group in ground.groups:
        for rack in group.racks.tolist():
            now = chosen[rack]
            stays = now.held[group.present_kind] if now.option == group.own else 0
            moved += max(0, group.present - int(stays)) if group.present else 0
    return moved


def _filled(scenario: Scenario, a: Assembled, plans: tuple[RackPlan, ...]) -> Scenario:
    """Return the site with what a placement puts into its racks."""
    racks = tuple(
        Rack.model_validate(
            rack.model_dump()
            | {
                "server": plan.server or rack.server, "fed_by": plan.fed_by,
                "server_count": plan.server_count, "phases": plan.phases,
            }
        )
        for rack, plan in zip(a.racks, plans, strict=True)
    )  # fmt: skip
    idle = set(_unused(a, plans))
    electrical = tuple(n for n in a.facility.electrical if n.name not in idle)
    check_racks(racks, electrical)
    facility = a.facility.model_copy(
        update={
            "racks": racks, "electrical": electrical,
            "row_limits_w": row_limits_w(scenario, a.racks),
            "events": tuple(e for e in a.facility.events if e.target not in idle),
        }
    )  # fmt: skip
    return scenario.model_copy(update={"facility": facility})


def _unused(a: Assembled, plans: tuple[RackPlan, ...]) -> tuple[str, ...]:
    """Nodes that feed nothing once racks hang as planned, by name."""
    left = {n.name: n for n in a.facility.electrical}
    hung = {feed for plan in plans for feed in plan.fed_by}
    while True:
        fed = hung | {feed for n in left.values() for feed in n.fed_by}
        idle = [name for name in left if name not in fed]
        if not idle:
            return tuple(sorted({n.name for n in a.facility.electrical} - set(left)))
        for name in idle:
            del left[name]

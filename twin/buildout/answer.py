"""A build-out, answered: the best plan, why it is so, and plans between two aims."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.buildout.late import late
from twin.buildout.plan import Plan, make_plan
from twin.buildout.program import Measure, Program, Solution, Stop
from twin.buildout.why import Binding, bindings, impossible
from twin.scenario.build_out import BuildOutInput


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOutResult:
    """
    The best plan and why it is so.

    Args:
        plan: The plan.
        binding: Limits that make it worse, the costliest first; empty where not asked.
        late: What arrives after it is needed, in words.
    """

    plan: Plan
    binding: tuple[Binding, ...]
    late: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPoint:
    """
    One plan of a front.

    Args:
        net_present_cost_usd: Worth today, unserved demand in. [USD]
        spend_usd: The same without unserved demand. [USD]
        carbon_t: Carbon. [t]
        unmet_server_years: Servers wanted and not served × time. [years]
        served_server_years: Servers served × time. [years]
        orders: Orders in words.
    """

    net_present_cost_usd: float
    spend_usd: float
    carbon_t: float
    unmet_server_years: float
    served_server_years: float
    orders: tuple[str, ...]


def aims_of(given: BuildOutInput) -> tuple[Measure, ...]:
    """What is minimised, the most important first."""
    if given.aim == "cost":
        return ("cost",)
    if given.aim == "servers":
        return ("unmet", "cost")
    if given.limits.unmet_frac is not None:
        return ("carbon", "cost")
    return ("unmet", "carbon", "cost")


def best_plan(given: BuildOutInput) -> Plan:
    """
    Find the best plan.

    Args:
        given: Demand, blocks, servers, limits and the aim.

    Returns:
        The plan.

    Raises:
        ScenarioErrors: If no plan keeps the limits; names those to blame.
        ScenarioError: If the limits contradict each other whatever is ordered.
    """
    program = Program(given)
    return make_plan(given, program.costs, _decided(program))


def _decided(program: Program) -> Solution:
    """Decisions of the best plan; where there is none, says which limits leave none."""
    solution = program.solve(aims_of(program.given))
    if solution is None:
        raise impossible(program)
    return solution


def build_out(
    given: BuildOutInput, *, explain: bool = True, stop: Stop | None = None
) -> BuildOutResult:
    """
    Find the best plan and say why it is so.

    Args:
        given: Demand, blocks, servers, limits and the aim.
        explain: Whether every limit is tried without; a search for each.
        stop: Asked before every search; True ends the work.

    Raises:
        ScenarioErrors: If no plan keeps the limits; names those to blame.
        ScenarioError: If the limits contradict each other whatever is ordered.
        Cancelled: If asked to stop.

    Source:
        docs/models/build_out.md.
    """
    program = Program(given, stop)
    solution = _decided(program)
    plan = make_plan(given, program.costs, solution)
    return BuildOutResult(
        plan=plan,
        binding=bindings(program, solution, aims_of(given)) if explain else (),
        late=late(program, plan, solution),
    )


def front(
    given: BuildOutInput,
    first: Measure,
    second: Measure,
    *,
    points: int = 8,
    stop: Stop | None = None,
) -> tuple[FrontPoint, ...]:
    """
    Plans between two aims of which none is better in both, by bounds on the second.

    Both ends are found first, each the best in one aim and then in the other. Between
    them the second is held at equal steps while the first is minimised.

    Args:
        given: The build-out; its own aim does not count.
        first: What is minimised.
        second: What is held.
        points: Most plans. 2..50
        stop: Asked before every search; True ends the work.

    Returns:
        Plans, the best in `first` first.

    Raises:
        ScenarioErrors: If no plan keeps the limits.
        Cancelled: If asked to stop.
        ValueError: If both aims are the same.
    """
    if first == second:
        raise ValueError(f"a front needs two aims, got {first} twice")
    program = Program(given, stop)
    begin, end = program.solve((first, second)), program.solve((second, first))
    if begin is None or end is None:
        raise impossible(program)
    high, low = program.value(second, begin), program.value(second, end)
    found = [begin]
    for most in np.linspace(high, low, points)[1:-1]:
        one = program.solve((first, second), [*program.caps(), (second, float(most))])
        if one is not None:
            found.append(one)
    found.append(end)
    kept = _undominated(program, found, first, second)
    return tuple(_point(make_plan(given, program.costs, one)) for one in kept)


def _undominated(
    program: Program, found: list[Solution], first: Measure, second: Measure
) -> list[Solution]:
    """Plans that no other beats in one aim without losing in the other, once each."""
    pairs = [(program.value(first, s), program.value(second, s)) for s in found]
    order = sorted(range(len(found)), key=lambda i: pairs[i])
    kept: list[int] = []
    for i in order:
        if not kept or pairs[i][1] < pairs[kept[-1]][1] - 1e-9 * abs(pairs[i][1]):
            kept.append(i)
    return [found[i] for i in kept]


def _point(plan: Plan) -> FrontPoint:
    return FrontPoint(
        net_present_cost_usd=plan.net_present_cost_usd, spend_usd=plan.spend_usd,
        carbon_t=plan.carbon_t, unmet_server_years=plan.unmet_server_years,
        served_server_years=plan.served_server_years,
        orders=tuple(order.text for order in plan.orders),
    )  # fmt: skip

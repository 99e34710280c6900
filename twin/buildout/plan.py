"""A build-out as people read it: periods, orders, money by part, what is stranded."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.buildout.costing import (
    HOURS,
    PARTS,
    Costing,
    Order,
    kinds_of,
    need_w,
    there_w,
)
from twin.buildout.program import Solution
from twin.scenario.build_out import BuildOutInput
from twin.types import FloatArray

_NEAR = 1e-6
"""Servers below this share of those wanted are the solver's rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """
    One period of a plan.

    Args:
        label: Name, such as "Q3 2027".
        wanted: Servers wanted, in servers of work 1.
        served: Of them served.
        unmet: Of them not served.
        there: Servers that are there, by generation.
        on: Servers that are on, by generation.
        it_w: Peak power of the servers that are on. [W]
        meter_w: The same at the meter. [W]
        capacity_w: What each kind carries. [W]
        need_w: What each kind has to carry. [W]
        spare_w: Capacity of the utility less the peak; without a utility, of the kind
            with most to spare. [W]
        stranded_w: The part of it that demand is waiting for. [W]
        short: Kinds that are full while demand waits, or "servers".
        ordered_usd: Orders of the period. [USD]
        running_usd: Energy, demand charge, water, carbon and upkeep. [USD]
        lost_usd: Unserved demand at its price. [USD]
        carbon_t: Carbon of the energy and of servers ordered. [t]
        water_m3: Water. [m3]
    """

    label: str
    wanted: float
    served: float
    unmet: float
    there: dict[str, float]
    on: dict[str, float]
    it_w: float
    meter_w: float
    capacity_w: dict[str, float]
    need_w: dict[str, float]
    spare_w: float
    stranded_w: float
    short: tuple[str, ...]
    ordered_usd: float
    running_usd: float
    lost_usd: float
    carbon_t: float
    water_m3: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """
    One order.

    Args:
        name: Block or generation.
        kind: Kind of block, or "servers".
        count: How many.
        first: Number of the first of them, existing ones counted; 0 for servers.
        ordered: Period of the order, from 0.
        ordered_label: Its name.
        arrives: Period it serves from.
        arrives_label: Its name.
        usd: Price of all. [USD]
        text: The same in words.
    """

    name: str
    kind: str
    count: float
    first: int
    ordered: int
    ordered_label: str
    arrives: int
    arrives_label: str
    usd: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyPart:
    """
    One part of the net present cost.

    Args:
        key: Name.
        present_usd: Worth today; a gain is negative. [USD]
    """

    key: str
    present_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    A plan and what it comes to.

    Args:
        name: Name of the build-out.
        aim: What was aimed at.
        status: "optimal", or where the search stopped.
        gap_frac: How far from the best it may be, ÷ the best.
        nodes: Nodes searched.
        net_present_cost_usd: Worth today of all of it, unserved demand in. [USD]
        spend_usd: The same without unserved demand. [USD]
        cost_per_server_h_usd: Spend ÷ discounted hours of servers served. [USD/h]
        carbon_t: Carbon of all periods. [t]
        water_m3: Water of all periods. [m3]
        served_server_years: Servers served × time. [years]
        unmet_server_years: Servers wanted and not served × time. [years]
        unmet_frac: The same ÷ all that was wanted.
        spare_w: Mean over the periods of what the utility carries unused. [W]
        stranded_w: Mean over the periods of the part of it that demand waits for. [W]
        parts: Parts of the net present cost, which sum to it.
        periods: Periods.
        orders: Orders, in time.
    """

    name: str
    aim: str
    status: str
    gap_frac: float
    nodes: int
    net_present_cost_usd: float
    spend_usd: float
    cost_per_server_h_usd: float
    carbon_t: float
    water_m3: float
    served_server_years: float
    unmet_server_years: float
    unmet_frac: float
    spare_w: float
    stranded_w: float
    parts: tuple[MoneyPart, ...]
    periods: tuple[Period, ...]
    orders: tuple[OrderRow, ...]


def make_plan(given: BuildOutInput, costs: Costing, solution: Solution) -> Plan:
    """
    Account a plan from its decisions alone, whatever the solver said of them.

    Args:
        given: The build-out.
        costs: Its coefficients.
        solution: Decisions.

    Source:
        docs/models/build_out.md, eq. 1 to 7.
    """
    works = np.array([g.work for g in given.generations])
    served = np.minimum(works @ solution.on, given.wanted)
    unmet = given.wanted - served
    unmet = np.where(unmet < _NEAR * np.maximum(given.wanted, 1.0), 0.0, unmet)
    parts = _parts(costs, solution, unmet)
    dt = given.period_years
    periods = _periods(given, costs, solution, unmet)
    lost_usd = next(p.present_usd for p in parts if p.key == "lost")
    net_usd = math.fsum(p.present_usd for p in parts)
    served_h = float(served @ costs.mid) * HOURS * dt
    all_years = float(given.wanted.sum()) * dt
    return Plan(
        name=given.name, aim=given.aim, status=solution.status,
        gap_frac=solution.gap_frac, nodes=solution.nodes,
        net_present_cost_usd=net_usd, spend_usd=net_usd - lost_usd,
        cost_per_server_h_usd=(net_usd - lost_usd) / served_h if served_h else math.nan,
        carbon_t=math.fsum(p.carbon_t for p in periods),
        water_m3=math.fsum(p.water_m3 for p in periods),
        served_server_years=float(served.sum()) * dt,
        unmet_server_years=float(unmet.sum()) * dt,
        unmet_frac=float(unmet.sum()) * dt / all_years if all_years else 0.0,
        spare_w=math.fsum(p.spare_w for p in periods) / given.periods,
        stranded_w=math.fsum(p.stranded_w for p in periods) / given.periods,
        parts=parts, periods=periods, orders=_orders(given, costs, solution, periods),
    )  # fmt: skip


def _parts(
    costs: Costing, solution: Solution, unmet: FloatArray
) -> tuple[MoneyPart, ...]:
    worth = dict.fromkeys(PARTS, 0.0)
    worth["upkeep"] = costs.existing_upkeep_usd
    for key, orders, counts in (
        ("blocks", costs.blocks, solution.blocks),
        ("servers", costs.servers, solution.servers),
    ):
        for order, count in zip(orders, counts, strict=True):
            worth[key] += float(order.present_usd @ count)
            worth["upkeep"] += float(order.upkeep_usd @ count)
            worth["residual"] -= float(order.residual_usd @ count)
    for running, on in zip(costs.running, solution.on, strict=True):
        worth["energy"] += float(running.energy_usd @ on)
        worth["demand"] += float(running.demand_usd @ on)
        worth["water"] += float(running.water_usd @ on)
        worth["carbon"] += float(running.carbon_usd @ on)
    worth["lost"] = float(costs.unmet_usd @ unmet)
    return tuple(MoneyPart(key=key, present_usd=usd) for key, usd in worth.items())


def arrived(order: Order, counts: FloatArray) -> FloatArray:
    """How many of what was ordered are there in each period."""
    t = np.arange(counts.size)[:, None]
    return np.asarray(((order.arrives <= t) & (t < order.leaves)) @ counts)


def capacities_w(
    given: BuildOutInput, costs: Costing, solution: Solution
) -> dict[str, FloatArray]:
    """What each kind carries in each period, the contract counted. [W]"""
    found: dict[str, FloatArray] = {k: there_w(given, k) for k in kinds_of(given)}
    for block, order, counts in zip(
        given.blocks, costs.blocks, solution.blocks, strict=True
    ):
        found[block.kind] = found[block.kind] + block.size_w * arrived(order, counts)
    if given.limits.contract_w is not None:
        granted = found.get("utility", np.full(given.periods, math.inf))
        found["utility"] = np.minimum(granted, given.limits.contract_w)
    return found


def ordered_usd(costs: Costing, solution: Solution) -> FloatArray:
    """What is ordered in each period. [USD]"""
    orders = (*costs.blocks, *costs.servers)
    counts = np.concatenate([solution.blocks, solution.servers])
    prices = np.array([order.usd for order in orders])
    return np.asarray((prices * counts).sum(axis=0))


def _periods(
    given: BuildOutInput, costs: Costing, solution: Solution, unmet: FloatArray
) -> tuple[Period, ...]:
    names = [g.name for g in given.generations]
    there = np.array([
        costs.existing[i] + arrived(order, solution.servers[i])
        for i, order in enumerate(costs.servers)
    ])  # fmt: skip
    capacity = capacities_w(given, costs, solution)
    need = {k: need_w(given, k) @ solution.on for k in capacity}  # type: ignore[arg-type]
    it_w = np.array([g.peak_w for g in given.generations]) @ solution.on
    ordered = ordered_usd(costs, solution)
    carbon, water = _emitted(given, costs, solution)
    running = _running(given, costs, solution)
    each_usd = given.rates.lost_usd_per_server_h * HOURS * given.period_years
    spare = _spare(capacity, need, given.periods)
    # power at the meter that unserved demand would draw
    waiting_w = unmet * work_w(given, solution) * given.rates.peak_pue
    return tuple(
        Period(
            label=given.label(t), wanted=float(given.wanted[t]),
            served=float(given.wanted[t] - unmet[t]), unmet=float(unmet[t]),
            there={n: float(there[i, t]) for i, n in enumerate(names)},
            on={n: float(solution.on[i, t]) for i, n in enumerate(names)},
            it_w=float(it_w[t]), meter_w=float(it_w[t]) * given.rates.peak_pue,
            capacity_w={k: float(w[t]) for k, w in capacity.items()},
            need_w={k: float(w[t]) for k, w in need.items()},
            spare_w=float(spare[t]), stranded_w=float(min(spare[t], waiting_w[t])),
            short=_short(given, capacity, need, there, solution.on, unmet, t),
            ordered_usd=float(ordered[t]),
            running_usd=float(running[t]), lost_usd=float(unmet[t]) * each_usd,
            carbon_t=float(carbon[t]), water_m3=float(water[t]),
        )
        for t in range(given.periods)
    )  # fmt: skip


def _emitted(
    given: BuildOutInput, costs: Costing, solution: Solution
) -> tuple[FloatArray, FloatArray]:
    """Carbon [t] and water [m3] of each period."""
    carbon, water = np.zeros(given.periods), np.zeros(given.periods)
    for i, one in enumerate(given.generations):
        carbon += one.embodied_kg / 1000.0 * solution.servers[i]
        carbon += costs.running[i].carbon_t * solution.on[i]
        water += costs.running[i].water_m3 * solution.on[i]
    return carbon, water


def _running(given: BuildOutInput, costs: Costing, solution: Solution) -> FloatArray:
    """What runs and is kept up in each period, in its own money. [USD]"""
    dt, total = given.period_years, np.zeros(given.periods)
    for i, one in enumerate(given.generations):
        total += costs.running[i].usd * solution.on[i] / costs.mid
        total += one.usd * one.upkeep_frac * dt * costs.existing[i]
    fracs = [b.upkeep_frac for b in given.blocks]
    fracs += [g.upkeep_frac for g in given.generations]
    ordered = np.concatenate([solution.blocks, solution.servers])
    for frac, order, counts in zip(
        fracs, (*costs.blocks, *costs.servers), ordered, strict=True
    ):
        total += frac * dt * arrived(order, counts * order.usd)
    return total


def _spare(
    capacity: dict[str, FloatArray], need: dict[str, FloatArray], periods: int
) -> FloatArray:
    """What the utility carries unused, or the kind with most to spare. [W]"""
    spare = {k: capacity[k] - need[k] for k in capacity}
    if "utility" in spare:
        return np.asarray(np.maximum(spare["utility"], 0.0))
    if not spare:
        return np.zeros(periods)
    return np.asarray(np.maximum(np.max(list(spare.values()), axis=0), 0.0))


def work_w(given: BuildOutInput, solution: Solution) -> FloatArray:
    """Peak power of a server of work 1 in each period, as the plan's mix has it. [W]"""
    works = np.array([g.work for g in given.generations])
    peaks = np.array([g.peak_w for g in given.generations])
    done = works @ solution.on
    least = float((peaks / works).min())
    drawn = peaks @ solution.on
    mixed = np.divide(drawn, done, out=np.full(done.shape, least), where=done > _NEAR)
    return np.asarray(mixed)


def _short(
    given: BuildOutInput, capacity: dict[str, FloatArray], need: dict[str, FloatArray],
    there: FloatArray, on: FloatArray, unmet: FloatArray, t: int,
) -> tuple[str, ...]:  # fmt: skip
    """Kinds without room for another server while demand waits, or the servers."""
    if unmet[t] < 1.0:
        return ()
    full = tuple(
        k
        for k in capacity
        if capacity[k][t] - need[k][t] < min(need_w(given, k))  # type: ignore[arg-type]
    )
    if np.all(there[:, t] - on[:, t] < 1.0):
        return (*full, "servers")
    return full


def _orders(
    given: BuildOutInput, costs: Costing, solution: Solution,
    periods: tuple[Period, ...],
) -> tuple[OrderRow, ...]:  # fmt: skip
    rows = []
    for i, block in enumerate(given.blocks):
        number = block.existing + sum(block.arriving)
        for t in np.flatnonzero(solution.blocks[i]):
            count = int(solution.blocks[i, t])
            rows.append(_row(given, costs.blocks[i], block.name, block.kind, int(t),
                             count, number + 1, periods))  # fmt: skip
            number += count
    for i, one in enumerate(given.generations):
        rows += [
            _row(given, costs.servers[i], one.name, "servers", int(t),
                 float(solution.servers[i, t]), 0, periods)
            for t in np.flatnonzero(solution.servers[i])
        ]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.ordered, row.arrives, row.name)))


def _row(
    given: BuildOutInput, order: Order, name: str, kind: str, t: int, count: float,
    first: int, periods: tuple[Period, ...],
) -> OrderRow:  # fmt: skip
    arrives = int(order.arrives[t])
    what = f"{count:,.0f} server{'s' * (count != 1)} {name!r}"
    why = f"when {periods[arrives].wanted:,.0f} are wanted"
    if first:
        numbers = str(first) if count == 1 else f"{first} to {first + int(count) - 1}"
        what = f"{name} {numbers}"
        here = periods[arrives]
        before = here.capacity_w[kind] - sum(
            b.size_w * count for b in given.blocks if b.name == name
        )
        why = (
            f"when {here.need_w[kind] / 1e6:,.1f} MW are needed and "
            f"{before / 1e6:,.1f} MW would be there without it"
        )
    by, there = given.label(t), given.label(arrives)
    return OrderRow(
        name=name, kind=kind, count=count, first=first, ordered=t, ordered_label=by,
        arrives=arrives, arrives_label=there, usd=float(order.usd[t]) * count,
        text=f"Order {what} by {by}: serves from {there}, {why}",
    )  # fmt: skip

"""
What a campus decides once per period: each hall's share of power and of cooling.

Totals of the period before go in; clocks that no hall may pass and heat that no hall
may give beyond come out. Rules are those of `twin.tapas.steering`: low priority of all
halls is slowed alike, then high priority; whoever stays within its part of the common
cooling keeps it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.scenario.campus import Campus
from twin.tapas.steering import reserve_w
from twin.types import FloatArray

CLOCK_STEP_MHZ = 15.0
"""Granularity of SM clocks on these GPUs."""
HEAT_STEP_FRAC = 1e-3
"""Shares of cooling are whole thousandths of the plant."""
NO_SHARE_W = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    What the campus keeps to, fixed for a run.

    Args:
        inputs: The scenario's campus.
        clock_mhz: Clocks it may ask for, rising, the top left out. [MHz]
        clock_power: Power above idle at each ÷ at full clock.
        planned_w: Heat each hall's cooling is planned for. [W], (halls,)
        tick_s: Tick. [s]
        period_ticks: Ticks between two decisions.
        cap_ticks: Ticks until a clock holds.
    """

    inputs: Campus
    clock_mhz: FloatArray
    clock_power: FloatArray
    planned_w: FloatArray
    tick_s: float
    period_ticks: int
    cap_ticks: int

    @property
    def shares_heat(self) -> bool:
        """Whether halls have cooling in common."""
        given = self.inputs
        return given.cooling_capacity_w is not None or given.make_up_kg_s is not None

    def contract_w(self, ticks: np.ndarray) -> FloatArray:
        """What may be drawn at each tick; infinite without a contract. [W]"""
        given = self.inputs
        most = np.inf if given.contract_w is None else given.contract_w
        found: FloatArray = np.full(ticks.shape, most)
        for cut in given.curtailments:
            first = round(cut.t_s / self.tick_s)
            last = round((cut.t_s + cut.duration_s) / self.tick_s)
            here = (ticks >= first) & (ticks < last)
            found[here] = np.minimum(found[here], cut.contract_w)
        return found

    def planned_contract_w(self, tick: int) -> float:
        """The least that may be drawn until a later decision holds, as known now."""
        given = self.inputs
        most = math.inf if given.contract_w is None else given.contract_w
        until = tick + self.period_ticks + self.cap_ticks
        for cut in given.curtailments:
            begins, known = cut.t_s / self.tick_s, (cut.t_s - cut.notice_s)
            ends = (cut.t_s + cut.duration_s) / self.tick_s
            if known / self.tick_s <= tick < ends and begins <= until:
                most = min(most, cut.contract_w)
        return most


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    What halls are told for a period.

    Args:
        place: Clock of low and high priority, as a place in `Rules.clock_mhz`; its
            size means none. int64 (halls, 2)
        heat_w: Heat each hall may give the plant. [W], (halls,)
        share_w: Power each hall was allotted at the meter. [W], (halls,)
        short_w: Load that no clock takes away and the contract does not carry. [W]
    """

    place: np.ndarray
    heat_w: FloatArray
    share_w: FloatArray
    short_w: float

    def same(self, other: Decision) -> bool:
        """Whether halls would notice a difference."""
        return np.array_equal(self.place, other.place) and np.array_equal(
            self.heat_w, other.heat_w
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """
    A period as the campus sees it; arrays of shape (halls,), at its last tick.

    Args:
        tick: First tick after it.
        demand_w: Highest tick at the meter as it would be without ceilings. [W]
        drawn_w: What all halls and shared nodes draw from utilities. [W]
        hall_w: What each hall draws of it. [W]
        it_w: Servers' power. [W]
        saved_w: What ceilings take off servers. [W]
        swing_w: Power above idle of low and high priority without. [W], (halls, 2)
        wish_w: Highest heat each hall wanted to give. [W]
        removed_w: Heat the plant took. [W]
        water_kg_s: Fresh water for it.
    """

    tick: int
    demand_w: float
    drawn_w: float
    hall_w: FloatArray
    it_w: FloatArray
    saved_w: FloatArray
    swing_w: FloatArray
    wish_w: FloatArray
    removed_w: FloatArray
    water_kg_s: FloatArray


def first_decision(rules: Rules) -> Decision:
    """Nothing is held back yet; common cooling is shared by what was planned."""
    halls = rules.planned_w.size
    heat_w = np.full(halls, NO_SHARE_W)
    capacity_w = rules.inputs.cooling_capacity_w
    if capacity_w is not None:
        heat_w = capacity_w * rules.planned_w / rules.planned_w.sum()
    place = np.full((halls, 2), rules.clock_mhz.size, dtype=np.int64)
    return Decision(
        place=place, heat_w=heat_w, share_w=np.full(halls, np.nan), short_w=0.0
    )


def per_it_w(totals_hall_w: FloatArray, it_w: FloatArray) -> FloatArray:
    """Watts at the meter that one watt of servers costs, by hall; 0 off the meter."""
    ratio: FloatArray = totals_hall_w / np.maximum(it_w, 1e-9)
    return np.where(it_w > 0.0, ratio, 0.0)


def decide(rules: Rules, before: Decision, totals: Totals) -> Decision:
    """
    Decide for the coming period.

    Args:
        rules: What the campus keeps to.
        before: What holds.
        totals: The period that is over.

    Returns:
        The decision; `before`'s clocks where they still fit.
    """
    heat_w = _heat_w(rules, before, totals)
    if rules.inputs.contract_w is None or totals.drawn_w <= 0.0:
        return Decision(
            place=before.place, heat_w=heat_w, share_w=before.share_w, short_w=0.0
        )
    demand = _demand(totals)
    contract_w = rules.planned_contract_w(totals.tick)
    most_w = contract_w * (1.0 - rules.inputs.margin_frac)
    band_w = contract_w * rules.inputs.band_frac
    now_w = demand.with_clocks(rules, before.place).sum()
    is_held = bool((before.place < rules.clock_mhz.size).any())
    if now_w <= most_w and (not is_held or now_w >= most_w - band_w):
        place = before.place
    else:
        place = demand.clocks(rules, most_w - 0.5 * band_w)
    held_w = demand.with_clocks(rules, place)
    floor_w = demand.with_clocks(rules, np.zeros_like(place))
    return Decision(
        place=place, heat_w=heat_w,
        share_w=held_w + max(0.0, most_w - held_w.sum()) * held_w / held_w.sum(),
        short_w=max(0.0, float(floor_w.sum()) - contract_w),
    )  # fmt: skip


# --- power --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Demand:
    """What halls would draw at the meter without ceilings, and clocks' part of it."""

    wanted_w: FloatArray
    swing_w: FloatArray  # (halls, 2), at the meter

    def with_clocks(self, rules: Rules, place: np.ndarray) -> FloatArray:
        """What halls draw at given clocks. [W]"""
        power = np.append(rules.clock_power, 1.0)
        drawn: FloatArray = self.wanted_w - ((1.0 - power[place]) * self.swing_w).sum(
            axis=1
        )
        return drawn

    def clocks(self, rules: Rules, parent_w: float) -> np.ndarray:
        """Clocks that bring all halls under what their parent carries."""
        least = 1.0 - float(rules.clock_power[0])
        low_w = self.wanted_w - least * self.swing_w[:, 0]
        high_w = low_w - least * self.swing_w[:, 1]
        none = np.full(self.wanted_w.size, np.inf)
        place = np.full((self.wanted_w.size, 2), rules.clock_mhz.size, dtype=np.int64)
        share_w = reserve_w(self.wanted_w, low_w, none, parent_w)
        place[:, 0] = _place(rules, self.wanted_w - share_w, self.swing_w[:, 0])
        if low_w.sum() > parent_w:
            place[:, 0] = 0
            share_w = reserve_w(low_w, high_w, none, parent_w)
            place[:, 1] = _place(rules, low_w - share_w, self.swing_w[:, 1])
        return place


def _demand(totals: Totals) -> _Demand:
    """Scale the period's end to its highest tick, and halls to the meter."""
    ratio = per_it_w(totals.hall_w, totals.it_w)
    wanted_w = totals.hall_w + ratio * totals.saved_w
    shared = totals.drawn_w / totals.hall_w.sum()
    ended_w = totals.drawn_w + float((ratio * totals.saved_w).sum())
    scale = shared * max(1.0, totals.demand_w / ended_w)
    return _Demand(scale * wanted_w, scale * ratio[:, None] * totals.swing_w)


def _place(rules: Rules, cut_w: FloatArray, swing_w: FloatArray) -> np.ndarray:
    """The highest clock that takes off at least so much; the top if none is needed."""
    power = 1.0 - cut_w / np.maximum(swing_w, 1e-9)
    place = np.searchsorted(rules.clock_power, power, side="right") - 1
    needed = cut_w > 1e-9 * np.maximum(swing_w, 1.0)
    return np.where(needed, np.maximum(place, 0), rules.clock_mhz.size)


# --- heat ---------------------------------------------------------------------------


def _heat_w(rules: Rules, before: Decision, totals: Totals) -> FloatArray:
    """
    Share the common plant out.

    Shares that fit everybody stay. Otherwise each hall is entitled to its part of the
    plant as planned and keeps what it wants of that; what others leave is lent to those
    that want more, in proportion.
    """
    if not rules.shares_heat:
        return before.heat_w
    parent_w = _parent_heat_w(rules, totals)
    fits = float(before.heat_w.sum()) <= parent_w * (1.0 + 1e-12)
    if fits and bool((totals.wish_w <= before.heat_w).all()):
        return before.heat_w
    entitled_w: FloatArray = parent_w * rules.planned_w / rules.planned_w.sum()
    if bool((totals.wish_w <= entitled_w).all()):
        return entitled_w
    none = np.full(entitled_w.size, np.inf)
    floor_w = np.minimum(totals.wish_w, entitled_w)
    share_w = reserve_w(totals.wish_w, floor_w, none, parent_w)
    spare_w = max(0.0, parent_w - float(share_w.sum()))
    share_w = share_w + spare_w * rules.planned_w / rules.planned_w.sum()
    step_w = HEAT_STEP_FRAC * parent_w
    floored: FloatArray = np.floor(share_w / step_w) * step_w
    return floored


def _parent_heat_w(rules: Rules, totals: Totals) -> float:
    """What the plant takes out, or what its fresh water is enough for. [W]"""
    capacity_w = rules.inputs.cooling_capacity_w or math.inf
    if rules.inputs.make_up_kg_s is None:
        return capacity_w
    water, removed_w = float(totals.water_kg_s.sum()), float(totals.removed_w.sum())
    if water <= 0.0 or removed_w <= 0.0:
        return min(capacity_w, float(rules.planned_w.sum()) * 10.0)
    enough_w = rules.inputs.make_up_kg_s * removed_w / water
    least_w = min(capacity_w, float(rules.planned_w.sum()) * 10.0)
    return min(least_w, _rounded_down(enough_w))


def _rounded_down(value_w: float) -> float:
    """Three digits: a share that follows every gram of water would never settle."""
    unit = 10.0 ** (math.floor(math.log10(value_w)) - 2)
    return math.floor(value_w / unit) * unit

"""
What each decision of a build-out costs: an order, a server on, a demand unserved.

Orders are paid at the start of their period; what runs is paid in its middle; what is
left is worth its book value at the end. The program minimises these very figures and
the plan is accounted with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.cost.flows import present
from twin.scenario.build_out import METER_KINDS, Block, BuildOutInput, Generation, Kind
from twin.types import FloatArray

HOURS = 8760.0
"""Of a year. [h]"""
PARTS = (
    "blocks", "servers", "upkeep", "energy", "demand", "water", "carbon", "lost",
    "residual",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    What one block or server costs by the period of its order.

    Args:
        arrives: Period it serves from, shape (periods,); at or after the end never.
        leaves: Period it is gone again, shape (periods,).
        usd: Price. [USD], shape (periods,)
        present_usd: The same, today. [USD], shape (periods,)
        upkeep_usd: Its upkeep within the plan, today. [USD], shape (periods,)
        residual_usd: What it fetches at the end, today. [USD], shape (periods,)
    """

    arrives: np.ndarray
    leaves: np.ndarray
    usd: FloatArray
    present_usd: FloatArray
    upkeep_usd: FloatArray
    residual_usd: FloatArray

    @property
    def net_usd(self) -> FloatArray:
        """All of it, today. [USD], shape (periods,)"""
        return self.present_usd + self.upkeep_usd - self.residual_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """
    What one server that is on costs in each period, today.

    Args:
        energy_usd: Energy. [USD], shape (periods,)
        demand_usd: Demand charge. [USD], shape (periods,)
        water_usd: Water. [USD], shape (periods,)
        carbon_usd: Carbon price. [USD], shape (periods,)
        carbon_t: Carbon of its energy. [t], shape (periods,)
        water_m3: Water. [m3], shape (periods,)
    """

    energy_usd: FloatArray
    demand_usd: FloatArray
    water_usd: FloatArray
    carbon_usd: FloatArray
    carbon_t: FloatArray
    water_m3: FloatArray

    @property
    def usd(self) -> FloatArray:
        """All four. [USD], shape (periods,)"""
        return self.energy_usd + self.demand_usd + self.water_usd + self.carbon_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Costing:
    """
    Every coefficient of a build-out.

    Args:
        blocks: By block.
        servers: By generation.
        running: By generation.
        unmet_usd: A server wanted and not there, today. [USD], shape (periods,)
        mid: Worth today of a dollar in the middle of each period, shape (periods,)
        existing: Servers of each generation there at the start and still alive,
            shape (generations, periods)
        existing_upkeep_usd: Their upkeep, today. [USD]
    """

    blocks: tuple[Order, ...]
    servers: tuple[Order, ...]
    running: tuple[Running, ...]
    unmet_usd: FloatArray
    mid: FloatArray
    existing: FloatArray
    existing_upkeep_usd: float


def costing(given: BuildOutInput) -> Costing:
    """Work out every coefficient."""
    t = np.arange(given.periods, dtype=np.float64)
    mid = present(given.rates.discount_rate, (t + 0.5) * given.period_years)
    existing = np.array([
        g.existing * (t < _round(g.existing_left_months / given.period_months))
        for g in given.generations
    ])  # fmt: skip
    yearly = np.array([g.usd * g.upkeep_frac for g in given.generations])
    upkeep = float((yearly @ existing) @ mid) * given.period_years
    period_h = HOURS * given.period_years
    return Costing(
        blocks=tuple(_block(given, b, mid) for b in given.blocks),
        servers=tuple(_server(given, g, mid) for g in given.generations),
        running=tuple(_running(given, g, mid) for g in given.generations),
        unmet_usd=given.rates.lost_usd_per_server_h * period_h * mid, mid=mid,
        existing=existing.astype(np.float64), existing_upkeep_usd=upkeep,
    )  # fmt: skip


def need_w(given: BuildOutInput, kind: Kind) -> FloatArray:
    """Power of one server that a kind has to carry. [W], shape (generations,)"""
    factor = given.rates.peak_pue if kind in METER_KINDS else 1.0
    return np.array([g.peak_w * factor for g in given.generations])


def there_w(given: BuildOutInput, kind: Kind) -> FloatArray:
    """What a kind carries without any order. [W], shape (periods,)"""
    total = np.zeros(given.periods)
    for b in given.blocks:
        if b.kind == kind:
            arriving = np.zeros(given.periods)
            count = min(len(b.arriving), given.periods)
            arriving[:count] = b.arriving[:count]
            total += b.size_w * (b.existing + np.cumsum(arriving))
    return total


def kinds_of(given: BuildOutInput) -> tuple[Kind, ...]:
    """Kinds that have a block, in the order they are named."""
    return tuple(dict.fromkeys(b.kind for b in given.blocks))


def _block(given: BuildOutInput, b: Block, mid: FloatArray) -> Order:
    lead = given.whole_periods(b.lead_months * given.lead_scale)
    return _order(
        given, mid, usd=b.usd, growth=b.price_growth_per_year, lead=lead, life=None,
        life_years=b.life_years, upkeep_frac=b.upkeep_frac,
    )  # fmt: skip


def _server(given: BuildOutInput, g: Generation, mid: FloatArray) -> Order:
    return _order(
        given, mid, usd=g.usd, growth=g.price_growth_per_year,
        lead=given.whole_periods(g.lead_months),
        life=max(1, _round(g.life_years / given.period_years)),
        life_years=g.life_years, upkeep_frac=g.upkeep_frac,
    )  # fmt: skip


def _order(
    given: BuildOutInput, mid: FloatArray, *, usd: float, growth: float, lead: int,
    life: int | None, life_years: float, upkeep_frac: float,
) -> Order:  # fmt: skip
    rates, dt, end = given.rates, given.period_years, given.periods
    t = np.arange(end)
    years: FloatArray = t * np.float64(dt)
    price: FloatArray = usd * (1.0 + growth) ** years
    arrives = t + lead
    leaves = np.full(end, end) if life is None else np.minimum(arrives + life, end)
    worth = np.concatenate([[0.0], np.cumsum(mid)])  # sums of mid up to a period
    served = worth[np.maximum(leaves, np.minimum(arrives, end))]
    served = served - worth[np.minimum(arrives, end)]
    left = np.clip(1.0 - (end - arrives) * dt / life_years, 0.0, 1.0)
    last = float(present(rates.discount_rate, end * dt))
    return Order(
        arrives=arrives, leaves=leaves, usd=price,
        present_usd=price * present(rates.discount_rate, years),
        upkeep_usd=price * upkeep_frac * dt * served,
        residual_usd=price * left * rates.residual_frac * last,
    )  # fmt: skip


def _running(given: BuildOutInput, g: Generation, mid: FloatArray) -> Running:
    rates, dt = given.rates, given.period_years
    years: FloatArray = (np.arange(given.periods, dtype=np.float64) + 0.5) * dt
    it_kwh = g.mean_w * HOURS * dt / 1000.0
    kwh = it_kwh * rates.pue
    dearer = (1.0 + rates.energy_growth_per_year) ** years * mid
    carbon_t: FloatArray = kwh * rates.carbon_g_per_kwh / 1e6 * (
        (1.0 + rates.intensity_growth_per_year) ** years
    )  # fmt: skip
    peak_kw = g.peak_w * rates.peak_pue / 1000.0
    water_m3 = np.full(given.periods, it_kwh * rates.water_l_per_it_kwh / 1000.0)
    carbon_price = (
        rates.carbon_usd_per_t * (1.0 + rates.carbon_growth_per_year) ** years
    )
    return Running(
        energy_usd=kwh * rates.energy_usd_per_kwh * dearer,
        demand_usd=peak_kw * given.period_months * rates.demand_usd_per_kw_month
        * dearer,
        water_usd=water_m3 * rates.water_usd_per_m3 * mid,
        carbon_usd=carbon_t * carbon_price * mid, carbon_t=carbon_t, water_m3=water_m3,
    )  # fmt: skip


def _round(value: float) -> int:
    """The nearest whole number, halves up."""
    return int(np.floor(value + 0.5))

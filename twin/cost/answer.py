"""What a site costs: its years, its parts, and the cost of a server-hour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.cost.bill import YearBill, year_bill
from twin.cost.flows import Asset, Flow, annuity, bought, sold, yearly
from twin.cost.load import YearLoad, plain_load
from twin.scenario.cost import Capital, CostInput
from twin.serving.grid_year import GridHours

LABELS = {
    "servers": "Servers", "power": "Power chain", "cooling": "Cooling",
    "building": "Building", "land": "Land and site works",
    "connection": "Connection", "upkeep": "Maintenance", "energy": "Energy",
    "demand": "Demand charge", "water": "Water", "carbon": "Carbon price",
    "lost": "Lost server-hours", "residual": "Left at the end",
}  # fmt: skip
"""Parts in the order people see them; they sum to the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    One part of the cost.

    Args:
        key: Name.
        label: Name for people.
        present_usd: Worth today of all its years. [USD]
        share_frac: The same ÷ the whole.
        usd_per_server_h: The same ÷ discounted server-hours. [USD/h]
    """

    key: str
    label: str
    present_usd: float
    share_frac: float
    usd_per_server_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class YearCost:
    """
    One year.

    Args:
        year: 0 is the start, 1 the first year.
        usd: Money spent, by part; a gain is negative. [USD]
        total_usd: Their sum. [USD]
        present_usd: Its worth today. [USD]
        carbon_t: Carbon of the energy and of servers made. [t]
        water_m3: Fresh water. [m3]
    """

    year: int
    usd: dict[str, float]
    total_usd: float
    present_usd: float
    carbon_t: float
    water_m3: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CostResult:
    """
    What a site costs.

    Args:
        name: Its name.
        net_present_cost_usd: Worth today of all its years. [USD]
        cost_per_server_h_usd: Levelised cost of a server-hour in service. [USD/h]
        cost_per_it_kwh_usd: Levelised cost of a kilowatt-hour of IT. [USD/kWh]
        equal_yearly_usd: The same whole as equal yearly amounts. [USD]
        capital_usd: Money spent at the start. [USD]
        carbon_t: Carbon of all years, of energy and of servers made. [t]
        water_m3: Water of all years. [m3]
        parts: Parts of the net present cost.
        years: Years.
        bill: The first year's bill.
        built_w: IT power it is built for. [W]
        server_count: Servers deployed.
        pue: Energy at the meter ÷ IT energy.
    """

    name: str
    net_present_cost_usd: float
    cost_per_server_h_usd: float
    cost_per_it_kwh_usd: float
    equal_yearly_usd: float
    capital_usd: float
    carbon_t: float
    water_m3: float
    parts: tuple[Part, ...]
    years: tuple[YearCost, ...]
    bill: YearBill
    built_w: float
    server_count: int
    pue: float


def cost(
    given: CostInput, *, load: YearLoad | None = None, hours: GridHours | None = None
) -> CostResult:
    """
    Work out what a site costs.

    Args:
        given: The site and its prices.
        load: A year of it; None makes one of the plain figures.
        hours: Hours of prices and carbon that `energy.grid` names.

    Returns:
        The cost. Money at the start counts in full, that of a year at its end.

    Raises:
        ScenarioError: If the load or the hours do not make a year.

    Source:
        docs/models/cost.md.
    """
    load = plain_load(given.load) if load is None else load
    bill = year_bill(given, load, hours)
    flows = cash_flows(given, load, bill)
    rate, years = given.money.discount_rate, given.money.years
    worth = {flow.key: float(flow.present_usd.sum()) for flow in flows}
    net_usd = math.fsum(worth.values())
    server_h = bill.server_h * annuity(rate, years)
    rows = _years(given, load, bill, flows)
    return CostResult(
        name=given.name, net_present_cost_usd=net_usd,
        cost_per_server_h_usd=net_usd / server_h if server_h else math.nan,
        cost_per_it_kwh_usd=net_usd / (bill.it_kwh * annuity(rate, years)),
        equal_yearly_usd=net_usd / annuity(rate, years),
        capital_usd=rows[0].total_usd, carbon_t=math.fsum(r.carbon_t for r in rows),
        water_m3=math.fsum(r.water_m3 for r in rows),
        parts=tuple(
            Part(
                key=key, label=label, present_usd=worth[key],
                share_frac=worth[key] / net_usd if net_usd else math.nan,
                usd_per_server_h=worth[key] / server_h if server_h else math.nan,
            )
            for key, label in LABELS.items()
        ),
        years=rows, bill=bill, built_w=load.built_w, server_count=load.server_count,
        pue=bill.energy_kwh / bill.it_kwh,
    )  # fmt: skip


def installed_per_w(capital: Capital) -> float:
    """Watts of power chain installed for a watt of load."""
    return {"n": 1.0, "n+1": 1.0 + capital.spare_frac, "2n": 2.0}[capital.redundancy]


def assets_of(given: CostInput, load: YearLoad) -> tuple[Asset, ...]:
    """What is bought at the start."""
    c, s, built_w = given.capital, given.servers, load.built_w
    meter_w = max(built_w, float(load.peak_w.max()))
    return (
        Asset(
            key="servers", usd=load.server_count * s.usd, life_years=s.life_years,
            growth_per_year=s.price_growth_per_year,
        ),
        Asset(
            key="power", usd=built_w * installed_per_w(c) * c.power_usd_per_w,
            life_years=c.power_life_years,
        ),
        Asset(
            key="cooling", usd=built_w * c.cooling_usd_per_w,
            life_years=c.cooling_life_years,
        ),
        Asset(
            key="building", usd=built_w * c.building_usd_per_w,
            life_years=c.building_life_years,
        ),
        Asset(key="land", usd=built_w * c.land_usd_per_w, life_years=math.inf),
        Asset(
            key="connection", usd=meter_w * c.connection_usd_per_w,
            life_years=c.connection_life_years,
        ),
    )  # fmt: skip


def cash_flows(
    given: CostInput, load: YearLoad, bill: YearBill
) -> tuple[Flow, ...]:  # fmt: skip
    """Every part's money by year, in the order of `LABELS`."""
    years, rate = given.money.years, given.money.discount_rate
    assets = assets_of(given, load)
    first = {a.key: a.usd for a in assets}
    upkeep_usd = (
        given.capital.upkeep_frac * (first["power"] + first["cooling"])
        + given.servers.upkeep_frac * first["servers"]
    )
    e, c = given.energy.growth_per_year, given.carbon
    carbon_growth = (1 + c.growth_per_year) * (1 + c.intensity_growth_per_year) - 1
    running = (
        ("upkeep", upkeep_usd, 0.0), ("energy", bill.energy_usd, e),
        ("demand", bill.demand_usd, e), ("water", bill.water_usd, 0.0),
        ("carbon", bill.carbon_usd, carbon_growth), ("lost", bill.lost_usd, 0.0),
    )  # fmt: skip
    return (
        *(bought(a, years=years, rate=rate) for a in assets),
        *(
            yearly(key, usd, years=years, rate=rate, growth_per_year=growth)
            for key, usd, growth in running
        ),
        sold(assets, years=years, rate=rate, frac=given.money.residual_frac),
    )


def _years(
    given: CostInput, load: YearLoad, bill: YearBill, flows: tuple[Flow, ...]
) -> tuple[YearCost, ...]:
    years = given.money.years
    made = bought(
        Asset(
            key="made", usd=load.server_count * given.servers.embodied_kg / 1000.0,
            life_years=given.servers.life_years,
        ),
        years=years, rate=0.0,
    ).usd  # fmt: skip
    emitted = np.zeros(years + 1)
    shrink = 1.0 + given.carbon.intensity_growth_per_year
    emitted[1:] = bill.carbon_t * shrink ** np.arange(years)
    return tuple(
        YearCost(
            year=y, usd={f.key: float(f.usd[y]) for f in flows},
            total_usd=math.fsum(f.usd[y] for f in flows),
            present_usd=math.fsum(f.present_usd[y] for f in flows),
            carbon_t=float(made[y] + emitted[y]),
            water_m3=bill.water_m3 if y else 0.0,
        )
        for y in range(years + 1)
    )  # fmt: skip

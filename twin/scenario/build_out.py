"""Inputs of a build-out: demand, blocks of power and cooling, servers, limits."""

from __future__ import annotations

import math
import re
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from twin.catalogue.prices import PRICES
from twin.scenario.base import Checked, Model, described, part, quantity
from twin.scenario.cost import priced
from twin.types import FloatArray

MOST_PERIODS = 40
MOST_BLOCKS = 16
MOST_GENERATIONS = 8
Aim = Literal["cost", "carbon", "servers"]
Kind = Literal["utility", "generator", "ups", "hall", "cooling"]
METER_KINDS = frozenset({"utility", "generator"})
"""Kinds that carry the whole site; the others carry its servers alone."""
MOST_SERVERS = 1e7
_MONTHS = 12
_MONTH = r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$"


class Demand(Checked):
    """Servers that are wanted, in servers of work 1."""

    first_servers: float = quantity(
        400.0, "Wanted in the first period", unit="servers", ge=0, le=MOST_SERVERS
    )
    growth_per_year: float = quantity(
        0.5, "Growth in a year; 0.5 is half as many again", unit="1/year",
        source="assumed", ge=-0.9, le=9,
    )  # fmt: skip
    most_servers: float | None = quantity(
        None, "Where growth ends. Empty means never", unit="servers", example=4000,
        ge=0, le=MOST_SERVERS,
    )  # fmt: skip
    servers: tuple[float, ...] = quantity(
        (), "Wanted in each period, instead of first and growth", unit="servers",
        example=[400, 450, 520], max_length=MOST_PERIODS,
    )  # fmt: skip
    scale: float = quantity(1.0, "Multiplier of all of it", example=1.2, ge=0, le=100)

    def _check(self) -> None:
        if self.servers and min(self.servers) < 0:
            raise ValueError(
                f"servers must not be negative, lowest is {min(self.servers):g}; "
                "put 0 where none are wanted"
            )
        if self.servers and max(self.servers) > MOST_SERVERS:
            raise ValueError(
                f"servers must be at most {MOST_SERVERS:g}, highest is "
                f"{max(self.servers):g}; split the plan by campus"
            )


class Block(Checked):
    """Something that comes in whole blocks and carries power or heat."""

    name: str = described(
        ..., "Name, unlike the others'", example="UPS block", min_length=1,
        max_length=60,
    )  # fmt: skip
    kind: Kind = described(
        ..., "What it carries: utility and generator the whole site; ups, hall and "
        "cooling the servers' power. Blocks of a kind add up", example="ups",
    )  # fmt: skip
    size_w: float = quantity(
        ..., "What one carries: at the meter, or of IT", unit="W", example=2e6, ge=1,
        le=1e10,
    )  # fmt: skip
    usd: float = quantity(
        ..., "Price of one, paid when ordered", unit="USD", example=3.8e6, ge=0, le=1e12
    )
    price_growth_per_year: float = quantity(
        0.0, "Growth of the price, above inflation", unit="1/year", example=0.02,
        source="assumed", ge=-0.5, le=1,
    )  # fmt: skip
    lead_months: float = quantity(
        ..., "From order to service; rounded up to whole periods", unit="months",
        example=12, ge=0, le=240,
    )  # fmt: skip
    existing: int = quantity(
        0, "There at the start", unit="blocks", example=2, ge=0, le=10_000
    )
    arriving: tuple[int, ...] = quantity(
        (), "Ordered and paid before, by period of arrival", unit="blocks",
        example=[0, 1], max_length=MOST_PERIODS,
    )  # fmt: skip
    least_order: int = quantity(
        1, "Least that can be ordered at once", unit="blocks", example=2, ge=1, le=1000
    )
    most: int | None = quantity(
        None, "Most there can ever be, existing ones counted: land, halls, what the "
        "utility grants. Empty means no limit", unit="blocks", example=8, ge=0,
        le=10_000,
    )  # fmt: skip
    life_years: float = quantity(
        20.0, "Life, for what is left at the end; blocks are not renewed within the "
        "plan", unit="years", source=PRICES["power_life_years"].said, ge=1, le=100,
    )  # fmt: skip
    upkeep_frac: float = priced(
        "upkeep_frac", "Maintenance in a year ÷ price", ge=0, le=1
    )

    def _check(self) -> None:
        there = self.existing + sum(self.arriving)
        if self.arriving and min(self.arriving) < 0:
            raise ValueError(
                f"arriving of {self.name!r} must not be negative, lowest is "
                f"{min(self.arriving)}"
            )
        if self.most is not None and there > self.most:
            raise ValueError(
                f"most of {self.name!r} must be at least what is there or on its way, "
                f"{there}, got {self.most}; raise it"
            )


class Generation(Model):
    """A generation of servers."""

    name: str = described(
        ..., "Name, unlike the others'", example="B200", min_length=1, max_length=60
    )
    work: float = quantity(
        1.0, "Work of one ÷ that of the server demand is counted in", example=2.3, gt=0,
        le=1000,
    )  # fmt: skip
    peak_w: float = quantity(
        PRICES["server_w"].value * PRICES["peak_frac"].value, "Power to plan with",
        unit="W", example=8160.0, source="rated power × peak_frac", gt=0, le=1e6,
    )  # fmt: skip
    mean_w: float = quantity(
        PRICES["server_w"].value * PRICES["mean_frac"].value, "Mean power while on",
        unit="W", example=6120.0, source="rated power × mean_frac", gt=0, le=1e6,
    )  # fmt: skip
    usd: float = priced("server_usd", "Price of one, paid when ordered", ge=0, le=1e8)
    price_growth_per_year: float = quantity(
        -0.05, "Growth of the price, above inflation", unit="1/year",
        source="assumed; -0.2 to 0.1", ge=-0.9, le=1,
    )  # fmt: skip
    lead_months: float = priced(
        "server_lead_months", "From order to service", ge=0, le=240
    )
    sold_from_months: float = quantity(
        0.0, "When it can first be ordered, from the start", unit="months", example=12,
        ge=0, le=600,
    )  # fmt: skip
    life_years: float = priced(
        "server_life_years", "Life: it is taken out at its end", ge=0.25, le=50
    )
    existing: int = quantity(
        0, "There at the start", unit="servers", example=400, ge=0, le=10**7
    )
    existing_left_months: float = quantity(
        36.0, "Life left to the existing", unit="months", example=24, source="assumed",
        ge=0, le=600,
    )  # fmt: skip
    upkeep_frac: float = priced(
        "server_upkeep_frac", "Support and repair in a year ÷ price", ge=0, le=1
    )
    embodied_kg: float = priced(
        "server_embodied_kg", "Carbon of making one, CO2e", ge=0, le=1e6
    )


class Limits(Model):
    """What a plan has to keep."""

    contract_w: float | None = quantity(
        None, "Most the site may draw. Empty means what its utility blocks carry",
        unit="W", example=3e7, ge=0, le=1e11,
    )  # fmt: skip
    budget_usd_per_period: float | None = quantity(
        None, "Most that may be ordered in a period. Empty means no limit", unit="USD",
        example=5e7, ge=0, le=1e13,
    )  # fmt: skip
    unmet_frac: float | None = quantity(
        None, "Most of all demand that may go unserved. Empty means that only its "
        "price counts", example=0.05, ge=0, le=1,
    )  # fmt: skip
    carbon_t: float | None = quantity(
        None, "Most carbon of all periods. Empty means no limit", unit="t", example=1e5,
        ge=0, le=1e10,
    )  # fmt: skip


class Rates(Model):
    """Prices and rates of every year of the plan."""

    energy_usd_per_kwh: float = priced("energy_usd_per_kwh", "Energy", ge=0, le=10)
    energy_growth_per_year: float = priced(
        "energy_growth_per_year", "Growth of energy's price and the demand charge",
        ge=-0.5, le=1,
    )  # fmt: skip
    demand_usd_per_kw_month: float = priced(
        "demand_usd_per_kw_month", "Demand charge on each period's peak", ge=0, le=1000
    )
    water_usd_per_m3: float = priced("water_usd_per_m3", "Water", ge=0, le=1000)
    water_l_per_it_kwh: float = priced(
        "water_l_per_it_kwh", "Fresh water ÷ IT energy", ge=0, le=100
    )
    carbon_usd_per_t: float = priced("carbon_usd_per_t", "Price of CO2", ge=0, le=1e5)
    carbon_growth_per_year: float = priced(
        "carbon_growth_per_year", "Growth of its price", ge=-0.5, le=1
    )
    carbon_g_per_kwh: float = priced("carbon_g_per_kwh", "Grid intensity", ge=0, le=2e3)
    intensity_growth_per_year: float = priced(
        "intensity_growth_per_year", "Growth of the intensity", ge=-0.5, le=1
    )
    lost_usd_per_server_h: float = priced(
        "lost_usd_per_server_h",
        "What an hour of a wanted server that is not there costs", ge=0, le=1e5,
    )  # fmt: skip
    pue: float = priced("pue", "Energy at the meter ÷ IT energy", ge=1, le=5)
    peak_pue: float = priced("peak_pue", "The same of peak power", ge=1, le=5)
    discount_rate: float = priced("discount_rate", "Discount rate", ge=-0.5, le=1)
    residual_frac: float = priced(
        "residual_frac", "What things fetch at the end ÷ straight-line book value",
        ge=0, le=1,
    )  # fmt: skip


def _per_w(key: str, size_w: float) -> float:
    return PRICES[key].value * size_w


def usual_blocks() -> tuple[Block, ...]:
    """A power chain of five kinds at the prices and lead times of the table."""
    lead = {k: p.value for k, p in PRICES.items() if k.endswith("lead_months")}
    spare = 1.0 + PRICES["spare_frac"].value
    land_usd = PRICES["building_usd_per_w"].value + PRICES["land_usd_per_w"].value
    return (
        Block(
            name="Substation", kind="utility", size_w=2e7, existing=1, most=3,
            usd=_per_w("connection_usd_per_w", 2e7), life_years=30,
            lead_months=lead["utility_lead_months"],
        ),
        Block(
            name="Generator block", kind="generator", size_w=4e6, existing=2,
            usd=_per_w("generator_usd_per_w", 4e6) * spare,
            lead_months=lead["generator_lead_months"],
        ),
        Block(
            name="UPS block", kind="ups", size_w=3e6, existing=2,
            usd=_per_w("ups_usd_per_w", 3e6) * spare,
            lead_months=lead["power_lead_months"],
        ),
        Block(
            name="Hall", kind="hall", size_w=1e7, existing=1, most=5,
            usd=land_usd * 1e7, life_years=30, lead_months=lead["hall_lead_months"],
        ),
        Block(
            name="Chiller block", kind="cooling", size_w=3e6, existing=2,
            usd=_per_w("cooling_usd_per_w", 3e6),
            lead_months=lead["cooling_lead_months"],
        ),
    )  # fmt: skip


def usual_generations() -> tuple[Generation, ...]:
    """The servers that are there, and a next generation a year and a half on."""
    return (
        Generation(name="today's", existing=400, existing_left_months=36),
        Generation(
            name="next", work=2.3, peak_w=11_440, mean_w=8_580, usd=450_000,
            sold_from_months=18,
        ),
    )  # fmt: skip


class BuildOutInput(Checked):
    """Demand over the years and what can be ordered to meet it."""

    name: str = described(
        "A campus", "Name", example="Campus", min_length=1, max_length=80
    )
    start: str = Field(
        "2027-01", description="First month, as year-month", examples=["2027-01"],
        json_schema_extra={"pattern": _MONTH},
    )  # fmt: skip
    period_months: Literal[1, 3, 6, 12] = quantity(
        3, "Length of a period", unit="months"
    )
    periods: int = quantity(20, "How many", unit="periods", ge=1, le=MOST_PERIODS)
    aim: Aim = described(
        "cost", "cost: least net present cost, unserved demand at its price. servers: "
        "most server-years served, then least cost. carbon: of the plans that serve "
        "most (or keep limits.unmet_frac), the one with least carbon",
    )  # fmt: skip
    demand: Demand = part(Demand, "Servers wanted")
    blocks: tuple[Block, ...] = part(
        usual_blocks, "What carries power and heat. A kind without a block limits "
        "nothing", max_length=MOST_BLOCKS,
    )  # fmt: skip
    generations: tuple[Generation, ...] = part(
        usual_generations, "Servers that can be bought", min_length=1,
        max_length=MOST_GENERATIONS,
    )  # fmt: skip
    server_lot: int = quantity(
        1, "Servers are ordered in lots of so many; large lots take a longer search",
        unit="servers", example=16, source="assumed", ge=1, le=100_000,
    )  # fmt: skip
    gap_frac: float = quantity(
        1e-3, "A plan this near to the best possible is good enough, ÷ its cost",
        source="assumed", ge=0, le=0.1,
    )  # fmt: skip
    lead_scale: float = quantity(
        1.0, "Multiplier of all lead times of blocks", example=1.5, source="assumed",
        ge=0, le=10,
    )  # fmt: skip
    limits: Limits = part(Limits, "Limits")
    rates: Rates = part(Rates, "Prices")

    @field_validator("start", mode="before")
    @classmethod
    def _is_a_month(cls, value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(_MONTH, value):
            raise ValueError("must be a year and its month; write it as 2027-01")
        return value

    def _check(self) -> None:
        for what, items in (("blocks", self.blocks), ("generations", self.generations)):
            names = [item.name for item in items]
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ValueError(f"{what} must have different names, twice: {twice}")
        given = len(self.demand.servers)
        if given and given != self.periods:
            raise ValueError(
                f"demand.servers must have a value per period, {self.periods}, got "
                f"{given}; or leave it empty and give first_servers"
            )

    @property
    def period_years(self) -> float:
        """Length of a period. [years]"""
        return self.period_months / _MONTHS

    @property
    def wanted(self) -> FloatArray:
        """Servers wanted, shape (periods,)."""
        demand = self.demand
        if demand.servers:
            return np.array(demand.servers, dtype=np.float64) * demand.scale
        years = np.arange(self.periods) * self.period_years
        wanted = demand.first_servers * (1.0 + demand.growth_per_year) ** years
        most = math.inf if demand.most_servers is None else demand.most_servers
        return np.asarray(np.minimum(wanted, most) * demand.scale)

    def whole_periods(self, months: float) -> int:
        """Months as periods, rounded up."""
        return math.ceil(months / self.period_months - 1e-9)

    def label(self, period: int) -> str:
        """Name of a period: 'Q3 2027', '2027', 'H1 2027' or '2027-07'."""
        year, month = (int(part) for part in self.start.split("-"))
        months = year * _MONTHS + month - 1 + period * self.period_months
        year, month = divmod(months, _MONTHS)
        if self.period_months == _MONTHS and month == 0:
            return str(year)
        halves = {3: "Q", 6: "H"}
        letter = halves.get(self.period_months)
        if letter and month % self.period_months == 0:
            return f"{letter}{month // self.period_months + 1} {year}"
        return f"{year}-{month + 1:02d}"

"""Inputs of a site's cost: what it is, what it draws, and what everything costs."""

from __future__ import annotations

from typing import Any, Literal

from twin.catalogue.prices import PRICES
from twin.scenario.base import Checked, Model, described, part, quantity
from twin.scenario.model import Scenario

Redundancy = Literal["n", "n+1", "2n"]


def priced(key: str, doc: str, **limits: Any) -> Any:
    """
    Declare a field whose default, unit and source stand in the table of prices.

    Args:
        key: Row of `twin.catalogue.prices.PRICES`.
        doc: Meaning.
        **limits: pydantic limits.
    """
    price = PRICES[key]
    return quantity(
        price.value, unit=price.unit, doc=doc, example=price.value, source=price.said,
        **limits,
    )  # fmt: skip


class PlainLoad(Checked):
    """What a site draws, in plain figures; a `site` replaces most of it."""

    server_count: int = quantity(
        100, "Servers deployed", unit="servers", ge=1, le=10**7
    )
    server_w: float = priced("server_w", "Rated power of one", gt=0, le=1e6)
    built_w: float | None = quantity(
        None, "IT power the site is built for. Empty means the servers' rated power",
        unit="W", example=1.02e6, gt=0, le=1e11,
    )  # fmt: skip
    mean_frac: float = priced("mean_frac", "Mean IT power ÷ rated", gt=0, le=1.5)
    peak_frac: float = priced(
        "peak_frac", "Highest IT power of a month ÷ rated", gt=0, le=1.5
    )
    pue: float = priced("pue", "Energy at the meter ÷ IT energy", ge=1, le=5)
    peak_pue: float = priced(
        "peak_pue", "Power at the meter ÷ IT power at the peak", ge=1, le=5
    )
    water_l_per_it_kwh: float = priced(
        "water_l_per_it_kwh", "Fresh water of the site ÷ IT energy", ge=0, le=100
    )
    lost_server_h_per_year: float = quantity(
        0.0, "Server-hours without service in a year", unit="h", example=200,
        source="assumed: none", ge=0, le=1e11,
    )  # fmt: skip

    def _check(self) -> None:
        if self.peak_frac < self.mean_frac:
            raise ValueError(
                f"peak_frac must be at least mean_frac, {self.mean_frac:g}, got "
                f"{self.peak_frac:g}; raise it"
            )


class Servers(Model):
    """What a server costs, lasts, and is worth when it is lost."""

    usd: float = priced("server_usd", "Price of a server, in service", ge=0, le=1e8)
    life_years: float = priced("server_life_years", "Life", ge=0.5, le=50)
    price_growth_per_year: float = priced(
        "server_price_growth_per_year", "Growth of the price until it is replaced",
        ge=-0.9, le=1,
    )  # fmt: skip
    upkeep_frac: float = priced(
        "server_upkeep_frac", "Support and repair in a year ÷ price", ge=0, le=1
    )
    embodied_kg: float = priced(
        "server_embodied_kg", "Carbon of making one, CO2e", ge=0, le=1e6
    )
    lost_usd_per_h: float = priced(
        "lost_usd_per_server_h", "What an hour of a lost server costs", ge=0, le=1e5
    )


class Capital(Model):
    """What the site costs to build, per watt of IT power it is built for."""

    redundancy: Redundancy = described(
        "n+1", "Of the power chain: `n` installs a watt for a watt, `n+1` one and "
        "spare_frac, `2n` two", example="2n",
    )  # fmt: skip
    power_usd_per_w: float = priced(
        "power_usd_per_w",
        "Switchgear, engines, UPS and distribution, per installed watt", ge=0, le=1000,
    )  # fmt: skip
    spare_frac: float = priced("spare_frac", "Spare of `n+1` ÷ load", ge=0, le=1)
    cooling_usd_per_w: float = priced(
        "cooling_usd_per_w", "Cooling plant per watt of IT", ge=0, le=1000
    )
    building_usd_per_w: float = priced(
        "building_usd_per_w", "Shell and halls per watt of IT", ge=0, le=1000
    )
    land_usd_per_w: float = priced(
        "land_usd_per_w", "Land and site works per watt of IT; it does not wear out",
        ge=0, le=1000,
    )  # fmt: skip
    connection_usd_per_w: float = priced(
        "connection_usd_per_w", "Connection per watt at the meter", ge=0, le=1000
    )
    power_life_years: float = priced("power_life_years", "Life", ge=1, le=100)
    cooling_life_years: float = priced("cooling_life_years", "Life", ge=1, le=100)
    building_life_years: float = priced("building_life_years", "Life", ge=1, le=100)
    connection_life_years: float = priced("connection_life_years", "Life", ge=1, le=100)
    upkeep_frac: float = priced(
        "upkeep_frac", "Maintenance of power chain and cooling in a year ÷ their price",
        ge=0, le=1,
    )  # fmt: skip


class EnergyPrice(Model):
    """What energy and its peaks cost, as a constant or by the hours of a year."""

    usd_per_kwh: float = priced("energy_usd_per_kwh", "Price of energy", ge=-1, le=10)
    grid: str | None = described(
        None, "Dataset of hourly prices and carbon; replaces usd_per_kwh and "
        "carbon.g_per_kwh. Empty means constant", example="US-CAL-CISO_2022",
    )  # fmt: skip
    utc_offset_h: float = quantity(
        0.0, "How far the site's clock is ahead of UTC, for `grid`", unit="h",
        example=-8, ge=-14, le=14,
    )  # fmt: skip
    growth_per_year: float = priced(
        "energy_growth_per_year", "Growth of all prices of energy", ge=-0.5, le=1
    )
    demand_usd_per_kw_month: float = priced(
        "demand_usd_per_kw_month", "Demand charge, per month", ge=0, le=1000
    )
    ratchet_frac: float = priced(
        "ratchet_frac", "Least billed demand ÷ the highest of twelve months", ge=0, le=1
    )


class WaterPrice(Model):
    """What water costs."""

    usd_per_m3: float = priced("water_usd_per_m3", "Price, sewer in it", ge=0, le=1000)


class CarbonPrice(Model):
    """What a tonne costs and how much of it is in a kilowatt-hour."""

    usd_per_t: float = priced("carbon_usd_per_t", "Price of CO2", ge=0, le=1e5)
    growth_per_year: float = priced(
        "carbon_growth_per_year", "Growth of the price", ge=-0.5, le=1
    )
    g_per_kwh: float = priced("carbon_g_per_kwh", "Intensity of the grid", ge=0, le=2e3)
    intensity_growth_per_year: float = priced(
        "intensity_growth_per_year", "Growth of the intensity", ge=-0.5, le=1
    )


class Money(Model):
    """How years are put together."""

    years: int = quantity(
        10, "Years that are looked at", unit="years", source="assumed", ge=1, le=50
    )
    discount_rate: float = priced("discount_rate", "Discount rate", ge=-0.5, le=1)
    residual_frac: float = priced(
        "residual_frac", "What things fetch at the end ÷ straight-line book value",
        ge=0, le=1,
    )  # fmt: skip


class CostInput(Checked):
    """A site and everything it costs."""

    name: str = described(
        "A site", "Name", example="Hall 1", min_length=1, max_length=80
    )
    site: Scenario | None = described(
        None, "A site to run: its servers, power, energy, peaks, water and lost hours "
        "replace those of `load`. Empty means plain figures",
        example={"facility": {"template": {"design": "2n"}}},
    )  # fmt: skip
    site_runs_per_year: float = quantity(
        1.0, "How often a year the lost server-hours of the site's run happen; its "
        "energy is always carried on to a year", unit="1/year", example=0.2,
        source="assumed", ge=0, le=366,
    )  # fmt: skip
    load: PlainLoad = part(PlainLoad, "What it draws")
    servers: Servers = part(Servers, "Servers")
    capital: Capital = part(Capital, "The building")
    energy: EnergyPrice = part(EnergyPrice, "Energy")
    water: WaterPrice = part(WaterPrice, "Water")
    carbon: CarbonPrice = part(CarbonPrice, "Carbon")
    money: Money = part(Money, "Money")

    def _check(self) -> None:
        if self.site is not None and self.site.facility is None:
            raise ValueError(
                "site must have a facility, got none; add facility: {template: "
                "{design: 2n}}, see examples/site.yaml"
            )

"""What the first year of a site costs to run, and what it emits and drinks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from twin.cost.load import HOURS, YearLoad
from twin.errors import ScenarioError
from twin.exchange.series import Series, SeriesKind
from twin.exchange.year_cost import year_energy
from twin.scenario.cost import CarbonPrice, CostInput, EnergyPrice
from twin.serving.grid_year import GridHours
from twin.types import FloatArray

_COMMON_YEAR = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
_W_PER_KW = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class YearBill:
    """
    The first year.

    Args:
        energy_usd: Energy at its hourly price. [USD]
        demand_usd: Demand charge. [USD]
        water_usd: Water. [USD]
        carbon_usd: Carbon of the energy at its price. [USD]
        lost_usd: Lost server-hours at their price. [USD]
        energy_kwh: Energy at the meter. [kWh]
        it_kwh: Energy of the servers. [kWh]
        carbon_t: Carbon of the energy. [t]
        water_m3: Fresh water. [m3]
        server_h: Server-hours in service. [h]
        peak_kw: Highest power at the meter by month. [kW], shape (12,)
        billed_kw: Demand that is billed, by month. [kW], shape (12,)
    """

    energy_usd: float
    demand_usd: float
    water_usd: float
    carbon_usd: float
    lost_usd: float
    energy_kwh: float
    it_kwh: float
    carbon_t: float
    water_m3: float
    server_h: float
    peak_kw: FloatArray
    billed_kw: FloatArray


def year_bill(given: CostInput, load: YearLoad, hours: GridHours | None) -> YearBill:
    """
    Add up the first year.

    Args:
        given: Prices.
        load: What the site draws.
        hours: Prices and carbon of a year from 1 January, UTC; None where constant.

    Returns:
        The bill. Months before the first are like its own, so a ratchet holds at once.

    Raises:
        ScenarioError: If more server-hours are lost than there are.

    Source:
        docs/models/cost.md, eq. 2 to 5.
    """
    energy_usd, carbon_t = energy_and_carbon(given.energy, given.carbon, load, hours)
    billed_w = billed_demand_w(load.peak_w, given.energy.ratchet_frac)
    all_h = float(load.server_count * HOURS)
    if load.lost_server_h > all_h:
        raise ScenarioError("load.lost_server_h_per_year",
                            f"must be at most the hours of all servers, {all_h:,.0f} h",
                            load.lost_server_h, "lower it")  # fmt: skip
    monthly_usd = billed_w / _W_PER_KW * given.energy.demand_usd_per_kw_month
    return YearBill(
        energy_usd=energy_usd, demand_usd=float(monthly_usd.sum()),
        water_usd=load.water_m3 * given.water.usd_per_m3,
        carbon_usd=carbon_t * given.carbon.usd_per_t,
        lost_usd=load.lost_server_h * given.servers.lost_usd_per_h,
        energy_kwh=float(load.facility_w.sum()) / _W_PER_KW,
        it_kwh=load.it_wh / _W_PER_KW, carbon_t=carbon_t, water_m3=load.water_m3,
        server_h=all_h - load.lost_server_h, peak_kw=load.peak_w / _W_PER_KW,
        billed_kw=billed_w / _W_PER_KW,
    )  # fmt: skip


def billed_demand_w(peak_w: FloatArray, ratchet_frac: float) -> FloatArray:
    """
    Demand that a tariff bills in each month of a year that repeats.

    Args:
        peak_w: Highest power by month. [W], shape (12,)
        ratchet_frac: Least that is billed ÷ the highest of twelve months. 0..1

    Returns:
        The larger of the month's own peak and the ratchet. [W], shape (12,)
    """
    return np.asarray(np.maximum(peak_w, ratchet_frac * peak_w.max()))


def energy_and_carbon(
    energy: EnergyPrice, carbon: CarbonPrice, load: YearLoad, hours: GridHours | None
) -> tuple[float, float]:
    """Cost [USD] and carbon [t] of a year's energy, hour by hour where it has hours."""
    if hours is None:
        kwh = float(load.facility_w.sum()) / _W_PER_KW
        return kwh * energy.usd_per_kwh, kwh * carbon.g_per_kwh / 1e6
    found = year_energy(
        load.facility_w, _series("price", hours.price_usd_per_mwh),
        _series("carbon", hours.carbon_g_per_kwh), energy.utc_offset_h,
    )  # fmt: skip
    assert found.cost is not None  # noqa: S101 - both series were given
    assert found.carbon_kg is not None  # noqa: S101
    return found.cost, found.carbon_kg / 1000.0


def _series(kind: SeriesKind, values: FloatArray) -> Series:
    """Hours from 1 January on as a series of a common year."""
    if values.size < HOURS:
        raise ScenarioError("energy.grid", f"must have the {HOURS:,} hours of a year",
                            values.size, "name a dataset of a whole year")  # fmt: skip
    unit = "USD/MWh" if kind == "price" else "g/kWh"
    start_us = int(_COMMON_YEAR.timestamp()) * 1_000_000
    return Series(
        kind=kind, unit=unit, start_us=start_us, step_s=3600, values=values[:HOURS]
    )

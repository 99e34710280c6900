"""What a year of a site's energy costs and emits, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.exchange.series import Series, on_year
from twin.types import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class YearEnergy:
    """
    A year's energy, its price and its carbon.

    Args:
        energy_mwh: Energy at the meter. [MWh]
        cost: Energy × price, hour by hour; None without prices. In `currency`
        currency: Money of `cost`; "" without prices.
        carbon_kg: Energy × carbon intensity; None without. [kg CO2e]
        mean_price_per_mwh: Cost over energy: what the hours it draws in cost.
        mean_carbon_g_per_kwh: The same of carbon. [g/kWh]
    """

    energy_mwh: float
    cost: float | None
    currency: str
    carbon_kg: float | None
    mean_price_per_mwh: float | None
    mean_carbon_g_per_kwh: float | None


def year_energy(
    facility_w: FloatArray, price: Series | None, carbon: Series | None,
    utc_offset_h: float,
) -> YearEnergy:  # fmt: skip
    """
    Add up a year.

    Args:
        facility_w: Power at the meter by hour. [W], shape (8760,) or (8784,)
        price: Prices; None is not asked for.
        carbon: Carbon intensities; None is not asked for.
        utc_offset_h: How far the hours' clock is ahead of UTC. [h]

    Raises:
        ScenarioError: If a series covers too little of a year.
    """
    hourly_mwh = facility_w / 1e6
    energy_mwh = float(hourly_mwh.sum())
    cost = carbon_kg = None
    if price is not None:
        per_mwh = on_year(price, facility_w.size, utc_offset_h)
        cost = float(np.dot(hourly_mwh, per_mwh))
    if carbon is not None:
        kg_per_mwh = on_year(carbon, facility_w.size, utc_offset_h)  # 1 g/kWh
        carbon_kg = float(np.dot(hourly_mwh, kg_per_mwh))
    return YearEnergy(
        energy_mwh=energy_mwh, cost=cost, carbon_kg=carbon_kg,
        currency="" if price is None else price.unit.partition("/")[0],
        mean_price_per_mwh=None if cost is None else cost / energy_mwh,
        mean_carbon_g_per_kwh=None if carbon_kg is None else carbon_kg / energy_mwh,
    )  # fmt: skip

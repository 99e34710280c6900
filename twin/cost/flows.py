"""Cash over the years: what is bought, renewed and sold, and what it is worth today."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.types import FloatArray

_WHOLE = 1e-9
"""A life that ends this near to the last year is not renewed. [years]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """
    Something bought at the start and again whenever its life ends.

    Args:
        key: Name.
        usd: Price at the start. [USD]
        life_years: Life; infinite for land. [years]
        growth_per_year: Growth of its price. [1/year]
    """

    key: str
    usd: float
    life_years: float
    growth_per_year: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """
    One part's money, year by year.

    Args:
        key: Name of the part.
        usd: Money spent; a gain is negative. [USD], shape (years + 1,); the first is
            the start, each other the year that ends then.
        present_usd: The same discounted to the start, from the instant it is spent.
            [USD], shape (years + 1,)
    """

    key: str
    usd: FloatArray
    present_usd: FloatArray


def present(rate: float, t_years: FloatArray | float) -> FloatArray:
    """Worth today of a dollar after some years. [1]"""
    return np.asarray((1.0 + rate) ** -np.asarray(t_years, dtype=np.float64))


def bought(asset: Asset, *, years: int, rate: float) -> Flow:
    """
    Buy an asset and renew it at the end of each life.

    Args:
        asset: The asset.
        years: Years that are looked at.
        rate: Discount rate. [1/year]

    Returns:
        Its flow; a renewal stands in the year it falls into, and is discounted from
        the instant itself.

    Source:
        docs/models/cost.md, eq. 1.
    """
    spent, worth = np.zeros(years + 1), np.zeros(years + 1)
    for t in purchases_years(asset.life_years, years):
        price = asset.usd * (1.0 + asset.growth_per_year) ** t
        spent[math.ceil(t)] += price
        worth[math.ceil(t)] += price * float(present(rate, t))
    return Flow(key=asset.key, usd=spent, present_usd=worth)


def residual_usd(asset: Asset, *, years: int) -> float:
    """Straight-line book value of an asset at the end. [USD]"""
    last = purchases_years(asset.life_years, years)[-1]
    price = float(asset.usd * (1.0 + asset.growth_per_year) ** last)
    if math.isinf(asset.life_years):
        return price
    return price * max(0.0, 1.0 - (years - last) / asset.life_years)


def purchases_years(life_years: float, years: int) -> list[float]:
    """Instants at which something of this life is bought. [years]"""
    if math.isinf(life_years):
        return [0.0]
    count = math.ceil((years - _WHOLE) / life_years)
    return [k * life_years for k in range(max(1, count))]


def sold(assets: tuple[Asset, ...], *, years: int, rate: float, frac: float) -> Flow:
    """Sell what is left of all assets at the end, for a part of its book value."""
    spent = np.zeros(years + 1)
    spent[years] = -frac * sum(residual_usd(a, years=years) for a in assets)
    return Flow(
        key="residual", usd=spent, present_usd=spent * float(present(rate, years))
    )


def yearly(
    key: str, usd: float, *, years: int, rate: float, growth_per_year: float = 0.0
) -> Flow:
    """Pay the same every year, at its end, growing."""
    spent = np.zeros(years + 1)
    spent[1:] = usd * (1.0 + growth_per_year) ** np.arange(years)
    return Flow(
        key=key, usd=spent, present_usd=spent * present(rate, np.arange(years + 1.0))
    )


def annuity(rate: float, years: int) -> float:
    """Worth today of a dollar at the end of each year. [years]"""
    return float(present(rate, np.arange(1.0, years + 1.0)).sum())

"""
What measures cost in a year: stores, energy burnt and lost, time the jobs lose.

Starts count at their own pace, not at that of the run. `docs/models/stabilize.md`,
eq. 14.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.constants import Julian_year

from twin.stabilize.chain import Measures, Site, Stabilized
from twin.stabilize.options import JOULES_PER_KWH, PSU
from twin.stabilize.storage import Storage

HOURS = Julian_year / 3600.0
"""Of a year. [h]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """
    Prices.

    Args:
        energy_per_mwh: Energy. [$/MWh]
        gpu_hour: An hour of one GPU. [$/h]
        psu_store_per_gpu: Supply store of 65 J for one GPU. [$]
        store_per_kw: Power of a site store. [$/kW]
        store_per_kwh: Energy of a site store. [$/kWh]
        rack_store_per_kwh: Energy of a store inside racks. [$/kWh]
        years: Life over which a store is paid, if it does not wear out before.
        starts_per_year: Starts and restarts of each job in a year; the horizon's own
            are not its usual pace.
    """

    energy_per_mwh: float
    gpu_hour: float
    psu_store_per_gpu: float
    store_per_kw: float
    store_per_kwh: float
    rack_store_per_kwh: float
    years: float
    starts_per_year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """
    What a combination costs in a year. [$/year]

    Args:
        stores: Stores, over their life.
        energy: Energy burnt and lost.
        time: Time the jobs lose.
    """

    stores: float
    energy: float
    time: float

    @property
    def total(self) -> float:
        """All three. [$/year]"""
        return self.stores + self.energy + self.time


def yearly(found: Stabilized, prices: Prices) -> tuple[float, float]:
    """
    Carry a run on to a year: what is steady as it is, starts at their own pace.

    Args:
        found: The run.
        prices: How many starts a year has.

    Returns:
        Mean power that is burnt and lost [W], and time the jobs lose ÷ their time.

    Source:
        docs/models/stabilize.md, eq. 14.
    """
    books = found.books
    starts = prices.starts_per_year / Julian_year
    burnt_j = books.burnt_j - books.start_burnt_j + books.store_loss_j
    each_j = books.start_burnt_j / max(1, found.starts) * len(found.jobs)
    lost_frac = found.slowdown_frac + found.lost_start_s * starts
    return burnt_j / found.grid.horizon_s + each_j * starts, lost_frac


def costs(site: Site, found: Stabilized, measures: Measures, prices: Prices) -> Costs:
    """
    What measures cost in a year.

    Args:
        site: The site.
        found: Its run.
        measures: Its measures.
        prices: What things cost.

    Returns:
        Stores paid over their life, energy burnt and lost, time the jobs lose.

    Source:
        docs/models/stabilize.md, eq. 14.
    """
    gpus = sum(job.gpu_count for job in site.jobs)
    racks = gpus / site.plant.gpus_per_rack
    wasted_w, slowdown_frac = yearly(found, prices)
    paid = 0.0
    for place, store, count in (
        ("psu", measures.psu, gpus), ("rack", measures.rack, racks),
        ("row", measures.row, racks / site.plant.racks_per_row),
        ("site", measures.site, 1.0),
    ):  # fmt: skip
        if store is not None:
            price = count * _store_price(place, store, prices)
            for (where, k), own in found.placed.items():
                share = 1.0 if place == "site" else site.jobs[k].gpu_count / gpus
                if where == place:
                    paid += price * share / min(prices.years, own.life_years)
    return Costs(
        stores=paid,
        energy=wasted_w * HOURS / 1e6 * prices.energy_per_mwh,
        time=slowdown_frac * gpus * HOURS * prices.gpu_hour,
    )


def _store_price(place: str, store: Storage, prices: Prices) -> float:
    """Price of one store. [$]"""
    if place == "psu":
        return store.energy_j / PSU.energy_j * prices.psu_store_per_gpu
    kwh = store.energy_j / JOULES_PER_KWH
    if place == "rack":
        return kwh * prices.rack_store_per_kwh
    return store.power_w / 1e3 * prices.store_per_kw + kwh * prices.store_per_kwh

"""
Options that sizing chooses from, and the measures that a choice of them makes.

`docs/models/stabilize.md`, section on sizing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import product

from twin.stabilize.ballast import Ballast
from twin.stabilize.chain import Measures
from twin.stabilize.scheduling import Scheduling
from twin.stabilize.smoothing import Smoothing
from twin.stabilize.storage import Storage

JOULES_PER_KWH = 3.6e6
RACK_HOURS = 1 / 60
"""Energy ÷ power of a rack's store. Assumed: a minute, as high-power cells give."""
SMOOTHING = Smoothing(hysteresis_s=0.0)
"""GPU smoothing where none is described. A hold longer than a job's gaps keeps its
power at the peak, whatever the floor: without one the floor decides."""
PSU = Storage(
    power_w=500.0, energy_j=65.0, filter_s=1.0, return_s=5.0, charge_efficiency=0.97,
    discharge_efficiency=0.97,
)  # fmt: skip
"""A GPU's share of a supply store, where none is described. Assumed but for 65 J."""
RACK = Storage(
    power_w=1.0, energy_j=1.0, filter_s=10.0, return_s=60.0, charge_efficiency=0.97,
    discharge_efficiency=0.97, cycle_life=1e6,
)  # fmt: skip
"""A rack's capacitors, where none are described. Assumed; power and energy follow."""
SITE = Storage(
    power_w=1.0, energy_j=1.0, filter_s=1.0, charge_efficiency=0.97,
    discharge_efficiency=0.97, response_s=0.02, cycle_life=8000.0,
)  # fmt: skip
"""A site's LFP cells, where none are described. Assumed; power and energy follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    What may be chosen, one of each; 0 is none.

    Args:
        floors_frac: Floors of GPU smoothing ÷ TDP.
        ballasts_frac: Targets of software ballast ÷ TDP.
        ramps_s: Ramps at starts and ends. [s]
        psu_j_per_gpu: Supply stores. [J]
        rack_kwh: Stores in each rack. [kWh]
        site_power_frac: Power of a site store ÷ the bare site's highest power.
        site_hours: Its energy ÷ its power. [h]
        site_filter_s: Time constants of its low-pass. [s]
    """

    floors_frac: tuple[float, ...]
    ballasts_frac: tuple[float, ...]
    ramps_s: tuple[float, ...]
    psu_j_per_gpu: tuple[float, ...]
    rack_kwh: tuple[float, ...]
    site_power_frac: tuple[float, ...]
    site_hours: tuple[float, ...]
    site_filter_s: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """
    One combination; 0 is none.

    Args:
        floor_frac: Floor of GPU smoothing ÷ TDP. [1]
        ballast_frac: Target of software ballast ÷ TDP. [1]
        ramp_s: Ramps at starts and ends. [s]
        psu_j_per_gpu: Supply store of one GPU. [J]
        rack_kwh: Store in each rack. [kWh]
        site_power_frac: Power of a site store ÷ the bare site's highest power. [1]
        site_hours: Its energy ÷ its power. [h]
        site_filter_s: Time constant of its low-pass. [s]
    """

    floor_frac: float
    ballast_frac: float
    ramp_s: float
    psu_j_per_gpu: float
    rack_kwh: float
    site_power_frac: float
    site_hours: float
    site_filter_s: float


def combinations(options: Options) -> Iterator[Choice]:
    """Every combination; a site store of no power is one, whatever its hours."""
    sites = [
        site for site in product(
            options.site_power_frac, options.site_hours, options.site_filter_s
        ) if site[0]
    ]  # fmt: skip
    if 0.0 in options.site_power_frac:
        sites.insert(0, (0.0, 0.0, 0.0))
    names = [field.name for field in fields(Choice)]
    for *inside, site in product(
        options.floors_frac, options.ballasts_frac, options.ramps_s,
        options.psu_j_per_gpu, options.rack_kwh, sites,
    ):  # fmt: skip
        yield Choice(**dict(zip(names, (*inside, *site), strict=True)))


def measures_of(choice: Choice, base: Measures, highest_w: float) -> Measures:
    """
    Turn a combination into measures.

    Args:
        choice: The combination.
        base: Measures whose other settings stay.
        highest_w: Highest power of the bare site. [W]

    Returns:
        The measures.
    """
    joules = choice.rack_kwh * JOULES_PER_KWH
    power_w = choice.site_power_frac * highest_w
    return replace(
        base,
        scheduling=replace(
            base.scheduling or Scheduling(), start_ramp_s=choice.ramp_s,
            end_ramp_s=choice.ramp_s,
        ),
        smoothing=replace(base.smoothing or SMOOTHING, floor_frac=choice.floor_frac)
        if choice.floor_frac else None,
        ballast=replace(base.ballast or Ballast(), target_frac=choice.ballast_frac)
        if choice.ballast_frac else None,
        psu=replace(base.psu or PSU, energy_j=choice.psu_j_per_gpu)
        if choice.psu_j_per_gpu else None,
        rack=replace(
            base.rack or RACK, energy_j=joules, power_w=joules / (RACK_HOURS * 3600.0)
        ) if choice.rack_kwh else None,
        site=replace(
            base.site or SITE, power_w=power_w, filter_s=choice.site_filter_s,
            energy_j=power_w * choice.site_hours * 3600.0,
        ) if choice.site_power_frac else None,
    )  # fmt: skip

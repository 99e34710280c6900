"""A year of a site as its bills see it: energy, monthly peaks, water, lost hours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.cooling.weather import Weather, month_of_hour
from twin.cooling.year import YearResult
from twin.facility.answer import cooling_year
from twin.facility.result import SiteResult
from twin.scenario.cost import PlainLoad
from twin.scenario.model import Scenario
from twin.types import FloatArray

HOURS = 8760
"""Of the year that bills are made for: a common one. [h]"""
MONTHS = 12
_L_PER_M3 = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class YearLoad:
    """
    A year of a site.

    Args:
        server_count: Servers deployed.
        built_w: IT power the site is built for. [W]
        it_wh: Energy of the servers. [Wh]
        facility_w: Power at the meter by hour. [W], shape (8760,)
        peak_w: Highest power at the meter by month. [W], shape (12,)
        water_m3: Fresh water. [m3]
        lost_server_h: Server-hours without service. [h]
    """

    server_count: int
    built_w: float
    it_wh: float
    facility_w: FloatArray
    peak_w: FloatArray
    water_m3: float
    lost_server_h: float

    def times_lost(self, factor: float) -> YearLoad:
        """Lose so many times the server-hours, all else the same."""
        return replace(self, lost_server_h=self.lost_server_h * factor)


def plain_load(given: PlainLoad) -> YearLoad:
    """Make a year of plain figures: every hour its mean, every month its peak."""
    rated_w = given.server_count * given.server_w
    it_w = rated_w * given.mean_frac
    peak_w = rated_w * given.peak_frac * max(given.peak_pue, given.pue)
    it_wh = it_w * HOURS
    return YearLoad(
        server_count=given.server_count, built_w=given.built_w or rated_w, it_wh=it_wh,
        facility_w=np.full(HOURS, it_w * given.pue), peak_w=np.full(MONTHS, peak_w),
        water_m3=it_wh / 1000.0 * given.water_l_per_it_kwh / _L_PER_M3,
        lost_server_h=given.lost_server_h_per_year,
    )  # fmt: skip


def cooled_load(
    at_mean: YearResult, at_peak: YearResult, *, server_count: int, built_w: float,
    lost_server_h: float,
) -> YearLoad:  # fmt: skip
    """
    Make a year of two years of the plant: one at the mean load, one at the peak.

    Energy and water are those at the mean load, a month's peak is the highest hour at
    the peak load: the site's worst quarter of an hour may fall on its warmest hour.

    Args:
        at_mean: The plant at the mean IT load.
        at_peak: The plant at the highest IT load.
        server_count: Servers deployed.
        built_w: IT power the site is built for. [W]
        lost_server_h: Server-hours without service in the year. [h]
    """
    return YearLoad(
        server_count=server_count, built_w=built_w,
        it_wh=float(_common(at_mean.plant.it_w).sum()), facility_w=_meter_w(at_mean),
        peak_w=monthly_peaks_w(_meter_w(at_peak)),
        water_m3=float(_common(at_mean.plant.water_kg_s).sum()) * 3600.0 / _L_PER_M3,
        lost_server_h=lost_server_h,
    )  # fmt: skip


def site_load(scenario: Scenario, run: SiteResult, weather: Weather) -> YearLoad:
    """
    Carry a run of a site on to a year of its weather.

    Args:
        scenario: The site.
        run: Its run; what it loses is taken to be lost once a year.
        weather: Outdoor air by hour.
    """
    limits_w = sum(row.limit_w for row in run.rows)
    hours = run.horizon_s / 3600.0
    mean_frac = run.it_wh / hours / limits_w
    peak_frac = max(float(run.series.it_w.max()) / limits_w, mean_frac)
    return cooled_load(
        cooling_year(scenario, weather, mean_frac),
        cooling_year(scenario, weather, peak_frac),
        server_count=run.server_count, built_w=limits_w,
        lost_server_h=run.lost_server_s / 3600.0,
    )  # fmt: skip


def monthly_peaks_w(facility_w: FloatArray) -> FloatArray:
    """Highest hour of each month. [W], shape (12,)"""
    peaks = np.zeros(MONTHS)
    np.maximum.at(peaks, month_of_hour(facility_w.size), facility_w)
    return peaks


def _meter_w(found: YearResult) -> FloatArray:
    return _common(found.plant.it_w + found.plant.cooling_w + found.other_w)


def _common(hours: FloatArray) -> FloatArray:
    """The first 8,760 hours; a year of weather has no others."""
    return hours[:HOURS]

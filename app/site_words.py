"""Failures and the year of cooling of a site, in words and key numbers."""

from __future__ import annotations

from typing import Any

from app import format as say
from app.frames import Figure, Verdict, figures_of

Json = dict[str, Any]


def clock(seconds: float) -> str:
    """Hour and minute of the run."""
    return f"at {int(seconds // 3600):02d}:{int(seconds % 3600 // 60):02d}"


def failures_words(found: Json) -> Verdict:
    """Say what a single failure costs, and what a pair does."""
    single = [c for c in found["cases"] if len(c["failed"]) == 1]
    pairs = [c for c in found["cases"] if len(c["failed"]) == 2]
    losing = [c for c in single if c["lost_servers"]]
    saved = [c for c in single if c["saved_by_cap"]]
    good = not losing
    if good:
        text = f"No single failure of {found['single']} loses a server"
    else:
        worst = losing[0]
        text = (
            f"{len(losing)} of {found['single']} single failures lose servers: "
            f"{worst['failed'][0]} loses {worst['lost_servers']:,}"
        )
    deadly = sum(1 for c in pairs if c["lost_servers"])
    cap = f"; the cap comes before the breaker in {len(saved)} of them" if saved else ""
    out = " and ".join(found["planned_out"])
    planned = f" With {out} out by plan." if out else ""
    at_least = "at least " if deadly == len(pairs) < found["pairs"] else ""
    detail = (
        f"{at_least}{deadly:,} of {found['pairs']:,} pairs lose servers{cap}. "
        f"Loads of the worst hour, {clock(found['worst_t_s'])}.{planned}"
    )
    return Verdict(fits=good, headline=text, detail=detail)


_LOST = "Servers without power, restarting or too hot at its end"


def failures_figures(found: Json) -> list[Figure]:
    """Key numbers of a screening."""
    single = [c for c in found["cases"] if len(c["failed"]) == 1]
    pairs = [c for c in found["cases"] if len(c["failed"]) == 2]
    lost = max(single, key=lambda c: c["lost_servers"])
    pair = max(pairs or single, key=lambda c: c["lost_servers"])
    tight = max(single, key=lambda c: c["worst_frac"])
    racing = [c for c in single if c["race_trip_s"] is not None and c["race_node"]]
    first = min(racing, key=lambda c: c["race_trip_s"], default=None)
    harm = max(single, key=lambda c: c["slo_damage_frac"])
    lands = next((c["cap_lands_s"] for c in single if c["cap_lands_s"]), None)
    cells = [
        ("single", "Worst single failure", f"{lost['lost_servers']:,} lost",
         " + ".join(lost["failed"]) if lost["lost_servers"] else "none loses servers",
         _LOST, lost["lost_servers"] > 0),
        ("pair", "Worst pair", f"{pair['lost_servers']:,} lost",
         " + ".join(pair["failed"]), _LOST, False),
        ("tight", "Tightest survivor", say.percent(tight["worst_frac"]),
         tight["binding"],
         "Highest load ÷ limit right after a single failure", tight["worst_frac"] > 1),
        ("trip", "First breaker would trip",
         say.duration(first["race_trip_s"]) if first else "never",
         first["race_node"] if first else "none is overloaded",
         ("Least over breakers after a single failure, without a cap: "
         "τ·ln(((r/p)² - s₀) ÷ ((r/p)² - 1)), or (1 - s₀)·T(r) on a curve; r is load ÷ "
         "rating (docs/models/protection.md, 2 and 4)"), first is not None),
        ("cap", "Cap lands after", say.duration(lands) if lands else "no cap",
         "telemetry + decision + latency",
         ("Age of a reading + decision + latency of the command: from an overload "
         "until servers run slower"), False),
        ("slo", "SLO damage, worst single", say.percent(harm["slo_damage_frac"]),
         " + ".join(harm["failed"]) if harm["slo_damage_frac"] else "none",
         "(Work without room + work slower than its median may be) ÷ the hour's work",
         harm["slo_damage_frac"] > 0),
    ]  # fmt: skip
    return figures_of(cells)


def cooling_words(year: Json) -> Verdict:
    """Say the year's PUE and what a loss of cooling leaves."""
    ride = year["ride_throughs"][0]
    short, hot = year["short_hours"], year["above_allowable_hours"]
    good = not short and not hot
    text = f"PUE {say.number(year['pue'], 3)} over the year"
    if not good:
        text += f": {max(short, hot):,} hours too warm or short of cooling"
    detail = (
        "Cooling and the losses of the power chain at a constant IT load. Without "
        f"any cooling the halls reach {ride['limit_c']:g} °C after "
        f"{say.duration(ride['allowable_s'])}."
    )
    return Verdict(fits=good, headline=text, detail=detail)


def cooling_figures(year: Json) -> list[Figure]:
    """Key numbers of a year of cooling."""
    ride = year["ride_throughs"][0]
    hours = len(year["pue_by_hour"])
    it_kwh = year["it_w"] * hours / 1e3
    cells = [
        ("pue", "PUE, year", say.number(year["pue"], 3),
         f"{min(year['pue_by_month']):.3f} to {max(year['pue_by_month']):.3f} by month",
         "(IT + cooling + losses of the power chain) energy ÷ IT energy", False),
        ("wue", "WUE", f"{say.number(year['wue_l_per_kwh'], 2)} l/kWh",
         f"{say.number(year['wue_l_per_kwh'] * it_kwh / 1e3)} m³ a year",
         "Fresh water ÷ IT energy", False),
        ("free", "Without chillers", f"{year['economiser_hours']:,} h",
         f"{say.percent(year['economiser_hours'] / hours, 0)} of the year",
         "Hours in which no chiller runs", False),
        ("part", "Partly free", f"{year['partly_free_hours']:,} h",
         f"{say.percent(year['partly_free_hours'] / hours, 0)} of the year",
         "Hours in which some heat passes the chillers by", False),
        ("warm", "Above 27 °C", f"{year['above_recommended_hours']:,} h",
         "recommended inlet",
         "Hours of inlet > 27 °C, ASHRAE's recommended range", False),
        ("hot", "Above 32 °C", f"{year['above_allowable_hours']:,} h", "allowed inlet",
         "Hours of inlet > 32 °C, ASHRAE's allowable range, class A1",
         year["above_allowable_hours"] > 0),
        ("short", "Short of cooling", f"{year['short_hours']:,} h", "heat left over",
         "Hours of heat > what the plant can take out", year["short_hours"] > 0),
        ("ride", "Ride-through", say.duration(ride["allowable_s"]),
         f"27 °C after {say.duration(ride['recommended_s'])}",
         ("Time to the inlet limit when all cooling stops and fans run on: "
         "C·dT/dt = heat of the hall, + cold of the tank ÷ heat "
         "(docs/models/cooling.md, 7 to 9)"), False),
    ]  # fmt: skip
    return figures_of(cells)

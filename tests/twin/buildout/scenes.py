"""Small build-outs in round numbers: a server draws 1 kW and costs nothing to run."""

from __future__ import annotations

from twin.scenario.build_out import BuildOutInput

YEAR_H = 8760.0
FREE = {
    "energy_usd_per_kwh": 0, "demand_usd_per_kw_month": 0, "water_usd_per_m3": 0,
    "carbon_usd_per_t": 0, "lost_usd_per_server_h": 1, "pue": 1, "peak_pue": 1,
    "discount_rate": 0, "residual_frac": 0, "carbon_g_per_kwh": 0,
    "water_l_per_it_kwh": 0,
}  # fmt: skip
"""A wanted server that is not there costs 8,760 USD a year; all else is free."""


def server(**changes):
    return {
        "name": "A", "work": 1, "peak_w": 1000, "mean_w": 1000, "usd": 5000,
        "price_growth_per_year": 0, "lead_months": 0, "life_years": 50,
        "upkeep_frac": 0, "embodied_kg": 0,
    } | changes  # fmt: skip


def ups(**changes):
    return {
        "name": "UPS", "kind": "ups", "size_w": 10_000, "usd": 20_000,
        "lead_months": 12, "upkeep_frac": 0,
    } | changes  # fmt: skip


def scene(*, wanted=(10, 10, 10), rates=None, **changes):
    """Years of a demand; one UPS block carries ten servers and takes a year to come."""
    return BuildOutInput.model_validate({
        "period_months": 12, "periods": len(wanted), "demand": {"servers": wanted},
        "blocks": [ups()], "generations": [server()], "gap_frac": 0,
        "rates": FREE | (rates or {}),
    } | changes)  # fmt: skip

"""Prices, lives and rates that costs start from: each with a range and its source."""

from __future__ import annotations

from dataclasses import dataclass

from twin.catalogue.figure import Mark


@dataclass(frozen=True, slots=True)
class Price:
    """
    A default with the range it may well lie in.

    Args:
        value: Default.
        low: Lower end of what is plausible.
        high: Upper end.
        unit: Unit of all three.
        mark: How far to trust it.
        source: Where from.
    """

    value: float
    low: float
    high: float
    unit: str
    mark: Mark
    source: str

    @property
    def said(self) -> str:
        """Mark, source and range in one line."""
        return f"{self.mark}: {self.source}; {self.low:g} to {self.high:g}"


_p = Price
_CW = "Cushman & Wakefield, US Data Center Development Cost Guide 2025"
_REPORTS = (
    "annual reports as quoted by the press: Amazon 5, Meta 5.5, Microsoft and "
    "Alphabet 6 years"
)
_RENT = "H100 rent of 2.35 USD per GPU-hour (SemiAnalysis index, March 2026, quoted)"

PRICES: dict[str, Price] = {
    # --- servers ----------------------------------------------------------------------
    "server_usd": _p(
        310_000, 200_000, 400_000, "USD", "second-hand",
        "eight H100 with network cards, a reseller's quotation of 2024 in a public "
        "spreadsheet; SemiAnalysis estimates 270,000 for a DGX H100 of 2023",
    ),
    "server_life_years": _p(5.5, 3, 6, "years", "second-hand", _REPORTS),
    "server_price_growth_per_year": _p(0, -0.2, 0.1, "1/year", "assumed", "none"),
    "server_upkeep_frac": _p(
        0.05, 0.02, 0.2, "1/year", "assumed",
        "own spares and hands; a vendor's support lists at 20 % (second-hand)",
    ),
    "server_embodied_kg": _p(
        1312, 1300, 5000, "kg", "memory",
        "Nvidia's footprint of an HGX H100 board of eight GPUs; the chassis is not in",
    ),
    "server_w": _p(10_200, 6_000, 14_000, "W", "second-hand", "DGX H100 user guide"),
    "mean_frac": _p(0.6, 0.3, 0.9, "1", "assumed", "serving with a daily rhythm"),
    "peak_frac": _p(0.8, 0.6, 1.0, "1", "assumed", "highest quarter of an hour"),
    "lost_usd_per_server_h": _p(
        18.8, 13, 38, "USD/h", "second-hand",
        f"{_RENT}, eight of them; 38 is what Splitwise takes for a machine",
    ),
    # --- the building and what is in it -----------------------------------------------
    "power_usd_per_w": _p(
        2.7, 1.5, 5, "USD/W", "assumed",
        f"{_CW}: 53 % of 11.7 USD/W is critical capacity; of it 55 % power, with one "
        "spare block to four (both ours)",
    ),
    "spare_frac": _p(0.25, 0.1, 0.5, "1", "assumed", "one spare block to four"),
    "cooling_usd_per_w": _p(
        2.8, 1.5, 5, "USD/W", "assumed", f"{_CW}: the other 45 % of critical capacity",
    ),
    "building_usd_per_w": _p(
        4.3, 3.4, 5.6, "USD/W", "published",
        f"{_CW}: shell, white space, back of house and offices, 37 % of 11.7 USD/W; "
        "markets lie between 9.3 and 15",
    ),
    "land_usd_per_w": _p(
        1.3, 0.9, 2, "USD/W", "assumed",
        f"{_CW}: site works, 10 % of 11.7 USD/W, and 244,000 USD an acre with 2 MW on "
        "it (the 2 MW ours)",
    ),
    "connection_usd_per_w": _p(
        0.3, 0.1, 1, "USD/W", "assumed", "substation and line, no survey found"
    ),
    "power_life_years": _p(20, 15, 25, "years", "assumed", "switchgear and engines"),
    "cooling_life_years": _p(20, 15, 25, "years", "assumed", "chillers and towers"),
    "building_life_years": _p(30, 20, 40, "years", "assumed", "usual write-off"),
    "connection_life_years": _p(30, 20, 40, "years", "assumed", "transformers"),
    "upkeep_frac": _p(
        0.03, 0.02, 0.05, "1/year", "assumed", "of power chain and cooling, with staff"
    ),
    # --- bills ------------------------------------------------------------------------
    "energy_usd_per_kwh": _p(
        0.055, 0.03, 0.12, "USD/kWh", "assumed",
        "US industry's mean of 2023, 0.0806 with all charges (EIA), less this demand "
        "charge at a load factor of 0.8",
    ),
    "energy_growth_per_year": _p(0, -0.02, 0.05, "1/year", "assumed", "real prices"),
    "demand_usd_per_kw_month": _p(
        15, 5, 30, "USD/kW", "published",
        "a quarter of US commercial customers can be on tariffs above it "
        "(NREL/BR-6A20-68963, 2017)",
    ),
    "ratchet_frac": _p(0.8, 0, 1, "1", "assumed", "tariffs have 0 to 1"),
    "water_usd_per_m3": _p(2.5, 1, 6, "USD/m3", "memory", "large US users, with sewer"),
    "carbon_usd_per_t": _p(
        0, 0, 190, "USD/t", "assumed",
        "nobody charges it in most of the US; 190 is the EPA's cost to society (2023)",
    ),
    "carbon_growth_per_year": _p(0, 0, 0.05, "1/year", "assumed", "real prices"),
    "carbon_g_per_kwh": _p(
        360, 20, 800, "g/kWh", "published",
        "PJM 2022 mean, 362.6 (EIA hourly generation)",
    ),
    "intensity_growth_per_year": _p(0, -0.07, 0.02, "1/year", "assumed", "as it is"),
    "pue": _p(
        1.2, 1.05, 1.4, "1", "assumed", "the geometric mean of 1.05 and 1.40"
    ),
    "peak_pue": _p(1.3, 1.1, 1.6, "1", "assumed", "a hot afternoon"),
    "water_l_per_it_kwh": _p(
        0.3, 0, 1.8, "l/kWh", "published", "Microsoft's mean of fiscal 2024"
    ),
    # --- money and time ---------------------------------------------------------------
    "discount_rate": _p(0.08, 0.04, 0.12, "1/year", "assumed", "real, before tax"),
    "residual_frac": _p(
        1, 0, 1, "1", "assumed", "a straight-line book value is what things fetch"
    ),
    "utility_lead_months": _p(
        48, 12, 84, "months", "second-hand",
        "JLL 2026 as quoted by the press: 4 years on average in the US, 7 in Virginia",
    ),
    "power_lead_months": _p(
        12, 7, 18, "months", "published", f"{_CW}: switchgear 46 to 48 weeks, UPS 28 "
        "to 36; and their fitting (ours)",
    ),
    "generator_lead_months": _p(
        9, 7, 25, "months", "published", f"{_CW}: 30 to 38 weeks, some 110"
    ),
    "cooling_lead_months": _p(
        9, 7, 25, "months", "published", f"{_CW}: chillers 30 to 40 weeks, some 110"
    ),
    "hall_lead_months": _p(
        21, 12, 30, "months", "second-hand", "trade press: 18 to 24 months for a shell"
    ),
    "server_lead_months": _p(6, 2, 12, "months", "assumed", "order to service"),
    "generator_usd_per_w": _p(
        0.8, 0.5, 1.2, "USD/W", "assumed", "part of the power chain's 2.7 USD/W"
    ),
    "ups_usd_per_w": _p(
        1.9, 1, 4, "USD/W", "assumed", "the rest of the power chain's 2.7 USD/W"
    ),
}  # fmt: skip
"""Money is USD of one year: rates and growth are real, above inflation."""

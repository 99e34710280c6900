"""The answer to what a query takes: records, each with its unit in the name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twin.scenario.query_presets import SourcedInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """
    One quantity over the draws, in its own unit.

    Args:
        p5: 5th percentile. [as named]
        p25: 25th percentile. [as named]
        p50: Median. [as named]
        p75: 75th percentile. [as named]
        p95: 95th percentile. [as named]
        mean: Mean. [as named]
    """

    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """
    Median energy with one input held at its P5 and at its P95, all else drawn.

    Args:
        input: Name of the input.
        low_wh: Median with the input at P5. [Wh]
        high_wh: Median with the input at P95. [Wh]
        swing_wh: Distance of the two. [Wh]
    """

    input: str
    low_wh: float
    high_wh: float
    swing_wh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassEnergy:
    """
    Queries of one class.

    Args:
        energy_wh: At the utility meter, per query. [Wh]
        energy_per_token_wh: The same per output token. [Wh/token]
        carbon_g: Per query. [g]
        carbon_per_token_g: Per output token. [g/token]
        water_ml: Per query. [mL]
        water_per_token_ml: Per output token. [mL/token]
        cost_usd: Energy and node hours, per query. [USD]
        cost_per_token_usd: Per output token. [USD/token]
        tokens_per_s: Output of the node while it serves. [tokens/s]
        extrapolated_frac: Share of answers outside the lengths that the throughput
            rests on. 0..1
        tornado: Inputs by how far they move the median, most first.
    """

    energy_wh: Percentiles
    energy_per_token_wh: Percentiles
    carbon_g: Percentiles
    carbon_per_token_g: Percentiles
    water_ml: Percentiles
    water_per_token_ml: Percentiles
    cost_usd: Percentiles
    cost_per_token_usd: Percentiles
    tokens_per_s: Percentiles
    extrapolated_frac: float
    tornado: tuple[Swing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """
    What a pathway, or all together, divide the energy of a query by.

    Args:
        name: Pathway; "combined" is the product of all.
        reduction: Class of query -> energy before ÷ after. Absent: it does not act.
        energy_wh: Class of query -> energy after. [Wh]
        published_frac: Class of query -> share of draws within the published range of
            all combined, 8 to 20; None for one pathway.
        source: Where the range comes from.
        mark: How far to trust it.
    """

    name: str
    reduction: Mapping[str, Percentiles]
    energy_wh: Mapping[str, Percentiles]
    published_frac: Mapping[str, float] | None
    source: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """
    Mean day of the fleet: overhead × queries × the classes' means.

    Args:
        energy_gwh: Energy of a day. [GWh]
        mean_megawatt: The same as mean power. [MW]
        carbon_t: Carbon of a day. [t]
        water_m3: Water of a day. [m3]
        cost_usd: Cost of a day. [USD]
    """

    energy_gwh: float
    mean_megawatt: float
    carbon_t: float
    water_m3: float
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryEnergyResult:
    """
    Answer to `query_energy`.

    Args:
        preset: Name of the preset.
        title: What the preset is.
        changed: Fields given instead of the preset's.
        draws: Draws per class.
        seed: Seed of the draws.
        typical: Typical queries.
        long: Long queries.
        long_ratio: Median energy of a long query ÷ that of a typical one.
        fleet_all_typical: A day with no long queries.
        fleet: A day with the share of long queries asked for.
        fleet_after: The same with each pathway on its share of the fleet.
        savings: Each pathway alone, then all combined.
        sources: What the preset's inputs rest on.
    """

    preset: str
    title: str
    changed: tuple[str, ...]
    draws: int
    seed: int
    typical: ClassEnergy
    long: ClassEnergy
    long_ratio: float
    fleet_all_typical: Fleet
    fleet: Fleet
    fleet_after: Fleet
    savings: tuple[Saving, ...]
    sources: tuple[SourcedInput, ...]

"""
Energy, carbon, water and cost of a query, from the bottom up, with their scatter.

Every input is a quantile function; a draw takes one point of each, and a query is one
formula over the draws' axis. `docs/models/energy_per_query.md` has the equations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.scenario.query_energy import QueryEnergyInput
from twin.scenario.query_parts import Pathway, QueryClass
from twin.scenario.query_presets import PRESETS
from twin.serving.query_result import (
    ClassEnergy,
    Fleet,
    Percentiles,
    QueryEnergyResult,
    Saving,
    Swing,
)
from twin.types import FloatArray

__all__ = ["QueryEnergyInput", "QueryEnergyResult", "draw_queries", "query_energy"]

PUBLISHED_COMBINED = (8.0, 20.0)
"""Combined reduction of both versions of arXiv 2509.20241, abstract."""
TORNADO_DRAWS = 50_000
_P5, _P95 = 0.05, 0.95
_TORNADO = ("output_tokens", "input_tokens", "node_w", "utilisation", "pue")
_INPUTS = (*_TORNADO, "water", "grid_water", "carbon", "energy_price")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Queries drawn one by one; arrays of shape (draws,)."""

    output_tokens: FloatArray
    node_s: FloatArray
    it_wh: FloatArray
    energy_wh: FloatArray
    carbon_g: FloatArray
    water_ml: FloatArray
    cost_usd: FloatArray


def query_energy(
    given: QueryEnergyInput, rng: np.random.Generator | None = None
) -> QueryEnergyResult:
    """
    Work out what a query takes, by class, by pathway and for a fleet.

    Args:
        given: Inputs; see `QueryEnergyInput`.
        rng: Generator of the draws; by default one of the input's seed.

    Returns:
        Percentiles per query and token, savings and fleet days.

    Source:
        docs/models/energy_per_query.md, eq. 1 to 7.
    """
    rng = rng or np.random.default_rng(given.seed)
    preset = PRESETS[given.preset]
    points = {name: _points(given.draws, rng) for name in ("typical", "long")}
    kinds = {"typical": given.typical, "long": given.long}
    drawn = {n: draw_queries(given, kinds[n], points[n]) for n in kinds}
    classes = {n: _summary(given, kinds[n], drawn[n], points[n]) for n in kinds}
    mean = {n: _means(drawn[n]) for n in kinds}
    left = {n: _left_frac(given.pathways, n) for n in kinds}
    return QueryEnergyResult(
        preset=given.preset, title=preset.title, changed=given.changed,
        draws=given.draws, seed=given.seed,
        typical=classes["typical"], long=classes["long"],
        long_ratio=classes["long"].energy_wh.p50 / classes["typical"].energy_wh.p50,
        fleet_all_typical=_fleet(given, mean["typical"]),
        fleet=_fleet(given, _mix(mean, given.long_frac)),
        fleet_after=_fleet(
            given, _mix({n: mean[n] * left[n] for n in kinds}, given.long_frac)
        ),
        savings=_savings(given, drawn, rng), sources=preset.sources,
    )  # fmt: skip


def draw_queries(
    given: QueryEnergyInput, kind: QueryClass, points: Mapping[str, FloatArray]
) -> Draws:
    """
    Energy, carbon, water and cost of queries drawn one by one.

    Args:
        given: Inputs of all classes.
        kind: Class of the queries.
        points: Input -> quantiles drawn, 0..1, shape (draws,).

    Returns:
        One value a draw.
    """
    output = kind.output_tokens.at(points["output_tokens"])
    prompt = kind.input_tokens.at(points["input_tokens"])
    utilisation = given.utilisation.at(points["utilisation"])
    node_s = kind.throughput.node_s(prompt, output) / utilisation
    it_wh = given.node_w.at(points["node_w"]) * node_s / 3600.0
    energy_wh = given.pue.at(points["pue"]) * it_wh
    water = given.water_l_per_it_kwh.at(points["water"])
    grid_water = given.grid_water_l_per_kwh.at(points["grid_water"])
    carbon = given.carbon_g_per_kwh.at(points["carbon"])
    price = given.energy_usd_per_kwh.at(points["energy_price"])
    return Draws(
        output_tokens=output, node_s=node_s, it_wh=it_wh, energy_wh=energy_wh,
        carbon_g=energy_wh * carbon / 1000.0,
        # a litre per kWh is a millilitre per Wh
        water_ml=it_wh * water + energy_wh * grid_water,
        cost_usd=energy_wh * price / 1000.0 + node_s * given.node_usd_per_h / 3600.0,
    )  # fmt: skip


def percentiles(values: FloatArray) -> Percentiles:
    """Summarise draws."""
    p5, p25, p50, p75, p95 = np.percentile(values, (5, 25, 50, 75, 95))
    return Percentiles(
        p5=float(p5), p25=float(p25), p50=float(p50), p75=float(p75), p95=float(p95),
        mean=float(np.mean(values)),
    )  # fmt: skip


# --- classes --------------------------------------------------------------------------


def _points(draws: int, rng: np.random.Generator) -> dict[str, FloatArray]:
    # open below: the quantile of 0 is minus infinity
    tiny = np.finfo(np.float64).tiny
    return {name: np.maximum(rng.random(draws), tiny) for name in _INPUTS}


def _summary(
    given: QueryEnergyInput, kind: QueryClass, drawn: Draws,
    points: Mapping[str, FloatArray],
) -> ClassEnergy:  # fmt: skip
    tokens = drawn.output_tokens
    return ClassEnergy(
        energy_wh=percentiles(drawn.energy_wh),
        energy_per_token_wh=percentiles(drawn.energy_wh / tokens),
        carbon_g=percentiles(drawn.carbon_g),
        carbon_per_token_g=percentiles(drawn.carbon_g / tokens),
        water_ml=percentiles(drawn.water_ml),
        water_per_token_ml=percentiles(drawn.water_ml / tokens),
        cost_usd=percentiles(drawn.cost_usd),
        cost_per_token_usd=percentiles(drawn.cost_usd / tokens),
        tokens_per_s=percentiles(tokens / drawn.node_s),
        extrapolated_frac=kind.throughput.outside_frac(tokens),
        tornado=_tornado(given, kind, points),
    )


def _tornado(
    given: QueryEnergyInput, kind: QueryClass, points: Mapping[str, FloatArray]
) -> tuple[Swing, ...]:
    """Hold one input at a time; the other inputs keep their draws."""
    few = {name: u[:TORNADO_DRAWS] for name, u in points.items()}
    found = []
    for name in _TORNADO:
        low, high = (
            float(np.median(draw_queries(
                given, kind, few | {name: np.full_like(few[name], at)}
            ).energy_wh))
            for at in (_P5, _P95)
        )  # fmt: skip
        found.append(
            Swing(input=name, low_wh=low, high_wh=high, swing_wh=abs(high - low))
        )
    return tuple(sorted(found, key=lambda swing: -swing.swing_wh))


# --- savings and fleet ----------------------------------------------------------------


def _acts(pathway: Pathway, kind: str) -> bool:
    return pathway.typical if kind == "typical" else pathway.long


def _savings(
    given: QueryEnergyInput, drawn: Mapping[str, Draws], rng: np.random.Generator
) -> tuple[Saving, ...]:
    found = []
    combined = {kind: np.ones(given.draws) for kind in drawn}
    for pathway in given.pathways:
        factor = pathway.reduction.at(rng.random(given.draws))
        alone = {kind: factor for kind in drawn if _acts(pathway, kind)}
        for kind in alone:
            combined[kind] = combined[kind] * factor
        found.append(_saving(pathway.name, alone, drawn, pathway))
    if found:
        found.append(_saving("combined", combined, drawn, None))
    return tuple(found)


def _saving(
    name: str, factors: Mapping[str, FloatArray], drawn: Mapping[str, Draws],
    pathway: Pathway | None,
) -> Saving:  # fmt: skip
    low, high = PUBLISHED_COMBINED
    within = {k: float(np.mean((f >= low) & (f <= high))) for k, f in factors.items()}
    return Saving(
        name=name,
        reduction={kind: percentiles(f) for kind, f in factors.items()},
        energy_wh={k: percentiles(drawn[k].energy_wh / f) for k, f in factors.items()},
        published_frac=None if pathway else within,
        source=pathway.source if pathway else "product of the pathways, independent",
        mark=pathway.mark if pathway else "assumed",
    )


def _left_frac(pathways: tuple[Pathway, ...], kind: str) -> float:
    """Mean share of a class's energy that the fleet's pathways leave."""
    u = (np.arange(2000) + 0.5) / 2000
    left = [
        1.0 - p.fleet_frac * (1.0 - float(np.mean(1.0 / p.reduction.at(u))))
        for p in pathways
        if _acts(p, kind)
    ]
    return math.prod(left)


def _means(drawn: Draws) -> FloatArray:
    values = (drawn.energy_wh, drawn.carbon_g, drawn.water_ml, drawn.cost_usd)
    return np.array([np.mean(v) for v in values])


def _mix(means: Mapping[str, FloatArray], long_frac: float) -> FloatArray:
    mixed = (1.0 - long_frac) * means["typical"] + long_frac * means["long"]
    return np.asarray(mixed, dtype=np.float64)


def _fleet(given: QueryEnergyInput, means: FloatArray) -> Fleet:
    energy_wh, carbon_g, water_ml, cost_usd = (
        float(v) for v in means * given.queries_per_day * given.fleet_overhead
    )
    return Fleet(
        energy_gwh=energy_wh / 1e9, mean_megawatt=energy_wh / 24.0 / 1e6,
        carbon_t=carbon_g / 1e6, water_m3=water_ml / 1e6, cost_usd=cost_usd,
    )  # fmt: skip

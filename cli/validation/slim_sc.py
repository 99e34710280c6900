"""
Slim-SC: latency and cache of a query, at two guesses of how alike chains are.

The published gains are the most there is ("up to"), so they are held near, and smaller
gains do not pass; whether there is a gain at all is a row of its own.
"""

from __future__ import annotations

from cli.validation.even_ground import even_ground
from cli.validation.row import Rule, ValidationRow
from twin.serving.systems.slim_sc import SOURCE, SlimScParameters, evaluate
from twin.types import Report

PREFIX = "slim_sc"
CHAINS = SlimScParameters(query_frac=1.0)
MORE_ALIKE = SlimScParameters(query_frac=1.0, chains=16, redundancy=0.5)
_ASSUMED = (
    "shape only: 8 chains of which 40 % of those after the first repeat another, "
    "stopped evenly between a tenth of their length and its end, are assumed"
)
_UP_TO = "published as 'up to'; near is within a tenth of it, ours"


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table."""
    report(0.0, "Slim-SC: every query by 8 chains")
    ground = even_ground(
        model="llama-3.1-70b", tensor_parallel=4, rate_per_s=0.3, servers=4,
        prompt_tokens=300, output_tokens=500, horizon_s=1800.0,
    )  # fmt: skip
    figures, alike = (evaluate(ground, p).figures for p in (CHAINS, MORE_ALIKE))
    latency = 100 * figures["latency_change_frac"]
    cache = 100 * figures["kv_peak_change_frac"]
    right = 100 * (figures["accuracy_frac"] - figures["accuracy_all_frac"])
    return [
        _row("latency", "mean latency of a query, change", "%", -45, latency,
             f"{_ASSUMED}; {_UP_TO}"),
        _row("latency_gain", "the same", "%", 0, latency, "whether it falls",
             "at most"),
        _row("cache", "largest cache of a query, change", "%", -26, cache,
             f"{_ASSUMED}; {_UP_TO}"),
        _row("cache_16_chains", "the same; 16 chains, half of them repeating", "%", -26,
             100 * alike["kv_peak_change_frac"], "sensitivity: how alike chains are "
             f"decides, and was not published; {_UP_TO}"),
        _row("latency_16_chains", "mean latency of a query, change; 16 chains, half of "
             "them repeating", "%", -45, 100 * alike["latency_change_frac"],
             "sensitivity, as before"),
        _row("cache_gain", "largest cache of a query, change; 8 chains", "%", 0, cache,
             "whether it falls", "at most"),
        _row("accuracy", "queries answered right, change", "points", 0, right,
             "published as kept; one chain right in 60 % of queries and the spread "
             "between queries are assumed", "at least"),
    ]  # fmt: skip


def _row(
    name: str, quantity: str, unit: str, published: float, ours: float, why: str,
    rule: Rule = "near",
) -> ValidationRow:  # fmt: skip
    """Near a published gain within a tenth; at most or at least 0 is a sign."""
    return ValidationRow(
        id=f"{PREFIX}.{name}", system="Slim-SC", quantity=quantity, unit=unit,
        published=published, source=SOURCE, mark="read", ours=ours,
        tolerance=0.1 * abs(published), rule=rule,
        shows="size" if rule == "near" else "sign", why=why,
    )  # fmt: skip

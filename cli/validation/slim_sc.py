"""
Slim-SC: latency and cache of a query, at two guesses of how alike chains are.

The published gains are the most there is ("up to"), so they are held near, and smaller
gains do not pass; whether there is a gain at all is a row of its own.
"""

from __future__ import annotations

from cli.validation.even_ground import even_ground
from cli.validation.row import Suite, ValidationRow
from twin.serving.systems.slim_sc import SOURCE, SlimScParameters, evaluate
from twin.types import Report

PREFIX = "slim_sc"
_row = Suite(PREFIX, "Slim-SC", SOURCE).row
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
        _row("latency", "mean latency of a query, change", "%", -45, latency, 4.5,
             "near", f"{_ASSUMED}; {_UP_TO}"),
        _row("latency_gain", "the same", "%", 0, latency, 0.0, "at most",
             "whether it falls", shows="sign"),
        _row("cache", "largest cache of a query, change", "%", -26, cache, 2.6, "near",
             f"{_ASSUMED}; {_UP_TO}"),
        _row("cache_16_chains", "the same; 16 chains, half of them repeating", "%", -26,
             100 * alike["kv_peak_change_frac"], 2.6, "near", "sensitivity: how alike "
             f"chains are decides, and was not published; {_UP_TO}"),
        _row("latency_16_chains", "mean latency of a query, change; 16 chains, half of "
             "them repeating", "%", -45, 100 * alike["latency_change_frac"], 4.5,
             "near", "sensitivity, as before"),
        _row("cache_gain", "largest cache of a query, change; 8 chains", "%", 0, cache,
             0.0, "at most", "whether it falls", shows="sign"),
        _row("accuracy", "queries answered right, change", "points", 0, right, 0.0,
             "at least", "published as kept; one chain right in 60 % of queries and "
             "the spread between queries are assumed", shows="sign"),
    ]  # fmt: skip

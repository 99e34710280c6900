"""
BRANE: cost at the best fixed pipeline's accuracy, features read well or badly.

The weight of cost is found on one half of the queries; rows are of the other half.
"""

from __future__ import annotations

from cli.validation.even_ground import even_ground, own_baseline
from cli.validation.row import Suite, ValidationRow
from twin.serving.systems.brane import SOURCE, BraneParameters, evaluate
from twin.types import Report

PREFIX = "brane"
_row = Suite(PREFIX, "BRANE", SOURCE).row
_ASSUMED = (
    "shape only: ten pipelines of Llama 3.1 70B and Qwen3 8B, what each answers right "
    "and how often features are misread are assumed"
)


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table."""
    found = []
    ground = even_ground(
        model="llama-3.1-70b", tensor_parallel=4, rate_per_s=1.0, prompt_tokens=6000,
        output_tokens=450, horizon_s=3600.0,
    )  # fmt: skip
    for k, error in enumerate((0.0, 0.1)):
        report(k / 2, f"BRANE: {error:.0%} of features misread")
        outcome = evaluate(ground, BraneParameters(feature_error=error))
        figures, name = outcome.figures, f"error_{100 * error:.0f}"
        words = f"{error:.0%} of features misread"
        energy = outcome.energy_j / outcome.finished
        plain = own_baseline(outcome)
        before = plain.energy_j / plain.finished
        found += [
            _row(f"cost_{name}", f"GPU time per query, change; {words}", "%", -89,
                 100 * figures["query_cost_change_frac"], 8.9, "near",
                 f"{_ASSUMED}; published as 'up to', in money; near is within a tenth "
                 "of it, ours; half of the queries, the weight found on the others"),
            _row(f"cost_gain_{name}", f"the same; {words}", "%", 0,
                 100 * figures["query_cost_change_frac"], 0.0, "at most",
                 "whether it falls", shows="sign"),
            _row(f"accuracy_{name}", f"queries answered right, change; {words}",
                 "points", 0,
                 100 * (figures["accuracy_frac"] - figures["fixed_accuracy_frac"]), 0.0,
                 "at least", f"{_ASSUMED}; on the half of the queries that the weight "
                 f"was not found on, {outcome.arrived // 2} of them"),
            _row(f"energy_{name}", f"site energy per query, change; {words}", "%", 0,
                 100 * (energy / before - 1), 0.0, "at most", "no figure is published; "
                 "the same servers are on, so idle power is in it; all queries",
                 shows="sign"),
        ]  # fmt: skip
    return found

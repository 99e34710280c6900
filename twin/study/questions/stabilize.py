"""A training site: which grid rules it keeps, and what that costs in energy."""

from __future__ import annotations

import math

import numpy as np

from twin.compliance.study import study
from twin.errors import ScenarioError
from twin.plan.memo import Memo
from twin.scenario import Scenario
from twin.stabilize.rules import Verdict
from twin.study.questions.base import Ground, Metric, Needs, Outputs, Question


def answer(inputs: Scenario, ground: Ground, _: Memo) -> Outputs:
    """Judge a training site before and after its measures."""
    if ground.known is None:
        raise ScenarioError("training.rules", "cannot be judged: no rules were read",
                            "", "report this")  # fmt: skip
    found = study(inputs, ground.known)
    before, after = found.before.grid, found.after.grid
    judged = [v for _, v in found.verdicts]
    failed = sum(not (isinstance(v, Verdict) and v.passes) for v in judged)
    margins = [v.margin_frac for v in judged if isinstance(v, Verdict)]
    steps = np.diff(after.power_w) / after.sample_s
    return {
        "passes": float(found.passes), "rules_failed": float(failed),
        "worst_margin_frac": min(margins, default=math.nan),
        "peak_w": float(after.power_w.max()), "mean_w": float(after.power_w.mean()),
        "swing_w": float(np.ptp(after.power_w)),
        "swing_before_w": float(np.ptp(before.power_w)),
        "steepest_w_per_s": float(np.abs(steps).max(initial=0.0)),
        "added_energy_frac": after.energy_j / before.energy_j - 1.0,
        "burnt_wh": found.after.books.burnt_j / 3600.0,
        "slowdown_frac": found.after.slowdown_frac,
        "rides_failed": float(sum(not ride.passes for _, ride in found.rides)),
    }  # fmt: skip


def needs(_: Scenario) -> Needs:
    """Rules by name."""
    return Needs(rules=True)


QUESTION = Question(
    key="stabilize", label="A training site under grid rules",
    doc="Which rules a training site keeps behind its measures, and at what price.",
    model=Scenario, evaluate=answer, needs=needs,
    metrics=(
        Metric("passes", "1", "Keeps every rule", "more"),
        Metric("rules_failed", "rules", "Rules broken", "less"),
        Metric("worst_margin_frac", "1", "Margin to the nearest rule", "more"),
        Metric("peak_w", "W", "Peak at the grid", "less"),
        Metric("mean_w", "W", "Mean at the grid"),
        Metric("swing_w", "W", "Swing at the grid", "less"),
        Metric("swing_before_w", "W", "Swing without measures"),
        Metric("steepest_w_per_s", "W/s", "Steepest sample", "less"),
        Metric("added_energy_frac", "1", "Energy added by measures", "less"),
        Metric("burnt_wh", "Wh", "Energy burnt", "less"),
        Metric("slowdown_frac", "1", "Jobs slowed", "less"),
        Metric("rides_failed", "tables", "Ride-through tables failed", "less"),
    ),
)  # fmt: skip

"""
A row's day at control level: what power, caps and brakes one draw of it comes to.

Many draws share one library of days served request by request; a draw costs a
thousandth of serving a day.
"""

from __future__ import annotations

from twin.plan.memo import Memo
from twin.rowdays import case_of, figures, library_of, replay
from twin.scenario.model import Scenario
from twin.study.questions import row
from twin.study.questions.base import Ground, Metric, Outputs, Question

METRICS = (
    Metric("peak_frac", "1", "Peak power ÷ limit", "less"),
    Metric("peak_w", "W", "Peak power", "less"),
    Metric("mean_w", "W", "Mean power"),
    Metric("energy_wh", "Wh", "Energy", "less"),
    Metric("above_limit_s", "s", "Time above the limit", "less"),
    Metric("brakes", "1", "Power brakes", "less"),
    Metric("caps_low", "1", "Caps of low priority", "less"),
    Metric("caps_high", "1", "Caps of high priority", "less"),
    Metric("capped_low_s", "s", "Time low priority was slowed", "less"),
    Metric("capped_high_s", "s", "Time high priority was slowed", "less"),
    Metric(
        "lost_low_frac", "1", "Low-priority work that slowed clocks had no room for",
        "less",
    ),
    Metric(
        "lost_high_frac", "1", "High-priority work that slowed clocks had no room for",
        "less",
    ),
)  # fmt: skip


def evaluate(document: Scenario, ground: Ground, memo: Memo) -> Outputs:
    """Answer one point: one draw of the row's horizon."""
    library = library_of(document, ground.recordings, memo)
    case = case_of(document, library)
    found, _ = replay(library, [case])
    return figures(library, case, found[0])


QUESTION = Question(
    key="row-day", label="A row's day under control",
    doc="How high one row's power goes, and what caps and brakes it takes, on one draw "
    "of its day.",
    model=Scenario, metrics=METRICS, evaluate=evaluate, needs=row.needs,
)  # fmt: skip

"""
A row's day at control level: what power, caps and brakes one draw of it comes to.

Many draws share one library of days served request by request; a draw costs a
thousandth of serving a day.
"""

from __future__ import annotations

from twin.plan.memo import Memo
from twin.rowdays import case_of, figures, library_of, replay
from twin.scenario import dataset_fields
from twin.scenario.model import Scenario
from twin.study.questions.base import Ground, Metric, Needs, Outputs, Question

METRICS = (
    Metric(key="peak_frac", unit="1", label="Peak power ÷ limit", better="less"),
    Metric(key="peak_w", unit="W", label="Peak power", better="less"),
    Metric(key="mean_w", unit="W", label="Mean power"),
    Metric(key="energy_wh", unit="Wh", label="Energy", better="less"),
    Metric(key="above_limit_s", unit="s", label="Time above the limit", better="less"),
    Metric(key="brakes", unit="1", label="Power brakes", better="less"),
    Metric(key="caps_low", unit="1", label="Caps of low priority", better="less"),
    Metric(key="caps_high", unit="1", label="Caps of high priority", better="less"),
    Metric(
        key="capped_low_s", unit="s", label="Time low priority was slowed",
        better="less",
    ),
    Metric(
        key="capped_high_s", unit="s", label="Time high priority was slowed",
        better="less",
    ),
    Metric(
        key="lost_low_frac", unit="1", label="Low-priority work that slowed clocks had "
        "no room for", better="less",
    ),
    Metric(
        key="lost_high_frac", unit="1", label="High-priority work that slowed clocks "
        "had no room for", better="less",
    ),
)  # fmt: skip


def evaluate(document: Scenario, ground: Ground, memo: Memo) -> Outputs:
    """Answer one point: one draw of the row's horizon."""
    library = library_of(document, ground.recordings, memo)
    case = case_of(document, library)
    found, _ = replay(library, [case])
    return figures(library, case, found[0])


def needs(document: Scenario) -> Needs:
    """Return the recorded traffic that the scenario names."""
    return Needs(datasets=tuple(dataset_fields(document)))


QUESTION = Question(
    key="row-day", label="A row's day under control",
    doc="How high one row's power goes, and what caps and brakes it takes, on one draw "
    "of its day.",
    model=Scenario, metrics=METRICS, evaluate=evaluate, needs=needs,
)  # fmt: skip

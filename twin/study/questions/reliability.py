"""How reliable a site is: failures and repairs to lost server-hours a year."""

from __future__ import annotations

from twin.catalogue.reliability import UPKEEP
from twin.facility.answer import facility_of, weather_of
from twin.plan.memo import Memo
from twin.reliability import answer, judge_of
from twin.scenario.reliability import Reliability
from twin.study.questions import site
from twin.study.questions.base import Ground, Metric, Needs, Outputs, Question

KINDS = (*(kind for kind in UPKEEP if kind != "server"), "maintenance")

METRICS = (
    Metric(
        "lost_server_h", "h", "Lost server-hours a year, single failures and pairs",
        "less",
    ),
    Metric("availability", "1", "Availability", "more"),
    Metric("deep_loss_prob", "1", "Probability of a year with a deep loss", "less"),
    Metric("deep_loss_low_prob", "1", "Its 95 % interval, from"),
    Metric("deep_loss_high_prob", "1", "Its 95 % interval, to"),
    Metric(
        "deep_losses_per_year", "1/year",
        "Deep losses a year, single failures and pairs", "less",
    ),
    Metric(
        "simulated_lost_server_h", "h",
        "Lost server-hours a year, simulated to any depth", "less",
    ),
    Metric("simulated_low_server_h", "h", "Its 95 % interval, from"),
    Metric("simulated_high_server_h", "h", "Its 95 % interval, to"),
    Metric(
        "capped_server_h", "h", "Server-hours a year that failures put under a cap",
        "less",
    ),
    Metric(
        "server_fault_h", "h",
        "Server-hours a year lost by faults of servers themselves", "less",
    ),
    Metric(
        "left_out_server_h", "h", "Server-hours a year at most in pairs not followed"
    ),
    *(
        Metric(
            key=f"{kind}_lost_server_h", unit="h", better="less",
            label=f"Of the lost server-hours, by {kind.replace('_', ' ')}",
        )
        for kind in KINDS
    ),
)  # fmt: skip


def evaluate(document: Reliability, ground: Ground, memo: Memo) -> Outputs:
    """Answer one point; points that move rates alone share every judged state."""
    scenario = document.scenario
    weather = weather_of(facility_of(scenario).weather, ground.weather)
    found = answer(document, judge_of(scenario, ground.recordings, weather, memo))
    exact, simulated = found.exact, found.simulated
    return {
        "lost_server_h": exact.lost_h,
        "availability": found.availability,
        "deep_loss_prob": simulated.deep_prob.mean,
        "deep_loss_low_prob": simulated.deep_prob.low,
        "deep_loss_high_prob": simulated.deep_prob.high,
        "deep_losses_per_year": exact.deep_per_year,
        "simulated_lost_server_h": simulated.lost_h.mean,
        "simulated_low_server_h": simulated.lost_h.low,
        "simulated_high_server_h": simulated.lost_h.high,
        "capped_server_h": exact.capped_h,
        "server_fault_h": found.server_fault_h,
        "left_out_server_h": exact.left_out_h,
    } | {f"{kind}_lost_server_h": found.by_kind.get(kind, 0.0) for kind in KINDS}


def needs(document: Reliability) -> Needs:
    """Return recorded traffic and weather that the site names."""
    return site.needs(document.scenario, within="scenario.")


QUESTION = Question(
    key="reliability", label="Failures of a site through a year",
    doc="How many server-hours a year a site's failures and repairs cost, and how "
    "likely a deep loss is.",
    model=Reliability, metrics=METRICS, evaluate=evaluate, needs=needs,
)  # fmt: skip

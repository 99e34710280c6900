"""How reliable a site is: failures and repairs to lost server-hours a year."""

from __future__ import annotations

from twin.catalogue.reliability import UPKEEP
from twin.facility.answer import facility_of, weather_of
from twin.plan.memo import Memo
from twin.reliability import answer, judge_of
from twin.scenario import dataset_fields
from twin.scenario.reliability import Reliability
from twin.study.questions.base import Ground, Metric, Needs, Outputs, Question

KINDS = (*(kind for kind in UPKEEP if kind != "server"), "maintenance")

METRICS = (
    Metric(
        key="lost_server_h", unit="h", label="Lost server-hours a year, single "
        "failures and pairs", better="less",
    ),
    Metric(key="availability", unit="1", label="Availability", better="more"),
    Metric(
        key="deep_loss_prob", unit="1", label="Probability of a year with a deep loss",
        better="less",
    ),
    Metric(key="deep_loss_low_prob", unit="1", label="Its 95 % interval, from"),
    Metric(key="deep_loss_high_prob", unit="1", label="Its 95 % interval, to"),
    Metric(
        key="deep_losses_per_year", unit="1/year", label="Deep losses a year, single "
        "failures and pairs", better="less",
    ),
    Metric(
        key="simulated_lost_server_h", unit="h", label="Lost server-hours a year, "
        "simulated to any depth", better="less",
    ),
    Metric(key="simulated_low_server_h", unit="h", label="Its 95 % interval, from"),
    Metric(key="simulated_high_server_h", unit="h", label="Its 95 % interval, to"),
    Metric(
        key="capped_server_h", unit="h", label="Server-hours a year that failures put "
        "under a cap", better="less",
    ),
    Metric(
        key="server_fault_h", unit="h", label="Server-hours a year lost by faults of "
        "servers themselves", better="less",
    ),
    Metric(
        key="left_out_server_h", unit="h", label="Server-hours a year at most in pairs "
        "not followed",
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
    facility = facility_of(document.scenario)
    name = facility.weather.dataset
    weather = () if name is None else (("scenario.facility.weather.dataset", name),)
    fields = tuple(
        (f"scenario.{field}", dataset)
        for field, dataset in dataset_fields(document.scenario)
    )
    return Needs(datasets=fields, weather=weather)


QUESTION = Question(
    key="reliability", label="Failures of a site through a year",
    doc="How many server-hours a year a site's failures and repairs cost, and how "
    "likely a deep loss is.",
    model=Reliability, metrics=METRICS, evaluate=evaluate, needs=needs,
)  # fmt: skip

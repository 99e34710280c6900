"""Where servers go: how many fit, how full everything is then, and how sure that is."""

from __future__ import annotations

from twin.facility.answer import facility_of, weather_of
from twin.optimise.placement import place
from twin.plan.memo import Memo
from twin.scenario import dataset_fields
from twin.scenario.placement import PlacementInput
from twin.study.questions.base import Ground, Metric, Needs, Outputs, Question


def needs(inputs: PlacementInput) -> Needs:
    """Weather of the site; recorded traffic only where watts depend on it."""
    name = facility_of(inputs.scenario).weather.dataset
    busy = inputs.planned_for == "percentile" or inputs.after_loss == "capped"
    return Needs(
        datasets=tuple(
            (f"scenario.{field}", one) for field, one in dataset_fields(inputs.scenario)
        )
        if busy
        else (),
        weather=() if name is None else (("scenario.facility.weather.dataset", name),),
    )


def placement(inputs: PlacementInput, ground: Ground, memo: Memo) -> Outputs:
    """Place servers; see `QUESTION.metrics` for what comes out."""
    weather = weather_of(facility_of(inputs.scenario).weather, ground.weather)
    found = place(inputs, ground.recordings, weather, memo=memo)
    return {
        "server_count": float(found.server_count),
        "placed_server_count": float(found.placed),
        "unplaced_server_count": float(found.unplaced),
        "planned_w": found.planned_w,
        "worst_load_frac": found.worst_frac,
        "imbalance_frac": found.imbalance_frac,
        "moved_server_count": float(found.moved),
        "gap_frac": max(
            (p.gap_frac for p in found.proofs if not p.optimal), default=0.0
        ),
        "verified": float(found.verified.agrees),
        "lost_by_load_server_count": float(found.verified.lost_by_load),
    }


QUESTION = Question(
    key="placement", label="Placement of servers",
    doc="Puts servers on racks, feeds and phases within every limit and under any "
    "single loss, and says how many fit.",
    model=PlacementInput,
    metrics=(
        Metric(key="server_count", unit="servers", label="Servers in all racks",
               better="more"),
        Metric(key="placed_server_count", unit="servers", label="Servers placed",
               better="more"),
        Metric(key="unplaced_server_count", unit="servers",
               label="Servers without a place", better="less"),
        Metric(key="planned_w", unit="W", label="Power planned"),
        Metric(key="worst_load_frac", unit="1",
               label="Highest load ÷ limit under any loss", better="less"),
        Metric(key="imbalance_frac", unit="1",
               label="Fullest phase above the mean of its phases", better="less"),
        Metric(key="moved_server_count", unit="servers", label="Servers moved",
               better="less"),
        Metric(key="gap_frac", unit="1", label="Distance from the proven bound",
               better="less"),
        Metric(key="verified", unit="1", label="Whether the site's model agrees",
               better="more"),
        Metric(key="lost_by_load_server_count", unit="servers",
               label="Servers lost by overload after any one loss", better="less"),
    ),
    evaluate=placement, needs=needs,
)  # fmt: skip

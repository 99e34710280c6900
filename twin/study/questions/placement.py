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
        Metric("server_count", "servers", "Servers in all racks", "more"),
        Metric("placed_server_count", "servers", "Servers placed", "more"),
        Metric("unplaced_server_count", "servers", "Servers without a place", "less"),
        Metric("planned_w", "W", "Power planned"),
        Metric("worst_load_frac", "1", "Highest load ÷ limit under any loss", "less"),
        Metric(
            "imbalance_frac", "1", "Fullest phase above the mean of its phases", "less"
        ),
        Metric("moved_server_count", "servers", "Servers moved", "less"),
        Metric("gap_frac", "1", "Distance from the proven bound", "less"),
        Metric("verified", "1", "Whether the site's model agrees", "more"),
        Metric(
            "lost_by_load_server_count", "servers",
            "Servers lost by overload after any one loss", "less",
        ),
    ),
    evaluate=placement, needs=needs,
)  # fmt: skip

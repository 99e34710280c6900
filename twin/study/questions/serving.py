"""A serving system on its traffic: limits kept, power, energy, cost, carbon."""

from __future__ import annotations

import math

from twin.errors import ScenarioError
from twin.plan.memo import Memo
from twin.scenario.parse import traffic_datasets
from twin.scenario.serving import ServingInput
from twin.serving.grid_year import hours_from
from twin.serving.study import StudyResult, run_study
from twin.study.questions.base import Ground, Metric, Needs, Outputs, Question


def answer(inputs: ServingInput, ground: Ground, _: Memo) -> Outputs:
    """Run the study's first system beside the baseline."""
    wanted = inputs.systems[0]
    alone = inputs.model_copy(update={"systems": (wanted,), "server_counts": ()})
    carbon = price = None
    if inputs.site.grid is not None:
        hours = hours_from(
            ground.grid[inputs.site.grid], inputs.traffic.start,
            math.ceil(inputs.traffic.length_s / 3600.0),
        )  # fmt: skip
        carbon = hours.carbon_g_per_kwh
        price = float(hours.price_usd_per_mwh.mean()) / 1e3
    found = run_study(
        alone, ground.recordings, carbon_g_per_kwh=carbon, energy_usd_per_kwh=price
    )
    return _figures(found, wanted.key)


def _figures(found: StudyResult, key: str) -> Outputs:
    if found.refused:
        raise next(iter(found.refused.values()))
    here = next((o for o in found.outcomes if o.system == key), None)
    if here is None:
        raise ScenarioError("systems.0.key", "gave no answer", key, "ask it with "
                            "`nameplate serving` to see why")  # fmt: skip
    base = here.baseline or found.outcomes[0]
    per_unit = base.energy_per_unit_wh
    return {
        "attained_frac": here.attained_frac, "mean_power_w": here.mean_power_w,
        "peak_power_w": here.peak_power_w,
        "energy_per_token_j": here.energy_per_token_j,
        "energy_per_unit_wh": here.energy_per_unit_wh,
        "cost_usd": here.cost_usd, "carbon_g": here.carbon_g,
        "gpu_hours": here.gpu_hours,
        "ttft_p99_s": here.latency_s.get("ttft", {}).get("p99", math.nan),
        "tbt_p99_s": here.latency_s.get("tbt", {}).get("p99", math.nan),
        "e2e_p99_s": here.latency_s.get("e2e", {}).get("p99", math.nan),
        "refused_frac": sum(here.refused.values()) / here.arrived
        if here.arrived else math.nan,
        "energy_ratio": here.energy_per_unit_wh / per_unit if per_unit else math.nan,
        "quality_frac": here.quality_frac,
    }  # fmt: skip


def needs(inputs: ServingInput) -> Needs:
    """Recorded traffic and hours of the grid that a study names."""
    grid = () if inputs.site.grid is None else (("site.grid", inputs.site.grid),)
    return Needs(datasets=tuple(traffic_datasets(inputs.traffic)), grid=grid)


QUESTION = Question(
    key="serving", label="A serving system",
    doc="What the first system of a serving study does with its traffic.",
    model=ServingInput, evaluate=answer, needs=needs,
    metrics=(
        Metric("attained_frac", "1", "Requests within limits", "more"),
        Metric("mean_power_w", "W", "Mean site power", "less"),
        Metric("peak_power_w", "W", "Peak site power", "less"),
        Metric("energy_per_token_j", "J", "Energy per token", "less"),
        Metric("energy_per_unit_wh", "Wh", "Energy per request", "less"),
        Metric("cost_usd", "USD", "Cost", "less"),
        Metric("carbon_g", "g", "Carbon", "less"),
        Metric("gpu_hours", "h", "GPU-hours", "less"),
        Metric("ttft_p99_s", "s", "TTFT P99", "less"),
        Metric("tbt_p99_s", "s", "TBT P99", "less"),
        Metric("e2e_p99_s", "s", "Latency P99", "less"),
        Metric("refused_frac", "1", "Requests refused", "less"),
        Metric("energy_ratio", "1", "Energy ÷ baseline's", "less"),
        Metric("quality_frac", "1", "Quality kept", "more"),
    ),
)  # fmt: skip

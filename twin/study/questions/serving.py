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
        Metric(
            key="attained_frac", unit="1", label="Requests within limits", better="more"
        ),
        Metric(key="mean_power_w", unit="W", label="Mean site power", better="less"),
        Metric(key="peak_power_w", unit="W", label="Peak site power", better="less"),
        Metric(
            key="energy_per_token_j", unit="J", label="Energy per token", better="less"
        ),
        Metric(
            key="energy_per_unit_wh", unit="Wh", label="Energy per request",
            better="less",
        ),
        Metric(key="cost_usd", unit="USD", label="Cost", better="less"),
        Metric(key="carbon_g", unit="g", label="Carbon", better="less"),
        Metric(key="gpu_hours", unit="h", label="GPU-hours", better="less"),
        Metric(key="ttft_p99_s", unit="s", label="TTFT P99", better="less"),
        Metric(key="tbt_p99_s", unit="s", label="TBT P99", better="less"),
        Metric(key="e2e_p99_s", unit="s", label="Latency P99", better="less"),
        Metric(key="refused_frac", unit="1", label="Requests refused", better="less"),
        Metric(
            key="energy_ratio", unit="1", label="Energy ÷ baseline's", better="less"
        ),
        Metric(key="quality_frac", unit="1", label="Quality kept", better="more"),
    ),
)  # fmt: skip

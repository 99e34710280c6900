"""The energy of a query, its fleet, carbon, water and cost."""

from __future__ import annotations

from twin.plan.memo import Memo
from twin.scenario.query_energy import QueryEnergyInput
from twin.serving.query_energy import query_energy
from twin.study.questions.base import Ground, Metric, Outputs, Question


def answer(inputs: QueryEnergyInput, _ground: Ground, _memo: Memo) -> Outputs:
    """Work out a query; medians over its own draws."""
    found = query_energy(inputs)
    return {
        "typical_wh": found.typical.energy_wh.p50, "long_wh": found.long.energy_wh.p50,
        "typical_p95_wh": found.typical.energy_wh.p95,
        "typical_carbon_g": found.typical.carbon_g.p50,
        "typical_water_ml": found.typical.water_ml.p50,
        "typical_cost_usd": found.typical.cost_usd.p50,
        "fleet_gwh": found.fleet.energy_gwh,
        "fleet_megawatt": found.fleet.mean_megawatt,
        "fleet_after_gwh": found.fleet_after.energy_gwh,
    }  # fmt: skip


QUESTION = Question(
    key="query-energy", label="The energy of a query",
    doc="Energy, carbon, water and cost of a query and of a day of the fleet.",
    model=QueryEnergyInput, evaluate=answer,
    metrics=(
        Metric(key="typical_wh", unit="Wh", label="Typical query", better="less"),
        Metric(key="long_wh", unit="Wh", label="Long query", better="less"),
        Metric(
            key="typical_p95_wh", unit="Wh", label="Typical query, P95", better="less"
        ),
        Metric(
            key="typical_carbon_g", unit="g", label="Carbon, typical", better="less"
        ),
        Metric(
            key="typical_water_ml", unit="ml", label="Water, typical", better="less"
        ),
        Metric(
            key="typical_cost_usd", unit="USD", label="Cost, typical", better="less"
        ),
        Metric(key="fleet_gwh", unit="GWh", label="Fleet, a day", better="less"),
        Metric(
            key="fleet_megawatt", unit="MW", label="Fleet, mean power", better="less"
        ),
        Metric(
            key="fleet_after_gwh", unit="GWh", label="Fleet after pathways",
            better="less",
        ),
    ),
)  # fmt: skip

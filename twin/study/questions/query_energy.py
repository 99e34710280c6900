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
        Metric("typical_wh", "Wh", "Typical query", "less"),
        Metric("long_wh", "Wh", "Long query", "less"),
        Metric("typical_p95_wh", "Wh", "Typical query, P95", "less"),
        Metric("typical_carbon_g", "g", "Carbon, typical", "less"),
        Metric("typical_water_ml", "ml", "Water, typical", "less"),
        Metric("typical_cost_usd", "USD", "Cost, typical", "less"),
        Metric("fleet_gwh", "GWh", "Fleet, a day", "less"),
        Metric("fleet_megawatt", "MW", "Fleet, mean power", "less"),
        Metric("fleet_after_gwh", "GWh", "Fleet after pathways", "less"),
    ),
)  # fmt: skip

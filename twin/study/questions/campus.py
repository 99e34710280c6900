"""A whole campus, run hall by hall with the contract and cooling that halls share."""

from __future__ import annotations

from twin.campus.answer import answer_campus
from twin.facility.answer import facility_of, weather_of
from twin.plan.memo import Memo
from twin.scenario import Scenario, dataset_fields
from twin.study.questions.base import Ground, Metric, Needs, Outputs, Question


def needs(inputs: Scenario) -> Needs:
    """Recorded traffic and weather that a campus names."""
    facility = inputs.facility or facility_of(inputs)
    name = facility.weather.dataset
    weather = () if name is None else (("facility.weather.dataset", name),)
    return Needs(datasets=tuple(dataset_fields(inputs)), weather=weather)


def campus(inputs: Scenario, ground: Ground, memo: Memo) -> Outputs:
    """Run a campus on one core; points of a study run beside each other."""
    facility = inputs.facility or facility_of(inputs)
    weather = weather_of(facility.weather, ground.weather)
    found = answer_campus(inputs, ground.recordings, weather, memo=memo).result
    contract = found.contract
    return {
        "utility_peak_w": found.utility_peak_w, "utility_wh": found.utility_wh,
        "facility_wh": found.facility_wh, "it_wh": found.it_wh, "pue": found.pue,
        "server_count": float(found.server_count),
        "contract_exceeded_s": contract.exceeded_s,
        "contract_longest_s": contract.longest_s, "ceiling_s": contract.ceiling_s,
        "short_w": contract.short_w, "capped_server_h": found.capped_server_h,
        "lost_server_h": found.lost_server_h, "water_m3": found.water_kg / 1000.0,
        "trips": float(found.trips),
        "hottest_c": max(hall.gpu_peak_c for hall in found.halls),
        "inlet_peak_c": max(hall.inlet_peak_c for hall in found.halls),
    }  # fmt: skip


QUESTION = Question(
    key="campus", label="A campus, run",
    doc="Many halls under one contract and one cooling plant: what is drawn, held back "
    "and lost.",
    model=Scenario, evaluate=campus, needs=needs,
    metrics=(
        Metric("utility_peak_w", "W", "Peak at the utility", "less"),
        Metric("utility_wh", "Wh", "Energy from the utility", "less"),
        Metric("facility_wh", "Wh", "Campus energy", "less"),
        Metric("it_wh", "Wh", "IT energy"),
        Metric("pue", "1", "PUE", "less"),
        Metric("server_count", "servers", "Servers", "more"),
        Metric("contract_exceeded_s", "s", "Above the contract", "less"),
        Metric(
            "contract_longest_s", "s", "Above the contract, longest stretch", "less"
        ),
        Metric("ceiling_s", "s", "Clocks held down by the campus", "less"),
        Metric("short_w", "W", "Load above the contract no clock takes", "less"),
        Metric("capped_server_h", "h", "Server-hours below full clock", "less"),
        Metric("lost_server_h", "h", "Server-hours lost", "less"),
        Metric("water_m3", "m3", "Fresh water", "less"),
        Metric("trips", "trips", "Breaker trips", "less"),
        Metric("hottest_c", "C", "Hottest GPU", "less"),
        Metric("inlet_peak_c", "C", "Warmest inlet", "less"),
    ),
)  # fmt: skip

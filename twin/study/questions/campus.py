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
        Metric(
            key="utility_peak_w", unit="W", label="Peak at the utility", better="less"
        ),
        Metric(
            key="utility_wh", unit="Wh", label="Energy from the utility", better="less"
        ),
        Metric(key="facility_wh", unit="Wh", label="Campus energy", better="less"),
        Metric(key="it_wh", unit="Wh", label="IT energy"),
        Metric(key="pue", unit="1", label="PUE", better="less"),
        Metric(key="server_count", unit="servers", label="Servers", better="more"),
        Metric(
            key="contract_exceeded_s", unit="s", label="Above the contract",
            better="less",
        ),
        Metric(
            key="contract_longest_s", unit="s",
            label="Above the contract, longest stretch", better="less",
        ),
        Metric(
            key="ceiling_s", unit="s", label="Clocks held down by the campus",
            better="less",
        ),
        Metric(
            key="short_w", unit="W", label="Load above the contract no clock takes",
            better="less",
        ),
        Metric(
            key="capped_server_h", unit="h", label="Server-hours below full clock",
            better="less",
        ),
        Metric(
            key="lost_server_h", unit="h", label="Server-hours lost", better="less"
        ),
        Metric(key="water_m3", unit="m3", label="Fresh water", better="less"),
        Metric(key="trips", unit="trips", label="Breaker trips", better="less"),
        Metric(key="hottest_c", unit="C", label="Hottest GPU", better="less"),
        Metric(key="inlet_peak_c", unit="C", label="Warmest inlet", better="less"),
    ),
)  # fmt: skip

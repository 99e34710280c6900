"""What a planner writes of training is what the core gets, or a clear refusal."""

from __future__ import annotations

from dataclasses import fields

import pytest

from twin.errors import ScenarioErrors
from twin.scenario import apply_changes, parse_scenario
from twin.scenario import measures as written
from twin.scenario.training import Job, Levels, OwnRule, Plant
from twin.stabilize import ballast, chain, rules, scheduling, smoothing, storage
from twin.training import job

STORE = {"power_w": 500, "energy_j": 65}


@pytest.mark.parametrize(
    ("model", "record"),
    [
        (written.Smoothing, smoothing.Smoothing), (written.Ballast, ballast.Ballast),
        (written.Storage, storage.Storage), (written.Scheduling, scheduling.Scheduling),
        (written.Measures, chain.Measures), (Plant, chain.Plant),
        (Levels, job.Levels), (OwnRule, rules.Rule),
    ],
    ids=lambda x: x.__name__,
)  # fmt: skip
def test_models_have_the_fields_of_their_records(model, record):
    assert set(model.model_fields) == {f.name for f in fields(record)}


def test_a_job_has_the_fields_of_its_record_and_its_gpu():
    ours = {f.name for f in fields(job.TrainingJob)}

    assert set(Job.model_fields) - {"name", "gpu"} == ours - {"seed"}


@pytest.mark.parametrize(
    ("model", "record"),
    [
        (written.Smoothing, smoothing.Smoothing), (written.Ballast, ballast.Ballast),
        (written.Scheduling, scheduling.Scheduling),
    ],
    ids=lambda x: x.__name__,
)  # fmt: skip
def test_defaults_are_those_of_the_record(model, record):
    assert model().record() == record()


def test_a_gpus_tdp_and_idle_power_come_from_the_catalogue():
    found = parse_scenario({"training": {"jobs": [{"gpu": "h100-sxm-80gb"}]}})
    (made,) = found.training.records()

    assert made.tdp_w == 700.0
    assert made.levels.idle == pytest.approx(75 / 700)


def test_smoothing_may_speak_the_vendors_language():
    head = "NVML_FI_PWR_SMOOTHING_PROFILE_"
    given = {head + "PERCENT_TMP_FLOOR": 75, head + "RAMP_UP_RATE": 500_000,
             "ceiling_frac": 1.05}  # fmt: skip
    found = parse_scenario({"training": {"measures": {"smoothing": given}}})
    theirs = {"TMPFloorPercent": 75, "RampUpWattsPerSecond": 500, "ceiling_frac": 1.05}
    redfish = parse_scenario({"training": {"measures": {"smoothing": theirs}}})

    assert found.training.measures.smoothing.floor_frac == 0.75
    assert found.training.measures.smoothing.ramp_up_w_per_s == 500.0
    assert redfish.training.measures == found.training.measures


def test_harmonics_are_the_sites_own_where_given():
    here = {"harmonic_orders": [5, 7], "harmonic_frac": [0.03, 0.01]}
    found = parse_scenario({"training": {"connection": here}})

    assert found.training.connection.harmonics().current_frac == (0.03, 0.01)


def test_jobs_have_draws_of_their_own():
    found = parse_scenario({"training": {"jobs": [{}, {}]}})

    assert [made.seed for made in found.training.records(5)] == [5, 6]


def test_a_measure_may_be_changed_as_a_whole():
    base = parse_scenario({"training": {}})
    found = apply_changes(
        base, {"training.measures": {"smoothing": {"floor_frac": 0.7}}}
    )

    assert found.training.measures.smoothing.floor_frac == 0.7


@pytest.mark.parametrize(
    ("training", "field", "says"),
    [
        pytest.param({"jobs": []}, "jobs", "at least 1 item", id="no job"),
        pytest.param({"jobs": [{"gpu": "h1000"}]}, "jobs.0.gpu", "known are",
                     id="unknown gpu"),
        pytest.param({"jobs": [{"compute_s": 0}]}, "jobs.0.compute_s", "greater than 0",
                     id="a period of zero"),
        pytest.param({"jobs": [{"communicate_s": -1}]}, "jobs.0.communicate_s",
                     "greater than or equal to 0", id="a negative phase"),
        pytest.param({"jobs": [{"levels": {"compute": 700}}]}, "jobs.0.levels.compute",
                     "less than or equal to 2", id="watts for a level"),
        pytest.param({"measures": {"smoothing": {"floor_frac": 0.9,
                                                 "ceiling_frac": 0.8}}},
                     "measures.smoothing.floor_frac", "below ceiling_frac",
                     id="floor above ceiling"),
        pytest.param({"measures": {"smoothing": {"ramp_up_w_per_s": 1e6}}},
                     "measures.smoothing.ramp_up_w_per_s", "less than 100000",
                     id="milliwatts"),
        pytest.param({"measures": {"site": STORE | {"energy_j": 0}}},
                     "measures.site.energy_j", "greater than 0", id="no energy"),
        pytest.param({"measures": {"rack": STORE | {"control": "mpc",
                                                    "filter_s": 0.1}}},
                     "measures.rack.filter_s", "two steps", id="a plan of one step"),
        pytest.param({"horizon_s": 1e6, "sample_s": 1e-3}, "horizon_s", "samples",
                     id="too long"),
        pytest.param({"horizon_s": 1, "sample_s": 1}, "sample_s", "at least twice",
                     id="too short"),
        pytest.param({"own_rules": [{"key": "x", "kind": "change", "limit": 1e6}]},
                     "own_rules.0", "window_s must be above 0", id="no window"),
        pytest.param({"own_rules": [{"key": "ercot-2026", "kind": "change",
                                     "limit": 1e6, "window_s": 1}]},
                     "own_rules", "rules names too", id="a known name"),
        pytest.param({"connection": {"harmonic_orders": [5]}},
                     "connection.harmonic_orders", "a value each", id="harmonics"),
        pytest.param({"sizing": {"floors_frac": [90]}}, "sizing.floors_frac",
                     "must lie in 0 to 0.9", id="per cent"),
        pytest.param({"sizing": {"site_hours": [0]}}, "sizing.site_hours", "lie in",
                     id="no hours"),
        pytest.param({"measures": {"scheduling": {"clock_frac": 0.01}}},
                     "measures.scheduling.clock_frac", "clock curve", id="clock"),
    ],
)  # fmt: skip
def test_senseless_training_is_refused_by_name(training, field, says):
    with pytest.raises(ScenarioErrors) as refused:
        parse_scenario({"training": training})
    (error,) = refused.value.errors

    assert error.field == f"training.{field}"
    assert says in str(error)
    assert error.repair

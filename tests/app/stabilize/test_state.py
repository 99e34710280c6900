"""A view goes to the URL and back, and means one scenario."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from app.pages.stabilize import state
from twin.scenario import apply_changes, parse_scenario

ALL_ON = dict.fromkeys(state.SWITCHES, "on")


def training_of(view):
    asked = state.question(view)
    return apply_changes(parse_scenario({}), asked["changes"]).training


def test_nonsense_in_a_url_falls_to_the_default():
    view = state.view_from(dict(parse_qsl("floor=low&compute=1e9&zoom=now&rules=none")))

    assert view["floor"] == 90
    assert view["compute"] == 20
    assert view.zoom() is None
    assert view.listed("rules") == []


def test_the_defaults_are_those_of_the_scenario():
    job = training_of(state.view_from({})).jobs[0]
    plain = type(job)()

    for name in ("gpu", "gpu_count", "compute_s", "communicate_s", "levels"):
        assert getattr(job, name) == getattr(plain, name)
    assert job.start_s == 60
    assert job.end_s == 1080


def test_every_measure_reaches_the_scenario():
    training = training_of(state.view_from(ALL_ON | {"clock": 80, "floor": 70}))
    measures = training.measures

    assert measures.smoothing.floor_frac == 0.7
    assert measures.ballast.target_frac == 0.9
    assert measures.scheduling.start_ramp_s == 120
    assert measures.scheduling.clock_frac == 0.8
    assert measures.scheduling.take_turns
    assert measures.psu.energy_j == 65
    # 1 kWh in a minute
    assert measures.rack.power_w == pytest.approx(60_000)
    # 20 MW for 15 min
    assert measures.site.energy_j == pytest.approx(18e9)
    assert training.ups is not None
    assert training.generator is not None


def test_what_is_switched_off_is_left_out():
    training = training_of(state.view_from(dict.fromkeys(state.SWITCHES, "off")))

    assert training.measures.model_dump(exclude_none=True) == {}
    assert training.ups is None
    assert training.generator is None


@pytest.mark.parametrize("law", [key for key, _ in state.CONTROL_LAWS])
@pytest.mark.parametrize("event", [key for key, _ in state.EVENTS])
def test_every_choice_is_a_valid_scenario(law, event):
    training = training_of(state.view_from({"store": "on", "law": law, "event": event}))

    assert training.measures.site.control == law
    assert training.disturbance.kind == event


def test_equal_jobs_share_the_gpus_evenly():
    jobs = training_of(state.view_from({"jobs": 4, "count": 8192, "end": 1200})).jobs

    assert [job.gpu_count for job in jobs] == [2048] * 4
    assert [job.end_s for job in jobs] == [None] * 4


def test_samples_are_longer_while_a_knob_moves():
    view = state.view_from({})
    of = [state.question(view, coarse=c)["changes"]["training"] for c in (True, False)]

    assert [t["sample_s"] for t in of] == [0.004, 0.002]
    assert of[0]["jobs"] == of[1]["jobs"]


def test_a_stored_job_answers_as_it_is_or_by_the_knobs():
    stored = state.view_from({"scenario": "scenario_1", "compute": 9})
    knobs = state.view_from({"scenario": "scenario_1", "own": "knobs", "floor": 50})

    assert state.question(stored) == {"scenario_id": "scenario_1", "changes": {}}
    changes = state.question(knobs)["changes"]
    assert changes["training.measures"]["smoothing"]["floor_frac"] == 0.5
    assert "training.jobs" not in changes


def test_the_best_combination_becomes_knobs_that_mean_it():
    choice = {
        "floor_frac": 0.7, "ballast_frac": 0.0, "ramp_s": 600.0, "psu_j_per_gpu": 65.0,
        "rack_kwh": 0.0, "site_power_frac": 0.5, "site_hours": 0.25,
        "site_filter_s": 300.0,
    }  # fmt: skip
    before = state.view_from({"smooth": "off", "ballast": "on"})
    view = state.view_from(
        before.sliders | before.choices | state.chosen(before, choice, 6e7)
    )
    measures = training_of(view).measures

    assert measures.ballast is None
    assert measures.smoothing.floor_frac == 0.7
    assert measures.smoothing.hysteresis_s == 0
    assert measures.scheduling.start_ramp_s == 600
    assert measures.psu.energy_j == 65
    assert measures.site.power_w == pytest.approx(3e7)
    assert measures.site.energy_j == pytest.approx(3e7 * 900)
    assert measures.site.filter_s == 300


def test_a_search_is_stale_when_the_job_changes_but_not_when_a_measure_does():
    key = state.sizing_key(state.view_from({}))

    assert state.sizing_key(state.view_from({"floor": 50, "store": "on"})) == key
    assert state.sizing_key(state.view_from({"units": "kW", "focus": "x"})) == key
    assert state.sizing_key(state.view_from({"compute": 3})) != key
    assert state.sizing_key(state.view_from({"rules": "ieso-15s"})) != key


@pytest.mark.parametrize(
    ("field", "rule", "key"),
    [
        ("training.jobs.0.compute_s", "must be above 0", "compute"),
        ("training.measures.smoothing.hysteresis_s", "must be 0 or more", "hold"),
        ("training.jobs.0", "end_s 40 must lie after start_s", "end"),
    ],
)
def test_a_refusal_is_put_at_its_knob(field, rule, key):
    problem = {"errors": [{"field": field, "rule": rule, "repair": "correct it"}]}

    assert state.field_errors(problem) == {key: "correct it"}

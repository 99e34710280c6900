"""A view goes to the URL and back, and means one study."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from app.pages.serving import state
from twin.scenario.query_energy import QueryEnergyInput
from twin.scenario.serving import ServingInput

KNOBS = '{"greener":{"batch":[16,64]},"splitwise":{"design":"HA"}}'


def study_of(**more):
    return ServingInput.model_validate(state.study(state.view_from(more)))


def test_nonsense_in_a_url_falls_to_the_default():
    view = state.view_from(
        dict(parse_qsl("rate=many&servers=1e9&knobs={broken&systems=none"))
    )

    assert view["rate"] == 20
    assert view["servers"] == 128
    assert view.knobs() == {}
    assert view.systems() == []


def test_the_defaults_are_those_of_a_study():
    ours, plain = study_of(), ServingInput()

    assert ours.traffic == plain.traffic
    assert ours.slo == plain.slo
    assert ours.site == plain.site
    for name in ("model", "server", "server_count", "gpus_per_instance", "seed"):
        assert getattr(ours, name) == getattr(plain, name)


def test_every_slider_reaches_the_study():
    found = study_of(
        rate=7, minutes=30, hour=3, servers=9, gpus="4", short=300, medium=500,
        long=1500, tbt=80, pue=1.1, price=12.5, carbon=50, grid="US-PJM_2022",
        rent="without",
    )  # fmt: skip

    assert found.traffic.rate_rps == 7
    assert found.traffic.length_s == 1800
    assert found.traffic.start.isoformat() == "2022-07-05T03:00:00+00:00"
    assert (found.server_count, found.gpus_per_instance) == (9, 4)
    assert found.slo.model_dump() == {
        "ttft_short_s": 0.3, "ttft_medium_s": 0.5, "ttft_long_s": 1.5, "tbt_s": 0.08,
    }  # fmt: skip
    assert found.site.model_dump() == {
        "pue": 1.1, "energy_usd_per_kwh": 0.125, "carbon_g_per_kwh": 50,
        "grid": "US-PJM_2022", "rent_includes_energy": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lengths", "prompt", "output"),
    [("chat", 1155, 211), ("code", 2048, 28)],
)
def test_generated_traffic_has_the_recorded_means(lengths, prompt, output):
    (found,) = study_of(lengths=lengths).traffic.classes

    means = [(r.min + r.max) / 2 for r in (found.prompt_tokens, found.output_tokens)]
    assert means == [prompt, output]


def test_recorded_traffic_is_named():
    found = study_of(lengths="azure-llm-2023-code", arrivals="rates:servegen-m-large")
    replay = study_of(arrivals="requests:azure-llm-2023-conv")

    assert found.traffic.classes[0].lengths == "azure-llm-2023-code"
    assert found.traffic.arrivals.dataset == "servegen-m-large"
    assert replay.traffic.arrivals.kind == "requests"


def test_steady_arrivals_have_no_shape():
    arrivals = study_of(arrivals="steady").traffic.arrivals

    assert (arrivals.swing_frac, arrivals.noise_frac, arrivals.weekend_frac) == (
        0,
        0,
        1,
    )


def test_the_baseline_is_always_run_first_and_once():
    keys = [s.key for s in study_of(systems="greener,baseline,greener").systems]

    assert keys == ["baseline", "greener"]
    assert [s.key for s in study_of(systems="none").systems] == ["baseline"]


def test_knobs_of_systems_reach_the_study():
    found = {s.key: s.parameters for s in study_of(knobs=KNOBS).systems}

    assert found == {
        "baseline": {}, "splitwise": {"design": "HA"}, "greener": {"batch": [16, 64]},
    }  # fmt: skip


def test_while_a_knob_moves_the_first_minutes_answer():
    view = state.view_from({})
    lengths = [
        state.study(view, coarse=c)["traffic"]["length_s"] for c in (True, False)
    ]

    assert lengths == [600, 3600]


def test_the_sweep_is_around_the_servers_at_hand_and_of_requests_alone():
    view = state.view_from({"servers": 16, "systems": "greener,murakkab"})
    found = ServingInput.model_validate(state.sweep(view, ["baseline", "greener"]))

    assert found.server_counts == (8, 10, 12, 14, 20)
    assert [s.key for s in found.systems] == ["baseline", "greener"]
    few = state.sweep(state.view_from({"servers": 1}), ["baseline"])
    assert few["server_counts"] == []


@pytest.mark.parametrize("preset", [key for key, _ in state.PRESETS])
def test_every_preset_of_a_query_is_known(preset):
    asked = state.query(state.view_from({"long_frac": 25}), preset)

    assert QueryEnergyInput.model_validate(asked).long_frac == 0.25


def test_a_refusal_is_put_at_its_knob():
    problem = {"errors": [
        {"field": "serving.traffic.rate_rps", "rule": "too many", "repair": "lower it"},
        {"field": "serving.nothing", "rule": "odd", "repair": None},
    ]}  # fmt: skip

    assert state.field_errors(problem) == {"rate": "lower it"}

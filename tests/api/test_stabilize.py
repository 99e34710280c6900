"""Questions about training sites: answers fit their schema, refusals say the field."""

from __future__ import annotations

import pytest
import yaml

from api.client import ApiProblem, Client
from api.main import create_app
from api.schemas.stabilize import (
    KnownOut,
    LearnedOut,
    SizeOut,
    StabilizeRunOut,
    ZoomOut,
)
from twin.training.job import Levels, TrainingJob
from twin.training.waveform import job_waveform

SMALL = {"training": {
    "horizon_s": 130.0, "sample_s": 0.005, "rules": ["ercot-2026", "caiso-ramp"],
    "jobs": [{"gpu_count": 4000, "start_s": 20.0}],
    "measures": {"smoothing": {"hysteresis_s": 0},
                 "site": {"power_w": 1e7, "energy_j": 1e9}},
    "ups": {}, "generator": {},
    "sizing": {"floors_frac": [0.0, 0.9], "ballasts_frac": [0.0], "ramps_s": [0.0],
               "psu_j_per_gpu": [0.0], "rack_kwh": [0.0, 1.0],
               "site_power_frac": [0.0]},
}}  # fmt: skip


def test_a_study_answers_directly_and_fits_its_schema(http):
    answer = http.post("/api/v1/stabilize/run", json={"scenario": SMALL})

    assert answer.status_code == 200
    found = answer.json()
    StabilizeRunOut.model_validate(found)
    rule, unjudged = found["verdicts"]
    assert rule["after"]["worst"] < rule["before"]["worst"]
    assert unjudged["after"] is None
    assert "1200 s" in unjudged["why_not"]
    assert abs(found["after"]["unexplained_frac"]) < 1e-9
    assert found["generators"]["after"]["lowest_hz"] < 60
    margins = [c["margin_after_frac"] for c in found["generators"]["classes"]]
    assert margins == sorted(margins, reverse=True)  # G1 asks least, G3 most


def test_every_number_it_rests_on_is_listed_with_its_source(client):
    found = client.stabilize_run(scenario=SMALL)
    by_path = {a["path"]: a for a in found["assumptions"]}

    assert by_path["training.jobs.0.gpu_count"]["source"] == "given"
    assert by_path["training.plant.cooling_frac"]["source"] == "assumed"
    assert by_path["training.measures.smoothing.floor_frac"]["value"] == 0.9
    assert all(a["source"] and a["meaning"] for a in found["assumptions"])


def test_a_window_is_finer_than_the_run(client):
    found = client.stabilize_zoom(scenario=SMALL, from_s=50.0, to_s=50.5, points=500)

    ZoomOut.model_validate(found)
    assert found["sample_s"] == pytest.approx(0.001)
    assert len(found["before"]["low"]) == 500
    assert set(found["stores"]) == {"site"}


def test_sizing_answers_with_its_front(client):
    found = client.stabilize_size(scenario=SMALL)

    SizeOut.model_validate(found)
    assert len(found["tried"]) == 4
    assert set(found["front"]) <= {t["index"] for t in found["tried"] if t["passes"]}
    assert found["best"] in found["front"]
    asked = SMALL["training"] | {"measures": found["best_measures"]}
    again = client.stabilize_run(scenario={"training": asked})
    ercot = again["verdicts"][0]["after"]
    best = found["tried"][found["best"]]
    assert ercot["passes"]
    assert ercot["margin_frac"] == pytest.approx(best["worst_margin_frac"], abs=0.05)


def test_rules_tables_and_modes_are_named(client):
    found = client.grid_rules()

    KnownOut.model_validate(found)
    keys = {rule["key"] for rule in found["rules"]}
    assert {"ercot-2026", "ieso-15s", "ieee1453-pst", "ieee519-voltage"} <= keys
    assert all(rule["source"] and rule["date"] for rule in found["rules"])
    assert {"nogrr282", "itic"} <= {t["key"] for t in found["tables"]}
    assert found["modes"]


def test_a_users_own_rule_is_a_file(settings, tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    rule = {"key": "ours", "authority": "Our utility", "title": "5 MW in 5 s",
            "kind": "change", "limit": 5e6, "window_s": 5, "source": "contract",
            "date": "2026-05-01"}  # fmt: skip
    (folder / "ours.yaml").write_text(yaml.safe_dump(rule))
    mode = {"key": "plant", "title": "our plant", "low_hz": 1.0, "high_hz": 2.0,
            "limit_w": 1e6, "source": "the plant's operator"}  # fmt: skip
    (folder / "critical_modes.yaml").write_text(yaml.safe_dump([mode]))
    app = create_app(settings.model_copy(update={"grid_rules_dir": folder}), warm=False)
    asked = {"training": SMALL["training"] | {"rules": ["ours"]}}

    with Client.in_process(app) as client:
        found = client.stabilize_run(scenario=asked)

    assert [v["key"] for v in found["verdicts"]] == ["ours"]
    assert "plant" in {m["key"] for m in found["modes"]}


@pytest.mark.parametrize(
    ("training", "field", "says"),
    [
        (None, "training", "examples/stabilize.yaml"),
        ({"rules": ["ercot"]}, "training.rules", "ercot-2026"),
        ({"horizon_s": 20_000, "sample_s": 0.001}, "training.sample_s",
         "NAMEPLATE_MOST_SAMPLES"),
        ({"jobs": [{"compute_s": -1}]}, "training.jobs.0.compute_s", "raise it"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_says_field_and_repair(client, training, field, says):
    asked = {} if training is None else {"training": training}
    with pytest.raises(ApiProblem) as refused:
        client.stabilize_run(scenario=asked)
    (error,) = refused.value.problem["errors"]

    assert error["field"] == field
    assert says in error["repair"]


def test_a_job_is_learned_from_its_power_and_can_be_asked_about(client):
    made = TrainingJob(
        gpu_count=512, tdp_w=700.0, compute_s=8.0, communicate_s=2.0,
        levels=Levels(compute=1.0, communicate=0.5),
    )  # fmt: skip
    wave = job_waveform(made, horizon_s=600.0, sample_s=0.5)
    found = client.learn_job(wave.t_s.tolist(), wave.power_w.tolist(), node_count=64)

    LearnedOut.model_validate(found)
    assert found["period_s"] == pytest.approx(10.0, rel=0.01)
    assert found["error"]["mean_frac"] == pytest.approx(0.0, abs=0.01)
    assert found["limits"]
    asked = {"training": SMALL["training"] | {
        "jobs": [found["job"] | {"gpu": "h100-sxm-80gb"}]}}  # fmt: skip
    assert client.stabilize_run(scenario=asked)["jobs"][0]["gpu_count"] == 512


@pytest.mark.parametrize(
    ("t_s", "power_w", "says"),
    [
        ([*range(10), 5, *range(11, 30)], [5e3] * 30, "must"),
        ([*range(15), *range(100, 115)], [5e3] * 30, "gap"),
        (list(range(30)), [5e3] * 20 + [-1.0] + [5e3] * 9, "negative"),
    ],
    ids=["unsorted", "gappy", "negative"],
)
def test_a_trace_without_sense_says_where(client, t_s, power_w, says):
    with pytest.raises(ApiProblem) as refused:
        client.learn_job(t_s, power_w)
    (error,) = refused.value.problem["errors"]

    assert says in error["rule"] + error["repair"]
    assert error["repair"]


def test_a_window_outside_says_so(client):
    with pytest.raises(ApiProblem) as refused:
        client.stabilize_zoom(scenario=SMALL, from_s=500.0, to_s=600.0)

    assert refused.value.problem["errors"][0]["field"] == "from_s"

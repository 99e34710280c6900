"""Serving over REST: studies fit their schema, refusals say the field, stops stop."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from api.client import ApiProblem, Client
from api.schemas.serving import (
    DefaultsOut,
    GridHoursOut,
    KnobGridOut,
    ProvisionedOut,
    QueryEnergyOut,
    ServingRunOut,
    ShiftOut,
    SystemList,
)
from api.serving_documents import timeline_document
from tests.api.network import running
from twin.scenario.serving import ServingInput
from twin.serving.systems.base import PoolTimeline, Timeline
from twin.serving.systems.registry import MODULES

SMALL = {
    "name": "Ten minutes", "server_count": 8,
    "traffic": {"rate_rps": 10, "length_s": 600},
    "systems": [{"key": "baseline"}, {"key": "greener"}],
}  # fmt: skip
LONG = {"traffic": {"rate_rps": 12, "length_s": 400_000}, "server_count": 4}
"""Far more than its servers keep up with, for days: the run takes many seconds."""
JOB = {"name": "batch", "energy_wh": 2000.0, "power_w": 1000.0, "deadline_h": 4}


def errors_of(refused):
    return refused.value.problem["errors"]


# --- studies --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(client):
    return client.serving_run(SMALL, points=50)


def test_a_study_fits_its_schema_and_names_every_system_with_its_source(found):
    ServingRunOut.model_validate(found)

    assert [o["system"] for o in found["outcomes"]] == ["baseline", "greener"]
    assert all(o["source"] and o["mark"] and o["page"] for o in found["outcomes"])
    assert found["refused"] == []
    assert ServingInput.model_validate(found["inputs"]) == ServingInput.model_validate(
        SMALL
    )


def test_figures_of_an_outcome_follow_from_each_other(found):
    for one in found["outcomes"]:
        line = one["timeline"]
        lengths_s = np.diff([*line["time_s"], found["horizon_s"]])
        assert len(lengths_s) <= 50
        assert_allclose(np.dot(line["power_w"], lengths_s), one["energy_j"], rtol=1e-6)
        pools_w = np.sum([pool["power_w"] for pool in line["pools"]], axis=0)
        assert_allclose(pools_w, line["power_w"], rtol=1e-6)
        assert one["mean_power_w"] * 600 == pytest.approx(one["energy_j"])
        assert one["carbon_g"] == pytest.approx(one["energy_j"] / 3.6e6 * 360)
        known = one["finished"] + one["in_flight"] + sum(one["refused"].values())
        assert known == one["arrived"]
        wh = one["energy_j"] / 3600
        assert one["energy_per_unit_wh"] == pytest.approx(wh / one["finished"])
        each = one["cost_usd"] / one["finished"]
        assert one["cost_per_1000_usd"] == pytest.approx(1000 * each)


def test_a_system_is_held_against_the_studys_baseline(found):
    base, greener = found["outcomes"]

    assert base["against_baseline"] is None
    against = greener["against_baseline"]
    assert against["label"] == base["label"]
    ratio = greener["energy_j"] / base["energy_j"]
    assert against["energy_frac"] == pytest.approx(ratio - 1)
    assert against["energy_frac"] < 0


def test_a_system_that_counts_other_units_has_its_own_baseline_alone(client):
    found = client.serving_run(SMALL | {"systems": [{"key": "prune_train"}]})
    job = found["outcomes"][1]

    assert job["unit"] == "job"
    assert job["timeline"] is None
    assert job["against_baseline"] is None
    change = job["energy_j"] / job["baseline"]["energy_j"] - 1
    assert job["against_own"]["energy_frac"] == pytest.approx(change)


def test_a_system_that_cannot_run_is_refused_and_the_rest_goes_on(client):
    asked = SMALL | {"slo": {"tbt_s": 1e-4}}
    found = client.serving_run(asked)

    assert [o["system"] for o in found["outcomes"]] == ["baseline"]
    (refused,) = found["refused"]
    assert refused["label"] == "Greener LLMs"
    assert refused["field"] == "slo"
    assert "add servers" in refused["repair"]


def test_points_of_slo_against_watts_say_who_is_on_the_front(client):
    found = client.serving_run(SMALL | {"server_counts": [6]})

    points = found["pareto"]
    assert {(p["system"], p["server_count"]) for p in points} == {
        ("baseline", 8), ("baseline", 6), ("greener", 8), ("greener", 6),
    }  # fmt: skip
    for p in points:
        beaten = any(
            q["attained_frac"] >= p["attained_frac"]
            and q["mean_power_w"] < p["mean_power_w"]
            for q in points
        )
        assert p["on_front"] is not beaten


def test_one_system_twice_is_told_apart_by_its_knobs(client):
    slow = {"key": "baseline", "parameters": {"clock_mhz": 1600}}
    found = client.serving_run(SMALL | {"systems": [{"key": "baseline"}, slow]})

    labels = [o["label"] for o in found["outcomes"]]
    assert labels == ["One pool, all on", "One pool, all on: clock_mhz 1600"]


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"traffic": {"rate_rps": -1}}, "traffic.rate_rps", "raise it"),
        ({"systemz": []}, "systemz", "systems"),
        ({"systems": [{"key": "grener"}]}, "systems.key", "greener"),
        ({"systems": [{"key": "greener", "parameters": {"clock": 1}}]},
         "systems.greener.clock", "clock_frac"),
        ({"model": "gpt"}, "engine.model", "llama2-70b"),
        ({"gpus_per_instance": 3}, "engine.tensor_parallel", "8"),
        ({"site": {"grid": "nowhere"}}, "site.grid", "leave it empty"),
        ({"traffic": {"arrivals": {"kind": "rates", "dataset": "nothing"}}},
         "traffic.arrivals.dataset", "servegen-m-large"),
        ({"traffic": {"rate_rps": 1000, "length_s": 1e5}}, "traffic.rate_rps",
         "shorten"),
    ],
)  # fmt: skip
def test_what_cannot_be_studied_says_field_and_repair(client, change, field, says):
    with pytest.raises(ApiProblem) as refused:
        client.serving_run(SMALL | change)

    assert refused.value.status == 422
    error = errors_of(refused)[0]
    assert error["field"] == field
    assert says in error["repair"]


def test_priorities_of_a_class_do_not_matter_to_a_study(client, found):
    only = {"name": "chat", "share": 1, "low_priority_frac": 0,
            "prompt_tokens": {"min": 60, "max": 2250},
            "output_tokens": {"min": 10, "max": 412}}  # fmt: skip
    asked = SMALL | {"traffic": SMALL["traffic"] | {"classes": [only]}}

    again = client.serving_run(asked)
    assert again["outcomes"][0]["energy_j"] == found["outcomes"][0]["energy_j"]


# --- long work ------------------------------------------------------------------------


@pytest.fixture
def impatient(settings, tmp_path):
    with running(settings, tmp_path, what_if_wait_s=0.05) as (_, client):
        yield client


def test_a_newer_study_of_a_view_stops_the_older_one_and_the_server_answers(impatient):
    ended = []

    def ask():
        with pytest.raises(ApiProblem) as refused:
            impatient.serving_run(LONG, view="serving", on_progress=noticed)
        ended.append(refused.value)

    begun = threading.Event()

    def noticed(_part, text):
        if text == "One pool, all on":
            begun.set()

    first = threading.Thread(target=ask)
    first.start()
    assert begun.wait(60)
    assert impatient.health()["status"] == "ok"
    second = impatient.serving_run(SMALL, view="serving")
    first.join(60)

    assert second["name"] == "Ten minutes"
    assert [e.status for e in ended] == [409]
    assert "superseded" in str(ended[0])


# --- systems and defaults -------------------------------------------------------------


def test_every_system_is_listed_with_knobs_that_say_unit_and_default(client):
    found = client.serving_systems()

    SystemList.model_validate({"items": found})
    assert len(found) == len(MODULES)
    by_key = {s["key"]: s for s in found}
    knobs = {k["name"]: k for k in by_key["baseline"]["knobs"]}
    assert knobs["routing"]["kind"] == "choice"
    assert "round_robin" in knobs["routing"]["choices"]
    clock = knobs["clock_mhz"]
    assert (clock["kind"], clock["unit"]) == ("number", "MHz")
    assert (clock["may_be_empty"], clock["above"], clock["high"]) == (True, 0, 5000)
    assert all(k["doc"] for s in found for k in s["knobs"])


def test_a_study_of_the_defaults_is_the_default_study(client):
    defaults = client.serving_defaults()

    DefaultsOut.model_validate(defaults)
    assert ServingInput.model_validate(defaults["serving"]) == ServingInput()


# --- prices and carbon ----------------------------------------------------------------


@pytest.fixture(scope="module")
def with_grid(settings, client):
    """A year whose carbon is its hour in January, at 100 USD/MWh."""
    folder = settings.cache_dir / "grid"
    folder.mkdir(parents=True)
    start = dt.datetime(2022, 1, 1)
    rows = [f"{start + dt.timedelta(hours=h)},100,{min(h, 999)}" for h in range(8760)]
    head = "time_utc,price_usd_per_mwh,carbon_g_per_kwh"
    (folder / "ours.csv").write_text("\n".join([head, *rows]))
    return client


def test_a_study_takes_prices_and_carbon_of_its_own_hours(with_grid):
    traffic = {"rate_rps": 5, "length_s": 7200, "start": "2025-01-01T10:00:00Z"}
    asked = SMALL | {"traffic": traffic, "systems": [{"key": "baseline"}]}
    site = {"rent_includes_energy": False}
    plain = with_grid.serving_run(asked | {"site": site})["outcomes"][0]
    found = with_grid.serving_run(asked | {"site": site | {"grid": "ours"}})
    one = found["outcomes"][0]

    assert found["grid"]["year"] == 2022
    assert found["grid"]["energy_usd_per_kwh"] == pytest.approx(0.1)
    kwh = one["energy_j"] / 3.6e6
    assert one["cost_usd"] - plain["cost_usd"] == pytest.approx(kwh * (0.1 - 0.07))
    line = one["timeline"]
    first_h = np.array(line["time_s"]) < 3600
    watts, step_s = np.array(line["power_w"]), line["time_s"][1]
    grams = (watts * step_s / 3.6e6 * np.where(first_h, 10.0, 11.0)).sum()
    assert one["carbon_g"] == pytest.approx(grams, rel=1e-3)


def test_hours_of_a_year_can_be_read_by_name(with_grid):
    assert with_grid.grids() == ["ours"]
    found = with_grid.grid_hours("ours", start="2031-01-02T01:00:00", hours=3)

    GridHoursOut.model_validate(found)
    assert found["carbon_g_per_kwh"] == [25.0, 26.0, 27.0]
    with pytest.raises(ApiProblem) as refused:
        with_grid.grid_hours("other", start="2031-01-02T01:00:00Z", hours=3)
    assert errors_of(refused)[0]["field"] == "site.grid"


# --- a query, shifting, searches ------------------------------------------------------


def test_a_query_answers_with_percentiles_and_sources(client):
    found = client.query_energy({"preset": "v2", "draws": 20_000})

    QueryEnergyOut.model_validate(found)
    wh = found["typical"]["energy_wh"]
    assert wh["p5"] < wh["p25"] < wh["p50"] < wh["p75"] < wh["p95"]
    # published for v2: 0.31 Wh
    assert wh["p50"] == pytest.approx(0.31, rel=0.1)
    assert all(s["source"] for s in found["sources"])
    assert found["provenance"]["seed"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [({"preset": "v3"}, "preset"),
     ({"pue": {"kind": "fixed", "value": -1}}, "pue.value"),
     ({"node_w": {"kind": "lognormal", "median": 1}}, "node_w.p5"),
     ({"query_per_day": 1}, "query_per_day")],
)  # fmt: skip
def test_a_query_without_sense_says_the_field(client, query, field):
    with pytest.raises(ApiProblem) as refused:
        client.query_energy(query)

    assert errors_of(refused)[0]["field"] == field


def test_work_moves_to_the_clean_hours(client):
    found = client.shift(
        {"jobs": [JOB], "headroom_w": [1000.0] * 4,
         "carbon_g_per_kwh": [400.0, 100.0, 100.0, 400.0]}
    )  # fmt: skip

    ShiftOut.model_validate(found)
    assert found["total_w"] == [0.0, 1000.0, 1000.0, 0.0]
    # 2 kWh at 100 instead of 400 and 100 g/kWh
    assert found["shifted"]["carbon_kg"] == pytest.approx(0.2)
    assert found["saved_frac"] == pytest.approx(0.6)


def test_work_that_does_not_fit_says_which_and_how_much_is_left(client):
    asked = {"jobs": [JOB | {"deadline_h": 1}], "headroom_w": [1e4] * 4,
             "carbon_g_per_kwh": [1.0] * 4}  # fmt: skip
    with pytest.raises(ApiProblem) as refused:
        client.shift(asked)

    (error,) = errors_of(refused)
    assert error["field"] == "jobs[batch]"
    assert "1,000 Wh" in error["value"]


def test_a_knob_grid_is_flat_with_its_shape_and_refuses_degrees_that_do_not_fit(client):
    found = client.knob_grid(tensor_parallel=[1, 4, 8], clock_frac=[0.8, 1.0])

    KnobGridOut.model_validate(found)
    assert found["shape"] == [2, 2, 4, 1, 1, 1]
    axes = {a["name"]: a["values"] for a in found["axes"]}
    assert axes["tensor_parallel"] == [4, 8]
    # 140 GB of weights on one GPU of 80 GB
    assert [r["label"] for r in found["refused"]] == ["1 GPUs"]
    watts = np.array(found["values"]["gpu_power_w"], dtype=float).reshape(
        found["shape"]
    )
    assert np.all(watts[:, 0] < watts[:, 1])  # a lower clock draws less


def test_a_search_finds_machines_within_the_budget(client):
    found = client.provision(
        designs=["Base-H100", "HH"], objective="iso-cost", budget_a100=20
    )

    ProvisionedOut.model_validate(found)
    assert [f["design"] for f in found["found"]] == ["Base-H100", "HH"]
    for one in found["found"]:
        assert one["cost_usd_h"] <= 20 * 17.6
        assert one["cost_usd_h"] == 38.0 * (one["prompts"] + one["tokens"])
        assert one["requests_s"] > 0


# --- documentation --------------------------------------------------------------------


def test_a_session_prints_what_the_page_says(client, capsys, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "serving.md").read_text()
    code, _, said = page.split("```python\n")[1].split("```\n")[:3]
    monkeypatch.setattr(Client, "connect", lambda _: client)
    exec(code)

    assert capsys.readouterr().out == said


# --- timelines ------------------------------------------------------------------------


def test_a_thinned_timeline_keeps_energy_and_peaks():
    power_w = np.array([1.0, 3.0, 5.0, 7.0, 100.0])
    pool = PoolTimeline(
        name="main", role="mixed", gpus_per_instance=8, power_w=power_w,
        instances=np.array([1.0, 2.0, 2.0, 2.0, 4.0]), clock_mhz=np.full(5, 1980.0),
        queued=np.zeros(5),
    )  # fmt: skip
    line = Timeline(
        time_s=np.arange(5) * 10.0, power_w=power_w, power_max_w=power_w + 1,
        pools=(pool,),
    )  # fmt: skip
    found = timeline_document(line, horizon_s=42.0, points=2)

    assert found["time_s"] == [0.0, 30.0]
    # the last record is 2 s short: (7 × 10 + 100 × 2) ÷ 12
    assert found["power_w"] == [3.0, 22.5]
    assert found["power_max_w"] == [6.0, 101.0]
    assert found["pools"][0]["instances"] == pytest.approx([5 / 3, 28 / 12], abs=1e-3)

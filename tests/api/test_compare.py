"""Comparisons: what is read and run, what differs, and what is refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from api.client import ApiProblem
from api.compare_catalogue import FIGURES, chance_times
from api.compare_documents import curves_table, field_label, figures_table
from api.compare_told import row_told
from api.documents import as_csv, as_parquet
from api.version import MODEL_VERSION
from tests.api.conftest import SHORT
from twin.compare import compare_figure

EXAMPLE = Path(__file__).parents[2] / "examples" / "site.yaml"
MORE = {"fleet.server_count": 52}
SITE = {
    "facility": {"template": {"halls": 1, "rows_per_hall": 1}},
    "horizon": {"days": 0.02},
    "workload": {"load": {"requests_per_server_s": 0.05, "target_peak_frac": None}},
}


def stored(client, **changes):
    job = client.wait(client.create_run(changes=SHORT | changes)["id"])
    return job["result"]["id"]


@pytest.fixture(scope="module")
def runs(client):
    """Today's row, and the same with twelve more servers."""
    return stored(client), stored(client, **MORE)


@pytest.fixture(scope="module")
def two(client, runs):
    return client.compare([{"run_id": key} for key in runs])


def output(document, key):
    return next(o for o in document["outputs"] if o["key"] == key)


# --- what differs ---------------------------------------------------------------------


def test_only_inputs_that_differ_are_listed_and_the_others_counted(two):
    assert [i["field"] for i in two["inputs"]] == ["fleet.server_count"]
    assert two["inputs"][0]["values"] == [40, 52]
    assert two["inputs"][0]["unit"] == "servers"
    assert two["inputs_same"] > 50
    assert two["inputs_dropped"] == 0


def test_figures_are_those_of_the_runs(client, runs, two):
    results = [client.run_result(key) for key in runs]

    assert output(two, "peak_w")["values"] == [r["peak_w"] for r in results]
    assert output(two, "it_wh")["values"] == [r["energy_wh"] for r in results]
    assert output(two, "high_e2e_p99_s")["values"] == [
        r["high"]["e2e"]["p99_s"] for r in results
    ]


def test_differences_are_those_of_the_values(two):
    for one in two["outputs"]:
        before, after = one["values"]
        assert one["differences"][1]["absolute"] == pytest.approx(after - before)
        if before:
            assert one["differences"][1]["relative"] == pytest.approx(
                (after - before) / abs(before)
            )


def test_the_largest_difference_comes_first_and_equal_figures_last(two):
    scores = [one["score"] or 0.0 for one in two["outputs"]]

    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 1
    assert {v for o in two["outputs"][-3:] for v in o["verdicts"]} == {
        "baseline", "same"
    }  # fmt: skip


def test_more_servers_draw_a_higher_peak_and_that_is_worse(two):
    assert output(two, "peak_w")["verdicts"] == ["baseline", "worse"]


def test_another_baseline_turns_the_signs(client, runs, two):
    turned = client.compare([{"run_id": key} for key in runs], baseline=1)

    one, other = (output(d, "peak_w")["differences"] for d in (two, turned))
    assert other[0]["absolute"] == -one[1]["absolute"]
    assert other[1]["absolute"] == 0.0


def test_curves_share_one_axis_of_at_most_600_bins(two):
    axes = [tuple(one["t_s"]) for one in two["series"]]

    assert {one["name"] for one in two["series"]} >= {"it_w", "arrivals_rps"}
    assert len(set(axes)) == 1
    assert len(axes[0]) <= 600
    for one in two["series"]:
        assert [len(line) for line in one["values"]] == [len(axes[0])] * 2


def test_mean_power_of_a_curve_is_the_runs(two):
    curve = next(one for one in two["series"] if one["name"] == "it_w")

    for line, mean_w in zip(
        curve["values"], output(two, "mean_w")["values"], strict=True
    ):
        # bins of 2.88 s hold two or three ticks, so they do not weigh alike
        assert sum(line) / len(line) == pytest.approx(mean_w, rel=2e-3)


def test_curves_are_left_out_where_nobody_wants_them(client, runs):
    assert client.compare([{"run_id": k} for k in runs], series=False)["series"] == []


def test_equal_items_differ_in_nothing_and_say_so(client, runs):
    found = client.compare([{"run_id": runs[0]}, {"run_id": runs[0]}])

    assert all((one["score"] or 0.0) == 0.0 for one in found["outputs"])
    assert [w["kind"] for w in found["warnings"]] == ["same-inputs"]
    assert len({item["label"] for item in found["items"]}) == 2


def test_items_of_one_name_are_told_apart_by_what_differs(two):
    labels = [item["label"].partition(": ")[2] for item in two["items"]]

    assert labels == ["40 servers", "52 servers"]


def test_a_label_of_ones_own_is_kept(client, runs):
    items = [{"run_id": runs[0], "label": "Today"}, {"run_id": runs[1]}]

    assert client.compare(items)["items"][0]["label"] == "Today"


# --- kinds ----------------------------------------------------------------------------


def test_a_scenario_with_changes_is_the_run_of_the_same_inputs(client, runs, two):
    found = client.compare([
        {"run_id": runs[0]}, {"scenario": {}, "changes": SHORT | MORE}
    ])  # fmt: skip

    assert output(found, "peak_w")["values"] == output(two, "peak_w")["values"]
    assert found["items"][1]["source"] == "scenario"
    assert found["items"][1]["href"] == ""


def test_a_run_with_a_change_is_run_anew(client, runs, two):
    found = client.compare([{"run_id": runs[0]}, {"run_id": runs[0], "changes": MORE}])

    assert output(found, "peak_w")["values"] == output(two, "peak_w")["values"]


def test_a_stored_scenario_is_named_and_linked(client):
    items = [{"scenario_id": "sample-row", "changes": SHORT}, {"scenario": {},
             "changes": SHORT}]  # fmt: skip
    first = client.compare(items)["items"][0]

    assert (first["id"], first["href"]) == (
        "sample-row", "/api/v1/scenarios/sample-row"
    )  # fmt: skip


def test_a_cell_of_a_plan_is_a_mean_over_its_seeds_with_their_range(client, runs):
    changes = SHORT | {
        "plan.added_servers": [0, 12], "plan.policies": ["polca", "no-cap"],
        "plan.seeds": 3,
    }  # fmt: skip
    plan_id = client.wait(client.create_plan(changes=changes)["id"])["result"]["id"]
    cells = client.plan_result(plan_id)["cells"]
    chosen = next(
        c for c in cells if c["policy"] == "no-cap" and c["added_servers"] == 12
    )
    found = client.compare([
        {"run_id": runs[0]},
        {"plan_id": plan_id, "added_servers": 12, "policy": "no-cap"},
    ])  # fmt: skip
    peaks = [run["peak_w"] for run in chosen["runs"]]
    one = output(found, "peak_w")

    assert one["values"][1] == pytest.approx(sum(peaks) / 3)
    assert one["ranges"] == [None, [min(peaks), max(peaks)]]
    assert found["items"][1]["repetitions"] == 3
    assert "repetitions" in [w["kind"] for w in found["warnings"]]
    values = {i["field"]: i["values"] for i in found["inputs"]}
    assert values["fleet.server_count"] == [40, 52]
    assert values["policy.name"] == ["polca", "no-cap"]


def test_a_row_and_a_site_share_some_figures_and_say_who_lacks_the_others(client, runs):
    found = client.compare([{"run_id": runs[0]}, {"scenario": SITE}])

    assert [item["kind"] for item in found["items"]] == ["row", "site"]
    assert "absent" not in output(found, "it_wh")["verdicts"]
    assert output(found, "peak_w")["verdicts"] == ["baseline", "absent"]
    assert output(found, "pue")["verdicts"] == ["absent", "unpaired"]
    assert "kind" in [w["kind"] for w in found["warnings"]]
    assert "facility" in [i["field"] for i in found["inputs"]]


def test_a_point_of_a_study_is_compared_with_the_run_of_its_inputs(client, runs):
    study = {
        "question": "row", "base": {
            "horizon": {"days": 0.02},
            "workload": {"load": {"requests_per_server_s": 0.05,
                                  "target_peak_frac": None}},
        },
        "axes": [{"field": "fleet.server_count", "values": [40, 52]}],
    }  # fmt: skip
    job = client.wait(client.start_study(study)["id"])
    found = client.compare([
        {"run_id": runs[1]}, {"study_id": job["result"]["id"], "point": 1}
    ])  # fmt: skip

    assert found["items"][1]["kind"] == "point"
    assert found["items"][1]["server_count"] == 52
    for key in ("peak_w", "it_wh", "high_e2e_p99_s"):
        one = output(found, key)
        assert one["values"][1] == pytest.approx(one["values"][0])


def test_a_run_that_an_older_version_stored_is_read(client, app, runs):
    table = app.state.services.runs
    row = table.with_result(runs[0])
    body = {k: v for k, v in row.body.items() if k != "control"} | {"gone": 1}
    result = {k: v for k, v in row.result.items() if k not in ("rise_2s_frac", "low")}
    table.add(
        id="run_old", name="Old", body=body, scenario_sha256="0" * 64, seed=1,
        model_version="0", status="done", job_id=None, scenario_id=None, result=result,
    )  # fmt: skip
    found = client.compare([{"run_id": "run_old"}, {"run_id": runs[1]}])

    assert output(found, "rise_2s_frac")["verdicts"] == ["absent", "unpaired"]
    assert output(found, "peak_w")["values"][0] == row.result["peak_w"]
    warned = next(w for w in found["warnings"] if w["kind"] == "model-version")
    assert warned["values"] == ["0", MODEL_VERSION]


# --- like for like --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        pytest.param({"horizon.days": 0.03}, "horizon", id="longer"),
        pytest.param({"horizon.start": "2026-01-06T00:00:00Z"}, "start", id="later"),
        pytest.param({"seed": 2}, "seed", id="other seed"),
        pytest.param(
            {"workload.load.requests_per_server_s": 0.06}, "traffic", id="other load"
        ),
    ],
)
def test_what_is_not_like_for_like_is_said_with_a_repair(client, runs, changes, kind):
    found = client.compare([
        {"run_id": runs[0]}, {"scenario": {}, "changes": SHORT | changes}
    ])  # fmt: skip
    one = next(w for w in found["warnings"] if w["kind"] == kind)

    assert len(one["values"]) == 2
    assert one["repair"]


def test_like_for_like_is_not_warned_of(two):
    assert two["warnings"] == []


# --- refusals -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "status", "field"),
    [
        pytest.param({"run_id": "run_none"}, 404, "items.1.run_id", id="no such run"),
        pytest.param({"plan_id": "p", "added_servers": 0, "policy": "polca"}, 404,
                     "items.1.plan_id", id="no such plan"),
        pytest.param({"scenario_id": "none"}, 404, "items.1.scenario_id",
                     id="no such scenario"),
        pytest.param({"study_id": "none", "point": 0}, 404, "items.1.study_id",
                     id="no such study"),
        pytest.param({"scenario": {}, "changes": {"fleet.servers": 1}}, 422,
                     "items.1.fleet.servers", id="no such field"),
        pytest.param({"scenario": {}, "changes": {"fleet.server_count": 0}}, 422,
                     "items.1.fleet.server_count", id="out of range"),
        pytest.param({"run_id": "a", "scenario_id": "b"}, 422, "items.1",
                     id="two bases"),
        pytest.param({}, 422, "items.1", id="no base"),
        pytest.param({"plan_id": "p"}, 422, "items.1", id="which cell"),
        pytest.param({"study_id": "s"}, 422, "items.1", id="which point"),
        pytest.param({"study_id": "s", "point": 0, "changes": MORE}, 422, "items.1",
                     id="a point is what it is"),
    ],
)  # fmt: skip
def test_a_wrong_item_is_refused_by_its_place(client, runs, item, status, field):
    with pytest.raises(ApiProblem) as caught:
        client.compare([{"run_id": runs[0]}, item])

    assert caught.value.status == status
    errors = caught.value.problem["errors"]
    assert errors[0]["field"].startswith(field)
    assert errors[0]["repair"] or errors[0]["rule"]


@pytest.mark.parametrize(
    "count", [pytest.param(1, id="one"), pytest.param(9, id="nine")]
)
def test_two_to_eight_are_compared(client, runs, count):
    with pytest.raises(ApiProblem) as caught:
        client.compare([{"run_id": runs[0]}] * count)

    assert caught.value.status == 422


def test_a_baseline_that_is_no_item_is_refused(client, runs):
    with pytest.raises(ApiProblem, match="breaks a rule"):
        client.compare([{"run_id": key} for key in runs], baseline=2)


def test_a_run_without_a_result_names_its_job(client, app, runs):
    app.state.services.runs.add(
        id="run_failed", name="Failed", body={}, scenario_sha256="0" * 64, seed=1,
        model_version="1", status="failed", job_id="job_9", scenario_id=None,
        result=None,
    )  # fmt: skip
    with pytest.raises(ApiProblem) as caught:
        client.compare([{"run_id": runs[0]}, {"run_id": "run_failed"}])

    assert caught.value.status == 409
    assert "job_9" in caught.value.problem["errors"][0]["repair"]


def test_a_cell_that_the_plan_does_not_have_names_those_it_has(client, runs):
    changes = SHORT | {"plan.added_servers": [0, 4], "plan.policies": ["polca"]}
    plan_id = client.wait(client.create_plan(changes=changes)["id"])["result"]["id"]
    with pytest.raises(ApiProblem) as caught:
        client.compare([
            {"run_id": runs[0]},
            {"plan_id": plan_id, "added_servers": 5, "policy": "polca"},
        ])  # fmt: skip

    error = caught.value.problem["errors"][0]
    assert (error["field"], error["repair"]) == (
        "items.1.added_servers", "one of 0, 4"
    )  # fmt: skip


# --- tables and words -----------------------------------------------------------------


def test_figures_are_written_as_csv_and_parquet_alike(two):
    table = figures_table(two)
    rows = list(csv.DictReader(io.StringIO(as_csv(table).decode())))
    stored = pq.read_table(io.BytesIO(as_parquet(table))).to_pydict()

    assert len(rows) == len(two["outputs"])
    assert stored["key"] == [row["key"] for row in rows]
    assert any(name.endswith("relative difference") for name in stored)


def test_curves_are_written_with_their_item_in_the_name(two):
    table = curves_table(two)

    assert len(table["t_s"]) == 600
    assert sum(name.startswith("it_w ") for name in table) == 2


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("fleet.server_count", "fleet: server count"),
        ("policy.t1_frac", "policy: t1"),
        ("workload.classes.0.share", "classes: share"),
        ("seed", "seed"),
    ],
)
def test_a_field_is_named_in_words_without_its_unit(path, words):
    assert field_label(path) == words


def test_figures_have_keys_of_their_own_and_a_usual_difference():
    keys = [one.key for one in FIGURES]

    assert len(set(keys)) == len(keys)
    assert all(one.usual_frac >= 0.01 and one.usual > 0 for one in FIGURES)


def test_every_figure_of_the_catalogue_is_read_off_a_run_or_a_site(client, runs):
    site = client.compare([{"run_id": runs[0]}, {"scenario": SITE}])
    row = row_told(client.run_result(runs[0]))
    told = set(row.figures) | {o["key"] for o in site["outputs"]}

    assert {one.key for one in FIGURES} <= told


def test_the_example_site_is_compared_with_itself_at_another_set_point(client):
    site = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    site["horizon"] = {"days": 0.1}
    site["facility"]["events"] = []
    found = client.compare([
        {"scenario": site},
        {"scenario": site, "changes": {"facility.cooling.supply_c": 27}},
    ])  # fmt: skip

    assert [i["field"] for i in found["inputs"]] == ["facility.cooling.supply_c"]
    inlet = output(found, "inlet_peak_c")
    assert inlet["differences"][1]["absolute"] == pytest.approx(3.0, abs=0.5)


def test_a_longer_run_is_not_worse_for_the_energy_it_took(client, runs):
    longer = {"run_id": runs[0], "changes": {"horizon.days": 0.04}}
    found = client.compare([{"run_id": runs[0]}, longer])
    keys = [o["key"] for o in found["outputs"] if o["score"]]

    assert output(found, "it_wh")["verdicts"][1] == "differs"
    assert keys.index("it_wh") > keys.index("peak_w")
    assert keys[0] not in ("it_wh", "finished")


def test_items_that_differ_in_their_seed_alone_differ_by_chance(client, runs):
    other = {"run_id": runs[0], "changes": {"seed": 7}}
    found = client.compare([{"run_id": runs[0]}, other])

    assert [w["kind"] for w in found["warnings"]] == ["seed"]
    assert "every difference is chance" in found["warnings"][0]["text"]


def test_a_point_of_another_length_than_a_run_is_not_like_for_like(client, runs):
    study = {
        "axes": [{"field": "horizon.days", "values": [0.02, 0.04]}],
        "base": {"workload": {"load": {"requests_per_server_s": 0.05,
                                       "target_peak_frac": None}}},
    }  # fmt: skip
    job = client.wait(client.start_study(study)["id"])
    point = {"study_id": job["result"]["id"], "point": 1}
    found = client.compare([{"run_id": runs[0]}, point])

    assert [i["horizon_s"] for i in found["items"]] == pytest.approx([1728, 3456])
    assert "horizon" in [w["kind"] for w in found["warnings"]]


def test_names_tell_alike_items_apart_by_what_differs_between_them(client, runs):
    longer = {"run_id": runs[0], "changes": {"horizon.days": 0.04}}
    found = client.compare([{"run_id": runs[0]}, {"run_id": runs[1]}, longer])
    labels = [item["label"] for item in found["items"]]

    assert len(set(labels)) == 3
    assert not any(label.endswith(")") for label in labels)
    assert "0.04 d" in labels[2]


@pytest.mark.parametrize(
    ("key", "before", "after", "counts"),
    [
        pytest.param("brakes", 0, 16, True, id="brakes where there were none"),
        pytest.param("brakes", 2, 3, False, id="one brake more"),
        pytest.param(
            "high_ttft_p99_s", 1.0, 4.0, False, id="a tail four times as long"
        ),
        pytest.param("peak_w", 100.0, 103.0, True, id="peak 3 % higher"),
        pytest.param("peak_w", 100.0, 101.0, False, id="peak 1 % higher"),
    ],
)
def test_chance_is_passed_by_what_two_seeds_seldom_do(key, before, after, counts):
    figure = next(f for f in FIGURES if f.key == key)
    found = compare_figure(figure, [before, after], baseline=0)

    assert (found.score >= chance_times(key)) is counts

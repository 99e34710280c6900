"""Questions about a site: answers fit their schema, refusals say the field."""

from __future__ import annotations

import math

import pytest

from api.client import ApiProblem
from api.schemas.site import CoolingYearOut, FailureOut, FailuresOut, FitOut, SiteRunOut
from tests.api.conftest import SHORT
from twin.catalogue import find_server

SMALL = SHORT | {
    "facility": {"template": {"design": "2n", "rows_per_hall": 2, "racks_per_row": 3}}
}


def test_a_run_answers_directly_and_fits_its_schema(http, client):
    answer = http.post("/api/v1/site/run", json={"scenario": {}, "changes": SMALL})

    assert answer.status_code == 200
    found = answer.json()
    SiteRunOut.model_validate(found)
    assert found["server_count"] == 24
    assert found["lost_server_s"] == 0
    assert found["pue"] > 1.0
    assert {n["kind"] for n in found["nodes"]} >= {"utility", "ups", "pdu", "busway"}
    assert found["nodes"][0]["mean_series_w"] is None
    assert found["timing"]["computed_s"] > 0


def test_curves_of_nodes_come_when_asked_for(client):
    found = client.site_run(changes=SMALL, series=True)
    records = len(found["series"]["t_s"])

    assert all(len(n["mean_series_w"]) == records for n in found["nodes"])


def test_losses_close_at_every_kind_of_node(client):
    found = client.site_run(changes=SMALL)
    into, out = {}, {}
    for link in found["losses"]:
        out[link["from"]] = out.get(link["from"], 0.0) + link["wh"]
        into[link["to"]] = into.get(link["to"], 0.0) + link["wh"]

    for kind in ("transformer", "switchboard", "ups", "pdu", "busway", "servers"):
        assert math.isclose(into[kind], out[kind], rel_tol=1e-9), kind
    assert math.isclose(into["servers"], found["it_wh"], rel_tol=1e-9)
    assert math.isclose(out["utility"], found["facility_wh"], rel_tol=1e-9)


def test_a_server_gives_its_gpus_what_its_measured_line_leaves(client):
    found = client.site_run(changes=SMALL)
    wh = {link["to"]: link["wh"] for link in found["losses"]}
    server = find_server("dgx-a100")
    hours = found["horizon_s"] / 3600.0 * found["server_count"]
    gpus = wh["GPUs"] / hours

    assert math.isclose(server.power_w(gpus), found["it_wh"] / hours, rel_tol=1e-9)
    assert 0.04 < wh["loss in supplies"] / found["it_wh"] < 0.065


def test_every_failure_is_ranked(client):
    found = client.site_failures(changes=SMALL)
    FailuresOut.model_validate(found)
    lost = [case["lost_servers"] for case in found["cases"]]

    assert lost == sorted(lost, reverse=True)
    assert (
        found["single"] + found["pairs"] == found["single"] * (found["single"] + 1) / 2
    )
    assert lost[0] == found["server_count"] == 24


def test_pairs_can_be_left_out(client):
    assert client.site_failures(changes=SMALL, pairs=False)["pairs"] == 0


def test_a_failure_shows_the_load_move(client):
    found = client.site_failure(changes=SMALL, failed=["UPS-H1-A"])
    FailureOut.model_validate(found)
    before, first = found["before_w"], found["frames"][0]

    assert first["out_w"]["UPS-H1-A"] is None
    assert first["out_w"]["UPS-H1-B"] == pytest.approx(
        before["UPS-H1-A"] + before["UPS-H1-B"], rel=0.02
    )
    assert first["dead_racks"] == []
    assert found["case"]["binding"].endswith("on loss of UPS-H1-A")


def test_an_unknown_node_is_refused_with_the_nearest(client):
    with pytest.raises(ApiProblem) as refused:
        client.site_failure(changes=SMALL, failed=["UPS-H1-Z"])

    assert refused.value.status == 422
    error = refused.value.problem["errors"][0]
    assert error["field"] == "failed"
    assert "UPS-H1-" in error["repair"]


def test_a_year_of_cooling(client):
    found = client.cooling_year(changes=SMALL, it_frac=0.5)
    CoolingYearOut.model_validate(found)

    assert len(found["pue_by_hour"]) == 8760
    assert 1.0 < found["pue"] < 2.0
    assert len(found["pue_by_month"]) == 12


def test_a_template_expands_to_names(client):
    found = client.site_network(changes=SMALL)

    assert found["template"] is None
    assert {"UTIL", "UPS-H1-A", "ROW-H1R2-B"} <= {
        n["name"] for n in found["electrical"]
    }
    assert len(found["racks"]) == 6
    assert found["warnings"] == []


@pytest.mark.parametrize(
    "ask", ["site_run", "site_failures", "cooling_year", "site_network"]
)
def test_a_scenario_without_a_facility_says_what_to_add(client, ask):
    with pytest.raises(ApiProblem) as refused:
        getattr(client, ask)(changes=SHORT)

    assert refused.value.status == 422
    assert refused.value.problem["errors"][0]["field"] == "facility"


def test_weather_that_is_not_here_says_where_to_put_it(client):
    changes = SMALL | {
        "facility": SMALL["facility"] | {"weather": {"dataset": "atlantis"}}
    }
    with pytest.raises(ApiProblem) as refused:
        client.site_run(changes=changes)

    error = refused.value.problem["errors"][0]
    assert error["field"] == "facility.weather.dataset"
    assert "atlantis.epw" in error["repair"]


@pytest.mark.parametrize(
    ("event", "field"),
    [
        pytest.param(
            {"kind": "lose-node", "target": "UPS"}, "facility.events", id="node"
        ),
        pytest.param(
            {"kind": "lose-crah", "target": "H9"}, "facility.events", id="hall"
        ),
    ],
)
def test_an_event_that_hits_nothing_is_refused(client, event, field):
    facility = SMALL["facility"] | {"events": [event | {"t_s": 10}]}
    with pytest.raises(ApiProblem) as refused:
        client.site_run(changes=SMALL | {"facility": facility})

    assert refused.value.status == 422
    assert refused.value.problem["errors"][0]["field"] == field


def test_the_matrix_says_every_load_under_every_loss(client):
    found = client.site_failures(changes=SMALL, pairs=False)["matrix"]
    at = {name: k for k, name in enumerate(found["nodes"])}
    lost_a = found["frac"][found["failed"].index("UPS-H1-A")]

    assert lost_a[at["UPS-H1-A"]] is None
    assert lost_a[at["PDU-H1-A"]] is None
    own = next(
        n for n in client.site_run(changes=SMALL)["nodes"] if n["name"] == "UPS-H1-B"
    )
    assert lost_a[at["UPS-H1-B"]] == pytest.approx(
        own["failover_w"] / own["limit_w"], rel=1e-3
    )


def test_the_damage_to_service_levels_is_part_of_a_case(client):
    cases = client.site_failures(changes=SMALL)["cases"]
    single = [c for c in cases if len(c["failed"]) == 1]

    assert cases[0]["lost_servers"] == 24
    assert cases[0]["slo_damage_frac"] == 1.0
    assert all(c["slo_damage_frac"] == 0 for c in single)


def test_servers_find_a_place(client):
    found = client.site_fit(servers=4, changes=SMALL)
    FitOut.model_validate(found)

    assert found["placed_servers"] == 4
    assert found["rows"][0]["words"].startswith(found["rows"][0]["binding"])


def test_more_servers_than_anybody_has_are_refused(client):
    with pytest.raises(ApiProblem, match="servers"):
        client.site_fit(servers=10**6, changes=SMALL)


def test_ready_failures_come_with_the_network_and_run(client):
    ready = client.site_network(changes=SMALL)["ready"]
    assert {"lose-ups", "utility-outage", "heat-wave"} <= {r["key"] for r in ready}
    lose = next(r for r in ready if r["key"] == "lose-ups")
    event = lose["events"][0] | {"t_s": 60.0}

    found = client.site_run(
        changes=SMALL | {"facility": {**SMALL["facility"], "events": [event]}}
    )

    assert any(e["kind"] == "dead" for e in found["events"])


def test_a_hall_without_cooling_reaches_its_limit_in_minutes(client):
    found = client.cooling_year(changes=SMALL)
    none, quarter, half = found["ride_throughs"]

    assert 0 < none["recommended_s"] < none["allowable_s"] < 3600
    assert none["allowable_s"] < quarter["allowable_s"]
    assert none["air_c"][0] == none["start_c"]
    assert half["left_frac"] == 0.5


def test_the_year_counts_losses_of_the_power_network(client):
    found = client.cooling_year(changes=SMALL)
    parts = found["partial_pue"]
    added = sum(part - 1 for part in parts.values())

    assert 1.03 < parts["other"] < 1.10  # UPS 3 to 6 %, PDU and transformer 1 to 3 %
    assert math.isclose(found["pue"], 1 + added, rel_tol=1e-6)


def test_key_figures_range_over_the_seeds_asked_for(client):
    found = client.site_run(changes=SMALL, seeds=3)
    SiteRunOut.model_validate(found)
    ranges = found["seed_ranges"]
    runs = [client.site_run(changes=SMALL | {"seed": s}) for s in ranges["seeds"]]

    assert ranges["seeds"][0] == found["provenance"]["seed"] == 1
    assert len(set(ranges["seeds"])) == 3
    for name, read in {
        "facility_peak_w": lambda run: max(run["series"]["facility_w"]),
        "it_wh": lambda run: run["it_wh"],
        "pue": lambda run: run["pue"],
        "tightest_frac": lambda run: max(
            max(n["peak_w"], n["failover_w"]) / n["limit_w"]
            for n in run["nodes"] if n["limit_w"]
        ),
    }.items():  # fmt: skip
        values = [read(run) for run in runs]
        assert ranges[name] == pytest.approx([min(values), max(values)]), name
    assert ranges["it_wh"][0] < ranges["it_wh"][1]
    assert runs[0]["seed_ranges"] is None


def test_more_seeds_than_a_question_may_ask_are_refused(client):
    with pytest.raises(ApiProblem) as refused:
        client.site_run(changes=SMALL, seeds=10)

    assert refused.value.status == 422
    error = refused.value.problem["errors"][0]
    assert (error["field"], error["value"]) == ("seeds", 10)

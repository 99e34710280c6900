"""The tracking twin over HTTP: fits find the laws readings were made by."""

from __future__ import annotations

import numpy as np
import pytest

from api.client import ApiProblem
from store.telemetry.levels import SECONDS
from tests.api.tracking_hosts import (
    HOST_W,
    HOUR,
    IDLE_W,
    SLOPE,
    SWING_W,
    S,
    law_readings,
    store_readings,
    wait_until_folded,
)

ADDED_W = 400.0
ADDED_FOR_S = 1800
TWO_RACKS = {
    "name": "Two racks",
    "fleet": {"server": "dgx-h100"},
    "horizon": {"days": 2 / 24},
    "facility": {
        "electrical": [
            {"name": "UTIL", "kind": "utility", "rated_w": 5e6},
            {"name": "PDU", "kind": "pdu", "rated_w": 4e5, "fed_by": ["UTIL"]},
        ],
        "racks": [
            {"name": "K1", "fed_by": ["PDU"], "server_count": 1},
            {"name": "K2", "fed_by": ["PDU"], "server_count": 1},
        ],
    },
}


@pytest.fixture(scope="module")
def site(client, telemetry, now_s):
    """Six hours of two placed hosts; the second one draws more of late."""
    first_s, changed_s = now_s - 6 * HOUR, now_s - ADDED_FOR_S
    store_readings(telemetry, "sound", law_readings(first_s, now_s, seed=1))
    store_readings(
        telemetry, "changed",
        law_readings(first_s, now_s, seed=2, more_w=ADDED_W, more_from_s=changed_s),
    )  # fmt: skip
    wait_until_folded(telemetry, ("sound", "changed"), (now_s - 1260) * S)
    made = client.create_scenario(TWO_RACKS)
    client.place(
        made["id"], {"sound": "K1", "changed": "K2"},
        version=client.placement()["version"],
    )  # fmt: skip
    return made["id"]


def calibrated(client, now_s, source, kind, **more):
    asked = {"start_us": (now_s - 6 * HOUR) * S, "end_us": (now_s - HOUR) * S}
    job = client.calibrate(source=source, kind=kind, **(asked | more))
    assert job["state"] == "done"
    return job["answer"]["items"]


@pytest.fixture(scope="module")
def calibrations(client, site, now_s):
    """Both hosts calibrated and active."""
    return {
        (source, kind): calibrated(client, now_s, source, kind, activate=True)
        for source in ("sound", "changed")
        for kind in ("gpu-utilisation", "server")
    }


def parameters(item):
    return {p["name"]: (p["value"], p["standard_error"]) for p in item["parameters"]}


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        ("gpu-utilisation", {"idle_w": IDLE_W, "swing_w": SWING_W}),
        ("server", {"host_w": HOST_W, "slope": SLOPE}),
    ],
)
def test_a_fit_finds_the_law_within_four_of_its_errors(calibrations, kind, law):
    items = calibrations["sound", kind]

    assert len(items) == (2 if kind == "gpu-utilisation" else 1)
    for item in items:
        found = parameters(item)
        for name, truth in law.items():
            value, error = found[name]
            assert abs(value - truth) < 4.0 * error
            assert error < 0.05 * truth
        assert item["held_out"]["rms_after"] < item["held_out"]["rms_before"]
        assert item["active"]


def test_the_same_readings_give_the_same_version(client, calibrations, now_s):
    again = calibrated(client, now_s, "sound", "server")[0]

    assert again["version"] == calibrations["sound", "server"][0]["version"]
    assert not again["active"]
    client.delete_calibration(again["id"])


def test_a_fit_that_cannot_be_told_is_stored_with_what_is_missing(client, site, now_s):
    refused = calibrated(client, now_s, "sound", "gpu-clock", device="GPU-0")[0]

    assert refused["status"] == "refused"
    assert refused["error"]["field"] == "sound/GPU-0.exponent"
    assert "clock_frac spans 0" in refused["error"]["value"]
    assert "several clocks" in refused["error"]["repair"]
    assert client.calibration(refused["id"])["residuals"] is None


def test_a_refused_fit_cannot_count(http, client, site, now_s):
    refused = calibrated(client, now_s, "sound", "gpu-clock", device="GPU-1")[0]

    answer = http.post(f"/api/v1/tracking/calibrations/{refused['id']}/activate")

    assert answer.status_code == 409


def test_one_calibration_of_a_kind_and_target_counts(client, calibrations, now_s):
    older = calibrations["sound", "server"][0]
    newer = calibrated(client, now_s, "sound", "server", held_out_frac=0.4)[0]

    client.activate_calibration(newer["id"])
    counting = client.calibrations(kind="server", source="sound", active=True)
    client.activate_calibration(older["id"])

    assert [c["id"] for c in counting] == [newer["id"]]
    client.delete_calibration(newer["id"])


def test_residuals_are_read_again_from_the_stored_period(client, calibrations):
    item = calibrations["sound", "gpu-utilisation"][0]

    found = client.calibration(item["id"])["residuals"]

    residual = np.array(found["residual"], float)
    assert found["readings"] == 5 * HOUR // 10
    assert len(found["time_us"]) <= 2000
    assert found["time_us"][0] < found["held_out_from_us"] < found["time_us"][-1]
    # the noise of 8 W that the readings were made with
    assert np.std(residual) == pytest.approx(8.0, rel=0.1)
    assert np.abs(residual.mean()) < 1.0


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"source": "nobody"}, 404, "source"),
        ({"device": "GPU-9"}, 422, "device"),
        ({"start_us": 2, "end_us": 1}, 422, "end_us"),
        ({"kind": "magic"}, 422, "kind"),
        ({"held_out_frac": 1.0}, 422, "held_out_frac"),
    ],
    ids=["no source", "no device", "period turned round", "no kind", "nothing learned"],
)
def test_a_wrong_request_names_its_field(http, site, change, status, field):
    body = {"source": "sound", "kind": "levels", "start_us": 0, "end_us": S}

    answer = http.post("/api/v1/tracking/calibrations", json=body | change)

    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field


# --- the shadow -----------------------------------------------------------------------


def entry(found, of):
    return next(e for e in [*found["hosts"], *found["nodes"]] if e["of"] == of)


@pytest.fixture(scope="module")
def shadow(app, client, calibrations):
    app.state.services.tracking.shadow.look()
    return client.shadow()


def test_a_sound_host_draws_what_the_twin_says(shadow):
    sound = entry(shadow, "sound")

    assert sound["basis"] == "calibrated"
    assert abs(sound["bias_w"]) < 0.01 * sound["measured_w"]
    assert sound["mape_frac"] < 0.02
    assert sound["drift"] is None
    assert sound["unwatched"] == ""


def test_a_changed_host_drifts_since_it_changed(shadow, now_s):
    drift = entry(shadow, "changed")["drift"]

    assert drift["direction"] == "more"
    assert drift["size_w"] == pytest.approx(ADDED_W, rel=0.1)
    assert abs(drift["since_us"] - (now_s - ADDED_FOR_S) * S) <= 180 * S


def test_drift_is_told_where_it_begins_and_seen_above(shadow):
    assert shadow["origins"] == ["changed"]
    assert entry(shadow, "node/K1")["drift"] is None
    assert entry(shadow, "node/K2")["drift"] is not None
    assert entry(shadow, "node/PDU")["measured_w"] == pytest.approx(
        entry(shadow, "node/K1")["measured_w"] + entry(shadow, "node/K2")["measured_w"],
        rel=1e-6,
    )


def test_drift_reaches_the_alerts(app, client, shadow):
    services = app.state.services

    off = services.watch.latest().node_drift_frac

    curve = client.shadow(node="changed")["series"]["measured_w"]
    late_w = np.mean([w for w in curve[-10:] if w is not None])
    assert off["K2"] == pytest.approx(ADDED_W / (late_w - ADDED_W), rel=0.03)
    assert abs(off["K1"]) < 0.02


def test_curves_of_a_node_come_where_asked_for(http, shadow, now_s):
    found = http.get(
        "/api/v1/tracking/shadow",
        params={"start_us": (now_s - 2 * HOUR) * S, "end_us": (now_s - HOUR) * S,
                "node": "node/PDU"},
    ).json()  # fmt: skip

    assert found["series"]["of"] == "node/PDU"
    assert len(found["series"]["time_us"]) == 60
    measured_w = np.array(found["series"]["measured_w"], float)
    assert np.allclose(
        measured_w, np.array(found["series"]["predicted_w"], float), rtol=0.05
    )
    assert found["origins"] == []


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"node": "nowhere"}, 404),
        ({"start_us": 5, "end_us": 4}, 422),
        ({"start_us": 0, "end_us": 10**15}, 422),
    ],
    ids=["unknown node", "turned round", "too long"],
)
def test_a_shadow_that_cannot_be_is_refused(http, site, asked, status):
    assert http.get("/api/v1/tracking/shadow", params=asked).status_code == status


def test_a_host_without_calibration_is_said_to_be_expected_or_not(
    client, telemetry, calibrations, now_s
):
    store_readings(telemetry, "plain", law_readings(now_s - HOUR, now_s, seed=3))

    found = client.shadow(start_us=(now_s - HOUR) * S, end_us=now_s * S)

    plain = entry(found, "plain")
    assert plain["basis"] == "none"
    assert "no calibration is active" in plain["note"]
    assert plain["predicted_w"] is None


# --- forecasts ------------------------------------------------------------------------


def test_a_forecast_says_what_history_it_had_and_needs(client, site):
    found = client.forecast("site", 1800.0)

    assert found["model"] == "naive"
    assert found["history"]["have_days"] == pytest.approx(0.25, abs=0.02)
    assert found["history"]["day_days"] == 7.0
    assert len(found["mean_w"]) == len(found["low_w"]) == 6
    assert all(
        low <= mean <= high
        for low, mean, high in zip(
            found["low_w"], found["mean_w"], found["high_w"], strict=True
        )
    )
    assert found["limit_w"] == 5e6
    assert found["passed_frac"] == 0.0
    assert found["backtest"]["covered_frac"] > 0.7


def test_too_little_history_is_refused_with_what_would_do(http, site):
    answer = http.get("/api/v1/tracking/forecast", params={"horizon_s": 20 * 86_400})

    assert answer.status_code == 422
    assert "960 h" in answer.json()["errors"][0]["rule"]


def test_an_unknown_name_is_not_forecast(http, site):
    answer = http.get("/api/v1/tracking/forecast", params={"of": "nobody"})

    assert answer.status_code == 404


# --- replay and from now --------------------------------------------------------------


def test_a_stored_period_is_played_with_its_energy(client, telemetry, site, now_s):
    start_us, end_us = (now_s - 4 * HOUR) * S, (now_s - 2 * HOUR) * S
    drawn_j = [
        telemetry.reader.host_sum(
            telemetry.source(name), start_us, end_us, SECONDS
        ).columns["energy_j"].sum()
        for name in ("sound", "changed")
    ]  # fmt: skip

    played = client.site_run(
        scenario=TWO_RACKS,
        changes={"workload.replay": {"series": f"telemetry:{start_us}:{end_us}"}},
    )

    racks = {r["name"]: sum(r["feed_wh"]) for r in played["racks"]}
    # each rack carries its own host; the run keeps power in single precision
    assert racks["K1"] == pytest.approx(drawn_j[0] / 3600, rel=1e-6)
    assert racks["K2"] == pytest.approx(drawn_j[1] / 3600, rel=1e-6)


def test_racks_without_a_measured_host_are_named(client, site, now_s):
    series = f"telemetry:{(now_s - 4 * HOUR) * S}:{(now_s - 2 * HOUR) * S}"
    racks = [*TWO_RACKS["facility"]["racks"],
             {"name": "K3", "fed_by": ["PDU"], "server_count": 1}]  # fmt: skip

    played = client.site_run(
        scenario=TWO_RACKS,
        changes={"workload.replay": {"series": series}, "facility.racks": racks},
    )

    assert any(
        "1 of 3 racks have no measured host (first K3" in w for w in played["warnings"]
    )


@pytest.mark.parametrize(
    ("series", "words"),
    [
        ("telemetry:yesterday", "must be telemetry:site"),
        ("telemetry:5:4", "must begin before it ends"),
        ("telemetry:1000000000000:1003600000000", "placed hosts were read"),
    ],
    ids=["no such name", "turned round", "nothing stored"],
)
def test_a_period_that_cannot_be_played_is_refused(http, site, series, words):
    answer = http.post(
        "/api/v1/site/run",
        json={
            "scenario": TWO_RACKS,
            "changes": {"workload.replay": {"series": series}},
        },
    )

    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert error["field"] == "workload.replay.series"
    assert words in error["rule"]


def test_a_period_with_holes_names_the_host_and_the_hole(
    client, telemetry, site, now_s
):
    end_us = (now_s - 6 * HOUR) * S
    with pytest.raises(ApiProblem) as caught:
        client.site_run(
            scenario=TWO_RACKS,
            changes={"workload.replay": {
                "series": f"telemetry:{end_us - HOUR * S}:{end_us + HOUR * S}"}},
        )  # fmt: skip

    answer = caught.value.problem["errors"][0]
    assert "20%" in answer["rule"]
    assert "misses 5" in answer["repair"]


def test_a_scenario_begins_from_now_and_runs(client, site, now_s):
    found = client.from_now(past_s=7200)

    assert found["scenario"]["horizon"]["start"].startswith("20")
    assert found["changes"]["workload.replay"]["series"].startswith("telemetry:")
    assert any("measured power" in words for words in found["carried"])
    assert any("requests in flight" in words for words in found["not_carried"])
    ran = client.site_run(scenario=found["scenario"])
    assert ran["server_count"] == 2


def test_traffic_peaks_where_the_fullest_row_did(client, site):
    found = client.from_now(site, load="traffic")

    assert found["changes"]["workload.replay"] is None
    assert 0.0 < found["changes"]["workload.load.target_peak_frac"] < 1.0


def test_lines_of_hosts_of_another_type_are_not_the_fleets(client, calibrations, site):
    found = client.from_now(site, load="traffic")

    # two GPUs each, and the scenario's servers have eight
    assert any(
        "no dgx-h100: changed (2 × NVIDIA H100 80GB HBM3), sound (2 ×" in words
        for words in found["not_carried"]
    )
    assert not any("full power" in words for words in found["not_carried"])


def test_from_now_needs_a_scenario_that_exists(http, site):
    answer = http.post("/api/v1/tracking/from-now", json={"scenario_id": "nothing"})

    assert answer.status_code == 404

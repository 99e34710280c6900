"""Every kind of fit through the service, what may count, and what is played."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from api.client import ApiProblem
from api.tracking_data import counted, has_meter, read_grid
from api.tracking_replay import Period, record
from api.tracking_shadow import Models, predict
from store.telemetry.levels import MINUTES
from tests.api.tracking_hosts import HOUR, SLOPE, STEP_S, S, wait_until_folded
from twin.calibrate.power_fit import fit_gpu_utilisation
from twin.telemetry.readings import Device, Readings

H100 = "NVIDIA H100 80GB HBM3"
PRIOR_IDLE_W, PRIOR_FULL_W = 70.0, 700.0


@pytest.fixture(scope="module")
def time_s(now_s):
    return np.arange(now_s - 3 * HOUR, now_s, STEP_S)


def of_devices(time_s, devices, columns):
    """Readings at the same instants; a column is a row for each device."""
    n, count = time_s.size, len(devices)
    return Readings(
        devices=tuple(devices), device=np.repeat(np.arange(count), n),
        time_us=np.tile(time_s.astype(np.int64) * S, count),
        columns={name: np.stack(rows).ravel() for name, rows in columns.items()},
    )  # fmt: skip


def calibrated(client, now_s, source, kind, **more):
    job = client.calibrate(
        source=source, kind=kind, start_us=(now_s - 3 * HOUR) * S, end_us=now_s * S,
        **more,
    )  # fmt: skip
    assert job["state"] == "done"
    return job["answer"]["items"][0]


def close(item, law, errors=4.0):
    found = {p["name"]: p for p in item["parameters"]}
    for name, truth in law.items():
        assert found[name]["fitted"], item
        off = abs(found[name]["value"] - truth)
        assert off < errors * found[name]["standard_error"], (name, found[name])


# --- kinds ----------------------------------------------------------------------------


def test_two_meters_tell_the_losses_between_them(client, telemetry, now_s, time_s):
    rng = np.random.default_rng(1)
    x = np.clip(0.5 + 0.45 * np.sin(time_s / 600.0), 0.0, 1.0)
    loss_w = 10_000.0 * (0.01 + 0.02 * x + 0.03 * x**2)
    drawn = {
        "ups-out": 10_000.0 * x,
        "ups-in": 10_000.0 * x + loss_w + rng.normal(0.0, 5.0, x.size),
    }
    for name, power_w in drawn.items():
        meter = Device(key="meter", kind="meter")
        telemetry.take(
            name, "upload", of_devices(time_s, [meter], {"power_w": [power_w]}), key="1"
        )

    item = calibrated(client, now_s, "ups-in", "conversion", output_source="ups-out",
                      rated_w=10_000.0)  # fmt: skip

    assert item["status"] == "fitted", item["error"]
    close(item, {"fixed": 0.01, "linear": 0.02, "quadratic": 0.03})
    assert item["held_out"]["rms_after"] == pytest.approx(5.0 / 10_000.0, rel=0.1)
    assert client.calibration(item["id"])["residuals"]["readings"] == time_s.size


def test_a_gpus_warmth_tells_resistance_and_time_constant(
    client, telemetry, now_s, time_s
):
    rng = np.random.default_rng(2)
    power_w = rng.choice([100.0, 400.0, 650.0], time_s.size // 36).repeat(36)
    keep = np.exp(-STEP_S / 60.0)
    warm_c, _ = lfilter(
        [1.0 - keep], [1.0, -keep], 24.0 + 0.05 * power_w, zi=[keep * 30.0]
    )
    gpu = Device(key="GPU-0", model=H100)
    telemetry.take(
        "warm", "upload", of_devices(time_s, [gpu], {
            "power_w": [power_w], "gpu_c": [warm_c + rng.normal(0.0, 0.5, warm_c.size)],
        }), key="1",
    )  # fmt: skip

    item = calibrated(client, now_s, "warm", "thermal")

    assert item["status"] == "fitted", item["error"]
    close(item, {"r_k_per_w": 0.05, "tau_s": 60.0, "inlet_c": 24.0})


def test_a_hosts_levels_come_back(client, telemetry, now_s, time_s):
    rng = np.random.default_rng(3)
    power_w = rng.choice([800.0, 5000.0], time_s.size // 40).repeat(40)
    power_w += rng.normal(0.0, 20.0, power_w.size)
    host = Device(key="host", kind="host")
    telemetry.take(
        "rests", "upload", of_devices(time_s, [host], {"power_w": [power_w]}), key="1"
    )

    item = calibrated(client, now_s, "rests", "levels")

    found = {p["name"]: p["value"] for p in item["parameters"]}
    assert found["level_1_w"] == pytest.approx(800.0, abs=5.0)
    assert found["level_2_w"] == pytest.approx(5000.0, abs=5.0)
    assert "level_3_w" not in found


# --- what may count -------------------------------------------------------------------


def test_a_fit_worse_than_its_prior_counts_only_by_force(
    client, telemetry, now_s, time_s
):
    rng = np.random.default_rng(4)
    use = np.clip(0.5 + 0.4 * np.sin(time_s / 300.0), 0.0, 1.0)
    power_w = np.where(
        np.arange(time_s.size) < 0.7 * time_s.size, 250.0 + 300.0 * use,
        PRIOR_IDLE_W + (PRIOR_FULL_W - PRIOR_IDLE_W) * use,
    ) + rng.normal(0.0, 5.0, use.size)  # fmt: skip
    gpu = Device(key="GPU-0", model=H100)
    telemetry.take("odd", "upload", of_devices(time_s, [gpu], {
        "power_w": [power_w], "utilisation_frac": [use]}), key="1")  # fmt: skip

    item = calibrated(client, now_s, "odd", "gpu-utilisation", activate=True)
    with pytest.raises(ApiProblem) as caught:
        client.activate_calibration(item["id"])
    forced = client.activate_calibration(item["id"], force=True)

    held = item["held_out"]
    assert held["rms_after"] > held["rms_before"]
    assert not item["active"]
    assert item["held_back"]
    assert caught.value.problem["status"] == 409
    value = caught.value.problem["errors"][0]["value"]
    assert f"{held['rms_after']:.4g}" in value
    assert f"{held['rms_before']:.4g}" in value
    assert forced["active"]
    client.delete_calibration(item["id"])


# --- what counts as a host's power ----------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "wanted", "metered"),
    [
        ({"gpu", "host", "psu"}, ("host",), True),
        ({"gpu", "psu", "meter"}, ("psu",), True),
        ({"gpu", "cpu", "meter"}, ("gpu", "cpu"), False),
        ({"meter"}, ("meter",), True),
        (set(), ("gpu", "cpu"), False),
    ],
)
def test_what_counts_follows_one_order(kinds, wanted, metered):
    assert counted(kinds) == wanted
    assert has_meter(kinds) == metered


@pytest.mark.parametrize("hours", [1, 3], ids=["seconds", "minutes"])
def test_a_host_without_a_meter_is_played_by_its_gpus_alone(
    telemetry, now_s, time_s, hours
):
    name = f"bare{hours}"
    gpu_w = 300.0 + 200.0 * np.sin(time_s / 500.0)
    cpu_w = np.full(time_s.size, 350.0)
    devices = [
        Device(key="GPU-0", model=H100, index=0),
        Device(key="GPU-1", model=H100, index=1),
        Device(key="CPU", kind="cpu"),
    ]
    telemetry.take(name, "upload", of_devices(
        time_s, devices, {"power_w": [gpu_w, gpu_w, cpu_w]}), key="1")  # fmt: skip
    wait_until_folded(telemetry, (name,), (now_s - 1260) * S)
    end_s = (now_s - HOUR // 2) // 60 * 60
    start_s = end_s - min(hours, 2.4) * HOUR
    period = Period(start_us=int(start_s) * S, end_us=end_s * S)

    played = record(
        telemetry, {name: "K1"}, ["K1"], period, {name: (700.0, SLOPE)}, "dgx-h100"
    )

    inside = (time_s >= start_s) & (time_s < end_s)
    wanted_w = 700.0 + SLOPE * 2.0 * gpu_w[inside].mean()
    assert played.step_s == (1.0 if hours == 1 else 60.0)
    assert np.nanmean(played.power_w) == pytest.approx(wanted_w, rel=1e-3)


# --- leakage in the shadow ------------------------------------------------------------


def test_a_gpu_that_is_hotter_for_drawing_more_is_not_expected_to(telemetry, now_s):
    t_s = np.arange(now_s - 2 * HOUR, now_s, STEP_S)
    rng = np.random.default_rng(6)
    use = np.clip(0.5 + 0.4 * np.sin(t_s / 300.0), 0.0, 1.0)
    inlet_c = 24.0 + 5.0 * np.sin(t_s / 1500.0)
    base_w = 80.0 + 500.0 * use
    power_w = base_w * (1.0 + 0.004 * (inlet_c - 60.0)) / (1.0 - 0.004 * 0.08 * base_w)
    fit = fit_gpu_utilisation(
        "leaky/GPU-0", t_s=t_s, power_w=power_w + rng.normal(0.0, 3.0, t_s.size),
        utilisation_frac=use, idle_w=70.0, full_w=700.0,
        gpu_c=inlet_c + 0.08 * power_w, inlet_c=inlet_c,
    )  # fmt: skip
    models = Models(use={"GPU-0": fit})
    said = []
    for name, more in (("leaky", 1.0), ("leaks-more", 1.3)):
        drawn_w = more * power_w
        telemetry.take(name, "upload", of_devices(
            t_s, [Device(key="GPU-0", model=H100)],
            {"power_w": [drawn_w], "utilisation_frac": [use], "inlet_c": [inlet_c],
             "gpu_c": [inlet_c + 0.08 * drawn_w]}), key="1")  # fmt: skip
        grid = read_grid(telemetry.reader, telemetry.source(name),
                         int(t_s[0]) * S, (now_s - 60) * S, MINUTES)  # fmt: skip
        said.append(predict(grid, models)[:2])

    (usual_w, expected_w), (more_w, still_w) = said
    assert np.nanmax(np.abs(still_w - expected_w)) < 1e-6
    assert np.nanmean(expected_w) == pytest.approx(np.nanmean(usual_w), rel=0.01)
    assert np.nanmean(more_w) / np.nanmean(still_w) == pytest.approx(1.3, rel=0.01)

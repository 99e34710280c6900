"""GPU and server power: parameters come back, within the errors that are claimed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.calibrate.power_fit import (
    fit_gpu_clock,
    fit_gpu_utilisation,
    fit_server,
    gpu_utilisation_w,
)
from twin.calibrate.record import Fit, samples_needed
from twin.errors import ScenarioError

SEEDS = 150
MINUTE = 60.0
Z_90 = 1.645


def gpu(seed, lasting, *, n=1500, rho_use=0.9, rho_noise=0.9):
    """A GPU of 70 W at rest and 400 W of swing."""
    rng = np.random.default_rng(seed)
    use = np.clip(0.5 + lasting(rng, n, rho=rho_use, scale=0.25), 0.0, 1.0)
    power = 70.0 + 400.0 * use + lasting(rng, n, rho=rho_noise, scale=15.0)
    return {"t_s": np.arange(n) * MINUTE, "power_w": power, "utilisation_frac": use}


def fitted(data, **more):
    return fit_gpu_utilisation("gpu0", idle_w=60.0, full_w=700.0, **data, **more)


def test_without_noise_the_line_comes_back_exactly(lasting):
    data = gpu(1, lasting)
    data["power_w"] = 70.0 + 400.0 * data["utilisation_frac"]

    fit = fitted(data)

    assert_allclose(fit.value("idle_w"), 70.0, rtol=1e-6)
    assert_allclose(fit.value("swing_w"), 400.0, rtol=1e-6)
    assert fit.held_out.rms_after < 1e-4


@pytest.mark.parametrize(
    ("rho_use", "rho_noise"),
    [
        pytest.param(0.0, 0.0, id="nothing lasts"),
        pytest.param(0.9, 0.0, id="load lasts, noise does not"),
        pytest.param(0.9, 0.9, id="both last ten readings"),
    ],
)
def test_ranges_hold_the_truth_as_often_as_they_say(lasting, rho_use, rho_noise):
    # 150 draws of a 90 % range: the binomial's own 99.8 % limits are 82 and 97 %
    held = {"idle_w": 0, "swing_w": 0}
    for seed in range(SEEDS):
        fit = fitted(gpu(seed, lasting, rho_use=rho_use, rho_noise=rho_noise))
        for name, truth in (("idle_w", 70.0), ("swing_w", 400.0)):
            off = abs(fit.value(name) - truth)
            held[name] += off < Z_90 * fit[name].standard_error

    assert all(0.82 <= count / SEEDS <= 0.97 for count in held.values()), held


def test_errors_that_ignored_how_long_noise_lasts_would_be_too_small(lasting):
    fit = fitted(gpu(1, lasting))

    # AR(1) 0.9 in both: (1 + 0.81) / (1 - 0.81) = 9.5 readings are worth one
    assert fit.samples / fit.effective_samples > 4.0
    assert fit.residual_autocorrelation == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize(
    ("use", "value"),
    [
        pytest.param(np.full(500, 0.4), "spans 0 ", id="constant load"),
        pytest.param(
            0.4 + 0.01 * (np.arange(500) % 2), "spans 0.01", id="hardly moves"
        ),
    ],
)
def test_a_load_that_does_not_move_cannot_tell_a_slope(use, value):
    power = 200.0 + np.random.default_rng(1).standard_normal(500)

    with pytest.raises(ScenarioError, match=value) as refused:
        fit_gpu_utilisation(
            "gpu0", t_s=np.arange(500.0), power_w=power, utilisation_frac=use,
            idle_w=60.0, full_w=700.0,
        )  # fmt: skip

    assert refused.value.field == "gpu0.swing_w"
    assert "light and heavy load" in refused.value.repair


@pytest.mark.parametrize("seed", range(8))
def test_idle_is_refused_where_the_gpu_never_rests(seed, lasting):
    rng = np.random.default_rng(seed)
    use = np.clip(0.825 + lasting(rng, 1500, rho=0.95, scale=0.08), 0.7, 0.95)
    power = 90.0 + 580.0 * use + lasting(rng, 1500, rho=0.98, scale=30.0)

    with pytest.raises(ScenarioError, match="standard error of idle_w") as refused:
        fitted({"t_s": np.arange(1500) * MINUTE, "power_w": power,
                "utilisation_frac": use})  # fmt: skip

    assert refused.value.field == "gpu0.idle_w"
    assert "rests" in refused.value.repair


def test_one_change_of_load_is_too_few_independent_readings(lasting):
    n = 400
    use = np.where(
        np.arange(n) < 140, 0.1, 0.9
    )  # a single step in what is learned from
    noise = lasting(np.random.default_rng(3), n, rho=0.995, scale=15.0)

    with pytest.raises(ScenarioError, match="independent"):
        fitted({
            "t_s": np.arange(n) * 1.0, "power_w": 70 + 400 * use + noise,
            "utilisation_frac": use,
        })  # fmt: skip


def test_missing_readings_are_left_out(lasting):
    data = gpu(2, lasting)
    whole = fitted(data)
    data["power_w"][::7] = np.nan
    data["utilisation_frac"][::11] = np.nan

    fit = fitted(data)

    assert fit.samples < whole.samples
    assert fit.value("swing_w") == pytest.approx(400.0, abs=30.0)


def test_held_out_error_is_of_time_that_was_not_learned_from(lasting):
    data = gpu(4, lasting, n=1000)
    data["power_w"][700:] += 50.0  # the last 30 %, which is held out

    fit = fitted(data)

    assert fit.held_out.samples == 300
    assert fit.value("idle_w") == pytest.approx(70.0, abs=15.0)
    assert fit.held_out.bias_after == pytest.approx(-50.0, abs=15.0)


def test_the_error_before_is_that_of_the_catalogue(lasting):
    fit = fitted(gpu(5, lasting))

    # 60 + 640 u against 70 + 400 u at a mean of about 0.5: 110 W too much
    assert fit.held_out.bias_before == pytest.approx(110.0, abs=30.0)
    assert fit.held_out.rms_after < 0.3 * fit.held_out.rms_before


def test_leakage_comes_back_where_the_inlet_moves(lasting):
    data = gpu(6, lasting, n=6000, rho_noise=0.0)
    hours = data["t_s"] / 3600.0
    inlet = 25.0 + 6.0 * np.sin(2 * np.pi * hours / 24.0)
    base = 70.0 + 400.0 * data["utilisation_frac"]
    # P = P0 (1 + k (T - 60)), T = inlet + 0.08 P: solved for P
    k, r = 0.004, 0.08
    power = base * (1.0 + k * (inlet - 60.0)) / (1.0 - k * r * base)
    data["power_w"] = power + np.random.default_rng(6).normal(0.0, 5.0, power.size)

    fit = fitted(data, gpu_c=inlet + r * power, inlet_c=inlet)

    assert fit.value("leakage_per_k") == pytest.approx(k, rel=0.15)
    # what is applied is what was judged: use and inlet tell power, nothing else does
    values = {p.name: p.value for p in fit.parameters}
    late = slice(-fit.held_out.samples, None)
    said = gpu_utilisation_w(
        values,
        {"utilisation_frac": data["utilisation_frac"][late], "inlet_c": inlet[late]},
    )
    off = said - data["power_w"][late]
    assert np.sqrt(np.mean(off**2)) == pytest.approx(fit.held_out.rms_after, rel=1e-9)
    # T = inlet + r P, with P near the mean's: about 1.06 K per kelvin of inlet
    assert fit.value("warm_per_inlet") == pytest.approx(1.06, abs=0.05)


def test_leakage_is_held_where_the_inlet_stands_still(lasting):
    data = gpu(7, lasting)
    inlet = np.full(data["t_s"].size, 25.0)

    fit = fitted(data, gpu_c=inlet + 0.08 * data["power_w"], inlet_c=inlet)

    assert not fit["leakage_per_k"].fitted
    assert [one.parameter for one in fit.refused] == ["leakage_per_k"]


def test_leakage_is_not_looked_for_from_the_gpus_own_temperature(lasting):
    data = gpu(8, lasting)

    fit = fitted(data, gpu_c=25.0 + 0.08 * data["power_w"])

    assert {p.name for p in fit.parameters} == {"idle_w", "swing_w"}
    assert "inlet" in fit.warnings[0]


def clocked(clocks, seed=1, n=800, noise_w=8.0):
    rng = np.random.default_rng(seed)
    frac = rng.choice(clocks, n // 20).repeat(20)
    power = 90.0 + 600.0 * frac**2.3 + rng.normal(0.0, noise_w, n)
    return fit_gpu_clock(
        "gpu0", t_s=np.arange(n) * 1.0, power_w=power, sm_clock_hz=frac * 1.98e9,
        highest_hz=1.98e9, idle_w=90.0, full_w=700.0,
    )  # fmt: skip


def test_the_frequency_response_comes_back():
    fit = clocked([0.3, 0.45, 0.6, 0.8, 1.0])

    for name, truth in (("idle_w", 90.0), ("dynamic_w", 600.0), ("exponent", 2.3)):
        assert abs(fit.value(name) - truth) < 3.0 * fit[name].standard_error


def test_few_high_clocks_hold_idle_at_the_catalogue():
    fit = clocked([0.82, 0.9, 1.0], noise_w=40.0)

    assert not fit["idle_w"].fitted
    assert fit.value("idle_w") == 90.0
    assert fit["exponent"].fitted
    assert fit.value("exponent") == pytest.approx(2.3, abs=0.2)


def test_one_clock_tells_no_exponent():
    with pytest.raises(ScenarioError, match="clock_frac spans 0 ") as refused:
        clocked([1.0])

    assert refused.value.field == "gpu0.exponent"


def server(fan_frac, gpus_w, **more):
    """A server of 800 W, 1.2 W per GPU watt and fans of 500 W."""
    noise = np.random.default_rng(9).normal(0.0, 20.0, gpus_w.size)
    power = 800.0 + 1.2 * gpus_w + 500.0 * fan_frac**3 + noise
    return fit_server(
        "node1", t_s=np.arange(gpus_w.size) * MINUTE, server_w=power, gpus_w=gpus_w,
        host_w=900.0, slope=1.1, fan_frac=fan_frac, fan_full_w=400.0, **more,
    )  # fmt: skip


def test_a_servers_line_and_fans_come_back():
    rng = np.random.default_rng(1)
    fit = server(rng.uniform(0.3, 1.0, 900), rng.uniform(1000.0, 5000.0, 900))

    for name, truth in (("host_w", 800.0), ("slope", 1.2), ("fan_full_w", 500.0)):
        assert abs(fit.value(name) - truth) < 3.0 * fit[name].standard_error


def test_fans_at_one_speed_are_held_and_said():
    gpus = np.random.default_rng(1).uniform(1000.0, 5000.0, 900)

    fit = server(np.full(900, 0.5), gpus)

    assert [one.parameter for one in fit.refused] == ["fan_full_w"]
    assert fit.value("fan_full_w") == 400.0


def test_errors_of_the_gpu_readings_are_warned_of():
    gpus = np.random.default_rng(1).normal(3000.0, 300.0, 900)

    # 3 % of 3000 W is 90 W: (90 / 300)^2 = 9 %
    fit = server(np.linspace(0.3, 1.0, 900), gpus, gpu_error_frac=0.03)

    assert "about 9%" in fit.warnings[0]


# --- the record -----------------------------------------------------------------------


def test_the_version_is_of_the_content(lasting):
    data = gpu(1, lasting)
    again, other = fitted(data), fitted(gpu(2, lasting))

    assert fitted(data).version == again.version != other.version
    assert fit_gpu_utilisation(
        "gpu0", idle_w=61.0, full_w=700.0, **data
    ).version != again.version  # fmt: skip


def test_a_record_survives_json(lasting):
    import json

    fit = fitted(
        gpu(1, lasting), gpu_c=np.full(1500, 50.0), inlet_c=np.full(1500, 25.0)
    )
    text = json.dumps(fit.to_json(), allow_nan=False)

    assert Fit.from_json(json.loads(text)).to_json() == fit.to_json()


def test_a_fit_worse_than_its_prior_is_held_back(lasting):
    data = gpu(4, lasting, n=1000)
    data["power_w"][700:] = 60.0 + 640.0 * data["utilisation_frac"][700:]

    worse, better = fitted(data), fitted(gpu(4, lasting, n=1000))

    assert "its prior's is" in worse.held_back
    assert better.held_back == ""


def test_halving_an_error_needs_four_times_the_readings(lasting):
    fit = fitted(gpu(1, lasting))

    once, half = samples_needed(fit), samples_needed(fit, error_frac=0.025)

    assert half["idle_w"] == pytest.approx(4 * once["idle_w"], rel=0.01)
    assert once["swing_w"] < once["idle_w"]


def test_times_that_go_back_are_refused(lasting):
    data = gpu(1, lasting)
    data["t_s"][10] = 0.0

    with pytest.raises(ScenarioError, match="must rise"):
        fitted(data)


def test_too_few_readings_are_refused(lasting):
    data = {name: values[:9] for name, values in gpu(1, lasting).items()}

    with pytest.raises(ScenarioError, match="got 7"):
        fitted(data)


# --- measured -------------------------------------------------------------------------


@pytest.mark.data
def test_a_line_through_a_shared_gpus_hours_beats_its_mean(data_dir):
    from cli.validation.tracking import traces

    trace = next(t for t in traces(data_dir) if t.name == "biohpc.cbsugpu08")
    fit = fit_gpu_utilisation(
        "cbsugpu08", t_s=trace.t_s, power_w=trace.power_w,
        utilisation_frac=trace.use_frac, idle_w=75.0, full_w=700.0,
    )  # fmt: skip
    last = trace.power_w[-fit.held_out.samples :]
    before = trace.power_w[: fit.samples].mean()
    by_mean = np.sqrt(np.mean((last - before) ** 2))

    assert fit.held_out.rms_after < 0.3 * by_mean
    assert abs(fit.held_out.bias_after) < 0.02 * last.mean()
    assert fit.held_out.rms_after < 0.25 * fit.held_out.rms_before

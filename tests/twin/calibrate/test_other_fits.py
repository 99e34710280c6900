"""Conversion losses, temperatures and levels: what comes back and what is refused."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest
from scipy.signal import lfilter

from twin.calibrate.conversion_fit import fit_conversion
from twin.calibrate.effective import effective_samples
from twin.calibrate.levels_fit import find_levels, fit_levels
from twin.calibrate.thermal_fit import fit_thermal
from twin.errors import ScenarioError

# --- conversion -----------------------------------------------------------------------


def stage(out, *, noise_w=5.0, seed=1):
    """A stage rated 10 kW that loses 1 % + 2 % x + 3 % x²."""
    x = out / 10_000.0
    loss = 10_000.0 * (0.01 + 0.02 * x + 0.03 * x**2)
    noise = np.random.default_rng(seed).normal(0.0, noise_w, out.size)
    return {
        "t_s": np.arange(out.size) * 60.0, "input_w": out + loss + noise,
        "output_w": out, "rated_w": 10_000.0,
    }  # fmt: skip


def test_losses_come_back_over_the_whole_range():
    out = np.random.default_rng(1).uniform(500.0, 10_000.0, 2000)

    fit = fit_conversion("ups", **stage(out))

    for name, truth in (("fixed", 0.01), ("linear", 0.02), ("quadratic", 0.03)):
        assert fit[name].fitted
        assert abs(fit.value(name) - truth) < 3.0 * fit[name].standard_error


def test_a_narrow_range_of_loads_holds_what_it_cannot_tell():
    out = np.random.default_rng(1).uniform(6000.0, 8000.0, 2000)

    fit = fit_conversion("ups", **stage(out, noise_w=30.0))

    assert fit.refused
    assert {one.parameter for one in fit.refused} <= {"fixed", "quadratic"}
    assert fit["linear"].fitted


def test_a_constant_load_is_refused():
    with pytest.raises(ScenarioError, match="output_frac spans 0 ") as refused:
        fit_conversion("ups", **stage(np.full(500, 5000.0)))

    assert refused.value.field == "ups.linear"


def test_more_out_than_in_means_that_meters_do_not_read_at_once():
    out = 5000.0 + 3000.0 * np.sign(np.sin(np.arange(600) / 5.0))
    data = stage(out)
    data["output_w"] = np.roll(out, 1)  # read one step late

    with pytest.raises(ScenarioError, match="same instant"):
        fit_conversion("psu", **data)


def test_means_of_runs_do_not_mind_late_meters():
    levels = np.linspace(1000.0, 10_000.0, 40)
    run = np.arange(40).repeat(50)
    out = levels.repeat(50) + np.random.default_rng(2).normal(0.0, 800.0, 2000)
    data = stage(out)
    for k in range(40):  # late by one, inside each run
        data["output_w"][run == k] = np.roll(out[run == k], 1)

    fit = fit_conversion("psu", **data, run=run)

    total = fit.value("fixed") + 0.5 * fit.value("linear")
    total += 0.25 * fit.value("quadratic")
    assert total == pytest.approx(0.01 + 0.01 + 0.0075, rel=0.1)
    assert fit.held_out is None
    assert "means of 40 runs" in fit.warnings[0]


@pytest.mark.data
def test_published_node_readings_are_refused_one_by_one(data_dir):
    path = data_dir / "mlperf_train_power_h100" / "gpt3_64node_run1_node_power.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = [r for r in csv.DictReader(file) if r["dc_output_w"]][:5000]
    ac, dc = (np.array([float(r[k]) for r in rows])
              for k in ("ac_input_w", "dc_output_w"))  # fmt: skip

    with pytest.raises(ScenarioError, match="same instant"):
        fit_conversion("psu", t_s=np.arange(ac.size) * 2.0, input_w=ac, output_w=dc,
                       rated_w=12_000.0)  # fmt: skip


# --- temperature ----------------------------------------------------------------------

R, TAU, INLET = 0.05, 60.0, 24.0


def gpu(seed=1, *, n=600, dt=10.0, loads=(100.0, 400.0, 650.0)):
    """A GPU at 24 C and 0.05 K/W that turns in a minute, read within half a kelvin."""
    rng = np.random.default_rng(seed)
    power = rng.choice(loads, n // 30).repeat(30).astype(float)
    keep = np.exp(-dt / TAU)
    goal = INLET + R * power
    settled, _ = lfilter([1.0 - keep], [1.0, -keep], goal, zi=[keep * 30.0])
    noisy = settled + rng.normal(0.0, 0.5, n)
    return {"t_s": np.arange(n) * dt, "gpu_c": noisy, "power_w": power}


def test_resistance_and_time_constant_lie_in_their_ranges():
    truth = {"r_k_per_w": R, "tau_s": TAU, "inlet_c": INLET}
    held = dict.fromkeys(truth, 0)
    for seed in range(100):
        fit = fit_thermal("gpu0", **gpu(seed))
        for name, value in truth.items():
            off = abs(fit.value(name) - value)
            held[name] += off < 1.645 * fit[name].standard_error

    # 100 draws of a 90 % range: the binomial's own 99.8 % limits are 80 and 98
    assert all(80 <= count <= 98 for count in held.values()), held


def test_with_inlets_the_offset_above_them_comes_back():
    data = gpu()
    inlet = 24.0 + 3.0 * np.sin(data["t_s"] / 900.0)
    keep = np.exp(-10.0 / TAU)
    goal = inlet + 4.0 + R * data["power_w"]
    data["gpu_c"], _ = lfilter([1.0 - keep], [1.0, -keep], goal, zi=[keep * 30.0])

    fit = fit_thermal("gpu0", **data, inlet_c=inlet)

    assert fit.value("offset_k") == pytest.approx(4.0, abs=0.01)
    assert fit.value("tau_s") == pytest.approx(TAU, rel=1e-3)


def test_hourly_readings_tell_resistance_but_no_time_constant():
    fit = fit_thermal("gpu0", **gpu(dt=3600.0))

    assert fit.value("r_k_per_w") == pytest.approx(R, rel=0.02)
    assert not fit["tau_s"].fitted
    assert "at least every 15 s" in next(
        one.needs for one in fit.refused if one.parameter == "tau_s"
    )


def test_constant_power_tells_no_resistance():
    with pytest.raises(ScenarioError, match="power_w spans 0 ") as refused:
        fit_thermal("gpu0", **gpu(loads=(400.0,)))

    assert refused.value.field == "gpu0.r_k_per_w"


def test_uneven_times_are_refused():
    data = gpu()
    data["t_s"][300:] += 40.0

    with pytest.raises(ScenarioError, match="evenly spaced"):
        fit_thermal("gpu0", **data)


# --- levels ---------------------------------------------------------------------------


def visits(levels, n=3000, dwell=40, noise=20.0, seed=1):
    rng = np.random.default_rng(seed)
    where = rng.integers(0, len(levels), n // dwell).repeat(dwell)
    return np.array(levels)[where] + rng.normal(0.0, noise, where.size)


def test_three_levels_come_back():
    power = visits([300.0, 2000.0, 5000.0])

    fit = fit_levels("node1", t_s=np.arange(power.size) * 1.0, power_w=power)

    for k, level in enumerate((300.0, 2000.0, 5000.0), start=1):
        assert fit.value(f"level_{k}_w") == pytest.approx(level, abs=5.0)
        assert fit.value(f"share_{k}") == pytest.approx(1 / 3, abs=0.2)
    # neighbours of 40 draw the same level one time in three: 40 × 3 / 2 on the average
    assert fit.value("dwell_1_s") == pytest.approx(60.0, rel=0.5)
    assert fit.held_out.rms_after < 0.05 * fit.held_out.rms_before


def test_noise_alone_makes_no_second_level():
    counted = [
        find_levels(5000.0 + np.random.default_rng(seed).normal(0, 100, 800))
        .level_w.size
        for seed in range(20)
    ]  # fmt: skip

    assert counted == [1] * 20


def test_noise_that_wanders_makes_no_second_level(lasting):
    power = 5000.0 + lasting(np.random.default_rng(1), 3000, rho=0.99, scale=100.0)

    effective = effective_samples(power)

    assert find_levels(power, effective=effective).level_w.size == 1


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_effective_samples_of_lasting_noise_are_those_of_theory(lasting, rho):
    noise = lasting(np.random.default_rng(1), 200_000, rho=rho, scale=1.0)

    # an AR(1) series of n readings is worth n (1 - rho) / (1 + rho)
    wanted = noise.size * (1.0 - rho) / (1.0 + rho)
    assert effective_samples(noise) == pytest.approx(wanted, rel=0.1)


def test_a_short_record_is_refused():
    with pytest.raises(ScenarioError, match="got 21"):
        fit_levels("node1", t_s=np.arange(30.0), power_w=np.ones(30))

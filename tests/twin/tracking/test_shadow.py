"""Measured against predicted: what drifts, since when, and how often for nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from twin.errors import ScenarioError
from twin.tracking.drift import FEWEST_BLOCKS, Baseline, baseline, find_drift
from twin.tracking.shadow import compare

USUAL = Baseline(bias_w=0.0, sigma_w=1.0, block=1, blocks=1000)


def white(seed, n):
    return np.random.default_rng(seed).standard_normal(n)


def lasting(seed, n, rho):
    return lfilter([np.sqrt(1 - rho**2)], [1.0, -rho], white(seed, n + 500))[500:]


# --- how often, how late --------------------------------------------------------------


def test_false_alarms_come_as_rarely_as_they_should():
    # 300 runs: the mean of exponential times is known to 6 %
    lengths = []
    for seed in range(300):
        found = find_drift(np.arange(80_000.0), white(seed, 80_000), USUAL)
        lengths.append(80_000.0 if found is None else found.found_s)

    assert np.mean(lengths) == pytest.approx(9556.0, rel=0.2)  # as theory says


@pytest.mark.parametrize(
    ("shift", "blocks"),
    [
        pytest.param(1.0, 16.3, id="one sigma"),
        pytest.param(2.0, 5.9, id="two sigma"),
        pytest.param(4.0, 2.58, id="four sigma"),
    ],
)
def test_a_step_is_found_after_as_many_blocks_as_theory_says(shift, blocks):
    delays = []
    for seed in range(300):
        # from the start of watching, as theory has it
        found = find_drift(np.arange(500.0), white(seed, 500) + shift, USUAL)
        delays.append(found.found_s + 1.0)

    assert np.mean(delays) == pytest.approx(blocks, rel=0.1, abs=0.3)


def test_noise_that_lasts_makes_no_more_alarms_once_blocks_are_as_long():
    # ten readings hang together; held out are 20,000 of them
    alarms = 0
    for seed in range(60):
        noise = 100.0 * lasting(seed, 40_000, rho=0.82)
        usual = baseline(noise[:20_000])
        found = find_drift(np.arange(20_000.0), noise[20_000:], usual)
        alarms += found is not None

    assert usual.block >= 10
    # about 1,000 blocks against 9,556 to an alarm: a tenth, sigma's own error included
    assert alarms <= 15


def test_since_when_is_told_to_within_the_noise():
    off = []
    for seed in range(200):
        noise = white(seed, 1000)
        noise[700:] += 2.0
        found = find_drift(np.arange(1000.0), noise, USUAL)
        if found is not None and found.found_s >= 700.0:
            off.append(found.since_s - 700.0)
            assert found.direction == "more"

    assert len(off) > 150
    assert abs(np.median(off)) <= 2.0


def test_size_and_direction_are_in_watts():
    usual = Baseline(bias_w=20.0, sigma_w=10.0, block=5, blocks=500)
    residual = 20.0 + 10.0 * np.sqrt(5.0) * white(1, 4000)
    residual[2000:] -= 50.0

    found = find_drift(np.arange(4000.0) * 60.0, residual, usual)

    assert found.direction == "less"
    assert found.size_w == pytest.approx(-50.0, abs=5.0)
    assert found.since_s == pytest.approx(2000 * 60.0, abs=20 * 60.0)


def test_a_usual_bias_is_no_drift():
    usual = Baseline(bias_w=100.0, sigma_w=1.0, block=1, blocks=1000)

    assert find_drift(np.arange(500.0), np.full(500, 100.0), usual) is None


def test_a_baseline_that_is_too_short_is_refused():
    with pytest.raises(ScenarioError, match=f"at least {FEWEST_BLOCKS} blocks"):
        baseline(white(1, FEWEST_BLOCKS - 1))


@given(seed=st.integers(0, 1000), holes=st.floats(0.0, 0.5))
@settings(max_examples=30, deadline=None)
def test_missing_readings_are_skipped(seed, holes):
    noise = white(seed, 400)
    kept = np.random.default_rng(seed + 1).random(400) >= holes
    t = np.arange(400.0)

    holed = find_drift(t, np.where(kept, noise, np.nan), USUAL)

    assert holed == find_drift(t[kept], noise[kept], USUAL)


# --- every node -----------------------------------------------------------------------


def test_residuals_are_those_of_a_hand_calculation():
    measured = np.array([[100.0, 200.0, np.nan, 400.0]])
    predicted = np.array([[110.0, 190.0, 300.0, 400.0]])

    node = compare(np.arange(4.0), measured, predicted, names=["pdu"]).nodes[0]

    assert (node.compared, node.missing) == (3, 1)
    assert node.bias_w == pytest.approx(0.0)
    assert node.rms_w == pytest.approx(np.sqrt(200.0 / 3.0))
    assert node.mape_frac == pytest.approx((0.1 + 0.05 + 0.0) / 3.0)
    # 95th percentiles of 100, 200, 400 and of 110, 190, 400: 380 and 379
    assert node.p95_off_frac == pytest.approx(379.0 / 380.0 - 1.0)


def test_a_drift_is_told_where_it_begins():
    t = np.arange(2000.0)
    noise = np.stack([white(k, 2000) for k in range(4)])
    noise[3, 1000:] += 3.0  # rack 2 drifts, and what feeds it with it
    names = ["ups", "pdu", "rack 1", "rack 2"]
    noise[1] += noise[3]
    noise[0] += noise[1]
    scale = {"ups": 3.0, "pdu": 2.0, "rack 1": 1.0, "rack 2": 1.0}
    usual = {
        name: Baseline(bias_w=0.0, sigma_w=sigma, block=1, blocks=999)
        for name, sigma in scale.items()
    }
    predicted = np.full((4, 2000), 5000.0)

    found = compare(
        t, predicted + noise, predicted, names=names, baselines=usual,
        fed_by={"rack 1": ["pdu"], "rack 2": ["pdu"], "pdu": ["ups"]},
    )  # fmt: skip

    drifting = [node.name for node in found.nodes if node.drift is not None]
    assert set(drifting) >= {"rack 2", "pdu"}
    assert found.origins == ("rack 2",)


def test_a_node_without_readings_says_nothing():
    silent = np.full((1, 10), np.nan)

    found = compare(np.arange(10.0), silent, silent + 1.0, names=["pdu"])

    assert found.nodes[0].compared == 0
    assert np.isnan(found.nodes[0].bias_w)
    assert found.unwatched == ("pdu",)


def test_rows_that_do_not_match_the_names_are_refused():
    with pytest.raises(ScenarioError, match="nodes by times"):
        compare(np.arange(10.0), np.ones((2, 10)), np.ones((2, 10)), names=["one"])

"""Input-dependent power: measured ratios, and where they do not apply."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.twin.serving.systems.small_ground import small_ground
from twin.errors import ScenarioError
from twin.serving.systems.input_power import (
    A100_LOGGED,
    H100_LOGGED,
    InputPowerParameters,
    dynamic_factor,
    evaluate,
    fed_engine,
    find_logged,
)


@pytest.mark.parametrize(
    ("data_type", "zeros_frac", "factor"),
    [
        pytest.param("fp16-tensor", 1.0, 134.9 / 247.2, id="tensor core, all zeros"),
        pytest.param("fp32", 1.0, 147.4 / 244.5, id="single precision, all zeros"),
        pytest.param("int8", 0.5, 209.6 / 215.7, id="integers, half zeros"),
        pytest.param("fp16", 0.95, (160.5 / 207.1), id="between two knots"),
        pytest.param("fp16", 0.0, 1.0, id="no zeros"),
    ],
)
def test_power_above_idle_follows_the_logs(data_type, zeros_frac, factor):
    parameters = InputPowerParameters(data_type=data_type, zeros_frac=zeros_frac)

    # idle 48.8 W is taken off both; 0.95 is midway between 221.0 and 197.6 W
    assert dynamic_factor(A100_LOGGED[data_type], parameters) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("pattern", "factor"),
    [
        pytest.param("random", 1.0, id="dense random"),
        pytest.param("sorted rows", 179.2 / 251.3, id="sorted rows"),
        pytest.param("large mean", 146.5 / 252.5, id="large mean"),
    ],
)
def test_patterns_are_held_against_their_own_sweep(pattern, factor):
    parameters = InputPowerParameters(pattern=pattern)

    found = dynamic_factor(A100_LOGGED["fp16-tensor"], parameters)

    assert found == pytest.approx(factor)


def test_power_that_does_not_follow_the_operands_stays():
    half = InputPowerParameters(zeros_frac=1.0, follows_frac=0.5)
    none = InputPowerParameters(zeros_frac=1.0, follows_frac=0.0)
    logged = A100_LOGGED["fp16-tensor"]

    assert dynamic_factor(logged, half) == pytest.approx((1 + 134.9 / 247.2) / 2)
    assert dynamic_factor(logged, none) == 1.0


def test_the_h100_is_used_where_it_was_measured_and_the_a100_elsewhere():
    fp16 = InputPowerParameters(data_type="fp16")
    tensor = InputPowerParameters(data_type="fp16-tensor")
    columns = InputPowerParameters(data_type="fp16", pattern="sorted columns")

    assert find_logged("h100-sxm-80gb", fp16)[0] is H100_LOGGED["fp16"]
    for parameters in (tensor, columns):
        logged, whose = find_logged("h100-sxm-80gb", parameters)
        assert logged is A100_LOGGED[parameters.data_type]
        assert "assumed for h100" in whose


def test_only_the_power_of_an_engine_changes():
    engine = small_ground().engine

    fed = fed_engine(engine, InputPowerParameters(zeros_frac=1.0))

    assert fed.dynamic_power_factor == pytest.approx(134.9 / 247.2)
    assert replace(fed, dynamic_power_factor=1.0) == engine


def test_a_pattern_nobody_measured_is_refused():
    parameters = InputPowerParameters(data_type="fp16", pattern="sorted columns")

    with pytest.raises(ScenarioError, match="sorted columns"):
        dynamic_factor(H100_LOGGED["fp16"], parameters)


def test_dense_random_operands_change_nothing():
    outcome = evaluate(small_ground(), InputPowerParameters(pattern="random"))

    assert outcome.baseline is None
    assert outcome.figures["dynamic_power_factor"] == 1.0
    assert outcome.finished == outcome.arrived == 200


def test_zeros_save_energy_at_equal_times():
    ground = small_ground()
    dense = evaluate(ground, InputPowerParameters(pattern="random"))
    zeros = evaluate(ground, InputPowerParameters(zeros_frac=1.0))

    assert zeros.latency_s == dense.latency_s
    assert zeros.energy_j < dense.energy_j

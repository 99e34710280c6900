"""Axes lie on fields, keep their range, and refuse by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import norm

from twin.errors import ScenarioError
from twin.scenario import Scenario
from twin.scenario.study import Axis, Grid
from twin.study.axes import changes_at, grid_points, place, unit_grid


def placed(*axes):
    return place([Axis.model_validate(a) for a in axes], Scenario)


def scatter(field, **distribution):
    return {"field": field, "distribution": distribution}


def test_a_range_runs_from_end_to_end_in_equal_steps():
    (axis,) = placed(
        {"field": "policy.t1_frac", "range": {"low": 0.7, "high": 0.9, "count": 5}}
    )

    values = [axis.value(u) for u in axis.levels(0)]
    assert_allclose(values, [0.70, 0.75, 0.80, 0.85, 0.90])


def test_a_log_range_has_equal_ratios():
    (axis,) = placed(
        {"field": "control.cap_latency_s", "log": {"low": 1, "high": 100, "count": 3}}
    )

    assert_allclose([axis.value(u) for u in axis.levels(0)], [1.0, 10.0, 100.0])


def test_whole_fields_take_whole_values_each_once():
    (axis,) = placed(
        {"field": "fleet.server_count", "range": {"low": 40, "high": 42, "count": 9}}
    )

    assert [axis.value(u) for u in axis.levels(0)] == [40, 41, 42]


def test_every_whole_value_of_a_range_is_as_likely():
    (axis,) = placed(
        {"field": "fleet.server_count", "range": {"low": 3, "high": 5, "count": 3}}
    )
    drawn = [axis.value((k + 0.5) / 300) for k in range(300)]

    assert [drawn.count(n) for n in (3, 4, 5)] == [100, 100, 100]


def test_whole_values_between_two_are_rounded_up():
    (axis,) = placed(
        {"field": "fleet.server_count", "range": {"low": 2, "high": 12, "count": 5}}
    )

    assert [axis.value(u) for u in axis.levels(0)] == [2, 5, 7, 10, 12]


def test_a_scatter_on_a_grid_gives_the_middles_of_equally_likely_parts():
    (axis,) = placed(scatter("policy.t1_frac", kind="uniform", low=0.6, high=1.0))

    assert_allclose([axis.value(u) for u in axis.levels(2)], [0.7, 0.9])


def test_a_scatter_is_spread_anew_inside_the_fields_range():
    (axis,) = placed(scatter("fleet.low_priority_frac", kind="normal", mean=0, sd=1))
    u = np.linspace(0.01, 0.99, 50)
    found = [axis.value(x) for x in u]

    inside = norm.cdf(0) + u * (norm.cdf(1) - norm.cdf(0))
    assert_allclose(found, norm.ppf(inside), rtol=1e-9)


@given(u=st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_no_value_of_an_axis_leaves_its_field(u):
    axes = placed(
        scatter("fleet.low_priority_frac", kind="normal", mean=0.9, sd=0.5),
        scatter("policy.t1_frac", kind="lognormal", median=1, p5=0.1, p95=9),
        scatter("control.cap_latency_s", kind="exponential", median=400),
    )

    for axis in axes:
        value = axis.value(u)
        assert axis.fact.low <= value <= axis.fact.high


def test_a_grid_has_every_combination_the_last_axis_fastest():
    axes = placed(
        {"field": "fleet.server_count", "values": [40, 52]},
        {"field": "policy.t1_frac", "values": [0.7, 0.8, 0.9]},
    )
    points = [tuple(changes_at(axes, u).values()) for u in unit_grid(axes, Grid())]

    assert points == [(a, b) for a in (40, 52) for b in (0.7, 0.8, 0.9)]


@pytest.mark.parametrize(
    ("axis", "said"),
    [
        pytest.param(
            {"field": "fleet.servercount", "values": [1]},
            r"axes\.0\.field names no field.*fleet\.server_count", id="no such field",
        ),
        pytest.param(
            {"field": "fleet", "range": {"low": 0, "high": 1}},
            "needs a field with numbers", id="a part is no number",
        ),
        pytest.param(
            {"field": "policy.t1_frac", "range": {"low": 0.5, "high": 2}},
            "range.high must lie in the range", id="an end outside",
        ),
        pytest.param(
            {"field": "fleet.server_count", "values": [40, 0]},
            r"values\.1 must lie in the range of fleet.server_count, 1 to 5000",
            id="a value outside",
        ),
        pytest.param(
            {"field": "fleet.server_count", "values": ["a few"]},
            r"values\.0 must be a number for fleet.server_count", id="no number",
        ),
        pytest.param(
            {"field": "policy.name", "values": ["polka"]}, "did you mean 'polca'",
            id="no such choice",
        ),
        pytest.param(
            scatter("fleet.low_priority_frac", kind="uniform", low=2, high=3),
            "has no mass in the range of fleet.low_priority_frac, 0 to 1",
            id="no mass inside",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_a_field_is_refused_by_name(axis, said):
    with pytest.raises(ScenarioError, match=said):
        placed(axis)


def test_a_billion_points_are_refused_before_they_are_made():
    axes = placed(
        {
            "field": "fleet.server_count",
            "range": {"low": 1, "high": 5000, "count": 5000},
        },
        {"field": "policy.t1_frac", "range": {"low": 0.1, "high": 1, "count": 200_000}},
    )

    with pytest.raises(ScenarioError, match=r"5000 × 200000 = 1,000,000,000.*sobol"):
        grid_points(axes, Grid())

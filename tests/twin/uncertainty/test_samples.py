"""What a plain sample says: limits passed, quantiles, bins."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from twin.errors import ScenarioError
from twin.uncertainty.exceedance import binomial_interval, exceedance
from twin.uncertainty.summary import histogram, order_ranks, summarise


@pytest.mark.parametrize(
    ("passed", "count", "low", "high"),
    [
        pytest.param(0, 10, 0.0, 0.3085, id="none: 1 - 0.025^(1/10)"),
        pytest.param(10, 10, 0.6915, 1.0, id="all: 0.025^(1/10)"),
        pytest.param(1, 10, 0.0025, 0.4450, id="one of ten, published tables"),
    ],
)
def test_exact_interval_matches_hand_calculation(passed, count, low, high):
    assert_allclose(binomial_interval(passed, count, 0.95), [low, high], atol=5e-5)


@pytest.mark.parametrize("count", [1, 7, 100, 1000])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_exact_interval_covers_every_probability_as_often_as_it_says(count, level):
    ends = np.array([binomial_interval(k, count, level) for k in range(count + 1)])
    for chance in np.linspace(0.001, 0.999, 57):
        holds = (ends[:, 0] <= chance) & (chance <= ends[:, 1])
        weight = stats.binom.pmf(np.arange(count + 1), count, chance)
        assert weight[holds].sum() >= level - 1e-12


@pytest.mark.parametrize("count", [20, 101, 1000])
@pytest.mark.parametrize("frac", [0.05, 0.5, 0.99])
def test_two_order_statistics_hold_a_quantile_as_often_as_they_say(count, frac):
    first, last = order_ranks(count, frac, 0.95)
    below = stats.binom(count, frac)

    assert below.cdf(last - 1) - below.cdf(first - 1) >= 0.95


def test_a_value_on_the_limit_does_not_pass_it():
    values = np.array([1.0, 2.0, 3.0, 3.0])

    assert exceedance(values, 3.0).passed == 0
    assert exceedance(values, 2.0).passed == 2
    assert exceedance(values, 2.0, side="below").probability == 0.25


def test_undefined_outputs_are_refused_or_left_out_and_counted():
    values = np.array([1.0, math.nan, 5.0])

    with pytest.raises(ScenarioError, match="1 of 3 are not"):
        exceedance(values, 2.0)
    found = exceedance(values, 2.0, undefined="leave-out")
    assert (found.passed, found.count, found.undefined) == (1, 2, 1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"limit": math.nan}, "limit"),
        ({"limit": 1.0, "side": "beyond"}, "side"),
        ({"limit": 1.0, "level": 95.0}, "level"),
        ({"limit": 1.0, "design": "grid"}, "design"),
    ],
)
def test_bad_questions_are_refused_by_field(given, field):
    with pytest.raises(ScenarioError) as caught:
        exceedance(np.ones(3), **given)
    assert caught.value.field == field


def test_no_points_are_refused():
    with pytest.raises(ScenarioError, match="at least 1"):
        exceedance(np.empty(0), 1.0)


def test_summary_matches_hand_calculation():
    found = summarise(np.array([4.0, 1.0, math.nan, 2.0, 3.0]), fracs=(0.5,))

    assert (found.count, found.undefined) == (4, 1)
    assert_allclose([found.mean, found.sd], [2.5, math.sqrt(5 / 3)])
    assert (found.least, found.most, found.quantiles[0].value) == (1.0, 4.0, 2.5)
    assert found.quantiles[0].low == -math.inf
    assert "1 undefined" in found.note


def test_a_stratified_sample_is_said_to_have_conservative_intervals():
    values = np.arange(100.0)

    assert "conservative" in summarise(values, design="sobol").note
    assert "conservative" in exceedance(values, 3.0, design="latin-hypercube").method


def test_nothing_defined_is_said_and_not_computed():
    found = summarise(np.full(3, math.nan))

    assert found.count == 0
    assert math.isnan(found.mean)
    assert found.note == "no output is defined"


def test_bins_count_every_point_and_stay_few_with_a_long_tail():
    values = np.concatenate([np.linspace(0, 1, 5000), [1e6]])
    found = histogram(values)

    assert found.counts.sum() == 5001
    assert len(found.counts) <= 60


def test_equal_outputs_make_one_bin_and_none_make_none():
    assert list(histogram(np.full(5, 2.0)).counts) == [5]
    assert len(histogram(np.array([math.nan])).counts) == 0

"""Rare events against probabilities known in closed form, and by quadrature."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import ndtri

from cli.validation.uncertainty import (
    four_branch_probability,
    four_branches,
    rare_cases,
    solve,
)
from twin.errors import ScenarioError
from twin.uncertainty.importance import Importance
from twin.uncertainty.mixture import fit_mixture, standard_log_density
from twin.uncertainty.splitting import Splitting, replica_interval

CASES = rare_cases()
KINDS = [pytest.param(Splitting, id="splitting"), pytest.param(Importance, id="is")]


def line(unit):
    return ndtri(unit).sum(axis=1) / math.sqrt(unit.shape[1])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_forty_splitting_intervals_hold_the_truth_as_often_as_they_say(case):
    found = [
        solve(Splitting(case.dim, case.limit, seed=s), case.output) for s in range(40)
    ]
    held = sum(one.low <= case.probability <= one.high for one in found)

    assert held >= 36  # 95 % is 38; fewer than 36 happen by chance once in 20


@pytest.mark.parametrize("case", CASES[1:3], ids=lambda case: case.name)
def test_twenty_importance_intervals_hold_the_truth_as_often_as_they_say(case):
    found = [
        solve(Importance(case.dim, case.limit, seed=s), case.output) for s in range(20)
    ]
    held = sum(one.low <= case.probability <= one.high for one in found)

    assert held >= 17
    assert {one.method for one in found} == {"importance"}


def test_four_branches_by_quadrature_agree_with_brute_force():
    unit = np.random.default_rng(1).random((1_000_000, 2))
    share = float((four_branches(unit) > 0.0).mean())

    assert_allclose(share, four_branch_probability(), atol=4 * 4.7e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_below_a_limit_is_as_probable_as_its_mirror_image(kind):
    above = solve(kind(2, 3.0, seed=4), line)
    below = solve(kind(2, -3.0, seed=4, side="below"), lambda unit: -line(unit))

    assert above == below


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_asks_the_same_points(kind):
    one, other = kind(3, 3.0, seed=9), kind(3, 3.0, seed=9)
    while (unit := one.ask()) is not None:
        assert_array_equal(unit, other.ask())
        one.tell(line(unit))
        other.tell(line(unit))

    assert other.ask() is None
    assert one.result() == other.result()


@pytest.mark.parametrize("kind", KINDS)
def test_a_common_event_is_a_plain_share_with_its_exact_interval(kind):
    found = solve(kind(1, 0.3), lambda unit: unit[:, 0])

    assert found.method == "plain"
    assert found.low < 0.7 < found.high
    assert found.note == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_flat_output_is_said_to_show_no_way(kind):
    found = solve(kind(2, 1.0), lambda unit: np.zeros(len(unit)))

    assert (found.probability, found.low, found.method) == (0.0, 0.0, "plain")
    assert 0.0 < found.high < 1e-3
    assert "plain points alone" in found.note


def test_splitting_gives_up_where_the_limit_is_out_of_reach():
    found = solve(Splitting(2, 1.5, points=100), lambda unit: unit.max(axis=1))

    assert found.probability == found.low == 0.0
    assert found.high < 1e-9
    assert "20 replicas had not reached" in found.note


@pytest.mark.parametrize("kind", KINDS)
def test_undefined_outputs_count_as_no_event_and_are_said(kind):
    def holed(unit):
        return np.where(unit[:, 1] < 0.5, math.nan, ndtri(unit[:, 0]))

    found = solve(kind(2, 3.0, seed=2), holed)

    assert found.low < 0.5 * 1.349898e-3 < found.high
    assert found.undefined > 0
    assert "count as no event" in found.note


def test_degenerate_weights_are_said_and_plain_points_answer():
    found = solve(Importance(40, -float(ndtri(1e-4)), points=250, replicas=2), line)

    assert found.method == "plain"
    assert found.low <= 1e-4 <= found.high
    assert "degenerate" in found.note or "no search" in found.note


@pytest.mark.parametrize("kind", KINDS)
def test_too_few_told_outputs_are_refused(kind):
    sampler = kind(2, 3.0)
    sampler.ask()
    with pytest.raises(ScenarioError, match="one for each of"):
        sampler.tell(np.zeros(3))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"dim": 0}, "dim"),
        ({"points": 10}, "points"),
        ({"replicas": 1}, "replicas"),
        ({"keep_frac": 0.9}, "keep_frac"),
        ({"level": 1.0}, "level"),
        ({"limit": math.inf}, "limit"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_bad_settings_are_refused_by_field(kind, given, field):
    with pytest.raises(ScenarioError) as caught:
        kind(**({"dim": 2, "limit": 3.0} | given))
    assert caught.value.field == field


def test_equal_estimates_have_an_interval_of_no_width():
    assert_allclose(replica_interval(np.full(5, 0.01), 0.95), [0.01, 0.01])


def test_a_mixture_finds_both_sides_and_draws_what_it_weighs():
    rng = np.random.default_rng(0)
    z = np.concatenate(
        [rng.standard_normal((400, 2)) + 4, rng.standard_normal((400, 2)) - 4]
    )
    found = fit_mixture(z, np.ones(800), 2, rng)
    drawn = found.draw(200_000, rng)
    weight = np.exp(standard_log_density(drawn + 4) - found.log_density(drawn))

    assert_allclose(np.sort(found.mean[:, 0]), [-4, 4], atol=0.2)
    assert_allclose(weight.mean(), 1.0, atol=0.02)  # both densities integrate to one

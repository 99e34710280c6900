"""Which input matters: Ishigami's function, straight lines, and what cannot be said."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cli.validation.uncertainty import ISHIGAMI, ishigami
from twin.errors import ScenarioError
from twin.uncertainty.sensitivity import (
    given_data,
    rank_correlations,
    saltelli_design,
    saltelli_sample,
    sobol_indices,
)
from twin.uncertainty.tornado import tornado


def test_ishigami_indices_come_out_within_two_hundredths():
    points = saltelli_design(3, 4096, seed=1)
    found = sobol_indices(ishigami(points), points)
    pairs = [(effect.first, effect.total) for effect in found.effects]

    assert_allclose(pairs, ISHIGAMI, atol=0.02)


def test_given_data_finds_the_first_indices_of_a_line():
    points = np.random.default_rng(0).random((2000, 3))
    found = given_data(points @ [2.0, 1.0, 0.0], points)

    assert_allclose([e.first for e in found.effects], [0.8, 0.2, 0.0], atol=0.03)
    assert all(math.isnan(e.total) for e in found.effects)
    assert found.note == ""


def test_variance_that_inputs_make_only_together_is_said():
    points = np.random.default_rng(0).random((2000, 2))
    found = given_data(np.prod(points - 0.5, axis=1), points)

    assert "of the variance is not any input's alone" in found.note


def test_rank_correlation_is_one_for_whatever_only_rises():
    points = np.random.default_rng(0).random((50, 3))
    points[:, 2] = 7.0
    found = rank_correlations(np.exp(5 * points[:, 0]), points)

    assert_allclose(found[0], 1.0)
    assert abs(found[1]) < 0.5
    assert math.isnan(found[2])


def test_global_randomness_is_left_alone_and_threads_agree():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the state watched
    points = saltelli_design(3, 64, seed=0)
    values = ishigami(points)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: sobol_indices(values, points), range(8)))
        given = list(pool.map(lambda _: repr(given_data(values, points)), range(8)))

    assert all(one == found[0] for one in found)
    assert len(set(given)) == 1
    assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_a_constant_output_has_no_indices_and_says_so():
    points = saltelli_design(2, 8, seed=0)
    for found in (
        sobol_indices(np.full(32, 5.0), points),
        given_data(np.full(32, 5.0), points),
    ):
        assert found.method == "constant"
        assert math.isnan(found.effects[0].first)
        assert "nothing matters" in found.note


def test_a_single_input_makes_all_the_variance():
    points = saltelli_design(1, 1024, seed=0)
    effect = sobol_indices(points[:, 0] ** 2, points).effects[0]

    assert_allclose([effect.first, effect.total], [1.0, 1.0], atol=0.02)


def test_an_undefined_output_takes_its_group_along():
    points = saltelli_design(2, 64, seed=0)
    values = points[:, 0].copy()
    values[5] = math.nan
    found = sobol_indices(values, points)

    assert (found.count, found.undefined) == (63 * 4, 1)
    assert "1 of 64 groups left out" in found.note


def test_few_points_give_ranks_alone():
    points = np.random.default_rng(0).random((12, 2))
    found = given_data(points[:, 0], points)

    assert found.method == "rank"
    assert_allclose(found.effects[0].rank_correlation, 1.0)


@pytest.mark.parametrize("base", [100, 4])
def test_a_base_that_is_no_power_of_two_or_small_is_refused(base):
    with pytest.raises(ScenarioError, match="base"):
        saltelli_design(2, base, seed=0)


def test_part_of_a_design_is_refused():
    points = saltelli_design(2, 8, seed=0)[:-1]
    with pytest.raises(ScenarioError, match="groups of 4"):
        sobol_indices(points[:, 0], points)


def test_points_that_do_not_fit_the_outputs_are_refused():
    with pytest.raises(ScenarioError, match="points"):
        given_data(np.ones(4), np.ones((5, 2)))


def test_the_sample_inside_a_design_is_its_two_base_samples():
    points = saltelli_design(3, 16, seed=0)
    sample = points[saltelli_sample(3, len(points))]

    assert len(sample) == 32
    assert len(np.unique(sample, axis=0)) == 32


def test_tornado_bars_are_sorted_by_how_far_the_output_moves():
    points = np.array([[0.5, 0.5], [0.05, 0.5], [0.95, 0.5], [0.5, 0.05], [0.5, 0.95]])
    found = tornado(points @ [1.0, -3.0])

    assert_allclose(found.at_median, -1.0)
    assert [bar.input for bar in found.bars] == [1, 0]
    assert_allclose([found.bars[0].at_low, found.bars[0].at_high], [0.35, -2.35])


def test_a_bar_without_an_end_comes_last():
    found = tornado(np.array([1.0, math.nan, 9.0, 1.0, 1.5]))

    assert [bar.input for bar in found.bars] == [1, 0]

"""What no other point beats, against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from twin.pareto import pareto_front, undominated


def beaten(costs, k):
    """By definition: some point nowhere worse and somewhere better."""
    no_worse = (costs <= costs[k]).all(axis=1)
    better = (costs < costs[k]).any(axis=1)
    return bool((no_worse & better).any())


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
@pytest.mark.parametrize("values", [4, 1000], ids=["many ties", "few ties"])
def test_the_front_is_what_the_definition_says(objectives, values):
    rng = np.random.default_rng(objectives * values)
    costs = rng.integers(0, values, (300, objectives)).astype(float)

    kept = undominated(costs)

    assert kept.tolist() == [not beaten(costs, k) for k in range(300)]


def test_a_point_without_a_value_is_never_on_the_front():
    costs = np.array([[1.0, np.nan], [2.0, 2.0], [np.inf, 0.0]])

    assert undominated(costs).tolist() == [False, True, False]


def test_nothing_has_no_front():
    assert undominated(np.zeros((0, 2))).size == 0


def test_goals_say_which_way_is_better_and_the_best_of_the_first_comes_first():
    values = np.array([[3.0, 10.0], [5.0, 30.0], [4.0, 10.0], [5.0, 40.0]])

    assert pareto_front(values, ["max", "min"]).tolist() == [1, 2]


def test_a_hundred_thousand_points_of_a_front_are_all_kept():
    first = np.arange(100_000.0)

    assert undominated(np.column_stack([first, -first])).all()


def test_goals_must_be_one_per_objective():
    with pytest.raises(ValueError, match=r"got 1 for values of shape \(2, 2\)"):
        pareto_front(np.zeros((2, 2)), ["min"])

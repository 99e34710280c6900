"""Figures, inputs and curves of several runs set beside each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.compare import Figure, axis_of, compare_figure, differing, on_axis, order_of


def figure(**more):
    return Figure(**({
        "key": "peak_w", "label": "Peak", "unit": "W", "better": "less",
        "group": "power", "usual_frac": 0.01, "usual": 2.0, "doc": "",
    } | more))  # fmt: skip


def test_differences_are_against_the_baseline_with_their_sign():
    found = compare_figure(figure(), [100.0, 120.0, 90.0], baseline=0)

    assert_allclose(found.absolute, [0, 20, -10])
    assert_allclose(found.relative, [0, 0.2, -0.1])
    assert found.spread == 30.0
    assert found.verdicts == ("baseline", "worse", "better")


def test_a_difference_is_measured_in_what_is_usual_for_the_larger_of_both():
    found = compare_figure(figure(), [1000.0, 1100.0], baseline=0)

    assert found.usual == pytest.approx(11.0)  # 1 % of 1,100
    assert found.score == pytest.approx(100 / 11)


def test_a_baseline_of_nothing_has_differences_but_no_relative_ones():
    found = compare_figure(figure(), [0.0, 50.0], baseline=0)

    assert np.isnan(found.relative).all()
    assert found.score == pytest.approx(25.0)  # 50 in steps of at least 2
    assert found.verdicts == ("baseline", "worse")


def test_swapping_the_baseline_turns_the_sign_and_keeps_the_score():
    one = compare_figure(figure(), [100.0, 120.0], baseline=0)
    other = compare_figure(figure(), [100.0, 120.0], baseline=1)

    assert other.absolute[0] == -one.absolute[1]
    assert other.score == one.score
    assert other.verdicts == ("better", "baseline")


def test_a_negative_baseline_keeps_the_direction_of_a_change():
    found = compare_figure(figure(better="more"), [-10.0, -5.0], baseline=0)

    assert_allclose(found.relative[1], 0.5)
    assert found.verdicts[1] == "better"


@pytest.mark.parametrize(
    ("values", "verdicts"),
    [
        pytest.param([1.0, math.nan], ("baseline", "absent"), id="the other lacks it"),
        pytest.param([math.nan, 1.0], ("absent", "unpaired"), id="baseline lacks it"),
        pytest.param([math.nan, math.nan], ("absent", "absent"), id="nobody has it"),
        pytest.param([3.0, 3.0], ("baseline", "same"), id="equal"),
        pytest.param([0.1 + 0.2, 0.3], ("baseline", "same"), id="noise of adding up"),
    ],
)  # fmt: skip
def test_what_cannot_differ_says_why(values, verdicts):
    assert compare_figure(figure(), values, baseline=0).verdicts == verdicts


def test_a_figure_without_a_better_way_differs():
    found = compare_figure(figure(better="neither"), [1.0, 2.0], baseline=0)

    assert found.verdicts == ("baseline", "differs")


def test_figures_come_in_order_of_how_much_they_differ_equal_and_lonely_ones_last():
    values = [[5.0, 5.0], [1.0, math.nan], [100.0, 101.0], [100.0, 200.0]]
    found = [compare_figure(figure(), v, baseline=0) for v in values]

    assert order_of(found) == [3, 2, 0, 1]


def test_nothing_usual_never_divides_by_zero():
    found = compare_figure(figure(usual=0.0), [0.0, 0.0], baseline=0)

    assert found.score == 0.0


# --- inputs ---------------------------------------------------------------------------


def paths(found):
    return {one.field: one.values for one in found}


def test_inputs_that_differ_are_found_at_any_depth_and_others_counted():
    found, same = differing([
        {"fleet": {"count": 40, "model": "a"}, "seed": 1},
        {"fleet": {"count": 52, "model": "a"}, "seed": 1},
    ])  # fmt: skip

    assert paths(found) == {"fleet.count": (40, 52)}
    assert same == 2


def test_a_part_that_one_side_lacks_is_one_difference():
    found, _ = differing([{"site": None}, {"site": {"halls": 2, "ups": {"n": 3}}}])

    assert paths(found) == {"site": (None, "2 inputs")}


def test_lists_of_parts_are_compared_place_by_place_where_equally_long():
    one = {"rows": [{"name": "a", "w": 1}, {"name": "b", "w": 2}]}
    other = {"rows": [{"name": "a", "w": 1}, {"name": "b", "w": 5}]}

    found, same = differing([one, other])
    longer, _ = differing([one, {"rows": [*one["rows"], {"name": "c", "w": 9}]}])

    assert paths(found) == {"rows.1.w": (2, 5)}
    assert same == 3
    assert paths(longer) == {"rows": ("2 items", "3 items")}


def test_absent_is_as_good_as_empty():
    found, _ = differing([{"policy": {"t1": None}}, {"policy": {}}])

    assert found == []


def test_a_flag_is_not_the_number_one():
    found, _ = differing([{"on": True}, {"on": 1}])

    assert paths(found) == {"on": (True, 1)}


def test_whole_and_broken_numbers_of_equal_value_are_the_same():
    assert differing([{"days": 1}, {"days": 1.0}])[0] == []


# --- curves ---------------------------------------------------------------------------


def test_records_within_a_bin_are_averaged():
    axis = axis_of([8.0], 2)  # bins of 4 s
    t_s = np.arange(8.0)

    found = on_axis(axis, 8.0, t_s, t_s, horizon_s=8.0, how="mean")

    assert_allclose(found, [1.5, 5.5])  # means of 0..3 and 4..7


@pytest.mark.parametrize(
    ("how", "expected"), [("max", [3.0, 7.0]), ("min", [0.0, 4.0])]
)
def test_peaks_and_floors_are_kept(how, expected):
    t_s = np.arange(8.0)

    found = on_axis(axis_of([8.0], 2), 8.0, t_s, t_s, horizon_s=8.0, how=how)

    assert_allclose(found, expected)


def test_a_record_longer_than_a_bin_holds_until_the_next():
    axis = axis_of([8.0], 8)

    found = on_axis(
        axis, 8.0, np.array([0.0, 4.0]), np.array([1.0, 2.0]), horizon_s=8.0,
        how="mean",
    )  # fmt: skip

    assert_allclose(found, [1, 1, 1, 1, 2, 2, 2, 2])


def test_a_shorter_run_ends_where_it_ends():
    axis = axis_of([4.0, 8.0], 8)
    t_s = np.arange(4.0)

    found = on_axis(axis, 8.0, t_s, t_s, horizon_s=4.0, how="mean")

    assert_allclose(found[:4], t_s)
    assert np.isnan(found[4:]).all()


def test_averaging_keeps_the_energy_of_a_curve():
    rng = np.random.default_rng(1)
    watts = rng.uniform(0, 10, 1200)

    found = on_axis(
        axis_of([1200.0], 600), 1200.0, np.arange(1200.0), watts, horizon_s=1200.0,
        how="mean",
    )  # fmt: skip

    assert_allclose(found.sum() * 2.0, watts.sum())


def test_no_value_stays_no_value():
    values = np.array([np.nan, np.nan, 3.0, np.nan])

    found = on_axis(
        axis_of([4.0], 4), 4.0, np.arange(4.0), values, horizon_s=4.0, how="min"
    )

    assert_allclose(found, values)

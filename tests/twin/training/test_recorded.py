"""Traces are refused with their first bad place, and add up on clocks of their own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.errors import ScenarioError
from twin.training.recorded import StepLog, Trace, cluster

T_S = 2.0 * np.arange(40.0)


def trace(t_s=T_S, power_w=None, **more):
    power_w = np.full(len(t_s), 7000.0) if power_w is None else power_w
    return Trace(t_s=t_s, power_w=power_w, **more)


def changed(values, at, to):
    return np.concatenate([values[:at], [to], values[at + 1 :]])


POWER_W = np.full(40, 7000.0)


@pytest.mark.parametrize(
    ("t_s", "power_w", "match"),
    [
        pytest.param(
            changed(T_S, 7, 3.0), POWER_W,
            r"t_s\[7\] must not go back in time, got '3 s after 12 s'; sort",
            id="unsorted",
        ),
        pytest.param(
            changed(T_S, 7, 12.0), POWER_W,
            r"t_s\[7\] must not be there twice.*keep one reading", id="twice",
        ),
        pytest.param(
            changed(T_S, 7, np.nan), POWER_W, r"t_s\[7\] must be a number", id="no time"
        ),
        pytest.param(
            T_S, changed(POWER_W, 9, -1.0),
            r"power_w\[9\] must be a power of 0 or more, got '-1 W at 18 s'",
            id="negative",
        ),
        pytest.param(
            T_S, changed(POWER_W, 9, np.nan), r"power_w\[9\].*got 'nan W", id="NaN"
        ),
        pytest.param(
            np.where(T_S > 20.0, T_S + 30.0, T_S), POWER_W,
            "no gap above 5 intervals of 2 s, got '1, the first of 32 s after 20 s",
            id="gap",
        ),
        pytest.param(T_S[:9], POWER_W[:9], "at least 16 readings, got 9", id="short"),
        pytest.param(T_S, POWER_W[:-1], "one reading per time", id="shape"),
    ],
)  # fmt: skip
def test_a_trace_is_refused_at_its_first_bad_place(t_s, power_w, match):
    with pytest.raises(ScenarioError, match=match):
        trace(t_s, power_w)


def test_gaps_may_be_allowed_and_are_known():
    gappy = trace(np.where(T_S > 20.0, T_S + 30.0, T_S), gaps_allowed=True)

    (gap,) = gappy.gaps
    assert (gap.after_s, gap.lasts_s) == (20.0, 32.0)
    assert gappy.interval_s == 2.0


def test_halves_share_no_reading_and_lose_none():
    first, second = trace().halves()

    assert_allclose(np.concatenate([first.t_s, second.t_s]), T_S)
    assert first.t_s.size == second.t_s.size == 20


def test_nodes_add_up_on_their_own_clocks():
    """Two ramps of 10 and 20 W/s, read at other times: their sum rises by 30 W/s."""
    one = trace(T_S, 1000.0 + 10.0 * T_S)
    late = T_S + 0.7
    two = trace(late, 2000.0 + 20.0 * late)
    total = cluster([one, two])

    assert total.trace.t_s[0] == 0.7
    assert_allclose(total.trace.power_w, 3000.0 + 30.0 * total.trace.t_s)
    assert total.node_count == total.series_count == 2
    assert not total.missing.any()


def test_a_node_in_a_gap_is_missing_and_takes_the_others_mean():
    whole = trace(T_S, np.full(40, 6000.0))
    cut = trace(np.delete(T_S, slice(10, 20)), np.full(30, 5000.0), gaps_allowed=True)
    total = cluster([whole, cut], step_s=2.0)

    inside = (total.trace.t_s > 18.0) & (total.trace.t_s < 40.0)
    assert_allclose(total.missing, inside.astype(int))
    assert_allclose(total.trace.power_w, np.where(inside, 12_000.0, 11_000.0))


def test_nodes_that_were_never_recorded_are_missing_throughout():
    total = cluster([trace(), trace()], node_count=8)

    assert_allclose(total.trace.power_w, 8 * 7000.0)
    assert set(total.missing) == {6}
    assert total.series_count == 1, "one log copied is one series"


@pytest.mark.parametrize(
    ("nodes", "more", "match"),
    [
        pytest.param([], {}, "nodes must be 1 or more", id="none"),
        pytest.param([trace(), trace()], {"node_count": 1}, "node_count 1", id="fewer"),
        pytest.param(
            [trace(), trace(T_S + 70.0, name="node 5")], {},
            "node 5 begins at 70 s, trace ends at 78 s", id="apart",
        ),
        pytest.param(
            [trace(np.where(T_S > 20, T_S + 30, T_S), gaps_allowed=True)], {},
            "none at 22 s", id="all in a gap",
        ),
    ],
)  # fmt: skip
def test_nodes_without_a_common_time_are_refused(nodes, more, match):
    with pytest.raises(ScenarioError, match=match):
        cluster(nodes, **more)


def test_a_log_tells_what_it_timed_from_what_repeats():
    log = StepLog(ended_s=np.array([10.5, 21.0, 31.5, 55.0]), step_s=np.full(4, 10.4))

    assert log.logged_s == pytest.approx(10.4)
    assert log.spacing_s == 10.5
    assert np.isnan(StepLog(ended_s=np.zeros(0), step_s=np.zeros(0)).spacing_s)

"""Alerts fire once when something is wrong for long enough, and end once it is not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.telemetry.alerting import AlertRule, Snapshot, State, evaluate, figures, step

NAN = math.nan


def rule(**changed):
    return AlertRule(
        **{"id": "r", "kind": "threshold", "limit": 100.0, "clear": 90.0, "for_s": 3.0,
           **changed}
    )  # fmt: skip


def phases(values, watched=None, every_s=1.0):
    """Phase after each look at a target whose figure takes these values."""
    state, seen = State(), []
    for number, value in enumerate(values):
        state = step(watched or rule(), state, value, number * every_s)
        seen.append(state.phase)
    return seen


def told(values, watched=None):
    """What people are told, as (look, status)."""
    states, found = {}, []
    for number, value in enumerate(values):
        now = Snapshot(node_power_w={"row-1": value})
        states, changes = evaluate(watched or rule(), states, now, float(number))
        found += [(number, change.status) for change in changes]
    return found


def test_an_alert_fires_when_the_limit_is_passed_for_the_hold():
    assert phases([99, 101, 101, 101, 101]) == [
        "ok", "pending", "pending", "pending", "firing",
    ]  # fmt: skip


def test_the_limit_itself_is_not_passed():
    assert phases([100] * 9) == ["ok"] * 9


def test_a_peak_shorter_than_the_hold_tells_nobody():
    assert told([101, 101, 101, 99, 101, 101, 101, 99]) == []


def test_an_alert_ends_below_the_clear_level_for_as_long():
    values = [101] * 4 + [89, 89, 89, 89]

    assert phases(values)[3:] == ["firing", "clearing", "clearing", "clearing", "ok"]
    assert told(values) == [(3, "firing"), (7, "resolved")]


def test_noise_between_limit_and_clear_level_does_not_flap():
    assert told([101] * 4 + [95, 101, 91, 99, 101, 90] * 20) == [(3, "firing")]


def test_a_short_dip_does_not_end_an_alert():
    assert told([101] * 4 + [50, 50, 50, 101] * 10) == [(3, "firing")]


def test_without_a_hold_the_first_look_decides():
    assert told([101, 89, 101], rule(for_s=0.0)) == [
        (0, "firing"), (1, "resolved"), (2, "firing"),
    ]  # fmt: skip


# --- missing figures ----------------------------------------------------------------


def test_a_gap_never_resolves_an_alert():
    assert told([101] * 4 + [NAN] * 1000) == [(3, "firing")]


def test_a_gap_never_fires_one_either():
    assert told([101, 101] + [NAN] * 1000) == []


def test_time_without_figures_counts_for_no_hold():
    # above for 1 s, a gap of 9 s, then 2 s more are needed: the look after the gap
    # starts counting again
    assert told([101, 101] + [NAN] * 9 + [101, 101, 101]) == [(13, "firing")]


def test_a_target_that_vanishes_keeps_firing():
    states, _ = evaluate(
        rule(for_s=0.0), {}, Snapshot(node_power_w={"row-1": 101.0}), 0.0
    )

    states, changes = evaluate(rule(for_s=0.0), states, Snapshot(), 1.0)

    assert changes == []
    assert states["row-1"].fires
    assert states["row-1"].missing
    assert states["row-1"].value == 101.0


# --- kinds --------------------------------------------------------------------------

NOW = Snapshot(
    node_power_w={"row-1": 80.0, "row-2": 30.0, "rack-9": 5.0},
    node_limit_w={"row-1": 100.0, "row-2": 0.0},
    device_power_w={"GPU-1": 700.0},
    agent_age_s={"node017": 61.0},
    node_drift_frac={"row-1": -0.12},
)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, {"row-1": 80.0, "row-2": 30.0, "rack-9": 5.0}, id="power"),
        pytest.param({"target": "row-*"}, {"row-1": 80.0, "row-2": 30.0}, id="pattern"),
        pytest.param({"devices": True}, {"GPU-1": 700.0}, id="devices"),
        pytest.param({"kind": "load"}, {"row-1": 0.8}, id="share of a known limit"),
        pytest.param({"kind": "missing-agent"}, {"node017": 61.0}, id="silence"),
        pytest.param({"kind": "model-drift"}, {"row-1": 0.12}, id="drift, either way"),
        pytest.param({"kind": "ramp"}, {"row-1": 80.0, "row-2": 30.0, "rack-9": 5.0},
                     id="ramp watches power"),
        pytest.param({"target": "hall-*"}, {}, id="no such name"),
    ],
)  # fmt: skip
def test_a_rule_watches_what_its_kind_says(changed, expected):
    assert figures(rule(**changed), NOW) == pytest.approx(expected)


@pytest.mark.parametrize("sign", [1, -1], ids=["rising", "falling"])
def test_a_ramp_is_the_change_across_the_window(sign):
    """5 W/s over 10 s stays below a limit of 6; 8 W/s passes it after the window."""
    watched = rule(kind="ramp", limit=6.0, clear=3.0, for_s=0.0, window_s=10.0)

    slow = [1000.0 + sign * 5.0 * t for t in range(60)]
    fast = [1000.0 + sign * 8.0 * t for t in range(12)]

    assert told(slow, watched) == []
    assert told(fast, watched) == [(8, "firing")]  # 0.8 of the window is covered


def test_a_ramp_ends_when_power_stays():
    watched = rule(kind="ramp", limit=6.0, clear=3.0, for_s=0.0, window_s=10.0)
    values = [8.0 * t for t in range(10)] + [72.0] * 20

    # (72 - 8 k) / 10 < 3 W/s from k = 6 on: that reading is 10 s old at look 16
    assert told(values, watched) == [(8, "firing"), (16, "resolved")]


def test_a_ramp_across_a_gap_is_not_guessed():
    watched = rule(kind="ramp", limit=6.0, clear=3.0, for_s=0.0, window_s=10.0)

    assert told([0.0] * 12 + [NAN] * 20 + [5000.0] * 5, watched) == []


def test_a_ramp_keeps_a_window_and_no_more():
    watched = rule(kind="ramp", limit=6.0, clear=3.0, window_s=10.0)
    states = {}
    for look in range(500):
        now = Snapshot(node_power_w={"row-1": 1.0})
        states, _ = evaluate(watched, states, now, float(look))

    assert len(states["row-1"].powers) == 11


def test_targets_in_order_take_no_memory():
    now = Snapshot(node_power_w={f"row-{n}": 1.0 for n in range(1000)})

    assert evaluate(rule(), {}, now, 0.0) == ({}, [])


# --- laws ---------------------------------------------------------------------------


@given(
    values=st.lists(
        st.one_of(st.floats(0, 200), st.just(NAN)), min_size=1, max_size=80
    ),
    hold_s=st.sampled_from([0.0, 1.0, 4.0]),
)  # fmt: skip
def test_firing_and_resolved_take_turns_and_firing_comes_first(values, hold_s):
    statuses = [status for _, status in told(values, rule(for_s=hold_s))]

    assert statuses == (["firing", "resolved"] * 80)[: len(statuses)]


@given(values=st.lists(st.floats(0, 100), max_size=80))
def test_figures_within_the_limit_never_fire(values):
    assert told(values, rule(for_s=0.0)) == []

"""Recorded power as a workload: energy is kept, at any speed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import ScenarioError
from twin.recording import RecordedPower, play, servers_from_gpus


def record(servers=4, steps=120, step_s=60.0, seed=1):
    power = np.random.default_rng(seed).uniform(900.0, 5000.0, (servers, steps))
    return RecordedPower(step_s=step_s, power_w=power)


@given(
    speed=st.sampled_from([0.5, 1.0, 1.7, 3.0, 60.0, 500.0]),
    tick_s=st.sampled_from([0.1, 0.5, 1.0, 7.0]),
    seed=st.integers(0, 100),
)
@settings(max_examples=60, deadline=None)
def test_energy_out_is_energy_in_over_the_time_that_is_played(speed, tick_s, seed):
    source = record(seed=seed)

    played = play(source, tick_s=tick_s, speed=speed)

    step_s = played.hold_ticks * tick_s * speed
    until_s = played.power_w.shape[1] * step_s
    assert source.span_s - step_s < until_s <= source.span_s * (1 + 1e-9)
    whole = int(until_s / 60.0 + 1e-9)
    inside_j = source.power_w[:, :whole].sum(axis=1) * 60.0
    if whole < source.power_w.shape[1]:
        inside_j += source.power_w[:, whole] * (until_s - whole * 60.0)
    np.testing.assert_allclose(played.power_w.sum(axis=1) * step_s, inside_j, rtol=1e-9)


def test_at_its_own_pace_a_record_is_played_as_it_is():
    source = record()

    played = play(source, tick_s=1.0)

    assert played.hold_ticks == 60
    np.testing.assert_allclose(played.power_w, source.power_w)


def test_a_part_is_played_from_and_to_its_seconds():
    source = record()

    played = play(source, tick_s=1.0, from_s=600.0, to_s=1200.0)

    np.testing.assert_allclose(played.power_w, source.power_w[:, 10:20])


def test_gaps_are_filled_by_lines_and_counted():
    source = record()
    holed = source.power_w.copy()
    holed[0, 10:13] = np.nan

    played = play(RecordedPower(step_s=60.0, power_w=holed), tick_s=1.0)

    np.testing.assert_allclose(
        played.power_w[0, 10:13],
        np.interp([10, 11, 12], [9, 13], source.power_w[0, [9, 13]]),
    )
    assert played.filled_frac == pytest.approx(3 / 480)


@pytest.mark.parametrize(
    ("settings_", "words"),
    [
        pytest.param({"to_s": 1e6}, "must lie within", id="beyond the end"),
        pytest.param({"from_s": 7200.0}, "must lie within", id="behind the end"),
        pytest.param({"speed": 1e5}, "hold a step", id="over in less than a tick"),
    ],
)
def test_a_period_outside_the_record_is_refused(settings_, words):
    with pytest.raises(ScenarioError, match=words):
        play(record(), tick_s=1.0, **settings_)


def test_a_server_that_was_hardly_measured_is_refused():
    power = record().power_w.copy()
    power[2, 20:80] = np.nan

    with pytest.raises(ScenarioError, match="50% of server 2's"):
        play(RecordedPower(step_s=60.0, power_w=power), tick_s=1.0)


def test_negative_power_is_refused():
    with pytest.raises(ScenarioError, match="0 or more"):
        RecordedPower(step_s=1.0, power_w=np.array([[1.0, -2.0]]))


# --- from readings --------------------------------------------------------------------


def test_a_server_is_its_host_and_its_gpus():
    gpus = np.array([[[300.0, 400.0], [500.0, np.nan]]])

    server = servers_from_gpus(gpus, host_w=900.0, slope=1.2)

    np.testing.assert_allclose(server, [[900.0 + 1.2 * 800.0, np.nan]])

"""The next step of a slider, computed before it is asked for."""

from __future__ import annotations

import threading
import time

import pytest

from api.ahead import LONGEST_S, Ahead, next_step
from tests.api.conftest import SHORT
from twin.errors import NameplateError
from twin.plan.memo import scenario_sha256
from twin.scenario import apply_changes, parse_scenario

WAIT_S = 20.0


def row(**changes):
    known = {"count": "fleet.server_count", "t1": "policy.t1_frac", "name": "name",
             "low": "fleet.low_priority_frac"}  # fmt: skip
    asked = SHORT | {known[key]: value for key, value in changes.items()}
    return apply_changes(parse_scenario({}), asked)


@pytest.mark.parametrize(
    ("before", "now", "then"),
    [
        pytest.param({"count": 20}, {"count": 22}, {"count": 24}, id="count"),
        pytest.param({"t1": 0.8}, {"t1": 0.805}, {"t1": 0.81}, id="as it is written"),
        pytest.param({"count": 20}, {"count": 20}, None, id="nothing moved"),
        pytest.param({"count": 20}, {"count": 21, "t1": 0.81}, None, id="two moved"),
        pytest.param({"name": "a"}, {"name": "b"}, None, id="no number"),
        pytest.param({"low": 0.5}, {"low": 0.9}, None, id="beyond its range"),
    ],
)
def test_a_single_number_is_expected_to_move_on_by_its_step(before, now, then):
    found = next_step(row(**before), row(**now))

    assert found == (None if then is None else row(**then))


class Slow:
    """Answers when it is let go, or stops."""

    def __init__(self):
        self.asked, self.go, self.stopped = [], threading.Event(), threading.Event()

    def __call__(self, scenario, cancelled):
        self.asked.append(scenario.fleet.server_count)
        end_s = time.monotonic() + WAIT_S
        while not self.go.is_set() and time.monotonic() < end_s:
            if cancelled():
                self.stopped.set()
                break
            time.sleep(0.005)


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def ahead(slow):
    made = Ahead(slow, lambda: False)
    yield made
    made.close()


def slide(ahead, *counts, took_s=0.1):
    for count in counts:
        ahead.asked(row(count=count))
        ahead.answered("view", row(count=count), took_s)


def until(true):
    end_s = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def test_it_goes_on_where_just_that_is_asked_and_stops_for_another(ahead, slow):
    slide(ahead, 20, 21)
    until(lambda: slow.asked == [22])
    ahead.asked(row(count=22))
    assert not slow.stopped.wait(0.05)

    ahead.asked(row(count=40))
    assert slow.stopped.wait(WAIT_S)


def test_nothing_is_begun_for_long_answers_nor_where_somebody_waits(slow):
    waits = Ahead(slow, lambda: True)
    slide(waits, 20, 21)
    waits.close()
    long = Ahead(slow, lambda: False)
    slide(long, 20, 21, took_s=LONGEST_S + 1)
    long.close()

    assert slow.asked == []


def test_a_step_without_an_answer_does_no_harm():
    tried = []

    def refused(scenario, _):
        tried.append(scenario.fleet.server_count)
        raise (NameplateError if len(tried) == 1 else ZeroDivisionError)("no")

    ahead = Ahead(refused, lambda: False)
    for count in (21, 22, 23):
        slide(ahead, count)
        until(lambda: ahead._now is None)
    ahead.close()

    assert tried == [23, 24]


def test_a_server_has_the_run_before_the_view_asks_for_it(client, app):
    memo = app.state.services.memo
    for count in (20, 21):
        client.what_if(scenario={}, changes=SHORT | {"fleet.server_count": count},
                       view="tab")  # fmt: skip
    expected = f"run:{scenario_sha256(row(count=22))}:"

    until(lambda: any(key.startswith(expected) and memo.known(key) is not None
                      for key in list(memo._known)))  # fmt: skip

"""What is remembered: bounded by number and by bytes, the oldest goes first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.plan.memo import Memo, array_bytes
from twin.scenario import parse_scenario
from twin.scenario.model import Scenario
from twin.scenario.policy import UserPolicy
from twin.serving.traffic import Recordings


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of some size."""

    power_w: np.ndarray
    parts: tuple[object, ...] = ()


def made(count):
    return lambda: Answer(power_w=np.zeros(count // 8))


def test_what_was_asked_for_longest_ago_goes_first_when_bytes_are_spent():
    memo = Memo(most_bytes=2500)
    for key in ("a", "b"):
        memo.remember(key, made(1000))
    first = memo.known("a")
    assert memo.remember("a", made(0)) is first  # asked for again: b is older now

    memo.remember("c", made(1000))

    assert [k for k in "abc" if memo.known(k) is not None] == ["a", "c"]


def test_the_newest_answer_stays_however_large():
    memo = Memo(most_bytes=100)
    memo.remember("a", made(80))
    memo.remember("b", made(8000))

    assert memo.known("a") is None
    assert memo.known("b").power_w.nbytes == 8000


def test_room_is_made_before_something_large_is_computed():
    memo = Memo(most_bytes=2500)
    for key in ("a", "b"):
        memo.remember(key, made(1000))
    memo.make_room(1000)

    assert memo.known("a") is None
    assert memo.known("b") is not None
    memo.make_room(2500)
    assert memo.known("b") is None


def test_what_failed_is_neither_remembered_nor_counted():
    memo = Memo(most_bytes=100)

    def fails():
        raise ValueError("no")

    for _ in range(2):
        try:
            memo.remember("a", fails)
        except ValueError:
            continue
    assert memo.known("a") is None
    assert memo.remember("a", made(80)).power_w.size == 10


def test_bytes_of_shared_arrays_and_views_count_once():
    whole = np.zeros(1000)
    answer = Answer(power_w=whole[:10], parts=(whole, {"again": whole}, b"12345"))

    assert array_bytes(answer) == whole.nbytes + 5 + 3 * 8


def test_a_run_is_remembered_by_all_its_inputs():
    memo, nothing = Memo(), Recordings(rates={}, requests={})

    def run(scenario):
        return memo.run(scenario, nothing, object)

    own = [
        UserPolicy(source=f"def decide(t, l, f, m, c):\n    c[0] = {k}") for k in (0, 1)
    ]
    asked = [Scenario(), Scenario(seed=8), *(Scenario(policy=p) for p in own)]
    found = [run(scenario) for scenario in asked]

    assert len(set(map(id, found))) == 4
    assert [run(s.model_copy(deep=True)) for s in asked] == found


def test_all_but_the_newest_are_forgotten_where_memory_is_tight():
    memo = Memo()
    for key in ("a", "b", "c"):
        memo.remember(key, made(80))
    memo.remember("a", made(0))  # asked for again: newer than b and c

    memo.forget(but=2)
    assert [k for k in "abc" if memo.known(k) is not None] == ["a", "c"]
    memo.forget()
    assert memo.known("a") is None


def test_models_count_where_a_large_site_is_remembered():
    scenario = parse_scenario({"facility": {"template": {"halls": 1}}})

    assert array_bytes([scenario]) > array_bytes(scenario) > 10_000

"""A spool's numbers are stored once each, in whatever order they come."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.telemetry.ledger import FURTHEST, MOST_RANGES, ForgedError, Ledger


def test_numbers_in_order_leave_nothing_ahead():
    ledger = Ledger()

    assert all(ledger.add(n) for n in range(100))
    assert (ledger.done, ledger.ahead) == (100, [])


def test_a_number_sent_twice_is_told():
    ledger = Ledger()
    ledger.add(0)

    assert not ledger.add(0)


def test_an_early_number_waits_until_the_hole_before_it_is_filled():
    ledger = Ledger()
    for n in (0, 2, 3):
        ledger.add(n)

    assert (ledger.done, ledger.ahead, ledger.next) == (1, [[2, 3]], 4)
    assert not ledger.add(3)
    assert ledger.add(1)
    assert (ledger.done, ledger.ahead) == (4, [])


def test_a_number_far_ahead_is_forged():
    with pytest.raises(ForgedError, match="more than 10000000 ahead of 0"):
        Ledger().add(FURTHEST + 1)


def test_holes_that_are_never_filled_do_not_grow_it():
    ledger = Ledger()
    for n in range(0, 4 * MOST_RANGES, 2):  # every other one was dropped
        ledger.add(n)

    assert len(ledger.ahead) <= MOST_RANGES
    assert ledger.next == 4 * MOST_RANGES - 1


@given(st.integers(1, 60), st.integers(0, 2**32))
def test_any_order_with_repeats_stores_each_once(count, seed):
    numbers = [*range(count), *range(0, count, 3)]
    random.Random(seed).shuffle(numbers)
    ledger = Ledger()

    stored = [n for n in numbers if ledger.add(n)]

    assert sorted(stored) == list(range(count))
    assert (ledger.done, ledger.ahead) == (count, [])

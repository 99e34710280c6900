"""A repeat is told from a number that was used twice."""

from __future__ import annotations

import dataclasses

import pytest

from store.telemetry import recent
from store.telemetry.recent import Recent
from store.telemetry.writer import Delivery
from tests.store.telemetry.conftest import readings

KEY = (1, "a" * 32)


def test_the_same_bytes_are_a_repeat_and_others_are_not():
    known = Recent()
    known.note(KEY, 7, b"x")

    assert known.same(KEY, 7, b"x") is True
    assert known.same(KEY, 7, b"y") is False
    assert known.same(KEY, 8, b"x") is None
    assert known.same((2, KEY[1]), 7, b"x") is None


def test_only_so_many_are_remembered(monkeypatch):
    monkeypatch.setattr(recent, "KEPT", 2)
    monkeypatch.setattr(recent, "MOST_SPOOLS", 2)
    known = Recent()
    for number in range(3):
        known.note(KEY, number, b"x")
    assert [known.same(KEY, n, b"x") for n in range(3)] == [None, True, True]

    for source in (2, 3):
        known.note((source, KEY[1]), 0, b"x")
    assert known.same(KEY, 2, b"x") is None


@pytest.mark.parametrize(("digest", "same"), [(b"x", True), (b"y", False)])
def test_the_acknowledgement_of_a_repeat_says_whether_it_is_one(service, digest, same):
    batch = Delivery(
        source="node1", kind="agent", readings=readings([0.0], 400.0), spool=KEY[1],
        digest=b"x",
    )  # fmt: skip
    again = dataclasses.replace(batch, digest=digest)

    first, second = (service.writer.put(b).result(10) for b in (batch, again))

    assert (first.duplicate, first.same) == (False, None)
    assert (second.duplicate, second.same) == (True, same)

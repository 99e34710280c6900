"""Stored calibrations: one of a kind and target counts, on either database."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from store.migrate import upgrade_engine
from store.repositories import NotFoundError
from store.tracking import Calibrations


@pytest.fixture
def calibrations(engine):
    upgrade_engine(engine)
    return Calibrations(engine)


def add(calibrations, *, target="n1", kind="server", status="fitted", active=False):
    return calibrations.add(
        kind=kind, target=target, source=target, device="", version="0" * 16,
        status=status, active=active, start_us=0, end_us=1, held_out_frac=0.3,
        settings={"prior": "none"}, fit={} if status == "fitted" else None, error=None,
    )  # fmt: skip


def test_a_newer_one_takes_the_place_of_the_older(calibrations):
    older, newer, other = (
        add(calibrations), add(calibrations), add(calibrations, target="n2")
    )  # fmt: skip

    for row in (older, other, newer):
        calibrations.activate(row.id)

    assert [row.id for row in calibrations.active()] == [newer.id, other.id]
    assert not calibrations.get(older.id).active


def test_the_database_itself_keeps_two_from_counting(calibrations):
    add(calibrations, active=True)

    with pytest.raises(IntegrityError):
        add(calibrations, active=True)


def test_kinds_of_a_target_count_side_by_side(calibrations):
    for kind in ("server", "levels"):
        calibrations.activate(add(calibrations, kind=kind).id)

    assert len(calibrations.active()) == 2


def test_what_was_refused_or_is_unknown_does_not_count(calibrations):
    refused = add(calibrations, status="refused")

    with pytest.raises(ValueError, match="refused"):
        calibrations.activate(refused.id)
    with pytest.raises(NotFoundError):
        calibrations.activate("nobody")
    assert calibrations.active() == []

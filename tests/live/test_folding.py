"""However deliveries come and whenever they are folded, the levels end up the same."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from api.telemetry_service import TelemetryService
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.settings import Settings
from store.telemetry.blocks import DEVICES
from store.telemetry.folder import SITE
from store.telemetry.levels import HOURS, LEVELS, MINUTES, RAW, SECONDS
from store.telemetry.writer import Delivery
from tests.store.telemetry.conftest import T0, Clock, S, deliver, readings

WINDOW_S = 600
END_US = T0 + 86_400 * S


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A database file with its tables."""
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade_engine(engine)
    engine.dispose()
    return path


class Stage:
    """A service on a copy of the empty database."""

    def __init__(self, empty, folder):
        self.clock = Clock(T0)
        path = folder / f"{len(list(folder.iterdir()))}.db"
        shutil.copy(empty, path)
        self.engine = open_engine(f"sqlite:///{path}")
        chosen = Settings(database_url=f"sqlite:///{path}")
        self.service = TelemetryService(self.engine, chosen, self.clock)
        self.service.writer.start()

    def fold_at(self, second):
        self.clock.now_us = T0 + second * S
        self.service.folder.fold_closed()

    def blocks(self):
        """Every block of devices, raw and folded, byte by byte."""
        with self.engine.connect() as connection:
            return {
                (level.name, row.part, row.start_us): row.body
                for level in LEVELS
                for row in connection.execute(
                    select(level.table).where(level.table.c.source_id == self.source.id)
                )
            }

    @property
    def source(self):
        return self.service.registry.by_name["node1"]

    def energy_j(self, level):
        found = self.service.reader.bins(self.source, T0, END_US, level)
        return found.columns["energy_j"].sum()

    def site_j(self):
        site = self.service.registry.by_name[SITE]
        found = self.service.reader.sums([site], T0, END_US, SECONDS)
        return found[site.id].columns["energy_j"].sum()

    def close(self):
        self.service.close()
        self.engine.dispose()


@pytest.fixture
def stage(empty, tmp_path):
    made = []

    def make():
        made.append(Stage(empty, tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.close()


def straight_j(time_s, power_w):
    """Straight lines between the readings, added up by hand."""
    return sum(
        (b - a) * (v + w) / 2
        for a, b, v, w in zip(time_s, time_s[1:], power_w, power_w[1:], strict=False)
    )


@settings(
    max_examples=5, deadline=None, derandomize=True, database=None,
    phases=[Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(seed=st.integers(0, 2**32 - 1), parts=st.integers(2, 10))
def test_order_repeats_and_moments_of_folding_change_nothing(stage, seed, parts):
    """
    Half an hour across the end of an hour, read at random moments. Once it comes in
    order and is folded once; once cut at random, repeated, shuffled, and folded at
    random moments in between.
    """
    draws = np.random.default_rng(seed)
    time_s = 2700 + np.cumsum(draws.choice([0.1, 0.5, 1.0, 1.0, 3.0], 1500))
    power_w = draws.integers(100, 700, time_s.size).astype(float)
    plain, mixed = stage(), stage()
    deliver(plain.service, readings(time_s, power_w))
    plain.fold_at(86_400)

    cuts = np.sort(draws.integers(0, time_s.size, parts - 1))
    pieces = np.split(np.arange(time_s.size), cuts)
    order = [*draws.permutation(parts), *draws.integers(0, parts, 5)]
    for number in order:
        piece = pieces[number]
        if piece.size:
            deliver(mixed.service, readings(time_s[piece], power_w[piece]))
        if draws.random() < 0.5:
            mixed.fold_at(int(draws.integers(2700, 8000)))
    mixed.fold_at(86_400)

    assert mixed.blocks() == plain.blocks()
    for level in (SECONDS, MINUTES, HOURS):
        assert mixed.energy_j(level) == pytest.approx(straight_j(time_s, power_w))
    assert mixed.site_j() == pytest.approx(straight_j(time_s, power_w))


def test_what_flows_across_a_border_is_found_though_the_next_window_comes_late(stage):
    """
    The first window is folded alone; the next is in time for its own fold. The second
    that lies between 599.5 and 600.5 s is half in either.
    """
    one = stage()
    deliver(one.service, readings(np.arange(0.5, 600), 400.0))
    one.fold_at(WINDOW_S + 61)
    deliver(one.service, readings(np.arange(600.5, 1200), 400.0))
    one.fold_at(2 * WINDOW_S + 61)

    assert one.energy_j(SECONDS) == pytest.approx(400.0 * 1199)
    assert one.site_j() == pytest.approx(400.0 * 1199)


def test_a_crash_between_folding_and_summing_up_leaves_no_hole_in_the_sums(
    stage, monkeypatch
):
    one = stage()
    deliver(one.service, readings(np.arange(601), 400.0))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(one.service.folder, "sum_up", killed)
        with pytest.raises(KeyboardInterrupt):
            one.fold_at(86_400)
    one.fold_at(86_400)

    assert one.site_j() == pytest.approx(400.0 * 600)


def test_a_transaction_taken_back_leaves_no_device_behind_in_memory(stage, monkeypatch):
    """
    The database goes in the middle of a new host's first batch, and is still gone when
    the sources are to be read again. A number of a device that exists in memory alone
    would lose every reading stored under it.
    """
    one = stage()
    writer, registry = one.service.writer, one.service.registry
    reload = registry.reload
    gone = OperationalError("COMMIT", {}, Exception("the server closed the connection"))

    def fails(*_):
        raise gone

    with monkeypatch.context() as patch:
        patch.setattr("store.telemetry.writer._Transaction._write_inbox", fails)
        patch.setattr(registry, "reload", fails)
        with pytest.raises(OperationalError):
            deliver(one.service, readings([0.0], 400.0), spool="a" * 32)
        patch.setattr(
            "store.telemetry.writer._Transaction._write_inbox", lambda _: None
        )
        with pytest.raises(OperationalError):
            deliver(one.service, readings([0.0], 400.0), spool="a" * 32)
    assert registry.reload == reload
    taken = deliver(one.service, readings([0.0], 400.0), spool="a" * 32)

    registry.reload()
    found = one.service.reader.raw(one.source, T0, END_US)
    assert (taken.stored, taken.duplicate, len(found)) == (1, False, 1)
    assert writer.waiting == 0


def test_a_sender_that_hangs_up_does_not_stop_the_writer(stage):
    one = stage()
    delivery_of = readings([0.0], 400.0)
    writer = one.service.writer

    future = writer.put(Delivery(source="node1", kind="upload", readings=delivery_of))
    future.cancel()
    deliver(one.service, readings([1.0], 400.0))

    assert len(one.service.reader.raw(one.source, T0, END_US)) == 2


def test_a_view_that_fails_does_not_take_back_what_is_stored(stage, monkeypatch):
    one = stage()

    def fails(*_):
        raise ValueError("no view")

    monkeypatch.setattr(one.service.live, "add", fails)

    assert deliver(one.service, readings([0.0], 400.0)).stored == 1
    assert len(one.service.reader.raw(one.source, T0, END_US)) == 1


def test_the_inbox_is_empty_once_all_is_folded(stage):
    one = stage()
    deliver(one.service, readings(np.arange(0, 1300), 400.0))
    one.fold_at(86_400)

    stored = one.service.reader.stored(one.source)
    assert (stored.waiting, stored.readings) == (0, 1300)
    with one.engine.connect() as connection:
        parts = connection.execute(select(RAW.table.c.part).distinct()).scalars().all()
    assert parts == [DEVICES]

"""Folding loses nothing, adds up, and can be done again."""

import numpy as np
import pytest
import sqlalchemy as sa
from numpy.testing import assert_allclose, assert_array_equal

from api.telemetry_service import TelemetryService
from store.models_telemetry import INBOX
from store.settings import Settings
from store.telemetry.folder import SITE
from store.telemetry.levels import HOURS, MINUTES, SECONDS
from store.telemetry.retention import prune
from tests.store.telemetry.conftest import T0, S, deliver, readings

HOUR = 3600
KEEP = {"raw": 7.0, "1s": 30.0, "1min": 400.0, "1h": 3650.0}


def hour_of(service, power=lambda t: 400 + t % 7, source="node1", step=1.0):
    """An hour at 1 Hz, a little before and after, in batches of five seconds."""
    time_s = np.arange(0, HOUR + 60, step)
    for i in range(0, time_s.size, 300):
        part = time_s[i : i + 300]
        deliver(service, readings(part, power(part)), source=source)


def everything(service, level, name="node1", *, sums=True):
    source = service.source(name)
    read = service.reader.host_sum if sums else service.reader.bins
    return read(source, T0, T0 + HOUR * S, level)


def inbox_rows(service):
    with service.reader._engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(INBOX))


def test_only_closed_windows_are_folded(service, clock):
    clock.now_us = T0 + (600 + 59) * S
    deliver(service, readings([1, 599], [100, 100]))

    assert service.folder.fold_closed() == 0
    clock.now_us += 2 * S
    assert service.folder.fold_closed() == 1
    assert inbox_rows(service) == 0


def test_folded_and_waiting_readings_are_read_alike(service):
    hour_of(service)
    source = service.source("node1")
    before = service.reader.raw(source, T0, T0 + HOUR * S)
    waiting = everything(service, SECONDS)

    service.folder.fold_closed(everything=True)

    after = service.reader.raw(source, T0, T0 + HOUR * S)
    folded = everything(service, SECONDS)
    assert_array_equal(before.time_us, after.time_us)
    assert_array_equal(before.columns["power_w"], after.columns["power_w"])
    assert_array_equal(waiting.start_us, folded.start_us)
    assert_allclose(
        waiting.columns["power_mean_w"], folded.columns["power_mean_w"], rtol=1e-6
    )


def test_a_sensor_without_power_is_folded_too(service):
    warm = readings([1, 2, 700], [np.nan] * 3, gpu_c=[40.0, 41.0, 42.0])
    del warm.columns["power_w"]
    deliver(service, warm)

    assert service.folder.fold_closed(everything=True) == 2
    assert inbox_rows(service) == 0


def test_every_level_holds_the_same_energy(service):
    hour_of(service)
    service.folder.fold_closed(everything=True)
    time_s = np.arange(HOUR + 1)
    power_w = 400.0 + time_s % 7
    by_hand_j = ((power_w[1:] + power_w[:-1]) / 2).sum()

    for level in (SECONDS, MINUTES, HOURS):
        for sums in (True, False):
            found = everything(service, level, sums=sums)
            assert found.columns["energy_j"].sum() == pytest.approx(by_hand_j, 1e-9)
            assert found.columns["covered_s"].sum() == pytest.approx(HOUR)


def test_late_readings_are_folded_into_their_window_and_its_neighbours(service, clock):
    time_s = np.arange(0, HOUR + 60)
    late = (time_s >= 600) & (time_s < 1200)
    deliver(service, readings(time_s[~late], 500.0))
    service.folder.fold_closed(everything=True)
    clock.now_us = T0 + 3 * HOUR * S
    with_hole = everything(service, HOURS).columns["energy_j"].sum()

    deliver(service, readings(time_s[late], 500.0))
    service.folder.fold_closed()

    whole = everything(service, HOURS).columns["energy_j"].sum()
    assert with_hole < 500.0 * 3001
    assert whole == pytest.approx(500.0 * HOUR, rel=1e-6)


def test_folding_in_any_order_with_repeats_gives_the_same(service):
    parts = [np.arange(i, i + 100) for i in range(0, 1200, 100)]
    order = np.random.default_rng(3).permutation(np.tile(np.arange(len(parts)), 2))
    for n, i in enumerate(order):
        part = parts[i]
        deliver(service, readings(part, 300.0 + part), source="mixed")
        if n % 5 == 0:
            service.folder.fold_closed(everything=True)
    for part in parts:
        deliver(service, readings(part, 300.0 + part), source="straight")
    service.folder.fold_closed(everything=True)

    for level in (SECONDS, MINUTES):
        mixed, straight = (
            everything(service, level, name) for name in ("mixed", "straight")
        )
        assert_array_equal(mixed.start_us, straight.start_us)
        for column in ("energy_j", "power_mean_w", "power_highest_w", "covered_s"):
            # blocks hold single precision
            assert_allclose(mixed.columns[column], straight.columns[column], rtol=1e-5)


def test_the_site_is_the_sum_of_its_hosts_at_the_same_moment(service):
    hour_of(service, lambda t: np.where(t % 2 == 0, 1000.0, 500.0), "even")
    hour_of(service, lambda t: np.where(t % 2 == 0, 500.0, 1000.0), "odd")
    service.folder.fold_closed(everything=True)

    site = service.source(SITE)
    found = service.reader.sums([site], T0, T0 + HOUR * S, MINUTES)[site.id]

    assert_allclose(found.columns["power_mean_w"], 1500.0, rtol=1e-6)
    assert_allclose(found.columns["power_highest_w"], 1500.0, rtol=1e-6)  # not 2000


def test_a_rack_is_the_sum_of_the_hosts_placed_in_it(service):
    hour_of(service, lambda t: 0 * t + 100.0, "a")
    hour_of(service, lambda t: 0 * t + 200.0, "b")
    hour_of(service, lambda t: 0 * t + 400.0, "c")
    service.placements.put(None, {"a": "r1", "b": "r1", "c": "r2"}, version=0)

    service.folder.fold_closed(everything=True)

    rack = service.source("sum/rack/r1")
    found = service.reader.sums([rack], T0, T0 + HOUR * S, MINUTES)[rack.id]
    assert_allclose(found.columns["power_mean_w"], 300.0, rtol=1e-6)


def test_a_fold_that_is_cut_off_leaves_nothing_behind(service, monkeypatch):
    hour_of(service)
    rows = inbox_rows(service)

    def cut_off(*_args, **_more):
        raise RuntimeError("power lost")

    with monkeypatch.context() as patch:
        patch.setattr("store.telemetry.folder.delete", cut_off)
        with pytest.raises(RuntimeError, match="power lost"):
            service.folder.fold_closed(everything=True)

    assert inbox_rows(service) == rows
    service.folder.fold_closed(everything=True)
    assert inbox_rows(service) == 0
    assert everything(service, MINUTES).columns["covered_s"].sum() == pytest.approx(
        HOUR
    )


def test_a_device_read_every_minute_keeps_its_energy_in_minutes(service):
    hour_of(service, lambda t: 600.0 + 0 * t, step=60.0)
    service.folder.fold_closed(everything=True)

    minutes = everything(service, MINUTES, sums=False)
    stored = everything(service, SECONDS, sums=False)

    assert minutes.columns["energy_j"].sum() == pytest.approx(600.0 * HOUR, rel=1e-6)
    assert len(stored) < 2 * 61  # its straight lines are not stored second by second


def test_gaps_are_found(service):
    deliver(service, readings(np.arange(0, 600), 100.0))
    deliver(service, readings(np.arange(1800, 2400), 100.0))
    service.folder.fold_closed(everything=True)

    found = service.reader.gaps(service.source("node1"), 0, 2**60)

    assert found == [(T0 + 600 * S, T0 + 1800 * S)]


def test_old_levels_leave_and_young_ones_stay(service, clock):
    hour_of(service)
    service.folder.fold_closed(everything=True)
    source = service.source("node1")

    gone = prune(service.reader._engine, KEEP, T0 + int(9.1 * 24 * HOUR * S))

    assert gone >= 1
    assert len(service.reader.raw(source, T0, T0 + HOUR * S)) == 0
    assert len(everything(service, SECONDS)) > 0
    prune(service.reader._engine, KEEP, T0 + 32 * 24 * HOUR * S)
    assert len(everything(service, SECONDS)) == 0
    assert len(everything(service, MINUTES)) == 60


@pytest.mark.postgres
def test_postgres_keeps_levels_in_partitions_and_drops_them_whole(service):
    if service.reader._engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no partitions")
    hour_of(service)
    service.folder.fold_closed(everything=True)

    def partitions():
        with service.reader._engine.connect() as connection:
            return connection.scalar(
                sa.text(
                    "SELECT count(*) FROM pg_inherits "
                    "WHERE inhparent = 'telemetry_raw'::regclass"
                )
            )

    assert partitions() == 1
    prune(service.reader._engine, KEEP, T0 + 10 * 24 * HOUR * S)
    assert partitions() == 0


def test_history_is_taken_once_and_not_mixed_into_what_it_was_folded_to(service, clock):
    clock.now_us = T0 + 60 * 24 * HOUR * S  # two months later
    old = readings(np.arange(0, 600), 300.0)

    first = service.take("node1", "upload", old, key="a")
    service.folder.fold_closed()
    beside = service.take("node1", "upload", readings([600], [300.0]), key="b")
    service.folder.fold_closed()
    prune(service.reader._engine, KEEP, clock.now_us)
    again = service.take("node1", "upload", old, key="a")

    assert (first.stored, beside.stored) == (600, 1)
    assert again.stored == 0
    assert [(r.reason, r.count) for r in again.refused] == [("late", 600)]
    minutes = everything(service, MINUTES)
    assert minutes.columns["energy_j"].sum() == pytest.approx(300.0 * 600)


def test_an_agent_cannot_send_history(service, clock):
    clock.now_us = T0 + 60 * 24 * HOUR * S

    taken = service.take("node1", "prometheus", readings([1], [300.0]), key="a")

    assert taken.stored == 0
    assert [r.reason for r in taken.refused] == ["late"]


def another(engine, database_url, clock):
    """A second server on the same database."""
    service = TelemetryService(engine, Settings(database_url=database_url), clock)
    service.writer.start()
    return service


def test_a_server_folds_and_reads_what_another_took_in(
    service, engine, database_url, clock
):
    other = another(engine, database_url, clock)
    try:
        deliver(service, readings([1, 2], 100.0, keys=("g0",)), source="both")
        deliver(other, readings([1, 2], 300.0, keys=("g1",)), source="both")
        deliver(other, readings([1, 2], 500.0), source="theirs")

        found = service.reader.raw(service.source("both"), T0, T0 + HOUR * S)
        assert found.columns["power_w"].tolist() == [100, 100, 300, 300]
        assert service.folder.fold_closed(everything=True) == 2
        assert inbox_rows(service) == 0
        theirs = service.reader.host_sum(
            service.source("theirs"), T0, T0 + HOUR * S, SECONDS
        )
        assert theirs.columns["energy_j"].sum() == pytest.approx(500.0)
    finally:
        other.close()


def test_a_crash_between_a_fold_and_its_neighbours_is_made_good(
    service, engine, database_url, clock, monkeypatch
):
    clock.now_us = T0 + 3 * HOUR * S
    time_s = np.arange(0, 1800)
    late = (time_s >= 600) & (time_s < 1200)
    deliver(service, readings(time_s[~late], 500.0))
    service.folder.fold_closed(everything=True)
    deliver(service, readings(time_s[late], 500.0))

    def killed(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(service.folder, "_fold_again", killed)
        with pytest.raises(KeyboardInterrupt):
            service.folder.fold_closed()

    restarted = another(engine, database_url, clock)
    try:
        restarted.folder.fold_closed()
        whole = everything(restarted, HOURS).columns["energy_j"].sum()
    finally:
        restarted.close()
    assert whole == pytest.approx(500.0 * 1799, rel=1e-6)


def test_raw_readings_stay_while_more_of_their_time_waits(service, clock):
    clock.now_us = T0 + 60 * 24 * HOUR * S
    first, second = np.arange(0, 300), np.arange(300, 600)
    service.take("node1", "upload", readings(first, 300.0), key="a")
    service.folder.fold_closed()
    service.take("node1", "upload", readings(second, 300.0), key="b")

    prune(service.reader._engine, KEEP, clock.now_us)
    service.folder.fold_closed()

    found = everything(service, MINUTES).columns["energy_j"].sum()
    assert found == pytest.approx(300.0 * 599)


def test_an_hour_that_is_half_folded_is_one_bin(service, clock):
    clock.now_us = T0 + 1300 * S
    deliver(service, readings(np.arange(0, 1200), 500.0))
    service.folder.fold_closed()  # the first window alone

    for sums in (True, False):
        found = everything(service, HOURS, sums=sums)
        assert len(found) == 1
        # the second between folded and waiting is told with the next fold
        assert found.columns["energy_j"].sum() == pytest.approx(500.0 * 1199, rel=1e-3)


def test_new_windows_are_folded_before_history(service, clock, monkeypatch):
    monkeypatch.setattr("store.telemetry.folder.HISTORY_S", -1.0)
    clock.now_us = T0 + 30 * 24 * HOUR * S
    now_s = 30 * 24 * HOUR - 1200
    service.take("old", "upload", readings([1, 2], 100.0), key="a")
    deliver(service, readings(now_s + np.arange(0, 100), 300.0), source="new")

    service.folder.fold_closed()

    with service.reader._engine.connect() as connection:
        left = connection.scalars(sa.select(INBOX.c.source_id)).all()
    assert left == [service.source("old").id]


def test_a_host_silent_for_days_is_not_missed_in_the_sum(service, clock):
    deliver(service, readings([1, 2, 3], 100.0), source="gone")
    day_s = 3 * 24 * HOUR
    deliver(service, readings(day_s + np.arange(0, 120), 200.0), source="here")
    clock.now_us = T0 + (day_s + HOUR) * S
    service.folder.fold_closed(everything=True)

    site = service.source(SITE)
    found = service.reader.sums([site], T0 + day_s * S, T0 + (day_s + 60) * S, MINUTES)[
        site.id
    ]

    assert found.columns["covered_s"].tolist() == pytest.approx([60.0])

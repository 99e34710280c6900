"""What is acknowledged is stored, once, whole."""

import numpy as np
import pytest
import sqlalchemy as sa
from numpy.testing import assert_array_equal
from sqlalchemy.exc import OperationalError

from api.telemetry_service import TelemetryService
from store.models_telemetry import INBOX
from store.settings import Settings
from store.telemetry import writer as writer_module
from store.telemetry.ledger import ForgedError
from store.telemetry.writer import BusyError, StoppedError
from tests.store.telemetry.conftest import T0, S, deliver, readings
from twin.errors import ScenarioError

SPOOL = "a" * 32


def stored(service, source="node1"):
    return service.reader.raw(service.source(source), 0, 2**60)


def test_readings_come_back_as_they_went_in(service):
    went = readings([1, 2, 3], [[100, 110, 120], [200, 210, 220]], keys=("g0", "g1"))

    taken = deliver(service, went)

    found = stored(service)
    assert taken.stored == 6
    assert_array_equal(found.time_us, np.tile(T0 + np.array([1, 2, 3]) * S, 2))
    assert_array_equal(found.columns["power_w"], [100, 110, 120, 200, 210, 220])


def test_a_batch_sent_twice_is_stored_once(service):
    went = readings([1, 2], [100, 110])

    first = deliver(service, went, spool=SPOOL, sequence=0)
    second = deliver(service, went, spool=SPOOL, sequence=0)

    assert (first.duplicate, second.duplicate) == (False, True)
    assert len(stored(service)) == 2
    with service.reader._engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(INBOX)) == 1


def test_a_repeat_without_a_number_disappears_when_read(service):
    went = readings([1, 2], [100, 110])
    deliver(service, went, kind="prometheus")
    deliver(service, went, kind="prometheus")

    assert len(stored(service)) == 2


def test_a_spool_made_anew_counts_from_zero_again(service):
    deliver(service, readings([1], [100]), spool=SPOOL, sequence=0)

    taken = deliver(service, readings([2], [110]), spool="b" * 32, sequence=0)

    assert (taken.stored, taken.duplicate) == (1, False)


def test_batches_may_come_in_any_order(service):
    for sequence in (3, 0, 2, 1):
        deliver(
            service, readings([sequence], [100 + sequence]), spool=SPOOL,
            sequence=sequence,
        )  # fmt: skip

    assert_array_equal(stored(service).columns["power_w"], [100, 101, 102, 103])


def test_a_forged_number_is_refused_and_nothing_of_it_stored(service):
    deliver(service, readings([1], [100]), spool=SPOOL, sequence=0)

    with pytest.raises(ForgedError):
        deliver(service, readings([2], [110]), spool=SPOOL, sequence=10**12)

    assert len(stored(service)) == 1


def test_a_batch_over_a_window_border_is_cut_in_two(service):
    deliver(service, readings([598, 599, 600, 601], [1, 2, 3, 4]))

    assert_array_equal(stored(service).columns["power_w"], [1, 2, 3, 4])
    with service.reader._engine.connect() as connection:
        windows = connection.scalars(sa.select(INBOX.c.window_us).order_by(INBOX.c.id))
        assert list(windows) == [T0, T0 + 600 * S]


def test_a_restart_knows_the_ledger_and_the_devices(
    service, engine, database_url, clock
):
    deliver(service, readings([1], [100]), spool=SPOOL, sequence=0)
    service.close()

    again = TelemetryService(engine, Settings(database_url=database_url), clock)
    again.writer.start()
    try:
        taken = deliver(again, readings([1], [100]), spool=SPOOL, sequence=0)
        assert taken.duplicate
        assert len(stored(again)) == 1
    finally:
        again.close()


def test_a_transaction_that_fails_stores_nothing_and_tells_the_sender(
    service, monkeypatch
):
    def broken(self):
        raise OperationalError("COMMIT", None, Exception("disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(writer_module._Transaction, "_write_ledgers", broken)
        with pytest.raises(OperationalError, match="disk is full"):
            deliver(service, readings([1], [100]), spool=SPOOL, sequence=0)

    taken = deliver(service, readings([1], [100]), spool=SPOOL, sequence=0)
    assert (taken.stored, taken.duplicate) == (1, False)
    assert len(stored(service)) == 1


def test_one_bad_delivery_does_not_harm_the_others(service, monkeypatch):
    one = writer_module._Transaction._one

    def picky(self, delivery):
        if delivery.source == "bad":
            raise ValueError("cannot be written")
        return one(self, delivery)

    monkeypatch.setattr(writer_module._Transaction, "_one", picky)
    good, bad = (
        writer_module._Waiting(
            writer_module.Delivery(
                source=name, kind="agent", readings=readings([1], [100])
            )
        )
        for name in ("good", "bad")
    )
    service.writer._store([good, bad])

    assert good.future.result(0).stored == 1
    with pytest.raises(ValueError, match="cannot be written"):
        bad.future.result(0)


def test_too_much_waiting_is_refused_before_memory_fills(service, monkeypatch):
    monkeypatch.setattr(writer_module, "MOST_WAITING", 1)

    with pytest.raises(BusyError):
        deliver(service, readings([1, 2], [100, 110]))


def test_a_source_cannot_have_devices_without_end(service, monkeypatch):
    monkeypatch.setattr(writer_module, "MOST_DEVICES", 2)

    with pytest.raises(ScenarioError, match="at most 2 per source"):
        deliver(service, readings([1], [100], keys=("a", "b", "c")))


def test_all_sources_together_cannot_have_devices_without_end(service):
    """One token may write for any host, so a limit for each host would be none."""
    service.writer.limits = writer_module.Limits(devices=3)
    deliver(service, readings([1], [100], keys=("a", "b")), source="n1")
    deliver(service, readings([1], [100], keys=("a",)), source="n2")

    with pytest.raises(ScenarioError, match="at most 3 in all") as refused:
        deliver(service, readings([2], [100], keys=("c",)), source="n2")

    assert "NAMEPLATE_MOST_DEVICES" in refused.value.repair
    assert deliver(service, readings([3], [100], keys=("a",)), source="n2").stored == 1


def test_a_source_beyond_the_limit_is_refused_and_not_made(service):
    service.writer.limits = writer_module.Limits(sources=1)
    deliver(service, readings([1], [100]), source="n1")

    with pytest.raises(ScenarioError, match="at most 1 in all") as refused:
        deliver(service, readings([1], [100]), source="n2")

    assert "NAMEPLATE_MOST_SOURCES" in refused.value.repair
    assert set(service.registry.by_name) == {"n1"}
    assert deliver(service, readings([2], [100]), source="n1").stored == 1


def test_a_closed_writer_takes_nothing(service):
    service.writer.close()

    with pytest.raises(StoppedError):
        deliver(service, readings([1], [100]))

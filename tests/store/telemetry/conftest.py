"""A telemetry service on a database of its own, with a clock that tests turn."""

from __future__ import annotations

import os
import uuid

import numpy as np
import pytest
import sqlalchemy as sa

from api.telemetry_service import TelemetryService
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.settings import Settings
from store.telemetry.writer import Delivery
from twin.telemetry.readings import Device, Readings

S = 1_000_000
T0 = 1_763_733_600 * S
"""A window's start."""


class Clock:
    """A clock that stands where it is put."""

    def __init__(self, now_us):
        self.now_us = now_us

    def __call__(self):
        return self.now_us


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    """Address of an empty database of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'telemetry.db'}"
        return
    server = sa.make_url(os.environ["NAMEPLATE_TEST_POSTGRES_URL"])
    name = f"t{uuid.uuid4().hex}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def clock():
    return Clock(T0 + 3600 * S)


@pytest.fixture
def engine(database_url):
    engine = open_engine(database_url)
    upgrade_engine(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def service(engine, database_url, clock):
    """The service with its writer; tests fold by hand."""
    service = TelemetryService(engine, Settings(database_url=database_url), clock)
    service.writer.start()
    yield service
    service.close()


def readings(time_s, power_w, *, keys=("gpu0",), kinds=None, **columns):
    """Every device reads at the same times; power_w is of shape (device, time)."""
    time_s = np.atleast_1d(np.asarray(time_s, float))
    power_w = np.broadcast_to(power_w, (len(keys), time_s.size))
    kinds = kinds or ["gpu"] * len(keys)
    return Readings(
        devices=tuple(
            Device(key=k, kind=kind) for k, kind in zip(keys, kinds, strict=True)
        ),
        device=np.repeat(np.arange(len(keys)), time_s.size),
        time_us=np.tile(T0 + np.round(time_s * S).astype(np.int64), len(keys)),
        columns={"power_w": power_w.ravel().astype(float)}
        | {n: np.tile(np.asarray(v, float), len(keys)) for n, v in columns.items()},
    )


def deliver(service, found, *, source="node1", spool=None, sequence=0, kind="agent"):
    """Store readings and wait."""
    delivery = Delivery(
        source=source, kind=kind, readings=found, spool=spool, sequence=sequence
    )
    return service.writer.put(delivery).result(10)

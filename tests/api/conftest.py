"""An API on a database of its own, and scenarios small enough to run in tests."""

from __future__ import annotations

import time

import httpx
import pytest

from api.client import Client
from api.main import create_app
from api.transport import InProcessTransport
from store.settings import Settings

SHORT = {"horizon.days": 0.02, "workload.load.requests_per_server_s": 0.05}
"""Half an hour at a given rate: no search for the load, a few milliseconds to run."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    return Settings(
        database_url=f"sqlite:///{folder / 'test.db'}", data_dir=None,
        cache_dir=folder / "cache", what_if_wait_s=60.0, workers=2,
        study_engine="threads",
    )  # fmt: skip


@pytest.fixture(scope="module")
def app(settings):
    return create_app(settings, warm=False)


@pytest.fixture(scope="module")
def client(app):
    """The typed client, in process; its start and stop are the application's."""
    with Client.in_process(app) as client:
        yield client


@pytest.fixture(scope="module")
def http(app, client):
    """Plain HTTP beside the typed client, for what the client would never send."""
    transport = InProcessTransport(app, lifespan=False)
    with httpx.Client(base_url="http://test", transport=transport, timeout=60) as http:
        yield http


@pytest.fixture(scope="module")
def telemetry(app, client):
    """What the running server holds of readings."""
    return app.state.services.telemetry


@pytest.fixture(scope="module")
def now_s():
    """The newest full minute."""
    return int(time.time()) // 60 * 60

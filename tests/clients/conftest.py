"""A server on loopback, and the distributable client speaking to it."""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from api.main import create_app
from store.access import Tokens
from store.scopes import ROLES
from store.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "clients/python"
sys.path.insert(0, str(PACKAGE))  # it is not installed with the product

SHORT = {"horizon.days": 0.02, "workload.load.requests_per_server_s": 0.05}
"""Half an hour at a given rate: no search for the load, a few milliseconds to run."""


@contextmanager
def serving(app):
    """An application behind a socket, as others reach it."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_level="warning", ws="none", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def settings_in(folder, **more):
    """Settings with everything below one folder."""
    return Settings(
        database_url=f"sqlite:///{folder / 'test.db'}", cache_dir=folder / "cache",
        data_dir=None, workers=2, **more,
    )  # fmt: skip


def token_of(app, role):
    """A token of a role, as an administrator would hand it out."""
    tokens = Tokens(app.state.services.engine)
    return tokens.create(name=role, scopes=ROLES[role])[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Address of a server that makes a job of every question."""
    settings = settings_in(tmp_path_factory.mktemp("server"), what_if_wait_s=0.0)
    with serving(create_app(settings, warm=False)) as url:
        yield url


@pytest.fixture(scope="module")
def client(server):
    from nameplate_client import Client

    with Client(server, progress=None) as client:
        yield client

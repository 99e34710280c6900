"""Servers for tests of pages: one in process, one on a loopback port."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import uvicorn

from api.client import Client
from api.main import create_app
from app.create import create_dash
from store.settings import Settings


def settings_in(folder, **more):
    """Settings of a server that keeps all it has in one folder."""
    return Settings(
        database_url=f"sqlite:///{folder / 'nameplate.db'}", cache_dir=folder, **more
    )


@contextmanager
def in_process(folder, *, warm=True, **more):
    """A client of a server without a network."""
    with Client.in_process(create_app(settings_in(folder, **more), warm=warm)) as found:
        yield found


@contextmanager
def on_port(app, **client_more):
    """Serve the API and its pages on a free loopback port; its address."""
    client = Client.in_process(app, lifespan=False, **client_more)
    create_dash(app, client)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    end_s = time.monotonic() + 60
    while not server.started and time.monotonic() < end_s:
        time.sleep(0.05)
    assert server.started, "the server did not start within 60 s"
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=30)
    client.close()
    listener.close()

"""The same database tests on SQLite and, where there is a server, on PostgreSQL."""

from __future__ import annotations

import os
import secrets

import pytest
from sqlalchemy import create_engine, text

from store.engine import database_url, open_engine


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request, tmp_path):
    """Address of an empty database, dropped afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server = database_url(os.environ["NAMEPLATE_TEST_POSTGRES_URL"])
    name = f"nameplate_{secrets.token_hex(4)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def engine(database):
    """An engine on the empty database."""
    engine = open_engine(database)
    yield engine
    engine.dispose()

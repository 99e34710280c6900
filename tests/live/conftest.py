"""A real server in a process of its own, its database, and tokens for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from store.access import Tokens
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.scopes import ROLES
from tests.live.processes import Server

ROLE_TOKENS = ("collector", "viewer", "planner", "admin")


class Site:
    """A server that runs, and who may ask it."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'site.db'}"
        self.engine = open_engine(self.url)
        upgrade_engine(self.engine)
        tokens = Tokens(self.engine)
        self.tokens = {
            role: tokens.create(name=role, scopes=ROLES[role])[1]
            for role in ROLE_TOKENS
        } | {
            name: tokens.create(name=name, scopes=ROLES["agent"], agent=name)[1]
            for name in ("node", "other")
        }  # fmt: skip
        self.server = Server(folder, self.url)
        self.server.start()

    @contextlib.contextmanager
    def client(self, who: str) -> Iterator[httpx.Client]:
        """A client with somebody's token."""
        headers = {"authorization": f"Bearer {self.tokens[who]}"}
        with httpx.Client(
            base_url=f"{self.server.url}/api/v1", headers=headers, timeout=60
        ) as client:
            yield client

    def rows(self) -> dict[str, int]:
        """How many rows each table has, the audit log left out."""
        with self.engine.connect() as connection:
            names = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            )
            return {
                name: connection.exec_driver_sql(
                    f'SELECT count(*) FROM "{name}"'
                ).scalar_one()
                for (name,) in names.all()
                if "audit" not in name
            }

    def peak_mb(self) -> float:
        """Most memory the server has had. [MB]"""
        assert self.server.process is not None
        path = Path(f"/proc/{self.server.process.pid}/status")
        for line in path.read_text().splitlines():
            if line.startswith("VmHWM"):
                return float(line.split()[1]) / 1e3
        raise RuntimeError("the server has no memory")

    def close(self) -> None:
        self.server.stop()
        self.engine.dispose()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.close()

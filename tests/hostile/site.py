"""The whole server, pages and MCP included, in a process and folder of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import httpx

from store.access import Tokens
from store.engine import open_engine
from store.migrate import upgrade_engine
from store.scopes import ROLES
from tests.hostile.fire import Gun, Shot
from tests.live.processes import quiet_port

ROOT = Path(__file__).parents[2]
START_S = 240.0


class Site:
    """`nameplate serve` on a fresh database, with tokens for those who send readings."""  # noqa: E501

    def __init__(self, folder: Path, **settings: str) -> None:
        database = f"sqlite:///{folder / 'site.db'}"
        engine = open_engine(database)
        upgrade_engine(engine)
        tokens = Tokens(engine)
        self.tokens = {
            "node": tokens.create(name="node", scopes=ROLES["agent"], agent="node")[1],
            "collector": tokens.create(name="c", scopes=ROLES["collector"])[1],
        }
        engine.dispose()
        self.port, self.log = quiet_port(), folder / "server.log"
        self.url = f"http://127.0.0.1:{self.port}"
        env = {
            **os.environ, "NAMEPLATE_DATABASE_URL": database,
            "NAMEPLATE_CACHE_DIR": str(folder / "cache"), "NAMEPLATE_MCP": "true",
            "NAMEPLATE_WHAT_IF_WAIT_S": "0.3", "NAMEPLATE_STUDY_ENGINE": "threads",
            "NAMEPLATE_TOKEN_REQUESTS_PER_S": "100000",
            **{f"NAMEPLATE_{k.upper()}": v for k, v in settings.items()},
        }  # fmt: skip
        env.pop("NAMEPLATE_DATA_DIR", None)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "serve", "--port", str(self.port),
                 "--no-open"],
                env=env, cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip

    def schema(self) -> Any:
        """The OpenAPI document, as schemathesis reads it."""
        import schemathesis
        from hypothesis import strategies as st

        schemathesis.openapi.media_type(
            "application/x-protobuf", st.binary(max_size=200)
        )
        found = httpx.get(f"{self.url}/api/v1/openapi.json", timeout=60).json()
        return schemathesis.openapi.from_dict(found)

    def tracebacks(self) -> int:
        """Failures nobody foresaw, which the log tells of."""
        return self.log.read_text(errors="replace").count("Traceback")

    def __enter__(self) -> Self:
        end_s, gun = time.monotonic() + START_S, Gun(self.port)
        health = Shot(part="", method="GET", target="/api/v1/health")
        while time.monotonic() < end_s and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if gun.send(health, timeout_s=10).status == 200:
                    return self
            time.sleep(0.2)
        self.__exit__()
        raise RuntimeError(f"it did not start: {self.log.read_text()[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()

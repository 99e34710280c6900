"""Clocks that jump, of an agent or of the server: what is measured is kept."""

from __future__ import annotations

import time

import httpx
import pytest

from api.client import Client
from api.main import create_app
from api.transport import InProcessTransport
from store.settings import Settings
from tests.live.hostile import good

HOUR_US = 3600 * 1_000_000


@pytest.mark.parametrize("jump_us", [HOUR_US, -HOUR_US], ids=["forward", "back"])
def test_the_servers_clock_jumps_and_no_reading_is_lost(tmp_path, jump_us):
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'np.db'}", cache_dir=tmp_path, workers=1,
        access="tokens",
    )  # fmt: skip
    app = create_app(settings, warm=False)
    with Client.in_process(app):
        services = app.state.services
        token = services.access.tokens.create(
            name="node", scopes=("telemetry:write",), agent="node"
        )[1]
        transport = InProcessTransport(app, lifespan=False)
        real = time.time_ns
        now_us = real() // 1000 - 5_000_000
        with httpx.Client(base_url="http://t", transport=transport) as http:

            def send(number):
                return http.post(
                    "/api/v1/telemetry", json=good(now_us + number) | {
                        "sequence": number},
                    headers={"authorization": f"Bearer {token}"},
                )  # fmt: skip

            assert send(0).status_code == 200
            services.telemetry.clock_us = lambda: real() // 1000 + jump_us
            jumped = send(1)
            if jump_us > 0:
                assert jumped.status_code == 200  # an hour old is not too old
            else:  # kept by the agent, who sends it again
                assert jumped.status_code == 503
                assert jumped.json()["errors"][0]["field"] == "start_us"
                assert int(jumped.headers["retry-after"]) > 0
            services.telemetry.clock_us = lambda: real() // 1000
            again = send(1)
            assert again.status_code == 200
            assert again.json()["duplicate"] is (jump_us > 0)
            assert send(2).json()["stored"] == 2

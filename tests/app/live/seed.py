"""
A server of three small hosts whose numbers can be summed by hand.

a1: two GPUs of 500 W and a meter that reads 1,400 W; a2 and b1: two GPUs of 500 W, no
meter. The site draws 1,400 + 1,000 + 1,000 = 3,400 W. a2's GPU 1 is slowed by heat and
a power cap.
"""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from api.main import create_app
from store.access import Tokens
from tests.app.serving_pages import on_port, settings_in

HOSTS = ("a1", "a2", "b1")
RACKS = {"a1": "H1R1K01", "a2": "H1R1K02", "b1": "H1R1K03"}
SITE_W = 3400.0
HEAT_AND_CAP = 0x20 | 0x4
GPU_FACTS = {"slowdown_c": 87, "shutdown_c": 92, "default_limit_w": 700}
SITE = {
    "name": "Three racks",
    "facility": {
        "template": {
            "halls": 1, "rows_per_hall": 1, "racks_per_row": 3, "servers_per_rack": 1,
        }
    },
}  # fmt: skip


@dataclass
class Site:
    """A running server, and a way to report to it."""

    origin: str
    app: object
    http: httpx.Client
    tokens: dict[str, str] = field(default_factory=dict)
    spools: dict[str, str] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)

    def report(self, host, times_s, *, gpu_w=500.0, events=(), metered=None):
        """Send a host's readings at these times, as its agent would."""
        body = batch(
            host, times_s, gpu_w=gpu_w, events=events,
            metered=host == "a1" if metered is None else metered,
        )  # fmt: skip
        spool = self.spools.setdefault(host, uuid.uuid4().hex)
        number = self.sent.get(host, 0)
        self.sent[host] = number + 1
        body |= {"agent": {"name": host, "version": "0.1.0", "spool": spool},
                 "sequence": number}  # fmt: skip
        answer = self.http.post(
            "/api/v1/telemetry", json=body,
            headers={"authorization": f"Bearer {self._token(host)}"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text

    def _token(self, host):
        if host not in self.tokens:
            kept = Tokens(self.app.state.services.engine)
            scopes = ("telemetry:write",)
            self.tokens[host] = kept.create(name=host, scopes=scopes, agent=host)[1]
        return self.tokens[host]

    def fill(self, seconds=60, **how):
        """Report the last seconds of every host."""
        now_s = time.time()
        for host in HOSTS:
            self.report(host, [now_s - s for s in range(seconds - 1, -1, -1)], **how)

    def place(self, nodes=None):
        """Store the scenario and watch it with the hosts in its racks."""
        made = self.http.post("/api/v1/scenarios", json={"scenario": SITE}).json()
        version = self.http.get("/api/v1/telemetry/placement").json()["version"]
        body = {"version": version, "scenario_id": made["id"],
                "nodes": RACKS if nodes is None else nodes}  # fmt: skip
        placed = self.http.put("/api/v1/telemetry/placement", json=body)
        assert placed.status_code == 200, placed.text
        return made["id"]


def batch(host, times_s, *, gpu_w, metered, events=()):
    """One batch of two GPUs, and a meter."""
    gpus = [
        {"key": f"GPU-{host}-{i}", "kind": "gpu", "model": "NVIDIA H100 80GB HBM3",
         "index": i, "facts": GPU_FACTS}
        for i in range(2)
    ]  # fmt: skip
    meter = {"key": "host", "kind": "host", "model": "", "index": 0, "facts": {}}
    devices = [*gpus, meter] if metered else gpus
    start_us = round(times_s[0] * 1e6)
    rows = [
        (d, round(t * 1e6) - start_us) for t in times_s for d in range(len(devices))
    ]

    def column(of_gpu, of_meter=None):
        return [of_meter if d == 2 else of_gpu(d) for d, _ in rows]

    hot = host == "a2"
    return {
        "format": 1, "start_us": start_us,
        "clock": {"offset_s": 0.0, "uncertainty_s": 0.001, "steps": 0},
        "devices": devices, "events": list(events),
        "columns": {
            "device": [d for d, _ in rows], "offset_us": [o for _, o in rows],
            "power_w": column(lambda _: gpu_w, 2 * gpu_w + 400.0),
            "gpu_c": column(lambda d: 84.0 if hot and d == 1 else 61.0),
            "memory_c": column(lambda _: 70.0),
            "sm_clock_hz": column(lambda _: 1.755e9),
            "utilisation_frac": column(lambda _: 0.97),
            "power_limit_w": column(lambda _: 700.0),
            "throttle_reasons": column(
                lambda d: HEAT_AND_CAP if hot and d == 1 else 0, None
            ),
        },
    }  # fmt: skip


@contextmanager
def serving(folder):
    """A server of its own on a free loopback port, with nothing reported yet."""
    app = create_app(settings_in(folder), warm=False)
    with (
        on_port(app, acting=True) as origin,
        httpx.Client(base_url=origin, timeout=60) as http,
    ):
        yield Site(origin, app, http)

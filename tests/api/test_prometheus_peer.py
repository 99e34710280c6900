"""A real Prometheus scrapes a dcgm-exporter's page and writes to a server of ours."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from api.client import Client
from api.main import create_app
from store.settings import Settings
from tests.api.peers import PATIENCE_S, Served, prometheus, stored_in, until

pytestmark = pytest.mark.prometheus

HOST, MODEL = "node017", "NVIDIA H100 80GB HBM3"
UUIDS = [f"GPU-{i:08x}-6e1e-2b8c-0108-3d370e5f0418" for i in range(4)]


class Exporter:
    """
    Serves the page of a dcgm-exporter whose values change with every scrape.

    The energy counter of a scrape is its number in kilojoules, so a stored reading
    tells which page it comes from.
    """

    def __init__(self):
        self.pages = 0
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                exporter.pages += 1
                body = exporter.page(exporter.pages).encode()
                self.send_response(200)
                self.send_header("content-type", "text/plain; version=0.0.4")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self._thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    def page(self, number):
        """The text, with the last GPU cut into two MIG instances."""
        lines = ["# TYPE node_load1 gauge", "node_load1 0.5"]
        for name, make in VALUES.items():
            lines.append(f"# TYPE DCGM_FI_DEV_{name} gauge")
            for gpu, uuid in enumerate(UUIDS):
                for mig in MIGS if gpu == 3 else ("",):
                    labels = (
                        f'gpu="{gpu}",UUID="{uuid}",device="nvidia{gpu}",'
                        f'modelName="{MODEL}"{mig},Hostname="{HOST}",pod="train-0"'
                    )
                    value = make(number, gpu)
                    lines.append(f"DCGM_FI_DEV_{name}{{{labels}}} {value}")
        return "\n".join(lines) + "\n"


MIGS = tuple(f',GPU_I_PROFILE="3g.40gb",GPU_I_ID="{i}"' for i in (1, 2))
VALUES = {
    "POWER_USAGE": lambda n, gpu: 300 + gpu + n / 8,
    "POWER_USAGE_INSTANT": lambda n, gpu: 310 + gpu + n / 8,
    "TOTAL_ENERGY_CONSUMPTION": lambda n, gpu: n * 1_000_000 + gpu,
    "SM_CLOCK": lambda n, gpu: 1000 + n,
    "GPU_TEMP": lambda n, gpu: 40 + n % 30,
}


def served(number, gpu):
    """What a page tells of a GPU, in our fields and units."""
    return {
        "power_average_w": 300 + gpu + number / 8,
        "power_w": 310 + gpu + number / 8,
        "energy_j": number * 1000 + gpu / 1000,
        "sm_clock_hz": (1000 + number) * 1e6,
        "gpu_c": 40 + number % 30,
    }


def pages_of(readings):
    """Numbers of the pages that readings come from, per device."""
    found = {}
    if readings is not None and "energy_j" in readings.columns:
        for device, energy_j in zip(
            readings.device, readings.columns["energy_j"], strict=True
        ):
            if np.isnan(energy_j):  # its series comes in another request
                continue
            key = readings.devices[device].key
            found.setdefault(key, []).append(int(energy_j // 1000))
    return found


def assert_all_as_served(readings):
    columns = readings.columns
    for row, device in enumerate(readings.device):
        told = readings.devices[device]
        gpu = UUIDS.index(told.key)
        assert (told.kind, told.model, told.index) == ("gpu", MODEL, gpu)
        expected = served(int(columns["energy_j"][row] // 1000), gpu)
        got = {name: float(values[row]) for name, values in columns.items()}
        assert got == pytest.approx(expected, rel=1e-12)


@pytest.fixture
def served_by_us(tmp_path):
    return Served(tmp_path)


def test_all_that_a_prometheus_scraped_is_stored_also_over_a_kill(
    tmp_path, served_by_us
):
    ours, prometheus_log = served_by_us, tmp_path / "prometheus.log"
    with (
        Exporter() as exporter,
        prometheus(tmp_path, scraped=exporter.port, writes_to=ours),
    ):
        with ours.running() as server:
            until(lambda: max_page(ours) >= 3, ours.log)
            server.kill()
            server.wait(30)
        before = exporter.pages
        until(lambda: exporter.pages >= before + 4, prometheus_log)
        with ours.running():
            wanted = exporter.pages + 2
            until(lambda: max_page(ours) >= wanted, ours.log)

    readings = ours.stored(HOST)
    assert_all_as_served(readings)
    pages = pages_of(readings)
    assert sorted(pages) == sorted(UUIDS)
    last = min(max(of_gpu) for of_gpu in pages.values())
    for of_gpu in pages.values():
        first = min(of_gpu)
        assert [p for p in of_gpu if p <= last] == list(range(first, last + 1))
        assert first <= 3  # Prometheus writes what it scrapes after its start


def max_page(ours):
    """Newest page of which every GPU has arrived."""
    pages = pages_of(ours.stored(HOST))
    return min((max(p) for p in pages.values()), default=0) if len(pages) == 4 else 0


def test_a_range_of_a_prometheus_is_pulled(tmp_path):
    with Exporter() as exporter, prometheus(tmp_path, scraped=exporter.port) as address:
        until(lambda: exporter.pages >= 6, tmp_path / "prometheus.log")
        database = f"sqlite:///{tmp_path / 'pulled.db'}"
        settings = Settings(
            database_url=database, cache_dir=tmp_path / "cache", workers=2,
            import_hosts=address.removeprefix("http://"),
        )  # fmt: skip
        now_s = time.time()
        with Client.in_process(create_app(settings, warm=False)) as client:
            job = client.pull_telemetry(
                url=address, preset="dcgm", step_s=1.0, start=_iso(now_s - 30),
                end=_iso(now_s),
            )  # fmt: skip
            done = client.wait(job["id"], timeout_s=PATIENCE_S)

    readings = stored_in(database, HOST)
    assert done["answer"]["stored"] == len(readings) >= 4 * 4
    assert done["answer"]["refused"] == []
    assert {d.key for d in readings.devices} == set(UUIDS)
    assert_all_as_served(readings)


def _iso(at_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))

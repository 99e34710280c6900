"""Host power: RAPL from a made-up tree, ipmitool's words, a BMC on loopback."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agent.host import Measured, SourceError, SourceThread
from agent.ipmi import Ipmi, parse
from agent.rapl import Rapl
from agent.records import HOST_DEVICE
from agent.redfish import Redfish
from tests.agent.test_sampler import until

DCMI = """
    Instantaneous power reading:                  5210 Watts
    Minimum during sampling period:               1412 Watts
    Power reading state is:                   activated
"""


def make_package(root, index, uj, range_uj=262_143_328_850):
    folder = root / f"intel-rapl:{index}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "name").write_text(f"package-{index}\n")
    (folder / "energy_uj").write_text(f"{uj}\n")
    (folder / "max_energy_range_uj").write_text(f"{range_uj}\n")
    part = root / f"intel-rapl:{index}:0"
    part.mkdir(exist_ok=True)
    (part / "name").write_text("dram\n")
    (part / "energy_uj").write_text("1\n")


def test_cpu_power_is_energy_over_time(tmp_path):
    make_package(tmp_path, 0, 1_000_000)
    make_package(tmp_path, 1, 5_000_000)
    seconds = iter([10.0, 10.0, 12.0, 12.0])
    rapl = Rapl(tmp_path, now_s=lambda: next(seconds))

    first = rapl.read()
    make_package(tmp_path, 0, 301_000_000)
    second = rapl.read()

    assert [m.device.key for m in first] == ["cpu0", "cpu1"]
    assert first[0].values == {"energy_j": 1.0}
    assert second[0].values == {"energy_j": 301.0, "power_average_w": 150.0}
    assert second[1].values == {"energy_j": 5.0, "power_average_w": 0.0}


def test_a_counter_that_turns_over_goes_on(tmp_path):
    make_package(tmp_path, 0, 990_000_000, range_uj=1_000_000_000)
    seconds = iter([0.0, 1.0])
    rapl = Rapl(tmp_path, now_s=lambda: next(seconds))
    rapl.read()

    make_package(tmp_path, 0, 40_000_000, range_uj=1_000_000_000)

    assert rapl.read()[0].values == {"energy_j": 1040.0, "power_average_w": 50.0}


def test_a_counter_that_only_root_may_read_says_so(tmp_path, monkeypatch):
    make_package(tmp_path, 0, 1)

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    rapl = Rapl(tmp_path)
    monkeypatch.setattr("pathlib.Path.read_text", denied)
    with pytest.raises(SourceError, match=r"only be read by root.*CAP_DAC_READ_SEARCH"):
        rapl.read()


def test_what_ipmitool_prints_is_power():
    assert parse(DCMI) == 5210.0


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        ("DCMI request failed because: Invalid command", "DCMI not supported"),
        (DCMI.replace("activated", "deactivated"), "is deactivated"),
    ],
)
def test_a_bmc_without_power_says_why(printed, why):
    with pytest.raises(SourceError, match=why):
        parse(printed)


def test_ipmitool_is_run_and_may_fail_or_hang(tmp_path, monkeypatch):
    tool = tmp_path / "ipmitool"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def printing(script):
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)

    printing(f"cat <<X\n{DCMI}\nX")
    assert Ipmi().read()[0].values == {"power_w": 5210.0}
    printing("echo 'Could not open device at /dev/ipmi0' >&2; exit 1")
    with pytest.raises(SourceError, match="Could not open device"):
        Ipmi().read()
    printing("exec sleep 20")
    with pytest.raises(SourceError, match="did not answer"):
        Ipmi(timeout_s=0.2).read()


@pytest.fixture
def bmc():
    """A BMC: set pages, read what was asked."""
    pages, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("Authorization")))
            page = pages.get(self.path)
            status = page if isinstance(page, int) else 200 if page else 404
            body = b"{}" if page is None or isinstance(page, int) else page
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", pages, asked
    server.shutdown()
    server.server_close()


CHASSIS = "/redfish/v1/Chassis"
LISTED = {"Members": [{"@odata.id": f"{CHASSIS}/1"}, {"@odata.id": f"{CHASSIS}/gpus"}]}


@pytest.fixture
def redfish(bmc, tmp_path):
    password = tmp_path / "bmc"
    password.write_text("secret\n")
    source = Redfish(bmc[0], user="reader", password_file=password)
    yield source
    if source._client is not None:
        source._client.close()


def test_a_bmc_tells_power_of_the_whole_host(bmc, redfish):
    _, pages, asked = bmc
    pages[CHASSIS] = LISTED
    pages[f"{CHASSIS}/1/EnvironmentMetrics"] = {
        "PowerWatts": {"Reading": 10_150.5},
        "TemperatureCelsius": {"Reading": 24},
    }
    pages[f"{CHASSIS}/gpus/EnvironmentMetrics"] = {"PowerWatts": {"Reading": 5600}}

    (measured,) = redfish.read()

    assert measured.device.key == "host"
    assert measured.values == {"power_w": 10_150.5, "inlet_c": 24.0}
    assert {auth for _, auth in asked} == {"Basic cmVhZGVyOnNlY3JldA=="}


def test_an_older_bmc_tells_power_by_its_controls(bmc, redfish):
    _, pages, _ = bmc
    pages[CHASSIS] = {"Members": LISTED["Members"][:1]}
    pages[f"{CHASSIS}/1/Power"] = {"PowerControl": [{"PowerConsumedWatts": 734}]}

    assert redfish.read()[0].values == {"power_w": 734.0}


@pytest.mark.parametrize(
    ("page", "why"),
    [(401, "refuses the user 'reader'"), (500, "500"), (b"<html>", "Expecting value")],
)
def test_a_bmc_in_trouble_says_why(bmc, redfish, page, why):
    bmc[1][CHASSIS] = page

    with pytest.raises(SourceError, match=why):
        redfish.read()


@pytest.mark.parametrize(
    "metrics",
    [{"PowerWatts": None}, {"PowerWatts": {"Reading": "many"}}, {"PowerWatts": [1]}],
)
def test_nonsense_from_a_bmc_is_no_power(bmc, redfish, metrics):
    bmc[1][CHASSIS] = {"Members": LISTED["Members"][:1]}
    bmc[1][f"{CHASSIS}/1/EnvironmentMetrics"] = metrics

    with pytest.raises(SourceError, match="tells no chassis's power"):
        redfish.read()


def test_a_source_that_fails_is_told_once_and_tried_again(recorder):
    class Flaky:
        name, period_s = "flaky", 0.01
        answers = iter([SourceError("off"), SourceError("off"), KeyError("odd"), 1, 2])

        def read(self):
            answer = next(self.answers, 3)
            if isinstance(answer, Exception):
                raise answer
            return [Measured(HOST_DEVICE, {"power_w": float(answer)})]

    thread = SourceThread(Flaky(), recorder)
    thread.start()
    until(lambda: len(recorder._readings) >= 2)
    thread.stop()

    assert [e.text for e in recorder._events] == [
        "flaky: off",
        "flaky: answers what cannot be understood: KeyError('odd')",
        "flaky answers again",
    ]
    assert recorder.latest["host"]["power_w"] >= 2.0

"""The page for Prometheus has dcgm-exporter's names, units and labels."""

from __future__ import annotations

import re
import socket
import urllib.error
import urllib.request

import pytest

from agent.metrics import DCGM, MetricsServer, page
from agent.records import HOST_DEVICE, Device
from tests.agent.fake import Fake
from tests.agent.server import Receiver
from tests.agent.test_sampler import until

GPU = Device(key="GPU-1", kind="gpu", model='H100 "80"', index=3)
LINE = re.compile(r'^([a-zA-Z_]\w*)(\{(\w+="([^"\\]|\\.)*",?)*\})? (-?[\d.e+-]+)$')


def render(key, values, own=()):
    devices = {"GPU-1": GPU, "host": HOST_DEVICE}
    return page(devices, {key: values}, own, "node017")


@pytest.mark.parametrize(
    ("field", "value", "line"),
    [
        ("power_average_w", 412.5, "DCGM_FI_DEV_POWER_USAGE{} 412.5"),
        ("power_w", 430.0, "DCGM_FI_DEV_POWER_USAGE_INSTANT{} 430"),
        ("energy_j", 12.5, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{} 12500"),
        ("sm_clock_hz", 1.98e9, "DCGM_FI_DEV_SM_CLOCK{} 1980"),
        ("gpu_c", 66.0, "DCGM_FI_DEV_GPU_TEMP{} 66"),
        ("utilisation_frac", 0.97, "DCGM_FI_DEV_GPU_UTIL{} 97"),
        ("power_limit_w", 700.0, "DCGM_FI_DEV_ENFORCED_POWER_LIMIT{} 700"),
    ],
)
def test_units_and_labels_are_those_of_dcgm_exporter(field, value, line):
    labels = (
        '{gpu="3",UUID="GPU-1",device="nvidia3",modelName="H100 \\"80\\"",'
        'Hostname="node017"}'
    )

    assert line.replace("{}", labels) in render("GPU-1", {field: value}).split("\n")


def test_the_hosts_power_and_the_agents_own_numbers_are_ours():
    text = render("host", {"power_w": 5210.0}, [("missed_ticks_total", "x", 3)])

    assert 'nameplate_agent_power_watts{device="host",kind="host"' in text
    assert "# TYPE nameplate_agent_missed_ticks_total counter" in text
    assert "\nnameplate_agent_missed_ticks_total 3\n" in text


def test_every_line_can_be_parsed_and_each_name_is_declared_once():
    values = dict.fromkeys(DCGM, 1.25) | {"smoothing_state": 3.0}

    lines = render("GPU-1", values, [("gpus", "x", 1)]).strip().split("\n")

    samples = [line for line in lines if not line.startswith("#")]
    assert all(LINE.match(line) for line in samples)
    types = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(types) == len(set(types)) == len(samples)


def test_the_page_is_on_loopback_and_nothing_else_is():
    server = MetricsServer("127.0.0.1", 0, lambda: "nameplate_agent_gpus 8\n")
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    try:
        with urllib.request.urlopen(f"{url}/metrics") as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4"
            assert answer.read() == b"nameplate_agent_gpus 8\n"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{url}/etc/passwd")
        assert refused.value.code == 404
        refused.value.close()
    finally:
        server.stop()


def test_a_running_agent_can_be_scraped(tmp_path, start_agent):
    fake = Fake(tmp_path / "cards", gpus=2, watts=321.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Receiver() as receiver:
        start_agent(fake, receiver.url, "--metrics-port", port)
        until(lambda: len(receiver.batches) > 1, 15)

        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()

    assert text.count("DCGM_FI_DEV_POWER_USAGE_INSTANT{") == 2
    assert 'modelName="NVIDIA H100 80GB HBM3",Hostname="node"} 321\n' in text
    own = dict(
        line.split(" ")
        for line in text.split("\n")
        if line.startswith("nameplate_agent_")
    )
    assert own["nameplate_agent_gpus"] == "2"
    assert own["nameplate_agent_connected"] == "1"
    assert float(own["nameplate_agent_batches_sent_total"]) >= 1
    assert float(own["nameplate_agent_spool_bytes"]) > 0
    assert abs(float(own["nameplate_agent_clock_offset_seconds"])) < 1

"""A real Prometheus scrapes the agent's page and writes to a server of ours."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.agent.fake import Fake
from tests.agent.server import Receiver
from tests.api.peers import Served, free_port, prometheus, until

PERIOD_S, PULSE_S = 4.0, 1.0
PULSE_W = (700.0, 400.0)
"""Each card draws this in the first second of four, and nothing in the other three."""
COUNTED_J = (123_456, 9_000)
"""What each counter told before."""
REST_S = (1.5, 3.3)
"""Part of the period where half a second between scrape and reading changes nothing."""


@pytest.mark.prometheus
def test_what_prometheus_scrapes_of_an_agent_is_stored_as_the_card_tells_it(
    tmp_path, start_agent
):
    fake = Fake(tmp_path / "cards", gpus=2)
    for gpu in range(2):
        course = [(0.0, PULSE_W[gpu]), (PULSE_S, 0.0)]
        fake.profile(gpu, course, period_s=PERIOD_S)
        fake.set(gpu, energy_j=COUNTED_J[gpu])
    folder, port = tmp_path / "ours", free_port()
    folder.mkdir()
    ours = Served(folder)
    with Receiver() as receiver, ours.running():
        start_agent(fake, receiver.url, "--metrics-port", port)
        with prometheus(folder, scraped=port, writes_to=ours):
            until(lambda: seconds_of(ours.stored("node")) >= 9, ours.log)

    readings = ours.stored("node")
    gpus = {d.key: (d.kind, d.index, d.model) for d in readings.devices}
    assert gpus == {
        f"GPU-00000000-0000-0000-0000-{i:012d}": ("gpu", i, "NVIDIA H100 80GB HBM3")
        for i in range(2)
    }
    for device, row in zip(readings.devices, range(2), strict=True):
        check_card(fake, device.index, readings, readings.device == row)


def check_card(fake, gpu, readings, mine):
    """
    Every period adds the pulse's 700 J or 400 J, and not a joule while it rests.

    So the counter at rest is known whatever the scrape's delay: a counter that is wrong
    by a tenth is off by 40 J in each period, and by a tenth of what it told before.
    """
    wall_less_boot_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    passed_s = readings.time_us * 1e-6 - wall_less_boot_s - fake.epoch_s
    power_w, energy_j = readings.columns["power_w"], readings.columns["energy_j"]
    phase_s = passed_s % PERIOD_S
    mine = mine & ~np.isnan(power_w) & ~np.isnan(energy_j)
    rest = mine & (phase_s > REST_S[0]) & (phase_s < REST_S[1])
    turns = np.floor(passed_s[rest] / PERIOD_S) + 1

    assert set(power_w[mine]) <= {0.0, PULSE_W[gpu]}
    assert_allclose(power_w[rest], 0.0)
    assert np.ptp(turns) >= 1
    assert_allclose(
        energy_j[rest], COUNTED_J[gpu] + turns * PULSE_W[gpu] * PULSE_S, atol=1.0
    )


def seconds_of(readings):
    """How much time of power is there."""
    if readings is None or "energy_j" not in readings.columns:
        return 0.0
    return float(np.ptp(readings.time_us)) * 1e-6

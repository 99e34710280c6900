"""A real Prometheus scrapes the agent's page and writes to a server of ours."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.agent.fake import Fake
from tests.agent.server import Receiver
from tests.api.peers import Served, free_port, prometheus, until


@pytest.mark.prometheus
def test_what_prometheus_scrapes_of_an_agent_is_stored_as_the_card_tells_it(
    tmp_path, start_agent
):
    fake = Fake(tmp_path / "cards", gpus=2, watts=321.0)
    folder, port = tmp_path / "ours", free_port()
    folder.mkdir()
    ours = Served(folder)
    with Receiver() as receiver, ours.running():
        start_agent(fake, receiver.url, "--metrics-port", port)
        with prometheus(folder, scraped=port, writes_to=ours):
            until(lambda: seconds_of(ours.stored("node")) >= 4, ours.log)

    readings = ours.stored("node")
    gpus = {d.key: (d.kind, d.index, d.model) for d in readings.devices}
    assert gpus == {
        f"GPU-00000000-0000-0000-0000-{i:012d}": ("gpu", i, "NVIDIA H100 80GB HBM3")
        for i in range(2)
    }
    columns = readings.columns
    known = ~np.isnan(columns["power_w"])
    assert_allclose(columns["power_w"][known], 321.0)
    assert energy_agrees_with_power(readings)


def seconds_of(readings):
    """How much time of power is there."""
    if readings is None or "energy_j" not in readings.columns:
        return 0.0
    return float(np.ptp(readings.time_us)) * 1e-6


def energy_agrees_with_power(readings):
    """
    Energy over a whole device's time is its constant power times that time.

    Page and scrape are some tenths of a second apart, at both ends: 0.5 s each.
    """
    for number in range(len(readings.devices)):
        mine = (readings.device == number) & ~np.isnan(readings.columns["energy_j"])
        time_s = readings.time_us[mine] * 1e-6
        used_j = float(np.ptp(readings.columns["energy_j"][mine]))
        if abs(used_j - 321.0 * float(np.ptp(time_s))) > 321.0 * 1.0:
            return False
    return True

"""How far a site's figures range over seeds, and when that says nothing."""

from __future__ import annotations

import pytest

from tests.twin.facility.test_replay import power, site
from twin.errors import Cancelled
from twin.facility.answer import answer_site
from twin.facility.seeds import seed_ranges
from twin.plan.memo import Memo
from twin.recording import RecordedPower
from twin.scenario.parse import apply_changes
from twin.serving.traffic import Recordings

SHORT = {
    "workload.replay": None, "horizon.days": 0.02,
    "workload.load.requests_per_server_s": 0.05,
}  # fmt: skip


def ranges(scenario, mild, *, count=3, stop=lambda: False):
    record = RecordedPower(step_s=60.0, power_w=power(16), rack_names=())
    recordings = Recordings(rates={}, requests={}, power={"day": record})
    memo, told = Memo(), []
    first = answer_site(scenario, recordings, mild, memo=memo).result
    found = seed_ranges(
        scenario, recordings, mild, first, count=count, memo=memo, cancelled=stop,
        on_progress=lambda part, text: told.append((part, text)),
    )  # fmt: skip
    return first, found, told


def test_traffic_ranges_around_the_run_itself(mild):
    first, found, told = ranges(apply_changes(site(), SHORT), mild)

    assert found.seeds[0] == first.seed
    assert found.pue[0] <= first.pue <= found.pue[1]
    assert found.it_wh[0] < found.it_wh[1]
    parts = [part for part, _ in told]
    assert parts == sorted(parts)
    assert told[-1][1].startswith("seed 3 of 3")


def test_recorded_power_has_no_seeds_to_range_over(mild):
    _, found, told = ranges(site(), mild, count=9)

    assert found is None
    assert all(text.startswith("seed 2 of 9") for _, text in told)  # one was enough


def test_further_seeds_can_be_stopped(mild):
    with pytest.raises(Cancelled):
        ranges(apply_changes(site(), SHORT), mild, stop=lambda: True)

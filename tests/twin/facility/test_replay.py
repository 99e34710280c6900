"""A site that draws recorded power again."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import ScenarioError
from twin.facility.answer import answer_site
from twin.plan.memo import Memo
from twin.plan.whatif import what_if
from twin.recording import RecordedPower
from twin.scenario import parse_scenario
from twin.scenario.parse import apply_changes
from twin.serving.traffic import Recordings

STEPS, STEP_S = 60, 60.0
SMALL = {
    "design": "2n", "halls": 1, "rows_per_hall": 2, "racks_per_row": 2,
    "servers_per_rack": 4,
}  # fmt: skip


def power(servers, *, low=900.0, high=4500.0, seed=1):
    return np.random.default_rng(seed).uniform(low, high, (servers, STEPS))


def site(*, speed=1.0, policy="no-cap", hours=STEPS * STEP_S / 3600.0, **template):
    return parse_scenario({
        "workload": {"replay": {"series": "day", "speed": speed}},
        "policy": {"name": policy}, "horizon": {"days": hours / 24.0},
        "facility": {"template": {**SMALL, **template}},
    })  # fmt: skip


def played(scenario, watts, mild, memo=None, rack_names=()):
    record = RecordedPower(step_s=STEP_S, power_w=watts, rack_names=rack_names)
    recordings = Recordings(rates={}, requests={}, power={"day": record})
    return answer_site(scenario, recordings, mild, memo=memo).result


def test_energy_in_the_record_is_energy_at_the_racks(mild):
    watts = power(16)

    result = played(site(), watts, mild)

    recorded_wh = watts.sum() * STEP_S / 3600.0
    assert result.it_wh == pytest.approx(recorded_wh, rel=1e-9)
    assert sum(rack.mean_w for rack in result.racks) == pytest.approx(
        watts.mean(axis=1).sum(), rel=1e-9
    )


@pytest.mark.parametrize("speed", [2.0, 7.0, 60.0])
def test_speed_squeezes_time_and_keeps_power(mild, speed):
    watts = power(16)
    hours = STEPS * STEP_S / speed / 3600.0

    result = played(site(speed=speed, hours=hours), watts, mild)

    seconds = round(hours * 3600.0)
    mean_w = result.it_wh * 3600.0 / seconds
    # a step that is not whole ticks is cut at the end, by less than two steps
    assert mean_w == pytest.approx(watts.sum(axis=0).mean(), rel=0.02)


def test_each_rack_follows_its_own_servers(mild):
    watts = np.full((16, STEPS), 1500.0)
    watts[4:8] = 4000.0  # the second rack's

    racks = played(site(), watts, mild).racks

    assert [round(rack.mean_w) for rack in racks] == [6000, 16000, 6000, 6000]


def test_named_racks_take_their_servers_whatever_their_order(mild):
    watts = np.full((2, STEPS), 1500.0)
    watts[1] = 4000.0
    names = [rack.name for rack in played(site(), power(16), mild).racks]

    racks = played(site(), watts, mild, rack_names=(names[3], names[0])).racks

    assert round(racks[0].mean_w) == 4 * 4000
    assert round(racks[3].mean_w) == 4 * 1500


def test_more_servers_than_were_recorded_draw_the_record_again(mild):
    watts = power(8)

    result = played(site(), watts, mild)

    assert result.it_wh == pytest.approx(2.0 * watts.sum() * STEP_S / 3600.0, rel=1e-9)


def test_power_below_idle_and_above_full_is_drawn_as_it_was(mild):
    watts = power(16)
    watts[:, :20] = 0.0
    watts[:, 20:30] = 5300.0  # the catalogue's server draws 4,960 W at most

    result = played(site(row_limit_w=60_000.0), watts, mild)

    assert result.it_wh == pytest.approx(watts.sum() * STEP_S / 3600.0, rel=1e-9)


def test_a_cap_takes_from_what_was_drawn_and_never_adds(mild):
    watts = power(16, low=4000.0, high=4800.0)
    watts[:, 30:40] = 200.0  # servers off: nothing there to cut
    limit = {"row_limit_w": 40_000.0}

    free = played(site(**limit), watts, mild)
    capped = played(site(policy="polca", **limit), watts, mild)

    assert sum(row.caps_low for row in capped.rows) > 0
    assert capped.it_wh < free.it_wh
    for with_cap, without in zip(capped.nodes, free.nodes, strict=True):
        assert np.all(
            with_cap.mean_series_w <= without.mean_series_w * (1 + 1e-6) + 1e-3
        )


def test_horizons_longer_than_the_record_repeat_it(mild):
    watts = power(16)

    once, twice = (played(site(hours=h), watts, mild) for h in (1.0, 2.0))

    assert twice.it_wh == pytest.approx(2.0 * once.it_wh, rel=1e-9)


def test_another_record_under_the_same_name_is_another_answer(mild):
    memo = Memo()

    first = played(site(), power(16, seed=1), mild, memo)
    second = played(site(), power(16, seed=2), mild, memo)

    assert first.it_wh != second.it_wh


def test_the_busiest_moment_for_screening_is_the_records(mild):
    watts = power(16, high=2000.0)
    watts[:, 41] = 4500.0
    record = RecordedPower(step_s=STEP_S, power_w=watts)
    recordings = Recordings(rates={}, requests={}, power={"day": record})

    stage = answer_site(site(), recordings, mild).stage

    assert 41 * STEP_S <= stage.worst_t_s < 42 * STEP_S
    assert stage.rack_w.sum() == pytest.approx(16 * 4500.0, rel=1e-6)


def test_more_servers_recorded_than_the_site_has_are_refused(mild):
    with pytest.raises(ScenarioError, match="at most the site's 16 servers, got 17"):
        played(site(), power(17), mild)


def test_a_rack_that_does_not_exist_is_refused(mild):
    with pytest.raises(ScenarioError, match="racks of the site, got 'K99'"):
        played(site(), power(2), mild, rack_names=("K99", ""))


def test_a_record_that_is_not_at_hand_is_refused(mild):
    with pytest.raises(ScenarioError, match="recorded power at hand, got 'day'"):
        answer_site(site(), Recordings.none(), mild)


def test_a_row_alone_cannot_play_a_record():
    row = apply_changes(site(), {"facility": None})

    with pytest.raises(ScenarioError, match="drives a whole site"):
        what_if(row, Recordings.none())


def test_a_period_that_ends_before_it_begins_is_refused():
    from twin.errors import ScenarioErrors

    with pytest.raises(ScenarioErrors, match="after from_s"):
        apply_changes(site(), {"workload.replay.from_s": 100.0,
                               "workload.replay.to_s": 50.0})  # fmt: skip

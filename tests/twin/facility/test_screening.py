"""A lost node moves its load, breakers trip in their order, a cap may come first."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.errors import ScenarioError
from twin.facility.cascade import Stage
from twin.facility.screening import failover, follow_case, race_words, screen_site
from twin.power.network import NodeSpec, build_network
from twin.power.protection import Damage, device_row
from twin.power.stores import STORE_WIDTH
from twin.power.sweep import CONVEYOR, RACK, UTILITY

CURVE = Damage(points=((1.0, 1200.0), (1.2, 600.0), (1.6, 60.0)), reset_s=600.0)
UPS_W = 10_000.0


def two_n(rack_w, *, capped_frac=0.8, cap_lands_s=40.0, breach=0.0):
    """A dual-fed pair of racks behind two UPS of 10 kW each."""
    nodes = [
        NodeSpec(name="UTIL", kind="utility", role=UTILITY),
        *(
            NodeSpec(
                name=name, kind="ups", role=CONVEYOR, fed_by=("UTIL",), rated_w=UPS_W
            )
            for name in ("UPS-A", "UPS-B")
        ),
        *(
            NodeSpec(
                name=name, kind="rack", role=RACK, fed_by=("UPS-A", "UPS-B"), share=True
            )
            for name in ("R1", "R2")
        ),
    ]
    net = build_network(nodes)
    n = len(net.nodes)
    rows = np.array([device_row(CURVE if s.kind == "ups" else None) for s in net.nodes])
    load = np.full(2, float(rack_w))
    return net, Stage(
        wiring=net.wiring, rack_first=net.rack_first, other_w=np.zeros(n), rack_w=load,
        capped_w=(load * capped_frac)[None], servers=np.array([4.0, 4.0]),
        busy=np.array([3.0, 3.0]), capped_speed=np.full((1, 2), 0.9),
        capped_breach=np.full((1, 2), breach),
        limit_w=net.limit_w(), protect=rows,
        protect_w=np.array([s.rated_w for s in net.nodes]), heat=np.zeros(n),
        modules=np.ones((n, 2)), out=np.zeros(n, dtype=bool),
        chosen=np.full(n, -1), running=np.zeros(n, dtype=bool),
        start_s=np.zeros(n), gap_s=np.zeros(n),
        store=np.zeros((n, STORE_WIDTH)), store_w=np.zeros(n),
        rack_hall=np.zeros(2, dtype=np.int64), cooling_node=np.array([0]),
        hot_after_s=np.array([[np.inf, np.nan, np.nan, np.nan]]),
        supply_c=np.array([24.0]), cooling_able_w=np.array([1e9]), cap_frac=1.0,
        cap_lands_s=np.array([] if math.isinf(cap_lands_s) else [cap_lands_s]),
        horizon_s=3600.0, worst_t_s=0.0,
    )  # fmt: skip


def followed(net, stage, failed):
    """A failure's outcome and steps."""
    story = follow_case(net, stage, failed)
    return story.case, story.steps


def test_a_survivor_that_carries_all_within_its_rating_holds():
    net, stage = two_n(4000.0)
    case, steps = followed(net, stage, ("UPS-A",))

    assert case.lost_servers == 0
    assert case.trips == 0
    assert math.isinf(case.first_trip_s)
    assert case.binding == "UPS-B at 80 % on loss of UPS-A"
    assert steps == ()  # nobody is overloaded: no cap is sent
    assert case.slowed_servers == 0
    assert case.slo_damage_frac == 0.0


def test_the_cap_lands_before_the_breaker_trips():
    # 12 kW on 10 kW: 600 s allowed, the cap takes it to 9.6 kW after 40 s
    net, stage = two_n(6000.0)
    case, _ = followed(net, stage, ("UPS-A",))

    assert case.saved_by_cap
    assert case.lost_servers == 0
    assert_allclose(case.race_trip_s, 600.0)
    assert race_words(case) == (
        "UPS-B would trip after 600 s, the cap lands after 40 s: saved"
    )


def test_a_cap_that_is_too_late_loses_the_site():
    # 16 kW on 10 kW: 60 s allowed, the cap would land after 90 s
    net, stage = two_n(8000.0, cap_lands_s=90.0)
    case, steps = followed(net, stage, ("UPS-A",))

    assert not case.saved_by_cap
    assert_allclose(case.first_trip_s, 60.0)
    assert case.lost_servers == 8
    assert case.lost_at_once == 0
    assert steps[0].node == "UPS-B"
    assert_allclose(steps[0].ratio, 1.6)


def test_heat_gained_before_the_cap_counts_after_it():
    # 40 s of 60 s are used up at 1.6; the cap leaves 1.28, which is allowed
    # 600 × (1.28/1.2)^k with k = ln(60/600) / ln(1.6/1.2) = -8.004: 358 s
    net, stage = two_n(8000.0)
    case, steps = followed(net, stage, ("UPS-A",))
    k = math.log(60 / 600) / math.log(1.6 / 1.2)
    left_s = (1 - 40 / 60) * 600 * (1.28 / 1.2) ** k

    assert_allclose(case.first_trip_s, 40 + left_s)
    assert [s.node for s in steps] == ["", "UPS-B"]


def test_the_cap_slows_the_servers_under_the_overload_alone():
    # 6 busy of 8 servers: under the cap 8 × 0.9 still do the work
    net, stage = two_n(6000.0)
    case, _ = followed(net, stage, ("UPS-A",))

    assert case.slowed_servers == 8
    assert case.slo_damage_frac == 0.0


def test_work_beyond_its_latency_limit_is_damage():
    net, stage = two_n(6000.0, breach=0.5)
    case, _ = followed(net, stage, ("UPS-A",))

    assert_allclose(case.slo_damage_frac, 0.5)


def test_work_without_a_server_is_damage():
    net, stage = two_n(4000.0)
    case, _ = followed(net, stage, ("UPS-A", "UPS-B"))

    assert_allclose(case.slo_damage_frac, 1.0)


def test_losing_both_sides_loses_every_server_at_once():
    net, stage = two_n(4000.0)
    case, _ = followed(net, stage, ("UPS-A", "UPS-B"))

    assert case.lost_at_once == case.lost_servers == 8


def test_every_failure_and_every_pair_is_followed_and_ranked():
    net, stage = two_n(4000.0)
    found = screen_site(net, stage)

    assert (found.single, found.pairs) == (4, 6)
    assert found.cases[0].lost_servers == 8
    single = {c.failed[0]: c.lost_servers for c in found.cases if len(c.failed) == 1}
    assert single == {"UTIL": 8, "UPS-A": 0, "UPS-B": 0, "command path": 0}


def test_failover_load_names_its_cause():
    net, stage = two_n(4000.0)
    load_w, cause = failover(net, stage)
    a, b = net.index["UPS-A"], net.index["UPS-B"]

    assert_allclose(load_w[[a, b]], 8000.0)
    assert cause[a] == b
    assert cause[b] == a
    assert cause[net.index["UTIL"]] == -1


@pytest.mark.parametrize("workers", [1, 2])
def test_the_ranking_does_not_depend_on_workers(workers):
    net, stage = two_n(6000.0)
    names = [c.failed for c in screen_site(net, stage, workers=workers).cases]
    assert names == [c.failed for c in screen_site(net, stage).cases]


def test_the_story_shows_the_load_move_and_the_race():
    net, stage = two_n(6000.0)
    story = follow_case(net, stage, ("UPS-A",))
    b = net.index["UPS-B"]

    assert_allclose(story.before_w[b], 6000.0)
    assert_allclose(story.out_w[:, b], [12_000.0, 9600.0])
    assert np.isnan(story.out_w[0, net.index["UPS-A"]])
    assert story.race.node == "UPS-B"
    assert_allclose(story.race.ratio_before, 1.2)
    assert_allclose(story.race.ratio_after, 0.96)
    # without a cap the state rises to 1 in 600 s; with it, it turns at 40/600
    assert_allclose(np.interp(300.0, story.race.t_s, story.race.without_cap), 0.5)
    assert story.race.with_cap.max() <= 40 / 600 + 1e-9


def test_an_unknown_node_is_named_with_the_nearest():
    net, stage = two_n(6000.0)
    with pytest.raises(ScenarioError, match="did you mean UPS-A"):
        follow_case(net, stage, ("UPS-AA",))


@pytest.mark.parametrize("design", ["2n", "3n2", "catcher"])
@pytest.mark.parametrize("rows", [1, 2, 3, 6, 7])
def test_rows_at_their_limits_survive_any_single_loss(run, design, rows):
    assembled, _, stage = run(
        design=design, rows_per_hall=rows, racks_per_row=2, hours=0.01
    )
    limit_w = sum(row.limit_w for row in assembled.rows)
    full = stage._replace(
        rack_w=np.full(stage.rack_w.size, limit_w / stage.rack_w.size),
        capped_w=np.full(stage.capped_w.shape, limit_w / stage.rack_w.size),
    )
    found = screen_site(assembled.network, full, assembled.halls, pairs=False)
    kinds = {n.name: n.kind for n in assembled.facility.electrical}
    for case in found.cases:
        assert case.worst_frac <= 1.0 + 1e-4, (case.failed, case.binding)
        if kinds.get(case.failed[0]) != "utility":
            assert case.lost_servers == 0, case.failed

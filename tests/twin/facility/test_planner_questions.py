"""What planners ask an asset register and do not get."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.twin.facility.test_site import node

SMALL = {"rows_per_hall": 2, "racks_per_row": 3}
UTILITY = {"name": "UTIL", "kind": "utility", "rated_w": 1e6}


def make(name, kind, rated_w, *fed_by, **more):
    """One node."""
    return {
        "name": name,
        "kind": kind,
        "rated_w": rated_w,
        "fed_by": list(fed_by),
    } | more


def racks(count, *fed_by, **more):
    """Racks on one row."""
    return [
        {"name": f"K{k}", "row": "R1", "position": k + 1, "fed_by": list(fed_by)} | more
        for k in range(count)
    ]


def test_capacity_knows_both_cords_and_expected_draw(run):
    """Nameplate says a side is full; expected draw after a loss says it fits."""
    _, result, _ = run(design="2n", activity=0.6, **SMALL)
    side = node(result, "PDU-H1-A")

    assert side.nameplate_w > side.limit_w * 0.9
    assert side.peak_w < 0.55 * side.failover_w  # it carries half until the other dies
    assert side.failover_cause in {"UPS-H1-B", "SWB-H1-B", "PDU-H1-B", "MV-H1-B"}
    assert side.headroom_w > 0


def test_redundant_supplies_are_not_counted_twice(run):
    _, result, _ = run(design="2n", **SMALL)
    util, a, b = (node(result, n) for n in ("UTIL", "UPS-H1-A", "UPS-H1-B"))

    assert_allclose(util.provisioned_w, a.provisioned_w)
    assert_allclose(a.provisioned_w, b.provisioned_w)
    assert_allclose(util.nameplate_w, a.nameplate_w)


def test_panels_chain_to_panels(run):
    nodes = [
        UTILITY,
        make("PDU", "pdu", 3e5, "UTIL"),
        make("RPP1", "rpp", 2e5, "PDU"),
        make("RPP2", "rpp", 1e5, "RPP1"),
        make("STRIP", "rack-pdu", 5e4, "RPP2"),
    ]
    facility = {"electrical": nodes, "racks": racks(1, "STRIP")}
    _, result, _ = run(facility=facility)
    chain = [node(result, n) for n in ("STRIP", "RPP2", "RPP1", "PDU", "UTIL")]

    assert [n.depth for n in chain] == [4, 3, 2, 1, 0]
    assert all(x.mean_w < y.mean_w for x, y in pairwise(chain))


@pytest.mark.parametrize(
    ("small", "weakest"),
    [("UTIL", "UTIL"), ("UPS", "UPS"), ("PDU", "PDU"), ("STRIP", "STRIP")],
)
def test_the_limit_is_the_weakest_of_feed_ups_pdu_and_breaker(run, small, weakest):
    rated = dict.fromkeys(("UTIL", "UPS", "PDU", "STRIP"), 3e5) | {small: 9e4}
    nodes = [
        make("UTIL", "utility", rated["UTIL"]),
        make("UPS", "ups", rated["UPS"], "UTIL"),
        make("PDU", "pdu", rated["PDU"], "UPS"),
        make("STRIP", "rack-pdu", rated["STRIP"], "PDU"),
    ]
    _, result, _ = run(facility={"electrical": nodes, "racks": racks(2, "STRIP")})
    first = result.racks[0]

    assert first.weakest == weakest
    other = node(result, weakest)
    assert_allclose(first.limit_w - first.peak_w, other.headroom_w)


def test_losses_and_limits_at_every_split(run):
    _, result, _ = run(design="2n", **SMALL)
    split = [node(result, f"PDU-H1-{s}") for s in "AB"]
    ups = [node(result, f"UPS-H1-{s}") for s in "AB"]

    for above, below in zip(ups, split, strict=True):
        assert_allclose(above.out_wh, below.in_wh, rtol=1e-9)
        assert below.loss_wh > 0
        assert below.limit_w > 0


def test_several_feeds_per_rack_and_one_feed_to_many_loads(run):
    nodes = [UTILITY, *(make(f"P{k}", "pdu", 2e5, "UTIL") for k in range(4))]
    facility = {"electrical": nodes, "racks": racks(3, "P0", "P1", "P2", "P3")}
    _, result, _ = run(facility=facility)
    shares = np.array([r.feed_wh for r in result.racks])

    assert shares.shape == (3, 4)
    assert_allclose(shares, shares[:, :1] * np.ones((1, 4)))
    assert_allclose(node(result, "P0").out_wh, shares[:, 0].sum())


def test_phases_balance_or_say_by_how_much_they_do_not(run):
    nodes = [UTILITY, make("BUS", "busway", 3e5, "UTIL")]
    three = [
        rack | {"phases": phases}
        for rack, phases in zip(racks(3, "BUS"), ("ab", "bc", "ca"), strict=True)
    ]
    _, even, _ = run(facility={"electrical": nodes, "racks": three})
    skewed = [rack | {"phases": "ab"} for rack in three]
    _, odd, _ = run(facility={"electrical": nodes, "racks": skewed})

    assert node(even, "BUS").imbalance_frac < 0.02
    # all on two of three phases: the third is empty, the others 1.5 times the mean
    assert_allclose(node(odd, "BUS").imbalance_frac, 1.0)
    assert node(odd, "BUS").phase_w[2] == 0.0


def test_a_planned_outage_shows_who_carries_what(run):
    out = {"t_s": 300, "kind": "maintenance", "target": "UPS-H1-A", "duration_s": 600}
    _, usual, _ = run(design="2n", hours=0.5, **SMALL)
    _, result, _ = run(design="2n", hours=0.5, events=[out], **SMALL)

    assert result.lost_server_s == 0.0
    before, during = node(usual, "UPS-H1-B").peak_w, node(result, "UPS-H1-B").peak_w
    assert during == pytest.approx(2 * before, rel=0.02)
    assert "SWB-H1" in result.binding or "ROW-" in result.binding


def test_the_survivor_carries_the_cooling_of_the_hall_too(run):
    _, result, stage = run(design="2n", **SMALL)
    board, ups, cooling = (node(result, n) for n in ("SWB-H1-B", "UPS-H1-B", "COOL-H1"))

    assert stage.other_w.sum() == pytest.approx(cooling.peak_w, rel=0.05)
    assert board.failover_w > ups.failover_w + 0.9 * cooling.peak_w
    assert board.failover_w > board.peak_w

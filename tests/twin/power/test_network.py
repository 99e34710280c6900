"""Loads add up, losses are counted, and nothing is fed from a dead node."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.power.network import NodeSpec, build_network, flow
from twin.power.sweep import CONVEYOR, GENERATOR, RACK, UTILITY

NONE = np.array([], dtype=np.int64)


def node(name, *fed_by, role=CONVEYOR, **more):
    """A node without losses unless given."""
    return NodeSpec(name=name, kind="node", role=role, fed_by=fed_by, **more)


def two_sided(**more):
    """Two complete chains and one dual-corded rack."""
    return build_network(
        [
            node("UTIL", role=UTILITY),
            node("UPS-A", "UTIL", **more),
            node("UPS-B", "UTIL", **more),
            node("R1", "UPS-A", "UPS-B", role=RACK, share=True),
        ]
    )


def test_a_chain_draws_its_load_and_its_losses():
    # 1000 W out, 10 W fixed, 2 % linear, 1e-5 per watt: 10 + 20 + 10 W lost
    net = build_network(
        [
            node("UTIL", role=UTILITY),
            node("UPS", "UTIL", fixed_w=10.0, linear=0.02, quadratic_per_w=1e-5),
            node("R1", "UPS", role=RACK),
        ]
    )
    f = flow(net, np.array([1000.0]), NONE)

    assert_allclose(f.in_w[net.index["UPS"]], 1040.0)
    assert_allclose(f.out_w[net.index["UTIL"]], 1040.0)


def test_dual_cords_share_and_the_survivor_carries_all():
    net = two_sided()
    both = flow(net, np.array([8000.0]), NONE)
    one = flow(net, np.array([8000.0]), np.array([net.index["UPS-A"]]))

    assert_allclose(both.out_w[[net.index["UPS-A"], net.index["UPS-B"]]], 4000.0)
    assert one.out_w[net.index["UPS-A"]] == 0.0
    assert_allclose(one.out_w[net.index["UPS-B"]], 8000.0)


def test_a_survivor_loses_more_than_two_that_share():
    # quadratic loss: 2 × 4² < 8²
    net = two_sided(quadratic_per_w=1e-6)
    both = flow(net, np.array([8000.0]), NONE)
    one = flow(net, np.array([8000.0]), np.array([net.index["UPS-A"]]))

    assert_allclose(both.out_w[0], 8000 + 2 * 16)
    assert_allclose(one.out_w[0], 8000 + 64)


def test_a_transfer_switch_takes_the_first_live_feed():
    net = build_network(
        [
            node("UTIL", role=UTILITY),
            node("GEN", role=GENERATOR),
            node("SWB", "UTIL", "GEN"),
            node("R1", "SWB", role=RACK),
        ]
    )
    normal = flow(net, np.array([500.0]), NONE)
    outage = flow(net, np.array([500.0]), np.array([net.index["UTIL"]]))

    assert normal.out_w[net.index["GEN"]] == 0.0
    assert outage.out_w[net.index["GEN"]] == 500.0


def test_a_rack_without_a_live_feed_is_dead_and_draws_nothing():
    net = two_sided(fixed_w=5.0)
    f = flow(net, np.array([8000.0]), np.array([net.index["UTIL"]]))

    assert not f.live.any()
    assert not f.in_w.any()


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        pytest.param([node("A", "B"), node("B", "A")], "ring: A, B", id="ring"),
        pytest.param([node("A", "X")], "unknown node 'X'", id="unknown feed"),
        pytest.param([node("A"), node("A")], "'A' is used twice", id="double name"),
    ],
)
def test_what_is_no_network_is_refused_by_name(nodes, message):
    with pytest.raises(ValueError, match=message):
        build_network(nodes)


@st.composite
def networks(draw):
    """Trees of depth 2 to 8 with dual feeds, losses and random failures."""
    specs = [node("N0", role=UTILITY), node("G0", role=GENERATOR)]
    layer = ["N0", "G0"]
    losses = st.floats(0, 0.05)
    for depth in range(draw(st.integers(1, 7))):
        above, layer = layer, []
        for k in range(draw(st.integers(1, 4))):
            name = f"L{depth}.{k}"
            feeds = draw(
                st.lists(st.sampled_from(above), min_size=1, max_size=2, unique=True)
            )
            specs.append(
                node(
                    name, *feeds, share=draw(st.booleans()),
                    fixed_w=draw(st.floats(0, 100)), linear=draw(losses),
                    quadratic_per_w=draw(st.floats(0, 1e-7)),
                )
            )  # fmt: skip
            layer.append(name)
    racks = draw(st.integers(1, 6))
    for k in range(racks):
        feeds = draw(
            st.lists(st.sampled_from(layer), min_size=1, max_size=2, unique=True)
        )
        specs.append(node(f"R{k}", *feeds, role=RACK, share=True))
    net = build_network(specs)
    rack_w = np.array(draw(st.lists(st.floats(0, 1e5), min_size=racks, max_size=racks)))
    down = draw(st.lists(st.integers(0, len(specs) - 1), max_size=3, unique=True))
    return net, rack_w, np.array(sorted(down), dtype=np.int64)


@given(networks())
def test_no_energy_appears_or_vanishes_and_nobody_is_fed_by_the_dead(case):
    net, rack_w, down = case
    f = flow(net, rack_w, down)
    w = net.wiring
    loss_w = f.in_w - f.out_w
    sources = w.role <= GENERATOR
    racks = slice(net.rack_first, None)

    assert (loss_w >= -1e-9).all()
    drawn = f.in_w[sources].sum()
    served = f.out_w[racks].sum()
    assert_allclose(drawn, served + loss_w.sum(), rtol=1e-9, atol=1e-9)
    assert not f.live[down].any()
    owner = np.repeat(np.arange(w.role.size), np.diff(w.first))
    carries = f.edge_w > 0
    assert f.live[w.feed[carries]].all()
    assert f.live[owner[carries]].all()
    for i in range(w.role.size):
        feeds = w.feed[w.first[i] : w.first[i + 1]]
        if feeds.size:
            reachable = f.live[feeds].any() and i not in down
            assert f.live[i] == reachable

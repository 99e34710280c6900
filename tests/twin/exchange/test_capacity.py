"""Draws are counted once, and a chain carries what its weakest part carries."""

from __future__ import annotations

import pytest

from tests.twin.exchange.samples import two_sided
from twin.errors import ScenarioError
from twin.exchange.capacity import carried, device_draw_w
from twin.exchange.netbox import read_netbox
from twin.exchange.topology import Device, Node, Port, Topology, circuit_w


def by_id(topology):
    return {load.source_id: load for load in carried(topology)}


def device(*ports, count=1):
    return Device(source_id="d", name="d", rack="r", ports=ports, count=count)


@pytest.mark.parametrize(
    ("ports", "draw_w"),
    [
        pytest.param([("a", 1000.0)], 1000.0, id="one supply"),
        pytest.param([("a", 1000.0), ("b", 1000.0)], 1000.0, id="a side stands in"),
        pytest.param(
            [("a", 500.0), ("a", 500.0), ("b", 500.0), ("b", 500.0)], 1000.0,
            id="two supplies a side share",
        ),
        pytest.param([("", 700.0), ("", 700.0)], 700.0, id="unplugged counts once"),
        pytest.param([("a", None)], None, id="nothing stated"),
    ],
)  # fmt: skip
def test_redundant_supplies_are_counted_once(ports, draw_w):
    found = device_draw_w(device(*(Port(feed=f, maximum_w=w) for f, w in ports)))

    assert found == draw_w


def test_a_planned_draw_counts_before_the_largest():
    port = Port(feed="a", maximum_w=1071.0, allocated_w=586.0)

    assert device_draw_w(device(port)) == 586.0


def test_two_sides_share_and_either_may_carry_all():
    loads = by_id(read_netbox(two_sided()))

    assert loads["powerfeed:1"].normal_w == 3250.0
    assert loads["powerfeed:2"].normal_w == 3250.0
    assert loads["powerfeed:1"].failover_w == 6500.0
    assert loads["powerpanel:2"].failover_w == 6500.0


def test_the_weakest_part_of_a_chain_limits_it():
    loads = by_id(read_netbox(two_sided()))

    # 230 V x 32 A x 80 % = 5,888 W, the panel above carries 5,000 W
    assert loads["powerfeed:1"].limit_w == pytest.approx(5888.0)
    assert loads["powerfeed:1"].chain_w == 5000.0
    assert loads["powerfeed:1"].bound_by == "powerpanel:1"
    assert loads["powerfeed:2"].chain_w == pytest.approx(5888.0)


def test_feeds_that_exceed_their_panel_are_said_to():
    loads = by_id(read_netbox(two_sided()))

    assert loads["powerpanel:1"].oversold  # 5,888 W of feeds behind 5,000 W
    assert not loads["powerpanel:2"].oversold  # states no rating of its own


def test_a_device_on_both_sides_of_one_panel_hangs_on_it_once():
    nodes = [
        Node(source_id="p", name="p", kind="rpp", rated_w=9000.0),
        Node(source_id="a", name="a", kind="busway", feeds=("p",)),
        Node(source_id="b", name="b", kind="busway", feeds=("p",)),
    ]
    ports = (Port(feed="a", maximum_w=600.0), Port(feed="b", maximum_w=600.0))
    topology = Topology(
        source="t", version="", nodes=tuple(nodes), devices=(device(*ports, count=3),)
    )

    loads = by_id(topology)
    assert loads["p"].normal_w == 1800.0
    assert loads["p"].failover_w == 1800.0


def test_three_phases_carry_root_three_times_line_voltage():
    assert circuit_w(400.0, 63.0, three_phase=True) == pytest.approx(43_647.7, abs=0.1)
    assert circuit_w(-48.0, 100.0, three_phase=False) == 4800.0


def test_a_ring_is_named():
    nodes = [
        Node(source_id="a", name="Alpha", kind="pdu", feeds=("b",)),
        Node(source_id="b", name="Beta", kind="pdu", feeds=("a",)),
    ]

    with pytest.raises(ScenarioError, match="Alpha -> Beta"):
        carried(Topology(source="t", version="", nodes=tuple(nodes)))

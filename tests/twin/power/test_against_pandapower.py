"""The radial sweep against a power flow of the same network."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.power.network import NodeSpec, build_network, flow
from twin.power.sweep import CONVEYOR, RACK, UTILITY

pytestmark = pytest.mark.filterwarnings("ignore")

TRANSFORMER_W = 2.5e6
IRON_LOSS_W = 3500.0
COPPER_LOSS_W = 22_000.0  # at rated load
BUSWAY_OHM = 0.0008
VOLTAGE_V = 400.0
LOADS_W = (180_000.0, 240_000.0, 60_000.0)


def power_flow(sides="A", part=1.0):
    """On each side a transformer that feeds three busways, each with its part."""
    pp = pytest.importorskip("pandapower")
    net = pp.create_empty_network()
    for _ in sides:
        medium = pp.create_bus(net, vn_kv=20.0)
        low = pp.create_bus(net, vn_kv=VOLTAGE_V / 1000)
        pp.create_ext_grid(net, medium)
        pp.create_transformer_from_parameters(
            net, medium, low, sn_mva=TRANSFORMER_W / 1e6, vn_hv_kv=20.0,
            vn_lv_kv=VOLTAGE_V / 1000, vkr_percent=100 * COPPER_LOSS_W / TRANSFORMER_W,
            vk_percent=1.0, pfe_kw=IRON_LOSS_W / 1000, i0_percent=0.2,
        )  # fmt: skip
        for load_w in LOADS_W:
            end = pp.create_bus(net, vn_kv=VOLTAGE_V / 1000)
            pp.create_line_from_parameters(
                net, low, end, length_km=1.0, r_ohm_per_km=BUSWAY_OHM,
                x_ohm_per_km=1e-6, c_nf_per_km=0.0, max_i_ka=1.0,
            )  # fmt: skip
            pp.create_load(net, end, p_mw=part * load_w / 1e6)
    pp.runpp(net)
    return net


def sweep():
    """The same network; a busway's quadratic loss is R / V²."""
    nodes = [
        NodeSpec(name="UTIL", kind="utility", role=UTILITY),
        NodeSpec(
            name="MV", kind="transformer", role=CONVEYOR, fed_by=("UTIL",),
            fixed_w=IRON_LOSS_W, quadratic_per_w=COPPER_LOSS_W / TRANSFORMER_W**2,
        ),
    ]  # fmt: skip
    for k in range(len(LOADS_W)):
        nodes += [
            NodeSpec(
                name=f"BUS{k}", kind="busway", role=CONVEYOR, fed_by=("MV",),
                quadratic_per_w=BUSWAY_OHM / VOLTAGE_V**2,
            ),
            NodeSpec(name=f"R{k}", kind="rack", role=RACK, fed_by=(f"BUS{k}",)),
        ]  # fmt: skip
    net = build_network(nodes)
    return net, flow(net, np.array(LOADS_W), np.array([], dtype=np.int64))


def test_losses_and_feeder_load_agree_with_the_power_flow():
    # the sweep takes the voltage as rated; the power flow lets it sag by about 0.5 %,
    # which raises currents by as much and losses by twice that
    theirs, (net, ours) = power_flow(), sweep()
    busways = [net.index[f"BUS{k}"] for k in range(len(LOADS_W))]
    busway_loss_w = ours.in_w[busways] - ours.out_w[busways]
    mv = net.index["MV"]

    assert_allclose(theirs.res_bus.vm_pu.min(), 1.0, atol=0.01)
    assert_allclose(busway_loss_w, theirs.res_line.pl_mw.to_numpy() * 1e6, rtol=0.02)
    assert_allclose(
        ours.in_w[mv] - ours.out_w[mv], theirs.res_trafo.pl_mw[0] * 1e6, rtol=0.02
    )
    assert_allclose(ours.out_w[0], theirs.res_ext_grid.p_mw[0] * 1e6, rtol=1e-4)


@pytest.mark.parametrize("lost", [(), ("MV-A",)], ids=["all-well", "a-lost"])
def test_dual_cords_load_two_chains_as_a_power_flow_says(lost):
    """2N: halves while all is well, the whole load on the survivor after a loss."""
    nodes = [NodeSpec(name="UTIL", kind="utility", role=UTILITY)]
    for side in "AB":
        nodes.append(
            NodeSpec(
                name=f"MV-{side}", kind="transformer", role=CONVEYOR, fed_by=("UTIL",),
                fixed_w=IRON_LOSS_W, quadratic_per_w=COPPER_LOSS_W / TRANSFORMER_W**2,
            )
        )  # fmt: skip
        nodes += [
            NodeSpec(
                name=f"BUS{k}-{side}", kind="busway", role=CONVEYOR,
                fed_by=(f"MV-{side}",), quadratic_per_w=BUSWAY_OHM / VOLTAGE_V**2,
            )
            for k in range(len(LOADS_W))
        ]  # fmt: skip
    nodes += [
        NodeSpec(
            name=f"R{k}", kind="rack", role=RACK, share=True,
            fed_by=(f"BUS{k}-A", f"BUS{k}-B"),
        )
        for k in range(len(LOADS_W))
    ]  # fmt: skip
    net = build_network(nodes)
    out = np.array([net.index[name] for name in lost], dtype=np.int64)
    ours = flow(net, np.array(LOADS_W), out)
    left = "AB" if not lost else "B"
    theirs = power_flow(left, 1.0 / len(left))
    chains = [net.index[f"MV-{side}"] for side in left]
    buses = [net.index[f"BUS{k}-{side}"] for side in left for k in range(len(LOADS_W))]

    assert_allclose(
        (ours.in_w - ours.out_w)[chains], theirs.res_trafo.pl_mw * 1e6, rtol=0.02
    )
    assert_allclose(
        (ours.in_w - ours.out_w)[buses], theirs.res_line.pl_mw * 1e6, rtol=0.03
    )
    assert_allclose(ours.out_w[0], theirs.res_ext_grid.p_mw.sum() * 1e6, rtol=1e-4)
    # unity: what a transformer delivers is what its busways draw
    assert_allclose(
        ours.out_w[chains],
        ours.in_w[buses].reshape(len(left), -1).sum(axis=1), rtol=1e-12,
    )  # fmt: skip

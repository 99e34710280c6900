"""Placements on random sites: against every placement, the greedy one, random ones."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.twin.optimise.conftest import MILD
from tests.twin.optimise.test_placement import node, rack
from twin.catalogue import find_server
from twin.facility.activity import Activity
from twin.facility.assemble import assemble
from twin.facility.electrical import electrical_network
from twin.facility.fit import where_it_fits
from twin.facility.stage import set_stage
from twin.power.network import flow
from twin.power.phases import phase_parts
from twin.scenario import parse_scenario
from twin.scenario.site_templates import expand

EACH_W = 5000.0
MOST = 3
"""Servers in a rack of 18 U."""
EXAMPLES = settings(
    max_examples=15, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


@st.composite
def small_sites(draw):
    """Two utilities, two or three UPS, two or three busways, two to four racks."""
    nodes = [node(f"U{k}", "utility", 1e8) for k in range(2)]
    ups = [f"N{k}" for k in range(draw(st.integers(2, 3)))]
    bus = [f"B{k}" for k in range(draw(st.integers(2, 3)))]
    watts = st.floats(12_000.0, 60_000.0)
    loss = st.builds(
        lambda a, b: {"fixed": 0.01, "linear": a, "quadratic": b}, st.floats(0, 0.05),
        st.floats(0, 0.1),
    )  # fmt: skip
    for name in ups:
        feeds = draw(st.permutations(["U0", "U1"]))
        nodes.append(node(name, "ups", draw(watts), *feeds, transfer="first",
                          loss=draw(loss)))  # fmt: skip
    racks = []
    for k in range(draw(st.integers(2, 4))):
        feeds = draw(
            st.lists(st.sampled_from(bus), min_size=1, max_size=2, unique=True)
        )
        racks.append(rack(f"K{k + 1}", *feeds, row=f"R{k % 2}"))
    used = {f for r in racks for f in r["fed_by"]}
    for name in bus:
        if name in used:
            feeds = draw(st.lists(st.sampled_from(ups), min_size=1, max_size=2,
                                  unique=True))  # fmt: skip
            how = {"transfer": draw(st.sampled_from(["share", "first"]))}
            nodes.append(node(name, "busway", draw(watts), *feeds,
                              **(how if len(feeds) > 1 else {})))  # fmt: skip
    used |= {f for n in nodes for f in n["fed_by"]}
    return [n for n in nodes if n["name"] in used], racks


def worst_load(network, servers):
    """Highest load ÷ limit over no loss and every single one."""
    limit_w = network.limit_w()
    limited = np.isfinite(limit_w)
    worst = 0.0
    for lost in range(-1, network.rack_first):
        down = np.array([lost] if lost >= 0 else [], dtype=np.int64)
        found = flow(network, EACH_W * np.array(servers), down)
        load = np.where(found.live, found.out_w, 0.0)[limited] / limit_w[limited]
        worst = max(worst, float(load.max()))
    return worst


@EXAMPLES
@given(small_sites())
def test_no_placement_of_all_there_are_is_better(placed, plain_site, site):
    """Every one of up to 256 placements, its loads added up by other code."""
    scenario = plain_site(*site)
    network = electrical_network(parse_scenario(scenario))
    every = {
        counts: worst_load(network, counts)
        for counts in product(range(MOST + 1), repeat=len(site[1]))
    }
    able = {counts: worst for counts, worst in every.items() if worst <= 1.0}
    if not able:  # not even the losses of empty nodes are carried
        return
    most = max(sum(counts) for counts in able)
    least = min(worst for counts, worst in able.items() if sum(counts) == most)

    found = placed({
        "scenario": scenario, "present": "gone", "rack_units": 18, "gap_frac": 0.0,
        "place": [{"server": "dgx-a100", "planned_w": EACH_W}],
    })  # fmt: skip

    assert found.placed == most
    assert found.proofs[0].optimal
    assert found.verified.agrees
    order = [network.nodes[network.rack_first + k].name for k in range(len(site[1]))]
    by_name = {r.rack: r.server_count for r in found.racks}
    ours = worst_load(network, [by_name[name] for name in order])
    # plans whose highest loads lie nearer than this count as equal: cuts end there
    assert ours == pytest.approx(least, rel=1e-3)


@EXAMPLES
@given(st.lists(st.integers(1, 8), min_size=2, max_size=6))
def test_no_choice_of_phases_is_more_even(placed, plain_site, counts):
    nodes = [node("U", "utility", 1e8), node("P", "pdu", 1e7, "U")]
    racks = [rack(f"K{k + 1}", "P", count=n) for k, n in enumerate(counts)]
    scenario = plain_site(nodes, racks)
    network = electrical_network(parse_scenario(scenario))
    least = min(
        phase_parts(network, np.array(counts, dtype=float), list(phases))[0].max()
        for phases in product("abc", repeat=len(counts))
    )
    found = placed({
        "scenario": scenario, "place": [{"server_count": 0}], "gap_frac": 0.0,
        "objectives": ["least-imbalance"], "wirings": [{"phases": p} for p in "abc"],
    })  # fmt: skip

    assert found.imbalance_frac == pytest.approx(3.0 * least - 1.0, abs=1e-5)


def full_time():
    """Every server fully busy: a stage whose loads are then set by hand."""
    return Activity(
        frac=np.ones(1), curve_mhz=np.array([210.0, 1410.0]),
        curve_power=np.array([0.3, 1.0]), curve_slowdown=np.array([6.7, 1.0]),
    )  # fmt: skip


@pytest.mark.parametrize("design", ["n", "n+1", "2n", "3n2", "catcher"])
@pytest.mark.parametrize("ups_frac", [0.6, 0.85, 1.0], ids=lambda f: f"UPS x {f}")
def test_never_fewer_than_the_greedy_search_finds(placed, design, ups_frac):
    """Rows of unequal servers below UPS that are too small for them all."""
    template = {"facility": {"template": {
        "design": design, "rows_per_hall": 3, "racks_per_row": 4,
    }}}  # fmt: skip
    scenario = parse_scenario(template)
    facility = expand(scenario.facility, 81_808.0)
    nodes = [
        n.model_dump(mode="json")
        | ({"rated_w": n.rated_w * ups_frac} if n.kind == "ups" else {})
        for n in facility.electrical
    ]
    racks = [
        r.model_dump(mode="json") | {"server_count": 1 + (7 * k) % 3}
        for k, r in enumerate(facility.racks)
    ]
    site = {"facility": {
        "electrical": nodes, "racks": racks,
        "cooling": {"capacity_frac": 3.0, "airflow_frac": 3.0},
        "row_limits_w": dict.fromkeys({r["row"] for r in racks}, 81_808.0),
    }}  # fmt: skip
    a = assemble(parse_scenario(site), full_time(), MILD)
    each_w = find_server("dgx-a100").full_w
    held = np.array([r.server_count for r in a.racks])
    stage = set_stage(a)._replace(rack_w=held * each_w)
    greedy = where_it_fits(a, stage, servers=200, server_w=each_w)

    found = placed({"scenario": site, "planned_for": "peak", "rack_units": 60})

    assert greedy.placed_servers > 0
    assert found.placed >= greedy.placed_servers
    assert found.bindings
    assert found.verified.agrees


def test_a_placement_beats_the_best_of_a_thousand_random_ones(placed):
    """The sample site: 110 servers of two types, the fullest node least full."""
    site = {"facility": {"template": {"design": "2n"}}}
    kinds = {"dgx-a100": 90, "dgx-h100": 20}
    found = placed({
        "scenario": site, "present": "gone", "planned_for": "peak",
        "objectives": ["least-loading"],
        "place": [{"server": k, "server_count": n} for k, n in kinds.items()],
    })  # fmt: skip
    network = electrical_network(parse_scenario(site))
    limit_w = network.limit_w()
    rng = np.random.default_rng(7)
    best = np.inf
    side = network.index["SWB-H1-A"]
    for _ in range(1000):
        rack_w = random_racks_w(rng, kinds, racks=40)
        load_w = flow(network, rack_w, np.array([side])).out_w
        best = min(best, float((load_w / limit_w)[: network.rack_first].max()))

    assert found.placed == 110
    assert found.worst_frac < best


def random_racks_w(rng, kinds, *, racks):
    """Watts of racks whose types and servers are drawn; none is too high."""
    room = {"dgx-a100": 8, "dgx-h100": 6}
    order = rng.permutation(racks)
    rack_w, start = np.zeros(racks), 0
    for key, count in kinds.items():
        some = order[start : start + racks // 2]
        start += racks // 2
        places = rng.permutation(np.repeat(some, room[key]))[:count]
        np.add.at(rack_w, places, find_server(key).full_w)
    return rack_w

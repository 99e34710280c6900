"""
The electrical side of a site: nodes, and what the kernel knows of them.

One load per hall stands for its cooling.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from twin.catalogue.electrical import GENERATOR as GENERATOR_TYPE
from twin.catalogue.electrical import (
    PROTECTION_OF_KIND,
    TRANSFER,
    derate_frac,
    find_loss,
    find_protection,
    find_store,
)
from twin.facility.kernel import HOLD_UP_S
from twin.power.network import Network, NodeSpec, build_network, flow
from twin.power.protection import DEVICE_WIDTH, device_row
from twin.power.stores import GENERATOR_WIDTH, STORE_WIDTH, generator_row, store_row
from twin.power.sweep import CONVEYOR, GENERATOR, RACK, UTILITY
from twin.scenario.facility import ElectricalNode, Facility, Rack
from twin.scenario.model import Scenario
from twin.scenario.row_limits import planned_row_w
from twin.scenario.site_templates import expand
from twin.types import BoolArray, FloatArray, IntArray

_ROLES = {"utility": UTILITY, "generator": GENERATOR}
_UNLIMITED_W = 1e30


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSpec:
    """One row: the nodes a policy watches, its limit [W] and its racks."""

    name: str
    hall: str
    nodes: tuple[str, ...]
    limit_w: float


def _node_spec(node: ElectricalNode, loss_frac: float) -> NodeSpec:
    """Resolve one node's role, and its losses times `loss_frac`."""
    if node.kind == "psu" and node.loss is None:
        # a server's wall power was measured with its supplies
        fixed_w, linear, quadratic = 0.0, 0.0, 0.0
    elif node.loss is None:
        curve = find_loss(node.kind, ups_mode=node.ups_mode, field=node.name)
        fixed_w, linear, quadratic = curve.coefficients(node.rated_w)
    else:
        fixed_w = node.loss.fixed * node.rated_w
        linear, quadratic = node.loss.linear, node.loss.quadratic / node.rated_w
    spare = node.module_count / node.modules_needed
    kept_w = 0.0  # what keeps a full store ready
    if node.store is not None:
        kind = find_store(node.store.kind, field=f"{node.name}.store.kind")
        kept_w = kind.parasitic_frac.value * node.rated_w
    return NodeSpec(
        name=node.name, kind=node.kind, role=_ROLES.get(node.kind, CONVEYOR),
        fed_by=node.fed_by, share=node.transfer == "share", rated_w=node.rated_w,
        derate_frac=derate_frac(node.kind, node.derate_frac),
        fixed_w=loss_frac * (fixed_w * spare + kept_w),
        linear=loss_frac * linear, quadratic_per_w=loss_frac * (quadratic / spare),
    )  # fmt: skip


def _cooling_specs(facility: Facility, halls: tuple[str, ...]) -> list[NodeSpec]:
    """One load per hall for its cooling, on the switchboards above its racks."""
    feeds = {n.name: n for n in facility.electrical}
    specs = []
    for hall in halls:
        above: dict[str, None] = {}
        waiting = [f for r in facility.racks if r.hall == hall for f in r.fed_by]
        seen = set(waiting)
        while waiting:
            node = feeds[waiting.pop()]
            if node.kind == "switchboard":
                above[node.name] = None
                continue
            if not node.fed_by:
                above[node.name] = None
            new = [f for f in node.fed_by if f not in seen]
            seen.update(new)
            waiting += new
        boards = [name for name in above if feeds[name].kind == "switchboard"]
        specs.append(
            NodeSpec(
                name=cooling_name(hall), kind="cooling", role=CONVEYOR,
                share=bool(boards),
                fed_by=tuple(sorted(boards) or _utilities_first(above, feeds)),
            )
        )  # fmt: skip
    return specs


def _utilities_first(
    names: dict[str, None], nodes: dict[str, ElectricalNode]
) -> list[str]:
    """Sources in the order a transfer switch takes them."""
    return sorted(names, key=lambda name: (nodes[name].kind != "utility", name))


def cooling_name(hall: str) -> str:
    """Name of the load that a hall's cooling is."""
    return f"COOL-{hall}"


def network_of(
    facility: Facility, racks: tuple[Rack, ...], cooled: tuple[str, ...] = ()
) -> Network:
    """Nodes of an explicit facility, loads of cooled halls, then the racks."""
    specs = [_node_spec(n, facility.loss_frac) for n in facility.electrical]
    specs += _cooling_specs(facility, cooled)
    specs += [
        NodeSpec(name=r.name, kind="rack", role=RACK, fed_by=r.fed_by, share=True)
        for r in racks
    ]
    return build_network(specs)


def electrical_network(scenario: Scenario) -> Network:
    """
    The tree of a scenario's facility without its cooling, racks last.

    Raises:
        ValueError: If there is no facility.
    """
    if scenario.facility is None:
        raise ValueError("facility is empty; add facility: {template: {design: 2n}}")
    facility = expand(scenario.facility, planned_row_w(scenario))
    return network_of(facility, facility.racks)


def electrical_loss_w(
    facility: Facility, limits_w: dict[str, float], it_frac: float
) -> float:
    """
    Losses between the sources and the racks at a constant load, cooling left out.

    Args:
        facility: An explicit facility.
        limits_w: Limit by row. [W]
        it_frac: Load of every row ÷ its limit.

    Returns:
        What all sources give beyond what the racks draw. [W]
    """
    racks = facility.racks
    rows = tuple(
        RowSpec(name=row, hall="", nodes=(), limit_w=limits_w[row])
        for row in dict.fromkeys(r.row for r in racks)
    )
    network = network_of(facility, racks)
    load_w = it_frac * promised_w(racks, rows)
    steady = flow(network, load_w, np.array([], dtype=np.int64))
    sources = network.wiring.role <= GENERATOR
    return float(steady.in_w[sources].sum() - load_w.sum())


def promised_w(racks: tuple[Rack, ...], rows: tuple[RowSpec, ...]) -> FloatArray:
    """Each rack's share of its row's limit. [W]"""
    count = Counter(r.row for r in racks)
    limit = {row.name: row.limit_w for row in rows}
    return np.array([limit[r.row] / count[r.row] for r in racks])


def sums_below(network: Network, *rack_w: FloatArray) -> tuple[FloatArray, ...]:
    """Sums over the racks that hang on each node, each rack counted once. [W]"""
    first, feed = network.wiring.first.tolist(), network.wiring.feed.tolist()
    above: list[set[int]] = []
    for a, b in pairwise(first):
        above.append(set(feed[a:b]).union(*(above[f] for f in feed[a:b])))
    racks = above[network.rack_first :]
    place = np.repeat(np.arange(len(racks)), [len(nodes) for nodes in racks])
    node = np.fromiter(chain.from_iterable(racks), dtype=np.int64, count=place.size)
    found = []
    for load_w in rack_w:
        below = np.bincount(node, load_w[place], minlength=len(network.nodes))
        total: FloatArray = below.astype(np.float64)
        total[network.rack_first :] += load_w
        found.append(total)
    return tuple(found)


def node_phases(facility: Facility, network: Network) -> list[str]:
    """Phases each node carries."""
    known = {n.name: n.phases for n in facility.electrical}
    known |= {r.name: r.phases for r in facility.racks}
    return [known.get(n.name, "abc") for n in network.nodes]


def protection_rows(
    facility: Facility, network: Network, tick_s: float
) -> tuple[FloatArray, FloatArray]:
    """Rows of `power.protection` by node, and the load that counts as one. [W]"""
    rows = np.tile(device_row(None, tick_s), (len(network.nodes), 1))
    rated_w = np.full(len(network.nodes), _UNLIMITED_W)
    for node in facility.electrical:
        i = network.index[node.name]
        key = node.protection or PROTECTION_OF_KIND[node.kind]
        if key != "none":
            device = find_protection(key, field=f"{node.name}.protection").device()
            rows[i] = device_row(device, tick_s)
        rated_w[i] = node.protection_rated_w or node.rated_w
    return rows.reshape(-1, DEVICE_WIDTH), rated_w


def store_rows(facility: Facility, network: Network) -> tuple[FloatArray, FloatArray]:
    """Rows of `power.stores` by node, and the load that counts as one. [W]"""
    rows = np.zeros((len(network.nodes), STORE_WIDTH))
    load_w = np.zeros(len(network.nodes))
    for node in facility.electrical:
        if node.store is not None:
            i = network.index[node.name]
            kind = find_store(node.store.kind, field=f"{node.name}.store.kind")
            store = kind.store(node.store.runtime_s, node.store.recharge_s)
            rows[i], load_w[i] = store_row(store), node.rated_w
    return rows, load_w


class Gaps(NamedTuple):
    """How long nodes are without power when they start or switch."""

    generator: FloatArray
    start_ticks: IntArray
    switch_ticks: IntArray
    blinks: BoolArray
    gap_s: FloatArray


def gaps_of(facility: Facility, network: Network, tick_s: float) -> Gaps:
    """Gaps in whole ticks, to the nearest; one that rounds to none may still blink."""
    n = len(network.nodes)
    rows = np.zeros((n, GENERATOR_WIDTH))
    start = np.zeros(n, dtype=np.int64)
    dead = np.zeros(n, dtype=np.int64)
    blinks = np.zeros(n, dtype=np.bool_)
    gap_s = np.zeros(n)
    for node in facility.electrical:
        i = network.index[node.name]
        if node.kind == "generator":
            generator = GENERATOR_TYPE.generator(node.start_s)
            rows[i] = generator_row(generator)
            start[i] = round(generator.start_s / tick_s)
            blinks[i] = generator.start_s > HOLD_UP_S and start[i] == 0
        if node.transfer == "first":
            key = "sts_s" if node.kind == "sts" else "ats_s"
            given_s = node.transfer_s
            gap_s[i] = TRANSFER[key].value if given_s is None else given_s
            dead[i] = round(gap_s[i] / tick_s) if gap_s[i] > HOLD_UP_S else 0
            blinks[i] = gap_s[i] > HOLD_UP_S and dead[i] == 0
    return Gaps(rows, start, dead, blinks, gap_s)


def spare_modules(facility: Facility, network: Network) -> FloatArray:
    """Modules ÷ modules needed of every node."""
    found = np.ones(len(network.nodes))
    for node in facility.electrical:
        found[network.index[node.name]] = node.module_count / node.modules_needed
    return found


def paths_above(
    network: Network, rows: tuple[RowSpec, ...]
) -> tuple[IntArray, IntArray]:
    """Every node above each row's racks."""
    w, first, found = network.wiring, [0], []
    for row in rows:
        above: set[int] = set()
        waiting = [network.index[name] for name in row.nodes]
        while waiting:
            i = waiting.pop()
            if i in above:
                continue
            above.add(i)
            waiting += w.feed[w.first[i] : w.first[i + 1]].tolist()
        found += sorted(above)
        first.append(len(found))
    return np.array(first, dtype=np.int64), np.array(found, dtype=np.int64)


def leaves_of(network: Network) -> BoolArray:
    """Nodes that feed nothing."""
    found = np.ones(len(network.nodes), dtype=np.bool_)
    found[network.wiring.feed] = False
    return found

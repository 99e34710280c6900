"""
Powers of a site that look like a slip of the unit: kW typed where W is meant.

Nothing here refuses a site. A rating is accused only on evidence beside its own feeds,
for a large utility over small nodes is as common as a slip of the unit:

- *the racks' nameplate* that hangs on a node is in W whatever was typed. A node rated
  under a tenth of its share of it is taken for kW, and corrected before the nodes below
  and above are compared with it; so a chain of slips does not hide itself.
- *too low*: far below every feed, and either too small for the racks, or far below all
  it feeds as well, or so far below that its siblings do not explain it. Where the
  nameplate fits a rating, ratings around it do not accuse it.
- *too high*: above its feeds, and far above everything below. A utility is never
  accused of it: an endless grid is a fair model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from twin.catalogue import SERVERS

if TYPE_CHECKING:
    from twin.scenario.facility import ElectricalNode, Facility, Rack

_KILO = 1000.0
_UNDERSIZED = 0.1
"""A rating below this part of the servers' nameplate is taken for kW."""
_TIGHT = 0.25
"""Nobody oversubscribes nameplate by four; with far feeds, that is kW too."""
_CONFIRMED = 50.0
"""Up to this multiple of the nameplate, the nameplate confirms a rating."""
_FAR = 100.0
_VERY_FAR = 500.0
"""Ratio that no fan-out explains by itself; a slip makes 1000 or more of it."""
_FILLED = 10.0
"""Siblings that together fill a tenth of their feed explain how small each is."""
_TINY_W = 10_000.0
"""Below this a rating may be kW by its look alone: no node of a hall is as small."""
_ABOVE_ALL = 200.0
_ABOVE_FEEDS = 10.0
_SHOWN = 20
_KW = "probably kW typed where W is meant"
_TWICE = "probably 1000 times too high (kW made W twice)"


def unit_warnings(
    facility: Facility, server_rated_w: float | None = None
) -> tuple[str, ...]:
    """
    Powers that look like a slip of the unit, with the value to try.

    Args:
        facility: Explicit, or a template as it was given.
        server_rated_w: Nameplate of the fleet's server, for racks that name none.
            [W]; None takes the smallest of the catalogue.

    Returns:
        One sentence each; one for all where every rating looks like kW.
    """
    default_w = server_rated_w or min(s.rated_w.value for s in SERVERS.values())
    tree = _tree(facility, default_w)
    factors = _suspects(tree)
    kw = [node for node in tree.order if factors.get(node.name) == _KILO]
    if len(kw) > 1 and len(kw) == len(tree.order):
        found = [_all_in_kw(kw)]
    else:
        found = [
            _node_warning(tree, node, factors)
            for node in facility.electrical
            if node.name in factors
        ]
    found += _protection_warnings(facility, factors)
    found += _row_warnings(facility, default_w)
    return tuple(limited(found, _SHOWN, "values like these"))


# --- what hangs on what -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """Nodes, feeds before what they feed, and the nameplate that hangs on each."""

    order: tuple[ElectricalNode, ...]
    rated_w: dict[str, float]
    children: dict[str, list[ElectricalNode]]
    load_w: dict[str, float]

    def feeds_w(self, node: ElectricalNode, factors: dict[str, float]) -> list[float]:
        """
        Ratings above a node, corrected. [W]

        A generator has none: what feeds the same switchboard stands in for them.
        """
        names: Iterable[str] = node.fed_by
        if node.kind == "generator":
            below = self.children[node.name]
            names = {f for child in below for f in child.fed_by if f != node.name}
        return [self.rated_w[name] * factors.get(name, 1.0) for name in names]

    def fed_w(self, node: ElectricalNode, factors: dict[str, float]) -> list[float]:
        """Ratings of the nodes a node feeds, corrected. [W]"""
        below = self.children[node.name]
        return [child.rated_w * factors.get(child.name, 1.0) for child in below]


def _tree(facility: Facility, default_w: float) -> _Tree:
    nodes = facility.electrical
    order = feeds_first(nodes)
    return _Tree(
        order=order, rated_w={n.name: n.rated_w for n in nodes},
        children=_children(nodes), load_w=_loads_w(order, facility.racks, default_w),
    )  # fmt: skip


def _children(nodes: tuple[ElectricalNode, ...]) -> dict[str, list[ElectricalNode]]:
    children: dict[str, list[ElectricalNode]] = {node.name: [] for node in nodes}
    for node in nodes:
        for feed in node.fed_by:
            children[feed].append(node)
    return children


def feeds_first(nodes: tuple[ElectricalNode, ...]) -> tuple[ElectricalNode, ...]:
    """Sort nodes so that a feed stands before what it feeds; rings are left out."""
    by_name = {node.name: node for node in nodes}
    order = feed_order({name: node.fed_by for name, node in by_name.items()})
    return tuple(by_name[name] for name in order)


def feed_order(feeds: Mapping[str, Iterable[str]]) -> list[str]:
    """Names, each after all that feed it; what hangs on a ring is left out."""
    sorter = TopologicalSorter(dict.fromkeys(feeds, ()))
    for name, above in feeds.items():
        sorter.add(name, *above)
    with suppress(CycleError):
        sorter.prepare()
    order: list[str] = []
    while ready := sorter.get_ready():
        order += ready
        sorter.done(*ready)
    return order


def _nameplate_w(rack: Rack, default_w: float) -> float:
    server = SERVERS.get(rack.server or "")
    return rack.server_count * (server.rated_w.value if server else default_w)


def _loads_w(
    order: tuple[ElectricalNode, ...], racks: tuple[Rack, ...], default_w: float
) -> dict[str, float]:
    """
    Nameplate each node carries, or would when the largest it backs up falls on it. [W]

    A reserve counts one of those it stands in for, not all: it is rated for one.
    """
    normal = {node.name: 0.0 for node in order}
    reserve = dict(normal)
    for rack in racks:
        for feed in rack.fed_by:
            normal[feed] += _nameplate_w(rack, default_w) / len(rack.fed_by)
    for node in reversed(order):
        usual, most = normal[node.name], reserve[node.name]
        feeds = node.fed_by
        used = feeds[:1] if node.transfer == "first" else feeds
        for feed in used:
            normal[feed] += usual / len(used)
            reserve[feed] = max(reserve[feed], most / len(used))
        for feed in feeds[len(used) :]:
            reserve[feed] = max(reserve[feed], usual, most)
    return {name: max(normal[name], reserve[name]) for name in normal}


# --- who is suspect ---------------------------------------------------------------


def _suspects(tree: _Tree) -> dict[str, float]:
    """What to multiply a suspect node's rating by; nodes that look right are absent."""
    factors = {
        node.name: _KILO
        for node in tree.order
        if node.rated_w < _UNDERSIZED * tree.load_w[node.name]
    }
    for suspected, factor in ((_too_high, 1 / _KILO), (_too_low, _KILO)):
        for node in tree.order:
            if node.name not in factors and suspected(tree, node, factors):
                factors[node.name] = factor
    return factors


def _too_high(tree: _Tree, node: ElectricalNode, factors: dict[str, float]) -> bool:
    feeds_w = tree.feeds_w(node, factors)
    if not feeds_w or node.rated_w <= _ABOVE_FEEDS * sum(feeds_w):
        return False
    load_w = tree.load_w[node.name]
    below_w = max(load_w, sum(tree.fed_w(node, factors)))
    if below_w > 0 and node.rated_w > _ABOVE_ALL * below_w:
        return True
    # what it feeds may be as wrong; then the feeds must be right beyond doubt
    sure = all(
        _TIGHT <= above_w / max(tree.load_w[feed], 1.0) <= _CONFIRMED
        for feed, above_w in zip(node.fed_by, feeds_w, strict=False)
    )
    return 0 < _ABOVE_ALL * load_w < node.rated_w and sure and bool(node.fed_by)


def _too_low(tree: _Tree, node: ElectricalNode, factors: dict[str, float]) -> bool:
    rated_w, load_w = node.rated_w, tree.load_w[node.name]
    feeds_w = tree.feeds_w(node, factors)
    if _TIGHT * load_w <= rated_w <= _CONFIRMED * load_w:
        return False
    fed_w = tree.fed_w(node, factors)
    below_all = bool(fed_w) and min(fed_w) > _FAR * rated_w
    if not feeds_w:
        return below_all
    if min(feeds_w) <= _FAR * rated_w:
        return False
    if rated_w < _TIGHT * load_w or below_all:
        return True
    siblings = max((len(tree.children[feed]) for feed in node.fed_by), default=1)
    unexplained = max(_VERY_FAR, _FILLED * siblings) * rated_w < min(feeds_w)
    return unexplained and rated_w < _TINY_W


# --- sentences --------------------------------------------------------------------


def _watts(power_w: float) -> str:
    return f"{power_w:.12g}"


def _node_warning(tree: _Tree, node: ElectricalNode, factors: dict[str, float]) -> str:
    factor = factors[node.name]
    seen = []
    if node.fed_by:
        feed = min(node.fed_by, key=lambda f: tree.rated_w[f] * factors.get(f, 1.0))
        seen.append(f"under {feed} of {_watts(tree.rated_w[feed])} W")
    if tree.load_w[node.name] > 0:
        seen.append(f"over servers of {_watts(round(tree.load_w[node.name]))} W")
    elif tree.children[node.name]:
        child = max(tree.children[node.name], key=lambda c: c.rated_w)
        seen.append(f"over {child.name} of {_watts(child.rated_w)} W")
    return (
        f"{node.name}: rated_w {_watts(node.rated_w)} W stands {' and '.join(seen)}; "
        f"{_KW if factor > 1 else _TWICE}: try {_watts(node.rated_w * factor)}"
    )


def _all_in_kw(nodes: list[ElectricalNode]) -> str:
    shown = [
        f"{n.name} {_watts(n.rated_w)} W (try {_watts(n.rated_w * _KILO)})"
        for n in nodes[:_SHOWN]
    ]
    more = len(nodes) - len(shown)
    rest = f" and {more} more" if more else ""
    return (
        f"rated_w of all {len(nodes)} nodes is too small for the servers below; {_KW}: "
        f"{', '.join(shown)}{rest}"
    )


def _protection_warnings(facility: Facility, factors: dict[str, float]) -> list[str]:
    found = []
    for node in facility.electrical:
        rated_w = node.rated_w * factors.get(node.name, 1.0)
        setting_w = node.protection_rated_w or rated_w
        beside = f"a node of {_watts(rated_w)} W"
        if setting_w * _FAR < rated_w:
            found.append(_slip(f"{node.name}: protection_rated_w", setting_w, beside))
        elif setting_w > _FAR * rated_w:
            found.append(
                _slip(f"{node.name}: protection_rated_w", setting_w, beside, high=True)
            )
    return found


def _row_warnings(facility: Facility, default_w: float) -> list[str]:
    """Limits of rows against the nameplate of the servers planned or placed there."""
    limits: list[tuple[str, float, float]] = []
    template = facility.template
    if template is not None and template.row_limit_w is not None:
        planned = template.racks_per_row * template.servers_per_rack
        limits.append(
            ("template.row_limit_w", template.row_limit_w, planned * default_w)
        )
    placed: dict[str, float] = {}
    for rack in facility.racks:
        w = _nameplate_w(rack, default_w)
        placed[rack.row] = placed.get(rack.row, 0.0) + w
    limits += [
        (f"row_limits_w.{row}", limit_w, placed.get(row, 0.0))
        for row, limit_w in facility.row_limits_w.items()
    ]
    return [
        _slip(
            field, limit_w, f"servers of {_watts(round(below_w))} W",
            high=limit_w > below_w,
        )
        for field, limit_w, below_w in limits
        if below_w > 0
        and not _UNDERSIZED * below_w <= limit_w <= _ABOVE_ALL * below_w
    ]  # fmt: skip


def _slip(field: str, value_w: float, beside: str, *, high: bool = False) -> str:
    tried_w = value_w / _KILO if high else value_w * _KILO
    return (
        f"{field} {_watts(value_w)} W stands beside {beside}; "
        f"{_TWICE if high else _KW}: try {_watts(tried_w)}"
    )


def limited(found: list[str], count: int, what: str) -> list[str]:
    """Cut a list of sentences short and say how many are left out."""
    more = len(found) - count
    return found if more <= 0 else [*found[:count], f"and {more} more {what}"]

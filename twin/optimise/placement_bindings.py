"""What keeps the next server out, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.optimise.placement_build import room
from twin.optimise.placement_model import OVER, Broken, Model
from twin.types import BoolArray, FloatArray

MOST_BOUNDS = 12
"""Binding limits that are named."""
_LOOKED_AT = 400
"""Nodes, the fullest first, of which is asked whether one more server fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """
    A limit that keeps one more server out.

    Args:
        what: Node, row, hall or aisle.
        frac: Its load ÷ limit.
        lost: Node whose loss loads it so; "" with nothing lost.
    """

    what: str
    frac: float
    lost: str

    @property
    def words(self) -> str:
        """The limit in words."""
        when = f" after loss of {self.lost}" if self.lost else ""
        return f"{self.what} at {100 * self.frac:.0f} %{when}"


def binding_at(model: Model, at: Broken) -> Binding:
    """Name a node's worst case."""
    g = model.ground
    lane = f" phase {'abc'[at.lane]}" if len(g.lanes) > 1 else ""
    name = g.network.nodes[at.node].name + lane
    if model.checks[at.check].rides:
        name = f"breaker of {name}, until the cap lands,"
    lost = g.network.nodes[at.lost].name if at.lost >= 0 else ""
    return Binding(what=name, frac=at.frac, lost=lost)


def bindings(model: Model, servers: FloatArray) -> tuple[Binding, ...]:
    """
    Limits that keep one more server out of a rack with room for it.

    Args:
        model: The program.
        servers: Servers by virtual rack and kind.

    Returns:
        At most a dozen, the fullest first.
    """
    c = model.columns
    each = np.zeros((c.size.size, len(model.ground.kinds)))
    np.add.at(each, c.pair_of, servers)
    x = each[c.pair, c.kind]
    free = _with_room(model, x)
    if not free.any():
        return (Binding(what="space in every rack", frac=1.0, lost=""),)
    found = []
    for row in model.rows:
        here = row.columns[row.columns < c.servers]
        if not row.name or not free[here].any():
            continue
        load, more = float(row.coefs @ x[here]), float(row.coefs[free[here]].max())
        if load + more > row.high * OVER:
            found.append(Binding(what=row.name, frac=load / row.high, lost=""))
    worst: dict[int, Broken] = {}
    for at in model.broken(servers, 0.5):
        if at.node not in worst or at.frac > worst[at.node].frac:
            worst[at.node] = at
    for at in sorted(worst.values(), key=lambda at: -at.frac)[:_LOOKED_AT]:
        coefs, _, limit_w, _ = model.plane(servers, at)
        if at.frac * limit_w + float(coefs[free].max()) > limit_w * OVER:
            found.append(binding_at(model, at))
    found.sort(key=lambda b: -b.frac)
    return tuple(dict.fromkeys(found))[:MOST_BOUNDS]


def _with_room(model: Model, x: FloatArray) -> BoolArray:
    """Whether racks have the space for one more of each server variable."""
    g, c = model.ground, model.columns
    held = np.bincount(c.pair_group[c.pair], x, len(g.groups))
    found = np.zeros(c.servers, dtype=np.bool_)
    for j, (p, e) in enumerate(zip(c.pair.tolist(), c.kind.tolist(), strict=True)):
        k, kind = int(c.pair_group[p]), g.kinds[e]
        most = room(g, p_group=k, option=int(c.pair_option[p]), key=kind.server.key)
        found[j] = not kind.present and held[k] < g.groups[k].racks.size * most
    return found

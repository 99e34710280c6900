"""
The placement as an integer program whose power limits are added as they are met.

Loads are convex in what racks draw (`twin.optimise.loads`), so a limit that a plan
breaks is a plane that no allowed plan crosses: solve, look at every node under every
loss, add the planes that were crossed, solve again. What is left unbroken in the end
is optimal for the true, curved network and not for a straight one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import scipy  # its parts load when they are used

from twin.optimise.loads import slopes, worst_loads
from twin.optimise.placement_ground import Ground, Lane
from twin.power.phases import phase_parts
from twin.types import BoolArray, FloatArray, IntArray

OVER = 1.0 + 1e-6
"""Load ÷ limit from which a limit is broken: ten times what the solver lets pass."""
_EXACT = 1.0 + 1e-9
"""Rounding of watts that is no overload."""
_ALIKE = 1e-6
"""Slopes of alike racks may differ by this much before a plane counts as rounded."""
Draws = Literal["planned", "capped"]


class Check(NamedTuple):
    """Loads that are held against limits: what is drawn, what may be lost."""

    draws: Draws
    losses: IntArray
    rides: bool  # against what breakers ride through, not against the rating


class Broken(NamedTuple):
    """A node at its worst."""

    check: int
    lane: int
    node: int
    lost: int
    frac: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """
    What the program's variables are.

    Servers come first, then racks by way and type, then servers moved by group, then
    the worst load and the worst imbalance.

    Args:
        pair: Way of a group that each server variable belongs to.
        kind: Kind of servers of each.
        rack_pair: Way of a group of each rack variable.
        rack_key: Type of servers in it.
        pair_group: Group of each way.
        pair_option: Number of the way in its group.
        pair_of: Way of each virtual rack.
        size: Racks in each way's group.
    """

    pair: IntArray
    kind: IntArray
    rack_pair: IntArray
    rack_key: tuple[str, ...]
    pair_group: IntArray
    pair_option: IntArray
    pair_of: IntArray
    size: IntArray

    @property
    def servers(self) -> int:
        """Variables that count servers."""
        return self.pair.size

    @property
    def racks(self) -> int:
        """Variables that count racks."""
        return self.rack_pair.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One inequality.

    Args:
        columns: Variables in it.
        coefs: What each counts.
        low: Least.
        high: Most.
        name: What it keeps, for people; "" for what is only bookkeeping.
    """

    columns: IntArray
    coefs: FloatArray
    low: float
    high: float
    name: str = ""


@dataclass(slots=True)
class Solved:
    """
    A plan, and how sure it is.

    Args:
        x: Value of each variable.
        value: Objective, wanted small.
        bound: What no plan can be below.
        complete: Whether the solver ended by itself.
    """

    x: FloatArray
    value: float
    bound: float
    complete: bool


@dataclass(slots=True)
class Model:
    """An integer program that grows: rows, bounds, and what has been settled."""

    ground: Ground
    columns: Columns
    checks: tuple[Check, ...]
    lower: FloatArray
    upper: FloatArray
    rows: list[Row] = field(default_factory=list)
    loading_rows: list[Row] = field(default_factory=list)
    loads_settled: bool = False
    phases_settled: bool = False
    rounds: int = 0
    planes: int = 0
    rounded: bool = False

    # --- loads ----------------------------------------------------------------------

    def draws_w(self, draws: Draws) -> FloatArray:
        """Watts of one server of each server variable."""
        kinds = self.ground.kinds
        watts = np.array(
            [k.planned_w if draws == "planned" else k.capped_w for k in kinds]
        )
        found: FloatArray = watts[self.columns.kind]
        return found

    def mean_servers(self, x: FloatArray) -> FloatArray:
        """Servers of each kind in each virtual rack, spread evenly. (racks, kinds)"""
        c = self.columns
        held = np.zeros((c.size.size, len(self.ground.kinds)))
        np.add.at(held, (c.pair, c.kind), x[: c.servers])
        found: FloatArray = (held / c.size[:, None])[c.pair_of]
        return found

    def rack_w(self, servers: FloatArray, draws: Draws) -> FloatArray:
        """Watts of each virtual rack."""
        kinds = self.ground.kinds
        watts = [k.planned_w if draws == "planned" else k.capped_w for k in kinds]
        found: FloatArray = servers @ np.array(watts)
        return found

    def wanted_w(self, servers: FloatArray, check: Check, lane: Lane) -> FloatArray:
        """What every node draws for itself in one lane. [W]"""
        rack_w = self.rack_w(servers, check.draws)
        heat_w = self.rack_w(servers, "planned")
        wanted = self.ground.wanted_w(rack_w, heat_w)
        first = self.ground.network.rack_first
        wanted[:first] *= lane.other_share
        wanted[first:] *= lane.share
        return wanted

    def broken(
        self, servers: FloatArray, over: float, *, own: bool = False
    ) -> list[Broken]:
        """Every node above `over` times its limit, at its worst case."""
        found = []
        for c, check in enumerate(self.checks):
            for k, lane in enumerate(self.ground.lanes):
                limit_w = lane.ride_w if check.rides else lane.limit_w
                if not own:
                    limit_w = np.where(self.ground.own_nodes, np.inf, limit_w)
                fracs = np.zeros(limit_w.size)
                cause = np.full(limit_w.size, -1, dtype=np.int64)
                worst_loads(
                    lane.wiring, self.ground.out,
                    self.wanted_w(servers, check, lane), limit_w, check.losses, fracs,
                    cause,
                )  # fmt: skip
                found += [
                    Broken(c, k, i, int(cause[i]), float(fracs[i]))
                    for i in np.flatnonzero(fracs > over).tolist()
                ]
        return found

    def plane(
        self, servers: FloatArray, at: Broken
    ) -> tuple[FloatArray, float, float, bool]:
        """
        Plane that touches a node's load: slope per server variable, constant, limit.

        The last says whether racks of a group had slopes of their own.
        """
        check, lane = self.checks[at.check], self.ground.lanes[at.lane]
        g, c = self.ground, self.columns
        wanted = self.wanted_w(servers, check, lane)
        slope = np.zeros(wanted.size)
        load_w = slopes(lane.wiring, g.out, wanted, at.lost, at.node, slope)
        first = g.network.rack_first
        each = slope[first:] * lane.share
        mean = np.bincount(c.pair_of, each, c.size.size) / c.size
        uneven = np.abs(each - mean[c.pair_of]).max() > _ALIKE
        by_hall = g.cooling_per_w * slope[g.cooling_node] * lane.other_share
        hall = np.array([g.groups[k].hall for k in c.pair_group])
        coefs = mean[c.pair] * self.draws_w(check.draws)
        coefs += by_hall[hall[c.pair]] * self.draws_w("planned")
        x = np.zeros((c.size.size, len(g.kinds)))
        np.add.at(x, c.pair_of, servers)
        constant = load_w - float(coefs @ x[c.pair, c.kind])
        limit_w = (lane.ride_w if check.rides else lane.limit_w)[at.node]
        return coefs, constant, float(limit_w), bool(uneven)

    def shares(self, node: int) -> tuple[FloatArray, FloatArray]:
        """Watts on each phase of a node, and in all, per server; losses left out."""
        g, c = self.ground, self.columns
        wiring = g.network.wiring._replace(loss=np.zeros_like(g.network.wiring.loss))
        slope = np.zeros(len(g.network.nodes))
        nothing = np.zeros(slope.size, dtype=np.bool_)
        slopes(wiring, nothing, np.zeros(slope.size), -1, node, slope)
        each = slope[g.network.rack_first :]
        watts = self.draws_w("planned")
        by_phase = []
        for lane in g.lanes:
            mean = np.bincount(c.pair_of, each * lane.share, c.size.size) / c.size
            by_phase.append(mean[c.pair] * watts)
        total = np.bincount(c.pair_of, each, c.size.size) / c.size
        return np.array(by_phase), total[c.pair] * watts

    def uneven(self, servers: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Fullest phase above the mean × 3, and all phases, of each node. [W]"""
        g = self.ground
        rack_w = self.rack_w(servers, "planned")
        phases = [o.phases for group in g.groups for _ in group.racks
                  for o in group.options]  # fmt: skip
        order = np.argsort(np.concatenate([q.virtual.ravel() for q in g.groups]))
        parts = phase_parts(g.network, rack_w, [phases[i] for i in order])
        total_w = _lossless(g, rack_w)
        found: FloatArray = (3.0 * parts.max(axis=1) - 1.0) * total_w
        found[~self.judged()] = 0.0
        return found, total_w

    def judged(self) -> BoolArray:
        """Three-phase nodes above more than one rack."""
        g = self.ground
        carried = {n.name: n.phases for n in g.a.facility.electrical}
        found = np.array([carried.get(n.name, "") == "abc" for n in g.network.nodes])
        found &= ~g.own_nodes
        return found

    # --- growing --------------------------------------------------------------------

    def width(self) -> int:
        """Variables."""
        return int(self.lower.size)

    def add(
        self, columns: IntArray, coefs: Any, low: float, high: float, name: str = ""
    ) -> None:
        """Add a row over some variables."""
        every = np.broadcast_to(np.asarray(coefs, dtype=np.float64), columns.shape)
        self.rows.append(
            Row(columns=columns, coefs=every, low=low, high=high, name=name)
        )

    def add_plane(self, servers: FloatArray, at: Broken, *, integer: bool) -> None:
        """Add the plane under a node's load: within its limit, and below the worst."""
        coefs, constant, limit_w, uneven = self.plane(servers, at)
        self.rounded |= uneven
        self.planes += 1
        some = np.flatnonzero(coefs > 0.0)
        if not self.checks[at.check].rides:
            self.loading_rows.append(
                Row(
                    columns=np.append(some, self.width() - 2), low=-np.inf,
                    coefs=np.append(coefs[some] / limit_w, -1.0),
                    high=-constant / limit_w,
                )
            )  # fmt: skip
        if at.frac <= OVER:  # only looked at for its load: the limit is kept
            return
        coefs, left = coefs[some] / limit_w, _EXACT - constant / limit_w
        if integer and some.size and np.ptp(coefs) < 1e-9 * coefs.max():
            # equal watts: servers are whole, so the room for them is whole as well
            coefs, left = coefs / coefs, np.floor(left / coefs.max() + 1e-9)
        self.add(some, coefs, -np.inf, float(left))

    def add_uneven(self, node: int, most: float | None) -> None:
        """Bound a node's fullest phase: by a part of its mean, or the last column."""
        by_phase, total = self.shares(node)
        self.planes += 1
        scale_w = self.node_limit_w(node)
        some = np.flatnonzero(total > 0.0)
        for phase in by_phase[:, some]:
            above = 3.0 * phase - total[some]
            if most is None:
                columns = np.append(some, self.width() - 1)
                self.add(columns, np.append(above / scale_w, -1.0), -np.inf, 0.0)
            else:
                self.add(some, (above - most * total[some]) / scale_w, -np.inf, 0.0)

    def node_limit_w(self, node: int) -> float:
        """What a node may carry on all its phases. [W]"""
        return float(self.ground.network.limit_w()[node])

    # --- solving --------------------------------------------------------------------

    def solve(self, cost: FloatArray, *, integer: bool, gap: float) -> Solved | None:
        """Solve what is known so far; None where nothing is allowed."""
        rows, c = [*self.rows, *self.loading_rows], self.columns
        whole = np.zeros(self.width())
        whole[: c.servers + c.racks] = 1.0 if integer else 0.0
        found = scipy.optimize.milp(
            cost, integrality=whole, bounds=(self.lower, self.upper),
            constraints=scipy.optimize.LinearConstraint(
                _matrix(rows, self.width()), np.array([r.low for r in rows]),
                np.array([r.high for r in rows]),
            ),
            options={
                "mip_rel_gap": gap, "node_limit": self.ground.inputs.effort_nodes,
            },
        )  # fmt: skip
        if found.x is None:
            return None
        x = np.array(found.x)
        if integer:
            x[whole > 0] = np.round(x[whole > 0])
        bound = found.fun if not integer else found.mip_dual_bound
        return Solved(x, float(found.fun), float(bound), found.status == 0)


def _matrix(rows: list[Row], width: int) -> Any:
    first = np.cumsum([0, *(r.columns.size for r in rows)])
    columns = np.concatenate([r.columns for r in rows])
    coefs = np.concatenate([r.coefs for r in rows])
    shape = (len(rows), width)
    return scipy.sparse.csr_matrix((coefs, columns, first), shape=shape)  # type: ignore[no-untyped-call]


def _lossless(ground: Ground, rack_w: FloatArray) -> FloatArray:
    """Load of every node with all feeds alive and nothing lost on the way. [W]"""
    load = np.zeros(len(ground.network.nodes))
    load[ground.network.rack_first :] = rack_w
    ground.network.add_up(load)
    return load

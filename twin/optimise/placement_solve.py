"""Objectives of a placement, one after another, each kept while the next is sought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.errors import Cancelled, ScenarioError
from twin.optimise.placement_bindings import binding_at, bindings
from twin.optimise.placement_kinds import Kind
from twin.optimise.placement_model import OVER, Model, Solved
from twin.scenario.placement import Objective
from twin.types import Cancel, FloatArray, IntArray, Report

MOST_ROUNDS = 60
_NEAR = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    How good one objective is, and how sure that is.

    Args:
        objective: What was sought.
        value: What was found.
        bound: What no placement can be better than, objectives before it kept.
        optimal: Whether the two are one, to the last server or the gap asked for.
    """

    objective: Objective
    value: float
    bound: float
    optimal: bool

    @property
    def gap_frac(self) -> float:
        """Distance from the bound ÷ value."""
        return abs(self.value - self.bound) / max(abs(self.value), 1e-12)

    @property
    def words(self) -> str:
        """The proof in words."""
        sure = "proven best" if self.optimal else f"within {100 * self.gap_frac:.2g} %"
        return f"{self.objective} {self.value:g}, bound {self.bound:g}: {sure}"


class Solver:
    """Objectives one after another, each kept while the next is sought."""

    def __init__(self, model: Model, report: Report, cancelled: Cancel | None) -> None:
        self.model = model
        self._report, self._cancelled = report, cancelled
        self._inputs = model.ground.inputs
        self._kinds = model.ground.kinds

    def run(self) -> tuple[FloatArray, list[Proof]]:
        """Settle every objective; servers by virtual rack and kind."""
        for e, kind in enumerate(self._kinds):
            if kind.present and self._inputs.present == "may-move":
                count = float(kind.count or 0)
                self.model.add(self._of(e), 1.0, count, count)
            elif kind.count is not None and not kind.present:
                self.model.add(self._of(e), 1.0, -np.inf, float(kind.count))
        if any(k.count is not None for k in self._asked()) and not self._inputs.partial:
            self._place_counted()
        proofs = []
        servers: FloatArray = np.zeros((0, len(self._kinds)))
        wanted = list(self._inputs.objectives)
        many = self._inputs.partial or any(k.count is None for k in self._asked())
        if many and "most-servers" not in wanted:
            wanted.insert(0, "most-servers")
        for k, objective in enumerate(wanted):
            self._report(0.1 + 0.8 * k / len(wanted), objective.replace("-", " "))
            found = self._best(objective, self._cost(objective))
            if found is None:
                raise self._nothing_allowed()
            solved, servers = found
            proofs.append(self._settle(objective, solved, servers))
        return servers, proofs

    def _asked(self) -> list[Kind]:
        return [k for k in self._kinds if not k.present]

    def _of(self, e: int) -> IntArray:
        found: IntArray = np.flatnonzero(self.model.columns.kind == e)
        return found

    def _place_counted(self) -> None:
        """Find room for everything that was asked for by number, or refuse."""
        cost = np.zeros(self.model.width())
        counted = [
            e for e, k in enumerate(self._kinds)
            if not k.present and k.count is not None
        ]  # fmt: skip
        for e in counted:
            cost[self._of(e)] = -1.0
        found = self._best("most-servers", cost)
        if found is None:
            raise self._nothing_allowed()
        solved, servers = found
        for e in counted:
            kind, fits = self._kinds[e], int(solved.x[self._of(e)].sum())
            if fits < (kind.count or 0):
                bound = bindings(self.model, servers)
                why = f"; {bound[0].words}" if bound else ""
                raise ScenarioError(f"{kind.field}.server_count", "is more than fit, "
                                    f"{fits}{why}", kind.count, f"ask for {fits}, set "
                                    "partial: true, or raise what binds")  # fmt: skip
            self.model.add(self._of(e), 1.0, float(fits), float(fits))

    def _nothing_allowed(self) -> ScenarioError:
        """Say what the servers that are there already overload."""
        g = self.model.ground
        present = np.zeros((self.model.columns.pair_of.size, len(g.kinds)))
        for group in g.groups:
            if group.present:
                present[group.virtual[:, max(0, group.own)], group.present_kind] = (
                    group.present
                )
        over = sorted(self.model.broken(present, OVER), key=lambda b: -b.frac)
        named = [binding_at(self.model, b) for b in over[:1]]
        why = f"; now {named[0].words}" if named else ""
        return ScenarioError("present", f"leaves no placement within every limit{why}",
                             g.inputs.present, "plan other watts (planned_for: "
                             "percentile takes what the servers draw under the "
                             "scenario's load), let servers move or take them out "
                             "(present: may-move, gone), or ask less (survive, "
                             "imbalance_limit_frac)")  # fmt: skip

    def _cost(self, objective: Objective) -> FloatArray:
        """What each variable costs."""
        model, c = self.model, self.model.columns
        cost = np.zeros(model.width())
        if objective == "most-servers":
            worth = [0.0 if k.present else k.worth for k in self._kinds]
            cost[: c.servers] = -np.array(worth)[c.kind]
        elif objective == "least-loading":
            cost[-2] = 1.0
        elif objective == "least-imbalance":
            cost[-1] = 1.0
        else:
            cost[c.servers + c.racks : -2] = 1.0
        return cost

    def _best(
        self, objective: Objective, cost: FloatArray
    ) -> tuple[Solved, FloatArray] | None:
        """Best plan: first of any numbers, then of whole ones; None if none is."""
        model, gap = self.model, 0.0
        solved: Solved | None = None
        for integer in (False, True):
            if objective in ("least-loading", "least-imbalance"):
                gap = 0.5 * self._inputs.gap_frac
            elif integer and solved is not None and _whole(cost):
                gap = 0.9 / max(1.0, -solved.value)  # the next server is a whole one
            for _ in range(MOST_ROUNDS):
                if self._cancelled is not None and self._cancelled():
                    raise Cancelled
                model.rounds += 1
                solved = model.solve(cost, integer=integer, gap=gap if integer else 0.0)
                if solved is None:
                    return None
                servers = model.mean_servers(solved.x)
                if not self._deepen(objective, solved, servers, integer=integer):
                    if not integer:
                        break
                    servers = spread(model, solved.x)
                    if not self._deepen(objective, solved, servers, integer=True):
                        return solved, servers
        raise ScenarioError("effort_nodes", "did not settle", model.rounds,
                            "ask for fewer ways to hang racks, or a wider "
                            "gap_frac")  # fmt: skip

    def _deepen(
        self, objective: Objective, solved: Solved, servers: FloatArray, *,
        integer: bool,
    ) -> bool:  # fmt: skip
        """Add what a plan breaks; false where nothing is left to add."""
        model, over = self.model, OVER
        if objective == "least-loading" or model.loads_settled:
            slack = self._inputs.gap_frac * 0.5 + _NEAR
            over = min(OVER, float(solved.x[-2]) * (1.0 + slack) + 1e-12)
        found = [
            at for at in model.broken(servers, over)
            if at.frac > OVER or not model.checks[at.check].rides
        ]  # fmt: skip
        for broken in found:
            model.add_plane(servers, broken, integer=integer)
        return bool(found) | self._deepen_phases(objective, solved, servers)

    def _deepen_phases(
        self, objective: Objective, solved: Solved, servers: FloatArray
    ) -> bool:
        model, most = self.model, self._inputs.imbalance_limit_frac
        found = False
        if most is not None:
            uneven_w, total_w = model.uneven(servers)
            over = uneven_w > most * total_w * OVER + _NEAR * total_w
            for node in np.flatnonzero(over).tolist():
                model.add_uneven(node, most)
                found = True
        if objective == "least-imbalance" or model.phases_settled:
            uneven_w, _ = model.uneven(servers)
            limit_w = model.ground.network.limit_w()
            over = uneven_w > (float(solved.x[-1]) + _NEAR) * limit_w
            for node in np.flatnonzero(over).tolist():
                model.add_uneven(node, None)
                found = True
        return found

    def _settle(
        self, objective: Objective, solved: Solved, servers: FloatArray
    ) -> Proof:
        """Keep what was reached, and say how sure it is."""
        model = self.model
        cost = self._cost(objective)
        some = np.flatnonzero(cost)
        value, bound = float(cost @ solved.x), solved.bound
        slack = self._inputs.gap_frac
        if objective == "least-loading":
            value = max([b.frac for b in model.broken(servers, 0.0) if
                         not model.checks[b.check].rides], default=0.0)  # fmt: skip
            model.upper[-2], model.loads_settled = value * (1.0 + _NEAR), True
        elif objective == "least-imbalance":
            uneven_w, _ = model.uneven(servers)
            limited = np.isfinite(model.ground.network.limit_w())
            limit_w = model.ground.network.limit_w()[limited]
            value = float((uneven_w[limited] / limit_w).max())
            model.upper[-1], model.phases_settled = value + _NEAR, True
        else:
            model.add(some, cost[some], -np.inf, value + 1e-6)
            slack = 1e-9
        sure = value - bound <= slack * abs(value) + _NEAR
        if objective == "most-servers":
            value, bound = 0.0 - value, 0.0 - bound
            if _whole(cost):
                bound = float(np.floor(bound + 1e-6))
                sure = value >= bound
        return Proof(
            objective=objective, value=value, bound=bound,
            optimal=bool(sure and not model.rounded),
        )  # fmt: skip


def _whole(cost: FloatArray) -> bool:
    """Whether an objective takes whole values only."""
    return bool((cost == np.round(cost)).all() and set(np.abs(cost)) <= {0.0, 1.0})


def spread(model: Model, x: FloatArray) -> FloatArray:
    """
    Put whole numbers of a group into its racks, as evenly as they go.

    Args:
        model: The program.
        x: Its variables, whole.

    Returns:
        Servers by virtual rack and kind.
    """
    g, c = model.ground, model.columns
    held = np.zeros((c.pair_of.size, len(g.kinds)))
    taken = [0] * len(g.groups)
    # racks that stay as they hang come first
    order = sorted(
        range(c.racks),
        key=lambda j: (
            c.pair_group[c.rack_pair[j]],
            c.pair_option[c.rack_pair[j]] != g.groups[c.pair_group[c.rack_pair[j]]].own,
            j,
        ),
    )
    for j in order:
        p = int(c.rack_pair[j])
        k, option = int(c.pair_group[p]), int(c.pair_option[p])
        count = int(x[c.servers + j])
        racks = g.groups[k].virtual[taken[k] : taken[k] + count, option]
        taken[k] += count
        mine = [
            i for i in np.flatnonzero(c.pair == p).tolist()
            if g.kinds[c.kind[i]].server.key == c.rack_key[j]
        ]  # fmt: skip
        start = 0
        for i in sorted(mine, key=lambda i: not g.kinds[c.kind[i]].present):
            n = int(x[i])
            if not n:
                continue
            held[racks, c.kind[i]] += n // racks.size
            extra = (start + np.arange(n % racks.size)) % racks.size
            held[racks[extra], c.kind[i]] += 1
            start += n % racks.size
    return held

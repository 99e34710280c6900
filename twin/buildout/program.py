"""
The program behind a build-out: whole blocks and lots of servers, mixed-integer.

Columns, each by period: blocks ordered (whole), lots of servers ordered (whole),
whether a block is ordered at all where it has a least order (0 or 1), servers that are
on, demand unserved. Money is in millions, power in megawatts, and the last two in
hundredths of the most that is wanted: the solver's tolerances are then shares of what
matters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy  # its parts load when they are used

from twin.buildout.costing import Costing, costing, kinds_of, need_w, there_w
from twin.errors import Cancelled
from twin.scenario.build_out import BuildOutInput
from twin.types import FloatArray

Stop = Callable[[], bool]
Measure = Literal["cost", "spend", "carbon", "unmet"]
NODES = 500
"""Guard of the search. A count and not a time: the same inputs give the same plan."""
_RELAXED_NODES = 500
_SECONDS = 60.0
"""Guard of each search against inputs that no node count tames; said in `status`."""
BY_CLOCK = "stopped by the clock"
"""Status of a plan that a faster machine might better."""
_WHOLE_GAP = 1e-6
"""Whole servers behind given blocks are searched for to this; it is quick."""
_MILLION = 1e6
_LEAST = 1e-3
"""Gaps are parts of no less than this: a thousand dollars, a tonne."""
_EXACT = 1e-8
"""The least gap that can be told from the solver's rounding."""
_SLACK = 1e-6
"""How far a later aim may fall short of an earlier one, ÷ the largest it can be."""


_MOST_ORDERED = 1e9
"""As good as any number of blocks or servers to the solver."""


def _whole(count: float) -> float:
    return float(math.ceil(min(count, _MOST_ORDERED)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """
    Decisions of a plan.

    Args:
        blocks: Blocks ordered, shape (blocks, periods).
        servers: Servers ordered, shape (generations, periods).
        on: Servers on, shape (generations, periods).
        status: What the solver said.
        gap_frac: How far from the best it may be, ÷ the best.
        nodes: Nodes that were searched for the last aim.
    """

    blocks: FloatArray
    servers: FloatArray
    on: FloatArray
    status: str
    gap_frac: float
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Columns of the best plan of one search, and how far it may be from the best."""

    x: FloatArray
    value: float
    gap_frac: float
    nodes: int
    stopped: bool = False


class Program:
    """
    One build-out as rows and columns.

    Args:
        given: The build-out.
        stop: Asked before every search; True ends it with `Cancelled`.
    """

    def __init__(self, given: BuildOutInput, stop: Stop | None = None) -> None:
        self.given = given
        self._by_clock = False
        self._stop = stop
        self.costs: Costing = costing(given)
        self.lot = float(given.server_lot)
        self.unit = max(float(given.wanted.max()) / 100.0, 1e-3)
        self.wanted = given.wanted / self.unit
        b, g, t = len(given.blocks), len(given.generations), given.periods
        self._gated = [i for i, one in enumerate(given.blocks) if one.least_order > 1]
        sizes = {"block": b, "server": g, "gate": len(self._gated), "on": g, "unmet": 1}
        self._at: dict[str, int] = {}
        end = 0
        for name, count in sizes.items():
            self._at[name] = end
            end += count * t
        self.columns = end
        self._rows: list[tuple[Any, Any, float, float]] = []
        self._upper = np.full(end, np.inf)
        self._bounds()
        self._demand()
        self._alive()
        self._power()
        self._orders()

    def again(self, given: BuildOutInput) -> Program:
        """Make the program of another build-out, to be stopped as this one."""
        return Program(given, self._stop)

    def column(self, name: str, item: int) -> np.ndarray:
        """Columns of one thing, by period."""
        first = self._at[name] + item * self.given.periods
        return np.arange(first, first + self.given.periods)

    # --- what a plan is measured by ---------------------------------------------------

    def measure(self, what: Measure) -> FloatArray:
        """
        Coefficients of a measure.

        Args:
            what: cost: millions, unserved demand at its price; spend: the same
                without it; carbon: 1,000 t; unmet: units × periods unserved.
        """
        row = np.zeros(self.columns)
        unmet = self.column("unmet", 0)
        if what == "unmet":
            row[unmet] = 1.0
        elif what == "carbon":
            self._carbon(row)
        else:
            self._spend(row)
            if what == "cost":
                row[unmet] = self.costs.unmet_usd * self.unit / _MILLION
        return row

    def _spend(self, row: FloatArray) -> None:
        for i, order in enumerate(self.costs.blocks):
            row[self.column("block", i)] = order.net_usd / _MILLION
        for i, order in enumerate(self.costs.servers):
            row[self.column("server", i)] = order.net_usd * self.lot / _MILLION
            running = self.costs.running[i]
            row[self.column("on", i)] = running.usd * self.unit / _MILLION

    def _carbon(self, row: FloatArray) -> None:
        for i, one in enumerate(self.given.generations):
            row[self.column("server", i)] = one.embodied_kg * self.lot / _MILLION
            row[self.column("on", i)] = self.costs.running[i].carbon_t * self.unit / 1e3

    # --- rows -------------------------------------------------------------------------

    def _row(
        self, columns: Any, values: Any, low: float = -math.inf, high: float = math.inf
    ) -> None:
        self._rows.append((np.asarray(columns), np.asarray(values), low, high))

    def _bounds(self) -> None:
        """Nothing arrives after the end; no more is ordered than could be used."""
        given, most_work = self.given, float(self.wanted.max(initial=0.0))
        works = np.array([g.work for g in given.generations])
        for i, (block, order) in enumerate(
            zip(given.blocks, self.costs.blocks, strict=True)
        ):
            need = float((need_w(given, block.kind) / works).max())
            useful = _whole(most_work * self.unit * need / block.size_w)
            useful = max(useful, block.least_order)
            in_time = order.arrives < given.periods
            self._upper[self.column("block", i)] = np.where(in_time, useful, 0.0)
        for i, (one, order) in enumerate(
            zip(given.generations, self.costs.servers, strict=True)
        ):
            sold = given.whole_periods(one.sold_from_months)
            open_ = (order.arrives < given.periods) & (np.arange(given.periods) >= sold)
            useful = _whole(most_work * self.unit / one.work / self.lot)
            self._upper[self.column("server", i)] = np.where(open_, useful, 0.0)
        for i in range(len(self._gated)):
            self._upper[self.column("gate", i)] = 1.0
        self._upper[self.column("unmet", 0)] = self.wanted

    def _demand(self) -> None:
        """Work that is on and work that is unserved make what is wanted."""
        works = [g.work for g in self.given.generations]
        for t, wanted in enumerate(self.wanted):
            on = [self.column("on", i)[t] for i in range(len(works))]
            columns = [*on, self.column("unmet", 0)[t]]
            self._row(columns, [*works, 1.0], float(wanted), float(wanted))

    def _alive(self) -> None:
        """Only servers that are there can be on."""
        for i, order in enumerate(self.costs.servers):
            on, bought = self.column("on", i), self.column("server", i)
            for t in range(self.given.periods):
                here = bought[(order.arrives <= t) & (t < order.leaves)]
                there = float(self.costs.existing[i, t]) / self.unit
                lots = np.full(here.size, -self.lot / self.unit)
                self._row([on[t], *here], [1.0, *lots], high=there)

    def _power(self) -> None:
        """No kind of block carries more than is there, nor the contract."""
        given = self.given
        unit_mega = self.unit / _MILLION
        carried = [(kind, need_w(given, kind)) for kind in kinds_of(given)]
        for kind, need in carried:
            there = there_w(given, kind) / _MILLION
            mine = [i for i, b in enumerate(given.blocks) if b.kind == kind]
            for t in range(given.periods):
                columns = [self.column("on", i)[t] for i in range(need.size)]
                values = list(need * unit_mega)
                for i in mine:
                    here = self.costs.blocks[i].arrives <= t
                    ordered = self.column("block", i)[here]
                    columns += list(ordered)
                    values += [-given.blocks[i].size_w / _MILLION] * ordered.size
                self._row(columns, values, high=float(there[t]))
        if given.limits.contract_w is not None:
            need = need_w(given, "utility") * unit_mega
            for t in range(given.periods):
                columns = [self.column("on", i)[t] for i in range(need.size)]
                self._row(columns, need, high=given.limits.contract_w / _MILLION)

    def _orders(self) -> None:
        """Most of each block, least orders, and the budget of each period."""
        given = self.given
        for i, block in enumerate(given.blocks):
            if block.most is not None:
                left = block.most - block.existing - sum(block.arriving)
                columns = self.column("block", i)
                self._row(columns, np.ones(columns.size), high=float(left))
        for gate, i in enumerate(self._gated):
            least = float(given.blocks[i].least_order)
            ordered, opened = self.column("block", i), self.column("gate", gate)
            for t in range(given.periods):
                pair = [ordered[t], opened[t]]
                self._row(pair, [1.0, -least], low=0.0)
                self._row(pair, [1.0, -float(self._upper[ordered[t]])], high=0.0)
        budget = given.limits.budget_usd_per_period
        if budget is not None:
            for t in range(given.periods):
                paid, prices = self._prices(t)
                self._row(paid, prices, high=budget / _MILLION)

    def _prices(self, t: int) -> tuple[list[int], list[float]]:
        """Columns that are paid in a period, and their prices in millions."""
        columns, prices = [], []
        for i, order in enumerate(self.costs.blocks):
            columns.append(int(self.column("block", i)[t]))
            prices.append(float(order.usd[t]) / _MILLION)
        for i, order in enumerate(self.costs.servers):
            columns.append(int(self.column("server", i)[t]))
            prices.append(float(order.usd[t]) * self.lot / _MILLION)
        return columns, prices

    # --- solving ----------------------------------------------------------------------

    def caps(self) -> list[tuple[Measure, float]]:
        """Measures that the limits of the build-out hold, in the program's units."""
        limits, found = self.given.limits, list[tuple[Measure, float]]()
        if limits.unmet_frac is not None:
            found.append(("unmet", limits.unmet_frac * float(self.wanted.sum())))
        if limits.carbon_t is not None:
            found.append(("carbon", limits.carbon_t / 1e3))
        return found

    def solve(
        self, aims: tuple[Measure, ...], caps: list[tuple[Measure, float]] | None = None
    ) -> Solution | None:
        """
        Minimise one measure after the other, each held while the next is minimised.

        Args:
            aims: Measures, the most important first.
            caps: Measures that are held; None takes the build-out's limits.

        Returns:
            The plan; None where no plan keeps the caps.
        """
        held = list(self.caps() if caps is None else caps)
        found = None
        for aim in aims:
            found = self._search(aim, held)
            if found is None:
                return None
            slack = max(_SLACK * self._unit(aim, found.value), _SLACK)
            held.append((aim, found.value + slack))
        assert found is not None  # noqa: S101 - there is an aim
        return self._solution(found)

    def best(self, aim: Measure, caps: list[tuple[Measure, float]]) -> float | None:
        """The least that a measure can be under caps, in the program's units."""
        found = self._search(aim, caps)
        return None if found is None else found.value

    def value(self, what: Measure, solution: Solution) -> float:
        """A measure of a plan, in the program's units."""
        return float(self.measure(what) @ self._x(solution))

    def _search(self, aim: Measure, caps: list[tuple[Measure, float]]) -> _Found | None:
        """
        Search with servers divisible, then make them whole behind the same blocks.

        The first search says how good any plan can be. Only where whole servers miss
        that by more than the gap are blocks and servers searched for together.
        """
        good = max(self.given.gap_frac, _EXACT)
        free = self._milp(aim, caps, gap=good / 4.0, nodes=_RELAXED_NODES, whole=False)
        if free.x is None:
            return None
        bound = (
            float(free.fun)
            if free.mip_dual_bound is None
            else min(float(free.mip_dual_bound), float(free.fun))
        )
        nodes = int(free.mip_node_count or 0)
        tries = [(min(good, _WHOLE_GAP), free.x), (good, None)]
        best: Any = None
        for gap, kept in tries:
            found = self._milp(aim, caps, gap=gap, nodes=NODES, kept=kept)
            nodes += int(found.mip_node_count or 0)
            if kept is None and found.mip_dual_bound is not None:
                bound = max(bound, float(found.mip_dual_bound))
            if found.x is not None and (best is None or found.fun < best.fun):
                best = found
            if best is not None:
                value = float(best.fun)
                left = max(value - bound, 0.0) / self._unit(aim, value)
                if left <= good:
                    return _Found(x=best.x, value=value, gap_frac=left, nodes=nodes)
        if best is None:
            return None
        value = float(best.fun)
        left = max(value - bound, 0.0) / self._unit(aim, value)
        return _Found(x=best.x, value=value, gap_frac=left, nodes=nodes, stopped=True)

    def _unit(self, aim: Measure, value: float) -> float:
        """What a measure's gap is a part of; all demand, where none may be unserved."""
        if aim == "unmet":
            return max(float(self.wanted.sum()), 1.0)
        return max(abs(value), _LEAST)

    def _milp(
        self, aim: Measure, caps: list[tuple[Measure, float]], *, gap: float,
        nodes: int, whole: bool = True, kept: FloatArray | None = None,
    ) -> Any:  # fmt: skip
        """Minimise a measure; `kept` holds the blocks of another plan."""
        if self._stop is not None and self._stop():
            raise Cancelled
        integral = np.zeros(self.columns)
        integral[: self._at["on"]] = 1.0
        if not whole:
            integral[self._at["server"] : self._at["gate"]] = 0.0
        lower, upper = np.zeros(self.columns), self._upper.copy()
        if kept is not None:
            end = self._at["server"]
            lower[:end] = upper[:end] = np.round(kept[:end])
        constraints = [self._constraint()]
        for what, most in caps:
            row = self.measure(what)[None, :]
            constraints.append(scipy.optimize.LinearConstraint(row, -np.inf, most))
        found = scipy.optimize.milp(
            self.measure(aim), integrality=integral,
            bounds=scipy.optimize.Bounds(lower, upper), constraints=constraints,
            options={"mip_rel_gap": gap, "node_limit": nodes, "time_limit": _SECONDS},
        )  # fmt: skip
        self._by_clock |= "time limit" in str(found.message).lower()
        return found

    def _constraint(self) -> Any:
        lengths = [columns.size for columns, *_ in self._rows]
        matrix = scipy.sparse.csr_matrix(  # type: ignore[no-untyped-call]
            (
                np.concatenate([values for _, values, *_ in self._rows]),
                np.concatenate([columns for columns, *_ in self._rows]).astype(int),
                np.concatenate([[0], np.cumsum(lengths)]),
            ),
            shape=(len(self._rows), self.columns),
        )
        low = np.array([low for *_, low, _ in self._rows])
        high = np.array([high for *_, high in self._rows])
        return scipy.optimize.LinearConstraint(matrix, low, high)

    def _solution(self, found: _Found) -> Solution:
        """Take a plan out of the columns, rid of the solver's rounding."""
        given = self.given
        b, g, t = len(given.blocks), len(given.generations), given.periods

        def block(name: str, count: int) -> FloatArray:
            first = self._at[name]
            return np.asarray(found.x[first : first + count * t]).reshape(count, t)

        status = "stopped at the search's guard" if found.stopped else "optimal"
        status = BY_CLOCK if self._by_clock else status
        return Solution(
            blocks=np.round(block("block", b)),
            servers=np.round(block("server", g)) * self.lot,
            on=np.clip(block("on", g), 0.0, None) * self.unit, status=status,
            gap_frac=found.gap_frac, nodes=found.nodes,
        )  # fmt: skip

    def _x(self, solution: Solution) -> FloatArray:
        """Columns of a plan."""
        x = np.zeros(self.columns)
        works = np.array([g.work for g in self.given.generations])
        for i, row in enumerate(solution.blocks):
            x[self.column("block", i)] = row
        for i, row in enumerate(solution.servers):
            x[self.column("server", i)] = row / self.lot
            x[self.column("on", i)] = solution.on[i] / self.unit
        x[self.column("unmet", 0)] = self.wanted - works @ solution.on / self.unit
        return x

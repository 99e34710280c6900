"""
Which configuration every component runs with, and how many instances of each.

A mixed-integer linear program: one configuration per workflow kind and component,
whole instances shared by all kinds, under limits of latency, quality and GPUs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twin.serving.workflow.graph import refusal
from twin.serving.workflow.pools import StagePool
from twin.serving.workflow.program import Row, least
from twin.types import FloatArray

Goal = Literal["energy", "cost", "gpus"]
GAP_FRAC = 1e-3
"""How near the best an assignment must be: proving the rest takes seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """
    One way to run one component.

    Args:
        pool: An instance of it; its count is not looked at.
        quality_frac: Quality of a workflow that uses it. 0..1
        gpu_hour_usd: Price of one GPU for one hour. [USD/h]
    """

    pool: StagePool
    quality_frac: float = 1.0
    gpu_hour_usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """
    One kind of workflow.

    Args:
        name: For people.
        rate_s: Workflows per second. [1/s]
        units: Mean units per workflow. shape (components, 2)
        path: Units on the longest path to the first output. shape (components, 2)
        limit_s: Limit of that path's time. [s]
        quality_floor: Least product of the qualities of its components. 0..1
    """

    name: str
    rate_s: float
    units: FloatArray
    path: FloatArray
    limit_s: float
    quality_floor: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """
    The arrangement found.

    Args:
        pools: Pools with counts above zero.
        chosen: Workflow kind -> component -> name of the configuration.
        latency_s: Workflow kind -> time of its path without waiting. [s]
        quality_frac: Workflow kind -> product of qualities.
        power_w: Mean power at the demand, waiting included, hosts not. [W]
        gpus: GPUs on.
    """

    pools: tuple[StagePool, ...]
    chosen: dict[str, dict[str, str]]
    latency_s: dict[str, float]
    quality_frac: dict[str, float]
    power_w: float
    gpus: float


def assign(
    components: Sequence[str],
    configs: Sequence[Config],
    demands: Sequence[Demand],
    *,
    gpu_limit: float,
    busy_frac: float = 0.7,
    goal: Goal = "energy",
) -> Assignment:
    """
    Choose configurations and counts.

    Args:
        components: Names that rows of a demand's units stand for.
        configs: The catalogue.
        demands: Kinds of workflows that share the instances.
        gpu_limit: GPUs at hand.
        busy_frac: Largest mean share of time a slot works. 0..1
        goal: What to make least: mean power, price, or GPUs.

    Returns:
        The cheapest arrangement.

    Raises:
        ScenarioError: If a limit cannot be met: names it and the best that can.

    Source:
        docs/models/workflow.md, eq. 3.
    """
    program = _Program(components, configs, demands, gpu_limit, busy_frac)
    program.check()
    found = program.solve(program.costs(goal))
    if found is None:
        smallest = program.solve(program.costs("gpus"), gpus=False)
        value = "none" if smallest is None else f"{program.gpus_of(smallest):g}"
        raise refusal(
            "gpu_limit", "must carry the demand", f"{gpu_limit:g}",
            f"the least that does has {value} GPUs at {busy_frac:.0%} busy; add "
            "servers, lower the rate, or loosen latency or quality",
        )  # fmt: skip
    return program.read(found)


class _Program:
    """Variables: y[workflow, config] 0 or 1, then n[config] whole."""

    def __init__(
        self,
        components: Sequence[str],
        configs: Sequence[Config],
        demands: Sequence[Demand],
        gpu_limit: float,
        busy_frac: float,
    ) -> None:
        self.components, self.configs = list(components), list(configs)
        self.demands, self.gpu_limit = list(demands), gpu_limit
        place = {name: k for k, name in enumerate(self.components)}
        self.component = np.array([place[c.pool.component] for c in configs])
        unit_s = np.array([c.pool.unit_s for c in configs])
        self.slots = np.array([c.pool.slots for c in configs]) * busy_frac
        self.gpus = np.array([c.pool.gpus for c in configs])
        self.price = self.gpus * np.array([c.gpu_hour_usd for c in configs])
        self.idle_w = self.gpus * np.array([c.pool.idle_gpu_w for c in configs])
        share = np.array([[c.pool.slots] for c in configs])
        above_w = (
            np.array([c.pool.active_w for c in configs]) - self.idle_w[:, None]
        ) / share
        self.log_quality = np.log([max(c.quality_frac, 1e-9) for c in configs])
        units = np.array([d.units[self.component] for d in demands])
        path = np.array([d.path[self.component] for d in demands])
        rate = np.array([d.rate_s for d in demands])[:, None]
        self.work_s = rate * (units * unit_s).sum(axis=2)  # slots busy on average
        self.work_w = rate * (units * unit_s * above_w).sum(axis=2)
        self.path_s = (path * unit_s).sum(axis=2)
        self.used = np.array([d.units.sum(axis=1) > 0 for d in demands])

    def costs(self, goal: Goal) -> FloatArray:
        """Price of every variable."""
        if goal == "energy":
            return np.concatenate([self.work_w.ravel(), self.idle_w])
        per = self.price if goal == "cost" else self.gpus
        # work breaks ties between equal prices, far below one GPU
        return np.concatenate([1e-6 * self.work_w.ravel(), per])

    def check(self) -> None:
        """Name what no choice can meet, with the best that can be had."""
        for w, demand in enumerate(self.demands):
            latency_s, quality = 0.0, 0.0
            for c, name in enumerate(self.components):
                if not self.used[w, c]:
                    continue
                mine = self.component == c
                if not mine.any():
                    raise refusal(
                        "catalogue", "must hold every component", name, "add one"
                    )
                latency_s += self.path_s[w, mine].min()
                quality += self.log_quality[mine].max()
            if latency_s > demand.limit_s * (1 + 1e-9):
                raise refusal(
                    f"{demand.name}.latency", "must be within reach",
                    f"{demand.limit_s:g} s",
                    f"the best reachable is {latency_s:.3g} s; loosen the limit",
                )  # fmt: skip
            if quality < np.log(max(demand.quality_floor, 1e-9)) - 1e-9:
                raise refusal(
                    f"{demand.name}.quality", "must be within reach",
                    f"{demand.quality_floor:g}",
                    f"the best reachable is {np.exp(quality):.3g}; lower the floor",
                )  # fmt: skip
            self._check_both(w, demand)

    def _check_both(self, w: int, demand: Demand) -> None:
        """Latency and quality may be within reach only one at a time."""
        only = [k for k in range(len(self.demands)) if k != w]
        fastest = np.zeros(self.work_s.size + self.gpus.size)
        fastest[: self.work_s.size].reshape(self.work_s.shape)[w] = self.path_s[w]
        found = self.solve(fastest, gpus=False, latency=False, free=only)
        if found is None or found @ fastest > demand.limit_s * (1 + 1e-6):
            best = "none" if found is None else f"{found @ fastest:.3g} s"
            raise refusal(
                f"{demand.name}.latency", "must be within reach at its quality",
                f"{demand.limit_s:g} s at {demand.quality_floor:g}",
                f"the best reachable at that quality is {best}; loosen one of them",
            )  # fmt: skip

    def solve(
        self,
        costs: FloatArray,
        *,
        gpus: bool = True,
        latency: bool = True,
        free: Sequence[int] = (),
    ) -> FloatArray | None:
        """Solve with some limits left out; None where nothing fits."""
        kinds, m = self.work_s.shape
        size = kinds * m + m
        rows: list[Row] = []
        for w, demand in enumerate(self.demands):
            for c in np.flatnonzero(self.used[w]):
                row = np.zeros(size)
                row[w * m : (w + 1) * m][self.component == c] = 1.0
                rows.append((row, 1.0, 1.0))
            if w in free:
                continue
            row, floor = np.zeros(size), np.log(max(demand.quality_floor, 1e-9))
            row[w * m : (w + 1) * m] = self.log_quality * self.used[w][self.component]
            rows.append((row, floor - 1e-9, np.inf))
            if latency:
                row = np.zeros(size)
                row[w * m : (w + 1) * m] = self.path_s[w]
                rows.append((row, -np.inf, demand.limit_s * (1 + 1e-9)))
        for k in range(m):
            row = np.zeros(size)
            row[k : kinds * m : m] = self.work_s[:, k]
            row[kinds * m + k] = -self.slots[k]
            rows.append((row, -np.inf, 0.0))
        if gpus:
            row = np.zeros(size)
            row[kinds * m :] = self.gpus
            rows.append((row, -np.inf, self.gpu_limit))
        upper = np.concatenate([np.ones(kinds * m), np.full(m, np.inf)])
        return least(costs, rows, upper, np.ones(size), gap_frac=GAP_FRAC)

    def gpus_of(self, found: FloatArray) -> float:
        """GPUs of a solution."""
        return float(found[self.work_s.size :] @ self.gpus)

    def read(self, found: FloatArray) -> Assignment:
        """Put a solution into words."""
        kinds, m = self.work_s.shape
        y, n = found[: kinds * m].reshape(kinds, m), found[kinds * m :]
        chosen = {
            d.name: {
                self.components[self.component[k]]: self.configs[k].pool.name
                for k in np.flatnonzero(y[w])
                if self.used[w, self.component[k]]
            }
            for w, d in enumerate(self.demands)
        }
        names = [d.name for d in self.demands]
        quality = np.exp((y * self.log_quality * self.used[:, self.component]).sum(1))
        return Assignment(
            pools=tuple(
                replace(c.pool, count=int(k))
                for c, k in zip(self.configs, n, strict=True)
                if k
            ),
            chosen=chosen,
            latency_s=dict(zip(names, (y * self.path_s).sum(1).tolist(), strict=True)),
            quality_frac=dict(zip(names, quality.tolist(), strict=True)),
            power_w=float((y * self.work_w).sum() + n @ self.idle_w),
            gpus=float(n @ self.gpus),
        )

"""
Murakkab: agent workflows whose components, models and GPUs an optimiser picks.

The mechanism of Murakkab (arXiv 2508.18298): a workflow says what it needs, not with
what; a catalogue holds time, GPUs, power and quality of every configuration of every
component; a program picks one per workflow and component and how many instances the
hall runs, shared by all workflows, under limits of latency and quality.

The fixed arrangement gives each workflow its own instances of the best configuration
of every component, first come first served.

Two workloads stand for the paper's: questions about a video, and writing code. Their
graphs and the tools are ours; language models are our measured phase tables. Where
the paper picks anew as the mix changes, here it is picked once, for the busiest hour.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.loads import largest_part
from twin.serving.systems.murakkab_catalogue import (
    COMPONENTS,
    WORKFLOWS,
    catalogue,
    code_graph,
    question_graph,
)
from twin.serving.workflow.assign import Assignment, Config, Demand, assign
from twin.serving.workflow.graph import Batch, Graph, make_batch, path_units
from twin.serving.workflow.outcome import (
    HOUR_S,
    busiest_ratio,
    compared,
    thinned,
    workflow_outcome,
)
from twin.serving.workflow.pools import StagePool
from twin.serving.workflow.run import run_workflows
from twin.types import FloatArray, IntArray

MOST = 20_000
"""Workflows run at most where no rate is given; a day of them takes seconds."""
PUBLISHED = {"gpus": 2.8, "energy": 3.7, "cost": 4.3}
"""Up to so many times less than fixed configurations, abstract of the paper."""
_ASSUMED = "assumed"


class Parameters(Model):
    """Knobs of Murakkab."""

    workflows_per_hour: float | None = quantity(
        None, "Workflows started per hour on average, kept from the recorded requests; "
        f"nothing: what the fixed arrangement carries, at most {MOST} in all",
        unit="1/h", example=500, source="ours", gt=0,
    )  # fmt: skip
    code_frac: float = quantity(
        0.5, "Part of the workflows that write code; the rest answer questions",
        source=_ASSUMED, ge=0, le=1,
    )  # fmt: skip
    limit_s: float = quantity(
        180.0, "Limit from request to answer", unit="s", source=_ASSUMED, gt=0
    )
    path_frac: float = quantity(
        0.7, "Part of that limit a workflow of mean length may take where nothing "
        "waits", source=_ASSUMED, gt=0, le=1,
    )  # fmt: skip
    quality_floor: float = quantity(
        0.9, "Least quality of a workflow ÷ that of the best configuration that the "
        "hall's GPU type has", source=_ASSUMED, ge=0, le=1,
    )  # fmt: skip
    busy_frac: float = quantity(
        0.7, "Largest share of the busiest hour that instances are planned to work",
        source=_ASSUMED, gt=0, le=1,
    )  # fmt: skip
    goal: Literal["energy", "cost", "gpus"] = quantity(
        "energy", "What the optimiser makes least",
        source="objectives of the publication",
    )  # fmt: skip


def evaluate(ground: Ground, knobs: Parameters) -> Outcome:
    """
    Run agent workflows for the recorded requests, optimised and fixed.

    Args:
        ground: Traffic, hall and prices.
        knobs: Parameters.

    Returns:
        The outcome; its baseline is the fixed arrangement on the same arrivals.

    Raises:
        ScenarioError: If latency, quality or the hall's GPUs cannot be met; names
            which, and the best that can be.

    Source:
        docs/models/murakkab.md.
    """
    configs = catalogue(ground.server.gpu, ground.engine.gpu_hour_usd)
    fixed = _Fixed(ground, knobs, configs)
    per_hour = knobs.workflows_per_hour or fixed.rate_per_hour()
    kept = thinned(ground, per_hour)
    batch = _batch(ground, knobs, kept)
    demands = _demands(ground, knobs, batch, configs)
    found = assign(
        COMPONENTS, configs, demands, gpu_limit=ground.gpu_count,
        busy_frac=knobs.busy_frac, goal=knobs.goal,
    )  # fmt: skip
    pools, group = _by_workflow(found, batch)
    result = run_workflows(batch, pools, horizon_s=ground.horizon_s, group=group)
    plain = run_workflows(
        batch, fixed.pools(demands), horizon_s=ground.horizon_s, order="ready",
        group=batch.kind,
    )  # fmt: skip
    tokens = ground.requests.output[kept].astype(np.float64)
    notes = _notes(found)
    baseline = workflow_outcome(
        ground, batch, plain, key="murakkab-fixed", label="Fixed configurations",
        output_tokens=tokens, notes=notes[:1],
        kept_frac=np.full(len(batch), fixed.quality_frac),
    )  # fmt: skip
    quality = np.array([found.quality_frac.get(name, 1.0) for name in WORKFLOWS])
    ours = workflow_outcome(
        ground, batch, result, key="murakkab", label="Murakkab",
        output_tokens=tokens, notes=notes, baseline=baseline,
        kept_frac=quality[batch.kind],
    )  # fmt: skip
    figures = compared(ours, baseline) | {"gpus_on": found.gpus}
    figures |= {f"published_{name}_ratio_most": v for name, v in PUBLISHED.items()}
    return ours.plus(figures)


def _batch(ground: Ground, knobs: Parameters, kept: IntArray) -> Batch:
    """Every so-many-th workflow writes code; lengths are the recorded request's."""
    turns = np.floor(np.arange(kept.size + 1) * knobs.code_frac + 1e-9)
    kind = np.diff(turns).astype(np.int64)
    scale = np.ones((kept.size, len(COMPONENTS), 2))
    llm = COMPONENTS.index("llm")
    scale[:, llm, 0] = ground.requests.prompt[kept]
    scale[:, llm, 1] = ground.requests.output[kept]
    return make_batch(
        _graphs(), ground.requests.arrived_s[kept], np.full(kept.size, knobs.limit_s),
        graph=kind, scale=scale,
    )  # fmt: skip


def _graphs() -> list[Graph]:
    return [question_graph(), code_graph()]


def _demands(
    ground: Ground, knobs: Parameters, batch: Batch, configs: list[Config]
) -> list[Demand]:
    """Each kind of workflow at its busiest hour, with its longest path."""
    llm = COMPONENTS.index("llm")
    unit_s = np.array(
        [
            np.mean(
                [c.pool.unit_s for c in configs if c.pool.component == name], axis=0
            )
            for name in COMPONENTS
        ]
    )
    demands = []
    for kind, graph in enumerate(_graphs()):
        count = int(np.sum(batch.kind == kind))
        if not count:
            continue
        units = batch.units_of(kind)
        total = graph.units[graph.component == llm].sum(axis=0)
        mean = units[llm] / np.maximum(total, 1e-12)  # recorded tokens per request
        scaled = unit_s.copy()
        scaled[llm] *= mean
        path = path_units(graph, scaled)
        path[llm] *= mean
        demands.append(
            Demand(
                name=WORKFLOWS[kind],
                rate_s=count / ground.horizon_s * busiest_ratio(ground),
                units=units,
                path=path,
                limit_s=knobs.limit_s * knobs.path_frac,
                quality_floor=knobs.quality_floor,
            )
        )
    return demands


def _by_workflow(found: Assignment, batch: Batch) -> tuple[list[StagePool], IntArray]:
    """
    Pools each workflow may use.

    A pool chosen by all is shared; one chosen by a single kind serves it alone.
    """
    pools = []
    for pool in found.pools:
        users = [
            WORKFLOWS.index(name)
            for name, chosen in found.chosen.items()
            if chosen.get(pool.component) == pool.name
        ]
        alone = users[0] if len(users) == 1 else -1
        pools.append(replace(pool, group=alone))
    return pools, batch.kind


class _Fixed:
    """The best configuration of everything, for each workflow by itself."""

    def __init__(
        self, ground: Ground, knobs: Parameters, configs: list[Config]
    ) -> None:
        self.ground, self.knobs = ground, knobs
        self.tools = [
            self._best([c for c in configs if c.pool.component == name])
            for name in COMPONENTS
            if name != "llm"
        ]
        models = [c for c in configs if c.pool.component == "llm"]
        spare = ground.gpu_count - sum(c.pool.gpus for c in self.tools)
        fits = [c for c in models if len(WORKFLOWS) * c.pool.gpus <= spare]
        if not fits:
            least = min(c.pool.gpus for c in models) * len(WORKFLOWS)
            raise ScenarioError("fleet.server_count", "must hold a language model per "
                                "workflow beside the tools", f"{ground.gpu_count} GPUs",
                                f"give the hall {ground.gpu_count - spare + least:g} "
                                "or more")  # fmt: skip
        self.llm = self._best(fits)

    @staticmethod
    def _best(configs: list[Config]) -> Config:
        """The best quality; of equals the most GPUs."""
        return max(configs, key=lambda c: (c.quality_frac, c.pool.gpus))

    @property
    def quality_frac(self) -> float:
        """Quality of every workflow."""
        every = [c.quality_frac for c in (*self.tools, self.llm)]
        return float(np.prod(every))

    def pools(self, demands: list[Demand]) -> list[StagePool]:
        """Instances of each workflow's own for its busiest hour."""
        found = []
        for demand in demands:
            group = WORKFLOWS.index(demand.name)
            for config in (*self.tools, self.llm):
                pool = config.pool
                work_s = self._work_s(pool, demand.units) * demand.rate_s
                if not demand.units[COMPONENTS.index(pool.component)].any():
                    continue
                most = self.knobs.busy_frac * pool.slots
                count = max(1, int(np.ceil(work_s / most - 1e-9)))
                found.append(
                    replace(
                        pool,
                        name=f"{pool.name}, {demand.name}",
                        count=count,
                        group=group,
                    )
                )
        return found

    @staticmethod
    def _work_s(pool: StagePool, units: FloatArray) -> float:
        return float(units[COMPONENTS.index(pool.component)] @ pool.unit_s)

    def rate_per_hour(self) -> float:
        """Workflows per hour whose busiest hour just fits the hall."""
        everything = _batch(
            self.ground, self.knobs, thinned(self.ground, self._most_per_hour())
        )
        configs = [*self.tools, self.llm]
        demands = _demands(self.ground, self.knobs, everything, configs)

        def gpus(part: float) -> float:
            less = [replace(d, rate_s=d.rate_s * part) for d in demands]
            return sum(p.gpu_total for p in self.pools(less))

        if gpus(1.0) <= self.ground.gpu_count:
            return self._most_per_hour()
        fits = largest_part(lambda part: gpus(part) <= self.ground.gpu_count, 30)
        return max(fits * self._most_per_hour(), HOUR_S / self.ground.horizon_s)

    def _most_per_hour(self) -> float:
        n = min(MOST, len(self.ground.requests))
        return max(n, 1) * HOUR_S / self.ground.horizon_s


def _notes(found: Assignment) -> tuple[str, ...]:
    chosen = "; ".join(
        f"{name}: {', '.join(dict.fromkeys(by.values()))}"
        for name, by in found.chosen.items()
    )
    return (
        "shape only: catalogue ours (models measured; tools, graphs, quality assumed)",
        f"chosen: {chosen}",
        f"published, up to: {', '.join(f'{k} 1/{v}' for k, v in PUBLISHED.items())}",
    )


SYSTEM = System(
    key="murakkab", label="Murakkab", kind="workflow",
    summary="Picks model, tool and GPUs of every component of agent workflows and "
    "shares instances among them, under limits of latency and quality.",
    source="Murakkab (arXiv 2508.18298), abstract", mark="published",
    page="murakkab.md", parameters=Parameters, evaluate=evaluate,
    own_terms="requests start workflows of tools and models",
)  # fmt: skip

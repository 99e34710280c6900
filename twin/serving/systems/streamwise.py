"""
StreamWise: a video as a graph of stages, with pools, deadlines and a quality ladder.

The mechanism of StreamWise (arXiv 2603.05800) for a podcast video: a language model
writes scenes; speech, one image, video, decoding, lip-sync and enlarging follow as a
graph. A provisioner picks GPUs per instance and instances per component. Every stage
gets a deadline from the moment its piece is played, back along the graph; it is bound
to the instance where it ends first, waits there by deadline, and steps down a ladder
of pixels × steps when its deadline is at risk. Videos are made small and enlarged,
and FramePack's decoder runs apart from it.

The naive arrangement gives each video one server with one GPU per component and four
for lip-sync, first come first served, full size, the decoder in the same instance.

Where the paper runs its search again every so often, here it runs once, for the
busiest hour. Spot machines, several GPU types in one hall and caches are left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.workflow.assign import Assignment, Config, Demand, assign
from twin.serving.workflow.graph import Batch, Graph, make_batch, path_units
from twin.serving.workflow.outcome import (
    HOUR_S,
    busiest_ratio,
    compared,
    thinned,
    workflow_outcome,
)
from twin.serving.workflow.pools import FULL, Ladder, Rung, StagePool
from twin.serving.workflow.run import WorkflowResult, run_workflows
from twin.serving.workflow.streamcast import (
    COMPONENTS,
    PROMPT_TOKENS,
    SUBSCENE_S,
    SUBSCENES,
    stage_pools,
    stage_table,
    video_graph,
)
from twin.types import FloatArray, IntArray

LADDER = Ladder(
    rungs=(
        FULL,
        Rung(name="8 of 10 steps", work_frac=0.8, quality_frac=0.97),
        Rung(name="a quarter of the pixels", work_frac=0.25, quality_frac=0.90),
        Rung(name="and half the steps", work_frac=0.125, quality_frac=0.80),
    ),
    components=("image", "video", "vae", "lipsync", "upscale"),
)
"""Work is pixels × steps; the quality of each rung is assumed, nobody published it."""
NAIVE_LIPSYNC = 4
_ASSUMED = "assumed"


class Parameters(Model):
    """Knobs of StreamWise."""

    workflows_per_hour: float | None = quantity(
        None, "Videos started per hour on average, kept from the recorded requests; "
        "nothing: what the naive arrangement of the whole hall carries in the busiest "
        "hour", unit="1/h", example=20, source="ours", gt=0,
    )  # fmt: skip
    video_s_per_token: float = quantity(
        0.3, "Length of video per recorded output token: speech of 150 words a minute "
        "at 1.33 tokens a word; at most ten minutes", unit="s", source=_ASSUMED, gt=0,
        le=10,
    )  # fmt: skip
    start_limit_s: float = quantity(
        300.0, "Limit from request to the start of play that never stalls", unit="s",
        source="ours; the publication speaks of seconds to hours", gt=0,
    )  # fmt: skip
    path_frac: float = quantity(
        0.7, "Part of that limit the first piece may take where nothing waits",
        source=_ASSUMED, gt=0, le=1,
    )  # fmt: skip
    busy_frac: float = quantity(
        0.7, "Largest share of the busiest hour that instances are planned to work",
        source=_ASSUMED, gt=0, le=1,
    )  # fmt: skip
    goal: Literal["energy", "cost"] = quantity(
        "energy", "What the provisioner makes least",
        source="both are objectives of the publication",
    )  # fmt: skip
    margin_frac: float = quantity(
        0.2, "Part of the limit that stages keep clear of their deadline, for waiting "
        "later on; nearer than that the deadline is at risk", source=_ASSUMED, ge=0,
        lt=1,
    )  # fmt: skip
    ladder: bool = quantity(
        True, "Whether stages may step down in quality when their deadline is at risk",
        source="published mechanism",
    )  # fmt: skip


def evaluate(ground: Ground, knobs: Parameters) -> Outcome:
    """
    Run videos for the recorded requests, with StreamWise and with the naive servers.

    Args:
        ground: Traffic, hall and prices.
        knobs: Parameters.

    Returns:
        The outcome; its baseline is the naive arrangement on the same arrivals.

    Raises:
        ScenarioError: If the hall cannot carry the rate, or the first piece cannot be
            had within its limit.

    Source:
        docs/models/streamwise.md.
    """
    table = stage_table(ground.server.gpu)
    plain = stage_pools(table, upscaled=False, apart=False)
    kept = thinned(ground, knobs.workflows_per_hour or _naive_rate(ground, knobs))
    tokens = ground.requests.output[kept].astype(np.float64)
    pieces = _pieces(tokens, knobs)
    batch = _batch(ground, knobs, kept, pieces, upscaled=True)
    naive_batch = _batch(ground, knobs, kept, pieces, upscaled=False)
    found = _provision(
        ground, knobs, batch, stage_pools(table, upscaled=True, apart=True)
    )
    result = run_workflows(
        batch, found.pools, horizon_s=ground.horizon_s, ladder=_ladder(knobs)
    )
    naive = _run_naive(ground, knobs, naive_batch, plain)
    notes = (
        f"stage times and powers on {ground.server.gpu.label}: {table.source}",
        "videos last as recorded outputs are spoken; the quality of rungs is assumed",
        "instances are set once, for the busiest hour; no spot machines, no caches",
    )
    baseline = workflow_outcome(
        ground, naive_batch, naive, key="streamwise-naive", label="Naive servers",
        output_tokens=tokens, notes=notes[:1],
    )  # fmt: skip
    ours = workflow_outcome(
        ground, batch, result, key="streamwise", label="StreamWise",
        output_tokens=tokens, notes=notes, baseline=baseline,
    )  # fmt: skip
    return ours.plus(compared(ours, baseline) | {
        "gpus_on": found.gpus,
        "video_s_mean": float(pieces.mean() * SUBSCENE_S),
        "stages_stepped_down_frac": float((result.rung[result.slot >= 0] > 0).mean()),
    })  # fmt: skip


def _ladder(knobs: Parameters) -> Ladder | None:
    margin_s = knobs.margin_frac * knobs.start_limit_s
    return replace(LADDER, margin_s=margin_s) if knobs.ladder else None


def _pieces(tokens: FloatArray, knobs: Parameters) -> IntArray:
    """Subscenes of each video, at least one, at most ten minutes of them."""
    length_s = tokens * knobs.video_s_per_token
    return np.clip(np.ceil(length_s / SUBSCENE_S), 1, SUBSCENES).astype(np.int64)


def _batch(
    ground: Ground,
    knobs: Parameters,
    kept: IntArray,
    pieces: IntArray,
    *,
    upscaled: bool,
) -> Batch:
    """Lay the videos out; the screenplay's time follows the recorded prompt."""
    sizes, graph = np.unique(pieces, return_inverse=True)
    prompt = ground.requests.prompt[kept] / PROMPT_TOKENS
    scale = np.ones((kept.size, len(COMPONENTS), 2))
    scale[:, COMPONENTS.index("llm"), :] = prompt[:, None]
    return make_batch(
        [video_graph(int(n), upscaled=upscaled, apart=upscaled) for n in sizes],
        ground.requests.arrived_s[kept],
        np.full(kept.size, knobs.start_limit_s),
        graph=graph.astype(np.int64),
        kind=np.zeros(kept.size, dtype=np.int64),
        scale=scale,
    )


def _provision(
    ground: Ground, knobs: Parameters, batch: Batch, pools: list[StagePool]
) -> Assignment:
    """Instances for the busiest hour."""
    single = video_graph(1, upscaled=True, apart=True)
    unit_s = _unit_s([p for p in pools if p.gpus == 1])
    rate_s = len(batch) / ground.horizon_s * busiest_ratio(ground)
    demand = Demand(
        name="video",
        rate_s=rate_s,
        units=batch.units_of(0),
        path=_path(single, unit_s, batch),
        limit_s=knobs.start_limit_s * knobs.path_frac,
    )
    configs = [Config(pool=p, gpu_hour_usd=ground.engine.gpu_hour_usd) for p in pools]
    return assign(
        COMPONENTS, configs, [demand], gpu_limit=ground.gpu_count,
        busy_frac=knobs.busy_frac, goal=knobs.goal,
    )  # fmt: skip


def _path(graph: Graph, unit_s: FloatArray, batch: Batch) -> FloatArray:
    """Units to the first piece; the screenplay's as the mean prompt asks."""
    units = path_units(graph, unit_s)
    llm = COMPONENTS.index("llm")
    mean = batch.units[(batch.component == llm) & (batch.units[:, 1] > 0), 1].mean()
    units[llm] *= mean
    return units


def _unit_s(pools: list[StagePool]) -> FloatArray:
    found = np.zeros((len(COMPONENTS), 2))
    for pool in pools:
        found[COMPONENTS.index(pool.component)] = pool.unit_s
    return found


def _naive_server(pools: list[StagePool]) -> list[StagePool]:
    """Pools of one server: a GPU per component, four for lip-sync."""
    return [
        replace(p, count=NAIVE_LIPSYNC if p.component == "lipsync" else 1)
        for p in pools
        if p.gpus == 1
    ]


def _naive_load_s(pools: list[StagePool], units: FloatArray) -> float:
    """Time one video keeps the busiest component of a server. [s]"""
    return max(
        float(units[COMPONENTS.index(p.component)] @ p.unit_s) / p.count
        for p in _naive_server(pools)
    )


def _naive_rate(ground: Ground, knobs: Parameters) -> float:
    """Videos per hour the naive hall carries so that its busiest hour is not full."""
    pools = stage_pools(stage_table(ground.server.gpu), upscaled=False, apart=False)
    n = len(ground.requests)
    pieces = _pieces(ground.requests.output.astype(np.float64), knobs)
    lip_s = next(p for p in _naive_server(pools) if p.component == "lipsync").unit_s[0]
    load_s = float(pieces.mean()) * lip_s / NAIVE_LIPSYNC if n else 1.0
    per_s = knobs.busy_frac * _servers(ground, pools) / load_s
    return per_s * HOUR_S / busiest_ratio(ground)


def _servers(ground: Ground, pools: list[StagePool]) -> int:
    each = sum(p.gpu_total for p in _naive_server(pools))
    found = int(ground.gpu_count // each)
    if not found:
        raise ScenarioError("fleet.server_count", "must hold one naive server of "
                            "videos", f"{ground.gpu_count} GPUs", "give the hall at "
                            f"least {each:g} GPUs")  # fmt: skip
    return found


def _run_naive(
    ground: Ground, knobs: Parameters, batch: Batch, pools: list[StagePool]
) -> WorkflowResult:
    """As many naive servers as the busiest hour asks for, videos in turn."""
    rate_s = len(batch) / ground.horizon_s * busiest_ratio(ground)
    load_s = _naive_load_s(pools, batch.units_of(0))
    wanted = int(np.ceil(rate_s * load_s / knobs.busy_frac))
    servers = max(1, min(wanted, _servers(ground, pools)))
    arranged = [
        replace(p, name=f"{p.component} {k}", group=k)
        for k in range(servers)
        for p in _naive_server(pools)
    ]
    return run_workflows(
        batch, arranged, horizon_s=ground.horizon_s, order="ready",
        group=np.arange(len(batch), dtype=np.int64) % servers,
    )  # fmt: skip


SYSTEM = System(
    key="streamwise", label="StreamWise", kind="workflow",
    summary="Serves generated videos as a graph of stages with their own pools, "
    "deadlines per stage and a quality ladder.",
    source="StreamWise (arXiv 2603.05800, 2026); data and constants from its artifact, "
    "Azure/realtimevideogen (MIT)", mark="published", page="streamwise.md",
    parameters=Parameters, evaluate=evaluate,
    own_terms="requests start videos, workflows of stages",
)  # fmt: skip

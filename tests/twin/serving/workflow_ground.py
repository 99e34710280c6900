"""A small hall and made-up traffic for the tests of workflow systems."""

from __future__ import annotations

import numpy as np

from twin.catalogue import find_server
from twin.catalogue.phase_tables import PHASE_TABLES
from twin.catalogue.servers import CLOCK_CURVES
from twin.serving.fleet.parts import Engine, FleetClass, plain_requests
from twin.serving.systems.base import DYNAMO_SLO, Ground
from twin.serving.workflow.graph import Graph, stage_s
from twin.types import FloatArray

DAY_S = 86_400.0


def make_ground(
    *,
    server: str = "dgx-h100",
    server_count: int = 12,
    requests: int = 20_000,
    horizon_s: float = DAY_S,
    seed: int = 1,
) -> Ground:
    """Requests spread over the horizon at random, lengths from 50 to 2,000 tokens."""
    rng = np.random.default_rng(seed)
    table = next(
        t for t in PHASE_TABLES if t.model == "llama2-70b" and t.tensor_parallel == 8
    )
    machine = find_server(server)
    engine = Engine(
        table=table, gpu=machine.gpu, server=machine,
        clocks=CLOCK_CURVES[machine.gpu.key], gpu_count=8, gpu_hour_usd=4.0,
    )  # fmt: skip
    return Ground(
        model="llama2-70b",
        server=machine,
        server_count=server_count,
        engine=engine,
        requests=plain_requests(
            np.sort(rng.uniform(0, horizon_s, requests)),
            rng.integers(50, 2000, requests),
            rng.integers(50, 2000, requests),
        ),
        classes=(FleetClass(name="all", prompt_pool="main"),),
        horizon_s=horizon_s,
        slo=DYNAMO_SLO,
        pue=1.2,
        energy_usd_per_kwh=0.1,
        carbon_g_per_kwh=(400.0,),
        seed=seed,
    )


def critical_path_s(graph: Graph, unit_s: FloatArray) -> float:
    """Shortest time of a workflow when nothing waits for an instance. [s]"""
    own_s = stage_s(graph, unit_s)
    ready_s = np.zeros(len(graph))
    for k in range(len(graph)):
        for n in graph.next_node[graph.next_start[k] : graph.next_start[k + 1]]:
            ready_s[n] = max(ready_s[n], ready_s[k] + own_s[k])
    return float((ready_s + own_s).max())

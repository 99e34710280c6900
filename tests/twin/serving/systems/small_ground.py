"""A small common ground for tests: one model, plain numbers, an hour of traffic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.catalogue import CLOCK_CURVES, find_server
from twin.catalogue.performance import PhaseTable
from twin.serving.fleet.parts import Engine, FleetClass, plain_requests
from twin.serving.systems.base import Ground, Slo

TABLE = PhaseTable(
    model="plain", gpu="a100-sxm-80gb", tensor_parallel=8,
    prefill_tokens=(100.0, 1000.0, 2000.0), prefill_s=(0.01, 0.1, 0.2),
    prefill_power_frac=(0.9, 0.9, 0.9), decode_batch=(1.0, 64.0), decode_s=(0.04, 0.04),
    decode_power_frac=(0.5, 0.5), decode_context_tokens=0.0, decode_kv_token_s=0.0,
    decode_memory_power_frac=0.1, decode_clock_sensitivity=0.2,
    kv_capacity_tokens=1_000_000.0, max_batch=64, source="made up for tests",
)  # fmt: skip


def small_ground(
    *, requests: int = 200, servers: int = 2, horizon_s: float = 600.0, seed: int = 3
) -> Ground:
    """Requests of 1000 and 50 tokens, even in time, on DGX A100 servers."""
    server = find_server("dgx-a100")
    return Ground(
        model="plain",
        server=server,
        server_count=servers,
        engine=Engine(
            table=TABLE, gpu=server.gpu, server=server,
            clocks=CLOCK_CURVES[server.gpu.key], gpu_count=8, gpu_hour_usd=2.0,
        ),
        requests=plain_requests(
            np.linspace(0.0, 0.8 * horizon_s, requests),
            np.full(requests, 1000),
            np.full(requests, 50),
        ),
        classes=(
            FleetClass(name="all", prompt_pool="main", ttft_slo_s=2.0, tbt_slo_s=0.1),
        ),
        horizon_s=horizon_s,
        slo=Slo(prompt_below=(float("inf"),), ttft_s=(2.0,), tbt_s=0.1, source="tests"),
        pue=1.25,
        energy_usd_per_kwh=0.1,
        carbon_g_per_kwh=(100.0, 300.0),
        seed=seed,
    )  # fmt: skip


def on_servers(ground: Ground, servers: int) -> Ground:
    """The same ground with another number of servers."""
    return replace(ground, server_count=servers)

"""A common ground made of drawn requests, for systems whose traffic was not given."""

from __future__ import annotations

import numpy as np

from twin.catalogue import find_server
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import FleetClass, plain_requests
from twin.serving.systems.base import Ground, Outcome, Slo

SLO = Slo(prompt_below=(float("inf"),), ttft_s=(2.0,), tbt_s=0.1, source="assumed")
SEED = 6
LENGTH_SPREAD = 0.7
"""Standard deviation of the logarithm of prompts, and of outputs. Assumed."""


def even_ground(
    *,
    rate_per_s: float,
    prompt_tokens: float,
    output_tokens: float,
    horizon_s: float = 600.0,
    servers: int = 4,
    model: str = "llama2-70b",
    server: str = "dgx-h100",
    tensor_parallel: int = 8,
    spread: float = LENGTH_SPREAD,
) -> Ground:
    """
    Poisson arrivals with log-normal lengths of stated means.

    Args:
        rate_per_s: Arrivals. [1/s]
        prompt_tokens: Mean prompt. [tokens]
        output_tokens: Mean output. [tokens]
        horizon_s: Length of the traffic. [s]
        servers: Servers at hand.
        model: Key of the model.
        server: Key of the server type.
        tensor_parallel: GPUs of one instance.
        spread: Standard deviation of the logarithm of lengths.
    """
    rng = np.random.default_rng(SEED)
    arrived_s = np.sort(rng.random(rng.poisson(rate_per_s * horizon_s)) * horizon_s)

    def lengths(mean: float) -> np.ndarray:
        normal = rng.standard_normal(arrived_s.size)
        drawn = mean * np.exp(spread * normal - 0.5 * spread**2)
        return np.maximum(np.rint(drawn), 1).astype(np.int64)

    return Ground(
        model=model,
        server=find_server(server),
        server_count=servers,
        engine=make_engine(model, server, tensor_parallel=tensor_parallel),
        requests=plain_requests(
            arrived_s, lengths(prompt_tokens), lengths(output_tokens)
        ),
        classes=(
            FleetClass(name="all", prompt_pool="main", ttft_slo_s=2.0, tbt_slo_s=0.1),
        ),
        horizon_s=horizon_s,
        slo=SLO,
        pue=1.25,
        energy_usd_per_kwh=0.08,
        carbon_g_per_kwh=(400.0,),
        seed=SEED,
    )


def own_baseline(outcome: Outcome) -> Outcome:
    """
    What a system compares itself with.

    Raises:
        ValueError: If it compares itself with nothing.
    """
    if outcome.baseline is None:
        raise ValueError(f"{outcome.system} has no baseline of its own")
    return outcome.baseline

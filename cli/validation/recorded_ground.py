"""A common ground made of the recorded Azure traffic, as it arrived."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from store.datasets import DatasetStore
from store.settings import Settings
from twin.catalogue import find_server
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import plain_requests
from twin.serving.ground import EDGES, slo_classes
from twin.serving.systems.base import DYNAMO_SLO, Ground
from twin.serving.traffic import Recordings

CONVERSATION, CODE = "azure-llm-2023-conv", "azure-llm-2023-code"


def recorded() -> Recordings | None:
    """Both recordings; None where they are not on this machine."""
    datasets = DatasetStore(Settings())
    if not all(datasets.info(name).present for name in (CONVERSATION, CODE)):
        return None
    return datasets.recordings({CONVERSATION, CODE})


def recorded_ground(recordings: Recordings, name: str, *, servers: int) -> Ground:
    """
    Every recorded request at its recorded time, to Llama-2-70B on 8 H100.

    Args:
        recordings: Read by `recorded`.
        name: One of the two.
        servers: Servers at hand.
    """
    found = recordings.requests[name]
    prompt = np.maximum(1, found.prompt_tokens)
    return Ground(
        model="llama2-70b",
        server=find_server("dgx-h100"),
        server_count=servers,
        engine=make_engine("llama2-70b", "dgx-h100", tensor_parallel=8),
        requests=plain_requests(
            found.arrived_s, prompt, np.maximum(1, found.output_tokens),
            klass=np.searchsorted(EDGES[:-1], prompt, side="right"),
        ),
        classes=slo_classes(DYNAMO_SLO),
        horizon_s=float(np.ceil(found.arrived_s[-1] + 1e-9)),
        slo=DYNAMO_SLO,
        pue=1.25,
        energy_usd_per_kwh=0.08,
        carbon_g_per_kwh=(400.0,),
        seed=6,
    )  # fmt: skip


def largest_load(holds: Callable[[float], bool], low: float, high: float) -> float:
    """
    Largest load at which a goal holds, within 2 %; `low` where it does not there.

    Args:
        holds: Whether the goal holds at a load; false above some load.
        low: Where to begin. > 0
        high: Where to end.
    """
    if not holds(low):
        return low
    while high / low > 1.02:
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low

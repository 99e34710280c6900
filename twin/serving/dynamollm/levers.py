"""Which of DynamoLLM's decisions are taken; the published baselines are subsets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Levers:
    """
    What follows the load.

    Args:
        pools: A pool for each length class; else one pool for all.
        instances: Groups of each pool every half hour; else for the peak.
        sharding: Degrees every five minutes; else the largest.
        frequency: Clocks every five seconds; else the highest.
    """

    pools: bool = True
    instances: bool = False
    sharding: bool = False
    frequency: bool = False


SINGLE_POOL = Levers(pools=False)
LEVERS: dict[str, Levers] = {
    "single_pool": SINGLE_POOL,
    "multi_pool": Levers(),
    "scale_inst": Levers(instances=True),
    "scale_shard": Levers(sharding=True),
    "scale_freq": Levers(frequency=True),
    "dynamollm": Levers(instances=True, sharding=True, frequency=True),
}
LABELS = {
    "single_pool": "SinglePool",
    "multi_pool": "MultiPool",
    "scale_inst": "ScaleInst",
    "scale_shard": "ScaleShard",
    "scale_freq": "ScaleFreq",
    "dynamollm": "DynamoLLM",
}

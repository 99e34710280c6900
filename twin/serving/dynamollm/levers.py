"""Which of DynamoLLM's decisions are taken; the published baselines are subsets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Levers:
    """
    What follows the load.

    Args:
        label: Name for people.
        pools: A pool for each length class; else one pool for all.
        instances: Groups of each pool every half hour; else for the peak.
        sharding: Degrees every five minutes; else the largest.
        frequency: Clocks every five seconds; else the highest.
    """

    label: str
    pools: bool = True
    instances: bool = False
    sharding: bool = False
    frequency: bool = False


LEVERS: dict[str, Levers] = {
    "single_pool": Levers(label="SinglePool", pools=False),
    "multi_pool": Levers(label="MultiPool"),
    "scale_inst": Levers(label="ScaleInst", instances=True),
    "scale_shard": Levers(label="ScaleShard", sharding=True),
    "scale_freq": Levers(label="ScaleFreq", frequency=True),
    "dynamollm": Levers(
        label="DynamoLLM", instances=True, sharding=True, frequency=True
    ),
}

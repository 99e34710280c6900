"""
Load by phase: how uneven every node is, and which phase is the fullest.

Single- and two-phase loads are added up the network; what a node may carry is then
set by its fullest phase. Parts are those of the loads given, so they hold for as long
as these keep their proportions.
"""

from __future__ import annotations

import numpy as np

from twin.power.network import Network
from twin.types import FloatArray

PHASES = "abc"


def phase_parts(
    network: Network, rack_w: FloatArray, rack_phases: list[str]
) -> FloatArray:
    """
    Part of each node's load on each phase, all feeds alive.

    Args:
        network: The site.
        rack_w: Load of each rack. [W], shape (racks,)
        rack_phases: Phases each rack hangs on, equally.

    Returns:
        Parts that add up to 1; thirds for a node without load. Shape (nodes, 3)
    """
    load: FloatArray = np.zeros((len(network.nodes), 3))
    first = network.rack_first
    for r, phases in enumerate(rack_phases):
        for phase in phases:
            load[first + r, PHASES.index(phase)] += rack_w[r] / len(phases)
    network.add_up(load)
    total = load.sum(axis=1, keepdims=True)
    return np.where(total > 0.0, load / np.maximum(total, 1e-300), 1.0 / 3.0)


def worst_phase(parts: FloatArray, phases: list[str]) -> FloatArray:
    """
    How much sooner a node is full than if its phases were even.

    Args:
        parts: Of `phase_parts`, shape (nodes, 3).
        phases: Phases each node carries; its rating is spread over them equally.

    Returns:
        Load of the fullest phase ÷ an even share; 1 is even. Shape (nodes,)
    """
    count = np.array([len(p) for p in phases], dtype=np.float64)
    worst: FloatArray = parts.max(axis=1) * count
    return np.where(worst < 1.0 + 1e-9, 1.0, worst)

"""Measured racks through the power tree: what every node carries, losses included."""

from __future__ import annotations

import numpy as np

from twin.power.network import Network, flow
from twin.types import FloatArray

NONE_OUT = np.zeros(0, dtype=np.int64)


def node_power_w(network: Network, rack_w: FloatArray) -> FloatArray:
    """
    Power every node delivers, with nothing out of service.

    A rack with two cords draws half from each side; losses of conversion are the
    scenario's, so a node above a UPS is part measured, part modelled.

    Args:
        network: The tree.
        rack_w: Measured power of each rack. [W], shape (rack, time); NaN where
            nothing was read counts as nothing drawn.

    Returns:
        [W], shape (node, time).
    """
    drawn_w = np.nan_to_num(rack_w)
    out_w = np.empty((len(network.nodes), rack_w.shape[1]))
    for t in range(rack_w.shape[1]):
        out_w[:, t] = flow(network, drawn_w[:, t], NONE_OUT).out_w
    return out_w

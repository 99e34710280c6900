"""Settings of a knob grid that no other setting beats."""

from __future__ import annotations

import numpy as np

from twin.pareto import undominated
from twin.serving.fleet.grid import GridResult
from twin.types import BoolArray

KNOBS = 3
"""Leading axes that an operator sets; the others are given by the traffic."""


def pareto_front(
    result: GridResult,
    *,
    least: tuple[str, ...] = ("energy_per_token_j", "ttft_s", "tbt_s"),
    most: tuple[str, ...] = (),
) -> BoolArray:
    """
    Settings of engine, clock and batch that no other beats for the same traffic.

    One setting beats another if it is nowhere worse and somewhere better. Lengths and
    load are given, so settings are compared within each of them.

    Args:
        result: The grid.
        least: Quantities wanted small.
        most: Quantities wanted large.

    Returns:
        True on the front. shape of the grid; False where a value is NaN.
    """
    costs = np.stack(
        [getattr(result, name) for name in least]
        + [-getattr(result, name) for name in most],
        axis=-1,
    )
    knobs, traffic = costs.shape[:KNOBS], costs.shape[KNOBS:-1]
    flat = costs.reshape(int(np.prod(knobs)), -1, costs.shape[-1])
    front = np.stack([undominated(flat[:, k]) for k in range(flat.shape[1])], axis=1)
    shaped: BoolArray = front.reshape(*knobs, *traffic)
    return shaped

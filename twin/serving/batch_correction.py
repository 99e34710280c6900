"""
What the terms of `batch_terms` leave over, learned from points that look alike.

A Gaussian-process mean on a few centres: near measured points it corrects the
logarithm of time and power, far from all of them it fades to nothing. Half of it goes
by everything a point is, half by model and machine alone, so that a relative learns
from another batch and other traffic. The power of a lone B200 is not corrected: what
its terms leave over is the shared host's, and no neighbour's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.serving.batch_terms import POWERED, TRAFFIC, Features, Iteration
from twin.types import BoolArray, FloatArray

WIDTH = 1.5
"""Distance over which points look alike, in units of `coordinates`. Chosen: of
1.5, 2.5 and 4 it left the least error on models left out."""

MACHINE_WIDTH = 0.6
"""The same for model and machine alone. Chosen: of 0.3, 0.6 and 1, likewise."""

_MACHINE = slice(3, 13)
"""Coordinates that say what the model and its machine are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """
    Learned corrections.

    Args:
        centres: Coordinates of the centres. Shape (centre, coordinate).
        weights: Weights of the logarithms of time between tokens, mean iteration
            and power. Shape (3, centre).
    """

    centres: tuple[tuple[float, ...], ...]
    weights: tuple[tuple[float, ...], ...]

    def at(self, place: FloatArray, host_bound: BoolArray) -> FloatArray:
        """Logarithms to add. Shape (3, point); zero without centres."""
        if not self.centres:
            return np.zeros((3, place.shape[0]))
        added = np.array(self.weights) @ alike(np.array(self.centres), place)
        added[2] *= ~host_bound
        return np.asarray(added)


def alike(centres: FloatArray, place: FloatArray) -> FloatArray:
    """Likeness of places to centres, 1 at the centre. Shape (centre, point)."""
    whole = _near(centres, place, WIDTH)
    machine = _near(centres[:, _MACHINE], place[:, _MACHINE], MACHINE_WIDTH)
    return 0.5 * (whole + machine)


def _near(centres: FloatArray, place: FloatArray, width: float) -> FloatArray:
    apart = ((centres[:, None, :] - place[None, :, :]) ** 2).sum(axis=2)
    near: FloatArray = np.exp(-apart / (2.0 * width**2))
    return near


def coordinates(f: Features, spent: Iteration) -> FloatArray:
    """Where a point lies among others. Shape (point, coordinate)."""
    weight = [  # scales: chosen so that 1 is a difference that matters; assumed
        np.log(f.batch) / 2.0,
        np.log(f.batch / f.output_tokens) / 2.0,
        np.log(spent.itl_s),
        np.log(f.layers),
        np.log(f.gpus) * 0.7,
        np.log(_active(f)) * 0.4,
        np.log(f.shared_params + f.expert_params) * 0.4,
        f.b200 * 1.5,
        f.fp8 * 1.0,
        f.mxfp4 * 1.0,
        (f.experts > 0) * 1.0,
        (f.state_bytes > 0) * 1.0,
        (f.replicas > 1) * 1.0,
        f.host_bound * 1.0,
    ]
    kinds = [(f.traffic == k) * 0.7 for k in range(len(TRAFFIC))]
    shares = [2.0 * spent.terms[name] / spent.mean_s for name in POWERED]
    return np.stack([*weight, *kinds, *shares], axis=1)


def _active(f: Features) -> FloatArray:
    return f.shared_params + f.active_expert_params

"""A phase table for a catalogued model that nobody measured, from the batch model."""

from __future__ import annotations

import math
from dataclasses import replace

from twin.catalogue.architectures import Architecture
from twin.catalogue.chips import CHIPS
from twin.catalogue.gpus import B200, H100
from twin.catalogue.llm_shapes import find_shape
from twin.catalogue.models import STAND_INS
from twin.catalogue.performance import PhaseTable
from twin.serving.batch_constants import BATCH_MODEL
from twin.serving.batch_model import PRECISIONS, Point
from twin.serving.batch_table import MIN_CACHE_TOKENS, cache_room, phase_table

ANSWER_TOKENS = 400.0
"""Answer the table is made for: its cache fills to half of it. Assumed."""

_MOST_GPUS = 8


def with_precision(shape: Architecture, precision: str) -> Architecture:
    """The model at this precision where the batch model knows it, else at its own."""
    known = precision in PRECISIONS
    return replace(shape, precision=precision) if known else shape


def predicted_table(shape: Architecture, gpu: str, degree: int | None) -> PhaseTable:
    """
    Phase table on the nearest GPU the batch model knows, H100 or B200.

    Args:
        shape: The model, see `with_precision`.
        gpu: Key of the GPU wanted; another one is carried over by the caller.
        degree: GPUs wanted; None, or too few for the model: the fewest that hold it.

    Returns:
        The table; its source says that it is predicted and how large the error is.

    Raises:
        ScenarioError: If no group of eight holds the model.

    Source:
        docs/models/batch_model.md.
    """
    least = min(degree or 1, _MOST_GPUS)
    counts = [n for n in (1, 2, 4, _MOST_GPUS) if n >= least]
    points = [_point(shape, k, n) for k in _nearest_gpus(gpu) for n in counts]
    point = next((p for p in points if cache_room(p) >= MIN_CACHE_TOKENS), points[-1])
    table = phase_table(shape.key, point, BATCH_MODEL)
    return replace(table, source=f"{_error()}; {table.source}")


def _nearest_gpus(gpu: str) -> list[str]:
    """Its own or its stand-in first, then by peak."""
    own = STAND_INS[gpu].measured_gpu if gpu in STAND_INS else gpu
    peak = CHIPS[own].bf16_flop_s.value
    return sorted(
        (H100.key, B200.key),
        key=lambda k: abs(math.log(CHIPS[k].bf16_flop_s.value / peak)),
    )


def _point(shape: Architecture, gpu: str, count: int) -> Point:
    total, active = shape.parameters, shape.active_parameters
    return Point(
        total_params=total, active_params=active,
        shape=find_shape(shape.key, total_params=total, active_params=active),
        precision=shape.precision, gpu=gpu, gpu_count=count, batch=1.0,
        output_tokens=ANSWER_TOKENS,
    )  # fmt: skip


def _error() -> str:
    """Where eight of ten measurements of models left out lay around the prediction."""
    time, _mean, power = BATCH_MODEL.constants.spread["open"]
    (t0, t1), (p0, p1) = (
        tuple(math.expm1(log) for log in quantiles) for quantiles in (time, power)
    )
    return (
        "predicted: eight of ten models left out lay within "
        f"{t0:+.0%} to {t1:+.0%} in time and {p0:+.0%} to {p1:+.0%} in power"
    )

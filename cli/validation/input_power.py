"""
Input-dependent power: the ratios measured on one card, carried to others.

What the A100's logs say of zeros and order is held against the H100's and V100's, and
against the headline on another A100 with another idle and limit.
"""

from __future__ import annotations

from cli.validation.row import Suite, ValidationRow
from twin.catalogue.gpus import A100
from twin.serving.systems.input_power import (
    A100_LOGGED,
    SOURCE,
    InputPowerParameters,
    dynamic_factor,
)
from twin.types import Report

PREFIX = "input_power"
TOLERANCE = 5.0
_NEAR = f"near is within {TOLERANCE:g} points, ours"
_row = Suite(PREFIX, "Input-dependent power", SOURCE).row

OTHERS = (
    ("h100_zeros", "H100, all zeros", "sparse", 69.4, 429.0, 299.0),
    ("h100_sorted", "H100, sorted rows", "sorted rows", 69.4, 425.9, 340.9),
    ("h100_mean", "H100, large mean", "large mean", 69.4, 440.2, 317.4),
    ("v100_zeros", "V100, all zeros", "sparse", 41.6, 272.1, 204.3),
    ("v100_sorted", "V100, sorted rows", "sorted rows", 41.6, 273.7, 221.2),
    ("v100_mean", "V100, large mean", "large mean", 41.6, 274.4, 209.8),
)
"""Id, words, pattern, idle, dense and patterned power of FP16 on other GPUs. [W]"""


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table."""
    report(0.0, "input-dependent power")
    return [_headline(), *(_other(*one) for one in OTHERS)]


def _headline() -> ValidationRow:
    """Multiplies on the catalogue's A100 at its limit, all zeros against dense."""
    parameters = InputPowerParameters(zeros_frac=1.0)
    factor = dynamic_factor(A100_LOGGED["fp16-tensor"], parameters)
    idle_w, full_w = A100.idle_w.value, A100.tdp_w.value
    ours = 100 * (idle_w + factor * (full_w - idle_w)) / full_w - 100
    return _row(
        "tensor_zeros", "GPU power, all zeros against dense, tensor cores", "%", -39,
        ours, TOLERANCE, "near",
        "the headline is 'almost 40 %', 38 to 39 % in the logs; the factor is read off "
        "the same logs, so only card and limit differ: 400 W with 63 W idle here, a "
        f"300 W limit that clips the dense power there; {_NEAR}", shows="input",
    )  # fmt: skip


def _other(
    name: str, words: str, pattern: str, idle_w: float, dense_w: float, with_w: float
) -> ValidationRow:
    """A GPU's measured drop against what the A100's factor makes of it."""
    parameters = InputPowerParameters.model_validate(
        {"pattern": pattern, "data_type": "fp16", "zeros_frac": 1.0}
    )
    factor = dynamic_factor(A100_LOGGED["fp16"], parameters)
    ours = 100 * (idle_w + factor * (dense_w - idle_w)) / dense_w - 100
    return _row(
        name, f"GPU power, {words} against dense, FP16", "%",
        100 * with_w / dense_w - 100, ours, TOLERANCE, "near",
        "the A100's factor on another GPU: order and zeros move others more, so what "
        f"is carried over is at the low end; {_NEAR}",
    )  # fmt: skip

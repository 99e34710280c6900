"""
Input-dependent power: what the operands hold moves the power of the same multiply.

Switched capacitance follows the bits that toggle, so zeros, sorted rows, few unique
values or a large mean draw less than dense random operands, at equal speed. The
authors multiplied 2048 × 2048 matrices ten thousand times in four data types and
logged GPU power; what memory holds without a kernel made no difference.

Here the ratio of power above idle, pattern to dense random, multiplies the fleet's
power above idle. The cap comes after it, as on the card.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twin.catalogue.figure import Figure
from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.serving.fleet.parts import Engine, Plan
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import baseline_fleet, run_plan

DataType = Literal["fp16", "fp16-tensor", "fp32", "int8"]
Pattern = Literal["random", "sorted rows", "sorted columns", "large mean", "sparse"]

SOURCE = (
    "Gregersen et al., Input-Dependent Power Usage in GPUs (SC 2024 workshop), "
    "arXiv 2409.18324; powers recomputed from the authors' public logs"
)

ZEROS_FRAC = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Share of zeros at the knots of every sparsity sweep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """
    Mean GPU power of one GPU and data type by pattern.

    Args:
        idle: GPU with no work. [W]
        sparsity_w: Power at `ZEROS_FRAC`. [W]
        ordered_w: Pattern -> power with it, power of the same sweep without. [W]
    """

    idle: Figure
    sparsity_w: tuple[float, ...]
    ordered_w: dict[str, tuple[float, float]]


_A100_IDLE = Figure(48.8, "W", f"{SOURCE}; A100 PCIe, 300 s idle", "measured")
_H100_IDLE = Figure(69.4, "W", f"{SOURCE}; H100, 300 s idle", "measured")

A100_LOGGED: dict[DataType, Logged] = {
    "fp16": Logged(
        idle=_A100_IDLE,
        sparsity_w=(
            255.9, 255.5, 253.8, 251.4, 247.9, 243.4, 238.3, 232.6, 226.7, 221.0, 197.6,
        ),
        ordered_w={
            "sorted rows": (212.1, 242.2),
            "sorted columns": (239.2, 252.8),
            "large mean": (206.7, 275.0),
        },
    ),
    "fp16-tensor": Logged(
        idle=_A100_IDLE,
        sparsity_w=(
            296.0, 299.6, 300.0, 303.2, 295.7, 294.8, 279.8, 259.2, 238.5, 217.7, 183.7,
        ),
        ordered_w={
            "sorted rows": (228.0, 300.1),
            "sorted columns": (262.7, 296.6),
            "large mean": (195.3, 301.3),
        },
    ),
    "fp32": Logged(
        idle=_A100_IDLE,
        sparsity_w=(
            293.3, 293.8, 292.2, 289.2, 285.0, 279.7, 273.7, 267.0, 259.9, 252.1, 196.2,
        ),
        ordered_w={
            "sorted rows": (250.8, 281.3),
            "sorted columns": (277.1, 295.5),
            "large mean": (265.9, 291.5),
        },
    ),
    "int8": Logged(
        idle=_A100_IDLE,
        sparsity_w=(
            264.5, 264.6, 263.8, 262.5, 260.7, 258.4, 255.7, 252.7, 249.4, 244.3, 178.6,
        ),
        ordered_w={
            "sorted rows": (241.3, 255.0),
            "sorted columns": (248.5, 267.7),
            "large mean": (267.7, 267.8),
        },
    ),
}  # fmt: skip

H100_LOGGED: dict[DataType, Logged] = {
    "fp16": Logged(
        idle=_H100_IDLE,
        sparsity_w=(
            429.0, 428.9, 426.0, 419.9, 412.0, 402.7, 392.5, 381.5, 369.2, 357.1, 299.0,
        ),
        ordered_w={"sorted rows": (340.9, 425.9), "large mean": (317.4, 440.2)},
    ),
}  # fmt: skip
"""Only FP16 without tensor cores was logged on it, and no sorted columns."""


class InputPowerParameters(Model):
    """What the operands of the fleet's multiplies hold."""

    pattern: Pattern = quantity(
        "sparse", "What the operands hold: dense random is the study's baseline.",
        unit="name", source="assumed; the patterns are the paper's",
    )  # fmt: skip
    data_type: DataType = quantity(
        "fp16-tensor", "Data type of the multiplies.", unit="name",
        source="assumed: LLM serving multiplies on tensor cores",
    )  # fmt: skip
    zeros_frac: float = quantity(
        0.5, "Share of zeros among the operands, for the sparse pattern.",
        source="assumed", ge=0.0, le=1.0,
    )  # fmt: skip
    follows_frac: float = quantity(
        1.0, "Part of power above idle that follows the operands as a multiply does; 1 "
        "is the upper bound.", source="assumed: only multiplies were measured, decode "
        "also moves memory", ge=0.0, le=1.0,
    )  # fmt: skip


def find_logged(gpu_key: str, parameters: InputPowerParameters) -> tuple[Logged, str]:
    """
    Measurements for a GPU, and whose they are.

    Returns:
        The H100's where they hold the data type and pattern, else the A100's.
    """
    own = H100_LOGGED.get(parameters.data_type) if gpu_key.startswith("h100") else None
    known = {"random", "sparse"} | set(own.ordered_w if own else ())
    if own is not None and parameters.pattern in known:
        return own, "measured on an H100"
    whose = "measured on an A100 PCIe"
    if not gpu_key.startswith("a100"):
        whose += f", assumed for {gpu_key}"
    return A100_LOGGED[parameters.data_type], whose


def dynamic_factor(logged: Logged, parameters: InputPowerParameters) -> float:
    """
    Power above idle with a pattern ÷ the same with dense random operands.

    Each pattern is held against its own sweep's dense end, so drift between sweeps
    does not enter. 1 for dense random operands. A sparse factor may be slightly above
    1: a few zeros raised the power in the logs.

    Returns:
        Multiplier of power above idle. [1]

    Raises:
        ScenarioError: If the pattern was not measured.

    Source:
        docs/models/input_power.md, eq. 1.
    """
    if parameters.pattern == "random":
        return 1.0
    if parameters.pattern == "sparse":
        with_w = float(np.interp(parameters.zeros_frac, ZEROS_FRAC, logged.sparsity_w))
        without_w = logged.sparsity_w[0]
    elif parameters.pattern in logged.ordered_w:
        with_w, without_w = logged.ordered_w[parameters.pattern]
    else:
        raise ScenarioError("pattern", "must have been measured", parameters.pattern,
                            "use one of: random, sparse, "
                            f"{', '.join(logged.ordered_w)}")  # fmt: skip
    above_frac = (with_w - logged.idle.value) / (without_w - logged.idle.value)
    return 1.0 + parameters.follows_frac * (above_frac - 1.0)


def fed_engine(engine: Engine, parameters: InputPowerParameters) -> Engine:
    """The same engine fed with other operands: other power, same times."""
    logged, _ = find_logged(engine.gpu.key, parameters)
    factor = engine.dynamic_power_factor * dynamic_factor(logged, parameters)
    return replace(engine, dynamic_power_factor=factor)


def evaluate(ground: Ground, parameters: InputPowerParameters) -> Outcome:
    """The study's baseline fed with other operands."""
    logged, whose = find_logged(ground.engine.gpu.key, parameters)
    factor = dynamic_factor(logged, parameters)
    fed = replace(ground, engine=fed_engine(ground.engine, parameters))
    plan = Plan(fleet=baseline_fleet(fed))
    return run_plan(fed, plan, SYSTEM.key, SYSTEM.label)[0].plus(
        {"dynamic_power_factor": factor},
        f"{parameters.pattern} operands, {parameters.data_type}: {whose}",
        "only multiplies were measured; that decode follows them is assumed",
    )


SYSTEM = System(
    key="input_power", label="Input-dependent power", kind="fleet",
    summary="Operands with zeros, order or a large mean draw less than dense random "
    "ones, at equal speed.", source=SOURCE, mark="measured", page="input_power.md",
    parameters=InputPowerParameters, evaluate=evaluate,
    own_terms="the pattern of the data lowers the power, not the way it is served",
)  # fmt: skip

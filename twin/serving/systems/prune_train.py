"""
PruneTrain: a network that is pruned while it trains, so every epoch is less work.

Group-lasso regularisation drives whole channels to zero from the first epoch on; at
regular intervals the zero channels are cut away and the dense, smaller network trains
on. For ResNet-50 on ImageNet the run took 40 % fewer floating-point operations, 37 %
less memory traffic in the layers that wait for memory, 55 % less traffic between
accelerators, and 39 % less time.

Here the published savings set the work of the whole run, a schedule spreads them over
the epochs, and the dense job's shares of time turn work into time. The power of the
servers is that of the dense job, only for a shorter time. The comparison is with the
dense job on the same servers.
"""

from __future__ import annotations

import numpy as np

from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.steady import steady_outcome
from twin.types import FloatArray

SOURCE = "Lym et al., PruneTrain (SC 2019), arXiv 1901.09290: abstract read"
_ABSTRACT = "published: abstract, ResNet-50 on ImageNet"


class PruneTrainParameters(Model):
    """The dense job, its shares of time, and what pruning saves."""

    epochs: int = quantity(
        90, "Passes over the training set.", unit="epochs",
        source="assumed: usual for ResNet-50", ge=1, le=10_000,
    )  # fmt: skip
    images: int = quantity(
        1_281_167, "Images of one epoch.", unit="images",
        source="ImageNet-1k, from memory", ge=1,
    )  # fmt: skip
    images_per_gpu_s: float = quantity(
        2500.0, "Images one GPU trains on per second, dense.", unit="1/s",
        source="order of an A100's in mixed precision, from memory", gt=0.0,
    )  # fmt: skip
    compute_frac: float = quantity(
        0.6, "Share of the dense job's time that is bound by computing.",
        source="assumed", ge=0.0, le=1.0,
    )  # fmt: skip
    memory_frac: float = quantity(
        0.3, "Share bound by memory traffic; the rest is bound by communication.",
        source="assumed", ge=0.0, le=1.0,
    )  # fmt: skip
    flops_saved_frac: float = quantity(
        0.40, "Floating-point operations saved over the whole run.", source=_ABSTRACT,
        ge=0.0, lt=1.0,
    )  # fmt: skip
    memory_saved_frac: float = quantity(
        0.37, "Memory traffic saved over the whole run.", source=_ABSTRACT, ge=0.0,
        lt=1.0,
    )  # fmt: skip
    communication_saved_frac: float = quantity(
        0.55, "Traffic between accelerators saved over the whole run.",
        source=_ABSTRACT, ge=0.0, lt=1.0,
    )  # fmt: skip
    prune_epochs: int = quantity(
        10, "Epochs between two cuts.", unit="epochs", source="assumed", ge=1
    )
    decay_epochs: float = quantity(
        20.0, "Epochs in which what is left to prune falls to 1/e.", unit="epochs",
        source="assumed: most is pruned early", gt=0.0,
    )  # fmt: skip
    power_frac: float = quantity(
        0.85, "GPU power in training ÷ TDP, pruned or not.", source="assumed", gt=0.0,
        le=1.0,
    )  # fmt: skip


def pruned_level(
    saved_frac: float, *, epochs: int, prune_epochs: int, decay_epochs: float
) -> FloatArray:
    """
    Work of each epoch ÷ dense, falling in steps, so that the run saves what is stated.

    Args:
        saved_frac: Saved over the whole run. 0..1
        epochs: Epochs of the run.
        prune_epochs: Epochs between two cuts.
        decay_epochs: See the parameters. [epochs]

    Returns:
        Level per epoch. shape (epochs,), mean 1 - saved_frac

    Raises:
        ScenarioError: If the schedule would have to prune more than everything.

    Source:
        docs/models/prune_train.md, eq. 1.
    """
    cut_at = np.arange(epochs) // prune_epochs * prune_epochs
    shape = 1.0 - np.exp(-cut_at / decay_epochs)
    if saved_frac == 0.0:
        return np.ones(epochs)
    reached = float(shape.mean())
    if saved_frac * float(shape[-1]) >= reached:
        raise ScenarioError("saved_frac", "must leave a network at the end of the "
                            "schedule", saved_frac, "prune earlier (decay_epochs, "
                            "prune_epochs), or save less")  # fmt: skip
    out: FloatArray = 1.0 - saved_frac / reached * shape
    return out


def epoch_time_frac(parameters: PruneTrainParameters) -> FloatArray:
    """
    Time of each epoch ÷ a dense epoch.

    Compute, memory and communication are taken one after the other, as shares of the
    dense epoch.

    Raises:
        ScenarioError: If the shares exceed 1, or a schedule cannot save what it should.

    Source:
        docs/models/prune_train.md, eq. 2.
    """
    p = parameters
    rest = 1.0 - p.compute_frac - p.memory_frac
    if rest < -1e-12:
        raise ScenarioError("compute_frac + memory_frac", "must not exceed 1",
                            p.compute_frac + p.memory_frac,
                            "leave the rest to communication")  # fmt: skip
    time = np.zeros(p.epochs)
    for share, saved_frac in (
        (p.compute_frac, p.flops_saved_frac),
        (p.memory_frac, p.memory_saved_frac),
        (max(rest, 0.0), p.communication_saved_frac),
    ):
        time += share * pruned_level(
            saved_frac, epochs=p.epochs, prune_epochs=p.prune_epochs,
            decay_epochs=p.decay_epochs,
        )  # fmt: skip
    return time


def dense_epoch_s(parameters: PruneTrainParameters, gpus: int) -> float:
    """Time of a dense epoch on some GPUs, perfectly parallel. [s]"""
    return parameters.images / (parameters.images_per_gpu_s * gpus)


def server_power_w(ground: Ground, power_frac: float) -> float:
    """Power at the inputs of all servers in training, PUE apart. [W]"""
    server = ground.server
    gpu_w = server.gpu_count * server.gpu.tdp_w.value * power_frac
    return ground.server_count * server.power_w(gpu_w)


def evaluate(ground: Ground, parameters: PruneTrainParameters) -> Outcome:
    """One training job on the ground's servers, pruned, beside the dense one."""
    levels = epoch_time_frac(parameters)
    epoch_s = dense_epoch_s(parameters, ground.gpu_count)
    dense = _job(ground, parameters, "dense", "Dense training", epoch_s * levels.size)
    time_s = float(epoch_s * levels.sum())
    return _job(
        ground, parameters, SYSTEM.key, SYSTEM.label, time_s,
        baseline=dense,
        figures={
            "time_change_frac": float(levels.mean() - 1.0),
            "last_epoch_time_frac": float(levels[-1]),
            "epoch_s": time_s / levels.size,
        },
        notes=(
            "one job on all the ground's servers; the requests are not looked at",
            "shares of time, speed and power of the dense job are assumed",
        ),
    )  # fmt: skip


def _job(
    ground: Ground, parameters: PruneTrainParameters, key: str, label: str,
    time_s: float, **more: object,
) -> Outcome:  # fmt: skip
    latency = dict.fromkeys(("p50", "p90", "p99", "mean"), time_s)
    return steady_outcome(
        ground, system=key, label=label, unit="job", units=1,
        it_power_w=server_power_w(ground, parameters.power_frac), time_s=time_s,
        gpus=ground.gpu_count, latency_s={"e2e": latency}, **more,
    )  # fmt: skip


SYSTEM = System(
    key="prune_train", label="PruneTrain", kind="training",
    summary="A network is pruned while it trains: every epoch is less work, the job "
    "draws the same power for a shorter time.", source=SOURCE, mark="published",
    page="prune_train.md", parameters=PruneTrainParameters, evaluate=evaluate,
    own_terms="one training job, not requests",
)  # fmt: skip

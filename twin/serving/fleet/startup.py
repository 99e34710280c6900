"""What it takes to start an instance, to cut it anew over GPUs, to swap its model."""

from __future__ import annotations

from typing import Literal

from twin.catalogue.chips import Chip
from twin.catalogue.figure import Figure, Mark
from twin.serving.fleet.memory import weight_bytes

Start = Literal["cold", "warm", "standby"]
"""cold: no machine; warm: machine up, weights on its disk; standby: in its memory."""

_DYNAMO = "DynamoLLM (HPCA 2025), from memory"


def _s(value: float, source: str, mark: Mark) -> Figure:
    return Figure(value=value, unit="s", source=source, mark=mark)


MACHINE_S = _s(90.0, f"{_DYNAMO}: creating a machine takes 1 to 2 min", "memory")
RUNTIME_S = _s(
    120.0, f"{_DYNAMO}: starting the GPU runtime takes about 2 min", "memory"
)
DOWNLOAD_S = _s(180.0, f"{_DYNAMO}: fetching the weights takes about 3 min", "memory")
SETUP_S = _s(18.0, f"{_DYNAMO}: setting the engine up takes about 18 s", "memory")
LOAD_S = _s(15.0, f"{_DYNAMO}: loading weights and cache takes about 15 s", "memory")
RESYNC_S = _s(
    2.0,
    "communicators made anew, of the order of seconds; weakly remembered",
    "assumed",
)
_REFERENCE = "llama2-70b"
"""Model behind the parts; times that move weights are scaled by bytes. Assumed."""


def start_s(model: str, kind: Start, *, precision: str | None = None) -> float:
    """
    Time from asking for an instance to its taking requests.

    Args:
        model: Key of the model; larger weights take longer to fetch and load.
        kind: Where it starts from; see `Start`.
        precision: Of the weights; None is the model's own.

    Returns:
        Time. [s]; cold 423 s for Llama-2-70B, inside the published 6 to 8 min.

    Raises:
        ScenarioError: If the catalogue has no such model or precision.
    """
    return load_and_start_s(weight_bytes(model, precision), kind)


def load_and_start_s(weights: float, kind: Start) -> float:
    """As `start_s`, of an instance with so many bytes of weights. [s]"""
    larger = weights / weight_bytes(_REFERENCE)
    load = LOAD_S.value * larger
    if kind == "standby":
        return load
    if kind == "warm":
        return SETUP_S.value + load
    fetch = DOWNLOAD_S.value * larger
    return MACHINE_S.value + RUNTIME_S.value + fetch + SETUP_S.value + load


def reshard_s(
    model: str, chip: Chip, before: int, after: int, *, precision: str | None = None
) -> float:
    """
    Time to cut a running model anew from `before` to `after` GPUs of one server.

    Shards that are already there stay; the others move from GPU to GPU, bounded by the
    busiest link; then the communicator is made anew.

    Args:
        model: Key of the model.
        chip: GPU type.
        before: GPUs that hold it. >= 1
        after: GPUs that shall hold it. >= 1
        precision: Of the weights; None is the model's own.

    Returns:
        Time. [s]; 0 where nothing changes.

    Raises:
        ScenarioError: If the catalogue has no such model or precision.

    Source:
        docs/models/engines.md, eq. 11.
    """
    if before == after:
        return 0.0
    whole = weight_bytes(model, precision)
    if after > before:
        received = whole / after
        sent = whole / after * (after - before) / before
        moved = max(received, sent)
    else:
        moved = whole * (1.0 / after - 1.0 / before)
    return moved / chip.peer_byte_s.value + RESYNC_S.value


def swap_s(
    model: str, chip: Chip, gpu_count: int, *, precision: str | None = None,
    over: Literal["host", "peer"] = "host",
) -> float:  # fmt: skip
    """
    Time to bring another model's weights onto the GPUs of a running instance.

    Every GPU loads its part over its own link at the link's peak; the engine stays up.

    Args:
        model: Key of the model that comes.
        chip: GPU type.
        gpu_count: GPUs that share the weights. >= 1
        precision: Of the weights; None is the model's own.
        over: "host": from the server's memory; "peer": from GPUs that hold a copy.

    Returns:
        Time. [s]

    Raises:
        ScenarioError: If the catalogue has no such model or precision.
    """
    link = chip.host_byte_s if over == "host" else chip.peer_byte_s
    return weight_bytes(model, precision) / gpu_count / link.value

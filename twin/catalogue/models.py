"""Which model runs on which server: phase tables, stand-ins, and how sure they are."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

from twin.catalogue.figure import Mark
from twin.catalogue.gpus import GPUS
from twin.catalogue.performance import PhaseTable
from twin.catalogue.phase_tables import PHASE_TABLES
from twin.catalogue.servers import Server
from twin.errors import ScenarioError


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Tables of one GPU used for another, because nobody measured the other."""

    measured_gpu: str
    reason: str
    mark: Mark = "assumed"


STAND_INS: dict[str, StandIn] = {
    "h200-sxm-141gb": StandIn(
        measured_gpu="h100-sxm-80gb",
        reason="same chip and TDP; the H200's faster and larger memory is left out, so "
        "decode is slower and the cache smaller than on a real H200",
    ),
    "gb200-186gb": StandIn(
        measured_gpu="b200-sxm-180gb",
        reason="same chip; power keeps its share of TDP (1200 W, not 1000 W) and times "
        "stay the B200's, so watts are high and speed is low",
    ),
}
"""GPU without tables -> GPU whose tables stand in for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """
    One model on one server, with what its table rests on.

    Args:
        model: Key of the model.
        table: Its phase table. `table.gpu` is the GPU that was measured.
        gpus_per_instance: GPUs one copy of the model takes.
        instances_per_server: Copies one server carries.
        stands_in: The stand-in used, or None where the table is the server's own.
        source: Where the numbers come from.
        marks: Part of the table -> how far to trust it.
    """

    model: str
    table: PhaseTable
    gpus_per_instance: int
    instances_per_server: int
    stands_in: StandIn | None
    source: str
    marks: dict[str, Mark]


def list_models(server: Server) -> tuple[ModelChoice, ...]:
    """
    Every model a server can carry, own tables or stand-ins, by name.

    Where a model has tables for several GPU counts the first one listed counts.
    """
    stand_in = _stand_in(server)
    gpu = server.gpu.key if stand_in is None else stand_in.measured_gpu
    first = {
        t.model: t
        for t in reversed(PHASE_TABLES)
        if t.gpu == gpu and t.tensor_parallel <= server.gpu_count
    }
    return tuple(_choice(first[name], server, stand_in) for name in sorted(first))


def find_model(
    model: str, server: Server, gpus_per_instance: int | None = None
) -> ModelChoice:
    """
    Look a model on a server up, saying whether another GPU's table stands in.

    Args:
        model: Key of the model.
        server: The server.
        gpus_per_instance: GPUs one copy of the model takes; None is the first listed.

    Returns:
        The choice.

    Raises:
        ScenarioError: If there is none; names the models or counts this server has,
            or what to do where it has none at all.
    """
    choices = {c.model: c for c in list_models(server)}
    if model in choices and gpus_per_instance is None:
        return choices[model]
    if model in choices:
        return _with_gpus(model, server, gpus_per_instance or 0)
    raise ScenarioError("fleet.model",
                        f"must have a performance table for {server.label}", model,
                        _repair(model, sorted(choices), server))  # fmt: skip


def find_table(
    model: str, server: Server, gpus_per_instance: int | None = None
) -> PhaseTable:
    """
    Look the phase table of a model on a server up.

    A table that stands in for an unmeasured GPU says so in its `source`.

    Raises:
        ScenarioError: As `find_model`.
    """
    choice = find_model(model, server, gpus_per_instance)
    return replace(choice.table, source=choice.source)


def _with_gpus(model: str, server: Server, count: int) -> ModelChoice:
    """The table of a model for a given number of GPUs per copy."""
    stand_in = _stand_in(server)
    gpu = server.gpu.key if stand_in is None else stand_in.measured_gpu
    here = {
        t.tensor_parallel: t
        for t in PHASE_TABLES
        if t.gpu == gpu and t.model == model and t.tensor_parallel <= server.gpu_count
    }
    if count in here:
        return _choice(here[count], server, stand_in)
    raise ScenarioError("fleet.gpus_per_instance",
                        f"must have a table for {model} on {server.label}", count,
                        f"use one of: {', '.join(map(str, sorted(here)))}")  # fmt: skip


def nearest(wrong: str, known: list[str]) -> str:
    """Repair text that names the known key nearest to a wrong one."""
    close = difflib.get_close_matches(wrong, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(known)}"


def table_marks(table: PhaseTable) -> dict[str, Mark]:
    """How far to trust each part of a table on the GPU it was measured on."""
    marks: dict[str, Mark] = {"kv_capacity": "assumed", "clock_response": "assumed"}
    if table.source.startswith("splitwise-sim"):
        power: Mark = "measured" if table.gpu == "a100-sxm-80gb" else "assumed"
        return marks | {
            "prefill_time": "measured",
            "decode_time": "measured",
            "prefill_power": power,
            "decode_power": power,
        }
    return marks | {
        "prefill_time": "assumed",
        "decode_time": "fitted",
        "prefill_power": "assumed",
        "decode_power": "fitted",
    }


def _stand_in(server: Server) -> StandIn | None:
    """Stand-in for a GPU that has no table of its own."""
    if any(t.gpu == server.gpu.key for t in PHASE_TABLES):
        return None
    return STAND_INS.get(server.gpu.key)


def _choice(table: PhaseTable, server: Server, stand_in: StandIn | None) -> ModelChoice:
    source, marks = table.source, table_marks(table)
    if stand_in is not None:
        measured = GPUS[stand_in.measured_gpu].label
        source = (
            f"{stand_in.mark}: {measured} stands in for {server.gpu.label} "
            f"({stand_in.reason}); {source}"
        )
        marks = dict.fromkeys(marks, stand_in.mark)
    return ModelChoice(
        model=table.model, table=table, gpus_per_instance=table.tensor_parallel,
        instances_per_server=server.gpu_count // table.tensor_parallel,
        stands_in=stand_in, source=source, marks=marks,
    )  # fmt: skip


def _repair(model: str, known: list[str], server: Server) -> str:
    if known:
        return nearest(model, known)
    return (
        f"no model was measured on {server.gpu.label} yet; choose a server with tables "
        "such as 'dgx-h200', or add a PhaseTable for gpu "
        f"{server.gpu.key!r} fitted from your own benchmark, see "
        "docs/models/serving-tables.md"
    )

"""
Any catalogued model on any group of GPUs, as an engine of the fleet.

The measured table nearest in GPU, then in tensor-parallel degree, is taken as it is
where it is the one asked for and carried over by `scaling` where it is not; a model
without any takes a table predicted by the batch model. `source` says which it was.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from twin.catalogue import find_server
from twin.catalogue.architectures import PREDICTED, Architecture, find_architecture
from twin.catalogue.chips import CHIPS
from twin.catalogue.encoders import encoder_table, find_encoder
from twin.catalogue.models import STAND_INS, table_marks
from twin.catalogue.performance import PhaseTable
from twin.catalogue.phase_tables import PHASE_TABLES
from twin.catalogue.servers import Server
from twin.errors import ScenarioError
from twin.serving.fleet.caps import capped_slowdown, clock_curve
from twin.serving.fleet.memory import (
    LEAST_CACHE_TOKENS,
    Layout,
    bytes_per_parameter,
    check_fit,
    tensor_degrees,
)
from twin.serving.fleet.parts import Engine
from twin.serving.fleet.predicted import predicted_table, with_precision
from twin.serving.fleet.scaling import carry_over, with_long_prompts
from twin.serving.fleet.spreading import over_caches, over_experts, over_stages
from twin.serving.fleet.startup import Start, load_and_start_s, start_s


def make_engine(
    model: str, server: str | Server, *, tensor_parallel: int | None = None,
    pipeline_parallel: int = 1, expert_parallel: int = 1, sequence_parallel: int = 1,
    kv_parallel: int = 1, precision: str | None = None, gpu_cap_frac: float = 1.0,
    dynamic_power_factor: float = 1.0, grouped_heads: bool = True,
    least_cache_tokens: float = LEAST_CACHE_TOKENS, start: Start = "cold",
) -> Engine:  # fmt: skip
    """
    Build the engine of one model on one group of GPUs.

    The degrees multiply: an instance takes their product of GPUs. Only the tensor
    degree must stay within a server.

    Args:
        model: Key of the model.
        server: Server type, or its key.
        tensor_parallel: GPUs sharing each layer, a power of two; None: as measured.
        pipeline_parallel: Stages a prompt passes whole. >= 1
        expert_parallel: Groups sharing the experts of a mixture. >= 1
        sequence_parallel: Stages a prompt's chunks follow each other through. >= 1
        kv_parallel: Groups sharing each sequence's cache. >= 1
        precision: Of the weights; None: as measured.
        gpu_cap_frac: Power cap of each GPU ÷ TDP. 0..1
        dynamic_power_factor: Multiplier of power above idle (input data). > 0
        grouped_heads: False: the cache holds every head, as splitwise-sim counts.
        least_cache_tokens: Refused where fewer tokens of cache fit. [tokens]
        start: What `start_s` begins from.

    Returns:
        The engine; `table.source` tells measured from scaled and predicted.

    Raises:
        ScenarioError: If the model, server or precision is unknown, a degree is out of
            range, the model does not fit, or the cap cannot be held.

    Source:
        docs/models/engines.md.
    """
    host = find_server(server) if isinstance(server, str) else server
    shape = find_architecture(model)
    stored = precision or shape.precision
    if model in PREDICTED:
        shape = with_precision(shape, stored)
        base = predicted_table(shape, host.gpu.key, tensor_parallel)
    else:
        base = _nearest_table(model, host.gpu.key, tensor_parallel)
    layout = Layout(
        tensor=tensor_parallel
        or min(base.tensor_parallel, max(tensor_degrees(host))),
        pipeline=pipeline_parallel, sequence=sequence_parallel,
        expert=expert_parallel, cache=kv_parallel,
    )  # fmt: skip
    _check_layout(shape, host, layout)
    room = check_fit(
        shape, host, layout, stored, grouped_heads=grouped_heads,
        least_tokens=least_cache_tokens,
    )  # fmt: skip
    table = _table(base, shape, host, layout, stored)
    if _as_measured(base, host, layout, shape, stored) and grouped_heads:
        room = base.kv_capacity_tokens
    return Engine(
        table=replace(table, kv_capacity_tokens=room), gpu=host.gpu, server=host,
        clocks=clock_curve(host.gpu), gpu_count=layout.gpu_count,
        gpu_cap_frac=gpu_cap_frac,
        capped_slowdown=capped_slowdown(host.gpu.key, gpu_cap_frac),
        dynamic_power_factor=_positive("dynamic_power_factor", dynamic_power_factor),
        gpu_hour_usd=CHIPS[host.gpu.key].gpu_hour_usd.value,
        start_s=start_s(model, start, precision=stored),
    )  # fmt: skip


def engines_that_fit(
    model: str, server: Server, degrees: Iterable[int], **more: Any
) -> list[Engine]:
    """Engines as of `make_engine`, at those tensor degrees that the model fits."""
    found = []
    for degree in degrees:
        with suppress(ScenarioError):  # does not fit this degree; another may
            found.append(make_engine(model, server, tensor_parallel=degree, **more))
    return found


def make_encoder(
    encoder: str, server: str | Server, *, start: Start = "warm"
) -> Engine:
    """
    Build the engine of an image or audio encoder on one GPU.

    Args:
        encoder: Key in `twin.catalogue.encoders.ENCODERS`.
        server: Server type, or its key.
        start: A cold one needs a machine too; weights are small.

    Returns:
        An engine for a pool of role "encode".

    Raises:
        ScenarioError: If the encoder or server is unknown.
    """
    host = find_server(server) if isinstance(server, str) else server
    return Engine(
        table=encoder_table(encoder, host.gpu.key), gpu=host.gpu, server=host,
        clocks=clock_curve(host.gpu), gpu_count=1,
        gpu_hour_usd=CHIPS[host.gpu.key].gpu_hour_usd.value,
        start_s=load_and_start_s(2.0 * find_encoder(encoder).parameters, start),
    )  # fmt: skip


def _nearest_table(model: str, gpu: str, degree: int | None) -> PhaseTable:
    """Measured table of the same GPU, its stand-in or the nearest, nearest degree."""
    tables = [t for t in PHASE_TABLES if t.model == model]
    stand_in = STAND_INS.get(gpu)
    peak = CHIPS[gpu].bf16_flop_s.value

    def distance(table: PhaseTable) -> tuple[float, ...]:
        own = 0.0 if table.gpu == gpu else 1.0
        stands = stand_in is not None and table.gpu == stand_in.measured_gpu
        peaks = abs(math.log(CHIPS[table.gpu].bf16_flop_s.value / peak))
        degrees = (
            0.0 if degree is None else abs(math.log(table.tensor_parallel / degree))
        )
        return own, 0.0 if stands else 1.0, peaks, degrees

    return min(tables, key=distance)  # first listed where no degree is asked for


def _check_layout(shape: Architecture, server: Server, layout: Layout) -> None:
    degrees = tensor_degrees(server)
    if layout.tensor not in degrees:
        known = ", ".join(map(str, degrees))
        raise ScenarioError("engine.tensor_parallel", "must be a power of two within "
                            f"{server.label}", layout.tensor, f"use one of {known}; "
                            "pipeline_parallel goes beyond one server")  # fmt: skip
    named = {
        "pipeline_parallel": layout.pipeline, "sequence_parallel": layout.sequence,
        "expert_parallel": layout.expert, "kv_parallel": layout.cache,
    }  # fmt: skip
    for name, degree in named.items():
        if degree < 1:
            raise ScenarioError(f"engine.{name}", "must be at least 1", degree,
                                "use 1 to leave it off")  # fmt: skip
    if layout.stages > shape.layers:
        raise ScenarioError("engine.pipeline_parallel", "must leave a layer to every "
                            f"stage; {shape.key} has {shape.layers}", layout.stages,
                            f"use at most {shape.layers} stages, pipeline × "
                            "sequence")  # fmt: skip
    if layout.expert > max(1, shape.experts):
        raise ScenarioError("engine.expert_parallel", "must be at most "
                            f"{max(1, shape.experts)}, the experts of {shape.key}",
                            layout.expert, "use 1, or a mixture such as "
                            "'qwen3-235b-a22b'")  # fmt: skip


def _positive(name: str, value: float) -> float:
    if value > 0:
        return value
    raise ScenarioError(f"engine.{name}", "must be positive", value,
                        "use 1 for typical data")  # fmt: skip


def _as_measured(
    base: PhaseTable, server: Server, layout: Layout, shape: Architecture, stored: str
) -> bool:
    """Whether one group of this layout is what the table measured."""
    return (
        base.gpu == server.gpu.key
        and base.tensor_parallel == layout.tensor == layout.gpu_count
        and bytes_per_parameter(stored) == bytes_per_parameter(shape.precision)
    )


def _table(
    base: PhaseTable, shape: Architecture, server: Server, layout: Layout, stored: str
) -> PhaseTable:
    """The table of the whole instance; cache capacity is set by the caller."""
    chip = CHIPS[server.gpu.key]
    words: list[str] = []
    one = replace(layout, pipeline=1, sequence=1, expert=1, cache=1)
    table = base
    if not _as_measured(base, server, one, shape, stored):
        table = carry_over(
            base, shape, gpu=server.gpu.key, tensor_parallel=layout.tensor,
            bytes_before=bytes_per_parameter(shape.precision),
            bytes_after=bytes_per_parameter(stored),
            compute_speedup=_speedup(server.gpu.key, stored)
            / _speedup(base.gpu, shape.precision),
        )  # fmt: skip
        words.append(
            f"assumed: scaled to TP{layout.tensor} on {server.gpu.label} at {stored} "
            f"from TP{base.tensor_parallel} on {base.gpu}"
        )
    measured = table_marks(base)["prefill_time"] == "measured"
    table = with_long_prompts(table, shape, measured=measured)
    words.append(
        f"assumed: prompts above {base.prefill_tokens[-1]:.0f} tokens by attention's "
        "square term"
    )
    near = layout.gpu_count <= server.gpu_count
    link = (chip.peer_byte_s if near else chip.network_byte_s).value
    table = over_stages(
        table, shape, pipeline=layout.pipeline, sequence=layout.sequence,
        link_byte_s=link,
    )  # fmt: skip
    table = over_experts(
        table, shape, groups=layout.expert, link_byte_s=link,
        bytes_per_parameter=bytes_per_parameter(stored),
    )  # fmt: skip
    table = over_caches(table, shape, groups=layout.cache)
    if layout.gpu_count > layout.tensor:
        words.append(
            f"assumed: {layout.pipeline} pipeline × {layout.sequence} sequence stages, "
            f"{layout.expert} expert and {layout.cache} cache groups"
        )
    return replace(table, source="; ".join([*words, base.source]))


def _speedup(gpu: str, precision: str) -> float:
    """Compute peak at a precision ÷ bfloat16's; four-bit weights compute in 16 bits."""
    return CHIPS[gpu].fp8_speedup.value if precision == "fp8" else 1.0

"""
Laws that spread one group's phase table over several groups of GPUs.

Stages hold layers, expert groups hold experts, cache groups hold parts of every
sequence's cache. Each law takes the table of one group and gives that of the instance;
docs/models/engines.md has the equations. All of it is assumed: nothing was measured.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.catalogue.architectures import Architecture
from twin.catalogue.chips import CHIPS
from twin.catalogue.performance import PhaseTable
from twin.serving.fleet.scaling import as_tuple, fixed_prefill_s, idle_frac, read_s
from twin.types import FloatArray

HOP_S = 10e-6
"""Latency of one send between stages. Assumed."""
EXCHANGE_S = 20e-6
"""Latency of one exchange among all groups (experts, cache). Assumed."""
CHUNK_TOKENS = 2048.0
"""Chunk in which a long prompt flows through the stages: where throughput peaks."""
ACTIVATION_BYTES = 2.0


def over_stages(
    table: PhaseTable, shape: Architecture, *, pipeline: int, sequence: int,
    link_byte_s: float,
) -> PhaseTable:  # fmt: skip
    """
    Spread the layers over pipeline × sequence stages.

    A prompt passes the stages one after the other; with sequence > 1 its chunks follow
    each other through that many (Medha). Decoding, the batch is cut into as many parts
    as stages, all under way at once: each part takes a whole pass.

    Source:
        docs/models/engines.md, eq. 6 and 7.
    """
    stages = pipeline * sequence
    if stages == 1:
        return table
    sent = shape.width * ACTIVATION_BYTES / link_byte_s
    tokens, seconds = np.array(table.prefill_tokens), np.array(table.prefill_s)
    chunks = np.maximum(1.0, tokens / CHUNK_TOKENS) if sequence > 1 else 1.0
    flow = (chunks + sequence - 1) / (chunks * sequence)
    hops = (stages - 1) * (HOP_S + sent * np.minimum(tokens, CHUNK_TOKENS))
    fixed = fixed_prefill_s(table)
    prefill = fixed + (seconds - fixed) * flow + hops
    batch, decode = np.array(table.decode_batch), np.array(table.decode_s)
    decode = decode + (stages - 1) * (HOP_S + sent * batch)
    return replace(
        _spread(table, stages, prefill, decode),
        decode_kv_token_s=table.decode_kv_token_s / stages,
    )


def over_experts(
    table: PhaseTable, shape: Architecture, *, groups: int, link_byte_s: float,
    bytes_per_parameter: float,
) -> PhaseTable:  # fmt: skip
    """
    Spread the experts over groups of GPUs, each with all other layers and own cache.

    One prompt's attention stays in its group, its experts' work is shared. Decoding,
    each group holds its part of the batch; tokens travel twice a layer.

    Source:
        docs/models/engines.md, eq. 8.
    """
    if groups == 1:
        return table
    chip = CHIPS[table.gpu]
    used = shape.expert_parameters * shape.experts_used / shape.experts
    shared = used / shape.active_parameters
    abroad = shape.experts_used * (1.0 - 1.0 / groups) * ACTIVATION_BYTES * shape.width
    token_s = 2 * shape.layers * abroad / (table.tensor_parallel * link_byte_s)
    exchange = 2 * shape.layers * EXCHANGE_S
    tokens, seconds = np.array(table.prefill_tokens), np.array(table.prefill_s)
    fixed = fixed_prefill_s(table)
    prefill = fixed + (seconds - fixed) * (1 - shared + shared / groups)
    prefill = prefill + exchange + token_s * tokens / groups
    batch, decode = np.array(table.decode_batch), np.array(table.decode_s)
    alone = read_s(
        shape, chip, table.tensor_parallel, batch,
        bytes_per_parameter=bytes_per_parameter,
    )  # fmt: skip
    spread = read_s(
        shape, chip, table.tensor_parallel, batch * groups,
        bytes_per_parameter=bytes_per_parameter, groups=groups,
    )  # fmt: skip
    saved = np.minimum(alone - spread, 0.8 * decode)
    decode = decode - saved + exchange + token_s * batch
    return replace(
        _spread(table, groups, prefill, decode),
        decode_kv_token_s=table.decode_kv_token_s / groups,
    )


def over_caches(table: PhaseTable, shape: Architecture, *, groups: int) -> PhaseTable:
    """
    Divide every sequence's cache over groups, each with all weights (Medha).

    Prefill runs in one group while the others wait; decoding, all compute every token
    and read their part of the cache, then merge what they found once a layer.

    Source:
        docs/models/engines.md, eq. 9.
    """
    if groups == 1:
        return table
    token_s = table.decode_kv_token_s / groups
    held = np.array(table.decode_batch) * table.decode_context_tokens
    decode = np.array(table.decode_s) - (table.decode_kv_token_s - token_s) * held
    decode = np.maximum(decode, 0.2 * np.array(table.decode_s))
    waiting = _spread(
        table, groups, np.array(table.prefill_s), np.array(table.decode_s)
    )
    return replace(
        table,
        prefill_power_frac=waiting.prefill_power_frac,
        decode_s=as_tuple(decode + shape.layers * EXCHANGE_S),
        decode_kv_token_s=token_s,
    )


def _spread(
    table: PhaseTable, parts: int, prefill_s: FloatArray, decode_s: FloatArray
) -> PhaseTable:
    """
    The table of `parts` groups from one group's times: same joules, more batch.

    `decode_s` is at one group's knots. Above idle, prefill takes the joules it took in
    one group; below `parts` sequences only as many groups decode.
    """
    idle = idle_frac(table.gpu)
    before = np.array(table.prefill_s) / (parts * prefill_s)
    prefill = idle + (np.array(table.prefill_power_frac) - idle) * np.minimum(before, 1)
    one = idle + (table.decode_power_frac[0] - idle) / parts
    knots = np.array(table.decode_batch) * parts
    return replace(
        table,
        prefill_s=as_tuple(prefill_s),
        prefill_power_frac=as_tuple(prefill),
        decode_batch=(1.0, *as_tuple(knots)),
        decode_s=as_tuple(np.maximum.accumulate([decode_s[0], *decode_s])),
        decode_power_frac=(one, *table.decode_power_frac),
        max_batch=table.max_batch * parts,
    )

"""
Buddy Compression: GPU memory that holds more than its size.

Memory entries are compressed by hardware into a fixed share of their size; what does
not fit spills to a buddy memory behind the GPU's link, so a compressed entry never
moves when its data change. Deep learning compressed 1.5 times, high-performance
computing 1.9 (2.2 in the preprint) times, at 1 to 2 % of time.

Here an engine holds as many more tokens in its cache and as many more sequences in its
batch, with every time stretched by the slow-down; instances may be given back instead.
For training, the larger batch spreads what every step costs regardless of its batch.
The published ratio is of training data; that weights and caches in serving compress as
well is assumed.
"""

from __future__ import annotations

from dataclasses import replace

from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.serving.fleet.memory import USABLE_MEMORY_FRAC, weight_bytes
from twin.serving.fleet.parts import Engine, Plan
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import baseline_fleet, run_plan

SOURCE = (
    "Choukse et al., Buddy Compression (ISCA 2020), arXiv 1903.02596: abstracts read"
)


class BuddyParameters(Model):
    """What compression gives and costs, and what is done with it."""

    capacity_ratio: float = quantity(
        1.5, "Memory an engine can use ÷ the same without compression.",
        source="published: deep learning; assumed to hold for weights and caches",
        ge=1.0, le=4.0,
    )  # fmt: skip
    slowdown: float = quantity(
        1.02, "Time with compression ÷ without, of every phase.",
        source="published: 1 to 2 %, the upper end", ge=1.0, le=2.0,
    )  # fmt: skip
    weights_byte: float | None = quantity(
        None, "Weights of one instance; null: the model's own.", unit="B",
        example=140e9, source="derived: parameters × bytes each of the model", gt=0.0,
    )  # fmt: skip
    kept_frac: float = quantity(
        1.0, "Share of the instances that stay on; the rest is given back.",
        example=0.75, source="assumed: all stay", gt=0.0, le=1.0,
    )  # fmt: skip
    step_fixed_frac: float = quantity(
        0.2, "Share of a training step that does not grow with its batch.",
        source="assumed", ge=0.0, le=1.0,
    )  # fmt: skip


def cache_tokens(
    kv_capacity_tokens: float, *, memory_byte: float, weights_byte: float,
    capacity_ratio: float,
) -> float:  # fmt: skip
    """
    Tokens the cache of one instance holds with compression.

    Weights are compressed as well, so all memory gained goes to the cache.

    Args:
        kv_capacity_tokens: Without compression. [tokens]
        memory_byte: Memory of the instance's GPUs together. [B]
        weights_byte: Their weights. [B]
        capacity_ratio: Usable memory ÷ the same without. >= 1

    Raises:
        ScenarioError: If the weights fill the memory without compression.

    Source:
        docs/models/buddy.md, eq. 1.
    """
    room = USABLE_MEMORY_FRAC * memory_byte
    if weights_byte >= room:
        raise ScenarioError("weights_byte", f"must be below the {room:.4g} B an engine "
                            "uses uncompressed", weights_byte,
                            "spread the model over more GPUs")  # fmt: skip
    ratio = (capacity_ratio * room - weights_byte) / (room - weights_byte)
    return kv_capacity_tokens * ratio


def compressed_engine(
    engine: Engine, parameters: BuddyParameters, weights_byte: float
) -> Engine:
    """
    The engine with more cache and batch, and every time stretched.

    The largest batch grows by the ratio of capacity; decode beyond the table's last
    knot follows its last slope.

    Source:
        docs/models/buddy.md, eq. 1 and 2.
    """
    table, p = engine.table, parameters
    return replace(
        engine,
        table=replace(
            table,
            prefill_s=tuple(p.slowdown * t for t in table.prefill_s),
            decode_s=tuple(p.slowdown * t for t in table.decode_s),
            decode_kv_token_s=p.slowdown * table.decode_kv_token_s,
            kv_capacity_tokens=cache_tokens(
                table.kv_capacity_tokens,
                memory_byte=engine.gpu_count * engine.gpu.memory_gb.value * 1e9,
                weights_byte=weights_byte,
                capacity_ratio=p.capacity_ratio,
            ),
            max_batch=int(table.max_batch * p.capacity_ratio),
            source=f"assumed: compressed, {p.slowdown:g} × the times of {table.source}",
        ),
    )


def training_time_frac(parameters: BuddyParameters) -> float:
    """
    Time of a training job with the larger batch ÷ without.

    Fewer steps pay the part that does not grow with the batch; the slow-down counts
    on all. What the larger batch does to the network's accuracy is not modelled.

    Source:
        docs/models/buddy.md, eq. 3.
    """
    fixed = parameters.step_fixed_frac
    return parameters.slowdown * (1.0 - fixed + fixed / parameters.capacity_ratio)


def kept_instances(instances: int, kept_frac: float) -> int:
    """
    Instances that stay on.

    Raises:
        ScenarioError: If none does.
    """
    kept = round(instances * kept_frac)
    if kept < 1:
        raise ScenarioError("kept_frac", f"must keep one of {instances} instances",
                            kept_frac, f"keep {1 / instances:.2f} or more")  # fmt: skip
    return kept


def compressed_plan(ground: Ground, parameters: BuddyParameters) -> Plan:
    """The ground's pool with compressed engines, as many as stay on."""
    fleet = baseline_fleet(ground)
    weights_byte = parameters.weights_byte or weight_bytes(ground.model)
    pool = replace(
        fleet.pools[0],
        engine=compressed_engine(ground.engine, parameters, weights_byte),
        count=kept_instances(ground.instance_count, parameters.kept_frac),
    )
    return Plan(fleet=replace(fleet, pools=(pool,)))


def evaluate(ground: Ground, parameters: BuddyParameters) -> Outcome:
    """
    The study's baseline with compressed memory.

    Raises:
        ScenarioError: If no instance stays on, or the weights are neither known nor
            stated.
    """
    plan = compressed_plan(ground, parameters)
    table = plan.fleet.pools[0].engine.table
    figures = {
        "kv_capacity_tokens": table.kv_capacity_tokens,
        "max_batch_count": float(table.max_batch),
        "instances_count": float(plan.fleet.pools[0].count),
        "training_time_change_frac": training_time_frac(parameters) - 1.0,
    }
    note = (
        "the published ratio is of training data; weights and caches in serving are "
        "assumed to compress as well"
    )
    outcome, _ = run_plan(ground, plan, SYSTEM.key, SYSTEM.label)
    return outcome.plus(figures, note)


SYSTEM = System(
    key="buddy", label="Buddy Compression", kind="fleet",
    summary="Compressed GPU memory holds a larger cache and batch at 1 to 2 % of time, "
    "or the same on fewer GPUs.", source=SOURCE, mark="published", page="buddy.md",
    parameters=BuddyParameters, evaluate=evaluate,
)  # fmt: skip

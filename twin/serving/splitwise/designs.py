"""
The six cluster designs of Splitwise: machines, what they count for, their link.

A machine is one instance of the model. Power is *provisioned* power, never drawn, and
cost is rent; both in the publication's own units, see `MACHINE_UNITS`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from twin.catalogue.chips import CHIPS
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.memory import kv_byte_per_token
from twin.serving.fleet.parts import Engine, Link, Reference

Convention = Literal["measured", "simulator"]
"""Decode by measured batch, or as the published simulator looks it up."""
Transfer = Literal["layer-wise", "serial", "simulator"]

MACHINE_UNITS: dict[str, tuple[float, float]] = {
    "A": (24.8, 17.6),
    "H": (44.0, 38.0),
    "Hcap": (30.8, 38.0),
}
"""Letter -> power units (splitwise-sim's iso-power files), USD/h (paper, table 1)."""
CAPPED_GPU_FRAC = 0.5
"""Power cap of the GPUs of a capped machine ÷ TDP (paper, second-hand)."""
SERIAL_BELOW_TOKENS = 512.0
RESIDUAL_A100_S, RESIDUAL_H100_S = 0.008, 0.005
"""What layer-wise transfer leaves visible (paper, second-hand)."""
SIMULATOR_BYTE_PER_S = 200.0 * 2**30
SIMULATOR_OVERLAP = 10.0
SIMULATOR_MOST_BATCH = 512
SIMULATOR_GPU_BYTE = 80.0 * 2**30
SIMULATOR_WEIGHTS_BYTE = {"bloom-176b": 329e9, "llama2-70b": 135e9}
"""Its sizes of memory and weights; the cache gets all that is left."""
PAIRS = {"AA": ("A", "A"), "HH": ("H", "H"), "HA": ("H", "A"), "HHcap": ("H", "Hcap")}
"""Design -> letters of its prompt and token machines."""
DESIGN_NAMES = ("Base-A100", "Base-H100", *PAIRS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """
    One instance and what it counts for.

    Args:
        engine: What it is.
        power: Provisioned power, in any unit that all machines of a study share.
        cost_usd_h: Rent. [USD/h]
    """

    engine: Engine
    power: float
    cost_usd_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """
    A kind of cluster; how many machines it has is searched for.

    Args:
        name: As published.
        prompt: Machine of the prompt pool, or of the only pool.
        token: Machine of the token pool; None: one mixed pool.
        link: What carries caches; None only without a token pool.
    """

    name: str
    prompt: Machine
    token: Machine | None = None
    link: Link | None = None

    def power(self, prompts: int, tokens: int) -> float:
        """Provisioned power of so many machines, in the machines' unit."""
        return prompts * self.prompt.power + tokens * (
            self.token.power if self.token else 0.0
        )

    def cost_usd_h(self, prompts: int, tokens: int) -> float:
        """Rent of so many machines. [USD/h]"""
        return prompts * self.prompt.cost_usd_h + tokens * (
            self.token.cost_usd_h if self.token else 0.0
        )


def published_designs(
    model: str, *, convention: Convention = "measured", transfer: Transfer | None = None
) -> dict[str, Design]:
    """
    Build the six designs of the publication for one model.

    Args:
        model: Key of the model; it must fit eight A100 of 80 GB.
        convention: `simulator`: decode takes the time of one sequence whatever the
            batch, caches count every head, up to 512 sequences.
        transfer: None: layer-wise, or the simulator's with its convention.

    Returns:
        Name -> design.

    Raises:
        ScenarioError: If the model is unknown or does not fit.
    """
    simulated = convention == "simulator"
    sent = transfer or ("simulator" if simulated else "layer-wise")
    machines = {
        letter: published_machine(model, letter, simulated=simulated)
        for letter in MACHINE_UNITS
    }
    return {
        "Base-A100": Design(name="Base-A100", prompt=machines["A"]),
        "Base-H100": Design(name="Base-H100", prompt=machines["H"]),
    } | {
        name: split_design(name, model, machines[prompt], machines[token], sent)
        for name, (prompt, token) in PAIRS.items()
    }


def published_machine(model: str, letter: str, *, simulated: bool = False) -> Machine:
    """Build "A", "H" or "Hcap" with a model over its eight GPUs."""
    engine = make_engine(
        model,
        "dgx-a100" if letter == "A" else "dgx-h100",
        tensor_parallel=8,
        gpu_cap_frac=CAPPED_GPU_FRAC if letter == "Hcap" else 1.0,
        grouped_heads=not simulated,
    )
    power, cost_usd_h = MACHINE_UNITS[letter]
    return Machine(
        engine=as_simulated(engine, model) if simulated else engine,
        power=power,
        cost_usd_h=cost_usd_h,
    )


def as_simulated(engine: Engine, model: str) -> Engine:
    """
    Decode as splitwise-sim looks it up: almost the same time at any batch.

    It enters the number of sequences on an axis of prompt tokens × batch, so that even
    hundreds of sequences take the time of one. Its error, not a measurement. Caches
    take all memory that its two models' weights leave.
    """
    table = engine.table
    capacity = table.kv_capacity_tokens
    if model in SIMULATOR_WEIGHTS_BYTE:
        left = engine.gpu_count * SIMULATOR_GPU_BYTE - SIMULATOR_WEIGHTS_BYTE[model]
        capacity = left // kv_byte_per_token(model, grouped_heads=False)
    one_s, power = table.decode_s[0], table.decode_power_frac[0]
    return replace(
        engine,
        table=replace(
            table, decode_batch=(1.0, float(SIMULATOR_MOST_BATCH)),
            decode_s=(one_s, one_s), decode_power_frac=(power, power),
            decode_kv_token_s=0.0, kv_capacity_tokens=capacity,
            max_batch=SIMULATOR_MOST_BATCH,
            source=f"decode as splitwise-sim looks it up; {table.source}",
        ),
    )  # fmt: skip


def split_design(
    name: str, model: str, prompt: Machine, token: Machine, transfer: Transfer
) -> Design:
    """Two pools and the link between them."""
    return Design(
        name=name, prompt=prompt, token=token,
        link=cache_link(model, prompt.engine, token.engine, transfer),
    )  # fmt: skip


def cache_link(
    model: str, source: Engine, target: Engine, transfer: Transfer = "layer-wise"
) -> Link:
    """
    Link between a prompt and a token machine.

    Every GPU sends its own share, so the bandwidth is the slower side's network times
    its GPUs: 200 GB/s between two DGX A100.

    Args:
        model: Whose cache.
        source: Engine that prefills.
        target: Engine that decodes.
        transfer: `layer-wise`: hidden behind prefill but for a residual, whole below
            512 tokens; `serial`: whole; `simulator`: a tenth of the time at 200 GiB/s.

    Returns:
        The link.

    Source:
        docs/models/splitwise.md, eq. 1.
    """
    if transfer == "simulator":
        return Link(
            byte_per_s=SIMULATOR_BYTE_PER_S, latency_s=0.0, serial_below_tokens=0.0,
            exposed_frac=1.0 / SIMULATOR_OVERLAP,
            kv_byte_per_token=kv_byte_per_token(model, grouped_heads=False),
        )  # fmt: skip
    sides = (source, target)
    byte_per_s = min(e.gpu_count * CHIPS[e.gpu.key].network_byte_s.value for e in sides)
    old = any(e.gpu.key == "a100-sxm-80gb" for e in sides)
    whole = transfer == "serial"
    residual_s = RESIDUAL_A100_S if old else RESIDUAL_H100_S
    return Link(
        byte_per_s=byte_per_s,
        latency_s=0.0 if whole else residual_s,
        serial_below_tokens=float("inf") if whole else SERIAL_BELOW_TOKENS,
        exposed_frac=1.0 if whole else 0.0,
        kv_byte_per_token=kv_byte_per_token(model),
    )


def reference_of(engine: Engine) -> Reference:
    """Latency of one request alone on an engine."""
    table = engine.table
    return Reference(
        prompt_tokens=table.prefill_tokens, ttft_s=table.prefill_s,
        tbt_s=table.decode_s[0],
    )  # fmt: skip

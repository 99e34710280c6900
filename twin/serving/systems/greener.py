"""
Greener LLMs (Stojkovic et al., 2024, arXiv 2403.20306): the cheapest knobs that do.

The paper sweeps request lengths, batch, tensor parallelism, GPU frequency and load of
Llama-2-70B on a DGX H100 and shows that each has a cheap setting: a lower clock costs
little throughput and a good part of the energy. Here the same grid comes from the phase
tables (`fleet.grid`); the system keeps every GPU on and sets degree, clock and batch
once, to what draws least at the busiest five minutes inside the limits. Cutting anew as
load moves is DynamoLLM's step, not this paper's.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np

from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.grid import GridInput, GridResult, knob_grid
from twin.serving.fleet.memory import tensor_degrees
from twin.serving.fleet.pareto import pareto_front
from twin.serving.fleet.parts import Engine, Plan, Pool
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import baseline_fleet, fleet_outcome

__all__ = ["SYSTEM", "GridInput", "GridResult", "knob_grid", "pareto_front"]

BUSIEST_S = 300.0


class GreenerParameters(Model):
    """Knobs that may be set, and how much room is left for what means hide."""

    clock_frac: tuple[float, ...] = quantity(
        (0.5, 0.6, 0.7, 0.8, 0.9, 1.0), unit="1", doc="SM clocks tried ÷ the highest.",
        example=[0.8, 1.0],
        source="assumed; the paper sweeps 0.8 to 2 GHz, from memory", min_length=1,
    )  # fmt: skip
    batch: tuple[int, ...] = quantity(
        (1, 2, 4, 8, 16, 32, 64, 128, 256), unit="1",
        doc="Largest batches tried; those beyond a table are left out.",
        example=[16, 64], source="assumed", min_length=1,
    )  # fmt: skip
    ttft_room_frac: float = quantity(
        0.5, unit="1", doc="Mean time to first token allowed ÷ its limit.", example=0.5,
        source="assumed: leaves room for long prompts and bursts", gt=0.0, le=1.0,
    )  # fmt: skip
    tbt_room_frac: float = quantity(
        0.8, unit="1", doc="Mean time between tokens allowed ÷ its limit.", example=0.8,
        source="assumed", gt=0.0, le=1.0,
    )  # fmt: skip


def engines_of(ground: Ground) -> tuple[Engine, ...]:
    """The study's engine, and its model at every other degree that fits a server."""
    found = [ground.engine]
    for degree in tensor_degrees(ground.server):
        if degree == ground.engine.gpu_count:
            continue
        with suppress(ScenarioError):  # does not fit this degree; another may
            found.append(
                make_engine(
                    ground.model, ground.server, tensor_parallel=degree,
                    gpu_cap_frac=ground.engine.gpu_cap_frac,
                    dynamic_power_factor=ground.engine.dynamic_power_factor,
                )
            )  # fmt: skip
    return tuple(found)


def busiest_rate_s(ground: Ground) -> float:
    """Requests a second in the busiest five minutes of the traffic. [1/s]"""
    window_s = min(BUSIEST_S, ground.horizon_s)
    places = (ground.requests.arrived_s // window_s).astype(np.int64)
    return float(np.bincount(places).max()) / window_s if places.size else 0.0


def cheapest_knobs(
    ground: Ground, parameters: GreenerParameters
) -> tuple[Engine, float, int, dict[str, float]]:
    """
    Engine, clock [MHz] and batch that draw least within the limits.

    Returns:
        The three, and what the grid expects there.

    Raises:
        ScenarioError: If no setting keeps up within the limits.
    """
    engines = engines_of(ground)
    prompt = max(1, round(float(ground.requests.prompt.mean())))
    output = max(1, round(float(ground.requests.output.mean())))
    top = ground.server.gpu.clock_max_mhz.value
    result = knob_grid(
        GridInput(
            engines=engines,
            clock_mhz=tuple(top * frac for frac in parameters.clock_frac),
            batch=parameters.batch, prompt=(prompt,), output=(output,),
            requests_per_gpu_s=(max(busiest_rate_s(ground), 1e-9) / ground.gpu_count,),
        )
    )  # fmt: skip
    range_of = int(np.searchsorted(ground.slo.prompt_below, prompt, side="right"))
    ttft_s = parameters.ttft_room_frac * ground.slo.ttft_s[range_of]
    tbt_s = parameters.tbt_room_frac * ground.slo.tbt_s
    within = (result.ttft_s <= ttft_s) & ~(result.tbt_s > tbt_s)
    gpus = np.array([e.gpu_count for e in engines]).reshape(-1, 1, 1, 1, 1, 1)
    watts = np.where(within, result.server_power_w / gpus, np.inf)
    best = np.unravel_index(int(np.argmin(watts)), watts.shape)
    if not np.isfinite(watts[best]):
        raise ScenarioError("slo", f"must be met by some setting: mean TTFT {ttft_s:g} "
                            f"s and TBT {tbt_s:g} s at {busiest_rate_s(ground):g} "
                            "requests/s", f"{result.ttft_s.size} settings tried",
                            "add servers, loosen the limits or raise the room "
                            "fractions")  # fmt: skip
    names = ("ttft_s", "tbt_s", "gpu_power_w", "energy_per_token_j")
    expected = {f"expected_{n}": float(getattr(result, n)[best]) for n in names}
    e, c, b = (int(place) for place in best[:3])
    return engines[e], result.axes["clock_mhz"][c], parameters.batch[b], expected


def evaluate(ground: Ground, parameters: GreenerParameters) -> Outcome:
    """Run the traffic with every instance at the cheapest knobs."""
    engine, clock_mhz, batch, expected = cheapest_knobs(ground, parameters)
    pool = Pool(
        name="main", engine=engine, count=replace(ground, engine=engine).instance_count,
        max_batch=batch, clock_mhz=clock_mhz,
    )  # fmt: skip
    figures = expected | {
        "gpus_per_instance": float(engine.gpu_count),
        "clock_mhz": clock_mhz,
        "batch": float(batch),
    }
    return fleet_outcome(
        ground, Plan(fleet=baseline_fleet(ground, pool=pool)),
        system=SYSTEM.key, label=SYSTEM.label, figures=figures,
        notes=(
            f"{engine.gpu_count} GPUs an instance, {clock_mhz:.0f} MHz, batch {batch}",
            "least power at the busiest five minutes by the knob grid",
            f"clock curve: {engine.clocks.source}",
        ),
    )  # fmt: skip


SYSTEM = System(
    key="greener", label="Greener LLMs", kind="fleet",
    summary="Degree, clock and batch that draw least within the limits, set once for "
    "every instance.",
    source="Stojkovic et al., Towards Greener LLMs, 2024, arXiv 2403.20306",
    mark="second-hand", page="greener.md", parameters=GreenerParameters,
    evaluate=evaluate,
)  # fmt: skip

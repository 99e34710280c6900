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

from dataclasses import replace

import numpy as np

from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.serving.fleet.engines import engines_that_fit
from twin.serving.fleet.grid import GridInput, knob_grid
from twin.serving.fleet.memory import tensor_degrees
from twin.serving.fleet.parts import Engine, Plan, Pool
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.loads import busiest_rate
from twin.serving.systems.outcome import baseline_fleet, run_plan

BUSIEST_S = 300.0


class GreenerParameters(Model):
    """Knobs that may be set, and how much room is left for what means hide."""

    clock_frac: tuple[float, ...] = quantity(
        (0.5, 0.6, 0.7, 0.8, 0.9, 1.0), "SM clocks tried ÷ the highest.",
        example=[0.8, 1.0],
        source="assumed; the paper sweeps 0.8 to 2 GHz, from memory", min_length=1,
    )  # fmt: skip
    batch: tuple[int, ...] = quantity(
        (1, 2, 4, 8, 16, 32, 64, 128, 256), "Largest batches tried; those beyond a "
        "table are left out.", example=[16, 64], source="assumed", min_length=1,
    )  # fmt: skip
    ttft_room_frac: float = quantity(
        0.5, "Mean time to first token allowed ÷ its limit.",
        source="assumed: leaves room for long prompts and bursts", gt=0.0, le=1.0,
    )  # fmt: skip
    tbt_room_frac: float = quantity(
        0.8, "Mean time between tokens allowed ÷ its limit.", source="assumed", gt=0.0,
        le=1.0,
    )  # fmt: skip


def engines_of(ground: Ground) -> tuple[Engine, ...]:
    """The study's engine, and its model at every other degree that fits a server."""
    own = ground.engine
    others = [n for n in tensor_degrees(ground.server) if n != own.gpu_count]
    return own, *engines_that_fit(
        ground.model, ground.server, others, gpu_cap_frac=own.gpu_cap_frac,
        dynamic_power_factor=own.dynamic_power_factor,
    )  # fmt: skip


def busiest_rate_s(ground: Ground) -> float:
    """Requests a second in the busiest five minutes of the traffic. [1/s]"""
    return busiest_rate(ground.requests.arrived_s, min(BUSIEST_S, ground.horizon_s))


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
    plan = Plan(fleet=baseline_fleet(ground, pool=pool))
    return run_plan(ground, plan, SYSTEM.key, SYSTEM.label)[0].plus(
        figures,
        f"{engine.gpu_count} GPUs an instance, {clock_mhz:.0f} MHz, batch {batch}",
        "least power at the busiest five minutes by the knob grid",
        f"clock curve: {engine.clocks.source}",
    )


SYSTEM = System(
    key="greener", label="Greener LLMs", kind="fleet",
    summary="Degree, clock and batch that draw least within the limits, set once for "
    "every instance.",
    source="Stojkovic et al., Towards Greener LLMs, 2024, arXiv 2403.20306",
    mark="second-hand", page="greener.md", parameters=GreenerParameters,
    evaluate=evaluate,
)  # fmt: skip

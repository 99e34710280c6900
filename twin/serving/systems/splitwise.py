"""
Splitwise (ISCA 2024, arXiv 2311.18677): prompts and tokens on machines of their own.

A prompt machine computes the prompt and the first token, sends the cache over the
network while it is still computing, and a token machine does the rest. Both are picked
together, each with the fewest pending tokens; where prompts pile up a token machine
takes the prompt, and where a token machine has no cache left the prompt machine keeps
the request. So decode hardly ever shares a machine with prefill, and each phase can
have its own kind of machine: `HA` prefills on the newer GPU and decodes on the A100,
`HHcap` caps the power of the machines that decode. How many of each is found by a
search under equal provisioned power or equal rent. What it is compared with batches
prompts and tokens in shared iterations, each 1.1 times as long as its prompt alone.

docs/models/splitwise.md has the designs, the limits and the search.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from twin.catalogue import find_server
from twin.catalogue.servers import Server
from twin.errors import ScenarioError
from twin.scenario.base import Model, quantity
from twin.scenario.provision import DesignName
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import Engine, Plan, Reference
from twin.serving.fleet.run import FleetResult
from twin.serving.splitwise.cluster import RULES, Rules, counted_as_published, fleet_of
from twin.serving.splitwise.designs import (
    CAPPED_GPU_FRAC,
    PAIRS,
    Design,
    Machine,
    reference_of,
    split_design,
)
from twin.serving.splitwise.provision import Goal, provision
from twin.serving.splitwise.throughput import (
    SPLITWISE_SLO,
    Question,
    SlowdownSlo,
    Traffic,
)
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.outcome import run_plan

SOURCE = (
    "Splitwise (ISCA 2024, arXiv 2311.18677): abstract read, mechanism second-hand; "
    "limits, counts and rules from splitwise-sim (MIT)"
)
SEARCHED_MACHINES = 40.0
"""Machines a searched split is scaled down to: the publication's own size."""
SEARCH_STEP = 0.02
A100_KEY, H100_KEY = "dgx-a100", "dgx-h100"
WHOLE_SERVER = 8
"""GPUs over which the publication spreads a model."""


class Parameters(Model):
    """Design, split, link, limits and scheduling."""

    design: Literal["own", DesignName] = quantity(
        "own", "Machines of both pools. `own` has the study's servers in both; A is a "
        "DGX A100, H the study's servers, or DGX H100 where those are DGX A100; `cap` "
        "caps GPUs that decode at half their TDP; Base is one mixed pool",
        example="HA", source="published designs; `own` is ours",
    )  # fmt: skip
    objective: Literal["iso-power", "iso-cost"] = quantity(
        "iso-power", "What the machines have in common with the study's servers: "
        "provisioned power or rent", example="iso-cost", source="published",
    )  # fmt: skip
    prompt_frac: float | None = quantity(
        None, "Part of that budget for prompt machines; null: searched for on the "
        "study's lengths", example=0.5, source="the publication searches", gt=0.0,
        lt=1.0,
    )  # fmt: skip
    transfer: Literal["layer-wise", "serial", "simulator"] = quantity(
        "layer-wise", "How caches are sent: during prefill but for a residual, whole "
        "after it, or as splitwise-sim has it", example="serial", source="published",
    )  # fmt: skip
    reference: Literal["auto", "dgx-a100", "own"] = quantity(
        "auto", "Server whose lone request slow-downs are measured against; auto is a "
        "DGX A100 where the model fits it, else the study's own", example="own",
        source="published: a DGX A100",
    )  # fmt: skip
    limits_factor: float = quantity(
        1.0, "Multiplier of the nine limits that the search keeps", example=1.5,
        source="published limits", gt=0.0,
    )  # fmt: skip
    batching: Literal["mixed", "pausing"] = quantity(
        RULES.batching, "On machines that do both phases: a prompt shares its "
        "iteration with a token of every sequence, or runs alone while they wait",
        example="pausing", source="published simulator",
    )  # fmt: skip
    max_prefill_tokens: float = quantity(
        RULES.max_prefill_tokens, "Prompt tokens batched into one prefill that runs "
        "alone", unit="tokens", example=2048, source="published", gt=0.0,
    )  # fmt: skip
    max_preemptions: int = quantity(
        RULES.max_preemptions, "Prefills in a row that may pause decode, where they do",
        unit="prefills", example=4, source="published simulator", ge=0,
    )  # fmt: skip
    borrow_above_tokens: float = quantity(
        RULES.borrow_above_tokens, "Pending tokens of the least loaded prompt machine "
        "above which a token machine takes the prompt", unit="tokens", example=8192,
        source="published simulator", ge=0.0,
    )  # fmt: skip
    capped_power_frac: float = quantity(
        0.7, "Provisioned power of a server with capped GPUs ÷ without",
        source="published, second-hand", gt=0.0, le=1.0,
    )  # fmt: skip


def evaluate(ground: Ground, knobs: Parameters) -> Outcome:
    """
    Run the study's traffic through a Splitwise cluster of the same budget.

    Args:
        ground: Traffic, servers and prices; its servers are the budget.
        knobs: Parameters.

    Returns:
        The outcome; its baseline is one mixed pool of the study's servers with the
        same router and limits.

    Raises:
        ScenarioError: If a machine of the design cannot hold the model, the budget
            buys too few, or the search finds no split within the limits.

    Source:
        docs/models/splitwise.md.
    """
    rules = Rules(
        batching=knobs.batching,
        max_prefill_tokens=knobs.max_prefill_tokens,
        max_preemptions=knobs.max_preemptions,
        borrow_above_tokens=knobs.borrow_above_tokens,
    )
    reference, noted = _reference(ground, knobs)
    slo = SPLITWISE_SLO.times(knobs.limits_factor)
    own = _machine(ground, ground.server, knobs)
    mixed = Design(name="mixed", prompt=own)
    design = _design(ground, own, knobs)
    budget = ground.instance_count * _price(own, knobs)
    prompts, tokens = _counts(ground, design, knobs, budget, reference, slo, rules)
    before = _outcome(
        ground, mixed, (ground.instance_count, 0), reference, rules, slo,
        key="splitwise_mixed", label="One mixed pool",
    )  # fmt: skip
    after = _outcome(
        ground, design, (prompts, tokens), reference, rules, slo,
        key=SYSTEM.key, label=f"Splitwise {design.name}",
    )  # fmt: skip
    figures = {
        f"mixed_{name}": before.figures[name]
        for name in ("provisioned_w", "rent_usd_per_h", "worst_limit_frac")
    }
    return after.plus(figures, noted, *_sources(design), baseline=before)


# --- machines ---


def _machine(
    ground: Ground, server: Server, knobs: Parameters, *, capped: bool = False
) -> Machine:
    """An instance with its part of the server's provisioned power and its rent."""
    same = server.key == ground.server.key
    engine = (
        ground.engine if same
        else make_engine(ground.model, server, tensor_parallel=WHOLE_SERVER)
    )  # fmt: skip
    if capped:
        engine = _capped(ground, engine, server)
    frac = knobs.capped_power_frac if capped else 1.0
    part = engine.gpu_count / server.gpu_count
    return Machine(
        engine=engine,
        power=server.provisioned_w.value * part * frac,
        cost_usd_h=engine.gpu_hour_usd * engine.gpu_count,
    )


def _capped(ground: Ground, engine: Engine, server: Server) -> Engine:
    slow = make_engine(
        ground.model, server, tensor_parallel=engine.table.tensor_parallel,
        gpu_cap_frac=CAPPED_GPU_FRAC,
    ).capped_slowdown  # fmt: skip
    return replace(engine, gpu_cap_frac=CAPPED_GPU_FRAC, capped_slowdown=slow)


def _design(ground: Ground, own: Machine, knobs: Parameters) -> Design:
    """The cluster asked for, in machines at hand."""
    newer = find_server(H100_KEY) if ground.server.key == A100_KEY else ground.server

    def machine(letter: str) -> Machine:
        if letter == "own":
            return own
        server = find_server(A100_KEY) if letter == "A" else newer
        return _machine(ground, server, knobs, capped=letter == "Hcap")

    if knobs.design.startswith("Base"):
        letter = "A" if knobs.design == "Base-A100" else "H"
        return Design(name=knobs.design, prompt=machine(letter))
    prompt, token = map(machine, PAIRS.get(knobs.design, ("own", "own")))
    return split_design(knobs.design, ground.model, prompt, token, knobs.transfer)


def _reference(ground: Ground, knobs: Parameters) -> tuple[Reference, str]:
    """What slow-downs are measured against, and the words for it."""
    if knobs.reference != "own":
        try:
            engine = make_engine(ground.model, A100_KEY, tensor_parallel=WHOLE_SERVER)
        except ScenarioError:
            if knobs.reference == "dgx-a100":
                raise
        else:
            return reference_of(engine), "slow-downs against one request on a DGX A100"
    return reference_of(ground.engine), (
        f"slow-downs against one request on {ground.server.label}"
    )


def _price(machine: Machine, knobs: Parameters) -> float:
    return machine.power if knobs.objective == "iso-power" else machine.cost_usd_h


# --- how many ---


def _counts(
    ground: Ground, design: Design, knobs: Parameters, budget: float,
    reference: Reference, slo: SlowdownSlo, rules: Rules,
) -> tuple[int, int]:  # fmt: skip
    """Prompt and token machines that the budget buys."""
    prompt = _price(design.prompt, knobs)
    token = _price(design.token, knobs) if design.token else 0.0
    _check_price(prompt + token, budget, design, knobs)
    if design.token is None:
        return int(budget * (1 + 1e-9) / prompt), 0
    frac = knobs.prompt_frac
    if frac is None:
        scale = min(1.0, SEARCHED_MACHINES * max(prompt, token) / budget)
        goal = Goal(objective=knobs.objective, budget=budget * scale)
        asked = Question(
            traffic=_lengths(ground), reference=reference, slo=slo, rules=rules
        )
        found = provision(design, goal, asked, step=SEARCH_STEP, stop=ground.stop)
        frac = found.prompts * prompt / goal.budget
    most = int((budget - token) * (1 + 1e-9) / prompt)
    prompts = min(max(1, round(frac * budget / prompt)), most)
    return prompts, int((budget * (1 + 1e-9) - prompts * prompt) / token)


def _check_price(
    least: float, budget: float, design: Design, knobs: Parameters
) -> None:
    if not least > 0:
        raise ScenarioError("splitwise.objective", "needs machines with a price",
                            knobs.objective, "use 'iso-power'")  # fmt: skip
    if budget * (1 + 1e-9) < least:
        raise ScenarioError("fleet.server_count", "must buy one machine of each pool "
                            f"of {design.name}", f"{budget:,.0f} of {least:,.0f}",
                            "add servers")  # fmt: skip


def _lengths(ground: Ground) -> Traffic:
    rows = ground.requests
    if not len(rows):
        raise ScenarioError("splitwise.prompt_frac", "cannot be searched for without a "
                            "request", None, "give the part of the budget for prompt "
                            "machines")  # fmt: skip
    return Traffic(prompt=rows.prompt, output=rows.output, seed=ground.seed)


# --- results ---


def _outcome(
    ground: Ground, design: Design, counts: tuple[int, int], reference: Reference,
    rules: Rules, slo: SlowdownSlo, *, key: str, label: str,
) -> Outcome:  # fmt: skip
    """Run a cluster over the whole traffic."""
    fleet = fleet_of(
        design, *counts, reference=reference, classes=ground.classes, rules=rules,
        request_tokens=_request_tokens(ground), pue=ground.pue,
    )  # fmt: skip
    requests = counted_as_published(ground.requests)
    outcome, result = run_plan(ground, Plan(fleet=fleet), key, label, requests)
    figures = {
        "prompt_machines" if counts[1] else "mixed_machines": float(counts[0]),
        "token_machines": float(counts[1]),
        "provisioned_w": design.power(*counts),
        "rent_usd_per_h": design.cost_usd_h(*counts),
        "transfer_e2e_frac": transfer_frac(result),
    }
    nine = {
        f"{metric}_{name}": outcome.slowdown[metric][name] / slo.limit(metric, name)
        for metric in ("ttft", "tbt", "e2e")
        for name in ("p50", "p90", "p99")
    }
    worst = max((v for v in nine.values() if v == v), default=0.0)
    return outcome.plus(figures | {"worst_limit_frac": worst})


def _request_tokens(ground: Ground) -> float | None:
    """Mean prompt + output of the study; None without a request. [tokens]"""
    rows = ground.requests
    return float(rows.prompt.mean() + rows.output.mean()) if len(rows) else None


def transfer_frac(result: FleetResult) -> float:
    """Time in transfers ÷ time of all finished requests; waits for a link count."""
    classes = result.classes.values()
    total_s = sum(c.latency["e2e"]["mean"] * c.finished for c in classes if c.finished)
    return sum(c.transfer_s for c in classes) / total_s if total_s else 0.0


def _sources(design: Design) -> tuple[str, ...]:
    machines = [design.prompt, *([design.token] if design.token else [])]
    return tuple(
        dict.fromkeys(
            f"{m.engine.server.label}: {m.engine.table.source}" for m in machines
        )
    )


SYSTEM = System(
    key="splitwise", label="Splitwise", kind="fleet",
    summary="Computes prompts and tokens on machines of their own, with the cache sent "
    "between them.", source=SOURCE, mark="published", page="splitwise.md",
    parameters=Parameters, evaluate=evaluate,
)  # fmt: skip

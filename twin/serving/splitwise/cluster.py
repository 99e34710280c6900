"""
A Splitwise design with its machines counted out: the pools and how they schedule.

Machines that do both phases, in one mixed pool or borrowed by the opposite one, batch
as `Rules.batching` says. Routers count as the published simulator does: the tokens of
waiting prompts, and one for every request that decodes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twin.serving.fleet.parts import (
    Chunking,
    Engine,
    Fleet,
    FleetClass,
    Pool,
    Reference,
    Requests,
    Role,
)
from twin.serving.splitwise.designs import Design, Machine

Batching = Literal["mixed", "pausing"]
"""On a machine that does both: prompts and tokens in one iteration, or in turn."""
MIXED_PROMPT_FACTOR = 1.1
"""Iteration of prompts and tokens ÷ the prompts alone (splitwise-sim)."""
WHOLE_PROMPTS = Chunking(target_s=1e9, least_tokens=1, most_tokens=10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    How machines and the cluster schedule.

    Args:
        batching: On machines that do both, those of one mixed pool and token machines
            that borrow. `mixed`: a prompt shares its iteration with a token of every
            sequence; `pausing`: it runs alone and sequences wait.
        max_prefill_tokens: Prompt tokens batched into one prefill that runs alone.
            [tokens]
        max_preemptions: Prefills in a row that may pause decode, where they do.
        borrow_above_tokens: Pending tokens of the least loaded prompt machine above
            which a token machine takes the prompt and keeps it. [tokens]
    """

    batching: Batching = "mixed"
    max_prefill_tokens: float = 2048.0
    max_preemptions: int = 4
    borrow_above_tokens: float = 8192.0


RULES = Rules()
"""As in splitwise-sim."""


def as_mixed(engine: Engine) -> Engine:
    """
    Prefill that shares its iteration with decode, as a chunk of the whole prompt.

    A chunk adds P(prompt) - P(0) to the decode iteration. With P(0) one decode
    iteration alone (the weights are read once) and P raised by a tenth, prompt and
    tokens together take the published 1.1 × prefill, and what a larger batch adds.

    Source:
        docs/models/splitwise.md, eq. 2.
    """
    table = engine.table
    raised_s = (MIXED_PROMPT_FACTOR * s for s in table.prefill_s)
    power = table.prefill_power_frac
    return replace(
        engine,
        table=replace(
            table,
            prefill_tokens=(0.0, *table.prefill_tokens),
            prefill_s=(table.decode_s[0], *raised_s),
            prefill_power_frac=(power[0], *power),
            source=f"mixed iterations of 1.1 prefills (splitwise-sim); {table.source}",
        ),
    )


def counted_as_published(requests: Requests) -> Requests:
    """Requests whose decoding counts one pending token, however long the answer."""
    return replace(requests, predicted=np.ones(len(requests)))


def most_decoding(engine: Engine, request_tokens: float) -> float:
    """Requests beyond which the cache of a token machine has no room for the next."""
    return max(0.0, engine.table.kv_capacity_tokens / request_tokens - 1.0)


def fleet_of(
    design: Design,
    prompts: int,
    tokens: int,
    *,
    reference: Reference,
    classes: tuple[FleetClass, ...],
    rules: Rules = RULES,
    request_tokens: float | None = None,
    pue: float = 1.0,
) -> Fleet:
    """
    A design with its machines counted out.

    Args:
        design: Which.
        prompts: Machines of the prompt pool, or of the only pool.
        tokens: Machines of the token pool; 0 for a mixed design.
        reference: What slow-downs are measured against.
        classes: Requests; their pools are set here.
        rules: Scheduling.
        request_tokens: Mean prompt + output. A request decodes where it was prefilled
            when the token machine has no cache left for one such more; None: never.
            > 0 [tokens]
        pue: Site power ÷ IT power. >= 1

    Returns:
        The fleet; its requests are to be `counted_as_published`.
    """
    if design.token is None:
        return Fleet(
            pools=(_pool(design.prompt, prompts, "main", "mixed", rules),),
            classes=tuple(c.sent_to("main") for c in classes),
            link=design.link, reference=reference, pue=pue,
        )  # fmt: skip
    kept_above = (
        float("inf") if request_tokens is None
        else most_decoding(design.token.engine, request_tokens)
    )  # fmt: skip
    routed = tuple(
        replace(
            c, prompt_pool="prompt", token_pool="token",  # noqa: S106 - a name
            overflow_pool="token", overflow_tokens=rules.borrow_above_tokens,
            local_tokens=kept_above,
        )
        for c in classes
    )  # fmt: skip
    return Fleet(
        pools=(
            _pool(design.prompt, prompts, "prompt", "prompt", rules),
            _pool(design.token, tokens, "token", "token", rules),
        ),
        classes=routed, link=design.link, reference=reference, pue=pue,
    )  # fmt: skip


def _pool(machine: Machine, count: int, name: str, role: Role, rules: Rules) -> Pool:
    """Alike machines; those of the prompt pool batch prompts, which run alone."""
    shares = rules.batching == "mixed" and role != "prompt"
    return Pool(
        name=name, count=count, role=role, routing="least_tokens",
        engine=as_mixed(machine.engine) if shares else machine.engine,
        chunking=WHOLE_PROMPTS if shares else None,
        max_prefill_tokens=rules.max_prefill_tokens,
        max_preemptions=rules.max_preemptions,
    )  # fmt: skip

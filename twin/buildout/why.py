"""
Why a plan is as it is, without dual prices: each limit is taken away and tried.

A limit binds when the same question without it has a better answer; how much better is
what it costs. Where no plan keeps the limits, those are named that would mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.buildout.plan import ordered_usd
from twin.buildout.program import Measure, Program, Solution
from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario.build_out import Block, BuildOutInput, Generation

_TIGHT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """
    A limit that makes the plan worse.

    Args:
        field: Which input.
        text: The same in words.
        saves_usd: Net present cost that is less without it. [USD]
        server_years: Server-years that are served more without it. [years]
        carbon_t: Carbon that is less without it. [t]
    """

    field: str
    text: str
    saves_usd: float
    server_years: float
    carbon_t: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """A limit, what it is called, and the same build-out without it."""

    field: str
    words: str
    value: Any
    given: BuildOutInput


def relaxations(given: BuildOutInput) -> Iterator[Relaxed]:
    """Every limit of a build-out but those on unserved demand and carbon."""
    limits = given.limits
    for name, words in (
        ("contract_w", "The contracted power"),
        ("budget_usd_per_period", "The budget of a period"),
    ):
        value = getattr(limits, name)
        if value is not None:
            freed = given.model_copy(
                update={"limits": limits.model_copy(update={name: None})}
            )
            yield Relaxed(
                field=f"limits.{name}", words=words, value=value, given=freed
            )  # fmt: skip
    for i, b in enumerate(given.blocks):
        if b.most is not None:
            words = f"The most of {b.name!r} there can be"
            freed = _with_block(given, i, most=None)
            yield Relaxed(
                field=f"blocks.{i}.most", words=words, value=b.most, given=freed
            )
        if given.whole_periods(b.lead_months * given.lead_scale):
            words = f"The lead time of {b.name!r}"
            freed = _with_block(given, i, lead_months=0.0)
            yield Relaxed(
                field=f"blocks.{i}.lead_months", words=words,
                value=b.lead_months * given.lead_scale, given=freed,
            )  # fmt: skip
    for i, g in enumerate(given.generations):
        for name, words in (
            ("lead_months", f"The lead time of {g.name!r}"),
            ("sold_from_months", f"That {g.name!r} is not sold earlier"),
        ):
            value = getattr(g, name)
            if given.whole_periods(value):
                freed = _with_generation(given, i, **{name: 0.0})
                yield Relaxed(
                    field=f"generations.{i}.{name}", words=words, value=value,
                    given=freed,
                )  # fmt: skip


def _with_block(given: BuildOutInput, i: int, **changes: Any) -> BuildOutInput:
    blocks: list[Block] = list(given.blocks)
    blocks[i] = blocks[i].model_copy(update=changes)
    return given.model_copy(update={"blocks": tuple(blocks)})


def _with_generation(given: BuildOutInput, i: int, **changes: Any) -> BuildOutInput:
    generations: list[Generation] = list(given.generations)
    generations[i] = generations[i].model_copy(update=changes)
    return given.model_copy(update={"generations": tuple(generations)})


# --- limits that bind -----------------------------------------------------------------


def bindings(
    base: Program, solution: Solution, aims: tuple[Measure, ...]
) -> tuple[Binding, ...]:
    """
    Find the limits that make a plan worse, the one that costs most first.

    Args:
        base: The program of the build-out.
        solution: Its plan.
        aims: What it aims at; a limit binds where the first of them gets better by
            more than both searches leave open.
    """
    given = base.given
    before = {m: base.value(m, solution) for m in ("cost", "unmet", "carbon")}
    unit_years = base.unit * given.period_years
    found = []
    for one in relaxations(given):
        program = base.again(one.given)
        freed = program.solve(aims)
        if freed is None:
            continue
        after = {m: program.value(m, freed) for m in ("cost", "unmet", "carbon")}
        gain = {m: before[m] - after[m] for m in before}
        unsure = (solution.gap_frac + freed.gap_frac) * abs(before[aims[0]])
        if gain[aims[0]] <= unsure + 1e-6:
            continue
        binding = Binding(
            field=one.field, text="", saves_usd=gain["cost"] * 1e6,
            server_years=gain["unmet"] * unit_years, carbon_t=gain["carbon"] * 1e3,
        )  # fmt: skip
        found.append(_worded(binding, one, aims[0]))
    order: dict[str, Any] = {
        "cost": lambda b: -b.saves_usd, "unmet": lambda b: -b.server_years,
        "carbon": lambda b: -b.carbon_t,
    }  # fmt: skip
    return tuple(sorted(found, key=order[aims[0]]))


def _worded(binding: Binding, one: Relaxed, aim: Measure) -> Binding:
    said = []
    if aim == "cost" or binding.saves_usd > 0.0:
        said.append(f"{binding.saves_usd / 1e6:,.1f} million USD less")
    if binding.server_years > _TIGHT:
        said.append(f"{binding.server_years:,.1f} server-years more")
    if aim == "carbon":
        said.append(f"{binding.carbon_t:,.0f} t of carbon less")
    text = f"{one.words} ({_said(one)}) binds: without it " + " and ".join(said)
    return Binding(
        field=binding.field, text=text, saves_usd=binding.saves_usd,
        server_years=binding.server_years, carbon_t=binding.carbon_t,
    )  # fmt: skip


def _said(one: Relaxed) -> str:
    """A limit's value as people read it."""
    if one.field.endswith("_w"):
        return f"{one.value / 1e6:,.1f} MW"
    if "usd" in one.field:
        return f"{one.value / 1e6:,.1f} million USD"
    return f"{one.value:g} months" if "months" in one.field else f"{one.value:,}"


# --- no plan at all -------------------------------------------------------------------


def impossible(base: Program) -> ScenarioError | ScenarioErrors:
    """
    Say which limits leave no plan.

    One at a time is taken away; those that alone would mend it are each named. Where
    none does, all are taken away and put back one by one while a plan remains: what
    cannot be put back is to blame together.

    Args:
        base: The program of a build-out without a plan.
    """
    given, caps = base.given, base.caps()
    every = list(relaxations(given))
    alone = [one for one in every if _possible(base.again(one.given), caps)]
    if alone:
        return ScenarioErrors([_blame(base, one, caps, ()) for one in alone])
    together = _minimal(base, every, caps)
    if together:
        return ScenarioErrors([
            _blame(base, one, caps, tuple(o.field for o in together if o is not one))
            for one in together
        ])  # fmt: skip
    least = _least_unmet(base, [c for c in caps if c[0] != "unmet"])
    return ScenarioError("limits.unmet_frac", "cannot be kept with limits.carbon_t, "
                         "whatever is ordered", given.limits.unmet_frac, "raise it to "
                         f"at least {least:.4f}, or raise limits.carbon_t")  # fmt: skip


def _possible(program: Program, caps: list[tuple[Measure, float]]) -> bool:
    return program.best("unmet", caps) is not None


def _minimal(
    base: Program, every: list[Relaxed], caps: list[tuple[Measure, float]]
) -> list[Relaxed]:
    """Limits of which none can be kept; empty where even without all there is none."""
    free = list(every)
    if not _possible(base.again(_without(base.given, free)), caps):
        return []
    for one in every:
        fewer = [o for o in free if o is not one]
        if _possible(base.again(_without(base.given, fewer)), caps):
            free = fewer
    return free


def _without(given: BuildOutInput, free: list[Relaxed]) -> BuildOutInput:
    """Take several limits away at once."""
    for one in free:
        kind, *rest = one.field.split(".")
        if kind == "limits":
            limits = given.limits.model_copy(update={rest[0]: None})
            given = given.model_copy(update={"limits": limits})
        elif kind == "blocks":
            gone = None if rest[1] == "most" else 0.0
            given = _with_block(given, int(rest[0]), **{rest[1]: gone})
        else:
            given = _with_generation(given, int(rest[0]), **{rest[1]: 0.0})
    return given


def _least_unmet(program: Program, caps: list[tuple[Measure, float]]) -> float:
    """Least part of all demand that can go unserved."""
    total = float(program.wanted.sum())
    least = program.best("unmet", caps)
    return 1.0 if least is None or total <= 0.0 else least / total


def _blame(
    base: Program, one: Relaxed, caps: list[tuple[Measure, float]],
    others: tuple[str, ...],
) -> ScenarioError:  # fmt: skip
    least = _least_unmet(base, [c for c in caps if c[0] != "unmet"])
    asked = base.given.limits.unmet_frac
    rule = f"leaves at least {least:.1%} of the demand unserved"
    if asked is not None:
        rule += f", more than limits.unmet_frac allows, {asked:.1%}"
    if others:
        rule += f", together with {' and '.join(others)}"
    enough = "" if others else _enough(base.again(one.given), one)
    return ScenarioError(one.field, rule, one.value,
                         f"{'lower' if 'months' in one.field else 'raise'} it{enough}, "
                         "or raise limits.unmet_frac to "
                         f"{min(np.ceil(least * 1e4) / 1e4, 1.0):g}")  # fmt: skip


def _enough(program: Program, one: Relaxed) -> str:
    """Say how far a limit has to give way, where one plan without it shows that."""
    plan = program.solve(("cost",))
    if plan is None:
        return ""
    if one.field == "limits.contract_w":
        peaks = np.array([g.peak_w for g in one.given.generations]) @ plan.on
        most = float(peaks.max()) * one.given.rates.peak_pue
        return f" ({np.ceil(most / 1e5) / 10:g} MW is enough)"
    if one.field == "limits.budget_usd_per_period":
        spent = ordered_usd(program.costs, plan)
        return f" ({np.ceil(float(spent.max()) / 1e5) / 10:g} million USD is enough)"
    if one.field.endswith(".most"):
        i = int(one.field.split(".")[1])
        block = one.given.blocks[i]
        count = block.existing + sum(block.arriving) + int(plan.blocks[i].sum())
        return f" ({count} is enough)"
    return ""

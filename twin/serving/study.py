"""Serving systems side by side on the same traffic."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from twin.errors import Cancelled, ScenarioError, ScenarioErrors
from twin.pareto import undominated
from twin.scenario.serving import ServingInput, SystemChoice
from twin.serving.ground import make_ground
from twin.serving.systems.base import Ground, Outcome, System
from twin.serving.systems.loads import load_frac
from twin.serving.systems.registry import find_system
from twin.serving.traffic import Recordings
from twin.types import FloatArray, Report

BASELINE = SystemChoice(key="baseline")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoPoint:
    """
    One system at one server count; on the front none attains as much for less.

    Args:
        label: Name on charts.
        system: Key of the system.
        server_count: Servers at hand. [servers]
        attained_frac: Requests inside every limit ÷ known.
        mean_power_w: Mean site power. [W]
        peak_power_w: Largest mean over a control tick. [W]
        energy_per_token_j: Energy per token given out. [J]
        on_front: Whether no other attains as much for fewer watts.
    """

    label: str
    system: str
    server_count: int
    attained_frac: float
    mean_power_w: float
    peak_power_w: float
    energy_per_token_j: float
    on_front: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResult:
    """
    What every system did.

    Args:
        outcomes: In the order asked; the baseline first.
        refused: Label -> why a system could not run here.
        pareto: Every system at every server count that ran.
        capacity_frac: Mean rate ÷ what the baseline keeps up with.
        warnings: For people.
    """

    study: ServingInput
    outcomes: tuple[Outcome, ...]
    refused: dict[str, ScenarioError]
    pareto: tuple[ParetoPoint, ...]
    capacity_frac: float
    warnings: tuple[str, ...]


def parameters_of(system: System, choice: SystemChoice) -> Any:
    """
    Read the knobs of a choice.

    Raises:
        ScenarioError: If a knob is unknown or out of its range; names the knob.
    """
    try:
        return system.parameters.model_validate(choice.parameters)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(p) for p in first["loc"]) or "parameters"
        known = ", ".join(system.parameters.model_fields)
        raise ScenarioError(f"systems.{choice.key}.{path}", first["msg"],
                            first.get("input"),
                            f"its knobs are {known}") from None  # fmt: skip


def run_study(
    study: ServingInput,
    recordings: Recordings,
    *,
    carbon_g_per_kwh: FloatArray | None = None,
    energy_usd_per_kwh: float | None = None,
    progress: Report | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> StudyResult:
    """
    Run every system of a study on the same traffic.

    A system that cannot run on this ground is reported as refused; the rest goes on.

    Args:
        study: Inputs.
        recordings: The datasets that the traffic names.
        carbon_g_per_kwh: See `make_ground`.
        energy_usd_per_kwh: See `make_ground`.
        progress: Told the part done, 0..1, and what is under way; may raise to stop.
        cancelled: Asked now and then; True ends the study.

    Returns:
        The result.

    Raises:
        ScenarioError: If the ground itself cannot stand, or a knob is unknown.
        Cancelled: If `cancelled` said so.
    """
    choices = list(study.systems)
    if all(choice.key != "baseline" for choice in choices):
        choices.insert(0, BASELINE)
    runs = [(c, find_system(c.key)) for c in choices]
    asked = [(c, s, parameters_of(s, c)) for c, s in runs]
    ground = make_ground(
        study, recordings, carbon_g_per_kwh=carbon_g_per_kwh,
        energy_usd_per_kwh=energy_usd_per_kwh,
    )  # fmt: skip
    counts = [study.server_count]
    counts += [n for n in dict.fromkeys(study.server_counts) if n not in counts]
    labels = _labels([(c, s) for c, s, _ in asked])
    told = progress or (lambda _part, _text: None)
    found: dict[tuple[int, int], Outcome] = {}
    refused: dict[str, ScenarioError] = {}
    for n, count in enumerate(counts):
        here = replace(ground, server_count=count, stop=cancelled)
        for j, (_, system, given) in enumerate(asked):
            label = labels[j]
            if cancelled is not None and cancelled():
                raise Cancelled
            told((n * len(asked) + j) / (len(counts) * len(asked)), label)
            try:
                outcome = system.evaluate(here, given)
            except ScenarioError as error:
                refused.setdefault(label, error)
                continue
            except ScenarioErrors as errors:
                refused.setdefault(label, errors.errors[0])
                continue
            except MemoryError:
                refused.setdefault(label, _too_large(ground, count))
                continue
            found[count, j] = replace(outcome, label=label, own_terms=system.own_terms)
    told(1.0, "done")
    load = _load(ground)
    return StudyResult(
        study=study,
        outcomes=tuple(
            found[counts[0], j] for j in range(len(asked)) if (counts[0], j) in found
        ),
        refused=refused, pareto=_pareto(found), capacity_frac=load,
        warnings=_warnings(ground, load),
    )  # fmt: skip


def _too_large(ground: Ground, servers: int) -> ScenarioError:
    return ScenarioError("traffic.length_s", "must fit into this machine's memory",
                         f"{len(ground.requests):,} requests on {servers} servers",
                         "shorten the traffic, or take part of the servers and of the "
                         "rate")  # fmt: skip


def _labels(asked: list[tuple[SystemChoice, System]]) -> list[str]:
    """Name every choice; where a system runs twice its knobs tell which is which."""
    plain = [c.label or s.label for c, s in asked]
    return [
        f"{name}: {knobs}" if plain.count(name) > 1 and knobs else name
        for name, (choice, _) in zip(plain, asked, strict=True)
        for knobs in [", ".join(f"{k} {v}" for k, v in choice.parameters.items())]
    ]


def _load(ground: Ground) -> float:
    """Mean rate ÷ what all baseline instances keep up with."""
    if len(ground.requests) == 0 or ground.instance_count == 0:
        return float("inf") if len(ground.requests) else 0.0
    return load_frac(ground, ground.instance_count)


def _warnings(ground: Ground, load: float) -> tuple[str, ...]:
    if load <= 1.0:
        return ()
    fits = len(ground.requests) / ground.horizon_s / load
    need = math.ceil(ground.server_count * load)
    text = (
        f"The traffic is {100 * load:,.0f} % of what {ground.server_count} servers "
        f"keep up with: queues grow until the end. Lower the rate to {fits:.3g} "
        f"requests/s or use {need} servers."
    )
    return (text,)


def _pareto(found: dict[tuple[int, int], Outcome]) -> tuple[ParetoPoint, ...]:
    """Every run as a point; on the front where none attains more for fewer watts."""
    points = [(count, one) for (count, _), one in found.items() if not one.own_terms]
    costs = [(-one.attained_frac, one.mean_power_w) for _, one in points]
    kept = undominated(np.array(costs).reshape(-1, 2))
    return tuple(
        ParetoPoint(
            label=one.label, system=one.system, server_count=count,
            attained_frac=one.attained_frac, mean_power_w=one.mean_power_w,
            peak_power_w=one.peak_power_w, energy_per_token_j=one.energy_per_token_j,
            on_front=bool(on_front),
        )
        for (count, one), on_front in zip(points, kept, strict=True)
    )  # fmt: skip

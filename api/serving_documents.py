"""Runs of serving systems, knob grids and searches as JSON documents."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from api.documents import figures, plain
from twin.errors import ScenarioError
from twin.scenario.base import Model
from twin.serving.fleet.grid import AXES
from twin.serving.grid_year import GridYear
from twin.serving.knobs import Knobs
from twin.serving.splitwise.provision import Search
from twin.serving.study import StudyResult
from twin.serving.systems.base import Outcome, PoolTimeline, System, Timeline
from twin.serving.systems.registry import systems
from twin.types import Document, FloatArray

SIGNIFICANT = 6
"""Digits of a grid's values: milliseconds stand beside kilowatts."""
_KNOBS = (
    "ttft_s", "tbt_s", "e2e_s", "requests_per_s", "tokens_per_s", "gpu_power_w",
    "server_power_w", "energy_per_request_j", "energy_per_token_j", "decoding",
)  # fmt: skip


def study_document(
    found: StudyResult, *, points: int, grid: Document | None, provenance: Document
) -> Document:
    """
    Write a study.

    Args:
        found: The study.
        points: Most records of each timeline.
        grid: Hours that prices and carbon were taken from.
        provenance: Hash of the inputs, model version, seed, time of computing.
    """
    horizon_s = found.study.traffic.length_s
    base = next((o for o in found.outcomes if o.system == "baseline"), None)
    return {
        "name": found.study.name, "horizon_s": horizon_s,
        "capacity_frac": plain(found.capacity_frac),
        "outcomes": [
            outcome_document(one, base, horizon_s=horizon_s, points=points)
            for one in found.outcomes
        ],
        "refused": _refused(found.refused), "pareto": plain(found.pareto),
        "grid": grid, "warnings": list(found.warnings),
        "inputs": plain(found.study), "provenance": provenance,
    }  # fmt: skip


def _refused(errors: Mapping[str, ScenarioError]) -> list[Document]:
    """Write what cannot be had here, by its label, and why."""
    return [
        {
            "label": label, "field": error.field, "rule": error.rule,
            "value": _short(plain(error.value)), "repair": error.repair,
        }
        for label, error in errors.items()
    ]  # fmt: skip


def _short(value: Any) -> Any:
    return str(value)[:200] if isinstance(value, dict | list) else value


def outcome_document(
    one: Outcome, base: Outcome | None, *, horizon_s: float, points: int
) -> Document:
    """Write an outcome, with its own baseline and how it differs from both."""
    comparable = base is not None and base is not one and not one.own_terms
    own = one.baseline
    return _figures(one) | _origin(one.system) | {
        "timeline": None if one.timeline is None
        else timeline_document(one.timeline, horizon_s=horizon_s, points=points),
        "against_baseline": against(one, base) if base and comparable else None,
        "baseline": None if own is None else _figures(own),
        "against_own": None if own is None else against(one, own),
    }  # fmt: skip


def _figures(one: Outcome) -> Document:
    """Figures of an outcome, without its timeline and baseline."""
    names = (
        "system", "label", "unit", "arrived", "finished", "refused", "in_flight",
        "attained_frac", "latency_s", "slowdown", "energy_j", "mean_power_w",
        "peak_power_w", "output_tokens", "gpu_hours", "cost_usd", "carbon_g",
        "quality_frac", "own_terms", "notes", "figures", "energy_per_token_j",
        "energy_per_unit_wh",
    )  # fmt: skip
    document = figures(one, *names)
    done = one.finished
    document["cost_per_1000_usd"] = 1000.0 * one.cost_usd / done if done else None
    return document


def _origin(key: str) -> Document:
    """Which system a curve is of, and how sure its mechanism is."""
    system = systems().get(key)
    names = ("kind", "summary", "source", "mark", "page")
    return {name: "" if system is None else getattr(system, name) for name in names}


def against(one: Outcome, base: Outcome) -> Document:
    """Write how an outcome differs from a baseline; -0.2 is a fifth less."""

    def change(name: str) -> float | None:
        before = getattr(base, name)
        return plain(getattr(one, name) / before - 1.0) if before else None

    return {
        "label": base.label,
        "attained_points": plain(one.attained_frac - base.attained_frac),
        "energy_frac": change("energy_j"),
        "mean_power_frac": change("mean_power_w"),
        "peak_power_frac": change("peak_power_w"),
        "energy_per_token_frac": change("energy_per_token_j"),
        "cost_frac": change("cost_usd"), "carbon_frac": change("carbon_g"),
    }  # fmt: skip


# --- timelines ------------------------------------------------------------------------


def timeline_document(timeline: Timeline, *, horizon_s: float, points: int) -> Document:
    """
    Write a timeline with few records: means stay means, peaks stay peaks.

    Args:
        timeline: What there is.
        horizon_s: End of its last record. [s]
        points: Most records.
    """
    length_s = np.diff(np.append(timeline.time_s, horizon_s))
    each = max(1, math.ceil(timeline.time_s.size / points))
    first = np.arange(0, timeline.time_s.size, each)

    def mean(values: FloatArray) -> FloatArray:
        if each == 1:
            return values
        total = np.add.reduceat(values * length_s, first)
        return np.asarray(total / np.add.reduceat(length_s, first))

    def pool(one: PoolTimeline) -> Document:
        return {
            "name": one.name, "role": one.role,
            "gpus_per_instance": one.gpus_per_instance,
        } | {
            name: plain(mean(getattr(one, name)))
            for name in ("power_w", "instances", "clock_mhz", "queued")
        }  # fmt: skip

    return {
        "time_s": plain(timeline.time_s[first]),
        "power_w": plain(mean(timeline.power_w)),
        "power_max_w": plain(np.maximum.reduceat(timeline.power_max_w, first)),
        "pools": [pool(one) for one in timeline.pools],
    }  # fmt: skip


# --- systems --------------------------------------------------------------------------


def system_document(system: System) -> Document:
    """Write a system with its knobs."""
    return figures(
        system, "key", "label", "kind", "summary", "source", "mark", "page", "own_terms"
    ) | {"knobs": knob_documents(system.parameters)}


def knob_documents(model: type[Model]) -> list[Document]:
    """Write every field of a model: meaning, unit, default, source and range."""
    schema = model.model_json_schema()
    return [
        _knob(name, part, schema["properties"][name])
        for name, part in model.model_fields.items()
    ]


_RANGE = {
    "minimum": "low", "exclusiveMinimum": "above", "maximum": "high",
    "exclusiveMaximum": "below",
}  # fmt: skip


def _knob(name: str, info: Any, said: Mapping[str, Any]) -> Document:
    choices = [c for c in said.get("anyOf", [said]) if c.get("type") != "null"]
    kind = choices[0]
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    doc, examples = str(info.description or name), said.get("examples") or [None]
    default = (
        None if info.is_required() else info.get_default(call_default_factory=True)
    )
    return {
        "name": name, "doc": doc.rsplit(" [", maxsplit=1)[0],
        "kind": "choice" if "enum" in kind else str(kind.get("type", "object")),
        "unit": str(extra.get("unit", "")), "source": str(extra.get("source", "")),
        "default": plain(default), "example": examples[0],
        "may_be_empty": len(choices) < len(said.get("anyOf", [said])),
        "choices": list(kind.get("enum", [])),
    } | {ours: kind.get(theirs) for theirs, ours in _RANGE.items()}  # fmt: skip


# --- searches -------------------------------------------------------------------------


def knobs_document(found: Knobs, provenance: Document) -> Document:
    """Write a knob grid; values are flat, the last axis runs fastest."""
    shape = list(found.grid.tbt_s.shape)
    axes = [
        {"name": "tensor_parallel", "values": list(found.tensor_parallel)},
        *({"name": n, "values": list(found.grid.axes[n])} for n in AXES[1:]),
    ]
    return {
        "axes": axes, "shape": shape,
        "values": {n: _rounded(getattr(found.grid, n)) for n in _KNOBS},
        "refused": _refused({f"{k} GPUs": e for k, e in found.refused.items()}),
        "sources": list(found.source), "provenance": provenance,
    }  # fmt: skip


def _rounded(values: FloatArray) -> list[float | None]:
    return [
        float(f"{v:.{SIGNIFICANT}g}") if math.isfinite(v) else None
        for v in values.ravel().tolist()
    ]


def provision_document(found: Search, provenance: Document) -> Document:
    """Write the machines found for each design."""
    return {
        "found": [plain(one) for one in found.found.values()],
        "refused": _refused(found.refused),
        "provenance": provenance,
    }


def grid_document(year: GridYear, mean_price_usd_per_mwh: float) -> Document:
    """Write which hours a study's prices and carbon are from."""
    filled = year.filled
    return {
        "name": year.name, "year": year.start.year,
        "energy_usd_per_kwh": mean_price_usd_per_mwh / 1000.0,
        "carbon_filled_hours": filled["carbon"], "price_filled_hours": filled["price"],
    }  # fmt: skip

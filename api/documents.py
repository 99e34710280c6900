"""Results of the core as JSON documents and as tables."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from twin.plan import PlanResult, WhatIf
from twin.result import RunResult, Series
from twin.types import Document

Table = dict[str, list[Any]]
SERIES_DECIMALS = 3
"""Series are for drawing: a milliwatt and a millisecond are far below a pixel."""


def plain(value: Any) -> Any:
    """
    Turn records, arrays and numbers into JSON values; not-a-number becomes null.

    Args:
        value: Record of the core, array, number, text or container of these.

    Returns:
        The same as dicts, lists, numbers, texts and None.
    """
    if isinstance(value, np.ndarray):
        return numbers(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)
        }
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def figures(record: object, *names: str) -> Document:
    """Turn some attributes of a record into JSON values."""
    return {name: plain(getattr(record, name)) for name in names}


def numbers(values: np.ndarray) -> list[float | None]:
    """An array for JSON: three decimals, null where missing; flags as they are."""
    if values.dtype == np.bool_:
        flags: list[float | None] = values.tolist()
        return flags
    finite = np.isfinite(values)
    rounded: list[float | None] = np.round(values, SERIES_DECIMALS).tolist()
    if finite.all():
        return rounded
    return [v if ok else None for v, ok in zip(rounded, finite, strict=True)]


def run_document(
    run: RunResult, provenance: Document, *, series: bool = True
) -> Document:
    """
    Write a run as a document.

    Args:
        run: The run.
        provenance: Hash of the inputs, model version, seed, time of computing.
        series: Whether the curves over time are wanted; null otherwise.

    Returns:
        Field names of `RunResult`, and `added_servers`, `meets_slo`, `provenance`.
    """
    shown = dataclasses.replace(run, events=())
    if not series:
        shown = dataclasses.replace(shown, series=_NONE)
    document: Document = plain(shown)
    # by the thousand, of plain values only: `plain` would take longer than the run
    document["events"] = [
        {"t_s": e.t_s, "kind": e.kind, "target": e.target, "value": e.value}
        for e in run.events
    ]
    document["energy_split"]["total_wh"] = plain(run.energy_split.total_wh)
    document["added_servers"] = run.added_servers
    document["meets_slo"] = run.meets_slo
    document["provenance"] = {**provenance, "seed": run.seed}
    return document


_NONE: Any = None


def what_if_document(
    answer: WhatIf, provenance: Document, *, series: bool = True
) -> Document:
    """
    Write a what-if as a document; the reference never has curves.

    Args:
        answer: The answer.
        provenance: As for `run_document`.
        series: Whether run and baseline have curves.

    Returns:
        `run`, `reference`, `baseline`, `scenario` and `provenance`.
    """
    return {
        "run": run_document(answer.run, provenance, series=series),
        "reference": run_document(answer.reference, provenance, series=False),
        "baseline": run_document(answer.baseline, provenance, series=series),
        "scenario": plain(answer.scenario),
        "provenance": provenance,
    }


def plan_document(result: PlanResult, provenance: Document) -> Document:
    """
    Write a plan as a document; its cells have figures but no curves.

    Args:
        result: The plan.
        provenance: As for `run_document`.

    Returns:
        `cells`, `best`, `baseline`, `rate_per_server_s`, `scenario`, `provenance`.
    """
    cells = []
    for cell in result.cells:
        entry = plain(dataclasses.replace(cell, runs=()))
        entry["runs"] = [run_document(r, provenance, series=False) for r in cell.runs]
        cells.append(entry)
    return {
        "cells": cells,
        "best": dict(result.best),
        "baseline": run_document(result.baseline, provenance),
        "rate_per_server_s": plain(result.rate_per_server_s),
        "scenario": plain(result.scenario),
        "provenance": provenance,
    }


# --- tables ---------------------------------------------------------------------------


def series_table(run: Document) -> Table:
    """Curves of a run document as columns; JSONB does not keep their order."""
    return {f.name: run["series"][f.name] for f in dataclasses.fields(Series)}


def cell_table(plan: Document) -> Table:
    """
    Cells of a plan document as columns: means over the seeds, and the peak's range.

    Thresholds differ between policies, so the time above each one stands in a
    column of its own, empty where a policy does not have it.
    """
    rows = [_cell_row(cell) for cell in plan["cells"]]
    names = list(dict.fromkeys(name for row in rows for name in row))
    names.sort(key=lambda name: name.startswith("above_"))  # stable: rest keeps order
    return {name: [row.get(name) for row in rows] for name in names}


def _cell_row(cell: Document) -> Document:
    runs = cell["runs"]
    row: Document = {
        "policy": cell["policy"],
        "added_servers": cell["added_servers"],
        "server_count": cell["server_count"],
        "meets_slo": cell["meets_slo"],
        "meets_slo_confidence": cell["meets_slo_confidence"],
        "seed_count": len(runs),
    }
    for name in _RUN_FIGURES:
        row[name] = _mean([run[name] for run in runs])
    row["peak_frac_low"] = min(run["peak_frac"] for run in runs)
    row["peak_frac_high"] = max(run["peak_frac"] for run in runs)
    for index, level in enumerate(runs[0]["above"]):
        row[f"above_{level['name']}_s"] = _mean(
            [run["above"][index]["above_s"] for run in runs]
        )
    for priority in ("low", "high"):
        for name in _PRIORITY_FIGURES:
            row[f"{priority}_{name}"] = _mean([run[priority][name] for run in runs])
        for name in ("p50_s", "p99_s"):
            row[f"{priority}_e2e_{name}"] = _mean(
                [run[priority]["e2e"][name] for run in runs]
            )
    row["breaches"] = "; ".join(cell["breaches"])
    return row


_RUN_FIGURES = (
    "peak_w", "peak_frac", "mean_w", "mean_frac", "energy_wh", "energy_per_token_j",
    "rise_2s_frac", "rise_40s_frac", "caps_low", "caps_high", "releases", "brakes",
    "brake_s",
)  # fmt: skip
_PRIORITY_FIGURES = (
    "arrived", "carried_over", "finished", "in_flight", "throughput_tokens_per_s",
    "capped_s", "p50_impact_frac", "p99_impact_frac", "throughput_impact_frac",
)  # fmt: skip


def _mean(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


def as_csv(table: Table) -> bytes:
    """Write columns as CSV; missing values are empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return text.getvalue().encode()


def as_parquet(table: Table) -> bytes:
    """Write columns as Parquet."""
    buffer = io.BytesIO()
    columns = pa.Table.from_pydict(table)  # type: ignore[attr-defined]
    pq.write_table(columns, buffer)  # type: ignore[no-untyped-call]
    return buffer.getvalue()

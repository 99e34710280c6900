"""Write a run of serving systems: JSON, its figures and its timelines as CSV."""

from __future__ import annotations

from cli.files import as_csv, as_json
from twin.types import Document

_FIGURES = (
    "system", "label", "unit", "arrived", "finished", "in_flight", "attained_frac",
    "energy_j", "mean_power_w", "peak_power_w", "energy_per_token_j",
    "energy_per_unit_wh", "output_tokens", "gpu_hours", "cost_usd",
    "cost_per_1000_usd", "carbon_g", "quality_frac", "source", "mark",
)  # fmt: skip
_LATENCY = [(m, p) for m in ("ttft", "tbt", "e2e") for p in ("p50", "p90", "p99")]


def run_files(run: Document) -> dict[str, bytes]:
    """Files of a run by their names."""
    return {
        "serving.json": as_json(run), "systems.csv": systems_csv(run),
        "timelines.csv": timelines_csv(run), "pools.csv": pools_csv(run),
    }  # fmt: skip


def systems_csv(run: Document) -> bytes:
    """Write the figures of each system, one a line."""
    head = [*_FIGURES, *(f"{m}_{p}_s" for m, p in _LATENCY)]
    rows = [
        [
            *(one[name] for name in _FIGURES),
            *(one["latency_s"].get(m, {}).get(p) for m, p in _LATENCY),
        ]
        for one in run["outcomes"]
    ]
    return as_csv(head, rows)


def timelines_csv(run: Document) -> bytes:
    """Write site power over time, one system after the other."""
    head = ["system", "label", "time_s", "power_w", "power_max_w"]
    rows = (
        [one["system"], one["label"], *values]
        for one, line in _timelines(run)
        for values in zip(
            line["time_s"], line["power_w"], line["power_max_w"], strict=True
        )
    )
    return as_csv(head, rows)


def pools_csv(run: Document) -> bytes:
    """Write every pool over time."""
    names = ("power_w", "instances", "clock_mhz", "queued")
    head = ["system", "label", "pool", "role", "gpus_per_instance", "time_s", *names]
    rows = (
        [
            one["system"], one["label"], pool["name"], pool["role"],
            pool["gpus_per_instance"], *values,
        ]
        for one, line in _timelines(run)
        for pool in line["pools"]
        for values in zip(line["time_s"], *(pool[n] for n in names), strict=True)
    )  # fmt: skip
    return as_csv(head, rows)


def _timelines(run: Document) -> list[tuple[Document, Document]]:
    """Systems that have a course in time."""
    return [(o, o["timeline"]) for o in run["outcomes"] if o["timeline"] is not None]

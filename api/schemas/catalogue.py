"""The catalogue and facts about the server itself."""

from __future__ import annotations

from typing import Any, Literal

from api.schemas.base import Out, said
from store.datasets import DatasetInfo
from twin.scenario.own import OwnCurve, OwnFigure


class FigureOut(Out):
    """A number with its unit, source and how far to trust it."""

    value: float = said("Value", 400.0, unit="see unit")
    unit: str = said("Unit", "W")
    source: str = said("Where it comes from", "NVIDIA datasheet, widely quoted")
    mark: str = said(
        "measured, published, second-hand, memory, fitted or assumed", "published"
    )


_FIGURE = {"value": 400.0, "unit": "W", "source": "datasheet", "mark": "published"}


class GpuOut(Out):
    """One GPU type."""

    key: str = said("Key", "a100-sxm-80gb")
    label: str = said("Name", "A100 SXM 80 GB")
    figures: dict[str, FigureOut] = said(
        "Power, clocks and memory by name", {"tdp_w": _FIGURE}
    )


class ServerOut(Out):
    """One server type."""

    key: str = said("Key, `fleet.server` of a scenario", "dgx-a100")
    label: str = said("Name", "DGX A100")
    gpu: GpuOut = said("GPU in it", {})
    gpu_count: int = said("GPUs in it", 8, unit="GPUs")
    idle_w: float = said("Power with every GPU idle, by the model", 1512.0, unit="W")
    full_w: float = said("Power with every GPU at TDP, by the model", 4960.0, unit="W")
    figures: dict[str, FigureOut] = said(
        "Rated and provisioned power, host curve", {"rated_w": _FIGURE}
    )
    measured: dict[str, FigureOut] = said("What was observed", {"peak_w": _FIGURE})
    models: list[str] = said("Models it can carry", ["bloom-176b"])
    file: str = said("File of your own it comes from; empty in ours", "", "")


class ServerList(Out):
    """Server types."""

    items: list[ServerOut] = said("By key", [])


class PlantOut(Out):
    """One cooling plant."""

    key: str = said("Key, `facility.cooling.plant` of a scenario", "lake-water")
    label: str = said("What it is", "Lake water behind a plate exchanger")
    like: str = said("Ready-made plant it is or starts from", "water-cooled")
    settings: dict[str, OwnFigure | OwnCurve] = said(
        "Coefficients that differ, each with its source", {}
    )
    file: str = said("File of your own it comes from; empty in ours", "", "")


class PlantList(Out):
    """Cooling plants."""

    items: list[PlantOut] = said("Ready-made, then the user's own", [])


class ModelOut(Out):
    """One served model on one server type."""

    model: str = said("Key, `fleet.model` of a scenario", "bloom-176b")
    server: str = said("Server type", "dgx-a100")
    gpus_per_instance: int = said("GPUs of one copy", 8, unit="GPUs")
    instances_per_server: int = said("Copies on one server", 1, unit="copies")
    kv_capacity_tokens: float = said(
        "Tokens a copy's cache holds", 55803.0, unit="tokens"
    )
    max_batch: int = said("Sequences decoding together", 64, unit="sequences")
    measured_gpu: str = said("GPU behind the numbers", "a100-sxm-80gb")
    stands_in: str | None = said(
        "Why another GPU's numbers stand in; null if none", None
    )
    source: str = said("Where the numbers come from", "splitwise-sim, medians")
    marks: dict[str, str] = said("How far to trust each part", {"prefill": "measured"})


class ModelList(Out):
    """Served models."""

    items: list[ModelOut] = said("By server and model", [])


class SettingOut(Out):
    """One setting of a policy."""

    name: str = said("Name", "t1_frac")
    unit: str | None = said("Unit", "1")
    doc: str = said("Meaning", "First threshold, row power ÷ provisioned")
    default: Any = said("Default", 0.8, unit="see unit")
    source: str | None = said("Where the default comes from", "POLCA, ASPLOS 2024")


class PolicyOut(Out):
    """One policy."""

    name: str = said("Name, `policy.name` of a scenario", "polca")
    doc: str = said("What it does", "Two thresholds: low priority slows first")
    settings: list[SettingOut] = said("Its settings", [])
    allowed: bool = said("Whether this server accepts it", True)


class PolicyList(Out):
    """Policies."""

    items: list[PolicyOut] = said("Built in, then the user's own", [])


class DatasetList(Out):
    """Datasets."""

    items: list[DatasetInfo] = said("Published, then the user's own", [])


KernelState = Literal["cold", "warming", "warm", "failed"]


class HealthOut(Out):
    """Whether the server is up."""

    status: Literal["ok"] = said("Alive", "ok")
    database: Literal["sqlite", "postgresql"] = said("Database that answered", "sqlite")
    kernel: KernelState = said(
        "Whether what computes a row is compiled; `kernel_words` says what that means",
        "warm",
    )
    kernel_words: str = said("The same in words", "Compiled: rows are answered at once")
    unfinished_jobs: int = said("Jobs waiting or running", 0, unit="jobs")
    found_at_start: str = said(
        "How the run before ended and what that cut off; empty where it ended in order",
        "The run before ended without a goodbye at about 2026-01-05 00:00 UTC "
        "(host a). 1 job was cut off: run run_1: ask again.",
    )


class VersionOut(Out):
    """Versions."""

    product: str = said("Version of the product", "0.1.0")
    model: str = said("Version of the model's numbers", "1")
    scenario_schema: int = said("Version of the scenario format", 1)

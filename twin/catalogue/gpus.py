"""
GPUs and clock curves: rated and idle power, clock range, memory, with sources.

Only the A100 has a measured clock curve. Every other GPU borrows its shape on
relative clock (a share of the top clock); the source of each curve says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from twin.catalogue.figure import Figure
from twin.catalogue.performance import ClockCurve


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU type."""

    key: str
    label: str
    tdp_w: Figure
    idle_w: Figure
    clock_min_mhz: Figure
    clock_max_mhz: Figure
    brake_clock_mhz: Figure
    memory_gb: Figure


def _assumed_brake(clock_max_mhz: float) -> Figure:
    """Brake clock of a GPU nobody measured: the A100's share of its top clock."""
    source = "the A100's share of its top clock, 288 / 1410"
    return Figure(round(clock_max_mhz * 288 / 1410), "MHz", source, "assumed")


SPLITWISE = "splitwise-sim constant power model (Patel et al., ISCA 2024, MIT)"
POLCA = "Patel et al., POLCA, ASPLOS 2024"
ACME = "AcmeTrace, Seren cluster (Hu et al., NSDI 2024, CC-BY 4.0)"
STREAMWISE = "StreamWise artifact (Azure/realtimevideogen, MIT), simulator constants"
NVIDIA_DPS = "NVIDIA DPS documentation, device specifications"
_DATASHEET = "NVIDIA datasheet, widely quoted"
_AMD = "AMD Instinct MI300X data sheet, from memory"
_MEMORY = "from memory, not checked against a document"
_MLPERF_H200 = "MLPerf Inference v4.1 system description, NVIDIA H200-SXM-141GBx8"

A100 = Gpu(
    key="a100-sxm-80gb",
    label="A100 SXM 80 GB",
    tdp_w=Figure(400, "W", _DATASHEET, "published"),
    idle_w=Figure(63, "W", f"{SPLITWISE}; {ACME}: tenth percentile 63 W", "measured"),
    clock_min_mhz=Figure(210, "MHz", _DATASHEET, "memory"),
    clock_max_mhz=Figure(1410, "MHz", _DATASHEET, "published"),
    brake_clock_mhz=Figure(288, "MHz", POLCA, "second-hand"),
    memory_gb=Figure(80, "GB", _DATASHEET, "published"),
)

H100 = Gpu(
    key="h100-sxm-80gb",
    label="H100 SXM 80 GB",
    tdp_w=Figure(700, "W", _DATASHEET, "published"),
    idle_w=Figure(
        75,
        "W",
        f"{SPLITWISE}; other reports give 69 W (8 idle GPUs draw 550 W) to 80 W",
        "published",
    ),
    clock_min_mhz=Figure(210, "MHz", _MEMORY, "memory"),
    clock_max_mhz=Figure(
        1980, "MHz", "sweep range in DynamoLLM, from memory", "memory"
    ),
    brake_clock_mhz=_assumed_brake(1980),
    memory_gb=Figure(80, "GB", "Splitwise, ISCA 2024, table 1", "second-hand"),
)

H200 = Gpu(
    key="h200-sxm-141gb",
    label="H200 SXM 141 GB",
    tdp_w=Figure(700, "W", _MLPERF_H200, "published"),
    idle_w=Figure(75, "W", "the H100's: same chip with more memory", "assumed"),
    clock_min_mhz=Figure(210, "MHz", "the H100's: same chip", "assumed"),
    clock_max_mhz=Figure(1980, "MHz", "the H100's: same chip", "assumed"),
    brake_clock_mhz=_assumed_brake(1980),
    memory_gb=Figure(141, "GB", _MLPERF_H200, "published"),
)

B200 = Gpu(
    key="b200-sxm-180gb",
    label="B200 SXM 180 GB",
    tdp_w=Figure(1000, "W", "third-party page on NVIDIA certification", "second-hand"),
    idle_w=Figure(
        140,
        "W",
        f"between 107 W (the H100's share of TDP) and 170 W (GB200 in {STREAMWISE})",
        "assumed",
    ),
    clock_min_mhz=Figure(120, "MHz", _MEMORY, "memory"),
    clock_max_mhz=Figure(1965, "MHz", _MEMORY, "memory"),
    brake_clock_mhz=_assumed_brake(1965),
    memory_gb=Figure(
        180, "GB", "MLPerf Training v5.0, system name 8xB200_SXM_180GB", "published"
    ),
)

GB200 = Gpu(
    key="gb200-186gb",
    label="GB200 (B200 GPU beside Grace) 186 GB",
    tdp_w=Figure(1200, "W", NVIDIA_DPS, "published"),
    idle_w=Figure(
        200,
        "W",
        f"{NVIDIA_DPS}: minimum load of one GPU; {STREAMWISE} says 170 W",
        "published",
    ),
    clock_min_mhz=Figure(120, "MHz", "the B200's", "assumed"),
    clock_max_mhz=Figure(1965, "MHz", "the B200's", "assumed"),
    brake_clock_mhz=_assumed_brake(1965),
    memory_gb=Figure(186, "GB", _MEMORY, "memory"),
)

MI300X = Gpu(
    key="mi300x-192gb", label="MI300X 192 GB", tdp_w=Figure(750, "W", _AMD, "memory"),
    idle_w=Figure(140, "W", "idle reading of a management tool, from memory", "memory"),
    clock_min_mhz=Figure(132, "MHz", _MEMORY, "memory"),
    clock_max_mhz=Figure(2100, "MHz", _AMD, "memory"),
    brake_clock_mhz=_assumed_brake(2100), memory_gb=Figure(192, "GB", _AMD, "memory"),
)  # fmt: skip

GPUS: dict[str, Gpu] = {g.key: g for g in (A100, H100, H200, B200, GB200, MI300X)}

A100_CLOCKS = ClockCurve(
    clock_mhz=(210, 405, 795, 990, 1200, 1410),
    slowdown=(5.433, 2.891, 1.519, 1.243, 1.079, 1.0),
    dynamic_power_frac=(0.1168, 0.2355, 0.4312, 0.5719, 0.7278, 1.0),
    source="StreamWise artifact (Azure/realtimevideogen, MIT), A100 diffusion sweep, "
    "one run per clock; power above a 63 W idle",
)


def _clocks(gpu: Gpu) -> ClockCurve:
    """Clock curve of a GPU: measured on A100, else that curve, marked assumed."""
    if gpu is A100:
        return A100_CLOCKS
    return replace(
        A100_CLOCKS,
        source=f"assumed for {gpu.label}: the A100's curve on relative clock; "
        f"{A100_CLOCKS.source}",
    )


CLOCK_CURVES: dict[str, ClockCurve] = {g.key: _clocks(g) for g in GPUS.values()}

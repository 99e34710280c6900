"""
Named inputs of the energy of a query: two publications kept apart, and measurements.

`v1` and `v2` are the two versions of one publication (arXiv 2509.20241; v2 is Joule,
2026). They share inputs but not results, and a preset takes nothing from the other.
Their throughput was never published: each class's level is backed out of that class's
published median, by the arithmetic of `back_out`, so these medians confirm nothing.
The slopes are fitted to NVIDIA's public table, which the publication names as its
source. `nvidia-405b` takes the level from that table too and nothing from a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from twin.catalogue import find_server
from twin.catalogue.figure import Mark
from twin.scenario.query_parts import (
    LineThroughput,
    Pathway,
    PointsThroughput,
    QueryClass,
    Throughput,
    WorkThroughput,
)
from twin.scenario.spread import Exponential, Fixed, LogNormal, Spread, Uniform

PresetName = Literal[
    "v1", "v2", "nvidia-405b", "measured-llama-405b", "measured-qwen3-235b"
]
PUE_MEDIAN = 1.2124
"""Geometric mean of the published P5 and P95, 1.05 and 1.40."""
NODE_MAX_W = 11_300.0
NODE_MEDIAN_W = 0.7 * NODE_MAX_W
INPUT_SLOPE, OUTPUT_SLOPE = -0.4784, 0.2365
"""Least squares of `ln TPS` over NVIDIA's ten rows of Llama 3.1 405B on eight H100."""
PREFILL_S, DECODE_S, CACHE_S = 1.1682e-4, 1.35995e-4, 7.0146e-8
"""The work balance over the same rows, all within 9 %."""
FLEET_OVERHEAD_V1, FLEET_OVERHEAD_V2 = 1.89, 1.81
"""
Fleet energy ÷ (queries × mean energy of one), each version's of its own fleet. Derived:
v1's 0.8 GWh over a billion queries is 0.8 Wh each, and the mean here is 0.424 Wh; v2's
0.7 GWh over 0.386 Wh. So these fleets confirm nothing. What the overhead stands for
(spare capacity, load below the benchmark's, other queries) was not published.
"""

_PAPER = "Oviedo et al., arXiv 2509.20241"
_REVIEW = f"{_PAPER}, via a public review of its text"
_POST = "Microsoft Cloud blog of 2026-06-15, via news"
_NVIDIA = "NVIDIA TensorRT-LLM 1.0 performance overview, Llama 3.1 405B FP8, 8 x H100"
_MLENERGY = "ML.ENERGY benchmark v3 (Chung et al., NeurIPS 2025)"
_GRID = "grid_weather_hourly, PJM 2022, mean of its hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcedInput:
    """
    What a preset's input rests on.

    Args:
        field: Input.
        said: What is known of it.
        source: Where from.
        mark: How far to trust it.
    """

    field: str
    said: str
    source: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Inputs under one name; fields as in `QueryEnergyInput`."""

    title: str
    typical: QueryClass
    long: QueryClass
    node_w: Spread
    water_l_per_it_kwh: Spread
    pathways: tuple[Pathway, ...]
    fleet_overhead: float
    sources: tuple[SourcedInput, ...]


def back_out(energy_wh: float, output_tokens: float) -> float:
    """
    Tokens per second at which a median query takes a published median energy.

    Args:
        energy_wh: Median of the energy per query. [Wh]
        output_tokens: Median of the answer. [token]

    Returns:
        Output of the node. [tokens/s]

    Source:
        docs/models/energy_per_query.md, eq. 2; medians of PUE and node power.
    """
    return PUE_MEDIAN * NODE_MEDIAN_W * output_tokens / (3600.0 * energy_wh)


def _line(energy_wh: float, output_tokens: float) -> Throughput:
    return LineThroughput(
        tokens_per_s=back_out(energy_wh, output_tokens), reference_input=500,
        reference_output=output_tokens, input_slope=INPUT_SLOPE,
        output_slope=OUTPUT_SLOPE, least_tokens=128, most_tokens=4096,
    )  # fmt: skip


def _queries(output_tokens: float, throughput: Throughput) -> QueryClass:
    return QueryClass(
        input_tokens=Fixed(value=500), output_tokens=Exponential(median=output_tokens),
        throughput=throughput,
    )  # fmt: skip


_NODE = LogNormal(
    median=NODE_MEDIAN_W, p5=0.4 * NODE_MAX_W, p95=0.9 * NODE_MAX_W, most=NODE_MAX_W
)
_WORK = WorkThroughput(
    prefill_s_per_token=PREFILL_S, decode_s_per_token=DECODE_S,
    cache_s_per_token2=CACHE_S, least_tokens=128, most_tokens=4096,
)  # fmt: skip


def _measured_node_w(*gpus_w: float) -> Spread:
    """Power at the server's inputs for measured power of its eight GPUs."""
    server = find_server("dgx-h100")
    at_wall = sorted(server.power_w(w) for w in gpus_w)
    return Uniform(low=at_wall[0], high=at_wall[-1])


_QWEN = PointsThroughput(
    output_tokens=(881.44, 9296.9), tokens_per_s=(5341.96, 2829.71),
    least_tokens=881.44, most_tokens=9296.9,
)  # fmt: skip
_LLAMA = PointsThroughput(
    output_tokens=(367.15,), tokens_per_s=(2363.45,), least_tokens=100,
    most_tokens=1000,
)  # fmt: skip


def _pathways(
    ranges: Mapping[str, tuple[float, float]], source: str, mark: Mark
) -> tuple[Pathway, ...]:
    """Log-uniform ranges; by default a fleet gets new hardware and nothing else."""
    return tuple(
        Pathway(
            name=name, reduction=Uniform(kind="loguniform", low=low, high=high),
            typical=not (name == "serving" and low == 1.0),
            fleet_frac=1.0 if name == "hardware" else 0.0, source=source, mark=mark,
        )
        for name, (low, high) in ranges.items()
    )  # fmt: skip


_V1_PATHWAYS = _pathways(
    dict.fromkeys(("model", "serving", "hardware"), (1.5, 3.5)),
    f"{_PAPER} v1, abstract: 1.5 to 3.5 each; which is which was not published",
    "published",
)
_V2_PATHWAYS = _pathways(
    {"model": (5.0, 10.0), "serving": (1.0, 5.0), "hardware": (1.5, 2.5)},
    _POST, "second-hand",
)  # fmt: skip


def _said(field: str, said: str, source: str, mark: Mark) -> SourcedInput:
    return SourcedInput(field=field, said=said, source=source, mark=mark)


_TOKENS = _said(
    "typical, long: tokens", "prompt 500; answers exponential, medians 300 and 5,000",
    _REVIEW, "second-hand",
)  # fmt: skip
_PUE = _said(
    "pue", "log-normal, P5 to P95 1.05 to 1.40; below 1 taken as 1", _REVIEW,
    "second-hand",
)  # fmt: skip
_NODE_SAID = _said(
    "node_w", "8 x H100, 11.3 kW at most; median 0.7, P5 to P95 0.4 to 0.9 of it. The "
    "three do not fit one log-normal: the ratio sets its width, 0.7 its place", _REVIEW,
    "second-hand",
)  # fmt: skip
_REST = (
    _said("carbon_g_per_kwh", "363 g/kWh", _GRID, "published"),
    _said("energy_usd_per_kwh", "0.0895 USD/kWh, wholesale", _GRID, "published"),
    _said("node_usd_per_h", "38 USD/h for a machine of eight H100", "Splitwise (ISCA "
          "2024), table 1, via notes; a rent, so power may be in it", "second-hand"),
    _said("long_frac", "a tenth of the queries", f"{_PAPER}, abstract", "published"),
)  # fmt: skip
_WUE_2024 = _said(
    "water_l_per_it_kwh", "0 (closed loops) to 0.30, Microsoft's mean of fiscal 2024",
    "press on Microsoft's report", "second-hand",
)  # fmt: skip
_WUE_2025 = _said(
    "water_l_per_it_kwh", "0 (closed loops) to 0.27, Microsoft's mean of 2025",
    "press on Microsoft's report of 2026-06-24", "second-hand",
)  # fmt: skip
_SLOPES = _said(
    "throughput slopes", f"prompt {INPUT_SLOPE}, answer {OUTPUT_SLOPE}", _NVIDIA,
    "fitted",
)  # fmt: skip


def _overhead_said(version: str, overhead: float) -> SourcedInput:
    fleet = {"v1": "0.8", "v2": "0.7"}[version]
    return _said(
        "fleet_overhead", f"{overhead}: {version}'s {fleet} Wh a query ÷ the mean of "
        f"{version} here, so not independent of that fleet",
        "docs/models/energy_per_query.md", "fitted",
    )  # fmt: skip


def _level(version: str, typical_wh: float, long_wh: float) -> SourcedInput:
    return _said(
        "throughput levels",
        f"{back_out(typical_wh, 300):,.0f} tokens/s at 300 tokens and "
        f"{back_out(long_wh, 5000):,.0f} at 5,000, backed out of {typical_wh} and "
        f"{long_wh} Wh: not independent of them",
        f"{_PAPER} {version}, abstract; arithmetic ours", "fitted",
    )  # fmt: skip


def _published(
    version: str, typical_wh: float, long_wh: float, wue: SourcedInput,
    most_l_per_kwh: float, pathways: tuple[Pathway, ...], fleet_overhead: float,
) -> Preset:  # fmt: skip
    return Preset(
        title=f"As published, {version} of arXiv 2509.20241",
        typical=_queries(300, _line(typical_wh, 300)),
        long=_queries(5000, _line(long_wh, 5000)),
        node_w=_NODE, water_l_per_it_kwh=Uniform(low=0, high=most_l_per_kwh),
        pathways=pathways, fleet_overhead=fleet_overhead,
        sources=(_TOKENS, _level(version, typical_wh, long_wh), _SLOPES, _NODE_SAID,
                 _PUE, wue, _overhead_said(version, fleet_overhead), *_REST),
    )  # fmt: skip


def _independent(
    title: str, throughput: Throughput, node_w: Spread, *sources: SourcedInput
) -> Preset:
    """Inputs that no published energy of a query went into, but for the overhead."""
    return Preset(
        title=title, typical=_queries(300, throughput),
        long=_queries(5000, throughput), node_w=node_w,
        water_l_per_it_kwh=Uniform(low=0, high=0.27), pathways=_V2_PATHWAYS,
        fleet_overhead=FLEET_OVERHEAD_V2,
        sources=(_TOKENS, *sources, _PUE, _WUE_2025,
                 _overhead_said("v2", FLEET_OVERHEAD_V2), *_REST),
    )  # fmt: skip


def _measured_said(rates: str, gpus_w: str) -> tuple[SourcedInput, SourcedInput]:
    return (
        _said("throughput", rates, _MLENERGY, "measured"),
        _said("node_w", f"{gpus_w} of the GPUs, through the catalogue's line of a DGX "
              "H100; no scatter", _MLENERGY, "measured"),
    )  # fmt: skip


PRESETS: Mapping[str, Preset] = MappingProxyType({
    "v1": _published("v1", 0.34, 4.32, _WUE_2024, 0.30, _V1_PATHWAYS,
                     FLEET_OVERHEAD_V1),
    "v2": _published("v2", 0.31, 3.91, _WUE_2025, 0.27, _V2_PATHWAYS,
                     FLEET_OVERHEAD_V2),
    "nvidia-405b": _independent(
        "Throughput of Llama 3.1 405B as NVIDIA publishes it", _WORK, _NODE,
        _said("throughput", "prefill, decode and cache terms; within 9 % of ten rows, "
              "answers of 128 to 4,096 tokens", _NVIDIA, "fitted"), _NODE_SAID,
    ),
    "measured-llama-405b": _independent(
        "Throughput and power of Llama 3.1 405B FP8 as ML.ENERGY measured them",
        _LLAMA, _measured_node_w(4874.81),
        *_measured_said("2,363 tokens/s at 367 tokens, batch 256; long answers "
                        "were not measured, the same rate is held for them", "4,875 W"),
    ),
    "measured-qwen3-235b": _independent(
        "Throughput and power of Qwen3 235B FP8 as ML.ENERGY measured them",
        _QWEN, _measured_node_w(3960.90, 3918.10),
        *_measured_said("5,342 tokens/s at 881 tokens, batch 512, and 2,830 at 9,297, "
                        "batch 128; held below and above", "3,961 and 3,918 W"),
    ),
})  # fmt: skip
"""Name -> inputs; `v1` and `v2` are never mixed."""

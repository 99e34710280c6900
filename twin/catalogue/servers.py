"""
Servers: rated, provisioned, idle and measured power, a source for every value.

Server power is linear in GPU power: host_w + host_slope × GPU watts. The slope is
above one because fans, voltage regulators and power supplies follow the GPUs.
`docs/models/catalogue.md` shows how each line was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from twin.catalogue.figure import Figure
from twin.catalogue.gpus import (
    A100,
    ACME,
    B200,
    CLOCK_CURVES,
    GB200,
    H100,
    H200,
    MI300X,
    NVIDIA_DPS,
    POLCA,
    Gpu,
)

__all__ = ["CLOCK_CURVES", "SERVERS", "Gpu", "Server"]

_f = Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """
    One server type.

    `provisioned_w` is what a planner sets aside for it by default, `height_u` its
    height in rack units (a whole rack counts as 48); `measured` holds what was
    observed, by name. `cooled_like` names the type whose thermal data stand in.
    """

    key: str
    label: str
    gpu: Gpu
    gpu_count: int
    rated_w: Figure
    provisioned_w: Figure
    height_u: Figure
    host_w: Figure
    host_slope: Figure
    measured: dict[str, Figure] = field(default_factory=dict)
    cooled_like: str = ""

    @property
    def idle_w(self) -> float:
        """Server power [W] with every GPU idle."""
        return self.power_w(self.gpu_count * self.gpu.idle_w.value)

    @property
    def full_w(self) -> float:
        """Server power [W] with every GPU at its TDP."""
        return self.power_w(self.gpu_count * self.gpu.tdp_w.value)

    def power_w(self, gpu_power_w: float) -> float:
        """Server power [W] for a total GPU power [W]."""
        return self.host_w.value + self.host_slope.value * gpu_power_w

    def drawing(self, power_frac: float) -> Server:
        """
        Return a server of which each watt is `power_frac` times this one's.

        Host and GPUs alike, idle and busy; what is rated and provisioned stays.
        """
        if power_frac == 1.0:
            return self

        def times(figure: Figure) -> Figure:
            return replace(figure, value=power_frac * figure.value)

        gpu = replace(
            self.gpu, tdp_w=times(self.gpu.tdp_w), idle_w=times(self.gpu.idle_w)
        )
        return replace(self, gpu=gpu, host_w=times(self.host_w))


_MLPERF_H200 = "MLPerf Inference v4.1, NVIDIA 8x H200 MaxQ, wall analyser (Apache-2.0)"
_MLPERF_H100 = (
    "MLPerf Training v4.0, Sustainable Metal Cloud, GPT-3 on 64 nodes of 8x H100 in "
    "immersion, so without fans (Apache-2.0)"
)
_MLPERF_B200 = (
    "MLPerf Training v5.0, Lenovo SR780a V3 with 8x B200, AC input (Apache-2.0)"
)
_LATIF = (
    "Latif et al., IEEE Access 13 (2025), arXiv 2412.08602: 8x H100 node in training"
)
_USER_GUIDE = "NVIDIA DGX H100/H200 user guide, quoted by a third party"
_NETBOX_MI300X = "NetBox devicetype-library, Supermicro AS-8125GS-TNMR2 (CC0)"
_TRADE_PRESS = "trade press on GTC 2024; others say 120 to 140 kW"
_HOPPER_LINE = (
    "line through idle (8 x 75 W GPU, 2360 W server: H200 wall analyser) and full "
    "(8 x 700 W, 8400 W: Latif et al.); the two points come from two machines"
)

_TRAINING_PEAK = (
    "all GPUs at TDP ÷ 0.97: the A100 row's published training peak (POLCA), assumed "
    "to hold here too"
)

DGX_A100 = Server(
    key="dgx-a100",
    label="DGX A100 80 GB (8 GPUs)",
    gpu=A100,
    gpu_count=8,
    rated_w=_f(6500, "W", "NetBox devicetype-library, DGX A100 (CC0)", "published"),
    provisioned_w=_f(
        5113,
        "W",
        f"{POLCA}: a training row peaks at 97 % of provisioned; here a server with "
        "all GPUs at TDP draws 4960 W, and 4960 W / 0.97 = 5113 W",
        "fitted",
    ),
    height_u=_f(6, "U", "DGX A100 user guide", "memory"),
    host_w=_f(
        867,
        "W",
        f"{ACME}: line through idle (63 W/GPU, 1512 W/server) and the 95th percentile "
        "(407.7 W/GPU, 5040 W/server)",
        "fitted",
    ),
    host_slope=_f(1.279, "W/W", f"{ACME}: same line", "fitted"),
    measured={
        "idle_w": _f(
            1512, "W", f"{ACME}, tenth percentile of server power", "measured"
        ),
        "p95_w": _f(5040, "W", f"{ACME}, 95th percentile", "measured"),
        "p99_w": _f(5418, "W", f"{ACME}, 99th percentile", "measured"),
        "peak_w": _f(5700, "W", f"{POLCA}: no server above this was seen", "memory"),
    },
)

DGX_H100 = Server(
    key="dgx-h100",
    label="DGX H100 80 GB (8 GPUs)",
    gpu=H100,
    gpu_count=8,
    rated_w=_f(10200, "W", _USER_GUIDE, "second-hand"),
    provisioned_w=_f(8660, "W", _TRAINING_PEAK, "assumed"),
    height_u=_f(8, "U", "DGX H100 user guide", "memory"),
    host_w=_f(1635, "W", _HOPPER_LINE, "assumed"),
    host_slope=_f(1.208, "W/W", "same line", "assumed"),
    measured={
        "mean_w": _f(6850, "W", f"{_MLPERF_H100}, mean node", "measured"),
        "immersed_peak_w": _f(7375, "W", f"{_MLPERF_H100}, highest node", "measured"),
        "peak_w": _f(8400, "W", f"{_LATIF}, highest, GPUs near full use", "published"),
    },
)

DGX_H200 = Server(
    key="dgx-h200",
    label="DGX H200 141 GB (8 GPUs)",
    gpu=H200,
    gpu_count=8,
    rated_w=_f(10200, "W", _USER_GUIDE, "second-hand"),
    provisioned_w=_f(8660, "W", _TRAINING_PEAK, "assumed"),
    height_u=_f(8, "U", "as the DGX H100", "assumed"),
    host_w=_f(1635, "W", _HOPPER_LINE, "assumed"),
    host_slope=_f(1.208, "W/W", "same line", "assumed"),
    measured={
        "idle_w": _f(2360, "W", f"{_MLPERF_H200}, between runs", "measured"),
        "mean_w": _f(5604, "W", f"{_MLPERF_H200}, Llama-2-70B server", "measured"),
        "p99_w": _f(6356, "W", f"{_MLPERF_H200}, Llama-2-70B server", "measured"),
    },
)

_B200_LINE = (
    f"line through idle (8 x 140 W GPU, 2900 W) and peak (8 x 1000 W, 10358 W) of "
    f"{_MLPERF_B200}; GPUs taken at TDP at the peak; liquid-cooled machine (from "
    "memory): an air-cooled one draws more"
)

DGX_B200 = Server(
    key="dgx-b200",
    label="DGX B200 180 GB (8 GPUs)",
    gpu=B200,
    gpu_count=8,
    rated_w=_f(14300, "W", "NVIDIA DGX B200 user guide", "published"),
    provisioned_w=_f(10678, "W", _TRAINING_PEAK, "assumed"),
    height_u=_f(10, "U", "DGX B200 user guide", "memory"),
    host_w=_f(1686, "W", _B200_LINE, "assumed"),
    host_slope=_f(1.084, "W/W", "same line", "assumed"),
    measured={
        "idle_w": _f(2900, "W", f"{_MLPERF_B200}, before and after runs", "measured"),
        "mean_w": _f(9570, "W", f"{_MLPERF_B200}, Llama-2-70B LoRA", "measured"),
        "peak_w": _f(10358, "W", f"{_MLPERF_B200}, highest of all runs", "measured"),
    },
)

_RACK_LINE = (
    "line through idle (72 x 200 W GPU; 18 trays x 1000 W + 9 switch trays x 1000 W = "
    f"27 kW) and full (72 x 1200 W, 120 kW); trays from {NVIDIA_DPS}, switch trays "
    "assumed; 18 trays x 6667 W alone would be 120 kW"
)

GB200_NVL72 = Server(
    key="gb200-nvl72", label="GB200 NVL72 (one rack, 72 GPUs)", gpu=GB200, gpu_count=72,
    rated_w=_f(120_000, "W", _TRADE_PRESS, "second-hand"),
    provisioned_w=_f(120_000, "W", "rated power", "assumed"),
    height_u=_f(48, "U", "a whole rack", "assumed"),
    host_w=_f(8400, "W", _RACK_LINE, "assumed"),
    host_slope=_f(1.2916, "W/W", "same line", "assumed"),
)  # fmt: skip

MI300X_8 = Server(
    key="mi300x-8",
    label="Supermicro AS-8125GS-TNMR2 (8x MI300X)",
    gpu=MI300X,
    gpu_count=8,
    rated_w=_f(
        12_000,
        "W",
        f"{_NETBOX_MI300X}: six supplies of 3000 W; four carry the load as in a "
        "DGX H100 (4+2)",
        "assumed",
    ),
    provisioned_w=_f(9158, "W", _TRAINING_PEAK, "assumed"),
    height_u=_f(8, "U", "its name: 8U chassis", "memory"),
    host_w=_f(1635, "W", "the DGX H100's: same class of air-cooled host", "assumed"),
    host_slope=_f(1.208, "W/W", "the DGX H100's", "assumed"),
)

SERVERS: dict[str, Server] = {
    s.key: s for s in (DGX_A100, DGX_H100, DGX_H200, DGX_B200, GB200_NVL72, MI300X_8)
}

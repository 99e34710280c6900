"""
GPUs and servers: rated, idle and measured power, clocks, a source for every value.

Server power is linear in GPU power: host_w + host_slope × GPU watts. The slope is
above one because fans, voltage regulators and power supplies follow the GPUs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from twin.catalogue.figure import Figure, Mark
from twin.serving.performance import ClockCurve


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """
    One server type.

    `provisioned_w` is what a planner sets aside for it by default; `measured`
    holds what was observed, by name.
    """

    key: str
    label: str
    gpu: Gpu
    gpu_count: int
    rated_w: Figure
    provisioned_w: Figure
    host_w: Figure
    host_slope: Figure
    measured: dict[str, Figure] = field(default_factory=dict)

    @property
    def idle_w(self) -> float:
        """Server power with every GPU idle. [W]"""
        return self.power_w(self.gpu_count * self.gpu.idle_w.value)

    @property
    def full_w(self) -> float:
        """Server power with every GPU at its TDP. [W]"""
        return self.power_w(self.gpu_count * self.gpu.tdp_w.value)

    def power_w(self, gpu_power_w: float) -> float:
        """Server power for a total GPU power. [W]"""
        return self.host_w.value + self.host_slope.value * gpu_power_w


def _f(value: float, unit: str, source: str, mark: Mark) -> Figure:
    return Figure(value=value, unit=unit, source=source, mark=mark)


_SPLITWISE = "splitwise-sim constant power model (Patel et al., ISCA 2024, MIT)"
_POLCA = "Patel et al., POLCA, ASPLOS 2024"
_ACME = "AcmeTrace, Seren cluster (Hu et al., NSDI 2024, CC-BY 4.0)"
_DATASHEET = "NVIDIA datasheet, widely quoted"

A100 = Gpu(
    key="a100-sxm-80gb",
    label="A100 SXM 80 GB",
    tdp_w=_f(400, "W", _DATASHEET, "published"),
    idle_w=_f(63, "W", f"{_SPLITWISE}; {_ACME}: tenth percentile 63 W", "measured"),
    clock_min_mhz=_f(210, "MHz", _DATASHEET, "memory"),
    clock_max_mhz=_f(1410, "MHz", _DATASHEET, "published"),
    brake_clock_mhz=_f(288, "MHz", _POLCA, "second-hand"),
    memory_gb=_f(80, "GB", _DATASHEET, "published"),
)

A100_CLOCKS = ClockCurve(
    clock_mhz=(210, 405, 795, 990, 1200, 1410),
    slowdown=(5.433, 2.891, 1.519, 1.243, 1.079, 1.0),
    dynamic_power_frac=(0.1168, 0.2355, 0.4312, 0.5719, 0.7278, 1.0),
    source="StreamWise artifact (Azure/realtimevideogen, MIT), A100 diffusion sweep, "
    "one run per clock; power above a 63 W idle",
)

DGX_A100 = Server(
    key="dgx-a100",
    label="DGX A100 80 GB (8 GPUs)",
    gpu=A100,
    gpu_count=8,
    rated_w=_f(6500, "W", "NetBox devicetype-library, DGX A100 (CC0)", "published"),
    provisioned_w=_f(
        5113, "W",
        f"{_POLCA}: a training row peaks at 97 % of provisioned; here a server with "
        "all GPUs at TDP draws 4960 W, and 4960 W / 0.97 = 5113 W",
        "fitted",
    ),
    host_w=_f(
        867, "W",
        f"{_ACME}: line through idle (63 W/GPU, 1512 W/server) and the 95th percentile "
        "(407.7 W/GPU, 5040 W/server)",
        "fitted",
    ),
    host_slope=_f(1.279, "W/W", f"{_ACME}: same line", "fitted"),
    measured={
        "idle_w": _f(1512, "W", f"{_ACME}, tenth percentile of server power", "measured"),
        "p95_w": _f(5040, "W", f"{_ACME}, 95th percentile", "measured"),
        "p99_w": _f(5418, "W", f"{_ACME}, 99th percentile", "measured"),
        "peak_w": _f(5700, "W", f"{_POLCA}: no server above this was seen", "memory"),
    },
)  # fmt: skip

SERVERS: dict[str, Server] = {s.key: s for s in (DGX_A100,)}
CLOCK_CURVES: dict[str, ClockCurve] = {A100.key: A100_CLOCKS}

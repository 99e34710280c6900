"""
The agent's own page for Prometheus, under dcgm-exporter's names where it has them.

Names, units and labels are those of dcgm-exporter's default counters, so dashboards and
alerts made for it work; what it has no name for begins with `nameplate_agent_`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from agent.records import Device


@dataclass(frozen=True, slots=True)
class Series:
    """A series of the page: our value times the factor is its own."""

    name: str
    doc: str
    factor: float = 1.0
    kind: str = "gauge"


DCGM = {
    "sm_clock_hz": Series("DCGM_FI_DEV_SM_CLOCK", "SM clock (MHz).", 1e-6),
    "memory_clock_hz": Series("DCGM_FI_DEV_MEM_CLOCK", "Memory clock (MHz).", 1e-6),
    "memory_c": Series("DCGM_FI_DEV_MEMORY_TEMP", "Memory temp. (C)."),
    "gpu_c": Series("DCGM_FI_DEV_GPU_TEMP", "GPU temperature (C)."),
    "power_average_w": Series("DCGM_FI_DEV_POWER_USAGE", "Power draw, averaged (W)."),
    "power_w": Series(
        "DCGM_FI_DEV_POWER_USAGE_INSTANT", "Power draw, instantaneous (W)."
    ),
    "energy_j": Series(
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
        "Energy since the driver was loaded (mJ).", 1e3, "counter",
    ),
    "utilisation_frac": Series("DCGM_FI_DEV_GPU_UTIL", "GPU utilisation (%).", 100),
    "memory_utilisation_frac": Series(
        "DCGM_FI_DEV_MEM_COPY_UTIL", "Memory utilisation (%).", 100
    ),
    "throttle_reasons": Series(
        "DCGM_FI_DEV_CLOCKS_EVENT_REASONS", "Why clocks are held (bits)."
    ),
    "power_limit_w": Series(
        "DCGM_FI_DEV_ENFORCED_POWER_LIMIT", "Enforced power limit (W)."
    ),
    "fan_frac": Series("DCGM_FI_DEV_FAN_SPEED", "Fan speed (%).", 100),
}  # fmt: skip
OURS = {
    "power_w": Series("power_watts", "Instantaneous power."),
    "power_average_w": Series("power_average_watts", "Average power."),
    "energy_j": Series("energy_joules_total", "Energy counter.", kind="counter"),
    "inlet_c": Series("inlet_celsius", "Air at the host's inlet."),
    "smoothing_state": Series(
        "smoothing_state", "Power smoothing: 1 supported, 2 enabled."
    ),
    "smoothing_floor_w": Series(
        "smoothing_floor_watts", "Floor that power smoothing holds."
    ),
}
"""The same for host and CPU, and for what DCGM has no name for."""

Present = Mapping[str, Mapping[str, float]]
Own = Iterable[tuple[str, str, float | None]]


def page(devices: Mapping[str, Device], present: Present, own: Own, host: str) -> str:
    """
    The whole page.

    Args:
        devices: What is measured.
        present: Their last values.
        own: (name without prefix, text, value) of the agent itself; None is left out,
            and a name that ends in _total is a counter's.
        host: For the label Hostname.
    """
    blocks: dict[str, list[str]] = {}
    for key, values in present.items():
        device = devices.get(key)
        if device is None:
            continue
        for field, value in values.items():
            series, labels = _series(device, field, host)
            if series is not None:
                block = blocks.setdefault(series.name, _head(series))
                block.append(
                    f"{series.name}{{{labels}}} {_number(value * series.factor)}"
                )
    lines = [line for block in blocks.values() for line in block]
    for name, doc, number in own:
        if number is not None:
            kind = "counter" if name.endswith("_total") else "gauge"
            series = Series(f"nameplate_agent_{name}", doc, kind=kind)
            lines += [*_head(series), f"{series.name} {_number(number)}"]
    return "\n".join(lines) + "\n"


def _series(device: Device, field: str, host: str) -> tuple[Series | None, str]:
    if device.kind == "gpu" and field in DCGM:
        return DCGM[field], _labels(
            gpu=str(device.index), UUID=device.key, device=f"nvidia{device.index}",
            modelName=device.model, Hostname=host,
        )  # fmt: skip
    known = OURS.get(field)
    if known is None:
        return None, ""
    name = f"nameplate_agent_{known.name}"
    labels = _labels(device=device.key, kind=device.kind, Hostname=host)
    return replace(known, name=name), labels


def _head(series: Series) -> list[str]:
    return [f"# HELP {series.name} {series.doc}", f"# TYPE {series.name} {series.kind}"]


def _labels(**labels: str) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return repr(round(value, 6)).removesuffix(".0")


class MetricsServer:
    """Serves the page; on loopback unless told otherwise."""

    def __init__(self, host: str, port: int, render: Callable[[], str]) -> None:
        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                """Answer /metrics."""
                if self.path.partition("?")[0] != "/metrics":
                    self.send_error(404, "the page is /metrics")
                    return
                body = render().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing: scrapes come every few seconds."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        ).start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()

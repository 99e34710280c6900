"""
The one table of telemetry fields: ours, and what others call them.

A foreign value times its factor is ours. Names of others are facts of their
documentation: DCGM's `dcgm_fields.h` and dcgm-exporter's default counters,
OpenTelemetry's semantic conventions for hardware (status: development), the metric
lists of node_exporter, ipmi_exporter, redfish_exporter (jenningsloy318) and
idrac_exporter (mrlhansen), the headers of `nvidia-smi --query-gpu`. Where one field of
a device comes under several names at once, the name that stands first counts.

Left out on purpose: `hw.gpu.memory.utilization` is the share of memory *filled*, ours
the share of time it is busy; `node_hwmon_power_average_watt` and `ipmi_power_watts` are
sensors of anything, so nobody can say whether they add up to a host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class HostName:
    """
    What an exporter that watches hosts calls a field.

    Attributes:
        name: Name of the metric.
        kind: Kind of device it speaks of.
        key: Start of the device's key, followed by the value of `number`.
        number: Label that tells several of them apart; "" if there is one.
        where: Label, and a regular expression its value must match.
    """

    name: str
    kind: str = "host"
    key: str = "host"
    number: str = ""
    where: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """
    One quantity a device reports.

    Attributes:
        name: Our name; its ending is the unit.
        unit: Unit as people write it.
        doc: One phrase.
        kind: "gauge", "counter" (never falls but on a restart) or "bits".
        low, high: Values outside are refused as of a wrong unit.
        dcgm: {name: factor} of NVIDIA DCGM and dcgm-exporter.
        otel: {name: factor} of OpenTelemetry.
        hosts: Names of exporters that watch hosts; all in our unit.
        own: What our agent's page for Prometheus calls it where DCGM has no name.
        files: {column: factor} of `nvidia-smi --query-gpu` and of published traces.
    """

    name: str
    unit: str
    doc: str
    kind: Literal["gauge", "counter", "bits"] = "gauge"
    low: float
    high: float
    dcgm: tuple[tuple[str, float], ...] = ()
    otel: tuple[tuple[str, float], ...] = ()
    hosts: tuple[HostName, ...] = ()
    own: str = ""
    files: tuple[tuple[str, float], ...] = ()


_ONE = ("id", "^0$")  # a BMC lists subsystems under the ids that follow
_INLET = "(?i)inlet"

FIELDS: tuple[Field, ...] = (
    Field(
        name="power_w", unit="W", doc="instantaneous power", low=0.0, high=2e8,
        own="nameplate_agent_power_watts",
        dcgm=(("DCGM_FI_DEV_POWER_USAGE_INSTANT", 1.0),),
        otel=(("hw.power", 1.0), ("hw.host.power", 1.0)),
        hosts=(
            HostName(name="ipmi_dcmi_power_consumption_watts"),
            HostName(name="idrac_power_control_consumed_watts", where=_ONE),
            HostName(
                name="redfish_chassis_power_powersupply_power_input_watts",
                kind="psu", key="psu", number="power_supply_id",
            ),
            HostName(
                name="idrac_power_supply_input_watts", kind="psu", key="psu",
                number="id",
            ),
        ),
        files=(("power.draw.instant", 1.0), ("ac_input_w", 1.0)),
    ),
    Field(
        name="power_average_w", unit="W", doc="average of the driver's window",
        own="nameplate_agent_power_average_watts",
        low=0.0, high=2e8, dcgm=(("DCGM_FI_DEV_POWER_USAGE", 1.0),),
        hosts=(
            HostName(name="redfish_chassis_power_average_consumed_watts"),
            HostName(name="idrac_power_control_avg_consumed_watts", where=_ONE),
        ),
        files=(("power.draw.average", 1.0), ("power.draw", 1.0)),
    ),
    Field(
        name="energy_j", unit="J", doc="counter since the driver was loaded",
        own="nameplate_agent_energy_joules_total",
        kind="counter", low=0.0, high=1e16,
        dcgm=(("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", 1e-3),),
        otel=(("hw.energy", 1.0), ("hw.host.energy", 1.0)),
        hosts=(
            HostName(
                name="node_rapl_package_joules_total", kind="cpu", key="cpu",
                number="index", where=("path", "^(?!.*mmio)"),
            ),
            HostName(
                name="node_rapl_dram_joules_total", kind="cpu", key="dram",
                number="index", where=("path", "^(?!.*mmio)"),
            ),
        ),
    ),
    Field(
        name="sm_clock_hz", unit="Hz", doc="present SM clock", low=0.0, high=1e10,
        dcgm=(("DCGM_FI_DEV_SM_CLOCK", 1e6),),
        files=(("clocks.sm", 1e6), ("clocks.current.sm", 1e6)),
    ),
    Field(
        name="memory_clock_hz", unit="Hz", doc="present memory clock", low=0.0,
        high=5e10, dcgm=(("DCGM_FI_DEV_MEM_CLOCK", 1e6),),
        files=(("clocks.mem", 1e6), ("clocks.current.memory", 1e6)),
    ),
    Field(
        name="gpu_c", unit="°C", doc="temperature of the GPU", low=-40.0, high=150.0,
        dcgm=(("DCGM_FI_DEV_GPU_TEMP", 1.0),), otel=(("hw.temperature", 1.0),),
        files=(("temperature.gpu", 1.0),),
    ),
    Field(
        name="memory_c", unit="°C", doc="temperature of its memory", low=-40.0,
        high=150.0, dcgm=(("DCGM_FI_DEV_MEMORY_TEMP", 1.0),),
        files=(("temperature.memory", 1.0),),
    ),
    Field(
        name="utilisation_frac", unit="1", doc="share of time a kernel ran", low=0.0,
        high=1.0,
        dcgm=(("DCGM_FI_DEV_GPU_UTIL", 1e-2), ("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 1.0)),
        otel=(("hw.gpu.utilization", 1.0),),
        files=(("utilization.gpu", 1e-2),),
    ),
    Field(
        name="memory_utilisation_frac", unit="1", doc="share of time memory was busy",
        low=0.0, high=1.0, dcgm=(("DCGM_FI_DEV_MEM_COPY_UTIL", 1e-2),),
        files=(("utilization.memory", 1e-2),),
    ),
    Field(
        name="throttle_reasons", unit="bits", doc="NVML's clocks-event reasons",
        kind="bits", low=0.0, high=float(2**24),
        dcgm=(
            ("DCGM_FI_DEV_CLOCK_THROTTLE_REASONS", 1.0),
            ("DCGM_FI_DEV_CLOCKS_EVENT_REASONS", 1.0),
        ),
        files=(
            ("clocks_event_reasons.active", 1.0),
            ("clocks_throttle_reasons.active", 1.0),
        ),
    ),
    Field(
        name="power_limit_w", unit="W", doc="enforced limit", low=0.0, high=2e8,
        dcgm=(
            ("DCGM_FI_DEV_ENFORCED_POWER_LIMIT", 1.0),
            ("DCGM_FI_DEV_POWER_MGMT_LIMIT", 1.0),
        ),
        otel=(("hw.power.limit", 1.0),),
        files=(("enforced.power.limit", 1.0), ("power.limit", 1.0)),
    ),
    Field(
        name="smoothing_state", unit="bits", doc="1 supported, 2 enabled",
        own="nameplate_agent_smoothing_state",
        kind="bits", low=0.0, high=255.0,
    ),
    Field(
        name="smoothing_floor_w", unit="W", doc="floor that power smoothing holds",
        own="nameplate_agent_smoothing_floor_watts",
        low=0.0, high=1e5,
    ),
    Field(
        name="fan_frac", unit="1", doc="fan speed", low=0.0, high=1.5,
        dcgm=(("DCGM_FI_DEV_FAN_SPEED", 1e-2),), files=(("fan.speed", 1e-2),),
    ),
    Field(
        name="inlet_c", unit="°C", doc="air at the inlet", low=-60.0, high=100.0,
        own="nameplate_agent_inlet_celsius",
        otel=(("hw.host.ambient_temperature", 1.0),),
        hosts=(
            HostName(name="ipmi_temperature_celsius", where=("name", _INLET)),
            HostName(
                name="redfish_chassis_temperature_celsius", where=("sensor", _INLET)
            ),
        ),
    ),
)  # fmt: skip

BY_NAME = {field.name: field for field in FIELDS}
KINDS = ("gpu", "mig", "host", "cpu", "psu", "meter")
"""What a device is; a MIG instance shares its GPU's power and never counts."""

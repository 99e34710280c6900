"""
What is asked of NVML for each of our fields, and how its units become ours.

Units are those of `nvml.h`: power in mW, energy in mJ, clocks in MHz, fractions in
percent. Field values (`nvmlDeviceGetFieldValues`) go by id, and the ids by the names in
nvidia-ml-py: NVIDIA renumbered those of power smoothing between releases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pynvml as nvml

UNAVAILABLE = 0xFFFF_FFFF
"""NVML's "value not available" in an unsigned answer."""
GPU_SCOPE = nvml.NVML_POWER_SCOPE_GPU
"""Power of the GPU; scope 1 is a superchip's module with its CPU."""


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field value and what it is here."""

    name: str
    id: int
    nvml_name: str
    factor: float


@dataclass(frozen=True, slots=True)
class Call:
    """A function and which of our fields its answer holds."""

    names: tuple[str, ...]
    nvml_name: str
    read: Callable[[Any], tuple[float, ...]]


def _value(name: str, nvml_name: str, factor: float) -> FieldValue:
    return FieldValue(name, getattr(nvml, nvml_name), nvml_name, factor)


FAST_VALUES = (
    _value("power_w", "NVML_FI_DEV_POWER_INSTANT", 1e-3),
    _value("power_average_w", "NVML_FI_DEV_POWER_AVERAGE", 1e-3),
    _value("energy_j", "NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION", 1e-3),
)
"""Asked in one call at every tick."""

DETAIL_VALUES = (_value("memory_c", "NVML_FI_DEV_MEMORY_TEMP", 1.0),)

SLOW_VALUES = (
    _value("smoothing_state", "NVML_FI_PWR_SMOOTHING_ENABLED", 1.0),
    _value("smoothing_floor_w", "NVML_FI_PWR_SMOOTHING_PRIMARY_POWER_FLOOR", 1.0),
    _value("applied_floor", "NVML_FI_PWR_SMOOTHING_APPLIED_TMP_FLOOR", 1.0),
)


def _one(name: str, function: str, factor: float, *arguments: int) -> Call:
    ask = getattr(nvml, function)
    return Call((name,), function, lambda handle: (factor * ask(handle, *arguments),))


def _utilisation(handle: Any) -> tuple[float, ...]:
    rates = nvml.nvmlDeviceGetUtilizationRates(handle)
    return rates.gpu / 100, rates.memory / 100


DETAIL_CALLS = (
    _one("sm_clock_hz", "nvmlDeviceGetClockInfo", 1e6, nvml.NVML_CLOCK_SM),
    _one("memory_clock_hz", "nvmlDeviceGetClockInfo", 1e6, nvml.NVML_CLOCK_MEM),
    _one("gpu_c", "nvmlDeviceGetTemperature", 1.0, nvml.NVML_TEMPERATURE_GPU),
    Call(
        ("utilisation_frac", "memory_utilisation_frac"),
        "nvmlDeviceGetUtilizationRates", _utilisation,
    ),
    _one("throttle_reasons", "nvmlDeviceGetCurrentClocksEventReasons", 1.0),
)  # fmt: skip
"""Asked ten times a second at most: the driver renews them no faster (assumed)."""

SLOW_CALLS = (
    _one("power_limit_w", "nvmlDeviceGetEnforcedPowerLimit", 1e-3),
    _one("fan_frac", "nvmlDeviceGetFanSpeed", 1e-2),
)
"""Asked once a second at most."""

POWER_USAGE = _one("power_average_w", "nvmlDeviceGetPowerUsage", 1e-3)
"""Where the driver has neither field 185 nor 186."""
POWER_USAGE_INSTANT = _one("power_w", "nvmlDeviceGetPowerUsage", 1e-3)
"""The same before Ampere, where it is not an average."""
ENERGY = _one("energy_j", "nvmlDeviceGetTotalEnergyConsumption", 1e-3)

FACTS = (
    _one("slowdown_c", "nvmlDeviceGetTemperatureThreshold", 1.0,
         nvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN),
    _one("shutdown_c", "nvmlDeviceGetTemperatureThreshold", 1.0,
         nvml.NVML_TEMPERATURE_THRESHOLD_SHUTDOWN),
    _one("memory_max_c", "nvmlDeviceGetTemperatureThreshold", 1.0,
         nvml.NVML_TEMPERATURE_THRESHOLD_MEM_MAX),
    _one("default_limit_w", "nvmlDeviceGetPowerManagementDefaultLimit", 1e-3),
    Call(
        ("min_limit_w", "max_limit_w"), "nvmlDeviceGetPowerManagementLimitConstraints",
        lambda h: tuple(
            mw / 1e3 for mw in nvml.nvmlDeviceGetPowerManagementLimitConstraints(h)
        ),
    ),
    _one("architecture", "nvmlDeviceGetArchitecture", 1.0),
)  # fmt: skip

AMPERE = 7
"""`NVML_DEVICE_ARCH_AMPERE`: from here on nvmlDeviceGetPowerUsage is an average."""


def number(value: Any) -> float | None:
    """What a field value holds, by its type; None where NVML has none."""
    kind, union = value.valueType, value.value
    if kind == nvml.NVML_VALUE_TYPE_UNSIGNED_INT:
        return None if union.uiVal == UNAVAILABLE else float(union.uiVal)
    if kind == nvml.NVML_VALUE_TYPE_UNSIGNED_LONG_LONG:
        return float(union.ullVal)
    if kind == nvml.NVML_VALUE_TYPE_DOUBLE:
        return float(union.dVal)
    if kind == nvml.NVML_VALUE_TYPE_UNSIGNED_LONG:
        return float(union.ulVal)
    if kind == nvml.NVML_VALUE_TYPE_SIGNED_LONG_LONG:
        return float(union.sllVal)
    if kind == nvml.NVML_VALUE_TYPE_SIGNED_INT:
        return float(union.siVal)
    return float(union.usVal)

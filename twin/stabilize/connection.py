"""
The grid as a load sees it, and the voltage the load leaves there.

A stiff source behind an impedance. More load is less voltage.
`docs/models/flicker.md`, eq. 1 and 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.errors import NOT_NEGATIVE, PART, check_fields
from twin.types import FloatArray

FREQUENCIES_HZ = (50.0, 60.0)
LAMPS_V = (120, 230)
"""Grid frequencies and lamp voltages that the flickermeter is defined for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointOfConnection:
    """
    The grid as the load sees it: a stiff source behind an impedance.

    Args:
        nominal_v: Voltage between lines. [V], >= 100
        short_circuit_va: Three-phase short-circuit power. [VA], >= 10 kVA; take the
            smallest that operation allows.
        x_over_r: Reactance ÷ resistance of the grid. >= 0
        power_factor: Of the load, lagging, the same at every power. 0..1
            (0.99 *assumed*: server supplies with power-factor correction)
        frequency_hz: 50 or 60. [Hz]
        lamp_v: Lamps of the people around: 120 or 230. [V]
    """

    nominal_v: float
    short_circuit_va: float
    x_over_r: float
    power_factor: float = 0.99
    frequency_hz: float = 60.0
    lamp_v: int = 120

    def __post_init__(self) -> None:
        for name, least, unit in (
            ("nominal_v", 100.0, "kV"),
            ("short_circuit_va", 1e4, "MVA"),
        ):
            value = getattr(self, name)
            if not least <= value < math.inf:
                raise ValueError(
                    f"{name} must be at least {least:g} and finite, got {value:g}; "
                    f"{unit} typed?"
                )
        check_fields(self, NOT_NEGATIVE, "x_over_r")
        check_fields(self, PART, "power_factor")
        check_meter(self.lamp_v, self.frequency_hz)

    @property
    def impedance_ohm(self) -> complex:
        """Of the grid, per phase, at its frequency. [Ω]"""
        size = self.nominal_v**2 / self.short_circuit_va
        resistance = size / math.hypot(1.0, self.x_over_r)
        return complex(resistance, resistance * self.x_over_r)


def voltage_change_frac(power_w: FloatArray, poc: PointOfConnection) -> FloatArray:
    """
    Change of the voltage against no load.

    Exact for a load of constant power behind an impedance. The usual screening formula
    -(R P + X Q) ÷ V² is its slope at no load, too flat for a large load: see the page.

    Args:
        power_w: Three-phase active power. [W], shape (samples,); export is negative
        poc: The grid there.

    Returns:
        Change ÷ voltage, negative under load. Shape of `power_w`

    Raises:
        ValueError: If a power is not finite, or is more than the impedance can carry.

    Source:
        docs/models/flicker.md, eq. 1 and 2.
    """
    if not np.all(np.isfinite(power_w)):
        raise ValueError("power_w must be finite, got NaN or infinity; fill the gaps")
    reactive = math.sqrt(1.0 - poc.power_factor**2) / poc.power_factor
    drop = poc.impedance_ohm / poc.nominal_v**2 * complex(1.0, -reactive)
    along, across = drop.real * power_w, drop.imag * power_w
    inside = 1.0 - 4.0 * along - 4.0 * across**2
    if np.any(inside < 0):
        worst_w = float(power_w[inside.argmin()])
        raise ValueError(
            f"power_w reaches {worst_w:.4g} W, beyond what {poc.short_circuit_va:.4g} "
            "VA of short-circuit power can carry; connect it to a stronger grid"
        )
    change: FloatArray = np.sqrt((1.0 - 2.0 * along + np.sqrt(inside)) / 2.0) - 1.0
    return change


def check_meter(lamp_v: int, frequency_hz: float) -> None:
    """
    Refuse what the flickermeter is not defined for.

    Args:
        lamp_v: Lamp voltage. [V]
        frequency_hz: Grid frequency. [Hz]

    Raises:
        ValueError: If either is not one of the standard's.
    """
    for name, value, among in (
        ("lamp_v", lamp_v, LAMPS_V),
        ("frequency_hz", frequency_hz, FREQUENCIES_HZ),
    ):
        if value not in among:
            raise ValueError(f"{name} must be one of {among}, got {value}")

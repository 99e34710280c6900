"""
Harmonics at the point of connection against IEEE 519-2022; interharmonics for notice.

The load is a current source; the grid is its short-circuit impedance, and reactance
grows with the order. Fractions are of the fundamental unless a name says otherwise.
`docs/models/harmonics.md`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import scipy  # its parts load when they are used: signal takes half a second

from twin.errors import FRACTION, POSITIVE, check_values
from twin.stabilize.connection import PointOfConnection
from twin.training.waveform import Waveform
from twin.types import FloatArray

HIGHEST_ORDER = 50
SQRT_3 = math.sqrt(3.0)
LOBE_LINES = 5
"""Lines that the flat-top window spreads a sine over, to each side."""
LEAST_LINES = 20 * LOBE_LINES

VOLTAGE_LIMITS = (
    (1e3, 0.05, 0.08),
    (69e3, 0.03, 0.05),
    (161e3, 0.015, 0.025),
    (math.inf, 0.01, 0.015),
)
"""Up to this voltage [V]: most of one harmonic, most of all (THD). Table 1."""

BANDS = (11, 17, 23, 35)
"""Orders at which the limit of a current harmonic changes."""
CURRENT_LIMITS = (
    (
        69e3,
        (20.0, 50.0, 100.0, 1000.0),
        (
            (0.04, 0.02, 0.015, 0.006, 0.003, 0.05),
            (0.07, 0.035, 0.025, 0.01, 0.005, 0.08),
            (0.10, 0.045, 0.04, 0.015, 0.007, 0.12),
            (0.12, 0.055, 0.05, 0.02, 0.01, 0.15),
            (0.15, 0.07, 0.06, 0.025, 0.014, 0.20),
        ),
    ),
    (
        161e3,
        (20.0, 50.0, 100.0, 1000.0),
        (
            (0.02, 0.01, 0.0075, 0.003, 0.0015, 0.025),
            (0.035, 0.0175, 0.0125, 0.005, 0.0025, 0.04),
            (0.05, 0.0225, 0.02, 0.0075, 0.0035, 0.06),
            (0.06, 0.0275, 0.025, 0.01, 0.005, 0.075),
            (0.075, 0.035, 0.03, 0.0125, 0.007, 0.10),
        ),
    ),
    (
        math.inf,
        (25.0, 50.0),
        (
            (0.01, 0.005, 0.0038, 0.0015, 0.001, 0.015),
            (0.02, 0.01, 0.0075, 0.003, 0.0015, 0.025),
            (0.03, 0.015, 0.0115, 0.0045, 0.0022, 0.0375),
        ),
    ),
)
"""
Up to this voltage [V]: short-circuit ratios at which the row changes, and the rows, one
value for each band of orders and the last for TDD. Tables 2 to 4.
"""
EVEN_SHARE = 0.5
EVEN_ORDER = 6
"""Even harmonics up to this order may be this much of the limit; edition of 2022."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harmonics:
    """
    Harmonic current of the load at the point of connection.

    The default is *assumed*, not measured: many three-phase server supplies with active
    power-factor correction behind delta-star transformers, 2.8 % together. A supply of
    the best efficiency class must keep below 5 % at half load or more.

    Args:
        order: Orders. 2..50, each once
        current_frac: RMS current of each ÷ that of the fundamental. >= 0
    """

    order: tuple[int, ...] = (3, 5, 7, 9, 11, 13, 17, 19, 23, 25)
    current_frac: tuple[float, ...] = (
        0.003, 0.02, 0.015, 0.001, 0.008, 0.006, 0.004, 0.003, 0.002, 0.002,
    )  # fmt: skip

    def __post_init__(self) -> None:
        if len(self.order) != len(self.current_frac) or not self.order:
            raise ValueError(
                f"order and current_frac must be as long as each other, got "
                f"{len(self.order)} and {len(self.current_frac)}"
            )
        if len(set(self.order)) < len(self.order):
            raise ValueError(f"order must hold each order once, got {self.order}")
        for order, frac in zip(self.order, self.current_frac, strict=True):
            if order != int(order) or not 2 <= order <= HIGHEST_ORDER:
                raise ValueError(
                    f"order must be a whole number from 2 to {HIGHEST_ORDER}, "
                    f"got {order}"
                )
            check_values(FRACTION, "", **{f"current_frac of order {order}": frac})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """
    One quantity against its limit, both as fractions.

    Args:
        value_frac: The value; of several orders the one nearest to its limit.
        limit_frac: The limit.
        order: Harmonic it is of; 0 for a total.
    """

    value_frac: float
    limit_frac: float
    order: int = 0

    @property
    def margin_frac(self) -> float:
        """(limit - value) ÷ limit; below zero it fails."""
        return (self.limit_frac - self.value_frac) / self.limit_frac

    @property
    def passes(self) -> bool:
        """Whether the limit is kept."""
        return self.margin_frac >= 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmonicVerdict:
    """
    How a load does under IEEE 519-2022.

    Args:
        short_circuit_ratio: Short-circuit current ÷ maximum demand current.
        tdd: All harmonic currents ÷ maximum demand current.
        current: Worst single harmonic current ÷ maximum demand current.
        thd: All harmonic voltages ÷ nominal voltage, of this load alone.
        voltage: Worst single harmonic voltage ÷ nominal voltage, of this load alone.
        voltage_frac: Every harmonic voltage ÷ nominal. Shape (orders,)
    """

    short_circuit_ratio: float
    tdd: Measured
    current: Measured
    thd: Measured
    voltage: Measured
    voltage_frac: FloatArray

    @property
    def passes(self) -> bool:
        """Whether every limit is kept."""
        return all(x.passes for x in (self.tdd, self.current, self.thd, self.voltage))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interharmonic:
    """
    Strongest pair of sidebands a swinging load puts beside the fundamental.

    Args:
        current_frac: Each sideband's current ÷ current at mean power.
        modulation_hz: Frequency of the swing. [Hz]
        lower_hz: Frequency of the lower sideband. [Hz]
        upper_hz: Frequency of the upper sideband. [Hz]
    """

    current_frac: float
    modulation_hz: float
    lower_hz: float
    upper_hz: float


def total_demand_distortion(
    harmonics: Harmonics, *, load_w: float, demand_w: float
) -> float:
    """
    Harmonic current of a load, as a share of the maximum demand.

    Args:
        harmonics: Currents ÷ fundamental at this load.
        load_w: Load at which they hold. [W], > 0
        demand_w: Maximum demand: mean of the monthly peaks of a year. [W], > 0

    Returns:
        TDD. 0..

    Raises:
        ValueError: If a power is not positive.

    Source:
        docs/models/harmonics.md, eq. 1.
    """
    check_values(POSITIVE, load_w=load_w, demand_w=demand_w)
    return math.hypot(*harmonics.current_frac) * load_w / demand_w


def harmonic_voltage_frac(
    harmonics: Harmonics, poc: PointOfConnection, *, load_w: float
) -> FloatArray:
    """
    Voltage of every harmonic that the load's current leaves across the grid.

    No capacitors: banks, filters and long cables resonate with the grid, and raise the
    harmonics near that frequency many times over.

    Args:
        harmonics: Currents ÷ fundamental.
        poc: The grid.
        load_w: Load. [W]

    Returns:
        Voltage ÷ nominal. Shape (orders,)

    Source:
        docs/models/harmonics.md, eq. 2.
    """
    order, share = np.array(harmonics.order), np.array(harmonics.current_frac)
    grid = poc.impedance_ohm
    size_ohm = np.hypot(grid.real, order * grid.imag)
    found: FloatArray = size_ohm * share * (load_w / poc.power_factor)
    return found / poc.nominal_v**2


def judge_harmonics(
    harmonics: Harmonics,
    poc: PointOfConnection,
    *,
    load_w: float,
    demand_w: float | None = None,
) -> HarmonicVerdict:
    """
    Hold a load's harmonics against IEEE 519-2022.

    Args:
        harmonics: Currents ÷ fundamental at this load.
        poc: The grid; the smallest short-circuit power is the hardest case.
        load_w: Load at which they hold. [W]
        demand_w: Maximum demand. [W]; none: the load.

    Returns:
        The verdict. Harmonics of the grid and of others are not in it.

    Raises:
        ValueError: If a power is not positive.
    """
    demand_w = load_w if demand_w is None else demand_w
    tdd = total_demand_distortion(harmonics, load_w=load_w, demand_w=demand_w)
    demand_a = demand_w / (SQRT_3 * poc.nominal_v * poc.power_factor)
    ratio = poc.short_circuit_va / (SQRT_3 * poc.nominal_v) / demand_a
    _, ratios, rows = next(t for t in CURRENT_LIMITS if poc.nominal_v <= t[0])
    *by_band, most = rows[bisect_right(ratios, ratio)]
    _, single, total = next(row for row in VOLTAGE_LIMITS if poc.nominal_v <= row[0])
    voltage_frac = harmonic_voltage_frac(harmonics, poc, load_w=load_w)
    shares = [frac * load_w / demand_w for frac in harmonics.current_frac]
    limits = [_order_limit(order, by_band) for order in harmonics.order]
    at = max(range(len(shares)), key=lambda k: shares[k] / limits[k])
    top = int(voltage_frac.argmax())
    return HarmonicVerdict(
        short_circuit_ratio=ratio,
        tdd=Measured(value_frac=tdd, limit_frac=most),
        current=Measured(
            value_frac=shares[at], limit_frac=limits[at], order=harmonics.order[at]
        ),
        thd=Measured(value_frac=float(np.linalg.norm(voltage_frac)), limit_frac=total),
        voltage=Measured(
            value_frac=float(voltage_frac[top]),
            limit_frac=single,
            order=harmonics.order[top],
        ),
        voltage_frac=voltage_frac,
    )


def interharmonic_frac(wave: Waveform, *, frequency_hz: float = 60.0) -> Interharmonic:
    """
    Strongest interharmonic of a swinging load; IEEE 519 sets it no limit.

    Power that swings by A at f about its mean is current with sidebands of A ÷ 2 at the
    grid's frequency ± f. Swings of noise, not of a line, read too high by the window.

    Args:
        wave: Power at the point of connection.
        frequency_hz: Of the grid. [Hz]

    Returns:
        The strongest pair, of swings slower than the grid's frequency.

    Raises:
        ValueError: If mean power is not positive, or the waveform is too short or too
            coarsely sampled to tell the lines apart.

    Source:
        docs/models/harmonics.md, eq. 3.
    """
    needed_s = LEAST_LINES / frequency_hz
    if wave.horizon_s < needed_s:
        raise ValueError(
            f"interharmonics need at least {needed_s:.3g} s, got {wave.horizon_s:g} s; "
            "lengthen the waveform"
        )
    if wave.sample_s > 0.5 / frequency_hz:
        raise ValueError(
            f"swings reach to {frequency_hz:g} Hz, samples of {wave.sample_s:g} s do "
            f"not; {0.5 / frequency_hz:.3g} s or finer is needed"
        )
    mean_w = float(wave.power_w.mean())
    if not mean_w > 0:
        raise ValueError(f"mean power must be above 0, got {mean_w}")
    window = scipy.signal.windows.flattop(wave.power_w.size, sym=False)
    lines = np.abs(np.fft.rfft((wave.power_w - mean_w) * window))
    stop = math.ceil(frequency_hz * wave.horizon_s)
    k = LOBE_LINES + int(lines[LOBE_LINES:stop].argmax())
    swing_hz = k / wave.horizon_s
    return Interharmonic(
        current_frac=float(lines[k] / window.sum() / mean_w),
        modulation_hz=swing_hz,
        lower_hz=frequency_hz - swing_hz,
        upper_hz=frequency_hz + swing_hz,
    )


def _order_limit(order: int, by_band: list[float]) -> float:
    limit = by_band[bisect_right(BANDS, order)]
    return limit * EVEN_SHARE if order % 2 == 0 and order <= EVEN_ORDER else limit

"""
Flicker at the point of connection: the IEC 61000-4-15 flickermeter on a waveform.

More load is less voltage. The meter sees the RMS voltage that the load leaves, put on a
carrier of the grid's frequency: the beat with twice that frequency is part of what the
standard's own test points ask for. Block numbers are the standard's.
`docs/models/flicker.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts load when they are used: signal takes half a second

from twin.stabilize.connection import (
    PointOfConnection,
    check_meter,
    voltage_change_frac,
)
from twin.stabilize.flicker_compiled import sense
from twin.training.waveform import Waveform
from twin.types import FloatArray

LOWPASS_HZ = {50.0: 35.0, 60.0: 42.0}
"""Corner of the carrier's low-pass by grid frequency. [Hz]"""
HIGHPASS_HZ = 0.05
ADAPTOR_S = 27.3
"""Of block 1, the voltage's slow mean: 10 % to 90 % of a step in a minute. [s]"""
MEMORY_S = 0.3
"""Of block 4, the smoothing after the square. [s]"""
REFERENCE_HZ = 8.8
PER_CYCLE = 10.0
"""Samples per cycle of the low-pass corner. Ours; what it costs: flicker.md."""
ADAPTED_S = 60.0
"""Block 1 starts from the mean of this much of the waveform. [s]; ours"""
SETTLE_S = 5.0
"""The filters stand this long at the first voltage before the waveform begins. [s]"""
BLOCK_S = 600.0
"""One Pst. [s]"""
LEAST_S = 120.0
"""Shortest waveform that is judged at all. [s]; ours"""
PLT_BLOCKS = 12
SHARES = (
    (0.0314, (0.1,)),
    (0.0525, (0.7, 1.0, 1.5)),
    (0.0657, (2.2, 3.0, 4.0)),
    (0.28, (6.0, 8.0, 10.0, 13.0, 17.0)),
    (0.08, (30.0, 50.0, 80.0)),
)
"""Weight in Pst², and per cent of time a level is exceeded; the levels are averaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """
    Weighting filter of lamp, eye and brain.

    Args:
        gain: k of `docs/models/flicker.md`, eq. 4.
        damping_hz: Its λ ÷ 2π. [Hz]
        corner_hz: Its ω1, ω2, ω3, ω4 ÷ 2π. [Hz]
        threshold_frac: Sinusoidal change ΔV/V (peak to peak) of 8.8 Hz at which half of
            people see it: where the meter's output peaks at 1.
    """

    gain: float
    damping_hz: float
    corner_hz: tuple[float, float, float, float]
    threshold_frac: float


LAMPS = {
    120: Lamp(
        gain=1.6357,
        damping_hz=4.167375,
        corner_hz=(9.077169, 2.939902, 1.394468, 17.31512),
        threshold_frac=0.00321,
    ),
    230: Lamp(
        gain=1.74802,
        damping_hz=4.05981,
        corner_hz=(9.15494, 2.27979, 1.22535, 21.9),
        threshold_frac=0.0025,
    ),
}
"""By lamp voltage; coefficients as a meter's manual and three programs print them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flicker:
    """
    Flicker of a waveform.

    Args:
        pst: Short-term severity of each block. Shape (blocks,)
        block_s: Length of a block. [s]; below 600 s, the waveform was shorter than a
            block and Pst stands for that much only.
        plt: Long-term severity: cube-root mean of 12 blocks, the worst 12 in a row.
        plt_blocks: Blocks in it; below 12 it holds if they repeat for two hours.
        unused_s: End of the waveform that filled no block. [s]
    """

    pst: FloatArray
    block_s: float
    plt: float
    plt_blocks: int
    unused_s: float

    @property
    def worst_pst(self) -> float:
        """Highest Pst."""
        return float(self.pst.max())

    @property
    def worst_at_s(self) -> float:
        """Begin of the block with the highest Pst. [s]"""
        return int(self.pst.argmax()) * self.block_s

    @property
    def is_short(self) -> bool:
        """Whether the waveform was shorter than the ten minutes of a Pst."""
        return self.block_s < BLOCK_S


@dataclass(frozen=True, slots=True, kw_only=True)
class FlickerLevels:
    """
    Most flicker planned for, from everybody together.

    Args:
        pst: Short-term severity.
        plt: Long-term severity.
    """

    pst: float
    plt: float


def planning_levels(nominal_v: float) -> FlickerLevels:
    """
    Levels of IEEE 1453 and IEC 61000-3-7 by voltage; a single load's share is smaller.

    Args:
        nominal_v: Voltage between lines. [V]

    Returns:
        The levels; up to 1 kV it is the compatibility level.

    Source:
        docs/models/flicker.md; from memory, not read.
    """
    if nominal_v <= 1e3:
        return FlickerLevels(pst=1.0, plt=0.8)
    if nominal_v <= 35e3:
        return FlickerLevels(pst=0.9, plt=0.7)
    return FlickerLevels(pst=0.8, plt=0.6)


def instantaneous_flicker(
    voltage_frac: FloatArray,
    sample_s: float,
    *,
    lamp_v: int = 120,
    frequency_hz: float = 60.0,
) -> FloatArray:
    """
    Flicker sensation over time: blocks 1 to 4 of the flickermeter.

    Before the waveform the voltage is taken to have stood at its first value, and its
    slow mean at that of the first minute: nothing starts up.

    Args:
        voltage_frac: Change of the RMS voltage against any fixed one. Shape (samples,),
            -1..1
        sample_s: Length of a sample. [s]; 2.86 ms (50 Hz), 2.38 ms (60 Hz) or finer
        lamp_v: 120 or 230. [V]
        frequency_hz: 50 or 60. [Hz]

    Returns:
        Pinst; 1 is what half of people just see. Shape (samples,)

    Raises:
        ValueError: If samples are too coarse, a change is out of range, or lamp or
            frequency is not one of the standard's.

    Source:
        docs/models/flicker.md, eq. 3 to 6; IEC 61000-4-15:2010, second-hand.
    """
    check_meter(lamp_v, frequency_hz)
    _check_rate(sample_s, LOWPASS_HZ[frequency_hz])
    if voltage_frac.size == 0 or not np.all(np.abs(voltage_frac) < 1.0):
        raise ValueError(
            "voltage_frac must hold at least one sample, each between -1 and 1"
        )

    sections = _sections(LAMPS[lamp_v], LOWPASS_HZ[frequency_hz], sample_s)
    # block 4's smoothing, as numerator and denominator
    memory = scipy.signal.bilinear([1.0], [MEMORY_S, 1.0], 1.0 / sample_s)
    found: FloatArray = np.empty(voltage_frac.size)
    sense(
        voltage_frac,
        math.ceil(SETTLE_S / sample_s),
        1.0 + float(voltage_frac[: math.ceil(ADAPTED_S / sample_s)].mean()),
        -math.expm1(-sample_s / ADAPTOR_S),
        4.0 * math.pi * frequency_hz * sample_s,  # a squared sine has twice its turns
        sections,
        np.zeros((len(sections), 2)),
        np.array([memory[0][0], -memory[1][1]]),
        found,
    )
    found *= _scale(sections, memory, LAMPS[lamp_v].threshold_frac, sample_s)
    return found


def pst(pinst: FloatArray) -> float:
    """
    Short-term severity of a stretch of flicker sensation: block 5.

    Percentiles are of the samples themselves, not of classes.

    Args:
        pinst: Sensation over time, evenly sampled. Shape (samples,)

    Returns:
        Pst. 1 is what irritates.
    """
    exceeded = np.array([share for _, shares in SHARES for share in shares])
    weight = [part / len(shares) for part, shares in SHARES for _ in shares]
    return math.sqrt(np.quantile(pinst, 1.0 - exceeded / 100.0) @ np.array(weight))


def long_term(severity: FloatArray) -> float:
    """
    Long-term severity of blocks in a row.

    Args:
        severity: Pst of each block. Shape (blocks,), at least one

    Returns:
        Plt: cube-root mean of the worst 12 in a row, or of all where there are fewer.
    """
    count = min(severity.size, PLT_BLOCKS)
    cubes = np.convolve(severity**3, np.full(count, 1.0 / count), mode="valid")
    return float(np.cbrt(cubes.max()))


def flicker(wave: Waveform, poc: PointOfConnection) -> Flicker:
    """
    Flicker that a load makes at its point of connection, alone.

    Args:
        wave: Power at the point of connection; at least two minutes.
        poc: The grid there.

    Returns:
        Severity of every ten minutes; a shorter waveform makes one shorter block.

    Raises:
        ValueError: If the waveform is shorter than two minutes or too coarsely sampled,
            or the grid cannot carry it.
    """
    if wave.horizon_s < LEAST_S * (1 - 1e-9):
        raise ValueError(
            f"flicker needs at least {LEAST_S:g} s (a Pst is {BLOCK_S:g} s), got "
            f"{wave.horizon_s:g} s; lengthen the waveform"
        )
    pinst = instantaneous_flicker(
        voltage_change_frac(wave.power_w, poc),
        wave.sample_s,
        lamp_v=poc.lamp_v,
        frequency_hz=poc.frequency_hz,
    )
    length = min(pinst.size, round(BLOCK_S / wave.sample_s))
    count = pinst.size // length
    severity = np.array([pst(b) for b in pinst[: count * length].reshape(count, -1)])
    return Flicker(
        pst=severity,
        block_s=min(BLOCK_S, wave.horizon_s),
        plt=long_term(severity),
        plt_blocks=min(count, PLT_BLOCKS),
        unused_s=(pinst.size - count * length) * wave.sample_s,
    )


def _check_rate(sample_s: float, lowpass_hz: float) -> None:
    needed_s = 1.0 / (PER_CYCLE * lowpass_hz)
    if not 0 < sample_s <= needed_s * (1 + 1e-9):
        raise ValueError(
            f"flicker reaches to {lowpass_hz:g} Hz, samples of {sample_s:g} s do not; "
            f"{needed_s:.3g} s ({1 / needed_s:.4g} samples/s) or finer is needed"
        )


def _sections(lamp: Lamp, lowpass_hz: float, sample_s: float) -> FloatArray:
    """Block 3: high-pass, low-pass and lamp, each bilinear and exact at its corner."""
    rate = 1.0 / sample_s
    w1, w2, w3, w4 = (2.0 * math.pi * hertz for hertz in lamp.corner_hz)
    damping = 2.0 * math.pi * lamp.damping_hz
    peak = scipy.signal.bilinear(
        [lamp.gain * w1, 0.0], [1.0, 2.0 * damping, w1**2], _at(w1, rate)
    )
    slope = scipy.signal.bilinear(
        [1.0 / w2, 1.0], [1.0 / (w3 * w4), 1.0 / w3 + 1.0 / w4, 1.0], _at(w4, rate)
    )
    return np.vstack([
        scipy.signal.butter(1, HIGHPASS_HZ, "high", fs=rate, output="sos"),
        scipy.signal.butter(6, lowpass_hz, "low", fs=rate, output="sos"),
        np.concatenate(peak),
        np.concatenate(slope),
    ])  # fmt: skip


def _at(corner: float, rate: float) -> float:
    """Rate that makes the bilinear transform exact at a corner [rad/s]."""
    return corner / (2.0 * math.tan(corner / (2.0 * rate)))


def _scale(
    sections: FloatArray,
    memory: tuple[FloatArray, FloatArray],
    threshold_frac: float,
    sample_s: float,
) -> float:
    """Makes the peak 1 for the threshold's sine: its mean, and the ripple left."""
    rate = 1.0 / sample_s
    _, gain = scipy.signal.freqz_sos(sections, [REFERENCE_HZ], fs=rate)
    _, ripple = scipy.signal.freqz(*memory, [2.0 * REFERENCE_HZ], fs=rate)
    # squaring 1 + (ΔV/V) ÷ 2 · sin leaves a sine of height ΔV/V
    height = threshold_frac * abs(gain[0])
    return float(2.0 / (height**2 * (1.0 + abs(ripple[0]))))

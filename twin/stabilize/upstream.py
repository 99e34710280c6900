"""
Upstream of the load: what a double-conversion UPS passes on, and how gensets take it.

Power flows from the grid or the gensets towards the load and is positive; the link's
energy is positive where it holds more than at the begin. `docs/models/upstream.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm

from twin.errors import ABOVE_ZERO, FRACTION, NOT_NEGATIVE, PART, POSITIVE, check_fields
from twin.stabilize import upstream_compiled
from twin.training.waveform import Waveform
from twin.types import FloatArray

FLAT_DAMPING = math.sqrt(0.5)
"""Below this damping a second-order low-pass makes some swings larger."""
_BELOW_ONE = FRACTION._replace(rule="0 to below 1", holds=lambda value: 0 <= value < 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsFilter:
    """
    Input side of double-conversion UPSs as the grid sees it, all as one.

    Losses are the catalogue's (`docs/models/electrical.md`); bandwidth and damping are
    assumed: voltage loops of such rectifiers are slow beside the mains.

    Args:
        rated_w: Rated output. [W], > 0
        bandwidth_hz: Where a swing is passed on at 71 %. [Hz], > 0, assumed
        damping: Damping ratio of the rectifier's voltage loop. > 0, assumed
        fixed_frac: Loss without load ÷ rating. >= 0
        linear_frac: Loss ÷ load, in proportion to it. >= 0
        quadratic_frac: Loss at rating that grows with the load's square ÷ rating. >= 0
        eco: Whether the load is on the bypass: everything passes at once. Losses are
            lower then: 0.003, 0.004, 0.003 in the catalogue
    """

    rated_w: float
    bandwidth_hz: float = 10.0
    damping: float = FLAT_DAMPING
    fixed_frac: float = 0.011
    linear_frac: float = 0.0087
    quadratic_frac: float = 0.022
    eco: bool = False

    def __post_init__(self) -> None:
        check_fields(self, POSITIVE, "rated_w", "bandwidth_hz", "damping")
        check_fields(self, _BELOW_ONE, "fixed_frac", "linear_frac", "quadratic_frac")

    @property
    def natural_hz(self) -> float:
        """Natural frequency that gives the bandwidth. [Hz]; eq. 2"""
        a = 1.0 - 2.0 * self.damping**2
        return self.bandwidth_hz / math.sqrt(a + math.sqrt(a * a + 1.0))

    @property
    def peak_gain(self) -> float:
        """Most that a swing grows on its way. [1]; 1 where none does"""
        if self.eco or self.damping >= FLAT_DAMPING:
            return 1.0
        return 0.5 / (self.damping * math.sqrt(1.0 - self.damping**2))

    @property
    def peak_hz(self) -> float:
        """Frequency of that swing. [Hz]; NaN where none grows"""
        if self.eco or self.damping >= FLAT_DAMPING:
            return math.nan
        return self.natural_hz * math.sqrt(1.0 - 2.0 * self.damping**2)

    @property
    def amplifies_below_hz(self) -> float:
        """Swings grow below this frequency. [Hz]; 0 where none does"""
        if self.eco or self.damping >= FLAT_DAMPING:
            return 0.0
        return math.sqrt(2.0) * self.peak_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsInput:
    """
    What UPSs draw for a load.

    Args:
        wave: Power at the input.
        lost_j: Energy lost in them. [J]
        gained_j: Energy that link and battery hold more at the end than at the begin;
            below 0 they hold less. input = load + lost + gained [J]
        link_j: Energy they hold more than at the begin, after each sample. [J],
            (samples,)
        borrowed_j: Highest less lowest of that: what the link must be able to give, or
            the battery does. [J]
        feeds_back: Whether the input goes below zero anywhere, which a rectifier cannot
            do: there the model does not hold.
    """

    wave: Waveform
    lost_j: float
    gained_j: float
    link_j: FloatArray
    borrowed_j: float
    feeds_back: bool


def ups_input(wave: Waveform, ups: UpsFilter) -> UpsInput:
    """
    Power that UPSs draw for a load.

    The load is taken as steady before its first sample.

    Args:
        wave: Load on their output.
        ups: The UPSs.

    Returns:
        Input, losses, and what link and battery gave meanwhile.

    Source:
        docs/models/upstream.md, eq. 1 to 4; exact for a load that is constant within
        each sample.
    """
    loss = np.array([ups.fixed_frac, ups.linear_frac, ups.quadratic_frac])
    size = wave.power_w.size
    if ups.eco:
        load = wave.power_w / ups.rated_w
        lost_w = ups.rated_w * (loss[0] + load * (loss[1] + loss[2] * load))
        return UpsInput(
            wave=Waveform(power_w=wave.power_w + lost_w, sample_s=wave.sample_s),
            lost_j=float(lost_w.sum()) * wave.sample_s, gained_j=0.0,
            link_j=np.zeros(size), borrowed_j=0.0, feeds_back=False,
        )  # fmt: skip
    natural = 2.0 * math.pi * ups.natural_hz
    out_w, link_j = np.empty(size), np.empty(size)
    lost = upstream_compiled.second_order(
        wave.power_w, ups.rated_w, loss, _filter_step(ups, wave.sample_s), natural,
        ups.damping, out_w, link_j,
    )  # fmt: skip
    return UpsInput(
        wave=Waveform(power_w=out_w, sample_s=wave.sample_s),
        lost_j=lost * wave.sample_s, gained_j=float(link_j[-1]), link_j=link_j,
        borrowed_j=float(max(link_j.max(), 0.0) - min(link_j.min(), 0.0)),
        feeds_back=bool(out_w.min() < 0.0),
    )  # fmt: skip


def _filter_step(ups: UpsFilter, sample_s: float) -> FloatArray:
    """Exact step of the filter: power, slope and mean over a sample. (3, 3)"""
    turn = 2.0 * math.pi * ups.natural_hz * sample_s
    rates = np.zeros((4, 4))  # power, slope ÷ natural, mean, load
    rates[0, 1] = turn
    rates[1] = [-turn, -2.0 * ups.damping * turn, 0.0, turn]
    rates[2, 0] = 1.0
    step: FloatArray = np.delete(expm(rates)[:3], 2, axis=1)
    return step


# --- gensets --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """
    Gensets that carry an island alone, all as one machine.

    Inertia, lags and limits are assumed, of the size that diesel sets of 1 to 3 MW
    have; they are to be replaced by the maker's.

    Args:
        rated_va: Rating of all that run. [VA], > 0
        power_factor: Rated power ÷ `rated_va`. 0..1
        inertia_s: Energy in the rotors at speed ÷ `rated_va`. H [s], > 0
        droop_frac: Speed lost from no load to rated power ÷ nominal. > 0
        governor_s: Lag of governor and actuator. [s], > 0
        lead_s: Lead of the governor, which makes up for the engine's lag. [s], >= 0
        engine_s: Lag from fuel to torque. [s], > 0
        turbo_s: Time constant with which boost follows power. [s], > 0
        step_frac: Most power beyond what the boost is for ÷ rated power. > 0; infinite
            for an engine without that limit
        most_frac: Most power ÷ rated power. >= 1
        damping_frac: Load relief: change of load ÷ load, per change of speed. >= 0;
            0 for electronic loads
        nominal_hz: [Hz]
    """

    rated_va: float
    power_factor: float = 0.8
    inertia_s: float = 1.0
    droop_frac: float = 0.05
    governor_s: float = 0.05
    lead_s: float = 0.15
    engine_s: float = 0.2
    turbo_s: float = 2.0
    step_frac: float = 0.5
    most_frac: float = 1.1
    damping_frac: float = 0.0
    nominal_hz: float = 60.0

    def __post_init__(self) -> None:
        check_fields(
            self, POSITIVE, "rated_va", "inertia_s", "droop_frac", "governor_s",
            "engine_s", "turbo_s", "nominal_hz",
        )  # fmt: skip
        check_fields(self, NOT_NEGATIVE, "lead_s", "damping_frac")
        check_fields(self, PART, "power_factor")
        check_fields(self, ABOVE_ZERO, "step_frac")
        if not 1 <= self.most_frac < math.inf:
            raise ValueError(f"most_frac must be 1 or more, got {self.most_frac}")
        if self.droop_frac >= 1:
            raise ValueError(
                f"droop_frac must be below 1, got {self.droop_frac}; a per cent value "
                "is to be divided by 100"
            )
        fastest = max(np.linalg.eigvals(_rates(self)[:3, :3]).real)
        if not fastest < 0:
            raise ValueError(
                f"droop_frac {self.droop_frac:g} with governor_s {self.governor_s:g} "
                f"and engine_s {self.engine_s:g} must be stable, got a swing that "
                f"grows by {fastest:.3g} per s; raise droop_frac, inertia_s or lead_s"
            )

    @property
    def rated_w(self) -> float:
        """Rated power. [W]"""
        return self.rated_va * self.power_factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Islanded:
    """
    Gensets under a load.

    Args:
        frequency_hz: After each sample. [Hz], (samples,)
        lowest_hz: Least of it. [Hz]
        highest_hz: Most of it. [Hz]
        worst_off_hz: Largest deviation from nominal, with its sign. [Hz]
        worst_at_s: When. [s]
        rocof_hz_per_s: Steepest rate of change at any instant, with its sign. [Hz/s]
        rocof_at_s: When. [s]
        rocof_500ms_hz_per_s: Steepest mean over 500 ms, its size. [Hz/s]; NaN for a
            shorter waveform
        load_frac: Highest sample of load ÷ rated power.
        overload_s: Time above rated power. [s]
        fuel_limited_frac: Time in which boost, most fuel or no fuel held the governor
            back ÷ all.
    """

    frequency_hz: FloatArray
    lowest_hz: float
    highest_hz: float
    worst_off_hz: float
    worst_at_s: float
    rocof_hz_per_s: float
    rocof_at_s: float
    rocof_500ms_hz_per_s: float
    load_frac: float
    overload_s: float
    fuel_limited_frac: float


def islanded(wave: Waveform, generator: Generator) -> Islanded:
    """
    Let gensets carry a load alone.

    They run at nominal frequency and steady on the first sample's load.

    Args:
        wave: Load on their terminals; the whole island's.
        generator: The gensets.

    Returns:
        Frequency over time and what is worst in it.

    Source:
        docs/models/upstream.md, eq. 5 to 8; exact for a load that is constant within
        each sample while the fuel is free; limits are taken at a sample's begin.
    """
    size, nominal = wave.power_w.size, generator.nominal_hz
    off_pu = np.empty(size)
    rates = _rates(generator)
    held = rates.copy()
    held[2] = [0.0, 0.0, -1.0 / generator.engine_s, 0.0, 1.0 / generator.engine_s]
    steepest, at, limited = upstream_compiled.swing(
        wave.power_w / generator.rated_va, expm(rates * wave.sample_s)[:3],
        expm(held * wave.sample_s)[:3], _gain(generator),
        generator.lead_s / generator.governor_s,
        generator.most_frac * generator.power_factor,
        generator.step_frac * generator.power_factor,
        math.exp(-wave.sample_s / generator.turbo_s), _relief(generator),
        2.0 * generator.inertia_s, off_pu,
    )  # fmt: skip
    worst = int(np.abs(off_pu).argmax())
    frequency_hz = nominal * (1.0 + off_pu)
    over = max(1, round(0.5 / wave.sample_s))
    change_hz = np.abs(frequency_hz[over:] - frequency_hz[:-over])
    mean_hz = float(change_hz.max()) if change_hz.size else math.nan
    load_frac = wave.power_w / generator.rated_w
    return Islanded(
        frequency_hz=frequency_hz, lowest_hz=float(frequency_hz.min()),
        highest_hz=float(frequency_hz.max()),
        worst_off_hz=float(off_pu[worst]) * nominal,
        worst_at_s=(worst + 1) * wave.sample_s, rocof_hz_per_s=steepest * nominal,
        rocof_at_s=at * wave.sample_s,
        rocof_500ms_hz_per_s=mean_hz / (over * wave.sample_s),
        load_frac=float(load_frac.max()),
        overload_s=float((load_frac > 1.0).sum()) * wave.sample_s,
        fuel_limited_frac=limited / size,
    )  # fmt: skip


def _gain(generator: Generator) -> float:
    """Fuel ÷ speed error, both ÷ rating in VA."""
    return generator.power_factor / generator.droop_frac


def _relief(generator: Generator) -> float:
    """Load relief ÷ speed, ÷ rating in VA."""
    return generator.damping_frac * generator.power_factor


def _rates(generator: Generator) -> FloatArray:
    """Rates of speed, governor and engine; columns: those, load, set point. (5, 5)"""
    inertia, lag, engine = (
        2.0 * generator.inertia_s, generator.governor_s, generator.engine_s,
    )  # fmt: skip
    lead, gain = generator.lead_s / lag, _gain(generator)
    rates = np.zeros((5, 5))
    rates[0] = [-_relief(generator) / inertia, 0.0, 1 / inertia, -1 / inertia, 0.0]
    rates[1] = [-gain / lag, -1.0 / lag, 0.0, 0.0, 0.0]
    rates[2] = [-gain * lead / engine, (1 - lead) / engine, -1 / engine, 0, 1 / engine]
    return rates


@dataclass(frozen=True, slots=True, kw_only=True)
class GensetClass:
    """
    Limits of one class of ISO 8528-5, each ÷ nominal frequency.

    Args:
        key: "G1", "G2" or "G3".
        fall_frac: Deepest fall when load comes on.
        rise_frac: Highest rise when all load goes.
        band_frac: Width of the band at a steady load.
        recovery_s: Time to be back in a band. [s]
        source: How sure that is.
    """

    key: str
    fall_frac: float
    rise_frac: float
    band_frac: float
    recovery_s: float
    source: str


GENSET_CLASSES = (
    GensetClass(key="G1", fall_frac=0.15, rise_frac=0.18, band_frac=0.025,
                recovery_s=10.0, source="ISO 8528-5 (memory)"),
    GensetClass(key="G2", fall_frac=0.10, rise_frac=0.12, band_frac=0.015,
                recovery_s=5.0, source="ISO 8528-5 (memory; a project's specification "
                "repeats it, second-hand)"),
    GensetClass(key="G3", fall_frac=0.07, rise_frac=0.10, band_frac=0.005,
                recovery_s=3.0, source="ISO 8528-5 (memory)"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassVerdict:
    """
    How gensets' frequency does under a class.

    Args:
        genset_class: The class.
        fall_frac: Deepest fall ÷ nominal.
        rise_frac: Highest rise ÷ nominal.
        width_frac: Highest less lowest frequency of the second half ÷ nominal. The
            class asks that of a steady load; a swinging one is held to it as ours
        margin_frac: Least of the two transient limits' margins ÷ their limits.
    """

    genset_class: GensetClass
    fall_frac: float
    rise_frac: float
    width_frac: float
    margin_frac: float

    @property
    def passes(self) -> bool:
        """Whether both transient limits are kept."""
        return self.margin_frac >= 0.0

    @property
    def steady(self) -> bool:
        """Whether the second half stays within the band of a steady load."""
        return self.width_frac <= self.genset_class.band_frac


def judge_genset(
    found: Islanded, generator: Generator, genset_class: GensetClass
) -> ClassVerdict:
    """
    Hold a frequency against a class.

    Args:
        found: What the gensets did.
        generator: The gensets.
        genset_class: The class.
    """
    nominal = generator.nominal_hz
    fall = max(0.0, (nominal - found.lowest_hz) / nominal)
    rise = max(0.0, (found.highest_hz - nominal) / nominal)
    late_hz = found.frequency_hz[found.frequency_hz.size // 2 :]
    return ClassVerdict(
        genset_class=genset_class, fall_frac=fall, rise_frac=rise,
        width_frac=float(np.ptp(late_hz)) / nominal,
        margin_frac=min(1.0 - fall / genset_class.fall_frac,
                        1.0 - rise / genset_class.rise_frac),
    )  # fmt: skip

"""
Grid rules: what a utility allows a load to do, and how far a waveform is from it.

A rule is data: a kind, a limit, a window or a band, its source and date. An answer is
never only pass or fail: worst value, limit, margin, when, and in which band.
`docs/models/stabilize.md`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy  # its parts load when they are used: signal takes half a second

from twin.errors import FRACTION, POSITIVE, check_fields
from twin.stabilize import compiled
from twin.stabilize.at_connection import AT_CONNECTION, Contract, Found, swing
from twin.stabilize.spectra import Spectra, spectrum
from twin.training.waveform import Waveform

__all__ = [
    "Contract", "Kind", "Rule", "Unjudged", "Verdict", "judge",
    "judge_all", "needed_horizon_s", "needed_sample_s", "spectrum",
]  # fmt: skip

Kind = Literal[
    "band-swing", "band-share", "change", "ramp", "range", "voltage-change", "pst",
    "plt", "tdd", "thd",
]  # fmt: skip
UNITS: dict[str, str] = {
    "band-swing": "W", "band-share": "1", "change": "W", "ramp": "W/s", "range": "W",
    "voltage-change": "1", "pst": "Pst", "plt": "Plt", "tdd": "1", "thd": "1",
}  # fmt: skip
SHARES = ("band-share", "voltage-change", "tdd", "thd")
FLICKER_SAMPLE_S = 1.0 / 420.0
"""Longest samples the flickermeter takes on 60 Hz; on 50 Hz a fifth longer. [s]"""
FLICKER_S = 600.0
FINE_S = 0.05
"""Longest samples for highest less lowest power and its like: longer ones average the
swings of iterations away. Ours. [s]"""
LIVELY_FRAC = 0.005
"""Swing in a band ÷ mean power below which its share of the energy is not counted.
Ours: the IESO's ±0.25 %, the strictest limit on a swing there is."""
SHARE_PERIODS = 10
"""Periods of a band's lower edge in one stretch that a share is taken of."""
EDGE_PERIODS = 2
"""Periods of a band's lower edge left out at either end, where its filter begins."""
PER_CYCLE = 2.56
"""Samples per cycle of a band's upper edge; two would be the limit of sampling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    One limit of one utility.

    Args:
        key: Name in files and answers.
        authority: Who asks for it.
        title: What it asks, in words.
        kind: "band-swing": highest less lowest power in any window, of the power in a
            band. "band-share": energy of the power's changes that lies in a band, in
            the worst stretch of ten periods of its lower edge.
            "change": highest less lowest power in any window. "ramp": change over any
            window ÷ its length, up and down. "range": least width of a band around
            a baseline that itself keeps two ramps (dynamic range).
            "voltage-change": highest less lowest voltage in any window ÷ nominal.
            "pst", "plt": flicker, short and long term. "tdd", "thd": harmonics of the
            current and of the voltage.
        limit: In W (band-swing, change, range), W/s (ramp), Pst or Plt, or 0..1. The
            planning level of the voltage holds too where it is lower (flicker), and
            takes its place (harmonics).
        limit_frac: The same ÷ contracted power; the lower of the two holds. 0 is none.
        window_s: Rolling window. [s]; 0 where the kind has none.
        low_hz: Lower edge of the band. [Hz]
        high_hz: Upper edge of the band. [Hz]
        up_w_per_s: Fastest rise of a "range"'s baseline. [W/s]
        down_w_per_s: Fastest fall of a "range"'s baseline. [W/s]
        source: Where it stands, and how sure that is.
        date: Of the text.
    """

    key: str
    authority: str
    title: str
    kind: Kind
    limit: float
    limit_frac: float = 0.0
    window_s: float = 0.0
    low_hz: float = 0.0
    high_hz: float = 0.0
    up_w_per_s: float = 0.0
    down_w_per_s: float = 0.0
    source: str
    date: str

    def __post_init__(self) -> None:
        if self.kind not in UNITS:
            raise ValueError(
                f"{self.key}: kind {self.kind!r} is unknown; known are "
                f"{', '.join(UNITS)}"
            )
        check_fields(self, POSITIVE, "limit", owner=f"{self.key}: ")
        check_fields(self, FRACTION, "limit_frac", owner=f"{self.key}: ")
        windowed = ("band-swing", "change", "ramp", "voltage-change")
        if self.kind in windowed and not self.window_s > 0:
            raise ValueError(f"{self.key}: window_s must be above 0 for {self.kind}")
        banded = self.kind in ("band-swing", "band-share")
        if banded and not 0 < self.low_hz < self.high_hz:
            raise ValueError(
                f"{self.key}: low_hz {self.low_hz} must be above 0 and below high_hz "
                f"{self.high_hz}"
            )
        if not banded and (self.low_hz or self.high_hz):
            raise ValueError(
                f"{self.key}: low_hz and high_hz have no use for {self.kind}; choose "
                "band-swing or band-share, or leave them out"
            )
        if self.kind == "range" and not min(self.up_w_per_s, self.down_w_per_s) > 0:
            raise ValueError(
                f"{self.key}: up_w_per_s and down_w_per_s must be above 0 for range"
            )
        if self.kind in SHARES and self.limit > 1:
            raise ValueError(
                f"{self.key}: limit of a share must be at most 1, got {self.limit}; a "
                "per cent value is to be divided by 100"
            )

    @property
    def unit(self) -> str:
        """Unit of the limit and of worst values."""
        return UNITS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    How a waveform does under a rule.

    Args:
        rule: The rule.
        worst: Worst value, in the limit's unit.
        limit: The limit that held.
        margin_frac: (limit - worst) ÷ limit; below zero it fails.
        at_s: Begin of the worst window; NaN for a share. [s]
        worst_hz: Strongest line inside the band, or of the flicker's or harmonic's own
            frequency; NaN without one. [Hz]
        note: What the figure rests on, where that is not the whole rule.
    """

    rule: Rule
    worst: float
    limit: float
    margin_frac: float
    at_s: float
    worst_hz: float
    note: str = ""

    @property
    def passes(self) -> bool:
        """Whether the limit is kept."""
        return self.margin_frac >= 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """
    A rule that a waveform cannot answer.

    Args:
        rule: The rule.
        why: What is missing, and how much is needed.
    """

    rule: Rule
    why: str


NO_CONTRACT = Contract()


def judge_all(
    wave: Waveform, rules: Iterable[Rule], contract: Contract = NO_CONTRACT
) -> list[Verdict | Unjudged]:
    """
    Measure a waveform against many rules; spectra are shared.

    Args:
        wave: Power at the point of connection.
        rules: The rules.
        contract: What is known of the point of connection.

    Returns:
        A verdict per rule, in their order, or why there is none.
    """
    spectra = Spectra(wave)
    found: list[Verdict | Unjudged] = []
    for rule in rules:
        try:
            found.append(_judged(spectra, rule, contract))
        except ValueError as error:
            found.append(Unjudged(rule=rule, why=str(error)))
    return found


def judge(wave: Waveform, rule: Rule, contract: Contract = NO_CONTRACT) -> Verdict:
    """
    Measure a waveform against a rule.

    Args:
        wave: Power at the point of connection.
        rule: The rule.
        contract: What is known of the point of connection.

    Returns:
        The verdict.

    Raises:
        ValueError: If the waveform is too short or too coarsely sampled; says what is
            needed.
    """
    return _judged(Spectra(wave), rule, contract)


def _judged(spectra: Spectra, rule: Rule, contract: Contract) -> Verdict:
    _check(spectra.wave, rule)
    if rule.kind in AT_CONNECTION:
        found = AT_CONNECTION[rule.kind](spectra, rule, contract)
    else:
        found = _WORST[rule.kind](spectra, rule)
    limit = min(rule.limit, found.limit)
    if rule.limit_frac:
        limit = min(limit, rule.limit_frac * contract.power_w)
    return Verdict(
        rule=rule, worst=found.worst, limit=limit,
        margin_frac=(limit - found.worst) / limit, at_s=found.at_s,
        worst_hz=found.hertz, note=found.note,
    )  # fmt: skip


def needed_sample_s(rule: Rule) -> float:
    """Longest samples that a rule can be judged on. [s]"""
    fine = ("change", "ramp", "range", "voltage-change")
    window_s = rule.window_s / 2 if rule.window_s else math.inf
    window_s = min(window_s, FINE_S) if rule.kind in fine else window_s
    band_s = 1.0 / (PER_CYCLE * rule.high_hz) if rule.high_hz else math.inf
    flicker_s = FLICKER_SAMPLE_S if rule.kind in ("pst", "plt") else math.inf
    return min(window_s, band_s, flicker_s)


def needed_horizon_s(rule: Rule) -> float:
    """Shortest waveform that a rule can be judged on. [s]"""
    periods = 2 * EDGE_PERIODS + 1
    band_s = periods / rule.low_hz + 2.0 * rule.window_s if rule.low_hz else 0.0
    if rule.kind == "band-share":
        band_s = SHARE_PERIODS / rule.low_hz
    flicker_s = FLICKER_S if rule.kind in ("pst", "plt") else 0.0
    return max(2.0 * rule.window_s, band_s, flicker_s)


def _check(wave: Waveform, rule: Rule) -> None:
    needed_s = needed_horizon_s(rule)
    if rule.kind not in ("pst", "plt") and wave.horizon_s < needed_s * (1 - 1e-9):
        raise ValueError(
            f"{rule.key} needs at least {needed_s:g} s, got {wave.horizon_s:g} s; "
            "lengthen the waveform"
        )
    needed_s = needed_sample_s(rule)
    if rule.kind not in ("pst", "plt") and wave.sample_s > needed_s * (1 + 1e-9):
        raise ValueError(
            f"{rule.key} needs samples of {needed_s:.3g} s ({1 / needed_s:.4g} "
            f"samples/s) or finer, got {wave.sample_s:g} s; sample finer"
        )


# --- worst value, when, and in which line ---------------------------------------------


def _band_swing(spectra: Spectra, rule: Rule) -> Found:
    """Measure a band's swing; the filter's own begin and end are left out."""
    wave = spectra.wave
    edge = round(EDGE_PERIODS / rule.low_hz / wave.sample_s)
    band_w = spectra.band_w(rule.low_hz, rule.high_hz)[edge:-edge]
    worst, at_s = swing(band_w, wave.sample_s, rule.window_s)
    strongest_hz = spectra.strongest_hz(rule.low_hz, rule.high_hz)
    return Found(worst, at_s=at_s + edge * wave.sample_s, hertz=strongest_hz)


def _share(spectra: Spectra, rule: Rule) -> Found:
    """
    Measure the part of changes that lies in a band, in the worst stretch.

    Stretches overlap by half and lose their trend, so that a start or a drift elsewhere
    does not thin the share out. Stretches without a swing to speak of do not count.
    """
    wave = spectra.wave
    count = min(wave.power_w.size, round(SHARE_PERIODS / rule.low_hz / wave.sample_s))
    hertz = np.arange(1, count // 2 + 1) / (count * wave.sample_s)
    first, last = np.searchsorted(hertz, (rule.low_hz, rule.high_hz * (1 + 1e-12)))
    least = LIVELY_FRAC * abs(float(wave.power_w.mean()))
    found = Found(0.0, note=f"no swing above {100 * LIVELY_FRAC:g} % of mean power")
    last_start = wave.power_w.size - count
    for start in dict.fromkeys((*range(0, last_start, max(1, count // 2)), last_start)):
        piece = scipy.signal.detrend(wave.power_w[start : start + count])
        _, energy = spectrum(Waveform(power_w=piece, sample_s=wave.sample_s))
        inside = float(energy[first:last].sum())
        if 2.0 * math.sqrt(2.0 * inside) <= least:
            continue
        share = inside / float(energy.sum())
        if share > found.worst:
            strongest = first + int(energy[first:last].argmax())
            found = Found(
                share, at_s=start * wave.sample_s, hertz=float(hertz[strongest])
            )
    return found


def _change(spectra: Spectra, rule: Rule) -> Found:
    """Measure highest less lowest power in any window."""
    wave = spectra.wave
    worst, at_s = swing(wave.power_w, wave.sample_s, rule.window_s)
    return Found(worst, at_s=at_s)


def _ramp(spectra: Spectra, rule: Rule) -> Found:
    """Measure the steepest change over a window."""
    wave = spectra.wave
    count = max(1, round(rule.window_s / wave.sample_s))
    change_w = np.abs(wave.power_w[count:] - wave.power_w[:-count])
    k = int(change_w.argmax())
    return Found(float(change_w[k]) / (count * wave.sample_s), at_s=k * wave.sample_s)


def _range(spectra: Spectra, rule: Rule) -> Found:
    """Measure the least dynamic range that a baseline with the ramps needs."""
    wave = spectra.wave
    worst, k, rising = compiled.dynamic_range(
        wave.power_w, rule.up_w_per_s * wave.sample_s, rule.down_w_per_s * wave.sample_s
    )
    note = f"reached by a {'rise' if rising else 'fall'}" if worst > 0 else ""
    return Found(float(worst), at_s=k * wave.sample_s, note=note)


_WORST: dict[str, Callable[[Spectra, Rule], Found]] = {
    "band-swing": _band_swing, "band-share": _share, "change": _change, "ramp": _ramp,
    "range": _range,
}  # fmt: skip

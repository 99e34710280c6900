"""
Rules that ask for the grid at the point of connection: voltage, flicker, harmonics.

`docs/models/flicker.md`, `docs/models/harmonics.md`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.stabilize import compiled
from twin.stabilize.connection import PointOfConnection, voltage_change_frac
from twin.stabilize.flicker import PLT_BLOCKS, Flicker, flicker, planning_levels
from twin.stabilize.harmonics import Harmonics, judge_harmonics
from twin.stabilize.spectra import Spectra
from twin.types import FloatArray

if TYPE_CHECKING:
    from twin.stabilize.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """
    What is known of the point of connection.

    Args:
        power_w: Contracted power, for limits that are a part of it. [W]
        poc: The grid there; flicker, voltage and harmonics ask for it.
        harmonics: Of the load.
    """

    power_w: float = math.inf
    poc: PointOfConnection | None = None
    harmonics: Harmonics = field(default_factory=Harmonics)


@dataclass(frozen=True, slots=True)
class Found:
    """
    What a rule's kind measures.

    Args:
        worst: Worst value.
        at_s: When; NaN for the whole waveform. [s]
        hertz: In which line; NaN without one. [Hz]
        limit: A limit that the place sets; infinite where the rule's own holds.
        note: What the figure rests on.
    """

    worst: float
    at_s: float = math.nan
    hertz: float = math.nan
    limit: float = math.inf
    note: str = ""


def swing(values: FloatArray, sample_s: float, window_s: float) -> tuple[float, float]:
    """
    Measure the largest difference inside any window.

    Args:
        values: Any quantity. (samples,)
        sample_s: Length of a sample. [s]
        window_s: Length of the window. [s]

    Returns:
        The difference, and where that window begins. [s]
    """
    count = min(values.size, max(2, round(window_s / sample_s) + 1))
    worst, k = compiled.swing(values, count)
    return float(worst), k * sample_s


def _grid(rule: Rule, contract: Contract) -> PointOfConnection:
    if contract.poc is None:
        raise ValueError(
            f"{rule.key} needs the grid's voltage and short-circuit power; give a "
            "point of connection"
        )
    return contract.poc


def _voltage_change(spectra: Spectra, rule: Rule, contract: Contract) -> Found:
    """Measure highest less lowest voltage in any window."""
    wave = spectra.wave
    change = voltage_change_frac(wave.power_w, _grid(rule, contract))
    worst, at_s = swing(change, wave.sample_s, rule.window_s)
    return Found(worst, at_s=at_s)


def _flicker(spectra: Spectra, rule: Rule, contract: Contract) -> Flicker:
    poc = _grid(rule, contract)
    key = ("flicker", poc)
    if key not in spectra.kept:  # Pst and Plt are one measurement
        spectra.kept[key] = flicker(spectra.wave, poc)
    found: Flicker = spectra.kept[key]
    return found


def _pst(spectra: Spectra, rule: Rule, contract: Contract) -> Found:
    """Measure the worst ten minutes' flicker."""
    found = _flicker(spectra, rule, contract)
    note = f"of {found.block_s:.0f} s, not of ten minutes" if found.is_short else ""
    limit = planning_levels(_grid(rule, contract).nominal_v).pst
    return Found(found.worst_pst, at_s=found.worst_at_s, limit=limit, note=note)


def _plt(spectra: Spectra, rule: Rule, contract: Contract) -> Found:
    """Measure two hours' flicker, from what there is of them."""
    found = _flicker(spectra, rule, contract)
    note = ""
    if found.plt_blocks < PLT_BLOCKS:
        note = f"{found.plt_blocks} of {PLT_BLOCKS} blocks: holds if they repeat"
    limit = planning_levels(_grid(rule, contract).nominal_v).plt
    return Found(found.plt, limit=limit, note=note)


def _harmonics(spectra: Spectra, rule: Rule, contract: Contract) -> Found:
    """Measure distortion of current or voltage at the highest load."""
    poc = _grid(rule, contract)
    load_w = float(spectra.wave.power_w.max())
    demand_w = contract.power_w if math.isfinite(contract.power_w) else load_w
    found = judge_harmonics(contract.harmonics, poc, load_w=load_w, demand_w=demand_w)
    total, single = (
        (found.tdd, found.current) if rule.kind == "tdd" else (found.thd, found.voltage)
    )
    worst = min(total, single, key=lambda m: m.margin_frac)
    what = f"harmonic {worst.order}" if worst.order else "all harmonics together"
    return Found(
        worst.value_frac, hertz=worst.order * poc.frequency_hz or math.nan,
        limit=worst.limit_frac, note=f"{what}; the supplies' spectrum is assumed",
    )  # fmt: skip


AT_CONNECTION: dict[str, Callable[[Spectra, Rule, Contract], Found]] = {
    "voltage-change": _voltage_change, "pst": _pst, "plt": _plt, "tdd": _harmonics,
    "thd": _harmonics,
}  # fmt: skip

"""
A store behind the meter: what the grid should see, and how far the store gets there.

A control sets what the grid should see; power, energy, efficiency and response of the
store decide what it does see. Storage power is positive when discharging.
`docs/models/stabilize.md`, eq. 3 to 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.constants import Julian_year

from twin.errors import ABOVE_ZERO, FRACTION, NOT_NEGATIVE, PART, POSITIVE, check_fields
from twin.stabilize import compiled
from twin.stabilize.mpc import Plan, plan_ahead
from twin.training.waveform import Waveform
from twin.types import FloatArray

Control = Literal["low-pass", "moving-average", "droop", "mpc"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """
    A store and its control.

    Args:
        power_w: Most it gives or takes. [W], > 0
        energy_j: What it holds. [J], > 0
        control: What the grid should see. "low-pass": the load through a first-order
            filter. "moving-average": the load's mean over the last `filter_s`.
            "droop": the load less `gain` of what it is off its low-passed self by more
            than `deadband_frac`. "mpc": the smoothest power that a forecast allows.
        filter_s: Time constant, window, or the horizon of "mpc". [s], > 0
        gain: Of "droop". 0..1
        deadband_frac: Of "droop" ÷ `power_w`. 0..1
        step_s: Of "mpc": a decision is made this often. [s], > 0
        period_s: Of "mpc": the load is expected to repeat after this; 0 expects the
            last step's mean to stay. [s], >= 0
        charge_efficiency: Energy stored ÷ drawn. 0..1
        discharge_efficiency: Energy delivered ÷ taken out. 0..1
        response_s: Time constant of its own power. [s], >= 0
        centre_frac: Charge ÷ energy that control returns to. 0..1
        return_s: Time constant of that return. [s], > 0
        cycle_life: Full cycles until a fifth of its capacity is lost; infinite for
            none. > 0
    """

    power_w: float
    energy_j: float
    control: Control = "low-pass"
    filter_s: float
    gain: float = 1.0
    deadband_frac: float = 0.0
    step_s: float = 0.1
    period_s: float = 0.0
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    response_s: float = 0.0
    centre_frac: float = 0.5
    return_s: float = 600.0
    cycle_life: float = math.inf

    def __post_init__(self) -> None:
        check_fields(
            self, POSITIVE, "power_w", "energy_j", "filter_s", "return_s", "step_s",
            repair="a store without energy or power is left out instead",
        )  # fmt: skip
        check_fields(self, ABOVE_ZERO, "cycle_life")
        check_fields(self, PART, "charge_efficiency", "discharge_efficiency")
        check_fields(self, FRACTION, "centre_frac", "gain", "deadband_frac")
        check_fields(self, NOT_NEGATIVE, "response_s", "period_s")
        if self.control == "mpc" and self.filter_s < 2 * self.step_s:
            raise ValueError(
                f"filter_s {self.filter_s} must hold two steps of step_s {self.step_s} "
                "for mpc; raise it"
            )

    def times(self, count: float) -> Storage:
        """Return `count` equal stores as one."""
        return replace(
            self, power_w=self.power_w * count, energy_j=self.energy_j * count
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """
    A waveform behind a store.

    Args:
        wave: What the grid gives.
        stored_w: What the store gives, charging negative. [W], (samples,)
        charge_frac: Charge ÷ energy after each sample. 0..1, (samples,)
        lost_j: Energy lost in it. [J]
        gained_j: Charge at the end less charge at the begin. [J]
        full_cycles: That ÷ its energy. [1]
        life_years: Until a fifth of its capacity is lost, by throughput at this pace,
            calendar ageing left out. [years]
        full_or_empty_frac: Part of the time it had nothing left to give or take. [1]
    """

    wave: Waveform
    stored_w: FloatArray
    charge_frac: FloatArray
    lost_j: float
    gained_j: float
    full_cycles: float
    life_years: float
    full_or_empty_frac: float


def stored(
    wave: Waveform, storage: Storage, *, begin_frac: float | None = None,
    settle_s: float = 0.0,
) -> Stored:  # fmt: skip
    """
    Put a store before a load.

    Args:
        wave: The load.
        storage: The store.
        begin_frac: Charge ÷ energy before the first sample; its centre without one.
        settle_s: Before the first sample the load was steady at its mean over this:
            an iteration of a running job. 0 takes the first sample. [s]

    Returns:
        What the grid sees; grid = load + losses + change of charge, to rounding.

    Raises:
        ValueError: If a sample is longer than a step of "mpc".
    """
    size = wave.power_w.size
    grid_w, given_w, charge_j = np.empty(size), np.empty(size), np.empty(size)
    begin_frac = storage.centre_frac if begin_frac is None else begin_frac
    start_j = begin_frac * storage.energy_j
    state = np.array([0.0, start_j])

    def follow(part: slice, target_w: FloatArray, pull_per_s: float) -> FloatArray:
        return np.array(compiled.follow(
            wave.power_w[part], target_w, wave.sample_s, storage.power_w,
            storage.energy_j, storage.charge_efficiency, storage.discharge_efficiency,
            storage.response_s, storage.centre_frac, pull_per_s, state,
            grid_w[part], given_w[part], charge_j[part],
        ))  # fmt: skip

    count = min(size, max(1, round(settle_s / wave.sample_s)))
    before_w = float(wave.power_w[:count].mean())
    if storage.control == "mpc":
        plan = Plan(
            power_w=storage.power_w, energy_j=storage.energy_j,
            centre_j=storage.centre_frac * storage.energy_j, step_s=storage.step_s,
            horizon_s=storage.filter_s,
            period_s=storage.period_s,
        )  # fmt: skip
        books = np.zeros(2)
        for part, target_w in plan_ahead(wave, plan, state, before_w):
            books += follow(part, target_w, 0.0)
    else:
        target_w = _target_w(wave, storage, before_w)
        books = follow(slice(None), target_w, 1.0 / storage.return_s)
    lost_j, through_j = (float(value) for value in books)
    cycles = through_j / storage.energy_j
    gained_j = float(charge_j[-1]) - start_j
    charge_frac = np.divide(charge_j, storage.energy_j, out=charge_j)
    stuck = (charge_frac <= _EDGE) | (charge_frac >= 1.0 - _EDGE)
    pace = cycles / wave.horizon_s * Julian_year
    return Stored(
        wave=Waveform(power_w=grid_w, sample_s=wave.sample_s), stored_w=given_w,
        charge_frac=charge_frac, lost_j=lost_j,
        gained_j=gained_j, full_cycles=cycles,
        life_years=storage.cycle_life / pace if pace > 0 else math.inf,
        full_or_empty_frac=float(stuck.mean()),
    )  # fmt: skip


_EDGE = 1e-6


def _target_w(wave: Waveform, storage: Storage, before_w: float) -> FloatArray:
    """What the grid should see. [W], (samples,)"""
    out: FloatArray = np.empty(wave.power_w.size)
    if storage.control == "moving-average":
        count = max(1, round(storage.filter_s / wave.sample_s))
        compiled.moving_mean(wave.power_w, count, before_w, out)
        return out
    compiled.low_pass(wave.power_w, wave.sample_s, storage.filter_s, before_w, out)
    if storage.control == "low-pass":
        return out
    off_w = wave.power_w - out
    deadband_w = storage.deadband_frac * storage.power_w
    beyond_w = off_w - np.clip(off_w, -deadband_w, deadband_w)
    droop: FloatArray = wave.power_w - storage.gain * beyond_w
    return droop

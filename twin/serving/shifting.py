"""
Deferrable work moved in time by carbon, price or headroom, inside its deadlines.

Jobs that may pause are a linear program, jobs in one piece add a binary per start.
Where no step is short of power every job takes its own best steps, which is exact and
needs no solver. `docs/models/shifting.md` has the equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.scenario.shifting import DeferrableJob, ShiftInput
from twin.serving.shift_solver import Choices, Site, independent, solve
from twin.types import FloatArray

__all__ = ["DeferrableJob", "JobShift", "ShiftInput", "ShiftResult", "shift"]

_EMPTY_W = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """
    What one way of running the jobs takes, at the meter.

    Args:
        energy_wh: Energy. [Wh]
        carbon_kg: Carbon, None without its series. [kg]
        cost_usd: Cost, None without prices. [USD]
        peak_w: Highest power of the jobs. [W]
        least_spare_w: Headroom left at the tightest step; negative is too much. [W]
        over_headroom_wh: Energy above the headroom. [Wh]
    """

    energy_wh: float
    carbon_kg: float | None
    cost_usd: float | None
    peak_w: float
    least_spare_w: float
    over_headroom_wh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JobShift:
    """
    One job: when it runs, and how much later its energy is used on average.

    Args:
        name: Name of the job.
        start_h: When it begins. [h]
        end_h: When it ends. [h]
        deadline_h: When it must. [h]
        delay_h: Mean delay of its energy against arrival. [h]
    """

    name: str
    start_h: float
    end_h: float
    deadline_h: float
    delay_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftResult:
    """
    Answer to `shift`.

    Args:
        aim: What was kept low.
        method: "greedy" (no step short), "linear" or "mixed-integer".
        power_w: Power per job and step, mean of the step. [W], shape (jobs, time).
        total_w: Power of all jobs per step. [W], shape (time,).
        jobs: One entry a job, in their order.
        shifted: Account of the schedule at actual signals.
        at_arrival: Account of every job at full power from its arrival, headroom
            or not.
        saved_frac: Share of the aim saved against arrival: carbon or cost; for
            headroom, of the peak.
        foresight: Account of the schedule with the actual signal known; None without a
            forecast.
        regret_frac: What the forecast's error cost ÷ the aim with foresight. None
            without a forecast, or where that is not positive.
        gap_frac: Largest distance from the best possible ÷ it; 0 unless mixed-integer.
    """

    aim: str
    method: str
    power_w: FloatArray
    total_w: FloatArray
    jobs: tuple[JobShift, ...]
    shifted: Account
    at_arrival: Account
    saved_frac: float
    foresight: Account | None
    regret_frac: float | None
    gap_frac: float


def shift(given: ShiftInput) -> ShiftResult:
    """
    Schedule deferrable jobs inside their deadlines and the site's headroom.

    Args:
        given: Jobs, signals and headroom; see `ShiftInput`.

    Returns:
        The schedule, its account, and what it saves against running at arrival.

    Raises:
        ScenarioError: If a job cannot be done in time; says which, and the energy
            that is lacking.

    Source:
        docs/models/shifting.md, eq. 1 to 5.
    """
    given.check_windows()
    actual = given.signal
    expected = actual if given.forecast is None else np.array(given.forecast)
    power_w, method, gap = _schedule(given, expected)
    arrival = np.array([_arrival_w(job, given) for job in given.jobs])
    shifted, at_arrival = _account(given, power_w), _account(given, arrival)
    foresight = None
    if given.forecast is not None:
        foresight = _account(given, _schedule(given, actual)[0])
    return ShiftResult(
        aim=given.aim, method=method, power_w=power_w, total_w=power_w.sum(axis=0),
        jobs=tuple(
            _job(job, power_w[j], arrival[j], given.step_h)
            for j, job in enumerate(given.jobs)
        ),
        shifted=shifted, at_arrival=at_arrival,
        saved_frac=_saved_frac(_aim(given, shifted), _aim(given, at_arrival)),
        foresight=foresight,
        regret_frac=_regret_frac(given, shifted, foresight), gap_frac=gap,
    )  # fmt: skip


# --- schedule -------------------------------------------------------------------------


def _schedule(
    given: ShiftInput, signal: FloatArray | None
) -> tuple[FloatArray, str, float]:
    headroom = np.array(given.headroom_w, dtype=np.float64)
    choices = [_choices(job, given) for job in given.jobs]
    site = Site(headroom_w=headroom, step_h=given.step_h, signal=signal)
    if signal is not None:
        alone = independent(choices, site)
        if np.all(alone.sum(axis=0) <= headroom):
            return alone, "greedy", 0.0
    return solve(choices, site)


def _choices(job: DeferrableJob, given: ShiftInput) -> Choices:
    """What a job may do: most power per step, or a shape and where it may start."""
    steps, step_h = len(given.headroom_w), given.step_h
    most_w = job.power_w * _share(job.earliest_h, job.deadline_h, steps, step_h)
    if not job.contiguous:
        return Choices(name=job.name, energy_wh=job.needed_wh, most_w=most_w)
    hours = job.needed_wh / job.power_w
    length = int(np.ceil(hours / step_h - 1e-9))
    shape = job.power_w * _share(0.0, hours, length, step_h)
    first = int(np.ceil(job.earliest_h / step_h - 1e-9))
    last = int(np.floor((job.deadline_h - hours) / step_h + 1e-9))
    return Choices(
        name=job.name, energy_wh=job.needed_wh, most_w=most_w, shape_w=shape,
        starts=np.arange(first, last + 1),
    )  # fmt: skip


def _share(start_h: float, end_h: float, steps: int, step_h: float) -> FloatArray:
    """Share of each step that lies between two times."""
    edges = np.arange(steps + 1) * step_h
    within = np.clip(np.minimum(edges[1:], end_h) - np.maximum(edges[:-1], start_h),
                     0.0, None)  # fmt: skip
    return np.asarray(within / step_h, dtype=np.float64)


def _arrival_w(job: DeferrableJob, given: ShiftInput) -> FloatArray:
    """Full power from the arrival until it is done."""
    end_h = job.earliest_h + job.needed_wh / job.power_w
    steps = len(given.headroom_w)
    return job.power_w * _share(job.earliest_h, end_h, steps, given.step_h)


# --- account --------------------------------------------------------------------------


def _account(given: ShiftInput, power_w: FloatArray) -> Account:
    total_w = power_w.sum(axis=0)
    used_wh = total_w * given.step_h * given.pue
    spare_w = np.array(given.headroom_w) - total_w
    carbon, price = given.carbon_g_per_kwh, given.price_usd_per_mwh
    return Account(
        energy_wh=float(used_wh.sum()),
        carbon_kg=None if carbon is None else float(used_wh @ np.array(carbon)) / 1e6,
        cost_usd=None if price is None else float(used_wh @ np.array(price)) / 1e6,
        peak_w=float(total_w.max()),
        least_spare_w=float(spare_w.min()),
        over_headroom_wh=float(np.maximum(-spare_w, 0.0).sum()) * given.step_h,
    )


def _aim(given: ShiftInput, account: Account) -> float:
    if given.aim == "headroom":
        return account.peak_w
    value = account.carbon_kg if given.aim == "carbon" else account.cost_usd
    return float(value or 0.0)


def _saved_frac(after: float, before: float) -> float:
    return (before - after) / abs(before) if before else 0.0


def _regret_frac(
    given: ShiftInput, shifted: Account, foresight: Account | None
) -> float | None:
    if foresight is None:
        return None
    best = _aim(given, foresight)
    return (_aim(given, shifted) - best) / best if best > 0 else None


def _job(
    job: DeferrableJob, power_w: FloatArray, arrival_w: FloatArray, step_h: float
) -> JobShift:
    """Times of one job; a step it fills in part ends where its energy does."""
    busy = np.flatnonzero(power_w > _EMPTY_W)
    middle_h = (np.arange(len(power_w)) + 0.5) * step_h
    delay_h = float((power_w - arrival_w) @ middle_h / power_w.sum())
    first, last = busy[0], busy[-1]
    filled = min(power_w[last] / job.power_w, 1.0)
    start_h = max(first * step_h, job.earliest_h)
    end_h = max(last * step_h, job.earliest_h) + filled * step_h
    return JobShift(
        name=job.name, start_h=float(start_h), end_h=float(min(end_h, job.deadline_h)),
        deadline_h=job.deadline_h, delay_h=delay_h,
    )  # fmt: skip

"""
Measured power as a workload: a stored period, played at any speed.

Energy is kept: each played step is the record's exact mean over the time it stands for.
Speed squeezes the record's time; nothing else of the site gets faster.
`docs/models/tracking.md`, eq. 12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.errors import ScenarioError
from twin.types import FloatArray

MOST_MISSING_FRAC = 0.2
"""A server with more of the period missing is refused. Assumed."""
MOST_VALUES = 100_000_000
"""Servers times steps that are kept: 800 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPower:
    """
    Means of equal steps for each server, gaps marked.

    Args:
        step_s: Length of a step. [s], > 0
        power_w: Mean power of each server in each step. [W], NaN is missing, shape
            (servers, steps)
        rack_names: Rack that each server stands in; empty deals them out in order.
    """

    step_s: float
    power_w: FloatArray
    rack_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.power_w.ndim != 2 or 0 in self.power_w.shape or self.step_s <= 0:
            raise ScenarioError("recording.power_w",
                                "must have servers, steps and a length of step above 0",
                                f"{self.power_w.shape}, {self.step_s:g} s",
                                "choose a period in which servers were "
                                "measured")  # fmt: skip
        if self.rack_names and len(self.rack_names) != self.power_w.shape[0]:
            raise ScenarioError("recording.rack_names", "must name a rack for each "
                                "server", len(self.rack_names), "name them all, or "
                                "none")  # fmt: skip
        if np.nanmin(self.power_w, initial=0.0) < 0.0:
            raise ScenarioError("recording.power_w", "must be 0 or more",
                                float(np.nanmin(self.power_w)),
                                "remove that reading")  # fmt: skip

    @property
    def span_s(self) -> float:
        """Length. [s]"""
        return float(self.power_w.shape[1] * self.step_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """
    A record on a run's ticks.

    Args:
        power_w: Power of each server in each step. [W], shape (servers, steps)
        hold_ticks: Ticks that a step lasts.
        filled_frac: Part that was missing and filled in. [1]
        rack_names: As recorded.
    """

    power_w: FloatArray
    hold_ticks: int
    filled_frac: float
    rack_names: tuple[str, ...] = ()


def servers_from_gpus(gpu_w: FloatArray, *, host_w: float, slope: float) -> FloatArray:
    """
    Server power where only GPUs were measured.

    Args:
        gpu_w: Power of each GPU. [W], NaN is missing, shape (servers, GPUs, steps)
        host_w: Constant part, from a fit or the catalogue. [W]
        slope: Server watts per GPU watt. [1]

    Returns:
        Power; NaN where a GPU is missing. [W], shape (servers, steps)

    Source:
        docs/models/calibration.md, eq. 7.
    """
    return np.asarray(host_w + slope * gpu_w.sum(axis=1))


def play(
    record: RecordedPower,
    *,
    tick_s: float,
    speed: float = 1.0,
    from_s: float = 0.0,
    to_s: float | None = None,
    field: str = "workload.replay",
) -> Played:
    """
    Put a record on a run's ticks.

    A step lasts as many whole ticks as the record's step does at that speed, and one
    at least; it is the record's exact mean over that time. What does not fill a last
    step is left out.

    Args:
        record: What was measured.
        tick_s: Length of a tick. [s]
        speed: Seconds of the record in a second of the run. > 0
        from_s: First second of the record. [s]
        to_s: Last one; None plays to the end. [s]
        field: What messages call it.

    Returns:
        The record as it is played.

    Raises:
        ScenarioError: If the period is outside the record, too much is missing, or it
            is too large.

    Source:
        docs/models/tracking.md, eq. 12.
    """
    end_s = record.span_s if to_s is None else to_s
    hold = max(1, int(record.step_s / speed / tick_s + 1e-9))
    length_s = hold * tick_s * speed
    count = int((end_s - from_s) / length_s + 1e-9)
    if not (0.0 <= from_s < end_s <= record.span_s * (1 + 1e-9)) or count < 1:
        raise ScenarioError(field, f"must lie within the {record.span_s:g} s recorded "
                            f"and hold a step of {length_s:g} s",
                            f"{from_s:g} to {end_s:g} s",
                            "choose another period or a lower speed")  # fmt: skip
    if count * record.power_w.shape[0] > MOST_VALUES:
        raise ScenarioError(field, f"must hold at most {MOST_VALUES:,} server steps",
                            count * record.power_w.shape[0], "record means of longer "
                            "steps, or choose a shorter period")  # fmt: skip
    filled, missing = _filled(record, from_s, end_s, field)
    edges = from_s + length_s * np.arange(count + 1.0)
    known_s = record.step_s * np.arange(record.power_w.shape[1] + 1.0)
    energy = np.concatenate(
        [np.zeros((filled.shape[0], 1)), np.cumsum(filled, axis=1)], axis=1
    ) * record.step_s  # fmt: skip
    played = np.stack([np.diff(np.interp(edges, known_s, one)) for one in energy])
    return Played(
        power_w=np.maximum(played / length_s, 0.0), hold_ticks=hold,
        filled_frac=missing, rack_names=record.rack_names,
    )  # fmt: skip


# --- parts ----------------------------------------------------------------------------


def _filled(
    record: RecordedPower, from_s: float, to_s: float, field: str
) -> tuple[FloatArray, float]:
    """Fill gaps by lines, unless there are too many; says how much was filled."""
    first = int(from_s / record.step_s)
    last = math.ceil(to_s / record.step_s - 1e-9)
    lost = ~np.isfinite(record.power_w)
    part = lost[:, first:last].mean(axis=1)
    if part.max() > MOST_MISSING_FRAC:
        worst = int(part.argmax())
        raise ScenarioError(field, f"must miss at most {MOST_MISSING_FRAC:.0%} of any "
                            "server's readings", f"{part[worst]:.0%} of server "
                            f"{worst}'s", "choose another period, or leave that server "
                            "out")  # fmt: skip
    if not lost.any():
        return record.power_w, 0.0
    place = np.arange(record.power_w.shape[1])
    rows = [
        one if not gone.any() else
        np.interp(place, place[~gone], one[~gone]) if not gone.all() else
        np.zeros_like(one)
        for one, gone in zip(record.power_w, lost, strict=True)
    ]  # fmt: skip
    return np.stack(rows), float(part.mean())

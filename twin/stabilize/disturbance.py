"""
Disturbances of the grid: voltage in steps, frequency in straight lines, from 0 s on.

Voltages are in parts of nominal, the lowest phase's. `docs/models/ride_through.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from twin.errors import NOT_NEGATIVE, POSITIVE, check_values

Stretch = tuple[float, float]
"""Begin and end of a time. [s]"""


class Piece(NamedTuple):
    """A straight part of a signal: from `first` at `start_s` to `last` at `end_s`."""

    start_s: float
    end_s: float
    first: float
    last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    What the grid does at the point of connection.

    Args:
        title: In words.
        voltage_t_s: When the voltage steps. [s], from 0, rising
        voltage_pu: Voltage from each of them on; the last for ever. [pu], >= 0
        frequency_t_s: When the frequency is given. [s], from 0, rising
        frequency_hz: Frequency then, straight between; the last for ever. [Hz], > 0
    """

    title: str
    voltage_t_s: tuple[float, ...] = (0.0,)
    voltage_pu: tuple[float, ...] = (1.0,)
    frequency_t_s: tuple[float, ...] = (0.0,)
    frequency_hz: tuple[float, ...] = (60.0,)

    def __post_init__(self) -> None:
        _check_times("voltage_t_s", self.voltage_t_s, len(self.voltage_pu))
        _check_times("frequency_t_s", self.frequency_t_s, len(self.frequency_hz))
        for value in self.voltage_pu:
            check_values(NOT_NEGATIVE, voltage_pu=value)
            if value > 10:
                raise ValueError(
                    f"voltage_pu must be in parts of nominal, got {value}; a per cent "
                    "value is to be divided by 100"
                )
        for value in self.frequency_hz:
            check_values(POSITIVE, frequency_hz=value)

    @property
    def end_s(self) -> float:
        """When nothing changes any more. [s]"""
        return max(self.voltage_t_s[-1], self.frequency_t_s[-1])


def _check_times(name: str, times: tuple[float, ...], count: int) -> None:
    if not times or times[0] != 0.0:
        raise ValueError(f"{name} must begin at 0 s, got {times[:1]}")
    if len(times) != count:
        raise ValueError(
            f"{name} must have a time for each of the {count} values, got {len(times)}"
        )
    for before, after in pairwise(times):
        if not before < after < math.inf:
            raise ValueError(f"{name} must rise, got {after} after {before}")


def sag(
    to_pu: float, duration_s: float, *, at_s: float = 1.0, nominal_hz: float = 60.0
) -> Event:
    """
    Voltage that falls, or rises, once.

    Args:
        to_pu: What is left. [pu]
        duration_s: For how long. [s], > 0
        at_s: When. [s], > 0
        nominal_hz: Frequency of the grid. [Hz]
    """
    return sags([at_s], [to_pu], [duration_s], nominal_hz=nominal_hz,
                title=f"{to_pu:g} pu for {duration_s * 1e3:g} ms")  # fmt: skip


def sags(
    starts_s: Sequence[float], to_pu: Sequence[float], durations_s: Sequence[float], *,
    nominal_hz: float = 60.0, title: str = "sags",
) -> Event:  # fmt: skip
    """
    Voltage that falls several times, back to 1 pu between.

    Args:
        starts_s: When each begins. [s], > 0, rising
        to_pu: What each leaves. [pu]
        durations_s: How long each lasts. [s], > 0, over before the next
        nominal_hz: Frequency of the grid. [Hz]
        title: In words.

    Raises:
        ValueError: If the lists differ in length, or one sag runs into the next.
    """
    if not len(starts_s) == len(to_pu) == len(durations_s):
        raise ValueError(
            "starts_s, to_pu and durations_s must be of one length, got "
            f"{len(starts_s)}, {len(to_pu)}, {len(durations_s)}"
        )
    times, volts = [0.0], [1.0]
    for start, left, lasts in zip(starts_s, to_pu, durations_s, strict=True):
        times += [start, start + lasts]
        volts += [left, 1.0]
    return Event(
        title=title, voltage_t_s=tuple(times), voltage_pu=tuple(volts),
        frequency_hz=(nominal_hz,),
    )  # fmt: skip


def virginia_2024() -> Event:
    """
    Six faults in 82 s on a 230 kV line, 2024-07-10; some 1,500 MW of load left.

    The first begins at 1 s, the last ends 82 s later. 0.25 to 0.40 pu for 42 to 66 ms
    each are on record; that they are evenly spread, deepest and longest first, is ours.

    Source:
        Incident review of January 2025 (second-hand).
    """
    lasts = [0.066 - 0.0048 * k for k in range(6)]
    return sags(
        [1.0 + k * (82.0 - lasts[-1]) / 5 for k in range(6)],
        [0.25 + 0.03 * k for k in range(6)], lasts,
        title="Virginia 2024-07-10: six faults in 82 s",
    )  # fmt: skip


def frequency_excursion(
    to_hz: float, *, rocof_hz_per_s: float, hold_s: float, nominal_hz: float = 60.0,
    at_s: float = 1.0,
) -> Event:  # fmt: skip
    """
    Frequency that goes to a value, stays, and comes back as fast as it went.

    Args:
        to_hz: Where to. [Hz], not the nominal
        rocof_hz_per_s: How fast, its size. [Hz/s], > 0
        hold_s: How long it stays. [s], > 0
        nominal_hz: Frequency before and after. [Hz]
        at_s: When. [s], > 0

    Raises:
        ValueError: If it goes nowhere, or with no speed.
    """
    if not rocof_hz_per_s > 0:
        raise ValueError(f"rocof_hz_per_s must be above 0, got {rocof_hz_per_s}")
    if to_hz == nominal_hz:
        raise ValueError(f"to_hz must differ from nominal_hz, got {to_hz} for both")
    over_s = abs(to_hz - nominal_hz) / rocof_hz_per_s
    return Event(
        title=f"{to_hz:g} Hz for {hold_s:g} s at {rocof_hz_per_s:g} Hz/s",
        frequency_t_s=(0.0, at_s, at_s + over_s, at_s + over_s + hold_s,
                       at_s + 2 * over_s + hold_s),
        frequency_hz=(nominal_hz, nominal_hz, to_hz, to_hz, nominal_hz),
    )  # fmt: skip


def voltage_pieces(event: Event) -> list[Piece]:
    """Voltage as flat pieces. [pu]"""
    ends = (*event.voltage_t_s[1:], math.inf)
    return list(map(Piece, event.voltage_t_s, ends, event.voltage_pu, event.voltage_pu))


def frequency_pieces(event: Event) -> list[Piece]:
    """Frequency as straight pieces. [Hz]"""
    ends = (*event.frequency_t_s[1:], math.inf)
    lasts = (*event.frequency_hz[1:], event.frequency_hz[-1])
    return list(map(Piece, event.frequency_t_s, ends, event.frequency_hz, lasts))


def rocof_pieces(event: Event) -> list[Piece]:
    """Size of the rate of change of frequency, as flat pieces. [Hz/s]"""
    found = []
    for start, end, first, last in frequency_pieces(event):
        slope = abs(last - first) / (end - start)
        found.append(Piece(start, end, slope, slope))
    return found


def value_at(pieces: Sequence[Piece], t_s: float) -> float:
    """Value of a signal just after a time."""
    for start, end, first, last in pieces:
        if start <= t_s < end:
            if last == first:
                return first
            return first + (last - first) * (t_s - start) / (end - start)
    raise ValueError(f"t_s must lie inside the signal, got {t_s}")


def below(pieces: Sequence[Piece], level: float) -> list[Stretch]:
    """Stretches of time in which a signal is below a level, in order."""
    found: list[Stretch] = []
    for start, end, first, last in pieces:
        if first >= level and last >= level:
            continue
        part = (start, end)
        if first >= level or last >= level:
            cross = start + (level - first) / (last - first) * (end - start)
            part = (start, cross) if first < level else (cross, end)
        found.append(part)
    return joined(found)


def above(pieces: Sequence[Piece], level: float) -> list[Stretch]:
    """Stretches of time in which a signal is above a level, in order."""
    return below([Piece(s, e, -first, -last) for s, e, first, last in pieces], -level)


def joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Stretches in order, those that touch or overlap made one."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found

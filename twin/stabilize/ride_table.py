"""
Ride-through tables: for how long a load has to stay, and how soon it must be back.

A table is data, with its source and date. The clock of a band runs while the voltage is
in it or further out, and starts again once the voltage is back. A value on an edge
belongs to the stricter of the two bands. `docs/models/ride_through.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from twin.errors import ABOVE_ZERO, FRACTION, NOT_NEGATIVE, PART, check_fields
from twin.stabilize.disturbance import Piece, Stretch, above, below, joined

About = Literal["load", "equipment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """
    One row of a table.

    Args:
        low: Lower edge, in pu or Hz as the table's field says. >= 0
        high: Upper edge. Above `low`; infinite where none is named
        least_s: Least time to stay; infinite for always. [s], > 0
    """

    low: float
    high: float
    least_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high:
            raise ValueError(
                f"a band must be from 0 or more upward, got {self.low} to {self.high}"
            )
        check_fields(self, ABOVE_ZERO, "least_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class RideTable:
    """
    What a grid asks of a load in a disturbance.

    Args:
        key: Name in files and answers.
        authority: Who asks for it.
        title: What it asks, in words.
        about: "load": parts of the load must not leave the grid. "equipment": servers
            must not be cut; what the grid sees does not matter.
        voltage: Bands of voltage. [pu]; none: nothing is asked
        frequency: Bands of frequency. [Hz]; none: nothing is asked
        rocof_limit_hz_per_s: Up to this rate of change it must stay. [Hz/s]; infinite:
            nothing is asked
        rocof_window_s: Over which that is measured. [s]; 0: at any instant
        recovery_frac: Power ÷ before that must be back. 0..1; 0: nothing is asked
        recovery_most_frac: Power ÷ before that it must not exceed then.
        recovery_s: Time for it, from the voltage's return. [s]
        recovered_pu: Voltage above which it has returned. [pu]
        counting_forbidden: Whether counting sags to transfer a load is forbidden.
        most_current_frac: Most current in a dip ÷ before; infinite: nothing is asked.
        source: Where it stands, and how sure that is.
        date: Of the text.
    """

    key: str
    authority: str
    title: str
    about: About = "load"
    voltage: tuple[Band, ...] = ()
    frequency: tuple[Band, ...] = ()
    rocof_limit_hz_per_s: float = math.inf
    rocof_window_s: float = 0.0
    recovery_frac: float = 0.0
    recovery_most_frac: float = math.inf
    recovery_s: float = math.inf
    recovered_pu: float = 0.9
    counting_forbidden: bool = False
    most_current_frac: float = math.inf
    source: str
    date: str

    def __post_init__(self) -> None:
        if self.about not in ("load", "equipment"):
            raise ValueError(
                f'{self.key}: about must be "load" or "equipment", got {self.about!r}'
            )
        for name in ("voltage", "frequency"):
            _check_bands(f"{self.key}: {name}", getattr(self, name))
        owner = f"{self.key}: "
        check_fields(
            self, ABOVE_ZERO, "rocof_limit_hz_per_s", "recovery_s", "most_current_frac",
            owner=owner,
        )  # fmt: skip
        check_fields(self, FRACTION, "recovery_frac", owner=owner)
        check_fields(self, PART, "recovered_pu", owner=owner)
        check_fields(self, NOT_NEGATIVE, "rocof_window_s", owner=owner)
        if not self.recovery_most_frac >= 1:
            raise ValueError(
                f"{self.key}: recovery_most_frac must be 1 or more, got "
                f"{self.recovery_most_frac}"
            )


def _check_bands(name: str, bands: tuple[Band, ...]) -> None:
    if not bands:
        return
    ordered = sorted(bands, key=lambda band: band.low)
    for lower, upper in pairwise(ordered):
        if upper.low != lower.high:
            raise ValueError(
                f"{name} bands must touch, got one up to {lower.high:g} and the next "
                f"from {upper.low:g}"
            )
    always = [k for k, band in enumerate(ordered) if band.least_s == math.inf]
    if len(always) != 1:
        raise ValueError(
            f"{name} must have one band with an infinite least_s, got {len(always)}"
        )
    k = always[0]
    for side in (ordered[k::-1], ordered[k:]):  # outward
        for inner, outer in pairwise(side):
            if outer.least_s > inner.least_s:
                raise ValueError(
                    f"{name} from {outer.low:g} to {outer.high:g} must not ask for "
                    f"longer than its inner neighbour, got {outer.least_s:g} s after "
                    f"{inner.least_s:g} s"
                )


def always_band(bands: Sequence[Band]) -> Band:
    """Return the band in which a load stays for ever."""
    return next(band for band in bands if band.least_s == math.inf)


def clock(band: Band, bands: Sequence[Band], pieces: Sequence[Piece]) -> list[Stretch]:
    """Stretches in which a band's clock runs: in it or further out on its side."""
    normal = always_band(bands)
    if band is normal:
        return []
    if band.high <= normal.low:
        return below(pieces, band.high)
    return above(pieces, band.low)


def slack_s(bands: Sequence[Band], pieces: Sequence[Piece], t_s: float) -> float:
    """
    Time by which a load that leaves has stayed longer than it had to.

    Args:
        bands: Of a table.
        pieces: The signal.
        t_s: When it leaves. [s]

    Returns:
        The best of the clocks since the signal went out, less its band's time. [s];
        below 0 it had to stay, minus infinity where it is in the band for ever.
    """
    normal = always_band(bands)
    away = joined(below(pieces, normal.low) + above(pieces, normal.high))
    found = [
        (start, end, band.least_s)
        for band in bands for start, end in clock(band, bands, pieces)
    ]  # fmt: skip
    # beyond the outermost bands nothing is asked
    lowest, highest = min(b.low for b in bands), max(b.high for b in bands)
    found += [(*part, 0.0) for part in below(pieces, lowest) + above(pieces, highest)]
    for begin, end in away:
        if begin <= t_s <= end:
            here = [row for row in found if begin <= row[0] <= t_s and row[0] < end]
            done = [min(t_s, until) - start - least for start, until, least in here]
            if max(done, default=-1.0) >= 0.0:
                return max(done)
            # a clock that stopped short of its time will not come to it any more
            running = [d for d, row in zip(done, here, strict=True) if row[1] >= t_s]
            return max(running, default=-math.inf)
    return -math.inf


def inside(band: Band, bands: Sequence[Band], value: float) -> bool:
    """Whether a value belongs to a band; an edge belongs to the stricter one."""
    normal = always_band(bands)
    if band is normal:
        return band.low <= value <= band.high
    if band.high <= normal.low:
        return band.low <= value < band.high
    return band.low < value <= band.high

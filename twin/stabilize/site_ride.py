"""
A whole site taken through an event: its parts, their sum, and what one asks of it.

Consumption is positive. The site's own breaker comes first: while it is open there is
no voltage behind it. `docs/models/ride_through.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from twin.stabilize.disturbance import Event, Stretch, below, voltage_pieces
from twin.stabilize.load_protection import LoadProtection, Part, Trip, parts_of
from twin.stabilize.part_ride import Left, PartRide, signals_of, trips_in, walk
from twin.stabilize.ride_table import About
from twin.training.waveform import Waveform
from twin.types import FloatArray

SETTLE_S = 5.0
"""Time gone on with after everything that comes back by itself is back."""
FOREVER_S = 1e7
"""A setting that does nothing for this long does nothing. Some 116 days."""
QUIET_PU = (0.9, 1.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRide:
    """
    A site's way through an event.

    Args:
        event: What the grid did.
        protection: How the site was set.
        load_w: Its power before, and wanted throughout. [W]
        t_s: Times; twice where power jumps. [s], shape (points,)
        grid_w: What the grid gives at them, straight between. [W], shape (points,)
        parts: Each part's way.
        left: What let go, when and why, in order.
    """

    event: Event
    protection: LoadProtection
    load_w: float
    t_s: FloatArray
    grid_w: FloatArray
    parts: tuple[PartRide, ...]
    left: tuple[Left, ...]

    @property
    def end_s(self) -> float:
        """How far it was taken. [s]"""
        return float(self.t_s[-1])

    @property
    def energy_j(self) -> float:
        """Energy from the grid. [J]"""
        return float(np.trapezoid(self.grid_w, self.t_s))

    @property
    def store_j(self) -> float:
        """Energy that batteries and hold-up gave. [J]"""
        return sum(part.store_j for part in self.parts)

    @property
    def cut_at_s(self) -> float:
        """When servers first lost power; NaN if none did. [s]"""
        cut = [p.cut_at_s for p in self.parts if not math.isnan(p.cut_at_s)]
        return min(cut, default=math.nan)

    def waveform(self, sample_s: float = 1e-3) -> Waveform:
        """
        Power from the grid as means of samples; whole samples only, energy is kept.

        Args:
            sample_s: Length of a sample. [s], > 0
        """
        edges = np.arange(math.floor(self.end_s / sample_s + 1e-9) + 1) * sample_s
        start_s, over_s = self.t_s[:-1], np.diff(self.t_s)
        mean_w = (self.grid_w[:-1] + self.grid_w[1:]) / 2
        before_j = np.concatenate([[0.0], np.cumsum(mean_w * over_s)])
        k = np.searchsorted(self.t_s, edges, side="right") - 1
        k = np.clip(k, 0, over_s.size - 1)
        rise_w = np.diff(self.grid_w)[k] / np.where(over_s[k] > 0, over_s[k], 1.0)
        into_s = edges - start_s[k]
        total_j = before_j[k] + (self.grid_w[k] + rise_w * into_s / 2) * into_s
        return Waveform(power_w=np.diff(total_j) / sample_s, sample_s=sample_s)


def walk_site(
    event: Event, protection: LoadProtection, load_w: float, end_s: float
) -> SiteRide:
    """
    Take a site through an event.

    Args:
        event: What the grid does.
        protection: How the site is set.
        load_w: Its power before. [W], > 0
        end_s: How far. [s], > 0
    """
    relays = walk(
        Part(key="relays", title="site breaker", power_w=load_w,
             trips=protection.relays, return_s=protection.relay_return_s),
        signals_of(event), end_s,
    )  # fmt: skip
    behind = signals_of(event, relays.away)
    parts = tuple(walk(part, behind, end_s) for part in parts_of(protection, load_w))
    t_s, grid_w = _total(parts)
    left = [*relays.left, *(entry for ride in parts for entry in _marked(ride, relays))]
    return SiteRide(
        event=event, protection=protection, load_w=load_w, t_s=t_s, grid_w=grid_w,
        parts=parts, left=tuple(sorted(left, key=lambda entry: entry.at_s)),
    )  # fmt: skip


def settle_s(protection: LoadProtection) -> float:
    """Time until all that comes back is back, and every battery would be empty. [s]"""
    parts = parts_of(protection, 1.0)
    relay_s = protection.relay_return_s
    after_s = relay_s if protection.relays and relay_s < math.inf else 0.0
    longest_s = max(p.return_s + p.ramp_s + p.store_s for p in parts)
    return SETTLE_S + after_s + longest_s


def stays_s(
    protection: LoadProtection, about: About = "load", *, voltage_pu: float = 1.0,
    frequency_hz: float | None = None,
) -> float:  # fmt: skip
    """
    How long a load stays at a voltage and a frequency that do not change.

    Args:
        protection: Its settings.
        about: "load": until a part lets go of the grid; "equipment": until servers are
            cut.
        voltage_pu: The voltage. [pu]
        frequency_hz: The frequency; None: settings on frequency do nothing. [Hz]

    Returns:
        Time. [s]; infinite if it stays.
    """
    event = Event(title="constant", voltage_pu=(voltage_pu,))
    if frequency_hz is None:
        protection = _deaf(protection)
    else:
        event = replace(event, frequency_hz=(frequency_hz,))
    found = walk_site(event, protection, 1.0, FOREVER_S)
    if about == "equipment":
        return math.inf if math.isnan(found.cut_at_s) else found.cut_at_s
    return min((entry.at_s for entry in found.left), default=math.inf)


def _deaf(protection: LoadProtection) -> LoadProtection:
    """Same settings without those on frequency."""

    def kept(trips: Sequence[Trip]) -> tuple[Trip, ...]:
        return tuple(trip for trip in trips if trip.quantity == "voltage")

    ups, mechanical = protection.ups, protection.mechanical
    return replace(
        protection, ups=replace(ups, trips=kept(ups.trips)),
        mechanical=replace(mechanical, trips=kept(mechanical.trips)),
        relays=kept(protection.relays),
    )  # fmt: skip


def check_quiet(event: Event, protection: LoadProtection) -> None:
    """
    Refuse an event that is on before it begins.

    Raises:
        ValueError: If a setting, or the voltage, is out of bounds at 0 s.
    """
    signals = signals_of(event)
    trips = (*protection.ups.trips, *protection.mechanical.trips, *protection.relays)
    for trip in trips:
        for start, _, cause in trips_in(trip, signals):
            if start == 0.0:
                raise ValueError(
                    f"{event.title} must begin inside the settings, got {cause} at "
                    "0 s; begin it with a quiet grid, or set that window for this grid"
                )
    low, high = QUIET_PU
    if not low <= event.voltage_pu[0] <= high:
        raise ValueError(
            f"{event.title} must begin at {low} to {high} pu, got "
            f"{event.voltage_pu[0]}; put the sag behind a quiet second"
        )


def _marked(ride: PartRide, relays: PartRide) -> list[Left]:
    """What a part let go of, marked where the site's breaker was open by then."""
    return [
        replace(entry, behind_relay=any(a <= entry.at_s <= b for a, b in relays.away))
        for entry in ride.left
    ]


def _total(rides: Sequence[PartRide]) -> tuple[FloatArray, FloatArray]:
    """Sum of the parts, as points with straight lines between."""
    end_s = rides[0].end_s
    edges = np.unique(np.concatenate([*(r.start_s for r in rides), [end_s]]))
    start, end = edges[:-1], edges[1:]
    first, last = np.zeros(start.size), np.zeros(start.size)
    for ride in rides:
        ends = np.append(ride.start_s[1:], end_s)
        k = np.searchsorted(ride.start_s, (start + end) / 2, side="right") - 1
        slope = ((ride.last_w - ride.first_w) / (ends - ride.start_s))[k]
        first += ride.first_w[k] + slope * (start - ride.start_s[k])
        last += ride.first_w[k] + slope * (end - ride.start_s[k])
    t_s: FloatArray = np.column_stack([start, end]).ravel()
    return t_s, np.column_stack([first, last]).ravel()


# --- questions ------------------------------------------------------------------------


class Back(NamedTuple):
    """A return of the voltage, until when it lasted, and how long the load took. [s]"""

    at_s: float
    until_s: float
    took_s: float


def backs(
    site: SiteRide, recovered_pu: float, share: float, most: float = math.inf
) -> tuple[Back, ...]:
    """
    How soon the load was back after each dip.

    Args:
        site: The site.
        recovered_pu: Voltage above which a dip is over. [pu]
        share: Power ÷ before from which the load is back.
        most: Power ÷ before up to which it is.

    Returns:
        One per dip; `took_s` is infinite where the load was not back by its end.
    """
    dips = below(voltage_pieces(site.event), recovered_pu)
    starts = [*(start for start, _ in dips[1:]), site.end_s]
    return tuple(
        Back(dip[1], until, _back_s(site, dip[1], until, share, most))
        for dip, until in zip(dips, starts, strict=False)  # without a dip, no end
        if dip[1] < site.end_s
    )


def _back_s(
    site: SiteRide, from_s: float, until_s: float, share: float, most: float
) -> float:
    """Time from `from_s` until power is inside its limits and stays there. [s]"""
    low = share * site.load_w * (1 - 1e-12)
    high = most * site.load_w * (1 + 1e-12)
    back = from_s
    for start, end, first, last in _pieces(site, from_s, until_s):
        if not low <= last <= high:
            back = math.inf
        elif not low <= first <= high:
            level = low if first < low else high
            back = start + (level - first) / (last - first) * (end - start)
        elif back == math.inf:
            back = start
    return back - from_s


def _pieces(
    site: SiteRide, from_s: float, until_s: float
) -> list[tuple[float, float, float, float]]:
    """Straight pieces of power whose middle lies in a stretch: times, then powers."""
    start, end = site.t_s[::2], site.t_s[1::2]
    middle = (start + end) / 2
    k = (middle > from_s) & (middle < until_s)
    columns = (start[k], end[k], site.grid_w[::2][k], site.grid_w[1::2][k])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def most_missed_w(site: SiteRide, recovered_pu: float) -> float:
    """Most that the grid misses against before while it has voltage. [W]"""
    dips = below(voltage_pieces(site.event), recovered_pu)
    good: list[Stretch] = list(
        zip([0.0, *(end for _, end in dips)],
            [*(start for start, _ in dips), site.end_s], strict=True)
    )  # fmt: skip
    least = [
        min(first, last)
        for stretch in good for _, _, first, last in _pieces(site, *stretch)
    ]  # fmt: skip
    return site.load_w - min(least, default=site.load_w)


def under_s(site: SiteRide, share: float) -> float:
    """Time with less than a share of the power before. [s]"""
    level = share * site.load_w * (1 - 1e-12)
    total = 0.0
    for start, end, first, last in _pieces(site, 0.0, site.end_s):
        low, high = min(first, last), max(first, last)
        if high < level:
            total += end - start
        elif low < level:
            total += (level - low) / (high - low) * (end - start)
    return total


def dip_current_frac(site: SiteRide, recovered_pu: float) -> float:
    """Most current in dips ÷ before; NaN without a dip, 0 where nothing is drawn."""
    volts = voltage_pieces(site.event)
    before_pu = volts[0].first
    found = [
        max(first, last) / site.load_w * before_pu / piece.first if piece.first else 0.0
        for dip in below(volts, recovered_pu) for piece in volts
        for _, _, first, last in _pieces(
            site, max(dip[0], piece.start_s), min(dip[1], piece.end_s)
        )
    ]  # fmt: skip
    return max(found, default=math.nan)

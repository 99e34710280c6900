"""
What a ride-through table says of a site's way through an event, row by row.

Judged strictly: any part of the load that lets go while the table holds it breaks the
row. A row that the event does not reach is answered by the settings.
`docs/models/ride_through.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from twin.stabilize.disturbance import (
    Event,
    Piece,
    frequency_pieces,
    rocof_pieces,
    value_at,
    voltage_pieces,
)
from twin.stabilize.part_ride import SAME_S, Left
from twin.stabilize.ride_table import Band, RideTable, always_band, inside, slack_s
from twin.stabilize.site_ride import Back, SiteRide, backs, dip_current_frac, stays_s

CLOSE = 1e-9
"""Margins above minus this are kept: times are sums of times."""
PROBE_HZ = 1.0
"""How far beyond the inner edge a row without an outer edge is tried. [Hz]"""
PROBE_PU = 0.1

FindingKind = Literal[
    "voltage", "frequency", "rocof", "recovery", "counting", "current"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One requirement of a table.

    Args:
        kind: What is asked.
        title: In words.
        unit: Of the three numbers.
        must: What is asked for.
        did: What the load did; where it did not let go, what its settings say.
        margin: By how much that is better than asked; below 0 it is worse. Infinite
            where it has no end
        asked: Whether the event put it to the test.
        kept: Whether it was kept; where not asked, whether it would be.
        words: What happened.
    """

    kind: FindingKind
    title: str
    unit: str
    must: float
    did: float
    margin: float
    asked: bool
    kept: bool
    words: str


def judge_ride(site: SiteRide, table: RideTable) -> tuple[Finding, ...]:
    """
    Hold a table against a site's way through an event.

    Args:
        site: The way.
        table: The table.

    Returns:
        One finding per requirement.
    """
    found = [_band(site, table, "voltage", band) for band in table.voltage]
    found += [_band(site, table, "frequency", band) for band in table.frequency]
    if table.rocof_limit_hz_per_s < math.inf:
        found.append(_rocof(site, table))
    if table.recovery_frac > 0:
        found.append(_recovery(site, table))
    if table.counting_forbidden:
        found.append(_counting(site))
    if table.most_current_frac < math.inf:
        found.append(_current(site, table))
    return tuple(found)


def owed(site: SiteRide, table: RideTable) -> list[Back]:
    """
    Returns of the voltage after which the load has to be back.

    Left out are dips that went beyond the table, and those that the next dip cut short
    before the time was over.
    """
    share = table.recovery_frac or 0.9
    found = backs(site, table.recovered_pu, share, table.recovery_most_frac)
    volts = voltage_pieces(site.event)
    return [
        back for back in found
        if not (table.voltage and slack_s(table.voltage, volts, back.at_s) >= -CLOSE)
        and (back.took_s < math.inf or back is found[-1]
             or back.until_s - back.at_s >= table.recovery_s)
    ]  # fmt: skip


def _gone(site: SiteRide, table: RideTable) -> list[Left]:
    """What counts as leaving under a table."""
    if table.about == "load":
        return [e for e in site.left if e.kind != "counter" and not e.behind_relay]
    return [
        Left(part=p.part, at_s=p.cut_at_s, power_w=p.power_w, kind="store",
             cause="its store is empty")
        for p in site.parts if not math.isnan(p.cut_at_s)
    ]  # fmt: skip


def _signal(event: Event, kind: str) -> list[Piece]:
    return voltage_pieces(event) if kind == "voltage" else frequency_pieces(event)


def _band(
    site: SiteRide, table: RideTable, kind: Literal["voltage", "frequency"], band: Band
) -> Finding:
    """Whether the load stayed long enough in one band."""
    unit = "pu" if kind == "voltage" else "Hz"
    bands = table.voltage if kind == "voltage" else table.frequency
    pieces = _signal(site.event, kind)
    gone = [
        (slack_s(bands, pieces, entry.at_s), entry) for entry in _gone(site, table)
        if entry.kind == kind or (entry.kind == "store" and kind == "voltage")
        if inside(band, bands, value_at(pieces, entry.at_s + 2 * SAME_S))
    ]  # fmt: skip
    if not gone:
        return _stayed(site, table, kind, band)
    slack, entry = min(gone, key=lambda pair: pair[0])
    at = value_at(pieces, entry.at_s + 2 * SAME_S)
    kept = slack >= -CLOSE
    return Finding(
        kind=kind, title=_title(band, unit), unit="s", must=band.least_s,
        did=band.least_s + slack if band.least_s < math.inf else 0.0, margin=slack,
        asked=True, kept=kept,
        words=f"{_name(site, entry)} let go at {entry.at_s:.4g} s and {at:.4g} {unit}: "
        f"{entry.cause}; it {'was free to' if kept else 'had to stay'}",
    )  # fmt: skip


def _stayed(
    site: SiteRide, table: RideTable, kind: Literal["voltage", "frequency"], band: Band
) -> Finding:
    """A band in which nothing let go: how long the load would stay, by its settings."""
    bands = table.voltage if kind == "voltage" else table.frequency
    pieces = _signal(site.event, kind)
    seen = [
        (piece.first, piece.last) for piece in pieces
        if inside(band, bands, piece.first) or inside(band, bands, piece.last)
        or (min(piece.first, piece.last) < band.low
            and max(piece.first, piece.last) > band.high)
    ]  # fmt: skip
    stays = min(
        stays_s(site.protection, table.about, voltage_pu=level)
        if kind == "voltage"
        else stays_s(site.protection, table.about, frequency_hz=level)
        for level in _levels(band, bands, seen, kind)
    )
    margin = math.inf if stays == math.inf else stays - band.least_s
    return Finding(
        kind=kind, title=_title(band, "pu" if kind == "voltage" else "Hz"), unit="s",
        must=band.least_s, did=stays, margin=margin, asked=bool(seen),
        kept=bool(seen) or margin >= -CLOSE,
        words="stayed" if seen else "not asked; by its settings",
    )  # fmt: skip


def _levels(
    band: Band, bands: Sequence[Band], seen: Sequence[tuple[float, float]], kind: str
) -> list[float]:
    """Where in a band settings are tried: the worst seen, or else its outer edge."""
    normal = always_band(bands)
    if band is normal:
        return [band.low, band.high]
    values = [min(max(v, band.low), band.high) for pair in seen for v in pair]
    if band.high <= normal.low:
        if values:
            return [min(values)]
        open_ended = band.low == 0.0 and kind == "frequency"
        return [band.high - PROBE_HZ if open_ended else band.low]
    if values:
        return [max(values)]
    beyond = PROBE_PU if kind == "voltage" else PROBE_HZ
    return [band.high if band.high < math.inf else band.low + beyond]


def _title(band: Band, unit: str) -> str:
    least = "for ever" if band.least_s == math.inf else f"at least {band.least_s:g} s"
    if band.high == math.inf:
        return f"above {band.low:g} {unit}: {least}"
    if band.low == 0.0:
        return f"below {band.high:g} {unit}: {least}"
    return f"{band.low:g} to {band.high:g} {unit}: {least}"


def _name(site: SiteRide, entry: Left) -> str:
    names = {part.part: part.title for part in site.parts}
    return names.get(entry.part, "site breaker")


def _rocof(site: SiteRide, table: RideTable) -> Finding:
    """Whether the load stayed at rates of change up to the limit."""
    limit, settings = table.rocof_limit_hz_per_s, site.protection
    trips = (*settings.ups.trips, *settings.mechanical.trips, *settings.relays)
    set_at = min((t.high for t in trips if t.quantity == "rocof"), default=math.inf)
    broken = [
        entry for entry in _gone(site, table)
        if entry.kind == "rocof"
        and _rate(site.event, entry.at_s, table.rocof_window_s) <= limit * (1 + CLOSE)
    ]  # fmt: skip
    pieces = frequency_pieces(site.event)
    asked = any(piece.first != piece.last for piece in pieces)
    words = "stayed" if asked else "not asked; by its settings"
    if broken:
        words = (
            f"{_name(site, broken[0])} let go at {broken[0].at_s:.4g} s: "
            f"{broken[0].cause}; it had to stay"
        )
    return Finding(
        kind="rocof", title=f"up to {limit:g} Hz/s: stay", unit="Hz/s", must=limit,
        did=set_at, margin=set_at - limit, asked=asked,
        kept=not broken if asked else set_at >= limit, words=words,
    )  # fmt: skip


def _rate(event: Event, at_s: float, over_s: float) -> float:
    """Size of the mean rate of change up to a time. [Hz/s]"""
    if over_s <= 0.0:
        return value_at(rocof_pieces(event), at_s + 2 * SAME_S)
    pieces = frequency_pieces(event)
    before_hz = value_at(pieces, max(0.0, at_s - over_s))
    return abs(value_at(pieces, at_s) - before_hz) / over_s


def _recovery(site: SiteRide, table: RideTable) -> Finding:
    """Whether the load was back in time, wherever it had to be."""
    found = owed(site, table)
    did = max((back.took_s for back in found), default=math.nan)
    dipped = bool(
        backs(site, table.recovered_pu, table.recovery_frac, table.recovery_most_frac)
    )
    words = "beyond the table, which lets it go" if dipped else "not asked"
    if found:
        words = f"back after {did:.4g} s" if did < math.inf else "did not come back"
    most = table.recovery_most_frac
    upper = f" to {most * 100:g}" if most < math.inf else ""
    return Finding(
        kind="recovery",
        title=f"{table.recovery_frac * 100:g}{upper} % within {table.recovery_s:g} s "
        f"of {table.recovered_pu:g} pu",
        unit="s", must=table.recovery_s, did=did, margin=table.recovery_s - did,
        asked=bool(found), kept=not found or did <= table.recovery_s + CLOSE,
        words=words,
    )  # fmt: skip


def _counting(site: SiteRide) -> Finding:
    """Whether sags are counted, which some tables forbid whatever comes of it."""
    settings = site.protection
    count = settings.ups.count if settings.ups_frac > 0 else 0
    acted = [entry for entry in site.left if entry.kind == "counter"]
    words = "no sags are counted"
    if count:
        words = f"a counter is set to {count}, which is forbidden"
    if acted:
        words = f"at {acted[0].at_s:.4g} s: {acted[0].cause}; counting is forbidden"
    return Finding(
        kind="counting", title="no counting of sags", unit="1", must=0.0,
        did=float(count), margin=float(-count), asked=True, kept=count == 0,
        words=words,
    )  # fmt: skip


def _current(site: SiteRide, table: RideTable) -> Finding:
    """Whether current in dips stayed within its limit."""
    did = dip_current_frac(site, table.recovered_pu)
    asked = not math.isnan(did)
    margin = table.most_current_frac - did
    return Finding(
        kind="current", title=f"current at most {table.most_current_frac:g} of before",
        unit="1", must=table.most_current_frac, did=did, margin=margin, asked=asked,
        kept=not asked or margin >= -CLOSE,
        words=f"{did:.3g} of before" if asked else "not asked",
    )  # fmt: skip

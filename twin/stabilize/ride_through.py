"""
Ride-through: what the grid sees of a load in a disturbance, and what a table says.

Consumption is positive. `docs/models/ride_through.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.errors import NOT_NEGATIVE, POSITIVE, check_values
from twin.stabilize.disturbance import Event
from twin.stabilize.load_protection import LoadProtection
from twin.stabilize.ride_table import RideTable
from twin.stabilize.ride_verdict import Finding, judge_ride
from twin.stabilize.site_ride import (
    SiteRide,
    backs,
    check_quiet,
    dip_current_frac,
    most_missed_w,
    settle_s,
    under_s,
    walk_site,
)

USUAL_RECOVERY_FRAC = 0.9
"""Share that counts as back where a table names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """
    A load in a disturbance, under a table.

    Args:
        site: Its way: power over time, parts, and what let go.
        lost_w: Most that the grid missed against before. [W]
        lost_after_w: Most that it missed while the voltage was there. [W]
        lost_s: Time below the table's recovery share; 90 % where it names none. [s]
        recovered_s: Longest time from the voltage's return until the load was back;
            infinite if it was not before the next dip or the end, NaN without a dip.
            [s]
        current_frac: Most current in a dip ÷ before; NaN without a dip.
        findings: One for each requirement of the table.
    """

    site: SiteRide
    lost_w: float
    lost_after_w: float
    lost_s: float
    recovered_s: float
    current_frac: float
    findings: tuple[Finding, ...]

    @property
    def passes(self) -> bool:
        """Whether all that the event asked was kept."""
        return all(finding.kept for finding in self.findings if finding.asked)


def ride_through(
    event: Event, protection: LoadProtection, load_w: float, table: RideTable, *,
    after_s: float | None = None,
) -> Ride:  # fmt: skip
    """
    Take a load through an event, and hold a table against it.

    Args:
        event: What the grid does.
        protection: How the load behaves.
        load_w: Power before, and wanted throughout. [W], > 0
        table: What is asked.
        after_s: How long to go on after the event. [s]; None: until everything that
            comes back by itself is back, and every battery would be empty

    Returns:
        What the grid sees, what let go, and a finding per requirement.

    Raises:
        ValueError: If the load or `after_s` is not positive, or a setting lets go
            before anything happens.
    """
    check_values(POSITIVE, load_w=load_w)
    if after_s is None:
        after_s = settle_s(protection)
    check_values(POSITIVE, after_s=after_s)
    check_quiet(event, protection)
    site = walk_site(event, protection, load_w, event.end_s + after_s)
    share = table.recovery_frac or USUAL_RECOVERY_FRAC
    found = backs(site, table.recovered_pu, share, table.recovery_most_frac)
    return Ride(
        site=site, lost_w=load_w - float(site.grid_w.min()),
        lost_after_w=most_missed_w(site, table.recovered_pu),
        lost_s=under_s(site, share),
        recovered_s=max((back.took_s for back in found), default=math.nan),
        current_frac=dip_current_frac(site, table.recovered_pu),
        findings=judge_ride(site, table),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """
    Load that goes onto its batteries at once, and comes back as a ramp.

    Args:
        step_w: What the grid loses at once. [W]
        ramp_w_per_s: Steepest mean rise over the window while it comes back. [W/s];
            infinite for a step
        limit_w_per_s: What is allowed. [W/s]
        margin_frac: (limit - ramp) ÷ limit; below 0 it is too steep.
        least_walk_in_s: Shortest walk-in that keeps the limit. [s]; 0: any does
        most_walk_in_s: Longest walk-in that is back in time. [s]; infinite: nothing is
            asked, below 0: none is
        possible: Whether any walk-in keeps both.
    """

    step_w: float
    ramp_w_per_s: float
    limit_w_per_s: float
    margin_frac: float
    least_walk_in_s: float
    most_walk_in_s: float
    possible: bool


def load_rejection(
    load_w: float, *, walk_in_s: float, limit_w_per_s: float, window_s: float = 0.0,
    retransfer_s: float = 0.0, table: RideTable | None = None,
) -> Rejection:  # fmt: skip
    """
    Size of a transfer to batteries, and of the way back.

    Limits on ramps want a long walk-in, limits on recovery a short one.

    Args:
        load_w: Load behind the UPSs. [W], > 0
        walk_in_s: Ramp from nothing to all. [s], >= 0
        limit_w_per_s: Steepest rise allowed. [W/s], > 0; 20 MW a minute are 333 kW/s
        window_s: Over which it is averaged. [s]; 0: at any instant
        retransfer_s: Wait before the ramp. [s]
        table: How soon the load must be back; None asks nothing.

    Returns:
        Step, ramp, and the walk-ins that would do.

    Raises:
        ValueError: If a value is out of its range.

    Source:
        docs/models/ride_through.md, eq. 5, 6.
    """
    check_values(POSITIVE, load_w=load_w, limit_w_per_s=limit_w_per_s)
    check_values(
        NOT_NEGATIVE, walk_in_s=walk_in_s, window_s=window_s, retransfer_s=retransfer_s
    )
    over_s = max(walk_in_s, window_s)
    ramp = load_w / over_s if over_s > 0 else math.inf
    # over a window a small load may come back at once
    least_s = load_w / limit_w_per_s if load_w > limit_w_per_s * window_s else 0.0
    most_s = math.inf
    if table is not None and table.recovery_frac > 0:
        most_s = (table.recovery_s - retransfer_s) / table.recovery_frac
    return Rejection(
        step_w=load_w, ramp_w_per_s=ramp, limit_w_per_s=limit_w_per_s,
        margin_frac=(limit_w_per_s - ramp) / limit_w_per_s, least_walk_in_s=least_s,
        most_walk_in_s=most_s, possible=least_s <= most_s,
    )  # fmt: skip

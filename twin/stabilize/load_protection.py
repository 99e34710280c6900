"""
How a site's load behaves when the grid is disturbed: its settings, part by part.

Three parts share the load: what stands behind double-conversion UPSs, servers straight
on the mains, and mechanical load. Defaults are assumed unless they name a source.
`docs/models/ride_through.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from twin.errors import FRACTION, NOT_NEGATIVE, POSITIVE, Range, check_fields

Quantity = Literal["voltage", "frequency", "rocof"]
UNITS = {"voltage": "pu", "frequency": "Hz", "rocof": "Hz/s"}
_ZERO_OR_MORE = Range("0 or more", lambda value: value >= 0)
_ONE_OR_MORE = Range("1 or more and finite", lambda value: 1 <= value < math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """
    One setting of a relay, a UPS or a contactor.

    Args:
        quantity: What it watches; the rate of change of frequency by its size.
        low: It acts below this. [pu, Hz or Hz/s]; minus infinity: never
        high: It acts above this. [pu, Hz or Hz/s]; infinity: never
        after_s: After this long without a break. [s], >= 0
    """

    quantity: Quantity
    low: float = -math.inf
    high: float = math.inf
    after_s: float

    def __post_init__(self) -> None:
        if self.quantity not in UNITS:
            known = ", ".join(UNITS)
            raise ValueError(f"quantity must be one of {known}, got {self.quantity!r}")
        if not self.low < self.high:
            raise ValueError(f"low {self.low} must be below high {self.high}")
        check_fields(self, NOT_NEGATIVE, "after_s")


def window(
    low_pu: float = 0.85, high_pu: float = 1.10, detect_s: float = 0.010, *,
    low_hz: float = 57.0, high_hz: float = 63.0, detect_frequency_s: float = 0.1,
) -> tuple[Trip, ...]:  # fmt: skip
    """
    Input window of a UPS of one stage; left, it goes onto its battery.

    Args:
        low_pu: Least voltage. [pu], assumed
        high_pu: Most voltage. [pu], assumed
        detect_s: Time to notice and block the rectifier. [s], assumed
        low_hz: Least frequency. [Hz], assumed: 5 % below 60 Hz
        high_hz: Most frequency. [Hz], assumed
        detect_frequency_s: Time to notice. [s], assumed
    """
    return (
        Trip(quantity="voltage", low=low_pu, high=high_pu, after_s=detect_s),
        Trip(quantity="frequency", low=low_hz, high=high_hz,
             after_s=detect_frequency_s),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsSettings:
    """
    Input side of double-conversion UPSs.

    Args:
        trips: When the rectifier lets go of the grid; see `window`.
        most_current_frac: Input current limit ÷ current before. [1], assumed; what it
            does not carry in a sag the battery does
        retransfer_s: Good input this long before it takes load again. [s], assumed
        walk_in_s: Ramp from nothing to all. [s], assumed; 5 to 30 s are sold
        battery_s: Battery at the load there is. [s], assumed
        recharge_frac: Power that recharges the battery once all load is back ÷ load.
            0 leaves it to later
        count: After so many transfers inside `count_window_s` the load stays on battery
            until somebody puts it back by hand; 0 counts none
        count_window_s: Window of that counter. [s], > 0
    """

    trips: tuple[Trip, ...] = field(default_factory=window)
    most_current_frac: float = 1.2
    retransfer_s: float = 10.0
    walk_in_s: float = 10.0
    battery_s: float = 300.0
    recharge_frac: float = 0.0
    count: int = 0
    count_window_s: float = 60.0

    def __post_init__(self) -> None:
        check_fields(
            self, NOT_NEGATIVE, "retransfer_s", "walk_in_s", "recharge_frac", "count"
        )
        check_fields(self, _ONE_OR_MORE, "most_current_frac")
        check_fields(self, POSITIVE, "battery_s", "count_window_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplies:
    """
    Servers' own power supplies, straight on the mains.

    Args:
        hold_up_s: Their store at the load there is. [s], assumed: 20 ms as ITIC has it
        least_pu: Below this voltage they draw nothing. [pu], assumed: ITIC's 70 %
        most_current_frac: Most current ÷ current before. [1], assumed: 1 ÷ 0.7
        restart_s: Good voltage this long before servers that were cut start. [s],
            assumed
        ramp_s: Until they draw what they drew before. [s], assumed
    """

    hold_up_s: float = 0.020
    least_pu: float = 0.7
    most_current_frac: float = 1.43
    restart_s: float = 300.0
    ramp_s: float = 60.0

    def __post_init__(self) -> None:
        check_fields(self, NOT_NEGATIVE, "least_pu", "restart_s", "ramp_s")
        check_fields(self, _ONE_OR_MORE, "most_current_frac")
        check_fields(self, POSITIVE, "hold_up_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanical:
    """
    Pumps, fans and chillers behind contactors and drives.

    Args:
        trips: When contactors drop or drives stop. Assumed: 0.5 pu for 20 ms
        most_current_frac: Current limit of the drives ÷ current before. [1], assumed
        restart_s: Good voltage this long before they start again. [s], assumed
        ramp_s: Until they draw what they drew before. [s], assumed
    """

    trips: tuple[Trip, ...] = (Trip(quantity="voltage", low=0.5, after_s=0.020),)
    most_current_frac: float = 1.5
    restart_s: float = 30.0
    ramp_s: float = 30.0

    def __post_init__(self) -> None:
        check_fields(self, NOT_NEGATIVE, "restart_s", "ramp_s")
        check_fields(self, _ONE_OR_MORE, "most_current_frac")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadProtection:
    """
    Settings of a whole site.

    Args:
        ups_frac: Load behind UPSs ÷ all. 0..1
        mechanical_frac: Mechanical load ÷ all. 0..1; the rest are servers straight on
            the mains
        ups: The UPSs.
        supplies: The servers' supplies.
        mechanical: The mechanical load.
        relays: Settings that open the site's own breaker.
        relay_return_s: Good grid this long before it closes again. [s]; infinite: by
            hand
    """

    ups_frac: float = 0.8
    mechanical_frac: float = 0.2
    ups: UpsSettings = field(default_factory=UpsSettings)
    supplies: Supplies = field(default_factory=Supplies)
    mechanical: Mechanical = field(default_factory=Mechanical)
    relays: tuple[Trip, ...] = ()
    relay_return_s: float = math.inf

    def __post_init__(self) -> None:
        check_fields(self, FRACTION, "ups_frac", "mechanical_frac")
        if self.ups_frac + self.mechanical_frac > 1 + 1e-9:
            raise ValueError(
                f"ups_frac {self.ups_frac} and mechanical_frac {self.mechanical_frac} "
                "must add up to at most 1; lower one"
            )
        check_fields(self, _ZERO_OR_MORE, "relay_return_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    One part of the load as the walk through an event sees it.

    Args:
        key: "ups", "supplies", "mechanical" or "relays".
        title: In words.
        power_w: Its power before. [W]
        trips: What makes it let go.
        most_current_frac: Current limit ÷ before.
        least_pu: Below it draws nothing.
        return_s: Good input this long before it comes back. [s]
        ramp_s: From nothing to all. [s]
        store_s: Energy behind it ÷ its power. [s]; 0: it runs with what it gets
        store_title: Of that store, in words.
        refill_frac: Most power to refill it ÷ its power.
        count: Transfers that lock it out; 0 for none.
        count_window_s: Inside this time. [s]
    """

    key: str
    title: str
    power_w: float
    trips: tuple[Trip, ...] = ()
    most_current_frac: float = math.inf
    least_pu: float = 0.0
    return_s: float = 0.0
    ramp_s: float = 0.0
    store_s: float = 0.0
    store_title: str = "store"
    refill_frac: float = 0.0
    count: int = 0
    count_window_s: float = 0.0

    @property
    def carries_pu(self) -> float:
        """Voltage at which it draws all it needs. [pu]"""
        return max(self.least_pu, 1.0 / self.most_current_frac if self.store_s else 0.0)


def parts_of(protection: LoadProtection, load_w: float) -> list[Part]:
    """Parts of a load that have a share in it."""
    ups, supplies, mechanical = (
        protection.ups, protection.supplies, protection.mechanical,
    )  # fmt: skip
    rest = max(0.0, 1.0 - protection.ups_frac - protection.mechanical_frac)
    found = [
        Part(
            key="ups", title="load behind UPSs", power_w=protection.ups_frac * load_w,
            trips=ups.trips, most_current_frac=ups.most_current_frac,
            return_s=ups.retransfer_s, ramp_s=ups.walk_in_s, store_s=ups.battery_s,
            store_title="battery", refill_frac=ups.recharge_frac, count=ups.count,
            count_window_s=ups.count_window_s,
        ),
        Part(
            key="supplies", title="servers on the mains", power_w=rest * load_w,
            most_current_frac=supplies.most_current_frac, least_pu=supplies.least_pu,
            return_s=supplies.restart_s, ramp_s=supplies.ramp_s,
            store_s=supplies.hold_up_s, store_title="hold-up",
            refill_frac=max(0.0, supplies.most_current_frac - 1.0),
        ),
        Part(
            key="mechanical", title="mechanical load",
            power_w=protection.mechanical_frac * load_w, trips=mechanical.trips,
            most_current_frac=mechanical.most_current_frac,
            return_s=mechanical.restart_s, ramp_s=mechanical.ramp_s,
        ),
    ]  # fmt: skip
    return [part for part in found if part.power_w > 1e-9 * load_w]

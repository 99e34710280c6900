"""UPS and generators as they stand, and how a site behaves in a disturbance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from twin.scenario.base import Checked, Model, described, quantity

if TYPE_CHECKING:
    from twin.stabilize import disturbance, load_protection, upstream

_OURS = "assumed"
_UPS_LOSS = "catalogue, docs/models/electrical.md"


class Ups(Model):
    """Input side of the UPSs, all as one: does it pass or amplify a swing?"""

    rated_w: float | None = quantity(
        None, "Rated output. Empty means the highest power and 10 %", unit="W",
        example=6e7, gt=0, le=1e11,
    )  # fmt: skip
    bandwidth_hz: float = quantity(
        10.0, "Where a swing is passed on at 71 %", unit="Hz", source=_OURS, gt=0,
        le=1e4,
    )  # fmt: skip
    damping: float = quantity(
        0.7071, "Damping of the rectifier; below 0.71 it amplifies", example=0.3,
        source=_OURS, gt=0, le=10,
    )  # fmt: skip
    fixed_frac: float = quantity(
        0.011, "Loss without load ÷ rating", source=_UPS_LOSS, ge=0, lt=1
    )
    linear_frac: float = quantity(0.0087, "Loss ÷ load", source=_UPS_LOSS, ge=0, lt=1)
    quadratic_frac: float = quantity(
        0.022, "Loss at rating that grows with the load's square", source=_UPS_LOSS,
        ge=0, lt=1,
    )  # fmt: skip
    eco: bool = described(False, "Whether the load is on the bypass")

    def record(self, highest_w: float) -> upstream.UpsFilter:
        """Convert to the core's record; a rating left empty follows the load."""
        from twin.stabilize import upstream

        given = self.model_dump(exclude={"rated_w"})
        return upstream.UpsFilter(**given, rated_w=self.rated_w or 1.1 * highest_w)


class Generator(Checked):
    """Gensets that carry the site alone, all as one machine."""

    rated_va: float | None = quantity(
        None, "Rating of all that run. Empty means the site's highest power and 20 %, "
        "at the power factor", unit="VA", example=1e8, gt=0, le=1e11,
    )  # fmt: skip
    power_factor: float = quantity(
        0.8, "Rated power ÷ rating", source=_OURS, gt=0, le=1
    )
    inertia_s: float = quantity(
        1.0, "Energy in the rotors ÷ rating, H", unit="s", source=_OURS, gt=0, le=100
    )
    droop_frac: float = quantity(
        0.05, "Speed lost from no load to rated power", source=_OURS, gt=0, lt=1
    )
    governor_s: float = quantity(
        0.05, "Lag of governor and actuator", unit="s", source=_OURS, gt=0, le=60
    )
    engine_s: float = quantity(
        0.2, "Lag from fuel to torque", unit="s", source=_OURS, gt=0, le=60
    )
    turbo_s: float = quantity(
        2.0, "Time constant of boost", unit="s", source=_OURS, gt=0, le=600
    )
    step_frac: float = quantity(
        0.5, "Most power beyond what the boost is for ÷ rated power", source=_OURS,
        gt=0, le=10,
    )  # fmt: skip

    def record(self, highest_w: float, nominal_hz: float) -> upstream.Generator:
        """Convert to the core's record; a rating left empty follows the load."""
        from twin.stabilize import upstream

        given = self.model_dump(exclude={"rated_va"})
        rated_va = self.rated_va or 1.2 * highest_w / self.power_factor
        return upstream.Generator(**given, rated_va=rated_va, nominal_hz=nominal_hz)

    def _check(self) -> None:
        self.record(1e6, 60.0)


class Protection(Checked):
    """How the site lets go of a disturbed grid, and how it comes back."""

    ups_frac: float = quantity(0.8, "Load behind UPSs ÷ all", source=_OURS, ge=0, le=1)
    mechanical_frac: float = quantity(
        0.2, "Cooling and pumps ÷ all; the rest are bare supplies", source=_OURS, ge=0,
        le=1,
    )  # fmt: skip
    low_pu: float = quantity(
        0.85, "UPS goes onto battery below", unit="pu", source=_OURS, gt=0, lt=1
    )
    high_pu: float = quantity(
        1.10, "UPS goes onto battery above", unit="pu", source=_OURS, gt=1, le=2
    )
    detect_s: float = quantity(
        0.010, "Time until it does", unit="s", source=_OURS, ge=0, le=60
    )
    retransfer_s: float = quantity(
        10.0, "Good input this long before it takes load again", unit="s", source=_OURS,
        ge=0, le=3600,
    )  # fmt: skip
    walk_in_s: float = quantity(
        10.0, "Ramp from nothing to all", unit="s", source=_OURS, ge=0, le=3600
    )
    battery_s: float = quantity(
        300.0, "Battery at the load there is", unit="s", source=_OURS, gt=0, le=86_400
    )
    count: int = quantity(
        0, "Transfers within the window after which it stays on battery until somebody "
        "returns it; 0 counts none", unit="transfers", example=3, source=_OURS, ge=0,
        le=100,
    )  # fmt: skip
    count_window_s: float = quantity(
        60.0, "Window of that counter", unit="s", source=_OURS, gt=0, le=86_400
    )
    hold_up_s: float = quantity(
        0.020, "Server supplies without UPS hold this long", unit="s",
        source="ITIC: 20 ms", ge=0, le=60,
    )  # fmt: skip

    def record(self, nominal_hz: float) -> load_protection.LoadProtection:
        """Convert to the core's record."""
        from twin.stabilize import load_protection as core

        return core.LoadProtection(
            ups_frac=self.ups_frac,
            mechanical_frac=self.mechanical_frac,
            ups=core.UpsSettings(
                trips=core.window(
                    self.low_pu, self.high_pu, self.detect_s, low_hz=0.95 * nominal_hz,
                    high_hz=1.05 * nominal_hz,
                ),
                retransfer_s=self.retransfer_s,
                walk_in_s=self.walk_in_s,
                battery_s=self.battery_s,
                count=self.count,
                count_window_s=self.count_window_s,
            ),
            supplies=core.Supplies(hold_up_s=self.hold_up_s),
        )  # fmt: skip

    def _check(self) -> None:
        self.record(60.0)


class Disturbance(Model):
    """What the grid does: one sag, a known event, or a change of frequency."""

    kind: Literal["sag", "virginia-2024", "frequency"] = described(
        "sag", "Kind of disturbance"
    )
    to_pu: float = quantity(
        0.4, "What a sag leaves", unit="pu", source=_OURS, ge=0, le=2
    )
    duration_s: float = quantity(
        0.2, "How long a sag lasts, or a frequency stays", unit="s", source=_OURS, gt=0,
        le=3600,
    )  # fmt: skip
    to_hz: float | None = quantity(
        None, "Where a frequency goes. Empty means 2 Hz less", unit="Hz", example=58.0,
        gt=0, le=100,
    )  # fmt: skip
    rocof_hz_per_s: float = quantity(
        1.0, "How fast it goes there", unit="Hz/s", source=_OURS, gt=0, le=100
    )

    def record(self, nominal_hz: float) -> disturbance.Event:
        """Convert to the core's record."""
        from twin.stabilize import disturbance as core

        if self.kind == "sag":
            return core.sag(self.to_pu, self.duration_s, nominal_hz=nominal_hz)
        if self.kind == "frequency":
            return core.frequency_excursion(
                self.to_hz or nominal_hz - 2.0, rocof_hz_per_s=self.rocof_hz_per_s,
                hold_s=self.duration_s, nominal_hz=nominal_hz,
            )  # fmt: skip
        return replace(core.virginia_2024(), frequency_hz=(nominal_hz,))

"""Policy inputs: which rule decides the clock caps, and its thresholds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.base import Checked, Model, described, quantity

_POLCA = "Patel et al., POLCA, ASPLOS 2024 (second-hand quote)"
_ASSUMED = "assumed; the publication's value was not at hand"


_EXAMPLE_POLICY = """\
def decide(time_s, load_frac, in_force, memory, command):
    command[0] = 1110.0 if load_frac > 0.85 else 0.0
"""


def _clock(doc: str, example: float, source: str) -> float | None:
    return quantity(  # type: ignore[no-any-return]
        None, f"{doc}. Empty means the published A100 clock scaled to this GPU.",
        unit="MHz", example=example, source=source, gt=0, le=10_000,
    )  # fmt: skip


class NoCap(Model):
    """No capping at all; only the power brake protects the row."""

    name: Literal["no-cap"] = described("no-cap", "Kind of policy")


class OneThreshold(Checked):
    """One threshold; above it low priority (or everyone) runs at a lower clock."""

    name: Literal["one-threshold-low", "one-threshold-all"] = described(
        "one-threshold-low", "Kind of policy: whom it slows"
    )
    threshold_frac: float = quantity(
        0.89, "Row power ÷ provisioned above which caps are set",
        source="POLCA baselines, from memory", gt=0, le=1.5,
    )  # fmt: skip
    hysteresis_frac: float = quantity(
        0.05, "Caps are lifted this far below the threshold", source=_POLCA, ge=0, lt=1
    )
    capped_clock_mhz: float | None = _clock(
        "SM clock of capped servers", 1110, _ASSUMED
    )

    def _check(self) -> None:
        if self.hysteresis_frac >= self.threshold_frac:
            raise ValueError(
                f"hysteresis_frac {self.hysteresis_frac} must be below threshold_frac "
                f"{self.threshold_frac}; otherwise a cap is never lifted"
            )


class Polca(Checked):
    """Two thresholds: low priority slows first, then more, then high priority."""

    name: Literal["polca"] = described("polca", "Kind of policy")
    t1_frac: float = quantity(
        0.80, "First threshold, row power ÷ provisioned", source=_POLCA, gt=0, le=1.5
    )
    t2_frac: float = quantity(
        0.89, "Second threshold, row power ÷ provisioned", source=_POLCA, gt=0, le=1.5
    )
    hysteresis_frac: float = quantity(
        0.05, "A threshold is left this far below it", source=_POLCA, ge=0, lt=1
    )
    low_clock_t1_mhz: float | None = _clock(
        "SM clock of low priority above the first threshold", 1275, _POLCA
    )
    low_clock_t2_mhz: float | None = _clock(
        "SM clock of low priority above the second threshold", 1110, _POLCA
    )
    high_clock_t2_mhz: float | None = _clock(
        "SM clock of high priority above the second threshold", 1305, _POLCA
    )

    def _check(self) -> None:
        if self.t1_frac >= self.t2_frac:
            raise ValueError(
                f"t1_frac {self.t1_frac} must be below t2_frac {self.t2_frac}; "
                "swap them or move them apart"
            )
        if self.hysteresis_frac >= self.t1_frac:
            raise ValueError(
                f"hysteresis_frac {self.hysteresis_frac} must be below t1_frac "
                f"{self.t1_frac}; otherwise a cap is never lifted"
            )
        if (
            self.low_clock_t1_mhz is not None
            and self.low_clock_t2_mhz is not None
            and self.low_clock_t2_mhz > self.low_clock_t1_mhz
        ):
            raise ValueError(
                f"low_clock_t2_mhz {self.low_clock_t2_mhz} must not exceed "
                f"low_clock_t1_mhz {self.low_clock_t1_mhz}; lower it"
            )


class UserPolicy(Model):
    """A policy of one's own: one Python function named `decide`."""

    name: Literal["user"] = described("user", "Kind of policy")
    label: str = described(
        "user", "Name shown in tables and charts", example="my-policy", min_length=1,
        max_length=40,
    )  # fmt: skip
    source: str = described(
        ..., "Python source that defines decide(time_s, load_frac, in_force, memory, "
        "command); see docs/models/control.md", example=_EXAMPLE_POLICY, min_length=1,
        max_length=20_000,
    )  # fmt: skip


Policy = Annotated[
    NoCap | OneThreshold | Polca | UserPolicy, Field(discriminator="name")
]

_BUILT_IN: dict[str, NoCap | OneThreshold | Polca] = {
    policy.name: policy
    for policy in (
        NoCap(), OneThreshold(name="one-threshold-low"),
        OneThreshold(name="one-threshold-all"), Polca(),
    )
}  # fmt: skip
POLICY_NAMES = tuple(_BUILT_IN)


def policy_label(policy: NoCap | OneThreshold | Polca | UserPolicy) -> str:
    """Name of a policy as tables and charts show it."""
    return policy.label if isinstance(policy, UserPolicy) else policy.name


def policy_named(name: str) -> NoCap | OneThreshold | Polca:
    """
    Build a built-in policy with its published settings.

    Args:
        name: One of `POLICY_NAMES`.

    Returns:
        The policy.

    Raises:
        ValueError: If the name is not built in.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    raise ValueError(f"policy must be one of {', '.join(POLICY_NAMES)}, got {name!r}")

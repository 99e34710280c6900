"""
The neutral model of a power topology: what any source says, in watts, with its ids.

Feeds are named by source id, the preferred one first. A limit always carries its scope:
what exactly it limits. What no field of ours holds stays in `Unmapped`, word for word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Side = Literal["", "A", "B", "C", "R"]
Phases = Literal["abc", "ab", "bc", "ca", "a", "b", "c"]
Scope = Literal[
    "breaker", "feed", "panel", "device", "cabinet", "domain", "distribution",
    "supply", "node", "node-gpus", "node-cpus", "node-memory",
]  # fmt: skip
SQRT3 = 1.7320508075688772


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """
    A power limit and what it limits.

    Args:
        item: Source id of the thing limited; a policy's name for a policy.
        value_w: Limit before derating; None where given as a percentage. [W]
        percent: Limit relative to the device's maximum; None where in watts.
        scope: What the number limits.
        basis: How the source states it, in words.
    """

    item: str
    scope: Scope
    basis: str
    value_w: float | None = None
    percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """Content kept as it came, because no field of ours holds it."""

    source_id: str
    reason: str
    content: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """One row that could not be used; `row` counts from 1 within its table."""

    table: str
    row: int
    field: str
    rule: str
    value: Any
    repair: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """
    A piece of the power path.

    Args:
        source_id: Identity at the source; survives renaming.
        name: Name at the source.
        kind: One of the scenario's kinds of node.
        feeds: Source ids of what feeds it, the preferred one first.
        rated_w: Output it can carry. [W]; None where the source does not say.
        derate_frac: Part of it that may be planned with; None takes the kind's.
        states: Fields that the source states; others are only first guesses.
        loss: Loss as the scenario has it; None takes the catalogue's.
    """

    source_id: str
    name: str
    kind: str
    feeds: tuple[str, ...] = ()
    rated_w: float | None = None
    derate_frac: float | None = None
    transfer: Literal["share", "first"] | None = None
    phases: Phases = "abc"
    side: Side = ""
    states: frozenset[str] = frozenset({"name", "fed_by"})
    more: dict[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """
    One power inlet of a device.

    Args:
        feed: Source id of what it is plugged into; "" is unplugged.
        maximum_w: Most it draws, allocated power apart. [W]; None is not stated.
        allocated_w: Planned draw. [W]; None is not stated.
        phases: Phases of the outlet it hangs on.
    """

    feed: str
    maximum_w: float | None = None
    allocated_w: float | None = None
    phases: Phases = "abc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A machine in a rack; `count` counts equal ones."""

    source_id: str
    name: str
    rack: str
    model: str = ""
    ports: tuple[Port, ...] = ()
    count: int = 1
    extras: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RackPlace:
    """A rack and where it stands; `feeds` only where the source names them itself."""

    source_id: str
    name: str
    hall: str = "H1"
    row: str = "R1"
    position: int = 1
    feeds: tuple[str, ...] = ()
    limit_w: float | None = None
    states: frozenset[str] = frozenset({"name", "fed_by"})
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Everything one source said."""

    source: str
    version: str
    nodes: tuple[Node, ...] = ()
    racks: tuple[RackPlace, ...] = ()
    devices: tuple[Device, ...] = ()
    limits: tuple[Limit, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()
    errors: tuple[RowError, ...] = ()
    held: frozenset[str] = frozenset()
    """Source ids of rows with errors: they are there, and must not be removed."""
    notes: tuple[str, ...] = ()
    extras: dict[str, Any] = field(default_factory=dict)
    """What an export back to the same tool needs, by source id."""


def circuit_w(voltage_v: float, current_a: float, *, three_phase: bool) -> float:
    """
    Power of a circuit at unit power factor. [W]

    Args:
        voltage_v: Voltage, between lines where three-phase. [V], its sign (DC) is lost.
        current_a: Current of the breaker. [A]
        three_phase: Whether it has three phases.
    """
    return abs(voltage_v) * current_a * (SQRT3 if three_phase else 1.0)

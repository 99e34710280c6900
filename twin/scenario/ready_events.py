"""Failures ready to try: the ones planners ask about first, for any site."""

from __future__ import annotations

from dataclasses import dataclass

from twin.scenario.facility import Event, Facility

NOON_S = 12 * 3600.0
QUARTER_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyEvents:
    """A failure by name: what it is, and the events that make it."""

    key: str
    title: str
    description: str
    events: tuple[Event, ...]


def ready_events(
    facility: Facility,
    *,
    at_s: float = NOON_S,
    parts: tuple[str, ...] = ("lose-crah", "lose-chiller", "lose-cdu-pump"),
) -> tuple[ReadyEvents, ...]:
    """
    Build the library for a site; a failure that has no target there is left out.

    Args:
        facility: An explicit facility.
        at_s: When each begins. [s]
        parts: Kinds of event that hit a part its plant has.

    Returns:
        The failures, in the order people ask about them.
    """
    first: dict[str, list[str]] = {}
    for node in facility.electrical:
        first.setdefault(node.kind, []).append(node.name)

    def lose(kind: str, title: str, text: str) -> list[ReadyEvents]:
        names = first.get(kind, [])
        if not names:
            return []
        event = _event(at_s, "lose-node", names[0], 3600.0)
        return [_ready(f"lose-{kind}", title, f"{names[0]} {text}", event)]

    found = [
        *lose("ups", "Lose a UPS", "fails for an hour"),
        *_maintenance(first.get("ups", []), at_s),
        *_module(facility, at_s),
        *lose("pdu", "Lose a PDU", "fails for an hour"),
        *lose("busway", "Lose a row feed", "fails for an hour"),
        *lose("transformer", "Lose a transformer", "fails for an hour"),
        _ready(
            "utility-outage", "Utility outage", "the utility is gone for 20 minutes; "
            "generators start", _event(at_s, "utility-outage", "", 1200.0),
        ),
        _ready(
            "black-start-fails", "Utility outage, no generator",
            "the utility is gone for 20 minutes and no generator starts",
            _event(0.0, "generator-fails-to-start"),
            _event(at_s, "utility-outage", "", 1200.0),
        ),
        _ready(
            "lose-crah", "Lose an air handler", "90 % of the airflow is left (TAPAS)",
            _event(at_s, "lose-crah", "", 3600.0, 0.9),
        ),
        _ready(
            "lose-chiller", "Lose half the chillers", "half the capacity is left",
            _event(at_s, "lose-chiller", "", 3600.0, 0.5),
        ),
        _ready(
            "lose-cdu-pump", "Lose a CDU pump", "half the liquid path is left",
            _event(at_s, "lose-cdu-pump", "", 3600.0, 0.5),
        ),
        _ready(
            "heat-wave", "Heat wave", "10 K warmer outside for six hours",
            _event(at_s, "heat-wave", "", 21_600.0, 10.0),
        ),
        _ready(
            "telemetry-blackout", "Telemetry blackout", "readings stand still, 15 min",
            _event(at_s, "telemetry-blackout", "", QUARTER_S),
        ),
        _ready(
            "command-path-down", "Command path down", "no cap can be sent, 15 min",
            _event(at_s, "command-path-down", "", QUARTER_S),
        ),
        _ready(
            "stuck-cap", "A stuck cap", "commands arrive and change nothing",
            _event(at_s, "stuck-cap", "", QUARTER_S),
        ),
        _ready(
            "slow-bmc", "Slow BMC", "caps take three times as long",
            _event(at_s, "slow-bmc", "", 3600.0, 3.0),
        ),
    ]  # fmt: skip
    plants = ("lose-crah", "lose-chiller", "lose-cdu-pump")
    return tuple(r for r in found if r.key not in plants or r.key in parts)


def _maintenance(ups: list[str], at_s: float) -> list[ReadyEvents]:
    """A UPS fails while another is out by plan."""
    if len(ups) < 2:
        return []
    return [
        _ready(
            "lose-ups-in-maintenance", "Lose a UPS during maintenance",
            f"{ups[0]} is out by plan, {ups[1]} fails half an hour later",
            _event(at_s, "maintenance", ups[0], 4 * 3600.0),
            _event(at_s + 1800.0, "lose-node", ups[1], 3600.0),
        )
    ]  # fmt: skip


def _module(facility: Facility, at_s: float) -> list[ReadyEvents]:
    """One module of a UPS that has several."""
    names = [n.name for n in facility.electrical if n.module_count > 1]
    if not names:
        return []
    event = _event(at_s, "lose-module", names[0], 3600.0)
    text = f"one module of {names[0]} fails for an hour"
    return [_ready("lose-module", "Lose a UPS module", text, event)]


def _ready(key: str, title: str, text: str, *events: Event) -> ReadyEvents:
    return ReadyEvents(key=key, title=title, description=text, events=events)


def _event(
    t_s: float, kind: str, target: str = "", duration_s: float | None = None,
    severity: float | None = None,
) -> Event:  # fmt: skip
    return Event.model_validate({
        "t_s": t_s, "kind": kind, "target": target, "duration_s": duration_s,
        "severity": severity,
    })  # fmt: skip

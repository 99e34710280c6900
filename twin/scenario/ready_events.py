"""Failures ready to try: the ones planners ask about first, for any site."""

from __future__ import annotations

from dataclasses import dataclass

from twin.scenario.facility import Event, Facility

HOUR_S = 3600.0
NOON_S = 12 * HOUR_S
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
    modular = [node.name for node in facility.electrical if node.module_count > 1]

    def one(
        key: str, title: str, text: str, target: str, duration_s: float,
        severity: float | None = None, kind: str = "",
    ) -> ReadyEvents:  # fmt: skip
        event = _event(at_s, kind or key, target, duration_s, severity)
        return _ready(key, title, text, event)

    def lose(kind: str, title: str) -> list[ReadyEvents]:
        return [
            one(f"lose-{kind}", title, f"{name} fails for an hour", name, HOUR_S,
                kind="lose-node")
            for name in first.get(kind, [])[:1]
        ]  # fmt: skip

    found = [
        *lose("ups", "Lose a UPS"),
        *_maintenance(first.get("ups", []), at_s),
        *(
            one("lose-module", "Lose a UPS module",
                f"one module of {name} fails for an hour", name, HOUR_S)
            for name in modular[:1]
        ),
        *lose("pdu", "Lose a PDU"),
        *lose("busway", "Lose a row feed"),
        *lose("transformer", "Lose a transformer"),
        one("utility-outage", "Utility outage",
            "the utility is gone for 20 minutes; generators start", "", 1200.0),
        _ready(
            "black-start-fails", "Utility outage, no generator",
            "the utility is gone for 20 minutes and no generator starts",
            _event(0.0, "generator-fails-to-start"),
            _event(at_s, "utility-outage", "", 1200.0),
        ),
        one("lose-crah", "Lose an air handler", "90 % of the airflow is left (TAPAS)",
            "", HOUR_S, 0.9),
        one("lose-chiller", "Lose half the chillers", "half the capacity is left",
            "", HOUR_S, 0.5),
        one("lose-cdu-pump", "Lose a CDU pump", "half the liquid path is left",
            "", HOUR_S, 0.5),
        one("heat-wave", "Heat wave", "10 K warmer outside for six hours", "",
            6 * HOUR_S, 10.0),
        one("telemetry-blackout", "Telemetry blackout",
            "readings stand still, 15 min", "", QUARTER_S),
        one("command-path-down", "Command path down", "no cap can be sent, 15 min",
            "", QUARTER_S),
        one("stuck-cap", "A stuck cap", "commands arrive and change nothing", "",
            QUARTER_S),
        one("slow-bmc", "Slow BMC", "caps take three times as long", "", HOUR_S, 3.0),
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

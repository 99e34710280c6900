"""
A scenario's events as changes of the kernel's state.

Events of one kind on one target may overlap: what holds is the worst of those that
are active, and a node is back when the last of them ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from twin.cooling.plant import Plant
from twin.errors import ScenarioError
from twin.facility import kernel
from twin.power.network import Network
from twin.scenario.facility import Event, Facility
from twin.types import FloatArray, IntArray

USUAL = {
    "lose-crah": 0.9, "lose-chiller": 0.5, "lose-cdu-pump": 0.5, "heat-wave": 8.0,
    "slow-bmc": 3.0, "lose-module": 1.0,
}  # fmt: skip
"""Severity where an event gives none: TAPAS's 90 % airflow, the others assumed."""
_PLANT_PARTS = {
    "lose-crah": (kernel.AIRFLOW, "air handlers"),
    "lose-chiller": (kernel.CHILLERS, "chillers"),
    "lose-cdu-pump": (kernel.CDU, "CDU pumps"),
}
_OUTDOOR = -1
"""Not a code of the kernel: outdoor air is known before the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """
    What happens, ready for the kernel.

    Args:
        tick: Tick of each change, rising. Shape (changes,)
        change: Code, target and new value. Shape (changes, 3)
        left: What is left of air handlers, chillers and CDU pumps in every state a
            hall is ever in; the first is sound. Shape (states, 3)
        warmer_k: Rise of outdoor air by hour of the horizon. [K], shape (hours,)
        planned_out: Nodes out of service by plan at one moment, the most there are.
    """

    tick: IntArray
    change: FloatArray
    left: FloatArray
    warmer_k: FloatArray
    planned_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    start_s: float
    end_s: float
    value: float


_Spans = dict[tuple[int, int], list[_Span]]


def plant_parts(plant: Plant) -> tuple[str, ...]:
    """Kinds of event that can hit a plant: those whose part it has."""
    found = []
    if plant.air.kind != "rear-door":
        found.append("lose-crah")
    if plant.air_loop is not None and plant.air_loop.chillers is not None:
        found.append("lose-chiller")
    if plant.liquid is not None:
        found.append("lose-cdu-pump")
    return tuple(found)


def build_timeline(
    facility: Facility, network: Network, plant: Plant, halls: tuple[str, ...],
    rows: tuple[str, ...], *, tick_s: float, hours: int,
) -> Timeline:  # fmt: skip
    """
    Resolve a facility's events.

    Args:
        facility: An explicit facility.
        network: Its nodes.
        plant: How its halls are cooled.
        halls: Names of its halls.
        rows: Names of its rows.
        tick_s: Tick. [s]
        hours: Hours of the horizon.

    Raises:
        ScenarioError: If an event hits a part that the plant does not have.
    """
    spans: _Spans = {}
    for index, event in enumerate(facility.events):
        _check_part(event, index, plant, facility.cooling.plant)
        end_s = math.inf if event.duration_s is None else event.t_s + event.duration_s
        for code, target, value in _hits(event, network, facility, halls, rows):
            span = _Span(event.t_s, end_s, value)
            spans.setdefault((code, target), []).append(span)
    changes: list[tuple[int, int, int, float]] = []
    for (code, target), here in spans.items():
        if code == _OUTDOOR:
            continue
        combine, normal = _RULES[code]
        for tick, value in _steps(here, tick_s, combine, normal):
            changes.append((tick, code, target, value))
    # what comes back stands behind what fails at the same tick
    changes.sort(key=lambda c: (c[0], c[3] == _RULES[c[1]][1]))
    return Timeline(
        tick=np.array([c[0] for c in changes], dtype=np.int64),
        change=np.array([c[1:] for c in changes], dtype=np.float64).reshape(-1, 3),
        left=_states(changes, len(halls)),
        warmer_k=_warmer_k(spans.get((_OUTDOOR, 0), []), hours),
        planned_out=_planned_out(facility.events),
    )


def _check_part(event: Event, index: int, plant: Plant, name: str) -> None:
    if event.kind in _PLANT_PARTS and event.kind not in plant_parts(plant):
        part = _PLANT_PARTS[event.kind][1]
        raise ScenarioError(f"facility.events.{index}.kind", f"hits {part}, which the "
                            f"plant {name!r} does not have", event.kind,
                            "choose another plant, or remove the event")  # fmt: skip


def _hits(
    event: Event, network: Network, facility: Facility, halls: tuple[str, ...],
    rows: tuple[str, ...],
) -> list[tuple[int, int, float]]:  # fmt: skip
    """Code, target and value of everything one event sets off."""
    severity = USUAL.get(event.kind, 1.0) if event.severity is None else event.severity
    if event.kind in ("lose-node", "maintenance"):
        return [(kernel.NODE_DOWN, network.index[event.target], 1.0)]
    if event.kind == "lose-module":
        node = next(n for n in facility.electrical if n.name == event.target)
        lost = min(severity, node.module_count)
        if lost >= node.module_count:
            return [(kernel.NODE_DOWN, network.index[node.name], 1.0)]
        return [(kernel.MODULES, network.index[node.name], lost / node.modules_needed)]
    if event.kind in ("utility-outage", "generator-fails-to-start"):
        outage = event.kind == "utility-outage"
        kind = "utility" if outage else "generator"
        code = kernel.NODE_DOWN if outage else kernel.NO_START
        names = [n.name for n in facility.electrical if n.kind == kind]
        names = [event.target] if event.target else names
        return [(code, network.index[name], 1.0) for name in names]
    if event.kind in _PLANT_PARTS:
        code = _PLANT_PARTS[event.kind][0]
        hit = [event.target] if event.target else list(halls)
        return [(code, halls.index(hall), severity) for hall in hit]
    if event.kind == "stuck-cap":
        hit = [event.target] if event.target else list(rows)
        return [(kernel.STUCK, rows.index(row), 1.0) for row in hit]
    code = {
        "heat-wave": _OUTDOOR, "telemetry-blackout": kernel.BLACKOUT,
        "command-path-down": kernel.PATH_DOWN, "slow-bmc": kernel.LATENCY,
    }[event.kind]  # fmt: skip
    return [(code, 0, severity)]


_Combine = Callable[[Sequence[float]], float]
_RULES: dict[int, tuple[_Combine, float]] = {
    kernel.NODE_DOWN: (max, 0.0),
    kernel.MODULES: (sum, 0.0),
    kernel.AIRFLOW: (min, 1.0),
    kernel.CHILLERS: (min, 1.0),
    kernel.CDU: (min, 1.0),
    kernel.BLACKOUT: (max, 0.0),
    kernel.PATH_DOWN: (max, 0.0),
    kernel.STUCK: (max, 0.0),
    kernel.LATENCY: (max, 1.0),
    kernel.NO_START: (max, 0.0),
}
"""How overlapping events of one kind add up, and the value without any."""


def _steps(
    spans: list[_Span], tick_s: float, combine: _Combine, normal: float
) -> list[tuple[int, float]]:
    """Ticks at which the value that holds changes, and what it changes to."""
    times = sorted({s.start_s for s in spans} | {s.end_s for s in spans})
    found: list[tuple[int, float]] = []
    before = normal
    for t in times:
        if math.isinf(t):
            continue
        active = [s.value for s in spans if s.start_s <= t < s.end_s]
        now = combine(active) if active else normal
        if now != before:
            tick = round(t / tick_s)
            if found:  # what is over within a tick still happened
                tick = max(tick, found[-1][0] + 1)
            found.append((tick, now))
        before = now
    return found


def _states(changes: list[tuple[int, int, int, float]], halls: int) -> FloatArray:
    """Every combination of plant parts left that some hall ever has, sound first."""
    parts = (kernel.AIRFLOW, kernel.CHILLERS, kernel.CDU)
    now = [[1.0, 1.0, 1.0] for _ in range(halls)]
    found = {(1.0, 1.0, 1.0): None}
    for _, code, target, value in changes:
        if code in parts:
            now[target][parts.index(code)] = value
            air, chillers, cdu = now[target]
            found[air, chillers, cdu] = None
    return np.array(list(found), dtype=np.float64)


def _warmer_k(spans: list[_Span], hours: int) -> FloatArray:
    """Strongest heat wave of each hour, whole hours. [K]"""
    warmer = np.zeros(hours)
    for span in spans:
        first = math.floor(span.start_s / 3600.0)
        last = hours if math.isinf(span.end_s) else math.ceil(span.end_s / 3600.0)
        warmer[first:last] = np.maximum(warmer[first:last], span.value)
    return warmer


def _planned_out(events: tuple[Event, ...]) -> tuple[str, ...]:
    """Nodes in maintenance together, at the moment when there are most."""
    planned = [e for e in events if e.kind == "maintenance"]
    best: tuple[str, ...] = ()
    for start in planned:
        here = {
            e.target: None for e in planned
            if e.t_s <= start.t_s < e.t_s + (e.duration_s or math.inf)
        }  # fmt: skip
        if len(here) > len(best):
            best = tuple(here)
    return best

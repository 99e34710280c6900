"""
Alerts: when a figure is called wrong, and when it is called right again.

    ok -> pending -> firing -> clearing -> ok, which is called resolved

A figure has to stay above its limit for a hold before an alert fires, and below a lower
level for as long before it is resolved: noise around the limit tells nobody anything. A
missing figure (NaN, or none) moves nothing: what nobody measures is neither wrong nor
mended, so it neither fires an alert nor resolves one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Literal

Kind = Literal["threshold", "load", "ramp", "missing-agent", "model-drift"]
Phase = Literal["ok", "pending", "firing", "clearing"]
CLEAR_FRAC = 0.95
"""Share of the limit below which an alert is resolved, where nothing is said."""
COVERED_FRAC = 0.8
"""Share of a ramp's window that readings must span; less is no ramp yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """
    The site at one instant; NaN or absent is not known.

    Attributes:
        node_power_w: Drawn below each node. [W]
        node_limit_w: What each node may carry. [W]
        device_power_w: Drawn by each device. [W]
        agent_age_s: Time since each agent was heard of. [s]
        node_drift_frac: Measured less predicted power of each node, over predicted.
    """

    node_power_w: Mapping[str, float] = field(default_factory=dict)
    node_limit_w: Mapping[str, float] = field(default_factory=dict)
    device_power_w: Mapping[str, float] = field(default_factory=dict)
    agent_age_s: Mapping[str, float] = field(default_factory=dict)
    node_drift_frac: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """
    What is watched.

    Attributes:
        id: Identity.
        kind: "threshold" (power, [W]), "load" (power over a node's limit), "ramp"
            (change of power either way, [W/s]), "missing-agent" (silence, [s]) or
            "model-drift" (measured off predicted, either way, over predicted).
        devices: Watch devices and not nodes; of threshold and ramp alone.
        target: Names it watches, with * and ? as in file names.
        limit: Above this it is wrong, in the kind's unit. > 0.
        clear: Below this it is right again, in the kind's unit. <= limit.
        for_s: How long either has to last. [s], >= 0.
        window_s: Time a ramp is taken over. [s], > 0.
    """

    id: str
    kind: Kind
    devices: bool = False
    target: str = "*"
    limit: float
    clear: float
    for_s: float = 0.0
    window_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """
    How far one target of one rule has come.

    Attributes:
        phase: Where it is; clearing is firing still.
        held_s: How long it has been pending or clearing.
        at_s: When it was last looked at. [s]
        value: Last known figure, in the rule's unit.
        missing: Whether the figure is missing now.
        powers: Readings inside a ramp's window, (time [s], power [W]).
    """

    phase: Phase = "ok"
    held_s: float = 0.0
    at_s: float = 0.0
    value: float = math.nan
    missing: bool = False
    powers: tuple[tuple[float, float], ...] = ()

    @property
    def fires(self) -> bool:
        """Whether people have been told, and not yet that it is over."""
        return self.phase in {"firing", "clearing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An alert that began to fire, or was resolved."""

    rule_id: str
    target: str
    status: Literal["firing", "resolved"]
    value: float


def evaluate(
    rule: AlertRule, states: Mapping[str, State], now: Snapshot, now_s: float
) -> tuple[dict[str, State], list[Change]]:
    """
    Look at every target of a rule once.

    Args:
        rule: What is watched.
        states: By target, as the last look left them.
        now: The site.
        now_s: A clock that never goes back. [s]

    Returns:
        States to keep, and what changed. A target in order needs no state, so memory
        grows with what is wrong, and for ramps with what is watched.
    """
    values = figures(rule, now)
    kept, changes = {}, []
    for target in sorted({*values, *states}):
        before = states.get(target, State(at_s=now_s))
        value = values.get(target, math.nan)
        if rule.kind == "ramp":
            before, value = _ramp(rule, before, value, now_s)
        after = step(rule, before, value, now_s)
        if after.fires != before.fires:
            changes.append(_change(rule, target, after))
        if after.phase != "ok" or after.powers:
            kept[target] = after
    return kept, changes


def step(rule: AlertRule, state: State, value: float, now_s: float) -> State:
    """
    Move one target's state on by one look.

    Args:
        rule: What is watched.
        state: As the last look left it.
        value: The figure, in the rule's unit; NaN is missing.
        now_s: A clock that never goes back. [s]

    Returns:
        The state after the look. Time without a figure counts for neither hold.
    """
    if math.isnan(value):
        return replace(state, at_s=now_s, missing=True)
    passed_s = 0.0 if state.missing else now_s - state.at_s
    turning = value < rule.clear if state.fires else value > rule.limit
    rest, moving, done = _WAY[state.fires]
    held_s = state.held_s + passed_s if state.phase == moving else 0.0
    phase = rest if not turning else done if held_s >= rule.for_s else moving
    return replace(
        state, phase=phase, held_s=held_s if phase == moving else 0.0, at_s=now_s,
        value=value, missing=False,
    )  # fmt: skip


_WAY: dict[bool, tuple[Phase, Phase, Phase]] = {
    False: ("ok", "pending", "firing"),
    True: ("firing", "clearing", "ok"),
}
"""Where a target stays, passes and arrives: in order, and while it fires."""


def _change(rule: AlertRule, target: str, after: State) -> Change:
    return Change(
        rule_id=rule.id, target=target, value=after.value,
        status="firing" if after.fires else "resolved",
    )  # fmt: skip


def figures(rule: AlertRule, now: Snapshot) -> dict[str, float]:
    """Return what a rule watches, by target; of a ramp the power, of drift its size."""
    if rule.kind == "missing-agent":
        found: Mapping[str, float] = now.agent_age_s
    elif rule.kind == "model-drift":
        found = {name: abs(drift) for name, drift in now.node_drift_frac.items()}
    elif rule.kind == "load":
        found = {
            name: power_w / now.node_limit_w[name]
            for name, power_w in now.node_power_w.items()
            if now.node_limit_w.get(name, 0.0) > 0.0
        }
    else:
        found = now.device_power_w if rule.devices else now.node_power_w
    return {k: v for k, v in found.items() if fnmatchcase(k, rule.target)}


def _ramp(
    rule: AlertRule, state: State, power_w: float, now_s: float
) -> tuple[State, float]:
    """Put a reading into the window; the ramp across it, NaN where it is not full."""
    first_s = now_s - rule.window_s
    powers = tuple(p for p in state.powers if p[0] >= first_s)
    if not math.isnan(power_w):
        powers += ((now_s, power_w),)
    state = replace(state, powers=powers)
    if math.isnan(power_w) or now_s - powers[0][0] < COVERED_FRAC * rule.window_s:
        return state, math.nan
    return state, abs(power_w - powers[0][1]) / (now_s - powers[0][0])

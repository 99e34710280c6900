"""
A placement held against the site's own model: does any failure do what was ruled out?

The servers placed are put into the racks, the site is assembled anew, and every single
failure is followed to its end (`twin.facility.screening`) at the watts planned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.cooling.weather import Weather
from twin.facility.activity import Activity
from twin.facility.assemble import assemble
from twin.facility.cascade import Stage
from twin.facility.heat import LOADS
from twin.facility.kernel import P_POWER
from twin.facility.memory import settled_heat
from twin.facility.screening import Case, normal_w, screen_site
from twin.facility.stage import set_stage
from twin.power.network import Network
from twin.scenario.model import Scenario
from twin.types import FloatArray

_OVER = 1.0 + 2e-6
_UNLOADED = 1e-6
"""Part of the load at which only wiring decides what a failure takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """
    What the site's model says about a placement.

    Args:
        cases: Failures of one node that were followed.
        normal_frac: Highest load ÷ limit with nothing lost.
        worst_frac: The same right after a failure, before any cap.
        worst: Where and after what, in words.
        trips: Failures after which a breaker trips.
        lost_by_load: Most servers that a failure takes by overload and not by wiring.
        most_lost: Most servers that any failure takes.
        agrees: Whether nothing happens that the placement ruled out.
    """

    cases: int
    normal_frac: float
    worst_frac: float
    worst: str
    trips: int
    lost_by_load: int
    most_lost: int
    agrees: bool


def verify(
    scenario: Scenario, activity: Activity, weather: Weather, rack_w: dict[str, float],
    *, survives: bool, capped_w: dict[str, float] | None,
) -> Verified:  # fmt: skip
    """
    Follow every failure of one node of a site with a placement in place.

    Args:
        scenario: The site, its racks filled.
        activity: How busy its servers are; only its warmth counts.
        weather: Outdoor air by hour.
        rack_w: Power planned by rack. [W]
        survives: Whether no failure may overload anything.
        capped_w: What a cap leaves of it; None where none is counted with. [W]
    """
    a = assemble(scenario, activity, weather)
    loads_w = np.array([rack_w[r.name] for r in a.racks])
    stage = set_stage(a)
    heat_w = np.bincount(a.site.rack_hall, loads_w, len(a.halls))
    drawn = a.site.plant[0, :, :, P_POWER].max(axis=0)
    other_w = np.zeros(len(a.network.nodes))
    other_w[a.site.cooling_node] = a.site.cooled_w * np.interp(
        heat_w / a.site.cooled_w, LOADS, drawn
    )
    # one cap, the deepest, when the last has landed
    caps = stage.cap_lands_s[-1:] if capped_w is not None else np.empty(0)
    after_w = loads_w
    if capped_w is not None:
        after_w = np.array([capped_w[r.name] for r in a.racks])
    stage = stage._replace(
        rack_w=loads_w, other_w=other_w, cap_lands_s=caps,
        capped_w=np.tile(after_w, (caps.size, 1)),
        capped_speed=stage.capped_speed[-1:][: caps.size],
        capped_breach=stage.capped_breach[-1:][: caps.size],
    )  # fmt: skip
    usual_w = normal_w(stage)
    stage = stage._replace(heat=settled_heat(stage.protect, usual_w / stage.protect_w))
    loaded = _cases(stage, a.network, a.halls)
    light = stage._replace(
        rack_w=_UNLOADED * loads_w, other_w=_UNLOADED * other_w,
        capped_w=_UNLOADED * stage.capped_w,
    )  # fmt: skip
    unloaded = _cases(light, a.network, a.halls)
    by_load = max(
        (c.lost_servers - unloaded[name].lost_servers for name, c in loaded.items()),
        default=0,
    )
    worst = max(loaded.values(), key=lambda c: c.worst_frac, default=None)
    normal_frac = float((usual_w / stage.limit_w).max())
    trips = sum(c.trips > 0 for c in loaded.values())
    held = worst is None or capped_w is not None or worst.worst_frac <= _OVER
    return Verified(
        cases=len(loaded), normal_frac=normal_frac, trips=trips, lost_by_load=by_load,
        worst_frac=worst.worst_frac if worst else 0.0,
        worst=worst.binding if worst else "",
        most_lost=max((c.lost_servers for c in loaded.values()), default=0),
        agrees=normal_frac <= _OVER
        and (not survives or (held and trips == 0 and by_load <= 0)),
    )  # fmt: skip


def _cases(stage: Stage, network: Network, halls: tuple[str, ...]) -> dict[str, Case]:
    """Every failure of one whole node, by name."""
    nodes = {n.name for n in network.nodes}
    found = screen_site(network, stage, halls, pairs=False)
    return {c.failed[0]: c for c in found.cases if c.failed[0] in nodes}


def warm_activity(activity: Activity, busy: float) -> Activity:
    """Return the same with every server equally busy all the time. 0..1"""
    constant: FloatArray = np.array([max(0.0, busy)])
    return Activity(
        frac=constant, curve_mhz=activity.curve_mhz, curve_power=activity.curve_power,
        curve_slowdown=activity.curve_slowdown,
    )  # fmt: skip

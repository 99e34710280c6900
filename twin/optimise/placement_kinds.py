"""Kinds of servers that a placement handles, and the watts planned for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.catalogue.servers import Server
from twin.control import landings
from twin.errors import ScenarioError
from twin.facility.activity import Activity
from twin.facility.assemble import Assembled
from twin.scenario.placement import PlacementInput, ServersToPlace

MOST_IN_RACK = 144
"""Servers a rack may hold, as a facility's racks allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """
    Servers that are alike to a placement.

    Args:
        field: Field of the inputs they come from; empty for present servers.
        name: Name for people.
        server: Their type.
        planned_w: Power planned per server. [W]
        capped_w: What a cap leaves of it. [W]
        count: How many; None is as many as possible.
        per_rack: Most of them in one rack, by height and the limit given.
        worth: What one counts.
        asked: What was asked for; None for present servers.
    """

    field: str
    name: str
    server: Server
    planned_w: float
    capped_w: float
    count: int | None
    per_rack: int
    worth: float
    asked: ServersToPlace | None

    @property
    def present(self) -> bool:
        """Whether these stand in the racks already."""
        return self.asked is None


def kinds_of(
    inputs: PlacementInput, a: Assembled, activity: Activity | None
) -> tuple[Kind, ...]:
    """
    Resolve what is asked for, and what stands there already.

    Args:
        inputs: The placement.
        a: Its site as it stands.
        activity: How busy servers are; None unless watts depend on it.

    Returns:
        Kinds asked for in their order, then a kind per type that is present.

    Raises:
        ScenarioError: If a type is unknown, or is larger than a rack.
    """
    draw = _Draw(inputs, a, activity)
    fleet = inputs.scenario.fleet
    found = [
        _asked(inputs, index, asked, fleet.server, draw)
        for index, asked in enumerate(inputs.place)
    ]
    if inputs.present == "gone":
        return tuple(found)
    counts: dict[str, int] = {}
    for rack in a.racks:
        if rack.server_count:
            key = rack.server or fleet.server
            counts[key] = counts.get(key, 0) + rack.server_count
    return (*found, *(_standing(k, n, inputs, draw) for k, n in counts.items()))


def _asked(
    inputs: PlacementInput, index: int, asked: ServersToPlace, fleet: str, draw: _Draw
) -> Kind:
    field = f"place.{index}"
    key = asked.server or fleet
    try:
        server = inputs.scenario.server(key)
    except ScenarioError as error:
        raise ScenarioError(f"{field}.server", error.rule, key, error.repair) from error
    by_height = int(inputs.rack_units // server.height_u.value)
    if by_height < 1:
        raise ScenarioError(f"{field}.server", f"is {server.height_u.value:g} U high, "
                            f"above a rack's {inputs.rack_units} U", key,
                            "raise rack_units or choose a lower server")  # fmt: skip
    planned_w = asked.planned_w or draw.planned_w(server)
    return Kind(
        field=field, name=asked.name or key, server=server, planned_w=planned_w,
        capped_w=draw.capped_w(server, planned_w), count=asked.server_count,
        per_rack=min(by_height, asked.most_per_rack or MOST_IN_RACK, MOST_IN_RACK),
        worth=asked.worth, asked=asked,
    )  # fmt: skip


def _standing(key: str, count: int, inputs: PlacementInput, draw: _Draw) -> Kind:
    server = inputs.scenario.server(key)
    planned_w = draw.planned_w(server)
    by_height = int(inputs.rack_units // server.height_u.value)
    return Kind(
        field="", name=f"present {key}", server=server, planned_w=planned_w,
        capped_w=draw.capped_w(server, planned_w), count=count,
        per_rack=max(1, min(by_height, MOST_IN_RACK)), worth=1.0, asked=None,
    )  # fmt: skip


class _Draw:
    """Watts of a server, as the inputs plan them."""

    def __init__(
        self, inputs: PlacementInput, a: Assembled, activity: Activity | None
    ) -> None:
        self._inputs = inputs
        self._busy = self._percentile(activity)
        self._left = _capped_frac(inputs, a) if inputs.after_loss == "capped" else 1.0

    def _percentile(self, activity: Activity | None) -> float:
        if self._inputs.planned_for != "percentile" or activity is None:
            return 1.0
        if activity.played is not None:
            raise ScenarioError("planned_for", "percentile needs simulated traffic",
                                "recorded power", "give planned_w from the recording, "
                                "or remove workload.replay")  # fmt: skip
        return float(np.quantile(activity.frac, self._inputs.percentile))

    def planned_w(self, server: Server) -> float:
        server = server.drawing(self._inputs.scenario.fleet.server_power_frac)
        planned_for = self._inputs.planned_for
        if planned_for == "nameplate":
            return float(server.rated_w.value)
        if planned_for == "provisioned":
            return float(server.provisioned_w.value)
        return server.idle_w + self._busy * (server.full_w - server.idle_w)

    def capped_w(self, server: Server, planned_w: float) -> float:
        server = server.drawing(self._inputs.scenario.fleet.server_power_frac)
        return planned_w - (1.0 - self._left) * max(0.0, planned_w - server.idle_w)


def _capped_frac(inputs: PlacementInput, a: Assembled) -> float:
    """Power above idle that the policy's deepest cap leaves, low and high weighed."""
    found = cap_landings(a)
    if not found:
        raise ScenarioError(
            "after_loss", "capped needs a policy that caps",
            inputs.scenario.policy.name,
            'choose scenario.policy {"name": "polca"}, or after_loss: uncapped'
        )  # fmt: skip
    low, high = np.interp(found[-1][1], a.site.curve_mhz, a.site.curve_power).tolist()
    part = inputs.scenario.fleet.low_priority_frac
    return float(part * low + (1.0 - part) * high)


def cap_landings(a: Assembled) -> Sequence[tuple[float, tuple[float, float]]]:
    """When a sudden overload is capped [s], and the clocks then [MHz]."""
    return landings(
        a.controller, tick_s=a.site.tick_s, telemetry_ticks=a.site.telemetry_ticks,
        cap_ticks=a.site.cap_ticks,
    )  # fmt: skip

"""
What looks wrong about a physical site and is still possible.

Slips of the unit, racks whose cords share one path, racks without servers. What is not
possible is refused by `twin.scenario.facility_checks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.scenario.facility_units import feeds_first, limited, unit_warnings

if TYPE_CHECKING:
    from twin.scenario.facility import Facility

_PATHS = frozenset({"ups", "sts", "pdu", "rpp", "busway", "rack-pdu"})
"""Kinds that two cords are there to keep apart; boards above are often shared."""
_SHOWN = 5


def facility_warnings(
    facility: Facility, server_rated_w: float | None = None
) -> tuple[str, ...]:
    """
    Everything that looks wrong about a site and is not refused.

    Args:
        facility: Explicit, or a template as it was given.
        server_rated_w: Nameplate of the fleet's server, for racks that name none.
            [W]; None takes the smallest of the catalogue.

    Returns:
        One sentence each: what, its value, what is suspected, and the repair.
    """
    found = list(unit_warnings(facility, server_rated_w))
    racks = facility.racks
    if racks and not any(rack.server_count for rack in racks):
        found.append(
            f"server_count is 0 in every rack ({len(racks)}), so the site has no "
            "servers; set server_count"
        )
    if shared := _shared_limits(facility):
        found.append(
            f"a run as a site does not keep {', '.join(shared)}; `nameplate campus` "
            "holds the limits that halls share"
        )
    return (*found, *limited(_shared_paths(facility), _SHOWN, "racks like these"))


def _shared_limits(facility: Facility) -> list[str]:
    """What only a run as a campus keeps, each with its value."""
    given = facility.campus
    if given is None:
        return []
    limits = (
        ("contract_w", given.contract_w, "W"),
        ("cooling_capacity_w", given.cooling_capacity_w, "W"),
        ("make_up_kg_s", given.make_up_kg_s, "kg/s"),
    )
    return [f"campus.{n} {v:g} {unit}" for n, v, unit in limits if v is not None]


def _shared_paths(facility: Facility) -> list[str]:
    """Racks of several cords that all end on one node of the distribution."""
    order = feeds_first(facility.electrical)
    kind = {node.name: node.kind for node in order}
    depth = {node.name: at for at, node in enumerate(order)}
    needs: dict[str, frozenset[str]] = {}
    for node in order:
        needs[node.name] = _common(needs, node.fed_by) | {node.name}
    found = []
    for rack in facility.racks:
        shared = [n for n in _common(needs, rack.fed_by) if kind[n] in _PATHS]
        if len(rack.fed_by) > 1 and shared:
            lowest = max(shared, key=depth.__getitem__)
            cords = len(rack.fed_by)
            how = "two cords, both" if cords == 2 else f"{cords} cords, all"
            found.append(
                f"{rack.name} has {how} hang on {lowest}: no redundancy; feed one of "
                "them past it"
            )
    return found


def _common(needs: dict[str, frozenset[str]], feeds: tuple[str, ...]) -> frozenset[str]:
    """Nodes without which none of these feeds has power."""
    if not feeds:
        return frozenset()
    return frozenset.intersection(*(needs[feed] for feed in feeds))

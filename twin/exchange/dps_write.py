"""
Write a scenario as files of NVIDIA's power software: topology, policies, devices.

Written in the later spelling (`OperatingLimit`). A limit is the node's rating after
derating. A rack's servers become machines named RACK-nNN. What an earlier import kept
of an entity, its management address for one, is written back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from twin.catalogue import SERVERS
from twin.catalogue.electrical import derate_frac
from twin.exchange.servers import export_model
from twin.scenario.facility import ElectricalNode, Facility, Rack

_TYPES = {"utility": "PowerDomain", "generator": "PowerDomain", "psu": "PowerSupply"}
Document = dict[str, Any]


def write_dps(
    facility: Facility, *, name: str, server: str, extras: Mapping[str, Any]
) -> Document:
    """
    Write a site.

    Args:
        facility: Explicit nodes and racks; a template must be expanded before.
        name: Name of the topology.
        server: Server of racks that name none.
        extras: What an import kept, by entity; may be empty.

    Returns:
        `topology` (entities and tree), `policies`, and `devices`, the specifications
        of the models named; each a file of its own.
    """
    children: dict[str, list[str]] = defaultdict(list)
    for node in facility.electrical:
        for feed in node.fed_by:
            children[feed].append(node.name)
    entities = [_node(node, extras) for node in facility.electrical]
    used: set[str] = set()
    for rack in facility.racks:
        machines = _machines(rack, server, extras)
        if machines:
            used.add(rack.server or server)
        entities += machines
        for feed in rack.fed_by:
            children[feed] += [m["Name"] for m in machines]
    tree = [_place(e["Name"], children, extras) for e in entities]
    kept = list(extras.get("Policies") or ())
    named = {policy.get("Name") for policy in kept}
    ours = [p for p in map(_policy, sorted(used)) if p["Name"] not in named]
    return {
        "topology": {
            "Topology": {"Name": extras.get("Name") or name, "Entities": tree},
            "Entities": entities,
        },
        "policies": {"Policies": kept + ours},
        "devices": _devices(facility, used),
    }


def _node(node: ElectricalNode, extras: Mapping[str, Any]) -> Document:
    kind = _TYPES.get(node.kind, "PowerDistribution")
    entity: Document = {"Type": kind, "Name": node.name}
    if kind != "PowerDomain":
        entity["Model"] = _model(node)
    limit_w = node.rated_w * derate_frac(node.kind, node.derate_frac)
    entity["OperatingLimit"] = {"PowerValue": {"Type": "W", "Value": limit_w}}
    return entity | _kept(node.name, extras)


def _model(node: ElectricalNode) -> str:
    return f"Nameplate_{node.kind}_{node.rated_w:.0f}W"


def _machines(rack: Rack, server: str, extras: Mapping[str, Any]) -> list[Document]:
    model, per = export_model(rack.server or server)
    return [
        {"Type": "ComputerSystem", "Model": model, "Name": name} | _kept(name, extras)
        for name in (
            f"{rack.name}-n{k:02d}" for k in range(1, rack.server_count * per + 1)
        )
    ]


def _kept(name: str, extras: Mapping[str, Any]) -> Document:
    kept = extras.get(name) or {}
    return {key: value for key, value in kept.items() if key != "topology"}


def _place(
    name: str, children: Mapping[str, list[str]], extras: Mapping[str, Any]
) -> Document:
    found: Document = {"Name": name} | ((extras.get(name) or {}).get("topology") or {})
    if children.get(name):
        found["Children"] = children[name]
    return found


def _policy(server: str) -> Document:
    """The catalogue's rating as a policy: the whole node, no part of it."""
    model, per = export_model(server)
    watts = SERVERS[server].rated_w.value / per
    limit = {"ElementType": "Node", "PowerLimit": {"Watts": watts}}
    return {"Name": f"nameplate-{model}", "Limits": [limit]}


def _devices(facility: Facility, used: set[str]) -> list[Document]:
    """Specifications of the models of our own making."""
    found = {
        _model(node): {
            "type": _TYPES.get(node.kind, "PowerDistribution"), "model": _model(node),
            "description": f"{node.kind} rated {node.rated_w:.0f} W",
            "spec": {"maxLoadWatts": node.rated_w},
        }
        for node in facility.electrical
        if _TYPES.get(node.kind) != "PowerDomain"
    }  # fmt: skip
    for server in sorted(used):
        model, per = export_model(server)
        found[model] = {
            "type": "ComputerSystem", "model": model, "description": server,
            "spec": {"maxLoadWatts": SERVERS[server].rated_w.value / per},
        }  # fmt: skip
    return list(found.values())

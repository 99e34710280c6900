"""Small sites of our own as other tools would write them."""

from __future__ import annotations

TRAYS = 18


def gb300_site(*, limit="OperatingLimit", sensor="TelemetryId"):
    """
    144 GB300 trays in 8 racks, in the shape NVIDIA's simulator documents.

    Utility 750 kW, switchboard 1.6 MW, four floor PDUs of 450 kW with racks k and
    k + 4 each, a supply per rack. Names are ours.
    """
    entities, tree = [], []

    def add(kind, name, watts=None, model=None, children=(), **more):
        entity = {"Type": kind, "Name": name} | more
        if model:
            entity["Model"] = model
        if watts:
            entity[limit] = {"PowerValue": {"Value": watts, "Type": "W"}}
        entities.append(entity)
        place = {"Name": name}
        tree.append(place | {"Children": list(children)} if children else place)

    add("PowerDomain", "Utility", 750_000, children=["Switchboard"])
    pdus = [f"FloorPDU-{k}" for k in range(1, 5)]
    add("PowerDistribution", "Switchboard", 1_600_000, "SB", pdus)
    for k, pdu in enumerate(pdus, start=1):
        supplies = [f"RackPSU-{k}", f"RackPSU-{k + 4}"]
        add("PowerDistribution", pdu, 450_000, "FloorPDU", supplies)
    for k in range(1, 9):
        trays = [f"gb300-r{k}-{n:02d}" for n in range(1, TRAYS + 1)]
        add("PowerSupply", f"RackPSU-{k}", None, "PowerSupply95_160000W", trays)
    for k in range(1, 9):
        for n in range(1, TRAYS + 1):
            name = f"gb300-r{k}-{n:02d}"
            bmc = {"URL": f"https://{name}.example.org", "SecretName": name}
            more = {"Redfish": bmc, "Policy": "GB300-High", sensor: f"s-{name}"}
            add("ComputerSystem", name, None, "DGX_GB300", (), **more)
    limits = [{"ElementType": "Node", "PowerLimit": {"Watts": 5600}}]
    return {
        "Entities": entities,
        "Topology": {"Name": "gb300", "Entities": tree},
        "Policies": [{"Name": "GB300-High", "Limits": limits}],
    }


def two_sided(**feeds):
    """A NetBox with one rack, one server of two supplies, and two feeds."""
    base = {
        "power_panel": 1, "status": {"value": "active", "label": "Active"},
        "type": {"value": "primary"}, "phase": {"value": "single-phase"},
        "voltage": 230, "amperage": 32, "max_utilization": 80, "rack": {"id": 1},
    }  # fmt: skip
    server = {"id": 1, "name": "gpu-1"}

    def port(number, feed):
        return {
            "id": number, "name": f"PSU{number}", "device": server,
            "maximum_draw": 6500, "allocated_draw": None,
            "connected_endpoints": [{"id": feed}],
            "connected_endpoints_type": "dcim.powerfeed",
        }  # fmt: skip

    redundant = {"value": "redundant"}
    return {
        "sites": [{"id": 1, "name": "Madrid"}],
        "racks": [{"id": 1, "name": "K1", "site": {"id": 1, "name": "Madrid"}}],
        "power-panels": [
            {"id": 1, "name": "A", "custom_fields": {"rated_w": 5000}},
            {"id": 2, "name": "B"},
        ],
        "power-feeds": [
            base | {"id": 1, "name": "F"} | feeds,
            base | {"id": 2, "name": "F", "power_panel": 2, "type": redundant},
        ],
        "devices": [
            server | {"rack": {"id": 1}, "device_type": {"id": 1, "model": "DGX A100"}}
        ],
        "power-ports": [port(1, 1), port(2, 2)],
    }  # fmt: skip

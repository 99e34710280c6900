"""
Map NetBox (and Nautobot) objects: racks, power panels, feeds, ports, outlets, devices.

A feed is a circuit of volts × amperes, planned with to its `max_utilization`; a device
with outlets is a rack PDU, one without draws power. Volt-amperes count as watts.
Objects come as its REST API lists them, or as rows of its CSV files, in which names
stand for ids.

Source: docs/imports.md, "NetBox".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twin.exchange.checked import MAX_TEXT, RowProblem, number, record, text
from twin.exchange.reading import Reading
from twin.exchange.topology import (
    Device,
    Node,
    Phases,
    Port,
    RackPlace,
    Side,
    Topology,
    circuit_w,
)

TABLES = (
    "sites", "locations", "racks", "power-panels", "power-feeds", "power-ports",
    "power-outlets", "devices", "device-types", "cables",
)  # fmt: skip
MAX_ROWS = 500_000
_UTILIZATION = 80.0
"""NetBox's own default of max_utilization [%], where a row has none."""
_LEGS: dict[str, Phases] = {"a": "a", "b": "b", "c": "c"}
_SIDES: dict[str, Side] = {
    "primary": "A", "redundant": "B", "path_a": "A", "path_b": "B", "path_c": "C",
    "path a": "A", "path b": "B", "path c": "C",
}  # fmt: skip
_ENDS = {
    "powerport": "power-ports", "powerfeed": "power-feeds",
    "poweroutlet": "power-outlets",
}  # fmt: skip
_LIVE = frozenset({"active", "", "connected"})
_BREAKER = ("rated_w", "breaker_rated_w", "main_breaker_w")
Row = Mapping[str, Any]


def read_netbox(tables: Mapping[str, Sequence[Any]]) -> Topology:
    """
    Map NetBox objects to the neutral topology.

    Args:
        tables: Rows by table, named as the API's endpoints; see `TABLES`.
    """
    return _Reader(tables).read()


class _Table:
    """Rows of one table, found by id or by name."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.rows: dict[str, Row] = {}
        self.numbers: dict[str, int] = {}
        self._by_name: dict[str, str] = {}
        for count, row in enumerate(rows, start=1):
            if isinstance(row, Mapping):
                key = str(row.get("id") or row.get("name") or count)[:MAX_TEXT]
                self.rows[key] = row
                self.numbers[key] = count
                for field in ("name", "model", "slug", "display"):
                    if isinstance(row.get(field), str):
                        self._by_name.setdefault(row[field], key)

    def key(self, reference: Any) -> str | None:
        """Key of the row a reference means: an object, an id or a name."""
        if isinstance(reference, Mapping):
            found = self.key(reference.get("id"))
            return found if found is not None else self.key(reference.get("name"))
        if reference in (None, ""):
            return None
        known = str(reference)
        return known if known in self.rows else self._by_name.get(known)


class _Reader(Reading):
    def __init__(self, tables: Mapping[str, Sequence[Any]]) -> None:
        super().__init__()
        self.tables = {name: _Table(tables.get(name) or ()) for name in TABLES}
        for name in tables:
            if name not in TABLES:
                self.keep("", f"{name} is no table of the power path", None)
        self.by_name: dict[str, dict[tuple[str, str], str]] = {}
        self.links = self._connections()
        self.outlets = self._grouped("power-outlets", "device", "devices")
        self.ports = self._grouped("power-ports", "device", "devices")
        self.racked = self._grouped("devices", "rack", "racks")
        self.fed_racks = self._grouped("power-feeds", "rack", "racks")
        self.fed_panels = self._grouped(
            "power-feeds", "destination_panel", "power-panels"
        )
        self.owner = {
            ("poweroutlet", key): device
            for device, keys in self.outlets.items() for key in keys
        }  # fmt: skip

    def read(self) -> Topology:
        self._each("power-panels", "powerpanel", self._panel)
        self._each("power-feeds", "powerfeed", self._feed)
        self._each("devices", "device", self._device)
        self._each("racks", "rack", self._rack)
        return self.topology("netbox", "REST 3.3 and later, or CSV")

    def _each(self, table: str, prefix: str, read: Callable[[str, Row], None]) -> None:
        known = self.tables[table]
        self.each(table, prefix, known.rows, known.numbers, read)

    # --- cables ---------------------------------------------------------------------

    def _grouped(self, table: str, field: str, owners: str) -> dict[str, list[str]]:
        """Keys of a table's rows by the row of another that a field names."""
        found: dict[str, list[str]] = defaultdict(list)
        for key, row in self.tables[table].rows.items():
            owner = self.tables[owners].key(row.get(field))
            if owner is not None:
                found[owner].append(key)
        return found

    def _connections(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """What each end of a cable is connected to."""
        found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for kind, table in _ENDS.items():
            for key, row in self.tables[table].rows.items():
                for end in _endpoints(row):
                    _connect(found, (kind, key), end)
        for row in self.tables["cables"].rows.values():
            for a in self._ends(row, "a"):
                for b in self._ends(row, "b"):
                    _connect(found, a, b)
        return found

    def _ends(self, row: Row, side: str) -> list[tuple[str, str]]:
        """Ends of a cable, from the API's lists or a CSV's columns."""
        listed = row.get(f"{side}_terminations")
        if isinstance(listed, list):
            return [
                (_short(end.get("object_type")), str(end.get("object_id")))
                for end in listed if isinstance(end, Mapping)
            ]  # fmt: skip
        kind = _short(row.get(f"side_{side}_type"))
        name = str(row.get(f"side_{side}_name") or "")
        owner = row.get(f"side_{side}_device") or row.get(f"side_{side}_power_panel")
        if kind not in _ENDS or not name:
            return []
        key = self._named(kind).get((str(owner or ""), name))
        return [] if key is None else [(kind, key)]

    def _named(self, kind: str) -> dict[tuple[str, str], str]:
        """Keys of ports, outlets or feeds by owner's name and own name."""
        if kind not in self.by_name:
            field = "power_panel" if kind == "powerfeed" else "device"
            self.by_name[kind] = {
                (_name_of(row.get(field)), str(row.get("name"))): key
                for key, row in self.tables[_ENDS[kind]].rows.items()
            }
        return self.by_name[kind]

    def _plugged(self, port: str) -> tuple[str, Phases] | None:
        """Source id of what a power port is plugged into, and the outlet's phases."""
        for kind, key in self.links.get(("powerport", port), ()):
            if kind == "powerfeed" and key in self.tables["power-feeds"].rows:
                return f"powerfeed:{key}", "abc"
            if kind == "poweroutlet" and ("poweroutlet", key) in self.owner:
                leg = _choice(self.tables["power-outlets"].rows[key].get("feed_leg"))
                return f"device:{self.owner[kind, key]}", _LEGS.get(leg, "abc")
        return None

    # --- rows -----------------------------------------------------------------------

    def _panel(self, key: str, row: Row) -> None:
        name = text(row, "name")
        source_id = f"powerpanel:{key}"
        custom = row.get("custom_fields")
        fields = {**(custom if isinstance(custom, Mapping) else {}), **row}
        stated = next((f for f in _BREAKER if fields.get(f) not in (None, "")), "")
        rated_w = number(fields, stated, low=1.0, high=1e10, unit="W")
        states = self.limit(source_id, "panel", rated_w, stated)
        side = _SIDES.get(_choice(row.get("power_path")), "")
        self.nodes[source_id] = Node(
            source_id=source_id, name=name, kind="rpp", rated_w=rated_w, side=side,
            feeds=tuple(f"powerfeed:{f}" for f in self.fed_panels.get(key, ())),
            derate_frac=1.0 if rated_w is not None else None,
            states=states | ({"side"} if side else frozenset()),
            note="" if rated_w is not None else "NetBox has no rating for a panel: "
            "give it in the custom field rated_w, or here",
        )  # fmt: skip

    def _feed(self, key: str, row: Row) -> None:
        source_id = f"powerfeed:{key}"
        status = _choice(row.get("status"))
        if status not in _LIVE:
            self.keep(source_id, f"its status is {status}", dict(row))
            return
        panel = self.tables["power-panels"].key(row.get("power_panel"))
        if panel is None:
            raise RowProblem(
                "power_panel", "must be a panel of this import", row.get("power_panel"),
                "import the panels too",
            )  # fmt: skip
        volts = number(row, "voltage", low=-100_000, high=100_000, unit="V")
        amps = number(row, "amperage", low=1e-3, high=100_000, unit="A")
        used = number(
            row, "max_utilization", low=1, high=100, default=_UTILIZATION, unit="%"
        )
        if not volts or amps is None or used is None:
            raise RowProblem(
                "voltage", "and amperage are needed for a rating", None, "give both"
            )
        three = _choice(row.get("phase")).startswith("three")
        rated_w = circuit_w(volts, amps, three_phase=three)
        basis = f"{volts:g} V × {amps:g} A{' × √3' if three else ''} × {used:g} %"
        states = self.limit(source_id, "feed", rated_w, basis)
        type_of = _choice(row.get("power_path")) or _choice(row.get("type"))
        panel_name = text(self.tables["power-panels"].rows[panel], "name", "panel")
        self.nodes[source_id] = Node(
            source_id=source_id, name=f"{panel_name}/{text(row, 'name')}",
            kind="busway", feeds=(f"powerpanel:{panel}",), rated_w=rated_w,
            derate_frac=used / 100.0, side=_SIDES.get(type_of, ""),
            states=states | {"derate_frac", "side"}, note=basis,
        )  # fmt: skip

    def _device(self, key: str, row: Row) -> None:
        source_id = f"device:{key}"
        if not self.ports.get(key) and not self.outlets.get(key):
            self.keep(source_id, "has no power ports", dict(row))
            return
        name = text(row, "name", str(row.get("display") or f"device {key}"))
        ports = tuple(self._port(port, row) for port in self.ports.get(key, ()))
        if self.outlets.get(key):
            self._distributor(source_id, name, row, ports)
            return
        model = _name_of(row.get("device_type"), "model")
        rack = self.tables["racks"].key(row.get("rack"))
        self.devices.append(
            Device(
                source_id=source_id, name=name, model=model, ports=ports,
                rack=f"rack:{rack}" if rack else "",
            )
        )  # fmt: skip

    def _port(self, key: str, device: Row) -> Port:
        row = record(self.tables["power-ports"].rows[key], "power port")
        plug = self._plugged(key)
        draw = self._template_draw(device, str(row.get("name") or ""))
        maximum_w = number(row, "maximum_draw", low=0, high=1e7, unit="W")
        allocated_w = number(row, "allocated_draw", low=0, high=1e7, unit="W")
        return Port(
            feed=plug[0] if plug else "", phases=plug[1] if plug else "abc",
            maximum_w=draw[0] if maximum_w is None else maximum_w,
            allocated_w=draw[1] if allocated_w is None else allocated_w,
        )  # fmt: skip

    def _template_draw(
        self, device: Row, port: str
    ) -> tuple[float | None, float | None]:
        """Draws the device type states, where the device itself does not."""
        key = self.tables["device-types"].key(device.get("device_type"))
        row = self.tables["device-types"].rows.get(key or "", {})
        for template in row.get("power-ports") or ():
            if isinstance(template, Mapping) and template.get("name") == port:
                return (
                    number(template, "maximum_draw", low=0, high=1e7),
                    number(template, "allocated_draw", low=0, high=1e7),
                )
        return None, None

    def _distributor(
        self, source_id: str, name: str, row: Row, ports: tuple[Port, ...]
    ) -> None:
        """A device with outlets: a rack PDU, a UPS or a transfer switch."""
        role = _name_of(row.get("role") or row.get("device_role"))
        label = f"{role} {_name_of(row.get('device_type'), 'model')}"
        feeds = tuple(dict.fromkeys(p.feed for p in ports if p.feed))
        stated = [p.maximum_w for p in ports if p.maximum_w]
        rated_w = sum(stated) if stated and len(stated) == len(ports) else None
        states = self.limit(
            source_id, "device", rated_w, "maximum_draw of its power ports"
        )
        self.nodes[source_id] = Node(
            source_id=source_id, name=name, kind=_distributor_kind(label), feeds=feeds,
            rated_w=rated_w, transfer="first" if len(feeds) > 1 else None,
            states=states,
        )  # fmt: skip

    def _rack(self, key: str, row: Row) -> None:
        name = text(row, "name")
        site = self._name_in("sites", row.get("site"))
        location = self._name_in("locations", row.get("location"))
        hall = site or "H1"
        self.racks.append(
            RackPlace(
                source_id=f"rack:{key}", name=name, hall=hall,
                row=f"{hall} {location}" if location else f"{hall} R1",
                position=len(self.racks) + 1, feeds=tuple(self._rack_feeds(key)),
            )
        )  # fmt: skip

    def _name_in(self, table: str, reference: Any) -> str:
        key = self.tables[table].key(reference)
        row = self.tables[table].rows.get(key or "")
        return _name_of(row if row is not None else reference)

    def _rack_feeds(self, key: str) -> list[str]:
        """What its devices hang on; else its PDUs; else the feeds assigned to it."""
        devices = self.racked.get(key, [])
        plugs = [
            plug[0]
            for device in devices if not self.outlets.get(device)
            for plug in map(self._plugged, self.ports.get(device, ())) if plug
        ]  # fmt: skip
        pdus = [f"device:{d}" for d in devices if self.outlets.get(d)]
        assigned = [f"powerfeed:{f}" for f in self.fed_racks.get(key, ())]
        for feeds in (plugs, pdus, assigned):
            live = [
                f for f in dict.fromkeys(feeds) if f in self.nodes or f in self.held
            ]
            if live:
                return live
        return []


# --- single values ------------------------------------------------------------------


def _endpoints(row: Row) -> list[tuple[str, str]]:
    """Ends that the API gives with a port: lists since 3.3, single ones before."""
    found = []
    for many, one in (
        ("connected_endpoints", "connected_endpoint"), ("link_peers", "cable_peer"),
    ):  # fmt: skip
        kind = _short(row.get(f"{many}_type") or row.get(f"{one}_type"))
        ends = row.get(many) or ([row[one]] if row.get(one) else [])
        if kind and isinstance(ends, list):
            found += [
                (kind, str(end["id"])) for end in ends
                if isinstance(end, Mapping) and "id" in end
            ]  # fmt: skip
    return list(dict.fromkeys(found))


def _connect(
    found: dict[tuple[str, str], list[tuple[str, str]]],
    a: tuple[str, str],
    b: tuple[str, str],
) -> None:
    for one, other in ((a, b), (b, a)):
        if other not in found[one]:
            found[one].append(other)


def _short(kind: Any) -> str:
    """`dcim.powerport` without its application."""
    return str(kind or "").rpartition(".")[2].lower()


def _choice(value: Any) -> str:
    """Value of a choice: the API gives an object, a CSV its value or label."""
    if isinstance(value, Mapping):
        value = value.get("value") or value.get("name")
    return str(value or "").strip().lower()


def _name_of(reference: Any, field: str = "name") -> str:
    if isinstance(reference, Mapping):
        reference = reference.get(field) or reference.get("display") or ""
    return str(reference or "").strip()


def _distributor_kind(label: str) -> str:
    words = set(re.split(r"[^a-z0-9]+", label.lower()))
    if "ups" in words:
        return "ups"
    return "sts" if words & {"sts", "ats"} else "rack-pdu"

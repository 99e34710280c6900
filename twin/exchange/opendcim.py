"""
Map openDCIM's tables: cabinets, power panels, rack PDUs, devices and their cords.

Tables carry openDCIM's own names and columns, one CSV each. A panel's breaker and a
PDU's input are amperes at the panel's voltage between lines; a device's nominal watts
are the whole device's, however many cords it has.

Source: docs/imports.md, "openDCIM".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twin.exchange.checked import MAX_TEXT, RowProblem, number, text
from twin.exchange.reading import NAMED, Reading
from twin.exchange.topology import (
    SQRT3,
    Device,
    Node,
    Port,
    RackPlace,
    Topology,
    circuit_w,
)

TABLES = {
    "fac_datacenter": "DataCenterID", "fac_cabrow": "CabRowID",
    "fac_cabinet": "CabinetID", "fac_powerpanel": "PanelID",
    "fac_powerdistribution": "PDUID", "fac_powerconnection": "",
    "fac_device": "DeviceID", "fac_devicetemplate": "TemplateID",
    "fac_manufacturer": "ManufacturerID",
}  # fmt: skip
_POLES = {1: 1.0 / SQRT3, 2: 1.0, 3: SQRT3}
"""Power ÷ (volts between lines × amperes), by poles of the breaker."""
_UNPOWERED = frozenset({"Patch Panel", "Physical Infrastructure", "CDU"})
Row = Mapping[str, Any]


def read_opendcim(tables: Mapping[str, Sequence[Any]]) -> Topology:
    """
    Map openDCIM's tables to the neutral topology.

    Args:
        tables: Rows by table name, in any case, with or without `fac_`.
    """
    return _Reader(tables).read()


class _Reader(Reading):
    def __init__(self, tables: Mapping[str, Sequence[Any]]) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in TABLES}
        self.numbers: dict[str, dict[str, int]] = {name: {} for name in TABLES}
        for given, rows in tables.items():
            name = given.lower()
            name = name if name.startswith("fac_") else f"fac_{name}"
            if name not in TABLES:
                self.keep("", f"{given} is no table of the power path", None)
                continue
            for count, row in enumerate(rows, start=1):
                said = row.get(TABLES[name]) if TABLES[name] else None
                key = str(said or count)[:MAX_TEXT]
                self.rows[name][key] = row
                self.numbers[name][key] = count
        self.pdus: dict[str, list[str]] = defaultdict(list)
        panels = self.rows["fac_powerpanel"].values()
        self.parents = {_reference(row, "ParentPanelID") for row in panels}
        self.cords: dict[str, list[str]] = defaultdict(list)
        for cord in self.rows["fac_powerconnection"].values():
            pdu = f"pdu:{_reference(cord, 'PDUID')}"
            self.cords[_reference(cord, "DeviceID")].append(pdu)

    def read(self) -> Topology:
        self._each("fac_powerpanel", "panel", self._panel)
        self._each("fac_powerdistribution", "pdu", self._pdu)
        self._each("fac_device", "device", self._device)
        self._each("fac_cabinet", "cabinet", self._cabinet)
        return self.topology("opendcim", "fac_ tables")

    def _each(self, table: str, prefix: str, read: Callable[[str, Row], None]) -> None:
        self.each(table, prefix, self.rows[table], self.numbers[table], read)

    # --- rows -----------------------------------------------------------------------

    def _panel(self, key: str, row: Row) -> None:
        source_id = f"panel:{key}"
        volts = number(row, "PanelVoltage", low=0, high=100_000, default=0.0, unit="V")
        amps = number(
            row, "MainBreakerSize", low=0, high=100_000, default=0.0, unit="A"
        )
        rated_w = circuit_w(volts or 0.0, amps or 0.0, three_phase=True) or None
        basis = f"{volts:g} V × {amps:g} A × √3"
        states = self.limit(source_id, "panel", rated_w, basis)
        parent = _reference(row, "ParentPanelID")
        self.nodes[source_id] = Node(
            source_id=source_id, name=text(row, "PanelLabel"), rated_w=rated_w,
            kind="switchboard" if key in self.parents else "rpp",
            feeds=(f"panel:{parent}",) if parent else (),
            states=states,
        )  # fmt: skip

    def _pdu(self, key: str, row: Row) -> None:
        source_id = f"pdu:{key}"
        panel = _reference(row, "PanelID")
        if panel not in self.rows["fac_powerpanel"]:
            raise RowProblem(
                "PanelID", "must be a panel of fac_PowerPanel", row.get("PanelID"),
                "add that row, or correct the id",
            )  # fmt: skip
        feeds = [f"panel:{panel}"]
        second = _reference(row, "PanelID2")
        safe = str(row.get("FailSafe") or "0").strip() not in {"", "0"}
        if safe and second in self.rows["fac_powerpanel"] and second != panel:
            feeds.append(f"panel:{second}")
        volts = self.rows["fac_powerpanel"][panel]
        volts_v = number(volts, "PanelVoltage", low=0, high=100_000, default=0.0)
        amps = number(row, "InputAmperage", low=0, high=10_000, default=0.0, unit="A")
        poles = int(number(row, "BreakerSize", low=0, high=3, default=3.0) or 3)
        rated_w = (volts_v or 0.0) * (amps or 0.0) * _POLES[poles] or None
        basis = f"{volts_v:g} V × {amps:g} A, {poles} poles"
        states = self.limit(source_id, "breaker", rated_w, basis)
        self.nodes[source_id] = Node(
            source_id=source_id, name=text(row, "Label"), kind="rack-pdu",
            feeds=tuple(feeds), rated_w=rated_w,
            transfer="first" if len(feeds) > 1 else None,
            states=states | {"feed_order"},
        )  # fmt: skip
        self.pdus[_reference(row, "CabinetID")].append(source_id)

    def _device(self, key: str, row: Row) -> None:
        source_id = f"device:{key}"
        kind = text(row, "DeviceType", "Server")
        if kind in _UNPOWERED:
            self.keep(source_id, f"devices of type {kind} draw nothing", dict(row))
            return
        template = self.rows["fac_devicetemplate"].get(
            _reference(row, "TemplateID"), {}
        )
        watts = number(row, "NominalWatts", low=0, high=1e6, default=0.0, unit="W")
        watts = watts or number(template, "Wattage", low=0, high=1e6, unit="W")
        cords = self.cords.get(key, [])
        per_feed = Counter(cords)
        ports = tuple(
            Port(feed=feed, maximum_w=watts / per_feed[feed] if watts else None)
            for feed in cords
        ) or (Port(feed="", maximum_w=watts or None),)
        maker = self.rows["fac_manufacturer"].get(
            _reference(template, "ManufacturerID"), {}
        )
        names = (text(maker, "Name", ""), text(template, "Model", ""))
        self.devices.append(
            Device(
                source_id=source_id, name=text(row, "Label"), ports=ports,
                rack=f"cabinet:{_reference(row, 'Cabinet')}",
                model=" ".join(filter(None, names)),
            )
        )  # fmt: skip

    def _cabinet(self, key: str, row: Row) -> None:
        source_id = f"cabinet:{key}"
        center = self.rows["fac_datacenter"].get(_reference(row, "DataCenterID"), {})
        cab_row = self.rows["fac_cabrow"].get(_reference(row, "CabRowID"), {})
        hall = text(center, "Name", "H1")
        most = number(row, "MaxKW", low=0, high=10_000, default=0.0, unit="kW")
        limit_w = (most or 0.0) * 1000.0 or None
        self.limit(source_id, "cabinet", limit_w, "MaxKW")
        self.racks.append(
            RackPlace(
                source_id=source_id, name=text(row, "Location"), hall=hall,
                row=f"{hall} {text(cab_row, 'Name', 'R1')}", limit_w=limit_w,
                position=len(self.racks) + 1, feeds=tuple(self.pdus.get(key, ())),
                states=NAMED | ({"hall", "row"} if cab_row else frozenset()),
            )
        )  # fmt: skip


def _reference(row: Row, field: str) -> str:
    """An id; openDCIM writes 0 for none."""
    value = str(row.get(field) or "").strip()
    return "" if value in {"", "0"} else value

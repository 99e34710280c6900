"""
Read NVIDIA's power software (DPS): topology and policy files, of several schemas.

The tree of `Topology` says who feeds whom, `Entities` what they are. Both spellings of
the site's limit are read, `Constraints` (0.7 and 0.8) and `OperatingLimit` (0.8's
examples and later), as both of the sensor, `TelemetryID` and `TelemetryId`. A policy's
watts are totals of an element type on a node; they keep that scope.

Source: docs/imports.md, "NVIDIA power software".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from twin.catalogue import SERVERS
from twin.exchange.checked import (
    MAX_TEXT,
    RowProblem,
    number,
    record,
    text,
    without_secrets,
)
from twin.exchange.facility import merged_supplies
from twin.exchange.reading import NAMED, Reading
from twin.exchange.servers import match_model
from twin.exchange.topology import (
    Device,
    Limit,
    Node,
    Port,
    RackPlace,
    Scope,
    Topology,
)

OLD_LIMIT, NEW_LIMIT = "Constraints", "OperatingLimit"
MAX_ENTITIES = 200_000
_TRAY_W = {"DGX_GB200": 5640.0}
"""Most a tray draws [W]: NVIDIA's device specification (docs/imports.md)."""
_TO_W = {"w": 1.0, "kw": 1e3, "mw": 1e6, "va": 1.0, "kva": 1e3, "mva": 1e6}
_SCOPES: dict[str, Scope] = {
    "PowerDomain": "domain", "PowerDistribution": "distribution",
    "PowerSupply": "supply",
}  # fmt: skip
_ELEMENTS: dict[str, Scope] = {
    "Node": "node", "GPU": "node-gpus", "CPU": "node-cpus", "Memory": "node-memory",
}  # fmt: skip
_MAPPED = {"Name", "Type", "Model", OLD_LIMIT, NEW_LIMIT}
_NUMBERED = re.compile(
    r"[-_. ]?(?:n|node|compute|tray|host|server)?[-_]?\d+$", re.IGNORECASE
)
WHOLE_W = 0.5
"""A model's name tells its rating in whole watts."""
_MODEL_W = re.compile(r"_(\d{2,9})W$")
_KINDS = (
    (r"rack.?pdu|rpdu", "rack-pdu"), (r"floor.?pdu|\bpdu", "pdu"),
    (r"switchboard|switchgear|msb|swb", "switchboard"), (r"ups", "ups"),
    (r"transformer|xfmr", "transformer"), (r"busway|busbar|\bbus", "busway"),
    (r"rpp|panel", "rpp"), (r"\bsts|\bats|transferswitch", "sts"),
    (r"shelf|psu", "psu"), (r"pdu", "pdu"),
)  # fmt: skip
_RACK_LEVEL = frozenset({"psu", "rack-pdu"})


def read_dps(documents: Sequence[Mapping[str, Any]]) -> Topology:
    """
    Read one or more DPS documents; entities, tree and policies may be apart.

    Args:
        documents: Parsed JSON, each with any of `Entities`, `Topology`, `Policies`.

    Returns:
        The topology; wrong rows are in `errors`, policies in `limits` and `unmapped`.
    """
    return _Reader(documents).read()


class _Reader(Reading):
    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.documents = documents
        self.extras: dict[str, Any] = {}
        self.skipped: set[str] = set()
        self.entities: dict[str, Mapping[str, Any]] = {}
        self.parents: dict[str, list[str]] = defaultdict(list)
        self.name = ""
        self.spellings: set[str] = set()

    def read(self) -> Topology:
        for document in self.documents:
            self._rows(document, "Entities", self._entity)
            tree = document.get("Topology")
            if isinstance(tree, Mapping):
                self.name = str(tree.get("Name") or self.name)[:200]
                self._rows(tree, "Entities", self._relation, "Topology.Entities")
            self._rows(document, "Policies", self._policy)
            self._others(document)
        self._racks(self._nodes())
        return self.topology(
            "dps", self._version(), extras={"Name": self.name, **self.extras}
        )

    def _version(self) -> str:
        if self.spellings == {OLD_LIMIT}:
            return "Constraints (0.7, 0.8)"
        if self.spellings == {OLD_LIMIT, NEW_LIMIT}:
            return "Constraints and OperatingLimit"
        return "OperatingLimit (0.8 examples and later)"

    def _rows(
        self, document: Mapping[str, Any], key: str, read: Any, table: str = ""
    ) -> None:
        rows = document.get(key)
        if rows is None:
            return
        table = table or key
        if not isinstance(rows, list) or len(rows) > MAX_ENTITIES:
            rule = f"must be a list of at most {MAX_ENTITIES:,}"
            wrong = RowProblem(key, rule, type(rows).__name__, "write a list")
            self.errors.append(wrong.at(table, 0))
            return
        for count, row in enumerate(rows, start=1):
            try:
                read(row)
            except RowProblem as wrong:
                self.errors.append(wrong.at(table, count))
                if isinstance(row, Mapping) and isinstance(row.get("Name"), str):
                    self.held.add(row["Name"].strip())

    def _others(self, document: Mapping[str, Any]) -> None:
        for key in document:
            if key not in {"Entities", "Topology", "Policies"}:
                self.keep("", f"{key} is no part of a topology of ours", document[key])

    # --- rows -----------------------------------------------------------------------

    def _entity(self, row: Any) -> None:
        entity = record(row, "entity")
        name = text(entity, "Name")
        kind = text(entity, "Type")
        if name in self.entities:
            raise RowProblem("Name", "must be unique", name, "rename one of the two")
        if kind not in {*_SCOPES, "ComputerSystem"}:
            self.skipped.add(name)
            self.keep(name, f"entities of type {kind} have no place in ours", row)
            return
        self._site_limit(entity)
        self.entities[name] = entity
        rest = {k: v for k, v in entity.items() if k not in _MAPPED}
        if rest:
            kept = without_secrets(rest)
            self.extras[name] = kept
            reason = f"{', '.join(sorted(rest))}: kept for an export back"
            self.keep(name, reason, rest)

    def _site_limit(self, entity: Mapping[str, Any]) -> float | None:
        """The site's limit of an entity. [W]"""
        spelled = next((s for s in (NEW_LIMIT, OLD_LIMIT) if s in entity), None)
        if "TelemetryID" in entity:
            self.spellings.add(OLD_LIMIT)
        if spelled is None or entity[spelled] is None:
            return None
        self.spellings.add(spelled)
        limit = record(entity[spelled], spelled)
        value = record(limit.get("PowerValue"), f"{spelled}.PowerValue")
        unit = text(value, "Type", "W").lower()
        if unit not in _TO_W:
            raise RowProblem(
                f"{spelled}.PowerValue.Type", "must be W, kW, MW, VA, kVA or MVA", unit,
                "give the limit in W",
            )  # fmt: skip
        found = number(value, "Value", low=1e-3, high=1e10, unit="W")
        factor = number(limit, "PowerFactor", low=0.01, high=1.0, default=1.0)
        if found is None or factor is None:
            return None
        watts = found * _TO_W[unit]
        return watts * factor if unit.endswith("va") else watts

    def _relation(self, row: Any) -> None:
        entry = {"Name": row} if isinstance(row, str) else record(row, "entry")
        name = text(entry, "Name")
        if name not in self.entities and not self._elsewhere(name):
            raise RowProblem(
                "Name", "must be an entity", name, "add it to Entities, or remove it"
            )
        children = entry.get("Children") or []
        if not isinstance(children, list):
            raise RowProblem("Children", "must be a list", children, "write a list")
        for child in children:
            child_name = child if isinstance(child, str) else ""
            if child_name not in self.entities:
                if not self._elsewhere(child_name):
                    raise RowProblem(
                        "Children", "must name entities", child,
                        "add it to Entities, or remove it here",
                    )  # fmt: skip
                continue
            if name not in self.parents[child_name]:
                self.parents[child_name].append(name)
        rest = {k: v for k, v in entry.items() if k not in {"Name", "Children"}}
        if rest:
            self.extras.setdefault(name, {})["topology"] = without_secrets(rest)
            self.keep(
                name, f"{', '.join(sorted(rest))}: of its place in the tree", rest
            )

    def _elsewhere(self, name: str) -> bool:
        """Whether a name is known, though not as a part of the network."""
        return name in self.held or name in self.skipped

    def _policy(self, row: Any) -> None:
        policy = record(row, "policy")
        name = text(policy, "Name")
        rows = policy.get("Limits") or []
        if not isinstance(rows, list):
            raise RowProblem("Limits", "must be a list", rows, "write a list")
        found = [self._policy_limit(name, record(r, "limit")) for r in rows]
        self.limits += found
        self.extras.setdefault("Policies", []).append(without_secrets(dict(policy)))
        reason = "policies of ours belong to rows; kept for an export back"
        self.keep(f"policy:{name}", reason, policy)

    def _policy_limit(self, name: str, row: Mapping[str, Any]) -> Limit:
        element = text(row, "ElementType")
        if element not in _ELEMENTS:
            raise RowProblem(
                "ElementType", f"must be one of {', '.join(_ELEMENTS)}", element,
                "correct it",
            )  # fmt: skip
        power = record(row.get("PowerLimit"), "PowerLimit")
        watts = number(power, "Watts", low=0.0, high=1e8, unit="W")
        percent = number(power, "Percentage", low=0.0, high=100.0)
        if (watts is None) == (percent is None):
            raise RowProblem(
                "PowerLimit", "must have either Watts or Percentage", dict(power),
                "keep one of them",
            )  # fmt: skip
        total = "of the node" if element == "Node" else f"of all {element}s of the node"
        return Limit(
            item=f"policy:{name}", scope=_ELEMENTS[element], value_w=watts,
            percent=percent, basis=f"policy {name}: total {total}",
        )  # fmt: skip

    # --- network --------------------------------------------------------------------

    def _nodes(self) -> dict[str, str]:
        """Every entity of the power path; parallel supplies become one, named here."""
        nodes = [
            self._node(name, entity) for name, entity in self.entities.items()
            if entity["Type"] in _SCOPES
        ]  # fmt: skip
        children: dict[str, set[str]] = defaultdict(set)
        for child, parents in self.parents.items():
            for parent in parents:
                children[parent].add(child)
        groups: dict[frozenset[str], list[Node]] = defaultdict(list)
        for node in nodes:
            if node.kind == "psu":
                groups[frozenset(children[node.source_id])].append(node)
        kept = [node for node in nodes if node.kind != "psu"]
        became = {node.source_id: node.source_id for node in kept}
        for supplies in groups.values():
            merged, into = merged_supplies(supplies)
            kept += merged
            became |= into
        self.nodes = {
            n.source_id: replace(
                n, feeds=tuple(dict.fromkeys(became[f] for f in n.feeds))
            )
            for n in kept
        }
        return became

    def _node(self, name: str, entity: Mapping[str, Any]) -> Node:
        feeds = tuple(p for p in self.parents[name] if self._feeds_power(p))
        kind = _kind_of(name, entity, is_root=not feeds)
        limit_w, basis = self._site_limit(entity), "site's limit"
        model_w = _MODEL_W.search(str(entity.get("Model") or ""))
        if model_w and (limit_w is None or limit_w - float(model_w[1]) > WHOLE_W):
            limit_w, basis = float(model_w[1]), "rating in the model's name"
        self.limit(name, _SCOPES[entity["Type"]], limit_w, basis)
        shared = kind in _RACK_LEVEL
        return Node(
            source_id=name, name=name, kind=kind, feeds=feeds, rated_w=limit_w,
            derate_frac=None if limit_w is None else 1.0,
            transfer=("share" if shared else "first") if len(feeds) > 1 else None,
            states=NAMED | ({"limit_w"} if limit_w is not None else frozenset()),
        )  # fmt: skip

    def _feeds_power(self, name: str) -> bool:
        return (
            self.entities[name]["Type"] in _SCOPES if name in self.entities else False
        )

    def _racks(self, became: Mapping[str, str]) -> None:
        """Machines on the same feeds and of one name make a rack."""
        fed: dict[str, tuple[str, ...]] = {}
        places: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for name, entity in self.entities.items():
            if entity["Type"] == "ComputerSystem":
                known = (became[p] for p in self.parents[name] if p in became)
                fed[name] = tuple(dict.fromkeys(known))
                places[_NUMBERED.sub("", name)].add(fed[name])
        groups: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
        for name, feeds in fed.items():
            prefix = _NUMBERED.sub("", name)
            # a name that stands in several places tells no rack; its feeds do
            groups[feeds, prefix if len(places[prefix]) == 1 else ""].append(name)
        for (feeds, prefix), names in groups.items():
            label = prefix or f"rack {'+'.join(feeds)}"[:MAX_TEXT]
            rack_id = f"rack:{label}"
            row = _row_of(feeds, self.nodes)
            self.racks.append(
                RackPlace(source_id=rack_id, name=label, feeds=feeds, row=row)
            )
            self.devices += [self._device(name, rack_id, feeds) for name in names]

    def _device(self, name: str, rack_id: str, feeds: tuple[str, ...]) -> Device:
        model = str(self.entities[name].get("Model") or "")
        draw_w = _TRAY_W.get(model)
        match = match_model(model, {})
        if draw_w is None and match is not None:
            draw_w = SERVERS[match.server].rated_w.value / match.per
        ports = tuple(Port(feed=feed, maximum_w=draw_w) for feed in feeds)
        return Device(source_id=name, name=name, rack=rack_id, model=model, ports=ports)


def _kind_of(name: str, entity: Mapping[str, Any], *, is_root: bool) -> str:
    """First guess of a node's kind; the planner may change it."""
    if entity["Type"] == "PowerSupply":
        return "psu"
    if entity["Type"] == "PowerDomain":
        generator = re.match(r"gen(set|erator|[-_ \d]|$)", name, re.IGNORECASE)
        own = "generator" if generator else "utility"
        return own if is_root else "switchboard"
    redfish = entity.get("Redfish")
    equipment = redfish.get("EquipmentType") if isinstance(redfish, Mapping) else ""
    for said in (equipment, name, entity.get("Model")):
        plain = str(said or "").lower()
        for pattern, kind in _KINDS:
            if re.search(pattern, plain):
                return kind
    return "pdu"


def _row_of(feeds: tuple[str, ...], nodes: Mapping[str, Node]) -> str:
    """A rack's row, by what feeds its rack-level gear; nothing else says it."""
    key = feeds[0] if feeds else ""
    while key in nodes and nodes[key].kind in _RACK_LEVEL and nodes[key].feeds:
        key = nodes[key].feeds[0]
    return key or "R1"

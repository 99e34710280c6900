"""
Compare what a source wants with a scenario, and apply it: item by item, field by field.

Items are the same where their source ids are, or, at the first import, their names.
Only items that this source brought may be removed, and only fields it states change.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from twin.catalogue.electrical import derate_frac
from twin.exchange.facility import Item, Kind, Wanted
from twin.scenario.facility import ElectricalNode, Rack
from twin.scenario.model import Fleet

ACTIONS = ("added", "changed", "removed", "unchanged", "kept")
_LISTS = {"node": "electrical", "rack": "racks"}
_DEFAULTS: dict[str, dict[str, Any]] = {
    kind: {name: f.default for name, f in model.model_fields.items()}
    for kind, model in (("node", ElectricalNode), ("rack", Rack))
}
_FLEET_SERVER = Fleet.model_fields["server"].default
Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a source's item became: its name in the scenario, and then at the source."""

    kind: Kind
    name: str
    source_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field that changes."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one item."""

    action: str
    kind: str
    name: str
    source_id: str
    fields: tuple[Field, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What an import would do, and the scenario after it."""

    changes: tuple[Change, ...]
    body: Body
    links: dict[str, Link] = field(default_factory=dict)

    def count(self, action: str) -> int:
        """How many items this happens to."""
        return sum(change.action == action for change in self.changes)

    @property
    def empty(self) -> bool:
        """Whether it changes nothing."""
        return all(c.action in {"unchanged", "kept"} for c in self.changes)


def compare(body: Mapping[str, Any], want: Wanted, links: Mapping[str, Link]) -> Diff:
    """
    Compare a scenario with what a source wants.

    Args:
        body: The scenario as a mapping; not changed.
        want: What the source wants.
        links: What this source's items became at earlier imports.

    Returns:
        The changes and the scenario with all of them applied. It may still break a
        rule of scenarios; `parse_scenario` says.
    """
    return _Merge(body, want, links).diff()


class _Merge:
    """A scenario's facility while an import is laid over it."""

    def __init__(
        self, body: Mapping[str, Any], want: Wanted, links: Mapping[str, Link]
    ) -> None:
        self.body = copy.deepcopy(dict(body))
        self.facility: Body = self.body.get("facility") or {}
        fleet = self.body.get("fleet") or {}
        self.fleet_server = fleet.get("server") or _FLEET_SERVER
        self.want = want
        self.before = dict(links)
        self.links: dict[str, Link] = {}
        self.changes: list[Change] = []
        self._drop_template()
        self.things: dict[str, dict[str, Body]] = {
            kind: {str(t["name"]): t for t in self.facility.get(place) or ()}
            for kind, place in _LISTS.items()
        }
        self.taken = set(self.things["node"]) | set(self.things["rack"])
        self.taken |= {item.name for item in want.items}
        self.names: dict[str, str] = {}

    def diff(self) -> Diff:
        items = [i for i in self.want.items if i.kind != "row-limit"]
        claimed = {(link.kind, link.name): key for key, link in self.before.items()}
        for item in items:
            self.names[item.source_id] = self._name(item, claimed)
        self._rename(items)
        for key in self.want.held:
            if key in self.before:
                self.names.setdefault(key, self.before[key].name)
                self.links[key] = self.before[key]
        needed = self._needed(items)
        for item in items:
            if not item.assumed or item.source_id in needed:
                self._lay(item)
        self._row_limits([i for i in self.want.items if i.kind == "row-limit"])
        self._remove()
        for kind, place in _LISTS.items():
            self.facility[place] = list(self.things[kind].values())
        if self.things["node"] or self.things["rack"] or self.facility.get("template"):
            self.body["facility"] = self.facility
        elif self.body.get("facility") is not None:
            self.body["facility"] = None
        return Diff(changes=tuple(self.changes), body=self.body, links=self.links)

    def _drop_template(self) -> None:
        template = self.facility.get("template")
        if template is None or not self.want.items:
            return
        self.facility = {**self.facility, "template": None}
        self.changes.append(
            Change(
                action="removed", kind="template", name="template", source_id="",
                fields=(Field(field="design", old=template.get("design"), new=None),),
                note="nodes of an import and a template exclude each other",
            )
        )  # fmt: skip

    # --- who is who -----------------------------------------------------------------

    def _name(self, item: Item, claimed: Mapping[tuple[Kind, str], str]) -> str:
        """Name an item has, or will have, in the scenario."""
        link = self.before.get(item.source_id)
        here = self.things[item.kind]
        if link is not None and link.name in here and link.source_name == item.name:
            return link.name
        other = self.things["rack" if item.kind == "node" else "node"]
        owner = claimed.get((item.kind, item.name))
        if item.name in other or owner not in (None, item.source_id):
            free = link is not None and link.name == item.name
            return item.name if free else self._free(item.name)
        return item.name

    def _free(self, name: str) -> str:
        number = 2
        while f"{name[:54]} #{number}" in self.taken:
            number += 1
        self.taken.add(f"{name[:54]} #{number}")
        return f"{name[:54]} #{number}"

    def _rename(self, items: list[Item]) -> None:
        """Move things that the source renamed, and all that names them."""
        moved: dict[str, str] = {}
        for item in items:
            link = self.before.get(item.source_id)
            new = self.names[item.source_id]
            if link is None or link.name == new:
                continue
            if link.name in self.things[item.kind]:
                moved[link.name] = new
        if not moved:
            return
        for kind, things in self.things.items():
            for thing in things.values():
                thing["name"] = moved.get(thing["name"], thing["name"])
                fed_by = thing.get("fed_by") or ()
                thing["fed_by"] = [moved.get(f, f) for f in fed_by]
            self.things[kind] = {t["name"]: t for t in things.values()}
        for event in self.facility.get("events") or ():
            event["target"] = moved.get(event.get("target", ""), event.get("target"))

    def _needed(self, items: list[Item]) -> set[str]:
        """Assumed items that are there, or that a new item hangs on."""
        needed = {i.source_id for i in items if self._there(i)}
        for item in items:
            if not self._there(item):
                needed |= set(item.guessed.get("fed_by", ()))
        return needed

    def _there(self, item: Item) -> bool:
        return self.names[item.source_id] in self.things[item.kind]

    # --- item by item ---------------------------------------------------------------

    def _lay(self, item: Item) -> None:
        name = self.names[item.source_id]
        old = self.things[item.kind].get(name)
        link = self.before.get(item.source_id)
        self.links[item.source_id] = Link(
            kind=item.kind, name=name, source_name=item.name
        )
        if old is None:
            self._add(item, name)
            return
        fields = self._stated_changes(item, old)
        if link is not None and link.name != name:
            fields.insert(0, Field(field="name", old=link.name, new=name))
        for change in fields:
            if change.field != "name":
                old[change.field] = change.new
        self._note("changed" if fields else "unchanged", item, name, fields)

    def _add(self, item: Item, name: str) -> None:
        values = {**item.guessed, **item.stated}
        limit_w = values.pop("limit_w", None)
        if limit_w is not None:
            values |= {"rated_w": limit_w, "derate_frac": 1.0}
        values["fed_by"] = self._feeds(values.get("fed_by", ()))
        self.things[item.kind][name] = {"name": name, **values}
        fields = [Field(field=k, old=None, new=v) for k, v in values.items()]
        self._note("added", item, name, fields)

    def _stated_changes(self, item: Item, old: Body) -> list[Field]:
        found: list[Field] = []
        for name, value in item.stated.items():
            if name == "limit_w":
                found += self._limit_change(old, value)
                continue
            before = old.get(name, _DEFAULTS[item.kind].get(name))
            if name == "server":  # a rack that names none has the fleet's
                before = before or self.fleet_server
            after = value
            if name == "fed_by":
                after = self._feeds(value)
                if not item.ordered:  # keep the planner's order of preference
                    kept = [f for f in before or () if f in after]
                    after = kept + [f for f in after if f not in kept]
            if not _same(before, after):
                found.append(Field(field=name, old=before, new=after))
        return found

    def _limit_change(self, old: Body, limit_w: float) -> list[Field]:
        derate = derate_frac(old["kind"], old.get("derate_frac"))
        if math.isclose(old["rated_w"] * derate, limit_w, rel_tol=1e-9):
            return []
        return [Field(field="rated_w", old=old["rated_w"], new=limit_w / derate)]

    def _feeds(self, source_ids: Any) -> list[str]:
        return [self.names[f] for f in source_ids if f in self.names]

    def _note(self, action: str, item: Item, name: str, fields: list[Field]) -> None:
        self.changes.append(
            Change(
                action=action, kind=item.kind, name=name, source_id=item.source_id,
                fields=tuple(fields), note=item.note,
            )
        )  # fmt: skip

    # --- rows, and what is gone -----------------------------------------------------

    def _row_limits(self, items: list[Item]) -> None:
        limits = dict(self.facility.get("row_limits_w") or {})
        for item in items:
            old, new = limits.get(item.name), item.stated["limit_w"]
            same = old is not None and math.isclose(old, new, rel_tol=1e-9)
            fields = [] if same else [Field(field="limit_w", old=old, new=new)]
            if not same:
                limits[item.name] = new
            self.links[item.source_id] = Link(
                kind="row-limit", name=item.name, source_name=item.name
            )
            state = "unchanged" if same else "added" if old is None else "changed"
            self._note(state, item, item.name, fields)
        self.facility["row_limits_w"] = limits

    def _remove(self) -> None:
        gone = {k: ln for k, ln in self.before.items() if k not in self.links}
        for key, link in gone.items():
            if link.kind == "row-limit":
                self.facility["row_limits_w"].pop(link.name, None)
                self._removed(key, link)
            elif link.kind == "rack" and link.name in self.things["rack"]:
                del self.things["rack"][link.name]
                self._removed(key, link)
        rows = {rack.get("row", "R1") for rack in self.things["rack"].values()}
        for row in set(self.facility["row_limits_w"]) - rows:
            del self.facility["row_limits_w"][row]
        self._remove_nodes(gone)

    def _remove_nodes(self, gone: Mapping[str, Link]) -> None:
        """Nodes go from the leaves up; one that still feeds something stays."""
        left = {
            key: link for key, link in gone.items()
            if link.kind == "node" and link.name in self.things["node"]
        }  # fmt: skip
        while True:
            users = self._users()
            free = [key for key, link in left.items() if not users.get(link.name)]
            for key in free:
                self.things["node"].pop(left[key].name)
                self._removed(key, left.pop(key))
            if not free:
                break
        for key, link in left.items():
            self.links[key] = link
            note = f"gone at the source, and still feeds {users[link.name]}"
            self.changes.append(
                Change(
                    action="kept", kind="node", name=link.name, source_id=key,
                    note=note,
                )
            )  # fmt: skip

    def _users(self) -> dict[str, str]:
        return {
            feed: str(thing["name"])
            for things in self.things.values()
            for thing in things.values()
            for feed in thing.get("fed_by") or ()
        }

    def _removed(self, key: str, link: Link) -> None:
        self.changes.append(
            Change(action="removed", kind=link.kind, name=link.name, source_id=key)
        )


def _same(old: Any, new: Any) -> bool:
    """Whether two values are one, whatever they are written as."""
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return list(old) == list(new)
    if isinstance(old, int | float) and isinstance(new, int | float):
        return math.isclose(old, new, rel_tol=1e-9)
    return bool(old == new)

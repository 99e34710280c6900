"""What an import says of itself, as a plain mapping that is stored and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from store.exchange.series_files import SeriesFile
from store.exchange.weather_files import WeatherDiff, WeatherFile
from twin.errors import ScenarioError, ScenarioErrors
from twin.exchange.capacity import Carried, carried
from twin.exchange.diff import ACTIONS, Change, Diff, Field, Link, compare
from twin.exchange.facility import Item, Wanted
from twin.exchange.series import SeriesDiff, stamp
from twin.exchange.topology import Topology
from twin.facility.answer import facility_of
from twin.scenario import Scenario, parse_scenario
from twin.types import Document

LISTS = ("changes", "errors", "unmapped", "limits", "loads")


def topology_document(
    topology: Topology, want: Wanted, diff: Diff, problems: list[ScenarioError]
) -> Document:
    """
    Everything an import of a topology has to say.

    Args:
        topology: What the source said.
        want: What that comes to.
        diff: What would change; unchanged items are counted, not listed.
        problems: Why the scenario would not stand; empty where it would.
    """
    return {
        "version": topology.version,
        "counts": {action: diff.count(action) for action in ACTIONS},
        "changes": [_change(c) for c in diff.changes if c.action != "unchanged"],
        "errors": [asdict(error) for error in topology.errors],
        "unmapped": [asdict(left) for left in want.unmapped],
        "limits": [asdict(limit) for limit in topology.limits],
        "loads": [_load(c, topology) for c in carried(topology)],
        "notes": [*want.notes, *_oversold(topology)],
        "problems": [_problem(error) for error in problems],
        "facts": {},
        "extras": topology.extras,
    }


def series_document(read: SeriesFile, diff: SeriesDiff, name: str) -> Document:
    """Everything an import of prices or carbon intensities has to say."""
    evened, series = read.evened, diff.merged
    notes = [f"{evened.duplicates} rows repeat an instant"] * bool(evened.duplicates)
    notes += [f"{at}: two values, the first is kept" for at in evened.conflicts]
    notes += [f"{evened.series.gaps} steps without a value"] * bool(evened.series.gaps)
    return _whole(name, series.kind, diff) | {
        "errors": [asdict(error) for error in read.errors],
        "unmapped": [
            {"source_id": c, "reason": "a column the series does not use",
             "content": None}
            for c in read.unused
        ],
        "notes": notes,
        "facts": {
            "unit": series.unit, "step_s": series.step_s,
            "start": stamp(series.start_us), "steps": int(series.values.size),
            "gaps": series.gaps, "duplicates": evened.duplicates,
            "first_gaps": list(evened.gaps), "time_zone": read.zone,
            "time_column": read.time_column, "value_column": read.value_column,
        },
    }  # fmt: skip


def weather_document(read: WeatherFile, diff: WeatherDiff, name: str) -> Document:
    """Everything an import of weather has to say."""
    return _whole(name, "weather", diff) | {
        "facts": {**read.place, "hours": read.weather.hours},
        "notes": [f"set facility.weather.dataset to {name} to use it"],
    }


def _whole(name: str, kind: str, diff: SeriesDiff | WeatherDiff) -> Document:
    """A document of a series; its counts are steps."""
    action = "changed" if diff.changed else "added" if diff.added else "unchanged"
    told = {n: getattr(diff, n) for n in ("added", "changed", "unchanged")}
    counts = dict.fromkeys(ACTIONS, 0) | told
    change = Change(
        action=action, kind=kind, name=name, source_id=name,
        fields=tuple(Field(field=at, old=old, new=new) for at, old, new in diff.shown),
        note="{added} steps added, {changed} changed, {unchanged} as before".format(
            **told
        ),
    )  # fmt: skip
    empty: Document = {key: [] for key in LISTS}
    return empty | {
        "version": "", "counts": counts, "problems": [], "extras": {},
        "changes": [] if action == "unchanged" else [_change(change)],
    }  # fmt: skip


def _change(change: Change) -> Document:
    return {
        "action": change.action, "kind": change.kind, "name": change.name,
        "source_id": change.source_id, "note": change.note,
        "fields": [asdict(f) for f in change.fields],
    }  # fmt: skip


def _load(load: Carried, topology: Topology) -> Document:
    names = {node.source_id: node.name for node in topology.nodes}
    return asdict(load) | {
        "name": names[load.source_id], "oversold": load.oversold,
        "bound_by": names.get(load.bound_by, ""),
    }  # fmt: skip


def _oversold(topology: Topology) -> list[str]:
    """Breakers that their own outlets can overload, and chains that are too weak."""
    names = {node.source_id: node.name for node in topology.nodes}
    found = []
    for load in carried(topology):
        name = names[load.source_id]
        if load.oversold:
            found.append(
                f"{name}: its outlets are rated {load.outlets_w:.0f} W together, it "
                f"carries {load.limit_w:.0f} W"
            )
        if load.chain_w is not None and load.failover_w > load.chain_w:
            bound = names.get(load.bound_by, "")
            found.append(
                f"{name}: would carry {load.failover_w:.0f} W alone, its path allows "
                f"{load.chain_w:.0f} W ({bound})"
            )
    return found[:100]


def _problem(error: ScenarioError) -> Document:
    return {
        "field": error.field, "rule": error.rule, "value": str(error.value)[:200],
        "repair": error.repair,
    }  # fmt: skip


def standing(body: Mapping[str, Any]) -> Scenario:
    """
    Build the scenario an import leads to, events and all.

    Raises:
        ScenarioError: If it breaks a rule.
        ScenarioErrors: If it breaks several.
    """
    scenario = parse_scenario(body)
    if scenario.facility is not None:
        facility_of(scenario)
    return scenario


def compared(body: Mapping[str, Any], want: Wanted, links: Mapping[str, Link]) -> Diff:
    """
    Compare a stored scenario with what a source wants.

    A template whose nodes the source names is compared node by node, and stays a
    template where nothing differs; any other is replaced by what is imported.
    """
    template = (body.get("facility") or {}).get("template")
    if template is None:
        return compare(body, want, links)
    facility = facility_of(parse_scenario(body))
    names = {n.name for n in facility.electrical} | {r.name for r in facility.racks}
    if not any(i.name in names and not i.assumed for i in want.items):
        return compare(body, want, links)
    explicit = {**body, "facility": facility.model_dump(mode="json")}
    diff = compare(explicit, want, links)
    if diff.empty:
        return replace(diff, body=dict(body))
    gone = Change(
        action="removed", kind="template", name="template", source_id="",
        note="replaced by its own nodes and racks, which the import changes",
    )  # fmt: skip
    return replace(diff, changes=(gone, *diff.changes))


def flat(error: ScenarioError | ScenarioErrors) -> list[ScenarioError]:
    """Errors of either form as a list."""
    return list(error.errors) if isinstance(error, ScenarioErrors) else [error]


def limits_by_item(document: Mapping[str, Any]) -> dict[str, list[Document]]:
    """Limits with their scopes, by the item they limit."""
    found: dict[str, list[Document]] = {}
    for limit in document["limits"]:
        found.setdefault(limit["item"], []).append(limit)
    return found


def wanted_document(want: Wanted) -> Document:
    """What is to be applied, to store until it is."""
    return {"items": [asdict(i) for i in want.items], "held": sorted(want.held)}


def wanted_of(document: Mapping[str, Any]) -> Wanted:
    """What `wanted_document` wrote."""
    return Wanted(
        items=tuple(Item(**item) for item in document["items"]), unmapped=(), notes=(),
        held=frozenset(document["held"]),
    )  # fmt: skip

"""
The one-line diagram: who feeds whom, sources on top, rows below.

Here only places and words; `assets/oneline.js` draws them as SVG, so that colours
follow the theme and a failure's frames change classes, not the drawing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app import format as say

Json = dict[str, Any]
BOX_W, BOX_H, GAP_X, GAP_Y = 112.0, 46.0, 14.0, 44.0
_IN_RACK = ("rack-pdu", "psu")
"""Kinds of node that a row's mark stands for."""
MOST_NODES = 160
SIDES = "ABCR"
_SIDE_PLACE = {"A": -0.3, "B": 0.3, "C": 0.0, "R": 0.45}
"""Where a side stands over what it feeds, in widths of that."""


def utilisation(node: Json) -> float | None:
    """Load after the worst loss ÷ limit; None where there is no limit."""
    limit = node["limit_w"]
    if not limit:
        return None
    return float(max(node["peak_w"], node["failover_w"] or 0.0) / limit)


def halls_of(run: Json) -> list[str]:
    """Names of the halls."""
    return list(dict.fromkeys(rack["hall"] for rack in run["racks"]))


def diagram(run: Json, *, hall: str = "", unit: str = "kW") -> Json:
    """
    Lay out a site, or one hall of it.

    Args:
        run: A run of a site, as `POST /site/run` answers.
        hall: The hall; all of them where empty.
        unit: Unit of power in words.

    Returns:
        `width`, `height` [px], `nodes` with `name, kind, side, x, y, frac, peak_frac,
        title` and `wires` with `from, to, side, path`; empty with `note` where it is
        too large to be drawn.
    """
    nodes = _nodes(run, hall)
    if len(nodes) > MOST_NODES:
        return {
            "width": 0, "height": 0, "nodes": [], "wires": [],
            "note": f"{len(nodes)} nodes do not fit one diagram; choose a hall",
        }  # fmt: skip
    depth = _depths(nodes)
    x = _columns(nodes, depth)
    y = {name: d * (BOX_H + GAP_Y) for name, d in depth.items()}
    drawn = [_box(n, x[n["name"]], y[n["name"]], unit) for n in nodes]
    return {
        "width": max(n["x"] for n in drawn) + BOX_W,
        "height": max(y.values()) + BOX_H,
        "nodes": drawn, "wires": _wires(nodes, x, y), "note": "",
        "box": [BOX_W, BOX_H],
    }  # fmt: skip


def _nodes(run: Json, hall: str) -> list[Json]:
    """Power nodes that a hall hangs on, and one mark for all racks of a row."""
    racks = [r for r in run["racks"] if not hall or r["hall"] == hall]
    rows = list(dict.fromkeys(r["row"] for r in racks))
    by_name = {n["name"]: n for n in run["nodes"]}
    wanted = _above([f for r in racks for f in r["fed_by"]], by_name)
    halls = {r["hall"] for r in racks}
    wanted |= {f"COOL-{h}" for h in halls} & set(by_name)
    found = [
        n for n in run["nodes"] if n["name"] in wanted and n["kind"] not in _IN_RACK
    ]
    return found + [_row(run, name, racks) for name in rows]


def _above(names: Iterable[str], by_name: dict[str, Json]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += by_name[name]["fed_by"]
    return found


def _row(run: Json, name: str, racks: list[Json]) -> Json:
    row = next(r for r in run["rows"] if r["name"] == name)
    own = [r for r in racks if r["row"] == name]
    servers = sum(r["server_count"] for r in own)
    by_name = {n["name"]: n for n in run["nodes"]}
    feeds = dict.fromkeys(f for n in row["nodes"] for f in _outside(n, by_name))
    return {
        "name": name, "kind": "row", "side": "", "fed_by": list(feeds),
        "limit_w": row["limit_w"], "peak_w": row["peak_w"], "failover_w": 0.0,
        "racks": [r["name"] for r in own], "servers": servers,
    }  # fmt: skip


def _outside(name: str, by_name: dict[str, Json]) -> list[str]:
    """Return the node, or the nearest above it that stands outside a rack."""
    if by_name[name]["kind"] not in _IN_RACK:
        return [name]
    return [f for feed in by_name[name]["fed_by"] for f in _outside(feed, by_name)]


def _depths(nodes: list[Json]) -> dict[str, int]:
    """Level of each node; a source stands just above what it feeds."""
    by_name = {n["name"]: n for n in nodes}
    depth: dict[str, int] = {}

    def of(name: str) -> int:
        if name not in depth:
            feeds = [f for f in by_name[name]["fed_by"] if f in by_name]
            depth[name] = 1 + max((of(f) for f in feeds), default=-1)
        return depth[name]

    for node in nodes:
        of(node["name"])
    for node in nodes:
        below = [depth[n["name"]] for n in nodes if node["name"] in n["fed_by"]]
        if not node["fed_by"] and below:
            depth[node["name"]] = min(below) - 1
    last = max(depth.values())
    depth |= {n["name"]: last for n in nodes if n["kind"] == "row"}
    return depth


def _columns(nodes: list[Json], depth: dict[str, int]) -> dict[str, float]:
    """Left edges: rows side by side, the rest over what it feeds, sides apart."""
    fed: dict[str, list[str]] = {}
    for node in nodes:
        for feed in node["fed_by"]:
            fed.setdefault(feed, []).append(node["name"])
    slot = BOX_W + GAP_X
    most = max((len(n["fed_by"]) for n in nodes if n["kind"] == "row"), default=1)
    rows = [n["name"] for n in nodes if n["kind"] == "row"]
    x = {name: k * slot * most for k, name in enumerate(rows)}
    for level in range(max(depth.values()), -1, -1):
        here = [n for n in nodes if depth[n["name"]] == level and n["kind"] != "row"]
        wish = {n["name"]: _wish(n, fed.get(n["name"], []), x, slot) for n in here}
        for node in here:  # a hall's cooling stands in the middle of its feeds' level
            if node["kind"] == "cooling":
                wish[node["name"]] = sum(wish.values()) / max(1, len(here))
        x |= _apart(wish, slot)
    least = min(x.values())
    return {name: value - least for name, value in x.items()}


def _wish(node: Json, below: list[str], x: dict[str, float], slot: float) -> float:
    """Where a node would stand: over the middle of what it feeds, off to its side."""
    places = [x[name] for name in below if name in x]
    if not places:
        return 0.0
    middle = (min(places) + max(places)) / 2
    width = max(max(places) - min(places), slot)
    return middle + _SIDE_PLACE.get(node["side"], 0.0) * width * 1.2


def _apart(wish: dict[str, float], slot: float) -> dict[str, float]:
    """Push boxes of one level apart; blocks keep their middle."""
    order = sorted(wish, key=lambda name: wish[name])
    blocks: list[list[Any]] = []  # [sum of (wish - place in block), names]
    for name in order:
        blocks.append([[name], wish[name]])
        while len(blocks) > 1:
            (left, at), (right, start) = blocks[-2], blocks[-1]
            if at + len(left) * slot <= start:
                break
            total = len(left) + len(right)
            merged = (at * len(left) + (start - len(left) * slot) * len(right)) / total
            blocks[-2:] = [[left + right, merged]]
    return {
        name: start + k * slot
        for names, start in blocks
        for k, name in enumerate(names)
    }


def _box(node: Json, x: float, y: float, unit: str) -> Json:
    frac = utilisation(node)
    limit_w = node["limit_w"]
    return {
        "name": node["name"], "kind": node["kind"], "side": node["side"],
        "x": round(x, 1), "y": round(y, 1), "limit_w": limit_w,
        "frac": None if frac is None else round(frac, 4),
        "peak_frac": round(node["peak_w"] / limit_w, 4) if limit_w else None,
        "peak": say.power(node["peak_w"], unit), "racks": node.get("racks", []),
        "title": _title(node, frac, unit),
    }  # fmt: skip


def _title(node: Json, frac: float | None, unit: str) -> str:
    peak = say.power(node["peak_w"], unit)
    if node["kind"] == "row":
        return (
            f"{node['name']}: {node['servers']} servers, peak {peak} of "
            f"{say.power(node['limit_w'], unit)}"
        )
    if frac is None:
        return f"{node['name']}, {say.kind_title(node['kind'])}: peak {peak}, no limit"
    cause = node["failover_cause"]
    after = (
        f"; {say.power(node['failover_w'], unit)} when {cause} is lost" if cause else ""
    )
    return (
        f"{node['name']}, {say.kind_title(node['kind'])}: peak {peak} of "
        f"{say.power(node['limit_w'], unit)}{after}"
    )


def _wires(nodes: list[Json], x: dict[str, float], y: dict[str, float]) -> list[Json]:
    """One wire per feed, down, across, down; entries side by side at the box."""
    side_of = {n["name"]: n["side"] for n in nodes}
    wires = []
    for node in nodes:
        feeds = sorted((f for f in node["fed_by"] if f in x), key=lambda f: x[f])
        for k, feed in enumerate(feeds):
            enter = x[node["name"]] + BOX_W * (k + 1) / (len(feeds) + 1)
            leave = x[feed] + BOX_W / 2
            top, bottom = y[feed] + BOX_H, y[node["name"]]
            lane = {"A": 0.36, "B": 0.64, "C": 0.5, "R": 0.8}
            turn = bottom - GAP_Y + GAP_Y * lane.get(side_of[feed], 0.5)
            wires.append({
                "from": feed, "to": node["name"],
                "side": side_of[feed] or node["side"],
                "path": f"M{leave:.1f} {top:.1f}V{turn:.1f}H{enter:.1f}V{bottom:.1f}",
                "breaker": [round(enter, 1), round(bottom - 7.0, 1)],
            })  # fmt: skip
    return wires

"""What the Data page looks at: its place in the URL, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from app.pages.view import KnobView
from store.exchange.sources import TOPOLOGIES

Json = dict[str, Any]

PERIODS = (("1h", "1 h"), ("1d", "1 d"), ("1w", "1 w"), ("1mo", "1 mo"))
PERIOD_S = {"1h": 3_600, "1d": 86_400, "1w": 7 * 86_400, "1mo": 30 * 86_400}
PER_PAGE = 25
KINDS = (
    *((kind, source.title) for kind, source in TOPOLOGIES.items()),
    ("epw", "Weather (EPW)"), ("tmy3", "Weather (TMY3)"),
    ("weather-csv", "Weather (CSV)"), ("price", "Price series"),
    ("carbon", "Carbon series"), ("readings", "Readings of a host (CSV, Parquet)"),
)  # fmt: skip
CHOICES = {
    "period": "1d", "theme": "auto", "search": "", "page": "1", "import": "",
    "kind": "netbox",
}  # fmt: skip
_ONE_OF = {
    "period": tuple(PERIOD_S), "kind": tuple(key for key, _ in KINDS),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class View(KnobView):
    """Choices of the page by name."""

    CHOICES: ClassVar[dict[str, str]] = CHOICES
    ONE_OF: ClassVar[dict[str, tuple[str, ...]]] = _ONE_OF

    @property
    def page(self) -> int:
        """Page of the sources, from 1."""
        text = self["page"]
        return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1

    @property
    def period_s(self) -> int:
        """Period that gaps are looked for in. [s]"""
        return PERIOD_S[self["period"]]


view_from = View.read


def found_sources(sources: list[Json], search: str) -> list[Json]:
    """Sources with a text in their name, kind, node or model."""
    wanted = search.strip().lower()
    return [
        s for s in sources
        if wanted in " ".join([s["name"], s["kind"], s["node"], *s["models"]]).lower()
    ]  # fmt: skip


def placement_rows(sources: list[Json], nodes: dict[str, str]) -> list[Json]:
    """A row for every source, and for every name placed that never reported."""
    known = {s["name"] for s in sources}
    rows = [
        {"name": s["name"], "kind": s["kind"], "models": ", ".join(s["models"]),
         "node": nodes.get(s["name"], "")}
        for s in sources
    ]  # fmt: skip
    rows += [
        {"name": name, "kind": "never reported", "models": "", "node": node}
        for name, node in sorted(nodes.items())
        if name not in known
    ]
    return rows


def matched(rows: list[Json], nodes: Iterable[str]) -> tuple[list[Json], int]:
    """
    Place what has no place on the node of its own name.

    Args:
        rows: Rows of the placement.
        nodes: Names of the scenario's nodes and racks.

    Returns:
        The rows, and how many were placed. Case and a domain do not count; a name
        that two nodes have is left alone.
    """
    by_name: dict[str, list[str]] = {}
    for node in nodes:
        by_name.setdefault(_short(node), []).append(node)
    count, out = 0, []
    for row in rows:
        same = by_name.get(_short(row["name"]), [])
        if not row["node"] and len(same) == 1:
            count += 1
            out.append(row | {"node": same[0]})
        else:
            out.append(row)
    return out, count


def _short(name: str) -> str:
    return name.partition(".")[0].lower()


def node_names(network: Json) -> list[str]:
    """Where a source can stand: racks first, since most sources are hosts."""
    return [n["name"] for n in (*network["racks"], *network["electrical"])]

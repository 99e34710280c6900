"""
Regular sites from their counts: names, ratings and wiring of five designs.

Ratings grow from the rows upward: a row's limit, times its rows, plus cooling, plus a
margin. Where a side may have to carry everything alone, it is rated for everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from twin.errors import wanted
from twin.scenario.base import Model
from twin.scenario.facility import (
    ElectricalNode,
    Facility,
    Rack,
    SiteTemplate,
    Store,
    check_events,
)
from twin.types import Cancel

COOLING_FRAC = 0.35
"""Power set aside for cooling ÷ the rows' limits. Assumed; a hot day's plant."""
LOSS_FRAC = 0.08
"""Power set aside for losses between the switchboard and the rows. Assumed."""
UPS_MODULES_NEEDED = 3
"""Parallel modules of an n+1 UPS; one more is installed. Assumed."""
CATCHER_PRIMARIES = 3
"""Primary UPS per reserve UPS in a block redundant site. Assumed."""
SERVERS_PER_AISLE_SIDE = 2
"""Two rows face one cold aisle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A template with its row limit and the names it needs."""

    template: SiteTemplate
    row_limit_w: float
    rows: tuple[tuple[str, str, int], ...]  # hall, row, number in the hall

    @property
    def halls(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(hall for hall, _, _ in self.rows))

    def rows_of(self, hall: str) -> list[str]:
        return [row for h, row, _ in self.rows if h == hall]

    def rated_w(self, rows: float, *, cooling: bool = False) -> float:
        """Rating of a node that carries this many rows at their limits."""
        t = self.template
        load_w = rows * self.row_limit_w * (1.0 + LOSS_FRAC)
        if cooling:
            load_w += rows * self.row_limit_w * COOLING_FRAC
        return round(load_w * (1.0 + t.margin_frac))


def expand(
    facility: Facility, row_limit_w: float, cancelled: Cancel | None = None
) -> Facility:
    """
    Turn a template into explicit nodes and racks; an explicit facility stays.

    Args:
        facility: The facility.
        row_limit_w: Limit of a row where the template gives none. [W]
        cancelled: Asked between racks: a campus has tens of thousands.

    Returns:
        A facility with `electrical`, `racks` and the limits of its rows, which were
        planned without added servers; names depend on the counts alone.

    Raises:
        Cancelled: If asked to stop.
        ValueError: If an event names what does not exist.
    """
    template = facility.template
    if template is not None:
        plan = _Plan(
            template=template,
            row_limit_w=template.row_limit_w or row_limit_w,
            rows=tuple(
                (f"H{h}", f"H{h}R{r}", r)
                for h in range(1, template.halls + 1)
                for r in range(1, template.rows_per_hall + 1)
            ),
        )
        nodes, racks = _DESIGNS[template.design](plan), _racks(plan, cancelled)
        if template.rack_pdus:
            nodes, racks = _with_rack_pdus(plan, nodes, racks, cancelled)
        _share_names_given(nodes)
        _share_names_given(racks)
        facility = facility.model_copy(
            update={
                "template": None, "design": template.design,
                "electrical": tuple(nodes), "racks": tuple(racks),
                "row_limits_w": {
                    row: float(plan.row_limit_w) for _, row, _ in plan.rows
                },
            }
        )  # fmt: skip
    check_events(facility)
    return facility


def _share_names_given(models: Iterable[Model]) -> None:
    """Keep the names of the fields given once: 700 B of each, of tens of thousands."""
    known: dict[frozenset[str], set[str]] = {}
    for model in models:
        given = model.model_fields_set
        shared = known.setdefault(frozenset(given), given)
        object.__setattr__(model, "__pydantic_fields_set__", shared)


def row_nodes(facility: Facility) -> dict[str, tuple[str, ...]]:
    """Nodes that feed each row's racks: their sum is the row's load."""
    found: dict[str, dict[str, None]] = {}
    for rack in facility.racks:
        found.setdefault(rack.row, {}).update(dict.fromkeys(rack.fed_by))
    return {row: tuple(names) for row, names in found.items()}


# --- racks ------------------------------------------------------------------------


def _racks(plan: _Plan, cancelled: Cancel | None) -> list[Rack]:
    t = plan.template
    racks = []
    for number, (hall, row, place) in enumerate(wanted(plan.rows, cancelled)):
        aisle = f"{hall}A{(place + 1) // SERVERS_PER_AISLE_SIDE}"
        for k in range(t.racks_per_row):
            added = _spread(t.added_servers_per_row, t.racks_per_row, k)
            racks.append(
                Rack(
                    name=f"{row}K{k + 1:02d}", hall=hall, row=row, aisle=aisle,
                    position=k + 1, fed_by=_feeds_of_row(t, row, number),
                    server_count=t.servers_per_rack + added, low_priority_frac=None,
                )
            )  # fmt: skip
    return racks


def _with_rack_pdus(
    plan: _Plan,
    nodes: list[ElectricalNode],
    racks: list[Rack],
    cancelled: Cancel | None,
) -> tuple[list[ElectricalNode], list[Rack]]:
    """Put a PDU into each rack for each of its feeds, to carry the rack alone."""
    t = plan.template
    side_of = {n.name: n.side for n in nodes}
    planned_w = plan.row_limit_w / (t.racks_per_row * t.servers_per_rack)
    found, moved = list(nodes), []
    _share_names_given(racks)
    for rack in wanted(racks, cancelled):
        names = []
        for feed in rack.fed_by:
            side = side_of[feed]
            name = f"RPDU-{rack.name}-{side}" if side else f"RPDU-{rack.name}"
            names.append(name)
            found.append(
                ElectricalNode(
                    name=name, kind="rack-pdu", fed_by=(feed,), side=side,
                    rated_w=round(rack.server_count * planned_w / 0.8), derate_frac=0.8,
                )
            )  # fmt: skip
        moved.append(rack.model_copy(update={"fed_by": tuple(names)}))
    return found, moved


def _spread(total: int, places: int, k: int) -> int:
    """Share of place k when a total is spread evenly."""
    return (k + 1) * total // places - k * total // places


def _feeds_of_row(t: SiteTemplate, row: str, number: int) -> tuple[str, ...]:
    if t.design in ("n", "n+1"):
        return (f"ROW-{row}",)
    if t.design == "3n2":
        first, second = _PAIRS[number % 3]
        return (f"ROW-{row}-{first}", f"ROW-{row}-{second}")
    return (f"ROW-{row}-A", f"ROW-{row}-B")


_PAIRS = (("A", "B"), ("B", "C"), ("C", "A"))


# --- designs ----------------------------------------------------------------------


def _head(plan: _Plan) -> list[ElectricalNode]:
    """One utility for the site; generators stand with the switchboards."""
    rows = len(plan.rows)
    return [
        ElectricalNode(
            name="UTIL", kind="utility", rated_w=2 * plan.rated_w(rows, cooling=True)
        )
    ]


def _supply(plan: _Plan, name: str, rows: float, side: str) -> list[ElectricalNode]:
    """Transformer, generator and switchboard of one side."""
    rated = plan.rated_w(rows, cooling=True)
    return [
        ElectricalNode(
            name=f"MV-{name}", kind="transformer", fed_by=("UTIL",), rated_w=rated,
            side=side,
        ),
        ElectricalNode(name=f"GEN-{name}", kind="generator", rated_w=rated, side=side),
        ElectricalNode(
            name=f"SWB-{name}", kind="switchboard",
            fed_by=(f"MV-{name}", f"GEN-{name}"), transfer="first", rated_w=rated,
            side=side,
        ),
    ]  # fmt: skip


def _ups(
    plan: _Plan, name: str, feed: str, rows: float, side: str, *, spare: bool = False
) -> ElectricalNode:
    t = plan.template
    needed = UPS_MODULES_NEEDED if spare else 1
    return ElectricalNode(
        name=f"UPS-{name}", kind="ups", fed_by=(feed,), rated_w=plan.rated_w(rows),
        ups_mode=t.ups_mode, store=Store(runtime_s=t.battery_s), side=side,
        module_count=needed + spare, modules_needed=needed,
    )  # fmt: skip


def _pdu(
    plan: _Plan, name: str, feeds: tuple[str, ...], rows: float, side: str
) -> list[ElectricalNode]:
    """A PDU, behind a static switch where it has two feeds."""
    rated = plan.rated_w(rows)
    nodes = []
    if len(feeds) > 1:
        nodes.append(
            ElectricalNode(
                name=f"STS-{name}", kind="sts", fed_by=feeds, transfer="first",
                rated_w=rated, side=side,
            )
        )  # fmt: skip
        feeds = (f"STS-{name}",)
    nodes.append(
        ElectricalNode(
            name=f"PDU-{name}", kind="pdu", fed_by=feeds, rated_w=rated, side=side
        )
    )
    return nodes


def _busway(plan: _Plan, row: str, feed: str, side: str) -> ElectricalNode:
    """A row's busway carries the whole row; its breaker is planned with to 80 %."""
    return ElectricalNode(
        name=f"ROW-{row}-{side}" if side else f"ROW-{row}", kind="busway",
        fed_by=(feed,), rated_w=round(plan.row_limit_w / 0.8), derate_frac=0.8,
        side=side,
    )  # fmt: skip


def _single(plan: _Plan, *, spare: bool) -> list[ElectricalNode]:
    nodes = _head(plan)
    for hall in plan.halls:
        rows = plan.rows_of(hall)
        nodes += _supply(plan, hall, len(rows), "")
        nodes.append(_ups(plan, hall, f"SWB-{hall}", len(rows), "", spare=spare))
        nodes += _pdu(plan, hall, (f"UPS-{hall}",), len(rows), "")
        nodes += [_busway(plan, row, f"PDU-{hall}", "") for row in rows]
    return nodes


def _two_n(plan: _Plan) -> list[ElectricalNode]:
    nodes = _head(plan)
    for hall in plan.halls:
        rows = plan.rows_of(hall)
        for side in "AB":
            name = f"{hall}-{side}"
            nodes += _supply(plan, name, len(rows), side)
            nodes.append(_ups(plan, name, f"SWB-{name}", len(rows), side))
            nodes += _pdu(plan, name, (f"UPS-{name}",), len(rows), side)
            nodes += [_busway(plan, row, f"PDU-{name}", side) for row in rows]
    return nodes


def _three_n_two(plan: _Plan) -> list[ElectricalNode]:
    """Three chains for the whole site; a third of the rows hangs on each pair."""
    nodes = _head(plan)
    pair_of = {row: _PAIRS[k % 3] for k, (_, row, _) in enumerate(plan.rows)}
    for side in "ABC":
        rows = [row for row, pair in pair_of.items() if side in pair]
        if not rows:
            continue
        # after the loss of another chain: its own pairs' rows, all of each
        nodes += _supply(plan, side, len(rows), side)
        nodes.append(_ups(plan, side, f"SWB-{side}", len(rows), side))
        nodes += _pdu(plan, side, (f"UPS-{side}",), len(rows), side)
        nodes += [_busway(plan, row, f"PDU-{side}", side) for row in rows]
    return nodes


def _catcher(plan: _Plan) -> list[ElectricalNode]:
    """
    Primary UPS and one in reserve; every PDU stands behind a static switch.

    A rack's two cords hang on PDUs of different primaries where there are two.
    """
    rows = [row for _, row, _ in plan.rows]
    count = min(CATCHER_PRIMARIES, max(1, len(rows)))
    groups = [rows[k::count] for k in range(count)]
    # half of its own rows and half of its neighbour's; all of its own and that half
    # when the other cord's PDU is lost
    most = max(len(group) for group in groups) * (1.5 if count > 1 else 1.0)
    nodes = _head(plan)
    nodes += _supply(plan, "R", most, "R")
    nodes.append(_ups(plan, "R", "SWB-R", most, "R"))
    for k in range(count):
        name = f"P{k + 1}"
        nodes += _supply(plan, name, most, "A")
        nodes.append(_ups(plan, name, f"SWB-{name}", most, "A"))
    for k, group in enumerate(groups):
        for side, primary in (("A", k), ("B", (k + 1) % count)):
            name = f"G{k + 1}-{side}"
            feeds = (f"UPS-P{primary + 1}", "UPS-R")
            nodes += _pdu(plan, name, feeds, len(group), side)
            nodes += [_busway(plan, row, f"PDU-{name}", side) for row in group]
    return nodes


_DESIGNS: dict[str, Callable[[_Plan], list[ElectricalNode]]] = {
    "n": lambda plan: _single(plan, spare=False),
    "n+1": lambda plan: _single(plan, spare=True),
    "2n": _two_n,
    "3n2": _three_n_two,
    "catcher": _catcher,
}

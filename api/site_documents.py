"""Results of a site, and of a campus of many halls, as JSON documents."""

from __future__ import annotations

import math

import numpy as np

from api.documents import figures, plain
from twin.campus.answer import CampusAnswer
from twin.campus.limits import binding, shared_limits
from twin.campus.result import NodeArrays
from twin.facility.answer import facility_of, warnings_of
from twin.facility.cascade import Stage
from twin.facility.fit import Fit
from twin.facility.heat import plant_of
from twin.facility.result import SiteResult
from twin.facility.screening import Case, Screening, Story, losses_of_one, race_words
from twin.facility.timeline import plant_parts
from twin.power.network import Network
from twin.scenario.model import Scenario
from twin.scenario.ready_events import ready_events
from twin.scenario.row_limits import row_limits_w
from twin.types import Document

_NODE_EXTRA = (
    "headroom_w", "stranded_w", "oversubscription_ratio", "imbalance_frac",
)  # fmt: skip


def site_document(
    result: SiteResult, provenance: Document, *, series: bool = True
) -> Document:
    """
    Write a run of a site.

    Args:
        result: The run.
        provenance: Hash of the inputs, model version, seed, time of computing.
        series: Whether the curves of nodes are wanted; the site's own always are.

    Returns:
        Field names of `SiteResult` and of what it holds, with derived figures.
    """
    document: Document = plain(result)
    for node, entry in zip(result.nodes, document["nodes"], strict=True):
        entry |= figures(node, *_NODE_EXTRA)
        if not series:
            entry["mean_series_w"] = entry["max_series_w"] = None
    for row, entry in zip(result.rows, document["rows"], strict=True):
        entry["peak_frac"] = plain(row.peak_frac)
    return document | {
        "pue": plain(result.pue),
        "lost_server_s": result.lost_server_s,
        "hottest_c": plain(result.hottest_c),
        "losses": loss_links(result),
        "provenance": {**provenance, "seed": result.seed},
    }


def loss_links(result: SiteResult) -> list[Document]:
    """
    Energy that flowed between kinds of nodes, for a loss diagram.

    Each kind's inflow equals its outflow, losses and net charging. Inside a server
    the split rests on its measured line and an assumed supply.
    """
    links: dict[tuple[str, str], float] = {}

    def add(source: str, target: str, wh: float) -> None:
        if wh > 0:
            links[source, target] = links.get((source, target), 0.0) + wh

    kinds = {node.name: node.kind for node in result.nodes}
    for node in result.nodes:
        add(node.kind, f"loss in {node.kind}", node.loss_wh)
        for feed, wh in zip(node.fed_by, node.feed_wh, strict=True):
            add(kinds[feed], node.kind, wh)
    for rack in result.racks:
        for feed, wh in zip(rack.fed_by, rack.feed_wh, strict=True):
            add(kinds[feed], "servers", wh)
        drawn_wh = math.fsum(rack.feed_wh)
        add("servers", "GPUs", rack.gpu_wh)
        add("servers", "loss in supplies", rack.supply_loss_wh)
        add(
            "servers",
            "fans, CPUs, boards",
            drawn_wh - rack.gpu_wh - rack.supply_loss_wh,
        )
    return [
        {"from": source, "to": target, "wh": wh}
        for (source, target), wh in links.items()
    ]


MATRIX_NODES = 160
"""A matrix of more nodes than this is not read by anybody."""


def screening_document(
    screening: Screening, network: Network, stage: Stage, provenance: Document
) -> Document:
    """Write a screening with the matrix of single failures."""
    return {
        "matrix": matrix_document(network, stage),
        "cases": [case_document(case) for case in screening.cases],
        "single": screening.single,
        "pairs": screening.pairs,
        "planned_out": list(screening.planned_out),
        "worst_t_s": screening.worst_t_s,
        "server_count": screening.server_count,
        "provenance": provenance,
    }


def matrix_document(network: Network, stage: Stage) -> Document | None:
    """
    Write every node's load ÷ limit under every single failure.

    Returns:
        `nodes` and `failed` by name, and `frac` by row of `failed`; a dead node is
        null. None for a site too large to be read as a matrix.
    """
    limited = [i for i in range(network.rack_first) if stage.limit_w[i] < math.inf]
    if len(limited) > MATRIX_NODES:
        return None
    names = [network.nodes[i].name for i in limited]
    limit_w = stage.limit_w[limited]
    rows = {
        lost: np.where(alive[limited], out_w[limited] / limit_w, np.nan)
        for lost, out_w, alive in losses_of_one(network, stage)
    }
    return {
        "nodes": names, "failed": names, "frac": plain([rows[i] for i in limited])
    }  # fmt: skip


def fit_document(found: Fit, provenance: Document) -> Document:
    """Write where servers fit, each row with what binds in words."""
    rows = [plain(row) | {"words": row.words} for row in found.rows]
    return {**plain(found), "rows": rows, "provenance": provenance}


def filled(scenario: Scenario, found: Fit) -> Document:
    """Write the facility with what was placed, even over the racks of each row."""
    facility = facility_of(scenario)
    more = {row.row: row.placed_servers for row in found.rows}
    racks = []
    for name, count in more.items():
        own = [rack for rack in facility.racks if rack.row == name]
        each, rest = divmod(count, len(own))
        racks += [
            rack.model_copy(
                update={"server_count": rack.server_count + each + (k < rest)}
            )
            for k, rack in enumerate(own)
        ]
    order = {rack.name: k for k, rack in enumerate(facility.racks)}
    racks.sort(key=lambda rack: order[rack.name])
    limits_w = row_limits_w(scenario, facility.racks)  # of what the rows were built for
    update = {"racks": tuple(racks), "row_limits_w": limits_w}
    return dict(plain(facility.model_copy(update=update)))


def case_document(case: Case) -> Document:
    """Write one failure with what it says in words."""
    return {**plain(case), "binding": case.binding, "race": race_words(case)}


def story_document(story: Story, names: list[str], racks_from: int) -> Document:
    """
    Write one failure step by step.

    Args:
        story: The failure.
        names: Names of all nodes, racks last.
        racks_from: Index of the first rack; a frame lists racks only where dead.

    Returns:
        `case`, `before_w` and `frames`; a frame has `t_s`, `label`, `out_w` by node
        (null is dead), `heat` by node and `dead_racks`.
    """
    labels = [("0", " and ".join(story.case.failed) + " lost")]
    labels += [(str(step.t_s), step.words) for step in story.steps]
    nodes = names[:racks_from]
    frames = []
    for (t_s, label), out_w, heat in zip(labels, story.out_w, story.heat, strict=True):
        dead = [n for n, w in zip(names, out_w, strict=True) if w != w]  # NaN
        frames.append(
            {
                "t_s": float(t_s),
                "label": label,
                "out_w": dict(zip(nodes, plain(out_w[:racks_from]), strict=True)),
                "heat": dict(zip(nodes, plain(heat[:racks_from]), strict=True)),
                "dead_racks": [name for name in dead if name not in set(nodes)],
            }
        )
    return {
        "case": case_document(story.case),
        "before_w": dict(zip(nodes, plain(story.before_w[:racks_from]), strict=True)),
        "frames": frames,
        "race": plain(story.race),
    }


def network_document(scenario: Scenario) -> Document:
    """Write an explicit facility, its ready failures, and suspect units."""
    facility = facility_of(scenario)
    parts = plant_parts(plant_of(scenario, 1e6))
    return {
        **plain(facility),
        "warnings": list(warnings_of(scenario)),
        "ready": [plain(ready) for ready in ready_events(facility, parts=parts)],
    }


# --- campuses -------------------------------------------------------------------------

_CURVES_OF_HALLS = ("hall_mean", "hall_most", "share_w", "heat_w")
_CURVES_OF_NODES = ("recorded", "mean_w", "max_w")


def campus_document(
    answer: CampusAnswer, provenance: Document, *, series: bool, nodes: bool
) -> Document:
    """
    Write a run of a campus.

    Args:
        answer: The run.
        provenance: Hash of the inputs, model version, seed, time of computing.
        series: Whether the curves of halls are wanted; the campus's own always are.
        nodes: Whether every node and rack is wanted, one list per figure.

    Returns:
        Field names of `CampusResult`, with derived figures.
    """
    result, facility = answer.result, answer.scenario.facility
    limits = shared_limits(result, None if facility is None else facility.campus)
    document = result.document()
    if not series:
        document["series"] |= dict.fromkeys(_CURVES_OF_HALLS)
    return document | {
        "limits": plain(limits),
        "binding": binding(result, limits),
        "nodes": _nodes(result.nodes) if nodes else None,
        "racks": plain(result.racks) if nodes else None,
        "effort": plain(answer.effort) | {"repeated_frac": answer.effort.repeated_frac},
        "provenance": {**provenance, "seed": result.seed},
    }


def _nodes(nodes: NodeArrays) -> Document:
    """Figures of every node; loads over time of thousands would be megabytes."""
    names = (n for n in nodes.__dataclass_fields__ if n not in _CURVES_OF_NODES)
    return figures(nodes, *names)

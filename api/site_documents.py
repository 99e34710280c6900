"""Results of a site as JSON documents."""

from __future__ import annotations

from api.documents import Document, plain
from twin.cooling.year import YearResult
from twin.facility.result import SiteResult
from twin.facility.screening import Case, Screening, Story, race_words
from twin.scenario.facility import Facility, unit_warnings

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
        entry |= {name: plain(getattr(node, name)) for name in _NODE_EXTRA}
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

    Each kind's inflow equals its outflow, losses and net charging.
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
    return [
        {"from": source, "to": target, "wh": wh}
        for (source, target), wh in links.items()
    ]


def screening_document(screening: Screening, provenance: Document) -> Document:
    """Write a screening; the loads per node stay out."""
    document: Document = {
        "cases": [case_document(case) for case in screening.cases],
        "single": screening.single,
        "pairs": screening.pairs,
        "worst_t_s": screening.worst_t_s,
        "server_count": screening.server_count,
        "provenance": provenance,
    }
    return document


def case_document(case: Case) -> Document:
    """Write one failure with what it says in words."""
    document: Document = plain(case)
    return document | {"binding": case.binding, "race": race_words(case)}


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
    labels += [
        (str(step.t_s), f"{step.node} trips at {100 * step.ratio:.0f} %")
        if step.node
        else (str(step.t_s), "the cap lands")
        for step in story.steps
    ]
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


def network_document(facility: Facility) -> Document:
    """Write an explicit facility with what looks wrong about its units."""
    document: Document = plain(facility)
    return document | {"warnings": list(unit_warnings(facility))}


def cooling_document(found: YearResult) -> Document:
    """Write a year of cooling; hours as arrays of 8,760."""
    document: Document = plain(found)
    return document

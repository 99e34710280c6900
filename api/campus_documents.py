"""Results of a campus as JSON documents."""

from __future__ import annotations

from api.documents import plain
from twin.campus.answer import CampusAnswer
from twin.campus.limits import binding, shared_limits
from twin.campus.result import NodeArrays
from twin.types import Document

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
    document: Document = plain({
        name: getattr(nodes, name) for name in nodes.__dataclass_fields__
        if name not in _CURVES_OF_NODES
    })  # fmt: skip
    return document

"""Where a comparison is not like for like, and what would make it so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from api.version import MODEL_VERSION
from twin.compare import Differing
from twin.types import Document

if TYPE_CHECKING:
    from api.compare_documents import Loaded


def warnings_of(items: Sequence[Loaded], inputs: Sequence[Differing]) -> list[Document]:
    """
    Say what sets the items apart besides what is being asked about.

    Args:
        items: What is compared.
        inputs: Inputs that differ between them.

    Returns:
        `kind`, `text`, `values` as texts, one an item, and `repair`.
    """
    found = [
        _kinds(items), _versions(items), _lengths(items), _starts(inputs),
        _seeds(items, inputs), _traffic(inputs), _repetitions(items), _nothing(inputs),
    ]  # fmt: skip
    return [one for one in found if one is not None]


def _warning(kind: str, text: str, values: Sequence[Any], repair: str) -> Document:
    shown = ["–" if v is None else str(v) for v in values]
    return {"kind": kind, "text": text, "values": shown, "repair": repair}


def _kinds(items: Sequence[Loaded]) -> Document | None:
    kinds = [one.kind for one in items]
    if len(set(kinds)) == 1:
        return None
    return _warning(
        "kind", "Rows, sites and study points answer different questions; only figures "
        "that both have are compared, the others say who lacks them",
        kinds, "compare like with like; add a facility to a row's scenario, or run the "
        "inputs of a point",
    )  # fmt: skip


def _versions(items: Sequence[Loaded]) -> Document | None:
    versions = [str(one.provenance.get("model_version")) for one in items]
    if set(versions) == {MODEL_VERSION}:
        return None
    return _warning(
        "model-version", "Not every item was computed by the present model version "
        f"{MODEL_VERSION}; part of a difference may be the model's",
        versions, "run the older ones again",
    )  # fmt: skip


def _lengths(items: Sequence[Loaded]) -> Document | None:
    if not of_unequal_length(items):
        return None
    known = [one.told.horizon_s for one in items]
    return _warning(
        "horizon", "They cover different lengths of time; energies and counts grow "
        "with it and come behind the others, and peaks find more chances",
        [f"{v / 86_400:g} d" if v else None for v in known],
        "set the same horizon.days and run again",
    )  # fmt: skip


def of_unequal_length(items: Sequence[Loaded]) -> bool:
    """Whether items cover different lengths of time, as far as these are known."""
    return len({one.told.horizon_s for one in items if one.told.horizon_s}) > 1


def _starts(inputs: Sequence[Differing]) -> Document | None:
    one = next((i for i in inputs if i.field == "horizon.start"), None)
    if one is None:
        return None
    return _warning(
        "start", "They start at different instants; curves are laid over each other "
        "from their starts, so hours and weekdays may not match",
        one.values, "set the same horizon.start and run again",
    )  # fmt: skip


def _seeds(items: Sequence[Loaded], inputs: Sequence[Differing]) -> Document | None:
    seeds = [one.provenance.get("seed") for one in items]
    if len(set(seeds)) == 1:
        return None
    if {one.field for one in inputs} == {"seed"}:
        return _warning(
            "seed", "Only their seed differs: every difference is chance in the "
            "traffic, also where it is called better or worse",
            seeds, "compare items that differ in more than their seed",
        )  # fmt: skip
    return _warning(
        "seed", "Their traffic was drawn with different seeds; a difference below "
        "about two usual ones may be chance",
        seeds, "set the same seed and run again",
    )  # fmt: skip


def _traffic(inputs: Sequence[Differing]) -> Document | None:
    fields = [one for one in inputs if one.field.startswith("workload")]
    if not fields:
        return None
    names = ", ".join(one.field for one in fields[:3])
    more = f" and {len(fields) - 3} more" if len(fields) > 3 else ""
    return _warning(
        "traffic", f"Their traffic differs ({names}{more}); what users see then "
        "differs for that reason too",
        fields[0].values,
        "set the same workload, unless the traffic is the question",
    )  # fmt: skip


def _repetitions(items: Sequence[Loaded]) -> Document | None:
    counts = [one.told.repetitions for one in items]
    if len(set(counts)) == 1:
        return None
    return _warning(
        "repetitions", "Some are means over several seeds, others a single run",
        [f"{n} run{'s' if n > 1 else ''}" for n in counts],
        "compare plans with plans, or set plan.seeds: 1",
    )  # fmt: skip


def _nothing(inputs: Sequence[Differing]) -> Document | None:
    if inputs:
        return None
    return _warning(
        "same-inputs", "They rest on the same inputs; what differs is the model's "
        "version or nothing", [], "choose runs of different scenarios",
    )  # fmt: skip

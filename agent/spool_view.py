"""Looks into a spool without holding it: for `nameplate-agent spool` and for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.chunk import unpack
from agent.segment import CHUNK, SPLIT, Record, scan
from agent.spool_state import Batch, Freeze, State, part_of


def records(folder: Path) -> Iterator[Record]:
    """Every whole record, in order."""
    for path in sorted(folder.glob("*.seg")):
        yield from scan(path.read_bytes()).records


def batches(folder: Path) -> Iterator[Batch]:
    """
    Every batch that was ever frozen and whose readings are still there.

    With the setting `keep_sent` these are all: what the server must have, once. A batch
    that was split is there as its halves.
    """
    chunks = [r for r in records(folder) if r.kind == CHUNK]
    for freeze in frozen(folder):
        mine = [r for r in chunks if _overlap(r, freeze)]
        parts = [part_of(r, unpack(r.payload), freeze.first, freeze.last) for r in mine]
        yield Batch(freeze, tuple(parts))


def _overlap(record: Record, freeze: Freeze) -> bool:
    return record.slot < freeze.last and record.slot + record.count > freeze.first


def frozen(folder: Path) -> list[Freeze]:
    """What each sequence number means, those that were split left out."""
    found: dict[tuple[str, int], Freeze] = {}
    for record in records(folder):
        if record.kind == CHUNK:
            continue
        step = State(spool="")
        step.apply(record)
        if record.kind == SPLIT:
            whole = json.loads(record.payload)
            found.pop((whole["spool"], whole["sequence"]), None)
        for freeze in step.inflight:
            found[freeze.spool, freeze.sequence] = freeze
    return list(found.values())


def summary(folder: Path) -> dict[str, Any]:
    """Numbers about a spool, whoever holds it."""
    state, readings = State(spool=""), 0
    unsent = 0
    oldest_us: int | None = None
    for record in records(folder):
        state.apply(record)
    settled = min((f.first for f in state.inflight), default=state.frozen_to)
    for record in records(folder):
        if record.kind == CHUNK:
            readings += record.count - 1
            if record.slot + record.count > settled:
                unsent += record.count - 1
                oldest_us = oldest_us or record.wall_us
    return {
        "folder": str(folder),
        "spool": state.spool,
        "segments": len(list(folder.glob("*.seg"))),
        "bytes": sum(path.stat().st_size for path in folder.glob("*.seg")),
        "readings": readings,
        "unsent_readings": unsent,
        "oldest_unsent_us": oldest_us,
        "next_sequence": state.next_sequence,
        "batches_under_way": len(state.inflight),
        "dropped_readings": state.dropped_readings,
        "refused_batches": len(list((folder / "refused").glob("*.json.gz"))),
    }

"""Parallel coordinates: every point a line across axes and outputs, to be brushed."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.figures.study import short, thinned
from app.study_seen import Seen

Json = dict[str, Any]
STEPS = 7
"""Colours of the lines."""
MOST_UPRIGHTS = 10
_TICKS = 5
_MOST_WORDS = 12


def lines_frame(seen: Seen, output: str, *, point: int | None = None) -> Json:
    """
    Lay points out as lines across uprights.

    Args:
        seen: The study.
        output: Output that colours the lines; it stands last.
        point: Place of the point in the drawer, always drawn.

    Returns:
        `{uprights, index, at, step, note}`: uprights with name, ends and ticks in their
        core unit, and per line its point, its place on every upright (0..1, null
        without a value) and its colour.
    """
    keys = uprights_of(seen, output)
    if not seen.answered:
        return {"uprights": [], "index": [], "at": [], "step": [], "note": ""}
    front = np.isin(seen.index, list(seen.analysis.get("pareto") or ()))
    must = front | (seen.index == seen.analysis.get("best")) | (seen.index == point)
    chosen = thinned(len(seen.index), must, 1500)
    uprights = [_upright(seen, key) for key in keys]
    at = np.column_stack([
        _part(seen.values(key)[chosen], one) for key, one in zip(keys, uprights,
                                                                 strict=True)
    ])  # fmt: skip
    coloured = at[:, keys.index(output)]
    step = np.where(np.isfinite(coloured), np.minimum(coloured * STEPS, STEPS - 1), -1)
    total = len(seen.index)
    return {
        "uprights": uprights, "index": seen.index[chosen].tolist(),
        "at": [[None if v != v else round(v, 4) for v in row] for row in at.tolist()],
        "step": step.astype(int).tolist(),
        "note": f"{len(chosen):,} of {total:,} lines drawn" if len(chosen) < total
        else f"{total:,} points",
    }  # fmt: skip


def uprights_of(seen: Seen, output: str) -> list[str]:
    """Axes, the ones that matter first where there are many; outputs, `output` last."""
    ranked = [r["field"] for r in seen.effects(output) or seen.bars(output)]
    room = max(2, MOST_UPRIGHTS - min(4, len(seen.outputs)))
    kept = set((ranked or seen.fields)[:room]) if len(seen.fields) > room else None
    fields = [f for f in seen.fields if kept is None or f in kept]
    others = [k for k in seen.outputs if k != output]
    room = max(0, MOST_UPRIGHTS - len(fields) - 1)
    return [*fields, *others[:room], output]


def _upright(seen: Seen, key: str) -> Json:
    scale, values = seen.scale(key), seen.values(key)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0, 1)
    names = None if seen.numeric(key) else list(dict.fromkeys(seen.words(key)))
    if high <= low:
        low, high = low - 0.5, high + 0.5
    if names is not None:
        every = -(-len(names) // _MOST_WORDS)
        ticks = [[k, short(n, 14)] for k, n in enumerate(names) if k % every == 0]
    else:
        ticks = [[v, scale.number(v)] for v in np.linspace(low, high, _TICKS).tolist()]
    return {
        "key": key, "name": short(seen.label(key), 24), "unit": scale.unit,
        "names": names, "low": low, "high": high, "ticks": ticks,
        "output": key not in seen.fields,
        "limits": [
            one["limit"] for one in seen.limits
            if one["output"] == key and low <= one["limit"] <= high
        ],
    }  # fmt: skip


def _part(values: Any, upright: Json) -> Any:
    return (values - upright["low"]) / (upright["high"] - upright["low"])

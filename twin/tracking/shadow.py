"""
The twin beside the site: measured against predicted at every node.

Residuals are measured minus predicted: positive where the site draws more.
`docs/models/tracking.md`, section Shadow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.errors import ScenarioError
from twin.tracking.drift import Baseline, Drift, find_drift
from twin.types import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeShadow:
    """
    One node's comparison; NaN where nothing can be compared.

    Args:
        name: The node.
        compared: Readings with both, measured and predicted.
        missing: Readings without one of them.
        measured_w: Mean measured. [W]
        predicted_w: Mean predicted at the same times. [W]
        bias_w: Mean of measured minus predicted. [W]
        rms_w: Root mean square of it. [W]
        mape_frac: Mean of its absolute value ÷ measured. [1]
        p95_off_frac: Predicted 95th percentile ÷ measured, minus 1. [1]
        drift: What changed for good, if anything.
    """

    name: str
    compared: int
    missing: int
    measured_w: float
    predicted_w: float
    bias_w: float
    rms_w: float
    mape_frac: float
    p95_off_frac: float
    drift: Drift | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """
    All nodes.

    Args:
        nodes: In the order given.
        origins: Nodes that drift while none below them does: where to look, those with
            the largest change ÷ sigma first.
        unwatched: Nodes without a baseline: drift is not looked for.
    """

    nodes: tuple[NodeShadow, ...]
    origins: tuple[str, ...]
    unwatched: tuple[str, ...]


def compare(
    t_s: FloatArray,
    measured_w: FloatArray,
    predicted_w: FloatArray,
    *,
    names: Sequence[str],
    baselines: Mapping[str, Baseline] | None = None,
    fed_by: Mapping[str, Sequence[str]] | None = None,
) -> Shadow:
    """
    Compare measured with predicted at every node.

    Args:
        t_s: Times, rising. [s], shape (times,)
        measured_w: [W], NaN is missing, shape (nodes, times)
        predicted_w: [W], NaN is missing, same shape
        names: Of the nodes.
        baselines: How residuals behave while all is well, by name.
        fed_by: What feeds each node, by name: a drift is told where it begins.

    Returns:
        The comparison.

    Raises:
        ScenarioError: If shapes differ.
    """
    wanted = (len(names), t_s.size)
    for field, values in (("measured_w", measured_w), ("predicted_w", predicted_w)):
        if values.shape != wanted:
            raise ScenarioError(field, f"must have shape {wanted}, nodes by times",
                                f"{values.shape}",
                                "give one row for each name")  # fmt: skip
    known = baselines or {}
    nodes = tuple(
        _node(name, t_s, measured_w[k], predicted_w[k], known.get(name))
        for k, name in enumerate(names)
    )
    return Shadow(
        nodes=nodes, origins=_origins(nodes, fed_by or {}),
        unwatched=tuple(name for name in names if name not in known),
    )  # fmt: skip


# --- parts ----------------------------------------------------------------------------


def _node(
    name: str, t_s: FloatArray, measured_w: FloatArray, predicted_w: FloatArray,
    usual: Baseline | None,
) -> NodeShadow:  # fmt: skip
    good = np.isfinite(measured_w) & np.isfinite(predicted_w)
    missing = int(good.size - good.sum())
    if not good.any():
        nan = float("nan")
        return NodeShadow(
            name=name, compared=0, missing=missing, measured_w=nan, predicted_w=nan,
            bias_w=nan, rms_w=nan, mape_frac=nan, p95_off_frac=nan, drift=None,
        )  # fmt: skip
    there, said = measured_w[good], predicted_w[good]
    residual = there - said
    positive = there > 0.0
    p95 = float(np.percentile(there, 95.0))
    return NodeShadow(
        name=name, compared=int(good.sum()), missing=missing,
        measured_w=float(there.mean()), predicted_w=float(said.mean()),
        bias_w=float(residual.mean()), rms_w=float(np.sqrt(np.mean(residual**2))),
        mape_frac=float(np.mean(np.abs(residual[positive]) / there[positive]))
        if positive.any() else float("nan"),
        p95_off_frac=float(np.percentile(said, 95.0)) / p95 - 1.0
        if p95 else float("nan"),
        drift=None if usual is None else find_drift(t_s[good], residual, usual),
    )  # fmt: skip


def _origins(
    nodes: Sequence[NodeShadow], fed_by: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Drifting nodes of which no drifting node hangs below."""
    drifting = {n.name: abs(n.drift.sigmas) for n in nodes if n.drift is not None}
    above: set[str] = set()
    for name in drifting:
        waiting = list(fed_by.get(name, ()))
        seen = {name}
        while waiting:
            feed = waiting.pop()
            if feed not in seen:
                seen.add(feed)
                above.add(feed)
                waiting += fed_by.get(feed, ())
    here = [name for name in drifting if name not in above]
    return tuple(sorted(here, key=lambda name: -drifting[name]))

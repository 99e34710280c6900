"""
Rules that need finer samples than a long run has, judged on excerpts of it.

The run's own samples say where power changes most; there it is run again, finer. The
worst excerpt counts, and the verdict says that it rests on excerpts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from twin.stabilize.at_connection import Contract
from twin.stabilize.rules import (
    Rule,
    Unjudged,
    Verdict,
    judge,
    needed_horizon_s,
    needed_sample_s,
)
from twin.training.waveform import Waveform

MOST = 3
"""Excerpts of each rule: where power changes most."""
MARGIN = 1.5
"""Length of an excerpt ÷ the shortest that its rule takes."""
FINEST_S = 1e-3

Finer = Callable[[float, float, float], Waveform]
"""Begin, length and sample of an excerpt to its waveform. [s], [s], [s]"""


def judge_excerpts(
    wave: Waveform, rule: Rule, contract: Contract, finer: Finer
) -> Verdict | Unjudged:
    """
    Judge a rule on the excerpts in which a run changes most.

    Args:
        wave: The whole run, too coarse for the rule.
        rule: The rule.
        contract: What is known of the point of connection.
        finer: Runs an excerpt again.

    Returns:
        The worst excerpt's verdict, or why there is none.
    """
    length_s = MARGIN * needed_horizon_s(rule)
    if length_s > wave.horizon_s:
        return Unjudged(
            rule=rule, why=f"{rule.key} needs {length_s:g} s at "
            f"{needed_sample_s(rule):.3g} s or finer; lengthen the horizon",
        )  # fmt: skip
    sample_s = max(FINEST_S, 0.98 * needed_sample_s(rule))
    found = []
    for begin_s in liveliest_s(wave, length_s):
        piece = finer(begin_s, length_s, sample_s)
        try:
            verdict = judge(piece, rule, contract)
        except ValueError as error:
            return Unjudged(rule=rule, why=str(error))
        found.append(replace(verdict, at_s=verdict.at_s + begin_s))
    worst = min(found, key=lambda v: v.margin_frac)
    note = (
        f"on {len(found)} excerpts of {length_s:g} s where power changes most, not on "
        "the whole run"
    )
    return replace(worst, note="; ".join(filter(None, (worst.note, note))))


def liveliest_s(wave: Waveform, length_s: float) -> list[float]:
    """
    Find where a run changes most.

    Args:
        wave: The run.
        length_s: Length of an excerpt. [s], at most the run's

    Returns:
        Begins of at most three stretches that do not overlap, the liveliest first. [s]
    """
    count = min(wave.power_w.size, max(1, round(length_s / wave.sample_s)))
    pieces = wave.power_w.size // count
    power_w = wave.power_w[: pieces * count].reshape(pieces, count)
    # half a stretch on: a change at a border is in the middle of one of the two
    half = count // 2
    shifted_w = wave.power_w[half : half + (pieces - 1) * count].reshape(-1, count)
    swings = np.concatenate([np.ptp(power_w, axis=1), np.ptp(shifted_w, axis=1)])
    starts = np.concatenate(
        [np.arange(pieces) * count, half + np.arange(pieces - 1) * count]
    )
    chosen: list[int] = []
    for k in np.argsort(-swings, kind="stable"):
        start = int(starts[k])
        if all(abs(start - other) >= count for other in chosen):
            chosen.append(start)
        if len(chosen) == MOST:
            break
    return [start * wave.sample_s for start in chosen]

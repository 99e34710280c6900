"""
Recorded power of training nodes: one trace each, on its own clock, and their sum.

A trace is refused where its time does not rise, where a reading is no power, and where
it has a gap, unless the caller says that gaps may be. Power is at the meter's place,
most often the server's inlet. `docs/models/learned_training.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from twin.errors import ScenarioError
from twin.types import BoolArray, FloatArray, IntArray

GAP_INTERVALS = 5.0
"""A pause between readings longer than this many sample intervals is a gap."""
FEWEST_READINGS = 16
"""A shorter trace has nothing to learn from. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Readings that are missing after `after_s` for `lasts_s`. [s]"""

    after_s: float
    lasts_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """
    Readings of one meter.

    Args:
        t_s: Times of the readings on the meter's clock. [s], rising, shape (readings,)
        power_w: Readings. [W], >= 0, shape (readings,)
        gaps_allowed: Accept gaps; what lies in them stays unknown.
        name: What messages call it.

    Raises:
        ScenarioError: If shapes differ, readings are too few, time does not rise, a
            reading is no power, or there is a gap that is not allowed.
    """

    t_s: FloatArray
    power_w: FloatArray
    gaps_allowed: bool = False
    name: str = "trace"
    interval_s: float = field(init=False)
    """Median time between readings. [s]"""

    def __post_init__(self) -> None:
        for part in ("t_s", "power_w"):
            object.__setattr__(self, part, np.asarray(getattr(self, part), np.float64))
        _check_shape(self)
        _check_time(self)
        _check_power(self)
        object.__setattr__(self, "interval_s", float(np.median(np.diff(self.t_s))))
        if not self.gaps_allowed:
            _check_gaps(self)

    @property
    def span_s(self) -> float:
        """First to last reading. [s]"""
        return float(self.t_s[-1] - self.t_s[0])

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Where readings are missing for more than `GAP_INTERVALS` intervals."""
        steps = np.diff(self.t_s)
        at = np.flatnonzero(steps > GAP_INTERVALS * self.interval_s)
        return tuple(
            Gap(after_s=float(self.t_s[k]), lasts_s=float(steps[k])) for k in at
        )

    def between(self, from_s: float, to_s: float) -> Trace:
        """Cut out the readings from `from_s` up to, but not at, `to_s`. [s]"""
        keep = (self.t_s >= from_s) & (self.t_s < to_s)
        return replace(self, t_s=self.t_s[keep], power_w=self.power_w[keep])

    def halves(self) -> tuple[Trace, Trace]:
        """Cut it in two of the same length of time: one to learn from, one to judge."""
        middle = float(self.t_s[0]) + 0.5 * self.span_s
        return self.between(-np.inf, middle), self.between(middle, np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLog:
    """
    What the training program wrote about its own steps.

    Args:
        ended_s: When each step ended. [s], rising
        step_s: How long it said each took. [s], shape of `ended_s`
        evaluations: Begin and end of each evaluation. [s]
    """

    ended_s: FloatArray
    step_s: FloatArray
    evaluations: tuple[tuple[float, float], ...] = ()

    @property
    def logged_s(self) -> float:
        """Mean length of a step as the program timed it; NaN without steps. [s]"""
        return float(self.step_s.mean()) if self.step_s.size else float("nan")

    @property
    def spacing_s(self) -> float:
        """
        Median time from one step's end to the next one's; NaN without two. [s]

        Longer than `logged_s` by what happens between steps; it is the power's period.
        """
        if self.ended_s.size < 2:
            return float("nan")
        return float(np.median(np.diff(self.ended_s)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """
    Sum of the nodes on one clock.

    Args:
        trace: Sum over all nodes, those that are missing filled in. [W]
        node_count: Nodes in the sum.
        series_count: Series among them that differ: nodes that share a meter, or a
            log that was copied, count once.
        missing: Nodes without a reading at each sample, shape (samples,).
    """

    trace: Trace
    node_count: int
    series_count: int
    missing: IntArray


def cluster(
    nodes: Sequence[Trace],
    *,
    step_s: float | None = None,
    node_count: int | None = None,
) -> Cluster:
    """
    Add nodes up that were recorded on clocks of their own.

    Each node's readings are drawn out linearly to a common grid from the latest first
    reading to the earliest last one, so offsets between clocks stay what they were. A
    node is missing inside its gaps; a missing node is given the mean of the others.

    Args:
        nodes: A trace of every node that was recorded.
        step_s: Step of the grid. [s]; by default the longest of the nodes' intervals.
        node_count: Nodes that the sum is to stand for; by default those given. Those
            never recorded are missing all the time.

    Returns:
        The sum, and how many are missing.

    Raises:
        ScenarioError: If there is no node, fewer are meant than given, or the nodes
            have no time in common, or no reading at some time.
    """
    meant = len(nodes) if node_count is None else node_count
    if not nodes or meant < len(nodes):
        raise ScenarioError("nodes",
                            f"must be 1 or more and at most node_count {meant}",
                            len(nodes), "give one trace per node")  # fmt: skip
    step = max(node.interval_s for node in nodes) if step_s is None else step_s
    grid_s = _grid(nodes, step)
    power = np.stack([np.interp(grid_s, n.t_s, n.power_w) for n in nodes])
    there = np.stack([_present(n, grid_s) for n in nodes])
    present = there.sum(axis=0)
    if not present.all():
        raise ScenarioError("nodes", "must have a reading of one node at any time",
                            f"none at {grid_s[np.argmin(present)]:g} s",
                            "cut the traces before or after it")  # fmt: skip
    total_w = np.where(there, power, 0.0).sum(axis=0) * (meant / present)
    different = {(n.t_s.tobytes(), n.power_w.tobytes()) for n in nodes}
    return Cluster(
        trace=Trace(t_s=grid_s, power_w=total_w, name="cluster"),
        node_count=meant,
        series_count=len(different),
        missing=meant - present,
    )


def _grid(nodes: Sequence[Trace], step_s: float) -> FloatArray:
    """Times that every node's record reaches."""
    late = max(nodes, key=lambda node: float(node.t_s[0]))
    early = min(nodes, key=lambda node: float(node.t_s[-1]))
    first, last = float(late.t_s[0]), float(early.t_s[-1])
    if not 0 < step_s * FEWEST_READINGS <= last - first:
        raise ScenarioError("nodes", f"must have {FEWEST_READINGS} steps of {step_s:g} "
                            "s in common", f"{late.name} begins at {first:g} s, "
                            f"{early.name} ends at {last:g} s", "leave that node out "
                            "and give node_count, or mend its clock")  # fmt: skip
    grid_s: FloatArray = first + step_s * np.arange(int((last - first) / step_s) + 1.0)
    return grid_s


def _present(node: Trace, grid_s: FloatArray) -> BoolArray:
    """Whether a node has readings around each time of the grid."""
    there = np.ones(grid_s.size, dtype=bool)
    for gap in node.gaps:
        there &= (grid_s <= gap.after_s) | (grid_s >= gap.after_s + gap.lasts_s)
    return there


def _check_shape(trace: Trace) -> None:
    if trace.t_s.ndim != 1 or trace.t_s.shape != trace.power_w.shape:
        raise ScenarioError(f"{trace.name}.power_w", "must have one reading per time",
                            f"{trace.power_w.shape} for {trace.t_s.shape}",
                            "give two rows of one length")  # fmt: skip
    if trace.t_s.size < FEWEST_READINGS:
        raise ScenarioError(trace.name,
                            f"must have at least {FEWEST_READINGS} readings",
                            trace.t_s.size, "record for longer")  # fmt: skip


def _check_time(trace: Trace) -> None:
    """Refuse times that are no numbers, repeat, or go back; name the first place."""
    if not np.isfinite(trace.t_s).all():
        at = int(np.argmin(np.isfinite(trace.t_s)))
        raise ScenarioError(f"{trace.name}.t_s[{at}]", "must be a number",
                            float(trace.t_s[at]), "remove that reading")  # fmt: skip
    steps = np.diff(trace.t_s)
    if (steps > 0).all():
        return
    at = int(np.argmin(steps > 0)) + 1
    again = steps[at - 1] == 0
    raise ScenarioError(
        f"{trace.name}.t_s[{at}]",
        "must not be there twice" if again else "must not go back in time",
        f"{trace.t_s[at]:g} s after {trace.t_s[at - 1]:g} s",
        "keep one reading of each time" if again else "sort the trace by time"
    )  # fmt: skip


def _check_power(trace: Trace) -> None:
    good = np.isfinite(trace.power_w) & (trace.power_w >= 0)
    if good.all():
        return
    at = int(np.argmin(good))
    raise ScenarioError(f"{trace.name}.power_w[{at}]", "must be a power of 0 or more",
                        f"{trace.power_w[at]:g} W at {trace.t_s[at]:g} s",
                        "remove that reading; a missing one is left out, not NaN or "
                        "negative")  # fmt: skip


def _check_gaps(trace: Trace) -> None:
    gaps = trace.gaps
    if not gaps:
        return
    longest = max(gaps, key=lambda gap: gap.lasts_s)
    raise ScenarioError(f"{trace.name}.t_s", "must have no gap above "
                        f"{GAP_INTERVALS:g} intervals of {trace.interval_s:g} s",
                        f"{len(gaps)}, the first of {gaps[0].lasts_s:g} s after "
                        f"{gaps[0].after_s:g} s, the longest of {longest.lasts_s:g} s "
                        f"after {longest.after_s:g} s", "cut the trace there, or allow "
                        "gaps: what lies in them stays unknown")  # fmt: skip

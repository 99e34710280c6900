"""The program behind shifting: linear, with a binary per start of an unbroken job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # its parts load when they are used

from twin.errors import ScenarioError
from twin.types import BoolArray, FloatArray, IntArray

GAP = 0.01
"""A schedule this near to the best possible is good enough; jobs in one piece only."""
NODES = 5000
SECONDS = 8.0
RELAXED_SECONDS = 60.0
"""Guards of the search: beyond them the best schedule found is returned."""
_CHOSEN = 1e-4
"""A start this near to 1 is taken as chosen."""
_LATER = 1e-6
"""Weight of lateness in the headroom aim, against ties; of the total energy."""
_SERVED = 1e-6
"""Energy lacking below this share of all is the solver's rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """
    What one job may do.

    Args:
        name: Name of the job.
        energy_wh: Energy it takes. [Wh]
        most_w: Most it may draw. [W], shape (time,).
        shape_w: Power from its start on, where it runs in one piece; else None.
        starts: Steps it may start at, where it runs in one piece; else None.
    """

    name: str
    energy_wh: float
    most_w: FloatArray
    shape_w: FloatArray | None = None
    starts: IntArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Headroom [W], length of a step [h], and what a Wh costs; None: keep it spare."""

    headroom_w: FloatArray
    step_h: float
    signal: FloatArray | None


def independent(choices: Sequence[Choices], site: Site) -> FloatArray:
    """Each job's best steps, as if it were alone; the earlier of equals."""
    assert site.signal is not None  # noqa: S101 - the caller has one
    return np.array([_alone(job, site.signal, site.step_h) for job in choices])


def _alone(job: Choices, signal: FloatArray, step_h: float) -> FloatArray:
    power = np.zeros(len(signal))
    if job.shape_w is not None and job.starts is not None:
        cost = np.correlate(signal, job.shape_w, mode="valid")[job.starts]
        start = job.starts[int(np.argmin(cost))]
        power[start : start + len(job.shape_w)] = job.shape_w
        return power
    order = np.argsort(signal, kind="stable")
    most = job.most_w[order] * step_h
    before = np.cumsum(most) - most
    power[order] = np.clip(job.energy_wh - before, 0.0, most) / step_h
    return power


def solve(choices: Sequence[Choices], site: Site) -> tuple[FloatArray, str, float]:
    """
    Schedule jobs that compete for headroom.

    Without its binaries the program says how good any schedule can be, and leaves most
    jobs in one piece at one start. These keep it, and binaries are searched for the
    rest; for all of them only where that is more than `GAP` from the best.

    Returns:
        Power [W], shape (jobs, time); the method; how far from the best it may be: ÷
        the best, or, with no signal, ÷ the largest headroom.

    Raises:
        ScenarioError: If they do not fit; names the job that lacks most energy.
    """
    program = _Program(choices, site)
    if not program.jobs.size:
        raise _lacking(choices, program, None)
    relaxed = program.relaxed()
    if relaxed.x is None:
        raise _lacking(choices, program, relaxed)
    if not program.integrality.any():
        return program.power_w(relaxed.x), "linear", 0.0
    found = program.run(kept=program.whole(relaxed.x))
    gap = np.inf if found.x is None else program.gap(found, relaxed.fun)
    if gap > GAP:
        wider = program.run()
        if wider.x is None and found.x is None:
            raise _lacking(choices, program, wider)
        bound = max(wider.mip_dual_bound or -np.inf, relaxed.fun)
        if wider.x is not None and (found.x is None or wider.fun < found.fun):
            found = wider
        gap = program.gap(found, bound)
    return program.power_w(found.x), "mixed-integer", gap


def _lacking(
    choices: Sequence[Choices], program: _Program, failed: Any
) -> ScenarioError:
    """Error naming who is left unserved when as much as possible is served."""
    stopped = failed is not None and failed.status == 1
    elastic = program.run(elastic=True) if program.jobs.size and not stopped else None
    served = np.zeros(len(choices))
    if elastic is not None and elastic.x is not None:
        served = program.power_w(elastic.x).sum(axis=1) * program.site.step_h
    lacking = np.array([job.energy_wh for job in choices]) - served
    if stopped or lacking.sum() <= _SERVED * program.scale_wh:
        return ScenarioError("jobs", "must be schedulable within the solver's limit",
                             str(failed.message if failed else "nothing to serve"),
                             "plan fewer jobs or days at once, or let some of them "
                             "pause")  # fmt: skip
    worst = int(np.argmax(lacking))
    short = int(np.sum(lacking > _SERVED * program.scale_wh))
    return ScenarioError(f"jobs[{choices[worst].name}]",
                         "must be done by its deadline within the headroom",
                         f"{lacking[worst]:,.0f} Wh of {choices[worst].energy_wh:,.0f} "
                         f"Wh lacking ({lacking.sum():,.0f} Wh over {max(short, 1)} of "
                         "the jobs)", "raise headroom_w, put deadlines later, or drop "
                         "a job")  # fmt: skip


class _Program:
    """Columns: energy per job and step as a share of the job's, starts, the spare."""

    def __init__(self, choices: Sequence[Choices], site: Site) -> None:
        self.site = site
        self.choices = choices
        self.scale_wh = max(float(np.sum([j.energy_wh for j in choices])), 1e-9)
        columns = [self._columns(j, job) for j, job in enumerate(choices)]
        self.jobs = np.concatenate([c[0] for c in columns])
        self.integrality = np.concatenate([c[1] for c in columns])
        self.upper = np.concatenate([c[2] for c in columns])
        # power of a column at full value, by step: (time, columns) in watts
        self.use_w = scipy.sparse.hstack([c[3] for c in columns], format="csc")

    def _columns(self, j: int, job: Choices) -> tuple[Any, Any, Any, Any]:
        """Job, integrality, upper bound and use of one job's columns."""
        steps = len(self.site.headroom_w)
        if job.shape_w is not None and job.starts is not None:
            length = len(job.shape_w)
            steps_used = job.starts[:, None] + np.arange(length)
            # starts that do not fit even alone are no choices
            fits = np.all(job.shape_w <= self.site.headroom_w[steps_used], axis=1)
            count = int(fits.sum())
            use = scipy.sparse.csc_matrix(
                (
                    np.tile(job.shape_w, count),
                    steps_used[fits].ravel(),
                    np.arange(count + 1) * length,
                ),
                shape=(steps, count),
            )
            return np.full(count, j), np.ones(count), np.ones(count), use
        most_w = np.minimum(job.most_w, self.site.headroom_w)
        open_ = np.flatnonzero(most_w > 0)
        count = len(open_)
        whole_w = job.energy_wh / self.site.step_h
        use = scipy.sparse.csc_matrix(
            (np.full(count, whole_w), open_, np.arange(count + 1)), shape=(steps, count)
        )
        upper = np.minimum(most_w[open_] / whole_w, 1.0)
        return np.full(count, j), np.zeros(count), upper, use

    def run(self, *, elastic: bool = False, kept: BoolArray | None = None) -> Any:
        """
        Search the binaries.

        Args:
            elastic: Serve as much energy as possible instead of all.
            kept: Columns that are chosen already.
        """
        per_job, use, spare = self._rows(elastic=elastic)
        lower = np.zeros(len(self.jobs)) if kept is None else kept.astype(np.float64)
        return scipy.optimize.milp(
            self._cost(elastic=elastic),
            integrality=np.append(self.integrality, [0] * spare),
            bounds=scipy.optimize.Bounds(
                np.append(lower, [0.0] * spare), np.append(self.upper, [np.inf] * spare)
            ),
            constraints=[
                scipy.optimize.LinearConstraint(per_job, 0.0 if elastic else 1.0, 1.0),
                scipy.optimize.LinearConstraint(use, -np.inf, 1.0),
            ],
            options={"mip_rel_gap": GAP / 2, "node_limit": NODES,
                     "time_limit": SECONDS},
        )  # fmt: skip

    def relaxed(self) -> Any:
        """Solve without binaries; interior points, for many starts are much alike."""
        per_job, use, spare = self._rows(elastic=False)
        upper = np.append(self.upper, [np.inf] * spare)
        return scipy.optimize.linprog(
            self._cost(elastic=False), A_ub=use, b_ub=np.ones(use.shape[0]),
            A_eq=per_job, b_eq=np.ones(per_job.shape[0]),
            bounds=np.column_stack([np.zeros(len(upper)), upper]), method="highs-ipm",
            options={"time_limit": RELAXED_SECONDS},
        )  # fmt: skip

    def _rows(self, *, elastic: bool) -> tuple[Any, Any, int]:
        """Each job's share done, each step's share of its headroom; columns added."""
        count, jobs = len(self.jobs), len(self.choices)
        per_job = scipy.sparse.csr_matrix(
            (np.ones(count), (self.jobs, np.arange(count))), shape=(jobs, count)
        )
        # each row ÷ its headroom: the solver's tolerance is then a share of it
        headroom = np.where(self.site.headroom_w > 0, self.site.headroom_w, 1.0)
        use = scipy.sparse.diags(1.0 / headroom) @ self.use_w
        if self.site.signal is not None or elastic:
            return per_job, use.tocsr(), 0
        # headroom left at the tightest step ÷ the largest headroom
        share = (headroom.max() / headroom)[:, None]
        per_job = scipy.sparse.hstack([per_job, np.zeros((jobs, 1))])
        return per_job.tocsr(), scipy.sparse.hstack([use, share]).tocsr(), 1

    def whole(self, x: FloatArray) -> BoolArray:
        """Starts that a solution without binaries chose alone."""
        chosen = x[: len(self.jobs)] > 1.0 - _CHOSEN
        return np.asarray(chosen & (self.integrality > 0))

    def gap(self, found: Any, bound: float) -> float:
        """Distance from a bound ÷ it; where headroom is the aim, ÷ the largest."""
        unit = 1.0 if self.site.signal is None else max(abs(bound), 1e-12)
        return max(float(found.fun) - bound, 0.0) / unit

    def _cost(self, *, elastic: bool) -> FloatArray:
        energy = np.asarray(self.use_w.sum(axis=0)).ravel() * self.site.step_h
        if elastic:
            return -energy / self.scale_wh
        signal = self.site.signal
        if signal is None:
            steps = len(self.site.headroom_w)
            late = np.arange(steps) / steps @ self.use_w * self.site.step_h
            return np.append(_LATER * late / self.scale_wh, -1.0)
        top = max(float(np.abs(signal).max()), 1e-12)
        return np.asarray((signal / top) @ self.use_w * self.site.step_h
                          / self.scale_wh, dtype=np.float64)  # fmt: skip

    def power_w(self, x: FloatArray) -> FloatArray:
        """Power per job and step, rid of the solver's rounding."""
        x = x[: len(self.jobs)]
        x = np.clip(np.where(self.integrality > 0, np.round(x), x), 0.0, self.upper)
        power = np.zeros((len(self.choices), len(self.site.headroom_w)))
        use = (self.use_w @ scipy.sparse.diags(x)).tocoo()
        np.add.at(power, (self.jobs[use.col], use.row), use.data)
        return power

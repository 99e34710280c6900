"""
Model-predictive control of a store: the smoothest grid power that a forecast allows.

Every step a quadratic programme looks over the horizon and its first decision is
taken; the next step looks anew. Solved by OSQP (Stellato et al. 2020, doi
10.1007/s12532-020-00179-2), warm from the step before. `docs/models/stabilize.md`,
eq. 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy  # its parts load when they are used

from twin.training.waveform import Waveform
from twin.types import FloatArray, IntArray

MOST_STEPS = 200
"""Of a horizon; more cost time and change nothing that a store of minutes does."""
CENTRE_WEIGHT = 1e-3
"""Weight of charge off its centre against the square of a step of grid power. Ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What the controller knows of its store.

    Args:
        power_w: Most the store gives or takes. [W]
        energy_j: What it holds. [J]
        centre_j: Charge it returns to. [J]
        step_s: Time between decisions. [s]
        horizon_s: How far it looks. [s]
        period_s: The load is expected to repeat after this; 0: it stays as it was.
    """

    power_w: float
    energy_j: float
    centre_j: float
    step_s: float
    horizon_s: float
    period_s: float


def plan_ahead(
    wave: Waveform, plan: Plan, state: FloatArray, before_w: float
) -> Iterator[tuple[slice, FloatArray]]:
    """
    Decide step by step what the grid should see.

    Args:
        wave: The load; only what lies behind a step is known to it.
        plan: The store.
        state: Power and charge, kept up to date by whoever takes the decisions. (2,)
        before_w: What the grid gave before the first sample. [W]

    Yields:
        Samples of a step, and what the grid should give in them. [W]

    Raises:
        ValueError: If a sample is longer than a step, or the horizon is too many steps.
    """
    per_step = round(plan.step_s / wave.sample_s)
    if per_step < 1:
        raise ValueError(
            f"step_s {plan.step_s:g} is shorter than a sample of {wave.sample_s:g} s; "
            "raise it"
        )
    plan = replace(plan, step_s=per_step * wave.sample_s)  # in whole samples
    steps = max(2, round(plan.horizon_s / plan.step_s))
    if steps > MOST_STEPS:
        raise ValueError(
            f"filter_s {plan.horizon_s:g} holds {steps} steps of {plan.step_s:g} s, "
            f"more than {MOST_STEPS}; shorten it or raise step_s"
        )
    programme = _Programme(plan, steps)
    size = wave.power_w.size
    starts = np.arange(0, size, per_step)
    means = np.add.reduceat(wave.power_w, starts) / np.diff(starts, append=size)
    energy_j = np.concatenate([[0.0], np.cumsum(wave.power_w)]) * wave.sample_s
    ahead = np.arange(steps)
    for k, start in enumerate(range(0, size, per_step)):
        expected_w = np.full(steps, means[k - 1] if k else before_w)
        if plan.period_s and start * wave.sample_s >= plan.period_s + plan.step_s:
            expected_w = _repeated(
                energy_j, wave.sample_s, start * wave.sample_s, plan, ahead
            )
        grid_w = programme.solve(expected_w, before_w, float(state[1]))
        end = min(start + per_step, size)
        share = np.arange(1, end - start + 1) / per_step
        yield slice(start, end), before_w + (grid_w - before_w) * share
        before_w = grid_w


def _repeated(
    energy_j: FloatArray, sample_s: float, now_s: float, plan: Plan, ahead: IntArray
) -> FloatArray:
    """Mean load of each step ahead, whole periods ago; a period may split samples."""
    ends_s = (ahead + 1) * plan.step_s
    # as few periods back as lie wholly behind
    back_s = np.ceil(ends_s / plan.period_s - 1e-9) * plan.period_s
    until = np.maximum((now_s + ends_s - back_s) / sample_s, 0.0)
    since = np.maximum(until - plan.step_s / sample_s, 0.0)

    def used(at: FloatArray) -> FloatArray:
        whole = at.astype(np.int64)
        part: FloatArray = at - whole
        after = np.minimum(whole + 1, energy_j.size - 1)
        found: FloatArray = energy_j[whole] + part * (energy_j[after] - energy_j[whole])
        return found

    mean: FloatArray = (used(until) - used(since)) / plan.step_s
    return mean


class _Programme:
    """
    The quadratic programme of one store, set up once.

    Grid power g of each step, in parts of the store's power; the charge follows from
    it. Minimise Σ (g[k] - g[k-1])² + weight · Σ ((charge - centre) ÷ energy)², with
    |g - load| <= 1 and charge between empty and full. Efficiencies are left out here;
    the store has them.
    """

    def __init__(self, plan: Plan, steps: int) -> None:
        from osqp.interface import OSQP  # 0.1 s to import, for those who ask

        self._plan, self._steps = plan, steps
        self._charge = np.tril(np.ones((steps, steps)))
        self._charge *= plan.power_w * plan.step_s / plan.energy_j
        change = np.eye(steps) - np.eye(steps, k=-1)
        hessian = 2.0 * (
            change.T @ change + CENTRE_WEIGHT * self._charge.T @ self._charge
        )
        rows = np.vstack([np.eye(steps), self._charge])
        none = np.zeros(2 * steps)
        self._solver = OSQP()
        self._solver.setup(
            scipy.sparse.csc_matrix(np.triu(hessian)), np.zeros(steps),
            scipy.sparse.csc_matrix(rows), none, none, verbose=False, eps_abs=1e-5,
            eps_rel=1e-5, polishing=False, max_iter=2000,
        )  # fmt: skip

    def solve(self, load_w: FloatArray, before_w: float, charge_j: float) -> float:
        """Return grid power of the first step. [W]"""
        plan = self._plan
        load = load_w / plan.power_w
        level = charge_j / plan.energy_j
        drained = self._charge @ load
        off = level - plan.centre_j / plan.energy_j - drained
        q = 2.0 * CENTRE_WEIGHT * self._charge.T @ off
        q[0] -= 2.0 * before_w / plan.power_w
        low = np.concatenate([load - 1.0, drained - level])
        high = np.concatenate([load + 1.0, drained + 1.0 - level])
        self._solver.update(q=q, l=low, u=high)
        found = self._solver.solve(raise_error=False)
        first = float(found.x[0]) if np.isfinite(found.x[0]) else float(load[0])
        expected = float(load[0])
        return min(max(first, expected - 1.0), expected + 1.0) * plan.power_w

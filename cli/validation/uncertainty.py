"""
Intervals held against the truth: do they cover as often as they say?

No figure here was published by others but Ishigami's function. Each interval is
computed 200 times, with seeds 0 to 199, and held against a probability known in closed
form, by quadrature, or from brute force.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.special import gammainccinv, ndtr, ndtri

from cli.validation.row import Suite, ValidationRow
from twin.scenario.model import Horizon, Scenario
from twin.scenario.workload import DiurnalArrivals, Load, Workload
from twin.serving.traffic import Recordings
from twin.simulate import compile_scenario, simulate
from twin.types import FloatArray, Report
from twin.uncertainty.exceedance import exceedance
from twin.uncertainty.importance import Importance
from twin.uncertainty.rare import RareEvent, RareSampler
from twin.uncertainty.sensitivity import saltelli_design, sobol_indices
from twin.uncertainty.splitting import Splitting
from twin.uncertainty.summary import summarise

PREFIX = "uncertainty"
REPEATS = 200
WANTED = 190
"""Of 200 intervals at 95 %, how many have to hold the truth."""
CHANCE = 9
"""Slack where an interval holds barely above 95 % of all: three standard errors."""
BRUTE_POINTS = 10_000_000
_OF = f"of {REPEATS}"
_row = Suite(PREFIX, "uncertainty", "", "inferred").row


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An output in the unit cube, its limit, and the probability of passing it."""

    name: str
    words: str
    dim: int
    output: Callable[[FloatArray], FloatArray]
    limit: float
    probability: float


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table; `report` is told the part done."""
    report(0.0, "samples of known distributions")
    found = [*_binomial(), *_quantiles()]
    cases = rare_cases()
    for k, case in enumerate(cases):
        report(0.05 + 0.1 * k, f"splitting, {case.words}")
        found.append(_rare_row("splitting", case, Splitting))
    for k, case in enumerate([cases[0], cases[2], cases[4]]):
        report(0.55 + 0.1 * k, f"importance sampling, {case.words}")
        found.append(_rare_row("importance", case, Importance))
    report(0.85, "indices and brute force")
    found += [_brute(cases[4]), *_ishigami()]
    report(0.9, "the sample row")
    return [*found, *_sample_row()]


def rare_cases() -> list[Case]:
    """Cases whose probability is known: flat, two-sided, cornered, curved, branched."""
    flat, corner = float(-ndtri(1e-4)), float(-ndtri(1e-2))
    return [
        Case(name="two_sided_1e2", words="two-sided limit in 2 inputs, p 1e-2", dim=2,
             output=lambda u: np.abs(_along(u)), limit=float(-ndtri(0.005)),
             probability=1e-2),
        Case(name="linear_1e4", words="linear limit in 10 inputs, p 1e-4", dim=10,
             output=_along, limit=flat, probability=1e-4),
        Case(name="corner_1e4", words="limit with a corner, p 1e-4", dim=2,
             output=lambda u: np.asarray(ndtri(u).min(axis=1)), limit=corner,
             probability=1e-4),
        Case(name="gamma_1e4", words="sum of 5 exponentials, p 1e-4", dim=5,
             output=lambda u: -np.log1p(-u).sum(axis=1),
             limit=float(gammainccinv(5, 1e-4)), probability=1e-4),
        Case(name="four_branch", words="series system of four branches, p 2.2e-3",
             dim=2, output=four_branches, limit=0.0,
             probability=four_branch_probability()),
    ]  # fmt: skip


def _along(unit: FloatArray) -> FloatArray:
    return np.asarray(ndtri(unit).sum(axis=1) / math.sqrt(unit.shape[1]))


def four_branches(unit: FloatArray) -> FloatArray:
    """Waarts' series system of four branches: above 0 where the weakest fails."""
    z = ndtri(unit)
    along, across = z[:, 0] + z[:, 1], z[:, 0] - z[:, 1]
    curved = 3.0 + 0.1 * across**2 - np.abs(along) / math.sqrt(2.0)
    straight = 7.0 / math.sqrt(2.0) - np.abs(across)
    return np.asarray(-np.minimum(curved, straight))


def four_branch_probability() -> float:
    """
    Failure probability of `four_branches` by quadrature.

    Turned by 45 degrees, a and b are independent and standard normal: it fails where
    |b| > 3.5, and else where |a| > 3 + 0.2 b².
    """
    b = np.linspace(-3.5, 3.5, 20_001)
    density = np.exp(-0.5 * b**2) / math.sqrt(2.0 * math.pi)
    inner = np.trapezoid(density * 2.0 * ndtr(-(3.0 + 0.2 * b**2)), b)
    return float(2.0 * ndtr(-3.5) + inner)


def solve(
    sampler: RareSampler, output: Callable[[FloatArray], FloatArray]
) -> RareEvent:
    """Ask and tell until the estimator is done."""
    while (unit := sampler.ask()) is not None:
        sampler.tell(output(unit))
    return sampler.result()


def _rare_row(
    method: str, case: Case, kind: type[Splitting | Importance]
) -> ValidationRow:
    found = [
        solve(kind(case.dim, case.limit, seed=seed), case.output)
        for seed in range(REPEATS)
    ]
    held = sum(one.low <= case.probability <= one.high for one in found)
    guess = np.array([one.probability for one in found]) / case.probability
    calls = np.mean([one.evaluations for one in found])
    plain = sum(one.method == "plain" for one in found)
    why = f"scatter {guess.std():.0%}, bias {guess.mean() - 1:+.1%}, {calls:.0f} points"
    if plain:
        why += f"; {plain} times it fell back on plain points"
    return _row(
        f"{method}.{case.name}", f"intervals that hold the truth, {case.words}", _OF,
        WANTED, held, 0, "at least", why, source="known probability",
    )  # fmt: skip


def _binomial() -> list[ValidationRow]:
    out = []
    for chance, count in ((1e-2, 1_000), (1e-4, 20_000)):
        held = 0
        for seed in range(REPEATS):
            sample = np.random.default_rng(seed).random(count)
            one = exceedance(sample, 1.0 - chance)
            held += one.low <= chance <= one.high
        out.append(_row(
            f"exceedance.{chance:.0e}".replace("e-0", "e"),
            f"Clopper-Pearson intervals that hold {chance:g}, {count} points", _OF,
            WANTED, held, 0, "at least", "exact, so at least 95 % of all",
            source="known probability",
        ))  # fmt: skip
    return out


def _quantiles() -> list[ValidationRow]:
    """Order statistics of a skewed output whose quantiles are known."""
    summaries = [
        summarise(np.random.default_rng(seed).standard_exponential(300))
        for seed in range(REPEATS)
    ]
    out = []
    for k, frac in ((2, 0.5), (4, 0.95)):
        truth = -math.log1p(-frac)
        held = sum(
            one.quantiles[k].low <= truth <= one.quantiles[k].high for one in summaries
        )
        out.append(_row(
            f"quantile.p{100 * frac:.0f}", "order-statistic intervals that hold the "
            f"{frac:.0%} quantile of an exponential, 300 points", _OF, WANTED, held,
            CHANCE, "at least",
            "just above 95 % of all; slack is three standard errors",
            source="known quantile",
        ))  # fmt: skip
    return out


def _brute(case: Case) -> ValidationRow:
    rng = np.random.default_rng(0)
    failed = sum(
        int((case.output(rng.random((1_000_000, 2))) > 0.0).sum())
        for _ in range(BRUTE_POINTS // 1_000_000)
    )
    ours = failed / BRUTE_POINTS
    error = math.sqrt(case.probability / BRUTE_POINTS)
    return _row(
        "four_branch_brute", "four branches by brute force, against quadrature", "1",
        case.probability, ours, 3.0 * error, "near",
        f"{BRUTE_POINTS:.0e} points, three standard errors", source="quadrature",
    )  # fmt: skip


ISHIGAMI = ((0.3139, 0.5576), (0.4424, 0.4424), (0.0, 0.2437))
"""First and total indices for a = 7, b = 0.1, by hand from the variances."""


def ishigami(unit: FloatArray) -> FloatArray:
    """Ishigami and Homma's function on the unit cube, a = 7, b = 0.1."""
    x = math.pi * (2.0 * unit - 1.0)
    return np.asarray(
        np.sin(x[:, 0]) * (1.0 + 0.1 * x[:, 2] ** 4) + 7.0 * np.sin(x[:, 1]) ** 2
    )


def _ishigami() -> list[ValidationRow]:
    points = saltelli_design(3, 8192, seed=0)
    found = sobol_indices(ishigami(points), points)
    return [
        _row(f"ishigami.{kind}_{k + 1}", f"Ishigami, {kind} index of input {k + 1}",
             "1", truth, getattr(effect, kind), 0.02, "near",
             "Saltelli design of 5 × 8192 points", source="closed form, Ishigami 1990")
        for k, (effect, both) in enumerate(zip(found.effects, ISHIGAMI, strict=True))
        for kind, truth in zip(("first", "total"), both, strict=True)
    ]  # fmt: skip


# --- the sample row -----------------------------------------------------------------

_ROW_SOURCE = "brute force on the sample row"
ROW_RUNS = 1_000
ROW_SAMPLE = 200
ROW_LIMIT_FRAC = 0.703
"""Of the row's power limit; about one afternoon in twenty passes it."""
AFTERNOON = Horizon(
    start=dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC), days=0.25, tick_s=10.0
)


def afternoon_peak(unit: FloatArray) -> float:
    """
    Peak of the sample row over six hours around its daily one, part of its limit.

    Args:
        unit: Load, swing of the day, noise, and the seed of the arrivals; 0..1 each.
    """
    rate = 0.025 * math.exp(0.15 * float(ndtri(unit[0])))
    arrivals = DiurnalArrivals(
        swing_frac=0.2 + 0.3 * float(unit[1]), noise_frac=0.1 * float(unit[2])
    )
    scenario = Scenario(
        seed=1 + int(1e6 * unit[3]), horizon=AFTERNOON,
        workload=Workload(arrivals=arrivals, load=Load(requests_per_server_s=rate)),
    )  # fmt: skip
    compiled = compile_scenario(scenario, Recordings.none())
    return simulate(compiled, rate_per_server_s=rate).peak_frac


def _peaks(unit: FloatArray) -> FloatArray:
    with ThreadPoolExecutor(2) as pool:  # the kernel releases the GIL
        return np.array(list(pool.map(afternoon_peak, unit)))


def _sample_row() -> list[ValidationRow]:
    peaks = _peaks(np.random.default_rng(0).random((ROW_RUNS, 4)))
    brute = exceedance(peaks, ROW_LIMIT_FRAC)
    held = 0
    for seed in range(REPEATS):
        drawn = np.random.default_rng(seed).choice(peaks, ROW_SAMPLE)
        one = exceedance(drawn, ROW_LIMIT_FRAC)
        held += one.low <= brute.probability <= one.high
    split = solve(Splitting(4, ROW_LIMIT_FRAC, points=50, replicas=10, seed=1), _peaks)
    half = 0.5 * (brute.high - brute.low)
    return [
        _row("row.exceedance", f"intervals of {ROW_SAMPLE} row afternoons that hold "
             f"the share of {ROW_RUNS}", _OF, WANTED, held, 0, "at least",
             f"a peak above {ROW_LIMIT_FRAC:.1%} of the limit: {brute.probability:.1%} "
             f"of {ROW_RUNS} runs", source=_ROW_SOURCE),
        _row("row.splitting", "share of row afternoons past the limit, by splitting",
             "1", brute.probability, split.probability,
             half + 0.5 * (split.high - split.low), "near",
             f"{split.evaluations} points say {split.low:.3f} to {split.high:.3f}, "
             f"brute force {brute.low:.3f} to {brute.high:.3f}; near is within both "
             "half-widths", source=_ROW_SOURCE),
    ]  # fmt: skip

"""
The cheapest combination of measures that passes: every one is tried, none is guessed.

Three objectives stand side by side: cost a year, energy wasted, time the jobs lose. The
front holds what no other combination beats in all three. `docs/models/stabilize.md`,
eq. 14, 15.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from twin.errors import Cancelled
from twin.serving.performance import ClockCurve
from twin.stabilize.at_connection import Contract
from twin.stabilize.ballast import Ballast
from twin.stabilize.chain import Measures, Plant, Stabilized, stabilized
from twin.stabilize.rules import (
    Rule,
    Unjudged,
    Verdict,
    judge_all,
    needed_horizon_s,
    needed_sample_s,
)
from twin.stabilize.scheduling import Scheduling
from twin.stabilize.smoothing import Smoothing
from twin.stabilize.storage import Storage
from twin.stabilize.upstream import UpsFilter
from twin.training.job import TrainingJob
from twin.types import BoolArray, FloatArray

HOURS = 8766.0
YEAR_S = HOURS * 3600.0
JOULES_PER_KWH = 3.6e6
PSU_J = 65.0
"""Of the supply store that has a price. [J]"""
WORKERS = 2
"""Threads: the compiled loops and transforms let go of the interpreter."""
PSU_POWER_W = 500.0
"""Of a GPU's share of a supply store. Assumed: about half a GPU's power."""
RACK_HOURS = 1 / 60
"""Energy ÷ power of a rack's store. Assumed: a minute, as high-power cells give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    What may be chosen, one of each; 0 is none.

    Args:
        floors_frac: Floors of GPU smoothing ÷ TDP.
        ballasts_frac: Targets of software ballast ÷ TDP.
        ramps_s: Ramps at starts and ends. [s]
        psu_j_per_gpu: Supply stores. [J]
        rack_kwh: Stores in each rack. [kWh]
        site_power_frac: Power of a site store ÷ the bare site's highest power.
        site_hours: Its energy ÷ its power. [h]
        site_filter_s: Time constants of its low-pass. [s]
    """

    floors_frac: tuple[float, ...]
    ballasts_frac: tuple[float, ...]
    ramps_s: tuple[float, ...]
    psu_j_per_gpu: tuple[float, ...]
    rack_kwh: tuple[float, ...]
    site_power_frac: tuple[float, ...]
    site_hours: tuple[float, ...]
    site_filter_s: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """
    One combination; 0 is none.

    Args:
        floor_frac: Floor of GPU smoothing ÷ TDP. [1]
        ballast_frac: Target of software ballast ÷ TDP. [1]
        ramp_s: Ramps at starts and ends. [s]
        psu_j_per_gpu: Supply store of one GPU. [J]
        rack_kwh: Store in each rack. [kWh]
        site_power_frac: Power of a site store ÷ the bare site's highest power. [1]
        site_hours: Its energy ÷ its power. [h]
        site_filter_s: Time constant of its low-pass. [s]
    """

    floor_frac: float
    ballast_frac: float
    ramp_s: float
    psu_j_per_gpu: float
    rack_kwh: float
    site_power_frac: float
    site_hours: float
    site_filter_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """
    Prices.

    Args:
        energy_per_mwh: Energy. [$/MWh]
        gpu_hour: An hour of one GPU. [$/h]
        psu_store_per_gpu: Supply store of 65 J for one GPU. [$]
        store_per_kw: Power of a site store. [$/kW]
        store_per_kwh: Energy of a site store. [$/kWh]
        rack_store_per_kwh: Energy of a store inside racks. [$/kWh]
        years: Life over which a store is paid, if it does not wear out before.
        starts_per_year: Starts and restarts of each job in a year; the horizon's own
            are not its usual pace.
    """

    energy_per_mwh: float
    gpu_hour: float
    psu_store_per_gpu: float
    store_per_kw: float
    store_per_kwh: float
    rack_store_per_kwh: float
    years: float
    starts_per_year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """
    What a combination costs in a year. [$/year]

    Args:
        stores: Stores, over their life.
        energy: Energy burnt and lost.
        time: Time the jobs lose.
    """

    stores: float
    energy: float
    time: float

    @property
    def total(self) -> float:
        """All three. [$/year]"""
        return self.stores + self.energy + self.time


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """
    A combination and what comes of it.

    Args:
        choice: The combination.
        margins_frac: Margin of each rule that can be judged, by its key.
        costs: Of a year.
        wasted_frac: Energy burnt and lost in a year ÷ work. [1]
        slowdown_frac: Time the jobs lose in a year ÷ their time. [1]
        highest_w: Highest power from the grid. [W]
    """

    choice: Choice
    margins_frac: dict[str, float]
    costs: Costs
    wasted_frac: float
    slowdown_frac: float
    highest_w: float

    @property
    def worst_rule(self) -> str:
        """Key of the rule with the least margin."""
        return min(self.margins_frac, key=self.margins_frac.__getitem__)

    @property
    def worst_margin_frac(self) -> float:
        """Least margin; below zero a rule fails."""
        return self.margins_frac[self.worst_rule]

    @property
    def passes(self) -> bool:
        """Whether every rule that can be judged is kept."""
        return self.worst_margin_frac >= 0.0

    @property
    def cost_per_year(self) -> float:
        """Everything. [$/year]"""
        return self.costs.total

    @property
    def objectives(self) -> tuple[float, float, float]:
        """What is to be small: cost, waste, slowdown."""
        return self.cost_per_year, self.wasted_frac, self.slowdown_frac


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    What is sized.

    Args:
        jobs: The jobs.
        plant: What stands between GPUs and the grid.
        base: Measures that stand anyway; options replace theirs.
        rules: Rules to be kept.
        contract: The point of connection.
        clocks: What a lower clock does.
        ups: The UPS on the way.
        horizon_s: Length. [s]
        sample_s: Length of a sample. [s]
    """

    jobs: tuple[TrainingJob, ...]
    plant: Plant
    base: Measures
    rules: tuple[Rule, ...]
    contract: Contract
    clocks: ClockCurve
    ups: UpsFilter | None
    horizon_s: float
    sample_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """
    What the answer becomes when one thing is otherwise.

    Args:
        what: What is changed, in words.
        best: The best combination then; none where nothing passes.
        same: Whether it is the same combination.
    """

    what: str
    best: Tried | None
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """
    Every combination, the front, and the best.

    Args:
        tried: All, in the order of the options.
        front: Indices of those that pass and that none beats in all objectives.
        best: Index of the best; none where nothing passes.
        sample_s: Samples the search ran on. [s]
        horizon_s: Length the search ran over. [s]
        unjudged: Rules that no waveform of this case can answer, with why.
    """

    tried: tuple[Tried, ...]
    front: tuple[int, ...]
    best: int | None
    sample_s: float
    horizon_s: float
    unjudged: tuple[Unjudged, ...]


OBJECTIVES = ("cost", "waste", "slowdown")


def size(
    case: Case, options: Options, prices: Prices, *, objective: str = "cost",
    on_progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Sized:  # fmt: skip
    """
    Try every combination of options.

    Args:
        case: What is sized. Its samples are lengthened to what its rules need.
        options: What may be chosen.
        prices: What things cost.
        objective: "cost", "waste" or "slowdown": what the best has least of.
        on_progress: Told the part done, and in words.
        cancelled: Asked now and then whether to stop.

    Returns:
        Every combination, the front, and the best of those that pass.

    Raises:
        ValueError: If no rule can be judged.
        Cancelled: If asked to stop.
    """
    case = coarsened(case, ballast=any(options.ballasts_frac))
    bare = stabilized_case(case, Measures())
    judged = judge_all(bare.grid, case.rules, case.contract)
    unjudged = tuple(v for v in judged if isinstance(v, Unjudged))
    if len(unjudged) == len(judged):
        why = unjudged[0].why if unjudged else "none was given"
        raise ValueError(f"rules must hold one that can be judged, got none: {why}")
    highest_w = float(bare.grid.power_w.max())
    choices = list(combinations(options))
    tried: list[Tried] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        asked = pool.map(
            lambda choice: _tried(case, choice, prices, highest_w, cancelled), choices
        )
        for found in asked:
            tried.append(found)
            if on_progress is not None:
                on_progress(
                    len(tried) / len(choices), f"{len(tried)} of {len(choices)}"
                )
    best = _best(tried, OBJECTIVES.index(objective))
    return Sized(
        tried=tuple(tried), front=pareto_front(tried), best=best,
        sample_s=case.sample_s, horizon_s=case.horizon_s, unjudged=unjudged,
    )  # fmt: skip


def coarsened(case: Case, *, ballast: bool) -> Case:
    """
    Lengthen a case's samples to the longest its rules can be judged on.

    Args:
        case: The case.
        ballast: Whether ballast is among the options: its kernels need fine samples.

    Returns:
        The case with samples at least as long, over the same time.
    """
    most_s = min((needed_sample_s(rule) for rule in case.rules), default=math.inf)
    if ballast:
        most_s = min(most_s, Ballast().kernel_s)
    shortest_s = min(job.iteration_s for job in case.jobs) / 50.0
    most_s = min(most_s, shortest_s)
    samples = math.ceil(case.horizon_s / max(case.sample_s, most_s) - 1e-9)
    return replace(case, sample_s=case.horizon_s / samples)


def combinations(options: Options) -> Iterator[Choice]:
    """Every combination; a site store of no power is one, whatever its hours."""
    sites = [
        site for site in product(
            options.site_power_frac, options.site_hours, options.site_filter_s
        ) if site[0]
    ]  # fmt: skip
    if 0.0 in options.site_power_frac:
        sites.insert(0, (0.0, 0.0, 0.0))
    for floor, ballast, ramp, psu, rack, site in product(
        options.floors_frac, options.ballasts_frac, options.ramps_s,
        options.psu_j_per_gpu, options.rack_kwh, sites,
    ):  # fmt: skip
        yield Choice(
            floor_frac=floor, ballast_frac=ballast, ramp_s=ramp, psu_j_per_gpu=psu,
            rack_kwh=rack, site_power_frac=site[0], site_hours=site[1],
            site_filter_s=site[2],
        )  # fmt: skip


def measures_of(choice: Choice, base: Measures, highest_w: float) -> Measures:
    """
    Turn a combination into measures.

    Args:
        choice: The combination.
        base: Measures whose other settings stay.
        highest_w: Highest power of the bare site. [W]

    Returns:
        The measures.
    """
    smoothing, ballast, psu, rack, site = (
        base.smoothing or SMOOTHING, base.ballast or Ballast(), base.psu, base.rack,
        base.site,
    )  # fmt: skip
    scheduling = base.scheduling or Scheduling()
    joules = choice.rack_kwh * JOULES_PER_KWH
    power_w = choice.site_power_frac * highest_w
    return replace(
        base,
        scheduling=replace(
            scheduling, start_ramp_s=choice.ramp_s, end_ramp_s=choice.ramp_s
        ),
        smoothing=replace(smoothing, floor_frac=choice.floor_frac)
        if choice.floor_frac else None,
        ballast=replace(ballast, target_frac=choice.ballast_frac)
        if choice.ballast_frac else None,
        psu=replace(
            psu or PSU,
            energy_j=choice.psu_j_per_gpu,
        ) if choice.psu_j_per_gpu else None,
        rack=replace(
            rack or RACK,
            energy_j=joules, power_w=joules / (RACK_HOURS * 3600.0),
        ) if choice.rack_kwh else None,
        site=replace(
            site or SITE,
            power_w=power_w, energy_j=power_w * choice.site_hours * 3600.0,
            filter_s=choice.site_filter_s,
        ) if choice.site_power_frac else None,
    )  # fmt: skip


SMOOTHING = Smoothing(hysteresis_s=0.0)
"""GPU smoothing where none is described. A hold longer than a job's gaps keeps its
power at the peak, whatever the floor: without one the floor decides."""
PSU = Storage(
    power_w=PSU_POWER_W, energy_j=PSU_J, filter_s=1.0, return_s=5.0,
    charge_efficiency=0.97, discharge_efficiency=0.97,
)  # fmt: skip
"""A GPU's share of a supply store, where none is described. Assumed but for 65 J."""
RACK = Storage(
    power_w=1.0, energy_j=1.0, filter_s=10.0, return_s=60.0, charge_efficiency=0.97,
    discharge_efficiency=0.97, cycle_life=1e6,
)  # fmt: skip
"""A rack's capacitors, where none are described. Assumed; power and energy follow."""
SITE = Storage(
    power_w=1.0, energy_j=1.0, filter_s=1.0, charge_efficiency=0.97,
    discharge_efficiency=0.97, response_s=0.02, cycle_life=8000.0,
)  # fmt: skip
"""A site's LFP cells, where none are described. Assumed; power and energy follow."""


def stabilized_case(case: Case, measures: Measures) -> Stabilized:
    """Run a case under measures."""
    return stabilized(
        case.jobs, case.plant, measures, horizon_s=case.horizon_s, clocks=case.clocks,
        ups=case.ups, sample_s=case.sample_s,
    )  # fmt: skip


def _tried(
    case: Case, choice: Choice, prices: Prices, highest_w: float,
    cancelled: Callable[[], bool] | None,
) -> Tried:  # fmt: skip
    if cancelled is not None and cancelled():
        raise Cancelled
    measures = measures_of(choice, case.base, highest_w)
    found = stabilized_case(case, measures)
    judged = judge_all(found.grid, case.rules, case.contract)
    wasted_w, slowdown_frac = yearly(found, case.horizon_s, prices)
    return Tried(
        choice=choice,
        margins_frac={
            v.rule.key: v.margin_frac for v in judged if isinstance(v, Verdict)
        },
        costs=costs(case, found, measures, prices),
        wasted_frac=wasted_w * case.horizon_s / found.books.work_j,
        slowdown_frac=slowdown_frac, highest_w=float(found.grid.power_w.max()),
    )  # fmt: skip


def yearly(found: Stabilized, horizon_s: float, prices: Prices) -> tuple[float, float]:
    """
    Carry a run on to a year: what is steady as it is, starts at their own pace.

    Args:
        found: The run.
        horizon_s: Its length. [s]
        prices: How many starts a year has.

    Returns:
        Mean power that is burnt and lost [W], and time the jobs lose ÷ their time.

    Source:
        docs/models/stabilize.md, eq. 14.
    """
    books = found.books
    starts = prices.starts_per_year / YEAR_S
    burnt_j = books.burnt_j - books.start_burnt_j + books.store_loss_j
    each_j = books.start_burnt_j / max(1, found.starts) * len(found.jobs)
    lost_frac = found.slowdown_frac + found.lost_start_s * starts
    return burnt_j / horizon_s + each_j * starts, lost_frac


def costs(case: Case, found: Stabilized, measures: Measures, prices: Prices) -> Costs:
    """
    What measures cost in a year.

    Args:
        case: The case.
        found: Its run.
        measures: Its measures.
        prices: What things cost.

    Returns:
        Stores paid over their life, energy burnt and lost, time the jobs lose.

    Source:
        docs/models/stabilize.md, eq. 14.
    """
    gpus = sum(job.gpu_count for job in case.jobs)
    racks = gpus / case.plant.gpus_per_rack
    wasted_w, slowdown_frac = yearly(found, case.horizon_s, prices)
    paid = 0.0
    for place, store, count in (
        ("psu", measures.psu, gpus), ("rack", measures.rack, racks),
        ("row", measures.row, racks / case.plant.racks_per_row),
        ("site", measures.site, 1.0),
    ):  # fmt: skip
        if store is not None:
            years = min(prices.years, found.stores[place].life_years)
            paid += count * _store_price(place, store, prices) / years
    return Costs(
        stores=paid,
        energy=wasted_w * HOURS / 1e6 * prices.energy_per_mwh,
        time=slowdown_frac * gpus * HOURS * prices.gpu_hour,
    )


def _store_price(place: str, store: Storage, prices: Prices) -> float:
    """Price of one store. [$]"""
    if place == "psu":
        return store.energy_j / PSU_J * prices.psu_store_per_gpu
    kwh = store.energy_j / JOULES_PER_KWH
    if place == "rack":
        return kwh * prices.rack_store_per_kwh
    return store.power_w / 1e3 * prices.store_per_kw + kwh * prices.store_per_kwh


def _best(tried: Sequence[Tried], objective: int) -> int | None:
    """Index of the best that passes; ties go to the larger margin."""
    passing = [k for k, t in enumerate(tried) if t.passes]
    if not passing:
        return None
    return min(
        passing,
        key=lambda k: (tried[k].objectives[objective], -tried[k].worst_margin_frac),
    )


def pareto_front(tried: Sequence[Tried]) -> tuple[int, ...]:
    """
    Find what no other combination beats.

    Args:
        tried: Combinations.

    Returns:
        Indices of those that pass and to which none that passes is at least as good in
        every objective and better in one; of equal ones the first. By rising cost.
    """
    passing = np.array([k for k, t in enumerate(tried) if t.passes], dtype=np.int64)
    if not passing.size:
        return ()
    values: FloatArray = np.array([tried[k].objectives for k in passing])
    order = np.lexsort(values.T[::-1])  # a dominating one always comes before
    front: list[int] = []
    for k in order:
        beaten: BoolArray = (values[front] <= values[k]).all(axis=1)
        if not beaten.any():
            front.append(int(k))
    return tuple(int(passing[k]) for k in front)


def sensitivity(
    case: Case, options: Options, prices: Prices, sized: Sized, *,
    objective: str = "cost", spread: float = 0.2,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Sensitivity, ...]:  # fmt: skip
    """
    Ask again with prices, limits and swing higher and lower.

    Prices and limits turn every combination's figures as they stand. A larger or
    smaller swing wants new runs: of the front and of the cheapest that are near.

    Args:
        case: What was sized.
        options: What was chosen from.
        prices: What things cost.
        sized: The answer.
        objective: As it was.
        spread: How much higher and lower. 0..1
        cancelled: Asked now and then whether to stop.

    Returns:
        The best combination under each change.
    """
    case = coarsened(case, ballast=any(options.ballasts_frac))
    near = _near(sized, spread)

    def again(sign: float) -> list[Tried]:
        changed = _swung(case, sign)
        bare_w = float(stabilized_case(changed, Measures()).grid.power_w.max())
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(
                lambda k: _tried(
                    changed, sized.tried[k].choice, prices, bare_w, cancelled
                ),
                near,
            ))  # fmt: skip

    best = None if sized.best is None else sized.tried[sized.best].choice
    found: list[Sensitivity] = []
    for sign in (1.0 + spread, 1.0 - spread):
        changes = [("swing between compute and waiting", again(sign))]
        changes += [
            (what, [turn(t, sign) for t in sized.tried]) for what, turn in TURNS
        ]
        for what, tried in changes:
            k = _best(tried, OBJECTIVES.index(objective))
            then = None if k is None else tried[k]
            found.append(Sensitivity(
                what=f"{what} {100 * (sign - 1):+.0f} %", best=then,
                same=(then.choice if then else None) == best,
            ))  # fmt: skip
    return tuple(found)


MOST_NEAR = 30
"""Combinations tried again for each swing: the cheapest near to passing."""


def _near(sized: Sized, spread: float) -> list[int]:
    """Front, and the cheapest of those whose margin a change may turn."""
    near = [k for k, t in enumerate(sized.tried) if t.worst_margin_frac > -2.0 * spread]
    near.sort(key=lambda k: sized.tried[k].cost_per_year)
    return sorted({*sized.front, *near[:MOST_NEAR]})


def _limits(tried: Tried, sign: float) -> Tried:
    """Return what a combination is under limits that are higher or lower."""
    margins = {k: 1.0 - (1.0 - m) / sign for k, m in tried.margins_frac.items()}
    return replace(tried, margins_frac=margins)


def _priced(name: str) -> Callable[[Tried, float], Tried]:
    def turn(tried: Tried, sign: float) -> Tried:
        paid = replace(tried.costs, **{name: getattr(tried.costs, name) * sign})
        return replace(tried, costs=paid)

    return turn


TURNS: tuple[tuple[str, Callable[[Tried, float], Tried]], ...] = (
    ("limits of the rules", _limits), ("price of energy", _priced("energy")),
    ("price of a GPU's hour", _priced("time")), ("prices of stores", _priced("stores")),
)  # fmt: skip


def _swung(case: Case, factor: float) -> Case:
    """Make the way from compute down to waiting longer or shorter."""
    jobs = []
    for job in case.jobs:
        levels, top = job.levels, job.levels.compute
        low = {
            name: max(levels.idle, top - (top - getattr(levels, name)) * factor)
            for name in ("communicate", "bubble", "checkpoint", "evaluate")
        }
        jobs.append(replace(job, levels=replace(levels, **low)))
    return replace(case, jobs=tuple(jobs))


def least_horizon_s(rules: Sequence[Rule]) -> float:
    """Shortest waveform that every rule can be judged on. [s]"""
    return max((needed_horizon_s(rule) for rule in rules), default=0.0)

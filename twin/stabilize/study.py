"""
A training site answered: before and after its measures, rule by rule.

One run without measures and one with them; everything the pages and the report show is
measured on these two. `docs/models/stabilize.md`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from twin.catalogue.gpus import CLOCK_CURVES
from twin.errors import ScenarioError
from twin.scenario.model import Scenario
from twin.scenario.training import Training
from twin.stabilize import compiled, sizing
from twin.stabilize.at_connection import Contract
from twin.stabilize.chain import Measures, Plant, Stabilized, stabilized
from twin.stabilize.excerpts import judge_excerpts
from twin.stabilize.harmonics import Interharmonic, interharmonic_frac
from twin.stabilize.resonance import CriticalMode, ModeMargin, margins, thinned
from twin.stabilize.ride_table import RideTable
from twin.stabilize.ride_through import (
    Rejection,
    Ride,
    load_rejection,
    ride_through,
)
from twin.stabilize.rules import (
    Rule,
    Unjudged,
    Verdict,
    judge_all,
    needed_sample_s,
)
from twin.stabilize.sizing import Case, Options, Prices, Sensitivity, Sized
from twin.stabilize.upstream import Islanded, UpsFilter, islanded
from twin.training.job import TrainingJob
from twin.training.waveform import Waveform, jobs_waveform
from twin.types import FloatArray, IntArray

FINE_SAMPLE_S = 1e-3
"""A zoom goes down to samples of this length. [s]"""
WARM_UP_S = 300.0
"""A zoom finer than the run begins this much earlier, so that filters settle. [s]"""
MOST_FINE = 2_000_000
"""Samples of a finer zoom, its warm-up included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    What is known by name: rules, tables, modes.

    Args:
        rules: Grid rules.
        tables: Ride-through tables.
        modes: Critical frequencies.
    """

    rules: Mapping[str, Rule]
    tables: Mapping[str, RideTable]
    modes: Mapping[str, CriticalMode]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """
    A training site before and after its measures.

    Args:
        training: What was asked.
        jobs: The jobs.
        measures: The measures.
        ups: The UPS on the way.
        contract: The point of connection.
        before: Without measures.
        after: With them.
        verdicts: Of every rule, before and after.
        modes: Margins to critical frequencies before and after; none where the waveform
            is too short or coarse, with why.
        generators: Gensets under the load before and after.
        interharmonic: Strongest interharmonic before and after.
        rides: Ride-through under each table.
        rejections: Load that goes onto batteries at once and comes back as a ramp,
            under each ramp rule and ride-through table.
        notes: What a reader must know, in words.
    """

    training: Training
    jobs: tuple[TrainingJob, ...]
    measures: Measures
    ups: UpsFilter | None
    contract: Contract
    before: Stabilized
    after: Stabilized
    verdicts: tuple[tuple[Verdict | Unjudged, Verdict | Unjudged], ...]
    modes: tuple[tuple[ModeMargin, ModeMargin], ...]
    generators: tuple[Islanded, Islanded] | None
    interharmonic: tuple[Interharmonic, Interharmonic] | None
    rides: tuple[tuple[RideTable, Ride], ...]
    rejections: tuple[tuple[Rule, RideTable, Rejection], ...]
    notes: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether every rule that can be judged is kept, and one can."""
        judged = [after for _, after in self.verdicts if isinstance(after, Verdict)]
        return bool(judged) and all(v.passes for v in judged)


def training_of(scenario: Scenario) -> Training:
    """
    Return the training part of a scenario.

    Raises:
        ScenarioError: If it has none.
    """
    if scenario.training is None:
        raise ScenarioError(
            field="training", rule="is needed to stabilize", value="",
            repair="add training: {jobs: [{gpu_count: 32768}]}, see "
            "examples/stabilize.yaml",
        )  # fmt: skip
    return scenario.training


def rules_of(training: Training, known: Mapping[str, Rule]) -> tuple[Rule, ...]:
    """
    Return the rules a site is measured against, its own last.

    Raises:
        ScenarioError: If a name is not known.
    """
    named = _named("rules", training.rules, known)
    return (*named, *(rule.record() for rule in training.own_rules))


def _named(field: str, names: Iterable[str], known: Mapping[str, object]) -> tuple:
    for name in names:
        if name not in known:
            raise ScenarioError(
                field=f"training.{field}", rule="is not known", value=name,
                repair=f"choose among {', '.join(known)}",
            )  # fmt: skip
    return tuple(known[name] for name in names)


def study(scenario: Scenario, known: Known) -> Study:
    """
    Answer a training site.

    Args:
        scenario: A scenario with training.
        known: What is known by name.

    Returns:
        Everything measured.

    Raises:
        ScenarioError: If it has no training, a name is not known, or a measure cannot
            work at its samples.
    """
    training = training_of(scenario)
    rules = rules_of(training, known.rules)
    tables = _named("ride_tables", training.ride_tables, known.tables)
    try:
        return _studied(scenario, training, rules, tables, known)
    except ValueError as error:
        rule, _, repair = str(error).partition("; ")
        raise ScenarioError(
            field="training", rule=rule, value="", repair=repair or "correct it"
        ) from error


def _studied(
    scenario: Scenario, training: Training, rules: tuple[Rule, ...],
    tables: tuple[RideTable, ...], known: Known,
) -> Study:  # fmt: skip
    jobs = training.records(scenario.seed)
    measures = measures_of(training)
    ups = ups_of(training, jobs)
    before = _run(training, jobs, Measures(), ups)
    after = before if measures == Measures() else _run(training, jobs, measures, ups)
    contract = contract_of(training, before.grid)
    first = _judged(training, jobs, Measures(), ups, before, rules, contract)
    second = first
    if after is not before:
        second = _judged(training, jobs, measures, ups, after, rules, contract)
    waves = (before.grid, after.grid)
    modes, why = _modes(waves, known.modes.values())
    return Study(
        training=training, jobs=jobs, measures=measures, ups=ups, contract=contract,
        before=before, after=after, verdicts=tuple(zip(first, second, strict=True)),
        modes=modes, generators=_generators(training, waves),
        interharmonic=_interharmonics(waves, float(training.connection.frequency_hz)),
        rides=tuple(_rides(training, tables, after)),
        rejections=tuple(_rejections(training, rules, tables, after)),
        notes=(*why, *_notes(training, jobs, measures)),
    )  # fmt: skip


def _judged(
    training: Training, jobs: tuple[TrainingJob, ...], measures: Measures,
    ups: UpsFilter | None, found: Stabilized, rules: tuple[Rule, ...],
    contract: Contract,
) -> list[Verdict | Unjudged]:  # fmt: skip
    """Judge every rule, those that want finer samples on excerpts."""

    def finer(begin_s: float, length_s: float, sample_s: float) -> Waveform:
        early_s = min(WARM_UP_S, begin_s)
        again = _again(
            training, jobs, measures, ups, found, begin_s=begin_s - early_s,
            horizon_s=early_s + length_s, sample_s=sample_s,
        )  # fmt: skip
        return Waveform(
            power_w=again.grid.power_w[round(early_s / sample_s) :], sample_s=sample_s
        )

    judged = judge_all(found.grid, rules, contract)
    return [
        judge_excerpts(found.grid, verdict.rule, contract, finer)
        if isinstance(verdict, Unjudged)
        and needed_sample_s(verdict.rule) < training.sample_s
        else verdict
        for verdict in judged
    ]


def _again(
    training: Training, jobs: tuple[TrainingJob, ...], measures: Measures,
    ups: UpsFilter | None, found: Stabilized, *, begin_s: float, horizon_s: float,
    sample_s: float,
) -> Stabilized:  # fmt: skip
    """Run a stretch again, finer, with the charge that the stores had."""
    k = round(begin_s / training.sample_s) - 1
    stores = found.stores if k >= 0 else {}
    charges = {place: float(store.charge_frac[k]) for place, store in stores.items()}
    return stabilized(
        jobs, training.plant.record(), measures, horizon_s=horizon_s,
        clocks=CLOCK_CURVES[training.jobs[0].gpu], ups=ups, sample_s=sample_s,
        begin_s=begin_s, charges=charges,
    )  # fmt: skip


def measures_of(training: Training) -> Measures:
    """Convert a site's measures."""
    given = training.measures
    names = ("scheduling", "ballast", "smoothing", "psu", "rack", "row", "site")
    parts = {name: getattr(given, name) for name in names}
    return Measures(**{name: p and p.record() for name, p in parts.items()})


def ups_of(training: Training, jobs: tuple[TrainingJob, ...]) -> UpsFilter | None:
    """Convert a site's UPS; a rating left empty follows what the jobs may draw."""
    if training.ups is None:
        return None
    plant = training.plant
    highest_w = sum(
        job.gpu_count * (1.1 * job.tdp_w + plant.host_w_per_gpu) for job in jobs
    )
    return training.ups.record(highest_w / plant.supply_efficiency)


def contract_of(training: Training, bare: Waveform) -> Contract:
    """Return what is known of the point of connection."""
    here = training.connection
    power_w = here.contract_w or float(bare.power_w.max())
    return Contract(power_w=power_w, poc=here.record())


def _run(
    training: Training, jobs: tuple[TrainingJob, ...], measures: Measures,
    ups: UpsFilter | None,
) -> Stabilized:  # fmt: skip
    return stabilized(
        jobs, training.plant.record(), measures, horizon_s=training.horizon_s,
        clocks=CLOCK_CURVES[training.jobs[0].gpu], ups=ups,
        sample_s=training.sample_s,
    )  # fmt: skip


def _modes(
    waves: tuple[Waveform, Waveform], modes: Iterable[CriticalMode]
) -> tuple[tuple[tuple[ModeMargin, ModeMargin], ...], tuple[str, ...]]:
    """Margins of every mode that the waveforms reach, and why others are left out."""
    found, why = [], []
    for mode in modes:
        try:
            first = margins(waves[0], [mode])[0]
            same = waves[1] is waves[0]
            found.append((first, first if same else margins(waves[1], [mode])[0]))
        except ValueError as error:
            why.append(f"critical frequency left out: {error}")
    return tuple(found), tuple(why)


def _generators(
    training: Training, waves: tuple[Waveform, Waveform]
) -> tuple[Islanded, Islanded] | None:
    if training.generator is None:
        return None
    highest_w = float(waves[0].power_w.max())
    generator = training.generator.record(
        highest_w, float(training.connection.frequency_hz)
    )
    first, second = (islanded(wave, generator) for wave in waves)
    return first, second


def _interharmonics(
    waves: tuple[Waveform, Waveform], frequency_hz: float
) -> tuple[Interharmonic, Interharmonic] | None:
    try:
        first, second = (
            interharmonic_frac(wave, frequency_hz=frequency_hz) for wave in waves
        )
    except ValueError:
        return None  # too coarse or too short to tell the lines apart
    return first, second


def _rides(
    training: Training, tables: Iterable[RideTable], after: Stabilized
) -> Iterable[tuple[RideTable, Ride]]:
    event = training.disturbance.record(float(training.connection.frequency_hz))
    protection = training.protection.record(training.connection.frequency_hz)
    load_w = float(after.grid.power_w.mean())
    for table in tables:
        yield table, ride_through(event, protection, load_w, table)


def _rejections(
    training: Training, rules: Iterable[Rule], tables: tuple[RideTable, ...],
    after: Stabilized,
) -> Iterable[tuple[Rule, RideTable, Rejection]]:  # fmt: skip
    """A ramp rule wants a long walk-in, a recovery time a short one: is there any?"""
    guard = training.protection
    load_w = guard.ups_frac * float(after.grid.power_w.mean())
    if load_w <= 0:
        return
    for rule in rules:
        for table in tables:
            if rule.kind == "ramp" and math.isfinite(table.recovery_s):
                found = load_rejection(
                    load_w, walk_in_s=guard.walk_in_s, limit_w_per_s=rule.limit,
                    window_s=rule.window_s, retransfer_s=guard.retransfer_s,
                    table=table,
                )  # fmt: skip
                yield rule, table, found


def _notes(
    training: Training, jobs: tuple[TrainingJob, ...], measures: Measures
) -> Iterable[str]:
    """Say what bounds the answer."""
    shortest_s = min(min(shortest_phase_s(job) for job in jobs), math.inf)
    if training.sample_s > shortest_s / 2:
        yield (
            f"samples of {training.sample_s:g} s are longer than half the shortest "
            f"phase of {shortest_s:g} s: its peaks are averaged; sample at "
            f"{shortest_s / 2:g} s or finer"
        )
    if len({job.gpu for job in training.jobs}) > 1 and measures.scheduling:
        yield f"clocks of every job follow the curve of {training.jobs[0].gpu}"


def shortest_phase_s(job: TrainingJob) -> float:
    """Shortest phase of a job. [s]"""
    phases = (
        job.compute_s, job.gap_s, job.communicate_s, job.bubble_s, job.evaluate_s,
        job.checkpoint_s,
    )  # fmt: skip
    return min(phase for phase in phases if phase > 0)


# --- looking closer -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """
    A waveform in buckets that keep its peaks.

    Args:
        t_s: Edges of the buckets. [s], (buckets + 1,)
        low: Lowest value in each. (buckets,)
        high: Highest value in each. (buckets,)
        mean: Mean of each. (buckets,)
    """

    t_s: FloatArray
    low: FloatArray
    high: FloatArray
    mean: FloatArray


def envelope(
    values: FloatArray, sample_s: float, *, from_s: float, to_s: float, points: int,
    begin_s: float = 0.0,
) -> Envelope:  # fmt: skip
    """
    Cut a series into buckets, keeping each one's extremes.

    Args:
        values: The series. (samples,)
        sample_s: Length of a sample. [s]
        from_s: Begin of the window. [s]
        to_s: End of the window. [s]
        points: Most buckets. > 0
        begin_s: Time of the first sample. [s]

    Returns:
        At most `points` buckets; a bucket is a sample where there are fewer.
    """
    first = min(max(0, round((from_s - begin_s) / sample_s)), values.size - 1)
    last = min(max(first + 1, round((to_s - begin_s) / sample_s)), values.size)
    count = min(points, last - first)
    edges: IntArray = np.linspace(first, last, count + 1).round().astype(np.int64)
    low, high, mean = np.empty(count), np.empty(count), np.empty(count)
    compiled.extremes(values, edges, low, high, mean)
    t_s: FloatArray = begin_s + sample_s * edges.astype(np.float64)
    return Envelope(t_s=t_s, low=low, high=high, mean=mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zoom:
    """
    A window of a study.

    Args:
        from_s: Begin. [s]
        to_s: End. [s]
        sample_s: Samples it rests on. [s]
        before: The grid without measures.
        after: The grid with them.
        drawn: What the GPUs draw with them.
        stores: Charge ÷ energy of each place's stores.
        frequency: Frequency of gensets with measures. [Hz]
    """

    from_s: float
    to_s: float
    sample_s: float
    before: Envelope
    after: Envelope
    drawn: Envelope
    stores: dict[str, Envelope]
    frequency: Envelope | None


def zoom(
    found: Study, *, from_s: float = 0.0, to_s: float = math.inf, points: int = 1200
) -> Zoom:
    """
    Look at a window of a study, as fine as a millisecond.

    Where the run's own samples are too coarse for the window it is run again, finer,
    from `WARM_UP_S` before, with the charge the stores had.

    Args:
        found: The study.
        from_s: Begin. [s]
        to_s: End. [s]
        points: Most buckets. > 0

    Returns:
        The window, peaks kept.

    Raises:
        ScenarioError: If the window is empty or outside.
    """
    horizon_s = found.after.grid.horizon_s
    to_s = min(to_s, horizon_s)
    if not 0 <= from_s < to_s:
        raise ScenarioError(
            field="from_s", rule="must be 0 or more and below to_s and the horizon of "
            f"{horizon_s:g} s", value=from_s, repair="choose a window inside",
        )  # fmt: skip
    sample_s = found.training.sample_s
    wanted_s = max(FINE_SAMPLE_S, (to_s - from_s) / points)
    if wanted_s <= sample_s / 2 and (to_s - from_s) / wanted_s <= MOST_FINE / 2:
        return _finer(found, from_s, to_s, points, wanted_s)
    window = {"from_s": from_s, "to_s": to_s, "points": points}
    return _window(found.before, found.after, found.generators, window, 0.0)


def _finer(
    found: Study, from_s: float, to_s: float, points: int, sample_s: float
) -> Zoom:
    begin_s = max(0.0, from_s - min(WARM_UP_S, 0.5 * MOST_FINE * sample_s))
    runs = [
        _again(
            found.training, found.jobs, measures, found.ups, run, begin_s=begin_s,
            horizon_s=to_s - begin_s, sample_s=sample_s,
        )
        for measures, run in (
            (Measures(), found.before), (found.measures, found.after)
        )
    ]  # fmt: skip
    window = {"from_s": from_s, "to_s": to_s, "points": points}
    return _window(runs[0], runs[1], None, window, begin_s)


def _window(
    before: Stabilized, after: Stabilized, generators: tuple[Islanded, Islanded] | None,
    window: Mapping[str, float], begin_s: float,
) -> Zoom:  # fmt: skip
    sample_s = after.grid.sample_s

    def cut(values: FloatArray) -> Envelope:
        return envelope(
            values, sample_s, from_s=window["from_s"], to_s=window["to_s"],
            points=int(window["points"]), begin_s=begin_s,
        )  # fmt: skip

    return Zoom(
        from_s=window["from_s"], to_s=window["to_s"], sample_s=sample_s,
        before=cut(before.grid.power_w), after=cut(after.grid.power_w),
        drawn=cut(after.drawn.power_w),
        stores={place: cut(s.charge_frac) for place, s in after.stores.items()},
        frequency=None if generators is None else cut(generators[1].frequency_hz),
    )  # fmt: skip


def spectra(
    found: Study, *, points: int = 800
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """
    Lines of the grid's power before and after, thinned so that no peak is lost.

    Args:
        found: The study.
        points: Most lines of each.

    Returns:
        Frequencies [Hz] and amplitudes [W], before and after.
    """
    first = thinned(found.before.grid, points=points)
    if found.after is found.before:
        return first, first
    return first, thinned(found.after.grid, points=points)


# --- sizing ---------------------------------------------------------------------------


def size_study(
    scenario: Scenario, known: Known, *,
    on_progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Sized, tuple[Sensitivity, ...]]:  # fmt: skip
    """
    Find the cheapest combination that passes, and what would change it.

    Args:
        scenario: A scenario with training.
        known: What is known by name.
        on_progress: Told the part done, and in words.
        cancelled: Asked now and then whether to stop.

    Returns:
        The search, and its sensitivity.

    Raises:
        ScenarioError: If it has no training, or no rule can be judged.
    """
    training = training_of(scenario)
    case = case_of(scenario, training, rules_of(training, known.rules))
    asked = training.sizing
    options = Options(**{name: getattr(asked, name) for name in Options.__slots__})
    prices = Prices(**asked.prices.model_dump())
    try:
        found = sizing.size(
            case, options, prices, objective=asked.objective, on_progress=on_progress,
            cancelled=cancelled,
        )  # fmt: skip
        turned = sizing.sensitivity(
            case, options, prices, found, objective=asked.objective,
            cancelled=cancelled,
        )  # fmt: skip
    except ValueError as error:
        rule, _, repair = str(error).partition("; ")
        raise ScenarioError(
            field="training.sizing", rule=rule, value="", repair=repair or "correct it"
        ) from error
    return found, turned


def case_of(scenario: Scenario, training: Training, rules: tuple[Rule, ...]) -> Case:
    """Return what is sized: the site with the measures it has anyway."""
    jobs = training.records(scenario.seed)
    ups = ups_of(training, jobs)
    case = Case(
        jobs=jobs, plant=training.plant.record(), base=measures_of(training),
        rules=rules, contract=Contract(), clocks=CLOCK_CURVES[training.jobs[0].gpu],
        ups=ups, horizon_s=training.horizon_s, sample_s=training.sample_s,
    )  # fmt: skip
    coarse = sizing.coarsened(case, ballast=False)
    bare = sizing.stabilized_case(coarse, Measures()).grid
    return replace(case, contract=contract_of(training, bare))


__all__ = [
    "Envelope", "Known", "Plant", "Study", "Zoom", "case_of", "contract_of", "envelope",
    "jobs_waveform", "measures_of", "rules_of", "size_study", "spectra", "study",
    "training_of", "ups_of", "zoom",
]  # fmt: skip

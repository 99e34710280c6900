"""
A training site answered: before and after its measures, rule by rule.

One run without measures and one with them; everything the pages and the report show is
measured on these two. `docs/models/stabilize.md`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.catalogue.gpus import CLOCK_CURVES
from twin.errors import ScenarioError, wanted
from twin.scenario.model import Scenario
from twin.scenario.training import Training
from twin.stabilize.at_connection import Contract
from twin.stabilize.chain import Measures, Site, Stabilized, stabilized
from twin.stabilize.excerpts import judge_excerpts
from twin.stabilize.harmonics import Interharmonic, interharmonic_frac
from twin.stabilize.resonance import CriticalMode, ModeMargin, margins
from twin.stabilize.ride_table import RideTable
from twin.stabilize.ride_through import Rejection, Ride, load_rejection, ride_through
from twin.stabilize.rules import Rule, Unjudged, Verdict, judge_all, needed_sample_s
from twin.stabilize.upstream import (
    GENSET_CLASSES,
    ClassVerdict,
    Islanded,
    UpsFilter,
    islanded,
    judge_genset,
)
from twin.training.job import TrainingJob
from twin.training.waveform import Waveform
from twin.types import Cancel

WARM_UP_S = 300.0
"""A stretch that is run again begins this much earlier, so that filters settle. [s]"""


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
        site: Jobs, plant and UPS.
        measures: The measures.
        contract: The point of connection.
        before: Without measures.
        after: With them.
        verdicts: Of every rule, before and after.
        modes: Margins to critical frequencies before and after; none where the waveform
            is too short or coarse, with why.
        generators: Gensets under the load before and after.
        classes: What they keep of each class of gensets, before and after.
        interharmonic: Strongest interharmonic before and after.
        rides: Ride-through under each table.
        rejections: Load that goes onto batteries at once and comes back as a ramp,
            under each ramp rule and ride-through table.
        notes: What a reader must know, in words.
    """

    training: Training
    site: Site
    measures: Measures
    contract: Contract
    before: Stabilized
    after: Stabilized
    verdicts: tuple[tuple[Verdict | Unjudged, Verdict | Unjudged], ...]
    modes: tuple[tuple[ModeMargin, ModeMargin], ...]
    generators: tuple[Islanded, Islanded] | None
    classes: tuple[tuple[ClassVerdict, ClassVerdict], ...]
    interharmonic: tuple[Interharmonic, Interharmonic] | None
    rides: tuple[tuple[RideTable, Ride], ...]
    rejections: tuple[tuple[Rule, RideTable, Rejection], ...]
    notes: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether every rule is kept; one that could not be judged is not."""
        after = [verdict for _, verdict in self.verdicts]
        return bool(after) and all(isinstance(v, Verdict) and v.passes for v in after)


def training_of(scenario: Scenario) -> Training:
    """
    Return the training part of a scenario.

    Raises:
        ScenarioError: If it has none.
    """
    if scenario.training is None:
        raise ScenarioError("training", "is needed to stabilize", "",
                            "add training: {jobs: [{gpu_count: 32768}]}, see "
                            "examples/stabilize.yaml")  # fmt: skip
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
            raise ScenarioError(f"training.{field}", "is not known", name,
                                f"choose among {', '.join(known)}")  # fmt: skip
    return tuple(known[name] for name in names)


def study(
    scenario: Scenario, known: Known, bare: Study | None = None,
    cancelled: Cancel | None = None,
) -> Study:  # fmt: skip
    """
    Answer a training site.

    Args:
        scenario: A scenario with training.
        known: What is known by name.
        bare: A study of the same scenario with any measures: what it found without
            them is taken over.
        cancelled: Asked before each rule and each critical frequency.

    Returns:
        Everything measured.

    Raises:
        Cancelled: If asked to stop.
        ScenarioError: If it has no training, a name is not known, or a measure cannot
            work at its samples.
    """
    training = training_of(scenario)
    rules = rules_of(training, known.rules)
    tables = _named("ride_tables", training.ride_tables, known.tables)
    try:
        return _studied(scenario, training, rules, tables, known, bare, cancelled)
    except ValueError as error:
        raise named(error, training) from error


def named(error: ValueError, training: Training) -> ScenarioError:
    """
    Say which field of a scenario a refusal of the core means.

    Args:
        error: The refusal; it begins with the field's name.
        training: What was asked.
    """
    rule, _, repair = str(error).partition("; ")
    name, _, rest = rule.partition(" ")
    path, value = _place(training.model_dump(), name)
    if not path:
        path, value, rest = "", None, rule
    return ScenarioError(
        ".".join(("training", path)).rstrip("."),
        rest.removeprefix(f"{value:g} " if isinstance(value, float) else ""), value,
        repair or "correct it"
    )  # fmt: skip


def _place(document: Any, name: str) -> tuple[str, Any]:
    """Path and value of the first field of a name; an empty path where none is."""
    pairs = (
        document.items()
        if isinstance(document, dict)
        else (enumerate(document) if isinstance(document, list | tuple) else ())
    )
    for key, value in pairs:
        if key == name:
            return str(key), value
        inner, found = _place(value, name)
        if inner:
            return f"{key}.{inner}", found
    return "", None


def _studied(
    scenario: Scenario, training: Training, rules: tuple[Rule, ...],
    tables: tuple[RideTable, ...], known: Known, bare: Study | None,
    cancelled: Cancel | None,
) -> Study:  # fmt: skip
    site = site_of(scenario, training)
    measures = measures_of(training)
    horizon_s, sample_s = training.horizon_s, training.sample_s
    if bare is not None:
        before = bare.before
    else:
        before = stabilized(site, Measures(), horizon_s=horizon_s, sample_s=sample_s)
    after = before
    if measures != Measures():
        after = stabilized(site, measures, horizon_s=horizon_s, sample_s=sample_s)
    contract = contract_of(training, before.grid)
    first = [verdict for verdict, _ in bare.verdicts] if bare else (
        _judged(site, Measures(), before, wanted(rules, cancelled), contract)
    )  # fmt: skip
    second = first
    if after is not before:
        second = _judged(site, measures, after, wanted(rules, cancelled), contract)
    waves = (before.grid, after.grid)
    modes, why = _modes(waves, wanted(known.modes.values(), cancelled), bare)
    generators, classes = _generators(training, waves, bare)
    return Study(
        training=training, site=site, measures=measures, contract=contract,
        before=before, after=after, verdicts=tuple(zip(first, second, strict=True)),
        modes=modes, generators=generators, classes=classes,
        interharmonic=_interharmonics(training, waves, bare),
        rides=tuple(_rides(training, tables, after)),
        rejections=tuple(_rejections(training, rules, tables, after)),
        notes=(*why, *_notes(training, site, measures, tables, (before, after))),
    )  # fmt: skip


def _judged(
    site: Site, measures: Measures, found: Stabilized, rules: Iterable[Rule],
    contract: Contract,
) -> list[Verdict | Unjudged]:  # fmt: skip
    """Judge every rule, those that want finer samples on excerpts."""

    def finer(begin_s: float, length_s: float, sample_s: float) -> Waveform:
        early_s = min(WARM_UP_S, begin_s)
        again = run_again(
            site, measures, found, begin_s=begin_s - early_s,
            horizon_s=early_s + length_s, sample_s=sample_s,
        )  # fmt: skip
        return Waveform(
            power_w=again.grid.power_w[round(early_s / sample_s) :], sample_s=sample_s
        )

    judged = judge_all(found.grid, rules, contract)
    return [
        judge_excerpts(found.grid, verdict.rule, contract, finer)
        if isinstance(verdict, Unjudged)
        and needed_sample_s(verdict.rule) < found.grid.sample_s
        else verdict
        for verdict in judged
    ]


def run_again(
    site: Site, measures: Measures, found: Stabilized, *, begin_s: float,
    horizon_s: float, sample_s: float,
) -> Stabilized:  # fmt: skip
    """
    Run a stretch again, finer, with the charge that the stores had.

    Args:
        site: The site.
        measures: Its measures.
        found: The whole run.
        begin_s: Begin of the stretch. [s]
        horizon_s: Its length. [s]
        sample_s: Its samples. [s]

    Returns:
        The stretch.
    """
    k = round(begin_s / found.grid.sample_s) - 1
    stores = found.placed if k >= 0 else {}
    charges = {place: float(store.charge_frac[k]) for place, store in stores.items()}
    return stabilized(
        site, measures, horizon_s=horizon_s, sample_s=sample_s, begin_s=begin_s,
        charges=charges,
    )  # fmt: skip


def site_of(scenario: Scenario, training: Training) -> Site:
    """Convert a scenario's jobs, plant and UPS."""
    jobs = training.records(scenario.seed)
    return Site(
        jobs=jobs, plant=training.plant.record(), ups=ups_of(training, jobs),
        clocks=CLOCK_CURVES[training.jobs[0].gpu],
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
    return Contract(power_w=power_w, poc=here.record(), harmonics=here.harmonics())


def _modes(
    waves: tuple[Waveform, Waveform], modes: Iterable[CriticalMode], bare: Study | None
) -> tuple[tuple[tuple[ModeMargin, ModeMargin], ...], tuple[str, ...]]:
    """Margins of every mode that the waveforms reach, and why others are left out."""
    done = {first.mode.key: first for first, _ in bare.modes} if bare else {}
    found, why = [], []
    for mode in modes:
        try:
            first = done.get(mode.key) or margins(waves[0], [mode])[0]
            same = waves[1] is waves[0]
            found.append((first, first if same else margins(waves[1], [mode])[0]))
        except ValueError as error:
            why.append(f"critical frequency left out: {error}")
    return tuple(found), tuple(why)


def _generators(
    training: Training, waves: tuple[Waveform, Waveform], bare: Study | None
) -> tuple[
    tuple[Islanded, Islanded] | None, tuple[tuple[ClassVerdict, ClassVerdict], ...]
]:
    """Gensets before and after, and what they keep of each class."""
    if training.generator is None:
        return None, ()
    highest_w = float(waves[0].power_w.max())
    generator = training.generator.record(
        highest_w, float(training.connection.frequency_hz)
    )
    first = bare.generators[0] if bare and bare.generators else None
    first = first or islanded(waves[0], generator)
    second = islanded(waves[1], generator)
    classes = tuple(
        (judge_genset(first, generator, c), judge_genset(second, generator, c))
        for c in GENSET_CLASSES
    )
    return (first, second), classes


def _interharmonics(
    training: Training, waves: tuple[Waveform, Waveform], bare: Study | None
) -> tuple[Interharmonic, Interharmonic] | None:
    frequency_hz = float(training.connection.frequency_hz)
    first = bare.interharmonic[0] if bare and bare.interharmonic else None
    try:
        first = first or interharmonic_frac(waves[0], frequency_hz=frequency_hz)
        return first, interharmonic_frac(waves[1], frequency_hz=frequency_hz)
    except ValueError:
        return None  # too coarse or too short to tell the lines apart


def _rides(
    training: Training, tables: Iterable[RideTable], after: Stabilized
) -> Iterable[tuple[RideTable, Ride]]:
    nominal_hz = float(training.connection.frequency_hz)
    event = training.disturbance.record(nominal_hz)
    protection = training.protection.record(nominal_hz)
    load_w = _busiest_w(after.grid)
    for table in tables:
        if not _fits(table, nominal_hz):
            continue
        yield table, ride_through(event, protection, load_w, table)


def _rejections(
    training: Training, rules: Iterable[Rule], tables: tuple[RideTable, ...],
    after: Stabilized,
) -> Iterable[tuple[Rule, RideTable, Rejection]]:  # fmt: skip
    """A ramp rule wants a long walk-in, a recovery time a short one: is there any?"""
    guard = training.protection
    load_w = guard.ups_frac * _busiest_w(after.grid)
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


def _busiest_w(wave: Waveform) -> float:
    """Highest mean of a minute: what a disturbance may strike. [W]"""
    count = min(wave.power_w.size, max(1, round(60.0 / wave.sample_s)))
    sums = np.cumsum(np.concatenate([[0.0], wave.power_w]))
    return float((sums[count:] - sums[:-count]).max()) / count


def _fits(table: RideTable, nominal_hz: float) -> bool:
    """Whether a table's frequencies are those of this grid."""
    return not table.frequency or any(
        band.low < nominal_hz < band.high and band.least_s == math.inf
        for band in table.frequency
    )


def _notes(
    training: Training, site: Site, measures: Measures, tables: Iterable[RideTable],
    runs: tuple[Stabilized, Stabilized],
) -> Iterable[str]:  # fmt: skip
    """Say what bounds the answer."""
    shortest_s = min(shortest_phase_s(job) for job in site.jobs)
    if training.sample_s > shortest_s / 2:
        yield (
            f"samples of {training.sample_s:g} s are longer than half the shortest "
            f"phase of {shortest_s:g} s: its peaks are averaged; sample at "
            f"{shortest_s / 2:g} s or finer"
        )
    if len({job.gpu for job in training.jobs}) > 1 and measures.scheduling:
        yield f"clocks of every job follow the curve of {training.jobs[0].gpu}"
    nominal_hz = float(training.connection.frequency_hz)
    for table in tables:
        if not _fits(table, nominal_hz):
            yield f"{table.key} is not written for {nominal_hz:g} Hz and left out"
    smoothing = measures.smoothing
    for job in site.jobs:
        if smoothing is None:
            break
        if job.levels.compute < smoothing.active_frac:
            yield (
                f"GPU smoothing never engages: compute at {job.levels.compute:g} of "
                f"TDP is no work to it, which begins at {smoothing.active_frac:g}"
            )
        if job.checkpoint_every and job.checkpoint_s > smoothing.release_s:
            yield (
                f"the floor stands {smoothing.release_s:g} s after work and is let go "
                f"inside checkpoints of {job.checkpoint_s:g} s"
            )
    for name, run in zip(("without", "with"), runs, strict=True):
        if run.feeds_back:
            yield (
                f"{name} measures the UPS would push power back, which a rectifier "
                "cannot: raise the UPS's damping or the least load"
            )
        if float(run.grid.power_w.min()) < 0.0:
            yield f"{name} measures the site exports power at times; limit its stores"


def shortest_phase_s(job: TrainingJob) -> float:
    """Shortest phase of a job. [s]"""
    phases = (
        job.compute_s, job.gap_s, job.communicate_s, job.bubble_s, job.evaluate_s,
        job.checkpoint_s,
    )  # fmt: skip
    return min(phase for phase in phases if phase > 0)

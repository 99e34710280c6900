"""
From GPUs to the grid: every measure in its place, and the books of energy.

    job -> ramps -> ballast -> smoothing -> + host -> PSU store -> supply losses
        -> rack stores -> row stores -> all jobs -> UPS -> + cooling + other load
        -> site store -> grid

All GPUs of a job do the same, so its thousand PSU stores act as one of their sum.
`docs/models/stabilize.md`, eq. 13.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from twin.catalogue.performance import ClockCurve
from twin.errors import NOT_NEGATIVE, PART, POSITIVE, check_fields
from twin.stabilize import compiled
from twin.stabilize.ballast import Ballast, filled
from twin.stabilize.scheduling import Scheduling, ramped, scheduled
from twin.stabilize.smoothing import Smoothing, smoothed
from twin.stabilize.storage import Storage, Stored, stored
from twin.stabilize.upstream import UpsFilter, ups_input
from twin.training.job import TrainingJob
from twin.training.waveform import Waveform, job_waveform
from twin.types import FloatArray

PLACES = ("psu", "rack", "row", "site")
Place = tuple[str, int]
"""Where a store stands (psu, rack, row or site), and the job it stands behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """
    What stands between GPUs and the grid, measures aside.

    Args:
        host_w_per_gpu: Steady power of a server beside its GPUs ÷ their number. [W]
        supply_efficiency: Output ÷ input of server supplies. 0..1
        gpus_per_rack: [GPUs], > 0
        racks_per_row: [racks], > 0
        cooling_frac: Power of cooling ÷ IT power. [1], >= 0
        cooling_s: Time constant with which it follows. [s], > 0
        other_w: Other load at the same meter, steady. [W], >= 0
    """

    host_w_per_gpu: float = 0.0
    supply_efficiency: float = 1.0
    gpus_per_rack: int = 72
    racks_per_row: int = 10
    cooling_frac: float = 0.0
    cooling_s: float = 120.0
    other_w: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, NOT_NEGATIVE, "host_w_per_gpu", "cooling_frac", "other_w")
        check_fields(self, POSITIVE, "gpus_per_rack", "racks_per_row", "cooling_s")
        check_fields(self, PART, "supply_efficiency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """
    Jobs and what stands between them and the grid, measures aside.

    Args:
        jobs: The jobs.
        plant: Hosts, racks, supplies and cooling.
        clocks: What a lower clock does to the jobs.
        ups: The UPS on the way; none passes everything without loss.
    """

    jobs: tuple[TrainingJob, ...]
    plant: Plant
    clocks: ClockCurve
    ups: UpsFilter | None = None

    def __post_init__(self) -> None:
        if not self.jobs:
            raise ValueError("jobs must name at least one job, got none; add one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """
    Measures, each of which may be absent.

    Args:
        scheduling: Of the jobs.
        ballast: On every GPU.
        smoothing: On every GPU.
        psu: Store of one GPU's share of a supply.
        rack: Store of one rack.
        row: Store of one row.
        site: Store of the site.
    """

    scheduling: Scheduling | None = None
    ballast: Ballast | None = None
    smoothing: Smoothing | None = None
    psu: Storage | None = None
    rack: Storage | None = None
    row: Storage | None = None
    site: Storage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """
    Where energy went. All [J]; grid = everything else's sum, `lacked_j` taken off.

    Args:
        work_j: What the jobs' GPUs would draw.
        lacked_j: What caps, ramps and ceilings kept from them.
        burnt_j: What floors, ballast and ramps burnt beyond the work.
        host_j: Servers beside their GPUs.
        supply_loss_j: Lost in server supplies.
        store_loss_j: Lost in stores.
        store_gain_j: Charge at the end less charge at the begin.
        ups_loss_j: Lost in the UPS.
        ups_gain_j: Energy its link holds more at the end.
        cooling_j: Cooling.
        other_j: Other load.
        grid_j: Drawn from the grid.
        start_lacked_j: Of what was lacked, by ramps at starts and restarts.
        start_burnt_j: Of what was burnt, by ramps at ends and failures.
    """

    work_j: float = 0.0
    lacked_j: float = 0.0
    burnt_j: float = 0.0
    host_j: float = 0.0
    supply_loss_j: float = 0.0
    store_loss_j: float = 0.0
    store_gain_j: float = 0.0
    ups_loss_j: float = 0.0
    ups_gain_j: float = 0.0
    cooling_j: float = 0.0
    other_j: float = 0.0
    grid_j: float = 0.0
    start_lacked_j: float = 0.0
    start_burnt_j: float = 0.0

    @property
    def unexplained_frac(self) -> float:
        """What does not add up ÷ energy from the grid; rounding alone."""
        parts = (
            self.work_j - self.lacked_j + self.burnt_j + self.host_j
            + self.supply_loss_j + self.store_loss_j + self.store_gain_j
            + self.ups_loss_j + self.ups_gain_j + self.cooling_j + self.other_j
        )  # fmt: skip
        return (self.grid_j - parts) / self.grid_j if self.grid_j else 0.0

    @property
    def wasted_frac(self) -> float:
        """Burnt, and lost in stores ÷ energy of the work. [1]"""
        wasted_j = self.burnt_j + self.store_loss_j
        return wasted_j / self.work_j if self.work_j > 0 else 0.0


@dataclass(slots=True)
class _Ledger:
    """Sums on the way."""

    totals: dict[str, float] = field(default_factory=dict)

    def add(self, **amounts: float) -> None:
        """Add amounts to their accounts. [J]"""
        for name, amount in amounts.items():
            self.totals[name] = self.totals.get(name, 0.0) + amount


@dataclass(slots=True)
class _Fates:
    """Sums over GPUs of what their jobs lose, and the most worn burn circuit's part."""

    slowdown: float = 0.0
    lost_start_s: float = 0.0
    burn_life_frac: float = 0.0


@dataclass(frozen=True, slots=True)
class _Stores:
    """Stores on the way: where their charge begins, and what became of them."""

    charges: Mapping[Place, float]
    found: dict[Place, Stored] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stabilized:
    """
    A site behind its measures.

    Args:
        gpus: What the jobs' GPUs would draw: their work.
        drawn: What they draw, under the measures on them.
        load: The site before its own store.
        grid: What the grid gives.
        placed: Stores by place and job, all of a place of a job as one; the site's
            under job 0.
        books: Where energy went.
        slowdown_frac: Time the jobs lose ÷ their time, by their GPUs, but for starts.
            [1]
        lost_start_s: Time a job loses to the ramp at each start, by its GPUs. [s]
        starts: Starts and restarts inside the horizon, of all jobs.
        burn_life_frac: Part of the burn circuit's life used per year. [1]
        jobs: The jobs as they run.
        feeds_back: Whether the UPS, as modelled, would push power back somewhere.
    """

    gpus: Waveform
    drawn: Waveform
    load: Waveform
    grid: Waveform
    placed: dict[Place, Stored]
    books: Books
    slowdown_frac: float
    lost_start_s: float
    starts: int
    burn_life_frac: float
    jobs: tuple[TrainingJob, ...]
    feeds_back: bool

    @property
    def stores(self) -> dict[str, Stored]:
        """Stores by place; the largest job's where a place is within jobs."""
        order = sorted(self.placed, key=lambda at: self.jobs[at[1]].gpu_count)
        order.sort(key=lambda at: PLACES.index(at[0]))
        return {place: self.placed[place, k] for place, k in order}


def stabilized(
    site: Site, measures: Measures, *, horizon_s: float, sample_s: float = 1e-3,
    begin_s: float = 0.0, charges: Mapping[Place, float] | None = None,
) -> Stabilized:  # fmt: skip
    """
    Run jobs through every measure to the grid.

    Args:
        site: The jobs and what stands between.
        measures: The measures.
        horizon_s: Length. [s]
        sample_s: Length of a sample. [s]
        begin_s: Time of the jobs at the first sample. [s]
        charges: Charge ÷ energy of each place's and job's stores; centres without.

    Returns:
        Waveforms on the way, stores, books and slowdown.

    Raises:
        ValueError: If a measure cannot work at such samples.
    """
    jobs, plant = site.jobs, site.plant
    runs = scheduled(jobs, measures.scheduling or Scheduling(), site.clocks)
    ledger, stores = _Ledger(), _Stores(charges or {})
    gpus_w, drawn_w, load_w, fates = _jobs_w(
        site, runs, measures, stores, ledger, horizon_s, sample_s, begin_s
    )
    feeds_back = False
    if site.ups is not None:
        taken = ups_input(Waveform(power_w=load_w, sample_s=sample_s), site.ups)
        ledger.add(ups_loss_j=taken.lost_j, ups_gain_j=taken.gained_j)
        load_w, feeds_back = taken.wave.power_w, taken.feeds_back
        del taken
    settle_s = max(job.iteration_s for job in runs)
    load_w += _cooling_w(load_w, plant, sample_s, settle_s, ledger)
    load_w += plant.other_w
    ledger.add(other_j=plant.other_w * load_w.size * sample_s)
    load = Waveform(power_w=load_w, sample_s=sample_s)
    grid = load
    if measures.site is not None:
        grid = _stored(load, ("site", 0), measures.site, stores, ledger, settle_s)
    gpus = sum(job.gpu_count for job in jobs)
    return Stabilized(
        gpus=Waveform(power_w=gpus_w, sample_s=sample_s),
        drawn=Waveform(power_w=drawn_w, sample_s=sample_s), load=load, grid=grid,
        placed=stores.found, feeds_back=feeds_back,
        books=Books(**ledger.totals, grid_j=grid.energy_j),
        slowdown_frac=fates.slowdown / gpus, lost_start_s=fates.lost_start_s / gpus,
        starts=sum(len(job.runs(horizon_s)) for job in runs),
        burn_life_frac=fates.burn_life_frac, jobs=runs,
    )  # fmt: skip


def _jobs_w(
    site: Site, runs: tuple[TrainingJob, ...], measures: Measures, stores: _Stores,
    ledger: _Ledger, horizon_s: float, sample_s: float, begin_s: float,
) -> tuple[FloatArray, FloatArray, FloatArray, _Fates]:  # fmt: skip
    """
    Sum the jobs: what their GPUs would draw, what they draw, and their rows. [W]

    A study of a million samples is its arrays: the two are one where nothing acts on
    GPUs, and what belongs to one job is let go with it.
    """
    scheduling = measures.scheduling or Scheduling()
    samples = round(horizon_s / sample_s)
    gpus_w, rows_w = np.zeros(samples), np.zeros(samples)
    drawn_w = gpus_w
    fates = _Fates()
    for k, (before, job) in enumerate(zip(site.jobs, runs, strict=True)):
        work = job_waveform(
            job, horizon_s=horizon_s, sample_s=sample_s, begin_s=begin_s
        )
        gpu, slow, lost_s, used = _at_gpus(
            work, job, measures, scheduling, ledger, begin_s
        )
        slower = job.iteration_s / before.iteration_s - 1.0
        fates.slowdown += (slow + slower) * job.gpu_count
        fates.lost_start_s += lost_s * job.gpu_count
        fates.burn_life_frac = max(fates.burn_life_frac, used)
        if gpu is not work and drawn_w is gpus_w:
            drawn_w = gpus_w.copy()
        gpus_w += work.power_w
        if drawn_w is not gpus_w:
            drawn_w += gpu.power_w
        rows_w += _rows_w(gpu, k, job, site.plant, measures, stores, ledger)
    return gpus_w, drawn_w, rows_w, fates


def _at_gpus(
    work: Waveform, job: TrainingJob, measures: Measures, scheduling: Scheduling,
    ledger: _Ledger, begin_s: float,
) -> tuple[Waveform, float, float, float]:  # fmt: skip
    """Power of a job's GPUs, its slowdown, time lost a start, and burn life a year."""
    ledger.add(work_j=work.energy_j)
    wave, slow, lost_s, life = work, 0.0, 0.0, 0.0
    cap_w: FloatArray | None = None
    gpus, tdp_w = job.gpu_count, job.tdp_w
    if scheduling.start_ramp_s or scheduling.end_ramp_s:
        done = ramped(wave, job, scheduling, begin_s=begin_s)
        ledger.add(
            burnt_j=done.burnt_j, lacked_j=done.lacked_j, start_burnt_j=done.burnt_j,
            start_lacked_j=done.lacked_j,
        )  # fmt: skip
        wave, lost_s, cap_w = done.wave, done.lost_start_s, done.cap_w
    if measures.ballast is not None:
        late_s = begin_s + work.horizon_s
        full = filled(
            wave, measures.ballast, gpu_count=gpus, tdp_w=tdp_w,
            runs=[(a - begin_s, b - begin_s) for a, b in job.runs(late_s)],
        )  # fmt: skip
        ledger.add(burnt_j=full.burnt_j)
        wave, slow = full.wave, slow + full.slowdown_frac
    if measures.smoothing is not None:
        held = smoothed(
            wave, measures.smoothing, gpu_count=gpus, tdp_w=tdp_w,
            idle_frac=job.levels.idle,
        )  # fmt: skip
        ledger.add(burnt_j=held.burnt_j, lacked_j=held.lacked_j)
        wave, slow, life = held.wave, slow + held.slowdown_frac, held.lifetime_frac
    if cap_w is not None:  # floors and ballast keep to a start's cap
        over_w = np.maximum(wave.power_w - cap_w, 0.0)
        ledger.add(burnt_j=-float(over_w.sum()) * wave.sample_s)
        wave = Waveform(power_w=wave.power_w - over_w, sample_s=wave.sample_s)
    return wave, slow, lost_s, life


def _rows_w(
    gpu: Waveform, k: int, job: TrainingJob, plant: Plant, measures: Measures,
    stores: _Stores, ledger: _Ledger,
) -> FloatArray:  # fmt: skip
    """Power of a job's rows. [W]"""
    host_w = plant.host_w_per_gpu * job.gpu_count
    wave = Waveform(power_w=gpu.power_w + host_w, sample_s=gpu.sample_s)
    ledger.add(host_j=host_w * gpu.horizon_s)
    if measures.psu is not None:
        own = measures.psu.times(job.gpu_count)
        wave = _stored(wave, ("psu", k), own, stores, ledger, job.iteration_s)
    if plant.supply_efficiency < 1.0:
        supplied = Waveform(
            power_w=wave.power_w / plant.supply_efficiency, sample_s=wave.sample_s
        )
        ledger.add(supply_loss_j=supplied.energy_j - wave.energy_j)
        wave = supplied
    racks = job.gpu_count / plant.gpus_per_rack
    for place, store, count in (
        ("rack", measures.rack, racks),
        ("row", measures.row, racks / plant.racks_per_row),
    ):  # fmt: skip
        if store is not None:
            own = store.times(count)
            wave = _stored(wave, (place, k), own, stores, ledger, job.iteration_s)
    return wave.power_w


def _stored(
    wave: Waveform, place: Place, store: Storage, stores: _Stores, ledger: _Ledger,
    settle_s: float,
) -> Waveform:  # fmt: skip
    """Put a store in its place."""
    found = stored(wave, store, begin_frac=stores.charges.get(place), settle_s=settle_s)
    ledger.add(store_loss_j=found.lost_j, store_gain_j=found.gained_j)
    stores.found[place] = found
    return found.wave


def _cooling_w(
    it_w: FloatArray, plant: Plant, sample_s: float, settle_s: float, ledger: _Ledger
) -> FloatArray:
    """Cooling, which follows IT power slowly. [W]"""
    slow_w: FloatArray = np.zeros(it_w.size)
    if plant.cooling_frac:
        before_w = float(it_w[: max(1, round(settle_s / sample_s))].mean())
        compiled.low_pass(it_w, sample_s, plant.cooling_s, before_w, slow_w)
        slow_w *= plant.cooling_frac
    ledger.add(cooling_j=float(slow_w.sum()) * sample_s)
    return slow_w

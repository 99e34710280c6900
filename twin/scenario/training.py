"""
Training jobs and the contract they meet: what `nameplate stabilize` is asked.

Jobs, the plant between them and the grid, the point of connection, measures, rules,
and what sizing may choose from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from twin.catalogue.gpus import CLOCK_CURVES, GPUS
from twin.scenario.base import Checked, Model, Recorded, described, part, quantity
from twin.scenario.grid_side import Disturbance, Generator, Protection, Ups
from twin.scenario.measures import Measures
from twin.scenario.sizing import Sizing

if TYPE_CHECKING:
    from twin.stabilize import connection, harmonics
    from twin.training import job as core

_PAPER = "power stabilization paper: about TDP in compute, near idle between"
_OURS = "assumed"
_MOST_JOBS = 20
_MOST_SAMPLES = 20_000_000
DEFAULT_RULES = (
    "ercot-2026", "ieso-15s", "stabilization-share", "caiso-ramp", "lipa-low",
    "lipa-high", "southern-6s",
)  # fmt: skip


class Levels(Model):
    """Power of a GPU in each phase ÷ TDP."""

    compute: float = quantity(
        1.0, "Forward and backward passes", source=f"{_PAPER} (second-hand)", ge=0, le=2
    )
    communicate: float = quantity(
        0.4, "Exposed communication", source="assumed: a floor of 90 % that costs 10.5 "
        "% of energy fits 0.2 to 0.4", ge=0, le=2,
    )  # fmt: skip
    bubble: float = quantity(0.4, "Pipeline bubble", source=_OURS, ge=0, le=2)
    evaluate: float = quantity(0.7, "Evaluation", source=_OURS, ge=0, le=2)
    checkpoint: float = quantity(0.2, "Blocking checkpoint", source=_OURS, ge=0, le=2)
    idle: float | None = quantity(
        None, "Before the start, in a restart, after the end. Empty means the GPU's "
        "idle power in the catalogue", example=0.12, ge=0, le=2,
    )  # fmt: skip


class Job(Checked):
    """One synchronous training job."""

    name: str = described(
        "Training", "Name of the job", example="GPT-3", min_length=1, max_length=80
    )
    gpu: str = described("gb200-186gb", "GPU type from the catalogue")
    gpu_count: int = quantity(
        32_768, "GPUs in the job", unit="GPUs", source=_OURS, ge=1, le=10_000_000
    )
    tdp_w: float | None = quantity(
        None, "TDP of a GPU. Empty means the catalogue's", unit="W", example=1200, gt=0,
        le=10_000,
    )  # fmt: skip
    compute_s: float = quantity(
        1.6, "Compute of one microbatch", unit="s", source=_OURS, gt=0, le=1e5
    )
    microbatches: int = quantity(
        1, "Gradient accumulation steps in an iteration", example=4, source=_OURS, ge=1,
        le=10_000,
    )  # fmt: skip
    gap_s: float = quantity(
        0.0, "Pause between microbatches", unit="s", example=0.01, source=_OURS, ge=0,
        le=1e5,
    )  # fmt: skip
    communicate_s: float = quantity(
        0.4, "Exposed communication of an iteration", unit="s",
        source=f"{_OURS}: with 1.6 s of compute duty is 0.8, which a 90 % floor at "
        "+10.5 % energy asks for", ge=0, le=1e5,
    )  # fmt: skip
    bubble_s: float = quantity(
        0.0, "Pipeline bubble of an iteration", unit="s", example=0.1, source=_OURS,
        ge=0, le=1e5,
    )  # fmt: skip
    evaluate_every: int = quantity(
        0, "Iterations between evaluations; 0 for none", unit="iterations", example=12,
        source=_OURS, ge=0, le=10_000_000,
    )  # fmt: skip
    evaluate_s: float = quantity(
        0.0, "Length of an evaluation", unit="s", example=13, source=_OURS, ge=0, le=1e6
    )
    checkpoint_every: int = quantity(
        0, "Iterations between checkpoints; 0 for none", unit="iterations", example=500,
        source=_OURS, ge=0, le=10_000_000,
    )  # fmt: skip
    checkpoint_s: float = quantity(
        0.0, "Time a checkpoint blocks", unit="s", example=20, source=_OURS, ge=0,
        le=1e6,
    )  # fmt: skip
    checkpoint_offset: int = quantity(
        0, "Iterations that checkpoints come later", unit="iterations", source=_OURS,
        ge=0, le=10_000_000,
    )  # fmt: skip
    write_s: float = quantity(
        0.0, "Time an asynchronous checkpoint is written beside compute", unit="s",
        example=60, source=_OURS, ge=0, le=1e6,
    )  # fmt: skip
    write_slow_frac: float = quantity(
        0.0, "Compute time that the writing adds", example=0.03, source=_OURS, ge=0,
        le=10,
    )  # fmt: skip
    start_s: float = quantity(
        0.0, "When it starts", unit="s", example=60, source=_OURS, ge=0, le=1e7
    )
    ramp_s: float = quantity(
        0.0, "Its own power rises over this at a start", unit="s", example=5,
        source=_OURS, ge=0, le=1e5,
    )  # fmt: skip
    end_s: float | None = quantity(
        None, "When it ends. Empty means after the horizon", unit="s", example=1140,
        gt=0, le=1e7,
    )  # fmt: skip
    failures_s: tuple[float, ...] = quantity(
        (), "When it fails, rising", unit="s", example=[600.0], max_length=100
    )
    restart_s: float = quantity(
        300.0, "From a failure to the first iteration after it", unit="s", source=_OURS,
        gt=0, le=1e6,
    )  # fmt: skip
    jitter_s: float = quantity(
        0.01, "Standard deviation of edges between GPUs", unit="s", source=_OURS, ge=0,
        le=60,
    )  # fmt: skip
    straggle_frac: float = quantity(
        0.01, "Standard deviation of an iteration's compute ÷ its mean", source=_OURS,
        ge=0, le=1,
    )  # fmt: skip
    levels: Levels = part(Levels, "Power by phase", {"communicate": 0.4})

    def record(self, seed: int = 1) -> core.TrainingJob:
        """Convert to the core's record."""
        from twin.training import job as core

        gpu = GPUS[self.gpu]
        tdp_w = self.tdp_w or gpu.tdp_w.value
        levels = self.levels.model_dump(exclude_none=True)
        levels.setdefault("idle", gpu.idle_w.value / tdp_w)
        given = self.model_dump(exclude={"name", "gpu", "levels", "tdp_w"})
        end_s = given.pop("end_s")
        return core.TrainingJob(
            **given, tdp_w=tdp_w, levels=core.Levels(**levels), seed=seed,
            end_s=float("inf") if end_s is None else end_s,
        )  # fmt: skip

    def _check(self) -> None:
        if self.gpu not in GPUS:
            raise ValueError(
                f"gpu {self.gpu!r} is not in the catalogue; known are {', '.join(GPUS)}"
            )
        self.record()


class Plant(Recorded):
    """What stands between GPUs and the grid, measures aside."""

    core = "twin.stabilize.chain.Plant"
    host_w_per_gpu: float = quantity(
        350.0, "Steady power of a server beside its GPUs ÷ their number", unit="W",
        source="assumed: a GB200 tray of 6.7 kW leaves 467 W at most", ge=0, le=1e4,
    )  # fmt: skip
    supply_efficiency: float = quantity(
        0.97, "Output ÷ input of server supplies", source="MLPerf Training v4.0 power "
        "logs: DC ÷ AC 0.965 to 0.99 (read)", gt=0, le=1,
    )  # fmt: skip
    gpus_per_rack: int = quantity(
        72, "GPUs in a rack", unit="GPUs", source="NVL72", ge=1, le=10_000
    )
    racks_per_row: int = quantity(
        10, "Racks in a row", unit="racks", source=_OURS, ge=1, le=10_000
    )
    cooling_frac: float = quantity(
        0.2, "Power of cooling ÷ IT power; it follows slowly", source=_OURS, ge=0, le=2
    )
    cooling_s: float = quantity(
        120.0, "Time constant with which cooling follows", unit="s", source=_OURS, gt=0,
        le=1e5,
    )  # fmt: skip
    other_w: float = quantity(
        0.0, "Other load at the same meter, steady", unit="W", example=2e6,
        source=_OURS, ge=0, le=1e11,
    )  # fmt: skip


class Connection(Checked):
    """The point of connection and what is contracted there."""

    contract_w: float | None = quantity(
        None, "Contracted power, for limits that are a part of it. Empty means the "
        "highest power without measures", unit="W", example=8e7, gt=0, le=1e11,
    )  # fmt: skip
    nominal_v: float = quantity(
        138_000.0, "Voltage between lines", unit="V", source=_OURS, ge=100, le=1.2e6
    )
    short_circuit_va: float = quantity(
        3e9, "Three-phase short-circuit power, the least in operation", unit="VA",
        source=_OURS, ge=1e4, le=1e12,
    )  # fmt: skip
    x_over_r: float = quantity(
        10.0, "Reactance ÷ resistance of the grid", source=_OURS, ge=0, le=1000
    )
    power_factor: float = quantity(
        0.99, "Of the load, lagging", source=_OURS, gt=0, le=1
    )
    frequency_hz: Literal[50, 60] = quantity(
        60, "Grid frequency", unit="Hz", example=60
    )
    lamp_v: Literal[120, 230] = quantity(
        120, "Lamps of the people around", unit="V", example=120
    )

    harmonic_orders: tuple[int, ...] = quantity(
        (), "Orders of the site's harmonic currents. Empty means those assumed for "
        "supplies with power-factor correction, 2.8 % together", example=[5, 7, 11, 13],
        max_length=50,
    )  # fmt: skip
    harmonic_frac: tuple[float, ...] = quantity(
        (), "Each order's current ÷ the fundamental",
        example=[0.02, 0.015, 0.008, 0.006], max_length=50,
    )  # fmt: skip

    def record(self) -> connection.PointOfConnection:
        """Convert to the core's record."""
        from twin.stabilize import connection

        own = {"contract_w", "harmonic_orders", "harmonic_frac"}
        return connection.PointOfConnection(**self.model_dump(exclude=own))

    def harmonics(self) -> harmonics.Harmonics:
        """Convert the harmonic currents to the core's record."""
        from twin.stabilize.harmonics import Harmonics

        if not self.harmonic_orders:
            return Harmonics()
        return Harmonics(order=self.harmonic_orders, current_frac=self.harmonic_frac)

    def _check(self) -> None:
        if len(self.harmonic_orders) != len(self.harmonic_frac):
            raise ValueError(
                f"harmonic_orders must have a value each in harmonic_frac, got "
                f"{len(self.harmonic_frac)}; give both lists alike"
            )
        self.harmonics()


class OwnRule(Recorded):
    """A rule of the user's own, beside those that are known by name."""

    core = "twin.stabilize.rules.Rule"
    key: str = described(
        ..., "Its name in answers", example="our-utility", min_length=1, max_length=60
    )
    title: str = described(
        "", "What it asks, in words", example="at most 5 MW in 5 s", max_length=300
    )
    authority: str = described(
        "own", "Who asks for it", example="Utility", max_length=120
    )
    kind: Literal[
        "band-swing",
        "band-share",
        "change",
        "ramp",
        "range",
        "voltage-change",
        "pst",
        "plt",
        "tdd",
        "thd",
    ] = described(..., "What is measured", example="change")
    limit: float = quantity(
        ..., "Limit: power, ramp or share, by kind", unit="W, W/s or 1", example=5e6,
        gt=0,
    )  # fmt: skip
    limit_frac: float = quantity(
        0.0, "The same ÷ contracted power; the lower holds", example=0.05, ge=0, le=1
    )
    window_s: float = quantity(0.0, "Rolling window", unit="s", example=5, ge=0, le=1e6)
    low_hz: float = quantity(
        0.0, "Lower edge of the band", unit="Hz", example=0.1, ge=0, le=1e4
    )
    high_hz: float = quantity(
        0.0, "Upper edge of the band", unit="Hz", example=20, ge=0, le=1e4
    )
    up_w_per_s: float = quantity(
        0.0, "Fastest rise of a range's baseline", unit="W/s", example=3e5, ge=0
    )
    down_w_per_s: float = quantity(
        0.0, "Fastest fall of a range's baseline", unit="W/s", example=3e5, ge=0
    )
    source: str = described(
        "given by the user", "Where it stands", example="contract", max_length=400
    )
    date: str = described("unknown", "Of its text", example="2026-01-01", max_length=40)


class Training(Checked):
    """Training jobs behind one meter, and what they are measured against."""

    jobs: tuple[Job, ...] = part(
        lambda: (Job(),), "Jobs, each with its own phase", [{"gpu_count": 32_768}],
        min_length=1, max_length=_MOST_JOBS,
    )  # fmt: skip
    plant: Plant = part(
        Plant, "What stands between GPUs and the grid", {"cooling_frac": 0.2}
    )
    connection: Connection = part(
        Connection, "The point of connection", {"nominal_v": 138_000}
    )
    ups: Ups | None = described(
        None, "The UPS on the way; empty passes everything, without loss",
        example={"bandwidth_hz": 10},
    )  # fmt: skip
    generator: Generator | None = described(
        None, "Gensets that carry the site alone; empty for none",
        example={"inertia_s": 1},
    )  # fmt: skip
    protection: Protection = part(
        Protection, "How the site lets go of the grid", {"walk_in_s": 10}
    )
    disturbance: Disturbance = part(
        Disturbance, "What the grid does to it", {"kind": "virginia-2024"}
    )
    ride_tables: tuple[str, ...] = described(
        ("nogrr282", "itic"), "Ride-through tables by name; `nameplate stabilize "
        "--rules` lists them", example=["nogrr282"], max_length=20,
    )  # fmt: skip
    measures: Measures = part(
        Measures, "Measures against swings", {"smoothing": {"floor_frac": 0.9}}
    )
    rules: tuple[str, ...] = described(
        DEFAULT_RULES, "Grid rules by name; `nameplate stabilize --rules` lists them",
        example=list(DEFAULT_RULES[:2]), max_length=60,
    )  # fmt: skip
    own_rules: tuple[OwnRule, ...] = described(
        (), "Rules of your own",
        example=[{"key": "ours", "kind": "change", "limit": 5e6, "window_s": 5}],
        max_length=20,
    )  # fmt: skip
    horizon_s: float = quantity(
        1200.0, "Length of the waveform", unit="s",
        source="assumed: two windows of the longest rule", gt=0, le=2_000_000,
    )  # fmt: skip
    sample_s: float = quantity(
        0.001, "Length of a sample", unit="s", source="the waveform clock", ge=1e-4,
        le=60,
    )  # fmt: skip
    sizing: Sizing = part(
        Sizing, "What sizing may choose from, and prices", {"floors_frac": [0, 0.9]}
    )

    def records(self, seed: int = 1) -> tuple[core.TrainingJob, ...]:
        """Convert the jobs to the core's records; each has draws of its own."""
        return tuple(job.record(seed + k) for k, job in enumerate(self.jobs))

    def _check(self) -> None:
        samples = self.horizon_s / self.sample_s
        if samples > _MOST_SAMPLES:
            raise ValueError(
                f"horizon_s {self.horizon_s:g} ÷ sample_s {self.sample_s:g} are "
                f"{samples:.0f} samples, more than {_MOST_SAMPLES}; shorten the "
                "horizon or lengthen samples"
            )
        if samples < 2:
            raise ValueError(
                f"sample_s {self.sample_s:g} must go into horizon_s {self.horizon_s:g} "
                "at least twice; shorten it"
            )
        self.connection.record()
        curves = {CLOCK_CURVES[job.gpu] for job in self.jobs}
        lowest = max(c.clock_mhz[0] / c.clock_mhz[-1] for c in curves)
        scheduling = self.measures.scheduling
        if scheduling is not None and scheduling.clock_frac < lowest:
            raise ValueError(
                f"measures.scheduling.clock_frac {scheduling.clock_frac} lies below "
                f"the clock curve, {lowest:.2f}; raise it"
            )
        doubles = [r.key for r in self.own_rules if r.key in self.rules]
        if doubles:
            raise ValueError(
                f"own_rules has {doubles[0]!r}, which rules names too; rename it"
            )

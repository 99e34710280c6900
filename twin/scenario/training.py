"""
Training jobs and the contract they meet: what `nameplate stabilize` is asked.

Jobs, the plant between them and the grid, the point of connection, measures, rules,
and what sizing may choose from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from twin.catalogue.gpus import CLOCK_CURVES, GPUS
from twin.scenario.base import Model, quantity
from twin.scenario.grid_side import Disturbance, Generator, Protection, Ups
from twin.scenario.measures import Measures
from twin.scenario.sizing import Sizing

if TYPE_CHECKING:
    from twin.stabilize import chain, connection, harmonics, rules
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
        1.0, unit="1", doc="Forward and backward passes", example=1.0,
        source=f"{_PAPER} (second-hand)", ge=0, le=2,
    )  # fmt: skip
    communicate: float = quantity(
        0.4, unit="1", doc="Exposed communication", example=0.4,
        source="assumed: a floor of 90 % that costs 10.5 % of energy fits 0.2 to 0.4",
        ge=0, le=2,
    )  # fmt: skip
    bubble: float = quantity(
        0.4, unit="1", doc="Pipeline bubble", example=0.4, source=_OURS, ge=0, le=2
    )
    evaluate: float = quantity(
        0.7, unit="1", doc="Evaluation", example=0.7, source=_OURS, ge=0, le=2
    )
    checkpoint: float = quantity(
        0.2, unit="1", doc="Blocking checkpoint", example=0.2, source=_OURS, ge=0, le=2
    )
    idle: float | None = quantity(
        None, unit="1", doc="Before the start, in a restart, after the end. Empty "
        "means the GPU's idle power in the catalogue", example=0.12, ge=0, le=2,
    )  # fmt: skip


class Job(Model):
    """One synchronous training job."""

    name: str = Field(
        "Training", description="Name of the job", examples=["GPT-3"], min_length=1,
        max_length=80,
    )  # fmt: skip
    gpu: str = Field(
        "gb200-186gb", description="GPU type from the catalogue",
        examples=["gb200-186gb"],
    )  # fmt: skip
    gpu_count: int = quantity(
        32_768, unit="GPUs", doc="GPUs in the job", example=32_768, source=_OURS,
        ge=1, le=10_000_000,
    )  # fmt: skip
    tdp_w: float | None = quantity(
        None, unit="W", doc="TDP of a GPU. Empty means the catalogue's", example=1200,
        gt=0, le=10_000,
    )  # fmt: skip
    compute_s: float = quantity(
        1.6, unit="s", doc="Compute of one microbatch", example=1.6, source=_OURS,
        gt=0, le=1e5,
    )  # fmt: skip
    microbatches: int = quantity(
        1, unit="1", doc="Gradient accumulation steps in an iteration", example=4,
        source=_OURS, ge=1, le=10_000,
    )  # fmt: skip
    gap_s: float = quantity(
        0.0, unit="s", doc="Pause between microbatches", example=0.01, source=_OURS,
        ge=0, le=1e5,
    )  # fmt: skip
    communicate_s: float = quantity(
        0.4, unit="s", doc="Exposed communication of an iteration", example=0.4,
        source=f"{_OURS}: with 1.6 s of compute duty is 0.8, which a 90 % floor at "
        "+10.5 % energy asks for", ge=0, le=1e5,
    )  # fmt: skip
    bubble_s: float = quantity(
        0.0, unit="s", doc="Pipeline bubble of an iteration", example=0.1,
        source=_OURS, ge=0, le=1e5,
    )  # fmt: skip
    evaluate_every: int = quantity(
        0, unit="iterations", doc="Iterations between evaluations; 0 for none",
        example=12, source=_OURS, ge=0, le=10_000_000,
    )  # fmt: skip
    evaluate_s: float = quantity(
        0.0, unit="s", doc="Length of an evaluation", example=13, source=_OURS, ge=0,
        le=1e6,
    )  # fmt: skip
    checkpoint_every: int = quantity(
        0, unit="iterations", doc="Iterations between checkpoints; 0 for none",
        example=500, source=_OURS, ge=0, le=10_000_000,
    )  # fmt: skip
    checkpoint_s: float = quantity(
        0.0, unit="s", doc="Time a checkpoint blocks", example=20, source=_OURS, ge=0,
        le=1e6,
    )  # fmt: skip
    checkpoint_offset: int = quantity(
        0, unit="iterations", doc="Iterations that checkpoints come later", example=0,
        source=_OURS, ge=0, le=10_000_000,
    )  # fmt: skip
    write_s: float = quantity(
        0.0, unit="s", doc="Time an asynchronous checkpoint is written beside compute",
        example=60, source=_OURS, ge=0, le=1e6,
    )  # fmt: skip
    write_slow_frac: float = quantity(
        0.0, unit="1", doc="Compute time that the writing adds", example=0.03,
        source=_OURS, ge=0, le=10,
    )  # fmt: skip
    start_s: float = quantity(
        0.0, unit="s", doc="When it starts", example=60, source=_OURS, ge=0, le=1e7
    )
    ramp_s: float = quantity(
        0.0, unit="s", doc="Its own power rises over this at a start", example=5,
        source=_OURS, ge=0, le=1e5,
    )  # fmt: skip
    end_s: float | None = quantity(
        None, unit="s", doc="When it ends. Empty means after the horizon",
        example=1140, gt=0, le=1e7,
    )  # fmt: skip
    failures_s: tuple[float, ...] = Field(
        (), description="When it fails, rising [s]", examples=[[600.0]], max_length=100,
        json_schema_extra={"unit": "s"},
    )  # fmt: skip
    restart_s: float = quantity(
        300.0, unit="s", doc="From a failure to the first iteration after it",
        example=300, source=_OURS, gt=0, le=1e6,
    )  # fmt: skip
    jitter_s: float = quantity(
        0.01, unit="s", doc="Standard deviation of edges between GPUs", example=0.01,
        source=_OURS, ge=0, le=60,
    )  # fmt: skip
    straggle_frac: float = quantity(
        0.01, unit="1", doc="Standard deviation of an iteration's compute ÷ its mean",
        example=0.01, source=_OURS, ge=0, le=1,
    )  # fmt: skip
    levels: Levels = Field(
        default_factory=Levels, description="Power by phase",
        examples=[{"communicate": 0.4}],
    )  # fmt: skip

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

    @model_validator(mode="after")
    def _sane(self) -> Job:
        if self.gpu not in GPUS:
            raise ValueError(
                f"gpu {self.gpu!r} is not in the catalogue; known are {', '.join(GPUS)}"
            )
        self.record()
        return self


class Plant(Model):
    """What stands between GPUs and the grid, measures aside."""

    host_w_per_gpu: float = quantity(
        350.0, unit="W", doc="Steady power of a server beside its GPUs ÷ their number",
        example=350, source="assumed: a GB200 tray of 6.7 kW leaves 467 W at most",
        ge=0, le=1e4,
    )  # fmt: skip
    supply_efficiency: float = quantity(
        0.97, unit="1", doc="Output ÷ input of server supplies", example=0.97,
        source="MLPerf Training v4.0 power logs: DC ÷ AC 0.965 to 0.99 (read)", gt=0,
        le=1,
    )  # fmt: skip
    gpus_per_rack: int = quantity(
        72, unit="GPUs", doc="GPUs in a rack", example=72, source="NVL72", ge=1,
        le=10_000,
    )  # fmt: skip
    racks_per_row: int = quantity(
        10, unit="racks", doc="Racks in a row", example=10, source=_OURS, ge=1,
        le=10_000,
    )  # fmt: skip
    cooling_frac: float = quantity(
        0.2, unit="1", doc="Power of cooling ÷ IT power; it follows slowly",
        example=0.2, source=_OURS, ge=0, le=2,
    )  # fmt: skip
    cooling_s: float = quantity(
        120.0, unit="s", doc="Time constant with which cooling follows", example=120,
        source=_OURS, gt=0, le=1e5,
    )  # fmt: skip
    other_w: float = quantity(
        0.0, unit="W", doc="Other load at the same meter, steady", example=2e6,
        source=_OURS, ge=0, le=1e11,
    )  # fmt: skip

    def record(self) -> chain.Plant:
        """Convert to the core's record."""
        from twin.stabilize import chain

        return chain.Plant(**self.model_dump())


class Connection(Model):
    """The point of connection and what is contracted there."""

    contract_w: float | None = quantity(
        None, unit="W", doc="Contracted power, for limits that are a part of it. "
        "Empty means the highest power without measures", example=8e7, gt=0, le=1e11,
    )  # fmt: skip
    nominal_v: float = quantity(
        138_000.0, unit="V", doc="Voltage between lines", example=138_000,
        source=_OURS, ge=100, le=1.2e6,
    )  # fmt: skip
    short_circuit_va: float = quantity(
        3e9, unit="VA", doc="Three-phase short-circuit power, the least in operation",
        example=3e9, source=_OURS, ge=1e4, le=1e12,
    )  # fmt: skip
    x_over_r: float = quantity(
        10.0, unit="1", doc="Reactance ÷ resistance of the grid", example=10,
        source=_OURS, ge=0, le=1000,
    )  # fmt: skip
    power_factor: float = quantity(
        0.99, unit="1", doc="Of the load, lagging", example=0.99, source=_OURS, gt=0,
        le=1,
    )  # fmt: skip
    frequency_hz: Literal[50, 60] = Field(
        60, description="Grid frequency [Hz]", examples=[60],
        json_schema_extra={"unit": "Hz"},
    )  # fmt: skip
    lamp_v: Literal[120, 230] = Field(
        120, description="Lamps of the people around [V]", examples=[120],
        json_schema_extra={"unit": "V"},
    )  # fmt: skip

    harmonic_orders: tuple[int, ...] = Field(
        (), description="Orders of the site's harmonic currents. Empty means those "
        "assumed for supplies with power-factor correction, 2.8 % together [1]",
        examples=[[5, 7, 11, 13]], max_length=50, json_schema_extra={"unit": "1"},
    )  # fmt: skip
    harmonic_frac: tuple[float, ...] = Field(
        (), description="Each order's current ÷ the fundamental [1]",
        examples=[[0.02, 0.015, 0.008, 0.006]], max_length=50,
        json_schema_extra={"unit": "1"},
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

    @model_validator(mode="after")
    def _sane(self) -> Connection:
        if len(self.harmonic_orders) != len(self.harmonic_frac):
            raise ValueError(
                f"harmonic_orders must have a value each in harmonic_frac, got "
                f"{len(self.harmonic_frac)}; give both lists alike"
            )
        self.harmonics()
        return self


class OwnRule(Model):
    """A rule of the user's own, beside those that are known by name."""

    key: str = Field(
        ..., description="Its name in answers", examples=["our-utility"], min_length=1,
        max_length=60,
    )  # fmt: skip
    title: str = Field(
        "", description="What it asks, in words", examples=["at most 5 MW in 5 s"],
        max_length=300,
    )  # fmt: skip
    authority: str = Field(
        "own", description="Who asks for it", examples=["Utility"], max_length=120
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
    ] = Field(..., description="What is measured", examples=["change"])
    limit: float = quantity(
        ..., unit="W, W/s or 1", doc="Limit: power, ramp or share, by kind",
        example=5e6, gt=0,
    )  # fmt: skip
    limit_frac: float = quantity(
        0.0, unit="1", doc="The same ÷ contracted power; the lower holds", example=0.05,
        ge=0, le=1,
    )  # fmt: skip
    window_s: float = quantity(
        0.0, unit="s", doc="Rolling window", example=5, ge=0, le=1e6
    )
    low_hz: float = quantity(
        0.0, unit="Hz", doc="Lower edge of the band", example=0.1, ge=0, le=1e4
    )
    high_hz: float = quantity(
        0.0, unit="Hz", doc="Upper edge of the band", example=20, ge=0, le=1e4
    )
    up_w_per_s: float = quantity(
        0.0, unit="W/s", doc="Fastest rise of a range's baseline", example=3e5, ge=0
    )
    down_w_per_s: float = quantity(
        0.0, unit="W/s", doc="Fastest fall of a range's baseline", example=3e5, ge=0
    )
    source: str = Field(
        "given by the user", description="Where it stands", examples=["contract"],
        max_length=400,
    )  # fmt: skip
    date: str = Field(
        "unknown", description="Of its text", examples=["2026-01-01"], max_length=40
    )

    def record(self) -> rules.Rule:
        """Convert to the core's record."""
        from twin.stabilize import rules

        return rules.Rule(**self.model_dump())

    @model_validator(mode="after")
    def _sane(self) -> OwnRule:
        self.record()
        return self


class Training(Model):
    """Training jobs behind one meter, and what they are measured against."""

    jobs: tuple[Job, ...] = Field(
        default_factory=lambda: (Job(),), description="Jobs, each with its own phase",
        examples=[[{"gpu_count": 32_768}]], min_length=1, max_length=_MOST_JOBS,
    )  # fmt: skip
    plant: Plant = Field(
        default_factory=Plant, description="What stands between GPUs and the grid",
        examples=[{"cooling_frac": 0.2}],
    )  # fmt: skip
    connection: Connection = Field(
        default_factory=Connection, description="The point of connection",
        examples=[{"nominal_v": 138_000}],
    )  # fmt: skip
    ups: Ups | None = Field(
        None, description="The UPS on the way; empty passes everything, without loss",
        examples=[{"bandwidth_hz": 10}],
    )  # fmt: skip
    generator: Generator | None = Field(
        None, description="Gensets that carry the site alone; empty for none",
        examples=[{"inertia_s": 1}],
    )  # fmt: skip
    protection: Protection = Field(
        default_factory=Protection, description="How the site lets go of the grid",
        examples=[{"walk_in_s": 10}],
    )  # fmt: skip
    disturbance: Disturbance = Field(
        default_factory=Disturbance, description="What the grid does to it",
        examples=[{"kind": "virginia-2024"}],
    )  # fmt: skip
    ride_tables: tuple[str, ...] = Field(
        ("nogrr282", "itic"), description="Ride-through tables by name; `nameplate "
        "stabilize --rules` lists them", examples=[["nogrr282"]], max_length=20,
    )  # fmt: skip
    measures: Measures = Field(
        default_factory=Measures, description="Measures against swings",
        examples=[{"smoothing": {"floor_frac": 0.9}}],
    )  # fmt: skip
    rules: tuple[str, ...] = Field(
        DEFAULT_RULES, description="Grid rules by name; `nameplate stabilize --rules` "
        "lists them", examples=[list(DEFAULT_RULES[:2])], max_length=60,
    )  # fmt: skip
    own_rules: tuple[OwnRule, ...] = Field(
        (), description="Rules of your own",
        examples=[[{"key": "ours", "kind": "change", "limit": 5e6, "window_s": 5}]],
        max_length=20,
    )  # fmt: skip
    horizon_s: float = quantity(
        1200.0, unit="s", doc="Length of the waveform", example=1200,
        source="assumed: two windows of the longest rule", gt=0, le=2_000_000,
    )  # fmt: skip
    sample_s: float = quantity(
        0.001, unit="s", doc="Length of a sample", example=0.001,
        source="the waveform clock", ge=1e-4, le=60,
    )  # fmt: skip
    sizing: Sizing = Field(
        default_factory=Sizing, description="What sizing may choose from, and prices",
        examples=[{"floors_frac": [0, 0.9]}],
    )  # fmt: skip

    def records(self, seed: int = 1) -> tuple[core.TrainingJob, ...]:
        """Convert the jobs to the core's records; each has draws of its own."""
        return tuple(job.record(seed + k) for k, job in enumerate(self.jobs))

    @model_validator(mode="after")
    def _sane(self) -> Training:
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
        return self

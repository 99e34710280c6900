"""Questions about training sites and their answers."""

from __future__ import annotations

from typing import Any

from pydantic import create_model

from api.schemas.base import In, Out, said
from api.schemas.reflect import schema_of
from api.schemas.results import ProvenanceOut, TimingOut
from api.schemas.stored import Question, Viewed
from twin.compliance.zoom import Zoom
from twin.stabilize.chain import Books
from twin.stabilize.costs import Costs
from twin.stabilize.harmonics import Interharmonic
from twin.stabilize.options import Choice
from twin.stabilize.resonance import CriticalMode
from twin.stabilize.ride_through import Rejection
from twin.stabilize.ride_verdict import Finding
from twin.stabilize.rules import Rule
from twin.training.learned import Learned

_MOST_POINTS = 5000


class StabilizeRunIn(Viewed, Question):
    """A training site before and after its measures."""

    points: int = said(
        "Most buckets of each waveform; each keeps its lowest and highest", 1200, 1200,
        ge=10, le=_MOST_POINTS,
    )  # fmt: skip


class ZoomIn(StabilizeRunIn):
    """A window of a study."""

    from_s: float = said("Begin", 100.0, 0.0, unit="s", ge=0, le=2e6)
    to_s: float = said("End", 101.0, 1e6, unit="s", gt=0, le=2e6)


class SizeIn(Viewed, Question):
    """A search for measures; `training.sizing` says among which."""


class LearnIn(In):
    """Recorded power of a training job."""

    t_s: list[float] = said(
        "Times, rising", [0.0, 2.0, 4.0], unit="s", min_length=16, max_length=200_000
    )
    power_w: list[float] = said(
        "Readings of one node, or the sum over nodes", [6000.0, 6100.0, 4200.0],
        unit="W", min_length=16, max_length=200_000,
    )  # fmt: skip
    node_count: int = said("Nodes in the sum", 64, 1, ge=1, le=1_000_000)
    gpus_per_node: int = said("GPUs of a node", 8, 8, ge=1, le=1000)
    gpu_count: int | None = said(
        "GPUs of the job to make; empty means those recorded", 16_384, None, ge=1,
        le=10_000_000,
    )  # fmt: skip
    tdp_w: float = said("TDP of one GPU", 700.0, 700.0, unit="W", gt=0, le=10_000)
    host_w: float = said(
        "Steady power of a node beside its GPUs, taken off; 0 leaves it in the levels",
        1500.0, 0.0, unit="W", ge=0, le=1e5,
    )  # fmt: skip
    gaps_allowed: bool = said("Whether gaps are taken as they are", False, False)


# --- answers --------------------------------------------------------------------------

RuleOut = create_model(
    "RuleOut",
    __base__=schema_of(Rule),
    unit=(str, said("Unit of limit and worst value", "W")),
)


class JudgedOut(Out):
    """What was measured under a rule."""

    worst: float | None = said("Worst value, in the rule's unit", 8e6)
    limit: float | None = said("Limit that held, in the rule's unit", 1e7)
    margin_frac: float | None = said("(limit - worst) ÷ limit; below 0 it fails", 0.2)
    passes: bool = said("Whether the limit is kept", True)
    at_s: float | None = said("Begin of the worst window", 59.0, unit="s")
    worst_hz: float | None = said("Strongest line inside the band", 0.5, unit="Hz")
    note: str = said("What the figure rests on, where that is not the whole rule", "")


class VerdictOut(RuleOut):  # type: ignore[valid-type,misc]
    """A rule, before and after measures."""

    before: JudgedOut | None = said("Without measures; null where unjudged", {})
    after: JudgedOut | None = said("With measures; null where unjudged", {})
    why_not: str | None = said("Why the rule could not be judged", "needs 1200 s")


class DrivenOut(Out):
    """How strongly a critical frequency is driven."""

    amplitude_w: float | None = said("Largest amplitude in the band", 1e6, unit="W")
    at_hz: float | None = said("Its frequency", 0.5, unit="Hz")
    at_s: float | None = said("Middle of its segment", 300.0, unit="s")
    margin_frac: float | None = said("(limit - amplitude) ÷ limit", 0.4)
    passes: bool = said("Whether the limit is kept", True)
    nearby_w: float | None = said("Largest amplitude just outside", 1e5, unit="W")
    nearby_hz: float | None = said("Its frequency", 1.1, unit="Hz")
    nearby_ratio: float | None = said("It ÷ the band's nearer edge", 1.1)


class ModeOut(Out):
    """A critical frequency, before and after measures."""

    key: str = said("Name", "inter-area")
    title: str = said("What swings there", "swings between areas over long lines")
    low_hz: float = said("Lower edge", 0.1, unit="Hz")
    high_hz: float = said("Upper edge", 1.0, unit="Hz")
    source: str = said("Where it stands", "power stabilization paper")
    date: str = said("Of the text", "2025")
    limit_w: float | None = said("Limit of the amplitude", 2.5e6, unit="W")
    resolution_hz: float = said("Width that counts as one line", 0.05, unit="Hz")
    before: DrivenOut = said("Without measures", {})
    after: DrivenOut = said("With measures", {})


class RunFiguresOut(Out):
    """Figures of one run."""

    highest_w: float = said("Highest power from the grid", 6e7, unit="W")
    lowest_w: float = said("Lowest", 2e7, unit="W")
    mean_w: float = said("Mean", 5e7, unit="W")
    books: schema_of(Books) = said("Where energy went", {})  # type: ignore[valid-type]
    unexplained_frac: float | None = said("Books that do not close ÷ grid", 1e-15)
    wasted_frac: float | None = said("Burnt and lost in stores ÷ work", 0.1)
    slowdown_frac: float | None = said("Time the jobs lose, starts aside", 0.001)
    lost_start_s: float | None = said("Time lost at each start", 60.0, unit="s")
    starts: int = said("Starts and restarts in the horizon", 1)
    burn_life_frac: float | None = said("Burn circuit's life used a year", 0.0)


class StoreOut(Out):
    """A place's stores."""

    place: str = said("psu, rack, row or site", "site")
    power_w: float = said("Power of one", 2e7, unit="W")
    energy_j: float = said("Energy of one", 3.6e9, unit="J")
    control: str = said("What the grid should see", "low-pass")
    lowest_frac: float = said("Lowest charge ÷ energy", 0.2)
    highest_frac: float = said("Highest charge ÷ energy", 0.8)
    lost_j: float = said("Energy lost in all of them", 1e8, unit="J")
    full_cycles: float = said("Energy delivered ÷ energy", 3.0)
    life_years: float | None = said(
        "Until a fifth of the capacity is lost, at this pace; null for ever", 8.0,
        unit="years",
    )  # fmt: skip
    full_or_empty_frac: float = said("Part of the time without any left", 0.0)


class JobOut(Out):
    """A training job as it runs."""

    name: str = said("Name", "Training")
    gpu: str = said("GPU type", "gb200-186gb")
    gpu_count: int = said("GPUs", 32_768, unit="GPUs")
    tdp_w: float = said("TDP of one", 1200.0, unit="W")
    iteration_s: float = said("Length of an iteration", 2.0, unit="s")
    duty: float = said("Part of it that computes", 0.8)
    start_s: float = said("When it starts", 0.0, unit="s")
    end_s: float | None = said("When it ends; null after the horizon", 1140.0, unit="s")


class UpsOut(Out):
    """What the UPS does to a swing."""

    rated_w: float = said("Rated output", 6e7, unit="W")
    peak_gain: float = said("Most that a swing grows on its way", 1.0)
    peak_hz: float | None = said("At which frequency; null where none", 8.0, unit="Hz")
    amplifies_below_hz: float | None = said("Swings below this grow", 0.0, unit="Hz")
    words: str = said("The same in words", "passes swings slower than about 10 Hz")


class IslandOut(Out):
    """Gensets under the load."""

    lowest_hz: float | None = said("Lowest frequency", 58.9, unit="Hz")
    highest_hz: float | None = said("Highest frequency", 61.0, unit="Hz")
    worst_off_hz: float | None = said("Largest deviation, signed", -1.1, unit="Hz")
    worst_at_s: float | None = said("When", 61.0, unit="s")
    rocof_hz_per_s: float | None = said("Steepest change", 3.0, unit="Hz/s")
    load_frac: float | None = said("Highest load ÷ rated power", 0.8)
    overload_s: float | None = said("Time above rated power", 0.0, unit="s")
    fuel_limited_frac: float | None = said("Time the governor was held back", 0.0)


class ClassOut(Out):
    """What gensets keep of a class's transient limits."""

    key: str = said("Class of ISO 8528-5", "G2")
    source: str = said("Where its limits are from", "ISO 8528-5 (memory)")
    margin_before_frac: float | None = said("Least margin without measures", -0.2)
    margin_after_frac: float | None = said("Least margin with measures", 0.3)
    passes: bool = said("Whether it is kept with measures", True)


class GeneratorsOut(Out):
    """Gensets before and after measures."""

    classes: list[ClassOut] = said("Classes of gensets", [])

    before: IslandOut = said("Without measures", {})
    after: IslandOut = said("With measures", {})


class TableOut(Out):
    """A ride-through table."""

    key: str = said("Name", "nogrr282")
    authority: str = said("Who asks for it", "ERCOT")
    title: str = said("What it asks", "ride-through of large computational loads")
    source: str = said("Where it stands", "second-hand")
    date: str = said("Of the text", "2026")


class RideOut(TableOut):
    """A disturbance under one table."""

    key: str = said("Name of the table", "nogrr282")
    event: str = said("What the grid did", "0.4 pu for 200 ms")
    passes: bool = said("Whether every requirement is kept", False)
    lost_w: float | None = said("Most the grid missed", 4e7, unit="W")
    lost_s: float | None = said("Time below the recovery share", 20.0, unit="s")
    recovered_s: float | None = said(
        "From the voltage's return until the load was back; null if never", 20.0,
        unit="s",
    )  # fmt: skip
    battery_j: float | None = said("Energy that batteries gave", 1e9, unit="J")
    findings: list[schema_of(Finding)] = said(  # type: ignore[valid-type]
        "Each requirement", []
    )
    t_s: list[float | None] = said("Times; twice where power jumps", [0.0], unit="s")
    grid_w: list[float | None] = said("Power at them", [5e7], unit="W")
    voltage_t_s: list[float] = said("When the voltage changes", [0.0], unit="s")
    voltage_pu: list[float] = said("To what", [1.0], unit="pu")


RejectionOut = create_model(
    "RejectionOut",
    __base__=schema_of(Rejection),
    rule=(str, said("The ramp rule", "caiso-ramp")),
    table=(str, said("The ride-through table", "nogrr282")),
)


class LinesOut(Out):
    """Lines of a spectrum, thinned so that no peak is lost."""

    hertz: list[float | None] = said("Frequencies", [0.5], unit="Hz")
    power_w: list[float | None] = said("Amplitudes", [1e6], unit="W")


class SpectraOut(Out):
    """Spectra of the grid's power."""

    before: LinesOut = said("Without measures", {})
    after: LinesOut = said("With measures", {})


class AssumptionOut(Out):
    """A number that the answer rests on."""

    path: str = said("Field of the scenario", "training.plant.cooling_frac")
    meaning: str = said("What it is", "Power of cooling ÷ IT power")
    value: Any = said("Its value", 0.2)
    unit: str = said("Its unit", "1")
    source: str = said("Where it is from: given, assumed, or a source", "assumed")


ZoomOut = create_model(
    "ZoomOut",
    __base__=schema_of(Zoom),
    timing=(TimingOut | None, said("What it cost", {"computed_s": 0.02}, None)),
)


class StabilizeRunOut(Out):
    """A training site before and after its measures."""

    passes: bool = said("Whether every rule that can be judged is kept", True)
    contract_w: float = said("Contracted power", 8e7, unit="W")
    sample_s: float = said("Length of a sample", 0.001, unit="s")
    horizon_s: float = said("Length of the run", 1200.0, unit="s")
    verdicts: list[VerdictOut] = said("Rules", [])
    modes: list[ModeOut] = said("Critical frequencies", [])
    before: RunFiguresOut = said("Without measures", {})
    after: RunFiguresOut = said("With measures", {})
    stores: list[StoreOut] = said("Stores", [])
    jobs: list[JobOut] = said("Jobs as they run", [])
    ups: UpsOut | None = said("The UPS; null without one", {})
    generators: GeneratorsOut | None = said("Gensets; null without", {})
    interharmonics: list[schema_of(Interharmonic)] | None = said(  # type: ignore[valid-type]
        "Strongest interharmonic before and after; null where samples are too coarse",
        [],
    )
    rides: list[RideOut] = said("The disturbance under each table", [])
    rejections: list[RejectionOut] = said(  # type: ignore[valid-type]
        "Load onto batteries at once and back as a ramp, under each ramp rule and "
        "table",
        [],
    )
    spectrum: SpectraOut = said("Spectra", {})
    window: ZoomOut = said("The waveforms", {})  # type: ignore[valid-type]
    assumptions: list[AssumptionOut] = said("Every number it rests on", [])
    notes: list[str] = said("What a reader must know", [])
    provenance: ProvenanceOut = said("What it rests on", {})
    timing: TimingOut = said("What it cost", {"computed_s": 0.6})


class TriedOut(Out):
    """A combination of measures."""

    index: int = said("Its number; -1 under a change", 12)
    choice: schema_of(Choice) = said("The combination", {})  # type: ignore[valid-type]
    passes: bool = said("Whether every rule is kept", True)
    worst_rule: str = said("Rule with the least margin", "ieso-15s")
    worst_margin_frac: float | None = said("Its margin", 0.04)
    cost_per_year: float | None = said("Everything", 2.9e5, unit="$/year")
    costs: schema_of(Costs) = said("By kind", {})  # type: ignore[valid-type]
    wasted_frac: float | None = said("Energy wasted in a year ÷ work", 0.006)
    slowdown_frac: float | None = said("Time lost in a year ÷ time", 0.0002)
    highest_w: float = said("Highest power from the grid", 6e7, unit="W")


class UnjudgedOut(Out):
    """A rule that could not be judged."""

    key: str = said("The rule", "caiso-ramp")
    why: str = said("Why", "needs at least 1200 s")


class SensitivityOut(Out):
    """What the answer becomes when one thing is otherwise."""

    what: str = said("What is changed", "price of energy +20 %")
    same: bool = said("Whether the best combination stays", True)
    best: TriedOut | None = said("The best then; null where nothing passes", {})


class SizeOut(Out):
    """Every combination, the front, and the best."""

    tried: list[TriedOut] = said("All combinations", [])
    front: list[int] = said(
        "Those that no other beats in all objectives", [12], unit="1"
    )
    best: int | None = said("The best; null where nothing passes", 12)
    best_measures: dict[str, Any] | None = said(
        "The best as `training.measures` takes it; null where nothing passes",
        {"scheduling": {"start_ramp_s": 120}},
    )
    passing: int = said("How many pass", 148)
    objective: str = said("What the best has least of", "cost")
    sample_s: float = said("Samples the search ran on", 0.005, unit="s")
    horizon_s: float = said("Length it ran over", 1200.0, unit="s")
    unjudged: list[UnjudgedOut] = said("Rules that could not be judged", [])
    sensitivity: list[SensitivityOut] = said("What would change the answer", [])
    provenance: ProvenanceOut = said("What it rests on", {})
    timing: TimingOut = said("What it cost", {"computed_s": 30.0})


LearnedOut = create_model(
    "LearnedOut",
    __base__=schema_of(Learned),
    duty=(float | None, said("Part of an iteration at the high level", 0.87)),
    iteration_s=(float | None, said("Length of an iteration", 10.8, unit="s")),
    job=(
        dict[str, Any],
        said("The job as `training.jobs` takes it, at the recorded meter", {}),
    ),
)


class KnownOut(Out):
    """What is known by name."""

    rules: list[RuleOut] = said("Grid rules", [])  # type: ignore[valid-type]
    tables: list[TableOut] = said("Ride-through tables", [])
    modes: list[schema_of(CriticalMode)] = said(  # type: ignore[valid-type]
        "Critical frequencies", []
    )

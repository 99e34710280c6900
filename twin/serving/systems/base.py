"""
The one interface of every serving system: common ground in, one outcome out.

A system is a published idea as a named configuration. `evaluate` runs it on a ground
that all systems of a study share: the same recorded traffic, model, servers, limits
and prices. What it changes is its own business; what it reports is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from twin.catalogue.figure import Mark
from twin.catalogue.servers import Server
from twin.scenario.base import Model
from twin.serving.fleet.parts import Engine, FleetClass, Requests
from twin.types import FloatArray

Kind = Literal["fleet", "workflow", "training", "host"]
"""What a system acts on: LLM requests, workflows of stages, a training job, CPUs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """
    Limits of one request, by the length of its prompt.

    Args:
        prompt_below: Upper ends of the prompt ranges; the last is infinite. [tokens]
        ttft_s: Limit of the time to first token per range. [s]
        tbt_s: Limit of the mean time between tokens. [s]
        source: Where the limits come from.
    """

    prompt_below: tuple[float, ...]
    ttft_s: tuple[float, ...]
    tbt_s: float
    source: str


DYNAMO_SLO = Slo(
    prompt_below=(256.0, 1024.0, float("inf")),
    ttft_s=(0.25, 0.4, 2.0),
    tbt_s=0.1,
    source="DynamoLLM (HPCA 2025) by length of the prompt, from memory; "
    "400/100 ms confirmed second-hand",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """
    What all systems of a study share.

    Args:
        model: Key of the model in the catalogue.
        server: Server type.
        server_count: Servers at hand; a system may leave some off.
        engine: One instance as the baseline runs it.
        requests: The traffic, in order; `klass` is the place in `classes`.
        classes: One per prompt range of the SLO; pools named "main".
        horizon_s: Length of the traffic. [s]
        slo: Limits of every request.
        pue: Site power ÷ IT power. >= 1
        energy_usd_per_kwh: Price of site energy. [USD/kWh]
        carbon_g_per_kwh: Grid intensity by hour from the start, repeated. [g/kWh]
        seed: Seed of all draws.
        rent_includes_energy: Whether the price of a GPU-hour covers its energy.
        stop: Asked now and then by long work; True ends it.
    """

    model: str
    server: Server
    server_count: int
    engine: Engine
    requests: Requests
    classes: tuple[FleetClass, ...]
    horizon_s: float
    slo: Slo
    pue: float
    energy_usd_per_kwh: float
    carbon_g_per_kwh: tuple[float, ...]
    seed: int
    rent_includes_energy: bool = True
    stop: Callable[[], bool] | None = None

    @property
    def gpu_count(self) -> int:
        """GPUs at hand."""
        return self.server_count * self.server.gpu_count

    @property
    def instance_count(self) -> int:
        """Baseline instances that fit the servers."""
        per_server = self.server.gpu_count // self.engine.gpu_count
        if per_server:
            return self.server_count * per_server
        return self.gpu_count // self.engine.gpu_count

    def cost_usd(self, rent_usd: float, site_j: float) -> float:
        """Rent, and energy [J] at its price where the rent leaves it out. [USD]"""
        if self.rent_includes_energy:
            return rent_usd
        return rent_usd + site_j / 3.6e6 * self.energy_usd_per_kwh


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTimeline:
    """One pool over time; arrays of shape (records,)."""

    name: str
    role: str
    gpus_per_instance: int
    power_w: FloatArray  # site power of the pool
    instances: FloatArray
    clock_mhz: FloatArray
    queued: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Site power and pools over time; `time_s` is the start of each record."""

    time_s: FloatArray
    power_w: FloatArray
    power_max_w: FloatArray
    pools: tuple[PoolTimeline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What one system did with the traffic. Site values include host, PUE.

    Args:
        system: Key of the system.
        label: Name for people.
        unit: What is counted: "request", "workflow", "job", "call".
        arrived: Units that arrived.
        finished: Units finished within the horizon.
        refused: Reason -> units.
        in_flight: Units still under way at the end.
        attained_frac: Units that met every limit ÷ those of which it is known at the
            end; NaN: no limit.
        latency_s: "ttft", "tbt", "e2e", "gap" -> "p50", "p90", "p99", "mean". [s]
        slowdown: The same against the reference. [1]
        energy_j: Site energy. [J]
        mean_power_w: Site power. [W]
        peak_power_w: Largest mean over a control tick. [W]
        output_tokens: Tokens given out.
        gpu_hours: GPUs on × time. [h]
        cost_usd: GPU-hours, and energy where their price leaves it out. [USD]
        carbon_g: Energy × grid intensity at its hour. [g]
        quality_frac: Quality kept; 1 where the system does not touch it. 0..1
        timeline: None where the system has no course in time.
        baseline: What the system is to be compared with where the unit differs from
            the study's, or its own paper's baseline; None: the study's baseline.
        own_terms: See `System`; empty: comparable with every other outcome.
        notes: What was assumed, for people.
        figures: Further named numbers (unit in the name).
    """

    system: str
    label: str
    unit: str = "request"
    arrived: int
    finished: int
    refused: dict[str, int] = field(default_factory=dict)
    in_flight: int = 0
    attained_frac: float = float("nan")
    latency_s: dict[str, dict[str, float]] = field(default_factory=dict)
    slowdown: dict[str, dict[str, float]] = field(default_factory=dict)
    energy_j: float
    mean_power_w: float
    peak_power_w: float
    output_tokens: float
    gpu_hours: float
    cost_usd: float
    carbon_g: float
    quality_frac: float = 1.0
    timeline: Timeline | None = None
    baseline: Outcome | None = None
    own_terms: str = ""
    notes: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)

    def plus(
        self, figures: dict[str, float], *notes: str, **fields: Any
    ) -> Outcome:  # fmt: skip
        """The same with further figures and notes, and other fields as given."""
        return replace(
            self, figures=self.figures | figures, notes=(*self.notes, *notes), **fields
        )

    @property
    def energy_per_token_j(self) -> float:
        """Site joules per token given out."""
        return self.energy_j / self.output_tokens if self.output_tokens else 0.0

    @property
    def energy_per_unit_wh(self) -> float:
        """Site watt-hours per unit finished."""
        return self.energy_j / 3600.0 / self.finished if self.finished else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """
    One published system.

    Args:
        key: Name in every front-end, e.g. "dynamollm".
        label: Name for people.
        kind: What it acts on.
        summary: What it does, one sentence.
        source: Paper, venue, year, address.
        mark: How sure the mechanism and its figures are.
        page: File in docs/models/.
        parameters: Knobs, each with unit, default, source; all have defaults.
        evaluate: Runs it.
        own_terms: How its traffic or limits differ from the study's, so that only its
            own baseline is a fair comparison. Empty: the study's.
    """

    key: str
    label: str
    kind: Kind
    summary: str
    source: str
    mark: Mark
    page: str
    parameters: type[Model]
    evaluate: Callable[[Ground, Any], Outcome]
    own_terms: str = ""

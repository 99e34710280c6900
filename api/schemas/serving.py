"""Questions about serving fleets and their answers."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import create_model

from api.schemas.base import In, Out, said
from api.schemas.reflect import schema_of
from api.schemas.results import ProvenanceOut, TimingOut, rests
from api.schemas.stored import Viewed, inputs_like
from twin.scenario.knobs import KnobInput
from twin.scenario.provision import ProvisionInput
from twin.scenario.query_energy import QueryEnergyInput
from twin.scenario.serving import ServingInput
from twin.scenario.shifting import ShiftInput
from twin.serving.grid_year import GridHours
from twin.serving.query_result import QueryEnergyResult
from twin.serving.shifting import ShiftResult
from twin.serving.splitwise.provision import Provision
from twin.serving.study import ParetoPoint

MOST_POINTS = 2000
_EXAMPLE = "examples/serving.yaml"


ServingBody = Annotated[ServingInput, inputs_like(ServingInput, _EXAMPLE)]
QueryBody = Annotated[QueryEnergyInput, inputs_like(QueryEnergyInput, _EXAMPLE)]
ShiftBody = Annotated[ShiftInput, inputs_like(ShiftInput, _EXAMPLE)]
KnobBody = Annotated[KnobInput, inputs_like(KnobInput, _EXAMPLE)]
SearchBody = Annotated[ProvisionInput, inputs_like(ProvisionInput, _EXAMPLE)]
_SHIFT = {
    "jobs": [{"name": "batch", "energy_wh": 2e5, "power_w": 5e4, "deadline_h": 4}],
    "headroom_w": [1e5, 1e5, 1e5, 1e5], "carbon_g_per_kwh": [400, 250, 250, 400],
}  # fmt: skip


class ServingRunIn(Viewed):
    """Serving systems side by side on the same traffic."""

    serving: ServingBody = said(
        "Inputs; absent keys take defaults", {"traffic": {"rate_rps": 20}}, {},
        validate_default=True,
    )  # fmt: skip
    points: int = said(
        "Most records of each timeline; power keeps its peaks", 600, 600, ge=2,
        le=MOST_POINTS,
    )  # fmt: skip


class QueryEnergyIn(Viewed):
    """What a query takes."""

    query: QueryBody = said(
        "Inputs; absent keys take the preset's", {"preset": "v2"}, {},
        validate_default=True,
    )  # fmt: skip


class ShiftQuestion(Viewed):
    """Deferrable work to be moved in time."""

    shift: ShiftBody = said("Jobs, headroom and signals", _SHIFT)


class KnobGridIn(Viewed):
    """Knobs of one instance to vary."""

    knobs: KnobBody = said(
        "Model, server and axes", {"clock_frac": [0.8, 1.0]}, {}, validate_default=True
    )


class SearchQuestion(Viewed):
    """A search for the machines of Splitwise's designs."""

    search: SearchBody = said(
        "Lengths, designs and what is held equal", {"objective": "iso-power"}, {},
        validate_default=True,
    )  # fmt: skip


# --- runs -----------------------------------------------------------------------------


class NotHereOut(Out):
    """What cannot be had here, and what would mend it."""

    label: str = said("Name of what was refused", "DynamoLLM")
    field: str = said("Which input", "slo")
    rule: str = said("What it breaks", "must be met by some setting")
    value: Any = said("Value got", "54 settings tried")
    repair: str = said("What would mend it", "add servers")


class AgainstOut(Out):
    """How an outcome differs from a baseline; parts of it, -0.2 is a fifth less."""

    label: str = said("The baseline", "One pool, all on")
    attained_points: float | None = said("Attainment minus the baseline's", -0.01)
    energy_frac: float | None = said("Site energy", -0.4)
    mean_power_frac: float | None = said("Mean site power", -0.4)
    peak_power_frac: float | None = said("Peak site power", -0.1)
    energy_per_token_frac: float | None = said("Energy per token", -0.4)
    cost_frac: float | None = said("Cost", -0.3)
    carbon_frac: float | None = said("Carbon", -0.4)


class PoolOut(Out):
    """One pool over time."""

    name: str = said("Name", "main")
    role: str = said("prompt, token, mixed or encode", "mixed")
    gpus_per_instance: int = said("GPUs of an instance", 8, unit="GPUs")
    power_w: list[float | None] = said("Site power", [9e4], unit="W")
    instances: list[float | None] = said("Instances on", [16.0], unit="instances")
    clock_mhz: list[float | None] = said("SM clock", [1980.0], unit="MHz")
    queued: list[float | None] = said("Requests waiting", [0.0], unit="requests")


class TimelineOut(Out):
    """Site power and pools over time."""

    time_s: list[float] = said("Begin of each record", [0.0, 6.0], unit="s")
    power_w: list[float | None] = said("Mean site power", [1e5, 1.1e5], unit="W")
    power_max_w: list[float | None] = said("Highest in it", [1.2e5, 1.2e5], unit="W")
    pools: list[PoolOut] = said("Pools, which sum to the site", [])


_LATENCY = {"ttft": {"p50": 0.1, "p90": 0.2, "p99": 0.3}}


class FiguresOut(Out):
    """What one system did. Energy and power are the site's."""

    system: str = said("Key", "dynamollm")
    label: str = said("Name on charts", "DynamoLLM")
    unit: str = said("What is counted: request, workflow, job or call", "request")
    arrived: int = said("Units that arrived", 72_000, unit="units")
    finished: int = said("Units finished in time", 71_950, unit="units")
    refused: dict[str, int] = said("Units refused, by reason", {"too long": 3})
    in_flight: int = said("Units under way at the end", 50, unit="units")
    attained_frac: float | None = said("Units that met every limit ÷ known", 0.998)
    latency_s: dict[str, dict[str, float | None]] = said(
        "ttft, tbt, e2e by p50, p90, p99 [s]", _LATENCY
    )
    slowdown: dict[str, dict[str, float | None]] = said(
        "The same ÷ one request alone; empty where not measured", {}
    )
    energy_j: float = said("Energy", 3.9e8, unit="J")
    mean_power_w: float = said("Mean power", 1.08e5, unit="W")
    peak_power_w: float = said("Largest mean over a control tick", 1.4e5, unit="W")
    output_tokens: float = said("Tokens given out", 1.5e7, unit="tokens")
    gpu_hours: float = said("GPUs on × time", 128.0, unit="h")
    cost_usd: float = said(
        "GPU-hours, and energy where their price leaves it out", 620.0, unit="USD"
    )
    carbon_g: float = said("Energy × grid intensity at its hour", 3.9e4, unit="g")
    quality_frac: float = said("Quality kept; 1 where it is not touched", 1.0)
    own_terms: str = said(
        "How its traffic or limits differ from the study's, so that only its own "
        "baseline is a fair comparison; empty: comparable with the others",
        "images and audio are added to the traffic",
    )
    notes: list[str] = said("What was assumed", ["8 GPUs an instance"])
    figures: dict[str, float | None] = said(
        "Further figures, the unit in their names", {"clock_mhz": 1584.0}
    )
    energy_per_token_j: float | None = said("Per token given out", 25.0, unit="J")
    energy_per_unit_wh: float | None = said("Per unit finished", 1.5, unit="Wh")
    cost_per_1000_usd: float | None = said(
        "Per thousand units finished", 8.6, unit="USD"
    )


class SystemDidOut(FiguresOut):
    """What one system did, where it is from, and how it compares."""

    kind: str = said("fleet, workflow, training or host", "fleet")
    summary: str = said("What the system does", "Nine pools, clocks and sharding")
    source: str = said("Paper it follows", "DynamoLLM, HPCA 2025")
    mark: str = said("How sure its mechanism and figures are", "second-hand")
    page: str = said("File in docs/models", "dynamollm.md")
    timeline: TimelineOut | None = said("Null without a course in time", {})
    against_baseline: AgainstOut | None = said(
        "Against the run's baseline; null where units differ", {}
    )
    baseline: FiguresOut | None = said("The paper's own baseline, where it has one", {})
    against_own: AgainstOut | None = said("Against that", {})


class GridUsedOut(Out):
    """Hours that prices and carbon were taken from."""

    name: str = said("Dataset", "US-CAL-CISO_2022")
    year: int = said("Its year; day and hour of the run count", 2022)
    energy_usd_per_kwh: float = said("Mean price of the hours", 0.08, unit="USD/kWh")
    carbon_filled_hours: int = said("Hours of its carbon filled in", 10, unit="h")
    price_filled_hours: int = said("Hours of its price filled in", 0, unit="h")


class ServingRunOut(Out):
    """Systems side by side."""

    name: str = said("Name of the run", "Chat on 16 servers")
    horizon_s: float = said("Length of the traffic", 3600.0, unit="s")
    capacity_frac: float | None = said("Mean rate ÷ what the baseline keeps up with", 1)
    outcomes: list[SystemDidOut] = said("In the order asked, the baseline first", [])
    refused: list[NotHereOut] = said("Systems that cannot run on this ground", [])
    pareto: list[schema_of(ParetoPoint)] = said(  # type: ignore[valid-type]
        "Every system at every server count", []
    )
    grid: GridUsedOut | None = said("Null where price and carbon are constant", {})
    warnings: list[str] = said("For people", ["The traffic is 130% of ..."])
    inputs: dict[str, Any] = said("Inputs with every default", {"server_count": 16})
    provenance: ProvenanceOut = said("What the answer rests on", {})
    timing: TimingOut | None = said("What it cost", {"computed_s": 0.4}, None)


# --- systems --------------------------------------------------------------------------


class KnobOut(Out):
    """One knob of a system."""

    name: str = said("Name, in `parameters`", "clock_period_s")
    doc: str = said("Meaning", "Time between clock changes")
    kind: str = said(
        "number, integer, boolean, string, choice, array or object", "number"
    )
    unit: str = said("Unit; empty where it has none", "s")
    source: str = said("Where the default is from", "published")
    default: Any = said("Default", 5.0)
    example: Any = said("A sensible value", 5.0)
    may_be_empty: bool = said("Whether null is a value", False)
    choices: list[Any] = said("What a choice may be", [])
    low: float | None = said("Lowest", 1.0, unit="see unit")
    above: float | None = said("Must be above", None, unit="see unit")
    high: float | None = said("Highest", 2.0, unit="see unit")
    below: float | None = said("Must be below", None, unit="see unit")


class SystemOut(Out):
    """A published system with its knobs."""

    key: str = said("Key, `systems.key` of a run", "dynamollm")
    label: str = said("Name", "DynamoLLM")
    kind: str = said("fleet, workflow, training or host", "fleet")
    summary: str = said("What it does", "Nine pools, clocks and sharding")
    source: str = said("Paper", "DynamoLLM, HPCA 2025")
    mark: str = said("How sure its mechanism and figures are", "second-hand")
    page: str = said("File in docs/models", "dynamollm.md")
    own_terms: str = said(
        "How its traffic or limits differ from a run's; empty: not at all", ""
    )
    knobs: list[KnobOut] = said("Its knobs", [])


class SystemList(Out):
    """Systems."""

    items: list[SystemOut] = said("In the order people see them", [])


class DefaultsOut(Out):
    """Inputs where nothing is given."""

    serving: dict[str, Any] = said("Of a run", {"server_count": 16})
    query: dict[str, Any] = said("Of a query", {"preset": "v2"})
    knobs: dict[str, Any] = said("Of a knob grid", {"server": "dgx-h100"})
    provision: dict[str, Any] = said("Of a search", {"objective": "iso-power"})
    serving_fields: list[KnobOut] = said("Fields of a run, top level", [])


# --- a query, shifting ----------------------------------------------------------------

QueryEnergyOut = create_model(
    "QueryEnergyOut", __base__=schema_of(QueryEnergyResult), **rests(0.02)
)
ShiftOut = create_model("ShiftOut", __base__=schema_of(ShiftResult), **rests(0.02))


# --- searches -------------------------------------------------------------------------


class AxisOut(Out):
    """One axis of a grid."""

    name: str = said("Name", "clock_mhz")
    values: list[float] = said("Its values", [1584.0, 1980.0], unit="as named")


class KnobGridOut(Out):
    """Every point of a knob grid."""

    axes: list[AxisOut] = said("Axes; the last runs fastest in the values", [])
    shape: list[int] = said("Values of each axis", [3, 7, 4, 1, 1, 1], unit="values")
    values: dict[str, list[float | None]] = said(
        "Quantity, the unit in its name, at every point; null where the batch does not "
        "fit or a given rate is not kept up with", {"tbt_s": [0.02]},
    )  # fmt: skip
    refused: list[NotHereOut] = said("Degrees that do not fit", [])
    sources: list[str] = said("Where the times of each degree are from", ["measured"])
    provenance: ProvenanceOut = said("What the answer rests on", {})
    timing: TimingOut | None = said("What it cost", {"computed_s": 0.02}, None)


class ProvisionedOut(Out):
    """The machines found for each design."""

    found: list[schema_of(Provision)] = said(  # type: ignore[valid-type]
        "Designs that meet the goal", []
    )
    refused: list[NotHereOut] = said("Designs that cannot", [])
    provenance: ProvenanceOut = said("What the answer rests on", {})
    timing: TimingOut | None = said("What it cost", {"computed_s": 6.0}, None)


class GridNames(Out):
    """Years of hourly prices and carbon."""

    items: list[str] = said("Names that `site.grid` takes", ["US-CAL-CISO_2022"])


class GridHoursIn(In):
    """Which hours."""

    start: dt.datetime = said(
        "First instant; UTC where it has no zone", "2022-07-05T12:00:00Z"
    )
    hours: int = said("How many; the year is repeated", 24, 24, ge=1, le=8784, unit="h")


GridHoursOut = create_model(
    "GridHoursOut",
    __base__=schema_of(GridHours),
    name=(str, said("Dataset", "US-CAL-CISO_2022")),
    start=(dt.datetime, said("First instant, UTC", "2022-07-05T12:00:00Z")),
)

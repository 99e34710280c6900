"""
What answers contain, as records: `run.peak_w`, in watts.

Written by scripts/make_client from OpenAPI; not to be changed by hand.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nameplate_client.generated import inputs
from nameplate_client.record import Record


class AccountOut(Record):
    """What one way of running the jobs takes, at the meter."""

    energy_wh: Annotated[float | None, "Energy [Wh]"]
    carbon_kg: Annotated[float | None, "Carbon, None without its series [kg]"]
    cost_usd: Annotated[float | None, "Cost, None without prices [USD]"]
    peak_w: Annotated[float | None, "Highest power of the jobs [W]"]
    least_spare_w: Annotated[float | None, "Headroom left at the tightest step; negative is too much [W]"]
    over_headroom_wh: Annotated[float | None, "Energy above the headroom [Wh]"]


class AcknowledgementOut(Record):
    """A batch is on disk."""

    stored: Annotated[int, "Readings stored by this call [1]"]
    duplicate: Annotated[bool, "Whether the batch was stored before"]
    same: Annotated[bool | None, "With a duplicate: whether it was these bytes; null if nobody remembers"]
    refused: Annotated[list[RefusedOut], "What was left out"]
    server_time_us: Annotated[int, "The server's clock [µs]"]
    pace_s: Annotated[float, "Wait at least this long before the next [s]"]


class AgainstOut(Record):
    """How an outcome differs from a baseline; parts of it, -0.2 is a fifth less."""

    label: Annotated[str, "The baseline"]
    attained_points: Annotated[float | None, "Attainment minus the baseline's [1]"]
    energy_frac: Annotated[float | None, "Site energy [1]"]
    mean_power_frac: Annotated[float | None, "Mean site power [1]"]
    peak_power_frac: Annotated[float | None, "Peak site power [1]"]
    energy_per_token_frac: Annotated[float | None, "Energy per token [1]"]
    cost_frac: Annotated[float | None, "Cost [1]"]
    carbon_frac: Annotated[float | None, "Carbon [1]"]


class AlertOut(Record):
    """An alert of one target."""

    id: str
    rule_id: Annotated[str | None, "Its rule; null once deleted"]
    rule_name: Annotated[str, "Name the rule had"]
    kind: Annotated[
        Literal["threshold", "load", "ramp", "missing-agent", "model-drift"],
        "threshold (power), load (power over a node's limit), ramp (change of power), missing-agent (silence) or model-drift (measured off predicted, over predicted)",
    ]
    severity: Annotated[Literal["info", "warning", "critical"], "How bad it is"]
    target: Annotated[str, "What is wrong"]
    status: Annotated[Literal["firing", "resolved"], "Whether it goes on"]
    value: Annotated[float | None, "Figure when it began or ended [W, 1, W/s, s or 1, by kind]"]
    limit: Annotated[float, "Limit it passed [W, 1, W/s, s or 1, by kind]"]
    created_at: Annotated[str, "When it began to fire, UTC"]
    resolved_at: Annotated[str | None, "When it was resolved, UTC"]
    reason: Annotated[str, "Why it was resolved"]


class AlertRuleOut(Record):
    """A stored rule, without the secrets in it."""

    id: str
    name: str
    kind: Annotated[
        Literal["threshold", "load", "ramp", "missing-agent", "model-drift"],
        "threshold (power), load (power over a node's limit), ramp (change of power), missing-agent (silence) or model-drift (measured off predicted, over predicted)",
    ]
    devices: Annotated[bool, "Whether it watches devices"]
    target: Annotated[str, "Names watched"]
    limit: Annotated[float, "Above this it is wrong [W, 1, W/s, s or 1, by kind]"]
    clear: Annotated[float, "Below this it is right again [W, 1, W/s, s or 1, by kind]"]
    for_s: Annotated[float, "How long either must last [s]"]
    window_s: Annotated[float, "Time a ramp is taken over [s]"]
    severity: Annotated[Literal["info", "warning", "critical"], "How bad it is"]
    webhook_host: Annotated[str | None, "Host that is told"]
    signed: Annotated[bool, "Whether notices carry a signature"]
    enabled: Annotated[bool, "Whether it is watched"]
    created_at: Annotated[str, "When it was stored, UTC"]
    updated_at: Annotated[str, "When it last changed, UTC"]


class AnalysisOut(Record):
    """What a study found."""

    outputs: Annotated[list[OutputSummaryOut], "Each output over the points"]
    exceedance: Annotated[list[LimitPassedOut], "Each limit"]
    influence: Annotated[
        list[OutputInfluenceOut], "Which axis matters for which output; empty where the points do not tell"
    ]
    tornado: Annotated[list[OutputTornadoOut], "Each axis low and high, of a one-at-a-time design"]
    pareto: Annotated[list[int], "Points that no other beats in every objective, best first [1]"]
    best: Annotated[int | None, "Point with the best first objective that keeps every limit [1]"]
    feasible: Annotated[int, "Points that keep every limit [1]"]
    rare: Annotated[RareEventOut | None, "Probability of a rare event; None for other designs"]
    notes: Annotated[list[str], "What a reader must know, in words"]


class AssumptionOut(Record):
    """A number that the answer rests on."""

    path: Annotated[str, "Field of the scenario"]
    meaning: Annotated[str, "What it is"]
    value: Annotated[Any, "Its value [1]"]
    unit: Annotated[str, "Its unit"]
    source: Annotated[str, "Where it is from: given, assumed, or a source"]


class AuditOut(Record):
    """A change of state, or refusals counted together."""

    id: str
    created_at: Annotated[str, "When, UTC; of refusals up to a minute later"]
    kind: Annotated[Literal["change", "refusal"], "Which of both"]
    actor_id: Annotated[str, "Id of the token; empty without one"]
    actor: Annotated[str, "Name of the token, or who else"]
    action: Annotated[str, "What was asked, or why it was refused"]
    object: Annotated[str, "Address it was asked of"]
    outcome: Annotated[int, "HTTP status it was answered [1]"]
    address: Annotated[str, "Address it came from"]
    count: Annotated[int, "How many of this kind [1]"]


class AxisBarOut(Record):
    """An output with one axis at its ends, the others in the middle."""

    field: Annotated[str, "Field of the axis"]
    low_value: Annotated[str, "Its low end, as text"]
    high_value: Annotated[str, "Its high end, as text"]
    at_low: Annotated[float | None, "Output there [1]"]
    at_high: Annotated[float | None, "Output at the high end [1]"]


class AxisEffectOut(Record):
    """What one axis does to one output."""

    field: Annotated[str, "Field of the axis"]
    first: Annotated[float | None, "Share of the output's variance it makes by itself [1]"]
    first_ci: Annotated[float | None, "Half-width of its 95 % interval [1]"]
    total: Annotated[float | None, "Share it makes with all others together [1]"]
    total_ci: Annotated[float | None, "Half-width of its 95 % interval [1]"]
    rank_correlation: Annotated[float | None, "Spearman's, -1..1 [1]"]


class BacktestOut(Record):
    """Forecasts of its own past beside what came."""

    origins: Annotated[int, "Forecasts made [1]"]
    covered_frac: Annotated[float, "Readings inside the range; 0.9 is meant [1]"]
    peak_covered_frac: Annotated[float, "Peaks inside theirs [1]"]
    peak_above_frac: Annotated[float, "Peaks above it; 0.05 is meant [1]"]
    bias_w: Annotated[float | None, "Forecast less measured [W]"]
    mape_frac: Annotated[float, "Mean error ÷ mean [1]"]
    width_w: Annotated[float | None, "Mean width of the range [W]"]


class BindingOut(Record):
    """A limit that makes the plan worse."""

    field: Annotated[str, "Which input"]
    text: Annotated[str, "The same in words"]
    saves_usd: Annotated[float | None, "Net present cost that is less without it [USD]"]
    server_years: Annotated[float | None, "Server-years that are served more without it [years]"]
    carbon_t: Annotated[float | None, "Carbon that is less without it [t]"]


class BooksOut(Record):
    """
    Where energy went.

    All [J]; grid = everything else's sum, `lacked_j` taken off.
    """

    work_j: Annotated[float | None, "What the jobs' GPUs would draw [1]"]
    lacked_j: Annotated[float | None, "What caps, ramps and ceilings kept from them [1]"]
    burnt_j: Annotated[float | None, "What floors, ballast and ramps burnt beyond the work [1]"]
    host_j: Annotated[float | None, "Servers beside their GPUs [1]"]
    supply_loss_j: Annotated[float | None, "Lost in server supplies [1]"]
    store_loss_j: Annotated[float | None, "Lost in stores [1]"]
    store_gain_j: Annotated[float | None, "Charge at the end less charge at the begin [1]"]
    ups_loss_j: Annotated[float | None, "Lost in the UPS [1]"]
    ups_gain_j: Annotated[float | None, "Energy its link holds more at the end [1]"]
    cooling_j: Annotated[float | None, "Cooling [1]"]
    other_j: Annotated[float | None, "Other load [1]"]
    grid_j: Annotated[float | None, "Drawn from the grid [1]"]
    start_lacked_j: Annotated[float | None, "Of what was lacked, by ramps at starts and restarts [1]"]
    start_burnt_j: Annotated[float | None, "Of what was burnt, by ramps at ends and failures [1]"]


class BuildOutOut(Record):
    """BuildOutOut"""

    plan: Annotated[ReflectPlanOut, "The plan"]
    binding: Annotated[
        list[BindingOut], "Limits that make it worse, the costliest first; empty where not asked"
    ]
    late: Annotated[list[str], "What arrives after it is needed, in words"]
    warnings: Annotated[list[str], "What looks wrong and is still possible"]
    front: Annotated[list[FrontPointOut], "Plans between two aims, the best in the first aim first"]
    inputs: Annotated[dict[str, Any], "Inputs with every default"]
    provenance: Annotated[ProvenanceOut, "What the answer rests on"]
    timing: Annotated[TimingOut | None, "What it cost"]


class CalibrationDetail(Record):
    """A calibration with its residuals."""

    id: str
    created_at: Annotated[str, "When it was made, UTC"]
    kind: Annotated[
        Literal["gpu-utilisation", "gpu-clock", "server", "conversion", "thermal", "levels"], "Which model"
    ]
    target: Annotated[str, "What it is of"]
    source: Annotated[str, "Host"]
    device: Annotated[str, "Device; empty is the host itself"]
    version: Annotated[str, "The same readings and settings give the same"]
    status: Annotated[Literal["fitted", "refused"], "Whether the readings told it"]
    active: Annotated[bool, "Whether it counts"]
    start_us: Annotated[int, "First instant [µs]"]
    end_us: Annotated[int, "End [µs]"]
    held_out_frac: Annotated[float, "Last part it was judged on [1]"]
    level: Annotated[str, "Bins that were used"]
    prior: Annotated[str, "Where the prior is from"]
    unit: Annotated[str, "Unit of what is modelled"]
    parameters: Annotated[list[ParameterOut], "Numbers of the model"]
    held_out: Annotated[HeldOutOut | None, "Before and after, on time not seen"]
    held_back: Annotated[str, "Why it counts only by force: it is worse than its prior on time not seen"]
    samples: Annotated[int, "Readings learned from [1]"]
    effective_samples: Annotated[float | None, "Independent ones worth as much [1]"]
    residual_rms: Annotated[float | None, "Of those [its own]"]
    residual_autocorrelation: Annotated[float | None, "One reading apart [1]"]
    warnings: Annotated[list[str], "What to know"]
    refused: Annotated[list[UntoldOut], "Parameters held at their prior"]
    samples_needed: Annotated[dict[str, int], "Readings like these that bring each error to 5 % [1]"]
    error: Annotated[FieldError | None, "Why it was refused, and the data that is missing"]
    residuals: Annotated[ResidualsOut | None, "Over the period, read again"]
    residuals_missing: Annotated[str, "Why there are none"]


class CalibrationOut(Record):
    """A stored calibration."""

    id: str
    created_at: Annotated[str, "When it was made, UTC"]
    kind: Annotated[
        Literal["gpu-utilisation", "gpu-clock", "server", "conversion", "thermal", "levels"], "Which model"
    ]
    target: Annotated[str, "What it is of"]
    source: Annotated[str, "Host"]
    device: Annotated[str, "Device; empty is the host itself"]
    version: Annotated[str, "The same readings and settings give the same"]
    status: Annotated[Literal["fitted", "refused"], "Whether the readings told it"]
    active: Annotated[bool, "Whether it counts"]
    start_us: Annotated[int, "First instant [µs]"]
    end_us: Annotated[int, "End [µs]"]
    held_out_frac: Annotated[float, "Last part it was judged on [1]"]
    level: Annotated[str, "Bins that were used"]
    prior: Annotated[str, "Where the prior is from"]
    unit: Annotated[str, "Unit of what is modelled"]
    parameters: Annotated[list[ParameterOut], "Numbers of the model"]
    held_out: Annotated[HeldOutOut | None, "Before and after, on time not seen"]
    held_back: Annotated[str, "Why it counts only by force: it is worse than its prior on time not seen"]
    samples: Annotated[int, "Readings learned from [1]"]
    effective_samples: Annotated[float | None, "Independent ones worth as much [1]"]
    residual_rms: Annotated[float | None, "Of those [its own]"]
    residual_autocorrelation: Annotated[float | None, "One reading apart [1]"]
    warnings: Annotated[list[str], "What to know"]
    refused: Annotated[list[UntoldOut], "Parameters held at their prior"]
    samples_needed: Annotated[dict[str, int], "Readings like these that bring each error to 5 % [1]"]
    error: Annotated[FieldError | None, "Why it was refused, and the data that is missing"]


class CampusCurvesOut(Record):
    """CampusCurvesOut"""

    t_s: Annotated[list[Any] | None, "Start of each record [s]"]
    least: Annotated[dict[str, list[Any] | None], "Lowest tick by name (`series.CAMPUS_CURVES`)"]
    mean: Annotated[dict[str, list[Any] | None], "Mean by name"]
    most: Annotated[dict[str, list[Any] | None], "Highest tick by name"]
    hall_mean: Annotated[dict[str, Any] | None, "Mean by name, then record, then hall; null unless asked for"]
    hall_most: Annotated[dict[str, Any] | None, "Highest tick likewise; null unless asked for"]
    contract_w: Annotated[list[Any] | None, "What may be drawn; infinite without a contract [W]"]
    share_w: Annotated[list[Any] | None, "Share of power by record, then hall; null unless asked for [W]"]
    heat_w: Annotated[list[Any] | None, "Share of common cooling likewise; null unless asked for [W]"]
    ceiling_mhz: Annotated[
        list[Any] | None, "Lowest clock asked of low and high priority; NaN for none [MHz]"
    ]


class CampusEffortOut(Record):
    """CampusEffortOut"""

    windows: Annotated[int, "Windows that were accepted [1]"]
    passes: Annotated[int, "Times that halls were sent out, the accepted ones among them [1]"]
    hall_ticks: Annotated[int, "Ticks run, all halls together [1]"]
    least_hall_ticks: Annotated[int, "Ticks that a run without repetition would have had [1]"]
    lost: Annotated[int, "Tasks that were sent again because their worker was lost [1]"]
    repeated_frac: Annotated[float, "Ticks that were run again ÷ ticks [1]"]


class CampusNodesOut(Record):
    """Every node but racks, one list per figure."""

    name: Annotated[list[str], "Names"]
    kind: Annotated[list[str], "Kinds"]
    limit_w: Annotated[list[float | None], "Limits; null is none [W]"]
    peak_w: Annotated[list[float | None], "Highest ticks [W]"]
    peak_t_s: Annotated[list[float | None], "When [s]"]
    in_wh: Annotated[list[float | None], "Energy in [Wh]"]
    out_wh: Annotated[list[float | None], "Energy out [Wh]"]
    discharged_wh: Annotated[list[float | None], "Energy out of stores [Wh]"]
    charged_wh: Annotated[list[float | None], "Energy into stores [Wh]"]
    trip_t_s: Annotated[list[float | None], "When the breaker tripped; null if it did not [s]"]


class CampusRunOut(Record):
    """CampusRunOut"""

    name: Annotated[str, "Name of the site"]
    policy: Annotated[str, "Policy of its rows"]
    seed: Annotated[int, "Seed of the traffic [1]"]
    server_count: Annotated[int, "Servers deployed [1]"]
    node_count: Annotated[int, "Power nodes, racks not counted [1]"]
    horizon_s: Annotated[float | None, "Length [s]"]
    tick_s: Annotated[float | None, "Tick [s]"]
    utility_peak_w: Annotated[float | None, "Highest tick at the utility's meters [W]"]
    utility_peak_t_s: Annotated[float | None, "When [s]"]
    utility_wh: Annotated[float | None, "Energy from utilities [Wh]"]
    facility_wh: Annotated[float | None, "Energy from all sources [Wh]"]
    it_wh: Annotated[float | None, "Energy of servers [Wh]"]
    mechanical_wh: Annotated[float | None, "Energy of cooling [Wh]"]
    shared_loss_wh: Annotated[float | None, "Energy that shared nodes turned into heat or stores kept [Wh]"]
    water_kg: Annotated[float | None, "Fresh water [1]"]
    lost_server_h: Annotated[float | None, "Server-hours without service [h]"]
    capped_server_h: Annotated[float | None, "Server-hours below full clock [h]"]
    contract: Annotated[ContractResultOut, "How the contract was kept"]
    halls: Annotated[list[HallResultOut], "Every hall"]
    nodes: Annotated[CampusNodesOut | None, "Every node; null unless asked for"]
    racks: Annotated[RackArraysOut | None, "Every rack; null unless asked for"]
    series: Annotated[CampusCurvesOut, "Curves over time, by record"]
    events: Annotated[list[SiteEventOut], "What happened, in order, commands left out"]
    events_dropped: Annotated[int, "Events beyond what is kept [1]"]
    pue: Annotated[float | None, "Facility energy ÷ IT energy [1]"]
    trips: Annotated[int, "Breakers that tripped [1]"]
    limits: Annotated[list[SharedLimitOut], "What halls share, and how much of it was used"]
    binding: Annotated[str, "What binds, in words"]
    fullest: Annotated[list[FullestOut], "The fullest node of each kind"]
    engine: Annotated[str, "Where halls ran"]
    effort: Annotated[CampusEffortOut, "What it took; it depends on the engine"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    warnings: Annotated[list[str], "What looks wrong about the inputs"]
    timing: Annotated[TimingOut, "What it cost"]


class Change(Record):
    """One input that two versions do not share."""

    field: Annotated[str, "Dotted path"]
    before: Annotated[Any, "Value in the other version; null where absent [1]"]
    after: Annotated[Any, "Value in this version; null where absent [1]"]


class ChangeOut(Record):
    """What happens to one item."""

    action: Annotated[Literal["added", "changed", "removed", "kept"], "What"]
    kind: Annotated[str, "node, rack, row-limit, template, price, carbon, weather"]
    name: Annotated[str, "Name in the scenario"]
    source_id: Annotated[str, "Identity at the source"]
    note: Annotated[str, "What to know about it"]
    fields: list[ImportsFieldOut]


class ChoiceOut(Record):
    """One combination; 0 is none."""

    floor_frac: Annotated[float | None, "Floor of GPU smoothing ÷ TDP [1]"]
    ballast_frac: Annotated[float | None, "Target of software ballast ÷ TDP [1]"]
    ramp_s: Annotated[float | None, "Ramps at starts and ends [s]"]
    psu_j_per_gpu: Annotated[float | None, "Supply store of one GPU [J]"]
    rack_kwh: Annotated[float | None, "Store in each rack [kWh]"]
    site_power_frac: Annotated[float | None, "Power of a site store ÷ the bare site's highest power [1]"]
    site_hours: Annotated[float | None, "Its energy ÷ its power [h]"]
    site_filter_s: Annotated[float | None, "Time constant of its low-pass [s]"]


class ClassEnergyOut(Record):
    """Queries of one class."""

    energy_wh: Annotated[PercentilesOut, "At the utility meter, per query [Wh]"]
    energy_per_token_wh: Annotated[PercentilesOut, "The same per output token [Wh/token]"]
    carbon_g: Annotated[PercentilesOut, "Per query [g]"]
    carbon_per_token_g: Annotated[PercentilesOut, "Per output token [g/token]"]
    water_ml: Annotated[PercentilesOut, "Per query [mL]"]
    water_per_token_ml: Annotated[PercentilesOut, "Per output token [mL/token]"]
    cost_usd: Annotated[PercentilesOut, "Energy and node hours, per query [USD]"]
    cost_per_token_usd: Annotated[PercentilesOut, "Per output token [USD/token]"]
    tokens_per_s: Annotated[PercentilesOut, "Output of the node while it serves [tokens/s]"]
    extrapolated_frac: Annotated[
        float | None, "Share of answers outside the lengths that the throughput rests on. 0..1 [1]"
    ]
    tornado: Annotated[list[SwingOut], "Inputs by how far they move the median, most first"]


class CompareCurveOut(Record):
    """One quantity over time, on the same bins for every item."""

    name: str
    label: Annotated[str, "In words"]
    unit: str
    t_s: Annotated[list[float], "Starts of the bins from each item's start [s]"]
    values: Annotated[list[list[float | None] | None], "One curve an item; null where it has none [see unit]"]


class CompareOut(Record):
    """Items side by side, differences first."""

    items: Annotated[list[ComparedItemOut], "In the order asked"]
    baseline: Annotated[int, "Place of the item others are measured against [1]"]
    inputs: Annotated[list[DifferingOut], "Inputs that differ"]
    inputs_same: Annotated[int, "Inputs that do not [inputs]"]
    inputs_dropped: Annotated[int, "Differing inputs beyond those listed [inputs]"]
    outputs: Annotated[
        list[OutputOut],
        "Figures, largest difference against what is usual first, equal ones next, figures of one item alone last",
    ]
    series: Annotated[list[CompareCurveOut], "Curves over time"]
    events: Annotated[list[EventCountOut], "What happened how often"]
    warnings: Annotated[list[CompareWarningOut], "Where it is not like for like"]
    timing: Annotated[TimingOut | None, "What it cost"]


class CompareWarningOut(Record):
    """Where the comparison is not like for like."""

    kind: Annotated[str, "Which"]
    text: Annotated[str, "What it means"]
    values: Annotated[list[str], "One an item, or none"]
    repair: Annotated[str, "What would mend it"]


class ComparedItemOut(Record):
    """One thing compared."""

    label: Annotated[str, "Name"]
    kind: Annotated[Literal["row", "site", "point"], "What was simulated"]
    source: Annotated[Literal["run", "plan", "scenario", "study"], "What it is"]
    id: Annotated[str, "Its id; empty where it is not stored"]
    href: Annotated[str, "Address to read it; empty where it is not stored"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    meets: Annotated[bool | None, "Whether it holds what it promises; null: no promise"]
    breaches: Annotated[list[str], "What it does not hold"]
    repetitions: Annotated[int, "Runs that its figures are means of [runs]"]
    horizon_s: Annotated[float, "Length; 0 where unknown [s]"]
    limit_w: Annotated[float | None, "Power limit [W]"]
    server_count: Annotated[int | None, "Servers deployed [servers]"]


class ContractResultOut(Record):
    """How the utility's contract was kept; zeros without one."""

    contract_w: Annotated[float | None, "What may be drawn when nothing is curtailed; infinite without [W]"]
    exceeded_s: Annotated[float | None, "Time above what may be drawn [s]"]
    longest_s: Annotated[float | None, "Longest stretch of it [s]"]
    exceeded_wh: Annotated[float | None, "Energy above [Wh]"]
    ceiling_s: Annotated[float | None, "Time in which clocks were held down by the campus [s]"]
    least_mhz: Annotated[
        list[float | None], "Lowest clock asked of low and of high priority; NaN if none [MHz]"
    ]
    short_w: Annotated[float | None, "Most load that no clock takes away and the contract does not carry [W]"]


class CoolingYearOut(Record):
    """CoolingYearOut"""

    plant: Annotated[PlantResultOut, "The plant by hour"]
    other_w: Annotated[list[Any] | None, "Facility power that is not cooling: losses, light. , (hours,) [W]"]
    pue: Annotated[float | None, "Facility energy over IT energy, whole year [1]"]
    pue_by_hour: Annotated[list[Any] | None, "The same for each hour; NaN without load [1]"]
    pue_by_month: Annotated[list[Any] | None, "The same for each month, shape (12,) [1]"]
    partial_pue: Annotated[dict[str, float | None], "(IT + part) over IT by part, whole year [1]"]
    wue_l_per_kwh: Annotated[float | None, "Fresh water over IT energy; 1 kg is 1 l [l/kWh]"]
    economiser_hours: Annotated[int, "Hours in which no chiller ran [h]"]
    partly_free_hours: Annotated[int, "Hours in which some heat passed the chillers by [h]"]
    above_recommended_hours: Annotated[int, "Inlet above 27 C [h]"]
    above_allowable_hours: Annotated[int, "Inlet above the allowable limit, 32 C [h]"]
    short_hours: Annotated[int, "Hours with heat nobody took out [h]"]
    outside_range_hours: Annotated[int, "Hours in which a curve was cut to its end [h]"]
    it_w: Annotated[float, "IT load, constant [W]"]
    ride_throughs: Annotated[list[RideThroughOut], "The halls' air after a loss of cooling, the worst first"]
    energy: Annotated[YearEnergyOut, "The year's energy, its cost and carbon"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    timing: Annotated[TimingOut, "What it cost"]


class CostOut(Record):
    """CostOut"""

    name: Annotated[str, "Its name"]
    net_present_cost_usd: Annotated[float | None, "Worth today of all its years [USD]"]
    cost_per_server_h_usd: Annotated[float | None, "Levelised cost of a server-hour in service [USD/h]"]
    cost_per_it_kwh_usd: Annotated[float | None, "Levelised cost of a kilowatt-hour of IT [USD/kWh]"]
    equal_yearly_usd: Annotated[float | None, "The same whole as equal yearly amounts [USD]"]
    capital_usd: Annotated[float | None, "Money spent at the start [USD]"]
    carbon_t: Annotated[float | None, "Carbon of all years, of energy and of servers made [t]"]
    water_m3: Annotated[float | None, "Water of all years [m3]"]
    parts: Annotated[list[PartOut], "Parts of the net present cost"]
    years: list[YearCostOut]
    bill: Annotated[YearBillOut, "The first year's bill"]
    built_w: Annotated[float | None, "IT power it is built for [W]"]
    server_count: Annotated[int, "Servers deployed [1]"]
    pue: Annotated[float | None, "Energy at the meter ÷ IT energy [1]"]
    warnings: Annotated[list[str], "What looks wrong and is still possible"]
    inputs: Annotated[dict[str, Any], "Inputs with every default"]
    provenance: Annotated[ProvenanceOut, "What the answer rests on"]
    timing: Annotated[TimingOut | None, "What it cost"]


class CostsOut(Record):
    """
    What a combination costs in a year.

    [$/year]
    """

    stores: Annotated[float | None, "Stores, over their life [1]"]
    energy: Annotated[float | None, "Energy burnt and lost [1]"]
    time: Annotated[float | None, "Time the jobs lose [1]"]


class CountsOut(Record):
    """How many items each thing happens to; steps for weather and series."""

    added: Annotated[int, "New [1]"]
    changed: Annotated[int, "With a field that changes [1]"]
    removed: Annotated[int, "Gone at the source [1]"]
    unchanged: Annotated[int, "As before [1]"]
    kept: Annotated[int, "Gone at the source, kept because something hangs on them [1]"]


class CriticalModeOut(Record):
    """A band in which something may swing along."""

    key: Annotated[str, "Name in files and answers"]
    title: Annotated[str, "What swings, in words"]
    low_hz: Annotated[float | None, "Lower edge. , > 0 [Hz]"]
    high_hz: Annotated[float | None, "Upper edge. , above `low_hz` [Hz]"]
    limit_w: Annotated[float | None, "Most amplitude. ; infinite for none [W]"]
    limit_frac: Annotated[
        float | None, "Most amplitude ÷ mean power; infinite for none. The lower counts [1]"
    ]
    source: Annotated[str, "Where it stands, and how sure that is"]
    date: Annotated[str, "Of the text"]


class DatasetInfo(Record):
    """One dataset and whether it is on this machine."""

    name: Annotated[str, "Name used in scenarios"]
    title: Annotated[str, "One line on what it is"]
    kind: Annotated[Literal["requests", "rates", "benchmark"], "requests, rates or benchmark"]
    licence: Annotated[str, "Licence as the publisher states it"]
    citation: Annotated[str, "Work to cite"]
    source: Annotated[str, "Publisher's address at a fixed commit"]
    files: Annotated[list[str], "Files fetched, or the user's file"]
    bytes: Annotated[int, "Size on this machine; 0 where absent [B]"]
    present: Annotated[bool, "Whether it can be used now"]
    path: Annotated[str | None, "File on this machine"]
    origin: Annotated[Literal["published", "imported"], "Who brought it"]
    pullable: Annotated[bool, "Whether `datasets pull` can fetch it"]
    checked: Annotated[str, "How its bytes were or will be checked"]


class DatasetList(Record):
    """Datasets."""

    items: Annotated[list[DatasetInfo], "Published, then the user's own"]


class DefaultsOut(Record):
    """Inputs where nothing is given."""

    serving: Annotated[dict[str, Any], "Of a run"]
    query: Annotated[dict[str, Any], "Of a query"]
    knobs: Annotated[dict[str, Any], "Of a knob grid"]
    provision: Annotated[dict[str, Any], "Of a search"]
    serving_fields: Annotated[list[KnobOut], "Fields of a run, top level"]


class DeliveryOut(Record):
    """A notice."""

    id: str
    rule_id: Annotated[str | None, "Its rule; null once deleted"]
    status: Annotated[Literal["firing", "resolved"], "What it tells"]
    alerts: Annotated[int, "Alerts it tells of [1]"]
    state: Annotated[Literal["queued", "delivered", "given-up"], "How far it is"]
    attempts: Annotated[int, "Attempts so far [1]"]
    answer: Annotated[str, "What the last attempt met"]
    created_at: Annotated[str, "When it was written, UTC"]
    next_at: Annotated[str, "When it is tried next, UTC"]


class DeviceNowOut(Record):
    """A device now."""

    key: Annotated[str, "Identity"]
    kind: Annotated[str, "What it is"]
    model: Annotated[str, "What it is called"]
    index: Annotated[int, "Its place [1]"]
    parent: Annotated[str, "The device it is part of"]
    age_s: Annotated[float, "Age of its reading [s]"]
    facts: Annotated[dict[str, float | str], "What does not change"]
    power_w: Annotated[float | None, "Instantaneous power [W]"]
    power_average_w: Annotated[float | None, "The driver's average [W]"]
    sm_clock_hz: Annotated[float | None, "SM clock [Hz]"]
    gpu_c: Annotated[float | None, "Temperature [°C]"]
    memory_c: Annotated[float | None, "Temperature of its memory [°C]"]
    utilisation_frac: Annotated[float | None, "Share of time busy [1]"]
    throttle_reasons: Annotated[float | None, "NVML's bits [1]"]
    power_limit_w: Annotated[float | None, "Enforced limit [W]"]
    inlet_c: Annotated[float | None, "Air at the inlet [°C]"]


class DifferenceOut(Record):
    """How far a figure is from the baseline's."""

    absolute: Annotated[float | None, "Value minus the baseline's [see unit]"]
    relative: Annotated[float | None, "The same ÷ the baseline's size; null where that is 0 [1]"]
    times: Annotated[float | None, "Size of the difference ÷ what another seed would make [1]"]


class DifferingOut(Record):
    """One input that differs."""

    field: Annotated[str, "Dotted path"]
    label: Annotated[str, "In words"]
    unit: Annotated[str, "Unit; empty for none"]
    doc: Annotated[str, "What it is"]
    values: Annotated[list[Any], "One an item; null where absent or empty"]


class DriftOut(Record):
    """Measured and predicted have parted for good."""

    since_us: Annotated[int, "When it began [µs]"]
    found_us: Annotated[int, "When it was sure [µs]"]
    size_w: Annotated[float | None, "Measured less predicted since then [W]"]
    direction: Annotated[Literal["more", "less"], "Which way"]
    sigmas: Annotated[float | None, "The same ÷ what is usual [1]"]


class DrivenOut(Record):
    """How strongly a critical frequency is driven."""

    amplitude_w: Annotated[float | None, "Largest amplitude in the band [W]"]
    at_hz: Annotated[float | None, "Its frequency [Hz]"]
    at_s: Annotated[float | None, "Middle of its segment [s]"]
    margin_frac: Annotated[float | None, "(limit - amplitude) ÷ limit [1]"]
    passes: Annotated[bool, "Whether the limit is kept"]
    nearby_w: Annotated[float | None, "Largest amplitude just outside [W]"]
    nearby_hz: Annotated[float | None, "Its frequency [Hz]"]
    nearby_ratio: Annotated[float | None, "It ÷ the band's nearer edge [1]"]


class EmergencyLossOut(Record):
    """What an emergency costs."""

    iaas_lost_frac: Annotated[float | None, "Work of opaque machines lost during it. 0..1 [1]"]
    saas_lost_frac: Annotated[float | None, "Requests not served during it. 0..1 [1]"]
    quality_lost_frac: Annotated[float | None, "Quality of answers lost during it. 0..1 [1]"]


class EnergyOut(Record):
    """Row energy by what drew it."""

    prefill_wh: Annotated[float | None, "Prefill on GPUs [Wh]"]
    decode_wh: Annotated[float | None, "Decode on GPUs [Wh]"]
    gpu_idle_wh: Annotated[float | None, "GPUs with nothing to do [Wh]"]
    host_wh: Annotated[float | None, "Everything but GPUs [Wh]"]
    total_wh: Annotated[float | None, "Sum [Wh]"]


class EnvelopeOut(Record):
    """A waveform in buckets that keep its peaks."""

    t_s: Annotated[list[Any] | None, "Edges of the buckets. , (buckets + 1,) [s]"]
    low: Annotated[list[Any] | None, "Lowest value in each. (buckets,)"]
    high: Annotated[list[Any] | None, "Highest value in each. (buckets,)"]
    mean: Annotated[list[Any] | None, "Mean of each. (buckets,)"]


class EvaluationsOut(Record):
    """Dips between iterations that keep a schedule: evaluations, most often."""

    count: Annotated[int, "How many the trace has [1]"]
    every: Annotated[int, "Iterations from one to the next [1]"]
    spacing_s: Annotated[float | None, "Begin to begin [s]"]
    lasts_s: Annotated[float | None, "Length of one [s]"]
    level_w: Annotated[float | None, "Median power in one, one node's [W]"]
    depth_w: Annotated[float | None, "Median power between dips, minus that [W]"]


class EventCountOut(Record):
    """How often something happened."""

    kind: Annotated[str, "What"]
    label: Annotated[str, "In words"]
    counts: Annotated[list[int | None], "One an item; null where it is not counted [times]"]


class EventList(Record):
    """Events, newest first."""

    items: Annotated[list[TelemetryEventOut], "Events"]


class FailureOut(Record):
    """One failure, step by step."""

    case: Annotated[SiteCaseOut, "How it ends"]
    before_w: Annotated[dict[str, float | None], "Output by node before it [W]"]
    frames: Annotated[list[FrameOut], "After the failure, and after each step"]
    race: Annotated[RaceOut | None, "The first overloaded breaker against the cap"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    timing: Annotated[TimingOut, "What it cost"]


class FailuresOut(Record):
    """Every failure, worst first."""

    matrix: Annotated[MatrixOut | None, "Loads under every single failure; null for a large site"]
    cases: Annotated[list[SiteCaseOut], "Cases, worst first"]
    single: Annotated[int, "Single failures followed [1]"]
    pairs: Annotated[int, "Pairs followed [1]"]
    planned_out: Annotated[list[str], "Out of service by plan in every case"]
    worst_t_s: Annotated[float, "The moment the loads are taken from [s]"]
    server_count: Annotated[int, "Servers of the site [servers]"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    timing: Annotated[TimingOut, "What it cost"]


class FieldError(Record):
    """One wrong input."""

    field: Annotated[str, "Dotted path of the field"]
    rule: Annotated[str, "What it must be"]
    value: Annotated[Any, "What was given [as the field]"]
    repair: Annotated[str, "How to mend it"]


class FigureOut(Record):
    """A number with its unit, source and how far to trust it."""

    value: Annotated[float, "Value [see unit]"]
    unit: str
    source: Annotated[str, "Where it comes from"]
    mark: Annotated[str, "measured, published, second-hand, memory, fitted or assumed"]


class FiguresOut(Record):
    """
    What one system did.

    Energy and power are the site's.
    """

    system: Annotated[str, "Key"]
    label: Annotated[str, "Name on charts"]
    unit: Annotated[str, "What is counted: request, workflow, job or call"]
    arrived: Annotated[int, "Units that arrived [units]"]
    finished: Annotated[int, "Units finished in time [units]"]
    refused: Annotated[dict[str, int], "Units refused, by reason"]
    in_flight: Annotated[int, "Units under way at the end [units]"]
    attained_frac: Annotated[float | None, "Units that met every limit ÷ known [1]"]
    latency_s: Annotated[dict[str, dict[str, float | None]], "ttft, tbt, e2e by p50, p90, p99 [s]"]
    slowdown: Annotated[
        dict[str, dict[str, float | None]], "The same ÷ one request alone; empty where not measured"
    ]
    energy_j: Annotated[float, "Energy [J]"]
    mean_power_w: Annotated[float, "Mean power [W]"]
    peak_power_w: Annotated[float, "Largest mean over a control tick [W]"]
    output_tokens: Annotated[float, "Tokens given out [tokens]"]
    gpu_hours: Annotated[float, "GPUs on × time [h]"]
    cost_usd: Annotated[float, "GPU-hours, and energy where their price leaves it out [USD]"]
    carbon_g: Annotated[float, "Energy × grid intensity at its hour [g]"]
    quality_frac: Annotated[float, "Quality kept; 1 where it is not touched [1]"]
    own_terms: Annotated[
        str,
        "How its traffic or limits differ from the study's, so that only its own baseline is a fair comparison; empty: comparable with the others",
    ]
    notes: Annotated[list[str], "What was assumed"]
    figures: Annotated[dict[str, float | None], "Further figures, the unit in their names"]
    energy_per_token_j: Annotated[float | None, "Per token given out [J]"]
    energy_per_unit_wh: Annotated[float | None, "Per unit finished [Wh]"]
    cost_per_1000_usd: Annotated[float | None, "Per thousand units finished [USD]"]


class FindingOut(Record):
    """One requirement of a table."""

    kind: Annotated[Any, "What is asked"]
    title: Annotated[str, "In words"]
    unit: Annotated[str, "Of the three numbers"]
    must: Annotated[float | None, "What is asked for [1]"]
    did: Annotated[float | None, "What the load did; where it did not let go, what its settings say [1]"]
    margin: Annotated[
        float | None,
        "By how much that is better than asked; below 0 it is worse. Infinite where it has no end [1]",
    ]
    asked: Annotated[bool, "Whether the event put it to the test"]
    kept: Annotated[bool, "Whether it was kept; where not asked, whether it would be"]
    words: Annotated[str, "What happened"]


class FitErrorOut(Record):
    """How far the learned job is from a trace: modelled minus recorded."""

    mean_frac: Annotated[float | None, "Of the mean, ÷ recorded [1]"]
    p1_frac: Annotated[float | None, "Of the 1st percentile, ÷ recorded [1]"]
    p50_frac: Annotated[float | None, "Of the median, ÷ recorded [1]"]
    p99_frac: Annotated[float | None, "Of the 99th percentile, ÷ recorded [1]"]
    period_frac: Annotated[float | None, "Of the period, ÷ that found in this trace; NaN without [1]"]
    dips_recorded: Annotated[int, "Evaluation dips in the trace [1]"]
    dips_modelled: Annotated[int, "Found by the same means in the job's waveform [1]"]
    dip_depth_frac: Annotated[float | None, "Of their depth, ÷ recorded; NaN without [1]"]
    quantiles_frac: Annotated[
        float | None,
        "Mean distance between quantiles of the readings, recorded and modelled, ÷ recorded mean. , >= 0 [1]",
    ]


class FitOut(Record):
    """FitOut"""

    rows: Annotated[list[RowRoomOut], "Rows, most room first"]
    asked_servers: Annotated[int, "Servers to place [1]"]
    placed_servers: Annotated[int, "Servers that find a place together [1]"]
    unplaced_servers: Annotated[int, "Servers that do not [1]"]
    facility: Annotated[inputs.Facility | None, "The facility with the servers in place, if asked for"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    timing: Annotated[TimingOut, "What it cost"]


class FleetOut(Record):
    """Mean day of the fleet: overhead × queries × the classes' means."""

    energy_gwh: Annotated[float | None, "Energy of a day [GWh]"]
    mean_megawatt: Annotated[float | None, "The same as mean power [MW]"]
    carbon_t: Annotated[float | None, "Carbon of a day [t]"]
    water_m3: Annotated[float | None, "Water of a day [m3]"]
    cost_usd: Annotated[float | None, "Cost of a day [USD]"]


class ForecastOut(Record):
    """Futures of a power."""

    of: Annotated[str, "What is forecast"]
    end_us: Annotated[int, "End of the history [µs]"]
    step_s: Annotated[float, "Length of a step [s]"]
    horizon_s: Annotated[float, "How far ahead [s]"]
    time_us: Annotated[list[int], "Ends of steps [µs]"]
    mean_w: Annotated[list[float | None], "Mean of the futures [W]"]
    low_w: Annotated[list[float | None], "5 % are below [W]"]
    high_w: Annotated[list[float | None], "5 % are above [W]"]
    peak_w: Annotated[float | None, "Median of their peaks [W]"]
    peak_low_w: Annotated[float | None, "5 % of the peaks are below [W]"]
    peak_high_w: Annotated[float | None, "5 % of the peaks are above [W]"]
    limit_w: Annotated[float | None, "Limit, where one is known [W]"]
    passed_frac: Annotated[float | None, "Chance of passing it [1]"]
    passed_us: Annotated[int | None, "When, if it does (median) [µs]"]
    headroom_w: Annotated[float | None, "Limit less the high peak [W]"]
    model: Annotated[Literal["seasonal", "naive"], "Which model the history allows"]
    season: Annotated[Literal["none", "day", "week"], "What repeats"]
    trend_w_per_day: Annotated[float, "Trend used [W/d]"]
    futures: Annotated[int, "Earlier forecasts whose errors were used [1]"]
    warnings: Annotated[list[str], "What to know"]
    time_zone: Annotated[str, "Zone that days go by"]
    history: Annotated[HistoryOut, "How much there is and what more would tell"]
    backtest: Annotated[BacktestOut | None, "How good it was"]
    backtest_missing: Annotated[str, "Why there is none"]


class FrameOut(Record):
    """What every node carries at a moment of a failure."""

    t_s: Annotated[float, "Time since the failure [s]"]
    label: Annotated[str, "What has just happened"]
    out_w: Annotated[dict[str, float | None], "Output by node; null is dead [W]"]
    heat: Annotated[dict[str, float], "State of each protection; 1 trips"]
    dead_racks: Annotated[list[str], "Racks without power"]


class FromNowOut(Record):
    """Changes that make a scenario begin from now."""

    scenario_id: Annotated[str, "The scenario they are of"]
    changes: Annotated[dict[str, Any], "New value per dotted path"]
    carried: Annotated[list[str], "What was taken over"]
    not_carried: Annotated[list[str], "What was not"]
    scenario: Annotated[dict[str, Any], "The scenario after the changes"]


class FrontPointOut(Record):
    """One plan of a front."""

    net_present_cost_usd: Annotated[float | None, "Worth today, unserved demand in [USD]"]
    spend_usd: Annotated[float | None, "The same without unserved demand [USD]"]
    carbon_t: Annotated[float | None, "Carbon [t]"]
    unmet_server_years: Annotated[float | None, "Servers wanted and not served × time [years]"]
    served_server_years: Annotated[float | None, "Servers served × time [years]"]
    orders: Annotated[list[str], "Orders in words"]


class FullestOut(Record):
    """A node near its limit."""

    name: str
    kind: str
    peak_w: Annotated[float, "Highest tick [W]"]
    limit_w: Annotated[float, "What it may carry [W]"]
    peak_frac: Annotated[float, "Highest tick ÷ limit [1]"]


class GeneratorsOut(Record):
    """Gensets before and after measures."""

    classes: Annotated[list[StabilizeClassOut], "Classes of gensets"]
    before: Annotated[IslandOut, "Without measures"]
    after: Annotated[IslandOut, "With measures"]


class GpuOut(Record):
    """One GPU type."""

    key: str
    label: Annotated[str, "Name"]
    figures: Annotated[dict[str, FigureOut], "Power, clocks and memory by name"]


class GridHoursOut(Record):
    """GridHoursOut"""

    carbon_g_per_kwh: Annotated[list[Any] | None, "Carbon intensity by hour [g/kWh]"]
    price_usd_per_mwh: Annotated[list[Any] | None, "Price by hour [USD/MWh]"]
    name: Annotated[str, "Dataset"]
    start: Annotated[str, "First instant, UTC"]


class GridNames(Record):
    """Years of hourly prices and carbon."""

    items: Annotated[list[str], "Names that `site.grid` takes"]


class GridUsedOut(Record):
    """Hours that prices and carbon were taken from."""

    name: Annotated[str, "Dataset"]
    year: Annotated[int, "Its year; day and hour of the run count [1]"]
    energy_usd_per_kwh: Annotated[float, "Mean price of the hours [USD/kWh]"]
    carbon_filled_hours: Annotated[int, "Hours of its carbon filled in [h]"]
    price_filled_hours: Annotated[int, "Hours of its price filled in [h]"]


class HallResultOut(Record):
    """One hall over the horizon."""

    name: Annotated[str, "Its name"]
    server_count: Annotated[int, "Servers in it [1]"]
    drawn_peak_w: Annotated[float | None, "Highest tick drawn from shared nodes and own utilities [W]"]
    drawn_wh: Annotated[float | None, "Energy of it [Wh]"]
    generated_wh: Annotated[float | None, "Energy of the hall's own generators [Wh]"]
    it_peak_w: Annotated[float | None, "Highest tick of its servers [W]"]
    it_wh: Annotated[float | None, "Energy of its servers [Wh]"]
    mechanical_wh: Annotated[float | None, "Energy of its cooling [Wh]"]
    loss_wh: Annotated[float | None, "Energy its nodes turned into heat, and its stores kept [Wh]"]
    water_kg: Annotated[float | None, "Fresh water for it [1]"]
    capped_server_h: Annotated[float | None, "Server-hours below full clock [h]"]
    lost_server_h: Annotated[float | None, "Server-hours without service [h]"]
    inlet_peak_c: Annotated[float | None, "Warmest air at its servers [C]"]
    gpu_peak_c: Annotated[float | None, "Hottest GPU [C]"]
    share_min_w: Annotated[float | None, "Lowest share of power in a record; NaN without a contract [W]"]
    share_max_w: Annotated[float | None, "Highest [W]"]
    trips: Annotated[int, "Breakers that tripped [1]"]
    brakes: Annotated[int, "Power brakes of its rows [1]"]


class HealthOut(Record):
    """Whether the server is up."""

    status: Annotated[Literal["ok"], "Alive"]
    database: Annotated[Literal["sqlite", "postgresql"], "Database that answered"]
    kernel: Annotated[
        Literal["cold", "warming", "warm", "failed"],
        "Whether what computes a row is compiled; `kernel_words` says what that means",
    ]
    kernel_words: Annotated[str, "The same in words"]
    unfinished_jobs: Annotated[int, "Jobs waiting or running [jobs]"]
    found_at_start: Annotated[
        str, "How the run before ended and what that cut off; empty where it ended in order"
    ]


class HeldOutOut(Record):
    """Error on time that the fit has not seen: with the prior, then with the fit."""

    samples: Annotated[int, "Readings held out [1]"]
    bias_before: Annotated[float | None, "Modelled less measured [its own]"]
    bias_after: Annotated[float | None, "The same with the fit [its own]"]
    rms_before: Annotated[float | None, "Root mean square [its own]"]
    rms_after: Annotated[float | None, "The same with the fit [its own]"]
    mape_before: Annotated[float | None, "Mean error ÷ measured [1]"]
    mape_after: Annotated[float | None, "The same with the fit [1]"]


class HelloOut(Record):
    """What an agent wants to know before it sends."""

    server_time_us: Annotated[int, "The server's clock [µs]"]
    agent: Annotated[str, "Name the token is bound to"]
    next_sequence: Annotated[int, "Number after the newest stored of the spool [1]"]
    max_readings: Annotated[int, "Most readings in a batch [1]"]
    max_bytes: Annotated[int, "Largest body as sent [B]"]


class HistogramOut(Record):
    """Outputs counted in equal bins."""

    edges: Annotated[list[Any] | None, "Rising edges, one more than bins, in the output's unit"]
    counts: Annotated[list[Any] | None, "Points of each bin; the last bin has its upper edge too"]


class HistoryOut(Record):
    """How much history there is, and what more would tell."""

    have_days: Annotated[float, "History [d]"]
    known_frac: Annotated[float, "Part of it that was read [1]"]
    partly_frac: Annotated[float, "Part of its bins that was read of some hosts, or some of the time [1]"]
    least_days: Annotated[float, "Least for this horizon [d]"]
    day_days: Annotated[float, "For the hour of the day [d]"]
    week_days: Annotated[float, "For the hour of the week [d]"]
    trend_days: Annotated[float, "For a trend [d]"]


class HostDetailOut(Record):
    """A host now, with its devices."""

    name: Annotated[str, "Host"]
    kind: Annotated[str, "How it reports"]
    node: Annotated[str, "Where it stands"]
    power_w: Annotated[float | None, "Its meter, else its GPUs and CPUs [W]"]
    metered: Annotated[bool, "Whether its own power is measured"]
    meter: Annotated[bool, "Whether it measures what others draw"]
    state: Annotated[Literal["ok", "stale", "lost"], "By the age of its reading"]
    age_s: Annotated[float, "Age of its newest reading [s]"]
    gpus: Annotated[int, "GPUs [1]"]
    hottest_c: Annotated[float | None, "Hottest GPU [°C]"]
    utilisation_frac: Annotated[float | None, "Mean over its GPUs [1]"]
    limit_w: Annotated[float | None, "Sum of its GPUs' limits [W]"]
    throttle_reasons: Annotated[int, "NVML's bits of any of its GPUs [1]"]
    devices: Annotated[list[DeviceNowOut], "Its devices"]


class HostNowOut(Record):
    """A host now."""

    name: Annotated[str, "Host"]
    kind: Annotated[str, "How it reports"]
    node: Annotated[str, "Where it stands"]
    power_w: Annotated[float | None, "Its meter, else its GPUs and CPUs [W]"]
    metered: Annotated[bool, "Whether its own power is measured"]
    meter: Annotated[bool, "Whether it measures what others draw"]
    state: Annotated[Literal["ok", "stale", "lost"], "By the age of its reading"]
    age_s: Annotated[float, "Age of its newest reading [s]"]
    gpus: Annotated[int, "GPUs [1]"]
    hottest_c: Annotated[float | None, "Hottest GPU [°C]"]
    utilisation_frac: Annotated[float | None, "Mean over its GPUs [1]"]
    limit_w: Annotated[float | None, "Sum of its GPUs' limits [W]"]
    throttle_reasons: Annotated[int, "NVML's bits of any of its GPUs [1]"]


class IgnoredOut(Record):
    """Series that have no place here."""

    name: Annotated[str, "Name of the metric"]
    reason: Annotated[str, "Why it is not kept"]
    samples: Annotated[int, "How many samples [1]"]


class ImportOut(Record):
    """One import with its lists; `left_out` says how many entries are not shown."""

    id: str
    kind: Annotated[
        Literal["netbox", "dps", "opendcim", "csv", "epw", "tmy3", "weather-csv", "price", "carbon"],
        "What the file was",
    ]
    name: Annotated[str, "Name of the source"]
    source: Annotated[str, "Kind and name"]
    status: Annotated[Literal["previewed", "applied", "refused"], "Previewed, applied, or refused"]
    content_sha256: Annotated[str, "Hash of the file"]
    scenario_id: Annotated[str | None, "Scenario compared with or made"]
    scenario_version: Annotated[int | None, "Its version then, or as it was left [1]"]
    created_at: Annotated[str, "When"]
    applied_at: Annotated[str | None, "When applied"]
    counts: Annotated[CountsOut, "How many items"]
    version: Annotated[str, "Format version read"]
    changes: Annotated[list[ChangeOut], "What changes"]
    errors: Annotated[list[RowErrorOut], "Rows left out"]
    unmapped: Annotated[list[UnmappedOut], "Content kept beside"]
    limits: Annotated[list[LimitOut], "Limits with their scopes"]
    loads: Annotated[list[LoadOut], "Loads and limits at the source"]
    notes: Annotated[list[str], "What to know"]
    problems: Annotated[list[ProblemOut], "Why it was refused"]
    facts: Annotated[dict[str, Any], "Facts of weather and series"]
    left_out: Annotated[dict[str, int], "Entries of each list not shown"]


class ImportSummary(Record):
    """One import."""

    id: str
    kind: Annotated[
        Literal["netbox", "dps", "opendcim", "csv", "epw", "tmy3", "weather-csv", "price", "carbon"],
        "What the file was",
    ]
    name: Annotated[str, "Name of the source"]
    source: Annotated[str, "Kind and name"]
    status: Annotated[Literal["previewed", "applied", "refused"], "Previewed, applied, or refused"]
    content_sha256: Annotated[str, "Hash of the file"]
    scenario_id: Annotated[str | None, "Scenario compared with or made"]
    scenario_version: Annotated[int | None, "Its version then, or as it was left [1]"]
    created_at: Annotated[str, "When"]
    applied_at: Annotated[str | None, "When applied"]
    counts: Annotated[CountsOut, "How many items"]


class InterharmonicOut(Record):
    """Strongest pair of sidebands a swinging load puts beside the fundamental."""

    current_frac: Annotated[float | None, "Each sideband's current ÷ current at mean power [1]"]
    modulation_hz: Annotated[float | None, "Frequency of the swing [Hz]"]
    lower_hz: Annotated[float | None, "Frequency of the lower sideband [Hz]"]
    upper_hz: Annotated[float | None, "Frequency of the upper sideband [Hz]"]


class IslandOut(Record):
    """Gensets under the load."""

    lowest_hz: Annotated[float | None, "Lowest frequency [Hz]"]
    highest_hz: Annotated[float | None, "Highest frequency [Hz]"]
    worst_off_hz: Annotated[float | None, "Largest deviation, signed [Hz]"]
    worst_at_s: Annotated[float | None, "When [s]"]
    rocof_hz_per_s: Annotated[float | None, "Steepest change [Hz/s]"]
    load_frac: Annotated[float | None, "Highest load ÷ rated power [1]"]
    overload_s: Annotated[float | None, "Time above rated power [s]"]
    fuel_limited_frac: Annotated[float | None, "Time the governor was held back [1]"]


class JobDetail(Record):
    """A job with the answer of a what-if."""

    id: str
    kind: Annotated[str, "what-if, run, plan or dataset"]
    state: Annotated[Literal["queued", "running", "done", "failed", "cancelled"], "How far it is"]
    part: Annotated[float, "Part done [1]"]
    text: Annotated[str, "What is under way"]
    result: Annotated[ResultRef | None, "Where the result is, or will be"]
    error: Annotated[Problem | None, "Why it failed or was cancelled"]
    created_at: Annotated[str, "When it was asked for, UTC"]
    finished_at: Annotated[str | None, "When it ended, UTC"]
    answer: Annotated[Any, "Answer of a what-if or a site question that is done"]


class JobShiftOut(Record):
    """One job: when it runs, and how much later its energy is used on average."""

    name: Annotated[str, "Name of the job"]
    start_h: Annotated[float | None, "When it begins [h]"]
    end_h: Annotated[float | None, "When it ends [h]"]
    deadline_h: Annotated[float | None, "When it must [h]"]
    delay_h: Annotated[float | None, "Mean delay of its energy against arrival [h]"]


class JudgedOut(Record):
    """What was measured under a rule."""

    worst: Annotated[float | None, "Worst value, in the rule's unit [1]"]
    limit: Annotated[float | None, "Limit that held, in the rule's unit [1]"]
    margin_frac: Annotated[float | None, "(limit - worst) ÷ limit; below 0 it fails [1]"]
    passes: Annotated[bool, "Whether the limit is kept"]
    at_s: Annotated[float | None, "Begin of the worst window [s]"]
    worst_hz: Annotated[float | None, "Strongest line inside the band [Hz]"]
    note: Annotated[str, "What the figure rests on, where that is not the whole rule"]


class KnobGridOut(Record):
    """Every point of a knob grid."""

    axes: Annotated[list[ServingAxisOut], "Axes; the last runs fastest in the values"]
    shape: Annotated[list[int], "Values of each axis [values]"]
    values: Annotated[
        dict[str, list[float | None]],
        "Quantity, the unit in its name, at every point; null where the batch does not fit or a given rate is not kept up with",
    ]
    refused: Annotated[list[NotHereOut], "Degrees that do not fit"]
    sources: Annotated[list[str], "Where the times of each degree are from"]
    provenance: Annotated[ProvenanceOut, "What the answer rests on"]
    timing: Annotated[TimingOut | None, "What it cost"]


class KnobOut(Record):
    """One knob of a system."""

    name: Annotated[str, "Name, in `parameters`"]
    doc: Annotated[str, "Meaning"]
    kind: Annotated[str, "number, integer, boolean, string, choice, array or object"]
    unit: Annotated[str, "Unit; empty where it has none"]
    source: Annotated[str, "Where the default is from"]
    default: Annotated[Any, "Default [1]"]
    example: Annotated[Any, "A sensible value [1]"]
    may_be_empty: Annotated[bool, "Whether null is a value"]
    choices: Annotated[list[Any], "What a choice may be"]
    low: Annotated[float | None, "Lowest [see unit]"]
    above: Annotated[float | None, "Must be above [see unit]"]
    high: Annotated[float | None, "Highest [see unit]"]
    below: Annotated[float | None, "Must be below [see unit]"]


class KnownOut(Record):
    """What is known by name."""

    rules: Annotated[list[RuleOut], "Grid rules"]
    tables: Annotated[list[TableOut], "Ride-through tables"]
    modes: Annotated[list[CriticalModeOut], "Critical frequencies"]


class LatencyOut(Record):
    """One latency quantity; null where nothing finished."""

    p50_s: Annotated[float | None, "Median [s]"]
    p90_s: Annotated[float | None, "90th percentile [s]"]
    p99_s: Annotated[float | None, "99th percentile [s]"]
    mean_s: Annotated[float | None, "Mean [s]"]


class LearnedOut(Record):
    """LearnedOut"""

    node_count: Annotated[int, "Nodes whose sum the trace is [1]"]
    interval_s: Annotated[float | None, "Time between its readings [s]"]
    period_s: Annotated[float | None, "Period of the iterations; None where none is slow enough [s]"]
    period_from: Annotated[Any, "Where the period is from"]
    levels: Annotated[TwoLevelsOut, "The iteration's two levels"]
    evaluations: Annotated[EvaluationsOut | None, "Dips that keep a schedule; None where there are none"]
    noise_frac: Annotated[
        float | None,
        "Standard deviation of readings about the high level ÷ that level, by those above it: those below are on an edge [1]",
    ]
    idle_w: Annotated[float | None, "Power in pauses; None where the trace has none [W]"]
    start_s: Annotated[float | None, "When the schedule of iterations began, on the trace's clock [s]"]
    start_seen: Annotated[
        bool, "Whether the trace shows the job's start; otherwise the schedule went on before it"
    ]
    ramp_s: Annotated[float | None, "How long power took from idle to the first iteration's [s]"]
    end_s: Annotated[float | None, "When it stopped; infinite where the trace does not show it [s]"]
    fall_s: Annotated[float | None, "How long power took to fall [s]"]
    stops: Annotated[list[LowOut], "Pauses within the job"]
    limits: Annotated[list[str], "What the trace cannot tell, in words"]
    error: Annotated[FitErrorOut, "How far the job is from the trace it was learned from"]
    duty: Annotated[float | None, "Part of an iteration at the high level [1]"]
    iteration_s: Annotated[float | None, "Length of an iteration [s]"]
    job: Annotated[dict[str, Any], "The job as `training.jobs` takes it, at the recorded meter"]


class LeverChangeOut(Record):
    """A lever's figures minus those without levers; below zero is better."""

    peak_row_frac: Annotated[float | None, "Of the highest row power ÷ its limit [1]"]
    hottest_k: Annotated[float | None, "Of the hottest GPU [K]"]
    throttle_min: Annotated[float | None, "Of server minutes slowed [min]"]
    saas_p99: Annotated[float | None, "Of the P99 response ÷ an idle instance's [1]"]
    saas_lost_frac: Annotated[float | None, "Of requests not served [1]"]
    iaas_slowdown_frac: Annotated[float | None, "Of opaque work lost to slowing [1]"]
    quality_lost_frac: Annotated[float | None, "Of quality lost [1]"]


class LeverResultOut(Record):
    """A fleet under one set of levers."""

    levers: Annotated[str, 'Which: "oblivious" is none of them']
    peak_row_w: Annotated[float | None, "Wanted power of the row nearest to its limit, before slowing [W]"]
    row_limit_w: Annotated[float | None, "That row's limit [W]"]
    peak_row_frac: Annotated[float | None, "The former ÷ the latter [1]"]
    hottest_c: Annotated[float | None, "Hottest GPU, before it is slowed [C]"]
    power_throttle_min: Annotated[float | None, "Server minutes slowed because of their row [min]"]
    thermal_throttle_min: Annotated[float | None, "Server minutes slowed because of heat [min]"]
    throttle_min: Annotated[float | None, "Server minutes slowed for either reason [min]"]
    saas_p99: Annotated[
        float | None,
        "99th percentile over served requests of response time ÷ an idle instance's; NaN without SaaS [1]",
    ]
    saas_lost_frac: Annotated[float | None, "Requests not served in their minute. 0..1 [1]"]
    iaas_slowdown_frac: Annotated[float | None, "Work of opaque machines lost to slowing. 0..1 [1]"]
    quality_lost_frac: Annotated[
        float | None, "Mean quality of answers lost to smaller configurations. 0..1 [1]"
    ]
    unplaced: Annotated[int, "Machines that found no server [1]"]
    emergency: Annotated[EmergencyLossOut | None, "What the emergency costs; None without one"]
    change: Annotated[LeverChangeOut, "Against no levers"]


class LimitOut(Record):
    """A limit and what it limits."""

    item: Annotated[str, "Source id, or a policy"]
    scope: Annotated[str, "What the number limits"]
    basis: Annotated[str, "How the source states it"]
    value_w: Annotated[float | None, "Limit before derating [W]"]
    percent: Annotated[float | None, "Limit relative to the device's most [%]"]


class LimitPassedOut(Record):
    """How often a limit is passed."""

    output: Annotated[str, "Key of the output"]
    side: Annotated[str, "above or below"]
    limit: Annotated[float | None, "The limit [1]"]
    found: Annotated[ProbabilityOut, "The probability with its interval; of a grid, a share of its points"]
    drawn: Annotated[bool, "Whether the points were drawn, so that the share is a probability"]


class LinesOut(Record):
    """Lines of a spectrum, thinned so that no peak is lost."""

    hertz: Annotated[list[float | None], "Frequencies [Hz]"]
    power_w: Annotated[list[float | None], "Amplitudes [W]"]


class LinkOut(Record):
    """Energy that flowed from one kind of node to another, or was lost in it."""

    from_: Annotated[str, "Where from"]
    to: Annotated[str, "Where to"]
    wh: Annotated[float, "Energy [Wh]"]


class LoadOut(Record):
    """What hangs on a node at the source, each device once."""

    source_id: str
    name: str
    normal_w: Annotated[float, "Draw with every feed alive [W]"]
    failover_w: Annotated[float, "Draw when it alone is left [W]"]
    limit_w: Annotated[float | None, "Own rating, derated [W]"]
    chain_w: Annotated[float | None, "Limit of the weakest part of its path [W]"]
    bound_by: Annotated[str, "That part"]
    outlets_w: Annotated[float, "Derated limits of what it feeds, added [W]"]
    oversold: Annotated[bool, "Whether these exceed its own"]


class LowOut(Record):
    """A stretch of low power."""

    start_s: Annotated[float | None, "When it begins [s]"]
    end_s: Annotated[float | None, "When it is over [s]"]
    level_w: Annotated[float | None, "Median power in it [W]"]


class MatrixOut(Record):
    """Every node under every single failure."""

    nodes: Annotated[list[str], "Nodes that carry"]
    failed: Annotated[list[str], "Nodes lost"]
    frac: Annotated[
        list[list[float | None]], "Load ÷ limit by lost node, then by carrying node; null is dead"
    ]


class MetricOut(Record):
    """One output of a question."""

    key: Annotated[str, "Key, its unit last"]
    unit: str
    label: Annotated[str, "Name for people"]
    better: Annotated[Literal["less", "more", "neither"], "Which way is better"]


class ModeOut(Record):
    """A critical frequency, before and after measures."""

    key: Annotated[str, "Name"]
    title: Annotated[str, "What swings there"]
    low_hz: Annotated[float, "Lower edge [Hz]"]
    high_hz: Annotated[float, "Upper edge [Hz]"]
    source: Annotated[str, "Where it stands"]
    date: Annotated[str, "Of the text"]
    limit_w: Annotated[float | None, "Limit of the amplitude [W]"]
    resolution_hz: Annotated[float, "Width that counts as one line [Hz]"]
    before: Annotated[DrivenOut, "Without measures"]
    after: Annotated[DrivenOut, "With measures"]


class ModelList(Record):
    """Served models."""

    items: Annotated[list[ModelOut], "By server and model"]


class ModelOut(Record):
    """One served model on one server type."""

    model: Annotated[str, "Key, `fleet.model` of a scenario"]
    server: Annotated[str, "Server type"]
    gpus_per_instance: Annotated[int, "GPUs of one copy [GPUs]"]
    instances_per_server: Annotated[int, "Copies on one server [copies]"]
    kv_capacity_tokens: Annotated[float, "Tokens a copy's cache holds [tokens]"]
    max_batch: Annotated[int, "Sequences decoding together [sequences]"]
    measured_gpu: Annotated[str, "GPU behind the numbers"]
    stands_in: Annotated[str | None, "Why another GPU's numbers stand in; null if none"]
    source: Annotated[str, "Where the numbers come from"]
    marks: Annotated[dict[str, str], "How far to trust each part"]


class MoneyPartOut(Record):
    """One part of the net present cost."""

    key: Annotated[str, "Name"]
    present_usd: Annotated[float | None, "Worth today; a gain is negative [USD]"]


class NetworkOut(Record):
    """A site's nodes and racks, every template expanded."""

    template: Annotated[inputs.SiteTemplate | None, "A regular site; or give nodes and racks"]
    electrical: Annotated[list[inputs.ElectricalNode], "Power nodes, in any order"]
    racks: list[inputs.Rack]
    cooling: inputs.Cooling
    weather: Annotated[inputs.SiteWeather, "Outdoor air"]
    row_limits_w: Annotated[
        dict[str, float],
        "Power limit by row [W], for explicit racks. A row that is not named may draw the catalogue's provisioned power of its servers",
    ]
    design: Annotated[
        Literal["n", "n+1", "2n", "3n2", "catcher"] | None,
        "Redundancy that explicit nodes were designed for: a cost is told, the nodes decide what happens. A template says its own",
    ]
    loss_frac: Annotated[float, "Electrical losses of every node ÷ its own or the catalogue's [1]"]
    campus: Annotated[inputs.Campus | None, "What several halls share: a contract, cooling water"]
    events: Annotated[list[inputs.Event], "What happens, in any order"]
    ready: Annotated[list[ReadyOut], "Failures ready to try on its timeline"]
    warnings: Annotated[list[str], "What looks wrong about its units"]


class NodeNowOut(Record):
    """A node of the watched tree now."""

    name: Annotated[str, "Node"]
    kind: Annotated[str, "What it is"]
    fed_by: Annotated[list[str], "Its feeds"]
    power_w: Annotated[float | None, "Its meter, else the sum below it [W]"]
    summed_w: Annotated[float | None, "Racks below with modelled losses: what a meter should read [W]"]
    metered: Annotated[bool, "Whether a meter stands on it"]
    limit_w: Annotated[float | None, "What it may carry for ever [W]"]
    reporting: Annotated[int, "Hosts below with a fresh reading [1]"]
    expected: Annotated[int, "Hosts below [1]"]


class NotHereOut(Record):
    """What cannot be had here, and what would mend it."""

    label: Annotated[str, "Name of what was refused"]
    field: Annotated[str, "Which input"]
    rule: Annotated[str, "What it breaks"]
    value: Annotated[Any, "Value got"]
    repair: Annotated[str, "What would mend it"]


class NowOut(Record):
    """What is drawn now."""

    time_us: Annotated[int, "The server's clock [µs]"]
    site: Annotated[SiteNowOut, "The whole site"]
    nodes: Annotated[list[NodeNowOut], "Nodes of the watched tree"]
    hosts: Annotated[list[HostNowOut], "Hosts on the node asked for"]
    details: Annotated[list[HostDetailOut], "Hosts asked for by name"]


class OrderRowOut(Record):
    """One order."""

    name: Annotated[str, "Block or generation"]
    kind: Annotated[str, 'Kind of block, or "servers"']
    count: Annotated[float | None, "How many [1]"]
    first: Annotated[int, "Number of the first of them, existing ones counted; 0 for servers [1]"]
    ordered: Annotated[int, "Period of the order, from 0 [1]"]
    ordered_label: Annotated[str, "Its name"]
    arrives: Annotated[int, "Period it serves from [1]"]
    arrives_label: Annotated[str, "Its name"]
    usd: Annotated[float | None, "Price of all [USD]"]
    text: Annotated[str, "The same in words"]


class OutcomeDetail(Record):
    """A stored run or plan with its inputs."""

    id: str
    name: Annotated[str, "Name of the scenario"]
    status: Annotated[Literal["queued", "running", "done", "failed", "cancelled"], "How far it is"]
    job_id: Annotated[str | None, "The job that does it"]
    scenario_id: Annotated[str | None, "Stored scenario it began from"]
    scenario_sha256: Annotated[str, "SHA-256 of the inputs"]
    seed: Annotated[int, "Seed [1]"]
    model_version: Annotated[str, "Version of the model's numbers"]
    created_at: Annotated[str, "When it was asked for, UTC"]
    finished_at: Annotated[str | None, "When it ended, UTC"]
    scenario: Annotated[inputs.Scenario, "The inputs, every default filled in"]


class OutcomeOut(Record):
    """A stored run or plan without its result."""

    id: str
    name: Annotated[str, "Name of the scenario"]
    status: Annotated[Literal["queued", "running", "done", "failed", "cancelled"], "How far it is"]
    job_id: Annotated[str | None, "The job that does it"]
    scenario_id: Annotated[str | None, "Stored scenario it began from"]
    scenario_sha256: Annotated[str, "SHA-256 of the inputs"]
    seed: Annotated[int, "Seed [1]"]
    model_version: Annotated[str, "Version of the model's numbers"]
    created_at: Annotated[str, "When it was asked for, UTC"]
    finished_at: Annotated[str | None, "When it ended, UTC"]


class OutputInfluenceOut(Record):
    """What the axes do to one output."""

    output: Annotated[str, "Its key"]
    method: Annotated[str, "sobol, rbd-fast, rank, or constant"]
    effects: Annotated[list[AxisEffectOut], "One per axis, in their order"]
    note: Annotated[str, "What a reader must know"]


class OutputOut(Record):
    """One figure of every item."""

    key: Annotated[str, "Name"]
    label: Annotated[str, "In words"]
    unit: Annotated[str, "Unit; 1 is a ratio"]
    better: Annotated[Literal["less", "more", "neither"], "Which way is better"]
    group: Annotated[str, "power, energy, users, control, site or study"]
    doc: Annotated[str, "Formula or meaning"]
    values: Annotated[list[float | None], "One an item; null where it lacks the figure [see unit]"]
    ranges: Annotated[
        list[list[float] | None], "Lowest and highest where an item is a mean of several runs [see unit]"
    ]
    differences: Annotated[list[DifferenceOut], "One an item"]
    spread: Annotated[float | None, "Largest minus smallest [see unit]"]
    usual: Annotated[
        float | None, "Difference that another seed would make, of the item that is furthest [see unit]"
    ]
    score: Annotated[float | None, "Largest difference ÷ usual [1]"]
    verdicts: Annotated[
        list[Literal["baseline", "same", "better", "worse", "differs", "absent", "unpaired"]],
        "One an item, against the baseline; absent: it lacks the figure, unpaired: the baseline does",
    ]


class OutputSummaryOut(Record):
    """One output over the points."""

    output: Annotated[str, "Its key"]
    summary: Annotated[SummaryOut, "Moments and quantiles"]
    histogram: Annotated[HistogramOut, "Counts in equal bins"]


class OutputTornadoOut(Record):
    """One output's bars."""

    output: Annotated[str, "Its key"]
    at_middle: Annotated[float | None, "Output with every axis in the middle [1]"]
    bars: Annotated[list[AxisBarOut], "One per axis, the widest first"]


class ParameterOut(Record):
    """One number of a model."""

    name: Annotated[str, "As the model's equation has it"]
    value: Annotated[float | None, "Fitted, or the prior [its own]"]
    standard_error: Annotated[float | None, "One standard deviation [its own]"]
    unit: Annotated[str, "Unit of both"]
    fitted: Annotated[bool, "Whether the readings could tell it"]


class ParetoPointOut(Record):
    """One system at one server count; on the front none attains as much for less."""

    label: Annotated[str, "Name on charts"]
    system: Annotated[str, "Key of the system"]
    server_count: Annotated[int, "Servers at hand [servers]"]
    attained_frac: Annotated[float | None, "Requests inside every limit ÷ known [1]"]
    mean_power_w: Annotated[float | None, "Mean site power [W]"]
    peak_power_w: Annotated[float | None, "Largest mean over a control tick [W]"]
    energy_per_token_j: Annotated[float | None, "Energy per token given out [J]"]
    on_front: Annotated[bool, "Whether no other attains as much for fewer watts"]


class PartOut(Record):
    """One part of the cost."""

    key: Annotated[str, "Name"]
    label: Annotated[str, "Name for people"]
    present_usd: Annotated[float | None, "Worth today of all its years [USD]"]
    share_frac: Annotated[float | None, "The same ÷ the whole [1]"]
    usd_per_server_h: Annotated[float | None, "The same ÷ discounted server-hours [USD/h]"]


class PercentilesOut(Record):
    """One quantity over the draws, in its own unit."""

    p5: Annotated[float | None, "5th percentile [as named]"]
    p25: Annotated[float | None, "25th percentile [as named]"]
    p50: Annotated[float | None, "Median [as named]"]
    p75: Annotated[float | None, "75th percentile [as named]"]
    p95: Annotated[float | None, "95th percentile [as named]"]
    mean: Annotated[float | None, "Mean [as named]"]


class PeriodOut(Record):
    """One period of a plan."""

    label: Annotated[str, 'Name, such as "Q3 2027"']
    wanted: Annotated[float | None, "Servers wanted, in servers of work 1 [1]"]
    served: Annotated[float | None, "Of them served [1]"]
    unmet: Annotated[float | None, "Of them not served [1]"]
    there: Annotated[dict[str, float | None], "Servers that are there, by generation"]
    on: Annotated[dict[str, float | None], "Servers that are on, by generation"]
    it_w: Annotated[float | None, "Peak power of the servers that are on [W]"]
    meter_w: Annotated[float | None, "The same at the meter [W]"]
    capacity_w: Annotated[dict[str, float | None], "What each kind carries [W]"]
    need_w: Annotated[dict[str, float | None], "What each kind has to carry [W]"]
    spare_w: Annotated[
        float | None,
        "Capacity of the utility less the peak; without a utility, of the kind with most to spare [W]",
    ]
    stranded_w: Annotated[float | None, "The part of it that demand is waiting for [W]"]
    short: Annotated[list[str], 'Kinds that are full while demand waits, or "servers"']
    ordered_usd: Annotated[float | None, "Orders of the period [USD]"]
    running_usd: Annotated[float | None, "Energy, demand charge, water, carbon and upkeep [USD]"]
    lost_usd: Annotated[float | None, "Unserved demand at its price [USD]"]
    carbon_t: Annotated[float | None, "Carbon of the energy and of servers ordered [t]"]
    water_m3: Annotated[float | None, "Water [m3]"]


class PlacedKindOut(Record):
    """One kind of servers that was to be placed."""

    name: Annotated[str, "Its name for people"]
    server: Annotated[str, "Server type"]
    planned_w: Annotated[float | None, "Power planned per server [W]"]
    asked: Annotated[int | None, "Servers asked for; None is as many as possible [1]"]
    placed: Annotated[int, "Servers placed [1]"]


class PlacementLimitOut(Record):
    """PlacementLimitOut"""

    what: Annotated[str, "Node, row, hall or aisle"]
    frac: Annotated[float | None, "Its load ÷ limit [1]"]
    lost: Annotated[str, 'Node whose loss loads it so; "" with nothing lost']
    words: Annotated[str, "The same in words"]


class PlacementProofOut(Record):
    """PlacementProofOut"""

    objective: Annotated[Any, "What was sought"]
    value: Annotated[float | None, "What was found [1]"]
    bound: Annotated[float | None, "What no placement can be better than, objectives before it kept [1]"]
    optimal: Annotated[bool, "Whether the two are one, to the last server or the gap asked for"]
    gap_frac: Annotated[float, "Distance from the bound ÷ value [1]"]
    words: Annotated[str, "The same in words"]


class PlanCellOut(Record):
    """One server count under one policy."""

    added_servers: Annotated[int, "Servers beyond the base count [servers]"]
    server_count: Annotated[int, "All servers [servers]"]
    policy: str
    runs: Annotated[list[RunOut], "One per seed, without curves"]
    meets_slo: Annotated[bool, "Whether every seed held every service level"]
    meets_slo_confidence: Annotated[
        float | None, "Lower 95 % bound of the chance that another seed holds [1]"
    ]
    breaches: Annotated[list[str], "What was passed"]


class PlantList(Record):
    """Cooling plants."""

    items: Annotated[list[PlantOut], "Ready-made, then the user's own"]


class PlantOut(Record):
    """One cooling plant."""

    key: Annotated[str, "Key, `facility.cooling.plant` of a scenario"]
    label: Annotated[str, "What it is"]
    like: Annotated[str, "Ready-made plant it is or starts from"]
    settings: Annotated[
        dict[str, inputs.OwnFigure | inputs.OwnCurve], "Coefficients that differ, each with its source"
    ]
    file: Annotated[str, "File of your own it comes from; empty in ours"]


class PlantResultOut(Record):
    """A plant by hour; arrays of shape (hours,)."""

    it_w: Annotated[list[Any] | None, "IT load [W]"]
    chiller_w: Annotated[list[Any] | None, "Compressors [W]"]
    rejector_fan_w: Annotated[list[Any] | None, "Tower and dry cooler fans [W]"]
    pump_w: Annotated[list[Any] | None, "Loop and condenser pumps [W]"]
    air_fan_w: Annotated[list[Any] | None, "CRAH or AHU fans [W]"]
    cdu_pump_w: Annotated[list[Any] | None, "CDU pumps [W]"]
    rejected_w: Annotated[list[Any] | None, "Heat that reaches the outside [W]"]
    unserved_w: Annotated[list[Any] | None, "Heat nobody takes out; it warms the hall [W]"]
    capacity_left_w: Annotated[
        list[Any] | None, "Heat that could be taken out beyond. ; negative if short [W]"
    ]
    water_kg_s: Annotated[list[Any] | None, "Fresh water [kg/s]"]
    free_frac: Annotated[list[Any] | None, "Part of the heat that passes the chillers by [1]"]
    supply_c: Annotated[list[Any] | None, "Air to the servers, before recirculation [C]"]
    short_air_k: Annotated[list[Any] | None, "Inlet rise from exhaust drawn back for want of air [K]"]
    coolant_c: Annotated[list[Any] | None, "Coolant to the cold plates; NaN without [C]"]
    air_capacity_w: Annotated[list[Any] | None, "Server heat that the air path could carry [W]"]
    plate_capacity_w: Annotated[list[Any] | None, "The same of the cold plates [W]"]
    outside_range: Annotated[Any, "Hours in which a curve was left and cut to its end"]


class PointDetail(Record):
    """One point with its inputs."""

    index: Annotated[int, "Place in the study, from 0 [1]"]
    key: Annotated[str, "Address of its answer: a hash of all it depends on"]
    changes: Annotated[dict[str, Any], "Value per field that varies"]
    outputs: Annotated[
        dict[str, float | None] | None, "Figure per output, null where undefined; null without an answer"
    ]
    error: Annotated[dict[str, Any] | None, "Why it has no answer"]
    question: Annotated[str, "Key of the question"]
    inputs: Annotated[
        dict[str, Any] | None, "Inputs of the point, every default filled in; null where they break a rule"
    ]


class PointOut(Record):
    """One point."""

    index: Annotated[int, "Place in the study, from 0 [1]"]
    key: Annotated[str, "Address of its answer: a hash of all it depends on"]
    changes: Annotated[dict[str, Any], "Value per field that varies"]
    outputs: Annotated[
        dict[str, float | None] | None, "Figure per output, null where undefined; null without an answer"
    ]
    error: Annotated[dict[str, Any] | None, "Why it has no answer"]


class PointRows(Record):
    """Rows that a question about points gave."""

    items: Annotated[list[dict[str, Any]], "Rows: index, axes, outputs, error"]
    total: Annotated[int, "Rows there are without the limit [1]"]


class PointsOut(Record):
    """Points in order, as far as they have come."""

    items: Annotated[list[PointOut], "Points"]
    next: Annotated[int | None, "Ask `after` this for more; null at the last so far [1]"]


class PolicyList(Record):
    """Policies."""

    items: Annotated[list[PolicyOut], "Built in, then the user's own"]


class PolicyOut(Record):
    """One policy."""

    name: Annotated[str, "Name, `policy.name` of a scenario"]
    doc: Annotated[str, "What it does"]
    settings: Annotated[list[SettingOut], "Its settings"]
    allowed: Annotated[bool, "Whether this server accepts it"]


class PoolOut(Record):
    """One pool over time."""

    name: str
    role: Annotated[str, "prompt, token, mixed or encode"]
    gpus_per_instance: Annotated[int, "GPUs of an instance [GPUs]"]
    power_w: Annotated[list[float | None], "Site power [W]"]
    instances: Annotated[list[float | None], "Instances on [instances]"]
    clock_mhz: Annotated[list[float | None], "SM clock [MHz]"]
    queued: Annotated[list[float | None], "Requests waiting [requests]"]


class PriorityOut(Record):
    """What the users of one priority saw."""

    priority: str
    server_count: Annotated[int, "Servers that carry it [servers]"]
    arrived: Annotated[int, "Requests that arrived [requests]"]
    carried_over: Annotated[int, "Requests under way at the start [requests]"]
    finished: Annotated[int, "Requests that finished [requests]"]
    in_flight: Annotated[int, "Requests under way at the end [requests]"]
    rejected_queue_full: Annotated[int, "Refused: queue full [requests]"]
    rejected_too_long: Annotated[int, "Refused: longer than the cache [requests]"]
    output_tokens: Annotated[float | None, "Tokens produced [tokens]"]
    throughput_tokens_per_s: Annotated[float | None, "Mean rate [tokens/s]"]
    ttft: Annotated[LatencyOut, "Time to first token"]
    tbt: Annotated[LatencyOut, "Time between tokens"]
    e2e: Annotated[LatencyOut, "Time from arrival to last token"]
    capped_s: Annotated[float | None, "Time under a clock cap [s]"]
    p50_impact_frac: Annotated[float | None, "Rise of median latency against no control [1]"]
    p99_impact_frac: Annotated[float | None, "Rise of P99 latency against no control [1]"]
    throughput_impact_frac: Annotated[float | None, "Loss of throughput against no control [1]"]


class ProbabilityOut(Record):
    """Part of the points that pass a limit, with its interval."""

    probability: Annotated[float | None, "Points that pass ÷ points counted [1]"]
    low: Annotated[float | None, "Low end of the two-sided interval [1]"]
    high: Annotated[float | None, "High end [1]"]
    passed: Annotated[int, "Points that pass [1]"]
    count: Annotated[int, "Points counted [1]"]
    undefined: Annotated[int, "Points whose output was NaN; in neither number [1]"]
    level: Annotated[float | None, "Confidence of the interval, such as 0.95 [1]"]
    method: Annotated[
        str,
        '"clopper-pearson", exact for independent points; of stratified points "clopper-pearson, conservative"',
    ]


class Problem(Record):
    """Why a request was refused, or why a job failed."""

    type: Annotated[str, "Kind of problem"]
    title: Annotated[str, "The kind in words"]
    status: Annotated[int, "HTTP status [1]"]
    detail: Annotated[str, "What happened here"]
    id: Annotated[str, "Names this one occurrence in the server's log"]
    errors: Annotated[list[FieldError], "One entry per wrong field; empty where no field is to blame"]


class ProblemOut(Record):
    """Why the scenario would not stand."""

    field: str
    rule: str
    value: Annotated[str, "Value got"]
    repair: Annotated[str, "How to mend it"]


class ProvenanceOut(Record):
    """What a result rests on; the same three give the same numbers again."""

    scenario_sha256: Annotated[str, "SHA-256 of the inputs as canonical JSON"]
    model_version: Annotated[str, "Version of the model's numbers"]
    seed: Annotated[int, "Seed of every random draw [1]"]
    created_at: Annotated[str, "When it was computed, UTC"]


class ProvisionOut(Record):
    """The machines found for one design."""

    design: Annotated[str, "Name of the design"]
    prompts: Annotated[int, "Prompt machines, or mixed ones [machines]"]
    tokens: Annotated[int, "Token machines; 0 where mixed [machines]"]
    requests_s: Annotated[
        float | None, "Throughput within the limits; the asked one for iso-throughput [1/s]"
    ]
    power: Annotated[float | None, "Provisioned power, in the machines' unit [published unit]"]
    cost_usd_h: Annotated[float | None, "Rent [USD/h]"]
    looked_at: Annotated[int, "Splits that were run [1]"]


class ProvisionedOut(Record):
    """The machines found for each design."""

    found: Annotated[list[ProvisionOut], "Designs that meet the goal"]
    refused: Annotated[list[NotHereOut], "Designs that cannot"]
    provenance: Annotated[ProvenanceOut, "What the answer rests on"]
    timing: Annotated[TimingOut | None, "What it cost"]


class QuantileOut(Record):
    """A quantile of an output."""

    frac: Annotated[float | None, "Part of the outputs below it, 0..1 [1]"]
    value: Annotated[float | None, "Estimate, in the output's unit [1]"]
    low: Annotated[float | None, "Low end of its interval; -inf where the points are too few for one [1]"]
    high: Annotated[float | None, "High end; inf where they are too few [1]"]


class QueryEnergyOut(Record):
    """QueryEnergyOut"""

    preset: Annotated[str, "Name of the preset"]
    title: Annotated[str, "What the preset is"]
    changed: Annotated[list[str], "Fields given instead of the preset's"]
    draws: Annotated[int, "Draws per class [1]"]
    seed: Annotated[int, "Seed of the draws [1]"]
    typical: Annotated[ClassEnergyOut, "Typical queries"]
    long: Annotated[ClassEnergyOut, "Long queries"]
    long_ratio: Annotated[float | None, "Median energy of a long query ÷ that of a typical one [1]"]
    fleet_all_typical: Annotated[FleetOut, "A day with no long queries"]
    fleet: Annotated[FleetOut, "A day with the share of long queries asked for"]
    fleet_after: Annotated[FleetOut, "The same with each pathway on its share of the fleet"]
    savings: Annotated[list[SavingOut], "Each pathway alone, then all combined"]
    sources: Annotated[list[SourcedInputOut], "What the preset's inputs rest on"]
    provenance: Annotated[ProvenanceOut, "What the answer rests on"]
    timing: Annotated[TimingOut | None, "What it cost"]


class QuestionDetail(Record):
    """A question with the fields of its inputs."""

    key: str
    label: Annotated[str, "Name for people"]
    doc: Annotated[str, "What it answers"]
    metrics: Annotated[list[MetricOut], "Its outputs"]
    fields: Annotated[list[StudiesFieldOut], "Fields an axis may name"]


class QuestionList(Record):
    """Questions."""

    items: Annotated[list[QuestionDetail], "Questions"]


class QuestionOut(Record):
    """A question a study may ask."""

    key: str
    label: Annotated[str, "Name for people"]
    doc: Annotated[str, "What it answers"]
    metrics: Annotated[list[MetricOut], "Its outputs"]


class RaceOut(Record):
    """A breaker's way to its trip on one time axis with the cap."""

    node: Annotated[str, "The breaker"]
    t_s: Annotated[list[Any] | None, "Time since the failure [s]"]
    without_cap: Annotated[list[Any] | None, "State of the protection if no cap comes; 1 trips"]
    with_cap: Annotated[list[Any] | None, "The same if the cap lands when it does"]
    ratio_before: Annotated[float | None, "Load ÷ setting until the cap lands [1]"]
    ratio_after: Annotated[float | None, "Load ÷ setting once the last of a policy's caps has landed [1]"]
    cap_lands_s: Annotated[float | None, "When the cap lands [s]"]
    trip_s: Annotated[float | None, "When the breaker trips without a cap [s]"]


class RackArraysOut(Record):
    """All racks, in the order of the site's network."""

    name: Annotated[list[str], "Names"]
    hall: Annotated[list[Any] | None, "Number of the hall of each, from 0"]
    server_count: Annotated[list[Any] | None, "Servers in each"]
    peak_w: Annotated[list[Any] | None, "Highest tick [W]"]
    mean_w: Annotated[list[Any] | None, "Mean [W]"]
    inlet_peak_c: Annotated[list[Any] | None, "Warmest air at its servers [C]"]
    gpu_peak_c: Annotated[list[Any] | None, "Hottest GPU [C]"]
    throttled_s: Annotated[list[Any] | None, "Server time in which heat held clocks down [s]"]
    lost_s: Annotated[list[Any] | None, "Server time without service [s]"]


class RackPlanOut(Record):
    """What one rack holds and how it hangs."""

    rack: Annotated[str, "Its name"]
    row: Annotated[str, "Its row"]
    hall: Annotated[str, "Its hall"]
    server: Annotated[str, 'Type of its servers; "" for an empty rack']
    server_count: Annotated[int, "Servers in it [1]"]
    added: Annotated[int, "Of these, those placed now [1]"]
    of: Annotated[dict[str, int], "Servers by the name of their kind"]
    fed_by: Annotated[list[str], "Its feeds"]
    phases: Annotated[str, "Its phases"]
    planned_w: Annotated[float | None, "Power planned for it [W]"]


class RackResultOut(Record):
    """One rack over the horizon."""

    name: Annotated[str, "Its name"]
    hall: Annotated[str, "Its hall"]
    row: Annotated[str, "Its row"]
    aisle: Annotated[str, "Its aisle"]
    position: Annotated[int, "Place in the row [1]"]
    server: Annotated[str, "Type of its servers"]
    server_u: Annotated[float | None, "Height of one [U]"]
    fed_by: Annotated[list[str], "Its feeds"]
    feed_wh: Annotated[list[float | None], "Energy over each feed [Wh]"]
    server_count: Annotated[int, "Servers in it [1]"]
    peak_w: Annotated[float | None, "Highest draw of a tick [W]"]
    mean_w: Annotated[float | None, "Mean draw [W]"]
    gpu_wh: Annotated[float | None, "Energy of its GPUs, by its servers' measured lines [Wh]"]
    supply_loss_wh: Annotated[float | None, "Energy lost in its servers' supplies, assumed Titanium [Wh]"]
    limit_w: Annotated[float | None, "What the weakest element of its best path still lets through [W]"]
    weakest: Annotated[str, "That element"]
    inlet_peak_c: Annotated[float | None, "Warmest air at its servers [C]"]
    gpu_peak_c: Annotated[float | None, "Hottest GPU [C]"]
    throttled_s: Annotated[float | None, "Server seconds of thermal throttling [s]"]
    lost_s: Annotated[float | None, "Server seconds without service [s]"]


class RareEventOut(Record):
    """How probable an event is that plain sampling hardly sees."""

    probability: Annotated[float | None, "The estimate; 0 where the event was never reached [1]"]
    low: Annotated[float | None, "Low end of its two-sided interval [1]"]
    high: Annotated[float | None, "High end [1]"]
    level: Annotated[float | None, "Confidence of the interval, such as 0.95 [1]"]
    evaluations: Annotated[int, "Points asked for [1]"]
    levels: Annotated[int, "Steps taken towards the event, most of any replica [1]"]
    replicas: Annotated[int, "Independent repetitions behind the interval [1]"]
    effective_points: Annotated[
        float | None,
        "Independent points in the event that would scatter as much; the relative error of the probability is about one over its root [1]",
    ]
    undefined: Annotated[int, "Outputs that were NaN; they count as no event [1]"]
    method: Annotated[str, '"splitting", "importance" or, where that failed, "plain"']
    note: Annotated[str, "What the reader has to know, in a sentence; empty if nothing"]


class ReadyOut(Record):
    """A failure ready to try."""

    key: Annotated[str, "Name"]
    title: Annotated[str, "For people"]
    description: Annotated[str, "What happens"]
    events: Annotated[list[inputs.Event], "Its events"]


class ReceiverList(Record):
    """All receivers."""

    items: Annotated[list[ReceiverOut], "Receivers"]


class ReceiverOut(Record):
    """What one receiver got since the server started."""

    kind: Annotated[Literal["prometheus", "otlp", "upload"], "Protocol"]
    requests: Annotated[int, "Requests, files or pulls [1]"]
    last_at: Annotated[str | None, "When the last one came, UTC"]
    samples: Annotated[int, "Samples or rows in them [1]"]
    stored: Annotated[int, "Readings stored: samples of a device at one instant [1]"]
    missing: Annotated[int, "Samples without a value: stale markers, blanks [1]"]
    refused: Annotated[list[RefusedOut], "What broke a rule"]
    ignored: Annotated[list[IgnoredOut], "Names that have no place here, most first"]
    ignored_more: Annotated[int, "Samples of further names [1]"]
    unsupported: Annotated[dict[str, int], "What else was there and is not kept [1]"]


class RefusedOut(Record):
    """Readings or values that were left out of a batch."""

    reason: Annotated[Literal["future", "late", "unit"], "Which rule they broke"]
    field: Annotated[str, "Which field"]
    count: Annotated[int, "How many [1]"]
    repair: Annotated[str, "What the sender can do"]


class RejectionOut(Record):
    """RejectionOut"""

    step_w: Annotated[float | None, "What the grid loses at once [W]"]
    ramp_w_per_s: Annotated[
        float | None, "Steepest mean rise over the window while it comes back. ; infinite for a step [W/s]"
    ]
    limit_w_per_s: Annotated[float | None, "What is allowed [W/s]"]
    margin_frac: Annotated[float | None, "(limit - ramp) ÷ limit; below 0 it is too steep [1]"]
    least_walk_in_s: Annotated[float | None, "Shortest walk-in that keeps the limit. ; 0: any does [s]"]
    most_walk_in_s: Annotated[
        float | None,
        "Longest walk-in that is back in time. ; infinite: nothing is asked, below 0: none is [s]",
    ]
    possible: Annotated[bool, "Whether any walk-in keeps both"]
    rule: Annotated[str, "The ramp rule"]
    table: Annotated[str, "The ride-through table"]


class ResidualsOut(Record):
    """Measured and modelled over the period; means of groups where there are many."""

    readings: Annotated[int, "Readings that had all that is needed [1]"]
    held_out_from_us: Annotated[int | None, "Where the part not seen begins [µs]"]
    time_us: Annotated[list[int], "Times [µs]"]
    measured: Annotated[list[float | None], "Measured [its own]"]
    modelled: Annotated[list[float | None], "The fit [its own]"]
    residual: Annotated[list[float | None], "Their difference [its own]"]


class ResultRef(Record):
    """Where a job's result is."""

    kind: Annotated[str, "run, plan, dataset or what-if"]
    id: Annotated[str, "Id of the run or plan, name of the dataset"]
    href: Annotated[str, "Address to read"]


class ResultTable(Record):
    """Points of a finished study."""

    study: Annotated[StudyDetail, "The study"]
    points: Annotated[list[PointOut], "Its points, in order"]


class RideOut(Record):
    """A disturbance under one table."""

    key: Annotated[str, "Name of the table"]
    authority: Annotated[str, "Who asks for it"]
    title: Annotated[str, "What it asks"]
    source: Annotated[str, "Where it stands"]
    date: Annotated[str, "Of the text"]
    event: Annotated[str, "What the grid did"]
    passes: Annotated[bool, "Whether every requirement is kept"]
    lost_w: Annotated[float | None, "Most the grid missed [W]"]
    lost_s: Annotated[float | None, "Time below the recovery share [s]"]
    recovered_s: Annotated[
        float | None, "From the voltage's return until the load was back; null if never [s]"
    ]
    battery_j: Annotated[float | None, "Energy that batteries gave [J]"]
    findings: Annotated[list[FindingOut], "Each requirement"]
    t_s: Annotated[list[float | None], "Times; twice where power jumps [s]"]
    grid_w: Annotated[list[float | None], "Power at them [W]"]
    voltage_t_s: Annotated[list[float], "When the voltage changes [s]"]
    voltage_pu: Annotated[list[float], "To what [pu]"]


class RideThroughOut(Record):
    """How warm the halls' air gets after cooling falls off."""

    left_frac: Annotated[float | None, "What is left of the plant's capacity. 0..1 [1]"]
    start_c: Annotated[float | None, "Supply air before [C]"]
    recommended_s: Annotated[float | None, "Time until 27 °C; infinite if never [s]"]
    allowable_s: Annotated[float | None, "Time until the limit of the inlet; infinite if never [s]"]
    limit_c: Annotated[float | None, "That limit [C]"]
    t_s: Annotated[list[Any] | None, "Time since the failure. , shape (points,) [s]"]
    air_c: Annotated[list[Any] | None, "Air in the halls. , shape (points,) [C]"]


class RowErrorOut(Record):
    """One row that could not be used; it is left out, nothing it named is removed."""

    table: Annotated[str, "Table or list"]
    row: Annotated[int, "Row: the line of a CSV, else counted from 1 [1]"]
    field: str
    rule: str
    value: Annotated[Any, "Value got [as sent]"]
    repair: Annotated[str, "How to mend it"]


class RowRoomOut(Record):
    """RowRoomOut"""

    row: Annotated[str, "Its name"]
    hall: Annotated[str, "Its hall"]
    server_count: Annotated[int, "Servers in it [1]"]
    server_w: Annotated[float | None, "What one more server is taken to draw at the worst hour [W]"]
    more_servers: Annotated[int, "Servers it can take; none of the other rows takes any [1]"]
    placed_servers: Annotated[int, "Servers of the ones asked for that are put there [1]"]
    left_servers: Annotated[int, "Servers it can take once all of those asked for are in place [1]"]
    binding: Annotated[
        str, 'What the next server would overload: a node, "cooling of H1" or "inlets of H1A1"'
    ]
    binding_frac: Annotated[float | None, "Its load ÷ limit with `more_servers` in place [1]"]
    lost: Annotated[str, 'The node whose loss makes it bind, "" for none']
    words: Annotated[str, "What the next server would overload"]


class RuleOut(Record):
    """RuleOut"""

    key: Annotated[str, "Name in files and answers"]
    authority: Annotated[str, "Who asks for it"]
    title: Annotated[str, "What it asks, in words"]
    kind: Annotated[
        Any,
        '"band-swing": highest less lowest power in any window, of the power in a band. "band-share": energy of the power\'s changes that lies in a band, in the worst stretch of ten periods of its lower edge. "change": highest less lowest power in any window. "ramp": change over any window ÷ its length, up and down. "range": least width of a band around a baseline that itself keeps two ramps (dynamic range). "voltage-change": highest less lowest voltage in any window ÷ nominal. "pst", "plt": flicker, short and long term. "tdd", "thd": harmonics of the current and of the voltage',
    ]
    limit: Annotated[
        float | None,
        "In W (band-swing, change, range), W/s (ramp), Pst or Plt, or 0..1. The planning level of the voltage holds too where it is lower (flicker), and takes its place (harmonics) [1]",
    ]
    limit_frac: Annotated[
        float | None, "The same ÷ contracted power; the lower of the two holds. 0 is none [1]"
    ]
    window_s: Annotated[float | None, "Rolling window. ; 0 where the kind has none [s]"]
    low_hz: Annotated[float | None, "Lower edge of the band [Hz]"]
    high_hz: Annotated[float | None, "Upper edge of the band [Hz]"]
    up_w_per_s: Annotated[float | None, 'Fastest rise of a "range"\'s baseline [W/s]']
    down_w_per_s: Annotated[float | None, 'Fastest fall of a "range"\'s baseline [W/s]']
    source: Annotated[str, "Where it stands, and how sure that is"]
    date: Annotated[str, "Of the text"]
    unit: Annotated[str, "Unit of limit and worst value"]


class RunFiguresOut(Record):
    """Figures of one run."""

    highest_w: Annotated[float, "Highest power from the grid [W]"]
    lowest_w: Annotated[float, "Lowest [W]"]
    mean_w: Annotated[float, "Mean [W]"]
    books: Annotated[BooksOut, "Where energy went"]
    unexplained_frac: Annotated[float | None, "Books that do not close ÷ grid [1]"]
    wasted_frac: Annotated[float | None, "Burnt and lost in stores ÷ work [1]"]
    slowdown_frac: Annotated[float | None, "Time the jobs lose, starts aside [1]"]
    lost_start_s: Annotated[float | None, "Time lost at each start [s]"]
    starts: Annotated[int, "Starts and restarts in the horizon [1]"]
    burn_life_frac: Annotated[float | None, "Burn circuit's life used a year [1]"]


class RunOut(Record):
    """Result of one run."""

    policy: str
    server_count: Annotated[int, "Servers deployed [servers]"]
    base_server_count: Annotated[int, "Servers the power is for [servers]"]
    added_servers: Annotated[int, "Servers beyond the base count [servers]"]
    seed: Annotated[int, "Seed [1]"]
    horizon_s: Annotated[float | None, "Time simulated [s]"]
    tick_s: Annotated[float | None, "Control tick [s]"]
    provisioned_w: Annotated[float | None, "Power limit [W]"]
    rate_per_server_s: Annotated[float | None, "Requests per server [1/s]"]
    peak_w: Annotated[float | None, "Highest row power of a tick [W]"]
    peak_frac: Annotated[float | None, "The same ÷ provisioned [1]"]
    peak_t_s: Annotated[float | None, "When, from the start [s]"]
    warm_up_peak_frac: Annotated[
        float | None, "Peak ÷ provisioned of the warm-up, which nothing else counts [1]"
    ]
    mean_w: Annotated[float | None, "Mean row power [W]"]
    mean_frac: Annotated[float | None, "The same ÷ provisioned [1]"]
    energy_wh: Annotated[float | None, "Row energy [Wh]"]
    energy_per_token_j: Annotated[float | None, "Per token produced [J]"]
    energy_split: Annotated[EnergyOut, "Energy by what drew it"]
    rise_2s_frac: Annotated[float | None, "Largest rise within 2 s ÷ provisioned [1]"]
    rise_40s_frac: Annotated[float | None, "Largest rise within 40 s ÷ provisioned [1]"]
    above: Annotated[list[ThresholdTimeOut], "Time above each level"]
    caps_low: Annotated[int, "Caps commanded on low priority [commands]"]
    caps_high: Annotated[int, "Caps commanded on high priority [commands]"]
    releases: Annotated[int, "Caps lifted [commands]"]
    brakes: Annotated[int, "Times the power brake was pulled [brakes]"]
    brake_s: Annotated[float | None, "Time under the brake [s]"]
    low: Annotated[PriorityOut, "Low priority"]
    high: Annotated[PriorityOut, "High priority"]
    classes: Annotated[list[ResultsClassOut], "By request class"]
    series: Annotated[ResultsSeriesOut | None, "Curves over time; null where not asked for"]
    events: Annotated[list[ResultsEventOut], "Commands, oldest first"]
    events_dropped: Annotated[int, "Commands beyond those listed [events]"]
    slo_breaches: Annotated[list[str], "Every service level that was passed"]
    meets_slo: Annotated[bool, "Whether every service level holds"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]


class SavingOut(Record):
    """What a pathway, or all together, divide the energy of a query by."""

    name: Annotated[str, 'Pathway; "combined" is the product of all']
    reduction: Annotated[
        dict[str, PercentilesOut], "Class of query -> energy before ÷ after. Absent: it does not act"
    ]
    energy_wh: Annotated[dict[str, PercentilesOut], "Class of query -> energy after [Wh]"]
    published_frac: Annotated[
        dict[str, float | None] | None,
        "Class of query -> share of draws within the published range of all combined, 8 to 20; None for one pathway",
    ]
    source: Annotated[str, "Where the range comes from"]
    mark: Annotated[str, "How far to trust it"]


class ScenarioOut(Record):
    """A stored scenario."""

    id: str
    name: str
    site_id: Annotated[str | None, "Site it belongs to"]
    archived: Annotated[bool, "Whether it is put away"]
    has_facility: Annotated[bool, "Whether it has a building around its rows"]
    has_training: Annotated[bool, "Whether training jobs run on it"]
    changed_by: Annotated[str, "Who changed it last: name of the token or person"]
    version: Annotated[int, "Grows with every change; send it as If-Match [1]"]
    created_at: Annotated[str, "When it was stored, UTC"]
    updated_at: Annotated[str, "When it last changed, UTC"]
    scenario: Annotated[inputs.Scenario, "The inputs, every default filled in"]


class ScenarioSummary(Record):
    """A stored scenario without its inputs."""

    id: str
    name: str
    site_id: Annotated[str | None, "Site it belongs to"]
    archived: Annotated[bool, "Whether it is put away"]
    has_facility: Annotated[bool, "Whether it has a building around its rows"]
    has_training: Annotated[bool, "Whether training jobs run on it"]
    changed_by: Annotated[str, "Who changed it last: name of the token or person"]
    version: Annotated[int, "Grows with every change; send it as If-Match [1]"]
    created_at: Annotated[str, "When it was stored, UTC"]
    updated_at: Annotated[str, "When it last changed, UTC"]


class ScheduleOut(Record):
    """ScheduleOut"""

    name: Annotated[str, "Name of the site"]
    server: Annotated[str, "Server type of the fleet"]
    server_count: Annotated[int, "Servers deployed [1]"]
    planned_servers: Annotated[int, "Servers that power was planned for [1]"]
    added_frac: Annotated[float | None, "Servers beyond those planned ÷ those planned [1]"]
    halls: Annotated[int, "Halls [1]"]
    rows: Annotated[int, "Rows [1]"]
    aisles: Annotated[int, "Aisles [1]"]
    iaas_frac: Annotated[float | None, "Share of IaaS machines asked for. 0..1 [1]"]
    iaas_drawn_frac: Annotated[
        float | None,
        "Share of IaaS among the machines drawn; they come in batches, so a small site misses what was asked. 0..1 [1]",
    ]
    days: Annotated[int, "Length [d]"]
    seed: Annotated[int, "Seed of places, machines and loads [1]"]
    emergency: Annotated[Any, '"none", "power" or "airflow"']
    emergency_start_s: Annotated[float | None, "When it strikes; None without one [s]"]
    emergency_duration_s: Annotated[float | None, "How long it lasts; None without one [s]"]
    levers: Annotated[list[LeverResultOut], "Figures by lever, without levers first"]
    notes: Annotated[list[str], "What of this site had to be simplified"]
    not_taken: Annotated[list[str], "What of the scenario such runs do not use"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    timing: Annotated[TimingOut, "What it cost"]


class SeedRangesOut(Record):
    """Lowest and highest of a site's figures over seeds; each seed is scaled to its load."""

    seeds: Annotated[list[int], "Seeds run, the scenario's own first [1]"]
    facility_peak_w: Annotated[list[float | None], "Highest record of the power drawn from all sources [W]"]
    it_peak_w: Annotated[list[float | None], "Highest record of all racks together [W]"]
    facility_wh: Annotated[list[float | None], "Energy drawn from all sources [Wh]"]
    it_wh: Annotated[list[float | None], "Energy of the racks [Wh]"]
    pue: Annotated[list[float | None], "Energy from all sources ÷ energy of the racks [1]"]
    tightest_frac: Annotated[
        list[float | None], "Load after the worst single loss ÷ limit, tightest node [1]"
    ]
    hottest_c: Annotated[list[float | None], "Hottest GPU [C]"]


class SensitivityOut(Record):
    """What the answer becomes when one thing is otherwise."""

    what: Annotated[str, "What is changed"]
    same: Annotated[bool, "Whether the best combination stays"]
    best: Annotated[TriedOut | None, "The best then; null where nothing passes"]


class ServerList(Record):
    """Server types."""

    items: Annotated[list[ServerOut], "By key"]


class ServerOut(Record):
    """One server type."""

    key: Annotated[str, "Key, `fleet.server` of a scenario"]
    label: Annotated[str, "Name"]
    gpu: Annotated[GpuOut, "GPU in it"]
    gpu_count: Annotated[int, "GPUs in it [GPUs]"]
    idle_w: Annotated[float, "Power with every GPU idle, by the model [W]"]
    full_w: Annotated[float, "Power with every GPU at TDP, by the model [W]"]
    figures: Annotated[dict[str, FigureOut], "Rated and provisioned power, host curve"]
    measured: Annotated[dict[str, FigureOut], "What was observed"]
    models: Annotated[list[str], "Models it can carry"]
    file: Annotated[str, "File of your own it comes from; empty in ours"]


class ServingRunOut(Record):
    """Systems side by side."""

    name: Annotated[str, "Name of the run"]
    horizon_s: Annotated[float, "Length of the traffic [s]"]
    capacity_frac: Annotated[float | None, "Mean rate ÷ what the baseline keeps up with [1]"]
    outcomes: Annotated[list[SystemDidOut], "In the order asked, the baseline first"]
    refused: Annotated[list[NotHereOut], "Systems that cannot run on this ground"]
    pareto: Annotated[list[ParetoPointOut], "Every system at every server count"]
    grid: Annotated[GridUsedOut | None, "Null where price and carbon are constant"]
    warnings: Annotated[list[str], "For people"]
    inputs: Annotated[dict[str, Any], "Inputs with every default"]
    provenance: Annotated[ProvenanceOut, "What the answer rests on"]
    timing: Annotated[TimingOut | None, "What it cost"]


class SettingOut(Record):
    """One setting of a policy."""

    name: str
    unit: str | None
    doc: Annotated[str, "Meaning"]
    default: Annotated[Any, "Default [see unit]"]
    source: Annotated[str | None, "Where the default comes from"]


class ShadowCurves(Record):
    """Curves of one host or node."""

    of: Annotated[str, "Which"]
    bin_s: Annotated[float, "Length of a bin [s]"]
    time_us: Annotated[list[int], "Starts of bins [µs]"]
    measured_w: Annotated[list[float | None], "Measured [W]"]
    predicted_w: Annotated[list[float | None], "Predicted [W]"]


class ShadowEntry(Record):
    """A host or node: measured beside predicted."""

    name: Annotated[str, "Host or node"]
    of: Annotated[str, "How series and forecasts call it"]
    kind: Annotated[str, "What it is"]
    basis: Annotated[Literal["calibrated", "expected", "mixed", "none"], "What the prediction rests on"]
    note: Annotated[str, "What to know of it"]
    compared: Annotated[int, "Minutes with both [1]"]
    missing: Annotated[int, "Minutes without one of them [1]"]
    measured_w: Annotated[float | None, "Mean measured [W]"]
    predicted_w: Annotated[float | None, "Mean predicted [W]"]
    bias_w: Annotated[float | None, "Measured less predicted [W]"]
    rms_w: Annotated[float | None, "Root mean square of it [W]"]
    mape_frac: Annotated[float | None, "Mean error ÷ measured [1]"]
    p95_off_frac: Annotated[float | None, "Predicted P95 ÷ measured, less 1 [1]"]
    drift: Annotated[DriftOut | None, "What changed for good"]
    unwatched: Annotated[str, "Why drift is not looked for; empty where it is"]
    metered: Annotated[bool, "Whether a node's own meter is compared"]
    hosts: Annotated[int, "Hosts below [1]"]
    hosts_predicted: Annotated[int, "Those with a prediction [1]"]


class ShadowOut(Record):
    """The twin beside the site."""

    start_us: Annotated[int, "First instant [µs]"]
    end_us: Annotated[int, "End [µs]"]
    computed_us: Annotated[int, "When it was compared [µs]"]
    hosts: list[ShadowEntry]
    nodes: Annotated[list[ShadowEntry], "Nodes of the watched tree"]
    origins: Annotated[list[str], "Where drift begins: nothing below drifts"]
    series: Annotated[ShadowCurves | None, "Curves, where asked for"]


class SharedLimitOut(Record):
    """One thing that halls share, and how much of it was used."""

    key: Annotated[str, "contract, cooling or water"]
    used: Annotated[float | None, "Highest use, in `unit`; of the contract where it was used most [1]"]
    limit: Annotated[float | None, "What there was then, in `unit` [1]"]
    unit: Annotated[str, "W or kg/s"]
    used_frac: Annotated[
        float | None, "Highest use ÷ what there was then; with a curtailment by the record [1]"
    ]
    bound_s: Annotated[
        float | None,
        "Time in which it held halls back: clocks under the contract, a plant or its water in records in which they were full [s]",
    ]
    words: Annotated[str, "The same for people"]


class ShedLoadOut(Record):
    """Servers of one priority in a rack that are switched off."""

    rack: Annotated[str, "The rack"]
    domain: Annotated[str, "Its row or hall"]
    priority: Annotated[Any, '"low" or "high"']
    servers: Annotated[int, "Servers [1]"]
    load_w: Annotated[float | None, "Their load as capped [W]"]


class ShiftOut(Record):
    """ShiftOut"""

    aim: Annotated[str, "What was kept low"]
    method: Annotated[str, '"greedy" (no step short), "linear" or "mixed-integer"']
    power_w: Annotated[list[Any] | None, "Power per job and step, mean of the step. , shape (jobs, time) [W]"]
    total_w: Annotated[list[Any] | None, "Power of all jobs per step. , shape (time,) [W]"]
    jobs: Annotated[list[JobShiftOut], "One entry a job, in their order"]
    shifted: Annotated[AccountOut, "Account of the schedule at actual signals"]
    at_arrival: Annotated[AccountOut, "Account of every job at full power from its arrival, headroom or not"]
    saved_frac: Annotated[
        float | None, "Share of the aim saved against arrival: carbon or cost; for headroom, of the peak [1]"
    ]
    foresight: Annotated[
        AccountOut | None, "Account of the schedule with the actual signal known; None without a forecast"
    ]
    regret_frac: Annotated[
        float | None,
        "What the forecast's error cost ÷ the aim with foresight. None without a forecast, or where that is not positive [1]",
    ]
    gap_frac: Annotated[
        float | None, "Largest distance from the best possible ÷ it; 0 unless mixed-integer [1]"
    ]
    provenance: Annotated[ProvenanceOut, "What the answer rests on"]
    timing: Annotated[TimingOut | None, "What it cost"]


class SiteCaseOut(Record):
    """SiteCaseOut"""

    failed: Annotated[list[str], "Names of what is lost at time zero"]
    lost_servers: Annotated[int, "Servers without power, restarting or too hot at the end [1]"]
    lost_at_once: Annotated[
        int,
        "Of these, from the first moment; minutes of a store that has lost its feed for good are not counted [1]",
    ]
    trips: Annotated[int, "Breakers that tripped [1]"]
    first_trip_s: Annotated[float | None, "Time to the first trip, infinite for none [s]"]
    worst_node: Annotated[str, 'Node that comes nearest to its limit, "" for none']
    worst_frac: Annotated[float | None, "Its load ÷ its limit right after the failure [1]"]
    race_node: Annotated[str, 'Breaker that would trip first without a cap, "" for none']
    race_trip_s: Annotated[float | None, "When it would [s]"]
    cap_lands_s: Annotated[
        float | None, "From an overload to the first cap that holds; infinite where none comes [s]"
    ]
    saved_by_cap: Annotated[bool, "Whether a breaker was on its way and the cap came first"]
    slowed_servers: Annotated[int, "Servers with power that a cap slows at the end [1]"]
    slo_damage_frac: Annotated[
        float | None,
        "Part of that hour's work that nobody has room for, or that a cap makes slower than its median may be. 0..1 [1]",
    ]
    binding: Annotated[str, "The constraint that binds, in words"]
    race: Annotated[str, "Who wins, the cap or the breaker"]


class SiteEventOut(Record):
    """Something that happened."""

    t_s: Annotated[float | None, "When [s]"]
    kind: Annotated[
        str,
        '"event", "trip", "dead", "alive", "on-store", "store-empty", "generator-start", "generator-ready", "command", "landed", "brake", "brake-landed"',
    ]
    target: Annotated[str, "Node, row or hall concerned"]
    value: Annotated[float | None, "What it came to: load ratio at a trip, clock of a command [MHz]"]


class SiteNodeOut(Record):
    """SiteNodeOut"""

    name: Annotated[str, "Its name"]
    kind: Annotated[str, '"utility", "ups", "busway"']
    side: Annotated[str, '"A", "B",... or ""']
    fed_by: Annotated[list[str], "Its feeds"]
    depth: Annotated[int, "Longest way from a source, in nodes [1]"]
    rated_w: Annotated[float | None, "What it can carry [W]"]
    limit_w: Annotated[
        float | None, "What may be planned with: rating × derating, its fullest phase counting [W]"
    ]
    provisioned_w: Annotated[float | None, "Sum of what was promised to the racks below [W]"]
    nameplate_w: Annotated[float | None, "Sum of the rated power of the servers below [W]"]
    peak_w: Annotated[float | None, "Highest output of a tick [W]"]
    peak_t_s: Annotated[float | None, "When [s]"]
    mean_w: Annotated[float | None, "Mean output [W]"]
    failover_w: Annotated[float | None, "Highest output when any single other node is lost [W]"]
    failover_cause: Annotated[str, 'The node whose loss does that, "" for none']
    in_wh: Annotated[float | None, "Energy drawn from its feeds [Wh]"]
    feed_wh: Annotated[list[float | None], "The same by feed, in the order of `fed_by` [Wh]"]
    out_wh: Annotated[float | None, "Energy delivered [Wh]"]
    loss_wh: Annotated[float | None, "Energy turned into heat [Wh]"]
    discharged_wh: Annotated[float | None, "Energy its store gave [Wh]"]
    charged_wh: Annotated[float | None, "Energy its store took [Wh]"]
    owed_wh: Annotated[float | None, "Energy its store is short of at the end [Wh]"]
    stranded_w: Annotated[float | None, "Limit that neither the peak nor any single loss needs [W]"]
    trip_t_s: Annotated[float | None, "When its protection tripped; None if it did not [s]"]
    trip_heat: Annotated[float | None, "How near to tripping it came; 1 trips [1]"]
    phase_w: Annotated[list[float | None], "Load of each phase at the peak [W]"]
    mean_series_w: Annotated[list[Any] | None, "Output per record. , shape (records,) [W]"]
    max_series_w: Annotated[list[Any] | None, "Highest tick of each record. , shape (records,) [W]"]
    headroom_w: Annotated[float | None, "Limit minus the load after the worst loss [W]"]
    oversubscription_ratio: Annotated[float | None, "Nameplate of the servers below ÷ limit [1]"]
    imbalance_frac: Annotated[float | None, "Largest departure of a phase from their mean ÷ mean [1]"]


class SiteNowOut(Record):
    """The whole site now."""

    power_w: Annotated[float | None, "Sum over hosts; null if none reports [W]"]
    limit_w: Annotated[float | None, "Limit of its utility feeds [W]"]
    facility_w: Annotated[float | None, "At the utility: hosts and modelled losses of the tree [W]"]
    reporting: Annotated[int, "Hosts with a fresh reading [1]"]
    expected: Annotated[int, "Hosts known [1]"]
    metered: Annotated[int, "Hosts whose own power is measured [1]"]
    gpus: Annotated[int, "GPUs [1]"]
    throttled: Annotated[int, "Hosts with a GPU slowed down [1]"]
    worst_age_s: Annotated[float | None, "Age of the oldest host's reading [s]"]


class SiteOut(Record):
    """A stored site."""

    id: str
    name: str
    time_zone: Annotated[str, "IANA time zone"]
    notes: Annotated[str, "Free text"]
    created_at: Annotated[str, "When it was stored, UTC"]
    updated_at: Annotated[str, "When it last changed, UTC"]


class SiteRowOut(Record):
    """SiteRowOut"""

    name: Annotated[str, "Its name"]
    nodes: Annotated[list[str], "The nodes whose sum is its load"]
    limit_w: Annotated[float | None, "Its limit [W]"]
    peak_w: Annotated[float | None, "Its highest tick [W]"]
    caps_low: Annotated[int, "Cap commands to low priority [1]"]
    caps_high: Annotated[int, "Cap commands to high priority [1]"]
    releases: Annotated[int, "Commands that lifted a cap [1]"]
    brakes: Annotated[int, "Pulls of the power brake [1]"]
    capped_low_s: Annotated[float | None, "Time with low priority slowed [s]"]
    capped_high_s: Annotated[float | None, "Time with high priority slowed [s]"]
    peak_frac: Annotated[float | None, "Highest tick ÷ limit [1]"]


class SiteRunOut(Record):
    """SiteRunOut"""

    name: Annotated[str, "Name of the site"]
    policy: Annotated[str, "Policy of its rows"]
    server_count: Annotated[int, "Servers deployed [1]"]
    provisioned_servers: Annotated[int, "Servers its power was planned for [1]"]
    seed: Annotated[int, "Seed of the traffic [1]"]
    horizon_s: Annotated[float | None, "Length [s]"]
    tick_s: Annotated[float | None, "Tick [s]"]
    nodes: Annotated[list[SiteNodeOut], "Power nodes in topological order, without racks"]
    racks: list[RackResultOut]
    rows: list[SiteRowOut]
    halls: Annotated[list[str], "Names of the halls"]
    series: Annotated[SiteSeriesOut, "Curves"]
    events: Annotated[list[SiteEventOut], "What happened, in order; cut after a few thousand"]
    events_dropped: Annotated[int, "How many more there were [1]"]
    it_wh: Annotated[float | None, "Energy of the racks [Wh]"]
    facility_wh: Annotated[float | None, "Energy drawn from all sources [Wh]"]
    mechanical_wh: Annotated[float | None, "Energy of cooling [Wh]"]
    binding: Annotated[str, "The node nearest to its limit and why, in words"]
    pue: Annotated[float | None, "Facility energy ÷ IT energy [1]"]
    lost_server_s: Annotated[float, "Server time without service [s]"]
    hottest_c: Annotated[float | None, "Hottest GPU of the site [C]"]
    losses: Annotated[list[LinkOut], "Energy between kinds of nodes"]
    seed_ranges: Annotated[
        SeedRangesOut | None,
        "Lowest and highest of key figures over the seeds asked for; null for one seed, and where seeds change nothing",
    ]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    warnings: Annotated[list[str], "What looks wrong about the inputs"]
    timing: Annotated[TimingOut, "What it cost"]


class SiteSeriesOut(Record):
    """Curves over time, one record per block of ticks."""

    t_s: Annotated[list[Any] | None, "Start of each record [s]"]
    it_w: Annotated[list[Any] | None, "Power of live racks [W]"]
    facility_w: Annotated[list[Any] | None, "Power drawn from all sources [W]"]
    mechanical_w: Annotated[list[Any] | None, "Power of cooling [W]"]
    lost_servers: Annotated[list[Any] | None, "Servers without service, worst tick"]
    capped_rows: Annotated[list[Any] | None, "Mean number of rows with a clock below full"]
    hall_c: Annotated[list[Any] | None, "Warmest supply air per hall. , shape (records, halls) [C]"]
    hottest_c: Annotated[list[Any] | None, "Hottest GPU per hall. , shape (records, halls) [C]"]


class SizeOut(Record):
    """Every combination, the front, and the best."""

    tried: Annotated[list[TriedOut], "All combinations"]
    front: Annotated[list[int], "Those that no other beats in all objectives [1]"]
    best: Annotated[int | None, "The best; null where nothing passes [1]"]
    best_measures: Annotated[
        dict[str, Any] | None, "The best as `training.measures` takes it; null where nothing passes"
    ]
    passing: Annotated[int, "How many pass [1]"]
    objective: Annotated[str, "What the best has least of"]
    sample_s: Annotated[float, "Samples the search ran on [s]"]
    horizon_s: Annotated[float, "Length it ran over [s]"]
    unjudged: Annotated[list[UnjudgedOut], "Rules that could not be judged"]
    sensitivity: Annotated[list[SensitivityOut], "What would change the answer"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    timing: Annotated[TimingOut, "What it cost"]


class SourceList(Record):
    """All sources."""

    items: Annotated[list[SourceOut], "Sources by name"]


class SourceOut(Record):
    """A source, and how much of it there is."""

    name: Annotated[str, "Host"]
    kind: Annotated[str, "How it reports"]
    node: Annotated[str, "Where it stands; empty if nowhere yet"]
    first_us: Annotated[int, "Oldest reading [µs]"]
    last_us: Annotated[int, "Newest reading [µs]"]
    age_s: Annotated[float, "Age of the newest [s]"]
    devices: Annotated[int, "Devices [1]"]
    models: Annotated[list[str], "What its devices are called"]


class SourcedInputOut(Record):
    """What a preset's input rests on."""

    field: Annotated[str, "Input"]
    said: Annotated[str, "What is known of it"]
    source: Annotated[str, "Where from"]
    mark: Annotated[Any, "How far to trust it"]


class SpectraOut(Record):
    """Spectra of the grid's power."""

    before: Annotated[LinesOut, "Without measures"]
    after: Annotated[LinesOut, "With measures"]


class StabilizeRunOut(Record):
    """A training site before and after its measures."""

    passes: Annotated[bool, "Whether every rule that can be judged is kept"]
    contract_w: Annotated[float, "Contracted power [W]"]
    sample_s: Annotated[float, "Length of a sample [s]"]
    horizon_s: Annotated[float, "Length of the run [s]"]
    verdicts: Annotated[list[VerdictOut], "Rules"]
    modes: Annotated[list[ModeOut], "Critical frequencies"]
    before: Annotated[RunFiguresOut, "Without measures"]
    after: Annotated[RunFiguresOut, "With measures"]
    stores: list[StoreOut]
    jobs: Annotated[list[StabilizeJobOut], "Jobs as they run"]
    ups: Annotated[UpsOut | None, "The UPS; null without one"]
    generators: Annotated[GeneratorsOut | None, "Gensets; null without"]
    interharmonics: Annotated[
        list[InterharmonicOut] | None,
        "Strongest interharmonic before and after; null where samples are too coarse",
    ]
    rides: Annotated[list[RideOut], "The disturbance under each table"]
    rejections: Annotated[
        list[RejectionOut], "Load onto batteries at once and back as a ramp, under each ramp rule and table"
    ]
    spectrum: Annotated[SpectraOut, "Spectra"]
    window: Annotated[ZoomOut, "The waveforms"]
    assumptions: Annotated[list[AssumptionOut], "Every number it rests on"]
    notes: Annotated[list[str], "What a reader must know"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    timing: Annotated[TimingOut, "What it cost"]


class SteeredDomainOut(Record):
    """One row or hall and its share of the parent's power."""

    name: Annotated[str, "Row or hall"]
    limit_w: Annotated[float | None, "Its limit [W]"]
    breaker_w: Annotated[float | None, "What its own feeds carry after the largest of each row's is lost [W]"]
    peak_w: Annotated[float | None, "Highest tick of the run, a hall's rows at their own moments [W]"]
    predicted_w: Annotated[
        float | None,
        "What it is predicted to want: the 95th percentile of the run's records, grown as asked [W]",
    ]
    floor_w: Annotated[
        float | None,
        "Least it can be capped to: idle, high priority, and low priority at its lowest clock; after shedding [W]",
    ]
    entitled_w: Annotated[float | None, "Its share of the parent by its limit [W]"]
    reserved_w: Annotated[float | None, "What it gets [W]"]
    lent_w: Annotated[float | None, "What it lends (positive) or borrows (negative) [W]"]
    capped_w: Annotated[float | None, "What low priority gives up to its cap [W]"]
    shed_w: Annotated[float | None, "What was predicted for servers that are shed [W]"]
    shed_servers: Annotated[int, "Servers shed [1]"]


class SteeringOut(Record):
    """SteeringOut"""

    name: Annotated[str, "Name of the site"]
    by: Annotated[Any, '"row" or "hall"']
    parent_w: Annotated[float | None, "What the parent carries [W]"]
    predicted_w: Annotated[float | None, "Sum of what is wanted [W]"]
    reserved_w: Annotated[float | None, "Sum of what is reserved [W]"]
    spare_w: Annotated[float | None, "What nobody needs [W]"]
    lent_w: Annotated[float | None, "Sum of what is lent [W]"]
    borrowed_w: Annotated[float | None, "Sum of what is borrowed [W]"]
    capped_w: Annotated[float | None, "Sum of what caps take from low priority [W]"]
    shed_w: Annotated[float | None, "Sum of what was predicted for servers that are shed [W]"]
    shed_servers: Annotated[int, "Servers shed [1]"]
    domains: Annotated[list[SteeredDomainOut], "Rows or halls"]
    shed: Annotated[list[ShedLoadOut], "What is shed, by rack and priority, lowest priority first"]
    words: Annotated[list[str], "Who lends, borrows and is shed, in words"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    timing: Annotated[TimingOut, "What it cost"]


class StoreOut(Record):
    """A place's stores."""

    place: Annotated[str, "psu, rack, row or site"]
    power_w: Annotated[float, "Power of one [W]"]
    energy_j: Annotated[float, "Energy of one [J]"]
    control: Annotated[str, "What the grid should see"]
    lowest_frac: Annotated[float, "Lowest charge ÷ energy [1]"]
    highest_frac: Annotated[float, "Highest charge ÷ energy [1]"]
    lost_j: Annotated[float, "Energy lost in all of them [J]"]
    full_cycles: Annotated[float, "Energy delivered ÷ energy [1]"]
    life_years: Annotated[
        float | None, "Until a fifth of the capacity is lost, at this pace; null for ever [years]"
    ]
    full_or_empty_frac: Annotated[float, "Part of the time without any left [1]"]


class StoredOut(Record):
    """How much of a source is stored, and where it has holes."""

    name: Annotated[str, "Host"]
    readings: Annotated[int, "Readings in full that are folded [1]"]
    bytes: Annotated[int, "Their size [B]"]
    waiting: Annotated[int, "Readings not folded yet [1]"]
    gaps: Annotated[list[list[int]], "Periods without a reading, start and end [µs]"]


class StudyChecked(Record):
    """What a study would do."""

    points: Annotated[int, "Points it would answer, at most [1]"]
    axes: Annotated[list[StudiesAxisOut], "Its axes"]
    question: Annotated[QuestionOut, "What it asks"]


class StudyCounts(Record):
    """How far a study is."""

    asked: Annotated[int, "Points it asks for; at most, until it is done [1]"]
    done: Annotated[int, "Points that came [1]"]
    failed: Annotated[int, "Of these, without an answer [1]"]
    from_cache: Annotated[int, "Of these, known from before [1]"]


class StudyDetail(Record):
    """A study: what was asked, how far it is, what came out."""

    id: str
    name: str
    status: Annotated[Literal["queued", "running", "done", "failed", "cancelled"], "How far it is"]
    job_id: Annotated[str | None, "The job that does it"]
    created_at: Annotated[str, "When it was asked for, UTC"]
    finished_at: Annotated[str | None, "When it ended, UTC"]
    engine: Annotated[str, "Where it is answered"]
    stopped: Annotated[str, "Why it ended before its last point"]
    spec: Annotated[inputs.StudySpec, "The study, every default filled in"]
    question: Annotated[QuestionOut, "What it asks"]
    axes: Annotated[list[StudiesAxisOut], "Its axes"]
    points: Annotated[StudyCounts, "How far it is"]
    analysis: Annotated[AnalysisOut | None, "What came out; null until it is done"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]


class StudySummary(Record):
    """A stored study without its points."""

    id: str
    name: str
    question_key: Annotated[str, "Key of its question"]
    status: Annotated[Literal["queued", "running", "done", "failed", "cancelled"], "How far it is"]
    job_id: Annotated[str | None, "The job that does it"]
    engine: Annotated[str, "Where it is answered"]
    points: Annotated[StudyCounts, "How far it is"]
    created_at: Annotated[str, "When it was asked for, UTC"]
    finished_at: Annotated[str | None, "When it ended, UTC"]


class SummaryOut(Record):
    """Distribution of one output over a sample."""

    count: Annotated[int, "Points counted [1]"]
    undefined: Annotated[int, "Points whose output was NaN; left out of everything else [1]"]
    mean: Annotated[float | None, "Mean, in the output's unit; NaN if nothing was counted, as all below [1]"]
    sd: Annotated[float | None, "Standard deviation of the output itself; NaN of a single point [1]"]
    least: Annotated[float | None, "Smallest [1]"]
    most: Annotated[float | None, "Largest [1]"]
    quantiles: Annotated[list[QuantileOut], "In rising order"]
    level: Annotated[float | None, "Confidence of the quantiles' intervals [1]"]
    note: Annotated[str, "What the reader has to know; empty if nothing"]


class SwingOut(Record):
    """Median energy with one input held at its P5 and at its P95, all else drawn."""

    input: Annotated[str, "Name of the input"]
    low_wh: Annotated[float | None, "Median with the input at P5 [Wh]"]
    high_wh: Annotated[float | None, "Median with the input at P95 [Wh]"]
    swing_wh: Annotated[float | None, "Distance of the two [Wh]"]


class SystemDidOut(Record):
    """What one system did, where it is from, and how it compares."""

    system: Annotated[str, "Key"]
    label: Annotated[str, "Name on charts"]
    unit: Annotated[str, "What is counted: request, workflow, job or call"]
    arrived: Annotated[int, "Units that arrived [units]"]
    finished: Annotated[int, "Units finished in time [units]"]
    refused: Annotated[dict[str, int], "Units refused, by reason"]
    in_flight: Annotated[int, "Units under way at the end [units]"]
    attained_frac: Annotated[float | None, "Units that met every limit ÷ known [1]"]
    latency_s: Annotated[dict[str, dict[str, float | None]], "ttft, tbt, e2e by p50, p90, p99 [s]"]
    slowdown: Annotated[
        dict[str, dict[str, float | None]], "The same ÷ one request alone; empty where not measured"
    ]
    energy_j: Annotated[float, "Energy [J]"]
    mean_power_w: Annotated[float, "Mean power [W]"]
    peak_power_w: Annotated[float, "Largest mean over a control tick [W]"]
    output_tokens: Annotated[float, "Tokens given out [tokens]"]
    gpu_hours: Annotated[float, "GPUs on × time [h]"]
    cost_usd: Annotated[float, "GPU-hours, and energy where their price leaves it out [USD]"]
    carbon_g: Annotated[float, "Energy × grid intensity at its hour [g]"]
    quality_frac: Annotated[float, "Quality kept; 1 where it is not touched [1]"]
    own_terms: Annotated[
        str,
        "How its traffic or limits differ from the study's, so that only its own baseline is a fair comparison; empty: comparable with the others",
    ]
    notes: Annotated[list[str], "What was assumed"]
    figures: Annotated[dict[str, float | None], "Further figures, the unit in their names"]
    energy_per_token_j: Annotated[float | None, "Per token given out [J]"]
    energy_per_unit_wh: Annotated[float | None, "Per unit finished [Wh]"]
    cost_per_1000_usd: Annotated[float | None, "Per thousand units finished [USD]"]
    kind: Annotated[str, "fleet, workflow, training or host"]
    summary: Annotated[str, "What the system does"]
    source: Annotated[str, "Paper it follows"]
    mark: Annotated[str, "How sure its mechanism and figures are"]
    page: Annotated[str, "File in docs/models"]
    timeline: Annotated[TimelineOut | None, "Null without a course in time"]
    against_baseline: Annotated[AgainstOut | None, "Against the run's baseline; null where units differ"]
    baseline: Annotated[FiguresOut | None, "The paper's own baseline, where it has one"]
    against_own: Annotated[AgainstOut | None, "Against that"]


class SystemList(Record):
    """Systems."""

    items: Annotated[list[SystemOut], "In the order people see them"]


class SystemOut(Record):
    """A published system with its knobs."""

    key: Annotated[str, "Key, `systems.key` of a run"]
    label: Annotated[str, "Name"]
    kind: Annotated[str, "fleet, workflow, training or host"]
    summary: Annotated[str, "What it does"]
    source: Annotated[str, "Paper"]
    mark: Annotated[str, "How sure its mechanism and figures are"]
    page: Annotated[str, "File in docs/models"]
    own_terms: Annotated[str, "How its traffic or limits differ from a run's; empty: not at all"]
    knobs: Annotated[list[KnobOut], "Its knobs"]


class TableOut(Record):
    """A ride-through table."""

    key: Annotated[str, "Name"]
    authority: Annotated[str, "Who asks for it"]
    title: Annotated[str, "What it asks"]
    source: Annotated[str, "Where it stands"]
    date: Annotated[str, "Of the text"]


class TestOut(Record):
    """What became of a test."""

    delivered: Annotated[bool, "Whether the webhook took it"]
    answer: Annotated[str, "HTTP status, or what went wrong"]


class ThresholdTimeOut(Record):
    """Time the row spent above a level."""

    name: Annotated[str, "Level"]
    level_frac: Annotated[float | None, "Row power ÷ provisioned [1]"]
    above_s: Annotated[float | None, "Time above it [s]"]
    crossings: Annotated[int, "How often it was crossed upwards [times]"]


class TimelineOut(Record):
    """Site power and pools over time."""

    time_s: Annotated[list[float], "Begin of each record [s]"]
    power_w: Annotated[list[float | None], "Mean site power [W]"]
    power_max_w: Annotated[list[float | None], "Highest in it [W]"]
    pools: Annotated[list[PoolOut], "Pools, which sum to the site"]


class TimingOut(Record):
    """What an answer cost."""

    computed_s: Annotated[float, "Time of computing [s]"]


class TokenMade(Record):
    """A new token."""

    id: Annotated[str, "Public part of the token"]
    name: Annotated[str, "What people call it"]
    kind: Annotated[Literal["agent", "user"], "Who holds it"]
    scopes: Annotated[list[str], "What it opens"]
    agent: Annotated[str | None, "Agent it is bound to"]
    created_at: Annotated[str, "When it was made, UTC"]
    expires_at: Annotated[str | None, "When it ends, UTC; null never"]
    used_at: Annotated[str | None, "When it was last used, UTC; written once a minute"]
    revoked_at: Annotated[str | None, "When it was revoked, UTC"]
    token: Annotated[str, "The token itself: shown this once, never again"]


class TokenOut(Record):
    """A token without its secret, which is not kept."""

    id: Annotated[str, "Public part of the token"]
    name: Annotated[str, "What people call it"]
    kind: Annotated[Literal["agent", "user"], "Who holds it"]
    scopes: Annotated[list[str], "What it opens"]
    agent: Annotated[str | None, "Agent it is bound to"]
    created_at: Annotated[str, "When it was made, UTC"]
    expires_at: Annotated[str | None, "When it ends, UTC; null never"]
    used_at: Annotated[str | None, "When it was last used, UTC; written once a minute"]
    revoked_at: Annotated[str | None, "When it was revoked, UTC"]


class TriedOut(Record):
    """A combination of measures."""

    index: Annotated[int, "Its number; -1 under a change [1]"]
    choice: Annotated[ChoiceOut, "The combination"]
    passes: Annotated[bool, "Whether every rule is kept"]
    worst_rule: Annotated[str, "Rule with the least margin"]
    worst_margin_frac: Annotated[float | None, "Its margin [1]"]
    cost_per_year: Annotated[float | None, "Everything [$/year]"]
    costs: Annotated[CostsOut, "By kind"]
    wasted_frac: Annotated[float | None, "Energy wasted in a year ÷ work [1]"]
    slowdown_frac: Annotated[float | None, "Time lost in a year ÷ time [1]"]
    highest_w: Annotated[float, "Highest power from the grid [W]"]


class TwoLevelsOut(Record):
    """An iteration of two levels."""

    high_w: Annotated[float | None, "While it computes [W]"]
    low_w: Annotated[float | None, "While it waits [W]"]
    low_s: Annotated[float | None, "How long it waits [s]"]
    jitter_s: Annotated[float | None, "Standard deviation of its edges: GPUs', and the meter's [s]"]
    misfit_w: Annotated[float | None, "Root mean square between quantiles, recorded and modelled [W]"]


class UnjudgedOut(Record):
    """A rule that could not be judged."""

    key: Annotated[str, "The rule"]
    why: str


class UnmappedOut(Record):
    """Content kept word for word, because no field holds it; secrets are hidden."""

    source_id: Annotated[str, "Whose it is"]
    reason: Annotated[str, "Why"]
    content: Annotated[Any, "What it says"]


class UntoldOut(Record):
    """A parameter the readings cannot tell, held at its prior."""

    parameter: Annotated[str, "Which"]
    why: str
    needs: Annotated[str, "What would tell it"]


class UploadOut(Record):
    """What became of a file."""

    rows: Annotated[int, "Rows read [1]"]
    stored: Annotated[int, "Readings stored [1]"]
    times: Annotated[str, "How times were read"]
    devices: Annotated[list[str], "Keys of its devices, at most 200"]
    fields: Annotated[dict[str, str], "Column to field"]
    ignored_columns: Annotated[list[str], "Columns that mean nothing here"]
    refused: Annotated[list[RefusedOut], "What broke a rule and was left out"]


class UpsOut(Record):
    """What the UPS does to a swing."""

    rated_w: Annotated[float, "Rated output [W]"]
    peak_gain: Annotated[float, "Most that a swing grows on its way [1]"]
    peak_hz: Annotated[float | None, "At which frequency; null where none [Hz]"]
    amplifies_below_hz: Annotated[float | None, "Swings below this grow [Hz]"]
    words: Annotated[str, "The same in words"]


class VerdictOut(Record):
    """A rule, before and after measures."""

    key: Annotated[str, "Name in files and answers"]
    authority: Annotated[str, "Who asks for it"]
    title: Annotated[str, "What it asks, in words"]
    kind: Annotated[
        Any,
        '"band-swing": highest less lowest power in any window, of the power in a band. "band-share": energy of the power\'s changes that lies in a band, in the worst stretch of ten periods of its lower edge. "change": highest less lowest power in any window. "ramp": change over any window ÷ its length, up and down. "range": least width of a band around a baseline that itself keeps two ramps (dynamic range). "voltage-change": highest less lowest voltage in any window ÷ nominal. "pst", "plt": flicker, short and long term. "tdd", "thd": harmonics of the current and of the voltage',
    ]
    limit: Annotated[
        float | None,
        "In W (band-swing, change, range), W/s (ramp), Pst or Plt, or 0..1. The planning level of the voltage holds too where it is lower (flicker), and takes its place (harmonics) [1]",
    ]
    limit_frac: Annotated[
        float | None, "The same ÷ contracted power; the lower of the two holds. 0 is none [1]"
    ]
    window_s: Annotated[float | None, "Rolling window. ; 0 where the kind has none [s]"]
    low_hz: Annotated[float | None, "Lower edge of the band [Hz]"]
    high_hz: Annotated[float | None, "Upper edge of the band [Hz]"]
    up_w_per_s: Annotated[float | None, 'Fastest rise of a "range"\'s baseline [W/s]']
    down_w_per_s: Annotated[float | None, 'Fastest fall of a "range"\'s baseline [W/s]']
    source: Annotated[str, "Where it stands, and how sure that is"]
    date: Annotated[str, "Of the text"]
    unit: Annotated[str, "Unit of limit and worst value"]
    before: Annotated[JudgedOut | None, "Without measures; null where unjudged"]
    after: Annotated[JudgedOut | None, "With measures; null where unjudged"]
    why_not: Annotated[str | None, "Why the rule could not be judged"]


class VerifiedOut(Record):
    """What the site's model says about a placement."""

    cases: Annotated[int, "Failures of one node that were followed [1]"]
    normal_frac: Annotated[float | None, "Highest load ÷ limit with nothing lost [1]"]
    worst_frac: Annotated[float | None, "The same right after a failure, before any cap [1]"]
    worst: Annotated[str, "Where and after what, in words"]
    trips: Annotated[int, "Failures after which a breaker trips [1]"]
    lost_by_load: Annotated[int, "Most servers that a failure takes by overload and not by wiring [1]"]
    most_lost: Annotated[int, "Most servers that any failure takes [1]"]
    agrees: Annotated[bool, "Whether nothing happens that the placement ruled out"]


class VersionDetail(Record):
    """A version with its inputs, and what it changed."""

    number: Annotated[int, "Counts the scenario's versions from 1 [1]"]
    name: Annotated[str | None, "Name, if somebody gave one"]
    author: Annotated[str, "Who made it: name of the token or person"]
    autosaved: Annotated[bool, "Whether a page saved it by itself"]
    created_at: Annotated[str, "When it was begun, UTC"]
    updated_at: Annotated[str, "When it was last written, UTC"]
    sha256: Annotated[str, "SHA-256 of the inputs"]
    against: Annotated[int | None, "The version that it is compared with [1]"]
    changes: Annotated[list[Change], "What differs from that one"]
    scenario: Annotated[dict[str, Any], "The inputs as they were stored"]


class WeatherNamesOut(Record):
    """Weather on this machine."""

    items: Annotated[list[str], "Names that facility.weather.dataset takes"]


class WhatIfOut(Record):
    """The answer to one question."""

    run: Annotated[RunOut, "The row as asked"]
    reference: Annotated[RunOut, "Same traffic and servers, no control; no curves"]
    baseline: Annotated[RunOut, "The base row without control: what stands today"]
    scenario: Annotated[inputs.Scenario, "The question, every default filled in"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]
    timing: Annotated[TimingOut, "What it cost"]


class YearBillOut(Record):
    """The first year."""

    energy_usd: Annotated[float | None, "Energy at its hourly price [USD]"]
    demand_usd: Annotated[float | None, "Demand charge [USD]"]
    water_usd: Annotated[float | None, "Water [USD]"]
    carbon_usd: Annotated[float | None, "Carbon of the energy at its price [USD]"]
    lost_usd: Annotated[float | None, "Lost server-hours at their price [USD]"]
    energy_kwh: Annotated[float | None, "Energy at the meter [kWh]"]
    it_kwh: Annotated[float | None, "Energy of the servers [kWh]"]
    carbon_t: Annotated[float | None, "Carbon of the energy [t]"]
    water_m3: Annotated[float | None, "Fresh water [m3]"]
    server_h: Annotated[float | None, "Server-hours in service [h]"]
    peak_kw: Annotated[list[Any] | None, "Highest power at the meter by month. , shape (12,) [kW]"]
    billed_kw: Annotated[list[Any] | None, "Demand that is billed, by month. , shape (12,) [kW]"]


class YearCostOut(Record):
    """One year."""

    year: Annotated[int, "0 is the start, 1 the first year [1]"]
    usd: Annotated[dict[str, float | None], "Money spent, by part; a gain is negative [USD]"]
    total_usd: Annotated[float | None, "Their sum [USD]"]
    present_usd: Annotated[float | None, "Its worth today [USD]"]
    carbon_t: Annotated[float | None, "Carbon of the energy and of servers made [t]"]
    water_m3: Annotated[float | None, "Fresh water [m3]"]


class YearEnergyOut(Record):
    """A year's energy, its price and its carbon."""

    energy_mwh: Annotated[float | None, "Energy at the meter [MWh]"]
    cost: Annotated[float | None, "Energy × price, hour by hour; None without prices. In `currency` [1]"]
    currency: Annotated[str, 'Money of `cost`; "" without prices']
    carbon_kg: Annotated[float | None, "Energy × carbon intensity; None without [kg CO2e]"]
    mean_price_per_mwh: Annotated[float | None, "Cost over energy: what the hours it draws in cost [1]"]
    mean_carbon_g_per_kwh: Annotated[float | None, "The same of carbon [g/kWh]"]


class ZoomOut(Record):
    """ZoomOut"""

    from_s: Annotated[float | None, "Begin [s]"]
    to_s: Annotated[float | None, "End [s]"]
    sample_s: Annotated[float | None, "Samples it rests on [s]"]
    before: Annotated[EnvelopeOut, "The grid without measures"]
    after: Annotated[EnvelopeOut, "The grid with them"]
    drawn: Annotated[EnvelopeOut, "What the GPUs draw with them"]
    stores: Annotated[dict[str, EnvelopeOut], "Charge ÷ energy of each place's stores"]
    frequency: Annotated[EnvelopeOut | None, "Frequency of gensets with measures [Hz]"]
    timing: Annotated[TimingOut | None, "What it cost"]


class CatalogueVersionOut(Record):
    """Versions."""

    product: Annotated[str, "Version of the product"]
    model: Annotated[str, "Version of the model's numbers"]
    scenario_schema: Annotated[int, "Version of the scenario format [1]"]


class ImportsFieldOut(Record):
    """One field that changes."""

    field: str
    old: Annotated[Any, "Before; null where it is new [as the field]"]
    new: Annotated[Any, "After [as the field]"]


class ImportsSeriesOut(Record):
    """A stored series."""

    name: str
    kind: Annotated[Literal["price", "carbon"], "What it is"]
    unit: Annotated[str, "Unit of its values"]
    step_s: Annotated[int, "Length of a step [s]"]
    start_us: Annotated[int, "First instant, UTC [us]"]
    updated_at: Annotated[str, "Last import"]


class PlanningPlacementOut(Record):
    """PlacementOut"""

    racks: Annotated[list[RackPlanOut], "What every rack holds"]
    kinds: Annotated[list[PlacedKindOut], "What was placed"]
    server_count: Annotated[int, "Servers in all racks, those present among them [1]"]
    placed: Annotated[int, "Servers placed now [1]"]
    unplaced: Annotated[int, "Servers asked for that are not [1]"]
    planned_w: Annotated[float | None, "Power planned for all racks [W]"]
    worst_frac: Annotated[
        float | None,
        "Highest load ÷ limit under any case that is survived; nodes that feed one rack alone are held to their limits and not counted [1]",
    ]
    worst: Annotated[str, "Where and after what, in words"]
    imbalance_frac: Annotated[
        float | None,
        "Fullest phase above the mean of its phases ÷ that mean, the worst three-phase node, nothing lost [1]",
    ]
    moved: Annotated[int, "Servers present that left their rack, or whose rack was hung anew [1]"]
    unused: Annotated[list[str], "Nodes that nothing hangs on any more; the scenario leaves them out"]
    bindings: Annotated[list[PlacementLimitOut], "Limits that keep one more server out, fullest first"]
    proofs: Annotated[list[PlacementProofOut], "How sure each objective is, in their order"]
    rounds: Annotated[int, "Programs solved [1]"]
    planes: Annotated[int, "Limits that were added on the way [1]"]
    variables: Annotated[int, "Whole numbers that were sought [1]"]
    verified: Annotated[VerifiedOut, "What the site's own model says"]
    scenario: Annotated[inputs.Scenario, "The site with the servers in place"]
    warnings: Annotated[list[str], "What looks wrong and is still possible"]
    inputs: Annotated[dict[str, Any], "Inputs with every default"]
    provenance: Annotated[ProvenanceOut, "What the answer rests on"]
    timing: Annotated[TimingOut | None, "What it cost"]


class ReflectPlanOut(Record):
    """A plan and what it comes to."""

    name: Annotated[str, "Name of the build-out"]
    aim: Annotated[str, "What was aimed at"]
    status: Annotated[str, '"optimal", or where the search stopped']
    gap_frac: Annotated[float | None, "How far from the best it may be, ÷ the best [1]"]
    nodes: Annotated[int, "Nodes searched [1]"]
    net_present_cost_usd: Annotated[float | None, "Worth today of all of it, unserved demand in [USD]"]
    spend_usd: Annotated[float | None, "The same without unserved demand [USD]"]
    cost_per_server_h_usd: Annotated[float | None, "Spend ÷ discounted hours of servers served [USD/h]"]
    carbon_t: Annotated[float | None, "Carbon of all periods [t]"]
    water_m3: Annotated[float | None, "Water of all periods [m3]"]
    served_server_years: Annotated[float | None, "Servers served × time [years]"]
    unmet_server_years: Annotated[float | None, "Servers wanted and not served × time [years]"]
    unmet_frac: Annotated[float | None, "The same ÷ all that was wanted [1]"]
    spare_w: Annotated[float | None, "Mean over the periods of what the utility carries unused [W]"]
    stranded_w: Annotated[float | None, "Mean over the periods of the part of it that demand waits for [W]"]
    parts: Annotated[list[MoneyPartOut], "Parts of the net present cost, which sum to it"]
    periods: list[PeriodOut]
    orders: Annotated[list[OrderRowOut], "Orders, in time"]


class ResultsClassOut(Record):
    """Latency of one request class within one priority."""

    priority: str
    name: Annotated[str, "Class"]
    finished: Annotated[int, "Requests that finished [requests]"]
    ttft: Annotated[LatencyOut, "Time to first token"]
    e2e: Annotated[LatencyOut, "Time from arrival to last token"]


class ResultsEventOut(Record):
    """A command sent or landed."""

    t_s: Annotated[float | None, "Time from the start [s]"]
    kind: Annotated[str, "command, landed, brake-command or brake-landed"]
    target: Annotated[str, "low, high or all"]
    value: Annotated[float | None, "Clock cap, 0 for none; brake: 1 on [MHz or 1]"]


class ResultsPlanOut(Record):
    """Server counts × policies, and the largest count that holds."""

    cells: Annotated[list[PlanCellOut], "By policy, then by server count"]
    best: Annotated[
        dict[str, int | None],
        "Largest added count inside the service levels per policy, null for none [servers]",
    ]
    baseline: Annotated[RunOut, "The base row without control"]
    rate_per_server_s: Annotated[float | None, "Requests per server [1/s]"]
    scenario: Annotated[inputs.Scenario, "The inputs"]
    provenance: Annotated[ProvenanceOut, "What it rests on"]


class ResultsSeriesOut(Record):
    """Row power and controls over time, at most 2,000 records."""

    t_s: Annotated[list[float | None], "Start of each record [s]"]
    row_min_w: Annotated[list[float | None], "Lowest tick mean [W]"]
    row_mean_w: Annotated[list[float | None], "Mean [W]"]
    row_max_w: Annotated[list[float | None], "Highest tick mean [W]"]
    low_clock_mhz: Annotated[
        list[float | None], "Lowest clock cap of low priority in a record, 0 is none [MHz]"
    ]
    high_clock_mhz: Annotated[
        list[float | None], "Lowest clock cap of high priority in a record, 0 is none [MHz]"
    ]
    brake: Annotated[list[float | None], "1 where the brake held [1]"]
    queued: Annotated[list[float | None], "Requests waiting [requests]"]
    arrivals_rps: Annotated[list[float | None], "Arrivals [1/s]"]


class ServingAxisOut(Record):
    """One axis of a grid."""

    name: str
    values: Annotated[list[float], "Its values [as named]"]


class StabilizeClassOut(Record):
    """What gensets keep of a class's transient limits."""

    key: Annotated[str, "Class of ISO 8528-5"]
    source: Annotated[str, "Where its limits are from"]
    margin_before_frac: Annotated[float | None, "Least margin without measures [1]"]
    margin_after_frac: Annotated[float | None, "Least margin with measures [1]"]
    passes: Annotated[bool, "Whether it is kept with measures"]


class StabilizeJobOut(Record):
    """A training job as it runs."""

    name: str
    gpu: Annotated[str, "GPU type"]
    gpu_count: Annotated[int, "GPUs [GPUs]"]
    tdp_w: Annotated[float, "TDP of one [W]"]
    iteration_s: Annotated[float, "Length of an iteration [s]"]
    duty: Annotated[float, "Part of it that computes [1]"]
    start_s: Annotated[float, "When it starts [s]"]
    end_s: Annotated[float | None, "When it ends; null after the horizon [s]"]


class StoredJobOut(Record):
    """Work in the background."""

    id: str
    kind: Annotated[str, "what-if, run, plan or dataset"]
    state: Annotated[Literal["queued", "running", "done", "failed", "cancelled"], "How far it is"]
    part: Annotated[float, "Part done [1]"]
    text: Annotated[str, "What is under way"]
    result: Annotated[ResultRef | None, "Where the result is, or will be"]
    error: Annotated[Problem | None, "Why it failed or was cancelled"]
    created_at: Annotated[str, "When it was asked for, UTC"]
    finished_at: Annotated[str | None, "When it ended, UTC"]


class StudiesAxisOut(Record):
    """An axis on its field."""

    field: Annotated[str, "Dotted path"]
    label: Annotated[str, "Name for people"]
    doc: Annotated[str, "What it is"]
    unit: Annotated[str, "Its unit"]
    kind: Annotated[str, "values, range, log or distribution"]
    low: Annotated[float | None, "Lowest value; null where values are no numbers [1]"]
    high: Annotated[float | None, "Highest value [1]"]
    whole: Annotated[bool, "Whether it takes whole numbers only"]
    numeric: Annotated[bool, "Whether its values are numbers"]


class StudiesFieldOut(Record):
    """A field that an axis may name."""

    path: Annotated[str, "Dotted path"]
    doc: Annotated[str, "What it is"]
    unit: Annotated[str, "Its unit"]
    kind: Annotated[str, "number, whole, choice, text or flag"]
    low: Annotated[float | None, "Lowest value allowed [1]"]
    high: Annotated[float | None, "Highest value allowed [1]"]
    low_open: Annotated[bool, "Whether the lowest itself is not allowed"]
    high_open: Annotated[bool, "Whether the highest itself is not allowed"]
    choices: Annotated[list[str], "What a choice may be"]


class TelemetryEventOut(Record):
    """Something an agent reported."""

    time_us: Annotated[int, "When [µs]"]
    source: Annotated[str, "Host"]
    device: Annotated[str, "Device; empty for the host"]
    kind: Annotated[str, "What kind"]
    text: Annotated[str, "In words"]


class TelemetryPlacementOut(Record):
    """Where sources stand."""

    version: Annotated[int, "Grows with each change [1]"]
    scenario_id: Annotated[str | None, "Watched scenario"]
    nodes: Annotated[dict[str, str], "Source name to node"]
    unplaced: Annotated[list[str], "Sources without a place"]


class TelemetrySeriesOut(Record):
    """Power over time as columns; null is missing."""

    of: Annotated[str, "What"]
    level: Annotated[Literal["1s", "1min", "1h"], "Level of detail"]
    bin_s: Annotated[float, "Length of a bin [s]"]
    time_us: Annotated[list[int], "Start of each bin [µs]"]
    columns: Annotated[
        dict[str, list[float | None]], "power_least_w, power_mean_w, power_highest_w and what else is known"
    ]
    device: Annotated[list[str] | None, "Key of each bin's device, where several were asked for"]
    limit_w: Annotated[float | None, "Limit of a node [W]"]


class VersionsVersionOut(Record):
    """A version of a scenario without its inputs."""

    number: Annotated[int, "Counts the scenario's versions from 1 [1]"]
    name: Annotated[str | None, "Name, if somebody gave one"]
    author: Annotated[str, "Who made it: name of the token or person"]
    autosaved: Annotated[bool, "Whether a page saved it by itself"]
    created_at: Annotated[str, "When it was begun, UTC"]
    updated_at: Annotated[str, "When it was last written, UTC"]
    sha256: Annotated[str, "SHA-256 of the inputs"]

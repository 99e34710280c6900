"""
What answers contain, as records: `run.peak_w`, in watts.

Written by scripts/make_client from OpenAPI; not to be changed by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from nameplate_client.generated.inputs import (
    Campus,
    Cooling,
    ElectricalNode,
    Event,
    Facility,
    OwnCurve,
    OwnFigure,
    Rack,
    Scenario,
    SiteTemplate,
    SiteWeather,
    StudySpec,
)
from nameplate_client.record import Record


class AccountOut(Record):
    """
    What one way of running the jobs takes, at the meter.

    Attributes:
        energy_wh: Energy [Wh]
        carbon_kg: Carbon, None without its series [kg]
        cost_usd: Cost, None without prices [USD]
        peak_w: Highest power of the jobs [W]
        least_spare_w: Headroom left at the tightest step; negative is too much [W]
        over_headroom_wh: Energy above the headroom [Wh]
    """

    energy_wh: float | None
    carbon_kg: float | None
    cost_usd: float | None
    peak_w: float | None
    least_spare_w: float | None
    over_headroom_wh: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "energy_wh": "Wh",
        "carbon_kg": "kg",
        "cost_usd": "USD",
        "peak_w": "W",
        "least_spare_w": "W",
        "over_headroom_wh": "Wh",
    }


class AcknowledgementOut(Record):
    """
    A batch is on disk.

    Attributes:
        stored: Readings stored by this call [1]
        duplicate: Whether the batch was stored before
        same: With a duplicate: whether it was these bytes; null if nobody remembers
        refused: What was left out
        server_time_us: The server's clock [µs]
        pace_s: Wait at least this long before the next [s]
    """

    stored: int
    duplicate: bool
    same: bool | None
    refused: list[RefusedOut]
    server_time_us: int
    pace_s: float

    UNITS: ClassVar[Mapping[str, str]] = {
        "stored": "1",
        "server_time_us": "µs",
        "pace_s": "s",
    }


class AgainstOut(Record):
    """
    How an outcome differs from a baseline; parts of it, -0.2 is a fifth less.

    Attributes:
        label: The baseline
        attained_points: Attainment minus the baseline's [1]
        energy_frac: Site energy [1]
        mean_power_frac: Mean site power [1]
        peak_power_frac: Peak site power [1]
        energy_per_token_frac: Energy per token [1]
        cost_frac: Cost [1]
        carbon_frac: Carbon [1]
    """

    label: str
    attained_points: float | None
    energy_frac: float | None
    mean_power_frac: float | None
    peak_power_frac: float | None
    energy_per_token_frac: float | None
    cost_frac: float | None
    carbon_frac: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "attained_points": "1",
        "energy_frac": "1",
        "mean_power_frac": "1",
        "peak_power_frac": "1",
        "energy_per_token_frac": "1",
        "cost_frac": "1",
        "carbon_frac": "1",
    }


class AlertOut(Record):
    """
    An alert of one target.

    Attributes:
        id: Id
        rule_id: Its rule; null once deleted
        rule_name: Name the rule had
        kind: threshold (power), load (power over a node's limit), ramp (change of
            power), missing-agent (silence) or model-drift (measured off predicted, over
            predicted)
        severity: How bad it is
        target: What is wrong
        status: Whether it goes on
        value: Figure when it began or ended [W, 1, W/s, s or 1, by kind]
        limit: Limit it passed [W, 1, W/s, s or 1, by kind]
        created_at: When it began to fire, UTC
        resolved_at: When it was resolved, UTC
        reason: Why it was resolved
    """

    id: str
    rule_id: str | None
    rule_name: str
    kind: Literal["threshold", "load", "ramp", "missing-agent", "model-drift"]
    severity: Literal["info", "warning", "critical"]
    target: str
    status: Literal["firing", "resolved"]
    value: float | None
    limit: float
    created_at: str
    resolved_at: str | None
    reason: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "value": "W, 1, W/s, s or 1, by kind",
        "limit": "W, 1, W/s, s or 1, by kind",
    }


class AlertPage(Record):
    """
    A page of alerts.

    Attributes:
        items: Alerts, newest first
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[AlertOut]
    next_cursor: str | None


class AlertRuleOut(Record):
    """
    A stored rule, without the secrets in it.

    Attributes:
        id: Id
        name: Name
        kind: threshold (power), load (power over a node's limit), ramp (change of
            power), missing-agent (silence) or model-drift (measured off predicted, over
            predicted)
        devices: Whether it watches devices
        target: Names watched
        limit: Above this it is wrong [W, 1, W/s, s or 1, by kind]
        clear: Below this it is right again [W, 1, W/s, s or 1, by kind]
        for_s: How long either must last [s]
        window_s: Time a ramp is taken over [s]
        severity: How bad it is
        webhook_host: Host that is told
        signed: Whether notices carry a signature
        enabled: Whether it is watched
        created_at: When it was stored, UTC
        updated_at: When it last changed, UTC
    """

    id: str
    name: str
    kind: Literal["threshold", "load", "ramp", "missing-agent", "model-drift"]
    devices: bool
    target: str
    limit: float
    clear: float
    for_s: float
    window_s: float
    severity: Literal["info", "warning", "critical"]
    webhook_host: str | None
    signed: bool
    enabled: bool
    created_at: str
    updated_at: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "limit": "W, 1, W/s, s or 1, by kind",
        "clear": "W, 1, W/s, s or 1, by kind",
        "for_s": "s",
        "window_s": "s",
    }


class AlertRulePage(Record):
    """
    A page of rules.

    Attributes:
        items: Rules, newest first
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[AlertRuleOut]
    next_cursor: str | None


class AnalysisOut(Record):
    """
    What a study found.

    Attributes:
        outputs: Each output over the points
        exceedance: Each limit
        influence: Which axis matters for which output; empty where the points do not
            tell
        tornado: Each axis low and high, of a one-at-a-time design
        pareto: Points that no other beats in every objective, best first [1]
        best: Point with the best first objective that keeps every limit [1]
        feasible: Points that keep every limit [1]
        rare: Probability of a rare event; None for other designs
        notes: What a reader must know, in words
    """

    outputs: list[OutputSummaryOut]
    exceedance: list[LimitPassedOut]
    influence: list[OutputInfluenceOut]
    tornado: list[OutputTornadoOut]
    pareto: list[int]
    best: int | None
    feasible: int
    rare: RareEventOut | None
    notes: list[str]

    UNITS: ClassVar[Mapping[str, str]] = {"pareto": "1", "best": "1", "feasible": "1"}


class AssumptionOut(Record):
    """
    A number that the answer rests on.

    Attributes:
        path: Field of the scenario
        meaning: What it is
        value: Its value [1]
        unit: Its unit
        source: Where it is from: given, assumed, or a source
    """

    path: str
    meaning: str
    value: Any
    unit: str
    source: str

    UNITS: ClassVar[Mapping[str, str]] = {"value": "1"}


class AuditOut(Record):
    """
    A change of state, or refusals counted together.

    Attributes:
        id: Id
        created_at: When, UTC; of refusals up to a minute later
        kind: Which of both
        actor_id: Id of the token; empty without one
        actor: Name of the token, or who else
        action: What was asked, or why it was refused
        object: Address it was asked of
        outcome: HTTP status it was answered [1]
        address: Address it came from
        count: How many of this kind [1]
    """

    id: str
    created_at: str
    kind: Literal["change", "refusal"]
    actor_id: str
    actor: str
    action: str
    object: str
    outcome: int
    address: str
    count: int

    UNITS: ClassVar[Mapping[str, str]] = {"outcome": "1", "count": "1"}


class AuditPage(Record):
    """
    A page of the audit log.

    Attributes:
        items: Entries, newest first
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[AuditOut]
    next_cursor: str | None


class AxisBarOut(Record):
    """
    An output with one axis at its ends, the others in the middle.

    Attributes:
        field: Field of the axis
        low_value: Its low end, as text
        high_value: Its high end, as text
        at_low: Output there [1]
        at_high: Output at the high end [1]
    """

    field: str
    low_value: str
    high_value: str
    at_low: float | None
    at_high: float | None

    UNITS: ClassVar[Mapping[str, str]] = {"at_low": "1", "at_high": "1"}


class AxisEffectOut(Record):
    """
    What one axis does to one output.

    Attributes:
        field: Field of the axis
        first: Share of the output's variance it makes by itself [1]
        first_ci: Half-width of its 95 % interval [1]
        total: Share it makes with all others together [1]
        total_ci: Half-width of its 95 % interval [1]
        rank_correlation: Spearman's, -1..1 [1]
    """

    field: str
    first: float | None
    first_ci: float | None
    total: float | None
    total_ci: float | None
    rank_correlation: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "first": "1",
        "first_ci": "1",
        "total": "1",
        "total_ci": "1",
        "rank_correlation": "1",
    }


class BacktestOut(Record):
    """
    Forecasts of its own past beside what came.

    Attributes:
        origins: Forecasts made [1]
        covered_frac: Readings inside the range; 0.9 is meant [1]
        peak_covered_frac: Peaks inside theirs [1]
        peak_above_frac: Peaks above it; 0.05 is meant [1]
        bias_w: Forecast less measured [W]
        mape_frac: Mean error ÷ mean [1]
        width_w: Mean width of the range [W]
    """

    origins: int
    covered_frac: float
    peak_covered_frac: float
    peak_above_frac: float
    bias_w: float | None
    mape_frac: float
    width_w: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "origins": "1",
        "covered_frac": "1",
        "peak_covered_frac": "1",
        "peak_above_frac": "1",
        "bias_w": "W",
        "mape_frac": "1",
        "width_w": "W",
    }


class BindingOut(Record):
    """
    A limit that makes the plan worse.

    Attributes:
        field: Which input
        text: The same in words
        saves_usd: Net present cost that is less without it [USD]
        server_years: Server-years that are served more without it [years]
        carbon_t: Carbon that is less without it [t]
    """

    field: str
    text: str
    saves_usd: float | None
    server_years: float | None
    carbon_t: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "saves_usd": "USD",
        "server_years": "years",
        "carbon_t": "t",
    }


class BooksOut(Record):
    """
    Where energy went.

    All [J]; grid = everything else's sum, `lacked_j` taken off.

    Attributes:
        work_j: What the jobs' GPUs would draw [1]
        lacked_j: What caps, ramps and ceilings kept from them [1]
        burnt_j: What floors, ballast and ramps burnt beyond the work [1]
        host_j: Servers beside their GPUs [1]
        supply_loss_j: Lost in server supplies [1]
        store_loss_j: Lost in stores [1]
        store_gain_j: Charge at the end less charge at the begin [1]
        ups_loss_j: Lost in the UPS [1]
        ups_gain_j: Energy its link holds more at the end [1]
        cooling_j: Cooling [1]
        other_j: Other load [1]
        grid_j: Drawn from the grid [1]
        start_lacked_j: Of what was lacked, by ramps at starts and restarts [1]
        start_burnt_j: Of what was burnt, by ramps at ends and failures [1]
    """

    work_j: float | None
    lacked_j: float | None
    burnt_j: float | None
    host_j: float | None
    supply_loss_j: float | None
    store_loss_j: float | None
    store_gain_j: float | None
    ups_loss_j: float | None
    ups_gain_j: float | None
    cooling_j: float | None
    other_j: float | None
    grid_j: float | None
    start_lacked_j: float | None
    start_burnt_j: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "work_j": "1",
        "lacked_j": "1",
        "burnt_j": "1",
        "host_j": "1",
        "supply_loss_j": "1",
        "store_loss_j": "1",
        "store_gain_j": "1",
        "ups_loss_j": "1",
        "ups_gain_j": "1",
        "cooling_j": "1",
        "other_j": "1",
        "grid_j": "1",
        "start_lacked_j": "1",
        "start_burnt_j": "1",
    }


class BuildOutOut(Record):
    """
    BuildOutOut

    Attributes:
        plan: The plan
        binding: Limits that make it worse, the costliest first; empty where not asked
        late: What arrives after it is needed, in words
        warnings: What looks wrong and is still possible
        front: Plans between two aims, the best in the first aim first
        inputs: Inputs with every default
        provenance: What the answer rests on
        timing: What it cost
    """

    plan: ReflectPlanOut
    binding: list[BindingOut]
    late: list[str]
    warnings: list[str]
    front: list[FrontPointOut]
    inputs: dict[str, Any]
    provenance: ProvenanceOut
    timing: TimingOut | None


class CalibrationDetail(Record):
    """
    A calibration with its residuals.

    Attributes:
        id: Id
        created_at: When it was made, UTC
        kind: Which model
        target: What it is of
        source: Host
        device: Device; empty is the host itself
        version: The same readings and settings give the same
        status: Whether the readings told it
        active: Whether it counts
        start_us: First instant [µs]
        end_us: End [µs]
        held_out_frac: Last part it was judged on [1]
        level: Bins that were used
        prior: Where the prior is from
        unit: Unit of what is modelled
        parameters: Numbers of the model
        held_out: Before and after, on time not seen
        held_back: Why it counts only by force: it is worse than its prior on time not
            seen
        samples: Readings learned from [1]
        effective_samples: Independent ones worth as much [1]
        residual_rms: Of those [its own]
        residual_autocorrelation: One reading apart [1]
        warnings: What to know
        refused: Parameters held at their prior
        samples_needed: Readings like these that bring each error to 5 % [1]
        error: Why it was refused, and the data that is missing
        residuals: Over the period, read again
        residuals_missing: Why there are none
    """

    id: str
    created_at: str
    kind: Literal[
        "gpu-utilisation", "gpu-clock", "server", "conversion", "thermal", "levels"
    ]
    target: str
    source: str
    device: str
    version: str
    status: Literal["fitted", "refused"]
    active: bool
    start_us: int
    end_us: int
    held_out_frac: float
    level: str
    prior: str
    unit: str
    parameters: list[ParameterOut]
    held_out: HeldOutOut | None
    held_back: str
    samples: int
    effective_samples: float | None
    residual_rms: float | None
    residual_autocorrelation: float | None
    warnings: list[str]
    refused: list[UntoldOut]
    samples_needed: dict[str, int]
    error: FieldError | None
    residuals: ResidualsOut | None
    residuals_missing: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "start_us": "µs",
        "end_us": "µs",
        "held_out_frac": "1",
        "samples": "1",
        "effective_samples": "1",
        "residual_rms": "its own",
        "residual_autocorrelation": "1",
        "samples_needed": "1",
    }


class CalibrationOut(Record):
    """
    A stored calibration.

    Attributes:
        id: Id
        created_at: When it was made, UTC
        kind: Which model
        target: What it is of
        source: Host
        device: Device; empty is the host itself
        version: The same readings and settings give the same
        status: Whether the readings told it
        active: Whether it counts
        start_us: First instant [µs]
        end_us: End [µs]
        held_out_frac: Last part it was judged on [1]
        level: Bins that were used
        prior: Where the prior is from
        unit: Unit of what is modelled
        parameters: Numbers of the model
        held_out: Before and after, on time not seen
        held_back: Why it counts only by force: it is worse than its prior on time not
            seen
        samples: Readings learned from [1]
        effective_samples: Independent ones worth as much [1]
        residual_rms: Of those [its own]
        residual_autocorrelation: One reading apart [1]
        warnings: What to know
        refused: Parameters held at their prior
        samples_needed: Readings like these that bring each error to 5 % [1]
        error: Why it was refused, and the data that is missing
    """

    id: str
    created_at: str
    kind: Literal[
        "gpu-utilisation", "gpu-clock", "server", "conversion", "thermal", "levels"
    ]
    target: str
    source: str
    device: str
    version: str
    status: Literal["fitted", "refused"]
    active: bool
    start_us: int
    end_us: int
    held_out_frac: float
    level: str
    prior: str
    unit: str
    parameters: list[ParameterOut]
    held_out: HeldOutOut | None
    held_back: str
    samples: int
    effective_samples: float | None
    residual_rms: float | None
    residual_autocorrelation: float | None
    warnings: list[str]
    refused: list[UntoldOut]
    samples_needed: dict[str, int]
    error: FieldError | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "start_us": "µs",
        "end_us": "µs",
        "held_out_frac": "1",
        "samples": "1",
        "effective_samples": "1",
        "residual_rms": "its own",
        "residual_autocorrelation": "1",
        "samples_needed": "1",
    }


class CalibrationPage(Record):
    """
    A page of calibrations.

    Attributes:
        items: Newest first
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[CalibrationOut]
    next_cursor: str | None


class CampusCurvesOut(Record):
    """
    CampusCurvesOut

    Attributes:
        t_s: Start of each record [s]
        least: Lowest tick by name (`series.CAMPUS_CURVES`)
        mean: Mean by name
        most: Highest tick by name
        hall_mean: Mean by name, then record, then hall; null unless asked for
        hall_most: Highest tick likewise; null unless asked for
        contract_w: What may be drawn; infinite without a contract [W]
        share_w: Share of power by record, then hall; null unless asked for [W]
        heat_w: Share of common cooling likewise; null unless asked for [W]
        ceiling_mhz: Lowest clock asked of low and high priority; NaN for none [MHz]
    """

    t_s: list[Any] | None
    least: dict[str, list[Any] | None]
    mean: dict[str, list[Any] | None]
    most: dict[str, list[Any] | None]
    hall_mean: dict[str, Any] | None
    hall_most: dict[str, Any] | None
    contract_w: list[Any] | None
    share_w: list[Any] | None
    heat_w: list[Any] | None
    ceiling_mhz: list[Any] | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "t_s": "s",
        "contract_w": "W",
        "share_w": "W",
        "heat_w": "W",
        "ceiling_mhz": "MHz",
    }


class CampusEffortOut(Record):
    """
    CampusEffortOut

    Attributes:
        windows: Windows that were accepted [1]
        passes: Times that halls were sent out, the accepted ones among them [1]
        hall_ticks: Ticks run, all halls together [1]
        least_hall_ticks: Ticks that a run without repetition would have had [1]
        lost: Tasks that were sent again because their worker was lost [1]
        repeated_frac: Ticks that were run again ÷ ticks [1]
    """

    windows: int
    passes: int
    hall_ticks: int
    least_hall_ticks: int
    lost: int
    repeated_frac: float

    UNITS: ClassVar[Mapping[str, str]] = {
        "windows": "1",
        "passes": "1",
        "hall_ticks": "1",
        "least_hall_ticks": "1",
        "lost": "1",
        "repeated_frac": "1",
    }


class CampusNodesOut(Record):
    """
    Every node but racks, one list per figure.

    Attributes:
        name: Names
        kind: Kinds
        limit_w: Limits; null is none [W]
        peak_w: Highest ticks [W]
        peak_t_s: When [s]
        in_wh: Energy in [Wh]
        out_wh: Energy out [Wh]
        discharged_wh: Energy out of stores [Wh]
        charged_wh: Energy into stores [Wh]
        trip_t_s: When the breaker tripped; null if it did not [s]
    """

    name: list[str]
    kind: list[str]
    limit_w: list[float | None]
    peak_w: list[float | None]
    peak_t_s: list[float | None]
    in_wh: list[float | None]
    out_wh: list[float | None]
    discharged_wh: list[float | None]
    charged_wh: list[float | None]
    trip_t_s: list[float | None]

    UNITS: ClassVar[Mapping[str, str]] = {
        "limit_w": "W",
        "peak_w": "W",
        "peak_t_s": "s",
        "in_wh": "Wh",
        "out_wh": "Wh",
        "discharged_wh": "Wh",
        "charged_wh": "Wh",
        "trip_t_s": "s",
    }


class CampusRunOut(Record):
    """
    CampusRunOut

    Attributes:
        name: Name of the site
        policy: Policy of its rows
        seed: Seed of the traffic [1]
        server_count: Servers deployed [1]
        node_count: Power nodes, racks not counted [1]
        horizon_s: Length [s]
        tick_s: Tick [s]
        utility_peak_w: Highest tick at the utility's meters [W]
        utility_peak_t_s: When [s]
        utility_wh: Energy from utilities [Wh]
        facility_wh: Energy from all sources [Wh]
        it_wh: Energy of servers [Wh]
        mechanical_wh: Energy of cooling [Wh]
        shared_loss_wh: Energy that shared nodes turned into heat or stores kept [Wh]
        water_kg: Fresh water [1]
        lost_server_h: Server-hours without service [h]
        capped_server_h: Server-hours below full clock [h]
        contract: How the contract was kept
        halls: Every hall
        nodes: Every node; null unless asked for
        racks: Every rack; null unless asked for
        series: Curves over time, by record
        events: What happened, in order, commands left out
        events_dropped: Events beyond what is kept [1]
        pue: Facility energy ÷ IT energy [1]
        trips: Breakers that tripped [1]
        limits: What halls share, and how much of it was used
        binding: What binds, in words
        fullest: The fullest node of each kind
        engine: Where halls ran
        effort: What it took; it depends on the engine
        provenance: What it rests on
        warnings: What looks wrong about the inputs
        timing: What it cost
    """

    name: str
    policy: str
    seed: int
    server_count: int
    node_count: int
    horizon_s: float | None
    tick_s: float | None
    utility_peak_w: float | None
    utility_peak_t_s: float | None
    utility_wh: float | None
    facility_wh: float | None
    it_wh: float | None
    mechanical_wh: float | None
    shared_loss_wh: float | None
    water_kg: float | None
    lost_server_h: float | None
    capped_server_h: float | None
    contract: ContractResultOut
    halls: list[HallResultOut]
    nodes: CampusNodesOut | None
    racks: RackArraysOut | None
    series: CampusCurvesOut
    events: list[SiteEventOut]
    events_dropped: int
    pue: float | None
    trips: int
    limits: list[SharedLimitOut]
    binding: str
    fullest: list[FullestOut]
    engine: str
    effort: CampusEffortOut
    provenance: ProvenanceOut
    warnings: list[str]
    timing: TimingOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "seed": "1",
        "server_count": "1",
        "node_count": "1",
        "horizon_s": "s",
        "tick_s": "s",
        "utility_peak_w": "W",
        "utility_peak_t_s": "s",
        "utility_wh": "Wh",
        "facility_wh": "Wh",
        "it_wh": "Wh",
        "mechanical_wh": "Wh",
        "shared_loss_wh": "Wh",
        "water_kg": "1",
        "lost_server_h": "h",
        "capped_server_h": "h",
        "events_dropped": "1",
        "pue": "1",
        "trips": "1",
    }


class Change(Record):
    """
    One input that two versions do not share.

    Attributes:
        field: Dotted path
        before: Value in the other version; null where absent [1]
        after: Value in this version; null where absent [1]
    """

    field: str
    before: Any
    after: Any

    UNITS: ClassVar[Mapping[str, str]] = {"before": "1", "after": "1"}


class ChangeOut(Record):
    """
    What happens to one item.

    Attributes:
        action: What
        kind: node, rack, row-limit, template, price, carbon, weather
        name: Name in the scenario
        source_id: Identity at the source
        note: What to know about it
        fields: Fields
    """

    action: Literal["added", "changed", "removed", "kept"]
    kind: str
    name: str
    source_id: str
    note: str
    fields: list[ImportsFieldOut]


class ChoiceOut(Record):
    """
    One combination; 0 is none.

    Attributes:
        floor_frac: Floor of GPU smoothing ÷ TDP [1]
        ballast_frac: Target of software ballast ÷ TDP [1]
        ramp_s: Ramps at starts and ends [s]
        psu_j_per_gpu: Supply store of one GPU [J]
        rack_kwh: Store in each rack [kWh]
        site_power_frac: Power of a site store ÷ the bare site's highest power [1]
        site_hours: Its energy ÷ its power [h]
        site_filter_s: Time constant of its low-pass [s]
    """

    floor_frac: float | None
    ballast_frac: float | None
    ramp_s: float | None
    psu_j_per_gpu: float | None
    rack_kwh: float | None
    site_power_frac: float | None
    site_hours: float | None
    site_filter_s: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "floor_frac": "1",
        "ballast_frac": "1",
        "ramp_s": "s",
        "psu_j_per_gpu": "J",
        "rack_kwh": "kWh",
        "site_power_frac": "1",
        "site_hours": "h",
        "site_filter_s": "s",
    }


class ClassEnergyOut(Record):
    """
    Queries of one class.

    Attributes:
        energy_wh: At the utility meter, per query [Wh]
        energy_per_token_wh: The same per output token [Wh/token]
        carbon_g: Per query [g]
        carbon_per_token_g: Per output token [g/token]
        water_ml: Per query [mL]
        water_per_token_ml: Per output token [mL/token]
        cost_usd: Energy and node hours, per query [USD]
        cost_per_token_usd: Per output token [USD/token]
        tokens_per_s: Output of the node while it serves [tokens/s]
        extrapolated_frac: Share of answers outside the lengths that the throughput
            rests on. 0..1 [1]
        tornado: Inputs by how far they move the median, most first
    """

    energy_wh: PercentilesOut
    energy_per_token_wh: PercentilesOut
    carbon_g: PercentilesOut
    carbon_per_token_g: PercentilesOut
    water_ml: PercentilesOut
    water_per_token_ml: PercentilesOut
    cost_usd: PercentilesOut
    cost_per_token_usd: PercentilesOut
    tokens_per_s: PercentilesOut
    extrapolated_frac: float | None
    tornado: list[SwingOut]

    UNITS: ClassVar[Mapping[str, str]] = {
        "energy_wh": "Wh",
        "energy_per_token_wh": "Wh/token",
        "carbon_g": "g",
        "carbon_per_token_g": "g/token",
        "water_ml": "mL",
        "water_per_token_ml": "mL/token",
        "cost_usd": "USD",
        "cost_per_token_usd": "USD/token",
        "tokens_per_s": "tokens/s",
        "extrapolated_frac": "1",
    }


class CompareCurveOut(Record):
    """
    One quantity over time, on the same bins for every item.

    Attributes:
        name: Name
        label: In words
        unit: Unit
        t_s: Starts of the bins from each item's start [s]
        values: One curve an item; null where it has none [see unit]
    """

    name: str
    label: str
    unit: str
    t_s: list[float]
    values: list[list[float | None] | None]

    UNITS: ClassVar[Mapping[str, str]] = {"t_s": "s", "values": "see unit"}


class CompareOut(Record):
    """
    Items side by side, differences first.

    Attributes:
        items: In the order asked
        baseline: Place of the item others are measured against [1]
        inputs: Inputs that differ
        inputs_same: Inputs that do not [inputs]
        inputs_dropped: Differing inputs beyond those listed [inputs]
        outputs: Figures, largest difference against what is usual first, equal ones
            next, figures of one item alone last
        series: Curves over time
        events: What happened how often
        warnings: Where it is not like for like
        timing: What it cost
    """

    items: list[ComparedItemOut]
    baseline: int
    inputs: list[DifferingOut]
    inputs_same: int
    inputs_dropped: int
    outputs: list[OutputOut]
    series: list[CompareCurveOut]
    events: list[EventCountOut]
    warnings: list[CompareWarningOut]
    timing: TimingOut | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "baseline": "1",
        "inputs_same": "inputs",
        "inputs_dropped": "inputs",
    }


class CompareWarningOut(Record):
    """
    Where the comparison is not like for like.

    Attributes:
        kind: Which
        text: What it means
        values: One an item, or none
        repair: What would mend it
    """

    kind: str
    text: str
    values: list[str]
    repair: str


class ComparedItemOut(Record):
    """
    One thing compared.

    Attributes:
        label: Name
        kind: What was simulated
        source: What it is
        id: Its id; empty where it is not stored
        href: Address to read it; empty where it is not stored
        provenance: What it rests on
        meets: Whether it holds what it promises; null: no promise
        breaches: What it does not hold
        repetitions: Runs that its figures are means of [runs]
        horizon_s: Length; 0 where unknown [s]
        limit_w: Power limit [W]
        server_count: Servers deployed [servers]
    """

    label: str
    kind: Literal["row", "site", "point"]
    source: Literal["run", "plan", "scenario", "study"]
    id: str
    href: str
    provenance: ProvenanceOut
    meets: bool | None
    breaches: list[str]
    repetitions: int
    horizon_s: float
    limit_w: float | None
    server_count: int | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "repetitions": "runs",
        "horizon_s": "s",
        "limit_w": "W",
        "server_count": "servers",
    }


class ContractResultOut(Record):
    """
    How the utility's contract was kept; zeros without one.

    Attributes:
        contract_w: What may be drawn when nothing is curtailed; infinite without [W]
        exceeded_s: Time above what may be drawn [s]
        longest_s: Longest stretch of it [s]
        exceeded_wh: Energy above [Wh]
        ceiling_s: Time in which clocks were held down by the campus [s]
        least_mhz: Lowest clock asked of low and of high priority; NaN if none [MHz]
        short_w: Most load that no clock takes away and the contract does not carry [W]
    """

    contract_w: float | None
    exceeded_s: float | None
    longest_s: float | None
    exceeded_wh: float | None
    ceiling_s: float | None
    least_mhz: list[float | None]
    short_w: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "contract_w": "W",
        "exceeded_s": "s",
        "longest_s": "s",
        "exceeded_wh": "Wh",
        "ceiling_s": "s",
        "least_mhz": "MHz",
        "short_w": "W",
    }


class CoolingYearOut(Record):
    """
    CoolingYearOut

    Attributes:
        plant: The plant by hour
        other_w: Facility power that is not cooling: losses, light. , (hours,) [W]
        pue: Facility energy over IT energy, whole year [1]
        pue_by_hour: The same for each hour; NaN without load [1]
        pue_by_month: The same for each month, shape (12,) [1]
        partial_pue: (IT + part) over IT by part, whole year [1]
        wue_l_per_kwh: Fresh water over IT energy; 1 kg is 1 l [l/kWh]
        economiser_hours: Hours in which no chiller ran [h]
        partly_free_hours: Hours in which some heat passed the chillers by [h]
        above_recommended_hours: Inlet above 27 C [h]
        above_allowable_hours: Inlet above the allowable limit, 32 C [h]
        short_hours: Hours with heat nobody took out [h]
        outside_range_hours: Hours in which a curve was cut to its end [h]
        it_w: IT load, constant [W]
        ride_throughs: The halls' air after a loss of cooling, the worst first
        energy: The year's energy, its cost and carbon
        provenance: What it rests on
        timing: What it cost
    """

    plant: PlantResultOut
    other_w: list[Any] | None
    pue: float | None
    pue_by_hour: list[Any] | None
    pue_by_month: list[Any] | None
    partial_pue: dict[str, float | None]
    wue_l_per_kwh: float | None
    economiser_hours: int
    partly_free_hours: int
    above_recommended_hours: int
    above_allowable_hours: int
    short_hours: int
    outside_range_hours: int
    it_w: float
    ride_throughs: list[RideThroughOut]
    energy: YearEnergyOut
    provenance: ProvenanceOut
    timing: TimingOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "other_w": "W",
        "pue": "1",
        "pue_by_hour": "1",
        "pue_by_month": "1",
        "partial_pue": "1",
        "wue_l_per_kwh": "l/kWh",
        "economiser_hours": "h",
        "partly_free_hours": "h",
        "above_recommended_hours": "h",
        "above_allowable_hours": "h",
        "short_hours": "h",
        "outside_range_hours": "h",
        "it_w": "W",
    }


class CostOut(Record):
    """
    CostOut

    Attributes:
        name: Its name
        net_present_cost_usd: Worth today of all its years [USD]
        cost_per_server_h_usd: Levelised cost of a server-hour in service [USD/h]
        cost_per_it_kwh_usd: Levelised cost of a kilowatt-hour of IT [USD/kWh]
        equal_yearly_usd: The same whole as equal yearly amounts [USD]
        capital_usd: Money spent at the start [USD]
        carbon_t: Carbon of all years, of energy and of servers made [t]
        water_m3: Water of all years [m3]
        parts: Parts of the net present cost
        years: Years
        bill: The first year's bill
        built_w: IT power it is built for [W]
        server_count: Servers deployed [1]
        pue: Energy at the meter ÷ IT energy [1]
        warnings: What looks wrong and is still possible
        inputs: Inputs with every default
        provenance: What the answer rests on
        timing: What it cost
    """

    name: str
    net_present_cost_usd: float | None
    cost_per_server_h_usd: float | None
    cost_per_it_kwh_usd: float | None
    equal_yearly_usd: float | None
    capital_usd: float | None
    carbon_t: float | None
    water_m3: float | None
    parts: list[PartOut]
    years: list[YearCostOut]
    bill: YearBillOut
    built_w: float | None
    server_count: int
    pue: float | None
    warnings: list[str]
    inputs: dict[str, Any]
    provenance: ProvenanceOut
    timing: TimingOut | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "net_present_cost_usd": "USD",
        "cost_per_server_h_usd": "USD/h",
        "cost_per_it_kwh_usd": "USD/kWh",
        "equal_yearly_usd": "USD",
        "capital_usd": "USD",
        "carbon_t": "t",
        "water_m3": "m3",
        "built_w": "W",
        "server_count": "1",
        "pue": "1",
    }


class CostsOut(Record):
    """
    What a combination costs in a year.

    [$/year]

    Attributes:
        stores: Stores, over their life [1]
        energy: Energy burnt and lost [1]
        time: Time the jobs lose [1]
    """

    stores: float | None
    energy: float | None
    time: float | None

    UNITS: ClassVar[Mapping[str, str]] = {"stores": "1", "energy": "1", "time": "1"}


class CountsOut(Record):
    """
    How many items each thing happens to; steps for weather and series.

    Attributes:
        added: New [1]
        changed: With a field that changes [1]
        removed: Gone at the source [1]
        unchanged: As before [1]
        kept: Gone at the source, kept because something hangs on them [1]
    """

    added: int
    changed: int
    removed: int
    unchanged: int
    kept: int

    UNITS: ClassVar[Mapping[str, str]] = {
        "added": "1",
        "changed": "1",
        "removed": "1",
        "unchanged": "1",
        "kept": "1",
    }


class CriticalModeOut(Record):
    """
    A band in which something may swing along.

    Attributes:
        key: Name in files and answers
        title: What swings, in words
        low_hz: Lower edge. , > 0 [Hz]
        high_hz: Upper edge. , above `low_hz` [Hz]
        limit_w: Most amplitude. ; infinite for none [W]
        limit_frac: Most amplitude ÷ mean power; infinite for none. The lower counts [1]
        source: Where it stands, and how sure that is
        date: Of the text
    """

    key: str
    title: str
    low_hz: float | None
    high_hz: float | None
    limit_w: float | None
    limit_frac: float | None
    source: str
    date: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "low_hz": "Hz",
        "high_hz": "Hz",
        "limit_w": "W",
        "limit_frac": "1",
    }


class DatasetInfo(Record):
    """
    One dataset and whether it is on this machine.

    Attributes:
        name: Name used in scenarios
        title: One line on what it is
        kind: requests, rates or benchmark
        licence: Licence as the publisher states it
        citation: Work to cite
        source: Publisher's address at a fixed commit
        files: Files fetched, or the user's file
        bytes: Size on this machine; 0 where absent [B]
        present: Whether it can be used now
        path: File on this machine
        origin: Who brought it
        pullable: Whether `datasets pull` can fetch it
        checked: How its bytes were or will be checked
    """

    name: str
    title: str
    kind: Literal["requests", "rates", "benchmark"]
    licence: str
    citation: str
    source: str
    files: list[str]
    bytes: int
    present: bool
    path: str | None
    origin: Literal["published", "imported"]
    pullable: bool
    checked: str

    UNITS: ClassVar[Mapping[str, str]] = {"bytes": "B"}


class DatasetList(Record):
    """
    Datasets.

    Attributes:
        items: Published, then the user's own
    """

    items: list[DatasetInfo]


class DefaultsOut(Record):
    """
    Inputs where nothing is given.

    Attributes:
        serving: Of a run
        query: Of a query
        knobs: Of a knob grid
        provision: Of a search
        serving_fields: Fields of a run, top level
    """

    serving: dict[str, Any]
    query: dict[str, Any]
    knobs: dict[str, Any]
    provision: dict[str, Any]
    serving_fields: list[KnobOut]


class DeliveryOut(Record):
    """
    A notice.

    Attributes:
        id: Id
        rule_id: Its rule; null once deleted
        status: What it tells
        alerts: Alerts it tells of [1]
        state: How far it is
        attempts: Attempts so far [1]
        answer: What the last attempt met
        created_at: When it was written, UTC
        next_at: When it is tried next, UTC
    """

    id: str
    rule_id: str | None
    status: Literal["firing", "resolved"]
    alerts: int
    state: Literal["queued", "delivered", "given-up"]
    attempts: int
    answer: str
    created_at: str
    next_at: str

    UNITS: ClassVar[Mapping[str, str]] = {"alerts": "1", "attempts": "1"}


class DeliveryPage(Record):
    """
    A page of notices.

    Attributes:
        items: Notices, newest first
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[DeliveryOut]
    next_cursor: str | None


class DeviceNowOut(Record):
    """
    A device now.

    Attributes:
        key: Identity
        kind: What it is
        model: What it is called
        index: Its place [1]
        parent: The device it is part of
        age_s: Age of its reading [s]
        facts: What does not change
        power_w: Instantaneous power [W]
        power_average_w: The driver's average [W]
        sm_clock_hz: SM clock [Hz]
        gpu_c: Temperature [°C]
        memory_c: Temperature of its memory [°C]
        utilisation_frac: Share of time busy [1]
        throttle_reasons: NVML's bits [1]
        power_limit_w: Enforced limit [W]
        inlet_c: Air at the inlet [°C]
    """

    key: str
    kind: str
    model: str
    index: int
    parent: str
    age_s: float
    facts: dict[str, float | str]
    power_w: float | None
    power_average_w: float | None
    sm_clock_hz: float | None
    gpu_c: float | None
    memory_c: float | None
    utilisation_frac: float | None
    throttle_reasons: float | None
    power_limit_w: float | None
    inlet_c: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "index": "1",
        "age_s": "s",
        "power_w": "W",
        "power_average_w": "W",
        "sm_clock_hz": "Hz",
        "gpu_c": "°C",
        "memory_c": "°C",
        "utilisation_frac": "1",
        "throttle_reasons": "1",
        "power_limit_w": "W",
        "inlet_c": "°C",
    }


class DifferenceOut(Record):
    """
    How far a figure is from the baseline's.

    Attributes:
        absolute: Value minus the baseline's [see unit]
        relative: The same ÷ the baseline's size; null where that is 0 [1]
        times: Size of the difference ÷ what another seed would make [1]
    """

    absolute: float | None
    relative: float | None
    times: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "absolute": "see unit",
        "relative": "1",
        "times": "1",
    }


class DifferingOut(Record):
    """
    One input that differs.

    Attributes:
        field: Dotted path
        label: In words
        unit: Unit; empty for none
        doc: What it is
        values: One an item; null where absent or empty
    """

    field: str
    label: str
    unit: str
    doc: str
    values: list[Any]


class DriftOut(Record):
    """
    Measured and predicted have parted for good.

    Attributes:
        since_us: When it began [µs]
        found_us: When it was sure [µs]
        size_w: Measured less predicted since then [W]
        direction: Which way
        sigmas: The same ÷ what is usual [1]
    """

    since_us: int
    found_us: int
    size_w: float | None
    direction: Literal["more", "less"]
    sigmas: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "since_us": "µs",
        "found_us": "µs",
        "size_w": "W",
        "sigmas": "1",
    }


class DrivenOut(Record):
    """
    How strongly a critical frequency is driven.

    Attributes:
        amplitude_w: Largest amplitude in the band [W]
        at_hz: Its frequency [Hz]
        at_s: Middle of its segment [s]
        margin_frac: (limit - amplitude) ÷ limit [1]
        passes: Whether the limit is kept
        nearby_w: Largest amplitude just outside [W]
        nearby_hz: Its frequency [Hz]
        nearby_ratio: It ÷ the band's nearer edge [1]
    """

    amplitude_w: float | None
    at_hz: float | None
    at_s: float | None
    margin_frac: float | None
    passes: bool
    nearby_w: float | None
    nearby_hz: float | None
    nearby_ratio: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "amplitude_w": "W",
        "at_hz": "Hz",
        "at_s": "s",
        "margin_frac": "1",
        "nearby_w": "W",
        "nearby_hz": "Hz",
        "nearby_ratio": "1",
    }


class EmergencyLossOut(Record):
    """
    What an emergency costs.

    Attributes:
        iaas_lost_frac: Work of opaque machines lost during it. 0..1 [1]
        saas_lost_frac: Requests not served during it. 0..1 [1]
        quality_lost_frac: Quality of answers lost during it. 0..1 [1]
    """

    iaas_lost_frac: float | None
    saas_lost_frac: float | None
    quality_lost_frac: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "iaas_lost_frac": "1",
        "saas_lost_frac": "1",
        "quality_lost_frac": "1",
    }


class EnergyOut(Record):
    """
    Row energy by what drew it.

    Attributes:
        prefill_wh: Prefill on GPUs [Wh]
        decode_wh: Decode on GPUs [Wh]
        gpu_idle_wh: GPUs with nothing to do [Wh]
        host_wh: Everything but GPUs [Wh]
        total_wh: Sum [Wh]
    """

    prefill_wh: float | None
    decode_wh: float | None
    gpu_idle_wh: float | None
    host_wh: float | None
    total_wh: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "prefill_wh": "Wh",
        "decode_wh": "Wh",
        "gpu_idle_wh": "Wh",
        "host_wh": "Wh",
        "total_wh": "Wh",
    }


class EnvelopeOut(Record):
    """
    A waveform in buckets that keep its peaks.

    Attributes:
        t_s: Edges of the buckets. , (buckets + 1,) [s]
        low: Lowest value in each. (buckets,)
        high: Highest value in each. (buckets,)
        mean: Mean of each. (buckets,)
    """

    t_s: list[Any] | None
    low: list[Any] | None
    high: list[Any] | None
    mean: list[Any] | None

    UNITS: ClassVar[Mapping[str, str]] = {"t_s": "s"}


class EvaluationsOut(Record):
    """
    Dips between iterations that keep a schedule: evaluations, most often.

    Attributes:
        count: How many the trace has [1]
        every: Iterations from one to the next [1]
        spacing_s: Begin to begin [s]
        lasts_s: Length of one [s]
        level_w: Median power in one, one node's [W]
        depth_w: Median power between dips, minus that [W]
    """

    count: int
    every: int
    spacing_s: float | None
    lasts_s: float | None
    level_w: float | None
    depth_w: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "count": "1",
        "every": "1",
        "spacing_s": "s",
        "lasts_s": "s",
        "level_w": "W",
        "depth_w": "W",
    }


class EventCountOut(Record):
    """
    How often something happened.

    Attributes:
        kind: What
        label: In words
        counts: One an item; null where it is not counted [times]
    """

    kind: str
    label: str
    counts: list[int | None]

    UNITS: ClassVar[Mapping[str, str]] = {"counts": "times"}


class EventList(Record):
    """
    Events, newest first.

    Attributes:
        items: Events
    """

    items: list[TelemetryEventOut]


class FailureOut(Record):
    """
    One failure, step by step.

    Attributes:
        case: How it ends
        before_w: Output by node before it [W]
        frames: After the failure, and after each step
        race: The first overloaded breaker against the cap
        provenance: What it rests on
        timing: What it cost
    """

    case: SiteCaseOut
    before_w: dict[str, float | None]
    frames: list[FrameOut]
    race: RaceOut | None
    provenance: ProvenanceOut
    timing: TimingOut

    UNITS: ClassVar[Mapping[str, str]] = {"before_w": "W"}


class FailuresOut(Record):
    """
    Every failure, worst first.

    Attributes:
        matrix: Loads under every single failure; null for a large site
        cases: Cases, worst first
        single: Single failures followed [1]
        pairs: Pairs followed [1]
        planned_out: Out of service by plan in every case
        worst_t_s: The moment the loads are taken from [s]
        server_count: Servers of the site [servers]
        provenance: What it rests on
        timing: What it cost
    """

    matrix: MatrixOut | None
    cases: list[SiteCaseOut]
    single: int
    pairs: int
    planned_out: list[str]
    worst_t_s: float
    server_count: int
    provenance: ProvenanceOut
    timing: TimingOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "single": "1",
        "pairs": "1",
        "worst_t_s": "s",
        "server_count": "servers",
    }


class FieldError(Record):
    """
    One wrong input.

    Attributes:
        field: Dotted path of the field
        rule: What it must be
        value: What was given [as the field]
        repair: How to mend it
    """

    field: str
    rule: str
    value: Any
    repair: str

    UNITS: ClassVar[Mapping[str, str]] = {"value": "as the field"}


class FigureOut(Record):
    """
    A number with its unit, source and how far to trust it.

    Attributes:
        value: Value [see unit]
        unit: Unit
        source: Where it comes from
        mark: measured, published, second-hand, memory, fitted or assumed
    """

    value: float
    unit: str
    source: str
    mark: str

    UNITS: ClassVar[Mapping[str, str]] = {"value": "see unit"}


class FiguresOut(Record):
    """
    What one system did.

    Energy and power are the site's.

    Attributes:
        system: Key
        label: Name on charts
        unit: What is counted: request, workflow, job or call
        arrived: Units that arrived [units]
        finished: Units finished in time [units]
        refused: Units refused, by reason
        in_flight: Units under way at the end [units]
        attained_frac: Units that met every limit ÷ known [1]
        latency_s: ttft, tbt, e2e by p50, p90, p99 [s]
        slowdown: The same ÷ one request alone; empty where not measured
        energy_j: Energy [J]
        mean_power_w: Mean power [W]
        peak_power_w: Largest mean over a control tick [W]
        output_tokens: Tokens given out [tokens]
        gpu_hours: GPUs on × time [h]
        cost_usd: GPU-hours, and energy where their price leaves it out [USD]
        carbon_g: Energy × grid intensity at its hour [g]
        quality_frac: Quality kept; 1 where it is not touched [1]
        own_terms: How its traffic or limits differ from the study's, so that only its
            own baseline is a fair comparison; empty: comparable with the others
        notes: What was assumed
        figures: Further figures, the unit in their names
        energy_per_token_j: Per token given out [J]
        energy_per_unit_wh: Per unit finished [Wh]
        cost_per_1000_usd: Per thousand units finished [USD]
    """

    system: str
    label: str
    unit: str
    arrived: int
    finished: int
    refused: dict[str, int]
    in_flight: int
    attained_frac: float | None
    latency_s: dict[str, dict[str, float | None]]
    slowdown: dict[str, dict[str, float | None]]
    energy_j: float
    mean_power_w: float
    peak_power_w: float
    output_tokens: float
    gpu_hours: float
    cost_usd: float
    carbon_g: float
    quality_frac: float
    own_terms: str
    notes: list[str]
    figures: dict[str, float | None]
    energy_per_token_j: float | None
    energy_per_unit_wh: float | None
    cost_per_1000_usd: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "arrived": "units",
        "finished": "units",
        "in_flight": "units",
        "attained_frac": "1",
        "energy_j": "J",
        "mean_power_w": "W",
        "peak_power_w": "W",
        "output_tokens": "tokens",
        "gpu_hours": "h",
        "cost_usd": "USD",
        "carbon_g": "g",
        "quality_frac": "1",
        "energy_per_token_j": "J",
        "energy_per_unit_wh": "Wh",
        "cost_per_1000_usd": "USD",
    }


class FindingOut(Record):
    """
    One requirement of a table.

    Attributes:
        kind: What is asked
        title: In words
        unit: Of the three numbers
        must: What is asked for [1]
        did: What the load did; where it did not let go, what its settings say [1]
        margin: By how much that is better than asked; below 0 it is worse. Infinite
            where it has no end [1]
        asked: Whether the event put it to the test
        kept: Whether it was kept; where not asked, whether it would be
        words: What happened
    """

    kind: Any
    title: str
    unit: str
    must: float | None
    did: float | None
    margin: float | None
    asked: bool
    kept: bool
    words: str

    UNITS: ClassVar[Mapping[str, str]] = {"must": "1", "did": "1", "margin": "1"}


class FitErrorOut(Record):
    """
    How far the learned job is from a trace: modelled minus recorded.

    Attributes:
        mean_frac: Of the mean, ÷ recorded [1]
        p1_frac: Of the 1st percentile, ÷ recorded [1]
        p50_frac: Of the median, ÷ recorded [1]
        p99_frac: Of the 99th percentile, ÷ recorded [1]
        period_frac: Of the period, ÷ that found in this trace; NaN without [1]
        dips_recorded: Evaluation dips in the trace [1]
        dips_modelled: Found by the same means in the job's waveform [1]
        dip_depth_frac: Of their depth, ÷ recorded; NaN without [1]
        quantiles_frac: Mean distance between quantiles of the readings, recorded and
            modelled, ÷ recorded mean. , >= 0 [1]
    """

    mean_frac: float | None
    p1_frac: float | None
    p50_frac: float | None
    p99_frac: float | None
    period_frac: float | None
    dips_recorded: int
    dips_modelled: int
    dip_depth_frac: float | None
    quantiles_frac: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "mean_frac": "1",
        "p1_frac": "1",
        "p50_frac": "1",
        "p99_frac": "1",
        "period_frac": "1",
        "dips_recorded": "1",
        "dips_modelled": "1",
        "dip_depth_frac": "1",
        "quantiles_frac": "1",
    }


class FitOut(Record):
    """
    FitOut

    Attributes:
        rows: Rows, most room first
        asked_servers: Servers to place [1]
        placed_servers: Servers that find a place together [1]
        unplaced_servers: Servers that do not [1]
        facility: The facility with the servers in place, if asked for
        provenance: What it rests on
        timing: What it cost
    """

    rows: list[RowRoomOut]
    asked_servers: int
    placed_servers: int
    unplaced_servers: int
    facility: Facility | None
    provenance: ProvenanceOut
    timing: TimingOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "asked_servers": "1",
        "placed_servers": "1",
        "unplaced_servers": "1",
    }


class FleetOut(Record):
    """
    Mean day of the fleet: overhead × queries × the classes' means.

    Attributes:
        energy_gwh: Energy of a day [GWh]
        mean_megawatt: The same as mean power [MW]
        carbon_t: Carbon of a day [t]
        water_m3: Water of a day [m3]
        cost_usd: Cost of a day [USD]
    """

    energy_gwh: float | None
    mean_megawatt: float | None
    carbon_t: float | None
    water_m3: float | None
    cost_usd: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "energy_gwh": "GWh",
        "mean_megawatt": "MW",
        "carbon_t": "t",
        "water_m3": "m3",
        "cost_usd": "USD",
    }


class ForecastOut(Record):
    """
    Futures of a power.

    Attributes:
        of: What is forecast
        end_us: End of the history [µs]
        step_s: Length of a step [s]
        horizon_s: How far ahead [s]
        time_us: Ends of steps [µs]
        mean_w: Mean of the futures [W]
        low_w: 5 % are below [W]
        high_w: 5 % are above [W]
        peak_w: Median of their peaks [W]
        peak_low_w: 5 % of the peaks are below [W]
        peak_high_w: 5 % of the peaks are above [W]
        limit_w: Limit, where one is known [W]
        passed_frac: Chance of passing it [1]
        passed_us: When, if it does (median) [µs]
        headroom_w: Limit less the high peak [W]
        model: Which model the history allows
        season: What repeats
        trend_w_per_day: Trend used [W/d]
        futures: Earlier forecasts whose errors were used [1]
        warnings: What to know
        time_zone: Zone that days go by
        history: How much there is and what more would tell
        backtest: How good it was
        backtest_missing: Why there is none
    """

    of: str
    end_us: int
    step_s: float
    horizon_s: float
    time_us: list[int]
    mean_w: list[float | None]
    low_w: list[float | None]
    high_w: list[float | None]
    peak_w: float | None
    peak_low_w: float | None
    peak_high_w: float | None
    limit_w: float | None
    passed_frac: float | None
    passed_us: int | None
    headroom_w: float | None
    model: Literal["seasonal", "naive"]
    season: Literal["none", "day", "week"]
    trend_w_per_day: float
    futures: int
    warnings: list[str]
    time_zone: str
    history: HistoryOut
    backtest: BacktestOut | None
    backtest_missing: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "end_us": "µs",
        "step_s": "s",
        "horizon_s": "s",
        "time_us": "µs",
        "mean_w": "W",
        "low_w": "W",
        "high_w": "W",
        "peak_w": "W",
        "peak_low_w": "W",
        "peak_high_w": "W",
        "limit_w": "W",
        "passed_frac": "1",
        "passed_us": "µs",
        "headroom_w": "W",
        "trend_w_per_day": "W/d",
        "futures": "1",
    }


class FrameOut(Record):
    """
    What every node carries at a moment of a failure.

    Attributes:
        t_s: Time since the failure [s]
        label: What has just happened
        out_w: Output by node; null is dead [W]
        heat: State of each protection; 1 trips
        dead_racks: Racks without power
    """

    t_s: float
    label: str
    out_w: dict[str, float | None]
    heat: dict[str, float]
    dead_racks: list[str]

    UNITS: ClassVar[Mapping[str, str]] = {"t_s": "s", "out_w": "W"}


class FromNowOut(Record):
    """
    Changes that make a scenario begin from now.

    Attributes:
        scenario_id: The scenario they are of
        changes: New value per dotted path
        carried: What was taken over
        not_carried: What was not
        scenario: The scenario after the changes
    """

    scenario_id: str
    changes: dict[str, Any]
    carried: list[str]
    not_carried: list[str]
    scenario: dict[str, Any]


class FrontPointOut(Record):
    """
    One plan of a front.

    Attributes:
        net_present_cost_usd: Worth today, unserved demand in [USD]
        spend_usd: The same without unserved demand [USD]
        carbon_t: Carbon [t]
        unmet_server_years: Servers wanted and not served × time [years]
        served_server_years: Servers served × time [years]
        orders: Orders in words
    """

    net_present_cost_usd: float | None
    spend_usd: float | None
    carbon_t: float | None
    unmet_server_years: float | None
    served_server_years: float | None
    orders: list[str]

    UNITS: ClassVar[Mapping[str, str]] = {
        "net_present_cost_usd": "USD",
        "spend_usd": "USD",
        "carbon_t": "t",
        "unmet_server_years": "years",
        "served_server_years": "years",
    }


class FullestOut(Record):
    """
    A node near its limit.

    Attributes:
        name: Name
        kind: Kind
        peak_w: Highest tick [W]
        limit_w: What it may carry [W]
        peak_frac: Highest tick ÷ limit [1]
    """

    name: str
    kind: str
    peak_w: float
    limit_w: float
    peak_frac: float

    UNITS: ClassVar[Mapping[str, str]] = {
        "peak_w": "W",
        "limit_w": "W",
        "peak_frac": "1",
    }


class GeneratorsOut(Record):
    """
    Gensets before and after measures.

    Attributes:
        classes: Classes of gensets
        before: Without measures
        after: With measures
    """

    classes: list[StabilizeClassOut]
    before: IslandOut
    after: IslandOut


class GpuOut(Record):
    """
    One GPU type.

    Attributes:
        key: Key
        label: Name
        figures: Power, clocks and memory by name
    """

    key: str
    label: str
    figures: dict[str, FigureOut]


class GridHoursOut(Record):
    """
    GridHoursOut

    Attributes:
        carbon_g_per_kwh: Carbon intensity by hour [g/kWh]
        price_usd_per_mwh: Price by hour [USD/MWh]
        name: Dataset
        start: First instant, UTC
    """

    carbon_g_per_kwh: list[Any] | None
    price_usd_per_mwh: list[Any] | None
    name: str
    start: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "carbon_g_per_kwh": "g/kWh",
        "price_usd_per_mwh": "USD/MWh",
    }


class GridNames(Record):
    """
    Years of hourly prices and carbon.

    Attributes:
        items: Names that `site.grid` takes
    """

    items: list[str]


class GridUsedOut(Record):
    """
    Hours that prices and carbon were taken from.

    Attributes:
        name: Dataset
        year: Its year; day and hour of the run count [1]
        energy_usd_per_kwh: Mean price of the hours [USD/kWh]
        carbon_filled_hours: Hours of its carbon filled in [h]
        price_filled_hours: Hours of its price filled in [h]
    """

    name: str
    year: int
    energy_usd_per_kwh: float
    carbon_filled_hours: int
    price_filled_hours: int

    UNITS: ClassVar[Mapping[str, str]] = {
        "year": "1",
        "energy_usd_per_kwh": "USD/kWh",
        "carbon_filled_hours": "h",
        "price_filled_hours": "h",
    }


class HallResultOut(Record):
    """
    One hall over the horizon.

    Attributes:
        name: Its name
        server_count: Servers in it [1]
        drawn_peak_w: Highest tick drawn from shared nodes and own utilities [W]
        drawn_wh: Energy of it [Wh]
        generated_wh: Energy of the hall's own generators [Wh]
        it_peak_w: Highest tick of its servers [W]
        it_wh: Energy of its servers [Wh]
        mechanical_wh: Energy of its cooling [Wh]
        loss_wh: Energy its nodes turned into heat, and its stores kept [Wh]
        water_kg: Fresh water for it [1]
        capped_server_h: Server-hours below full clock [h]
        lost_server_h: Server-hours without service [h]
        inlet_peak_c: Warmest air at its servers [C]
        gpu_peak_c: Hottest GPU [C]
        share_min_w: Lowest share of power in a record; NaN without a contract [W]
        share_max_w: Highest [W]
        trips: Breakers that tripped [1]
        brakes: Power brakes of its rows [1]
    """

    name: str
    server_count: int
    drawn_peak_w: float | None
    drawn_wh: float | None
    generated_wh: float | None
    it_peak_w: float | None
    it_wh: float | None
    mechanical_wh: float | None
    loss_wh: float | None
    water_kg: float | None
    capped_server_h: float | None
    lost_server_h: float | None
    inlet_peak_c: float | None
    gpu_peak_c: float | None
    share_min_w: float | None
    share_max_w: float | None
    trips: int
    brakes: int

    UNITS: ClassVar[Mapping[str, str]] = {
        "server_count": "1",
        "drawn_peak_w": "W",
        "drawn_wh": "Wh",
        "generated_wh": "Wh",
        "it_peak_w": "W",
        "it_wh": "Wh",
        "mechanical_wh": "Wh",
        "loss_wh": "Wh",
        "water_kg": "1",
        "capped_server_h": "h",
        "lost_server_h": "h",
        "inlet_peak_c": "C",
        "gpu_peak_c": "C",
        "share_min_w": "W",
        "share_max_w": "W",
        "trips": "1",
        "brakes": "1",
    }


class HealthOut(Record):
    """
    Whether the server is up.

    Attributes:
        status: Alive
        database: Database that answered
        kernel: cold, warming, warm or failed
        unfinished_jobs: Jobs waiting or running [jobs]
        found_at_start: How the run before ended and what that cut off; empty where it
            ended in order
    """

    status: Literal["ok"]
    database: Literal["sqlite", "postgresql"]
    kernel: str
    unfinished_jobs: int
    found_at_start: str

    UNITS: ClassVar[Mapping[str, str]] = {"unfinished_jobs": "jobs"}


class HeldOutOut(Record):
    """
    Error on time that the fit has not seen: with the prior, then with the fit.

    Attributes:
        samples: Readings held out [1]
        bias_before: Modelled less measured [its own]
        bias_after: The same with the fit [its own]
        rms_before: Root mean square [its own]
        rms_after: The same with the fit [its own]
        mape_before: Mean error ÷ measured [1]
        mape_after: The same with the fit [1]
    """

    samples: int
    bias_before: float | None
    bias_after: float | None
    rms_before: float | None
    rms_after: float | None
    mape_before: float | None
    mape_after: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "samples": "1",
        "bias_before": "its own",
        "bias_after": "its own",
        "rms_before": "its own",
        "rms_after": "its own",
        "mape_before": "1",
        "mape_after": "1",
    }


class HelloOut(Record):
    """
    What an agent wants to know before it sends.

    Attributes:
        server_time_us: The server's clock [µs]
        agent: Name the token is bound to
        next_sequence: Number after the newest stored of the spool [1]
        max_readings: Most readings in a batch [1]
        max_bytes: Largest body as sent [B]
    """

    server_time_us: int
    agent: str
    next_sequence: int
    max_readings: int
    max_bytes: int

    UNITS: ClassVar[Mapping[str, str]] = {
        "server_time_us": "µs",
        "next_sequence": "1",
        "max_readings": "1",
        "max_bytes": "B",
    }


class HistogramOut(Record):
    """
    Outputs counted in equal bins.

    Attributes:
        edges: Rising edges, one more than bins, in the output's unit
        counts: Points of each bin; the last bin has its upper edge too
    """

    edges: list[Any] | None
    counts: list[Any] | None


class HistoryOut(Record):
    """
    How much history there is, and what more would tell.

    Attributes:
        have_days: History [d]
        known_frac: Part of it that was read [1]
        partly_frac: Part of its bins that was read of some hosts, or some of the time
            [1]
        least_days: Least for this horizon [d]
        day_days: For the hour of the day [d]
        week_days: For the hour of the week [d]
        trend_days: For a trend [d]
    """

    have_days: float
    known_frac: float
    partly_frac: float
    least_days: float
    day_days: float
    week_days: float
    trend_days: float

    UNITS: ClassVar[Mapping[str, str]] = {
        "have_days": "d",
        "known_frac": "1",
        "partly_frac": "1",
        "least_days": "d",
        "day_days": "d",
        "week_days": "d",
        "trend_days": "d",
    }


class HostDetailOut(Record):
    """
    A host now, with its devices.

    Attributes:
        name: Host
        kind: How it reports
        node: Where it stands
        power_w: Its meter, else its GPUs and CPUs [W]
        metered: Whether its own power is measured
        meter: Whether it measures what others draw
        state: By the age of its reading
        age_s: Age of its newest reading [s]
        gpus: GPUs [1]
        hottest_c: Hottest GPU [°C]
        utilisation_frac: Mean over its GPUs [1]
        limit_w: Sum of its GPUs' limits [W]
        throttle_reasons: NVML's bits of any of its GPUs [1]
        devices: Its devices
    """

    name: str
    kind: str
    node: str
    power_w: float | None
    metered: bool
    meter: bool
    state: Literal["ok", "stale", "lost"]
    age_s: float
    gpus: int
    hottest_c: float | None
    utilisation_frac: float | None
    limit_w: float | None
    throttle_reasons: int
    devices: list[DeviceNowOut]

    UNITS: ClassVar[Mapping[str, str]] = {
        "power_w": "W",
        "age_s": "s",
        "gpus": "1",
        "hottest_c": "°C",
        "utilisation_frac": "1",
        "limit_w": "W",
        "throttle_reasons": "1",
    }


class HostNowOut(Record):
    """
    A host now.

    Attributes:
        name: Host
        kind: How it reports
        node: Where it stands
        power_w: Its meter, else its GPUs and CPUs [W]
        metered: Whether its own power is measured
        meter: Whether it measures what others draw
        state: By the age of its reading
        age_s: Age of its newest reading [s]
        gpus: GPUs [1]
        hottest_c: Hottest GPU [°C]
        utilisation_frac: Mean over its GPUs [1]
        limit_w: Sum of its GPUs' limits [W]
        throttle_reasons: NVML's bits of any of its GPUs [1]
    """

    name: str
    kind: str
    node: str
    power_w: float | None
    metered: bool
    meter: bool
    state: Literal["ok", "stale", "lost"]
    age_s: float
    gpus: int
    hottest_c: float | None
    utilisation_frac: float | None
    limit_w: float | None
    throttle_reasons: int

    UNITS: ClassVar[Mapping[str, str]] = {
        "power_w": "W",
        "age_s": "s",
        "gpus": "1",
        "hottest_c": "°C",
        "utilisation_frac": "1",
        "limit_w": "W",
        "throttle_reasons": "1",
    }


class IgnoredOut(Record):
    """
    Series that have no place here.

    Attributes:
        name: Name of the metric
        reason: Why it is not kept
        samples: How many samples [1]
    """

    name: str
    reason: str
    samples: int

    UNITS: ClassVar[Mapping[str, str]] = {"samples": "1"}


class ImportOut(Record):
    """
    One import with its lists; `left_out` says how many entries are not shown.

    Attributes:
        id: Id
        kind: What the file was
        name: Name of the source
        source: Kind and name
        status: Previewed, applied, or refused
        content_sha256: Hash of the file
        scenario_id: Scenario compared with or made
        scenario_version: Its version then, or as it was left [1]
        created_at: When
        applied_at: When applied
        counts: How many items
        version: Format version read
        changes: What changes
        errors: Rows left out
        unmapped: Content kept beside
        limits: Limits with their scopes
        loads: Loads and limits at the source
        notes: What to know
        problems: Why it was refused
        facts: Facts of weather and series
        left_out: Entries of each list not shown
    """

    id: str
    kind: Literal[
        "netbox",
        "dps",
        "opendcim",
        "csv",
        "epw",
        "tmy3",
        "weather-csv",
        "price",
        "carbon",
    ]
    name: str
    source: str
    status: Literal["previewed", "applied", "refused"]
    content_sha256: str
    scenario_id: str | None
    scenario_version: int | None
    created_at: str
    applied_at: str | None
    counts: CountsOut
    version: str
    changes: list[ChangeOut]
    errors: list[RowErrorOut]
    unmapped: list[UnmappedOut]
    limits: list[LimitOut]
    loads: list[LoadOut]
    notes: list[str]
    problems: list[ProblemOut]
    facts: dict[str, Any]
    left_out: dict[str, int]

    UNITS: ClassVar[Mapping[str, str]] = {"scenario_version": "1"}


class ImportPage(Record):
    """
    Imports, newest first.

    Attributes:
        items: Imports
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[ImportSummary]
    next_cursor: str | None


class ImportSummary(Record):
    """
    One import.

    Attributes:
        id: Id
        kind: What the file was
        name: Name of the source
        source: Kind and name
        status: Previewed, applied, or refused
        content_sha256: Hash of the file
        scenario_id: Scenario compared with or made
        scenario_version: Its version then, or as it was left [1]
        created_at: When
        applied_at: When applied
        counts: How many items
    """

    id: str
    kind: Literal[
        "netbox",
        "dps",
        "opendcim",
        "csv",
        "epw",
        "tmy3",
        "weather-csv",
        "price",
        "carbon",
    ]
    name: str
    source: str
    status: Literal["previewed", "applied", "refused"]
    content_sha256: str
    scenario_id: str | None
    scenario_version: int | None
    created_at: str
    applied_at: str | None
    counts: CountsOut

    UNITS: ClassVar[Mapping[str, str]] = {"scenario_version": "1"}


class InterharmonicOut(Record):
    """
    Strongest pair of sidebands a swinging load puts beside the fundamental.

    Attributes:
        current_frac: Each sideband's current ÷ current at mean power [1]
        modulation_hz: Frequency of the swing [Hz]
        lower_hz: Frequency of the lower sideband [Hz]
        upper_hz: Frequency of the upper sideband [Hz]
    """

    current_frac: float | None
    modulation_hz: float | None
    lower_hz: float | None
    upper_hz: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "current_frac": "1",
        "modulation_hz": "Hz",
        "lower_hz": "Hz",
        "upper_hz": "Hz",
    }


class IslandOut(Record):
    """
    Gensets under the load.

    Attributes:
        lowest_hz: Lowest frequency [Hz]
        highest_hz: Highest frequency [Hz]
        worst_off_hz: Largest deviation, signed [Hz]
        worst_at_s: When [s]
        rocof_hz_per_s: Steepest change [Hz/s]
        load_frac: Highest load ÷ rated power [1]
        overload_s: Time above rated power [s]
        fuel_limited_frac: Time the governor was held back [1]
    """

    lowest_hz: float | None
    highest_hz: float | None
    worst_off_hz: float | None
    worst_at_s: float | None
    rocof_hz_per_s: float | None
    load_frac: float | None
    overload_s: float | None
    fuel_limited_frac: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "lowest_hz": "Hz",
        "highest_hz": "Hz",
        "worst_off_hz": "Hz",
        "worst_at_s": "s",
        "rocof_hz_per_s": "Hz/s",
        "load_frac": "1",
        "overload_s": "s",
        "fuel_limited_frac": "1",
    }


class JobDetail(Record):
    """
    A job with the answer of a what-if.

    Attributes:
        id: Id
        kind: what-if, run, plan or dataset
        state: How far it is
        part: Part done [1]
        text: What is under way
        result: Where the result is, or will be
        error: Why it failed or was cancelled
        created_at: When it was asked for, UTC
        finished_at: When it ended, UTC
        answer: Answer of a what-if or a site question that is done
    """

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    part: float
    text: str
    result: ResultRef | None
    error: Problem | None
    created_at: str
    finished_at: str | None
    answer: Any

    UNITS: ClassVar[Mapping[str, str]] = {"part": "1"}


class JobShiftOut(Record):
    """
    One job: when it runs, and how much later its energy is used on average.

    Attributes:
        name: Name of the job
        start_h: When it begins [h]
        end_h: When it ends [h]
        deadline_h: When it must [h]
        delay_h: Mean delay of its energy against arrival [h]
    """

    name: str
    start_h: float | None
    end_h: float | None
    deadline_h: float | None
    delay_h: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "start_h": "h",
        "end_h": "h",
        "deadline_h": "h",
        "delay_h": "h",
    }


class JudgedOut(Record):
    """
    What was measured under a rule.

    Attributes:
        worst: Worst value, in the rule's unit [1]
        limit: Limit that held, in the rule's unit [1]
        margin_frac: (limit - worst) ÷ limit; below 0 it fails [1]
        passes: Whether the limit is kept
        at_s: Begin of the worst window [s]
        worst_hz: Strongest line inside the band [Hz]
        note: What the figure rests on, where that is not the whole rule
    """

    worst: float | None
    limit: float | None
    margin_frac: float | None
    passes: bool
    at_s: float | None
    worst_hz: float | None
    note: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "worst": "1",
        "limit": "1",
        "margin_frac": "1",
        "at_s": "s",
        "worst_hz": "Hz",
    }


class KnobGridOut(Record):
    """
    Every point of a knob grid.

    Attributes:
        axes: Axes; the last runs fastest in the values
        shape: Values of each axis [values]
        values: Quantity, the unit in its name, at every point; null where the batch
            does not fit or a given rate is not kept up with
        refused: Degrees that do not fit
        sources: Where the times of each degree are from
        provenance: What the answer rests on
        timing: What it cost
    """

    axes: list[ServingAxisOut]
    shape: list[int]
    values: dict[str, list[float | None]]
    refused: list[NotHereOut]
    sources: list[str]
    provenance: ProvenanceOut
    timing: TimingOut | None

    UNITS: ClassVar[Mapping[str, str]] = {"shape": "values"}


class KnobOut(Record):
    """
    One knob of a system.

    Attributes:
        name: Name, in `parameters`
        doc: Meaning
        kind: number, integer, boolean, string, choice, array or object
        unit: Unit; empty where it has none
        source: Where the default is from
        default: Default [1]
        example: A sensible value [1]
        may_be_empty: Whether null is a value
        choices: What a choice may be
        low: Lowest [see unit]
        above: Must be above [see unit]
        high: Highest [see unit]
        below: Must be below [see unit]
    """

    name: str
    doc: str
    kind: str
    unit: str
    source: str
    default: Any
    example: Any
    may_be_empty: bool
    choices: list[Any]
    low: float | None
    above: float | None
    high: float | None
    below: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "default": "1",
        "example": "1",
        "low": "see unit",
        "above": "see unit",
        "high": "see unit",
        "below": "see unit",
    }


class KnownOut(Record):
    """
    What is known by name.

    Attributes:
        rules: Grid rules
        tables: Ride-through tables
        modes: Critical frequencies
    """

    rules: list[RuleOut]
    tables: list[TableOut]
    modes: list[CriticalModeOut]


class LatencyOut(Record):
    """
    One latency quantity; null where nothing finished.

    Attributes:
        p50_s: Median [s]
        p90_s: 90th percentile [s]
        p99_s: 99th percentile [s]
        mean_s: Mean [s]
    """

    p50_s: float | None
    p90_s: float | None
    p99_s: float | None
    mean_s: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "p50_s": "s",
        "p90_s": "s",
        "p99_s": "s",
        "mean_s": "s",
    }


class LearnedOut(Record):
    """
    LearnedOut

    Attributes:
        node_count: Nodes whose sum the trace is [1]
        interval_s: Time between its readings [s]
        period_s: Period of the iterations; None where none is slow enough [s]
        period_from: Where the period is from
        levels: The iteration's two levels
        evaluations: Dips that keep a schedule; None where there are none
        noise_frac: Standard deviation of readings about the high level ÷ that level, by
            those above it: those below are on an edge [1]
        idle_w: Power in pauses; None where the trace has none [W]
        start_s: When the schedule of iterations began, on the trace's clock [s]
        start_seen: Whether the trace shows the job's start; otherwise the schedule went
            on before it
        ramp_s: How long power took from idle to the first iteration's [s]
        end_s: When it stopped; infinite where the trace does not show it [s]
        fall_s: How long power took to fall [s]
        stops: Pauses within the job
        limits: What the trace cannot tell, in words
        error: How far the job is from the trace it was learned from
        duty: Part of an iteration at the high level [1]
        iteration_s: Length of an iteration [s]
        job: The job as `training.jobs` takes it, at the recorded meter
    """

    node_count: int
    interval_s: float | None
    period_s: float | None
    period_from: Any
    levels: TwoLevelsOut
    evaluations: EvaluationsOut | None
    noise_frac: float | None
    idle_w: float | None
    start_s: float | None
    start_seen: bool
    ramp_s: float | None
    end_s: float | None
    fall_s: float | None
    stops: list[LowOut]
    limits: list[str]
    error: FitErrorOut
    duty: float | None
    iteration_s: float | None
    job: dict[str, Any]

    UNITS: ClassVar[Mapping[str, str]] = {
        "node_count": "1",
        "interval_s": "s",
        "period_s": "s",
        "noise_frac": "1",
        "idle_w": "W",
        "start_s": "s",
        "ramp_s": "s",
        "end_s": "s",
        "fall_s": "s",
        "duty": "1",
        "iteration_s": "s",
    }


class LeverChangeOut(Record):
    """
    A lever's figures minus those without levers; below zero is better.

    Attributes:
        peak_row_frac: Of the highest row power ÷ its limit [1]
        hottest_k: Of the hottest GPU [K]
        throttle_min: Of server minutes slowed [min]
        saas_p99: Of the P99 response ÷ an idle instance's [1]
        saas_lost_frac: Of requests not served [1]
        iaas_slowdown_frac: Of opaque work lost to slowing [1]
        quality_lost_frac: Of quality lost [1]
    """

    peak_row_frac: float | None
    hottest_k: float | None
    throttle_min: float | None
    saas_p99: float | None
    saas_lost_frac: float | None
    iaas_slowdown_frac: float | None
    quality_lost_frac: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "peak_row_frac": "1",
        "hottest_k": "K",
        "throttle_min": "min",
        "saas_p99": "1",
        "saas_lost_frac": "1",
        "iaas_slowdown_frac": "1",
        "quality_lost_frac": "1",
    }


class LeverResultOut(Record):
    """
    A fleet under one set of levers.

    Attributes:
        levers: Which: "oblivious" is none of them
        peak_row_w: Wanted power of the row nearest to its limit, before slowing [W]
        row_limit_w: That row's limit [W]
        peak_row_frac: The former ÷ the latter [1]
        hottest_c: Hottest GPU, before it is slowed [C]
        power_throttle_min: Server minutes slowed because of their row [min]
        thermal_throttle_min: Server minutes slowed because of heat [min]
        throttle_min: Server minutes slowed for either reason [min]
        saas_p99: 99th percentile over served requests of response time ÷ an idle
            instance's; NaN without SaaS [1]
        saas_lost_frac: Requests not served in their minute. 0..1 [1]
        iaas_slowdown_frac: Work of opaque machines lost to slowing. 0..1 [1]
        quality_lost_frac: Mean quality of answers lost to smaller configurations. 0..1
            [1]
        unplaced: Machines that found no server [1]
        emergency: What the emergency costs; None without one
        change: Against no levers
    """

    levers: str
    peak_row_w: float | None
    row_limit_w: float | None
    peak_row_frac: float | None
    hottest_c: float | None
    power_throttle_min: float | None
    thermal_throttle_min: float | None
    throttle_min: float | None
    saas_p99: float | None
    saas_lost_frac: float | None
    iaas_slowdown_frac: float | None
    quality_lost_frac: float | None
    unplaced: int
    emergency: EmergencyLossOut | None
    change: LeverChangeOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "peak_row_w": "W",
        "row_limit_w": "W",
        "peak_row_frac": "1",
        "hottest_c": "C",
        "power_throttle_min": "min",
        "thermal_throttle_min": "min",
        "throttle_min": "min",
        "saas_p99": "1",
        "saas_lost_frac": "1",
        "iaas_slowdown_frac": "1",
        "quality_lost_frac": "1",
        "unplaced": "1",
    }


class LimitOut(Record):
    """
    A limit and what it limits.

    Attributes:
        item: Source id, or a policy
        scope: What the number limits
        basis: How the source states it
        value_w: Limit before derating [W]
        percent: Limit relative to the device's most [%]
    """

    item: str
    scope: str
    basis: str
    value_w: float | None
    percent: float | None

    UNITS: ClassVar[Mapping[str, str]] = {"value_w": "W", "percent": "%"}


class LimitPassedOut(Record):
    """
    How often a limit is passed.

    Attributes:
        output: Key of the output
        side: above or below
        limit: The limit [1]
        found: The probability with its interval; of a grid, a share of its points
        drawn: Whether the points were drawn, so that the share is a probability
    """

    output: str
    side: str
    limit: float | None
    found: ProbabilityOut
    drawn: bool

    UNITS: ClassVar[Mapping[str, str]] = {"limit": "1"}


class LinesOut(Record):
    """
    Lines of a spectrum, thinned so that no peak is lost.

    Attributes:
        hertz: Frequencies [Hz]
        power_w: Amplitudes [W]
    """

    hertz: list[float | None]
    power_w: list[float | None]

    UNITS: ClassVar[Mapping[str, str]] = {"hertz": "Hz", "power_w": "W"}


class LinkOut(Record):
    """
    Energy that flowed from one kind of node to another, or was lost in it.

    Attributes:
        from: Where from
        to: Where to
        wh: Energy [Wh]
    """

    from_: str
    to: str
    wh: float

    UNITS: ClassVar[Mapping[str, str]] = {"wh": "Wh"}


class LoadOut(Record):
    """
    What hangs on a node at the source, each device once.

    Attributes:
        source_id: Source id
        name: Name
        normal_w: Draw with every feed alive [W]
        failover_w: Draw when it alone is left [W]
        limit_w: Own rating, derated [W]
        chain_w: Limit of the weakest part of its path [W]
        bound_by: That part
        outlets_w: Derated limits of what it feeds, added [W]
        oversold: Whether these exceed its own
    """

    source_id: str
    name: str
    normal_w: float
    failover_w: float
    limit_w: float | None
    chain_w: float | None
    bound_by: str
    outlets_w: float
    oversold: bool

    UNITS: ClassVar[Mapping[str, str]] = {
        "normal_w": "W",
        "failover_w": "W",
        "limit_w": "W",
        "chain_w": "W",
        "outlets_w": "W",
    }


class LowOut(Record):
    """
    A stretch of low power.

    Attributes:
        start_s: When it begins [s]
        end_s: When it is over [s]
        level_w: Median power in it [W]
    """

    start_s: float | None
    end_s: float | None
    level_w: float | None

    UNITS: ClassVar[Mapping[str, str]] = {"start_s": "s", "end_s": "s", "level_w": "W"}


class MatrixOut(Record):
    """
    Every node under every single failure.

    Attributes:
        nodes: Nodes that carry
        failed: Nodes lost
        frac: Load ÷ limit by lost node, then by carrying node; null is dead
    """

    nodes: list[str]
    failed: list[str]
    frac: list[list[float | None]]


class MetricOut(Record):
    """
    One output of a question.

    Attributes:
        key: Key, its unit last
        unit: Unit
        label: Name for people
        better: Which way is better
    """

    key: str
    unit: str
    label: str
    better: Literal["less", "more", "neither"]


class ModeOut(Record):
    """
    A critical frequency, before and after measures.

    Attributes:
        key: Name
        title: What swings there
        low_hz: Lower edge [Hz]
        high_hz: Upper edge [Hz]
        source: Where it stands
        date: Of the text
        limit_w: Limit of the amplitude [W]
        resolution_hz: Width that counts as one line [Hz]
        before: Without measures
        after: With measures
    """

    key: str
    title: str
    low_hz: float
    high_hz: float
    source: str
    date: str
    limit_w: float | None
    resolution_hz: float
    before: DrivenOut
    after: DrivenOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "low_hz": "Hz",
        "high_hz": "Hz",
        "limit_w": "W",
        "resolution_hz": "Hz",
    }


class ModelList(Record):
    """
    Served models.

    Attributes:
        items: By server and model
    """

    items: list[ModelOut]


class ModelOut(Record):
    """
    One served model on one server type.

    Attributes:
        model: Key, `fleet.model` of a scenario
        server: Server type
        gpus_per_instance: GPUs of one copy [GPUs]
        instances_per_server: Copies on one server [copies]
        kv_capacity_tokens: Tokens a copy's cache holds [tokens]
        max_batch: Sequences decoding together [sequences]
        measured_gpu: GPU behind the numbers
        stands_in: Why another GPU's numbers stand in; null if none
        source: Where the numbers come from
        marks: How far to trust each part
    """

    model: str
    server: str
    gpus_per_instance: int
    instances_per_server: int
    kv_capacity_tokens: float
    max_batch: int
    measured_gpu: str
    stands_in: str | None
    source: str
    marks: dict[str, str]

    UNITS: ClassVar[Mapping[str, str]] = {
        "gpus_per_instance": "GPUs",
        "instances_per_server": "copies",
        "kv_capacity_tokens": "tokens",
        "max_batch": "sequences",
    }


class MoneyPartOut(Record):
    """
    One part of the net present cost.

    Attributes:
        key: Name
        present_usd: Worth today; a gain is negative [USD]
    """

    key: str
    present_usd: float | None

    UNITS: ClassVar[Mapping[str, str]] = {"present_usd": "USD"}


class NetworkOut(Record):
    """
    A site's nodes and racks, every template expanded.

    Attributes:
        template: A regular site; or give nodes and racks
        electrical: Power nodes, in any order
        racks: Racks
        cooling: Cooling
        weather: Outdoor air
        row_limits_w: Power limit by row [W], for explicit racks. A row that is not
            named may draw the catalogue's provisioned power of its servers
        loss_frac: Electrical losses of every node ÷ its own or the catalogue's [1]
        campus: What several halls share: a contract, cooling water
        events: What happens, in any order
        ready: Failures ready to try on its timeline
        warnings: What looks wrong about its units
    """

    template: SiteTemplate | None
    electrical: list[ElectricalNode]
    racks: list[Rack]
    cooling: Cooling
    weather: SiteWeather
    row_limits_w: dict[str, float]
    loss_frac: float
    campus: Campus | None
    events: list[Event]
    ready: list[ReadyOut]
    warnings: list[str]

    UNITS: ClassVar[Mapping[str, str]] = {"loss_frac": "1"}


class NodeNowOut(Record):
    """
    A node of the watched tree now.

    Attributes:
        name: Node
        kind: What it is
        fed_by: Its feeds
        power_w: Its meter, else the sum below it [W]
        summed_w: Racks below with modelled losses: what a meter should read [W]
        metered: Whether a meter stands on it
        limit_w: What it may carry for ever [W]
        reporting: Hosts below with a fresh reading [1]
        expected: Hosts below [1]
    """

    name: str
    kind: str
    fed_by: list[str]
    power_w: float | None
    summed_w: float | None
    metered: bool
    limit_w: float | None
    reporting: int
    expected: int

    UNITS: ClassVar[Mapping[str, str]] = {
        "power_w": "W",
        "summed_w": "W",
        "limit_w": "W",
        "reporting": "1",
        "expected": "1",
    }


class NotHereOut(Record):
    """
    What cannot be had here, and what would mend it.

    Attributes:
        label: Name of what was refused
        field: Which input
        rule: What it breaks
        value: Value got
        repair: What would mend it
    """

    label: str
    field: str
    rule: str
    value: Any
    repair: str


class NowOut(Record):
    """
    What is drawn now.

    Attributes:
        time_us: The server's clock [µs]
        site: The whole site
        nodes: Nodes of the watched tree
        hosts: Hosts on the node asked for
        details: Hosts asked for by name
    """

    time_us: int
    site: SiteNowOut
    nodes: list[NodeNowOut]
    hosts: list[HostNowOut]
    details: list[HostDetailOut]

    UNITS: ClassVar[Mapping[str, str]] = {"time_us": "µs"}


class OrderRowOut(Record):
    """
    One order.

    Attributes:
        name: Block or generation
        kind: Kind of block, or "servers"
        count: How many [1]
        first: Number of the first of them, existing ones counted; 0 for servers [1]
        ordered: Period of the order, from 0 [1]
        ordered_label: Its name
        arrives: Period it serves from [1]
        arrives_label: Its name
        usd: Price of all [USD]
        text: The same in words
    """

    name: str
    kind: str
    count: float | None
    first: int
    ordered: int
    ordered_label: str
    arrives: int
    arrives_label: str
    usd: float | None
    text: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "count": "1",
        "first": "1",
        "ordered": "1",
        "arrives": "1",
        "usd": "USD",
    }


class OutcomeDetail(Record):
    """
    A stored run or plan with its inputs.

    Attributes:
        id: Id
        name: Name of the scenario
        status: How far it is
        job_id: The job that does it
        scenario_id: Stored scenario it began from
        scenario_sha256: SHA-256 of the inputs
        seed: Seed [1]
        model_version: Version of the model's numbers
        created_at: When it was asked for, UTC
        finished_at: When it ended, UTC
        scenario: The inputs, every default filled in
    """

    id: str
    name: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    job_id: str | None
    scenario_id: str | None
    scenario_sha256: str
    seed: int
    model_version: str
    created_at: str
    finished_at: str | None
    scenario: Scenario

    UNITS: ClassVar[Mapping[str, str]] = {"seed": "1"}


class OutcomeOut(Record):
    """
    A stored run or plan without its result.

    Attributes:
        id: Id
        name: Name of the scenario
        status: How far it is
        job_id: The job that does it
        scenario_id: Stored scenario it began from
        scenario_sha256: SHA-256 of the inputs
        seed: Seed [1]
        model_version: Version of the model's numbers
        created_at: When it was asked for, UTC
        finished_at: When it ended, UTC
    """

    id: str
    name: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    job_id: str | None
    scenario_id: str | None
    scenario_sha256: str
    seed: int
    model_version: str
    created_at: str
    finished_at: str | None

    UNITS: ClassVar[Mapping[str, str]] = {"seed": "1"}


class OutcomePage(Record):
    """
    A page of runs or plans.

    Attributes:
        items: Newest first
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[OutcomeOut]
    next_cursor: str | None


class OutputInfluenceOut(Record):
    """
    What the axes do to one output.

    Attributes:
        output: Its key
        method: sobol, rbd-fast, rank, or constant
        effects: One per axis, in their order
        note: What a reader must know
    """

    output: str
    method: str
    effects: list[AxisEffectOut]
    note: str


class OutputOut(Record):
    """
    One figure of every item.

    Attributes:
        key: Name
        label: In words
        unit: Unit; 1 is a ratio
        better: Which way is better
        group: power, energy, users, control, site or study
        doc: Formula or meaning
        values: One an item; null where it lacks the figure [see unit]
        ranges: Lowest and highest where an item is a mean of several runs [see unit]
        differences: One an item
        spread: Largest minus smallest [see unit]
        usual: Difference that another seed would make, of the item that is furthest
            [see unit]
        score: Largest difference ÷ usual [1]
        verdicts: One an item, against the baseline; absent: it lacks the figure,
            unpaired: the baseline does
    """

    key: str
    label: str
    unit: str
    better: Literal["less", "more", "neither"]
    group: str
    doc: str
    values: list[float | None]
    ranges: list[list[float] | None]
    differences: list[DifferenceOut]
    spread: float | None
    usual: float | None
    score: float | None
    verdicts: list[
        Literal["baseline", "same", "better", "worse", "differs", "absent", "unpaired"]
    ]

    UNITS: ClassVar[Mapping[str, str]] = {
        "values": "see unit",
        "ranges": "see unit",
        "spread": "see unit",
        "usual": "see unit",
        "score": "1",
    }


class OutputSummaryOut(Record):
    """
    One output over the points.

    Attributes:
        output: Its key
        summary: Moments and quantiles
        histogram: Counts in equal bins
    """

    output: str
    summary: SummaryOut
    histogram: HistogramOut


class OutputTornadoOut(Record):
    """
    One output's bars.

    Attributes:
        output: Its key
        at_middle: Output with every axis in the middle [1]
        bars: One per axis, the widest first
    """

    output: str
    at_middle: float | None
    bars: list[AxisBarOut]

    UNITS: ClassVar[Mapping[str, str]] = {"at_middle": "1"}


class ParameterOut(Record):
    """
    One number of a model.

    Attributes:
        name: As the model's equation has it
        value: Fitted, or the prior [its own]
        standard_error: One standard deviation [its own]
        unit: Unit of both
        fitted: Whether the readings could tell it
    """

    name: str
    value: float | None
    standard_error: float | None
    unit: str
    fitted: bool

    UNITS: ClassVar[Mapping[str, str]] = {
        "value": "its own",
        "standard_error": "its own",
    }


class ParetoPointOut(Record):
    """
    One system at one server count; on the front none attains as much for less.

    Attributes:
        label: Name on charts
        system: Key of the system
        server_count: Servers at hand [servers]
        attained_frac: Requests inside every limit ÷ known [1]
        mean_power_w: Mean site power [W]
        peak_power_w: Largest mean over a control tick [W]
        energy_per_token_j: Energy per token given out [J]
        on_front: Whether no other attains as much for fewer watts
    """

    label: str
    system: str
    server_count: int
    attained_frac: float | None
    mean_power_w: float | None
    peak_power_w: float | None
    energy_per_token_j: float | None
    on_front: bool

    UNITS: ClassVar[Mapping[str, str]] = {
        "server_count": "servers",
        "attained_frac": "1",
        "mean_power_w": "W",
        "peak_power_w": "W",
        "energy_per_token_j": "J",
    }


class PartOut(Record):
    """
    One part of the cost.

    Attributes:
        key: Name
        label: Name for people
        present_usd: Worth today of all its years [USD]
        share_frac: The same ÷ the whole [1]
        usd_per_server_h: The same ÷ discounted server-hours [USD/h]
    """

    key: str
    label: str
    present_usd: float | None
    share_frac: float | None
    usd_per_server_h: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "present_usd": "USD",
        "share_frac": "1",
        "usd_per_server_h": "USD/h",
    }


class PercentilesOut(Record):
    """
    One quantity over the draws, in its own unit.

    Attributes:
        p5: 5th percentile [as named]
        p25: 25th percentile [as named]
        p50: Median [as named]
        p75: 75th percentile [as named]
        p95: 95th percentile [as named]
        mean: Mean [as named]
    """

    p5: float | None
    p25: float | None
    p50: float | None
    p75: float | None
    p95: float | None
    mean: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "p5": "as named",
        "p25": "as named",
        "p50": "as named",
        "p75": "as named",
        "p95": "as named",
        "mean": "as named",
    }


class PeriodOut(Record):
    """
    One period of a plan.

    Attributes:
        label: Name, such as "Q3 2027"
        wanted: Servers wanted, in servers of work 1 [1]
        served: Of them served [1]
        unmet: Of them not served [1]
        there: Servers that are there, by generation
        on: Servers that are on, by generation
        it_w: Peak power of the servers that are on [W]
        meter_w: The same at the meter [W]
        capacity_w: What each kind carries [W]
        need_w: What each kind has to carry [W]
        spare_w: Capacity of the utility less the peak; without a utility, of the kind
            with most to spare [W]
        stranded_w: The part of it that demand is waiting for [W]
        short: Kinds that are full while demand waits, or "servers"
        ordered_usd: Orders of the period [USD]
        running_usd: Energy, demand charge, water, carbon and upkeep [USD]
        lost_usd: Unserved demand at its price [USD]
        carbon_t: Carbon of the energy and of servers ordered [t]
        water_m3: Water [m3]
    """

    label: str
    wanted: float | None
    served: float | None
    unmet: float | None
    there: dict[str, float | None]
    on: dict[str, float | None]
    it_w: float | None
    meter_w: float | None
    capacity_w: dict[str, float | None]
    need_w: dict[str, float | None]
    spare_w: float | None
    stranded_w: float | None
    short: list[str]
    ordered_usd: float | None
    running_usd: float | None
    lost_usd: float | None
    carbon_t: float | None
    water_m3: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "wanted": "1",
        "served": "1",
        "unmet": "1",
        "it_w": "W",
        "meter_w": "W",
        "capacity_w": "W",
        "need_w": "W",
        "spare_w": "W",
        "stranded_w": "W",
        "ordered_usd": "USD",
        "running_usd": "USD",
        "lost_usd": "USD",
        "carbon_t": "t",
        "water_m3": "m3",
    }


class PlacedKindOut(Record):
    """
    One kind of servers that was to be placed.

    Attributes:
        name: Its name for people
        server: Server type
        planned_w: Power planned per server [W]
        asked: Servers asked for; None is as many as possible [1]
        placed: Servers placed [1]
    """

    name: str
    server: str
    planned_w: float | None
    asked: int | None
    placed: int

    UNITS: ClassVar[Mapping[str, str]] = {"planned_w": "W", "asked": "1", "placed": "1"}


class PlacementLimitOut(Record):
    """
    PlacementLimitOut

    Attributes:
        what: Node, row, hall or aisle
        frac: Its load ÷ limit [1]
        lost: Node whose loss loads it so; "" with nothing lost
        words: The same in words
    """

    what: str
    frac: float | None
    lost: str
    words: str

    UNITS: ClassVar[Mapping[str, str]] = {"frac": "1"}


class PlacementProofOut(Record):
    """
    PlacementProofOut

    Attributes:
        objective: What was sought
        value: What was found [1]
        bound: What no placement can be better than, objectives before it kept [1]
        optimal: Whether the two are one, to the last server or the gap asked for
        gap_frac: Distance from the bound ÷ value [1]
        words: The same in words
    """

    objective: Any
    value: float | None
    bound: float | None
    optimal: bool
    gap_frac: float
    words: str

    UNITS: ClassVar[Mapping[str, str]] = {"value": "1", "bound": "1", "gap_frac": "1"}


class PlanCellOut(Record):
    """
    One server count under one policy.

    Attributes:
        added_servers: Servers beyond the base count [servers]
        server_count: All servers [servers]
        policy: Policy
        runs: One per seed, without curves
        meets_slo: Whether every seed held every service level
        meets_slo_confidence: Lower 95 % bound of the chance that another seed holds [1]
        breaches: What was passed
    """

    added_servers: int
    server_count: int
    policy: str
    runs: list[RunOut]
    meets_slo: bool
    meets_slo_confidence: float | None
    breaches: list[str]

    UNITS: ClassVar[Mapping[str, str]] = {
        "added_servers": "servers",
        "server_count": "servers",
        "meets_slo_confidence": "1",
    }


class PlantList(Record):
    """
    Cooling plants.

    Attributes:
        items: Ready-made, then the user's own
    """

    items: list[PlantOut]


class PlantOut(Record):
    """
    One cooling plant.

    Attributes:
        key: Key, `facility.cooling.plant` of a scenario
        label: What it is
        like: Ready-made plant it is or starts from
        settings: Coefficients that differ, each with its source
        file: File of your own it comes from; empty in ours
    """

    key: str
    label: str
    like: str
    settings: dict[str, OwnFigure | OwnCurve]
    file: str


class PlantResultOut(Record):
    """
    A plant by hour; arrays of shape (hours,).

    Attributes:
        it_w: IT load [W]
        chiller_w: Compressors [W]
        rejector_fan_w: Tower and dry cooler fans [W]
        pump_w: Loop and condenser pumps [W]
        air_fan_w: CRAH or AHU fans [W]
        cdu_pump_w: CDU pumps [W]
        rejected_w: Heat that reaches the outside [W]
        unserved_w: Heat nobody takes out; it warms the hall [W]
        capacity_left_w: Heat that could be taken out beyond. ; negative if short [W]
        water_kg_s: Fresh water [kg/s]
        free_frac: Part of the heat that passes the chillers by [1]
        supply_c: Air to the servers, before recirculation [C]
        short_air_k: Inlet rise from exhaust drawn back for want of air [K]
        coolant_c: Coolant to the cold plates; NaN without [C]
        air_capacity_w: Server heat that the air path could carry [W]
        plate_capacity_w: The same of the cold plates [W]
        outside_range: Hours in which a curve was left and cut to its end
    """

    it_w: list[Any] | None
    chiller_w: list[Any] | None
    rejector_fan_w: list[Any] | None
    pump_w: list[Any] | None
    air_fan_w: list[Any] | None
    cdu_pump_w: list[Any] | None
    rejected_w: list[Any] | None
    unserved_w: list[Any] | None
    capacity_left_w: list[Any] | None
    water_kg_s: list[Any] | None
    free_frac: list[Any] | None
    supply_c: list[Any] | None
    short_air_k: list[Any] | None
    coolant_c: list[Any] | None
    air_capacity_w: list[Any] | None
    plate_capacity_w: list[Any] | None
    outside_range: Any

    UNITS: ClassVar[Mapping[str, str]] = {
        "it_w": "W",
        "chiller_w": "W",
        "rejector_fan_w": "W",
        "pump_w": "W",
        "air_fan_w": "W",
        "cdu_pump_w": "W",
        "rejected_w": "W",
        "unserved_w": "W",
        "capacity_left_w": "W",
        "water_kg_s": "kg/s",
        "free_frac": "1",
        "supply_c": "C",
        "short_air_k": "K",
        "coolant_c": "C",
        "air_capacity_w": "W",
        "plate_capacity_w": "W",
    }


class PointDetail(Record):
    """
    One point with its inputs.

    Attributes:
        index: Place in the study, from 0 [1]
        key: Address of its answer: a hash of all it depends on
        changes: Value per field that varies
        outputs: Figure per output, null where undefined; null without an answer
        error: Why it has no answer
        question: Key of the question
        inputs: Inputs of the point, every default filled in; null where they break a
            rule
    """

    index: int
    key: str
    changes: dict[str, Any]
    outputs: dict[str, float | None] | None
    error: dict[str, Any] | None
    question: str
    inputs: dict[str, Any] | None

    UNITS: ClassVar[Mapping[str, str]] = {"index": "1"}


class PointOut(Record):
    """
    One point.

    Attributes:
        index: Place in the study, from 0 [1]
        key: Address of its answer: a hash of all it depends on
        changes: Value per field that varies
        outputs: Figure per output, null where undefined; null without an answer
        error: Why it has no answer
    """

    index: int
    key: str
    changes: dict[str, Any]
    outputs: dict[str, float | None] | None
    error: dict[str, Any] | None

    UNITS: ClassVar[Mapping[str, str]] = {"index": "1"}


class PointRows(Record):
    """
    Rows that a question about points gave.

    Attributes:
        items: Rows: index, axes, outputs, error
        total: Rows there are without the limit [1]
    """

    items: list[dict[str, Any]]
    total: int

    UNITS: ClassVar[Mapping[str, str]] = {"total": "1"}


class PointsOut(Record):
    """
    Points in order, as far as they have come.

    Attributes:
        items: Points
        next: Ask `after` this for more; null at the last so far [1]
    """

    items: list[PointOut]
    next: int | None

    UNITS: ClassVar[Mapping[str, str]] = {"next": "1"}


class PolicyList(Record):
    """
    Policies.

    Attributes:
        items: Built in, then the user's own
    """

    items: list[PolicyOut]


class PolicyOut(Record):
    """
    One policy.

    Attributes:
        name: Name, `policy.name` of a scenario
        doc: What it does
        settings: Its settings
        allowed: Whether this server accepts it
    """

    name: str
    doc: str
    settings: list[SettingOut]
    allowed: bool


class PoolOut(Record):
    """
    One pool over time.

    Attributes:
        name: Name
        role: prompt, token, mixed or encode
        gpus_per_instance: GPUs of an instance [GPUs]
        power_w: Site power [W]
        instances: Instances on [instances]
        clock_mhz: SM clock [MHz]
        queued: Requests waiting [requests]
    """

    name: str
    role: str
    gpus_per_instance: int
    power_w: list[float | None]
    instances: list[float | None]
    clock_mhz: list[float | None]
    queued: list[float | None]

    UNITS: ClassVar[Mapping[str, str]] = {
        "gpus_per_instance": "GPUs",
        "power_w": "W",
        "instances": "instances",
        "clock_mhz": "MHz",
        "queued": "requests",
    }


class PriorityOut(Record):
    """
    What the users of one priority saw.

    Attributes:
        priority: Priority
        server_count: Servers that carry it [servers]
        arrived: Requests that arrived [requests]
        finished: Requests that finished [requests]
        in_flight: Requests under way at the end [requests]
        rejected_queue_full: Refused: queue full [requests]
        rejected_too_long: Refused: longer than the cache [requests]
        output_tokens: Tokens produced [tokens]
        throughput_tokens_per_s: Mean rate [tokens/s]
        ttft: Time to first token
        tbt: Time between tokens
        e2e: Time from arrival to last token
        capped_s: Time under a clock cap [s]
        p50_impact_frac: Rise of median latency against no control [1]
        p99_impact_frac: Rise of P99 latency against no control [1]
        throughput_impact_frac: Loss of throughput against no control [1]
    """

    priority: str
    server_count: int
    arrived: int
    finished: int
    in_flight: int
    rejected_queue_full: int
    rejected_too_long: int
    output_tokens: float | None
    throughput_tokens_per_s: float | None
    ttft: LatencyOut
    tbt: LatencyOut
    e2e: LatencyOut
    capped_s: float | None
    p50_impact_frac: float | None
    p99_impact_frac: float | None
    throughput_impact_frac: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "server_count": "servers",
        "arrived": "requests",
        "finished": "requests",
        "in_flight": "requests",
        "rejected_queue_full": "requests",
        "rejected_too_long": "requests",
        "output_tokens": "tokens",
        "throughput_tokens_per_s": "tokens/s",
        "capped_s": "s",
        "p50_impact_frac": "1",
        "p99_impact_frac": "1",
        "throughput_impact_frac": "1",
    }


class ProbabilityOut(Record):
    """
    Part of the points that pass a limit, with its interval.

    Attributes:
        probability: Points that pass ÷ points counted [1]
        low: Low end of the two-sided interval [1]
        high: High end [1]
        passed: Points that pass [1]
        count: Points counted [1]
        undefined: Points whose output was NaN; in neither number [1]
        level: Confidence of the interval, such as 0.95 [1]
        method: "clopper-pearson", exact for independent points; of stratified points
            "clopper-pearson, conservative"
    """

    probability: float | None
    low: float | None
    high: float | None
    passed: int
    count: int
    undefined: int
    level: float | None
    method: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "probability": "1",
        "low": "1",
        "high": "1",
        "passed": "1",
        "count": "1",
        "undefined": "1",
        "level": "1",
    }


class Problem(Record):
    """
    Why a request was refused, or why a job failed.

    Attributes:
        type: Kind of problem
        title: The kind in words
        status: HTTP status [1]
        detail: What happened here
        id: Names this one occurrence in the server's log
        errors: One entry per wrong field; empty where no field is to blame
    """

    type: str
    title: str
    status: int
    detail: str
    id: str
    errors: list[FieldError]

    UNITS: ClassVar[Mapping[str, str]] = {"status": "1"}


class ProblemOut(Record):
    """
    Why the scenario would not stand.

    Attributes:
        field: Field
        rule: Rule
        value: Value got
        repair: How to mend it
    """

    field: str
    rule: str
    value: str
    repair: str


class ProvenanceOut(Record):
    """
    What a result rests on; the same three give the same numbers again.

    Attributes:
        scenario_sha256: SHA-256 of the inputs as canonical JSON
        model_version: Version of the model's numbers
        seed: Seed of every random draw [1]
        created_at: When it was computed, UTC
    """

    scenario_sha256: str
    model_version: str
    seed: int
    created_at: str

    UNITS: ClassVar[Mapping[str, str]] = {"seed": "1"}


class ProvisionOut(Record):
    """
    The machines found for one design.

    Attributes:
        design: Name of the design
        prompts: Prompt machines, or mixed ones [machines]
        tokens: Token machines; 0 where mixed [machines]
        requests_s: Throughput within the limits; the asked one for iso-throughput [1/s]
        power: Provisioned power, in the machines' unit [published unit]
        cost_usd_h: Rent [USD/h]
        looked_at: Splits that were run [1]
    """

    design: str
    prompts: int
    tokens: int
    requests_s: float | None
    power: float | None
    cost_usd_h: float | None
    looked_at: int

    UNITS: ClassVar[Mapping[str, str]] = {
        "prompts": "machines",
        "tokens": "machines",
        "requests_s": "1/s",
        "power": "published unit",
        "cost_usd_h": "USD/h",
        "looked_at": "1",
    }


class ProvisionedOut(Record):
    """
    The machines found for each design.

    Attributes:
        found: Designs that meet the goal
        refused: Designs that cannot
        provenance: What the answer rests on
        timing: What it cost
    """

    found: list[ProvisionOut]
    refused: list[NotHereOut]
    provenance: ProvenanceOut
    timing: TimingOut | None


class QuantileOut(Record):
    """
    A quantile of an output.

    Attributes:
        frac: Part of the outputs below it, 0..1 [1]
        value: Estimate, in the output's unit [1]
        low: Low end of its interval; -inf where the points are too few for one [1]
        high: High end; inf where they are too few [1]
    """

    frac: float | None
    value: float | None
    low: float | None
    high: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "frac": "1",
        "value": "1",
        "low": "1",
        "high": "1",
    }


class QueryEnergyOut(Record):
    """
    QueryEnergyOut

    Attributes:
        preset: Name of the preset
        title: What the preset is
        changed: Fields given instead of the preset's
        draws: Draws per class [1]
        seed: Seed of the draws [1]
        typical: Typical queries
        long: Long queries
        long_ratio: Median energy of a long query ÷ that of a typical one [1]
        fleet_all_typical: A day with no long queries
        fleet: A day with the share of long queries asked for
        fleet_after: The same with each pathway on its share of the fleet
        savings: Each pathway alone, then all combined
        sources: What the preset's inputs rest on
        provenance: What the answer rests on
        timing: What it cost
    """

    preset: str
    title: str
    changed: list[str]
    draws: int
    seed: int
    typical: ClassEnergyOut
    long: ClassEnergyOut
    long_ratio: float | None
    fleet_all_typical: FleetOut
    fleet: FleetOut
    fleet_after: FleetOut
    savings: list[SavingOut]
    sources: list[SourcedInputOut]
    provenance: ProvenanceOut
    timing: TimingOut | None

    UNITS: ClassVar[Mapping[str, str]] = {"draws": "1", "seed": "1", "long_ratio": "1"}


class QuestionDetail(Record):
    """
    A question with the fields of its inputs.

    Attributes:
        key: Key
        label: Name for people
        doc: What it answers
        metrics: Its outputs
        fields: Fields an axis may name
    """

    key: str
    label: str
    doc: str
    metrics: list[MetricOut]
    fields: list[StudiesFieldOut]


class QuestionList(Record):
    """
    Questions.

    Attributes:
        items: Questions
    """

    items: list[QuestionDetail]


class QuestionOut(Record):
    """
    A question a study may ask.

    Attributes:
        key: Key
        label: Name for people
        doc: What it answers
        metrics: Its outputs
    """

    key: str
    label: str
    doc: str
    metrics: list[MetricOut]


class RaceOut(Record):
    """
    A breaker's way to its trip on one time axis with the cap.

    Attributes:
        node: The breaker
        t_s: Time since the failure [s]
        without_cap: State of the protection if no cap comes; 1 trips
        with_cap: The same if the cap lands when it does
        ratio_before: Load ÷ setting until the cap lands [1]
        ratio_after: Load ÷ setting once the last of a policy's caps has landed [1]
        cap_lands_s: When the cap lands [s]
        trip_s: When the breaker trips without a cap [s]
    """

    node: str
    t_s: list[Any] | None
    without_cap: list[Any] | None
    with_cap: list[Any] | None
    ratio_before: float | None
    ratio_after: float | None
    cap_lands_s: float | None
    trip_s: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "t_s": "s",
        "ratio_before": "1",
        "ratio_after": "1",
        "cap_lands_s": "s",
        "trip_s": "s",
    }


class RackArraysOut(Record):
    """
    All racks, in the order of the site's network.

    Attributes:
        name: Names
        hall: Number of the hall of each, from 0
        server_count: Servers in each
        peak_w: Highest tick [W]
        mean_w: Mean [W]
        inlet_peak_c: Warmest air at its servers [C]
        gpu_peak_c: Hottest GPU [C]
        throttled_s: Server time in which heat held clocks down [s]
        lost_s: Server time without service [s]
    """

    name: list[str]
    hall: list[Any] | None
    server_count: list[Any] | None
    peak_w: list[Any] | None
    mean_w: list[Any] | None
    inlet_peak_c: list[Any] | None
    gpu_peak_c: list[Any] | None
    throttled_s: list[Any] | None
    lost_s: list[Any] | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "peak_w": "W",
        "mean_w": "W",
        "inlet_peak_c": "C",
        "gpu_peak_c": "C",
        "throttled_s": "s",
        "lost_s": "s",
    }


class RackPlanOut(Record):
    """
    What one rack holds and how it hangs.

    Attributes:
        rack: Its name
        row: Its row
        hall: Its hall
        server: Type of its servers; "" for an empty rack
        server_count: Servers in it [1]
        added: Of these, those placed now [1]
        of: Servers by the name of their kind
        fed_by: Its feeds
        phases: Its phases
        planned_w: Power planned for it [W]
    """

    rack: str
    row: str
    hall: str
    server: str
    server_count: int
    added: int
    of: dict[str, int]
    fed_by: list[str]
    phases: str
    planned_w: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "server_count": "1",
        "added": "1",
        "planned_w": "W",
    }


class RackResultOut(Record):
    """
    One rack over the horizon.

    Attributes:
        name: Its name
        hall: Its hall
        row: Its row
        aisle: Its aisle
        position: Place in the row [1]
        server: Type of its servers
        server_u: Height of one [U]
        fed_by: Its feeds
        feed_wh: Energy over each feed [Wh]
        server_count: Servers in it [1]
        peak_w: Highest draw of a tick [W]
        mean_w: Mean draw [W]
        gpu_wh: Energy of its GPUs, by its servers' measured lines [Wh]
        supply_loss_wh: Energy lost in its servers' supplies, assumed Titanium [Wh]
        limit_w: What the weakest element of its best path still lets through [W]
        weakest: That element
        inlet_peak_c: Warmest air at its servers [C]
        gpu_peak_c: Hottest GPU [C]
        throttled_s: Server seconds of thermal throttling [s]
        lost_s: Server seconds without service [s]
    """

    name: str
    hall: str
    row: str
    aisle: str
    position: int
    server: str
    server_u: float | None
    fed_by: list[str]
    feed_wh: list[float | None]
    server_count: int
    peak_w: float | None
    mean_w: float | None
    gpu_wh: float | None
    supply_loss_wh: float | None
    limit_w: float | None
    weakest: str
    inlet_peak_c: float | None
    gpu_peak_c: float | None
    throttled_s: float | None
    lost_s: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "position": "1",
        "server_u": "U",
        "feed_wh": "Wh",
        "server_count": "1",
        "peak_w": "W",
        "mean_w": "W",
        "gpu_wh": "Wh",
        "supply_loss_wh": "Wh",
        "limit_w": "W",
        "inlet_peak_c": "C",
        "gpu_peak_c": "C",
        "throttled_s": "s",
        "lost_s": "s",
    }


class RareEventOut(Record):
    """
    How probable an event is that plain sampling hardly sees.

    Attributes:
        probability: The estimate; 0 where the event was never reached [1]
        low: Low end of its two-sided interval [1]
        high: High end [1]
        level: Confidence of the interval, such as 0.95 [1]
        evaluations: Points asked for [1]
        levels: Steps taken towards the event, most of any replica [1]
        replicas: Independent repetitions behind the interval [1]
        effective_points: Independent points in the event that would scatter as much;
            the relative error of the probability is about one over its root [1]
        undefined: Outputs that were NaN; they count as no event [1]
        method: "splitting", "importance" or, where that failed, "plain"
        note: What the reader has to know, in a sentence; empty if nothing
    """

    probability: float | None
    low: float | None
    high: float | None
    level: float | None
    evaluations: int
    levels: int
    replicas: int
    effective_points: float | None
    undefined: int
    method: str
    note: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "probability": "1",
        "low": "1",
        "high": "1",
        "level": "1",
        "evaluations": "1",
        "levels": "1",
        "replicas": "1",
        "effective_points": "1",
        "undefined": "1",
    }


class ReadyOut(Record):
    """
    A failure ready to try.

    Attributes:
        key: Name
        title: For people
        description: What happens
        events: Its events
    """

    key: str
    title: str
    description: str
    events: list[Event]


class ReceiverList(Record):
    """
    All receivers.

    Attributes:
        items: Receivers
    """

    items: list[ReceiverOut]


class ReceiverOut(Record):
    """
    What one receiver got since the server started.

    Attributes:
        kind: Protocol
        requests: Requests, files or pulls [1]
        last_at: When the last one came, UTC
        samples: Samples or rows in them [1]
        stored: Readings stored: samples of a device at one instant [1]
        missing: Samples without a value: stale markers, blanks [1]
        refused: What broke a rule
        ignored: Names that have no place here, most first
        ignored_more: Samples of further names [1]
        unsupported: What else was there and is not kept [1]
    """

    kind: Literal["prometheus", "otlp", "upload"]
    requests: int
    last_at: str | None
    samples: int
    stored: int
    missing: int
    refused: list[RefusedOut]
    ignored: list[IgnoredOut]
    ignored_more: int
    unsupported: dict[str, int]

    UNITS: ClassVar[Mapping[str, str]] = {
        "requests": "1",
        "samples": "1",
        "stored": "1",
        "missing": "1",
        "ignored_more": "1",
        "unsupported": "1",
    }


class RefusedOut(Record):
    """
    Readings or values that were left out of a batch.

    Attributes:
        reason: Which rule they broke
        field: Which field
        count: How many [1]
        repair: What the sender can do
    """

    reason: Literal["future", "late", "unit"]
    field: str
    count: int
    repair: str

    UNITS: ClassVar[Mapping[str, str]] = {"count": "1"}


class RejectionOut(Record):
    """
    RejectionOut

    Attributes:
        step_w: What the grid loses at once [W]
        ramp_w_per_s: Steepest mean rise over the window while it comes back. ; infinite
            for a step [W/s]
        limit_w_per_s: What is allowed [W/s]
        margin_frac: (limit - ramp) ÷ limit; below 0 it is too steep [1]
        least_walk_in_s: Shortest walk-in that keeps the limit. ; 0: any does [s]
        most_walk_in_s: Longest walk-in that is back in time. ; infinite: nothing is
            asked, below 0: none is [s]
        possible: Whether any walk-in keeps both
        rule: The ramp rule
        table: The ride-through table
    """

    step_w: float | None
    ramp_w_per_s: float | None
    limit_w_per_s: float | None
    margin_frac: float | None
    least_walk_in_s: float | None
    most_walk_in_s: float | None
    possible: bool
    rule: str
    table: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "step_w": "W",
        "ramp_w_per_s": "W/s",
        "limit_w_per_s": "W/s",
        "margin_frac": "1",
        "least_walk_in_s": "s",
        "most_walk_in_s": "s",
    }


class ResidualsOut(Record):
    """
    Measured and modelled over the period; means of groups where there are many.

    Attributes:
        readings: Readings that had all that is needed [1]
        held_out_from_us: Where the part not seen begins [µs]
        time_us: Times [µs]
        measured: Measured [its own]
        modelled: The fit [its own]
        residual: Their difference [its own]
    """

    readings: int
    held_out_from_us: int | None
    time_us: list[int]
    measured: list[float | None]
    modelled: list[float | None]
    residual: list[float | None]

    UNITS: ClassVar[Mapping[str, str]] = {
        "readings": "1",
        "held_out_from_us": "µs",
        "time_us": "µs",
        "measured": "its own",
        "modelled": "its own",
        "residual": "its own",
    }


class ResultRef(Record):
    """
    Where a job's result is.

    Attributes:
        kind: run, plan, dataset or what-if
        id: Id of the run or plan, name of the dataset
        href: Address to read
    """

    kind: str
    id: str
    href: str


class ResultTable(Record):
    """
    Points of a finished study.

    Attributes:
        study: The study
        points: Its points, in order
    """

    study: StudyDetail
    points: list[PointOut]


class RideOut(Record):
    """
    A disturbance under one table.

    Attributes:
        key: Name of the table
        authority: Who asks for it
        title: What it asks
        source: Where it stands
        date: Of the text
        event: What the grid did
        passes: Whether every requirement is kept
        lost_w: Most the grid missed [W]
        lost_s: Time below the recovery share [s]
        recovered_s: From the voltage's return until the load was back; null if never
            [s]
        battery_j: Energy that batteries gave [J]
        findings: Each requirement
        t_s: Times; twice where power jumps [s]
        grid_w: Power at them [W]
        voltage_t_s: When the voltage changes [s]
        voltage_pu: To what [pu]
    """

    key: str
    authority: str
    title: str
    source: str
    date: str
    event: str
    passes: bool
    lost_w: float | None
    lost_s: float | None
    recovered_s: float | None
    battery_j: float | None
    findings: list[FindingOut]
    t_s: list[float | None]
    grid_w: list[float | None]
    voltage_t_s: list[float]
    voltage_pu: list[float]

    UNITS: ClassVar[Mapping[str, str]] = {
        "lost_w": "W",
        "lost_s": "s",
        "recovered_s": "s",
        "battery_j": "J",
        "t_s": "s",
        "grid_w": "W",
        "voltage_t_s": "s",
        "voltage_pu": "pu",
    }


class RideThroughOut(Record):
    """
    How warm the halls' air gets after cooling falls off.

    Attributes:
        left_frac: What is left of the plant's capacity. 0..1 [1]
        start_c: Supply air before [C]
        recommended_s: Time until 27 °C; infinite if never [s]
        allowable_s: Time until the limit of the inlet; infinite if never [s]
        limit_c: That limit [C]
        t_s: Time since the failure. , shape (points,) [s]
        air_c: Air in the halls. , shape (points,) [C]
    """

    left_frac: float | None
    start_c: float | None
    recommended_s: float | None
    allowable_s: float | None
    limit_c: float | None
    t_s: list[Any] | None
    air_c: list[Any] | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "left_frac": "1",
        "start_c": "C",
        "recommended_s": "s",
        "allowable_s": "s",
        "limit_c": "C",
        "t_s": "s",
        "air_c": "C",
    }


class RowErrorOut(Record):
    """
    One row that could not be used; it is left out, nothing it named is removed.

    Attributes:
        table: Table or list
        row: Row: the line of a CSV, else counted from 1 [1]
        field: Field
        rule: Rule
        value: Value got [as sent]
        repair: How to mend it
    """

    table: str
    row: int
    field: str
    rule: str
    value: Any
    repair: str

    UNITS: ClassVar[Mapping[str, str]] = {"row": "1", "value": "as sent"}


class RowRoomOut(Record):
    """
    RowRoomOut

    Attributes:
        row: Its name
        hall: Its hall
        server_count: Servers in it [1]
        server_w: What one more server is taken to draw at the worst hour [W]
        more_servers: Servers it can take; none of the other rows takes any [1]
        placed_servers: Servers of the ones asked for that are put there [1]
        left_servers: Servers it can take once all of those asked for are in place [1]
        binding: What the next server would overload: a node, "cooling of H1" or "inlets
            of H1A1"
        binding_frac: Its load ÷ limit with `more_servers` in place [1]
        lost: The node whose loss makes it bind, "" for none
        words: What the next server would overload
    """

    row: str
    hall: str
    server_count: int
    server_w: float | None
    more_servers: int
    placed_servers: int
    left_servers: int
    binding: str
    binding_frac: float | None
    lost: str
    words: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "server_count": "1",
        "server_w": "W",
        "more_servers": "1",
        "placed_servers": "1",
        "left_servers": "1",
        "binding_frac": "1",
    }


class RuleOut(Record):
    """
    RuleOut

    Attributes:
        key: Name in files and answers
        authority: Who asks for it
        title: What it asks, in words
        kind: "band-swing": highest less lowest power in any window, of the power in a
            band. "band-share": energy of the power's changes that lies in a band, in
            the worst stretch of ten periods of its lower edge. "change": highest less
            lowest power in any window. "ramp": change over any window ÷ its length, up
            and down. "range": least width of a band around a baseline that itself keeps
            two ramps (dynamic range). "voltage-change": highest less lowest voltage in
            any window ÷ nominal. "pst", "plt": flicker, short and long term. "tdd",
            "thd": harmonics of the current and of the voltage
        limit: In W (band-swing, change, range), W/s (ramp), Pst or Plt, or 0..1. The
            planning level of the voltage holds too where it is lower (flicker), and
            takes its place (harmonics) [1]
        limit_frac: The same ÷ contracted power; the lower of the two holds. 0 is none
            [1]
        window_s: Rolling window. ; 0 where the kind has none [s]
        low_hz: Lower edge of the band [Hz]
        high_hz: Upper edge of the band [Hz]
        up_w_per_s: Fastest rise of a "range"'s baseline [W/s]
        down_w_per_s: Fastest fall of a "range"'s baseline [W/s]
        source: Where it stands, and how sure that is
        date: Of the text
        unit: Unit of limit and worst value
    """

    key: str
    authority: str
    title: str
    kind: Any
    limit: float | None
    limit_frac: float | None
    window_s: float | None
    low_hz: float | None
    high_hz: float | None
    up_w_per_s: float | None
    down_w_per_s: float | None
    source: str
    date: str
    unit: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "limit": "1",
        "limit_frac": "1",
        "window_s": "s",
        "low_hz": "Hz",
        "high_hz": "Hz",
        "up_w_per_s": "W/s",
        "down_w_per_s": "W/s",
    }


class RunFiguresOut(Record):
    """
    Figures of one run.

    Attributes:
        highest_w: Highest power from the grid [W]
        lowest_w: Lowest [W]
        mean_w: Mean [W]
        books: Where energy went
        unexplained_frac: Books that do not close ÷ grid [1]
        wasted_frac: Burnt and lost in stores ÷ work [1]
        slowdown_frac: Time the jobs lose, starts aside [1]
        lost_start_s: Time lost at each start [s]
        starts: Starts and restarts in the horizon [1]
        burn_life_frac: Burn circuit's life used a year [1]
    """

    highest_w: float
    lowest_w: float
    mean_w: float
    books: BooksOut
    unexplained_frac: float | None
    wasted_frac: float | None
    slowdown_frac: float | None
    lost_start_s: float | None
    starts: int
    burn_life_frac: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "highest_w": "W",
        "lowest_w": "W",
        "mean_w": "W",
        "unexplained_frac": "1",
        "wasted_frac": "1",
        "slowdown_frac": "1",
        "lost_start_s": "s",
        "starts": "1",
        "burn_life_frac": "1",
    }


class RunOut(Record):
    """
    Result of one run.

    Attributes:
        policy: Policy
        server_count: Servers deployed [servers]
        base_server_count: Servers the power is for [servers]
        added_servers: Servers beyond the base count [servers]
        seed: Seed [1]
        horizon_s: Time simulated [s]
        tick_s: Control tick [s]
        provisioned_w: Power limit [W]
        rate_per_server_s: Requests per server [1/s]
        peak_w: Highest row power of a tick [W]
        peak_frac: The same ÷ provisioned [1]
        peak_t_s: When, from the start [s]
        mean_w: Mean row power [W]
        mean_frac: The same ÷ provisioned [1]
        energy_wh: Row energy [Wh]
        energy_per_token_j: Per token produced [J]
        energy_split: Energy by what drew it
        rise_2s_frac: Largest rise within 2 s ÷ provisioned [1]
        rise_40s_frac: Largest rise within 40 s ÷ provisioned [1]
        above: Time above each level
        caps_low: Caps commanded on low priority [commands]
        caps_high: Caps commanded on high priority [commands]
        releases: Caps lifted [commands]
        brakes: Times the power brake was pulled [brakes]
        brake_s: Time under the brake [s]
        low: Low priority
        high: High priority
        classes: By request class
        series: Curves over time; null where not asked for
        events: Commands, oldest first
        events_dropped: Commands beyond those listed [events]
        slo_breaches: Every service level that was passed
        meets_slo: Whether every service level holds
        provenance: What it rests on
    """

    policy: str
    server_count: int
    base_server_count: int
    added_servers: int
    seed: int
    horizon_s: float | None
    tick_s: float | None
    provisioned_w: float | None
    rate_per_server_s: float | None
    peak_w: float | None
    peak_frac: float | None
    peak_t_s: float | None
    mean_w: float | None
    mean_frac: float | None
    energy_wh: float | None
    energy_per_token_j: float | None
    energy_split: EnergyOut
    rise_2s_frac: float | None
    rise_40s_frac: float | None
    above: list[ThresholdTimeOut]
    caps_low: int
    caps_high: int
    releases: int
    brakes: int
    brake_s: float | None
    low: PriorityOut
    high: PriorityOut
    classes: list[ResultsClassOut]
    series: ResultsSeriesOut | None
    events: list[ResultsEventOut]
    events_dropped: int
    slo_breaches: list[str]
    meets_slo: bool
    provenance: ProvenanceOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "server_count": "servers",
        "base_server_count": "servers",
        "added_servers": "servers",
        "seed": "1",
        "horizon_s": "s",
        "tick_s": "s",
        "provisioned_w": "W",
        "rate_per_server_s": "1/s",
        "peak_w": "W",
        "peak_frac": "1",
        "peak_t_s": "s",
        "mean_w": "W",
        "mean_frac": "1",
        "energy_wh": "Wh",
        "energy_per_token_j": "J",
        "rise_2s_frac": "1",
        "rise_40s_frac": "1",
        "caps_low": "commands",
        "caps_high": "commands",
        "releases": "commands",
        "brakes": "brakes",
        "brake_s": "s",
        "events_dropped": "events",
    }


class SavingOut(Record):
    """
    What a pathway, or all together, divide the energy of a query by.

    Attributes:
        name: Pathway; "combined" is the product of all
        reduction: Class of query -> energy before ÷ after. Absent: it does not act
        energy_wh: Class of query -> energy after [Wh]
        published_frac: Class of query -> share of draws within the published range of
            all combined, 8 to 20; None for one pathway
        source: Where the range comes from
        mark: How far to trust it
    """

    name: str
    reduction: dict[str, PercentilesOut]
    energy_wh: dict[str, PercentilesOut]
    published_frac: dict[str, float | None] | None
    source: str
    mark: str

    UNITS: ClassVar[Mapping[str, str]] = {"energy_wh": "Wh"}


class ScenarioOut(Record):
    """
    A stored scenario.

    Attributes:
        id: Id
        name: Name
        site_id: Site it belongs to
        archived: Whether it is put away
        has_facility: Whether it has a building around its rows
        has_training: Whether training jobs run on it
        changed_by: Who changed it last: name of the token or person
        version: Grows with every change; send it as If-Match [1]
        created_at: When it was stored, UTC
        updated_at: When it last changed, UTC
        scenario: The inputs, every default filled in
    """

    id: str
    name: str
    site_id: str | None
    archived: bool
    has_facility: bool
    has_training: bool
    changed_by: str
    version: int
    created_at: str
    updated_at: str
    scenario: Scenario

    UNITS: ClassVar[Mapping[str, str]] = {"version": "1"}


class ScenarioPage(Record):
    """
    A page of scenarios.

    Attributes:
        items: Scenarios, newest first
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[ScenarioSummary]
    next_cursor: str | None


class ScenarioSummary(Record):
    """
    A stored scenario without its inputs.

    Attributes:
        id: Id
        name: Name
        site_id: Site it belongs to
        archived: Whether it is put away
        has_facility: Whether it has a building around its rows
        has_training: Whether training jobs run on it
        changed_by: Who changed it last: name of the token or person
        version: Grows with every change; send it as If-Match [1]
        created_at: When it was stored, UTC
        updated_at: When it last changed, UTC
    """

    id: str
    name: str
    site_id: str | None
    archived: bool
    has_facility: bool
    has_training: bool
    changed_by: str
    version: int
    created_at: str
    updated_at: str

    UNITS: ClassVar[Mapping[str, str]] = {"version": "1"}


class ScheduleOut(Record):
    """
    ScheduleOut

    Attributes:
        name: Name of the site
        server: Server type of the fleet
        server_count: Servers deployed [1]
        planned_servers: Servers that power was planned for [1]
        added_frac: Servers beyond those planned ÷ those planned [1]
        halls: Halls [1]
        rows: Rows [1]
        aisles: Aisles [1]
        iaas_frac: Share of IaaS machines asked for. 0..1 [1]
        iaas_drawn_frac: Share of IaaS among the machines drawn; they come in batches,
            so a small site misses what was asked. 0..1 [1]
        days: Length [d]
        seed: Seed of places, machines and loads [1]
        emergency: "none", "power" or "airflow"
        emergency_start_s: When it strikes; None without one [s]
        emergency_duration_s: How long it lasts; None without one [s]
        levers: Figures by lever, without levers first
        notes: What of this site had to be simplified
        not_taken: What of the scenario such runs do not use
        provenance: What it rests on
        timing: What it cost
    """

    name: str
    server: str
    server_count: int
    planned_servers: int
    added_frac: float | None
    halls: int
    rows: int
    aisles: int
    iaas_frac: float | None
    iaas_drawn_frac: float | None
    days: int
    seed: int
    emergency: Any
    emergency_start_s: float | None
    emergency_duration_s: float | None
    levers: list[LeverResultOut]
    notes: list[str]
    not_taken: list[str]
    provenance: ProvenanceOut
    timing: TimingOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "server_count": "1",
        "planned_servers": "1",
        "added_frac": "1",
        "halls": "1",
        "rows": "1",
        "aisles": "1",
        "iaas_frac": "1",
        "iaas_drawn_frac": "1",
        "days": "d",
        "seed": "1",
        "emergency_start_s": "s",
        "emergency_duration_s": "s",
    }


class SeedRangesOut(Record):
    """
    Lowest and highest of a site's figures over seeds; each seed is scaled to its load.

    Attributes:
        seeds: Seeds run, the scenario's own first [1]
        facility_peak_w: Highest record of the power drawn from all sources [W]
        it_peak_w: Highest record of all racks together [W]
        facility_wh: Energy drawn from all sources [Wh]
        it_wh: Energy of the racks [Wh]
        pue: Energy from all sources ÷ energy of the racks [1]
        tightest_frac: Load after the worst single loss ÷ limit, tightest node [1]
        hottest_c: Hottest GPU [C]
    """

    seeds: list[int]
    facility_peak_w: list[float | None]
    it_peak_w: list[float | None]
    facility_wh: list[float | None]
    it_wh: list[float | None]
    pue: list[float | None]
    tightest_frac: list[float | None]
    hottest_c: list[float | None]

    UNITS: ClassVar[Mapping[str, str]] = {
        "seeds": "1",
        "facility_peak_w": "W",
        "it_peak_w": "W",
        "facility_wh": "Wh",
        "it_wh": "Wh",
        "pue": "1",
        "tightest_frac": "1",
        "hottest_c": "C",
    }


class SensitivityOut(Record):
    """
    What the answer becomes when one thing is otherwise.

    Attributes:
        what: What is changed
        same: Whether the best combination stays
        best: The best then; null where nothing passes
    """

    what: str
    same: bool
    best: TriedOut | None


class SeriesPage(Record):
    """
    Series, newest first.

    Attributes:
        items: Series
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[ImportsSeriesOut]
    next_cursor: str | None


class ServerList(Record):
    """
    Server types.

    Attributes:
        items: By key
    """

    items: list[ServerOut]


class ServerOut(Record):
    """
    One server type.

    Attributes:
        key: Key, `fleet.server` of a scenario
        label: Name
        gpu: GPU in it
        gpu_count: GPUs in it [GPUs]
        idle_w: Power with every GPU idle, by the model [W]
        full_w: Power with every GPU at TDP, by the model [W]
        figures: Rated and provisioned power, host curve
        measured: What was observed
        models: Models it can carry
        file: File of your own it comes from; empty in ours
    """

    key: str
    label: str
    gpu: GpuOut
    gpu_count: int
    idle_w: float
    full_w: float
    figures: dict[str, FigureOut]
    measured: dict[str, FigureOut]
    models: list[str]
    file: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "gpu_count": "GPUs",
        "idle_w": "W",
        "full_w": "W",
    }


class ServingRunOut(Record):
    """
    Systems side by side.

    Attributes:
        name: Name of the run
        horizon_s: Length of the traffic [s]
        capacity_frac: Mean rate ÷ what the baseline keeps up with [1]
        outcomes: In the order asked, the baseline first
        refused: Systems that cannot run on this ground
        pareto: Every system at every server count
        grid: Null where price and carbon are constant
        warnings: For people
        inputs: Inputs with every default
        provenance: What the answer rests on
        timing: What it cost
    """

    name: str
    horizon_s: float
    capacity_frac: float | None
    outcomes: list[SystemDidOut]
    refused: list[NotHereOut]
    pareto: list[ParetoPointOut]
    grid: GridUsedOut | None
    warnings: list[str]
    inputs: dict[str, Any]
    provenance: ProvenanceOut
    timing: TimingOut | None

    UNITS: ClassVar[Mapping[str, str]] = {"horizon_s": "s", "capacity_frac": "1"}


class SettingOut(Record):
    """
    One setting of a policy.

    Attributes:
        name: Name
        unit: Unit
        doc: Meaning
        default: Default [see unit]
        source: Where the default comes from
    """

    name: str
    unit: str | None
    doc: str
    default: Any
    source: str | None

    UNITS: ClassVar[Mapping[str, str]] = {"default": "see unit"}


class ShadowCurves(Record):
    """
    Curves of one host or node.

    Attributes:
        of: Which
        bin_s: Length of a bin [s]
        time_us: Starts of bins [µs]
        measured_w: Measured [W]
        predicted_w: Predicted [W]
    """

    of: str
    bin_s: float
    time_us: list[int]
    measured_w: list[float | None]
    predicted_w: list[float | None]

    UNITS: ClassVar[Mapping[str, str]] = {
        "bin_s": "s",
        "time_us": "µs",
        "measured_w": "W",
        "predicted_w": "W",
    }


class ShadowEntry(Record):
    """
    A host or node: measured beside predicted.

    Attributes:
        name: Host or node
        of: How series and forecasts call it
        kind: What it is
        basis: What the prediction rests on
        note: What to know of it
        compared: Minutes with both [1]
        missing: Minutes without one of them [1]
        measured_w: Mean measured [W]
        predicted_w: Mean predicted [W]
        bias_w: Measured less predicted [W]
        rms_w: Root mean square of it [W]
        mape_frac: Mean error ÷ measured [1]
        p95_off_frac: Predicted P95 ÷ measured, less 1 [1]
        drift: What changed for good
        unwatched: Why drift is not looked for; empty where it is
        metered: Whether a node's own meter is compared
        hosts: Hosts below [1]
        hosts_predicted: Those with a prediction [1]
    """

    name: str
    of: str
    kind: str
    basis: Literal["calibrated", "expected", "mixed", "none"]
    note: str
    compared: int
    missing: int
    measured_w: float | None
    predicted_w: float | None
    bias_w: float | None
    rms_w: float | None
    mape_frac: float | None
    p95_off_frac: float | None
    drift: DriftOut | None
    unwatched: str
    metered: bool
    hosts: int
    hosts_predicted: int

    UNITS: ClassVar[Mapping[str, str]] = {
        "compared": "1",
        "missing": "1",
        "measured_w": "W",
        "predicted_w": "W",
        "bias_w": "W",
        "rms_w": "W",
        "mape_frac": "1",
        "p95_off_frac": "1",
        "hosts": "1",
        "hosts_predicted": "1",
    }


class ShadowOut(Record):
    """
    The twin beside the site.

    Attributes:
        start_us: First instant [µs]
        end_us: End [µs]
        computed_us: When it was compared [µs]
        hosts: Hosts
        nodes: Nodes of the watched tree
        origins: Where drift begins: nothing below drifts
        series: Curves, where asked for
    """

    start_us: int
    end_us: int
    computed_us: int
    hosts: list[ShadowEntry]
    nodes: list[ShadowEntry]
    origins: list[str]
    series: ShadowCurves | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "start_us": "µs",
        "end_us": "µs",
        "computed_us": "µs",
    }


class SharedLimitOut(Record):
    """
    One thing that halls share, and how much of it was used.

    Attributes:
        key: contract, cooling or water
        used: Highest use, in `unit`; of the contract where it was used most [1]
        limit: What there was then, in `unit` [1]
        unit: W or kg/s
        used_frac: Highest use ÷ what there was then; with a curtailment by the record
            [1]
        bound_s: Time in which it held halls back: clocks under the contract, a plant or
            its water in records in which they were full [s]
        words: The same for people
    """

    key: str
    used: float | None
    limit: float | None
    unit: str
    used_frac: float | None
    bound_s: float | None
    words: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "used": "1",
        "limit": "1",
        "used_frac": "1",
        "bound_s": "s",
    }


class ShedLoadOut(Record):
    """
    Servers of one priority in a rack that are switched off.

    Attributes:
        rack: The rack
        domain: Its row or hall
        priority: "low" or "high"
        servers: Servers [1]
        load_w: Their load as capped [W]
    """

    rack: str
    domain: str
    priority: Any
    servers: int
    load_w: float | None

    UNITS: ClassVar[Mapping[str, str]] = {"servers": "1", "load_w": "W"}


class ShiftOut(Record):
    """
    ShiftOut

    Attributes:
        aim: What was kept low
        method: "greedy" (no step short), "linear" or "mixed-integer"
        power_w: Power per job and step, mean of the step. , shape (jobs, time) [W]
        total_w: Power of all jobs per step. , shape (time,) [W]
        jobs: One entry a job, in their order
        shifted: Account of the schedule at actual signals
        at_arrival: Account of every job at full power from its arrival, headroom or not
        saved_frac: Share of the aim saved against arrival: carbon or cost; for
            headroom, of the peak [1]
        foresight: Account of the schedule with the actual signal known; None without a
            forecast
        regret_frac: What the forecast's error cost ÷ the aim with foresight. None
            without a forecast, or where that is not positive [1]
        gap_frac: Largest distance from the best possible ÷ it; 0 unless mixed-integer
            [1]
        provenance: What the answer rests on
        timing: What it cost
    """

    aim: str
    method: str
    power_w: list[Any] | None
    total_w: list[Any] | None
    jobs: list[JobShiftOut]
    shifted: AccountOut
    at_arrival: AccountOut
    saved_frac: float | None
    foresight: AccountOut | None
    regret_frac: float | None
    gap_frac: float | None
    provenance: ProvenanceOut
    timing: TimingOut | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "power_w": "W",
        "total_w": "W",
        "saved_frac": "1",
        "regret_frac": "1",
        "gap_frac": "1",
    }


class SiteCaseOut(Record):
    """
    SiteCaseOut

    Attributes:
        failed: Names of what is lost at time zero
        lost_servers: Servers without power, restarting or too hot at the end [1]
        lost_at_once: Of these, from the first moment; minutes of a store that has lost
            its feed for good are not counted [1]
        trips: Breakers that tripped [1]
        first_trip_s: Time to the first trip, infinite for none [s]
        worst_node: Node that comes nearest to its limit, "" for none
        worst_frac: Its load ÷ its limit right after the failure [1]
        race_node: Breaker that would trip first without a cap, "" for none
        race_trip_s: When it would [s]
        cap_lands_s: From an overload to the first cap that holds; infinite where none
            comes [s]
        saved_by_cap: Whether a breaker was on its way and the cap came first
        slowed_servers: Servers with power that a cap slows at the end [1]
        slo_damage_frac: Part of that hour's work that nobody has room for, or that a
            cap makes slower than its median may be. 0..1 [1]
        binding: The constraint that binds, in words
        race: Who wins, the cap or the breaker
    """

    failed: list[str]
    lost_servers: int
    lost_at_once: int
    trips: int
    first_trip_s: float | None
    worst_node: str
    worst_frac: float | None
    race_node: str
    race_trip_s: float | None
    cap_lands_s: float | None
    saved_by_cap: bool
    slowed_servers: int
    slo_damage_frac: float | None
    binding: str
    race: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "lost_servers": "1",
        "lost_at_once": "1",
        "trips": "1",
        "first_trip_s": "s",
        "worst_frac": "1",
        "race_trip_s": "s",
        "cap_lands_s": "s",
        "slowed_servers": "1",
        "slo_damage_frac": "1",
    }


class SiteEventOut(Record):
    """
    Something that happened.

    Attributes:
        t_s: When [s]
        kind: "event", "trip", "dead", "alive", "on-store", "store-empty", "generator-
            start", "generator-ready", "command", "landed", "brake", "brake-landed"
        target: Node, row or hall concerned
        value: What it came to: load ratio at a trip, clock of a command [MHz]
    """

    t_s: float | None
    kind: str
    target: str
    value: float | None

    UNITS: ClassVar[Mapping[str, str]] = {"t_s": "s", "value": "MHz"}


class SiteNodeOut(Record):
    """
    SiteNodeOut

    Attributes:
        name: Its name
        kind: "utility", "ups", "busway"
        side: "A", "B",... or ""
        fed_by: Its feeds
        depth: Longest way from a source, in nodes [1]
        rated_w: What it can carry [W]
        limit_w: What may be planned with: rating × derating, its fullest phase counting
            [W]
        provisioned_w: Sum of what was promised to the racks below [W]
        nameplate_w: Sum of the rated power of the servers below [W]
        peak_w: Highest output of a tick [W]
        peak_t_s: When [s]
        mean_w: Mean output [W]
        failover_w: Highest output when any single other node is lost [W]
        failover_cause: The node whose loss does that, "" for none
        in_wh: Energy drawn from its feeds [Wh]
        feed_wh: The same by feed, in the order of `fed_by` [Wh]
        out_wh: Energy delivered [Wh]
        loss_wh: Energy turned into heat [Wh]
        discharged_wh: Energy its store gave [Wh]
        charged_wh: Energy its store took [Wh]
        owed_wh: Energy its store is short of at the end [Wh]
        stranded_w: Limit that neither the peak nor any single loss needs [W]
        trip_t_s: When its protection tripped; None if it did not [s]
        trip_heat: How near to tripping it came; 1 trips [1]
        phase_w: Load of each phase at the peak [W]
        mean_series_w: Output per record. , shape (records,) [W]
        max_series_w: Highest tick of each record. , shape (records,) [W]
        headroom_w: Limit minus the load after the worst loss [W]
        oversubscription_ratio: Nameplate of the servers below ÷ limit [1]
        imbalance_frac: Largest departure of a phase from their mean ÷ mean [1]
    """

    name: str
    kind: str
    side: str
    fed_by: list[str]
    depth: int
    rated_w: float | None
    limit_w: float | None
    provisioned_w: float | None
    nameplate_w: float | None
    peak_w: float | None
    peak_t_s: float | None
    mean_w: float | None
    failover_w: float | None
    failover_cause: str
    in_wh: float | None
    feed_wh: list[float | None]
    out_wh: float | None
    loss_wh: float | None
    discharged_wh: float | None
    charged_wh: float | None
    owed_wh: float | None
    stranded_w: float | None
    trip_t_s: float | None
    trip_heat: float | None
    phase_w: list[float | None]
    mean_series_w: list[Any] | None
    max_series_w: list[Any] | None
    headroom_w: float | None
    oversubscription_ratio: float | None
    imbalance_frac: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "depth": "1",
        "rated_w": "W",
        "limit_w": "W",
        "provisioned_w": "W",
        "nameplate_w": "W",
        "peak_w": "W",
        "peak_t_s": "s",
        "mean_w": "W",
        "failover_w": "W",
        "in_wh": "Wh",
        "feed_wh": "Wh",
        "out_wh": "Wh",
        "loss_wh": "Wh",
        "discharged_wh": "Wh",
        "charged_wh": "Wh",
        "owed_wh": "Wh",
        "stranded_w": "W",
        "trip_t_s": "s",
        "trip_heat": "1",
        "phase_w": "W",
        "mean_series_w": "W",
        "max_series_w": "W",
        "headroom_w": "W",
        "oversubscription_ratio": "1",
        "imbalance_frac": "1",
    }


class SiteNowOut(Record):
    """
    The whole site now.

    Attributes:
        power_w: Sum over hosts; null if none reports [W]
        limit_w: Limit of its utility feeds [W]
        facility_w: At the utility: hosts and modelled losses of the tree [W]
        reporting: Hosts with a fresh reading [1]
        expected: Hosts known [1]
        metered: Hosts whose own power is measured [1]
        gpus: GPUs [1]
        throttled: Hosts with a GPU slowed down [1]
        worst_age_s: Age of the oldest host's reading [s]
    """

    power_w: float | None
    limit_w: float | None
    facility_w: float | None
    reporting: int
    expected: int
    metered: int
    gpus: int
    throttled: int
    worst_age_s: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "power_w": "W",
        "limit_w": "W",
        "facility_w": "W",
        "reporting": "1",
        "expected": "1",
        "metered": "1",
        "gpus": "1",
        "throttled": "1",
        "worst_age_s": "s",
    }


class SiteOut(Record):
    """
    A stored site.

    Attributes:
        id: Id
        name: Name
        time_zone: IANA time zone
        notes: Free text
        created_at: When it was stored, UTC
        updated_at: When it last changed, UTC
    """

    id: str
    name: str
    time_zone: str
    notes: str
    created_at: str
    updated_at: str


class SitePage(Record):
    """
    A page of sites.

    Attributes:
        items: Sites, newest first
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[SiteOut]
    next_cursor: str | None


class SiteRowOut(Record):
    """
    SiteRowOut

    Attributes:
        name: Its name
        nodes: The nodes whose sum is its load
        limit_w: Its limit [W]
        peak_w: Its highest tick [W]
        caps_low: Cap commands to low priority [1]
        caps_high: Cap commands to high priority [1]
        releases: Commands that lifted a cap [1]
        brakes: Pulls of the power brake [1]
        capped_low_s: Time with low priority slowed [s]
        capped_high_s: Time with high priority slowed [s]
        peak_frac: Highest tick ÷ limit [1]
    """

    name: str
    nodes: list[str]
    limit_w: float | None
    peak_w: float | None
    caps_low: int
    caps_high: int
    releases: int
    brakes: int
    capped_low_s: float | None
    capped_high_s: float | None
    peak_frac: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "limit_w": "W",
        "peak_w": "W",
        "caps_low": "1",
        "caps_high": "1",
        "releases": "1",
        "brakes": "1",
        "capped_low_s": "s",
        "capped_high_s": "s",
        "peak_frac": "1",
    }


class SiteRunOut(Record):
    """
    SiteRunOut

    Attributes:
        name: Name of the site
        policy: Policy of its rows
        server_count: Servers deployed [1]
        provisioned_servers: Servers its power was planned for [1]
        seed: Seed of the traffic [1]
        horizon_s: Length [s]
        tick_s: Tick [s]
        nodes: Power nodes in topological order, without racks
        racks: Racks
        rows: Rows
        halls: Names of the halls
        series: Curves
        events: What happened, in order; cut after a few thousand
        events_dropped: How many more there were [1]
        it_wh: Energy of the racks [Wh]
        facility_wh: Energy drawn from all sources [Wh]
        mechanical_wh: Energy of cooling [Wh]
        binding: The node nearest to its limit and why, in words
        pue: Facility energy ÷ IT energy [1]
        lost_server_s: Server time without service [s]
        hottest_c: Hottest GPU of the site [C]
        losses: Energy between kinds of nodes
        seed_ranges: Lowest and highest of key figures over the seeds asked for; null
            for one seed, and where seeds change nothing
        provenance: What it rests on
        warnings: What looks wrong about the inputs
        timing: What it cost
    """

    name: str
    policy: str
    server_count: int
    provisioned_servers: int
    seed: int
    horizon_s: float | None
    tick_s: float | None
    nodes: list[SiteNodeOut]
    racks: list[RackResultOut]
    rows: list[SiteRowOut]
    halls: list[str]
    series: SiteSeriesOut
    events: list[SiteEventOut]
    events_dropped: int
    it_wh: float | None
    facility_wh: float | None
    mechanical_wh: float | None
    binding: str
    pue: float | None
    lost_server_s: float
    hottest_c: float | None
    losses: list[LinkOut]
    seed_ranges: SeedRangesOut | None
    provenance: ProvenanceOut
    warnings: list[str]
    timing: TimingOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "server_count": "1",
        "provisioned_servers": "1",
        "seed": "1",
        "horizon_s": "s",
        "tick_s": "s",
        "events_dropped": "1",
        "it_wh": "Wh",
        "facility_wh": "Wh",
        "mechanical_wh": "Wh",
        "pue": "1",
        "lost_server_s": "s",
        "hottest_c": "C",
    }


class SiteSeriesOut(Record):
    """
    Curves over time, one record per block of ticks.

    Attributes:
        t_s: Start of each record [s]
        it_w: Power of live racks [W]
        facility_w: Power drawn from all sources [W]
        mechanical_w: Power of cooling [W]
        lost_servers: Servers without service, worst tick
        capped_rows: Mean number of rows with a clock below full
        hall_c: Warmest supply air per hall. , shape (records, halls) [C]
        hottest_c: Hottest GPU per hall. , shape (records, halls) [C]
    """

    t_s: list[Any] | None
    it_w: list[Any] | None
    facility_w: list[Any] | None
    mechanical_w: list[Any] | None
    lost_servers: list[Any] | None
    capped_rows: list[Any] | None
    hall_c: list[Any] | None
    hottest_c: list[Any] | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "t_s": "s",
        "it_w": "W",
        "facility_w": "W",
        "mechanical_w": "W",
        "hall_c": "C",
        "hottest_c": "C",
    }


class SizeOut(Record):
    """
    Every combination, the front, and the best.

    Attributes:
        tried: All combinations
        front: Those that no other beats in all objectives [1]
        best: The best; null where nothing passes [1]
        best_measures: The best as `training.measures` takes it; null where nothing
            passes
        passing: How many pass [1]
        objective: What the best has least of
        sample_s: Samples the search ran on [s]
        horizon_s: Length it ran over [s]
        unjudged: Rules that could not be judged
        sensitivity: What would change the answer
        provenance: What it rests on
        timing: What it cost
    """

    tried: list[TriedOut]
    front: list[int]
    best: int | None
    best_measures: dict[str, Any] | None
    passing: int
    objective: str
    sample_s: float
    horizon_s: float
    unjudged: list[UnjudgedOut]
    sensitivity: list[SensitivityOut]
    provenance: ProvenanceOut
    timing: TimingOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "front": "1",
        "best": "1",
        "passing": "1",
        "sample_s": "s",
        "horizon_s": "s",
    }


class SourceList(Record):
    """
    All sources.

    Attributes:
        items: Sources by name
    """

    items: list[SourceOut]


class SourceOut(Record):
    """
    A source, and how much of it there is.

    Attributes:
        name: Host
        kind: How it reports
        node: Where it stands; empty if nowhere yet
        first_us: Oldest reading [µs]
        last_us: Newest reading [µs]
        age_s: Age of the newest [s]
        devices: Devices [1]
        models: What its devices are called
    """

    name: str
    kind: str
    node: str
    first_us: int
    last_us: int
    age_s: float
    devices: int
    models: list[str]

    UNITS: ClassVar[Mapping[str, str]] = {
        "first_us": "µs",
        "last_us": "µs",
        "age_s": "s",
        "devices": "1",
    }


class SourcedInputOut(Record):
    """
    What a preset's input rests on.

    Attributes:
        field: Input
        said: What is known of it
        source: Where from
        mark: How far to trust it
    """

    field: str
    said: str
    source: str
    mark: Any


class SpectraOut(Record):
    """
    Spectra of the grid's power.

    Attributes:
        before: Without measures
        after: With measures
    """

    before: LinesOut
    after: LinesOut


class StabilizeRunOut(Record):
    """
    A training site before and after its measures.

    Attributes:
        passes: Whether every rule that can be judged is kept
        contract_w: Contracted power [W]
        sample_s: Length of a sample [s]
        horizon_s: Length of the run [s]
        verdicts: Rules
        modes: Critical frequencies
        before: Without measures
        after: With measures
        stores: Stores
        jobs: Jobs as they run
        ups: The UPS; null without one
        generators: Gensets; null without
        interharmonics: Strongest interharmonic before and after; null where samples are
            too coarse
        rides: The disturbance under each table
        rejections: Load onto batteries at once and back as a ramp, under each ramp rule
            and table
        spectrum: Spectra
        window: The waveforms
        assumptions: Every number it rests on
        notes: What a reader must know
        provenance: What it rests on
        timing: What it cost
    """

    passes: bool
    contract_w: float
    sample_s: float
    horizon_s: float
    verdicts: list[VerdictOut]
    modes: list[ModeOut]
    before: RunFiguresOut
    after: RunFiguresOut
    stores: list[StoreOut]
    jobs: list[StabilizeJobOut]
    ups: UpsOut | None
    generators: GeneratorsOut | None
    interharmonics: list[InterharmonicOut] | None
    rides: list[RideOut]
    rejections: list[RejectionOut]
    spectrum: SpectraOut
    window: ZoomOut
    assumptions: list[AssumptionOut]
    notes: list[str]
    provenance: ProvenanceOut
    timing: TimingOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "contract_w": "W",
        "sample_s": "s",
        "horizon_s": "s",
    }


class SteeredDomainOut(Record):
    """
    One row or hall and its share of the parent's power.

    Attributes:
        name: Row or hall
        limit_w: Its limit [W]
        breaker_w: What its own feeds carry after the largest of each row's is lost [W]
        peak_w: Highest tick of the run, a hall's rows at their own moments [W]
        predicted_w: What it is predicted to want: the 95th percentile of the run's
            records, grown as asked [W]
        floor_w: Least it can be capped to: idle, high priority, and low priority at its
            lowest clock; after shedding [W]
        entitled_w: Its share of the parent by its limit [W]
        reserved_w: What it gets [W]
        lent_w: What it lends (positive) or borrows (negative) [W]
        capped_w: What low priority gives up to its cap [W]
        shed_w: What was predicted for servers that are shed [W]
        shed_servers: Servers shed [1]
    """

    name: str
    limit_w: float | None
    breaker_w: float | None
    peak_w: float | None
    predicted_w: float | None
    floor_w: float | None
    entitled_w: float | None
    reserved_w: float | None
    lent_w: float | None
    capped_w: float | None
    shed_w: float | None
    shed_servers: int

    UNITS: ClassVar[Mapping[str, str]] = {
        "limit_w": "W",
        "breaker_w": "W",
        "peak_w": "W",
        "predicted_w": "W",
        "floor_w": "W",
        "entitled_w": "W",
        "reserved_w": "W",
        "lent_w": "W",
        "capped_w": "W",
        "shed_w": "W",
        "shed_servers": "1",
    }


class SteeringOut(Record):
    """
    SteeringOut

    Attributes:
        name: Name of the site
        by: "row" or "hall"
        parent_w: What the parent carries [W]
        predicted_w: Sum of what is wanted [W]
        reserved_w: Sum of what is reserved [W]
        spare_w: What nobody needs [W]
        lent_w: Sum of what is lent [W]
        borrowed_w: Sum of what is borrowed [W]
        capped_w: Sum of what caps take from low priority [W]
        shed_w: Sum of what was predicted for servers that are shed [W]
        shed_servers: Servers shed [1]
        domains: Rows or halls
        shed: What is shed, by rack and priority, lowest priority first
        words: Who lends, borrows and is shed, in words
        provenance: What it rests on
        timing: What it cost
    """

    name: str
    by: Any
    parent_w: float | None
    predicted_w: float | None
    reserved_w: float | None
    spare_w: float | None
    lent_w: float | None
    borrowed_w: float | None
    capped_w: float | None
    shed_w: float | None
    shed_servers: int
    domains: list[SteeredDomainOut]
    shed: list[ShedLoadOut]
    words: list[str]
    provenance: ProvenanceOut
    timing: TimingOut

    UNITS: ClassVar[Mapping[str, str]] = {
        "parent_w": "W",
        "predicted_w": "W",
        "reserved_w": "W",
        "spare_w": "W",
        "lent_w": "W",
        "borrowed_w": "W",
        "capped_w": "W",
        "shed_w": "W",
        "shed_servers": "1",
    }


class StoreOut(Record):
    """
    A place's stores.

    Attributes:
        place: psu, rack, row or site
        power_w: Power of one [W]
        energy_j: Energy of one [J]
        control: What the grid should see
        lowest_frac: Lowest charge ÷ energy [1]
        highest_frac: Highest charge ÷ energy [1]
        lost_j: Energy lost in all of them [J]
        full_cycles: Energy delivered ÷ energy [1]
        life_years: Until a fifth of the capacity is lost, at this pace; null for ever
            [years]
        full_or_empty_frac: Part of the time without any left [1]
    """

    place: str
    power_w: float
    energy_j: float
    control: str
    lowest_frac: float
    highest_frac: float
    lost_j: float
    full_cycles: float
    life_years: float | None
    full_or_empty_frac: float

    UNITS: ClassVar[Mapping[str, str]] = {
        "power_w": "W",
        "energy_j": "J",
        "lowest_frac": "1",
        "highest_frac": "1",
        "lost_j": "J",
        "full_cycles": "1",
        "life_years": "years",
        "full_or_empty_frac": "1",
    }


class StoredOut(Record):
    """
    How much of a source is stored, and where it has holes.

    Attributes:
        name: Host
        readings: Readings in full that are folded [1]
        bytes: Their size [B]
        waiting: Readings not folded yet [1]
        gaps: Periods without a reading, start and end [µs]
    """

    name: str
    readings: int
    bytes: int
    waiting: int
    gaps: list[list[int]]

    UNITS: ClassVar[Mapping[str, str]] = {
        "readings": "1",
        "bytes": "B",
        "waiting": "1",
        "gaps": "µs",
    }


class StudyChecked(Record):
    """
    What a study would do.

    Attributes:
        points: Points it would answer, at most [1]
        axes: Its axes
        question: What it asks
    """

    points: int
    axes: list[StudiesAxisOut]
    question: QuestionOut

    UNITS: ClassVar[Mapping[str, str]] = {"points": "1"}


class StudyCounts(Record):
    """
    How far a study is.

    Attributes:
        asked: Points it asks for; at most, until it is done [1]
        done: Points that came [1]
        failed: Of these, without an answer [1]
        from_cache: Of these, known from before [1]
    """

    asked: int
    done: int
    failed: int
    from_cache: int

    UNITS: ClassVar[Mapping[str, str]] = {
        "asked": "1",
        "done": "1",
        "failed": "1",
        "from_cache": "1",
    }


class StudyDetail(Record):
    """
    A study: what was asked, how far it is, what came out.

    Attributes:
        id: Id
        name: Name
        status: How far it is
        job_id: The job that does it
        created_at: When it was asked for, UTC
        finished_at: When it ended, UTC
        engine: Where it is answered
        stopped: Why it ended before its last point
        spec: The study, every default filled in
        question: What it asks
        axes: Its axes
        points: How far it is
        analysis: What came out; null until it is done
        provenance: What it rests on
    """

    id: str
    name: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    job_id: str | None
    created_at: str
    finished_at: str | None
    engine: str
    stopped: str
    spec: StudySpec
    question: QuestionOut
    axes: list[StudiesAxisOut]
    points: StudyCounts
    analysis: AnalysisOut | None
    provenance: ProvenanceOut


class StudyPage(Record):
    """
    A page of studies.

    Attributes:
        items: Newest first
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[StudySummary]
    next_cursor: str | None


class StudySummary(Record):
    """
    A stored study without its points.

    Attributes:
        id: Id
        name: Name
        question_key: Key of its question
        status: How far it is
        job_id: The job that does it
        engine: Where it is answered
        points: How far it is
        created_at: When it was asked for, UTC
        finished_at: When it ended, UTC
    """

    id: str
    name: str
    question_key: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    job_id: str | None
    engine: str
    points: StudyCounts
    created_at: str
    finished_at: str | None


class SummaryOut(Record):
    """
    Distribution of one output over a sample.

    Attributes:
        count: Points counted [1]
        undefined: Points whose output was NaN; left out of everything else [1]
        mean: Mean, in the output's unit; NaN if nothing was counted, as all below [1]
        sd: Standard deviation of the output itself; NaN of a single point [1]
        least: Smallest [1]
        most: Largest [1]
        quantiles: In rising order
        level: Confidence of the quantiles' intervals [1]
        note: What the reader has to know; empty if nothing
    """

    count: int
    undefined: int
    mean: float | None
    sd: float | None
    least: float | None
    most: float | None
    quantiles: list[QuantileOut]
    level: float | None
    note: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "count": "1",
        "undefined": "1",
        "mean": "1",
        "sd": "1",
        "least": "1",
        "most": "1",
        "level": "1",
    }


class SwingOut(Record):
    """
    Median energy with one input held at its P5 and at its P95, all else drawn.

    Attributes:
        input: Name of the input
        low_wh: Median with the input at P5 [Wh]
        high_wh: Median with the input at P95 [Wh]
        swing_wh: Distance of the two [Wh]
    """

    input: str
    low_wh: float | None
    high_wh: float | None
    swing_wh: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "low_wh": "Wh",
        "high_wh": "Wh",
        "swing_wh": "Wh",
    }


class SystemDidOut(Record):
    """
    What one system did, where it is from, and how it compares.

    Attributes:
        system: Key
        label: Name on charts
        unit: What is counted: request, workflow, job or call
        arrived: Units that arrived [units]
        finished: Units finished in time [units]
        refused: Units refused, by reason
        in_flight: Units under way at the end [units]
        attained_frac: Units that met every limit ÷ known [1]
        latency_s: ttft, tbt, e2e by p50, p90, p99 [s]
        slowdown: The same ÷ one request alone; empty where not measured
        energy_j: Energy [J]
        mean_power_w: Mean power [W]
        peak_power_w: Largest mean over a control tick [W]
        output_tokens: Tokens given out [tokens]
        gpu_hours: GPUs on × time [h]
        cost_usd: GPU-hours, and energy where their price leaves it out [USD]
        carbon_g: Energy × grid intensity at its hour [g]
        quality_frac: Quality kept; 1 where it is not touched [1]
        own_terms: How its traffic or limits differ from the study's, so that only its
            own baseline is a fair comparison; empty: comparable with the others
        notes: What was assumed
        figures: Further figures, the unit in their names
        energy_per_token_j: Per token given out [J]
        energy_per_unit_wh: Per unit finished [Wh]
        cost_per_1000_usd: Per thousand units finished [USD]
        kind: fleet, workflow, training or host
        summary: What the system does
        source: Paper it follows
        mark: How sure its mechanism and figures are
        page: File in docs/models
        timeline: Null without a course in time
        against_baseline: Against the run's baseline; null where units differ
        baseline: The paper's own baseline, where it has one
        against_own: Against that
    """

    system: str
    label: str
    unit: str
    arrived: int
    finished: int
    refused: dict[str, int]
    in_flight: int
    attained_frac: float | None
    latency_s: dict[str, dict[str, float | None]]
    slowdown: dict[str, dict[str, float | None]]
    energy_j: float
    mean_power_w: float
    peak_power_w: float
    output_tokens: float
    gpu_hours: float
    cost_usd: float
    carbon_g: float
    quality_frac: float
    own_terms: str
    notes: list[str]
    figures: dict[str, float | None]
    energy_per_token_j: float | None
    energy_per_unit_wh: float | None
    cost_per_1000_usd: float | None
    kind: str
    summary: str
    source: str
    mark: str
    page: str
    timeline: TimelineOut | None
    against_baseline: AgainstOut | None
    baseline: FiguresOut | None
    against_own: AgainstOut | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "arrived": "units",
        "finished": "units",
        "in_flight": "units",
        "attained_frac": "1",
        "energy_j": "J",
        "mean_power_w": "W",
        "peak_power_w": "W",
        "output_tokens": "tokens",
        "gpu_hours": "h",
        "cost_usd": "USD",
        "carbon_g": "g",
        "quality_frac": "1",
        "energy_per_token_j": "J",
        "energy_per_unit_wh": "Wh",
        "cost_per_1000_usd": "USD",
    }


class SystemList(Record):
    """
    Systems.

    Attributes:
        items: In the order people see them
    """

    items: list[SystemOut]


class SystemOut(Record):
    """
    A published system with its knobs.

    Attributes:
        key: Key, `systems.key` of a run
        label: Name
        kind: fleet, workflow, training or host
        summary: What it does
        source: Paper
        mark: How sure its mechanism and figures are
        page: File in docs/models
        own_terms: How its traffic or limits differ from a run's; empty: not at all
        knobs: Its knobs
    """

    key: str
    label: str
    kind: str
    summary: str
    source: str
    mark: str
    page: str
    own_terms: str
    knobs: list[KnobOut]


class TableOut(Record):
    """
    A ride-through table.

    Attributes:
        key: Name
        authority: Who asks for it
        title: What it asks
        source: Where it stands
        date: Of the text
    """

    key: str
    authority: str
    title: str
    source: str
    date: str


class TestOut(Record):
    """
    What became of a test.

    Attributes:
        delivered: Whether the webhook took it
        answer: HTTP status, or what went wrong
    """

    delivered: bool
    answer: str


class ThresholdTimeOut(Record):
    """
    Time the row spent above a level.

    Attributes:
        name: Level
        level_frac: Row power ÷ provisioned [1]
        above_s: Time above it [s]
        crossings: How often it was crossed upwards [times]
    """

    name: str
    level_frac: float | None
    above_s: float | None
    crossings: int

    UNITS: ClassVar[Mapping[str, str]] = {
        "level_frac": "1",
        "above_s": "s",
        "crossings": "times",
    }


class TimelineOut(Record):
    """
    Site power and pools over time.

    Attributes:
        time_s: Begin of each record [s]
        power_w: Mean site power [W]
        power_max_w: Highest in it [W]
        pools: Pools, which sum to the site
    """

    time_s: list[float]
    power_w: list[float | None]
    power_max_w: list[float | None]
    pools: list[PoolOut]

    UNITS: ClassVar[Mapping[str, str]] = {
        "time_s": "s",
        "power_w": "W",
        "power_max_w": "W",
    }


class TimingOut(Record):
    """
    What an answer cost.

    Attributes:
        computed_s: Time of computing [s]
    """

    computed_s: float

    UNITS: ClassVar[Mapping[str, str]] = {"computed_s": "s"}


class TokenMade(Record):
    """
    A new token.

    Attributes:
        id: Public part of the token
        name: What people call it
        kind: Who holds it
        scopes: What it opens
        agent: Agent it is bound to
        created_at: When it was made, UTC
        expires_at: When it ends, UTC; null never
        used_at: When it was last used, UTC; written once a minute
        revoked_at: When it was revoked, UTC
        token: The token itself: shown this once, never again
    """

    id: str
    name: str
    kind: Literal["agent", "user"]
    scopes: list[str]
    agent: str | None
    created_at: str
    expires_at: str | None
    used_at: str | None
    revoked_at: str | None
    token: str


class TokenOut(Record):
    """
    A token without its secret, which is not kept.

    Attributes:
        id: Public part of the token
        name: What people call it
        kind: Who holds it
        scopes: What it opens
        agent: Agent it is bound to
        created_at: When it was made, UTC
        expires_at: When it ends, UTC; null never
        used_at: When it was last used, UTC; written once a minute
        revoked_at: When it was revoked, UTC
    """

    id: str
    name: str
    kind: Literal["agent", "user"]
    scopes: list[str]
    agent: str | None
    created_at: str
    expires_at: str | None
    used_at: str | None
    revoked_at: str | None


class TokenPage(Record):
    """
    A page of tokens.

    Attributes:
        items: Tokens, newest first, revoked ones too
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[TokenOut]
    next_cursor: str | None


class TriedOut(Record):
    """
    A combination of measures.

    Attributes:
        index: Its number; -1 under a change [1]
        choice: The combination
        passes: Whether every rule is kept
        worst_rule: Rule with the least margin
        worst_margin_frac: Its margin [1]
        cost_per_year: Everything [$/year]
        costs: By kind
        wasted_frac: Energy wasted in a year ÷ work [1]
        slowdown_frac: Time lost in a year ÷ time [1]
        highest_w: Highest power from the grid [W]
    """

    index: int
    choice: ChoiceOut
    passes: bool
    worst_rule: str
    worst_margin_frac: float | None
    cost_per_year: float | None
    costs: CostsOut
    wasted_frac: float | None
    slowdown_frac: float | None
    highest_w: float

    UNITS: ClassVar[Mapping[str, str]] = {
        "index": "1",
        "worst_margin_frac": "1",
        "cost_per_year": "$/year",
        "wasted_frac": "1",
        "slowdown_frac": "1",
        "highest_w": "W",
    }


class TwoLevelsOut(Record):
    """
    An iteration of two levels.

    Attributes:
        high_w: While it computes [W]
        low_w: While it waits [W]
        low_s: How long it waits [s]
        jitter_s: Standard deviation of its edges: GPUs', and the meter's [s]
        misfit_w: Root mean square between quantiles, recorded and modelled [W]
    """

    high_w: float | None
    low_w: float | None
    low_s: float | None
    jitter_s: float | None
    misfit_w: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "high_w": "W",
        "low_w": "W",
        "low_s": "s",
        "jitter_s": "s",
        "misfit_w": "W",
    }


class UnjudgedOut(Record):
    """
    A rule that could not be judged.

    Attributes:
        key: The rule
        why: Why
    """

    key: str
    why: str


class UnmappedOut(Record):
    """
    Content kept word for word, because no field holds it; secrets are hidden.

    Attributes:
        source_id: Whose it is
        reason: Why
        content: What it says
    """

    source_id: str
    reason: str
    content: Any


class UntoldOut(Record):
    """
    A parameter the readings cannot tell, held at its prior.

    Attributes:
        parameter: Which
        why: Why
        needs: What would tell it
    """

    parameter: str
    why: str
    needs: str


class UploadOut(Record):
    """
    What became of a file.

    Attributes:
        rows: Rows read [1]
        stored: Readings stored [1]
        times: How times were read
        devices: Keys of its devices, at most 200
        fields: Column to field
        ignored_columns: Columns that mean nothing here
        refused: What broke a rule and was left out
    """

    rows: int
    stored: int
    times: str
    devices: list[str]
    fields: dict[str, str]
    ignored_columns: list[str]
    refused: list[RefusedOut]

    UNITS: ClassVar[Mapping[str, str]] = {"rows": "1", "stored": "1"}


class UpsOut(Record):
    """
    What the UPS does to a swing.

    Attributes:
        rated_w: Rated output [W]
        peak_gain: Most that a swing grows on its way [1]
        peak_hz: At which frequency; null where none [Hz]
        amplifies_below_hz: Swings below this grow [Hz]
        words: The same in words
    """

    rated_w: float
    peak_gain: float
    peak_hz: float | None
    amplifies_below_hz: float | None
    words: str

    UNITS: ClassVar[Mapping[str, str]] = {
        "rated_w": "W",
        "peak_gain": "1",
        "peak_hz": "Hz",
        "amplifies_below_hz": "Hz",
    }


class VerdictOut(Record):
    """
    A rule, before and after measures.

    Attributes:
        key: Name in files and answers
        authority: Who asks for it
        title: What it asks, in words
        kind: "band-swing": highest less lowest power in any window, of the power in a
            band. "band-share": energy of the power's changes that lies in a band, in
            the worst stretch of ten periods of its lower edge. "change": highest less
            lowest power in any window. "ramp": change over any window ÷ its length, up
            and down. "range": least width of a band around a baseline that itself keeps
            two ramps (dynamic range). "voltage-change": highest less lowest voltage in
            any window ÷ nominal. "pst", "plt": flicker, short and long term. "tdd",
            "thd": harmonics of the current and of the voltage
        limit: In W (band-swing, change, range), W/s (ramp), Pst or Plt, or 0..1. The
            planning level of the voltage holds too where it is lower (flicker), and
            takes its place (harmonics) [1]
        limit_frac: The same ÷ contracted power; the lower of the two holds. 0 is none
            [1]
        window_s: Rolling window. ; 0 where the kind has none [s]
        low_hz: Lower edge of the band [Hz]
        high_hz: Upper edge of the band [Hz]
        up_w_per_s: Fastest rise of a "range"'s baseline [W/s]
        down_w_per_s: Fastest fall of a "range"'s baseline [W/s]
        source: Where it stands, and how sure that is
        date: Of the text
        unit: Unit of limit and worst value
        before: Without measures; null where unjudged
        after: With measures; null where unjudged
        why_not: Why the rule could not be judged
    """

    key: str
    authority: str
    title: str
    kind: Any
    limit: float | None
    limit_frac: float | None
    window_s: float | None
    low_hz: float | None
    high_hz: float | None
    up_w_per_s: float | None
    down_w_per_s: float | None
    source: str
    date: str
    unit: str
    before: JudgedOut | None
    after: JudgedOut | None
    why_not: str | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "limit": "1",
        "limit_frac": "1",
        "window_s": "s",
        "low_hz": "Hz",
        "high_hz": "Hz",
        "up_w_per_s": "W/s",
        "down_w_per_s": "W/s",
    }


class VerifiedOut(Record):
    """
    What the site's model says about a placement.

    Attributes:
        cases: Failures of one node that were followed [1]
        normal_frac: Highest load ÷ limit with nothing lost [1]
        worst_frac: The same right after a failure, before any cap [1]
        worst: Where and after what, in words
        trips: Failures after which a breaker trips [1]
        lost_by_load: Most servers that a failure takes by overload and not by wiring
            [1]
        most_lost: Most servers that any failure takes [1]
        agrees: Whether nothing happens that the placement ruled out
    """

    cases: int
    normal_frac: float | None
    worst_frac: float | None
    worst: str
    trips: int
    lost_by_load: int
    most_lost: int
    agrees: bool

    UNITS: ClassVar[Mapping[str, str]] = {
        "cases": "1",
        "normal_frac": "1",
        "worst_frac": "1",
        "trips": "1",
        "lost_by_load": "1",
        "most_lost": "1",
    }


class VersionDetail(Record):
    """
    A version with its inputs, and what it changed.

    Attributes:
        number: Counts the scenario's versions from 1 [1]
        name: Name, if somebody gave one
        author: Who made it: name of the token or person
        autosaved: Whether a page saved it by itself
        created_at: When it was begun, UTC
        updated_at: When it was last written, UTC
        sha256: SHA-256 of the inputs
        against: The version that it is compared with [1]
        changes: What differs from that one
        scenario: The inputs as they were stored
    """

    number: int
    name: str | None
    author: str
    autosaved: bool
    created_at: str
    updated_at: str
    sha256: str
    against: int | None
    changes: list[Change]
    scenario: dict[str, Any]

    UNITS: ClassVar[Mapping[str, str]] = {"number": "1", "against": "1"}


class VersionPage(Record):
    """
    A page of versions.

    Attributes:
        items: Versions, newest first
        next_cursor: Cursor of the next page; null on the last
    """

    items: list[VersionsVersionOut]
    next_cursor: str | None


class WeatherNamesOut(Record):
    """
    Weather on this machine.

    Attributes:
        items: Names that facility.weather.dataset takes
    """

    items: list[str]


class WhatIfOut(Record):
    """
    The answer to one question.

    Attributes:
        run: The row as asked
        reference: Same traffic and servers, no control; no curves
        baseline: The base row without control: what stands today
        scenario: The question, every default filled in
        provenance: What it rests on
        timing: What it cost
    """

    run: RunOut
    reference: RunOut
    baseline: RunOut
    scenario: Scenario
    provenance: ProvenanceOut
    timing: TimingOut


class YearBillOut(Record):
    """
    The first year.

    Attributes:
        energy_usd: Energy at its hourly price [USD]
        demand_usd: Demand charge [USD]
        water_usd: Water [USD]
        carbon_usd: Carbon of the energy at its price [USD]
        lost_usd: Lost server-hours at their price [USD]
        energy_kwh: Energy at the meter [kWh]
        it_kwh: Energy of the servers [kWh]
        carbon_t: Carbon of the energy [t]
        water_m3: Fresh water [m3]
        server_h: Server-hours in service [h]
        peak_kw: Highest power at the meter by month. , shape (12,) [kW]
        billed_kw: Demand that is billed, by month. , shape (12,) [kW]
    """

    energy_usd: float | None
    demand_usd: float | None
    water_usd: float | None
    carbon_usd: float | None
    lost_usd: float | None
    energy_kwh: float | None
    it_kwh: float | None
    carbon_t: float | None
    water_m3: float | None
    server_h: float | None
    peak_kw: list[Any] | None
    billed_kw: list[Any] | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "energy_usd": "USD",
        "demand_usd": "USD",
        "water_usd": "USD",
        "carbon_usd": "USD",
        "lost_usd": "USD",
        "energy_kwh": "kWh",
        "it_kwh": "kWh",
        "carbon_t": "t",
        "water_m3": "m3",
        "server_h": "h",
        "peak_kw": "kW",
        "billed_kw": "kW",
    }


class YearCostOut(Record):
    """
    One year.

    Attributes:
        year: 0 is the start, 1 the first year [1]
        usd: Money spent, by part; a gain is negative [USD]
        total_usd: Their sum [USD]
        present_usd: Its worth today [USD]
        carbon_t: Carbon of the energy and of servers made [t]
        water_m3: Fresh water [m3]
    """

    year: int
    usd: dict[str, float | None]
    total_usd: float | None
    present_usd: float | None
    carbon_t: float | None
    water_m3: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "year": "1",
        "usd": "USD",
        "total_usd": "USD",
        "present_usd": "USD",
        "carbon_t": "t",
        "water_m3": "m3",
    }


class YearEnergyOut(Record):
    """
    A year's energy, its price and its carbon.

    Attributes:
        energy_mwh: Energy at the meter [MWh]
        cost: Energy × price, hour by hour; None without prices. In `currency` [1]
        currency: Money of `cost`; "" without prices
        carbon_kg: Energy × carbon intensity; None without [kg CO2e]
        mean_price_per_mwh: Cost over energy: what the hours it draws in cost [1]
        mean_carbon_g_per_kwh: The same of carbon [g/kWh]
    """

    energy_mwh: float | None
    cost: float | None
    currency: str
    carbon_kg: float | None
    mean_price_per_mwh: float | None
    mean_carbon_g_per_kwh: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "energy_mwh": "MWh",
        "cost": "1",
        "carbon_kg": "kg CO2e",
        "mean_price_per_mwh": "1",
        "mean_carbon_g_per_kwh": "g/kWh",
    }


class ZoomOut(Record):
    """
    ZoomOut

    Attributes:
        from_s: Begin [s]
        to_s: End [s]
        sample_s: Samples it rests on [s]
        before: The grid without measures
        after: The grid with them
        drawn: What the GPUs draw with them
        stores: Charge ÷ energy of each place's stores
        frequency: Frequency of gensets with measures [Hz]
        timing: What it cost
    """

    from_s: float | None
    to_s: float | None
    sample_s: float | None
    before: EnvelopeOut
    after: EnvelopeOut
    drawn: EnvelopeOut
    stores: dict[str, EnvelopeOut]
    frequency: EnvelopeOut | None
    timing: TimingOut | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "from_s": "s",
        "to_s": "s",
        "sample_s": "s",
        "frequency": "Hz",
    }


class CatalogueVersionOut(Record):
    """
    Versions.

    Attributes:
        product: Version of the product
        model: Version of the model's numbers
        scenario_schema: Version of the scenario format [1]
    """

    product: str
    model: str
    scenario_schema: int

    UNITS: ClassVar[Mapping[str, str]] = {"scenario_schema": "1"}


class ImportsFieldOut(Record):
    """
    One field that changes.

    Attributes:
        field: Field
        old: Before; null where it is new [as the field]
        new: After [as the field]
    """

    field: str
    old: Any
    new: Any

    UNITS: ClassVar[Mapping[str, str]] = {"old": "as the field", "new": "as the field"}


class ImportsSeriesOut(Record):
    """
    A stored series.

    Attributes:
        name: Name
        kind: What it is
        unit: Unit of its values
        step_s: Length of a step [s]
        start_us: First instant, UTC [us]
        updated_at: Last import
    """

    name: str
    kind: Literal["price", "carbon"]
    unit: str
    step_s: int
    start_us: int
    updated_at: str

    UNITS: ClassVar[Mapping[str, str]] = {"step_s": "s", "start_us": "us"}


class PlanningPlacementOut(Record):
    """
    PlacementOut

    Attributes:
        racks: What every rack holds
        kinds: What was placed
        server_count: Servers in all racks, those present among them [1]
        placed: Servers placed now [1]
        unplaced: Servers asked for that are not [1]
        planned_w: Power planned for all racks [W]
        worst_frac: Highest load ÷ limit under any case that is survived; nodes that
            feed one rack alone are held to their limits and not counted [1]
        worst: Where and after what, in words
        imbalance_frac: Fullest phase above the mean of its phases ÷ that mean, the
            worst three-phase node, nothing lost [1]
        moved: Servers present that left their rack, or whose rack was hung anew [1]
        unused: Nodes that nothing hangs on any more; the scenario leaves them out
        bindings: Limits that keep one more server out, fullest first
        proofs: How sure each objective is, in their order
        rounds: Programs solved [1]
        planes: Limits that were added on the way [1]
        variables: Whole numbers that were sought [1]
        verified: What the site's own model says
        scenario: The site with the servers in place
        warnings: What looks wrong and is still possible
        inputs: Inputs with every default
        provenance: What the answer rests on
        timing: What it cost
    """

    racks: list[RackPlanOut]
    kinds: list[PlacedKindOut]
    server_count: int
    placed: int
    unplaced: int
    planned_w: float | None
    worst_frac: float | None
    worst: str
    imbalance_frac: float | None
    moved: int
    unused: list[str]
    bindings: list[PlacementLimitOut]
    proofs: list[PlacementProofOut]
    rounds: int
    planes: int
    variables: int
    verified: VerifiedOut
    scenario: Scenario
    warnings: list[str]
    inputs: dict[str, Any]
    provenance: ProvenanceOut
    timing: TimingOut | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "server_count": "1",
        "placed": "1",
        "unplaced": "1",
        "planned_w": "W",
        "worst_frac": "1",
        "imbalance_frac": "1",
        "moved": "1",
        "rounds": "1",
        "planes": "1",
        "variables": "1",
    }


class ReflectPlanOut(Record):
    """
    A plan and what it comes to.

    Attributes:
        name: Name of the build-out
        aim: What was aimed at
        status: "optimal", or where the search stopped
        gap_frac: How far from the best it may be, ÷ the best [1]
        nodes: Nodes searched [1]
        net_present_cost_usd: Worth today of all of it, unserved demand in [USD]
        spend_usd: The same without unserved demand [USD]
        cost_per_server_h_usd: Spend ÷ discounted hours of servers served [USD/h]
        carbon_t: Carbon of all periods [t]
        water_m3: Water of all periods [m3]
        served_server_years: Servers served × time [years]
        unmet_server_years: Servers wanted and not served × time [years]
        unmet_frac: The same ÷ all that was wanted [1]
        spare_w: Mean over the periods of what the utility carries unused [W]
        stranded_w: Mean over the periods of the part of it that demand waits for [W]
        parts: Parts of the net present cost, which sum to it
        periods: Periods
        orders: Orders, in time
    """

    name: str
    aim: str
    status: str
    gap_frac: float | None
    nodes: int
    net_present_cost_usd: float | None
    spend_usd: float | None
    cost_per_server_h_usd: float | None
    carbon_t: float | None
    water_m3: float | None
    served_server_years: float | None
    unmet_server_years: float | None
    unmet_frac: float | None
    spare_w: float | None
    stranded_w: float | None
    parts: list[MoneyPartOut]
    periods: list[PeriodOut]
    orders: list[OrderRowOut]

    UNITS: ClassVar[Mapping[str, str]] = {
        "gap_frac": "1",
        "nodes": "1",
        "net_present_cost_usd": "USD",
        "spend_usd": "USD",
        "cost_per_server_h_usd": "USD/h",
        "carbon_t": "t",
        "water_m3": "m3",
        "served_server_years": "years",
        "unmet_server_years": "years",
        "unmet_frac": "1",
        "spare_w": "W",
        "stranded_w": "W",
    }


class ResultsClassOut(Record):
    """
    Latency of one request class within one priority.

    Attributes:
        priority: Priority
        name: Class
        finished: Requests that finished [requests]
        ttft: Time to first token
        e2e: Time from arrival to last token
    """

    priority: str
    name: str
    finished: int
    ttft: LatencyOut
    e2e: LatencyOut

    UNITS: ClassVar[Mapping[str, str]] = {"finished": "requests"}


class ResultsEventOut(Record):
    """
    A command sent or landed.

    Attributes:
        t_s: Time from the start [s]
        kind: command, landed, brake-command or brake-landed
        target: low, high or all
        value: Clock cap, 0 for none; brake: 1 on [MHz or 1]
    """

    t_s: float | None
    kind: str
    target: str
    value: float | None

    UNITS: ClassVar[Mapping[str, str]] = {"t_s": "s", "value": "MHz or 1"}


class ResultsPlanOut(Record):
    """
    Server counts × policies, and the largest count that holds.

    Attributes:
        cells: By policy, then by server count
        best: Largest added count inside the service levels per policy, null for none
            [servers]
        baseline: The base row without control
        rate_per_server_s: Requests per server [1/s]
        scenario: The inputs
        provenance: What it rests on
    """

    cells: list[PlanCellOut]
    best: dict[str, int | None]
    baseline: RunOut
    rate_per_server_s: float | None
    scenario: Scenario
    provenance: ProvenanceOut

    UNITS: ClassVar[Mapping[str, str]] = {"best": "servers", "rate_per_server_s": "1/s"}


class ResultsSeriesOut(Record):
    """
    Row power and controls over time, at most 2,000 records.

    Attributes:
        t_s: Start of each record [s]
        row_min_w: Lowest tick mean [W]
        row_mean_w: Mean [W]
        row_max_w: Highest tick mean [W]
        low_clock_mhz: Lowest clock cap of low priority in a record, 0 is none [MHz]
        high_clock_mhz: Lowest clock cap of high priority in a record, 0 is none [MHz]
        brake: 1 where the brake held [1]
        queued: Requests waiting [requests]
        arrivals_rps: Arrivals [1/s]
    """

    t_s: list[float | None]
    row_min_w: list[float | None]
    row_mean_w: list[float | None]
    row_max_w: list[float | None]
    low_clock_mhz: list[float | None]
    high_clock_mhz: list[float | None]
    brake: list[float | None]
    queued: list[float | None]
    arrivals_rps: list[float | None]

    UNITS: ClassVar[Mapping[str, str]] = {
        "t_s": "s",
        "row_min_w": "W",
        "row_mean_w": "W",
        "row_max_w": "W",
        "low_clock_mhz": "MHz",
        "high_clock_mhz": "MHz",
        "brake": "1",
        "queued": "requests",
        "arrivals_rps": "1/s",
    }


class ServingAxisOut(Record):
    """
    One axis of a grid.

    Attributes:
        name: Name
        values: Its values [as named]
    """

    name: str
    values: list[float]

    UNITS: ClassVar[Mapping[str, str]] = {"values": "as named"}


class StabilizeClassOut(Record):
    """
    What gensets keep of a class's transient limits.

    Attributes:
        key: Class of ISO 8528-5
        source: Where its limits are from
        margin_before_frac: Least margin without measures [1]
        margin_after_frac: Least margin with measures [1]
        passes: Whether it is kept with measures
    """

    key: str
    source: str
    margin_before_frac: float | None
    margin_after_frac: float | None
    passes: bool

    UNITS: ClassVar[Mapping[str, str]] = {
        "margin_before_frac": "1",
        "margin_after_frac": "1",
    }


class StabilizeJobOut(Record):
    """
    A training job as it runs.

    Attributes:
        name: Name
        gpu: GPU type
        gpu_count: GPUs [GPUs]
        tdp_w: TDP of one [W]
        iteration_s: Length of an iteration [s]
        duty: Part of it that computes [1]
        start_s: When it starts [s]
        end_s: When it ends; null after the horizon [s]
    """

    name: str
    gpu: str
    gpu_count: int
    tdp_w: float
    iteration_s: float
    duty: float
    start_s: float
    end_s: float | None

    UNITS: ClassVar[Mapping[str, str]] = {
        "gpu_count": "GPUs",
        "tdp_w": "W",
        "iteration_s": "s",
        "duty": "1",
        "start_s": "s",
        "end_s": "s",
    }


class StoredJobOut(Record):
    """
    Work in the background.

    Attributes:
        id: Id
        kind: what-if, run, plan or dataset
        state: How far it is
        part: Part done [1]
        text: What is under way
        result: Where the result is, or will be
        error: Why it failed or was cancelled
        created_at: When it was asked for, UTC
        finished_at: When it ended, UTC
    """

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    part: float
    text: str
    result: ResultRef | None
    error: Problem | None
    created_at: str
    finished_at: str | None

    UNITS: ClassVar[Mapping[str, str]] = {"part": "1"}


class StudiesAxisOut(Record):
    """
    An axis on its field.

    Attributes:
        field: Dotted path
        label: Name for people
        doc: What it is
        unit: Its unit
        kind: values, range, log or distribution
        low: Lowest value; null where values are no numbers [1]
        high: Highest value [1]
        whole: Whether it takes whole numbers only
        numeric: Whether its values are numbers
    """

    field: str
    label: str
    doc: str
    unit: str
    kind: str
    low: float | None
    high: float | None
    whole: bool
    numeric: bool

    UNITS: ClassVar[Mapping[str, str]] = {"low": "1", "high": "1"}


class StudiesFieldOut(Record):
    """
    A field that an axis may name.

    Attributes:
        path: Dotted path
        doc: What it is
        unit: Its unit
        kind: number, whole, choice, text or flag
        low: Lowest value allowed [1]
        high: Highest value allowed [1]
        low_open: Whether the lowest itself is not allowed
        high_open: Whether the highest itself is not allowed
        choices: What a choice may be
    """

    path: str
    doc: str
    unit: str
    kind: str
    low: float | None
    high: float | None
    low_open: bool
    high_open: bool
    choices: list[str]

    UNITS: ClassVar[Mapping[str, str]] = {"low": "1", "high": "1"}


class TelemetryEventOut(Record):
    """
    Something an agent reported.

    Attributes:
        time_us: When [µs]
        source: Host
        device: Device; empty for the host
        kind: What kind
        text: In words
    """

    time_us: int
    source: str
    device: str
    kind: str
    text: str

    UNITS: ClassVar[Mapping[str, str]] = {"time_us": "µs"}


class TelemetryPlacementOut(Record):
    """
    Where sources stand.

    Attributes:
        version: Grows with each change [1]
        scenario_id: Watched scenario
        nodes: Source name to node
        unplaced: Sources without a place
    """

    version: int
    scenario_id: str | None
    nodes: dict[str, str]
    unplaced: list[str]

    UNITS: ClassVar[Mapping[str, str]] = {"version": "1"}


class TelemetrySeriesOut(Record):
    """
    Power over time as columns; null is missing.

    Attributes:
        of: What
        level: Level of detail
        bin_s: Length of a bin [s]
        time_us: Start of each bin [µs]
        columns: power_least_w, power_mean_w, power_highest_w and what else is known
        device: Key of each bin's device, where several were asked for
        limit_w: Limit of a node [W]
    """

    of: str
    level: Literal["1s", "1min", "1h"]
    bin_s: float
    time_us: list[int]
    columns: dict[str, list[float | None]]
    device: list[str] | None
    limit_w: float | None

    UNITS: ClassVar[Mapping[str, str]] = {"bin_s": "s", "time_us": "µs", "limit_w": "W"}


class VersionsVersionOut(Record):
    """
    A version of a scenario without its inputs.

    Attributes:
        number: Counts the scenario's versions from 1 [1]
        name: Name, if somebody gave one
        author: Who made it: name of the token or person
        autosaved: Whether a page saved it by itself
        created_at: When it was begun, UTC
        updated_at: When it was last written, UTC
        sha256: SHA-256 of the inputs
    """

    number: int
    name: str | None
    author: str
    autosaved: bool
    created_at: str
    updated_at: str
    sha256: str

    UNITS: ClassVar[Mapping[str, str]] = {"number": "1"}

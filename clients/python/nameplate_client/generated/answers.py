"""
What answers contain, as records: `run.peak_w`, in watts.

Written by scripts/make_client from OpenAPI; not to be changed by hand.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

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

    energy_wh: Annotated[float | None, "Wh"]
    carbon_kg: Annotated[float | None, "kg"]
    cost_usd: Annotated[float | None, "USD"]
    peak_w: Annotated[float | None, "W"]
    least_spare_w: Annotated[float | None, "W"]
    over_headroom_wh: Annotated[float | None, "Wh"]


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

    stored: Annotated[int, "1"]
    duplicate: bool
    same: bool | None
    refused: list[RefusedOut]
    server_time_us: Annotated[int, "µs"]
    pace_s: Annotated[float, "s"]


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
    attained_points: Annotated[float | None, "1"]
    energy_frac: Annotated[float | None, "1"]
    mean_power_frac: Annotated[float | None, "1"]
    peak_power_frac: Annotated[float | None, "1"]
    energy_per_token_frac: Annotated[float | None, "1"]
    cost_frac: Annotated[float | None, "1"]
    carbon_frac: Annotated[float | None, "1"]


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
    value: Annotated[float | None, "W, 1, W/s, s or 1, by kind"]
    limit: Annotated[float, "W, 1, W/s, s or 1, by kind"]
    created_at: str
    resolved_at: str | None
    reason: str


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
    limit: Annotated[float, "W, 1, W/s, s or 1, by kind"]
    clear: Annotated[float, "W, 1, W/s, s or 1, by kind"]
    for_s: Annotated[float, "s"]
    window_s: Annotated[float, "s"]
    severity: Literal["info", "warning", "critical"]
    webhook_host: str | None
    signed: bool
    enabled: bool
    created_at: str
    updated_at: str


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
    pareto: Annotated[list[int], "1"]
    best: Annotated[int | None, "1"]
    feasible: Annotated[int, "1"]
    rare: RareEventOut | None
    notes: list[str]


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
    value: Annotated[Any, "1"]
    unit: str
    source: str


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
    outcome: Annotated[int, "1"]
    address: str
    count: Annotated[int, "1"]


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
    at_low: Annotated[float | None, "1"]
    at_high: Annotated[float | None, "1"]


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
    first: Annotated[float | None, "1"]
    first_ci: Annotated[float | None, "1"]
    total: Annotated[float | None, "1"]
    total_ci: Annotated[float | None, "1"]
    rank_correlation: Annotated[float | None, "1"]


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

    origins: Annotated[int, "1"]
    covered_frac: Annotated[float, "1"]
    peak_covered_frac: Annotated[float, "1"]
    peak_above_frac: Annotated[float, "1"]
    bias_w: Annotated[float | None, "W"]
    mape_frac: Annotated[float, "1"]
    width_w: Annotated[float | None, "W"]


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
    saves_usd: Annotated[float | None, "USD"]
    server_years: Annotated[float | None, "years"]
    carbon_t: Annotated[float | None, "t"]


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

    work_j: Annotated[float | None, "1"]
    lacked_j: Annotated[float | None, "1"]
    burnt_j: Annotated[float | None, "1"]
    host_j: Annotated[float | None, "1"]
    supply_loss_j: Annotated[float | None, "1"]
    store_loss_j: Annotated[float | None, "1"]
    store_gain_j: Annotated[float | None, "1"]
    ups_loss_j: Annotated[float | None, "1"]
    ups_gain_j: Annotated[float | None, "1"]
    cooling_j: Annotated[float | None, "1"]
    other_j: Annotated[float | None, "1"]
    grid_j: Annotated[float | None, "1"]
    start_lacked_j: Annotated[float | None, "1"]
    start_burnt_j: Annotated[float | None, "1"]


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
    start_us: Annotated[int, "µs"]
    end_us: Annotated[int, "µs"]
    held_out_frac: Annotated[float, "1"]
    level: str
    prior: str
    unit: str
    parameters: list[ParameterOut]
    held_out: HeldOutOut | None
    held_back: str
    samples: Annotated[int, "1"]
    effective_samples: Annotated[float | None, "1"]
    residual_rms: Annotated[float | None, "its own"]
    residual_autocorrelation: Annotated[float | None, "1"]
    warnings: list[str]
    refused: list[UntoldOut]
    samples_needed: Annotated[dict[str, int], "1"]
    error: FieldError | None
    residuals: ResidualsOut | None
    residuals_missing: str


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
    start_us: Annotated[int, "µs"]
    end_us: Annotated[int, "µs"]
    held_out_frac: Annotated[float, "1"]
    level: str
    prior: str
    unit: str
    parameters: list[ParameterOut]
    held_out: HeldOutOut | None
    held_back: str
    samples: Annotated[int, "1"]
    effective_samples: Annotated[float | None, "1"]
    residual_rms: Annotated[float | None, "its own"]
    residual_autocorrelation: Annotated[float | None, "1"]
    warnings: list[str]
    refused: list[UntoldOut]
    samples_needed: Annotated[dict[str, int], "1"]
    error: FieldError | None


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

    t_s: Annotated[list[Any] | None, "s"]
    least: dict[str, list[Any] | None]
    mean: dict[str, list[Any] | None]
    most: dict[str, list[Any] | None]
    hall_mean: dict[str, Any] | None
    hall_most: dict[str, Any] | None
    contract_w: Annotated[list[Any] | None, "W"]
    share_w: Annotated[list[Any] | None, "W"]
    heat_w: Annotated[list[Any] | None, "W"]
    ceiling_mhz: Annotated[list[Any] | None, "MHz"]


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

    windows: Annotated[int, "1"]
    passes: Annotated[int, "1"]
    hall_ticks: Annotated[int, "1"]
    least_hall_ticks: Annotated[int, "1"]
    lost: Annotated[int, "1"]
    repeated_frac: Annotated[float, "1"]


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
    limit_w: Annotated[list[float | None], "W"]
    peak_w: Annotated[list[float | None], "W"]
    peak_t_s: Annotated[list[float | None], "s"]
    in_wh: Annotated[list[float | None], "Wh"]
    out_wh: Annotated[list[float | None], "Wh"]
    discharged_wh: Annotated[list[float | None], "Wh"]
    charged_wh: Annotated[list[float | None], "Wh"]
    trip_t_s: Annotated[list[float | None], "s"]


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
    seed: Annotated[int, "1"]
    server_count: Annotated[int, "1"]
    node_count: Annotated[int, "1"]
    horizon_s: Annotated[float | None, "s"]
    tick_s: Annotated[float | None, "s"]
    utility_peak_w: Annotated[float | None, "W"]
    utility_peak_t_s: Annotated[float | None, "s"]
    utility_wh: Annotated[float | None, "Wh"]
    facility_wh: Annotated[float | None, "Wh"]
    it_wh: Annotated[float | None, "Wh"]
    mechanical_wh: Annotated[float | None, "Wh"]
    shared_loss_wh: Annotated[float | None, "Wh"]
    water_kg: Annotated[float | None, "1"]
    lost_server_h: Annotated[float | None, "h"]
    capped_server_h: Annotated[float | None, "h"]
    contract: ContractResultOut
    halls: list[HallResultOut]
    nodes: CampusNodesOut | None
    racks: RackArraysOut | None
    series: CampusCurvesOut
    events: list[SiteEventOut]
    events_dropped: Annotated[int, "1"]
    pue: Annotated[float | None, "1"]
    trips: Annotated[int, "1"]
    limits: list[SharedLimitOut]
    binding: str
    fullest: list[FullestOut]
    engine: str
    effort: CampusEffortOut
    provenance: ProvenanceOut
    warnings: list[str]
    timing: TimingOut


class Change(Record):
    """
    One input that two versions do not share.

    Attributes:
        field: Dotted path
        before: Value in the other version; null where absent [1]
        after: Value in this version; null where absent [1]
    """

    field: str
    before: Annotated[Any, "1"]
    after: Annotated[Any, "1"]


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

    floor_frac: Annotated[float | None, "1"]
    ballast_frac: Annotated[float | None, "1"]
    ramp_s: Annotated[float | None, "s"]
    psu_j_per_gpu: Annotated[float | None, "J"]
    rack_kwh: Annotated[float | None, "kWh"]
    site_power_frac: Annotated[float | None, "1"]
    site_hours: Annotated[float | None, "h"]
    site_filter_s: Annotated[float | None, "s"]


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

    energy_wh: Annotated[PercentilesOut, "Wh"]
    energy_per_token_wh: Annotated[PercentilesOut, "Wh/token"]
    carbon_g: Annotated[PercentilesOut, "g"]
    carbon_per_token_g: Annotated[PercentilesOut, "g/token"]
    water_ml: Annotated[PercentilesOut, "mL"]
    water_per_token_ml: Annotated[PercentilesOut, "mL/token"]
    cost_usd: Annotated[PercentilesOut, "USD"]
    cost_per_token_usd: Annotated[PercentilesOut, "USD/token"]
    tokens_per_s: Annotated[PercentilesOut, "tokens/s"]
    extrapolated_frac: Annotated[float | None, "1"]
    tornado: list[SwingOut]


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
    t_s: Annotated[list[float], "s"]
    values: Annotated[list[list[float | None] | None], "see unit"]


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
    baseline: Annotated[int, "1"]
    inputs: list[DifferingOut]
    inputs_same: Annotated[int, "inputs"]
    inputs_dropped: Annotated[int, "inputs"]
    outputs: list[OutputOut]
    series: list[CompareCurveOut]
    events: list[EventCountOut]
    warnings: list[CompareWarningOut]
    timing: TimingOut | None


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
    repetitions: Annotated[int, "runs"]
    horizon_s: Annotated[float, "s"]
    limit_w: Annotated[float | None, "W"]
    server_count: Annotated[int | None, "servers"]


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

    contract_w: Annotated[float | None, "W"]
    exceeded_s: Annotated[float | None, "s"]
    longest_s: Annotated[float | None, "s"]
    exceeded_wh: Annotated[float | None, "Wh"]
    ceiling_s: Annotated[float | None, "s"]
    least_mhz: Annotated[list[float | None], "MHz"]
    short_w: Annotated[float | None, "W"]


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
    other_w: Annotated[list[Any] | None, "W"]
    pue: Annotated[float | None, "1"]
    pue_by_hour: Annotated[list[Any] | None, "1"]
    pue_by_month: Annotated[list[Any] | None, "1"]
    partial_pue: Annotated[dict[str, float | None], "1"]
    wue_l_per_kwh: Annotated[float | None, "l/kWh"]
    economiser_hours: Annotated[int, "h"]
    partly_free_hours: Annotated[int, "h"]
    above_recommended_hours: Annotated[int, "h"]
    above_allowable_hours: Annotated[int, "h"]
    short_hours: Annotated[int, "h"]
    outside_range_hours: Annotated[int, "h"]
    it_w: Annotated[float, "W"]
    ride_throughs: list[RideThroughOut]
    energy: YearEnergyOut
    provenance: ProvenanceOut
    timing: TimingOut


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
    net_present_cost_usd: Annotated[float | None, "USD"]
    cost_per_server_h_usd: Annotated[float | None, "USD/h"]
    cost_per_it_kwh_usd: Annotated[float | None, "USD/kWh"]
    equal_yearly_usd: Annotated[float | None, "USD"]
    capital_usd: Annotated[float | None, "USD"]
    carbon_t: Annotated[float | None, "t"]
    water_m3: Annotated[float | None, "m3"]
    parts: list[PartOut]
    years: list[YearCostOut]
    bill: YearBillOut
    built_w: Annotated[float | None, "W"]
    server_count: Annotated[int, "1"]
    pue: Annotated[float | None, "1"]
    warnings: list[str]
    inputs: dict[str, Any]
    provenance: ProvenanceOut
    timing: TimingOut | None


class CostsOut(Record):
    """
    What a combination costs in a year.

    [$/year]

    Attributes:
        stores: Stores, over their life [1]
        energy: Energy burnt and lost [1]
        time: Time the jobs lose [1]
    """

    stores: Annotated[float | None, "1"]
    energy: Annotated[float | None, "1"]
    time: Annotated[float | None, "1"]


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

    added: Annotated[int, "1"]
    changed: Annotated[int, "1"]
    removed: Annotated[int, "1"]
    unchanged: Annotated[int, "1"]
    kept: Annotated[int, "1"]


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
    low_hz: Annotated[float | None, "Hz"]
    high_hz: Annotated[float | None, "Hz"]
    limit_w: Annotated[float | None, "W"]
    limit_frac: Annotated[float | None, "1"]
    source: str
    date: str


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
    bytes: Annotated[int, "B"]
    present: bool
    path: str | None
    origin: Literal["published", "imported"]
    pullable: bool
    checked: str


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
    alerts: Annotated[int, "1"]
    state: Literal["queued", "delivered", "given-up"]
    attempts: Annotated[int, "1"]
    answer: str
    created_at: str
    next_at: str


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
    index: Annotated[int, "1"]
    parent: str
    age_s: Annotated[float, "s"]
    facts: dict[str, float | str]
    power_w: Annotated[float | None, "W"]
    power_average_w: Annotated[float | None, "W"]
    sm_clock_hz: Annotated[float | None, "Hz"]
    gpu_c: Annotated[float | None, "°C"]
    memory_c: Annotated[float | None, "°C"]
    utilisation_frac: Annotated[float | None, "1"]
    throttle_reasons: Annotated[float | None, "1"]
    power_limit_w: Annotated[float | None, "W"]
    inlet_c: Annotated[float | None, "°C"]


class DifferenceOut(Record):
    """
    How far a figure is from the baseline's.

    Attributes:
        absolute: Value minus the baseline's [see unit]
        relative: The same ÷ the baseline's size; null where that is 0 [1]
        times: Size of the difference ÷ what another seed would make [1]
    """

    absolute: Annotated[float | None, "see unit"]
    relative: Annotated[float | None, "1"]
    times: Annotated[float | None, "1"]


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

    since_us: Annotated[int, "µs"]
    found_us: Annotated[int, "µs"]
    size_w: Annotated[float | None, "W"]
    direction: Literal["more", "less"]
    sigmas: Annotated[float | None, "1"]


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

    amplitude_w: Annotated[float | None, "W"]
    at_hz: Annotated[float | None, "Hz"]
    at_s: Annotated[float | None, "s"]
    margin_frac: Annotated[float | None, "1"]
    passes: bool
    nearby_w: Annotated[float | None, "W"]
    nearby_hz: Annotated[float | None, "Hz"]
    nearby_ratio: Annotated[float | None, "1"]


class EmergencyLossOut(Record):
    """
    What an emergency costs.

    Attributes:
        iaas_lost_frac: Work of opaque machines lost during it. 0..1 [1]
        saas_lost_frac: Requests not served during it. 0..1 [1]
        quality_lost_frac: Quality of answers lost during it. 0..1 [1]
    """

    iaas_lost_frac: Annotated[float | None, "1"]
    saas_lost_frac: Annotated[float | None, "1"]
    quality_lost_frac: Annotated[float | None, "1"]


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

    prefill_wh: Annotated[float | None, "Wh"]
    decode_wh: Annotated[float | None, "Wh"]
    gpu_idle_wh: Annotated[float | None, "Wh"]
    host_wh: Annotated[float | None, "Wh"]
    total_wh: Annotated[float | None, "Wh"]


class EnvelopeOut(Record):
    """
    A waveform in buckets that keep its peaks.

    Attributes:
        t_s: Edges of the buckets. , (buckets + 1,) [s]
        low: Lowest value in each. (buckets,)
        high: Highest value in each. (buckets,)
        mean: Mean of each. (buckets,)
    """

    t_s: Annotated[list[Any] | None, "s"]
    low: list[Any] | None
    high: list[Any] | None
    mean: list[Any] | None


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

    count: Annotated[int, "1"]
    every: Annotated[int, "1"]
    spacing_s: Annotated[float | None, "s"]
    lasts_s: Annotated[float | None, "s"]
    level_w: Annotated[float | None, "W"]
    depth_w: Annotated[float | None, "W"]


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
    counts: Annotated[list[int | None], "times"]


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
    before_w: Annotated[dict[str, float | None], "W"]
    frames: list[FrameOut]
    race: RaceOut | None
    provenance: ProvenanceOut
    timing: TimingOut


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
    single: Annotated[int, "1"]
    pairs: Annotated[int, "1"]
    planned_out: list[str]
    worst_t_s: Annotated[float, "s"]
    server_count: Annotated[int, "servers"]
    provenance: ProvenanceOut
    timing: TimingOut


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
    value: Annotated[Any, "as the field"]
    repair: str


class FigureOut(Record):
    """
    A number with its unit, source and how far to trust it.

    Attributes:
        value: Value [see unit]
        unit: Unit
        source: Where it comes from
        mark: measured, published, second-hand, memory, fitted or assumed
    """

    value: Annotated[float, "see unit"]
    unit: str
    source: str
    mark: str


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
    arrived: Annotated[int, "units"]
    finished: Annotated[int, "units"]
    refused: dict[str, int]
    in_flight: Annotated[int, "units"]
    attained_frac: Annotated[float | None, "1"]
    latency_s: dict[str, dict[str, float | None]]
    slowdown: dict[str, dict[str, float | None]]
    energy_j: Annotated[float, "J"]
    mean_power_w: Annotated[float, "W"]
    peak_power_w: Annotated[float, "W"]
    output_tokens: Annotated[float, "tokens"]
    gpu_hours: Annotated[float, "h"]
    cost_usd: Annotated[float, "USD"]
    carbon_g: Annotated[float, "g"]
    quality_frac: Annotated[float, "1"]
    own_terms: str
    notes: list[str]
    figures: dict[str, float | None]
    energy_per_token_j: Annotated[float | None, "J"]
    energy_per_unit_wh: Annotated[float | None, "Wh"]
    cost_per_1000_usd: Annotated[float | None, "USD"]


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
    must: Annotated[float | None, "1"]
    did: Annotated[float | None, "1"]
    margin: Annotated[float | None, "1"]
    asked: bool
    kept: bool
    words: str


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

    mean_frac: Annotated[float | None, "1"]
    p1_frac: Annotated[float | None, "1"]
    p50_frac: Annotated[float | None, "1"]
    p99_frac: Annotated[float | None, "1"]
    period_frac: Annotated[float | None, "1"]
    dips_recorded: Annotated[int, "1"]
    dips_modelled: Annotated[int, "1"]
    dip_depth_frac: Annotated[float | None, "1"]
    quantiles_frac: Annotated[float | None, "1"]


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
    asked_servers: Annotated[int, "1"]
    placed_servers: Annotated[int, "1"]
    unplaced_servers: Annotated[int, "1"]
    facility: Facility | None
    provenance: ProvenanceOut
    timing: TimingOut


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

    energy_gwh: Annotated[float | None, "GWh"]
    mean_megawatt: Annotated[float | None, "MW"]
    carbon_t: Annotated[float | None, "t"]
    water_m3: Annotated[float | None, "m3"]
    cost_usd: Annotated[float | None, "USD"]


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
    end_us: Annotated[int, "µs"]
    step_s: Annotated[float, "s"]
    horizon_s: Annotated[float, "s"]
    time_us: Annotated[list[int], "µs"]
    mean_w: Annotated[list[float | None], "W"]
    low_w: Annotated[list[float | None], "W"]
    high_w: Annotated[list[float | None], "W"]
    peak_w: Annotated[float | None, "W"]
    peak_low_w: Annotated[float | None, "W"]
    peak_high_w: Annotated[float | None, "W"]
    limit_w: Annotated[float | None, "W"]
    passed_frac: Annotated[float | None, "1"]
    passed_us: Annotated[int | None, "µs"]
    headroom_w: Annotated[float | None, "W"]
    model: Literal["seasonal", "naive"]
    season: Literal["none", "day", "week"]
    trend_w_per_day: Annotated[float, "W/d"]
    futures: Annotated[int, "1"]
    warnings: list[str]
    time_zone: str
    history: HistoryOut
    backtest: BacktestOut | None
    backtest_missing: str


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

    t_s: Annotated[float, "s"]
    label: str
    out_w: Annotated[dict[str, float | None], "W"]
    heat: dict[str, float]
    dead_racks: list[str]


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

    net_present_cost_usd: Annotated[float | None, "USD"]
    spend_usd: Annotated[float | None, "USD"]
    carbon_t: Annotated[float | None, "t"]
    unmet_server_years: Annotated[float | None, "years"]
    served_server_years: Annotated[float | None, "years"]
    orders: list[str]


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
    peak_w: Annotated[float, "W"]
    limit_w: Annotated[float, "W"]
    peak_frac: Annotated[float, "1"]


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

    carbon_g_per_kwh: Annotated[list[Any] | None, "g/kWh"]
    price_usd_per_mwh: Annotated[list[Any] | None, "USD/MWh"]
    name: str
    start: str


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
    year: Annotated[int, "1"]
    energy_usd_per_kwh: Annotated[float, "USD/kWh"]
    carbon_filled_hours: Annotated[int, "h"]
    price_filled_hours: Annotated[int, "h"]


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
    server_count: Annotated[int, "1"]
    drawn_peak_w: Annotated[float | None, "W"]
    drawn_wh: Annotated[float | None, "Wh"]
    generated_wh: Annotated[float | None, "Wh"]
    it_peak_w: Annotated[float | None, "W"]
    it_wh: Annotated[float | None, "Wh"]
    mechanical_wh: Annotated[float | None, "Wh"]
    loss_wh: Annotated[float | None, "Wh"]
    water_kg: Annotated[float | None, "1"]
    capped_server_h: Annotated[float | None, "h"]
    lost_server_h: Annotated[float | None, "h"]
    inlet_peak_c: Annotated[float | None, "C"]
    gpu_peak_c: Annotated[float | None, "C"]
    share_min_w: Annotated[float | None, "W"]
    share_max_w: Annotated[float | None, "W"]
    trips: Annotated[int, "1"]
    brakes: Annotated[int, "1"]


class HealthOut(Record):
    """
    Whether the server is up.

    Attributes:
        status: Alive
        database: Database that answered
        kernel: Whether what computes a row is compiled; `kernel_words` says what that
            means
        kernel_words: The same in words
        unfinished_jobs: Jobs waiting or running [jobs]
        found_at_start: How the run before ended and what that cut off; empty where it
            ended in order
    """

    status: Literal["ok"]
    database: Literal["sqlite", "postgresql"]
    kernel: Literal["cold", "warming", "warm", "failed"]
    kernel_words: str
    unfinished_jobs: Annotated[int, "jobs"]
    found_at_start: str


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

    samples: Annotated[int, "1"]
    bias_before: Annotated[float | None, "its own"]
    bias_after: Annotated[float | None, "its own"]
    rms_before: Annotated[float | None, "its own"]
    rms_after: Annotated[float | None, "its own"]
    mape_before: Annotated[float | None, "1"]
    mape_after: Annotated[float | None, "1"]


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

    server_time_us: Annotated[int, "µs"]
    agent: str
    next_sequence: Annotated[int, "1"]
    max_readings: Annotated[int, "1"]
    max_bytes: Annotated[int, "B"]


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

    have_days: Annotated[float, "d"]
    known_frac: Annotated[float, "1"]
    partly_frac: Annotated[float, "1"]
    least_days: Annotated[float, "d"]
    day_days: Annotated[float, "d"]
    week_days: Annotated[float, "d"]
    trend_days: Annotated[float, "d"]


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
    power_w: Annotated[float | None, "W"]
    metered: bool
    meter: bool
    state: Literal["ok", "stale", "lost"]
    age_s: Annotated[float, "s"]
    gpus: Annotated[int, "1"]
    hottest_c: Annotated[float | None, "°C"]
    utilisation_frac: Annotated[float | None, "1"]
    limit_w: Annotated[float | None, "W"]
    throttle_reasons: Annotated[int, "1"]
    devices: list[DeviceNowOut]


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
    power_w: Annotated[float | None, "W"]
    metered: bool
    meter: bool
    state: Literal["ok", "stale", "lost"]
    age_s: Annotated[float, "s"]
    gpus: Annotated[int, "1"]
    hottest_c: Annotated[float | None, "°C"]
    utilisation_frac: Annotated[float | None, "1"]
    limit_w: Annotated[float | None, "W"]
    throttle_reasons: Annotated[int, "1"]


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
    samples: Annotated[int, "1"]


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
    scenario_version: Annotated[int | None, "1"]
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
    scenario_version: Annotated[int | None, "1"]
    created_at: str
    applied_at: str | None
    counts: CountsOut


class InterharmonicOut(Record):
    """
    Strongest pair of sidebands a swinging load puts beside the fundamental.

    Attributes:
        current_frac: Each sideband's current ÷ current at mean power [1]
        modulation_hz: Frequency of the swing [Hz]
        lower_hz: Frequency of the lower sideband [Hz]
        upper_hz: Frequency of the upper sideband [Hz]
    """

    current_frac: Annotated[float | None, "1"]
    modulation_hz: Annotated[float | None, "Hz"]
    lower_hz: Annotated[float | None, "Hz"]
    upper_hz: Annotated[float | None, "Hz"]


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

    lowest_hz: Annotated[float | None, "Hz"]
    highest_hz: Annotated[float | None, "Hz"]
    worst_off_hz: Annotated[float | None, "Hz"]
    worst_at_s: Annotated[float | None, "s"]
    rocof_hz_per_s: Annotated[float | None, "Hz/s"]
    load_frac: Annotated[float | None, "1"]
    overload_s: Annotated[float | None, "s"]
    fuel_limited_frac: Annotated[float | None, "1"]


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
    part: Annotated[float, "1"]
    text: str
    result: ResultRef | None
    error: Problem | None
    created_at: str
    finished_at: str | None
    answer: Any


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
    start_h: Annotated[float | None, "h"]
    end_h: Annotated[float | None, "h"]
    deadline_h: Annotated[float | None, "h"]
    delay_h: Annotated[float | None, "h"]


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

    worst: Annotated[float | None, "1"]
    limit: Annotated[float | None, "1"]
    margin_frac: Annotated[float | None, "1"]
    passes: bool
    at_s: Annotated[float | None, "s"]
    worst_hz: Annotated[float | None, "Hz"]
    note: str


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
    shape: Annotated[list[int], "values"]
    values: dict[str, list[float | None]]
    refused: list[NotHereOut]
    sources: list[str]
    provenance: ProvenanceOut
    timing: TimingOut | None


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
    default: Annotated[Any, "1"]
    example: Annotated[Any, "1"]
    may_be_empty: bool
    choices: list[Any]
    low: Annotated[float | None, "see unit"]
    above: Annotated[float | None, "see unit"]
    high: Annotated[float | None, "see unit"]
    below: Annotated[float | None, "see unit"]


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

    p50_s: Annotated[float | None, "s"]
    p90_s: Annotated[float | None, "s"]
    p99_s: Annotated[float | None, "s"]
    mean_s: Annotated[float | None, "s"]


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

    node_count: Annotated[int, "1"]
    interval_s: Annotated[float | None, "s"]
    period_s: Annotated[float | None, "s"]
    period_from: Any
    levels: TwoLevelsOut
    evaluations: EvaluationsOut | None
    noise_frac: Annotated[float | None, "1"]
    idle_w: Annotated[float | None, "W"]
    start_s: Annotated[float | None, "s"]
    start_seen: bool
    ramp_s: Annotated[float | None, "s"]
    end_s: Annotated[float | None, "s"]
    fall_s: Annotated[float | None, "s"]
    stops: list[LowOut]
    limits: list[str]
    error: FitErrorOut
    duty: Annotated[float | None, "1"]
    iteration_s: Annotated[float | None, "s"]
    job: dict[str, Any]


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

    peak_row_frac: Annotated[float | None, "1"]
    hottest_k: Annotated[float | None, "K"]
    throttle_min: Annotated[float | None, "min"]
    saas_p99: Annotated[float | None, "1"]
    saas_lost_frac: Annotated[float | None, "1"]
    iaas_slowdown_frac: Annotated[float | None, "1"]
    quality_lost_frac: Annotated[float | None, "1"]


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
    peak_row_w: Annotated[float | None, "W"]
    row_limit_w: Annotated[float | None, "W"]
    peak_row_frac: Annotated[float | None, "1"]
    hottest_c: Annotated[float | None, "C"]
    power_throttle_min: Annotated[float | None, "min"]
    thermal_throttle_min: Annotated[float | None, "min"]
    throttle_min: Annotated[float | None, "min"]
    saas_p99: Annotated[float | None, "1"]
    saas_lost_frac: Annotated[float | None, "1"]
    iaas_slowdown_frac: Annotated[float | None, "1"]
    quality_lost_frac: Annotated[float | None, "1"]
    unplaced: Annotated[int, "1"]
    emergency: EmergencyLossOut | None
    change: LeverChangeOut


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
    value_w: Annotated[float | None, "W"]
    percent: Annotated[float | None, "%"]


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
    limit: Annotated[float | None, "1"]
    found: ProbabilityOut
    drawn: bool


class LinesOut(Record):
    """
    Lines of a spectrum, thinned so that no peak is lost.

    Attributes:
        hertz: Frequencies [Hz]
        power_w: Amplitudes [W]
    """

    hertz: Annotated[list[float | None], "Hz"]
    power_w: Annotated[list[float | None], "W"]


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
    wh: Annotated[float, "Wh"]


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
    normal_w: Annotated[float, "W"]
    failover_w: Annotated[float, "W"]
    limit_w: Annotated[float | None, "W"]
    chain_w: Annotated[float | None, "W"]
    bound_by: str
    outlets_w: Annotated[float, "W"]
    oversold: bool


class LowOut(Record):
    """
    A stretch of low power.

    Attributes:
        start_s: When it begins [s]
        end_s: When it is over [s]
        level_w: Median power in it [W]
    """

    start_s: Annotated[float | None, "s"]
    end_s: Annotated[float | None, "s"]
    level_w: Annotated[float | None, "W"]


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
    low_hz: Annotated[float, "Hz"]
    high_hz: Annotated[float, "Hz"]
    source: str
    date: str
    limit_w: Annotated[float | None, "W"]
    resolution_hz: Annotated[float, "Hz"]
    before: DrivenOut
    after: DrivenOut


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
    gpus_per_instance: Annotated[int, "GPUs"]
    instances_per_server: Annotated[int, "copies"]
    kv_capacity_tokens: Annotated[float, "tokens"]
    max_batch: Annotated[int, "sequences"]
    measured_gpu: str
    stands_in: str | None
    source: str
    marks: dict[str, str]


class MoneyPartOut(Record):
    """
    One part of the net present cost.

    Attributes:
        key: Name
        present_usd: Worth today; a gain is negative [USD]
    """

    key: str
    present_usd: Annotated[float | None, "USD"]


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
        design: Redundancy that explicit nodes were designed for: a cost is told, the
            nodes decide what happens. A template says its own
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
    design: Literal["n", "n+1", "2n", "3n2", "catcher"] | None
    loss_frac: Annotated[float, "1"]
    campus: Campus | None
    events: list[Event]
    ready: list[ReadyOut]
    warnings: list[str]


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
    power_w: Annotated[float | None, "W"]
    summed_w: Annotated[float | None, "W"]
    metered: bool
    limit_w: Annotated[float | None, "W"]
    reporting: Annotated[int, "1"]
    expected: Annotated[int, "1"]


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

    time_us: Annotated[int, "µs"]
    site: SiteNowOut
    nodes: list[NodeNowOut]
    hosts: list[HostNowOut]
    details: list[HostDetailOut]


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
    count: Annotated[float | None, "1"]
    first: Annotated[int, "1"]
    ordered: Annotated[int, "1"]
    ordered_label: str
    arrives: Annotated[int, "1"]
    arrives_label: str
    usd: Annotated[float | None, "USD"]
    text: str


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
    seed: Annotated[int, "1"]
    model_version: str
    created_at: str
    finished_at: str | None
    scenario: Scenario


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
    seed: Annotated[int, "1"]
    model_version: str
    created_at: str
    finished_at: str | None


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
    values: Annotated[list[float | None], "see unit"]
    ranges: Annotated[list[list[float] | None], "see unit"]
    differences: list[DifferenceOut]
    spread: Annotated[float | None, "see unit"]
    usual: Annotated[float | None, "see unit"]
    score: Annotated[float | None, "1"]
    verdicts: list[
        Literal["baseline", "same", "better", "worse", "differs", "absent", "unpaired"]
    ]


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
    at_middle: Annotated[float | None, "1"]
    bars: list[AxisBarOut]


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
    value: Annotated[float | None, "its own"]
    standard_error: Annotated[float | None, "its own"]
    unit: str
    fitted: bool


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
    server_count: Annotated[int, "servers"]
    attained_frac: Annotated[float | None, "1"]
    mean_power_w: Annotated[float | None, "W"]
    peak_power_w: Annotated[float | None, "W"]
    energy_per_token_j: Annotated[float | None, "J"]
    on_front: bool


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
    present_usd: Annotated[float | None, "USD"]
    share_frac: Annotated[float | None, "1"]
    usd_per_server_h: Annotated[float | None, "USD/h"]


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

    p5: Annotated[float | None, "as named"]
    p25: Annotated[float | None, "as named"]
    p50: Annotated[float | None, "as named"]
    p75: Annotated[float | None, "as named"]
    p95: Annotated[float | None, "as named"]
    mean: Annotated[float | None, "as named"]


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
    wanted: Annotated[float | None, "1"]
    served: Annotated[float | None, "1"]
    unmet: Annotated[float | None, "1"]
    there: dict[str, float | None]
    on: dict[str, float | None]
    it_w: Annotated[float | None, "W"]
    meter_w: Annotated[float | None, "W"]
    capacity_w: Annotated[dict[str, float | None], "W"]
    need_w: Annotated[dict[str, float | None], "W"]
    spare_w: Annotated[float | None, "W"]
    stranded_w: Annotated[float | None, "W"]
    short: list[str]
    ordered_usd: Annotated[float | None, "USD"]
    running_usd: Annotated[float | None, "USD"]
    lost_usd: Annotated[float | None, "USD"]
    carbon_t: Annotated[float | None, "t"]
    water_m3: Annotated[float | None, "m3"]


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
    planned_w: Annotated[float | None, "W"]
    asked: Annotated[int | None, "1"]
    placed: Annotated[int, "1"]


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
    frac: Annotated[float | None, "1"]
    lost: str
    words: str


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
    value: Annotated[float | None, "1"]
    bound: Annotated[float | None, "1"]
    optimal: bool
    gap_frac: Annotated[float, "1"]
    words: str


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

    added_servers: Annotated[int, "servers"]
    server_count: Annotated[int, "servers"]
    policy: str
    runs: list[RunOut]
    meets_slo: bool
    meets_slo_confidence: Annotated[float | None, "1"]
    breaches: list[str]


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

    it_w: Annotated[list[Any] | None, "W"]
    chiller_w: Annotated[list[Any] | None, "W"]
    rejector_fan_w: Annotated[list[Any] | None, "W"]
    pump_w: Annotated[list[Any] | None, "W"]
    air_fan_w: Annotated[list[Any] | None, "W"]
    cdu_pump_w: Annotated[list[Any] | None, "W"]
    rejected_w: Annotated[list[Any] | None, "W"]
    unserved_w: Annotated[list[Any] | None, "W"]
    capacity_left_w: Annotated[list[Any] | None, "W"]
    water_kg_s: Annotated[list[Any] | None, "kg/s"]
    free_frac: Annotated[list[Any] | None, "1"]
    supply_c: Annotated[list[Any] | None, "C"]
    short_air_k: Annotated[list[Any] | None, "K"]
    coolant_c: Annotated[list[Any] | None, "C"]
    air_capacity_w: Annotated[list[Any] | None, "W"]
    plate_capacity_w: Annotated[list[Any] | None, "W"]
    outside_range: Any


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

    index: Annotated[int, "1"]
    key: str
    changes: dict[str, Any]
    outputs: dict[str, float | None] | None
    error: dict[str, Any] | None
    question: str
    inputs: dict[str, Any] | None


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

    index: Annotated[int, "1"]
    key: str
    changes: dict[str, Any]
    outputs: dict[str, float | None] | None
    error: dict[str, Any] | None


class PointRows(Record):
    """
    Rows that a question about points gave.

    Attributes:
        items: Rows: index, axes, outputs, error
        total: Rows there are without the limit [1]
    """

    items: list[dict[str, Any]]
    total: Annotated[int, "1"]


class PointsOut(Record):
    """
    Points in order, as far as they have come.

    Attributes:
        items: Points
        next: Ask `after` this for more; null at the last so far [1]
    """

    items: list[PointOut]
    next: Annotated[int | None, "1"]


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
    gpus_per_instance: Annotated[int, "GPUs"]
    power_w: Annotated[list[float | None], "W"]
    instances: Annotated[list[float | None], "instances"]
    clock_mhz: Annotated[list[float | None], "MHz"]
    queued: Annotated[list[float | None], "requests"]


class PriorityOut(Record):
    """
    What the users of one priority saw.

    Attributes:
        priority: Priority
        server_count: Servers that carry it [servers]
        arrived: Requests that arrived [requests]
        carried_over: Requests under way at the start [requests]
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
    server_count: Annotated[int, "servers"]
    arrived: Annotated[int, "requests"]
    carried_over: Annotated[int, "requests"]
    finished: Annotated[int, "requests"]
    in_flight: Annotated[int, "requests"]
    rejected_queue_full: Annotated[int, "requests"]
    rejected_too_long: Annotated[int, "requests"]
    output_tokens: Annotated[float | None, "tokens"]
    throughput_tokens_per_s: Annotated[float | None, "tokens/s"]
    ttft: LatencyOut
    tbt: LatencyOut
    e2e: LatencyOut
    capped_s: Annotated[float | None, "s"]
    p50_impact_frac: Annotated[float | None, "1"]
    p99_impact_frac: Annotated[float | None, "1"]
    throughput_impact_frac: Annotated[float | None, "1"]


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

    probability: Annotated[float | None, "1"]
    low: Annotated[float | None, "1"]
    high: Annotated[float | None, "1"]
    passed: Annotated[int, "1"]
    count: Annotated[int, "1"]
    undefined: Annotated[int, "1"]
    level: Annotated[float | None, "1"]
    method: str


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
    status: Annotated[int, "1"]
    detail: str
    id: str
    errors: list[FieldError]


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
    seed: Annotated[int, "1"]
    created_at: str


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
    prompts: Annotated[int, "machines"]
    tokens: Annotated[int, "machines"]
    requests_s: Annotated[float | None, "1/s"]
    power: Annotated[float | None, "published unit"]
    cost_usd_h: Annotated[float | None, "USD/h"]
    looked_at: Annotated[int, "1"]


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

    frac: Annotated[float | None, "1"]
    value: Annotated[float | None, "1"]
    low: Annotated[float | None, "1"]
    high: Annotated[float | None, "1"]


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
    draws: Annotated[int, "1"]
    seed: Annotated[int, "1"]
    typical: ClassEnergyOut
    long: ClassEnergyOut
    long_ratio: Annotated[float | None, "1"]
    fleet_all_typical: FleetOut
    fleet: FleetOut
    fleet_after: FleetOut
    savings: list[SavingOut]
    sources: list[SourcedInputOut]
    provenance: ProvenanceOut
    timing: TimingOut | None


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
    t_s: Annotated[list[Any] | None, "s"]
    without_cap: list[Any] | None
    with_cap: list[Any] | None
    ratio_before: Annotated[float | None, "1"]
    ratio_after: Annotated[float | None, "1"]
    cap_lands_s: Annotated[float | None, "s"]
    trip_s: Annotated[float | None, "s"]


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
    peak_w: Annotated[list[Any] | None, "W"]
    mean_w: Annotated[list[Any] | None, "W"]
    inlet_peak_c: Annotated[list[Any] | None, "C"]
    gpu_peak_c: Annotated[list[Any] | None, "C"]
    throttled_s: Annotated[list[Any] | None, "s"]
    lost_s: Annotated[list[Any] | None, "s"]


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
    server_count: Annotated[int, "1"]
    added: Annotated[int, "1"]
    of: dict[str, int]
    fed_by: list[str]
    phases: str
    planned_w: Annotated[float | None, "W"]


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
    position: Annotated[int, "1"]
    server: str
    server_u: Annotated[float | None, "U"]
    fed_by: list[str]
    feed_wh: Annotated[list[float | None], "Wh"]
    server_count: Annotated[int, "1"]
    peak_w: Annotated[float | None, "W"]
    mean_w: Annotated[float | None, "W"]
    gpu_wh: Annotated[float | None, "Wh"]
    supply_loss_wh: Annotated[float | None, "Wh"]
    limit_w: Annotated[float | None, "W"]
    weakest: str
    inlet_peak_c: Annotated[float | None, "C"]
    gpu_peak_c: Annotated[float | None, "C"]
    throttled_s: Annotated[float | None, "s"]
    lost_s: Annotated[float | None, "s"]


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

    probability: Annotated[float | None, "1"]
    low: Annotated[float | None, "1"]
    high: Annotated[float | None, "1"]
    level: Annotated[float | None, "1"]
    evaluations: Annotated[int, "1"]
    levels: Annotated[int, "1"]
    replicas: Annotated[int, "1"]
    effective_points: Annotated[float | None, "1"]
    undefined: Annotated[int, "1"]
    method: str
    note: str


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
    requests: Annotated[int, "1"]
    last_at: str | None
    samples: Annotated[int, "1"]
    stored: Annotated[int, "1"]
    missing: Annotated[int, "1"]
    refused: list[RefusedOut]
    ignored: list[IgnoredOut]
    ignored_more: Annotated[int, "1"]
    unsupported: Annotated[dict[str, int], "1"]


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
    count: Annotated[int, "1"]
    repair: str


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

    step_w: Annotated[float | None, "W"]
    ramp_w_per_s: Annotated[float | None, "W/s"]
    limit_w_per_s: Annotated[float | None, "W/s"]
    margin_frac: Annotated[float | None, "1"]
    least_walk_in_s: Annotated[float | None, "s"]
    most_walk_in_s: Annotated[float | None, "s"]
    possible: bool
    rule: str
    table: str


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

    readings: Annotated[int, "1"]
    held_out_from_us: Annotated[int | None, "µs"]
    time_us: Annotated[list[int], "µs"]
    measured: Annotated[list[float | None], "its own"]
    modelled: Annotated[list[float | None], "its own"]
    residual: Annotated[list[float | None], "its own"]


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
    lost_w: Annotated[float | None, "W"]
    lost_s: Annotated[float | None, "s"]
    recovered_s: Annotated[float | None, "s"]
    battery_j: Annotated[float | None, "J"]
    findings: list[FindingOut]
    t_s: Annotated[list[float | None], "s"]
    grid_w: Annotated[list[float | None], "W"]
    voltage_t_s: Annotated[list[float], "s"]
    voltage_pu: Annotated[list[float], "pu"]


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

    left_frac: Annotated[float | None, "1"]
    start_c: Annotated[float | None, "C"]
    recommended_s: Annotated[float | None, "s"]
    allowable_s: Annotated[float | None, "s"]
    limit_c: Annotated[float | None, "C"]
    t_s: Annotated[list[Any] | None, "s"]
    air_c: Annotated[list[Any] | None, "C"]


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
    row: Annotated[int, "1"]
    field: str
    rule: str
    value: Annotated[Any, "as sent"]
    repair: str


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
    server_count: Annotated[int, "1"]
    server_w: Annotated[float | None, "W"]
    more_servers: Annotated[int, "1"]
    placed_servers: Annotated[int, "1"]
    left_servers: Annotated[int, "1"]
    binding: str
    binding_frac: Annotated[float | None, "1"]
    lost: str
    words: str


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
    limit: Annotated[float | None, "1"]
    limit_frac: Annotated[float | None, "1"]
    window_s: Annotated[float | None, "s"]
    low_hz: Annotated[float | None, "Hz"]
    high_hz: Annotated[float | None, "Hz"]
    up_w_per_s: Annotated[float | None, "W/s"]
    down_w_per_s: Annotated[float | None, "W/s"]
    source: str
    date: str
    unit: str


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

    highest_w: Annotated[float, "W"]
    lowest_w: Annotated[float, "W"]
    mean_w: Annotated[float, "W"]
    books: BooksOut
    unexplained_frac: Annotated[float | None, "1"]
    wasted_frac: Annotated[float | None, "1"]
    slowdown_frac: Annotated[float | None, "1"]
    lost_start_s: Annotated[float | None, "s"]
    starts: Annotated[int, "1"]
    burn_life_frac: Annotated[float | None, "1"]


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
        warm_up_peak_frac: Peak ÷ provisioned of the warm-up, which nothing else counts
            [1]
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
    server_count: Annotated[int, "servers"]
    base_server_count: Annotated[int, "servers"]
    added_servers: Annotated[int, "servers"]
    seed: Annotated[int, "1"]
    horizon_s: Annotated[float | None, "s"]
    tick_s: Annotated[float | None, "s"]
    provisioned_w: Annotated[float | None, "W"]
    rate_per_server_s: Annotated[float | None, "1/s"]
    peak_w: Annotated[float | None, "W"]
    peak_frac: Annotated[float | None, "1"]
    peak_t_s: Annotated[float | None, "s"]
    warm_up_peak_frac: Annotated[float | None, "1"]
    mean_w: Annotated[float | None, "W"]
    mean_frac: Annotated[float | None, "1"]
    energy_wh: Annotated[float | None, "Wh"]
    energy_per_token_j: Annotated[float | None, "J"]
    energy_split: EnergyOut
    rise_2s_frac: Annotated[float | None, "1"]
    rise_40s_frac: Annotated[float | None, "1"]
    above: list[ThresholdTimeOut]
    caps_low: Annotated[int, "commands"]
    caps_high: Annotated[int, "commands"]
    releases: Annotated[int, "commands"]
    brakes: Annotated[int, "brakes"]
    brake_s: Annotated[float | None, "s"]
    low: PriorityOut
    high: PriorityOut
    classes: list[ResultsClassOut]
    series: ResultsSeriesOut | None
    events: list[ResultsEventOut]
    events_dropped: Annotated[int, "events"]
    slo_breaches: list[str]
    meets_slo: bool
    provenance: ProvenanceOut


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
    energy_wh: Annotated[dict[str, PercentilesOut], "Wh"]
    published_frac: dict[str, float | None] | None
    source: str
    mark: str


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
    version: Annotated[int, "1"]
    created_at: str
    updated_at: str
    scenario: Scenario


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
    version: Annotated[int, "1"]
    created_at: str
    updated_at: str


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
    server_count: Annotated[int, "1"]
    planned_servers: Annotated[int, "1"]
    added_frac: Annotated[float | None, "1"]
    halls: Annotated[int, "1"]
    rows: Annotated[int, "1"]
    aisles: Annotated[int, "1"]
    iaas_frac: Annotated[float | None, "1"]
    iaas_drawn_frac: Annotated[float | None, "1"]
    days: Annotated[int, "d"]
    seed: Annotated[int, "1"]
    emergency: Any
    emergency_start_s: Annotated[float | None, "s"]
    emergency_duration_s: Annotated[float | None, "s"]
    levers: list[LeverResultOut]
    notes: list[str]
    not_taken: list[str]
    provenance: ProvenanceOut
    timing: TimingOut


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

    seeds: Annotated[list[int], "1"]
    facility_peak_w: Annotated[list[float | None], "W"]
    it_peak_w: Annotated[list[float | None], "W"]
    facility_wh: Annotated[list[float | None], "Wh"]
    it_wh: Annotated[list[float | None], "Wh"]
    pue: Annotated[list[float | None], "1"]
    tightest_frac: Annotated[list[float | None], "1"]
    hottest_c: Annotated[list[float | None], "C"]


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
    gpu_count: Annotated[int, "GPUs"]
    idle_w: Annotated[float, "W"]
    full_w: Annotated[float, "W"]
    figures: dict[str, FigureOut]
    measured: dict[str, FigureOut]
    models: list[str]
    file: str


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
    horizon_s: Annotated[float, "s"]
    capacity_frac: Annotated[float | None, "1"]
    outcomes: list[SystemDidOut]
    refused: list[NotHereOut]
    pareto: list[ParetoPointOut]
    grid: GridUsedOut | None
    warnings: list[str]
    inputs: dict[str, Any]
    provenance: ProvenanceOut
    timing: TimingOut | None


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
    default: Annotated[Any, "see unit"]
    source: str | None


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
    bin_s: Annotated[float, "s"]
    time_us: Annotated[list[int], "µs"]
    measured_w: Annotated[list[float | None], "W"]
    predicted_w: Annotated[list[float | None], "W"]


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
    compared: Annotated[int, "1"]
    missing: Annotated[int, "1"]
    measured_w: Annotated[float | None, "W"]
    predicted_w: Annotated[float | None, "W"]
    bias_w: Annotated[float | None, "W"]
    rms_w: Annotated[float | None, "W"]
    mape_frac: Annotated[float | None, "1"]
    p95_off_frac: Annotated[float | None, "1"]
    drift: DriftOut | None
    unwatched: str
    metered: bool
    hosts: Annotated[int, "1"]
    hosts_predicted: Annotated[int, "1"]


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

    start_us: Annotated[int, "µs"]
    end_us: Annotated[int, "µs"]
    computed_us: Annotated[int, "µs"]
    hosts: list[ShadowEntry]
    nodes: list[ShadowEntry]
    origins: list[str]
    series: ShadowCurves | None


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
    used: Annotated[float | None, "1"]
    limit: Annotated[float | None, "1"]
    unit: str
    used_frac: Annotated[float | None, "1"]
    bound_s: Annotated[float | None, "s"]
    words: str


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
    servers: Annotated[int, "1"]
    load_w: Annotated[float | None, "W"]


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
    power_w: Annotated[list[Any] | None, "W"]
    total_w: Annotated[list[Any] | None, "W"]
    jobs: list[JobShiftOut]
    shifted: AccountOut
    at_arrival: AccountOut
    saved_frac: Annotated[float | None, "1"]
    foresight: AccountOut | None
    regret_frac: Annotated[float | None, "1"]
    gap_frac: Annotated[float | None, "1"]
    provenance: ProvenanceOut
    timing: TimingOut | None


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
    lost_servers: Annotated[int, "1"]
    lost_at_once: Annotated[int, "1"]
    trips: Annotated[int, "1"]
    first_trip_s: Annotated[float | None, "s"]
    worst_node: str
    worst_frac: Annotated[float | None, "1"]
    race_node: str
    race_trip_s: Annotated[float | None, "s"]
    cap_lands_s: Annotated[float | None, "s"]
    saved_by_cap: bool
    slowed_servers: Annotated[int, "1"]
    slo_damage_frac: Annotated[float | None, "1"]
    binding: str
    race: str


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

    t_s: Annotated[float | None, "s"]
    kind: str
    target: str
    value: Annotated[float | None, "MHz"]


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
    depth: Annotated[int, "1"]
    rated_w: Annotated[float | None, "W"]
    limit_w: Annotated[float | None, "W"]
    provisioned_w: Annotated[float | None, "W"]
    nameplate_w: Annotated[float | None, "W"]
    peak_w: Annotated[float | None, "W"]
    peak_t_s: Annotated[float | None, "s"]
    mean_w: Annotated[float | None, "W"]
    failover_w: Annotated[float | None, "W"]
    failover_cause: str
    in_wh: Annotated[float | None, "Wh"]
    feed_wh: Annotated[list[float | None], "Wh"]
    out_wh: Annotated[float | None, "Wh"]
    loss_wh: Annotated[float | None, "Wh"]
    discharged_wh: Annotated[float | None, "Wh"]
    charged_wh: Annotated[float | None, "Wh"]
    owed_wh: Annotated[float | None, "Wh"]
    stranded_w: Annotated[float | None, "W"]
    trip_t_s: Annotated[float | None, "s"]
    trip_heat: Annotated[float | None, "1"]
    phase_w: Annotated[list[float | None], "W"]
    mean_series_w: Annotated[list[Any] | None, "W"]
    max_series_w: Annotated[list[Any] | None, "W"]
    headroom_w: Annotated[float | None, "W"]
    oversubscription_ratio: Annotated[float | None, "1"]
    imbalance_frac: Annotated[float | None, "1"]


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

    power_w: Annotated[float | None, "W"]
    limit_w: Annotated[float | None, "W"]
    facility_w: Annotated[float | None, "W"]
    reporting: Annotated[int, "1"]
    expected: Annotated[int, "1"]
    metered: Annotated[int, "1"]
    gpus: Annotated[int, "1"]
    throttled: Annotated[int, "1"]
    worst_age_s: Annotated[float | None, "s"]


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
    limit_w: Annotated[float | None, "W"]
    peak_w: Annotated[float | None, "W"]
    caps_low: Annotated[int, "1"]
    caps_high: Annotated[int, "1"]
    releases: Annotated[int, "1"]
    brakes: Annotated[int, "1"]
    capped_low_s: Annotated[float | None, "s"]
    capped_high_s: Annotated[float | None, "s"]
    peak_frac: Annotated[float | None, "1"]


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
    server_count: Annotated[int, "1"]
    provisioned_servers: Annotated[int, "1"]
    seed: Annotated[int, "1"]
    horizon_s: Annotated[float | None, "s"]
    tick_s: Annotated[float | None, "s"]
    nodes: list[SiteNodeOut]
    racks: list[RackResultOut]
    rows: list[SiteRowOut]
    halls: list[str]
    series: SiteSeriesOut
    events: list[SiteEventOut]
    events_dropped: Annotated[int, "1"]
    it_wh: Annotated[float | None, "Wh"]
    facility_wh: Annotated[float | None, "Wh"]
    mechanical_wh: Annotated[float | None, "Wh"]
    binding: str
    pue: Annotated[float | None, "1"]
    lost_server_s: Annotated[float, "s"]
    hottest_c: Annotated[float | None, "C"]
    losses: list[LinkOut]
    seed_ranges: SeedRangesOut | None
    provenance: ProvenanceOut
    warnings: list[str]
    timing: TimingOut


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

    t_s: Annotated[list[Any] | None, "s"]
    it_w: Annotated[list[Any] | None, "W"]
    facility_w: Annotated[list[Any] | None, "W"]
    mechanical_w: Annotated[list[Any] | None, "W"]
    lost_servers: list[Any] | None
    capped_rows: list[Any] | None
    hall_c: Annotated[list[Any] | None, "C"]
    hottest_c: Annotated[list[Any] | None, "C"]


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
    front: Annotated[list[int], "1"]
    best: Annotated[int | None, "1"]
    best_measures: dict[str, Any] | None
    passing: Annotated[int, "1"]
    objective: str
    sample_s: Annotated[float, "s"]
    horizon_s: Annotated[float, "s"]
    unjudged: list[UnjudgedOut]
    sensitivity: list[SensitivityOut]
    provenance: ProvenanceOut
    timing: TimingOut


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
    first_us: Annotated[int, "µs"]
    last_us: Annotated[int, "µs"]
    age_s: Annotated[float, "s"]
    devices: Annotated[int, "1"]
    models: list[str]


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
    contract_w: Annotated[float, "W"]
    sample_s: Annotated[float, "s"]
    horizon_s: Annotated[float, "s"]
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
    limit_w: Annotated[float | None, "W"]
    breaker_w: Annotated[float | None, "W"]
    peak_w: Annotated[float | None, "W"]
    predicted_w: Annotated[float | None, "W"]
    floor_w: Annotated[float | None, "W"]
    entitled_w: Annotated[float | None, "W"]
    reserved_w: Annotated[float | None, "W"]
    lent_w: Annotated[float | None, "W"]
    capped_w: Annotated[float | None, "W"]
    shed_w: Annotated[float | None, "W"]
    shed_servers: Annotated[int, "1"]


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
    parent_w: Annotated[float | None, "W"]
    predicted_w: Annotated[float | None, "W"]
    reserved_w: Annotated[float | None, "W"]
    spare_w: Annotated[float | None, "W"]
    lent_w: Annotated[float | None, "W"]
    borrowed_w: Annotated[float | None, "W"]
    capped_w: Annotated[float | None, "W"]
    shed_w: Annotated[float | None, "W"]
    shed_servers: Annotated[int, "1"]
    domains: list[SteeredDomainOut]
    shed: list[ShedLoadOut]
    words: list[str]
    provenance: ProvenanceOut
    timing: TimingOut


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
    power_w: Annotated[float, "W"]
    energy_j: Annotated[float, "J"]
    control: str
    lowest_frac: Annotated[float, "1"]
    highest_frac: Annotated[float, "1"]
    lost_j: Annotated[float, "J"]
    full_cycles: Annotated[float, "1"]
    life_years: Annotated[float | None, "years"]
    full_or_empty_frac: Annotated[float, "1"]


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
    readings: Annotated[int, "1"]
    bytes: Annotated[int, "B"]
    waiting: Annotated[int, "1"]
    gaps: Annotated[list[list[int]], "µs"]


class StudyChecked(Record):
    """
    What a study would do.

    Attributes:
        points: Points it would answer, at most [1]
        axes: Its axes
        question: What it asks
    """

    points: Annotated[int, "1"]
    axes: list[StudiesAxisOut]
    question: QuestionOut


class StudyCounts(Record):
    """
    How far a study is.

    Attributes:
        asked: Points it asks for; at most, until it is done [1]
        done: Points that came [1]
        failed: Of these, without an answer [1]
        from_cache: Of these, known from before [1]
    """

    asked: Annotated[int, "1"]
    done: Annotated[int, "1"]
    failed: Annotated[int, "1"]
    from_cache: Annotated[int, "1"]


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

    count: Annotated[int, "1"]
    undefined: Annotated[int, "1"]
    mean: Annotated[float | None, "1"]
    sd: Annotated[float | None, "1"]
    least: Annotated[float | None, "1"]
    most: Annotated[float | None, "1"]
    quantiles: list[QuantileOut]
    level: Annotated[float | None, "1"]
    note: str


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
    low_wh: Annotated[float | None, "Wh"]
    high_wh: Annotated[float | None, "Wh"]
    swing_wh: Annotated[float | None, "Wh"]


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
    arrived: Annotated[int, "units"]
    finished: Annotated[int, "units"]
    refused: dict[str, int]
    in_flight: Annotated[int, "units"]
    attained_frac: Annotated[float | None, "1"]
    latency_s: dict[str, dict[str, float | None]]
    slowdown: dict[str, dict[str, float | None]]
    energy_j: Annotated[float, "J"]
    mean_power_w: Annotated[float, "W"]
    peak_power_w: Annotated[float, "W"]
    output_tokens: Annotated[float, "tokens"]
    gpu_hours: Annotated[float, "h"]
    cost_usd: Annotated[float, "USD"]
    carbon_g: Annotated[float, "g"]
    quality_frac: Annotated[float, "1"]
    own_terms: str
    notes: list[str]
    figures: dict[str, float | None]
    energy_per_token_j: Annotated[float | None, "J"]
    energy_per_unit_wh: Annotated[float | None, "Wh"]
    cost_per_1000_usd: Annotated[float | None, "USD"]
    kind: str
    summary: str
    source: str
    mark: str
    page: str
    timeline: TimelineOut | None
    against_baseline: AgainstOut | None
    baseline: FiguresOut | None
    against_own: AgainstOut | None


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
    level_frac: Annotated[float | None, "1"]
    above_s: Annotated[float | None, "s"]
    crossings: Annotated[int, "times"]


class TimelineOut(Record):
    """
    Site power and pools over time.

    Attributes:
        time_s: Begin of each record [s]
        power_w: Mean site power [W]
        power_max_w: Highest in it [W]
        pools: Pools, which sum to the site
    """

    time_s: Annotated[list[float], "s"]
    power_w: Annotated[list[float | None], "W"]
    power_max_w: Annotated[list[float | None], "W"]
    pools: list[PoolOut]


class TimingOut(Record):
    """
    What an answer cost.

    Attributes:
        computed_s: Time of computing [s]
    """

    computed_s: Annotated[float, "s"]


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

    index: Annotated[int, "1"]
    choice: ChoiceOut
    passes: bool
    worst_rule: str
    worst_margin_frac: Annotated[float | None, "1"]
    cost_per_year: Annotated[float | None, "$/year"]
    costs: CostsOut
    wasted_frac: Annotated[float | None, "1"]
    slowdown_frac: Annotated[float | None, "1"]
    highest_w: Annotated[float, "W"]


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

    high_w: Annotated[float | None, "W"]
    low_w: Annotated[float | None, "W"]
    low_s: Annotated[float | None, "s"]
    jitter_s: Annotated[float | None, "s"]
    misfit_w: Annotated[float | None, "W"]


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

    rows: Annotated[int, "1"]
    stored: Annotated[int, "1"]
    times: str
    devices: list[str]
    fields: dict[str, str]
    ignored_columns: list[str]
    refused: list[RefusedOut]


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

    rated_w: Annotated[float, "W"]
    peak_gain: Annotated[float, "1"]
    peak_hz: Annotated[float | None, "Hz"]
    amplifies_below_hz: Annotated[float | None, "Hz"]
    words: str


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
    limit: Annotated[float | None, "1"]
    limit_frac: Annotated[float | None, "1"]
    window_s: Annotated[float | None, "s"]
    low_hz: Annotated[float | None, "Hz"]
    high_hz: Annotated[float | None, "Hz"]
    up_w_per_s: Annotated[float | None, "W/s"]
    down_w_per_s: Annotated[float | None, "W/s"]
    source: str
    date: str
    unit: str
    before: JudgedOut | None
    after: JudgedOut | None
    why_not: str | None


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

    cases: Annotated[int, "1"]
    normal_frac: Annotated[float | None, "1"]
    worst_frac: Annotated[float | None, "1"]
    worst: str
    trips: Annotated[int, "1"]
    lost_by_load: Annotated[int, "1"]
    most_lost: Annotated[int, "1"]
    agrees: bool


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

    number: Annotated[int, "1"]
    name: str | None
    author: str
    autosaved: bool
    created_at: str
    updated_at: str
    sha256: str
    against: Annotated[int | None, "1"]
    changes: list[Change]
    scenario: dict[str, Any]


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

    energy_usd: Annotated[float | None, "USD"]
    demand_usd: Annotated[float | None, "USD"]
    water_usd: Annotated[float | None, "USD"]
    carbon_usd: Annotated[float | None, "USD"]
    lost_usd: Annotated[float | None, "USD"]
    energy_kwh: Annotated[float | None, "kWh"]
    it_kwh: Annotated[float | None, "kWh"]
    carbon_t: Annotated[float | None, "t"]
    water_m3: Annotated[float | None, "m3"]
    server_h: Annotated[float | None, "h"]
    peak_kw: Annotated[list[Any] | None, "kW"]
    billed_kw: Annotated[list[Any] | None, "kW"]


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

    year: Annotated[int, "1"]
    usd: Annotated[dict[str, float | None], "USD"]
    total_usd: Annotated[float | None, "USD"]
    present_usd: Annotated[float | None, "USD"]
    carbon_t: Annotated[float | None, "t"]
    water_m3: Annotated[float | None, "m3"]


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

    energy_mwh: Annotated[float | None, "MWh"]
    cost: Annotated[float | None, "1"]
    currency: str
    carbon_kg: Annotated[float | None, "kg CO2e"]
    mean_price_per_mwh: Annotated[float | None, "1"]
    mean_carbon_g_per_kwh: Annotated[float | None, "g/kWh"]


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

    from_s: Annotated[float | None, "s"]
    to_s: Annotated[float | None, "s"]
    sample_s: Annotated[float | None, "s"]
    before: EnvelopeOut
    after: EnvelopeOut
    drawn: EnvelopeOut
    stores: dict[str, EnvelopeOut]
    frequency: Annotated[EnvelopeOut | None, "Hz"]
    timing: TimingOut | None


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
    scenario_schema: Annotated[int, "1"]


class ImportsFieldOut(Record):
    """
    One field that changes.

    Attributes:
        field: Field
        old: Before; null where it is new [as the field]
        new: After [as the field]
    """

    field: str
    old: Annotated[Any, "as the field"]
    new: Annotated[Any, "as the field"]


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
    step_s: Annotated[int, "s"]
    start_us: Annotated[int, "us"]
    updated_at: str


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
    server_count: Annotated[int, "1"]
    placed: Annotated[int, "1"]
    unplaced: Annotated[int, "1"]
    planned_w: Annotated[float | None, "W"]
    worst_frac: Annotated[float | None, "1"]
    worst: str
    imbalance_frac: Annotated[float | None, "1"]
    moved: Annotated[int, "1"]
    unused: list[str]
    bindings: list[PlacementLimitOut]
    proofs: list[PlacementProofOut]
    rounds: Annotated[int, "1"]
    planes: Annotated[int, "1"]
    variables: Annotated[int, "1"]
    verified: VerifiedOut
    scenario: Scenario
    warnings: list[str]
    inputs: dict[str, Any]
    provenance: ProvenanceOut
    timing: TimingOut | None


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
    gap_frac: Annotated[float | None, "1"]
    nodes: Annotated[int, "1"]
    net_present_cost_usd: Annotated[float | None, "USD"]
    spend_usd: Annotated[float | None, "USD"]
    cost_per_server_h_usd: Annotated[float | None, "USD/h"]
    carbon_t: Annotated[float | None, "t"]
    water_m3: Annotated[float | None, "m3"]
    served_server_years: Annotated[float | None, "years"]
    unmet_server_years: Annotated[float | None, "years"]
    unmet_frac: Annotated[float | None, "1"]
    spare_w: Annotated[float | None, "W"]
    stranded_w: Annotated[float | None, "W"]
    parts: list[MoneyPartOut]
    periods: list[PeriodOut]
    orders: list[OrderRowOut]


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
    finished: Annotated[int, "requests"]
    ttft: LatencyOut
    e2e: LatencyOut


class ResultsEventOut(Record):
    """
    A command sent or landed.

    Attributes:
        t_s: Time from the start [s]
        kind: command, landed, brake-command or brake-landed
        target: low, high or all
        value: Clock cap, 0 for none; brake: 1 on [MHz or 1]
    """

    t_s: Annotated[float | None, "s"]
    kind: str
    target: str
    value: Annotated[float | None, "MHz or 1"]


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
    best: Annotated[dict[str, int | None], "servers"]
    baseline: RunOut
    rate_per_server_s: Annotated[float | None, "1/s"]
    scenario: Scenario
    provenance: ProvenanceOut


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

    t_s: Annotated[list[float | None], "s"]
    row_min_w: Annotated[list[float | None], "W"]
    row_mean_w: Annotated[list[float | None], "W"]
    row_max_w: Annotated[list[float | None], "W"]
    low_clock_mhz: Annotated[list[float | None], "MHz"]
    high_clock_mhz: Annotated[list[float | None], "MHz"]
    brake: Annotated[list[float | None], "1"]
    queued: Annotated[list[float | None], "requests"]
    arrivals_rps: Annotated[list[float | None], "1/s"]


class ServingAxisOut(Record):
    """
    One axis of a grid.

    Attributes:
        name: Name
        values: Its values [as named]
    """

    name: str
    values: Annotated[list[float], "as named"]


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
    margin_before_frac: Annotated[float | None, "1"]
    margin_after_frac: Annotated[float | None, "1"]
    passes: bool


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
    gpu_count: Annotated[int, "GPUs"]
    tdp_w: Annotated[float, "W"]
    iteration_s: Annotated[float, "s"]
    duty: Annotated[float, "1"]
    start_s: Annotated[float, "s"]
    end_s: Annotated[float | None, "s"]


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
    part: Annotated[float, "1"]
    text: str
    result: ResultRef | None
    error: Problem | None
    created_at: str
    finished_at: str | None


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
    low: Annotated[float | None, "1"]
    high: Annotated[float | None, "1"]
    whole: bool
    numeric: bool


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
    low: Annotated[float | None, "1"]
    high: Annotated[float | None, "1"]
    low_open: bool
    high_open: bool
    choices: list[str]


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

    time_us: Annotated[int, "µs"]
    source: str
    device: str
    kind: str
    text: str


class TelemetryPlacementOut(Record):
    """
    Where sources stand.

    Attributes:
        version: Grows with each change [1]
        scenario_id: Watched scenario
        nodes: Source name to node
        unplaced: Sources without a place
    """

    version: Annotated[int, "1"]
    scenario_id: str | None
    nodes: dict[str, str]
    unplaced: list[str]


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
    bin_s: Annotated[float, "s"]
    time_us: Annotated[list[int], "µs"]
    columns: dict[str, list[float | None]]
    device: list[str] | None
    limit_w: Annotated[float | None, "W"]


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

    number: Annotated[int, "1"]
    name: str | None
    author: str
    autosaved: bool
    created_at: str
    updated_at: str
    sha256: str

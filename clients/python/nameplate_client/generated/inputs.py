"""
What requests contain, scenarios above all, as typed dictionaries.

Written by scripts/make_client from OpenAPI; not to be changed by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Axis(TypedDict):
    """One thing that varies: a field of the inputs, and its values or its scatter."""

    field: str  # Dotted path of a field of the inputs
    label: NotRequired[str | None]  # Name on charts; empty is the field's
    # A list of values, of any kind the field takes
    values: NotRequired[list[bool | int | float | str | dict[str, Any] | list[Any] | None] | None]
    range: NotRequired[Range | None]  # Equal distances
    log: NotRequired[LogRange | None]  # Equal ratios
    # How an unknown scatters
    distribution: NotRequired[Normal | Triangular | Scatter | LogNormal | Exponential | Samples | None]


class Ballast(TypedDict, total=False):
    """Software ballast: a second workload that fills a job's idle gaps."""

    target_frac: float  # Gaps are lifted to this ÷ TDP [1]
    active_frac: float  # Power ÷ TDP below which a GPU waits: a gap [1]
    detect_s: float  # A gap is seen this long after it began [s]
    kernel_s: float  # Length of one kernel of it: how late it backs off [s]
    grain_frac: float  # Power of one unit of it ÷ TDP [1]
    contention_frac: float  # Part of its speed the job loses while both run [1]
    resident_frac: float  # Part of its speed the job loses for sharing the GPU at all [1]
    ceiling_frac: float  # Most power of a GPU ÷ TDP [1]


class Block(TypedDict):
    """Something that comes in whole blocks and carries power or heat."""

    name: str  # Name, unlike the others'
    # What it carries: utility and generator the whole site; ups, hall and cooling the servers' power. Blocks
    # of a kind add up
    kind: Literal["utility", "generator", "ups", "hall", "cooling"]
    size_w: float  # What one carries: at the meter, or of IT [W]
    usd: float  # Price of one, paid when ordered [USD]
    price_growth_per_year: NotRequired[float]  # Growth of the price, above inflation [1/year]
    lead_months: float  # From order to service; rounded up to whole periods [months]
    existing: NotRequired[int]  # There at the start [blocks]
    arriving: NotRequired[list[int]]  # Ordered and paid before, by period of arrival [blocks]
    least_order: NotRequired[int]  # Least that can be ordered at once [blocks]
    # Most there can ever be, existing ones counted: land, halls, what the utility grants. Empty means no
    # limit [blocks]
    most: NotRequired[int | None]
    # Life, for what is left at the end; blocks are not renewed within the plan [years]
    life_years: NotRequired[float]
    upkeep_frac: NotRequired[float]  # Maintenance in a year ÷ price [1/year]


class BuildOutInput(TypedDict, total=False):
    """Demand over the years and what can be ordered to meet it."""

    name: str
    start: str  # First month, as year-month
    period_months: Literal[1, 3, 6, 12]  # Length of a period [months]
    periods: int  # How many [periods]
    # cost: least net present cost, unserved demand at its price. servers: most server-years served, then
    # least cost. carbon: of the plans that serve most (or keep limits.unmet_frac), the one with least carbon
    aim: Literal["cost", "carbon", "servers"]
    demand: Demand  # Servers wanted
    blocks: list[Block]  # What carries power and heat. A kind without a block limits nothing
    generations: list[Generation]  # Servers that can be bought
    server_lot: int  # Servers are ordered in lots of so many; large lots take a longer search [servers]
    gap_frac: float  # A plan this near to the best possible is good enough, ÷ its cost [1]
    lead_scale: float  # Multiplier of all lead times of blocks [1]
    limits: Limits
    rates: Rates  # Prices


class Campus(TypedDict, total=False):
    """Limits that all halls have together, and how the campus keeps them."""

    contract_w: float | None  # Power that all utility feeds together may deliver. Empty means no limit [W]
    curtailments: list[Curtailment]  # When less than that may be drawn
    period_s: float  # Time between two decisions of the campus [s]
    # Part of the contract that is left free: what load may rise by within a period and a cap's latency [1]
    margin_frac: float
    band_frac: float  # Ceilings stay while the load is within this part of the contract below the margin [1]
    # Heat that the halls' common plant takes out. Empty means that every hall has a plant of its own [W]
    cooling_capacity_w: float | None
    make_up_kg_s: float | None  # Fresh water that all halls together may draw. Empty means no limit [kg/s]


class Capital(TypedDict, total=False):
    """What the site costs to build, per watt of IT power it is built for."""

    # Of the power chain: `n` installs a watt for a watt, `n+1` one and spare_frac, `2n` two
    redundancy: Literal["n", "n+1", "2n"]
    power_usd_per_w: float  # Switchgear, engines, UPS and distribution, per installed watt [USD/W]
    spare_frac: float  # Spare of `n+1` ÷ load [1]
    cooling_usd_per_w: float  # Cooling plant per watt of IT [USD/W]
    building_usd_per_w: float  # Shell and halls per watt of IT [USD/W]
    land_usd_per_w: float  # Land and site works per watt of IT; it does not wear out [USD/W]
    connection_usd_per_w: float  # Connection per watt at the meter [USD/W]
    power_life_years: float  # Life [years]
    cooling_life_years: float  # Life [years]
    building_life_years: float  # Life [years]
    connection_life_years: float  # Life [years]
    upkeep_frac: float  # Maintenance of power chain and cooling in a year ÷ their price [1/year]


class CarbonPrice(TypedDict, total=False):
    """What a tonne costs and how much of it is in a kilowatt-hour."""

    usd_per_t: float  # Price of CO2 [USD/t]
    growth_per_year: float  # Growth of the price [1/year]
    g_per_kwh: float  # Intensity of the grid [g/kWh]
    intensity_growth_per_year: float  # Growth of the intensity [1/year]


class CompareItem(TypedDict, total=False):
    """One thing to compare: exactly one of its bases is given."""

    run_id: str | None  # A stored run
    plan_id: str | None  # A stored plan: one cell
    added_servers: int | None  # Which cell of the plan [servers]
    policy: str | None  # Which cell of the plan
    scenario_id: str | None  # A stored scenario, run now
    scenario: Scenario | None  # Inputs, run now
    study_id: str | None  # A stored study: one point
    point: int | None  # Which point of the study [1]
    changes: dict[str, Any]  # New value per dotted path of a scenario; of a run: its inputs, run anew
    label: str | None  # Name to show instead


class ConditionIn(TypedDict):
    """A condition on a column."""

    column: str  # Field of an axis or key of an output
    operator: Literal["<", "<=", "=", "!=", ">=", ">"]  # How to compare
    value: float | str  # With what [1]


class Connection(TypedDict, total=False):
    """The point of connection and what is contracted there."""

    # Contracted power, for limits that are a part of it. Empty means the highest power without measures [W]
    contract_w: float | None
    nominal_v: float  # Voltage between lines [V]
    short_circuit_va: float  # Three-phase short-circuit power, the least in operation [VA]
    x_over_r: float  # Reactance ÷ resistance of the grid [1]
    power_factor: float  # Of the load, lagging [1]
    frequency_hz: Literal[50, 60]  # Grid frequency [Hz]
    lamp_v: Literal[120, 230]  # Lamps of the people around [V]
    # Orders of the site's harmonic currents. Empty means those assumed for supplies with power-factor
    # correction, 2.8 % together [1]
    harmonic_orders: list[int]
    harmonic_frac: list[float]  # Each order's current ÷ the fundamental [1]


class Control(TypedDict, total=False):
    """Delays of measuring and acting, and the power brake."""

    telemetry_delay_s: float  # Age of the row power reading a policy sees [s]
    cap_latency_s: float  # Time from a cap command until it holds, out of band [s]
    brake_threshold_frac: float  # Row power ÷ provisioned above which the brake is pulled [1]
    brake_release_frac: float  # The brake is released below this [1]
    brake_latency_s: float  # Time from a brake command until it holds [s]
    # SM clock under the brake. Empty means the server's lowest brake clock [MHz]
    brake_clock_mhz: float | None


class Cooling(TypedDict, total=False):
    """How heat leaves the halls."""

    # Ready-made plant (water-cooled, cold-water, air-cooled, outside-air, rear-door, liquid-cooled), or one
    # of your own
    plant: str
    supply_c: float  # Air supplied to the servers [C]
    capacity_frac: float  # Heat the plant can take out ÷ the rows' limits [1]
    airflow_frac: float  # Air the hall can move ÷ what its planned servers draw at full load [1]
    buffer_s: float  # Cold stored in tanks, as time at the rows' limits [s]
    inlet_limit_c: float  # Server inlet that must not be passed [C]
    # Whether aisles are closed: what exhaust warms inlets falls to a quarter (assumed)
    containment: Literal["none", "aisle"]
    shutdown_c: float  # Server inlet at which servers switch themselves off [C]


class CostInput(TypedDict, total=False):
    """A site and everything it costs."""

    name: str
    # A site to run: its servers, power, energy, peaks, water and lost hours replace those of `load`. Empty
    # means plain figures
    site: Scenario | None
    # How often a year the lost server-hours of the site's run happen; its energy is always carried on to a
    # year [1/year]
    site_runs_per_year: float
    load: PlainLoad  # What it draws
    servers: Servers
    capital: Capital  # The building
    energy: EnergyPrice
    water: WaterPrice
    carbon: CarbonPrice
    money: Money


class Curtailment(TypedDict):
    """A stretch of time in which the utility delivers less than the contract."""

    t_s: float  # When it begins, from the horizon's start [s]
    duration_s: float  # How long it lasts [s]
    contract_w: float  # What may be drawn meanwhile [W]
    notice_s: NotRequired[float]  # How long before it begins the campus is told [s]


class DeferrableJob(TypedDict):
    """Work that may wait: a batch of queries, a fine-tuning run, an evaluation."""

    name: str  # Name, unlike the others'
    energy_wh: NotRequired[float | None]  # Energy it takes. Empty where gpu_hours says it [Wh]
    gpu_hours: NotRequired[float | None]  # Hours of one GPU it takes, instead of energy_wh [h]
    gpu_w: NotRequired[float | None]  # Power of a GPU and its part of the server, for gpu_hours [W]
    power_w: float  # Most it may draw [W]
    earliest_h: NotRequired[float]  # When it arrives, from the start of the grid [h]
    deadline_h: float  # When it must be done, from the start of the grid [h]
    # Whether it runs in one piece at power_w; otherwise it may pause and run slower
    contiguous: NotRequired[bool]


class Demand(TypedDict, total=False):
    """Servers that are wanted, in servers of work 1."""

    first_servers: float  # Wanted in the first period [servers]
    growth_per_year: float  # Growth in a year; 0.5 is half as many again [1/year]
    most_servers: float | None  # Where growth ends. Empty means never [servers]
    servers: list[float]  # Wanted in each period, instead of first and growth [servers]
    scale: float  # Multiplier of all of it [1]


class Disturbance(TypedDict, total=False):
    """What the grid does: one sag, a known event, or a change of frequency."""

    kind: Literal["sag", "virginia-2024", "frequency"]  # Kind of disturbance
    to_pu: float  # What a sag leaves [pu]
    duration_s: float  # How long a sag lasts, or a frequency stays [s]
    to_hz: float | None  # Where a frequency goes. Empty means 2 Hz less [Hz]
    rocof_hz_per_s: float  # How fast it goes there [Hz/s]


class DiurnalArrivals(TypedDict, total=False):
    """A generated day: one harmonic per day, weekends lower, noise between."""

    kind: Literal["diurnal"]  # Kind of arrivals
    peak_hour: float  # Hour of the day with the most traffic, site time [h]
    swing_frac: float  # Half the peak-to-trough swing ÷ mean [1]
    weekend_frac: float  # Weekend traffic ÷ weekday traffic [1]
    noise_frac: float  # Standard deviation of the 10-minute rate around the shape [1]
    burst_cv: float  # Variation of inter-arrival times; 1 is Poisson [1]


class ElectricalNode(TypedDict):
    """One node of the power network."""

    name: str  # Unique name
    # What it is
    kind: Literal[
        "utility",
        "generator",
        "transformer",
        "switchboard",
        "ups",
        "sts",
        "pdu",
        "rpp",
        "busway",
        "rack-pdu",
        "psu",
    ]
    fed_by: NotRequired[list[str]]  # Names of its feeds, the preferred one first
    # With several feeds: share the draw equally over the live ones, or take the first live one (a transfer
    # switch). Must be said where there are two
    transfer: NotRequired[Literal["share", "first"] | None]
    rated_w: float  # Output it can carry for ever [W]
    # Part of the rating that may be planned with. Empty means 0.8 for busway, RPP and rack PDU, 1 for the
    # rest [1]
    derate_frac: NotRequired[float | None]
    module_count: NotRequired[int]  # Parallel modules inside the node [modules]
    modules_needed: NotRequired[int]  # Modules that together carry the rating [modules]
    loss: NotRequired[Loss | None]  # Losses; empty means the catalogue's for the kind
    ups_mode: NotRequired[Literal["double-conversion", "eco"]]  # How a UPS runs
    # Trip curve of the catalogue; empty means the kind's own, "none" means unprotected
    protection: NotRequired[str | None]
    protection_rated_w: NotRequired[float | None]  # Setting of the protection. Empty means the rating [W]
    store: NotRequired[Store | None]  # Battery or flywheel
    start_s: NotRequired[float | None]  # A generator's time to ready. Empty means the catalogue's [s]
    # Dead time of a transfer switch. Empty means the catalogue's: milliseconds for an STS, a tenth of a
    # second otherwise [s]
    transfer_s: NotRequired[float | None]
    phases: NotRequired[Literal["abc", "ab", "bc", "ca", "a", "b", "c"]]  # Phases it carries
    side: NotRequired[Literal["", "A", "B", "C", "R"]]  # Side it belongs to, for people


class EnergyPrice(TypedDict, total=False):
    """What energy and its peaks cost, as a constant or by the hours of a year."""

    usd_per_kwh: float  # Price of energy [USD/kWh]
    # Dataset of hourly prices and carbon; replaces usd_per_kwh and carbon.g_per_kwh. Empty means constant
    grid: str | None
    utc_offset_h: float  # How far the site's clock is ahead of UTC, for `grid` [h]
    growth_per_year: float  # Growth of all prices of energy [1/year]
    demand_usd_per_kw_month: float  # Demand charge, per month [USD/kW]
    ratchet_frac: float  # Least billed demand ÷ the highest of twelve months [1]


class Event(TypedDict):
    """Something that happens to the site at a moment of the horizon."""

    t_s: float  # When, from the horizon's start [s]
    # What happens
    kind: Literal[
        "lose-node",
        "maintenance",
        "lose-module",
        "utility-outage",
        "generator-fails-to-start",
        "lose-crah",
        "lose-chiller",
        "lose-cdu-pump",
        "heat-wave",
        "telemetry-blackout",
        "command-path-down",
        "stuck-cap",
        "slow-bmc",
    ]
    target: NotRequired[str]  # Node, hall or row concerned; empty where there is no choice
    duration_s: NotRequired[float | None]  # How long it lasts. Empty means to the end [s]
    # What is left of airflow or capacity (0..1), kelvin of a heat wave, factor of a slow BMC's latency,
    # modules lost. Empty means the usual [1]
    severity: NotRequired[float | None]


class Exponential(TypedDict):
    """Exponential by its median."""

    kind: NotRequired[Literal["exponential"]]
    median: float  # Median [of the input]
    least: NotRequired[float]  # Lower values are taken as this [of the input]


class Facility(TypedDict, total=False):
    """The building around the rows."""

    template: SiteTemplate | None  # A regular site; or give nodes and racks
    electrical: list[ElectricalNode]  # Power nodes, in any order
    racks: list[Rack]
    cooling: Cooling
    weather: SiteWeather  # Outdoor air
    # Power limit by row [W], for explicit racks. A row that is not named may draw the catalogue's provisioned
    # power of its servers
    row_limits_w: dict[str, float]
    # Redundancy that explicit nodes were designed for: a cost is told, the nodes decide what happens. A
    # template says its own
    design: Literal["n", "n+1", "2n", "3n2", "catcher"] | None
    loss_frac: float  # Electrical losses of every node ÷ its own or the catalogue's [1]
    campus: Campus | None  # What several halls share: a contract, cooling water
    events: list[Event]  # What happens, in any order


class Fixed(TypedDict):
    """Always the same value."""

    kind: NotRequired[Literal["fixed"]]
    value: float  # The value [of the input]


class Fleet(TypedDict, total=False):
    """The servers in the row and the model they serve."""

    server: str  # Server type from the catalogue
    model: str  # Served model with a performance table for this server
    # GPUs that one copy of the model takes. Empty means the first the catalogue lists [GPUs]
    gpus_per_instance: int | None
    server_count: int  # Servers deployed, base and added together [servers]
    low_priority_frac: float  # Part of servers and traffic that is low priority [1]
    # Power of a server ÷ the catalogue's, each watt alike. Traffic is found with the catalogue's power, and
    # limits stay at the nameplate [1]
    server_power_frac: float


class FrontIn(TypedDict):
    """Two aims to find plans between."""

    first: Literal["cost", "spend", "carbon", "unmet"]  # What is minimised
    second: Literal["cost", "spend", "carbon", "unmet"]  # What is held at equal steps
    points: NotRequired[int]  # Most plans [1]


class Generation(TypedDict):
    """A generation of servers."""

    name: str  # Name, unlike the others'
    work: NotRequired[float]  # Work of one ÷ that of the server demand is counted in [1]
    peak_w: NotRequired[float]  # Power to plan with [W]
    mean_w: NotRequired[float]  # Mean power while on [W]
    usd: NotRequired[float]  # Price of one, paid when ordered [USD]
    price_growth_per_year: NotRequired[float]  # Growth of the price, above inflation [1/year]
    lead_months: NotRequired[float]  # From order to service [months]
    sold_from_months: NotRequired[float]  # When it can first be ordered, from the start [months]
    life_years: NotRequired[float]  # Life: it is taken out at its end [years]
    existing: NotRequired[int]  # There at the start [servers]
    existing_left_months: NotRequired[float]  # Life left to the existing [months]
    upkeep_frac: NotRequired[float]  # Support and repair in a year ÷ price [1/year]
    embodied_kg: NotRequired[float]  # Carbon of making one, CO2e [kg]


class Generator(TypedDict, total=False):
    """Gensets that carry the site alone, all as one machine."""

    # Rating of all that run. Empty means the site's highest power and 20 %, at the power factor [VA]
    rated_va: float | None
    power_factor: float  # Rated power ÷ rating [1]
    inertia_s: float  # Energy in the rotors ÷ rating, H [s]
    droop_frac: float  # Speed lost from no load to rated power [1]
    governor_s: float  # Lag of governor and actuator [s]
    engine_s: float  # Lag from fuel to torque [s]
    turbo_s: float  # Time constant of boost [s]
    step_frac: float  # Most power beyond what the boost is for ÷ rated power [1]


class Grid(TypedDict, total=False):
    """Every combination of every axis' values."""

    kind: Literal["grid"]
    levels: int  # Values of an axis with a distribution: the middles of as many equally likely parts [values]


class Horizon(TypedDict, total=False):
    """The stretch of time simulated, and the control tick."""

    start: str  # First instant, with its UTC offset; a Monday by default
    days: float  # Length of the horizon [d]
    tick_s: float  # Control tick; power is averaged over it [s]
    # Time that the row has run before the horizon, at the rates it begins with; not metered, at most the
    # horizon. 0 begins with an empty row, no cap in force [s]
    warm_up_s: float


class Job(TypedDict, total=False):
    """One synchronous training job."""

    name: str  # Name of the job
    gpu: str  # GPU type from the catalogue
    gpu_count: int  # GPUs in the job [GPUs]
    tdp_w: float | None  # TDP of a GPU. Empty means the catalogue's [W]
    compute_s: float  # Compute of one microbatch [s]
    microbatches: int  # Gradient accumulation steps in an iteration [1]
    gap_s: float  # Pause between microbatches [s]
    communicate_s: float  # Exposed communication of an iteration [s]
    bubble_s: float  # Pipeline bubble of an iteration [s]
    evaluate_every: int  # Iterations between evaluations; 0 for none [iterations]
    evaluate_s: float  # Length of an evaluation [s]
    checkpoint_every: int  # Iterations between checkpoints; 0 for none [iterations]
    checkpoint_s: float  # Time a checkpoint blocks [s]
    checkpoint_offset: int  # Iterations that checkpoints come later [iterations]
    write_s: float  # Time an asynchronous checkpoint is written beside compute [s]
    write_slow_frac: float  # Compute time that the writing adds [1]
    start_s: float  # When it starts [s]
    ramp_s: float  # Its own power rises over this at a start [s]
    end_s: float | None  # When it ends. Empty means after the horizon [s]
    failures_s: list[float]  # When it fails, rising [s]
    restart_s: float  # From a failure to the first iteration after it [s]
    jitter_s: float  # Standard deviation of edges between GPUs [s]
    straggle_frac: float  # Standard deviation of an iteration's compute ÷ its mean [1]
    levels: Levels  # Power by phase


class KnobInput(TypedDict, total=False):
    """Axes of the grid; every combination is a point."""

    model: str  # Key of the model
    server: str  # Key of the server type
    tensor_parallel: list[int]  # GPUs that share each layer [GPUs]
    clock_frac: list[float]  # SM clocks ÷ the highest [1]
    batch: list[int]  # Most sequences that decode together [sequences]
    prompt: list[int]  # Prompt lengths [tokens]
    output: list[int]  # Output lengths [tokens]
    load: list[float]  # Request rate ÷ the highest the knobs sustain [1]
    # Request rates of one GPU to use instead of load; where the knobs do not keep up the point is null [1/s]
    requests_per_gpu_s: list[float]


class Levels(TypedDict, total=False):
    """Power of a GPU in each phase ÷ TDP."""

    compute: float  # Forward and backward passes [1]
    communicate: float  # Exposed communication [1]
    bubble: float  # Pipeline bubble [1]
    evaluate: float  # Evaluation [1]
    checkpoint: float  # Blocking checkpoint [1]
    # Before the start, in a restart, after the end. Empty means the GPU's idle power in the catalogue [1]
    idle: float | None


class Limit(TypedDict):
    """What an output must not pass."""

    output: str  # Key of an output
    at_most: NotRequired[float | None]  # It must not be above [of the output]
    at_least: NotRequired[float | None]  # It must not be below [of the output]


class Limits(TypedDict, total=False):
    """What a plan has to keep."""

    contract_w: float | None  # Most the site may draw. Empty means what its utility blocks carry [W]
    budget_usd_per_period: float | None  # Most that may be ordered in a period. Empty means no limit [USD]
    # Most of all demand that may go unserved. Empty means that only its price counts [1]
    unmet_frac: float | None
    carbon_t: float | None  # Most carbon of all periods. Empty means no limit [t]


class LineThroughput(TypedDict):
    """One piece of a log-linear regression, through a reference point."""

    least_tokens: NotRequired[float]  # Shortest answer it rests on [token]
    most_tokens: NotRequired[float]  # Longest answer it rests on [token]
    kind: NotRequired[Literal["line"]]
    tokens_per_s: float  # Output of the node at the reference [tokens/s]
    reference_input: NotRequired[float]  # Prompt of the reference [token]
    reference_output: float  # Answer of the reference [token]
    input_slope: float  # Exponent of the prompt's length [1]
    output_slope: float  # Exponent of the answer's length [1]


class Load(TypedDict, total=False):
    """How much traffic: scaled to a peak, or given as a rate."""

    # Scale traffic until the base row, uncapped, peaks at this part of its provisioned power. Empty when a
    # rate is given; 0.79 is published [1]
    target_peak_frac: float | None
    requests_per_server_s: float | None  # Mean requests per server, instead of a target [1/s]
    level: float  # Multiplier on the traffic found or given above [1]


class LogNormal(TypedDict):
    """
    Log-normal by its median and the ratio of two percentiles.

    The median need not lie between the percentiles' logarithms: published spreads give all three. The width
    follows their ratio, the place the median.
    """

    kind: NotRequired[Literal["lognormal"]]
    median: float  # Median [of the input]
    p5: float  # P5 [of the input]
    p95: float  # P95 [of the input]
    least: NotRequired[float]  # Lower values are taken as this [of the input]
    most: NotRequired[float]  # Higher values are taken as this [of the input]


class LogRange(TypedDict):
    """Values at equal ratios, both ends included."""

    low: float  # Lowest [of the field]
    high: float  # Highest [of the field]
    count: NotRequired[int]  # Values on a grid [values]


class Loss(TypedDict, total=False):
    """Losses of a node as fractions of its rated output."""

    fixed: float  # Loss at any load ÷ rated output [1]
    linear: float  # Loss ÷ output [1]
    quadratic: float  # Loss at rated output that grows with its square [1]


class Measures(TypedDict, total=False):
    """Measures on the way from GPUs to the grid; each may be absent."""

    scheduling: Scheduling | None  # Of the jobs
    ballast: Ballast | None  # On every GPU
    smoothing: Smoothing | None  # On every GPU
    psu: Storage | None  # Store of one GPU's share of a supply
    rack: Storage | None  # Store of one rack
    row: Storage | None  # Store of one row
    site: Storage | None  # Store of the site


class Money(TypedDict, total=False):
    """How years are put together."""

    years: int  # Years that are looked at [years]
    discount_rate: float  # Discount rate [1/year]
    residual_frac: float  # What things fetch at the end ÷ straight-line book value [1]


class NoCap(TypedDict, total=False):
    """No capping at all; only the power brake protects the row."""

    name: Literal["no-cap"]  # Kind of policy


class Normal(TypedDict):
    """Normal, cut off at its ends where they are given."""

    kind: NotRequired[Literal["normal"]]
    mean: float  # Mean before the cut [of the input]
    sd: float  # Standard deviation before the cut [of the input]
    least: NotRequired[float | None]  # Lowest value; the rest is spread anew [of the input]
    most: NotRequired[float | None]  # Highest value; the rest is spread anew [of the input]


class Objective(TypedDict):
    """What a search makes as large or as small as it can."""

    output: str  # Key of an output, or field of an axis with numbers
    goal: Literal["max", "min"]  # Which way


class OneAtATime(TypedDict, total=False):
    """Each axis at its low and high end while the others stay in the middle."""

    kind: Literal["one-at-a-time"]
    tail_frac: float  # Part of an axis left out at each end [1]


class OneThreshold(TypedDict, total=False):
    """One threshold; above it low priority (or everyone) runs at a lower clock."""

    name: Literal["one-threshold-low", "one-threshold-all"]  # Kind of policy: whom it slows
    threshold_frac: float  # Row power ÷ provisioned above which caps are set [1]
    hysteresis_frac: float  # Caps are lifted this far below the threshold [1]
    # SM clock of capped servers. Empty means the published A100 clock scaled to this GPU. [MHz]
    capped_clock_mhz: float | None


class Own(TypedDict, total=False):
    """Servers and plants of yours that the inputs name."""

    servers: list[OwnServer]
    plants: list[OwnPlant]  # Cooling plants


class OwnCurve(TypedDict):
    """Coefficients of a chiller's curve, constant first."""

    source: str  # Where it comes from
    # How far to trust it
    mark: Literal["measured", "published", "second-hand", "memory", "fitted", "assumed"]
    value: list[float]  # Constant, linear, quadratic


class OwnFigure(TypedDict):
    """A number of yours."""

    source: str  # Where it comes from
    # How far to trust it
    mark: Literal["measured", "published", "second-hand", "memory", "fitted", "assumed"]
    value: float  # Value [SI]


class OwnPlant(TypedDict):
    """A cooling plant of yours: a ready-made one with other coefficients."""

    key: str  # Name in scenarios
    label: str  # Name for people
    # Ready-made plant it starts from
    like: Literal["water-cooled", "cold-water", "air-cooled", "outside-air", "rear-door", "liquid-cooled"]
    settings: dict[str, OwnFigure | OwnCurve]  # Part and coefficient, such as chillers.cop, with its value
    file: NotRequired[str]  # File it was read from


class OwnRule(TypedDict):
    """A rule of the user's own, beside those that are known by name."""

    key: str  # Its name in answers
    title: NotRequired[str]  # What it asks, in words
    authority: NotRequired[str]  # Who asks for it
    # What is measured
    kind: Literal[
        "band-swing", "band-share", "change", "ramp", "range", "voltage-change", "pst", "plt", "tdd", "thd"
    ]
    limit: float  # Limit: power, ramp or share, by kind [W, W/s or 1]
    limit_frac: NotRequired[float]  # The same ÷ contracted power; the lower holds [1]
    window_s: NotRequired[float]  # Rolling window [s]
    low_hz: NotRequired[float]  # Lower edge of the band [Hz]
    high_hz: NotRequired[float]  # Upper edge of the band [Hz]
    up_w_per_s: NotRequired[float]  # Fastest rise of a range's baseline [W/s]
    down_w_per_s: NotRequired[float]  # Fastest fall of a range's baseline [W/s]
    source: NotRequired[str]  # Where it stands
    date: NotRequired[str]  # Of its text


class OwnServer(TypedDict):
    """A server type of yours around a GPU of the catalogue."""

    key: str  # Name in scenarios
    label: str  # Name for people
    gpu: str  # GPU of the catalogue: power, clocks, phase tables
    gpu_count: int  # GPUs in it [GPUs]
    rated_w: OwnFigure  # Nameplate [W]
    provisioned_w: OwnFigure  # Power a planner sets aside [W]
    height_u: OwnFigure  # Height in rack units [U]
    host_w: OwnFigure  # Power beside the GPUs [W]
    host_slope: OwnFigure  # Server power ÷ GPU power [W/W]
    cooled_like: str  # Server of the catalogue whose airflow and heat sinks stand in
    file: NotRequired[str]  # File it was read from


class Pathway(TypedDict):
    """One way to use less energy per query, as a factor it divides it by."""

    name: str
    reduction: Fixed | LogNormal | Exponential | Uniform | Samples  # Energy before ÷ after [1]
    typical: NotRequired[bool]  # Whether it acts on typical queries
    long: NotRequired[bool]  # Whether it acts on long queries
    fleet_frac: NotRequired[float]  # Share of the fleet's queries it is applied to [1]
    source: NotRequired[str]  # Where the range comes from
    # How far to trust it
    mark: NotRequired[Literal["measured", "published", "second-hand", "memory", "fitted", "assumed"]]


class PlacementInput(TypedDict, total=False):
    """Where servers go, and on which feeds and phases, within every limit."""

    scenario: Scenario  # The site; its facility is set
    place: list[ServersToPlace]  # What is to be placed
    # Servers that the racks hold now: they stay, may move to other racks, or are gone
    present: Literal["stay", "may-move", "gone"]
    # Ways racks may hang; a rack that none is open to stays as it is, and an empty entry keeps what is
    wirings: list[RackWiring]
    # Power planned per server: its rating, the catalogue's provisioned power, what it draws with every GPU at
    # its limit, or a percentile of the scenario's own load
    planned_for: Literal["nameplate", "provisioned", "peak", "percentile"]
    # Part of the time in which a row's servers draw at most what is planned, for `percentile` [1]
    percentile: float
    # What no node may be overloaded by: the loss of any one other node, or nothing
    survive: Literal["any-one", "nothing"]
    # What servers draw after a loss: the planned power, or what the scenario's policy leaves of it, if
    # breakers hold until the cap lands
    after_loss: Literal["uncapped", "capped"]
    limit_frac: float  # Part of every node's limit that is planned with [1]
    rack_units: int  # Height of a rack that servers may fill [U]
    rack_limit_w: float | None  # Most power planned in one rack, beside what its own PDUs carry [W]
    # Fullest phase of any three-phase node above the mean of its phases ÷ that mean, with nothing lost. Empty
    # means no bound [1]
    imbalance_limit_frac: float | None
    # What is wanted, the most important first; each is kept while the next is sought
    objectives: list[Literal["most-servers", "least-loading", "least-imbalance", "least-moves"]]
    partial: bool  # Whether to place what fits where not all does
    gap_frac: float  # A second objective may stay this far from its proven bound; server counts are whole [1]
    effort_nodes: int  # Branches looked into before the best so far is taken, with its gap [nodes]


class PlainLoad(TypedDict, total=False):
    """What a site draws, in plain figures; a `site` replaces most of it."""

    server_count: int  # Servers deployed [servers]
    server_w: float  # Rated power of one [W]
    built_w: float | None  # IT power the site is built for. Empty means the servers' rated power [W]
    mean_frac: float  # Mean IT power ÷ rated [1]
    peak_frac: float  # Highest IT power of a month ÷ rated [1]
    pue: float  # Energy at the meter ÷ IT energy [1]
    peak_pue: float  # Power at the meter ÷ IT power at the peak [1]
    water_l_per_it_kwh: float  # Fresh water of the site ÷ IT energy [l/kWh]
    lost_server_h_per_year: float  # Server-hours without service in a year [h]


class PlanSpec(TypedDict, total=False):
    """What a plan searches: server counts, policies, repetitions."""

    added_servers: list[int]  # Servers added to the base count, one table row each [servers]
    # Policies compared: names, or policy objects with settings
    policies: list[NoCap | OneThreshold | Polca | UserPolicy | str]
    seeds: int  # Independent repetitions per cell; more give an interval [runs]


class Plant(TypedDict, total=False):
    """What stands between GPUs and the grid, measures aside."""

    host_w_per_gpu: float  # Steady power of a server beside its GPUs ÷ their number [W]
    supply_efficiency: float  # Output ÷ input of server supplies [1]
    gpus_per_rack: int  # GPUs in a rack [GPUs]
    racks_per_row: int  # Racks in a row [racks]
    cooling_frac: float  # Power of cooling ÷ IT power; it follows slowly [1]
    cooling_s: float  # Time constant with which cooling follows [s]
    other_w: float  # Other load at the same meter, steady [W]


class PointsThroughput(TypedDict):
    """Measured points, log-linear between them, held outside; the prompt is theirs."""

    least_tokens: NotRequired[float]  # Shortest answer it rests on [token]
    most_tokens: NotRequired[float]  # Longest answer it rests on [token]
    kind: NotRequired[Literal["points"]]
    output_tokens: list[float]  # Answer of each point, rising [token]
    tokens_per_s: list[float]  # Output of the node at each point [tokens/s]


class Polca(TypedDict, total=False):
    """Two thresholds: low priority slows first, then more, then high priority."""

    name: Literal["polca"]  # Kind of policy
    t1_frac: float  # First threshold, row power ÷ provisioned [1]
    t2_frac: float  # Second threshold, row power ÷ provisioned [1]
    hysteresis_frac: float  # A threshold is left this far below it [1]
    # SM clock of low priority above the first threshold. Empty means the published A100 clock scaled to this
    # GPU. [MHz]
    low_clock_t1_mhz: float | None
    # SM clock of low priority above the second threshold. Empty means the published A100 clock scaled to this
    # GPU. [MHz]
    low_clock_t2_mhz: float | None
    # SM clock of high priority above the second threshold. Empty means the published A100 clock scaled to
    # this GPU. [MHz]
    high_clock_t2_mhz: float | None


class Prices(TypedDict, total=False):
    """Prices; every one is assumed and wants the planner's own."""

    energy_per_mwh: float  # Energy [$/MWh]
    gpu_hour: float  # An hour of one GPU, for time a job loses [$/h]
    psu_store_per_gpu: float  # Supply store of 65 J, for one GPU [$]
    store_per_kw: float  # Power of a store [$/kW]
    store_per_kwh: float  # Energy of a store [$/kWh]
    rack_store_per_kwh: float  # Energy of a store inside racks [$/kWh]
    years: float  # Life over which a store is paid, if it does not wear out before [years]
    starts_per_year: float  # Starts and restarts of each job in a year [1/year]


class Protection(TypedDict, total=False):
    """How the site lets go of a disturbed grid, and how it comes back."""

    ups_frac: float  # Load behind UPSs ÷ all [1]
    mechanical_frac: float  # Cooling and pumps ÷ all; the rest are bare supplies [1]
    low_pu: float  # UPS goes onto battery below [pu]
    high_pu: float  # UPS goes onto battery above [pu]
    detect_s: float  # Time until it does [s]
    retransfer_s: float  # Good input this long before it takes load again [s]
    walk_in_s: float  # Ramp from nothing to all [s]
    battery_s: float  # Battery at the load there is [s]
    # Transfers within the window after which it stays on battery until somebody returns it; 0 counts none
    # [transfers]
    count: int
    count_window_s: float  # Window of that counter [s]
    hold_up_s: float  # Server supplies without UPS hold this long [s]


class ProvisionInput(TypedDict, total=False):
    """How many prompt and token machines, of which design."""

    model: str  # Key of the model
    traffic: ServingTraffic  # Where lengths are drawn from; its rate only says how many
    # Designs: A is a DGX A100, H a DGX H100, `cap` caps its GPUs
    designs: list[Literal["Base-A100", "Base-H100", "AA", "HH", "HA", "HHcap"]]
    # What is held equal: provisioned power, rent, or the rate
    objective: Literal["iso-power", "iso-cost", "iso-throughput"]
    budget_a100: float  # Budget: as many DGX A100 of the same power or rent [machines]
    rate_rps: float  # Rate to serve, for iso-throughput [1/s]
    least: Literal["power", "cost"]  # What iso-throughput makes least
    limits_factor: float  # Multiplier of the nine limits of slow-down [1]
    seed: int  # Seed of every draw [1]


class QueryClass(TypedDict):
    """Queries of one kind: how long they are, and how fast a node answers them."""

    input_tokens: Fixed | LogNormal | Exponential | Uniform | Samples  # Tokens of the prompt [token]
    output_tokens: Fixed | LogNormal | Exponential | Uniform | Samples  # Tokens of the answer [token]
    throughput: LineThroughput | WorkThroughput | PointsThroughput  # Output of a node under full load


class QueryEnergyInput(TypedDict, total=False):
    """What the energy, carbon, water and cost of a query are worked out from."""

    # Where fields left out come from
    preset: Literal["v1", "v2", "nvidia-405b", "measured-llama-405b", "measured-qwen3-235b"]
    draws: int  # Draws of the Monte Carlo [draws]
    seed: int  # Seed [1]
    typical: QueryClass  # Conversational queries
    long: QueryClass  # Queries that reason or act at length
    long_frac: float  # Share of long queries [1]
    # Power of a node, at its inputs, while it serves [W]
    node_w: Fixed | LogNormal | Exponential | Uniform | Samples
    # Tokens per second in service ÷ the throughput above [1]
    utilisation: Fixed | LogNormal | Exponential | Uniform | Samples
    pue: Fixed | LogNormal | Exponential | Uniform | Samples  # Power usage effectiveness [1]
    # Water evaporated on site per kWh of the servers [L/kWh]
    water_l_per_it_kwh: Fixed | LogNormal | Exponential | Uniform | Samples
    # Water behind a kWh of the grid [L/kWh]; left out by default
    grid_water_l_per_kwh: Fixed | LogNormal | Exponential | Uniform | Samples
    # Carbon of the grid; `samples` for its hours [g/kWh]
    carbon_g_per_kwh: Fixed | LogNormal | Exponential | Uniform | Samples
    energy_usd_per_kwh: Fixed | LogNormal | Exponential | Uniform | Samples  # Price of energy [USD/kWh]
    node_usd_per_h: float  # Price of a node. Where rent includes power, set the price of energy to 0 [USD/h]
    queries_per_day: float  # Queries of the fleet [1/day]
    # Energy of the fleet ÷ (queries × mean energy of one): spare capacity and load below the benchmark's [1]
    fleet_overhead: float
    pathways: list[Pathway]  # Ways to use less energy, alone and combined


class Rack(TypedDict):
    """One rack: where it stands, what feeds it, what is in it."""

    name: str  # Unique name
    hall: NotRequired[str]
    row: NotRequired[str]
    aisle: NotRequired[str]  # Cold aisle
    position: NotRequired[int]  # Place in the row, from one end [place]
    fed_by: list[str]  # Nodes that feed it; two share its draw equally
    server: NotRequired[str | None]  # Server type; empty means the fleet's
    server_count: NotRequired[int]  # Servers in the rack [servers]
    # Part of its servers that is low priority. Empty means the fleet's [1]
    low_priority_frac: NotRequired[float | None]
    kind: NotRequired[Literal["saas", "iaas"]]  # Served endpoints, or opaque virtual machines
    phases: NotRequired[Literal["abc", "ab", "bc", "ca", "a", "b", "c"]]  # Phases its supplies hang on


class RackWiring(TypedDict, total=False):
    """One way in which racks may hang on feeds and phases."""

    rows: list[str]  # Rows it is open to; empty means all
    fed_by: list[str]  # Nodes that would feed the rack, sharing it equally; empty means those that do now
    # Phases its supplies would hang on; empty means those that they do now
    phases: Literal["abc", "ab", "bc", "ca", "a", "b", "c"] | None


class Range(TypedDict):
    """Values at equal distances, both ends included."""

    low: float  # Lowest [of the field]
    high: float  # Highest [of the field]
    count: NotRequired[int]  # Values on a grid [values]


class Rare(TypedDict, total=False):
    """How likely a rare event is: the first of `limits` passed."""

    kind: Literal["rare"]
    # splitting: step by step towards the event, sturdy; importance: draw where it happens, fewer points where
    # it has one place
    method: Literal["splitting", "importance"]
    points: int  # Points of a step and replica [points]
    replicas: int  # Independent repetitions; their scatter gives the interval [replicas]
    most_points: int  # Most points answered [points]


class RateArrivals(TypedDict):
    """Recorded rates give the shape; the horizon repeats it where it is longer."""

    kind: NotRequired[Literal["rates"]]  # Kind of arrivals
    dataset: str  # Dataset of rates over time
    bursty: NotRequired[bool]  # Use the dataset's inter-arrival variation; false is Poisson
    max_cv: NotRequired[float]  # Recorded variation above this is cut to it [1]


class Rates(TypedDict, total=False):
    """Prices and rates of every year of the plan."""

    energy_usd_per_kwh: float  # Energy [USD/kWh]
    energy_growth_per_year: float  # Growth of energy's price and the demand charge [1/year]
    demand_usd_per_kw_month: float  # Demand charge on each period's peak [USD/kW]
    water_usd_per_m3: float  # Water [USD/m3]
    water_l_per_it_kwh: float  # Fresh water ÷ IT energy [l/kWh]
    carbon_usd_per_t: float  # Price of CO2 [USD/t]
    carbon_growth_per_year: float  # Growth of its price [1/year]
    carbon_g_per_kwh: float  # Grid intensity [g/kWh]
    intensity_growth_per_year: float  # Growth of the intensity [1/year]
    lost_usd_per_server_h: float  # What an hour of a wanted server that is not there costs [USD/h]
    pue: float  # Energy at the meter ÷ IT energy [1]
    peak_pue: float  # The same of peak power [1]
    discount_rate: float  # Discount rate [1/year]
    residual_frac: float  # What things fetch at the end ÷ straight-line book value [1]


class Replay(TypedDict):
    """Recorded power that the servers draw again, in place of requests."""

    series: str  # Name of the recorded power
    # Seconds of the record in a second of the run; cooling, stores and commands keep their own pace [1]
    speed: NotRequired[float]
    from_s: NotRequired[float]  # First second of the record [s]
    to_s: NotRequired[float | None]  # Last second of the record. Empty means its end [s]


class RequestArrivals(TypedDict):
    """Recorded requests replayed with their own times, lengths and order."""

    kind: NotRequired[Literal["requests"]]  # Kind of arrivals
    dataset: str  # Dataset of recorded requests


class RequestClass(TypedDict):
    """One kind of request: its share, priority split and token lengths."""

    name: str  # Name of the class
    share: float  # Weight among the classes; weights need not sum to one [1]
    low_priority_frac: NotRequired[float]  # Part of this class that is low priority [1]
    prompt_tokens: NotRequired[TokenRange | None]  # Prompt length; empty when `lengths` names a dataset
    output_tokens: NotRequired[TokenRange | None]  # Output length; empty when `lengths` names a dataset
    lengths: NotRequired[str | None]  # Dataset of recorded requests whose length pairs are drawn


class Row(TypedDict, total=False):
    """One row of racks behind one power limit."""

    name: str  # Name of the row
    base_server_count: int  # Servers the row's power was provisioned for [servers]
    # Power limit of the row. Empty means base servers × the catalogue's provisioned power per server [W]
    provisioned_w: float | None
    servers_per_rack: int  # Servers in one rack; noted only, racks have no limit of their own yet [servers]


class Saltelli(TypedDict, total=False):
    """The design of Sobol's indices: how much of the scatter each axis explains."""

    kind: Literal["saltelli"]
    points: int  # Base points, a power of two; axes + 2 times as many are answered [points]


class Samples(TypedDict):
    """Recorded values, such as token counts of a trace or the hours of a year."""

    kind: NotRequired[Literal["samples"]]
    values: list[float]  # Values, each as likely as its weight [of the input]
    # Weight of each value, such as queries in that hour. Empty weighs all alike [1]
    weights: NotRequired[list[float] | None]


class Scatter(TypedDict):
    """Every value of a range alike; negative ones too where `kind` is uniform."""

    kind: NotRequired[Literal["uniform", "loguniform"]]
    low: float  # Lowest [of the input]
    high: float  # Highest [of the input]


class Scenario(TypedDict, total=False):
    """
    Inputs of one run.

    The same scenario and seed give the same answer, always.
    """

    schema_version: Literal[1]  # Version of this format [1]
    name: str  # Name of the scenario
    notes: str  # Free text
    seed: int  # Seed of every random draw [1]
    site: Site  # Where the row stands
    row: Row  # The row and its limit
    fleet: Fleet  # Servers and model
    workload: Workload  # Traffic
    policy: NoCap | OneThreshold | Polca | UserPolicy  # Capping policy
    control: Control  # Delays and brake
    slo: Slo  # Limits on harm to users
    horizon: Horizon  # Time simulated
    facility: Facility | None  # The building around the rows; empty means one row alone
    training: Training | None  # Training jobs behind one meter; empty means serving alone
    plan: PlanSpec  # Search of a plan
    own: Own  # Servers and cooling plants of your own that these inputs name; filled from NAMEPLATE_OWN_DIR


class Scheduling(TypedDict, total=False):
    """What the scheduler does about swings."""

    stagger_s: float  # Each further job starts this later [s]
    take_turns: bool  # Whether checkpoints of jobs are spread over their cadence
    start_ramp_s: float  # A cap rises from idle to full power over this at a start [s]
    end_ramp_s: float  # Power falls over this at an end or failure, by a burn [s]
    clock_frac: float  # SM clock ÷ its highest [1]


class Search(TypedDict, total=False):
    """Looks for the best point; `objectives` and `limits` say what is best."""

    kind: Literal["search"]
    evaluations: int  # Most points answered [points]
    batch: int  # Points answered at the same time; the answer depends on it, not on the workers [points]
    patience: int | None  # Stop after so many without progress [points]


class Servers(TypedDict, total=False):
    """What a server costs, lasts, and is worth when it is lost."""

    usd: float  # Price of a server, in service [USD]
    life_years: float  # Life [years]
    price_growth_per_year: float  # Growth of the price until it is replaced [1/year]
    upkeep_frac: float  # Support and repair in a year ÷ price [1/year]
    embodied_kg: float  # Carbon of making one, CO2e [kg]
    lost_usd_per_h: float  # What an hour of a lost server costs [USD/h]


class ServersToPlace(TypedDict, total=False):
    """Servers of one type that are to be placed."""

    name: str  # Name for people, such as the service; empty is the type's
    server: str | None  # Server type; empty means the fleet's
    server_count: int | None  # How many. Empty means as many as possible [servers]
    worth: float  # What one server counts in `most-servers` [1]
    planned_w: float | None  # Power planned per server. Empty means as `planned_for` says [W]
    # Most of its type in one rack. Empty means as many as its height allows [servers]
    most_per_rack: int | None
    most_per_row: int | None  # Most of these in one row, so that replicas stand apart [servers]
    most_lost: int | None  # Most of these that the loss of any one node may leave without a feed [servers]


class ServingInput(TypedDict, total=False):
    """Systems side by side on the same traffic."""

    name: str
    model: str  # Key of the model
    server: str  # Key of the server type
    server_count: int  # Servers at hand [1]
    gpus_per_instance: int  # GPUs of one baseline instance (tensor parallel) [1]
    traffic: ServingTraffic  # What everybody serves
    slo: ServingSlo  # Limits
    site: ServingSite  # Hall
    systems: list[SystemChoice]  # Systems to compare; the baseline is always run
    own: Own  # Servers and cooling plants of your own that these inputs name; filled from NAMEPLATE_OWN_DIR
    # Further server counts at which every system runs, for the curve of SLO against watts [servers]
    server_counts: list[int]
    seed: int  # Seed of every draw [1]


class ServingSite(TypedDict, total=False):
    """The hall around the servers: overhead, prices, carbon."""

    pue: float  # Site power ÷ IT power [1]
    energy_usd_per_kwh: float  # Price of site energy [USD/kWh]
    # Whether the price of a GPU-hour covers its energy; if not, energy is paid on top [1]
    rent_includes_energy: bool
    carbon_g_per_kwh: float  # Grid intensity where no region is named [g/kWh]
    # Dataset of hourly prices and carbon intensity; replaces the two figures above by its hours. Empty means
    # constant
    grid: str | None


class ServingSlo(TypedDict, total=False):
    """Limits of every request."""

    ttft_short_s: float  # Time to first token, prompts below 256 tokens [s]
    ttft_medium_s: float  # Time to first token, prompts of 256 to 1,023 tokens [s]
    ttft_long_s: float  # Time to first token, prompts of 1,024 tokens and more [s]
    tbt_s: float  # Mean time between tokens of a request [s]


class ServingTraffic(TypedDict, total=False):
    """Requests that every system serves."""

    # Kinds of request; `lengths` draws from a recorded dataset. The default is chat: order of the recorded
    # chat traffic (Azure 2023: mean 1,155 and 211 tokens)
    classes: list[RequestClass]
    arrivals: DiurnalArrivals | RateArrivals | RequestArrivals  # When requests arrive
    rate_rps: float  # Mean requests per second over the whole length [1/s]
    length_s: float  # Length of the traffic [s]
    start: str  # First instant, with its time zone; fixes hour and weekday


class ShiftInput(TypedDict):
    """Jobs, signals and headroom on a grid of equal steps."""

    jobs: list[DeferrableJob]  # Deferrable jobs
    headroom_w: list[float]  # Power the site has left for them, per step [W]
    step_h: NotRequired[float]  # Length of a step [h]
    # What is kept low: carbon, cost, or (headroom) the power at the step with least to spare
    aim: NotRequired[Literal["carbon", "price", "headroom"]]
    carbon_g_per_kwh: NotRequired[list[float] | None]  # Carbon of the grid, per step [g/kWh]
    price_usd_per_mwh: NotRequired[list[float] | None]  # Price of energy, per step [USD/MWh]
    # The aim's signal as expected; the schedule follows it and is accounted at the actual one [of the aim]
    forecast: NotRequired[list[float] | None]
    pue: NotRequired[float]  # Energy at the meter ÷ energy of the jobs [1]


class Site(TypedDict, total=False):
    """The place: name and time zone shown on screen; the core runs in UTC."""

    name: str  # Name of the site
    time_zone: str  # IANA time zone of the site


class SiteTemplate(TypedDict, total=False):
    """A regular site by its counts; expanded to nodes and racks."""

    # Redundancy: n, n+1 (parallel UPS modules), 2n (two chains), 3n2 (three chains, rows on pairs of them),
    # catcher (a reserve UPS, switched in)
    design: Literal["n", "n+1", "2n", "3n2", "catcher"]
    halls: int  # Halls [halls]
    rows_per_hall: int  # Rows in a hall [rows]
    racks_per_row: int  # Racks in a row [racks]
    servers_per_rack: int  # Servers a rack was planned for [servers]
    added_servers_per_row: int  # Servers added to each row, spread over its racks [servers]
    # Power limit of a row. Empty means its planned servers × the catalogue's provisioned power [W]
    row_limit_w: float | None
    margin_frac: float  # Room that nodes above the rows have beyond their rows' limits and cooling [1]
    ups_mode: Literal["double-conversion", "eco"]  # How the UPS run
    rack_pdus: bool  # Whether each rack's PDUs are nodes of their own
    battery_s: float  # Time a UPS carries its rating [s]


class SiteWeather(TypedDict, total=False):
    """Outdoor air: a dataset, or a year generated from four figures."""

    dataset: str | None  # Name of a weather dataset; empty means generated
    mean_c: float  # Mean of the year [C]
    annual_swing_k: float  # Warmest month's mean above the year's [K]
    daily_swing_k: float  # Afternoon above the day's mean [K]
    dew_point_c: float  # Mean dew point [C]


class Sizing(TypedDict, total=False):
    """Options; every combination of one of each is tried."""

    floors_frac: list[float]  # Floors of GPU smoothing ÷ TDP; 0 is none [1]
    ballasts_frac: list[float]  # Targets of software ballast ÷ TDP; 0 is none [1]
    ramps_s: list[float]  # Ramps at starts and ends; 0 is none [s]
    psu_j_per_gpu: list[float]  # Supply stores; 0 is none [J per GPU]
    rack_kwh: list[float]  # Stores in each rack; 0 is none [kWh per rack]
    site_power_frac: list[float]  # Power of a site store ÷ the site's highest power; 0 is none [1]
    site_hours: list[float]  # Energy of a site store ÷ its power [h]
    site_filter_s: list[float]  # Time constants of a site store's low-pass [s]
    objective: Literal["cost", "waste", "slowdown"]  # What the best of those that pass has least of
    prices: Prices


class Slo(TypedDict, total=False):
    """What users may lose to capping, against the same traffic without any control."""

    high_p50_impact_frac: float  # High priority: rise of median latency allowed [1]
    high_p99_impact_frac: float  # High priority: rise of P99 latency allowed [1]
    low_p50_impact_frac: float  # Low priority: rise of median latency allowed [1]
    low_p99_impact_frac: float  # Low priority: rise of P99 latency allowed [1]
    max_brakes: int  # Power brakes allowed over the horizon [brakes]


class Smoothing(TypedDict, total=False):
    """GPU power smoothing, as GB200 and GB300 have it."""

    floor_frac: float  # Power floor ÷ TDP while a job runs [1]
    ramp_up_w_per_s: float  # Fastest rise of one GPU; the driver reads back mW/s [W/s]
    ramp_down_w_per_s: float  # Fastest fall of one GPU; the driver reads back mW/s [W/s]
    hysteresis_s: float  # Power is held this long before it ramps down [s]
    ceiling_frac: float  # Most power ÷ TDP [1]
    immediate_ramp_down: bool  # Whether the floor is left at once when a job has ended
    active_frac: float  # Power ÷ TDP above which a GPU is at work [1]
    release_s: float  # The floor is let go this long after the last work [s]
    # Energy one GPU's burn circuit may turn into heat over its life. Empty means no limit: the vendor gives a
    # percentage left, no figure [J]
    lifetime_burn_j: float | None


class Spaced(TypedDict, total=False):
    """Points that fill the space between the axes' ends."""

    kind: Literal["latin-hypercube", "sobol", "random"]
    points: int  # Points; a power of two suits Sobol sequences best [points]
    # Whether every point draws its own traffic and noise; if not, all share the inputs' seed [1]
    vary_seed: bool


class Stop(TypedDict):
    """When enough points are answered."""

    output: str  # Key of an output
    # mean: its half-width relative to it; probability: the half-width of the probability that its limit is
    # passed
    of: NotRequired[Literal["mean", "probability"]]
    half_width: NotRequired[float]  # Half-width of the 95 % interval at which to stop [1]
    every: NotRequired[int]  # Looked at whenever so many more are answered [points]


class Storage(TypedDict):
    """A store: of one GPU's share of a supply, one rack, one row, or the site."""

    power_w: float  # Most it gives or takes [W]
    energy_j: float  # What it holds; 1 kWh is 3.6e6 J [J]
    # What the grid should see of the load
    control: NotRequired[Literal["low-pass", "moving-average", "droop", "mpc"]]
    filter_s: NotRequired[float]  # Time constant, window, or the plan's horizon [s]
    gain: NotRequired[float]  # Part of the deviation it takes; droop alone [1]
    deadband_frac: NotRequired[float]  # Deviation it leaves alone ÷ its power; droop alone [1]
    step_s: NotRequired[float]  # Time between decisions; mpc alone [s]
    # The load is expected to repeat after this; mpc alone, 0 expects it to stay [s]
    period_s: NotRequired[float]
    charge_efficiency: NotRequired[float]  # Energy stored ÷ drawn [1]
    discharge_efficiency: NotRequired[float]  # Energy delivered ÷ taken out [1]
    response_s: NotRequired[float]  # Time constant of its own power [s]
    centre_frac: NotRequired[float]  # Charge ÷ energy that control returns to [1]
    return_s: NotRequired[float]  # Time constant of that return [s]
    # Full cycles until a fifth of its capacity is lost. Empty means it does not wear [cycles]
    cycle_life: NotRequired[float | None]


class Store(TypedDict, total=False):
    """What carries a node's load when its feed is lost."""

    kind: Literal["battery", "battery-li", "flywheel"]  # Kind of store
    runtime_s: float  # Time it carries rated output [s]
    recharge_s: float  # Time from empty to full [s]


class StudySpec(TypedDict):
    """
    One question at many points.

    The same study and seed give the same bytes.
    """

    name: NotRequired[str]
    question: NotRequired[str]  # Key of the question
    base: NotRequired[dict[str, Any]]  # Inputs of the question; absent keys take defaults
    axes: list[Axis]  # What varies
    design: NotRequired[Grid | Spaced | Saltelli | OneAtATime | Search | Rare]  # How points are chosen
    outputs: NotRequired[list[str]]  # Outputs that are analysed; empty means all
    limits: NotRequired[list[Limit]]  # What must not be passed
    objectives: NotRequired[list[Objective]]  # What is best; two or more give a front
    stop: NotRequired[Stop | None]  # Ends the study early
    seed: NotRequired[int]  # Seed of the design [1]


class SystemChoice(TypedDict):
    """One of the systems, with its knobs."""

    key: str  # Key of the system
    label: NotRequired[str | None]  # Name on charts; empty is the system's
    parameters: NotRequired[dict[str, Any]]  # Its knobs; what is left out keeps its default


class TokenRange(TypedDict):
    """Token counts drawn uniformly from a closed range."""

    min: int  # Fewest [tokens]
    max: int  # Most [tokens]


class Training(TypedDict, total=False):
    """Training jobs behind one meter, and what they are measured against."""

    jobs: list[Job]  # Jobs, each with its own phase
    plant: Plant  # What stands between GPUs and the grid
    connection: Connection  # The point of connection
    ups: Ups | None  # The UPS on the way; empty passes everything, without loss
    generator: Generator | None  # Gensets that carry the site alone; empty for none
    protection: Protection  # How the site lets go of the grid
    disturbance: Disturbance  # What the grid does to it
    ride_tables: list[str]  # Ride-through tables by name; `nameplate stabilize --rules` lists them
    measures: Measures  # Measures against swings
    rules: list[str]  # Grid rules by name; `nameplate stabilize --rules` lists them
    own_rules: list[OwnRule]  # Rules of your own
    horizon_s: float  # Length of the waveform [s]
    sample_s: float  # Length of a sample [s]
    sizing: Sizing  # What sizing may choose from, and prices


class Triangular(TypedDict):
    """Lowest, most likely and highest: what an expert can say."""

    kind: NotRequired[Literal["triangular"]]
    low: float  # Lowest [of the input]
    mode: float  # Most likely [of the input]
    high: float  # Highest [of the input]


class Uniform(TypedDict):
    """Every value of a range alike, or alike in its logarithm."""

    kind: NotRequired[Literal["uniform", "loguniform"]]
    low: float  # Lowest [of the input]
    high: float  # Highest [of the input]


class Ups(TypedDict, total=False):
    """Input side of the UPSs, all as one: does it pass or amplify a swing?"""

    rated_w: float | None  # Rated output. Empty means the highest power and 10 % [W]
    bandwidth_hz: float  # Where a swing is passed on at 71 % [Hz]
    damping: float  # Damping of the rectifier; below 0.71 it amplifies [1]
    fixed_frac: float  # Loss without load ÷ rating [1]
    linear_frac: float  # Loss ÷ load [1]
    quadratic_frac: float  # Loss at rating that grows with the load's square [1]
    eco: bool  # Whether the load is on the bypass


class UserPolicy(TypedDict):
    """A policy of one's own: one Python function named `decide`."""

    name: NotRequired[Literal["user"]]  # Kind of policy
    label: NotRequired[str]  # Name shown in tables and charts
    # Python source that defines decide(time_s, load_frac, in_force, memory, command); see
    # docs/models/control.md
    source: str


class WaterPrice(TypedDict, total=False):
    """What water costs."""

    usd_per_m3: float  # Price, sewer in it [USD/m3]


class WorkThroughput(TypedDict):
    """Node time as prefill, decode and reading the cache."""

    least_tokens: NotRequired[float]  # Shortest answer it rests on [token]
    most_tokens: NotRequired[float]  # Longest answer it rests on [token]
    kind: NotRequired[Literal["work"]]
    prefill_s_per_token: float  # Node time of a prompt token [s/token]
    decode_s_per_token: float  # Node time of an output token [s/token]
    cache_s_per_token2: NotRequired[float]  # Node time per output token and token held [s/token²]


class Workload(TypedDict, total=False):
    """What the fleet is asked to do."""

    classes: list[RequestClass]  # Request classes; ignored by replayed requests but for priority
    arrivals: DiurnalArrivals | RateArrivals | RequestArrivals  # When requests arrive
    load: Load  # How many requests arrive
    # Recorded power that a site's servers draw again; classes, arrivals and load then count for nothing.
    # Empty means requests
    replay: Replay | None

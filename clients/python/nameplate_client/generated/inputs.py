"""
What requests contain, scenarios above all, as typed dictionaries.

Written by scripts/make_client from OpenAPI; not to be changed by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Axis(TypedDict):
    """
    One thing that varies: a field of the inputs, and its values or its scatter.

    Keys:
        field: Dotted path of a field of the inputs
        label: Name on charts; empty is the field's
        values: A list of values, of any kind the field takes
        range: Equal distances
        log: Equal ratios
        distribution: How an unknown scatters
    """

    field: str
    label: NotRequired[str | None]
    values: NotRequired[
        list[bool | int | float | str | dict[str, Any] | list[Any] | None] | None
    ]
    range: NotRequired[Range | None]
    log: NotRequired[LogRange | None]
    distribution: NotRequired[
        Normal | Triangular | Scatter | LogNormal | Exponential | Samples | None
    ]


class Ballast(TypedDict):
    """
    Software ballast: a second workload that fills a job's idle gaps.

    Keys:
        target_frac: Gaps are lifted to this ÷ TDP [1]
        active_frac: Power ÷ TDP below which a GPU waits: a gap [1]
        detect_s: A gap is seen this long after it began [s]
        kernel_s: Length of one kernel of it: how late it backs off [s]
        grain_frac: Power of one unit of it ÷ TDP [1]
        contention_frac: Part of its speed the job loses while both run [1]
        resident_frac: Part of its speed the job loses for sharing the GPU at all [1]
        ceiling_frac: Most power of a GPU ÷ TDP [1]
    """

    target_frac: NotRequired[float]
    active_frac: NotRequired[float]
    detect_s: NotRequired[float]
    kernel_s: NotRequired[float]
    grain_frac: NotRequired[float]
    contention_frac: NotRequired[float]
    resident_frac: NotRequired[float]
    ceiling_frac: NotRequired[float]


class Block(TypedDict):
    """
    Something that comes in whole blocks and carries power or heat.

    Keys:
        name: Name, unlike the others'
        kind: What it carries: utility and generator the whole site; ups, hall and
            cooling the servers' power. Blocks of a kind add up
        size_w: What one carries: at the meter, or of IT [W]
        usd: Price of one, paid when ordered [USD]
        price_growth_per_year: Growth of the price, above inflation [1/year]
        lead_months: From order to service; rounded up to whole periods [months]
        existing: There at the start [blocks]
        arriving: Ordered and paid before, by period of arrival [blocks]
        least_order: Least that can be ordered at once [blocks]
        most: Most there can ever be, existing ones counted: land, halls, what the
            utility grants. Empty means no limit [blocks]
        life_years: Life, for what is left at the end; blocks are not renewed within the
            plan [years]
        upkeep_frac: Maintenance in a year ÷ price [1/year]
    """

    name: str
    kind: Literal["utility", "generator", "ups", "hall", "cooling"]
    size_w: float
    usd: float
    price_growth_per_year: NotRequired[float]
    lead_months: float
    existing: NotRequired[int]
    arriving: NotRequired[list[int]]
    least_order: NotRequired[int]
    most: NotRequired[int | None]
    life_years: NotRequired[float]
    upkeep_frac: NotRequired[float]


class BuildOutInput(TypedDict):
    """
    Demand over the years and what can be ordered to meet it.

    Keys:
        name: Name
        start: First month, as year-month
        period_months: Length of a period [months]
        periods: How many [periods]
        aim: cost: least net present cost, unserved demand at its price. servers: most
            server-years served, then least cost. carbon: of the plans that serve most
            (or keep limits.unmet_frac), the one with least carbon
        demand: Servers wanted
        blocks: What carries power and heat. A kind without a block limits nothing
        generations: Servers that can be bought
        server_lot: Servers are ordered in lots of so many; large lots take a longer
            search [servers]
        gap_frac: A plan this near to the best possible is good enough, ÷ its cost [1]
        lead_scale: Multiplier of all lead times of blocks [1]
        limits: Limits
        rates: Prices
    """

    name: NotRequired[str]
    start: NotRequired[str]
    period_months: NotRequired[Literal[1, 3, 6, 12]]
    periods: NotRequired[int]
    aim: NotRequired[Literal["cost", "carbon", "servers"]]
    demand: NotRequired[Demand]
    blocks: NotRequired[list[Block]]
    generations: NotRequired[list[Generation]]
    server_lot: NotRequired[int]
    gap_frac: NotRequired[float]
    lead_scale: NotRequired[float]
    limits: NotRequired[Limits]
    rates: NotRequired[Rates]


class Campus(TypedDict):
    """
    Limits that all halls have together, and how the campus keeps them.

    Keys:
        contract_w: Power that all utility feeds together may deliver. Empty means no
            limit [W]
        curtailments: When less than that may be drawn
        period_s: Time between two decisions of the campus [s]
        margin_frac: Part of the contract that is left free: what load may rise by
            within a period and a cap's latency [1]
        band_frac: Ceilings stay while the load is within this part of the contract
            below the margin [1]
        cooling_capacity_w: Heat that the halls' common plant takes out. Empty means
            that every hall has a plant of its own [W]
        make_up_kg_s: Fresh water that all halls together may draw. Empty means no limit
            [kg/s]
    """

    contract_w: NotRequired[float | None]
    curtailments: NotRequired[list[Curtailment]]
    period_s: NotRequired[float]
    margin_frac: NotRequired[float]
    band_frac: NotRequired[float]
    cooling_capacity_w: NotRequired[float | None]
    make_up_kg_s: NotRequired[float | None]


class Capital(TypedDict):
    """
    What the site costs to build, per watt of IT power it is built for.

    Keys:
        redundancy: Of the power chain: `n` installs a watt for a watt, `n+1` one and
            spare_frac, `2n` two
        power_usd_per_w: Switchgear, engines, UPS and distribution, per installed watt
            [USD/W]
        spare_frac: Spare of `n+1` ÷ load [1]
        cooling_usd_per_w: Cooling plant per watt of IT [USD/W]
        building_usd_per_w: Shell and halls per watt of IT [USD/W]
        land_usd_per_w: Land and site works per watt of IT; it does not wear out [USD/W]
        connection_usd_per_w: Connection per watt at the meter [USD/W]
        power_life_years: Life [years]
        cooling_life_years: Life [years]
        building_life_years: Life [years]
        connection_life_years: Life [years]
        upkeep_frac: Maintenance of power chain and cooling in a year ÷ their price
            [1/year]
    """

    redundancy: NotRequired[Literal["n", "n+1", "2n"]]
    power_usd_per_w: NotRequired[float]
    spare_frac: NotRequired[float]
    cooling_usd_per_w: NotRequired[float]
    building_usd_per_w: NotRequired[float]
    land_usd_per_w: NotRequired[float]
    connection_usd_per_w: NotRequired[float]
    power_life_years: NotRequired[float]
    cooling_life_years: NotRequired[float]
    building_life_years: NotRequired[float]
    connection_life_years: NotRequired[float]
    upkeep_frac: NotRequired[float]


class CarbonPrice(TypedDict):
    """
    What a tonne costs and how much of it is in a kilowatt-hour.

    Keys:
        usd_per_t: Price of CO2 [USD/t]
        growth_per_year: Growth of the price [1/year]
        g_per_kwh: Intensity of the grid [g/kWh]
        intensity_growth_per_year: Growth of the intensity [1/year]
    """

    usd_per_t: NotRequired[float]
    growth_per_year: NotRequired[float]
    g_per_kwh: NotRequired[float]
    intensity_growth_per_year: NotRequired[float]


class CompareItem(TypedDict):
    """
    One thing to compare: exactly one of its bases is given.

    Keys:
        run_id: A stored run
        plan_id: A stored plan: one cell
        added_servers: Which cell of the plan [servers]
        policy: Which cell of the plan
        scenario_id: A stored scenario, run now
        scenario: Inputs, run now
        study_id: A stored study: one point
        point: Which point of the study [1]
        changes: New value per dotted path of a scenario; of a run: its inputs, run anew
        label: Name to show instead
    """

    run_id: NotRequired[str | None]
    plan_id: NotRequired[str | None]
    added_servers: NotRequired[int | None]
    policy: NotRequired[str | None]
    scenario_id: NotRequired[str | None]
    scenario: NotRequired[Scenario | None]
    study_id: NotRequired[str | None]
    point: NotRequired[int | None]
    changes: NotRequired[dict[str, Any]]
    label: NotRequired[str | None]


class ConditionIn(TypedDict):
    """
    A condition on a column.

    Keys:
        column: Field of an axis or key of an output
        operator: How to compare
        value: With what [1]
    """

    column: str
    operator: Literal["<", "<=", "=", "!=", ">=", ">"]
    value: float | str


class Connection(TypedDict):
    """
    The point of connection and what is contracted there.

    Keys:
        contract_w: Contracted power, for limits that are a part of it. Empty means the
            highest power without measures [W]
        nominal_v: Voltage between lines [V]
        short_circuit_va: Three-phase short-circuit power, the least in operation [VA]
        x_over_r: Reactance ÷ resistance of the grid [1]
        power_factor: Of the load, lagging [1]
        frequency_hz: Grid frequency [Hz]
        lamp_v: Lamps of the people around [V]
        harmonic_orders: Orders of the site's harmonic currents. Empty means those
            assumed for supplies with power-factor correction, 2.8 % together [1]
        harmonic_frac: Each order's current ÷ the fundamental [1]
    """

    contract_w: NotRequired[float | None]
    nominal_v: NotRequired[float]
    short_circuit_va: NotRequired[float]
    x_over_r: NotRequired[float]
    power_factor: NotRequired[float]
    frequency_hz: NotRequired[Literal[50, 60]]
    lamp_v: NotRequired[Literal[120, 230]]
    harmonic_orders: NotRequired[list[int]]
    harmonic_frac: NotRequired[list[float]]


class Control(TypedDict):
    """
    Delays of measuring and acting, and the power brake.

    Keys:
        telemetry_delay_s: Age of the row power reading a policy sees [s]
        cap_latency_s: Time from a cap command until it holds, out of band [s]
        brake_threshold_frac: Row power ÷ provisioned above which the brake is pulled
            [1]
        brake_release_frac: The brake is released below this [1]
        brake_latency_s: Time from a brake command until it holds [s]
        brake_clock_mhz: SM clock under the brake. Empty means the server's lowest brake
            clock [MHz]
    """

    telemetry_delay_s: NotRequired[float]
    cap_latency_s: NotRequired[float]
    brake_threshold_frac: NotRequired[float]
    brake_release_frac: NotRequired[float]
    brake_latency_s: NotRequired[float]
    brake_clock_mhz: NotRequired[float | None]


class Cooling(TypedDict):
    """
    How heat leaves the halls.

    Keys:
        plant: Ready-made plant (water-cooled, cold-water, air-cooled, outside-air,
            rear-door, liquid-cooled), or one of your own
        supply_c: Air supplied to the servers [C]
        capacity_frac: Heat the plant can take out ÷ the rows' limits [1]
        airflow_frac: Air the hall can move ÷ what its planned servers draw at full load
            [1]
        buffer_s: Cold stored in tanks, as time at the rows' limits [s]
        inlet_limit_c: Server inlet that must not be passed [C]
        containment: Whether aisles are closed: what exhaust warms inlets falls to a
            quarter (assumed)
        shutdown_c: Server inlet at which servers switch themselves off [C]
    """

    plant: NotRequired[str]
    supply_c: NotRequired[float]
    capacity_frac: NotRequired[float]
    airflow_frac: NotRequired[float]
    buffer_s: NotRequired[float]
    inlet_limit_c: NotRequired[float]
    containment: NotRequired[Literal["none", "aisle"]]
    shutdown_c: NotRequired[float]


class CostInput(TypedDict):
    """
    A site and everything it costs.

    Keys:
        name: Name
        site: A site to run: its servers, power, energy, peaks, water and lost hours
            replace those of `load`. Empty means plain figures
        site_runs_per_year: How often a year the lost server-hours of the site's run
            happen; its energy is always carried on to a year [1/year]
        load: What it draws
        servers: Servers
        capital: The building
        energy: Energy
        water: Water
        carbon: Carbon
        money: Money
    """

    name: NotRequired[str]
    site: NotRequired[Scenario | None]
    site_runs_per_year: NotRequired[float]
    load: NotRequired[PlainLoad]
    servers: NotRequired[Servers]
    capital: NotRequired[Capital]
    energy: NotRequired[EnergyPrice]
    water: NotRequired[WaterPrice]
    carbon: NotRequired[CarbonPrice]
    money: NotRequired[Money]


class Curtailment(TypedDict):
    """
    A stretch of time in which the utility delivers less than the contract.

    Keys:
        t_s: When it begins, from the horizon's start [s]
        duration_s: How long it lasts [s]
        contract_w: What may be drawn meanwhile [W]
        notice_s: How long before it begins the campus is told [s]
    """

    t_s: float
    duration_s: float
    contract_w: float
    notice_s: NotRequired[float]


class DeferrableJob(TypedDict):
    """
    Work that may wait: a batch of queries, a fine-tuning run, an evaluation.

    Keys:
        name: Name, unlike the others'
        energy_wh: Energy it takes. Empty where gpu_hours says it [Wh]
        gpu_hours: Hours of one GPU it takes, instead of energy_wh [h]
        gpu_w: Power of a GPU and its part of the server, for gpu_hours [W]
        power_w: Most it may draw [W]
        earliest_h: When it arrives, from the start of the grid [h]
        deadline_h: When it must be done, from the start of the grid [h]
        contiguous: Whether it runs in one piece at power_w; otherwise it may pause and
            run slower
    """

    name: str
    energy_wh: NotRequired[float | None]
    gpu_hours: NotRequired[float | None]
    gpu_w: NotRequired[float | None]
    power_w: float
    earliest_h: NotRequired[float]
    deadline_h: float
    contiguous: NotRequired[bool]


class Demand(TypedDict):
    """
    Servers that are wanted, in servers of work 1.

    Keys:
        first_servers: Wanted in the first period [servers]
        growth_per_year: Growth in a year; 0.5 is half as many again [1/year]
        most_servers: Where growth ends. Empty means never [servers]
        servers: Wanted in each period, instead of first and growth [servers]
        scale: Multiplier of all of it [1]
    """

    first_servers: NotRequired[float]
    growth_per_year: NotRequired[float]
    most_servers: NotRequired[float | None]
    servers: NotRequired[list[float]]
    scale: NotRequired[float]


class Disturbance(TypedDict):
    """
    What the grid does: one sag, a known event, or a change of frequency.

    Keys:
        kind: Kind of disturbance
        to_pu: What a sag leaves [pu]
        duration_s: How long a sag lasts, or a frequency stays [s]
        to_hz: Where a frequency goes. Empty means 2 Hz less [Hz]
        rocof_hz_per_s: How fast it goes there [Hz/s]
    """

    kind: NotRequired[Literal["sag", "virginia-2024", "frequency"]]
    to_pu: NotRequired[float]
    duration_s: NotRequired[float]
    to_hz: NotRequired[float | None]
    rocof_hz_per_s: NotRequired[float]


class DiurnalArrivals(TypedDict):
    """
    A generated day: one harmonic per day, weekends lower, noise between.

    Keys:
        kind: Kind of arrivals
        peak_hour: Hour of the day with the most traffic, site time [h]
        swing_frac: Half the peak-to-trough swing ÷ mean [1]
        weekend_frac: Weekend traffic ÷ weekday traffic [1]
        noise_frac: Standard deviation of the 10-minute rate around the shape [1]
        burst_cv: Variation of inter-arrival times; 1 is Poisson [1]
    """

    kind: NotRequired[Literal["diurnal"]]
    peak_hour: NotRequired[float]
    swing_frac: NotRequired[float]
    weekend_frac: NotRequired[float]
    noise_frac: NotRequired[float]
    burst_cv: NotRequired[float]


class ElectricalNode(TypedDict):
    """
    One node of the power network.

    Keys:
        name: Unique name
        kind: What it is
        fed_by: Names of its feeds, the preferred one first
        transfer: With several feeds: share the draw equally over the live ones, or take
            the first live one (a transfer switch). Must be said where there are two
        rated_w: Output it can carry for ever [W]
        derate_frac: Part of the rating that may be planned with. Empty means 0.8 for
            busway, RPP and rack PDU, 1 for the rest [1]
        module_count: Parallel modules inside the node [modules]
        modules_needed: Modules that together carry the rating [modules]
        loss: Losses; empty means the catalogue's for the kind
        ups_mode: How a UPS runs
        protection: Trip curve of the catalogue; empty means the kind's own, "none"
            means unprotected
        protection_rated_w: Setting of the protection. Empty means the rating [W]
        store: Battery or flywheel
        start_s: A generator's time to ready. Empty means the catalogue's [s]
        transfer_s: Dead time of a transfer switch. Empty means the catalogue's:
            milliseconds for an STS, a tenth of a second otherwise [s]
        phases: Phases it carries
        side: Side it belongs to, for people
    """

    name: str
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
    fed_by: NotRequired[list[str]]
    transfer: NotRequired[Literal["share", "first"] | None]
    rated_w: float
    derate_frac: NotRequired[float | None]
    module_count: NotRequired[int]
    modules_needed: NotRequired[int]
    loss: NotRequired[Loss | None]
    ups_mode: NotRequired[Literal["double-conversion", "eco"]]
    protection: NotRequired[str | None]
    protection_rated_w: NotRequired[float | None]
    store: NotRequired[Store | None]
    start_s: NotRequired[float | None]
    transfer_s: NotRequired[float | None]
    phases: NotRequired[Literal["abc", "ab", "bc", "ca", "a", "b", "c"]]
    side: NotRequired[Literal["", "A", "B", "C", "R"]]


class EnergyPrice(TypedDict):
    """
    What energy and its peaks cost, as a constant or by the hours of a year.

    Keys:
        usd_per_kwh: Price of energy [USD/kWh]
        grid: Dataset of hourly prices and carbon; replaces usd_per_kwh and
            carbon.g_per_kwh. Empty means constant
        utc_offset_h: How far the site's clock is ahead of UTC, for `grid` [h]
        growth_per_year: Growth of all prices of energy [1/year]
        demand_usd_per_kw_month: Demand charge, per month [USD/kW]
        ratchet_frac: Least billed demand ÷ the highest of twelve months [1]
    """

    usd_per_kwh: NotRequired[float]
    grid: NotRequired[str | None]
    utc_offset_h: NotRequired[float]
    growth_per_year: NotRequired[float]
    demand_usd_per_kw_month: NotRequired[float]
    ratchet_frac: NotRequired[float]


class Event(TypedDict):
    """
    Something that happens to the site at a moment of the horizon.

    Keys:
        t_s: When, from the horizon's start [s]
        kind: What happens
        target: Node, hall or row concerned; empty where there is no choice
        duration_s: How long it lasts. Empty means to the end [s]
        severity: What is left of airflow or capacity (0..1), kelvin of a heat wave,
            factor of a slow BMC's latency, modules lost. Empty means the usual [1]
    """

    t_s: float
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
    target: NotRequired[str]
    duration_s: NotRequired[float | None]
    severity: NotRequired[float | None]


class Exponential(TypedDict):
    """
    Exponential by its median.

    Keys:
        kind: As the noun says.
        median: Median [of the input]
        least: Lower values are taken as this [of the input]
    """

    kind: NotRequired[Literal["exponential"]]
    median: float
    least: NotRequired[float]


class Facility(TypedDict):
    """
    The building around the rows.

    Keys:
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
    """

    template: NotRequired[SiteTemplate | None]
    electrical: NotRequired[list[ElectricalNode]]
    racks: NotRequired[list[Rack]]
    cooling: NotRequired[Cooling]
    weather: NotRequired[SiteWeather]
    row_limits_w: NotRequired[dict[str, float]]
    design: NotRequired[Literal["n", "n+1", "2n", "3n2", "catcher"] | None]
    loss_frac: NotRequired[float]
    campus: NotRequired[Campus | None]
    events: NotRequired[list[Event]]


class Fixed(TypedDict):
    """
    Always the same value.

    Keys:
        kind: As the noun says.
        value: The value [of the input]
    """

    kind: NotRequired[Literal["fixed"]]
    value: float


class Fleet(TypedDict):
    """
    The servers in the row and the model they serve.

    Keys:
        server: Server type from the catalogue
        model: Served model with a performance table for this server
        gpus_per_instance: GPUs that one copy of the model takes. Empty means the first
            the catalogue lists [GPUs]
        server_count: Servers deployed, base and added together [servers]
        low_priority_frac: Part of servers and traffic that is low priority [1]
        server_power_frac: Power of a server ÷ the catalogue's, each watt alike. Traffic
            is found with the catalogue's power, and limits stay at the nameplate [1]
    """

    server: NotRequired[str]
    model: NotRequired[str]
    gpus_per_instance: NotRequired[int | None]
    server_count: NotRequired[int]
    low_priority_frac: NotRequired[float]
    server_power_frac: NotRequired[float]


class FrontIn(TypedDict):
    """
    Two aims to find plans between.

    Keys:
        first: What is minimised
        second: What is held at equal steps
        points: Most plans [1]
    """

    first: Literal["cost", "spend", "carbon", "unmet"]
    second: Literal["cost", "spend", "carbon", "unmet"]
    points: NotRequired[int]


class Generation(TypedDict):
    """
    A generation of servers.

    Keys:
        name: Name, unlike the others'
        work: Work of one ÷ that of the server demand is counted in [1]
        peak_w: Power to plan with [W]
        mean_w: Mean power while on [W]
        usd: Price of one, paid when ordered [USD]
        price_growth_per_year: Growth of the price, above inflation [1/year]
        lead_months: From order to service [months]
        sold_from_months: When it can first be ordered, from the start [months]
        life_years: Life: it is taken out at its end [years]
        existing: There at the start [servers]
        existing_left_months: Life left to the existing [months]
        upkeep_frac: Support and repair in a year ÷ price [1/year]
        embodied_kg: Carbon of making one, CO2e [kg]
    """

    name: str
    work: NotRequired[float]
    peak_w: NotRequired[float]
    mean_w: NotRequired[float]
    usd: NotRequired[float]
    price_growth_per_year: NotRequired[float]
    lead_months: NotRequired[float]
    sold_from_months: NotRequired[float]
    life_years: NotRequired[float]
    existing: NotRequired[int]
    existing_left_months: NotRequired[float]
    upkeep_frac: NotRequired[float]
    embodied_kg: NotRequired[float]


class Generator(TypedDict):
    """
    Gensets that carry the site alone, all as one machine.

    Keys:
        rated_va: Rating of all that run. Empty means the site's highest power and 20 %,
            at the power factor [VA]
        power_factor: Rated power ÷ rating [1]
        inertia_s: Energy in the rotors ÷ rating, H [s]
        droop_frac: Speed lost from no load to rated power [1]
        governor_s: Lag of governor and actuator [s]
        engine_s: Lag from fuel to torque [s]
        turbo_s: Time constant of boost [s]
        step_frac: Most power beyond what the boost is for ÷ rated power [1]
    """

    rated_va: NotRequired[float | None]
    power_factor: NotRequired[float]
    inertia_s: NotRequired[float]
    droop_frac: NotRequired[float]
    governor_s: NotRequired[float]
    engine_s: NotRequired[float]
    turbo_s: NotRequired[float]
    step_frac: NotRequired[float]


class Grid(TypedDict):
    """
    Every combination of every axis' values.

    Keys:
        kind: As the noun says.
        levels: Values of an axis with a distribution: the middles of as many equally
            likely parts [values]
    """

    kind: NotRequired[Literal["grid"]]
    levels: NotRequired[int]


class Horizon(TypedDict):
    """
    The stretch of time simulated, and the control tick.

    Keys:
        start: First instant, with its UTC offset; a Monday by default
        days: Length of the horizon [d]
        tick_s: Control tick; power is averaged over it [s]
        warm_up_s: Time that the row has run before the horizon, at the rates it begins
            with; not metered, at most the horizon. 0 begins with an empty row, no cap
            in force [s]
    """

    start: NotRequired[str]
    days: NotRequired[float]
    tick_s: NotRequired[float]
    warm_up_s: NotRequired[float]


class Job(TypedDict):
    """
    One synchronous training job.

    Keys:
        name: Name of the job
        gpu: GPU type from the catalogue
        gpu_count: GPUs in the job [GPUs]
        tdp_w: TDP of a GPU. Empty means the catalogue's [W]
        compute_s: Compute of one microbatch [s]
        microbatches: Gradient accumulation steps in an iteration [1]
        gap_s: Pause between microbatches [s]
        communicate_s: Exposed communication of an iteration [s]
        bubble_s: Pipeline bubble of an iteration [s]
        evaluate_every: Iterations between evaluations; 0 for none [iterations]
        evaluate_s: Length of an evaluation [s]
        checkpoint_every: Iterations between checkpoints; 0 for none [iterations]
        checkpoint_s: Time a checkpoint blocks [s]
        checkpoint_offset: Iterations that checkpoints come later [iterations]
        write_s: Time an asynchronous checkpoint is written beside compute [s]
        write_slow_frac: Compute time that the writing adds [1]
        start_s: When it starts [s]
        ramp_s: Its own power rises over this at a start [s]
        end_s: When it ends. Empty means after the horizon [s]
        failures_s: When it fails, rising [s]
        restart_s: From a failure to the first iteration after it [s]
        jitter_s: Standard deviation of edges between GPUs [s]
        straggle_frac: Standard deviation of an iteration's compute ÷ its mean [1]
        levels: Power by phase
    """

    name: NotRequired[str]
    gpu: NotRequired[str]
    gpu_count: NotRequired[int]
    tdp_w: NotRequired[float | None]
    compute_s: NotRequired[float]
    microbatches: NotRequired[int]
    gap_s: NotRequired[float]
    communicate_s: NotRequired[float]
    bubble_s: NotRequired[float]
    evaluate_every: NotRequired[int]
    evaluate_s: NotRequired[float]
    checkpoint_every: NotRequired[int]
    checkpoint_s: NotRequired[float]
    checkpoint_offset: NotRequired[int]
    write_s: NotRequired[float]
    write_slow_frac: NotRequired[float]
    start_s: NotRequired[float]
    ramp_s: NotRequired[float]
    end_s: NotRequired[float | None]
    failures_s: NotRequired[list[float]]
    restart_s: NotRequired[float]
    jitter_s: NotRequired[float]
    straggle_frac: NotRequired[float]
    levels: NotRequired[Levels]


class KnobInput(TypedDict):
    """
    Axes of the grid; every combination is a point.

    Keys:
        model: Key of the model
        server: Key of the server type
        tensor_parallel: GPUs that share each layer [GPUs]
        clock_frac: SM clocks ÷ the highest [1]
        batch: Most sequences that decode together [sequences]
        prompt: Prompt lengths [tokens]
        output: Output lengths [tokens]
        load: Request rate ÷ the highest the knobs sustain [1]
        requests_per_gpu_s: Request rates of one GPU to use instead of load; where the
            knobs do not keep up the point is null [1/s]
    """

    model: NotRequired[str]
    server: NotRequired[str]
    tensor_parallel: NotRequired[list[int]]
    clock_frac: NotRequired[list[float]]
    batch: NotRequired[list[int]]
    prompt: NotRequired[list[int]]
    output: NotRequired[list[int]]
    load: NotRequired[list[float]]
    requests_per_gpu_s: NotRequired[list[float]]


class Levels(TypedDict):
    """
    Power of a GPU in each phase ÷ TDP.

    Keys:
        compute: Forward and backward passes [1]
        communicate: Exposed communication [1]
        bubble: Pipeline bubble [1]
        evaluate: Evaluation [1]
        checkpoint: Blocking checkpoint [1]
        idle: Before the start, in a restart, after the end. Empty means the GPU's idle
            power in the catalogue [1]
    """

    compute: NotRequired[float]
    communicate: NotRequired[float]
    bubble: NotRequired[float]
    evaluate: NotRequired[float]
    checkpoint: NotRequired[float]
    idle: NotRequired[float | None]


class Limit(TypedDict):
    """
    What an output must not pass.

    Keys:
        output: Key of an output
        at_most: It must not be above [of the output]
        at_least: It must not be below [of the output]
    """

    output: str
    at_most: NotRequired[float | None]
    at_least: NotRequired[float | None]


class Limits(TypedDict):
    """
    What a plan has to keep.

    Keys:
        contract_w: Most the site may draw. Empty means what its utility blocks carry
            [W]
        budget_usd_per_period: Most that may be ordered in a period. Empty means no
            limit [USD]
        unmet_frac: Most of all demand that may go unserved. Empty means that only its
            price counts [1]
        carbon_t: Most carbon of all periods. Empty means no limit [t]
    """

    contract_w: NotRequired[float | None]
    budget_usd_per_period: NotRequired[float | None]
    unmet_frac: NotRequired[float | None]
    carbon_t: NotRequired[float | None]


class LineThroughput(TypedDict):
    """
    One piece of a log-linear regression, through a reference point.

    Keys:
        least_tokens: Shortest answer it rests on [token]
        most_tokens: Longest answer it rests on [token]
        kind: As the noun says.
        tokens_per_s: Output of the node at the reference [tokens/s]
        reference_input: Prompt of the reference [token]
        reference_output: Answer of the reference [token]
        input_slope: Exponent of the prompt's length [1]
        output_slope: Exponent of the answer's length [1]
    """

    least_tokens: NotRequired[float]
    most_tokens: NotRequired[float]
    kind: NotRequired[Literal["line"]]
    tokens_per_s: float
    reference_input: NotRequired[float]
    reference_output: float
    input_slope: float
    output_slope: float


class Load(TypedDict):
    """
    How much traffic: scaled to a peak, or given as a rate.

    Keys:
        target_peak_frac: Scale traffic until the base row, uncapped, peaks at this part
            of its provisioned power. Empty when a rate is given; 0.79 is published [1]
        requests_per_server_s: Mean requests per server, instead of a target [1/s]
        level: Multiplier on the traffic found or given above [1]
    """

    target_peak_frac: NotRequired[float | None]
    requests_per_server_s: NotRequired[float | None]
    level: NotRequired[float]


class LogNormal(TypedDict):
    """
    Log-normal by its median and the ratio of two percentiles.

    The median need not lie between the percentiles' logarithms: published spreads give
    all three. The width follows their ratio, the place the median.

    Keys:
        kind: As the noun says.
        median: Median [of the input]
        p5: P5 [of the input]
        p95: P95 [of the input]
        least: Lower values are taken as this [of the input]
        most: Higher values are taken as this [of the input]
    """

    kind: NotRequired[Literal["lognormal"]]
    median: float
    p5: float
    p95: float
    least: NotRequired[float]
    most: NotRequired[float]


class LogRange(TypedDict):
    """
    Values at equal ratios, both ends included.

    Keys:
        low: Lowest [of the field]
        high: Highest [of the field]
        count: Values on a grid [values]
    """

    low: float
    high: float
    count: NotRequired[int]


class Loss(TypedDict):
    """
    Losses of a node as fractions of its rated output.

    Keys:
        fixed: Loss at any load ÷ rated output [1]
        linear: Loss ÷ output [1]
        quadratic: Loss at rated output that grows with its square [1]
    """

    fixed: NotRequired[float]
    linear: NotRequired[float]
    quadratic: NotRequired[float]


class Measures(TypedDict):
    """
    Measures on the way from GPUs to the grid; each may be absent.

    Keys:
        scheduling: Of the jobs
        ballast: On every GPU
        smoothing: On every GPU
        psu: Store of one GPU's share of a supply
        rack: Store of one rack
        row: Store of one row
        site: Store of the site
    """

    scheduling: NotRequired[Scheduling | None]
    ballast: NotRequired[Ballast | None]
    smoothing: NotRequired[Smoothing | None]
    psu: NotRequired[Storage | None]
    rack: NotRequired[Storage | None]
    row: NotRequired[Storage | None]
    site: NotRequired[Storage | None]


class Money(TypedDict):
    """
    How years are put together.

    Keys:
        years: Years that are looked at [years]
        discount_rate: Discount rate [1/year]
        residual_frac: What things fetch at the end ÷ straight-line book value [1]
    """

    years: NotRequired[int]
    discount_rate: NotRequired[float]
    residual_frac: NotRequired[float]


class NoCap(TypedDict):
    """
    No capping at all; only the power brake protects the row.

    Keys:
        name: Kind of policy
    """

    name: NotRequired[Literal["no-cap"]]


class Normal(TypedDict):
    """
    Normal, cut off at its ends where they are given.

    Keys:
        kind: As the noun says.
        mean: Mean before the cut [of the input]
        sd: Standard deviation before the cut [of the input]
        least: Lowest value; the rest is spread anew [of the input]
        most: Highest value; the rest is spread anew [of the input]
    """

    kind: NotRequired[Literal["normal"]]
    mean: float
    sd: float
    least: NotRequired[float | None]
    most: NotRequired[float | None]


class Objective(TypedDict):
    """
    What a search makes as large or as small as it can.

    Keys:
        output: Key of an output, or field of an axis with numbers
        goal: Which way
    """

    output: str
    goal: Literal["max", "min"]


class OneAtATime(TypedDict):
    """
    Each axis at its low and high end while the others stay in the middle.

    Keys:
        kind: As the noun says.
        tail_frac: Part of an axis left out at each end [1]
    """

    kind: NotRequired[Literal["one-at-a-time"]]
    tail_frac: NotRequired[float]


class OneThreshold(TypedDict):
    """
    One threshold; above it low priority (or everyone) runs at a lower clock.

    Keys:
        name: Kind of policy: whom it slows
        threshold_frac: Row power ÷ provisioned above which caps are set [1]
        hysteresis_frac: Caps are lifted this far below the threshold [1]
        capped_clock_mhz: SM clock of capped servers. Empty means the published A100
            clock scaled to this GPU. [MHz]
    """

    name: NotRequired[Literal["one-threshold-low", "one-threshold-all"]]
    threshold_frac: NotRequired[float]
    hysteresis_frac: NotRequired[float]
    capped_clock_mhz: NotRequired[float | None]


class Own(TypedDict):
    """
    Servers and plants of yours that the inputs name.

    Keys:
        servers: Servers
        plants: Cooling plants
    """

    servers: NotRequired[list[OwnServer]]
    plants: NotRequired[list[OwnPlant]]


class OwnCurve(TypedDict):
    """
    Coefficients of a chiller's curve, constant first.

    Keys:
        source: Where it comes from
        mark: How far to trust it
        value: Constant, linear, quadratic
    """

    source: str
    mark: Literal["measured", "published", "second-hand", "memory", "fitted", "assumed"]
    value: list[float]


class OwnFigure(TypedDict):
    """
    A number of yours.

    Keys:
        source: Where it comes from
        mark: How far to trust it
        value: Value [SI]
    """

    source: str
    mark: Literal["measured", "published", "second-hand", "memory", "fitted", "assumed"]
    value: float


class OwnPlant(TypedDict):
    """
    A cooling plant of yours: a ready-made one with other coefficients.

    Keys:
        key: Name in scenarios
        label: Name for people
        like: Ready-made plant it starts from
        settings: Part and coefficient, such as chillers.cop, with its value
        file: File it was read from
    """

    key: str
    label: str
    like: Literal[
        "water-cooled",
        "cold-water",
        "air-cooled",
        "outside-air",
        "rear-door",
        "liquid-cooled",
    ]
    settings: dict[str, OwnFigure | OwnCurve]
    file: NotRequired[str]


class OwnRule(TypedDict):
    """
    A rule of the user's own, beside those that are known by name.

    Keys:
        key: Its name in answers
        title: What it asks, in words
        authority: Who asks for it
        kind: What is measured
        limit: Limit: power, ramp or share, by kind [W, W/s or 1]
        limit_frac: The same ÷ contracted power; the lower holds [1]
        window_s: Rolling window [s]
        low_hz: Lower edge of the band [Hz]
        high_hz: Upper edge of the band [Hz]
        up_w_per_s: Fastest rise of a range's baseline [W/s]
        down_w_per_s: Fastest fall of a range's baseline [W/s]
        source: Where it stands
        date: Of its text
    """

    key: str
    title: NotRequired[str]
    authority: NotRequired[str]
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
    ]
    limit: float
    limit_frac: NotRequired[float]
    window_s: NotRequired[float]
    low_hz: NotRequired[float]
    high_hz: NotRequired[float]
    up_w_per_s: NotRequired[float]
    down_w_per_s: NotRequired[float]
    source: NotRequired[str]
    date: NotRequired[str]


class OwnServer(TypedDict):
    """
    A server type of yours around a GPU of the catalogue.

    Keys:
        key: Name in scenarios
        label: Name for people
        gpu: GPU of the catalogue: power, clocks, phase tables
        gpu_count: GPUs in it [GPUs]
        rated_w: Nameplate [W]
        provisioned_w: Power a planner sets aside [W]
        height_u: Height in rack units [U]
        host_w: Power beside the GPUs [W]
        host_slope: Server power ÷ GPU power [W/W]
        cooled_like: Server of the catalogue whose airflow and heat sinks stand in
        file: File it was read from
    """

    key: str
    label: str
    gpu: str
    gpu_count: int
    rated_w: OwnFigure
    provisioned_w: OwnFigure
    height_u: OwnFigure
    host_w: OwnFigure
    host_slope: OwnFigure
    cooled_like: str
    file: NotRequired[str]


class Pathway(TypedDict):
    """
    One way to use less energy per query, as a factor it divides it by.

    Keys:
        name: Name
        reduction: Energy before ÷ after [1]
        typical: Whether it acts on typical queries
        long: Whether it acts on long queries
        fleet_frac: Share of the fleet's queries it is applied to [1]
        source: Where the range comes from
        mark: How far to trust it
    """

    name: str
    reduction: Fixed | LogNormal | Exponential | Uniform | Samples
    typical: NotRequired[bool]
    long: NotRequired[bool]
    fleet_frac: NotRequired[float]
    source: NotRequired[str]
    mark: NotRequired[
        Literal["measured", "published", "second-hand", "memory", "fitted", "assumed"]
    ]


class PlacementInput(TypedDict):
    """
    Where servers go, and on which feeds and phases, within every limit.

    Keys:
        scenario: The site; its facility is set
        place: What is to be placed
        present: Servers that the racks hold now: they stay, may move to other racks, or
            are gone
        wirings: Ways racks may hang; a rack that none is open to stays as it is, and an
            empty entry keeps what is
        planned_for: Power planned per server: its rating, the catalogue's provisioned
            power, what it draws with every GPU at its limit, or a percentile of the
            scenario's own load
        percentile: Part of the time in which a row's servers draw at most what is
            planned, for `percentile` [1]
        survive: What no node may be overloaded by: the loss of any one other node, or
            nothing
        after_loss: What servers draw after a loss: the planned power, or what the
            scenario's policy leaves of it, if breakers hold until the cap lands
        limit_frac: Part of every node's limit that is planned with [1]
        rack_units: Height of a rack that servers may fill [U]
        rack_limit_w: Most power planned in one rack, beside what its own PDUs carry [W]
        imbalance_limit_frac: Fullest phase of any three-phase node above the mean of
            its phases ÷ that mean, with nothing lost. Empty means no bound [1]
        objectives: What is wanted, the most important first; each is kept while the
            next is sought
        partial: Whether to place what fits where not all does
        gap_frac: A second objective may stay this far from its proven bound; server
            counts are whole [1]
        effort_nodes: Branches looked into before the best so far is taken, with its gap
            [nodes]
    """

    scenario: NotRequired[Scenario]
    place: NotRequired[list[ServersToPlace]]
    present: NotRequired[Literal["stay", "may-move", "gone"]]
    wirings: NotRequired[list[RackWiring]]
    planned_for: NotRequired[Literal["nameplate", "provisioned", "peak", "percentile"]]
    percentile: NotRequired[float]
    survive: NotRequired[Literal["any-one", "nothing"]]
    after_loss: NotRequired[Literal["uncapped", "capped"]]
    limit_frac: NotRequired[float]
    rack_units: NotRequired[int]
    rack_limit_w: NotRequired[float | None]
    imbalance_limit_frac: NotRequired[float | None]
    objectives: NotRequired[
        list[Literal["most-servers", "least-loading", "least-imbalance", "least-moves"]]
    ]
    partial: NotRequired[bool]
    gap_frac: NotRequired[float]
    effort_nodes: NotRequired[int]


class PlainLoad(TypedDict):
    """
    What a site draws, in plain figures; a `site` replaces most of it.

    Keys:
        server_count: Servers deployed [servers]
        server_w: Rated power of one [W]
        built_w: IT power the site is built for. Empty means the servers' rated power
            [W]
        mean_frac: Mean IT power ÷ rated [1]
        peak_frac: Highest IT power of a month ÷ rated [1]
        pue: Energy at the meter ÷ IT energy [1]
        peak_pue: Power at the meter ÷ IT power at the peak [1]
        water_l_per_it_kwh: Fresh water of the site ÷ IT energy [l/kWh]
        lost_server_h_per_year: Server-hours without service in a year [h]
    """

    server_count: NotRequired[int]
    server_w: NotRequired[float]
    built_w: NotRequired[float | None]
    mean_frac: NotRequired[float]
    peak_frac: NotRequired[float]
    pue: NotRequired[float]
    peak_pue: NotRequired[float]
    water_l_per_it_kwh: NotRequired[float]
    lost_server_h_per_year: NotRequired[float]


class PlanSpec(TypedDict):
    """
    What a plan searches: server counts, policies, repetitions.

    Keys:
        added_servers: Servers added to the base count, one table row each [servers]
        policies: Policies compared: names, or policy objects with settings
        seeds: Independent repetitions per cell; more give an interval [runs]
    """

    added_servers: NotRequired[list[int]]
    policies: NotRequired[list[NoCap | OneThreshold | Polca | UserPolicy | str]]
    seeds: NotRequired[int]


class Plant(TypedDict):
    """
    What stands between GPUs and the grid, measures aside.

    Keys:
        host_w_per_gpu: Steady power of a server beside its GPUs ÷ their number [W]
        supply_efficiency: Output ÷ input of server supplies [1]
        gpus_per_rack: GPUs in a rack [GPUs]
        racks_per_row: Racks in a row [racks]
        cooling_frac: Power of cooling ÷ IT power; it follows slowly [1]
        cooling_s: Time constant with which cooling follows [s]
        other_w: Other load at the same meter, steady [W]
    """

    host_w_per_gpu: NotRequired[float]
    supply_efficiency: NotRequired[float]
    gpus_per_rack: NotRequired[int]
    racks_per_row: NotRequired[int]
    cooling_frac: NotRequired[float]
    cooling_s: NotRequired[float]
    other_w: NotRequired[float]


class PointsThroughput(TypedDict):
    """
    Measured points, log-linear between them, held outside; the prompt is theirs.

    Keys:
        least_tokens: Shortest answer it rests on [token]
        most_tokens: Longest answer it rests on [token]
        kind: As the noun says.
        output_tokens: Answer of each point, rising [token]
        tokens_per_s: Output of the node at each point [tokens/s]
    """

    least_tokens: NotRequired[float]
    most_tokens: NotRequired[float]
    kind: NotRequired[Literal["points"]]
    output_tokens: list[float]
    tokens_per_s: list[float]


class Polca(TypedDict):
    """
    Two thresholds: low priority slows first, then more, then high priority.

    Keys:
        name: Kind of policy
        t1_frac: First threshold, row power ÷ provisioned [1]
        t2_frac: Second threshold, row power ÷ provisioned [1]
        hysteresis_frac: A threshold is left this far below it [1]
        low_clock_t1_mhz: SM clock of low priority above the first threshold. Empty
            means the published A100 clock scaled to this GPU. [MHz]
        low_clock_t2_mhz: SM clock of low priority above the second threshold. Empty
            means the published A100 clock scaled to this GPU. [MHz]
        high_clock_t2_mhz: SM clock of high priority above the second threshold. Empty
            means the published A100 clock scaled to this GPU. [MHz]
    """

    name: NotRequired[Literal["polca"]]
    t1_frac: NotRequired[float]
    t2_frac: NotRequired[float]
    hysteresis_frac: NotRequired[float]
    low_clock_t1_mhz: NotRequired[float | None]
    low_clock_t2_mhz: NotRequired[float | None]
    high_clock_t2_mhz: NotRequired[float | None]


class Prices(TypedDict):
    """
    Prices; every one is assumed and wants the planner's own.

    Keys:
        energy_per_mwh: Energy [$/MWh]
        gpu_hour: An hour of one GPU, for time a job loses [$/h]
        psu_store_per_gpu: Supply store of 65 J, for one GPU [$]
        store_per_kw: Power of a store [$/kW]
        store_per_kwh: Energy of a store [$/kWh]
        rack_store_per_kwh: Energy of a store inside racks [$/kWh]
        years: Life over which a store is paid, if it does not wear out before [years]
        starts_per_year: Starts and restarts of each job in a year [1/year]
    """

    energy_per_mwh: NotRequired[float]
    gpu_hour: NotRequired[float]
    psu_store_per_gpu: NotRequired[float]
    store_per_kw: NotRequired[float]
    store_per_kwh: NotRequired[float]
    rack_store_per_kwh: NotRequired[float]
    years: NotRequired[float]
    starts_per_year: NotRequired[float]


class Protection(TypedDict):
    """
    How the site lets go of a disturbed grid, and how it comes back.

    Keys:
        ups_frac: Load behind UPSs ÷ all [1]
        mechanical_frac: Cooling and pumps ÷ all; the rest are bare supplies [1]
        low_pu: UPS goes onto battery below [pu]
        high_pu: UPS goes onto battery above [pu]
        detect_s: Time until it does [s]
        retransfer_s: Good input this long before it takes load again [s]
        walk_in_s: Ramp from nothing to all [s]
        battery_s: Battery at the load there is [s]
        count: Transfers within the window after which it stays on battery until
            somebody returns it; 0 counts none [transfers]
        count_window_s: Window of that counter [s]
        hold_up_s: Server supplies without UPS hold this long [s]
    """

    ups_frac: NotRequired[float]
    mechanical_frac: NotRequired[float]
    low_pu: NotRequired[float]
    high_pu: NotRequired[float]
    detect_s: NotRequired[float]
    retransfer_s: NotRequired[float]
    walk_in_s: NotRequired[float]
    battery_s: NotRequired[float]
    count: NotRequired[int]
    count_window_s: NotRequired[float]
    hold_up_s: NotRequired[float]


class ProvisionInput(TypedDict):
    """
    How many prompt and token machines, of which design.

    Keys:
        model: Key of the model
        traffic: Where lengths are drawn from; its rate only says how many
        designs: Designs: A is a DGX A100, H a DGX H100, `cap` caps its GPUs
        objective: What is held equal: provisioned power, rent, or the rate
        budget_a100: Budget: as many DGX A100 of the same power or rent [machines]
        rate_rps: Rate to serve, for iso-throughput [1/s]
        least: What iso-throughput makes least
        limits_factor: Multiplier of the nine limits of slow-down [1]
        seed: Seed of every draw [1]
    """

    model: NotRequired[str]
    traffic: NotRequired[ServingTraffic]
    designs: NotRequired[
        list[Literal["Base-A100", "Base-H100", "AA", "HH", "HA", "HHcap"]]
    ]
    objective: NotRequired[Literal["iso-power", "iso-cost", "iso-throughput"]]
    budget_a100: NotRequired[float]
    rate_rps: NotRequired[float]
    least: NotRequired[Literal["power", "cost"]]
    limits_factor: NotRequired[float]
    seed: NotRequired[int]


class QueryClass(TypedDict):
    """
    Queries of one kind: how long they are, and how fast a node answers them.

    Keys:
        input_tokens: Tokens of the prompt [token]
        output_tokens: Tokens of the answer [token]
        throughput: Output of a node under full load
    """

    input_tokens: Fixed | LogNormal | Exponential | Uniform | Samples
    output_tokens: Fixed | LogNormal | Exponential | Uniform | Samples
    throughput: LineThroughput | WorkThroughput | PointsThroughput


class QueryEnergyInput(TypedDict):
    """
    What the energy, carbon, water and cost of a query are worked out from.

    Keys:
        preset: Where fields left out come from
        draws: Draws of the Monte Carlo [draws]
        seed: Seed [1]
        typical: Conversational queries
        long: Queries that reason or act at length
        long_frac: Share of long queries [1]
        node_w: Power of a node, at its inputs, while it serves [W]
        utilisation: Tokens per second in service ÷ the throughput above [1]
        pue: Power usage effectiveness [1]
        water_l_per_it_kwh: Water evaporated on site per kWh of the servers [L/kWh]
        grid_water_l_per_kwh: Water behind a kWh of the grid [L/kWh]; left out by
            default
        carbon_g_per_kwh: Carbon of the grid; `samples` for its hours [g/kWh]
        energy_usd_per_kwh: Price of energy [USD/kWh]
        node_usd_per_h: Price of a node. Where rent includes power, set the price of
            energy to 0 [USD/h]
        queries_per_day: Queries of the fleet [1/day]
        fleet_overhead: Energy of the fleet ÷ (queries × mean energy of one): spare
            capacity and load below the benchmark's [1]
        pathways: Ways to use less energy, alone and combined
    """

    preset: NotRequired[
        Literal["v1", "v2", "nvidia-405b", "measured-llama-405b", "measured-qwen3-235b"]
    ]
    draws: NotRequired[int]
    seed: NotRequired[int]
    typical: NotRequired[QueryClass]
    long: NotRequired[QueryClass]
    long_frac: NotRequired[float]
    node_w: NotRequired[Fixed | LogNormal | Exponential | Uniform | Samples]
    utilisation: NotRequired[Fixed | LogNormal | Exponential | Uniform | Samples]
    pue: NotRequired[Fixed | LogNormal | Exponential | Uniform | Samples]
    water_l_per_it_kwh: NotRequired[Fixed | LogNormal | Exponential | Uniform | Samples]
    grid_water_l_per_kwh: NotRequired[
        Fixed | LogNormal | Exponential | Uniform | Samples
    ]
    carbon_g_per_kwh: NotRequired[Fixed | LogNormal | Exponential | Uniform | Samples]
    energy_usd_per_kwh: NotRequired[Fixed | LogNormal | Exponential | Uniform | Samples]
    node_usd_per_h: NotRequired[float]
    queries_per_day: NotRequired[float]
    fleet_overhead: NotRequired[float]
    pathways: NotRequired[list[Pathway]]


class Rack(TypedDict):
    """
    One rack: where it stands, what feeds it, what is in it.

    Keys:
        name: Unique name
        hall: Hall
        row: Row
        aisle: Cold aisle
        position: Place in the row, from one end [place]
        fed_by: Nodes that feed it; two share its draw equally
        server: Server type; empty means the fleet's
        server_count: Servers in the rack [servers]
        low_priority_frac: Part of its servers that is low priority. Empty means the
            fleet's [1]
        kind: Served endpoints, or opaque virtual machines
        phases: Phases its supplies hang on
    """

    name: str
    hall: NotRequired[str]
    row: NotRequired[str]
    aisle: NotRequired[str]
    position: NotRequired[int]
    fed_by: list[str]
    server: NotRequired[str | None]
    server_count: NotRequired[int]
    low_priority_frac: NotRequired[float | None]
    kind: NotRequired[Literal["saas", "iaas"]]
    phases: NotRequired[Literal["abc", "ab", "bc", "ca", "a", "b", "c"]]


class RackWiring(TypedDict):
    """
    One way in which racks may hang on feeds and phases.

    Keys:
        rows: Rows it is open to; empty means all
        fed_by: Nodes that would feed the rack, sharing it equally; empty means those
            that do now
        phases: Phases its supplies would hang on; empty means those that they do now
    """

    rows: NotRequired[list[str]]
    fed_by: NotRequired[list[str]]
    phases: NotRequired[Literal["abc", "ab", "bc", "ca", "a", "b", "c"] | None]


class Range(TypedDict):
    """
    Values at equal distances, both ends included.

    Keys:
        low: Lowest [of the field]
        high: Highest [of the field]
        count: Values on a grid [values]
    """

    low: float
    high: float
    count: NotRequired[int]


class Rare(TypedDict):
    """
    How likely a rare event is: the first of `limits` passed.

    Keys:
        kind: As the noun says.
        method: splitting: step by step towards the event, sturdy; importance: draw
            where it happens, fewer points where it has one place
        points: Points of a step and replica [points]
        replicas: Independent repetitions; their scatter gives the interval [replicas]
        most_points: Most points answered [points]
    """

    kind: NotRequired[Literal["rare"]]
    method: NotRequired[Literal["splitting", "importance"]]
    points: NotRequired[int]
    replicas: NotRequired[int]
    most_points: NotRequired[int]


class RateArrivals(TypedDict):
    """
    Recorded rates give the shape; the horizon repeats it where it is longer.

    Keys:
        kind: Kind of arrivals
        dataset: Dataset of rates over time
        bursty: Use the dataset's inter-arrival variation; false is Poisson
        max_cv: Recorded variation above this is cut to it [1]
    """

    kind: NotRequired[Literal["rates"]]
    dataset: str
    bursty: NotRequired[bool]
    max_cv: NotRequired[float]


class Rates(TypedDict):
    """
    Prices and rates of every year of the plan.

    Keys:
        energy_usd_per_kwh: Energy [USD/kWh]
        energy_growth_per_year: Growth of energy's price and the demand charge [1/year]
        demand_usd_per_kw_month: Demand charge on each period's peak [USD/kW]
        water_usd_per_m3: Water [USD/m3]
        water_l_per_it_kwh: Fresh water ÷ IT energy [l/kWh]
        carbon_usd_per_t: Price of CO2 [USD/t]
        carbon_growth_per_year: Growth of its price [1/year]
        carbon_g_per_kwh: Grid intensity [g/kWh]
        intensity_growth_per_year: Growth of the intensity [1/year]
        lost_usd_per_server_h: What an hour of a wanted server that is not there costs
            [USD/h]
        pue: Energy at the meter ÷ IT energy [1]
        peak_pue: The same of peak power [1]
        discount_rate: Discount rate [1/year]
        residual_frac: What things fetch at the end ÷ straight-line book value [1]
    """

    energy_usd_per_kwh: NotRequired[float]
    energy_growth_per_year: NotRequired[float]
    demand_usd_per_kw_month: NotRequired[float]
    water_usd_per_m3: NotRequired[float]
    water_l_per_it_kwh: NotRequired[float]
    carbon_usd_per_t: NotRequired[float]
    carbon_growth_per_year: NotRequired[float]
    carbon_g_per_kwh: NotRequired[float]
    intensity_growth_per_year: NotRequired[float]
    lost_usd_per_server_h: NotRequired[float]
    pue: NotRequired[float]
    peak_pue: NotRequired[float]
    discount_rate: NotRequired[float]
    residual_frac: NotRequired[float]


class Replay(TypedDict):
    """
    Recorded power that the servers draw again, in place of requests.

    Keys:
        series: Name of the recorded power
        speed: Seconds of the record in a second of the run; cooling, stores and
            commands keep their own pace [1]
        from_s: First second of the record [s]
        to_s: Last second of the record. Empty means its end [s]
    """

    series: str
    speed: NotRequired[float]
    from_s: NotRequired[float]
    to_s: NotRequired[float | None]


class RequestArrivals(TypedDict):
    """
    Recorded requests replayed with their own times, lengths and order.

    Keys:
        kind: Kind of arrivals
        dataset: Dataset of recorded requests
    """

    kind: NotRequired[Literal["requests"]]
    dataset: str


class RequestClass(TypedDict):
    """
    One kind of request: its share, priority split and token lengths.

    Keys:
        name: Name of the class
        share: Weight among the classes; weights need not sum to one [1]
        low_priority_frac: Part of this class that is low priority [1]
        prompt_tokens: Prompt length; empty when `lengths` names a dataset
        output_tokens: Output length; empty when `lengths` names a dataset
        lengths: Dataset of recorded requests whose length pairs are drawn
    """

    name: str
    share: float
    low_priority_frac: NotRequired[float]
    prompt_tokens: NotRequired[TokenRange | None]
    output_tokens: NotRequired[TokenRange | None]
    lengths: NotRequired[str | None]


class Row(TypedDict):
    """
    One row of racks behind one power limit.

    Keys:
        name: Name of the row
        base_server_count: Servers the row's power was provisioned for [servers]
        provisioned_w: Power limit of the row. Empty means base servers × the
            catalogue's provisioned power per server [W]
        servers_per_rack: Servers in one rack; noted only, racks have no limit of their
            own yet [servers]
    """

    name: NotRequired[str]
    base_server_count: NotRequired[int]
    provisioned_w: NotRequired[float | None]
    servers_per_rack: NotRequired[int]


class Saltelli(TypedDict):
    """
    The design of Sobol's indices: how much of the scatter each axis explains.

    Keys:
        kind: As the noun says.
        points: Base points, a power of two; axes + 2 times as many are answered
            [points]
    """

    kind: NotRequired[Literal["saltelli"]]
    points: NotRequired[int]


class Samples(TypedDict):
    """
    Recorded values, such as token counts of a trace or the hours of a year.

    Keys:
        kind: As the noun says.
        values: Values, each as likely as its weight [of the input]
        weights: Weight of each value, such as queries in that hour. Empty weighs all
            alike [1]
    """

    kind: NotRequired[Literal["samples"]]
    values: list[float]
    weights: NotRequired[list[float] | None]


class Scatter(TypedDict):
    """
    Every value of a range alike; negative ones too where `kind` is uniform.

    Keys:
        kind: As the noun says.
        low: Lowest [of the input]
        high: Highest [of the input]
    """

    kind: NotRequired[Literal["uniform", "loguniform"]]
    low: float
    high: float


class Scenario(TypedDict):
    """
    Inputs of one run.

    The same scenario and seed give the same answer, always.

    Keys:
        schema_version: Version of this format [1]
        name: Name of the scenario
        notes: Free text
        seed: Seed of every random draw [1]
        site: Where the row stands
        row: The row and its limit
        fleet: Servers and model
        workload: Traffic
        policy: Capping policy
        control: Delays and brake
        slo: Limits on harm to users
        horizon: Time simulated
        facility: The building around the rows; empty means one row alone
        training: Training jobs behind one meter; empty means serving alone
        plan: Search of a plan
        own: Servers and cooling plants of your own that these inputs name; filled from
            NAMEPLATE_OWN_DIR
    """

    schema_version: NotRequired[Literal[1]]
    name: NotRequired[str]
    notes: NotRequired[str]
    seed: NotRequired[int]
    site: NotRequired[Site]
    row: NotRequired[Row]
    fleet: NotRequired[Fleet]
    workload: NotRequired[Workload]
    policy: NotRequired[NoCap | OneThreshold | Polca | UserPolicy]
    control: NotRequired[Control]
    slo: NotRequired[Slo]
    horizon: NotRequired[Horizon]
    facility: NotRequired[Facility | None]
    training: NotRequired[Training | None]
    plan: NotRequired[PlanSpec]
    own: NotRequired[Own]


class Scheduling(TypedDict):
    """
    What the scheduler does about swings.

    Keys:
        stagger_s: Each further job starts this later [s]
        take_turns: Whether checkpoints of jobs are spread over their cadence
        start_ramp_s: A cap rises from idle to full power over this at a start [s]
        end_ramp_s: Power falls over this at an end or failure, by a burn [s]
        clock_frac: SM clock ÷ its highest [1]
    """

    stagger_s: NotRequired[float]
    take_turns: NotRequired[bool]
    start_ramp_s: NotRequired[float]
    end_ramp_s: NotRequired[float]
    clock_frac: NotRequired[float]


class Search(TypedDict):
    """
    Looks for the best point; `objectives` and `limits` say what is best.

    Keys:
        kind: As the noun says.
        evaluations: Most points answered [points]
        batch: Points answered at the same time; the answer depends on it, not on the
            workers [points]
        patience: Stop after so many without progress [points]
    """

    kind: NotRequired[Literal["search"]]
    evaluations: NotRequired[int]
    batch: NotRequired[int]
    patience: NotRequired[int | None]


class Servers(TypedDict):
    """
    What a server costs, lasts, and is worth when it is lost.

    Keys:
        usd: Price of a server, in service [USD]
        life_years: Life [years]
        price_growth_per_year: Growth of the price until it is replaced [1/year]
        upkeep_frac: Support and repair in a year ÷ price [1/year]
        embodied_kg: Carbon of making one, CO2e [kg]
        lost_usd_per_h: What an hour of a lost server costs [USD/h]
    """

    usd: NotRequired[float]
    life_years: NotRequired[float]
    price_growth_per_year: NotRequired[float]
    upkeep_frac: NotRequired[float]
    embodied_kg: NotRequired[float]
    lost_usd_per_h: NotRequired[float]


class ServersToPlace(TypedDict):
    """
    Servers of one type that are to be placed.

    Keys:
        name: Name for people, such as the service; empty is the type's
        server: Server type; empty means the fleet's
        server_count: How many. Empty means as many as possible [servers]
        worth: What one server counts in `most-servers` [1]
        planned_w: Power planned per server. Empty means as `planned_for` says [W]
        most_per_rack: Most of its type in one rack. Empty means as many as its height
            allows [servers]
        most_per_row: Most of these in one row, so that replicas stand apart [servers]
        most_lost: Most of these that the loss of any one node may leave without a feed
            [servers]
    """

    name: NotRequired[str]
    server: NotRequired[str | None]
    server_count: NotRequired[int | None]
    worth: NotRequired[float]
    planned_w: NotRequired[float | None]
    most_per_rack: NotRequired[int | None]
    most_per_row: NotRequired[int | None]
    most_lost: NotRequired[int | None]


class ServingInput(TypedDict):
    """
    Systems side by side on the same traffic.

    Keys:
        name: Name
        model: Key of the model
        server: Key of the server type
        server_count: Servers at hand [1]
        gpus_per_instance: GPUs of one baseline instance (tensor parallel) [1]
        traffic: What everybody serves
        slo: Limits
        site: Hall
        systems: Systems to compare; the baseline is always run
        own: Servers and cooling plants of your own that these inputs name; filled from
            NAMEPLATE_OWN_DIR
        server_counts: Further server counts at which every system runs, for the curve
            of SLO against watts [servers]
        seed: Seed of every draw [1]
    """

    name: NotRequired[str]
    model: NotRequired[str]
    server: NotRequired[str]
    server_count: NotRequired[int]
    gpus_per_instance: NotRequired[int]
    traffic: NotRequired[ServingTraffic]
    slo: NotRequired[ServingSlo]
    site: NotRequired[ServingSite]
    systems: NotRequired[list[SystemChoice]]
    own: NotRequired[Own]
    server_counts: NotRequired[list[int]]
    seed: NotRequired[int]


class ServingSite(TypedDict):
    """
    The hall around the servers: overhead, prices, carbon.

    Keys:
        pue: Site power ÷ IT power [1]
        energy_usd_per_kwh: Price of site energy [USD/kWh]
        rent_includes_energy: Whether the price of a GPU-hour covers its energy; if not,
            energy is paid on top [1]
        carbon_g_per_kwh: Grid intensity where no region is named [g/kWh]
        grid: Dataset of hourly prices and carbon intensity; replaces the two figures
            above by its hours. Empty means constant
    """

    pue: NotRequired[float]
    energy_usd_per_kwh: NotRequired[float]
    rent_includes_energy: NotRequired[bool]
    carbon_g_per_kwh: NotRequired[float]
    grid: NotRequired[str | None]


class ServingSlo(TypedDict):
    """
    Limits of every request.

    Keys:
        ttft_short_s: Time to first token, prompts below 256 tokens [s]
        ttft_medium_s: Time to first token, prompts of 256 to 1,023 tokens [s]
        ttft_long_s: Time to first token, prompts of 1,024 tokens and more [s]
        tbt_s: Mean time between tokens of a request [s]
    """

    ttft_short_s: NotRequired[float]
    ttft_medium_s: NotRequired[float]
    ttft_long_s: NotRequired[float]
    tbt_s: NotRequired[float]


class ServingTraffic(TypedDict):
    """
    Requests that every system serves.

    Keys:
        classes: Kinds of request; `lengths` draws from a recorded dataset. The default
            is chat: order of the recorded chat traffic (Azure 2023: mean 1,155 and 211
            tokens)
        arrivals: When requests arrive
        rate_rps: Mean requests per second over the whole length [1/s]
        length_s: Length of the traffic [s]
        start: First instant, with its time zone; fixes hour and weekday
    """

    classes: NotRequired[list[RequestClass]]
    arrivals: NotRequired[DiurnalArrivals | RateArrivals | RequestArrivals]
    rate_rps: NotRequired[float]
    length_s: NotRequired[float]
    start: NotRequired[str]


class ShiftInput(TypedDict):
    """
    Jobs, signals and headroom on a grid of equal steps.

    Keys:
        jobs: Deferrable jobs
        headroom_w: Power the site has left for them, per step [W]
        step_h: Length of a step [h]
        aim: What is kept low: carbon, cost, or (headroom) the power at the step with
            least to spare
        carbon_g_per_kwh: Carbon of the grid, per step [g/kWh]
        price_usd_per_mwh: Price of energy, per step [USD/MWh]
        forecast: The aim's signal as expected; the schedule follows it and is accounted
            at the actual one [of the aim]
        pue: Energy at the meter ÷ energy of the jobs [1]
    """

    jobs: list[DeferrableJob]
    headroom_w: list[float]
    step_h: NotRequired[float]
    aim: NotRequired[Literal["carbon", "price", "headroom"]]
    carbon_g_per_kwh: NotRequired[list[float] | None]
    price_usd_per_mwh: NotRequired[list[float] | None]
    forecast: NotRequired[list[float] | None]
    pue: NotRequired[float]


class Site(TypedDict):
    """
    The place: name and time zone shown on screen; the core runs in UTC.

    Keys:
        name: Name of the site
        time_zone: IANA time zone of the site
    """

    name: NotRequired[str]
    time_zone: NotRequired[str]


class SiteTemplate(TypedDict):
    """
    A regular site by its counts; expanded to nodes and racks.

    Keys:
        design: Redundancy: n, n+1 (parallel UPS modules), 2n (two chains), 3n2 (three
            chains, rows on pairs of them), catcher (a reserve UPS, switched in)
        halls: Halls [halls]
        rows_per_hall: Rows in a hall [rows]
        racks_per_row: Racks in a row [racks]
        servers_per_rack: Servers a rack was planned for [servers]
        added_servers_per_row: Servers added to each row, spread over its racks
            [servers]
        row_limit_w: Power limit of a row. Empty means its planned servers × the
            catalogue's provisioned power [W]
        margin_frac: Room that nodes above the rows have beyond their rows' limits and
            cooling [1]
        ups_mode: How the UPS run
        rack_pdus: Whether each rack's PDUs are nodes of their own
        battery_s: Time a UPS carries its rating [s]
    """

    design: NotRequired[Literal["n", "n+1", "2n", "3n2", "catcher"]]
    halls: NotRequired[int]
    rows_per_hall: NotRequired[int]
    racks_per_row: NotRequired[int]
    servers_per_rack: NotRequired[int]
    added_servers_per_row: NotRequired[int]
    row_limit_w: NotRequired[float | None]
    margin_frac: NotRequired[float]
    ups_mode: NotRequired[Literal["double-conversion", "eco"]]
    rack_pdus: NotRequired[bool]
    battery_s: NotRequired[float]


class SiteWeather(TypedDict):
    """
    Outdoor air: a dataset, or a year generated from four figures.

    Keys:
        dataset: Name of a weather dataset; empty means generated
        mean_c: Mean of the year [C]
        annual_swing_k: Warmest month's mean above the year's [K]
        daily_swing_k: Afternoon above the day's mean [K]
        dew_point_c: Mean dew point [C]
    """

    dataset: NotRequired[str | None]
    mean_c: NotRequired[float]
    annual_swing_k: NotRequired[float]
    daily_swing_k: NotRequired[float]
    dew_point_c: NotRequired[float]


class Sizing(TypedDict):
    """
    Options; every combination of one of each is tried.

    Keys:
        floors_frac: Floors of GPU smoothing ÷ TDP; 0 is none [1]
        ballasts_frac: Targets of software ballast ÷ TDP; 0 is none [1]
        ramps_s: Ramps at starts and ends; 0 is none [s]
        psu_j_per_gpu: Supply stores; 0 is none [J per GPU]
        rack_kwh: Stores in each rack; 0 is none [kWh per rack]
        site_power_frac: Power of a site store ÷ the site's highest power; 0 is none [1]
        site_hours: Energy of a site store ÷ its power [h]
        site_filter_s: Time constants of a site store's low-pass [s]
        objective: What the best of those that pass has least of
        prices: Prices
    """

    floors_frac: NotRequired[list[float]]
    ballasts_frac: NotRequired[list[float]]
    ramps_s: NotRequired[list[float]]
    psu_j_per_gpu: NotRequired[list[float]]
    rack_kwh: NotRequired[list[float]]
    site_power_frac: NotRequired[list[float]]
    site_hours: NotRequired[list[float]]
    site_filter_s: NotRequired[list[float]]
    objective: NotRequired[Literal["cost", "waste", "slowdown"]]
    prices: NotRequired[Prices]


class Slo(TypedDict):
    """
    What users may lose to capping, against the same traffic without any control.

    Keys:
        high_p50_impact_frac: High priority: rise of median latency allowed [1]
        high_p99_impact_frac: High priority: rise of P99 latency allowed [1]
        low_p50_impact_frac: Low priority: rise of median latency allowed [1]
        low_p99_impact_frac: Low priority: rise of P99 latency allowed [1]
        max_brakes: Power brakes allowed over the horizon [brakes]
    """

    high_p50_impact_frac: NotRequired[float]
    high_p99_impact_frac: NotRequired[float]
    low_p50_impact_frac: NotRequired[float]
    low_p99_impact_frac: NotRequired[float]
    max_brakes: NotRequired[int]


class Smoothing(TypedDict):
    """
    GPU power smoothing, as GB200 and GB300 have it.

    Keys:
        floor_frac: Power floor ÷ TDP while a job runs [1]
        ramp_up_w_per_s: Fastest rise of one GPU; the driver reads back mW/s [W/s]
        ramp_down_w_per_s: Fastest fall of one GPU; the driver reads back mW/s [W/s]
        hysteresis_s: Power is held this long before it ramps down [s]
        ceiling_frac: Most power ÷ TDP [1]
        immediate_ramp_down: Whether the floor is left at once when a job has ended
        active_frac: Power ÷ TDP above which a GPU is at work [1]
        release_s: The floor is let go this long after the last work [s]
        lifetime_burn_j: Energy one GPU's burn circuit may turn into heat over its life.
            Empty means no limit: the vendor gives a percentage left, no figure [J]
    """

    floor_frac: NotRequired[float]
    ramp_up_w_per_s: NotRequired[float]
    ramp_down_w_per_s: NotRequired[float]
    hysteresis_s: NotRequired[float]
    ceiling_frac: NotRequired[float]
    immediate_ramp_down: NotRequired[bool]
    active_frac: NotRequired[float]
    release_s: NotRequired[float]
    lifetime_burn_j: NotRequired[float | None]


class Spaced(TypedDict):
    """
    Points that fill the space between the axes' ends.

    Keys:
        kind: As the noun says.
        points: Points; a power of two suits Sobol sequences best [points]
        vary_seed: Whether every point draws its own traffic and noise; if not, all
            share the inputs' seed [1]
    """

    kind: NotRequired[Literal["latin-hypercube", "sobol", "random"]]
    points: NotRequired[int]
    vary_seed: NotRequired[bool]


class Stop(TypedDict):
    """
    When enough points are answered.

    Keys:
        output: Key of an output
        of: mean: its half-width relative to it; probability: the half-width of the
            probability that its limit is passed
        half_width: Half-width of the 95 % interval at which to stop [1]
        every: Looked at whenever so many more are answered [points]
    """

    output: str
    of: NotRequired[Literal["mean", "probability"]]
    half_width: NotRequired[float]
    every: NotRequired[int]


class Storage(TypedDict):
    """
    A store: of one GPU's share of a supply, one rack, one row, or the site.

    Keys:
        power_w: Most it gives or takes [W]
        energy_j: What it holds; 1 kWh is 3.6e6 J [J]
        control: What the grid should see of the load
        filter_s: Time constant, window, or the plan's horizon [s]
        gain: Part of the deviation it takes; droop alone [1]
        deadband_frac: Deviation it leaves alone ÷ its power; droop alone [1]
        step_s: Time between decisions; mpc alone [s]
        period_s: The load is expected to repeat after this; mpc alone, 0 expects it to
            stay [s]
        charge_efficiency: Energy stored ÷ drawn [1]
        discharge_efficiency: Energy delivered ÷ taken out [1]
        response_s: Time constant of its own power [s]
        centre_frac: Charge ÷ energy that control returns to [1]
        return_s: Time constant of that return [s]
        cycle_life: Full cycles until a fifth of its capacity is lost. Empty means it
            does not wear [cycles]
    """

    power_w: float
    energy_j: float
    control: NotRequired[Literal["low-pass", "moving-average", "droop", "mpc"]]
    filter_s: NotRequired[float]
    gain: NotRequired[float]
    deadband_frac: NotRequired[float]
    step_s: NotRequired[float]
    period_s: NotRequired[float]
    charge_efficiency: NotRequired[float]
    discharge_efficiency: NotRequired[float]
    response_s: NotRequired[float]
    centre_frac: NotRequired[float]
    return_s: NotRequired[float]
    cycle_life: NotRequired[float | None]


class Store(TypedDict):
    """
    What carries a node's load when its feed is lost.

    Keys:
        kind: Kind of store
        runtime_s: Time it carries rated output [s]
        recharge_s: Time from empty to full [s]
    """

    kind: NotRequired[Literal["battery", "battery-li", "flywheel"]]
    runtime_s: NotRequired[float]
    recharge_s: NotRequired[float]


class StudySpec(TypedDict):
    """
    One question at many points.

    The same study and seed give the same bytes.

    Keys:
        name: Name
        question: Key of the question
        base: Inputs of the question; absent keys take defaults
        axes: What varies
        design: How points are chosen
        outputs: Outputs that are analysed; empty means all
        limits: What must not be passed
        objectives: What is best; two or more give a front
        stop: Ends the study early
        seed: Seed of the design [1]
    """

    name: NotRequired[str]
    question: NotRequired[str]
    base: NotRequired[dict[str, Any]]
    axes: list[Axis]
    design: NotRequired[Grid | Spaced | Saltelli | OneAtATime | Search | Rare]
    outputs: NotRequired[list[str]]
    limits: NotRequired[list[Limit]]
    objectives: NotRequired[list[Objective]]
    stop: NotRequired[Stop | None]
    seed: NotRequired[int]


class SystemChoice(TypedDict):
    """
    One of the systems, with its knobs.

    Keys:
        key: Key of the system
        label: Name on charts; empty is the system's
        parameters: Its knobs; what is left out keeps its default
    """

    key: str
    label: NotRequired[str | None]
    parameters: NotRequired[dict[str, Any]]


class TokenRange(TypedDict):
    """
    Token counts drawn uniformly from a closed range.

    Keys:
        min: Fewest [tokens]
        max: Most [tokens]
    """

    min: int
    max: int


class Training(TypedDict):
    """
    Training jobs behind one meter, and what they are measured against.

    Keys:
        jobs: Jobs, each with its own phase
        plant: What stands between GPUs and the grid
        connection: The point of connection
        ups: The UPS on the way; empty passes everything, without loss
        generator: Gensets that carry the site alone; empty for none
        protection: How the site lets go of the grid
        disturbance: What the grid does to it
        ride_tables: Ride-through tables by name; `nameplate stabilize --rules` lists
            them
        measures: Measures against swings
        rules: Grid rules by name; `nameplate stabilize --rules` lists them
        own_rules: Rules of your own
        horizon_s: Length of the waveform [s]
        sample_s: Length of a sample [s]
        sizing: What sizing may choose from, and prices
    """

    jobs: NotRequired[list[Job]]
    plant: NotRequired[Plant]
    connection: NotRequired[Connection]
    ups: NotRequired[Ups | None]
    generator: NotRequired[Generator | None]
    protection: NotRequired[Protection]
    disturbance: NotRequired[Disturbance]
    ride_tables: NotRequired[list[str]]
    measures: NotRequired[Measures]
    rules: NotRequired[list[str]]
    own_rules: NotRequired[list[OwnRule]]
    horizon_s: NotRequired[float]
    sample_s: NotRequired[float]
    sizing: NotRequired[Sizing]


class Triangular(TypedDict):
    """
    Lowest, most likely and highest: what an expert can say.

    Keys:
        kind: As the noun says.
        low: Lowest [of the input]
        mode: Most likely [of the input]
        high: Highest [of the input]
    """

    kind: NotRequired[Literal["triangular"]]
    low: float
    mode: float
    high: float


class Uniform(TypedDict):
    """
    Every value of a range alike, or alike in its logarithm.

    Keys:
        kind: As the noun says.
        low: Lowest [of the input]
        high: Highest [of the input]
    """

    kind: NotRequired[Literal["uniform", "loguniform"]]
    low: float
    high: float


class Ups(TypedDict):
    """
    Input side of the UPSs, all as one: does it pass or amplify a swing?

    Keys:
        rated_w: Rated output. Empty means the highest power and 10 % [W]
        bandwidth_hz: Where a swing is passed on at 71 % [Hz]
        damping: Damping of the rectifier; below 0.71 it amplifies [1]
        fixed_frac: Loss without load ÷ rating [1]
        linear_frac: Loss ÷ load [1]
        quadratic_frac: Loss at rating that grows with the load's square [1]
        eco: Whether the load is on the bypass
    """

    rated_w: NotRequired[float | None]
    bandwidth_hz: NotRequired[float]
    damping: NotRequired[float]
    fixed_frac: NotRequired[float]
    linear_frac: NotRequired[float]
    quadratic_frac: NotRequired[float]
    eco: NotRequired[bool]


class UserPolicy(TypedDict):
    """
    A policy of one's own: one Python function named `decide`.

    Keys:
        name: Kind of policy
        label: Name shown in tables and charts
        source: Python source that defines decide(time_s, load_frac, in_force, memory,
            command); see docs/models/control.md
    """

    name: NotRequired[Literal["user"]]
    label: NotRequired[str]
    source: str


class WaterPrice(TypedDict):
    """
    What water costs.

    Keys:
        usd_per_m3: Price, sewer in it [USD/m3]
    """

    usd_per_m3: NotRequired[float]


class WorkThroughput(TypedDict):
    """
    Node time as prefill, decode and reading the cache.

    Keys:
        least_tokens: Shortest answer it rests on [token]
        most_tokens: Longest answer it rests on [token]
        kind: As the noun says.
        prefill_s_per_token: Node time of a prompt token [s/token]
        decode_s_per_token: Node time of an output token [s/token]
        cache_s_per_token2: Node time per output token and token held [s/token²]
    """

    least_tokens: NotRequired[float]
    most_tokens: NotRequired[float]
    kind: NotRequired[Literal["work"]]
    prefill_s_per_token: float
    decode_s_per_token: float
    cache_s_per_token2: NotRequired[float]


class Workload(TypedDict):
    """
    What the fleet is asked to do.

    Keys:
        classes: Request classes; ignored by replayed requests but for priority
        arrivals: When requests arrive
        load: How many requests arrive
        replay: Recorded power that a site's servers draw again; classes, arrivals and
            load then count for nothing. Empty means requests
    """

    classes: NotRequired[list[RequestClass]]
    arrivals: NotRequired[DiurnalArrivals | RateArrivals | RequestArrivals]
    load: NotRequired[Load]
    replay: NotRequired[Replay | None]

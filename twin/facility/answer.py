"""Questions about a site, answered: a run, its failures, a year of cooling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.cooling.room import (
    ASHRAE_RECOMMENDED_C,
    Room,
    ride_through_s,
    room_for,
    room_step,
)
from twin.cooling.weather import Weather, generated
from twin.cooling.year import YearResult, year
from twin.errors import ScenarioError
from twin.facility.activity import Activity, row_activity
from twin.facility.assemble import Assembled, assemble
from twin.facility.cascade import Stage
from twin.facility.electrical import electrical_loss_w
from twin.facility.fit import Fit, where_it_fits
from twin.facility.heat import plant_of
from twin.facility.result import SiteResult
from twin.facility.screening import Screening, Story, follow_case, screen_site
from twin.facility.simulate import run_and_stage
from twin.plan.memo import Memo
from twin.scenario.facility import Facility, SiteWeather, facility_warnings
from twin.scenario.model import Scenario
from twin.scenario.row_limits import planned_row_w, row_limits_w
from twin.scenario.site_templates import expand
from twin.serving.traffic import Recordings
from twin.types import Cancel, FloatArray, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAnswer:
    """A run of a site with what screening starts from."""

    scenario: Scenario
    assembled: Assembled
    result: SiteResult
    stage: Stage


def facility_of(scenario: Scenario, cancelled: Cancel | None = None) -> Facility:
    """
    Return the explicit facility of a scenario.

    Args:
        scenario: A scenario with a facility.
        cancelled: Asked between racks.

    Raises:
        Cancelled: If asked to stop.
        ScenarioError: If it has none, or an event names what does not exist.
    """
    if scenario.facility is None:
        raise ScenarioError("facility", "is needed for a site", "",
                            "add facility: {template: {design: 2n}}, see "
                            "examples/site.yaml")  # fmt: skip
    try:
        return expand(scenario.facility, planned_row_w(scenario), cancelled)
    except ValueError as error:
        rule, _, repair = str(error).partition("; ")
        raise ScenarioError("facility.events", rule, "", repair) from error


def warnings_of(scenario: Scenario, *, as_campus: bool = False) -> tuple[str, ...]:
    """
    Say what looks wrong about a scenario's site and is still possible.

    Args:
        scenario: The scenario.
        as_campus: Whether it runs as a campus, which keeps the limits halls share.
    """
    facility = scenario.facility
    if facility is None:
        return ()
    if as_campus:
        facility = facility.model_copy(update={"campus": None})
    return facility_warnings(facility, scenario.server().rated_w.value)


def weather_of(inputs: SiteWeather, known: dict[str, Weather]) -> Weather:
    """
    Return the weather a scenario asks for.

    Args:
        inputs: The scenario's weather.
        known: Datasets by name, read by the caller.

    Raises:
        ScenarioError: If the dataset is not there.
    """
    if inputs.dataset is None:
        return generated(
            mean_c=inputs.mean_c, year_swing_k=inputs.annual_swing_k,
            day_swing_k=inputs.daily_swing_k,
            dew_point_depression_k=max(0.0, inputs.mean_c - inputs.dew_point_c),
        )  # fmt: skip
    if inputs.dataset not in known:
        raise ScenarioError("facility.weather.dataset", "is not here", inputs.dataset,
                            f"run `nameplate datasets pull {inputs.dataset}`, or leave "
                            "it empty")  # fmt: skip
    return known[inputs.dataset]


def answer_site(
    scenario: Scenario,
    recordings: Recordings,
    weather: Weather,
    *,
    memo: Memo | None = None,
    on_progress: Report | None = None,
    cancelled: Cancel | None = None,
) -> SiteAnswer:
    """
    Run a site.

    Args:
        scenario: The question; its facility is set.
        recordings: The traffic datasets it names.
        weather: Outdoor air by hour.
        memo: Remembers how busy servers are between questions.
        on_progress: Told the part done, 0..1, and what is under way.
        cancelled: Asked between chunks.

    Returns:
        The answer.

    Raises:
        ScenarioError: If the scenario cannot be answered as it stands.
        Cancelled: If asked to stop.
    """
    memo = memo or Memo()
    report = on_progress or (lambda _part, _text: None)
    facility_of(scenario, cancelled)  # refuse before working
    replayed = scenario.workload.replay is not None
    report(0.0, "reading the recorded power" if replayed else
           "serving one row request by request")  # fmt: skip
    activity: Activity = memo.activity(
        scenario,
        recordings,
        lambda: row_activity(scenario, recordings, memo=memo, cancelled=cancelled),
    )
    assembled = assemble(scenario, activity, weather, cancelled)
    report(0.2, f"running {sum(r.server_count for r in assembled.racks)} servers")
    result, stage = run_and_stage(
        assembled,
        on_progress=lambda part: report(0.2 + 0.8 * part, "running"),
        cancelled=cancelled,
    )
    report(1.0, "done")
    return SiteAnswer(
        scenario=scenario, assembled=assembled, result=result, stage=stage
    )


def screen(
    answer: SiteAnswer,
    *,
    pairs: bool = True,
    on_progress: Report | None = None,
    cancelled: Cancel | None = None,
) -> Screening:
    """
    Follow every failure and every pair at the site's worst record.

    Args:
        answer: A run of the site.
        pairs: Whether pairs are followed too.
        on_progress: Told the part done, 0..1, and what is under way.
        cancelled: Asked between blocks.

    Returns:
        The screening, worst case first.
    """
    report = on_progress or (lambda _part, _text: None)
    return screen_site(
        answer.assembled.network, answer.stage, answer.assembled.halls, pairs=pairs,
        on_progress=lambda part: report(part, "following failures"),
        cancelled=cancelled,
    )  # fmt: skip


def story(answer: SiteAnswer, failed: tuple[str, ...]) -> Story:
    """Follow one failure of any number of things, step by step."""
    a = answer.assembled
    return follow_case(a.network, answer.stage, failed, a.halls)


def fit(
    answer: SiteAnswer, *, servers: int = 0, server_w: float | None = None,
    keep_losses: bool = True, keep_cooling: bool = True,
) -> Fit:  # fmt: skip
    """
    Find how many more servers each row takes, and a place for those asked for.

    Args:
        answer: A run of the site.
        servers: Servers to place. 0..10,000
        server_w: Draw of a new server at the worst hour; None means what the row's
            servers draw there. [W]
        keep_losses: Whether the loss of any single node must be survived.
        keep_cooling: Whether cooling and inlets must keep their limits.
    """
    return where_it_fits(
        answer.assembled, answer.stage, servers=servers, server_w=server_w,
        keep_losses=keep_losses, keep_cooling=keep_cooling,
    )  # fmt: skip


RIDE_POINTS = 121


@dataclass(frozen=True, slots=True, kw_only=True)
class RideThrough:
    """
    How warm the halls' air gets after cooling falls off.

    Args:
        left_frac: What is left of the plant's capacity. 0..1
        start_c: Supply air before. [°C]
        recommended_s: Time until 27 °C; infinite if never. [s]
        allowable_s: Time until the limit of the inlet; infinite if never. [s]
        limit_c: That limit. [°C]
        t_s: Time since the failure. [s], shape (points,)
        air_c: Air in the halls. [°C], shape (points,)
    """

    left_frac: float
    start_c: float
    recommended_s: float
    allowable_s: float
    limit_c: float
    t_s: FloatArray
    air_c: FloatArray


def ride_throughs(scenario: Scenario, it_frac: float) -> tuple[RideThrough, ...]:
    """
    Follow the halls' air after the plant fails in whole, by three quarters, by half.

    All halls are taken alike: the same mass and load per watt of their rows' limits.

    Args:
        scenario: The site.
        it_frac: IT load ÷ the rows' limits when it happens. 0..1
    """
    facility = facility_of(scenario)
    cooling = facility.cooling
    rated_w = sum(row_limits_w(scenario, facility.racks).values())
    air_frac = 1.0 - plant_of(scenario, rated_w).liquid_frac
    room, air_w = room_for(rated_w, buffer_s=cooling.buffer_s), air_frac * rated_w
    return tuple(
        _ride_through(
            room, it_frac * air_w, left, left * cooling.capacity_frac * air_w,
            cooling.supply_c, cooling.inlet_limit_c,
        )
        for left in (0.0, 0.25, 0.5)
    )  # fmt: skip


def _ride_through(
    room: Room, heat_w: float, left_frac: float, cooling_w: float, start_c: float,
    limit_c: float,
) -> RideThrough:  # fmt: skip
    cooling_w = min(cooling_w, heat_w)

    def until_s(c: float) -> float:
        return ride_through_s(
            room, heat_w=heat_w, cooling_w=cooling_w, start_c=start_c, limit_c=c
        )

    allowable_s = until_s(limit_c)
    last_s = 1.3 * allowable_s if math.isfinite(allowable_s) else 3600.0
    t_s = np.linspace(0.0, max(60.0, last_s), RIDE_POINTS)
    short_w = heat_w - cooling_w
    dry_s = room.buffer_j / short_w if short_w > 0.0 else 0.0  # the tank goes first
    air_c = [
        room_step(
            start_c, start_c, heat_w, cooling_w, max(0.0, t - dry_s),
            room.air_j_per_k, room.mass_j_per_k, room.ua_w_per_k,
        )[0]
        for t in t_s
    ]  # fmt: skip
    return RideThrough(
        left_frac=left_frac, start_c=start_c,
        recommended_s=until_s(ASHRAE_RECOMMENDED_C), allowable_s=allowable_s,
        limit_c=limit_c, t_s=t_s, air_c=np.array(air_c),
    )  # fmt: skip


def cooling_year(scenario: Scenario, weather: Weather, it_frac: float) -> YearResult:
    """
    Run the site's plant through a year.

    Args:
        scenario: The site.
        weather: Outdoor air by hour.
        it_frac: IT load ÷ the rows' limits, constant. 0..1

    Returns:
        PUE, water and hours above limits; `other` are losses of the power network at
        this load, without those of the plant's own supply.
    """
    facility = facility_of(scenario)
    limits_w = row_limits_w(scenario, facility.racks)
    rated_w = sum(limits_w.values())
    return year(
        plant_of(scenario, rated_w), weather, it_frac * rated_w,
        other_w=electrical_loss_w(facility, limits_w, it_frac),
        allowable_c=facility.cooling.inlet_limit_c,
    )  # fmt: skip

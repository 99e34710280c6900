"""Questions about a site, answered: a run, its failures, a year of cooling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twin.cooling.plants import PLANTS
from twin.cooling.weather import Weather, generated
from twin.cooling.year import YearResult, year
from twin.errors import ScenarioError
from twin.facility.activity import Activity, row_activity
from twin.facility.assemble import Assembled, assemble, planned_row_w
from twin.facility.cascade import Stage
from twin.facility.result import SiteResult
from twin.facility.screening import Screening, Story, follow_case, screen_site
from twin.facility.simulate import run_and_stage
from twin.plan.memo import Memo
from twin.scenario.facility import Facility, SiteWeather
from twin.scenario.model import Scenario
from twin.scenario.site_templates import expand
from twin.serving.traffic import Recordings

Report = Callable[[float, str], None]
Cancel = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAnswer:
    """A run of a site with what screening starts from."""

    scenario: Scenario
    assembled: Assembled
    result: SiteResult
    stage: Stage


def facility_of(scenario: Scenario) -> Facility:
    """
    Return the explicit facility of a scenario.

    Raises:
        ScenarioError: If it has none, or an event names what does not exist.
    """
    if scenario.facility is None:
        raise ScenarioError(
            field="facility", rule="is needed for a site", value="",
            repair="add facility: {template: {design: 2n}}, see examples/site.yaml",
        )  # fmt: skip
    try:
        return expand(scenario.facility, planned_row_w(scenario))
    except ValueError as error:
        rule, _, repair = str(error).partition("; ")
        raise ScenarioError(
            field="facility.events", rule=rule, value="", repair=repair
        ) from error


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
        raise ScenarioError(
            field="facility.weather.dataset", rule="is not here", value=inputs.dataset,
            repair=f"run `nameplate data pull {inputs.dataset}`, or leave it empty",
        )  # fmt: skip
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
    facility_of(scenario)  # refuse before working
    report(0.0, "serving one row request by request")
    activity: Activity = memo.activity(
        scenario,
        recordings,
        lambda: row_activity(scenario, recordings, memo=memo, cancelled=cancelled),
    )
    assembled = assemble(scenario, activity, weather)
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
    series = answer.result.series
    return screen_site(
        answer.assembled.network,
        answer.stage,
        worst_t_s=float(series.t_s[series.it_w.argmax()]),
        pairs=pairs,
        on_progress=lambda part: report(part, "following failures"),
        cancelled=cancelled,
    )


def story(answer: SiteAnswer, failed: tuple[str, ...]) -> Story:
    """Follow one failure of any number of nodes, step by step."""
    return follow_case(answer.assembled.network, answer.stage, failed)


def cooling_year(scenario: Scenario, weather: Weather, it_frac: float) -> YearResult:
    """
    Run the site's plant through a year.

    Args:
        scenario: The site.
        weather: Outdoor air by hour.
        it_frac: IT load ÷ the rows' limits, constant. 0..1

    Returns:
        PUE, water and hours above limits.
    """
    facility = facility_of(scenario)
    rows = len({rack.row for rack in facility.racks})
    rated_w = rows * planned_row_w(scenario)
    plant = PLANTS[facility.cooling.plant](rated_w)
    return year(plant, weather, it_frac * rated_w)

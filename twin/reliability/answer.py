"""A site's reliability, answered: a year by enumeration and by simulation."""

from __future__ import annotations

from dataclasses import dataclass

from twin.cooling.weather import Weather
from twin.facility.activity import Activity, row_activity
from twin.facility.answer import facility_of
from twin.facility.assemble import assemble
from twin.plan.memo import Memo, reference_key, scenario_sha256
from twin.reliability.exact import Enumerated, enumerate_year
from twin.reliability.excursions import Simulated, simulate_years
from twin.reliability.items import YEAR_H, items_of, rate_of
from twin.reliability.judge import Judge, make_judge
from twin.scenario.model import Scenario
from twin.scenario.reliability import Reliability
from twin.serving.traffic import Recordings

MOST_PAIRS = 20_000
"""Pairs of failures that are followed, the most frequent first."""
MOST_SITES = 8
"""Sites of which a memory keeps the states."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    A year of a site.

    Args:
        server_count: Servers of the site.
        exact: By enumeration of single failures and pairs.
        simulated: By excursions of any depth.
        server_fault_h: Hours that servers are out by faults of their own; in none of
            the others. [h/year]
        by_kind: Lost server-hours by class of component, by enumeration. [h/year]
        items: How many items may fail.
    """

    server_count: float
    exact: Enumerated
    simulated: Simulated
    server_fault_h: float
    by_kind: dict[str, float]
    items: int

    @property
    def availability(self) -> float:
        """Server-hours served ÷ all, losses by the site counted. 0..1"""
        if self.server_count == 0.0:
            return 1.0
        return 1.0 - self.exact.lost_h / (self.server_count * YEAR_H)


def judge_of(
    scenario: Scenario, recordings: Recordings, weather: Weather, memo: Memo | None
) -> Judge:
    """
    Set a site's stage, or remember it with all its states judged so far.

    Args:
        scenario: The site.
        recordings: The datasets its traffic names.
        weather: Outdoor air by hour.
        memo: Remembers judges.

    Raises:
        ScenarioError: If the scenario cannot be answered as it stands.
    """
    memo = memo or Memo()
    facility_of(scenario)  # refuse before working

    def compute() -> Judge:
        activity: Activity = memo.activity(
            scenario, recordings, lambda: row_activity(scenario, recordings, memo=memo)
        )
        return make_judge(assemble(scenario, activity, weather))

    key = f"{scenario_sha256(scenario)}:{reference_key(scenario, recordings)}"
    return memo.remember(f"reliability:{key}", compute, most=MOST_SITES)


def answer(inputs: Reliability, judge: Judge) -> Answer:
    """
    Answer what a year costs.

    Args:
        inputs: Rates and limits; its scenario is the judge's.
        judge: The site.

    Returns:
        The year.
    """
    items = items_of(inputs, judge)
    exact = enumerate_year(
        items, judge, deep_frac=inputs.deep_loss_frac, most_pairs=MOST_PAIRS
    )
    simulated = simulate_years(
        items, judge, count=inputs.excursions, seed=inputs.seed,
        deep_frac=inputs.deep_loss_frac,
    )  # fmt: skip
    servers = float(judge.servers.sum())
    per_h, repair_h = rate_of(inputs, "server")
    by_kind: dict[str, float] = {}
    for item, lost_h in exact.by_item.items():
        by_kind[item.kind] = by_kind.get(item.kind, 0.0) + float(lost_h)
    return Answer(
        server_count=servers, exact=exact, simulated=simulated,
        server_fault_h=servers * YEAR_H * _out_frac(per_h * repair_h),
        by_kind=by_kind, items=len(items),
    )  # fmt: skip


def _out_frac(odds: float) -> float:
    """Part of the time that something is out, at failures × repair time."""
    return odds / (1.0 + odds)

"""A Splitwise search as it is asked for: from its inputs to every design's machines."""

from __future__ import annotations

from twin.scenario.provision import ProvisionInput
from twin.serving.fleet.run import Stop
from twin.serving.ground import draw_requests
from twin.serving.splitwise.designs import (
    MACHINE_UNITS,
    published_designs,
    published_machine,
    reference_of,
)
from twin.serving.splitwise.provision import Goal, Search, search_all
from twin.serving.splitwise.throughput import SPLITWISE_SLO, Question, Traffic
from twin.serving.systems.outcome import check_traffic
from twin.serving.traffic import Recordings
from twin.types import Report


def run_provision(
    given: ProvisionInput,
    recordings: Recordings,
    *,
    stop: Stop | None = None,
    report: Report | None = None,
) -> Search:
    """
    Find the machines of each design.

    Args:
        given: Model, lengths, designs and what is held equal.
        recordings: The datasets that the traffic names.
        stop: Asked before every run; True ends the search.
        report: Told the part done, 0..1, and the design under way.

    Returns:
        What was found, and why others were refused.

    Raises:
        ScenarioError: If the model does not fit a DGX A100, or there is no traffic.
        ScenarioErrors: If no design can meet the goal.
        Cancelled: If `stop` said so.

    Source:
        docs/models/splitwise.md.
    """
    drawn = draw_requests(given.traffic, seed=given.seed, recordings=recordings)
    check_traffic(drawn)
    known = published_designs(given.model)
    question = Question(
        traffic=Traffic(prompt=drawn.prompt, output=drawn.output, seed=given.seed),
        reference=reference_of(published_machine(given.model, "A").engine),
        slo=SPLITWISE_SLO.times(given.limits_factor),
    )
    return search_all(
        [known[name] for name in given.designs], goal_of(given), question,
        stop=stop, report=report,
    )  # fmt: skip


def goal_of(given: ProvisionInput) -> Goal:
    """What is held equal, in the machines' own units."""
    power, cost_usd_h = MACHINE_UNITS["A"]
    budget = {
        "iso-power": power * given.budget_a100,
        "iso-cost": cost_usd_h * given.budget_a100,
        "iso-throughput": given.rate_rps,
    }[given.objective]
    return Goal(objective=given.objective, budget=budget, least=given.least)

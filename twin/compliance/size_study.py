"""Sizing of a scenario: its options and prices to the search, and how firm it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from twin.compliance.study import (
    Known,
    contract_of,
    measures_of,
    named,
    rules_of,
    site_of,
    training_of,
)
from twin.scenario.model import Scenario
from twin.scenario.training import Training
from twin.stabilize.at_connection import Contract
from twin.stabilize.chain import Measures
from twin.stabilize.costs import Prices
from twin.stabilize.options import Options
from twin.stabilize.rules import Rule
from twin.stabilize.sensitivity import Sensitivity, sensitivity
from twin.stabilize.sizing import Case, Sized, coarsened, size


def size_study(
    scenario: Scenario, known: Known, *,
    on_progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Sized, tuple[Sensitivity, ...]]:  # fmt: skip
    """
    Find the cheapest combination that passes, and what would change it.

    Args:
        scenario: A scenario with training.
        known: What is known by name.
        on_progress: Told the part done, and in words.
        cancelled: Asked now and then whether to stop.

    Returns:
        The search, and its sensitivity.

    Raises:
        ScenarioError: If it has no training, or no rule can be judged.
    """
    training = training_of(scenario)
    case = case_of(scenario, training, rules_of(training, known.rules))
    asked = training.sizing
    options = Options(**{name: getattr(asked, name) for name in Options.__slots__})
    prices = Prices(**asked.prices.model_dump())
    try:
        found = size(
            case, options, prices, objective=asked.objective, on_progress=on_progress,
            cancelled=cancelled,
        )  # fmt: skip
        turned = sensitivity(
            case, options, prices, found, objective=asked.objective,
            cancelled=cancelled,
        )  # fmt: skip
    except ValueError as error:
        raise named(error, training) from error
    return found, turned


def case_of(scenario: Scenario, training: Training, rules: tuple[Rule, ...]) -> Case:
    """Return what is sized: the site with the measures it has anyway."""
    case = Case(
        site=site_of(scenario, training), base=measures_of(training), rules=rules,
        contract=Contract(), horizon_s=training.horizon_s, sample_s=training.sample_s,
    )  # fmt: skip
    bare = coarsened(case, ballast=False).run(Measures()).grid
    return replace(case, contract=contract_of(training, bare))

"""
How many prompt and token machines: the best split under a budget or at a throughput.

With few prompt machines prompts wait, with few token machines tokens do, so between
them there is one peak. It is looked for by golden section over the number of prompt
machines and walked up at the end, every split run at most once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from twin.errors import ScenarioError, ScenarioErrors
from twin.serving.fleet.run import Stop
from twin.serving.splitwise.designs import Design
from twin.serving.splitwise.throughput import (
    RATE_STEP,
    Question,
    check_alone,
    judge,
    max_throughput,
)
from twin.serving.systems.loads import fewest_holding
from twin.types import Report

Objective = Literal["iso-power", "iso-cost", "iso-throughput"]
GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
REACH = 2
"""Neighbours looked at on each side before a split counts as the peak."""
MOST_MACHINES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """
    What is held equal and what is sought.

    Args:
        objective: `iso-power` and `iso-cost` seek the highest throughput under a
            budget, `iso-throughput` the least power or cost at a rate.
        budget: Power units, USD/h, or requests/s. > 0
        least: What iso-throughput makes least.
    """

    objective: Objective
    budget: float
    least: Literal["power", "cost"] = "power"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """
    The machines found for one design.

    Args:
        design: Name of the design.
        prompts: Prompt machines, or mixed ones. [machines]
        tokens: Token machines; 0 where mixed. [machines]
        requests_s: Throughput within the limits; the asked one for iso-throughput.
            [1/s]
        power: Provisioned power, in the machines' unit. [published unit]
        cost_usd_h: Rent. [USD/h]
        looked_at: Splits that were run.
    """

    design: str
    prompts: int
    tokens: int
    requests_s: float
    power: float
    cost_usd_h: float
    looked_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """All designs: what was found, and why others were refused."""

    found: dict[str, Provision]
    refused: dict[str, ScenarioError] = field(default_factory=dict)


def provision(
    design: Design, goal: Goal, question: Question, *, step: float = RATE_STEP,
    stop: Stop | None = None, report: Report | None = None,
) -> Provision:  # fmt: skip
    """
    Find the best number of machines of one design.

    Args:
        design: Which.
        goal: What is held equal.
        question: Traffic, limits, rules, reference.
        step: Accuracy of each throughput. > 0
        stop: Asked before every run; True ends the search.
        report: Told the part done, 0..1, and the split under way.

    Returns:
        The best split.

    Raises:
        ScenarioError: If the limits cannot be met at all, the budget buys too few
            machines, or more than 4096 would be needed.
        Cancelled: If `stop` said so.

    Source:
        docs/models/splitwise.md.
    """
    check_alone(design, question, stop=stop)
    finder = _Finder(design, goal, question, step, stop, report or _quiet)
    if goal.objective == "iso-throughput":
        return finder.least()
    return finder.most()


def search_all(
    designs: Iterable[Design], goal: Goal, question: Question, *,
    step: float = RATE_STEP, stop: Stop | None = None, report: Report | None = None,
) -> Search:  # fmt: skip
    """
    Provision every design for the same goal.

    Args:
        designs: Which.
        goal: What is held equal.
        question: Traffic, limits, rules, reference.
        step: Accuracy of each throughput. > 0
        stop: Asked before every run; True ends the search.
        report: Told the part done, 0..1, and the design under way.

    Returns:
        What was found; a design that cannot meet the goal is among the refused.

    Raises:
        ScenarioErrors: If no design can.
        Cancelled: If `stop` said so.
    """
    wanted = list(designs)
    tell = report or _quiet
    found: dict[str, Provision] = {}
    refused: dict[str, ScenarioError] = {}
    for place, design in enumerate(wanted):
        tell(place / len(wanted), design.name)
        try:
            found[design.name] = provision(design, goal, question, step=step, stop=stop)
        except ScenarioError as error:
            refused[design.name] = error
    if refused and not found:
        raise ScenarioErrors(list(refused.values()))
    tell(1.0, "all designs")
    return Search(found=found, refused=refused)


def _quiet(_part: float, _text: str) -> None:
    return None


class _Finder:
    """One search: what has been run so far, and what is best."""

    def __init__(
        self, design: Design, goal: Goal, question: Question, step: float,
        stop: Stop | None, report: Report,
    ) -> None:  # fmt: skip
        self.design, self.goal, self.question = design, goal, question
        self.step, self.stop, self.report = step, stop, report
        self.rates: dict[int, float] = {}
        self.tokens: dict[int, int] = {}

    # --- the highest rate under a budget ---

    def most(self) -> Provision:
        """Highest throughput that the budget buys."""
        prompt, token = self._prices()
        budget = self.goal.budget * (1.0 + 1e-9)
        highest = int((budget - token) / prompt)
        if highest < 1:
            raise ScenarioError("budget", "must buy one machine of each pool of "
                                f"{self.design.name}", self.goal.budget,
                                f"give at least {prompt + token:g}")  # fmt: skip
        if self.design.token is None:
            return self._built(highest, 0, self._rate(highest, 0))

        def affordable(prompts: int) -> int:
            return int((budget - prompts * prompt) / token)

        best = self._peak(1, highest, lambda p: self._rate(p, affordable(p)))
        return self._built(best, affordable(best), self.rates[best])

    def _prices(self) -> tuple[float, float]:
        """What one machine of each pool takes from the budget."""
        name = "power" if self.goal.objective == "iso-power" else "cost_usd_h"
        token = self.design.token
        return (
            float(getattr(self.design.prompt, name)),
            float(getattr(token, name)) if token else 0.0,
        )

    def _rate(self, prompts: int, tokens: int) -> float:
        """Throughput of a split, run once."""
        if prompts not in self.rates:
            self._tell(prompts, tokens)
            known = min(
                self.rates, key=lambda p: abs(p - prompts), default=None
            )  # the nearest split run so far is a good start
            self.rates[prompts] = max_throughput(
                self.design, prompts, tokens, self.question,
                guess_s=self.rates[known] if known else None, step=self.step,
                stop=self.stop,
            )  # fmt: skip
        return self.rates[prompts]

    # --- the fewest machines at a rate ---

    def least(self) -> Provision:
        """Least power or cost at the asked throughput."""
        size = 1
        while not self._holds(size, 0 if self.design.token is None else size):
            size *= 2
            if size > MOST_MACHINES:
                raise ScenarioError("throughput", f"needs more than {MOST_MACHINES} "
                                    f"machines of {self.design.name}", self.goal.budget,
                                    "ask for fewer requests a second")  # fmt: skip
        if self.design.token is None:
            enough = fewest_holding(size, lambda n: self._holds(n, 0))
            return self._built(enough, 0, self.goal.budget)

        def spent(prompts: int) -> float:
            tokens = self._fewest_tokens(prompts, 2 * size)
            if tokens > 2 * size:  # not to be had; more prompt machines help
                return -1e12 * (2 * size - prompts + 1)
            return -self._bill(prompts, tokens)

        best = self._peak(1, 2 * size, spent)
        return self._built(best, self.tokens[best], self.goal.budget)

    def _fewest_tokens(self, prompts: int, most: int) -> int:
        """Fewest token machines beside so many prompt machines; `most` + 1: none."""
        if prompts not in self.tokens:
            self._tell(prompts, most)
            self.tokens[prompts] = most + 1
            if self._holds(prompts, most):
                self.tokens[prompts] = fewest_holding(
                    most, lambda n: self._holds(prompts, n)
                )
        return self.tokens[prompts]

    def _holds(self, prompts: int, tokens: int) -> bool:
        return judge(
            self.design, prompts, tokens, self.goal.budget, self.question,
            stop=self.stop,
        ).holds  # fmt: skip

    def _bill(self, prompts: int, tokens: int) -> float:
        if self.goal.least == "power":
            return self.design.power(prompts, tokens)
        return self.design.cost_usd_h(prompts, tokens)

    # --- both ---

    def _peak(self, low: int, high: int, value: Callable[[int], float]) -> int:
        """Place of the peak of a function with one; every place looked at once."""
        seen: dict[int, float] = {}

        def at(place: int) -> float:
            if place not in seen:
                seen[place] = value(place)
            return seen[place]

        first, last = low, high
        while last - first > 2 * REACH:
            inner = round(GOLDEN * (last - first))
            left, right = last - inner, first + inner
            if at(left) < at(right):
                first = left
            else:
                last = right
        best = max(range(first, last + 1), key=at)
        while True:
            near = range(max(low, best - REACH), min(high, best + REACH) + 1)
            higher = max(near, key=at)
            if at(higher) <= at(best):
                return best
            best = higher

    def _tell(self, prompts: int, tokens: int) -> None:
        done = len(self.rates) + len(self.tokens)
        self.report(
            1.0 - 1.0 / (1.0 + done / 8.0),
            f"{self.design.name}: {prompts} prompt, {tokens} token machines",
        )

    def _built(self, prompts: int, tokens: int, requests_s: float) -> Provision:
        if requests_s <= 0.0:
            raise ScenarioError("budget", "buys too few machines of "
                                f"{self.design.name} for these limits",
                                self.goal.budget,
                                "raise the budget or the limits")  # fmt: skip
        return Provision(
            design=self.design.name, prompts=prompts, tokens=tokens,
            requests_s=requests_s, power=self.design.power(prompts, tokens),
            cost_usd_h=self.design.cost_usd_h(prompts, tokens),
            looked_at=max(1, len(self.rates) + len(self.tokens)),
        )  # fmt: skip

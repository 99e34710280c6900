"""Look at a study before work starts: whatever is wrong is said now, and by name."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from twin.errors import ScenarioError, ScenarioErrors
from twin.plan.search import SEED_STRIDE
from twin.scenario.base import Model
from twin.scenario.fields import find_field
from twin.scenario.parse import nearest, parse_inputs
from twin.scenario.study import Objective, Spaced, StudySpec
from twin.study.axes import Placed, changes_at, place
from twin.study.designs import make_sampler
from twin.study.points import changed_inputs, parse_base
from twin.study.questions import find_question
from twin.study.questions.base import Needs, Question
from twin.study.sampling import Sampler
from twin.types import FloatArray

SEEDS = ("seed", "scenario.seed")
"""Where inputs of any question may have their seed."""
_SEEDS = 2**31
MOST_NAMED = 512
"""Combinations of values naming data that are looked at before work starts."""
_NAMING = {"dataset", "kind", "lengths", "grid", "weather", "rules", "series"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """
    A study that can start.

    Args:
        spec: As given.
        question: What is asked.
        base: Inputs that it starts from.
        placed: Axes on their fields.
        needs: What has to be read before the first point.
    """

    spec: StudySpec
    question: Question
    base: Model
    placed: tuple[Placed, ...]
    needs: Needs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Keys of the outputs that are analysed."""
        return self.spec.outputs or tuple(m.key for m in self.question.metrics)

    def sampler(self) -> Sampler:
        """Make a fresh sampler; each one asks for the same points."""
        return make_sampler(self.spec, self.placed)

    def changes(self, index: int, unit: FloatArray) -> dict[str, Any]:
        """Value per field at a unit point; its own seed where the design says so."""
        found = changes_at(self.placed, unit)
        design = self.spec.design
        if isinstance(design, Spaced) and design.vary_seed:
            own = (self.spec.seed + SEED_STRIDE * (index + 1)) % _SEEDS
            found |= dict.fromkeys(self.seeds, own)
        return found

    @property
    def seeds(self) -> tuple[str, ...]:
        """Fields of the inputs that seed what is drawn and that no axis varies."""
        varied = {one.axis.field for one in self.placed}
        return tuple(
            path for path in SEEDS
            if path not in varied and find_field(self.question.model, path) is not None
        )  # fmt: skip


def parse_study(document: Any) -> StudySpec:
    """
    Read a study from a mapping such as a YAML or JSON document.

    Raises:
        ScenarioErrors: One entry per wrong field.
    """
    return parse_inputs(StudySpec, document, example="examples/study.yaml")


def prepare(spec: StudySpec) -> Prepared:
    """
    Look whether a study can start.

    Args:
        spec: The study.

    Returns:
        The study with its question, base and axes looked up.

    Raises:
        ScenarioErrors: If the base is wrong.
        ScenarioError: If a name is not known, an axis does not fit its field, or the
            design would make too many points.
    """
    question = find_question(spec.question)
    base = parse_base(question, spec.base)
    placed = place(spec.axes, question.model)
    for k, one in enumerate(placed):
        _check_reachable(question, base, one, k)
    _check_outputs(spec, question, placed)
    make_sampler(spec, placed)
    return Prepared(
        spec=spec, question=question, base=base, placed=placed,
        needs=_needs(question, base, placed),
    )  # fmt: skip


def _check_reachable(question: Question, base: Model, one: Placed, index: int) -> None:
    """Refuse a field that exists in some inputs but not in these."""
    field = one.axis.field
    try:
        changed_inputs(question, base, {field: one.value(0.5)})
    except ScenarioErrors as errors:
        for error in errors.errors:
            if error.field == field and "field of" in error.rule:
                raise ScenarioError(f"axes.{index}.field", "is not part of the base",
                                    field,
                                    f"add {field.rpartition('.')[0] or field} to the "
                                    "base") from error  # fmt: skip


def _check_outputs(
    spec: StudySpec, question: Question, placed: tuple[Placed, ...]
) -> None:
    known = [m.key for m in question.metrics]
    asked = [(f"outputs.{k}", name) for k, name in enumerate(spec.outputs)]
    asked += [(f"limits.{k}.output", one.output) for k, one in enumerate(spec.limits)]
    if spec.stop is not None:
        asked.append(("stop.output", spec.stop.output))
    for field, name in asked:
        if name not in known:
            raise _unknown(field, name, known)
    for k, goal in enumerate(spec.objectives):
        _check_objective(k, goal, placed, known)
    if spec.stop is not None and spec.stop.of == "probability" and (
        spec.stop.output not in {one.output for one in spec.limits}
    ):  # fmt: skip
        raise ScenarioError("stop.output", "needs a limit to have a probability",
                            spec.stop.output, "add the output to limits")  # fmt: skip


def _check_objective(
    index: int, goal: Objective, placed: tuple[Placed, ...], known: list[str]
) -> None:
    fields = [one.axis.field for one in placed if one.numeric]
    if goal.output not in known and goal.output not in fields:
        raise _unknown(f"objectives.{index}.output", goal.output, [*known, *fields])


def _unknown(field: str, name: str, known: list[str]) -> ScenarioError:
    return ScenarioError(field, "is not an output of the question", name,
                         nearest(name, known))  # fmt: skip


def _needs(question: Question, base: Model, placed: tuple[Placed, ...]) -> Needs:
    """What the base needs, and every value of an axis that may name something."""
    found = [question.needs(base)]
    naming = [one for one in placed if _may_name(one)]
    choices = [list({repr(v): v for v in one.axis.values or ()}.values())
               for one in naming]  # fmt: skip
    fields = [one.axis.field for one in naming]
    for values in islice(product(*choices), MOST_NAMED) if naming else ():
        try:
            changes = dict(zip(fields, values, strict=True))
            found.append(question.needs(changed_inputs(question, base, changes)))
        except (ScenarioError, ScenarioErrors):
            continue  # that point will say so
    return Needs(
        datasets=_once(n.datasets for n in found),
        weather=_once(n.weather for n in found),
        grid=_once(n.grid for n in found),
        rules=any(n.rules for n in found),
    )


def _may_name(one: Placed) -> bool:
    """Whether an axis' values are names of data, or parts that hold such names."""
    if one.axis.values is None:
        return False
    if any(isinstance(v, dict | list) for v in one.axis.values):
        return True
    return one.axis.field.rpartition(".")[2] in _NAMING


def _once(groups: Any) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(pair for group in groups for pair in group))

"""
Points of a study: their inputs, their address, and how a worker answers them.

A point's address is the hash of everything its answer depends on: question, version,
inputs, recordings. Whoever computed it, wherever: the same address has the same answer.
"""

from __future__ import annotations

import hashlib
import json
import math
import pickle
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel
from pydantic_core import from_json, to_json

from twin.errors import NameplateError, ScenarioError, ScenarioErrors
from twin.plan.memo import Memo
from twin.scenario import Scenario, apply_changes, parse_scenario
from twin.scenario.base import Model
from twin.scenario.parse import changed, parse_inputs
from twin.study.questions import find_question
from twin.study.questions.base import Ground, Outputs, Question

Problem = dict[str, Any]
GROUNDS = 4
"""Grounds a worker remembers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What came out at one point.

    Args:
        outputs: Figure per key, NaN where undefined; None if it has no answer.
        error: Why it has none: field, rule, value and repair.
        lasting: Whether it is kept; a fault of ours is not, it may be mended.
        passing: Whether asking again may give an answer: memory or a disk was short.
    """

    outputs: Outputs | None
    error: Problem | None = None
    lasting: bool = True
    passing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """
    One point of a study.

    Args:
        index: Its place in the study, from 0.
        changes: Value per field that varies.
        document: The inputs as JSON; None if they break a rule.
        key: Its address; of a point that breaks a rule, of the changes.
        error: Which rule it breaks.
    """

    index: int
    changes: Mapping[str, Any]
    document: bytes | None
    key: str
    error: Problem | None = None


# --- inputs ---------------------------------------------------------------------------


def parse_base(question: Question, base: Mapping[str, Any]) -> Model:
    """
    Read the inputs that a study starts from.

    Raises:
        ScenarioErrors: One entry per wrong field, below `base`.
    """
    try:
        if issubclass(question.model, Scenario):
            return parse_scenario(base)
        return parse_inputs(question.model, base, example="docs/studies.md")
    except ScenarioErrors as errors:
        raise ScenarioErrors([_below_base(e) for e in errors.errors]) from errors


def changed_inputs(
    question: Question, base: Model, changes: Mapping[str, Any]
) -> Model:
    """
    Change fields of the inputs.

    Raises:
        ScenarioErrors: If a change names no field or the result breaks a rule.
    """
    if isinstance(base, Scenario):
        return apply_changes(base, changes)
    document = base.model_dump(mode="json")
    wrong = changed(question.model, document, changes)
    if wrong:
        raise ScenarioErrors(wrong)
    return parse_inputs(question.model, document, example="docs/studies.md")


def make_point(
    question: Question, base: Model, changes: Mapping[str, Any], index: int, stamp: str
) -> Point:
    """
    Make a point.

    Args:
        question: What is asked.
        base: Inputs that the study starts from.
        changes: Value per field that varies.
        index: Its place in the study.
        stamp: What else its answer depends on: model version and ground.

    Returns:
        The point; where it breaks a rule it says which and is not answered.
    """
    try:
        inputs = changed_inputs(question, base, changes)
    except (ScenarioError, ScenarioErrors) as error:
        key = _address(question, stamp, to_json(dict(changes)))
        return Point(
            index=index, changes=changes, document=None, key=key, error=problem(error)
        )
    document = canonical(inputs)
    key = _address(question, stamp, document)
    return Point(index=index, changes=changes, document=document, key=key)


def canonical(inputs: BaseModel) -> bytes:
    """Inputs as JSON, the same bytes for equal inputs."""
    body = inputs.model_dump(mode="json")
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def problem(error: NameplateError) -> Problem:
    """Say why a point has no answer: the first rule it breaks."""
    if isinstance(error, ScenarioErrors) and error.errors:
        error = error.errors[0]
    if isinstance(error, ScenarioError):
        value = error.value if isinstance(error.value, str | int | float) else None
        if isinstance(value, float) and not math.isfinite(value):
            value = str(value)
        return {"field": error.field, "rule": error.rule, "value": value,
                "repair": error.repair}  # fmt: skip
    return {"field": "point", "rule": str(error)[:300], "value": None,
            "repair": "change the inputs"}  # fmt: skip


def _address(question: Question, stamp: str, body: bytes) -> str:
    head = f"{question.key}\n{question.version}\n{stamp}\n"
    return hashlib.sha256(head.encode() + body).hexdigest()


def _below_base(error: ScenarioError) -> ScenarioError:
    return ScenarioError(f"base.{error.field}", error.rule, error.value, error.repair)


# --- what a worker does ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Cargo:
    """A ground on its way to workers: sent by name first, whole where it is missing."""

    key: str
    ground: bytes | None

    @classmethod
    def of(cls, ground: Ground) -> Cargo:
        """Pack a ground."""
        packed = pickle.dumps(ground, protocol=5)
        return cls(key=hashlib.sha256(packed).hexdigest(), ground=packed)

    def light(self) -> Cargo:
        """Return the name alone."""
        return Cargo(key=self.key, ground=None)


class _Worker:
    """
    What one process remembers between points.

    It is the only module-level state of the core: processes of a pool have no other
    place that outlives a task. It changes how fast an answer comes, never the answer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[Ground, Memo]] = OrderedDict()

    def find(self, cargo: Cargo) -> tuple[Ground, Memo] | None:
        """Return a ground and the memory that goes with it; None if it is missing."""
        with self._lock:
            if cargo.key in self._held:
                self._held.move_to_end(cargo.key)
                return self._held[cargo.key]
            if cargo.ground is None:
                return None
            ground: Ground = pickle.loads(cargo.ground)  # noqa: S301 - our own bytes
            self._held[cargo.key] = (ground, Memo(limit=64))
            while len(self._held) > GROUNDS:
                self._held.popitem(last=False)
            return self._held[cargo.key]


_WORKER = _Worker()


def answer_points(
    question_key: str, cargo: Cargo, documents: Sequence[bytes]
) -> list[Answer] | None:
    """
    Answer points; runs on a worker.

    Args:
        question_key: What is asked.
        cargo: The ground, by name or whole.
        documents: Inputs of each point, as `canonical` wrote them.

    Returns:
        An answer per point, or None where the ground is missing here: send it whole.
    """
    held = _WORKER.find(cargo)
    if held is None:
        return None
    question = find_question(question_key)
    return [_answered(question, document, *held) for document in documents]


def _answered(
    question: Question, document: bytes, ground: Ground, memo: Memo
) -> Answer:
    try:
        inputs = question.model.model_validate(from_json(document))
        with np.errstate(all="ignore"):
            found = question.evaluate(inputs, ground, memo)
    except (ScenarioError, ScenarioErrors) as error:
        return Answer(outputs=None, error=problem(error))
    except Exception as error:  # one point must not end a study
        rule = f"could not be answered: {type(error).__name__}: {error}"
        return Answer(
            outputs=None, lasting=False,
            passing=isinstance(error, MemoryError | OSError),
            error={"field": "point", "rule": rule[:300], "value": None,
                   "repair": "ask it alone to see more; it is tried again next time"},
        )  # fmt: skip
    return Answer(outputs={m.key: _finite(found[m.key]) for m in question.metrics})


def _finite(value: float) -> float:
    """Infinite is undefined: an answer that was kept reads back as it came."""
    return float(value) if math.isfinite(value) else math.nan

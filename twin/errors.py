"""
Errors of the core, each naming field, rule, value and repair.

Exception tree::

    NameplateError
    ├── ScenarioError       one input is wrong; says which, why and how to mend it
    │   └── PolicyError     a user's policy does not hold up
    ├── ScenarioErrors      several at once
    ├── EngineLostError     where work was done is gone
    └── Cancelled           the caller asked a run to stop
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class NameplateError(Exception):
    """Base of every error the core raises on purpose."""


class ScenarioError(NameplateError):
    """An input breaks a rule."""

    def __init__(self, field: str, rule: str, value: Any, repair: str) -> None:
        self.field = field
        self.rule = rule
        self.value = value
        self.repair = repair
        super().__init__(f"{field} {rule}, got {value!r}; {repair}")


class ScenarioErrors(NameplateError):  # noqa: N818 - several of them
    """Several inputs break rules; `errors` has one entry each."""

    def __init__(self, errors: Sequence[ScenarioError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


class PolicyError(ScenarioError):
    """A user's policy cannot be used."""


class EngineLostError(NameplateError):
    """The engine that did the work is gone; the message says what is kept."""


class Cancelled(NameplateError):  # noqa: N818 - a request, not a failure
    """A run was stopped on request."""


def wanted(items: Iterable[T], cancelled: Callable[[], bool] | None) -> Iterator[T]:
    """
    One after the other, for as long as nobody has asked to stop.

    Raises:
        Cancelled: If somebody has.
    """
    for item in items:
        if cancelled is not None and cancelled():
            raise Cancelled
        yield item


@contextmanager
def within(field: str, own: Collection[str]) -> Iterator[None]:
    """
    Say where the inner inputs stand when one of them is refused.

    Args:
        field: Key of the outer inputs that holds the inner ones.
        own: Keys of the outer inputs; errors that begin with one stay as they are.
    """
    try:
        yield
    except ScenarioErrors as several:
        found = [_inside(field, own, error) for error in several.errors]
        raise ScenarioErrors(found) from several
    except ScenarioError as error:
        raise _inside(field, own, error) from error


def _inside(field: str, own: Collection[str], error: ScenarioError) -> ScenarioError:
    if error.field.partition(".")[0] in own:
        return error
    return ScenarioError(f"{field}.{error.field}", error.rule, error.value,
                         error.repair)  # fmt: skip


class Range(NamedTuple):
    """Numbers that a parameter may be: the rule in words, its test, a usual repair."""

    rule: str
    holds: Callable[[float], bool]
    repair: str = ""


_PER_CENT = "a per cent value is to be divided by 100"
POSITIVE = Range("above 0 and finite", lambda value: 0 < value < math.inf)
NOT_NEGATIVE = Range("0 or more and finite", lambda value: 0 <= value < math.inf)
ABOVE_ZERO = Range("above 0", lambda value: value > 0)
FRACTION = Range("0 to 1", lambda value: 0 <= value <= 1, _PER_CENT)
PART = Range("above 0, at most 1", lambda value: 0 < value <= 1, _PER_CENT)


def check_values(allowed: Range, repair: str = "", **values: float) -> None:
    """
    Refuse the first value outside a range.

    Args:
        allowed: The range.
        repair: What to do, where it is not what the range says.
        values: Value of each parameter. NaN lies in no range.

    Raises:
        ValueError: If a value lies outside; names it, the rule, the value, the repair.
    """
    for name, value in values.items():
        if not allowed.holds(value):
            hint = repair or allowed.repair
            end = f"; {hint}" if hint else ""
            raise ValueError(f"{name} must be {allowed.rule}, got {value}{end}")


def check_fields(
    record: object, allowed: Range, *names: str, repair: str = "", owner: str = ""
) -> None:
    """Refuse the first of a record's fields outside a range, named after its owner."""
    for name in names:
        value = getattr(record, name)
        check_values(allowed, repair, **{owner + name: value})

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

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


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

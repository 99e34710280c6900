"""
Errors of the core, each naming field, rule, value and repair.

Exception tree::

    NameplateError
    ├── ScenarioError       one input is wrong; says which, why and how to mend it
    │   └── PolicyError     a user's policy does not hold up
    ├── ScenarioErrors      several at once
    └── Cancelled           the caller asked a run to stop
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class NameplateError(Exception):
    """Base of every error the core raises on purpose."""


class ScenarioError(NameplateError):
    """An input breaks a rule."""

    def __init__(self, *, field: str, rule: str, value: Any, repair: str) -> None:
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


class Cancelled(NameplateError):  # noqa: N818 - a request, not a failure
    """A run was stopped on request."""

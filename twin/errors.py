"""
Errors of the core, each naming field, rule, value and repair.

Exception tree::

    NameplateError
    ├── ScenarioError   an input is wrong; says which, why and how to mend it
    ├── PolicyError     a user's policy does not hold up
    └── Cancelled       the caller asked a run to stop
"""

from __future__ import annotations

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


class PolicyError(ScenarioError):
    """A user's policy cannot be used."""


class Cancelled(NameplateError):
    """A run was stopped on request."""

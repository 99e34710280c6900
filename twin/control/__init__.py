"""Capping policies: compiled built-ins, and a user's own Python function."""

from __future__ import annotations

from twin.control.controller import Controller, controller_for
from twin.control.probe import (
    Landing,
    deepest_trigger,
    landings,
    lasting_clocks_mhz,
    lowest_trigger,
)

__all__ = [
    "Controller",
    "Landing",
    "controller_for",
    "deepest_trigger",
    "landings",
    "lasting_clocks_mhz",
    "lowest_trigger",
]

"""Every serving system by key: the one list that all front-ends read."""

from __future__ import annotations

import importlib
from functools import cache

from twin.catalogue.models import nearest
from twin.errors import ScenarioError
from twin.serving.systems.base import System

MODULES = (
    "baseline",
    "custom",
    "splitwise",
    "dynamollm",
    "greener",
    "intelligent_router",
    "ssjf",
    "qlm",
    "medha",
    "tapas_router",
    "modserve",
    "streamwise",
    "murakkab",
    "droidspeak",
    "brane",
    "slim_sc",
    "test_time",
    "input_power",
    "prune_train",
    "buddy",
    "junction",
)
"""In the order people see them. A new system is a module and a line here."""


@cache
def systems() -> dict[str, System]:
    """Every system by key."""
    found = {}
    for name in MODULES:
        system: System = importlib.import_module(f"twin.serving.systems.{name}").SYSTEM
        found[system.key] = system
    return found


def find_system(key: str) -> System:
    """
    Look a system up.

    Raises:
        ScenarioError: If there is none; names the nearest.
    """
    known = systems()
    if key not in known:
        raise ScenarioError("systems.key", "must name a serving system", key,
                            nearest(key, sorted(known)))  # fmt: skip
    return known[key]

"""Scenarios: the one truth for inputs of YAML, JSON, REST and the page."""

from __future__ import annotations

from twin.errors import ScenarioErrors
from twin.scenario.model import Scenario
from twin.scenario.parse import (
    apply_changes,
    dataset_fields,
    dataset_names,
    parse_scenario,
)

__all__ = [
    "Scenario",
    "ScenarioErrors",
    "apply_changes",
    "dataset_fields",
    "dataset_names",
    "parse_scenario",
]

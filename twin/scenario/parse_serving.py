"""Read serving inputs, queries and shifts from plain mappings, refusing by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario.base import Model
from twin.scenario.parse import translate
from twin.scenario.serving import ServingTraffic
from twin.scenario.workload import RateArrivals, RequestArrivals

M = TypeVar("M", bound=Model)


def parse_inputs(model: type[M], document: Any, *, example: str) -> M:
    """
    Build inputs from a mapping such as a YAML or JSON document.

    Args:
        model: What they are: `ServingInput`, `QueryEnergyInput`, `ShiftInput`.
        document: The mapping. Absent keys take their defaults.
        example: Where to start from, for the message.

    Returns:
        The inputs.

    Raises:
        ScenarioErrors: One entry per wrong field.
    """
    if not isinstance(document, Mapping):
        raise ScenarioErrors([
            ScenarioError(
                field="document", rule="must be a mapping of keys to values",
                value=type(document).__name__, repair=f"start from {example}",
            )
        ])  # fmt: skip
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ScenarioErrors(translate(error, model)) from error


def traffic_datasets(traffic: ServingTraffic) -> list[tuple[str, str]]:
    """Fields of a study or search that name a dataset of traffic, with the name."""
    if isinstance(traffic.arrivals, RequestArrivals):
        return [("traffic.arrivals.dataset", traffic.arrivals.dataset)]
    found = [
        (f"traffic.classes.{index}.lengths", c.lengths)
        for index, c in enumerate(traffic.classes)
        if c.lengths is not None
    ]
    if isinstance(traffic.arrivals, RateArrivals):
        found.insert(0, ("traffic.arrivals.dataset", traffic.arrivals.dataset))
    return found

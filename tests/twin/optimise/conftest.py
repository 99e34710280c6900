"""Placements of small sites."""

from __future__ import annotations

import pytest

from twin.cooling.weather import generated
from twin.optimise.placement import place
from twin.scenario.parse import parse_inputs
from twin.scenario.placement import PlacementInput
from twin.serving.traffic import Recordings

MILD = generated()


@pytest.fixture
def placed():
    """Place servers, as a document asks."""

    def _placed(document):
        inputs = parse_inputs(
            PlacementInput, document, example="examples/placement.yaml"
        )
        return place(inputs, Recordings.none(), MILD)

    return _placed


@pytest.fixture
def plain_site():
    """Build a site of explicit parts whose cooling and rows limit nothing."""

    def _plain_site(nodes, racks):
        rows = {rack["row"] for rack in racks}
        return {
            "facility": {
                "electrical": nodes, "racks": racks,
                "row_limits_w": dict.fromkeys(rows, 1e6),
            }
        }  # fmt: skip

    return _plain_site

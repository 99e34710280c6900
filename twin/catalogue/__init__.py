"""The catalogue: GPUs, servers and phase tables, a source for every value."""

from __future__ import annotations

from twin.catalogue.gpus import CLOCK_CURVES, GPUS
from twin.catalogue.models import (
    STAND_INS,
    ModelChoice,
    StandIn,
    find_model,
    find_table,
    list_models,
    nearest,
)
from twin.catalogue.phase_tables import PHASE_TABLES
from twin.catalogue.servers import SERVERS, Server
from twin.errors import ScenarioError

__all__ = [
    "CLOCK_CURVES",
    "GPUS",
    "PHASE_TABLES",
    "SERVERS",
    "STAND_INS",
    "ModelChoice",
    "StandIn",
    "find_model",
    "find_server",
    "find_table",
    "list_models",
]


def find_server(key: str) -> Server:
    """
    Look a server type up.

    Raises:
        ScenarioError: If the catalogue has no such type; names the nearest.
    """
    if key in SERVERS:
        return SERVERS[key]
    raise ScenarioError(
        field="fleet.server",
        rule="must be in the catalogue",
        value=key,
        repair=nearest(key, list(SERVERS)),
    )

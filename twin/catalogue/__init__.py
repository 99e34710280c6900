"""The catalogue: GPUs, servers and phase tables, a source for every value."""

from __future__ import annotations

from collections.abc import Mapping

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
    "Server",
    "StandIn",
    "find_model",
    "find_server",
    "find_table",
    "list_models",
]


def find_server(key: str, own: Mapping[str, Server] | None = None) -> Server:
    """
    Look a server type up.

    Args:
        key: Its name.
        own: A user's own, beside the catalogue's.

    Raises:
        ScenarioError: If the catalogue has no such type; names the nearest.
    """
    known = SERVERS | dict(own or {})
    if key in known:
        return known[key]
    raise ScenarioError("fleet.server", "must be in the catalogue", key,
                        nearest(key, list(known)))  # fmt: skip

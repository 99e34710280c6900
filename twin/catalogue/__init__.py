"""The catalogue: GPUs, servers and phase tables, a source for every value."""

from __future__ import annotations

import difflib

from twin.catalogue.phase_tables import PHASE_TABLES
from twin.catalogue.servers import CLOCK_CURVES, SERVERS, Server
from twin.errors import ScenarioError
from twin.serving.performance import PhaseTable

__all__ = ["CLOCK_CURVES", "PHASE_TABLES", "SERVERS", "find_server", "find_table"]


def find_server(key: str) -> Server:
    """
    Look a server type up.

    Raises:
        ScenarioError: If the catalogue has no such type; names the nearest.
    """
    if key in SERVERS:
        return SERVERS[key]
    raise ScenarioError(
        field="fleet.server", rule="must be in the catalogue", value=key,
        repair=_nearest(key, list(SERVERS)),
    )  # fmt: skip


def find_table(model: str, server: Server) -> PhaseTable:
    """
    Look the phase table of a model on a server up.

    Raises:
        ScenarioError: If there is none; names the models this server has.
    """
    here = {t.model: t for t in reversed(PHASE_TABLES) if t.gpu == server.gpu.key}
    if model in here:
        return here[model]
    raise ScenarioError(
        field="fleet.model", rule=f"must have a performance table for {server.label}",
        value=model, repair=_nearest(model, sorted(here)),
    )  # fmt: skip


def _nearest(wrong: str, known: list[str]) -> str:
    if not known:
        return "no model has one yet; choose another server"
    close = difflib.get_close_matches(wrong, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(known)}"

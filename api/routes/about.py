"""Health, versions and the scenario format."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import text

from api.routes.common import State
from api.schemas.catalogue import HealthOut, KernelState, VersionOut
from api.version import MODEL_VERSION, PRODUCT_VERSION, SCENARIO_SCHEMA_VERSION
from twin.scenario import Scenario

router = APIRouter(tags=["about"])
KERNEL_WORDS: dict[KernelState, str] = {
    "cold": "Not compiled ahead: the first question about a row compiles what it needs "
    "(about 20 s, or a second where it was compiled before); then this is warm",
    "warming": "Compiling since the start (about 20 s, or a second where it was "
    "compiled before); questions are taken meanwhile, and it becomes warm by itself",
    "warm": "Compiled: rows are answered at once",
    "failed": "It could not be compiled ahead, the log says why; the next question "
    "about a row tries again",
}


@router.get("/health")
def health(state: State) -> HealthOut:
    """Whether the server, its database and its kernels are up."""
    with state.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return HealthOut(
        status="ok", database=state.engine.dialect.name,  # type: ignore[arg-type]
        kernel=state.kernel, kernel_words=KERNEL_WORDS[state.kernel],
        unfinished_jobs=state.jobs.unfinished(),
        found_at_start=state.jobs.presence.found_at_start,
    )  # fmt: skip


@router.get("/version")
def version() -> VersionOut:
    """Versions of product, model and scenario format."""
    return VersionOut(
        product=PRODUCT_VERSION, model=MODEL_VERSION,
        scenario_schema=SCENARIO_SCHEMA_VERSION,
    )  # fmt: skip


@router.get("/schema/scenario")
def scenario_schema() -> dict[str, Any]:
    """JSON Schema of a scenario, with units, defaults and sources."""
    return Scenario.model_json_schema()

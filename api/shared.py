"""What every use case needs: where an answer comes from, and patience."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from api.jobs import Job
from api.version import MODEL_VERSION
from store.repositories import now_utc
from twin.errors import Cancelled
from twin.plan.memo import inputs_sha256
from twin.scenario import Scenario
from twin.types import Document

T = TypeVar("T")


def provenance(scenario: Scenario) -> Document:
    """What an answer rests on: inputs, model version, seed, and when it was made."""
    return provenance_of(scenario)


def provenance_of(inputs: BaseModel) -> Document:
    """The same for inputs of any kind; 0 where they draw nothing."""
    return {
        "scenario_sha256": inputs_sha256(inputs),
        "model_version": MODEL_VERSION,
        "seed": getattr(inputs, "seed", 0),
        "created_at": now_utc().isoformat(),
    }


def insist(job: Job, ask: Callable[[], T]) -> T:
    """
    Ask again where somebody else's cancel hit us.

    Two questions share a remembered reference run; if the one that computes it is
    cancelled, the one that waits for it must not be.
    """
    while True:
        try:
            return ask()
        except Cancelled:
            if job.cancelled():
                raise

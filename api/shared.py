"""What every use case needs: a place in line, where an answer comes from, patience."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Semaphore
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from api.jobs import Job
from api.problems import Refusal
from api.version import MODEL_VERSION
from store.datasets import DatasetError
from store.repositories import now_utc
from twin.errors import Cancelled, ScenarioError, ScenarioErrors
from twin.plan.memo import Memo, inputs_sha256
from twin.types import Document

if TYPE_CHECKING:
    from api.services import AppState

T = TypeVar("T")


class Service:
    """
    Use cases over what the server holds.

    Args:
        state: What the server holds.
    """

    def __init__(self, state: AppState) -> None:
        self._state = state

    def large(self, asked: Any) -> Memo | None:
        """Where answers are remembered, of a question that waits for a turn."""
        del asked
        return None


def direct(work: Callable[..., Document]) -> Callable[..., Awaitable[Job]]:
    """
    Make a question of a service's method that answers one within a job.

    Args:
        work: Takes the service, the job, what is asked, and more by name.

    Returns:
        The method without the job but with the asking `view`: it answers at once, or
        hands the job back, see `AppState.directly`.
    """

    @wraps(work)
    async def ask(self: Service, asked: Any, *, view: str | None, **more: Any) -> Job:
        return await self._state.directly(
            view, lambda job: work(self, job, asked, **more), large=self.large(asked)
        )

    return ask


def provenance(inputs: BaseModel) -> Document:
    """What an answer rests on; the seed is 0 where inputs draw nothing."""
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


def read_all(
    *wanted: tuple[Callable[[str], Any], Iterable[tuple[str, str]]],
) -> list[dict[str, Any]]:
    """
    Read what fields name.

    Args:
        *wanted: What reads one thing by its name, and fields with the names in them.

    Returns:
        What was read by its name, for each of `wanted`.

    Raises:
        ScenarioErrors: With everything that is missing, by its field.
    """
    found, wrong = [], []
    for read, fields in wanted:
        known: dict[str, Any] = {}
        for field, name in fields:
            try:
                known[name] = read(name)
            except DatasetError as error:
                wrong.append(ScenarioError(field, error.rule, name, error.repair))
        found.append(known)
    if wrong:
        raise ScenarioErrors(wrong)
    return found


@contextmanager
def held(places: Semaphore, refusal: Refusal, wait_s: float = 0.0) -> Iterator[None]:
    """
    Hold one of a few places.

    Raises:
        Refusal: As given, where none is free in time.
    """
    if not places.acquire(timeout=wait_s):
        raise refusal
    try:
        yield
    finally:
        places.release()

"""
Run a study on an engine: ask the sampler, answer what is new, tell it what came out.

The engine decides where and in which order points are answered; the sampler is told in
the order it asked. So the same study gives the same bytes on every engine, and a study
that is started again finds what was answered before by its address.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np

from twin.errors import Cancelled, EngineLostError
from twin.study.early_stop import enough
from twin.study.points import Answer, Cargo, Point, Problem, answer_points, make_point
from twin.study.prepare import Prepared
from twin.study.questions.base import Outputs
from twin.types import FloatArray

CHUNK_S = 0.25
"""Work handed out at a time: short enough to follow, long enough to carry. [s]"""
MOST_IN_CHUNK = 256
AHEAD = 2
"""Chunks under way per worker: one at work, one waiting."""
TRIES = 3
"""Times a point may take its worker down before it is given up."""
_LOOK_S = 0.1


class Engine(Protocol):
    """Where points are answered: the `concurrent.futures` interface, and its repair."""

    name: str

    @property
    def workers(self) -> int:
        """Workers at hand now."""
        ...

    def submit(self, work: Callable[..., Any], /, *given: Any) -> Future[Any]:
        """Hand work to a worker."""
        ...

    def mend(self, error: BaseException) -> bool:
        """Make good the loss of a worker; False where the engine itself is gone."""
        ...


class Cache(Protocol):
    """Answers by address."""

    def find(self, keys: Sequence[str]) -> Mapping[str, Answer]:
        """Answers that are known."""
        ...

    def keep(self, answers: Mapping[str, Answer]) -> None:
        """Keep answers for good."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """
    One point with its answer.

    Args:
        index: Place in the study.
        key: Its address.
        changes: Value per field that varies.
        outputs: Figure per key; None without an answer.
        error: Why there is none.
        cached: Whether the answer was known before.
    """

    index: int
    key: str
    changes: Mapping[str, Any]
    outputs: Outputs | None
    error: Problem | None
    cached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """
    A study that came to its end.

    Args:
        points: Every point in the order of the study.
        units: Their places in the unit cube, shape (points, axes).
        stopped: Why it ended before its last point, "" if it did not.
        sampler: The sampler at its end; an adaptive one knows what it found.
    """

    points: tuple[Solved, ...]
    units: FloatArray
    stopped: str
    sampler: Any


class NoCache:
    """Remembers nothing."""

    def find(self, keys: Sequence[str]) -> Mapping[str, Answer]:
        """Nothing is known."""
        del keys
        return {}

    def keep(self, answers: Mapping[str, Answer]) -> None:
        """Forget them."""


OnPoints = Callable[[Sequence[Solved]], None]
Progress = Callable[[float, str], None]


def run_study(
    study: Prepared,
    cargo: Cargo,
    *,
    engine: Engine,
    stamp: str,
    cache: Cache | None = None,
    on_points: OnPoints | None = None,
    on_progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Finished:
    """
    Answer a study's points.

    Args:
        study: A study that was looked at.
        cargo: What its points need besides their inputs.
        engine: Where they are answered.
        stamp: What answers depend on besides their inputs: model version, ground.
        cache: Answers known before; new ones are kept in it as they come.
        on_points: Told points as they come, in any order.
        on_progress: Told the part done, 0..1, and how many points.
        cancelled: Asked several times a second.

    Returns:
        Every point, in order.

    Raises:
        Cancelled: If asked to stop.
        EngineLostError: If the engine is gone; start again to go on from here.
    """
    asked = _Asking(study, cargo, engine, stamp, cache or NoCache(), cancelled)
    sampler = study.sampler()
    told, solved = on_points or (lambda _: None), list[Solved]()
    stopped, asked_units = "", list[FloatArray]()
    while (units := sampler.ask()) is not None:
        first, most = len(solved), max(sampler.most, len(solved) + len(units))
        batch: dict[int, Solved] = {}
        points = (
            make_point(
                study.question, study.base, study.changes(first + k, unit), first + k,
                stamp,
            )
            for k, unit in enumerate(units)
        )  # fmt: skip
        for found in asked.answers(points):
            batch |= {one.index: one for one in found}
            told(found)
            if on_progress is not None:
                done = first + len(batch)
                on_progress(done / most, f"{done:,} of {most:,} points")
        ordered = [batch[first + k] for k in range(len(units))]
        solved += ordered
        asked_units.append(units)
        sampler.tell([_told(one) for one in ordered])
        if study.spec.stop is not None:
            stopped = enough(study.spec, solved, sampler.most)
            if stopped:
                break
    return Finished(
        points=tuple(solved), stopped=stopped, sampler=sampler,
        units=np.concatenate(asked_units or [np.empty((0, len(study.placed)))]),
    )  # fmt: skip


def _told(one: Solved) -> dict[str, float] | None:
    """Outputs and, beside them, axes with numbers: a goal may name either."""
    if one.outputs is None:
        return None
    axes = {
        field: float(value) for field, value in one.changes.items()
        if isinstance(value, int | float)
    }  # fmt: skip
    return axes | one.outputs


@dataclass(slots=True)
class _Chunk:
    """Points on their way together."""

    points: list[Point]
    cargo: Cargo
    tries: int = 0


class _Asking:
    """Hands points to an engine and collects their answers, whatever becomes of it."""

    def __init__(
        self,
        study: Prepared,
        cargo: Cargo,
        engine: Engine,
        stamp: str,
        cache: Cache,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._question = study.question
        self._cargo = cargo
        self._engine = engine
        self._stamp = stamp
        self._cache = cache
        self._cancelled = cancelled or (lambda: False)
        self._point_s = CHUNK_S
        self._fresh: deque[Point] = deque()
        self._look = 1

    def answers(self, points: Iterable[Point]) -> Iterator[list[Solved]]:
        """Answer a batch; lists of points come as they are answered."""
        source = iter(points)
        again: deque[_Chunk] = deque()
        under_way: dict[Future[Any], tuple[_Chunk, float]] = {}
        suspects: deque[_Chunk] = deque()
        more = True
        try:
            while more or again or suspects or under_way:
                if self._cancelled():
                    raise Cancelled
                while more and self._room(under_way, again, suspects):
                    fresh, known = self._next(source)
                    more = fresh is not None
                    if known:
                        yield known
                    if fresh is not None and fresh.points:
                        self._send(fresh, under_way)
                while again and self._room(under_way, (), suspects):
                    self._send(again.popleft(), under_way)
                if suspects and not under_way:  # one by one: who takes a worker down?
                    self._send(suspects.popleft(), under_way)
                done, _ = wait(under_way, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
                for future in done:
                    chunk, sent_s = under_way.pop(future)
                    found = self._collect(future, chunk, sent_s, again, suspects)
                    if found:
                        yield found
        finally:
            for future in under_way:
                future.cancel()

    def _room(self, under_way: Any, again: Any, suspects: Any) -> bool:
        most = AHEAD * max(1, self._engine.workers)
        return not again and not suspects and len(under_way) < most

    def _next(self, source: Iterator[Point]) -> tuple[_Chunk | None, list[Solved]]:
        """Take the next points: those to be answered, and those known already."""
        size = int(min(max(CHUNK_S / self._point_s, 1), MOST_IN_CHUNK))
        found: list[Solved] = []
        if not self._fresh:
            taken = list(islice(source, max(size, self._look)))
            if not taken:
                return None, []
            found = self._known(taken)
            # while nothing is new, look further ahead: one look-up for many points
            self._look = 1 if self._fresh else min(2 * self._look, MOST_IN_CHUNK)
        chosen = [self._fresh.popleft() for _ in range(min(size, len(self._fresh)))]
        return _Chunk(points=chosen, cargo=self._cargo.light()), found

    def _known(self, taken: Sequence[Point]) -> list[Solved]:
        """Points whose answer is known; the others wait for a worker."""
        known = self._cache.find([p.key for p in taken if p.document is not None])
        found = []
        for point in taken:
            if point.document is None:
                found.append(_solved(point, Answer(outputs=None, error=point.error)))
            elif point.key in known:
                found.append(_solved(point, known[point.key], cached=True))
            else:
                self._fresh.append(point)
        return found

    def _send(self, chunk: _Chunk, under_way: dict[Future[Any], Any]) -> None:
        documents = [p.document for p in chunk.points]
        for _ in range(TRIES):
            sent_s = time.monotonic()  # the serial engine answers while it takes work
            try:
                future = self._engine.submit(
                    answer_points, self._question.key, chunk.cargo, documents
                )
            except Exception as error:  # a broken pool refuses work
                self._mend(error)
            else:
                under_way[future] = (chunk, sent_s)
                return
        raise EngineLostError(f"{self._engine.name} takes no work")

    def _collect(
        self,
        future: Future[Any],
        chunk: _Chunk,
        sent_s: float,
        again: deque[_Chunk],
        suspects: deque[_Chunk],
    ) -> list[Solved]:
        try:
            answers: list[Answer] | None = future.result()
        except Cancelled:
            raise
        except BaseException as error:  # a lost worker, of any engine
            self._mend(error)
            return self._suspect(chunk, error, suspects)
        if answers is None:
            again.append(_Chunk(points=chunk.points, cargo=self._cargo))
            return []
        spent_s = (time.monotonic() - sent_s) / AHEAD / len(chunk.points)
        self._point_s = 0.5 * (self._point_s + max(spent_s, 1e-5))
        self._cache.keep(
            {p.key: a for p, a in zip(chunk.points, answers, strict=True) if a.lasting}
        )
        found = []
        for point, answer in zip(chunk.points, answers, strict=True):
            if answer.passing and chunk.tries + 1 < TRIES:
                suspects.append(
                    _Chunk(points=[point], cargo=self._cargo, tries=chunk.tries + 1)
                )
            else:
                found.append(_solved(point, answer))
        return found

    def _suspect(
        self, chunk: _Chunk, error: BaseException, suspects: deque[_Chunk]
    ) -> list[Solved]:
        """Try each point of a chunk whose worker was lost alone, a few times."""
        if len(chunk.points) == 1 and chunk.tries + 1 >= TRIES:
            rule = f"took its worker down {TRIES} times: {type(error).__name__}"
            lost: Problem = {
                "field": "point", "rule": rule, "value": None,
                "repair": "look at the worker's memory; it is tried again next time",
            }  # fmt: skip
            return [_solved(chunk.points[0], Answer(outputs=None, error=lost))]
        for point in chunk.points:
            suspects.append(
                _Chunk(points=[point], cargo=self._cargo, tries=chunk.tries + 1)
            )
        return []

    def _mend(self, error: BaseException) -> None:
        if not self._engine.mend(error):
            raise EngineLostError(
                f"{self._engine.name} is gone ({type(error).__name__}: {error}); what "
                "was answered is kept, start the study again to go on"
            ) from error


def _solved(point: Point, answer: Answer, *, cached: bool = False) -> Solved:
    return Solved(
        index=point.index, key=point.key, changes=point.changes,
        outputs=answer.outputs, error=answer.error, cached=cached,
    )  # fmt: skip

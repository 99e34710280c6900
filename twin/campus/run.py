"""
Run a campus: halls apart, window by window, until all that they share agrees.

Halls meet in two places: the network above them, whose life is known tick by tick,
and the campus's decisions, once per period. Both depend on earlier ticks alone: a
node that trips in one tick is dead in the next, a decision counts from the next tick
on. So every hall is run over a window with assumed signals, the shared network and
the decisions are run on what the halls did, and what comes out is compared with what
was assumed. Up to the first difference everything is right: either the window ends
there, or it is run again with the new signals, whose first difference lies later. The
answer is that of a lock-step of all halls, tick by tick, whatever the windows, the
partition and the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from twin.campus.coordinator import Coordinator
from twin.campus.hall import Done, Job, run_halls, try_halls
from twin.campus.ledger import Ledger
from twin.campus.signals import Signals
from twin.errors import Cancelled, EngineLostError
from twin.types import IntArray

CALM_SHARE = 8
"""A window is as long as an eighth of the time since the last change of signals."""
TRIES = 3
"""Times a task is sent out before it is given up: it may be what ends its worker."""
_LOOK_S = 0.1


@dataclass(slots=True)
class Effort:
    """
    What a run cost; it depends on the engine, unlike the answer.

    Args:
        windows: Windows that were accepted.
        passes: Times that halls were sent out, the accepted ones among them.
        hall_ticks: Ticks run, all halls together.
        least_hall_ticks: Ticks that a run without repetition would have had.
        lost: Tasks that were sent again because their worker was lost.
    """

    windows: int = 0
    passes: int = 0
    hall_ticks: int = 0
    least_hall_ticks: int = 0
    lost: int = 0

    @property
    def repeated_frac(self) -> float:
        """Ticks that were run again ÷ ticks of the horizon."""
        return self.hall_ticks / max(1, self.least_hall_ticks) - 1.0


class Submits(Protocol):
    """What executors of `concurrent.futures` and engines of studies have in common."""

    def submit(self, work: Callable[..., Any], /, *given: Any) -> Future[Any]:
        """Hand work to a worker."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """
    Where halls run.

    Args:
        executor: Of the `concurrent.futures` interface; None runs them here, in turn.
        mend: Makes good the loss of a worker, so that its tasks can be sent again;
            false where the engine itself is gone. None: nothing can be mended.
        partitions: Halls are dealt out to so many tasks; None is one for each hall.
        longest_s: Longest window. [s]
        shortest_s: Windows are not cut shorter than this; a differing one is run
            again instead. Sending a hall elsewhere costs as much as running it for
            minutes, a thread costs nothing: None is one period. [s]
    """

    executor: Submits | None = None
    mend: Callable[[BaseException], bool] | None = None
    partitions: int | None = None
    longest_s: float = 3600.0
    shortest_s: float | None = None


def run_windows(
    coordinator: Coordinator,
    ledger: Ledger,
    engine: Engine,
    *,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Effort:
    """
    Run a campus over its horizon.

    Args:
        coordinator: What halls share; carried forward.
        ledger: What halls did; filled.
        engine: Where halls run.
        on_progress: Told the part done, 0..1.
        cancelled: Asked between windows, and while waiting for workers.

    Raises:
        Cancelled: If asked to stop.
        EngineLostError: If the engine is gone, or a task ends each of its workers.
    """
    c, effort = coordinator, Effort()
    stop = cancelled or (lambda: False)
    longest = max(1, round(engine.longest_s / c.tick_s))
    shortest = c.rules.period_ticks
    if engine.shortest_s is not None:
        shortest = max(1, round(engine.shortest_s / c.tick_s))
    shortest = min(shortest, longest)
    tick, calm = 0, CALM_SHARE * longest
    while tick < c.tick_count:
        if stop():
            raise Cancelled
        length = min(longest, max(shortest, calm // CALM_SHARE))
        end, changed = _window(
            c, ledger, engine, effort, tick, min(c.tick_count, tick + length), shortest,
            stop,
        )  # fmt: skip
        calm = 0 if changed else calm + end - tick
        effort.windows += 1
        effort.least_hall_ticks += len(ledger.halls) * (end - tick)
        tick = end
        if on_progress is not None:
            on_progress(tick / c.tick_count)
    return effort


def _window(
    c: Coordinator, ledger: Ledger, engine: Engine, effort: Effort, first: int,
    end: int, shortest: int, stop: Callable[[], bool],
) -> tuple[int, bool]:  # fmt: skip
    """Run one window until its signals agree; where it ended, and if they changed."""
    halls = len(ledger.halls)
    assumed, done = c.guess(first, end), list[Done | None]([None] * halls)
    stale = np.arange(halls)
    while True:
        jobs = [ledger.job(h, first, end, assumed) for h in stale.tolist()]
        for h, found in zip(stale, _sent(engine, jobs, effort, stop), strict=True):
            done[h] = found
        effort.passes += 1
        effort.hall_ticks += int(stale.size) * (end - first)
        ready = [d for d in done if d is not None]
        if any(d.is_full for d in ready) and end - first > 1:
            end, stale = first + (end - first) // 2, np.arange(halls)
            assumed = assumed.until(first, end)
            continue
        outcome = c.follow(first, end, ready)
        at = outcome.signals.first_difference(assumed)
        if at is None:
            ledger.commit(first, ready, assumed)
            c.commit(outcome)
            return end, outcome.changed
        assumed, stale, end = _again(outcome.signals, assumed, first, end, at, shortest)


def _again(
    found: Signals, assumed: Signals, first: int, end: int, at: int, shortest: int
) -> tuple[Signals, IntArray, int]:
    """What to run once more: until the first difference, or all with new signals."""
    short = max(at - first, min(shortest, end - first))
    if first + short < end:
        end = first + short
        return found.until(first, end), found.halls, end
    return found, found.differing(assumed), end


def _sent(
    engine: Engine, jobs: Sequence[Job], effort: Effort, stop: Callable[[], bool]
) -> list[Done]:
    """
    Send halls out and wait for all, in the order of the halls.

    A hall's window needs its job alone, and all jobs are here: what a lost worker had
    is sent again, with the same answer, and what others did is kept.
    """
    if engine.executor is None:
        return list(run_halls(tuple(jobs)))
    count = min(len(jobs), engine.partitions or len(jobs))
    bounds = [len(jobs) * k // count for k in range(count + 1)]
    tasks = [tuple(jobs[a:b]) for a, b in pairwise(bounds)]
    found: dict[int, tuple[Done, ...]] = {}
    for tries in range(1, TRIES + 1):
        error = _round(engine.executor, tasks, found, stop)
        if error is None:
            break
        effort.lost += count - len(found)
        _mend(engine, error, tries)
    return [done for at in range(count) for done in found[at]]


def _mend(engine: Engine, error: BaseException, tries: int) -> None:
    """Replace a lost worker, or say that it is of no use."""
    why = f"{type(error).__name__}: {error}"
    if engine.mend is None or not engine.mend(error):
        raise EngineLostError(
            f"the engine is gone ({why}); nothing of the run is kept, run it again"
        ) from error
    if tries == TRIES:
        raise EngineLostError(
            f"a hall took its worker down {TRIES} times ({why}); look at the workers' "
            "memory, or run it on threads"
        ) from error


def _round(
    executor: Submits, tasks: Sequence[tuple[Job, ...]],
    found: dict[int, tuple[Done, ...]], stop: Callable[[], bool],
) -> BaseException | None:  # fmt: skip
    """Send what is not found yet; None, or what a worker was lost to."""
    under_way: dict[Future[Any], int] = {}
    lost: BaseException | None = None
    try:
        for at in sorted(set(range(len(tasks))) - set(found)):
            under_way[executor.submit(try_halls, tasks[at])] = at
        while wait(under_way, timeout=_LOOK_S).not_done:
            if stop():
                raise Cancelled
    except Cancelled:
        for future in under_way:
            future.cancel()
        raise
    except Exception as error:  # a broken pool refuses work
        lost = error
    for future, at in under_way.items():
        try:
            answer = future.result()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a lost worker, of any engine
            lost = error
        else:  # what failed over there fails here too, and says why
            found[at] = run_halls(tasks[at]) if answer is None else answer
    return lost

"""The next step of a slider, answered while nobody waits for anything."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.overload import in_background
from twin.compare import differing
from twin.errors import Cancelled, NameplateError
from twin.scenario import Scenario, apply_changes
from twin.types import Cancel

log = logging.getLogger("nameplate.api")
LONGEST_S = 1.0
"""Answers that took longer are not given ahead: most would be in vain."""
VIEWS = 64
"""Views whose last question is known."""
_DIGITS = 9
"""Of a step: 0.805 + 0.005 is 0.81, as the page will write it."""


class Ahead:
    """
    Answers the step that a view is likely to ask next.

    A view whose question differs from its last one in a single number is expected to
    move on by the same step. The answer is remembered; nobody is told.

    Args:
        answer: Answers a scenario and remembers what it computed.
        busy: Whether somebody waits for an answer; then nothing is begun.
    """

    def __init__(
        self, answer: Callable[[Scenario, Cancel], object], busy: Callable[[], bool]
    ) -> None:
        self._answer, self._busy = answer, busy
        self._pool = ThreadPoolExecutor(1, "ahead", in_background)
        self._lock = threading.Lock()
        self._last: OrderedDict[str, Scenario] = OrderedDict()
        self._now: tuple[Scenario, threading.Event] | None = None

    def asked(self, scenario: Scenario) -> None:
        """Stop what is computed for another question than this one."""
        with self._lock:
            if self._now is not None and self._now[0] != scenario:
                self._now[1].set()

    def answered(self, view: str, scenario: Scenario, took_s: float) -> None:
        """
        Begin with the next step, if there is one to be expected.

        Args:
            view: Who asked.
            scenario: What was answered.
            took_s: Time that took.
        """
        with self._lock:
            before = self._last.pop(view, None)
            self._last[view] = scenario
            while len(self._last) > VIEWS:
                self._last.popitem(last=False)
            if before is None or took_s > LONGEST_S or self._now is not None:
                return
            following = next_step(before, scenario)
            if following is None:
                return
            stop = threading.Event()
            self._now = (following, stop)
            self._pool.submit(self._run, following, stop)

    def close(self) -> None:
        """Stop, and wait for that."""
        with self._lock:
            if self._now is not None:
                self._now[1].set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, scenario: Scenario, stop: threading.Event) -> None:
        try:
            if not (self._busy() or stop.is_set()):
                self._answer(scenario, stop.is_set)
        except (Cancelled, NameplateError):
            log.debug("a step ahead was stopped, or has no answer")
        except Exception:  # whoever asks for it meets the same and is told
            log.exception("a step ahead failed")
        finally:
            with self._lock:
                self._now = None


def next_step(before: Scenario, now: Scenario) -> Scenario | None:
    """
    Expect the step from one question to another once more.

    Returns:
        The question after; None where more than one number was changed, something
        else was, or the next value may not be.
    """
    moved, _ = differing([one.model_dump(mode="json") for one in (before, now)])
    if len(moved) != 1:
        return None
    was, value = moved[0].values
    if not (_is_number(was) and _is_number(value)):
        return None
    step = value + (value - was)
    step = step if isinstance(step, int) else round(step, _DIGITS)
    try:
        return apply_changes(now, {moved[0].field: step})
    except NameplateError:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

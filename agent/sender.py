"""
Sends what is spooled, one batch at a time, until the server has it.

A batch leaves the spool only when the server says that it is stored, or that it never
will be; then it is set aside, as is one of which the server left readings out for their
time. Whatever else happens, the same batch goes out again under the same number, and
the server stores it once.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from agent import __version__
from agent.http import Answer, Server
from agent.quarantine import Quarantine
from agent.recorder import Recorder
from agent.spool import Spool
from agent.spool_state import Batch, Freeze
from agent.stamps import applied, was_never_true
from agent.wire import encode

log = logging.getLogger("nameplate.agent")

MOST_EARLY = 4
"""So many batches wait for the server's clock while later ones pass them."""
EARLY_WAIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much is sent at a time, and how long the sender waits when it cannot."""

    readings: int = 5_000
    span_s: float = 5.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    denied_wait_s: float = 60.0


@dataclass(slots=True)
class Tally:
    """What came of sending, for the metrics page."""

    sent: int = 0
    duplicates: int = 0
    refused: int = 0
    refused_readings: int = 0
    early: int = 0
    split: int = 0
    failures: int = 0
    last_ok_s: float | None = None
    trouble: str = ""


class Sender:
    """The sending loop, in a thread of its own."""

    def __init__(
        self,
        spool: Spool,
        server: Server,
        recorder: Recorder,
        *,
        name: str,
        pace: Pace | None = None,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.spool = spool
        self.server = server
        self.recorder = recorder
        self.name = name
        self.pace = pace or Pace()
        self.tally = Tally()
        self.quarantine = Quarantine(spool.folder / "refused")
        self._draw = draw
        self._stop = threading.Event()
        self._leave_at = float("inf")
        self._most_readings = self.pace.readings
        self._acquainted = False
        self._failed_in_row = 0
        self._frozen_at = time.monotonic()
        self._encoded: tuple[Freeze, bytes] | None = None
        self._unsent: tuple[str, int] | None = None
        self._early: dict[tuple[str, int], float] = {}
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self, flush_s: float) -> None:
        """Send what can be sent within some seconds, then stop."""
        self._leave_at = time.monotonic() + flush_s
        self._stop.set()
        self._thread.join(flush_s + 1.0)
        self.server.close()

    # -- the loop --------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(self._step())
        while time.monotonic() < self._leave_at:
            if self._step(leaving=True) > 0:
                return

    def _step(self, *, leaving: bool = False) -> float:
        """Do the next thing; how long to wait after it. [s]"""
        try:
            if not self._acquainted:
                return self._get_acquainted()
            batch = self._next(leaving=leaving)
            if batch is None:
                return min(1.0, self.pace.span_s / 4)
            if not batch.parts:  # all was sent and deleted; only the note was lost
                self.spool.done(batch.freeze)
                return 0.0
            return self._settle(batch, self.server.send(self._bytes(batch)))
        except OSError as error:  # nothing was settled: it is sent again
            return self._failed(f"the spool: {error}")

    def _get_acquainted(self) -> float:
        answer = self.server.hello(self.spool.state.spool)
        if answer.kind != "ok":
            return self._not_sent(answer)
        if not isinstance(answer.body.get("server_time_us"), int):
            return self._failed("the server's hello tells no time")
        most = answer.body.get("max_readings")
        if isinstance(most, int) and most > 0:
            self._most_readings = min(self.pace.readings, most)
        stored_to, ours = answer.body.get("next_sequence"), self.spool.state
        if isinstance(stored_to, int) and stored_to > ours.next_sequence:
            told = f"the server has batches up to {stored_to - 1} of it"
            told += f", next here is {ours.next_sequence}"
            self.spool.renew()
            self._copied(told)
        self._acquainted = True
        return 0.0

    def _copied(self, why: str) -> None:
        self._say(
            "spool", f"the spool was put back to an older state ({why}); what is not "
            "sent yet gets a new spool id",
        )  # fmt: skip

    def _next(self, *, leaving: bool) -> Batch | None:
        """A batch under way, else a new one if enough is there or it waited enough."""
        now_s = time.monotonic()
        later = {key for key, due_s in self._early.items() if due_s > now_s}
        freeze = self.spool.inflight(but=later)
        if freeze is not None:
            return self.spool.batch(freeze)
        if len(later) >= MOST_EARLY:
            return None
        behind = self.spool.unsent_chunks > 3 * self.pace.span_s
        waited = time.monotonic() - self._frozen_at >= self.pace.span_s
        full = self.spool.unsent_readings >= self._most_readings
        if not (behind or waited or full or leaving) or not self.spool.unsent_chunks:
            return None
        batch = self.spool.next_batch(
            max_readings=self._most_readings,
            max_span_s=float("inf") if behind or leaving else self.pace.span_s,
            version=__version__,
            applied=partial(applied, self.recorder),
        )
        self._frozen_at = time.monotonic()
        self._unsent = batch.freeze.key if batch else None
        return batch

    def _bytes(self, batch: Batch) -> bytes:
        if self._encoded is None or self._encoded[0] != batch.freeze:
            self._encoded = (batch.freeze, encode(batch, self.name))
        return self._encoded[1]

    # -- what answers mean -----------------------------------------------------------

    def _settle(self, batch: Batch, answer: Answer) -> float:
        first, self._unsent = self._unsent == batch.freeze.key, None
        if answer.kind == "ok":
            told = answer.body
            if first and told.get("duplicate") and told.get("same") is not True:
                return self._taken_before(batch)
            return self._stored(batch, answer)
        if answer.kind == "refused":
            return self._refused(batch, answer)
        if answer.kind == "large":
            return self._too_large(batch, answer)
        if answer.kind == "early":
            return self._too_early(batch, answer)
        return self._not_sent(answer)

    def _taken_before(self, batch: Batch) -> float:
        """What was never sent cannot be stored: its number was, by a copy of us."""
        self.spool.renumber(batch.freeze)
        self._copied(f"batch {batch.freeze.sequence} was stored before it was sent")
        return 0.0

    def _stored(self, batch: Batch, answer: Answer) -> float:
        refused = [r for r in answer.body.get("refused") or [] if isinstance(r, dict)]
        for one in refused:
            self._note_refused_readings(one)
        if any(one.get("reason") in ("future", "late") for one in refused):
            self._keep_left_out(batch, answer)
        self._done(batch.freeze)
        self.tally.sent += 1
        self.tally.duplicates += bool(answer.body.get("duplicate"))
        self._went_well()
        pace_s = answer.body.get("pace_s")
        return float(pace_s) if isinstance(pace_s, int | float) and pace_s > 0 else 0.0

    def _done(self, freeze: Freeze) -> None:
        self.spool.done(freeze)
        self._encoded = None
        self._early.pop(freeze.key, None)
        self.tally.early = len(self._early)

    def _note_refused_readings(self, refused: dict[str, Any]) -> None:
        count = refused.get("count", 0)
        self.tally.refused_readings += int(count)
        log.warning("the server left %s readings out: %s", count, refused)

    def _keep_left_out(self, batch: Batch, answer: Answer) -> None:
        """Keep a batch the server stored in part; the rest must not wait for that."""
        try:
            self._set_aside(
                batch, answer, "the server left readings out for their time"
            )
        except OSError as error:
            self._say(
                "refused", f"batch {batch.freeze.sequence}: what the server left out "
                f"is lost, it cannot be set aside: {error}",
            )  # fmt: skip

    def _set_aside(self, batch: Batch, answer: Answer, why: str) -> None:
        freeze = batch.freeze
        name = f"{freeze.spool[:8]}-{freeze.sequence:012d}-{answer.status}"
        removed = self.quarantine.keep(name, self._bytes(batch), answer.body)
        text = f"batch {freeze.sequence} set aside as {name}: {why}"
        if removed:
            text += f"; {removed} older ones were removed to make room"
        self._say("refused", text)

    def _refused(self, batch: Batch, answer: Answer) -> float:
        self._set_aside(batch, answer, answer.why)
        self._done(batch.freeze)
        self.tally.refused += 1
        return 0.0

    def _too_early(self, batch: Batch, answer: Answer) -> float:
        """Ask for the time again, and let later batches pass meanwhile."""
        self._acquainted = False
        if was_never_true(self.recorder.clock, batch):
            return self._refused(batch, answer)
        freeze = batch.freeze
        if freeze.key not in self._early:
            self._say("early", f"batch {freeze.sequence} waits: {answer.why}")
        wait_s = answer.retry_after_s or EARLY_WAIT_S
        self._early[freeze.key] = time.monotonic() + wait_s + self._draw(0.0, 1.0)
        self.tally.early = len(self._early)
        if len(self._early) < MOST_EARLY:
            return 0.0
        return self._failed(f"{MOST_EARLY} batches are ahead of the server's clock")

    def _too_large(self, batch: Batch, answer: Answer) -> float:
        if not self.spool.split(batch.freeze):
            return self._refused(batch, answer) if answer.ours else self._slow(answer)
        self._encoded = None
        self.tally.split += 1
        self._most_readings = max(1, self._most_readings // 2)
        return 0.0

    def _not_sent(self, answer: Answer) -> float:
        if answer.kind in ("denied", "barred", "wrong"):
            return self._slow(answer)
        wait_s = self._failed(answer.why or "no answer")
        if answer.retry_after_s:
            return answer.retry_after_s + self._draw(
                0.0, 0.2 * answer.retry_after_s + 0.1
            )
        return wait_s

    def _slow(self, answer: Answer) -> float:
        """Keep everything and ask seldom: a person has to mend this."""
        self._failed(self._repair(answer))
        self._acquainted = False  # what comes next may be another server
        return self._draw(0.5, 1.0) * self.pace.denied_wait_s

    def _repair(self, answer: Answer) -> str:
        if answer.kind == "denied":
            return f"the server does not accept the token: {answer.why}"
        if answer.kind == "barred":
            return f"the server refuses the request, whatever is in it: {answer.why}"
        if answer.kind == "large":
            return f"not even one reading is let through: {answer.why}"
        return f"this is no Nameplate server: {answer.why}; see --server"

    def _failed(self, why: str) -> float:
        """Count a failure; how long to wait: full jitter over a doubling time. [s]"""
        self.tally.failures += 1
        if not self.tally.trouble:
            self._say("send", why)
        elif why != self.tally.trouble:
            log.warning("%s", why)
        self.tally.trouble = why
        longest_s = self.pace.first_wait_s * 2.0 ** min(self._failed_in_row, 20)
        self._failed_in_row += 1
        return self._draw(0.0, min(longest_s, self.pace.longest_wait_s))

    def _went_well(self) -> None:
        self._failed_in_row = 0
        self.tally.last_ok_s = time.monotonic()
        if self.tally.trouble:
            self._say("send", "the server takes batches again")
        self.tally.trouble = ""

    def _say(self, kind: str, text: str) -> None:
        self.recorder.event(kind, text)
        log.warning("%s", text)

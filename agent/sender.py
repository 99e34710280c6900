"""
Sends what is spooled, one batch at a time, until the server has it.

A batch leaves the spool only when the server says that it is stored, or that it never
will be; then it is set aside. Whatever else happens, the same batch goes out again
under the same number, and the server stores it once.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agent import __version__
from agent.chunk import Anchor
from agent.clock import DRIFT
from agent.http import Answer, Server
from agent.quarantine import Quarantine
from agent.recorder import Recorder
from agent.spool import Spool
from agent.spool_state import Batch, Freeze
from agent.wire import encode

log = logging.getLogger("nameplate.agent")

WALL_UNCERTAINTY_S = 10.0
"""Of times from before a restart that no server had confirmed (assumed)."""


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
        answer = self.server.hello()
        if answer.kind != "ok":
            return self._not_sent(answer)
        if not isinstance(answer.body.get("server_time_us"), int):
            return self._failed("the server's hello tells no time")
        most = answer.body.get("max_readings")
        if isinstance(most, int) and most > 0:
            self._most_readings = min(self.pace.readings, most)
        self._acquainted = True
        self._went_well()
        return 0.0

    def _next(self, *, leaving: bool) -> Batch | None:
        """A batch under way, else a new one if enough is there or it waited enough."""
        freeze = self.spool.inflight()
        if freeze is not None:
            return self.spool.batch(freeze)
        behind = self.spool.unsent_chunks > 3 * self.pace.span_s
        waited = time.monotonic() - self._frozen_at >= self.pace.span_s
        full = self.spool.unsent_readings >= self._most_readings
        if not (behind or waited or full or leaving) or not self.spool.unsent_chunks:
            return None
        batch = self.spool.next_batch(
            max_readings=self._most_readings,
            max_span_s=float("inf") if behind or leaving else self.pace.span_s,
            version=__version__,
            applied=self._applied,
        )
        self._frozen_at = time.monotonic()
        return batch

    def _applied(self, anchors: Sequence[Anchor]) -> tuple[int, dict[str, Any]] | None:
        """
        Server minus boot time for a batch's chunks, and what it says of that.

        What was known when they were written counts where it is surer than what is
        known now less the drift since; but a server that was set since is followed.
        """
        clock = self.recorder.clock
        then = min(anchors, key=lambda a: (a.server_us is None, a.uncertainty_s))
        if then.boot_id != clock.boot_id:
            return _of_earlier_boot(then)
        now_us = clock.boot_us()
        offset = self.recorder.server.offset(now_us)
        if offset is None:
            return None
        now_s = offset.uncertainty_s + DRIFT * abs(now_us - then.boot_us) / 1e6
        if then.server_us is not None and then.uncertainty_s < now_s:
            apart_s = abs(then.server_us - offset.us) / 1e6
            if apart_s <= then.uncertainty_s + now_s:
                return _known(then.server_us, then.uncertainty_s, then)
        return _known(offset.us, now_s, then)

    def _bytes(self, batch: Batch) -> bytes:
        if self._encoded is None or self._encoded[0] != batch.freeze:
            self._encoded = (batch.freeze, encode(batch, self.name))
        return self._encoded[1]

    # -- what answers mean -----------------------------------------------------------

    def _settle(self, batch: Batch, answer: Answer) -> float:
        if answer.kind == "ok":
            return self._stored(batch, answer)
        if answer.kind == "refused":
            return self._refused(batch, answer)
        if answer.kind == "large":
            return self._too_large(batch, answer)
        return self._not_sent(answer)

    def _stored(self, batch: Batch, answer: Answer) -> float:
        self.spool.done(batch.freeze)
        self._encoded = None
        self.tally.sent += 1
        self.tally.duplicates += bool(answer.body.get("duplicate"))
        for refused in answer.body.get("refused") or []:
            self._note_refused_readings(refused)
        self._went_well()
        pace_s = answer.body.get("pace_s")
        return float(pace_s) if isinstance(pace_s, int | float) and pace_s > 0 else 0.0

    def _note_refused_readings(self, refused: Any) -> None:
        count = refused.get("count", 0) if isinstance(refused, dict) else 0
        self.tally.refused_readings += int(count)
        log.warning("the server left %s readings out: %s", count, refused)

    def _refused(self, batch: Batch, answer: Answer) -> float:
        freeze = batch.freeze
        name = f"{freeze.spool[:8]}-{freeze.sequence:012d}-{answer.status}"
        self.quarantine.keep(name, self._bytes(batch), answer.body)
        self.spool.done(freeze)
        self._encoded = None
        self.tally.refused += 1
        self._say(
            "refused", f"batch {freeze.sequence} set aside as {name}: {answer.why}"
        )
        return 0.0

    def _too_large(self, batch: Batch, answer: Answer) -> float:
        if not self.spool.split(batch.freeze):
            return self._refused(batch, answer)
        self._encoded = None
        self.tally.split += 1
        self._most_readings = max(1, self._most_readings // 2)
        return 0.0

    def _not_sent(self, answer: Answer) -> float:
        if answer.kind in ("denied", "wrong"):
            self._failed(self._repair(answer))
            self._acquainted = False  # what comes next may be another server
            return self._draw(0.5, 1.0) * self.pace.denied_wait_s
        wait_s = self._failed(answer.why or "no answer")
        if answer.retry_after_s:
            return answer.retry_after_s + self._draw(
                0.0, 0.2 * answer.retry_after_s + 0.1
            )
        return wait_s

    def _repair(self, answer: Answer) -> str:
        if answer.kind == "wrong":
            return f"this is no Nameplate server: {answer.why}; see --server"
        return f"the server does not accept the token: {answer.why}"

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


def _of_earlier_boot(anchor: Anchor) -> tuple[int, dict[str, Any]]:
    if anchor.server_us is None:
        return _known(anchor.wall_us, WALL_UNCERTAINTY_S, anchor)
    return _known(anchor.server_us, anchor.uncertainty_s, anchor)


def _known(
    offset_us: int, uncertainty_s: float, anchor: Anchor
) -> tuple[int, dict[str, Any]]:
    return offset_us, {
        "offset_s": (offset_us - anchor.wall_us) / 1e6,
        "uncertainty_s": round(uncertainty_s, 6),
        "steps": anchor.steps,
    }

"""
Reads every GPU at a steady pace, whatever one of them does.

One thread reads all GPUs in turn, which is cheap. A call into the driver that does not
return leaves that thread behind with its GPU, and a new thread goes on with the rest;
the GPU is back as soon as its call returns. Ticks that were missed are counted, never
caught up with.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from agent.nvml import CardGone, DriverGone, Gpu, Nvml
from agent.recorder import Recorder
from agent.records import Reading
from agent.samples import SampleReader

log = logging.getLogger("nameplate.agent")

DETAIL_S, SLOW_S, RESCAN_S = 0.1, 1.0, 60.0
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 60.0
LOST_CARD_RETRY_S = 300.0
"""Opening NVML anew holds the other GPUs up: a lost one is looked for less often."""


UNTOLD = {"applied_floor", "smoothing_floor_w", "samples"}
"""Nobody misses these where a card has none."""


@dataclass(slots=True)
class Counts:
    """What the sampler did, for its metrics page."""

    ticks: int = 0
    missed_ticks: int = 0
    readings: int = 0
    slow_calls: int = 0
    reopened: int = 0
    read_s: float = 0.0
    longest_read_s: float = 0.0


@dataclass(slots=True)
class Card:
    """A GPU in the round, and when what of it is due."""

    gpu: Gpu
    samples: SampleReader
    detail_at: float = 0.0
    slow_at: float = 0.0
    warned: set[str] = field(default_factory=set)


class Sampler:
    """The reading loop over all GPUs."""

    def __init__(
        self,
        recorder: Recorder,
        *,
        rate_hz: float,
        slow_call_s: float = 2.0,
        driver_samples: bool = True,
        nvml: Nvml | None = None,
    ) -> None:
        self.recorder = recorder
        self.period_s = 1.0 / rate_hz
        self.slow_call_s = slow_call_s
        self.driver_samples = driver_samples
        self.nvml = nvml or Nvml()
        self.counts = Counts()
        self.cards: dict[str, Card] = {}
        self.stuck: set[str] = set()
        self.known: set[str] = set()
        self._absent: dict[int, str] = {}
        self.state = "not opened"
        self._stop = threading.Event()
        self._generation = 0
        self._reading: tuple[str, float] | None = None
        self._retry_at = 0.0
        self._retry_s = FIRST_RETRY_S
        self._rescan_at = 0.0
        self._thread: threading.Thread | None = None
        self._mutex = threading.Lock()

    # -- life ------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to read, in a thread of its own."""
        self._generation += 1
        self._thread = threading.Thread(
            target=self._run, args=(self._generation,), name="sampler", daemon=True
        )
        self._thread.start()

    def stop(self, wait_s: float = 2.0) -> None:
        """Stop reading; a call that hangs is left to itself."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(wait_s)
        if not self.stuck:
            self.nvml.close()

    def watch(self) -> None:
        """Look, now and then, whether a call hangs; if so go on without its GPU."""
        reading = self._reading
        if reading is None or time.monotonic() - reading[1] < self.slow_call_s:
            return
        key, since = reading
        with self._mutex:
            if self._reading != reading:
                return  # it came back just now
            self._reading = None
            self.stuck.add(key)
            self.counts.slow_calls += 1
        name = key or "the driver as a whole"
        self._event("slow", f"no answer for {time.monotonic() - since:.1f} s", key)
        log.warning("%s does not answer; going on without it", name)
        self.start()

    # -- the loop --------------------------------------------------------------------

    def _run(self, generation: int) -> None:
        next_at = time.monotonic()
        while not self._stop.is_set() and generation == self._generation:
            self._tick(generation)
            next_at += self.period_s
            late_s = time.monotonic() - next_at
            if late_s > 0:
                missed = int(late_s / self.period_s) + 1
                self.counts.missed_ticks += missed
                next_at += missed * self.period_s
            self._stop.wait(max(0.0, next_at - time.monotonic()))

    def _tick(self, generation: int) -> None:
        now = time.monotonic()
        self.counts.ticks += 1
        if now >= self._retry_at and not self.stuck:
            self._guarded("", generation, self._open)
        elif now >= self._rescan_at and self.cards:
            self._rescan_at = now + RESCAN_S
            for card in list(self.cards.values()):
                self._guarded(card.gpu.key, generation, partial(self._find_mig, card))
        readings: list[Reading] = []
        for card in list(self.cards.values()):
            if card.gpu.key in self.stuck:
                continue
            if not self._guarded(
                card.gpu.key, generation, partial(self._read, card, readings)
            ):
                break
        self.recorder.add(readings)
        self.counts.readings += len(readings)

    def _guarded(self, key: str, generation: int, work: Callable[[], None]) -> bool:
        """Do work that may hang or find a card gone; False if this thread retired."""
        with self._mutex:
            if generation != self._generation:
                return False
            started = time.monotonic()
            self._reading = (key, started)
        try:
            work()
        except CardGone as error:
            self._card_gone(key, str(error))
        except DriverGone as error:
            self._driver_gone(str(error))
        took_s = time.monotonic() - started
        with self._mutex:
            if generation != self._generation:
                self.stuck.discard(key)
                self._event("answered", f"answered after {took_s:.1f} s", key)
                return False
            self._reading = None
        self.counts.read_s += took_s
        self.counts.longest_read_s = max(self.counts.longest_read_s, took_s)
        return True

    def _read(self, card: Card, readings: list[Reading]) -> None:
        now = time.monotonic()
        detail = now >= card.detail_at
        slow = now >= card.slow_at
        if detail:
            card.detail_at = now + DETAIL_S - self.period_s / 4
        if slow:
            card.slow_at = now + SLOW_S - self.period_s / 4
        before_us = self.recorder.clock.boot_us()
        values = card.gpu.read(detail=detail, slow=slow)
        middle_us = (before_us + self.recorder.clock.boot_us()) // 2
        if values and time.monotonic() - now < self.slow_call_s:
            readings.append(Reading(card.gpu.key, middle_us & ~1, values))
        if slow:
            self._report_missing(card)
            if self.driver_samples and card.samples.worth:
                self.recorder.add(card.samples.drain(), newest=False)

    # -- cards that come and go ------------------------------------------------------

    def _open(self) -> None:
        """Initialise NVML, anew if need be, and take every GPU it lists."""
        if self.state != "not opened":
            self.nvml.close()
            self.counts.reopened += 1
        self._retry_at = time.monotonic() + self._retry_s
        longest_s = LOST_CARD_RETRY_S if self.cards else LAST_RETRY_S
        self._retry_s = min(2 * self._retry_s, longest_s)
        gpus = self.nvml.open()
        self._say("open", "")
        clock = self.recorder.clock
        found = {
            gpu.key: Card(gpu, SampleReader(gpu, clock, tick_s=self.period_s))
            for gpu in gpus
        }
        for key in found.keys() - self.cards.keys() if self.known else ():
            self._event("found", "the GPU is there", key)
        self._absences(found)
        self.cards = found
        self.known |= found.keys()
        self.recorder.describe(card.gpu.device for card in found.values())
        self._rescan_at = 0.0
        if not self.nvml.absent and found and self.known == found.keys():
            self._retry_at, self._retry_s = float("inf"), FIRST_RETRY_S

    def _absences(self, found: dict[str, Card]) -> None:
        for index, why in self.nvml.absent.items():
            if index not in self._absent:
                self._event("lost", f"GPU {index} is listed but unreadable: {why}")
        self._absent = dict(self.nvml.absent)
        for key in self.cards.keys() - found.keys():
            self._event("lost", "the GPU is there no more", key)
            self.recorder.forget([key])

    def _card_gone(self, key: str, why: str) -> None:
        if self.cards.pop(key, None) is not None:
            self._retry_s = FIRST_RETRY_S
            self._event("lost", why, key)
            log.warning("GPU %s: %s", key, why)
            self.recorder.forget([key])
        self._retry_at = min(self._retry_at, time.monotonic() + self._retry_s)

    def _driver_gone(self, why: str) -> None:
        if self.cards:  # it was there until now, and may be back soon
            self._retry_s = FIRST_RETRY_S
        self.recorder.forget(list(self.cards))
        self.cards = {}
        self._say("gone", why)
        self._retry_at = time.monotonic() + self._retry_s

    def _say(self, state: str, why: str) -> None:
        """Report a change of NVML as a whole, once."""
        full = f"{state}: {why}" if why else state
        if full == self.state:
            return
        first = self.state == "not opened"
        self.state = full
        if why:
            self._event("driver", f"NVML cannot be used: {why}")
            log.warning("NVML cannot be used: %s", why)
        elif not first:
            self._event("driver", "NVML answers again")

    def _find_mig(self, card: Card) -> None:
        self.recorder.describe_parts(card.gpu.key, card.gpu.mig_devices())

    def _report_missing(self, card: Card) -> None:
        new = card.gpu.missing.keys() - card.warned - UNTOLD
        if new:
            told = [f"{name} ({card.gpu.missing[name]})" for name in sorted(new)]
            self._event("missing", "cannot be read: " + ", ".join(told), card.gpu.key)
        card.warned |= new

    def _event(self, kind: str, text: str, key: str = "") -> None:
        self.recorder.event(kind, text, *([key] if key else []))

"""
The serving row again, in plain Python, stepping every decode iteration.

Written from the rules, not from the compiled kernel: nothing of it is imported. It
reads only the constants of a `Setup`. No virtual clock, no heap, no histogram: every
iteration is a step, every latency is kept, so it is slow and easy to check by eye.

Rules: an arrival joins the instance of its priority with the fewest outstanding
requests, ties going round. At an iteration boundary prompts go first: those at the
head of the queue that fit the batch, the cache (prompt and whole output reserved) and
the prefill batch run together and pause decode. The first token is out when prefill
ends. An iteration costs slow × (base(batch) + c × tokens held). A clock change alters
the speed of the work that is left.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

CLOCK_COLUMNS = ("slow_prefill", "slow_decode", "power_prefill", "power_decode")


@dataclass
class Request:
    """One request and what it has seen."""

    arrived_s: float
    group: int
    prompt: int
    output: int
    tokens_out: int = 0
    last_token_s: float = 0.0

    @property
    def reserved(self) -> int:
        """Tokens of cache promised to it."""
        return self.prompt + self.output

    @property
    def held(self) -> int:
        """Tokens of cache it fills now."""
        return self.prompt + self.tokens_out


@dataclass
class Answer:
    """Everything measured, each sample kept."""

    ttft_s: dict[int, list[float]] = field(default_factory=dict)
    e2e_s: dict[int, list[float]] = field(default_factory=dict)
    tbt_s: dict[int, list[float]] = field(default_factory=dict)  # by priority
    finished: int = 0
    rejected: int = 0
    energy_j: dict[str, float] = field(
        default_factory=lambda: {"idle": 0.0, "decode": 0.0, "prefill": 0.0}
    )


@dataclass
class Instance:
    """One model instance: what it holds, what it does, and until when."""

    priority: int
    queue: deque[Request] = field(default_factory=deque)
    prefilling: list[Request] = field(default_factory=list)
    decoding: list[Request] = field(default_factory=list)
    phase: str = "idle"
    work_left_s: float = 0.0  # at full clock
    updated_s: float = 0.0
    factors: dict[str, float] = field(default_factory=dict)

    @property
    def outstanding(self) -> int:
        """Requests waiting, in prefill or decoding."""
        return len(self.queue) + len(self.prefilling) + len(self.decoding)

    @property
    def slow(self) -> float:
        """Slow-down of what it does now."""
        return self.factors[f"slow_{self.phase}"]

    @property
    def step_end_s(self) -> float:
        """When its present step ends at the present clock."""
        if self.phase == "idle":
            return math.inf
        return self.updated_s + self.work_left_s * self.slow


class Oracle:
    """A row under given arrivals and given clock changes."""

    def __init__(self, setup) -> None:
        self.setup = setup
        self.answer = Answer()
        first = [int(n) for n in setup.first]
        full = self._factors(0.0)
        self.pools = [
            [Instance(p, factors=full) for _ in range(first[p + 1] - first[p])]
            for p in (0, 1)
        ]
        self.instances = [i for pool in self.pools for i in pool]
        self.turn = [0, 0]

    def run(
        self,
        arrivals: Iterable[tuple[float, int, int, int]],
        *,
        groups_low: int,
        end_s: float,
        clocks: Iterable[tuple[float, int, float]] = (),
    ) -> Answer:
        """
        Step the row to `end_s`.

        Args:
            arrivals: (time, group, prompt, output), rising in time.
            groups_low: Groups below this are low priority.
            end_s: Length of the horizon. [s]
            clocks: (time, priority, MHz) in force from that time, rising; 0 MHz lifts.

        Returns:
            The samples and energies.
        """
        outside = [(t, 0, (p, mhz)) for t, p, mhz in clocks]
        outside += [(r[0], 1, r) for r in arrivals]
        for at_s, kind, what in sorted(outside, key=lambda x: (x[0], x[1])):
            if at_s >= end_s:
                break
            self._steps_until(at_s)
            if kind == 0:
                self._set_clock(at_s, *what)
            else:
                self._arrive(Request(*what), groups_low)
        self._steps_until(end_s)
        for one in self.instances:
            self._advance(one, end_s)
        return self.answer

    # --- time -------------------------------------------------------------------

    def _steps_until(self, at_s: float) -> None:
        while True:
            one = min(self.instances, key=lambda i: i.step_end_s)
            if one.step_end_s >= at_s:
                return
            self._end_step(one, one.step_end_s)

    def _advance(self, one: Instance, now_s: float) -> None:
        elapsed_s = now_s - one.updated_s
        self.answer.energy_j[one.phase] += self._power_w(one) * elapsed_s
        if one.phase != "idle":
            one.work_left_s = max(0.0, one.work_left_s - elapsed_s / one.slow)
        one.updated_s = now_s

    def _power_w(self, one: Instance) -> float:
        setup = self.setup
        if one.phase == "idle":
            return setup.idle_w
        if one.phase == "decode":
            full_w = setup.decode_w[len(one.decoding)]
        else:
            tokens = sum(r.prompt for r in one.prefilling)
            full_w = np.interp(tokens, setup.prefill_tokens, setup.prefill_w)
        return (
            setup.idle_w + (full_w - setup.idle_w) * one.factors[f"power_{one.phase}"]
        )

    # --- one instance ---------------------------------------------------------------

    def _end_step(self, one: Instance, now_s: float) -> None:
        self._advance(one, now_s)
        if one.phase == "prefill":
            for request in one.prefilling:
                times = self.answer.ttft_s.setdefault(request.group, [])
                times.append(now_s - request.arrived_s)
                request.tokens_out = 1
                request.last_token_s = now_s
            one.decoding += one.prefilling
            one.prefilling = []
        else:
            gaps = self.answer.tbt_s.setdefault(one.priority, [])
            for request in one.decoding:
                request.tokens_out += 1
                gaps.append(now_s - request.last_token_s)
                request.last_token_s = now_s
        done = [r for r in one.decoding if r.tokens_out >= r.output]
        one.decoding = [r for r in one.decoding if r.tokens_out < r.output]
        for request in done:
            self.answer.finished += 1
            times = self.answer.e2e_s.setdefault(request.group, [])
            times.append(now_s - request.arrived_s)
        self._start_step(one)

    def _start_step(self, one: Instance) -> None:
        setup = self.setup
        self._admit(one)
        if one.prefilling:
            one.phase = "prefill"
            tokens = sum(r.prompt for r in one.prefilling)
            one.work_left_s = self._prefill_s(tokens)
        elif one.decoding:
            one.phase = "decode"
            batch = len(one.decoding)
            held = sum(r.held for r in one.decoding)
            # the setup's base has half a step of cache growth taken out
            base_s = setup.decode_base_s[batch] + 0.5 * setup.kv_token_s * batch
            one.work_left_s = base_s + setup.kv_token_s * held
        else:
            one.phase = "idle"

    def _admit(self, one: Instance) -> None:
        setup = self.setup
        reserved = sum(r.reserved for r in one.decoding)
        tokens = 0
        while one.queue and len(one.decoding) + len(one.prefilling) < setup.max_batch:
            request = one.queue[0]
            if one.prefilling and tokens + request.prompt > setup.max_prefill_tokens:
                return
            if reserved + request.reserved > setup.kv_capacity:
                return
            one.prefilling.append(one.queue.popleft())
            reserved += request.reserved
            tokens += request.prompt

    def _prefill_s(self, tokens: float) -> float:
        x, y = self.setup.prefill_tokens, self.setup.prefill_s
        if tokens > x[-1]:
            return y[-1] + (y[-1] - y[-2]) / (x[-1] - x[-2]) * (tokens - x[-1])
        return float(np.interp(tokens, x, y))

    # --- from outside --------------------------------------------------------------

    def _arrive(self, request: Request, groups_low: int) -> None:
        if request.reserved > self.setup.kv_capacity:
            self.answer.rejected += 1
            return
        priority = 0 if request.group < groups_low else 1
        pool, turn = self.pools[priority], self.turn[priority]
        order = [(turn + k) % len(pool) for k in range(len(pool))]
        chosen = min(order, key=lambda k: pool[k].outstanding)
        self.turn[priority] = (chosen + 1) % len(pool)
        one = pool[chosen]
        if len(one.queue) >= self.setup.queue_limit:
            self.answer.rejected += 1
            return
        one.queue.append(request)
        if one.phase == "idle":
            self._advance(one, request.arrived_s)
            self._start_step(one)

    def _set_clock(self, now_s: float, priority: int, mhz: float) -> None:
        for one in self.pools[priority]:
            self._advance(one, now_s)
            one.factors = self._factors(mhz)

    def _factors(self, mhz: float) -> dict[str, float]:
        knots = self.setup.curve_mhz
        at = knots[-1] if mhz == 0 else mhz
        return {
            name: float(np.interp(at, knots, self.setup.curve[:, column]))
            for column, name in enumerate(CLOCK_COLUMNS)
        }

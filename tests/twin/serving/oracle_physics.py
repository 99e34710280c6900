"""
Times and watts of one instance for the plain oracle, read off the phase table.

Written from serving.md (1), (2), (4), power.md (1), (2) and fleet.md rule 10; nothing
of the compiled kernels is imported.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate

from twin.serving.fleet.parts import Engine


def line(x, knots, values, *, above=True):
    """Linear between knots, flat below; beyond them flat or along the last slope."""
    if len(knots) == 1:
        return values[0]
    if x <= knots[0]:
        return values[0]
    if x >= knots[-1] and not above:
        return values[-1]
    k = min(max(bisect_left(knots, x), 1), len(knots) - 1)
    slope = (values[k] - values[k - 1]) / (knots[k] - knots[k - 1])
    return values[k - 1] + slope * (x - knots[k - 1])


@dataclass(frozen=True)
class Clock:
    """What one clock does: slow-downs and factors of the power above idle."""

    slow_prefill: float
    slow_decode: float
    power_prefill: float
    power_decode: float


class Physics:
    """One engine: seconds at the highest clock and watts at any."""

    def __init__(self, engine: Engine, max_batch: int | None) -> None:
        self.engine, self.table = engine, engine.table
        self.max_batch = max_batch or self.table.max_batch
        self.capacity = self.table.kv_capacity_tokens
        self.idle_w = engine.gpu_count * engine.gpu.idle_w.value
        self.full_w = engine.gpu_count * engine.gpu.tdp_w.value
        sizes = range(self.max_batch + 1)
        self.base_s = [self._base_s(batch) for batch in sizes]
        self.decode_frac = [
            line(b, self.table.decode_batch, self.table.decode_power_frac, above=False)
            for b in sizes
        ]

    # --- seconds ------------------------------------------------------------------

    def prefill_s(self, tokens: float) -> float:
        """Equation 1 at the highest clock."""
        seconds = line(tokens, self.table.prefill_tokens, self.table.prefill_s)
        return seconds * self.engine.capped_slowdown

    def rising_prefill_s(self, tokens: float) -> float:
        """P' of rule 10: P made non-falling."""
        values = list(accumulate(self.table.prefill_s, max))
        seconds = line(tokens, self.table.prefill_tokens, values)
        return seconds * self.engine.capped_slowdown

    def chunk_s(self, done: float, tokens: float, *, alone: bool) -> float:
        """Part of a prefill; alone, it also carries the launch and the weights."""
        seconds = self.rising_prefill_s(done + tokens) - self.rising_prefill_s(done)
        return seconds + (self.rising_prefill_s(0) if alone else 0.0)

    def prefill_left_s(self, done: float, whole: float) -> float:
        """What a prompt of `whole` tokens still takes after `done` of them."""
        if done == 0.0:
            return self.prefill_s(whole)
        return self.chunk_s(done, whole - done, alone=False)

    def _base_s(self, batch: int) -> float:
        """Iteration without the tokens held: equation 2 less its half step."""
        table = self.table
        measured_s = line(batch, table.decode_batch, table.decode_s)
        held_s = table.decode_kv_token_s * batch * table.decode_context_tokens
        return max(measured_s - held_s, 0.2 * measured_s)

    def iteration_s(self, batch: int, held: float) -> float:
        """One decode iteration that begins with `held` tokens in the cache."""
        return self.base_s[batch] + self.table.decode_kv_token_s * held

    def usual_iteration_s(self, batch: int) -> float:
        """The same at the table's own context: T(B) of routers and queues."""
        batch = min(batch, self.max_batch)
        return self.iteration_s(batch, batch * self.table.decode_context_tokens)

    # --- clocks and watts -----------------------------------------------------------

    def clock(self, mhz: float | None) -> Clock:
        """Look a clock up on the curve, stretched to the GPU's own top clock."""
        curve, table = self.engine.clocks, self.table
        top_mhz = self.engine.gpu.clock_max_mhz.value
        at = min(mhz, top_mhz) if mhz else top_mhz
        at *= curve.clock_mhz[-1] / top_mhz
        slow = line(at, curve.clock_mhz, curve.slowdown, above=False)
        power = line(at, curve.clock_mhz, curve.dynamic_power_frac, above=False)
        memory = table.decode_memory_power_frac
        return Clock(
            slow_prefill=slow,
            slow_decode=1.0 + table.decode_clock_sensitivity * (slow - 1.0),
            power_prefill=power,
            power_decode=memory + (1.0 - memory) * power,
        )

    def prefill_w(self, tokens: float, clock: Clock) -> float:
        """Watts while `tokens` are prefilled together."""
        table = self.table
        knots, values = table.prefill_tokens, table.prefill_power_frac
        frac = line(tokens, knots, values, above=False)
        return self._watts(frac, clock.power_prefill)

    def decode_w(self, batch: int, clock: Clock) -> float:
        """Watts while `batch` sequences decode."""
        return self._watts(self.decode_frac[batch], clock.power_decode)

    def _watts(self, frac: float, clock_factor: float) -> float:
        dynamic_w = max(0.0, frac * self.full_w - self.idle_w)
        dynamic_w *= clock_factor * self.engine.dynamic_power_factor
        cap_frac = self.engine.gpu_cap_frac
        cap_w = cap_frac * self.full_w if cap_frac < 1.0 else math.inf
        return min(self.idle_w + dynamic_w, cap_w)

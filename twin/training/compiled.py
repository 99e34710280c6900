"""Compiled loops of training waveforms."""

from __future__ import annotations

import math

from numba import njit

REACH = 6.0
"""Standard deviations beyond which an edge is over; 2e-9 of a step is left out."""


@njit(cache=True, nogil=True, error_model="numpy")
def _risen(x, jitter):
    """Integral of a step at zero up to x, sharp or spread by a normal deviate."""
    if jitter <= 0.0:
        return max(0.0, x)
    z = x / jitter
    bell = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return x * 0.5 * math.erfc(-z / math.sqrt(2.0)) + jitter * bell


@njit(cache=True, nogil=True, error_model="numpy")
def spread(t_s, by, sample_s, jitter_s, out, steps):
    """
    Add every edge: in full behind it, by its integral around it.

    Args:
        t_s: Edges. [s]
        by: Their steps.
        sample_s: Length of a sample. [s]
        jitter_s: Standard deviation of a step's time. [s]
        out: Means around edges are added here. (samples,)
        steps: What every later sample has more is added here. (samples + 1,)
    """
    samples = out.size
    for e in range(t_s.size):
        reach = REACH * jitter_s
        first = max(0, math.floor((t_s[e] - reach) / sample_s))
        last = math.floor((t_s[e] + reach) / sample_s) + 1
        before = _risen(first * sample_s - t_s[e], jitter_s)
        for k in range(first, min(last, samples)):
            now = _risen((k + 1) * sample_s - t_s[e], jitter_s)
            out[k] += by[e] * (now - before) / sample_s
            before = now
        if last < samples:
            steps[last] += by[e]

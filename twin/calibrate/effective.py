"""How many independent readings a series that hangs together is worth."""

from __future__ import annotations

import numpy as np

from twin.types import FloatArray


def effective_samples(values: FloatArray) -> float:
    """
    Independent readings that tell the mean as well as these do.

    Args:
        values: Readings in order, shape (readings,).

    Returns:
        Readings ÷ integrated autocorrelation time, by Geyer's initial positive
        sequence; never more than their count.

    Source:
        Geyer, Practical Markov chain Monte Carlo, 1992 (memory);
        docs/models/calibration.md, eq. 3.
    """
    n = values.size
    about = values - values.mean()
    power = float(about @ about)
    if n < 4 or power <= 0.0:
        return float(n)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(about, size)
    part = np.fft.irfft(spectrum * np.conj(spectrum), size)[: n // 2] / power
    pairs = part[0 : part.size - 1 : 2] + part[1 : part.size : 2]
    positive = np.minimum.accumulate(pairs[: _first_below(pairs)])
    time = max(1.0, 2.0 * float(positive.sum()) - 1.0)
    return n / time


def _first_below(pairs: FloatArray) -> int:
    below = np.flatnonzero(pairs <= 0.0)
    return int(below[0]) if below.size else pairs.size

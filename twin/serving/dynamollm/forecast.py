"""Forecast of the load, and what was lately seen against it: requests per second."""

from __future__ import annotations

import numpy as np

from twin.types import FloatArray, IntArray


def bin_rates(
    arrived_s: FloatArray, klass: IntArray, *, bin_s: float, bins: int, classes: int
) -> FloatArray:
    """Arrivals of each class per bin. [1/s], shape (bins, classes)"""
    at = np.minimum((arrived_s // bin_s).astype(np.int64), bins - 1)
    counts = np.bincount(at * classes + klass, minlength=bins * classes)
    return counts.reshape(bins, classes) / bin_s


def stated_error(
    rate_rps: FloatArray, error: float, *, hold: int, seed: int
) -> FloatArray:
    """
    The traffic's own rates as a forecast of stated error.

    For traffic without a history. The error is drawn once per `hold` bins.

    Args:
        rate_rps: Rates that will come. [1/s], shape (bins, classes)
        error: Standard deviation of ln(forecast ÷ truth). >= 0
        hold: Bins that share a draw; their rates are averaged first. >= 1
        seed: Seed of the draws.

    Returns:
        Rates. [1/s], shape of `rate_rps`
    """
    epoch = np.arange(len(rate_rps)) // hold
    sums = np.zeros((int(epoch[-1]) + 1, rate_rps.shape[1]))
    np.add.at(sums, epoch, rate_rps)
    mean = sums / np.bincount(epoch)[:, None]
    noise = np.random.default_rng((seed, 1800)).standard_normal(len(mean))
    return np.asarray((mean * np.exp(error * noise)[:, None])[epoch])


def seen_ratio(
    forecast_rps: FloatArray, seen_rps: FloatArray, *, look: int, lag: int = 0
) -> FloatArray:
    """
    What was lately seen against the forecast.

    Args:
        forecast_rps: Rates expected. [1/s], shape (bins, classes)
        seen_rps: Rates that came; a bin's ratio looks only at bins before it.
        look: Bins looked back. >= 1
        lag: Last bins before it that are not yet known. >= 0

    Returns:
        Total seen ÷ total expected, held within a half and two; 1 where nothing is
        known. shape (bins,)
    """
    seen, expected = (
        np.append(0.0, r.sum(axis=1).cumsum()) for r in (seen_rps, forecast_rps)
    )
    end = np.maximum(np.arange(len(forecast_rps)) - lag, 0)
    first = np.maximum(end - look, 0)
    came, due = seen[end] - seen[first], expected[end] - expected[first]
    ratio = np.where(due > 0, came / np.where(due > 0, due, 1.0), 1.0)
    return np.asarray(np.clip(ratio, 0.5, 2.0))

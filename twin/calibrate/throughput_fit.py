"""
Tokens per second of a node against prompt and answer length, from published rows.

Two forms: the log-linear line of the publication on the energy of a query, and a
work balance (prefill, decode, reading the cache) that fits the same rows better.
"""

from __future__ import annotations

import numpy as np
import scipy  # its parts load when they are used

from twin.types import FloatArray

LLAMA_405B_H100 = (
    (128.0, 128.0, 3627.0), (128.0, 2048.0, 4340.0), (128.0, 4096.0, 3116.0),
    (500.0, 2000.0, 3994.0), (1000.0, 1000.0, 2919.0), (1000.0, 2000.0, 2895.0),
    (2048.0, 128.0, 453.0), (2048.0, 2048.0, 2296.0), (5000.0, 500.0, 610.0),
    (20000.0, 2000.0, 345.0),
)  # fmt: skip
"""
Input tokens, output tokens, output tokens/s: Llama 3.1 405B FP8 on eight H100.

NVIDIA/TensorRT-LLM, docs/source/performance/perf-overview.md of version 1.0 (commit
00f37686aa854010d68bcbd0f4ab000221541ca6), read; requests at an infinite rate.
"""

Rows = tuple[tuple[float, float, float], ...]


def fit_line(rows: Rows) -> FloatArray:
    """
    Fit `ln TPS = b0 + b1 ln L_in + b2 ln L_out` by least squares.

    Returns:
        b0, b1, b2.

    Raises:
        ValueError: If there are fewer than four rows.
    """
    table = _table(rows)
    logs = np.log(table)
    system = np.column_stack([np.ones(len(table)), logs[:, 0], logs[:, 1]])
    return np.asarray(np.linalg.lstsq(system, logs[:, 2], rcond=None)[0])


def fit_work(rows: Rows) -> FloatArray:
    """
    Fit node seconds of a query, `a L_in + b L_out + c L_out (L_in + L_out / 2)`.

    Relative errors are squared, and no coefficient is negative. The three terms are
    prefill, decode, and reading the tokens held while each new one is made.

    Returns:
        a [s/token], b [s/token], c [s/token²].

    Raises:
        ValueError: If there are fewer than four rows.
    """
    table = _table(rows)
    prompt, answer, rate = table.T
    seconds = answer / rate
    terms = np.column_stack([prompt, answer, answer * (prompt + answer / 2.0)])
    found, _ = scipy.optimize.nnls(terms / seconds[:, None], np.ones(len(table)))
    return np.asarray(found, dtype=np.float64)


def _table(rows: Rows) -> FloatArray:
    if len(rows) < 4:
        raise ValueError(
            f"a fit of three coefficients needs four rows, got {len(rows)}"
        )
    return np.array(rows, dtype=np.float64)

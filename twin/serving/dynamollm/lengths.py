"""
Nine classes of request by length of prompt and predicted output.

A class is input range × 3 + output range, each S, M or L; "LS" is a long prompt with a
short output.
"""

from __future__ import annotations

import numpy as np

from twin.types import FloatArray, IntArray

INPUT_EDGES = (256.0, 1024.0)
"""Prompts below the first are short, below the second medium. [tokens]"""
OUTPUT_EDGES = (100.0, 350.0)
"""Outputs likewise. [tokens]"""
NAMES = tuple(i + o for i in "SML" for o in "SML")
LAST = len(NAMES) - 1


def length_class(prompt: IntArray, output: FloatArray) -> IntArray:
    """
    Class of each request.

    Args:
        prompt: Prompt lengths. [tokens], shape (requests,)
        output: Predicted output lengths. [tokens], shape (requests,)

    Returns:
        0 (SS) to 8 (LL), shape (requests,).

    Source:
        docs/models/dynamollm.md, section 1.
    """
    row = np.digitize(prompt, INPUT_EDGES)
    column = np.digitize(output, OUTPUT_EDGES)
    return np.asarray(3 * row + column, dtype=np.int64)


def larger_pool(pool: int) -> int | None:
    """Next pool that is larger in both lengths, as far as there is one; LL: None."""
    if pool == LAST:
        return None
    row, column = divmod(pool, 3)
    return 3 * min(row + 1, 2) + min(column + 1, 2)

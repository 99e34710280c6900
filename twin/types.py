"""
Types that every part shares.

Arrays of the core are float64 everywhere, time on the last axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

AnyArray: TypeAlias = npt.NDArray[np.generic]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

Document: TypeAlias = dict[str, Any]
"""A JSON object."""
Report: TypeAlias = Callable[[float, str], None]
"""Told how far work is, 0..1, and at what."""
Cancel: TypeAlias = Callable[[], bool]
"""Whether to stop."""

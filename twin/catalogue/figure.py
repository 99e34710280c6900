"""A catalogue value: a number that never travels without its unit and source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["measured", "published", "second-hand", "memory", "fitted", "assumed"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One sourced value. `mark` says how far to trust it."""

    value: float
    unit: str
    source: str
    mark: Mark

    def __float__(self) -> float:
        return self.value

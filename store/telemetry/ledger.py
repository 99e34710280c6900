"""
Which batches of a spool are stored: every number below one, and some ranges ahead.

A spool counts from 0 and mostly sends in order, so the state is one number; what comes
early is kept as ranges until the hole before it is filled.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from math import inf

MOST_RANGES = 1000
FURTHEST = 10_000_000
"""A number so far ahead of what is stored cannot belong to the spool."""


class ForgedError(ValueError):
    """A sequence number that the spool cannot have reached."""


@dataclass(slots=True)
class Ledger:
    """
    Stored batches of one spool.

    Attributes:
        done: Every number below is stored.
        ahead: Stored ranges [first, last] beyond, in order, never touching.
    """

    done: int = 0
    ahead: list[list[int]] = field(default_factory=list)

    @property
    def next(self) -> int:
        """The number after the highest stored one."""
        return self.ahead[-1][1] + 1 if self.ahead else self.done

    def has(self, sequence: int) -> bool:
        """Whether a batch is stored."""
        if sequence < self.done:
            return True
        place = bisect_right(self.ahead, [sequence, inf]) - 1
        return place >= 0 and self.ahead[place][1] >= sequence

    def add(self, sequence: int) -> bool:
        """
        Note a batch as stored.

        Returns:
            False if it was before.

        Raises:
            ForgedError: If it is too far ahead of everything stored.
        """
        if sequence > self.next + FURTHEST:
            raise ForgedError(
                f"sequence {sequence} is more than {FURTHEST} ahead of {self.next}"
            )
        if self.has(sequence):
            return False
        place = bisect_right(self.ahead, [sequence])
        self.ahead.insert(place, [sequence, sequence])
        self._join()
        return True

    def _join(self) -> None:
        joined: list[list[int]] = []
        for first, last in self.ahead:
            if first <= self.done:
                self.done = max(self.done, last + 1)
            elif joined and first <= joined[-1][1] + 1:
                joined[-1][1] = max(joined[-1][1], last)
            else:
                joined.append([first, last])
        while len(joined) > MOST_RANGES:  # batches an agent had to drop never come
            self.done = joined.pop(0)[1] + 1
        self.ahead = joined

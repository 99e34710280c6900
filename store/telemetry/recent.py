"""
What the last batches of each spool were, to tell a repeat from a number used twice.

A network may deliver one request twice, so that the sender hears of a duplicate though
it has sent but once; a spool that was put back to an older state uses a number again
for other readings. The bytes tell which it is. They are remembered for a while and not
beyond a restart: then nobody knows.
"""

from __future__ import annotations

from collections import OrderedDict

Key = tuple[int, str]
"""Source id and spool."""

KEPT = 32
"""Batches of a spool; they come one after the other, so a repeat is soon."""
MOST_SPOOLS = 10_000


class Recent:
    """Digests of batches that are stored; used by the writer's thread alone."""

    def __init__(self) -> None:
        self._spools: OrderedDict[Key, OrderedDict[int, bytes]] = OrderedDict()

    def note(self, key: Key, sequence: int, digest: bytes) -> None:
        """A batch is stored."""
        batches = self._spools.setdefault(key, OrderedDict())
        batches[sequence] = digest
        self._spools.move_to_end(key)
        if len(batches) > KEPT:
            batches.popitem(last=False)
        if len(self._spools) > MOST_SPOOLS:
            self._spools.popitem(last=False)

    def same(self, key: Key, sequence: int, digest: bytes) -> bool | None:
        """Whether a stored batch had the same bytes; None if nobody remembers."""
        batches = self._spools.get(key)
        known = batches.get(sequence) if batches is not None else None
        return None if not known or not digest else known == digest

"""What became of what a receiver got: counted for its answer, and for people."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from store.repositories import now_utc
from twin.errors import ScenarioError, ScenarioErrors
from twin.telemetry.hygiene import Left
from twin.telemetry.names import Ignored
from twin.types import Document

if TYPE_CHECKING:
    from store.telemetry.writer import Taken

MOST_HOSTS_NAMED = 20
"""Hosts that an answer names where the store took none of their readings."""
MOST_NAMES = 200
"""Names that were ignored and are shown; further ones are counted together."""


@dataclass(slots=True)
class Outcome:
    """What became of samples or rows."""

    samples: int = 0
    stored: int = 0
    missing: int = 0
    ignored: Counter[Ignored] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    refused: dict[tuple[str, str], Left] = field(default_factory=dict)
    hosts: dict[str, ScenarioError] = field(default_factory=dict)

    @property
    def refused_count(self) -> int:
        """Readings or values that break a rule."""
        return sum(left.count for left in self.refused.values())

    def add(self, taken: Taken) -> None:
        """Count what became of one host."""
        self.stored += taken.stored
        self.leave(taken.refused)

    def add_host(
        self, name: str, error: ScenarioError | ScenarioErrors, samples: int
    ) -> None:
        """Count a host of which the store took nothing."""
        first = error if isinstance(error, ScenarioError) else error.errors[0]
        self.leave([Left(reason=first.rule, field=first.field, count=samples,
                         repair=first.repair or "send it otherwise")])  # fmt: skip
        self.hosts[name] = first

    def leave(self, lefts: Iterable[Left]) -> None:
        """Count what was left out, equal reasons together."""
        for left in lefts:
            key = (left.reason, left.field)
            before = self.refused.get(key)
            count = left.count + (before.count if before else 0)
            self.refused[key] = replace(left, count=count)

    def errors(self) -> list[ScenarioError]:
        """What was refused, as errors; hosts that were refused whole by name."""
        named = [
            ScenarioError(field=f"{name[:120]}: {error.field}", rule=error.rule,
                          value=error.value, repair=error.repair)
            for name, error in list(self.hosts.items())[:MOST_HOSTS_NAMED]
        ]  # fmt: skip
        return [
            ScenarioError(field=left.field, rule=f"breaks the rule {left.reason!r}",
                          value=f"{left.count} values", repair=left.repair)
            for left in self.refused.values()
        ] + named  # fmt: skip


class Seen:
    """What a receiver got."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests = 0
        self._last_at: dt.datetime | None = None
        self._total = Outcome()
        self._names: dict[Ignored, int] = {}
        self._more = 0

    def add(self, outcome: Outcome) -> None:
        """Count a request."""
        with self._lock:
            self._requests += 1
            self._last_at = now_utc()
            self._total.samples += outcome.samples
            self._total.stored += outcome.stored
            self._total.missing += outcome.missing
            self._total.unsupported.update(outcome.unsupported)
            self._total.leave(outcome.refused.values())
            for ignored, count in outcome.ignored.items():
                short = Ignored(name=ignored.name[:120], reason=ignored.reason[:120])
                if short in self._names or len(self._names) < MOST_NAMES:
                    self._names[short] = self._names.get(short, 0) + count
                else:
                    self._more += count

    def document(self) -> Document:
        """What it came to, for people."""
        with self._lock:
            names = sorted(self._names.items(), key=lambda item: -item[1])
            return {
                "requests": self._requests, "last_at": self._last_at,
                "samples": self._total.samples, "stored": self._total.stored,
                "missing": self._total.missing,
                "refused": lefts(self._total.refused.values()),
                "ignored": [
                    {"name": i.name, "reason": i.reason, "samples": n} for i, n in names
                ],
                "ignored_more": self._more,
                "unsupported": dict(self._total.unsupported),
            }  # fmt: skip


def lefts(refused: Iterable[Left]) -> list[Document]:
    """What broke a rule, as documents."""
    return [asdict(left) for left in refused]


def pulled(outcome: Outcome) -> Document:
    """What became of a range query."""
    return {
        "samples": outcome.samples, "stored": outcome.stored,
        "missing": outcome.missing, "refused": lefts(outcome.refused.values()),
        "ignored": [
            {"name": i.name[:120], "reason": i.reason, "samples": n}
            for i, n in outcome.ignored.most_common(MOST_NAMES)
        ],
    }  # fmt: skip

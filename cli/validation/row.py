"""One line of the validation table: what was published, what comes out here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Rule = Literal["near", "at most", "at least"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRow:
    """
    A published figure beside ours.

    Args:
        id: Dotted name, the suite first.
        system: The published system.
        quantity: What is compared, in words.
        unit: Unit of `published` and `ours`; "1" is a bare ratio.
        published: The published figure.
        source: Where it was published.
        mark: How sure the figure is: read, second-hand, memory, inferred.
        ours: What comes out here.
        tolerance: Largest accepted |ours - published| for "near"; slack otherwise.
        rule: Whether to be near, at most or at least the published figure.
        why: What explains the difference, or what the figure rests on.
    """

    id: str
    system: str
    quantity: str
    unit: str
    published: float
    source: str
    mark: str
    ours: float
    tolerance: float
    rule: Rule = "near"
    why: str = ""

    @property
    def difference(self) -> float:
        """Ours minus published."""
        return self.ours - self.published

    @property
    def passes(self) -> bool:
        """Whether the rule holds within the tolerance."""
        if self.rule == "at most":
            return self.difference <= self.tolerance
        if self.rule == "at least":
            return self.difference >= -self.tolerance
        return abs(self.difference) <= self.tolerance

    def to_json(self) -> dict[str, Any]:
        """Row as `nameplate validate --json` prints it."""
        return asdict(self) | {"difference": self.difference, "passes": self.passes}

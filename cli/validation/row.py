"""One line of the validation table: what was published, what comes out here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Rule = Literal["near", "at most", "at least", "within"]
Shows = Literal["size", "sign", "input"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRow:
    """
    A published figure beside ours.

    Args:
        id: Dotted name, the suite first.
        system: The published system.
        quantity: What is compared, in words.
        unit: Unit of `published` and `ours`; "1" is a bare ratio.
        published: The published figure; for "within" the low end of its range.
        source: Where it was published.
        mark: How sure the figure is: read, second-hand, memory, inferred.
        ours: What comes out here.
        tolerance: Largest accepted |ours - published| for "near"; slack otherwise.
        rule: Whether to be near, at most or at least the published figure, or within
            a published range.
        most: High end of the range for "within".
        shows: What it is worth: "size" holds a figure against the published one;
            "sign" only says on which side of nothing it lies; "input" gives back what
            went in, by construction, and so confirms nothing.
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
    most: float | None = None
    shows: Shows = "size"
    why: str = ""

    def __post_init__(self) -> None:
        if (self.rule == "within") != (self.most is not None):
            raise ValueError(
                f"{self.id}: a range needs `most`, nothing else may have it"
            )

    @property
    def difference(self) -> float:
        """Ours minus published; of a range the nearest end, 0 inside."""
        beyond = 0.0 if self.most is None else max(self.ours - self.most, 0.0)
        below = self.ours - self.published
        return float(below if self.most is None or below < 0.0 else beyond)

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
        return asdict(self) | {
            "ours": float(self.ours), "difference": self.difference,
            "passes": self.passes,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suite:
    """
    What the rows of one suite share.

    Args:
        prefix: Its ids begin so.
        system: The published system.
        source: Where its figures were published, where a row does not say.
        mark: How sure they are, where a row does not say.
    """

    prefix: str
    system: str
    source: str
    mark: str = "read"

    def row(
        self, name: str, quantity: str, unit: str, published: float, ours: float,
        tolerance: float = 0.0, rule: Rule = "near", why: str = "", *,
        source: str = "", mark: str = "", most: float | None = None,
        shows: Shows = "size",
    ) -> ValidationRow:  # fmt: skip
        """Make a row; the fields of `ValidationRow` say what each is."""
        return ValidationRow(
            id=f"{self.prefix}.{name}", system=self.system, quantity=quantity,
            unit=unit, published=published, source=source or self.source,
            mark=mark or self.mark, ours=float(ours), tolerance=tolerance, rule=rule,
            most=most, shows=shows, why=why,
        )  # fmt: skip


def verdict(row: Mapping[str, Any]) -> str:
    """
    What a row says in one word: no, or yes, sign, input.

    Args:
        row: As `to_json` gives it.
    """
    if not row["passes"]:
        return "no"
    shows = row.get("shows", "size")
    return "yes" if shows == "size" else str(shows)


def tally(rows: list[dict[str, Any]]) -> str:
    """Count what holds: signs apart, inputs never."""
    kinds: dict[str, list[bool]] = {"size": [], "sign": [], "input": []}
    for row in rows:
        kinds[row.get("shows", "size")].append(row["passes"])
    said = [f"{sum(kinds['size'])} of {len(kinds['size'])} hold"]
    if kinds["sign"]:
        said.append(f"{sum(kinds['sign'])} of {len(kinds['sign'])} in sign alone")
    if kinds["input"]:
        said.append(f"{len(kinds['input'])} not counted: inputs")
    return ", ".join(said)

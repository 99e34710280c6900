"""A comparison: what is put side by side, and what comes of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from api.schemas.base import In, Out, said
from api.schemas.results import ProvenanceOut, TimingOut
from api.schemas.stored import ScenarioBody, Text
from twin.compare import Better, Verdict

MOST_ITEMS = 8
_BASES = ("run_id", "plan_id", "scenario_id", "scenario", "study_id")
_W = "see unit"


class CompareItem(In):
    """One thing to compare: exactly one of its bases is given."""

    run_id: Text | None = said("A stored run", "run_0f9a1c22d3e4b5a6", None,
                               max_length=64)  # fmt: skip
    plan_id: Text | None = said("A stored plan: one cell", "plan_0f9a1c22d3e4b5a6",
                                None, max_length=64)  # fmt: skip
    added_servers: int | None = said("Which cell of the plan", 12, None, ge=0, le=5000,
                                     unit="servers")  # fmt: skip
    policy: Text | None = said("Which cell of the plan", "polca", None, max_length=80)
    scenario_id: Text | None = said("A stored scenario, run now", "sample-row", None,
                                    max_length=64)  # fmt: skip
    scenario: ScenarioBody | None = said(
        "Inputs, run now", {"fleet": {"server_count": 52}}, None
    )
    study_id: Text | None = said("A stored study: one point", "study_0f9a1c22d3e4b5a6",
                                 None, max_length=64)  # fmt: skip
    point: int | None = said("Which point of the study", 0, None, ge=0, le=10**9)
    changes: dict[str, Any] = said(
        "New value per dotted path of a scenario; of a run: its inputs, run anew",
        {"fleet.server_count": 52}, {},
        max_length=200,
    )  # fmt: skip
    label: Text | None = said("Name to show instead", "With 12 more", None,
                              min_length=1, max_length=80)  # fmt: skip

    @model_validator(mode="after")
    def _one_base(self) -> CompareItem:
        given = [name for name in _BASES if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"give exactly one of {', '.join(_BASES)}; "
                f"{' and '.join(given) or 'none'} given"
            )
        base = given[0]
        cell = self.added_servers is not None and self.policy is not None
        if base == "plan_id" and not cell:
            raise ValueError("a plan needs added_servers and policy; say which cell")
        if base == "study_id" and self.point is None:
            raise ValueError("a study needs point; say which")
        if self.changes and base in ("plan_id", "study_id"):
            raise ValueError(
                f"changes go with a scenario or a run, not with {base}; what is stored "
                "stays"
            )
        return self


class CompareIn(In):
    """Two to eight things side by side."""

    items: list[CompareItem] = said(
        "What is compared",
        [{"scenario_id": "sample-row"},
         {"scenario_id": "sample-row", "changes": {"fleet.server_count": 52}}],
        min_length=2, max_length=MOST_ITEMS,
    )  # fmt: skip
    baseline: int = said("Place of the item that others are measured against", 0, 0,
                         ge=0, lt=MOST_ITEMS)  # fmt: skip
    series: bool = said("Whether curves over time are wanted", True, True)
    view: Text | None = said(
        "Name of the asking view; a newer question of it cancels this one",
        "compare-7f3a", None, max_length=100,
    )  # fmt: skip

    @model_validator(mode="after")
    def _baseline_exists(self) -> CompareIn:
        if self.baseline >= len(self.items):
            raise ValueError(
                f"baseline must be the place of an item, got {self.baseline} of "
                f"{len(self.items)}; the first is 0"
            )
        return self


# --- answered -------------------------------------------------------------------------


class ComparedItemOut(Out):
    """One thing compared."""

    label: str = said("Name", "Sample row: server count 52")
    kind: Literal["row", "site", "point"] = said("What was simulated", "row")
    source: Literal["run", "plan", "scenario", "study"] = said("What it is", "scenario")
    id: str = said("Its id; empty where it is not stored", "sample-row")
    href: str = said("Address to read it; empty where it is not stored",
                     "/api/v1/scenarios/sample-row")  # fmt: skip
    provenance: ProvenanceOut = said("What it rests on", {})
    meets: bool | None = said("Whether it holds what it promises; null: no promise",
                              True)  # fmt: skip
    breaches: list[str] = said("What it does not hold", ["2 power brakes, allowed 0"])
    repetitions: int = said("Runs that its figures are means of", 1, unit="runs")
    horizon_s: float = said("Length; 0 where unknown", 86_400.0, unit="s")
    limit_w: float | None = said("Power limit", 204_520.0, unit="W")
    server_count: int | None = said("Servers deployed", 52, unit="servers")


class DifferingOut(Out):
    """One input that differs."""

    field: str = said("Dotted path", "fleet.server_count")
    label: str = said("In words", "fleet: server count")
    unit: str = said("Unit; empty for none", "servers")
    doc: str = said("What it is", "Servers deployed, base and added together")
    values: list[Any] = said("One an item; null where absent or empty", [40, 52])


class DifferenceOut(Out):
    """How far a figure is from the baseline's."""

    absolute: float | None = said("Value minus the baseline's", 28_000.0, unit=_W)
    relative: float | None = said(
        "The same ÷ the baseline's size; null where that is 0", 0.17, unit="1"
    )
    times: float | None = said(
        "Size of the difference ÷ what another seed would make", 14.4, unit="1"
    )


class OutputOut(Out):
    """One figure of every item."""

    key: str = said("Name", "peak_w")
    label: str = said("In words", "Highest row power")
    unit: str = said("Unit; 1 is a ratio", "W")
    better: Better = said("Which way is better", "less")
    group: str = said("power, energy, users, control, site or study", "power")
    doc: str = said("Formula or meaning", "Highest mean over a control tick")
    values: list[float | None] = said("One an item; null where it lacks the figure",
                                      [1.66e5, 1.94e5], unit=_W)  # fmt: skip
    ranges: list[list[float] | None] = said(
        "Lowest and highest where an item is a mean of several runs", [None, None],
        unit=_W,
    )  # fmt: skip
    differences: list[DifferenceOut] = said("One an item", [])
    spread: float | None = said("Largest minus smallest", 28_000.0, unit=_W)
    usual: float | None = said("Difference that another seed would make, of the item "
                               "that is furthest", 1940.0,
                               unit=_W)  # fmt: skip
    score: float | None = said("Largest difference ÷ usual", 14.4, unit="1")
    verdicts: list[Verdict] = said(
        "One an item, against the baseline; absent: it lacks the figure, unpaired: the "
        "baseline does", ["baseline", "worse"],
    )  # fmt: skip


class CompareCurveOut(Out):
    """One quantity over time, on the same bins for every item."""

    name: str = said("Name", "it_w")
    label: str = said("In words", "IT power")
    unit: str = said("Unit", "W")
    t_s: list[float] = said("Starts of the bins from each item's start", [0.0, 144.0],
                            unit="s")  # fmt: skip
    values: list[list[float | None] | None] = said(
        "One curve an item; null where it has none", [[1.5e5, 1.6e5], None], unit=_W
    )


class EventCountOut(Out):
    """How often something happened."""

    kind: str = said("What", "brakes")
    label: str = said("In words", "Power brakes")
    counts: list[int | None] = said("One an item; null where it is not counted", [0, 2],
                                    unit="times")  # fmt: skip


class CompareWarningOut(Out):
    """Where the comparison is not like for like."""

    kind: str = said("Which", "seed")
    text: str = said("What it means", "Their traffic was drawn with different seeds")
    values: list[str] = said("One an item, or none", ["1", "2"])
    repair: str = said("What would mend it", "set the same seed and run again")


class CompareOut(Out):
    """Items side by side, differences first."""

    items: list[ComparedItemOut] = said("In the order asked", [])
    baseline: int = said("Place of the item others are measured against", 0)
    inputs: list[DifferingOut] = said("Inputs that differ", [])
    inputs_same: int = said("Inputs that do not", 71, unit="inputs")
    inputs_dropped: int = said("Differing inputs beyond those listed", 0, unit="inputs")
    outputs: list[OutputOut] = said(
        "Figures, largest difference against what is usual first, equal ones next, "
        "figures of one item alone last", [],
    )  # fmt: skip
    series: list[CompareCurveOut] = said("Curves over time", [])
    events: list[EventCountOut] = said("What happened how often", [])
    warnings: list[CompareWarningOut] = said("Where it is not like for like", [])
    timing: TimingOut | None = said("What it cost", {"computed_s": 0.02}, None)

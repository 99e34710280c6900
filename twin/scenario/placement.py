"""Inputs of a placement: what is to be placed, where it may hang, what is wanted."""

from __future__ import annotations

from typing import Literal

from twin.scenario.base import Checked, Model, described, part, quantity
from twin.scenario.facility import Phases
from twin.scenario.model import Scenario

Objective = Literal["most-servers", "least-loading", "least-imbalance", "least-moves"]
PlannedFor = Literal["nameplate", "provisioned", "peak", "percentile"]
Present = Literal["stay", "may-move", "gone"]


class ServersToPlace(Model):
    """Servers of one type that are to be placed."""

    name: str = described(
        "", "Name for people, such as the service; empty is the type's", example="chat",
        max_length=60,
    )  # fmt: skip
    server: str | None = described(
        None, "Server type; empty means the fleet's", example="dgx-h100"
    )
    server_count: int | None = quantity(
        None, "How many. Empty means as many as possible", unit="servers", example=24,
        ge=0, le=100_000,
    )  # fmt: skip
    worth: float = quantity(
        1.0, "What one server counts in `most-servers`", example=2.0, gt=0, le=1e6
    )
    planned_w: float | None = quantity(
        None, "Power planned per server. Empty means as `planned_for` says", unit="W",
        example=5113, gt=0, le=1e6,
    )  # fmt: skip
    most_per_rack: int | None = quantity(
        None, "Most of its type in one rack. Empty means as many as its height allows",
        unit="servers", example=4, ge=1, le=144,
    )  # fmt: skip
    most_per_row: int | None = quantity(
        None, "Most of these in one row, so that replicas stand apart", unit="servers",
        example=8, ge=1, le=100_000,
    )  # fmt: skip
    most_lost: int | None = quantity(
        None, "Most of these that the loss of any one node may leave without a feed",
        unit="servers", example=8, ge=0, le=100_000,
    )  # fmt: skip


class RackWiring(Model):
    """One way in which racks may hang on feeds and phases."""

    rows: tuple[str, ...] = described(
        (), "Rows it is open to; empty means all", example=["H1R1"], max_length=6400
    )
    fed_by: tuple[str, ...] = described(
        (), "Nodes that would feed the rack, sharing it equally; empty means those "
        "that do now", example=["PDU-H1-A", "PDU-H1-B"], max_length=4,
    )  # fmt: skip
    phases: Phases | None = described(
        None, "Phases its supplies would hang on; empty means those that they do now",
        example="ab",
    )  # fmt: skip


class PlacementInput(Checked):
    """Where servers go, and on which feeds and phases, within every limit."""

    scenario: Scenario = part(
        Scenario, "The site; its facility is set",
        {"facility": {"template": {"design": "2n"}}},
    )  # fmt: skip
    place: tuple[ServersToPlace, ...] = described(
        (ServersToPlace(),), "What is to be placed",
        example=[{"server": "dgx-a100", "server_count": 24}], min_length=1,
        max_length=16,
    )  # fmt: skip
    present: Present = described(
        "stay", "Servers that the racks hold now: they stay, may move to other racks, "
        "or are gone", example="may-move",
    )  # fmt: skip
    wirings: tuple[RackWiring, ...] = described(
        (), "Ways racks may hang; a rack that none is open to stays as it is, and an "
        "empty entry keeps what is", example=[{"phases": "ab"}], max_length=64,
    )  # fmt: skip
    planned_for: PlannedFor = described(
        "provisioned", "Power planned per server: its rating, the catalogue's "
        "provisioned power, what it draws with every GPU at its limit, or a percentile "
        "of the scenario's own load", example="percentile",
    )  # fmt: skip
    percentile: float = quantity(
        0.999, "Part of the time in which a row's servers draw at most what is "
        "planned, for `percentile`", example=0.99, source="assumed", gt=0, le=1,
    )  # fmt: skip
    survive: Literal["any-one", "nothing"] = described(
        "any-one", "What no node may be overloaded by: the loss of any one other node, "
        "or nothing", example="nothing",
    )  # fmt: skip
    after_loss: Literal["uncapped", "capped"] = described(
        "uncapped", "What servers draw after a loss: the planned power, or what the "
        "scenario's policy leaves of it, if breakers hold until the cap lands",
        example="capped",
    )  # fmt: skip
    limit_frac: float = quantity(
        1.0, "Part of every node's limit that is planned with", example=0.95, gt=0, le=1
    )
    rack_units: int = quantity(
        48, "Height of a rack that servers may fill", unit="U", example=42,
        source="assumed: the catalogue counts a whole rack as 48 U", ge=1, le=60,
    )  # fmt: skip
    rack_limit_w: float | None = quantity(
        None, "Most power planned in one rack, beside what its own PDUs carry",
        unit="W", example=40_000, gt=0, le=1e6,
    )  # fmt: skip
    imbalance_limit_frac: float | None = quantity(
        None, "Fullest phase of any three-phase node above the mean of its phases ÷ "
        "that mean, with nothing lost. Empty means no bound", example=0.1, ge=0, le=2,
    )  # fmt: skip
    objectives: tuple[Objective, ...] = described(
        ("most-servers", "least-loading"), "What is wanted, the most important first; "
        "each is kept while the next is sought",
        example=["most-servers", "least-moves"], min_length=1, max_length=4,
    )  # fmt: skip
    partial: bool = described(
        False, "Whether to place what fits where not all does", example=True
    )
    gap_frac: float = quantity(
        0.001, "A second objective may stay this far from its proven bound; server "
        "counts are whole", example=0.01, source="assumed", ge=0, le=0.5,
    )  # fmt: skip
    effort_nodes: int = quantity(
        2_000, "Branches looked into before the best so far is taken, with its gap",
        unit="nodes", example=10_000, source="assumed", ge=1, le=10_000_000,
    )  # fmt: skip

    def _check(self) -> None:
        if len(set(self.objectives)) != len(self.objectives):
            raise ValueError(
                f"objectives must differ, got {', '.join(self.objectives)}; name each "
                "once"
            )
        if len(set(self.wirings)) != len(self.wirings):
            raise ValueError("wirings must differ; remove the double")

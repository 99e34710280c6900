"""Questions about a site and their answers."""

from __future__ import annotations

from typing import Any

from pydantic import create_model

from api.schemas.base import Out, said
from api.schemas.reflect import schema_of
from api.schemas.results import ProvenanceOut, TimingOut
from api.schemas.stored import Question, Text, Viewed
from twin.cooling.year import YearResult
from twin.exchange.year_cost import YearEnergy
from twin.facility.answer import RideThrough
from twin.facility.fit import MOST_SERVERS, Fit, RowRoom
from twin.facility.result import NodeResult, RowResult, SiteResult
from twin.facility.screening import Case, Race
from twin.facility.seeds import MOST_SEEDS, SeedRanges
from twin.scenario.facility import Event, Facility
from twin.tapas.answer import MOST_DAYS, EmergencyKind, Scheduling
from twin.tapas.site_steering import Level, SiteSteering


class SiteQuestion(Viewed, Question):
    """A scenario with a facility; answered at once where it is quick."""


class SiteRunIn(SiteQuestion):
    """A run of a site."""

    series: bool = said("Whether every node has its curve over time", False, False)
    seeds: int = said(
        "Seeds of traffic to run; more than one fills `seed_ranges`, and each takes as "
        "long as the run itself", 5, 1, ge=1, le=MOST_SEEDS, unit="seeds",
    )  # fmt: skip


class FailuresIn(SiteQuestion):
    """Every failure of a site."""

    pairs: bool = said("Whether pairs of failures are followed too", True, True)


class FailureIn(SiteQuestion):
    """One failure of a site, step by step."""

    failed: list[Text] = said(
        "Nodes lost at time zero", ["UPS-H1-A"], min_length=1, max_length=8
    )


class FitIn(SiteQuestion):
    """Servers looking for a place."""

    servers: int = said(
        "Servers to place", 24, 0, unit="servers", ge=0, le=MOST_SERVERS
    )
    server_w: float | None = said(
        "Draw of one at the site's worst hour; empty means what the row's servers draw",
        5000.0, None, unit="W", gt=0, le=1e6,
    )  # fmt: skip
    keep_losses: bool = said(
        "Whether the loss of any single node must be survived", True, True
    )
    keep_cooling: bool = said(
        "Whether cooling and inlets must keep their limits", True, True
    )
    inputs: bool = said(
        "Whether the answer has the facility with the servers in place; not where "
        "they draw something else than the rows' own", False, False,
    )  # fmt: skip


class ScheduleIn(SiteQuestion):
    """What placing, routing and configuring would do for a site."""

    emergency: EmergencyKind = said(
        "What strikes on the last afternoon: none, power (75 % of every row's limit "
        "for five minutes) or airflow (90 % of every aisle's air for an hour)",
        "power", "none",
    )  # fmt: skip
    oversubscription_frac: float | None = said(
        "Servers in each row beyond those planned ÷ those planned; empty takes the "
        "racks as they are", 0.3, None, ge=0, le=1,
    )  # fmt: skip
    iaas_frac: float = said(
        "Share of opaque machines where no rack says that it is IaaS", 0.5, 0.5, ge=0,
        le=1,
    )  # fmt: skip
    days: int = said("Days simulated", 2, 2, unit="d", ge=1, le=MOST_DAYS)


class SteeringIn(SiteQuestion):
    """A parent's power to share out among rows or halls."""

    by: Level = said("Whether rows or halls share", "row", "row")
    parent_w: float | None = said(
        "What the parent carries; empty means the sum of the rows' limits",
        750_000, None, unit="W", gt=0, le=1e10,
    )  # fmt: skip
    left_frac: float = said("What is left of the parent", 0.75, 1.0, ge=0, le=1)
    growth_frac: float = said(
        "What is wanted beyond the prediction ÷ the prediction", 0.1, 0.0, ge=0, le=10
    )


class CoolingYearIn(SiteQuestion):
    """A year of a site's cooling."""

    it_frac: float = said(
        "IT load ÷ the rows' limits, constant", 0.75, 0.75, gt=0, le=2
    )
    price_series: str | None = said(
        "Imported prices the energy is paid at", "es-2025", None, max_length=60
    )
    carbon_series: str | None = said(
        "Imported carbon intensities of the energy", "es-carbon", None, max_length=60
    )
    utc_offset_h: float = said(
        "How far the weather's clock is ahead of UTC", 1.0, 0.0, ge=-14, le=14,
        unit="h",
    )  # fmt: skip


# --- answers ------------------------------------------------------------------------

_NODE: dict[str, Any] = {
    "headroom_w": (
        float | None, said("Limit minus the load after the worst loss", 1e4, unit="W")
    ),
    "stranded_w": (
        float | None,
        said("Limit that neither the peak nor any single loss needs", 1e4, unit="W"),
    ),
    "oversubscription_ratio": (
        float | None, said("Nameplate of the servers below ÷ limit", 1.2)
    ),
    "imbalance_frac": (
        float | None, said("Largest departure of a phase from their mean ÷ mean", 0.1)
    ),
}  # fmt: skip
SiteNodeOut = create_model("SiteNodeOut", __base__=schema_of(NodeResult), **_NODE)
SiteRowOut = create_model(
    "SiteRowOut",
    __base__=schema_of(RowResult),
    peak_frac=(float | None, said("Highest tick ÷ limit", 0.96)),
)


class LinkOut(Out):
    """Energy that flowed from one kind of node to another, or was lost in it."""

    model_config = Out.model_config | {"populate_by_name": True}
    source: str = said("Where from", "ups", alias="from")
    target: str = said("Where to", "pdu", alias="to")
    wh: float = said("Energy", 3.6e6, unit="Wh")


_RUN: dict[str, Any] = {
    "nodes": (
        list[SiteNodeOut],  # type: ignore[valid-type]
        said("Power nodes in topological order, without racks", []),
    ),
    "rows": (list[SiteRowOut], said("Rows", [])),  # type: ignore[valid-type]
    "pue": (float | None, said("Facility energy ÷ IT energy", 1.12)),
    "lost_server_s": (float, said("Server time without service", 0.0, unit="s")),
    "hottest_c": (float | None, said("Hottest GPU of the site", 62.0, unit="C")),
    "losses": (list[LinkOut], said("Energy between kinds of nodes", [])),
    "seed_ranges": (
        schema_of(SeedRanges) | None,
        said(
            "Lowest and highest of key figures over the seeds asked for; null for one "
            "seed, and where seeds change nothing", None,
        ),
    ),
    "provenance": (ProvenanceOut, said("What it rests on", {})),
    "warnings": (list[str], said("What looks wrong about the inputs", [])),
    "timing": (TimingOut, said("What it cost", {"computed_s": 0.3})),
}  # fmt: skip
SiteRunOut = create_model("SiteRunOut", __base__=schema_of(SiteResult), **_RUN)
CaseOut = create_model(
    "SiteCaseOut",
    __base__=schema_of(Case),
    binding=(str, said("The constraint that binds, in words", "UPS-B at 94 %")),
    race=(str, said("Who wins, the cap or the breaker", "no breaker is overloaded")),
)


class MatrixOut(Out):
    """Every node under every single failure."""

    nodes: list[str] = said("Nodes that carry", ["UPS-H1-A"])
    failed: list[str] = said("Nodes lost", ["UPS-H1-A"])
    frac: list[list[float | None]] = said(
        "Load ÷ limit by lost node, then by carrying node; null is dead", [[0.9]]
    )


class FailuresOut(Out):
    """Every failure, worst first."""

    matrix: MatrixOut | None = said(
        "Loads under every single failure; null for a large site", {}
    )

    cases: list[CaseOut] = said("Cases, worst first", [])  # type: ignore[valid-type]
    single: int = said("Single failures followed", 24)
    pairs: int = said("Pairs followed", 276)
    planned_out: list[str] = said("Out of service by plan in every case", ["UPS-H1-A"])
    worst_t_s: float = said("The moment the loads are taken from", 46_800, unit="s")
    server_count: int = said("Servers of the site", 208, unit="servers")
    provenance: ProvenanceOut = said("What it rests on", {})
    timing: TimingOut = said("What it cost", {"computed_s": 0.3})


class FrameOut(Out):
    """What every node carries at a moment of a failure."""

    t_s: float = said("Time since the failure", 40.0, unit="s")
    label: str = said("What has just happened", "the cap lands")
    out_w: dict[str, float | None] = said(
        "Output by node; null is dead", {"UPS-H1-B": 6e5}, unit="W"
    )
    heat: dict[str, float] = said("State of each protection; 1 trips", {"UPS-H1-B": 0})
    dead_racks: list[str] = said("Racks without power", ["H1R1K01"])


class FailureOut(Out):
    """One failure, step by step."""

    case: CaseOut = said("How it ends", {})  # type: ignore[valid-type]
    before_w: dict[str, float | None] = said(
        "Output by node before it", {"UPS-H1-B": 3e5}, unit="W"
    )
    frames: list[FrameOut] = said("After the failure, and after each step", [])
    race: schema_of(Race) | None = said(  # type: ignore[valid-type]
        "The first overloaded breaker against the cap", {}
    )
    provenance: ProvenanceOut = said("What it rests on", {})
    timing: TimingOut = said("What it cost", {"computed_s": 0.3})


def _rests(computed_s: float) -> dict[str, Any]:
    return {
        "provenance": (ProvenanceOut, said("What it rests on", {})),
        "timing": (TimingOut, said("What it cost", {"computed_s": computed_s})),
    }


RowRoomOut = create_model(
    "RowRoomOut",
    __base__=schema_of(RowRoom),
    words=(str, said("What the next server would overload", "UPS-B at 94 %")),
)
FitOut = create_model(
    "FitOut",
    __base__=schema_of(Fit),
    rows=(list[RowRoomOut], said("Rows, most room first", [])),  # type: ignore[valid-type]
    facility=(
        Facility | None,
        said("The facility with the servers in place, if asked for", None),
    ),
    **_rests(0.01),
)
ScheduleOut = create_model("ScheduleOut", __base__=schema_of(Scheduling), **_rests(1.8))
SteeringOut = create_model(
    "SteeringOut",
    __base__=schema_of(SiteSteering),
    words=(list[str], said("Who lends, borrows and is shed, in words", [])),
    **_rests(0.3),
)
RideThroughOut = schema_of(RideThrough)
CoolingYearOut = create_model(
    "CoolingYearOut",
    __base__=schema_of(YearResult),
    it_w=(float, said("IT load, constant", 6e5, unit="W")),
    ride_throughs=(
        list[RideThroughOut],  # type: ignore[valid-type]
        said("The halls' air after a loss of cooling, the worst first", []),
    ),
    energy=(
        schema_of(YearEnergy),
        said("The year's energy, its cost and carbon", {"energy_mwh": 6500.0}),
    ),
    **_rests(0.01),
)


class ReadyOut(Out):
    """A failure ready to try."""

    key: str = said("Name", "lose-ups")
    title: str = said("For people", "Lose a UPS")
    description: str = said("What happens", "UPS-H1-A fails for an hour")
    events: list[Event] = said("Its events", [])


class WeatherNamesOut(Out):
    """Weather on this machine."""

    items: list[str] = said(
        "Names that facility.weather.dataset takes", ["tmy3_tucson_az"]
    )


class NetworkOut(Facility):
    """A site's nodes and racks, every template expanded."""

    ready: list[ReadyOut] = said("Failures ready to try on its timeline", [])

    warnings: list[str] = said("What looks wrong about its units", [])

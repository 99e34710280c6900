"""A campus: many halls as one model, with the limits they share."""

from __future__ import annotations

from typing import Any

from pydantic import create_model

from api.schemas.base import Out, said
from api.schemas.reflect import schema_of
from api.schemas.results import ProvenanceOut, TimingOut
from api.schemas.site import SiteQuestion
from api.schemas.stored import Text
from twin.campus.limits import SharedLimit
from twin.campus.result import CampusResult, CampusSeries, RackArrays
from twin.campus.run import Effort

Numbers = list[float | None]


class CampusIn(SiteQuestion):
    """A run of a campus."""

    engine: Text = said(
        "Where halls run: serial, threads, processes, or the address of a dask "
        "scheduler that this server may use; the answer does not depend on it",
        "threads", "threads", max_length=200,
    )  # fmt: skip
    series: bool = said("Whether halls have their curves over time", False, False)
    nodes: bool = said(
        "Whether every node and rack is told, not the fullest of each kind only",
        False,
        False,
    )


class FullestOut(Out):
    """A node near its limit."""

    name: str = said("Name", "UPS-H1-A")
    kind: str = said("Kind", "ups")
    peak_w: float = said("Highest tick", 9.4e6, unit="W")
    limit_w: float = said("What it may carry", 1e7, unit="W")
    peak_frac: float = said("Highest tick ÷ limit", 0.94)


class CampusNodesOut(Out):
    """Every node but racks, one list per figure."""

    name: list[str] = said("Names", ["UPS-H1-A"])
    kind: list[str] = said("Kinds", ["ups"])
    limit_w: Numbers = said("Limits; null is none", [1e7], unit="W")
    peak_w: Numbers = said("Highest ticks", [9.4e6], unit="W")
    peak_t_s: Numbers = said("When", [52_000], unit="s")
    in_wh: Numbers = said("Energy in", [2e8], unit="Wh")
    out_wh: Numbers = said("Energy out", [1.9e8], unit="Wh")
    discharged_wh: Numbers = said("Energy out of stores", [0.0], unit="Wh")
    charged_wh: Numbers = said("Energy into stores", [0.0], unit="Wh")
    trip_t_s: Numbers = said(
        "When the breaker tripped; null if it did not", [None], unit="s"
    )


_SERIES: dict[str, Any] = {
    name: (kind | None, said(words + "; null unless asked for", example, unit=unit))
    for name, kind, words, example, unit in (
        ("hall_mean", dict[str, Any], "Mean by name, then record, then hall",
         {"drawn_w": [[4e7]]}, ""),
        ("hall_most", dict[str, Any], "Highest tick likewise", {"drawn_w": [[4e7]]},
         ""),
        ("share_w", list[Any], "Share of power by record, then hall", [[4.5e7]], "W"),
        ("heat_w", list[Any], "Share of common cooling likewise", [[4e7]], "W"),
    )
}  # fmt: skip
CampusSeriesOut = create_model(
    "CampusCurvesOut", __base__=schema_of(CampusSeries), **_SERIES
)
EffortOut = create_model(
    "CampusEffortOut",
    __base__=schema_of(Effort),
    repeated_frac=(float, said("Ticks that were run again ÷ ticks", 0.11)),
)
_RUN: dict[str, Any] = {
    "pue": (float | None, said("Facility energy ÷ IT energy", 1.12)),
    "trips": (int, said("Breakers that tripped", 0)),
    "limits": (
        list[schema_of(SharedLimit)],  # type: ignore[misc]
        said("What halls share, and how much of it was used", []),
    ),
    "binding": (str, said("What binds, in words", "contract at 98.9 % of 565 MW")),
    "fullest": (list[FullestOut], said("The fullest node of each kind", [])),
    "series": (CampusSeriesOut, said("Curves over time, by record", {})),
    "nodes": (CampusNodesOut | None, said("Every node; null unless asked for", {})),
    "racks": (
        schema_of(RackArrays) | None, said("Every rack; null unless asked for", {}),
    ),
    "engine": (str, said("Where halls ran", "threads")),
    "effort": (EffortOut, said("What it took; it depends on the engine", {})),
    "provenance": (ProvenanceOut, said("What it rests on", {})),
    "warnings": (list[str], said("What looks wrong about the inputs", [])),
    "timing": (TimingOut, said("What it cost", {"computed_s": 60.0})),
}  # fmt: skip
CampusOut = create_model("CampusRunOut", __base__=schema_of(CampusResult), **_RUN)

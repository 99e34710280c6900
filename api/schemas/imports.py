"""Imports: what was asked, what would change, what was left over."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic_core.core_schema import no_info_after_validator_function

from api.schemas.base import In, Out, Page, said
from store.exchange.sources import kinds


class _Known:
    """One of the kinds of `store.exchange.sources`."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return no_info_after_validator_function(_known, handler(source))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        return handler(schema) | {"enum": list(kinds())}


def _known(kind: str) -> str:
    if kind not in kinds():
        raise ValueError(f"must be one of {', '.join(kinds())}; choose one of them")
    return kind


_COMPARED = said(
    "Scenario to compare with; without it a new one is made", "sample-row", None,
    pattern="^[A-Za-z0-9_-]{1,64}$",
)  # fmt: skip
Kind = Annotated[str, _Known]
Status = Literal["previewed", "applied", "refused"]
NAME = "^[a-z0-9][a-z0-9_-]{0,59}$"
_AT = "2026-01-05T00:00:00Z"


# --- asked ----------------------------------------------------------------------------


class PreviewQuery(In):
    """What a file is, and what it is compared with."""

    kind: Kind = said("What the file is", "dps")
    name: str = said(
        "Name of the source: imports of one kind and name follow each other; for "
        "weather and series, their name",
        "hall-1", pattern=NAME,
    )  # fmt: skip
    scenario_id: str | None = _COMPARED
    servers: str = said(
        "Server of the catalogue by device model, MODEL=SERVER or MODEL=SERVER:N for N "
        "devices a server, with commas between",
        "DGX_GB300=gb200-nvl72:18", "", max_length=4000,
    )  # fmt: skip
    column: str = said("Column of a series' values", "price_eur", "", max_length=200)
    zone: str = said(
        "IANA time zone of stamps that name none", "Europe/Madrid", "", max_length=60
    )
    unit: str = said("Unit of a series", "EUR/MWh", "", max_length=40)


class NetboxIn(In):
    """A live NetBox; its token comes in the header X-Import-Token."""

    url: str = said(
        "Its address", "https://netbox.example.org", min_length=8, max_length=400
    )
    name: str = said("Name of the source", "netbox", "netbox", pattern=NAME)
    scenario_id: str | None = _COMPARED
    servers: str = said(
        "Server of the catalogue by device model", "GPU node=dgx-h100", "",
        max_length=4000,
    )  # fmt: skip


class ListQuery(In):
    """Which part of an import's long lists."""

    offset: int = said("Entries to leave out at the start of each list", 0, 0, ge=0)
    limit: int = said("Most entries of each list", 2000, 2000, ge=1, le=20_000)


# --- answered -------------------------------------------------------------------------


class CountsOut(Out):
    """How many items each thing happens to; steps for weather and series."""

    added: int = said("New", 59)
    changed: int = said("With a field that changes", 2)
    removed: int = said("Gone at the source", 0)
    unchanged: int = said("As before", 120)
    kept: int = said("Gone at the source, kept because something hangs on them", 0)


class FieldOut(Out):
    """One field that changes."""

    field: str = said("Field", "rated_w")
    old: Any = said("Before; null where it is new", 400_000, unit="as the field")
    new: Any = said("After", 450_000, unit="as the field")


class ChangeOut(Out):
    """What happens to one item."""

    action: Literal["added", "changed", "removed", "kept"] = said("What", "changed")
    kind: str = said("node, rack, row-limit, template, price, carbon, weather", "node")
    name: str = said("Name in the scenario", "FloorPDU-1")
    source_id: str = said("Identity at the source", "powerfeed:12")
    note: str = said("What to know about it", "230 V × 32 A × √3 × 80 %")
    fields: list[FieldOut] = said("Fields", [])


class RowErrorOut(Out):
    """One row that could not be used; it is left out, nothing it named is removed."""

    table: str = said("Table or list", "power-feeds")
    row: int = said("Row: the line of a CSV, else counted from 1", 3)
    field: str = said("Field", "amperage")
    rule: str = said("Rule", "must be a number of 0.001 to 100000 A")
    value: Any = said("Value got", "-16", unit="as sent")
    repair: str = said("How to mend it", "correct it at the source")


class UnmappedOut(Out):
    """Content kept word for word, because no field holds it; secrets are hidden."""

    source_id: str = said("Whose it is", "node001")
    reason: str = said("Why", "Redfish: kept for an export back")
    content: Any = said("What it says", {"Redfish": {"URL": "https://192.0.2.1"}})


class LimitOut(Out):
    """A limit and what it limits."""

    item: str = said("Source id, or a policy", "powerfeed:12")
    scope: str = said("What the number limits", "feed")
    basis: str = said("How the source states it", "230 V × 32 A × 80 %")
    value_w: float | None = said("Limit before derating", 7360.0, unit="W")
    percent: float | None = said("Limit relative to the device's most", None, unit="%")


class LoadOut(Out):
    """What hangs on a node at the source, each device once."""

    source_id: str = said("Source id", "powerfeed:12")
    name: str = said("Name", "A/F1")
    normal_w: float = said("Draw with every feed alive", 3600.0, unit="W")
    failover_w: float = said("Draw when it alone is left", 7200.0, unit="W")
    limit_w: float | None = said("Own rating, derated", 5888.0, unit="W")
    chain_w: float | None = said(
        "Limit of the weakest part of its path", 5888.0, unit="W"
    )
    bound_by: str = said("That part", "A/F1")
    outlets_w: float = said("Derated limits of what it feeds, added", 0.0, unit="W")
    oversold: bool = said("Whether these exceed its own", False)


class ProblemOut(Out):
    """Why the scenario would not stand."""

    field: str = said("Field", "facility")
    rule: str = said("Rule", "nodes feed each other in a ring")
    value: str = said("Value got", "A -> B -> A")
    repair: str = said("How to mend it", "cut it at one feed")


class ImportSummary(Out):
    """One import."""

    id: str = said("Id", "import_1f2e3d4c5b6a7988")
    kind: Kind = said("What the file was", "dps")
    name: str = said("Name of the source", "hall-1")
    source: str = said("Kind and name", "dps:hall-1")
    status: Status = said("Previewed, applied, or refused", "previewed")
    content_sha256: str = said("Hash of the file", "9f86d081884c7d65…")
    scenario_id: str | None = said("Scenario compared with or made", "sample-row")
    scenario_version: int | None = said("Its version then, or as it was left", 3)
    created_at: dt.datetime = said("When", _AT)
    applied_at: dt.datetime | None = said("When applied", None)
    counts: CountsOut = said("How many items", {})


class ImportOut(ImportSummary):
    """One import with its lists; `left_out` says how many entries are not shown."""

    version: str = said(
        "Format version read", "OperatingLimit (0.8 examples and later)"
    )
    changes: list[ChangeOut] = said("What changes", [])
    errors: list[RowErrorOut] = said("Rows left out", [])
    unmapped: list[UnmappedOut] = said("Content kept beside", [])
    limits: list[LimitOut] = said("Limits with their scopes", [])
    loads: list[LoadOut] = said("Loads and limits at the source", [])
    notes: list[str] = said("What to know", ["UTIL is assumed"])
    problems: list[ProblemOut] = said("Why it was refused", [])
    facts: dict[str, Any] = said("Facts of weather and series", {"unit": "EUR/MWh"})
    left_out: dict[str, int] = said("Entries of each list not shown", {"changes": 0})


class ImportPage(Page):
    """Imports, newest first."""

    items: list[ImportSummary] = said("Imports", [])


class SeriesOut(Out):
    """A stored series."""

    name: str = said("Name", "es-2025")
    kind: Literal["price", "carbon"] = said("What it is", "price")
    unit: str = said("Unit of its values", "EUR/MWh")
    step_s: int = said("Length of a step", 3600, unit="s")
    start_us: int = said("First instant, UTC", 1_735_689_600_000_000, unit="us")
    updated_at: dt.datetime = said("Last import", _AT)


class SeriesPage(Page):
    """Series, newest first."""

    items: list[SeriesOut] = said("Series", [])

"""Versions of stored scenarios: sent, listed, opened."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import model_validator

from api.schemas.base import In, Out, said
from api.schemas.stored import SCENARIO, ScenarioBody, Text

_AT = "2026-01-05T00:00:00Z"


class VersionIn(In):
    """What to keep as the newest version; without inputs, the present ones."""

    scenario: ScenarioBody | None = said("The inputs, all of them", SCENARIO, None)
    changes: dict[str, Any] | None = said(
        "New value per dotted path of the stored inputs, instead of all of them",
        {"fleet.server_count": 52}, None, max_length=200,
    )  # fmt: skip
    name: Text | None = said(
        "Name of the version; a named one is never written over",
        "As ordered", None, min_length=1, max_length=120,
    )  # fmt: skip
    autosave: bool = said(
        "Whether a page saves by itself: for ten minutes of the same author that is "
        "one version", False, False,
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_kind(self) -> VersionIn:
        if self.scenario is not None and self.changes is not None:
            raise ValueError("give scenario or changes, both were given; drop one")
        return self


class VersionPatch(In):
    """The name of a version."""

    name: Text | None = said(
        "Name; null takes it away", "As ordered", min_length=1, max_length=120
    )


class VersionOut(Out):
    """A version of a scenario without its inputs."""

    number: int = said("Counts the scenario's versions from 1", 3, unit="1")
    name: str | None = said("Name, if somebody gave one", "As ordered")
    author: str = said("Who made it: name of the token or person", "local")
    autosaved: bool = said("Whether a page saved it by itself", False)
    created_at: dt.datetime = said("When it was begun, UTC", _AT)
    updated_at: dt.datetime = said("When it was last written, UTC", _AT)
    sha256: str = said("SHA-256 of the inputs", "9c1e" * 16)


class Change(Out):
    """One input that two versions do not share."""

    field: str = said("Dotted path", "fleet.server_count")
    before: Any = said("Value in the other version; null where absent", 40)
    after: Any = said("Value in this version; null where absent", 52)


class VersionDetail(VersionOut):
    """A version with its inputs, and what it changed."""

    against: int | None = said("The version that it is compared with", 2)
    changes: list[Change] = said("What differs from that one", [])
    scenario: dict[str, Any] = said("The inputs as they were stored", SCENARIO)


class VersionPage(Out):
    """A page of versions."""

    items: list[VersionOut] = said("Versions, newest first", [])
    next_cursor: str | None = said("Cursor of the next page; null on the last", "3")

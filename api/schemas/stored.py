"""Stored things: sites, scenarios, runs, plans, jobs; and what stores them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, model_validator

from api.schemas.base import In, Out, Page, said
from api.schemas.problem import Problem
from twin.errors import ScenarioError
from twin.scenario import Scenario, parse_scenario
from twin.scenario.base import Model
from twin.scenario.parse import parse_inputs

M = TypeVar("M", bound=BaseModel)
State = Literal["queued", "running", "done", "failed", "cancelled"]
_AT = "2026-01-05T00:00:00Z"


def _no_control_characters(text: str) -> str:
    """Refuse what a database cannot hold or a screen cannot show."""
    for place, letter in enumerate(text):
        if not letter.isprintable() and letter not in "\n\t":
            raise ValueError(
                f"must be readable text, has {letter!r} at {place}; remove it"
            )
    return text


Text = Annotated[str, AfterValidator(_no_control_characters)]


def readable(inputs: M, field: str = "scenario") -> M:
    """Refuse what a database cannot hold in any text of inputs."""
    if "\\u0000" in inputs.model_dump_json():
        raise ScenarioError(field, "must be readable text", "a NUL character",
                            "remove it")  # fmt: skip
    return inputs


def mapping_read_by(parse: Callable[[Any], BaseModel], field: str) -> BeforeValidator:
    """Read a mapping with the core's own messages, which name the nearest key."""

    def read(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value  # pydantic says what a mapping is
        return readable(parse(value), field)

    return BeforeValidator(read)


def inputs_like(model: type[Model], example: str) -> BeforeValidator:
    """Read inputs with the core's own messages; they name an example to begin with."""

    def read(value: Any) -> Any:
        return readable(parse_inputs(model, value, example=example), "document")

    return BeforeValidator(read)


ScenarioBody = Annotated[Scenario, mapping_read_by(parse_scenario, "scenario")]
SCENARIO = {"fleet": {"server_count": 52}, "policy": {"name": "polca"}}
_SITE_ID = said("Site it belongs to", "sample-site", None, max_length=64)


# --- sent -----------------------------------------------------------------------------


class SiteIn(In):
    """A new site."""

    name: Text = said("Name", "Madrid 2", min_length=1, max_length=80)
    time_zone: Text = said(
        "IANA time zone", "Europe/Madrid", "UTC", min_length=1, max_length=60
    )
    notes: Text = said("Free text", "Second hall", "", max_length=4000)


class SitePatch(In):
    """Changed fields of a site."""

    name: Text | None = said("Name", "Madrid 2", None, min_length=1, max_length=80)
    time_zone: Text | None = said(
        "IANA time zone", "Europe/Madrid", None, min_length=1, max_length=60
    )
    notes: Text | None = said("Free text", "Second hall", None, max_length=4000)


class ScenarioIn(In):
    """A scenario to store."""

    scenario: ScenarioBody = said("The inputs; absent keys take defaults", SCENARIO)
    site_id: Text | None = _SITE_ID


class ScenarioPatch(In):
    """Changed properties of a stored scenario."""

    name: Text | None = said("Name", "Row 7, +12", None, min_length=1, max_length=120)
    archived: bool | None = said("Whether it is put away", True, None)
    site_id: Text | None = _SITE_ID


class CloneIn(In):
    """How the copy is called."""

    name: Text | None = said("Name", "Row 7, copy", None, min_length=1, max_length=120)


class Viewed(In):
    """What a view asks again and again, each time in place of the last."""

    view: Text | None = said(
        "Name of the asking view; a newer question of it cancels this one",
        "explore-7f3a", None, max_length=100,
    )  # fmt: skip


class Question(In):
    """A base scenario and changes to it."""

    scenario: ScenarioBody | None = said("Base inputs", SCENARIO, None)
    scenario_id: Text | None = said(
        "A stored scenario as the base instead", "sample-row", None, max_length=64
    )
    changes: dict[str, Any] = said(
        "New value per dotted path", {"fleet.server_count": 52}, {}, max_length=200
    )

    @model_validator(mode="after")
    def _one_base(self) -> Question:
        if (self.scenario is None) == (self.scenario_id is None):
            given = "both" if self.scenario is not None else "neither"
            raise ValueError(
                f"give scenario or scenario_id, {given} was given; an empty scenario "
                "{} takes every default"
            )
        return self


class ScenarioNew(Question):
    """A scenario to store: inputs, or a stored one, with changes."""

    name: Text | None = said(
        "Name; empty takes the inputs' own", "Row 7, +12", None, min_length=1,
        max_length=120,
    )  # fmt: skip
    site_id: Text | None = _SITE_ID


class WhatIfIn(Viewed, Question):
    """A question that is answered at once where it is quick."""

    series: bool = said("Whether run and baseline have curves over time", True, True)


class PlanIn(Viewed, Question):
    """A search over server counts and policies; `scenario.plan` says which."""


# --- answered -------------------------------------------------------------------------


class SiteOut(Out):
    """A stored site."""

    id: str = said("Id", "sample-site")
    name: str = said("Name", "Sample site")
    time_zone: str = said("IANA time zone", "Europe/Madrid")
    notes: str = said("Free text", "")
    created_at: dt.datetime = said("When it was stored, UTC", _AT)
    updated_at: dt.datetime = said("When it last changed, UTC", _AT)


class ScenarioSummary(Out):
    """A stored scenario without its inputs."""

    id: str = said("Id", "sample-row")
    name: str = said("Name", "Sample row")
    site_id: str | None = said("Site it belongs to", "sample-site")
    archived: bool = said("Whether it is put away", False)
    has_facility: bool = said("Whether it has a building around its rows", False)
    has_training: bool = said("Whether training jobs run on it", False)
    changed_by: str = said("Who changed it last: name of the token or person", "local")
    version: int = said("Grows with every change; send it as If-Match", 1)
    created_at: dt.datetime = said("When it was stored, UTC", _AT)
    updated_at: dt.datetime = said("When it last changed, UTC", _AT)


class ScenarioOut(ScenarioSummary):
    """A stored scenario."""

    scenario: Scenario = said("The inputs, every default filled in", SCENARIO)


class OutcomeOut(Out):
    """A stored run or plan without its result."""

    id: str = said("Id", "run_0f9a1c22d3e4b5a6")
    name: str = said("Name of the scenario", "Sample row")
    status: State = said("How far it is", "done")
    job_id: str | None = said("The job that does it", "job_0f9a1c22d3e4b5a6")
    scenario_id: str | None = said("Stored scenario it began from", "sample-row")
    scenario_sha256: str = said("SHA-256 of the inputs", "9c1e" * 16)
    seed: int = said("Seed", 1)
    model_version: str = said("Version of the model's numbers", "2")
    created_at: dt.datetime = said("When it was asked for, UTC", _AT)
    finished_at: dt.datetime | None = said("When it ended, UTC", _AT)


class OutcomeDetail(OutcomeOut):
    """A stored run or plan with its inputs."""

    scenario: Scenario = said("The inputs, every default filled in", SCENARIO)


class ResultRef(Out):
    """Where a job's result is."""

    kind: str = said("run, plan, dataset or what-if", "run")
    id: str = said("Id of the run or plan, name of the dataset", "run_0f9a1c22d3e4b5a6")
    href: str = said("Address to read", "/api/v1/runs/run_0f9a1c22d3e4b5a6/result")


class JobOut(Out):
    """Work in the background."""

    id: str = said("Id", "job_0f9a1c22d3e4b5a6")
    kind: str = said("what-if, run, plan or dataset", "run")
    state: State = said("How far it is", "running")
    part: float = said("Part done", 0.4, unit="1", ge=0, le=1)
    text: str = said("What is under way", "running 52 servers")
    result: ResultRef | None = said(
        "Where the result is, or will be",
        {
            "kind": "run",
            "id": "run_0f9a1c22d3e4b5a6",
            "href": "/api/v1/runs/run_0f9a1c22d3e4b5a6/result",
        },
    )
    error: Problem | None = said("Why it failed or was cancelled", None)
    created_at: dt.datetime = said("When it was asked for, UTC", _AT)
    finished_at: dt.datetime | None = said("When it ended, UTC", None)


class JobDetail(JobOut):
    """A job with the answer of a what-if."""

    answer: Any = said("Answer of a what-if or a site question that is done", None)


# --- pages ----------------------------------------------------------------------------


class SitePage(Page):
    """A page of sites."""

    items: list[SiteOut] = said("Sites, newest first", [])


class ScenarioPage(Page):
    """A page of scenarios."""

    items: list[ScenarioSummary] = said("Scenarios, newest first", [])


class OutcomePage(Page):
    """A page of runs or plans."""

    items: list[OutcomeOut] = said("Newest first", [])

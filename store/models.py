"""Tables: sites, scenarios with their versions, runs, plans and jobs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
STATES = ("queued", "running", "done", "failed", "cancelled")

Document = JSON().with_variant(JSONB(), "postgresql")
"""JSON text on SQLite, JSONB on PostgreSQL."""


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Hold a column to some words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An instant in UTC; SQLite forgets the offset, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: dt.datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> dt.datetime | None:
        """Turn any instant into UTC before it is written."""
        return None if value is None else value.astimezone(dt.UTC)

    def process_result_value(
        self,
        value: dt.datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> dt.datetime | None:
        """Give what was read its offset back."""
        if value is None or value.tzinfo is not None:
            return None if value is None else value.astimezone(dt.UTC)
        return value.replace(tzinfo=dt.UTC)


class Base(DeclarativeBase):
    """Declarative base; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)


class Stamped:
    """Identity and times every stored row has."""

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class SiteRow(Stamped, Base):
    """A place that scenarios belong to."""

    __tablename__ = "sites"

    name: Mapped[str] = mapped_column(String(80))
    time_zone: Mapped[str] = mapped_column(String(60))
    notes: Mapped[str] = mapped_column(Text)


class ScenarioRow(Stamped, Base):
    """A named scenario; `version` grows with every change and guards against loss."""

    __tablename__ = "scenarios"

    name: Mapped[str] = mapped_column(String(120))
    site_id: Mapped[str | None] = mapped_column(
        ForeignKey("sites.id", ondelete="SET NULL"), index=True
    )
    body: Mapped[dict[str, Any]] = mapped_column(Document)
    archived: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer)
    changed_by: Mapped[str] = mapped_column(String(120))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it

    @property
    def has_facility(self) -> bool:
        """Whether it has a building around its rows."""
        return self.body.get("facility") is not None

    @property
    def has_training(self) -> bool:
        """Whether training jobs run on it."""
        return self.body.get("training") is not None


class ScenarioVersionRow(Base):
    """
    What a scenario's inputs were once.

    `number` counts a scenario's versions from 1; `revision` is the scenario's own
    `version` when these inputs were last written, so that a change made on an old one
    can be told what came after it.
    """

    __tablename__ = "scenario_versions"

    scenario_id: Mapped[str] = mapped_column(
        ForeignKey("scenarios.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer)
    name: Mapped[str | None] = mapped_column(String(120))
    author: Mapped[str] = mapped_column(String(120))
    autosaved: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]] = mapped_column(Document.copy())


class Outcome(Stamped):
    """What runs, plans and studies share: inputs, provenance, state and result."""

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[CheckConstraint]:
        return (one_of("status", STATES),)

    name: Mapped[str] = mapped_column(String(120))
    body: Mapped[dict[str, Any]] = mapped_column(Document)
    scenario_sha256: Mapped[str] = mapped_column(String(64), index=True)
    seed: Mapped[int] = mapped_column(Integer)
    model_version: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(12))
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    job_id: Mapped[str | None] = mapped_column(String(64))
    result: Mapped[dict[str, Any] | None] = mapped_column(
        Document.copy(), deferred=True
    )


class OfScenario:
    """Stays, without its scenario, where that is deleted."""

    scenario_id: Mapped[str | None] = mapped_column(
        ForeignKey("scenarios.id", ondelete="SET NULL"), index=True
    )


class RunRow(OfScenario, Outcome, Base):
    """One simulated scenario."""

    __tablename__ = "runs"


class PlanRow(OfScenario, Outcome, Base):
    """One search over server counts and policies."""

    __tablename__ = "plans"


class JobRow(Stamped, Base):
    """Work in the background; `owner` names the process that does it."""

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("state", STATES),
        CheckConstraint("part >= 0 AND part <= 1", name="part"),
        Index("ix_jobs_state", "state"),
    )

    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12))
    part: Mapped[float] = mapped_column(Float)
    text: Mapped[str] = mapped_column(String(200))
    result_kind: Mapped[str | None] = mapped_column(String(20))
    result_id: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[dict[str, Any] | None] = mapped_column(Document.copy())
    owner: Mapped[str] = mapped_column(String(200))
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

"""Tables of studies: each study, its points, and answers by address."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store.models import Base, Outcome, UtcDateTime


class StudyRow(Outcome, Base):
    """One question at many points; `body` is the study, `result` its analysis."""

    __tablename__ = "studies"

    question: Mapped[str] = mapped_column(String(40), index=True)
    engine: Mapped[str] = mapped_column(String(200))
    stamp: Mapped[str] = mapped_column(String(200))
    asked_count: Mapped[int] = mapped_column(Integer)
    done_count: Mapped[int] = mapped_column(Integer)
    failed_count: Mapped[int] = mapped_column(Integer)
    cached_count: Mapped[int] = mapped_column(Integer)
    stopped: Mapped[str] = mapped_column(Text)


class StudyPointRow(Base):
    """A point of a study, and the address of its answer."""

    __tablename__ = "study_points"

    study_id: Mapped[str] = mapped_column(
        ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    changes: Mapped[str] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)


class AnswerRow(Base):
    """An answer by its address: whoever asked, whichever study."""

    __tablename__ = "answers"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    question: Mapped[str] = mapped_column(String(40))
    outputs: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

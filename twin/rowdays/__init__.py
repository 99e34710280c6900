"""Row-days: a row's day under control, replayed from days served request by request."""

from __future__ import annotations

from twin.rowdays.library import library_of
from twin.rowdays.records import Case, Library
from twin.rowdays.run import case_of, figures, replay

__all__ = ["Case", "Library", "case_of", "figures", "library_of", "replay"]

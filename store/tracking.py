"""Stored calibrations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.models_tracking import CalibrationRow
from store.repositories import Repository, now_utc


class Calibrations(Repository[CalibrationRow]):
    """Calibrations; of a kind and target at most one is active."""

    row = CalibrationRow
    noun = "calibration"

    def active(self) -> Sequence[CalibrationRow]:
        """Those that count, by target."""
        query = (
            select(CalibrationRow)
            .where(CalibrationRow.active)
            .order_by(CalibrationRow.target, CalibrationRow.kind)
        )
        return self._all(query)

    def activate(self, key: str) -> CalibrationRow:
        """
        Let a calibration count, in place of the one that did.

        Raises:
            NotFoundError: If there is none.
            ValueError: If it was refused: there is nothing to count.
        """
        with self.sessions.begin() as session:
            found = self._one(session, key)
            if found.status != "fitted":
                raise ValueError(f"{key} was refused and has no fit")
            _stand_down(session, found)
            found.active, found.updated_at = True, now_utc()
        return found


def _stand_down(session: Session, newer: CalibrationRow) -> None:
    """Switch off what counted for the same kind and target, before the newer is on."""
    session.execute(
        update(CalibrationRow)
        .where(
            CalibrationRow.kind == newer.kind, CalibrationRow.target == newer.target,
            CalibrationRow.active, CalibrationRow.id != newer.id,
        )
        .values(active=False, updated_at=now_utc())
    )  # fmt: skip

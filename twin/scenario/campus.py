"""What the halls of a campus share: the utility's contract and a cooling plant."""

from __future__ import annotations

from twin.scenario.base import Checked, Model, described, quantity


class Curtailment(Model):
    """A stretch of time in which the utility delivers less than the contract."""

    t_s: float = quantity(
        ..., "When it begins, from the horizon's start", unit="s", example=57_600, ge=0,
        le=4e7,
    )  # fmt: skip
    duration_s: float = quantity(
        ..., "How long it lasts", unit="s", example=7200, gt=0, le=4e7
    )
    contract_w: float = quantity(
        ..., "What may be drawn meanwhile", unit="W", example=700e6, gt=0, le=1e11
    )
    notice_s: float = quantity(
        0.0, "How long before it begins the campus is told", unit="s", example=600,
        source="assumed: no notice, the hardest case", ge=0, le=864_000,
    )  # fmt: skip


class Campus(Checked):
    """Limits that all halls have together, and how the campus keeps them."""

    contract_w: float | None = quantity(
        None, "Power that all utility feeds together may deliver. Empty means no limit",
        unit="W", example=800e6, gt=0, le=1e11,
    )  # fmt: skip
    curtailments: tuple[Curtailment, ...] = described(
        (), "When less than that may be drawn",
        example=[{"t_s": 57_600, "duration_s": 7200, "contract_w": 700e6}],
        max_length=1000,
    )  # fmt: skip
    period_s: float = quantity(
        60.0, "Time between two decisions of the campus", unit="s", source="assumed",
        gt=0, le=3600,
    )  # fmt: skip
    margin_frac: float = quantity(
        0.01, "Part of the contract that is left free: what load may rise by within a "
        "period and a cap's latency", source="assumed", ge=0, le=0.5,
    )  # fmt: skip
    band_frac: float = quantity(
        0.01, "Ceilings stay while the load is within this part of the contract below "
        "the margin", source="assumed", ge=0, le=0.5,
    )  # fmt: skip
    cooling_capacity_w: float | None = quantity(
        None, "Heat that the halls' common plant takes out. Empty means that every "
        "hall has a plant of its own", unit="W", example=700e6, gt=0, le=1e11,
    )  # fmt: skip
    make_up_kg_s: float | None = quantity(
        None, "Fresh water that all halls together may draw. Empty means no limit",
        unit="kg/s", example=300.0, gt=0, le=1e6,
    )  # fmt: skip

    def _check(self) -> None:
        for index, cut in enumerate(self.curtailments):
            if self.contract_w is None:
                raise ValueError(
                    "curtailments need a contract to lower; add contract_w, or remove "
                    "them"
                )
            if cut.contract_w > self.contract_w:
                raise ValueError(
                    f"curtailments.{index}.contract_w {cut.contract_w:g} is above "
                    f"contract_w {self.contract_w:g}; lower it"
                )
        if self.margin_frac + self.band_frac >= 1.0:
            raise ValueError(
                f"margin_frac {self.margin_frac:g} and band_frac {self.band_frac:g} "
                "leave nothing of the contract; lower one of them"
            )

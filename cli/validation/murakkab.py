"""
Murakkab: whether picking and sharing saves as much as it is said to, at three floors.

The publication's catalogue is not known, and a floor of quality moves the answer more
than anything else. So the largest saving over three floors stands beside the published
"up to", and each floor shows its sign alone.
"""

from __future__ import annotations

from cli.validation.even_ground import even_ground
from cli.validation.row import Suite, ValidationRow
from twin.serving.systems.murakkab import PUBLISHED, Parameters, evaluate
from twin.types import Report

PREFIX = "murakkab"
FLOORS = (0.90, 0.95, 0.98)
_PAPER = "Murakkab (arXiv 2508.18298), abstract: up to, at the SLO"
_row = Suite(PREFIX, "Murakkab", _PAPER).row
_SHAPE = "shape only: catalogue, graphs and qualities ours, arrivals drawn"
_RATIOS = {
    "gpus": ("GPU-hours", "baseline_gpu_hours_ratio"),
    "energy": ("site energy", "baseline_energy_ratio"),
    "cost": ("cost", "baseline_cost_ratio"),
}


def rows(report: Report) -> list[ValidationRow]:
    """Recompute the table; `report` is told the part done."""
    ground = even_ground(
        rate_per_s=0.2, prompt_tokens=1155, output_tokens=211, horizon_s=86_400.0,
        servers=12,
    )  # fmt: skip
    found = []
    for k, floor in enumerate(FLOORS):
        report(k / len(FLOORS), f"quality of at least {floor:g}")
        outcome = evaluate(ground, Parameters(quality_floor=floor))
        for name, (words, figure) in _RATIOS.items():
            found.append(
                _sign(name, words, floor, outcome.figures[figure], outcome.notes[1])
            )
    return [*(_largest(name, found) for name in _RATIOS), *found]


def _largest(name: str, by_floor: list[ValidationRow]) -> ValidationRow:
    """The published saving is the largest of its cases, so ours is of its floors."""
    best = max(r.ours for r in by_floor if r.id.startswith(f"{PREFIX}.{name}_"))
    words, _ = _RATIOS[name]
    return _row(
        name, f"fixed ÷ chosen, the most of three floors: {words}", "x",
        PUBLISHED[name], best, 0.1 * PUBLISHED[name], "near",
        f"{_SHAPE}; near is within 10 %, ours; the lower the floor of quality, the "
        f"more our catalogue saves; the lowest here is {min(FLOORS):g}",
    )  # fmt: skip


def _sign(
    name: str, words: str, floor: float, ours: float, chosen: str
) -> ValidationRow:
    """Whether it saves at all: the published size belongs to another catalogue."""
    return _row(
        f"{name}_{round(100 * floor)}",
        f"fixed ÷ chosen at quality of {floor:g}: {words}", "x", 1.0, ours, 0.0,
        "at least", f"{_SHAPE}; published: up to {PUBLISHED[name]:g}; {chosen}",
        shows="sign",
    )  # fmt: skip

"""From a study's design to the sampler that asks for its points."""

from __future__ import annotations

from collections.abc import Sequence

from twin.errors import ScenarioError
from twin.scenario.study import (
    MOST_POINTS,
    Grid,
    OneAtATime,
    Saltelli,
    Search,
    Spaced,
    StudySpec,
)
from twin.study.axes import Placed
from twin.study.rare_design import RareDesign
from twin.study.sampling import Listed, Sampler, grid, one_at_a_time, spaced
from twin.study.search_design import search_design
from twin.types import FloatArray
from twin.uncertainty.sensitivity import saltelli_design

MOST_LOOKS = 100
"""Times a study is looked at whether it may stop."""


def make_sampler(spec: StudySpec, placed: Sequence[Placed]) -> Sampler:
    """
    Make the sampler of a study.

    Args:
        spec: The study.
        placed: Its axes on their fields.

    Returns:
        A sampler at its first point.

    Raises:
        ScenarioError: If the design would make too many points, or does not suit the
            axes.
    """
    design = spec.design
    if isinstance(design, Grid):
        return Listed(grid(placed, design))
    if isinstance(design, Spaced):
        every = None
        if spec.stop is not None:  # a hundred looks are enough
            every = max(spec.stop.every, design.points // MOST_LOOKS)
        return Listed(spaced(len(placed), design, spec.seed), every)
    if isinstance(design, OneAtATime):
        return Listed(one_at_a_time(placed, design))
    if isinstance(design, Saltelli):
        return Listed(_saltelli(len(placed), design, spec.seed))
    if isinstance(design, Search):
        return search_design(spec, placed, design)
    return RareDesign(len(placed), design, spec.limits[0], spec.seed)


def _saltelli(dim: int, design: Saltelli, seed: int) -> FloatArray:
    total = design.points * (dim + 2)
    if total > MOST_POINTS:
        raise ScenarioError("design.points", f"must not make more than {MOST_POINTS:,} "
                            "points", f"{design.points} × ({dim} axes + 2) = {total:,}",
                            "lower it")  # fmt: skip
    return saltelli_design(dim, design.points, seed)

"""The optimiser as a sampler of a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twin.scenario.study import Search, StudySpec
from twin.study.axes import Placed

if TYPE_CHECKING:
    from twin.optimise.search import Dimension
    from twin.study.sampling import Sampler


def search_design(spec: StudySpec, placed: Sequence[Placed], design: Search) -> Sampler:
    """Make the optimiser of a study's objectives under its limits."""
    from twin.optimise import search  # optuna takes a second to load

    return search.Search(
        [_dimension(one) for one in placed], spec.objectives, spec.limits,
        evaluations=design.evaluations, batch=design.batch, seed=spec.seed,
        patience=design.patience,
    )  # fmt: skip


def _dimension(one: Placed) -> Dimension:
    """Say what an axis is to the optimiser."""
    from twin.optimise.search import Dimension  # as above

    axis = one.axis
    if axis.values is not None:
        numbers = [v for v in axis.values if isinstance(v, int | float)]
        rising = one.numeric and numbers == sorted(numbers)
        return Dimension(kind="ordered" if rising else "choice", count=len(axis.values))
    if one.fact.kind == "whole" and axis.range is not None:
        count = one.value(1.0) - one.value(0.0) + 1
        return Dimension(kind="whole", count=count)
    return Dimension()

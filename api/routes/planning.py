"""Planning: what a site costs, what to build and when, which server goes where."""

from __future__ import annotations

from fastapi import Response

from api.routes.common import DIRECT, State, answered, questions
from api.schemas.planning import (
    BuildOutIn,
    BuildOutOut,
    CostIn,
    CostOut,
    PlacementIn,
    PlacementOut,
)

router = questions("planning")


@router.post("/cost", response_model=CostOut, responses=DIRECT)
async def work_out_cost(state: State, body: CostIn) -> Response:
    """Work out a site's capital, bills, carbon and levelised cost over its years."""
    return answered(await state.planning.cost(body.cost, view=body.view))


@router.post("/build-out", response_model=BuildOutOut, responses=DIRECT)
async def plan_build_out(state: State, body: BuildOutIn) -> Response:
    """Find what to order, and when, for a growing demand, and say what limits it."""
    between = None if body.front is None else (body.front.first, body.front.second)
    job = await state.planning.build_out(
        body.build_out, view=body.view, explain=body.explain, between=between,
        points=2 if body.front is None else body.front.points,
    )  # fmt: skip
    return answered(job)


@router.post("/placement", response_model=PlacementOut, responses=DIRECT)
async def place_servers(state: State, body: PlacementIn) -> Response:
    """Put servers on racks, feeds and phases within every limit and any one loss."""
    return answered(await state.planning.place(body.placement, view=body.view))

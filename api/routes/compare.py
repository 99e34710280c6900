"""Runs, plans, scenarios and points of studies side by side."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from api.access import needs
from api.errors import described
from api.routes.common import ACCEPTED, State, answered
from api.schemas.compare import CompareIn, CompareOut

router = APIRouter(tags=["compare"], responses=described(403))


@router.post(
    "/compare",
    dependencies=[Depends(needs("scenarios:read"))],  # it changes nothing
    response_model=CompareOut,
    responses={**ACCEPTED, **described(403, 404, 409, 500)},
)
async def compare(state: State, body: CompareIn) -> Response:
    """Compare up to eight items: what differs in them, and in what they do."""
    return answered(await state.compare.compare(body))

"""Runs, plans, scenarios and points of studies side by side."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.errors import described
from api.routes.common import DIRECT, State, answered, only
from api.schemas.compare import CompareIn, CompareOut

router = APIRouter(tags=["compare"], responses=described(403))


@router.post(
    "/compare",
    dependencies=only("scenarios:read"),  # it changes nothing
    response_model=CompareOut,
    responses=DIRECT,
)
async def compare(state: State, body: CompareIn) -> Response:
    """Compare up to eight items: what differs in them, and in what they do."""
    return answered(await state.compare.compare(body))

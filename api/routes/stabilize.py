"""Training sites: swings before and after measures, against grid rules."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter, Depends, Response
from pydantic_core import to_json

from api.access import needs
from api.errors import described
from api.routes.common import ACCEPTED, State, answered
from api.schemas.stabilize import (
    KnownOut,
    LearnedOut,
    LearnIn,
    SizeIn,
    SizeOut,
    StabilizeRunIn,
    StabilizeRunOut,
    ZoomIn,
    ZoomOut,
)
from api.stabilize_documents import learned_document
from twin.training.learn import learn
from twin.training.recorded import Trace

router = APIRouter(
    prefix="/stabilize", tags=["stabilize"], responses=described(403),
    dependencies=[Depends(needs("scenarios:read"))],  # a question changes nothing
)  # fmt: skip
_DIRECT = {**ACCEPTED, **described(403, 404, 409, 500)}


@router.post("/run", response_model=StabilizeRunOut, responses=_DIRECT)
async def run_study(state: State, body: StabilizeRunIn) -> Response:
    """Run training jobs before and after measures, and hold every rule against them."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    return answered(
        await state.stabilize.run(asked, view=body.view, points=body.points)
    )


@router.post("/zoom", response_model=ZoomOut, responses=_DIRECT)
async def look_closer(state: State, body: ZoomIn) -> Response:
    """Look at a window of the same study, down to a millisecond; peaks are kept."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    job = await state.stabilize.zoom(
        asked, view=body.view, from_s=body.from_s, to_s=body.to_s, points=body.points
    )
    return answered(job)


@router.post("/size", response_model=SizeOut, responses=_DIRECT)
async def size_measures(state: State, body: SizeIn) -> Response:
    """Find the cheapest combination of measures that passes, and what changes it."""
    asked = state.question(body.scenario, body.scenario_id, body.changes)
    return answered(await state.stabilize.size(asked, view=body.view))


@router.post("/learn", response_model=LearnedOut, responses=described(500))
def learn_job(body: LearnIn) -> Response:
    """Learn a training job from recorded power, with how far the fit is off."""
    found = learn(
        Trace(t_s=np.array(body.t_s), power_w=np.array(body.power_w),
              gaps_allowed=body.gaps_allowed),
        node_count=body.node_count,
    )  # fmt: skip
    job = found.job(
        gpu_count=body.gpu_count or body.node_count * body.gpus_per_node,
        gpus_per_node=body.gpus_per_node, tdp_w=body.tdp_w, host_w=body.host_w,
    )  # fmt: skip
    return Response(
        to_json(learned_document(found, job)), media_type="application/json"
    )


@router.get("/rules", response_model=KnownOut)
def list_rules(state: State) -> Response:
    """Name grid rules, ride-through tables and critical frequencies."""
    document = state.stabilize.known_document()
    return Response(to_json(document), media_type="application/json")

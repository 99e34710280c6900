"""Training sites: swings before and after measures, against grid rules."""

from __future__ import annotations

import numpy as np
from fastapi import Response

from api.errors import described
from api.routes.common import DIRECT, State, answered_about, as_json, questions
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
from api.stabilize_documents import known_document, learned_document
from twin.training.learn import learn
from twin.training.recorded import Trace

router = questions("stabilize")


@router.post("/run", response_model=StabilizeRunOut, responses=DIRECT)
async def run_study(state: State, body: StabilizeRunIn) -> Response:
    """Run training jobs before and after measures, and hold every rule against them."""
    return await answered_about(state, state.stabilize.run, body)


@router.post("/zoom", response_model=ZoomOut, responses=DIRECT)
async def look_closer(state: State, body: ZoomIn) -> Response:
    """Look at a window of the same study, down to a millisecond; peaks are kept."""
    return await answered_about(state, state.stabilize.zoom, body)


@router.post("/size", response_model=SizeOut, responses=DIRECT)
async def size_measures(state: State, body: SizeIn) -> Response:
    """Find the cheapest combination of measures that passes, and what changes it."""
    return await answered_about(state, state.stabilize.size, body)


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
    return as_json(learned_document(found, job))


@router.get("/rules", response_model=KnownOut)
def list_rules(state: State) -> Response:
    """Name grid rules, ride-through tables and critical frequencies."""
    return as_json(known_document(state.stabilize.known()))

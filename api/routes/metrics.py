"""The page Prometheus reads."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.metrics import MEDIA_TYPE
from api.routes.common import State, only

router = APIRouter(include_in_schema=False)


@router.get("/metrics", dependencies=only("telemetry:read"))
def read_metrics(state: State) -> Response:
    """Counters of this server and the site's present figures, as text."""
    return Response(state.metrics.page(), media_type=MEDIA_TYPE)

"""The tracking twin: calibrations, the shadow, forecasts, and what-ifs from now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.errors import described
from api.routes.common import ACCEPTED, Id, PageQuery, State, accepted, as_json, only
from api.schemas.base import said
from api.schemas.tracking import (
    ActivateQuery,
    CalibrationDetail,
    CalibrationIn,
    CalibrationOut,
    CalibrationPage,
    ForecastOut,
    ForecastQuery,
    FromNowIn,
    FromNowOut,
    Kind,
    ShadowOut,
    ShadowQuery,
)

router = APIRouter(prefix="/tracking", tags=["tracking"], responses=described())
READING = only("telemetry:read")
WRITING = only("scenarios:write")


class CalibrationQuery(PageQuery):
    """Which calibrations."""

    kind: Kind | None = said("Of one kind", "server", None)
    source: str | None = said("Of one host", "node017", None, max_length=120)
    active: bool | None = said("Only those that count", True, None)


@router.post(
    "/calibrations", status_code=202, dependencies=WRITING,
    responses=ACCEPTED | described(404),
)  # fmt: skip
def start_calibration(state: State, body: CalibrationIn) -> Response:
    """Fit a model to a stored period; what cannot be told is stored as refused."""
    return accepted(state.tracking.calibrate(**body.model_dump()))


@router.get("/calibrations", dependencies=READING)
def list_calibrations(
    state: State, asked: Annotated[CalibrationQuery, Query()]
) -> CalibrationPage:
    """Calibrations, newest first."""
    return CalibrationPage.model_validate(state.tracking.page(**asked.model_dump()))


@router.get(
    "/calibrations/{calibration_id}", dependencies=READING, responses=described(404)
)
def read_calibration(state: State, calibration_id: Id) -> CalibrationDetail:
    """One calibration, with its residuals over the stored period."""
    return CalibrationDetail.model_validate(state.tracking.one(calibration_id))


@router.post(
    "/calibrations/{calibration_id}/activate", dependencies=WRITING,
    responses=described(404, 409),
)  # fmt: skip
def activate_calibration(
    state: State, calibration_id: Id, asked: Annotated[ActivateQuery, Query()]
) -> CalibrationOut:
    """Let a calibration count, in place of the one of its kind and target."""
    found = state.tracking.activate(calibration_id, force=asked.force)
    return CalibrationOut.model_validate(found)


@router.delete(
    "/calibrations/{calibration_id}", status_code=204, dependencies=WRITING,
    responses=described(404),
)  # fmt: skip
def delete_calibration(state: State, calibration_id: Id) -> None:
    """Delete a calibration."""
    state.tracking.delete(calibration_id)


@router.get(
    "/shadow", dependencies=READING, response_model=ShadowOut, responses=described(404)
)
def read_shadow(state: State, asked: Annotated[ShadowQuery, Query()]) -> Response:
    """Measured beside predicted at every host and node, and what drifts."""
    shadow = state.tracking.shadow
    return as_json(shadow.document(asked.start_us, asked.end_us, asked.node))


@router.get(
    "/forecast", dependencies=READING, response_model=ForecastOut,
    responses=described(404),
)  # fmt: skip
def read_forecast(state: State, asked: Annotated[ForecastQuery, Query()]) -> Response:
    """Power of the next hours or weeks, and what is left of the limit."""
    found = state.tracking.forecast(asked.of, asked.horizon_s, judge=asked.backtest)
    return as_json(found)


@router.post(
    "/from-now", dependencies=READING, response_model=FromNowOut,
    responses=described(404),
)  # fmt: skip
def begin_from_now(state: State, body: FromNowIn) -> Response:
    """Say what makes a scenario begin from what is measured now; nothing is stored."""
    return as_json(state.tracking.from_now(body.scenario_id, body.load, body.past_s))

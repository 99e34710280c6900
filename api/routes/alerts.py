"""Alert rules, what fires, and the notices of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from api.errors import described
from api.problems import Refusal
from api.routes.common import Id, PageQuery, Paging, State, only
from api.schemas.alerts import (
    AlertPage,
    AlertRuleIn,
    AlertRuleOut,
    AlertRulePage,
    AlertRulePatch,
    DeliveryPage,
    TestOut,
)
from api.schemas.base import said
from api.services import AppState
from twin.errors import ScenarioError

router = APIRouter(prefix="/alerts", tags=["alerts"], responses=described())
READING = only("telemetry:read")
WRITING = only("alerts:write")


class AlertQuery(PageQuery):
    """Which alerts."""

    status: Literal["firing", "resolved"] | None = said("Only those", "firing", None)
    rule_id: str | None = said("Only of one rule", "alert-rule_0f9a1c22", None,
                               max_length=64)  # fmt: skip


@router.get("", dependencies=READING)
def list_alerts(state: State, asked: Annotated[AlertQuery, Query()]) -> AlertPage:
    """Alerts that fire and that did, newest first."""
    return AlertPage.model_validate(state.alerts.alerts.page(**asked.model_dump()))


@router.get("/deliveries", dependencies=READING)
def list_deliveries(state: State, paging: Paging) -> DeliveryPage:
    """Notices and how far they are, newest first."""
    return DeliveryPage.model_validate(
        state.alerts.deliveries.page(**paging.model_dump())
    )


@router.get("/rules", dependencies=READING)
def list_rules(state: State, paging: Paging) -> AlertRulePage:
    """All rules, newest first."""
    return AlertRulePage.model_validate(state.alerts.rules.page(**paging.model_dump()))


@router.post("/rules", status_code=201, dependencies=WRITING)
def create_rule(state: State, body: AlertRuleIn) -> AlertRuleOut:
    """Store a rule."""
    if body.webhook_url is not None:
        state.alerts.webhooks.check(body.webhook_url)
    return AlertRuleOut.model_validate(state.alerts.rules.add(**body.values()))


@router.get("/rules/{rule_id}", dependencies=READING, responses=described(404))
def read_rule(state: State, rule_id: Id) -> AlertRuleOut:
    """One rule."""
    return AlertRuleOut.model_validate(state.alerts.rules.get(rule_id))


@router.patch("/rules/{rule_id}", dependencies=WRITING, responses=described(404))
def change_rule(state: State, rule_id: Id, body: AlertRulePatch) -> AlertRuleOut:
    """Change a rule; absent and null fields stay."""
    values = _changes(state, rule_id, body)
    return AlertRuleOut.model_validate(state.alerts.rules.change(rule_id, **values))


@router.delete(
    "/rules/{rule_id}", status_code=204, dependencies=WRITING, responses=described(404)
)
def delete_rule(state: State, rule_id: Id) -> None:
    """Delete a rule; its alerts end, and its notices are not sent any more."""
    state.alerts.rules.remove(rule_id)


@router.post(
    "/rules/{rule_id}/test", dependencies=WRITING, responses=described(404, 409)
)
def test_rule(state: State, rule_id: Id) -> TestOut:
    """Send a notice that says it is a test, and say what the webhook answered."""
    if state.alerts.rules.get(rule_id).webhook_url is None:
        raise Refusal(409, f"{rule_id} has no webhook_url to send a test to")
    outcome = state.alerts.test(rule_id)
    return TestOut(delivered=outcome.delivered, answer=outcome.answer)


def _changes(state: AppState, rule_id: str, body: AlertRulePatch) -> dict[str, Any]:
    """Columns to change; an empty webhook or secret means none."""
    row = state.alerts.rules.get(rule_id)
    values: dict[str, Any] = body.model_dump(exclude_none=True)
    limit = values.get("limit", row.limit)
    if "limit" in values and "clear" not in values:
        values["clear"] = row.clear / row.limit * limit
    if values.get("clear", row.clear) > limit:
        raise ScenarioError("clear", "must not lie above limit", values["clear"],
                            "lower it")  # fmt: skip
    for name in ("webhook_url", "webhook_secret"):
        if name in values:
            values[name] = values[name] or None
    if values.get("webhook_url"):
        state.alerts.webhooks.check(values["webhook_url"])
    return values

"""Alert rules, alerts and their notices, as they are sent and answered."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import model_validator

from api.schemas.base import In, Out, Page, said
from api.schemas.stored import Text
from twin.telemetry.alerting import CLEAR_FRAC

Kind = Literal["threshold", "load", "ramp", "missing-agent", "model-drift"]
Severity = Literal["info", "warning", "critical"]
KIND_DOC = (
    "threshold (power), load (power over a node's limit), ramp (change of power), "
    "missing-agent (silence) or model-drift (measured off predicted, over predicted)"
)
UNIT = "W, 1, W/s, s or 1, by kind"
_AT = "2026-01-05T00:00:00Z"
_HOOK = "https://alerts.example/hook"


class AlertRuleIn(In):
    """A rule to watch."""

    name: Text = said("Name", "Row nearly full", min_length=1, max_length=120)
    kind: Kind = said(KIND_DOC, "load")
    devices: bool = said("Watch devices, not nodes: threshold and ramp", False, False)
    target: Text = said(
        "Names watched, with * and ?", "row-*", "*", min_length=1, max_length=200
    )
    limit: float = said("Above this it is wrong", 0.95, unit=UNIT, gt=0, le=1e12)
    clear: float | None = said(
        "Below this it is right again; 0.95 of the limit where not said", 0.9, None,
        unit=UNIT, ge=0, le=1e12,
    )  # fmt: skip
    for_s: float = said("How long either must last", 60.0, 60.0, unit="s", ge=0,
                        le=86400)  # fmt: skip
    window_s: float = said("Time a ramp is taken over", 10.0, 10.0, unit="s", ge=2,
                           le=3600)  # fmt: skip
    severity: Severity = said("How bad it is", "warning", "warning")
    webhook_url: Text | None = said("Where to tell of it; never shown again", _HOOK,
                                    None, min_length=1, max_length=2000)  # fmt: skip
    webhook_secret: Text | None = said(
        "Key that notices are signed with; never shown again",
        "a-long-random-text", None, min_length=16, max_length=200,
    )  # fmt: skip
    enabled: bool = said("Whether it is watched", True, True)

    @model_validator(mode="after")
    def _sensible(self) -> AlertRuleIn:
        if self.devices and self.kind not in {"threshold", "ramp"}:
            raise ValueError("devices only goes with threshold and ramp; leave it out")
        if self.clear is not None and self.clear > self.limit:
            raise ValueError("clear must not lie above limit; lower it")
        return self

    def values(self) -> dict[str, Any]:
        """Return the columns of a new rule."""
        found = self.model_dump()
        if self.clear is None:
            found["clear"] = CLEAR_FRAC * self.limit
        return found


class AlertRulePatch(In):
    """Changed properties of a rule; what it watches stays of one kind."""

    name: Text | None = said("Name", "Row full", None, min_length=1, max_length=120)
    target: Text | None = said("Names watched", "row-1*", None, min_length=1,
                               max_length=200)  # fmt: skip
    limit: float | None = said("Above this it is wrong", 0.9, None, unit=UNIT, gt=0,
                               le=1e12)  # fmt: skip
    clear: float | None = said("Below this it is right again", 0.85, None, unit=UNIT,
                               ge=0, le=1e12)  # fmt: skip
    for_s: float | None = said("How long either must last", 30.0, None, unit="s", ge=0,
                               le=86400)  # fmt: skip
    window_s: float | None = said("Time a ramp is taken over", 10.0, None, unit="s",
                                  ge=2, le=3600)  # fmt: skip
    severity: Severity | None = said("How bad it is", "critical", None)
    webhook_url: Text | None = said("Where to tell of it; empty for nowhere", _HOOK,
                                    None, max_length=2000)  # fmt: skip
    webhook_secret: Text | None = said(
        "Key of the signature; empty for none", "another-long-random-text", None,
        max_length=200,
    )  # fmt: skip
    enabled: bool | None = said("Whether it is watched", False, None)


class AlertRuleOut(Out):
    """A stored rule, without the secrets in it."""

    id: str = said("Id", "alert-rule_0f9a1c22d3e4b5a6")
    name: str = said("Name", "Row nearly full")
    kind: Kind = said(KIND_DOC, "load")
    devices: bool = said("Whether it watches devices", False)
    target: str = said("Names watched", "row-*")
    limit: float = said("Above this it is wrong", 0.95, unit=UNIT)
    clear: float = said("Below this it is right again", 0.9, unit=UNIT)
    for_s: float = said("How long either must last", 60.0, unit="s")
    window_s: float = said("Time a ramp is taken over", 10.0, unit="s")
    severity: Severity = said("How bad it is", "warning")
    webhook_host: str | None = said("Host that is told", "alerts.example")
    signed: bool = said("Whether notices carry a signature", True)
    enabled: bool = said("Whether it is watched", True)
    created_at: dt.datetime = said("When it was stored, UTC", _AT)
    updated_at: dt.datetime = said("When it last changed, UTC", _AT)


class AlertOut(Out):
    """An alert of one target."""

    id: str = said("Id", "alert_0f9a1c22d3e4b5a6")
    rule_id: str | None = said("Its rule; null once deleted", "alert-rule_0f9a1c22")
    rule_name: str = said("Name the rule had", "Row nearly full")
    kind: Kind = said(KIND_DOC, "load")
    severity: Severity = said("How bad it is", "warning")
    target: str = said("What is wrong", "row-7")
    status: Literal["firing", "resolved"] = said("Whether it goes on", "firing")
    value: float | None = said("Figure when it began or ended", 0.97, unit=UNIT)
    limit: float = said("Limit it passed", 0.95, unit=UNIT)
    created_at: dt.datetime = said("When it began to fire, UTC", _AT)
    resolved_at: dt.datetime | None = said("When it was resolved, UTC", None)
    reason: str = said("Why it was resolved", "")


class DeliveryOut(Out):
    """A notice."""

    id: str = said("Id", "delivery_0f9a1c22d3e4b5a6")
    rule_id: str | None = said("Its rule; null once deleted", "alert-rule_0f9a1c22")
    status: Literal["firing", "resolved"] = said("What it tells", "firing")
    alerts: int = said("Alerts it tells of", 3)
    state: Literal["queued", "delivered", "given-up"] = said("How far it is", "queued")
    attempts: int = said("Attempts so far", 1)
    answer: str = said("What the last attempt met", "503")
    created_at: dt.datetime = said("When it was written, UTC", _AT)
    next_at: dt.datetime = said("When it is tried next, UTC", _AT)


class TestOut(Out):
    """What became of a test."""

    __test__ = False  # the name is the noun's, not a test of ours
    delivered: bool = said("Whether the webhook took it", True)
    answer: str = said("HTTP status, or what went wrong", "200")


class AlertRulePage(Page):
    """A page of rules."""

    items: list[AlertRuleOut] = said("Rules, newest first", [])


class AlertPage(Page):
    """A page of alerts."""

    items: list[AlertOut] = said("Alerts, newest first", [])


class DeliveryPage(Page):
    """A page of notices."""

    items: list[DeliveryOut] = said("Notices, newest first", [])

"""Tokens and the audit log, as they are sent and answered."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import AwareDatetime

from api.schemas.base import In, Out, Page, said
from api.schemas.stored import Text
from store.scopes import ROLES

Scope = Literal[
    "telemetry:write", "telemetry:collect", "telemetry:read", "scenarios:read",
    "scenarios:write", "imports:write", "alerts:write", "admin",
]  # fmt: skip
Role = Literal["agent", "collector", "viewer", "planner", "admin"]
_AT = "2026-01-05T00:00:00Z"


class TokenIn(In):
    """A token to make: a role, or scopes one by one."""

    name: Text = said("What people call it", "node017", min_length=1, max_length=120)
    role: Role | None = said("A named set of scopes", "agent", None)
    scopes: list[Scope] = said(
        "Scopes besides the role's", ["telemetry:read"], [], max_length=8
    )
    agent: Text | None = said(
        "Agent it is bound to; for telemetry:write, and only for it", "node017", None,
        max_length=120,
    )  # fmt: skip
    expires_at: AwareDatetime | None = said("When it ends; null never", _AT, None)

    def wanted(self) -> set[str]:
        """Return every scope asked for."""
        return {*self.scopes, *(ROLES[self.role] if self.role else ())}


class TokenOut(Out):
    """A token without its secret, which is not kept."""

    id: str = said("Public part of the token", "0f9a1c22d3e4")
    name: str = said("What people call it", "node017")
    kind: Literal["agent", "user"] = said("Who holds it", "agent")
    scopes: list[str] = said("What it opens", ["telemetry:write"])
    agent: str | None = said("Agent it is bound to", "node017")
    created_at: dt.datetime = said("When it was made, UTC", _AT)
    expires_at: dt.datetime | None = said("When it ends, UTC; null never", None)
    used_at: dt.datetime | None = said(
        "When it was last used, UTC; written once a minute", _AT
    )
    revoked_at: dt.datetime | None = said("When it was revoked, UTC", None)


class TokenMade(TokenOut):
    """A new token."""

    token: str = said(
        "The token itself: shown this once, never again",
        "np_agent_0f9a1c22d3e4_(48 more digits)",
    )


class AuditOut(Out):
    """A change of state, or refusals counted together."""

    id: str = said("Id", "audit_0f9a1c22d3e4b5a6")
    created_at: dt.datetime = said("When, UTC; of refusals up to a minute later", _AT)
    kind: Literal["change", "refusal"] = said("Which of both", "change")
    actor_id: str = said("Id of the token; empty without one", "0f9a1c22d3e4")
    actor: str = said("Name of the token, or who else", "planner of hall 2")
    action: str = said("What was asked, or why it was refused", "POST /api/v1/sites")
    object: str = said("Address it was asked of", "/api/v1/sites")
    outcome: int = said("HTTP status it was answered", 201)
    address: str = said("Address it came from", "192.0.2.7")
    count: int = said("How many of this kind", 1)


class TokenPage(Page):
    """A page of tokens."""

    items: list[TokenOut] = said("Tokens, newest first, revoked ones too", [])


class AuditPage(Page):
    """A page of the audit log."""

    items: list[AuditOut] = said("Entries, newest first", [])

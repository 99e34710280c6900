"""Tokens and the audit log, for administrators."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from api.errors import described
from api.routes.common import Id, PageQuery, Paging, State, only
from api.schemas.access import AuditPage, TokenIn, TokenMade, TokenOut, TokenPage
from api.schemas.base import said

router = APIRouter(tags=["access"], responses=described(), dependencies=only("admin"))


class AuditQuery(PageQuery):
    """Which entries."""

    kind: Literal["change", "refusal"] | None = said("Only of one kind", None, None)
    actor_id: str | None = said("Only of one token", "0f9a1c22d3e4", None,
                                max_length=64)  # fmt: skip


@router.get("/tokens")
def list_tokens(state: State, paging: Paging) -> TokenPage:
    """All tokens, newest first, without their secrets."""
    state.access.flush()
    return TokenPage.model_validate(state.access.tokens.page(**paging.model_dump()))


@router.post("/tokens", status_code=201)
def create_token(state: State, body: TokenIn, response: Response) -> TokenMade:
    """Make a token; the answer is the only place that ever shows it."""
    row, token = state.access.tokens.create(
        name=body.name, scopes=body.wanted(), agent=body.agent,
        expires_at=body.expires_at,
    )  # fmt: skip
    response.headers["cache-control"] = "no-store"
    return TokenMade(**TokenOut.model_validate(row).model_dump(), token=token)


@router.delete("/tokens/{token_id}", status_code=204, responses=described(404))
def revoke_token(state: State, token_id: Id) -> None:
    """End a token now; it stays in the list."""
    state.access.tokens.revoke(token_id)
    state.access.forget()


@router.get("/audit")
def read_audit(state: State, asked: Annotated[AuditQuery, Query()]) -> AuditPage:
    """Who changed what, and who was refused, newest first."""
    state.access.flush()
    return AuditPage.model_validate(state.access.audit.page(**asked.model_dump()))

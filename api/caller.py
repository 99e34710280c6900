"""Who asks: what a request may do, and how that travels through this process."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace

from store.access import machine_user
from store.scopes import UNNAMED

PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """
    Whoever made a request.

    Attributes:
        token_id: Public id of the token, or of a person who signed in elsewhere; None
            where none was needed.
        name: What people call it.
        kind: "agent", "user", "person" (signed in elsewhere), "local" (open mode) or
            "process" (this program itself).
        agent: Agent that the token is bound to; only that one may be written for.
        scopes: What it may do.
        address: Where it comes from; "" inside this process.
    """

    token_id: str | None
    name: str
    kind: str
    agent: str | None
    scopes: frozenset[str]
    address: str = ""

    def at(self, address: str) -> Caller:
        """Return the same caller, coming from an address."""
        return replace(self, address=address)


PROCESS = Caller(
    token_id=None, name=f"{machine_user()} on the server", kind="process",
    agent=None, scopes=UNNAMED,
)  # fmt: skip
"""A program that holds the whole application: it could read the database anyway."""

CALLER = "nameplate.caller"
"""Key of a request's scope. Servers fill scopes, clients cannot reach them."""

ROUTE = "nameplate.route"
"""Key of a request's scope: the template of its route, for metrics and the log."""

ACTING: ContextVar[Caller | None] = ContextVar("nameplate_acting", default=None)
"""For whom this process works just now: a page's calls have its reader's rights."""


def author() -> str:
    """Name of whoever is asking just now, as it is written to what he changes."""
    caller = ACTING.get()
    return "local" if caller is None else caller.name

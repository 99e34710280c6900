"""
Who may do what: tokens looked up, refusals counted, changes recorded.

A route says what it needs: `caller: Annotated[Caller, Depends(needs("scope"))]`. The
gate (`api.gate`) reads that from the route and decides before anything of the request
is read, so a refusal cannot tell whether an id exists or a body is well-formed.
"""

from __future__ import annotations

import datetime as dt
import hmac
import ipaddress
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from api.caller import CALLER, PERSON, Caller
from api.problems import Refusal
from api.rates import Buckets
from api.sessions import Sessions
from store.access import TOKEN, Audit, Known, Tokens, sha256_of
from store.repositories import now_utc
from store.scopes import SCOPES
from store.settings import Settings
from twin.errors import ScenarioError

if TYPE_CHECKING:
    from api.oidc import Provider

__all__ = ["Access", "Caller", "needs"]
log = logging.getLogger("nameplate.api")

FRESH_S = 3.0
"""Age at which the tokens in memory are read again: a revocation acts within it."""
KEEP_EVERY_S = 60.0
PRUNE_EVERY_S = 3600.0
FAILURES_PER_S, FAILURES_BURST = 0.5, 20.0
MOST_REFUSED = 50
"""Kinds of refusals told apart in a minute; the rest are counted together."""
_NOBODY = "0" * 64


class Needs:
    """A dependency: the caller, if he has a scope."""

    def __init__(self, scope: str) -> None:
        if scope not in SCOPES:
            raise ValueError(f"{scope!r} is no scope; they are {', '.join(SCOPES)}")
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:
        """Hand the caller to a route; the gate has asked the same before."""
        return permitted(request.scope.get(CALLER), self.scope)


def needs(scope: str) -> Needs:
    """Say which scope a route needs; give it to `Depends`."""
    return Needs(scope)


def permitted(caller: Caller | None, scope: str) -> Caller:
    """
    Let a caller pass.

    Raises:
        Refusal: 401 where nobody is known, 403 where the scope is missing.
    """
    if caller is None or (caller.token_id is None and scope not in caller.scopes):
        raise Refusal(
            401,
            "This needs a token; send it in the header Authorization: Bearer",
            headers={"www-authenticate": 'Bearer realm="nameplate"'},
        )
    if scope not in caller.scopes:
        raise Refusal(403, f"The token does not have the scope {scope}")
    return caller


class _Refused(NamedTuple):
    """What is told apart when refusals are counted."""

    outcome: int
    address: str
    actor_id: str
    actor: str
    action: str


class Access:
    """
    Tokens in memory, sessions, limits and the audit log of one server.

    Args:
        engine: The database.
        settings: Limits.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tokens, self.audit = Tokens(engine), Audit(engine)
        self.sessions, self.provider = Sessions(clock), _provider(settings)
        self._settings, self._clock = settings, clock
        self._known: dict[str, Known] = {}
        self._read_at_s = -FRESH_S
        self._reading, self._writing = threading.Lock(), threading.Lock()
        self._counting = threading.Lock()
        self._used: dict[str, dt.datetime] = {}
        self._refused: dict[_Refused, int] = {}
        self._pruned_at_s = -PRUNE_EVERY_S
        requests, sent = settings.token_requests_per_s, settings.token_bytes_per_s
        self.failures = Buckets(FAILURES_PER_S, FAILURES_BURST, clock=clock)
        self.requests = Buckets(requests, max(2.0 * requests, 1.0), clock=clock)
        self.bytes = Buckets(sent, 2.0 * sent, clock=clock)
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="access", daemon=True)

    def open(self) -> None:
        """Start to write down uses and refusals once a minute."""
        self._keeper.start()

    def close(self) -> None:
        """Write down what is left."""
        self._stop.set()
        if self._keeper.is_alive():
            self._keeper.join()
        self.flush()

    # --- who ----------------------------------------------------------------------

    async def verify(self, token: str, address: str) -> Caller:
        """
        Find out whose token this is.

        Args:
            token: What was sent, whatever it is.
            address: Where it came from.

        Raises:
            Refusal: 401 if it opens nothing, 429 after many that did.
            SQLAlchemyError: If the database does not answer.
        """
        shaped = TOKEN.fullmatch(token)
        known = await self._find(shaped[2], address) if shaped else None
        same = hmac.compare_digest(known.sha256 if known else _NOBODY, sha256_of(token))
        if known is None or not same or not known.usable(now_utc()):
            holder = _caller(known) if known and same else None
            self.refused(401, address, "a token that opens nothing", holder)
            wait_s = self.failures.take(group(address))
            if wait_s > 0.0:
                raise too_often(wait_s)
            raise Refusal(
                401,
                "The token is not valid; it is mistyped, has ended or was revoked",
                headers={"www-authenticate": 'Bearer error="invalid_token"'},
            )
        self._note(known)
        return _caller(known).at(address)

    async def resume(self, cookie: str, address: str) -> Caller | None:
        """Find out whose session this is; None if it has ended, or its token has."""
        caller = self.sessions.find(cookie)
        if caller is None or caller.kind == PERSON:
            return caller and caller.at(address)
        known = await self._find(str(caller.token_id), address)
        if known is None or not known.usable(now_utc()):
            return None
        self._note(known)
        return _caller(known).at(address)

    async def signed_in(
        self, sent: Mapping[str, str], kept: str, address: str
    ) -> tuple[Caller, str]:
        """
        Find out who comes back from the provider, and which page follows.

        Raises:
            Refusal: With the reason; 429 after many that were refused.
        """
        wait_s = self.failures.wait_s(group(address), least=1.0)
        if wait_s > 0.0:
            raise too_often(wait_s)
        try:
            if self.provider is None:
                raise Refusal(401, "Nobody signs in here from elsewhere")
            return await self.provider.finish(sent, kept, address)
        except Refusal as refusal:
            who = getattr(refusal, "caller", None)
            self.refused(refusal.status, address, "a sign-in was refused", who)
            self.failures.take(group(address))
            raise

    async def _find(self, key: str, address: str) -> Known | None:
        """Look a token up in memory, and behind it in the database."""
        if self._clock() - self._read_at_s > FRESH_S:
            await run_in_threadpool(self._read)
        found = self._known.get(key)
        if found is not None:
            return found
        wait_s = self.failures.wait_s(group(address), least=1.0)
        if wait_s > 0.0:
            raise too_often(wait_s)
        fresh = await run_in_threadpool(self.tokens.known, key)
        self._known.update(fresh)
        return fresh.get(key)

    def _read(self) -> None:
        """Read all tokens that count, once for all who wait for it."""
        with self._reading:
            started_s = self._clock()
            if started_s - self._read_at_s > FRESH_S:
                self._known = self.tokens.known()
                self._read_at_s = started_s

    def _note(self, known: Known) -> None:
        with self._counting:
            self._used[known.id] = now_utc()

    def forget(self) -> None:
        """Read the tokens again at the next request: one was made or revoked here."""
        with self._reading:
            self._read_at_s = -float("inf")

    # --- limits -------------------------------------------------------------------

    def charge(self, caller: Caller) -> None:
        """
        Count a request of a token.

        Raises:
            Refusal: 429 where it makes too many, or sent too much.
        """
        if caller.token_id is None:
            return
        wait_s = self.bytes.wait_s(caller.token_id)
        wait_s = wait_s or self.requests.take(caller.token_id)
        if wait_s > 0.0:
            self.refused(429, caller.address, "too much from one token", caller)
            raise too_often(wait_s)

    def received(self, caller: Caller, count: int) -> None:
        """Count bytes of a token."""
        if caller.token_id is not None:
            self.bytes.owe(caller.token_id, float(count))

    # --- the log ------------------------------------------------------------------

    def changed(self, caller: Caller, action: str, thing: str, outcome: int) -> None:
        """Write down a change of state; a failing log does not undo the change."""
        try:
            self.audit.write([
                {"kind": "change", "actor_id": caller.token_id or "",
                 "actor": caller.name, "action": action, "object": thing,
                 "outcome": outcome, "address": caller.address}
            ])  # fmt: skip
        except SQLAlchemyError:
            log.exception("the audit log could not be written: %s %s", action, outcome)

    def refused(
        self, outcome: int, address: str, why: str, caller: Caller | None = None
    ) -> None:
        """Count a refusal; a flood of them fills neither memory nor disk."""
        actor_id = (caller.token_id or "") if caller else ""
        kind = _Refused(outcome, address, actor_id, caller.name if caller else "", why)
        with self._counting:
            if kind not in self._refused and len(self._refused) >= MOST_REFUSED:
                kind = _Refused(outcome, "many", "", "", why)
            self._refused[kind] = self._refused.get(kind, 0) + 1

    def flush(self) -> None:
        """Write down uses and refusals, forget old entries."""
        with self._writing:
            with self._counting:
                used, self._used = dict(self._used), {}
                refused, self._refused = self._refused, {}
            try:
                self.tokens.used(used)
                self.audit.write([_entry(*item) for item in refused.items()])
                if self._clock() - self._pruned_at_s >= PRUNE_EVERY_S:
                    self.audit.prune(keep_days=self._settings.audit_days)
                    self._pruned_at_s = self._clock()
            except SQLAlchemyError:
                log.exception("uses and refusals could not be written down")

    def _keep(self) -> None:
        while not self._stop.wait(KEEP_EVERY_S):
            self.flush()


def _provider(settings: Settings) -> Provider | None:
    """Whoever people sign in with; the libraries for it are an extra."""
    if not settings.oidc_issuer:
        return None
    try:
        from api.oidc import Provider
    except ModuleNotFoundError as error:
        raise ScenarioError("NAMEPLATE_OIDC_ISSUER", "needs the extra oidc",
                            settings.oidc_issuer,
                            ".venv/bin/pip install -c constraints.txt "
                            "-e '.[oidc]'") from error  # fmt: skip
    return Provider(settings)


def _caller(known: Known) -> Caller:
    return Caller(
        token_id=known.id, name=known.name, kind=known.kind, agent=known.agent,
        scopes=known.scopes,
    )  # fmt: skip


def _entry(kind: _Refused, count: int) -> dict[str, Any]:
    return {**kind._asdict(), "kind": "refusal", "object": "", "count": count}


def too_often(wait_s: float) -> Refusal:
    """Refuse with 429 and the time to wait."""
    return Refusal(429, "Too many requests; wait as Retry-After says", retry_s=wait_s)


def group(address: str) -> str:
    """Addresses that are limited together: one host's IPv6 network is one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)

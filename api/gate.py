"""
The gate every request passes first: host, origin, token, scope and rate.

It wraps the whole application, pages and their middleware included, and decides by
address and headers alone, before a byte of the body is read. Routes are protected by
default: one without `needs` takes scenarios:read or, where it changes something,
scenarios:write. What is open is listed in `OPEN`, and nowhere else.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, quote

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import Access, Needs, permitted
from api.caller import ACTING, CALLER, ROUTE, Caller
from api.errors import refused
from api.headers import Headed
from api.limits import BodyLimit
from api.metrics import Measured, Metrics
from api.problems import Refusal
from store.scopes import UNNAMED
from store.settings import Settings
from twin.errors import ScenarioError

OPEN = frozenset(
    {"/healthz", "/login", "/login/oidc", "/login/oidc/callback", "/logout"}
)
COOKIE = "nameplate_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SECRETS_IN_QUERY = frozenset({"token", "access_token", "api_key", "authorization"})
_READINGS = frozenset({"telemetry:write", "telemetry:collect"})
"""What opens the way for readings: agents' and collectors'."""
_FORWARDING = frozenset(
    {"forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip",
     "client-ip", "true-client-ip", "cf-connecting-ip"}
)  # fmt: skip
"""Headers that proxies add, beside those that begin with x-forwarded-."""
_LOCAL_NAMES = frozenset({"localhost", "in-process"})


class Guarded(FastAPI):
    """An application behind the gate, whatever middleware is added to it."""

    settings: Settings

    def build_middleware_stack(self) -> ASGIApp:
        """Put the gate around everything, and the headers around the gate."""
        inside = BodyLimit(super().build_middleware_stack())  # Dash reads bodies first
        gate = Gate(inside, self, self.settings)
        return Headed(Measured(gate, self._metrics), self)

    def _metrics(self) -> Metrics | None:
        services = getattr(self.state, "services", None)
        return None if services is None else services.metrics


class Place(NamedTuple):
    """A route: the addresses it answers, and what it takes to ask."""

    regex: re.Pattern[str]
    methods: frozenset[str]
    template: str
    scope: str | None


class Gate:
    """ASGI middleware that lets requests in, or answers them."""

    def __init__(self, app: ASGIApp, owner: FastAPI, settings: Settings) -> None:
        self._app, self._owner = app, owner
        self._open = settings.access == "open"
        names = {n.strip().lower() for n in settings.allowed_hosts.split(",")}
        self._hosts = frozenset(names - {""})
        self._proxies = frozenset(p.strip() for p in settings.proxy.split(",")) - {""}
        self._places: list[Place] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its caller, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        access = self._access()
        try:
            visit = Visit(self, scope, access)
            await visit.admit()
        except (Refusal, SQLAlchemyError) as error:
            await _refuse(scope, receive, send, error)
            return
        token = ACTING.set(visit.caller)
        try:
            await self._app(scope, visit.counting(receive), visit.recording(send))
        finally:
            ACTING.reset(token)

    def _access(self) -> Access | None:
        services = getattr(self._owner.state, "services", None)
        return None if services is None else services.access

    def find(self, path: str, method: str) -> tuple[str, str | None]:
        """Template of the route that answers, and the scope it takes; None is open."""
        if path in OPEN:
            return path, None
        if not self._places:
            self._places = list(places(self._owner))
        for place in self._places:
            if method in place.methods and place.regex.match(path):
                return place.template, place.scope
        if path.startswith("/api"):
            return "unknown", default_scope(method)
        return "pages", "scenarios:read"

    def check_host(self, headers: Headers) -> None:
        """
        Refuse names this server is not known by.

        A page of somebody else's can point a name of its own at this address, and the
        browser would then let it read our answers. A bare address cannot be forged so,
        and in tokens mode the browser holds no cookie for that name.

        Raises:
            Refusal: With status 400.
        """
        host = _host_name(headers.get("host", ""))
        if self._hosts:
            known = host in self._hosts
        else:
            known = not self._open or host in _LOCAL_NAMES or _is_address(host)
        if not known:
            wrong = ScenarioError("Host", "must be a name of this server", host,
                                  "name it in NAMEPLATE_ALLOWED_HOSTS")  # fmt: skip
            raise Refusal(400, str(wrong), errors=[wrong])

    def is_nearby(self, address: str, scope: Scope) -> bool:
        """
        Whether a request was made on this machine, and not only handed on by it.

        A reverse proxy on this machine makes everybody's requests loopback's. One that
        is not named in NAMEPLATE_PROXY is known by the headers it adds, or by the
        HTTP/1.0 that nginx speaks unless told otherwise (from memory); one that is
        named, by its address, where it did not say for whom it asks.
        """
        if address in self._proxies or not _is_loopback(address):
            return False
        names = {name.decode("latin-1").lower() for name, _ in scope["headers"]}
        added = {n for n in names if n.startswith("x-forwarded-")} | names & _FORWARDING
        return not added and scope.get("http_version") != "1.0"

    def stranger(self, address: str, *, nearby: bool) -> Caller | None:
        """Whoever shows no token: in open mode the local user, else nobody."""
        if not self._open:
            return None
        scopes = UNNAMED if nearby else UNNAMED - {"admin"}
        return Caller(token_id=None, name="local", kind="local", agent=None,
                      scopes=scopes, address=address)  # fmt: skip


class Visit:
    """One request on its way through the gate."""

    def __init__(self, gate: Gate, scope: Scope, access: Access | None) -> None:
        self._gate, self._scope, self._access = gate, scope, access
        self.headers = Headers(scope=scope)
        self.method = scope.get("method", "GET") if scope["type"] == "http" else "WS"
        self.inside = CALLER in scope
        self.address = (scope.get("client") or ("", 0))[0]
        self.caller: Caller | None = None
        self._by_cookie = False

    async def admit(self) -> None:
        """
        Decide.

        Raises:
            Refusal: With what the request is answered.
            SQLAlchemyError: If the database does not answer.
        """
        scope = self._scope
        template, needed = self._gate.find(scope["path"], self.method)
        scope[ROUTE] = template
        self._recorded = needed is not None and self._is_change(needed)
        if not self.inside:
            self._gate.check_host(self.headers)
            _no_secret_in(scope.get("query_string", b""))
        if self._access is None:
            raise Refusal(503, "The server has not started yet, or is stopping")
        self.caller = await self._identify(self._access)
        scope[CALLER] = self.caller
        if not self.inside:
            self._check_origin()
        if needed is not None:
            self._permit(self._access, needed)
        if self.caller is not None and not self.inside:
            self._access.charge(self.caller)

    async def _identify(self, access: Access) -> Caller | None:
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        if kind:
            shown = token.strip() if kind.lower() == "bearer" else ""
            return await access.verify(shown, self.address)
        if self.inside and self._scope[CALLER] is not None:
            inside: Caller = self._scope[CALLER]
            return inside
        cookie = cookie_parser(self.headers.get("cookie", "")).get(COOKIE)
        found = await access.resume(cookie, self.address) if cookie else None
        self._by_cookie = found is not None
        nearby = not self.inside and self._gate.is_nearby(self.address, self._scope)
        return found or self._gate.stranger(self.address, nearby=nearby)

    def _check_origin(self) -> None:
        """
        Refuse changes that another site's page asks this reader's browser for.

        Raises:
            Refusal: With status 403.
        """
        if self.method in SAFE or "authorization" in self.headers:
            return
        fetch_site, origin = (
            self.headers.get("sec-fetch-site"),
            self.headers.get("origin"),
        )
        if fetch_site is None and origin is None and not self._by_cookie:
            return  # no browser, nobody's rights to borrow
        same = fetch_site in {"same-origin", "none"}
        if fetch_site is None:
            same = (origin or "").partition("://")[2] == self.headers.get("host")
        if not same:
            raise Refusal(403, "Changes are only taken from this server's own pages")

    def _permit(self, access: Access, needed: str) -> None:
        try:
            permitted(self.caller, needed)
        except Refusal as refusal:
            why = "no token" if refusal.status == 401 else f"no {needed}"
            access.refused(refusal.status, self.address, why, self.caller)
            raise

    def _is_change(self, needed: str) -> bool:
        """Whether the log tells of it; readings come too often and name their agent."""
        reads = needed.endswith(":read") or needed in _READINGS
        return self.method not in SAFE and not reads

    def counting(self, receive: Receive) -> Receive:
        """Count what a token sends."""
        caller, access = self.caller, self._access
        if caller is None or access is None or caller.token_id is None:
            return receive

        async def counted() -> Message:
            message = await receive()
            access.received(caller, len(message.get("body", b"")))
            return message

        return counted

    def recording(self, send: Send) -> Send:
        """Write a change into the log before its answer leaves."""
        if not self._recorded or self.caller is None or self._access is None:
            return send
        caller, access, scope = self.caller, self._access, self._scope

        async def recorded(message: Message) -> None:
            if message["type"] == "http.response.start":
                action = f"{self.method} {scope[ROUTE]}"
                await run_in_threadpool(
                    access.changed, caller, action, scope["path"], message["status"]
                )
            await send(message)

        return recorded


def places(app: FastAPI) -> Iterator[Place]:
    """Routes of the API, and others that say what they need."""
    for route in iter_route_contexts(app.routes):
        path, regex = route.path, getattr(route, "path_regex", None)
        if path is None or regex is None:
            continue
        dependant = getattr(route, "dependant", None)
        asked = dependant.dependencies if dependant is not None else ()
        found = [d.call for d in asked if isinstance(d.call, Needs)]
        if not found and not path.startswith("/api/v"):
            continue
        for method in route.methods or ():
            wanted = found[-1].scope if found else default_scope(method)
            yield Place(regex, frozenset({method}), path, wanted)


def default_scope(method: str) -> str:
    """Scope of a route that names none."""
    return "scenarios:read" if method in SAFE else "scenarios:write"


def _no_secret_in(query: bytes) -> None:
    if not query:
        return
    found = {k.lower() for k in parse_qs(query.decode("latin-1"), True)}
    for name in sorted(found & SECRETS_IN_QUERY):
        wrong = ScenarioError(name, "must not stand in an address, which is logged",
                              "(not repeated here)", "send it in the header "
                              "Authorization: Bearer, and revoke this one")  # fmt: skip
        raise Refusal(400, str(wrong), errors=[wrong])


def _host_name(host: str) -> str:
    """Name or address in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_loopback(text: str) -> bool:
    """Whether a peer is on this machine; what is no address came by no network."""
    return not _is_address(text) or ipaddress.ip_address(text).is_loopback


async def _refuse(scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
    """Answer with a problem; send a reader without a session to the login page."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    path = scope["path"]
    accepts = Headers(scope=scope).get("accept", "")
    if (
        isinstance(error, Refusal) and error.status == 401 and "text/html" in accepts
        and scope.get("method") in SAFE and not path.startswith("/api")
    ):  # fmt: skip
        query = scope.get("query_string", b"").decode("ascii", "replace")
        after = f"{path}?{query}" if query else path
        response: Response = RedirectResponse(f"/login?next={quote(after)}", 303)
    else:
        response = refused(error)
    await response(scope, receive, send)

"""The MCP server at /mcp of an application, behind its gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.caller import CALLER, Caller
from api.client import Client
from api.mcp.server import make_server
from api.problems import Refusal
from store.settings import Settings

PATH = "/mcp"
MOST_SESSIONS = 200
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Mounted:
    """
    The endpoint of one application; it answers between start-up and shutdown.

    Args:
        app: The application; tools ask its API without a socket.
        settings: Which names it is reached by.
    """

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._app = app
        self._security = security_of(settings)
        self._manager: StreamableHTTPSessionManager | None = None
        app.router.routes.append(Route(PATH, endpoint=self, include_in_schema=False))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a message on; a session belongs to the token that opened it."""
        if self._manager is None:
            raise Refusal(503, "The server has not started yet, or is stopping")
        caller: Caller | None = scope.get(CALLER)
        if caller is not None and caller.token_id is not None:
            known = AccessToken(
                token="", client_id=caller.token_id, scopes=sorted(caller.scopes)
            )  # the token itself went no further than the gate
            scope["user"] = AuthenticatedUser(known)
        await self._manager.handle_request(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve sessions, from when the application's services have started."""
        client = Client.in_process(self._app, lifespan=False, acting=True)
        server = make_server(lambda: client)
        server.streamable_http_app(
            transport_security=self._security, max_sessions=MOST_SESSIONS
        )
        try:
            async with server.session_manager.run():
                self._manager = server.session_manager
                yield
        finally:
            self._manager = None
            await run_in_threadpool(client.close)


def security_of(settings: Settings) -> TransportSecuritySettings:
    """
    Names and origins that are answered, against DNS rebinding.

    A page of somebody else's can point its own name at this address. So only loopback
    and what the owner named in NAMEPLATE_ALLOWED_HOSTS is answered here, even by bare
    address, which the rest of the API takes in open mode.
    """
    named = [n.strip().lower() for n in settings.allowed_hosts.split(",") if n.strip()]
    names = [*LOOPBACK, *named]
    hosts = [*names, *(f"{name}:*" for name in names)]
    origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=hosts,
        allowed_origins=origins,
    )  # fmt: skip

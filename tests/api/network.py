"""The application as it looks from another machine: no rights of this process."""

from __future__ import annotations

from contextlib import contextmanager

import httpx

from api.caller import CALLER
from api.client import Client
from api.main import create_app
from api.transport import InProcessTransport
from app.create import create_dash
from store.access import Tokens
from store.scopes import ROLES

FAR = "192.0.2.7"  # RFC 5737, for documentation


class Network:
    """Pass requests on as a network server would."""

    def __init__(self, app, address=FAR):
        self._app, self._address = app, address

    async def __call__(self, scope, receive, send):
        scope = {k: v for k, v in scope.items() if k != CALLER}
        scope["client"] = (self._address, 4711)
        await self._app(scope, receive, send)


def network(app, *, address=FAR, token=None, host="nameplate.test"):
    """A client on another machine; without a token it is nobody."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(
        base_url=f"http://{host}", headers=headers, timeout=60,
        transport=InProcessTransport(Network(app, address), lifespan=False),
    )  # fmt: skip


@contextmanager
def running(settings, folder, **changes):
    """Another server, on a database of its own, and its client."""
    changes = {"database_url": f"sqlite:///{folder / 'own.db'}"} | changes
    app = create_app(settings.model_copy(update=changes), warm=False)
    with Client.in_process(app) as client:
        yield app, client


@contextmanager
def with_pages(settings, folder, **changes):
    """A server in tokens mode with its pages, running."""
    changes |= {"access": "tokens", "database_url": f"sqlite:///{folder / 'own.db'}"}
    app = create_app(settings.model_copy(update=changes), warm=False)
    pages = Client.in_process(app, lifespan=False, acting=True)
    create_dash(app, pages)
    with Client.in_process(app):
        yield app
    pages.close()


def a_token_each(app):
    """One token of each role, by its name."""
    tokens = Tokens(app.state.services.engine)
    return {
        role: tokens.create(
            name=f"{role} token", scopes=scopes,
            agent="node017" if role == "agent" else None,
        )[1]
        for role, scopes in ROLES.items()
    }  # fmt: skip

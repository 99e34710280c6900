"""The application as it looks from another machine: no rights of this process."""

from __future__ import annotations

import httpx

from api.caller import CALLER
from api.transport import InProcessTransport

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

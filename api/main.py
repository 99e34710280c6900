"""Assembles the API: settings, services, routes, errors, limits. Nowhere else does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import compile_path

from api import errors
from api.gate import Guarded
from api.limits import BodyLimit
from api.routes import (
    about,
    access,
    alerts,
    catalogue,
    datasets,
    imports,
    jobs,
    login,
    metrics,
    questions,
    receivers,
    scenarios,
    site,
    sites,
    stabilize,
    telemetry,
    tracking,
)
from api.routes.common import PREFIX
from api.services import AppState
from api.version import PRODUCT_VERSION
from store.settings import Settings

NOUNS = (
    telemetry, receivers, about, catalogue, sites, scenarios, questions, site,
    stabilize, jobs, datasets, access, alerts, imports, tracking,
)  # fmt: skip
"""Addresses are tried in this order, and agents ask most of all."""
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
GZIP_LEVEL = 4
"""Level 9 takes ten times as long for a few per cent."""


def create_app(settings: Settings | None = None, *, warm: bool = True) -> FastAPI:
    """
    Build the API. Pages are mounted on it by the caller.

    Args:
        settings: Where data lives; read from the environment if not given.
        warm: Compile the kernels in the background at start-up.

    Returns:
        The application; its services live between start-up and shutdown.
    """
    chosen = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = await run_in_threadpool(AppState, chosen)
        await run_in_threadpool(services.open, warm=warm)
        app.state.services = services
        try:
            yield
        finally:
            app.state.services = None
            await run_in_threadpool(services.close)

    app = Guarded(
        title="Nameplate",
        version=PRODUCT_VERSION,
        summary="How many GPU servers a row carries, and what breaks first.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # their pages load scripts from other hosts
        redoc_url=None,
        lifespan=lifespan,
    )
    app.settings = chosen
    errors.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(GZipMiddleware, compresslevel=GZIP_LEVEL)
    app.include_router(_routes())
    app.include_router(login.router)
    app.include_router(metrics.router)
    app.add_api_route(
        "/api/{rest:path}", _unknown, methods=METHODS, include_in_schema=False
    )
    return app


def _routes() -> APIRouter:
    api = APIRouter(prefix=PREFIX, responses=errors.described())
    for noun in NOUNS:
        api.include_router(noun.router)
    return api


async def _unknown(request: Request) -> None:
    """Answer addresses nobody owns, before a page's catch-all would."""
    path = request.url.path
    allowed = sorted({m for p, methods in _OWNED if p.match(path) for m in methods})
    if allowed:
        raise HTTPException(405, headers={"allow": ", ".join(allowed)})
    raise HTTPException(404)


_OWNED = [
    (compile_path(PREFIX + route.path)[0], route.methods or set())
    for noun in NOUNS
    for route in noun.router.routes
    if isinstance(route, APIRoute)
]
"""Addresses of the API and their methods, to tell 405 from 404."""

"""Assembles the API: settings, services, routes, errors, limits. Nowhere else does."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from api import errors
from api.gate import Guarded, places
from api.leaving import Leaving
from api.overload import PageTurns
from api.routes import (
    about,
    access,
    alerts,
    catalogue,
    compare,
    datasets,
    imports,
    jobs,
    login,
    metrics,
    planning,
    questions,
    receivers,
    scenarios,
    serving,
    site,
    sites,
    stabilize,
    studies,
    telemetry,
    tracking,
)
from api.routes.common import PREFIX
from api.services import AppState
from api.version import PRODUCT_VERSION
from store.download import mend
from store.settings import Settings
from store.trouble import trouble_of
from twin.errors import ScenarioError

NOUNS = (
    telemetry, receivers, about, catalogue, sites, scenarios, questions, site,
    stabilize, serving, planning, studies, compare, jobs, datasets, access, alerts,
    imports, tracking,
)  # fmt: skip
"""Addresses are tried in this order, and agents ask most of all."""
log = logging.getLogger("nameplate.api")
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
        # FastAPI builds its routes at their first use, and for that turns a warning
        # off: beside other threads that do the like it would be logged all the same
        list(places(app))
        services = await run_in_threadpool(_opened, chosen, warm=warm)
        app.state.services = services
        try:
            async with speaking():
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
    speaking = _mcp(app, chosen)
    errors.install(app)
    app.add_middleware(GZipMiddleware, compresslevel=GZIP_LEVEL)
    app.add_middleware(PageTurns)
    app.add_middleware(Leaving)
    app.include_router(_routes())
    app.include_router(login.router)
    app.include_router(metrics.router)
    app.add_api_route(
        "/api/{rest:path}", _unknown, methods=METHODS, include_in_schema=False
    )
    return app


def _opened(settings: Settings, *, warm: bool) -> AppState:
    """
    Open what a server holds.

    Raises:
        ScenarioError: Field "disk" or "database", with its place and the repair.
    """
    try:
        mend(Path(settings.cache_dir))
        services = AppState(settings)
        services.open(warm=warm)
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        log.error("%s", trouble)
        raise trouble from error
    return services


def _mcp(
    app: FastAPI, settings: Settings
) -> Callable[[], AbstractAsyncContextManager[None]]:
    """Mount the MCP endpoint where it is wanted; its SDK is an extra."""
    if not settings.mcp:
        return nullcontext
    try:
        from api.mcp.mount import Mounted
    except ModuleNotFoundError as error:
        raise ScenarioError("NAMEPLATE_MCP", "needs the extra mcp", True,
                            ".venv/bin/pip install -c constraints.txt -e '.[mcp]', "
                            "or leave it out") from error  # fmt: skip
    return Mounted(app, settings).running


def add_routes(app: FastAPI, router: APIRouter) -> None:
    """
    Add routes of a layer above, such as reports, below the same prefix.

    They go before all others: the last of those answers every address left.
    """
    known = len(app.router.routes)
    app.include_router(router, prefix=PREFIX, responses=errors.described())
    added = app.router.routes[known:]
    app.router.routes[:] = [*added, *app.router.routes[:known]]


def _routes() -> APIRouter:
    api = APIRouter(prefix=PREFIX, responses=errors.described())
    for noun in NOUNS:
        api.include_router(noun.router)
    return api


async def _unknown(request: Request) -> None:
    """Answer addresses nobody owns, before a page's catch-all would; 405 or 404."""
    path = request.url.path
    known = (place for place in places(request.app) if place.regex.match(path))
    allowed = sorted({method for place in known for method in place.methods})
    if allowed:
        raise HTTPException(405, headers={"allow": ", ".join(allowed)})
    raise HTTPException(404)

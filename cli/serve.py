"""`nameplate serve`: API and dashboard in one server process."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import webbrowser
from threading import Timer
from typing import Annotated, Any, Literal

import typer

from cli.problem import CANNOT, Problem, refusal
from cli.session import answering, err_console, read_settings

Access = Literal["open", "tokens"]
FIRST = "Make the first token with `nameplate tokens create NAME --role admin`"
KEEP_ALIVE_S = 75
"""Agents send every few seconds: theirs must outlast the pause, and their own limit."""


@answering
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; beyond this machine, with users.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = 8050,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the dashboard in a browser.")
    ] = False,
    access: Annotated[
        Access | None,
        typer.Option(
            envvar="NAMEPLATE_ACCESS",
            help="open: whoever reaches it may use it, on this machine alone; tokens: "
            "every request needs a token, the pages a login. Without it: tokens where "
            "--host is not this machine.",
        ),
    ] = None,
) -> None:
    """Start the dashboard and the REST API."""
    from store.migrate import upgrade

    server = prepare(host, port, access)
    upgrade(read_settings().database_url)  # here a refusal is said in words
    address = f"http://{host if ':' not in host else f'[{host}]'}:{port}"
    err_console().print(f"Nameplate on {address} (API: {address}/api/v1, Ctrl-C ends)")
    if open_browser:
        timer = Timer(1.0, webbrowser.open, [address])
        timer.daemon = True
        timer.start()
    serve_until_stopped(server)


def prepare(host: str, port: int, access: Access | None = None) -> Any:
    """
    Build the server: the API, and the dashboard over a client of it.

    Args:
        host: Address to listen on.
        port: Port.
        access: Who may use it; None takes what the settings say, and "tokens" where
            others reach the server.

    Returns:
        A uvicorn server, not yet started.

    Raises:
        Problem: Exit code 2 where others could reach it and it asks nobody who he is,
            or knows nobody to let in; exit code 3 where the port is taken.
    """
    near = _is_loopback(host)
    chosen = access or (None if near else "tokens")
    asked = {} if chosen is None else {"access": chosen}
    settings = read_settings(resume_studies=True, **asked)
    _check_reach(host, settings, near=near)
    _check_port(host, port)
    import uvicorn

    from api.client import Client
    from api.main import create_app
    from app.create import create_dash

    server = create_app(settings)
    create_dash(server, Client.in_process(server, lifespan=False, acting=True))
    config = uvicorn.Config(
        server, host=host, port=port, log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_S,
        proxy_headers=bool(settings.proxy), forwarded_allow_ips=settings.proxy or None,
    )  # fmt: skip
    return uvicorn.Server(config)


def serve_until_stopped(server: Any) -> None:
    """
    Serve until Ctrl-C.

    Raises:
        Problem: Exit code 3 where it did not come up, e.g. for the database.
    """
    from api.memory import keep_together

    allow_many_connections()
    keep_together()
    server.run()
    if not server.started:
        raise Problem(
            "The server did not start; run `nameplate doctor` to see why", code=CANNOT
        )


def allow_many_connections() -> None:
    """
    Use as many open files as the system lets us have.

    Every agent keeps a connection, and the usual soft limit of 1,024 files is what a
    thousand agents need alone.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _check_reach(host: str, settings: Any, *, near: bool) -> None:
    """Refuse to stand open to a network, or closed to everybody in it."""
    if settings.access == "open":
        if near:
            return
        raise refusal(
            f"On {host} others could use this server unasked",
            "--access", "must be tokens where others reach the server", "open",
            f"leave --access and NAMEPLATE_ACCESS out. {FIRST}; or leave --host out "
            "and put a proxy that asks for names in front",
        )  # fmt: skip
    if settings.oidc_issuer or _has_users():
        return
    if near:
        err_console().print(f"Nobody has a token yet. {FIRST}", markup=False)
        return
    raise refusal(
        "Nobody could use this server: its database has no user",
        "--host", "must be this machine while nobody has a token", host,
        f"{FIRST}, with the same NAMEPLATE_DATABASE_URL; in a container: docker "
        "compose run --rm nameplate nameplate tokens create NAME --role admin",
    )  # fmt: skip


def _has_users() -> bool:
    from cli.tokens import database
    from store.access import has_users

    with database(upgrade=False) as engine:
        return has_users(engine)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise refusal(
                "The server cannot listen there",
                "--host/--port", "must be free on this machine", f"{host}:{port}",
                f"choose another, e.g. --port {port % 65535 + 1} ({error.strerror})",
                code=CANNOT,
            ) from error  # fmt: skip

"""Put API and dashboard into one server process."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from typing import Any, Literal

from cli.problem import CANNOT, Problem, ProblemLine
from cli.session import read_settings

Access = Literal["open", "tokens"]
KEEP_ALIVE_S = 75
"""Agents send every few seconds: theirs must outlast the pause, and their own limit."""


def prepare(host: str, port: int, access: Access | None = None) -> Any:
    """
    Build the server: the API, and the dashboard over a client of it.

    Args:
        host: Address to listen on.
        port: Port.
        access: Who may use it; None takes "open", on this machine alone.

    Returns:
        A uvicorn server, not yet started.

    Raises:
        Problem: Exit code 2 where others could reach it and nobody said how they
            are let in; exit code 3 where the port is taken.
    """
    _check_reach(host, access)
    _check_port(host, port)
    import uvicorn

    from api.client import Client
    from api.main import create_app
    from app.create import create_dash

    asked = {} if access is None else {"access": access}
    settings = read_settings(resume_studies=True, **asked)
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
    allow_many_connections()
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


def _check_reach(host: str, access: Access | None) -> None:
    """Refuse to stand open to a network because nobody thought of it."""
    if access is not None or _is_loopback(host):
        return
    raise Problem(
        "Others could reach this server, and it asks nobody for a token",
        [
            ProblemLine(
                field="--host", rule="must be this machine without --access",
                value=host, repair="add --access tokens and make the first token with "
                "`nameplate tokens create NAME --role admin`; or --access open where "
                "everybody in reach may change everything",
            )
        ],
    )  # fmt: skip


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
            raise Problem(
                "The server cannot listen there",
                [
                    ProblemLine(
                        field="--host/--port", rule="must be free on this machine",
                        value=f"{host}:{port}",
                        repair=f"choose another, e.g. --port {port % 65535 + 1} "
                        f"({error.strerror})",
                    )
                ],
                code=CANNOT,
            ) from error  # fmt: skip

"""Put API and dashboard into one server process."""

from __future__ import annotations

import socket
from typing import Any

from cli.problem import CANNOT, Problem, ProblemLine
from cli.session import read_settings


def prepare(host: str, port: int) -> Any:
    """
    Build the server: the API, and the dashboard over a client of it.

    Args:
        host: Address to listen on.
        port: Port.

    Returns:
        A uvicorn server, not yet started.

    Raises:
        Problem: Exit code 3 where the port is taken.
    """
    _check_port(host, port)
    import uvicorn

    from api.client import Client
    from api.main import create_app
    from app.create import create_dash

    server = create_app(read_settings())
    create_dash(server, Client.in_process(server, lifespan=False))
    config = uvicorn.Config(server, host=host, port=port, log_level="warning")
    return uvicorn.Server(config)


def serve_until_stopped(server: Any) -> None:
    """
    Serve until Ctrl-C.

    Raises:
        Problem: Exit code 3 where it did not come up, e.g. for the database.
    """
    server.run()
    if not server.started:
        raise Problem(
            "The server did not start; run `nameplate doctor` to see why", code=CANNOT
        )


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

"""`nameplate mcp`: the planner for language models, over standard input and output."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.problem import CANNOT, Problem, ProblemLine
from cli.session import answering, planner, read_settings

Server = Annotated[
    str | None,
    typer.Option(
        envvar="NAMEPLATE_SERVER",
        help="Ask a running server, with NAMEPLATE_TOKEN where it wants one; without "
        "it the work is done in this process.",
    ),
]


@answering
def mcp(server: Server = None) -> None:
    """Serve the Model Context Protocol on stdin and stdout, for a program's tools."""
    try:
        from api.mcp.server import make_server
    except ModuleNotFoundError as error:
        raise Problem(
            "The Model Context Protocol is not installed",
            [
                ProblemLine(
                    field="mcp", rule="needs the extra mcp", value=error.name,
                    repair="install nameplate[mcp]",
                )
            ],
            code=CANNOT,
        ) from error  # fmt: skip
    # a model's scenario is no file of the user's: its Python is not run unasked
    policies = read_settings().allow_user_policy
    with planner(server, allow_user_policy=policies) as client:
        make_server(lambda: client).run("stdio")

"""`nameplate mcp`: the planner for language models, over standard input and output."""

from __future__ import annotations

from cli.options import Server
from cli.problem import CANNOT, refusal
from cli.session import answering, planner, read_settings


@answering
def mcp(server: Server = None) -> None:
    """Serve the Model Context Protocol on stdin and stdout, for a program's tools."""
    try:
        from api.mcp.server import make_server
    except ModuleNotFoundError as error:
        raise refusal(
            "The Model Context Protocol is not installed", "mcp", "needs the extra mcp",
            error.name, ".venv/bin/pip install -c constraints.txt -e '.[mcp]'",
            code=CANNOT,
        ) from error  # fmt: skip
    # a model's scenario is no file of the user's: its Python is not run unasked
    policies = read_settings().allow_user_policy
    with planner(server, allow_user_policy=policies) as client:
        make_server(lambda: client).run("stdio")

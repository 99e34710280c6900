"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

File = Annotated[Path, typer.Argument(help="Scenario in YAML or JSON.")]
SiteFile = Annotated[Path, typer.Argument(help="Scenario with a facility.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout.")
]
Server = Annotated[
    str | None,
    typer.Option(
        envvar="NAMEPLATE_SERVER",
        help="Ask a running server, e.g. http://127.0.0.1:8050, with NAMEPLATE_TOKEN "
        "where it wants one; without it the work is done in this process.",
    ),
]
Folder = Annotated[Path | None, typer.Option("--out", help="Folder for JSON and CSV.")]


def group(about: str) -> typer.Typer:
    """Begin a command that has commands of its own."""
    return typer.Typer(help=about, no_args_is_help=True, add_completion=False)


def strict_if(answer: str) -> Any:
    """
    Make the option that turns an answer into an exit code.

    Args:
        answer: Which answer is no: "a rule fails".
    """
    return typer.Option("--strict", help=f"Exit with 1 where {answer}.")

"""The `nameplate` command: its verbs, each imported when it is asked for."""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

VERBS = {
    "plan": "row:plan",
    "run": "row:run",
    "site": "site:site",
    "campus": "campus:campus",
    "failures": "site:failures",
    "fit": "site:fit",
    "schedule": "site:schedule",
    "stabilize": "stabilize:stabilize",
    "learn": "learn:learn",
    "serving": "serving:serving",
    "query-energy": "query_energy:query_energy",
    "shift": "shift:shift",
    "study": "study:study",
    "compare": "compare:compare",
    "placement": "placement:placement",
    "cost": "build_out:cost",
    "build-out": "build_out:build_out",
    "report": "report:report",
    "calibrate": "tracking:calibrate",
    "forecast": "tracking:forecast",
    "shadow": "tracking:shadow",
    "telemetry": "telemetry_import:app",
    "import": "imports:import_file",
    "export": "imports:exports",
    "datasets": "datasets:app",
    "tokens": "tokens:app",
    "audit": "audit:audit",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "serve": "serve:serve",
    "mcp": "mcp:mcp",
    "validate": "validate:validate",
    "doctor": "doctor:doctor",
    "version": "version:version",
}
"""Each command -> its module and what it is there: a function, or a group of them."""


class Verbs(UserDict[str, Any]):
    """Commands by name, each made when it is first looked at."""

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, str):
            found = self.data[name] = _made(name, found)
        return found


class Nameplate(TyperGroup):
    """All commands: one is asked for, and only what it needs is imported."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.commands = Verbs(VERBS)


app = typer.Typer(
    name="nameplate", cls=Nameplate, no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip


@app.callback()
def nameplate() -> None:
    """
    Digital twin for datacenter power planning.

    How many GPU servers a row carries, under which policy, and what it costs the users.

    Exit codes: 0 answered, 1 the answer is no, 2 wrong input, 3 not possible here
    and now, 130 stopped.
    """


def main() -> None:
    """Run the command; entry point of the installed script."""
    app()


def _made(name: str, place: str) -> Any:
    module, _, found = place.partition(":")
    verb = getattr(import_module(f"cli.{module}"), found)
    if not isinstance(verb, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command(name)(verb)
        verb = alone
    command = typer.main.get_command(verb)
    command.name = name
    return command


if __name__ == "__main__":
    main()

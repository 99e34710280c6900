"""`nameplate tokens`: make, list and revoke tokens, on the database itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from cli.problem import BAD_INPUT, CANNOT, Problem, ProblemLine
from cli.session import answering, err_console, out_console, print_json, read_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.access import Tokens

app = typer.Typer(
    help="Who may use a server: tokens, kept in its database. Needs no server, and "
    "acts on a running one within five seconds.",
    no_args_is_help=True,
)

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout.")
]
Role = Literal["agent", "collector", "viewer", "planner", "admin"]
FIELDS = ("id", "name", "kind", "scopes", "agent", "created_at", "expires_at",
          "used_at", "revoked_at")  # fmt: skip


@app.command()
@answering
def create(
    name: Annotated[str, typer.Argument(help="What people call it; an agent's name.")],
    role: Annotated[
        Role | None, typer.Option(help="A named set of scopes; see docs/access.md.")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="One more scope; may be repeated.")
    ] = None,
    agent: Annotated[
        str | None, typer.Option(help="Agent it is for, if not called like the token.")
    ] = None,
    days: Annotated[
        float | None, typer.Option(min=0.01, max=36500, help="Days until it ends.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a token and print it on stdout, this once."""
    from store.repositories import now_utc
    from store.scopes import ROLES

    wanted = {*(ROLES[role] if role else ()), *(scope or ())}
    bound = agent or (name if "telemetry:write" in wanted else None)
    ends = None if days is None else now_utc() + dt.timedelta(days=days)
    with _changing("create", 201) as (tokens, named):
        row, token = tokens.create(
            name=name, scopes=wanted, agent=bound, expires_at=ends
        )
        named.append(f"{row.id} {row.name}")
    if as_json:
        print_json({**_document(row), "token": token})
        return
    err_console().print(
        f"{row.name}: {', '.join(row.scopes)}. It cannot be shown again.", markup=False
    )
    typer.echo(token)


@app.command(name="list")
@answering
def list_tokens(as_json: Json = False) -> None:
    """Show tokens without their secrets, newest first."""
    from store.access import Tokens

    with database() as engine:
        tokens, cursor = Tokens(engine), None
        rows: list[Any] = []
        while True:
            page = tokens.page(limit=200, cursor=cursor)
            rows += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
    if as_json:
        print_json([_document(row) for row in rows])
    else:
        out_console().print(_table(rows))


@app.command()
@answering
def revoke(
    token_id: Annotated[str, typer.Argument(help="Id, the third part of the token.")],
    as_json: Json = False,
) -> None:
    """End a token; servers follow within five seconds."""
    from store.repositories import NotFoundError

    try:
        with _changing("revoke", 204) as (tokens, named):
            row = tokens.revoke(token_id)
            named.append(f"{row.id} {row.name}")
    except NotFoundError as error:
        line = ProblemLine(field="TOKEN_ID", rule="must be a token's id", value=None,
                           repair="take it from `nameplate tokens list`")  # fmt: skip
        raise Problem("No token was revoked", [line], code=BAD_INPUT) from error
    if as_json:
        print_json(_document(row))
    else:
        err_console().print(f"{row.name} ({row.id}) is revoked", markup=False)


@contextmanager
def database(*, upgrade: bool = True) -> Iterator[Engine]:
    """
    Open the database of the settings, at its newest schema.

    Raises:
        Problem: Exit code 3 where it is out of reach.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from store.engine import open_engine
    from store.migrate import upgrade_engine

    engine = open_engine(read_settings().database_url)
    try:
        if upgrade:
            upgrade_engine(engine)
        yield engine
    except (SQLAlchemyError, OSError) as error:
        line = ProblemLine(
            field="NAMEPLATE_DATABASE_URL", rule="must be a database in reach",
            value=type(error).__name__, repair="run `nameplate doctor`",
        )  # fmt: skip
        raise Problem("The database cannot be used", [line], code=CANNOT) from error
    finally:
        engine.dispose()


@contextmanager
def _changing(action: str, outcome: int) -> Iterator[tuple[Tokens, list[str]]]:
    """Open the tokens, and write down what becomes of the one named in the list."""
    from store.access import Audit, Tokens, machine_user

    with database() as engine:
        named: list[str] = []
        yield Tokens(engine), named
        who = f"{machine_user()} on the server"
        Audit(engine).write([
            {"kind": "change", "actor_id": "", "actor": who, "object": named[0],
             "action": f"nameplate tokens {action}", "outcome": outcome, "address": ""}
        ])  # fmt: skip


def _document(row: Any) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in FIELDS}
    return {
        k: v.isoformat() if isinstance(v, dt.datetime) else v for k, v in values.items()
    }


def _table(rows: list[Any]) -> Table:
    table = Table(title="Tokens", title_justify="left")
    for name in ("Id", "Name", "Opens", "Made", "Last used", "Ends"):
        table.add_column(name, no_wrap=name == "Id")
    for row in rows:
        ends = "revoked" if row.revoked_at else _day(row.expires_at, "never")
        table.add_row(row.id, row.name, ", ".join(row.scopes), _day(row.created_at, ""),
                      _day(row.used_at, "not yet"), ends)  # fmt: skip
    return table


def _day(at: dt.datetime | None, absent: str) -> str:
    return absent if at is None else f"{at:%Y-%m-%d %H:%M} UTC"

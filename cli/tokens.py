"""`nameplate tokens`: make, list and revoke tokens, on the database itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

from cli.options import Json, group
from cli.problem import refusal
from cli.session import answering, err_console, print_json, read_settings, show
from cli.tables import listing, row

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.access import Tokens

app = group(
    "Who may use a server: tokens, kept in its database. Needs no server, and "
    "acts on a running one within five seconds."
)

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
        made, token = tokens.create(
            name=name, scopes=wanted, agent=bound, expires_at=ends
        )
        named.append(f"{made.id} {made.name}")
    if as_json:
        print_json({**documents([made], FIELDS)[0], "token": token})
        return
    err_console().print(
        f"{made.name}: {', '.join(made.scopes)}. It cannot be shown again.",
        markup=False,
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
    show(documents(rows, FIELDS), _print_tokens, as_json=as_json)


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
            ended = tokens.revoke(token_id)
            named.append(f"{ended.id} {ended.name}")
    except NotFoundError as error:
        raise refusal("No token was revoked", "TOKEN_ID", "must be a token's id",
                      token_id,
                      "take it from `nameplate tokens list`") from error  # fmt: skip
    if as_json:
        print_json(documents([ended], FIELDS)[0])
    else:
        err_console().print(f"{ended.name} ({ended.id}) is revoked", markup=False)


@contextmanager
def database(*, upgrade: bool = True) -> Iterator[Engine]:
    """Open the database of the settings, at its newest schema."""
    from store.engine import opened
    from store.migrate import upgrade_engine

    with opened(read_settings().database_url) as engine:
        if upgrade:
            upgrade_engine(engine)
        yield engine


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


def documents(rows: Iterable[Any], fields: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of the database as records of JSON."""
    return [
        {k: v.isoformat() if isinstance(v, dt.datetime) else v
         for k, v in ((name, getattr(row, name)) for name in fields)}
        for row in rows
    ]  # fmt: skip


def _print_tokens(console: Console, tokens: list[dict[str, Any]]) -> None:
    table = listing("Tokens", "Id", "Name", "Opens", "Made", "Last used", "Ends")
    for t in tokens:
        ends = "revoked" if t["revoked_at"] else _minute(t["expires_at"], "never")
        row(
            table, t["id"], t["name"], ", ".join(t["scopes"]),
            _minute(t["created_at"], ""), _minute(t["used_at"], "not yet"), ends,
        )  # fmt: skip
    console.print(table)


def _minute(at: str | None, absent: str) -> str:
    return absent if at is None else f"{at.replace('T', ' '):.16} UTC"

"""`nameplate audit`: who changed what and who was refused, from the database itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from cli.options import Json
from cli.session import answering, show
from cli.tables import listing, row
from cli.tokens import database, documents

FIELDS = ("created_at", "kind", "actor", "actor_id", "action", "object", "outcome",
          "address", "count")  # fmt: skip


@answering
def audit(
    kind: Annotated[
        Literal["change", "refusal"] | None, typer.Option(help="Only of one kind.")
    ] = None,
    actor: Annotated[
        str | None, typer.Option(help="Only of one token or person, by its id.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most entries.")] = 50,
    as_json: Json = False,
) -> None:
    """Show the audit log, newest first."""
    from store.access import Audit

    with database() as engine:
        found = Audit(engine).page(limit=limit, kind=kind, actor_id=actor).items
    show(documents(found, FIELDS), _print_log, as_json=as_json)


def _print_log(console: Console, entries: list[dict[str, Any]]) -> None:
    table = listing(
        "Audit log", "When (UTC)", "Who", "What", "Of", "Answer", "From", "Times"
    )
    for e in entries:
        row(
            table, f"{e['created_at'].replace('T', ' '):.19}", e["actor"] or "nobody",
            e["action"], e["object"], str(e["outcome"]), e["address"], str(e["count"]),
        )  # fmt: skip
    console.print(table)

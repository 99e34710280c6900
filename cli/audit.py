"""`nameplate audit`: who changed what and who was refused, from the database itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from cli.session import answering, out_console, print_json
from cli.tokens import Json, database

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
        rows = Audit(engine).page(limit=limit, kind=kind, actor_id=actor).items
    if as_json:
        print_json([_document(row) for row in rows])
    else:
        out_console().print(_table(rows))


def _document(row: Any) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in FIELDS}
    return {**found, "created_at": row.created_at.isoformat()}


def _table(rows: Iterable[Any]) -> Table:
    table = Table(title="Audit log", title_justify="left")
    for name in ("When (UTC)", "Who", "What", "Of", "Answer", "From", "Times"):
        table.add_column(name, no_wrap=name == "When (UTC)")
    for row in rows:
        table.add_row(f"{row.created_at:%Y-%m-%d %H:%M:%S}", row.actor or "nobody",
                      row.action, row.object, str(row.outcome), row.address,
                      str(row.count))  # fmt: skip
    return table

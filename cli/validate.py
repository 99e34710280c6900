"""`nameplate validate`: the table; its figures are recomputed in cli/validation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.options import Json, strict_if
from cli.problem import refusal
from cli.session import answering, progress, show

Row = dict[str, Any]


@answering
def validate(
    prefix: Annotated[
        str, typer.Argument(help="Only ids that start so, e.g. polca.")
    ] = "",
    strict: Annotated[bool, strict_if("a figure does not hold")] = False,
    as_json: Json = False,
) -> None:
    """Recompute the validation table: published, ours, difference."""
    with progress("validating") as report:
        rows = recompute(prefix, report)
    missed = not all(row["passes"] for row in rows)
    show(rows, lambda console, _: console.print(table(rows)), as_json=as_json,
         no=strict and missed)  # fmt: skip


def recompute(prefix: str, report: Callable[[float, str], None]) -> list[Row]:
    """
    Recompute the rows whose id starts with a prefix.

    Args:
        prefix: Start of the ids, e.g. "polca"; empty is every row.
        report: Told the part done, 0..1, and what is under way.

    Returns:
        Rows as JSON values.

    Raises:
        Problem: Exit code 2 where no row does.
    """
    from cli.validation import rows

    try:
        return [row.to_json() for row in rows(prefix, report)]
    except ValueError as error:
        raise refusal(
            "Nothing to validate", "PREFIX", "must be the start of some row's id",
            prefix, f"leave it out to see every row ({error})",
        ) from error  # fmt: skip


def table(rows: list[Row]) -> Table:
    """Build the table: published beside ours, with the tolerance."""
    from cli.validation.row import verdict

    shown = Table(title="Validation", title_justify="left")
    for name in ("Id", "Quantity", "Unit"):
        shown.add_column(name)
    for name in ("Published", "Ours", "Difference", "Tolerance"):
        shown.add_column(name, justify="right")
    shown.add_column("Passes")
    shown.add_column("Source")
    for row in rows:
        shown.add_row(
            row["id"], row["quantity"], row["unit"],
            _range(row),
            *(_figure(row[k]) for k in ("ours", "difference", "tolerance")),
            _VERDICTS[verdict(row)],
            f"{row['source']} ({row['mark']})",
        )  # fmt: skip
    return shown


_VERDICTS = {"yes": "[green]yes[/]", "no": "[red]no[/]", "sign": "sign only",
             "input": "input"}  # fmt: skip


def _range(row: Row) -> str:
    """Published figure, or both ends of its range."""
    ends = (row["published"], row.get("most"))
    return " to ".join(_figure(end) for end in ends if end is not None)


def _figure(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)

"""Tables and lines for a terminal: plain text, nothing in it is markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.format import number

Side: TypeAlias = Literal["left", "right"]
_HIDDEN = "and {} more; --json has all"


def make_table(
    title: str, *columns: str | tuple[str, Side], wrap: bool = False
) -> Table:
    """
    Begin a table.

    Args:
        title: Above it.
        columns: Names, with the side they are set to where it is not the usual one:
            left for the first, right for the others.
        wrap: Whether columns after the first may have several lines.
    """
    table = Table(
        title=Text(title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for k, column in enumerate(columns):
        usual: Side = "right" if k else "left"
        name, side = (column, usual) if isinstance(column, str) else column
        table.add_column(Text(name), justify=side, no_wrap=not wrap or k == 0)
    return table


def listing(title: str, *columns: str) -> Table:
    """Begin a table of words, which may have several lines."""
    return make_table(title, *((name, "left") for name in columns), wrap=True)


def row(table: Table, *cells: str, style: str | None = None) -> None:
    """Add a row of plain text: brackets in a name are no markup."""
    table.add_row(*(Text(cell) for cell in cells), style=style)


def say(console: Console, *lines: str) -> None:
    """Print lines as they are."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def look_again(found: Mapping[str, Any]) -> list[str]:
    """What an answer says to look at again."""
    return [f"look again: {words}" for words in found["warnings"]]


def hidden(items: Sequence[Any], shown: int) -> list[str]:
    """Say how many of a list are not shown, if any."""
    more = len(items) - shown
    return [_HIDDEN.format(more)] if more > 0 else []


def kilo(value: float | None, digits: int = 1) -> str:
    """Format watts as kilowatts."""
    return number(None if value is None else value / 1e3, digits)


def clock(t_s: float) -> str:
    """Write seconds as hours, minutes and seconds."""
    minutes, seconds = divmod(round(t_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}"

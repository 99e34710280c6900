"""Lists that come in pages: fetched as they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nameplate_client.record import Record, frame_of, html_table, short

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T", bound=Record)
Fetch = Callable[[str | None], dict[str, Any]]
MOST_SHOWN = 20


class Pages(Generic[T]):
    """
    A list on the server; iterating fetches page after page, each time anew.

    Args:
        kind: What an item is.
        fetch: Gets the page at a cursor; None is the first.
    """

    def __init__(self, kind: type[T], fetch: Fetch) -> None:
        self._kind, self._fetch = kind, fetch

    def __iter__(self) -> Iterator[T]:
        cursor = None
        while True:
            page = self._fetch(cursor)
            yield from (self._kind(item) for item in page["items"])
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def first(self) -> T | None:
        """Read the first item, the newest; None of an empty list."""
        return next(iter(self), None)

    def frame(self) -> pd.DataFrame:
        """Make a pandas frame of all items, one row each."""
        return frame_of(list(self))

    def _repr_html_(self) -> str:
        page = self._fetch(None)
        shown = page["items"][:MOST_SHOWN]
        names = list(shown[0]) if shown else []
        rows = [[short(item.get(name)) for name in names] for item in shown]
        more = len(page["items"]) > MOST_SHOWN or page.get("next_cursor") is not None
        title = f"{self._kind.__name__}, first {len(shown)}" if more else ""
        return html_table(title or self._kind.__name__, names, rows)

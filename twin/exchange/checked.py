"""Values out of files of others, checked one by one; a wrong one names its row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from twin.exchange.topology import RowError

MAX_TEXT = 200
_SECRET = ("password", "passphrase", "token", "secret", "community", "apikey")
_NOT_SECRET = ("secretname",)
HIDDEN = "hidden"


class RowProblem(Exception):  # noqa: N818 - it is caught per row and reported
    """One value of a row is wrong."""

    def __init__(self, field: str, rule: str, value: Any, repair: str) -> None:
        super().__init__(f"{field} {rule}")
        self.field = field
        self.rule = rule
        self.value = value
        self.repair = repair

    def at(self, table: str, row: int) -> RowError:
        """Say in which row of which table it stands."""
        return RowError(
            table=table, row=row, field=self.field, rule=self.rule,
            value=shown(self.value), repair=self.repair,
        )  # fmt: skip


def shown(value: Any) -> Any:
    """A value short enough for a message."""
    if value is None or isinstance(value, bool | int | float):
        return value if not isinstance(value, float) or math.isfinite(value) else "NaN"
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def record(value: Any, what: str) -> Mapping[str, Any]:
    """
    A mapping.

    Raises:
        RowProblem: If it is something else.
    """
    if not isinstance(value, Mapping):
        raise RowProblem(what, "must be an object", value, "write {...} with its keys")
    return value


def text(row: Mapping[str, Any], field: str, default: str | None = None) -> str:
    """
    A short text; numbers become text.

    Raises:
        RowProblem: If it is missing, empty or no text, and there is no default.
    """
    value = row.get(field)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        if default is not None:
            return default
        raise RowProblem(field, "is required", None, f"give {field}")
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise RowProblem(
            field, f"must be a text of at most {MAX_TEXT} characters", value,
            "shorten it",
        )  # fmt: skip
    return value.strip()


def number(
    row: Mapping[str, Any], field: str, *, low: float, high: float,
    default: float | None = None, unit: str = "",
) -> float | None:  # fmt: skip
    """
    A finite number within its range; text such as "30" or "80%" is read.

    Raises:
        RowProblem: If it is no number, or outside.
    """
    value = row.get(field)
    if value is None or value == "":
        return default
    if isinstance(value, str):
        try:
            value = float(value.strip().rstrip("%").strip())
        except ValueError:
            value = math.nan
    wrong = isinstance(value, bool) or not isinstance(value, int | float)
    if wrong or not low <= float(value) <= high:
        shown_unit = f" {unit}" if unit else ""
        raise RowProblem(
            field, f"must be a number of {low:g} to {high:g}{shown_unit}",
            row.get(field), "correct it at the source, or leave it empty",
        )  # fmt: skip
    return float(value)


def without_secrets(value: Any) -> Any:
    """A copy in which passwords and the like are hidden, so that none is stored."""
    if isinstance(value, Mapping):
        return {
            str(k): HIDDEN if _is_secret(str(k), v) else without_secrets(v)
            for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(v) for v in value]
    return value


def _is_secret(key: str, value: Any) -> bool:
    plain = key.lower().replace("_", "").replace("-", "")
    named = any(word in plain for word in _SECRET) and plain not in _NOT_SECRET
    return named and isinstance(value, str) and bool(value)

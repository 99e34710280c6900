"""The base of every answer, and how its fields say unit, meaning and example."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.problems import MAX_ERRORS
from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario.parse import nearest


class Out(BaseModel):
    """An answer: read from rows or mappings, closed to keys it does not declare."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")


class In(BaseModel):
    """A request body: unknown keys are errors, numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        """Refuse unknown keys, naming the nearest that exists."""
        if not isinstance(data, Mapping):
            return data
        known = cls.model_fields
        unknown = (item for item in data.items() if item[0] not in known)
        wrong = [
            ScenarioError(
                field=str(key), rule="is not a known key", value=value,
                repair=nearest(str(key), known),
            )
            for key, value in islice(unknown, MAX_ERRORS)
        ]  # fmt: skip
        if wrong:
            raise ScenarioErrors(wrong)
        return data


def said(
    doc: str, example: Any, default: Any = ..., *, unit: str = "", **more: Any
) -> Any:
    """
    Declare a field with what the OpenAPI page shows of it.

    Args:
        doc: One sentence on the meaning.
        example: A sensible value.
        default: Value where absent; `...` makes it required.
        unit: Unit; a number without one is a count or a ratio, "1".
        **more: pydantic limits.

    Returns:
        A pydantic field.
    """
    if not unit and isinstance(example, int | float) and not isinstance(example, bool):
        unit = "1"
    return Field(
        default,
        description=f"{doc} [{unit}]" if unit else doc,
        examples=[example],
        json_schema_extra={"unit": unit} if unit else None,
        **more,
    )


class Page(Out):
    """A part of a list."""

    items: list[Any]
    next_cursor: str | None = said(
        "Cursor of the next page; null on the last",
        "MjAyNi0wMS0wNVQwMDowMDowMCswMDowMHxydW5fMQ",
    )

"""The base of every scenario model: frozen, closed to unknown keys, with units."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def quantity(
    default: Any = ...,
    *,
    unit: str,
    doc: str,
    example: Any,
    source: str = "",
    **limits: Any,
) -> Any:
    """
    Declare a field with the unit, meaning, example and source that docs show.

    Args:
        default: Value used when the key is absent; `...` makes it required.
        unit: Unit as printed, e.g. "W", "s", "1" for a bare ratio.
        doc: One sentence on what the quantity is.
        example: A sensible value, shown in OpenAPI.
        source: Where the default comes from: measured, published or assumed.
        **limits: pydantic limits such as `ge`, `le`, `gt`, `lt`.

    Returns:
        A pydantic field.
    """
    extra: dict[str, Any] = {"unit": unit} | ({"source": source} if source else {})
    return Field(
        default,
        description=f"{doc} [{unit}]",
        examples=[example],
        json_schema_extra=extra,
        **limits,
    )

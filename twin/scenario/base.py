"""The base of every scenario model: frozen, closed to unknown keys, with units."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Model(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Checked(Model):
    """A record that refuses more than its fields do."""

    def _check(self) -> None:
        """Raise `ValueError`, with the field's name first, where it does."""

    @model_validator(mode="after")
    def _checked(self) -> Self:
        self._check()
        return self


class Recorded(Checked):
    """Fields of a record of the core, which says itself what else they may not be."""

    core: ClassVar[str]
    """Module and name of the record. Compiled code costs 0.4 s to load: it is imported
    where a record is made, and most inputs hold none."""

    def record(self) -> Any:
        """Convert to the core's record; what is None takes the record's default."""
        module, _, name = self.core.rpartition(".")
        given = self.model_dump(exclude_none=True)
        return getattr(import_module(module), name)(**given)

    def _check(self) -> None:
        """Refuse what the core does."""
        self.record()


def described(default: Any, doc: str, *, example: Any = ..., **more: Any) -> Any:
    """
    Declare a field with the meaning and example that docs show.

    Args:
        default: Value used when the key is absent; `...` makes it required.
        doc: One sentence on what it is.
        example: A sensible value, shown in OpenAPI; `...` is the default.
        **more: pydantic limits such as `min_length`.

    Returns:
        A pydantic field.
    """
    shown = default if example is ... else example
    return Field(default, description=doc, examples=[shown], **more)


def quantity(
    default: Any,
    doc: str,
    *,
    unit: str = "1",
    example: Any = ...,
    source: str = "",
    **limits: Any,
) -> Any:
    """
    Declare a number with its unit and source beside what `described` takes.

    Args:
        default: Value used when the key is absent; `...` makes it required.
        doc: One sentence on what the quantity is.
        unit: Unit as printed, e.g. "W", "s", "1" for a bare ratio.
        example: A sensible value, shown in OpenAPI; `...` is the default.
        source: Where the default comes from: measured, published or assumed.
        **limits: pydantic limits such as `ge`, `le`, `gt`, `lt`.

    Returns:
        A pydantic field.
    """
    extra: dict[str, Any] = {"unit": unit} | ({"source": source} if source else {})
    return described(
        default, f"{doc} [{unit}]", example=example, json_schema_extra=extra, **limits
    )


def part(made: Callable[..., Any], doc: str, example: Any = None, **limits: Any) -> Any:
    """
    Declare a field that is made anew where the key is absent: a model, or a list.

    Args:
        made: What makes it, such as the model itself.
        doc: One sentence on what it is.
        example: A sensible value, shown in OpenAPI; None shows none.
        **limits: pydantic limits such as `max_length`.

    Returns:
        A pydantic field.
    """
    shown = None if example is None else [example]
    return Field(default_factory=made, description=doc, examples=shown, **limits)

"""What was asked, read back from an answer: the model's record and its given parts."""

from __future__ import annotations

from typing import Any, Literal, get_origin

from pydantic import BaseModel, ValidationError

from twin.scenario import Scenario

Json = dict[str, Any]
_TAGS = ("kind", "name", "key")


def scenario_of(document: Json | None) -> Scenario | None:
    """Read a scenario; None where there is none, or one that this version refuses."""
    found: Scenario | None = model_of(Scenario, document)
    return found


def model_of(kind: type[Any], document: Json | None) -> Any:
    """Read inputs of a kind; None where they are missing or refused."""
    if not document:
        return None
    try:
        return kind.model_validate(document)
    except (ValidationError, ValueError):
        return None


def given_only(model: BaseModel) -> Json:
    """
    Write inputs without what is at its default.

    Args:
        model: The inputs.

    Returns:
        A document that reads back as the same inputs.
    """
    found = _given(model)
    if "name" in type(model).model_fields:
        found = {"name": getattr(model, "name", "")} | found
    if model_of(type(model), found) == model:
        return found
    return model.model_dump(mode="json")


def _given(model: BaseModel) -> Json:
    whole = model.model_dump(mode="json")
    found: Json = {}
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        tag = name in _TAGS and get_origin(info.annotation) is Literal
        default = info.get_default(call_default_factory=True)
        if not tag and not info.is_required() and value == default:
            continue
        if isinstance(value, BaseModel):
            found[name] = _given(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            found[name] = [
                _given(v) if isinstance(v, BaseModel) else w
                for v, w in zip(value, whole[name], strict=True)
            ]
        else:
            found[name] = whole[name]
    return found

"""A study as it is being defined: read, checked, written as YAML."""

from __future__ import annotations

import copy
import json
from typing import Any

import yaml

from api.client import ApiProblem, Client

Json = dict[str, Any]

MOST_TEXT = 200_000
"""Characters of a pasted document."""
DEFAULTS, OWN = "defaults", "own"
_BAD_INPUT = 422
_ABSENT: Json = {"name": "Study", "question": "row", "design": {"kind": "grid"}}
"""What a study that does not say takes, as `StudySpec` has it."""


def problem(field: str, rule: str, value: Any, repair: str) -> ApiProblem:
    """Say what is wrong with what was typed, as the server says it."""
    error = {"field": field, "rule": rule, "value": value, "repair": repair}
    return ApiProblem({
        "title": "The study cannot be read", "status": _BAD_INPUT, "detail": rule,
        "errors": [error],
    })  # fmt: skip


def spec_of(draft: Json) -> tuple[Json, str | None]:
    """
    Return the study of a draft.

    Args:
        draft: `{spec, base, base_text}` of the page; axes with a list have
            `values_text`.

    Returns:
        The study as the server takes it, and the stored scenario it rests on.

    Raises:
        ApiProblem: If a text cannot be read.
    """
    spec = plain(copy.deepcopy(draft.get("spec") or {}))
    if isinstance(spec["axes"], list):
        spec["axes"] = [_axis(axis, n) for n, axis in enumerate(spec["axes"])]
    base = str(draft.get("base") or DEFAULTS)
    spec.pop("base", None)
    if base == OWN:
        spec["base"] = read_text(str(draft.get("base_text") or ""), "base")
    return spec, None if base in (DEFAULTS, OWN) else base


def _axis(axis: Json, place: int) -> Json:
    text = axis.pop("values_text", None) if isinstance(axis, dict) else None
    if text is None:
        return axis  # the server says what it should have been
    return axis | {"values": values_of(str(text), f"axes.{place}.values")}


def values_of(text: str, field: str) -> list[Any]:
    """
    Read a list as people type it: "40, 46, 52", names, or JSON.

    Raises:
        ApiProblem: If it is no list.
    """
    inner = text.strip()
    if not inner:
        raise problem(field, "must not be empty", None, "write values, 40, 46, 52")
    wrapped = inner if inner.startswith("[") else f"[{inner}]"
    try:
        found = _loaded(wrapped)
    except (yaml.YAMLError, ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or any(v is None for v in found):
        raise problem(field, "is no list", inner[:60], "write values, 40, 46, 52")
    return found


def read_text(text: str, field: str) -> Json:
    """
    Read YAML or JSON.

    Raises:
        ApiProblem: If it is no document of keys and values.
    """
    if len(text) > MOST_TEXT:
        raise problem(field, f"is longer than {MOST_TEXT:,} characters", None,
                      "use nameplate study for a study this long")  # fmt: skip
    if "&" in text and "*" in text and _aliased(text):
        raise problem(field, "must not repeat parts by anchors", None, "write them out")
    try:
        found = _loaded(text) if text.strip() else {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        at = f" at line {mark.line + 1}" if mark else ""
        raise problem(
            field, f"is neither YAML nor JSON{at}", None,
            "check its indentation, colons and brackets",
        ) from error  # fmt: skip
    if not isinstance(found, dict):
        raise problem(field, "must have keys and values", text.strip()[:40],
                      "write key: value")  # fmt: skip
    return found


def _loaded(text: str) -> Any:
    """Read YAML; ValueError where it holds what JSON cannot be written with."""
    found = yaml.safe_load(text)
    try:
        json.dumps(found, allow_nan=False)
    except TypeError as error:  # a date, a set, bytes
        raise ValueError(str(error)) from error
    return found


def _aliased(text: str) -> bool:
    """Whether a document uses anchors, by which a few lines become millions."""
    try:
        return any(isinstance(e, yaml.AliasEvent) for e in yaml.parse(text))
    except yaml.YAMLError:
        return False


def draft_of(spec: Json) -> Json:
    """
    Turn a study into a draft of the page.

    Args:
        spec: As a file, the server or an example has it.
    """
    spec = _ABSENT | plain(copy.deepcopy(spec))
    base = spec.pop("base", None) or {}
    for axis in spec["axes"] if isinstance(spec["axes"], list) else []:
        if isinstance(axis, dict) and isinstance(axis.get("values"), list):
            axis["values_text"] = values_text(axis.pop("values"))
    return {
        "spec": spec, "base": OWN if base else DEFAULTS,
        "base_text": as_yaml(base) if base else "",
    }  # fmt: skip


def values_text(values: Any) -> str:
    """Write a list as people type it."""
    text = yaml.safe_dump(list(values), default_flow_style=True, width=10**6)
    return text.strip()[1:-1]


def plain(spec: Json) -> Json:
    """Leave out what is null, all the way down the axes and limits."""
    for name in ("axes", "limits"):
        spec[name] = spec.get(name) or []
        if isinstance(spec[name], list):
            spec[name] = [
                {k: _without_nulls(v) for k, v in one.items() if v is not None}
                if isinstance(one, dict) else one
                for one in spec[name]
            ]  # fmt: skip
    if isinstance(spec.get("design"), dict):
        spec["design"] = _without_nulls(spec["design"])
    return {k: v for k, v in spec.items() if v is not None}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: v for k, v in value.items() if v is not None}
    return value


def as_yaml(document: Json) -> str:
    """Write a document the way people write it."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=88)


def checked(client: Client, draft: Json) -> Json:
    """
    Look at a draft.

    Returns:
        `{ok, points, axes, errors, yaml}`; errors with field, rule, value, repair.
    """
    try:
        spec, scenario = spec_of(draft)
    except ApiProblem as error:
        return {"ok": False, "errors": error.problem["errors"], "yaml": ""}
    text = as_yaml(spec)
    try:
        found = client.check_study(spec, scenario_id=scenario)
    except ApiProblem as error:
        return {"ok": False, "errors": errors_of(error.problem), "yaml": text}
    return {
        "ok": True, "points": found["points"], "axes": found["axes"], "errors": [],
        "yaml": text,
    }  # fmt: skip


def errors_of(document: Json) -> list[Json]:
    """Errors of a problem; one without fields is an error of the whole."""
    found = document.get("errors") or [{
        "field": "study", "rule": document.get("detail") or document.get("title"),
        "value": None, "repair": "",
    }]  # fmt: skip
    return [
        {"field": str(e.get("field") or "").removeprefix("study."),
         "rule": str(e.get("rule") or ""), "value": e.get("value"),
         "repair": str(e.get("repair") or "")}
        for e in found
    ]  # fmt: skip

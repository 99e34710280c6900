"""
Read scenarios from plain mappings and change them, refusing early and by name.

One translation serves YAML, JSON, REST and the page: pydantic's findings become
`ScenarioErrors`, each with field, rule, value and repair. Unknown keys name the
nearest key that exists.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario.model import Scenario
from twin.scenario.policy import POLICY_NAMES
from twin.scenario.workload import RateArrivals, RequestArrivals

_REPAIRS = {
    "missing": "add it",
    "greater_than": "raise it",
    "greater_than_equal": "raise it",
    "less_than": "lower it",
    "less_than_equal": "lower it",
    "finite_number": "give a finite number",
    "float_parsing": "give a number without a unit",
    "float_type": "give a number without a unit",
    "int_parsing": "give a whole number",
    "int_from_float": "give a whole number",
    "int_type": "give a whole number",
    "string_type": "put it in quotes",
    "timezone_aware": 'add the UTC offset, for example "2026-01-05T00:00:00Z"',
    "datetime_from_date_parsing": 'use a form such as "2026-01-05T00:00:00Z"',
    "datetime_parsing": 'use a form such as "2026-01-05T00:00:00Z"',
}
_EXACT = 2**53
MOST_FINDINGS = 200
"""More are not looked at: nobody reads them, and each takes time to put into words."""
_INDEX_DIGITS = 4
_UNION_TAGS = {
    *POLICY_NAMES, "user", "diurnal", "rates", "requests", "NoCap", "OneThreshold",
    "Polca", "UserPolicy", "str", "fixed", "lognormal", "exponential", "uniform",
    "loguniform", "samples", "line", "work", "points",
}  # fmt: skip


_UNION = "tagged-union["
"""How pydantic names a choice of objects inside a path."""


def parse_scenario(document: Any) -> Scenario:
    """
    Build a scenario from a mapping such as a YAML or JSON document.

    Args:
        document: The mapping. Absent keys take their defaults.

    Returns:
        The scenario.

    Raises:
        ScenarioErrors: One entry per wrong field.
    """
    if not isinstance(document, Mapping):
        raise ScenarioErrors(
            [
                ScenarioError(
                    field="scenario",
                    rule="must be a mapping of keys to values",
                    value=type(document).__name__,
                    repair="start from examples/row.yaml",
                )
            ]
        )
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise ScenarioErrors(translate(error, Scenario)) from error


def apply_changes(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """
    Make a new scenario with some fields changed; the old one stays as it was.

    Args:
        scenario: Base.
        changes: Value per dotted path, e.g. `{"fleet.server_count": 52}`. A mapping
            as a value replaces that whole part. A change of a policy's or arrival's
            kind drops the settings of the old kind.

    Returns:
        The new scenario.

    Raises:
        ScenarioErrors: If a path does not exist, two changes overlap, or the result
            breaks a rule.
    """
    document = scenario.model_dump(mode="json")
    wrong: list[ScenarioError] = []
    paths = sorted(changes)
    for path, following in pairwise(paths):
        if following.startswith(path + "."):
            wrong.append(
                ScenarioError(
                    field=following,
                    rule="must not overlap another change",
                    value=path,
                    repair="keep one of the two",
                )
            )
    for path in paths:
        _set(document, path, changes[path], wrong)
    if wrong:
        raise ScenarioErrors(wrong)
    load = document["workload"]["load"]
    for one, other in _EXCLUSIVE:  # naming one of two alternatives drops the other
        given = changes.get(f"workload.load.{one}") is not None
        if given and changes.get(f"workload.load.{other}") is None:
            load[other] = None
    return parse_scenario(document)


def dataset_fields(scenario: Scenario) -> list[tuple[str, str]]:
    """Fields of a scenario that name a dataset it needs, each with the name."""
    arrivals = scenario.workload.arrivals
    found = []
    if isinstance(arrivals, RateArrivals | RequestArrivals):
        found.append(("workload.arrivals.dataset", arrivals.dataset))
    if not isinstance(arrivals, RequestArrivals):
        found += [
            (f"workload.classes.{index}.lengths", c.lengths)
            for index, c in enumerate(scenario.workload.classes)
            if c.lengths is not None
        ]
    return found


def dataset_names(scenario: Scenario) -> set[str]:
    """Names of the datasets a scenario needs."""
    return {name for _, name in dataset_fields(scenario)}


def translate(error: ValidationError, model: type[BaseModel]) -> list[ScenarioError]:
    """
    Turn pydantic's findings into errors with field, rule, value and repair.

    Args:
        error: What pydantic raised.
        model: The model it validated; gives the keys that exist.

    Returns:
        One error per finding.
    """
    found = error.errors(include_url=False)[:MOST_FINDINGS]
    unions = {
        item["loc"][:n]
        for item in found
        for n, part in enumerate(item["loc"])
        if str(part).startswith(_UNION)
    }
    places = [item["loc"] for item in found]
    kept = [
        item for item in found
        if not _echoes(item, unions) and not _misses_wrong_ones(item, places)
    ]  # fmt: skip
    return [_translated(item, model) for item in kept]


_EXCLUSIVE = (
    ("target_peak_frac", "requests_per_server_s"),
    ("requests_per_server_s", "target_peak_frac"),
)


def _echoes(item: ErrorDetails, unions: set[tuple[Any, ...]]) -> bool:
    """Whether a finding only repeats that an object in a list of choices is wrong."""
    loc = item["loc"]
    if item["type"] == "string_type":
        return loc[-1] == "str" and loc[:-1] in unions
    return item["type"] == "too_short" and loc in {union[:-1] for union in unions}


def _misses_wrong_ones(item: ErrorDetails, places: list[tuple[Any, ...]]) -> bool:
    """Whether a list only counts as too short because an item of it is wrong."""
    loc = item["loc"]
    return item["type"] == "too_short" and any(
        place[: len(loc)] == loc and len(place) > len(loc) for place in places
    )


def _translated(item: ErrorDetails, model: type[BaseModel]) -> ScenarioError:
    loc = _without_tags(item, model)
    field = ".".join(str(p) for p in loc) or "scenario"
    kind = item["type"]
    value = item.get("input")
    if kind == "extra_forbidden":
        known = sorted(_keys_at(model, loc[:-1]))
        return ScenarioError(field, "is not a known key", _short(value),
                             nearest(str(loc[-1]), known))  # fmt: skip
    message = item["msg"].removeprefix("Value error, ")
    if kind == "value_error":
        rule, _, repair = message.partition("; ")
        name, _, rest = rule.partition(" ")
        if (found := _at(value, name)) is not None:  # a model's own check says where
            field, value = ".".join([*map(str, loc), name]), found
            rule = rest.removeprefix(f"{value} ").removeprefix(f"{value!r} ")
            rule = rule.rpartition(", got ")[0] or rule
        return ScenarioError(field, rule, _short(value), repair or "correct the value")
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        expected = str(item.get("ctx", {}).get("expected_tags", ""))
        expected = expected or ("its name" if field == "policy" else "its kind")
        return ScenarioError(field, f"must say which kind it is: {expected}",
                             _short(value),
                             "set its name or kind to one of these")  # fmt: skip
    return ScenarioError(field, message[:1].lower() + message[1:], _short(value),
                         _REPAIRS.get(kind, "correct the value"))  # fmt: skip


def _without_tags(item: ErrorDetails, model: type[BaseModel]) -> tuple[int | str, ...]:
    """Place of a finding without the tags of unions; a key may be called like one."""
    loc, kept = item["loc"], list[int | str]()
    for k, part in enumerate(loc):
        tag = part in _UNION_TAGS or str(part).startswith(_UNION)
        key = k == 0 or (
            k == len(loc) - 1
            and (item["type"] == "extra_forbidden" or part in _keys_at(model, (*kept,)))
        )
        if key or not tag:
            kept.append(part)
    return tuple(kept)


def _at(document: Any, path: str) -> Any:
    """Value at a dotted path of a mapping, None without one."""
    for part in path.split("."):
        document = document.get(part) if isinstance(document, Mapping) else None
    return document


def nearest(wrong: str, known: Iterable[str]) -> str:
    """Say which known name a wrong one probably meant."""
    known = list(known)
    close = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"remove it; known here: {', '.join(known)}" if known else "remove it"


def _keys_at(model: type[BaseModel], path: tuple[Any, ...]) -> set[str]:
    """Keys that exist at a path, all alternatives of a union together."""
    models = [model]
    for part in path:
        if isinstance(part, int):
            continue
        inner: list[type[BaseModel]] = []
        for one in models:
            info = one.model_fields.get(str(part))
            if info is not None:
                inner += _models_in(info.annotation)
        models = inner
    return {key for one in models for key in one.model_fields}


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in get_args(annotation) for m in _models_in(part)]


def _set(
    document: dict[str, Any], path: str, value: Any, wrong: list[ScenarioError]
) -> None:
    """Set one dotted path in a document, or note why it cannot be."""
    *parents, last = path.split(".")
    here: Any = document
    for part in parents:
        here = _step(here, part)
        if here is None:
            break
    if isinstance(here, list) and is_index(last) and int(last) < len(here):
        here[int(last)] = value
        return
    known = _keys_at(Scenario, tuple(int(p) if is_index(p) else p for p in parents))
    if not isinstance(here, dict) or last not in known:
        wrong.append(
            ScenarioError(
                field=path,
                rule="is not a field of a scenario",
                value=_short(value),
                repair=nearest(path, _paths(document)),
            )
        )
        return
    kind = {"policy": "name", "arrivals": "kind"}.get(parents[-1] if parents else "")
    if last == kind and here.get(kind) != value:
        here.clear()
    here[last] = value


def is_index(part: str) -> bool:
    """Whether a part of a path counts; `isdigit` alone takes superscripts too."""
    plain = part.isascii() and part.isdigit() and len(part) <= _INDEX_DIGITS
    return plain and str(int(part)) == part


def _step(here: Any, part: str) -> Any:
    if isinstance(here, dict):
        return here.get(part)
    if isinstance(here, list) and is_index(part) and int(part) < len(here):
        return here[int(part)]
    return None


def _paths(document: Any, prefix: str = "") -> list[str]:
    """Every dotted path of a document."""
    if isinstance(document, dict):
        found = []
        for key, value in document.items():
            found.append(prefix + key)
            found += _paths(value, f"{prefix}{key}.")
        return found
    return []


def _short(value: Any) -> Any:
    """Shorten a value that would not fit into a message."""
    if isinstance(value, int) and abs(value) >= _EXACT:
        return "a whole number beyond 2^53"  # too long to print, at worst
    if isinstance(value, int | float | bool) or value is None:
        return value
    try:
        text = str(value)
    except ValueError:  # it holds such a number
        return "a value with a number too long to print"
    return text if len(text) <= 80 else text[:77] + "..."

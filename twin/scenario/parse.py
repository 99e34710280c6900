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
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario.base import Model
from twin.scenario.fields import fields_of, find_field, is_index, models_at
from twin.scenario.model import Scenario
from twin.scenario.policy import POLICY_NAMES
from twin.scenario.workload import RateArrivals, RequestArrivals, Workload

if TYPE_CHECKING:
    from twin.scenario.serving import ServingTraffic

M = TypeVar("M", bound=Model)

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
    return parse_inputs(
        Scenario, document, example="examples/row.yaml", field="scenario"
    )


def parse_inputs(
    model: type[M], document: Any, *, example: str, field: str = "document"
) -> M:
    """
    Build inputs of any kind from a mapping.

    Args:
        model: What they are: `ServingInput`, `QueryEnergyInput`, `ShiftInput`.
        document: The mapping. Absent keys take their defaults.
        example: Where to start from, for the message.
        field: What the message calls the document.

    Returns:
        The inputs.

    Raises:
        ScenarioErrors: One entry per wrong field.
    """
    if not isinstance(document, Mapping):
        raise ScenarioErrors([
            ScenarioError(field, "must be a mapping of keys to values",
                          type(document).__name__, f"start from {example}")
        ])  # fmt: skip
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ScenarioErrors(translate(error, model)) from error


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
    paths = sorted(changes)
    wrong = [
        ScenarioError(following, "must not overlap another change", path,
                      "keep one of the two")
        for path, following in pairwise(paths) if following.startswith(path + ".")
    ] + [
        ScenarioError(path, "is not a field of a scenario", _short(changes[path]),
                      nearest(path, _paths(document)))
        for path in paths if not _put(Scenario, document, path, changes[path])
    ]  # fmt: skip
    if wrong:
        raise ScenarioErrors(wrong)
    load = document["workload"]["load"]
    for one, other in _EXCLUSIVE:  # naming one of two alternatives drops the other
        given = changes.get(f"workload.load.{one}") is not None
        if given and changes.get(f"workload.load.{other}") is None:
            load[other] = None
    return parse_scenario(document)


def changed(
    model: type[BaseModel], document: Any, changes: Mapping[str, Any]
) -> list[ScenarioError]:
    """
    Change fields of a plain document in place.

    Args:
        model: Type of the inputs, to know which keys exist.
        document: The document, every default filled in.
        changes: New value per dotted path.

    Returns:
        What could not be changed; empty if all could.
    """
    return [
        ScenarioError(path, "names no field of the inputs", path,
                      nearest(path, [f.path for f in fields_of(model)]))
        for path in sorted(changes)
        if not _put(model, document, path, changes[path])
    ]  # fmt: skip


def dataset_fields(scenario: Scenario) -> list[tuple[str, str]]:
    """Fields of a scenario that name a dataset it needs, each with the name."""
    return _datasets("workload", scenario.workload)


def traffic_datasets(traffic: ServingTraffic) -> list[tuple[str, str]]:
    """The same of a study's or search's traffic."""
    return _datasets("traffic", traffic)


def _datasets(field: str, given: Workload | ServingTraffic) -> list[tuple[str, str]]:
    arrivals = given.arrivals
    found = []
    if isinstance(arrivals, RateArrivals | RequestArrivals):
        found.append((f"{field}.arrivals.dataset", arrivals.dataset))
    if not isinstance(arrivals, RequestArrivals):
        found += [
            (f"{field}.classes.{index}.lengths", c.lengths)
            for index, c in enumerate(given.classes)
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


def _keys_at(model: type[BaseModel], path: Iterable[int | str]) -> set[str]:
    """Keys that exist at a path, all alternatives of a union together."""
    return {key for one in models_at(model, path) for key in one.model_fields}


def _put(model: type[BaseModel], document: Any, path: str, value: Any) -> bool:
    """Set one dotted path in a document; False where there is no such field."""
    *parents, last = path.split(".")
    here = document
    for part in parents:
        if isinstance(here, list) and is_index(part) and int(part) < len(here):
            here = here[int(part)]
        elif isinstance(here, dict):
            here = here.get(part)
        else:
            return False
    if isinstance(here, list) and is_index(last) and int(last) < len(here):
        here[int(last)] = value
        return True
    if not isinstance(here, dict) or find_field(model, path) is None:
        return False
    kind = {"policy": "name", "arrivals": "kind"}.get(parents[-1] if parents else "")
    if last == kind and here.get(kind) != value:
        here.clear()
    here[last] = value
    return True


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

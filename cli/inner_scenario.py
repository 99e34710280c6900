"""A scenario inside the inputs of another question: read in, and written out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cli.files import write_whole
from cli.problem import Problem, parts, refusal
from cli.scenario_file import (
    MAX_NODES,
    InputFile,
    load_inputs,
    load_scenario,
    resolve_policies,
)
from twin.errors import ScenarioError, ScenarioErrors, within
from twin.types import Document

if TYPE_CHECKING:
    from twin.scenario import Scenario
    from twin.scenario.base import Model

ENDINGS = (".yaml", ".yml", ".json")
"""What the name of a scenario's file ends in."""


def load_around(model: type[Model], key: str, path: Path) -> InputFile:
    """
    Read inputs that hold a scenario.

    Args:
        model: What the inputs are.
        key: Where the scenario stands: its keys, or the name of a file beside this one.
        path: The file. One that is a scenario itself stands for inputs that are
            otherwise all defaults.

    Raises:
        Problem: Exit code 2 where it cannot be read, or keys of the scenario stand
            beside it.
    """
    from twin.scenario import Scenario

    own, inner = set(model.model_fields), set(Scenario.model_fields)
    source = load_inputs(path)
    document = source.document
    if _is_scenario(document, model):
        load_scenario(path)  # refuses with the lines of this file
        lines = {(key, *at): line for at, line in source.lines.items()}
        source = InputFile(path=path, document={key: document}, lines=lines)
    _refuse_strays(key, source, inner - own)
    held = source.document.get(key)
    if isinstance(held, str):
        found = load_scenario(path.parent / held)
        source.document[key] = found.document()
    elif isinstance(held, dict):
        _with_policies(key, source, held)
    return source


def load_without(model: type[Model], path: Path, repair: str) -> InputFile:
    """
    Read inputs for which a scenario cannot stand.

    Args:
        model: What the inputs are.
        path: The file.
        repair: What to do with a scenario.

    Raises:
        Problem: Exit code 2 where it cannot be read, or is a scenario.
    """
    source = load_inputs(path)
    if _is_scenario(source.document, model):
        raise refusal(f"{path} is a scenario", "FILE", "must not be a scenario",
                      str(path), repair)  # fmt: skip
    return source


def _is_scenario(document: Document, model: type[Model]) -> bool:
    """Whether its keys are a scenario's, and none is the other inputs' alone."""
    from twin.scenario import Scenario

    own, inner = set(model.model_fields), set(Scenario.model_fields)
    return bool(document.keys() & (inner - own)) and not document.keys() & (own - inner)


def _refuse_strays(key: str, source: InputFile, inner: set[str]) -> None:
    """Refuse keys of the scenario that stand beside it."""
    errors = [
        {"field": name, "rule": f"belongs to the {key}", "value": None,
         "repair": f"move it under `{key}:`"}
        for name in source.document if name in inner
    ]  # fmt: skip
    if errors:
        raise Problem(f"{source.path} has keys in the wrong place",
                      source.locate(errors))  # fmt: skip


def _with_policies(key: str, source: InputFile, held: Document) -> None:
    """Read the Python files of a scenario's own policies."""
    try:
        with within(key, ()):
            resolve_policies(source.path, held)
    except (ScenarioErrors, ScenarioError) as error:
        raise Problem(
            f"{source.path} names a policy that cannot be read",
            source.locate(parts(error)),
        ) from error


# --- writing --------------------------------------------------------------------------


def write_scenario(document: Document, out: Path) -> Path:
    """
    Write a scenario that `nameplate site` reads; what is default is left out.

    Returns:
        The file: JSON instead of YAML where it has more values than are read as YAML.

    Raises:
        Problem: Exit code 3 where it cannot be written.
    """
    from twin.scenario import parse_scenario

    short = _short(parse_scenario(document))
    if out.suffix != ".json" and _values(short) > MAX_NODES:
        out = out.with_suffix(".json")
    return write_whole(out, _text(short, out).encode())


def _text(document: Document, out: Path) -> str:
    if out.suffix == ".json":
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"
    text: str = yaml.safe_dump(
        document, sort_keys=False, allow_unicode=True, default_flow_style=None,
        width=88,
    )  # fmt: skip
    return text


def _short(scenario: Scenario) -> Document:
    """Leave out what is default, unless that would make it another scenario."""
    from twin.scenario import parse_scenario

    short = scenario.model_dump(mode="json", exclude_defaults=True)
    try:
        if parse_scenario(short) == scenario:
            return short
    except (ScenarioErrors, ScenarioError):
        pass  # the name of a kind is its default and must be said
    return scenario.model_dump(mode="json")


def _values(document: Any) -> int:
    """How many keys and items it has."""
    if isinstance(document, dict):
        return sum(1 + _values(v) for v in document.values())
    if isinstance(document, list):
        return sum(1 + _values(v) for v in document)
    return 0

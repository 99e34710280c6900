"""A scenario inside the inputs of another question: read in, and written out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from cli.files import write_whole
from cli.problem import CANNOT, Problem, ProblemLine
from cli.scenario_file import (
    MAX_NODES,
    InputFile,
    load_inputs,
    load_scenario,
    resolve_policies,
)
from twin.errors import ScenarioError, ScenarioErrors, within
from twin.scenario import Scenario, parse_scenario
from twin.scenario.base import Model
from twin.types import Document

_ENDINGS = (".yaml", ".yml", ".json")


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
    source = load_inputs(path)
    document = source.document
    if _is_scenario(model, document):
        load_scenario(path)  # refuses with the lines of this file
        inner = {(key, *at): line for at, line in source.lines.items()}
        source = InputFile(path=path, document={key: document}, lines=inner)
    _refuse_strays(model, key, source)
    held = source.document.get(key)
    if isinstance(held, str):
        found = load_scenario(path.parent / held)
        source.document[key] = found.document()
    elif isinstance(held, dict):
        _with_policies(key, source, held)
    return source


def _is_scenario(model: type[Model], document: Document) -> bool:
    """Whether a file has the keys of a scenario and none of the inputs around one."""
    own, inner = set(model.model_fields), set(Scenario.model_fields)
    keys = set(document)
    return bool(keys & (inner - own)) and not keys & (own - inner)


def _refuse_strays(model: type[Model], key: str, source: InputFile) -> None:
    """Refuse keys of the scenario that stand beside it."""
    inner = set(Scenario.model_fields) - set(model.model_fields)
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
        found = error.errors if isinstance(error, ScenarioErrors) else (error,)
        raise Problem(
            f"{source.path} names a policy that cannot be read",
            source.locate(vars(e) for e in found),
        ) from error


# --- writing --------------------------------------------------------------------------


def prepare_file(out: Path | None, source: Path) -> None:
    """
    Look whether a scenario can be written, before any work is done.

    Raises:
        Problem: Where the file has another ending, is what was read, or its folder is
            not there.
    """
    if out is None:
        return
    if out.suffix not in _ENDINGS:
        raise _refused(out, "must end in " + ", ".join(_ENDINGS),
                       "for example placed.yaml")  # fmt: skip
    if not out.parent.is_dir():
        raise _refused(out, "must lie in a folder that exists",
                       f"make {out.parent} first", CANNOT)  # fmt: skip
    if out.is_dir() or (out.exists() and out.samefile(source)):
        raise _refused(out, "must not be a folder or the file that is read",
                       "choose another name")  # fmt: skip


def write_scenario(document: Document, out: Path) -> Path:
    """
    Write a scenario that `nameplate site` reads; what is default is left out.

    Returns:
        The file: JSON instead of YAML where it has more values than are read as YAML.

    Raises:
        Problem: Exit code 3 where it cannot be written.
    """
    short = _short(parse_scenario(document))
    if out.suffix != ".json" and _values(short) > MAX_NODES:
        out = out.with_suffix(".json")
    try:
        return write_whole(out, _text(short, out).encode())
    except OSError as error:
        raise _refused(
            out, "must be a file that can be written",
            f"choose another ({error.strerror})", CANNOT,
        ) from error  # fmt: skip


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


def _refused(out: Path, rule: str, repair: str, code: int = 2) -> Problem:
    return Problem(
        "The site cannot be written",
        [ProblemLine(field="--out", rule=rule, value=str(out), repair=repair)],
        code=code,
    )

"""Read a scenario from YAML or JSON, with the line of every mistake."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cli.problem import Problem, ProblemLine, parts, refusal
from twin.errors import ScenarioError, ScenarioErrors

if TYPE_CHECKING:
    from twin.scenario import Scenario

MAX_BYTES = 1_000_000
MAX_POLICY_BYTES = 20_000
MAX_NODES = 20_000

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """
    A file, and where its keys stand in it.

    Args:
        path: The file.
        lines: Line of each key, by path; the first line is 1.
    """

    path: Path
    lines: dict[Path_, int] = field(default_factory=dict)

    def locate(self, errors: Iterable[Mapping[str, Any]]) -> list[ProblemLine]:
        """Add file and line to errors with field, rule, value and repair."""
        return [_located(self.path, self.lines, error) for error in errors]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFile(SourceFile):
    """The scenario that a file holds, checked."""

    scenario: Scenario

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.scenario.name

    def document(self) -> dict[str, Any]:
        """Return the whole scenario as JSON values, defaults included."""
        return self.scenario.model_dump(mode="json")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile(SourceFile):
    """Inputs of another kind, as they stand in a file; the planner checks them."""

    document: dict[str, Any]


def load_inputs(path: Path) -> InputFile:
    """
    Read a file of keys and values: YAML, or JSON where the name ends in .json.

    Raises:
        Problem: Exit code 2 where it is not one.
    """
    document, lines = _parsed(path, _text(path))
    return InputFile(path=path, document=document, lines=lines)


def load_scenario(path: Path) -> ScenarioFile:
    """
    Read and check a scenario file.

    Args:
        path: YAML, or JSON where the name ends in .json. A `policy` may say
            `{name: user, file: my_policy.py}`, relative to this file.

    Returns:
        The scenario and its lines.

    Raises:
        Problem: Exit code 2; each line names field, rule, value and repair.
    """
    from twin.scenario import parse_scenario

    source = load_inputs(path)
    try:
        resolve_policies(path, source.document)
        scenario = parse_scenario(source.document)
    except (ScenarioErrors, ScenarioError) as error:
        raise Problem(
            f"{path} is not a valid scenario", source.locate(parts(error))
        ) from error
    return ScenarioFile(path=path, scenario=scenario, lines=source.lines)


# --- text -------------------------------------------------------------------------


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise _refused(path, "must be a file", "a folder", "name a YAML file in it")
        if size > MAX_BYTES:
            raise _refused(
                path, f"must be at most {MAX_BYTES:,} bytes", f"{size:,} bytes",
                "a scenario is a page of text; recordings are imported with "
                "`nameplate datasets import`",
            )  # fmt: skip
        with path.open("rb") as file:  # a pipe or device does not tell its size
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _refused(
                path, f"must be at most {MAX_BYTES:,} bytes", "more",
                "a scenario is a page of text",
            )  # fmt: skip
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(
            path, "must be text in UTF-8", f"byte {error.start}", "save it as UTF-8"
        ) from error
    except OSError as error:
        raise _refused(
            path, "must be a file that can be read", error.strerror, "check the path"
        ) from error
    if not text.strip():
        raise _refused(path, "must not be empty", "0 keys", "copy examples/row.yaml")
    return text


def _parsed(path: Path, text: str) -> tuple[dict[str, Any], dict[Path_, int]]:
    lines: dict[Path_, int] = {}
    try:
        if path.suffix == ".json":
            document = json.loads(text, object_pairs_hook=_no_twins)
            lines = _lines_of_json(text)
        else:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
            if root is not None:
                lines = _lines(path, root)
            document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _yaml_problem(path, error) from error
    except json.JSONDecodeError as error:
        raise _refused(
            path, "must be valid JSON", error.msg, "correct that line", error.lineno
        ) from error
    except _TwinError as error:
        raise _refused(
            path, "must not appear twice", str(error), "keep one", name=str(error)
        ) from error
    except ValueError as error:  # a number or date that Python cannot hold
        raise _refused(
            path, "must hold values that can be read", str(error).partition(";")[0],
            "shorten the number, or correct the date",
        ) from error  # fmt: skip
    except RecursionError as error:
        raise _refused(
            path, "must not be nested this deep", "", "copy examples/row.yaml"
        ) from error
    if not isinstance(document, dict):
        found = "no keys" if document is None else type(document).__name__
        raise _refused(
            path, "must be keys and values", found,
            "copy examples/row.yaml",
        )  # fmt: skip
    return document, lines


class _TwinError(ValueError):
    """A JSON object has a key twice."""


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwinError(key)
        found[key] = value
    return found


def _lines_of_json(text: str) -> dict[Path_, int]:
    """Lines of a JSON text; YAML reads most of it, tabs excepted."""
    try:
        root = yaml.compose(text.replace("\t", " "), Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return {}
    return dict(_walk(root, ()))


def _lines(path: Path, root: yaml.Node) -> dict[Path_, int]:
    """Line of every key; refuses a key that appears twice."""
    lines: dict[Path_, int] = {}
    for key, line in _walk(root, ()):
        if key in lines and key and isinstance(key[-1], str):
            raise _refused(
                path, f"must not appear twice, first on line {lines[key]}",
                str(key[-1]), "keep one", line, ".".join(map(str, key)),
            )  # fmt: skip
        lines[key] = line
        if len(lines) > MAX_NODES:
            raise _refused(
                path, f"must have at most {MAX_NODES:,} values", "more",
                "write repeated parts out less often",
            )  # fmt: skip
    return lines


def _walk(node: yaml.Node | None, at: Path_) -> Iterator[tuple[Path_, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*at, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _walk(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            here = (*at, index)
            yield here, item.start_mark.line + 1
            yield from _walk(item, here)


def _yaml_problem(path: Path, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or str(error)
    tab = "'\\t'" in text
    return _refused(
        path, "must be valid YAML", text,
        "indent with spaces, not tabs" if tab
        else "check indentation, colons and quotes there",
        mark.line + 1 if mark else None,
    )  # fmt: skip


# --- policies ---------------------------------------------------------------------


def resolve_policies(path: Path, document: dict[str, Any]) -> None:
    """
    Replace `file: x.py` of a scenario's user policies by their source, in place.

    Raises:
        ScenarioError: If a file cannot be read or does not belong.
    """
    _resolve(path, document.get("policy"), "policy")
    search = document.get("plan")
    policies = search.get("policies") if isinstance(search, dict) else None
    if isinstance(policies, list):
        for index, policy in enumerate(policies):
            _resolve(path, policy, f"plan.policies.{index}")


def _resolve(path: Path, policy: Any, name: str) -> None:
    if not isinstance(policy, dict) or "file" not in policy:
        return
    if policy.get("name") != "user" or "source" in policy:
        raise ScenarioError(f"{name}.file", "belongs to a policy named user without "
                            "source", policy.get("name"), "write {name: user, file: "
                            "my_policy.py}")  # fmt: skip
    target = path.parent / str(policy.pop("file"))
    try:
        if target.stat().st_size > MAX_POLICY_BYTES:
            raise ScenarioError(f"{name}.file", f"must be at most {MAX_POLICY_BYTES:,} "
                                "bytes", str(target), "keep one function named decide "
                                "in it")  # fmt: skip
        policy["source"] = target.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{name}.file", "must be a Python file that can be read",
                            str(target), "give its path relative to the scenario "
                            "file") from error  # fmt: skip
    policy.setdefault("label", target.stem[:40])


# --- problems ---------------------------------------------------------------------


def _refused(
    path: Path, rule: str, value: Any, repair: str,
    line: int | None = None, name: str = "",
) -> Problem:  # fmt: skip
    title = f"{path} is not a valid scenario"
    return refusal(title, name, rule, value, repair, file=str(path), line=line)


def _located(
    path: Path, lines: dict[Path_, int], error: Mapping[str, Any]
) -> ProblemLine:
    key: Path_ = tuple(
        int(p) if p.isdecimal() else p for p in str(error["field"]).split(".")
    )
    while key and key not in lines:
        key = key[:-1]
    return ProblemLine(
        field=error["field"], rule=error["rule"], value=error["value"],
        repair=error["repair"], file=str(path), line=lines.get(key),
    )  # fmt: skip

"""Read docker-compose.yml and a Dockerfile, as far as ours go."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}")
_ADDRESS = re.compile(r"\b([a-z_]+):(\d{2,5})\b")


@dataclass(slots=True)
class Service:
    """One service: what it is made from, how it starts, when it is well."""

    name: str
    image: str
    build: str = ""
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    mounts: list[tuple[str, str]] = field(
        default_factory=list
    )  # source, target; secrets too
    needs: dict[str, str] = field(default_factory=dict)  # service -> condition
    healthcheck: list[str] = field(default_factory=list)
    profiles: list[str] = field(default_factory=list)


def read(path: Path, variables: Mapping[str, str]) -> dict[str, Service]:
    """
    Every service of a compose file, those it needs before it.

    Args:
        path: The file; what it builds lies beside it.
        variables: Values for its `${NAME}`.

    Raises:
        ValueError: If a variable that has to be set is not.
    """
    document = _filled(yaml.safe_load(path.read_text("utf-8")), variables)
    secrets = {name: told["file"] for name, told in document.get("secrets", {}).items()}
    found = {
        name: _service(name, told, path.parent, secrets)
        for name, told in document["services"].items()
    }
    ordered: dict[str, Service] = {}

    def add(name: str) -> None:
        for needed in found[name].needs:
            if needed not in ordered:
                add(needed)
        ordered[name] = found[name]

    for name in found:
        add(name)
    return ordered


def addresses(texts: list[str], names: set[str]) -> set[tuple[str, int]]:
    """Every `service:port` somebody mentions."""
    return {
        (name, int(port))
        for text in texts
        for name, port in _ADDRESS.findall(text)
        if name in names
    }


def _service(
    name: str, told: dict[str, Any], folder: Path, secrets: Mapping[str, str]
) -> Service:
    service = Service(name, str(told.get("image", "")), _dockerfile(told.get("build")))
    if service.build:
        _from_dockerfile(service, folder / service.build)
    service.environment |= {
        key: str(value) for key, value in (told.get("environment") or {}).items()
    }
    if "command" in told:
        entry = service.command[:1] if service.build.startswith("agent/") else []
        service.command = [*entry, *map(str, told["command"])]
    for mount in told.get("volumes", []):
        source, target, *_ = mount.split(":")
        service.mounts.append((source, target))
    for secret in told.get("secrets", []):
        service.mounts.append((secrets[secret], f"/run/secrets/{secret}"))
    needs = told.get("depends_on") or {}
    service.needs = (
        dict.fromkeys(needs, "service_started")
        if isinstance(needs, list)
        else {key: value["condition"] for key, value in needs.items()}
    )
    check = told.get("healthcheck") or {}
    if check.get("disable"):
        service.healthcheck = []
    elif "test" in check:
        service.healthcheck = _check(check["test"])
    service.profiles = list(told.get("profiles", []))
    return service


def _dockerfile(build: str | dict[str, str] | None) -> str:
    """The file an image is built with; empty for one that others made."""
    if build is None:
        return ""
    told = {"context": build} if isinstance(build, str) else build
    return str(Path(told["context"]) / told.get("dockerfile", "Dockerfile"))


def _from_dockerfile(service: Service, path: Path) -> None:
    """Take the last stage's ENV, ENTRYPOINT, CMD and HEALTHCHECK."""
    text = path.read_text("utf-8").replace("\\\n", " ")
    text = text[text.rindex("\nFROM ") :]
    for line in re.findall(r"^ENV (.+)$", text, re.MULTILINE):
        service.environment |= dict(re.findall(r"(\w+)=(\S+)", line))
    service.environment.pop("PATH", None)
    for word in ("ENTRYPOINT", "CMD"):
        found = re.search(rf"^{word} (\[.+\])$", text, re.MULTILINE)
        if found:
            service.command += json.loads(found[1])
    found = re.search(r"^HEALTHCHECK .*?CMD (\[.+\])$", text, re.MULTILINE)
    if found:
        service.healthcheck = json.loads(found[1])


def _check(test: list[str]) -> list[str]:
    kind, *rest = test
    return ["sh", "-c", rest[0]] if kind == "CMD-SHELL" else rest


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    """Put variables in, as compose does."""
    if isinstance(value, dict):
        return {key: _filled(part, variables) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, variables) for part in value]
    if not isinstance(value, str):
        return value

    def put(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name, how, rest = match[1], match[2], match[3]
        if variables.get(name):
            return variables[name]
        if how == "?":
            raise ValueError(f"{name}: {rest}")
        return rest or ""

    return _VARIABLE.sub(put, value)

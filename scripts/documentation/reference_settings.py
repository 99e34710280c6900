"""Every setting of the server and of the agent: name, unit, default, meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from scripts.documentation.reference_cli import cell

HEAD = """# Settings

Written from the code by `scripts/docs`. The server, the workers and every command read
environment variables; the agent a TOML file, then its environment, then its flags.

## Server and commands

| variable | unit | default | limits | meaning |
|---|---|---|---|---|
"""
MADE = {
    "database_url": "`nameplate.db` in the user's data folder",
    "cache_dir": "the user's cache folder",
    "workers": "number of cores",
}
"""Defaults that are made on the machine."""
UNITS = {"_days": "d", "_s": "s", "_per_s": "1/s", "_bytes_per_s": "B/s", "_hz": "Hz",
         "_mb": "MB"}  # fmt: skip
ELSEWHERE = {
    "NAMEPLATE_SERVER": "Address of a running server that commands ask, and the "
    "Python client's examples; without it commands work in their own process",
    "NAMEPLATE_TOKEN": "Token that commands and examples send to that server",
    "NAMEPLATE_IMPORT_TOKEN": "Token that `nameplate import netbox` shows to NetBox",
    "NAMEPLATE_PULL_AUTHORIZATION": "Value of the header Authorization when telemetry "
    "is pulled from a Prometheus",
}
"""Read by one command each, not by the server."""
SENT = ("NAMEPLATE_TOKEN", "NAMEPLATE_IMPORT_TOKEN", "NAMEPLATE_PULL_AUTHORIZATION")
"""Those of them that are secrets, and may stand in a file."""


def text() -> str:
    """The page."""
    return HEAD + "\n".join([*_server(), *_elsewhere(), *_files(), *_agent()]) + "\n"


def _server() -> Iterator[str]:
    from store.settings import Settings

    for name, field in Settings.model_fields.items():
        about = field.description or ""
        told = re.search(r"\s*\[([^\]]+)\]", about)
        unit = told.group(1) if told else _unit(name)
        about = about.replace(told.group(0), "") if told else about
        default = MADE[name] if field.default_factory else _shown(field.default)
        yield (
            f"| `NAMEPLATE_{name.upper()}` | {unit} | {default} | {_limits(field)} "
            f"| {cell(about)} |"
        )


def _unit(name: str) -> str:
    ends = sorted((e for e in UNITS if name.endswith(e)), key=len)
    return UNITS[ends[-1]] if ends else ""


def _limits(field: Any) -> str:
    from typing import Literal, get_args, get_origin

    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(field.annotation))
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    told = [
        f"{sign} {getattr(rule, name):,g}"
        for rule in field.metadata
        for name, sign in signs.items()
        if getattr(rule, name, None) is not None
    ]
    return ", ".join(told)


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return f"{value:,g}" if value < 1e6 else f"{value:,.0f}"
    return f"`{value}`"


def _elsewhere() -> Iterator[str]:
    yield "\n## Single commands\n"
    yield "| variable | meaning |"
    yield "|---|---|"
    for name, about in ELSEWHERE.items():
        yield f"| `{name}` | {about} |"


def _files() -> Iterator[str]:
    from store.secret_files import SECRETS

    yield "\n## Secrets from files\n"
    yield (
        "Set the variable or its file, not both; one ending newline is no part of "
        "the secret.\n"
    )
    yield "| variable | meaning |"
    yield "|---|---|"
    for name in (*(f"NAMEPLATE_{one.upper()}" for one in SECRETS), *SENT):
        yield f"| `{name}_FILE` | Path of a file that holds `{name}` |"


def _agent() -> Iterator[str]:
    from agent.settings import _LIMITS, DEFAULT_SPOOL, PREFIX, Settings

    about = agent_meanings()
    yield "\n## Agent\n"
    yield (
        f"`rate_hz` in TOML is `{PREFIX}RATE_HZ` in the environment, and so with "
        "each. The token itself may stand in "
        f"`{PREFIX}TOKEN`, never in the TOML file.\n"
    )
    yield "| name | unit | default | limits | meaning |"
    yield "|---|---|---|---|---|"
    for field in fields(Settings):
        default = None if field.default is MISSING else field.default
        shown = _shown(default)
        if default == DEFAULT_SPOOL:
            shown = f"`{Path(DEFAULT_SPOOL)}` for root, else the user's state folder"
        low_high = _LIMITS.get(field.name)
        limits = f"{low_high[0]:,g} to {low_high[1]:,g}" if low_high else ""
        yield (
            f"| `{field.name}` | {_unit(field.name)} | {shown} | {limits} "
            f"| {cell(about[field.name])} |"
        )


def agent_meanings() -> dict[str, str]:
    """What the agent's docstring says of each setting."""
    from agent.settings import Settings

    _, _, block = (Settings.__doc__ or "").partition("Attributes:")
    found: dict[str, str] = {}
    for part in re.split(r"\n        (?=\S)", block.rstrip()):
        names, _, words = " ".join(part.split()).partition(": ")
        found |= dict.fromkeys((n.strip() for n in names.split(",")), words)
    return found

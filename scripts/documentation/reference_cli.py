"""Every command with its arguments, options and exit codes, as Typer knows them."""

from __future__ import annotations

import argparse
import enum
import inspect
import types
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

HEAD = """# Commands

Written from the code by `scripts/docs`. Every command takes `--help`. Answers go to
stdout, progress and complaints to stderr. A setting's environment variable stands in
brackets.

| exit code | meaning |
|---|---|
| 0 | answered |
| 1 | the answer is no: only the commands that say so |
| 2 | wrong input: which field, its rule, its value and the repair are on stderr |
| 3 | not possible here and now: network, database, disk |
| 130 | stopped by Ctrl-C or a signal |
"""
TAKES = {Path: "path", str: "text", int: "whole number", float: "number"}


@cache
def commands() -> dict[str, Any]:
    """Each command by its words, `datasets pull` for one of a group."""
    import typer

    from cli.main import app

    return dict(_walk(typer.main.get_command(app), ""))


def _walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for word, part in sorted(below.items()):
        yield from _walk(part, f"{name} {word}".strip())


def options(command: Any) -> set[str]:
    """Every spelling of every option of a command."""
    found = {"--help"}
    for part in command.params:
        found |= {o for o in (*part.opts, *part.secondary_opts) if o.startswith("-")}
    return found


def text() -> str:
    """The page: `nameplate`, then `nameplate-agent`."""
    parts = [HEAD]
    parts += [_section(name, command) for name, command in commands().items()]
    return "\n".join([*parts, *_agent()]).rstrip() + "\n"


def _section(name: str, command: Any) -> str:
    about = inspect.cleandoc(command.help or "").split("\n\f")[0].strip()
    arguments = [p for p in command.params if not p.opts[0].startswith("-")]
    shown = " ".join(
        p.name.upper() if p.required else f"[{p.name.upper()}]" for p in arguments
    )
    lines = [f"## nameplate {name}\n", about + "\n"]
    lines += [f"    nameplate {name} {shown} [options]".replace("  [", " [") + "\n"]
    shown_params = [p for p in command.params if p.name != "help"]
    if shown_params:
        lines += [
            "| argument, option | takes | default | meaning |",
            "|---|---|---|---|",
        ]
        lines += [_row(part) for part in shown_params]
        lines += [""]
    lines += [f"Exit codes: {_codes(command)}.\n"]
    return "\n".join(lines)


def _row(part: Any) -> str:
    spelled = [*part.opts, *part.secondary_opts]
    if not spelled[0].startswith("-"):
        spelled = [part.name.upper()]
    named = ", ".join(f"`{s}`" for s in spelled)
    default = part.default
    if isinstance(default, enum.Enum):
        default = default.value
    unsaid = default is None or default in ("", (), []) or callable(default)
    flag = getattr(part, "is_flag", False)
    said = "needed" if part.required else "" if unsaid else f"`{default}`"
    if flag:
        said = f"`{spelled[0]}`" if default and len(spelled) > 1 else "off"
    where = f" [`{part.envvar}`]" if part.envvar else ""
    kind = "" if flag else _takes(part.type_descriptor.annotation, part)
    return f"| {named} | {kind} | {said} | {cell(part.help or '')}{where} |"


def _takes(kind: Any, part: Any) -> str:
    many = part.multiple or part.nargs != 1
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        kind = next(k for k in typing.get_args(kind) if k is not type(None))
    if typing.get_origin(kind) in (list, tuple):
        kind, many = typing.get_args(kind)[0], True
    if typing.get_origin(kind) is typing.Literal:
        word = ", ".join(f"`{v}`" for v in typing.get_args(kind))
    elif isinstance(kind, type) and issubclass(kind, enum.Enum):
        word = ", ".join(f"`{v.value}`" for v in kind)
    else:
        word = TAKES.get(kind, getattr(kind, "__name__", str(kind)))
    least, most = getattr(part, "min", None), getattr(part, "max", None)
    if least is not None or most is not None:
        word += f" {'' if least is None else least}..{'' if most is None else most}"
    return f"{word}, any number" if many else word


def _codes(command: Any) -> str:
    work = inspect.getsource(inspect.unwrap(command.callback))
    return "0, 1, 2, 3, 130" if " no=" in work else "0, 2, 3, 130"


def _agent() -> Iterator[str]:
    """The agent's commands; its settings are on the page of settings."""
    from agent.cli import _parser  # its own page of help is made from this too

    parser = _parser()
    yield "## nameplate-agent\n"
    yield f"{parser.description} {parser.epilog}\n"
    yield "| command | does | options |"
    yield "|---|---|---|"
    group = next(a for a in _actions(parser) if a.dest == "==SUPPRESS==" or a.choices)
    about = {a.dest: a.help for a in group._choices_actions}  # noqa: SLF001 - no other way
    for name, command in group.choices.items():
        spelled = [
            f"`{a.option_strings[-1]}`" for a in _actions(command) if a.dest != "help"
        ]
        yield f"| `{name}` | {about[name]} | {' '.join(spelled)} |"


def _actions(parser: argparse.ArgumentParser) -> list[Any]:
    return parser._actions  # noqa: SLF001 - argparse tells it nowhere else


def cell(words: str) -> str:
    """A text as it may stand in a table's cell."""
    return " ".join(words.split()).replace("|", "\\|")

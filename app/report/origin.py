"""Where the numbers of a report come from, and how to get them again."""

from __future__ import annotations

import base64
import importlib.metadata
import platform
from collections.abc import Sequence
from typing import Any

import yaml

from api.version import PRODUCT_VERSION, SCENARIO_SCHEMA_VERSION
from app.markup import Markup, table, text
from app.report.page import Html, folded, now_words

Json = dict[str, Any]
_LIBRARIES = ("numpy", "scipy", "numba", "pydantic")
ADDRESS = "http://127.0.0.1:8050/api/v1"


def provenance(known: Json, more: Sequence[tuple[str, str]] = ()) -> Html:
    """
    Write hash of inputs, versions, seed and dates.

    Args:
        known: The answer's provenance.
        more: Further names and values.
    """
    rows = [
        ["Inputs, SHA-256", str(known.get("scenario_sha256") or "not recorded")],
        ["Model version", str(known.get("model_version") or "not recorded")],
        ["Seed", str(known.get("seed", "not recorded"))],
        ["Computed", created(known) or "not recorded"],
        *([name, value] for name, value in more),
        *_writer(),
    ]  # fmt: skip
    return table((), rows, kind="pairs")


def created(known: Json) -> str:
    """When an answer was computed; empty where that is not recorded."""
    time = str(known.get("created_at") or "")[:19].replace("T", " ")
    return f"{time} UTC" if time else ""


def written_by() -> Html:
    """Write when and with what the report was written."""
    return table((), _writer(), kind="pairs")


def _writer() -> list[list[str]]:
    writer = (
        f"nameplate {PRODUCT_VERSION}, scenario format {SCENARIO_SCHEMA_VERSION}, "
        f"Python {platform.python_version()}"
    )
    libraries = (f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES)
    return [
        ["Report written", now_words()],
        ["Written by", writer],
        ["With libraries", ", ".join(libraries)],
    ]  # fmt: skip


def again(
    *, commands: Sequence[str], calls: Sequence[tuple[str, str]], inputs: Json,
    file: str, same: str = "",
) -> Html:  # fmt: skip
    """
    Write how to ask again: commands, calls, and the inputs themselves.

    Args:
        commands: Lines for a shell, with `file` saved beside them.
        calls: Address below the prefix, and what its body is in words.
        inputs: What was asked, without what is at its default.
        file: Name to save the inputs under.
        same: What else has to be the same, in a sentence.
    """
    asked = yaml_of(inputs)
    data = base64.b64encode(asked.encode()).decode()
    save = Markup(
        f'<a class="save" download="{text(file)}" '
        f'href="data:application/yaml;base64,{data}">Save it as {text(file)}</a>'
    )
    parts = []
    if commands:
        parts.append(f"<p>With the inputs below in {text(file)}:</p>")
        parts.append(f"<pre>{text(chr(10).join(commands))}</pre>")
    begin = "or from" if commands else "From"
    for path, body in calls:
        call = (
            f"curl -s {ADDRESS}{path} -H 'content-type: application/json' "
            "-d @question.json"
        )
        words = f"<p>{begin} a running server, with question.json holding {text(body)}:"
        parts.append(f"{words}</p><pre>{text(call)}</pre>")
    parts.append(
        "<p>The same inputs, model version and seed give the same numbers. "
        f"{text(same)}</p>"
    )
    parts.append(f"<p>{save}</p>")
    parts.append(folded(
        "The inputs; what they leave out is at its default", f"<pre>{text(asked)}</pre>"
    ))  # fmt: skip
    return "".join(parts)


def yaml_of(inputs: Json) -> str:
    """Write inputs as YAML, keys in their order."""
    written: str = yaml.safe_dump(
        inputs, sort_keys=False, allow_unicode=True, default_flow_style=None, width=88
    )
    return written

"""
Read imported files within bounds: JSON, CSV and YAML, one file or several in one.

Nothing here unpacks an archive. Every count, depth and length has a limit, numbers are
finite, and a name of a file is only ever a label.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from twin.errors import ScenarioError

MAX_BYTES = 20_000_000
MAX_DEPTH = 40
MAX_ROWS = 500_000
MAX_COLUMNS = 200
MAX_CELL = 20_000
MAX_FILES = 64
MAX_YAML_BYTES = 1_000_000
MAX_EVENTS = 200_000
"""Values of YAML, and ends of what holds others; its reader takes 40 µs for each."""
MAX_PARTS = 4_000_000
"""Texts, commas and brackets of JSON: up to 60 bytes of memory for each."""
MAX_CELLS = 2_000_000
"""Cells of a CSV: up to 120 bytes each."""
_MAGIC = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"Rar!", b"7z\xbc\xaf")
_NAME = re.compile(r"[^a-z0-9_]+")
_PART = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{\]},]', re.DOTALL)
"""A whole string, or a bracket or comma outside of one."""
_ODD = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""A zero character, or what may be half of one."""
_HALF = re.compile("[\ud800-\udfff]")
Rows = list[dict[str, Any]]


def refuse(rule: str, value: Any, repair: str, field: str = "file") -> ScenarioError:
    """Build the refusal of a file."""
    return ScenarioError(field=field, rule=rule, value=value, repair=repair)


def as_text(content: bytes) -> str:
    """
    Decode a file.

    Raises:
        ScenarioError: If it is too large, an archive, or no UTF-8.
    """
    if len(content) > MAX_BYTES:
        raise refuse(
            f"must be at most {MAX_BYTES:,} bytes", len(content), "import it in parts"
        )
    if content.startswith(_MAGIC):
        raise refuse("must not be an archive", content[:4].hex(), "unpack it first")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse(
            "must be UTF-8", f"byte {error.start}", "save it as UTF-8"
        ) from error
    if "\x00" in text:
        raise refuse("must be text", "a zero byte", "choose another file")
    return text


def read_json(content: bytes) -> Any:
    """
    Parse JSON: finite numbers, and no deeper than `MAX_DEPTH`.

    Raises:
        ScenarioError: Says where it breaks.
    """
    text = as_text(content)
    _check_parts(text)
    try:
        found = json.loads(
            text, parse_constant=_no_constant, parse_int=_small_int,
            parse_float=_finite,
        )  # fmt: skip
    except json.JSONDecodeError as error:
        raise refuse(
            "must be JSON", f"{error.msg} at line {error.lineno}", "correct it there"
        ) from error
    return _storable(found) if _ODD.search(text) else found


def _storable(document: Any) -> Any:
    """A document, if a database can hold its texts."""
    for text in _texts(document):
        if _HALF.search(text):
            raise refuse("must be Unicode", "half a character", "correct it")
        if "\0" in text:
            raise refuse("must be text", "a zero character", "remove it")
    return document


def _texts(document: Any) -> Iterator[str]:
    """Every text in a document, keys too."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping):
        for key, value in document.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value)


def _finite(digits: str) -> float:
    found = float(digits)
    return found if math.isfinite(found) else _no_constant(digits)


def _check_parts(text: str) -> None:
    """Count values and depth before a parser makes objects of them."""
    depth = 0
    for count, found in enumerate(_PART.finditer(text)):
        if count >= MAX_PARTS:
            raise _too_many(MAX_PARTS, "texts, commas and brackets")
        bracket = text[found.start()]
        if bracket in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise refuse(
                    f"must not be nested deeper than {MAX_DEPTH}", depth, "flatten it"
                )
        elif bracket in "]}":
            depth -= 1


def _too_many(most: int, what: str) -> ScenarioError:
    return refuse(f"must have at most {most:,} {what}", "more", "import it in parts")


def _no_constant(name: str) -> Any:
    raise refuse("must have finite numbers", name[:40], "leave the value out")


def _small_int(digits: str) -> int:
    if len(digits) > 18:
        raise refuse(
            "must have numbers of at most 18 digits", digits[:20], "correct it"
        )
    return int(digits)


def read_csv(content: bytes | str, *, lower: bool = False) -> Rows:
    """
    Read a CSV with a header, separated by comma, semicolon or tab.

    Args:
        content: The file.
        lower: Spell columns in lower case with `_` for what is no letter or digit.

    Raises:
        ScenarioError: With the line, where it is no such table.
    """
    text = as_text(content) if isinstance(content, bytes) else content
    head = text.partition("\n")[0]
    comma = max(",;\t", key=head.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma)
        header = [cell.strip() for cell in next(reader, [])]
        if not any(header) or len(header) > MAX_COLUMNS:
            raise refuse(
                f"must start with 1 to {MAX_COLUMNS} column names", head[:80],
                "add a header line",
            )  # fmt: skip
        if lower:
            header = [_NAME.sub("_", name.lower()).strip("_") for name in header]
        return _csv_rows(reader, header)
    except csv.Error as error:
        raise refuse("must be CSV", str(error), "save it as CSV again") from error


def _csv_rows(reader: Any, header: list[str]) -> Rows:
    rows: Rows = []
    count = 0
    for cells in reader:
        count += len(cells)
        if count > MAX_CELLS:
            raise _too_many(MAX_CELLS, "cells")
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) >= MAX_ROWS:
            raise refuse(f"must have at most {MAX_ROWS:,} rows", "more", "split it")
        if len(cells) > len(header) or any(len(c) > MAX_CELL for c in cells):
            raise refuse(
                f"must have at most {len(header)} cells in a line, none longer than "
                f"{MAX_CELL:,}", f"line {reader.line_num}: {len(cells)} cells",
                "quote cells that hold the separator",
            )  # fmt: skip
        rows.append(dict(zip(header, cells, strict=False)))
    return rows


def read_yaml(text: str) -> Any:
    """
    Read YAML without aliases, which can stand for more than memory holds.

    Raises:
        ScenarioError: Says what is wrong.
    """
    if len(text) > MAX_YAML_BYTES:
        raise refuse(f"must be at most {MAX_YAML_BYTES:,} bytes", len(text), "split it")
    try:
        depth = 0
        for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
            if count > MAX_EVENTS:
                raise _too_many(MAX_EVENTS, "values")
            if isinstance(event, yaml.AliasEvent):
                raise refuse("must not have aliases", event.anchor, "write it out")
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise refuse("must not be nested so deep", depth, "flatten it")
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                depth -= 1
        return _storable(yaml.safe_load(text))
    except (yaml.YAMLError, ValueError) as error:
        raise refuse("must be YAML", str(error)[:200], "correct it") from error


def bundle_of(document: Any) -> dict[str, str]:
    """
    Files inside a bundle, `{"files": {"name.csv": "text"}}`, by name.

    Raises:
        ScenarioError: If it is something else.
    """
    files = document.get("files") if isinstance(document, Mapping) else None
    if not isinstance(files, Mapping) or not 0 < len(files) <= MAX_FILES:
        raise refuse(
            f"must hold 1 to {MAX_FILES} files", type(files).__name__,
            'send {"files": {"name.csv": "its text"}}', "files",
        )  # fmt: skip
    count = 0
    for name, text in files.items():
        if not isinstance(text, str):
            raise refuse("must be text", str(name)[:80], "send its text", "files")
        count += sum(map(text.count, ",;\t\n"))
        if count > MAX_CELLS:
            raise _too_many(MAX_CELLS, "cells")
    return {str(name): text for name, text in files.items()}


def stem(name: str) -> str:
    """Name of a file without folder and ending: a label, never a path to open."""
    last = re.split(r"[\\/]", name)[-1]
    return last.split(".")[0].strip()

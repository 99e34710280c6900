"""Schemas of an OpenAPI document as Python: typed dictionaries and records."""

from __future__ import annotations

import keyword
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Any

PREFIX = "/api/v1"
REF = "#/components/schemas/"
VERBS = {"post": "create", "put": "put", "patch": "change", "delete": "delete"}
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
WIDTH = 88
HEAD = '''"""
{}

Written by scripts/make_client from OpenAPI; not to be changed by hand.
"""
'''
Schema = dict[str, Any]


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Address below the prefix, method and operation of everything on offer."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path.startswith(f"{PREFIX}/") and method in {"get", *VERBS}:
                yield path.removeprefix(PREFIX), method, operation


class Types:
    """Schemas of a document under the names they have in Python."""

    def __init__(self, document: Schema) -> None:
        self.schemas: dict[str, Schema] = document["components"]["schemas"]
        self.names = {key: python_name(key) for key in self.schemas}
        twice = [n for n, count in Counter(self.names.values()).items() if count > 1]
        if twice:
            raise SystemExit(f"two schemas would be named {twice[0]}")
        bodies = [
            content.get("schema", {})
            for *_, operation in operations(document)
            for content in operation.get("requestBody", {}).get("content", {}).values()
        ]
        tops = {key for body in bodies if (key := ref_of(body))}
        self.sent = self._reached(bodies)
        """Schemas that requests contain."""
        flat = tops - self._reached(
            [self.schemas[key].get("properties", {}) for key in self.sent]
        )
        self.inputs = sorted(self.sent - flat)
        """Of these, all that are not spread out over a method's arguments."""
        self.answers = sorted(set(self.schemas) - self.sent)

    def _reached(self, roots: Any) -> set[str]:
        found: set[str] = set()
        todo = list(refs(roots))
        while todo:
            key = todo.pop()
            if key not in found:
                found.add(key)
                todo += refs(self.schemas[key])
        return found

    def hint(self, schema: Schema, *, taken: bool = False) -> str:
        """Annotation of a schema; what is `taken` may be any sequence or mapping."""
        if "$ref" in schema:
            return self.names[ref_of(schema) or ""]
        kind = schema.get("type", "")
        if "const" in schema or "enum" in schema:
            values = schema.get("enum", [schema.get("const")])
            return f"Literal[{', '.join(map(literal, values))}]"
        parts = schema.get("anyOf") or schema.get("oneOf")
        if parts:
            return " | ".join(dict.fromkeys(self.hint(p, taken=taken) for p in parts))
        if kind == "array":
            return self._sequence(schema, taken=taken)
        if kind == "object":
            more = schema.get("additionalProperties")
            inner = self.hint(more) if isinstance(more, dict) and more else "Any"
            return f"{'Mapping' if taken else 'dict'}[str, {inner}]"
        if kind == "null":
            return "None"
        return "bytes" if schema.get("format") == "binary" else SIMPLE.get(kind, "Any")

    def _sequence(self, schema: Schema, *, taken: bool) -> str:
        outer = "Sequence" if taken else "list"
        places = schema.get("prefixItems")
        if places:  # JSON has no tuples: an answer's pair is a list
            inner = " | ".join(dict.fromkeys(self.hint(p) for p in places))
        else:
            inner = self.hint(schema.get("items", {}), taken=taken)
        return f"{outer}[{inner}]"


def python_name(key: str) -> str:
    """Name of a schema; FastAPI puts the module before names that two modules have."""
    *module, name = key.split("__")
    return (module[-1].capitalize() if module else "") + name.replace("-", "")


def refs(node: Any) -> Iterator[str]:
    """Names of the schemas that a piece of the document refers to."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(REF)
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from refs(item)


def ref_of(schema: Schema) -> str | None:
    """Name of the schema that this one only refers to."""
    found = schema.get("$ref")
    return None if found is None else str(found).removeprefix(REF)


def literal(value: Any) -> str:
    """A value as Python source, strings in double quotes."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


def write_inputs(types: Types) -> str:
    """Typed dictionaries: nothing of them is left at run time but `dict`."""
    lines = [
        HEAD.format(
            "What requests contain, scenarios above all, as typed dictionaries."
        ),
        "from __future__ import annotations",
        "from typing import TYPE_CHECKING, Any, Literal, TypedDict",
        "if TYPE_CHECKING:\n    from typing_extensions import NotRequired",
    ]
    for key in types.inputs:
        schema = types.schemas[key]
        required = set(schema.get("required", ()))
        lines += [
            f"\n\nclass {types.names[key]}(TypedDict):",
            docstring(schema, "Keys"),
        ]
        for name, field in schema.get("properties", {}).items():
            if not usable(name):
                raise SystemExit(f"{key}.{name} is no name in Python")
            hint = types.hint(field)
            lines.append(
                f"    {name}: {hint if name in required else f'NotRequired[{hint}]'}"
            )
    return "\n".join(lines)


def write_answers(types: Types) -> str:
    """Records of answers with the unit of every number."""
    sent = names_of(types, types.inputs)
    lines = [
        HEAD.format("What answers contain, as records: `run.peak_w`, in watts."),
        "from __future__ import annotations",
        "from typing import Annotated, Any, Literal",
        f"from nameplate_client.generated.inputs import {sent}",
        "from nameplate_client.record import Record",
    ]
    for key in types.answers:
        schema = types.schemas[key]
        lines += [f"\n\nclass {types.names[key]}(Record):"]
        lines += [docstring(schema, "Attributes"), ""]
        for name, field in schema.get("properties", {}).items():
            hint, unit = types.hint(field), field.get("unit")
            hint = f"Annotated[{hint}, {literal(unit)}]" if unit else hint
            lines.append(f"    {attribute(name)}: {hint}")
    return "\n".join(lines)


def names_of(types: Types, keys: list[str]) -> str:
    """Names of schemas as an import takes them."""
    return "(" + ", ".join(types.names[key] for key in keys) + ",)"


def attribute(name: str) -> str:
    """Name of a field as an attribute; those Python or a record needs get a bar."""
    if name in {"document", "frame"} or keyword.iskeyword(name):
        return f"{name}_"
    if not usable(name):
        raise SystemExit(f"{name} is no name in Python")
    return name


def usable(name: str) -> bool:
    """Whether a name may stand in Python."""
    return name.isidentifier() and not keyword.iskeyword(name)


def docstring(schema: Schema, section: str) -> str:
    """Say what a schema is, and each of its fields with its unit."""
    text = first(schema.get("description") or schema.get("title", ""))
    fields = {
        n: first(f.get("description", "")) for n, f in schema["properties"].items()
    }
    return quoted(text, {section: fields}, indent=4)


def first(text: str) -> str:
    """Text on one line."""
    return re.sub(r"\s+", " ", text.replace("\\", "\\\\")).strip()


def quoted(text: str, sections: dict[str, dict[str, str]], *, indent: int) -> str:
    """A docstring in the order of the house: what, then names with their meaning."""
    summary, _, rest = text.partition(". ")
    lines = [summary + "." * bool(rest)]
    lines += ["", *textwrap.wrap(rest, WIDTH - indent)] if rest else []
    for title, entries in sections.items():
        if entries:
            lines += ["", f"{title}:"]
        for name, meaning in entries.items():
            entry = f"    {name}: {meaning or 'As the noun says.'}"
            lines += textwrap.wrap(entry, WIDTH - indent, subsequent_indent=" " * 8)
    margin = " " * indent
    if len(lines) == 1:
        return f'{margin}"""{lines[0]}"""'
    body = textwrap.indent("\n".join(lines), margin)
    return f'{margin}"""\n{body}\n{margin}"""'

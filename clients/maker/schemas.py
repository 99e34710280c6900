"""Schemas of an OpenAPI document as Python: typed dictionaries and records."""

from __future__ import annotations

import keyword
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Any

PREFIX = "/api/v1"
REF = "#/components/schemas/"
VERBS = {"post": "create", "put": "put", "patch": "change", "delete": "delete"}
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
WIDTH = 110
"""Columns: room for most fields with type, meaning and unit on one line."""
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
        self.answers = sorted(
            key
            for key in set(self.schemas) - self.sent
            if "next_cursor" not in self.schemas[key].get("properties", ())
        )
        """All that is not sent, but for pages: lists are read item by item."""

    def _reached(self, roots: Any) -> set[str]:
        found: set[str] = set()
        todo = list(refs(roots))
        while todo:
            key = todo.pop()
            if key not in found:
                found.add(key)
                todo += refs(self.schemas[key])
        return found

    def hint(self, home: str, schema: Schema) -> str:
        """Annotation of a schema in a module; methods take any sequence or mapping."""
        key = ref_of(schema)
        if key is not None:
            module = "inputs" if key in self.sent else "answers"
            return f"{module}.{self.names[key]}".removeprefix(f"{home}.")
        kind = schema.get("type", "")
        if "const" in schema or "enum" in schema:
            values = schema.get("enum", [schema.get("const")])
            return f"Literal[{', '.join(map(literal, values))}]"
        parts = schema.get("anyOf") or schema.get("oneOf")
        if parts:
            return self._either(home, parts)
        if kind == "array":  # JSON has no tuples: an answer's pair is a list
            items = schema.get("prefixItems") or [schema.get("items", {})]
            outer = "Sequence" if home == "nouns" else "list"
            return f"{outer}[{self._either(home, items)}]"
        if kind == "object":
            more = schema.get("additionalProperties")
            inner = self.hint(home, more) if isinstance(more, dict) and more else "Any"
            return f"{'Mapping' if home == 'nouns' else 'dict'}[str, {inner}]"
        if kind == "null":
            return "None"
        return "bytes" if schema.get("format") == "binary" else SIMPLE.get(kind, "Any")

    def _either(self, home: str, parts: list[Schema]) -> str:
        return " | ".join(dict.fromkeys(self.hint(home, part) for part in parts))


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
        kind = "TypedDict" if required else "TypedDict, total=False"
        lines += [f"\n\nclass {types.names[key]}({kind}):", docstring(schema), ""]
        for name, field in schema.get("properties", {}).items():
            if not usable(name):
                raise SystemExit(f"{key}.{name} is no name in Python")
            hint = types.hint("inputs", field)
            if required and name not in required:
                hint = f"NotRequired[{hint}]"
            lines.append(commented(f"    {name}: {hint}", meaning(name, field)))
    return "\n".join(lines)


def write_answers(types: Types) -> str:
    """Records of answers: each field with its type, and what it means with its unit."""
    lines = [
        HEAD.format("What answers contain, as records: `run.peak_w`, in watts."),
        "from __future__ import annotations",
        "from typing import Annotated, Any, Literal",
        "from nameplate_client.generated import inputs",
        "from nameplate_client.record import Record",
    ]
    for key in types.answers:
        schema = types.schemas[key]
        lines += [f"\n\nclass {types.names[key]}(Record):", docstring(schema), ""]
        for name, field in schema.get("properties", {}).items():
            hint, said = types.hint("answers", field), meaning(name, field)
            hint = f"Annotated[{hint}, {literal(said)}]" if said else hint
            lines.append(f"    {attribute(name)}: {hint}")
    return "\n".join(lines)


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


def docstring(schema: Schema) -> str:
    """Say what a schema is; its fields say the rest."""
    return quoted(first(schema.get("description") or schema.get("title", "")), indent=4)


def meaning(name: str, field: Schema) -> str:
    """What a field means, its unit in brackets; nothing where its name says it all."""
    said = first(field.get("description", ""))
    more = set(said.lower().split()) - set(name.split("_"))
    return said if more else ""


def commented(line: str, said: str) -> str:
    """A line of code with a comment: behind it where there is room, else above."""
    if not said:
        return line
    if len(f"{line}  # {said}") <= WIDTH:
        return f"{line}  # {said}"
    above = textwrap.wrap(
        said, WIDTH, initial_indent="    # ", subsequent_indent="    # "
    )
    return "\n".join([*above, line])


def first(text: str) -> str:
    """Text on one line."""
    return " ".join(text.split())


def quoted(text: str, meanings: dict[str, str] | None = None, *, indent: int) -> str:
    """A docstring in the order of the house: what, then what arguments mean."""
    summary, _, rest = text.partition(". ")
    lines = [summary + "." * bool(rest)]
    lines += ["", *textwrap.wrap(rest, WIDTH - indent)] if rest else []
    told = {name: said for name, said in (meanings or {}).items() if said}
    lines += ["", "Args:"] if told else []
    for name, said in told.items():
        entry = f"    {name}: {said}"
        lines += textwrap.wrap(entry, WIDTH - indent, subsequent_indent=" " * 8)
    margin = " " * indent
    body = "\n".join(lines).replace("\\", "\\\\")
    if len(lines) == 1:
        return f'{margin}"""{body}"""'
    return f'{margin}"""\n{textwrap.indent(body, margin)}\n{margin}"""'

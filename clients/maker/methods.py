"""Operations of an OpenAPI document as methods of nouns."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from clients.maker.schemas import (
    HEAD,
    PREFIX,
    VERBS,
    Schema,
    Types,
    first,
    literal,
    meaning,
    operations,
    quoted,
    ref_of,
)

JSON = "application/json"
NO_FIELDS = frozenset({"self", "on_progress", "body", "content"})
"""Arguments that the client keeps out of query and body."""
SUFFIXES = {"text/csv": "csv", "application/vnd.apache.parquet": "parquet"}


class Argument(NamedTuple):
    """One argument of a method: where it goes, and what it takes."""

    name: str
    key: str
    place: str
    hint: str
    default: str | None
    meaning: str


IMPORTS = (
    "from __future__ import annotations",
    "from collections.abc import Iterator, Mapping, Sequence",
    "from typing import Any, Literal",
    "from nameplate_client import connection as base",
    "from nameplate_client.connection import Noun",
    "from nameplate_client.downloads import Download",
    "from nameplate_client.generated import answers, inputs",
    "from nameplate_client.pages import Pages",
)
"""More than is used; what is not goes when the file is formatted."""


def write_nouns(types: Types, document: Schema) -> str:
    """One class per noun, one method per operation, and the class that has them all."""
    nouns, alone = methods_by_noun(types, document)
    lines = [
        HEAD.format(
            "One class per noun of the API, one method per operation.\n\n"
            "A method sends what it is given, each argument by its name."
        )
    ]
    lines += IMPORTS
    for noun, methods in nouns.items():
        about = f"Operations under {PREFIX}/{noun.replace('_', '-')}."
        lines += [f'\n\nclass {camel(noun)}(Noun):\n    """{about}"""\n', *methods]
    lines += ['\n\nclass Nouns(Noun):\n    """Every noun as an attribute."""\n']
    lines += ["    def __init__(self, connection: base.Connection) -> None:"]
    lines += ["        super().__init__(connection)"]
    lines += [f"        self.{noun} = {camel(noun)}(connection)" for noun in nouns]
    return "\n".join([*lines, "", *alone])


def methods_by_noun(
    types: Types, document: Schema
) -> tuple[dict[str, list[str]], list[str]]:
    """Methods of each noun, and of those nouns that are one operation and no more."""
    known = sorted(operations(document), key=lambda k: (k[0], k[1]))
    per_path = Counter(path for path, *_ in known)
    per_noun = Counter(noun_of(path) for path, *_ in known)
    nouns: dict[str, list[str]] = {}
    alone: list[str] = []
    for path, method, operation in known:
        noun, bare = noun_of(path), path.count("/") == 1
        made = Operation(types, path, method, operation)
        if bare and per_noun[noun] == 1:
            alone += made.written(noun)
        else:
            verb = made.verb(several=bare or per_path[path] > 1)
            nouns.setdefault(noun, []).extend(made.written(verb))
    return nouns, alone


def noun_of(path: str) -> str:
    """First part of an address, as a name."""
    return snake(path.split("/")[1])


def snake(text: str) -> str:
    """A part of an address as a name."""
    return re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_").lower()


def camel(text: str) -> str:
    """A noun as the name of a class; never that of a schema."""
    return "".join(part.capitalize() for part in text.split("_")) + "Noun"


class Operation:
    """One operation as methods: one for its answer, one for each other format."""

    def __init__(self, types: Types, path: str, method: str, operation: Schema) -> None:
        self.types, self.path, self.method = types, path, method
        self.operation = operation
        self.said = operation.get("parameters", [])
        self.media: Schema = operation.get("requestBody", {}).get("content", {})
        contents: dict[str, dict[str, Schema]] = {
            status: answer.get("content", {})
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        }
        self.ok = next((c for s, c in contents.items() if s != "202"), None)
        self.later = "202" in contents
        if self.ok is None:
            self.ok, self.later = contents["202"], False

    def verb(self, *, several: bool) -> str:
        """Name of the method: the rest of the address, and a verb where that is due."""
        rest = [snake(p) for p in self.path.split("/")[2:] if not p.startswith("{")]
        one = self.path.endswith("}")
        items = not one and "items" in self._fields()
        verb = VERBS.get(self.method, "list" if items else "read")
        name = "_".join([*rest, verb] if several or one or not rest else rest)
        return f"{name}_" if keyword.iskeyword(name) else name

    def page(self) -> str | None:
        """Annotation of an item where the answer is a page of a list."""
        fields = self._fields()
        if "next_cursor" not in fields:
            return None
        return self.types.hint("nouns", fields["items"]["items"])

    def _fields(self) -> Schema:
        schema = (self.ok or {}).get(JSON, {}).get("schema", {})
        known = self.types.schemas.get(ref_of(schema) or "", {})
        fields: Schema = known.get("properties", {})
        return fields

    def written(self, name: str) -> list[str]:
        """Source of its methods."""
        if any(p["name"] == "format" for p in self.said):
            others = [s for media, s in SUFFIXES.items() if media in (self.ok or {})]
            return [self._one(name, "json")] + [
                self._one(f"{name}_{suffix}", suffix) for suffix in others
            ]
        return [self._one(name, None)]

    def _one(self, name: str, kind: str | None) -> str:
        arguments = [*self._parameters(), *self._body()]
        returns, call, patient = self._answer(kind)
        shown = ["self"] + [
            f"{a.name}: {a.hint}" for a in arguments if a.place == "path"
        ]
        rest = [a for a in arguments if a.place != "path"]
        rest.sort(key=lambda a: a.default is not None)
        named = [
            f"{a.name}: {a.hint}" + (f" = {a.default}" if a.default is not None else "")
            for a in rest
        ]
        meanings = {a.name: a.meaning for a in arguments}
        if patient:
            named.append("on_progress: base.Progress | None = None")
            meanings["on_progress"] = (
                "Told part and phase where the answer takes longer."
            )
        if named:
            named.insert(0, "*")
        text = first(self.operation.get("description") or self.operation["summary"])
        if kind not in {None, "json"}:
            text += f" As {kind}."
        head = f"    def {name}({', '.join(shown + named)}) -> {returns}:"
        return "\n".join(
            [
                head,
                quoted(text, meanings, indent=8),
                self._call(call, arguments, kind),
                "",
            ]
        )

    def _parameters(self) -> Iterator[Argument]:
        for said in self.said:
            key, schema = said["name"], said["schema"]
            if key == "format" or (key == "cursor" and self.page()):
                continue
            required = said.get("required", False)
            yield self._argument(
                key, said["in"], schema, required=required,
                said=meaning(snake(key), said),
            )  # fmt: skip

    def _body(self) -> Iterator[Argument]:
        if not self.media:
            return
        schema = self.media.get(JSON, {}).get("schema", {})
        key = ref_of(schema)
        if set(self.media) == {JSON} and key:
            body = self.types.schemas[key]
            for name, field in body.get("properties", {}).items():
                required = name in body.get("required", ())
                yield self._argument(
                    name, "body", field, required=required,
                    said=meaning(snake(name), field),
                )  # fmt: skip
        elif set(self.media) == {JSON}:
            hint = self.types.hint("nouns", schema)
            yield Argument("body", "", "whole", hint, None, "The document.")
        else:
            media = [m for m in self.media if m != JSON] or [JSON]
            yield Argument(
                "content", "", "content", "base.Content", None, "What is sent."
            )
            yield Argument(
                "content_type", "content-type", "header", "str", literal(media[0]),
                f"One of {', '.join(self.media)}.",
            )  # fmt: skip

    def _argument(
        self, key: str, place: str, schema: Schema, *, required: bool, said: str
    ) -> Argument:
        hint = self.types.hint("nouns", schema)
        default: str | None = None
        if not required:
            value = schema.get("default")
            simple = isinstance(value, (bool, int, float, str))
            default = literal(value) if simple else "None"
            nullable = "None" in hint.split(" | ") or hint == "Any"
            hint = hint if simple or nullable else f"{hint} | None"
        name = snake(key)
        unlike = name != key and place != "header"
        if unlike or keyword.iskeyword(name) or name in NO_FIELDS:
            raise SystemExit(f"{key} cannot be sent by the name of an argument")
        return Argument(name, key, place, hint, default, said)

    def _answer(self, kind: str | None) -> tuple[str, str, bool]:
        """What it returns, the call that makes it, and whether that waits for a job."""
        contents = self.ok or {}
        if not contents:
            return "None", "self._connection.nothing({})", False
        if "text/event-stream" in contents:
            return "Iterator[base.Event]", "return self._connection.events({})", False
        item = self.page()
        if item is not None:
            return (
                f"Pages[{item}]",
                f"return self._connection.pages({item}, {{}})",
                False,
            )
        raw = JSON not in contents or (kind is None and len(contents) > 1)
        if raw or kind not in {None, "json"}:
            return "Download", "return self._connection.download({})", False
        schema = contents[JSON].get("schema", {})
        key = ref_of(schema)
        if key is None or key in self.types.sent:
            return "base.Document", "return self._connection.json({})", False
        hint = self.types.hint("nouns", schema)
        if self.later:
            call = (
                f"return self._connection.answer({hint}, {{}}, on_progress=on_progress)"
            )
            return hint, call, True
        return hint, f"return self._connection.one({hint}, {{}})", False

    def _call(self, call: str, arguments: list[Argument], kind: str | None) -> str:
        parts = [literal(self.method.upper()), literal(self.path)]
        places = {a.place for a in arguments}
        headers = [
            f"{literal(a.key)}: {a.name}" for a in arguments if a.place == "header"
        ]
        if headers:
            parts.append(f"headers={{{', '.join(headers)}}}")
        parts += [f"{a.name}={a.name}" for a in arguments if a.key == ""]
        empty = JSON in self.media and not places & {"whole", "content"}
        if "body" in places or empty:
            parts.append("fields=locals()")
        elif kind is not None:
            parts.append(f'query={{**locals(), "format": {literal(kind)}}}')
        elif places & {"path", "query"} or self.page():
            parts.append("query=locals()")
        return " " * 8 + call.format(", ".join(parts))

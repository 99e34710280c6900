"""Every route: what it takes, who may ask, what it answers, one call with curl."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from scripts.documentation.curl_bodies import ASKS, BODIES, NEEDS_DATA, STORED
from scripts.documentation.reference_cli import cell

Json = dict[str, Any]
ADDRESS = "http://127.0.0.1:8050"
BASE = "/api/v1"
PROBLEMS = 400
MOST_NAMES = 14
MOST_WORDS = 160
HEAD = f"""# REST routes

Written from the code by `scripts/docs`; `{ADDRESS}{BASE}/openapi.json` says the same to
machines, with every field of every body and answer, its unit and an example. Bodies and
answers are JSON where nothing else is said. What goes wrong is answered as
`application/problem+json`: title, status, id, and per error field, rule, value, repair.

| status | meaning |
|---|---|
| 200, 201, 204 | answered; made; done, nothing to say |
| 202 | it takes longer: a job, to be followed at `/jobs/{{job_id}}` |
| 400, 413, 415, 422 | not readable; too large; of another type; against a rule |
| 401, 403 | a token is needed; the token lacks the scope |
| 404, 409 | not there; in the way of something else |
| 429, 503 | too much at once; not now: `Retry-After` says when |

Scopes and roles: [Access](../access.md). An example marked *needs data* is not sent by
the tests; all others are.
"""


def document() -> tuple[Json, dict[tuple[str, str], str | None]]:
    """OpenAPI of the application, and the scope of each operation."""
    from api.gate import OPEN, places
    from api.main import create_app
    from store.settings import Settings

    app = create_app(Settings(database_url="sqlite://", mcp=False), warm=False)
    scopes = {
        (method, place.template): None if place.template in OPEN else place.scope
        for place in places(app)
        for method in place.methods
    }
    return app.openapi(), scopes


def text() -> str:
    """The page, noun by noun."""
    openapi, scopes = document()
    nouns: dict[str, list[str]] = {}
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            scope = scopes[method.upper(), path]
            part = "\n".join(_section(openapi, method, path, operation, scope))
            nouns.setdefault(operation["tags"][0], []).append(part)
    parts = [
        f"## {noun}\n\n" + "\n".join(sections)
        for noun, sections in sorted(nouns.items())
    ]
    return HEAD + "\n" + "\n".join(parts).rstrip() + "\n"


def calls() -> list[tuple[str, str, bool]]:
    """Each operation with its example, and whether it is to be sent."""
    openapi, _ = document()
    return [
        (f"{method.upper()} {short(path)}", *example(method, path, operation))
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    ]


def short(path: str) -> str:
    """A path without what all begin with."""
    return path.removeprefix(BASE)


def example(method: str, path: str, operation: Json) -> tuple[str, bool]:
    """One call with curl, and whether it needs nothing that is not there."""
    name = f"{method.upper()} {short(path)}"
    url = re.sub(r"\{(\w+)\}", lambda m: STORED.get(m[1], m[1].upper()), path)
    url += f"?{ASKS[name]}" if name in ASKS else ""
    needed = {p["name"] for p in operation.get("parameters", ()) if p.get("required")}
    ready = name not in NEEDS_DATA and (name in ASKS or needed <= set(STORED))
    line = "curl -s" + (
        f" -X {method.upper()}" if method not in ("get", "post") else ""
    )
    line += f" '{ADDRESS}{url}'" if "?" in url else f" {ADDRESS}{url}"
    content = operation.get("requestBody", {}).get("content", {})
    if name in BODIES:
        body = json.dumps(BODIES[name], ensure_ascii=False)
        return f"{line} -H 'content-type: application/json' \\\n  -d '{body}'", ready
    if content:
        kind = next(iter(content))
        sent = f"-H 'content-type: {kind}' --data-binary @FILE"
        return f"{line} {sent}", False
    if method == "post":
        line = line.replace("curl -s", "curl -s -X POST", 1)
    return line, ready and method != "delete"


def _section(
    openapi: Json, method: str, path: str, operation: Json, scope: str | None
) -> Iterator[str]:
    yield f"### {method.upper()} {short(path)}\n"
    about = " ".join((operation.get("description") or operation["summary"]).split())
    yield f"{cell(about)}\n"
    yield f"Scope: {f'`{scope}`' if scope else 'none'}.\n"
    rows = [*_asked(operation), *_sent(openapi, operation)]
    if rows:
        yield "| field | where | type | meaning |"
        yield "|---|---|---|---|"
        yield from rows
        yield ""
    for code, answer in sorted(operation["responses"].items()):
        if int(code) < PROBLEMS:
            yield f"Answer {code}: {_answer(openapi, answer)}\n"
    line, sent = example(method, path, operation)
    yield "" if sent else "*Needs data:*\n"
    yield f"```sh\n{line}\n```\n"


def _asked(operation: Json) -> Iterator[str]:
    for part in operation.get("parameters", ()):
        yield _row(
            part["name"], part["in"], part["schema"] | part, part.get("required")
        )


def _sent(openapi: Json, operation: Json) -> Iterator[str]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        found = _resolved(openapi, content.get("schema", {}))
        if not found.get("properties"):
            yield f"| whole body | body | `{kind}` | |"
            continue
        needed = found.get("required", ())
        for name, field in found["properties"].items():
            yield _row(name, "body", field, name in needed)


def _row(name: str, where: str, field: Json, needed: bool | None) -> str:
    about = cell(field.get("description", ""))
    if len(about) > MOST_WORDS:
        about = about[:MOST_WORDS].rsplit(" ", 1)[0] + " …"
    mark = ", needed" if needed else ""
    return f"| `{name}` | {where}{mark} | {_type(field)} | {about} |"


def _type(field: Json) -> str:
    kinds = [k for k in field.get("anyOf", [field]) if k.get("type") != "null"]
    return " or ".join(dict.fromkeys(map(_kind, kinds)))


def _kind(field: Json) -> str:
    if "$ref" in field:
        return f"`{field['$ref'].rsplit('__', 1)[-1].rsplit('/', 1)[-1]}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("type", "any"))


def _answer(openapi: Json, answer: Json) -> str:
    content = answer.get("content", {})
    if not content:
        return "nothing."
    told = []
    for kind, body in content.items():
        found = _resolved(openapi, body.get("schema", {}))
        names = [f"`{name}`" for name in found.get("properties", {})]
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        told.append(", ".join(names[:MOST_NAMES]) + more if names else f"`{kind}`")
    return "; or ".join(dict.fromkeys(told)) + "."


def _resolved(openapi: Json, schema: Json) -> Json:
    while "$ref" in schema:
        schema = openapi["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema

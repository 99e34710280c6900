"""
What /api/v1 has promised: docs/results/api_v1.txt, one promise a line.

    scripts/api_contract.py           add what is new to the promises (before a release)
    scripts/api_contract.py --check   fail where a promise is broken

Routes, answers and fields that were released stay; a request that was complete once
stays complete. New ones may come.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PROMISED = ROOT / "docs" / "results" / "api_v1.txt"
_NEEDS = " needs "


def promises(document: Mapping[str, Any]) -> set[str]:
    """Every promise of an OpenAPI document."""
    found, asked = set(), set()
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            found.add(route := f"{method.upper()} {path}")
            asked |= _within(told.get("requestBody", {}), schemas)
            for status, answer in told["responses"].items():
                if status.startswith("2"):
                    found.add(f"{route} answers {status}")
                    found |= {f"{route} answers {status} {n}" for n in _names(answer)}
            found |= {
                f"{route}{_NEEDS if p.get('required') else ' reads '}{p['name']}"
                for p in told.get("parameters", [])
            }
    for name, schema in schemas.items():
        for field, told in schema.get("properties", {}).items():
            found.add(f"{_short(name)}.{field}: {_type(told)}")
        if name in asked:
            needed = schema.get("required", [])
            found |= {f"{_short(name)}{_NEEDS}{field}" for field in needed}
    return found


def broken(released: set[str], now: set[str]) -> list[str]:
    """What was promised and is no more, or is asked for and was not."""
    known = {line.split(_NEEDS)[0].split(".")[0] for line in released}
    gone = {line for line in released if _NEEDS not in line} - now
    asked = {
        line
        for line in now - released
        if _NEEDS in line and line.split(_NEEDS)[0] in known
    }
    return sorted(f"gone: {line}" for line in gone) + sorted(
        f"now needed: {line}" for line in asked
    )


def released() -> set[str]:
    """Promises so far."""
    return set(PROMISED.read_text("utf-8").splitlines()) if PROMISED.exists() else set()


def document() -> dict[str, Any]:
    """The application's OpenAPI document."""
    from api.main import create_app
    from store.settings import Settings

    return create_app(Settings(database_url="sqlite://"), warm=False).openapi()


def main() -> int:
    """Check or add."""
    before, now = released(), promises(document())
    for line in (found := broken(before, now)):
        print(line)
    if sys.argv[1:] == ["--check"] or found:
        return 1 if found else 0
    PROMISED.write_text("\n".join(sorted(before | now)) + "\n", "utf-8")
    return 0


def _within(part: Any, schemas: Mapping[str, Any]) -> set[str]:
    """Names of all schemas that a part of the document is made of."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return found


def _names(told: Mapping[str, Any]) -> Iterator[str]:
    for content in told.get("content", {}).values():
        reference = content.get("schema", {}).get("$ref", "")
        if reference:
            yield _short(reference)


def _short(reference: str) -> str:
    """A schema's own name; where its module is, is no promise."""
    return reference.rsplit("/", 1)[-1].rsplit("__", 1)[-1]


def _type(told: Mapping[str, Any]) -> str:
    """A field's type in a few words, the order of alternatives left out."""
    if "$ref" in told:
        return _short(told["$ref"])
    for word in ("anyOf", "oneOf", "allOf"):
        if word in told:
            return " | ".join(sorted({_type(part) for part in told[word]}))
    if told.get("type") == "array":
        return f"[{_type(told.get('items', {}))}]"
    return str(told.get("type", "any"))


if __name__ == "__main__":
    sys.exit(main())

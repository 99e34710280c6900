"""What the shell of the pages looks up: who reads, the model pages, the glossary."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from api.caller import CALLER, Caller
from store.shipped import shipped

Json = dict[str, Any]
_DOCS = shipped("docs")
_ROW = re.compile(r"^\| (?P<term>[^|]+) \| (?P<said>[^|]+) \|$", re.MULTILINE)
ADMIN, PLANNER, VIEWER = "admin", "planner", "viewer"


def serve_known(server: FastAPI, folder: Path = _DOCS) -> None:
    """
    Serve /shell/known to the pages.

    Args:
        server: The application.
        folder: The documentation; an installation may come without it.
    """

    async def known(request: Request) -> JSONResponse:
        caller = request.scope.get(CALLER)
        found = {"who": who(caller), "pages": model_pages(folder),
                 "words": words(folder)}  # fmt: skip
        return JSONResponse(found, headers={"cache-control": "no-store"})

    server.add_api_route("/shell/known", known, include_in_schema=False)


def who(caller: Caller | None) -> Json | None:
    """Name and role of a signed-in reader; None where nobody has to sign in."""
    if caller is None or caller.token_id is None:
        return None
    role = (ADMIN if "admin" in caller.scopes
            else PLANNER if "scenarios:write" in caller.scopes else VIEWER)  # fmt: skip
    return {"name": caller.name, "role": role}


@lru_cache(maxsize=4)
def model_pages(folder: Path) -> list[Json]:
    """Title and address of each page on a model."""
    found = []
    for path in sorted((folder / "models").glob("*.md")):
        first = path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ").strip()
        found.append({"title": first, "href": f"/serving/model-pages/{path.name}"})
    return found


@lru_cache(maxsize=4)
def words(folder: Path) -> list[Json]:
    """Terms of the glossary and what they mean, without its marks."""
    path = folder / "glossary.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    rows = [row.groupdict() for row in _ROW.finditer(text)]
    plain = [{k: v.replace("`", "").strip() for k, v in row.items()} for row in rows]
    return [row for row in plain if row["term"].strip("-") and row["term"] not in
            ("word", "ending")]  # fmt: skip

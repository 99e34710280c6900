"""Hostile addresses and page states: the eight pages, their callbacks, and MCP."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from tests.hostile import mutate
from tests.hostile.fire import Gun, Shot

PAGES = ("/", "/site/", "/stabilize/", "/serving/", "/compare/", "/study/", "/live/",
         "/data/")  # fmt: skip
JSON = {"content-type": "application/json"}
SEEDS = Path(__file__).parent / "pages.json"
"""What stands in each page's stores and controls on a first visit."""
PATHS = (
    "/../../etc/passwd", "/assets/../../../etc/passwd", "/assets/%2e%2e/%2e%2e/pyproject.toml",  # noqa: E501
    "/assets/..%2f..%2fapi/main.py", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/%00",  # noqa: E501
    "/%ff%fe", "/%", "/%zz", "/" + "a" * 60_000, "/" + "%2f" * 5000, "/a b", "/\xff",
    "/assets/base.js%00.css", "/docs/models/../../README.md", "/models/../../../x",
    "/models/%2e%2e%2fsecret", "/api/v1/../../etc/passwd", "/api/v2/runs", "/api//v1/runs",  # noqa: E501
    "/api/v1/runs/", "/api/v1/runs/%2e%2e", "/api/v1/scenarios/" + "x" * 5000, "*",
    "/_dash-component-suites/../../x", "/_dash-component-suites/dash/../../../x.py",
    "/site/_dash-component-suites/dash/%2e%2e/x.py", "/_reload-hash", "/.git/config",
    "/login?next=//evil.example", "/login?next=" + "x" * 9000, "/metrics?x=1", "/healthz/x",  # noqa: E501
    "/site", "/live", "/favicon.ico", "/_favicon.ico?v=..", "http://evil.example/",
)  # fmt: skip
IDS = ("unknown", "run_" + "0" * 12, "..", "%2e%2e", "%00", "a" * 300, "-1", "\u202e", "*",  # noqa: E501
       "1;drop", "%ff", "sample-row")  # fmt: skip
ROUTES = (
    "/api/v1/runs/{}", "/api/v1/runs/{}/result?format=csv", "/api/v1/plans/{}/report",
    "/api/v1/plans/{}/result?format=parquet", "/api/v1/scenarios/{}", "/api/v1/jobs/{}",
    "/api/v1/jobs/{}/events", "/api/v1/studies/{}", "/api/v1/studies/{}/points/{}",
    "/api/v1/imports/{}", "/api/v1/serving/grid/{}", "/api/v1/alerts/rules/{}",
    "/api/v1/telemetry/sources/{}/stored", "/api/v1/tracking/calibrations/{}",
    "/api/v1/runs/{}/report?format={}", "/docs/models/{}", "/assets/{}", "/models/{}",
)  # fmt: skip


def callbacks(gun: Gun, page: str) -> list[dict[str, Any]]:
    """Every question a page asks its server, as its first visit would put it."""
    known = json.loads(SEEDS.read_text()).get(page, {})
    listing = Shot(part="", method="GET", target=f"{page}_dash-dependencies")
    return [_payload(found, known) for found in json.loads(gun.send(listing).body)
            if not found.get("clientside_function")]  # fmt: skip


def _payload(found: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    output = found["output"]
    several = output.startswith("..")
    names = output.strip(".").split("...") if several else [output]
    outputs = [
        dict(zip(("id", "property"), n.split(".", 1), strict=True)) for n in names
    ]
    inputs = [_cell(cell, known) for cell in found["inputs"]]
    first = next((c for c in inputs if isinstance(c, dict)), None)
    changed = [f"{first['id']}.{first['property']}"] if first else []
    return {
        "output": output, "outputs": outputs if several else outputs[0],
        "inputs": inputs, "state": [_cell(cell, known) for cell in found["state"]],
        "changedPropIds": changed, "parsedChangedPropsIds": changed,
    }  # fmt: skip


def _cell(cell: dict[str, Any], known: dict[str, Any]) -> Any:
    if cell["id"].startswith("{"):  # of many components, none of which is there yet
        return []
    value = known.get(f"{cell['id']}.{cell['property']}")
    return {"id": cell["id"], "property": cell["property"], "value": value}


def page_shots(rng: Random, gun: Gun) -> Iterator[Shot]:
    """Addresses, page queries, and callbacks with hostile state."""
    seeds = [(page, body) for page in PAGES for body in callbacks(gun, page)]
    for path in PATHS:
        yield Shot(part="urls", method="GET", target=path)
    while True:
        roll = rng.random()
        if roll < 0.65:
            yield _callback(*rng.choice(seeds), rng)
        elif roll < 0.8:
            yield _query(rng)
        elif roll < 0.95:
            route = rng.choice(ROUTES)
            told = [quote(rng.choice(IDS), safe="%") for _ in range(route.count("{}"))]
            method = rng.choice(("GET", "GET", "GET", "DELETE", "HEAD", "POST"))
            yield Shot(part="urls", method=method, target=route.format(*told))
        else:
            path = rng.choice(PATHS)
            at = rng.randrange(1, len(path) + 1)
            yield Shot(part="urls", method="GET",
                       target=path[:at] + rng.choice(("%2e", "/", "%5c", "?", "#", ";"))
                       + path[at:])  # fmt: skip


def _callback(page: str, saved: Any, rng: Random) -> Shot:
    """What a page asks, with its state changed: a link or a script may hold anything."""  # noqa: E501
    body = copy.deepcopy(saved)
    roll = rng.random()
    cells = [
        c for c in (*body["inputs"], *body.get("state", ())) if isinstance(c, dict)
    ]
    if cells and roll < 0.85:
        cell = rng.choice(cells)
        old = cell.get("value")
        cell["value"] = mutate.document(old, rng) if old and rng.random() < 0.85 else (
            mutate.value(rng)
        )  # fmt: skip
    else:
        body = mutate.document(body, rng)
    return Shot(part="urls", target=f"{page}_dash-update-component", headers=JSON,
                body=mutate.as_json(body, rng))  # fmt: skip


def _query(rng: Random) -> Shot:
    keys = ("servers", "policy", "days", "seed", "scenario", "zoom", "base", "theme",
            "run", "study", "from", "to", "node", "next", "token", "x" * 200)  # fmt: skip  # noqa: E501
    pairs = [(rng.choice(keys), mutate.shown(mutate.value(rng))[:4000]
              .encode("utf-8", "replace").decode())
             for _ in range(rng.choice((1, 3, 40)))]  # fmt: skip
    return Shot(part="urls", method="GET",
                target=f"{rng.choice(PAGES)}?{urlencode(pairs)[:50_000]}")  # fmt: skip


# --- MCP ------------------------------------------------------------------------------

ACCEPT = JSON | {"accept": "application/json, text/event-stream"}
OPENING = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
    "protocolVersion": "2025-06-18", "capabilities": {},
    "clientInfo": {"name": "hostile", "version": "1"}}}  # fmt: skip
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("what_if", {"changes": {"horizon.days": 0.02, "fleet.server_count": 44,
                             "workload.load.requests_per_server_s": 0.05}}),
    ("what_if", {"scenario_id": "sample-row", "changes": {}}),
    ("catalogue", {"kind": "servers"}), ("job", {"job_id": "x"}),
    ("scenarios", {"limit": 5}), ("run", {"run_id": "x"}),
)  # fmt: skip


def mcp_shots(rng: Random, gun: Gun) -> Iterator[Shot]:
    """Messages with something wrong, in a session and outside."""
    session, tools = _opened(gun)
    known = [(t["name"], _filled(t["inputSchema"])) for t in tools] + list(CALLS)
    while True:
        name, arguments = rng.choice(known)
        params = {"name": name, "arguments": arguments}
        number = rng.randrange(10**9)  # two of one number would share an answer
        body: Any = {"jsonrpc": "2.0", "id": number, "method": "tools/call",
                     "params": params}  # fmt: skip
        if rng.random() < 0.1:
            body = rng.choice((OPENING, {**body, "method": "tools/list"},
                               {**body, "method": "resources/read"}, [body] * 50))  # fmt: skip  # noqa: E501
        inside = session if rng.random() < 0.97 else rng.choice(("", "x", "0" * 32))
        if body is OPENING:
            inside = "x"  # a session each would only fill the house
        if isinstance(body, dict) and rng.random() < 0.8:
            if rng.random() < 0.2:
                body = mutate.document(body, rng)
            else:
                body = {**body, "params": mutate.document(body["params"], rng)}
        headers = ACCEPT | ({"mcp-session-id": inside} if inside else {})
        yield Shot(part="mcp", target="/mcp", headers=headers,
                   body=mutate.as_json(body, rng))  # fmt: skip


def _opened(gun: Gun) -> tuple[str, list[Any]]:
    """A session, and the tools it offers."""
    first = gun.send(Shot(part="mcp", target="/mcp", headers=ACCEPT,
                          body=json.dumps(OPENING).encode()))  # fmt: skip
    session = first.headers["mcp-session-id"]
    told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    inside = ACCEPT | {"mcp-session-id": session}
    gun.send(Shot(part="mcp", target="/mcp", headers=inside,
                  body=json.dumps(told).encode()))  # fmt: skip
    listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
    got = gun.send(Shot(part="mcp", target="/mcp", headers=inside,
                        body=json.dumps(listing).encode()))  # fmt: skip
    line = next(x for x in got.body.decode().splitlines() if x.startswith("data: {"))
    return session, json.loads(line[6:])["result"]["tools"]


def _filled(schema: Any) -> dict[str, Any]:
    """Arguments of a tool: what its schema gives as default or example."""
    found: dict[str, Any] = {}
    for name, kind in schema.get("properties", {}).items():
        examples = kind.get("examples") or [kind.get("default")]
        found[name] = examples[0]
    return found

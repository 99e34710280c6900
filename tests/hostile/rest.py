"""Hostile REST requests: from the OpenAPI document, and scenarios by every example."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

import yaml

from tests.hostile import mutate
from tests.hostile.fire import Shot
from tests.live.hostile import ANYWHERE

ROOT = Path(__file__).parents[2]
API = "/api/v1"
JSON = {"content-type": "application/json"}
EXAMPLES = {
    p.stem: yaml.safe_load(p.read_text()) for p in (ROOT / "examples").glob("*.yaml")
}
ROWS = ("/what-if", "/runs", "/plans", "/scenarios", "/compare")
SITES = ("/site/run", "/site/campus", "/site/failures", "/site/failure", "/site/fit",
         "/site/network", "/site/cooling-year", "/site/schedule", "/site/steering",
         "/what-if", "/scenarios")  # fmt: skip
ASKED = {
    "stabilize": ("/stabilize/run", "/stabilize/zoom", "/stabilize/size"),
    "site": SITES,
    "campus": ("/site/campus", "/site/run"),
    "build_out": ("/planning/build-out",),
    "cost": ("/planning/cost",),
    "placement": ("/planning/placement",),
    "study": ("/studies", "/studies/check"),
    "study_site": ("/studies", "/studies/check"),
    "search": ("/studies", "/studies/check"),
    "serving": ("/serving/run",),
    "shift": ("/serving/shift",),
}
"""Which routes an example is a question to; the others are rows."""


def wrapped(path: str, example: Any, rng: Random) -> Any:
    """An example as the body of a route."""
    if path == "/scenarios":
        return {"name": "hostile", "body": example}
    if path.startswith(("/studies", "/planning", "/serving")):
        return example
    if path == "/compare":
        one = {"scenario": example}
        return {"sources": [one, {**one, "changes": {"seed": 2}}]}
    asked: dict[str, Any] = {"scenario": example, "view": f"v{rng.randrange(40)}"}
    if rng.random() < 0.4:
        asked["changes"] = {"fleet.server_count": rng.choice((1, 40, 52, 10**9)),
                            "horizon.days": rng.choice((0.01, 1, 1e9))}  # fmt: skip
    extra = {"/site/failure": {"element": "ups-1"}, "/stabilize/zoom": {
        "start_s": 0, "end_s": 10}}.get(path, {})  # fmt: skip
    return asked | extra


def scenario_shots(rng: Random) -> Iterator[Shot]:
    """Every example, with parts of it changed, to every route it is a question to."""
    names = sorted(EXAMPLES)
    while True:
        name = rng.choice(names)
        path = rng.choice(ASKED.get(name, ROWS))
        good = wrapped(path, EXAMPLES[name], rng)
        body = mutate.as_json(mutate.document(good, rng), rng)
        if rng.random() < 0.002:
            body = mutate.many_keys(200_000)
        yield Shot(part="scenarios", target=API + path, headers=JSON, body=body)


def rest_shots(
    schema: Any, count: int, seed: int, tokens: dict[str, str]
) -> Iterator[Shot]:
    """A third as the schema generates them, right and wrong; the rest changed further."""  # noqa: E501
    rng = Random(seed)
    made = list[Shot]()
    operations = [r.ok() for r in schema.get_all_operations()]
    each = max(1, count // 3 // (2 * len(operations)))
    for operation in operations:
        for mode in ("positive", "negative"):
            for shot in _generated(operation, mode, each, seed, tokens):
                made.append(shot)
                yield shot
        path = operation.path
        if operation.body.items:
            for body in ANYWHERE.values():
                shot = Shot(part="rest", method=operation.method.upper(),
                            target=_filled(path), headers=_headers(path, tokens),
                            body=body)  # fmt: skip
                yield shot
    while True:
        yield _changed(rng.choice(made), rng)


def _generated(
    operation: Any, mode: str, count: int, seed: int, tokens: dict[str, str]
) -> list[Shot]:
    import hypothesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis import GenerationMode

    found = list[Shot]()
    kind = GenerationMode(mode)

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=kind))
    def take(case: Any) -> None:
        if (shot := _shot(case, tokens)) is not None:
            found.append(shot)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            take()
        except Exception as error:  # a schema with nothing to get wrong has no case
            if "Unsatisfiable" not in type(error).__name__ and mode == "positive":
                print(f"  no case of {operation.label}: {error!r}"[:200])
    return found[:count]


def _shot(case: Any, tokens: dict[str, str]) -> Shot | None:
    import requests

    if case.operation.path.endswith("/datasets/{name}/pull"):
        case.path_parameters["name"] = "unknown"  # nothing is fetched in tests
    try:
        asked = case.as_transport_kwargs(base_url="http://127.0.0.1")
        asked.pop("timeout", None)
        ready = requests.Request(**asked).prepare()
    except Exception:  # what the generator itself cannot write is no input
        return None
    parts = urlsplit(ready.url)
    body = ready.body or b""
    if not isinstance(body, bytes):
        body = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else b""
    told = {k: str(v) for k, v in ready.headers.items()
            if k.lower() in {"content-type", "accept", "if-match", "content-encoding",
                             "x-import-token"} and str(v).isprintable()}  # fmt: skip
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    headers = told | _authority(case.operation.path, tokens)
    return Shot(part="rest", method=case.method.upper(), target=target,
                headers=headers, body=body)  # fmt: skip


def _changed(shot: Shot, rng: Random) -> Shot:
    """A generated request with something more changed."""
    target, body = shot.target, shot.body
    roll = rng.random()
    if body and roll < 0.75:
        try:
            body = mutate.as_json(mutate.document(json.loads(body), rng), rng)
        except (ValueError, RecursionError, TypeError):
            body = mutate.spoiled(body, rng)
    else:
        path, mark, query = target.partition("?")
        if mark and rng.random() < 0.7:
            pairs = query.split("&")
            at = rng.randrange(len(pairs))
            key = pairs[at].partition("=")[0]
            pairs[at] = f"{key}={_quoted(mutate.value(rng))}"
            target = f"{path}?{'&'.join(pairs)}"
        elif "unknown/pull" not in path:
            parts = path.split("/")
            parts[rng.randrange(3, max(4, len(parts))) % len(parts)] = _quoted(
                mutate.value(rng)
            )
            target = "/".join(parts) + mark + query
    method = shot.method
    if rng.random() < 0.03:
        method = rng.choice(("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "X"))
    if target.endswith("/pull") and "/datasets/" in target:
        target = f"{API}/datasets/unknown/pull"
    return Shot(part="rest", method=method, target=target, headers=shot.headers,
                body=body)  # fmt: skip


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else mutate.shown(value)[:3000]
    return quote(text.encode("utf-8", "surrogatepass")[:6000], safe="")


def _filled(path: str) -> str:
    while "{" in path:
        head, _, rest = path.partition("{")
        path = f"{head}unknown{rest.partition('}')[2]}"
    return path


def _authority(path: str, tokens: dict[str, str]) -> dict[str, str]:
    who = ""
    if path.endswith(("/telemetry", "/telemetry/hello")):
        who = "node"
    elif path.endswith(("/prometheus/write", "/otlp/v1/metrics")):
        who = "collector"
    return {"authorization": f"Bearer {tokens[who]}"} if who else {}


def _headers(path: str, tokens: dict[str, str]) -> dict[str, str]:
    return JSON | _authority(path, tokens)

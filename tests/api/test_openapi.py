"""The OpenAPI document is complete, and the server keeps to it under odd input."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.network import running

schemathesis.openapi.media_type("application/x-protobuf", st.binary(max_size=200))
EXAMPLES = 4
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
ENDPOINTS = {
    "/health": "get", "/version": "get", "/schema/scenario": "get",
    "/catalogue/servers": "get", "/catalogue/models": "get",
    "/catalogue/policies": "get", "/catalogue/plants": "get",
    "/sites": "get post", "/sites/{site_id}": "get patch delete",
    "/scenarios": "get post", "/scenarios/{scenario_id}": "get put patch delete",
    "/scenarios/{scenario_id}/clone": "post", "/what-if": "post",
    "/scenarios/{scenario_id}/versions": "get post",
    "/scenarios/{scenario_id}/versions/{number}": "get patch",
    "/scenarios/{scenario_id}/versions/{number}/restore": "post",
    "/runs": "get post", "/runs/{run_id}": "get", "/runs/{run_id}/result": "get",
    "/plans": "get post", "/plans/{plan_id}": "get", "/plans/{plan_id}/result": "get",
    "/site/campus": "post",
    "/site/run": "post", "/site/failures": "post", "/site/failure": "post",
    "/site/cooling-year": "post", "/site/fit": "post", "/site/weather": "get",
    "/site/network": "post", "/site/schedule": "post", "/site/steering": "post",
    "/stabilize/run": "post", "/stabilize/zoom": "post", "/stabilize/size": "post",
    "/stabilize/rules": "get", "/stabilize/learn": "post",
    "/serving/run": "post", "/serving/systems": "get", "/serving/defaults": "get",
    "/serving/query-energy": "post", "/serving/shift": "post",
    "/serving/knob-grid": "post", "/serving/provision": "post",
    "/serving/grid": "get", "/serving/grid/{name}": "get", "/compare": "post",
    "/planning/cost": "post", "/planning/build-out": "post",
    "/planning/placement": "post",
    "/studies": "get post", "/studies/questions": "get", "/studies/check": "post",
    "/studies/{study_id}": "get delete", "/studies/{study_id}/resume": "post",
    "/studies/{study_id}/points": "get", "/studies/{study_id}/points/{place}": "get",
    "/studies/{study_id}/query": "post", "/studies/{study_id}/result": "get",
    "/imports": "get", "/imports/preview": "post", "/imports/netbox": "post",
    "/imports/{import_id}": "get", "/imports/{import_id}/apply": "post",
    "/series": "get", "/exports/dps": "get", "/exports/topology.csv": "get",
    "/jobs/{job_id}": "get delete", "/jobs/{job_id}/events": "get",
    "/prometheus/write": "post", "/otlp/v1/metrics": "post",
    "/telemetry/upload": "post", "/telemetry/pull": "post",
    "/telemetry/receivers": "get",
    "/telemetry": "post", "/telemetry/hello": "get", "/telemetry/now": "get",
    "/telemetry/stream": "get", "/telemetry/series": "get",
    "/telemetry/sources": "get", "/telemetry/sources/{name}/stored": "get",
    "/telemetry/sources/{name}/retire": "post",
    "/telemetry/events": "get", "/telemetry/placement": "get put",
    "/tracking/calibrations": "get post",
    "/tracking/calibrations/{calibration_id}": "get delete",
    "/tracking/calibrations/{calibration_id}/activate": "post",
    "/tracking/shadow": "get", "/tracking/forecast": "get",
    "/tracking/from-now": "post",
    "/alerts": "get", "/alerts/deliveries": "get", "/alerts/rules": "get post",
    "/alerts/rules/{rule_id}": "get patch delete",
    "/alerts/rules/{rule_id}/test": "post",
    "/tokens": "get post", "/tokens/{token_id}": "delete", "/audit": "get",
    "/datasets": "get", "/datasets/{name}/pull": "post", "/datasets/import": "post",
}  # fmt: skip


ENDLESS = {"/telemetry/stream"}
"""Its own test reads as much of it as there is to see."""


SENDING = {"/telemetry", "/telemetry/hello", "/prometheus/write", "/otlp/v1/metrics"}
"""Addresses that take telemetry always ask for a token."""


class Running:
    """The application as it runs already: its start and stop are not the fuzzer's."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            raise RuntimeError("started elsewhere")
        await self._app(scope, receive, send)


@pytest.fixture(scope="module")
def fuzzed(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    base = request.getfixturevalue("settings")  # hypothesis has that name here
    changes = {"what_if_wait_s": 0.02, "allowed_hosts": "testserver"}
    with running(base, folder, **changes) as (app, _):
        _, token = app.state.services.access.tokens.create(
            name="fuzzer", scopes=("telemetry:write",), agent="fuzzer"
        )
        schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", Running(app))
        yield schema, {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("path", "method"),
    [(path, m) for path, methods in ENDPOINTS.items() for m in methods.split()],
)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda m: m.value)
def test_no_input_breaks_the_server_or_its_schema(fuzzed, path, method, mode):
    schema, authority = fuzzed
    if path in ENDLESS:
        pytest.skip("it never ends")
    operation = schema[f"/api/v1{path}"][method.upper()]
    if mode is GenerationMode.NEGATIVE and not _takes_input(operation):
        pytest.skip("nothing is sent that could be wrong")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def holds(case):
        if path == "/datasets/{name}/pull":
            case.path_parameters["name"] = "unknown"  # nothing is fetched in tests
        sends = path in SENDING
        case.call_and_validate(
            checks=CHECKS, timeout=30, headers=authority if sends else None
        )

    holds()


def _takes_input(operation):
    parts = (operation.path_parameters, operation.query, operation.headers)
    binary = "application/x-protobuf"  # any bytes are right for the schema
    bodies = [b for b in operation.body.items if b.media_type != binary]
    return any(part.items for part in parts) or bool(bodies)


def test_the_endpoints_are_those_documented(app):
    paths = app.openapi()["paths"]

    found = {p.removeprefix("/api/v1"): set(ops) for p, ops in paths.items()}
    assert found == {p: set(m.split()) for p, m in ENDPOINTS.items()}


def _fields(document):
    """Every field of every component and every query of every operation."""
    for name, component in document["components"]["schemas"].items():
        for key, field in component.get("properties", {}).items():
            yield f"{name}.{key}", field
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                yield f"{method} {path} {parameter['name']}", {
                    **parameter["schema"], **parameter,
                }  # fmt: skip


def _unexplained(name, field):
    kinds = [k.get("items", k) for k in field.get("anyOf", [field])]
    constant = "const" in field or name.endswith((".name", ".kind"))
    model = any("$ref" in k or "oneOf" in k or "discriminator" in k for k in kinds)
    return [
        *(["description"] if not field.get("description") and not constant else []),
        *(["examples"] if not field.get("examples") and not constant and not model
          else []),
    ]  # fmt: skip


def test_every_field_has_meaning_and_example(app):
    ours = {
        name: missing
        for name, field in _fields(app.openapi())
        if (missing := _unexplained(name, field))
    }

    assert ours == {}


def test_every_number_has_its_unit_in_the_schema(app):
    wrong = [
        name
        for name, field in _fields(app.openapi())
        if _is_number(field) and "unit" not in field and "const" not in field
    ]

    assert wrong == []
    assert not any(n.endswith("_mw") for n, _ in _fields(app.openapi()))


def _is_number(field):
    kinds = [k.get("items", k).get("type") for k in field.get("anyOf", [field])]
    return bool({"number", "integer"} & set(kinds))

"""Tools for language models, asked by the SDK's own client, in memory and over HTTP."""

from __future__ import annotations

import json
import sys
import time
from contextlib import asynccontextmanager

import anyio
import httpx
import httpx2
import pytest
from mcp import Client as McpClient
from mcp import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from api.client import Client
from api.main import create_app
from api.mcp.server import make_server
from cli.main import app as cli
from store.access import Tokens
from store.models import JobRow
from store.scopes import ROLES
from tests.clients.conftest import serving, settings_in
from twin.errors import ScenarioError

SHORT = {"horizon.days": 0.02, "workload.load.requests_per_server_s": 0.05}
LONG = {"horizon.days": 60, "workload.load.requests_per_server_s": 0.05}
SITE = {
    "facility": {"template": {"halls": 1, "rows_per_hall": 1}},
    "horizon": {"days": 0.02},
}
MOST_BYTES = 40_000
"""About ten thousand tokens: a conversation holds it."""
MODES = pytest.mark.parametrize(
    "mode", ["2026-07-28", "legacy"], ids=["modern", "handshake"]
)


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    """The API in this process; what takes more than half a second becomes a job."""
    settings = settings_in(tmp_path_factory.mktemp("mcp"), what_if_wait_s=0.5)
    with Client.in_process(create_app(settings, warm=False)) as client:
        yield client


def asked(planner, name, arguments=None, **more):
    """Call one tool in memory."""

    async def ask():
        async with McpClient(make_server(lambda: planner)) as mcp:
            return await mcp.call_tool(name, arguments or {}, **more)

    return anyio.run(ask)


def refusal_of(result):
    assert result.is_error
    return json.loads(result.content[0].text)


# --- tools ------------------------------------------------------------------------


def test_a_what_if_answers_figures_with_their_units(planner):
    result = asked(planner, "what_if", {"changes": SHORT})

    found = result.structured_content
    run = found["run"]
    assert not result.is_error
    assert run["peak_frac"] == pytest.approx(run["peak_w"] / run["provisioned_w"])
    assert run["headroom_w"] == pytest.approx(run["provisioned_w"] - run["peak_w"])
    assert f"{run['peak_frac']:.3f} of provisioned_w" in found["binding"]


def test_an_answer_is_the_same_that_the_api_gives(planner):
    direct = planner.what_if(changes=SHORT)["run"]

    found = asked(planner, "what_if", {"changes": SHORT}).structured_content["run"]

    assert found["peak_w"] == direct["peak_w"]
    assert found["server_count"] == direct["server_count"]


def test_answers_hold_no_curves_and_stay_short(planner):
    changes = {**SHORT, "fleet.server_count": 60, "horizon.days": 1}

    result = asked(planner, "what_if", {"changes": changes})

    assert len(result.structured_content["events"]) <= 20
    assert len(json.dumps(result.structured_content)) < MOST_BYTES


def test_a_plan_is_kept_and_names_the_largest_count_that_holds(planner):
    changes = {
        **SHORT, "plan.added_servers": [0, 4], "plan.seeds": 1,
        "plan.policies": [{"name": "no-cap"}],
    }  # fmt: skip

    found = asked(planner, "plan", {"changes": changes}).structured_content

    kept = planner.plan_result(found["plan_id"])
    assert found["best_added_servers"] == kept["best"]
    assert [c["server_count"] for c in found["cells"]] == [40, 44]


def test_failures_are_listed_worst_first_and_counted(planner):
    found = asked(
        planner, "failures", {"scenario": SITE, "pairs": False, "most_cases": 3}
    ).structured_content

    direct = planner.site_failures(scenario=SITE, pairs=False)
    assert [c["failed"] for c in found["cases"]] == [
        c["failed"] for c in direct["cases"][:3]
    ]
    assert found["cases_left"] == len(direct["cases"]) - 3
    assert found["single"] == len(direct["cases"])


def test_a_site_run_lists_the_nodes_with_the_least_headroom(planner):
    found = asked(planner, "site_run", {"scenario": SITE}).structured_content

    left = [n["headroom_w"] for n in found["nodes"] if n["headroom_w"] is not None]
    assert left == sorted(left)
    assert found["facility_wh"] == pytest.approx(found["pue"] * found["it_wh"])


def test_a_training_site_names_the_rule_with_the_least_margin(planner):
    scenario = {"training": {"jobs": [{"gpu_count": 512}]}}

    found = asked(planner, "stabilize", {"scenario": scenario}).structured_content

    first = found["rules"][0]
    assert found["binding"].startswith(f"{first['key']} (")
    assert found["passes"] == all(
        rule["passes_after"] for rule in found["rules"] if rule["why_not"] is None
    )


def test_stored_scenarios_are_found_and_read(planner):
    listed = asked(planner, "list_scenarios", {"search": "row"}).structured_content
    read = asked(
        planner, "read_scenario", {"scenario_id": listed["items"][0]["id"]}
    ).structured_content

    assert [item["id"] for item in listed["items"]] == ["sample-row"]
    assert read["scenario"]["fleet"]["server_count"] == 40


STUDY = {
    "base": {"horizon": {"days": 0.02},
             "workload": {"load": {"requests_per_server_s": 0.05}}},
    "axes": [{"field": "fleet.server_count", "values": [40, 46, 52]}],
    "outputs": ["peak_frac"], "limits": [{"output": "peak_frac", "at_most": 2.0}],
    "objectives": [{"output": "peak_frac", "goal": "min"}],
}  # fmt: skip


def test_a_study_is_submitted_followed_and_read(planner):
    started = asked(planner, "submit_study", {"study": STUDY, "wait": True})
    study_id = started.structured_content["study_id"]

    found = asked(planner, "read_study", {"study_id": study_id}).structured_content

    kept = [p["outputs"]["peak_frac"] for p in planner.study_points(study_id)]
    best = found["best"]["changes"]
    assert (found["status"], found["done"], found["failed"]) == ("done", 3, 0)
    assert found["outputs"][0]["least"] == min(kept)
    assert found["limits"][0]["probability"] == 0.0
    assert best == {"fleet.server_count": [40, 46, 52][kept.index(min(kept))]}
    assert [p["outputs"] for p in found["points"]] == [{"peak_frac": k} for k in kept]


def test_questions_of_studies_are_listed_with_their_outputs(planner):
    found = asked(planner, "study_questions").structured_content

    outputs = {q["key"]: {m["key"] for m in q["metrics"]} for q in found["items"]}
    assert "peak_frac" in outputs["row"]


# --- refusals ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "field", "repair"),
    [
        pytest.param(
            "what_if", {"changes": {"fleet.server_cuont": 52}},
            "fleet.server_cuont", "server_count", id="a field that is not there",
        ),
        pytest.param(
            "what_if", {"scenario_id": "nobodys"}, "scenario_id", "list the scenarios",
            id="a scenario nobody stored",
        ),
        pytest.param(
            "what_if", {"chnages": {}}, "chnages", "changes",
            id="an argument the tool does not have",
        ),
        pytest.param(
            "failures", {"most_cases": 0}, "most_cases", "correct the argument",
            id="an argument out of range",
        ),
        pytest.param(
            "site_run", {"changes": SHORT}, "facility", "", id="a site without one"
        ),
        pytest.param(
            "submit_study", {"study": {"axes": [{"field": "fleet.x", "values": [1]}]}},
            "axes.0.field", "", id="an axis that names no field",
        ),
    ],
)  # fmt: skip
def test_a_refusal_names_field_rule_value_and_repair(
    planner, name, arguments, field, repair
):
    problem = refusal_of(asked(planner, name, arguments))

    wrong = problem["errors"][0]
    assert wrong["field"] == field
    assert wrong["rule"]
    assert "value" in wrong
    assert repair in wrong["repair"]


# --- resources --------------------------------------------------------------------


def test_resources_explain_format_words_and_models(planner):
    async def read():
        async with McpClient(make_server(lambda: planner)) as mcp:
            texts = {}
            for name in ("schema/scenario", "glossary", "models", "models/facility"):
                page = await mcp.read_resource(f"nameplate://{name}")
                texts[name] = page.contents[0].text
            return texts

    texts = anyio.run(read)

    assert "fleet" in json.loads(texts["schema/scenario"])["properties"]
    assert "`_frac`" in texts["glossary"]
    assert "nameplate://models/facility: " in texts["models"]
    assert texts["models/facility"].startswith("# ")


@pytest.mark.parametrize("name", ["nobodys", "..%2Fglossary", "UPS"])
def test_a_page_that_is_not_there_is_not_found(planner, name):
    async def read():
        async with McpClient(make_server(lambda: planner)) as mcp:
            with pytest.raises(MCPError, match=name.rpartition("F")[2]):
                await mcp.read_resource(f"nameplate://models/{name}")

    anyio.run(read)


@pytest.mark.parametrize("name", ["scenario", "study"])
@pytest.mark.parametrize("key", ["../runs", "x/../../runs", "sample-row?x=1", ""])
def test_an_id_is_no_way_to_another_address(planner, name, key):
    found = asked(planner, f"read_{name}", {f"{name}_id": key})
    problem = json.loads(found.content[0].text)

    assert found.is_error
    assert problem["errors"][0]["field"] == f"{name}_id"
    assert "pattern" in problem["errors"][0]["rule"]


def test_an_answer_out_of_its_schema_is_not_blamed_on_the_caller(planner, monkeypatch):
    monkeypatch.setattr(planner, "scenario", lambda key: {"id": key})
    found = asked(planner, "read_scenario", {"scenario_id": "sample-row"})

    assert found.is_error
    assert "urn:nameplate:problem" not in found.content[0].text


def test_every_field_of_an_answer_says_what_it_is(planner):
    async def tools():
        async with McpClient(make_server(lambda: planner)) as mcp:
            return (await mcp.list_tools()).tools

    for tool in anyio.run(tools):
        schema = tool.output_schema
        for part in (schema, *schema.get("$defs", {}).values()):
            for name, field in part["properties"].items():
                assert field.get("description"), f"{tool.name}: {name}"
        for name, field in tool.input_schema["properties"].items():
            assert field.get("description"), f"{tool.name}({name})"


# --- long work --------------------------------------------------------------------


def test_long_work_reports_its_progress(planner):
    told = []

    async def on_progress(part, total, text):
        told.append((part, total, text))

    changes = {**SHORT, "horizon.days": 7, "fleet.server_count": 48}
    result = asked(
        planner, "what_if", {"changes": changes}, progress_callback=on_progress
    )

    parts = [part for part, _, _ in told]
    assert not result.is_error
    assert parts == sorted(set(parts))
    assert {total for _, total, _ in told} == {1.0}


def jobs_of(app):
    """State of every job that was stored, oldest first."""
    with Session(app.state.services.engine) as session:
        rows = select(JobRow.state).order_by(JobRow.created_at)
        return list(session.scalars(rows))


def until(check, limit_s=60.0):
    end_s = time.monotonic() + limit_s
    while not check():
        assert time.monotonic() < end_s
        time.sleep(0.05)


@asynccontextmanager
async def connected(url, token=None, mode="2026-07-28"):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        McpClient(
            streamable_http_client(f"{url}/mcp", http_client=http), mode=mode
        ) as mcp,
    ):
        yield mcp


# --- over HTTP --------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server in tokens mode with the endpoint on, and its application."""
    settings = settings_in(
        tmp_path_factory.mktemp("guarded"), mcp=True, access="tokens",
        what_if_wait_s=0.2, allowed_hosts="planner.test,127.0.0.1",
    )  # fmt: skip
    app = create_app(settings, warm=False)
    with serving(app) as url:
        yield url, app


@pytest.fixture(scope="module")
def tokens(guarded):
    store = Tokens(guarded[1].state.services.engine)
    agent = {"viewer": None, "planner": None, "agent": "node017"}
    return {
        role: store.create(name=role, scopes=ROLES[role], agent=name)[1]
        for role, name in agent.items()
    }


@MODES
def test_a_token_opens_the_tools_over_http(guarded, tokens, mode):
    async def ask():
        async with connected(guarded[0], tokens["viewer"], mode) as mcp:
            names = {tool.name for tool in (await mcp.list_tools()).tools}
            return names, await mcp.call_tool("what_if", {"changes": SHORT})

    names, result = anyio.run(ask)

    assert {"plan", "what_if", "failures", "stabilize"} <= names
    assert result.structured_content["run"]["server_count"] == 40


@MODES
def test_a_tool_has_the_rights_of_the_token_and_no_more(guarded, tokens, mode):
    changes = {
        **SHORT,
        "plan.added_servers": [0],
        "plan.policies": [{"name": "no-cap"}],
    }

    async def ask(role):
        async with connected(guarded[0], tokens[role], mode) as mcp:
            return await mcp.call_tool("plan", {"changes": changes})

    refused, done = anyio.run(ask, "viewer"), anyio.run(ask, "planner")

    assert refusal_of(refused)["status"] == 403
    assert done.structured_content["best_added_servers"].keys() == {"no-cap"}


@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), ("agent", 403)], ids=["nobody", "an agent"]
)
def test_the_gate_stands_before_the_endpoint(guarded, tokens, role, status):
    headers = {"authorization": f"Bearer {tokens[role]}"} if role else {}

    answer = httpx.post(f"{guarded[0]}/mcp", headers=headers, json={})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_session_belongs_to_the_token_that_opened_it(guarded, tokens):
    opening = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {},
                   "clientInfo": {"name": "test", "version": "1"}},
    }  # fmt: skip
    accept = {"accept": "application/json, text/event-stream"}

    def post(role, body, **more):
        bearer = {"authorization": f"Bearer {tokens[role]}"}
        return httpx.post(
            f"{guarded[0]}/mcp", json=body, headers={**accept, **bearer, **more}
        )

    session = post("planner", opening).headers["mcp-session-id"]
    listing = {"jsonrpc": "2.0", "id": 2, "method": "ping"}

    assert post("planner", listing, **{"mcp-session-id": session}).status_code == 200
    assert post("viewer", listing, **{"mcp-session-id": session}).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"host": "planner.test"}, 406, id="a name that is allowed"),
        pytest.param({"host": "evil.test"}, 400, id="a rebound name"),
        pytest.param({"origin": "http://evil.test"}, 403, id="another site's page"),
    ],
)
def test_names_and_origins_of_others_are_refused(guarded, tokens, headers, status):
    bearer = {"authorization": f"Bearer {tokens['viewer']}"}

    answer = httpx.post(
        f"{guarded[0]}/mcp",
        json={},
        headers={"accept": "text/plain", **bearer, **headers},
    )

    assert answer.status_code == status


@MODES
def test_a_cancelled_call_cancels_its_job(guarded, tokens, mode):
    url, app = guarded
    before = jobs_of(app)

    async def ask():
        async with connected(url, tokens["viewer"], mode) as mcp:
            with anyio.CancelScope() as scope:

                async def on_progress(_part, _total, _text):
                    scope.cancel()

                await mcp.call_tool(
                    "what_if", {"changes": LONG}, progress_callback=on_progress
                )

    anyio.run(ask)

    until(lambda: jobs_of(app) == [*before, "cancelled"])


def test_an_open_server_answers_on_loopback_without_a_token(tmp_path):
    app = create_app(settings_in(tmp_path, mcp=True), warm=False)

    async def ask(url):
        async with connected(url) as mcp:
            return await mcp.call_tool("list_scenarios")

    with serving(app) as url:
        found = anyio.run(ask, url)
        rebound = httpx.post(f"{url}/mcp", json={}, headers={"host": "evil.test"})

    assert found.structured_content["items"][0]["id"] == "sample-row"
    assert rebound.status_code == 400


def test_the_endpoint_is_off_unless_it_is_wanted(tmp_path):
    with serving(create_app(settings_in(tmp_path), warm=False)) as url:
        assert httpx.post(f"{url}/mcp", json={}).status_code == 404


@pytest.fixture
def without_sdk(monkeypatch):
    for name in [n for n in sys.modules if n.startswith("api.mcp.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)


def test_a_server_without_the_extra_says_what_to_install(tmp_path, without_sdk):
    with pytest.raises(ScenarioError, match=r"-e '\.\[mcp\]'"):
        create_app(settings_in(tmp_path, mcp=True), warm=False)


def test_the_command_without_the_extra_says_what_to_install(without_sdk):
    result = CliRunner().invoke(cli, ["mcp"])

    assert result.exit_code == 3
    assert "-e '.[mcp]'" in result.stderr


# --- over standard input and output -----------------------------------------------


def test_the_command_speaks_over_standard_input_and_output(tmp_path):
    command = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from cli.main import main; main()", "mcp"],
        env={
            "NAMEPLATE_DATABASE_URL": f"sqlite:///{tmp_path}/test.db",
            "NAMEPLATE_CACHE_DIR": str(tmp_path / "cache"),
        },
    )

    own = {"name": "user", "source": "def decide(*given): return None"}

    async def ask():
        async with McpClient(command) as mcp:
            answered = await mcp.call_tool("what_if", {"changes": SHORT})
            executed = await mcp.call_tool("what_if", {"changes": {"policy": own}})
            return answered, executed

    answered, executed = anyio.run(ask)

    assert answered.structured_content["run"]["server_count"] == 40
    assert refusal_of(executed)["errors"][0]["field"] == "policy.name"


def test_the_command_asks_a_running_server_with_its_token(guarded, tokens):
    command = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from cli.main import main; main()", "mcp", "--server", guarded[0]],
        env={"NAMEPLATE_TOKEN": tokens["viewer"]},
    )

    async def ask():
        async with McpClient(command) as mcp:
            return await mcp.call_tool("read_scenario", {"scenario_id": "sample-row"})

    assert anyio.run(ask).structured_content["id"] == "sample-row"

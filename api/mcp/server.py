"""
The MCP server: tools that plan, resources that explain.

Scenarios are passed as plain objects and read by the API, which refuses them field by
field: their schema is a resource, read once, and not repeated in every tool.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from pydantic import Field, ValidationError

from api.client import Document
from api.client.base import question_of
from api.mcp import answers, shape
from api.mcp.asking import Asking, Opened, Refused
from api.mcp.reading import add_resources
from api.mcp.studies import add_studies
from api.problems import problem
from api.routes.common import ID_PATTERN
from api.version import PRODUCT_VERSION
from twin.errors import ScenarioError
from twin.scenario.parse import nearest

INSTRUCTIONS = """
Nameplate is a digital twin for datacenter power planning: how many GPU servers a row or
a site carries, under which policy, and what breaks first. Begin with list_scenarios, or
with no scenario at all: every input has a default. Change single inputs with `changes`,
by dotted path; nameplate://schema/scenario has all of them. Names carry units: _w is
watts, _wh watt-hours, _s seconds, _frac a fraction; nameplate://glossary has the rest.
A refusal names field, rule, value and repair: mend the field and ask again. The same
inputs and seed give the same numbers; say scenario_sha256 and model_version with them.
""".strip()
READS = ToolAnnotations(
    read_only_hint=True, idempotent_hint=True, open_world_hint=False
)
STORES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, open_world_hint=False
)

ScenarioGiven = Annotated[
    dict[str, Any] | None,
    Field(
        description="Base inputs, as nameplate://schema/scenario says; absent keys "
        "take defaults. All defaults where neither this nor scenario_id is given"
    ),
]
ScenarioId = Annotated[
    str | None, Field(description="A stored scenario as the base instead")
]
Changes = Annotated[
    dict[str, Any] | None,
    Field(
        description="New value per dotted path, on top of the base: "
        '{"fleet.server_count": 52, "policy": {"name": "polca"}}'
    ),
]


class Planner(MCPServer):
    """An MCP server whose refusals are problem documents, in whatever they lie."""

    async def call_tool(
        self, name: str, arguments: Document, context: Context | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool; a refusal is an answer that the model can read and mend."""
        try:
            self._know(name, arguments)
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            refused = refusal_in(error, name)
            if refused is None:
                raise
        text = TextContent(type="text", text=str(refused))
        return CallToolResult(content=[text], is_error=True)

    def _know(self, name: str, arguments: Document) -> None:
        """Refuse arguments a tool does not have, which the SDK would pass over."""
        known = (self._tool_input_schema(name) or {}).get("properties")
        wrong = [] if known is None else [key for key in arguments if key not in known]
        if wrong:
            raise _invalid(
                ScenarioError(
                    field=key, rule="is not a known key", value=arguments[key],
                    repair=nearest(key, list(known or ())),
                )
                for key in wrong
            )  # fmt: skip


def refusal_in(error: ToolError, name: str) -> Refused | None:
    """Find the refusal behind a tool's error; None where the tool failed."""
    cause = error if isinstance(error, Refused) else error.__cause__
    # an answer that does not fit its own schema is nothing the caller can mend
    if isinstance(cause, ValidationError) and cause.title == f"{name}Arguments":
        return _invalid(
            ScenarioError(
                field=".".join(map(str, item["loc"])), rule=item["msg"],
                value=item["input"], repair="correct the argument",
            )
            for item in cause.errors()
        )  # fmt: skip
    return cause if isinstance(cause, Refused) else None


def _invalid(errors: Iterator[ScenarioError]) -> Refused:
    wrong = list(errors)
    return Refused(problem(422, "\n".join(map(str, wrong)), wrong))


def make_server(opened: Opened) -> Planner:
    """
    Build the server with its tools and resources.

    Args:
        opened: Gives the client that tools ask.

    Returns:
        The server; nothing runs yet.
    """
    with _logging_left_alone():
        server = Planner(
            "nameplate", title="Nameplate", version=PRODUCT_VERSION,
            instructions=INSTRUCTIONS,
        )  # fmt: skip
    _add_questions(server, opened)
    _add_plan(server, opened)
    add_studies(server, opened, READS, STORES)
    _add_scenarios(server, opened)
    add_resources(server)
    return server


@contextmanager
def _logging_left_alone() -> Iterator[None]:
    """The SDK configures the root logger where nobody has: that is not its to do."""
    root, still = logging.getLogger(), logging.NullHandler()
    root.addHandler(still)
    try:
        yield
    finally:
        root.removeHandler(still)


def _add_questions(server: Planner, opened: Opened) -> None:
    @server.tool(annotations=READS)
    async def what_if(
        ctx: Context,
        scenario: ScenarioGiven = None,
        scenario_id: ScenarioId = None,
        changes: Changes = None,
    ) -> answers.WhatIfFound:
        """Run one row of servers: its power against the limit, its service levels."""
        base = (scenario, scenario_id, changes)
        asking = Asking(opened(), ctx)
        found = await asking.question("/what-if", {"series": False}, *base)
        return shape.what_if_found(found)

    @server.tool(annotations=READS)
    async def site_run(
        ctx: Context,
        scenario: ScenarioGiven = None,
        scenario_id: ScenarioId = None,
        changes: Changes = None,
    ) -> answers.SiteFound:
        """Run a site, a scenario with a facility: power nodes, cooling, events."""
        base = (scenario, scenario_id, changes)
        found = await Asking(opened(), ctx).question("/site/run", {}, *base)
        return shape.site_found(found)

    @server.tool(annotations=READS)
    async def failures(
        ctx: Context,
        scenario: ScenarioGiven = None,
        scenario_id: ScenarioId = None,
        changes: Changes = None,
        pairs: Annotated[
            bool, Field(description="Whether pairs of failures are followed too")
        ] = True,
        most_cases: Annotated[
            int, Field(ge=1, le=100, description="Most cases listed, the worst first")
        ] = 15,
    ) -> answers.FailuresFound:
        """Lose every node of a site, and every pair: what is overloaded or lost."""
        base = (scenario, scenario_id, changes)
        asking = Asking(opened(), ctx)
        found = await asking.question("/site/failures", {"pairs": pairs}, *base)
        return shape.failures_found(found, most_cases)

    @server.tool(annotations=READS)
    async def stabilize(
        ctx: Context,
        scenario: ScenarioGiven = None,
        scenario_id: ScenarioId = None,
        changes: Changes = None,
    ) -> answers.StabilizeFound:
        """Hold a training site against grid rules, before and after its measures."""
        base = (scenario, scenario_id, changes)
        found = await Asking(opened(), ctx).question("/stabilize/run", {}, *base)
        return shape.stabilize_found(found)


def _add_plan(server: Planner, opened: Opened) -> None:
    @server.tool(annotations=STORES)
    async def plan(
        ctx: Context,
        scenario: ScenarioGiven = None,
        scenario_id: ScenarioId = None,
        changes: Changes = None,
    ) -> answers.PlanFound:
        """Find the largest server count inside the service levels, per policy. Kept."""
        client, asking = opened(), Asking(opened(), ctx)
        base = question_of(scenario, scenario_id, changes)
        begun = await asking.call(client.begin, "/plans", base)
        done = await asking.follow(begun["job"]["id"])
        plan_id: str = done["result"]["id"]
        return shape.plan_found(plan_id, await asking.call(client.plan_result, plan_id))


def _add_scenarios(server: Planner, opened: Opened) -> None:
    @server.tool(annotations=READS)
    async def list_scenarios(
        ctx: Context,
        search: Annotated[str, Field(description="Part of the name")] = "",
        most: Annotated[int, Field(ge=1, le=200, description="Most listed")] = 50,
    ) -> answers.ScenariosFound:
        """List stored scenarios, newest first, without those put away."""
        asking = Asking(opened(), ctx)
        found = await asking.call(lambda: opened().scenarios(archived=False))
        named = [s for s in found if search.lower() in s["name"].lower()]
        return answers.ScenariosFound(
            items=[shape.picked(answers.ScenarioName, s) for s in named[:most]],
            left=max(0, len(named) - most),
        )

    @server.tool(annotations=READS)
    async def read_scenario(
        ctx: Context,
        scenario_id: Annotated[
            str, Field(pattern=ID_PATTERN, description="Id of a stored scenario")
        ],
    ) -> answers.ScenarioFound:
        """Read a stored scenario with all its inputs."""
        asking = Asking(opened(), ctx)
        found = await asking.call(opened().scenario, scenario_id)
        return shape.picked(answers.ScenarioFound, found)

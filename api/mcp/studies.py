"""Tools for studies: one question at many points, started, followed, read."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from api.client import Document
from api.mcp.asking import Asking, Opened
from api.mcp.shape import left, picked
from api.mcp.study_answers import (
    Effect,
    Influence,
    LimitFound,
    OutputFound,
    PointFound,
    QuestionsFound,
    StudyFound,
    StudyStarted,
)
from api.routes.common import ID_PATTERN
from api.schemas.studies import QuestionOut

MOST_EFFECTS = 8
MOST_FRONT = 20
QUANTILES = {0.05: "p5", 0.5: "p50", 0.95: "p95"}


def add_studies(
    server: MCPServer, opened: Opened, reads: ToolAnnotations, stores: ToolAnnotations
) -> None:
    """Add the tools to a server."""

    @server.tool(annotations=reads)
    async def study_questions(ctx: Context) -> QuestionsFound:
        """List the questions a study may ask, with their outputs."""
        found = await Asking(opened(), ctx).call(opened().study_questions)
        return QuestionsFound(items=[picked(QuestionOut, q) for q in found])

    @server.tool(annotations=stores)
    async def submit_study(
        ctx: Context,
        study: Annotated[
            dict[str, Any],
            Field(
                description='The study: {"question": "row", "axes": [{"field": '
                '"fleet.server_count", "values": [40, 46, 52]}], "design": {"kind": '
                '"grid"}, "outputs": ["peak_frac"], "limits": [{"output": "peak_frac", '
                '"at_most": 1}]}; an axis has values, range, log or distribution'
            ),
        ],
        scenario_id: Annotated[
            str | None, Field(description="A stored scenario as the study's base")
        ] = None,
        wait: Annotated[
            bool,
            Field(
                description="Wait for the end, with progress; cancelling the call then "
                "cancels the study. Otherwise answer at once and use read_study"
            ),
        ] = False,
    ) -> StudyStarted:
        """Start a study: one question at many points, drawn or on a grid. Kept."""
        asking, client = Asking(opened(), ctx), opened()
        job = await asking.call(
            lambda: client.start_study(study, scenario_id=scenario_id)
        )
        if wait:
            await asking.follow(job["id"])
        found = await asking.call(client.study, job["result"]["id"])
        return StudyStarted(
            study_id=found["id"], job_id=job["id"], status=found["status"],
            asked=found["points"]["asked"],
        )  # fmt: skip

    @server.tool(annotations=reads)
    async def read_study(
        ctx: Context,
        study_id: Annotated[
            str, Field(pattern=ID_PATTERN, description="Id of a study")
        ],
        after: Annotated[
            int, Field(ge=-1, description="List points behind this place")
        ] = -1,
        most_points: Annotated[
            int, Field(ge=0, le=50, description="Most points listed")
        ] = 10,
    ) -> StudyFound:
        """Read a study: how far it is, what came out, what matters, some points."""
        asking, client = Asking(opened(), ctx), opened()
        study = await asking.call(client.study, study_id)
        points = await asking.call(
            lambda: list(
                islice(client.study_points(study_id, after=after), most_points)
            )
        )
        best = (study["analysis"] or {}).get("best")
        if best is not None:
            best = await asking.call(client.study_point, study_id, best)
        return study_found(study, points, best)


def study_found(
    study: Document, points: list[Document], best: Document | None
) -> StudyFound:
    """Answer of a study without its histograms."""
    analysis = study["analysis"] or {}
    units = {m["key"]: m["unit"] for m in study["question"]["metrics"]}
    front = analysis.get("pareto", [])
    return picked(
        StudyFound, study,
        question=study["question"]["key"],
        asked=study["points"]["asked"], done=study["points"]["done"],
        failed=study["points"]["failed"],
        outputs=[
            output_found(o["output"], units.get(o["output"], ""), o["summary"])
            for o in analysis.get("outputs", [])
        ],
        limits=[limit_found(e) for e in analysis.get("exceedance", [])],
        influence=[influence_found(i) for i in analysis.get("influence", [])],
        pareto=front[:MOST_FRONT], pareto_left=left(front, MOST_FRONT),
        best=None if best is None else point_found(best, study["spec"]["outputs"]),
        feasible=analysis.get("feasible"), notes=analysis.get("notes", []),
        rare=analysis.get("rare"),
        points=[point_found(p, study["spec"]["outputs"]) for p in points],
    )  # fmt: skip


def point_found(point: Document, wanted: list[str]) -> PointFound:
    """One point with the outputs the study is about; all where it named none."""
    outputs = point["outputs"]
    if outputs is not None and wanted:
        outputs = {k: v for k, v in outputs.items() if k in wanted}
    return picked(PointFound, point, outputs=outputs)


def output_found(key: str, unit: str, summary: Document) -> OutputFound:
    """Distribution of one output."""
    held = {
        name: next((q["value"] for q in summary["quantiles"] if q["frac"] == at), None)
        for at, name in QUANTILES.items()
    }
    return picked(OutputFound, summary, output=key, unit=unit, **held)


def limit_found(passed: Document) -> LimitFound:
    """How often a limit is passed."""
    return picked(LimitFound, {**passed["found"], **passed})


def influence_found(influence: Document) -> Influence:
    """What the axes do to one output, the strongest first."""

    def strength(effect: Document) -> float:
        told = (effect["total"], effect["first"], effect["rank_correlation"])
        known: list[float] = [one for one in told if one is not None]
        return -abs(known[0]) if known else 0.0

    effects = sorted(influence["effects"], key=strength)
    return picked(
        Influence, influence,
        effects=[picked(Effect, e) for e in effects[:MOST_EFFECTS]],
    )  # fmt: skip

"""List stored studies."""

from __future__ import annotations

from typing import Any

from app.components import html
from app.study_seen import UNDER_WAY

Json = dict[str, Any]
_MOST = 40


def listed(studies: list[Json], *, chosen: str) -> Any:
    """
    List studies, newest first.

    Args:
        studies: As `GET /studies` lists them.
        chosen: Id of the one that is open.
    """
    if not studies:
        return html.P("None yet. What you run is kept here, with its points, until you "
                      "delete it.", className="np-quiet")  # fmt: skip
    head = ("Study", "Question", "Status", "Points", "Asked, UTC", "")
    found: list[Any] = [html.Table(className="np-table st-list", children=[
        html.Thead(html.Tr([html.Th(h, scope="col") for h in head])),
        html.Tbody([_row(s, chosen=s["id"] == chosen) for s in studies[:_MOST]]),
    ])]  # fmt: skip
    if len(studies) > _MOST:
        found.append(html.P(f"{len(studies) - _MOST} older ones are under GET "
                            "/api/v1/studies.", className="np-quiet"))  # fmt: skip
    return found


def _row(study: Json, *, chosen: bool) -> Any:
    key, name, counts = study["id"], study["name"], study["points"]
    points = f"{counts['done']:,} of {counts['asked']:,}"
    if counts["failed"]:
        points += f", {counts['failed']:,} without an answer"
    ends = study["status"] in UNDER_WAY
    act, word = ("cancel", "Cancel") if ends else ("delete", "Delete")
    return html.Tr(className="np-chosen-row" if chosen else "", children=[
        html.Th(scope="row", children=html.A(
            name, href=f"?study={key}", **{"data-study": key,
            **({"aria-current": "true"} if chosen else {})})),
        html.Td(study["question_key"]),
        html.Td(html.Span(study["status"], className=f"st-state st-{study['status']}")),
        html.Td(points), html.Td(str(study["created_at"])[:16].replace("T", " ")),
        html.Td(html.Button(word, type="button", className="np-mini",
                            **{f"data-{act}": key, "aria-label": f"{word}: {name}"})),
    ])  # fmt: skip

"""What can be compared, by search: stored runs, plans, scenarios, studies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import islice
from typing import Any

from api.client import ApiProblem, Client
from app.pages.compare.say import value_of
from app.pages.compare.state import token

Json = dict[str, Any]
MOST_SHOWN = 40
"""Options of one kind: a longer list is searched, not read."""
_SHORT_ID = 4


def options(client: Client, search: str) -> list[Json]:
    """
    Name what is stored, newest first, by kind.

    Args:
        client: Way to the server.
        search: Words that all have to be in the name or id; empty takes the newest.

    Returns:
        Groups with items of `value` and `label`.
    """
    words = search.lower().split()
    runs = [_run(row) for row in _safely(client.runs) if row["status"] == "done"]
    scenarios = [
        _scenario(row) for row in _safely(lambda: client.scenarios(archived=False))
    ]
    found: list[Json] = []
    for title, items in (
        ("Runs", [i for i in runs if _matches(i, words)][:MOST_SHOWN]),
        ("Scenarios", [i for i in scenarios if _matches(i, words)][:MOST_SHOWN]),
        ("Plans", _cells(client, words)),
        ("Studies", _points(client, words)),
    ):
        if items:
            found.append({"group": title, "items": items})
    return found


def _safely(ask: Callable[[], list[Json]]) -> list[Json]:
    with contextlib.suppress(ApiProblem):
        return ask()
    return []


def _matches(item: Json, words: list[str]) -> bool:
    text = f"{item['label']} {item['value']}".lower()
    return all(word in text for word in words)


def _run(row: Json) -> Json:
    when = str(row["created_at"])[:16].replace("T", " ")
    label = f"{row['name']} · run {row['id'][-_SHORT_ID:]} · {when}"
    return {"value": token("run", row["id"]), "label": label}


def _scenario(row: Json) -> Json:
    kind = "site" if row.get("has_facility") else "row"
    return {
        "value": token("scenario", row["id"]),
        "label": f"{row['name']} · scenario, {kind}",
    }


_NEWEST = 5
"""Plans and studies whose cells and points are offered: each holds many."""
_MOST_POINTS = 500


def _cells(client: Client, words: list[str]) -> list[Json]:
    """Cells of the newest plans, once something is searched for."""
    if not words:
        return []
    done = [p for p in _safely(client.plans) if p["status"] == "done"][:_NEWEST]
    found: list[Json] = []
    for plan in done:
        with contextlib.suppress(ApiProblem):
            for cell in client.plan_result(plan["id"])["cells"]:
                added, policy = cell["added_servers"], cell["policy"]
                item = {
                    "value": token("plan", plan["id"], added, policy),
                    "label": f"{plan['name']} · plan {plan['id'][-_SHORT_ID:]} · "
                    f"{added:+d} servers, {policy}",
                }
                if _matches(item, words):
                    found.append(item)
    return found[:MOST_SHOWN]


def _points(client: Client, words: list[str]) -> list[Json]:
    """Points of the newest studies, once something is searched for."""
    if not words:
        return []
    found: list[Json] = []
    for study in _safely(client.studies)[:_NEWEST]:
        with contextlib.suppress(ApiProblem):
            for point in islice(client.study_points(study["id"]), _MOST_POINTS):
                item = _point(study, point)
                if item is not None and _matches(item, words):
                    found.append(item)
    return found[:MOST_SHOWN]


def _point(study: Json, point: Json) -> Json | None:
    if point["outputs"] is None:
        return None
    moved = ", ".join(
        f"{path.rpartition('.')[2]} {value_of(value)}"
        for path, value in point["changes"].items()
    )
    return {
        "value": token("study", study["id"], point["index"]),
        "label": f"{study['name']} · point {point['index']} · {moved}",
    }

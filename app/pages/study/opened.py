"""One point of a study: what it is, and the page that shows it as a run."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import quote, urlencode

from api.client import Client
from app.components import html
from app.pages import parts
from app.pages.compare.state import token
from app.pages.explore import state as explore
from app.pages.serving import state as serving
from app.pages.study.define import as_yaml
from app.pages.view import NONE
from app.study_seen import Seen

Json = dict[str, Any]
PAGES = {
    "row": ("Explore", ""), "row-day": ("Explore", ""), "site": ("Site", ""),
    "room": ("Site", ""), "campus": ("Site", ""), "failures": ("Failures", ""),
    "reliability": ("Failures", "scenario"), "placement": ("Site", "scenario"),
    "cooling-year": ("Cooling", "scenario"), "cost": ("Site", "site"),
    "stabilize": ("Stabilize", ""), "serving": ("Serving", ""),
}  # fmt: skip
"""Question -> page that shows its inputs, and where in them the scenario is."""
_ADDRESSES = {
    "Site": "/site/?scenario={}", "Failures": "/site/?view=failures&scenario={}",
    "Cooling": "/site/?view=cooling&scenario={}",
    "Stabilize": "/stabilize/?scenario={}",
}  # fmt: skip
_CLOSE = 1e-5
_MOST_NAME = 100


def drawer(seen: Seen, point: Json) -> list[Any]:
    """Show a point: changes, outputs or why there are none, address, ways on."""
    found: list[Any] = []
    if point["error"]:
        found.append(parts.problem({
            "title": "This point has no answer", "errors": [point["error"]],
        }))  # fmt: skip
    rows = [[seen.label(k), seen.value(k, v), k] for k, v in point["changes"].items()]
    found.append(parts.table(["What was set", "Value", "Field"], rows, "Inputs"))
    if point["outputs"]:
        found.append(_outputs(seen, point))
    page = PAGES.get(str(point["question"]))
    opens = point["inputs"] is not None and page is not None
    found.append(html.Div(className="st-ways", children=[
        html.Button(f"Open as a run in {page[0]}", id="study-open", type="button",
                    className="np-mini st-way") if opens and page else
        html.Span("No page shows this question; the calls below answer it.",
                  className="np-quiet"),
        html.A(_compare_words(seen, int(point["index"])), className="np-mini st-way",
               href=compare_link(seen, int(point["index"])))
        if point["outputs"] and _other(seen, int(point["index"])) is not None else None,
    ]))  # fmt: skip
    found.append(html.P(id="study-open-words", className="np-quiet", role="status"))
    found += _again(seen, point)
    return found


def _outputs(seen: Seen, point: Json) -> Any:
    limits = {one["output"]: one for one in seen.limits}
    rows = []
    for metric in seen.document["question"]["metrics"]:
        key, value = metric["key"], point["outputs"].get(metric["key"])
        mark = ""
        if key in limits:
            one = limits[key]
            words = f"{'at most' if one['above'] else 'at least'} "
            broken = value is None or (
                value > one["limit"] if one["above"] else value < one["limit"]
            )
            mark = ("✕ " if broken else "✓ ") + words + seen.value(key, one["limit"])
        rows.append([seen.label(key), seen.value(key, value), mark])
    return parts.table(["What came out", "Value", "Limit"], rows, "Outputs")


def _other(seen: Seen, place: int) -> int | None:
    """Best point, or the first with an answer: what to compare with."""
    best = seen.analysis.get("best")
    known = [best] if best is not None else []
    known += [p["index"] for p in seen.answered[:2]]
    return next((int(k) for k in known if k != place), None)


def _compare_words(seen: Seen, place: int) -> str:
    other = _other(seen, place)
    best = other is not None and other == seen.analysis.get("best")
    return "Compare with the best" if best else f"Compare with point {other}"


def compare_link(seen: Seen, place: int) -> str:
    """Address of this point beside the best one."""
    study = seen.document["id"]
    places = [k for k in (_other(seen, place), place) if k is not None]
    items = ",".join(token("study", study, k) for k in places)
    return f"/compare/?items={quote(items, safe=',:~=')}"


def one_point(seen: Seen, point: Json) -> Json:
    """Study of this point alone: it gives the same answer, from memory."""
    spec = seen.spec
    axes = [{"field": k, "values": [v]} for k, v in point["changes"].items()]
    return {
        "name": f"{spec['name']}, point {point['index']}"[:120],
        "question": spec["question"], "base": spec.get("base") or {}, "axes": axes,
    }  # fmt: skip


def _again(seen: Seen, point: Json) -> list[Any]:
    study = one_point(seen, point)
    body = json.dumps({"study": study}).replace("'", "'\\''")
    address = f"/api/v1/studies/{seen.document['id']}/points/{point['index']}"
    call = (
        "curl -s -X POST http://HOST/api/v1/studies \\\n"
        f"  -H 'content-type: application/json' \\\n  -d '{body}'"
    )
    texts = (
        ("Its inputs, every default filled in", f"curl -s http://HOST{address}"),
        ("REST: answer it again", call),
        ("Command line: save as point.yaml, nameplate study point.yaml",
         as_yaml(study)),
    )  # fmt: skip
    return [
        html.P(["Address of the answer ", html.Code(point["key"], className="st-key")],
               className="np-quiet",
               title="SHA-256 of all that the answer depends on"),
        html.Details(className="np-fold-plain", children=[
            html.Summary("How to reproduce it", className="np-quiet"),
            *(
                html.Div([
                    html.P(title, className="np-quiet"),
                    html.Pre(text, className="np-code st-code", tabIndex="0"),
                ])
                for title, text in texts
            ),
        ]),
    ]  # fmt: skip


# --- open as a run --------------------------------------------------------------------


def open_point(client: Client, study: Json, point: Json) -> tuple[str, str]:
    """
    Make a point's inputs the view of the page that runs them.

    Args:
        client: Way to the server; a scenario is stored where the page needs one.
        study: The study.
        point: The point with its inputs.

    Returns:
        Address of the page, and what it will not show as the point has it.

    Raises:
        ApiProblem: If the inputs cannot be stored.
    """
    page, part = PAGES[str(point["question"])]
    inputs = point["inputs"]
    if page == "Serving":
        view = serving_view(inputs)
        return f"/serving/?{urlencode(view, safe=':,')}", _differing(
            serving.study(serving.view_from(view)), inputs
        )  # fmt: skip
    scenario = inputs[part] if part else inputs
    name = f"{study['name']}, point {point['index']}"[:_MOST_NAME]
    scenario_id = stored(client, scenario | {"name": f"{name} ({study['id'][-4:]})"})
    if page != "Explore":
        return _ADDRESSES[page].format(scenario_id), ""
    view_now = explore.view_of_scenario(scenario, scenario_id, explore.view_from({}))
    words = _differing(explore.changes(view_now), scenario)
    return f"/?{view_now.to_query()}", words


def stored(client: Client, scenario: Json) -> str:
    """Return the id of a scenario, stored now unless it was before under this name."""
    for one in client.scenarios():
        if one["name"] == scenario["name"]:
            return str(one["id"])
    return str(client.create_scenario(scenario)["id"])


def serving_view(inputs: Json) -> Json:
    """Controls of the Serving page for a serving study; others stay at rest."""
    traffic, slo, site = inputs["traffic"], inputs["slo"], inputs["site"]
    systems = [s["key"] for s in inputs["systems"] if s["key"] != serving.BASELINE]
    knobs = {s["key"]: s["parameters"] for s in inputs["systems"]
             if s.get("parameters") and s["key"] != serving.BASELINE}  # fmt: skip
    dataset = traffic["arrivals"].get("dataset")
    arrivals = f"{traffic['arrivals']['kind']}:{dataset}" if dataset else "day"
    return {
        "servers": inputs["server_count"], "gpus": inputs["gpus_per_instance"],
        "model": inputs["model"], "server": inputs["server"],
        "rate": f"{traffic['rate_rps']:g}", "minutes": f"{traffic['length_s'] / 60:g}",
        "arrivals": arrivals, "short": f"{1e3 * slo['ttft_short_s']:g}",
        "medium": f"{1e3 * slo['ttft_medium_s']:g}",
        "long": f"{1e3 * slo['ttft_long_s']:g}", "tbt": f"{1e3 * slo['tbt_s']:g}",
        "pue": f"{site['pue']:g}", "price": f"{100 * site['energy_usd_per_kwh']:g}",
        "carbon": f"{site['carbon_g_per_kwh']:g}", "grid": site.get("grid") or "",
        "systems": ",".join(systems) or NONE,
        "knobs": serving.knobs_text(knobs),
    }  # fmt: skip


def _differing(asked: Json, inputs: Json) -> str:
    """Name the fields that a page's controls do not hold as the point has them."""
    found = []
    for path, value in _leaves(asked):
        known, there = _at(inputs, path)
        if there and value is not None and not _same(value, known):
            found.append(path)
    if not found:
        return ""
    more = f" and {len(found) - 6} more" if len(found) > 6 else ""
    return f"The page's controls set {', '.join(found[:6])}{more} otherwise"


def _leaves(asked: Json, above: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in asked.items():
        path = f"{above}{key}"
        if isinstance(value, dict):
            found += _leaves(value, f"{path}.")
        elif not isinstance(value, list):
            found.append((path, value))
    return found


def _at(inputs: Any, path: str) -> tuple[Any, bool]:
    for step in path.split("."):
        if not isinstance(inputs, dict) or step not in inputs:
            return None, False
        inputs = inputs[step]
    return inputs, True


def _same(one: Any, other: Any) -> bool:
    both = (one, other)
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in both):
        return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return str(one) == str(other)

"""Files made from an answer: figures, points and pools as CSV, the answer as JSON."""

from __future__ import annotations

import json
from typing import Any

from api.documents import as_csv
from app.pages.serving import state
from app.pages.serving.answers import Answers

Json = dict[str, Any]

KINDS = (
    ("csv", "CSV: figures of every system"), ("points", "CSV: SLO against watts"),
    ("pools", "CSV: pools over time"), ("json", "JSON: the whole answer"),
)  # fmt: skip
_PLAIN = ("system", "label", "unit", "own_terms", "mark", "source", "arrived",
          "finished", "in_flight", "attained_frac", "mean_power_w", "peak_power_w",
          "energy_j", "energy_per_token_j", "energy_per_unit_wh", "output_tokens",
          "gpu_hours", "cost_usd", "cost_per_1000_usd", "carbon_g",
          "quality_frac")  # fmt: skip
_LATE = tuple((key, q) for key in ("ttft", "tbt", "e2e") for q in ("p50", "p90", "p99"))
_POINTS = ("label", "system", "server_count", "attained_frac", "mean_power_w",
           "peak_power_w", "energy_per_token_j", "on_front")  # fmt: skip


def export(answers: Answers, request: Json, wanted: str) -> tuple[bytes, str]:
    """
    Make one file of the view's settled answer.

    Args:
        answers: Way to the server.
        request: Last request of the page.
        wanted: Key of KINDS.

    Returns:
        Content and name of the file.
    """
    view, tab = state.view_from(request["view"]), request["tab"]
    asked = state.study(view)
    study = answers.study(asked, tab=tab, view="main")
    if wanted == "json":
        return json.dumps(study, indent=1).encode(), "nameplate-serving.json"
    if wanted == "points":
        fleets = {o["system"] for o in study["outcomes"] if not o["own_terms"]}
        swept = answers.known(state.sweep(view, fleets), tab=tab) or study
        return points_csv(swept), "nameplate-serving-points.csv"
    if wanted == "pools":
        return pools_csv(study), "nameplate-serving-pools.csv"
    return figures_csv(study), "nameplate-serving.csv"


def figures_csv(study: Json) -> bytes:
    """One row a system, every quantity with its unit in the name."""
    late = {
        f"{key}_{q}_s": [(o["latency_s"].get(key) or {}).get(q)
                         for o in study["outcomes"]]
        for key, q in _LATE
    }  # fmt: skip
    own = [(o["baseline"] or {}).get("label") for o in study["outcomes"]]
    plain = {name: [o[name] for o in study["outcomes"]] for name in _PLAIN}
    return as_csv(plain | late | {"own_baseline": own})


def points_csv(study: Json) -> bytes:
    """One row a system and server count."""
    return as_csv({name: [p[name] for p in study["pareto"]] for name in _POINTS})


def pools_csv(study: Json) -> bytes:
    """One row a system, pool and record."""
    names = ("power_w", "instances", "clock_mhz", "queued")
    rows = [
        [o["label"], pool["name"], pool["gpus_per_instance"], at_s,
         *(pool[n][k] for n in names)]
        for o in study["outcomes"] if o["timeline"]
        for pool in o["timeline"]["pools"]
        for k, at_s in enumerate(o["timeline"]["time_s"])
    ]  # fmt: skip
    head = ("label", "pool", "gpus_per_instance", "time_s", *names)
    return as_csv({name: [row[k] for row in rows] for k, name in enumerate(head)})

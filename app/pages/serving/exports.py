"""Files made from an answer: figures, points and pools as CSV."""

from __future__ import annotations

from typing import Any

from api.documents import as_csv
from app.pages.exports import File, Found
from app.pages.serving import state
from app.pages.serving.answers import Answers

Json = dict[str, Any]

KINDS = (
    ("csv", "Figures of every system (CSV)"), ("points", "SLO against watts (CSV)"),
    ("pools", "Pools over time (CSV)"),
)  # fmt: skip
_NAME = "nameplate-serving"
_PLAIN = ("system", "label", "unit", "own_terms", "mark", "source", "arrived",
          "finished", "in_flight", "attained_frac", "mean_power_w", "peak_power_w",
          "energy_j", "energy_per_token_j", "energy_per_unit_wh", "output_tokens",
          "gpu_hours", "cost_usd", "cost_per_1000_usd", "carbon_g",
          "quality_frac")  # fmt: skip
_LATE = tuple((key, q) for key in ("ttft", "tbt", "e2e") for q in ("p50", "p90", "p99"))
_POINTS = ("label", "system", "server_count", "attained_frac", "mean_power_w",
           "peak_power_w", "energy_per_token_j", "on_front")  # fmt: skip


def found(answers: Answers, request: Json | None) -> Found | None:
    """
    Return the view's settled answer.

    Args:
        answers: Way to the server.
        request: Last request of the page; None for none.
    """
    if request is None:
        return None
    view, tab = state.view_from(request["view"]), request["tab"]
    study = answers.study(state.study(view), tab=tab, view="main")

    def points() -> File:
        fleets = {o["system"] for o in study["outcomes"] if not o["own_terms"]}
        swept = answers.known(state.sweep(view, fleets), tab=tab) or study
        return points_csv(swept), f"{_NAME}-points.csv"

    return Found(name=_NAME, answer=study, tables={
        "csv": lambda: (figures_csv(study), f"{_NAME}.csv"), "points": points,
        "pools": lambda: (pools_csv(study), f"{_NAME}-pools.csv"),
    })  # fmt: skip


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

"""Files made from a study: points as CSV or Parquet, the definition."""

from __future__ import annotations

from functools import partial
from typing import Any

from api.client import Client
from api.documents import as_csv
from app.pages.exports import File, Found
from app.pages.study.define import as_yaml, plain
from app.study_seen import UNDER_WAY

Json = dict[str, Any]

KINDS = (
    ("csv", "Points (CSV)"), ("parquet", "Points (Parquet)"),
    ("yaml", "The study (YAML)"),
)  # fmt: skip
PICTURES = (("png", "Figures (PNG)"), ("svg", "Figures (SVG)"))
"""Made where they are shown."""


def found(client: Client, study: Json, points: list[Json]) -> Found:
    """
    What the page answers.

    Args:
        client: Way to the server.
        study: The study.
        points: Its points, as far as they were read.
    """
    return Found(
        name=str(study["id"]), answer=study, beside=lambda: {"points": points},
        tables={kind: partial(_file, client, study, points, kind) for kind, _ in KINDS},
    )  # fmt: skip


def _file(client: Client, study: Json, points: list[Json], wanted: str) -> File:
    key = str(study["id"])
    if wanted == "yaml":
        spec = plain({k: v for k, v in study["spec"].items() if v not in ([], {})})
        return as_yaml(spec), "study.yaml"
    if study["status"] in UNDER_WAY or study["analysis"] is None:
        return _so_far(study, points), f"{key}-so-far.csv"
    found = client.study_result(key, "csv" if wanted == "csv" else "parquet")
    return found, f"{key}.{wanted}"


def _so_far(study: Json, points: list[Json]) -> bytes | str:
    """Write points that have come; there is no whole result yet."""
    fields = [axis["field"] for axis in study["axes"]]
    outputs = [m["key"] for m in study["question"]["metrics"]]
    table: dict[str, list[Any]] = {"index": [p["index"] for p in points]}
    table |= {f: [p["changes"].get(f) for p in points] for f in fields}
    table |= {k: [(p["outputs"] or {}).get(k) for p in points] for k in outputs}
    table["error"] = [p["error"] and f"{p['error']['field']} {p['error']['rule']}"
                      for p in points]  # fmt: skip
    return as_csv(table)

"""Files made from a study: points as CSV or Parquet, a report, the definition."""

from __future__ import annotations

from typing import Any

from api.client import Client
from api.documents import as_csv
from app.pages.study.define import as_yaml, plain
from app.report.kinds import report_of
from app.report.pdf import as_pdf
from app.study_seen import UNDER_WAY

Json = dict[str, Any]

KINDS = (
    ("csv", "CSV: points"), ("parquet", "Parquet: points"),
    ("yaml", "YAML: the study"), ("html", "Report: HTML"), ("pdf", "Report: PDF"),
    ("png", "PNG: figures"), ("svg", "SVG: figures"),
)  # fmt: skip
IN_BROWSER = frozenset({"png", "svg"})
"""Drawn where they are shown; the server has no browser."""


def export(
    client: Client, study: Json, points: list[Json], wanted: str
) -> tuple[bytes, str]:
    """
    Make one file of a study.

    Args:
        client: Way to the server.
        study: The study.
        points: Its points, as far as they were read.
        wanted: Key of KINDS.

    Returns:
        Content and name of the file.

    Raises:
        ApiProblem: If the server has no such file of it yet.
        Refusal: Where PDF cannot be written here.
    """
    key = str(study["id"])
    if wanted == "yaml":
        spec = plain({k: v for k, v in study["spec"].items() if v not in ([], {})})
        return as_yaml(spec).encode(), "study.yaml"
    if wanted in ("html", "pdf"):
        page = report_of(study, points=points)
        content = as_pdf(page) if wanted == "pdf" else page.encode()
        return content, f"{key}.{wanted}"
    if study["status"] in UNDER_WAY or study["analysis"] is None:
        return _so_far(study, points), f"{key}-so-far.csv"
    found = client.study_result(key, "csv" if wanted == "csv" else "parquet")
    content = found.encode() if isinstance(found, str) else found
    return content, f"{key}.{wanted}"


def _so_far(study: Json, points: list[Json]) -> bytes:
    """Write points that have come; there is no whole result yet."""
    fields = [axis["field"] for axis in study["axes"]]
    outputs = [m["key"] for m in study["question"]["metrics"]]
    table: dict[str, list[Any]] = {"index": [p["index"] for p in points]}
    table |= {f: [p["changes"].get(f) for p in points] for f in fields}
    table |= {k: [(p["outputs"] or {}).get(k) for p in points] for k in outputs}
    table["error"] = [p["error"] and f"{p['error']['field']} {p['error']['rule']}"
                      for p in points]  # fmt: skip
    text = as_csv(table)
    return text.encode() if isinstance(text, str) else text

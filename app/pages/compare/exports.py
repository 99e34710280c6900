"""Files made from a comparison: figures and curves as tables, the answer as JSON."""

from __future__ import annotations

import json
from typing import Any

from api.compare_documents import curves_table, figures_table
from api.documents import as_csv, as_parquet
from app.report.kinds import report_of
from app.report.pdf import as_pdf

Json = dict[str, Any]

KINDS = (
    ("csv", "CSV: figures"), ("parquet", "Parquet: figures"),
    ("curvescsv", "CSV: curves over time"), ("curvespq", "Parquet: curves over time"),
    ("json", "JSON: the whole answer"), ("html", "Report: HTML"),
    ("pdf", "Report: PDF"), ("png", "PNG: curves over time"),
)  # fmt: skip
IN_BROWSER = frozenset({"png"})
"""Drawn where it is shown; the server has no browser."""


def export(document: Json, wanted: str, asked: Json) -> tuple[bytes, str]:
    """
    Make one file of a comparison.

    Args:
        document: The comparison.
        wanted: Key of KINDS.
        asked: The question, which a report says how to repeat.

    Returns:
        Content and name of the file.

    Raises:
        Refusal: Where PDF cannot be written here.
    """
    if wanted == "json":
        return json.dumps(document, indent=1).encode(), "nameplate-comparison.json"
    if wanted in ("html", "pdf"):
        page = report_of(document, asked=asked)
        content = as_pdf(page) if wanted == "pdf" else page.encode()
        return content, f"nameplate-comparison.{wanted}"
    curves = wanted.startswith("curves")
    table = curves_table(document) if curves else figures_table(document)
    name = f"nameplate-comparison{'-curves' if curves else ''}"
    if wanted in ("parquet", "curvespq"):
        return as_parquet(table), f"{name}.parquet"
    return as_csv(table), f"{name}.csv"

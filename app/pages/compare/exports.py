"""Files made from a comparison: figures and curves as tables."""

from __future__ import annotations

from functools import partial
from typing import Any

from api.compare_documents import curves_table, figures_table
from api.documents import as_csv, as_parquet
from app.pages.exports import File, Found

Json = dict[str, Any]

KINDS = (
    ("csv", "Figures (CSV)"), ("parquet", "Figures (Parquet)"),
    ("curvescsv", "Curves over time (CSV)"), ("curvespq", "Curves over time (Parquet)"),
)  # fmt: skip
_NAME = "nameplate-comparison"


def found(document: Json, asked: Json) -> Found:
    """
    What the page answers.

    Args:
        document: The comparison.
        asked: The question, which a report says how to repeat.
    """
    return Found(
        name=_NAME, answer=document, beside=lambda: {"asked": asked},
        tables={kind: partial(_file, document, kind) for kind, _ in KINDS},
    )  # fmt: skip


def _file(document: Json, kind: str) -> File:
    curves = kind.startswith("curves")
    table = curves_table(document) if curves else figures_table(document)
    name = f"{_NAME}{'-curves' if curves else ''}"
    if kind in ("parquet", "curvespq"):
        return as_parquet(table), f"{name}.parquet"
    return as_csv(table), f"{name}.csv"

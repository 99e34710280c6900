"""Files made from an answer: series as CSV or Parquet, the answer, the report."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow
import pyarrow.parquet

from api.documents import as_csv
from app.report.row import render_report

Json = dict[str, Any]
pa: Any = pyarrow
pq: Any = pyarrow.parquet


def series_parquet(run: Json) -> bytes:
    """Series of a run as Parquet; the file's metadata names the run."""
    table = pa.table({n: pa.array(v, pa.float64()) for n, v in run["series"].items()})
    about = {"policy": run["policy"], "server_count": str(run["server_count"]),
             "seed": str(run["seed"])}  # fmt: skip
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(about), sink, compression="zstd")
    return sink.getvalue()


def export(kind: str, whatif: Json, plan: Json | None) -> tuple[bytes, str, str]:
    """
    Make one file.

    Args:
        kind: "html", "csv", "parquet" or "json".
        whatif: Answer of the what-if call.
        plan: Plan document for the report; None leaves its part out.

    Returns:
        Content, file name, media type.
    """
    run = whatif["run"]
    name = f"nameplate-{run['server_count']}-servers-{run['policy']}"
    if kind == "csv":
        return as_csv(run["series"]), f"{name}.csv", "text/csv"
    if kind == "parquet":
        return series_parquet(run), f"{name}.parquet", "application/vnd.apache.parquet"
    if kind == "json":
        return json.dumps(whatif, indent=1).encode(), f"{name}.json", "application/json"
    return render_report(whatif, plan).encode(), f"{name}.html", "text/html"

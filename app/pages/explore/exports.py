"""Files made from Explore's answer: its series as CSV or Parquet."""

from __future__ import annotations

import io
from typing import Any

import pyarrow
import pyarrow.parquet

from api.documents import as_csv
from app.pages.exports import Found

Json = dict[str, Any]
pa: Any = pyarrow
pq: Any = pyarrow.parquet

KINDS = (("csv", "Series (CSV)"), ("parquet", "Series (Parquet)"))


def series_parquet(run: Json) -> bytes:
    """Series of a run as Parquet; the file's metadata names the run."""
    table = pa.table({n: pa.array(v, pa.float64()) for n, v in run["series"].items()})
    about = {"policy": run["policy"], "server_count": str(run["server_count"]),
             "seed": str(run["seed"])}  # fmt: skip
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(about), sink, compression="zstd")
    return sink.getvalue()


def found(whatif: Json, plan: Json | None) -> Found:
    """
    What the page answers.

    Args:
        whatif: Answer of the what-if call.
        plan: Cells of the risk curve as far as they are, for the report.
    """
    run = whatif["run"]
    name = f"nameplate-{run['server_count']}-servers-{run['policy']}"
    return Found(
        name=name, answer=whatif, beside=lambda: {"plan": plan},
        tables={
            "csv": lambda: (as_csv(run["series"]), f"{name}.csv"),
            "parquet": lambda: (series_parquet(run), f"{name}.parquet"),
        },
    )  # fmt: skip

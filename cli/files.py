"""Write a plan or a run into a folder: JSON, CSV, Parquet and an HTML report."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cli.problem import CANNOT, Problem, ProblemLine
from twin.types import Document


def prepare_folder(folder: Path | None) -> Path | None:
    """
    Make the folder before any work is done.

    Raises:
        Problem: Exit code 3 where it cannot be made or written.
    """
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Problem(
            "The results cannot be written",
            [
                ProblemLine(
                    field="--out", rule="must be a folder that can be written",
                    value=str(folder), repair=f"choose another ({error.strerror})",
                )
            ],
            code=CANNOT,
        ) from error  # fmt: skip
    return folder


def write_plan(client: Any, plan: Document, plan_id: str, folder: Path) -> list[Path]:
    """Write plan.json, plan.csv, plan.parquet and report.html; return their paths."""
    from app.report.row import render_report

    shown = client.what_if(plan["scenario"], changes=best_changes(plan))
    return [
        write_whole(folder / "plan.json", _as_json(plan)),
        write_whole(folder / "plan.csv", client.plan_result(plan_id, "csv")),
        write_whole(folder / "plan.parquet", client.plan_result(plan_id, "parquet")),
        write_whole(folder / "report.html", render_report(shown, plan).encode()),
    ]


def write_run(
    client: Any, scenario: Document, run: Document, run_id: str, folder: Path
) -> list[Path]:
    """Write run.json, run.csv, run.parquet and report.html; return their paths."""
    from app.report.row import render_report

    shown = client.what_if(scenario)
    return [
        write_whole(folder / "run.json", _as_json(run)),
        write_whole(folder / "run.csv", client.run_result(run_id, "csv")),
        write_whole(folder / "run.parquet", client.run_result(run_id, "parquet")),
        write_whole(folder / "report.html", render_report(shown, None).encode()),
    ]


def best_changes(plan: Document) -> Document:
    """Choose the point the report draws: the scenario's policy at its best count."""
    policy = plan["scenario"]["policy"]
    label = policy.get("label") or policy["name"]
    added = plan["best"].get(label)
    if added is None:
        return {}
    base = plan["scenario"]["row"]["base_server_count"]
    return {"fleet.server_count": base + added}


def _as_json(document: Document) -> bytes:
    return json.dumps(document, indent=2, allow_nan=False).encode()


def write_whole(path: Path, content: bytes) -> Path:
    """Write under a temporary name, then rename: whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Text of a table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()

"""What was measured, run after run: one line of JSON each, never changed."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from pathlib import Path
from typing import Any

HISTORY = Path(__file__).parent / "history.jsonl"

Line = dict[str, Any]


def read(path: Path = HISTORY) -> list[Line]:
    """Every recorded run, oldest first."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line.strip()]


def append(
    *, rows: list[Line], machine: Line, curves: list[Line], path: Path = HISTORY
) -> None:
    """Add a run with its time and, in a checkout of git, its commit."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    line = {
        "recorded_at": now, "commit": commit(), "note": "", "machine": machine,
        "rows": rows, "curves": curves,
    }  # fmt: skip
    with path.open("a") as out:
        out.write(json.dumps(line, separators=(",", ":")) + "\n")


def commit() -> str | None:
    """Short name of the commit at hand, "+" behind it where files differ from it."""
    try:
        name = _git("rev-parse", "--short", "HEAD")
        return name + ("+" if _git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*what: str) -> str:
    done = subprocess.run(
        ["git", *what], cwd=HISTORY.parent, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def latest_rows(lines: list[Line]) -> dict[str, Line]:
    """Last value of every row, with when and where it was measured."""
    found: dict[str, Line] = {}
    for number, line in enumerate(lines):
        for row in line["rows"]:
            when = {"recorded_at": line["recorded_at"], "commit": line["commit"]}
            found[row["id"]] = row | when | {"run": number}
    return found


def latest_curves(lines: list[Line]) -> dict[str, Line]:
    """Last drawing of every curve, with when and where it was measured."""
    found: dict[str, Line] = {}
    for line in lines:
        for curve in line["curves"]:
            when = {k: line[k] for k in ("recorded_at", "commit", "machine")}
            found[curve["id"]] = curve | when
    return found


def series_of(lines: list[Line], row_id: str) -> list[tuple[int, float]]:
    """Run number and value wherever a row was measured, oldest first."""
    return [
        (number, row["value"])
        for number, line in enumerate(lines)
        for row in line["rows"]
        if row["id"] == row_id
    ]
